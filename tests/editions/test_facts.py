"""What the release log says of each item."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from digest.editions.facts import EVERYTHING, build_roots, topics_entered

START = datetime(2022, 2, 21, 9, tzinfo=UTC)


def test_release_enters_everything_and_its_topics():
    assert topics_entered((), ("russia", "ukraine"), first=True) == (EVERYTHING, "russia", "ukraine")
    assert topics_entered((), (), first=True) == (EVERYTHING,)


def test_later_event_enters_only_topics_gained():
    assert topics_entered(("russia",), ("ukraine", "russia"), first=False) == ("ukraine",)
    assert topics_entered(("russia", "ukraine"), ("russia",), first=False) == ()


def test_facts_know_nothing_beyond_the_horizon(log):
    log.add("released", "march", topics=("russia",))
    log.add("corrected", "march", topics=("ukraine",), urgent=True)
    log.add("released", "statement")

    facts = log.facts(horizon=1)

    assert list(facts) == ["march"]
    assert (facts["march"].topics, facts["march"].corrections, facts["march"].urgent) == (("russia",), 0, False)


def test_topic_lost_and_regained_is_entered_anew(log):
    log.add("released", "march", topics=("russia", "ukraine"))
    log.add("refiled", "march", topics=("russia",))
    assert set(log.facts()["march"].entered) == {EVERYTHING, "russia"}

    log.add("refiled", "march", topics=("russia", "ukraine"))
    assert log.facts()["march"].entered["ukraine"] == (3, START + timedelta(days=2))
    assert log.facts()["march"].entered["russia"] == (1, START)


def test_item_that_was_urgent_is_known_as_such(log):
    log.add("released", "alarm", urgent=True)
    log.add("refiled", "alarm", urgent=False)

    assert (log.facts()["alarm"].urgent, log.facts()["alarm"].was_urgent) == (False, True)


def test_facts_are_those_of_the_last_event_but_release_stays_release(log):
    log.add("released", "marche", language="en", backfill=True)
    log.add("corrected", "marche", language="fr", root="march")
    item = log.facts()["marche"]

    assert (item.language, item.root, item.backfill) == ("fr", "march", True)
    assert (item.released, item.released_at, item.changed_at) == (1, START, START + timedelta(days=1))


def test_only_corrections_that_are_mailed_count(log):
    log.add("released", "march")
    log.add("corrected", "march")
    log.add("corrected", "march", backfill=True)
    log.add("refiled", "march")

    assert log.facts()["march"].corrections == 1


def test_withdrawal_by_backfill_gives_no_notice(log):
    log.add("released", "march")
    log.add("withdrawn", "march", backfill=True)
    log.add("released", "rally")
    log.add("withdrawn", "rally")
    facts = log.facts()

    assert (facts["march"].withdrawn, facts["march"].notice) == (True, False)
    assert (facts["rally"].withdrawn, facts["rally"].notice) == (True, True)


def test_roots_follow_an_origin_that_became_a_translation(log):
    log.add("released", "marche", language="fr")
    log.add("released", "marsch", root="marche", language="de")
    log.add("released", "march")
    log.add("refiled", "marche", root="march")

    assert build_roots(log.events) == dict.fromkeys(("marche", "marsch", "march"), "march")


def test_roots_that_name_each_other_do_not_hang(log):
    log.add("released", "march", root="marche")
    log.add("released", "marche", root="march")

    assert set(build_roots(log.events)) == {"march", "marche"}
