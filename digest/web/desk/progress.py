"""An edition that leaves or has left: its progress, the hand on it, held letters, and the outcome in numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from digest.delivery.transitions import Decision
from digest.desk.edition_lists import find_edition
from digest.desk.editions import list_refusals
from digest.desk.scheduling import was_late
from digest.desk.steering import cancel, decide, list_held, pause, resume
from digest.desk.tallying import Progress, read_progress, tally_edition
from digest.editions.edition import Edition
from digest.errors import EditionError
from digest.staff.roles import Right
from digest.store.deliveries import RefusedLetters
from digest.web.desk.editions import BOOK, address_of
from digest.web.desk.states import show_state
from digest.web.desk.visiting import Answer, Door, Visit
from digest.work.waiting import explain_waits

__all__ = ["DOORS", "show_under_way"]

_UNDER_WAY = ("frozen", "sending", "paused")
_DECISIONS: Mapping[str, Decision] = {
    "received": Decision.RECEIVED,
    "again": Decision.AGAIN,
    "give-up": Decision.GIVE_UP,
}
_MOST_SHOWN = 200


def show_under_way(visit: Visit, edition: Edition) -> Answer:
    """The page of an edition that was approved and begun."""
    is_open = edition.state in _UNDER_WAY
    progress = read_progress(visit.place, edition.id) if edition.frozen_hash else None
    return visit.render(
        "desk/under_way.html",
        edition=edition,
        state=show_state(edition, None, visit.now),
        progress=progress,
        refusals=_list_refusals(visit, edition.id),
        waits=explain_waits(visit.place, edition.id) if edition.state == "sending" else (),
        is_open=is_open,
        is_late=was_late(visit.place, edition.id),
        list_title=_title(visit, edition.list_id),
        may={right.value: visit.may(right) for right in Right},
    )


def show_progress(visit: Visit) -> Answer:
    """The same page by its own address, which the script asks for."""
    edition = find_edition(visit.place, visit.path["edition"])
    if edition.frozen_hash is None:
        return visit.go(address_of(edition.id))
    return show_under_way(visit, edition)


def do_steer(visit: Visit) -> Answer:
    """Pause, resume or cancel. Whoever may not approve can still pause."""
    name, step = visit.path["edition"], visit.sent("do")
    if step != "pause" and not visit.may(Right.APPROVE):
        raise EditionError(f"edition {name}", "only approvers resume and cancel", "Ask one; pausing is everybody's.")
    match step:
        case "pause":
            pause(visit.place, name, actor=visit.actor)
            said = "Paused. Nothing more leaves until somebody resumes it."
        case "resume":
            resume(visit.place, name, actor=visit.actor)
            said = "Resumed. Letters leave again within seconds."
        case "cancel":
            cancel(visit.place, name, actor=visit.actor)
            said = "Cancelled. What has not left stays; its items come with the next edition."
        case _:
            raise EditionError(f"edition {name}", "there is no such step", "Use the buttons of the page.")
    BOOK.forget(name)
    edition = find_edition(visit.place, name)
    if edition.frozen_hash is not None:
        tally_edition(visit.place, name)
    return visit.go(address_of(name), said)


def _list_refusals(visit: Visit, name: str) -> list[RefusedLetters]:
    return list_refusals(visit.place, name)[:20]


def show_held(visit: Visit) -> Answer:
    """The letters that may or may not have arrived: a person must say what becomes of each."""
    held = list_held(visit.place)
    with_addresses = visit.may(Right.READERS)
    return visit.render(
        "desk/held.html",
        held=held[:_MOST_SHOWN],
        held_count=len(held),
        with_addresses=with_addresses,
    )


def do_decide(visit: Visit) -> Answer:
    """Settle the letters that were ticked by the word of staff."""
    decision = _DECISIONS.get(visit.sent("do"))
    numbers = [int(text) for text in visit.form.get("letter", ()) if text.isdecimal() and len(text) < 16]
    if decision is None or not numbers:
        return visit.go("/desk/held", "Nothing was ticked.", "bad")
    decided = decide(visit.place, numbers, decision, actor=visit.actor)
    refused = [one for one in decided if one.state is None]
    for name in {one.edition for one in decided if one.edition}:
        tally_edition(visit.place, name)
    if refused:
        return visit.go(
            "/desk/held", f"{len(decided) - len(refused)} settled; {len(refused)} not: {refused[0].refusal}", "bad"
        )
    return visit.go("/desk/held", f"{len(decided)} settled.")


def show_outcome_csv(visit: Visit) -> Answer:
    """The outcome in numbers as a CSV file (RFC 4180), without any address."""
    edition = find_edition(visit.place, visit.path["edition"])
    if edition.frozen_hash is None:
        raise EditionError(f"edition {edition.id}", "it was not sent yet", "Look again when it was.")
    progress = read_progress(visit.place, edition.id)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["edition", "what", "letters", "why"])
    rows.writerows([edition.id, what, number, ""] for what, number in _list_numbers(progress))
    rows.writerows([edition.id, one.state.value, one.count, one.reply] for one in _list_refusals(visit, edition.id))
    kept = (b"content-disposition", f'attachment; filename="{edition.id}.csv"'.encode())
    return Answer(text.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", fields=(kept,))


def _list_numbers(progress: Progress) -> list[tuple[str, int]]:
    return [
        ("total", progress.total),
        ("accepted", progress.accepted),
        ("waiting", progress.waiting),
        ("failed", progress.failed),
        ("held", progress.held),
        ("stopped", progress.stopped),
        ("perhaps twice", progress.doubted),
    ]


def _title(visit: Visit, list_id: str) -> str:
    chosen = visit.settings.lists.get(list_id)
    return chosen.in_language("en") if chosen else list_id


DOORS = (
    Door("/editions/{edition}/progress", Right.LOOK, show_progress),
    Door("/editions/{edition}/steer", Right.STOP, None, do_steer),
    Door("/editions/{edition}/outcome.csv", Right.LOOK, show_outcome_csv),
    Door("/held", Right.APPROVE, show_held, do_decide),
)
