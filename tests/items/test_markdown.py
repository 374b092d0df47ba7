"""Bodies become clean, absolute, well-formed HTML, and plain words for summaries."""

from __future__ import annotations

import pytest
from lxml import etree

from digest.items.markdown import cut_at_word, escape_markdown, first_paragraph, render_html

PAGE = "https://news.example.org/items/a-ship/"


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# One\n\n## Two\n\n##### Five", "<h2>One</h2>\n<h3>Two</h3>\n<h4>Five</h4>"),
        ("*a* **b** `c<d`", "<p><em>a</em> <strong>b</strong> <code>c&lt;d</code></p>"),
        ("a  \nb", "<p>a<br />\nb</p>"),
        ("***", "<hr />"),
        ("3. x\n4. y", '<ol start="3">\n<li>x</li>\n<li>y</li>\n</ol>'),
        ("[us](/about) [n](#n)", f'<p><a href="https://news.example.org/about">us</a> <a href="{PAGE}#n">n</a></p>'),
        ("[x](https://e.org/?a=1&b=2 'title')", '<p><a href="https://e.org/?a=1&amp;b=2">x</a></p>'),
        ("<press@e.org>", '<p><a href="mailto:press@e.org">press@e.org</a></p>'),
        ("[x](javascript:alert`1`) [y]() [z](https://u@e.org)", "<p>x y z</p>"),
        ("a <b onclick=x>b</b><script>c</script>", "<p>a bc</p>"),
        ("<div>gone</div>\n\nhere", "<p>here</p>"),
        ("![a **map**](https://e.org/m.png)", '<p><a href="https://e.org/m.png">a map</a></p>'),
        ("[![alt](https://e.org/m.png)](https://e.org/)", '<p><a href="https://e.org/">alt</a></p>'),
        ("| a |\n|---|\n| b |", "<p>| a |\n|---|\n| b |</p>"),
        ("5&nbsp;km &#x202e;&#1; &copy;", "<p>5\u00a0km  ©</p>"),
        ("```py\nx = 1 < 2\n```", "<pre><code>x = 1 &lt; 2\n</code></pre>"),
    ],
)
def test_html_is_what_the_allow_list_says(markdown: str, html: str) -> None:
    assert render_html(markdown, PAGE) == html


def test_html_is_well_formed_xml() -> None:
    html = render_html("a  \nb &nbsp; <x>\n\n***\n\n> - c\n\n![](u)\n\n[\\<](https://e.org/\"'<>)", PAGE)
    etree.fromstring(f"<div>{html}</div>")


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("# Head\n\nFirst *one* &amp;\nsecond line.\n\nNext.", "First one & second line."),
        ("![only a picture](x.png)\n\nWords [link](y) here.", "Words link here."),
        ("- one\n- two", "one two"),
        ("> said", "said"),
        ("# Only a head", "Only a head"),
        ("<div>raw</div>", ""),
        ("", ""),
    ],
)
def test_the_first_paragraph_is_words_on_one_line(markdown: str, words: str) -> None:
    assert first_paragraph(markdown) == words


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("one two", 7, "one two"),
        ("one two three", 9, "one two…"),
        ("one two, three", 10, "one two…"),
        ("one two three", 8, "one two…"),
        ("unbroken", 5, "unbr…"),
    ],
)
def test_a_cut_falls_between_words(text: str, limit: int, cut: str) -> None:
    assert cut_at_word(text, limit) == cut
    assert len(cut) <= limit


@pytest.mark.parametrize(
    "text",
    [
        "# no head",
        "1. no list",
        "- no list",
        "> no quote",
        "*no* _emphasis_",
        "[no](link)",
        "<b>no tag</b>",
        "&amp; no entity",
        "`no code`",
        "back\\slash",
        "![no](picture)",
        "[email protected]",
        "~~~",
        "===",
        "---",
        "+ plus",
        "https://e.org/_a_*b*",
    ],
)
def test_escaped_text_shows_as_itself(text: str) -> None:
    assert first_paragraph(escape_markdown(text)) == text
