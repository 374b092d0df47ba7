"""newsroom.toml and the environment, as frozen values.

A site is a folder with `newsroom.toml`. Every key of a table that is not a list of things (`[newsroom]`, `[feeds]`,
`[pictures]`, `[delivery]`, `[web]`) can be set by the environment as `DIGEST_TABLE_KEY`; secrets come only from there.
Unknown keys are errors, with file and line, all at once. `values` has what keys are written in, `tables` the models,
`reading` the way from text to settings, `site` the folder, `finding` the search for it. All but the last are loaded when
they are first asked for, so that a command with nothing to do need not wait for them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from digest.settings.finding import NAME, find_site

if TYPE_CHECKING:
    from digest.settings.reading import RESERVED, build_settings, read_settings
    from digest.settings.site import Site, open_site
    from digest.settings.tables import Delivery, Label, Newsroom, ReaderList, Settings, Topic
    from digest.settings.values import EVERY_OTHER, LANGUAGE, Hours, Mailbox, Rhythm, Slot

__all__ = [
    "EVERY_OTHER", "LANGUAGE", "NAME", "RESERVED", "Delivery", "Hours", "Label", "Mailbox", "Newsroom", "ReaderList",
    "Rhythm", "Settings", "Site", "Slot", "Topic", "build_settings", "find_site", "open_site", "read_settings",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name in __all__:
        for module in ("reading", "site", "tables", "values"):
            found = import_module(f"digest.settings.{module}")
            if name in found.__all__:
                return getattr(found, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
