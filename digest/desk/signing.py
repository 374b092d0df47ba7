"""The keys by which letters are signed (DKIM): make them, put new ones to use, show what belongs into the DNS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.delivery.signing_keys import KeyFile, activate_keys, make_keys, read_key_files
from digest.desk.authority import require
from digest.desk.workplace import Workplace
from digest.errors import UsageError
from digest.staff.roles import Right
from digest.store.journal import write_journal
from digest.subscribers.secret_files import judge_place

__all__ = ["DomainKeys", "activate_signing_keys", "make_signing_keys", "read_signing_keys"]


@dataclass(frozen=True, slots=True)
class DomainKeys:
    """The keys of a domain from which lists send, and those of them that this command has made or put to use."""

    domain: str
    files: Sequence[KeyFile]
    changed: Sequence[KeyFile] = ()


def read_signing_keys(place: Workplace, domain: str = "") -> list[DomainKeys]:
    """The keys of every domain that lists send from, or of one.

    Raises:
        UsageError: no list sends from that domain.
        DeliveryError: a file there is no key that can be used.
        SubscriberError: a file cannot be read, or others may read it.
    """
    return [DomainKeys(one, read_key_files(place.site.keys, one)) for one in _domains(place, domain)]


def make_signing_keys(place: Workplace, domain: str = "", *, anew: bool = False, actor: str) -> list[DomainKeys]:
    """Make the keys that are missing; or a new pair that waits to be put to use.

    Raises:
        UsageError, DeliveryError, SubscriberError: as `read_signing_keys`; or no keys can be made there, or may lie there.
    """
    require(place, actor, Right.OPERATE)
    judge_place(place.site.keys, (place.site.public, place.site.var))
    return _change(
        place, domain, "signing keys made", actor, lambda one: make_keys(place.site.keys, one, place.now, anew=anew)
    )


def activate_signing_keys(place: Workplace, domain: str = "", *, actor: str) -> list[DomainKeys]:
    """Put the keys that wait to use.

    Raises:
        UsageError: none wait; or as `read_signing_keys`.
        DeliveryError, SubscriberError: as `read_signing_keys`.
    """
    require(place, actor, Right.OPERATE)
    found = _change(place, domain, "signing keys put to use", actor, lambda one: activate_keys(place.site.keys, one))
    if not any(one.changed for one in found):
        raise UsageError("keys dkim --activate", "no new keys wait to be used", "Make some: digest keys dkim --new")
    return found


def _change(
    place: Workplace, domain: str, action: str, actor: str, change: Callable[[str], list[KeyFile]]
) -> list[DomainKeys]:
    found = []
    for one in _domains(place, domain):
        with place.hot.writing() as connection:
            changed = change(one)
            if changed:
                selectors = [file.key.selector for file in changed]
                write_journal(connection, place.now, actor, action, one, place.via, selectors=selectors)
        found.append(DomainKeys(one, read_key_files(place.site.keys, one), changed))
    return found


def _domains(place: Workplace, wanted: str) -> list[str]:
    known = sorted({one.sender.domain for one in place.site.settings.lists.values()})
    if not wanted:
        return known
    if wanted.lower() not in known:
        raise UsageError(f"--domain {wanted}", "no list sends from it", f"Lists send from: {', '.join(known) or 'nowhere'}")
    return [wanted.lower()]
