"""Editions at the desk: prepare, show, set, approve, and the freeze that makes deliveries of an approved one.

Every change is made on a revision; an approval names the hash of all that it covers; a freeze checks that hash against what
there is now, in the transaction that makes the deliveries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import Connection

from digest.clock import real_now
from digest.desk.archive import build_archive
from digest.desk.planning import (
    Plan,
    build_log_event,
    build_rule,
    find_overtaken,
    is_urgent_only,
    list_of,
    plan_edition,
)
from digest.desk.press import Press
from digest.desk.readers import pick_list
from digest.desk.tidying import tidy_list
from digest.desk.workplace import Workplace
from digest.editions.approval import build_hash, describe_changes
from digest.editions.edition import Choices, Edition, State, check_revision, check_state, to_draft
from digest.editions.periods import edition_id, period_at
from digest.errors import EditionError, Problem, UsageError
from digest.items.characters import find_first_forbidden
from digest.newsroom.public import Published, build_newsroom
from digest.settings import Rhythm
from digest.store.deliveries import RefusedLetters, read_refusals
from digest.store.editions import (
    bar_item,
    count_states,
    find_draft,
    find_edition,
    insert_edition,
    next_number,
    read_edition,
    read_editions,
    unbar_item,
    write_edition,
)
from digest.store.journal import write_journal
from digest.store.planning import FrozenVariant, freeze, settle
from digest.store.releases import log_end, log_position, read_events

__all__ = [
    "Prepared",
    "Shown",
    "approve",
    "check_approved",
    "freeze_edition",
    "list_editions",
    "list_refusals",
    "prepare",
    "set_choices",
    "show",
]

_CHANGEABLE: tuple[State, ...] = ("draft", "approved")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What `prepare` did: the edition, its plan, whether it is new, and what was released since if it was left as it is."""

    edition: Edition
    plan: Plan
    is_new: bool
    released_since: tuple[Published, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """An edition, and its plan as long as that can change: for a draft or an approved one."""

    edition: Edition
    plan: Plan | None


def prepare(
    place: Workplace,
    list_id: str,
    *,
    rhythm: Rhythm | None = None,
    at: datetime | None = None,
    extra: bool = False,
    refresh: bool = False,
    actor: str = "staff",
) -> Prepared:
    """Make the edition of a list's present period, or move a draft on; an approved or later one stays as it is.

    Args:
        rhythm: one of the list's; its first when none is named.
        at: the edition's moment; the clock's when none is named.
        extra: one more edition in a period that has its own.
        refresh: return an approved edition to draft and move it on.

    Raises:
        UsageError: there is no such list, or it does not have that rhythm.
    """
    chosen = pick_list(place.site.settings, list_id)
    wanted = rhythm or chosen.rhythms[0]
    if wanted not in chosen.rhythms:
        raise UsageError(f"list {list_id}", f"it has no rhythm {wanted}", f"Its rhythms are: {', '.join(chosen.rhythms)}.")
    moment = at or place.now
    period = period_at(moment, wanted, chosen.schedule.get(wanted), place.site.settings.zone)
    with place.store.writing() as connection:
        settle(connection)
        present = None if extra else _find_present(connection, list_id, wanted, period)
        is_new = present is None or (present.state == "cancelled" and present.frozen_hash is not None)
        if present is None or is_new:
            edition = _make(place, connection, list_id, wanted, period, moment, extra, actor, present)
        elif present.state in ("draft", "cancelled") or (present.state == "approved" and refresh):
            edition = _move_on(place, connection, present, moment, actor)
        else:
            newer = build_newsroom(read_events(connection))
            since = tuple(item for item in newer if item.event.number > present.horizon)
            plan = plan_edition(connection, present, place.site.settings)
            return Prepared(present, plan, is_new=False, released_since=since)
        tidy_list(connection, list_id, chosen, place.now)
        return Prepared(edition, plan_edition(connection, edition, place.site.settings), is_new=is_new)


def _find_present(connection: Connection, list_id: str, rhythm: Rhythm, period: str) -> Edition | None:
    """The edition that a repeated `prepare` means: the newest part of the period; at once, the day's draft."""
    if rhythm == "at-once":
        return find_draft(connection, list_id, rhythm, f"{period}-")
    return find_edition(connection, list_id, rhythm, period)


def _find_horizon(place: Workplace, connection: Connection, list_id: str, rhythm: Rhythm, moment: datetime) -> int:
    """The log's end at the edition's moment; its end now if something that the edition could carry was changed since."""
    position, end = log_position(connection, moment), log_end(connection)
    if position == end:
        return end
    log = [build_log_event(event) for event in read_events(connection)]
    rule = build_rule(connection, place.site.settings, list_id, rhythm, moment)
    return end if find_overtaken(log, position, rule) else position


def _make(
    place: Workplace,
    connection: Connection,
    list_id: str,
    rhythm: Rhythm,
    period: str,
    moment: datetime,
    extra: bool,
    actor: str,
    cancelled: Edition | None,
) -> Edition:
    """A new draft: the period's first, the part that follows a cancelled one, or an extra with a number of its own."""
    if extra:
        period = f"{period}-extra-{next_number(connection, list_id, rhythm, f'{period}-extra-')}"
    elif rhythm == "at-once":
        period = f"{period}-{next_number(connection, list_id, rhythm, f'{period}-')}"
    part = cancelled.part + 1 if cancelled else 1
    edition = Edition(
        id=edition_id(list_id, rhythm, period, part),
        list_id=list_id,
        rhythm=rhythm,
        period=period,
        part=part,
        extra=extra,
        moment=moment,
        horizon=_find_horizon(place, connection, list_id, rhythm, moment),
        choices=cancelled.choices if cancelled else Choices(),
        changed_by=actor,
        changed_what="prepared",
        changed_at=place.now,
    )
    insert_edition(connection, edition)
    write_journal(connection, place.now, actor, "edition prepared", edition.id, place.via, horizon=edition.horizon)
    return edition


def _move_on(place: Workplace, connection: Connection, present: Edition, moment: datetime, actor: str) -> Edition:
    """The draft at a new moment and horizon with staff's choices kept; untouched when neither moves."""
    horizon = _find_horizon(place, connection, present.list_id, present.rhythm, moment)
    if present.state == "draft" and (present.moment, present.horizon) == (moment, horizon):
        return present
    moved = to_draft(replace(present, moment=moment, horizon=horizon))
    edition = write_edition(connection, moved, actor, "moved on to the newest release", place.now)
    write_journal(connection, place.now, actor, "edition moved on", edition.id, place.via, horizon=horizon)
    return edition


def show(place: Workplace, name: str) -> Shown:
    """An edition and what it carries to whom.

    Raises:
        EditionError: there is no such edition, or newsroom.toml no longer has the list of one that can change.
    """
    with place.store.reading() as connection:
        edition = read_edition(connection, name)
        is_open = edition.state in _CHANGEABLE
        return Shown(edition, plan_edition(connection, edition, place.site.settings) if is_open else None)


def list_editions(place: Workplace) -> list[Edition]:
    """All editions, the oldest first."""
    with place.store.reading() as connection:
        return list(read_editions(connection))


def set_choices(
    place: Workplace,
    name: str,
    changes: Mapping[str, Any],
    *,
    exclude: Sequence[str] = (),
    include: Sequence[str] = (),
    bar: Sequence[str] = (),
    unbar: Sequence[str] = (),
    revision: int | None = None,
    actor: str = "staff",
) -> Edition:
    """Set title, subject, preheader, introduction, lead, order or exclusions; an approved edition becomes a draft again.

    Args:
        changes: the new values by the names of `Choices`.
        exclude: items to leave out this time. `include` takes such an exclusion back.
        bar: items to keep off this edition's list for good. `unbar` lets such items in again.
        revision: the revision that the change was made on; None means the newest, whatever it is.

    Raises:
        UsageError: there is nothing to set, or a text holds what cannot be shown.
        EditionError: the edition is past changing, the revision is stale, or an item named is not among its items.
    """
    if not (changes or exclude or include or bar or unbar):
        raise UsageError(f"edition {name}", "there is nothing to set", "Name what to change, such as --title or --lead.")
    _check_words(changes)
    with place.store.writing() as connection:
        edition = read_edition(connection, name)
        check_state(
            edition, _CHANGEABLE, "changed", "Prepare the next one, or an extra: digest edition prepare LIST --extra"
        )
        check_revision(edition, revision)
        newsroom = build_newsroom(read_events(connection, edition.horizon))
        named = {*bar, *unbar, *exclude, *include, *changes.get("order", ()), *filter(None, [changes.get("lead")])}
        unknown = sorted(item for item in named if item not in newsroom.by_id)
        if unknown:
            raise EditionError(f"edition {name}", f"it knows no item {unknown[0]}", f"Its items: digest edition show {name}")
        for item in bar:
            bar_item(connection, edition.list_id, item, place.now)
        for item in unbar:
            unbar_item(connection, edition.list_id, item)
        if exclude or include:
            left_out = (set(edition.choices.excluded) | set(exclude)) - set(include)
            changes = {**changes, "excluded": tuple(sorted(left_out))}
        changed = to_draft(replace(edition, choices=edition.choices.change(changes)))
        barred = [f"never on this list: {item}" for item in bar] + [f"again on this list: {item}" for item in unbar]
        what = ", ".join([*sorted(changes), *barred])
        edition = write_edition(connection, changed, actor, f"set {what}", place.now)
        write_journal(
            connection, place.now, actor, "edition changed", name, place.via, changed=what, revision=edition.revision
        )
        return edition


def _check_words(changes: Mapping[str, Any]) -> None:
    """Refuse what no reader could see: control characters; and, but in the introduction, line breaks."""
    for field, value in changes.items():
        if isinstance(value, str) and (find_first_forbidden(value) or (field != "introduction" and "\n" in value)):
            raise UsageError(field, "it holds a line break or a character that cannot be shown", "Type it as plain text.")


def approve(
    place: Workplace,
    name: str,
    *,
    actor: str,
    expected: str | None = None,
    revision: int | None = None,
    warn: Callable[[Problem], None] = lambda _problem: None,
) -> Edition:
    """Approve what the edition is now.

    Args:
        actor: who takes the responsibility.
        expected: the hash that was looked at, when the caller has shown one.
        revision: the revision that was looked at; None means the newest, whatever it is.
        warn: is told what the inspection finds worth a look, but no reason to refuse.

    Raises:
        EditionError: it is no draft, carries nothing to anyone, fails the inspection, or is not what was looked at.
        UsageError: the name holds characters that cannot be shown.
    """
    with place.store.writing() as connection:
        settle(connection)
    with place.store.reading() as connection:  # the slow part, before the write lock is taken
        press = _press_draft(place, connection, name)
        check_revision(press.edition, revision)
        for warning in press.inspect():
            warn(warning)
        looked_at = expected or build_hash(press.manifest())
    with place.store.writing() as connection:
        press = _press_draft(place, connection, name)
        manifest = press.manifest()
        signed = build_hash(manifest)
        if looked_at != signed:
            raise EditionError(f"edition {name}", "it is no longer what was looked at", "Look at it again and approve that.")
        approved = replace(
            press.edition,
            state="approved",
            approved_hash=signed,
            approved_by=actor,
            approved_at=place.now,
            manifest=manifest,
            archive=build_archive(press.plan, place.site.settings),
        )
        edition = write_edition(connection, approved, actor, "approved", place.now)
        write_journal(connection, place.now, actor, "edition approved", name, place.via, hash=signed)
        return edition


def _press_draft(place: Workplace, connection: Connection, name: str) -> Press:
    """What an edition would send if it were approved now."""
    edition = read_edition(connection, name)
    check_state(edition, _CHANGEABLE, "approved", f"Look at it: digest edition show {name}")
    draft = to_draft(edition)
    press = Press(place, draft, plan_edition(connection, draft, place.site.settings))
    if not press.plan.variants:
        raise EditionError(f"edition {name}", "it carries nothing to anyone", "Wait for a release, or import readers.")
    return press


def find_changes(press: Press) -> tuple[str, ...]:
    """What is no longer as it was when the edition was approved, in words; nothing if it is still that."""
    if not press.plan.variants:
        return ("its readers have had all of it since, by another edition",)
    present = press.manifest()
    return () if build_hash(present) == press.edition.approved_hash else describe_changes(press.edition.manifest, present)


def check_approved(place: Workplace, name: str) -> Press:
    """What an approved edition would send. One that is no longer what was approved becomes a draft again.

    Raises:
        EditionError: it is not approved, or something has changed since; that is named.
    """
    with place.store.reading() as connection:
        edition = read_edition(connection, name)
        _refuse_draft(edition)
        check_state(edition, ("approved",), "sent anew", f"Look at it: digest edition status {name}")
        press = Press(place, edition, plan_edition(connection, edition, place.site.settings))
    changes = find_changes(press)
    if changes:
        _return_to_draft(place, name, changes)
    return press


def _return_to_draft(place: Workplace, name: str, changes: Sequence[str]) -> NoReturn:
    what = "; ".join(changes[:5])
    with place.store.writing() as connection:
        edition = read_edition(connection, name)
        approver = edition.approved_by
        if edition.state == "approved":
            write_edition(connection, to_draft(edition), "digest", what, place.now)
            write_journal(connection, place.now, "digest", "edition returned to draft", name, place.via, why=what)
    raise EditionError(
        f"edition {name}",
        f"it is no longer what {approver} approved, and is a draft again: {what}",
        f"Look at it and approve it again: digest edition approve {name} --as NAME",
    )


def freeze_edition(place: Workplace, name: str, *, actor: str) -> Edition:
    """Make the deliveries of an approved edition, in one transaction with its state; an edition frozen already stays so.

    Raises:
        EditionError: it is not approved, or no longer what was approved: then it is a draft again.
    """
    with place.store.reading() as connection:
        edition = read_edition(connection, name)
    list_of(edition, place.site.settings)
    _refuse_draft(edition)
    if edition.state != "approved":
        return edition
    check_approved(place, name).write_messages()  # the slow part, before the write lock is taken
    with place.store.writing() as connection:
        settle(connection)
        edition = read_edition(connection, name)
        if edition.state != "approved":
            raise EditionError(
                f"edition {name}", "somebody changed it this very moment", f"Look: digest edition show {name}"
            )
        press = Press(place, edition, plan_edition(connection, edition, place.site.settings))
        changes = find_changes(press)
        if not changes:
            return _freeze(place, connection, press, actor)
    _return_to_draft(place, name, changes)


def _freeze(place: Workplace, connection: Connection, press: Press, actor: str) -> Edition:
    edition = press.edition
    messages = press.write_messages()
    planned = [FrozenVariant(one.content, messages[one.content.hash], one.groups) for one in press.plan.variants]
    urgent = is_urgent_only(place.site.settings.lists[edition.list_id], edition.rhythm)
    made = freeze(connection, edition, planned, urgent, 0 if edition.rhythm == "at-once" else 1, real_now())
    frozen = replace(edition, state="frozen", frozen_hash=edition.approved_hash, audience_count=made)
    edition = write_edition(connection, frozen, actor, "frozen", place.now)
    write_journal(connection, place.now, actor, "edition frozen", edition.id, place.via, audience=made)
    return edition


def count_deliveries(place: Workplace, name: str) -> dict[str, int]:
    """How many deliveries of an edition are in each state."""
    with place.store.reading() as connection:
        return count_states(connection, name)


def list_refusals(place: Workplace, name: str) -> list[RefusedLetters]:
    """Why letters of an edition failed or wait, in the relay's words."""
    with place.store.reading() as connection:
        return read_refusals(connection, name)


def _refuse_draft(edition: Edition) -> None:
    if edition.state != "draft":
        return
    returned = edition.changed_what if edition.revision > 1 else "nobody has approved it yet"
    raise EditionError(
        f"edition {edition.id}",
        f"it is a draft and cannot be sent ({edition.changed_by}: {returned})",
        f"Look at it and approve it: digest edition approve {edition.id} --as NAME",
    )
