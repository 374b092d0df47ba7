"""premailer: the style sheet of a page written into its elements, the way mail programs need it."""

from __future__ import annotations

import logging
from typing import Any

from digest.errors import TemplateError

__all__ = ["OPTIONS", "inline_page"]

OPTIONS: dict[str, Any] = {
    "strip_important": False,
    "allow_network": False,
    "disable_validation": True,
    "keep_style_tags": True,
    "remove_classes": False,
    "disable_basic_attributes": ["width", "height", "bgcolor"],
    "cssutils_logging_level": logging.CRITICAL + 1,
}
"""How premailer is used. The style block that was inlined stands between two marks and is dropped afterwards; the one in
`head.css` is told apart by `data-premailer="ignore"` and goes out as it is."""


def inline_page(page: str) -> str:
    """A rendered page with the rules of its style block in its elements.

    Raises:
        TemplateError: a rule has a selector that cannot be applied.
    """
    from cssselect import SelectorError
    from premailer import Premailer

    try:
        inlined: str = Premailer(page, **OPTIONS).transform(pretty_print=False)
    except SelectorError as error:
        raise TemplateError("templates/mail/mail.css", str(error), "Use plain selectors: classes and elements.") from None
    doctype = "" if inlined.startswith("<!DOCTYPE") else "<!DOCTYPE html>\n"
    return f"{doctype}{inlined.rstrip()}\n"
