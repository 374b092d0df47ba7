"""Why somebody got an item or did not: each reason in a situation of its own, told in words that name no address."""

from __future__ import annotations

import pytest

from digest.desk.editions import set_choices
from digest.desk.explaining import _WORDS, explain
from digest.desk.fencing import raise_fence
from digest.desk.reader_care import suppress
from digest.desk.readers import remove_reader
from digest.desk.steering import cancel, pause
from digest.editions.explaining import Copy, Reason, judge_copy
from digest.errors import SubscriberError, UsageError

ADA = "ada@example.org"


@pytest.fixture
def told(desk):
    """Ada reads the supporters' list weekly; an item of that day is out. The moment is Monday, an hour later."""
    desk.item("one")
    desk.publish("2022-02-21T08:00")
    desk.readers("ada ukraine", since="2022-02-20")
    desk.at("2022-02-21T09:00")
    return desk


def why(desk, item="one", address=ADA, list_id="supporters"):
    (found,) = [one for one in explain(desk.place, address, item) if one.list_id == list_id]
    assert "@" not in found.words
    assert "{" not in found.words
    return found.verdict.reason


def test_it_was_sent(told):
    name = told.send().edition.id
    (found,) = explain(told.place, ADA, "one")
    assert (found.verdict.reason, found.got_it) == (Reason.SENT, True)
    assert found.words.startswith(f"yes: {name} went to them on ")
    assert found.copies[0].startswith(f"{name}, with it: sent on ")


def test_it_was_sent_so_long_ago_that_the_letter_is_forgotten(told):
    told.send()
    told.sql("DELETE FROM delivery")
    assert why(told) is Reason.HAD


def test_they_were_told_that_it_was_taken_back(told):
    told.send()
    told.item("one", withdrawn="{date: 2022-02-22, reason: Wrong.}")
    told.publish("2022-02-22T08:00")
    told.at("2022-02-28T09:00")
    told.send()
    assert why(told) is Reason.SENT
    told.sql("DELETE FROM delivery")
    assert why(told) is Reason.TOLD_WITHDRAWN


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE delivery SET state = 'queued'", Reason.ON_ITS_WAY),
        ("UPDATE delivery SET state = 'inflight'", Reason.ON_ITS_WAY),
        ("UPDATE delivery SET state = 'held'", Reason.HELD),
        ("UPDATE delivery SET state = 'failed', code = 550, reply = 'no such user'", Reason.FAILED),
        ("UPDATE delivery SET state = 'failed', code = 450, reply = 'mailbox is busy'", Reason.EXPIRED),
        ("UPDATE delivery SET state = 'failed', unknown_count = 2, reply = 'given up by staff'", Reason.GIVEN_UP),
        ("UPDATE delivery SET state = 'queued', unknown_count = 1", Reason.IN_DOUBT),
        ("UPDATE delivery SET state = 'cancelled'", Reason.STOPPED),
        ("UPDATE delivery SET state = 'suppressed', reply = 'left'", Reason.LEFT_BEFORE),
        ("UPDATE delivery SET state = 'suppressed', reply = 'suppressed'", Reason.SUPPRESSED_THEN),
    ],
)
def test_what_the_ledger_says_of_the_copy(told, change, reason):
    told.send()
    told.sql("UPDATE subscription SET had_id = (SELECT id FROM had WHERE sent = '{}')")
    told.sql(change)
    assert why(told) is reason
    if reason is Reason.FAILED:
        assert "(550 no such user)" in explain(told.place, ADA, "one")[0].words


def test_its_edition_is_paused_or_was_cancelled(told):
    name = told.send().edition.id
    told.sql("UPDATE subscription SET had_id = (SELECT id FROM had WHERE sent = '{}')")
    told.sql("UPDATE delivery SET state = 'queued', settled = 0")
    told.sql("UPDATE edition SET state = 'sending'")
    pause(told.place, name, actor="Ada")
    assert why(told) is Reason.EDITION_PAUSED
    cancel(told.place, name, actor="Ada")
    assert why(told) is Reason.EDITION_CANCELLED


def test_the_reader_is_out_of_reach(told):
    told.sql("UPDATE subscription SET paused_until = ?", int(told.now.timestamp()) + 60)
    assert why(told) is Reason.PAUSED
    told.sql("UPDATE subscription SET paused_until = NULL, confirmed_at = NULL, state = 'pending'")
    assert why(told) is Reason.UNCONFIRMED
    told.sql("UPDATE subscription SET confirmed_at = 1, state = 'active'")
    remove_reader(told.place, "supporters", ADA, actor="Ada")
    assert why(told) is Reason.LEFT
    suppress(told.place, ADA, reason="complaint", actor="Ada")
    assert why(told) is Reason.SUPPRESSED


def test_their_list_is_gone(told):
    told.sql("UPDATE subscription SET list_id = 'friends'")
    assert why(told, list_id="friends") is Reason.NO_LIST


def test_it_is_not_released(told):
    assert why(told, "two") is Reason.NOT_RELEASED
    with pytest.raises(UsageError, match="no item can have that id"):
        explain(told.place, ADA, "../<script>")


@pytest.mark.parametrize("name", ["one", "one.md", "items/one.md", "https://news.example.org/news/one/", " one "])
def test_an_item_is_known_by_its_file_and_its_address_too(told, name):
    assert why(told, name) is Reason.NEXT


def test_it_was_taken_back_before_any_edition(told):
    told.item("one", withdrawn="{date: 2022-02-21, reason: Wrong.}")
    told.publish("2022-02-21T08:30")
    assert why(told) is Reason.WITHDRAWN


def test_it_was_brought_in_as_an_older_item(told):
    told.item("old", "2021-02-21")
    told.publish("2022-02-21T08:30", backfill=True)
    assert why(told, "old") is Reason.BACKFILL


def test_staff_keep_it_off_the_list(told):
    told.sql("INSERT INTO barred VALUES ('supporters', 'one', 0)")
    assert why(told) is Reason.BARRED


def test_they_follow_none_of_its_topics(told):
    told.item("other", topics="russia")
    told.publish("2022-02-21T08:30")
    assert why(told, "other") is Reason.NOT_FOLLOWED
    assert "(russia)" in explain(told.place, ADA, "other")[0].words


def test_it_came_out_before_they_subscribed(told):
    told.readers("ben ukraine", since="2022-02-21")
    assert why(told, address="ben@example.org") is Reason.BEFORE


def test_it_came_out_too_long_ago(told):
    told.at("2022-04-30T09:00")
    assert why(told) is Reason.TOO_OLD


def test_it_is_not_urgent_and_they_get_urgent_items_alone(told):
    told.readers("ben ukraine - at-once", since="2022-02-20")
    assert why(told, address="ben@example.org") is Reason.NOT_URGENT


def test_another_version_of_it_comes_or_came(told):
    told.item("one-uk", language="uk", translation_of="one")
    told.publish("2022-02-21T08:30")
    told.readers("ben ukraine uk", since="2022-02-20")
    assert why(told, "one-uk") is Reason.OTHER_VERSION_DUE
    assert why(told, "one", "ben@example.org") is Reason.OTHER_VERSION_DUE
    told.send()
    assert why(told, "one-uk") is Reason.OTHER_VERSION_HAD


def test_staff_left_it_out_this_time(told):
    told.item("two")
    told.publish("2022-02-21T08:30")
    told.at("2022-02-21T09:00")
    name = told.prepare().id
    set_choices(told.place, name, {}, exclude=["one"], actor="Ada")
    assert why(told) is Reason.EXCLUDED
    assert why(told, "two") is Reason.WAITS_FOR_APPROVAL
    told.send()
    assert why(told) is Reason.EXCLUDED
    assert why(told, "two") is Reason.SENT


def test_it_comes_with_the_next_edition(told):
    assert why(told) is Reason.NEXT


def words(desk, item="one"):
    return explain(desk.place, ADA, item)[0].words


def test_nothing_is_promised_again_that_does_not_come_again(told):
    told.send()
    told.sql("UPDATE subscription SET had_id = (SELECT id FROM had WHERE sent = '{}')")
    told.sql("UPDATE delivery SET state = 'failed', code = 550, reply = 'no such user'")
    assert words(told).endswith(" (550 no such user). Since then: not yet: the next edition carries it to them")
    told.item("one", withdrawn="{date: 2022-02-22, reason: Wrong.}")
    told.publish("2022-02-22T08:00")
    assert words(told).endswith("is mailed to nobody who had not had it")


def test_after_a_pause_it_is_not_said_that_there_was_no_edition(told):
    told.readers("ben", since="2022-02-20")
    told.sql("UPDATE subscription SET paused_until = ? WHERE id = 1", int(told.now.timestamp()) + 86400)
    told.send()
    assert why(told) is Reason.PAUSED
    told.at("2022-02-23T09:00")
    assert words(told) == "not yet: the next edition carries it to them"


def test_who_came_back_had_what_they_had_before(told):
    name = told.send().edition.id
    told.sql("UPDATE subscription SET epoch = 2")
    assert words(told).startswith(f"yes: {name} went to them on ")
    told.sql("UPDATE delivery SET state = 'suppressed', reply = 'left', settled = 1")
    told.sql("UPDATE subscription SET had_id = (SELECT id FROM had WHERE sent = '{}')")
    assert why(told) is Reason.NEXT


def test_an_edition_at_once_beside_the_rhythm_is_named(told):
    told.item("now", urgent="true")
    told.publish("2022-02-21T08:30")
    told.at("2022-02-21T09:00")
    told.sql("UPDATE subscription SET urgent = 1")
    name = told.prepare(rhythm="at-once").id
    assert (why(told, "now"), why(told, "one")) == (Reason.WAITS_FOR_APPROVAL, Reason.NEXT)
    assert name in words(told, "now")


def test_what_follows_a_letter_is_listed_with_it(told):
    first = told.send().edition.id
    told.item("one", corrections='[{date: 2022-02-22, note: "A name."}]')
    told.publish("2022-02-22T08:00")
    told.at("2022-02-28T09:00")
    second = told.send().edition.id
    (found,) = explain(told.place, ADA, "one")
    assert found.words.startswith(f"yes: {first} ")
    assert [copy.partition(":")[0] for copy in found.copies] == [
        f"{second}, that told of its correction",
        f"{first}, with it",
    ]


def test_where_nothing_leaves_no_letter_is_promised(told):
    raise_fence(told.place, actor="Ada")
    assert words(told).endswith("Nothing leaves this site at present: digest fence status")


def test_it_came_out_before_they_followed_its_topic(told):
    told.sql("UPDATE interest SET floors = '{\"ukraine\":9}'")
    told.sql("UPDATE subscription SET confirmed_at = 1")
    assert why(told) is Reason.BEFORE_TOPIC


def test_each_list_has_its_own_answer(told):
    told.readers("ada russia - daily", "press", since="2022-02-20")
    reasons = {one.list_id: one.verdict.reason for one in explain(told.place, ADA, "one")}
    assert reasons == {"supporters": Reason.NEXT, "press": Reason.NOT_FOLLOWED}


def test_an_address_without_subscription_is_said_to_have_none(told):
    with pytest.raises(SubscriberError, match="it has no subscription"):
        explain(told.place, "nobody@example.org", "one")


def test_every_reason_has_its_words_and_every_state_its_reason():
    assert _WORDS.keys() == set(Reason)
    for state in ("queued", "picked", "inflight", "sent", "failed", "suppressed", "cancelled", "held"):
        assert judge_copy(Copy("2022-w08", "sending", state)).reason in Reason


def test_looking_writes_nothing(told):
    before = told.sql("SELECT count(*) FROM journal")
    explain(told.place, ADA, "one")
    assert told.sql("SELECT count(*) FROM journal") == before
