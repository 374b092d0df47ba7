"""Every sentence that a reader can see stands in every language's PO file, with its plural forms and its placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

LANGUAGES = ("ar", "es", "fr", "ru", "uk")
KEYWORDS = ("_", "gettext", "ngettext")
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}


def _sentences(root: Path) -> Iterator[str]:
    """The msgids (the singular of plural ones) that templates and code ask for; the desk is in English alone."""
    for folder in ("pages", "mail", "feeds"):
        for file in sorted((root / "templates" / folder).glob("*")):
            with file.open("rb") as stream:
                for _, _, message, _ in babel_extract(stream, KEYWORDS, (), OPTIONS):
                    yield message if isinstance(message, str) else message[0]
    for file in sorted((root / "digest").rglob("*.py")):
        with file.open("rb") as stream:
            for _, _, message, _ in extract_python(stream, KEYWORDS, (), {}):
                yield message if isinstance(message, str) else message[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(root: Path, language: str) -> None:
    with (root / "templates" / "locale" / f"{language}.po").open("rb") as stream:
        catalog = read_po(stream, locale=language, abort_invalid=True)

    wanted = set(_sentences(root))
    missing = sorted(one for one in wanted if one not in catalog or not all(catalog[one].string))
    unused = sorted(
        str(message.id)
        for message in catalog
        if message.id and (message.id if isinstance(message.id, str) else message.id[0]) not in wanted
    )

    assert (missing, unused) == ([], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_placeholders(root: Path, language: str) -> None:
    with (root / "templates" / "locale" / f"{language}.po").open("rb") as stream:
        catalog = read_po(stream, locale=language)

    for message in catalog:
        if isinstance(message.id, str) and message.id:
            assert _placeholders(message.id) == _placeholders(str(message.string)), message.id
        elif message.id:  # a form for exactly one or two may do without the number
            for translated in message.string:
                assert _placeholders(translated) <= _placeholders(message.id[1]), message.id


def _placeholders(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s|%s", text))
