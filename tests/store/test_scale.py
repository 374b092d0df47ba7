"""An edition for twenty thousand readers as they are: everyone gets what they would get alone, and had what they were sent.

`python -m bench.plan` measures the same with a million.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from bench.planning.steps import EDITION, build_edition, freeze_plan
from bench.planning.watching import waiting
from bench.sites.readership import LIST, open_place, write_readership
from digest.desk.planning import build_rule, find_candidates, plan_edition, read_log
from digest.desk.tidying import tidy_list
from digest.editions.content import VariantContent
from digest.editions.facts import build_facts
from digest.editions.interests import parse_row
from digest.editions.selection import Selection, add_to_had, select
from digest.store.dictionary import read_had
from digest.store.releases import log_end
from digest.store.settling import settle_in_steps

READERS = 20_000
LOOKED_AT = 400


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A site whose edition of the week before was sent; a few letters of it are held."""
    folder = tmp_path_factory.mktemp("scale") / "site"
    write_readership(folder, READERS)
    return folder


@pytest.fixture
def place(site):
    opened = open_place(site)
    yield opened
    opened.close()


def rows(place, statement: str, *values):
    with closing(sqlite3.connect(place.store.file)) as connection:
        return connection.execute(statement, values).fetchall()


def read_memory(place, reader: int) -> dict[str, int]:
    with place.store.reading() as connection:
        return read_had(connection, rows(place, "SELECT had_id FROM subscription WHERE id = ?", reader)[0][0])


def read_claimed(place, reader: int) -> frozenset[str]:
    query = (
        "SELECT v.content FROM delivery d JOIN variant v ON v.id = d.variant_id "
        "WHERE d.subscription_id = ? AND d.state IN ('queued', 'picked', 'inflight', 'held')"
    )
    found = rows(place, query, reader)
    return frozenset().union(*(VariantContent.parse(text).selection.items for (text,) in found))


@pytest.fixture(scope="module")
def frozen(site):
    """The edition frozen: its plan, and what each of some readers was to get, worked out for each alone beforehand."""
    place = open_place(site)
    chosen = random.Random(3).sample(range(1, READERS + 1), LOOKED_AT)
    chosen += range(200, 10_000, 200)  # they wait for an answer of staff
    with place.store.reading() as connection:
        edition, settings = build_edition(log_end(connection)), place.site.settings
        log = read_log(connection, settings)
        rule = build_rule(connection, settings, LIST, "weekly", edition.moment)
        candidates = find_candidates(connection, LIST, log, build_facts(log, edition.horizon), rule)
        preview = plan_edition(connection, edition, settings)
    query = "SELECT s.id FROM subscription s JOIN suppression x ON x.address_hash = s.address_hash"
    suppressed = {reader for (reader,) in rows(place, query)}
    alone = {}
    for reader in chosen:
        query = "SELECT i.floors, s.language FROM subscription s JOIN interest i ON i.id = s.interest_id WHERE s.id = ?"
        ((floors, language),) = rows(place, query, reader)
        had, claimed = read_memory(place, reader), read_claimed(place, reader)
        alone[reader] = (
            select(candidates, parse_row(floors), language, had, claimed) if reader not in suppressed else Selection()
        )
    plan, made = freeze_plan(place, {})
    place.close()
    return preview, plan, made, alone


def test_the_preview_counts_whom_the_freeze_writes_to(frozen, place):
    preview, plan, made, _ = frozen
    assert made == preview.reader_count == plan.reader_count > READERS / 2
    assert [(one.content, one.reader_count) for one in preview.variants] == [
        (one.content, one.reader_count) for one in plan.variants
    ]
    assert rows(place, "PRAGMA foreign_key_check(delivery)") == []
    suppressed = rows(place, "SELECT count(*) FROM suppression")[0][0]
    assert made + plan.empty_count + suppressed == READERS
    of_variant = Counter(
        dict(rows(place, "SELECT variant_id, count(*) FROM delivery WHERE edition_id = ? GROUP BY 1", EDITION))
    )
    assert sorted(of_variant.values(), reverse=True) == [one.reader_count for one in plan.variants]


def test_each_reader_gets_what_they_would_get_alone(frozen, place):
    *_, alone = frozen
    query = (
        "SELECT d.subscription_id, v.content FROM delivery d JOIN variant v ON v.id = d.variant_id WHERE d.edition_id = ?"
    )
    texts = dict(rows(place, query, EDITION))
    got = {reader: VariantContent.parse(texts[reader]).selection if reader in texts else Selection() for reader in alone}
    assert got == alone
    assert sum(map(bool, alone.values())) > LOOKED_AT / 2
    assert any(one.corrected for one in alone.values()) and any(one.withdrawn for one in alone.values())


def test_what_was_sent_is_what_readers_had_and_old_rows_are_shared_while_others_write(frozen, place):
    *_, alone = frozen
    before = {reader: read_memory(place, reader) for reader in alone}
    with closing(sqlite3.connect(place.store.file)) as connection, connection:
        connection.execute("UPDATE delivery SET state = 'sent' WHERE edition_id = ?", (EDITION,))
        connection.execute("UPDATE edition SET state = 'finished' WHERE id = ?", (EDITION,))
    with waiting(place.store.file) as waits:
        assert settle_in_steps(place.store.file) == frozen[2]
        after = {reader: read_memory(place, reader) for reader in alone}
        moved = tidy_list(place, LIST)
    assert after == {reader: add_to_had(before[reader], alone[reader]) for reader in alone}
    assert moved > 0 == tidy_list(place, LIST)
    assert len(waits.taken) > 10, "nobody else could write"

    tidied = {reader: read_memory(place, reader) for reader in alone}
    assert all(memory.items() <= after[reader].items() for reader, memory in tidied.items())
    assert all(alone[reader].items <= memory.keys() for reader, memory in tidied.items())
    with place.store.reading() as connection:
        again = plan_edition(connection, build_edition(log_end(connection)), place.site.settings)
    held = rows(place, "SELECT count(*) FROM delivery WHERE state = 'held'")[0][0]
    assert (again.reader_count, again.empty_count + rows(place, "SELECT count(*) FROM suppression")[0][0]) == (0, READERS)
    assert held > 0
