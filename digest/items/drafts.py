"""`digest new`: the text of a new item, ready to be written on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from digest.errors import ContentError
from digest.items.characters import fold, is_visible, normalise, replace_forbidden
from digest.items.fields import TITLE_LIMIT
from digest.items.folder import write_new
from digest.items.slugs import name_file, slug
from digest.items.writing import render_value
from digest.settings import Settings

__all__ = ["build_draft", "write_new"]

_DRAFT = """---
title: {title}
id: {id}   # permanent once published: it is the item's address
date: {date}   # or a moment with its zone: {date}T10:00 {zone}
status: draft   # remove this line when the item may be published
kind: {kind}   # {kinds}
topics: []   # {topics}
review: [topics]   # what somebody must still look at; remove this line when topics are chosen
{language}# summary: One or two sentences for feeds and mails; without it the first paragraph is taken
# embargo: {date}T12:00 {zone}
# photo:
#   src: a-file-in-items-photos.jpg
#   alt: What the picture shows, for those who cannot see it
#   caption: Who and what it shows, where and when
#   credit: Who made it
---
"""


def build_draft(title: str, settings: Settings, now: datetime) -> tuple[str, str]:
    """The file name and text of a new draft, dated today on the newsroom's calendar.

    Its only fault is that nothing is written below yet: with a body, and without the line `status: draft`, it can be
    published.

    Raises:
        ContentError: the title is empty, invisible or too long.
    """
    clean = fold(replace_forbidden(normalise(title), " "))
    if not is_visible(clean) or len(clean) > TITLE_LIMIT:
        raise ContentError(
            "the title", f"it must have 1 to {TITLE_LIMIT} characters", 'Write it in quotes: digest new "What happened"'
        )
    day = now.astimezone(settings.zone).date()
    name = slug(clean, day)
    own, *others = settings.languages
    text = _DRAFT.format(
        title=render_value(clean),
        id=name,
        date=day.isoformat(),
        zone=settings.zone.key,
        kind=next(iter(settings.kinds), ""),
        kinds=_list_choices(settings.kinds),
        language=f"language: {own}   # {_list_choices((own, *others))}\n" if others else "",
        topics=_list_choices(settings.topics),
    )
    return name_file(day.isoformat(), name), text


def _list_choices(known: Iterable[str]) -> str:
    return "choose from: " + ", ".join(known)
