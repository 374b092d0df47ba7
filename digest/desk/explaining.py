"""Why somebody got an item or did not, in plain words for whoever has to answer them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from digest.clock import real_now
from digest.desk.planning import build_rule, find_candidates, read_log
from digest.desk.workplace import Workplace
from digest.editions.explaining import GOT, NOT_YET, Copy, Plans, Reader, Reason, Verdict, judge_copy, judge_reason
from digest.editions.facts import ItemFacts, LogEvent, build_facts
from digest.editions.moves import follow_moves
from digest.errors import SubscriberError, UsageError
from digest.items.fields import ID
from digest.store.copies import read_copies
from digest.store.dictionary import read_had
from digest.store.editions import read_editions
from digest.store.letters import is_suppressed
from digest.store.person import count_own_requests
from digest.store.readers import StoredReader, read_person
from digest.store.releases import log_end
from digest.store.site_fence import read_fence
from digest.store.sqlite import driver
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
        UsageError: what is named cannot be an item.
    """
    item = _find_id(item)
    hashed = place.sealer.index(parse_address(address).address)
    settings = place.site.settings
    with place.store.reading() as connection:
        person = read_person(connection, hashed)
        if not person:
            raise _find_nobody(connection, hashed)
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
    fence = read_fence(driver(connection))
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
    if fence is not None and (verdict.then or verdict).reason in NOT_YET:
        words = f"{words}. Nothing leaves this site at present: digest fence status"
    return Explanation(
        wish.list_id, verdict.reason in GOT, verdict, words, tuple(_word_copy(copy, place) for copy in copies)
    )


def _find_id(text: str) -> str:
    """The id in what staff typed: the id itself, its file's name, or its address on the site.

    Raises:
        UsageError: it cannot be an id.
    """
    name = text.strip().rstrip("/").rpartition("/")[2].removesuffix(".md").removesuffix(".html")
    if not ID.fullmatch(name):
        raise UsageError("ITEM-ID", "no item can have that id", "It is the name of the item's file, without .md.")
    return name


def _find_nobody(connection: Connection, hashed: bytes) -> SubscriberError:
    waits = count_own_requests(connection, hashed)
    said = " It is never to be mailed." if is_suppressed(connection, hashed) else ""
    cause = "it has no subscription, so no digest was ever for it, or all of it was erased"
    if waits:
        cause = "it has no subscription; somebody asked on the web for one or for a link, and nothing was confirmed"
    remedy = f"Ask for the address that the letters come to; people often have several.{said}"
    return SubscriberError("address", cause, remedy)


def _find_plans(connection: Connection, reader: StoredReader, item: ItemFacts) -> Plans:
    """What editions for the reader did, or are about to do, with the item: those of the rhythm, and urgent ones at once."""
    wish = reader.subscription
    rhythms = {wish.rhythm, "at-once"} if wish.urgent and item.urgent else {wish.rhythm}
    of_list = [
        one
        for one in read_editions(connection)
        if one.list_id == wish.list_id and one.rhythm in rhythms and one.horizon >= item.released
    ]
    left_out = [one.id for one in of_list if item.item in one.choices.excluded and one.state != "cancelled"]
    waiting = [one.id for one in of_list if one.state in ("draft", "approved") and item.item not in one.choices.excluded]
    return Plans(left_out[-1] if left_out else "", waiting[-1] if waiting else "")


_WORDS = {
    Reason.SENT: "yes: {about} went to them on {at}",
    Reason.HAD: "yes: it was sent to them, so long ago that the letter itself is no longer on record",
    Reason.TOLD_WITHDRAWN: "they had it, and were told that it was taken back",
    Reason.ON_ITS_WAY: "not yet: it is on its way to them in {about}; {when}",
    Reason.IN_DOUBT: "perhaps: the answer to {about} was lost, and one more copy leaves; {when}",
    Reason.EDITION_PAUSED: "not yet: {about}, which carries it to them, is paused. To go on: digest edition resume {about}",
    Reason.HELD: "perhaps: the answer to {about} was lost, and staff must decide: digest deliveries held",
    Reason.FAILED: "no: a mail server refused {about} for good on {at}{code}",
    Reason.EXPIRED: "no: {about} could not be delivered for as long as letters are tried, until {at}{code}",
    Reason.GIVEN_UP: "perhaps: the answer to {about} was lost, and staff gave it up on {at}",
    Reason.STOPPED: "no: {about} was stopped for them, for something in it was corrected or taken back",
    Reason.EDITION_CANCELLED: "no: {about} was cancelled before their copy left",
    Reason.LEFT_BEFORE: "no: they had left when {about} came to them",
    Reason.SUPPRESSED_THEN: "no: when {about} came to them, their address was among those never to be mailed",
    Reason.SUPPRESSED: "no: their address is never to be mailed. To change that: digest subscribers unsuppress ADDRESS",
    Reason.LEFT: "no: they left on {at}. They can come back by themselves, on the sign-up page",
    Reason.UNCONFIRMED: "no: they never confirmed the letter that asked them to",
    Reason.PAUSED: "no: they paused until {at}; what is not too old then comes with the edition that follows",
    Reason.NO_LIST: "no: newsroom.toml no longer has their list {about}",
    Reason.NOT_RELEASED: "no: {item} is not released. If its file is there, look at: digest check; digest publish",
    Reason.WITHDRAWN: "no: it was taken back on {at}, and is mailed to nobody who had not had it",
    Reason.BACKFILL: "no: it was brought in from elsewhere as an older item, which is mailed to nobody",
    Reason.BARRED: "no: staff keep it off this list for good",
    Reason.OTHER_VERSION_HAD: "they had it in another language, as {about}; of one text a reader gets one version",
    Reason.OTHER_VERSION_DUE: "not this version: the next edition carries {about}, which suits their language better",
    Reason.NOT_FOLLOWED: "no: they follow none of its topics ({about})",
    Reason.BEFORE: "no: it came out on {at}, before they subscribed",
    Reason.BEFORE_TOPIC: "no: it came out on {at}, before they followed its topic",
    Reason.TOO_OLD: "no: it came out on {at}, longer ago than this list carries news",
    Reason.NOT_URGENT: "no: this list sends only urgent items at once, and it is none; other rhythms carry it",
    Reason.EXCLUDED: "not yet: staff left it out of {about}; the next edition carries it to them",
    Reason.WAITS_FOR_APPROVAL: "not yet: {about}, which is not sent yet, is to carry it: digest edition status {about}",
    Reason.NEXT: "not yet: the next edition carries it to them",
    Reason.UNKNOWN: "no, and the rules do not say why; ask whoever looks after this site, and name the item",
}  # fmt: skip

_PARTS = {"new": "with it", "corrected": "that told of its correction", "withdrawn": "that told that it was taken back"}
_STATES = {
    Reason.SENT: "sent on {at}",
    Reason.ON_ITS_WAY: "on its way",
    Reason.IN_DOUBT: "in doubt, and sent once more",
    Reason.EDITION_PAUSED: "waits, for the edition is paused",
    Reason.HELD: "in doubt; staff must decide",
    Reason.FAILED: "refused on {at}{code}",
    Reason.EXPIRED: "not delivered in time{code}",
    Reason.GIVEN_UP: "in doubt, given up by staff",
    Reason.STOPPED: "stopped",
    Reason.EDITION_CANCELLED: "cancelled with its edition",
    Reason.LEFT_BEFORE: "not sent, for they had left",
    Reason.SUPPRESSED_THEN: "not sent, for their address is never to be mailed",
}


def _word(verdict: Verdict, item: str, place: Workplace, copies: list[Copy]) -> str:
    about = next((copy for copy in copies if copy.edition == verdict.about), None)
    words = _WORDS[verdict.reason].format(
        about=verdict.about, at=_day(verdict.at, place), item=item, code=_code(about), when=_when(verdict.at, place)
    )
    return f"{words}. Since then: {_word(verdict.then, item, place, [])}" if verdict.then else words


def _word_copy(copy: Copy, place: Workplace) -> str:
    words = _STATES[judge_copy(copy).reason].format(at=_day(copy.at, place), code=_code(copy))
    twice = ", perhaps twice" if copy.state == "sent" and copy.unknown_count else ""
    return f"{copy.edition}, {_PARTS[copy.part]}: {words}{twice}"


def _code(copy: Copy | None) -> str:
    if copy is None or not (copy.code or copy.reply):
        return ""
    return f" ({' '.join(str(part) for part in (copy.code, copy.reply) if part)})"


def _when(at: datetime | None, place: Workplace) -> str:
    if at is None or at <= real_now():
        return "as soon as letters leave, see: digest edition status"
    return f"the next attempt is on {_day(at, place)}"


def _day(at: datetime | None, place: Workplace) -> str:
    return f"{at.astimezone(place.site.settings.zone):%-d %B %Y at %H:%M}" if at else "an unknown day"
