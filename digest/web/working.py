"""Work beside a server, in its loop: what fails is told and begun again after a while, and never takes the server along."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from digest.web.telling import tell_once

__all__ = ["Beside", "working"]

Beside = Callable[[], Awaitable[None]]
"""Begins a piece of work; its name, in words, is how failures are told (`publish_when_due` fails as "publish when due")."""
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 300.0
_STEADY = 600.0
"""Work that went on for so long before it failed is begun again as soon as one that failed for the first time; seconds."""


@asynccontextmanager
async def working(beside: Sequence[Beside], first_wait: float = _FIRST_WAIT) -> AsyncIterator[None]:
    """All of it goes on until the block ends; then it is cancelled, and waited for until it has ended."""
    tasks = [asyncio.create_task(_keep_going(begin, first_wait), name=_name(begin)) for begin in beside]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_going(begin: Beside, first_wait: float) -> None:
    loop, wait = asyncio.get_running_loop(), first_wait
    while True:
        began = loop.time()
        try:
            await begin()
        except Exception as error:  # noqa: BLE001 (whatever it is, the server goes on)
            tell_once(_name(begin), error)
        else:
            return
        if loop.time() - began >= _STEADY:
            wait = first_wait
        await asyncio.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)


def _name(begin: Beside) -> str:
    return str(getattr(begin, "__name__", type(begin).__name__)).strip("_").replace("_", " ")
