"""Each period of a schedule comes once, whatever clocks, servers, sysadmins and staff do meanwhile.

A world of plain values plays weeks and days by the rules of `digest.editions.schedule`: items are released, drafts approved
in time, late or never, editions cancelled or sent by hand; the server is down for minutes or weeks, two of them look at the
same moment, the clock steps by minutes, and newsroom.toml gets another slot or zone. What happened is then judged by the
calendar alone.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest.editions.periods import period_at
from digest.editions.schedule import (
    LEAD,
    EditionFacts,
    Facts,
    Record,
    Schedule,
    Step,
    Task,
    Turn,
    after,
    after_approval,
    decide,
    is_late,
    take_up,
    wake_at,
)
from digest.settings import Slot

ZONES = (
    "Africa/Cairo", "Africa/Casablanca", "Africa/El_Aaiun", "America/Asuncion", "America/Caracas", "America/Havana",
    "America/New_York", "America/Nuuk", "America/Santiago", "America/Sao_Paulo", "America/St_Johns", "Antarctica/Troll",
    "Asia/Amman", "Asia/Beirut", "Asia/Gaza", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Pyongyang", "Asia/Tehran",
    "Atlantic/Azores", "Australia/Lord_Howe", "Europe/Dublin", "Europe/Istanbul", "Europe/London", "Europe/Moscow",
    "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Kwajalein", "Pacific/Norfolk",
)  # fmt: skip
WEEKS = 2_000
DAYS = 800
START = datetime(1990, 1, 1, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
SOON = timedelta(seconds=5)
SKEW = timedelta(minutes=5)
"""By how much the server's clock may be wrong."""
READY = ("approved", "frozen")


@dataclass(slots=True)
class Edition:
    """One edition of the world."""

    period: str
    state: str
    horizon: int
    revision: int = 1
    approved_at: datetime | None = None

    def turn(self, state: str) -> None:
        self.state, self.revision = state, self.revision + 1


class World:
    """A site with one list and one schedule. `now` is the true time, the server's clock is off by `skew`."""

    def __init__(self, schedule: Schedule, start: datetime, *, servers: int = 1) -> None:
        self.schedule, self.servers = schedule, servers
        self.now, self.skew = start, timedelta()
        self.changed_at = start
        self.is_up = True
        self.record: Record | None = None
        self.editions: dict[str, Edition] = {}
        self.newest: deque[Edition] = deque(maxlen=8)
        self.log_end, self.reached = 0, 0
        self.sent: dict[str, tuple[datetime, bool, Turn]] = {}
        self.by_hand: set[str] = set()
        self.closed: dict[str, Turn] = {}
        self.letters: Counter[tuple[Step, str]] = Counter()
        self.returned: Counter[str] = Counter()
        self.moved: Counter[str] = Counter()
        self.outages: list[tuple[datetime, datetime]] = []

    @property
    def clock(self) -> datetime:
        return self.now + self.skew

    def facts(self, record: Record) -> Facts:
        one, earlier = self.editions.get(record.turn.period), record.turn.period
        left = [f"e {other.period}" for other in self.newest if other.state in READY and other.period < earlier]
        known = EditionFacts(f"e {one.period}", one.state, one.revision, one.horizon) if one else None
        return Facts(known, self.log_end, left=tuple(left))

    def look(self) -> None:
        """What the server does when it looks; the second server decided at the same moment, and comes too late."""
        if not self.is_up:
            return
        waiting = [one.period for one in self.newest if one.state in ("draft", *READY)]
        before, self.record = self.record, take_up(self.record, self.schedule, self.clock, waiting)
        if before and before.schedule != self.record.schedule:
            self.moved[self.record.turn.period] += 1
            self.changed_at = self.clock
        for _ in range(20):
            facts = self.facts(self.record)
            task = decide(self.record, self.schedule, facts, self.clock)
            if task is None:
                return
            self._do(task, facts)
            for _ in range(self.servers - 1):
                assert self.record is not None
                present = self.facts(self.record)
                if decide(self.record, self.schedule, present, self.clock) == task:
                    self._do(task, present)
        raise AssertionError(f"it goes round: {task}")

    def _do(self, task: Task, facts: Facts) -> None:
        """A task, in the transaction that found it due."""
        assert self.record is not None
        period, carries = self.record.turn.period, True
        one = self.editions.get(task.edition[2:] or period)
        match task.step:
            case Step.PREPARE:
                assert one is None, "an edition is made twice"
                carries = self.log_end > self.reached
                if carries:
                    self.make(period)
            case Step.MOVE_ON:
                assert one and one.state == "draft"
                one.horizon = self.log_end
                one.turn("draft")
            case Step.SEND:
                assert one and one.state in ("approved", "frozen") and period not in self.sent
                planned = slot_of(self.schedule, period)
                assert self.record.turn.slot_at == planned or planned < self.changed_at, "not when newsroom.toml says"
                self.sent[period] = (self.clock, is_late(self.record.turn, self.clock), self.record.turn)
                self.send(one)
            case Step.CLOSE:
                self.closed[period] = self.record.turn
                self.judge_end(self.record.turn, one)
            case Step.ANNOUNCE | Step.TELL_RELEASED | Step.TELL_UNAPPROVED | Step.TELL_MISSED:
                assert one
                carries = one.horizon > self.reached or one.state != "draft"
                self.letters[task.step, one.period] += carries
        self.record = after(self.record, task, self.schedule, facts, self.clock, carries=carries)

    def make(self, period: str) -> Edition:
        self.editions[period] = Edition(period, "draft", self.log_end)
        self.newest.append(self.editions[period])
        return self.editions[period]

    def send(self, one: Edition) -> None:
        one.turn("sending")
        self.reached = max(self.reached, one.horizon)

    def staff(self, what: str) -> None:
        """Something that a person does with the present edition; nothing when that does not allow it."""
        period = period_at(self.clock, self.schedule.rhythm, self.schedule.slot, self.schedule.where)
        one = self.editions.get(period)
        if what == "approve an old one":
            what, one = "approve", next((old for old in reversed(self.newest) if old.period < period), None)
        if what == "prepare" and (one is None or one.state in ("draft", "cancelled")):
            one = one or self.make(period)
            self.returned[period] += one.state == "cancelled"
            one.turn("draft")
            one.horizon = self.log_end
        elif what == "approve" and one and one.state == "draft" and one.horizon > self.reached:
            one.turn("approved")
            one.approved_at = self.now
            assert self.record is not None
            self.record = after_approval(self.record, one.period)
        elif what == "send" and one and one.state in ("draft", "approved") and one.horizon > self.reached:
            self.by_hand.add(period)
            self.send(one)
        elif what == "cancel" and one and one.state in ("draft", "approved", "sending"):
            one.turn("cancelled")
        elif what == "correct" and one and one.state in ("draft", "approved"):
            self.log_end += 1
            one.horizon = self.log_end
            self.returned[period] += one.state == "approved"
            one.turn("draft")

    def judge_end(self, turn: Turn, one: Edition | None) -> None:
        """At the end of a turn nothing that was approved is left, if there was time; and nobody is left in the dark."""
        told = self.letters[Step.TELL_UNAPPROVED, turn.period] + self.letters[Step.TELL_MISSED, turn.period]
        if one and one.state == "draft":
            assert told or one.horizon <= self.reached, "nobody knows that it was not sent"
        if one and one.state in READY:
            assert told
            assert one.approved_at
            since = max(turn.slot_at, one.approved_at) + 2 * SKEW
            assert since >= turn.closes_at - 2 * SKEW or not self.was_up(since, turn.closes_at - 2 * SKEW)

    def was_up(self, since: datetime, until: datetime) -> bool:
        """Whether the server was up at any time between two moments."""
        return not any(begin <= since and until <= end for begin, end in self.outages)

    def run_to(self, moment: datetime) -> None:
        """Let time pass; the server wakes when it said it would."""
        while self.is_up:
            self.look()
            assert self.record is not None
            wake = wake_at(self.record, self.clock)
            if wake is None or wake - self.skew > moment:
                break
            self.now = wake - self.skew
        self.now = max(self.now, moment)

    def event(self, at: datetime, what: str, value: object = None) -> None:
        self.run_to(at)
        if what == "release":
            self.log_end += 1
        elif what == "down" and self.is_up:
            self.is_up = False
            self.outages.append((self.now, self.now))
        elif what == "up":
            if not self.is_up:
                self.outages[-1] = (self.outages[-1][0], self.now)
            self.is_up = True
        elif what == "step":
            assert isinstance(value, timedelta)
            self.skew = value
        elif what == "change":
            assert isinstance(value, Schedule)
            self.schedule = value
        else:
            self.staff(what)
        self.now += SOON
        self.look()


def calendar(schedule: Schedule, first: str, last: str) -> list[str]:
    """All periods from one to another, by the calendar."""
    if schedule.rhythm == "daily":
        day, end, found = date.fromisoformat(first), date.fromisoformat(last), []
        while day <= end:
            found.append(day.isoformat())
            day += DAY
        return found
    day, found = date.fromisocalendar(int(first[:4]), int(first[6:]), 1), [first]
    while found[-1] < last:
        day += WEEK
        found.append(f"{day.isocalendar()[0]}-w{day.isocalendar()[1]:02}")
    return found


def slot_of(schedule: Schedule, period: str) -> datetime:
    """When the slot of a period strikes, on the wall clock; as much later as the clocks go forward over it."""
    if schedule.rhythm == "daily":
        day = date.fromisoformat(period)
    else:
        day = date.fromisocalendar(int(period[:4]), int(period[6:]), schedule.slot.weekday + 1)
    wall = datetime(day.year, day.month, day.day, schedule.slot.hour, schedule.slot.minute, tzinfo=schedule.where)
    return wall.astimezone(UTC)


def judge(world: World) -> None:
    """What must be so of every world: each period once, in order, none early, none out of its time, nobody told twice."""
    assert list(world.closed) == sorted(world.closed), "a period came before an earlier one"
    for period, (at, late, turn) in world.sent.items():
        assert turn.period == period
        assert turn.slot_at <= at < turn.closes_at <= turn.slot_at + DAY
        assert late == (turn.warned or at - turn.slot_at > timedelta(minutes=1))
        assert period not in world.by_hand
    for (step, period), count in world.letters.items():
        if step is Step.TELL_UNAPPROVED:
            assert count <= 1 + world.moved[period]
        if step is Step.TELL_MISSED:
            assert count <= 1
        if step is Step.ANNOUNCE:
            assert count <= 1 + world.returned[period]
    for one in world.editions.values():
        if one.state in READY and one.period < max(world.closed):
            assert world.letters[Step.TELL_MISSED, one.period] == 1, "it was approved, and staff do not know"


def judge_gaps(world: World, schedule: Schedule) -> None:
    """Only a period during which the server was down, for most of a day or longer, was left out."""
    for period in set(calendar(schedule, min(world.closed), max(world.closed))) - world.closed.keys():
        slot = slot_of(schedule, period)
        length = DAY if schedule.rhythm == "daily" else WEEK
        near = (end - begin for begin, end in world.outages if begin < slot + length + DAY and slot - length < end)
        assert max(near, default=timedelta()) > DAY - 2 * LEAD["daily"]


def play_calmly(schedule: Schedule, count: int) -> World:
    """Something is released and approved in every period, and nothing goes wrong."""
    world = World(schedule, START)
    strike = schedule.next_strike(START + 2 * WEEK)
    for number in range(count):
        lead = LEAD[schedule.rhythm]
        world.event(strike.at - lead - HOUR / 2, "release")
        world.event(strike.at - lead + timedelta(minutes=number % 150), "approve")
        world.run_to(strike.at + timedelta(minutes=20))
        assert world.sent[strike.period][0] == strike.at
        assert strike.at == slot_of(schedule, strike.period)
        strike = schedule.next_strike(strike.at + SOON)
    return world


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("rhythm", ["weekly", "daily"])
def test_every_period_is_sent_once_at_its_moment_in_every_zone(rhythm, zone):
    """Forty years of weeks, two of days, the slots between midnight and four, where clocks change."""
    place = ZONES.index(zone)
    slot = Slot((4, 6, 0)[place % 3] if rhythm == "weekly" else None, place % 4, (place * 7) % 60)
    schedule = Schedule(rhythm, slot, ZoneInfo(zone))
    count = WEEKS if rhythm == "weekly" else DAYS
    world = play_calmly(schedule, count)
    judge(world)
    periods = calendar(schedule, min(world.sent), max(world.sent))
    missing = set(periods) - world.sent.keys()
    assert all(rhythm == "daily" and not _exists(period, zone) for period in missing)
    assert len(world.sent) == count
    assert not any(late for _, late, _ in world.sent.values())


def _exists(day: str, zone: str) -> bool:
    """Whether a day has a noon; the one that Samoa skipped in 2011 has none."""
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone))
    return noon.astimezone(UTC).astimezone(ZoneInfo(zone)).date().isoformat() == day


def plan_storm(chance: random.Random, turn: Turn, schedule: Schedule) -> list[tuple[datetime, str, object]]:
    """What happens around one turn, in the order of time."""
    slot, length = turn.slot_at, WEEK if schedule.rhythm == "weekly" else DAY
    lead, begin = LEAD[schedule.rhythm], slot - length
    events: list[tuple[datetime, str, object]] = []
    for what, odds, earliest, latest in (
        ("release", 0.5, begin, slot), ("release", 0.5, slot - lead, slot), ("release", 0.3, slot, slot + DAY),
        ("prepare", 0.1, begin, slot + lead), ("correct", 0.1, slot - lead, slot + DAY),
        ("cancel", 0.05, slot - lead, slot + DAY), ("send", 0.1, slot - lead, slot + DAY),
        ("approve", 0.7, slot - lead, slot), ("approve", 0.2, slot, slot + DAY), ("change", 0.04, begin, slot + DAY),
        ("approve an old one", 0.1, slot, slot + DAY), ("down", 0.1, begin, slot + DAY), ("step", 0.1, begin, slot + DAY),
    ):  # fmt: skip
        if chance.random() < odds:
            events.append((earliest + chance.random() * (latest - earliest), what, None))
    for at, what, _ in list(events):
        if what == "down":
            longest = chance.choice((HOUR / 60, HOUR, 5 * HOUR, DAY, 3 * DAY, 3 * WEEK))
            events.append((at + chance.random() * longest, "up", None))
    return sorted(events)


def draw_schedule(chance: random.Random, schedule: Schedule) -> Schedule:
    """What a sysadmin writes in its place."""
    slot, old = Slot(None, chance.randrange(24), chance.choice((0, 30))), schedule.slot.weekday
    if schedule.rhythm == "daily":  # without another zone: a newsroom that moves across the date line has a day less
        return replace(schedule, slot=slot)
    day, moves = chance.randrange(7), chance.random() < 0.1
    if moves and not {old, day} & {6, 0}:  # likewise, one that moves where two weeks meet may have a week less
        return Schedule("weekly", replace(slot, weekday=day), ZoneInfo(chance.choice(ZONES)))
    return Schedule("weekly", replace(slot, weekday=day), schedule.where)


def play_storm(seed: int, schedule: Schedule, count: int) -> World:
    chance = random.Random(seed)
    world = World(schedule, START + WEEK, servers=chance.choice((1, 1, 2)))
    world.look()
    for _ in range(count):
        assert world.record is not None
        turn = world.record.turn
        for at, what, _ in plan_storm(chance, turn, world.schedule):
            if at > world.now:
                world.event(
                    at, what, draw_schedule(chance, world.schedule) if what == "change" else chance.uniform(-1, 1) * SKEW
                )
        world.event(world.now + SOON, "up")
        world.run_to(max(world.now, turn.closes_at + SKEW + SOON))  # also by a clock that is slow
    world.run_to(world.now + 3 * WEEK)
    return world


@pytest.mark.parametrize("rhythm", ["weekly", "daily"])
@pytest.mark.parametrize("zone", ZONES)
def test_no_storm_makes_a_period_come_twice_early_or_get_lost(rhythm, zone):
    seed = ZONES.index(zone)
    schedule = Schedule(rhythm, Slot(seed % 7 if rhythm == "weekly" else None, seed % 24, 15 * (seed % 4)), ZoneInfo(zone))
    world = play_storm(seed, schedule, 100)
    judge(world)
    judge_gaps(world, schedule)
    assert len(world.sent) > 20, "the world has become too poor to find anything"
