"""Front, topics and archive: no page grows without end, and every item stays to be found."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

Make = Callable[..., Any]


@pytest.fixture
def history(open_house: Make, content: Any, event: Any) -> Make:
    """A house with that many items, some of them a day from a first day on."""

    def make(count: int, a_day: int = 1, first: date = date(2022, 1, 1)) -> Any:
        days = [first + timedelta(days=number // a_day) for number in range(count)]
        return open_house([event(content(f"n-{number}", day=day), number) for number, day in enumerate(days, 1)])

    return make


def items_on(page: bytes) -> list[str]:
    return re.findall(r'href="/press/items/(n-\d+)/"', page.decode())


def test_front_and_topics_list_fifty_and_lead_to_the_archive(history: Make) -> None:
    pages = history(60).build()

    assert pages["index.html"].count(b"<article") == 51
    assert pages["topics/ukraine/index.html"].count(b"<article") == 50
    for path in ("index.html", "topics/ukraine/index.html"):
        assert b'<a class="button" href="/press/archive/">Older items</a>' in pages[path]
    few = history(50).build()
    assert b"Older items</a>" not in few["index.html"] + few["topics/ukraine/index.html"]


def test_a_topic_lists_items_of_those_that_moved_there(open_house: Make, content: Any, event: Any) -> None:
    house = open_house(
        [event(content("old", topics=("belarus",)), 1), event(content("both", topics=("russia", "belarus")), 2)]
    )
    page = house.build()["topics/russia/index.html"].decode()

    assert page.count("<article") == 2


def test_a_topic_that_moved_leads_on(house: Any, read: Callable[[bytes], Any]) -> None:
    pages = house.build()
    for path, goal in (("topics/belarus/index.html", "topics/russia/"), ("feeds/belarus.html", "feeds/russia.html")):
        page = read(pages[path])
        assert page.all("meta", **{"http-equiv": "refresh"})[0].attributes["content"] == f"0; url=/press/{goal}"
        assert page.all("link", rel="canonical")[0].attributes["href"] == f"https://news.example.org/press/{goal}"
        assert page.all("meta", name="robots")[0].attributes["content"] == "noindex"
        assert page.all("a", href=f"/press/{goal}")[-1].text == "Russia"
        assert "Belarus" in page.all("h1")[0].text
    assert b"belarus" not in pages["sitemap.xml"]


def test_a_topic_that_ended_says_when_and_offers_no_feed(open_house: Make, content: Any, event: Any) -> None:
    house = open_house(
        [event(content("it", topics=("nobel",)), 1)], more='[topics.nobel]\ntitle = "Nobel Prize"\nended = 2022-03-01\n'
    )
    before = house.build(now=datetime(2022, 2, 28, tzinfo=UTC))["topics/nobel/index.html"].decode()
    after = house.build(now=datetime(2022, 3, 2, tzinfo=UTC))["topics/nobel/index.html"].decode()

    assert "This topic ended" not in before
    assert "Follow by feed" in before
    assert "This topic ended on 1 March 2022." in after
    assert "Follow by feed" not in after
    assert "/items/it/" in after


def test_a_short_year_is_one_page(history: Make) -> None:
    pages = history(100).build()

    assert len(items_on(pages["archive/2022/index.html"])) == 100
    assert not [path for path in pages if re.match(r"archive/2022/\d", path)]


def test_a_long_year_leads_to_its_months(history: Make, read: Callable[[bytes], Any]) -> None:
    pages = history(120).build()

    year = read(pages["archive/2022/index.html"])
    assert [e.text for e in year.all("a") if "/archive/2022/" in e.attributes["href"]] == [
        "April", "March", "February", "January",
    ]  # fmt: skip
    assert items_on(pages["archive/2022/index.html"]) == []
    assert b"28 items" in pages["archive/2022/index.html"]
    months = [items_on(pages[f"archive/2022/{month}/index.html"]) for month in ("04", "03", "02", "01")]
    assert [item for month in months for item in month] == [f"n-{number}" for number in range(120, 0, -1)]
    february = read(pages["archive/2022/02/index.html"])
    assert february.all("h1")[0].text == "February 2022"
    assert february.all("a", href="/press/archive/2022/")[0].text == "2022"


def test_a_month_that_is_too_long_leads_to_its_days(history: Make, read: Callable[[bytes], Any]) -> None:
    pages = history(600, a_day=200, first=date(2022, 3, 1)).build()

    month = read(pages["archive/2022/03/index.html"])
    assert [e.text for e in month.all("a") if "/03/" in e.attributes["href"]] == ["3 March", "2 March", "1 March"]
    assert len(items_on(pages["archive/2022/03/02/index.html"])) == 200
    assert read(pages["archive/2022/03/02/index.html"]).all("h1")[0].text == "2 March 2022"
    assert max(len(items_on(data)) for path, data in pages.items() if path.startswith("archive/")) == 200


@pytest.mark.parametrize(("language", "month"), [("uk", "Лютий 2022 р."), ("ar", "فبراير 2022"), ("en", "February 2022")])
def test_months_are_named_as_the_language_names_them(
    open_house: Make, content: Any, event: Any, read: Callable[[bytes], Any], language: str, month: str
) -> None:
    events = [event(content(f"n-{number}", day=date(2022, 2, 1)), number) for number in range(1, 102)]
    pages = open_house(events, language=language).build()
    assert read(pages["archive/2022/02/index.html"]).all("h1")[0].text.replace("\u202f", " ") == month


def test_the_sitemap_of_a_long_history_is_an_index_of_years(history: Make) -> None:
    pages = history(1100, first=date(2019, 6, 1)).build()

    index = re.findall(
        r"<sitemap><loc>https://news\.example\.org/press/(\S+?)</loc></sitemap>", pages["sitemap.xml"].decode()
    )
    assert index == ["sitemap-pages.xml", "sitemap-2022.xml", "sitemap-2021.xml", "sitemap-2020.xml", "sitemap-2019.xml"]
    named = [re.findall(r"<loc>https://news\.example\.org(\S+?)</loc>", pages[name].decode()) for name in index]
    listed = [address for addresses in named for address in addresses]
    assert len(listed) == len(set(listed))
    assert {f"/press/items/n-{number}/" for number in range(1, 1101)} | {"/press/", "/press/archive/2020/"} <= set(listed)
    assert len(named[3]) == 366
