"""RSS 2.0, RSS 1.0 and Atom 1.0 as entries, with what Media RSS, Dublin Core and the content module add."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import urljoin

from lxml import etree

from digest.errors import ContentError
from digest.items.importing.entries import (
    Entry,
    File,
    Picture,
    Skip,
    Term,
    clean,
    first_moment,
    read_iso_moment,
    read_mail_moment,
    to_plain,
)
from digest.items.importing.html_tree import read_lines
from digest.items.importing.sources import Element, local_name, read_elements

__all__ = ["read_feed"]

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_MEDIA = "{http://search.yahoo.com/mrss/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_RSS1 = "{http://purl.org/rss/1.0/}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_APPEARED = "<p>The post <a "


def read_feed(stream: BinaryIO, file: str) -> Iterator[Entry | Skip]:
    """The entries of a feed.

    Raises:
        ContentError: it is too large, no XML, declares a DOCTYPE, or is a WordPress export, whose drafts are no entries.
    """
    count = 0
    for element in read_elements(stream, file, ("item", "entry"), ("channel", "RDF", "feed")):
        count += 1
        if isinstance(element, Skip):
            yield element
        elif element.tag == f"{_ATOM}entry":
            yield _read_atom(element)
        elif any("wordpress.org/export" in child.tag for child in element.iterchildren("*")):
            raise ContentError(file, "it is an export of WordPress, and no feed", "Read it with: digest import wordpress")
        elif element.tag in ("item", f"{_RSS1}item"):
            yield _read_rss(element)
    if not count:
        yield Skip("", "it holds no entry; save the feed itself: RSS, Atom or JSON Feed", is_fault=True)


def _text(element: Element, *names: str) -> str:
    """The text of the first of these children that has any."""
    return next((found for name in names if (found := (element.findtext(name) or "").strip())), "")


def _language(element: Element) -> str:
    """The nearest `xml:lang`, else what the feed says of itself."""
    own = element.findtext(f"{_DC}language")
    for around in (element, *element.iterancestors()):
        if own or around.get(f"{_XML}lang"):
            return clean(own or around.get(f"{_XML}lang"))
    parent = element.getparent()
    names = ("language", f"{_DC}language", f"{_RSS1}channel/{_DC}language")
    return clean(_text(parent, *names)) if parent is not None else ""


def _read_rss(item: Element) -> Entry:
    described, whole = _text(item, "description", f"{_RSS1}description"), _text(item, f"{_CONTENT}encoded")
    dates = (read_mail_moment(_text(item, "pubDate")), read_iso_moment(_text(item, f"{_DC}date")),
             read_iso_moment(_text(item, f"{_ATOM}published", f"{_ATOM}updated")))  # fmt: skip
    guid, link = _text(item, "guid"), _text(item, "link", f"{_RSS1}link")
    is_address = bool(guid) and (item.find("guid").get("isPermaLink") or "true").lower() == "true"
    return Entry(
        title=to_plain(_text(item, "title", f"{_RSS1}title", f"{_MEDIA}title")),
        html=_drop_appeared(whole) or described,
        published=first_moment(dates),
        line=item.sourceline or 0,
        guid=clean(guid or item.get(f"{_RDF}about") or ""),
        link=clean(link or (guid if is_address else "")),
        summary=clean(read_lines(described)) if whole else "",
        language=_language(item),
        terms=tuple(
            Term(to_plain(found.text or "")) for name in ("category", f"{_DC}subject") for found in item.iterfind(name)
        ),
        picture=_read_picture(item),
        files=tuple(_read_enclosures(item)),
    )


def _drop_appeared(body: str) -> str:
    """A body without the sentence that WordPress writes below each entry of its feeds."""
    head, mark, tail = body.rpartition(_APPEARED)
    return head if mark and "appeared first on" in tail and len(tail) < 2000 else body


def _read_atom(entry: Element) -> Entry:
    content = _read_construct(entry.find(f"{_ATOM}content"))
    summary = _read_construct(entry.find(f"{_ATOM}summary"))
    names = (f"{_ATOM}published", f"{_ATOM}updated")
    return Entry(
        title=_read_title(entry.find(f"{_ATOM}title")),
        html=content or summary,
        published=first_moment(read_iso_moment(_text(entry, name)) for name in names),
        line=entry.sourceline or 0,
        guid=clean(_text(entry, f"{_ATOM}id")),
        link=clean(next(_links(entry), "")),
        summary=clean(read_lines(summary)) if content else "",
        language=_language(entry),
        terms=tuple(_read_categories(entry)),
        picture=_read_picture(entry),
        files=tuple(_read_enclosures(entry)),
    )


def _links(entry: Element) -> Iterator[str]:
    """The addresses of the entry's own page."""
    for link in entry.iterfind(f"{_ATOM}link"):
        if link.get("rel", "alternate") == "alternate" and link.get("href"):
            yield _resolve(link, link.get("href"))


def _resolve(element: Element, address: str) -> str:
    """An address against the nearest `xml:base`; as it stands when the two make none."""
    try:
        return urljoin(element.base or "", address)
    except ValueError:
        return address


def _read_title(title: Element | None) -> str:
    """A title is plain text unless its type says otherwise (RFC 4287 section 3.1)."""
    if title is None:
        return ""
    if title.get("type", "text") == "text":
        return clean(title.text or "")
    return clean(read_lines(_read_construct(title)))


def _read_construct(element: Element | None) -> str:
    """A text or content as HTML, whatever its type; what lies elsewhere or is no text gives nothing."""
    if element is None or element.get("src"):
        return ""
    sort = element.get("type", "text")
    if sort == "xhtml":
        return "".join(_serialise(child) for child in element.iterchildren("*"))
    if sort in ("html", "text/html"):
        return str(element.text or "")
    if sort in ("text", "text/plain"):
        return str(element.text or "").replace("&", "&amp;").replace("<", "&lt;")
    return ""


def _serialise(element: Element) -> str:
    """XHTML as HTML: without namespaces."""
    for part in element.iter("*"):
        part.tag = local_name(part)
    etree.cleanup_namespaces(element)
    return etree.tostring(element, encoding="utf-8", method="html", with_tail=False).decode()


def _read_categories(entry: Element) -> Iterator[Term]:
    for category in entry.iterfind(f"{_ATOM}category"):
        term = clean(category.get("term") or "")
        yield Term(clean(category.get("label") or "") or term, term)


def _read_picture(entry: Element) -> Picture | None:
    """The first picture of Media RSS with what is said of it, of its group or of the entry; else one that is enclosed."""
    for content in entry.iter(f"{_MEDIA}content", f"{_MEDIA}thumbnail"):
        is_picture = local_name(content) == "thumbnail" or _is_picture(content)
        if is_picture and content.get("url"):
            around = [content, *content.iterancestors()]
            inside = around[: around.index(entry) + 1]
            return Picture(
                address=clean(_resolve(content, content.get("url"))),
                caption=next((said for one in inside if (said := _said(one, "description"))), ""),
                credit=next((said for one in inside if (said := _said(one, "credit"))), ""),
            )
    for enclosure in entry.iterfind("enclosure"):
        if (enclosure.get("type") or "").startswith("image/") and enclosure.get("url"):
            return Picture(address=clean(enclosure.get("url")))
    return None


def _is_picture(content: Element) -> bool:
    return content.get("medium") == "image" or (content.get("type") or "").startswith("image/")


def _said(element: Element, name: str) -> str:
    found = element.find(f"{_MEDIA}{name}")
    if found is None:
        return ""
    return clean(read_lines(found.text or "")) if found.get("type") == "html" else to_plain(found.text or "")


def _read_enclosures(entry: Element) -> Iterator[File]:
    for enclosure in entry.iterfind("enclosure"):
        if not (enclosure.get("type") or "").startswith("image/"):
            yield File(clean(enclosure.get("url") or ""))
    for link in entry.iterfind(f"{_ATOM}link"):
        if link.get("rel") == "enclosure" and not (link.get("type") or "").startswith("image/"):
            yield File(clean(_resolve(link, link.get("href") or "")), clean(link.get("title") or ""))
