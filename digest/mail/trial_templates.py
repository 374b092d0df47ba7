"""Trying a site's mail templates out before a letter depends on them.

A letter is joined from pieces that were inlined apart (`digest.mail.pieces`), which only equals the whole page as long as no
piece looks at its neighbours; and what premailer cannot read it leaves out in silence. Both are seen by looking at what
comes out for a sample letter that has one of each piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate

import cssselect

from digest.errors import Problem, TemplateError
from digest.mail.inlining import inline_page
from digest.mail.letter import Letter
from digest.mail.pieces import Inlined, Inliner
from digest.mail.sample import sample_letter, sample_singles
from digest.mail.single_message import render_single
from digest.mail.style_sheets import INLINED, Rule, judge_style_sheets, locate, read_rules
from digest.mail.text import render_text
from digest.templates import Templates

__all__ = ["try_templates"]

_PAGE, _TEXT = "mail/edition.html", "mail/edition.txt"
_PLACE = re.compile(r"(.*):(\d+)")


def try_templates(templates: Templates, languages: Iterable[str]) -> tuple[Problem, ...]:
    """Everything that would spoil letters in these languages; nothing when all is well."""
    found: dict[Problem, None] = {}
    try:
        for language in languages:
            found |= dict.fromkeys(judge_style_sheets(templates, language))
        if not found:
            found |= dict.fromkeys(_find_lost(templates, languages))
            for language in languages:
                found |= dict.fromkeys(_try_letter(templates, language))
                for letter in sample_singles(language):
                    render_single(letter, templates)  # refuses what it cannot be sent with
    except TemplateError as error:
        found |= dict.fromkeys(error.problems or [_read_refusal(error)])
    return tuple(found)


def _read_refusal(error: TemplateError) -> Problem:
    place = _PLACE.fullmatch(error.subject)
    file, line = (place[1], int(place[2])) if place else (error.subject, 0)
    return Problem(file, line, "", f"{error.cause}. {error.remedy}" if error.remedy else error.cause)


def _find_lost(templates: Templates, languages: Iterable[str]) -> Iterator[Problem]:
    """Declarations of mail.css that premailer leaves out: each is tried on an element of its own."""
    source = templates.read_bytes(INLINED).decode("utf-8", "replace")
    sheets = (templates.render(INLINED, language) for language in languages)
    rules = tuple(dict.fromkeys(rule for css in sheets for rule in read_rules(css)))
    yield from filter(None, (_judge_selectors(rule, source) for rule in rules))
    tried = {declaration: rule.selectors for rule in rules for declaration in rule.declarations}
    style = "".join(f".c{number} {{ {declaration} }}\n" for number, declaration in enumerate(tried))
    body = "".join(f'<p class="c{number}">-</p>\n' for number in range(len(tried)))
    page = inline_page(f"<!DOCTYPE html>\n<html><head><style>\n{style}</style></head><body>\n{body}</body></html>")
    kept = set(re.findall(r'<p class="c(\d+)" style=', page))
    for number, (declaration, selectors) in enumerate(tried.items()):
        if str(number) not in kept:
            text = (
                f"“{declaration}” is not understood and would be lost; write it in an older way: #rrggbb, rgba(0, 0, 0, 0.8)"
            )
            yield Problem(f"templates/{INLINED}", locate(source, declaration, selectors), "", text)


def _judge_selectors(rule: Rule, source: str) -> Problem | None:
    try:
        cssselect.parse(rule.selectors)
    except cssselect.SelectorError as error:
        text = f"“{rule.selectors}” is no selector ({error}), and its rule would be lost; use plain classes and elements"
        return Problem(f"templates/{INLINED}", locate(source, rule.selectors), "", text)
    return None


def _try_letter(templates: Templates, language: str) -> Iterator[Problem]:
    inliner = Inliner(templates)
    whole = sample_letter(language)
    source = inliner.render_source(whole)
    if source.count("<style") != source.count("</style>"):
        yield Problem("templates/mail/_base.html", 0, "", "a <style> block has no end; close it with </style>")
        return
    pieces = inliner.join(whole)
    if not any(' style="' in piece.html for piece in pieces if piece.role == "item"):
        text = 'mail.css does not reach the letter; its <style> block stands between mark("inlined") and mark("start")'
        yield Problem("templates/mail/_base.html", 0, "", text)
        return
    for file, slotted in ((_PAGE, inliner.render(whole)), (_TEXT, render_text(whole, templates))):
        if len(slotted) == 1:
            yield Problem(f"templates/{file}", 0, "", "a letter has no way out; put {{ leave_url }} into its footer")
    for letter in (whole, *_build_parts(whole)):
        pieces, page = inliner.join(letter), inliner.leave.join(inliner.render_whole(letter))
        if "".join(piece.html for piece in pieces) != page:
            yield _describe_difference(templates, pieces, page)
            return


def _build_parts(letter: Letter) -> Iterator[Letter]:
    """Letters that show some of its pieces beside other ones: each piece once without those before it."""
    section = letter.sections[0]
    yield replace(letter, lead=None, sections=(replace(section, items=section.items[::-1]),), corrections=())
    yield replace(letter, sections=(), withdrawals=(), unnamed_count=0)
    yield replace(letter, lead=None, sections=(replace(section, items=section.items[1:]),), more=(), unnamed_count=0)


def _describe_difference(templates: Templates, pieces: list[Inlined], page: str) -> Problem:
    """Names the first piece that does not look in the joined page as it does in the whole one."""
    ends = accumulate(len(piece.html) for piece in pieces)
    role = next(
        (
            piece.role
            for piece, end in zip(pieces, ends, strict=True)
            if not page.startswith(piece.html, end - len(piece.html))
        ),
        "end",
    )
    source = templates.read_bytes(_PAGE).decode("utf-8", "replace")
    text = (
        f'what follows mark("{role}") looks different beside other pieces; it must not depend on its neighbours:'
        " no loop.first, no loop.index, nothing set outside, and each mark inside the condition or loop of its part"
    )
    return Problem(f"templates/{_PAGE}", locate(source, f'mark("{role}"'), "", text)
