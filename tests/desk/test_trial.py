"""Tests of an edition: real letters to named people, and nothing about the edition or its readers changes."""

from __future__ import annotations

import email
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default

import pytest

from digest.desk.editions import set_choices
from digest.desk.signing import make_signing_keys
from digest.desk.steering import cancel
from digest.errors import DeliveryError, EditionError, SubscriberError, UsageError
from digest.subscribers.tokens import Purpose, read_token
from digest.work.catcher import Catcher, catching
from digest.work.trial import send_test


class Relay(Catcher):
    """A relay that remembers what it was told, knows nobody called gone, and drops the line behind each busy letter."""

    def __init__(self, folder) -> None:
        super().__init__(folder)
        self.greetings, self.envelopes = 0, []

    async def handle_EHLO(self, _server, session, _envelope, hostname, answers):  # noqa: N802 (aiosmtpd's name)
        self.greetings += 1
        session.host_name = hostname
        return answers

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 (aiosmtpd's name)
        if address.startswith("gone@"):
            return f"550 5.1.1 <{address}>: no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd's name)
        if envelope.rcpt_tos[0].startswith("busy@"):
            server.transport.close()
            return "421 4.3.0 come back later"
        self.envelopes.append((session.host_name, envelope.mail_from, envelope.rcpt_tos))
        return await super().handle_DATA(server, session, envelope)

    @property
    def letters(self) -> list[EmailMessage]:
        """All that were kept, in order."""
        return [email.message_from_bytes(path.read_bytes(), policy=default) for path in sorted(self.folder.glob("*.eml"))]


@pytest.fixture
def relay(tmp_path):
    with catching(tmp_path / "caught", Relay) as running:
        yield running


@pytest.fixture
def week(desk, relay):
    """A draft for two readers, one of whom follows everything; letters go to the relay."""
    desk.settings("outbox = true", "")
    desk.place.site = replace(desk.place.site, smtp_url=relay.url)
    desk.readers("ada; ben ukraine uk", since="2022-02-20")
    desk.item("one", topics="ukraine", summary="What happened in the first of two towns, told in a line.")
    desk.item("two", topics="russia", summary="What happened in the other town, in a line.")
    desk.publish("2022-02-21T10:00")
    return desk


def everything_but_the_journal(desk) -> dict[str, list[object]]:
    with closing(sqlite3.connect(desk.place.store.file)) as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = [name for name in tables if name not in ("journal", "sqlite_sequence")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in kept}


def leave_tokens(letter: EmailMessage) -> set[str]:
    return set(re.findall(r"/u/([A-Za-z0-9_-]{36})(?![A-Za-z0-9_-])", letter["List-Unsubscribe"] + bodies(letter)))


def bodies(letter: EmailMessage) -> str:
    return "".join(part.get_content() for part in letter.walk() if not part.is_multipart())


def test_it_is_the_real_letter_but_for_the_word_before_its_subject(week, relay):
    name = week.approve().id
    send_test(week.place, name, ["editor@newsroom.example.org"])
    week.send(name)

    test, *real = relay.letters
    (copy,) = [letter for letter in real if letter["To"] == "ada@example.org"]
    assert test["Subject"] == "Test: " + copy["Subject"]
    assert test["To"] == "editor@newsroom.example.org"
    own = {"Subject", "To", "Message-ID", "List-Unsubscribe", "Content-Type"}
    assert [pair for pair in test.items() if pair[0] not in own] == [pair for pair in copy.items() if pair[0] not in own]
    assert test.keys() == copy.keys()
    token, real_token = leave_tokens(test).pop(), leave_tokens(copy).pop()
    assert bodies(test).replace(token, real_token) == bodies(copy)
    assert [part.get_content_type() for part in test.walk()] == [part.get_content_type() for part in copy.walk()]


def test_the_way_out_of_a_test_is_nobodys(week, relay):
    send_test(week.place, week.prepare().id, ["a@example.org", "b@example.org"])

    tokens = [leave_tokens(letter) for letter in relay.letters]
    assert [len(found) for found in tokens] == [1, 1] and tokens[0] != tokens[1]
    for token in tokens[0] | tokens[1]:
        with pytest.raises(SubscriberError):
            read_token(week.place.keys, token, Purpose.UNSUBSCRIBE, week.now)
    identities = [letter["Message-ID"] for letter in relay.letters]
    assert all(re.fullmatch(r"<[a-z2-7]{26}@newsroom\.example\.org>", one) for one in identities)
    assert len(set(identities)) == 2


def test_a_test_changes_nothing_whatever_has_become_of_the_edition(week, relay):
    name = week.prepare().id

    def test() -> EmailMessage:
        before = everything_but_the_journal(week)
        trial = send_test(week.place, name, ["editor@example.org"], actor="Ben")
        assert [answer.was_taken for answer in trial.answers] == [True]
        assert everything_but_the_journal(week) == before
        return relay.letters[-1]

    letters = [test()]
    week.approve()
    letters.append(test())
    assert week.send(name).counts == {"sent": 2}
    letters.append(test())

    assert week.sql("SELECT state FROM edition") == [("finished",)]
    assert {letter["Subject"] for letter in letters} == {"Test: Russia: Title of two"}
    assert {len(bodies(letter)) for letter in letters} == {len(bodies(letters[0]))}
    tested = [(entry.actor, entry.detail) for entry in week.journal(name) if entry.action == "edition tested"]
    assert tested == [("Ben", {"letters": 1, "language": "en", "form": "full"})] * 3
    assert not any("editor" in str(entry) for entry in week.journal())


def test_a_cancelled_edition_can_be_looked_at_too(week, relay):
    name = week.approve().id
    cancel(week.place, name, actor="Ada")

    send_test(week.place, name, ["editor@example.org"])

    assert week.sql("SELECT state FROM edition") == [("cancelled",)]
    assert "Title of two" in bodies(relay.letters[0])


def test_each_person_gets_a_letter_of_their_own_over_one_connection(week, relay):
    trial = send_test(
        week.place, week.prepare().id, ["a@example.org", "Ben@example.org", "ben@Example.org", "c@example.org"]
    )

    people = ["a@example.org", "Ben@example.org", "c@example.org"]
    assert [letter["To"] for letter in relay.letters] == people
    assert relay.envelopes == [("newsroom.example.org", "digest@newsroom.example.org", [one]) for one in people]
    assert [answer.address for answer in trial.answers] == people
    assert (relay.greetings, trial.is_outbox) == (1, False)


def test_what_the_relay_says_is_told_for_each(week, relay):
    people = ["a@example.org", "gone@example.org", "busy@example.org", "d@example.org"]

    trial = send_test(week.place, week.prepare().id, people)

    assert [(answer.was_taken, answer.words) for answer in trial.answers] == [
        (True, "250 2.0.0 Kept"),
        (False, "550 5.1.1 <address>: no such mailbox"),
        (False, f"the relay 127.0.0.1:{relay.port} drops the connection: the connection was lost; it may have arrived"),
        (True, "250 2.0.0 Kept"),
    ]
    assert (relay.caught_count, relay.greetings) == (2, 2)


def test_a_relay_that_is_not_there_takes_nothing(week):
    week.place.site = replace(week.place.site, smtp_url="smtp://127.0.0.1:1")

    trial = send_test(week.place, week.prepare().id, ["a@example.org", "b@example.org"])

    assert {(one.was_taken, one.words) for one in trial.answers} == {
        (False, "the relay 127.0.0.1:1 cannot be reached: Connection refused")
    }


def test_it_can_stay_on_this_machine(week, relay):
    trial = send_test(week.place, week.prepare().id, ["a@example.org", "b@elsewhere.org"], outbox=True)

    assert trial.is_outbox and all(answer.was_taken for answer in trial.answers)
    assert week.letters().keys() == {"a", "b"}
    assert relay.caught_count == 0


def test_it_is_signed_as_the_edition_will_be(week, relay):
    make_signing_keys(week.place, actor="Ada")

    trial = send_test(week.place, week.prepare().id, ["a@example.org"])

    assert trial.signature.selectors == week.send().signature.selectors == ("r202202", "e202202")
    assert [len(letter.get_all("DKIM-Signature")) for letter in relay.letters] == [2, 2, 2]


def test_in_discreet_form_it_names_nothing_in_its_headers(week, relay):
    trial = send_test(week.place, week.prepare().id, ["a@example.org"], form="discreet")

    (letter,) = relay.letters
    assert letter["Subject"] == trial.subject == "Test: Your letter of 21 February 2022"
    assert letter.get_content_type() == "text/plain"
    head = "\n".join(f"{name}: {value}" for name, value in letter.items() if name != "List-Unsubscribe")
    assert not re.search(r"Test Newsroom|supporters|ukraine|2022-w0", head, re.IGNORECASE)


@pytest.mark.parametrize(("language", "word"), [("en", "Test: "), ("uk", "Тест: "), ("fr", "Test : "), ("ar", "تجربة: ")])
def test_it_is_marked_in_the_letters_language_and_stays_short(week, relay, language, word):
    week.settings('["en", "uk"]', '["en", "uk", "fr", "ar"]')
    week.place.site = replace(week.place.site, smtp_url=relay.url)
    name = week.prepare().id
    set_choices(week.place, name, {"subject": "A subject that is as long as one may be " * 2}, actor="Ada")

    send_test(week.place, name, ["a@example.org"], language=language)

    (letter,) = relay.letters
    assert letter["Subject"].startswith(word + "A subject that is as long")
    assert len(letter["Subject"]) <= 78
    assert letter["Content-Language"] == language


def test_what_an_inspection_finds_holds_no_test_back(week, relay):
    name = week.prepare().id
    set_choices(week.place, name, {"introduction": "Dear {{ name }},"}, actor="Ada")

    trial = send_test(week.place, name, ["a@example.org"])

    assert relay.caught_count == 1
    assert {problem.field for problem in trial.problems if problem.severity == "error"} == {"introduction"}


def test_a_site_without_https_is_named_before_anything_leaves(week, relay):
    name = week.prepare().id
    week.settings('base_url = "https://', 'base_url = "http://')
    week.reopen()

    with pytest.raises(EditionError) as refusal:
        send_test(week.place, name, ["a@example.org"])
    assert [problem.field for problem in refusal.value.problems] == ["newsroom.base_url"]
    assert relay.caught_count == 0


def test_a_person_who_is_never_to_be_mailed_gets_no_test_and_nobody_else_with_them(week, relay):
    hashed = week.place.sealer.index("never@example.org")
    week.sql("INSERT INTO suppression VALUES (?, 'complaint', 0)", hashed)
    name = week.prepare().id
    before = week.journal()

    with pytest.raises(SubscriberError, match="address 2 of --to: it is never to be mailed") as refusal:
        send_test(week.place, name, ["a@example.org", "NEVER@example.org"])

    assert "never@" not in str(refusal.value).lower()
    assert (relay.caught_count, week.journal()) == (0, before)


@pytest.mark.parametrize(
    ("to", "options", "error", "words"),
    [
        ([], {}, UsageError, "1 to 10 people, and 0 are named"),
        ([f"a{number}@example.org" for number in range(11)], {}, UsageError, "1 to 10 people, and 11 are named"),
        (["a@example.org", "nonsense"], {}, SubscriberError, "address 2 of --to: an email address must have an @-sign"),
        (["a@example.org\r\nBcc: b@example.org"], {}, SubscriberError, "address 1 of --to: .* control character"),
        (["пошта@example.org"], {}, SubscriberError, "letters before the @"),
        (["a@example.org"], {"language": "de"}, UsageError, "no such language"),
        (["a@example.org"], {"form": "loud"}, UsageError, "no such form"),
        (["a@example.org"], {"actor": "Ada\nand Ben"}, UsageError, "--as"),
        (["a@example.org"], {"name": "2022-w10-supporters"}, EditionError, "there is no such edition"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_leaves(week, relay, to, options, error, words):
    name = options.pop("name", None) or week.prepare().id
    before = week.journal()

    with pytest.raises(error, match=words) as refusal:
        send_test(week.place, name, to, **options)

    assert refusal.value.remedy
    assert (relay.caught_count, week.journal()) == (0, before)


def test_an_edition_that_carries_nothing_has_no_letter(week, relay):
    week.send()
    empty = week.prepare(extra=True).id

    with pytest.raises(EditionError, match="it carries nothing to anyone"):
        send_test(week.place, empty, ["a@example.org"])


def test_without_a_relay_only_example_addresses_are_mailed(week):
    week.place.site = replace(week.place.site, smtp_url="")
    name = week.prepare().id

    with pytest.raises(DeliveryError, match="no relay is named"):
        send_test(week.place, name, ["a@example.org", "b@elsewhere.org"])

    assert send_test(week.place, name, ["a@example.org"]).is_outbox
