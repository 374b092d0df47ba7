"""Links: where they lead, what they are called, and that both parts have the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Literal
from urllib.parse import unquote

from digest.mail.inspection.addresses import read_address
from digest.mail.inspection.finding import Finding, cut
from digest.mail.inspection.page import Page, words_of
from digest.mail.letter import Letter, Piece

__all__ = ["inspect_address", "inspect_links", "inspect_same_links"]

_TEXT_LINK = re.compile(r"^https?://\S+$", re.MULTILINE)
_ADDRESS = re.compile(r"(?:https?://|www\.)([^\s/?#]+)", re.IGNORECASE)
_BARE_HOST = re.compile(r"((?:[\w-]+\.)+(?!(?:js|md|txt|pdf|html?|docx?|jpe?g|png|csv|zip)\b)[^\W\d_]{2,})(?:[/:?#]\S*)?")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\u2066-\u2069\ufeff]")
_AROUND = " .,;…›»«→>:!?()[]<>“”‘’\"'"
_TRACKING = re.compile(
    r"(?:utm_|pk_|piwik_|mtm_|matomo_).*|fbclid|gclid|dclid|msclkid|yclid|twclid|igshid|mc_[ce]id|_hsenc|_hsmi|mkt_tok|"
    r"vero_(?:id|conv)|oly_(?:enc|anon)_id|ml_subscriber(?:_hash)?|s_cid|rb_clickid|wickedid",
    re.IGNORECASE,
)
_SHORTENERS = frozenset(
    {"bit.ly", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy", "rebrand.ly", "shorturl.at", "t.co",
     "t.ly", "tinyurl.com", "tiny.cc", "clck.ru", "v.gd"}
)  # fmt: skip
_GENERIC = frozenset(
    {
        "click here", "here", "read more", "more", "learn more", "this link", "link", "continue reading",
        "cliquez ici", "ici", "lire la suite", "en savoir plus", "lire plus",
        "haga clic aquí", "haz clic aquí", "aquí", "leer más", "más", "más información", "seguir leyendo",
        "нажмите здесь", "здесь", "тут", "читать далее", "читать дальше", "подробнее", "далее",
        "натисніть тут", "читати далі", "докладніше", "детальніше", "далі",
        "اضغط هنا", "انقر هنا", "هنا", "اقرأ المزيد", "المزيد",
    }
)  # fmt: skip


def inspect_links(letter: Letter, page: Page) -> Iterator[Finding]:
    """Every link of a page."""
    owners = {piece.link: f"item {piece.id}" for piece in _pieces(letter)}
    for link in page.named("a"):
        address = link.get("href", "")
        if not address:
            continue
        field = owners.get(address, "html")
        yield from inspect_address(address, field, plain="warning" if field.startswith("item ") else "error")
        words = words_of(link)
        yield from _inspect_words(address, words, field)
        if words != letter.newsroom:
            yield from _inspect_bare_host(address, words, field)


def _pieces(letter: Letter) -> Iterator[Piece]:
    yield from (*letter.items, *letter.corrections, *letter.withdrawals, *letter.more)


def inspect_address(address: str, field: str, *, plain: Literal["error", "warning"]) -> Iterator[Finding]:
    """Where an address leads.

    Args:
        plain: how bad it is that it is not https.
    """
    read = read_address(address)
    shown = cut(address, 90)
    if read.scheme not in ("http", "https"):
        yield Finding(field, f"the link {shown} is no address of the web; only https works in every mail program")
        return
    if not read.is_safe:
        text = f"the link {shown} is not https: others on the way can read it and change it"
        yield Finding(field, text, plain)
    for name in read.parameters:
        if _TRACKING.fullmatch(name):
            yield Finding(field, f"the link {shown} holds {name}, which tracks readers; take it out of the address")
    if read.name in _SHORTENERS:
        yield Finding(field, f"the link {shown} hides where it leads; write the whole address", "warning")
    if _is_number(read.host) and not read.is_local:
        yield Finding(field, f"the link {shown} leads to a number, which filters distrust; use a name", "warning")


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _inspect_words(address: str, words: str, field: str) -> Iterator[Finding]:
    plain = words.casefold().strip(" .…›»→>:!")
    if not words:
        yield Finding(field, f"the link {cut(address, 90)} has no words; a screen reader has nothing to read", "warning")
    elif plain in _GENERIC:
        yield Finding(field, f"a link says only “{words}”; say where it leads", "warning")
    host = read_address(address).name
    named = [found.lower().rpartition("@")[2].partition(":")[0].removeprefix("www.") for found in _ADDRESS.findall(words)]
    if any(name != host for name in named):
        yield Finding(field, f"a link says “{cut(words)}” and leads to {host}: readers and filters take that for phishing")


def _inspect_bare_host(address: str, words: str, field: str) -> Iterator[Finding]:
    """A name of a host alone, which may be the domain to which the host belongs."""
    plain = _UNSEEN.sub("", words).lower().strip(_AROUND)
    found = _BARE_HOST.fullmatch(plain)
    host = read_address(address).name
    name = _to_ascii(found[1].removeprefix("www.")) if found else host
    if not plain.startswith("www.") and name != host and not host.endswith(f".{name}"):
        text = f"a link reads like the address “{cut(words)}” and leads to {host}"
        yield Finding(field, f"{text}: readers and filters take that for phishing")


def _to_ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def inspect_same_links(letter: Letter, page: Page | None, text: str, leave: str) -> Iterator[Finding]:
    """Both parts lead to the same places, one perhaps with more of an address percent-encoded.

    Args:
        page: the HTML, or nothing in discreet form.
        leave: the link to leave that stands in both.
    """
    in_text = set(map(unquote, _TEXT_LINK.findall(text)))
    if page is None:
        in_html = set(map(unquote, (*letter.links(), leave)))
    else:
        in_html = {unquote(link.get("href")) for link in page.named("a") if link.get("href")}
    for link in sorted(in_html - in_text):
        yield Finding("text", f"it lacks the link {link}")
    for link in sorted(in_text - in_html - set(_written_out(letter))):
        yield Finding("html", f"it lacks the link {link}")


def _written_out(letter: Letter) -> Iterator[str]:
    """Addresses in the words of people: one that is wrapped onto a line of its own is no link of the letter."""
    words = [letter.introduction, *(piece.title for piece in _pieces(letter)), *(item.summary for item in letter.items)]
    words += [piece.note for piece in letter.corrections] + [piece.reason for piece in letter.withdrawals]
    for text in words:
        yield from map(unquote, re.findall(r"https?://\S+", text))
