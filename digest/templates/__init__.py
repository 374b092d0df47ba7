"""One strict Jinja environment over the site's own templates, then ours; the theme; the sentences of each language.

`site_templates` finds and renders them, `sandbox` is what they run in, `words` the sentences and days of a language,
`brand` is the newsroom's logo and footer, `compiled` keeps what was compiled for the next process.
"""

from __future__ import annotations

from digest.templates.site_templates import Templates
from digest.templates.words import Words, direction

__all__ = ["Templates", "Words", "direction"]
