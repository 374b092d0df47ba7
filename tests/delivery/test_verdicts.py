"""What answers of a relay mean, stage by stage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery.transitions import Ending
from digest.delivery.transport import Reply, Stage
from digest.delivery.verdicts import REPLY_LENGTH, describe, judge, redact_reply

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


@pytest.mark.parametrize(
    ("reply", "pause"),
    [
        (Reply(Stage.CONNECT, None, "Connection refused"), False),
        (Reply(Stage.CONNECT, 421, "4.3.2 too busy"), False),
        (Reply(Stage.CONNECT, 554, "5.7.1 not you"), True),
        (Reply(Stage.EHLO, 451, "later"), False),
        (Reply(Stage.EHLO, 550, "bad name"), True),
        (Reply(Stage.TLS, None, "certificate has expired"), True),
        (Reply(Stage.TLS, 454, "TLS not available"), False),
        (Reply(Stage.AUTH, 535, "5.7.8 bad credentials"), True),
        (Reply(Stage.AUTH, 454, "4.7.0 later"), False),
        (Reply(Stage.AUTH, None, "AUTH is not offered"), True),
    ],
)
def test_a_connection_that_cannot_be_opened_pauses_when_it_is_ours_to_mend(reply: Reply, pause: bool) -> None:
    assert judge(reply).pause is pause


@pytest.mark.parametrize(
    ("reply", "ending"),
    [
        (Reply(Stage.BODY, 250, "2.0.0 queued"), Ending.SENT),
        (Reply(Stage.BODY, 252, "fine"), Ending.SENT),
        (Reply(Stage.BODY, 451, "4.3.0 later"), Ending.DEFERRED),
        (Reply(Stage.BODY, 421, "4.3.2 closing"), Ending.DEFERRED),
        (Reply(Stage.BODY, 554, "5.7.1 spam"), Ending.FAILED),
        (Reply(Stage.BODY, 530, "5.7.0 authenticate first"), Ending.RETURNED),
        (Reply(Stage.BODY, None, "no answer in time"), Ending.UNKNOWN),
        (Reply(Stage.BODY, 354, "again?"), Ending.UNKNOWN),
        (Reply(Stage.BODY, 199, "?"), Ending.UNKNOWN),
        (Reply(Stage.MAIL, 550, "5.7.1 sender rejected"), Ending.RETURNED),
        (Reply(Stage.MAIL, 452, "4.3.1 disk full"), Ending.RETURNED),
        (Reply(Stage.MAIL, None, "lost"), Ending.DEFERRED),
        (Reply(Stage.RCPT, 550, "5.1.1 no such user"), Ending.FAILED),
        (Reply(Stage.RCPT, 450, "4.2.1 mailbox busy"), Ending.DEFERRED),
        (Reply(Stage.RCPT, 421, "4.7.0 closing"), Ending.DEFERRED),
        (Reply(Stage.RCPT, None, "lost"), Ending.DEFERRED),
        (Reply(Stage.RCPT, 530, "5.7.0 authentication required"), Ending.RETURNED),
        (Reply(Stage.DATA, 451, "4.3.0 later"), Ending.DEFERRED),
        (Reply(Stage.DATA, 554, "no valid recipients"), Ending.FAILED),
        (Reply(Stage.DATA, 250, "what?"), Ending.DEFERRED),
        (Reply(Stage.LETTER, None, "the address cannot be mailed"), Ending.FAILED),
    ],
)
def test_each_answer_ends_an_attempt_in_one_way(reply: Reply, ending: Ending) -> None:
    assert judge(reply).ending is ending


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


@pytest.mark.parametrize(
    ("text", "domain_wide"),
    [
        ("4.7.1 greylisted, try again later", False),
        ("4.2.2 mailbox full", False),
        ("4.3.2 system not accepting mail", True),
        ("4.4.1 no answer from host", True),
        ("4.7.28 unusual rate of mail", True),
        ("too many messages, slow down", True),
        ("", False),
    ],
)
def test_greylisting_slows_one_letter_and_a_rate_limit_the_domain(text: str, domain_wide: bool) -> None:
    assert judge(Reply(Stage.RCPT, 451, text)).domain_wide is domain_wide


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
