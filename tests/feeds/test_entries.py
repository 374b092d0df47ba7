"""What a feed says of one item."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from digest.feeds.entries import CONTENT_BYTES, Entry, build_entry
from digest.newsroom.log import Event, EventType
from digest.newsroom.pictures import Picture
from digest.newsroom.public import Newsroom, build_newsroom
from digest.settings import Settings
from digest.templates import Templates

Release = Callable[..., Event]
Build = Callable[[Event], Entry]
LOCAL = {"src": "crowd.jpg", "alt": 'A "crowd" & more', "caption": "People gather", "credit": "Photo: A. Person"}


@pytest.fixture
def build(settings: Settings, pictures: Mapping[str, Picture], templates: Templates) -> Build:
    """The entry of the item that one event makes public."""
    return lambda event: build_entry(build_newsroom([event]).items[0], settings, pictures, templates)


def test_a_photo_comes_first_with_its_size_and_its_credit_in_sight(release: Release, build: Build) -> None:
    entry = build(release("a", photo=LOCAL, photo_hash="a" * 64))

    assert entry.content.startswith(
        '<figure><img src="https://news.example.org/photos/0123456789abcdef-1200.jpg" alt="A &#34;crowd&#34; &amp; more" '
        'width="1200" height="675"><figcaption>People gather. Photo: A. Person</figcaption></figure>\n<p>Body of'
    )


def test_a_photo_without_caption_shows_its_credit_alone(release: Release, build: Build) -> None:
    entry = build(release("a", photo={**LOCAL, "caption": ""}, photo_hash="a" * 64))

    assert "<figcaption>Photo: A. Person</figcaption>" in entry.content
    assert entry.picture is not None
    assert entry.picture.description == LOCAL["alt"]


def test_a_photo_that_publishing_could_not_make_is_left_out(release: Release, build: Build) -> None:
    entry = build(release("a", photo=LOCAL, photo_hash="b" * 64))

    assert entry.picture is None
    assert entry.content.startswith("<p>Body of")


def test_a_picture_of_a_named_host_is_shown_from_there(release: Release, build: Build) -> None:
    entry = build(release("a", photo={**LOCAL, "src": "https://img.example.org/a.jpg?x=1&y=2"}))

    assert '<img src="https://img.example.org/a.jpg?x=1&amp;y=2" alt=' in entry.content
    assert "width" not in entry.content
    assert entry.picture is not None
    assert entry.picture.address == "https://img.example.org/a.jpg?x=1&y=2"


@pytest.mark.parametrize("host", ["elsewhere.example.com", "img.example.org.example.com", "img.example.org@example.com"])
def test_a_picture_of_any_other_host_becomes_a_link_with_the_credit(release: Release, build: Build, host: str) -> None:
    entry = build(release("a", photo={**LOCAL, "src": f"https://{host}/a.jpg"}))

    assert entry.picture is None
    assert "<img" not in entry.content
    assert f'<p><a href="https://{host}/a.jpg">People gather</a> Photo: A. Person</p>' in entry.content


def test_corrections_are_labelled_and_dated_above_the_text(release: Release, build: Build) -> None:
    entry = build(release("a", corrections=({"date": "2022-03-01", "note": "It was <12>, not 21."},)))

    assert entry.content.startswith(
        "<p><strong>Correction</strong> · 1 March 2022: It was &lt;12&gt;, not 21.</p>\n<p>Body of"
    )


def test_the_newest_correction_stands_first(release: Release, build: Build) -> None:
    notes = ({"date": "2022-03-01", "note": "First."}, {"date": "2022-03-05", "note": "Second."})

    content = build(release("a", corrections=notes)).content

    assert content.index("Second.") < content.index("First.")


@pytest.mark.parametrize(
    ("updated", "corrections", "label"),
    [
        ("2022-03-04T09:00:00Z", (), "<p><strong>Update</strong> · 4 March 2022</p>\n<p>Body"),
        ("2022-03-04T09:00:00Z", ({"date": "2022-03-03", "note": "Wrong."},), "<strong>Update</strong> · 4 March 2022"),
        ("2022-03-04T09:00:00Z", ({"date": "2022-03-04", "note": "Wrong."},), None),
        ("2022-01-01T09:00:00Z", (), None),
        (None, (), None),
    ],
)
def test_an_update_that_no_correction_explains_is_labelled(
    release: Release, build: Build, updated: str | None, corrections: tuple[dict[str, str], ...], label: str | None
) -> None:
    content = build(release("a", updated=updated, corrections=corrections)).content

    assert (label in content) if label else ("Update" not in content)


def test_of_a_withdrawn_item_only_the_notice_is_left(release: Release, build: Build) -> None:
    entry = build(
        release(
            "a",
            type=EventType.WITHDRAWN,
            body="SECRET body",
            summary="SECRET summary",
            photo={**LOCAL, "caption": "SECRET caption"},
            photo_hash="a" * 64,
            url="https://partner.example.com/SECRET",
            corrections=({"date": "2022-03-01", "note": "SECRET note"},),
            attachments=({"src": "https://example.org/SECRET.pdf", "title": "SECRET file"},),
            withdrawn={"date": "2022-03-02", "reason": "It was not true."},
        )
    )

    assert entry.title == "Withdrawn: Title of a"
    assert entry.summary == "It was not true."
    assert entry.content == "<p><strong>Withdrawn</strong> · 2 March 2022</p>\n<p>It was not true.</p>"
    assert "SECRET" not in repr(entry)


def test_a_withdrawal_counts_whichever_side_says_so(release: Release, build: Build) -> None:
    by_event = build(release("a", type=EventType.WITHDRAWN, body="SECRET"))
    by_content = build(
        release("a", type=EventType.REFILED, body="SECRET", withdrawn={"date": "2022-03-02", "reason": "Wrong."})
    )

    assert "SECRET" not in repr(by_event) + repr(by_content)
    assert by_event.content == "<p><strong>This item was withdrawn</strong></p>"


def test_an_item_without_body_gives_its_summary_as_content(release: Release, build: Build) -> None:
    assert build(release("a", body="\n", summary="A < B")).content == "<p>A &lt; B</p>"


def test_links_in_the_text_are_absolute(release: Release, build: Build) -> None:
    content = build(release("a", body="[one](#part) [two](/items/b/) [three](../c/)")).content

    assert 'href="https://news.example.org/items/a/#part"' in content
    assert 'href="https://news.example.org/items/b/"' in content
    assert 'href="https://news.example.org/items/c/"' in content


def test_a_very_long_text_gives_way_to_its_summary_and_a_link(release: Release, build: Build) -> None:
    content = build(release("a", body="word & word\n\n" * 30_000)).content

    assert len(content) < 1000 < CONTENT_BYTES
    assert content == (
        '<p>Summary of a.</p>\n<p><a href="https://news.example.org/items/a/">Read the full text on the web</a></p>'
    )


def test_right_to_left_text_says_so(release: Release, build: Build) -> None:
    content = build(release("a", language="ar")).content

    assert content.startswith('<div dir="rtl">')
    assert content.endswith("</div>")


def test_the_creator_is_the_issuer_else_the_newsroom(release: Release, build: Build) -> None:
    assert build(release("a")).creators == ("The Newsroom",)
    assert build(release("b", issuer="Partner")).creators == ("Partner",)


def test_categories_are_topics_then_the_kind_in_the_items_language(release: Release, build: Build) -> None:
    categories = build(release("a", topics=("russia", "forgotten"), language="fr")).categories

    assert [(each.term, each.label, each.scheme) for each in categories] == [
        ("russia", "Russie", "https://news.example.org/topics/"),
        ("forgotten", "forgotten", "https://news.example.org/topics/"),
        ("press-release", "Communiqué", "https://news.example.org/kinds/"),
    ]


def test_a_topic_that_moved_is_told_as_the_one_in_which_it_goes_on(
    release: Release, change_settings: Callable[[str], Settings], templates: Templates
) -> None:
    settings = change_settings('[topics.war]\ntitle = "War"\nmoved_to = "ukraine"\n')
    item = build_newsroom([release("a", topics=("war", "russia", "ukraine"))]).items[0]

    categories = build_entry(item, settings, {}, templates).categories

    assert [each.label for each in categories] == ["Ukraine", "Russia", "Press release"]


def test_the_link_leads_to_the_canonical_page(release: Release, build: Build) -> None:
    assert build(release("a")).link == "https://news.example.org/items/a/"
    assert build(release("b", url="https://partner.example.com/b")).link == "https://partner.example.com/b"


def test_attachments_are_listed_below_the_text(release: Release, build: Build) -> None:
    files = ({"src": "https://example.org/a.pdf", "title": "Annex & table"}, {"src": "local.pdf", "title": "Local"})

    content = build(release("a", attachments=files)).content

    assert content.endswith('<ul>\n<li><a href="https://example.org/a.pdf">Annex &amp; table</a></li>\n</ul>')


def test_the_same_item_gives_the_same_entry(
    newsroom: Newsroom, settings: Settings, pictures: Mapping[str, Picture], templates: Templates
) -> None:
    for item in newsroom:
        first = build_entry(item, settings, pictures, templates)

        assert first == build_entry(item, settings, pictures, Templates())
