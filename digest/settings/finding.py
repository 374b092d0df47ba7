"""Where the site is: found without reading its settings, and without any package beside the standard library."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from digest.errors import SettingsError

__all__ = ["NAME", "find_site"]

NAME = "newsroom.toml"
"""The file that makes a folder a site."""


def find_site(argument: str | None = None, environment: Mapping[str, str] | None = None, start: Path | None = None) -> Path:
    """The site's folder: the argument, else `DIGEST_SITE`, else the nearest folder upward with a newsroom.toml.

    Raises:
        SettingsError: there is no newsroom.toml.
    """
    environment = os.environ if environment is None else environment
    named = argument or environment.get("DIGEST_SITE", "")
    if named:
        if (Path(named) / NAME).is_file():
            return Path(named).resolve()
        raise SettingsError(named, f"it has no {NAME}", f"Make a site there with: digest init {named}")
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / NAME).is_file():
            return folder
    raise SettingsError(
        str(here),
        f"neither it nor a folder above has a {NAME}",
        "Go to your site, name it with --site DIR, or make one: digest init DIR",
    )
