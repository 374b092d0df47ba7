"""Readers at the desk: import, list, remove, export. Addresses go in and out; nothing of them reaches journal or log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice

from sqlalchemy import Connection

from digest.desk.planning import build_rule, find_candidates, is_urgent_only, read_log
from digest.desk.workplace import Workplace
from digest.editions.facts import build_facts
from digest.editions.interests import build_interest
from digest.editions.moves import follow_moves
from digest.editions.selection import select
from digest.errors import Problem, SubscriberError, UsageError
from digest.settings import ReaderList, Settings
from digest.store.dictionary import keep_had, keep_interest
from digest.store.editions import last_frozen
from digest.store.journal import write_journal
from digest.store.readers import (
    NewReader,
    add_readers,
    count_readers,
    find_readers,
    leave,
    read_readers,
    read_suppressed,
)
from digest.store.releases import log_end, log_position, read_newsroom
from digest.store.topic_moves import read_moves
from digest.subscribers.addresses import parse_address, redact
from digest.subscribers.readers_file import Choices, ReaderRow, RowProblem, decode_lines, read_rows, render_export
from digest.subscribers.sealing import Sealer
from digest.subscribers.subscriptions import Consent, ImportVerdict, Subscription, import_floor, judge_import

__all__ = [
    "ImportReport",
    "ReaderLine",
    "count",
    "export_readers",
    "import_readers",
    "list_readers",
    "pick_list",
    "remove_reader",
]

_LOT = 500


@dataclass
class ImportReport:
    """What an import did, or would do: every row is counted once."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    carries: tuple[str, ...] = ()
    """Titles of the items that the next edition would carry to at least one of the readers added."""

    @property
    def row_count(self) -> int:
        """How many rows the file has."""
        return sum(self.counts.values())


def pick_list(settings: Settings, name: str) -> ReaderList:
    """The list of that id.

    Raises:
        UsageError: newsroom.toml has no such list.
    """
    if name not in settings.lists:
        known = ", ".join(settings.lists) or "none yet; add a table [lists.NAME]"
        raise UsageError(f"list {name}", "newsroom.toml has no such list", f"Its lists are: {known}.")
    return settings.lists[name]


def import_readers(
    place: Workplace,
    list_id: str,
    data: bytes,
    name: str,
    *,
    evidence: str,
    since: date | None = None,
    dry_run: bool = False,
    actor: str = "",
    progress: Callable[[int], None] = lambda _done: None,
) -> ImportReport:
    """Bring readers in who have confirmed elsewhere.

    Args:
        data: the bytes of the CSV file, `name` its name for messages.
        evidence: how it is known that they agreed; kept with each subscription, but for addresses in it.
        since: the day of the last newsletter they got from elsewhere: what came later is carried to them.
        progress: called with the number of rows done so far.

    Raises:
        UsageError: there is no such list.
        SubscriberError: no evidence is given.
        ContentError: the file has no usable header or is not UTF-8; nothing was imported.
    """
    settings = place.site.settings
    chosen = pick_list(settings, list_id)
    if not evidence.strip():
        raise SubscriberError(
            f"list {list_id}", "no evidence of consent is given", 'Say how they agreed: --evidence "paper forms, May fair"'
        )
    choices = _build_choices(settings, chosen, place.now.astimezone(settings.zone).date())
    rows = read_rows(decode_lines(data, name), choices, name=name)
    report = ImportReport()
    first = next(rows, None)  # a header at fault ends the import before anything is written
    sealer = place.sealer  # opened before the transaction, for the first use writes too
    words = redact(evidence.strip())  # an address in it would lie unsealed beside the sealed ones
    with place.store.writing() as connection:
        run = _Import(place, connection, sealer, list_id, words, since, dry_run)
        for lot in _lots(first, rows):
            run.take(lot, report)
            progress(report.row_count)
        report.carries = run.carried_titles()
        if not dry_run:
            detail = {**report.counts, "list": list_id, "evidence": words, "since": str(since or "")}
            write_journal(connection, place.now, actor, "readers imported", f"list {list_id}", place.via, **detail)
    return report


def _build_choices(settings: Settings, chosen: ReaderList, today: date) -> Choices:
    targets = {topic: settings.find_topic(topic) for topic in settings.topics}
    return Choices(
        topics=frozenset(settings.topics),
        languages=frozenset(settings.languages),
        rhythms=chosen.rhythms,
        default_language=settings.newsroom.language,
        moved={topic: target for topic, target in targets.items() if target is not None and target != topic},
        ended=frozenset(name for name, topic in settings.topics.items() if topic.ended and topic.ended <= today),
    )


def _lots(
    first: ReaderRow | RowProblem | None, rest: Iterator[ReaderRow | RowProblem]
) -> Iterator[list[ReaderRow | RowProblem]]:
    lot = [] if first is None else [first]
    while more := [*lot, *islice(rest, _LOT)]:
        yield more
        lot = []


class _Import:
    """One import inside its transaction: the floors and rows that many readers share are looked up once."""

    def __init__(
        self,
        place: Workplace,
        connection: Connection,
        sealer: Sealer,
        list_id: str,
        evidence: str,
        since: date | None,
        dry_run: bool,
    ) -> None:
        self.place, self.connection, self.sealer, self.list_id = place, connection, sealer, list_id
        self.evidence, self.since, self.dry_run = evidence, since, dry_run
        self.end = log_end(connection)
        self.floors: dict[str, int] = {}
        self.chosen: set[tuple[str, tuple[str, ...], str]] = set()
        self.interests: dict[tuple[tuple[str, ...], str], int] = {}
        self.empty = None if dry_run else keep_had(connection, {})

    def take(self, lot: Iterable[ReaderRow | RowProblem], report: ImportReport) -> None:
        good: list[tuple[ReaderRow, bytes]] = []
        for row in lot:
            if isinstance(row, RowProblem):
                report.counts["refused"] += 1
                report.problems += row.problems
            else:
                good.append((row, self.sealer.index(row.address.address)))
        hashes = [hashed for _, hashed in good]
        present = find_readers(self.connection, self.list_id, hashes)
        suppressed = read_suppressed(self.connection, hashes)
        added: list[NewReader] = []
        for row, hashed in good:
            known = present.get(hashed)
            verdict = judge_import(known.subscription if known else None, suppressed=hashed in suppressed)
            report.counts[verdict.value] += 1
            if verdict is ImportVerdict.ADDED:
                report.problems += row.remarks
                self.chosen.add((row.rhythm, row.topics, row.language))
                if not self.dry_run:
                    added.append(self.build(row, hashed, known.number if known else None))
        add_readers(self.connection, added, self.place.now)

    def build(self, row: ReaderRow, hashed: bytes, number: int | None) -> NewReader:
        key = (row.topics, row.rhythm)
        if key not in self.interests:
            self.interests[key] = keep_interest(self.connection, build_interest(row.topics, self.floor(row.rhythm)))
        assert self.empty is not None
        now, sealer = self.place.now, self.sealer
        return NewReader(
            sealed=sealer.seal(row.address.address),
            address_hash=hashed,
            domain_key=sealer.domain_key(row.address.domain),
            subscription=Subscription(
                list_id=self.list_id,
                rhythm=row.rhythm,
                language=row.language,
                topics=row.topics,
                confirmed_at=now,
                confirmed_position=self.end,
            ),
            interest_id=self.interests[key],
            had_id=self.empty,
            consent=Consent(self.evidence, "import", now, row.language),
            number=number,
        )

    def floor(self, rhythm: str) -> int:
        """The position in the log from which news count for readers of that rhythm."""
        if rhythm not in self.floors:
            urgent = is_urgent_only(self.place.site.settings.lists[self.list_id], rhythm)
            self.floors[rhythm] = import_floor(
                rhythm=rhythm,
                since=self.since,
                zone=self.place.site.settings.zone,
                now=self.place.now,
                log_end=self.end,
                frozen_horizon=last_frozen(self.connection, self.list_id, rhythm, urgent_only=urgent),
                position_before=lambda moment: log_position(self.connection, moment - timedelta(seconds=1)),
            )
        return self.floors[rhythm]

    def carried_titles(self) -> tuple[str, ...]:
        """What the next edition would carry to at least one of those added, the newest first."""
        if not self.chosen:
            return ()
        log = read_log(self.connection, self.place.site.settings)
        facts = build_facts(log, self.end)
        moves = read_moves(self.connection)
        carried: set[str] = set()
        for rhythm in {rhythm for rhythm, _, _ in self.chosen}:
            rule = build_rule(self.connection, self.place.site.settings, self.list_id, rhythm, self.place.now)
            candidates = find_candidates(self.connection, self.list_id, log, facts, rule)
            for own, topics, language in self.chosen:
                if own == rhythm:
                    interest = follow_moves(build_interest(topics, self.floor(rhythm)), moves)
                    carried.update(item for item, _ in select(candidates, interest, language, {}, frozenset()).new)
        return tuple(item.content.title for item in read_newsroom(self.connection) if item.id in carried)


@dataclass(frozen=True, slots=True)
class ReaderLine:
    """A subscription as staff with the right to see addresses see it."""

    address: str
    subscription: Subscription


def list_readers(place: Workplace, list_id: str) -> list[ReaderLine]:
    """All subscriptions of a list with their addresses, those who left included.

    Raises:
        UsageError: there is no such list.
        SubscriberError: the keys are missing.
    """
    pick_list(place.site.settings, list_id)
    with place.store.reading() as connection:
        return [ReaderLine(place.sealer.unseal(row.sealed), row.subscription) for row in read_readers(connection, list_id)]


def export_readers(place: Workplace, list_id: str, *, actor: str) -> Iterator[str]:
    """The lines of a CSV file with all active readers of a list; `import_readers` reads it back. The journal names it."""
    lines = [
        ReaderRow(
            parse_address(line.address), line.subscription.topics, line.subscription.language, line.subscription.rhythm
        )
        for line in list_readers(place, list_id)
        if line.subscription.left_at is None
    ]
    with place.store.writing() as connection:
        write_journal(connection, place.now, actor, "readers exported", f"list {list_id}", place.via, readers=len(lines))
    return render_export(lines)


def remove_reader(place: Workplace, list_id: str, address: str, *, actor: str) -> None:
    """End a subscription, as if the reader had left: nothing is sent from now on, and an import does not revive it.

    Raises:
        SubscriberError: it is no address, or the list has no such active reader.
    """
    hashed = place.sealer.index(parse_address(address).address)
    with place.store.writing() as connection:
        found = find_readers(connection, list_id, [hashed]).get(hashed)
        if found is None or found.subscription.left_at is not None:
            raise SubscriberError(
                f"list {list_id}",
                "it has no active reader of that address",
                "Look at: digest subscribers list --list " + list_id,
            )
        leave(connection, found.number, place.now)
        detail = {"subscription": found.number}
        write_journal(connection, place.now, actor, "reader removed", f"list {list_id}", place.via, **detail)


def count(place: Workplace) -> dict[str, int]:
    """How many active readers each list of newsroom.toml has."""
    with place.store.reading() as connection:
        found = count_readers(connection)
    return {name: found.get(name, 0) for name in place.site.settings.lists}
