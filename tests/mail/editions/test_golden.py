"""Golden editions kept as files: whoever changes how mail looks sees the difference before readers do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_editions_are_as_they_were_approved(copy: Any, golden: Callable[[str, bytes], None]) -> None:
    if not copy.letter.is_discreet:
        golden(f"{copy.name}.html", copy.html.encode())
    golden(f"{copy.name}.txt", copy.text.encode())
    golden(f"{copy.name}.eml", copy.data)


def test_no_golden_file_is_left_over(root: Path, press: Any, all_copies: Callable[[], list[Any]]) -> None:
    names = {copy.name for copy in all_copies()}

    assert {file.name.partition(".")[0] for file in (root / "tests" / "golden" / "mail").glob("*.*")} == names
