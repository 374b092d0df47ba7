"""What a careful designer and a postmaster would object to in a letter that is about to be approved.

Errors hold an edition back; warnings are shown. Each module looks at one thing: `structure` (document, tables, size),
`pictures`, `links`, `colours` (contrast), `styles` (what mail programs understand), `wording` (sender, subject, preheader),
`excerpts`, `text`, `message` (headers and octets), `discretion`; `page`, `sheets` and `runs` read the HTML for them.
"""

from __future__ import annotations

from digest.mail.inspection.inspector import Inspector, inspect
from digest.mail.inspection.structure import HTML_WARNING

__all__ = ["HTML_WARNING", "Inspector", "inspect"]
