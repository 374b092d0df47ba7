"""What a relay's answer means, as a pure function: whose fault it is, whether a copy may exist, when to try again.

A complete answer is believed. Our own faults (password, certificate, sender, relaying not allowed to us) pause and fail
nobody. No answer before the body left is harmless; no answer after it leaves doubt, since the letter may have been taken
(RFC 1047). Codes: RFC 5321 section 4.2, enhanced codes: RFC 3463, for TLS and AUTH: RFC 3207 and RFC 4954.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.delivery.transitions import Ending
from digest.delivery.transport import Reply, Stage
from digest.subscribers.addresses import redact

__all__ = ["REPLY_LENGTH", "Verdict", "describe", "judge", "redact_reply"]

REPLY_LENGTH = 80
"""No more of what a relay said is kept."""

_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")

# Refusals that no other reader would escape: we are not logged in, or may not write as this sender.
_OUR_CODES = frozenset({530, 534, 535, 538})
_OUR_STATUS = frozenset({"7.57", "7.60"})
_OUR_WORDS = re.compile(
    r"authentication (?:is )?required|must (?:first )?authenticate|not owned by|to send as\b", re.IGNORECASE
)

# As long as nothing was taken, these are about us too: relaying, our sender, our signature, the size of our letter.
# Later they are about the place where one reader is.
_FIRST_STATUS = frozenset({"1.7", "1.8", "3.4", "7.8", "7.9", "7.11", "7.515", *(f"7.{detail}" for detail in range(20, 33))})
_FIRST_WORDS = re.compile(
    r"relay(?:ing)?\b.{0,30}\b(?:denied|prohibited|not (?:allowed|permitted))|unable to relay|not permitted to relay"
    r"|sender\b.{0,40}\b(?:rejected|refused|denied)|message (?:size )?(?:exceeds|is too (?:big|large)|too (?:big|large))",
    re.IGNORECASE,
)

# The relay lets us send so many letters a day or an hour, and no more. What a reader's mailbox may hold is another matter.
_USED_UP = re.compile(
    r"\b(?:sending|relay|submission|outgoing|outbound|hourly|daily|messages?|e?mails?)(?: (?!size)\w+)? (?:limit|quota)\b"
    r"|\bmax(?:imum)? (?:\w+ )?(?:sending|e?mails?|messages?)\b(?! size)|\b(?:per|each|every) (?:hour|day)\b",
    re.IGNORECASE,
)
_READERS_OWN = re.compile(r"mailbox|recipient|\buser\b.{0,40}\breceiving", re.IGNORECASE)

_CROWDED = re.compile(r"\brate\b|too (?:many|much|fast)|throttl|concurrent|limit", re.IGNORECASE)
_RATE_WORDS = re.compile(r"\brate\b|too (?:many|much|fast)|throttl", re.IGNORECASE)
_RATE_STATUS = frozenset({"7.28", "7.650", "7.708"})
_RELAY_FULL = "3.1"
_TOO_MANY_RECIPIENTS = "5.3"
_OUT_OF_STEP = frozenset({500, 502, 503, 504})
_OPENING = frozenset({Stage.CONNECT, Stage.EHLO, Stage.TLS, Stage.AUTH})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from a reply.

    `close`: the connection is of no more use. `progress`: the relay gave a complete answer about this letter. `pause`: the
    fault is ours, and nothing more should leave this way until it is mended; `edition_only`: it lies with this edition. A
    connection that is of no more use without progress is trouble. `behind`: others go first. The rest goes into the ledger.
    """

    ending: Ending
    close: bool = False
    progress: bool = True
    pause: bool = False
    edition_only: bool = False
    domain_wide: bool = False
    at_once: bool = False
    behind: bool = False


_TAKEN = Verdict(Ending.SENT)


def judge(reply: Reply, *, wide: bool = False, proven: bool = False) -> Verdict:
    """The verdict on how a letter, or the opening of a connection, ended.

    Args:
        reply: the last thing that happened.
        wide: whether the letter needed SMTPUTF8, so that a refusal of the envelope is about this reader alone.
        proven: whether this relay has taken a letter from us in this run. Then words such as "relaying denied" are about
            this reader; before, they are about us.
    """
    if reply.stage in _OPENING:
        return _judge_opening(reply)
    if reply.elsewhere:
        return Verdict(Ending.RETURNED, close=True, progress=False)
    if reply.stage is Stage.LETTER:
        return Verdict(Ending.FAILED, progress=False)
    if reply.stage is Stage.BODY:
        return _judge_body(reply, proven=proven)
    return _judge_envelope(reply, wide=wide, proven=proven)


def redact_reply(text: str, recipient: str = "") -> str:
    """What a relay said, in one line, without addresses, cut to `REPLY_LENGTH` characters."""
    line = " ".join(redact(text, recipient).split())
    if not line.isprintable():
        line = "".join(c if c.isprintable() else "?" for c in line)
    return line if len(line) <= REPLY_LENGTH else line[: REPLY_LENGTH - 1] + "…"


def describe(reply: Reply, relay: str) -> str:
    """One sentence for people: what went wrong with a relay, or with several, without addresses and without a full stop."""
    return "; ".join(_describe(one, one.relay or relay) for one in (reply, *reply.others))


def _describe(reply: Reply, relay: str) -> str:
    said = redact_reply(f"{reply.code or ''} {reply.text}".strip())
    if reply.stage is Stage.TLS:
        return f"no protected connection to the relay {relay}: {said}"
    if reply.stage is Stage.AUTH:
        return f"the relay {relay} does not let us log in: {said}"
    if reply.code is None:
        what = "cannot be reached" if reply.stage is Stage.CONNECT else "drops the connection"
        return f"the relay {relay} {what}: {said}"
    if reply.stage in _OPENING:
        return f"the relay {relay} refuses the connection: {said}"
    if _is_relay_wide(reply):
        return f"the relay {relay} takes no more letters from us for now: {said}"
    what = "the sender's address" if reply.stage is Stage.MAIL else "to take letters from us"
    return f"the relay {relay} refuses {what}: {said}"


def _judge_opening(reply: Reply) -> Verdict:
    """Nothing was sent; TLS, AUTH and a flat refusal are ours to mend, the rest may pass, as does a crowd of connections."""
    if reply.code is None:
        ours = reply.stage in (Stage.TLS, Stage.AUTH)
    else:
        crowded = reply.stage in (Stage.CONNECT, Stage.EHLO) and _CROWDED.search(reply.text)
        ours = not (400 <= reply.code < 500 or crowded)
    return Verdict(Ending.RETURNED, close=True, progress=False, pause=ours)


def _judge_body(reply: Reply, *, proven: bool) -> Verdict:
    if reply.code is None or not 200 <= reply.code < 600 or 300 <= reply.code < 400:
        return Verdict(Ending.UNKNOWN, close=True, progress=False)
    if reply.code < 300:
        return _TAKEN
    if reply.code == 421:
        return Verdict(Ending.DEFERRED, close=True, progress=False, domain_wide=_is_domain_wide(reply))
    return _judge_refusal(reply, proven=proven)


def _judge_envelope(reply: Reply, *, wide: bool, proven: bool) -> Verdict:
    """MAIL, RCPT or DATA did not get the answer that lets the body follow; no body has left."""
    if reply.code is None or reply.code == 421 or not 400 <= reply.code < 600:
        crowded = reply.code == 421 and _is_domain_wide(reply)
        return Verdict(Ending.DEFERRED, close=True, progress=False, at_once=not crowded, domain_wide=crowded)
    if reply.stage is not Stage.MAIL:
        return _judge_refusal(reply, proven=proven)
    if reply.code < 500:
        return Verdict(Ending.RETURNED, close=True, progress=False)
    return Verdict(Ending.FAILED) if wide else Verdict(Ending.RETURNED, pause=True, edition_only=not _is_relay_wide(reply))


def _judge_refusal(reply: Reply, *, proven: bool) -> Verdict:
    """A 4xx or 5xx to RCPT, DATA or the body: of this reader, of all readers there, or of all that we send."""
    temporary = reply.code is not None and reply.code < 500
    if _is_used_up(reply) and temporary:
        return Verdict(Ending.DEFERRED, close=True, progress=False, domain_wide=_is_domain_wide(reply))
    if _is_relay_wide(reply) and not temporary:
        return Verdict(Ending.RETURNED, pause=True)
    if _is_relay_wide(reply):
        is_sure = _status(reply) == _RELAY_FULL or reply.stage is not Stage.RCPT  # it may have looked up this reader alone
        return Verdict(Ending.RETURNED if is_sure else Ending.DEFERRED, close=True, progress=False, behind=is_sure)
    if temporary:
        return Verdict(Ending.DEFERRED, domain_wide=_is_domain_wide(reply))
    if _is_ours(reply, proven=proven):
        return Verdict(Ending.RETURNED, pause=True, edition_only=True)
    if reply.code in _OUT_OF_STEP and reply.stage is not Stage.BODY:
        return Verdict(Ending.DEFERRED, close=True, progress=False, at_once=True)
    return Verdict(Ending.FAILED)


def _status(reply: Reply) -> str:
    """Subject and detail of the enhanced status code (RFC 3463), such as `7.1`; empty when there is none."""
    found = _ENHANCED.match(reply.text)
    return f"{found[2]}.{found[3]}" if found and reply.code and found[1] == str(reply.code)[0] else ""


def _is_ours(reply: Reply, *, proven: bool) -> bool:
    status = _status(reply)
    if reply.code in _OUR_CODES or status in _OUR_STATUS or _OUR_WORDS.search(reply.text):
        return True
    return not proven and (status in _FIRST_STATUS or bool(_FIRST_WORDS.search(reply.text)))


def _is_relay_wide(reply: Reply) -> bool:
    """Whether the relay's own system is full (X.3.1) or, for now, out of order (4.3.X), or our account with it is used up.

    By its definition X.3 is about the system where the mailbox is. But a relay that takes letters for any domain answers
    before it has asked another system, so the one in trouble is its own.
    """
    status = _status(reply)
    is_temporary = reply.code is not None and reply.code < 500
    return status == _RELAY_FULL or (is_temporary and status.startswith("3.")) or _is_used_up(reply)


def _is_used_up(reply: Reply) -> bool:
    if "SubmissionQuota" in reply.text:
        return True
    readers_own = _status(reply).startswith("2.") or _READERS_OWN.search(reply.text)
    return bool(_USED_UP.search(reply.text)) and not readers_own


def _is_domain_wide(reply: Reply) -> bool:
    """The network there (X.4) and rate limits concern all readers there; mailboxes and greylisting only one.

    With 421 it is the relay that closes, so its own network is meant.
    """
    status = _status(reply)
    if status == _TOO_MANY_RECIPIENTS:
        return False
    if status in _RATE_STATUS or _RATE_WORDS.search(reply.text) or _is_used_up(reply):
        return True
    return reply.code != 421 and status.startswith("4.")
