"""Sender, subject, preheader, and words that readers and filters stumble over."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from email.utils import parseaddr

from digest.mail.filling import SUBJECT_LIMIT
from digest.mail.inspection.finding import Finding, cut
from digest.mail.inspection.hiding import hides
from digest.mail.inspection.page import Element, Page, words_of
from digest.mail.inspection.phrases import PHRASES
from digest.mail.inspection.runs import Run
from digest.mail.inspection.sheets import is_for_paper
from digest.mail.inspection.staff import find_own_words
from digest.mail.letter import Letter

__all__ = ["inspect_hiding_rules", "inspect_visible_words", "inspect_wording"]

_PREHEADER_LENGTHS = range(30, 201)
_NO_REPLY = re.compile(r"(?:no|do-?not|dont|never)[._-]?(?:reply|respond|answer)|nepasrepondre|noresponder", re.IGNORECASE)
_ANSWER = re.compile(r"(?:re|fwd?|aw|wg|tr|rv|sv)\s*:", re.IGNORECASE)
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u180e]|[\u00ad\u034f\u200c\u200d]{2,}")
_LONGEST_WORD = 60
_LEAST_CAPITALS = 10
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_NAMED_ITEMS = 20  # so many items on the web alone are worth a thought


def inspect_wording(letter: Letter) -> Iterator[Finding]:
    """What stands in the list of letters before this one is opened, and how much of it is not in the letter."""
    yield from _inspect_sender(letter)
    yield from _inspect_subject(letter)
    if not letter.is_discreet:
        yield from _inspect_preheader(letter)
    own = find_own_words(letter)
    for field, words in (
        ("subject", letter.subject),
        ("preheader", letter.preheader),
        ("introduction", letter.introduction),
    ):
        for phrase in (*PHRASES["en"], *(PHRASES.get(letter.language, ()) if letter.language != "en" else ())):
            pattern = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE)
            if pattern.search(words) and not pattern.search(own):  # items are told in their own words
                yield Finding(field, f"filters count “{phrase}” against a letter; say it in other words", "warning")
    if letter.more_count > _NAMED_ITEMS:
        text = f"more than {_NAMED_ITEMS} items are only named or on the web; exclude some, or send more often"
        yield Finding("items", text, "warning")


def _inspect_sender(letter: Letter) -> Iterator[Finding]:
    if not letter.sender.name.strip():
        yield Finding("sender", "it has no name; write “Name <address>” in newsroom.toml")
    for field, address in (("sender", letter.sender.address), ("reply_to", parseaddr(letter.reply_to)[1])):
        if _NO_REPLY.fullmatch(address.partition("@")[0]):
            text = f"{address} takes no answers, which readers and filters resent; use an address that is read"
            yield Finding(field, text, "warning")


def _inspect_subject(letter: Letter) -> Iterator[Finding]:
    subject = letter.subject.strip()
    if not subject:
        yield Finding("subject", "it is empty; write one: digest edition set ID --subject TEXT")
        return
    letters = [sign for sign in subject if sign.isupper() or sign.islower()]
    shouts = len(letters) >= _LEAST_CAPITALS and sum(map(str.isupper, letters)) > 0.7 * len(letters)
    for is_wrong, what in (
        (len(subject) > SUBJECT_LIMIT, f"it has more than {SUBJECT_LIMIT} characters; mail programs cut it off"),
        (shouts, "it is written in capitals, which filters and readers take for shouting"),
        (len(re.findall("[!¡！]", subject)) > 1, "it has several exclamation marks; none is needed"),
        (_ANSWER.match(subject), "it begins like an answer or a forwarded letter; leave that out"),
        (any(map(_is_emoji, subject)), "it holds an emoji, which some programs show as an empty box"),
        (_INVISIBLE.search(subject), "it holds characters that nobody sees; type it anew"),
    ):
        if is_wrong:
            yield Finding("subject", what, "warning", cut(subject))


def _is_emoji(sign: str) -> bool:
    return unicodedata.category(sign) == "So" and (ord(sign) >= 0x1F000 or 0x2600 <= ord(sign) <= 0x27BF)


def _inspect_preheader(letter: Letter) -> Iterator[Finding]:
    preheader = letter.preheader.strip()
    if len(preheader) not in _PREHEADER_LENGTHS:
        text = "it should have 30 to 200 characters; write one: digest edition set ID --preheader TEXT"
        yield Finding("preheader", text, "warning")
    elif preheader.casefold() == letter.subject.strip().casefold():
        yield Finding("preheader", "it repeats the subject, beside which it is shown; say what else there is", "warning")


def inspect_visible_words(letter: Letter, runs: Sequence[Run]) -> Iterator[Finding]:
    """Text that nobody can see, or that does not fit on a phone.

    Args:
        runs: the texts of the page as seen in the light.
    """
    preheader = " ".join(letter.preheader.split())
    first = next((run for run in runs if run.text.strip()), None)
    if preheader and (first is None or " ".join(first.text.split()) != preheader or not first.is_hidden):
        yield Finding("preheader", "it is not the first text of the page, hidden; write it behind <body>", "warning")
    for run in runs:
        words = " ".join(run.text.split())
        if run.is_hidden and words != preheader and _has_word(words):
            yield Finding("html", "it holds text that nobody sees, as spam does; show it or drop it", "error", cut(words))
        if not run.is_hidden and _INVISIBLE.search(words):
            yield Finding("html", "characters of no width stand in a text; type it anew", "warning", cut(words))
        long = next((word for word in words.split() if len(word) > _LONGEST_WORD), "")
        if long and not run.is_hidden:
            yield Finding("html", "a word is too long for a phone; shorten it", "warning", cut(long))
    yield from _inspect_titles(letter, runs)


def inspect_hiding_rules(page: Page) -> Iterator[Finding]:
    """Texts that an `@media` rule hides on some screens; pictures with their credits, and logos, may go."""
    for rule in page.rules:
        if not rule.media or is_for_paper(rule):
            continue
        if hides({name: value.strip().lower() for name, (value, _) in rule.declarations.items()}):
            for selector in rule.selectors:
                if any(_holds_text(element) for element in page.select(selector)):
                    text = f"{selector} is hidden where @media {rule.media}: some readers miss that text; show it everywhere"
                    yield Finding("html", text, "warning")


def _holds_text(element: Element) -> bool:
    inside = {one.tag for one in element.iter("*")}
    return _has_word(words_of(element)) and ("img" not in inside or not inside.isdisjoint(_HEADINGS))


def _has_word(words: str) -> bool:
    return any(map(str.isalnum, words))


def _inspect_titles(letter: Letter, runs: Sequence[Run]) -> Iterator[Finding]:
    seen = "".join("".join(run.text for run in runs if not run.is_hidden).split())
    for piece in (*letter.items, *letter.corrections, *letter.withdrawals, *letter.more):
        if "".join(piece.title.split()) not in seen:
            yield Finding(f"item {piece.id}", "its title is not to be seen in the HTML; look at the template")
