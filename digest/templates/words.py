"""The sentences of each language: PO files (GNU gettext) read at run time, and days and moments in words."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, tzinfo
from functools import lru_cache
from gettext import c2py  # the standard library's parser of PO plural expressions
from importlib.resources.abc import Traversable
from io import BytesIO

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from digest.errors import TemplateError

__all__ = ["RIGHT_TO_LEFT", "Words", "direction", "read_words", "unreadable"]

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "yi", "ug", "dv"})
_LINE = re.compile(rb'(?:#.*|(?:(?:msgctxt|msgid|msgid_plural|msgstr(?:\[[0-9]{1,2}\])?) +)?"(?:[^"\\]|\\.)*")?')
"""A line that a PO file may have: nothing, a comment, or one whole quoted text, behind a keyword or alone."""
_OLD_REMARK = re.compile(rb'#~(?!\s*(?:msg|"))')
"""A remark on an obsolete entry, such as its text before (`#~|`): PO editors write them, Babel stumbles over them."""
_PLACEHOLDER = re.compile(r"%(?:%|s|\([^()%]*\)[A-Za-z]?|)")
"""What formatting with `%` looks at: a value's place, `%%` for the sign itself, or a lone % that it stumbles over."""


def direction(language: str) -> str:
    """`rtl` or `ltr`: the direction of a language's script."""
    return "rtl" if language.partition("-")[0] in RIGHT_TO_LEFT else "ltr"


class Words:
    """The sentences of one language: English where the PO file has none."""

    def __init__(self, language: str, catalog: Mapping[str, str | tuple[str, ...]], plural: Callable[[int], int]) -> None:
        self.language = language
        self._catalog = catalog
        self._plural = plural

    def gettext(self, message: str) -> str:
        """The sentence in this language."""
        found = self._catalog.get(message)
        return found if isinstance(found, str) and found else message

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        """The form of the sentence that this language uses for that number."""
        found = self._catalog.get(singular)
        if isinstance(found, tuple):
            form = found[min(self._plural(num), len(found) - 1)]
            if form:
                return form
        return singular if num == 1 else plural

    def day(self, day: date) -> str:
        """A day in words: 28 February 2022."""
        return _name_day(day, "long", self.language)

    def short_day(self, day: date) -> str:
        """A day without its year: 28 February."""
        return _name_day(day, {"es": "d 'de' MMMM"}.get(self.language, "d MMMM"), self.language)

    def month(self, day: date) -> str:
        """The month of a day, as it stands alone: February."""
        return _name_day(day, "LLLL", self.language)

    def month_of_year(self, day: date) -> str:
        """The month of a day with its year: February 2022."""
        return format_skeleton("yMMMM", day, locale=_locale(self.language))

    def time(self, moment: datetime, where: tzinfo) -> str:
        """A moment's local clock time."""
        return format_time(moment.astimezone(where), "short", locale=_locale(self.language))


@lru_cache(maxsize=64)
def _locale(language: str) -> Locale:
    """How Babel calls a language; British English for plain `en`, and for languages whose days it cannot name."""
    try:
        return Locale.parse("en_GB" if language == "en" else language, sep="_" if language == "en" else "-")
    except (UnknownLocaleError, ValueError):
        return Locale("en", "GB")


@lru_cache(maxsize=16_384)  # the days of many years, in some patterns
def _name_day(day: date, pattern: str, language: str) -> str:
    return format_date(day, pattern, locale=_locale(language))


def read_words(language: str, file: Traversable) -> Words:
    """The sentences of a PO file.

    Raises:
        TemplateError: it cannot be read, a plural form cannot be used, or a translation cannot be filled with the values of
            its sentence; the message names the line where one is to blame.
    """
    name = f"templates/locale/{language}.po"
    try:
        catalog = _read_catalog(name, language, file.read_bytes())
        plural = c2py(catalog.plural_expr)
        plural(1)
    except PoFileError as error:  # it counts lines from 0
        cause = str(error).removesuffix(f" on {error.lineno}")
        raise TemplateError(f"{name}:{error.lineno + 1}", cause, "Mend that line.") from None
    except (ValueError, ArithmeticError, LookupError) as error:
        raise TemplateError(name, str(error), "Mend that line.") from None
    except OSError as error:
        raise unreadable(f"locale/{language}.po", error) from None
    sentences: dict[str, str | tuple[str, ...]] = {}
    sentence: tuple[str, ...]
    forms: tuple[str, ...]
    for message in catalog:
        if not message.id or message.fuzzy or message.context:
            continue
        if isinstance(message.id, str):
            sentence, forms = (message.id,), (str(message.string),)
            sentences[message.id] = forms[0]
        else:
            sentence, forms = tuple(message.id), tuple(message.string or ())
            sentences[sentence[0]] = forms
        fault = next(filter(None, (_find_fault(sentence, form) for form in forms)), None)
        if fault:
            raise TemplateError(f"{name}:{message.lineno}", *fault)
    return Words(language, sentences, plural)


def _read_catalog(name: str, language: str, data: bytes) -> Catalog:
    """The entries of a PO file, each of its lines looked at first: Babel takes broken ones for something else."""
    lines = [line.strip() for line in data.removeprefix(BOM_UTF8).splitlines()]
    for number, line in enumerate(lines, 1):
        if not _LINE.fullmatch(line):
            cause = "this is no line of a PO file: msgid or msgstr and one text in quotation marks, or such a text alone"
            raise TemplateError(f"{name}:{number}", cause, r"Close the quotation marks; inside a text, write \" for one.")
    kept = (b"" if _OLD_REMARK.match(line) else line for line in lines)
    return read_po(BytesIO(b"\n".join(kept)), locale=language.replace("-", "_"), abort_invalid=True)


def _find_fault(sentence: tuple[str, ...], translated: str) -> tuple[str, str] | None:
    """Why the values of a sentence cannot be filled into its translation, and the remedy.

    Args:
        sentence: the English one, or its singular and plural: a form for exactly one or two may do without the number.
    """
    if not translated or "%" not in f"{sentence}{translated}":
        return None
    places, found = [*_find_places(sentence[-1])], [*_find_places(translated)]
    known, about = {*places, *_find_places(sentence[0])}, f"the translation of “{sentence[0]}”"
    for place in found:
        if place not in known:
            if place == "%":
                return f"{about} has a % that begins no placeholder", "Write %% for a percent sign."
            return f"{about} has {place}, which the sentence does not have", "Use the placeholders of the sentence alone."
    lacking = [place for place in places if place not in found and (len(sentence) == 1 or place == "%s")]
    if lacking:
        return f"{about} lacks {lacking[0]}", "Put it where the value is to stand."
    if found.count("%s") != places.count("%s"):
        return f"{about} has another number of %s than the sentence", "Use each of them once."
    return None


def _find_places(text: str) -> Iterator[str]:
    return (place for place in _PLACEHOLDER.findall(text) if place != "%%")


def unreadable(name: str, error: OSError) -> TemplateError:
    """A file of the templates that the system does not let us read."""
    return TemplateError(f"templates/{name}", f"it cannot be read ({error.strerror})", "Mend its place or rights.")
