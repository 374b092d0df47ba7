"""Who gets what, worked out for groups of readers in SQL, is what each reader would get if they were the only one."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select as choose
from sqlalchemy import text, update

from digest.editions.content import CarriedItem, VariantContent
from digest.editions.edition import Edition
from digest.editions.facts import LogEvent, build_facts, build_roots, topics_entered
from digest.editions.interests import parse_row
from digest.editions.selection import WITHDRAWAL_TOLD, Rule, Selection, add_to_had, build_candidates, select
from digest.errors import StoreError
from digest.store.database import open_store
from digest.store.dictionary import keep_had, keep_interest
from digest.store.editions import insert_edition
from digest.store.planning import FrozenVariant, freeze, read_groups, settle
from digest.store.schema import delivery, had, subscription, suppression, variant
from digest.store.tidying import age_interests, find_age, prune_memories, settled_position_of

NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
OPEN = ("queued", "picked", "inflight", "held")
OVER = ("failed", "cancelled", "suppressed")
EVERYTHING = {"*": 0}
NOTHING = Selection()


def build(
    *new: str, corrected: tuple[tuple[str, int], ...] = (), withdrawn: tuple[str, ...] = (), **more: str
) -> VariantContent:
    """What a variant carries."""
    items = tuple(CarriedItem(item, 0, "ukraine") for item in new)
    return VariantContent(more.get("language", "en"), "full", items, corrected, withdrawn)  # type: ignore[arg-type]


@dataclass
class Readership:
    """A database with readers and editions made by hand."""

    var: Path
    numbers: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.store = open_store(self.var)

    def reader(self, interest=None, sent=None, **changes) -> int:
        """A reader of supporters; the number of the row."""
        self.numbers["reader"] += 1
        name = f"reader {self.numbers['reader']}".encode()
        with self.store.writing() as connection:
            row = {
                "list_id": "supporters", "sealed": name, "address_hash": name, "domain_key": b"example.org",
                "state": "active", "interest_id": keep_interest(connection, interest or EVERYTHING),
                "had_id": keep_had(connection, sent or {}), "rhythm": "weekly", "language": "en", "form": "full",
                "created_at": 0,
            }  # fmt: skip
            return connection.execute(subscription.insert().values(**row | changes)).inserted_primary_key[0]

    def edition(self, name="2022-w09-supporters", **changes) -> Edition:
        """An edition as it is stored."""
        given = {
            "id": name, "list_id": "supporters", "rhythm": "weekly", "period": name, "moment": NOW, "horizon": 9,
            "changed_by": "Ada", "changed_what": "prepared", "changed_at": NOW,
        }  # fmt: skip
        edition = Edition(**given | changes)
        with self.store.writing() as connection:
            insert_edition(connection, edition)
        return edition

    def deliver(self, edition: Edition, content: VariantContent, reader: int | None, state="queued", **changes) -> int:
        """A delivery of that content."""
        with self.store.writing() as connection:
            same = (variant.c.edition_id == edition.id, variant.c.hash == content.hash)
            number = connection.execute(choose(variant.c.id).where(*same)).scalar()
            if number is None:
                row = {
                    "edition_id": edition.id, "hash": content.hash, "content": content.text,
                    "language": "en", "form": "full", "message_hash": "m",
                }  # fmt: skip
                number = connection.execute(variant.insert().values(**row)).inserted_primary_key[0]
            row = {
                "subject": "edition", "edition_id": edition.id, "variant_id": number, "subscription_id": reader, "epoch": 1,
                "domain_key": b"example.org", "state": state, "next_at": 0, "created_at": 0,
            }  # fmt: skip
            return connection.execute(delivery.insert().values(**row | changes)).inserted_primary_key[0]

    def groups(self, edition: Edition, urgent=False):
        """The edition's audience."""
        with self.store.reading() as connection:
            return read_groups(connection, edition, urgent)

    def audience(self, edition: Edition, urgent=False) -> int:
        """How many readers it has."""
        return sum(group.reader_count for group in self.groups(edition, urgent))

    def settle(self) -> int:
        """Write what was sent into what readers had."""
        with self.store.writing() as connection:
            return settle(connection)

    def sent_to(self, reader: int) -> dict[str, int]:
        """What a reader had."""
        with self.store.reading() as connection:
            query = choose(had.c.sent).join(subscription, subscription.c.had_id == had.c.id)
            return parse_row(connection.execute(query.where(subscription.c.id == reader)).scalar_one())

    def change(self, reader: int, **values) -> None:
        """Change a reader's row."""
        with self.store.writing() as connection:
            connection.execute(update(subscription).where(subscription.c.id == reader).values(**values))

    def freeze(self, edition: Edition, content: VariantContent, urgent=False) -> int:
        """Make deliveries of one content for the whole audience."""
        with self.store.writing() as connection:
            groups = read_groups(connection, edition, urgent)
            return freeze(connection, edition, [FrozenVariant(content, "m", groups)], urgent, 1, NOW)

    def rows(self, statement: str):
        """Rows of a query."""
        with self.store.reading() as connection:
            return connection.execute(text(statement)).all()


@pytest.fixture
def readership(tmp_path: Path, worlds):
    worlds.World(tmp_path / "var")
    opened = Readership(tmp_path / "var")
    yield opened
    opened.store.close()


# Groups.


def test_readers_alike_in_all_that_decides_a_content_form_one_group(readership):
    for _ in range(3):
        readership.reader({"ukraine": 3}, {"a": 1})
    readership.reader({"ukraine": 4}, {"a": 1})
    readership.reader({"ukraine": 3}, {"a": 2})
    readership.reader({"ukraine": 3}, {"a": 1}, language="uk")
    readership.reader({"ukraine": 3}, {"a": 1}, form="discreet")
    groups = readership.groups(readership.edition())

    assert sorted(group.reader_count for group in groups) == [1, 1, 1, 1, 3]
    (large,) = [group for group in groups if group.reader_count == 3]
    assert (large.interest, large.had, large.claimed) == ({"ukraine": 3}, {"a": 1}, frozenset())
    assert (large.language, large.form) == ("en", "full")


@pytest.mark.parametrize("state", OPEN)
def test_an_open_delivery_claims_its_items_and_parts_the_group(readership, state):
    one = readership.reader()
    readership.reader()
    other = readership.edition("extra", extra=True)
    readership.deliver(other, build("a", corrected=(("b", 2),), withdrawn=("c",)), one, state)
    claimed = {group.claimed: group.had for group in readership.groups(readership.edition())}
    assert claimed == {frozenset(): {}, frozenset("abc"): {}}


def test_what_was_sent_counts_before_it_is_settled(readership):
    one = readership.reader(sent={"b": 1})
    readership.deliver(readership.edition("first"), build("a", corrected=(("b", 2),), withdrawn=("c",)), one, "sent")
    (group,) = readership.groups(readership.edition())
    assert (group.had, group.claimed) == ({"a": 0, "b": 2, "c": WITHDRAWAL_TOLD}, frozenset())


@pytest.mark.parametrize("state", OVER)
def test_what_reached_nobody_counts_for_nothing(readership, state):
    readership.deliver(readership.edition("first"), build("a"), readership.reader(), state)
    (group,) = readership.groups(readership.edition())
    assert (group.had, group.claimed) == ({}, frozenset())


def test_deliveries_of_an_earlier_epoch_neither_claim_nor_count(readership):
    one = readership.reader(epoch=2)
    first = readership.edition("first")
    readership.deliver(first, build("a"), one, "queued", epoch=1)
    readership.deliver(readership.edition("second"), build("b"), one, "sent", epoch=1)
    (group,) = readership.groups(readership.edition())
    assert (group.had, group.claimed) == ({}, frozenset())


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
    readership.reader()
    readership.reader()
    with readership.store.writing() as connection:
        connection.execute(suppression.insert().values(address_hash=b"reader 1", reason="complaint", at=0))
    (group,) = readership.groups(readership.edition())
    assert group.reader_count == 1


def test_urgent_items_go_to_those_who_chose_them_beside_their_rhythm(readership):
    readership.reader(urgent=1)
    readership.reader()
    readership.reader(rhythm="at-once")
    edition = readership.edition("2022-02-28-supporters-at-once-1", rhythm="at-once", period="2022-02-28-1")
    assert readership.audience(edition, urgent=True) == 2
    assert readership.audience(edition, urgent=False) == 1
    assert readership.audience(readership.edition(), urgent=True) == 2, "the choice does not matter for other rhythms"


def test_a_part_is_for_those_whose_every_copy_of_the_period_was_cancelled(readership):
    names = ("cancelled", "sent", "never had one", "held", "cancelled twice", "sent at last", "left and came back")
    readers = {name: readership.reader({"ukraine": number}) for number, name in enumerate(names)}
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
    floors = {group.interest["ukraine"] for group in readership.groups(part)}
    assert {names[floor] for floor in floors} == {"cancelled", "cancelled twice"}


# Freezing.


def test_a_freeze_makes_one_delivery_for_each_reader_of_its_groups(readership):
    readers = [readership.reader(language=language) for language in ("en", "uk", "en", "uk", "en")]
    readership.reader(list_id="press")
    edition = readership.edition()
    with readership.store.writing() as connection:
        groups = {group.language: group for group in read_groups(connection, edition, False)}
        variants = [FrozenVariant(build("a"), "m1", [groups["en"]])]
        assert freeze(connection, edition, variants, False, 0, NOW) == 3
    rows = readership.rows("SELECT subscription_id, state, lane, epoch, next_at, subject, settled FROM delivery")

    assert [row.subscription_id for row in rows] == [readers[0], readers[2], readers[4]]
    assert {tuple(row)[1:] for row in rows} == {("queued", 0, 1, int(NOW.timestamp()), "edition", 0)}
    assert [(row.content, row.message_hash) for row in readership.rows("SELECT * FROM variant")] == [(build("a").text, "m1")]


def test_groups_that_share_a_content_share_its_variant(readership):
    for language, sent in (("en", {}), ("en", {"x": 1}), ("uk", {})):
        readership.reader(sent=sent, language=language)
    assert readership.freeze(readership.edition(), build("a")) == 3
    assert len(readership.rows("SELECT * FROM variant")) == 1


def test_a_freeze_takes_claims_of_other_editions_for_what_they_are(readership):
    one, other = readership.reader(), readership.reader()
    readership.deliver(readership.edition("first"), build("a"), one)
    readership.deliver(readership.edition("second"), build("b"), one)
    edition = readership.edition()
    with readership.store.writing() as connection:
        groups = [group for group in read_groups(connection, edition, False) if group.claimed]
        assert freeze(connection, edition, [FrozenVariant(build("c"), "m", groups)], False, 1, NOW) == 1
    assert [row.subscription_id for row in readership.rows(f"SELECT * FROM delivery WHERE edition_id = '{edition.id}'")] == [
        one
    ]
    assert other != one


def test_nobody_can_get_two_deliveries_of_an_edition(readership):
    readership.reader()
    edition = readership.edition()
    readership.freeze(edition, build("a"))
    readership.rows("SELECT 1")
    with pytest.raises(StoreError, match="UNIQUE"):
        readership.freeze(edition, build("a"))
    with pytest.raises(StoreError, match="UNIQUE"):
        readership.freeze(edition, build("b"))
    assert len(readership.rows("SELECT * FROM delivery")) == 1


def test_nothing_to_carry_makes_no_delivery(readership):
    readership.reader()
    edition = readership.edition()
    with readership.store.writing() as connection:
        assert freeze(connection, edition, [], False, 1, NOW) == 0


# Settling.


def test_only_what_was_sent_is_settled_into_what_readers_had(readership):
    edition = readership.edition()
    states = ("sent", *OPEN, *OVER)
    readers = {state: readership.reader(sent={"x": 1}) for state in states}
    for state, reader in readers.items():
        readership.deliver(edition, build("a", corrected=(("x", 2),)), reader, state)

    assert readership.settle() == 4
    assert {state: readership.sent_to(reader) for state, reader in readers.items()} == {
        "sent": {"a": 0, "x": 2},
        **{state: {"x": 1} for state in states[1:]},
    }
    assert {row.state for row in readership.rows("SELECT state FROM delivery WHERE settled = 1")} == {"sent", *OVER}


def test_settling_may_be_repeated_and_changes_nothing_more(readership):
    one = readership.reader()
    readership.deliver(readership.edition(), build("a"), one, "sent")
    before = readership.groups(readership.edition("next"))
    assert (readership.settle(), readership.settle()) == (1, 0)
    after = readership.groups(readership.edition("again"))

    assert readership.sent_to(one) == {"a": 0}
    assert [(group.had, group.claimed) for group in before] == [(group.had, group.claimed) for group in after]


def test_each_pair_of_memory_and_variant_is_settled_for_itself(readership):
    edition = readership.edition()
    pairs = [(sent, content) for sent in ({}, {"x": 1}, {"y": 0}) for content in (build("a"), build("a", "b"))]
    readers = [(readership.reader(sent=sent), sent, content) for sent, content in pairs for _ in range(2)]
    for reader, _, content in readers:
        readership.deliver(edition, content, reader, "sent")
    untouched = readership.reader(sent={"x": 1})
    readership.settle()

    for reader, sent, content in readers:
        assert readership.sent_to(reader) == add_to_had(sent, content.selection)
    assert readership.sent_to(untouched) == {"x": 1}


def test_several_editions_are_settled_one_after_the_other(readership):
    one = readership.reader()
    for number, content in enumerate((build("a"), build("b"), build(withdrawn=("a",)), build(corrected=(("b", 3),)))):
        readership.deliver(readership.edition(f"edition {number}"), content, one, "sent")
    readership.settle()
    assert readership.sent_to(one) == {"a": WITHDRAWAL_TOLD, "b": 3}


def test_what_was_sent_before_a_reader_left_is_not_what_they_had_when_they_return(readership):
    one = readership.reader(epoch=2)
    readership.deliver(readership.edition(), build("a"), one, "sent", epoch=1)
    assert readership.settle() == 1
    assert readership.sent_to(one) == {}


def test_letters_without_an_edition_or_a_reader_are_settled_too(readership):
    edition = readership.edition()
    readership.deliver(edition, build("a"), None, "sent")
    readership.deliver(edition, build("a"), readership.reader(), "sent", edition_id=None, variant_id=None)
    assert readership.settle() == 2
    assert readership.settle() == 0


# Growing old.


def test_old_floors_become_nought_so_that_readers_share_an_interest(readership):
    one, other, young = (readership.reader({"ukraine": floor, "russia": 9}) for floor in (3, 5, 6))
    press = readership.reader({"ukraine": 3}, list_id="press")
    with readership.store.writing() as connection:
        assert age_interests(connection, "supporters", 5) == 2
        assert settled_position_of(connection, "supporters") == 5
        assert settled_position_of(connection, "press") == 0
    rows = {
        row.id: parse_row(row.floors)
        for row in readership.rows("SELECT s.id, floors FROM subscription s, interest i ON i.id = interest_id")
    }

    assert rows == {
        one: {"russia": 9, "ukraine": 0},
        other: {"russia": 9, "ukraine": 0},
        young: {"russia": 9, "ukraine": 6},
        press: {"ukraine": 3},
    }
    with readership.store.writing() as connection:
        assert age_interests(connection, "supporters", 4) == 0
        assert settled_position_of(connection, "supporters") == 5, "it never goes back"


def test_what_nobody_asks_for_any_more_is_forgotten(readership):
    one, other = readership.reader(sent={"a": 0, "b": 1}), readership.reader(sent={"b": 1})
    press = readership.reader(sent={"a": 0}, list_id="press")
    with readership.store.writing() as connection:
        assert prune_memories(connection, "supporters", {"a"}) == 1
        assert prune_memories(connection, "supporters", {"a"}) == 0
    assert [readership.sent_to(reader) for reader in (one, other, press)] == [{"b": 1}, {"b": 1}, {"a": 0}]


def test_ages_are_counted_to_the_newest_frozen_edition_unless_one_waits_that_looks_back_further(readership):
    def age():
        with readership.store.reading() as connection:
            return find_age(connection, "supporters")

    day = timedelta(days=1)
    assert age() is None
    readership.edition("waiting", moment=NOW + day)
    assert age() is None
    readership.edition("sent", moment=NOW, state="finished", frozen_hash="h")
    readership.edition("sent before", moment=NOW - 7 * day, state="finished", frozen_hash="h")
    readership.edition("press", list_id="press", moment=NOW + day, state="finished", frozen_hash="h")
    assert age() == NOW
    readership.edition("late", moment=NOW - 3 * day, state="approved")
    assert age() == NOW - 3 * day


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


def random_log(chance: random.Random) -> list[LogEvent]:
    log: list[LogEvent] = []
    for number in range(1, 25):
        item = f"item {chance.randrange(8)}"
        last = next((event for event in reversed(log) if event.item == item), None)
        topics = tuple(chance.sample(("ukraine", "russia", "belarus"), chance.randint(1, 2)))
        kind = "released" if last is None else chance.choice(("refiled", "corrected", "corrected", "withdrawn"))
        if last and last.type == "withdrawn":
            kind, topics = "withdrawn", last.topics
        entered = topics_entered(last.topics if last else (), topics, first=last is None)
        at = NOW - timedelta(days=25 - number)
        language = last.language if last else chance.choice(("en", "uk"))
        log.append(LogEvent(number, kind, item, item, language, topics, entered, at, urgent=False, backfill=False))
    return log


@pytest.mark.parametrize("seed", range(12))
def test_each_reader_gets_what_they_would_get_alone(readership, seed):
    """Five editions over a random log, with random outcomes and settling in between, for forty readers."""
    chance = random.Random(seed)
    log = random_log(chance)
    people: dict[int, Person] = {}
    for _ in range(40):
        topics = chance.sample(("*", "ukraine", "russia"), chance.randint(1, 2))
        interest = {topic: chance.choice((0, 0, 4)) for topic in topics}
        language, sent = chance.choice(("en", "uk")), chance.choice(({}, {}, {"item 1": 0}))
        people[readership.reader(interest, sent, language=language)] = Person(interest, language, dict(sent))

    for number, horizon in enumerate((5, 10, 15, 20, 24)):
        edition = readership.edition(f"edition {number}", horizon=horizon, period=f"2022-w0{number + 1}")
        rule = Rule(edition.moment, timedelta(days=35), frozenset(), frozenset(), False, "en")
        candidates = build_candidates(build_facts(log, horizon), build_roots(log), rule)
        with readership.store.writing() as connection:
            planned: dict[VariantContent, FrozenVariant] = {}
            for group in read_groups(connection, edition, False):
                selection = select(candidates, group.interest, group.language, group.had, group.claimed)
                if selection:
                    carried = tuple(CarriedItem(item, count, "") for item, count in selection.new)
                    content = VariantContent(group.language, "full", carried, selection.corrected, selection.withdrawn)
                    known = planned.get(content, FrozenVariant(content, "m", []))
                    planned[content] = replace(known, groups=[*known.groups, group])
            freeze(connection, edition, planned.values(), False, 1, NOW)

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
                    with readership.store.writing() as connection:
                        key = (
                            delivery.c.subscription_id == reader,
                            delivery.c.state.in_(OPEN),
                            variant.c.content == content.text,
                        )
                        chosen = (
                            choose(delivery.c.id).join(variant, variant.c.id == delivery.c.variant_id).where(*key).limit(1)
                        )
                        connection.execute(
                            update(delivery).where(delivery.c.id == chosen.scalar_subquery()).values(state=state)
                        )
        if chance.random() < 0.7:
            readership.settle()
            assert all(readership.sent_to(reader) == person.had() for reader, person in people.items())
