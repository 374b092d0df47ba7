"""A letter can be looked at from items/ and templates/ alone: what it carries, how it is shown, and what is said of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from digest.desk.previewing import Previewer, Sheet, read_choice
from digest.desk.previewing.choosing import EXTENTS, LETTER, SINGLE_KINDS, TOPIC
from digest.desk.previewing.display import build_display
from digest.desk.previewing.page import build_page, build_query
from digest.desk.previewing.pictures import ShownPictures
from digest.desk.previewing.sources import State
from digest.errors import SettingsError, TemplateError
from digest.items.folder import read_folder
from digest.mail.single import SingleKind
from digest.settings import build_settings, open_site

NOW = datetime(2022, 3, 1, tzinfo=UTC)
SETTINGS = """
[newsroom]
name = "The Newsroom"
title = "The Newsroom"
languages = ["en", "uk", "ar"]
zone = "UTC"
base_url = "https://news.example.org"
postal_address = "1 Example Street"
tag_authority = "example.org,2022"
[topics.ukraine]
title = "Ukraine"
[topics.russia]
title = "Russia"
[kinds.update]
title = "Update"
[lists.press]
title = "Press"
sender = "Press desk <press@example.org>"
rhythms = ["at-once", "daily"]
[lists.supporters]
title = "Supporters"
sender = "The Newsroom <news@example.org>"
"""
PARSED = build_settings(SETTINGS, {})


class Site:
    """A site that somebody edits, and the looks at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "items" / "photos").mkdir(parents=True)
        self.write("newsroom.toml", SETTINGS)
        self.previewer = Previewer(folder)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def item(self, name: str, day: str = "2022-02-20", topics: str = "ukraine", **more: str) -> Path:
        extra = "".join(f"{key}: {value}\n" for key, value in more.items())
        head = f"title: Title of {name}\ndate: {day}\nkind: update\ntopics: [{topics}]\n{extra}"
        return self.write(f"items/{name}.md", f"---\n{head}---\nWhat {name} says.\n")

    def photo(self, name: str, width: int, height: int) -> Path:
        path = self.folder / "items" / "photos" / name
        Image.new("RGB", (width, height), "#884422").save(path)
        return path

    @property
    def state(self) -> State:
        return self.previewer.sources.read()

    def look(self, **query: str) -> Sheet:
        return self.previewer.look(self.state, read_choice(query, self.state.site.settings), NOW)

    def carried(self, **query: str) -> list[str]:
        return [one.content.id for one in self.look(**query).carried]

    def problems(self) -> list[str]:
        return [str(problem) for problem in self.state.problems]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def week(site: Site) -> Site:
    for number in range(1, 8):
        site.item(f"item-{number}", f"2022-02-{20 + number}", "russia" if number % 2 else "ukraine")
    return site


# -- choosing

VALUES = {
    "list": ("press", "supporters", "gone"),
    "rhythm": ("weekly", "daily", "at-once"),
    "items": (*EXTENTS, f"{TOPIC}russia", f"{TOPIC}mars", *(f"{LETTER}{kind}" for kind in SINGLE_KINDS)),
    "language": ("en", "uk", "ar", "fr"),
    "form": ("full", "discreet"),
    "pictures": ("shown", "blocked", "none"),
    "drafts": ("yes", "no"),
    "width": ("both", "phone", "desktop"),
    "light": ("light", "dark", "both"),
    "part": ("html", "text", "source"),
}
QUERIES = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})


@given(QUERIES)
def test_a_link_leads_to_the_same_look(query: dict[str, str]) -> None:
    choice = read_choice(query, PARSED)
    assert read_choice(dict(parse_qsl(build_query(choice))), PARSED) == choice


@given(st.dictionaries(st.sampled_from([*VALUES, "x"]), st.text(max_size=20), max_size=5))
def test_what_a_query_says_that_means_nothing_counts_as_not_said(query: dict[str, str]) -> None:
    known = {name: value for name, value in query.items() if value in VALUES.get(name, ())}
    assert read_choice(query, PARSED) == read_choice(known, PARSED)


def test_a_weekly_list_comes_first() -> None:
    assert (read_choice({}, PARSED).list_id, read_choice({"list": "press"}, PARSED).rhythm) == ("supporters", "at-once")


# -- what a letter carries


def test_the_newest_items_come_first(week: Site) -> None:
    assert week.carried(items="1") == ["item-7"]
    assert week.carried() == ["item-7", "item-6", "item-5", "item-4", "item-3"]
    assert len(week.carried(items="all")) == 7


def test_a_reader_of_a_topic_gets_that_topic(week: Site) -> None:
    week.item("both", "2022-02-28", "ukraine, russia")
    assert week.carried(items="topic:ukraine") == ["both", "item-6", "item-4", "item-2"]
    assert "asked for news about Ukraine." in week.look(items="topic:ukraine").text.replace("\n", " ")


def test_what_is_under_embargo_or_dated_ahead_is_shown_and_says_so(site: Site) -> None:
    site.item("old", "2022-02-20")
    site.item("secret", "2022-02-28", embargo="2022-03-02T09:30:00+00:00")
    site.item("later", "2022-04-01")
    choice = read_choice({}, PARSED)
    page = build_page(PARSED, "", choice, site.look(), site.state.materials, (), NOW)
    assert [(one.file, one.note) for one in page.carried] == [
        ("items/later.md", "from 01 April 2022, 00:00"),
        ("items/secret.md", "from 02 March 2022, 09:30"),
        ("items/old.md", ""),
    ]


def test_drafts_are_shown_when_asked_for(site: Site) -> None:
    site.item("done")
    site.item("half", status="draft")
    assert site.carried() == ["done"]
    assert sorted(site.carried(drafts="yes")) == ["done", "half"]


def test_a_reader_gets_one_version_of_a_translated_item(site: Site) -> None:
    site.item("one", "2022-02-20")
    site.item("one-uk", "2022-02-21", language="uk", translation_of="one")
    assert (site.carried(), site.carried(language="uk"), site.carried(language="ar")) == (["one"], ["one-uk"], ["one"])


def test_sixty_items_are_made_of_few(site: Site) -> None:
    site.item("one", "2022-02-20")
    site.item("one-uk", "2022-02-21", language="uk", translation_of="one")
    site.item("two", "2022-02-22")
    html = site.look(items="60", language="uk").html
    assert html is not None
    assert html.count("Title of one-uk") == 30
    assert len(html.encode()) < 100_000


def test_notices_are_those_of_the_items(week: Site) -> None:
    week.item("wrong", corrections='[{date: 2022-02-21, note: "It was a Monday."}]')
    week.item("gone", withdrawn='{date: 2022-02-22, reason: "It cannot be confirmed."}')
    sheet = week.look(items="notices")
    assert sorted(one.content.id for one in sheet.carried) == ["gone", "wrong"]
    assert "It was a Monday." in sheet.text and "It cannot be confirmed." in sheet.text
    assert "An example" not in sheet.text
    assert len(week.carried(items="mixed")) == 5


def test_notices_are_examples_where_no_item_has_one(site: Site) -> None:
    site.item("one")
    text = site.look(items="notices").text
    assert "the wrong day for the hearing" in text.replace("\n", " ")
    assert "has asked us to take it back" in text.replace("\n", " ")
    assert site.carried(items="mixed") == ["one"]


def test_a_withdrawn_item_is_no_news(site: Site) -> None:
    site.item("gone", withdrawn='{date: 2022-02-22, reason: "It cannot be confirmed."}')
    assert site.carried(items="all") == []


def test_a_site_without_items_has_a_letter_all_the_same(site: Site) -> None:
    for extent in EXTENTS:
        assert site.look(items=extent).subject


@pytest.mark.parametrize("language", ["en", "uk", "ar"])
@pytest.mark.parametrize("form", ["full", "discreet"])
def test_every_letter_can_be_looked_at_in_every_form_and_language(week: Site, language: str, form: str) -> None:
    for name in (*EXTENTS, f"{TOPIC}russia", *(f"{LETTER}{kind}" for kind in get_args(SingleKind))):
        sheet = week.look(items=name, language=language, form=form)
        assert sheet.subject
        assert (sheet.html is None) == (form == "discreet")
        assert sheet.html is None or f'lang="{language}"' in sheet.html
        assert b"reader@example.org" in sheet.message
        assert "https://news.example.org/u/xxx" in sheet.text


@pytest.mark.parametrize("form", ["full", "discreet"])
def test_letters_to_press_and_staff_have_one_form(week: Site, form: str) -> None:
    press, staff = (week.look(items=f"{LETTER}{kind}", language="uk", form=form) for kind in SINGLE_KINDS[-2:])
    assert press.html is not None and 'lang="uk"' in press.html and "https://news.example.org/u/xxx" in press.text
    assert staff.html is not None and 'lang="en"' in staff.html and "/u/" not in staff.text
    assert "What it carries" in staff.text


def test_the_newest_of_a_large_newsroom_are_enough(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.desk.previewing.sources.MOST_ITEMS", 3)
    for number in range(5):
        site.item(f"item-{number}", f"2022-02-{10 + number}")
    assert site.carried(items="all") == ["item-4", "item-3", "item-2"]


# -- photos


def test_a_photo_is_described_as_it_is_made(site: Site) -> None:
    sizes = {"wide.png": (2003, 995), "small.png": (310, 207), "high.png": (333, 3001)}
    for name, (width, height) in sizes.items():
        site.photo(name, width, height)
    turned = site.folder / "items" / "photos" / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (900, 500), "#123456").save(turned, exif=exif)
    pictures = ShownPictures(read_folder(open_site(site.folder, {})))
    assert len(pictures) == 4
    for name in pictures:
        for rendition in (pictures[name].medium, pictures[name].small):
            data = pictures.read(rendition.name)
            assert data is not None
            site.folder.joinpath("look.jpg").write_bytes(data)
            with Image.open(site.folder / "look.jpg") as image:
                assert image.size == (rendition.width, rendition.height), name
    assert pictures.read("../newsroom.toml") is None


def test_letters_show_photos_unless_none_are_wanted(site: Site) -> None:
    site.photo("x.png", 1300, 800)
    site.item("one", photo='{src: x.png, alt: "A street", credit: "Drawing: X"}')
    shown, bare = site.look().html, site.look(pictures="none").html
    assert shown is not None and bare is not None
    assert 'alt="A street"' in shown and "Drawing: X" in shown
    assert "<img" not in bare and "Drawing: X" not in bare


def test_a_photo_that_is_no_picture_is_named_and_left_out(site: Site) -> None:
    site.write("items/photos/x.png", "not a picture")
    site.item("one", photo='{src: x.png, alt: "A street", credit: "Drawing: X"}')
    html = site.look().html
    assert html is not None and "<img" not in html
    assert "items/one.md: photo.src: x.png: it is not a JPEG" in site.problems()[0]


# -- changes


def test_what_is_wrong_is_listed_and_the_rest_is_shown(week: Site) -> None:
    week.write("items/broken.md", "---\ntitle: A title: with a colon\n---\nBody.")
    assert week.problems()[0].startswith("items/broken.md:2:")
    assert len(week.carried(items="all")) == 7


@pytest.mark.parametrize("change", ["item", "new item", "photo", "theme", "settings", "gone"])
def test_every_change_is_seen(week: Site, change: str) -> None:
    before = week.state
    assert week.state is before
    acts: dict[str, Callable[[], object]] = {
        "item": lambda: week.item("item-1", "2022-02-22"),
        "new item": lambda: week.item("fresh"),
        "photo": lambda: week.photo("x.png", 10, 10),
        "theme": lambda: week.write("templates/theme.toml", '[light]\naccent = "#ff0000"\non_accent = "#000000"\n'),
        "settings": lambda: week.write("newsroom.toml", SETTINGS.replace("1 Example", "2 Example")),
        "gone": lambda: (week.folder / "items" / "item-3.md").unlink(),
    }
    acts[change]()
    assert week.previewer.sources.look() != before.token
    assert week.state is not before
    assert (week.state.inliner is before.inliner) == (change != "theme")


def test_faults_are_raised_until_they_are_mended(week: Site) -> None:
    week.write("newsroom.toml", SETTINGS + "colour = 1\n")
    with pytest.raises(SettingsError, match=r"newsroom\.toml"):
        week.look()
    week.write("newsroom.toml", SETTINGS)
    week.write("templates/theme.toml", '[light]\naccent = "red"\n')
    with pytest.raises(TemplateError, match="is no colour"):
        week.look()
    week.write("templates/theme.toml", '[light]\npaper = "#fafafa"\n')
    html = week.look().html
    assert html is not None and "#fafafa" in html


def test_nothing_is_written(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "items", tmp_path / "items")
    shutil.copy(root / "newsroom.toml", tmp_path)
    before = sorted(tmp_path.rglob("*"))
    previewer = Previewer(tmp_path)
    state = previewer.sources.read()
    sheet = previewer.look(state, read_choice({"items": "12"}, state.site.settings), NOW)
    assert len(sheet.carried) == 12
    assert sorted(tmp_path.rglob("*")) == before


# -- showing

PAGE = (
    '<html><head><meta name="color-scheme" content="light dark"><style>@media (prefers-color-scheme:dark){a{}}'
    "@media screen and (prefers-color-scheme: light) {b{}} :root{color-scheme:light dark}</style></head>"
    '<body background="https://news.example.org/x.png"><img src="https://news.example.org/photos/x.jpg" alt="A">'
    '<a href="https://news.example.org/">x</a></body></html>'
)


def test_light_and_dark_are_forced_whatever_the_browser_has() -> None:
    dark = build_display(PAGE, "https://news.example.org", dark=True)
    light = build_display(PAGE, "https://news.example.org", dark=False)
    assert "@media (min-width:0){a{}}" in dark and "@media screen and (max-width:0) {b{}}" in dark
    assert "@media (max-width:0){a{}}" in light and "@media screen and (min-width:0) {b{}}" in light
    assert dark.count("light dark") == light.count("light dark") == 0
    assert '<meta name="color-scheme" content="dark">' in dark and "color-scheme:light}" in light


def test_photos_are_taken_from_the_preview_and_links_stay() -> None:
    shown = build_display(PAGE, "https://news.example.org", dark=False)
    assert '<img src="/photos/x.jpg" alt="A">' in shown
    assert '<a href="https://news.example.org/">' in shown
    blocked = build_display(PAGE, "https://news.example.org", dark=False, pictures="blocked")
    assert '<img alt="A">' in blocked


@settings(max_examples=30)
@given(st.sampled_from(["light", "dark", "both"]), st.sampled_from(["phone", "desktop", "both"]))
def test_each_frame_shows_one_light_at_one_width(light: str, width: str) -> None:
    choice = read_choice({"light": light, "width": width}, PARSED)
    sheet = Sheet("x", "The Newsroom", "Subject", "", "<p>", "text", b"Subject: x\r\n\r\n")
    frames = build_page(PARSED, "", choice, sheet, (), (), NOW).frames
    assert len({(frame.light, frame.width) for frame in frames}) == (1 + (light == "both")) * (1 + (width == "both"))
    assert all(f"light={frame.light}" in frame.address for frame in frames)
