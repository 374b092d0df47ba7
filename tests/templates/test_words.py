"""A PO file is taken whole or refused with its line; what PO editors write is fine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from digest import shipped
from digest.errors import TemplateError
from digest.templates import Templates, Words
from digest.templates.words import read_words

HEAD = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\nmsgid "Good"\nmsgstr "Gut"\n\n'
)
FIRST = HEAD.count("\n") + 1
"""The line on which the entries of a test begin."""
Read = Callable[[str | bytes], Words]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(data: str | bytes) -> Words:
        file = tmp_path / "de.po"
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
        return read_words("de", file)

    return read


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ('msgid "x\nmsgstr "y"\n', 0),
        ('msgid "x"\nmsgstr\n', 1),
        ('msgid "x"\nmsgstr "Wir folgen "Ihnen" nicht"\n', 1),
        ('msgid "x"\nmsgstr "Wir folgen "Ihnen" nicht\n', 1),
        ('msgid "x"\nmsgstr "y\\"\n', 1),
        ('msgid "x"\nmsgstr "y" z\n', 1),
        ('msgid "x"\nmsgstr ""\n"one"\n"two\n', 3),
        ('msgid "x"\nmsgstr ""\none\n', 2),
        ('msgid "x"\nmsgid_plural "xs"\nmsgstr[0 "y"\n', 2),
        ('msgid "x"\nmsgstring "y"\n', 1),
        ('msgid "x"\n\nmsgid "y"\nmsgstr "z"\n', 0),
    ],
)
def test_a_broken_line_is_refused_by_its_number(entry: str, line: int, read: Read) -> None:
    with pytest.raises(TemplateError) as refused:
        read(HEAD + entry)

    assert refused.value.subject == f"templates/locale/de.po:{FIRST + line}"
    assert refused.value.cause
    assert refused.value.remedy


def test_what_editors_write_is_read(read: Read) -> None:
    more = (
        "# by hand\n#. of the code\n#: mail/edition.html:3\n#, python-format\n"
        '#| msgid "Old"\nmsgid   "Say \\"%(word)s\\""  \t\nmsgstr ""\n  "Sagen Sie "\n"\\"%(word)s\\"\\\\"\n\n'
        'msgctxt "menu"\nmsgid "Open"\nmsgstr "Auf"\n\n#~| msgid "older"\n#~ msgid "gone"\n#~ msgstr "weg"\n\n#~# by hand\n'
    )
    for text in (HEAD + more, f"\ufeff{HEAD}{more}", (HEAD + more).replace("\n", "\r\n"), (HEAD + more).replace("\n", "\r")):
        words = read(text)
        assert words.gettext("Good") == "Gut"
        assert words.gettext('Say "%(word)s"') == 'Sagen Sie "%(word)s"\\'
        assert words.gettext("gone") == "gone"


@pytest.mark.parametrize(
    ("sentence", "translated", "named"),
    [
        ("News of %(site)s", "%(nope)s", "%(nope)s"),
        ("News of %(site)s", "%(site)s %(nope)s", "%(nope)s"),
        ("News of %(site)s", "Neues", "%(site)s"),
        ("News of %(site)s", "Neues von %(site)", "%(site)"),
        ("News of %(site)s", "Neues von %(site)d", "%(site)d"),
        ("News of %(site)s", "Neues von %(site)с, in Cyrillic", "%(site)"),
        ("Also: %s", "Auch", "%s"),
        ("Also: %s", "Auch: %s und %s", "%s"),
        ("All of it", "100 % davon", "%"),
        ("All of it", "100%", "%"),
    ],
)
def test_a_translation_that_cannot_be_filled_is_refused(sentence: str, translated: str, named: str, read: Read) -> None:
    with pytest.raises(TemplateError) as refused:
        read(f'{HEAD}msgid "{sentence}"\nmsgstr "{translated}"\n')

    assert refused.value.subject == f"templates/locale/de.po:{FIRST}"
    assert f"“{sentence}”" in refused.value.cause
    assert named in refused.value.cause


@pytest.mark.parametrize(
    "entry",
    [
        'msgid "%(a)s of %(b)s"\nmsgstr "%(b)s: %(a)s, %(a)s"\n',
        'msgid "All of it"\nmsgstr "100 %% davon"\n',
        'msgid "News of %(site)s"\nmsgstr ""\n',
        '#, fuzzy\nmsgid "News of %(site)s"\nmsgstr "%(nope)s"\n',
    ],
)
def test_a_translation_that_can_be_filled_is_read(entry: str, read: Read) -> None:
    assert read(HEAD + entry).gettext("Good") == "Gut"


def test_a_plural_form_may_leave_its_number_out_and_nothing_in(read: Read) -> None:
    plural = HEAD + 'msgid "%(num)s item"\nmsgid_plural "%(num)s items"\nmsgstr[0] "ein Text"\n'

    assert read(plural + 'msgstr[1] "%(num)s Texte"\n').ngettext("%(num)s item", "%(num)s items", 1) == "ein Text"
    for form in ("%(nope)s Texte", "%s Texte", "100% Texte"):
        with pytest.raises(TemplateError, match=rf"de\.po:{FIRST}"):
            read(f'{plural}msgstr[1] "{form}"\n')


def test_a_language_has_sentences_with_a_file_and_english_without(tmp_path: Path) -> None:
    file = tmp_path / "locale" / "zh-Hans.po"
    file.parent.mkdir()
    file.write_text(HEAD)
    templates = Templates(tmp_path)

    for language in (
        "en",
        "en-GB",
        "zh-Hans",
        *(path.name[:-3] for path in (shipped.folder("templates") / "locale").iterdir()),
    ):
        assert templates.has_sentences(language), language
    for language in ("de", "zh", "zh-Hant", "eng"):
        assert not templates.has_sentences(language), language
    assert templates.words("zh-Hans").gettext("Good") == "Gut"
