"""`digest init`: the files of a new site, ready to be published as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from digest.items.folder import make_folder, write_all
from digest.items.writing import render_item

__all__ = ["build_site", "write_site"]

_NEWSROOM = """# The newsroom. Check this file and all items with: digest check

[newsroom]
name = "Example Newsroom"                       # the organisation
title = "Example Newsroom"                      # what pages, feeds and mails are called
tagline = "News from Russia and Ukraine"
language = "en"                                 # languages = ["en", "uk"] when you publish in several
zone = "UTC"                                    # days begin and end here, such as Europe/Kyiv
base_url = "http://127.0.0.1:8080"              # where public/ is served, such as https://news.example.org
postal_address = "Example Newsroom, 1 Example Street, Exampletown"   # mails to many readers must carry one
contact = "press@example.org"
tag_authority = "example.org,{year}"               # a domain you hold and a year you held it; never change it later

# Subjects that people follow. The keywords only propose topics for imported items.
[topics.russia]
title = "Russia"
keywords = ["Russia", "Russian", "Russians", "Moscow", "Kremlin"]

[topics.ukraine]
title = "Ukraine"
keywords = ["Ukraine", "Ukrainian", "Ukrainians", "Kyiv"]

# Sorts of items.
[kinds.press-release]
title = "Press release"

[kinds.update]
title = "Update"

[kinds.report]
title = "Report"

# Groups that people can subscribe to, each with its own sender.
[lists.press]
title = "Press"
sender = "Example Newsroom press desk <press@example.org>"
rhythms = ["weekly", "daily", "at-once"]
schedule.weekly = "Fri 09:00"
schedule.daily = "08:00"
at_once = "all"                                 # every item may go out at once; "urgent" takes only items marked so

[lists.supporters]
title = "Supporters"
sender = "Example Newsroom <news@example.org>"
rhythms = ["weekly"]
schedule.weekly = "Fri 09:00"                   # digest serve prepares it a day before, and sends it if it is approved
approvers = []                                  # who is asked by mail: ["Ada Example <ada@example.org>"]
"""
_IGNORED = "# What digest makes or keeps: never put keys/ or var/ where others can read them.\npublic/\nvar/\nkeys/\n"
_BODY = """This is an example item: one Markdown file below `items/`. Write your own with `digest new "What \
happened"`, then delete this one.

Every field of the front matter above is checked before anything is published, so try a mistake and run `digest check`.
"""


def build_site(now: datetime) -> dict[str, str]:
    """The texts of a new site by their names below its folder; the example item is dated today (UTC)."""
    day = now.astimezone(UTC).date()
    item = render_item(
        {
            "title": "Our newsroom is open",
            "id": "our-newsroom-is-open",
            "date": day.isoformat(),
            "kind": "update",
            "topics": ["russia", "ukraine"],
        },
        _BODY,
    )
    return {
        "newsroom.toml": _NEWSROOM.format(year=day.year),
        f"items/{day}-our-newsroom-is-open.md": item,
        ".gitignore": _IGNORED,
    }


def write_site(folder: Path, texts: Mapping[str, str]) -> None:
    """Write a new site; its items/photos/ is made too.

    Raises:
        ContentError: one of the files is there already, or cannot be written; nothing is overwritten.
    """
    write_all(folder, texts)
    make_folder(folder / "items" / "photos")
