"""Private feeds of accredited press: what is public, and before it what is embargoed, marked as such in every title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from zlib import crc32

from digest.feeds.entries import Entry, Opening, build_categories, render_content
from digest.feeds.feed import Embargoed, Feed, Update
from digest.feeds.naming import Choice
from digest.feeds.selection import FeedBuilder
from digest.newsroom.addresses import Addresses
from digest.newsroom.public import Newsroom
from digest.newsroom.releasing import entry_id
from digest.settings import Settings
from digest.templates import Templates, Words

__all__ = ["build_embargoed_entry", "build_press_feed"]


def build_press_feed(
    newsroom: Newsroom,
    embargoed: Sequence[Embargoed],
    settings: Settings,
    words: Words,
    stem: str,
    now: datetime | None = None,
) -> Feed:
    """A feed of everything with embargoed items before what is public, the one due last first.

    It has no hub and no archive. Items that are public already are not embargoed any more.

    Args:
        words: the sentences of the newsroom's language.
        stem: the feed's own address up to the format's ending, such as `.../feed` for `.../feed.atom`.
        now: the moment for which it is built.
    """
    feed = FeedBuilder(newsroom, settings, now).build(Choice())
    waiting = [one for one in embargoed if one.content.id not in newsroom.by_id]
    changes = [Update(one.changed_at, _number(one)) for one in waiting]
    return replace(
        feed,
        id=f"{feed.id}/press",
        title=words.gettext("%(title)s: for the press, with embargoed items") % {"title": feed.title},
        stem=stem,
        updated=max([feed.updated, *changes]),
        embargoed=tuple(sorted(waiting, key=lambda one: (one.due_at, one.content.id), reverse=True)),
        hub="",
        previous="",
    )


def build_embargoed_entry(embargoed: Embargoed, settings: Settings, templates: Templates) -> Entry:
    """The entry of an embargoed item: whole, but without its photo, whose file is not public.

    Its id is the one that it keeps when it is released, so that a reader program takes the release for an update of it. It
    is dated by the last change of its file: a moment ahead would hide it in some programs, and the release is later.

    Raises:
        TemplateError: templates/feeds/entry.html cannot be used.
    """
    content = embargoed.content
    words, addresses = templates.words(content.language), Addresses(settings.newsroom.base_url)
    moment = _name_moment(embargoed.due_at, settings, words)
    marked = words.gettext("EMBARGOED until %(moment)s: %(title)s") % {"moment": moment, "title": content.title}
    return Entry(
        id=entry_id(content.id, settings.newsroom.tag_authority),
        title=marked,
        link=content.url or addresses.item(content.id),
        published_at=embargoed.changed_at,
        updated_at=embargoed.changed_at,
        summary=content.summary or content.title,
        content=render_content(content, Opening(embargo=moment), addresses, templates),
        creators=(content.issuer or settings.newsroom.name,),
        categories=build_categories(content, settings),
        language=content.language,
        picture=None,
        number=_number(embargoed),
    )


def _number(embargoed: Embargoed) -> int:
    """What tells files from each other that were changed in the same second; there is no number of a release yet."""
    return crc32(embargoed.content.id.encode()) % 1000


def _name_moment(moment: datetime, settings: Settings, words: Words) -> str:
    """A moment in UTC, then on the newsroom's clock: 28 February 2022, 12:00 UTC (07:00 America/New_York)."""
    local = moment.astimezone(settings.zone)
    day = "" if local.date() == moment.astimezone(UTC).date() else f"{words.day(local.date())}, "
    in_utc = f"{words.day(moment.astimezone(UTC).date())}, {words.time(moment, UTC)} UTC"
    return f"{in_utc} ({day}{words.time(moment, settings.zone)} {settings.newsroom.zone})"
