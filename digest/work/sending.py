"""Send an edition to its end: freeze it if it is approved, then work through its deliveries until nothing is due."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from digest import clock
from digest.delivery.pace import Rules
from digest.delivery.relay import Outbox, Relay
from digest.delivery.sender import Limits, Report, Sender
from digest.delivery.shift import Progress
from digest.delivery.transitions import OPEN, State
from digest.desk.approving import check_approved, freeze_edition
from digest.desk.building import rebuild
from digest.desk.planning import list_of
from digest.desk.workplace import Workplace
from digest.editions.edition import Edition, check_state
from digest.errors import Status
from digest.store.deliveries import RefusedLetters, count_doubts, read_refusals, resume_edition
from digest.store.editions import count_states, read_edition, write_edition
from digest.store.journal import write_journal
from digest.store.ledger import open_ledger
from digest.store.planning import settle
from digest.work.composing import Composer
from digest.work.ways import build_transport, choose_list_way

__all__ = ["Rehearsal", "SendReport", "Signature", "rehearse", "send"]


@dataclass(frozen=True, slots=True)
class Signature:
    """By which keys (DKIM selectors) letters from a domain are signed: none when there are no keys, or none are wanted."""

    domain: str
    selectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SendReport:
    """How a run of `send` ended, the edition as it is now, and how many of its deliveries are in each state.

    `is_outbox` says that the letters of this run stayed on this machine, `signature` who signed them, `refusals` why letters
    failed or wait, `doubt_count` how many readers may have got a second copy, because the answer to the first was lost.
    """

    edition: Edition
    report: Report
    counts: Mapping[str, int]
    is_outbox: bool
    signature: Signature
    refusals: Sequence[RefusedLetters]
    doubt_count: int


@dataclass(frozen=True, slots=True)
class RehearsedVariant:
    """What a group of readers would get."""

    language: str
    form: str
    subject: str
    reader_count: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What `send` would do: the variants, the largest first, the way the letters would go, in words, and who would sign."""

    variants: tuple[RehearsedVariant, ...]
    way: str
    is_outbox: bool
    signature: Signature

    @property
    def reader_count(self) -> int:
        """How many letters there would be."""
        return sum(variant.reader_count for variant in self.variants)


Watch = Callable[[int, str, int | None], None]
"""Is told, as a run goes on, how many deliveries are at rest, a short note, and how many there are in all."""


def send(
    place: Workplace,
    name: str,
    *,
    actor: str = "staff",
    outbox: bool = False,
    wait: timedelta = timedelta(minutes=15),
    watch: Watch = lambda _done, _note, _total: None,
) -> SendReport:
    """Send an approved edition, or go on with one that is being sent; repeated on a finished one it mails nobody.

    Args:
        outbox: keep the letters on this machine.
        wait: how far ahead the next due letter may lie for this run to wait for it.

    Raises:
        EditionError: it is not approved, or not what was approved, or staff paused or cancelled it.
        DeliveryError: there is no way for the letters, or a signing key cannot be used.
        StoreError: the store cannot be written; nothing was sent that it does not know of.
    """
    way = choose_list_way(place, name, outbox)  # before anything is frozen: a missing relay or a bad key changes nothing
    signature = _find_signature(place, name)
    edition = freeze_edition(place, name, actor=actor)
    was_finished = edition.state == "finished"
    if was_finished:
        report = _report_finished(place, name)
    else:
        edition = _start(place, edition, actor)
        rebuild(place)  # the web view is public from the first copy on
        report = asyncio.run(_run(place, edition, way, wait, watch, signature))
    with place.store.writing() as connection:
        settle(connection)
        counts = count_states(connection, name)
        ended = read_edition(connection, name)
        doubts = count_doubts(connection, name)
        by_itself = ended.state == "finished" or (ended.state == "paused" and ended.paused_by == "self")
        if by_itself and not was_finished:
            detail = {"why": report.reason, "perhaps twice": doubts, **counts}
            write_journal(connection, clock.now(), "digest", f"edition {ended.state}", name, place.via, **detail)
        kept = isinstance(way, Outbox) and report.progress.sent_count > 0
        return SendReport(ended, report, counts, kept, signature, read_refusals(connection, name), doubts)


def rehearse(place: Workplace, name: str, *, outbox: bool = False) -> Rehearsal:
    """What `send` would do now, without doing it.

    Raises:
        EditionError: it could not be sent.
        DeliveryError: there is no way for the letters, or a signing key cannot be used.
    """
    way = choose_list_way(place, name, outbox)
    press = check_approved(place, name)
    variants = tuple(
        RehearsedVariant(one.content.language, one.content.form, press.proof(one.content).letter.subject, one.reader_count)
        for one in press.plan.variants
    )
    kept = isinstance(way, Outbox)
    return Rehearsal(variants, "the outbox on this machine" if kept else str(way), kept, _find_signature(place, name))


def _report_finished(place: Workplace, name: str) -> Report:
    with place.store.reading() as connection:
        held = count_states(connection, name).get(State.HELD, 0)
    return Report(Status.HELD if held else Status.FINISHED, Progress())


def _find_signature(place: Workplace, name: str) -> Signature:
    with place.store.reading() as connection:
        domain = list_of(read_edition(connection, name), place.site.settings).sender.domain
    signer = place.signer(domain)
    return Signature(domain, signer.selectors if signer else ())


def _count_threads(signature: Signature) -> int:
    """A signature takes a millisecond of a processor and lets other threads work; without one, a copy is made at once."""
    return (os.cpu_count() or 1) if signature.selectors else 0


def _start(place: Workplace, edition: Edition, actor: str) -> Edition:
    """The edition being sent, from frozen or from a pause that it made itself."""
    check_state(edition, ("frozen", "sending", "paused"), "sent", f"Look at it: digest edition status {edition.id}")
    with place.store.writing() as connection:
        edition = read_edition(connection, edition.id)
        if edition.state == "paused":
            resume_edition(connection, edition.id, actor, place.now, staff=False)
            write_journal(connection, place.now, actor, "edition resumed", edition.id, place.via)
        elif edition.state == "frozen":
            begun = replace(edition, state="sending", started_at=edition.started_at or place.now)
            write_edition(connection, begun, actor, "sending", place.now)
            write_journal(
                connection, place.now, actor, "sending begun", edition.id, place.via, audience=edition.audience_count
            )
        return read_edition(connection, edition.id)


async def _run(
    place: Workplace,
    edition: Edition,
    way: Relay | Outbox,
    wait: timedelta,
    watch: Watch,
    signature: Signature,
) -> Report:
    settings = place.site.settings.delivery
    with place.store.reading() as connection:
        counts = count_states(connection, edition.id)
    before = sum(number for state, number in counts.items() if state not in OPEN)
    watch(before, "", edition.audience_count)

    def show(progress: Progress) -> None:
        note = f"{progress.waiting_count} to be tried again" if progress.waiting_count else ""
        watch(before + progress.rested_count, note, edition.audience_count)

    ledger = open_ledger(place.store.file, Rules.of(settings), only=edition.id)
    limits = Limits(connections=settings.connections, wait=wait, threads=_count_threads(signature))
    transport = build_transport(place, way, signature.domain)
    try:
        sender = Sender(ledger, transport, Composer(place).compose, limits, show)
        with sender.signals():
            return await sender.run()
    finally:
        await ledger.close()
