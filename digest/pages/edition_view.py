"""The web view of an edition: all of its items, all topics, one page a language, the same for everybody.

The values are handed in; a page never knows to whom the edition went. A later correction shows on the cards, and a card of
a withdrawn item shows its notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from digest.feeds.selection import Feed
from digest.items.markdown import cut_at_word
from digest.pages.frame import sign_up_path
from digest.pages.rendering import DESCRIPTION_LENGTH, Rendering
from digest.pages.views import ItemCard, Link, language_name, site_paths
from digest.settings import Settings
from digest.templates import Templates

__all__ = [
    "EditionCorrection",
    "EditionSection",
    "EditionView",
    "EditionWithdrawal",
    "PastEdition",
    "edition_path",
    "render_edition_view",
    "render_past_editions",
]


@dataclass(frozen=True, slots=True)
class EditionSection:
    """The items of one topic, under its title in the edition's language."""

    heading: str
    cards: tuple[ItemCard, ...]


@dataclass(frozen=True, slots=True)
class EditionCorrection:
    """A correction that the edition carries: of which item, where it is, what was wrong; `language` is the item's."""

    title: str
    address: str
    note: str
    day: date | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class EditionWithdrawal:
    """A withdrawal that the edition carries: of which item, and why; `language` is the item's."""

    title: str
    reason: str
    day: date | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class EditionView:
    """One edition in one language, as plain values.

    Attributes:
        title: the edition's title; `period` says in words which days it covers.
        introduction: plain text; an empty line begins a new paragraph.
        lead: the item that opens it, which is then in no section.
        languages: all languages in which this edition has a page, this one among them.
        list_id: the list that it went to, to which the page offers to subscribe.
    """

    id: str
    title: str
    period: str
    language: str
    introduction: str = ""
    lead: ItemCard | None = None
    sections: tuple[EditionSection, ...] = ()
    corrections: tuple[EditionCorrection, ...] = ()
    withdrawals: tuple[EditionWithdrawal, ...] = ()
    languages: tuple[str, ...] = ()
    list_id: str = ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The introduction's paragraphs."""
        parts = (" ".join(part.split()) for part in self.introduction.replace("\r\n", "\n").split("\n\n"))
        return tuple(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class PastEdition:
    """A digest in the archive: its id, its title and its day on the newsroom's calendar."""

    id: str
    title: str
    day: date
    language: str


def edition_path(edition: str, language: str, settings: Settings) -> str:
    """The path of an edition's web view below the site's front page."""
    own = language == settings.newsroom.language
    return f"editions/{edition}/" if own else f"editions/{edition}/{language}/"


def render_edition_view(view: EditionView, settings: Settings, templates: Templates, feeds: Sequence[Feed]) -> bytes:
    """The page `/editions/ID/`, or `/editions/ID/LANG/` in another language than the newsroom's.

    Raises:
        TemplateError: a template, theme.toml or PO file cannot be used.
    """
    rendering = Rendering(settings, templates, feeds, view.language, has_editions=True)
    front = site_paths(settings).front
    others = tuple(
        Link(language_name(language), front + edition_path(view.id, language, settings), language)
        for language in view.languages
        if language != view.language
    )
    chosen = settings.lists.get(view.list_id)
    hidden: dict[str, Any] = {"indexed": False, "canonical": ""} if chosen is not None and not chosen.indexed else {}
    head = rendering.head(
        view.title,
        edition_path(view.id, view.language, settings),
        cut_at_word(view.paragraphs[0], DESCRIPTION_LENGTH) if view.paragraphs else view.period,
        alternates=others,
        picture=view.lead.picture if view.lead else None,
        **hidden,
    )
    sign_up = sign_up_path(settings, view.language, list_id=view.list_id) if chosen is not None else ""
    return rendering.page("edition", head, edition=view, others=others, sign_up=sign_up)


def render_past_editions(
    editions: Sequence[PastEdition], settings: Settings, templates: Templates, feeds: Sequence[Feed]
) -> bytes:
    """The page `/editions/`: past digests in the order handed in, newest first.

    Raises:
        TemplateError: a template, theme.toml or PO file cannot be used.
    """
    rendering = Rendering(settings, templates, feeds, settings.newsroom.language, has_editions=True)
    front = site_paths(settings).front
    rows = tuple(
        (edition.day, Link(edition.title, front + edition_path(edition.id, edition.language, settings), edition.language))
        for edition in editions
    )
    head = rendering.head(rendering.words.gettext("Past digests"), "editions/")
    return rendering.page("editions", head, editions=rows)
