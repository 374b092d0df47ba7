"""What a feed says of one item: one view for all three formats, made from nothing but the item and plain values."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from markupsafe import Markup

from digest.items.markdown import render_html
from digest.items.model import Content, Photo
from digest.newsroom.addresses import Addresses
from digest.newsroom.pictures import Pictures
from digest.newsroom.public import Published
from digest.settings import Settings
from digest.templates import Templates

__all__ = ["Category", "Entry", "EntryPicture", "build_entry"]

CONTENT_BYTES = 250_000
"""How long an entry's content may be, as it is escaped in XML; a longer one gives its summary and a link instead."""


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


def build_entry(item: Published, settings: Settings, pictures: Pictures, templates: Templates) -> Entry:
    """The entry of an item, whole, or as a notice when it is withdrawn.

    Raises:
        TemplateError: templates/feeds/entry.html cannot be used.
    """
    content = item.content
    addresses = Addresses(settings.newsroom.base_url)
    withdrawn = item.is_withdrawn or content.withdrawn is not None
    picture, picture_link = (None, None) if withdrawn else _build_picture(item, settings, addresses, pictures)
    text = _render_notice(content, templates) if withdrawn else ""
    return Entry(
        id=item.entry_id,
        title=_build_title(content, withdrawn, templates),
        link=addresses.item(item.id) if withdrawn else content.url or addresses.item(item.id),
        published_at=item.published_at,
        updated_at=item.updated_at,
        summary=_build_summary(content, withdrawn, templates),
        content=text or _render_content(content, addresses, templates, picture, picture_link),
        creators=(content.issuer or settings.newsroom.name,),
        categories=_build_categories(content, settings, addresses),
        language=content.language,
        picture=picture,
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


def _build_categories(content: Content, settings: Settings, addresses: Addresses) -> tuple[Category, ...]:
    """The topics in the item's order, then its kind; one that newsroom.toml no longer knows goes by its id."""
    topics = [(topic, "topics", settings.topics.get(topic)) for topic in content.topics]
    named = [*topics, (content.kind, "kinds", settings.kinds.get(content.kind))]
    return tuple(
        Category(term, f"{addresses.front}{scheme}/", label.in_language(content.language) if label else term)
        for term, scheme, label in named
    )


def _build_picture(
    item: Published, settings: Settings, addresses: Addresses, pictures: Pictures
) -> tuple[EntryPicture | None, Photo | None]:
    """The picture to show, or the photo to link to because its host is not one of `[pictures] hosts`."""
    photo = item.content.photo
    if photo is None:
        return None, None
    if photo.is_remote:
        if urlsplit(photo.src).hostname not in settings.pictures.hosts:
            return None, photo
        return EntryPicture(photo.src, photo.alt, photo.caption, photo.credit), None
    made = pictures.get(item.event.photo or "")
    if made is None:
        return None, None
    file = made.large
    sizes = (file.width, file.height, file.byte_count)
    return EntryPicture(addresses.photo(file), photo.alt, photo.caption, photo.credit, "image/jpeg", *sizes), None


def _render_notice(content: Content, templates: Templates) -> str:
    return _render(content, templates, withdrawn=True)


def _render_content(
    content: Content, addresses: Addresses, templates: Templates, picture: EntryPicture | None, picture_link: Photo | None
) -> str:
    own_page = addresses.item(content.id)
    link = content.url or own_page
    body = Markup(render_html(content.body, own_page)) if content.body.strip() else ""  # noqa: S704 (sanitised)
    whole = _render(content, templates, body=body, link=link, picture=picture, picture_link=picture_link)
    if len(html.escape(whole, quote=False).encode()) <= CONTENT_BYTES:
        return whole
    return _render(content, templates, link=link, picture=picture, picture_link=picture_link, cut=True)


def _render(
    content: Content,
    templates: Templates,
    *,
    body: str = "",
    link: str = "",
    picture: EntryPicture | None = None,
    picture_link: Photo | None = None,
    withdrawn: bool = False,
    cut: bool = False,
) -> str:
    return templates.render(
        "feeds/entry.html",
        content.language,
        withdrawn=withdrawn,
        withdrawal=content.withdrawn,
        corrections=content.corrections,
        summary=content.summary or content.title,
        body=body,
        cut=cut,
        link=link,
        picture=picture,
        picture_link=picture_link,
        picture_link_words=_join_sentences(picture_link.caption or picture_link.alt) if picture_link else "",
        attachments=[file for file in content.attachments if file.src.startswith(("https://", "http://"))],
    ).strip()


def _join_sentences(*parts: str) -> str:
    """Texts as one line, each but the last closed by a full stop when it has no closing mark of its own."""
    texts = [part.strip() for part in parts if part.strip()]
    closed = [text if text[-1] in ".!?…:;。؟" else f"{text}." for text in texts[:-1]]
    return " ".join((*closed, *texts[-1:]))
