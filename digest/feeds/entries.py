"""What a feed says of one item: one view for all three formats, made from nothing but the item and plain values."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

from markupsafe import Markup

from digest.items.markdown import render_html
from digest.items.model import Content, Photo
from digest.newsroom.addresses import Addresses
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Published
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["Category", "Entry", "EntryPicture", "Opening", "build_categories", "build_entry", "render_content"]

CONTENT_BYTES = 250_000
"""How long an entry's content may be, as it is escaped in XML; a longer one gives its summary and a link instead."""
LONGEST_ESCAPE = len("&amp;")
"""How many bytes one character has at most, escaped or in UTF-8."""


@dataclass(frozen=True, slots=True)
class Category:
    """A topic or the kind: its id, the address of the scheme it belongs to, its title in the entry's language."""

    term: str
    scheme: str
    label: str


@dataclass(frozen=True, slots=True)
class EntryPicture:
    """The entry's picture: its absolute address, with sizes in pixels and bytes when the file is ours."""

    address: str
    alt: str
    caption: str
    credit: str
    type: str | None = None
    width: int | None = None
    height: int | None = None
    byte_count: int | None = None

    @property
    def legend(self) -> str:
        """What stands under it: caption, then credit."""
        return _join_sentences(self.caption, self.credit)

    @property
    def description(self) -> str:
        """What it shows, in words; never empty."""
        return self.caption or self.alt


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as feeds show it.

    `id` is a tag: URI (RFC 4151); `title` and `summary` are plain text and never empty; `content` is sanitised HTML with
    absolute addresses; `number` is the log number of its release.
    """

    id: str
    title: str
    link: str
    published_at: datetime
    updated_at: datetime
    summary: str
    content: str
    creators: tuple[str, ...]
    categories: tuple[Category, ...]
    language: str
    picture: EntryPicture | None
    number: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands above an item's text: the photo, or a link to one whose host is not one of `[pictures] hosts`; the day of
    an update that no correction explains; until when it is embargoed, in words, "" when it is not."""

    picture: EntryPicture | None = None
    picture_link: Photo | None = None
    updated_on: date | None = None
    embargo: str = ""


def build_entry(
    item: Published, settings: Settings, pictures: Pictures, templates: Templates, *, shortened: bool = False
) -> Entry:
    """The entry of an item, whole, or as a notice when it is withdrawn; shortened it has a summary and a link for content.

    Raises:
        TemplateError: templates/feeds/entry.html cannot be used.
    """
    content = item.content
    addresses = Addresses(settings.newsroom.base_url)
    withdrawn = item.is_withdrawn or content.withdrawn is not None
    opening = Opening() if withdrawn else _build_opening(item, content, settings, pictures)
    return Entry(
        id=item.entry_id,
        title=_build_title(content, withdrawn, templates),
        link=addresses.item(item.id) if withdrawn else content.url or addresses.item(item.id),
        published_at=item.published_at,
        updated_at=item.updated_at,
        summary=_build_summary(content, withdrawn, templates),
        content=_render(content, templates, withdrawn=True)
        if withdrawn
        else render_content(content, opening, addresses, templates, shortened=shortened),
        creators=(content.issuer or settings.newsroom.name,),
        categories=build_categories(content, settings),
        language=content.language,
        picture=opening.picture,
        number=item.released,
    )


def _build_title(content: Content, withdrawn: bool, templates: Templates) -> str:
    if not withdrawn:
        return content.title
    return templates.words(content.language).gettext("Withdrawn: %(title)s") % {"title": content.title}


def _build_summary(content: Content, withdrawn: bool, templates: Templates) -> str:
    if not withdrawn:
        return content.summary or content.title
    if content.withdrawn and content.withdrawn.reason:
        return content.withdrawn.reason
    return templates.words(content.language).gettext("This item was withdrawn")


def build_categories(content: Content, settings: Settings) -> tuple[Category, ...]:
    """The topics in the item's order, as they go on, then its kind; one that newsroom.toml does not know goes by its id."""
    front = Addresses(settings.newsroom.base_url).front
    topics = dict.fromkeys(settings.find_topic(topic) or topic for topic in content.topics)
    named = [*((topic, "topics", settings.topics.get(topic)) for topic in topics)]
    return tuple(
        Category(term, f"{front}{scheme}/", label.in_language(content.language) if label else term)
        for term, scheme, label in (*named, (content.kind, "kinds", settings.kinds.get(content.kind)))
    )


def _build_opening(item: Published, content: Content, settings: Settings, pictures: Pictures) -> Opening:
    photo, updated_on = content.photo, _find_update_day(content, item.published_at, settings)
    if photo is None:
        return Opening(updated_on=updated_on)
    if photo.is_remote:
        if urlsplit(photo.src).hostname not in settings.pictures.hosts:
            return Opening(picture_link=photo, updated_on=updated_on)
        return Opening(EntryPicture(photo.src, photo.alt, photo.caption, photo.credit), updated_on=updated_on)
    made = pictures.get(item.photo or "")
    if made is None:
        return Opening(updated_on=updated_on)
    file, address = made.large, Addresses(settings.newsroom.base_url).photo(made.large)
    sizes = (file.width, file.height, file.byte_count)
    picture = EntryPicture(address, photo.alt, photo.caption, photo.credit, "image/jpeg", *sizes)
    return Opening(picture, updated_on=updated_on)


def _find_update_day(content: Content, published_at: datetime, settings: Settings) -> date | None:
    """The day of an update that no correction explains: newer than the publication and than every correction."""
    if content.updated_at is None or content.updated_at <= published_at:
        return None
    day = content.updated_at.astimezone(settings.zone).date()
    return day if all(day > correction.date for correction in content.corrections) else None


def render_content(
    content: Content, opening: Opening, addresses: Addresses, templates: Templates, *, shortened: bool = False
) -> str:
    """An item's text as HTML, its summary and a link in place of one that is too long or to be shortened.

    Raises:
        TemplateError: templates/feeds/entry.html cannot be used.
    """
    own_page = addresses.item(content.id)
    link = content.url or own_page
    if not shortened:
        body = Markup(render_html(content.body, own_page)) if content.body.strip() else ""  # noqa: S704 (sanitised)
        whole = _render(content, templates, opening, body=body, link=link)
        if len(whole) * LONGEST_ESCAPE <= CONTENT_BYTES or len(html.escape(whole, quote=False).encode()) <= CONTENT_BYTES:
            return whole
    return _render(content, templates, opening, link=link, cut=True)


def _render(
    content: Content,
    templates: Templates,
    opening: Opening = Opening(),
    *,
    body: str = "",
    link: str = "",
    withdrawn: bool = False,
    cut: bool = False,
) -> str:
    picture_link = opening.picture_link
    return templates.render(
        "feeds/entry.html",
        content.language,
        withdrawn=withdrawn,
        withdrawal=content.withdrawn,
        embargo=opening.embargo,
        corrections=content.corrections[::-1],
        updated_on=opening.updated_on,
        summary=content.summary or content.title,
        body=body,
        cut=cut,
        link=link,
        picture=opening.picture,
        picture_link=picture_link,
        picture_link_words=_join_sentences(picture_link.caption or picture_link.alt) if picture_link else "",
        attachments=[file for file in content.attachments if file.src.startswith(("https://", "http://"))],
    ).strip()


def _join_sentences(*parts: str) -> str:
    """Texts as one line, each but the last closed by a full stop when it has no closing mark of its own."""
    texts = [part.strip() for part in parts if part.strip()]
    closed = [text if text[-1] in ".!?…:;。؟" else f"{text}." for text in texts[:-1]]
    return " ".join((*closed, *texts[-1:]))
