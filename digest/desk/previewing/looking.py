"""One look: the letter that a reader would get, as HTML, text and message, with what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from digest.desk.previewing.choosing import Choice, Form, list_topics
from digest.desk.previewing.gathering import Imagined, Material, imagine_edition
from digest.desk.previewing.sources import Sources, State
from digest.errors import Problem
from digest.mail.compile import splice_example
from digest.mail.filling import Filling
from digest.mail.inspection import Inspector
from digest.mail.proof import build_proof
from digest.mail.single import LetterKind, SingleKind, SingleLetter
from digest.mail.single_filling import fill_press_feed, fill_single
from digest.mail.single_message import compile_single, render_single
from digest.mail.single_notices import fill_notice
from digest.mail.single_wording import build_single_sentences
from digest.mail.slotted import fill
from digest.newsroom.addresses import Addresses
from digest.settings import Rhythm, Settings
from digest.subscribers.tokens import UNSUBSCRIBE_LENGTH

__all__ = ["Previewer", "Sheet"]

_KEPT = 32
_LINK_HOURS, _KEPT_DAYS = {"confirmation": 72, "preferences": 1}, 30


@dataclass(frozen=True, slots=True)
class Sheet:
    """A letter as it would be sent, with an example address in its slots.

    `name` is an edition's id or a single letter's kind, `sender` the name that readers see. `html` is None in discreet form;
    `findings` are what an inspection says of it; `carried` the items in it, in the order in
    which they are read, as far as they lie in files of the site.
    """

    name: str
    sender: str
    subject: str
    preheader: str
    html: str | None
    text: str
    message: bytes
    findings: tuple[Problem, ...] = ()
    carried: tuple[Material, ...] = ()


class Previewer:
    """Looks at letters of one site. It may be asked by several threads."""

    def __init__(self, folder: Path) -> None:
        self.sources = Sources(folder)

    def look(self, state: State, choice: Choice, now: datetime) -> Sheet:
        """The letter that was chosen; the same one again costs nothing as long as no file has changed.

        Raises:
            TemplateError: a template cannot be used.
            EditionError: the letter does not fit whatever is cut, or a header cannot be written.
        """
        found: Sheet | None = state.looks.get(choice.content)
        if found is None:
            if len(state.looks) >= _KEPT:
                state.looks.clear()
            found = state.looks[choice.content] = _build_sheet(state, choice, now)
        return found


@dataclass(frozen=True, slots=True)
class _Wish:
    """What an invented reader asked for."""

    list_id: str
    rhythm: Rhythm
    language: str
    form: Form
    topics: tuple[str, ...]
    urgent: bool = False


def _build_sheet(state: State, choice: Choice, now: datetime) -> Sheet:
    settings = state.site.settings
    if choice.single is not None:
        return _build_single(state, choice, choice.single, now)
    imagined = imagine_edition(state.materials, choice, settings, now)
    pictures = {} if choice.pictures == "none" else state.pictures
    filling = Filling(imagined.edition, imagined.newsroom, pictures, settings, state.templates)
    proof = build_proof(imagined.content, filling, state.inliner)
    link = _example_link(settings)
    compiled = proof.compile(imagined.edition.moment, len(link))
    inspector = Inspector.of(proof.letter.edition, settings)
    inspector.look(proof.letter, proof.html, proof.text, compiled)
    return Sheet(
        name=proof.letter.edition,
        sender=proof.letter.sender.name,
        subject=proof.letter.subject,
        preheader=proof.letter.preheader,
        html=None if proof.html is None else fill(proof.html, link),
        text=fill(proof.text, link),
        message=splice_example(compiled, link),
        findings=inspector.problems,
        carried=_find_carried(state, imagined),
    )


def _build_single(state: State, choice: Choice, kind: LetterKind, now: datetime) -> Sheet:
    settings, templates = state.site.settings, state.templates
    letter = _fill_single(state, choice, kind, now)
    html, text = render_single(letter, templates)
    link = _example_link(settings) if letter.has_link else ""
    compiled = compile_single(letter, html, text, now, len(link))
    return Sheet(
        name=kind,
        sender=letter.sender.name,
        subject=letter.subject,
        preheader=build_single_sentences(letter, templates.words(letter.language)).preheader,
        html=None if html is None else fill(html, link),
        text=fill(text, link),
        message=splice_example(compiled, link),
    )


def _fill_single(state: State, choice: Choice, kind: LetterKind, now: datetime) -> SingleLetter:
    settings, templates = state.site.settings, state.templates
    if kind == "press-feed":
        return fill_press_feed(settings, templates, choice.language)
    if kind == "approval-wanted":
        titles = [one.content.title for one in state.materials[:3]]
        return fill_notice(kind, choice.list_id, settings, edition=f"{now:%G-w%V}-{choice.list_id}", listed=titles, at=now)
    wish = _Wish(choice.list_id, choice.rhythm, choice.language, choice.form, list_topics(settings)[:2])
    return fill_single(
        cast("SingleKind", kind),
        wish,
        settings,
        templates,
        link_hours=_LINK_HOURS.get(kind, 24 * _KEPT_DAYS),
        kept_days=_KEPT_DAYS if kind == "goodbye" else 0,
    )


def _example_link(settings: Settings) -> str:
    return Addresses(settings.newsroom.base_url).leave("x" * UNSUBSCRIBE_LENGTH)


def _find_carried(state: State, imagined: Imagined) -> tuple[Material, ...]:
    by_id = {one.content.id: one for one in state.materials}
    content = imagined.content
    names = (*(one.item for one in content.new), *(item for item, _ in content.corrected), *content.withdrawn)
    return tuple(by_id[name] for name in names if name in by_id)
