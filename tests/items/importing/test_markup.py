"""HTML of others as Markdown."""

from __future__ import annotations

import pytest

from digest.items.importing.entries import Picture
from digest.items.importing.html_tree import read_lines
from digest.items.importing.markup import convert_html
from digest.items.importing.pictures import are_same_picture, read_caption

BASE = "https://partner.example.org/news/one/"


@pytest.mark.parametrize(
    ("source", "markdown"),
    [
        ("<p>a<p>b<div>c</p>d", "a\n\nb\n\ncd"),
        ("<h2>Why #</h2><h3>x<br>y</h3><hr>", "## Why \\#\n\n### x y\n\n***"),
        ("A <b> bold </b>word, <i>so<b>ft</b></i>", "A **bold** word, *so**ft***"),
        ("<b>a</b><strong>b</strong> <b><b>c</b></b>", "**ab** **c**"),
        ("a<b>&quot;b&quot;</b>c", 'a"b"c'),
        ("<a href='/q?a=1&amp;copy;=2'>w [1]</a>", "[w \\[1\\]](https://partner.example.org/q?a=1&amp;copy;=2)"),
        ("<a href='x(1)'>w</a> <a href='javascript:x'>js</a>", "[w](<https://partner.example.org/news/one/x(1)>) js"),
        ("Wow!<a href='https://x.example/'>x</a>", "Wow\\![x](https://x.example/)"),
        ("<code>a`b</code> <kbd>c</kbd> <q>d</q>", "``a`b`` `c` “d”".replace("``a`b``", "``a`b``")),
        ("<ul><li>one<ul><li>in</ul><li>two</ul>", "- one\n  - in\n- two"),
        ("<ul><li>a</ul><ul><li>b</ul><ol start=3><li><p>c</p><p>d</p></ol>", "- a\n\n* b\n\n3. c\n\n   d"),
        ("<blockquote><p>a</p><p>b</p></blockquote>", "> a\n>\n> b"),
        ("<pre>\n  x ```\n y</pre>", "````\n  x ```\n y\n````"),
        ("<table><tr><th>a<th>b<tr><td>1<td>2</table>", "a | b\n\n1 | 2"),
        ("a<br><br>b<br>- c<br>", "a\n\nb\\\n\\- c"),
        ("<p>&nbsp;</p>1. a <p>https://x.example/y_z</p>", "1\\. a\n\n[https://x.example/y\\_z](https://x.example/y_z)"),
        ("<b>a<p>b</p>c</b>", "**a**\n\nb\n\nc"),
        ("<img class='emoji' alt='🙂'>ok<img src='p.gif' width='1' alt=''>", "🙂ok"),
        ("&#x202e;a&#8;b&zwj;", "ab\u200d"),
    ],
)
def test_what_html_becomes(source: str, markdown: str) -> None:
    assert convert_html(source, BASE).markdown == markdown


def test_line_ends_count_where_the_source_says_so() -> None:
    source = "One\ntwo <b>three\n\nfour</b>\n\n<p>five<br />\nsix</p>\n<ul>\n<li>seven</li>\n</ul>\n"
    lines = "One\\\ntwo **three**\n\n**four**\n\nfive\\\nsix\n\n- seven"
    assert convert_html(source, BASE, has_lines=True).markdown == lines
    assert convert_html("One\n\ntwo", BASE).markdown == "One two"


def test_the_first_picture_becomes_the_photo_and_others_links() -> None:
    source = (
        "<figure><img src='p-300x200.jpg' alt='A quay'><figcaption>The quay. <cite>Photo: Ada</cite></figcaption></figure>"
        "<figure><img src='q.jpg'><figcaption>The pier (Photo by Ben/AP)</figcaption></figure>"
        "<p>See <a href='big.jpg'><img src='p.jpg' alt=''></a> and <img data-src='r.png' src='data:x' alt='R'>.</p>"
    )
    converted = convert_html(source, BASE)
    assert converted.photo == Picture(f"{BASE}p-300x200.jpg", "A quay", "The quay.", "Ada")
    assert converted.markdown == f"[The pier Ben/AP]({BASE}q.jpg)\n\nSee and [R]({BASE}r.png)."


def test_the_featured_picture_is_not_shown_twice() -> None:
    featured = Picture("https://cdn.example.org/p-scaled.jpg")
    converted = convert_html("<p>a</p><img src='q.jpg' alt='Q'><img src='p-1024x683.jpg' alt='P'>", BASE, featured)
    assert converted.photo == Picture(f"{BASE}p-1024x683.jpg", "P")
    assert converted.markdown == f"a\n\n[Q]({BASE}q.jpg)"


def test_what_is_left_out_is_said_once() -> None:
    source = (
        "<script>x</script><script>y</script><iframe src='/e'></iframe><style>z</style><form>k<input></form>a <del>b</del>"
    )
    converted = convert_html(source, BASE)
    assert converted.markdown == "a b"
    assert converted.remarks == (
        "a script is left out",
        "a frame of another page is left out: https://partner.example.org/e",
        "a form is left out",
        "struck-out words stand there like all others",
    )


def test_deep_nesting_is_written_flat_and_endless_nesting_refused() -> None:
    assert convert_html("<blockquote>" * 100 + "deep" + "</blockquote>" * 100, BASE).markdown == "> " * 12 + "deep"
    with pytest.raises(ValueError, match="too deep"):
        convert_html("<div>" * 300 + "x", BASE)
    assert read_lines("<div>" * 300 + "x") == ""


def test_words_alone() -> None:
    assert read_lines("<p>a <b>b</b>\nc</p>d<br>e<script>f</script> g") == "a b c\nd\ne g"


@pytest.mark.parametrize(
    ("text", "caption", "credit"),
    [
        ("The quay. Photo: Ada Example", "The quay.", "Ada Example"),
        ("The quay\nPhoto by Ada", "The quay", "Ada"),
        ("The quay | © Ada", "The quay | © Ada", ""),
        ("The quay. © Ada", "The quay.", "© Ada"),
        ("The quay (Photo credit: Ada/AFP)", "The quay", "Ada/AFP"),
        ("The photo: a quay", "The photo: a quay", ""),
        ("", "", ""),
    ],
)
def test_a_credit_is_told_from_the_caption(text: str, caption: str, credit: str) -> None:
    assert read_caption(text) == Picture(caption=caption, credit=credit)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/u/p-300x200.jpg", "https://b.example/p.jpg?w=1", True),
        ("https://a.example/p-scaled.jpg", "https://a.example/p-1024x683.jpg", True),
        ("https://a.example/p.jpg", "https://a.example/q.jpg", False),
        ("https://a.example/", "https://a.example/", False),
    ],
)
def test_sizes_of_one_picture_are_the_same_picture(one: str, other: str, same: bool) -> None:
    assert are_same_picture(one, other) is same
