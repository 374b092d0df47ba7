"""The text of one item file becomes an item, or all of its problems at once. Pure: no file, clock or socket."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import cast

from digest.errors import Problem
from digest.items import fields, links, moments
from digest.items.bodies import inspect_body
from digest.items.form import Form
from digest.items.frontmatter import FrontMatter, read_front_matter
from digest.items.keeping import Reading
from digest.items.model import Content, Item, Status
from digest.settings import Settings

__all__ = ["read_item", "read_item_file"]


def read_item(
    text: str, file: str, settings: Settings, photos: Collection[str] = frozenset()
) -> tuple[Item | None, list[Problem]]:
    """An item from the text of its file, and all problems in the order of their lines.

    A draft's problems are warnings; it may still be None, as it cannot be published anyhow.

    Args:
        text: the whole file; a byte order mark and any line ends are accepted.
        file: its path as problems name it; the stem is the item's id unless the text has one.
        settings: the newsroom's topics, kinds, languages, zone and picture hosts.
        photos: the names of the files below items/photos/.
    """
    reading = read_item_file(text, file, settings, photos)
    return reading.item, list(reading.problems)


def read_item_file(
    text: str, file: str, settings: Settings, photos: Collection[str] = frozenset(), changed_at: datetime | None = None
) -> Reading:
    """As `read_item`, with what the rules that look at all files together need besides.

    Args:
        changed_at: when the file was last changed.
    """
    matter = read_front_matter(text)
    form = Form(file, matter)
    item = _read_fields(form, settings, photos, changed_at) if matter.readable else None
    is_draft = item.status == "draft" if item else str(matter.data.get("status")).strip() == "draft"
    claimed = item.id if item else matter.data.get("id") or PurePosixPath(file).stem
    return Reading(
        file=file,
        item=item,
        problems=tuple(sorted(replace(p, severity="warning") if is_draft else p for p in form.problems)),
        id=claimed if isinstance(claimed, str) and fields.ID.fullmatch(claimed) else None,
        is_draft=is_draft,
        id_line=matter.line(("id",)),
        translation_line=matter.line(("translation_of",)),
    )


def _read_fields(form: Form, settings: Settings, photos: Collection[str], changed_at: datetime | None) -> Item | None:
    fields.refuse_unknown(form)
    body = form.matter.body.strip("\n").rstrip()
    form.problems.extend(_judge_body(form.file, form.matter))
    day = _read_date(form, settings)
    review = form.words(("review",), (*fields.FIELDS, "body"), "a field of an item")
    summary, shortened = fields.read_summary(form, body)
    own = fields.read_id(form)
    found: dict[str, object] = {
        "id": own,
        "title": fields.read_title(form),
        "kind": fields.read_kind(form, settings),
        "topics": fields.read_topics(form, settings, review),
        "summary": summary,
        "shortened": shortened,
        "language": fields.read_language(form, settings),
        "translation_of": fields.read_translation(form, own),
        "url": form.read(("url",), links.read_web_address),
        "updated_at": form.read(("updated",), lambda text: moments.read_date(text, settings.zone)[1]),
        "photo": fields.read_photo(form, settings, photos),
        "body": body,
        "corrections": fields.read_corrections(form),
        "withdrawn": fields.read_withdrawal(form),
        "urgent": form.flag(("urgent",)),
        "issuer": form.text("issuer"),
        "contact": fields.read_contact(form),
        "attachments": fields.read_attachments(form),
    }
    embargo_at = fields.read_embargo(form)
    status = form.choice(("status",), ("draft", "ready"), "a status")
    if day is None or any(problem.severity == "error" for problem in form.problems):
        return None
    found |= {"date": day[0], "date_at": day[1], "precise": day[2]}
    state = cast("Status", status or "ready")
    content = Content.model_validate({name: value for name, value in found.items() if value is not None and value != ()})
    return Item(content, form.file, state, embargo_at, review, changed_at)


def _read_date(form: Form, settings: Settings) -> tuple[date, datetime, bool] | None:
    form.require(("date",), "write a day such as 2022-02-28")
    return form.read(("date",), lambda text: moments.read_date(text, settings.zone))


def _judge_body(file: str, matter: FrontMatter) -> Iterator[Problem]:
    for finding in inspect_body(matter.body):
        yield Problem(file, matter.body_line + finding.line - 1, "body", finding.text, finding.severity)
