"""`python -m bench.chaos`: 500 kills over 20,000 recipients and all that belongs to it; exit status 1 if a promise broke.

`--only senders|presets|clocks|races|machine|variants|site|power` plays one part, `--short` a short form of each.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.chaos import site
from bench.chaos.havoc import Plan, play
from bench.chaos.judge import judge
from bench.chaos.machine import SCENES, Scene, judge_scene
from bench.chaos.power import LEFT_OUT
from bench.chaos.report import render
from bench.chaos.variants import VARIANTS

LONG = Plan(
    recipients=20_000,
    letters=1_000,
    connections=20,
    kills=500,
    stops=30,
    leavings=1_000,
    pauses=10,
    voids=10,
    locks=10,
    relay_kills=5,
    uvloop=True,
    most_seconds=1_800,
)
SHORT = Plan(recipients=400, letters=20, connections=8, kills=20, uvloop=True)
VARIED = Plan(recipients=150, kills=8, leavings=60, stops=0, pauses=0, voids=0, locks=0, relay_kills=0, most_seconds=6)
PRESETS = ("clean", "grey", "unknowable", "flaky")


def play_senders(options: argparse.Namespace) -> bool:
    """The long run."""
    given = {name: getattr(options, name) for name in ("recipients", "kills", "connections") if getattr(options, name)}
    plan = replace(SHORT if options.short else LONG, preset=options.preset, seed=options.seed, **given)
    return _play(f"{plan.kills} kills over {plan.recipients:,} recipients, preset {plan.preset}", plan)


def play_presets(options: argparse.Namespace) -> bool:
    """Relays of other characters, and at most one copy."""
    size = 300 if options.short else 2_000
    plan = replace(SHORT, recipients=size, kills=size // 20, seed=options.seed, most_seconds=300)
    kept = [_play(f"preset {name}", replace(plan, preset=name)) for name in PRESETS]
    return all([*kept, _play("preset unknowable, one copy at most", replace(plan, preset="unknowable", most_unknown=0))])


def play_clocks(options: argparse.Namespace) -> bool:
    """The clock of the machine is set again and again while everybody is greylisted, so that much is waited for."""
    size, jumps = (200, 10) if options.short else (2_000, 60)
    plan = replace(SHORT, recipients=size, kills=size // 50, preset="grey", jumps=jumps, seed=options.seed)
    return _play(f"a clock that is set {jumps} times", replace(plan, most_seconds=300))


def play_machine(options: argparse.Namespace) -> bool:
    """A full disk, a locked database, a sender that stands still for a minute."""
    size = 150 if options.short else 3_000
    kept = True
    for name, (befall, seconds) in SCENES.items():
        with tempfile.TemporaryDirectory() as folder, Scene(Path(folder), size) as scene:
            run = befall(scene, 3.0 if options.short else seconds)
            broken = judge_scene(scene, run)
        print(render(name, run, broken), flush=True)
        kept = kept and not broken
    return kept


def play_races(options: argparse.Namespace) -> bool:
    """Readers leave and staff pause while everything runs smoothly; then staff cancel in the midst of it."""
    size = 400 if options.short else 20_000
    plan = replace(
        LONG,
        recipients=size,
        preset="clean",
        letters=0,
        kills=0,
        stops=0,
        voids=0,
        relay_kills=0,
        locks=0,
        seed=options.seed,
    )
    plan = replace(plan, leavings=size // 2, pauses=size // 200)
    cancel = replace(plan, recipients=size // 4, leavings=size // 8, cancels=1)
    return _play(f"{plan.leavings:,} leavings and {plan.pauses} pauses", plan) and _play("a cancel", cancel)


def play_variants(options: argparse.Namespace) -> bool:
    """Broken senders, each of which must be noticed."""
    noticed = True
    for name, variant in VARIANTS.items():
        if name:
            with tempfile.TemporaryDirectory() as folder:
                plan = replace(VARIED, variant=name, preset=variant.preset, seed=options.seed)
                broken = judge(play(plan, Path(folder)).evidence)
            seen = any(promise in broken for promise in variant.breaks)
            print(f"a sender {name}: {'noticed' if seen else 'NOT NOTICED'} {dict(broken)}", flush=True)
            noticed = noticed and seen
    return noticed


def play_site(options: argparse.Namespace) -> bool:
    """`digest send` and a real site."""
    with tempfile.TemporaryDirectory() as folder:
        size = (200, 6) if options.short else (2_000, 60)
        run = site.play(Path(folder), *size, seed=options.seed, tell=_tell)
        broken = judge(run.evidence)
    print(render(f"digest send, {size[1]} kills over {size[0]:,} readers of a real site", run, broken), flush=True)
    return not broken


def play_power(options: argparse.Namespace) -> bool:
    """Cuts of the power; with synchronous=NORMAL promises must break, or the cuts would prove nothing."""
    cuts = "20" if options.short else "200"
    command = [sys.executable, "-m", "bench.chaos.power", "--seed", str(options.seed), "--cuts"]
    print("cuts of the power, synchronous = FULL", flush=True)
    status = subprocess.run([*command, cuts], check=False).returncode
    if status == LEFT_OUT:
        return True
    print("the same with NORMAL, where promises must break", flush=True)
    return status == 0 and subprocess.run([*command, "20", "--synchronous", "NORMAL"], check=False).returncode == 1


PARTS: dict[str, Callable[[argparse.Namespace], bool]] = {
    "senders": play_senders,
    "presets": play_presets,
    "clocks": play_clocks,
    "machine": play_machine,
    "races": play_races,
    "variants": play_variants,
    "site": play_site,
    "power": play_power,
}


def main() -> int:
    """Play the parts that are asked for; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--preset", default="nasty")
    parser.add_argument("--recipients", type=int)
    parser.add_argument("--kills", type=int)
    parser.add_argument("--connections", type=int)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    parts = [options.only] if options.only else list(PARTS)
    kept = [PARTS[part](options) for part in parts]
    print("all promises kept" if all(kept) else "PROMISES WERE BROKEN")
    return 0 if all(kept) else 1


def _play(title: str, plan: Plan) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        run = play(plan, Path(folder), _tell)
        broken = judge(run.evidence)
    print(render(title, run, broken), flush=True)
    return not broken


def _tell(line: str) -> None:
    print(f"  ... {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
