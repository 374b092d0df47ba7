"""The newsroom's own logo and footer: told in theme.toml, shown in letters and on pages, refused where they cannot be."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from digest.errors import TemplateError
from digest.templates import Templates


def picture(width=320, height=80, kind="PNG", colour=17):
    data = BytesIO()
    Image.new("L", (width, height), colour).save(data, kind)
    return data.getvalue()


def draw_noise():
    data = BytesIO()
    Image.effect_noise((64, 64), 90).save(data, "PNG")
    return data.getvalue()


NOISE = draw_noise()


@pytest.fixture
def theme(tmp_path):
    """Templates of a site whose theme.toml has this text, beside these files."""

    def build(text: str, **files: bytes) -> Templates:
        (tmp_path / "theme.toml").write_text(text, "utf-8")
        for name, data in files.items():
            (tmp_path / name.replace("_", ".")).write_bytes(data)
        return Templates(tmp_path)

    return build


def refusal(templates: Templates) -> str:
    with pytest.raises(TemplateError) as error:
        templates.brand("en")
    return str(error.value)


def test_without_a_word_of_it_there_is_no_logo_and_no_footer():
    brand = Templates().brand("en")
    assert (brand.logo, brand.footer.text, brand.footer.links) == (None, "", ())


def test_a_logo_is_published_under_a_name_that_follows_from_its_octets(theme):
    text = '[logo]\nfile = "logo.png"\ndark = "dark.gif"\nheight = 40\nalt = "The Watch"\n'
    first = theme(text, logo_png=picture(), dark_gif=picture(kind="GIF")).logo
    other = theme(text, logo_png=picture(colour=18)).logo

    assert (first.width, first.height, first.alt) == (160, 40, "The Watch")
    assert first.name.startswith("logo-") and first.name.endswith(".png") and first.dark_name.endswith(".gif")
    assert set(first.files) == {first.name, first.dark_name}
    assert first.files[first.name] == picture()
    assert other.name != first.name and other.dark_name == first.dark_name


@pytest.mark.parametrize(
    ("text", "files", "wanted"),
    [
        ('[logo]\nfile = "logo.svg"\n', {}, "'logo.svg' cannot be the name of a logo"),
        ('[logo]\nfile = "../logo.png"\n', {}, "'../logo.png' cannot be the name of a logo"),
        ('[logo]\nfile = "/logo.png"\n', {}, "'/logo.png' cannot be the name of a logo"),
        ("[logo]\nfile = 1\n", {}, "1 is no plain text of one line"),
        ('[logo]\nfile = "logo.png"\n', {}, "templates/logo.png: there is no such file"),
        (
            '[logo]\nfile = "logo.png"\n',
            {"logo_png": b"no picture"},
            "templates/logo.png: it is no whole PNG, JPEG or GIF picture",
        ),
        ('[logo]\nfile = "logo.png"\n', {"logo_png": picture(kind="BMP")}, "it is no whole PNG, JPEG or GIF picture"),
        ('[logo]\nfile = "logo.png"\n', {"logo_png": picture(2000, 80)}, "at 40 pixels of height it is 1000 wide"),
        (
            '[logo]\nfile = "logo.png"\ndark = "dark.png"\n',
            {"logo_png": picture(), "dark_png": picture(80, 80)},
            "templates/dark.png: it has another shape than logo.png",
        ),
        ('[logo]\nfile = "Lögo ü.png"\n', {}, "'Lögo ü.png' cannot be the name of a logo"),
        ('[logo]\nfile = "logo.png"\n', {"logo_png": NOISE[:-40]}, "it is no whole PNG, JPEG or GIF picture"),
        ('[logo]\nfile = "logo.png"\n', {"logo_png": picture(4001, 800)}, "it is 4001 by 800 pixels large"),
        ('[logo]\nfile = "logo.png"\n', {"logo_png": NOISE * 100}, "octets, and 200,000 is the most"),
        ("[logo]\nheight = 8\n", {}, "8 is no height of a logo"),
        ("[logo]\nheight = true\n", {}, "True is no height of a logo"),
        ('[logo]\nalt = "a\\nb"\n', {}, "is no plain text of one line"),
        ("[logo]\nwidth = 3\n", {}, "[logo] has no key width"),
        ('[footer]\ntext = "a\\u202eb"\n', {}, "is no plain text of one line"),
        ("[footer]\ntexts = 3\n", {}, "3 names no languages"),
        ("[footer]\ntexts = { fr = 3 }\n", {}, "3 is no plain text"),
        ('[footer]\nlinks = "x"\n', {}, "'x' is no list"),
        ('[footer]\nlinks = [{ title = "Donate" }]\n', {}, "is no link with title and address"),
        ('[footer]\nlinks = [{ title = " ", address = "https://example.org" }]\n', {}, "a link has no title"),
        ('[footer]\nlinks = [{ title = "X", address = "http://example.org" }]\n', {}, "'http://example.org' is no address"),
        ('[footer]\nlinks = [{ title = "X", address = "javascript:x" }]\n', {}, "'javascript:x' is no address of the web"),
        ('[footer]\nlinks = [{ title = "X", address = "https://a.example/b c" }]\n', {}, "is no address of the web"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(theme, text, files, wanted):
    assert wanted in refusal(theme(text, **files))


def test_a_letter_is_no_wider_than_mail_programs_show(theme):
    assert "700 is no width" in refusal(theme("[width]\nmail = 700\n"))


def test_footers_speak_the_language_of_the_reader_where_they_can(theme):
    templates = theme(
        '[footer]\ntext = "Charity no. 7"\ntexts = { fr = "Association" }\n'
        'links = [{ title = "Donate", titles = { ar = "تبرع" }, address = "https://example.org/donate?a=1&b=2" }]\n'
    )
    english, french, arabic = (templates.brand(language).footer for language in ("en", "fr", "ar"))

    assert (english.text, french.text, arabic.text) == ("Charity no. 7", "Association", "Charity no. 7")
    assert [link.title for link in (*english.links, *french.links, *arabic.links)] == ["Donate", "Donate", "تبرع"]
    assert english.links[0].address == "https://example.org/donate?a=1&b=2"
