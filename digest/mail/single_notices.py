"""Notices to those who approve a list's editions: what waits for them, and what to type. In English, as all that staff see.

What they list is what others wrote: titles of items, changes, reasons. It never holds a reader's address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from babel.dates import format_datetime

from digest.items.characters import replace_forbidden
from digest.mail.filling import SUBJECT_LIMIT, shorten
from digest.mail.single import Command, Notice, NoticeKind, Row, SingleLetter, SingleSentences
from digest.newsroom.addresses import Addresses
from digest.settings import Settings

__all__ = ["NOTICE_LANGUAGE", "build_notice_sentences", "fill_notice"]

NOTICE_LANGUAGE = "en"
_MOST_LISTED = 12
_LINE = 200

_HEADINGS: dict[str, str] = {
    "approval-wanted": "Please approve this edition",
    "released-since": "Released since the approval",
    "slot-unapproved": "Nobody has approved this edition",
    "slot-missed": "A moment passed and nothing was sent",
    "approval-void": "The standing approval no longer fits",
    "edition-paused": "Sending has paused",
    "letters-held": "Letters wait for your decision",
    "requests-held": "Far more people than usual ask to subscribe",
}
_OPENINGS: dict[str, str] = {
    "approval-wanted": "A draft was made and waits for somebody to look at it. It leaves only if it is approved.",
    "released-since": "This edition is approved and leaves as it is. What came since is carried by the next one, unless "
    "you take it in now and approve anew.",
    "slot-unapproved": "Its moment has come, and nothing was sent because nobody has approved it. If it is approved "
    "within a day, and before the next one is made, it still leaves by itself.",
    "slot-missed": "It passed more than a day ago, so nothing leaves by itself any more. "
    "Please look whether it is still worth reading.",
    "approval-void": "Something that all letters of this list have in common is not as it was approved. Its editions wait "
    "as drafts until somebody approves the list anew.",
    "edition-paused": "No more letters of this edition leave until somebody lets it go on. Nobody is missed: whoever has "
    "not got it yet gets it then.",
    "letters-held": "Nobody knows whether these letters arrived, and none is sent again before somebody has decided.",
    "requests-held": "Perhaps somebody enters addresses of others into the form, so that you write to people who never "
    "asked. These requests wait, for three days at most: nobody of them is written to before somebody has decided.",
}
_LISTED: dict[str, str] = {
    "released-since": "What came since",
    "approval-void": "What has changed",
    "edition-paused": "Why",
}
_MOMENTS: dict[str, str] = {"approval-wanted": "Leaves", "released-since": "Leaves"}


def fill_notice(
    kind: NoticeKind,
    list_id: str,
    settings: Settings,
    *,
    edition: str = "",
    rhythm: str = "",
    listed: Sequence[str] = (),
    at: datetime | None = None,
    count: int = 0,
) -> SingleLetter:
    """The notice of that kind to the approvers of a list, from the list's own sender.

    Args:
        edition: the edition's id; `rhythm` its rhythm, or that of a standing approval. Either may be empty.
        listed: titles of released items; for approval-void what changed, for edition-paused why. Never an address.
        at: the edition's moment, aware.
        count: how many letters are held.

    Raises:
        KeyError: newsroom.toml has no such list.
    """
    own, chosen = settings.newsroom, settings.lists[list_id]
    lines = tuple(shorten(replace_forbidden(line), _LINE) for line in listed)
    notice = Notice(
        list_id=list_id,
        rhythm=rhythm if len(chosen.rhythms) > 1 else "",
        edition=edition,
        moment="" if at is None else _describe(at, settings.zone),
        listed=lines[:_MOST_LISTED],
        unlisted_count=max(len(lines) - _MOST_LISTED, 0),
        count=count,
    )
    return SingleLetter(
        kind=kind,
        language=NOTICE_LANGUAGE,
        form="full",
        newsroom=own.name,
        list_title=chosen.in_language(NOTICE_LANGUAGE),
        subject=shorten(_subject(kind, notice, chosen.in_language(NOTICE_LANGUAGE)), SUBJECT_LIMIT),
        sender=chosen.sender,
        reply_to=chosen.reply_to,
        postal_address=own.postal_address,
        front_url=Addresses(own.base_url).front,
        rows=tuple(_rows(kind, notice)),
        notice=notice,
    )


def build_notice_sentences(letter: SingleLetter) -> SingleSentences:
    """The sentences of a notice."""
    notice = letter.notice
    assert notice is not None
    rest = notice.unlisted_count
    return SingleSentences(
        subject=letter.subject,
        preheader=_OPENINGS[letter.kind],
        heading=_HEADINGS[letter.kind],
        opening=(_OPENINGS[letter.kind],),
        lines=tuple(f"{row.label}: {row.value}" for row in letter.rows),
        listed=_LISTED.get(letter.kind, "What it carries") if notice.listed else "",
        unlisted=f"and {rest} more" if rest else "",
        todo="What you can do",
        commands=tuple(_commands(letter.kind, notice)),
        reason=f"You get this notice because newsroom.toml names you among the approvers of {letter.list_title}.",
    )


def _describe(at: datetime, where: tzinfo) -> str:
    return f"{format_datetime(at.astimezone(where), 'EEEE d MMMM y, HH:mm', locale='en_GB')} ({where})"


def _subject(kind: NoticeKind, notice: Notice, title: str) -> str:
    about = notice.edition or title
    return {
        "approval-wanted": f"Please approve: {about}",
        "released-since": f"Released since the approval: {about}",
        "slot-unapproved": f"Not sent, nobody has approved it: {about}",
        "slot-missed": f"Missed its moment: {about}",
        "approval-void": f"The standing approval no longer fits: {title}",
        "edition-paused": f"Sending has paused: {about}",
        "letters-held": f"{_count_letters(notice.count)} for your decision: {title}",
        "requests-held": "Requests to subscribe wait for your decision",
    }[kind]


def _count_letters(count: int) -> str:
    return "1 letter waits" if count == 1 else f"{count or 'Some'} letters wait"


def _rows(kind: NoticeKind, notice: Notice) -> Iterator[Row]:
    if notice.edition:
        yield Row("Edition", notice.edition)
    if notice.rhythm and not notice.edition:
        yield Row("Rhythm", notice.rhythm)
    if notice.moment:
        yield Row(_MOMENTS.get(kind, "Moment"), notice.moment)
    if notice.count:
        yield Row("Letters", str(notice.count))


def _commands(kind: str, notice: Notice) -> Iterator[Command]:
    """What to type; of an edition that has no id yet, what makes one."""
    edition = notice.edition or "EDITION"
    rhythm = f" --rhythm {notice.rhythm}" if notice.rhythm else ""
    prepare = f"digest edition prepare {notice.list_id}{rhythm}"
    look = Command("Look at its letters", f"digest edition preview {edition}")
    approve = Command("Approve it", f"digest edition approve {edition} --as NAME")
    send = Command("Send it now", f"digest send {edition}")
    cancel = Command(
        "Or let it be; the next edition carries what it would have", f"digest edition cancel {edition} --as NAME"
    )
    if kind == "approval-wanted":
        yield from (look, Command("Look for faults", f"digest edition inspect {edition}"), approve)
    elif kind == "released-since":
        yield from (Command("Take it in, which makes it a draft again", f"{prepare} --refresh"), look, approve)
    elif kind == "slot-unapproved":
        yield from (look, approve)
    elif kind == "slot-missed":
        sure = Command("Approve it, unless somebody has", approve.words)
        yield from (look, sure, send, cancel) if notice.edition else (Command("Make it now", prepare),)
    elif kind == "approval-void":
        yield Command("Look at a letter", "digest preview")
        yield Command("Approve the list anew", f"digest lists approve {notice.list_id}{rhythm} --as NAME")
    elif kind == "edition-paused":
        yield Command("See how far it came", f"digest edition status {edition}")
        yield Command("Go on, once the cause is gone", f"digest send {edition}")
    elif kind == "requests-held":
        yield Command("See how many", "digest requests held")
        yield Command("Let them go on, if people have a reason to come now", "digest requests release --as NAME")
        yield Command("Or remove them", "digest requests drop --as NAME")
    elif kind == "letters-held":
        yield Command("See which ones", "digest deliveries held")
        yield Command("Decide, with --received, --again or --give-up", "digest deliveries decide NUMBER --again --as NAME")
