"""The sentences of a letter that are made from its values, and the neutral words of a discreet one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import bidirectional

from babel.lists import format_list

from digest.mail.letter import Letter
from digest.settings import Mailbox, ReaderList
from digest.templates import Words

__all__ = [
    "Sentences",
    "build_sentences",
    "discreet_sender",
    "has_contents",
    "join_names",
    "neutral_subject",
    "text_direction",
]

_LONG = 6  # items


@dataclass(frozen=True, slots=True)
class Sentences:
    """What templates get beside the letter: texts that may differ between variants of one edition."""

    subject: str
    preheader: str
    contents: str
    notices: str
    more: str
    reason: str


def build_sentences(letter: Letter, words: Words) -> Sentences:
    """The sentences of that letter."""
    return Sentences(
        subject=letter.subject,
        preheader=letter.preheader,
        contents=_contents(letter, words) if has_contents(letter) else "",
        notices=_notices(letter, words),
        more=_more(letter.more_count, words),
        reason=_reason(letter, words),
    )


def has_contents(letter: Letter) -> bool:
    """Whether the letter is so long that a line below its title says what it holds."""
    return _count(letter) >= _LONG


def _count(letter: Letter) -> int:
    return len(letter.items) + letter.more_count


def _contents(letter: Letter, words: Words) -> str:
    count = _count(letter)
    if not letter.topics:
        return words.ngettext("%(count)s item", "%(count)s items", count) % {"count": count}
    sentence = words.ngettext("%(count)s item on %(topics)s", "%(count)s items on %(topics)s", count)
    return sentence % {"count": count, "topics": join_names(letter.topics, words.language)}


def _notices(letter: Letter, words: Words) -> str:
    """What stands above corrections and withdrawals: a heading, or a sentence where they are all that the letter holds."""
    if letter.corrections and letter.withdrawals:
        heading = words.gettext("Corrections and withdrawals")
        alone = words.gettext("We have corrected and taken back some of what we sent you")
    elif letter.withdrawals:
        heading, alone = words.gettext("Withdrawn"), words.gettext("We have taken back something that we sent you")
    else:
        heading, alone = words.gettext("Corrections"), words.gettext("We have corrected something that we sent you")
    return heading if letter.items else alone


def _reason(letter: Letter, words: Words) -> str:
    if letter.topics:
        sentence = words.gettext("You get this letter because you asked for news about %(topics)s.")
        return sentence % {"topics": join_names(letter.topics, words.language)}
    return words.gettext("You get this letter because you subscribed to %(list)s.") % {"list": letter.list_title}


def _more(count: int, words: Words) -> str:
    return words.ngettext("%(count)s more on the web", "%(count)s more on the web", count) % {"count": count}


def join_names(names: Sequence[str], language: str) -> str:
    """Names as a language strings them together: Russia, Ukraine and Belarus."""
    return _join(tuple(names), language)


@lru_cache(maxsize=512)
def _join(names: tuple[str, ...], language: str) -> str:
    return format_list(names, locale={"en": "en_GB"}.get(language, language.replace("-", "_")))


def neutral_subject(day: str, words: Words) -> str:
    """The subject of a discreet letter: it says nothing of newsroom, list, topic or edition."""
    return words.gettext("Your letter of %(day)s") % {"day": day}


def discreet_sender(chosen: ReaderList, words: Words) -> Mailbox:
    """Who discreet letters of a list come from: its own discreet sender, else a neutral name at the list's address."""
    return chosen.discreet_sender or Mailbox(words.gettext("Letters"), chosen.sender.address)


def text_direction(text: str) -> str:
    """`rtl` or `ltr`, by the first sign that has a direction (Unicode Annex 9, rule P2); empty for a text without one."""
    sides = (bidirectional(sign) for sign in text)
    return next(({"L": "ltr"}.get(side, "rtl") for side in sides if side in ("L", "R", "AL")), "")
