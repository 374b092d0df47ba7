"""What every act at the desk works with: the site, its database, its templates and keys, opened when first needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from digest import clock
from digest.errors import SettingsError, StoreError, SubscriberError
from digest.newsroom.addresses import Addresses
from digest.settings import Site
from digest.store.hot import HotStore, open_hot

if TYPE_CHECKING:
    from digest.mail.dkim import Signer
    from digest.mail.pieces import Inliner
    from digest.store.cache import Cache
    from digest.store.database import Store
    from digest.store.sqlite import AnyConnection
    from digest.subscribers.keys import Keys
    from digest.subscribers.sealing import Sealer
    from digest.templates import Templates

__all__ = ["Workplace", "open_workplace"]

_FINGERPRINT = "keys"


class Workplace:
    """A site at work. `now` is one moment for all that a command does."""

    def __init__(self, site: Site, now: datetime, via: str = "cli") -> None:
        self.site = site
        self.now = now
        self.via = via

    @cached_property
    def store(self) -> Store:
        """The database, made and brought up to date on first use.

        Raises:
            SettingsError: another database is asked for.
            StoreError: it is gone though the site was published before, or it cannot be used.
        """
        from digest.store.database import open_store

        _check_database(self.site)
        return open_store(self.site.var)

    @cached_property
    def hot(self) -> HotStore:
        """The same database for what must be quick; neither waits for the other to be opened.

        Raises:
            SettingsError: another database is asked for.
            StoreError: it is gone though the site was published before, or it cannot be used.
        """
        _check_database(self.site)
        return open_hot(self.site.var)

    @cached_property
    def cache(self) -> Cache | None:
        """What was kept of item files and photos; None while the site keeps nothing yet."""
        from digest.store.cache import open_cache

        return open_cache(self.site.var)

    @cached_property
    def templates(self) -> Templates:
        """The site's templates over the shipped ones."""
        from digest.templates import Templates

        return Templates(self.site.templates, self.site.var / "templates" if self.site.var.is_dir() else None)

    @cached_property
    def inliner(self) -> Inliner:
        """Renders mail, remembering the pieces that it has inlined."""
        from digest.mail.pieces import Inliner

        return Inliner(self.templates)

    @cached_property
    def addresses(self) -> Addresses:
        """The public addresses of the site."""
        return Addresses(self.site.settings.newsroom.base_url)

    @cached_property
    def keys(self) -> Keys:
        """The site's keys, made on first use.

        Raises:
            SubscriberError: they are missing though readers are stored, or they are another site's.
        """
        with self.store.reading() as connection:
            keys, is_known = self._find_keys(connection)
        if not is_known:
            with self.store.writing() as connection:
                self._keep_fingerprint(connection, keys)
        return keys

    def open_keys(self, connection: AnyConnection) -> None:
        """Open the keys inside a transaction that writes: their first use writes too, and would wait for it in vain.

        Raises:
            SubscriberError: they are missing though readers are stored, or they are another site's.
        """
        if "keys" not in self.__dict__:
            keys, is_known = self._find_keys(connection)
            if not is_known:
                self._keep_fingerprint(connection, keys)
            self.__dict__["keys"] = keys

    def _find_keys(self, connection: AnyConnection) -> tuple[Keys, bool]:
        """The keys, and whether the database knows already whose they are."""
        from digest.store.facts import read_fact
        from digest.store.readers import has_readers
        from digest.store.staff import has_codes
        from digest.subscribers.keys import fingerprint, open_keys

        known = read_fact(connection, _FINGERPRINT)
        sealed = has_readers(connection) or has_codes(connection)
        keys = open_keys(self.site.keys, make=True, existing_data=sealed, outside=(self.site.public, self.site.var))
        if known is not None and known != fingerprint(keys) and sealed:
            raise SubscriberError(
                str(self.site.keys),
                "these are not the keys that the stored addresses are sealed under",
                "Restore the keys that belong to this database, or set DIGEST_KEYS to the folder that holds them.",
            )
        return keys, known == fingerprint(keys)

    def _keep_fingerprint(self, connection: AnyConnection, keys: Keys) -> None:
        from digest.store.facts import keep_fact
        from digest.subscribers.keys import fingerprint

        keep_fact(connection, _FINGERPRINT, fingerprint(keys))

    @cached_property
    def sealer(self) -> Sealer:
        """Seals and unseals addresses."""
        from digest.subscribers.keys import read_keys
        from digest.subscribers.sealing import Sealer

        return Sealer(self.keys, reread=lambda: read_keys(self.site.keys))

    def signer(self, domain: str) -> Signer | None:
        """Who signs letters from that domain; None when there are no keys for it, or `[delivery] sign` is off.

        The files are read at each call, so that every run of a sender has the keys that are there when it begins.

        Raises:
            DeliveryError: a key is there and cannot be used.
        """
        from digest.delivery.signing_keys import read_signer

        return read_signer(self.site.keys, domain) if self.site.settings.delivery.sign else None

    def at(self, now: datetime) -> Workplace:
        """The same site at another moment, with what must not be opened or read again for that."""
        later = Workplace(self.site, now, self.via)
        later.__dict__ |= {name: self.__dict__[name] for name in ("hot", "cache", "templates") if name in self.__dict__}
        return later

    def close(self) -> None:
        """Give back what was opened."""
        if "store" in self.__dict__:
            self.store.close()


def _check_database(site: Site) -> None:
    if site.database_url:
        raise SettingsError("DIGEST_DATABASE_URL", "this version keeps everything in SQLite", "Unset it.")
    _refuse_loss(site)


def _refuse_loss(site: Site) -> None:
    """Never make a new database where one was lost: everything would be released again, and every reader forgotten."""
    file = site.var / "digest.db"
    if file.exists() and file.stat().st_size:
        return
    if any((site.var / "output").glob("*.db")):
        raise StoreError(
            str(file),
            "it is gone though this site was published before; starting anew would release everything again and "
            "forget all readers",
            "Restore it from a backup; to start anew on purpose, remove var/ and public/.",
        )


@contextmanager
def open_workplace(site: Site, now: datetime | None = None, via: str = "cli") -> Iterator[Workplace]:
    """A workplace that is closed at the end; `now` is the clock's when none is named, `via` the door people came by."""
    place = Workplace(site, now or clock.now(), via)
    try:
        yield place
    finally:
        place.close()
