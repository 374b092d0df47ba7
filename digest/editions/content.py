"""What one variant carries: events, the section each new item stands in, language and form. No personal data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from digest.editions.edition import Choices
from digest.editions.facts import ItemFacts
from digest.editions.selection import Interest, Selection, build_sections

__all__ = ["CarriedItem", "Form", "VariantContent", "build_content", "open_arranger"]

Form = Literal["full", "discreet"]


class CarriedItem(NamedTuple):
    """A new item as a variant carries it: with how many corrections, and in which topic's section (empty: no topic)."""

    item: str
    corrections: int
    section: str


@dataclass(frozen=True)
class VariantContent:
    """One distinct content of an edition, everything in the order in which it is read; the first new item is the lead."""

    language: str
    form: Form
    new: tuple[CarriedItem, ...]
    corrected: tuple[tuple[str, int], ...]
    withdrawn: tuple[str, ...]

    @cached_property
    def text(self) -> str:
        """As JSON: equal contents, equal text."""
        data = [self.language, self.form, self.new, self.corrected, self.withdrawn]
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of the text, in hexadecimal: the variant's name within its edition."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def selection(self) -> Selection:
        """What a copy of it adds to what a reader had."""
        new = tuple((carried.item, carried.corrections) for carried in self.new)
        return Selection(new, self.corrected, self.withdrawn)

    @classmethod
    def parse(cls, text: str) -> VariantContent:
        """From the text of a content."""
        language, form, new, corrected, withdrawn = json.loads(text)
        return cls(
            language=language,
            form=form,
            new=tuple(CarriedItem(*carried) for carried in new),
            corrected=tuple((item, corrections) for item, corrections in corrected),
            withdrawn=tuple(withdrawn),
        )


def build_content(
    selection: Selection,
    facts: Mapping[str, ItemFacts],
    interest: Interest,
    ranks: Mapping[str, int],
    topics: Sequence[str],
    choices: Choices,
    language: str,
    form: Form,
) -> VariantContent:
    """The variant that readers with this selection, interest, language and form share.

    Args:
        ranks: each item's place in the newsroom, newest published first.
        topics: newsroom.toml's topics in their order.
        choices: staff's lead and order; an item they name that this reader does not get changes nothing.
    """
    sections = build_sections(selection, facts, interest, topics)
    carried = [CarriedItem(item, count, section) for (item, count), section in zip(selection.new, sections, strict=True)]
    return VariantContent(language, form, open_arranger(ranks, choices)(carried), selection.corrected, selection.withdrawn)


def open_arranger(ranks: Mapping[str, int], choices: Choices) -> Callable[[Iterable[CarriedItem]], tuple[CarriedItem, ...]]:
    """Puts the new items of a variant in the order in which they are read; the arguments are those of `build_content`."""
    first = list(dict.fromkeys(name for name in (choices.lead, *choices.order) if name))
    places = {name: place - len(first) for place, name in enumerate(first)}

    def find_place(entry: CarriedItem) -> int:
        return places[entry.item] if entry.item in places else ranks.get(entry.item, len(ranks))

    return lambda carried: tuple(sorted(carried, key=find_place))
