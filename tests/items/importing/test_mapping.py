"""Entries fitted to the newsroom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.errors import UsageError
from digest.items.importing.entries import Entry, File, Picture, Skip, Term
from digest.items.importing.mapping import Made, Mapper, choose_kind
from digest.items.importing.naming import Known, Names, find_name
from digest.items.model import Item
from digest.items.reading import read_item
from digest.settings import Settings
from digest.settings.tables import Import

Make = Callable[..., tuple[Item, str]]
NOON = datetime(2022, 2, 28, 12, tzinfo=UTC)
SOUND: dict[str, Any] = {"title": "A ship", "html": "<p>A ship came in.</p>", "published": NOON, "terms": (Term("Russia"),)}


@pytest.fixture
def make(settings: Settings) -> Make:
    """The item that a sound entry with these changes becomes, and the text of its file."""

    def build(known: dict[str, Known] | None = None, **changes: Any) -> tuple[Item, str]:
        made = Mapper(settings, "update", Names(known or {})).make(Entry(**(SOUND | changes)))
        assert isinstance(made, Made), made
        item, problems = read_item(made.text, made.file, settings)
        assert item, problems
        return item, made.text

    return build


@pytest.fixture
def skip(settings: Settings) -> Callable[..., Skip]:
    """Why a sound entry with these changes gives no item."""

    def build(**changes: Any) -> Skip:
        made = Mapper(settings, "update", Names({})).make(Entry(**(SOUND | changes)))
        assert isinstance(made, Skip), made
        return made

    return build


def test_a_moment_stays_one_and_the_begin_of_a_day_is_that_day(make: Make) -> None:
    assert make()[0].content.date_at == NOON
    day = make(published=datetime(2022, 6, 30, 23, tzinfo=UTC))[0].content
    assert (day.date, day.precise) == (date(2022, 7, 1), False)
    assert make(published=date(2022, 7, 1))[0].content.date == date(2022, 7, 1)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"published": None}, "no date"),
        ({"published": date(1, 1, 1)}, "the year 1"),
        ({"published": datetime(1, 1, 1, tzinfo=UTC)}, "date"),
        ({"title": " ", "html": "<p>&nbsp;</p>"}, "neither a title nor a text"),
        ({"html": "<img src='https://x.example/p.png'>"}, "neither a summary nor a body"),
        ({"html": "<div>" * 300}, "nested too deep"),
        ({"html": "word " * 300_000}, "larger than 1024 KiB"),
    ],
)
def test_what_can_be_no_item_is_a_fault(skip: Callable[..., Skip], changes: dict[str, Any], why: str) -> None:
    skipped = skip(**changes)
    assert skipped.is_fault
    assert why in skipped.why


def test_a_post_type_of_its_own_counts_when_it_is_called_like_a_kind(make: Make, skip: Callable[..., Skip]) -> None:
    assert make(sort="press_release")[0].content.kind == "press-release"
    assert skip(sort="page") == Skip("A ship", "its type is page, not post")


@pytest.mark.parametrize(
    ("terms", "kind"),
    [
        ((Term("press RELEASE"),), "press-release"),
        ((Term("Pressemitteilung", "press-release"),), "press-release"),
        ((Term("Новини"),), "update"),
        ((Term("Else"),), "update"),
    ],
)
def test_a_category_may_name_the_kind(make: Make, terms: tuple[Term, ...], kind: str) -> None:
    assert make(terms=terms)[0].content.kind == kind


def test_a_kind_must_be_known(settings: Settings) -> None:
    assert choose_kind(settings, None) == "update"
    assert choose_kind(settings, "press-release") == "press-release"
    with pytest.raises(UsageError, match="no such kind"):
        choose_kind(settings, "story")
    without = settings.model_copy(update={"kinds": {"report": settings.kinds["update"]}})
    with pytest.raises(UsageError, match="no kind is said"):
        choose_kind(without, None)


def test_topics_come_from_categories_and_are_proposed_only_without(make: Make) -> None:
    told = make(terms=(Term("Ukraine"), Term("x", "russia")), title="Kyiv")[0]
    assert (told.content.topics, told.review) == (("ukraine", "russia"), ())
    proposed = make(terms=(Term("News"),), html="<p>From the Kremlin.</p>")[0]
    assert (proposed.content.topics, proposed.review) == (("russia",), ("topics",))
    assert make(terms=())[0].review == ("topics",)


def test_import_topics_map_words_in_any_case_and_follow_moved_topics(settings: Settings) -> None:
    moved = settings.topics["russia"].model_copy(update={"moved_to": "ukraine"})
    words = Import(topics={"War & Peace": "ukraine", "moscow": "russia"})
    changed = settings.model_copy(update={"topics": settings.topics | {"russia": moved}, "imports": words})
    mapper = Mapper(changed, "update", Names({}))
    for term in (Term("war & peace"), Term("Nachrichten", "moscow"), Term("RUSSIA")):
        made = mapper.make(Entry(**(SOUND | {"terms": (term,), "guid": term.name})))
        assert isinstance(made, Made)
        assert "topics: [ukraine]\n" in made.text


def test_the_language_is_written_where_it_is_another_one(make: Make) -> None:
    assert "language" not in make(language="en-US")[1]
    assert make(language="uk_UA")[0].content.language == "uk"
    unknown = make(language="de")[0]
    assert (unknown.content.language, unknown.review) == ("en", ("language",))


def test_the_own_page_is_kept_unless_it_lay_here(make: Make) -> None:
    assert make(link="https://partner.example.com/a b")[0].content.url is None
    assert make(link="https://partner.example.com/ä")[0].content.url == "https://partner.example.com/%C3%A4"
    assert make(link="https://news.example.org/2022/02/a-ship/")[0].content.url is None


@pytest.mark.parametrize(
    ("summary", "body", "written"),
    [
        ("Ships.", "<p>A ship came in.</p>", "Ships."),
        ("A ship came in.", "<p>A <b>ship</b> came in.</p><p>More.</p>", None),
        ("A ship came in. It was […]", "<p>A ship came in.</p><p>It was large.</p>", None),
        ("A ship came in… Continue reading A ship", "<p>A ship came in.</p>", None),
        ("Ships…", "<p>A ship came in.</p>", "Ships…"),
        ("Ships.", "", "Ships."),
    ],
)
def test_a_summary_is_written_where_it_says_more(make: Make, summary: str, body: str, written: str | None) -> None:
    item, text = make(summary=summary, html=body)
    assert (f'summary: "{written}"' in text or f"summary: {written}" in text) if written else "summary" not in text
    assert not item.content.shortened


def test_a_text_that_its_source_cut_is_marked(make: Make) -> None:
    for changes in ({"html": "<p>A ship came...</p>"}, {"html": "", "summary": "A ship came […] Read more"}):
        item, _ = make(**changes)
        assert item.content.shortened
        assert item.review == ("summary",)


def test_titles_that_are_missing_or_too_long_are_made_and_reviewed(make: Make) -> None:
    untitled = make(title="\u200b", html="<p>A ship came in.</p>")[0]
    assert (untitled.content.title, untitled.review) == ("A ship came in.", ("title",))
    long = make(title="ship " * 60)[0]
    assert len(long.content.title) <= 200
    assert long.review == ("title",)


def test_a_photo_is_shown_only_from_a_known_host_with_its_credit(make: Make) -> None:
    whole = Picture("https://pictures.example.org/p.jpg", "", "The quay", "Ada")
    shown = make(picture=whole)[0]
    assert shown.review == ()
    assert shown.content.photo
    assert shown.content.photo.model_dump() == {
        "src": whole.address, "alt": "The quay", "caption": "The quay", "credit": "Ada"
    }  # fmt: skip
    for other in (
        Picture("https://elsewhere.example.com/p.jpg", "", "The quay", "Ada"),
        Picture("https://pictures.example.org/p.jpg", "", "The quay", ""),
        Picture("http://pictures.example.org/p.jpg", "", "The quay", "Ada"),
    ):
        item, text = make(picture=other)
        assert (item.content.photo, item.review) == (None, ("photo",))
        assert "\n  caption: The quay\n" in text
        assert "\n# picture: " in text


def test_what_the_body_says_of_a_picture_goes_before_what_the_library_says(make: Make) -> None:
    featured = Picture("https://pictures.example.org/p.jpg", "old", "old", "Ada")
    body = "<figure><img src='https://x.example/p-300x200.jpg' alt='new'><figcaption>new words Ada</figcaption></figure>A"
    photo = make(picture=featured, html=body)[0].content.photo
    assert photo
    assert (photo.src, photo.alt, photo.caption, photo.credit) == (featured.address, "new", "new words", "Ada")


def test_enclosed_files_are_attached(make: Make) -> None:
    files = (File("https://x.example/a%20b.pdf"), File("https://x.example/c.mp3", "To hear"), File("http://x.example/d"))
    attached = make(files=files)[0].content.attachments
    assert [(file.src, file.title) for file in attached] == [
        ("https://x.example/a%20b.pdf", "a b.pdf"),
        ("https://x.example/c.mp3", "To hear"),
    ]


# -- ids


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"name": "a-ship"}, "a-ship"),
        ({"name": "feeds"}, "2022-02-28-"),
        ({"name": "порт"}, "port"),
        ({"guid": "tag:news.example.org,2021:items/ship"}, "ship"),
        ({"guid": "tag:news.example.org,2021-01-01:ship"}, "ship"),
        ({"guid": "https://x.example/2022/a-ship.html"}, "a-ship"),
        ({"guid": "https://x.example/?p=1", "link": "https://x.example/2022/A-Ship/"}, "a-ship"),
        ({"guid": "https://x.example/ship"}, ""),
        ({"guid": "https://x.example/a-ship?x=1"}, ""),
        ({"guid": "https://x.example/2022-02"}, ""),
        ({"guid": "https://[", "link": "ftp://x/a-b"}, ""),
    ],
)
def test_names_that_a_source_gives_for_good(changes: dict[str, str], name: str) -> None:
    found = find_name(Entry(**(SOUND | changes)), date(2022, 2, 28))
    assert found == name or (name.endswith("-") and found.startswith(name))


def test_without_a_name_the_guid_marks_the_title(make: Make) -> None:
    first, again, other = make(guid="1")[0], make(guid="1", title="A boat")[0], make(guid="2")[0]
    assert first.id.startswith("a-ship-")
    assert first.id[-8:] == again.id[-8:] != other.id[-8:]
    known = {first.id: Known(Path("x.md"))}
    assert make(known=known, guid="1", title="A boat")[0].id == first.id


def test_a_name_that_is_another_items_gets_a_mark_in_whatever_order(settings: Settings) -> None:
    one = Entry(**(SOUND | {"name": "a-ship", "guid": "1", "link": "https://x.example/1"}))
    two = Entry(**(SOUND | {"name": "a-ship", "guid": "2", "link": "https://x.example/2"}))
    names = Names({})
    made = [Mapper(settings, "update", names).make(entry) for entry in (one, two, one)]
    ids = [entry.id for entry in made if isinstance(entry, Made)]
    assert ids[0] == ids[2] == "a-ship"
    assert ids[1].startswith("a-ship-")
    later = Names({ids[0]: Known(Path("1.md"), one.link), ids[1]: Known(Path("2.md"), two.link)})
    again = [Mapper(settings, "update", later).make(entry) for entry in (two, one)]
    assert [entry.id for entry in again if isinstance(entry, Made)] == [ids[1], ids[0]]
