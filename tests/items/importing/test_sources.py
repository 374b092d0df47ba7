from __future__ import annotations

import json
from io import BytesIO

import pytest

from digest.errors import ContentError
from digest.items.importing import sources
from digest.items.importing.entries import Skip
from digest.items.importing.sources import is_json, read_elements, read_json


def read(data: bytes) -> list[object]:
    """The texts of the items, or what was skipped."""
    found = read_elements(BytesIO(data), "x.xml", ("item",), ("channel",))
    return [element if isinstance(element, Skip) else element.text for element in found]


BOMB = b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    "prolog",
    [
        BOMB,
        b"<!DOCTYPE html>",
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a --><?pi?> " + BOMB,
        b"<!-- <rss> -->" + BOMB,
        b"<!doctype rss SYSTEM 'file:///etc/passwd'>",
        b'<!\x00DOCTYPE r [<!ENTITY a "x">]>',
    ],
)
def test_a_doctype_is_refused_before_anything_is_read(prolog: bytes) -> None:
    with pytest.raises(ContentError, match="DOCTYPE"):
        read(prolog + b"<rss><channel><item>&b;</item></channel></rss>")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"plain words",
        "<rss><channel><item>a</item></channel></rss>".encode("utf-16"),
        b"<?xml version='1.0'?><!-- " + b"x" * 70_000 + b"--><rss/>",
        b"<!ENTITY a 'b'>",
        b"<![CDATA[x]]>",
    ],
)
def test_what_is_no_xml_is_refused(data: bytes) -> None:
    with pytest.raises(ContentError):
        read(data)


@pytest.mark.parametrize("encoding", ["UTF-7", "UTF-16", "IBM037", "x"])
def test_an_encoding_that_could_hide_a_doctype_is_refused(encoding: str) -> None:
    with pytest.raises(ContentError, match="encoding"):
        read(f"<?xml version='1.0' encoding='{encoding}'?><rss><channel><item>a</item></channel></rss>".encode())


def test_a_doctype_in_the_words_of_an_item_is_none() -> None:
    assert read(b"<rss><channel><item><![CDATA[<!DOCTYPE html>]]></item></channel></rss>") == ["<!DOCTYPE html>"]


def test_an_encoding_is_heeded_and_control_characters_are_dropped() -> None:
    data = "<?xml version='1.0' encoding='windows-1252'?><rss><channel><item>caf\u00e9\x08\x0b</item></channel></rss>"
    assert read(data.encode("windows-1252")) == ["café"]


def test_an_entity_that_nobody_declared_ends_the_reading_with_its_line() -> None:
    found = read(b"<rss><channel><item>a</item>\n<item>&file;</item><item>b</item></channel></rss>")
    assert found[0] == "a"
    assert isinstance(found[1], Skip)
    assert (found[1].line, found[1].is_fault) == (2, True)
    assert "file" in found[1].why


def test_a_file_that_ends_too_soon_gives_what_it_holds() -> None:
    found = read(b"<rss><channel><item>a</item><item>b</item><item>c")
    assert found[:2] == ["a", "b"]
    assert isinstance(found[2], Skip)


def test_elements_elsewhere_are_passed_over() -> None:
    assert read(
        b"<rss><item>x</item><channel><image><item>y</item></image><item>a<item>z</item></item></channel></rss>"
    ) == ["a"]


def test_sizes_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_SIZE", 100)
    monkeypatch.setattr(sources, "MAX_JSON_SIZE", 50)
    with pytest.raises(ContentError, match="larger"):
        read(b"<rss>" + b" " * 100)
    with pytest.raises(ContentError, match="larger"):
        read_json(BytesIO(b"[" + b" " * 50 + b"]"), "x")


@pytest.mark.parametrize("data", [b"{", b"\xff{}", b"[" * 100_000, b"1" * 5000, b"[1,]"])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ContentError):
        read_json(BytesIO(data), "x.json")


def test_json_is_told_from_xml() -> None:
    assert is_json(BytesIO(b"\xef\xbb\xbf \n[1]"))
    assert not is_json(BytesIO(b"\n<rss/>"))
    assert read_json(BytesIO(b"\xef\xbb\xbf" + json.dumps({"a": "\u00e9"}).encode()), "x") == {"a": "é"}
