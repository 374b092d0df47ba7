"""Feeds that are made when somebody asks for them: those of a topic, a kind and a language together."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from digest.desk.on_demand import OnDemandFeeds
from digest.errors import TemplateError

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def feeds(desk):
    desk.item("release")
    desk.item("news", kind="update")
    desk.item("russian", topics="russia")
    desk.item("novyna", language="uk")
    desk.publish()
    return OnDemandFeeds(desk.place.site, lambda: desk.now)


def ids(made):
    """The last parts of the entries' ids."""
    return [
        entry.findtext("a:id", None, ATOM).rpartition("/")[2]
        for entry in etree.fromstring(made.body).findall("a:entry", ATOM)
    ]


def test_each_combination_holds_what_is_in_all_its_parts(feeds):
    assert set(ids(feeds.render("ukraine+press-release", "atom"))) == {"release", "novyna"}
    assert ids(feeds.render("ukraine+update", "atom")) == ["news"]
    assert ids(feeds.render("ukraine.uk", "atom")) == ["novyna"]
    assert ids(feeds.render("press-release.uk", "atom")) == ["novyna"]
    assert ids(feeds.render("ukraine+press-release.uk", "atom")) == ["novyna"]


def test_it_says_its_own_address_and_title_in_each_format(feeds):
    atom = etree.fromstring(feeds.render("ukraine+update", "atom").body)
    rss = etree.fromstring(feeds.render("ukraine+update", "rss").body)
    made = json.loads(feeds.render("ukraine+update", "json").body)

    assert atom.findtext("a:id", None, ATOM) == "tag:newsroom.example.org,2020:feeds/ukraine+update"
    assert atom.find("a:link[@rel='self']", ATOM).get("href") == "https://news.example.org/feeds/ukraine+update.atom"
    assert (
        atom.findtext("a:title", None, ATOM)
        == rss.findtext("channel/title")
        == made["title"]
        == ("Test Newsroom: Ukraine, Update")
    )
    assert made["feed_url"] == "https://news.example.org/feeds/ukraine+update.json"


def test_it_is_what_publish_would_write_to_the_disk(desk, feeds):
    made = {form: feeds.render("ukraine+update", form).body for form in ("atom", "rss", "json")}
    desk.write("newsroom.toml", (desk.folder / "newsroom.toml").read_text() + "\n[feeds]\ncombinations = true\n")
    desk.reopen()
    desk.publish()

    for form, body in made.items():
        assert (desk.folder / "public" / "feeds" / f"ukraine+update.{form}").read_bytes() == body


@pytest.mark.parametrize(
    "name",
    [
        "russia+update",  # no item
        "ukraine+nothing", "nothing+update", "ukraine.xx", "ukraine.ru",  # unknown
        "update+ukraine", "ukraine+ukraine", "ukraine+update+update", "ukraine+update.", "Ukraine+update", "all+update",
        "ukraine+update.uk.uk", "ukraine.uk+update", "+update", "ukraine+", "", "..", "all.", "ukraine+russia",  # misspelt
        "all", "ukraine", "update", "all.uk",  # written by publish
    ],
)  # fmt: skip
def test_nothing_else_is_a_feed(feeds, name):
    for form in ("atom", "rss", "json", "html"):
        assert feeds.render(name, form) is None


def test_before_the_first_publish_there_is_none_and_no_database_is_made(desk):
    (desk.folder / "var" / "digest.db").unlink()
    feeds = OnDemandFeeds(desk.place.site, lambda: desk.now)

    assert feeds.render("ukraine+update", "atom") is None
    assert not (desk.folder / "var" / "digest.db").exists()


def test_what_is_published_later_is_in_it_and_nothing_is_made_twice_before(desk, feeds):
    before, seen = feeds.render("ukraine+update", "atom"), feeds.version()
    assert feeds.render("ukraine+update", "atom") is before
    assert feeds.version() == seen

    desk.item("more", day="2022-02-22", kind="update")
    desk.publish("2022-02-22T10:00")

    assert feeds.version() != seen
    assert ids(feeds.render("ukraine+update", "atom")) == ["more", "news"]


def test_an_embargoed_item_is_not_in_it(desk, feeds):
    desk.item("secret", kind="update", embargo="2022-02-22T12:00:00+00:00")
    desk.publish()

    assert ids(feeds.render("ukraine+update", "atom")) == ["news"]


def test_settings_that_were_published_with_count_and_broken_ones_do_not(desk, feeds):
    feeds.render("ukraine+update", "atom")
    desk.settings('[kinds.update]\ntitle = "Update"', '[kinds.update]\ntitle = "Latest"')
    desk.item("more", day="2022-02-22")
    desk.publish("2022-02-22T10:00")
    assert b"Ukraine, Latest" in feeds.render("ukraine+update", "atom").body

    (desk.folder / "newsroom.toml").write_text("[broken")
    feeds._seen = None

    assert b"Ukraine, Latest" in feeds.render("ukraine+update", "atom").body


def test_time_alone_turns_a_withdrawn_items_notice_into_a_tombstone(desk, feeds):
    desk.item("news", kind="update", withdrawn='{date: 2022-02-22, reason: "It was wrong."}')
    desk.publish("2022-02-22T10:00")
    seen = feeds.version()
    assert ids(feeds.render("ukraine+update", "atom")) == ["news"]

    desk.at("2022-04-01T10:00")

    assert feeds.version() != seen
    made = feeds.render("ukraine+update", "atom").body
    assert b"deleted-entry" in made
    assert ids(feeds.render("ukraine+update", "atom")) == []


def test_the_feed_of_a_topic_that_moved_leads_to_where_it_goes_on(desk, feeds):
    desk.settings('[topics.russia]\ntitle = "Russia"', '[topics.russia]\ntitle = "Russia"\nmoved_to = "ukraine"')
    desk.item("more", day="2022-02-22")
    desk.publish("2022-02-22T10:00")

    made = feeds.render("russia+press-release", "atom")

    assert (made.status, made.location) == (301, "https://news.example.org/feeds/ukraine+press-release.atom")


def test_the_feed_of_a_topic_that_is_over_is_gone(desk, feeds):
    desk.settings('[topics.russia]\ntitle = "Russia"', '[topics.russia]\ntitle = "Russia"\nended = 2021-12-31')
    desk.item("more", day="2022-02-22")
    desk.publish("2022-02-22T10:00")

    assert feeds.render("russia+press-release", "atom").status == 410


def test_a_fault_in_a_template_is_an_error_that_passes_when_it_is_mended(desk, feeds):
    template = desk.write("templates/feeds/entry.html", "{{ nothing }}")
    with pytest.raises(TemplateError):
        feeds.render("ukraine+update", "atom")

    template.unlink()
    desk.item("more", day="2022-02-22")
    desk.publish("2022-02-22T10:00")

    assert ids(feeds.render("ukraine+update", "atom")) == ["news"]


def test_it_has_a_page_for_people(feeds):
    page = feeds.render("ukraine+update", "html").body.decode()

    assert "Title of news" in page
    assert "/feeds/ukraine+update.atom" in page
