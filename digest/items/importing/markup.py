"""The HTML of other people's pages as Markdown that shows the same words.

Paragraphs, headings, lists, quotations, code, emphasis and links stay; pictures become links but for one, which is handed
out as the item's photo; tables become a line for each row. Scripts, forms and the like are left out, and said so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml import etree

from digest.items.characters import normalise, replace_forbidden
from digest.items.importing.blocks import Page
from digest.items.importing.entries import Picture, clean
from digest.items.importing.html_tree import CONTAINERS, DROPPED, SILENT, Element, parse_html
from digest.items.importing.inline import Token
from digest.items.importing.pictures import (
    are_same_picture,
    is_ornament,
    merge_pictures,
    name_picture,
    read_figure,
    read_image,
)
from digest.items.links import build_link

__all__ = ["Converted", "convert_html"]

_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "dfn": "*", "var": "*"}
_CODE = frozenset({"code", "kbd", "samp", "tt"})
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class Converted:
    """A body as Markdown, the picture that was taken out of it to be the photo, and remarks on what was lost."""

    markdown: str
    photo: Picture | None = None
    remarks: tuple[str, ...] = ()


def convert_html(source: str, base: str, featured: Picture | None = None, *, has_lines: bool = False) -> Converted:
    """HTML as Markdown.

    Args:
        source: a body, well-formed or not.
        base: the address of its page, against which relative links are meant.
        featured: the picture that the source itself names; else the first one of the body is taken.
        has_lines: whether an empty line begins a paragraph and a line end a new line.

    Raises:
        ValueError: it is nested too deep or too long to be read.
    """
    root = parse_html(source)
    walker = _Walker(base, featured, has_lines)
    if root is not None:
        walker.walk(root)
    return Converted(walker.page.finish(), walker.photo, tuple(walker.remarks))


@dataclass
class _Walker:
    """Goes once over the elements, without recursion, and tells the page what to write."""

    base: str
    featured: Picture | None
    has_lines: bool
    page: Page = field(default_factory=Page)
    photo: Picture | None = None
    remarks: dict[str, None] = field(default_factory=dict)
    links: list[str | None] = field(default_factory=list)
    code_depth: int = 0

    def walk(self, root: Element) -> None:
        """Write everything below this element."""
        left_out: Element = None
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if left_out is None:
                if event == "start":
                    left_out = element if self._begins_nothing(element) else None
                    if left_out is None:
                        self._begin(element)
                        self._say(element.text)
                else:
                    self._end(element)
            if event == "end":
                left_out = None if left_out is element else left_out
                if left_out is None:
                    self._say(element.tail)

    def _begins_nothing(self, element: Element) -> bool:
        """Whether an element is done with at its begin: left out, or a picture taken as a whole."""
        name = element.tag
        if name in DROPPED:
            address = build_link(element.get("src") or element.get("data") or "", self.base)
            self.remarks[f"{DROPPED[name]} is left out" + (f": {address}" if address else "")] = None
        if name == "figure":
            picture = read_figure(element, self.base)
            if picture is not None:
                self._place(picture, apart=True)
            return picture is not None
        return name in DROPPED or name in SILENT

    def _place(self, picture: Picture, *, apart: bool) -> None:
        """A picture becomes the photo, or a link with its caption as words."""
        if self._is_photo(picture):
            self.photo = merge_pictures(self.photo, picture) if self.photo else picture
            return
        words = " ".join(part for part in (picture.caption or picture.alt, picture.credit) if part)
        if apart:
            self.page.end_paragraph()
        if picture.address and not any(self.links):
            self.page.add(Token("open", picture.address))
            self.page.add(Token("text", words or name_picture(picture.address)))
            self.page.add(Token("close", picture.address))
        else:
            self.page.add(Token("text", words))
        if apart:
            self.page.end_paragraph()

    def _is_photo(self, picture: Picture) -> bool:
        wanted = self.photo or self.featured
        if not picture.address:
            return False
        return wanted is None or are_same_picture(wanted.address, picture.address)

    def _begin(self, element: Element) -> None:
        name, page = element.tag, self.page
        if name in CONTAINERS:
            self._begin_container(element)
        elif name in _LISTS:
            page.open_list(_read_start(element) if name == "ol" else None)
        elif name == "li":
            page.open_entry()
        elif name == "blockquote":
            page.open_quotation()
        elif name in ("pre", "listing", "xmp", "plaintext"):
            page.open_code()
        elif re.fullmatch("h[1-6]", name):
            page.open_heading(int(name[1]))
        elif name == "hr":
            page.add_rule()
        elif name == "br":
            page.add(Token("break"))
        elif name == "img":
            self._begin_image(element)
        else:
            self._begin_words(element)

    def _begin_container(self, element: Element) -> None:
        """A paragraph; a row of a table without blocks inside is one line."""
        if element.tag in ("td", "th") and self.page.row is not None:
            if element.getprevious() is not None:
                self.page.add(Token("text", " | "))
            return
        self.page.end_paragraph()
        if element.tag == "tr" and self.page.row is None and not _holds_blocks(element):
            self.page.row = element

    def _begin_words(self, element: Element) -> None:
        name = element.tag
        if name in _MARKS:
            self.page.add(Token("open", _MARKS[name]))
        elif name == "a":
            link = None if any(self.links) else build_link(clean(element.get("href") or ""), self.base)
            self.links.append(link if element.get("href") else None)
            if self.links[-1]:
                self.page.add(Token("open", self.links[-1]))
        elif name in _CODE:
            self.code_depth += 1
        elif name == "q":
            self.page.add(Token("text", "“"))
        elif name in ("del", "s", "strike"):
            self.remarks["struck-out words stand there like all others"] = None

    def _begin_image(self, image: Element) -> None:
        picture = read_image(image, self.base)
        if is_ornament(image):
            self.page.add(Token("text", picture.alt if len(picture.alt) <= 8 else ""))
        else:
            self._place(picture, apart=False)

    def _end(self, element: Element) -> None:
        name, page = element.tag, self.page
        if name in ("td", "th") and page.row is not None:
            return
        if name in CONTAINERS:
            page.end_paragraph()
            page.row = None if page.row is element else page.row
        elif name in _LISTS or name in ("li", "blockquote"):
            page.close_frame()
        elif name in ("pre", "listing", "xmp", "plaintext"):
            page.close_code()
        elif re.fullmatch("h[1-6]", name):
            page.end_paragraph()
        elif name in _MARKS:
            page.add(Token("close", _MARKS[name]))
        elif name == "a":
            link = self.links.pop()
            if link:
                page.add(Token("close", link))
        elif name in _CODE:
            self.code_depth -= 1
        elif name == "q":
            page.add(Token("text", "”"))

    def _say(self, text: str | None) -> None:
        if not text:
            return
        text = normalise(replace_forbidden(text, ""))  # entities may have made what the source did not hold
        if not self.has_lines or self.page.in_code or self.page.row is not None:
            self._add(text)
            return
        for number, paragraph in enumerate(_BLANK_LINE.split(text)):
            if number:
                self.page.end_paragraph()
            for place, line in enumerate(paragraph.split("\n")):
                if place:
                    self.page.add_line_end()
                self._add(line)

    def _add(self, text: str) -> None:
        is_code = self.code_depth and not self.page.in_code and text.strip()
        self.page.add(Token("code" if is_code else "text", text))


def _holds_blocks(row: Element) -> bool:
    blocks = (CONTAINERS | _LISTS | {"li", "blockquote", "pre", "hr"}) - {"td", "th"}
    return any(part.tag in blocks or part.tag == "img" for part in row.iterdescendants())


def _read_start(element: Element) -> int:
    start = (element.get("start") or "").strip()
    return int(start) if re.fullmatch("[0-9]{1,9}", start) else 1
