"""The line that mail programs show behind the subject says something, however little an edition holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.editions.content import CarriedItem, VariantContent
from digest.editions.edition import Choices, Edition
from digest.items.model import Content
from digest.mail.filling import Filling
from digest.newsroom.log import Event, EventType
from digest.newsroom.public import build_newsroom
from digest.settings import read_settings
from digest.templates import Templates

MOMENT = datetime(2022, 2, 28, 18, tzinfo=UTC)
LANGUAGES = ("en", "uk", "ru", "ar", "fr", "es")

Preheader = Callable[..., str]


def _item(name: str, **values: Any) -> Content:
    given = {"title": "Yes", "kind": "victory", "topics": ("russia",), "language": "en", "summary": "", **values}
    return Content(id=name, date=date(2022, 2, 23), date_at=MOMENT, **given)


def _release(content: Content) -> Event:
    return Event(
        type=EventType.RELEASED, item=content.id, at=MOMENT, content=content, published_at=MOMENT,
        entry_id=f"tag:example.org,2021:items/{content.id}", updated_at=MOMENT, photo=None, corrections=0,
    )  # fmt: skip


@pytest.fixture
def preheader(root: Path, templates: Templates) -> Preheader:
    """The preheader of an edition that carries these items as new, and those as corrected."""
    settings = read_settings(root / "newsroom.toml", {})

    def build(new: list[Content], corrected: tuple[Content, ...] = (), language: str = "en", **choices: str) -> str:
        newsroom = build_newsroom(map(_release, (*new, *corrected)))
        edition = Edition(
            id="2022-w09-supporters", list_id="supporters", rhythm="weekly", period="2022-w09", moment=MOMENT,
            horizon=newsroom.end, changed_by="ada", changed_what="prepare", changed_at=MOMENT, choices=Choices(**choices),
        )  # fmt: skip
        content = VariantContent(
            language=language,
            form="full",
            new=tuple(CarriedItem(one.id, 0, next(iter(one.topics), "")) for one in new),
            corrected=tuple((one.id, 1) for one in corrected),
            withdrawn=(),
        )
        return Filling(edition, newsroom, {}, settings, templates).build_letter(content).preheader

    return build


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_edition_has_one_of_thirty_characters_or_more(language: str, preheader: Preheader) -> None:
    bare, named, other = _item("bare"), _item("named", topics=()), _item("other")
    long = [_item(f"item-{number}", title="word " * 30, summary="word " * 60) for number in range(12)]

    for carried in ([bare], [named], [bare, other], [_item("short", summary="No.")], long, long[:1]):
        assert 30 <= len(preheader(carried, language=language)) <= 200
    assert 30 <= len(preheader([], (bare,), language=language)) <= 200


def test_it_names_what_the_subject_does_not(preheader: Preheader) -> None:
    lead = _item("lead", title="The lead", summary="What the lead says.")
    others = [_item(f"item-{number}", title=f"Headline number {number} of the week") for number in range(3)]

    assert preheader([lead, *others]).startswith("Also: Headline number 0 of the week · Headline number 1")
    assert preheader([lead]).startswith("What the lead says.")
    assert preheader([_item("bare")]).startswith("Victory · Russia")


def test_staffs_own_stays_as_it_is(preheader: Preheader) -> None:
    assert preheader([_item("bare")], preheader="Ours") == "Ours"
