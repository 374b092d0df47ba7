from __future__ import annotations

from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options

from digest.items.commonmark import to_html


def resident_bytes() -> int:
    """The memory that this process holds now (proc(5))."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def test_it_says_what_cmark_says() -> None:
    for markdown in ("", "A *ship*.\n\n- [x](y)\n", "# Порт\0 <b>", "\ud7ff"):
        for options in (0, Options.CMARK_OPT_SOURCEPOS):
            assert to_html(markdown, options) == cmarkgfm.markdown_to_html(markdown, options)


def test_what_was_rendered_is_freed() -> None:
    markdown = "word " * 10_000
    to_html(markdown)
    before = resident_bytes()
    for _ in range(1000):
        to_html(markdown)
    assert resident_bytes() - before < 10_000_000, "the HTML of a thousand renderings, 50 MB, is still held"
