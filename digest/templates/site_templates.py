"""One strict Jinja environment over the site's own templates, then ours; the theme; the sentences of each language.

Designers edit `templates/` and translators `templates/locale/LANG.po` (GNU gettext PO, read at run time); a site overrides
file by file below its own `templates/`. A template that is there twice can extend ours as `shipped/NAME`. Undefined names
are errors, everything in `.html` is escaped, and the sandbox gives templates nothing but the values handed in.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from traceback import walk_tb
from typing import Any

import jinja2

from digest import shipped
from digest.errors import TemplateError
from digest.templates.brand import Brand, Logo, build_footer, read_logo
from digest.templates.compiled import CompiledTemplates
from digest.templates.sandbox import Sandbox
from digest.templates.words import Words, direction, read_words, unreadable
from digest.theming import judge_theme

__all__ = ["Templates"]

_FAULTS = (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError)
"""What a template that uses a value wrongly makes Jinja or Python raise."""


class Templates:
    """The templates of a site: its own folder first, then the shipped one.

    Args:
        own: the site's folder, if it has one.
        kept: a folder where compiled templates are kept from one process to the next; it may be removed at any time.

    Raises:
        TemplateError: a template, theme.toml or PO file cannot be used; the message names it.
    """

    def __init__(self, own: Path | None = None, kept: Path | None = None) -> None:
        self._kept = kept
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

    @cached_property
    def logo(self) -> Logo | None:
        """The logo that theme.toml names, if it names one.

        Raises:
            TemplateError: a file of it is missing or cannot be shown.
        """
        return read_logo(self.theme, self.read_bytes)

    @lru_cache(maxsize=64)  # noqa: B019 (one Templates lives as long as its process)
    def brand(self, language: str) -> Brand:
        """Logo and footer, as templates get them.

        Raises:
            TemplateError: theme.toml or the logo cannot be used.
        """
        return Brand(self.logo, build_footer(self.theme, language))

    @lru_cache(maxsize=64)  # noqa: B019 (one Templates lives as long as its process)
    def words(self, language: str) -> Words:
        """The sentences of that language; English for one that has no PO file."""
        file = self._find_sentences(language)
        return read_words(language, file) if file else Words(language, {}, lambda number: int(number != 1))

    def has_sentences(self, language: str) -> bool:
        """Whether letters and pages have words of their own in that language; English stands in the templates themselves."""
        return language.partition("-")[0] == "en" or self._find_sentences(language) is not None

    def render(self, name: str, language: str, **values: Any) -> str:
        """Render a template in a language with exactly these values, `theme`, `brand`, `words`, `lang` and `dir`.

        Raises:
            TemplateError: the template is missing, broken or uses a value that it is not given.
        """
        try:
            template = self._for(language).get_template(name)
            return template.render(
                theme=self.theme,
                brand=self.brand(language),
                words=self.words(language),
                lang=language,
                dir=direction(language),
                **values,
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
                    raise unreadable(part, error) from None
        return dict(sorted(found.items()))

    @cached_property
    def fingerprint(self) -> str:
        """A SHA-256 in hexadecimal over every file of the site's own folder and of ours: all that pages can be made from.

        Raises:
            TemplateError: a file cannot be read.
        """
        whole = hashlib.sha256()
        for folder in self._folders:  # ours count whole: what stands in the site's folder may extend any of them
            found: dict[str, str] = {}
            try:
                for entry in folder.iterdir():
                    _digest_below(entry, entry.name, found)
            except OSError as error:
                raise unreadable("", error) from None
            whole.update(repr(sorted(found.items())).encode("utf-8", "surrogatepass"))
        return whole.hexdigest()

    def stamp(self) -> object:
        """Another value whenever a file was changed, added or removed, as far as sizes and times tell."""
        return [sorted(_stamp_below(folder)) for folder in self._folders if isinstance(folder, Path)]

    def read_bytes(self, name: str) -> bytes:
        """A file as it is, such as a style sheet that is published unchanged."""
        for folder in self._folders:
            if (folder / name).is_file():
                try:
                    return (folder / name).read_bytes()
                except OSError as error:
                    raise unreadable(name, error) from None
        raise TemplateError(f"templates/{name}", "there is no such file", "Restore it.")

    def _for(self, language: str) -> jinja2.Environment:
        """The environment of a language: each has its own, for the sentences belong to it."""
        if language not in self._by_language:
            self._by_language[language] = Sandbox(
                self.words(language),
                loader=self._loader,
                autoescape=lambda name: name is not None and name.endswith((".html", ".xml")),
                trim_blocks=True,
                lstrip_blocks=True,
                keep_trailing_newline=True,
                auto_reload=False,
                bytecode_cache=self._find_compiled(language),
            )
        return self._by_language[language]

    def _find_compiled(self, language: str) -> CompiledTemplates | None:
        if self._kept is None:
            return None
        return CompiledTemplates(self._kept, f"{self.fingerprint}{shipped.fingerprint()}", language)

    def _find_sentences(self, language: str) -> Traversable | None:
        files = (folder / "locale" / f"{language}.po" for folder in self._folders)
        return next((file for file in files if file.is_file()), None)

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
                    raise unreadable(name, error) from None
        return None


def _stamp_below(folder: Path) -> Iterator[tuple[str, int, int]]:
    with suppress(OSError):
        for entry in folder.iterdir():
            if entry.is_dir():
                yield from _stamp_below(entry)
            else:
                facts = entry.stat()
                yield str(entry), facts.st_size, facts.st_mtime_ns


def _read_theme(file: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TemplateError("templates/theme.toml", str(error), "Mend that line.") from None
    except OSError as error:
        raise unreadable("theme.toml", error) from None


def _digest_below(place: Traversable, path: str, found: dict[str, str]) -> None:
    if place.is_file():
        found[path] = hashlib.sha256(place.read_bytes()).hexdigest()
    elif place.is_dir():
        for entry in place.iterdir():
            if not entry.name.startswith(".") and not entry.name.endswith("~"):
                _digest_below(entry, f"{path}/{entry.name}", found)
