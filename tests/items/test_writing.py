"""Front matter as written: pleasant where it can be plain, quoted where it must be."""

from __future__ import annotations

import pytest

from digest.items.frontmatter import read_front_matter
from digest.items.writing import FieldValue, render_item, render_value


def test_an_item_file_looks_as_if_typed() -> None:
    text = render_item(
        {
            "title": "A ship’s crew",
            "date": "2022-02-28T09:00+00:00",
            "topics": ("russia", "ukraine"),
            "summary": "It said: no",
            "url": None,
            "photo": {"src": None, "caption": "Quay", "credit": "A/B"},
            "corrections": [{"date": "2022-03-01", "note": "x"}],
            "urgent": True,
        },
        "\n\nBody.\n\n",
    )
    assert text == (
        "---\ntitle: A ship’s crew\ndate: 2022-02-28T09:00+00:00\ntopics: [russia, ukraine]\n"
        'summary: "It said: no"\nphoto:\n  caption: Quay\n  credit: A/B\ncorrections:\n  - date: 2022-03-01\n    note: x\n'
        "urgent: true\n---\nBody.\n"
    )


@pytest.mark.parametrize(
    "value",
    [
        "",
        " x ",
        "null",
        "~",
        "yes",
        "No",
        "true",
        "- x",
        "# x",
        "a # b",
        "a: b",
        "a:",
        "[x]",
        "{x}",
        "*x",
        "&x",
        "!x",
        "@x",
        "%x",
        "'x'",
        '"x"',
        "\\n",
        "a\nb",
        "a\tb",
        "|",
        ">",
        "?",
        "---",
        "...",
        "`x`",
        "\u2028",
        "\ufeff",
        "😀",
        "1,2",
    ],
)
def test_text_reads_back_as_itself(value: str) -> None:
    fields: dict[str, FieldValue] = {"a": value, "b": [value, value], "c": {"d": value}, "e": [{"f": value}]}
    matter = read_front_matter(render_item(fields))
    expected = "\ufffd" if value == "\u2028" else value
    assert matter.readable
    assert matter.data == {"a": expected, "b": [expected] * 2, "c": {"d": expected}, "e": [{"f": expected}]}


def test_empty_lists_and_tables_stay_empty() -> None:
    assert read_front_matter(render_item({"a": [], "b": {}})).data == {"a": [], "b": {}}
    assert render_value(()) == "[]"
