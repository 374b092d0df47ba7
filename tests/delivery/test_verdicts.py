"""What answers of a relay mean, stage by stage."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.transitions import Ending
from digest.delivery.transport import Reply, Stage
from digest.delivery.verdicts import REPLY_LENGTH, Verdict, describe, judge, redact_reply

OPENING = (Stage.CONNECT, Stage.EHLO, Stage.TLS, Stage.AUTH)
replies = st.builds(
    Reply, st.sampled_from(Stage), st.none() | st.integers(100, 599), st.text(max_size=40) | st.sampled_from(["4.3.2 x"])
)


@given(replies, st.booleans(), st.booleans())
def test_only_a_body_can_leave_a_doubt_or_be_sent(reply: Reply, wide: bool, proven: bool) -> None:
    verdict = judge(reply, wide=wide, proven=proven)

    if reply.stage is not Stage.BODY:
        assert verdict.ending not in (Ending.SENT, Ending.UNKNOWN)
    if reply.stage is Stage.BODY and reply.code is None:
        assert verdict.ending is Ending.UNKNOWN and verdict.close


@given(replies, st.booleans())
def test_our_own_faults_fail_nobody(reply: Reply, proven: bool) -> None:
    verdict = judge(reply, proven=proven)

    if verdict.pause:
        assert verdict.ending is Ending.RETURNED
    if reply.stage in OPENING:
        assert verdict.ending is Ending.RETURNED and verdict.close


# How a verdict is written below: what becomes of the letter; "close" the connection is of no more use; "trouble" no answer
# about the letter; "pause" everything or "pause edition"; "domain" is left alone; "at once" it is tried again.
TABLE = """
connect  -    Connection refused                                     | returned, close, trouble
connect  421  4.3.2 too busy                                         | returned, close, trouble
connect  450  4.7.1 try again later                                  | returned, close, trouble
connect  521  this host takes no mail                                | returned, close, trouble, pause
connect  554  5.7.1 your address is on a list                        | returned, close, trouble, pause
connect  554  5.7.0 too many connections from your address           | returned, close, trouble
ehlo     421  4.3.2 closing                                          | returned, close, trouble
ehlo     451  later                                                  | returned, close, trouble
ehlo     550  5.7.1 bad name                                         | returned, close, trouble, pause
tls      -    certificate has expired                                | returned, close, trouble, pause
tls      421  4.3.2 closing                                          | returned, close, trouble
tls      454  4.7.0 TLS not available                                | returned, close, trouble
tls      501  5.5.4 no                                               | returned, close, trouble, pause
auth     -    AUTH is not offered                                    | returned, close, trouble, pause
auth     421  4.7.0 closing                                          | returned, close, trouble
auth     432  4.3.2 Concurrent connections limit exceeded            | returned, close, trouble
auth     454  4.7.0 Temporary authentication failure                 | returned, close, trouble
auth     504  5.5.4 mechanism not known                              | returned, close, trouble, pause
auth     530  5.7.0 STARTTLS first                                   | returned, close, trouble, pause
auth     534  5.7.9 mechanism is too weak                            | returned, close, trouble, pause
auth     535  5.7.8 bad credentials                                  | returned, close, trouble, pause
auth     535  5.7.8 too many tries, bad credentials                  | returned, close, trouble, pause
letter   -    the address cannot be mailed                           | failed, trouble
mail     -    the connection was lost                                | deferred, close, trouble, at once
mail     421  4.4.2 idle for too long                                | deferred, close, trouble, at once
mail     450  4.1.8 your domain was not found                        | returned, close, trouble
mail     452  4.3.1 Insufficient system storage                      | returned, close, trouble
mail     530  5.7.0 authentication required                          | returned, pause edition
mail     550  5.7.1 sender rejected                                  | returned, pause edition
mail     552  5.3.4 message size exceeds fixed limit                 | returned, pause edition
mail     550  5.4.5 Daily user sending limit exceeded                | returned, pause
rcpt     -    the connection was lost                                | deferred, close, trouble, at once
rcpt     250  what?                                                  | deferred, close, trouble, at once
rcpt     421  4.3.2 closing                                          | deferred, close, trouble, at once
rcpt     421  4.4.2 idle                                             | deferred, close, trouble, at once
rcpt     421  4.7.28 unusual rate of mail                            | deferred, close, trouble, domain
rcpt     450  4.2.1 mailbox busy                                     | deferred
rcpt     450  4.2.1 The user is receiving mail too quickly           | deferred
rcpt     450  4.2.1 Peak SMTP relay limit exceeded for customer      | deferred
rcpt     450  4.7.1 greylisted, try again in an hour                 | deferred
rcpt     450  4.7.1 Domain has exceeded the max emails per hour (200)| deferred, close, trouble, domain
rcpt     451  4.3.0 local error                                      | deferred, close, trouble
rcpt     451  4.3.2 system not accepting mail                        | deferred, close, trouble
rcpt     451  4.3.5 system incorrectly configured                    | deferred, close, trouble
rcpt     451  4.4.1 no answer from host                              | deferred, domain
rcpt     451  4.7.500 Server busy                                    | deferred
rcpt     451  4.7.650 temporarily rate limited due to IP reputation  | deferred, domain
rcpt     451  4.7.650 temporarily limited                            | deferred, domain
rcpt     451  too many messages, slow down                           | deferred, domain
rcpt     452  4.2.2 over quota                                       | deferred
rcpt     452  4.3.1 Insufficient system storage                      | returned, close, trouble
rcpt     452  4.5.3 too many recipients                               | deferred
rcpt     552  5.3.1 mail system full                                  | returned, pause
rcpt     454  4.7.0 Throttling failure: Daily message quota exceeded.| deferred, close, trouble, domain
rcpt     500  5.5.2 not recognised                                   | deferred, close, trouble, at once
rcpt     501  5.1.3 bad address syntax                               | failed
rcpt     503  5.5.1 need MAIL command                                | deferred, close, trouble, at once
rcpt     503  5.5.1 authentication required                          | returned, pause edition
rcpt     530  5.7.0 STARTTLS first                                   | returned, pause edition
rcpt     550  5.1.1 no such user                                     | failed
rcpt     550  5.2.1 The user is receiving mail at a rate too high    | failed
rcpt     550  5.2.2 mailbox has exceeded its message quota           | failed
rcpt     550  5.4.5 Daily user sending limit exceeded                | returned, pause
rcpt     550  Domain a.org has exceeded the max emails per hour (9/9)| returned, pause
rcpt     550  recipient has exceeded the max emails per hour         | failed
rcpt     550  5.7.1 you must first authenticate                      | returned, pause edition
rcpt     550  5.7.57 Client not authenticated to send mail           | returned, pause edition
rcpt     550  5.7.1 not wanted here                                  | failed
rcpt     551  user not local                                         | failed
rcpt     552  5.2.2 mailbox full                                     | failed
rcpt     553  5.1.8 bad sender                                       | failed; at first: returned, pause edition
rcpt     553  5.7.1 Sender address rejected: not owned by user x     | returned, pause edition
rcpt     554  5.7.1 Sender address rejected: Access denied           | failed; at first: returned, pause edition
rcpt     554  5.7.1 Relay access denied                              | failed; at first: returned, pause edition
data     -    the connection was lost                                | deferred, close, trouble, at once
data     250  what?                                                  | deferred, close, trouble, at once
data     421  4.3.2 closing                                          | deferred, close, trouble, at once
data     451  4.3.0 local error                                      | returned, close, trouble
data     452  4.3.1 Insufficient system storage                      | returned, close, trouble
data     503  5.5.1 need RCPT                                        | deferred, close, trouble, at once
data     554  5.5.1 no valid recipients                              | failed
body     -    no answer in time                                      | unknown, close, trouble
body     199  ?                                                      | unknown, close, trouble
body     250  2.0.0 queued                                           | sent
body     252  fine                                                   | sent
body     354  again?                                                 | unknown, close, trouble
body     421  4.3.2 closing                                          | deferred, close, trouble
body     421  4.7.0 rate of mail too high                            | deferred, close, trouble, domain
body     451  4.7.1 greylisted                                       | deferred
body     451  4.3.0 queue file write error                           | returned, close, trouble
body     452  4.3.1 Insufficient system storage                      | returned, close, trouble
body     452  4.2.2 mailbox full                                      | deferred
body     454  4.7.0 Throttling failure: Maximum sending rate exceeded| deferred, close, trouble, domain
body     503  5.5.1 what?                                            | failed
body     530  5.7.0 authentication required                          | returned, pause edition
body     550  5.7.1 against our policy                               | failed
body     550  5.7.26 not authenticated                               | failed; at first: returned, pause edition
body     550  5.7.515 sending domain is not authenticated            | failed; at first: returned, pause edition
body     550  5.7.60 no permissions to send as this sender           | returned, pause edition
body     552  5.2.2 mailbox full                                     | failed
body     552  5.3.4 message size exceeds fixed limit                 | failed; at first: returned, pause edition
body     552  5.3.4 too big for us                                   | failed; at first: returned, pause edition
body     552  message size limit exceeded                            | failed
body     552  message is too large                                   | failed; at first: returned, pause edition
body     554  5.2.0 Submission.Exception:SubmissionQuotaExceeded     | returned, pause
body     554  5.7.1 looks like spam                                  | failed
"""


def _write(verdict: Verdict) -> str:
    """A verdict in the words of the table."""
    pause = "pause edition" if verdict.edition_only else "pause"
    words = (
        (verdict.close, "close"), (not verdict.progress, "trouble"), (verdict.pause, pause), (verdict.domain_wide, "domain"),
        (verdict.at_once, "at once"),
    )  # fmt: skip
    return ", ".join([str(verdict.ending), *(word for holds, word in words if holds)])


@pytest.mark.parametrize("line", TABLE.strip().splitlines())
def test_each_answer_means_one_thing(line: str) -> None:
    said, wanted = (part.strip() for part in line.split("|"))
    stage, code, text = said.split(maxsplit=2)
    later, _, at_first = wanted.partition("; at first: ")
    reply = Reply(Stage(stage), None if code == "-" else int(code), text)

    assert _write(judge(reply, proven=True)) == later
    assert _write(judge(reply)) == (at_first or later)


@given(replies.filter(lambda reply: reply.stage not in (*OPENING, Stage.BODY)), st.booleans())
def test_what_another_relay_may_take_costs_nobody_a_try(reply: Reply, proven: bool) -> None:
    verdict = judge(replace(reply, elsewhere=True), proven=proven)

    assert (verdict.ending, verdict.close, verdict.progress, verdict.pause) == (Ending.RETURNED, True, False, False)


@pytest.mark.parametrize(
    "text",
    ["5.7.1 <x@example.org>: Relay access denied", "5.7.1 Relaying not allowed", "Unable to relay", "5.1.8 bad sender"],
)
def test_a_relay_that_is_not_ours_pauses_at_first_and_later_concerns_one_reader(text: str) -> None:
    reply = Reply(Stage.RCPT, 554, text)

    assert judge(reply).pause and judge(reply).edition_only
    assert judge(reply, proven=True).ending is Ending.FAILED


def test_a_refused_sender_pauses_even_a_relay_that_took_letters_before() -> None:
    assert judge(Reply(Stage.MAIL, 550, "no"), proven=True).pause


def test_an_address_that_needs_smtputf8_is_refused_alone() -> None:
    assert judge(Reply(Stage.MAIL, 555, "SMTPUTF8?"), wide=True).ending is Ending.FAILED


def test_a_line_that_drops_in_mid_session_is_tried_again_at_once() -> None:
    for reply in (Reply(Stage.MAIL, 421, "4.4.2 idle"), Reply(Stage.RCPT, None, "lost")):
        verdict = judge(reply)
        assert (verdict.at_once, verdict.close, verdict.progress) == (True, True, False)


@given(st.text(max_size=200))
def test_what_is_kept_of_an_answer_is_one_short_printable_line(text: str) -> None:
    kept = redact_reply(text)

    assert len(kept) <= REPLY_LENGTH and kept.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "5.1.1 <maria@example.org>: unknown",
        "no mailbox here by the name of maria",
        "MARIA is over quota\r\nmaria@example.org",
    ],
)
def test_what_is_kept_of_an_answer_holds_no_address(text: str) -> None:
    assert "maria" not in redact_reply(text, "maria@example.org").lower()


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("code", [None, 554])
def test_every_trouble_has_a_sentence_that_names_the_relay(stage: Stage, code: int | None) -> None:
    assert "mail.example.org:587" in describe(Reply(stage, code, "no"), "mail.example.org:587")


def test_several_relays_that_cannot_be_had_are_named_one_after_the_other() -> None:
    second = Reply(Stage.AUTH, 535, "5.7.8 bad credentials", relay="b.example.org:465")
    reply = Reply(Stage.CONNECT, None, "Connection refused", relay="a.example.org:587", others=(second,))

    assert describe(reply, "both") == (
        "the relay a.example.org:587 cannot be reached: Connection refused; "
        "the relay b.example.org:465 does not let us log in: 535 5.7.8 bad credentials"
    )


def test_an_account_that_is_used_up_is_called_so() -> None:
    said = describe(Reply(Stage.MAIL, 550, "5.4.5 Daily user sending limit exceeded"), "a:587")

    assert said == "the relay a:587 takes no more letters from us for now: 550 5.4.5 Daily user sending limit exceeded"
