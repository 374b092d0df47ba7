"""Sending: an approved edition begun, its letters sent, and how that ended; or all that is being sent, in one run."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from digest import clock
from digest.delivery.relay import Outbox, Way, choose_way
from digest.delivery.sender import Report
from digest.delivery.shift import Progress
from digest.delivery.transitions import OPEN, State
from digest.desk.authority import require
from digest.desk.fencing import check_fence
from digest.desk.planning import list_of
from digest.desk.workplace import Workplace
from digest.editions.edition import Edition, check_state
from digest.errors import DigestError, Status
from digest.staff.roles import Right
from digest.store.deliveries import RefusedLetters, resume_edition
from digest.store.due import count_letters, read_addresses
from digest.store.editions import count_states, read_edition, read_editions, write_edition
from digest.store.journal import write_journal
from digest.work.running import Errand, run_errand
from digest.work.ways import choose_list_way

if TYPE_CHECKING:
    from digest.work.concluding import Ended

__all__ = ["AllReport", "Rehearsal", "SendReport", "Signature", "begin", "choose_any_way", "rehearse", "send", "send_all"]


@dataclass(frozen=True, slots=True)
class Signature:
    """By which keys (DKIM selectors) letters from a domain are signed: none when there are no keys, or none are wanted."""

    domain: str
    selectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SendReport:
    """How a run of `send` ended, the edition as it is now, and how many of its deliveries are in each state.

    `is_outbox` says that the letters of this run stayed on this machine, `signature` who signed them, `refusals` why letters
    failed or wait, `doubt_count` how many readers may have got a second copy, because the answer to the first was lost.
    """

    edition: Edition
    report: Report
    counts: Mapping[str, int]
    is_outbox: bool
    signature: Signature
    refusals: Sequence[RefusedLetters]
    doubt_count: int


@dataclass(frozen=True, slots=True)
class AllReport:
    """How a run of `send_all` ended: the editions that it worked on, and what became of single letters, by their state.

    Of the letters those count that came to rest meanwhile, and those that wait still.
    """

    report: Report
    editions: tuple[Ended, ...]
    letters: Mapping[str, int]
    is_outbox: bool


@dataclass(frozen=True, slots=True)
class RehearsedVariant:
    """What a group of readers would get."""

    language: str
    form: str
    subject: str
    reader_count: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What `send` would do: the variants, the largest first, the way the letters would go, in words, and who would sign."""

    variants: tuple[RehearsedVariant, ...]
    way: str
    is_outbox: bool
    signature: Signature

    @property
    def reader_count(self) -> int:
        """How many letters there would be."""
        return sum(variant.reader_count for variant in self.variants)


Watch = Callable[[int, str, int | None], None]
"""Is told, as a run goes on, how many deliveries are at rest, a short note, and how many there are in all."""
Say = Callable[[str], None]
"""Is told in a sentence what people should know meanwhile, and what did not work though letters leave all the same."""


def begin(
    place: Workplace,
    name: str,
    *,
    actor: str = "staff",
    late: bool = False,
    hold: timedelta = timedelta(0),
    say: Say = lambda _sentence: None,
) -> Edition:
    """Let an approved edition be sent by whichever sender comes by; none is run. One that was begun stays as it is.

    Args:
        late: whether its moment has passed, which the journal notes.
        hold: how long the first letter waits, so that there is time to pause or cancel.

    Raises:
        EditionError: it is not approved, or not what was approved.
        DeliveryError: the site stands still.
        StoreError: the store cannot be written.
    """
    require(place, actor, Right.APPROVE)
    check_fence(place)
    edition = _freeze(place, name, actor)
    if edition.state != "frozen":
        return edition
    if edition.started_at is None:
        with place.store.writing() as connection:
            edition = read_edition(connection, name)
            if edition.started_at is None:
                edition = write_edition(connection, replace(edition, started_at=place.now), actor, "begun", place.now)
    _write_pages(place, name, say)
    with place.store.writing() as connection:
        edition = read_edition(connection, name)
        if edition.state == "frozen":
            earliest_at = clock.real_now() + hold if hold else edition.earliest_at  # senders go by the machine's clock
            edition = write_edition(
                connection, replace(edition, state="sending", earliest_at=earliest_at), actor, "sending", place.now
            )
            detail = {"audience": edition.audience_count, "late": late}
            write_journal(connection, place.now, actor, "sending begun", name, place.via, **detail)
    return edition


def _freeze(place: Workplace, name: str, actor: str) -> Edition:
    """The edition frozen. To go on with one that is being sent takes nothing of all that making letters takes."""
    with place.store.reading() as connection:
        edition = read_edition(connection, name)
    list_of(edition, place.site.settings)
    if edition.state == "sending":
        return edition
    from digest.desk.approving import freeze_edition

    return freeze_edition(place, name, actor=actor)


def _conclude(place: Workplace, names: Sequence[str], since: datetime) -> list[Ended]:
    from digest.work.concluding import conclude  # it writes letters; nothing of that is held while a sender works

    return conclude(place, names, since)


def _count_letters(place: Workplace) -> Mapping[str, int]:
    with place.hot.reading() as connection:
        return count_letters(connection)


def _write_pages(place: Workplace, name: str, say: Say) -> None:
    """Make an edition's web view, and the pages that its letters lead to, public; what cannot be written stops no letter."""
    from digest.desk.building import rebuild

    try:
        written = rebuild(place).written
        faults = [str(problem) for problem in written.failed]
    except DigestError as error:
        faults = [" ".join(map(str, (error, *error.problems)))]
    if faults:
        say(f"Not all pages of {name} are in place; what is missing follows with the next publish: {' '.join(faults)}")


def send(
    place: Workplace,
    name: str,
    *,
    actor: str = "staff",
    outbox: bool = False,
    wait: timedelta = timedelta(minutes=15),
    watch: Watch = lambda _done, _note, _total: None,
    say: Say = lambda _sentence: None,
) -> SendReport:
    """Send an approved edition, or go on with one that is being sent; repeated on a finished one it mails nobody.

    Args:
        outbox: keep the letters on this machine.
        wait: how far ahead the next due letter may lie for this run to wait for it.

    Raises:
        EditionError: it is not approved, or not what was approved, or staff paused or cancelled it.
        DeliveryError: the site stands still, there is no way for the letters, or a signing key cannot be used.
        StoreError: the store cannot be written; nothing was sent that it does not know of.
    """
    begun_at = clock.real_now()
    way = choose_list_way(place, name, outbox)  # before anything is frozen: a missing relay or a bad key changes nothing
    signature = _find_signature(place, name)
    edition = begin(place, name, actor=actor, say=say)
    if edition.state == "finished":
        report = _report_finished(place, name)
    else:
        edition = _go_on(place, edition, actor)
        errand = Errand(way, signature.domain, only=name, threads=_count_threads(signature), wait=wait)
        report = run_errand(place, errand, _follow(place, edition, watch), say)
    (ended,) = _conclude(place, [name], begun_at)
    kept = isinstance(way, Outbox) and report.progress.sent_count > 0
    return SendReport(ended.edition, report, ended.counts, kept, signature, ended.refusals, ended.doubt_count)


def send_all(
    place: Workplace,
    *,
    outbox: bool = False,
    wait: timedelta = timedelta(minutes=15),
    watch: Watch = lambda _done, _note, _total: None,
    say: Say = lambda _sentence: None,
    lifeline: int | None = None,
) -> AllReport:
    """Send what is left of all editions that are being sent, and all single letters. What is paused stays so.

    Args:
        outbox: keep the letters on this machine.
        wait: how far ahead the next due letter may lie for this run to wait for it.
        lifeline: a file descriptor whose end tells the run to end.

    Raises:
        DeliveryError: the site stands still, there is no way for the letters, or a signing key cannot be used.
        StoreError: the store cannot be written; nothing was sent that it does not know of.
    """
    check_fence(place)
    begun_at, before = clock.real_now(), _count_letters(place)
    way = choose_any_way(place, outbox)
    signatures = [_sign_for(place, domain) for domain in _list_domains(place)]
    threads = max(map(_count_threads, signatures), default=0)
    errand = Errand(way, _choose_ehlo_name(place), threads=threads, wait=wait, lifeline=lifeline)
    report = run_errand(place, errand, _follow_all(place, watch), say)
    editions = _conclude(place, [view.id for view in report.editions], begun_at)
    counts = {
        state: number - (0 if state in OPEN else before.get(state, 0)) for state, number in _count_letters(place).items()
    }
    letters = {state: number for state, number in counts.items() if number > 0}
    return AllReport(report, tuple(editions), letters, isinstance(way, Outbox) and report.progress.sent_count > 0)


def rehearse(place: Workplace, name: str, *, outbox: bool = False) -> Rehearsal:
    """What `send` would do now, without doing it.

    Raises:
        EditionError: it could not be sent.
        DeliveryError: there is no way for the letters, or a signing key cannot be used.
    """
    from digest.desk.approving import check_approved

    way = choose_list_way(place, name, outbox)
    press = check_approved(place, name)
    variants = tuple(
        RehearsedVariant(one.content.language, one.content.form, press.proof(one.content).letter.subject, one.reader_count)
        for one in press.plan.variants
    )
    kept = isinstance(way, Outbox)
    return Rehearsal(variants, "the outbox on this machine" if kept else str(way), kept, _find_signature(place, name))


def choose_any_way(place: Workplace, outbox: bool = False) -> Way:
    """Where all that is on its way goes; `outbox` says that it is to stay on this machine.

    Raises:
        DeliveryError: DIGEST_SMTP_URL does not fit, or there is none and some address is a real one.
    """
    with place.hot.reading() as connection:
        domains = (place.sealer.unseal(sealed).rpartition("@")[2] for sealed in read_addresses(connection))
        return choose_way(place.site.smtp_url, outbox=outbox or place.site.settings.delivery.outbox, domains=domains)


def _report_finished(place: Workplace, name: str) -> Report:
    with place.store.reading() as connection:
        held = count_states(connection, name).get(State.HELD, 0)
    return Report(Status.HELD if held else Status.FINISHED, Progress())


def _find_signature(place: Workplace, name: str) -> Signature:
    with place.store.reading() as connection:
        domain = list_of(read_edition(connection, name), place.site.settings).sender.domain
    return _sign_for(place, domain)


def _sign_for(place: Workplace, domain: str) -> Signature:
    signer = place.signer(domain)
    return Signature(domain, signer.selectors if signer else ())


def _list_domains(place: Workplace) -> list[str]:
    """The domains that letters of this site come from, those of the first lists first."""
    return list(dict.fromkeys(chosen.sender.domain for chosen in place.site.settings.lists.values()))


def _choose_ehlo_name(place: Workplace) -> str:
    """How a relay is greeted by a run that sends for all lists: as for the edition that began first, else the first list."""
    lists = place.site.settings.lists
    with place.store.reading() as connection:
        begun = [lists[one.list_id] for one in read_editions(connection, "sending") if one.list_id in lists]
    chosen = next(iter([*begun, *lists.values()]), None)
    return chosen.sender.domain if chosen else "localhost"


def _count_threads(signature: Signature) -> int:
    """A signature takes a millisecond of a processor and lets other threads work; without one, a copy is made at once."""
    return (os.cpu_count() or 1) if signature.selectors else 0


def _go_on(place: Workplace, edition: Edition, actor: str) -> Edition:
    """The edition being sent, also from a pause that it made itself."""
    check_state(edition, ("sending", "paused"), "sent", f"Look at it: digest edition status {edition.id}")
    if edition.state == "sending":
        return edition
    with place.store.writing() as connection:
        resume_edition(connection, edition.id, actor, place.now, staff=False)
        write_journal(connection, place.now, actor, "edition resumed", edition.id, place.via)
        return read_edition(connection, edition.id)


def _follow(place: Workplace, edition: Edition, watch: Watch) -> Callable[[Progress], None]:
    """Tells who watches how far an edition is."""
    with place.store.reading() as connection:
        counts = count_states(connection, edition.id)
    before = sum(number for state, number in counts.items() if state not in OPEN)
    watch(before, "", edition.audience_count)
    return _show(watch, before, edition.audience_count)


def _follow_all(place: Workplace, watch: Watch) -> Callable[[Progress], None]:
    """Tells who watches how far all that is being sent is; what is begun meanwhile is not in the total."""
    with place.store.reading() as connection:
        counts = [count_states(connection, one.id) for one in read_editions(connection, "sending")]
    total = sum(number for one in counts for state, number in one.items() if state in OPEN)
    return _show(watch, 0, total or None)


def _show(watch: Watch, before: int, total: int | None) -> Callable[[Progress], None]:
    def show(progress: Progress) -> None:
        note = f"{progress.waiting_count} to be tried again" if progress.waiting_count else ""
        watch(before + progress.rested_count, note, total)

    return show
