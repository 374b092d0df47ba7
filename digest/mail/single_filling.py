"""From a wish, in ids of newsroom.toml, to the single letter about it, in the words of its reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from babel.core import Locale, UnknownLocaleError

from digest.errors import SubscriberError
from digest.mail.filling import SUBJECT_LIMIT, shorten
from digest.mail.letter import Form
from digest.mail.single import Row, SingleKind, SingleLetter
from digest.mail.single_wording import press_subject, single_subject
from digest.mail.wording import discreet_sender, join_names
from digest.newsroom.addresses import Addresses
from digest.settings import ReaderList, Settings
from digest.templates import Templates, Words

__all__ = ["Wish", "fill_press_feed", "fill_single"]


class Wish(Protocol):
    """What a person asked for, or gets: ids of newsroom.toml and choices, never words of their own.

    No topics means all there are; `urgent` says that urgent items come at once, beside the rhythm.
    """

    @property
    def list_id(self) -> str: ...  # noqa: D102 (the class says what they are)
    @property
    def rhythm(self) -> str: ...  # noqa: D102
    @property
    def language(self) -> str: ...  # noqa: D102
    @property
    def topics(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def urgent(self) -> bool: ...  # noqa: D102
    @property
    def form(self) -> Form: ...  # noqa: D102


def fill_single(
    kind: SingleKind, wish: Wish, settings: Settings, templates: Templates, *, link_hours: int = 0, kept_days: int = 0
) -> SingleLetter:
    """The single letter of that kind about a wish, in the language and form that it names.

    What newsroom.toml does not know is not shown: a topic of another name is left out, a language in which the newsroom
    does not write becomes the newsroom's own.

    Args:
        kind: what it is about; only a goodbye can do without a link.
        wish: for a confirmation what was asked for, else what the address gets or got.
        link_hours: for how many hours the letter's link works; 0 when it has none.
        kept_days: for a goodbye, for how many days the address is kept.

    Raises:
        SubscriberError: newsroom.toml has no such list.
    """
    own = settings.newsroom
    chosen = settings.lists.get(wish.list_id)
    if chosen is None:
        raise SubscriberError("a single letter", "its list is not in newsroom.toml", "Choose one of the lists there.")
    language = wish.language if wish.language in own.languages else own.language
    words, title = templates.words(language), chosen.in_language(language)
    discreet = wish.form == "discreet"
    shows_rows = kind in ("confirmation", "present") and not discreet
    return SingleLetter(
        kind=kind,
        language=language,
        form="discreet" if discreet else "full",
        newsroom=own.name,
        list_title=title,
        subject=shorten(single_subject(kind, discreet, title, words), SUBJECT_LIMIT),
        sender=discreet_sender(chosen, words) if discreet else chosen.sender,
        reply_to=chosen.reply_to,
        postal_address=own.postal_address,
        front_url=Addresses(own.base_url).front,
        rows=tuple(_rows(wish, chosen, settings, words)) if shows_rows else (),
        link_hours=link_hours,
        kept_days=kept_days,
    )


def fill_press_feed(settings: Settings, templates: Templates, language: str = "") -> SingleLetter:
    """The letter that brings accredited press the address of a private feed, in one of the newsroom's languages.

    It comes from the list `press`, else from the first list of newsroom.toml.

    Raises:
        SubscriberError: newsroom.toml has no list, so nobody could send it.
    """
    own = settings.newsroom
    if not settings.lists:
        raise SubscriberError("a letter to the press", "newsroom.toml has no list that it could come from", "Add one.")
    sending = settings.lists.get("press") or next(iter(settings.lists.values()))
    words = templates.words(language or own.language)
    return SingleLetter(
        kind="press-feed",
        language=words.language,
        form="full",
        newsroom=own.name,
        list_title="",
        subject=shorten(press_subject(own.name, words), SUBJECT_LIMIT),
        sender=sending.sender,
        reply_to=sending.reply_to,
        postal_address=own.postal_address,
        front_url=Addresses(own.base_url).front,
        contact=own.contact or sending.reply_to or sending.sender.address,
    )


def _rows(wish: Wish, chosen: ReaderList, settings: Settings, words: Words) -> Iterator[Row]:
    _ = words.gettext
    yield Row(_("List"), chosen.in_language(words.language))
    topics = _name_topics(wish.topics, settings, words)
    if topics:
        yield Row(_("Topics"), topics)
    rhythm = _name_rhythm(wish, words)
    if rhythm:
        yield Row(_("Rhythm"), rhythm)
    yield Row(_("Form"), _("In full, with pictures"))
    yield Row(_("Language"), _name_language(words.language))


def _name_topics(topics: tuple[str, ...], settings: Settings, words: Words) -> str:
    """Their titles in newsroom.toml's order; nothing when none is known."""
    if not topics:
        return words.gettext("All topics")
    titles = [topic.in_language(words.language) for name, topic in settings.topics.items() if name in topics]
    return join_names(titles, words.language) if titles else ""


def _name_rhythm(wish: Wish, words: Words) -> str:
    _ = words.gettext
    rhythm = {
        "weekly": _("Once a week"),
        "daily": _("Once a day"),
        "at-once": _("At once, whenever something is published"),
    }.get(wish.rhythm, "")
    return _("%(rhythm)s, and urgent news at once") % {"rhythm": rhythm} if rhythm and wish.urgent else rhythm


def _name_language(language: str) -> str:
    """A language as it calls itself, such as Français; the tag of one that Babel does not know."""
    try:
        name = Locale.parse(language, sep="-").get_language_name() or language
    except (UnknownLocaleError, ValueError):
        return language
    return name[:1].upper() + name[1:]
