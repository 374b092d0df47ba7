"""A body says what it would lose, and does not nest without end."""

from __future__ import annotations

import time

import pytest

from digest.items.bodies import MAX_NESTING, inspect_body


def test_a_plain_body_has_no_faults() -> None:
    assert not list(inspect_body("# a\n\n*b* [c](https://e.org) `<d>` <https://e.org>\n\n    &#1;\n\n> - x"))


@pytest.mark.parametrize(
    ("markdown", "line", "words", "severity"),
    [
        ("a\n\nb <b>c</b>", 3, "HTML tags", "warning"),
        ("a\n\n<!-- b -->", 1, "HTML tags", "warning"),
        ("a\n\n![b](c.png)", 3, "pictures", "warning"),
        ("a\n\n- [b](javascript:c)", 3, "address", "warning"),
        ("a\n\n[b](www.example.org)", 3, "www.example.org", "warning"),
        ("a\n\nb &#x202e;", 3, "U+202E", "error"),
        ("a\n\nb &#7;", 3, "U+0007", "error"),
    ],
)
def test_what_would_be_lost_is_named_with_its_line(markdown: str, line: int, words: str, severity: str) -> None:
    [finding] = inspect_body(markdown)
    assert (finding.line, finding.severity) == (line, severity)
    assert words in finding.text


def test_each_sort_of_loss_is_named_once() -> None:
    assert len(list(inspect_body("<a>\n\n" * 1000))) == 1


@pytest.mark.parametrize("mark", ["> ", "- ", "1. "])
def test_nesting_has_a_limit(mark: str) -> None:
    assert not list(inspect_body(mark * MAX_NESTING + "x"))
    [finding] = inspect_body("a\n\n" + mark * (MAX_NESTING + 1) + "x")
    assert finding.line == 3
    assert finding.severity == "error"


@pytest.mark.parametrize(
    "markdown", [">" * 10**6, "- " * 10**5, "[" * 10**6, "*a _b " * 10**5, "<!--" * 10**5, "![a" * 10**5, "<a " * 10**5]
)
def test_hostile_bodies_are_judged_in_time(markdown: str) -> None:
    start = time.process_time()
    list(inspect_body(markdown))
    assert time.process_time() - start < 4
