"""Which way letters of a site go, how fast, and what carries them there."""

from __future__ import annotations

from collections.abc import Callable

from digest.delivery.failover import Candidate, Failover
from digest.delivery.outbox import OutboxTransport
from digest.delivery.pacing import FREE, Pacing
from digest.delivery.relay import Outbox, Relay, Way, choose_way
from digest.delivery.smtp import SmtpTransport
from digest.delivery.transport import Transport
from digest.desk.workplace import Workplace
from digest.store.editions import read_edition
from digest.store.readers import read_sealed

__all__ = ["build_pacing", "build_transport", "choose_list_way", "count_connections"]


def choose_list_way(place: Workplace, name: str, outbox: bool) -> Way:
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


def build_transport(
    place: Workplace, way: Way, ehlo_name: str, tell: Callable[[str], None] = lambda _sentence: None
) -> Transport:
    """What carries letters that way; to a relay it calls us by `ehlo_name`, the domain of their sender.

    Args:
        tell: is told in a sentence when one of several relays is given up for a while, and when it is back.

    Raises:
        DeliveryError: a certificate file of a relay's options cannot be used.
    """
    if isinstance(way, Outbox):
        return OutboxTransport(place.site.var / "outbox")
    usual = place.site.settings.delivery.letters_per_connection
    relays = [
        SmtpTransport(relay, ehlo_name=ehlo_name, most_letters=usual if relay.letters is None else relay.letters)
        for relay in way.chosen
    ]
    if len(relays) == 1:
        return relays[0]
    return Failover([Candidate(one, _count_for(place, one.relay)) for one in relays], tell)


def count_connections(place: Workplace, way: Way) -> int:
    """How many connections a run may have: as many as the relay that takes most at a time."""
    if isinstance(way, Outbox):
        return place.site.settings.delivery.connections
    return max(_count_for(place, relay) for relay in way.chosen)


def _count_for(place: Workplace, relay: Relay) -> int:
    return place.site.settings.delivery.connections if relay.connections is None else relay.connections


def build_pacing(place: Workplace, way: Way) -> Pacing:
    """How fast letters may leave that way; those that stay on this machine are not held up."""
    if isinstance(way, Outbox):
        return FREE
    return Pacing.of(place.site.settings, way.chosen, place.sealer.domain_key)
