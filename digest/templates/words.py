"""The sentences of each language: PO files (GNU gettext) read at run time, and days and moments in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from functools import lru_cache
from gettext import c2py  # the standard library's parser of PO plural expressions
from importlib.resources.abc import Traversable
from io import BytesIO

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.pofile import PoFileError, read_po

from digest.errors import TemplateError

__all__ = ["RIGHT_TO_LEFT", "Words", "direction", "read_words", "unreadable"]

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "yi", "ug", "dv"})


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
        TemplateError: it cannot be read, or a plural form cannot be used.
    """
    try:
        catalog = read_po(BytesIO(file.read_bytes()), locale=language.replace("-", "_"), abort_invalid=True)
        plural = c2py(catalog.plural_expr)
        plural(1)
    except (PoFileError, ValueError, ArithmeticError, LookupError) as error:
        raise TemplateError(f"templates/locale/{language}.po", str(error), "Mend that line.") from None
    except OSError as error:
        raise unreadable(f"locale/{language}.po", error) from None
    sentences: dict[str, str | tuple[str, ...]] = {}
    for message in catalog:
        if not message.id or message.fuzzy or message.context:
            continue
        if isinstance(message.id, str):
            sentences[message.id] = str(message.string)
        else:
            sentences[message.id[0]] = tuple(message.string or ())
    return Words(language, sentences, plural)


def unreadable(name: str, error: OSError) -> TemplateError:
    """A file of the templates that the system does not let us read."""
    return TemplateError(f"templates/{name}", f"it cannot be read ({error.strerror})", "Mend its place or rights.")
