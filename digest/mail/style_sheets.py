"""What cannot stand in the style sheets of a letter, found where it stands.

`mail.css` is written into the elements of each piece by itself, so it is a flat list of rules for plain classes and
elements; what needs a block (dark, phone, hover) stands in `head.css`, which goes out as it is. Neither loads anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from digest.errors import Problem
from digest.templates import Templates

__all__ = ["INLINED", "KEPT", "Rule", "judge_style_sheets", "locate", "read_rules"]

INLINED, KEPT = "mail/mail.css", "mail/head.css"

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_BRACE = re.compile("[{}]")
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_ATTRIBUTE = re.compile(r"\[[^\]]*\]")
_SEPARATOR = re.compile(r""";(?=(?:[^"']*["'][^"']*["'])*[^"']*$)""")  # not within a quoted text
_LOADING = re.compile(r"@import|@font-face|url\(", re.IGNORECASE)
_NEIGHBOUR = re.compile(r"[+~]")
_INSTEAD = "give the element a class of its own"


class Rule(NamedTuple):
    """A rule of a flat style sheet: its selectors as written, and its declarations."""

    selectors: str
    declarations: tuple[str, ...]


class _Fault(NamedTuple):
    """What is wrong, and the words of the style sheet at which it shows."""

    snippet: str
    text: str


def judge_style_sheets(templates: Templates, language: str) -> tuple[Problem, ...]:
    """Everything in both that would be lost on the way into letters, spoil the rest, or load something.

    Raises:
        TemplateError: one of them cannot be rendered.
    """
    found: dict[tuple[str, int], Problem] = {}
    for name, judge in ((INLINED, _judge_inlined), (KEPT, _judge_kept)):
        source = templates.read_bytes(name).decode("utf-8", "replace")
        for fault in judge(_COMMENT.sub("", templates.render(name, language))):
            line = locate(source, fault.snippet)
            found.setdefault((name, line), Problem(f"templates/{name}", line, "", fault.text))
    return tuple(found.values())


def read_rules(css: str) -> tuple[Rule, ...]:
    """The rules of a flat style sheet; what is none is left out."""
    return tuple(
        Rule(selectors.strip(), tuple(part.strip() for part in _SEPARATOR.split(body) if part.strip()))
        for selectors, body in _RULE.findall(_COMMENT.sub("", css))
    )


def locate(source: str, *snippets: str) -> int:
    """The line of a template's source in which the first of these stands that is there at all; 0 when none is."""
    for snippet in snippets:
        for number, line in enumerate(source.splitlines(), 1):
            if snippet and snippet in line:
                return number
    return 0


def _judge_inlined(css: str) -> Iterator[_Fault]:
    broken = [*_judge_blocks(css, is_flat=True), *_judge_loading(css)]
    yield from broken
    if broken:
        return
    for rule in read_rules(css):
        yield from _judge_selectors(rule.selectors)
        yield from _judge_declarations(rule)


def _judge_kept(css: str) -> Iterator[_Fault]:
    yield from _judge_blocks(css, is_flat=False)
    yield from _judge_loading(css)


def _judge_blocks(css: str, *, is_flat: bool) -> Iterator[_Fault]:
    """The first brace, comment or end tag that spoils all that follows it."""
    if "</" in css:
        yield _Fault("</", "“</” ends the style block for some programs; take it out")
    elif "/*" in css:
        yield _Fault("/*", "this comment has no end; close it with */")
    opened: list[str] = []
    start, last = 0, ""
    for brace in _BRACE.finditer(css):
        head = _last_line(css[start : brace.start()])
        start = brace.end()
        if brace[0] == "}" and not opened:
            yield _Fault(last, f"there is one }} too many behind the block of “{last}”; take it out")
            return
        if brace[0] == "}":
            last = opened.pop()
            continue
        if opened and (is_flat or not opened[-1].startswith("@")):
            yield _describe_nested(opened[-1], head)
            return
        opened.append(head)
    if opened:
        yield _Fault(opened[-1], f"the block of “{opened[-1]}” has no end; close it with }}")


def _describe_nested(outer: str, inner: str) -> _Fault:
    if outer.startswith("@"):
        name = outer.split()[0]
        return _Fault(outer, f"{name} cannot be written into elements and would be lost; move this block to head.css")
    return _Fault(outer, f"the block of “{outer}” is not closed before “{inner}”; close it with }}")


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2].strip()


def _judge_loading(css: str) -> Iterator[_Fault]:
    for found in _LOADING.finditer(css):
        yield _Fault(found[0], f"{found[0]} loads something, which a letter never does; take the rule out")


def _judge_selectors(selectors: str) -> Iterator[_Fault]:
    if selectors.startswith("@"):
        yield _Fault(selectors, f"{selectors.split()[0]} cannot be written into elements; move it to head.css")
        return
    for selector in (part.strip() for part in selectors.split(",")):
        plain = _ATTRIBUTE.sub("", selector)
        if not selector:
            yield _Fault(_last_line(selectors), f"“{selectors}” has a comma without a selector; take it out")
        elif ":" in plain:
            yield _Fault(
                selector, f"“{selector}” cannot be written into elements and would be lost; {_INSTEAD}, or use head.css"
            )
        elif _NEIGHBOUR.search(plain):
            yield _Fault(selector, f"“{selector}” looks at neighbours, which differ from letter to letter; {_INSTEAD}")


def _judge_declarations(rule: Rule) -> Iterator[_Fault]:
    for declaration in rule.declarations:
        if ":" not in declaration:
            yield _Fault(declaration, f"“{declaration}” is no declaration; write NAME: VALUE;")
        elif "var(" in declaration or declaration.startswith("--"):
            yield _Fault(declaration, f"“{declaration}”: mail programs know no variables; take the value from theme.toml")
