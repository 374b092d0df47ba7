"""What was promised to readers, judged by the log and by what they really got.

Nothing here uses the product's rules: entries are told from the topics that an item had event after event, versions
from the originals that authors named, and every promise is written out as a sentence that a history breaks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from bench.selection.newsroom import NEWSROOM_LANGUAGE
from digest.editions.facts import LogEvent

if TYPE_CHECKING:
    from bench.selection.editions import Delivery, World
    from bench.selection.newsroom import Item
    from bench.selection.readers import Reader

MEMORY = timedelta(days=180)


def judge_intent(world: World, delivery: Delivery) -> None:
    """Judge a copy at the moment from which it may reach the reader."""
    world.faults.update(_faults_of_intent(world, delivery))


def judge_copy(world: World, delivery: Delivery) -> None:
    """Judge the first copy of a delivery that reached the reader, against all that reached them before."""
    world.faults.update(_faults_of_copy(world, delivery))


def judge_end(world: World) -> None:
    """Judge, after last editions for everyone, what each reader should have got and did not."""
    for reader in world.readers:
        if reader.active:
            world.faults.update(_missed_items(world, reader))
            world.faults.update(_missed_notes(world, reader))


def _faults_of_intent(world: World, delivery: Delivery) -> Iterator[str]:
    reader, chosen = delivery.reader, delivery.selection
    if not reader.active or reader not in world.readers:
        yield "mailed after leaving"
    for other in _in_doubt(delivery):
        if not chosen.items.isdisjoint(other.selection.items):
            yield "sent again while a doubt is open"
    for name, included in (*chosen.new, *chosen.corrected):
        item = world.items[name]
        if item.withdrawn:
            yield "withdrawn item sent"
        if delivery.texts[name] < item.corrections_at(len(world.log)):
            yield "text known to be wrong sent"
        if included != _corrections(item, delivery.edition.horizon):
            yield "corrections miscounted"
    for name in chosen.withdrawn:
        if world.items[name].history[-1].backfill:
            yield "withdrawal told that is mailed to nobody"
    if delivery.edition.rhythm == "urgent":
        notes = [*dict(chosen.corrected), *chosen.withdrawn]
        if not all(any(event.urgent for event in world.items[name].history) for name in notes):
            yield "note at once of an item that was never urgent"
    for name, _ in chosen.new:
        yield from _faults_of_new(world, delivery, world.items[name])


def _faults_of_new(world: World, delivery: Delivery, item: Item) -> Iterator[str]:
    edition, reader = delivery.edition, delivery.reader
    if item.history[0].number > edition.horizon:
        yield "item sent that was not out when the edition was prepared"
        return
    entries = {topic: event for topic, event in _entries(item, edition.horizon).items() if topic in delivery.promise.follows}
    if not entries:
        yield "item in no topic of the reader, or mailed to nobody"
    elif not any(event.number > reader.confirmed for event in entries.values()):
        yield "item from before sign-up"
    else:
        news = [event for topic, event in entries.items() if event.number > delivery.promise.follows[topic]]
        if not news:
            yield "item from before the topic was chosen"
        elif not any(event.at >= edition.moment - world.max_age for event in news):
            yield "item too old"
    if item.name in delivery.promise.left_out:
        yield "item sent that staff left out"
    if edition.rhythm == "urgent" and not _latest(item, edition.horizon).urgent:
        yield "item at once that is not urgent"
    family = [
        other
        for other in world.items.values()
        if delivery.promise.roots.get(other.name) == delivery.promise.roots[item.name]
    ]
    if (
        _suiting(family, delivery.promise.follows, delivery.promise.language, delivery.promise.roots, edition.horizon)
        is not item
    ):
        yield "version in the wrong language"


def _faults_of_copy(world: World, delivery: Delivery) -> Iterator[str]:
    reader, chosen = delivery.reader, delivery.selection
    new = dict(chosen.new)
    sure = [] if delivery.doubts else [other for other in reader.got if not other.doubts]
    if any(name in dict(other.selection.new) for name in new for other in sure):
        yield "same item twice"
    roots = [delivery.promise.roots[name] for name in new]
    if len(set(roots)) < len(roots):
        yield "two versions of an item in one mail"
    if any(_repeats_group(world, delivery, other) for other in sure):
        yield "two versions of an item"
    possible = {name for other in reader.deliveries if other is not delivery for name in _possibly_got(other)}
    for name, included in chosen.corrected:
        if name in new:
            yield "new item with a correction"
        elif name not in possible:
            yield "correction to one who never had the item"
        if any(included <= _told(other, name) for other in sure):
            yield "same correction twice"
    for name in chosen.withdrawn:
        if name not in possible:
            yield "withdrawal told to one who never had the item"
        if any(name in other.selection.withdrawn for other in sure):
            yield "same withdrawal twice"


def _missed_items(world: World, reader: Reader) -> Iterator[str]:
    roots, end = world.roots(), len(world.log)
    for root in set(roots.values()):
        family = [item for item in world.items.values() if roots[item.name] == root]
        names = {item.name for item in family}
        item = _suiting(family, reader.follows, reader.language, roots, end)
        if item is None or (item.name, reader.place) in world.barred or any(map(names.intersection, _seen(reader))):
            continue
        young = item.history[0].at >= world.now - max(world.max_age, MEMORY)
        if young and any(
            topic in reader.follows and event.number > reader.follows[topic] and event.at >= world.now - world.max_age
            for topic, event in _entries(item, end).items()
        ):
            yield "item missed"


def _missed_notes(world: World, reader: Reader) -> Iterator[str]:
    """Corrections and withdrawals of what the reader has surely got, as far as memory must reach."""
    doubtful = {name for delivery in reader.deliveries if delivery.doubts for name in delivery.selection.items}
    for item in world.items.values():
        if item.name in doubtful or _fell_silent(world, item):
            continue
        told = [_told(delivery, item.name) for delivery in reader.got]
        if max(told, default=-1) < 0:
            continue
        if not item.withdrawn:
            if max(told) < _corrections(item, len(world.log)):
                yield "correction missed"
        elif not item.history[-1].backfill and not any(item.name in one.selection.withdrawn for one in reader.got):
            yield "withdrawal missed"


def _repeats_group(world: World, delivery: Delivery, other: Delivery) -> bool:
    """Whether two deliveries hold different versions of one item, as the later one could see."""
    roots = max(delivery, other, key=lambda one: one.promise.log_end).promise.roots
    mine = {roots[name]: name for name, _ in delivery.selection.new}
    return any(
        mine.get(roots[name], name) != name and not _fell_silent(world, world.items[name]) for name, _ in other.selection.new
    )


def _in_doubt(delivery: Delivery) -> list[Delivery]:
    """Other deliveries of the reader of which nobody can say yet whether they arrived."""
    return [
        other
        for other in delivery.reader.deliveries
        if other is not delivery and other.doubts and not other.decided and other.state != "sent"
    ]


def _possibly_got(delivery: Delivery) -> list[str]:
    return [name for name, _ in delivery.selection.new] if delivery.copies or delivery.doubts else []


def _seen(reader: Reader) -> list[set[str]]:
    """The items of each delivery that arrived, or may have."""
    return [set(one.selection.items) for one in reader.deliveries if one.copies or one.doubts]


def _told(delivery: Delivery, name: str) -> int:
    """The number of corrections of an item of which a delivery tells, -1 if it does not hold the item."""
    return (dict(delivery.selection.new) | dict(delivery.selection.corrected)).get(name, -1)


def _entries(item: Item, horizon: int) -> dict[str, LogEvent]:
    """How the item entered each topic it has at the horizon, and everything; only by events that are mailed."""
    entries: dict[str, LogEvent | None] = {}
    before: Sequence[str] = ()
    for event in item.history:
        if event.number > horizon:
            break
        mailed = None if event.backfill else event
        if event is item.history[0]:
            entries["*"] = mailed
        for topic in event.topics:
            if topic not in before:
                entries[topic] = mailed
        before = event.topics
    return {topic: event for topic, event in entries.items() if event and (topic == "*" or topic in before)}


def _latest(item: Item, horizon: int) -> LogEvent:
    return [event for event in item.history if event.number <= horizon][-1]


def _corrections(item: Item, horizon: int) -> int:
    """How many corrections readers are told of, at the horizon."""
    return sum(event.type == "corrected" and not event.backfill for event in item.history if event.number <= horizon)


def _suiting(
    family: Sequence[Item], follows: Mapping[str, int], language: str, roots: Mapping[str, str], horizon: int
) -> Item | None:
    """The version of an item that a reader is to get: the first to be had of their language, ours, the original's."""
    out = [item for item in family if item.history[0].number <= horizon]
    live = [item for item in out if _latest(item, horizon).type != "withdrawn"]
    fitting = [item for item in live if any(topic in follows for topic in _entries(item, horizon))]
    fitting.sort(key=lambda item: item.history[0].number)
    for wanted in (language, NEWSROOM_LANGUAGE):
        for item in fitting:
            if item.language == wanted:
                return item
    return next((item for item in fitting if roots[item.name] == item.name), None)


def _fell_silent(world: World, item: Item) -> bool:
    """Whether so long a time passed without an event of the item that nobody need remember who had it."""
    moments = [event.at for event in item.history] + [world.now]
    reach = max(world.max_age, MEMORY)
    return any(later - earlier > reach for earlier, later in pairwise(moments))
