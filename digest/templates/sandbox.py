"""Jinja as templates get it: strict, sandboxed, with the sentences of one language set in, and quick."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from types import FunctionType
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from digest.templates.words import Words, direction

__all__ = ["Sandbox"]


class _SetSentences(NodeTransformer):
    """Sets the sentences that take no values into a template while it is compiled: each language has its own."""

    def __init__(self, words: Words) -> None:
        self._translate = words.gettext

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802 (Jinja calls it by the name of the node)
        """`{{ _("Feeds") }}` as the words of the language, marked safe where text is escaped, as a call would do."""
        node.nodes = [self._set_in(child) for child in node.nodes]
        return self.generic_visit(node)

    def _set_in(self, child: nodes.Expr) -> nodes.Expr:
        match child:
            case nodes.Call(
                node=nodes.Name(name="_" | "gettext"),
                args=[nodes.Const(value=str(message))],
                kwargs=[],
                dyn_args=None,
                dyn_kwargs=None,
            ):
                words = nodes.Const(self._translate(message) % {}, lineno=child.lineno, environment=child.environment)
                return nodes.MarkSafeIfAutoescape(words, lineno=child.lineno, environment=child.environment)
        return child


class Sandbox(ImmutableSandboxedEnvironment):
    """A language's environment. What templates ask for most, which is fields of dataclasses, is read without detours."""

    def __init__(self, words: Words, **options: Any) -> None:
        super().__init__(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], undefined=jinja2.StrictUndefined, **options)
        self.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
        self.globals["direction"] = direction
        self._sentences = _SetSentences(words)
        self._plain = _Plain()
        self._ready: dict[str, jinja2.Template] = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """An attribute for a template; the sandbox judges all but those that are known to be harmless."""
        kind = type(obj)
        if attribute in self._plain[kind] or (kind is TemplateModule and attribute in vars(obj) and attribute[:1] != "_"):
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


class _Plain(dict[type, frozenset[str]]):
    """The harmless attributes of each class, found out when the first object of the class is asked for one."""

    def __missing__(self, kind: type) -> frozenset[str]:
        found = self[kind] = _plain_attributes(kind)
        return found


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
