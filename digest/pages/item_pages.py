"""The pages of items, in groups by the month of their publication: what is old and settled is passed over at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from math import inf

from digest.clock import format_utc
from digest.items.markdown import cut_at_word
from digest.newsroom.document import Document, Group, fingerprint
from digest.newsroom.public import Published
from digest.pages.plan import Plan
from digest.pages.rendering import DESCRIPTION_LENGTH
from digest.pages.views import build_item

__all__ = ["plan_items"]

_GONE = 410
"""The status of what was there and was taken away for good (RFC 9110 section 15.5.11)."""


def plan_items(plan: Plan) -> Iterator[Group]:
    """A page for every item, newest month first; of a withdrawn one the notice."""
    for month, items in _divide_by_month(plan.context.newsroom):
        yield Group(f"items {month}", fingerprint(plan.key, plan.facts.of(items)), partial(_plan_month, plan, items))


def _divide_by_month(items: Iterable[Published]) -> Iterator[tuple[str, Sequence[Published]]]:
    """Items, newest first, by the month (UTC) in which they were published, such as 2022-02."""
    found: list[Published] = []
    start: float = inf
    for item in items:
        if item.line.published_at < start:
            if found:
                yield f"{found[0].published_at:%Y-%m}", found
            found, start = [], _start_of_month(item.published_at)
        found.append(item)
    if found:
        yield f"{found[0].published_at:%Y-%m}", found


def _start_of_month(moment: datetime) -> float:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()


def _plan_month(plan: Plan, items: Iterable[Published]) -> Iterator[Document]:
    for item in items:
        status = _GONE if item.is_withdrawn else 200
        yield plan.document(f"items/{item.id}/index.html", plan.facts.of([item]), partial(_render, plan, item), status)


def _render(plan: Plan, item: Published) -> bytes:
    view, rendering = build_item(item, plan.context), plan.rendering
    card, path = view.card, f"items/{item.id}/"
    if card.withdrawn:
        title = rendering.words.gettext("This item was withdrawn")
        head = rendering.head(title, path, canonical="", indexed=False)
    else:
        head = rendering.head(
            card.title,
            path,
            cut_at_word(card.summary, DESCRIPTION_LENGTH),
            plan.context.find_open(item.topics),
            canonical=view.canonical,
            alternates=card.translations,
            picture=card.picture,
            published=format_utc(item.published_at),
            updated=format_utc(item.updated_at),
        )
    return rendering.page("item", head, article=rendering.article(view))
