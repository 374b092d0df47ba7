"""What every page of the public site promises."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from digest.feeds.selection import build_feeds
from digest.newsroom.addresses import FEED_FORMATS
from digest.pages.edition_view import (
    EditionCorrection,
    EditionSection,
    EditionView,
    EditionWithdrawal,
    PastEdition,
    render_edition_view,
)
from digest.pages.views import PageContext, build_card
from digest.settings import ReaderList

BASE = "/press"
EDITIONS = (PastEdition("2022-w09-supporters", "The week", date(2022, 2, 28), "en"),)


def html_of(pages: dict[str, bytes]) -> dict[str, bytes]:
    return {path: data for path, data in pages.items() if path.endswith(".html")}


def address_of(path: str) -> str:
    return f"{BASE}/{path.removesuffix('index.html')}"


def test_there_is_a_page_for_all_that_has_an_address(house: Any) -> None:
    pages = house.build()

    wanted = {"index.html", "404.html", "410.html", "feeds/index.html", "archive/index.html", "archive/2022/index.html"}
    wanted |= {f"items/{item.id}/index.html" for item in house.newsroom}
    wanted |= {f"topics/{topic}/index.html" for topic in house.settings.topics}
    wanted |= {f"feeds/{feed.name}.html" for feed in build_feeds(house.newsroom, house.settings)} | {"feeds/belarus.html"}
    assert wanted == set(html_of(pages))
    assert set(pages) - wanted == {"style.css", "favicon.svg", "robots.txt", "sitemap.xml"}


@pytest.mark.parametrize("language", ["en", "uk", "ar"])
def test_every_page_has_language_direction_title_one_h1_and_landmarks(
    open_house: Callable[..., Any], read: Callable[[bytes], Any], language: str
) -> None:
    for path, data in html_of(open_house(language=language).build(editions=EDITIONS)).items():
        page = read(data)
        (root,) = page.all("html")
        assert root.attributes == {"lang": language, "dir": "rtl" if language == "ar" else "ltr"}, path
        (title,) = page.all("title")
        assert "Example Watch" in title.text, path
        assert len(page.all("h1")) == 1, path
        assert page.all("h1")[0].text.strip(), path
        assert [len(page.all(name)) for name in ("main", "footer")] == [1, 1], path
        assert page.all("a", href="#main"), path
        assert page.all("meta", name="description")[0].attributes["content"], path


def test_headings_leave_no_level_out(house: Any, read: Callable[[bytes], Any]) -> None:
    for path, data in html_of(house.build()).items():
        levels = [int(e.name[1]) for e in read(data).elements if re.fullmatch("h[1-6]", e.name)]
        assert levels[0] == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_every_page_announces_the_feed_of_everything(house: Any, read: Callable[[bytes], Any]) -> None:
    for path, data in html_of(house.build()).items():
        links = [e.attributes for e in read(data).all("link", rel="alternate") if "type" in e.attributes]
        everything = [f"https://news.example.org/press/feeds/all.{form}" for form in FEED_FORMATS]
        assert [link["href"] for link in links][-3:] == everything, path
        assert all(link["title"] for link in links), path
        assert {link["type"] for link in links} == {
            "application/atom+xml", "application/rss+xml", "application/feed+json",
        }, path  # fmt: skip


def test_a_topic_page_announces_its_own_feeds_first(house: Any, read: Callable[[bytes], Any]) -> None:
    page = read(house.build()["topics/ukraine/index.html"])

    first = [e.attributes["href"] for e in page.all("link", rel="alternate")][:3]
    assert first == [f"https://news.example.org/press/feeds/ukraine.{form}" for form in FEED_FORMATS]


def test_links_inside_the_site_lead_to_something(house: Any, read: Callable[[bytes], Any]) -> None:
    pages = house.build(editions=EDITIONS)
    feeds = build_feeds(house.newsroom, house.settings)
    there = {address_of(path) for path in pages} | {f"{BASE}/feeds/all.opml", f"{BASE}/editions/2022-w09-supporters/"}
    there |= {f"{BASE}/feeds/{feed.name}.{form}" for feed in feeds for form in FEED_FORMATS}
    there |= {f"{BASE}/photos/crowd-{width}.jpg" for width in (1600, 1200, 400)}
    for path, data in html_of(pages).items():
        for element in read(data).elements:
            sources = element.attributes.get("srcset", "").split(", ")
            for link in [element.attributes.get("href"), element.attributes.get("src"), *(s.split(" ")[0] for s in sources)]:
                parts = urlsplit(urljoin(f"https://news.example.org{address_of(path)}", link or "#"))
                if link and parts.hostname == "news.example.org":
                    assert unquote(parts.path) in there, f"{path}: {link}"


def test_every_item_is_reached_from_the_front_page(house: Any, read: Callable[[bytes], Any]) -> None:
    pages = {address_of(path): data for path, data in html_of(house.build()).items()}
    seen, waiting = set(), [f"{BASE}/"]
    while waiting:
        address = waiting.pop()
        if address in seen or address not in pages:
            continue
        seen.add(address)
        waiting += [e.attributes["href"] for e in read(pages[address]).all("a")]
    assert {f"{BASE}/items/{item.id}/" for item in house.newsroom} <= seen


def test_every_picture_has_alt_and_size(house: Any, read: Callable[[bytes], Any]) -> None:
    pictures = [e.attributes for data in html_of(house.build()).values() for e in read(data).all("img")]

    assert pictures
    for picture in pictures:
        assert picture["alt"] == "A crowd"
        assert int(picture["width"]) * 9 // 16 == int(picture["height"])


def test_nothing_runs_and_nothing_comes_from_elsewhere(house: Any, read: Callable[[bytes], Any]) -> None:
    pages = house.build()
    for path, data in html_of(pages).items():
        page = read(data)
        assert not [e.name for e in page.elements if e.name in ("script", "iframe", "style", "form", "object")], path
        assert not [name for e in page.elements for name in e.attributes if name.startswith("on") or name == "style"], path
        loaded = [e.attributes["src"] for e in page.all("img")] + [
            e.attributes["href"] for e in page.all("link", rel="icon")
        ]
        loaded += [e.attributes["href"] for e in page.all("link", rel="stylesheet")]
        assert all(address.startswith(f"{BASE}/") for address in loaded), path
    assert b"url(" not in pages["style.css"]
    assert b"@import" not in pages["style.css"]


def test_the_same_values_give_the_same_bytes(house: Any, open_house: Callable[..., Any]) -> None:
    assert house.build(editions=EDITIONS) == open_house().build(editions=EDITIONS)


def test_an_item_page_changes_no_other_item_page(
    open_house: Callable[..., Any], events: Any, content: Any, event: Any
) -> None:
    """A new item rewrites the lists, not the pages of all other items."""
    before = open_house(events()).build()
    after = open_house([*events(), event(content("newer", day=date(2022, 3, 1)), 9)]).build()

    changed = {path for path in before if before[path] != after[path]}
    assert not {path for path in changed if path.startswith("items/")}
    assert "index.html" in changed


def test_an_empty_newsroom_has_all_its_pages(open_house: Callable[..., Any], read: Callable[[bytes], Any]) -> None:
    pages = open_house([]).build()

    assert "Nothing has been published yet" in pages["index.html"].decode()
    assert "Nothing has been published on this topic yet" in pages["topics/ukraine/index.html"].decode()
    assert len(read(pages["index.html"]).all("h1")) == 1


def test_the_sitemap_names_what_stands_and_is_ours(open_house: Callable[..., Any], content: Any, event: Any) -> None:
    elsewhere = event(content("elsewhere", url="https://example.com/there"), 1)
    events = [elsewhere, event(content("ours"), 2)]
    text = open_house(events).build()["sitemap.xml"].decode()

    assert "https://news.example.org/press/items/ours/" in text
    assert "elsewhere" not in text
    assert "taken-back" not in open_house().build()["sitemap.xml"].decode()


def test_digests_are_linked_once_there_is_one(house: Any) -> None:
    assert b"/editions/" not in house.build()["index.html"]
    pages = house.build(editions=EDITIONS)
    assert b'href="/press/editions/"' in pages["index.html"]
    assert b'href="/press/editions/2022-w09-supporters/"' in pages["editions/index.html"]


def test_another_newsroom_language_translates_the_frame(open_house: Callable[..., Any]) -> None:
    page = open_house(language="uk").build()["topics/ukraine/index.html"].decode()

    assert "Стежити через стрічку" in page
    assert "Follow by feed" not in page
    assert ">Україна</h1>" in page


def test_the_web_view_of_an_edition_is_a_page_like_the_others(house: Any, read: Callable[[bytes], Any]) -> None:
    context = PageContext(house.newsroom, house.settings, house.pictures)
    cards = {item.id: build_card(item, context) for item in house.newsroom}
    view = EditionView(
        id="2022-w09-supporters",
        title="The week <b>",
        period="22 to 28 February 2022",
        language="uk",
        introduction="One.\n\nTwo & three.",
        lead=cards["square"],
        sections=(EditionSection("Ukraine", (cards["hospital"], cards["taken-back"])),),
        corrections=(EditionCorrection("Older item", "/press/items/hospital/", "It was Tuesday."),),
        withdrawals=(EditionWithdrawal("Gone item", "We could not confirm it."),),
        languages=("en", "uk"),
    )
    feeds = build_feeds(house.newsroom, house.settings)
    data = render_edition_view(view, house.settings, house.templates, feeds)

    page = read(data)
    assert page.all("html")[0].attributes["lang"] == "uk"
    assert [e.text for e in page.all("h1")] == ["The week <b>"]
    assert "<p>Two &amp; three.</p>" in data.decode()
    assert "It was Tuesday." in data.decode()
    assert "We could not confirm it." in data.decode()
    assert "The account could not be confirmed." in data.decode()
    assert "Title of taken-back" not in data.decode()
    assert page.all("link", rel="alternate", hreflang="en")[0].attributes["href"] == "/press/editions/2022-w09-supporters/"
    assert page.all("link", rel="canonical")[0].attributes["href"].endswith("/editions/2022-w09-supporters/uk/")
    assert data == render_edition_view(view, house.settings, house.templates, feeds)


def test_items_of_an_edition_without_a_topic_stand_under_words(house: Any, read: Callable[[bytes], Any]) -> None:
    context = PageContext(house.newsroom, house.settings, house.pictures)
    card = build_card(next(iter(house.newsroom)), context)
    view = EditionView("2022-w09", "The week", "28 February 2022", "en", sections=(EditionSection("", (card,)),))

    page = read(render_edition_view(view, house.settings, house.templates, build_feeds(house.newsroom, house.settings)))
    assert "Other news" in [heading.text for heading in page.all("h2")]


@pytest.mark.parametrize("indexed", [True, False])
def test_search_engines_stay_away_from_editions_where_the_list_says_so(
    indexed: bool, house: Any, read: Callable[[bytes], Any]
) -> None:
    lists = {"press": ReaderList(title="Press", sender="Example <press@example.org>", indexed=indexed)}
    settings = house.settings.model_copy(update={"lists": lists})
    view = EditionView("2022-w09-press", "The week", "28 February 2022", "en", list_id="press")

    page = read(render_edition_view(view, settings, house.templates, build_feeds(house.newsroom, settings)))

    assert bool(page.all("meta", name="robots", content="noindex")) is not indexed
    assert bool(page.all("link", rel="canonical")) is indexed
