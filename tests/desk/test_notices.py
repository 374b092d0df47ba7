"""Notices to approvers: each is told once, by the list's own sender, and nobody's address stands in one."""

from __future__ import annotations

import re

import pytest

from digest.desk.notices import notify_approvers
from digest.mail.compile import read_file
from digest.store.files import read_variant
from digest.work.sending import send_all

APPROVERS = """
approvers = ["Ada <ada@desk.example>", "Ben Example <ben@desk.example>"]
reply_to = "desk@newsroom.example.org"
"""


@pytest.fixture
def staffed(desk):
    """A site whose list of supporters has two approvers."""
    desk.settings('[lists.supporters]\ntitle = "Supporters"', f'[lists.supporters]\ntitle = "Supporters"{APPROVERS}')
    return desk


def notify(desk, kind="approval-wanted", list_id="supporters", door="store", **options):
    """Tells the approvers, in a transaction of its own; how many letters there are."""
    options = {"occasion": "draft 2022-w09-supporters 1"} | options
    with getattr(desk.place, door).writing() as connection:
        return notify_approvers(desk.place, connection, list_id, kind, **options)


def recipients(desk):
    """To whom letters wait."""
    return [desk.place.sealer.unseal(sealed) for (sealed,) in desk.sql("SELECT sealed FROM letter ORDER BY id")]


def ready(desk):
    """What is ready to be sent, decoded roughly."""
    found = {
        name: read_file(read_variant(desk.place.site.var, name)) for (name,) in desk.sql("SELECT message_hash FROM letter")
    }
    return [b"".join(message.constants).replace(b"=\r\n", b"").decode() for message in found.values()]


@pytest.mark.parametrize("door", ["store", "hot"])
def test_every_approver_is_told_once(staffed, door):
    assert notify(staffed, door=door) == 2
    assert notify(staffed, door=door) == 0
    assert notify(staffed, door=door, occasion="draft 2022-w09-supporters 2") == 2
    assert recipients(staffed) == ["ada@desk.example", "ben@desk.example"] * 2


def test_an_approver_who_came_later_is_told_too(staffed):
    notify(staffed)
    staffed.settings('"Ada <ada@desk.example>"', '"Ada <ADA@desk.example>", "Eve <eve@desk.example>"')

    assert notify(staffed) == 1
    assert recipients(staffed)[-1] == "eve@desk.example"


def test_a_list_without_approvers_has_nobody_to_tell(desk):
    assert notify(desk) == 0
    assert notify(desk, list_id="gone") == 0
    assert desk.sql("SELECT count(*) FROM letter") == [(0,)]


def test_one_address_that_cannot_be_mailed_keeps_nobody_else_from_being_told(staffed):
    staffed.settings('"Ada <ada@desk.example>"', '"Ada <ada..x@desk.example>", "Two <BEN@desk.example>"')

    assert notify(staffed) == 1
    assert recipients(staffed)[0].lower() == "ben@desk.example"


def test_the_letter_says_what_it_is_about(staffed):
    staffed.item("one")
    staffed.publish("2022-02-21T10:00")
    staffed.readers("reader ukraine", since="2022-02-20")
    edition = staffed.prepare()
    notify(staffed, edition=edition.id, titles=["Title of one"], at=edition.moment)
    (text,) = ready(staffed)

    assert f"Subject: Please approve: {edition.id}\r\n" in text
    assert "From: Test Newsroom <digest@newsroom.example.org>\r\nReply-To: desk@newsroom.example.org\r\n" in text
    assert "Title of one" in text
    assert "Monday 21 February 2022, 10:00 (Europe/London)" in text
    assert f"digest edition approve {edition.id} --as NAME" in text


def test_the_rhythm_of_the_edition_is_named_where_the_list_has_several(staffed):
    staffed.item("one")
    staffed.publish("2022-02-21T10:00")
    edition = staffed.prepare(rhythm="at-once")
    notify(staffed, "released-since", edition=edition.id, titles=["Title"])
    (text,) = ready(staffed)

    assert "digest edition prepare supporters --rhythm at-once --refresh" in text


def test_why_an_edition_paused_is_told_without_an_address(staffed):
    why = "550 5.1.1 <reader@example.org>: no such user"
    notify(staffed, "edition-paused", edition="2022-w09-supporters", titles=[why])
    (text,) = ready(staffed)

    assert "550 5.1.1" in text
    assert "reader@" not in text


def test_nothing_but_the_sealed_row_knows_whom_a_notice_goes_to(staffed):
    staffed.sql("SELECT 1")
    notify(staffed)

    for path, data in staffed.bytes_below("."):
        if path.name != "newsroom.toml":
            assert b"ada@" not in data and b"ben@" not in data, path


def test_a_notice_is_taken_back_with_what_it_tells(staffed):
    with pytest.raises(RuntimeError), staffed.place.store.writing() as connection:
        notify_approvers(staffed.place, connection, "supporters", "slot-missed", occasion="one")
        raise RuntimeError

    assert notify(staffed, "slot-missed", occasion="one") == 2


def test_every_approver_gets_their_own_letter_from_the_lists_sender(staffed):
    """By the real sender, into the outbox; each copy names one of them alone, and what was sealed is erased."""
    staffed.publish("2022-02-21T10:00")
    notify(staffed, "letters-held", edition="2022-w09-supporters", count=2)

    report = send_all(staffed.place)

    assert report.letters == {"sent": 2}
    assert staffed.letters().keys() == {"ada", "ben"}
    for name, text in staffed.letters().items():
        assert re.findall(r"\w+@desk\.example", text) == [f"{name}@desk.example"]
        assert "Subject: 2 letters wait for your decision: Supporters" in text
    assert staffed.sql("SELECT DISTINCT sealed, link FROM letter") == [(None, None)]
    assert notify(staffed, "letters-held", edition="2022-w09-supporters", count=2) == 0
