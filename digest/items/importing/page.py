"""A newsroom page saved as text becomes item files.

The page is blocks of lines between blank lines. An item is a kind, a title, a text and a day, in this order; a picture's
caption and credit stand *before* the kind of the item they belong to. What stands before the first item is the page's head.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise

from digest.errors import Problem
from digest.items.characters import find_forbidden, fold, is_visible, normalise, replace_forbidden
from digest.items.fields import SUMMARY_LIMIT, TITLE_LIMIT, WRITTEN_SUMMARY_LIMIT, is_obfuscated
from digest.items.importing.credits import PictureText, is_credit, read_picture_text
from digest.items.importing.dates import looks_like_day, read_page_day
from digest.items.importing.topics import propose_topics
from digest.items.markdown import cut_at_word, escape_markdown
from digest.items.slugs import name_file, slug, unique
from digest.items.writing import FieldValue, render_item
from digest.settings import Settings

__all__ = ["PageImport", "PageItem", "parse_page", "render_files"]


@dataclass(frozen=True, slots=True)
class PageItem:
    """One item of the page; `line` is where its kind stands, `paragraphs` its text as the page shows it."""

    line: int
    kind: str
    title: str
    day: date
    paragraphs: tuple[str, ...]
    photo: PictureText = field(default_factory=PictureText)
    topics: tuple[str, ...] = ()
    review: tuple[str, ...] = ("topics",)

    @property
    def excerpt(self) -> str:
        """All of its text on one line."""
        return " ".join(self.paragraphs)

    @property
    def is_shortened(self) -> bool:
        """Whether the page cut the text: it ends in an ellipsis."""
        return bool(re.search(r"(?:…|\.\.\.)\s*[\])]?$", self.excerpt))


@dataclass(frozen=True)
class PageImport:
    """All that a page gave: the lines of its head and foot, its items in their order, and what did not fit."""

    head: tuple[str, ...]
    items: tuple[PageItem, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """Neighbouring lines without a blank one between; `line` is the first one's number."""

    line: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return fold(" ".join(self.lines))


def parse_page(text: str, settings: Settings, file: str = "page") -> PageImport:
    """Read a page; what cannot be understood is named with its line, and the rest goes on.

    Args:
        text: the page as plain text, any line ends.
        settings: the newsroom's kinds, by their titles, and its topics, by their titles and keywords.
        file: what problems call the page.
    """
    parser = _Parser(settings, file)
    for line, name in find_forbidden(text := _unify(text)):
        parser.report(line, "page", f"the hidden character {name} is left out", "warning")
    stretch: list[_Block] = []
    for block in _split(replace_forbidden(text, "")):
        if looks_like_day(block.text):
            parser.read_stretch(stretch, block)
            stretch = []
        else:
            stretch.append(block)
    parser.read_rest(stretch)
    if not parser.items and not parser.problems:
        parser.report(0, "", "no item was found; save the page as text with a blank line between kind, title, text and day")
    return PageImport(tuple(parser.head), tuple(parser.items), tuple(sorted(parser.problems)))


def _unify(text: str) -> str:
    return normalise(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))


def _split(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    gathered: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if fold(line):
            gathered.append(line)
        elif gathered:
            blocks.append(_Block(number - len(gathered), tuple(gathered)))
            gathered = []
    return blocks


@dataclass
class _Parser:
    """Reads stretches of blocks, each ended by a day."""

    settings: Settings
    file: str
    head: list[str] = field(default_factory=list)
    items: list[PageItem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_first: bool = True

    def __post_init__(self) -> None:
        self.kinds = {
            _name(title): kind
            for kind, label in self.settings.kinds.items()
            for title in (kind.replace("-", " "), *label.titles.values(), label.title)
        }

    def report(self, line: int, part: str, text: str, severity: str = "error") -> None:
        """Note what did not fit."""
        self.problems.append(Problem(self.file, line, part, text, "warning" if severity == "warning" else "error"))

    def read_stretch(self, blocks: Sequence[_Block], day: _Block) -> None:
        """One item, with what stands before it; `day` ends it."""
        kinds = [place for place, block in enumerate(blocks) if self._kind(block)]
        start = kinds[-1] if kinds else -1
        picture = self._read_before(blocks[: start if kinds else 0], kinds)
        self.is_first = False
        if not kinds:
            self._report_kind(blocks, day)
        elif len(blocks) - start < 3:
            self.report(
                blocks[start].line, "text", "between this kind and the day below a title and a text are needed; add them"
            )
        else:
            self._read_item(blocks[start:], day, picture)

    def read_rest(self, blocks: Sequence[_Block]) -> None:
        """What stands behind the last day: the page's foot, or an item without a day."""
        for place, block in enumerate(blocks):
            if self._kind(block) and len(blocks) - place > 1:
                self._report_dayless(block, blocks[place + 1])
        self.head += [line for block in blocks for line in map(fold, block.lines)]

    def _kind(self, block: _Block) -> str | None:
        return self.kinds.get(_name(block.text))

    def _read_before(self, blocks: Sequence[_Block], kinds: Sequence[int]) -> PictureText:
        """The picture text: all that stands between the day before and the kind; in the page's head only a last credit."""
        bounds = pairwise([*kinds[:-1], len(blocks)])
        lost = [place for place, following in bounds if self._is_item(blocks[place + 1 : following])]
        for place in lost:
            self._report_dayless(blocks[place], blocks[place + 1])
        if self.is_first or lost:
            last = blocks[-1:] if blocks and any(is_credit(fold(line)) for line in blocks[-1].lines) else ()
            self.head += [fold(line) for block in blocks[: len(blocks) - len(last)] for line in block.lines]
            blocks = last
        return read_picture_text([line for block in blocks for line in block.lines])

    def _is_item(self, blocks: Sequence[_Block]) -> bool:
        """Whether these blocks behind a kind are an item, and no menu of the page's head."""
        return bool(blocks) and (not self.is_first or (len(blocks) > 1 and max(len(block.text) for block in blocks) > 80))

    def _report_dayless(self, kind: _Block, title: _Block) -> None:
        self.report(kind.line, "date", f"the item {title.text[:60]!r} has no day; add one below it")

    def _report_kind(self, blocks: Sequence[_Block], day: _Block) -> None:
        """No block is a kind: the one that stands where a kind would is named."""
        guess = blocks[-3] if len(blocks) > 2 else None
        if guess is None:
            self.report(day.line, "kind", "nothing above this day is an item; remove the day, or add kind, title and text")
            return
        known = ", ".join(label.title for label in self.settings.kinds.values())
        text = f"{guess.text[:60]!r} is none of newsroom.toml's kinds ({known}); add it there, or mend it"
        self.report(guess.line, "kind", f"{text}; the item {blocks[-2].text[:60]!r} is left out")

    def _read_item(self, blocks: Sequence[_Block], day: _Block, picture: PictureText) -> None:
        kind, title, *texts = blocks
        found = read_page_day(day.text)
        if found is None:
            self.report(day.line, "date", f"{day.text!r} is no day of the calendar; mend it; the item is left out")
            return
        if len(title.text) > TITLE_LIMIT or not is_visible(title.text):
            self.report(title.line, "title", f"it must have 1 to {TITLE_LIMIT} characters; mend it; the item is left out")
            return
        if picture.other_credits:
            others = ", ".join(repr(name) for name in picture.other_credits)
            self.report(kind.line, "credit", f"it has more than one: {picture.credit!r} is kept, not {others}", "warning")
        paragraphs = tuple(block.text for block in texts)
        item = PageItem(kind.line, self._kind(kind) or "", title.text, found, paragraphs, picture)
        topics = propose_topics(f"{item.title} {item.excerpt}", self.settings)
        self.items.append(replace(item, topics=topics, review=_list_review(item, picture)))


def _name(text: str) -> str:
    return fold(text).replace("\u00a0", " ").casefold()


def _list_review(item: PageItem, picture: PictureText) -> tuple[str, ...]:
    """What a person must look at: proposed topics, text that was cut or ends in an open quotation, a doubtful credit."""
    review = ["topics"]
    if item.is_shortened or _is_broken(item.excerpt) or is_obfuscated(item.excerpt):
        review.append("summary")
    if picture.other_credits:
        review.append("photo")
    return tuple(review)


def _is_broken(text: str) -> bool:
    """Whether a quotation was opened and not closed, or announced and left out."""
    pairs = (("“", "”"), ("«", "»")) if "„" not in text else (("«", "»"),)
    uneven = any(text.count(opening) != text.count(closing) for opening, closing in pairs)
    return uneven or text.count('"') % 2 == 1 or text.count("‘") > text.count("’") or text.endswith(":")


def render_files(page: PageImport) -> dict[str, str]:
    """The text of an item file for each item, by its name; ids are made from titles and differ from each other."""
    taken: set[str] = set()
    files: dict[str, str] = {}
    for item in page.items:
        name = unique(slug(item.title, item.day), taken)
        taken.add(name)
        files[name_file(item.day.isoformat(), name)] = _render(item, name)
    return files


def _render(item: PageItem, name: str) -> str:
    """The text becomes the body, so that the item's page is not empty."""
    photo: Mapping[str, FieldValue] = {"caption": item.photo.caption or None, "credit": item.photo.credit or None}
    fields: dict[str, FieldValue] = {
        "title": item.title,
        "id": name,
        "date": item.day.isoformat(),
        "kind": item.kind,
        "topics": item.topics,
        "review": item.review,
        "summary": _own_summary(item),
        "shortened": True if item.is_shortened else None,
        "photo": photo if any(photo.values()) else None,
    }
    return render_item(fields, "\n\n".join(escape_markdown(paragraph) for paragraph in item.paragraphs))


def _own_summary(item: PageItem) -> str | None:
    """A summary is written only where the one taken from the body would not say all of the same words."""
    text = item.excerpt if item.is_shortened else item.paragraphs[0]
    same = text == cut_at_word(item.paragraphs[0], SUMMARY_LIMIT)
    return None if same or len(text) > WRITTEN_SUMMARY_LIMIT else text
