"""What a designer can do wrong is named before a letter depends on it, at the line where it stands."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from digest import shipped
from digest.errors import TemplateError
from digest.mail.letter import Letter
from digest.mail.pieces import Inliner
from digest.mail.style_sheets import judge_style_sheets, read_rules
from digest.mail.trial_templates import try_templates
from digest.templates import Templates

BODY = ".body { margin: 0; padding: 0; }"
HOVER = ".plain:hover{text-decoration:underline!important}"

Change = Callable[[str, str, str], Templates]


@pytest.fixture
def change(tmp_path: Path) -> Change:
    """The shipped mail templates with one change; the words to be changed are there once at least."""

    def build(name: str, old: str, new: str) -> Templates:
        shutil.copytree(str(shipped.folder("templates") / "mail"), tmp_path / "mail")
        file = tmp_path / "mail" / name
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")
        return Templates(tmp_path)

    return build


def _line(templates: Templates, name: str, words: str) -> int:
    lines = templates.read_bytes(name).decode().splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


def test_the_shipped_templates_are_sound_in_every_language(templates: Templates) -> None:
    assert try_templates(templates, ("en", "uk", "ru", "ar", "fr", "es")) == ()


@pytest.mark.parametrize(
    ("new", "at", "says"),
    [
        (f"td.item + td {{ color: red; }}\n{BODY}", "td.item + td", "neighbours"),
        (f".item ~ .item {{ color: red; }}\n{BODY}", ".item ~ .item", "neighbours"),
        (f"tr:first-child .item {{ color: red; }}\n{BODY}", "tr:first-child", "would be lost"),
        (f".plain:hover {{ color: red; }}\n{BODY}", ".plain:hover", "head.css"),
        (f"@font-face {{ font-family: X; src: url(x.woff); }}\n{BODY}", "@font-face", "loads something"),
        (f"@media print {{ .item {{ color: red; }} }}\n{BODY}", "@media", "move this block to head.css"),
        (f"@page {{ margin: 0 }}\n{BODY}", "@page", "head.css"),
        (BODY.removesuffix("}"), ".body", "not closed"),
        (BODY + "}", ".body", "one } too many"),
        (BODY.replace("0; }", "0; background: rgb(0 0 0 / 80%); }"), ".body", "not understood"),
        (BODY.replace("0; }", "0; color: #12345; }"), ".body", "not understood"),
        (BODY.replace("0; }", "0; color: var(--ink); }"), ".body", "variables"),
        (BODY.replace("0; }", "0; --ink: red; }"), ".body", "variables"),
        (BODY.replace("padding: 0; }", "padding }"), ".body", "no declaration"),
        (f"/* {BODY}", "/*", "no end"),
        (BODY.replace(".body", ".body, , .box"), ".body", "comma"),
        (BODY.replace(".body", "..body"), "..body", "no selector"),
        (BODY.replace(".body", ".body < .box"), ".body <", "no selector"),
    ],
)
def test_a_rule_that_would_be_lost_or_spoil_others_is_named_once(new: str, at: str, says: str, change: Change) -> None:
    templates = change("mail.css", BODY, new)

    (problem,) = try_templates(templates, ("en", "ar"))

    assert problem.file == "templates/mail/mail.css"
    assert problem.line == _line(templates, "mail/mail.css", at)
    assert says in problem.text
    assert problem.severity == "error"


@pytest.mark.parametrize(
    ("new", "at", "says"),
    [
        (HOVER.removesuffix("}"), ".plain:hover", "not closed"),
        (HOVER + "}", ".plain:hover", "one } too many"),
        (f"@import url(x.css);\n{HOVER}", "@import", "loads something"),
        (f"{HOVER}\n.item{{background:url(https://x.example/a.png)}}", "url(", "loads something"),
        (f"{HOVER}</style>", "</style>", "ends the style block"),
    ],
)
def test_the_block_that_goes_out_as_it_is_stays_whole_and_loads_nothing(
    new: str, at: str, says: str, change: Change
) -> None:
    templates = change("head.css", HOVER, new)

    problem = try_templates(templates, ("en",))[0]

    assert (problem.file, problem.line) == ("templates/mail/head.css", _line(templates, "mail/head.css", at))
    assert says in problem.text


@pytest.mark.parametrize(
    "role", ["lead", "heading", "between", "item", "correction", "withdrawal", "more", "named", "unnamed"]
)
def test_a_missing_mark_is_named(role: str, change: Change) -> None:
    text = Templates().read_bytes("mail/edition.html").decode()
    mark = next(line for line in text.splitlines() if f'mark("{role}"' in line)

    (problem,) = try_templates(change("edition.html", f"{mark}\n", ""), ("en",))

    assert problem.file == "templates/mail/edition.html"
    assert "does not mark" in problem.text or "looks different" in problem.text


@pytest.mark.parametrize("role", ["inlined", "start", "end"])
def test_a_missing_mark_of_the_frame_is_named(role: str, change: Change) -> None:
    (problem,) = try_templates(change("_base.html", f'{{{{ mark("{role}") }}}}\n', ""), ("en",))

    assert role in problem.text


def test_a_piece_that_looks_at_its_neighbours_is_named(change: Change) -> None:
    """No style sheet shows this: only the comparison of joined pieces with the whole page does."""
    cell = '{{ mark("item", item) }}\n<tr><td class="item serif'
    templates = change("edition.html", cell, cell + "{% if loop.first %} ink{% endif %}")

    (problem,) = try_templates(templates, ("en",))

    assert problem.line == _line(templates, "mail/edition.html", 'mark("item"')
    assert "neighbours" in problem.text


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("_base.html", '</style>\n{{ mark("start") }}', '{{ mark("start") }}', "no end"),
        ("_base.html", '{% include "mail/mail.css" %}\n', "", "does not reach"),
        ("edition.html", "{{ leave_url }}", "#", "no way out"),
        ("edition.txt", "{{ leave_url }}", "", "no way out"),
        ("edition.html", "section.items", "section.itemz", "itemz"),
        ("edition.txt", "letter.paragraphs", "letter.paragraph", "no attribute"),
    ],
)
def test_what_breaks_a_letter_is_named(name: str, old: str, new: str, says: str, change: Change) -> None:
    problems = try_templates(change(name, old, new), ("en",))

    assert len(problems) == 1
    assert says in str(problems[0])
    assert problems[0].file.startswith("templates/mail/")


def test_every_fault_is_named_at_once(change: Change) -> None:
    two = f".a + .b {{ color: red; }}\n.c:hover {{ color: red; }}\n{BODY}"

    assert len(judge_style_sheets(change("mail.css", BODY, two), "en")) == 2


def test_a_letter_is_not_made_with_rules_that_would_be_lost(change: Change, make_letter: Callable[..., Letter]) -> None:
    inliner = Inliner(change("mail.css", BODY, f".a + .b {{ color: red; }}\n{BODY}"))

    with pytest.raises(TemplateError) as refused:
        inliner.render(make_letter(1))

    assert [problem.file for problem in refused.value.problems] == ["templates/mail/mail.css"]


def test_rules_are_read_as_they_stand() -> None:
    rules = read_rules('.a { color: red; content: "a;b" } /* .x { } */\n.b, td { margin: 0 }')

    assert rules == ((".a", ("color: red", 'content: "a;b"')), (".b, td", ("margin: 0",)))


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("single.html", "{{ link_url }}", "", "the reader's link is missing"),
        ("single.txt", "{{ link_url }}", "", "the reader's link is missing"),
        ("single.html", "letter.rows", "letter.lines", "no attribute 'lines'"),
    ],
)
def test_a_letter_that_is_no_edition_is_tried_too(name: str, old: str, new: str, says: str, tmp_path: Path) -> None:
    shutil.copytree(str(shipped.folder("templates") / "mail"), tmp_path / "mail")
    file = tmp_path / "mail" / name
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")

    (problem,) = try_templates(Templates(tmp_path), ("en", "ar"))

    assert problem.file == f"templates/mail/{name}" and says in problem.text
