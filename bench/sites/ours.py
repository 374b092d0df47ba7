"""The items as a site of ours."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.sites.items import KINDS, TOPIC_COUNT, Sample

__all__ = ["write_site"]


def write_site(folder: Path, items: Iterable[Sample], more: str = "") -> None:
    """A folder with newsroom.toml and items/; `more` are further lines of settings."""
    (folder / "items").mkdir(parents=True)
    lines = [
        "[newsroom]",
        'name = "The Newsroom"',
        'title = "The Newsroom: human rights news"',
        'zone = "UTC"',
        'base_url = "https://news.example.org"',
        'postal_address = "1 Example Street, 10001 New York"',
        'tag_authority = "news.example.org,2020"',
    ]
    lines += [f'[topics.topic-{number}]\ntitle = "Topic {number}"' for number in range(TOPIC_COUNT)]
    lines += [f'[kinds.{kind}]\ntitle = "{kind.capitalize()}"' for kind in KINDS]
    (folder / "newsroom.toml").write_text("\n".join([*lines, more, ""]), "utf-8")
    for item in items:
        (folder / "items" / f"{item.name}.md").write_text(render_item(item), "utf-8")


def render_item(item: Sample) -> str:
    """An item's file."""
    return (
        f'---\ntitle: "{item.title}"\ndate: {item.day}\nkind: {item.kind}\ntopics: [{", ".join(item.topics)}]\n'
        f'summary: "{item.summary}"\n---\n{item.body}'
    )
