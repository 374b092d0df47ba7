"""From a picked delivery to the letter that leaves: the address unsealed, the slots filled, the copy signed."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from digest.delivery.ledger import Picked
from digest.delivery.transport import Letter
from digest.desk.workplace import Workplace
from digest.errors import StoreError
from digest.mail.compile import CompiledMessage, read_file, splice_parts
from digest.mail.dkim import Signer
from digest.store.files import read_variant
from digest.subscribers.tokens import build_unsubscribe

__all__ = ["Composer", "compose_copy"]


class Composer:
    """Makes the copy of a picked delivery. Ready messages and signing keys are read once; any number of threads may ask."""

    def __init__(self, place: Workplace) -> None:
        self._keys, self._sealer, self._addresses, self._var = place.keys, place.sealer, place.addresses, place.site.var
        self._message = lru_cache(maxsize=64)(self._read)
        self._signer = lru_cache(maxsize=None)(place.signer)

    def compose(self, picked: Picked) -> Letter:
        """One letter of an edition, or a single letter; the same octets on each try.

        Raises:
            StoreError: the ready message is missing or damaged.
            SubscriberError: the address or a single letter's link cannot be unsealed.
            DeliveryError: a signing key cannot be used.
        """
        if picked.message_hash is None:
            raise StoreError(f"delivery {picked.id}", "it has no ready message", "Prepare the edition again.")
        message = self._message(picked.message_hash)
        return compose_copy(
            message,
            address=self._sealer.unseal(picked.sealed),
            identity=self._sealer.delivery_id(picked.id),
            leave_url=self._find_link(picked),
            signer=self._signer(message.domain),
        )

    def _find_link(self, picked: Picked) -> str:
        """What its reader alone can follow: the way out of an edition, a single letter's own link, or nothing."""
        if picked.letter is not None:
            return self._sealer.unseal_link(picked.link) if picked.link is not None else ""
        if picked.subscription is None:
            raise StoreError(f"delivery {picked.id}", "it has no reader", "Prepare the edition again.")
        return self._addresses.leave(build_unsubscribe(self._keys, picked.subscription))

    def _read(self, message_hash: str) -> CompiledMessage:
        """The ready message of that name; its bytes must still be those that were approved."""
        subject = f"var/variants/{message_hash[:2]}/{message_hash}"
        remedy = "Restore var/variants from a backup; or cancel the edition, prepare it again and approve that."
        try:
            data = read_variant(self._var, message_hash)
        except OSError as error:
            raise StoreError(subject, f"the ready message cannot be read ({error.strerror})", remedy) from None
        if hashlib.sha256(data).hexdigest() != message_hash:
            raise StoreError(subject, "the ready message is not what was approved: its file was changed", remedy)
        return read_file(data)


def compose_copy(
    message: CompiledMessage, *, address: str, identity: str, leave_url: str, signer: Signer | None = None
) -> Letter:
    """One copy of a ready message, signed when there is somebody to sign. Its envelope has the sender of its From line.

    Args:
        leave_url: what stands in its places for a link; empty for a message without one.
        identity: what stands before the @-sign of the Message-ID: 26 characters of base32 in lower case.

    Raises:
        DeliveryError: a value does not fit the message.
    """
    message_id = f"<{identity}@{message.domain}>"
    parts = splice_parts(message, to=address.encode(), message_id=message_id.encode(), leave_url=leave_url.encode())
    if signer is not None:
        parts = [signer.sign(b"".join(parts), relaxed=message.is_relaxed)]
    return Letter(message.sender, address, message_id, parts, message.has_dots)
