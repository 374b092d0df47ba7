"""Letters to try mail with: invented items in four languages, and letters of every size made from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from digest.mail.letter import CorrectionPiece, ItemPiece, Letter, MoreLink, Picture, Section, WithdrawalPiece
from digest.mail.pieces import Inliner
from digest.settings import Mailbox
from digest.templates import Templates

SITE = "https://news.example.org"
TITLES = (
    "Police break up marches while censors order newsrooms to fall silent",
    "A preschool used as a shelter was hit; a child is among the dead",
    "Hospitals and homes hit: three attacks in the first days, documented",
    "Alarm",
    "What “peacekeeping” meant the last time, & what it means <now>",
)
SUMMARIES = (
    "Thousands went into the streets. The answer was mass arrests, and an order to use the state’s words only.",
    "Weapons that most of the world has banned fell on a town in the north-east.",
    "At least six civilians were killed in strikes that could not tell a soldier from a child, investigators found.",
)


def _picture(number: int, width: int, height: int = 0) -> Picture:
    return Picture(
        src=f"{SITE}/photos/picture-{number}-{width}.jpg",
        width=width,
        height=height or width * 9 // 16,
        alt="Drawing of a street with people at dusk",
        caption="A street at dusk" if number % 2 else "",
        credit="Drawing: The Newsroom",
    )


def build_item(number: int, language: str = "en", **changes: object) -> ItemPiece:
    """The item of that number; two of three have a picture."""
    has_picture = number % 3 != 2
    item = ItemPiece(
        id=f"item-{number}",
        version=f"{number:064x}",
        language=language,
        title=TITLES[number % len(TITLES)],
        link=f"{SITE}/items/item-{number}/",
        kind="Press release" if number % 2 else "Report",
        day=f"{1 + number % 28} February",
        topics="Russia, Ukraine",
        summary=SUMMARIES[number % len(SUMMARIES)],
        picture=_picture(number, 1200) if has_picture else None,
        small_picture=_picture(number, 400) if has_picture else None,
    )
    return replace(item, **changes)


def build_letter(count: int = 3, **changes: object) -> Letter:
    """A letter of that many items: the first leads, the others stand in two sections."""
    items = [build_item(number) for number in range(count)]
    sections = {"Russia": tuple(items[1::2]), "Ukraine": tuple(items[2::2])}
    letter = Letter(
        edition="2022-w09-supporters",
        list_id="supporters",
        list_title="Supporters",
        newsroom="The Newsroom",
        language="en",
        form="full",
        title="The week in human rights",
        period_line="28 February 2022",
        subject="Russia: Police break up marches while censors order silence",
        preheader="Also: A preschool used as a shelter was hit; Hospitals and homes hit",
        introduction="",
        web_url=f"{SITE}/editions/2022-w09-supporters/",
        front_url=f"{SITE}/",
        sender=Mailbox("The Newsroom", "news@news.example.org"),
        reply_to="desk@example.org",
        postal_address="1 Example Street, 10001 New York",
        topics=tuple(heading for heading, members in sections.items() if members),
        lead=items[0] if items else None,
        sections=tuple(Section(heading, members) for heading, members in sections.items() if members),
    )
    return replace(letter, **changes)


CORRECTION = CorrectionPiece(
    id="item-90",
    version="9" * 64,
    language="en",
    title="A new trial behind prison walls",
    link=f"{SITE}/items/item-90/",
    day="21 February",
    note="An earlier version gave the wrong date for the hearing. It is 15 February.",
)
WITHDRAWAL = WithdrawalPiece(
    id="item-91",
    version="8" * 64,
    language="en",
    title="Fourteen arrests after a vigil",
    link=f"{SITE}/items/item-91/",
    day="22 February",
    reason="The person on whose account it rested has asked us to take it back.",
)


def _named(number: int) -> MoreLink:
    item = build_item(number)
    return MoreLink(item.id, item.version, item.language, item.title, item.link)


def _arabic() -> Letter:
    first = build_item(
        1,
        "ar",
        title="الشرطة تفرّق المسيرات والرقابة تأمر غرف الأخبار بالصمت",
        summary="خرج الآلاف إلى شوارع عشرات المدن، فكان الرد اعتقالات جماعية.",
        kind="بيان صحفي",
        day="28 فبراير",
        topics="روسيا، أوكرانيا",
    )
    second = replace(first, id="item-2", title="قصف روضة أطفال كانت ملجأً", link=f"{SITE}/items/item-2/")
    english = build_item(3, kind="تقرير", day="24 فبراير", topics="أوكرانيا")
    return build_letter(
        0,
        language="ar",
        title="الأسبوع في حقوق الإنسان",
        period_line="28 فبراير 2022",
        subject="روسيا: الشرطة تفرّق المسيرات",
        preheader="أيضًا: قصف روضة أطفال كانت ملجأً؛ مستشفيات ومنازل تحت القصف",
        topics=("روسيا", "أوكرانيا"),
        lead=first,
        sections=(Section("أوكرانيا", (second, english)),),
    )


def _ukrainian() -> Letter:
    first = build_item(
        1,
        "uk",
        title="Поліція розганяє марші, а цензори наказують редакціям мовчати",
        summary="Тисячі людей вийшли на вулиці десятків міст. У відповідь — масові арешти й нові заборони.",
        kind="Пресреліз",
        day="28 лютого",
        topics="Росія, Україна",
    )
    others = [replace(first, id=f"item-{n}", link=f"{SITE}/items/item-{n}/") for n in (2, 3, 4)]
    return build_letter(
        0,
        language="uk",
        title="Тиждень прав людини",
        period_line="28 лютого 2022 р.",
        subject="Росія: поліція розганяє марші, а цензори наказують редакціям мовчати",
        preheader="Також: дитячий садок, де ховалися люди, обстріляно касетними боєприпасами",
        introduction="Дорогі читачі!\n\nЦей тиждень був важким.",
        topics=("Росія", "Україна"),
        lead=first,
        sections=(Section("Україна", tuple(others)),),
    )


def _letters() -> dict[str, Letter]:
    notices = {"corrections": (CORRECTION,), "withdrawals": (WITHDRAWAL,)}
    return {
        "one-item": build_letter(1),
        "five-items": build_letter(5),
        "twelve-items": build_letter(12, introduction="A word before.\n\nAnd another one."),
        "notices": build_letter(3, **notices),
        "notices-alone": build_letter(0, **notices),
        "cut": build_letter(3, more=tuple(_named(number) for number in range(20, 24)), unnamed_count=7),
        "arabic": _arabic(),
        "ukrainian": _ukrainian(),
        "discreet": build_letter(
            5, form="discreet", subject="Your letter of 28 February 2022", sender=Mailbox("Letters", "m@x.org")
        ),
    }


LETTERS = _letters()


@pytest.fixture(scope="session")
def templates() -> Templates:
    """The shipped templates."""
    return Templates()


@pytest.fixture
def inliner(templates: Templates) -> Inliner:
    """An Inliner that has seen nothing yet."""
    return Inliner(templates)


@pytest.fixture(scope="session")
def warm(templates: Templates) -> Inliner:
    """One Inliner for tests that are not about its memory."""
    return Inliner(templates)


@pytest.fixture(params=LETTERS)
def letter_name(request: pytest.FixtureRequest) -> str:
    """Each sample letter's name in turn."""
    return str(request.param)


@pytest.fixture
def letter(letter_name: str) -> Letter:
    """Each sample letter in turn."""
    return LETTERS[letter_name]


@pytest.fixture(scope="session")
def make_letter() -> Callable[..., Letter]:
    """Builds a letter of so many items, with changes."""
    return build_letter


@pytest.fixture(scope="session")
def make_item() -> Callable[..., ItemPiece]:
    """Builds the item of a number, with changes."""
    return build_item


@pytest.fixture(scope="session")
def correction() -> CorrectionPiece:
    """A correction."""
    return CORRECTION


@pytest.fixture(scope="session")
def withdrawal() -> WithdrawalPiece:
    """A withdrawal."""
    return WITHDRAWAL
