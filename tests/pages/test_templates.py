"""What designers and translators can rely on."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import jinja2.meta
import pytest
from babel.messages.pofile import read_po
from PIL import Image

from digest.publishing.judging import PublicJudge
from digest.templates import Templates

ALWAYS = {"lang", "dir", "theme", "brand", "words", "direction", "ngettext"}
LANGUAGES = ("uk", "ru", "ar", "fr", "es")


def environment() -> jinja2.Environment:
    return jinja2.Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_text_and_ground_can_be_read(templates: Templates, scheme: str) -> None:
    colours: dict[str, str] = templates.theme[scheme]
    pairs = [*product(("ink", "text", "soft"), ("paper", "card", "notice"))]
    pairs += [("on_accent", "accent"), ("on_button", "button")]
    for text, ground in pairs:
        assert contrast(colours[text], colours[ground]) >= 4.5, f"{scheme}: {text} on {ground}"


def documented(root: Path) -> dict[str, set[str]]:
    """Which names templates/README.md lists for each template of pages/."""
    names: dict[str, set[str]] = {}
    section = (root / "templates" / "README.md").read_text().split("## pages/", 1)[1].split("\n## ", 1)[0]
    for row in re.finditer(r"^\| `(\S+)` \|[^|]*\| (.*) \|$", section, re.MULTILINE):
        names[row[1]] = set(re.findall(r"`(\w+)`", row[2]))
    page = names["_base.html"] | {"show_card", "show_lead"}
    for row in re.finditer(r"^\| `(\S+)` \|.*the page names", section, re.MULTILINE):
        names[row[1]] |= page
    return names


def test_templates_use_only_the_names_that_are_documented(root: Path) -> None:
    listed = documented(root)
    files = {file.name: file for file in (root / "templates" / "pages").iterdir() if not file.name.startswith(".")}
    assert set(files) == set(listed)
    for name, file in files.items():
        source = file.read_text()
        own = set(re.findall(r"{% macro (\w+)", source)) | set(re.findall(r"import \S+ as (\w+)", source))
        used = jinja2.meta.find_undeclared_variables(environment().parse(source))
        assert used - own - ALWAYS <= listed[name], name


def test_no_colour_stands_outside_the_theme(root: Path) -> None:
    for file in (root / "templates" / "pages").iterdir():
        assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\"' ])", file.read_text()), file.name


def sentences(root: Path) -> set[Any]:
    found = set()
    for file in (root / "templates" / "pages").glob("*.html"):
        for _, _, message in environment().extract_translations(file.read_text()):
            found.add(message if isinstance(message, str) else next(part for part in message if part))
    for file in (root / "digest" / "pages").glob("*.py"):
        found |= set(re.findall(r'gettext\("([^"]+)"\)', file.read_text()))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_the_pages_is_translated(root: Path, language: str) -> None:
    with (root / "templates" / "locale" / f"{language}.po").open("rb") as file:
        catalog = read_po(file, locale=language, abort_invalid=True)
    missing = {text for text in sentences(root) if not (entry := catalog.get(text)) or not entry.string or entry.fuzzy}
    assert not missing
    for entry in catalog:
        if isinstance(entry.id, str) and entry.id:
            wanted, given = (set(re.findall(r"%\(\w+\)s", str(text))) for text in (entry.id, entry.string))
            assert wanted == given, entry.id


def test_no_sentence_is_translated_twice(root: Path) -> None:
    for language in LANGUAGES:
        ids = re.findall(r'^msgid "(.+)"$', (root / "templates" / "locale" / f"{language}.po").read_text(), re.MULTILINE)
        assert len(ids) == len(set(ids)), language


def test_a_site_can_change_one_file_and_one_colour(tmp_path: Path, house: Any) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "theme.toml").write_text('[light]\naccent = "#00ff00"\n')
    (tmp_path / "pages" / "footer.html").write_text("<footer><p>Our own words, {{ frame.name }}</p></footer>\n")
    own = type(house)(house.settings, house.newsroom, house.pictures, Templates(tmp_path)).build()

    assert b"--accent: #00ff00" in own["style.css"]
    assert b"Our own words, Example Watch" in own["index.html"]
    assert b"--soft: #5d5d57" in own["style.css"]


@pytest.mark.parametrize("ending", ["png", "jpg", "gif"])
def test_a_site_shows_and_publishes_its_own_logo_and_footer(ending: str, tmp_path: Path, house: Any) -> None:
    Image.new("L", (320, 80)).save(tmp_path / f"mark.{ending}")
    Image.new("L", (320, 80), 255).save(tmp_path / f"mark-dark.{ending}")
    (tmp_path / "theme.toml").write_text(
        f'[logo]\nfile = "mark.{ending}"\ndark = "mark-dark.{ending}"\n[footer]\ntext = "Charity no. 7 <of all>"\n'
        'links = [{ title = "Donate & help", address = "https://example.org/donate?a=1&b=2" }]\n'
    )
    templates = Templates(tmp_path)
    own = type(house)(house.settings, house.newsroom, house.pictures, templates).build()
    judge = PublicJudge(house.newsroom, house.settings)

    assert templates.logo is not None and len(templates.logo.files) == 2
    for name, data in templates.logo.files.items():
        assert own[name] == data
        assert judge(name, own[name]) == ""
        assert name.encode() in own["index.html"]
    assert b'width="160" height="40" alt="Example Watch"' in own["index.html"]
    assert b"Charity no. 7 &lt;of all&gt;" in own["index.html"]
    assert b'<a href="https://example.org/donate?a=1&amp;b=2">Donate &amp; help</a>' in own["index.html"]
