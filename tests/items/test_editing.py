from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from digest.errors import ContentError
from digest.items.editing import add_correction, add_withdrawal
from digest.items.model import Correction, Withdrawal
from digest.items.reading import read_item
from digest.settings import Settings

DAY = date(2022, 3, 1)
HEAD = "---\ntitle: A ship   # the name\ndate: 2022-02-28\nkind: update\ntopics: [russia]\n"
TAIL = "---\nA ship came in.\n"
ENTRY = "{date: 2022-03-01, note: Wrong}"


def added(before: str, after: str) -> list[str]:
    """The lines that are new; every other line must be the same and in its place."""
    left, new = before.splitlines(keepends=True), []
    for line in after.splitlines(keepends=True):
        if left and line == left[0]:
            left.pop(0)
        else:
            new.append(line)
    assert not left
    return new


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        ("", ["corrections:\n", "  - date: 2022-03-01\n", "    note: Wrong\n"]),
        ("# a last remark\n", ["corrections:\n", "  - date: 2022-03-01\n", "    note: Wrong\n"]),
        ("corrections:\n", ["  - date: 2022-03-01\n", "    note: Wrong\n"]),
        ("corrections:   # none\nurgent: true\n", ["  - date: 2022-03-01\n", "    note: Wrong\n"]),
        ("corrections:\n- date: 2022-02-28\n  note: One\n", ["- date: 2022-03-01\n", "  note: Wrong\n"]),
        ("corrections:\n    - {date: 2022-02-28, note: One}\n", ["    - date: 2022-03-01\n", "      note: Wrong\n"]),
        (
            "corrections:\n  - note: >\n      One\n    date: 2022-02-28 # c\n# x\n",
            ["  - date: 2022-03-01\n", "    note: Wrong\n"],
        ),
        (
            "corrections:\n  - date: 2022-02-28\n    note: |+\n      One\n\n\nurgent: true\n",
            ["  - date: 2022-03-01\n", "    note: Wrong\n"],
        ),
        ("corrections: [\n  {date: 2022-02-28, note: One},\n]\n", [f"  {ENTRY},\n"]),
    ],
)  # fmt: skip
def test_a_correction_only_adds_lines(settings: Settings, form: str, lines: list[str]) -> None:
    text = HEAD + form + TAIL
    edited = add_correction(text, "items/x.md", "Wrong", DAY)
    assert added(text, edited) == lines
    before, after = (read_item(one, "items/x.md", settings)[0] for one in (text, edited))
    assert before and after
    corrections = (*before.content.corrections, Correction(date=DAY, note="Wrong"))
    assert after.content == before.content.model_copy(update={"corrections": corrections})


@pytest.mark.parametrize(
    ("form", "edited"),
    [
        ("corrections: []\n", f"corrections: [{ENTRY}]\n"),
        ("corrections: [ ]   # none\n", f"corrections: [ {ENTRY}]   # none\n"),
        ("corrections: ~\n", f"corrections: [{ENTRY}]\n"),
        ("corrections: ''   # none\n", f"corrections: [{ENTRY}]   # none\n"),
        ("corrections: [{note: One, date: '2022-02-28'}]\n", f"corrections: [{{note: One, date: '2022-02-28'}}, {ENTRY}]\n"),
        ("corrections: [ {date: '2022-02-28'}, ]\n", f"corrections: [ {{date: '2022-02-28'}}, {ENTRY}, ]\n"),
    ],
)  # fmt: skip
def test_a_correction_in_brackets_joins_its_line(form: str, edited: str) -> None:
    assert add_correction(HEAD + form + TAIL, "x.md", "Wrong", DAY) == HEAD + edited + TAIL


def test_line_ends_byte_order_mark_and_a_missing_last_one_are_kept() -> None:
    text = "\ufeff" + (HEAD + "---\nA\u2029ship\n\n").replace("\n", "\r\n") + "came in."
    edited = add_correction(text, "x.md", "Wrong", DAY)
    assert edited == text.replace("]\r\n---", "]\r\ncorrections:\r\n  - date: 2022-03-01\r\n    note: Wrong\r\n---")
    old = HEAD.replace("\n", "\r") + "---"
    assert (
        add_withdrawal(old, "x.md", "False", DAY).endswith("\rwithdrawn:\r  date: 2022-03-01\r  reason: False\r---") is False
    )
    assert add_withdrawal(old, "x.md", "Untrue", DAY).endswith("\rwithdrawn:\r  date: 2022-03-01\r  reason: Untrue\r---")


@pytest.mark.parametrize(
    "front",
    [
        "{title: A ship, date: 2022-02-28, kind: update, topics: [russia]}\n",
        "{\n  title: A ship,\n  date: 2022-02-28,\n  kind: update,\n  topics: [russia], # last\n}\n",
        "  title: A ship\n  date: 2022-02-28\n  kind: update\n  topics: [russia]\n",
        "title: A ship\ndate: 2022-02-28\nkind: update\ntopics: [russia]\n...\n",
        "--- # begins\ntitle: A ship\ndate: 2022-02-28\nkind: update\ntopics: [russia]\n# ends\n",
        "? title\n: A ship\n? date\n: 2022-02-28\n? kind\n: update\n? topics\n: - russia\n? corrections\n:\n",
        "title: A ship\ndate: 2022-02-28\nkind: update\ntopics: [russia]\nsummary: |+\n  Text\n\n\n",
    ],
)  # fmt: skip
def test_front_matter_of_any_form_takes_a_correction_and_a_withdrawal(settings: Settings, front: str) -> None:
    text = f"---\n{front}---\nA ship came in.\n"
    before, problems = read_item(text, "items/x.md", settings)
    assert before, problems
    edited = add_withdrawal(add_correction(text, "x.md", "Wrong: [a], {b} # c", DAY), "x.md", "Untrue", DAY)
    after, _ = read_item(edited, "items/x.md", settings)
    assert after
    assert after.content.corrections == (Correction(date=DAY, note="Wrong: [a], {b} # c"),)
    assert after.content.withdrawn == Withdrawal(date=DAY, reason="Untrue")
    assert after.content == before.content.model_copy(
        update={"corrections": after.content.corrections, "withdrawn": after.content.withdrawn}
    )


@pytest.mark.parametrize(
    ("note", "read"),
    [
        ('He said "no": it\'s\nnot  so.', 'He said "no": it\'s not so.'),
        ("  - # not: a comment \r\n", "- # not: a comment"),
        ("👩‍💻 \u2028 ok\x85🇺🇦", "👩‍💻 ok 🇺🇦"),
        ("صدر خطأ: الرقم ٣", "صدر خطأ: الرقم ٣"),
        ("e\u0301te\u0301", "été"),
        ("null", "null"),
        ("a, {b}] \\ %", "a, {b}] \\ %"),
    ],
)
@pytest.mark.parametrize("form", ["", "corrections: []\n"])
def test_a_note_reads_back_as_it_was_said(settings: Settings, note: str, read: str, form: str) -> None:
    item, problems = read_item(add_correction(HEAD + form + TAIL, "x.md", note, DAY), "items/x.md", settings)
    assert item, problems
    assert item.content.corrections[0].note == read


def test_updated_is_written_only_when_asked_for(settings: Settings) -> None:
    moment = datetime(2022, 3, 1, 10, 0, tzinfo=UTC)
    assert "updated" not in add_correction(HEAD + TAIL, "x.md", "Wrong", DAY)
    for form in (
        "",
        "updated: 2022-02-28   # first\n",
        "updated:\n",
        "updated: |\n  2022-02-28\n",
        "updated: '2022-02-28'\n",
    ):
        edited = add_correction(HEAD + form + TAIL, "x.md", "Wrong", DAY, moment)
        item, problems = read_item(edited, "items/x.md", settings)
        assert item, problems
        assert item.content.updated_at == moment
        assert ("# first" in edited) == ("# first" in form)


def test_a_withdrawal_fills_an_empty_field_and_never_comes_twice(settings: Settings) -> None:
    once = add_withdrawal(HEAD + "withdrawn:\n" + TAIL, "x.md", "Untrue", DAY)
    assert once == HEAD + "withdrawn:\n  date: 2022-03-01\n  reason: Untrue\n" + TAIL
    for text in (once, HEAD + "withdrawn: {}\n" + TAIL, HEAD + "withdrawn: yes\n" + TAIL):
        with pytest.raises(ContentError, match="withdrawn already"):
            add_withdrawal(text, "x.md", "Untrue", DAY)


def test_a_file_in_decomposed_letters_is_edited_at_the_right_place() -> None:
    form = "issuer: Cafe\u0301\ncorrections: [{note: re\u0301sume\u0301, date: 2022-02-28}] # e\u0301\n"
    edited = add_correction(HEAD + form + TAIL, "x.md", "Wrong", DAY)
    assert edited == HEAD + form.replace("28}]", f"28}}, {ENTRY}]") + TAIL


@pytest.mark.parametrize(
    "text",
    ["", "No front matter.\n", "---\ntitle: x\n", "---\ntitle: 'x\n---\n", "---\n- x\n---\n", "---\na: *b\n  c\n---\n"],
)
def test_a_file_without_readable_front_matter_is_refused_with_its_line(text: str) -> None:
    for edit in (add_correction, add_withdrawal):
        with pytest.raises(ContentError, match=r"^items/x\.md:[0-9]+"):
            edit(text, "items/x.md", "Wrong", DAY)


@pytest.mark.parametrize(
    ("form", "note", "day", "says"),
    [
        ("corrections: yes\n", "Wrong", DAY, "no list"),
        ("corrections: {date: x}\n", "Wrong", DAY, "no list"),
        ("corrections: [{date: 2022-03-02, note: One}]\n", "Wrong", DAY, "dated 2022-03-02"),
        ("", " \n\u200b", DAY, "1 to 2000"),
        ("", "x" * 2001, DAY, "1 to 2000"),
        ("", "a\u202eb", DAY, "RIGHT-TO-LEFT OVERRIDE"),
        ("", "Wrong", date(1, 1, 1), "year 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_correction_is_refused(form: str, note: str, day: date, says: str) -> None:
    with pytest.raises(ContentError, match=says):
        add_correction(HEAD + form + TAIL, "x.md", note, day)


def test_faults_elsewhere_do_not_hold_an_edit_back(item_text: Callable[..., str]) -> None:
    text = item_text(kind="nonsense", extra="colour: red")
    assert "withdrawn:\n  date: 2022-03-01" in add_withdrawal(text, "x.md", "Untrue", DAY)


def test_front_matter_that_has_no_room_left_is_refused() -> None:
    many = "".join(f"k{number}: v\n" for number in range(494))
    with pytest.raises(ContentError, match="only a person"):
        add_correction(HEAD + many + TAIL, "x.md", "Wrong", DAY)


def test_front_matter_with_an_alias_is_refused() -> None:
    with pytest.raises(ContentError, match="only a person"):
        add_correction(HEAD + "issuer: *us\n" + TAIL, "x.md", "Wrong", DAY)
