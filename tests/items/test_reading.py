"""Every rule of an item file: all problems at once, each with its line and field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from digest.errors import Problem
from digest.items.model import Attachment, Correction, Item, Photo, Withdrawal
from digest.items.reading import read_item
from digest.settings import Settings

PHOTOS = frozenset({"harbour.jpg", "2022/Quay.png", "notes.txt"})
Text = Callable[..., str]


class Reader:
    def __init__(self, settings: Settings, text: Text) -> None:
        self.settings, self.text = settings, text

    def __call__(self, extra: str = "", file: str = "items/a-ship.md", **changes: str | None) -> Item:
        item, problems = read_item(self.text(extra, **changes), file, self.settings, PHOTOS)  # type: ignore[arg-type]
        assert not problems
        assert item is not None
        return item

    def problems(self, extra: str = "", file: str = "items/a-ship.md", **changes: str | None) -> list[Problem]:
        item, problems = read_item(self.text(extra, **changes), file, self.settings, PHOTOS)  # type: ignore[arg-type]
        assert (item is None) == any(problem.severity == "error" for problem in problems)
        return problems

    def problem(self, extra: str = "", file: str = "items/a-ship.md", **changes: str | None) -> Problem:
        [problem] = self.problems(extra, file, **changes)
        assert problem.file == file
        return problem


@pytest.fixture
def read(settings: Settings, item_text: Text) -> Reader:
    return Reader(settings, item_text)


def test_a_small_item_has_sound_defaults(read: Reader) -> None:
    item = read()
    content = item.content
    assert (content.id, content.title, content.kind, content.topics) == ("a-ship", "A ship", "update", ("russia",))
    assert (content.summary, content.shortened, content.body) == ("A ship came in.", False, "A ship came in.")
    assert (content.language, content.date, content.precise) == ("en", date(2022, 2, 28), False)
    assert content.date_at == datetime(2022, 2, 28, tzinfo=UTC)
    assert (item.status, item.embargo_at, item.review, item.file) == ("ready", None, (), "items/a-ship.md")


def test_every_field_is_read(read: Reader) -> None:
    item = read(
        "summary: In short.\nshortened: true\nid: ship-1\nlanguage: uk\ntranslation_of: ship-0\nurl: https://e.org/ship\n"
        "photo:\n  src: harbour.jpg\n  alt: A harbour\n  caption: At dawn\n  credit: A. Person\n"
        "embargo: 2022-03-01T09:00 Europe/London\nupdated: 2022-03-02\n"
        "corrections:\n  - {date: 2022-03-01, note: Not a boat.}\n  - date: 2022-03-02\n    note: A ship.\n"
        "withdrawn: {date: 2022-03-03, reason: It sank.}\nurgent: true\nreview: [topics, body]\nissuer: The port\n"
        "contact: press@example.org\nattachments: [{src: 'https://e.org/a.pdf', title: Log}]",
        topics="[ukraine, russia]",
    )
    content = item.content
    assert (content.summary, content.shortened, content.id, content.language) == ("In short.", True, "ship-1", "uk")
    assert (content.translation_of, content.url, content.topics) == ("ship-0", "https://e.org/ship", ("ukraine", "russia"))
    assert content.photo == Photo(src="harbour.jpg", alt="A harbour", caption="At dawn", credit="A. Person")
    assert item.embargo_at == datetime(2022, 3, 1, 9, tzinfo=UTC)
    assert content.updated_at == datetime(2022, 3, 2, tzinfo=UTC)
    assert content.corrections == (
        Correction(date=date(2022, 3, 1), note="Not a boat."),
        Correction(date=date(2022, 3, 2), note="A ship."),
    )
    assert content.withdrawn == Withdrawal(date=date(2022, 3, 3), reason="It sank.")
    assert (content.urgent, item.review, content.issuer) == (True, ("topics", "body"), "The port")
    assert content.contact == "press@example.org"
    assert content.attachments == (Attachment(src="https://e.org/a.pdf", title="Log"),)


def test_all_problems_come_at_once_in_the_order_of_lines(read: Reader) -> None:
    problems = read.problems("urgent: yes\ntag: x\nphoto:\n  src: gone.jpg", title=None, date="soon", kind="news")
    assert [(problem.line, problem.field) for problem in problems] == [
        (1, "title"),
        (2, "date"),
        (3, "kind"),
        (5, "urgent"),
        (6, "tag"),
        (7, "photo.alt"),
        (7, "photo.credit"),
        (8, "photo.src"),
    ]


@pytest.mark.parametrize(
    ("extra", "line", "field", "words"),
    [
        ("embargo:", 6, "embargo", "remove the line"),
        ("embargo: ''", 6, "embargo", "remove the line"),
        ("embargo: 2022-03-01", 6, "embargo", "moment with its zone"),
        ("embargo: 2022-03-01T09:00", 6, "embargo", "no zone"),
        ("embargo: soon", 6, "embargo", "moment with its zone"),
        ("embargo: [2022-03-01T09:00Z]", 6, "embargo", "plain text"),
        ("embargo: 2022-03-27T01:30 Europe/London", 6, "embargo", "does not exist"),
        ("embargo: 2022-10-30T01:30 Europe/London", 6, "embargo", "comes twice"),
        ("updated: 2022-03-01T09:00", 6, "updated", "no zone"),
        ("urgent: on", 6, "urgent", "write true or false"),
        ("urgent: 'Yes'", 6, "urgent", "write true or false"),
        ("shortened: True", 6, "shortened", "write true or false"),
        ("status: published", 6, "status", "choose from: draft, ready"),
        ("language: fr", 6, "language", "choose from: en, uk"),
        ("id: A Ship", 6, "id", "small letters"),
        ("id: feeds", 6, "id", "reserved"),
        ("id: con", 6, "id", "reserved"),
        ("id:", 6, "id", "remove the line"),
        ("translation_of: a-ship", 6, "translation_of", "itself"),
        ("translation_of: A Boat", 6, "translation_of", "small letters"),
        ("url: example.org", 6, "url", "https://"),
        ("url: https://u:p@example.org", 6, "url", "user"),
        ("review: topics", 6, "review", "square brackets"),
        ("review: [colour]", 6, "review[0]", "field of an item"),
        ("contact: '[email protected]'", 6, "contact", "real one"),
        ("contact: '[email\u00a0protected]'", 6, "contact", "real one"),
        ("contact: press (at) example (dot) org", 6, "contact", "real one"),
        ("contact: /cdn-cgi/l/email-protection#a1b2", 6, "contact", "real one"),
        ("issuer: {a: b}", 6, "issuer", "plain text"),
        ("attachments: log.pdf", 6, "attachments", "write a list"),
        ("attachments:\n  - src: log.pdf\n    title: Log", 7, "attachments[0].src", "https://"),
        ("attachments:\n  - src: https://e.org/log.pdf", 7, "attachments[0].title", "required"),
        ("corrections:\n  - date: 2022-03-01", 7, "corrections[0].note", "required"),
        ("corrections:\n  - note: x\n    date: 1 March", 8, "corrections[0].date", "2022-02-28"),
        (
            "corrections:\n  - {date: 2022-03-02, note: a}\n  - {date: 2022-03-01, note: b}",
            8,
            "corrections[1].date",
            "newest",
        ),
        ("corrections: [x]", 6, "corrections[0]", "date, note"),
        ("withdrawn: true", 6, "withdrawn", "date, reason"),
        ("withdrawn:", 6, "withdrawn", "remove the line"),
        ("withdrawn:\n  date: 2022-03-01", 6, "withdrawn.reason", "required"),
        ("photo: harbour.jpg", 6, "photo", "src, alt, caption, credit"),
        ("photo:\n  credit: X\n  source: y", 8, "photo.source", "no such field"),
        ("tags: [x]", 6, "tags", "did you mean topics?"),
        ("sumary: x", 6, "sumary", "did you mean summary?"),
        ("draft: true", 6, "draft", "did you mean status: draft?"),
        ("body: x", 6, "body", "below the second ---"),
        ("summary: " + "x" * 2001, 6, "summary", "shorten it to 2000"),
        ("summary: [a, b]", 6, "summary", "plain text"),
    ],
)
def test_each_rule_names_line_field_and_remedy(read: Reader, extra: str, line: int, field: str, words: str) -> None:
    problem = read.problem(extra)
    assert (problem.line, problem.field) == (line, field)
    assert words in problem.text


@pytest.mark.parametrize(
    ("changes", "line", "field", "words"),
    [
        ({"title": None}, 1, "title", "required"),
        ({"title": "''"}, 2, "title", "empty"),
        ({"title": '"\\u200b\\u3164"'}, 2, "title", "empty"),
        ({"title": "x" * 201}, 2, "title", "shorten it to 200"),
        ({"title": '"a\\u0007"'}, 2, "title", "U+0007"),
        ({"date": None}, 1, "date", "required"),
        ({"date": "2022-02-28T09:00"}, 3, "date", "no zone"),
        ({"date": "2022-02-30"}, 3, "date", "no such day"),
        ({"kind": "Update"}, 4, "kind", "did you mean update?"),
        ({"topics": None}, 1, "topics", "required"),
        ({"topics": ""}, 5, "topics", "empty"),
        ({"topics": "russia"}, 5, "topics", "[russia, ukraine]"),
        ({"topics": "[rusia]"}, 5, "topics[0]", "did you mean russia?"),
        ({"topics": "[russia, null]"}, 5, "topics[1]", "empty"),
        ({"topics": "[]"}, 5, "topics", "review: [topics]"),
        ({"body": ""}, 1, "summary", "neither a summary nor a body"),
        ({"body": "\u200b"}, 1, "summary", "neither a summary nor a body"),
    ],
)
def test_each_required_field_names_line_and_remedy(
    read: Reader, changes: dict[str, str | None], line: int, field: str, words: str
) -> None:
    problem = read.problems(**changes)[-1]
    assert (problem.line, problem.field) == (line, field)
    assert words in problem.text


@pytest.mark.parametrize(
    ("src", "words"),
    [
        ("gone.jpg", "no file"),
        ("Harbour.JPG", "did you mean harbour.jpg?"),
        ("quay.png", "did you mean 2022/Quay.png?"),
        ("../harbour.jpg", "below items/photos/"),
        ("/harbour.jpg", "below items/photos/"),
        ("a\\harbour.jpg", "below items/photos/"),
        ("2022/../harbour.jpg", "below items/photos/"),
        ("map.svg", "JPEG"),
        ("http://pictures.example.org/x.jpg", "https"),
        ("//pictures.example.org/x.jpg", "https://"),
        ("https://127.0.0.1/x.jpg", "public name"),
        ("https://localhost/x.jpg", "public name"),
        ("https://me@pictures.example.org/x.jpg", "user"),
        ("data:image/png;base64,AAAA", "https://"),
        ("file:///etc/passwd", "https://"),
    ],
)
def test_a_photo_that_cannot_be_shown_is_refused(read: Reader, src: str, words: str) -> None:
    problem = read.problem(f"photo:\n  src: '{src}'\n  alt: A\n  credit: B")
    assert (problem.line, problem.field, problem.severity) == (7, "photo.src", "error")
    assert words in problem.text


def test_a_photo_needs_alt_and_credit_only_with_a_source(read: Reader) -> None:
    fields = [problem.field for problem in read.problems("photo:\n  src: harbour.jpg\n  alt: ' '")]
    assert fields == ["photo.credit", "photo.alt"]
    assert read("photo:\n  credit: B\n  caption: C").content.photo is None
    assert read("photo:\n  src:\n  credit: B").content.photo is None


def test_a_picture_from_another_host_is_a_link_with_a_warning(read: Reader) -> None:
    problem = read.problem("photo:\n  src: https://other.example.org/x.jpg\n  alt: A\n  credit: B")
    assert problem.severity == "warning"
    assert read("photo:\n  src: https://pictures.example.org/x.jpg\n  alt: A\n  credit: B").content.photo


def test_topics_may_wait_for_review(read: Reader) -> None:
    assert read("review: [topics]", topics="[]").content.topics == ()


def test_a_topic_named_twice_counts_once(read: Reader) -> None:
    assert read(topics="[russia, ukraine, russia]").content.topics == ("russia", "ukraine")


def test_the_title_is_folded_to_one_line(read: Reader) -> None:
    assert read(title="|\n  A\u00a0 ship \n  came in \u00a0 ").content.title == "A ship came in"


def test_a_summary_from_the_body_ends_at_a_word(read: Reader) -> None:
    content = read(body="# Head\n\n" + "word " * 200).content
    assert content.shortened
    assert content.summary.endswith("word…")
    assert len(content.summary) <= 600
    written = "word " * 200
    assert read(f"summary: {written}").content.summary == written.strip(), "what somebody wrote is never cut"


def test_the_id_is_the_files_name_unless_given(read: Reader) -> None:
    assert read(file="items/2022/a-boat.md").id == "a-boat"
    assert read("id: ship", file="items/A Boat.md").id == "ship"
    assert "rename the file" in read.problem(file="items/A Boat.md").text
    assert "reserved" in read.problem(file="items/index.md").text


def test_a_drafts_faults_are_warnings(read: Reader, settings: Settings, item_text: Text) -> None:
    item, problems = read_item(item_text("status: draft\nurgent: yes", title=None), "items/x.md", settings)
    assert item is None
    assert {problem.severity for problem in problems} == {"warning"}
    assert len(problems) == 2
    assert read("status: draft").status == "draft"


def test_a_broken_draft_is_still_a_draft(settings: Settings) -> None:
    _, problems = read_item("---\ntitle: a: b\nstatus: draft\n---\n", "items/x.md", settings)
    assert [problem.severity for problem in problems] == ["warning"]


def test_hidden_characters_in_the_body_are_named_at_their_line(read: Reader) -> None:
    problem = read.problem(body="One.\n\nTwo\u202e.")
    assert (problem.line, problem.field) == (9, "body")


def test_loss_in_the_body_is_a_warning_at_its_line(read: Reader) -> None:
    problem = read.problem(body="One.\n\n<b>Two</b>.")
    assert (problem.line, problem.field, problem.severity) == (9, "body", "warning")


def test_nesting_in_the_body_has_a_limit(read: Reader) -> None:
    problem = read.problem(body="> " * 33 + "x", extra="summary: x")
    assert (problem.line, problem.field, problem.severity) == (8, "body", "error")


def test_messages_show_nothing_hidden(read: Reader) -> None:
    problem = read.problem('kind: "up\\u200b\\ndate"'.replace("kind", "language"))
    assert problem.text.isprintable()
    [problem, *_] = read.problems('"ti\\u200btle": x')
    assert str(problem).isprintable()


def test_the_day_of_a_moment_is_the_newsrooms(read: Reader) -> None:
    content = read(date="2022-06-30T23:30+00:00").content
    assert (content.date, content.precise) == (date(2022, 7, 1), True)
    assert content.date_at == datetime(2022, 6, 30, 23, 30, tzinfo=UTC)
