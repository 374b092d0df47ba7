"""The way of letters from settings: which relays carry them, with how many connections, letters and at what pace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.delivery.failover import Failover
from digest.delivery.outbox import OutboxTransport
from digest.delivery.pacing import FREE, Allowance
from digest.delivery.relay import Outbox, Relays, parse_smtp_urls
from digest.delivery.smtp import SmtpTransport
from digest.desk.workplace import Workplace, open_workplace
from digest.errors import DeliveryError
from digest.items.init import build_site
from digest.settings import open_site
from digest.work.ways import build_pacing, build_transport, count_connections

ONE = "smtp://127.0.0.1:1"
TWO = f"{ONE}?connections=3&letters=7&per_second=5 smtp://127.0.0.1:2?connections=30"


@pytest.fixture
def place_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Workplace]]:
    """Opens the workplace of a new site; keywords are keys of [delivery]."""
    for name, text in build_site(datetime.now(UTC)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    with ExitStack() as places:

        def open_with(**keys: object) -> Workplace:
            for key, value in keys.items():
                monkeypatch.setenv(f"DIGEST_DELIVERY_{key.upper()}", str(value))
            return places.enter_context(open_workplace(open_site(tmp_path)))

        yield open_with


def test_letters_that_stay_here_are_files_and_held_up_by_nothing(place_with: Callable[..., Workplace]) -> None:
    place = place_with(per_hour=5, connections=3)

    assert isinstance(build_transport(place, Outbox(), "x.example"), OutboxTransport)
    assert build_pacing(place, Outbox()) is FREE
    assert count_connections(place, Outbox()) == 3


def test_one_relay_carries_them_by_itself(place_with: Callable[..., Workplace]) -> None:
    place, way = place_with(connections=6, per_second=9), parse_smtp_urls(ONE)
    transport = build_transport(place, way, "x.example")

    assert isinstance(transport, SmtpTransport) and transport.name == "127.0.0.1:1"
    assert count_connections(place, way) == 6
    assert build_pacing(place, way).relays == {"127.0.0.1:1": (Allowance(9, 1),)}


def test_several_relays_stand_in_for_each_other_and_each_may_have_limits_of_its_own(
    place_with: Callable[..., Workplace],
) -> None:
    place, way = place_with(connections=6, per_second=9, letters_per_connection=50), parse_smtp_urls(TWO)
    transport = build_transport(place, way, "x.example")

    assert isinstance(transport, Failover) and transport.name == "127.0.0.1:1, else 127.0.0.1:2"
    assert count_connections(place, way) == 30, "as many as whichever is in use may have"
    assert build_pacing(place, way).relays == {"127.0.0.1:1": (Allowance(5, 1),), "127.0.0.1:2": (Allowance(9, 1),)}


def test_a_relay_that_is_well_known_by_its_name_is_counted_by_it(place_with: Callable[..., Workplace]) -> None:
    """What the ledger counts by and what a session calls itself are the same word."""
    place, way = place_with(per_hour=100), parse_smtp_urls(TWO)

    assert [str(relay) for relay in way.chosen] == list(build_pacing(place, way).relays)
    assert {build_transport(place, Relays((relay,)), "x").name for relay in way.chosen} == set(
        build_pacing(place, way).relays
    )


def test_a_certificate_of_any_relay_that_cannot_be_read_is_told_before_anything_leaves(
    place_with: Callable[..., Workplace],
) -> None:
    way = parse_smtp_urls(f"{ONE} smtps://mail.example.org?ca=/no/such/file.pem")

    with pytest.raises(DeliveryError, match="certificate file cannot be used"):
        build_transport(place_with(), way, "x.example")
