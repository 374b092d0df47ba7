"""Correct and withdraw: the item's file is edited and that one item published at once, before any other work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from digest.desk.authority import require
from digest.desk.building import rebuild
from digest.desk.publishing import PublishReport, find_present, publish, release
from digest.desk.workplace import Workplace
from digest.errors import ContentError, DigestError
from digest.items.editing import add_correction, add_withdrawal, check_words
from digest.items.folder import read_folder
from digest.items.form import suggest
from digest.items.model import Correction, Withdrawal
from digest.items.rewriting import hold_items, read_source, replace_text
from digest.newsroom.public import Published
from digest.newsroom.releasing import plan_withdrawal
from digest.staff.roles import Right

__all__ = ["Change", "correct", "withdraw"]


@dataclass(frozen=True, slots=True)
class Change:
    """What was done: the file that was edited, or why none was; the publish that followed, None if none was asked for.

    `is_public` tells whether the public has it now; a correction waits while its file is at fault, a draft or dated ahead.
    """

    file: str
    unedited: str
    report: PublishReport | None
    is_public: bool


def correct(place: Workplace, item: str, note: str, *, only_edit: bool = False, actor: str = "staff") -> Change:
    """Label a correction in an item's file, and publish the item.

    Args:
        item: its id.
        note: what was wrong and what is right, in one line; readers see it.
        only_edit: leave it at the edit.

    Raises:
        ContentError: the item is not public or was withdrawn, its file is gone or cannot be edited, or the note is unusable.
    """
    require(place, actor, Right.PUBLISH)
    known = _find_published(place, item)
    if known.is_withdrawn:
        raise ContentError(f"item {item}", "it was withdrawn", "Say what is right in a new item.")
    file = _find_file(place, item)
    if file is None:
        remedy = f"Restore the file, or write `id: {item}` into the renamed one."
        raise ContentError(f"item {item}", "its file is not there, or claims another id", remedy)
    if not only_edit:
        find_present(place)  # a clock that cannot be right is told before anything is changed
    correction = Correction(date=_today(place), note=check_words(note, "the note"))
    unedited = "it says so already" if _says(place, item, correction) else ""
    if not unedited:
        with hold_items(place.site.items):
            before = read_source(place.site.folder / file)
            replace_text(place.site.folder / file, before, add_correction(before, file, note, correction.date))
    report = None if only_edit else publish(place, only=item, action="corrected", actor=actor)
    is_public = report is not None and correction in report.newsroom.by_id[item].content.corrections
    return Change("" if unedited else file, unedited, report, is_public)


def withdraw(place: Workplace, item: str, reason: str, *, only_edit: bool = False, actor: str = "staff") -> Change:
    """Take an item back: edit its file if there is one that can be edited, and publish the withdrawal in any case.

    Args:
        item: its id.
        reason: why, in one line that readers are told.
        only_edit: leave it at the edit.

    Raises:
        ContentError: the item is not public; the reason is unusable; or `only_edit`, and the file cannot be edited.
    """
    require(place, actor, Right.PUBLISH)
    known = _find_published(place, item)
    if known.is_withdrawn:  # perhaps by a run that was stopped before its files were in place
        return Change("", "it was withdrawn before", publish(place, only=item, actor=actor), is_public=True)
    withdrawn = Withdrawal(date=_today(place), reason=check_words(reason, "the reason"))
    if not only_edit:
        find_present(place)  # a clock that cannot be right is told before anything is changed
    file = _find_file(place, item)
    unedited = _edit_withdrawal(place, file, withdrawn) if file else "its file is not there"
    if only_edit:
        if unedited:
            raise ContentError(f"item {item}", unedited, "Leave --only-edit out to withdraw it all the same.")
        return Change(file or "", "", None, is_public=False)
    report = publish(place, only=item, action="withdrawn", actor=actor) if file else None
    if report is None or not report.newsroom.by_id[item].is_withdrawn:
        report = _withdraw_from_log(place, item, withdrawn, actor)
    return Change("" if unedited else file or "", unedited, report, is_public=True)


def _edit_withdrawal(place: Workplace, file: str, withdrawn: Withdrawal) -> str:
    """Why the file could not be edited; empty when it was."""
    try:
        with hold_items(place.site.items):
            before = read_source(place.site.folder / file)
            after = add_withdrawal(before, file, withdrawn.reason, withdrawn.date)
            replace_text(place.site.folder / file, before, after)
    except DigestError as error:
        return str(error)
    return ""


def _withdraw_from_log(place: Workplace, item: str, withdrawn: Withdrawal, actor: str) -> PublishReport:
    """Withdraw what is public without asking its file."""
    moment = find_present(place)
    plan = partial(plan_withdrawal, item, withdrawn, moment)
    released = release(place, plan, moment, moment, action="withdrawn", actor=actor)
    assert released is not None  # the present is never before the newest event
    built = rebuild(place, newsroom=released.newsroom)
    return PublishReport(
        lines=released.plan.lines,
        contents=place.hot.contents,
        problems=tuple(sorted([*released.plan.remarks, *built.problems])),
        stopped=released.stopped,
        written=built.written,
        newsroom=built.newsroom,
    )


def _find_published(place: Workplace, item: str) -> Published:
    with place.hot.reading() as connection:
        known = place.hot.read_newsroom(connection).by_id
    if item not in known:
        cause = f"no item of that id is public{suggest(item, known)}"
        raise ContentError(f"item {item}", cause, "What is not public yet can simply be edited.")
    return known[item]


def _find_file(place: Workplace, item: str) -> str | None:
    """The file of an item, below the site's folder; also one that is at fault, as far as its name or `id` tells."""
    return read_folder(place.site, place.cache).files.get(item)


def _says(place: Workplace, item: str, correction: Correction) -> bool:
    """Whether the file has that very correction, as after a run that was stopped between the edit and the publish."""
    found = next((known for known in read_folder(place.site, place.cache).items if known.id == item), None)
    return found is not None and correction in found.content.corrections


def _today(place: Workplace) -> date:
    return place.now.astimezone(place.site.settings.zone).date()
