"""Counting beside a server: what pages show is counted again while letters leave, and now and then when none do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from digest.desk.tallying import tally_editions
from digest.desk.workplace import open_workplace
from digest.errors import DigestError
from digest.settings import Site

__all__ = ["tally_forever"]

_WHILE_SENDING = 2.0
_ELSE = 5.0
_SHARE = 0.05
"""How much of a processor counting may take: after a long count it waits longer."""


async def tally_forever(site: Callable[[], Site], tell: Callable[[str], None]) -> None:
    """Count until cancelled.

    Args:
        site: gives the site with its present settings.
        tell: is told in a line what does not work, each thing once.
    """
    told = ""
    while True:
        sentence, wait = await asyncio.to_thread(_step, site)
        if sentence and sentence != told:
            tell(sentence)
        told = sentence
        await asyncio.sleep(wait)


def _step(site: Callable[[], Site]) -> tuple[str, float]:
    began = time.thread_time()
    try:
        with open_workplace(site(), via="serve") as place:
            is_sending = tally_editions(place)
    except DigestError as error:
        return f"counting letters: {error}", 60.0
    cost = time.thread_time() - began
    return "", max(_WHILE_SENDING if is_sending else _ELSE, cost / _SHARE)
