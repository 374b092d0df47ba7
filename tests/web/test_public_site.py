"""The public site over HTTP."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from starlette.types import Message

from digest.web.public_site import build_app


def _get(
    public: Path, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    """One request to the app, without a network."""
    sent: list[Message] = []

    asked = False

    async def receive() -> Message:
        nonlocal asked
        if asked:
            await anyio.sleep_forever()  # whoever asks stays until the answer is complete
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    pairs = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "root_path": "",
    }
    scope |= {
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": pairs,
        "scheme": "http",
        "server": ("127.0.0.1", 80),
    }
    anyio.run(build_app(public), scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, body


@pytest.fixture
def public(tmp_path: Path) -> Path:
    for name, text in {
        "index.html": "front",
        "feeds/all.atom": "<feed/>",
        "feeds/all.rss": "<rss/>",
        "404.html": "lost",
    }.items():
        path = tmp_path / "public" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret").write_text("not public")
    (tmp_path / "public" / "link").symlink_to(tmp_path / "secret")
    return tmp_path / "public"


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/feeds/all.atom", "application/atom+xml; charset=utf-8"),
        ("/feeds/all.rss", "application/rss+xml; charset=utf-8"),
    ],
)
def test_each_file_has_its_media_type(public: Path, path: str, media_type: str) -> None:
    status, headers, _ = _get(public, path)

    assert (status, headers["content-type"]) == (200, media_type)


def test_every_answer_carries_the_careful_headers_and_no_cookie(public: Path) -> None:
    for path in ("/", "/feeds/all.atom", "/nothing"):
        _, headers, _ = _get(public, path)
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "set-cookie" not in headers


def test_what_is_missing_gets_the_sites_own_page(public: Path) -> None:
    status, _, body = _get(public, "/nothing")

    assert (status, body) == (404, b"lost")


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/link", "/feeds/../../secret"])
def test_nothing_outside_of_public_is_served(public: Path, path: str) -> None:
    status, _, body = _get(public, path)

    assert status == 404
    assert b"not public" not in body


def test_nothing_but_reading_is_answered(public: Path) -> None:
    assert _get(public, "/", "POST")[0] == 405


def test_an_unchanged_feed_costs_no_body(public: Path) -> None:
    _, headers, _ = _get(public, "/feeds/all.atom")

    status, _, body = _get(public, "/feeds/all.atom", headers={"if-none-match": headers["etag"]})

    assert (status, body) == (304, b"")


def test_before_the_first_publish_it_says_what_to_do(tmp_path: Path) -> None:
    status, _, body = _get(tmp_path / "public", "/")

    assert status == 404
    assert b"digest publish" in body
