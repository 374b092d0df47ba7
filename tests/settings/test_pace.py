"""Settings of the pace: each fault is told with file, line and field, and what is right comes in the form we work with."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SettingsError
from digest.settings import EVERY_OTHER, Hours, build_settings

TEXT = """\
[newsroom]
name = "Newsroom"
title = "Newsroom news"
zone = "Europe/London"
base_url = "https://news.example.org/"
postal_address = "1 Test Street"
tag_authority = "news.example.org,2020"
[kinds.update]
title = "Update"
[lists.supporters]
title = "Supporters"
sender = "Test Newsroom <digest@new.example.org>"
quiet_hours = "22:00-07:30"
[delivery]
connections = 20
letters_per_connection = 100
per_second = 10
per_hour = 2000
warm_up_plan = [50, 100]
[delivery.domains."gmail.com"]
per_hour = 500
[delivery.domains."*"]
per_second = 2
[delivery.warm_up]
"new.example.org" = 2026-12-01
"""


def problems(text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as refusal:
        build_settings(text, environment or {})
    return [str(problem) for problem in refusal.value.problems]


def test_what_is_written_of_the_pace_is_read() -> None:
    settings = build_settings(TEXT, {})
    delivery = settings.delivery

    assert settings.lists["supporters"].quiet_hours == Hours(22 * 60, 7 * 60 + 30)
    assert (delivery.connections, delivery.letters_per_connection, delivery.per_second, delivery.per_hour) == (
        20,
        100,
        10,
        2000,
    )
    assert {name: (pace.per_second, pace.per_hour) for name, pace in delivery.domains.items()} == {
        "gmail.com": (0, 500), EVERY_OTHER: (2, 0),
    }  # fmt: skip
    assert (delivery.warm_up, delivery.warm_up_plan) == ({"new.example.org": date(2026, 12, 1)}, (50, 100))


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("connections = 20", "connections = 0", "newsroom.toml:15: delivery.connections: Input should be greater than"),
        (
            "letters_per_connection = 100",
            "letters_per_connection = -1",
            "newsroom.toml:16: delivery.letters_per_connection: ",
        ),
        ("per_second = 10", "per_second = 1.5", "newsroom.toml:17: delivery.per_second: "),
        ("per_hour = 2000", 'per_hour = "many"', "newsroom.toml:18: delivery.per_hour: "),
        (
            "[50, 100]",
            "[]",
            "newsroom.toml:19: delivery.warm_up_plan: write how many letters may leave on each day, such as",
        ),
        ("[50, 100]", "[50, 0]", "newsroom.toml:19: delivery.warm_up_plan: write how many letters may leave on each day"),
        ("[50, 100]", "[true]", "newsroom.toml:19: delivery.warm_up_plan: write how many letters may leave on each day"),
        ("[50, 100]", "50", "newsroom.toml:19: delivery.warm_up_plan: write how many letters may leave on each day"),
        ('"gmail.com"', '"@gmail.com"', 'newsroom.toml:20: delivery.domains."@gmail.com": write the domain behind the @'),
        ('"gmail.com"', '"Gmail.com"', 'newsroom.toml:20: delivery.domains."Gmail.com": write the domain behind the @'),
        (
            "per_hour = 500",
            "per_day = 500",
            'newsroom.toml:21: delivery.domains."gmail.com".per_day: there is no such setting',
        ),
        ("per_hour = 500", "per_hour = -5", 'newsroom.toml:21: delivery.domains."gmail.com".per_hour: '),
        ("= 2026-12-01", "= 2026-13-01", "Invalid"),
        ("= 2026-12-01", '= "soon"', 'newsroom.toml:25: delivery.warm_up."new.example.org": write the first day, such as'),
        (
            "= 2026-12-01",
            "= 2026-12-01T09:00:00Z",
            'newsroom.toml:25: delivery.warm_up."new.example.org": write the first day',
        ),
        (
            '"new.example.org" =',
            '"old.example.org" =',
            'newsroom.toml:25: delivery.warm_up."old.example.org": no list has a sender of that domain; they have new.',
        ),
        ("22:00-07:30", "22-7", "newsroom.toml:13: lists.supporters.quiet_hours: write from when to when, such as"),
        ("22:00-07:30", "22:00-24:00", "newsroom.toml:13: lists.supporters.quiet_hours: write from when to when"),
        ("22:00-07:30", "07:00-07:00", "newsroom.toml:13: lists.supporters.quiet_hours: write from when to when"),
        ('"22:00-07:30"', "true", "newsroom.toml:13: lists.supporters.quiet_hours: write from when to when"),
    ],
)
def test_a_fault_is_named_with_file_line_and_field(old: str, new: str, wanted: str) -> None:
    text = TEXT.replace(old, new, 1)
    assert text != TEXT

    if wanted == "Invalid":  # what is no TOML has no fields
        with pytest.raises(SettingsError, match="line 25"):
            build_settings(text, {})
    else:
        (found,) = problems(text)
        assert found.startswith(wanted)


def test_all_faults_of_the_pace_come_at_once() -> None:
    text = TEXT.replace("= 20\n", "= 0\n", 1).replace("22:00-07:30", "later").replace("per_second = 2", "per_second = -2")

    assert [line.partition(": ")[0] for line in problems(text)] == [f"newsroom.toml:{line}" for line in (13, 15, 23)]


def test_a_key_that_was_nearly_right_is_proposed() -> None:
    (found,) = problems(TEXT.replace("per_hour = 500", "per_hours = 500"))

    assert found.endswith("there is no such setting (did you mean per_hour?); remove it or mend its name")


def test_the_environment_sets_limits_too_and_is_blamed_for_its_faults() -> None:
    assert build_settings(TEXT, {"DIGEST_DELIVERY_PER_HOUR": "7"}).delivery.per_hour == 7
    assert build_settings(TEXT, {"DIGEST_DELIVERY_WARM_UP_PLAN": "[7]"}).delivery.warm_up_plan == (7,)
    (found,) = problems(TEXT, {"DIGEST_DELIVERY_PER_HOUR": "seven"})
    assert found.startswith("environment: DIGEST_DELIVERY_PER_HOUR: ")


@given(st.integers(0, 1439), st.integers(0, 1439), st.sampled_from(["-", " - ", " -"]))
def test_any_two_times_are_quiet_hours_unless_they_are_the_same(start: int, end: int, between: str) -> None:
    text = TEXT.replace("22:00-07:30", f"{start // 60:02}:{start % 60:02}{between}{end // 60:02}:{end % 60:02}")

    if start == end:
        assert problems(text)
    else:
        assert build_settings(text, {}).lists["supporters"].quiet_hours == Hours(start, end)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_any_plan_of_letters_for_days_from_any_day_is_one(plan: list[int], day: date) -> None:
    delivery = build_settings(TEXT.replace("[50, 100]", str(plan)).replace("2026-12-01", str(day)), {}).delivery

    assert delivery.warm_up_plan == tuple(plan)
    assert delivery.warm_up == {"new.example.org": day}


def test_how_fast_letters_leave_is_no_part_of_what_was_approved() -> None:
    other = TEXT.replace("per_hour = 2000", "per_hour = 1").replace("[50, 100]", "[1]")

    assert build_settings(other, {}).fingerprint == build_settings(TEXT, {}).fingerprint
    assert build_settings(TEXT, {}).delivery.retry_after == timedelta(minutes=5)
