"""The page of one's choices: what somebody gets, and every way to change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from digest.desk import choosing
from digest.desk.choosing import Choices
from digest.pages.reader_pages import Sent
from digest.pages.reader_views import Done, Entry, Fault
from digest.subscribers.requests import Wish
from digest.web.readers.forms import Fields, FormError, judge_address, judge_day, judge_entry, read_entry
from digest.web.readers.visiting import Answer, Visit

__all__ = ["change", "show_choices"]

_Do = Callable[[Visit, Fields, Choices], Answer]


def show_choices(visit: Visit) -> Answer:
    """Everything that its reader can choose."""
    return _show(visit, choosing.look(visit.place, visit.name))


def change(visit: Visit, fields: Fields) -> Answer:
    """Do what the button says that was pressed, and show the page as it is then."""
    do = _ACTS.get(_one(fields, "act"))
    if do is None:
        raise FormError(400)
    return do(visit, fields, choosing.look(visit.place, visit.name))


def _show(visit: Visit, choices: Choices, done: Done | None = None) -> Answer:
    pages = visit.pages(choices.language, choices.form)
    today = visit.now.astimezone(visit.settings.zone).date()
    return Answer(pages.preferences(visit.name, choices.standing, choices.joinable, today, done=done))


def _mend(visit: Visit, choices: Choices, form: str, entry: Entry | None, *faults: Fault) -> Answer:
    pages = visit.pages(choices.language, choices.form)
    today = visit.now.astimezone(visit.settings.zone).date()
    sent = Sent(form, entry, faults)
    return Answer(pages.preferences(visit.name, choices.standing, choices.joinable, today, sent=sent), 422)


def _done(visit: Visit, done: Done) -> Answer:
    return _show(visit, choosing.look(visit.place, visit.name), done)


def _save(visit: Visit, fields: Fields, choices: Choices) -> Answer:
    standing = {one.wish.list_id: one.wish for one in choices.standing}
    list_id, entry = _known(fields, standing), read_entry(fields)
    wish = judge_entry(_offered(visit, list_id), entry, visit.settings, standing[list_id].topics)
    if not isinstance(wish, Wish):
        return _mend(visit, choices, list_id, entry, wish)
    choosing.change(visit.place, visit.name, list_id, wish)
    return _done(visit, "saved")


def _join(visit: Visit, fields: Fields, choices: Choices) -> Answer:
    list_id, entry = _known(fields, dict.fromkeys(choices.joinable)), read_entry(fields)
    wish = judge_entry(_offered(visit, list_id), entry, visit.settings)
    if not isinstance(wish, Wish):
        return _mend(visit, choices, list_id, entry, wish)
    choosing.join(visit.place, visit.name, wish, visit.pages(choices.language).consent(list_id))
    return _done(visit, "joined")


def _pause(visit: Visit, fields: Fields, choices: Choices) -> Answer:
    list_id = _known(fields, _standing(choices))
    until = judge_day(fields, visit.settings, visit.now)
    if until is None:
        return _mend(visit, choices, list_id, None, "day")
    choosing.pause(visit.place, visit.name, list_id, until)
    return _done(visit, "paused")


def _resume(visit: Visit, fields: Fields, choices: Choices) -> Answer:
    choosing.pause(visit.place, visit.name, _known(fields, _standing(choices)), None)
    return _done(visit, "resumed")


def _leave(visit: Visit, fields: Fields, choices: Choices, *, everything: bool) -> Answer:
    lists = list(_standing(choices))
    if not everything:
        lists = [_known(fields, _standing(choices))]
    if not lists:
        return _show(visit, choices)
    left = choosing.leave_lists(visit.place, visit.name, lists)
    if len(lists) < len(choices.standing):
        return _done(visit, "left")
    pages = visit.pages(choices.language, choices.form)
    return Answer(pages.step(pages.steps.left(left.undo_token)))


def _move(visit: Visit, fields: Fields, choices: Choices) -> Answer:
    entry = Entry(address=_one(fields, "address"))
    fault = judge_address(entry.address)
    if fault:
        return _mend(visit, choices, "move", entry, fault)
    choosing.ask_for_address(visit.place, visit.name, entry.address)
    return Answer(visit.pages(choices.language, choices.form).look_into_mail("address"))


def _export(visit: Visit, _fields: Fields, _choices: Choices) -> Answer:
    name = (b"content-disposition", b'attachment; filename="what-is-stored.json"')
    return Answer(choosing.export(visit.place, visit.name), media_type="application/json", fields=(name,))


def _erase(visit: Visit, fields: Fields, choices: Choices) -> Answer:
    if _one(fields, "sure") != "yes":
        return _mend(visit, choices, "erase", None, "sure")
    never = _one(fields, "never") == "yes"
    choosing.erase(visit.place, visit.name, never)
    pages = visit.pages(choices.language, choices.form)
    return Answer(pages.step(pages.steps.erased(never_again=never)))


_ACTS: Mapping[str, _Do] = {
    "save": _save,
    "join": _join,
    "pause": _pause,
    "resume": _resume,
    "leave": partial(_leave, everything=False),
    "leave-all": partial(_leave, everything=True),
    "move": _move,
    "export": _export,
    "erase": _erase,
}


def _standing(choices: Choices) -> Mapping[str, object]:
    return {one.wish.list_id: one for one in choices.standing}


def _known(fields: Fields, lists: Mapping[str, object]) -> str:
    """The list whose form was sent, which must be one of these."""
    list_id = _one(fields, "list")
    if list_id not in lists:
        raise FormError(400)
    return list_id


def _offered(visit: Visit, list_id: str) -> str:
    if list_id not in visit.settings.lists:
        raise FormError(400)
    return list_id


def _one(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")
