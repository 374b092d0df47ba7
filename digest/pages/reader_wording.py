"""The sentences of the readers' pages that are made from values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from digest.pages.reader_views import Done, Fault, RowView, Wish
from digest.pages.views import language_name
from digest.settings import ReaderList, Settings
from digest.templates import Words

__all__ = ["build_rows", "consent_words", "describe_done", "describe_fault", "describe_first", "name_form", "name_rhythm"]


def consent_words(list_title: str, newsroom: str, words: Words) -> str:
    """What a person agrees to who subscribes to a list; the consent record keeps it word for word."""
    sentence = words.gettext(
        "I ask %(newsroom)s for the letters of the list “%(list)s”. "
        "I can change or end this at any time, by a link in each letter."
    )
    return sentence % {"newsroom": newsroom, "list": list_title}


def name_rhythm(rhythm: str, chosen: ReaderList, words: Words) -> str:
    """A rhythm in words; at once means urgent news alone where a list says so."""
    _ = words.gettext
    if rhythm == "at-once" and chosen.at_once == "urgent":
        return _("At once, and only what is urgent")
    names = {
        "weekly": _("Once a week"),
        "daily": _("Once a day"),
        "at-once": _("At once, whenever something is published"),
    }
    return names.get(rhythm, rhythm)


def name_form(form: str, words: Words) -> str:
    """A form in words."""
    return words.gettext("Discreet") if form == "discreet" else words.gettext("In full, with pictures")


def build_rows(wish: Wish, settings: Settings, words: Words) -> Iterator[RowView]:
    """What somebody asks for or gets, line by line; what newsroom.toml does not know is left out."""
    _, chosen = words.gettext, settings.lists.get(wish.list_id)
    if chosen is None:
        return
    yield RowView(_("List"), chosen.in_language(words.language))
    topics = [topic.in_language(words.language) for name, topic in settings.topics.items() if name in wish.topics]
    yield RowView(_("Topics"), _(", ").join(topics) if wish.topics else _("All topics"))
    rhythm = name_rhythm(wish.rhythm, chosen, words)
    if wish.urgent and wish.rhythm != "at-once":
        rhythm = _("%(rhythm)s, and urgent news at once") % {"rhythm": rhythm}
    yield RowView(_("Rhythm"), rhythm)
    yield RowView(_("Language"), language_name(wish.language))
    yield RowView(_("Form"), name_form(wish.form, words))


def describe_first(wish: Wish, first_at: datetime | None, settings: Settings, words: Words) -> str:
    """When the first letter comes, as far as anybody knows."""
    _ = words.gettext
    if first_at is not None and wish.rhythm != "at-once":
        local = first_at.astimezone(settings.zone)
        name = local.tzname() or ""
        moment = f"{words.time(local, settings.zone)} {f'UTC{name}' if name[:1] in '+-' else name}".strip()
        sentence = _("Your first letter is planned for %(day)s, %(time)s. If there is nothing new by then, none comes.")
        return sentence % {"day": words.day(local.date()), "time": moment}
    chosen = settings.lists.get(wish.list_id)
    if wish.rhythm == "at-once" and chosen is not None and chosen.at_once == "urgent":
        return _("Your first letter comes when something urgent is published.")
    if wish.rhythm == "at-once":
        return _("Your first letter comes when something is published that you asked for.")
    return _("Your first letter comes with the next digest.")


def describe_done(done: Done, words: Words) -> str:
    """What was just done on the page of choices."""
    _ = words.gettext
    return {
        "saved": _("Your choices are saved."),
        "joined": _("This list comes to you from now on as well."),
        "paused": _("Your letters pause."),
        "resumed": _("Your letters go on."),
        "left": _("You no longer get this list."),
    }[done]


def describe_fault(fault: Fault, words: Words) -> str:
    """Why a form is shown again, and what to do."""
    _ = words.gettext
    return {
        "address-missing": _("Please type your e-mail address."),
        "address-wrong": _("This does not look like an e-mail address. It needs a part before the @ and one after it."),
        "address-letters": _("Mail servers cannot take the letters before the @ yet. Please type another address."),
        "topics-none": _("Please tick at least one topic, or choose all of them."),
        "choice": _("Something that was chosen is not offered any more. Please look through the form and send it again."),
        "day": _("Please name a day within the next twelve months."),
        "sure": _("Please tick that everything is to be erased."),
        "too-quick": _(
            "That was quicker than people usually are. Please send the form once more: nothing you filled in is lost."
        ),
        "too-late": _("This form was open for a long time. Please send it once more: nothing you filled in is lost."),
        "trap": _("A field was filled in that should stay empty. It is empty now: please send the form once more."),
    }[fault]
