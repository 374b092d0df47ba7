"""Signing in at the desk, and for how long it counts.

What a browser sends is never kept, only its hash. A wrong name, a wrong password and a wrong code are answered alike, and
take as long. Each try is counted before it is looked at; see `digest.staff.throttling`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.desk.authority import check_actor
from digest.desk.workplace import Workplace
from digest.errors import StaffError, StoreError
from digest.staff.codes import check_code
from digest.staff.members import Member, fold_name
from digest.staff.passwords import NO_HASH, check_password, hash_password, needs_rehash
from digest.staff.roles import Right
from digest.staff.sessions import (
    Session,
    hash_cookie,
    is_proved,
    judge,
    name_session,
    new_cookie,
    wants_touch,
)
from digest.staff.throttling import KNOWN_FOR, MEMORY, Gates, Tried, build_gates, find_wait
from digest.store.journal import write_journal
from digest.store.rates import add_counts, forget_counts, read_untils, take_back
from digest.store.staff import Secrets, find_member, keep_password, note_step, read_member, read_secrets
from digest.store.staff_sessions import (
    StoredSession,
    add_session,
    find_stored,
    keep_said,
    read_sessions,
    sweep_sessions,
    take_said,
    touch_session,
)
from digest.store.staff_sessions import end_session as drop_session
from digest.subscribers.limits import Count, find_network

__all__ = [
    "Opened", "Present", "SessionLine", "check_present", "end_all", "end_session", "find_session", "list_sessions",
    "open_session", "prove", "say", "sign_in", "sign_out",
]  # fmt: skip

_MINUTE = timedelta(minutes=1)
_NOBODY = Member(0, "", frozenset(), "removed", 0, False, datetime.min)  # noqa: DTZ901 (nobody came at any moment)


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody was let in: the value that the browser is to keep, and who it is."""

    cookie: str = field(repr=False)
    member: Member


@dataclass(frozen=True, slots=True)
class Present:
    """Whose browser it is: the member, the session, what the page has to say (a sentence and its tone, both empty for
    nothing), and whether the password was given within the last minutes."""

    member: Member
    session: Session
    said: tuple[str, str] = ("", "")
    is_proved: bool = False


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in the list of one's own. `id` ends it, and does nothing else; `is_here` tells the one that is asking."""

    id: str
    device: str
    created_at: datetime
    seen_at: datetime
    is_here: bool


def sign_in(place: Workplace, name: str, password: str, code: str, *, network: str, device: str) -> Opened:
    """Let somebody in who gives the right name, password and, if they have a second factor, code.

    Args:
        network: the IP address that asks; kept as a keyed hash of its network, for limits alone.
        device: what they came with, in a few words.

    Raises:
        StaffError: something of it is wrong, and it is not said what; or it was tried too often, and how long to wait.
    """
    gates = _pass_gates(place, fold_name(name), find_network(network))
    with place.hot.reading() as connection:
        member = find_member(connection, name) or _NOBODY
        secrets = read_secrets(connection, member.id)
    step = _check(place, member, secrets, password, code)
    with place.hot.writing() as connection:
        _take(connection, member, secrets, step)
        if needs_rehash(secrets.password or ""):
            keep_password(connection, member.id, hash_password(password), anew=False)
        _let_through(connection, place.now, gates, is_from_network=True)
        return open_session(place, connection, member.id, device)


def find_session(place: Workplace, cookie: str) -> Present | None:
    """Who sends that cookie; None when its session counts no longer, or never did. What is to be said is said once."""
    hashed = hash_cookie(cookie)
    with place.hot.reading() as connection:
        stored = find_stored(connection, hashed)
        member = None if stored is None else read_member(connection, stored.session.member_id)
    if stored is None or member is None:
        return None
    counts = judge(stored.session, member, place.now, *_limits(place)) is None
    with suppress(StoreError):  # on a full disk staff must still be able to see what is wrong
        _note_use(place, stored, counts=counts)
    if not counts:
        return None
    return Present(member, stored.session, _parse_said(stored.said), is_proved(stored.session, place.now))


def sign_out(place: Workplace, cookie: str) -> None:
    """End the session of that cookie."""
    with place.hot.writing() as connection:
        drop_session(connection, hash_cookie(cookie))


def prove(place: Workplace, cookie: str, password: str, code: str) -> str:
    """Take the password, and the code of who has a second factor, once more; the value of the new session's cookie.

    Raises:
        StaffError: it is wrong, was tried too often, or the session is over. The session stays as it was.
    """
    stored = check_present(place, cookie, password, code)
    with place.hot.writing() as connection:
        if not drop_session(connection, stored.cookie_hash):
            raise _over()
        return open_session(place, connection, stored.session.member_id, stored.session.device).cookie


def check_present(place: Workplace, cookie: str, password: str, code: str) -> StoredSession:
    """The session of that cookie, if the person at it is the one who signed in.

    Raises:
        StaffError: the password or the code is wrong, it was tried too often, or the session is over.
    """
    stored, member = _require_session(place, cookie)
    gates = _pass_gates(place, fold_name(member.name), f"session {stored.cookie_hash.hex()}", is_session=True)
    with place.hot.reading() as connection:
        secrets = read_secrets(connection, member.id)
    step = _check(place, member, secrets, password, code)
    with place.hot.writing() as connection:
        _take(connection, member, secrets, step)
        _let_through(connection, place.now, gates, is_from_network=False)
    return stored


def list_sessions(place: Workplace, member: Member, cookie: str = "") -> Sequence[SessionLine]:
    """Where a member is signed in now, the session seen last first.

    Args:
        cookie: of the session that asks.
    """
    here, (idle, absolute) = hash_cookie(cookie), _limits(place)
    with place.hot.reading() as connection:
        found = read_sessions(connection, member.id)
        member = read_member(connection, member.id) or member
    return [
        SessionLine(
            id=name_session(one.cookie_hash),
            device=one.session.device,
            created_at=one.session.created_at,
            seen_at=one.session.seen_at,
            is_here=one.cookie_hash == here,
        )
        for one in found
        if judge(one.session, member, place.now, idle, absolute) is None
    ]


def end_session(place: Workplace, member: Member, session: str, actor: str) -> None:
    """End one session of a member, by the id that the list has for it. The journal has it.

    Raises:
        StaffError: it is over already; or the actor is neither the member nor may change members.
    """
    with place.hot.writing() as connection:
        _check_owner(place, connection, member, actor)
        found = [one for one in read_sessions(connection, member.id) if name_session(one.cookie_hash) == session]
        if not found:
            raise StaffError("session", "it is over already", "Look at the list once more.")
        drop_session(connection, found[0].cookie_hash)
        write_journal(connection, place.now, actor, "session ended", f"staff {member.name}", place.via)


def end_all(place: Workplace, member: Member, actor: str, *, but: str = "") -> int:
    """End all sessions of a member; how many. The journal has it.

    Args:
        but: the cookie of a session that stays.

    Raises:
        StaffError: the actor is neither the member nor may change members.
    """
    with place.hot.writing() as connection:
        _check_owner(place, connection, member, actor)
        kept = hash_cookie(but) if but else b""
        ended = [one for one in read_sessions(connection, member.id) if one.cookie_hash != kept]
        for one in ended:
            drop_session(connection, one.cookie_hash)
        write_journal(connection, place.now, actor, "sessions ended", f"staff {member.name}", place.via, count=len(ended))
    return len(ended)


def say(place: Workplace, cookie: str, sentence: str, tone: str) -> None:
    """What the next page of that session has to say: a sentence, and its tone (`good`, `bad`)."""
    with place.hot.writing() as connection:
        keep_said(connection, hash_cookie(cookie), json.dumps([sentence, tone], ensure_ascii=False))


def open_session(place: Workplace, connection: sqlite3.Connection, member_id: int, device: str) -> Opened:
    """A new session of a member who has just proved to be one, in the caller's transaction."""
    member = read_member(connection, member_id)
    if member is None or member.state != "active":
        raise _wrong()
    idle, absolute = _limits(place)
    sweep_sessions(connection, place.now - absolute, place.now - idle)
    cookie = new_cookie()
    session = Session(member.id, member.epoch, device, place.now, place.now, place.now)
    add_session(connection, hash_cookie(cookie), session)
    return Opened(cookie, member)


def _check(place: Workplace, member: Member, secrets: Secrets, password: str, code: str) -> int | None:
    """The time step of the code, None for a member without a second factor.

    Raises:
        StaffError: not all of it is right.
    """
    is_right = check_password(password, secrets.password or NO_HASH)
    if not is_right or secrets.password is None or member.state != "active":
        raise _wrong()
    if secrets.code_key is None:
        return None
    step = check_code(place.sealer.unseal_secret(secrets.code_key), code, place.now, secrets.code_step)
    if step is None:
        raise _wrong()
    return step


def _take(connection: sqlite3.Connection, member: Member, secrets: Secrets, step: int | None) -> None:
    """Let a code count once, and a password only as long as it is the member's.

    Raises:
        StaffError: it is not, or does no longer.
    """
    present = read_secrets(connection, member.id)
    if present.password != secrets.password or present.code_key != secrets.code_key:
        raise _wrong()
    if step is not None and not note_step(connection, member.id, step):
        raise _wrong()


def _pass_gates(place: Workplace, name: str, network: str, *, is_session: bool = False) -> Gates:
    """Count a try, unless it has to wait.

    Raises:
        StaffError: it has to.
    """
    with place.hot.writing() as connection:
        place.open_keys(connection)
        gates = build_gates(place.keys.index, name, network, place.now)
        tried = _read_tried(connection, gates, place.now)
        if is_session:  # what others try elsewhere makes nobody wait who is signed in
            tried[gates.known] = Tried(1, place.now)
        wait = find_wait(gates, tried, place.now)
        if wait <= timedelta(0):
            counts = [Count(one, place.now + MEMORY) for one in gates.failures]
            add_counts(connection, [*counts, Count(gates.minute, place.now + 2 * _MINUTE)], place.now)
            _note_siege(place, connection, name, gates, tried)
            return gates
    minutes = -(-int(wait.total_seconds()) // 60)
    raise StaffError(
        "sign-in",
        "it was tried too often without success",
        f"Wait {minutes} minutes, then try again." if minutes > 1 else "Wait a minute, then try again.",
    )


def _read_tried(connection: sqlite3.Connection, gates: Gates, now: datetime) -> dict[str, Tried]:
    found = read_untils(connection, gates.counts, now)
    return {name: Tried(count, until - MEMORY) for name, (count, until) in found.items()}


def _note_siege(
    place: Workplace, connection: sqlite3.Connection, name: str, gates: Gates, tried: Mapping[str, Tried]
) -> None:
    """Tell the journal, once in a siege, that somebody tries a member's password again and again."""
    before = tried.get(gates.name.name)
    if before is None or before.count != gates.name.free - 1:
        return
    member = find_member(connection, name)
    if member is not None and member.state == "active":
        detail = {"failed": gates.name.free}
        write_journal(connection, place.now, "digest", "sign-in slowed", f"staff {member.name}", place.via, **detail)


def _let_through(connection: sqlite3.Connection, now: datetime, gates: Gates, *, is_from_network: bool) -> None:
    """A try that was counted has succeeded."""
    take_back(connection, gates.failures)
    forget_counts(connection, [gates.pair.name])
    if is_from_network:
        add_counts(connection, [Count(gates.known, now + KNOWN_FOR)], now)


def _require_session(place: Workplace, cookie: str) -> tuple[StoredSession, Member]:
    with place.hot.reading() as connection:
        stored = find_stored(connection, hash_cookie(cookie))
        member = None if stored is None else read_member(connection, stored.session.member_id)
    if stored is None or member is None or judge(stored.session, member, place.now, *_limits(place)) is not None:
        raise _over()
    return stored, member


def _note_use(place: Workplace, stored: StoredSession, *, counts: bool) -> None:
    """Keep that a session is in use and has said what it had to say, or forget it; most requests have nothing to write."""
    is_due = wants_touch(stored.session, place.now)
    if counts and not is_due and not stored.said:
        return
    with place.hot.writing() as connection:
        if not counts:
            drop_session(connection, stored.cookie_hash)
        if is_due:
            touch_session(connection, stored.cookie_hash, place.now)
        if stored.said:
            take_said(connection, stored.cookie_hash, stored.said)


def _parse_said(text: str) -> tuple[str, str]:
    if not text:
        return "", ""
    sentence, tone = json.loads(text)
    return str(sentence), str(tone)


def _limits(place: Workplace) -> tuple[timedelta, timedelta]:
    """How long a session may lie idle, and how long it counts at most."""
    chosen = place.site.settings.desk
    return chosen.idle_limit, chosen.session_limit


def _check_owner(place: Workplace, connection: sqlite3.Connection, member: Member, actor: str) -> None:
    if member.name != actor:
        check_actor(place, connection, actor, Right.STAFF)


def _wrong() -> StaffError:
    """The one refusal of whoever does not prove to be a member, for whatever reason."""
    return StaffError(
        "sign-in",
        "the name, the password or the code is wrong",
        "Each code counts once: after one that was used, wait for the next.",
    )


def _over() -> StaffError:
    return StaffError("session", "it is over", "Sign in again.")
