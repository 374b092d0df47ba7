"""An excerpt never says what the text does not say."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mail.excerpts import excerpt, find_dangling, find_open

WORDS = st.sampled_from(
    ["word", "слово", "كلمة", "“said", "said”", "«мы", "уйдём»", "„wir", "gehen“", '"straight', 'end"', "‘inner", "inner’",
     "workers’", "it’s", "5”", '5"', "(aside", "aside)", "[cut", "1", "200", "Mr.", "end.", "—", "“", "”", "»", "«", "“(a"]
)  # fmt: skip


@example(words=["“said", "word", "«мы", "word", "word"], limit=14)
@given(words=st.lists(WORDS, max_size=40), limit=st.integers(5, 120))
def test_an_excerpt_never_breaks_a_quotation_or_an_aside(words: list[str], limit: int) -> None:
    text = " ".join(words)
    short = excerpt(text, limit)

    assert len(short) <= limit
    if short != text:
        assert "…" in short
        assert find_open(short) == []


@given(words=st.lists(WORDS, max_size=40), limit=st.integers(5, 120))
def test_an_excerpt_is_the_beginning_of_its_text(words: list[str], limit: int) -> None:
    text = " ".join(words)
    head = excerpt(text, limit).rpartition("…")[0]

    assert text.startswith(head)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Short.", "Short."),
        ("Two  blanks\nand a line.", "Two blanks and a line."),
        ("One two three four five six", "One two three four…"),
        ("He said: “we will not go” yes", "He said…"),
        ("Said: “we go” and then more words", "Said: “we go” and…"),
        ('He said "we will not go" and "we', "He said…"),
        ("«Слово за словом и ещё слово", "«Слово за словом и…»"),
        ("„Wir gehen“ sagte er dann mehr", "„Wir gehen“ sagte er…"),
        ("It’s the workers’ own words here", "It’s the workers’ own…"),
        ("Yes (as he said on that day) no", "Yes (as he said on…)"),
        ("They will go (as he said) no", "They will go…"),
        ("“She said ‘we will never go’ then”", "“She said ‘we will…’”"),
        ("In all there were 1 200 of us", "In all there were…"),
        ("And this was told to Mr. Smith yesterday", "And this was told to…"),
        ('A pipe of 5" and one of 6" here', 'A pipe of 5" and one…'),
        ("»Vi går nu« sagde han til dem", "»Vi går nu« sagde han…"),
    ],
)
def test_an_excerpt_ends_behind_a_word_and_never_inside_a_quotation(text: str, short: str) -> None:
    assert excerpt(text, 22) == short


@pytest.mark.parametrize(
    ("text", "still_open"),
    [
        ("plain", ""),
        ("“open", "”"),
        ("“a” “b", "”"),
        ("(“a", ")”"),
        ("“a (b”", ""),
        ("‘tis not closed", "’"),
        ("don’t", ""),
        ("rock ’n’ roll", ""),
        ("an end” without a beginning", ""),
        ("”نص“ ثم نص", ""),
        ("« Nous partons", "»"),
        ("« Nous partons » et", ""),
        ("「引用", "」"),
    ],
)
def test_what_is_open_is_known(text: str, still_open: str) -> None:
    assert "".join(one.closing for one in find_open(text)) == still_open


@pytest.mark.parametrize(
    ("text", "dangling"), [("killed 1", "1"), ("with Mr", "Mr"), ("by Dr.", "Dr."), ("they did not", ""), ("24", "")]
)
def test_a_figure_or_title_at_the_end_is_known(text: str, dangling: str) -> None:
    assert find_dangling(text) == dangling
