"""Readers brought in from a file: those who have confirmed elsewhere, and nobody who left.

A file of any length is read row by row, and stored in lots, each a short transaction of its own, so that letters go on
leaving meanwhile. Should an import be cut short, the same one again finds present what was stored, and stores the rest.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain, islice
from typing import BinaryIO

from sqlalchemy import Connection

from digest.desk.authority import require
from digest.desk.planning import build_rule, find_candidates, is_urgent_only, read_log
from digest.desk.workplace import Workplace
from digest.editions.facts import build_facts
from digest.editions.interests import build_interest
from digest.editions.moves import follow_moves
from digest.editions.selection import select
from digest.errors import Problem, SubscriberError, UsageError
from digest.settings import ReaderList, Settings
from digest.staff.roles import Right
from digest.store.bringing_in import LOT, Intake
from digest.store.dictionary import keep_had, keep_interest
from digest.store.editions import last_frozen
from digest.store.journal import judge_actor, write_journal
from digest.store.key_locks import sealing
from digest.store.releases import log_end, log_position, read_newsroom
from digest.store.sqlite import connect, transaction, translate
from digest.store.topic_moves import read_moves
from digest.subscribers.addresses import redact
from digest.subscribers.decoding import decode_lines
from digest.subscribers.keys import read_keys
from digest.subscribers.readers_file import Choices, ReaderRow, RowProblem, read_rows
from digest.subscribers.sealing import Sealer
from digest.subscribers.subscriptions import ImportVerdict, import_floor, judge_import

__all__ = ["ImportReport", "import_readers", "pick_list"]

_Row = ReaderRow | RowProblem
_KEPT_PROBLEMS = 1_000

Progress = Callable[[int, str], None]
"""Is told how many rows are done, and which way: `read`, and then `stored`."""


@dataclass
class ImportReport:
    """What an import did, or would do: every row is counted once.

    `problems` are the first thousand, `problem_count` is that of all.
    """

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    carries: tuple[str, ...] = ()
    """Titles of the items that the next edition would carry to at least one of the readers added."""

    @property
    def row_count(self) -> int:
        """How many rows the file has."""
        return sum(self.counts.values())

    def note(self, problems: Iterable[Problem]) -> None:
        """Keep problems, as long as they can be of use to anybody."""
        for problem in problems:
            self.problem_count += 1
            if len(self.problems) < _KEPT_PROBLEMS:
                self.problems.append(problem)


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
    data: bytes | BinaryIO,
    name: str,
    *,
    evidence: str,
    since: date | None = None,
    encoding: str = "",
    dry_run: bool = False,
    actor: str = "",
    progress: Progress = lambda _done, _how: None,
) -> ImportReport:
    """Bring readers in who have confirmed elsewhere.

    Args:
        data: the octets of the CSV file, or the file itself; `name` is its name for messages.
        evidence: how it is known that they agreed; kept with each subscription, but for addresses in it.
        since: the day of the last newsletter they got from elsewhere: what came later is carried to them.
        encoding: the file's, by the word of staff; empty to find out.
        progress: is told how far it is.

    Raises:
        UsageError: there is no such list, or no such encoding, or the name of who does it cannot stand in the journal.
        SubscriberError: no evidence is given, or the day lies ahead.
        ContentError: the file has no usable header or its encoding is not certain; nothing was imported.
    """
    settings = place.site.settings
    chosen = pick_list(settings, list_id)
    if not dry_run:
        judge_actor(actor)
        require(place, actor, Right.READERS)
    if not evidence.strip():
        raise SubscriberError(
            f"list {list_id}", "no evidence of consent is given", 'Say how they agreed: --evidence "paper forms, May fair"'
        )
    choices = _build_choices(settings, chosen, place.now.astimezone(settings.zone).date())
    rows = read_rows(decode_lines(data, name, encoding), choices, name=name)
    first = next(rows, None)  # a header at fault ends the import before anything is written
    _ = place.keys  # made before any transaction, for their first use writes too
    words = redact(evidence.strip())  # an address in it would lie unsealed beside the sealed ones
    with place.store.reading() as connection:
        floors: dict[str, int] = {
            rhythm: _find_floor(place, connection, list_id, rhythm, since) for rhythm in chosen.rhythms
        }
        run = _Import(place, list_id, words, floors, log_end(connection), dry_run)
    detail = {"list": list_id, "evidence": words, "since": str(since or "")}
    is_whole = False
    try:
        run.take_all(rows if first is None else chain((first,), rows), progress)
        is_whole = True
    finally:
        if not dry_run and (is_whole or run.report.counts):
            detail |= {} if is_whole else {"cut short": True}  # type: ignore[dict-item]
            with place.hot.writing() as plain:
                about = {**run.report.counts, **detail}
                write_journal(plain, place.now, actor, "readers imported", f"list {list_id}", place.via, **about)
    with place.store.reading() as connection:
        run.report.carries = run.carried_titles(connection)
    return run.report


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


def _find_floor(place: Workplace, connection: Connection, list_id: str, rhythm: str, since: date | None) -> int:
    """The position in the log from which news count for readers of that rhythm."""
    settings = place.site.settings
    urgent = is_urgent_only(settings.lists[list_id], rhythm)
    return import_floor(
        rhythm=rhythm,
        since=since,
        zone=settings.zone,
        now=place.now,
        log_end=log_end(connection),
        frozen_horizon=last_frozen(connection, list_id, rhythm, urgent_only=urgent),
        position_before=lambda moment: log_position(connection, moment - timedelta(seconds=1)),
    )


_Choice = tuple[tuple[str, ...], str, str]
"""Topics, rhythm and language, which many rows share."""


class _Import:
    """One import: what many readers share is looked up once."""

    def __init__(
        self,
        place: Workplace,
        list_id: str,
        evidence: str,
        floors: Mapping[str, int],
        end: int,
        dry_run: bool,
    ) -> None:
        self.place, self.list_id = place, list_id
        self.evidence, self.floors, self.end, self.dry_run = evidence, floors, end, dry_run
        self.report = ImportReport()
        self.choices: dict[_Choice, int] = {}
        self.chosen: set[int] = set()
        self.remarks: dict[int, tuple[Problem, ...]] = {}
        self.interests: dict[int, int] = {}

    def take_all(self, rows: Iterator[_Row], progress: Progress) -> None:
        """Take the rows: all are laid aside first, then stored lot by lot."""
        file, site = self.place.hot.file, self.place.site
        with translate(file), sealing(site.var), closing(connect(file)) as plain:
            sealer = Sealer(read_keys(site.keys))  # read in here: none of them is removed before all is stored
            domain_key = lru_cache(maxsize=65536)(sealer.domain_key)
            intake = Intake(plain, self.list_id)
            done = 0
            while lot := list(islice(rows, LOT)):
                intake.lay_aside(self._sort_out(lot, sealer, domain_key))
                done += len(lot)
                progress(done, "read")
            for piece in intake.sort():
                with transaction(plain, writing=not self.dry_run):
                    self._take(plain, intake, piece)
                progress(self.report.row_count, "stored")
        self.report.counts = +self.report.counts
        self.report.problems.sort(key=lambda problem: problem.line)

    def _sort_out(
        self, lot: Iterable[_Row], sealer: Sealer, domain_key: Callable[[str], bytes]
    ) -> Iterator[tuple[bytes, bytes, bytes, int, int]]:
        """The good rows, sealed; what is bad is counted and named."""
        choices = self.choices
        for row in lot:
            if isinstance(row, RowProblem):
                self.report.counts["refused"] += 1
                self.report.note(row.problems)
                continue
            choice = choices.setdefault((row.topics, row.rhythm, row.language), len(choices))
            if row.remarks:
                self.remarks.setdefault(choice, row.remarks)
            address = row.address
            yield (
                sealer.index(address.address),
                sealer.seal(address.address),
                domain_key(address.domain),
                choice,
                row.line,
            )

    def _take(self, plain: sqlite3.Connection, intake: Intake, piece: tuple[int, int]) -> None:
        counts = self.report.counts
        counts.update({ImportVerdict.SUPPRESSED.value: intake.drop_suppressed(piece)})
        known = [(one, judge_import(one.subscription, suppressed=False)) for one in intake.find_known(piece)]
        counts.update(verdict.value for _, verdict in known if verdict is not ImportVerdict.ADDED)
        intake.drop(one for one, verdict in known if verdict is not ImportVerdict.ADDED)
        intake.confirm(one for one, verdict in known if verdict is ImportVerdict.ADDED)
        added = intake.count_choices(piece)
        counts.update({judge_import(None, suppressed=False).value: sum(added.values())})
        self.chosen |= added.keys()
        for choice in added.keys() & self.remarks.keys():
            for line in intake.read_lines(piece, choice):
                self.report.note(replace(remark, line=line) for remark in self.remarks[choice])
        if not self.dry_run and added:
            self._keep_choices(plain, intake, added)
            intake.store(piece, keep_had(plain, {}), self.end, self.evidence, self.place.now)

    def _keep_choices(self, plain: sqlite3.Connection, intake: Intake, numbers: Iterable[int]) -> None:
        for (topics, rhythm, language), number in self.choices.items():
            if number in numbers and number not in self.interests:
                interest = keep_interest(plain, build_interest(topics, self.floors[rhythm]))
                self.interests[number] = interest
                intake.keep_choice(number, interest, rhythm, language)

    def carried_titles(self, connection: Connection) -> tuple[str, ...]:
        """What the next edition would carry to at least one of those added, the newest first."""
        if not self.chosen:
            return ()
        settings = self.place.site.settings
        log = read_log(connection, settings)
        facts = build_facts(log, self.end)
        moves = read_moves(connection)
        chosen = [choice for choice, number in self.choices.items() if number in self.chosen]
        carried: set[str] = set()
        for rhythm in {rhythm for _, rhythm, _ in chosen}:
            rule = build_rule(connection, settings, self.list_id, rhythm, self.place.now)
            candidates = find_candidates(connection, self.list_id, log, facts, rule)
            for topics, own, language in chosen:
                if own == rhythm:
                    interest = follow_moves(build_interest(topics, self.floors[rhythm]), moves)
                    carried.update(item for item, _ in select(candidates, interest, language, {}, frozenset()).new)
        return tuple(item.content.title for item in read_newsroom(connection) if item.id in carried)
