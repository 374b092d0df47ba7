"""Beginning an edition without a sender, and one sender for all that was begun."""

from __future__ import annotations

import os

import pytest

from digest.desk.editions import prepare
from digest.desk.fencing import raise_fence
from digest.desk.steering import cancel, pause
from digest.errors import DeliveryError, EditionError, Status
from digest.work.sending import begin, send, send_all


@pytest.fixture
def two(desk):
    """An approved weekly edition of supporters and an approved daily one of press, two readers each."""
    desk.item("zero", "2022-02-20")
    desk.publish("2022-02-20T10:00")
    desk.readers("ada; ben", since="2022-02-20")
    desk.readers("cleo - - daily; dora - - daily", "press", since="2022-02-20")
    desk.item("one")
    desk.publish("2022-02-21T10:00")
    desk.names = [desk.approve().id, desk.approve("press", rhythm="daily").id]
    return desk


def test_an_edition_that_is_begun_waits_for_any_sender(two):
    weekly, _ = two.names

    begun = begin(two.place, weekly, actor="Ada")

    assert (begun.state, begun.audience_count) == ("sending", 2)
    assert (two.folder / "public" / "editions" / weekly / "index.html").exists()
    assert not (two.folder / "var" / "outbox").exists()
    assert begin(two.place, weekly, actor="Ben") == begun, "repeated, nothing changes"
    assert two.journal(weekly)[-1].detail == {"audience": 2, "late": False}
    assert send(two.place, weekly).counts == {"sent": 2}


def test_an_edition_sent_after_its_moment_is_marked(two):
    begin(two.place, two.names[0], actor="the schedule", late=True)

    assert two.journal(two.names[0])[-1].detail["late"] is True


def test_what_is_not_approved_is_not_begun(two):
    draft = prepare(two.place, "supporters", extra=True).edition.id

    with pytest.raises(EditionError, match="is a draft"):
        begin(two.place, draft, actor="Ada")


def test_one_run_sends_all_that_was_begun_and_nothing_else(two):
    for name in two.names:
        begin(two.place, name, actor="Ada")
    extra = prepare(two.place, "supporters", extra=True).edition.id

    report = send_all(two.place)

    assert {one.edition.id: (one.edition.state, one.counts) for one in report.editions} == {
        name: ("finished", {"sent": 2}) for name in two.names
    }
    assert (report.report.status, report.is_outbox, report.letters) == (Status.FINISHED, True, {})
    assert two.sql("SELECT state FROM edition WHERE id = ?", extra) == [("draft",)]
    assert two.sql("SELECT count(*) FROM delivery WHERE settled = 0") == [(0,)]
    assert sorted(two.letters()) == ["ada", "ben", "cleo", "dora"]
    assert [entry.action for entry in two.journal(two.names[0])][-1] == "edition finished"
    assert send_all(two.place).editions == ()


def test_what_is_paused_by_whomever_stays_paused(two):
    weekly, daily = two.names
    for name in two.names:
        begin(two.place, name, actor="Ada")
    pause(two.place, weekly, actor="Ben")
    two.sql("UPDATE edition SET state = 'paused', paused_by = 'self', paused_reason = 'why' WHERE id = ?", daily)

    report = send_all(two.place)

    assert report.editions == ()
    assert two.sql("SELECT count(*) FROM delivery WHERE state = 'queued'") == [(4,)]
    assert send(two.place, daily).counts == {"sent": 2}, "by its id it goes on"


def test_what_pauses_itself_is_told_with_its_reason(two):
    two.settings('rhythms = ["weekly", "at-once"]', 'rhythms = ["weekly", "at-once"]\napprovers = ["Ada <ada@example.org>"]')
    two.names = [two.approve().id, two.names[1]]
    for name in two.names:
        begin(two.place, name, actor="Ada")
    (spoilt,) = two.sql("SELECT message_hash FROM variant WHERE edition_id = ?", two.names[0])
    file = two.folder / "var" / "variants" / spoilt[0][:2] / spoilt[0]
    os.truncate(file, 100)

    report = send_all(two.place)

    states = {one.edition.id: one.edition.state for one in report.editions}
    assert states == {two.names[0]: "paused", two.names[1]: "finished"}, "one that is spoilt does not stop the other"
    assert report.report.status is Status.PAUSED
    assert two.sql("SELECT kind, count(*) FROM letter GROUP BY kind") == [("edition-paused", 1)], "Ada is told"
    assert "not what was approved" in two.journal(two.names[0])[-1].detail["why"]


def test_held_letters_are_told_to_those_who_approve(two):
    two.settings('rhythms = ["weekly", "at-once"]', 'rhythms = ["weekly", "at-once"]\napprovers = ["Ada <ada@example.org>"]')
    name = two.approve().id
    begin(two.place, name, actor="Ada")
    two.sql("UPDATE delivery SET state = 'held', unknown_count = 2 WHERE subscription_id = 1")

    for _ in range(2):
        assert send(two.place, name).report.status is Status.HELD
    assert two.sql("SELECT kind FROM letter") == [("letters-held",)]


def test_a_page_that_cannot_be_written_stops_no_letter(two):
    for number, (name, broken) in enumerate([("edition.html", "{% for %}"), ("_base.html", "{% for %}")]):
        two.write(f"templates/pages/{name}", broken)
        two.reopen()
        said: list[str] = []

        report = send(two.place, two.names[number], say=said.append)

        assert report.counts == {"sent": 2}
        assert len(said) == 1 and "follows with the next publish" in said[0]


def test_a_site_that_stands_still_begins_and_sends_nothing(two):
    begin(two.place, two.names[0], actor="Ada")
    raise_fence(two.place, actor="Ada", why="it moves")

    for act in (
        lambda: begin(two.place, two.names[1], actor="Ada"),
        lambda: send(two.place, two.names[0]),
        lambda: send_all(two.place),
    ):
        with pytest.raises(DeliveryError, match="stands still"):
            act()
    assert two.sql("SELECT DISTINCT state FROM delivery") == [("queued",)]


def test_without_a_relay_nothing_leaves_for_real_addresses(two):
    begin(two.place, two.names[0], actor="Ada")
    two.settings("outbox = true", "outbox = false")
    two.place.__dict__.pop("sealer", None)
    sealed = two.place.sealer.seal("somebody@amnesty.invalid.com")
    two.sql("UPDATE subscription SET sealed = ? WHERE id = 1", sealed)

    with pytest.raises(DeliveryError, match="no relay is named"):
        send_all(two.place)
    cancel(two.place, two.names[0], actor="Ada")
    begin(two.place, two.names[1], actor="Ada")
    assert send_all(two.place).is_outbox, "what is on its way decides"
