"""One strict Jinja environment over the site's own templates, then ours; the theme; the sentences of each language.

Designers edit `templates/` and translators `templates/locale/LANG.po` (GNU gettext PO, read at run time); a site overrides
file by file below its own `templates/`. A template that is there twice can extend ours as `shipped/NAME`. Undefined names
are errors, everything in `.html` is escaped, and the sandbox gives templates nothing but the values handed in.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property, lru_cache
from gettext import c2py  # the standard library's parser of PO plural expressions
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from traceback import walk_tb
from types import FunctionType
from typing import Any

import jinja2
from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.pofile import PoFileError, read_po
from jinja2 import nodes
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

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


@lru_cache(maxsize=4096)
def _name_day(day: date, pattern: str, language: str) -> str:
    return format_date(day, pattern, locale=_locale(language))


class _SetSentences(NodeTransformer):
    """Sets the sentences that take no values into a template while it is compiled: each language has its own."""

    def __init__(self, words: Words) -> None:
        self._translate = words.gettext

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 (Jinja calls it by the name of the node)
        """`_("Feeds")` as the words of the language, marked safe where text is escaped, as a call would do."""
        self.generic_visit(node)
        plain = not (node.kwargs or node.dyn_args or node.dyn_kwargs)
        match node.node, node.args:
            case nodes.Name(name="_" | "gettext"), [nodes.Const(value=str(message))] if plain:
                words = nodes.Const(self._translate(message) % {}, lineno=node.lineno, environment=node.environment)
                return nodes.MarkSafeIfAutoescape(words, lineno=node.lineno, environment=node.environment)
        return node


class _Sandbox(ImmutableSandboxedEnvironment):
    """A language's environment. What templates ask for most, which is fields of dataclasses, is read without detours."""

    def __init__(self, words: Words, **options: Any) -> None:
        super().__init__(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], undefined=jinja2.StrictUndefined, **options)
        self.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
        self.globals["direction"] = direction
        self._sentences = _SetSentences(words)
        self._plain: dict[type, frozenset[str]] = {}
        self._ready: dict[str, jinja2.Template] = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """An attribute for a template; the sandbox judges all but those that are known to be harmless."""
        kind = type(obj)
        plain = self._plain.get(kind)
        if plain is None:
            plain = self._plain[kind] = _plain_attributes(kind)
        if attribute in plain or (kind is TemplateModule and attribute in vars(obj) and attribute[:1] != "_"):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def call(self, context: Context, obj: Any, /, *args: Any, **more: Any) -> Any:
        """Call something for a template; the sandbox judges all but its macros."""
        return obj(context.eval_ctx, *args) if type(obj) is Macro and not more else super().call(context, obj, *args, **more)

    def get_template(self, name: Any, *args: Any, **more: Any) -> jinja2.Template:
        """A template by its name, compiled once: no file of a running process is read again."""
        found = self._ready.get(name)
        if found is None:
            found = self._ready[name] = super().get_template(name, *args, **more)
        return found

    def make_globals(self, d: Any) -> dict[str, Any]:
        """The names that every template knows, as one plain dictionary: each rendering copies it."""
        return {**self.globals, **(d or {})}

    def _generate(self, source: nodes.Template, *args: Any, **more: Any) -> str:
        return super()._generate(self._sentences.visit(source), *args, **more)


def _plain_attributes(kind: type) -> frozenset[str]:
    """The public fields and properties of a dataclass or a loop, the public methods of `Words`; nothing of other classes."""
    wanted: type | tuple[type, ...] = property
    if kind is Words:
        wanted = FunctionType
    elif kind is not LoopContext and not is_dataclass(kind):
        return frozenset()
    names = {name for name, value in vars(kind).items() if isinstance(value, wanted)}
    names |= {field.name for field in fields(kind)} if is_dataclass(kind) else set()
    return frozenset(name for name in names if not name.startswith("_"))


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
                raise _unreadable("", error) from None
            whole.update(repr(sorted(found.items())).encode("utf-8", "surrogatepass"))
        return whole.hexdigest()

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
            self._by_language[language] = _Sandbox(
                self.words(language),
                loader=self._loader,
                autoescape=lambda name: name is not None and name.endswith((".html", ".xml")),
                trim_blocks=True,
                lstrip_blocks=True,
                keep_trailing_newline=True,
                auto_reload=False,
            )
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
