"""What all letters of a list have in common, whatever they carry: settings, templates, theme, sentences, logo.

It is the part of an approval that does not change from one edition to the next, and so what a standing approval covers.
"""

from __future__ import annotations

from digest.desk.workplace import Workplace
from digest.editions.approval import hash_value, sign

__all__ = ["build_letterhead"]


def build_letterhead(place: Workplace, list_id: str) -> dict[str, str]:
    """Each part of it with its hash. The list must be one of newsroom.toml's."""
    settings, templates = place.site.settings, place.templates
    parts = sign(
        {
            f"setting lists.{list_id}": settings.lists[list_id].model_dump(mode="json"),
            "setting newsroom": settings.newsroom.model_dump(mode="json"),
            "setting topics": {name: topic.model_dump(mode="json") for name, topic in settings.topics.items()},
            "setting kinds": {name: kind.model_dump(mode="json") for name, kind in settings.kinds.items()},
        }
    )
    files = {f"file templates/{path}": hashed for path, hashed in templates.digests("mail", "theme.toml", "locale").items()}
    logo = {"the logo of theme.toml": hash_value(list(templates.logo.files))} if templates.logo else {}
    return parts | files | logo  # the names of a logo's files follow from their octets
