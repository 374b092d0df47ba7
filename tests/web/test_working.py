"""Work beside a server."""

from __future__ import annotations

import anyio
import pytest

from digest.errors import StoreError
from digest.web.working import working


def test_what_fails_is_told_in_one_line_and_begun_again(capsys: pytest.CaptureFixture[str]) -> None:
    begun = 0
    done = anyio.Event()

    async def announce_feeds() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise StoreError("the test's database", "it is locked", "Wait.")
        done.set()

    async def main() -> None:
        async with working([announce_feeds], first_wait=0.001):
            with anyio.fail_after(5):
                await done.wait()

    anyio.run(main)

    assert begun == 3
    assert capsys.readouterr().err == "digest: announce feeds: the test's database: it is locked. Wait.\n"


def test_each_failure_waits_longer_than_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    done = anyio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 12:
            done.set()
            await anyio.sleep_forever()

    async def fail() -> None:
        raise ValueError("always")

    async def main() -> None:
        monkeypatch.setattr("digest.web.working.asyncio.sleep", sleep)
        async with working([fail]):
            await done.wait()

    anyio.run(main)

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_one_that_fails_does_not_touch_the_others_nor_what_goes_on_meanwhile() -> None:
    seen: list[str] = []

    async def fail() -> None:
        raise ValueError("of the test")

    async def work() -> None:
        while True:
            seen.append("work")
            await anyio.sleep(0.001)

    async def main() -> None:
        async with working([fail, work], first_wait=0.001):
            await anyio.sleep(0.05)
        seen.append("main")

    anyio.run(main)

    assert seen.count("work") > 3
    assert seen[-1] == "main"


def test_at_the_end_each_is_cancelled_and_waited_for() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.01)
            ended.append("work")

    async def main() -> None:
        async with working([work]):
            await anyio.sleep(0.01)
        ended.append("main")

    anyio.run(main)

    assert ended == ["work", "main"]


def test_what_has_done_its_work_is_not_begun_again() -> None:
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1

    async def main() -> None:
        async with working([work], first_wait=0.0):
            await anyio.sleep(0.02)

    anyio.run(main)

    assert begun == 1
