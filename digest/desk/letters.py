"""Single letters: rendered, made ready and queued in the transaction of whatever they are about.

Either both hold or neither does. The address and the link are sealed, each for its own place; the ready message, which holds
neither, lies below var/variants/ before its row is there. They are due by the machine's clock, as all deliveries are.
"""

from __future__ import annotations

from digest.clock import real_now
from digest.desk.fencing import note_home_in
from digest.desk.workplace import Workplace
from digest.errors import SubscriberError, TemplateError
from digest.mail.compile import CompiledMessage, render_file, splice
from digest.mail.single import SingleLetter
from digest.mail.single_message import compile_single, render_single
from digest.mail.slotted import Slotted
from digest.store.files import write_variant
from digest.store.letters import NewLetter, forget_letters, has_letter, is_suppressed, queue_letter
from digest.store.sqlite import AnyConnection
from digest.subscribers.addresses import Address, parse_address
from digest.templates import Templates

__all__ = ["forget_old_letters", "queue_single", "read_recipient", "refuse_suppressed"]

_IDENTITY = "a" * 26  # as long as each delivery's


def read_recipient(text: str) -> Address:
    """The address in what somebody typed, if relays take it.

    Raises:
        SubscriberError: it cannot be mailed. The message never holds the address.
    """
    address = parse_address(text)
    if address.needs_smtputf8:
        cause = "it has letters before the @ that mail servers cannot take yet"
        raise SubscriberError("address", cause, "Name another one.")
    return address


def refuse_suppressed(place: Workplace, connection: AnyConnection, address: Address) -> None:
    """Refuse somebody who is never to be mailed, where that can be said; the ledger's fence refuses in any case.

    Raises:
        SubscriberError: the address is suppressed.
    """
    place.open_keys(connection)
    if is_suppressed(connection, place.sealer.index(address.address)):
        raise SubscriberError(
            "address", "it is never to be mailed: it stands on the list of suppressed ones", "Leave it out."
        )


def queue_single(
    place: Workplace,
    connection: AnyConnection,
    letter: SingleLetter,
    address: Address,
    *,
    link: str = "",
    occasion: str | None = None,
    subscription: int | None = None,
    epoch: int = 0,
) -> int | None:
    """Queue a single letter, due now; the number of its delivery, None when its occasion was told before.

    Args:
        connection: a transaction that writes.
        address: whom it goes to, as `read_recipient` gives it.
        link: what stands in its place for a link; empty for a letter without one.
        occasion: what is said once only; None for a letter that may come again.
        subscription: the reader's number, with the `epoch` in which the letter is worth sending; None for other people.

    Raises:
        TemplateError: it cannot be made with the site's templates.
        DeliveryError: address or link do not fit a letter.
        SubscriberError: the keys are missing, or another site's.
        OSError: the ready message cannot be written.
    """
    if occasion is not None and has_letter(connection, occasion):
        return None
    place.open_keys(connection)
    message = _make_ready(place, letter, address, link)
    sealer = place.sealer
    row = NewLetter(
        kind=letter.kind,
        message_hash=message.hash,
        sealed=sealer.seal(address.address),
        address_hash=sealer.index(address.address),
        domain_key=sealer.domain_key(address.domain),
        link=sealer.seal_link(link) if link else None,
        occasion=occasion,
        subscription=subscription,
        epoch=epoch,
    )
    note_home_in(connection, place.hot.file)
    write_variant(place.site.var, message.hash, render_file(message))
    return queue_letter(connection, row, real_now())


def forget_old_letters(place: Workplace) -> int:
    """Remove what is left of letters that came to rest 30 days ago, and their ready messages; how many."""
    with place.hot.writing() as connection:
        return forget_letters(connection, place.site.var, real_now())


def _make_ready(place: Workplace, letter: SingleLetter, address: Address, link: str) -> CompiledMessage:
    """The letter as a ready message, of which a copy was made on trial: nothing waits that could not leave."""
    message = compile_single(letter, *_render(place, letter), place.now, len(link.encode()))
    message_id = f"<{_IDENTITY}@{letter.sender.domain}>"
    splice(message, to=address.address.encode(), message_id=message_id.encode(), leave_url=link.encode())
    return message


def _render(place: Workplace, letter: SingleLetter) -> tuple[Slotted | None, Slotted]:
    try:
        return render_single(letter, place.templates)
    except TemplateError:
        if letter.notice is None:
            raise
        return render_single(letter, Templates())  # staff hear of what waits, whatever state their templates are in
