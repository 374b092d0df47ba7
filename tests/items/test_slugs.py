"""Names made from titles are short, plain and permanent."""

from __future__ import annotations

from datetime import date

import pytest

from digest.items.slugs import SLUG_LIMIT, name_file, slug, unique

DAY = date(2022, 2, 28)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A ship came in", "a-ship-came-in"),
        ("  “No” – said O’Neill's crew… 100 %! ", "no-said-oneills-crew-100"),
        ("Élan, Œuvre & Straße", "elan-oeuvre-strasse"),
        ("Київ: мир і ґанок", "kyiv-myr-i-ganok"),
        ("Россия: съезд", "rossiia-sezd"),
        ("Лагерь в Гомеле объявил", "lager-v-gomele-obiavil"),
        ("ユニコード", "2022-02-28-8bbe8272"),
        ("!!!", "2022-02-28-e84c538e"),
        ("Feeds", "2022-02-28-06a7b164"),
    ],
)
def test_titles_become_names(title: str, name: str) -> None:
    assert slug(title, DAY) == name


def test_a_long_name_ends_with_a_whole_word() -> None:
    name = slug("seventeen letters " * 10, DAY)
    assert len(name) <= SLUG_LIMIT
    assert name.endswith(("seventeen", "letters"))
    assert len(slug("x" * 300, DAY)) == SLUG_LIMIT


def test_a_name_taken_gets_a_number() -> None:
    assert unique("ship", {"boat"}) == "ship"
    assert unique("ship", {"ship", "ship-2"}) == "ship-3"


def test_files_are_named_by_their_day() -> None:
    assert name_file("2022-02-28", "ship") == "2022-02-28-ship.md"
    assert name_file("2022-02-28", "2022-02-28-ab12cd34") == "2022-02-28-ab12cd34.md"
