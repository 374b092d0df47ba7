"""A whole edition is looked over in seconds, and each fault is named once."""

from __future__ import annotations

import random
from dataclasses import replace

from digest.mail.inspection import Inspector
from digest.mail.letter import Section


def _look(inspector, *sheets):
    for sheet in sheets:
        inspector.look(sheet.letter, sheet.html, sheet.text, sheet.message)
    return [(problem.severity, problem.field, problem.text) for problem in inspector.problems]


def test_the_same_fault_in_several_letters_is_named_once(press, make_letter):
    letter = make_letter(3, reply_to="noreply@example.org")
    found = _look(Inspector("x"), press(letter), press(letter), press(replace(letter, language="fr")))

    assert [text for _, field, text in found if field == "reply_to"] == [
        "noreply@example.org takes no answers, which readers and filters resent; use an address that is read"
    ]


def test_a_fault_in_some_languages_says_in_which(press, make_letter):
    letter = make_letter(3)
    (problem,) = _look(
        Inspector("x"),
        *(press(replace(letter, language=language, preheader="Short")) for language in ("uk", "fr", "uk")),
        press(letter),
    )

    assert problem[2].endswith("--preheader TEXT [fr, uk]")


def test_examples_do_not_make_two_faults_of_one(sheet):
    found = _look(Inspector("x"), sheet.add('<p style="color:#777">One</p><p style="color:#777">Two</p>'))

    assert [text.partition("theme.toml")[2] for _, _, text in found if "in the light" in text] == [" (first at “One”)"]


def test_errors_come_first_and_the_edition_stands_for_the_file(sheet):
    inspector = Inspector("2022-w09")
    broken = sheet.change('name="color-scheme"', 'name="other"').add("<script></script>")
    inspector.look(broken.letter, broken.html, broken.text)

    assert [problem.severity for problem in inspector.problems] == ["error", "warning"]
    assert {(problem.file, problem.line) for problem in inspector.problems} == {("2022-w09", 0)}


def test_a_piece_that_no_other_letter_showed_is_looked_at(press, make_letter):
    letter = make_letter(5)
    inspector = Inspector("x")
    _look(inspector, press(letter))
    lead = letter.sections[0].items[0]
    found = _look(inspector, press(replace(letter, lead=replace(lead, summary="It said “we…"), sections=())))

    assert any("breaks off inside a quotation" in text for _, _, text in found)


def test_what_differs_between_letters_of_known_pieces_is_looked_at(press, make_letter):
    letter = make_letter(5)
    smaller = replace(letter, sections=letter.sections[:1], subject="", sender=replace(letter.sender, name=""))
    inspector = Inspector("x")
    _look(inspector, press(letter))
    part = replace(press(replace(smaller, sender=letter.sender)), letter=smaller)
    found = _look(
        inspector, replace(part, html=("".join(part.html),)), part.add("x" * 100_000), part.patch(b"Prec", b"\nPrec")
    )
    texts = " ".join(text for _, _, text in found)

    for expected in ("it is empty", "it has no name", "the link to leave is missing", "mail services cut", "CR LF"):
        assert expected in texts


def test_three_hundred_variants_are_looked_over_quickly(press, make_letter, monkeypatch):
    whole = make_letter(12)
    items = whole.items
    calls = []
    monkeypatch.setattr(Inspector, "_find_all", lambda self, *parts: calls.append(parts) or iter(()))
    inspector = Inspector("x")
    _look(inspector, press(whole))
    rng = random.Random(5)
    for _ in range(50):
        chosen = [section for section in whole.sections if rng.random() < 0.6]
        kept = tuple(Section(one.heading, tuple(item for item in one.items if rng.random() < 0.6)) for one in chosen)
        _look(inspector, press(replace(whole, lead=items[0], sections=tuple(one for one in kept if one.items))))

    assert len(calls) == 1
