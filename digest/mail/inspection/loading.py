"""Whatever loads or leads beside the links and pictures that are looked at one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from digest.mail.inspection.finding import Finding, cut
from digest.mail.inspection.page import Page

__all__ = ["inspect_loading"]

_ALLOWED = frozenset({("a", "href"), ("img", "src")})
_LOADING = frozenset(
    {"action", "archive", "background", "cite", "classid", "codebase", "data", "dynsrc", "formaction", "href", "icon",
     "imagesrcset", "longdesc", "lowsrc", "manifest", "o:href", "ping", "poster", "profile", "src", "srcdoc", "srcset",
     "usemap", "xlink:href"}
)  # fmt: skip
_WORDS = frozenset({"alt", "title", "aria-label", "content", "summary"})
_ADDRESS = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//|\s*(?:data|javascript|cid|file|mhtml):", re.IGNORECASE)
_PRAGMAS = frozenset({"content-type", "x-ua-compatible"})
_TAG = re.compile(r"""<([a-z][\w:-]*)((?:[^<>"']|"[^"]*"|'[^']*')*)""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")


def inspect_loading(page: Page) -> Iterator[Finding]:
    """Attributes that carry an address and are not those of a link or picture; in comments for Outlook, all of them."""
    for element in page.elements:
        yield from _inspect(str(element.tag), element.attrib)
    for comment in page.conditional:
        if "url(" in comment.lower() or "@import" in comment.lower():
            yield Finding("html", "a comment for Outlook loads something in a style; take it out of the template")
        for tag, attributes in _TAG.findall(comment):
            for found in _ATTRIBUTE.finditer(attributes):
                name, value = found[1].lower(), found[2] or found[3] or found[4] or ""
                if _carries_address(name, value):
                    text = f"a comment for Outlook holds <{tag} {name}> with {cut(value, 90)}, which nobody else sees"
                    yield Finding("html", f"{text}; take it out of the template")


def _inspect(tag: str, attributes: Mapping[str, str]) -> Iterator[Finding]:
    if tag == "meta" and "http-equiv" in attributes and attributes["http-equiv"].strip().lower() not in _PRAGMAS:
        text = f'a <meta http-equiv="{cut(attributes["http-equiv"])}"> may lead elsewhere by itself; take it out'
        yield Finding("html", f"{text} of the template")
    for name, value in attributes.items():
        known = (tag, name) in _ALLOWED or name == "background"  # that one is named with the styles that load
        if not known and _carries_address(name, value):
            text = f"a <{tag}> has {name}, which loads or leads somewhere: only <a href> and <img src> may"
            yield Finding("html", f"{text}; take it out of the template", "error", cut(value, 90))


def _carries_address(name: str, value: str) -> bool:
    if name in _LOADING:
        return True
    return name not in _WORDS and not name.startswith("xmlns") and bool(_ADDRESS.match(value))
