"""Whatever is sent to the readers' pages is answered without a server error, and reading changes nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.web.readers.app import STEPS

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
NAMES = (
    "act", "list", "address", "scope", "topic", "rhythm", "urgent", "language", "form", "website", "opened", "until", "sure",
    "never", "List-Unsubscribe",
)  # fmt: skip
VALUES = (
    "subscribe", "confirm", "leave", "choices", "return", "agree", "save", "join", "pause", "resume", "leave-all", "move",
    "export", "erase", "supporters", "press", "all", "some", "ukraine", "over", "weekly", "daily", "at-once", "yes", "en",
    "uk", "discreet", "2026-12-24", "9999-12-31", "a@example.org", "One-Click",
)  # fmt: skip
texts = st.one_of(
    st.sampled_from(VALUES), st.text(max_size=30), st.binary(max_size=20).map(lambda raw: raw.decode("latin-1"))
)
words = st.dictionaries(st.sampled_from(NAMES), st.lists(texts, min_size=1, max_size=3), max_size=8)
bodies = st.one_of(
    words.map(lambda fields: urlencode(fields, doseq=True, errors="surrogatepass").encode()), st.binary(max_size=200)
)
printable = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from([FORM, MULTIPART, "text/plain", "x" * 500]) | printable,
        "Content-Length": st.sampled_from(["0", "5", "-1", "99999", "9" * 4000]),
        "Origin": st.sampled_from(["null", "https://news.example.org", "https://evil.org", "["]) | printable,
        "Sec-Fetch-Site": st.sampled_from(["same-origin", "cross-site", "none", ""]) | printable,
        "Accept-Language": st.sampled_from(["uk, en;q=0.5", "*", "a" * 2000]) | printable,
        "X-Forwarded-For": st.sampled_from(["192.0.2.1", "::1, [::1", "%"]) | printable,
        "Forwarded": st.sampled_from(['for="[::1]:1"', "for=_hidden", 'for="']) | printable,
        "Cookie": printable,
    },
)


@pytest.fixture
def tokens(door: Any, forms: Any) -> list[str]:
    """Every sort of token that there is, and what looks like one."""
    number, other = door.enrol(), door.enrol("other@example.org")
    door.sign_up("asked@example.org")
    door.post(f"/preferences/{door.choices_token(other)}", act="move", address="new@example.org")
    door.enrol("third@example.org")
    (undo,) = forms(door.post(f"/u/{door.leave_token(3)}", act="leave"))
    links = [*door.links("confirm"), *door.links("address"), undo]
    made_up = ["", "supporters", "press", "x", "A" * 36, "A" * 48, "-" * 200, "a/b", "%00", "é", "..", "a" * 300]
    return [door.leave_token(number), door.choices_token(number), *(link.rpartition("/")[2] for link in links), *made_up]


def test_nothing_that_is_sent_makes_a_server_error(door: Any, tokens: list[str]) -> None:
    @settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "POST", "POST", "PUT", "DELETE", "PATCH", "BREW"]),
        st.sampled_from(STEPS),
        st.sampled_from(tokens),
        st.sampled_from(["", "/", "//", "/x"]),
        words,
        headers,
        bodies,
        st.sampled_from(["192.0.2.7", "127.0.0.1", "", "::ffff:127.0.0.1"]),
    )
    def ask(
        method: str, step: str, name: str, end: str, query: dict[str, Any], sent: dict[str, str], body: bytes, client: str
    ) -> None:
        path = f"/{step}/{name}{end}?{urlencode(query, doseq=True, errors='surrogatepass')}"
        before = door.dump() if method != "POST" else []
        answer = door.ask(path, method, sent, body, client)
        assert answer.status < 500, answer.body
        if method != "POST":
            assert door.dump() == before

    ask()


def test_every_link_can_be_crawled_three_times_without_a_change(door: Any, tokens: list[str]) -> None:
    before = door.dump()
    for _ in range(3):
        for step in STEPS:
            for token in tokens:
                for method in ("GET", "HEAD", "OPTIONS"):
                    assert door.ask(f"/{step}/{token}", method).status < 500

    assert door.dump() == before
