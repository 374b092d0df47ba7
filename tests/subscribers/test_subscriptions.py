"""What an import may do, and from where news count for those it brings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.errors import SubscriberError
from digest.subscribers.subscriptions import (
    AT_ONCE,
    ImportVerdict,
    Subscription,
    import_floor,
    judge_import,
)

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")
ACTIVE = Subscription("supporters", "weekly", "en", confirmed_at=NOW - timedelta(days=9))
EVENTS = (
    datetime(2022, 2, 10, 9, tzinfo=UTC),
    datetime(2022, 2, 14, 18, tzinfo=UTC),
    datetime(2022, 2, 21, 21, 59, 59, tzinfo=UTC),
    datetime(2022, 2, 21, 22, tzinfo=UTC),
    datetime(2022, 2, 28, 9, tzinfo=UTC),
)


def _position_before(moment: datetime) -> int:
    return sum(at < moment for at in EVENTS)


def _floor(rhythm: str = "weekly", since: date | None = None, frozen_horizon: int | None = None) -> int:
    return import_floor(
        rhythm=rhythm,
        since=since,
        zone=KYIV,
        now=NOW,
        log_end=len(EVENTS),
        frozen_horizon=frozen_horizon,
        position_before=_position_before,
    )


def test_since_counts_from_the_end_of_that_day_in_the_newsrooms_zone() -> None:
    """Kyiv's 21 February ends at 22:00 UTC: the event a second earlier was in the last newsletter, the one on it was not."""
    assert _floor(since=date(2022, 2, 21)) == 3
    assert _floor(since=date(2022, 2, 20)) == 2
    assert _floor(since=date(2001, 1, 1)) == 0
    assert _floor(since=date(2022, 2, 28)) == len(EVENTS)


@pytest.mark.parametrize("rhythm", ["weekly", AT_ONCE])
def test_since_wins_over_the_last_edition_and_the_last_edition_over_the_reach(rhythm: str) -> None:
    assert _floor(rhythm, since=date(2022, 2, 20), frozen_horizon=4) == 2
    assert _floor(rhythm, frozen_horizon=4) == 4
    assert _floor(rhythm, frozen_horizon=0) == 0


def test_without_anything_known_the_first_edition_reaches_back_14_days() -> None:
    """The event exactly 14 days before now still counts."""
    assert _floor() == 1


def test_without_anything_known_nothing_old_goes_out_at_once() -> None:
    assert _floor(AT_ONCE) == len(EVENTS)


def test_a_day_ahead_is_refused() -> None:
    with pytest.raises(SubscriberError, match="lies ahead"):
        _floor(since=date(2022, 3, 1))


def test_today_is_the_newsrooms_day() -> None:
    late = datetime(2022, 2, 28, 23, tzinfo=UTC)
    floor = import_floor(
        rhythm="weekly",
        since=date(2022, 3, 1),
        zone=KYIV,
        now=late,
        log_end=3,
        frozen_horizon=None,
        position_before=_position_before,
    )
    assert floor == 3, "never beyond the log's end"


def test_each_row_of_an_import_has_one_verdict() -> None:
    pending = replace(ACTIVE, confirmed_at=None)
    left = replace(ACTIVE, left_at=NOW)
    paused = replace(ACTIVE, paused_until=NOW + timedelta(days=1))
    assert judge_import(None, suppressed=False) is ImportVerdict.ADDED
    assert judge_import(pending, suppressed=False) is ImportVerdict.ADDED
    assert judge_import(ACTIVE, suppressed=False) is ImportVerdict.PRESENT
    assert judge_import(paused, suppressed=False) is ImportVerdict.PRESENT
    assert judge_import(left, suppressed=False) is ImportVerdict.LEFT
    for subscription in (None, pending, ACTIVE, left):
        assert judge_import(subscription, suppressed=True) is ImportVerdict.SUPPRESSED
