"""Posts as WordPress's REST interface answers them (`/wp-json/wp/v2/posts`), saved as JSON: one post or a list of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO
from urllib.parse import unquote

from digest.errors import ContentError
from digest.items.importing.entries import Entry, Picture, Skip, Term, clean, to_plain
from digest.items.importing.html_tree import read_lines
from digest.items.importing.pictures import read_caption
from digest.items.importing.shortcodes import expand_shortcodes
from digest.items.importing.sources import read_json
from digest.items.importing.wordpress import judge_status, name_removed, read_gmt

__all__ = ["read_posts"]

_NO_TERMS = "its categories are unknown; save the answer with _embed in the address to have them"


def read_posts(stream: BinaryIO, file: str) -> Iterator[Entry | Skip]:
    """The posts of a saved answer.

    Raises:
        ContentError: it is too large, no JSON, or a JSON Feed.
    """
    value = read_json(stream, file)
    if isinstance(value, dict) and "jsonfeed.org/version/" in str(value.get("version")):
        raise ContentError(file, "it is a JSON Feed, and no answer of WordPress", "Read it with: digest import feed")
    posts = value if isinstance(value, list) else [value]
    if not posts:
        yield Skip("", "it holds no post", is_fault=True)
    for post in posts:
        yield _read_post(post if isinstance(post, dict) else {})


def _read_post(post: dict[str, Any]) -> Entry | Skip:
    title = to_plain(_rendered(post, "title"))
    if not isinstance(post.get("content"), dict) or not isinstance(post.get("id"), int):
        return Skip(title, "it is no post as WordPress answers it", is_fault=True)
    status = post.get("status", "publish")
    why = judge_status(status if isinstance(status, str) else "", post["content"].get("protected") is True)
    if why:
        return Skip(title, why)
    expanded = expand_shortcodes(_rendered(post, "content"))
    language = post.get("lang")
    return Entry(
        title=title,
        html=expanded.html,
        published=read_gmt(_text(post, "date_gmt")),
        guid=clean(_rendered(post, "guid")),
        name=clean(unquote(_text(post, "slug"), errors="replace")),
        link=clean(_text(post, "link")),
        summary=clean(read_lines(_rendered(post, "excerpt"))),
        language=clean(language) if isinstance(language, str) else "",
        sort=_text(post, "type") or "post",
        terms=tuple(_read_terms(post)),
        picture=_read_picture(post),
        remarks=(*name_removed(expanded.removed), *(() if "wp:term" in _embedded(post) else (_NO_TERMS,))),
    )


def _text(value: Any, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _rendered(post: dict[str, Any], name: str) -> str:
    """A text as it is shown, which stands one level deeper."""
    return _text(post.get(name), "rendered") or _text(post, name)


def _embedded(post: dict[str, Any]) -> dict[str, Any]:
    found = post.get("_embedded")
    return found if isinstance(found, dict) else {}


def _read_terms(post: dict[str, Any]) -> Iterator[Term]:
    groups = _embedded(post).get("wp:term")
    for group in groups if isinstance(groups, list) else ():
        for term in group if isinstance(group, list) else ():
            if _text(term, "name"):
                yield Term(to_plain(_text(term, "name")), clean(unquote(_text(term, "slug"), errors="replace")))


def _read_picture(post: dict[str, Any]) -> Picture | None:
    media = _embedded(post).get("wp:featuredmedia")
    found = media[0] if isinstance(media, list) and media and isinstance(media[0], dict) else {}
    if not _text(found, "source_url"):
        return None
    said = read_caption(read_lines(_rendered(found, "caption")))
    details = found.get("media_details")
    camera = details.get("image_meta") if isinstance(details, dict) else None
    return Picture(
        address=clean(_text(found, "source_url")),
        alt=clean(_text(found, "alt_text")),
        caption=said.caption,
        credit=said.credit or to_plain(_text(camera, "credit")),
    )
