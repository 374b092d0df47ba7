"""Who gets what, worked out for groups of readers in SQL, is what each reader would get if they were the only one."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy import select as choose
from sqlalchemy import update

from digest.editions.content import CarriedItem, VariantContent
from digest.editions.selection import Selection, add_to_had, select
from digest.errors import StoreError
from digest.store import planning
from digest.store.schema import delivery, suppression, variant

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
OPEN = ("queued", "picked", "inflight", "held")
OVER = ("failed", "cancelled", "suppressed")
NOTHING = Selection()


def build(*new: str, **more) -> VariantContent:
    """What a variant carries."""
    return VariantContent(
        "en", "full", tuple(CarriedItem(item, 0, "") for item in new), more.get("corrected", ()), more.get("withdrawn", ())
    )


def items(carried: dict[int, Selection]) -> dict[int, set[str]]:
    """The items that each reader gets."""
    return {reader: set(selection.items) for reader, selection in carried.items()}


# Groups.


def test_readers_to_whom_an_edition_makes_no_difference_form_one_group(readership):
    readership.release("old", "a", "b")
    for floor, sent in ((0, {"old": 0}), (1, {"old": 0}), (0, {"old": 0, "long ago": 3})):
        readership.reader({"ukraine": floor}, sent)
    readership.reader({"ukraine": 2}, {"old": 0})
    readership.reader({"ukraine": 0}, {"old": 0, "a": 0})
    readership.reader({"ukraine": 0}, {"old": 0}, language="uk")
    readership.reader({"ukraine": 0}, {"old": 0}, form="discreet")
    assert readership.group_sizes(readership.edition()) == [3, 2, 1, 1]


@pytest.mark.parametrize("state", OPEN)
def test_an_open_delivery_claims_its_items(readership, state):
    readership.release("a", "b", "c", "d")
    readership.log("corrected", "b")
    readership.log("withdrawn", "c")
    one, other = readership.reader(sent={"b": 0, "c": 0}), readership.reader(sent={"b": 0, "c": 0})
    extra = readership.edition("extra", extra=True)
    readership.deliver(extra, build("a", corrected=(("b", 1),), withdrawn=("c",)), one, state)
    assert items(readership.carried(readership.edition())) == {one: {"d"}, other: {"a", "b", "c", "d"}}


def test_what_was_sent_counts_before_it_is_settled(readership):
    readership.release("a", "b", "c", "d")
    readership.log("corrected", "a")
    readership.log("corrected", "b")
    readership.log("withdrawn", "c")
    one = readership.reader(sent={"b": 0})
    first = build("a", corrected=(("b", 1),), withdrawn=("c",))
    readership.deliver(readership.edition("first"), first, one, "sent")
    assert readership.carried(readership.edition()) == {one: Selection(new=(("d", 0),), corrected=(("a", 1),))}


@pytest.mark.parametrize("state", OVER)
def test_what_reached_nobody_counts_for_nothing(readership, state):
    readership.release("a")
    one = readership.reader()
    readership.deliver(readership.edition("first"), build("a"), one, state)
    assert items(readership.carried(readership.edition())) == {one: {"a"}}


def test_deliveries_of_an_earlier_epoch_neither_claim_nor_count(readership):
    readership.release("a", "b")
    one = readership.reader(epoch=2)
    readership.deliver(readership.edition("first"), build("a"), one, "queued", epoch=1)
    readership.deliver(readership.edition("second"), build("b"), one, "sent", epoch=1)
    assert items(readership.carried(readership.edition())) == {one: {"a", "b"}}


# The audience.


def test_the_audience_are_active_readers_of_the_list_and_rhythm(readership):
    readership.reader()
    readership.reader(list_id="press")
    readership.reader(rhythm="daily")
    readership.reader(state="left")
    readership.reader(state="pending")
    assert readership.audience(readership.edition()) == 1


def test_a_pause_ends_at_its_moment(readership):
    now = int(NOW.timestamp())
    readership.reader(paused_until=now + 1)
    readership.reader(paused_until=now)
    assert readership.audience(readership.edition()) == 1


def test_a_suppressed_address_is_in_no_audience_of_any_list(readership):
    readership.release("a")
    readership.reader()
    other = readership.reader()
    with readership.store.writing() as connection:
        connection.execute(suppression.insert().values(address_hash=b"reader 1", reason="complaint", at=0))
    edition = readership.edition()
    assert readership.audience(edition) == 1
    assert readership.carried(edition).keys() == {other}


def test_a_suppressed_address_with_an_open_letter_is_in_no_audience_either(readership):
    readership.release("a", "b")
    one = readership.reader()
    readership.deliver(readership.edition("first"), build("a"), one)
    with readership.store.writing() as connection:
        connection.execute(suppression.insert().values(address_hash=b"reader 1", reason="complaint", at=0))
    edition = readership.edition()
    assert readership.audience(edition) == 0
    assert readership.carried(edition) == {}


def test_urgent_items_go_to_those_who_chose_them_beside_their_rhythm(readership):
    readership.reader(urgent=1)
    readership.reader()
    readership.reader(rhythm="at-once")
    edition = readership.edition("2022-02-28-supporters-at-once-1", rhythm="at-once", period="2022-02-28-1")
    assert readership.audience(edition, urgent=True) == 2
    assert readership.audience(edition, urgent=False) == 1
    assert readership.audience(readership.edition(), urgent=True) == 2, "the choice does not matter for other rhythms"


def test_a_part_is_for_those_whose_every_copy_of_the_period_was_cancelled(readership):
    readership.release("a", "b")
    names = ("cancelled", "sent", "never had one", "held", "cancelled twice", "sent at last", "left and came back")
    readers = {name: readership.reader() for name in names}
    first, second = (readership.edition(f"part {part}", period="2022-w09", part=part) for part in (1, 2))
    for name, state in zip(names, ("cancelled", "sent", "", "held", "cancelled", "cancelled", "cancelled"), strict=True):
        if state:
            readership.deliver(first, build("a"), readers[name], state)
    readership.deliver(second, build("a"), readers["cancelled twice"], "cancelled")
    readership.deliver(second, build("a"), readers["sent at last"], "sent")
    readership.change(readers["left and came back"], epoch=2)
    elsewhere = readership.edition("elsewhere", period="2022-w08")
    readership.deliver(elsewhere, build("b"), readers["never had one"], "cancelled")

    part = readership.edition("part 3", period="2022-w09", part=3)
    assert readership.carried(part).keys() == {readers["cancelled"], readers["cancelled twice"]}


# Freezing.


def test_a_freeze_makes_one_delivery_for_each_reader_who_gets_something(readership):
    readership.release("a")
    readers = [readership.reader({"russia" if number % 2 else "ukraine": 0}) for number in range(5)]
    readership.reader(list_id="press")
    assert readership.freeze(readership.edition(), lane=0) == 3
    rows = readership.rows("SELECT subscription_id, state, lane, epoch, next_at, subject, settled FROM delivery")

    assert [row.subscription_id for row in rows] == [readers[0], readers[2], readers[4]]
    assert {tuple(row)[1:] for row in rows} == {("queued", 0, 1, int(NOW.timestamp()), "edition", 0)}
    content = VariantContent("en", "full", (CarriedItem("a", 0, "ukraine"),), (), ())
    assert [(row.content, row.message_hash) for row in readership.rows("SELECT * FROM variant")] == [(content.text, "m")]


def test_groups_that_share_a_content_share_its_variant(readership):
    readership.release("a", "b")
    readership.reader({"ukraine": 0}, {"a": 0})
    readership.reader({"ukraine": 1})
    one = readership.reader()
    readership.deliver(readership.edition("first"), build("a"), one)
    assert readership.freeze(readership.edition()) == 3
    rows = readership.rows("SELECT variant_id FROM delivery WHERE edition_id <> 'first'")
    assert len({row.variant_id for row in rows}) == 1


def test_a_freeze_takes_claims_of_several_editions_together(readership):
    readership.release("a", "b", "c")
    one, other, third = readership.reader(), readership.reader(), readership.reader()
    first, second = readership.edition("first"), readership.edition("second")
    readership.deliver(first, build("a"), one)
    readership.deliver(second, build("b"), one, "sent")
    readership.deliver(second, build("b"), third)
    carried = readership.carried(readership.edition())
    assert items(carried) == {one: {"c"}, other: {"a", "b", "c"}, third: {"a", "c"}}


def test_nobody_can_get_two_deliveries_of_an_edition(readership):
    readership.release("a", "b")
    readership.reader()
    edition = readership.edition()
    readership.freeze(edition)
    with readership.store.writing() as connection:
        connection.execute(update(delivery).values(state="cancelled"))
    with pytest.raises(StoreError, match="UNIQUE"):
        readership.freeze(edition)
    assert len(readership.rows("SELECT * FROM delivery")) == 1


def test_nothing_to_carry_makes_no_delivery(readership):
    readership.reader()
    assert readership.freeze(readership.edition()) == 0


# Against one reader at a time.


@dataclass
class Person:
    """A reader as the naive way knows them: on their own, with all that was ever delivered to them."""

    interest: dict[str, int]
    language: str
    sent: dict[str, int]
    deliveries: list[tuple[str, VariantContent]] = field(default_factory=list)

    def had(self) -> dict[str, int]:
        known = dict(self.sent)
        for state, content in self.deliveries:
            if state == "sent":
                known = add_to_had(known, content.selection)
        return known

    def claimed(self) -> frozenset[str]:
        return frozenset().union(*(content.selection.items for state, content in self.deliveries if state in OPEN))


def write_log(readership, chance: random.Random, end: int) -> None:
    """Random events up to a number."""
    while len(readership.events) < end:
        item = f"item {chance.randrange(8)}"
        last = next((event for event in reversed(readership.events) if event.item == item), None)
        topics = tuple(chance.sample(("ukraine", "russia", "belarus"), chance.randint(1, 2)))
        kind = "released" if last is None else chance.choice(("refiled", "corrected", "corrected", "withdrawn"))
        if last and last.type == "withdrawn":
            kind, topics = "withdrawn", last.topics
        root = last.root if last else chance.choice((item, item, "item 0"))
        readership.log(kind, item, topics, last.language if last else chance.choice(("en", "uk")), root)


@pytest.mark.parametrize("seed", range(12))
def test_each_reader_gets_what_they_would_get_alone(readership, seed, monkeypatch):
    """Five editions over a random log, with random outcomes and settling in between, for forty readers."""
    if seed % 2:
        monkeypatch.setattr(planning, "_FEW", 0)  # as on a large list
    chance = random.Random(seed)
    people: dict[int, Person] = {}
    for _ in range(40):
        topics = chance.sample(("*", "ukraine", "russia"), chance.randint(1, 2))
        interest = {topic: chance.choice((0, 0, 4)) for topic in topics}
        language, sent = chance.choice(("en", "uk")), chance.choice(({}, {}, {"item 1": 0}))
        people[readership.reader(interest, sent, language=language)] = Person(interest, language, dict(sent))

    for number, horizon in enumerate((5, 10, 15, 20, 24)):
        write_log(readership, chance, horizon)
        edition = readership.edition(f"edition {number}", period=f"2022-w0{number + 1}")
        candidates = readership.candidates(edition)
        readership.freeze(edition)
        query = "SELECT d.edition_id, subscription_id, content FROM delivery d JOIN variant v ON v.id = variant_id"
        rows = [row for row in readership.rows(query) if row.edition_id == edition.id]
        made = {row.subscription_id: VariantContent.parse(row.content) for row in rows}
        assert len(made) == len(rows)
        for reader, person in people.items():
            alone = select(candidates, person.interest, person.language, person.had(), person.claimed())
            assert (made[reader].selection if reader in made else NOTHING) == alone
            if reader in made:
                person.deliveries.append(("queued", made[reader]))
        for reader, person in people.items():
            for place, (state, content) in enumerate(person.deliveries):
                if state in OPEN and chance.random() < 0.7:
                    state = chance.choice(("sent", "sent", "sent", "held", "failed", "cancelled"))
                    person.deliveries[place] = (state, content)
                    end_delivery(readership, reader, content, state)
        if chance.random() < 0.7:
            readership.settle()
            assert all(readership.sent_to(reader) == person.had() for reader, person in people.items())


def end_delivery(readership, reader: int, content: VariantContent, state: str) -> None:
    """Say how a reader's open delivery of that content ended."""
    of_reader = (delivery.c.subscription_id == reader, delivery.c.state.in_(OPEN), variant.c.content == content.text)
    chosen = choose(delivery.c.id).join(variant, variant.c.id == delivery.c.variant_id).where(*of_reader).limit(1)
    with readership.store.writing() as connection:
        connection.execute(update(delivery).where(delivery.c.id == chosen.scalar_subquery()).values(state=state))
