"""Single letters at the desk: what waits can leave, and what it is about and that it waits hold together."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from digest.desk.letters import forget_old_letters, queue_single, read_recipient, refuse_suppressed
from digest.errors import DeliveryError, SubscriberError, TemplateError
from digest.mail.compile import read_file
from digest.mail.sample import sample_singles
from digest.store.files import read_variant

LINK = f"https://news.example.org/press/{'ab' * 26}.atom"


@pytest.fixture
def letters():
    """A letter of each kind."""
    return {letter.kind: letter for letter in sample_singles() if letter.form == "full"}


def queue(desk, letter, address="ada@example.org", **options):
    """Queues a letter as staff would."""
    link = options.pop("link", LINK if letter.has_link else "")
    with desk.place.hot.writing() as connection:
        return queue_single(desk.place, connection, letter, read_recipient(address), link=link, **options)


def test_each_kind_of_letter_can_be_queued(desk, letters):
    numbers = [queue(desk, letter) for letter in letters.values()]

    assert len(set(numbers)) == len(letters) == 7
    assert {row[0] for row in desk.sql("SELECT kind FROM letter")} == set(letters)


def test_address_and_link_are_sealed_each_for_its_own_place(desk, letters):
    queue(desk, letters["press-feed"])
    ((sealed, link, hashed, domain),) = desk.sql(
        "SELECT l.sealed, l.link, l.address_hash, d.domain_key FROM letter l JOIN delivery d ON d.letter_id = l.id"
    )
    sealer = desk.place.sealer

    assert sealer.unseal(sealed) == "ada@example.org"
    assert sealer.unseal_link(link) == LINK
    assert hashed == sealer.index("ADA@example.org")
    assert domain == sealer.domain_key("example.org")
    with pytest.raises(SubscriberError):
        sealer.unseal(link)


def test_a_letter_without_a_link_seals_none(desk, letters):
    queue(desk, letters["approval-wanted"])

    assert desk.sql("SELECT link FROM letter") == [(None,)]


def test_the_ready_message_is_there_before_its_row_and_tells_nobodys_address(desk, letters):
    queue(desk, letters["press-feed"], "canary@reader.example")
    ((name,),) = desk.sql("SELECT message_hash FROM letter")

    message = read_file(read_variant(desk.place.site.var, name))

    assert message.hash == name
    assert message.leave_length == len(LINK)
    for path, data in desk.bytes_below("."):
        assert b"canary" not in data and LINK.encode() not in data, path


def test_a_readers_letter_belongs_to_their_subscription(desk, letters):
    desk.publish("2022-02-20T10:00")
    desk.readers("ada")
    queue(desk, letters["preferences"], subscription=1, epoch=3)

    assert desk.sql("SELECT subscription_id, epoch FROM delivery") == [(1, 3)]


def test_an_occasion_is_told_once_and_not_rendered_again(desk, letters, monkeypatch):
    first = queue(desk, letters["approval-wanted"], occasion="draft 1")
    monkeypatch.setattr("digest.desk.letters.render_single", None)

    assert first is not None
    assert queue(desk, letters["approval-wanted"], occasion="draft 1") is None


@pytest.mark.parametrize("link", [f"{LINK} ", "javascript:alert(1)", "http://news.example.org/press/a.atom", "", "x" * 20])
def test_a_link_that_could_not_leave_is_refused_before_anything_waits(desk, letters, link):
    with pytest.raises((DeliveryError, ValueError)):
        queue(desk, letters["press-feed"], link=link)

    assert desk.sql("SELECT * FROM letter") == []


@pytest.mark.parametrize(
    "address", ["", "nobody", "two@example.org,three@example.org", "ві́ра@example.org", "a@b.c\r\nBcc: x"]
)
def test_an_address_that_cannot_be_mailed_is_refused_without_being_repeated(address):
    with pytest.raises(SubscriberError) as refusal:
        read_recipient(address)

    assert not address or address not in str(refusal.value)


@pytest.mark.parametrize("door", ["hot", "store"])
def test_the_very_first_letter_makes_the_keys_inside_its_transaction(desk, letters, door):
    """Opening them from another connection would wait for this very transaction, in vain."""
    assert not (desk.folder / "keys").exists()

    with getattr(desk.place, door).writing() as connection:
        queue_single(desk.place, connection, letters["approval-wanted"], read_recipient("ada@example.org"))

    desk.reopen()
    ((sealed,),) = desk.sql("SELECT sealed FROM letter")
    assert desk.place.sealer.unseal(sealed) == "ada@example.org"


def test_keys_that_a_waiting_letter_needs_are_not_made_anew(desk, letters):
    queue(desk, letters["approval-wanted"])
    for file in (desk.folder / "keys").iterdir():
        file.unlink()
    desk.reopen()

    with pytest.raises(SubscriberError):
        desk.place.keys  # noqa: B018 (opening them is what is tried)


def test_who_is_suppressed_can_be_refused(desk):
    address = read_recipient("ada@example.org")
    with desk.place.hot.writing() as connection:
        refuse_suppressed(desk.place, connection, address)
    desk.sql("INSERT INTO suppression VALUES (?, 'asked', 0)", desk.place.sealer.index("Ada@example.org"))

    with pytest.raises(SubscriberError, match="never to be mailed") as refusal, desk.place.hot.writing() as connection:
        refuse_suppressed(desk.place, connection, address)
    assert "ada" not in str(refusal.value).lower()


def test_what_fails_afterwards_leaves_no_letter(desk, letters):
    with pytest.raises(sqlite3.OperationalError), closing(sqlite3.connect(desk.place.hot.file)) as plain:
        plain.isolation_level = None
        plain.execute("BEGIN IMMEDIATE")
        queue_single(desk.place, plain, letters["approval-wanted"], read_recipient("ada@example.org"))
        plain.execute("INSERT INTO nowhere VALUES (1)")

    assert desk.sql("SELECT count(*) FROM delivery") == [(0,)]


def test_notices_to_staff_go_out_whatever_the_sites_templates_are_like(desk, letters):
    """That they are broken is what staff may have to be told; letters to others are refused."""
    desk.write("templates/mail/single.html", "{% if %}")
    desk.reopen()

    assert queue(desk, letters["approval-wanted"]) is not None
    with pytest.raises(TemplateError):
        queue(desk, letters["press-feed"])
    assert desk.sql("SELECT kind FROM letter") == [("approval-wanted",)]


def test_old_letters_are_forgotten(desk, letters):
    for number in range(3):
        queue(desk, letters["approval-wanted"], occasion=str(number))
    desk.sql("UPDATE delivery SET state = 'sent', outcome_at = 1")

    assert forget_old_letters(desk.place) == 2
    assert forget_old_letters(desk.place) == 0
