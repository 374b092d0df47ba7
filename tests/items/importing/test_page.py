"""A newsroom page saved as text becomes item files that check clean."""

from __future__ import annotations

import re

import pytest

from digest.items.importing.page import PageImport, parse_page, render_files
from digest.items.model import Item
from digest.items.reading import read_item
from digest.settings import Settings

NB = "\u00a0"
PAGE = f"""Newsroom

Stories from the harbour.

For the press: write to [email{NB}protected]

Photo by ANNA MARE/AFP via Getty Images

Press Release

Lighthouse keepers welcome the return of the fleet{NB}

The keepers of the northern light greeted forty Ukrainian vessels this morning, the port of Kyiv Quay said today.{NB} {NB}

March 14, 2022

Gulls circle a trawler off the point
Photo by ODA SAND/Reuters

Press Release

Harbour court hears ‘lost nets’ case

The master of the fleet, speaking outside the Kremlin dock, said: {NB}“We have mended these nets for thirty years and nobody…

March 12, 2022

NORTH QUAY - AUGUST 17: People wait for the ferry on August 17, 2015. (Photo by Leo Strand/Getty Images)

Update

Ferry timetable changes as ice closes the strait

Russian pilots have asked for *two* more tugs_ and #1 priority [soon].

March 9, 2022

Press Release

Fishers given “honorary” anchors

Receiving the anchors in the town hall, the eldest fisher said:{NB}

2 March 2022

Rowers pass the mole. (Photo by Per SUND / AFP) (Photo credit should read PER SUND/AFP via Getty Images)

Press Release

Harbour court hears ‘lost nets’ case

A quiet day on the water.

2022-03-01
"""


@pytest.fixture
def page(settings: Settings) -> PageImport:
    return parse_page(PAGE, settings, "page.txt")


def read_back(page: PageImport, settings: Settings) -> list[Item]:
    items = []
    for name, text in render_files(page).items():
        item, problems = read_item(text, f"items/{name}", settings)
        assert not problems
        assert item is not None
        items.append(item)
    return items


def test_every_item_is_found_and_the_head_is_none(page: PageImport) -> None:
    assert [item.day.isoformat() for item in page.items] == [
        "2022-03-14",
        "2022-03-12",
        "2022-03-09",
        "2022-03-02",
        "2022-03-01",
    ]
    assert [item.kind for item in page.items] == [
        "press-release",
        "press-release",
        "update",
        "press-release",
        "press-release",
    ]
    assert page.head[:2] == ("Newsroom", "Stories from the harbour.")


def test_a_picture_belongs_to_the_item_that_follows(page: PageImport) -> None:
    assert [(item.photo.credit, item.photo.caption) for item in page.items] == [
        ("ANNA MARE/AFP via Getty Images", ""),
        ("ODA SAND/Reuters", "Gulls circle a trawler off the point"),
        ("Leo Strand/Getty Images", "NORTH QUAY - AUGUST 17: People wait for the ferry on August 17, 2015."),
        ("", ""),
        ("PER SUND/AFP via Getty Images", "Rowers pass the mole."),
    ]


def test_blanks_around_titles_and_texts_are_trimmed(page: PageImport) -> None:
    assert page.items[0].title == "Lighthouse keepers welcome the return of the fleet"
    assert page.items[0].excerpt.endswith("said today.")
    assert page.items[1].excerpt.count("said: “We") == 1


def test_a_text_that_ends_in_an_ellipsis_is_shortened(page: PageImport, settings: Settings) -> None:
    assert [item.is_shortened for item in page.items] == [False, True, False, False, False]
    shortened = read_back(page, settings)[1].content
    assert shortened.shortened
    assert shortened.summary == page.items[1].excerpt


def test_topics_are_proposed_by_whole_words_and_must_be_reviewed(page: PageImport) -> None:
    assert [item.topics for item in page.items] == [("ukraine",), ("russia",), ("russia",), (), ()]
    assert all("topics" in item.review for item in page.items)


def test_broken_quotations_and_doubtful_credits_must_be_reviewed(page: PageImport) -> None:
    assert [item.review[1:] for item in page.items] == [(), ("summary",), (), ("summary",), ("photo",)]
    [problem] = page.problems
    assert (problem.severity, problem.field) == ("warning", "credit")
    assert PAGE.split("\n")[problem.line - 1] == "Press Release"
    assert "Per SUND / AFP" in problem.text


def test_a_hidden_address_never_becomes_a_contact(page: PageImport) -> None:
    for text in render_files(page).values():
        assert "contact" not in text
        assert "protected" not in text


def test_the_files_check_clean_and_say_what_the_page_said(page: PageImport, settings: Settings) -> None:
    items = read_back(page, settings)
    assert [item.content.title for item in items] == [item.title for item in page.items]
    assert [item.content.summary for item in items] == [item.excerpt for item in page.items]
    assert all(item.content.photo is None for item in items), "no picture came with the page"
    assert all(item.review for item in items)


def test_names_are_made_from_day_and_title_and_differ(page: PageImport) -> None:
    names = list(render_files(page))
    assert names[0] == "2022-03-14-lighthouse-keepers-welcome-the-return-of-the-fleet.md"
    assert names[1] == "2022-03-12-harbour-court-hears-lost-nets-case.md"
    assert names[4] == "2022-03-01-harbour-court-hears-lost-nets-case-2.md"
    assert all(re.fullmatch(r"[a-z0-9-]+\.md", name) for name in names)


def test_the_same_page_gives_the_same_files(page: PageImport, settings: Settings) -> None:
    windows = parse_page("\ufeff" + PAGE.replace("\n", "\r\n"), settings, "page.txt")
    assert render_files(windows) == render_files(page)
    assert windows.problems == page.problems


ITEM = "Press Release\n\nA title\n\nA text.\n\nMarch 1, 2022\n\n"


@pytest.mark.parametrize(
    ("broken", "line", "field", "words"),
    [
        ("Photo by A\n\nUrgent Plea\n\nA cry\n\nHelp.\n\nMarch 2, 2022\n\n", 11, "kind", "'Urgent Plea' is none of"),
        ("Press Release\n\nNo text\n\nMarch 2, 2022\n\n", 9, "text", "a title and a text are needed"),
        ("Press Release\n\nA title\n\nA text.\n\nFebruary 30, 2022\n\n", 15, "date", "no day of the calendar"),
        ("Press Release\n\nDayless\n\nA text.\n\n", 9, "date", "'Dayless' has no day"),
        ("March 2, 2022\n\n", 9, "kind", "nothing above this day"),
        ("Press Release\n\n" + "x" * 201 + "\n\nA text.\n\nMarch 2, 2022\n\n", 11, "title", "1 to 200"),
    ],
)
def test_what_is_no_item_is_named_and_the_rest_goes_on(
    settings: Settings, broken: str, line: int, field: str, words: str
) -> None:
    page = parse_page(ITEM + broken + ITEM, settings, "page.txt")
    assert len(page.items) == 2
    [problem] = page.problems
    assert (problem.file, problem.line, problem.field, problem.severity) == ("page.txt", line, field, "error")
    assert words in problem.text


def test_a_last_item_without_a_day_is_named(settings: Settings) -> None:
    page = parse_page(ITEM + "Update\n\nDayless\n\nText.\n", settings)
    assert [(problem.line, problem.field) for problem in page.problems] == [(9, "date")]


def test_an_item_of_the_head_without_a_day_is_named_but_a_menu_is_not(settings: Settings) -> None:
    menu = "Press Release\n\nUpdate\n\nSearch\n\n"
    assert not parse_page(menu + ITEM, settings).problems
    lost = parse_page("Update\n\nDayless\n\n" + "Words " * 20 + "\n\n" + ITEM, settings)
    assert [(problem.line, problem.field) for problem in lost.problems] == [(1, "date")]
    assert len(lost.items) == 1


def test_a_foot_is_no_item(settings: Settings) -> None:
    page = parse_page(ITEM + "Load more\n\n© Harbour Rights\n", settings)
    assert len(page.items) == 1
    assert not page.problems


def test_kinds_are_known_by_title_name_and_translation(settings: Settings) -> None:
    text = "".join(
        ITEM.replace("Press Release", kind) for kind in ("PRESS RELEASE", "press release", f"Press{NB}release ", "Новини")
    )
    assert [item.kind for item in parse_page(text, settings).items] == ["press-release"] * 3 + ["update"]


def test_long_texts_keep_their_paragraphs(settings: Settings) -> None:
    long = "word " * 200
    page = parse_page(ITEM.replace("A text.", f"{long}\n\nThe end."), settings)
    [item] = read_back(page, settings)
    assert item.content.body == f"{long.strip()}\n\nThe end."
    assert item.content.summary == long.strip(), "the page's own words are not cut"


def test_an_address_hidden_in_a_text_must_be_reviewed(settings: Settings) -> None:
    page = parse_page(ITEM.replace("A text.", "Write to [email protected] now."), settings)
    assert page.items[0].review == ("topics", "summary")
    assert read_back(page, settings)[0].content.summary == "Write to [email protected] now."


def test_hidden_characters_are_left_out_with_a_warning(settings: Settings) -> None:
    page = parse_page(ITEM.replace("A title", "A ti\u202etle"), settings)
    assert page.items[0].title == "A title"
    assert [(problem.line, problem.severity) for problem in page.problems] == [(3, "warning")]


@pytest.mark.parametrize("text", ["", "\n\n", "words only", "\x00"])
def test_a_page_without_items_says_so(settings: Settings, text: str) -> None:
    page = parse_page(text, settings)
    assert not page.items
    assert page.problems
    assert render_files(page) == {}
