"""HTML parsed into a tree, what of it is never taken over, and its words alone."""

from __future__ import annotations

from typing import Any

from lxml import etree

from digest.items.characters import normalise, replace_forbidden

__all__ = ["CONTAINERS", "DROPPED", "SILENT", "Element", "parse_html", "read_lines"]

Element = Any
"""An element of lxml."""

DROPPED = {
    "script": "a script", "form": "a form", "iframe": "a frame of another page", "object": "an object", "embed": "an object",
    "applet": "an object", "svg": "a drawing", "canvas": "a drawing", "math": "a formula", "audio": "a sound",
    "video": "a film", "button": "a form", "input": "a form", "select": "a form", "textarea": "a form",
}  # fmt: skip
"""Elements that are left out with all that they hold, and what they are called in the remark."""

SILENT = frozenset({"style", "noscript", "template", "head", "title", "meta", "link", "base", "param", "source", "track"})
"""Elements that are left out without a word: nobody sees them on the page either."""

CONTAINERS = frozenset({
    "p", "div", "section", "article", "main", "header", "footer", "aside", "nav", "address", "figure", "figcaption",
    "details", "summary", "center", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "dl", "dt", "dd",
    "fieldset", "legend", "hgroup", "body", "html",
})  # fmt: skip
"""Elements that begin and end a paragraph and mean nothing more."""

_BLOCKS = CONTAINERS | {"br", "ul", "ol", "li", "blockquote", "pre", "hr", "h1", "h2", "h3", "h4", "h5", "h6"}


def parse_html(source: str) -> Element | None:
    """The tree of a piece of HTML, well-formed or not, without comments and characters that no item may hold.

    Raises:
        ValueError: it is nested too deep or too long to be read.
    """
    text = normalise(replace_forbidden(source.replace("\r\n", "\n").replace("\r", "\n"), ""))
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    root = etree.HTML(f"<div>{text}</div>".encode(), parser)
    if any(error.level_name == "FATAL" for error in parser.error_log):
        raise ValueError("its HTML is nested too deep, or too long, to be read")
    return root


def read_lines(source: str) -> str:
    """The words of a piece of HTML, each paragraph on a line of its own; none when it cannot be read."""
    try:
        root = parse_html(source)
    except ValueError:
        return ""
    said: list[str] = []
    left_out: Element = None
    for event, element in etree.iterwalk(root, events=("start", "end")) if root is not None else ():
        if element.tag in _BLOCKS:
            said.append("\n")
        if event == "start" and left_out is None:
            left_out = element if element.tag in DROPPED or element.tag in SILENT else None
            said.append(" ".join((element.text or "").split("\n")) if left_out is None else "")
        elif event == "end":
            left_out = None if left_out is element else left_out
            said.append(" ".join((element.tail or "").split("\n")) if left_out is None else "")
    return "\n".join(line for part in "".join(said).split("\n") if (line := " ".join(part.split())))
