"""What a page shows of an item: pure values made from the newsroom, settings and pictures.

Addresses in views are paths on the site (`/items/x/`), so that pages work on whatever host serves them; only what leaves
the page (canonical addresses, previews) is absolute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from markupsafe import Markup

from digest.items.markdown import cut_at_word, render_html, to_words
from digest.items.model import Content
from digest.newsroom.addresses import Addresses
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Newsroom, Published
from digest.pages.pictures import PictureLink, PictureView, build_picture
from digest.settings import Settings
from digest.templates import direction

__all__ = [
    "CorrectionView",
    "ItemCard",
    "ItemView",
    "Link",
    "PageContext",
    "WithdrawalView",
    "build_card",
    "build_item",
    "language_name",
    "site_paths",
]


BRIEF_LENGTH = 280
"""How long a summary is in a list, in characters."""

_PARAGRAPH = re.compile("<p>(.*?)</p>", re.DOTALL)
_HEADING = re.compile("<(?P<end>/?)h(?P<level>[2-4])>")
_PICTURE = re.compile("<a [^>]*>[^<]*</a>")
"""A paragraph that is only a link: what a picture in a text becomes."""


@dataclass(frozen=True, slots=True)
class Link:
    """Words and where they lead; `language` when the page behind is in another one."""

    title: str
    address: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A labelled correction: its day, and what was wrong."""

    day: date
    note: str


@dataclass(frozen=True, slots=True)
class WithdrawalView:
    """An item taken back: its day, and the reason."""

    day: date
    reason: str


@dataclass(frozen=True, slots=True)
class ItemCard:
    """An item in a list. Of a withdrawn item it holds the notice only: no title, summary, topic or picture.

    `moment` is the local moment of publication when the item names a time, else None and the day alone counts; `stamp` is
    the same for machines (HTML `datetime`). `corrections` come newest first. `updated_on` is set when an update without a
    note is the newest change. `translations` are the other published versions of its translation group.
    """

    id: str
    address: str
    language: str
    kind: str
    day: date
    stamp: str
    moment: datetime | None = None
    title: str = ""
    summary: str = ""
    shortened: bool = False
    topics: tuple[Link, ...] = ()
    picture: PictureView | None = None
    picture_link: PictureLink | None = None
    corrections: tuple[CorrectionView, ...] = ()
    updated_on: date | None = None
    withdrawn: WithdrawalView | None = None
    translations: tuple[Link, ...] = ()

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`."""
        return direction(self.language)

    @property
    def brief(self) -> str:
        """The summary in the length of a list."""
        return cut_at_word(self.summary, BRIEF_LENGTH)

    @property
    def zone_name(self) -> str:
        """The short name of the newsroom's zone at `moment`, such as GMT or UTC+03."""
        name = (self.moment.tzname() if self.moment else None) or ""
        return f"UTC{name}" if name[:1] in "+-" else name


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item's own page: its card and all the rest.

    `canonical` is absolute; `standfirst` the summary unless the text opens with it; `body` sanitised HTML; `source` where
    the item's canonical page lies when that is not ours.
    """

    card: ItemCard
    canonical: str
    standfirst: str = ""
    body: Markup = field(default_factory=Markup)
    source: Link | None = None
    issuer: str = ""
    contact: str = ""
    attachments: tuple[Link, ...] = ()


@dataclass(frozen=True)
class PageContext:
    """What pages are made from: the newsroom at a moment, the settings and the pictures."""

    newsroom: Newsroom
    settings: Settings
    pictures: Pictures

    @cached_property
    def paths(self) -> Addresses:
        """Addresses as paths on the site's own host."""
        return site_paths(self.settings)

    @cached_property
    def addresses(self) -> Addresses:
        """Absolute addresses."""
        return Addresses(self.settings.newsroom.base_url)

    @cached_property
    def groups(self) -> Mapping[str, tuple[Published, ...]]:
        """The versions of each translation group that has more than one, withdrawn ones too, by the id of its root."""
        roots = {line.root for item in self.newsroom if (line := item.line).root != line.item}
        groups: dict[str, tuple[Published, ...]] = {}
        for item in self.newsroom if roots else ():
            if item.root in roots:
                groups[item.root] = (*groups.get(item.root, ()), item)
        return groups

    @cached_property
    def _resolved(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        return {}

    def resolve(self, topics: tuple[str, ...]) -> tuple[str, ...]:
        """The topics of newsroom.toml in which these go on, each once."""
        found = self._resolved.get(topics)
        if found is None:
            settings = self.settings
            goals = dict.fromkeys(settings.find_topic(topic) for topic in topics)
            found = self._resolved[topics] = tuple(goal for goal in goals if goal is not None and goal in settings.topics)
        return found

    def find_open(self, topics: tuple[str, ...]) -> tuple[str, ...]:
        """Those of them that go on with no end in sight, so that their feeds are there to follow."""
        return tuple(topic for topic in self.resolve(topics) if self.settings.topics[topic].ended is None)

    def find_translations(self, item: Published) -> Sequence[Published]:
        """The other versions of an item that stand, by language."""
        versions = self.groups.get(item.root, ())
        others = [other for other in versions if other.id != item.id and not other.is_withdrawn]
        return sorted(others, key=lambda other: (other.language, other.id))


def site_paths(settings: Settings) -> Addresses:
    """Addresses without scheme and host: what links inside the site use."""
    return Addresses(urlsplit(settings.newsroom.base_url).path.rstrip("/"))


def build_card(item: Published, context: PageContext) -> ItemCard:
    """An item as lists, the lead of a page and an edition's web view show it."""
    content, settings, language = item.content, context.settings, item.language
    kind = settings.kinds.get(item.kind)
    moment = content.date_at.astimezone(settings.zone) if content.precise else None
    shown = {} if item.is_withdrawn else _fill(content, item, context)
    return ItemCard(
        id=item.id,
        address=context.paths.item(item.id),
        language=language,
        kind=kind.in_language(language) if kind else item.kind,
        day=content.date,
        stamp=(moment or content.date).isoformat(),
        moment=moment,
        withdrawn=_view_withdrawal(item, context) if item.is_withdrawn else None,
        **shown,
    )


def _fill(content: Content, item: Published, context: PageContext) -> dict[str, Any]:
    """All of a card that a withdrawal takes away."""
    settings, paths = context.settings, context.paths
    picture = build_picture(
        content.photo, context.pictures.get(item.photo) if item.photo else None, settings, paths, context.addresses
    )
    return {
        "title": content.title,
        "summary": content.summary,
        "shortened": content.shortened,
        "topics": tuple(
            Link(settings.topics[topic].in_language(content.language), paths.topic(topic))
            for topic in context.resolve(content.topics)
        ),
        "picture": picture if isinstance(picture, PictureView) else None,
        "picture_link": picture if isinstance(picture, PictureLink) else None,
        "corrections": tuple(CorrectionView(fix.date, fix.note) for fix in reversed(content.corrections)),
        "updated_on": _updated_on(content, item, settings.zone),
        "translations": tuple(
            Link(language_name(other.language), paths.item(other.id), other.language)
            for other in context.find_translations(item)
        ),
    }


def _view_withdrawal(item: Published, context: PageContext) -> WithdrawalView:
    told = item.content.withdrawn
    if told is None:
        return WithdrawalView(item.updated_at.astimezone(context.settings.zone).date(), "")
    return WithdrawalView(told.date, told.reason)


def _updated_on(content: Content, item: Published, zone: tzinfo) -> date | None:
    """The day of an update that no correction explains: it is newer than the publication and than every correction."""
    if content.updated_at is None or content.updated_at <= item.published_at:
        return None
    day = content.updated_at.astimezone(zone).date()
    return day if all(day > fix.date for fix in content.corrections) else None


@lru_cache(maxsize=256)
def language_name(language: str) -> str:
    """A language's name in itself, such as Українська; the tag when it is not known."""
    try:
        name = Locale.parse(language, sep="-").get_display_name(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return language
    return name[:1].upper() + name[1:] if name else language


def build_item(item: Published, context: PageContext) -> ItemView:
    """An item's own page; of a withdrawn one only the notice."""
    content, card = item.content, build_card(item, context)
    own = context.addresses.item(item.id)
    if card.withdrawn:
        return ItemView(card, own)
    source = _web_address(content.url or "")
    body = _level_headings(render_html(content.body, own))
    return ItemView(
        card=card,
        canonical=source or own,
        standfirst="" if _opens_with(body, content.summary) else content.summary,
        body=Markup(body),  # noqa: S704 (only its allow-list gets through)
        source=Link((urlsplit(source).hostname or "").removeprefix("www."), source) if source else None,
        issuer=content.issuer or "",
        contact=content.contact or "",
        attachments=tuple(Link(entry.title, _web_address(entry.src)) for entry in content.attachments),
    )


def _level_headings(body: str) -> str:
    """The headings of a text from h2 on, no level left out: screen readers tell people where they are by them."""
    levels = [level for level in "234" if f"<h{level}>" in body]
    if len(levels) <= 1:  # most texts have headings of one level
        return body.replace(f"<h{levels[0]}>", "<h2>").replace(f"</h{levels[0]}>", "</h2>") if levels else body
    ranks = {level: rank for rank, level in enumerate(levels, 2)}
    last = 1

    def replace(tag: re.Match[str]) -> str:
        nonlocal last
        last = last if tag["end"] else min(ranks[tag["level"]], last + 1)
        return f"<{tag['end']}h{last}>"

    return _HEADING.sub(replace, body)


def _opens_with(body: str, summary: str) -> bool:
    """Whether a text's first paragraph, pictures aside, says what the summary says, whole or cut."""
    said = summary.rstrip("…. ")
    paragraphs = (found[1] for found in _PARAGRAPH.finditer(body))
    first = next((words for words in paragraphs if not _PICTURE.fullmatch(words)), "")
    word = first.partition(" ")[0]
    if not said or (word.isalnum() and not said.startswith(word[: len(said)])):
        return False
    return to_words(first).startswith(said)


def _web_address(address: str) -> str:
    """The address when it is one of the web, else nothing: no other scheme ever becomes a link."""
    return address if address.startswith(("https://", "http://")) else ""
