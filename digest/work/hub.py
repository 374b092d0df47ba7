"""One announcement to a WebSub hub over HTTP, and what its answer means.

How publishers tell hubs is a convention: a form is posted to the hub with `hub.mode=publish` and the feed's address, which
some hubs take from `hub.url` and others from `hub.topic`; both are sent, for hubs pass over what they do not know.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from digest.settings import Settings
from digest.settings.values import LOOPBACK

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response

__all__ = ["ANSWER_WITHIN", "Answer", "is_found", "judge_answer", "open_client", "tell", "wait_after"]

ANSWER_WITHIN = 10.0
"""How many seconds a hub may take for an answer."""
_ANSWER_BYTES = 1000
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)
_LONGEST_ASKED = timedelta(hours=24)

Verdict = Literal["taken", "refused", "busy", "silent"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a hub made of an announcement: taken, this one refused, to be asked later, or no answer at all.

    `words` say it to staff; `wait` is how long the hub asked to be left alone, a day at most.
    """

    verdict: Verdict
    words: str = ""
    wait: timedelta = timedelta(0)


def wait_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: a minute, doubling, at most six hours."""
    return min(_FIRST_WAIT * (1 << min(failures - 1, 20)), _LONGEST_WAIT)


def judge_answer(status: int, retry_after: str, location: str, text: str, now: datetime) -> Answer:
    """What an HTTP answer of a hub means.

    Args:
        status: its status code.
        retry_after: the header of that name, in seconds or as a date (RFC 9110 section 10.2.3); empty without one.
        location: likewise; it is not followed.
        text: how the answer begins, if it is plain text.
        now: aware UTC; against it a date in `retry_after` is measured.
    """
    if 200 <= status < 300:
        return Answer("taken")
    wait = _read_wait(retry_after, now)
    if status in (429, 503) or wait:
        return Answer("busy", f"it asked to be left alone for a while ({status})", wait)
    if 300 <= status < 400:
        return Answer("refused", f"it answered {status} and leads to {_plain(location)}; put its present address in `hub`")
    said = _plain(text)
    return Answer("refused", f"it answered {status}: {said}" if said else f"it answered {status}")


def _read_wait(retry_after: str, now: datetime) -> timedelta:
    if re.fullmatch("[0-9]{1,9}", retry_after):
        wait = timedelta(seconds=int(retry_after))
    else:
        try:
            moment = parsedate_to_datetime(retry_after)
        except ValueError:
            return timedelta(0)
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta(0)), _LONGEST_ASKED)


def _plain(text: str) -> str:
    """Foreign words as one short line that any terminal can show."""
    return " ".join(re.sub(r"[^\x20-\x7e]", " ", text).split())[:200]


def open_client(settings: Settings) -> AsyncClient:
    """A client for hubs; it follows no redirect."""
    from httpx2 import AsyncClient

    headers = {"User-Agent": f"newsroom-digest (+{settings.newsroom.base_url}/)", "Accept-Encoding": "identity"}
    return AsyncClient(headers=headers, timeout=ANSWER_WITHIN, follow_redirects=False)


async def tell(client: AsyncClient, hub: str, address: str, within: float, now: datetime) -> Answer:
    """Tell a hub that the feed of this address has changed; never lasts longer than `within` seconds."""
    from httpx2 import HTTPError, InvalidURL

    if not _is_safe(hub):
        return Answer("silent", "its address must begin with https://")
    form = {"hub.mode": "publish", "hub.url": address, "hub.topic": address}
    try:
        async with asyncio.timeout(within), client.stream("POST", hub, data=form) as response:
            text, headers = await _read_start(response), response.headers
            return judge_answer(response.status_code, headers.get("retry-after", ""), headers.get("location", ""), text, now)
    except TimeoutError:
        return Answer("silent", "it did not answer in time")
    except (HTTPError, InvalidURL, OSError) as error:
        return Answer("silent", f"it cannot be reached ({_plain(str(error)) or type(error).__name__})")


def _is_safe(hub: str) -> bool:
    parts = urlsplit(hub)
    return parts.scheme == "https" or parts.hostname in LOOPBACK


async def _read_start(response: Response) -> str:
    """The first words of a plain answer; never more than a little, and never for long."""
    from httpx2 import HTTPError

    data = b""
    with contextlib.suppress(TimeoutError, HTTPError):
        async with asyncio.timeout(1):
            async for chunk in response.aiter_raw():
                data += chunk
                if len(data) >= _ANSWER_BYTES:
                    break
    is_plain = response.headers.get("content-type", "text/plain").startswith("text/plain")
    return data[:_ANSWER_BYTES].decode("utf-8", "replace") if is_plain else ""


def is_found(hub: str, within: float) -> bool:
    """Whether a hub's name has an address, known in so many seconds; a name server that hangs holds up nothing else."""
    found = threading.Event()

    def look() -> None:
        with contextlib.suppress(OSError):
            socket.getaddrinfo(urlsplit(hub).hostname, None)
            found.set()

    looking = threading.Thread(target=look, daemon=True)  # a process may end while it still looks
    looking.start()
    looking.join(within)
    return found.is_set()
