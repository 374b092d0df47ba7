"""SpamAssassin's local rules find nothing in a single letter that would count against it, in any language."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from digest.mail.compile import splice
from digest.mail.sample import sample_singles
from digest.mail.single import SingleLetter
from digest.mail.single_message import compile_single, render_single
from digest.templates import Templates

LIMIT = 1.0
"""Points that a letter may earn; from 5 on it is called spam."""
AT = datetime(2022, 2, 28, 18, 0, tzinfo=UTC)
LINK = b"https://news.example.org/confirm/AQAAAAAAAAAqAAAAAWFqY3kBf4mJ2kQ0xv7dXo1sQwTtkQ0xV9qP"
LANGUAGES = ("en", "uk", "ru", "ar", "fr", "es")
OPTIONS = ("use_bayes 0", "report_safe 0", "fold_headers 0", "add_header all Judged score=_SCORE_ rules=_TESTSSCORES(,)_")
EXPECTED = {"MIXED_ES"}
"""Takes a letter in two scripts, such as a Cyrillic one with Latin addresses, for Latin words in foreign letters."""


def _receive(number: int, letter: SingleLetter, templates: Templates) -> bytes:
    """The copy as the reader's server took it from ours, unsigned, with lines that end as on a disk."""
    link = LINK if letter.has_link else b""
    message = compile_single(letter, *render_single(letter, templates), AT, len(link))
    copy = splice(message, to=b"reader@example.org", message_id=b"<%s@news.example.org>" % (b"a" * 26), leave_url=link)
    head = (
        f"Return-Path: <{letter.sender.address}>\n"
        "Received: from mail.news.example.org (mail.news.example.org [93.184.215.14])\n"
        f"\tby mx.example.net (Postfix) with ESMTPS id 4K6zYb{number:06}\n"
        "\tfor <reader@example.org>; Mon, 28 Feb 2022 18:00:00 +0000\n"
    )
    return head.encode() + copy.replace(b"\r\n", b"\n")


def test_nothing_speaks_against_a_single_letter(templates: Templates, program: Callable[[str], str], tmp_path: Path) -> None:
    letters = [letter for language in LANGUAGES for letter in sample_singles(language)]
    received = (_receive(number, letter, templates) for number, letter in enumerate(letters))
    mailbox = b"".join(b"From sender@example.org Mon Feb 28 18:00:00 2022\n%s\n" % copy for copy in received)
    options = [part for option in OPTIONS for part in ("--cf", option)]

    done = subprocess.run(
        [program("spamassassin"), "--local", "--nocreate-prefs", "--mbox", *options],
        input=mailbox, capture_output=True, check=True, timeout=120, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip

    judged = re.findall(r"^X-Spam-Judged: (.*)|id 4K6zYb(\d{6})$", done.stdout.decode("utf-8", "replace"), re.MULTILINE)
    pairs = {int(one[1] or two[1]): one[0] or two[0] for one, two in zip(judged[::2], judged[1::2], strict=True)}
    assert len(pairs) == len(letters)
    found = []
    for number, letter in enumerate(letters):
        given = {
            name: float(points) for name, points in re.findall(r"(\w+)=(-?[\d.]+)", pairs[number].partition("rules=")[2])
        }
        weighty = {name for name, points in given.items() if points >= 0.1} - EXPECTED
        if weighty or sum(points for name, points in given.items() if name not in EXPECTED) >= LIMIT:
            found.append(f"{letter.kind}, {letter.language}, {letter.form}: {pairs[number]}")
    assert found == []
