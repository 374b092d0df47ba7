"""A look at letters before anything is published: made from items/ and templates/ alone, in memory, written nowhere.

`choosing` is what somebody wants to look at, `gathering` the newsroom and edition that are made up for it, `pictures` the
photos, `sources` what lies in the site's folder and whether it has changed, `looking` the letter with all that is said of
it, `display` how its HTML is shown as another screen or mail program would, `page` and `chrome` what stands around it.
"""

from __future__ import annotations

from digest.desk.previewing.choosing import Choice, read_choice
from digest.desk.previewing.looking import Previewer, Sheet

__all__ = ["Choice", "Previewer", "Sheet", "read_choice"]
