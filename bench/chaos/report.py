"""The table at the end of a run: what was done to it, what came of it, and whether every promise was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from bench.chaos.fleet import Running
from bench.chaos.havoc import Run
from bench.chaos.judge import Copies, Evidence, judge_delivery
from bench.chaos.variants import killable_sender
from digest.errors import Status

__all__ = ["count_endings", "render"]

_MOST_LINES = 40


def render(title: str, run: Run, broken: Counter[str]) -> str:
    """The table of a run, line by line."""
    lines = [title]
    lines += [f"  {name:<46} {value:>9}" for name, value in _rows(run)]
    lines += [f"  BROKEN {count:>6} times: {promise}" for promise, count in broken.most_common()]
    lines += islice(_histories(run.evidence), _MOST_LINES)
    if not broken:
        lines.append("  every promise kept")
    return "\n".join(lines)


def _histories(evidence: Evidence) -> Iterator[str]:
    """What befell those to whom a promise was broken, step by step, by the ledger and by the relay."""
    for delivery in evidence.deliveries:
        if broken := list(judge_delivery(evidence, delivery)):
            yield f"    {delivery}: {', '.join(broken)}"
            lines = [(step.moment, f"ledger {step}") for step in evidence.steps_of.get(delivery.id, ())]
            lines += [(event.moment, f"relay {event.line}") for event in evidence.events_of.get(delivery.recipient, ())]
            yield from (f"      {line}" for _, line in sorted(lines))


def count_endings(senders: list[Running]) -> Counter[str]:
    """How senders ended, in words."""
    return Counter(_ending(running) for running in senders)


def _ending(running: Running) -> str:
    if running.killed_at is not None:
        return "killed"
    if running.status == killable_sender.FAULTY:
        return "without a ledger"
    known = running.status is not None and running.status in set(Status)
    return Status(running.status).name.lower() if known else "broken"  # type: ignore[arg-type]


def _rows(run: Run) -> Iterator[tuple[str, str]]:
    evidence = run.evidence
    yield "seconds", f"{run.seconds:,.0f}"
    yield "recipients", f"{evidence.audience_count:,}"
    for state, count in sorted(Counter(one.state for one in evidence.deliveries if one.reader is not None).items()):
        yield f"  at rest as {state}", f"{count:,}"
    for state, count in sorted(Counter(one.state for one in evidence.deliveries if one.reader is None).items()):
        yield f"single letters at rest as {state}", f"{count:,}"
    yield from ((name, f"{count:,}") for name, count in sorted(run.blows.items()))
    for ending, count in count_endings(list(evidence.senders)).most_common():
        yield f"senders {ending}", f"{count:,}"
    yield from _letters(evidence)


def _letters(evidence: Evidence) -> Iterator[tuple[str, str]]:
    kinds = Counter(event.kind for event in evidence.events)
    copies = [len(Copies.of(events).taken) for events in evidence.events_of.values()]
    yield "bodies begun", f"{kinds['begun']:,}"
    yield "letters taken by the relay", f"{kinds['taken']:,}"
    yield "answers that said no", f"{kinds['refused']:,}"
    yield "bodies with no answer", f"{kinds['lost'] + kinds['torn']:,}"
    yield "invitations (354) without a body", f"{kinds['unused']:,}"
    yield "readers with a second copy, all of it marked", f"{sum(count > 1 for count in copies):,}"
    yield "marks of doubt in the ledger", f"{sum(delivery.unknown_count for delivery in evidence.deliveries):,}"
    deaths, losses = sum(running.died for running in evidence.senders), kinds["lost"] + kinds["torn"]
    relay_deaths = len(evidence.downs) * 4
    bound = (deaths + relay_deaths) * evidence.connections + losses
    yield "  at most (deaths x connections + lost answers)", f"{bound:,}"
