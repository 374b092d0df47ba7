"""The public site over HTTP: what lies in public/, with the right fields, from memory, and never anything else."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from typing import Any

import anyio
import brotli
import pytest

from digest.errors import StoreError

# -- what is served


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/items/x/", "text/html; charset=utf-8"),
        ("/feeds/all.atom", "application/atom+xml; charset=utf-8"),
        ("/feeds/all.rss", "application/rss+xml; charset=utf-8"),
        ("/feeds/all.json", "application/feed+json; charset=utf-8"),
        ("/feeds/all.opml", "text/x-opml; charset=utf-8"),
        ("/feeds/all.html", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/photos/abc-400.jpg", "image/jpeg"),
        ("/sitemap.xml", "application/xml; charset=utf-8"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/favicon.svg", "image/svg+xml"),
        ("/data.json", "application/json"),
        ("/report.pdf", "application/pdf"),
        ("/.well-known/security.txt", "text/plain; charset=utf-8"),
        ("/.well-known/whatever", "application/octet-stream"),
    ],
)
def test_each_file_has_its_media_type(site: Any, path: str, media_type: str) -> None:
    for more in ("robots.txt", "favicon.svg", "data.json", "report.pdf", ".well-known/security.txt", ".well-known/whatever"):
        site.write(more, "x")

    answer = site.ask(path)

    assert (answer.status, answer.headers["content-type"]) == (200, media_type)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", "public, max-age=60"),
        ("/items/x/", "public, max-age=60"),
        ("/feeds/all.html", "public, max-age=60"),
        ("/feeds/all.atom", "public, max-age=300"),
        ("/feeds/all.json", "public, max-age=300"),
        ("/feeds/all/2022-02.atom", "public, max-age=86400"),
        ("/feeds/all.opml", "public, max-age=3600"),
        ("/style.css", "public, max-age=3600"),
        ("/photos/abc-400.jpg", "public, max-age=31536000, immutable"),
        ("/nothing", "no-store"),
    ],
)
def test_how_long_an_answer_may_be_kept_follows_from_what_it_is(site: Any, path: str, kept: str) -> None:
    assert site.ask(path).headers["cache-control"] == kept


@pytest.mark.parametrize("path", ["/", "/feeds/all.atom", "/nothing", "/photos/abc-400.jpg", "/items/x"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_every_answer_carries_the_careful_fields_and_no_cookie(site: Any, path: str, method: str) -> None:
    headers = site.ask(path, method=method).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not {"set-cookie", "server", "x-powered-by"} & headers.keys()


def test_pages_may_show_pictures_of_the_hosts_that_newsroom_toml_allows(site: Any) -> None:
    assert "img-src 'self' https://images.example.org;" in site.ask("/").headers["content-security-policy"]


def test_feeds_may_be_read_from_pages_of_any_site_and_nothing_else_may(site: Any) -> None:
    assert site.ask("/feeds/all.atom").headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in site.ask("/").headers


def test_a_browser_that_asks_beforehand_is_told_what_it_may(site: Any) -> None:
    asked = {"origin": "https://reader.example", "access-control-request-method": "GET"}
    answer = site.ask("/feeds/all.atom", asked, method="OPTIONS")

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert "access-control-allow-origin" not in site.ask("/", method="OPTIONS").headers


def test_a_query_makes_no_difference(site: Any) -> None:
    plain, tracked = site.ask("/feeds/all.atom"), site.ask("/feeds/all.atom", query=b"utm_source=x")

    assert plain == tracked


def test_head_is_get_without_the_body(site: Any) -> None:
    for path in ("/", "/feeds/all.atom", "/nothing", "/photos/abc-400.jpg"):
        whole, head = site.ask(path), site.ask(path, method="HEAD")
        assert (head.status, head.headers, head.body) == (whole.status, whole.headers, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "PROPFIND", "get"])
def test_nothing_but_reading_is_answered(site: Any, method: str) -> None:
    answer = site.ask("/", method=method)

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_an_address_without_its_last_slash_leads_to_the_one_that_has_it(site: Any) -> None:
    answer = site.ask("/items/x", query=b"utm=1")

    assert (answer.status, answer.headers["location"]) == (301, "./x/")


# -- nothing else


@pytest.mark.parametrize(
    "path",
    [
        "/../secret", "/feeds/../../secret", "/feeds/..\\..\\secret", "/link", "/folder/secret", "/folder/", "/folder",
        "/.hidden", "/.digest-staging/0", "/x\x00y", "/feeds", "/fifo", "/feeds/all.atom/", "/index.html/", "//secret", "*",
        "/%2e%2e/secret", "/items", "/items/", "/index.html\n", "/feeds/all.atom%00",
    ],
)  # fmt: skip
def test_nothing_but_files_of_public_is_ever_served(site: Any, path: str) -> None:
    site.write("../secret", "not public")
    site.write(".hidden", "not public")
    site.write(".digest-staging/0", "not public")
    (site.folder / "public" / "link").symlink_to(site.folder / "secret")
    (site.folder / "public" / "folder").symlink_to(site.folder)
    os.mkfifo(site.folder / "public" / "fifo")

    answer = site.ask(path)

    assert (answer.status, answer.body) == (404, b"lost")


def test_what_is_missing_gets_the_sites_own_page_and_nobody_keeps_it(site: Any) -> None:
    answer = site.ask("/nothing")

    assert (answer.status, answer.body) == (404, b"lost")
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_what_comes_later_is_found_at_once(site: Any) -> None:
    assert site.ask("/items/new/").status == 404

    site.write("items/new/index.html", "new")

    assert site.ask("/items/new/").status == 200


def test_before_the_first_publish_it_says_what_to_do(world: Any) -> None:
    answer = world.ask("/")

    assert answer.status == 404
    assert b"digest publish" in answer.body


# -- what publish knows


def test_a_withdrawn_items_page_is_answered_as_gone(site: Any, listed: Callable[..., Any]) -> None:
    site.listing.files["items/x/index.html"] = listed(status=410)

    answer = site.ask("/items/x/", {"if-none-match": "*"})

    assert answer.status == 410
    assert answer.body == site.ask("/items/x/").body != b""
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert "etag" not in answer.headers


def test_a_topic_that_moved_leads_to_where_it_goes_on(site: Any, listed: Callable[..., Any]) -> None:
    site.listing.files["feeds/all.atom"] = listed(status=301, location="https://news.example.org/feeds/більше.atom")

    answer = site.ask("/feeds/all.atom")

    assert answer.status == 301
    assert answer.headers["location"] == "https://news.example.org/feeds/%D0%B1%D1%96%D0%BB%D1%8C%D1%88%D0%B5.atom"
    assert answer.headers["access-control-allow-origin"] == "*"


def test_what_was_public_once_is_gone(site: Any) -> None:
    site.listing.gone |= {"items/old/index.html", "feeds/old.rss"}

    for path in ("/items/old/", "/items/old", "/feeds/old.rss"):
        answer = site.ask(path)
        assert answer.status == 410
        assert b"gone" in answer.body
    site.write("410.html", "taken down")
    assert site.ask("/items/old/").body == b"taken down"


def test_a_run_of_another_process_is_noticed(site: Any, listed: Callable[..., Any]) -> None:
    assert site.ask("/items/x/").status == 200

    site.listing.files["items/x/index.html"] = listed(status=410)
    site.listing.number += 1

    assert site.ask("/items/x/").status == 410


def test_a_file_that_somebody_changed_is_served_as_it_lies(site: Any) -> None:
    before = site.ask("/items/x/")
    site.write("items/x/index.html", "by hand", written=1_700_000_500)

    after = site.ask("/items/x/", {"if-none-match": before.headers["etag"]})

    assert (after.status, after.body) == (200, b"by hand")
    assert after.headers["last-modified"] == "Tue, 14 Nov 2023 22:21:40 GMT"


def test_the_date_is_that_of_the_bytes_not_of_the_copy(site: Any, listed: Callable[..., Any]) -> None:
    import hashlib

    site.write("items/x/index.html", "restored", written=1_700_000_500)
    site.listing.files["items/x/index.html"] = listed(sha256=hashlib.sha256(b"restored").hexdigest())

    assert site.ask("/items/x/").headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"


def test_no_date_lies_ahead(site: Any) -> None:
    site.write("items/x/index.html", "ahead", written=4_000_000_000)

    assert "2096" not in site.ask("/items/x/").headers["last-modified"]


def test_while_publish_holds_the_manifest_the_site_goes_on_as_it_was(site: Any) -> None:
    before = site.ask("/items/x/")
    site.listing.fault = StoreError("manifest", "another process holds it")
    site.listing.number += 1

    assert site.ask("/items/x/") == before


def test_a_fault_is_told_once_and_the_reader_gets_a_page(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    site.listing.fault = RuntimeError("a fault\nof the test")

    answers = [site.ask("/items/x/") for _ in range(3)]

    assert {answer.status for answer in answers} == {500}
    assert answers[0].headers["cache-control"] == "no-store"
    assert capsys.readouterr().err == "digest: an address cannot be answered: RuntimeError: a fault of the test\n"


# -- conditions and codings


def test_an_unchanged_feed_costs_no_body(site: Any) -> None:
    whole = site.ask("/feeds/all.atom")

    for conditions in (
        {"if-none-match": whole.headers["etag"]},
        {"if-none-match": f'"x", W/{whole.headers["etag"]}'},
        {"if-none-match": "*"},
        {"if-modified-since": whole.headers["last-modified"]},
        {"if-none-match": whole.headers["etag"], "if-modified-since": "Mon, 28 Feb 2000 12:00:00 GMT"},
    ):
        answer = site.ask("/feeds/all.atom", conditions)
        assert (answer.status, answer.body) == (304, b"")
        for name in ("etag", "cache-control", "vary", "last-modified"):
            assert answer.headers[name] == whole.headers[name]
        assert not {"content-length", "content-type", "content-encoding"} & answer.headers.keys()


def test_if_none_match_wins_over_the_date(site: Any) -> None:
    date = site.ask("/feeds/all.atom").headers["last-modified"]

    assert site.ask("/feeds/all.atom", {"if-none-match": '"x"', "if-modified-since": date}).status == 200


def test_who_has_another_version_of_the_same_second_is_not_told_the_date(site: Any) -> None:
    date = site.ask("/feeds/all.atom").headers["last-modified"]
    other = {"if-none-match": '"other"'}

    answer = site.ask("/feeds/all.atom", {**other, "if-modified-since": date})
    older = site.ask("/feeds/all.atom", {**other, "if-modified-since": "Mon, 28 Feb 2000 12:00:00 GMT"})

    assert "last-modified" not in answer.headers
    assert (answer.status, answer.headers["etag"]) == (200, older.headers["etag"])
    assert older.headers["last-modified"] == date


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_text_is_coded_as_asked_for_and_each_coding_has_its_own_tag(site: Any, coding: str) -> None:
    plain = site.ask("/feeds/all.atom")

    coded = site.ask("/feeds/all.atom", {"accept-encoding": coding})

    decode = {"gzip": gzip.decompress, "br": brotli.decompress}[coding]
    assert coded.headers["content-encoding"] == coding
    assert decode(coded.body) == plain.body
    assert len(coded.body) == int(coded.headers["content-length"]) < len(plain.body)
    assert coded.headers["etag"] != plain.headers["etag"]
    assert "Accept-Encoding" in coded.headers["vary"] == plain.headers["vary"]
    again = {"accept-encoding": coding, "if-none-match": coded.headers["etag"]}
    assert site.ask("/feeds/all.atom", again).status == 304
    assert site.ask("/feeds/all.atom", {"if-none-match": coded.headers["etag"]}).status == 200


def test_what_a_coding_would_not_shorten_is_sent_as_it_is(site: Any) -> None:
    site.write("photos/big-400.jpg", b"\xff\xd8" * 5000)

    for path in ("/photos/big-400.jpg", "/style.css"):
        assert "content-encoding" not in site.ask(path, {"accept-encoding": "gzip, br"}).headers
    assert "vary" not in site.ask("/photos/big-400.jpg").headers


def test_what_was_coded_once_is_kept_as_long_as_the_bytes_are_the_same(
    site: Any, feed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"accept-encoding": "gzip"}
    first = site.ask("/feeds/all.atom", asked)
    monkeypatch.setattr(gzip, "compress", lambda *_, **__: pytest.fail("it was coded again"))
    site.listing.number += 1
    site.write("feeds/all.atom", feed)

    assert site.ask("/feeds/all.atom", asked) == first


def test_what_was_not_asked_for_lately_makes_room(site: Any) -> None:
    site.parts["room"] = 20_000
    for number in range(30):
        site.write(f"items/{number}/index.html", "x" * 3000)

    for number in range(30):
        assert site.ask(f"/items/{number}/").status == 200

    assert len(site.app._finder._kept._held) < 5


def test_many_who_ask_at_the_same_time_cost_one_reading(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from digest.web import shelf

    read, count = shelf.read_file, 0

    def counting(root: str, file: str) -> Any:
        nonlocal count
        count += 1
        return read(root, file)

    monkeypatch.setattr(shelf, "read_file", counting)
    statuses: list[int] = []

    async def ask_all() -> None:
        async def ask() -> None:
            statuses.append((await site.request("/feeds/all.atom", {})).status)

        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(ask)

    anyio.run(ask_all)

    assert (statuses, count) == ([200] * 20, 1)


# -- large files


def test_a_large_file_is_sent_in_parts_and_on_conditions(site: Any) -> None:
    body = os.urandom(1024) * 5000
    site.write("film.mp4", body)

    answer = site.ask("/film.mp4")

    assert (answer.status, answer.body) == (200, body)
    assert answer.headers["content-type"] == "video/mp4"
    assert site.ask("/film.mp4", {"if-none-match": answer.headers["etag"]}).status == 304
    assert site.ask("/film.mp4", {"if-modified-since": answer.headers["last-modified"]}).status == 304
    assert site.ask("/film.mp4", method="HEAD") == (200, answer.headers, b"")
