"""Why somebody got an item or did not, in plain words for whoever has to answer them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from digest.desk.planning import build_rule, find_candidates, read_log
from digest.desk.workplace import Workplace
from digest.editions.explaining import GOT, Copy, Plans, Reader, Reason, Verdict, judge_copy, judge_reason
from digest.editions.facts import ItemFacts, LogEvent, build_facts
from digest.editions.moves import follow_moves
from digest.errors import SubscriberError
from digest.items.fields import ID
from digest.store.copies import read_copies
from digest.store.dictionary import read_had
from digest.store.editions import read_editions
from digest.store.letters import is_suppressed
from digest.store.readers import StoredReader, read_person
from digest.store.releases import log_end
from digest.store.topic_moves import read_moves
from digest.subscribers.addresses import parse_address

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one subscription: whether they got it, why, and what became of each copy, the newest first."""

    list_id: str
    got_it: bool
    verdict: Verdict
    words: str
    copies: tuple[str, ...] = ()


def explain(place: Workplace, address: str, item: str) -> list[Explanation]:
    """Why the reader of that address got an item or did not, for each of their lists.

    Raises:
        SubscriberError: it is no address, or has no subscription.
    """
    hashed = place.sealer.index(parse_address(address).address)
    settings = place.site.settings
    with place.store.reading() as connection:
        person = read_person(connection, hashed)
        if not person:
            said = " It is never to be mailed." if is_suppressed(connection, hashed) else ""
            raise SubscriberError(
                "address",
                "it has no subscription, so no digest was ever for it, or all of it was erased",
                f"Ask for the address that the letters come to; people often have several.{said}",
            )
        log = read_log(connection, settings)
        facts = build_facts(log, log_end(connection)).get(item)
        suppressed = is_suppressed(connection, hashed)
        return [_explain(place, connection, one, item, facts, log, suppressed) for one in person]


def _explain(
    place: Workplace,
    connection: Connection,
    reader: StoredReader,
    name: str,
    item: ItemFacts | None,
    log: list[LogEvent],
    suppressed: bool,
) -> Explanation:
    wish, settings = reader.subscription, place.site.settings
    copies = read_copies(connection, reader.number, wish.epoch, name)
    if wish.list_id not in settings.lists:
        verdict = Verdict(Reason.NO_LIST, wish.list_id)
    else:
        rule = build_rule(connection, settings, wish.list_id, wish.rhythm, place.now)
        candidates = find_candidates(connection, wish.list_id, log, build_facts(log, len(log)), rule)
        known = Reader(
            language=wish.language,
            interest=follow_moves(reader.floors, read_moves(connection)),
            had=read_had(connection, reader.had_id),
            confirmed_at=wish.confirmed_at,
            left_at=wish.left_at,
            paused_until=wish.paused_until,
            suppressed=suppressed,
        )
        plans = _find_plans(connection, reader, item) if item else Plans()
        verdict = judge_reason(item, known, rule, candidates, plans, copies)
    words = _word(verdict, name, place, copies)
    return Explanation(
        wish.list_id, verdict.reason in GOT, verdict, words, tuple(_word_copy(copy, place) for copy in copies)
    )


def _find_plans(connection: Connection, reader: StoredReader, item: ItemFacts) -> Plans:
    """What editions of the list and rhythm did, or are about to do, with the item."""
    wish = reader.subscription
    of_list = [
        one
        for one in read_editions(connection)
        if one.list_id == wish.list_id and one.rhythm == wish.rhythm and one.horizon >= item.released
    ]
    left_out = [one.id for one in of_list if item.item in one.choices.excluded and one.state != "cancelled"]
    waiting = [one.id for one in of_list if one.state in ("draft", "approved") and item.item not in one.choices.excluded]
    return Plans(left_out[-1] if left_out else "", waiting[-1] if waiting else "")


_WORDS = {
    Reason.SENT: "yes: {about} went to them on {at}",
    Reason.HAD: "yes: it was sent to them, so long ago that the letter itself is no longer on record",
    Reason.TOLD_WITHDRAWN: "they had it, and were told that it was taken back",
    Reason.ON_ITS_WAY: "not yet: it is on its way to them in {about}; the next attempt is on {at}",
    Reason.EDITION_PAUSED: "not yet: {about}, which carries it to them, is paused. To go on: digest edition resume {about}",
    Reason.HELD: "perhaps: the answer to {about} was lost, and staff must decide: digest deliveries held",
    Reason.FAILED: "no: a mail server refused {about} for good on {at}{code}; the next edition carries it again",
    Reason.STOPPED: "no: {about} was stopped for them, for something in it was corrected; the next part or edition has it",
    Reason.EDITION_CANCELLED: "no: {about} was cancelled before their copy left; the next part or edition has it",
    Reason.LEFT_BEFORE: "no: they had left when {about} came to them",
    Reason.SUPPRESSED_THEN: "no: when {about} came to them, their address was among those never to be mailed",
    Reason.SUPPRESSED: "no: their address is never to be mailed. To change that: digest subscribers unsuppress ADDRESS",
    Reason.LEFT: "no: they left on {at}. They can come back by themselves, on the sign-up page",
    Reason.UNCONFIRMED: "no: they never confirmed the letter that asked them to",
    Reason.PAUSED: "no: they paused until {at}",
    Reason.NO_LIST: "no: newsroom.toml no longer has their list {about}",
    Reason.NOT_RELEASED: "no: {item} is not released. If its file is there, look at: digest check; digest publish",
    Reason.WITHDRAWN: "no: it was taken back on {at}, and is mailed to nobody who had not had it",
    Reason.BACKFILL: "no: it was brought in from elsewhere as an older item, which is mailed to nobody",
    Reason.BARRED: "no: staff keep it off this list for good",
    Reason.OTHER_VERSION_HAD: "they had it in another language, as {about}; of one text a reader gets one version",
    Reason.OTHER_VERSION_DUE: "not this version: the next edition carries {about}, which suits their language better",
    Reason.NOT_FOLLOWED: "no: they follow none of its topics ({about})",
    Reason.BEFORE: "no: it came out on {at}, before they subscribed or followed its topic, or before an import's --since",
    Reason.TOO_OLD: "no: it came out on {at}, longer ago than this list carries news",
    Reason.NOT_URGENT: "no: this list sends only urgent items at once, and it is none; other rhythms carry it",
    Reason.EXCLUDED: "no: staff left it out of {about}; it stays due for the next edition",
    Reason.WAITS_FOR_APPROVAL: "not yet: {about}, which is not sent yet, is to carry it: digest edition status {about}",
    Reason.NEXT: "not yet: no edition since it came out; the next one carries it to them",
    Reason.UNKNOWN: "no, and the rules do not say why; ask whoever looks after this site, and name the item",
}  # fmt: skip


def _word(verdict: Verdict, item: str, place: Workplace, copies: list[Copy]) -> str:
    failed = next((copy for copy in copies if copy.state == "failed"), None)
    code = f" ({failed.code} {failed.reply})" if failed and failed.code else f" ({failed.reply})" if failed else ""
    words = _WORDS[verdict.reason]
    shown = item if ID.fullmatch(item) else "such an item"
    return words.format(about=verdict.about, at=_day(verdict.at, place), item=shown, code=code)


def _word_copy(copy: Copy, place: Workplace) -> str:
    return f"{copy.edition}: {copy.state}, {_day(copy.at, place)} ({judge_copy(copy).reason})"


def _day(at: datetime | None, place: Workplace) -> str:
    return f"{at.astimezone(place.site.settings.zone):%-d %B %Y at %H:%M}" if at else "an unknown day"
