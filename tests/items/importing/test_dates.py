"""Days as English pages write them."""

from __future__ import annotations

from datetime import date

import pytest

from digest.items.importing.dates import looks_like_day, read_page_day


@pytest.mark.parametrize(
    "text",
    ["February 28, 2022", "Feb. 28, 2022", "28 February 2022", "28 FEB 2022", "2022-02-28", "Monday, February 28th, 2022"],
)
def test_each_way_to_write_a_day(text: str) -> None:
    assert looks_like_day(text)
    assert read_page_day(text) == date(2022, 2, 28)


@pytest.mark.parametrize("text", ["February 30, 2022", "31 April 2022", "2022-13-01"])
def test_a_day_that_is_none_still_looks_like_one(text: str) -> None:
    assert looks_like_day(text)
    assert read_page_day(text) is None


@pytest.mark.parametrize("text", ["February 2022", "On February 28, 2022", "28.02.2022", "today", "", "May"])
def test_other_lines_are_no_days(text: str) -> None:
    assert not looks_like_day(text)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_by_both_its_names(month: int) -> None:
    day = date(2022, month, 9)
    assert read_page_day(f"{day:%B} 9, 2022") == read_page_day(f"9 {day:%b} 2022") == day
