"""A site: a folder with a newsroom.toml, and what lies where in it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digest.settings.finding import NAME
from digest.settings.reading import read_settings
from digest.settings.tables import Settings

__all__ = ["Site", "open_site"]


@dataclass(frozen=True)
class Site:
    """A site's folder with its settings and the environment's values that have no key."""

    folder: Path
    settings: Settings
    smtp_url: str = ""
    database_url: str = ""
    keys_folder: Path | None = None

    @property
    def items(self) -> Path:
        """Where the items lie."""
        return self.folder / "items"

    @property
    def photos(self) -> Path:
        """Where the items' photos lie."""
        return self.folder / "items" / "photos"

    @property
    def templates(self) -> Path:
        """The site's own templates, which win file by file over the shipped ones."""
        return self.folder / "templates"

    @property
    def public(self) -> Path:
        """Where the public site is written."""
        return self.folder / "public"

    @property
    def var(self) -> Path:
        """What the product keeps: database, variants, re-encoded photos, outbox."""
        return self.folder / "var"

    @property
    def keys(self) -> Path:
        """Where the three keys lie."""
        return self.keys_folder or self.folder / "keys"

    def is_own(self, path: Path) -> bool:
        """Whether a path is the site itself, lies above it, or in a folder that the product reads or writes by itself.

        What staff ask to be written (previews, exports, a site as of another day) may lie anywhere else.
        """
        place = path.resolve()
        own = (self.public, self.items, self.templates, self.var, self.keys)
        return self.folder.resolve().is_relative_to(place) or any(place.is_relative_to(one.resolve()) for one in own)


def open_site(folder: Path, environment: Mapping[str, str] | None = None) -> Site:
    """Read a site's settings.

    Raises:
        SettingsError: newsroom.toml or the environment does not fit; all problems at once.
    """
    environment = os.environ if environment is None else environment
    keys = environment.get("DIGEST_KEYS", "")
    return Site(
        folder=folder,
        settings=read_settings(folder / NAME, environment),
        smtp_url=environment.get("DIGEST_SMTP_URL", ""),
        database_url=environment.get("DIGEST_DATABASE_URL", ""),
        keys_folder=Path(keys) if keys else None,
    )
