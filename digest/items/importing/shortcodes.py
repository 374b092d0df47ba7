"""WordPress shortcodes: `[caption …]`, `[embed]`, `[gallery]` and those of plugins become HTML, or go.

A word in square brackets is a shortcode only if it looks like one: it is known, has attributes, is closed again, or its name
has a hyphen or underscore. `[sic]`, `[1]` and `[…]` stay as they are, and so does all that stands in `<pre>` and `<code>`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Expanded", "expand_shortcodes"]

_TAG = re.compile(
    r"(?P<code><(?P<element>pre|code)\b)|(?P<uncode></(?:pre|code)\s*>)"
    r"|\[(?P<escaped>\[?)(?P<end>/?)(?P<name>[A-Za-z][\w-]*)(?P<rest>(?:[\s=/][^\[\]]*)?)\](?P<after>\]?)",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'/]+))""")
_CAPTIONS = frozenset({"caption", "wp_caption"})
_LINKS = frozenset({"embed", "audio", "video"})
_KNOWN = _CAPTIONS | _LINKS | {"gallery", "playlist"}
_SOURCES = ("src", "mp3", "m4a", "ogg", "wav", "mp4", "m4v", "webm", "ogv")


@dataclass(frozen=True, slots=True)
class Expanded:
    """HTML without shortcodes; `removed` names those that left nothing but what stood inside them."""

    html: str
    removed: tuple[str, ...] = ()


@dataclass
class _Writer:
    """What has been written, and the shortcode that is open (they do not nest): where it began, its name and attributes."""

    pieces: list[str] = field(default_factory=list)
    opened: tuple[int, str, dict[str, str]] | None = None
    removed: dict[str, None] = field(default_factory=dict)

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """Remember where a known shortcode begins; one that was never closed is gone."""
        self.abandon()
        self.opened = (len(self.pieces), name, attributes)

    def close(self, name: str) -> None:
        """Turn what stands between a known shortcode's begin and its end into HTML."""
        if self.opened and self.opened[1] == name:
            start, _, attributes = self.opened
            self.pieces[start:] = [_render_known(name, attributes, "".join(self.pieces[start:]))]
            self.opened = None

    def abandon(self) -> None:
        """Note an open shortcode as one that left nothing but what stands inside it."""
        if self.opened:
            self.removed[self.opened[1]] = None


def expand_shortcodes(text: str) -> Expanded:
    """The text of a post with its shortcodes expanded or removed; words inside of unknown ones are kept."""
    if "[" not in text:
        return Expanded(text)
    closed = {found["name"].lower() for found in _TAG.finditer(text) if found["end"]}
    writer, place = _Writer(), 0
    for found, in_code in _find(text):
        writer.pieces.append(text[place : found.start()])
        place = found.end()
        if in_code or found["name"] is None:
            writer.pieces.append(found[0])
        elif found["escaped"] and found["after"]:
            writer.pieces.append(found[0][1:-1])
        else:
            _take(writer, found, closed)
    writer.pieces.append(text[place:])
    writer.abandon()
    return Expanded("".join(writer.pieces), tuple(writer.removed))


def _find(text: str) -> Iterator[tuple[re.Match[str], bool]]:
    """Each tag, and whether it stands in code."""
    depth = 0
    for found in _TAG.finditer(text):
        depth += 1 if found["code"] else -1 if found["uncode"] and depth else 0
        yield found, depth > 0


def _take(writer: _Writer, found: re.Match[str], closed: set[str]) -> None:
    name = found["name"].lower()
    attributes = {key.lower(): a or b or c for key, a, b, c in _ATTRIBUTE.findall(found["rest"])}
    looks_so = attributes or name in closed or "-" in name or "_" in name or found["rest"].endswith("/")
    if name not in _KNOWN and not looks_so:
        writer.pieces.append(found[0])
        return
    writer.pieces.append(found["escaped"])
    if name not in _CAPTIONS | _LINKS:
        writer.removed[found["name"]] = None
    elif found["end"]:
        writer.close(name)
    elif name in closed:
        writer.open(name, attributes)
    else:
        writer.pieces.append(_render_known(name, attributes, ""))
    writer.pieces.append(found["after"])


def _render_known(name: str, attributes: dict[str, str], inner: str) -> str:
    if name in _CAPTIONS:
        return _render_figure(inner, attributes.get("caption", ""))
    address = next((attributes[key] for key in _SOURCES if key in attributes), "") or inner.strip()
    return f'\n\n<a href="{html.escape(html.unescape(address))}">{address}</a>\n\n' if address else ""


def _render_figure(inner: str, caption: str) -> str:
    """The picture, with the link around it, is all up to its tag's end; the caption is what follows."""
    start = inner.lower().rfind("<img")
    end = inner.find(">", start) + 1 if start >= 0 else 0
    words = re.sub(r"^\s*</a\s*>", "", inner[end:], flags=re.IGNORECASE)
    return f"\n\n<figure>{inner[:end]}<figcaption>{words.strip() or caption}</figcaption></figure>\n\n"
