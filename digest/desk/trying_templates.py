"""Trying the site's own mail templates out, once for each state of them."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from digest import shipped
from digest.desk.workplace import Workplace
from digest.errors import Problem

__all__ = ["find_template_faults"]


def find_template_faults(place: Workplace) -> tuple[Problem, ...]:
    """What would spoil letters made with the site's templates, theme and sentences; nothing for a site without its own.

    Trying them takes about a second. Where the site keeps anything at all, it is remembered which state was found good, in
    var/templates-tried; that file may be deleted at any time.

    Raises:
        TemplateError: a file cannot be read.
    """
    settings = place.site.settings
    if not (place.site.templates.is_dir() and settings.lists):
        return ()
    known = place.site.var / "templates-tried"
    facts = (shipped.fingerprint(), place.templates.fingerprint, settings.languages)
    state = hashlib.sha256(repr(facts).encode()).hexdigest()
    with suppress(OSError):
        if known.read_text("ascii", "replace") == state:
            return ()
    from digest.mail.trial_templates import try_templates

    found = try_templates(place.templates, settings.languages)
    if not found and known.parent.is_dir():
        with suppress(OSError):
            known.write_text(state, "ascii")
    return found
