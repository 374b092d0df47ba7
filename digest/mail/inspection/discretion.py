"""What a letter in discreet form must not tell to somebody who looks over a shoulder, or at the mailbox's list."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from digest.mail.inspection.addresses import read_address
from digest.mail.inspection.finding import Finding, cut
from digest.mail.inspection.message import SpecimenCopy, read_header
from digest.mail.letter import Letter

__all__ = ["inspect_discretion"]

_TELLING = ("From", "Subject", "List-Id", "Feedback-ID", "Reply-To", "List-Archive", "List-Help", "Comments", "Keywords")
_NEUTRAL = frozenset({"letter", "letters", "mail", "regular"})  # what every discreet letter says, of whichever site
_LEAST = 3  # a shorter name stands in too many other words


def inspect_discretion(
    letter: Letter, has_html: bool, names: Collection[str], copy: SpecimenCopy | None
) -> Iterator[Finding]:
    """Whether sender, subject and headers are neutral, and the letter is text alone.

    Args:
        names: what must not be told beside newsroom, list and edition: ids and titles of topics.
        copy: the message, once there is one.
    """
    told = {letter.newsroom, letter.list_id, letter.list_title, letter.edition, *letter.topics, *names}
    secrets = sorted(name for name in told if len(_squeeze(name)) >= _LEAST and name not in _NEUTRAL)
    setting = f"lists.{letter.list_id}.discreet_sender"
    if has_html:
        yield Finding("html", "a letter in discreet form is text alone")
    local = letter.sender.address.rpartition("@")[0]
    if name := _find(local, secrets, letter):
        text = f"{letter.sender.address} names {name} to anybody who sees the list of letters; set a neutral address"
        yield Finding(setting, text)
    if name := _find(letter.sender.name, secrets, letter):
        yield Finding(setting, f"the sender's name “{letter.sender.name}” names {name}; set a neutral one")
    if name := _find(letter.subject, secrets, letter):
        yield Finding("subject", f"in discreet form it names {name}; write nothing of it", "error", cut(letter.subject))
    yield from _inspect_domains(letter, secrets, setting)
    if copy is not None:
        for header in _TELLING:
            if header not in ("From", "Subject") and (name := _find(read_header(copy, header), secrets, letter)):
                yield Finding("message", f"in discreet form the header {header} names {name}")


def _inspect_domains(letter: Letter, secrets: Collection[str], setting: str) -> Iterator[Finding]:
    """The domains of sender, List-Id and leave link, which no setting of a list alone can make neutral."""
    for domain in sorted({letter.sender.domain, read_address(letter.front_url).host}):
        plain = _squeeze(domain.rpartition(".")[0])
        name = next((name for name in secrets if len(_squeeze(name)) > _LEAST and _squeeze(name) in plain), "")
        if name:
            text = f"the domain {domain} names {name} in the sender's address, List-Id or the link to leave"
            remedy = "a neutral domain for the list's sender and newsroom.base_url would not"
            yield Finding(setting, f"{text}; {remedy}", "warning")


def _find(words: str, secrets: Collection[str], letter: Letter) -> str:
    """The first of the names that stands in a text as a word of its own; the domain, which cannot be helped, aside."""
    plain = words.casefold().replace(letter.sender.domain, "")
    for name in secrets:
        if re.search(rf"(?<![^\W_]){re.escape(name.casefold())}(?![^\W_])", plain) or _squeeze(name) == _squeeze(plain):
            return name
    return ""


def _squeeze(words: str) -> str:
    return "".join(filter(str.isalnum, words.casefold()))
