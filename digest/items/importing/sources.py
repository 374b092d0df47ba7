"""The files that are imported: which sort one is, and XML read as a stream, refused when it declares anything."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

from lxml import etree

from digest.errors import ContentError
from digest.items.importing.entries import Skip

__all__ = ["MAX_JSON_SIZE", "MAX_SIZE", "Element", "is_json", "local_name", "measure", "read_elements", "read_json"]

MAX_SIZE = 200 * 1024 * 1024
"""Bytes; a larger file is refused."""

MAX_JSON_SIZE = 50 * 1024 * 1024
"""Bytes of JSON, which is read at once."""

Element = Any
"""An element of lxml."""

_HEAD_SIZE = 64 * 1024
_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\r")
_PROLOG = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml\s(?P<declaration>[^>]*?)\?>)?(?>\s+|<\?.*?\?>|<!--.*?-->)*+(?P<next><!?[A-Za-z_:])?",
    re.DOTALL,
)
_ENCODING = re.compile(
    rb"""encoding\s*=\s*["'](?:utf-?8|us-ascii|ascii|iso-8859-[0-9]{1,2}|latin1|windows-125[0-9]|cp125[0-9]|koi8-[ru])["']""",
    re.IGNORECASE,
)


def measure(stream: BinaryIO, file: str) -> int:
    """The size of a file in bytes; the stream then stands at its begin.

    Raises:
        ContentError: it is larger than `MAX_SIZE`.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > MAX_SIZE:
        raise ContentError(file, f"it is larger than {MAX_SIZE // 1024**2} MB", "Export it in several parts.")
    return size


def is_json(stream: BinaryIO) -> bool:
    """Whether a file begins as JSON does; the stream then stands at its begin."""
    head = stream.read(_HEAD_SIZE).removeprefix(b"\xef\xbb\xbf").lstrip()
    stream.seek(0)
    return head.startswith((b"{", b"["))


def read_json(stream: BinaryIO, file: str) -> Any:
    """The value of a JSON file.

    Raises:
        ContentError: it is too large, or no JSON in UTF-8.
    """
    if measure(stream, file) > MAX_JSON_SIZE:
        raise ContentError(file, f"it is larger than {MAX_JSON_SIZE // 1024**2} MB of JSON", "Save it in several parts.")
    try:
        return json.loads(stream.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ContentError(file, "it is not UTF-8 text", "Save it anew as UTF-8.") from None
    except json.JSONDecodeError as error:
        raise ContentError(f"{file}:{error.lineno}", f"it is no JSON ({error.msg})", "Save it anew.") from None
    except (ValueError, RecursionError):
        raise ContentError(file, "its JSON is nested too deep, or holds a number without end", "Save it anew.") from None


def read_elements(stream: BinaryIO, file: str, names: Collection[str], parents: Collection[str]) -> Iterator[Element | Skip]:
    """The elements of those local names that stand in such parents, one after the other, each gone when the next one comes.

    Nothing is declared, expanded or loaded. Control characters, which XML cannot hold, are left out. Where the file is not
    well-formed, a `Skip` says so and is the last.

    Raises:
        ContentError: it is too large, no XML in a common encoding, or has a DOCTYPE.
    """
    measure(stream, file)
    _refuse_declarations(stream.read(_HEAD_SIZE), file)
    stream.seek(0)
    events = etree.iterparse(
        _Clean(stream),
        events=("end",),
        tag=[f"{{*}}{name}" for name in names],
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    before: Element = None
    try:
        for _, element in events:
            if element.getparent() is None or local_name(element.getparent()) not in parents:
                continue
            yield element
            _forget(before)
            element.clear(keep_tail=True)
            before = element
    except etree.XMLSyntaxError:
        first = next(iter(events.error_log), None)
        why, line = (first.message, first.line) if first else ("it ends too soon", 0)
        yield Skip("", f"the XML is broken here, and what follows is not read: {why}", line, is_fault=True)


class _Clean:
    """A stream without the control characters that make XML unreadable."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int) -> bytes:
        """The next bytes; none only at the end."""
        while data := self._stream.read(size):
            if clean := data.translate(None, _CONTROLS):
                return clean
        return b""


def _refuse_declarations(head: bytes, file: str) -> None:
    """A DOCTYPE can stand only before the first element, and entities can be declared only there (XML 1.0 section 2.8)."""
    found = _PROLOG.match(head.translate(None, _CONTROLS))
    declaration = (found["declaration"] if found else None) or b""
    if b"encoding" in declaration and not _ENCODING.search(declaration):
        raise ContentError(file, "its encoding is not a common one", "Save it anew as UTF-8.")
    begin = found["next"] if found else None
    if begin is None:
        raise ContentError(file, "it is neither XML nor JSON", "Save the export or feed itself, not a page of the site.")
    if begin.startswith(b"<!"):
        cause = "it declares a DOCTYPE, which can make a small file endless"
        raise ContentError(file, f"{cause}; no feed or export needs one", "Remove the declaration, or save the file anew.")


def _forget(element: Element) -> None:
    """Free an element that is done with; the parser may still write behind the newest one."""
    if element is not None and element.getparent() is not None:
        element.getparent().remove(element)


def local_name(element: Element) -> str:
    """An element's name without its namespace."""
    return str(etree.QName(element).localname)
