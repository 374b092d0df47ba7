"""Why letters of an edition wait, as far as this site knows it: looked up at this moment, in words for people."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from digest import clock
from digest.delivery.pacing import FREE
from digest.delivery.relay import parse_smtp_urls
from digest.delivery.waiting import Wait, list_waits
from digest.desk.workplace import Workplace
from digest.errors import DeliveryError
from digest.newsroom.log import to_seconds
from digest.store.waiting import count_passed, read_queue
from digest.work.ways import build_pacing

__all__ = ["explain_waits"]


def explain_waits(place: Workplace, name: str) -> tuple[Wait, ...]:
    """Why letters of an edition that is being sent do not leave now; nothing when none of them waits.

    Raises:
        StoreError: the store cannot be read.
    """
    now = to_seconds(clock.real_now())
    pacing = FREE
    if place.site.smtp_url.strip() and not place.site.settings.delivery.outbox:
        with suppress(DeliveryError):  # whoever sends is told what is wrong with it
            pacing = build_pacing(place, parse_smtp_urls(place.site.smtp_url))
    with place.hot.reading() as connection:
        queue = read_queue(connection, name, now)
        return () if queue is None else list_waits(queue, pacing, partial(count_passed, connection), now)
