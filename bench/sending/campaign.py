"""A site with one frozen edition for as many readers as are asked for: real keys, real addresses, one ready message."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bench.sites.edition import MOMENT, build_filling, build_variants
from bench.sites.ours import write_site
from digest.desk.workplace import Workplace
from digest.mail.compile import CompiledMessage, render_file
from digest.mail.pieces import Inliner
from digest.mail.proof import build_proof
from digest.settings import open_site
from digest.store.files import write_variant
from digest.store.sqlite import connect, transaction
from digest.subscribers.tokens import UNSUBSCRIBE_LENGTH

__all__ = ["EDITION", "build_message", "open_place", "write_campaign"]

EDITION = "2022-w09-supporters"
_SETTINGS = """
[lists.supporters]
title = "Supporters"
sender = "The Newsroom <news@news.example.org>"
rhythms = ["weekly"]
"""
_CARRIED = 14
"""So many items make a letter of about 45 KB."""


def open_place(folder: Path) -> Workplace:
    """The site at the edition's moment."""
    return Workplace(open_site(folder, {}), MOMENT)


def build_message(leave_length: int) -> CompiledMessage:
    """The ready message of a variant."""
    filling = build_filling()
    content = next(build_variants(filling, 1, _CARRIED))
    return build_proof(content, filling, Inliner(filling.templates)).compile(MOMENT, leave_length)


def write_campaign(folder: Path, letters: int) -> None:
    """A site in a new folder whose one edition is being sent to that many readers."""
    write_site(folder, (), _SETTINGS)
    place = open_place(folder)
    message = build_message(len(place.addresses.leave("")) + UNSUBSCRIBE_LENGTH)
    write_variant(place.site.var, message.hash, render_file(message))
    sealer, domain_key = place.sealer, place.sealer.domain_key("example.org")
    with closing(connect(place.store.file)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        with transaction(connection):
            connection.execute("INSERT INTO interest VALUES (1, 'a', '{}')")
            connection.execute("INSERT INTO had VALUES (1, 'a', '{}')")
            connection.execute(
                "INSERT INTO edition (id, list_id, rhythm, period, state, moment, horizon, changed_by, changed_what, "
                "changed_at, approved_hash, frozen_hash, started_at, audience_count) "
                "VALUES (?, 'supporters', 'weekly', '2022-w09', 'sending', 0, 0, 'bench', 'made', 0, 'h', 'h', 1, ?)",
                (EDITION, letters),
            )
            connection.execute(
                "INSERT INTO variant (id, edition_id, hash, content, language, form, message_hash) "
                "VALUES (1, ?, 'v', '', 'en', 'full', ?)",
                (EDITION, message.hash),
            )
            connection.executemany(
                "INSERT INTO subscription (id, list_id, sealed, address_hash, domain_key, state, interest_id, had_id, "
                "rhythm, language, form, created_at) "
                "VALUES (?, 'supporters', ?, ?, ?, 'active', 1, 1, 'weekly', 'en', 'full', 0)",
                (
                    (number, sealer.seal(f"reader-{number}@example.org"), number.to_bytes(8, "big"), domain_key)
                    for number in range(1, letters + 1)
                ),
            )
            connection.execute(
                "INSERT INTO delivery (subject, edition_id, variant_id, subscription_id, epoch, domain_key, state, next_at, "
                "created_at) SELECT 'edition', ?, 1, id, 1, domain_key, 'queued', 1, 1 FROM subscription ORDER BY id",
                (EDITION,),
            )
    place.close()
