"""The last entry of a feed that has ended or moved: it tells the people, for not every program heeds a 301 or 410."""

from __future__ import annotations

from digest.feeds.entries import Entry
from digest.feeds.feed import Feed
from digest.feeds.lifecycle import ended_at
from digest.newsroom.addresses import FEED_FORMATS, Addresses, FeedFormat
from digest.settings import Settings
from digest.templates import Templates, Words

__all__ = ["build_notice"]

_NAMES: dict[FeedFormat, str] = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}


def build_notice(feed: Feed, settings: Settings, templates: Templates) -> Entry | None:
    """The notice of an ended or moved feed; None for any other.

    Raises:
        TemplateError: templates/feeds/notice.html cannot be used.
    """
    if feed.notice_at is None:
        return None
    words = templates.words(feed.language_tag)
    title, sentence, links = _tell_move(feed.target, words) if feed.target else _tell_end(feed, settings, words)
    return Entry(
        id=f"{feed.id}/{feed.state}",
        title=title,
        link=links[0][1],
        published_at=feed.notice_at,
        updated_at=feed.notice_at,
        summary=sentence,
        content=templates.render("feeds/notice.html", feed.language_tag, sentence=sentence, links=links).strip(),
        creators=(settings.newsroom.name,),
        categories=(),
        language=feed.language_tag,
        picture=None,
        number=0,
    )


Told = tuple[str, str, list[tuple[str, str]]]
"""A title, a sentence, and links: their words and absolute addresses."""


def _tell_move(target: Feed, words: Words) -> Told:
    sentence = words.gettext("This feed goes on in another one: %(title)s. Please subscribe to that one instead.")
    links = [(target.title, target.home), *_link_documents(target.title, target.stem)]
    return words.gettext("This feed has moved"), sentence % {"title": target.title}, links


def _tell_end(feed: Feed, settings: Settings, words: Words) -> Told:
    addresses = Addresses(settings.newsroom.base_url)
    end = ended_at(feed.topic, settings) if feed.topic else None
    day = words.day((end or feed.updated.at).astimezone(settings.zone).date())
    sentence = words.gettext("This feed ended on %(day)s; nothing new will come in it.") % {"day": day}
    links = [(words.gettext("All our feeds"), addresses.feeds)]
    links += _link_documents(settings.newsroom.title, addresses.feed_stem("all"))
    return words.gettext("This feed has ended"), sentence, links


def _link_documents(title: str, stem: str) -> list[tuple[str, str]]:
    return [(f"{title} ({_NAMES[form]})", f"{stem}.{form}") for form in FEED_FORMATS]
