"""How many letters may leave in a span of time: per relay, per receiving domain, per sending domain; and when none may.

Everything is a *gate*: a count that must not be passed before a moment. Gates are worked out here from settings and `now`;
the ledger counts what passes them in the very transaction that lets a body go, so they hold for all senders of a site
together and across restarts. Moments are whole seconds since 1970 in UTC.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache, lru_cache

from digest.clock import day_start
from digest.delivery.relay import Relay
from digest.settings import EVERY_OTHER, Hours, Settings

__all__ = ["FREE", "Allowance", "Gate", "Pacing", "WarmUp", "spread"]

_HOUR = 3600
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many letters in each span of so many seconds; spans begin at multiples of their length."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Gate:
    """A count in a span that has begun: no more than `limit` letters pass before `until`.

    `name` is the same for as long as the span lasts, and another one after it.
    """

    name: str
    limit: int
    until: int


@dataclass(frozen=True, slots=True)
class WarmUp:
    """A new sending domain: from its first day on so many letters a day, and no limit behind the plan's end."""

    domain: str
    first_day: date
    plan: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pacing:
    """The pace of a site. Without any of it, nothing is counted and nothing waits.

    Attributes:
        relays: by the relay's name, as `Session.relay` gives it.
        domains: by the receiving domain's keyed hash.
        other_domains: for each receiving domain that is not named.
        warm_ups: by list, where its sender has a new domain.
        quiet_hours: by list, where it has any.
        where: the newsroom's zone, for days and hours.
    """

    relays: Mapping[str, tuple[Allowance, ...]] = field(default_factory=dict)
    domains: Mapping[bytes, tuple[Allowance, ...]] = field(default_factory=dict)
    other_domains: tuple[Allowance, ...] = ()
    warm_ups: Mapping[str, WarmUp] = field(default_factory=dict)
    quiet_hours: Mapping[str, Hours] = field(default_factory=dict)
    where: tzinfo = UTC

    @classmethod
    def of(cls, settings: Settings, relays: Iterable[Relay], domain_key: Callable[[str], bytes]) -> Pacing:
        """The pace that newsroom.toml and the relays' options ask for.

        Args:
            domain_key: the keyed hash of a receiving domain, `Sealer.domain_key`.
        """
        delivery = settings.delivery
        domains = {name: _build_allowances(pace.per_second, pace.per_hour) for name, pace in delivery.domains.items()}
        other_domains = domains.pop(EVERY_OTHER, ())
        return cls(
            relays={
                str(relay): _build_allowances(
                    delivery.per_second if relay.per_second is None else relay.per_second,
                    delivery.per_hour if relay.per_hour is None else relay.per_hour,
                )
                for relay in relays
            },
            domains={domain_key(name): allowances for name, allowances in domains.items()},
            other_domains=other_domains,
            warm_ups={
                word: WarmUp(entry.sender.domain, first_day, delivery.warm_up_plan)
                for word, entry in settings.lists.items()
                if (first_day := delivery.warm_up.get(entry.sender.domain)) is not None
            },
            quiet_hours={word: entry.quiet_hours for word, entry in settings.lists.items() if entry.quiet_hours is not None},
            where=settings.zone,
        )

    def relay_gates(self, relay: str, now: int) -> tuple[Gate, ...]:
        """What a letter that leaves through a relay passes."""
        return _open_gates(f"relay {relay}", self.relays.get(relay, ()), now)

    def domain_gates(self, domain_key: bytes, now: int) -> tuple[Gate, ...]:
        """What a letter to a receiving domain passes."""
        return _open_gates(f"to {domain_key.hex()}", self.domains.get(domain_key, self.other_domains), now)

    def list_gates(self, list_id: str, now: int) -> tuple[Gate, ...]:
        """What an edition's letter of a list passes: the warm-up of its sending domain, a day of the newsroom at a time.

        Before the first day as many may leave a day as on it.
        """
        warm_up = self.warm_ups.get(list_id)
        if warm_up is None:
            return ()
        day = datetime.fromtimestamp(now, self.where).date()
        until = _begin(day + _DAY, self.where)
        if until <= now:  # the clocks went back over midnight: the day before shows once more, and is over
            day += _DAY
            until = _begin(day + _DAY, self.where)
        number = max((day - warm_up.first_day).days, 0)
        if number >= len(warm_up.plan):
            return ()
        return (Gate(f"from {warm_up.domain} {day.isoformat()}", warm_up.plan[number], until),)

    def quiet_until(self, list_id: str, now: int) -> int | None:
        """When the quiet hours of a list end that hold its editions back now; None outside of them.

        They hold neither single letters nor editions at once (lane 0). Where the clocks show a time twice, they begin with
        its first coming and end with its last; where they skip it, at that moment.
        """
        hours = self.quiet_hours.get(list_id)
        until = None if hours is None else _end_of_quiet(hours, now, self.where)
        while hours is not None and until is not None and (later := _end_of_quiet(hours, until, self.where)) is not None:
            until = later  # the clocks skipped the time between two nights
        return until


FREE = Pacing()
"""No limits at all."""


@cache
def spread(count: int, seconds: int) -> Allowance:
    """An allowance that lets no more than `count` letters pass in any `seconds`, wherever one begins to look.

    Spans next to each other may both be used up at their meeting point, so the spans are short ones of which any `seconds`
    touch few, and of those the one that lets most letters pass. So they leave evenly, too, and an urgent one need not wait
    for the end of an hour. A single letter (count 1) has no room for that: one in each span of so many seconds.
    """
    length = max(range(1, seconds + 1), key=lambda length: _share(count, seconds, length) / length)
    share = _share(count, seconds, length)
    return Allowance(share, length) if share else Allowance(count, seconds)


def _share(count: int, seconds: int, length: int) -> int:
    """What each span of that length may let pass: a time of so many seconds can touch this many of them."""
    return count // ((seconds - 1) // length + 2)


def _build_allowances(per_second: int, per_hour: int) -> tuple[Allowance, ...]:
    """The allowances that two settings ask for; 0 is no limit."""
    each_second = (Allowance(per_second, 1),) if per_second else ()
    each_hour = (spread(per_hour, _HOUR),) if per_hour else ()
    return each_second + each_hour


def _open_gates(name: str, allowances: tuple[Allowance, ...], now: int) -> tuple[Gate, ...]:
    gates = []
    for allowance in allowances:
        number = now // allowance.seconds
        gates.append(Gate(f"{name} {allowance.seconds} {number}", allowance.count, (number + 1) * allowance.seconds))
    return tuple(gates)


@lru_cache(maxsize=64)
def _begin(day: date, where: tzinfo) -> int:
    return int(day_start(day, where).timestamp())


def _end_of_quiet(hours: Hours, now: int, where: tzinfo) -> int | None:
    """The end of the quiet hours, those of yesterday or today, that a moment lies in."""
    today = datetime.fromtimestamp(now, where).date()
    for day in (today - _DAY, today):
        start, end = _quiet_span(hours, day, where)
        if start <= now < end:
            return end
    return None


@lru_cache(maxsize=64)
def _quiet_span(hours: Hours, day: date, where: tzinfo) -> tuple[int, int]:
    """The quiet hours that begin on a day."""
    last_day = day if hours.start < hours.end else day + _DAY
    return _strike(day, hours.start, where, last=False), _strike(last_day, hours.end, where, last=True)


def _strike(day: date, minute: int, where: tzinfo, *, last: bool) -> int:
    """When the clock shows a minute of a day, the first or the last time; the moment of the jump if it skips that minute."""
    shown = datetime(day.year, day.month, day.day, *divmod(minute, 60))  # noqa: DTZ001 (what a clock shows has no zone)
    first, other = (int(shown.replace(tzinfo=where, fold=fold).timestamp()) for fold in (0, 1))
    if first <= other:
        return other if last else first
    return other + bisect_left(range(other, first + 1), shown, key=lambda moment: _show(moment, where))


def _show(moment: int, where: tzinfo) -> datetime:
    return datetime.fromtimestamp(moment, where).replace(tzinfo=None)
