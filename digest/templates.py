"""One strict Jinja environment over the site's own templates, then ours; the theme; the sentences of each language.

Designers edit `templates/` and translators `templates/locale/LANG.po` (GNU gettext PO, read at run time); a site overrides
file by file below its own `templates/`. A template that is there twice can extend ours as `shipped/NAME`. Undefined names
are errors, everything in `.html` is escaped, and the sandbox gives templates nothing but the values handed in.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from functools import cached_property, lru_cache
from gettext import c2py  # the standard library's parser of PO plural expressions
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from traceback import walk_tb
from typing import Any

import jinja2
from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.messages.pofile import PoFileError, read_po
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest import shipped
from digest.errors import TemplateError
from digest.theming import judge_theme

__all__ = ["RIGHT_TO_LEFT", "Templates", "Words", "direction"]

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "yi", "ug", "dv"})
_FAULTS = (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""What a template that uses a value wrongly makes Jinja or Python raise."""


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
        return format_date(day, "long", locale=_locale(self.language))

    def short_day(self, day: date) -> str:
        """A day without its year: 28 February."""
        return format_date(day, _day_pattern(self.language), locale=_locale(self.language))

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


def _day_pattern(language: str) -> str:
    return {"es": "d 'de' MMMM"}.get(language, "d MMMM")


class Templates:
    """The templates of a site: its own folder first, then the shipped one.

    Raises:
        TemplateError: a template, theme.toml or PO file cannot be used; the message names it.
    """

    def __init__(self, own: Path | None = None) -> None:
        self._folders: list[Traversable] = [folder for folder in (own,) if folder is not None and folder.is_dir()]
        self._folders.append(shipped.folder("templates"))
        ours = jinja2.FunctionLoader(lambda name: self._read(name, self._folders[-1:]))
        self._loader = jinja2.ChoiceLoader([jinja2.FunctionLoader(self._read), jinja2.PrefixLoader({"shipped": ours})])
        self._by_language: dict[str, jinja2.Environment] = {}

    @cached_property
    def theme(self) -> Mapping[str, Any]:
        """theme.toml: colours, type and widths; the site's own keys win over the shipped ones, table by table.

        Raises:
            TemplateError: a key is unknown, a value cannot be used, or two colours are too close to each other.
        """
        *own, known = [_read_theme(folder / "theme.toml") for folder in self._folders]
        merged = dict(known)
        for data in own:
            for key, value in data.items():
                below = merged.get(key)
                merged[key] = {**below, **value} if isinstance(value, dict) and isinstance(below, dict) else value
        judge_theme(merged, known)
        return merged

    @lru_cache(maxsize=64)  # noqa: B019 (one Templates lives as long as its process)
    def words(self, language: str) -> Words:
        """The sentences of that language; English for one that has no PO file."""
        for folder in self._folders:
            file = folder / "locale" / f"{language}.po"
            if file.is_file():
                return _read_words(language, file)
        return Words(language, {}, lambda number: int(number != 1))

    def render(self, name: str, language: str, **values: Any) -> str:
        """Render a template in a language with exactly these values, `theme`, `words`, `lang` and `dir`.

        Raises:
            TemplateError: the template is missing, broken or uses a value that it is not given.
        """
        try:
            template = self._for(language).get_template(name)
            return template.render(
                theme=self.theme, words=self.words(language), lang=language, dir=direction(language), **values
            )
        except jinja2.TemplateSyntaxError as error:
            cause = (error.message or "syntax error").rstrip(".")
            raise TemplateError(f"templates/{error.name}:{error.lineno}", cause, "Mend the template.") from None
        except jinja2.TemplateNotFound as error:
            raise TemplateError(f"templates/{error.name}", "there is no such template", "Restore or rename it.") from None
        except _FAULTS as error:
            remedy = "Mend the template: use only the values it is given."
            raise TemplateError(self._place(error, name), str(error).rstrip("."), remedy) from error
        except RecursionError:
            remedy = "A template that replaces ours extends it as shipped/NAME, not by its own name."
            raise TemplateError(f"templates/{name}", "it extends or includes itself", remedy) from None

    def _place(self, error: BaseException, name: str) -> str:
        """Where in the templates a fault showed: the innermost file and line that Jinja put into the traceback."""
        place = f"templates/{name}"
        for frame, line in walk_tb(error.__traceback__):
            for folder in self._folders:
                inside = frame.f_code.co_filename.removeprefix(f"{folder}/")
                if inside != frame.f_code.co_filename:
                    place = f"templates/{inside}:{line}"
        return place

    def digests(self, *parts: str) -> dict[str, str]:
        """The SHA-256 of every effective file that is or lies below one of these parts, by path: what an approval covers."""
        found: dict[str, str] = {}
        for folder in reversed(self._folders):
            for part in parts:
                try:
                    _digest_below(folder / part, part, found)
                except OSError as error:
                    raise _unreadable(part, error) from None
        return dict(sorted(found.items()))

    def read_bytes(self, name: str) -> bytes:
        """A file as it is, such as a style sheet that is published unchanged."""
        for folder in self._folders:
            if (folder / name).is_file():
                try:
                    return (folder / name).read_bytes()
                except OSError as error:
                    raise _unreadable(name, error) from None
        raise TemplateError(f"templates/{name}", "there is no such file", "Restore it.")

    def _for(self, language: str) -> jinja2.Environment:
        """The environment of a language: each has its own, for the sentences belong to it."""
        if language not in self._by_language:
            environment = ImmutableSandboxedEnvironment(
                loader=self._loader,
                autoescape=lambda name: name is not None and name.endswith((".html", ".xml")),
                undefined=jinja2.StrictUndefined,
                extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
                trim_blocks=True,
                lstrip_blocks=True,
                keep_trailing_newline=True,
            )
            words = self.words(language)
            environment.globals["direction"] = direction
            environment.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
            self._by_language[language] = environment
        return self._by_language[language]

    def _read(self, name: str, folders: list[Traversable] | None = None) -> tuple[str, str | None, Any] | None:
        if name.startswith("/") or ".." in name.split("/"):  # nothing outside the folders
            return None
        for folder in self._folders if folders is None else folders:
            file = folder / name
            if file.is_file():
                try:
                    return file.read_text("utf-8"), str(file), lambda: True
                except UnicodeDecodeError:
                    raise TemplateError(f"templates/{name}", "it is not UTF-8 text", "Save it as UTF-8.") from None
                except OSError as error:
                    raise _unreadable(name, error) from None
        return None


def _read_theme(file: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TemplateError("templates/theme.toml", str(error), "Mend that line.") from None
    except OSError as error:
        raise _unreadable("theme.toml", error) from None


def _read_words(language: str, file: Traversable) -> Words:
    try:
        catalog = read_po(BytesIO(file.read_bytes()), locale=language.replace("-", "_"), abort_invalid=True)
        plural = c2py(catalog.plural_expr)
        plural(1)
    except (PoFileError, ValueError, ArithmeticError, LookupError) as error:
        raise TemplateError(f"templates/locale/{language}.po", str(error), "Mend that line.") from None
    except OSError as error:
        raise _unreadable(f"locale/{language}.po", error) from None
    sentences: dict[str, str | tuple[str, ...]] = {}
    for message in catalog:
        if not message.id or message.fuzzy or message.context:
            continue
        if isinstance(message.id, str):
            sentences[message.id] = str(message.string)
        else:
            sentences[message.id[0]] = tuple(message.string or ())
    return Words(language, sentences, plural)


def _unreadable(name: str, error: OSError) -> TemplateError:
    return TemplateError(f"templates/{name}", f"it cannot be read ({error.strerror})", "Mend its place or rights.")


def _digest_below(place: Traversable, path: str, found: dict[str, str]) -> None:
    if place.is_file():
        found[path] = hashlib.sha256(place.read_bytes()).hexdigest()
    elif place.is_dir():
        for entry in place.iterdir():
            if not entry.name.startswith(".") and not entry.name.endswith("~"):
                _digest_below(entry, f"{path}/{entry.name}", found)
