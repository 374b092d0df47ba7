"""SpamAssassin's local rules find nothing in a golden edition that would count against it, in any language."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any

LIMIT = 1.0
"""Points that a letter may earn; from 5 on it is called spam."""
EXPECTED = {"MIXED_ES"}
"""Rules that give points and may: this one takes a letter in two scripts, such as a Cyrillic one with Latin addresses, for
Latin words written with foreign letters."""
OPTIONS = {
    "use_bayes": "0",
    "report_safe": "0",
    "fold_headers": "0",
    "add_header": "all Judged score=_SCORE_ rules=_TESTSSCORES(,)_",
}
SENT_ON = "Mon Feb 28 18:00:00 2022"


def _receive(number: int, copy: Any) -> bytes:
    """The copy as the reader's server took it from ours, unsigned, with lines that end as on a disk."""
    letter = copy.letter
    head = (
        f"Return-Path: <{letter.sender.address}>\n"
        f"Received: from mail.{letter.sender.domain} (mail.{letter.sender.domain} [93.184.215.14])\n"
        f"\tby mx.example.net (Postfix) with ESMTPS id 4K6zYb{number:06}\n"
        f"\tfor <reader@example.org>; {message_from_bytes(copy.data)['Date']}\n"
    )
    return head.encode() + copy.data.replace(b"\r\n", b"\n")


def _judge(command: str, messages: list[bytes], home: Path) -> dict[int, str]:
    """All messages through one process, without the network and what this machine has learned; by number what it says."""
    mailbox = b"".join(b"From sender@example.org %s\n%s\n" % (SENT_ON.encode(), data) for data in messages)
    options = [part for name, value in OPTIONS.items() for part in ("--cf", f"{name} {value}")]
    done = subprocess.run(
        [command, "--local", "--nocreate-prefs", "--mbox", *options],
        input=mailbox, capture_output=True, check=True, timeout=120, env={**os.environ, "HOME": str(home)},
    )  # fmt: skip
    judged = re.findall(r"^X-Spam-Judged: (.*)|id 4K6zYb(\d{6})$", done.stdout.decode("utf-8", "replace"), re.MULTILINE)
    pairs = zip(judged[::2], judged[1::2], strict=True)
    return {int(first[1] or second[1]): first[0] or second[0] for first, second in pairs}


def test_nothing_speaks_against_a_letter(
    all_copies: Callable[[], list[Any]], program: Callable[[str], str], tmp_path: Path
) -> None:
    copies = [copy for copy in all_copies() if copy.is_original or len(copy.letter.items) < 13]
    judged = _judge(program("spamassassin"), [_receive(*pair) for pair in enumerate(copies)], tmp_path)

    found = []
    for number, copy in enumerate(copies):
        score = re.fullmatch(r"score=(-?[\d.]+) rules=(\S+)", judged[number])
        assert score, judged[number]
        given = {name for name, points in (rule.split("=") for rule in score[2].split(",")) if float(points) >= 0.1}
        if float(score[1]) >= LIMIT or given - EXPECTED:
            found.append(f"{copy.label}: {score[0]}")
    assert found == []
