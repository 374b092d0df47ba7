"""Whatever is wrong with the HTML of a letter is found, and named so that it can be mended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.mail.inspection import Inspector
from digest.mail.inspection.page import Page
from digest.mail.inspection.runs import build_runs, read_colour

PICTURE = '<img src="https://news.example.org/a.jpg" width="90" height="90" alt="A tree in the snow"'
LOREM = "<p>A word, a word and a word. </p>" * 40


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<!DOCTYPE html>", "", "error html: it does not begin with <!DOCTYPE html>"),
        ("The week", "{% if x %}", "error html: template code was left in it: {% if x %}"),
        ("The week", "more0123456789abcdef01234567", "error html: template code was left in it: more0123"),
        ('<html lang="en"', "<html", "error html: the first html needs lang and dir"),
        ('<div class="paper" lang="en"', '<div class="paper"', "error html: the first div needs lang and dir"),
        ('<html lang="en"', '<html lang="fr"', "error html: the first html says fr ltr in a letter in en ltr"),
        ('charset="utf-8"', 'charset="latin-1"', "error html: it does not name its charset"),
        ("width=device-width", "width=600", "warning html: it has no viewport"),
        ("initial-scale=1", "initial-scale=1, user-scalable=no", "error html: its viewport forbids to zoom"),
        ("initial-scale=1", "maximum-scale=1.0", "error html: its viewport forbids to zoom"),
        ('name="color-scheme"', 'name="other"', "warning html: the meta color-scheme is missing"),
        ('name="supported-color-schemes"', 'name="other"', "warning html: the meta supported-color-schemes is missing"),
        ("</head>", "<title>Two</title></head>", "error html: it needs exactly one title"),
        ("<title>", "<title></title><!--", "error html: it needs exactly one title"),
        ("<h1", "<h1>One</h1><h1", "warning html: it should have one h1"),
        ("<h1", "<h2>Two</h2><h1", "warning html: its first heading is an h2"),
        ('<table role="presentation"', "<table", "error html: a table lacks role"),
        ('<!--[if mso]><table role="presentation"', "<!--[if mso]><table", "error html: a table lacks role"),
        ('<!--[if mso]><table role="presentation" width="600"', '<!--[if mso]><table role="presentation" width="700"',
         "error html: something in it is 700 pixels wide"),
        ('class="paper" width="100%"', 'class="paper" width="641"', "error html: something in it is 641 pixels wide"),
        ("max-width:600px", "width:650px", "error html: something in it is 650 pixels wide"),
        ('width="100%"', 'width="calc(100% - 20px)"', 'error html: a <table> has width="calc(100% - 20px)"'),
        ('valign="middle"', 'valign="super"', 'error html: a <td> has valign="super"'),
    ],
)  # fmt: skip
def test_a_fault_of_the_frame_is_found(sheet, old, new, expected):
    assert _has(sheet.change(old, new), expected)


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ("<h1>One</h1><h3>Three</h3>", "warning html: an h3 follows an h1: a level of headings is left out (first at"),
        ("<h2> </h2>", "warning html: an h2 is empty"),
        *((f"<{tag}></{tag}>", f"error html: it holds <{tag}>") for tag in ("script", "form", "button", "svg", "video",
          "audio", "iframe", "object")),
        *((f"<{tag}>", f"error html: it holds <{tag}>") for tag in ("input", "embed", "base", "link")),
        ('<p onclick="x()">A</p>', "error html: a <p> has onclick: a script"),
        ('<p style="background:url(x.png)">A</p>', "error html: a <p> loads a background picture"),
        ('<table role="presentation" background="x.png"></table>', "error html: a <table> loads a background picture"),
        ('<p id="a">A</p><p id="a">B</p>', "error html: the id a stands in it 2 times"),
        ("<style>p:nth-child(2){color:red}</style>", "warning html: a rule could not be written into the elements"),
    ],
)  # fmt: skip
def test_what_must_not_stand_in_a_letter_is_found(sheet, snippet, expected):
    assert _has(sheet.add(snippet), expected)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (".a{color:red}" * 700, "error html: a style block has 9,100 octets"),
        ("@media (max-width:9px){.a{color:red}", "error html: a style block has unbalanced braces"),
        ("@import 'x.css';", "error html: a style block holds @import"),
        ("@font-face{font-family:x}", "error html: a style block holds @font-face"),
        (".a{background:URL(x.png)}", "error html: a style block holds url("),
    ],
)
def test_a_fault_of_a_style_block_is_found(sheet, rules, expected):
    assert _has(sheet.style(rules), expected)


def test_a_letter_that_would_be_cut_off_is_an_error_and_a_long_one_a_warning(sheet):
    assert _has(sheet.add(f"<p>{'word ' * 20_000}</p>"), "error html: it has 11")
    assert _has(sheet.add(f"<p>{'word ' * 14_000}</p>"), "warning html: it has 8")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('alt="Drawing of a street with people at dusk"', "", "error item item-0: the picture https"),
        ('alt="Drawing of a street with people at dusk"', 'alt=" "', "has no alternative text"),
        ("Drawing of a street with people at dusk", "street.JPG", "warning item item-0: the alternative text of its pict"),
        ("Drawing of a street with people at dusk", "IMG_2041", "picture is the name of a file"),
        ("Drawing of a street with people at dusk", "picture-1-400.jpg", "item-1: the alternative text of its picture"),
        ('alt="Drawing of a street with people at dusk"', 'alt="Drawing: The Newsroom"', "picture is the credit"),
        ("Drawing of a street with people at dusk", "A drawing of a street " * 12, "picture has more than 250 characters"),
        ('src="https://', 'src="http://', "error html: the picture http://"),
        ("-400.jpg", "-400.webp", "picture-1-400.webp is no jpg"),
        ('src="https://news', 'src="https://other', "warning html: the picture https://other"),
        (' width="600"', "", "lacks width or height"),
        ("display:block; width:100%;", "display:block;", "warning item item-0: the picture"),
        ("height:auto", "height:200px", "is wider than a phone"),
        ("Drawing: The Newsroom", "", "error item item-0: the credit of its photo is not shown"),
    ],
)  # fmt: skip
def test_a_fault_of_a_picture_is_found(sheet, old, new, expected):
    assert _has(sheet.change(old, new), expected)


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ('<img srcset="https://evil.example/a.png 2x" alt="A">', "error html: a <img> has srcset, which loads"),
        ('<picture><source srcset="https://evil.example/a.png"></picture>', "error html: a <source> has srcset"),
        ('<map name="m"><area href="https://evil.example/"></map>', "error html: a <area> has href"),
        ('<a href="https://news.example.org/" ping="https://evil.example/">A</a>', "error html: a <a> has ping"),
        ('<p data-x="//evil.example/a">A</p>', "error html: a <p> has data-x, which loads or leads"),
        ('<meta http-equiv="refresh" content="0;url=https://evil.example/">', 'error html: a <meta http-equiv="refresh">'),
        ('<!--[if mso]><img src="https://evil.example/a.png"><![endif]-->', "error html: a comment for Outlook holds <img"),
        ('<!--[if gte mso 9]><v:fill src=https://evil.example/a.png /><![endif]-->', "for Outlook holds <v:fill src>"),
        ('<!--[if mso]><td background="a.png"></td><![endif]-->', "for Outlook holds <td background>"),
        ('<!--[if mso]><style>p{background:url(a.png)}</style><![endif]-->', "error html: a comment for Outlook loads"),
        ('<img src="https://evil.example/a.gif" width="1" height="1" alt="A">', "error html: the picture https://evil"),
        ('<img src="https://evil.example/a.gif" width="90" height="90" style="height:2px" alt="A">', "too small to be seen"),
    ],
)  # fmt: skip
def test_nothing_loads_or_leads_behind_the_readers_back(sheet, snippet, expected):
    assert _has(sheet.add(snippet), expected)


def test_small_pictures_of_a_host_that_the_newsroom_chose_are_no_errors(sheet):
    spacer = sheet.add('<img src="https://pictures.example/a.gif" width="1" height="1" alt="A">')
    inspector = Inspector("x", hosts={"pictures.example"})
    inspector.look(spacer.letter, spacer.html, spacer.text)

    assert [problem.severity for problem in inspector.problems] == ["warning"]


def test_a_newsroom_may_be_called_like_an_address(press, make_letter):
    named = press(make_letter(3, newsroom="Elsewhere.example"))

    assert not _has(named, "reads like the address")


def test_a_link_is_looked_at(sheet):
    for address, words, expected in (
        ("http://elsewhere.example/", "Elsewhere", "error html: the link http://elsewhere.example/ is not https"),
        ("javascript:alert(1)", "Elsewhere", "error html: the link javascript:alert(1) is no address of the web"),
        ("mailto:a@b.example", "Write to us", "is no address of the web"),
        (
            "https://a.example/?a=1&UTM_source=x",
            "Elsewhere",
            "error html: the link https://a.example/?a=1&UTM_source=x holds",
        ),
        ("https://a.example/?fbclid=", "Elsewhere", "holds fbclid, which tracks readers"),
        ("https://bit.ly/x", "Elsewhere", "warning html: the link https://bit.ly/x hides where it leads"),
        ("https://192.0.2.7/", "Elsewhere", "warning html: the link https://192.0.2.7/ leads to a number"),
        ("https://a.example/", " ", "warning html: the link https://a.example/ has no words"),
        ("https://a.example/", "Read more »", "warning html: a link says only “Read more »”"),
        ("https://a.example/", "Подробнее…", "says only"),
        ("https://a.example/", "اقرأ المزيد", "says only"),
        ("https://a.example/", "Lire la suite", "says only"),
        ("https://a.example/", "leer más", "says only"),
        ("https://a.example/", "Читати далі", "says only"),
        ("https://a.example/", "Look at https://b.example/x", "error html: a link says “Look at https://b.example/x” and"),
        ("https://a.example/", "www.b.example", "phishing"),
        ("https://a.example/", "b.example/page", "error html: a link reads like the address “b.example/page”"),
        ("https://a.example/", "“Bank.example” »", "error html: a link reads like the address"),
        ("https://a.example/", "b\u200bank.example", "error html: a link reads like the address"),
        ("https://a.example/", "bänk.example", "error html: a link reads like the address"),
        ("https://a.example/", "A new link", "error text: it lacks the link https://a.example/"),
    ):
        assert _has(sheet.add(f'<a href="{address}">{words}</a>'), expected), (address, words)


def test_a_link_that_says_where_it_leads_is_in_order(sheet):
    for address, words in (
        ("https://news.example.org/", "www.news.example.org"),
        ("https://news.example.org/", "https://news.example.org/"),
        ("https://news.example.org/", PICTURE + ">"),
        ("https://news.example.org/", "example.org"),
        ("https://news.example.org/", "Node.js"),
        ("https://news.example.org/?page=2", "The 2. page of a. b"),
        ("https://127.0.0.1/", "Here in town"),
    ):
        found = sheet.add(f'<a href="{address}" style="color:#000">{words}</a>').inspect()
        assert [line for line in found if "lacks the link" not in line and "dark" not in line] == [], (address, words)


@pytest.mark.parametrize(
    ("snippet", "expected"),
    [
        ('<p style="color:#777">Soft</p>', "error html: text in #777777 on #f4f3ef has a contrast of 4.03 in the light"),
        ('<p style="color:#777;font-size:24px">Soft</p>', ""),
        ('<p style="color:#777;font-size:18.7px;font-weight:bold">Soft</p>', ""),
        ('<p style="color:#777;font-size:15pt"><b>Soft</b></p>', ""),
        ('<p style="color:#777;font-size:20px">Soft</p>', "(first at “Soft”)"),
        ('<p style="color:#999;font-size:30px">Soft</p>', "in the light, below 3"),
        ('<h1 style="color:#777">Soft</h1>', ""),
        ('<p style="background-color:#111111;color:#222222">A</p>', "text in #222222 on #111111"),
        ('<p style="background:#111 none;color:#222">A</p>', "text in #222222 on #111111"),
        ('<table role="presentation" bgcolor="#111111"><tr><td style="color:#222">A</td></tr></table>', "on #111111"),
        ('<div style="background-color:white"><p style="color:rgb(250, 250, 250)">A</p></div>', "#fafafa on #ffffff"),
        ('<div style="background-color:transparent;color:inherit"><p style="color:#eee">A</p></div>', "#eeeeee on #f4f3ef"),
        ('<div style="background-color:#223"><a href="https://news.example.org/">A</a></div>', "#0000ee on #222233"),
        ('<div style="background-color:#fff"><p class="ink" style="color:#111">A</p></div>',
         "text in #f2f2ef on #ffffff has a contrast of 1.12 in the dark, below 4.5; give its ground"),
        ('<div style="background-color:#123"><p class="ink" style="color:#eee">A</p></div>',
         "warning html: in the dark text turns to #f2f2ef but its ground stays #112233"),
        ('<p style="color:#111">A</p>', "text in #111111 on #121214 has a contrast of 1.01 in the dark, below 4.5; ch"),
        (PICTURE + ' style="background-color:#444">', "error html: text in #000000 on #444444"),
        ('<p style="display:none;color:#eee">A</p>', "error html: it holds text that nobody sees"),
        ('<p style="font-size:0;color:#eee">A</p>', "text that nobody sees"),
        ('<p style="max-height:0;overflow:hidden">A</p>', "text that nobody sees"),
        ('<p style="visibility:hidden">A</p>', "text that nobody sees"),
        ('<p style="opacity:0">A</p>', "text that nobody sees"),
        ("<p>one\u200btwo</p>", "warning html: characters of no width stand in a text"),
        (f"<p>{'x' * 61}</p>", "warning html: a word is too long for a phone"),
    ],
)  # fmt: skip
def test_every_text_can_be_read_in_the_light_and_in_the_dark(sheet, snippet, expected):
    broken = sheet.add(snippet)
    light = [line for line in broken.inspect() if "in the light" in line]

    assert _has(broken, expected) if expected else light == []


@pytest.mark.parametrize(
    "style",
    ["height:0;overflow:hidden", "max-height:1px;overflow:hidden", "line-height:0;overflow:hidden", "text-indent:-9999px",
     "color:transparent", "color:rgba(1,2,3,0)", "color:#ffffff00", "font-size:1px", "font-size:7.5px", "font:2px/1 serif",
     "position:absolute;left:-9999px", "position:fixed;top:-200em", "margin-left:-900px", "opacity:0.1", "opacity:5%",
     "clip:rect(0,0,0,0)", "clip-path:inset(100%)", "visibility:collapse", "-webkit-text-fill-color:transparent"],
)  # fmt: skip
def test_text_is_not_hidden_in_any_way(sheet, style):
    assert _has(sheet.add(f'<p style="{style}">Spam</p>'), "error html: it holds text that nobody sees"), style
    assert not _has(sheet.add(f'<p style="{style}">&#8202;</p>'), "text that nobody sees"), style


def test_text_is_seen_again_inside(sheet):
    for around in ("font-size:1px", "color:transparent"):
        inner = f'<div style="{around}"><p class="ink" style="font-size:16px;color:#111">Seen</p></div>'
        assert not _has(sheet.add(inner), "text that nobody sees"), around
    assert _has(sheet.add("<p hidden>Spam</p>"), "text that nobody sees")
    assert _has(sheet.add('<p><font color="#f4f3ef">Spam</font></p>'), "in the light, below 4.5")


@pytest.mark.parametrize(
    "media", ["screen", "all", "(min-width:1px)", "not print", "screen, (prefers-color-scheme:dark)", "(max-width:480px)"]
)
def test_rules_for_ordinary_screens_cannot_take_a_text_away(sheet, media):
    pale = sheet.style(f"@media {media}{{.text{{color:#f4f3ef!important}}}}")
    gone = sheet.style(f"@media {media}{{.text{{display:none!important}}}}")

    assert _has(pale, "has a contrast of 1.") and _has(pale, "in the light")
    assert _has(gone, f"warning html: .text is hidden where @media {media}")


def test_what_only_paper_shows_is_hidden(sheet):
    hidden = sheet.add('<div class="new ink" style="display:none;color:#111">Spam</div>')

    assert _has(hidden.style("@media print{.new{display:block!important}}"), "text that nobody sees")
    assert _has(sheet.style("@supports (color:red){.text{color:#f4f3ef!important}}"), "in the light, below 4.5")


def test_rules_count_as_browsers_let_them_count(sheet):
    turned = sheet.add('<div class="paper"><p class="new" style="color:#111">A</p></div>')

    assert _has(turned, "contrast of 1.01 in the dark")
    assert turned.style("@media (prefers-color-scheme:dark){p.new{color:#eee!important}}").inspect() == []
    assert _has(turned.style("@media (prefers-color-scheme:dark){p.new{color:#eee}}"), "contrast of 1.01 in the dark")
    assert _has(turned.style("@media print{p.new{color:#eee!important}}"), "contrast of 1.01 in the dark")
    assert _has(turned.style(".new{color:#eee!important}"), "text in #eeeeee on #f4f3ef")
    assert _has(turned.style("@media (prefers-color-scheme:dark){.new:hover{color:#eee!important}}"), "1.01 in the dark")
    assert _has(turned.style("@media (prefers-color-scheme:dark){.new:is({color:#eee!important}}"), "1.01 in the dark")


def test_what_a_rule_shows_on_a_phone_is_not_hidden(sheet):
    hidden = sheet.add('<div class="new ink" style="display:none;color:#111">For phones</div>')

    assert _has(hidden, "text that nobody sees")
    assert hidden.style("@media (max-width:480px){.new{display:block!important}}").inspect() == []
    assert _has(hidden.style("@media (max-width:480px){.new{display:none!important}}"), "text that nobody sees")


def test_alternative_texts_are_read_with_pictures_off_too() -> None:
    page = Page(
        '<html><body style="color:#123456"><img alt="A tree" style="font-weight:700; font-size:2em">after</body></html>'
    )
    (picture, after) = build_runs(page, dark=False)

    assert (picture.text, str(picture.ink), picture.size, picture.is_bold) == ("A tree", "#123456", 32.0, True)
    assert (after.text, after.size, after.is_bold) == ("after", 16.0, False)


@pytest.mark.parametrize(
    ("value", "colour"),
    [("#abc", "#aabbcc"), ("#AABBCC", "#aabbcc"), ("White", "#ffffff"), ("rgb(1, 2, 3)", "#010203"),
     ("rgba(1,2,3,1.0)", "#010203"), ("url(x) #fff", "#ffffff"), ("var(--x)", "None"), ("rgba(1,2,3,.5)", "None"),
     ("transparent", "None"), ("inherit", "None")],
)  # fmt: skip
def test_colours_are_read(value: str, colour: str) -> None:
    assert str(read_colour(value)) == colour


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("display:flex", "display: flex is understood by 80 of 100 mail programs"),
        ("display:inline-grid", "display: inline-grid is understood by 56"),
        ("position:absolute", "position: absolute is understood by 56"),
        ("float:left", "float: left is understood by 83"),
        ("gap:3px", "gap is understood by 54"),
        ("color:var(--ink)", "var() is understood by 48"),
        ("width:calc(100% - 2px)", "calc() is understood by 60"),
        ("width:min(2px, 3px)", "min() is understood by 54"),
        ("width:max(2px, 3px)", "max() is understood by 54"),
        ("width:clamp(1px, 2px, 3px)", "clamp() is understood by 51"),
        ("color:light-dark(#000, #fff)", "light-dark() is understood by 28"),
        ("background:linear-gradient(red, blue)", "a gradient is understood by 58"),
        ("color:rgb(0 0 0 / 80%)", "a colour without commas is understood by 32"),
        ("background-image:none", ""),
        ("background-image:linear-gradient(red, blue)", "background-image: linear-gradient(red, blue) is understood by 81"),
        ("margin:0 -3px", "a negative margin (margin: 0 -3px)"),
        ("margin-left:-3px", "a negative margin (margin-left: -3px)"),
        ("margin:0 auto", ""),
        ("color:rgba(0, 0, 0, 0.5)", "the contrast of color: rgba(0, 0, 0, 0.5) cannot be judged"),
        ("background-color:nonsense", "the contrast of background-color: nonsense cannot be judged"),
        ("background-color:transparent;color:Inherit", ""),
        ("display:block;position:static;float:none;color:rgb(1,2,3)", ""),
    ],
)
def test_poorly_supported_styles_are_warnings(sheet, style, expected):
    found = [line for line in sheet.add(f'<p class="ink" style="{style}">A</p>').inspect() if "has a contrast" not in line]

    if expected:
        assert any(line.startswith(f"warning html: {expected}") and line.endswith("(first at “<p ink>”)") for line in found)
    else:
        assert found == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (".a:is(.b){color:#111}", "warning html: :is() is understood by 41"),
        (".a:has(b){color:#111}", ":has() is understood by 34"),
        (".a::before{color:#111}", "::before is understood by 35"),
        (".a:nth-child(2){color:#111}", ":nth-child() is understood by 41"),
        (".a{color:#111;&:hover{color:#222}}", "nesting is understood by 20"),
        (
            ".a{display:grid}",
            "display: grid is understood by 56 of 100 mail programs; do it with a table or a plain value",
        ),
        ("@media (max-width:480px){.a{display:grid} .b:is(.c){color:#111}}", ""),
    ],
)
def test_rules_that_few_programs_understand_are_warnings(sheet, rules, expected):
    broken = sheet.style(rules)

    assert _has(broken, expected) if expected else broken.inspect() == []


def test_a_letter_of_pictures_alone_is_an_error(sheet):
    assert _has(_pictures(sheet, 1, ""), "error html: it has hardly a word beside its pictures")
    assert _has(_pictures(sheet, 30, LOREM), "warning html: it has 30 pictures and little text")
    assert not _has(_pictures(sheet, 3, LOREM), "little text")


def _pictures(sheet, count, words):
    page = f'<!DOCTYPE html><html lang="en" dir="ltr"><body><div lang="en" dir="ltr">{(PICTURE + ">") * count}{words}'
    return replace(sheet, html=(page, "</div></body></html>"), message=None)


def test_a_preheader_comes_first_and_hidden(sheet):
    assert _has(
        sheet.change("display:none; max-height:0", "max-height:90px"),
        "warning preheader: it is not the first text of the page, hidden",
    )
    assert _has(
        sheet.change('<div class="preheader"', 'Hello <div class="preheader"'), "warning preheader: it is not the first"
    )


def test_every_title_is_to_be_seen(sheet):
    title = "A preschool used as a shelter was hit; a child is among the dead"
    assert _has(sheet.change(f">{title}<", "><"), "error item item-1: its title is not to be seen in the HTML")


def test_nothing_at_all_can_be_inspected_too(sheet):
    assert _has(replace(sheet, html=("", ""), message=None), "does not begin with")


def _has(sheet, expected):
    return any(expected in line for line in sheet.inspect())
