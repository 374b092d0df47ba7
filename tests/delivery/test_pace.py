"""How long to wait: pure rules, looked at over their whole range."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.pace import (
    LONGEST_WAIT,
    TRIES_AT_LEAST,
    Rules,
    Trouble,
    is_expired,
    plan_domain_wait,
    plan_wait,
    relay_wait,
)
from digest.settings import Delivery

RULES = Rules()


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_a_wait_doubles_up_to_four_hours_less_a_quarter_at_most(delivery: int, attempt: int) -> None:
    full = min(300 * 2 ** min(attempt - 1, 20), LONGEST_WAIT)

    assert full * 3 / 4 <= plan_wait(RULES, delivery, attempt) <= full


def test_letters_refused_together_come_back_spread_out_and_always_at_the_same_moments() -> None:
    waits = [plan_wait(RULES, delivery, 1) for delivery in range(1, 1001)]

    assert len(set(waits)) > 50
    assert waits == [plan_wait(RULES, delivery, 1) for delivery in range(1, 1001)]


def test_no_wait_is_ever_nothing() -> None:
    assert plan_wait(Rules(retry_after=0), 1, 1) >= 1


def test_a_letter_is_tried_for_two_days_and_often_enough() -> None:
    assert not is_expired(RULES, created_at=0, now=48 * 3600 - 1, tries=99)
    assert is_expired(RULES, created_at=0, now=48 * 3600, tries=TRIES_AT_LEAST)


def test_a_letter_of_an_edition_that_was_paused_for_days_is_not_given_up_at_its_first_refusal() -> None:
    assert not is_expired(RULES, created_at=0, now=90 * 3600, tries=1)


@given(st.integers(1, 10**6))
def test_a_domain_is_left_alone_for_longer_each_time(failures: int) -> None:
    assert plan_domain_wait(RULES, failures) <= plan_domain_wait(RULES, failures + 1) <= LONGEST_WAIT


def test_a_relay_that_drops_one_line_is_called_again_at_once() -> None:
    assert [relay_wait(failures) for failures in range(8)] == [0, 0, 1, 2, 4, 8, 16, 30]


def test_the_first_connection_that_fails_ends_the_run() -> None:
    assert Trouble(timedelta(minutes=5)).fail(0, connecting=True)


def test_lines_that_drop_together_count_once() -> None:
    trouble = Trouble(timedelta(minutes=5), ever_connected=True)

    for moment in (0, 0.1, 0.2, 5):
        trouble.fail(moment, connecting=False)

    assert trouble.failures == 2


def test_a_relay_in_trouble_is_given_five_minutes_from_the_last_progress() -> None:
    trouble = Trouble(timedelta(minutes=5))
    trouble.connect()

    assert not trouble.fail(0, connecting=True)
    assert not trouble.fail(299, connecting=True)
    trouble.progress()
    assert not trouble.fail(300, connecting=True)
    assert not trouble.fail(599, connecting=True)
    assert trouble.fail(600, connecting=True)


def test_the_rules_come_from_the_settings() -> None:
    settings = Delivery.model_validate({"retry_after": "2 s", "retry_for": "1 h", "unknown": "hold"})

    assert Rules.of(settings) == Rules(retry_after=2, retry_for=3600, max_unknown=0)
    assert Rules.of(Delivery()) == Rules()
