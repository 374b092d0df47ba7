"""The page around the letter, rendered even while a designer is in the middle of a change that breaks templates or theme."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import Any

from digest.desk.previewing.page import Page
from digest.errors import DigestError, TemplateError
from digest.templates import Templates

__all__ = ["Chrome"]

_PLAIN = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="refresh" content="1">\n'
    "<title>This cannot be shown yet</title>\n</head>\n<body>\n<main>\n<h1>This cannot be shown yet</h1>\n<p>{trouble}</p>\n"
    "<p>The letter comes back as soon as the file is mended and saved.</p>\n</main>\n</body>\n</html>\n"
)


class Chrome:
    """Renders with the site's templates as they are, else as they last worked, else with the shipped ones.

    `shipped` are the latter alone.
    """

    def __init__(self) -> None:
        self.shipped = Templates()
        self._good: Templates | None = None

    def render_page(self, page: Page, templates: Templates | None) -> str:
        """The whole page; when nothing else can be rendered a plain one that says why, and looks again by itself.

        Args:
            page: what it shows.
            templates: the site's, as they are now; None while that cannot be told.
        """
        try:
            return self._render("desk/preview/page.html", templates, page=page)
        except TemplateError as error:
            return _PLAIN.format(trouble=escape(str(page.trouble or error)))

    def render_style(self, templates: Templates | None) -> str:
        """The style sheet in the theme's colours; empty when there is no theme that works."""
        try:
            return self._render("desk/preview/preview.css", templates)
        except TemplateError:
            return ""

    def _render(self, name: str, templates: Templates | None, **values: Any) -> str:
        trouble: DigestError | None = None
        for candidate in (templates, self._good, self.shipped):
            if candidate is None:
                continue
            try:
                rendered = candidate.render(name, "en", **values)
            except TemplateError as error:
                if trouble is None:
                    trouble = error
                if "page" in values and values["page"].trouble is None:
                    values["page"] = replace(values["page"], sheet=None, trouble=error)
                continue
            if candidate is templates:
                self._good = candidate
            return rendered
        assert trouble is not None
        raise trouble
