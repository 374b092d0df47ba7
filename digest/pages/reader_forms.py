"""Forms on the readers' pages: which choices a list offers, which of them are made, and what is to be mended."""

from __future__ import annotations

from collections.abc import Sequence

from digest.pages.reader_views import BlockView, Entry, Fault, FaultView, FieldsView, OptionView, Standing, Wish
from digest.pages.reader_wording import build_rows, consent_words, describe_fault, name_form, name_rhythm
from digest.pages.views import language_name
from digest.settings import ReaderList, Settings
from digest.templates import Words

__all__ = ["build_faults", "build_fields", "build_join", "build_standing", "entry_of", "offers_urgent", "open_topics"]

_FIELDS: dict[Fault, str] = {
    "address-missing": "address",
    "address-wrong": "address",
    "address-letters": "address",
    "topics-none": "topics",
    "day": "until",
    "sure": "sure",
}


def open_topics(settings: Settings) -> tuple[str, ...]:
    """The topics that people can choose, in newsroom.toml's order."""
    return tuple(name for name, topic in settings.topics.items() if topic.is_open)


def offers_urgent(chosen: ReaderList) -> bool:
    """Whether urgent items come at once beside another rhythm, to those who want that."""
    return chosen.at_once == "urgent" and "at-once" in chosen.rhythms and len(chosen.rhythms) > 1


def entry_of(wish: Wish) -> Entry:
    """A form filled in with what somebody gets."""
    return Entry(
        takes_all=not wish.topics,
        topics=wish.topics,
        rhythm=wish.rhythm,
        urgent=wish.urgent,
        language=wish.language,
        form=wish.form,
    )


def build_fields(list_id: str, entry: Entry, settings: Settings, words: Words) -> FieldsView:
    """The choices of a list. Topics that ended stay for those who follow them."""
    _, chosen = words.gettext, settings.lists[list_id]
    shown = [name for name in settings.topics if name in open_topics(settings) or name in entry.topics]
    rhythm = entry.rhythm if entry.rhythm in chosen.rhythms else chosen.rhythms[0]
    language = entry.language if entry.language in settings.languages else words.language
    forms = {
        "full": "",
        "discreet": _(
            "Text alone, from a neutral sender and with a neutral subject: neither names us or a topic. "
            "For those whom it could put in danger that they read us."
        ),
    }
    return FieldsView(
        id=list_id,
        topics=tuple(
            OptionView(name, settings.topics[name].in_language(words.language), name in entry.topics) for name in shown
        ),
        takes_all=entry.takes_all,
        rhythms=tuple(OptionView(name, name_rhythm(name, chosen, words), name == rhythm) for name in chosen.rhythms),
        urgent=OptionView("yes", _("Urgent news at once as well"), entry.urgent) if offers_urgent(chosen) else None,
        languages=tuple(OptionView(tag, language_name(tag), tag == language, language=tag) for tag in settings.languages),
        forms=tuple(OptionView(form, name_form(form, words), form == entry.form, hint) for form, hint in forms.items()),
    )


def build_standing(standing: Standing, settings: Settings, words: Words, entry: Entry | None = None) -> BlockView:
    """A list that somebody gets, with what they get of it; `entry` when its form was sent and is to be mended."""
    wish = standing.wish
    zone = settings.zone
    return BlockView(
        list_id=wish.list_id,
        title=settings.lists[wish.list_id].in_language(words.language),
        fields=build_fields(wish.list_id, entry or entry_of(wish), settings, words),
        rows=tuple(build_rows(wish, settings, words))[1:],
        since=standing.confirmed_at.astimezone(zone).date() if standing.confirmed_at else None,
        paused_until=standing.paused_until.astimezone(zone).date() if standing.paused_until else None,
    )


def build_join(list_id: str, settings: Settings, words: Words, entry: Entry | None = None) -> BlockView:
    """A list that somebody could get as well."""
    title = settings.lists[list_id].in_language(words.language)
    return BlockView(
        list_id=list_id,
        title=title,
        fields=build_fields(list_id, entry or Entry(language=words.language), settings, words),
        words=consent_words(title, settings.newsroom.name, words),
    )


def build_faults(faults: Sequence[Fault], words: Words, form: str = "") -> tuple[FaultView, ...]:
    """What is to be mended; `form` is the id of the form that was sent."""
    return tuple(
        FaultView(f"{_FIELDS[fault]}-{form}" if fault in _FIELDS else "", describe_fault(fault, words)) for fault in faults
    )
