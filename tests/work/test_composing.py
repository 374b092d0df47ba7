"""From a picked delivery to the copy that leaves: the same octets on each try, and nobody else's link."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest

from digest.delivery.ledger import Picked
from digest.delivery.signing_keys import build_record, make_keys
from digest.desk.letters import queue_single, read_recipient
from digest.desk.workplace import Workplace
from digest.errors import DeliveryError, StoreError, SubscriberError
from digest.mail.sample import sample_singles
from digest.settings import open_site
from digest.work.composing import Composer

NOW = datetime(2022, 2, 28, 18, 0, tzinfo=UTC)
LINK = f"https://news.example.org/press/{'ab' * 26}.atom"
SETTINGS = """
[newsroom]
name = "Test Newsroom"
title = "Test Newsroom"
zone = "Europe/London"
base_url = "https://news.example.org"
postal_address = "1 Test Street, Testtown"
tag_authority = "newsroom.example.org,2020"
[kinds.press-release]
title = "Press release"
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    """A site without anything."""
    (tmp_path / "newsroom.toml").write_text(SETTINGS, "utf-8")
    place = Workplace(open_site(tmp_path, {}), NOW)
    yield place
    place.close()


@pytest.fixture
def pick(place: Workplace) -> Callable[..., Picked]:
    """Queues a single letter of a kind, and picks it as the ledger would."""
    samples = {letter.kind: letter for letter in sample_singles() if letter.form == "full"}

    def pick_single(kind: str, address: str = "ada@example.org", link: str = LINK) -> Picked:
        letter = samples[kind]
        with place.hot.writing() as connection:
            link = link if letter.has_link else ""
            number = queue_single(place, connection, letter, read_recipient(address), link=link)
            assert number is not None
            row = connection.execute(
                "SELECT l.id, l.message_hash, l.sealed, l.link, d.domain_key FROM letter l "
                "JOIN delivery d ON d.letter_id = l.id WHERE d.id = ?",
                (number,),
            ).fetchone()
        letter_id, message, sealed, sealed_link, domain = row
        return Picked(number, None, message, None, 0, sealed, domain, letter=letter_id, link=sealed_link)

    return pick_single


def _shown(octets: bytes) -> str:
    """A copy with its text and its HTML decoded roughly."""
    if b"base64" in octets:
        parts = re.findall(rb"base64\r\n\r\n([A-Za-z0-9+/=\r\n]+)", octets)
        octets += b"".join(base64.b64decode(part) for part in parts)
    return octets.replace(b"=\r\n", b"").decode("utf-8", "replace")


def test_a_single_letter_goes_to_its_address_with_its_link(place: Workplace, pick: Callable[..., Picked]) -> None:
    letter = Composer(place).compose(pick("press-feed"))

    assert letter.recipient == "ada@example.org"
    assert letter.sender == "news@news.example.org"
    assert _shown(letter.message).count(LINK) == 4
    assert "\r\nTo: ada@example.org\r\n" in _shown(letter.message)
    assert re.fullmatch(r"<[a-z2-7]{26}@news\.example\.org>", letter.message_id)


def test_each_try_makes_the_same_octets_and_each_letter_its_own_id(place: Workplace, pick: Callable[..., Picked]) -> None:
    first, second = pick("press-feed"), pick("press-feed")

    assert Composer(place).compose(first) == Composer(place).compose(first._replace(attempt_count=3))
    assert Composer(place).compose(first).message_id != Composer(place).compose(second).message_id


def test_a_notice_has_no_link_of_its_own(place: Workplace, pick: Callable[..., Picked]) -> None:
    picked = pick("approval-wanted")

    assert picked.link is None
    assert "/u/" not in _shown(Composer(place).compose(picked).message)


def test_an_address_never_passes_for_a_link_nor_a_link_for_an_address(place: Workplace, pick: Callable[..., Picked]) -> None:
    picked = pick("press-feed")

    for swapped in (picked._replace(link=picked.sealed), picked._replace(sealed=picked.link or b"")):
        with pytest.raises(SubscriberError):
            Composer(place).compose(swapped)


def test_a_link_that_was_erased_or_does_not_fit_goes_nowhere(place: Workplace, pick: Callable[..., Picked]) -> None:
    picked = pick("press-feed")
    other = pick("press-feed", link=LINK.replace("ab", "abc"))

    for wrong in (picked._replace(link=None), picked._replace(link=other.link)):
        with pytest.raises(DeliveryError):
            Composer(place).compose(wrong)


def test_a_delivery_of_nobody_is_refused(place: Workplace, pick: Callable[..., Picked]) -> None:
    with pytest.raises(StoreError, match="no reader"):
        Composer(place).compose(pick("press-feed")._replace(letter=None))
    with pytest.raises(StoreError, match="no ready message"):
        Composer(place).compose(pick("press-feed")._replace(message_hash=None))


def test_a_single_letter_is_signed_as_all_letters_are(place: Workplace, pick: Callable[..., Picked]) -> None:
    made = [file.key for file in make_keys(place.site.keys, "news.example.org", NOW)]
    records = {f"{key.selector}._domainkey.news.example.org.".encode(): build_record(key).encode() for key in made}

    letter = Composer(place).compose(pick("press-feed"))

    assert len(records) == 2
    assert [dkim.DKIM(letter.message).verify(n, dnsfunc=lambda name, timeout=5: records[name]) for n in (0, 1)] == [True] * 2
