"""Staff make and change the keys that sign letters; the journal says who."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.delivery.ledger import Picked
from digest.desk.approving import freeze_edition
from digest.desk.signing import activate_signing_keys, make_signing_keys, read_signing_keys
from digest.errors import DeliveryError, SubscriberError, UsageError
from digest.work.composing import Composer
from digest.work.sending import rehearse, send


def names(files):
    return [one.path.name for one in files]


def test_keys_are_made_for_every_senders_domain_and_the_journal_knows(desk):
    (found,) = make_signing_keys(desk.place, actor="Ada")

    assert found.domain == "newsroom.example.org"
    assert names(found.files) == names(found.changed) == ["r202202.pem", "e202202.pem"]
    (entry,) = desk.journal("newsroom.example.org")
    assert (entry.actor, entry.action) == ("Ada", "signing keys made")
    assert entry.detail == {"selectors": ["r202202", "e202202"]}


def test_what_changes_nothing_stands_in_no_journal(desk):
    make_signing_keys(desk.place, actor="Ada")
    (found,) = make_signing_keys(desk.place, actor="Ben")

    assert found.changed == [] and names(found.files) == ["r202202.pem", "e202202.pem"]
    assert len(desk.journal("newsroom.example.org")) == 1
    (read,) = read_signing_keys(desk.place)
    assert names(read.files) == names(found.files) and not read.changed


def test_rotation_is_two_steps(desk):
    make_signing_keys(desk.place, actor="Ada")
    with pytest.raises(UsageError, match="no new keys wait"):
        activate_signing_keys(desk.place, actor="Ada")

    make_signing_keys(desk.place, anew=True, actor="Ada")
    assert desk.place.signer("newsroom.example.org").selectors == ("r202202", "e202202")

    activate_signing_keys(desk.place, "Newsroom.Example.ORG", actor="Ben")
    assert desk.place.signer("newsroom.example.org").selectors == ("r202202b", "e202202b")
    assert [entry.action for entry in desk.journal("newsroom.example.org")] == [
        "signing keys made",
        "signing keys made",
        "signing keys put to use",
    ]


@pytest.mark.parametrize("domain", ["example.org", "..", "newsroom.example.org/x"])
def test_a_domain_that_no_list_sends_from_is_refused(desk, domain):
    with pytest.raises(UsageError, match="no list sends from it"):
        make_signing_keys(desk.place, domain, actor="Ada")
    assert not (desk.folder / "keys" / "dkim").exists()


def test_no_key_is_made_where_it_would_be_published(desk):
    desk.place.site = replace(desk.place.site, keys_folder=desk.folder / "public" / "keys")

    with pytest.raises(SubscriberError, match="must not lie in"):
        make_signing_keys(desk.place, actor="Ada")


def test_a_bad_key_stops_a_send_before_anything_is_frozen(desk):
    desk.readers("ada")
    desk.item("one")
    desk.publish()
    name = desk.approve().id
    make_signing_keys(desk.place, actor="Ada")
    (desk.folder / "keys/dkim/newsroom.example.org/r202202.pem").write_text("gone")

    with pytest.raises(DeliveryError, match="no private key"):
        send(desk.place, name)
    with pytest.raises(DeliveryError, match="no private key"):
        rehearse(desk.place, name)
    assert desk.sql("SELECT state FROM edition") == [("approved",)]


def test_signing_can_be_left_to_the_relay(desk):
    make_signing_keys(desk.place, actor="Ada")
    desk.settings("outbox = true", "outbox = true\nsign = false")

    assert desk.place.signer("newsroom.example.org") is None


def test_a_copy_that_is_made_again_is_the_same_to_the_last_octet(desk):
    desk.readers("ada; ben - uk")
    desk.item("one")
    desk.publish()
    make_signing_keys(desk.place, actor="Ada")
    freeze_edition(desk.place, desk.approve().id, actor="Ada")
    query = "SELECT d.id, d.edition_id, v.message_hash, d.subscription_id, d.epoch, s.sealed, s.domain_key FROM delivery d"
    joins = "JOIN variant v ON v.id = d.variant_id JOIN subscription s ON s.id = d.subscription_id"
    picked = [Picked(*row) for row in desk.sql(f"{query} {joins}")]
    assert len(picked) == 2

    first = [Composer(desk.place).compose(one) for one in picked]
    desk.reopen()
    desk.at("2022-03-30T10:00")
    again = [Composer(desk.place).compose(one) for one in picked]

    assert [letter.message for letter in first] == [letter.message for letter in again]
    assert all(letter.message.count(b"DKIM-Signature: ") == 2 for letter in first)
    assert {letter.sender for letter in first} == {"digest@newsroom.example.org"}
