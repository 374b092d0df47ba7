"""The rules of an item's fields, each a function of the form and the newsroom's settings."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime
from pathlib import PurePosixPath

from digest.items import links, moments
from digest.items.form import Form, quote, suggest
from digest.items.frontmatter import Path
from digest.items.markdown import cut_at_word, first_paragraph
from digest.items.model import ID, Attachment, Correction, Photo, Withdrawal
from digest.items.scanning import PICTURE_ENDINGS
from digest.settings import RESERVED, Settings

__all__ = [
    "FIELDS",
    "ID",
    "PICTURE_ENDINGS",
    "SUMMARY_LIMIT",
    "TITLE_LIMIT",
    "WRITTEN_SUMMARY_LIMIT",
    "is_obfuscated",
    "is_reserved",
    "read_attachments",
    "read_contact",
    "read_corrections",
    "read_embargo",
    "read_id",
    "read_kind",
    "read_language",
    "read_photo",
    "read_summary",
    "read_title",
    "read_topics",
    "read_translation",
    "read_withdrawal",
    "refuse_unknown",
]

FIELDS = (
    "title", "date", "kind", "topics", "summary", "shortened", "id", "language", "translation_of", "url", "photo", "embargo",
    "status", "updated", "corrections", "withdrawn", "urgent", "review", "issuer", "contact", "attachments",
)  # fmt: skip
"""The fields of an item file, in the order in which they are written."""

TITLE_LIMIT = 200
SUMMARY_LIMIT = 600
"""A summary taken from the body is cut at this many characters."""

WRITTEN_SUMMARY_LIMIT = 2000
"""A summary that somebody wrote is never cut; it may have this many characters."""

_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
_OTHER_NAMES = {
    "tags": "topics", "topic": "topics", "categories": "topics", "category": "kind", "type": "kind", "headline": "title",
    "author": "issuer", "description": "summary", "excerpt": "summary", "image": "photo", "picture": "photo",
    "lang": "language", "slug": "id", "published": "date", "draft": "status: draft", "lastmod": "updated",
    "modified": "updated", "correction": "corrections", "link": "url", "canonical": "url", "email": "contact",
    "truncated": "shortened", "caption": "photo.caption", "credit": "photo.credit", "alt": "photo.alt",
}  # fmt: skip
_PHOTO = ("src", "alt", "caption", "credit")
_OBFUSCATED = re.compile(
    r"email\s*protected|email-protection|[\[({<]\s*(?:at|dot)\s*[\])}>]|\sat\s+\S+\s+dot\s", re.IGNORECASE
)
_ID_FORM = "use small letters, digits and hyphens, 80 at most"


def is_reserved(name: str) -> bool:
    """Whether a name is an address of the site's own, or one that some file systems cannot hold."""
    return name in RESERVED or name in _DEVICES


def is_obfuscated(text: str) -> bool:
    """Whether text holds an address hidden from machines, such as `[email protected]`: never a real address."""
    return bool(_OBFUSCATED.search(text))


def refuse_unknown(form: Form) -> None:
    """Report every field that an item does not have."""
    for name in form.matter.data:
        if name == "body":
            form.report((name,), "write the body below the second ---, not as a field")
        elif name not in FIELDS:
            other = _OTHER_NAMES.get(name.lower())
            hint = f"; did you mean {other}?" if other else suggest(name, FIELDS)
            form.report((name,), f"there is no such field{hint or '; remove it'}")


def read_title(form: Form) -> str | None:
    """One line of plain text, 1 to 200 characters, some of them visible."""
    form.require(("title",), "write the item's title")
    return form.text("title", limit=TITLE_LIMIT)


def read_kind(form: Form, settings: Settings) -> str | None:
    """One of the newsroom's kinds."""
    if form.value(("kind",)) is None:
        form.require(("kind",), f"choose from: {', '.join(settings.kinds)}")
    return form.choice(("kind",), settings.kinds, "one of newsroom.toml's kinds")


def read_topics(form: Form, settings: Settings, review: Collection[str]) -> tuple[str, ...]:
    """Some of the newsroom's topics; none only while `review` still names them."""
    path: Path = ("topics",)
    topics = form.words(path, settings.topics, "one of newsroom.toml's topics")
    if not topics:
        advice = f"choose from: {', '.join(settings.topics)}"
        form.require(path, advice)
        if form.value(path) == [] and "topics" not in review:
            form.report(path, f"an item without topics reaches nobody who follows one; {advice}, or add review: [topics]")
    return topics


def read_summary(form: Form, body: str) -> tuple[str, bool]:
    """The summary and whether it is shortened: as written, else the body's first paragraph."""
    shortened = form.flag(("shortened",))
    written = form.text("summary", limit=WRITTEN_SUMMARY_LIMIT)
    if written is not None or form.value(("summary",)) is not None:
        return written or "", shortened
    paragraph = first_paragraph(body)
    if not paragraph:
        form.report(("summary",), "there is neither a summary nor a body; write one of them")
    cut = cut_at_word(paragraph, SUMMARY_LIMIT)
    return cut, shortened or cut != paragraph


def read_id(form: Form) -> str | None:
    """The id as written, else the stem of the file's name."""
    written = form.text("id", limit=200)
    if written is None and form.has("id"):
        form.require(("id",), "write one, or remove the line")
        return None
    name = written or PurePosixPath(form.file).stem
    if not ID.fullmatch(name):
        wrong = f"{quote(name)} cannot be an id: {_ID_FORM}"
        form.report(("id",), wrong if written else f"the file's name {wrong}; rename the file or add the field id")
        return None
    if is_reserved(name):
        form.report(("id",), f"{quote(name)} is reserved; choose another id")
        return None
    return name


def read_language(form: Form, settings: Settings) -> str:
    """One of the newsroom's languages, its own when absent."""
    chosen = form.choice(("language",), settings.languages, "one of the newsroom's languages")
    return chosen or settings.languages[0]


def read_translation(form: Form, own: str | None) -> str | None:
    """The id of the item that this one translates."""
    root = form.text("translation_of")
    if root is not None and not ID.fullmatch(root):
        form.report(("translation_of",), f"{quote(root)} cannot be an id: {_ID_FORM}")
        return None
    if root is not None and root == own:
        form.report(("translation_of",), "an item cannot translate itself; name the original's id, or remove the line")
    return root


def read_photo(form: Form, settings: Settings, photos: Collection[str]) -> Photo | None:
    """The photo; None without `src`: credit and caption then wait in the file for their picture."""
    if not form.table(("photo",), _PHOTO):
        return None
    alt = form.text("photo", "alt", limit=1000)
    caption = form.text("photo", "caption", limit=2000)
    credit = form.text("photo", "credit", limit=500)
    written = form.text("photo", "src", limit=2000)
    if written is None:
        return None
    form.require(("photo", "alt"), "say in a few words what the picture shows")
    form.require(("photo", "credit"), "name who made the picture")
    src = _read_source(form, written, settings, photos)
    if src is None or alt is None or credit is None:
        return None
    return Photo(src=src, alt=alt, caption=caption or "", credit=credit)


def _read_source(form: Form, src: str, settings: Settings, photos: Collection[str]) -> str | None:
    path: Path = ("photo", "src")
    if src.startswith("//") or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", src):
        address = form.read(path, links.read_picture_address)
        if address is not None and not links.is_shown(address, settings.pictures.hosts):
            form.report(
                path,
                "its host is not one of newsroom.toml's [pictures] hosts, so it becomes a link with the credit; "
                "put the file below items/photos/, or add the host",
                "warning",
            )
        return address
    if src in photos:
        return src
    if src.startswith("/") or "\\" in src or {".", ".."} & set(src.split("/")):
        form.report(path, "write the path of a file below items/photos/, such as harbour.jpg, or an https address")
    elif not src.lower().endswith(PICTURE_ENDINGS):
        form.report(path, f"{quote(src)} is no picture that can be shown; save it as JPEG, PNG or WebP")
    else:
        name = PurePosixPath(src).name.lower()
        near = next((photo for photo in sorted(photos) if PurePosixPath(photo).name.lower() == name), "")
        hint = f"did you mean {near}?" if near else "put it there, or mend the name"
        form.report(path, f"there is no file {quote(src)} below items/photos/; {hint}")
    return None


def read_embargo(form: Form) -> datetime | None:
    """The moment before which nobody may see the item; present but empty is a fault."""
    if form.has("embargo"):
        form.require(("embargo",), "write a moment with its zone, or remove the line")
    return form.read(("embargo",), moments.read_moment)


def read_corrections(form: Form) -> tuple[Correction, ...]:
    """Labelled corrections, each with its day and note, newest last."""
    found: list[Correction] = []
    for place in form.entries(("corrections",), "write a list: `- date: …` and below it `note: …` for each correction"):
        path: Path = ("corrections", place)
        day, note = _read_dated(form, path, "note", "say what was wrong and what is right")
        if day is None or note is None:
            continue
        if found and day < found[-1].date:
            form.report((*path, "date"), "it is earlier than the correction before it; put the newest last")
        found.append(Correction(date=day, note=note))
    return tuple(found)


def read_withdrawal(form: Form) -> Withdrawal | None:
    """Since when the item is taken back, and why."""
    if not form.has("withdrawn"):
        return None
    form.require(("withdrawn",), "write date and reason below it, indented, or remove the line")
    if form.value(("withdrawn",)) is None:
        return None
    day, reason = _read_dated(form, ("withdrawn",), "reason", "say why; readers are told")
    return None if day is None or reason is None else Withdrawal(date=day, reason=reason)


def _read_dated(form: Form, path: Path, words: str, advice: str) -> tuple[date | None, str | None]:
    form.require(path, f"write date and {words}")
    if not form.table(path, ("date", words)):
        return None, None
    form.require((*path, "date"), "write a day such as 2022-02-28")
    form.require((*path, words), advice)
    return form.read((*path, "date"), moments.read_day), form.text(*path, words, limit=2000)


def read_contact(form: Form) -> str | None:
    """Whom to ask: a real address or number."""
    contact = form.text("contact")
    if contact is not None and is_obfuscated(contact):
        form.report(("contact",), f"{quote(contact)} hides an address; write the real one, or remove the line")
    return contact


def read_attachments(form: Form) -> tuple[Attachment, ...]:
    """Files that belong to the item, each an https address with the words of its link."""
    found: list[Attachment] = []
    for place in form.entries(("attachments",), "write a list: `- src: https://…` and below it `title: …` for each"):
        path: Path = ("attachments", place)
        form.require(path, "write src and title")
        if not form.table(path, ("src", "title")):
            continue
        form.require((*path, "src"), "write the address of the file, beginning with https://")
        form.require((*path, "title"), "write the words of its link")
        src, title = form.read((*path, "src"), _read_attachment), form.text(*path, "title")
        if src is not None and title is not None:
            found.append(Attachment(src=src, title=title))
    return tuple(found)


def _read_attachment(text: str) -> str:
    if not text.startswith("https://"):
        raise ValueError("an attachment lies on the web; write its address, beginning with https://")
    return links.read_web_address(text)
