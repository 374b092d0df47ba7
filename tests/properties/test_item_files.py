"""Whatever an item file or a page holds, it becomes an item or problems, never a crash; what is written reads back."""

from __future__ import annotations

import json
from datetime import date
from urllib.parse import urljoin

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from digest.errors import Problem
from digest.items import links
from digest.items.bodies import inspect_body
from digest.items.characters import SUBSTITUTE, find_forbidden, fold, is_visible, normalise, replace_forbidden
from digest.items.fields import FIELDS, ID, SUMMARY_LIMIT
from digest.items.frontmatter import read_front_matter
from digest.items.importing.page import parse_page, render_files
from digest.items.links import build_link, read_web_address
from digest.items.markdown import cut_at_word, escape_markdown, first_paragraph, render_html
from digest.items.model import Item
from digest.items.plainmatter import read_plain
from digest.items.plaintext import render_text
from digest.items.reading import read_item
from digest.items.slugs import slug
from digest.items.writing import render_item
from digest.items.yamlmatter import Parser
from digest.settings import build_settings

SETTINGS = build_settings(
    """
    [newsroom]
    name = "Harbour Rights"
    title = "Harbour Rights newsroom"
    languages = ["en", "uk"]
    zone = "Europe/London"
    base_url = "https://news.example.org"
    postal_address = "1 Quay, Porttown"
    tag_authority = "example.org,2020"
    [topics.russia]
    title = "Russia"
    [topics.ukraine]
    title = "Ukraine"
    [kinds.update]
    title = "Update"
    """,
    {},
)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)
CLEAN_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=200).map(replace_forbidden)


def _pieces(characters: str, *words: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from([*characters, *words]), max_size=80).map("".join)


YAML_LIKE = _pieces("ab:-#[]{}&*!|>'\"%@`?,~\n \t\\\0\u202e\u2028é", "\n  ", "\ntitle: ", "\n- ", "---\n", "\nphoto:\n  ")
FIELD_LIKE = _pieces(
    "ab1:#,'\"[]{}-~é \u00a0\ufeff\u3000|>&*!%@`?",
    *("\na: ", "\nb:", "\n  c: ", "\n  d: x", "\n   e: ", "\n\n", "\n# ", " # note", " #tag"),
    *("null", "''", '"x"', "[a, b]", "[]", ", "),
)
PLAIN_LINES = st.lists(
    st.sampled_from(
        [
            *("title: One & two", "date: 2022-02-28", "id: a-b", "url: https://e.org/?a=b#c", "note: C# and a,b; [c] {d}"),
            *("summary: \"a: 'b' # c, d\"", "kind: 'x \"y\"'", "topics: [a, b-c,d , null]", "review: []", "photo:"),
            *("  src: a.jpg", "  alt: ~", "    deep: x", "  # note", "", "# note: none", "issuer:", "contact:   "),
            *("status: draft   # remove this line", "language: null"),
        ]
    ),
    max_size=12,
    unique=True,
)


def _few(*words: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=3).map("".join)


ADDRESS_LIKE = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "//"]),
    st.builds(
        "{}{}".format,
        _few("e.", "a-b.", "xn--e.", "1.", "a" * 63 + ".", "a" * 64 + ".", "A.", "-.", "é.", "."),
        st.sampled_from(["org", "c" * 63, "c" * 64, "1"]),
    ),
    st.just("")
    | _few("/", "/a", "~-", "_b", "/../", "//", "%41", "%", ":", "@", " ", ";", "'", "\\", "<", "é").map("/{}".format),
    st.just("") | _few("", "a=1", "&b", "/", "%20", "+", " ", "?", "#", "'").map("?{}".format),
)
MARKDOWN_LIKE = _pieces(
    "ab*_[]()<>!`#&;:-+=~|\\\n \t1.\u202e\x07/\"'", "](", "\n\n", "> ", "- ", "&#x202e;", "<a ", "![", "http://"
)
VALUES = st.recursive(
    CLEAN_TEXT,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, min_size=1),
    max_leaves=6,
)
PAGE = "https://news.example.org/items/x/"


def judged(text: str) -> Item | None:
    """Read it, and check what must hold of every reading."""
    item, problems = read_item(text, "items/x.md", SETTINGS)
    assert problems == sorted(problems)
    assert all(isinstance(problem, Problem) and problem.line >= 1 and str(problem).isprintable() for problem in problems)
    errors = [problem for problem in problems if problem.severity == "error"]
    assert item is None or not errors
    assert item is not None or problems
    if item is not None:
        assert not list(find_forbidden(item.content.canonical))
        assert is_visible(item.content.title)
        assert item.content.summary
        data = item.content.model_dump(mode="json", exclude_defaults=True)
        assert item.content.canonical == json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return item


@given(ANY_TEXT | YAML_LIKE)
@settings(max_examples=150, deadline=None)
def test_any_file_is_an_item_or_problems(text: str) -> None:
    judged(text)


@given(YAML_LIKE, MARKDOWN_LIKE)
@settings(max_examples=300, deadline=None)
def test_any_front_matter_is_an_item_or_problems(inner: str, body: str) -> None:
    judged(f"---\n{inner}\n---\n{body}")


@given(st.dictionaries(st.sampled_from(FIELDS) | ANY_TEXT, ANY_TEXT | VALUES, max_size=6), MARKDOWN_LIKE)
@settings(max_examples=300, deadline=None)
def test_any_field_is_an_item_or_problems(fields: dict[str, object], body: str) -> None:
    sound = {"title": "A ship", "date": "2022-02-28", "kind": "update", "topics": ["russia"]}
    plain = {name: value for name, value in fields.items() if name in FIELDS}
    judged(render_item(sound | plain, body))  # type: ignore[arg-type]


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_that_decode_are_an_item_or_problems(data: bytes) -> None:
    judged(data.decode("utf-8", "replace"))


@given(st.dictionaries(st.sampled_from("abcdef"), VALUES, max_size=5))
@settings(max_examples=300, deadline=None)
def test_what_is_written_reads_back(fields: dict[str, object]) -> None:
    def normal(value: object) -> object:
        if isinstance(value, str):
            return normalise(value)
        if isinstance(value, list):
            return [normal(part) for part in value]
        return {name: normal(part) for name, part in value.items()}  # type: ignore[attr-defined]

    matter = read_front_matter(render_item(fields, "Body."))  # type: ignore[arg-type]
    assert not matter.faults
    assert matter.data == normal(fields)
    assert matter.body == "Body.\n"


@given(FIELD_LIKE.map(lambda text: text.split("\n")) | PLAIN_LINES)
@settings(max_examples=1500, deadline=None)
def test_plain_front_matter_reads_as_the_parser_reads_it(source: list[str]) -> None:
    plain = read_plain(source)
    if plain is not None:
        parser = Parser(source)
        assert plain == (parser.parse(), parser.lines)
        assert not parser.faults


@given(ADDRESS_LIKE)
@settings(max_examples=1000, deadline=None)
def test_a_link_that_is_taken_as_it_stands_would_be_written_so(address: str) -> None:
    if links._PLAIN.fullmatch(address):
        assert build_link(address, PAGE) == read_web_address(urljoin(PAGE, address)) == address


@given(CLEAN_TEXT.map(fold).filter(is_visible), CLEAN_TEXT.map(fold).filter(is_visible))
@settings(max_examples=200, deadline=None)
def test_a_written_item_says_the_same_when_read(title: str, text: str) -> None:
    fields = {"title": title, "date": "2022-02-28", "kind": "update", "topics": ["ukraine"], "photo": {"credit": text}}
    item = judged(render_item(fields, escape_markdown(text)))
    assert item is None or (item.content.title, item.content.summary) == (
        normalise(title),
        cut_at_word(normalise(text), SUMMARY_LIMIT),
    )
    assert item is not None or SUBSTITUTE in title + text or len(normalise(title)) > 200


@given(MARKDOWN_LIKE | ANY_TEXT)
@settings(max_examples=300, deadline=None)
def test_any_body_becomes_clean_well_formed_html(markdown: str) -> None:
    findings = list(inspect_body(markdown))
    if any(finding.severity == "error" for finding in findings):
        return
    html = render_html(markdown, PAGE)
    tree = etree.fromstring(f"<div>{html}</div>")
    for element in tree.iter():
        assert element.tag in {
            "div",
            "p",
            "h2",
            "h3",
            "h4",
            "ul",
            "ol",
            "li",
            "blockquote",
            "a",
            "em",
            "strong",
            "code",
            "pre",
            "br",
            "hr",
        }
        assert set(element.attrib) <= {"href", "start"}
        assert element.get("href", "https://").startswith(("https://", "http://", "mailto:"))
    assert render_html(markdown, PAGE) == html
    assert not list(find_forbidden(html + render_text(markdown, PAGE) + first_paragraph(markdown)))


@given(
    ANY_TEXT
    | st.lists(st.sampled_from(["Update", "Photo by A/AFP", "March 1, 2022", "Title", "Text…", "", "\u00a0"])).map(
        "\n\n".join
    )
)
@settings(max_examples=150, deadline=None)
def test_any_page_is_items_or_problems(text: str) -> None:
    page = parse_page(text, SETTINGS, "page.txt")
    assert page.items or page.problems
    files = render_files(page)
    assert len(files) == len(page.items)
    for content in files.values():
        assert judged(content) is not None


@given(ANY_TEXT)
@settings(max_examples=200, deadline=None)
def test_any_title_becomes_an_id(title: str) -> None:
    name = slug(title, date(2022, 2, 28))
    assert ID.fullmatch(name)
    assert len(name) <= 60
    assert slug(title, date(2022, 2, 28)) == name
