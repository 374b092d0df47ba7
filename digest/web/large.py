"""Large files of public/, such as films and archives that staff put there: sent part by part, never kept in memory."""

from __future__ import annotations

from starlette.types import Send

from digest.web.conditions import format_date, is_unchanged
from digest.web.fields import Field
from digest.web.finding import Finder
from digest.web.requests import Asked
from digest.web.resources import NOTHING, build_body, build_start
from digest.web.shelf import LargeFile

__all__ = ["send_large"]


async def send_large(large: LargeFile, finder: Finder, asked: Asked, method: str, send: Send) -> None:
    """Answer with the file; its entity tag follows from its size and its time of change, for its bytes are not read."""
    seen = large.seen
    etag = f'"{seen.changed_ns:x}-{seen.byte_count:x}"'.encode()
    own: list[Field] = [(b"etag", etag), (b"last-modified", format_date(seen.modified_at))]
    if is_unchanged(etag, seen.modified_at, asked.get(b"if-none-match"), asked.get(b"if-modified-since")):
        await send(build_start(304, [*own, *large.unchanged]))
        await send(NOTHING)
        return
    await send(build_start(200, [(b"content-length", str(seen.byte_count).encode()), *own, *large.fields]))
    left = 0
    if method != "HEAD":
        left = seen.byte_count
        async for part in finder.parts(large):
            left -= len(part)
            await send({**build_body(part), "more_body": True})
    if not left:  # else it was made shorter meanwhile, and a connection that breaks is all that can say so
        await send(NOTHING)
