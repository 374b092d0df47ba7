"""What an edition carries to a reader, one rule after the other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.editions.facts import EVERYTHING
from digest.editions.selection import WITHDRAWAL_TOLD, Selection, add_to_had, build_sections, could_carry

START = datetime(2022, 2, 21, 9, tzinfo=UTC)
NOTHING = Selection()


def test_followed_topic_above_its_floor_is_new(log):
    log.add("released", "old")
    log.add("released", "march")
    log.add("released", "elsewhere", topics=("russia",))

    assert log.select({"ukraine": 1}) == Selection(new=(("march", 0),))


def test_reader_of_everything_gets_items_without_topics(log):
    log.add("released", "unsorted", topics=())

    assert log.select({EVERYTHING: 0}).new == (("unsorted", 0),)
    assert log.select({"ukraine": 0}) == NOTHING


def test_each_topic_has_its_own_floor(log):
    log.add("released", "about-russia", topics=("russia",))
    log.add("released", "about-ukraine", topics=("ukraine",))

    assert log.select({"russia": 1, "ukraine": 0}).new == (("about-ukraine", 0),)


def test_item_given_a_topic_later_is_new_to_its_followers(log):
    log.add("released", "march", topics=("russia",))
    log.add("refiled", "march", topics=("russia", "ukraine"))

    assert log.select({"ukraine": 1}).new == (("march", 0),)


def test_item_given_a_topic_later_is_no_news_to_readers_of_everything(log):
    log.add("released", "march", topics=("russia",))
    log.add("refiled", "march", topics=("russia", "ukraine"))

    assert log.select({EVERYTHING: 1}) == NOTHING


def test_newest_release_stands_first(log):
    for name in ("first", "second", "third"):
        log.add("released", name)
    log.add("corrected", "first")
    log.add("corrected", "second")

    assert [item for item, _ in log.select({"ukraine": 0}).new] == ["third", "second", "first"]
    assert [item for item, _ in log.select({}, {"first": 0, "second": 0}).corrected] == ["second", "first"]


def test_age_counts_from_the_event_to_the_moment_of_the_edition(log):
    log.add("released", "march", topics=("russia",), day=0)
    log.add("refiled", "march", topics=("russia", "ukraine"), day=40)
    moment = START + timedelta(days=75)

    assert log.select({"russia": 0}, moment=moment) == NOTHING
    assert log.select({"ukraine": 0}, moment=moment).new == (("march", 0),)
    assert log.select({"ukraine": 0}, moment=moment + timedelta(seconds=1)) == NOTHING


def test_item_older_than_memory_is_not_news_even_in_one_more_topic(log):
    """Who had it may be forgotten by then, and nobody gets an item twice."""
    log.add("released", "march", topics=("russia",), day=0)
    log.add("refiled", "march", topics=("russia", "ukraine"), day=180)
    assert log.select({"ukraine": 0}).new == (("march", 0),)

    log.add("refiled", "march", topics=("russia", "ukraine", "belarus"), day=181)
    assert log.select({"belarus": 0}) == NOTHING
    assert log.select({"belarus": 0}, max_age=timedelta(days=365)).new == (("march", 0),)


def test_item_had_is_not_new(log):
    log.add("released", "march")

    assert log.select({"ukraine": 0}, {"march": 0}) == NOTHING


def test_claimed_item_is_left_alone_altogether(log):
    log.add("released", "march")
    log.add("corrected", "march")
    log.add("released", "gone")
    log.add("withdrawn", "gone")

    assert log.select({"ukraine": 0}, {}, {"march"}) == NOTHING
    assert log.select({"ukraine": 0}, {"march": 0, "gone": 0}, {"march", "gone"}) == NOTHING


def test_withdrawn_item_is_never_new(log):
    log.add("released", "march")
    log.add("withdrawn", "march")

    assert log.select({"ukraine": 0}) == NOTHING


def test_backfill_is_mailed_to_nobody(log):
    log.add("released", "archive", backfill=True)
    log.add("corrected", "archive")

    assert log.select({"ukraine": 0}) == NOTHING
    assert log.select({EVERYTHING: 0}) == NOTHING


def test_backfilled_item_is_news_in_a_topic_it_is_given_later(log):
    log.add("released", "archive", topics=("russia",), backfill=True)
    log.add("corrected", "archive", topics=("russia", "ukraine"))

    assert log.select({"ukraine": 0}).new == (("archive", 1),)
    assert log.select({"russia": 0}) == NOTHING
    assert log.select({EVERYTHING: 0}) == NOTHING


def test_backfilled_correction_and_withdrawal_are_told_to_nobody(log):
    log.add("released", "march")
    log.add("corrected", "march", backfill=True)
    assert log.select({"ukraine": 0}, {"march": 0}) == NOTHING
    assert log.select({"ukraine": 0}).new == (("march", 0),)

    log.add("withdrawn", "march", backfill=True)
    assert log.select({"ukraine": 0}, {"march": 0}) == NOTHING
    assert log.select({"ukraine": 0}) == NOTHING


@pytest.mark.parametrize("staff", ["excluded", "barred"])
def test_staff_leave_out_new_items_but_never_corrections(log, staff: str):
    log.add("released", "march")
    log.add("corrected", "march")
    rule = {staff: frozenset(["march"])}

    assert log.select({"ukraine": 0}, **rule) == NOTHING
    assert log.select({"ukraine": 0}, {"march": 0}, **rule).corrected == (("march", 1),)


def test_correction_goes_to_all_who_had_the_item_whatever_they_follow(log):
    log.add("released", "march")
    log.add("corrected", "march", topics=("russia",))
    log.add("corrected", "march")

    assert log.select({"belarus": 0}, {"march": 0}) == Selection(corrected=(("march", 2),))
    assert log.select({"belarus": 0}, {"march": 1}) == Selection(corrected=(("march", 2),))
    assert log.select({"belarus": 0}, {"march": 2}) == NOTHING
    assert log.select({"belarus": 0}, {}) == NOTHING


def test_refile_is_told_to_nobody(log):
    log.add("released", "march")
    log.add("refiled", "march")

    assert log.select({"ukraine": 0}, {"march": 0}) == NOTHING


def test_new_item_includes_its_corrections_and_has_no_box(log):
    log.add("released", "march")
    log.add("corrected", "march")

    assert log.select({"ukraine": 0}) == Selection(new=(("march", 1),))


def test_withdrawal_is_told_once_to_those_who_had_the_item(log):
    log.add("released", "march")
    log.add("corrected", "march")
    log.add("withdrawn", "march")

    told = log.select({}, {"march": 0})

    assert told == Selection(withdrawn=("march",))
    assert log.select({}, add_to_had({"march": 0}, told)) == NOTHING


def test_early_horizon_does_not_mistake_a_told_withdrawal_for_an_untold_correction(log):
    log.add("released", "march")
    log.add("corrected", "march")
    log.add("withdrawn", "march")

    assert log.select({}, {"march": WITHDRAWAL_TOLD}, horizon=2) == NOTHING


def test_correction_alone_is_worth_a_mail():
    assert Selection(corrected=(("march", 1),))
    assert Selection(withdrawn=("march",))
    assert not NOTHING


def test_urgent_edition_carries_only_what_is_urgent(log):
    log.add("released", "alarm", urgent=True)
    log.add("released", "calm")

    assert log.select({"ukraine": 0}, urgent_only=True).new == (("alarm", 0),)


def test_urgent_edition_tells_of_items_that_were_ever_urgent(log):
    log.add("released", "alarm", urgent=True)
    log.add("released", "calm")
    log.add("corrected", "alarm", urgent=False)
    log.add("corrected", "calm")

    assert log.select({}, {"alarm": 0, "calm": 0}, urgent_only=True).corrected == (("alarm", 1),)


@pytest.mark.parametrize(("language", "version"), [("fr", "marche"), ("en", "march"), ("it", "march"), ("de", "marsch")])
def test_reader_gets_the_version_in_their_language_else_the_newsrooms(log, language: str, version: str):
    log.add("released", "marsch", language="de")
    log.add("released", "march", root="marsch")
    log.add("released", "marche", root="marsch", language="fr")

    assert log.select({"ukraine": 0}, language=language).new == ((version, 0),)


def test_reader_gets_the_original_where_the_newsroom_has_no_version(log):
    log.add("released", "marsch", language="de")
    log.add("released", "marche", root="marsch", language="fr")

    assert log.select({"ukraine": 0}, language="it").new == (("marsch", 0),)
    assert log.select({"ukraine": 0}, language="it", excluded=frozenset(["marsch"])) == NOTHING


def test_translation_waits_for_its_original_unless_it_is_in_the_readers_language(log):
    log.add("released", "marche", root="march", language="fr")

    assert log.select({"ukraine": 0}, language="en") == NOTHING
    assert log.select({"ukraine": 0}, language="fr").new == (("marche", 0),)


@pytest.mark.parametrize("version", ["march", "marche"])
def test_group_of_which_one_version_was_had_or_is_claimed_is_not_new(log, version: str):
    log.add("released", "march")
    log.add("released", "marche", root="march", language="fr")

    for language in ("en", "fr"):
        assert log.select({"ukraine": 0}, {version: 0}, language=language) == NOTHING
        assert log.select({"ukraine": 0}, {version: WITHDRAWAL_TOLD}, language=language) == NOTHING
        assert log.select({"ukraine": 0}, claimed=[version], language=language) == NOTHING


def test_early_horizon_knows_a_version_that_was_had_by_a_later_one(log):
    log.add("released", "march")
    log.add("released", "marche", root="march", language="fr")

    assert log.select({"ukraine": 0}, {"marche": 0}, language="fr", horizon=1) == NOTHING


def test_versions_follow_an_origin_that_became_a_translation(log):
    log.add("released", "marche", language="fr")
    log.add("released", "marsch", root="marche", language="de")
    log.add("released", "march")
    log.add("refiled", "marche", root="march")

    assert log.select({"ukraine": 0}, {"march": 0}, language="de") == NOTHING


def test_corrections_follow_the_version_had(log):
    log.add("released", "march")
    log.add("released", "marche", root="march", language="fr")
    log.add("corrected", "march")

    assert log.select({"ukraine": 0}, {"marche": 0}, language="fr") == NOTHING
    assert log.select({"ukraine": 0}, {"march": 0}, language="fr").corrected == (("march", 1),)


def test_version_left_out_is_not_replaced_by_another(log):
    log.add("released", "march")
    log.add("released", "marche", root="march", language="fr")

    assert log.select({"ukraine": 0}, language="fr", excluded=frozenset(["marche"])) == NOTHING


def test_version_that_is_mailed_to_nobody_or_withdrawn_does_not_stand_in_the_way(log):
    log.add("released", "march")
    log.add("released", "marche", root="march", language="fr", backfill=True)
    log.add("released", "marsch", root="march", language="de")
    log.add("withdrawn", "marsch")

    assert log.select({"ukraine": 0}, language="fr").new == (("march", 0),)
    assert log.select({"ukraine": 0}, language="de").new == (("march", 0),)


def test_version_in_another_topic_does_not_stand_in_the_way(log):
    log.add("released", "march")
    log.add("released", "marche", root="march", language="fr", topics=("russia",))

    assert log.select({"ukraine": 0}, language="fr").new == (("march", 0),)
    assert log.select({"ukraine": 0, "russia": 0}, language="fr").new == (("marche", 0),)


def test_of_two_versions_in_one_language_the_earlier_is_carried(log):
    log.add("released", "march")
    log.add("released", "marche", root="march", language="fr")
    log.add("released", "manif", root="march", language="fr")

    assert log.select({"ukraine": 0}, language="fr").new == (("marche", 0),)


def test_selection_names_every_item_that_it_claims():
    assert Selection((("a", 0),), (("b", 2),), ("c",)).items == {"a", "b", "c"}


def test_item_that_an_edition_could_carry_is_known(log):
    log.add("released", "old", day=0)
    log.add("released", "old-and-corrected", day=0)
    log.add("corrected", "old-and-corrected", day=1)
    log.add("released", "left-out", day=40)
    log.add("released", "quietly-gone", day=40)
    log.add("withdrawn", "quietly-gone", day=40, backfill=True)
    facts, rule = log.facts(), log.rule(excluded=frozenset(["left-out"]))

    assert {name for name, item in facts.items() if could_carry(item, rule)} == {"old-and-corrected", "left-out"}


def test_section_is_the_first_followed_topic_in_the_newsrooms_order(log):
    log.add("released", "march", topics=("russia", "ukraine"))
    log.add("released", "unsorted", topics=())
    order = ("belarus", "ukraine", "russia")

    def sections(interest):
        return build_sections(log.select(interest), log.facts(), interest, order)

    assert sections({"russia": 0}) == ("russia",)
    assert sections({"russia": 0, "ukraine": 2}) == ("ukraine",)
    assert sections({EVERYTHING: 0}) == ("", "ukraine")


def test_topic_that_left_the_newsroom_is_the_last_choice_of_a_section(log):
    log.add("released", "march", topics=("crimea", "ukraine"))
    interest = {"crimea": 0, "ukraine": 0}

    assert build_sections(log.select(interest), log.facts(), interest, ("ukraine",)) == ("ukraine",)
    assert build_sections(log.select(interest), log.facts(), interest, ()) == ("crimea",)


items = st.sampled_from("abc")
counted = st.lists(st.tuples(items, st.integers(0, 3)), max_size=3, unique_by=lambda pair: pair[0]).map(tuple)
selections = st.builds(Selection, counted, counted, st.lists(items, max_size=2, unique=True).map(tuple))
hads = st.dictionaries(items, st.integers(WITHDRAWAL_TOLD, 3))


@given(hads, st.lists(selections, max_size=4), st.randoms())
def test_had_is_the_same_in_whatever_order_and_however_often_it_is_settled(had, sent, random):
    shuffled = random.sample(sent, len(sent)) + sent[:1]
    results = []
    for order in (sent, shuffled):
        result = dict(had)
        for selection in order:
            result = add_to_had(result, selection)
        results.append(result)

    assert results[0] == results[1]
