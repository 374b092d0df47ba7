"""What is behind the links of letters: confirming, leaving, coming back, agreeing to another address."""

from __future__ import annotations

from digest.desk import choosing, confirming, leaving
from digest.pages.reader_views import TitleView
from digest.web.readers.forms import Fields, FormError
from digest.web.readers.visiting import Answer, Visit

__all__ = [
    "agree", "confirm", "leave", "leave_by_one_click", "return_", "show_confirmation", "show_leaving", "show_move",
    "show_return",
]  # fmt: skip


def show_confirmation(visit: Visit) -> Answer:
    """What was asked for, and the button that makes it so."""
    shown = confirming.look(visit.place, visit.name)
    return Answer(visit.pages(shown.language, shown.form).confirm(visit.name, shown.wish, is_done=shown.already))


def confirm(visit: Visit, fields: Fields) -> Answer:
    """Make it so; a second time nothing changes, and the page is the same."""
    _want(fields, "confirm")
    done = confirming.confirm(visit.place, visit.name)
    pages = visit.pages(done.language, done.form)
    if done.wish is None:
        return Answer(pages.step(pages.steps.agreed()))
    titles = [TitleView(item.title, item.language) for item in done.titles]
    return Answer(pages.welcome(done.wish, done.first_at, done.last_edition, titles))


def show_leaving(visit: Visit) -> Answer:
    """The page behind the link of every letter."""
    standing = leaving.look(visit.place, visit.name)
    pages = visit.pages(standing.language, standing.form)
    return Answer(pages.leave(visit.name, standing.list_id, is_gone=standing.is_gone))


def leave(visit: Visit, fields: Fields) -> Answer:
    """Leave, or have the link to one's choices mailed."""
    if _want(fields, "leave", "choices") == "choices":
        standing = leaving.look(visit.place, visit.name)
        leaving.ask_for_choices(visit.place, visit.name)
        return Answer(visit.pages(standing.language, standing.form).look_into_mail("choices"))
    left = leaving.leave(visit.place, visit.name, "page")
    pages = visit.pages(left.language, left.form)
    return Answer(pages.step(pages.steps.left(left.undo_token)))


def leave_by_one_click(visit: Visit) -> Answer:
    """Leave at the request of a mail program (RFC 8058): no redirect, nothing to read, the same however often."""
    leaving.leave(visit.place, visit.name, "one-click")
    return Answer(b"Unsubscribed.\n", media_type="text/plain; charset=utf-8")


def show_return(visit: Visit) -> Answer:
    """The way back for somebody who left."""
    standing = leaving.look_at_undo(visit.place, visit.name)
    pages = visit.pages(standing.language, standing.form)
    return Answer(pages.step(pages.steps.undo(visit.name) if standing.is_gone else pages.steps.returned()))


def return_(visit: Visit, fields: Fields) -> Answer:
    """Come back."""
    _want(fields, "return")
    back = leaving.undo(visit.place, visit.name)
    pages = visit.pages(back.language, back.form)
    return Answer(pages.step(pages.steps.returned()))


def show_move(visit: Visit) -> Answer:
    """Whether letters may go to another address from now on."""
    shown = choosing.look_at_move(visit.place, visit.name)
    pages = visit.pages(shown.language, shown.form)
    return Answer(pages.step(pages.steps.move(visit.name, is_done=shown.already)))


def agree(visit: Visit, fields: Fields) -> Answer:
    """They may."""
    _want(fields, "agree")
    shown = choosing.agree_to_move(visit.place, visit.name)
    pages = visit.pages(shown.language, shown.form)
    return Answer(pages.step(pages.steps.agreed()))


def _want(fields: Fields, *acts: str) -> str:
    """The button that was pressed, which must be one of these."""
    act = next(iter(fields.get("act", ())), "")
    if act not in acts:
        raise FormError(400)
    return act
