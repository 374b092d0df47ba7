"""The pages on which readers sign up, choose and leave: neutral, without scripts, in every language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import product
from typing import Any, Literal

import pytest

from digest.pages.reader_pages import ReaderPages, Sent
from digest.pages.reader_views import Entry, TitleView

LANGUAGES = ("en", "ar", "es", "fr", "ru", "uk")
LISTS = """
[lists.supporters]
title = "Secret Supporters"
sender = "Example Watch <digest@example.org>"
rhythms = ["weekly", "at-once"]
at_once = "urgent"
[lists.press]
title = "Press People"
sender = "Example Watch <press@example.org>"
rhythms = ["at-once", "daily"]
at_once = "all"
"""
LATER = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Wish:
    list_id: str = "supporters"
    rhythm: str = "weekly"
    language: str = "en"
    topics: tuple[str, ...] = ("ukraine",)
    urgent: bool = True
    form: Literal["full", "discreet"] = "full"


@dataclass(frozen=True)
class Standing:
    wish: Wish
    paused_until: datetime | None = None
    confirmed_at: datetime | None = LATER


def everything(pages: ReaderPages) -> Iterator[tuple[str, bytes]]:
    """Every page that there is, in each of its states."""
    yield "lists", pages.lists("?language=en")
    yield "form", pages.subscribe("supporters", Entry(), "1.a")
    yield "form to mend", pages.subscribe("supporters", Entry(address="a@b"), "1.a", ("address-wrong", "topics-none"))
    yield "ask", pages.ask_for_link(Entry(), "1.a")
    for done in (False, True):
        yield f"confirm {done}", pages.confirm("token", Wish(), is_done=done)
        yield f"confirm address {done}", pages.confirm("token", None, is_done=done)
        yield f"leave {done}", pages.leave("token", "supporters", is_gone=done)
        yield f"move {done}", pages.step(pages.steps.move("token", is_done=done))
        yield f"erased {done}", pages.step(pages.steps.erased(never_again=done))
        yield f"left {done}", pages.step(pages.steps.left("undo" if done else ""))
    yield "welcome", pages.welcome(Wish(), LATER, "2026-w47-supporters", [TitleView("One", "fr")])
    yield "welcome without anything", pages.welcome(Wish(rhythm="at-once", urgent=False))
    for mailed in ("subscribe", "preferences", "choices", "address"):
        yield f"mailed {mailed}", pages.look_into_mail(mailed)  # type: ignore[arg-type]
    for view in (pages.steps.undo("token"), pages.steps.returned(), pages.steps.broken(), pages.steps.unreadable()):
        yield view.heading, pages.step(view)
    one, two = Standing(Wish()), Standing(Wish("press", "at-once", topics=()), paused_until=LATER)
    yield "choices", pages.preferences("token", [one], ["press"], TODAY, done="saved")
    yield "all choices", pages.preferences("token", [one, two], [], TODAY)
    yield "no choices", pages.preferences("token", [], ["supporters", "press"], TODAY)
    sent = Sent("move", Entry(address="a@b"), ("address-wrong",))
    yield "choices to mend", pages.preferences("token", [one], ["press"], TODAY, sent=sent)


@pytest.fixture
def pages(open_house: Callable[..., Any]) -> Callable[..., ReaderPages]:
    """Makes the pages in a language."""

    def make(language: str = "en", more: str = LISTS, **wanted: Any) -> ReaderPages:
        house = open_house([], more=more)
        languages = ", ".join(f'"{one}"' for one in LANGUAGES)
        settings = house.settings.model_copy(
            update={
                "newsroom": house.settings.newsroom.model_copy(update={"languages": tuple(re.findall(r"\w+", languages))})
            }
        )
        return ReaderPages(settings, house.templates, language, **wanted)

    return make


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_made_in_every_language(language: str, pages: Any, read: Callable[[bytes], Any]) -> None:
    for discreet in (False, True):
        for name, body in everything(pages(language, discreet=discreet)):
            page = read(body)
            html = page.all("html")[0].attributes
            assert (html["lang"], html["dir"]) == (language, "rtl" if language == "ar" else "ltr"), name
            assert len(page.all("h1")) == 1, name


def test_no_title_says_which_list_or_topic(pages: Any, read: Callable[[bytes], Any]) -> None:
    for discreet, (name, body) in product((False, True), everything(pages())):
        title = read(body).all("title")[0].text
        assert not re.search("Secret|Press|Ukraine|Russia", title), (name, discreet)


def test_a_discreet_readers_pages_name_the_newsroom_nowhere(pages: Any) -> None:
    """What they ask for stands on the page; who is asked does not, outside the words that somebody agrees to."""
    for name, body in everything(pages(discreet=True)):
        text = re.sub(r'<p class="agreed">.*?</p>', "", body.decode())
        if name not in ("lists", "form", "form to mend", "ask"):
            assert "Example Watch" not in text, name
    leave = pages(discreet=True).leave("token", "supporters", is_gone=False).decode()
    assert "Secret" not in leave


def test_nothing_runs_and_nothing_is_loaded_from_elsewhere(pages: Any, read: Callable[[bytes], Any]) -> None:
    for name, body in everything(pages()):
        page = read(body)
        assert not page.all("script") and not page.all("iframe") and not page.all("style"), name
        assert not [one for one in page.elements if "style" in one.attributes], name
        assert not [one for one in page.elements if any(key.startswith("on") for key in one.attributes)], name
        loaded = [one.attributes["href"] for one in page.all("link") if one.attributes["rel"] in ("stylesheet", "icon")]
        assert all(href.startswith("/press/") for href in loaded), name
        assert [one.attributes["content"] for one in page.all("meta", name="referrer")] == ["no-referrer"], name


def test_what_changes_something_is_a_form_that_posts(pages: Any, read: Callable[[bytes], Any]) -> None:
    for name, body in everything(pages()):
        page = read(body)
        assert all(form.attributes["method"] == "post" for form in page.all("form")), name
        assert all(form.attributes["action"].startswith("/press/") for form in page.all("form")), name
        linked = [one.attributes["href"] for one in page.all("a") if "token" in one.attributes.get("href", "")]
        assert linked == [], name


def test_pages_behind_a_token_ask_search_engines_to_stay_away(pages: Any, read: Callable[[bytes], Any]) -> None:
    for name, body in everything(pages()):
        page = read(body)
        found = name in ("lists", "form", "ask")
        assert bool(page.all("meta", name="robots")) is not found, name
        assert bool(page.all("link", rel="canonical")) is found, name


def test_what_is_agreed_to_stands_on_the_page_word_for_word(pages: Any, read: Callable[[bytes], Any]) -> None:
    for language in LANGUAGES:
        made = pages(language)
        shown = [one.text for one in read(made.subscribe("press", Entry(), "1.a")).all("p", **{"class": "agreed"})]
        assert shown == [made.consent("press")], language
        joined = [one.text for one in read(made.preferences("t", [], ["press"], TODAY)).all("p", **{"class": "agreed"})]
        assert joined == shown


def test_the_form_is_filled_in_as_it_was(pages: Any, read: Callable[[bytes], Any]) -> None:
    entry = Entry("somebody@example.org", False, ("russia",), "at-once", True, "uk", "discreet")
    page = read(pages().subscribe("supporters", entry, "1.a", ("too-quick",)))
    chosen = {(one.attributes["name"], one.attributes["value"]) for one in page.all("input") if "checked" in one.attributes}

    assert chosen == {
        ("scope", "some"), ("topic", "russia"), ("rhythm", "at-once"), ("urgent", "yes"), ("form", "discreet"),
    }  # fmt: skip
    assert [one.attributes["value"] for one in page.all("option") if "selected" in one.attributes] == ["uk"]
    assert page.all("input", name="address")[0].attributes["value"] == "somebody@example.org"
    assert page.all("input", name="opened")[0].attributes["value"] == "1.a"


def test_a_fault_leads_to_the_field_to_mend(pages: Any, read: Callable[[bytes], Any]) -> None:
    page = read(pages().subscribe("supporters", Entry(), "1.a", ("address-missing", "topics-none")))
    targets = [
        one.attributes["href"][1:]
        for one in page.all("a")
        if one.attributes["href"].startswith("#") and "-" in one.attributes["href"]
    ]

    assert targets == ["address-supporters", "topics-supporters"]
    assert all(page.all("input", id=target) or page.all("div", id=target) for target in targets)


def test_a_topic_that_ended_stays_for_those_who_follow_it(pages: Any) -> None:
    ended = LISTS + '[topics.over]\ntitle = "What is over"\nended = 2022-03-05\n'
    made = pages(more=ended)

    assert b"What is over" not in made.subscribe("supporters", Entry(), "1.a")
    assert b"What is over" in made.preferences("t", [Standing(Wish(topics=("over",)))], [], TODAY)


def test_the_first_letter_is_announced_as_far_as_is_known(pages: Any) -> None:
    made = pages()

    assert b"27 November 2026, 14:00 GMT" in made.welcome(Wish(), LATER)
    assert b"with the next digest" in made.welcome(Wish())
    assert b"something urgent" in made.welcome(Wish(rhythm="at-once"), LATER)
    assert b"that you asked for" in made.welcome(Wish("press", "at-once"))
    assert b'href="/press/editions/2026-w47-supporters/"' in made.welcome(Wish(), LATER, "2026-w47-supporters")


def test_a_list_that_is_gone_does_no_harm(pages: Any) -> None:
    lost = Standing(Wish("lost"))

    assert b"lost" not in pages().preferences("t", [lost], ["lost"], TODAY)
    assert pages().leave("t", "lost", is_gone=False)
    assert pages().welcome(Wish("lost"))


def test_pages_say_where_to_sign_up_only_where_people_can(open_house: Callable[..., Any]) -> None:
    shown = {"index.html": "/press/subscribe/?language=en", "topics/ukraine/index.html": "&amp;topic=ukraine"}
    offered = open_house(more=LISTS).build()
    for path, link in {**shown, "feeds/ukraine.html": "&amp;topic=ukraine", "feeds/all.html": "language=en"}.items():
        assert link in offered[path].decode(), path
    for more in ("", LISTS + "[web]\nsign_up = false\n"):
        for path, body in open_house(more=more).build().items():
            assert b"/subscribe/" not in body, path


def test_a_topic_that_ended_is_not_offered_by_mail(open_house: Callable[..., Any]) -> None:
    over = '[topics.over]\ntitle = "Over"\nended = 2022-02-01\n'
    built = open_house(more=LISTS + over).build()

    assert b"topic=over" not in built["topics/over/index.html"]
