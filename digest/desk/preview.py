"""Every variant of an edition as files to look at: HTML, text, and the message with an example address in its slots."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from digest.desk.press import Press, carries_nothing
from digest.desk.workplace import Workplace
from digest.errors import ContentError
from digest.mail.compile import splice_example
from digest.store.editions import read_variants
from digest.subscribers.tokens import UNSUBSCRIBE_LENGTH

__all__ = ["Preview", "own_folder", "write_preview"]


@dataclass(frozen=True, slots=True)
class Preview:
    """One variant that was written: its file name without ending, and what it is."""

    name: str
    language: str
    form: str
    subject: str
    reader_count: int


def own_folder(place: Workplace, name: str) -> Path:
    """Where an edition's variants are written when nobody names another folder."""
    return place.site.var / "preview" / name


def write_preview(place: Workplace, name: str, out: Path | None = None) -> list[Preview]:
    """Write the variants of an edition, the one with the most readers first, with a page that lists them.

    Of an edition that was frozen these are the variants as frozen, whatever its readers have had since.

    Args:
        out: the folder; None for `own_folder`, which then holds nothing else.

    Raises:
        EditionError: there is no such edition, or it carries nothing to anyone.
        ContentError: the folder is one of the site's own, or cannot be written.
    """
    if out is not None and place.site.is_own(out):
        raise ContentError(str(out), "the site's own files lie there", "Name another folder.")
    with place.store.reading() as connection:
        press = Press.open(place, connection, name)
        frozen = read_variants(connection, name)
    planned = [(variant.content, variant.reader_count) for variant in press.plan.variants]
    contents = [(variant.content, variant.reader_count) for variant in frozen] or planned
    if not contents:
        raise carries_nothing(name)
    leave = place.addresses.leave("x" * UNSUBSCRIBE_LENGTH)
    previews, files = [], {}
    for number, (content, readers) in enumerate(contents, 1):
        proof = press.proof(content)
        stem = f"{number:02}-{content.language}-{content.form}"
        files[f"{stem}.eml"] = splice_example(press.compile(proof), leave)
        files[f"{stem}.txt"] = leave.join(proof.text).encode()
        if proof.html is not None:
            files[f"{stem}.html"] = leave.join(proof.html).encode()
        previews.append(Preview(stem, content.language, content.form, proof.letter.subject, readers))
    files["index.html"] = place.templates.render("desk/preview.html", "en", edition=name, previews=previews).encode()
    if out is None:
        shutil.rmtree(own_folder(place, name), ignore_errors=True)  # there may have been more variants before
    _write(out or own_folder(place, name), files)
    return previews


def _write(out: Path, files: dict[str, bytes]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (out / name).write_bytes(data)
    except OSError as error:
        raise ContentError(str(out), f"it cannot be written ({error.strerror})", "Name a folder you may write to.") from None
