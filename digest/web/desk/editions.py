"""Editions until they leave: the list, the draft with its items, what staff set, the approval and the word to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from digest.desk import editions as desk
from digest.desk.approving import approve
from digest.desk.draft_views import DraftBook
from digest.desk.edition_lists import find_edition, list_rows
from digest.desk.scheduling import find_slot
from digest.editions.edition import Edition
from digest.errors import EditionError
from digest.settings import Rhythm
from digest.staff.roles import Right
from digest.web.desk.states import show_state
from digest.web.desk.visiting import Answer, Door, Visit
from digest.work.sending import begin

__all__ = ["BOOK", "DOORS", "address_of"]

BOOK = DraftBook()
"""What was worked out of drafts; one for all pages of this process."""
_WORDS = ("title", "subject", "preheader", "introduction")


@dataclass(frozen=True, slots=True)
class Offer:
    """An edition that can be prepared now."""

    list_id: str
    rhythm: str
    title: str


def address_of(name: str, *steps: str) -> str:
    """The address of an edition's page."""
    return "/".join(("/desk/editions", name, *steps))


def show_editions(visit: Visit) -> Answer:
    """All editions: what is to come, then what was sent, the newest first."""
    found = list_rows(visit.place, before=visit.asked("before"))
    return visit.render(
        "desk/editions.html",
        coming=[(row, show_state(row.head, row.slot_at, visit.now)) for row in found.coming],
        past=[(row, show_state(row.head, None, visit.now)) for row in found.past],
        later=f"/desk/editions?before={found.next}" if found.next else "",
        is_first=not visit.asked("before"),
        offers=list(_build_offers(visit)) if visit.may(Right.EDIT) else [],
        lists=_titles(visit),
    )


def do_prepare(visit: Visit) -> Answer:
    """Prepare the edition of a list's present period, or move its draft on."""
    list_id, _, rhythm = visit.sent("edition").partition(" ")
    if Offer(list_id, rhythm, _title(visit, list_id)) not in list(_build_offers(visit)):
        raise EditionError("edition", "there is no such list or rhythm", "Choose one of those that the page offers.")
    made = desk.prepare(
        visit.place,
        list_id,
        rhythm=cast("Rhythm", rhythm),
        extra=visit.sent("extra") == "yes",
        actor=visit.actor,
    )
    said = "It is prepared." if made.is_new else "It was there already; here is where it stands."
    return visit.go(address_of(made.edition.id), said)


def show_edition(visit: Visit) -> Answer:
    """One edition: as a draft with all that can be changed, later with what becomes of it."""
    edition = find_edition(visit.place, visit.path["edition"])
    if edition.state not in desk.CHANGEABLE:
        from digest.web.desk.progress import show_under_way

        return show_under_way(visit, edition)
    return _show_draft(visit, edition, {}, 200)


def _show_draft(visit: Visit, edition: Edition, typed: Mapping[str, str], status: int, fault: str = "") -> Answer:
    view = BOOK.look(visit.place, edition)
    slot_at = find_slot(visit.place, edition)
    return visit.render(
        "desk/draft.html",
        status,
        edition=edition,
        view=view,
        state=show_state(edition, slot_at, visit.now),
        slot_at=slot_at,
        typed={name: getattr(edition.choices, name) for name in _WORDS} | dict(typed),
        fault=fault,
        list_title=_title(visit, edition.list_id),
        approvers=[str(one) for one in _approvers(visit, edition)],
        own_language=visit.settings.newsroom.language,
        may={right.value: visit.may(right) for right in Right},
        is_stale=view.counted_at + timedelta(minutes=1) < visit.now,
    )


def do_set(visit: Visit) -> Answer:
    """Set what staff decide, on the revision that was looked at."""
    name, revision = visit.path["edition"], _read_revision(visit)
    edition = find_edition(visit.place, name)
    changes: dict[str, Any] = {word: visit.sent(word) for word in _WORDS if word in visit.form}
    changes = {word: value for word, value in changes.items() if value != getattr(edition.choices, word)}
    if "lead" in visit.form and (visit.sent("lead") or None) != edition.choices.lead:
        changes["lead"] = visit.sent("lead") or None
    if "order" in visit.form and tuple(visit.sent("order").split()) != edition.choices.order:
        changes["order"] = tuple(visit.sent("order").split())
    exclude, include = visit.form.get("exclude", ()), visit.form.get("include", ())
    bar, unbar = visit.form.get("bar", ()), visit.form.get("unbar", ())
    if not (changes or exclude or include or bar or unbar):
        return visit.go(address_of(name), "Nothing was changed.")
    changed = desk.set_choices(
        visit.place, name, changes, exclude=exclude, include=include, bar=bar, unbar=unbar, revision=revision,
        actor=visit.actor,
    )  # fmt: skip
    was = " It was approved before, and must be approved again." if edition.state == "approved" else ""
    return visit.go(address_of(changed.id), f"Changed.{was}")


def do_move(visit: Visit) -> Answer:
    """Take in what was released since: the draft moves on; an approved one becomes a draft again."""
    edition = find_edition(visit.place, visit.path["edition"])
    desk.prepare(visit.place, edition.list_id, rhythm=edition.rhythm, refresh=True, actor=visit.actor)
    return visit.go(address_of(edition.id), "It holds what is released up to now.")


def show_approval(visit: Visit) -> Answer:
    """What an approval covers, in numbers and words, and the form that gives it."""
    edition = find_edition(visit.place, visit.path["edition"])
    if edition.state != "draft":
        return visit.go(address_of(edition.id))
    return _approval_page(visit, edition, "", 200)


def _approval_page(visit: Visit, edition: Edition, fault: str, status: int) -> Answer:
    view = BOOK.look(visit.place, edition)
    slot_at = find_slot(visit.place, edition)
    hold = visit.settings.desk.hold
    return visit.render(
        "desk/approve.html", status,
        edition=edition, view=view, slot_at=slot_at, fault=fault, hold=int(hold.total_seconds() // 60),
        list_title=_title(visit, edition.list_id), is_own=_is_own(visit, edition),
    )  # fmt: skip


def do_approve(visit: Visit) -> Answer:
    """Approve what was looked at; with `send`, let it leave after the hold."""
    name = visit.path["edition"]
    edition = find_edition(visit.place, name)
    view = BOOK.look(visit.place, edition)
    typed = visit.sent("count").replace(",", "").replace(" ", "").replace(".", "")
    if typed != visit.sent("readers"):
        return _approval_page(visit, edition, f"Type the number of readers: {view.reader_count:,}.", 422)
    approved = approve(visit.place, name, actor=visit.actor, expected=visit.sent("hash"), revision=_read_revision(visit))
    BOOK.forget(name)
    if visit.sent("do") != "send":
        return visit.go(address_of(name), "It is approved.")
    return _send(visit, approved)


def do_send(visit: Visit) -> Answer:
    """Let an approved edition leave after the hold."""
    return _send(visit, find_edition(visit.place, visit.path["edition"]))


def _send(visit: Visit, edition: Edition) -> Answer:
    hold = visit.settings.desk.hold
    begin(visit.place, edition.id, actor=visit.actor, hold=hold)
    BOOK.forget(edition.id)
    minutes = int(hold.total_seconds() // 60)
    wait = f"The first letter leaves in {minutes} minutes; until then you can stop it." if minutes else "It is being sent."
    return visit.go(address_of(edition.id), wait)


def _read_revision(visit: Visit) -> int:
    text = visit.sent("revision")
    if not text.isdecimal() or len(text) > 9:
        raise EditionError("form", "it does not say which state of the edition it was made on", "Load the page anew.")
    return int(text)


def _is_own(visit: Visit, edition: Edition) -> bool:
    """Whether four eyes are on and the member is the one who edited last."""
    return visit.settings.desk.four_eyes and edition.edited_by == visit.actor


def _build_offers(visit: Visit) -> list[Offer]:
    return [
        Offer(name, rhythm, _title(visit, name))
        for name, chosen in visit.settings.lists.items()
        for rhythm in chosen.rhythms
        if rhythm != "at-once"
    ]


def _titles(visit: Visit) -> Mapping[str, str]:
    return {name: _title(visit, name) for name in visit.settings.lists}


def _title(visit: Visit, list_id: str) -> str:
    chosen = visit.settings.lists.get(list_id)
    return chosen.in_language("en") if chosen else list_id


def _approvers(visit: Visit, edition: Edition) -> tuple[object, ...]:
    chosen = visit.settings.lists.get(edition.list_id)
    return tuple(chosen.approvers) if chosen else ()


DOORS = (
    Door("/editions", Right.LOOK, show_editions, do_prepare, Right.EDIT),
    Door("/editions/{edition}", Right.LOOK, show_edition),
    Door("/editions/{edition}/set", Right.EDIT, None, do_set),
    Door("/editions/{edition}/move", Right.EDIT, None, do_move),
    Door("/editions/{edition}/approve", Right.APPROVE, show_approval, do_approve, proved=True),
    Door("/editions/{edition}/send", Right.APPROVE, None, do_send, proved=True),
)
