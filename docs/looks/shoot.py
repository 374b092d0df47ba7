"""Take the pictures of this folder anew: golden letters in Chromium, with the sample newsroom's pictures in their places.

    python docs/looks/shoot.py [FOLDER]

It needs the packages of the tests and Chromium.
"""

from __future__ import annotations

import re
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, Route, sync_playwright

ROOT = Path(__file__).parents[2]
SHOTS = (
    ("twelve-items", 700, "light", True),
    ("twelve-items", 375, "dark", True),
    ("twelve-items", 375, "light", False),
    ("right-to-left", 700, "light", True),
    ("right-to-left", 375, "dark", True),
    ("both-notices", 700, "dark", True),
    ("notices-alone", 375, "light", True),
)
"""Golden letter, width in pixels, light or dark, whether pictures are loaded."""

HEIGHT = 1700
"""Of a long letter the beginning is enough."""


def take(page: Page, name: str, *, pictures: bool) -> bytes:
    """A picture of a golden letter as PNG with few colours, so that it stays small."""

    def answer(route: Route) -> None:
        photo = re.search(r"/photos/([\w-]+)-\d+\.jpg$", route.request.url)
        if photo and pictures:
            route.fulfill(path=ROOT / "items" / "photos" / f"{photo[1]}.jpg")
        else:
            route.abort()

    page.route("**/*", answer)
    page.set_content((ROOT / "tests" / "golden" / "mail" / f"{name}.html").read_text("utf-8"))
    shot = Image.open(BytesIO(page.screenshot(full_page=True)))
    shot = shot.crop((0, 0, shot.width, min(shot.height, HEIGHT)))
    out = BytesIO()
    shot.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def main(folder: Path) -> None:
    """Write all pictures into a folder."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, width, scheme, pictures in SHOTS:
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
            file = folder / f"{name}-{width}-{scheme}{'' if pictures else '-off'}.png"
            file.write_bytes(take(page, name, pictures=pictures))
            page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
