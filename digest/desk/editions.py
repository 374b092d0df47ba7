"""Editions at the desk until they are approved: prepare, show, set. Every change is made on a revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from digest.desk.authority import check_actor
from digest.desk.planning import (
    Plan,
    build_rule,
    find_overtaken,
    plan_edition,
    read_log,
)
from digest.desk.readers import pick_list
from digest.desk.workplace import Workplace
from digest.editions.edition import Choices, Edition, State, check_revision, check_state, to_draft
from digest.editions.periods import edition_id, period_at
from digest.errors import EditionError, UsageError
from digest.items.characters import find_first_forbidden
from digest.newsroom.public import Published
from digest.settings import Rhythm
from digest.staff.members import THE_PROGRAM, Program, name_person
from digest.staff.roles import Right
from digest.store.deliveries import RefusedLetters, count_doubts, read_inflight, read_refusals
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
from digest.store.releases import log_end, log_position, read_newsroom
from digest.store.settling import settle_in_steps
from digest.store.slots import is_held

__all__ = [
    "CHANGEABLE",
    "Prepared",
    "Shown",
    "count_deliveries",
    "count_left",
    "count_perhaps_twice",
    "list_editions",
    "list_refusals",
    "make_draft",
    "move_draft",
    "prepare",
    "prepare_if_carrying",
    "set_choices",
    "show",
]

CHANGEABLE: tuple[State, ...] = ("draft", "approved")
"""The states in which an edition can be changed; a change makes it a draft."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What `prepare` did: the edition, its plan, whether it is new, and what was released since if it was left as it is."""

    edition: Edition
    plan: Plan
    is_new: bool
    released_since: tuple[Published, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """An edition; its plan as long as that can change, and what was released since: for a draft or an approved one."""

    edition: Edition
    plan: Plan | None
    released_since: tuple[Published, ...] = ()


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
    made = _prepare(place, list_id, rhythm, at, actor, extra=extra, refresh=refresh)
    assert made is not None
    return made


def prepare_if_carrying(
    place: Workplace, list_id: str, *, rhythm: Rhythm, at: datetime | None = None, actor: Program = THE_PROGRAM
) -> Prepared | None:
    """As `prepare`, but None, and nothing is made, for an edition that would carry nothing to anyone.

    Raises:
        UsageError: there is no such list, or it does not have that rhythm.
    """
    return _prepare(place, list_id, rhythm, at, actor, only_if_carrying=True)


def _prepare(
    place: Workplace,
    list_id: str,
    rhythm: Rhythm | None,
    at: datetime | None,
    actor: str,
    *,
    extra: bool = False,
    refresh: bool = False,
    only_if_carrying: bool = False,
) -> Prepared | None:
    settings = place.site.settings
    chosen = pick_list(settings, list_id)
    wanted = rhythm or chosen.rhythms[0]
    if wanted not in chosen.rhythms:
        raise UsageError(f"list {list_id}", f"it has no rhythm {wanted}", f"Its rhythms are: {', '.join(chosen.rhythms)}.")
    moment = at or place.now
    period = period_at(moment, wanted, chosen.schedule.get(wanted), settings.zone)
    settle_in_steps(place.store.file)
    with place.store.writing() as connection:
        check_actor(place, connection, actor, Right.EDIT)
        present = None if extra else _find_present(connection, list_id, wanted, period)
        is_new = present is None or (present.state == "cancelled" and present.frozen_hash is not None)
        if present is None or is_new:
            edition = _build(place, connection, list_id, wanted, period, moment, extra, actor, present)
            plan = plan_edition(connection, edition, settings)
            if only_if_carrying and not plan.variants:
                return None
            insert_edition(connection, edition)
            write_journal(connection, place.now, actor, "edition prepared", edition.id, place.via, horizon=edition.horizon)
        elif present.state in ("draft", "cancelled") or (present.state == "approved" and refresh):
            edition = _move_on(place, connection, present, moment, actor)
            plan = plan_edition(connection, edition, settings)
        else:
            since = _read_since(connection, present)
            return Prepared(present, plan_edition(connection, present, settings), is_new=False, released_since=since)
        return Prepared(edition, plan, is_new=is_new)


def make_draft(
    place: Workplace, connection: Connection, list_id: str, rhythm: Rhythm, period: str, *, actor: str
) -> Plan | None:
    """The first edition of a period as a draft, made in the caller's transaction; None if it would carry nothing to anyone.

    Raises:
        EditionError: newsroom.toml has no such list.
    """
    edition = _build(place, connection, list_id, rhythm, period, place.now, False, actor, None)
    plan = plan_edition(connection, edition, place.site.settings)
    if not plan.variants:
        return None
    insert_edition(connection, edition)
    write_journal(connection, place.now, actor, "edition prepared", edition.id, place.via, horizon=edition.horizon)
    return plan


def move_draft(place: Workplace, connection: Connection, draft: Edition, *, actor: str) -> Edition:
    """A draft at the newest release with staff's choices kept, moved on in the caller's transaction."""
    return _move_on(place, connection, draft, max(draft.moment, place.now), actor)


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
    log = read_log(connection, place.site.settings)
    rule = build_rule(connection, place.site.settings, list_id, rhythm, moment)
    return end if find_overtaken(log, position, rule) else position


def _build(
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
    return Edition(
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
        edited_by=name_person(actor) or (cancelled.edited_by if cancelled else None),
    )


def _move_on(place: Workplace, connection: Connection, present: Edition, moment: datetime, actor: str) -> Edition:
    """The draft at a new moment and horizon with staff's choices kept; untouched when neither moves."""
    horizon = _find_horizon(place, connection, present.list_id, present.rhythm, moment)
    if present.state == "draft" and (present.moment, present.horizon) == (moment, horizon):
        return present
    by = name_person(actor) or present.edited_by
    moved = to_draft(replace(present, moment=moment, horizon=horizon, edited_by=by))
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
        if edition.state not in CHANGEABLE:
            return Shown(edition, None)
        plan = plan_edition(connection, edition, place.site.settings)
        return Shown(edition, plan, _read_since(connection, edition))


def _read_since(connection: Connection, edition: Edition) -> tuple[Published, ...]:
    """What was released, corrected or withdrawn after an edition's last look at the log."""
    return tuple(item for item in read_newsroom(connection) if item.number > edition.horizon)


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
        check_actor(place, connection, actor, Right.EDIT)
        edition = read_edition(connection, name)
        check_state(edition, CHANGEABLE, "changed", "Prepare the next one, or an extra: digest edition prepare LIST --extra")
        check_revision(edition, revision)
        newsroom = read_newsroom(connection, edition.horizon)
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
        changed = to_draft(replace(edition, choices=edition.choices.change(changes), edited_by=name_person(actor)))
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


def count_deliveries(place: Workplace, name: str) -> dict[str, int]:
    """How many deliveries of an edition are in each state."""
    with place.store.reading() as connection:
        return count_states(connection, name)


def count_left(place: Workplace, name: str) -> int:
    """How many letters of an edition were under way when their sender ended, so that they may have arrived or not."""
    with place.store.reading() as connection:
        found = read_inflight(connection, name)
    return sum(number for sender, number in found.items() if not is_held(place.site.var, sender))


def count_perhaps_twice(place: Workplace, name: str) -> int:
    """How many readers of an edition may have got it twice."""
    with place.store.reading() as connection:
        return count_doubts(connection, name)


def list_refusals(place: Workplace, name: str) -> list[RefusedLetters]:
    """Why letters of an edition failed or wait, in the relay's words."""
    with place.store.reading() as connection:
        return read_refusals(connection, name)
