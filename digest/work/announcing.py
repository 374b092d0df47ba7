"""Announcing: a WebSub hub (W3C Recommendation of 23 January 2018) is told which feeds have changed, until it has heard.

What is to be told lies in the database until the hub has answered with 2xx, so neither a hub that is away nor a crash loses
anything. A refusal of one address puts that address off; silence, 429 or 503 says something of the hub, which is then left
alone as a whole and asked with one address at first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from digest.clock import real_now
from digest.settings import Settings
from digest.store.announcements import (
    Announcement,
    Hub,
    find_next_due,
    give_up,
    keep_hub,
    put_off,
    read_hub,
    remove,
    take_due,
)
from digest.store.hot import HotStore
from digest.store.journal import write_journal
from digest.store.sqlite import AnyConnection
from digest.work.hub import ANSWER_WITHIN, Answer, is_found, open_client, tell, wait_after

if TYPE_CHECKING:
    from httpx2 import AsyncClient

__all__ = ["GIVEN_UP_AFTER", "announce_briefly", "announce_due", "announce_forever"]

GIVEN_UP_AFTER = timedelta(hours=48)
"""How long after its newest change an address is still announced to a hub that does not take it."""
_AT_A_TIME = 8
_BRIEFLY = 3.0
_LEAST = 1.0
"""With less time left than this nothing more is begun: a hub that was cut short would look like one that is away."""
_LOOK_EVERY = 2.0


async def announce_due(
    store: HotStore,
    settings: Settings,
    client: AsyncClient,
    read_clock: Callable[[], datetime] = real_now,
    patience: float | None = None,
) -> int:
    """Tell the hub of newsroom.toml what is due, until nothing is or the hub fails; how many addresses it took.

    Args:
        store: the database with the announcements.
        settings: with the hub; another hub's announcements are left alone.
        client: from `open_client`.
        read_clock: the moment now, aware UTC.
        patience: seconds after which the round ends, whatever is left; None for no end.

    Raises:
        StoreError: the database cannot be written; what was told is told again.
    """
    hub, took = settings.feeds.hub, 0
    end = None if patience is None else monotonic() + patience
    while hub:
        within = ANSWER_WITHIN if end is None else min(ANSWER_WITHIN, end - monotonic())
        taken = await asyncio.to_thread(_take, store, hub, read_clock()) if within >= _LEAST else ()
        if not taken:
            break
        answers = await asyncio.gather(*(tell(client, hub, one.address, within, read_clock()) for one in taken))
        await asyncio.to_thread(_settle, store, hub, list(zip(taken, answers, strict=True)), read_clock())
        took += sum(answer.verdict == "taken" for answer in answers)
    return took


def announce_briefly(store: HotStore, settings: Settings, patience: float = _BRIEFLY) -> int:
    """One short round after publishing, for a command that is about to end; how many addresses the hub took.

    It lasts no longer than `patience` seconds, whatever hub and network do; the rest waits for the next round.

    Raises:
        StoreError: the database cannot be written.
    """
    hub = settings.feeds.hub
    if not hub or not _is_something_due(store, hub):
        return 0
    end = monotonic() + patience
    if not is_found(hub, patience):
        now = real_now()
        _settle(store, hub, [(one, Answer("silent", "its name is not found")) for one in _take(store, hub, now)], now)
        return 0

    async def announce() -> int:
        async with open_client(settings) as client:
            return await announce_due(store, settings, client, patience=end - monotonic())

    return asyncio.run(announce())


async def announce_forever(store: HotStore, read_settings: Callable[[], Settings]) -> None:
    """Tell the hub what is due as soon as it is, until cancelled; what other processes queue is seen within seconds.

    Raises:
        StoreError: the database cannot be used; may be begun again.
    """
    while True:
        settings = read_settings()
        hub = settings.feeds.hub
        is_due = await asyncio.to_thread(_is_something_due, store, hub) if hub else False
        if is_due:
            async with open_client(settings) as client:
                await announce_due(store, settings, client)
        await asyncio.sleep(_LOOK_EVERY)


def _is_something_due(store: HotStore, hub: str) -> bool:
    with store.reading() as connection:
        due_at = find_next_due(connection, hub)
    return due_at is not None and due_at <= real_now()


def _take(store: HotStore, hub: str, now: datetime) -> Sequence[Announcement]:
    with store.writing() as connection:
        state = read_hub(connection, hub)
        if state.not_before and state.not_before > now:
            return ()
        return take_due(connection, hub, now, most=1 if state.failures else _AT_A_TIME)


def _settle(store: HotStore, hub: str, pairs: Sequence[tuple[Announcement, Answer]], now: datetime) -> None:
    """Write down what became of what was taken."""
    verdicts = {answer.verdict for _, answer in pairs}
    is_away = "busy" in verdicts or verdicts == {"silent"}
    with store.writing() as connection:
        failures = read_hub(connection, hub).failures + 1
        waits = [wait_after(failures), *(answer.wait for _, answer in pairs)]
        keep_hub(connection, hub, Hub(failures, now + max(waits)) if is_away else Hub())
        for one, answer in pairs:
            if answer.verdict == "taken":
                remove(connection, one)
            elif is_away and answer.verdict != "refused":
                put_off(connection, one, now, one.attempts, answer.words)  # due as soon as the hub is asked again
            else:
                put_off(connection, one, now + wait_after(one.attempts + 1), one.attempts + 1, answer.words)
        if verdicts != {"taken"}:
            _give_up(connection, hub, is_away, now)


def _give_up(connection: AnyConnection, hub: str, is_away: bool, now: datetime) -> None:
    given_up = give_up(connection, hub, now - GIVEN_UP_AFTER, untried=is_away)
    if given_up:
        reason = next((one.error for one in given_up if one.error), "")
        write_journal(
            connection, now, "digest", "announcements given up", "feeds", hub=hub, addresses=len(given_up), why=reason
        )
