"""However an item file is written, a correction or withdrawal only adds itself, and the file reads as before plus that."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from digest.errors import ContentError
from digest.items.characters import find_forbidden, fold, is_visible, normalise
from digest.items.editing import add_correction, add_withdrawal
from digest.items.model import Correction, Withdrawal
from digest.items.reading import read_item
from digest.settings import build_settings

SETTINGS = build_settings(
    """
    [newsroom]
    name = "Harbour Rights"
    title = "Harbour Rights newsroom"
    zone = "Europe/London"
    base_url = "https://news.example.org"
    postal_address = "1 Quay, Porttown"
    tag_authority = "example.org,2020"
    [topics.russia]
    title = "Russia"
    [kinds.update]
    title = "Update"
    """,
    {},
)
DAY = date(2022, 3, 1)
NOTES = st.text(max_size=60) | st.lists(st.sampled_from([*"ab: #[]{},'\"\\\n\r\t-?&*!|>%@`é\u0301👩‍💻ش\u200f", "null"])).map(
    "".join
)
COMMENTS = st.sampled_from(["", "", "   # why: [this]", " #", "\t# tab"])
VALUES = st.sampled_from(
    ["text", "'it''s'", '"a \\" b"', "two\n   lines", "|\n  block\n  more", ">-\n  folded", "|+\n  kept\n\n"]
)
SCALARS = st.sampled_from(
    ["One", "'One: 1'", '"One"', "One\n      two", "|\n      One", ">+\n      One\n", "e\u0301te\u0301"]
)


@st.composite
def correction_fields(draw: st.DrawFn) -> str:
    """No corrections, an empty field, or a list in some style, of some length."""
    count = draw(st.integers(0, 3))
    end = draw(COMMENTS)
    if not count:
        return draw(
            st.sampled_from(
                [
                    "",
                    f"corrections:{end}\n",
                    f"corrections: []{end}\n",
                    f"corrections: ~{end}\n",
                    f"corrections: [{end}\n ]\n",
                ]
            )
        )
    if draw(st.booleans()):
        entries = [
            "{date: 2022-02-28, note: One}",
            "{ note: 'a, ]', date: '2022-02-28', }",
            '{"date": 2022-02-28, "note": "b"}',
        ]
        comma, close = (
            draw(st.sampled_from([", ", " , ", ",\n   ", f",{end}\n   "])),
            draw(st.sampled_from(["", ",", " ,", f"{end}\n ", ",\n "])),
        )
        return (
            f"corrections: [{draw(st.sampled_from(['', ' ', chr(10) + '   ']))}{comma.join(entries[:count])}{close}]{end}\n"
        )
    indent = " " * draw(st.integers(0, 3))
    parts = []
    for _ in range(count):
        pair = [f"date: 2022-02-28{end}\n", f"note: {draw(SCALARS)}\n"]
        first, second = pair if draw(st.booleans()) else reversed(pair)
        remark = draw(st.sampled_from(["", "# between\n", "\n", "      # deep\n"]))
        parts.append(f"{indent}- {first}{indent}  {second}{remark}")
    return f"corrections:{end}\n{''.join(parts)}"


@st.composite
def files(draw: st.DrawFn) -> str:
    """An item file in any style that the reader takes."""
    fields = ["title: A ship", "date: 2022-02-28", "kind: update", "topics:\n- russia", f"summary: {draw(VALUES)}"]
    lines = [f"{field}{'' if field.startswith(('topics', 'summary')) else draw(COMMENTS)}\n" for field in fields]
    lines.append(draw(correction_fields()))
    lines += draw(st.lists(st.sampled_from(["# a remark\n", "\n", "   # another\n"]), max_size=3))
    front = "".join(draw(st.permutations(lines)))
    front = draw(st.sampled_from(["", "--- # opens\n"])) + front + draw(st.sampled_from(["", "", "...\n", "... # done\n"]))
    body = draw(st.sampled_from(["", "\nA ship.\n", "\n\n  A *ship*.  \n\n---\ncorrections:\n", "\nNo end", "\n---\n\n"]))
    text = f"{draw(st.sampled_from(['', chr(0xFEFF)]))}---{draw(st.sampled_from(['', ' ', chr(9)]))}\n{front}---{body}"
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n", "\r"])))


def removed(before: str, after: str) -> str:
    """What must be taken out of `after`, in one piece, to have `before` again."""
    assert len(after) > len(before)
    start = next((place for place, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    size = len(after) - len(before)
    places = [place for place in range(start, -1, -1) if after[:place] + after[place + size :] == before]
    assert places, "something else was changed"
    return after[places[0] : places[0] + size]


@given(files(), NOTES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_style_of_file_gets_its_correction_and_nothing_else(text: str, note: str) -> None:
    before, problems = read_item(text, "items/x.md", SETTINGS)
    assume(before)
    assert before, problems
    said = normalise(fold(note))
    if not is_visible(said) or list(find_forbidden(said)):
        return
    edited = add_correction(text, "items/x.md", note, DAY)
    if "corrections: ~" not in text:
        removed(text, edited)
    after, problems = read_item(edited, "items/x.md", SETTINGS)
    assert after, problems
    whole = (*before.content.corrections, Correction(date=DAY, note=said))
    assert after.content == before.content.model_copy(update={"corrections": whole})
    gone = add_withdrawal(edited, "items/x.md", note, DAY)
    removed(edited, gone)
    last, problems = read_item(gone, "items/x.md", SETTINGS)
    assert last, problems
    assert last.content == after.content.model_copy(update={"withdrawn": Withdrawal(date=DAY, reason=said)})


YAML_LIKE = st.lists(
    st.sampled_from([*"ab:-#[]{}&*!|>'\"%@`?,~\n \t\u0301", "\n  ", "\ncorrections: ", "\n- ", "date: 2022-02-28", "\n..."])
).map("".join)


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=80) | YAML_LIKE)
@settings(max_examples=400, deadline=None)
def test_any_front_matter_is_edited_or_refused_in_plain_words(inner: str) -> None:
    text = f"---\ntitle: A ship\ndate: 2022-02-28\nkind: update\ntopics: [russia]\n{inner}\n---\nA ship came in."
    before, _ = read_item(text, "items/x.md", SETTINGS)
    try:
        edited = add_correction(text, "items/x.md", "Wrong", DAY)
    except ContentError:
        assert before is None
        return
    after, _ = read_item(edited, "items/x.md", SETTINGS)
    assert (after is None) == (before is None)
    if before and after:
        assert after.content.corrections == (*before.content.corrections, Correction(date=DAY, note="Wrong"))


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_what_was_taken_out_is_the_correction_alone(ending: str) -> None:
    text = "---\ntitle: A ship\ndate: 2022-02-28\nkind: update\ntopics: [russia]\n---\n".replace("\n", ending)
    said = removed(text, add_correction(text, "x.md", "Wrong", DAY))
    assert sorted(said.split()) == sorted(["corrections:", "-", "date:", "2022-03-01", "note:", "Wrong"])
