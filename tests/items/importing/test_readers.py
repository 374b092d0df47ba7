"""Every reader of a source, by the sample files in files/."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest

from digest.errors import ContentError
from digest.items.importing.entries import Entry, File, Picture, Skip, Term, read_iso_moment, read_mail_moment, to_plain
from digest.items.importing.feeds import read_feed
from digest.items.importing.json_feed import read_json_feed
from digest.items.importing.markup import convert_html
from digest.items.importing.rest import read_posts
from digest.items.importing.wordpress import read_export

FILES = Path(__file__).parent / "files"


def opened(name: str) -> BytesIO:
    return BytesIO((FILES / name).read_bytes())


def entries(found: list[Entry | Skip]) -> list[Entry]:
    return [entry for entry in found if isinstance(entry, Entry)]


def test_an_export_gives_its_published_posts_with_their_pictures() -> None:
    found = list(read_export(opened("export.xml"), "export.xml"))
    first, older, later, page, lost = entries(found)
    assert (first.title, first.name, first.sort) == ("Port workers & their families freed", "port-workers-freed", "post")
    assert first.published == datetime(2022, 2, 28, 12, 30, tzinfo=UTC)
    assert first.guid == "https://harbourwatch.example.org/?p=101"
    assert first.summary == "Nine people are free again."
    assert first.language == "en-GB"
    assert first.terms == (
        Term("Ukraine", "ukraine"),
        Term("Black Sea", "black-sea"),
        Term("Press Release", "press-releases"),
    )
    assert first.picture == Picture(
        "https://harbourwatch.example.org/wp-content/uploads/2022/02/quay.jpg",
        "An empty quay",
        "The quay at dawn",
        "Ben Example",
    )
    assert (first.has_lines, older.has_lines) == (False, True)
    assert older.remarks == ("shortcodes are left out: gallery, pullquote",)
    assert (later.name, later.language, later.published) == (
        "намет-у-порту",
        "uk",
        datetime(2022, 3, 5, 22, 15, 10, tzinfo=UTC),
    )
    assert (page.sort, lost.published) == ("page", None)
    assert [(skip.title, skip.why) for skip in found if isinstance(skip, Skip)] == [
        ("A draft", "it is a draft"),
        ("For members", "it is protected by a password"),
        ("Among ourselves", "it is private"),
    ]


def test_an_export_is_read_as_a_stream(tmp_path: Path) -> None:
    text = (FILES / "export.xml").read_text(encoding="utf-8")
    start, end = text.index("\t<item>"), text.index("</item>") + len("</item>")
    post = text[start:end].replace("<!-- wp:list -->", "<p>" + "Words and words. " * 1000 + "</p>")
    large = tmp_path / "large.xml"
    with large.open("w", encoding="utf-8") as stream:
        stream.write(text[:start])
        stream.writelines(post for _ in range(2000))
        stream.write(text[end:])
    before = resident_bytes()
    with large.open("rb") as export:
        assert sum(isinstance(entry, Entry) for entry in read_export(export, "large.xml")) == 2004
    assert resident_bytes() - before < large.stat().st_size / 2, "the posts stay in memory"


def resident_bytes() -> int:
    """The memory that this process holds now (proc(5))."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_an_answer_of_wordpress_says_the_same() -> None:
    found = list(read_posts(opened("posts.json"), "posts.json"))
    (post,) = entries(found)
    assert (post.title, post.name) == ("Port workers & their families freed", "port-workers-freed")
    assert post.terms == (Term("Eastern Europe", "eastern-europe"), Term("Press Release", "press-releases"))
    assert post.picture == Picture(
        "https://pictures.example.org/uploads/quay.jpg", "An empty quay", "The quay at dawn", "Ben Example"
    )
    assert post.remarks == ()
    assert [(skip.why, skip.is_fault) for skip in found if isinstance(skip, Skip)] == [
        ("it is protected by a password", False),
        ("it is no post as WordPress answers it", True),
    ]


def test_a_single_post_without_embed_says_that_its_categories_are_unknown() -> None:
    post = b'{"id": 1, "title": "A", "content": {"rendered": "b"}, "categories": [3], "date_gmt": "2022-02-28T12:00:00"}'
    (entry,) = entries(list(read_posts(BytesIO(post), "x")))
    assert entry.published == datetime(2022, 2, 28, 12, tzinfo=UTC)
    assert "_embed" in entry.remarks[0]


def test_rss_with_media_and_content() -> None:
    first, teaser, naive, _ = entries(list(read_feed(opened("partner.rss"), "partner.rss")))
    assert first.published == datetime(2022, 3, 1, 8, tzinfo=UTC)
    assert first.html == "<p>The court ruled on Tuesday. Nobody was surprised.</p>"
    assert first.summary == "The court ruled on Tuesday."
    assert first.picture == Picture(
        "https://pictures.example.org/court.jpg", caption="The court from the east", credit="Cora Example"
    )
    assert first.files == (File("https://partner.example.com/files/ruling.pdf"),)
    assert (first.language, first.terms) == ("en-US", (Term("Russia"),))
    assert (teaser.html, teaser.summary) == ("Something happened in Kyiv, and <b>we</b> were there...", "")
    assert naive.published is None


def test_rss_1_0_in_another_encoding() -> None:
    (entry,) = entries(list(read_feed(opened("partner.rdf"), "partner.rdf")))
    assert (entry.title, entry.html, entry.published) == ("An old thing", "It was café time.", date(2005, 3, 1))
    assert (entry.guid, entry.language) == ("https://old.example.com/items/an-old-thing.html", "uk")
    assert entry.terms == (Term("ukraine"),)


def test_atom_of_every_type_of_text() -> None:
    stamp, bread = entries(list(read_feed(opened("partner.atom"), "partner.atom")))
    assert (stamp.title, bread.title) == ("Марка <b> і ціна", "Bread & <salt> today")
    shown = "Марка *дорога*, [крамниця](https://partner.example.com/blog/shop)."
    assert convert_html(stamp.html, stamp.link).markdown == shown
    assert (stamp.language, bread.language) == ("uk", "en")
    assert (stamp.link, stamp.terms) == ("https://partner.example.com/blog/stamp", (Term("Україна", "ukraine"),))
    assert stamp.files == (File("https://partner.example.com/blog/stamp.mp3", "To listen"),)
    assert stamp.published == datetime(2022, 3, 3, tzinfo=UTC)
    assert bread.published == datetime(2022, 3, 4, 8, tzinfo=UTC)


def test_json_feed_with_plain_text() -> None:
    plain, untitled, undated, nothing = entries(list(read_json_feed(opened("partner.json"), "partner.json")))
    assert (plain.title, plain.has_lines) == ("Plain <words>", True)
    assert plain.html == "First line\nsecond line\n\nA *new* paragraph"
    assert plain.published == datetime(2022, 3, 5, 17, tzinfo=UTC)
    assert plain.files == (File("https://partner.example.com/a.pdf", "All of it"),)
    assert (untitled.guid, untitled.title) == ("12", "")
    assert (undated.published, nothing.guid) == (None, "")


@pytest.mark.parametrize(
    ("reader", "name", "command"),
    [
        (read_feed, "export.xml", "import wordpress"),
        (read_export, "partner.rss", "import feed"),
        (read_posts, "partner.json", "import feed"),
        (read_json_feed, "posts.json", "import wordpress"),
    ],
)
def test_a_file_of_the_other_command_names_it(reader, name: str, command: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ContentError, match=command):
        list(reader(opened(name), name))


@pytest.mark.parametrize(
    ("reader", "data"),
    [
        (read_feed, b"<rss><channel></channel></rss>"),
        (read_feed, b"<html><body><p>Not found</p></body></html>"),
        (read_export, b"<rss><channel></channel></rss>"),
        (read_posts, b"[]"),
    ],
)
def test_a_file_without_entries_is_a_fault(reader, data: bytes) -> None:  # type: ignore[no-untyped-def]
    (skip,) = reader(BytesIO(data), "x")
    assert isinstance(skip, Skip)
    assert skip.is_fault


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Mon, 28 Feb 2022 12:30:00 +0200", datetime(2022, 2, 28, 10, 30, tzinfo=UTC)),
        ("28 Feb 2022 12:30 GMT", datetime(2022, 2, 28, 12, 30, tzinfo=UTC)),
        ("Mon, 28 Feb 2022 12:30:00 EST", datetime(2022, 2, 28, 17, 30, tzinfo=UTC)),
        ("Mon, 28 Feb 2022 12:30:00 -0000", datetime(2022, 2, 28, 12, 30, tzinfo=UTC)),
        ("2022-02-28T12:30:00Z", datetime(2022, 2, 28, 12, 30, tzinfo=UTC)),
        ("2022-02-28", date(2022, 2, 28)),
        ("Mon, 28 Feb 2022 12:30:00 CEST", None),
        ("Mon, 28 Feb 2022 12:30:00", None),
        ("Mon, 32 Feb 2022 12:30:00 GMT", None),
        ("Mon, 28 Feb 99999 12:30:00 +9999", None),
        ("lundi 28 février 2022 GMT", None),
        ("", None),
    ],
)
def test_moments_of_mail(text: str, moment: datetime | date | None) -> None:
    assert read_mail_moment(text) == moment


@pytest.mark.parametrize("text", ["2022-02-28T12:30:00", "0001-01-01T00:00:00+14:00", "2022-13-01", "x", "1800-01-01"])
def test_moments_that_are_not_guessed(text: str) -> None:
    assert read_iso_moment(text) is None


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("A &amp; <b>b</b>", "A & b"),
        ("1 < 2 > 0", "1 < 2 > 0"),
        ("<span class='x'>a</span>\n&lt;b&gt;", "a <b>"),
        ("\u202ea", "a"),
    ],
)
def test_titles_are_plain(text: str, plain: str) -> None:
    assert to_plain(text) == plain
