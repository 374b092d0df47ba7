"""All rules over all letters of an edition; each finding is named once, with the languages in which it shows."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator

from digest.errors import Problem
from digest.mail.compile import CompiledMessage
from digest.mail.inspection.colours import inspect_colours
from digest.mail.inspection.discretion import inspect_discretion
from digest.mail.inspection.excerpts import inspect_excerpts
from digest.mail.inspection.finding import Finding
from digest.mail.inspection.links import inspect_links, inspect_same_links
from digest.mail.inspection.loading import inspect_loading
from digest.mail.inspection.message import build_specimen, inspect_message, inspect_octets
from digest.mail.inspection.page import Page
from digest.mail.inspection.pictures import inspect_pictures
from digest.mail.inspection.runs import build_runs
from digest.mail.inspection.sheets import is_dark
from digest.mail.inspection.staff import inspect_staff_words
from digest.mail.inspection.structure import inspect_size, inspect_structure
from digest.mail.inspection.styles import inspect_styles
from digest.mail.inspection.text import inspect_text
from digest.mail.inspection.wording import inspect_hiding_rules, inspect_visible_words, inspect_wording
from digest.mail.letter import Letter
from digest.mail.slotted import Slotted, fill
from digest.settings import Settings

__all__ = ["Inspector", "inspect"]

_COLOURS = frozenset({"color", "background", "background-color"})
_LEAVE = "https://leave.invalid/u/token"


class Inspector:
    """Looks at the letters of one edition, one after the other.

    A letter that holds no piece which others of its language and form have not shown is looked at quickly: what is wrong
    with a piece, or with the frame, was found there.

    Args:
        edition: its id, which stands in the place of a file.
        names: what a letter in discreet form must not tell: ids and titles of topics.
        hosts: from which other hosts pictures may load.
    """

    def __init__(self, edition: str, names: Collection[str] = (), hosts: Collection[str] = ()) -> None:
        self._edition, self._names, self._hosts = edition, names, hosts
        self._seen: dict[tuple[str, str], set[Hashable]] = {}
        self._found: dict[Finding, tuple[str, set[str]]] = {}
        self._languages: set[str] = set()

    @classmethod
    def of(cls, edition: str, settings: Settings) -> Inspector:
        """One that knows what a discreet letter must not name, and whose pictures the site may show."""
        topics = settings.topics
        titles = (title for topic in topics.values() for title in (topic.title, *topic.titles.values()))
        return cls(edition, {*topics, *titles}, settings.pictures.hosts)

    def look(self, letter: Letter, html: Slotted | None, text: Slotted, message: CompiledMessage | None = None) -> None:
        """Take down all that is wrong with a letter as rendered, and with its message once there is one."""
        self._languages.add(letter.language)
        known = self._seen.setdefault((letter.language, letter.form), set())
        pieces = frozenset(_pieces(letter))
        found = _find_few(letter, html, text, message) if pieces <= known else self._find_all(letter, html, text, message)
        known |= pieces
        for finding in found:
            same = finding._replace(example="")
            _, languages = self._found.setdefault(same, (finding.example, set()))
            languages.add(letter.language)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that was found, errors first; a finding that shows in some languages only says in which."""
        shown = [self._describe(*entry) for entry in self._found.items()]
        return tuple(sorted(shown, key=lambda problem: problem.severity))

    def _describe(self, finding: Finding, place: tuple[str, set[str]]) -> Problem:
        example, languages = place
        text = f"{finding.text} (first at “{example}”)" if example else finding.text
        if languages != self._languages:
            text = f"{text} [{', '.join(sorted(languages))}]"
        return Problem(self._edition, 0, finding.field, text, finding.severity)

    def _find_all(
        self, letter: Letter, html: Slotted | None, text: Slotted, message: CompiledMessage | None
    ) -> Iterator[Finding]:
        page = Page(fill(html, _LEAVE)) if html is not None else None
        yield from inspect_wording(letter)
        yield from inspect_staff_words(letter)
        yield from inspect_excerpts(letter)
        yield from _find_leave(html, text)
        if page is not None:
            yield from _inspect_page(letter, page, self._hosts)
        yield from inspect_text(letter, fill(text, _LEAVE))
        yield from _without_leave(inspect_same_links(letter, page, fill(text, _LEAVE), _LEAVE))
        copy = None
        if message is not None:
            yield from inspect_octets(message)
            copy = build_specimen(message)
            if copy is None:
                yield Finding("message", "no copy of it can be made: a leave link has no room in it; look at base_url")
        if copy is not None:
            yield from inspect_message(letter, html, text, copy)
        if letter.is_discreet:
            yield from inspect_discretion(letter, html is not None, self._names, copy)


def inspect(
    letter: Letter, html: Slotted | None, text: Slotted, message: CompiledMessage | None = None
) -> tuple[Problem, ...]:
    """All that is wrong with one letter, errors first. The edition stands in the place of the file."""
    inspector = Inspector(letter.edition)
    inspector.look(letter, html, text, message)
    return inspector.problems


def _inspect_page(letter: Letter, page: Page, hosts: Collection[str]) -> Iterator[Finding]:
    light = build_runs(page, dark=False)
    yield from inspect_size(page.source)
    yield from inspect_structure(letter, page)
    yield from inspect_pictures(letter, page, light, hosts)
    yield from inspect_loading(page)
    yield from inspect_links(letter, page)
    yield from inspect_colours(light, dark=False)
    yield from inspect_colours(build_runs(page, dark=True), dark=True)
    if any(rule.media and not is_dark(rule) and _COLOURS & rule.declarations.keys() for rule in page.rules):
        for dark in (False, True):
            yield from inspect_colours(build_runs(page, dark=dark, wide=True), dark=dark)
    yield from inspect_styles(page)
    yield from inspect_visible_words(letter, light)
    yield from inspect_hiding_rules(page)


def _find_few(letter: Letter, html: Slotted | None, text: Slotted, message: CompiledMessage | None) -> Iterator[Finding]:
    """What may differ between letters of the same pieces."""
    yield from inspect_wording(letter)
    yield from inspect_staff_words(letter)
    yield from _find_leave(html, text)
    if html is not None:
        yield from inspect_size(fill(html, _LEAVE))
    if message is not None:
        yield from inspect_octets(message)


def _find_leave(html: Slotted | None, text: Slotted) -> Iterator[Finding]:
    for field, part in (("html", html), ("text", text)):
        if part is not None and len(part) < 2:
            yield Finding(field, "the link to leave is missing; write {{ leave_url }} into the template")


def _without_leave(found: Iterator[Finding]) -> Iterator[Finding]:
    """That the link to leave is missing was said already."""
    return (finding for finding in found if _LEAVE not in finding.text)


def _pieces(letter: Letter) -> Iterator[Hashable]:
    """What a letter shows, each in its role: equal ones look equal in every letter of its language and form."""
    yield "lead", letter.lead
    for section in letter.sections:
        yield "heading", section.heading
        yield from (("item", item) for item in section.items)
    yield from (*letter.corrections, *letter.withdrawals, *letter.more)
    yield "rest", bool(letter.more_count), bool(letter.unnamed_count)
