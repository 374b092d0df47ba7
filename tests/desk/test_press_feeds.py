"""Accredited press reads what is under embargo, marked as such; nobody else ever sees a word of it."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from digest.desk.accrediting import add_press_feed, list_press_feeds, revoke_press_feed
from digest.desk.press_feeds import PressFeeds

ATOM = {"a": "http://www.w3.org/2005/Atom"}


class Reader:
    """A journalist with a private feed, at the desk's clock."""

    def __init__(self, desk) -> None:
        self.desk = desk
        self.token = add_press_feed(desk.place, "Example Daily", actor="Ada")[0].rpartition("/")[2].removesuffix(".atom")
        self.feeds = PressFeeds(desk.place.site, lambda: desk.now)

    def fetch(self, form="atom", token=None):
        """The bytes of the feed."""
        return self.feeds.render(self.token if token is None else token, form)

    def titles(self):
        """The entries' titles by the last part of their ids."""
        root = etree.fromstring(self.fetch())
        return {
            entry.findtext("a:id", None, ATOM).rpartition("/")[2]: entry.findtext("a:title", None, ATOM)
            for entry in root.findall("a:entry", ATOM)
        }


@pytest.fixture
def reader(desk):
    return Reader(desk)


def test_what_waits_for_its_moment_stands_before_what_is_public_marked_with_the_moment(desk, reader):
    desk.item("public")
    desk.item("embargoed", embargo="2022-02-22T12:00:00+00:00")
    desk.item("dated-ahead", day="2022-02-24")
    desk.publish()

    assert reader.titles() == {
        "dated-ahead": "EMBARGOED until 24 February 2022, 00:00 UTC (00:00 Europe/London): Title of dated-ahead",
        "embargoed": "EMBARGOED until 22 February 2022, 12:00 UTC (12:00 Europe/London): Title of embargoed",
        "public": "Title of public",
    }


def test_what_is_due_but_was_not_published_is_shown_to_nobody(desk, reader):
    desk.item("due")
    desk.item("over", embargo="2022-02-21T08:59:59+00:00")
    desk.item("ahead", embargo="2022-02-21T09:00:01+00:00")
    assert set(reader.titles()) == {"ahead"}


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
def test_each_form_holds_the_whole_text_and_names_its_own_address(desk, reader, form):
    desk.item("embargoed", embargo="2022-02-22T12:00:00+00:00", body="A word that nobody else may read.")
    data = reader.fetch(form).decode()
    assert "A word that nobody else may read." in data
    assert f"https://news.example.org/press/{reader.token}.{form}" in data
    assert "hub" not in data


def test_drafts_faulty_items_and_withdrawn_ones_are_not_shown(desk, reader):
    ahead = {"embargo": "2022-02-22T12:00:00+00:00"}
    desk.item("sound", **ahead)
    desk.item("draft", status="draft", **ahead)
    desk.item("faulty", kind="nonsense", **ahead)
    desk.item("withdrawn", withdrawn="{date: 2022-02-21, reason: It was wrong.}", **ahead)
    desk.item("no-picture", photo="{src: broken.jpg, alt: A street, credit: A. Nother}", **ahead)
    (desk.folder / "items" / "photos").mkdir()
    (desk.folder / "items" / "photos" / "broken.jpg").write_bytes(b"no picture at all")

    assert set(reader.titles()) == {"sound"}


def test_at_its_moment_an_item_becomes_the_entry_that_everybody_reads_under_the_same_id(desk, reader):
    desk.item("one", day="2022-02-22", embargo="2022-02-22T12:00:00+00:00")
    before = json.loads(reader.fetch("json"))["items"]
    desk.publish("2022-02-22T12:00")
    after = json.loads(reader.fetch("json"))["items"]

    assert [item["id"] for item in before] == [item["id"] for item in after]
    assert [item["title"] for item in after] == ["Title of one"]
    assert after[0]["date_modified"] > before[0]["date_modified"]
    assert json.loads((desk.folder / "public" / "feeds" / "all.json").read_text())["items"] == after


def test_a_photo_under_embargo_is_neither_shown_nor_made_public(desk, reader):
    desk.photo("street.jpg", b"a mark in the picture")
    photo = "{src: street.jpg, alt: A street, credit: A. Nother}"
    desk.item("one", photo=photo, embargo="2022-02-22T12:00:00+00:00")
    desk.publish()
    assert b".jpg" not in reader.fetch()
    assert not list((desk.folder / "public").glob("photos/*"))


def test_an_edited_item_is_shown_as_it_is_now(desk, reader):
    desk.item("one", embargo="2022-02-22T12:00:00+00:00")
    assert "Title of one" in reader.titles()["one"]
    desk.item("one", title="Another title", embargo="2022-02-22T12:00:00+00:00")
    assert "Another title" in reader.titles()["one"]
    (desk.folder / "items" / "one.md").unlink()
    assert reader.titles() == {}


def test_a_change_of_the_settings_is_seen_without_a_new_start(desk, reader):
    desk.item("one", topics="moon", embargo="2022-02-22T12:00:00+00:00")
    assert reader.titles() == {}
    desk.settings("[kinds.update]", '[topics.moon]\ntitle = "Moon"\n[kinds.update]')
    assert set(reader.titles()) == {"one"}
    (desk.folder / "newsroom.toml").write_text("nonsense = ")
    assert set(reader.titles()) == {"one"}, "what was valid last goes on"


def test_a_token_that_is_wrong_or_revoked_opens_nothing(desk, reader):
    desk.item("one", embargo="2022-02-22T12:00:00+00:00")
    assert reader.fetch() is not None
    for token in ("", "x", reader.token[:-1], reader.token + "a", reader.token.upper(), "é\udcff", "a" * 10_000):
        assert reader.fetch(token=token) is None
    assert reader.fetch("html") is None
    revoke_press_feed(desk.place, "Example Daily", actor="Ada")
    assert reader.fetch() is None


def test_a_token_of_an_earlier_feed_under_the_same_name_opens_nothing(desk, reader):
    revoke_press_feed(desk.place, "Example Daily", actor="Ada")
    again = Reader(desk)
    assert again.fetch() is not None
    assert again.fetch(token=reader.token) is None


def test_of_its_use_only_the_newsrooms_day_is_kept(desk, reader):
    assert [feed.used_on for feed in list_press_feeds(desk.place)] == [None]
    desk.settings("Europe/London", "Pacific/Auckland")
    reader.feeds = PressFeeds(desk.place.site, lambda: desk.now)
    desk.at("2022-02-21T20:30")
    reader.fetch()
    reader.fetch(token="x")
    assert [str(feed.used_on) for feed in list_press_feeds(desk.place)] == ["2022-02-22"]


def test_nothing_of_a_private_feed_lies_in_any_file_of_the_site(desk, reader):
    desk.item("public")
    desk.item("secret", embargo="2022-02-22T12:00:00+00:00", title="Codeword Kingfisher", body="Kingfisher flies at noon.")
    desk.publish()
    for form in ("atom", "rss", "json"):
        assert b"Kingfisher" in reader.fetch(form)
    desk.publish()
    desk.reopen()

    for path, data in desk.bytes_below("."):
        assert reader.token.encode() not in data, f"{path} holds the token"
    for path, data in desk.bytes_below("public"):
        assert b"Kingfisher" not in data, f"{path} holds the item"
        assert b"secret" not in data, f"{path} names the item"
