"""Characters of relays for long runs: how often each fault of a scripted server comes, drawn at each step.

`clean` does everything right, and so does `slow`, which takes its time. `grey` refuses each recipient once. `nasty` has all
faults a little. `unknowable` loses one answer in ten. `flaky` has a bad network: its listener goes away, lines drop, there
are few connections for few letters.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from smtp_words import Act, Answer, Cut, Late, Moment, Script, Split

if TYPE_CHECKING:
    from smtp_server import ScriptedServer

__all__ = ["PRESETS", "Preset", "away", "build_script"]

Fault = tuple[float, Answer]
"""How likely an answer is, from 0 to 1, and the answer."""


@dataclass(frozen=True)
class Preset:
    """A relay's character.

    `faults` are drawn by stage; `grey` is the share of recipients refused at their first try; after each `away_every`
    letters the listener is gone for `away_seconds`; `slow` is the most seconds before an answer to a body.
    """

    faults: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)
    grey: float = 0.0
    slow: float = 0.0
    away_every: int = 0
    away_seconds: float = 1.0


_LOSSES: tuple[Answer, ...] = (
    Act.DROP,
    Act.RESET,
    Act.ACCEPT_AND_DROP,
    Act.ACCEPT_AND_RESET,
    Act.GARBAGE,
    Cut("25"),
    Cut("250 2.0.0 qu"),
    Cut("250-and never the rest\r\n"),
)


def _lose(share: float) -> tuple[Fault, ...]:
    return tuple((share / len(_LOSSES), loss) for loss in _LOSSES)


PRESETS: Mapping[str, Preset] = {
    "clean": Preset(),
    "slow": Preset(slow=0.1),
    "grey": Preset(grey=1.0),
    "nasty": Preset(
        {
            "connect": ((0.01, "421 4.3.2 not now"), (0.01, Act.DROP)),
            "ehlo": ((0.01, "421 4.3.2 closing"),),
            "mail": (
                (0.001, "421 4.4.2 idle for too long"),
                (0.001, "451 4.3.0 later"),
                (0.0001, "550 5.7.1 sender rejected"),
                (0.001, Act.DROP),
            ),
            "rcpt": (
                (0.005, "550 5.1.1 no such user"),
                (0.005, "450 4.2.1 mailbox busy"),
                (0.0005, "450 4.7.28 too many messages"),
                (0.001, "421 4.7.0 closing"),
                (0.001, Act.RESET),
            ),
            "data": ((0.003, "451 4.3.0 later"), (0.001, "421 4.3.0 closing"), (0.001, Act.DROP), (0.002, Act.DROP_IN_BODY)),
            "body": (
                (0.005, "451 4.3.0 later"),
                (0.003, "554 5.7.1 looks like spam"),
                (0.001, "421 4.3.0 closing"),
                (0.003, Late(3.0)),
                (0.01, Split()),
                (0.01, 0.2),
                *_lose(0.01),
            ),
        },
        grey=0.05,
        slow=0.02,
    ),
    "unknowable": Preset({"body": _lose(0.1)}, slow=0.01),
    "flaky": Preset(
        {
            "connect": ((0.05, "421 4.7.0 too many connections"), (0.02, Act.RESET)),
            "mail": ((0.01, "421 4.7.0 enough on this connection"), (0.005, Act.DROP)),
            "data": ((0.005, Act.DROP_IN_BODY),),
            "body": ((0.05, Split()), (0.002, Act.RESET)),
        },
        away_every=500,
    ),
}


def build_script(name: str, seed: int) -> Script:
    """The script of a preset; draws differ from seed to seed."""
    preset, draw = PRESETS[name], random.Random(seed)

    def script(moment: Moment) -> Answer:
        if moment.stage == "rcpt" and moment.tries == 1 and draw.random() < preset.grey:
            return "451 4.7.1 greylisted, come back"
        chance = draw.random()
        for share, answer in preset.faults.get(moment.stage, ()):
            if chance < share:
                return answer
            chance -= share
        return draw.random() * preset.slow if moment.stage == "body" and preset.slow else None

    return script


async def away(server: ScriptedServer, preset: Preset) -> None:
    """Let the listener go away as the preset has it; never ends."""
    gone = 0
    while True:
        await asyncio.sleep(0.02)
        if preset.away_every and len(server.accepted) // preset.away_every > gone:
            gone += 1
            await server.go_away(preset.away_seconds)
