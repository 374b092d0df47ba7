"""A new draft is sound from the first moment, and can be published once it is written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.errors import ContentError
from digest.items.drafts import build_draft
from digest.items.reading import read_item
from digest.settings import Settings

NOW = datetime(2022, 6, 30, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "title",
    [
        "A ship came in",
        "No: “never” #again",
        "yes",
        "  a \u00a0\n b ",
        "[x] {y} *z",
        "Київ",
        "ユニコード",
        "x" * 200,
        "it's\\n",
    ],
)
def test_a_draft_lacks_nothing_but_its_text(settings: Settings, title: str) -> None:
    name, text = build_draft(title, settings, NOW)
    assert name.startswith("2022-07-01-"), "the day on the newsroom's calendar"
    _, problems = read_item(text, f"items/{name}", settings)
    assert [(problem.field, problem.severity) for problem in problems] == [("summary", "warning")]
    ready = "\n".join(line for line in text.split("\n") if not line.startswith("status: draft")) + "It happened.\n"
    item, problems = read_item(ready, f"items/{name}", settings)
    assert not problems
    assert item is not None
    assert item.status == "ready"
    assert item.review == ("topics",)
    assert name.removesuffix(".md").endswith(item.id)


def test_the_commented_fields_are_right_when_uncommented(settings: Settings) -> None:
    _, text = build_draft("A ship", settings, NOW)
    open_text = text.replace("\n# ", "\n").replace("a-file-in-items-photos", "harbour")
    item, problems = read_item(open_text, "items/x.md", settings, frozenset({"harbour.jpg"}))
    assert not problems
    assert item is not None
    assert item.embargo_at == datetime(2022, 7, 1, 11, tzinfo=UTC)
    assert item.content.photo is not None


@pytest.mark.parametrize("title", ["", "  ", "\u200b", "x" * 201])
def test_a_title_that_nobody_could_read_is_refused(settings: Settings, title: str) -> None:
    with pytest.raises(ContentError, match="1 to 200"):
        build_draft(title, settings, NOW)
