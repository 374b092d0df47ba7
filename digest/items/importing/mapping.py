"""An entry fitted to the newsroom: the text of its item file, which the reader of items takes, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from urllib.parse import urlsplit

from digest.clock import format_utc
from digest.errors import UsageError
from digest.items import links
from digest.items.characters import is_visible
from digest.items.fields import SUMMARY_LIMIT, TITLE_LIMIT, WRITTEN_SUMMARY_LIMIT
from digest.items.folder import MAX_FILE_SIZE
from digest.items.importing.entries import Entry, Picture, Skip, Term
from digest.items.importing.inline import read_back
from digest.items.importing.markup import Converted, convert_html
from digest.items.importing.naming import Names
from digest.items.importing.pictures import merge_pictures, name_picture
from digest.items.importing.topics import Vocabulary, propose_topics
from digest.items.markdown import cut_at_word, first_paragraph
from digest.items.reading import read_item
from digest.items.slugs import name_file
from digest.items.writing import FieldValue, render_item
from digest.settings import Settings

__all__ = ["Made", "Mapper", "choose_kind"]

_CUT = re.compile(
    r"\s*(?:\[\s*(?:…|\.\.\.)\s*\]|…|\.\.\.)\s*(?:(?:continue reading|read more|weiterlesen|lire la suite|leer más).*)?$",
    re.IGNORECASE,
)
_READ_FOR_TOPICS = 2000


@dataclass(frozen=True, slots=True)
class Made:
    """An item file: its name, id and text, the item's title, and remarks on what was lost or is to be looked at."""

    file: str
    id: str
    text: str
    title: str
    line: int
    remarks: tuple[str, ...] = ()


def choose_kind(settings: Settings, wanted: str | None) -> str:
    """The kind of entries whose categories name none: as asked for, else `update` if the newsroom has it.

    Raises:
        UsageError: there is no such kind, or none was asked for and none is called `update`.
    """
    kind = wanted or "update"
    if kind in settings.kinds:
        return kind
    cause = "there is no such kind" if wanted else "no kind is said, and newsroom.toml has none that is called update"
    raise UsageError(f"--kind {wanted or ''}".strip(), cause, f"Say --kind with one of: {', '.join(settings.kinds)}.")


@dataclass
class _Notes:
    """What gathers while an entry is fitted: fields to review, and remarks."""

    review: dict[str, None] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def doubt(self, name: str, remark: str = "") -> None:
        """Note a field that a person must look at."""
        self.review[name] = None
        if remark:
            self.remarks.append(remark)


class Mapper:
    """Makes item files of entries, for one newsroom and in one run."""

    def __init__(self, settings: Settings, kind: str, names: Names) -> None:
        self._settings = settings
        self._kind = kind
        self._names = names
        self._words = Vocabulary(settings)

    def make(self, entry: Entry) -> Made | Skip:
        """The item file of an entry, or why it gives none."""
        kind = self._find_kind(entry)
        if kind is None:
            return self._skip(entry, f"its type is {entry.sort}, not post")
        if entry.published is None:
            return self._skip(entry, "it has no date with a zone that can be read", is_fault=True)
        try:
            body = convert_html(entry.html, entry.link, _with_address(entry.picture), has_lines=entry.has_lines)
            day, written = self._write_date(entry.published)
        except (ValueError, OverflowError) as error:
            return self._skip(entry, str(error), is_fault=True)
        notes = _Notes(remarks=[*entry.remarks, *body.remarks])
        title = _choose_title(entry, body.markdown, notes)
        if not title:
            return self._skip(entry, "it has neither a title nor a text", is_fault=True)
        return self._finish(entry, kind, (day, written), title, body, notes)

    def _find_kind(self, entry: Entry) -> str | None:
        """A post type of the site's own counts only when it is called like a kind."""
        if entry.sort in ("", "post"):
            return self._words.find_kind(entry.terms) or self._kind
        return self._words.find_kind((Term(entry.sort, entry.sort),))

    def _write_date(self, published: datetime | date) -> tuple[date, str]:
        """A moment is written in UTC; one at which a day of the newsroom begins is that day."""
        if not isinstance(published, datetime):
            return published, published.isoformat()
        local = published.astimezone(self._settings.zone)
        is_day = local.time() == time() and local.fold == 0
        return local.date(), local.date().isoformat() if is_day else format_utc(published.astimezone(UTC))

    def _finish(
        self, entry: Entry, kind: str, when: tuple[date, str], title: str, body: Converted, notes: _Notes
    ) -> Made | Skip:
        url = self._choose_url(entry)
        topics = self._choose_topics(entry, title, body.markdown, notes)
        summary, shortened = _choose_summary(entry.summary, body.markdown, notes)
        photo, comment = self._choose_photo(_join_pictures(entry.picture, body.photo), notes)
        name = self._names.give(entry, title, when[0], url or "")
        fields: dict[str, FieldValue] = {
            "title": title,
            "id": name,
            "date": when[1],
            "kind": kind,
            "topics": topics,
            "language": self._choose_language(entry.language, notes),
            "url": url,
            "summary": summary,
            "shortened": True if shortened else None,
            "photo": photo,
            "attachments": list(_list_files(entry, notes)) or None,
            "review": tuple(notes.review) or None,
        }
        text = render_item(fields, body.markdown)
        if comment:
            text = text.replace("\n---\n", f"\n# {comment}\n---\n", 1)
        made = Made(name_file(when[0].isoformat(), name), name, text, title, entry.line, tuple(notes.remarks))
        fault = self._judge(made)
        return self._skip(entry, fault, is_fault=True) if fault else made

    def _judge(self, made: Made) -> str:
        """What keeps the file from being an item; empty when nothing does."""
        if len(made.text.encode()) > MAX_FILE_SIZE:
            return f"it is larger than {MAX_FILE_SIZE // 1024} KiB"
        _, problems = read_item(made.text, made.file, self._settings)
        return "; ".join(f"{problem.field}: {problem.text}" for problem in problems if problem.severity == "error")

    def _skip(self, entry: Entry, why: str, *, is_fault: bool = False) -> Skip:
        return Skip(entry.title, why, entry.line, is_fault)

    def _choose_topics(self, entry: Entry, title: str, text: str, notes: _Notes) -> tuple[str, ...]:
        """Topics that the categories name; else proposed ones, which a person must look at."""
        told = self._words.find_topics(entry.terms)
        if told:
            return told
        notes.doubt("topics")
        proposed = propose_topics(f"{title} {entry.summary} {text[:_READ_FOR_TOPICS]}", self._settings)
        goals = (self._settings.find_topic(topic) for topic in proposed)
        return tuple(dict.fromkeys(goal for goal in goals if goal in self._settings.topics))

    def _choose_language(self, tag: str, notes: _Notes) -> str | None:
        """The newsroom's language that a tag means; None for the newsroom's own."""
        if not tag:
            return None
        small, main = tag.casefold(), re.split("[-_]", tag.casefold())[0]
        known = {language.casefold(): language for language in reversed(self._settings.languages)}
        by_main = {language.split("-")[0].casefold(): language for language in reversed(self._settings.languages)}
        found = known.get(small) or by_main.get(main)
        if found is None:
            notes.doubt("language", f"its language {tag[:20]!r} is not one of the newsroom's languages")
        return None if found == self._settings.languages[0] else found

    def _choose_url(self, entry: Entry) -> str | None:
        """The entry's own page, unless it lay where the newsroom's pages lie now."""
        address = _read_address(entry.link)
        own = urlsplit(self._settings.newsroom.base_url)
        return None if not address or urlsplit(address).netloc == own.netloc else address

    def _choose_photo(self, picture: Picture | None, notes: _Notes) -> tuple[dict[str, FieldValue] | None, str]:
        """The photo's fields, and a comment that says where the picture lies when it cannot be shown from there."""
        if picture is None:
            return None, ""
        words = {
            "alt": cut_at_word(picture.alt, 1000),
            "caption": cut_at_word(picture.caption, 2000),
            "credit": cut_at_word(picture.credit, 500),
        }
        said: dict[str, FieldValue] = {name: text for name, text in words.items() if is_visible(text)}
        alt = said.get("alt") or said.get("caption")
        if alt and "credit" in said and self._may_show(picture.address):
            return {"src": links.read_picture_address(picture.address), "alt": alt, **said}, ""
        address = _read_address(picture.address)
        if address or said:
            notes.doubt("photo")
        return said or None, f"picture: {address}" if address else ""

    def _may_show(self, address: str) -> bool:
        try:
            return links.is_shown(links.read_picture_address(address), self._settings.pictures.hosts)
        except ValueError:
            return False


def _read_address(address: str) -> str:
    """A web address in full; empty when it is none."""
    try:
        return links.read_web_address(address)
    except ValueError:
        return ""


def _with_address(picture: Picture | None) -> Picture | None:
    return picture if picture and picture.address else None


def _join_pictures(featured: Picture | None, found: Picture | None) -> Picture | None:
    """What the body says of the picture goes before what its feed or media library says; the latter knows where it lies."""
    if not found or not featured:
        return found or featured
    return replace(merge_pictures(found, featured), address=featured.address or found.address)


def _choose_title(entry: Entry, text: str, notes: _Notes) -> str:
    """The title; one that is missing is made of the first words, one that is too long is cut."""
    if not is_visible(entry.title):
        notes.doubt("title", "it has no title; its first words stand there")
        return cut_at_word(first_paragraph(text) or entry.summary, 80)
    if len(entry.title) > TITLE_LIMIT:
        notes.doubt("title", f"its title has {len(entry.title)} characters and is cut to {TITLE_LIMIT}")
    return cut_at_word(entry.title, TITLE_LIMIT)


def _choose_summary(summary: str, text: str, notes: _Notes) -> tuple[str | None, bool]:
    """The summary if it says more than the first paragraph does, and whether the text is cut by its source."""
    said = read_back(text) if text else ""
    if not said:
        is_cut = bool(_CUT.search(summary))
        if is_cut:
            notes.doubt("summary")
        return cut_at_word(summary, WRITTEN_SUMMARY_LIMIT) or None, is_cut
    if not summary and _CUT.search(said):
        notes.doubt("summary")
        return None, True
    stem = "".join(_CUT.sub("", summary).split())
    is_begin = stem != "".join(summary.split()) and "".join(said.split()).startswith(stem)
    if not summary or is_begin or summary == cut_at_word(first_paragraph(text), SUMMARY_LIMIT):
        return None, False
    if len(summary) > WRITTEN_SUMMARY_LIMIT:
        notes.doubt("summary", f"its summary is cut to {WRITTEN_SUMMARY_LIMIT} characters")
    return cut_at_word(summary, WRITTEN_SUMMARY_LIMIT), False


def _list_files(entry: Entry, notes: _Notes) -> Iterator[dict[str, FieldValue]]:
    for file in entry.files:
        address = _read_address(file.address)
        if address.startswith("https://"):
            yield {"src": address, "title": cut_at_word(file.title, 300) or name_picture(address)[:300]}
        else:
            notes.remarks.append(f"the file {file.address[:80]!r} is left out; attachments lie at https addresses")
