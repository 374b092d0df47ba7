"""The web views of editions: stored at approval as item ids and sections, built anew from the newsroom whenever it changes.

So a later correction is labelled there, and a withdrawn item becomes its notice, without the edition being touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from digest.editions.content import VariantContent
from digest.editions.edition import Edition, edition_title
from digest.newsroom.document import fingerprint
from digest.pages.edition_view import EditionCorrection, EditionSection, EditionView, EditionWithdrawal, PastEdition
from digest.pages.facts import Facts
from digest.pages.views import ItemCard, PageContext, build_card
from digest.publishing.build import PublicEdition
from digest.settings import Settings
from digest.templates import Templates, Words

if TYPE_CHECKING:
    from digest.desk.planning import Plan

__all__ = ["build_archive", "plan_views"]


def build_archive(plan: Plan, settings: Settings) -> dict[str, Any]:
    """What the store keeps of an approved edition for its web view: for each language what it holds, in order."""
    return {language: plan.whole(settings, language).text for language in settings.languages}


def plan_views(edition: Edition, facts: Facts, context: PageContext, templates: Templates) -> PublicEdition:
    """An edition as the archive shows it: its line, and its web views, one a language that the site still has."""
    settings = context.settings
    contents: Mapping[str, VariantContent] = {
        language: VariantContent.parse(text)
        for language, text in (edition.archive or {}).items()
        if language in settings.languages
    }
    own = settings.newsroom.language
    day = edition.moment.astimezone(settings.zone).date()
    shown = {item for content in contents.values() for item in _items(content)} & context.newsroom.by_id.keys()
    return PublicEdition(
        past=PastEdition(edition.id, edition_title(edition, templates.words(own)), day, own),
        key=fingerprint(
            edition.id,
            edition.moment.isoformat(),
            edition.choices.render(),
            [(language, content.text) for language, content in contents.items()],
            facts.of(context.newsroom.by_id[item] for item in sorted(shown)),
        ),
        views=lambda: [
            _build_view(edition, content, context, templates.words(language), tuple(contents))
            for language, content in contents.items()
        ],
    )


def _items(content: VariantContent) -> Iterator[str]:
    yield from (carried.item for carried in content.new)
    yield from (item for item, _ in content.corrected)
    yield from content.withdrawn


def _build_view(
    edition: Edition, content: VariantContent, context: PageContext, words: Words, languages: tuple[str, ...]
) -> EditionView:
    newsroom, settings = context.newsroom, context.settings
    shown = [
        (carried, build_card(newsroom.by_id[carried.item], context))
        for carried in content.new
        if carried.item in newsroom.by_id
    ]
    grouped: dict[str, list[ItemCard]] = {topic: [] for topic in (*settings.topics, "")}
    for carried, card in shown[1:]:
        grouped.setdefault(carried.section, []).append(card)
    return EditionView(
        id=edition.id,
        title=edition_title(edition, words),
        period=words.day(edition.moment.astimezone(settings.zone).date()),
        language=words.language,
        introduction=edition.choices.introduction,
        lead=shown[0][1] if shown else None,
        sections=tuple(
            EditionSection(_heading(topic, settings, words), tuple(cards)) for topic, cards in grouped.items() if cards
        ),
        corrections=tuple(
            _correction(item, context, words)
            for item, _ in content.corrected
            if item in newsroom.by_id and item not in {carried.item for carried in content.new}  # its card shows it already
        ),
        withdrawals=tuple(_withdrawal(item, context) for item in content.withdrawn if item in newsroom.by_id),
        languages=languages,
        list_id=edition.list_id,
    )


def _heading(topic: str, settings: Settings, words: Words) -> str:
    return settings.topics[topic].in_language(words.language) if topic in settings.topics else topic


def _correction(item: str, context: PageContext, words: Words) -> EditionCorrection:
    entry = context.newsroom.by_id[item]
    content = entry.content
    note = (
        content.corrections[-1].note
        if content.corrections
        else words.gettext("This item was updated since you received it.")
    )
    day = content.corrections[-1].date if content.corrections else entry.updated_at.astimezone(context.settings.zone).date()
    return EditionCorrection(content.title, context.paths.item(item), note, day, content.language)


def _withdrawal(item: str, context: PageContext) -> EditionWithdrawal:
    content = context.newsroom.by_id[item].content
    taken = content.withdrawn
    return EditionWithdrawal(content.title, taken.reason if taken else "", taken.date if taken else None, content.language)
