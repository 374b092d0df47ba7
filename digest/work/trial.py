"""Test letters: an edition as somebody in charge wants to see it in their own mailbox, counted nowhere.

They are real letters of the whole edition, signed and sent like any other; the word "Test" before the subject is all that
differs. No reader is touched by them: nobody had anything, and the link to leave in them is nobody's.
"""

from __future__ import annotations

import asyncio
import secrets
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from digest.delivery.relay import Outbox, choose_way
from digest.delivery.transitions import Ending
from digest.delivery.transport import Letter, Reply, Stage, Transport, UnreachableError, send_letter
from digest.delivery.verdicts import describe, judge, redact_reply
from digest.desk.authority import require
from digest.desk.inspecting import check_choice
from digest.desk.press import Press, carries_nothing
from digest.desk.workplace import Workplace
from digest.editions.content import VariantContent
from digest.errors import EditionError, Problem, SubscriberError, UsageError
from digest.mail.compile import CompiledMessage
from digest.mail.filling import label_subject
from digest.mail.proof import Proof
from digest.staff.roles import Right
from digest.store.journal import write_journal
from digest.store.readers import read_suppressed
from digest.subscribers.addresses import Address, lookup_form, parse_address
from digest.subscribers.tokens import UNSUBSCRIBE_LENGTH
from digest.work.composing import compose_copy
from digest.work.sending import Signature
from digest.work.ways import build_transport

__all__ = ["MOST_ADDRESSES", "Answer", "Trial", "send_test"]

MOST_ADDRESSES = 10
"""How many people can get a test at once; a test is for those who make the edition."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one letter: whether it was taken, and in which words, without an address."""

    address: str = field(repr=False)
    was_taken: bool
    words: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What was sent, by whom it was signed, what became of each letter, and what an inspection says of it."""

    subject: str
    is_outbox: bool
    signature: Signature
    answers: tuple[Answer, ...]
    problems: tuple[Problem, ...]


def send_test(
    place: Workplace,
    name: str,
    to: Sequence[str],
    *,
    language: str = "",
    form: str = "full",
    outbox: bool = False,
    actor: str = "staff",
) -> Trial:
    """Send the whole edition, marked as a test, to each of these people; the edition stays as it is.

    Of an edition that was approved it is the whole as approved. What an inspection finds holds no test back.

    Args:
        to: addresses as somebody typed them; one that is named twice gets one letter.
        language: one of the newsroom's; its own when empty.
        form: `full` or `discreet`.
        outbox: keep the letters on this machine.

    Raises:
        UsageError: there is no such language or form, too many people or nobody is named, or `actor` cannot be shown.
        SubscriberError: an address cannot be mailed, or asked never to be.
        EditionError: there is no such edition, it carries nothing, or a letter of it cannot be made.
        TemplateError: a template cannot be used.
        DeliveryError: there is no way for the letters, or a signing key cannot be used.
    """
    require(place, actor, Right.TEST)
    language = language or place.site.settings.newsroom.language
    check_choice(place, language, form)
    addresses = _read_addresses(place, to)
    settings = place.site.settings.delivery
    domains = [address.domain for address in addresses]
    way = choose_way(place.site.smtp_url, outbox=outbox or settings.outbox, domains=domains)
    press, proof = _proof(place, name, language, form)
    if fault := press.find_fault():
        raise EditionError(f"edition {name}", "no letter of it can be made", problems=(fault,))
    problems = _inspect(press, proof)
    words = place.templates.words(language)
    subject = label_subject(words.gettext("Test"), proof.letter.subject, words)
    message = press.compile(replace(proof, letter=replace(proof.letter, subject=subject)))  # the body stays as it is
    letters, signature = _compose(place, message, addresses)
    transport = build_transport(place, way, signature.domain)
    with place.store.writing() as connection:
        detail = {"letters": len(letters), "language": language, "form": form}
        write_journal(connection, place.now, actor, "edition tested", name, place.via, **detail)
    replies = asyncio.run(_deliver(transport, letters))
    answers = (_answer(letter.recipient, reply, transport.name) for letter, reply in zip(letters, replies, strict=True))
    return Trial(subject, isinstance(way, Outbox), signature, tuple(answers), problems)


def _read_addresses(place: Workplace, to: Sequence[str]) -> list[Address]:
    if not 0 < len(to) <= MOST_ADDRESSES:
        cause = f"a test goes to 1 to {MOST_ADDRESSES} people, and {len(to)} are named"
        raise UsageError("--to", cause, "Everybody else gets the edition itself.")
    found: dict[str, Address] = {}
    for number, text in enumerate(to, 1):
        try:
            address = _read_address(place, text)
        except SubscriberError as error:
            raise SubscriberError(f"address {number} of --to", error.cause, error.remedy) from None
        found.setdefault(lookup_form(address.address), address)
    return list(found.values())


def _read_address(place: Workplace, text: str) -> Address:
    address = parse_address(text)
    if address.needs_smtputf8:
        raise SubscriberError(
            "address", "it has letters before the @ that mail servers cannot take yet", "Name another one."
        )
    hashed = place.sealer.index(address.address)
    with place.store.reading() as connection:
        if read_suppressed(connection, [hashed]):
            raise SubscriberError(
                "address", "it is never to be mailed: it stands on the list of suppressed ones", "Leave it out."
            )
    return address


def _proof(place: Workplace, name: str, language: str, form: str) -> tuple[Press, Proof]:
    """The edition at the press, and the whole of it as it will be sent."""
    with place.store.reading() as connection:
        press = Press.open(place, connection, name)
    kept = (press.edition.archive or {}).get(language)
    content = (
        replace(VariantContent.parse(kept), form="discreet" if form == "discreet" else "full")
        if kept
        else press.plan.whole(place.site.settings, language, form)
    )
    if not content.selection:
        raise carries_nothing(name)
    return press, press.proof(content)


def _inspect(press: Press, proof: Proof) -> tuple[Problem, ...]:
    inspector = press.inspector()
    inspector.look(proof.letter, proof.html, proof.text, press.compile(proof))
    return inspector.problems


def _compose(place: Workplace, message: CompiledMessage, addresses: Sequence[Address]) -> tuple[list[Letter], Signature]:
    domain = message.sender.rpartition("@")[2].lower()
    signer = place.signer(domain)
    letters = [
        compose_copy(
            message,
            address=address.address,
            identity=b32encode(secrets.token_bytes(16))[:26].decode().lower(),
            leave_url=place.addresses.leave(_draw_token()),
            signer=signer,
        )
        for address in addresses
    ]
    return letters, Signature(domain, signer.selectors if signer else ())


def _draw_token() -> str:
    """Looks like a token to unsubscribe, and is nobody's: that its MAC is genuine has a chance of 1 in 2 to the 144th."""
    return secrets.token_urlsafe(UNSUBSCRIBE_LENGTH * 3 // 4)


async def _deliver(transport: Transport, letters: Sequence[Letter]) -> list[Reply]:
    """The reply to each letter, all on one connection while it stands; none is tried twice."""
    replies: list[Reply] = []
    session = None
    try:
        for letter in letters:
            if session is None or not session.usable:
                session = await transport.open()
            replies.append(await send_letter(session, letter))
    except UnreachableError as error:
        replies += [error.reply] * (len(letters) - len(replies))
    finally:
        if session is not None:
            await session.close()
    return replies


def _answer(address: str, reply: Reply, relay: str) -> Answer:
    verdict = judge(reply)
    if reply.stage is Stage.LETTER or (reply.code is not None and not verdict.pause):
        words = reply.text if reply.code is None else redact_reply(f"{reply.code} {reply.text}", address)
    else:
        words = describe(reply, relay)
    doubt = "; it may have arrived" if verdict.ending is Ending.UNKNOWN else ""
    return Answer(address, verdict.ending is Ending.SENT, words + doubt)
