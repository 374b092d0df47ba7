"""Editions: prepared as often as one likes, changed on the revision seen, and sent only as they were approved."""

from __future__ import annotations

import pytest

from digest.desk.approving import approve, check_approved, freeze_edition
from digest.desk.editions import list_editions, prepare, set_choices, show
from digest.desk.preview import write_preview
from digest.desk.readers import remove_reader
from digest.desk.steering import cancel
from digest.errors import EditionError, UsageError
from digest.work.sending import send

READERS = "ada; ben ukraine; eve russia uk"


@pytest.fixture
def week(desk):
    """Three readers, and two items that are new to them."""
    desk.item("zero", "2022-02-20")
    desk.publish("2022-02-20T10:00")
    desk.readers(READERS, since="2022-02-20")
    desk.item("one")
    desk.item("two", topics="russia")
    desk.publish("2022-02-21T10:00")
    return desk


def row(desk, name):
    return desk.sql("SELECT state, revision, horizon, changed_by, changed_what FROM edition WHERE id = ?", name)[0]


def new(plan):
    return {carried for variant in plan.variants for carried, _ in variant.content.selection.new}


# Preparing.


@pytest.mark.parametrize(
    ("list_id", "options", "name"),
    [
        ("supporters", {}, "2022-w08-supporters"),
        ("supporters", {"rhythm": "at-once"}, "2022-02-21-supporters-at-once-1"),
        ("supporters", {"extra": True}, "2022-w08-extra-1-supporters"),
        ("press", {}, "2022-02-21-press-at-once-1"),
        ("press", {"rhythm": "daily"}, "2022-02-21-press-daily"),
        ("press", {"rhythm": "daily", "extra": True}, "2022-02-21-extra-1-press-daily"),
    ],
)
def test_ids_tell_period_list_and_rhythm(desk, list_id, options, name):
    assert desk.prepare(list_id, **options).id == name


def test_a_schedule_names_the_period(desk):
    desk.settings('rhythms = ["weekly", "at-once"]', 'rhythms = ["weekly", "at-once"]\nschedule.weekly = "Fri 09:00"')
    desk.at("2022-02-26T08:00")
    assert desk.prepare().id == "2022-w08-supporters"
    desk.at("2022-02-26T10:00")
    assert desk.prepare().id == "2022-w09-supporters"


def test_an_unknown_list_or_rhythm_is_refused_naming_those_there_are(desk):
    with pytest.raises(UsageError, match=r"newsroom\.toml has no such list"):
        desk.prepare("friends")
    with pytest.raises(UsageError, match="it has no rhythm daily") as refusal:
        desk.prepare("supporters", rhythm="daily")
    assert refusal.value.remedy == "Its rhythms are: weekly, at-once."


def test_preparing_a_draft_again_moves_it_on_and_keeps_what_staff_chose(week):
    first = prepare(week.place, "supporters", actor="Ada")
    assert (first.is_new, first.edition.horizon, new(first.plan)) == (True, 3, {"one", "two"})
    set_choices(week.place, first.edition.id, {"title": "Our week", "lead": "two"}, actor="Ben")
    week.item("three", "2022-02-22")
    week.publish("2022-02-22T10:00")
    again = prepare(week.place, "supporters", actor="Eve")

    assert again.edition.id == first.edition.id
    assert (again.is_new, again.edition.horizon, again.edition.moment) == (False, 4, week.now)
    assert new(again.plan) == {"one", "two", "three"}
    assert (again.edition.choices.title, again.edition.choices.lead) == ("Our week", "two")
    assert again.edition.changed_by == "Eve"


def test_preparing_again_when_nothing_moved_is_no_new_revision(week):
    edition = week.prepare()
    assert week.prepare() == edition
    assert [entry.action for entry in week.journal(edition.id)] == ["edition prepared"]


def test_preparing_an_approved_one_leaves_it_and_names_what_came_since(week):
    approved = week.approve()
    week.item("three", "2022-02-22")
    week.publish("2022-02-22T10:00")
    again = prepare(week.place, "supporters")

    assert again.edition == approved
    assert [item.id for item in again.released_since] == ["three"]
    assert new(again.plan) == {"one", "two"}


def test_a_refresh_returns_an_approved_one_to_draft_and_takes_that_in(week):
    approved = week.approve()
    week.item("three", "2022-02-22")
    week.publish("2022-02-22T10:00")
    again = prepare(week.place, "supporters", refresh=True)

    assert (again.edition.id, again.edition.state, again.edition.approved_hash) == (approved.id, "draft", None)
    assert new(again.plan) == {"one", "two", "three"}


def test_a_sent_one_is_never_prepared_again_but_an_extra_can_be_made(week):
    name = week.send().edition.id
    week.item("three", "2022-02-22")
    week.publish("2022-02-22T10:00")
    again = prepare(week.place, "supporters", refresh=True)
    assert (again.edition.id, again.edition.state) == (name, "finished")
    assert [item.id for item in again.released_since] == ["three"]

    extras = [prepare(week.place, "supporters", extra=True) for _ in range(2)]
    assert [extra.edition.id for extra in extras] == ["2022-w08-extra-1-supporters", "2022-w08-extra-2-supporters"]
    assert new(extras[0].plan) == {"three"}


def test_at_once_the_days_draft_is_moved_on_and_after_it_a_new_one_begins(week):
    week.readers("press", "press", since="2022-02-20")
    first = week.approve("press")
    assert first.id == "2022-02-21-press-at-once-1"
    week.send(first.id)
    week.item("three")
    week.publish("2022-02-21T11:00")
    second = [week.prepare("press") for _ in range(2)]
    assert {edition.id for edition in second} == {"2022-02-21-press-at-once-2"}
    week.prepare("press", extra=True)
    week.at("2022-02-22T09:00")
    assert week.prepare("press").id == "2022-02-22-press-at-once-1"


def test_after_a_cancel_a_part_follows_for_those_who_got_nothing(week):
    name = week.approve().id
    set_choices(week.place, name, {"title": "Our week"}, actor="Ada")
    approve(week.place, name, actor="Ada")
    freeze_edition(week.place, name, actor="Ada")
    week.sql("UPDATE delivery SET state = 'sent', outcome_at = 0 WHERE subscription_id = 1")
    cancel(week.place, name, actor="Ada")
    part = prepare(week.place, "supporters")

    assert (part.edition.id, part.is_new, part.edition.choices.title) == (f"{name}-part-2", True, "Our week")
    assert part.plan.reader_count == 2
    approve(week.place, part.edition.id, actor="Ada")
    send(week.place, part.edition.id)
    assert week.letters().keys() == {"ben", "eve"}


def test_a_draft_that_was_cancelled_becomes_a_draft_again(week):
    edition = week.approve()
    cancel(week.place, edition.id, actor="Ada")
    again = prepare(week.place, "supporters")
    assert (again.edition.id, again.edition.state, again.edition.approved_hash) == (edition.id, "draft", None)


def test_an_edition_of_an_earlier_moment_ends_where_the_log_ended_then(week):
    moment = week.now
    week.item("three", "2022-02-22")
    week.publish("2022-02-22T10:00")
    week.item("four", "2022-02-23")
    week.publish("2022-02-23T10:00")
    made = prepare(week.place, "supporters", at=moment)
    assert (made.edition.horizon, made.edition.moment, new(made.plan)) == (3, moment, {"one", "two"})
    assert prepare(week.place, "supporters").edition.horizon == 5


def test_an_earlier_moment_never_brings_back_what_was_corrected_since(week):
    """Else it would tell readers what is known to be wrong."""
    moment = week.now
    week.item("one", corrections="[{date: 2022-02-22, note: It was Tuesday.}]")
    week.publish("2022-02-22T10:00")
    made = prepare(week.place, "supporters", at=moment)
    assert made.edition.horizon == 4
    assert {pair for variant in made.plan.variants for pair in variant.content.selection.new} == {("one", 1), ("two", 0)}


def test_nothing_to_carry_still_makes_the_edition_but_nobody_can_approve_it(week):
    week.send()
    week.at("2022-02-28T10:00")
    made = prepare(week.place, "supporters")
    assert (made.edition.id, made.plan.variants, made.plan.empty_count) == ("2022-w09-supporters", (), 3)
    with pytest.raises(EditionError, match="it carries nothing to anyone"):
        approve(week.place, made.edition.id, actor="Ada")
    assert row(week, made.edition.id)[0] == "draft"


def test_items_older_than_the_lists_age_are_no_news(desk):
    desk.settings('at_once = "urgent"', 'at_once = "urgent"\nmax_age = "3 d"')
    desk.item("one", "2022-02-20")
    desk.publish("2022-02-20T10:00")
    desk.item("two", "2022-01-01")
    desk.publish("2022-02-22T10:00")
    desk.readers("ada", since="2022-02-01")
    desk.at("2022-02-23T10:00:01")
    assert new(prepare(desk.place, "supporters").plan) == {"two"}, "its entry counts, not its date"
    desk.at("2022-02-26T10:00")
    assert new(prepare(desk.place, "supporters").plan) == set()


# What staff decide.


def test_a_stale_revision_is_refused_naming_who_changed_what(week):
    edition = week.prepare()
    changed = set_choices(week.place, edition.id, {"lead": "two"}, revision=edition.revision, actor="Ben")
    with pytest.raises(EditionError, match=r"Ben has changed it since \(set lead\)"):
        set_choices(week.place, edition.id, {"title": "Late"}, revision=edition.revision, actor="Ada")
    assert set_choices(week.place, edition.id, {"title": "T"}, revision=changed.revision, actor="Ada").choices.lead == "two"


def test_every_choice_reaches_the_letters_and_the_journal(week):
    name = week.prepare().id
    choices = {
        "title": "Our week",
        "subject": "A word",
        "preheader": "Before",
        "introduction": "Hello.",
        "order": ("one", "two"),
    }
    set_choices(week.place, name, choices, actor="Ada")
    approve(week.place, name, actor="Ben")
    send(week.place, name)
    text = week.letters()["ada"]

    assert "Subject: A word" in text
    assert all(word in text for word in ("Our week", "Before", "Hello."))
    assert text.index("Title of one") < text.index("Title of two")
    entries = [(entry.actor, entry.action, entry.detail.get("changed")) for entry in week.journal(name)]
    assert entries[:3] == [
        ("staff", "edition prepared", None),
        ("Ada", "edition changed", "introduction, order, preheader, subject, title"),
        ("Ben", "edition approved", None),
    ]


@pytest.mark.parametrize(
    "how", [{"changes": {"lead": "moon"}}, {"changes": {"order": ("one", "moon")}}, {"exclude": ["moon"]}, {"bar": ["moon"]}]
)
def test_an_item_that_the_edition_does_not_know_is_refused(week, how):
    edition = week.prepare()
    with pytest.raises(EditionError, match="it knows no item moon") as refusal:
        set_choices(week.place, edition.id, how.pop("changes", {}), **how, actor="Ada")
    assert edition.id in refusal.value.remedy
    assert show(week.place, edition.id).edition == edition


def test_an_item_released_after_the_horizon_is_not_known_yet(week):
    edition = week.prepare()
    week.item("three", "2022-02-22")
    week.publish("2022-02-22T10:00")
    with pytest.raises(EditionError, match="it knows no item three"):
        set_choices(week.place, edition.id, {"lead": "three"}, actor="Ada")


def test_setting_nothing_is_refused(week):
    with pytest.raises(UsageError, match="nothing to set"):
        set_choices(week.place, week.approve().id, {}, actor="Ada")
    assert row(week, "2022-w08-supporters")[0] == "approved"


def test_a_choice_returns_an_approved_edition_to_draft_and_a_frozen_one_takes_none(week):
    edition = week.approve()
    changed = set_choices(week.place, edition.id, {"title": "T"}, actor="Ada")
    assert (changed.state, changed.approved_hash, changed.approved_by) == ("draft", None, None)
    with pytest.raises(EditionError, match=r"it is a draft and cannot be sent \(Ada: set title\)"):
        send(week.place, edition.id)
    approve(week.place, edition.id, actor="Ada")
    freeze_edition(week.place, edition.id, actor="Ada")
    with pytest.raises(EditionError, match="it is frozen and cannot be changed"):
        set_choices(week.place, edition.id, {"title": "U"}, actor="Ada")


def test_what_is_left_out_this_time_comes_with_the_next_edition(week):
    name = week.prepare().id
    set_choices(week.place, name, {}, exclude=["one"], actor="Ada")
    assert new(show(week.place, name).plan) == {"two"}
    approve(week.place, name, actor="Ada")
    send(week.place, name)
    week.at("2022-02-28T10:00")
    assert new(prepare(week.place, "supporters").plan) == {"one"}


def test_an_exclusion_can_be_taken_back(week):
    name = week.prepare().id
    set_choices(week.place, name, {}, exclude=["one", "two"], actor="Ada")
    set_choices(week.place, name, {}, include=["one"], actor="Ada")
    assert new(show(week.place, name).plan) == {"one"}


def test_an_item_kept_off_a_list_can_be_let_in_again(week):
    name = week.prepare().id
    set_choices(week.place, name, {}, bar=["one"], actor="Ada")
    assert new(show(week.place, name).plan) == {"two"}

    set_choices(week.place, name, {}, unbar=["one"], actor="Ada")

    assert new(show(week.place, name).plan) == {"one", "two"}


def test_an_approval_tells_what_the_inspection_finds_worth_a_look(week):
    name = week.prepare().id
    set_choices(week.place, name, {"preheader": "Short."}, actor="Ada")
    warnings = []

    approve(week.place, name, actor="Ben", warn=warnings.append)

    assert any(warning.field == "preheader" for warning in warnings)


def test_what_is_kept_off_a_list_never_comes_there(week):
    week.readers("press", "press", since="2022-02-20")
    name = week.prepare().id
    set_choices(week.place, name, {}, bar=["one"], actor="Ada")
    assert new(show(week.place, name).plan) == {"two"}
    week.at("2022-02-28T10:00")
    assert new(prepare(week.place, "supporters").plan) == {"two"}
    assert new(prepare(week.place, "press").plan) == {"one", "two"}


# Approving.


def test_an_approval_names_who_gave_it_and_what_it_covers(week):
    edition = approve(week.place, week.prepare().id, actor="Ada")
    assert (edition.state, edition.approved_by, edition.approved_at) == ("approved", "Ada", week.now)
    assert {
        "item one",
        "item two",
        "setting newsroom",
        "setting lists.supporters",
        "order",
        "moment",
    } <= edition.manifest.keys()
    assert {"page en full", "page uk discreet", "file templates/mail/edition.html"} <= edition.manifest.keys()
    assert week.journal(edition.id)[-1].detail == {"hash": edition.approved_hash}


def test_the_same_edition_approved_twice_has_one_hash(week):
    first = week.approve()
    assert approve(week.place, first.id, actor="Ben").approved_hash == first.approved_hash


def test_what_was_looked_at_can_be_named(week):
    name = week.prepare().id
    with pytest.raises(EditionError, match="no longer what was looked at"):
        approve(week.place, name, actor="Ada", expected="0" * 64)
    hashed = approve(week.place, name, actor="Ada").approved_hash
    assert approve(week.place, name, actor="Ada", expected=hashed).state == "approved"


def test_another_logo_under_the_same_name_is_a_change(week):
    week.write("templates/theme.toml", '[logo]\nfile = "logo.jpg"\n')
    logo = week.place.site.folder / "templates" / "logo.jpg"
    week.photo("logo.jpg").rename(logo)
    week.reopen()
    edition = week.approve()
    week.photo("logo.jpg", b"another").rename(logo)
    week.reopen()

    with pytest.raises(EditionError, match=r"the logo of theme\.toml has changed"):
        send(week.place, edition.id)


def test_what_must_not_go_out_cannot_be_approved(week):
    name = week.prepare().id
    set_choices(week.place, name, {"introduction": "Dear {{ name }},"}, actor="Ada")
    with pytest.raises(EditionError, match="must not go out like this") as refusal:
        approve(week.place, name, actor="Ada")
    assert refusal.value.problems
    assert row(week, name)[0] == "draft"


def change_template(desk):
    shipped = (desk.place.templates.read_bytes("mail/edition.txt")).decode()
    desk.write("templates/mail/edition.txt", shipped + "\nP.S.\n")


def change_theme(desk):
    desk.write("templates/theme.toml", '[light]\nink = "#101010"\n')


def change_locale(desk):
    shipped = desk.place.templates.read_bytes("locale/uk.po").decode()
    desk.write("templates/locale/uk.po", shipped + '\nmsgid "Never heard"\nmsgstr "?"\n')


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (change_template, "file templates/mail/edition.txt has changed"),
        (change_theme, "file templates/theme.toml has changed"),
        (change_locale, "file templates/locale/uk.po has changed"),
        (lambda desk: desk.settings("1 Test Street", "2 Test Street"), "setting newsroom has changed"),
        (lambda desk: desk.settings("<digest@", "<weekly@"), "setting lists.supporters has changed"),
        (
            lambda desk: desk.settings('[topics.russia]\ntitle = "Russia"', '[topics.russia]\ntitle = "R"'),
            "setting topics has",
        ),
        (lambda desk: desk.settings('title = "Update"', 'title = "News"'), "setting kinds has changed"),
        (lambda desk: desk.sql("INSERT INTO barred VALUES ('supporters', 'one', 0)"), "kept off the list has changed"),
        (lambda desk: desk.readers("new ukraine", since="2022-02-01"), "item zero is new"),
    ],
)
def test_whatever_changes_after_the_approval_makes_the_sending_refuse_and_name_it(week, change, named):
    edition = week.approve()
    change(week)
    week.reopen()
    with pytest.raises(EditionError, match="is no longer what Ada approved, and is a draft again") as refusal:
        send(week.place, edition.id)
    assert named in refusal.value.cause
    state, revision, _, by, what = row(week, edition.id)
    assert (state, revision, by) == ("draft", edition.revision + 1, "digest")
    assert named in what
    assert week.journal(edition.id)[-1].action == "edition returned to draft"
    assert week.sql("SELECT count(*) FROM delivery") == [(0,)]
    with pytest.raises(EditionError, match="it is a draft and cannot be sent") as refusal:
        send(week.place, edition.id)
    assert named in refusal.value.cause

    assert approve(week.place, edition.id, actor="Ada").approved_hash != edition.approved_hash
    assert send(week.place, edition.id).edition.state == "finished"


@pytest.mark.parametrize("how", ["refiled", "corrected", "withdrawn"])
def test_an_item_published_anew_returns_the_edition_to_draft_with_a_new_horizon(week, how):
    edition = week.approve()
    week.item(
        "one",
        title="Changed",
        corrections="[{date: 2022-02-22, note: Wrong.}]" if how == "corrected" else "",
        withdrawn="{date: 2022-02-22, reason: Wrong.}" if how == "withdrawn" else "",
    )
    report = week.publish("2022-02-22T10:00")

    assert [stopped.edition for stopped in report.stopped] == [edition.id]
    state, _, horizon, _, what = row(week, edition.id)
    assert (state, horizon, what) == ("draft", 4, f"item one was {how}")
    with pytest.raises(EditionError, match=f"item one was {how}"):
        send(week.place, edition.id)


def test_an_item_that_the_edition_cannot_carry_returns_nothing(week):
    edition = week.approve()
    week.item("later", "2022-02-22")
    week.publish("2022-02-22T10:00")
    week.item("later", "2022-02-22", title="Changed")
    assert week.publish("2022-02-22T11:00").stopped == ()
    assert row(week, edition.id)[0] == "approved"


def test_a_file_that_was_edited_but_not_published_changes_nothing(week):
    edition = week.approve()
    week.item("one", title="Edited")
    week.reopen()
    assert send(week.place, edition.id).edition.state == "finished"
    assert "Title of one" in week.letters()["ada"]


def test_a_reader_who_leaves_does_not_undo_an_approval(week):
    """What is sent is a part of what was approved, though nobody gets the item that they alone were to get."""
    week.readers("solo russia", since="2022-02-20")
    for name in ("ada", "eve"):
        remove_reader(week.place, "supporters", f"{name}@example.org", actor="Ada")
    edition = week.approve()
    remove_reader(week.place, "supporters", "solo@example.org", actor="Ada")
    report = send(week.place, edition.id)

    assert (report.edition.state, report.counts) == ("finished", {"sent": 1})
    assert week.letters().keys() == {"ben"}


def test_an_edition_that_has_lost_its_last_reader_is_not_sent(week):
    edition = week.approve()
    for name in ("ada", "ben", "eve"):
        remove_reader(week.place, "supporters", f"{name}@example.org", actor="Ada")
    with pytest.raises(EditionError, match="nobody is left to get it"):
        send(week.place, edition.id)


def test_looking_at_what_would_be_sent_is_the_same_check(week):
    edition = week.approve()
    assert check_approved(week.place, edition.id).plan.reader_count == 3
    week.settings("1 Test Street", "2 Test Street")
    with pytest.raises(EditionError, match="setting newsroom has changed"):
        check_approved(week.place, edition.id)


# Freezing and what follows.


def test_a_freeze_makes_one_delivery_a_reader_and_is_done_once(week):
    edition = week.approve()
    frozen = freeze_edition(week.place, edition.id, actor="Ada")
    assert (frozen.state, frozen.frozen_hash, frozen.audience_count) == ("frozen", edition.approved_hash, 3)
    assert freeze_edition(week.place, edition.id, actor="Ada") == frozen
    assert week.carried(edition.id) == {
        "reader 1": ({"one", "two"}, set(), set()),
        "reader 2": ({"one"}, set(), set()),
        "reader 3": ({"two"}, set(), set()),
    }


def test_sending_again_mails_nobody(week):
    first = week.send()
    letters = dict(week.bytes_below("var/outbox"))
    again = send(week.place, first.edition.id)
    assert (again.edition.state, again.counts) == ("finished", {"sent": 3})
    assert dict(week.bytes_below("var/outbox")) == letters


def test_the_next_edition_carries_only_what_is_new_a_backdated_item_included(week):
    week.send()
    week.item("backdated", "2021-06-01")
    week.item("history", "2021-06-02", status="draft")
    week.publish("2022-02-28T10:00")
    week.item("history", "2021-06-02")
    week.publish("2022-02-28T10:30", backfill=True)
    name = week.send().edition.id
    assert name == "2022-w09-supporters"
    assert week.carried(name) == {
        "reader 1": ({"backdated"}, set(), set()),
        "reader 2": ({"backdated"}, set(), set()),
    }


def test_what_an_open_delivery_holds_is_in_no_other_edition(week):
    edition = week.approve()
    freeze_edition(week.place, edition.id, actor="Ada")
    week.item("three", "2022-02-22")
    week.publish("2022-02-22T10:00")
    assert new(prepare(week.place, "supporters", extra=True).plan) == {"three"}


def test_what_failed_comes_again(week):
    name = week.approve().id
    freeze_edition(week.place, name, actor="Ada")
    week.sql("UPDATE delivery SET state = CASE subscription_id WHEN 1 THEN 'failed' ELSE 'sent' END, outcome_at = 0")
    week.sql("UPDATE edition SET state = 'finished'")
    week.at("2022-02-28T10:00")
    made = prepare(week.place, "supporters")
    assert (made.plan.reader_count, new(made.plan)) == (1, {"one", "two"})


def test_corrections_and_withdrawals_go_to_those_who_had_the_item(week):
    week.send()
    week.item("one", corrections="[{date: 2022-02-24, note: It was Tuesday.}]")
    week.item("two", topics="russia", withdrawn="{date: 2022-02-24, reason: It was wrong.}")
    week.publish("2022-02-24T10:00")
    week.readers("new", since="2022-02-20")
    week.at("2022-02-28T10:00")
    name = week.send().edition.id
    assert week.carried(name) == {
        "reader 1": (set(), {"one"}, {"two"}),
        "reader 2": (set(), {"one"}, set()),
        "reader 3": (set(), set(), {"two"}),
        "reader 4": ({"one"}, set(), set()),
    }
    letters = week.letters()
    assert "It was Tuesday." in letters["ben"]
    assert "It was wrong." in letters["eve"]
    assert "It was Tuesday." not in letters["eve"]
    week.at("2022-03-07T10:00")
    assert prepare(week.place, "supporters").plan.variants == ()


def test_the_web_view_comes_out_with_the_first_copy_and_labels_what_changes_later(week):
    name = week.approve().id
    page = week.folder / "public" / "editions" / name / "index.html"
    week.publish()
    assert not page.exists()
    send(week.place, name)
    assert "Title of one" in page.read_text()
    assert (page.parent / "uk" / "index.html").exists()

    week.item("one", withdrawn="{date: 2022-02-24, reason: It was wrong.}")
    week.publish("2022-02-24T10:00")
    assert "Title of two" in page.read_text()
    assert "Body of one" not in page.read_text()


# Growing old.


def test_settled_readers_come_to_share_an_interest_and_nothing_else_changes(week):
    """Old floors fall to nought, and still nobody is sent what came out before they signed up, not even by an old moment."""
    week.settings('at_once = "urgent"', 'at_once = "urgent"\nmax_age = "10 d"')
    week.item("early", "2022-02-19")
    week.publish("2022-02-21T11:00")
    week.readers("late ukraine", since="2022-02-21")
    old = week.now
    week.send()
    for day in ("2022-03-07", "2022-03-14", "2022-03-21"):
        week.item(f"of-{day}", day)
        week.publish(f"{day}T10:00")
        name = week.send().edition.id
        assert all(carried == ({f"of-{day}"}, set(), set()) for carried in week.carried(name).values())

    interests = dict(week.sql("SELECT s.id, floors FROM subscription s JOIN interest i ON i.id = s.interest_id"))
    assert interests[2] == interests[4] == '{"ukraine":0}'
    assert week.sql("SELECT value FROM fact WHERE name = 'settled supporters'") == [("5",)]
    made = prepare(week.place, "supporters", extra=True, at=old)
    assert made.plan.variants == ()


# A list that is no more.


def test_an_edition_whose_list_is_gone_is_refused_with_the_remedy_everywhere(week, tmp_path):
    edition, sent = week.approve(), week.approve("supporters", extra=True)
    freeze_edition(week.place, sent.id, actor="Ada")
    text = (week.folder / "newsroom.toml").read_text()
    head, _, tail = text.partition("[lists.supporters]")
    (week.folder / "newsroom.toml").write_text(head + tail[tail.index("[lists.press]") :])
    week.reopen()

    for act in (
        lambda: show(week.place, edition.id),
        lambda: approve(week.place, edition.id, actor="Ada"),
        lambda: send(week.place, edition.id),
        lambda: send(week.place, sent.id),
        lambda: check_approved(week.place, edition.id),
        lambda: write_preview(week.place, edition.id, tmp_path / "out"),
    ):
        with pytest.raises(EditionError, match=r"newsroom\.toml no longer has its list supporters") as refusal:
            act()
        assert "Put the table [lists.supporters] back" in refusal.value.remedy
    assert show(week.place, sent.id).plan is None
    assert [one.id for one in list_editions(week.place)] == sorted([edition.id, sent.id])
    week.item("one", title="Changed")
    assert week.publish("2022-02-22T10:00").stopped == ()
    assert cancel(week.place, edition.id, actor="Ada").state == "cancelled"


def test_an_edition_that_does_not_exist_is_refused_naming_the_newest(week):
    with pytest.raises(EditionError, match="there is no such edition") as refusal:
        show(week.place, "2022-w08-supportes")
    assert refusal.value.remedy == "Make one with: digest edition prepare LIST"
    week.prepare()
    with pytest.raises(EditionError) as refusal:
        show(week.place, "2022-w08-supportes")
    assert "2022-w08-supporters" in refusal.value.remedy
