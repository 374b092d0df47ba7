"""Single letters: each says what it must, a discreet one nothing more; none can carry what somebody typed."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any

import premailer
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import DeliveryError, SubscriberError, TemplateError
from digest.mail.compile import CompiledMessage, read_file, render_file, splice
from digest.mail.letter import Form
from digest.mail.single import SingleLetter
from digest.mail.single_filling import fill_single
from digest.mail.single_message import compile_single, render_single
from digest.mail.slotted import fill
from digest.settings import Mailbox, Settings
from digest.settings.reading import read_settings
from digest.templates import Templates

AT = datetime(2022, 2, 28, 18, 0, tzinfo=UTC)
LINK = "https://news.example.org/confirm/AQAAAAAAAAAqAAAAAWFqY3kBf4mJ2kQ0xv7dXo1sQwTtkQ0xV9qP"
ID = b"<" + b"a" * 26 + b"@mail.example.org>"
KINDS: dict[str, tuple[Any, dict[str, int]]] = {
    "confirmation": ("confirmation", {"link_hours": 72}),
    "present": ("present", {"link_hours": 1}),
    "preferences": ("preferences", {"link_hours": 1}),
    "move": ("move", {"link_hours": 72}),
    "goodbye": ("goodbye", {"link_hours": 720, "kept_days": 30}),
    "last-goodbye": ("goodbye", {"kept_days": 30}),
}
LANGUAGES = ("en", "uk", "ru", "ar", "fr", "es")
EACH = [*product(KINDS, LANGUAGES)]
KEPT = [*product(KINDS, ("en", "ar", "uk")), ("confirmation", "fr"), ("present", "ru"), ("goodbye", "es")]
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["<b>Buy</b>", "https://spam.example/", "en\r\nBcc: a@b.c", "{{ 7 * 7 }}", "../../supporters", "=?utf-8?q?x?="]
    ),
)


@dataclass(frozen=True)
class Asked:
    """A wish as a form hands it in."""

    list_id: str = "supporters"
    rhythm: str = "weekly"
    language: str = "en"
    topics: tuple[str, ...] = ("ukraine", "free-expression")
    urgent: bool = False
    form: Form = "full"


@pytest.fixture(scope="module")
def newsroom() -> Settings:
    """The sample newsroom's settings, at an address of its own."""
    read = read_settings(Path(__file__).parents[2] / "newsroom.toml", {})
    own = read.newsroom.model_copy(update={"base_url": "https://news.example.org"})
    return read.model_copy(update={"newsroom": own})


@pytest.fixture
def build(newsroom: Settings, templates: Templates) -> Callable[..., SingleLetter]:
    """Builds a letter by its name in KINDS, with changes of the wish."""

    def build_single(name: str, **wish: Any) -> SingleLetter:
        kind, more = KINDS[name]
        return fill_single(kind, Asked(**wish), newsroom, templates, **more)

    return build_single


def _compile(letter: SingleLetter, templates: Templates, link: str = LINK) -> CompiledMessage:
    return compile_single(letter, *render_single(letter, templates), AT, len(link) if letter.has_link else 0)


def _copy(letter: SingleLetter, templates: Templates, to: bytes = b"reader@example.org", link: str = LINK) -> bytes:
    url = link.encode() if letter.has_link else b""
    return splice(_compile(letter, templates, link), to=to, message_id=ID, leave_url=url)


def _parse(copy: bytes) -> EmailMessage:
    return email.message_from_bytes(copy, policy=email.policy.default)  # type: ignore[return-value]


def _html(letter: SingleLetter, templates: Templates) -> str:
    html, _ = render_single(letter, templates)
    assert html is not None
    return fill(html, LINK)


def _text(letter: SingleLetter, templates: Templates) -> str:
    return fill(render_single(letter, templates)[1], LINK)


class _Page(HTMLParser):
    """The elements of a page, and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize(("name", "language"), KEPT)
def test_letters_are_as_they_were_looked_at(
    name: str, language: str, build: Callable[..., SingleLetter], templates: Templates, root: Path, refresh_golden: bool
) -> None:
    full, discreet = (build(name, language=language, urgent=True, form=form) for form in ("full", "discreet"))
    files = {
        f"{name}-{language}.html": _html(full, templates).encode(),
        f"{name}-{language}.txt": _text(full, templates).encode(),
        f"{name}-{language}-discreet.txt": _text(discreet, templates).encode(),
    }
    if language == "en":
        files[f"{name}-{language}-discreet.eml"] = _copy(discreet, templates)
    for file, data in files.items():
        path = root / "tests" / "golden" / "mail" / "single" / file
        if refresh_golden:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        assert path.read_bytes() == data, f"{file} differs; look at it, then run pytest --refresh-golden"


def test_the_head_of_a_single_letter(build: Callable[..., SingleLetter], templates: Templates) -> None:
    """No List-*, no Precedence, no Feedback-ID: it is no letter of a list."""
    copy = _copy(build("confirmation"), templates).decode()

    assert copy.partition("\r\nContent-Type")[0].split("\r\n") == [
        "From: The Newsroom <digest@newsroom.example.org>",
        "Reply-To: desk@newsroom.example.org",
        "To: reader@example.org",
        "Subject: Please confirm: Supporters",
        "Date: Mon, 28 Feb 2022 18:00:00 +0000",
        f"Message-ID: {ID.decode()}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, DR, RN, NRN, AutoReply",
        "Content-Language: en",
        "MIME-Version: 1.0",
    ]


@pytest.mark.parametrize(("name", "language"), EACH)
def test_a_discreet_letter_names_nobody_and_nothing(
    name: str, language: str, newsroom: Settings, templates: Templates
) -> None:
    """Neither the head nor the body, whose first words stand on lock screens, say who writes, or about what."""
    list_ = newsroom.lists["supporters"].model_copy(update={"discreet_sender": Mailbox("Post", "mail@letters.example")})
    quiet = newsroom.model_copy(update={"lists": {"supporters": list_}})
    kind, more = KINDS[name]
    letter = fill_single(kind, Asked(language=language, form="discreet"), quiet, templates, **more)

    message = _parse(_copy(letter, templates, link="https://letters.example/c/" + "A" * 48))

    told = f"{message}\n{message['Subject']}\n{message.get_content()}".lower()
    for word in ("newsroom", "supporters", "ukrain", "україн", "expression", "street", "new york", "desk@", "digest"):
        assert word not in told
    assert message["Reply-To"] is None
    assert message.get_content_type() == "text/plain"
    assert templates.words(language).gettext("No tracking").lower() not in told


@pytest.mark.parametrize(("name", "language"), EACH)
def test_a_copy_reads_as_it_was_rendered(
    name: str, language: str, build: Callable[..., SingleLetter], templates: Templates
) -> None:
    letter = build(name, language=language)

    message = _parse(_copy(letter, templates))

    assert message.defects == []
    text, html = message.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == _text(letter, templates)
    assert html.get_content().replace("\r\n", "\n") == _html(letter, templates)
    assert str(message["Subject"]) == letter.subject
    assert len(letter.subject) <= 78
    assert message["Content-Language"] == language


@pytest.mark.parametrize(("name", "language"), EACH)
def test_the_page_is_fit_for_every_reader(
    name: str, language: str, build: Callable[..., SingleLetter], templates: Templates
) -> None:
    letter = build(name, language=language)
    html = _html(letter, templates)
    page = _Page(html)
    named = {tag: [attributes for one, attributes in page.elements if one == tag] for tag, _ in page.elements}
    preheader = re.search(r'<div class="preheader"[^>]*>([^<]*)</div>', html)

    assert html.startswith("<!DOCTYPE html>")
    for tag in ("html", "div"):
        assert named[tag][0]["lang"] == language
        assert named[tag][0]["dir"] == ("rtl" if language == "ar" else "ltr")
    assert len(named["h1"]) == 1
    assert all(table["role"] == "presentation" for table in named["table"])
    assert preheader
    assert 30 <= len(preheader[1]) <= 200
    assert "script" not in named
    assert "img" not in named
    assert letter.postal_address in page.words
    assert "<!--" not in re.sub(r"<!--\[if mso\]>.*?<!\[endif\]-->", "", html, flags=re.DOTALL)


@pytest.mark.parametrize(("name", "language"), EACH)
def test_both_parts_have_the_same_links(
    name: str, language: str, build: Callable[..., SingleLetter], templates: Templates
) -> None:
    """The reader's link is a button and is written out; in the text it stands alone on its line."""
    letter = build(name, language=language)
    html, text = _html(letter, templates), _text(letter, templates)
    in_html = [attributes["href"] for tag, attributes in _Page(html).elements if tag == "a"]

    assert set(in_html) == set(re.findall(r"^https?://\S+$", text, re.MULTILINE))
    assert in_html.count(LINK) == 2 * letter.has_link
    assert _Page(html).words.count(LINK) == letter.has_link
    assert text.split("\n").count(LINK) == letter.has_link
    assert all(len(line) <= 72 for line in text.split("\n") if not line.startswith("https://"))


def test_a_letter_says_what_was_asked_for(build: Callable[..., SingleLetter], templates: Templates) -> None:
    letter = build("confirmation", language="uk", rhythm="at-once", topics=("free-expression", "russia"))
    everything = build("present", rhythm="daily", topics=(), urgent=True)

    assert [(row.label, row.value) for row in letter.rows] == [
        ("Розсилка", "Прихильники"),
        ("Теми", "Росія і Свобода вираження поглядів"),
        ("Частота", "Одразу після кожної публікації"),
        ("Форма", "Повна, із зображеннями"),
        ("Мова", "Українська"),
    ]
    assert [row.value for row in everything.rows[1:3]] == ["All topics", "Once a day, and urgent news at once"]
    for shown in (_Page(_html(letter, templates)).words, _text(letter, templates)):
        assert all(row.label in shown and row.value in shown for row in letter.rows)


@pytest.mark.parametrize(
    ("language", "hours", "sentence"),
    [
        ("en", 1, "The link works for 1 hour."),
        ("en", 72, "The link works for 72 hours."),
        ("en", 720, "The link works for 30 days."),
        ("uk", 1, "Посилання діє 1 годину."),
        ("uk", 72, "Посилання діє 72 години."),
        ("ru", 25, "Ссылка действует 25 часов."),
        ("ar", 72, "الرابط صالح لمدة 72 ساعة."),
        ("ar", 2, "الرابط صالح لمدة ساعتين."),
        ("fr", 72, "Le lien est valable 72 heures."),
        ("es", 96, "El enlace es válido durante 4 días."),
    ],
)
def test_how_long_a_link_works_is_told_in_the_readers_grammar(
    language: str, hours: int, sentence: str, newsroom: Settings, templates: Templates
) -> None:
    for form in ("full", "discreet"):
        asked = Asked(language=language, form=form)  # type: ignore[arg-type]
        text = _text(fill_single("confirmation", asked, newsroom, templates, link_hours=hours), templates)
        assert sentence in text.replace("\n", " ")


def test_a_goodbye_says_how_to_come_back(build: Callable[..., SingleLetter], templates: Templates) -> None:
    undo, last = build("goodbye"), build("last-goodbye")

    for letter in (undo, last):
        assert "Your address will be erased after 30 days." in _text(letter, templates)
    assert "come back with this link" in _text(undo, templates)
    assert f"subscribe again on our pages:\n{last.front_url}\n" in _text(last, templates)
    assert _Page(_html(last, templates)).words.count(last.front_url) == 1
    assert "link" not in _text(last, templates).partition("\n-- \n")[0]


@pytest.mark.parametrize("form", ["full", "discreet"])
def test_a_goodbye_without_a_link_has_no_place_for_one(
    form: Form, build: Callable[..., SingleLetter], templates: Templates
) -> None:
    message = _compile(build("last-goodbye", form=form), templates)

    assert [place.kind for place in message.places] == ["to", "message-id"]
    assert read_file(render_file(message)) == message
    with pytest.raises(DeliveryError, match="0"):
        splice(message, to=b"reader@example.org", message_id=ID, leave_url=LINK.encode())


def test_a_letter_with_a_link_cannot_go_out_without(build: Callable[..., SingleLetter], templates: Templates) -> None:
    letter = build("confirmation")

    with pytest.raises(DeliveryError):
        splice(_compile(letter, templates), to=b"reader@example.org", message_id=ID, leave_url=b"")
    with pytest.raises(ValueError, match="length"):
        compile_single(letter, *render_single(letter, templates), AT, 0)
    with pytest.raises(ValueError, match="needs a link"):
        replace(letter, link_hours=0)


def test_a_confirmation_does_not_tell_whether_the_address_was_known(
    build: Callable[..., SingleLetter], templates: Templates
) -> None:
    """Two addresses that ask for the same get the same, but for the three places of a copy."""
    letter = build("confirmation")
    other = LINK[:-8] + "BBBBBBBB"

    first = _copy(letter, templates)
    second = _copy(letter, templates, to=b"stranger@example.net", link=other)

    def plain(copy: bytes) -> list[str]:
        parts = [part.get_content() for part in _parse(copy).iter_parts()]
        return [part.replace(LINK, "").replace(other, "") for part in parts]

    assert plain(first) == plain(second)
    heads = [dict(_parse(copy).items()) for copy in (first, second)]
    assert {name for name, value in heads[0].items() if heads[1][name] != value} == {"To"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(topics=st.lists(HOSTILE, max_size=4), rhythm=HOSTILE, language=HOSTILE, name=st.sampled_from(sorted(KINDS)))
def test_nothing_that_somebody_typed_is_ever_shown(
    topics: list[str], rhythm: str, language: str, name: str, newsroom: Settings, templates: Templates
) -> None:
    """Whatever a form is made to send: what newsroom.toml does not know changes no letter."""
    kind, more = KINDS[name]
    typed = tuple(topic for topic in topics if topic not in newsroom.topics)
    asked = Asked(topics=(*typed, "russia"), rhythm=f"{rhythm}.", language=f"{language}.")
    clean = Asked(topics=("russia",), rhythm="", language="")

    assert fill_single(kind, asked, newsroom, templates, **more) == fill_single(kind, clean, newsroom, templates, **more)


def test_topics_that_are_all_unknown_do_not_become_all_topics(build: Callable[..., SingleLetter]) -> None:
    assert [row.label for row in build("present", topics=("gone",)).rows] == ["List", "Rhythm", "Form", "Language"]


def test_a_list_that_does_not_exist_is_refused_without_repeating_it(build: Callable[..., SingleLetter]) -> None:
    with pytest.raises(SubscriberError, match="its list is not in") as refused:
        build("confirmation", list_id="https://spam.example/")

    assert "spam" not in str(refused.value)


@pytest.mark.parametrize("name", KINDS)
def test_names_of_the_newsroom_are_escaped(name: str, newsroom: Settings, templates: Templates) -> None:
    hostile = 'A & B <img src="x"> "C" {{ 7 * 7 }}'
    list_ = newsroom.lists["supporters"].model_copy(update={"title": f"{hostile} list"})
    topic = newsroom.topics["ukraine"].model_copy(update={"title": f"{hostile} topic", "titles": {}})
    own = newsroom.newsroom.model_copy(update={"name": f"{hostile} name", "postal_address": f"{hostile} street"})
    changed = newsroom.model_copy(update={"lists": {"supporters": list_}, "topics": {"ukraine": topic}, "newsroom": own})
    kind, more = KINDS[name]
    letter = fill_single(kind, Asked(topics=("ukraine",)), changed, templates, **more)

    html, text = _html(letter, templates), _text(letter, templates)

    assert "img" not in {tag for tag, _ in _Page(html).elements}
    shown = [f"{hostile} name", f"{hostile} street", *(row.value for row in letter.rows)]
    for words in shown:
        assert words in _Page(html).words
        assert words in text.replace("\n", " ")
    assert _parse(_copy(letter, templates)).defects == []


def test_a_thousand_confirmations_cost_one_run_of_premailer(newsroom: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was chosen is filled in afterwards, and the page is as if it had been inlined with it."""
    runs = []
    transform = premailer.Premailer.transform

    def count(self: premailer.Premailer, *args: Any, **more: Any) -> Any:
        runs.append(self)
        return transform(self, *args, **more)

    monkeypatch.setattr(premailer.Premailer, "transform", count)
    names = [name for name, topic in newsroom.topics.items() if topic.is_open]
    choices = [tuple(one for number, one in enumerate(names) if mask >> number & 1) for mask in range(1, 8)]
    fresh = Templates()

    pages = set()
    for number in range(1000):
        asked = Asked(topics=choices[number % 7], rhythm=("weekly", "daily")[number % 2], urgent=number % 3 == 0)
        pages.add(_html(fill_single("confirmation", asked, newsroom, fresh, link_hours=72), fresh))

    assert len(runs) == 1
    assert len(pages) == 28


def test_a_list_with_a_control_character_in_a_translation_goes_nowhere(
    build: Callable[..., SingleLetter], templates: Templates
) -> None:
    with pytest.raises(TemplateError, match="control character"):
        _compile(replace(build("confirmation"), subject="a\rBcc: thief@example.net"), templates)


def test_a_template_that_forgets_the_link_is_named(build: Callable[..., SingleLetter], tmp_path: Path) -> None:
    for name in ("single.html", "single.txt"):
        own = tmp_path / name / "mail" / name
        own.parent.mkdir(parents=True)
        own.write_text("{% extends 'mail/_base.html' %}" if name.endswith("html") else "nothing")

        with pytest.raises(TemplateError, match=f"{name}: the reader's link is missing"):
            render_single(build("confirmation"), Templates(tmp_path / name))


def test_a_frame_without_marks_is_named(build: Callable[..., SingleLetter], tmp_path: Path) -> None:
    base = tmp_path / "mail" / "_base.html"
    base.parent.mkdir()
    base.write_text("<!DOCTYPE html><html><body>{% block content %}{% endblock %}</body></html>")

    with pytest.raises(TemplateError, match="does not mark"):
        render_single(build("confirmation"), Templates(tmp_path))


def test_no_colour_stands_outside_the_theme(templates: Templates) -> None:
    for name in ("single.html", "single.txt"):
        assert not re.search(rb"(?<!&)#[0-9a-fA-F]{3,6}\b", templates.read_bytes(f"mail/{name}")), name


def test_equal_letters_compile_to_equal_octets(build: Callable[..., SingleLetter], templates: Templates) -> None:
    """Nothing that is drawn by chance while rendering is left in a message."""
    for name, form in product(KINDS, ("full", "discreet")):
        assert _compile(build(name, form=form), templates) == _compile(build(name, form=form), Templates())


def test_lines_need_no_change_on_the_way(build: Callable[..., SingleLetter], templates: Templates) -> None:
    for name, language in product(KINDS, LANGUAGES):
        for line in _copy(build(name, language=language), templates).split(b"\r\n"):
            assert len(line) <= 78
            assert b"\n" not in line
            assert b"\r" not in line
            assert not line.startswith(b".")


def test_a_discreet_letter_has_its_link_once(build: Callable[..., SingleLetter], templates: Templates) -> None:
    for name in KINDS:
        letter = build(name, form="discreet")
        html, text = render_single(letter, templates)
        assert html is None
        assert len(text) - 1 == letter.has_link
