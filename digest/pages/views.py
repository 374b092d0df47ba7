"""What a page shows of an item: pure values made from the newsroom, settings and pictures.

Addresses in views are paths on the site (`/items/x/`), so that pages work on whatever host serves them; only what leaves
the page (canonical addresses, previews) is absolute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from markupsafe import Markup

from digest.items.markdown import cut_at_word, first_paragraph, render_html
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
    the same for machines (HTML `datetime`). `corrections` come newest first. `updated_on` is set when the item was updated
    without a labelled correction. `translations` are the other published versions of its translation group.
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
        """Each translation group's versions that are not withdrawn, by the id of its root."""
        groups: dict[str, tuple[Published, ...]] = {}
        for item in self.newsroom:
            if not item.is_withdrawn:
                groups[item.content.root] = (*groups.get(item.content.root, ()), item)
        return groups

    @cached_property
    def cards(self) -> Mapping[str, ItemCard]:
        """Every item's card by its id."""
        return {item.id: build_card(item, self) for item in self.newsroom}


def site_paths(settings: Settings) -> Addresses:
    """Addresses without scheme and host: what links inside the site use."""
    return Addresses(urlsplit(settings.newsroom.base_url).path.rstrip("/"))


def build_card(item: Published, context: PageContext) -> ItemCard:
    """An item as lists, the lead of a page and an edition's web view show it."""
    content, settings = item.content, context.settings
    kind = settings.kinds.get(content.kind)
    moment = content.date_at.astimezone(settings.zone) if content.precise else None
    card = ItemCard(
        id=item.id,
        address=context.paths.item(item.id),
        language=content.language,
        kind=kind.in_language(content.language) if kind else content.kind,
        day=content.date,
        stamp=(moment or content.date).isoformat(),
        moment=moment,
        withdrawn=_view_withdrawal(item, context),
    )
    return card if card.withdrawn else _fill(card, item, context)


def _fill(card: ItemCard, item: Published, context: PageContext) -> ItemCard:
    """All of a card that a withdrawal takes away."""
    content, settings = item.content, context.settings
    picture = build_picture(
        content.photo, context.pictures.get(item.event.photo or ""), settings, context.paths, context.addresses
    )
    return ItemCard(
        card.id, card.address, card.language, card.kind, card.day, card.stamp, card.moment,
        title=content.title,
        summary=content.summary,
        shortened=content.shortened,
        topics=tuple(
            Link(settings.topics[topic].in_language(content.language), context.paths.topic(topic))
            for topic in content.topics
            if topic in settings.topics
        ),
        picture=picture if isinstance(picture, PictureView) else None,
        picture_link=picture if isinstance(picture, PictureLink) else None,
        corrections=tuple(CorrectionView(fix.date, fix.note) for fix in reversed(content.corrections)),
        updated_on=_updated_on(item, context),
        translations=_link_translations(item, context),
    )  # fmt: skip


def _view_withdrawal(item: Published, context: PageContext) -> WithdrawalView | None:
    if not item.is_withdrawn:
        return None
    told = item.content.withdrawn
    if told is None:
        return WithdrawalView(item.updated_at.astimezone(context.settings.zone).date(), "")
    return WithdrawalView(told.date, told.reason)


def _updated_on(item: Published, context: PageContext) -> date | None:
    content = item.content
    if content.updated_at is None or content.corrections or content.updated_at <= item.published_at:
        return None
    return content.updated_at.astimezone(context.settings.zone).date()


def _link_translations(item: Published, context: PageContext) -> tuple[Link, ...]:
    others = [other for other in context.groups.get(item.content.root, ()) if other.id != item.id]
    others.sort(key=lambda other: (other.content.language, other.id))
    return tuple(
        Link(language_name(other.content.language), context.paths.item(other.id), other.content.language) for other in others
    )


def language_name(language: str) -> str:
    """A language's name in itself, such as Українська; the tag when it is not known."""
    try:
        name = Locale.parse(language, sep="-").get_display_name(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return language
    return name[:1].upper() + name[1:] if name else language


def build_item(item: Published, context: PageContext) -> ItemView:
    """An item's own page; of a withdrawn one only the notice."""
    content, card = item.content, context.cards[item.id]
    own = context.addresses.item(item.id)
    if card.withdrawn:
        return ItemView(card, own)
    source = _web_address(content.url or "")
    return ItemView(
        card=card,
        canonical=source or own,
        standfirst="" if _opens_with_summary(content) else content.summary,
        body=Markup(render_html(content.body, own)),  # noqa: S704 (only its allow-list gets through)
        source=Link((urlsplit(source).hostname or "").removeprefix("www."), source) if source else None,
        issuer=content.issuer or "",
        contact=content.contact or "",
        attachments=tuple(Link(entry.title, _web_address(entry.src)) for entry in content.attachments),
    )


def _opens_with_summary(content: Content) -> bool:
    """Whether the text's first paragraph says what the summary says, whole or cut."""
    summary = content.summary.rstrip("…. ")
    return bool(summary) and (content.body.startswith(summary) or first_paragraph(content.body).startswith(summary))


def _web_address(address: str) -> str:
    """The address when it is one of the web, else nothing: no other scheme ever becomes a link."""
    return address if address.startswith(("https://", "http://")) else ""
