"""Which way letters of a site go, and what carries them there."""

from __future__ import annotations

from digest.delivery.outbox import OutboxTransport
from digest.delivery.relay import Outbox, Relay, choose_way
from digest.delivery.smtp import SmtpTransport
from digest.delivery.transport import Transport
from digest.desk.workplace import Workplace
from digest.store.editions import read_edition
from digest.store.readers import read_sealed

__all__ = ["build_transport", "choose_list_way"]


def choose_list_way(place: Workplace, name: str, outbox: bool) -> Relay | Outbox:
    """Where the letters of an edition go; `outbox` says that they are to stay on this machine.

    Raises:
        EditionError: there is no such edition.
        DeliveryError: DIGEST_SMTP_URL does not fit, or there is none and some reader's address is a real one.
    """
    settings = place.site.settings.delivery
    with place.store.reading() as connection:
        edition = read_edition(connection, name)
        domains = (place.sealer.unseal(sealed).rpartition("@")[2] for sealed in read_sealed(connection, edition.list_id))
        return choose_way(place.site.smtp_url, outbox=outbox or settings.outbox, domains=domains)


def build_transport(place: Workplace, way: Relay | Outbox, ehlo_name: str) -> Transport:
    """What carries letters that way; to a relay it calls us by `ehlo_name`, the domain of their sender.

    Raises:
        DeliveryError: a certificate file of the relay's settings cannot be used.
    """
    return OutboxTransport(place.site.var / "outbox") if isinstance(way, Outbox) else SmtpTransport(way, ehlo_name=ehlo_name)
