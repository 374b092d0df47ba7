"""What pages follow from, in short: whether a page has to be made anew is told without reading any item's content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b

from digest.newsroom.pictures import mark_picture
from digest.newsroom.public import Published
from digest.pages.lists import LIST_LENGTH, choose_versions, divide
from digest.pages.views import PageContext

__all__ = ["Facts"]


class Facts:
    """The newsroom's items as lists need them, and fingerprints of all that pages which show these items follow from."""

    def __init__(self, context: PageContext) -> None:
        self._context = context

    def of(self, items: Iterable[Published]) -> str:
        """A fingerprint of items in this order: of their contents, moments and pictures, and of their translations."""
        by_id = self._by_id
        if self._context.groups:
            texts = [by_id[item.line.item] + self._describe_translations(item) for item in items]
        else:
            texts = [by_id[item.line.item] for item in items]
        return blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()

    @cached_property
    def _by_id(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for item in self._context.newsroom:
            line = item.line
            picture = mark_picture(self._context.pictures, line.photo) if line.photo else ""
            found[line.item] = f"{line.version} {line.type} {line.published_at} {line.updated_at} {picture}"
        return found

    def _describe_translations(self, item: Published) -> str:
        return "".join(f" {other.language} {other.id}" for other in self._context.find_translations(item))

    @cached_property
    def chosen(self) -> Sequence[Published]:
        """One version of each item, newest first: what the front page and the archive list."""
        items, groups = self._context.newsroom.items, self._context.groups
        return choose_versions(items, self._context.settings.newsroom.language) if groups else items

    @cached_property
    def years(self) -> Mapping[str, Sequence[Published]]:
        """All items by the year of their day, newest year first."""
        return dict(divide(self._context.newsroom, "year"))

    @cached_property
    def by_year(self) -> Mapping[str, str]:
        """A fingerprint of the items of each year, in any version."""
        return {year: self.of(items) for year, items in self.years.items()}

    @cached_property
    def newest_by_topic(self) -> Mapping[str, Sequence[Published]]:
        """Of each topic, and of those that moved there, one version of the newest items: one more than its page lists."""
        context = self._context
        found: dict[str, list[Published]] = {topic: [] for topic in context.settings.topics}
        missing = {topic for topic in found if context.settings.find_topic(topic) == topic}
        for item in context.newsroom:
            for topic in missing.intersection(context.resolve(item.topics)):
                if item.root in context.groups and not self._is_chosen(item, topic):
                    continue
                found[topic].append(item)
                if len(found[topic]) > LIST_LENGTH:
                    missing.remove(topic)
            if not missing:
                break
        return found

    def _is_chosen(self, item: Published, topic: str) -> bool:
        """Whether of the versions that stand in a topic this one is listed."""
        context = self._context
        versions = [one for one in context.groups[item.root] if topic in context.resolve(one.topics)]
        return choose_versions(versions, context.settings.newsroom.language)[0] is item
