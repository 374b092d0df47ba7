"""Sender, subject, preheader, excerpts, pictures and the text part: what staff can mend is named with where it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.settings import Mailbox


def _has(sheet, expected):
    return any(expected in line for line in sheet.inspect())


def test_every_sample_is_in_order(letter, press):
    assert press(letter).inspect() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"subject": " "}, "error subject: it is empty"),
        ({"subject": "Word " * 16}, "warning subject: it has more than 78 characters"),
        ({"subject": "RUSSIA: POLICE BREAK UP marches"}, "warning subject: it is written in capitals"),
        ({"subject": "РОСІЯ: ПОЛІЦІЯ РОЗГАНЯЄ марш"}, "warning subject: it is written in capitals"),
        ({"subject": "USA: UN"}, ""),
        ({"subject": "Free at last! Home!"}, "warning subject: it has several exclamation marks"),
        ({"subject": "Free at last!"}, ""),
        ({"subject": "Re: your letter"}, "warning subject: it begins like an answer"),
        ({"subject": "FWD : news"}, "warning subject: it begins like an answer"),
        ({"subject": "Report: what happened"}, ""),
        ({"subject": "News 🎉 of the week"}, "warning subject: it holds an emoji"),
        ({"subject": "News ✊ of the week"}, "warning subject: it holds an emoji"),
        ({"subject": "№ 5 © — “news”"}, ""),
        ({"subject": "Ne\u200bws"}, "warning subject: it holds characters that nobody sees"),
        ({"subject": "Act now for Ukraine"}, "warning subject: filters count “act now” against a letter"),
        ({"subject": "Поздравляем с победой", "language": "ru"}, "warning subject: filters count “поздравляем”"),
        ({"subject": "Reactnowhere"}, ""),
        ({"introduction": "A special offer for you"}, "warning introduction: filters count “special offer”"),
        ({"preheader": "Short"}, "warning preheader: it should have 30 to 200 characters"),
        ({"preheader": "x" * 201}, "warning preheader: it should have 30 to 200 characters"),
        ({"preheader": "RUSSIA: Police break up marches while censors order silence"}, "warning preheader: it repeats"),
        ({"sender": Mailbox("", "news@news.example.org")}, "error sender: it has no name"),
        ({"sender": Mailbox("News", "No-Reply@news.example.org")}, "warning sender: No-Reply@news.example.org takes no"),
        ({"sender": Mailbox("News", "donotreply@news.example.org")}, "takes no answers"),
        ({"reply_to": "Desk <noreply@example.org>"}, "warning reply_to: noreply@example.org takes no answers"),
        ({"unnamed_count": 21}, "warning items: more than 20 items are only named"),
    ],
)
def test_what_stands_in_the_list_of_letters_is_looked_at(press, make_letter, changes, expected):
    letter = make_letter(3, **changes)
    rendered = replace(press(replace(letter, sender=Mailbox("News", "news@news.example.org"))), letter=letter, message=None)
    found = [line for line in rendered.inspect() if "a word is too long" not in line]

    assert any(expected in line for line in found) if expected else found == []


def test_phrases_of_an_item_are_its_own(press, make_letter):
    letter = make_letter(3)
    own = replace(letter, subject="Russia: Act now, say doctors", lead=replace(letter.lead, title="Act now, say doctors"))

    assert not _has(press(own), "filters count")


@pytest.mark.parametrize(
    ("field", "words", "expected"),
    [
        (
            "introduction",
            "See https://a.example/?utm_source=x.",
            "error introduction: the link https://a.example/?utm_source",
        ),
        ("introduction", "See bit.ly/abc for more", "warning introduction: the link https://bit.ly/abc hides where"),
        ("introduction", "See http://192.0.2.7/", "warning introduction: the link http://192.0.2.7/ leads to a number"),
        ("introduction", "See [the page](https://a.example/)", "warning introduction: Markdown does nothing there"),
        ("preheader", "This is **bold** and long enough to be shown", "warning preheader: Markdown does nothing there"),
        ("introduction", "This is <b>bold</b>", "error introduction: HTML does nothing there"),
        (
            "introduction",
            "Dear {{ name }}",
            "{{ name }}; letters hold nothing personal; write it anew: digest edition set ID --intro",
        ),
        ("title", "The week of {{ name }}", "error title: template code stands in it"),
        ("postal_address", "1 {{ street }}", "error newsroom.postal_address: template code stands in it"),
    ],
)
def test_what_staff_wrote_is_named_with_its_place(press, make_letter, field, words, expected):
    sheet = press(make_letter(3, **{field: words}))

    assert _has(sheet, expected)
    assert not _has(sheet, "look at the template")


def test_code_in_the_title_of_a_kind_or_topic_is_named(press, make_letter):
    letter = make_letter(3)
    (first, *rest) = letter.sections
    assert _has(press(replace(letter, lead=replace(letter.lead, kind="{{ kind }}"))), "error kinds: template code")
    assert _has(press(replace(letter, sections=(replace(first, heading="{{ x }}"), *rest))), "error topics: template code")


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("He said: “We will not …", "error item item-0: its summary breaks off inside a quotation"),
        ("Он сказал: «Мы не уйдём...", "error item item-0: its summary breaks off inside a quotation"),
        ("He said: “We will not [...]", "error item item-0: its summary breaks off inside a quotation"),
        ("He said: “We will not go.", "warning item item-0: its summary begins a quotation that does not end"),
        ("He said (as ever…", "warning item item-0: its summary opens a bracket that is not closed"),
        ("The police killed 1…", "warning item item-0: its summary breaks off behind “1”"),
        ("This was told to Mr. …", "warning item item-0: its summary breaks off behind “Mr.”"),
        ("In 2022 it’s the workers’ turn: “we go”…", ""),
        ("They came in 2022", ""),
    ],
)
def test_an_excerpt_that_breaks_off_is_found(press, make_letter, summary, expected):
    letter = make_letter(3)
    found = press(replace(letter, lead=replace(letter.lead, summary=summary))).inspect()

    assert any(expected in line for line in found) if expected else found == []


def test_notes_and_reasons_are_looked_at_too(press, make_letter, correction, withdrawal):
    notices = {
        "corrections": (replace(correction, note="It said “we…"),),
        "withdrawals": (replace(withdrawal, reason="It said “we…"),),
    }
    found = press(make_letter(3, **notices)).inspect()

    assert any("error item item-90: its correction breaks off" in line for line in found)
    assert any("error item item-91: its reason breaks off" in line for line in found)


def _picture(letter, **changes):
    picture = replace(letter.lead.picture, **changes)
    return replace(letter, lead=replace(letter.lead, picture=picture))


def test_what_is_wrong_with_a_photo_is_named_with_its_item(press, make_letter):
    letter = make_letter(3)
    assert _has(press(_picture(letter, credit="")), "error item item-0: its photo has no credit")
    assert _has(
        press(_picture(letter, alt=letter.lead.title)), "warning item item-0: the alternative text of its picture is th"
    )
    assert _has(press(_picture(letter, alt="")), "error item item-0: the picture https")
    assert _has(press(_picture(letter, src="http://news.example.org/a.jpg")), "error item item-0: the picture http://")
    assert not _has(press(_picture(letter, src="http://127.0.0.1/a.jpg")), "not loaded by https")


def test_an_items_own_page_may_lack_https_but_not_track(press, make_letter):
    letter = make_letter(3)
    plain = press(replace(letter, lead=replace(letter.lead, link="http://elsewhere.example/1")))
    tracked = press(replace(letter, lead=replace(letter.lead, link="https://elsewhere.example/?utm_medium=mail")))

    assert [line for line in plain.inspect() if line.startswith("error")] == []
    assert _has(plain, "warning item item-0: the link http://elsewhere.example/1 is not https")
    assert _has(tracked, "error item item-0: the link https://elsewhere.example/?utm_medium=mail holds utm_medium")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("THE WEEK", "{{ title }}", "error text: template code was left in it: {{ title }}"),
        ("\n-- \n", "\n--\n", "warning text: it has no footer"),
        ("THE WEEK", "&nbsp;THE", "error text: an HTML entity stands in it: &nbsp;"),
        ("THE WEEK", "<b>THE", "error text: an HTML element stands in it: <b>"),
        ("THE WEEK", "long words " * 8, "warning text: a line has more than 72 characters"),
        ("1 Example Street", "", "error text: the postal address does not stand in it"),
        ("The Newsroom", "", "error text: the newsroom's name does not stand in it"),
        ("A preschool", "", "error item item-1: its title is missing in the text"),
        (
            "https://news.example.org/items/item-1/",
            "https://elsewhere.example/",
            "error html: it lacks the link https://els",
        ),
        (
            "https://news.example.org/items/item-1/",
            "",
            "error text: it lacks the link https://news.example.org/items/item-1/",
        ),
    ],
)
def test_a_fault_of_the_text_is_found(sheet, old, new, expected):
    assert _has(sheet.write(old, new), expected)


def test_what_items_say_is_no_fault_of_the_template(press, make_letter):
    letter = make_letter(3)
    odd = replace(letter.lead, title="How {{ name }} and &amp; became <b>", summary="{% if %} &lt;p&gt; </table>")

    assert press(replace(letter, lead=odd)).inspect() == []


def test_the_link_to_leave_is_missed_in_each_part_once(sheet):
    bare = replace(sheet, html=("".join(sheet.html),), text=("".join(sheet.text),), message=None)
    found = [line for line in bare.inspect() if line.startswith("error")]

    assert [line.partition(":")[0] for line in found if "the link to leave is missing" in line] == [
        "error html",
        "error text",
    ]
    assert [line for line in found if "leave.invalid" in line] == []


def test_a_discreet_letter_lacks_no_link_either(press, make_letter):
    sheet = press(make_letter(3, form="discreet", subject="Your letter", sender=Mailbox("Letters", "mail@news.example.org")))

    assert sheet.inspect() == []
    assert _has(sheet.write("https://news.example.org/items/item-1/", ""), "error text: it lacks the link https://news")
