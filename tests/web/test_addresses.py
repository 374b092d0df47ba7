"""From paths to files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.web.addresses import FEED, find_file, find_folder


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/", "index.html"),
        ("/items/x/", "items/x/index.html"),
        ("/items/x", "items/x"),
        ("/feeds/ukraine+update.fr.atom", "feeds/ukraine+update.fr.atom"),
        ("/.well-known/security.txt", ".well-known/security.txt"),
        ("/photos/a b.jpg", "photos/a b.jpg"),
        ("/a..b", "a..b"),
    ],
)
def test_a_path_means_a_file(path: str, file: str) -> None:
    assert find_file(path) == file


@pytest.mark.parametrize(
    "path",
    [
        "", "x", "*", "//", "//etc/passwd", "/../secret", "/feeds/../../secret", "/feeds/..", "/.", "/..", "/...", "/./x",
        "/.git/config", "/.digest-staging/0", "/a/.hidden", "/.well-known", "/.well-known/.x", "/a/.well-known/x",
        "/a\\b", "/..\\secret", "/a\x00b", "/a\nb", "/a\x7fb", "/a\ufffdb", "/a//b", "/" + "a" * 1001,
    ],
)  # fmt: skip
def test_what_could_lead_elsewhere_leads_nowhere(path: str) -> None:
    assert find_file(path) is None


@given(st.text(st.sampled_from("/.\\a\x00%-w \ufffd"), max_size=14))
def test_no_path_ever_leaves_the_folder(rest: str) -> None:
    file = find_file(f"/{rest}")

    if file is not None:
        steps = PurePosixPath(file).parts
        assert not file.startswith("/")
        assert "//" not in file
        assert not any(step in ("", ".", "..") for step in file.split("/"))
        assert not any(step.startswith(".") for step in steps if step != ".well-known")
        assert not re.search(r"[\x00-\x1f\\]", file)


def test_an_address_without_its_last_slash_means_the_folder() -> None:
    assert find_folder("items/x") == "items/x/index.html"
    assert find_folder("items/x/index.html") is None
    assert find_folder("") is None


def test_feeds_are_told_from_their_archives() -> None:
    assert FEED.fullmatch("feeds/all.atom")
    assert not FEED.fullmatch("feeds/all/2022-02.atom")
    assert not FEED.fullmatch("feeds/all.opml")
