"""Front matter is read strictly, and every fault is named with its line."""

from __future__ import annotations

import time

import pytest

from digest.items.frontmatter import FrontMatter, read_front_matter
from digest.items.plainmatter import read_plain


def read(inner: str) -> FrontMatter:
    return read_front_matter(f"---\n{inner}\n---\nbody\n")


def faults(inner: str) -> list[tuple[int, tuple[str | int, ...]]]:
    return [(fault.line, fault.path) for fault in read(inner).faults]


def test_every_scalar_stays_text() -> None:
    matter = read("date: 2022-02-30\nno: yes\ncount: 1_000\nsexagesimal: 12:30:45\nempty:\nnothing: null\nquoted: 'null'")
    assert matter.data == {
        "date": "2022-02-30",
        "no": "yes",
        "count": "1_000",
        "sexagesimal": "12:30:45",
        "empty": None,
        "nothing": None,
        "quoted": "null",
    }
    assert not matter.faults


def test_each_field_knows_its_line() -> None:
    matter = read("title: |\n  a\n  b\nphoto:\n  src: x\n  credit: y\ncorrections:\n  - date: d\n    note: n\n  - note: m")
    assert matter.line(("photo", "credit")) == 7
    assert matter.line(("corrections", 0, "note")) == 10
    assert matter.line(("corrections", 1, "note")) == 11
    assert matter.line(("corrections", 1, "date")) == 11, "an absent field is shown at the one around it"
    assert matter.line(("kind",)) == 1
    assert matter.body_line == 13


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_byte_order_mark_and_line_ends_are_accepted(end: str) -> None:
    matter = read_front_matter("\ufeff" + end.join(["--- ", "title: x", "---", "body", ""]))
    assert matter.data == {"title": "x"}
    assert matter.body == "body\n"
    assert not matter.faults


def test_a_rule_in_the_body_does_not_end_it() -> None:
    assert read_front_matter("---\na: b\n---\none\n\n---\n\ntwo").body == "one\n\n---\n\ntwo"


@pytest.mark.parametrize("text", ["", "title: x\n", "\n---\na: b\n---\n", "---\na: b\n", "----\na: b\n---\n"])
def test_a_file_without_front_matter_is_refused(text: str) -> None:
    matter = read_front_matter(text)
    assert not matter.readable
    assert matter.faults[0].line == 1


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("a: x\na: y", [(3, ("a",))]),
        ("p:\n  s: 1\n  s: 2", [(4, ("p", "s"))]),
        ("a: &anchor x\nb: *anchor", [(2, ("a",)), (3, ("b",))]),
        ("a: !!python/object/apply:os.system [ls]", [(2, ("a",))]),
        ("a: !x y", [(2, ("a",))]),
        ("a: [[[[[[[[[x]]]]]]]]]", [(2, ("a",))]),
        ("a: one #two", [(2, ("a",))]),
        ("a: b: c", [(2, ("a",))]),
        ('x: 1\na: "b" c', [(3, ("a",))]),
        ('x: 1\na: "open\nb: c', [(3, ("a",))]),
        ("x: 1\na: [b,\nc: d", [(3, ("a",))]),
        ("x: 1\na: @b", [(3, ("a",))]),
        ("x: 1\n\ta: b", [(3, ())]),
        ("- a", [(2, ())]),
        ("just words", [(2, ())]),
        ("? [a]\n: b", [(2, ())]),
        ("a: 1\n...\nb: 2", [(4, ())]),
        ("a: 1\n--- b", [(3, ())]),
        ("%YAML 1.1", [(3, ())]),
        ('x: 1\na: "\\u202e"', [(3, ("a",))]),
        ('x: 1\na: "\\0"', [(3, ("a",))]),
    ],
)
def test_what_yaml_allows_and_we_do_not(inner: str, expected: list[tuple[int, tuple[str | int, ...]]]) -> None:
    assert sorted(faults(inner)) == expected


def test_a_comment_is_a_comment_only_after_a_blank() -> None:
    assert not faults("a: one # two\nb: C#\n# three")


def test_hidden_characters_are_named_with_field_and_line() -> None:
    matter = read_front_matter("---\ntitle: x\nphoto:\n  credit: a\u202eb\n---\n\nbo\x00dy")
    assert [(fault.line, fault.path) for fault in matter.faults] == [(4, ("photo", "credit")), (7, ("body",))]
    assert "U+202E RIGHT-TO-LEFT OVERRIDE" in matter.faults[0].text
    assert "\u202e" not in str(matter.data)


def test_a_file_full_of_hidden_characters_does_not_flood_the_list() -> None:
    assert len(read_front_matter("---\na: b\n---\n" + "\x01\n" * 1000).faults) == 20


def test_text_is_brought_to_form_c() -> None:
    matter = read_front_matter('---\na: e\u0301\nb: "e\\u0301"\n---\ne\u0301')
    assert matter.data == {"a": "\u00e9", "b": "\u00e9"}
    assert matter.body == "\u00e9"


def test_id_and_status_are_known_though_the_rest_is_broken() -> None:
    matter = read("id: a-ship\nstatus: draft  # yet\ntitle: a: b")
    assert matter.data == {"id": "a-ship", "status": "draft"}
    assert not matter.readable


@pytest.mark.parametrize(
    "inner",
    [
        "a: " + "[" * 500_000,
        "? " * 500_000,
        "a: " + "{" * 500_000,
        "[1," * 300_000,
        "a: [" + "x," * 400_000 + "]",
        "a" * 10**6,
        "".join(f"k{n}: v\n" for n in range(100_000)),
    ],
)
def test_hostile_front_matter_is_refused_at_once(inner: str) -> None:
    start = time.process_time()
    assert read(inner).faults
    assert time.process_time() - start < 2


def test_what_people_write_needs_no_parser() -> None:
    source = """\
title: Harbour, what we know so far
date: 2022-02-28   # or a moment
topics: [russia, ukraine]
summary: "It's said: 'no' # comment, [none]"
url: https://e.org/a?b=c#d

# photo below
photo:
  src: quay.jpg
  alt: 'A quay, "old"'
  caption:
review: []
issuer: ~"""
    assert read_plain(source.split("\n")) == (
        {
            "title": "Harbour, what we know so far",
            "date": "2022-02-28",
            "topics": ["russia", "ukraine"],
            "summary": "It's said: 'no' # comment, [none]",
            "url": "https://e.org/a?b=c#d",
            "photo": {"src": "quay.jpg", "alt": 'A quay, "old"', "caption": None},
            "review": [],
            "issuer": None,
        },
        {
            ("title",): 2,
            ("date",): 3,
            ("topics",): 4,
            ("topics", 0): 4,
            ("topics", 1): 4,
            ("summary",): 5,
            ("url",): 6,
            ("photo",): 9,
            ("photo", "src"): 10,
            ("photo", "alt"): 11,
            ("photo", "caption"): 12,
            ("review",): 13,
            ("issuer",): 14,
        },
    )


@pytest.mark.parametrize(
    "line",
    [
        'a: "x\\n"',
        "a: &b c",
        "a: one #two",
        "a: [b, [c]]",
        "a: |",
        "- a",
        "a: b\ta",
        " a: b",
        "a: b\n  c: d",
        "a: b\na: c",
        "a: b: c",
        "a: b:",
        "a: @b",
    ],
)
def test_whatever_is_in_doubt_is_left_to_the_parser(line: str) -> None:
    assert read_plain(line.split("\n")) is None
