"""A dozen letters kept as files: whoever changes how mail looks sees the difference before readers do."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from digest.mail.compile import compile_message, splice
from digest.mail.fitting import fit
from digest.mail.letter import Letter
from digest.mail.pieces import Inliner
from digest.mail.slotted import fill
from digest.mail.text import render_text
from digest.templates import Templates

LEAVE = "https://news.example.org/u/" + "A" * 36


def _compare(file: Path, data: bytes, refresh: bool) -> None:
    if refresh:
        file.write_bytes(data)
    assert file.read_bytes() == data, f"{file.name} differs; look at it, then run pytest --refresh-golden"


def test_letters_are_as_they_were_approved(
    letter: Letter, letter_name: str, inliner: Inliner, templates: Templates, root: Path, refresh_golden: bool
) -> None:
    folder = root / "tests" / "golden" / "mail"
    fitted = fit(letter, inliner)
    html = None if fitted.is_discreet else inliner.render(fitted)
    text = render_text(fitted, templates)
    message = compile_message(fitted, html, text, datetime(2022, 2, 28, 18, tzinfo=UTC), len(LEAVE))
    copy = splice(
        message, to=b"reader@example.org", message_id=b"<" + b"a" * 26 + b"@news.example.org>", leave_url=LEAVE.encode()
    )

    if html is not None:
        _compare(folder / f"{letter_name}.html", fill(html, LEAVE).encode(), refresh_golden)
    _compare(folder / f"{letter_name}.txt", fill(text, LEAVE).encode(), refresh_golden)
    _compare(folder / f"{letter_name}.eml", copy, refresh_golden)
