from __future__ import annotations

import pytest

from digest.items.importing.shortcodes import Expanded, expand_shortcodes


@pytest.mark.parametrize(
    "text", ["a [sic] b", "[1] [...] [he said] [Kyiv/Kiev]", "<pre>[gallery]</pre><code>[x y='1']</code>"]
)
def test_words_in_square_brackets_stay(text: str) -> None:
    assert expand_shortcodes(text) == Expanded(text)


@pytest.mark.parametrize(
    ("text", "html", "removed"),
    [
        ("a[gallery ids='1,2']b", "ab", ("gallery",)),
        ("[vc_row][vc_column w=1]Hi[/vc_column][/vc_row]", "Hi", ("vc_row", "vc_column")),
        ("[note]Hi[/note] [Foo bar=1] [baz/]", "Hi  ", ("note", "Foo", "baz")),
        ("[[gallery]]", "[gallery]", ()),
        ("[[gallery] x", "[ x", ("gallery",)),
        ("[caption]never closed", "\n\n<figure><figcaption></figcaption></figure>\n\nnever closed", ()),
        ("[caption]a[caption]b[/caption]", "a\n\n<figure><figcaption>b</figcaption></figure>\n\n", ("caption",)),
        ("[/caption][embed]", "", ()),
    ],
)  # fmt: skip
def test_shortcodes_go_and_what_stands_inside_them_stays(text: str, html: str, removed: tuple[str, ...]) -> None:
    assert expand_shortcodes(text) == Expanded(html, removed)


@pytest.mark.parametrize(
    "text",
    [
        '[caption id="a" width="3"]<a href="u"><img src="p.jpg" alt="q"></a> The quay.[/caption]',
        '[wp_caption caption="The quay."]<a href="u"><img src="p.jpg" alt="q"></a>[/wp_caption]',
    ],
)
def test_a_caption_becomes_a_figure(text: str) -> None:
    figure = '<figure><a href="u"><img src="p.jpg" alt="q"><figcaption>The quay.</figcaption></figure>'
    assert expand_shortcodes(text).html.strip() == figure


@pytest.mark.parametrize(
    "text", ["[embed]https://x.example/?a=1&amp;b[/embed]", '[video mp4="https://x.example/?a=1&amp;b"][/video]']
)
def test_what_is_embedded_becomes_a_link(text: str) -> None:
    assert expand_shortcodes(text).html.strip() == '<a href="https://x.example/?a=1&amp;b">https://x.example/?a=1&amp;b</a>'


def test_a_hostile_text_takes_no_longer_than_a_sound_one() -> None:
    for text in ("[caption]" * 50_000 + "[/caption]" * 50_000, "[a" * 100_000, "<pre>" * 50_000, "[x y='" * 50_000):
        assert len(expand_shortcodes(text).html) < 10_000_000
