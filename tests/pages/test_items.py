"""What an item's page and its card promise."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.items.model import Attachment, Correction, Photo
from digest.pages.lists import choose_versions

HOSTILE = "<script>alert(1)</script> \" onload='x' & {{ 7*7 }} </title>"


@pytest.fixture
def page_of(open_house: Callable[..., Any], content: Any, event: Any) -> Callable[..., str]:
    """The text of the page of one item with these values."""

    def make(**values: Any) -> str:
        pages = open_house([event(content("it", **values), 1)]).build()
        return pages["items/it/index.html"].decode()

    return make


def test_hostile_text_is_shown_as_text(
    open_house: Callable[..., Any], content: Any, event: Any, read: Callable[[bytes], Any]
) -> None:
    photo = Photo(src="crowd.jpg", alt=HOSTILE, caption=HOSTILE, credit=HOSTILE)
    hostile = content(
        "it", title=HOSTILE, summary=HOSTILE, photo=photo, issuer=HOSTILE, contact=HOSTILE, body=HOSTILE,
        corrections=(Correction(date=date(2022, 2, 27), note=HOSTILE),),
        attachments=(Attachment(src="https://example.org/a.pdf", title=HOSTILE),),
    )  # fmt: skip
    pages = open_house([event(hostile, 1)]).build()

    for path in ("index.html", "items/it/index.html", "topics/ukraine/index.html", "archive/2022/index.html"):
        page = read(pages[path])
        assert not page.all("script"), path
        assert not [e for e in page.elements if "onload" in e.attributes], path
        assert "{{ 7*7 }}" in pages[path].decode(), path
    assert read(pages["items/it/index.html"]).all("h1")[0].text == HOSTILE


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=60))
def test_any_title_comes_through_unchanged(
    text: str, open_house: Callable[..., Any], content: Any, event: Any, read: Callable[[bytes], Any]
) -> None:
    data = open_house([event(content("it", title=text), 1)]).build()["items/it/index.html"]
    assert read(data).all("h1")[0].text == text


def test_a_withdrawn_item_shows_only_the_notice(house: Any, read: Callable[[bytes], Any]) -> None:
    pages = house.build()
    for path, data in pages.items():
        text = data.decode()
        assert "Title of taken-back" not in text, path
        assert "Nobody may read this" not in text, path
        assert "Somebody" not in text, path
        assert "secret@example.org" not in text, path
    page = read(pages["items/taken-back/index.html"])
    assert "The account could not be confirmed." in pages["items/taken-back/index.html"].decode()
    assert page.all("meta", name="robots")[0].attributes["content"] == "noindex"
    assert not page.all("link", rel="canonical")
    assert "Summary of taken-back" not in pages["items/taken-back/index.html"].decode()


def test_an_item_in_another_language_is_marked(house: Any, read: Callable[[bytes], Any]) -> None:
    pages = house.build()
    for path in ("items/arkhiv/index.html", "index.html", "topics/ukraine/index.html"):
        (block,) = [e for e in read(pages[path]).all("article") if "Архів зачинено" in e.text]
        assert block.attributes["lang"] == "uk", path
        assert block.attributes["dir"] == "ltr", path
        assert "Україна" in block.text, path
    (arabic,) = read(pages["items/square-ar/index.html"]).all("article")
    assert arabic.attributes["dir"] == "rtl"
    assert read(pages["items/square-ar/index.html"]).all("html")[0].attributes["dir"] == "ltr"


def test_translations_link_to_each_other_and_lists_show_one(house: Any, read: Callable[[bytes], Any]) -> None:
    pages = house.build()

    assert "items/square-ar/" in pages["items/square/index.html"].decode()
    assert (
        read(pages["items/square-ar/index.html"]).all("link", hreflang="en")[0].attributes["href"].endswith("/items/square/")
    )
    assert "الساحة" not in pages["index.html"].decode()


def test_of_a_translation_group_one_version_is_chosen(house: Any) -> None:
    def chosen(language: str) -> set[str]:
        return {item.id for item in choose_versions(house.newsroom, language)}

    assert chosen("ar") == {"square-ar", "hospital", "arkhiv", "taken-back"}
    assert chosen("fr") == {"square", "hospital", "arkhiv", "taken-back"}


def test_a_correction_is_labelled_with_its_day(house: Any) -> None:
    pages = house.build()

    page = pages["items/hospital/index.html"].decode()
    assert page.index("Correction</strong>") < page.index("It was Tuesday.") < page.index("Body of")
    assert "27 February 2022" in page
    assert "Correction</span>" in pages["index.html"].decode()


def test_an_update_without_a_note_is_dated(page_of: Callable[..., str]) -> None:
    page = page_of(updated_at=datetime(2022, 3, 2, 9, tzinfo=UTC))

    assert "Update</span>" in page
    assert "2 March 2022" in page
    assert "Update</span>" not in page_of(updated_at=datetime(2022, 2, 24, tzinfo=UTC))


def test_an_update_after_a_correction_is_labelled_before_it(page_of: Callable[..., str]) -> None:
    fix = Correction(date=date(2022, 3, 1), note="It was Tuesday.")
    newer = page_of(corrections=(fix,), updated_at=datetime(2022, 3, 2, 9, tzinfo=UTC))
    same = page_of(corrections=(fix,), updated_at=datetime(2022, 3, 1, 18, tzinfo=UTC))

    assert newer.index("Update</span>") < newer.index("2 March 2022") < newer.index("Correction</strong>")
    assert "Update</span>" not in same, "the correction explains it"


def test_a_card_labels_the_last_correction_and_a_newer_update(
    open_house: Callable[..., Any], content: Any, event: Any
) -> None:
    fixes = tuple(Correction(date=date(2022, 3, day), note=f"Note {day}") for day in (1, 2))
    made = content("it", corrections=fixes, updated_at=datetime(2022, 3, 4, tzinfo=UTC))
    page = open_house([event(made, 1)]).build()["topics/ukraine/index.html"].decode()

    assert page.index("Correction</span>") < page.index("2 March 2022") < page.index("Update</span>")
    assert "4 March 2022" in page
    assert "1 March 2022" not in page


def test_an_items_page_shows_topics_that_moved_where_they_go_on_once(
    open_house: Callable[..., Any], content: Any, event: Any, read: Callable[[bytes], Any]
) -> None:
    pages = open_house([event(content("it", topics=("belarus", "russia", "ukraine")), 1)]).build()
    page = read(pages["items/it/index.html"])

    meta = next(e for e in page.all("p") if e.attributes.get("class") == "meta")
    assert meta.text.endswith("· Russia, Ukraine")
    announced = [e.attributes["href"] for e in page.all("link", rel="alternate")]
    assert not [address for address in announced if "belarus" in address]
    assert "/items/it/" in pages["topics/russia/index.html"].decode()


def test_a_shortened_text_says_so_and_leads_to_all_of_it(page_of: Callable[..., str]) -> None:
    page = page_of(shortened=True, url="https://www.example.com/whole")

    assert "This text was shortened by its source." in page
    assert 'href="https://www.example.com/whole">Read all of it at example.com' in page


def test_the_canonical_page_is_the_one_given(page_of: Callable[..., str]) -> None:
    assert '<link rel="canonical" href="https://example.com/there">' in page_of(url="https://example.com/there")
    assert '<link rel="canonical" href="https://news.example.org/press/items/it/">' in page_of()


def test_only_the_day_is_shown_unless_a_time_was_given(page_of: Callable[..., str]) -> None:
    page = page_of()
    assert '<time datetime="2022-02-25">25 February 2022</time>' in page
    summer = page_of(day=date(2022, 7, 1), date_at=datetime(2022, 7, 1, 13, 30, tzinfo=UTC), precise=True)
    assert '<time datetime="2022-07-01T14:30:00+01:00">1 July 2022, 14:30 BST</time>' in summer


def test_a_picture_shows_caption_and_credit_and_is_previewed(house: Any, read: Callable[[bytes], Any]) -> None:
    data = house.build()["items/square/index.html"]

    page = read(data)
    assert page.all("figcaption")[0].text == "In the square. Illustration: Example Watch"
    assert page.all("img")[0].attributes["srcset"].endswith("/press/photos/crowd-1600.jpg 1600w")
    assert (
        page.all("meta", property="og:image")[0].attributes["content"].startswith("https://news.example.org/press/photos/")
    )
    assert page.all("meta", property="og:image:alt")[0].attributes["content"] == "A crowd"


def test_a_picture_of_another_host_loads_only_when_the_host_is_named(
    page_of: Callable[..., str], read: Callable[[bytes], Any]
) -> None:
    def src(host: str) -> Photo:
        return Photo(src=f"https://{host}/a.jpg", alt="A square", caption="", credit="Photo: Somebody")

    named = read(page_of(photo=src("pictures.example.org")).encode())
    assert named.all("img")[0].attributes["width"]
    other = read(page_of(photo=src("elsewhere.example.org")).encode())
    assert not other.all("img")
    assert other.all("a", href="https://elsewhere.example.org/a.jpg")[0].text == "Photo: Somebody"


def test_a_summary_is_not_said_twice(page_of: Callable[..., str]) -> None:
    same = page_of(summary="Doors stay shut.", body="Doors *stay* shut. Nobody answers.")
    own = page_of(summary="Doors stay shut.", body="Nobody answers.")

    assert "standfirst" not in same
    assert '<p class="standfirst">Doors stay shut.</p>' in own


@pytest.mark.parametrize(
    ("body", "levels"),
    [
        ("## One\n\n## Two\n\n### Three\n\n## Four", "2232"),
        ("# One\n\n## Two\n\n#### Three", "234"),
        ("### One\n\n## Two\n\n### Three", "223"),
        ("##### One\n\nText\n\n# Two", "22"),
        ("No heading", ""),
    ],
)
def test_headings_of_a_text_leave_no_level_out(page_of: Callable[..., str], body: str, levels: str) -> None:
    text = page_of(body=body).partition('class="text')[2].partition('class="details"')[0]
    assert re.findall(r"<h(\d)>", text) == re.findall(r"</h(\d)>", text) == list(levels)


def test_press_contact_and_documents_are_links(page_of: Callable[..., str]) -> None:
    page = page_of(
        contact="Press office, press@example.org",
        issuer="Example Watch, London",
        attachments=(Attachment(src="https://example.org/a.pdf", title="The whole report"),),
    )
    assert 'href="mailto:press@example.org"' in page
    assert '<a href="https://example.org/a.pdf">The whole report</a>' in page
    assert "Example Watch, London" in page
    no_link = page_of(attachments=(Attachment(src="javascript:alert(1)", title="A trap"),))
    assert "A trap" in no_link
    assert "javascript:" not in no_link
