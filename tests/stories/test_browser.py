"""Pages and letters in a real browser: nothing is wider than a phone's screen, in either direction of writing."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PROBE = """<!DOCTYPE html><title>probe</title><body><script>
const pages = %s;
async function measure(page, width) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${width}px;height:900px;border:0`;
  const loaded = new Promise(done => frame.onload = done);
  frame.src = page;
  document.body.append(frame);
  await loaded;
  const root = frame.contentDocument.documentElement;
  const found = {page, width, overflow: root.scrollWidth - width, height: root.scrollHeight, dir: root.dir};
  frame.remove();
  return found;
}
(async () => {
  const results = [];
  for (const page of pages) for (const width of [320, 375, 1200]) results.push(await measure(page, width));
  document.body.textContent = JSON.stringify(results);
  document.title = "done";
})();
</script>"""


@pytest.fixture
def sample(terminal, root: Path, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    """The sample, published, with its edition previewed below public/."""
    folder = tmp_path / "sample"
    shutil.copytree(root / "items", folder / "items")
    for name in ("newsroom.toml", "sample-readers.csv"):
        shutil.copy(root / name, folder / name)
    terminal.folder = folder
    terminal.run("demo", "--once")
    terminal.run("edition", "preview", "2022-w09-supporters", "--out", "look")
    shutil.copytree(folder / "look", folder / "public" / "look")
    return folder / "public"


def test_nothing_is_wider_than_a_phone(
    sample: Path, tmp_path: Path, program: Callable[[str], str], serve: Callable[[Path], str]
) -> None:
    pages = [path for path in sorted(sample.rglob("*.html")) if path.name != "404.html"]
    (sample / "probe.html").write_text(PROBE % json.dumps([f"/{path.relative_to(sample)}" for path in pages]))
    options = [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--virtual-time-budget=60000",
        f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1400,1000",
    ]  # fmt: skip
    done = subprocess.run(
        [program("chromium"), *options, "--dump-dom", f"{serve(sample)}/probe.html"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = re.search(r"<body>(\[.*\])</body>", done.stdout, re.DOTALL)
    assert found, done.stdout[-500:]
    results = json.loads(html.unescape(found[1]))

    assert len(results) == 3 * len(pages)
    wide = [f"{result['page']} {result['width']} +{result['overflow']}" for result in results if result["overflow"] > 0]
    assert wide == []
    assert all(result["height"] > 300 for result in results)
    assert any(result["dir"] == "rtl" for result in results)
