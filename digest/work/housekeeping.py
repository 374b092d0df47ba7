"""Housekeeping beside a server: once an hour what is kept no longer than needed goes, see `digest.desk.forgetting`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from digest.desk.forgetting import Forgotten, forget
from digest.desk.workplace import open_workplace
from digest.errors import DigestError
from digest.settings import Site
from digest.store.hot import HotStore

__all__ = ["forget_forever"]

_EVERY = 3600.0
_FIRST = 60.0


async def forget_forever(site_of: Callable[[], Site], store: HotStore, tell: Callable[[str], None]) -> None:
    """Keep house until cancelled: a minute after the start, and then once an hour.

    Args:
        site_of: gives the site with its present settings.
        store: its database; while that was never made, there is nothing to forget.
        tell: is told in a line what does not work, each thing once.
    """
    told, wait = "", _FIRST
    while True:
        await asyncio.sleep(wait)
        wait = _EVERY
        fault = await asyncio.to_thread(_step, site_of, store)
        if fault and fault != told:
            tell(fault)
        told = fault


def _step(site_of: Callable[[], Site], store: HotStore) -> str:
    if not store.file.exists():
        return ""
    try:
        keep_house(site_of())
    except (DigestError, OSError) as error:
        return f"housekeeping: {error}"
    return ""


def keep_house(site: Site) -> Forgotten:
    """Do it once."""
    with open_workplace(site, via="serve") as place:
        return forget(place)
