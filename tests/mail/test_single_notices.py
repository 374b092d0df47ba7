"""The letters to accredited press and to staff: each says what there is to do, and nothing that it must not."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import SubscriberError
from digest.mail.compile import splice
from digest.mail.single import NoticeKind, SingleLetter
from digest.mail.single_filling import fill_press_feed
from digest.mail.single_message import compile_single, render_single
from digest.mail.single_notices import fill_notice
from digest.mail.slotted import fill
from digest.settings import Settings
from digest.settings.reading import read_settings
from digest.templates import Templates

AT = datetime(2022, 3, 4, 14, 0, tzinfo=UTC)
FEED = f"https://news.example.org/press/{'abcd2345' * 6}wxyz.atom"
ID = b"<" + b"a" * 26 + b"@mail.example.org>"
EDITION = "2022-w09-supporters"
LANGUAGES = ("en", "uk", "ru", "ar", "fr", "es")
TITLES = (
    "Hospitals and homes hit: three attacks in the first days, documented",
    "الشرطة تفرّق المسيرات والرقابة تأمر غرف الأخبار بالصمت",
    "Поліція розганяє марші, а цензори наказують редакціям мовчати",
)
NOTICES: dict[str, dict[str, Any]] = {
    "approval-wanted": {"edition": EDITION, "rhythm": "weekly", "listed": TITLES, "at": AT},
    "released-since": {"edition": EDITION, "rhythm": "weekly", "listed": TITLES[:1], "at": AT},
    "slot-unapproved": {"edition": EDITION, "rhythm": "weekly", "at": AT},
    "slot-missed": {"edition": EDITION, "rhythm": "weekly", "at": AT},
    "approval-void": {"rhythm": "at-once", "listed": ("file templates/mail/edition.html changed",)},
    "edition-paused": {"edition": EDITION, "listed": ("3 of the last 200 answers of the relay were lost.",)},
    "letters-held": {"edition": EDITION, "count": 3},
    "requests-held": {},
}
SAYS = {
    "approval-wanted": ("digest edition preview 2022-w09-supporters", "digest edition inspect", "digest edition approve"),
    "released-since": ("digest edition prepare supporters --rhythm weekly --refresh", "digest edition approve"),
    "slot-unapproved": ("digest edition approve 2022-w09-supporters --as NAME",),
    "slot-missed": ("digest send 2022-w09-supporters", "digest edition cancel 2022-w09-supporters --as NAME"),
    "approval-void": ("digest lists approve supporters --rhythm at-once --as NAME",),
    "edition-paused": ("digest edition status 2022-w09-supporters", "digest send 2022-w09-supporters"),
    "letters-held": ("digest deliveries held", "digest deliveries decide"),
    "requests-held": ("digest requests held", "digest requests release --as NAME", "digest requests drop --as NAME"),
}


@pytest.fixture(scope="module")
def newsroom() -> Settings:
    """The sample newsroom's settings, at an address of its own; its list of supporters has two rhythms."""
    read = read_settings(Path(__file__).parents[2] / "newsroom.toml", {})
    own = read.newsroom.model_copy(update={"base_url": "https://news.example.org"})
    supporters = read.lists["supporters"].model_copy(update={"rhythms": ("weekly", "at-once")})
    return read.model_copy(update={"newsroom": own, "lists": {**read.lists, "supporters": supporters}})


@pytest.fixture
def notice(newsroom: Settings) -> Callable[..., SingleLetter]:
    """Builds a notice of a kind, with changes."""

    def build(kind: NoticeKind, **changes: Any) -> SingleLetter:
        return fill_notice(kind, "supporters", newsroom, **(NOTICES[kind] | changes))

    return build


def _parts(letter: SingleLetter, templates: Templates) -> tuple[str, str]:
    html, text = render_single(letter, templates)
    assert html is not None
    link = FEED if letter.has_link else ""
    return fill(html, link), fill(text, link)


def _copy(letter: SingleLetter, templates: Templates) -> bytes:
    link = FEED.encode() if letter.has_link else b""
    message = compile_single(letter, *render_single(letter, templates), AT, len(link))
    return splice(message, to=b"ada@example.org", message_id=ID, leave_url=link)


def _parse(copy: bytes) -> EmailMessage:
    return email.message_from_bytes(copy, policy=email.policy.default)  # type: ignore[return-value]


def _words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)).split())


def _keep(root: Path, name: str, parts: tuple[str, str], refresh: bool) -> None:
    for ending, text in zip(("html", "txt"), parts, strict=True):
        path = root / "tests" / "golden" / "mail" / "single" / f"{name}.{ending}"
        if refresh:
            path.write_text(text, "utf-8")
        assert path.read_text("utf-8") == text, f"{path.name} differs; look at it, then run pytest --refresh-golden"


@pytest.mark.parametrize("kind", NOTICES)
def test_notices_are_as_they_were_looked_at(
    kind: NoticeKind, notice: Callable[..., SingleLetter], templates: Templates, root: Path, refresh_golden: bool
) -> None:
    _keep(root, f"notice-{kind}-en", _parts(notice(kind), templates), refresh_golden)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_letter_to_the_press_is_as_it_was_looked_at(
    language: str, newsroom: Settings, templates: Templates, root: Path, refresh_golden: bool
) -> None:
    letter = fill_press_feed(newsroom, templates, language)
    _keep(root, f"press-feed-{language}", _parts(letter, templates), refresh_golden)


def test_every_kind_of_notice_is_tried() -> None:
    assert set(NOTICES) == set(SAYS) == set(get_args(NoticeKind))


@pytest.mark.parametrize("kind", NOTICES)
def test_a_notice_says_what_to_type(kind: NoticeKind, notice: Callable[..., SingleLetter], templates: Templates) -> None:
    html, text = _parts(notice(kind), templates)

    for command in SAYS[kind]:
        assert command in _words(html)
        assert command in text
    for listed in NOTICES[kind].get("listed", ()):
        assert listed in _words(html)
        assert listed in text.replace("\n", " ")


@pytest.mark.parametrize("kind", NOTICES)
def test_both_parts_of_a_notice_say_the_same(
    kind: NoticeKind, notice: Callable[..., SingleLetter], templates: Templates
) -> None:
    html, text = _parts(notice(kind), templates)
    shown = _words(html).lower()

    for line in re.sub(r"^(?:[=-]{3,}|-- )$", "", text, flags=re.MULTILINE).split("\n\n"):
        for words in re.split(r"\n- |\n  |\n(?=[A-Z])|: |^- ", line.removesuffix(":").lower()):
            words = " ".join(words.removeprefix("- ").removesuffix(":").split())
            assert words in shown or words.startswith(("the newsroom ·", "https://")), words


@pytest.mark.parametrize("kind", NOTICES)
def test_a_notice_is_mail_like_any_single_letter(
    kind: NoticeKind, notice: Callable[..., SingleLetter], templates: Templates
) -> None:
    """From the list's sender, so that answers reach its desk; no link of its reader's own; English whatever the list is."""
    message = _parse(_copy(notice(kind), templates))

    assert message.defects == []
    assert message["From"] == "The Newsroom <digest@newsroom.example.org>"
    assert message["Reply-To"] == "desk@newsroom.example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert not [name for name in message if name.lower().startswith("list-") or name == "Precedence"]
    assert len(str(message["Subject"])) <= 78
    assert EDITION in message["Subject"] or kind in ("approval-void", "letters-held", "requests-held")
    _text, html = message.iter_parts()
    assert '<html lang="en" dir="ltr">' in html.get_content()
    assert set(re.findall(r'href="([^"]*)"', html.get_content())) == {"https://news.example.org/"}


def test_a_moment_is_told_on_the_newsrooms_clock(notice: Callable[..., SingleLetter]) -> None:
    rows = {row.label: row.value for row in notice("approval-wanted").rows}

    assert rows == {"Edition": EDITION, "Leaves": "Friday 4 March 2022, 09:00 (America/New_York)"}


def test_a_slot_without_an_edition_says_how_to_make_one(notice: Callable[..., SingleLetter], templates: Templates) -> None:
    letter = notice("slot-missed", edition="")
    _, text = _parts(letter, templates)

    assert letter.subject == "Missed its moment: Supporters"
    assert "digest edition prepare supporters --rhythm weekly" in text
    assert "digest send" not in text


def test_a_list_with_one_rhythm_needs_no_rhythm_named(newsroom: Settings, templates: Templates) -> None:
    single = newsroom.lists["supporters"].model_copy(update={"rhythms": ("weekly",)})
    plain = newsroom.model_copy(update={"lists": {"supporters": single}})

    _, text = _parts(fill_notice("released-since", "supporters", plain, rhythm="weekly", edition=EDITION), templates)

    assert "digest edition prepare supporters --refresh" in text


@pytest.mark.parametrize(("count", "subject"), [(1, "1 letter waits"), (2, "2 letters wait"), (0, "Some letters wait")])
def test_how_many_letters_are_held_is_told(count: int, subject: str, notice: Callable[..., SingleLetter]) -> None:
    assert notice("letters-held", count=count).subject == f"{subject} for your decision: Supporters"


def test_a_long_list_is_cut_and_says_so(notice: Callable[..., SingleLetter], templates: Templates) -> None:
    html, text = _parts(notice("approval-wanted", listed=[f"Title {number}." for number in range(60)]), templates)

    for shown in (_words(html), text):
        assert "Title 11." in shown
        assert "Title 12." not in shown
        assert "and 48 more" in shown


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(listed=st.lists(st.text(max_size=300), max_size=4))
def test_whatever_is_listed_the_letter_can_be_read(
    listed: list[str], notice: Callable[..., SingleLetter], templates: Templates
) -> None:
    """What a relay said, or a title in any script: the message has no defect, and nothing becomes markup or a header."""
    plain = _parse(_copy(notice("edition-paused", listed=["Why."]), templates))
    message = _parse(_copy(notice("edition-paused", listed=listed), templates))

    assert message.keys() == plain.keys()
    assert all(part.defects == [] for part in message.walk())
    tags = [set(re.findall(r"<(/?\w+)", one.get_body(("html",)).get_content())) for one in (message, plain)]
    assert tags[0] <= tags[1]


def test_the_feeds_address_stands_in_the_letter_and_not_in_the_ready_message(
    newsroom: Settings, templates: Templates
) -> None:
    letter = fill_press_feed(newsroom, templates)
    html, text = _parts(letter, templates)
    message = compile_single(letter, *render_single(letter, templates), AT, len(FEED))

    assert text.split("\n").count(FEED) == 1
    assert re.findall(r'href="(https://news\.example\.org/press/[^"]*)"', html) == [FEED, FEED]
    assert _words(html).count(FEED) == 1
    assert not any(b"/press/" in constant for constant in message.constants)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_press_is_told_all_it_must_know(language: str, newsroom: Settings, templates: Templates) -> None:
    """Whom to write to stands in it, and in place of the usual pledge what is kept of the feed's use."""
    letter = fill_press_feed(newsroom, templates, language)
    words = templates.words(language)
    _, text = _parts(letter, templates)
    plain = text.replace("\u200f", "").replace("\n", " ")

    assert "press@newsroom.example.org" in plain
    assert (
        words.gettext("This address is for you alone. Do not pass it on: whoever has it reads what is under embargo.")
        in plain
    )
    assert words.gettext("No tracking: nobody sees whether you opened this letter or which link you followed.") not in plain
    kept = "No tracking, with one exception: we keep the day on which the feed was last read, and nothing else of its use."
    assert words.gettext(kept) in plain
    assert _parse(_copy(letter, templates))["Content-Language"] == language
    assert len(letter.subject) <= 78


def test_the_letter_to_the_press_comes_from_the_press_list_or_the_first(newsroom: Settings, templates: Templates) -> None:
    others = newsroom.model_copy(update={"lists": {"supporters": newsroom.lists["supporters"]}})
    nobody = newsroom.model_copy(update={"lists": {}})

    assert fill_press_feed(newsroom, templates).sender == newsroom.lists["press"].sender
    assert fill_press_feed(others, templates).sender == newsroom.lists["supporters"].sender
    with pytest.raises(SubscriberError, match="no list"):
        fill_press_feed(nobody, templates)


def test_who_has_no_contact_names_the_desk(newsroom: Settings, templates: Templates) -> None:
    own = newsroom.newsroom.model_copy(update={"contact": ""})
    letter = fill_press_feed(newsroom.model_copy(update={"newsroom": own}), templates)

    assert letter.contact == (newsroom.lists["press"].reply_to or newsroom.lists["press"].sender.address)
