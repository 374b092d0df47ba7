"""`digest preview` finds a port by itself, and says what to do when the one that was named is taken."""

from __future__ import annotations

import pytest

from digest.cli.preview import _listen_anywhere, _listen_at, _parse
from digest.errors import UsageError
from digest.web.serving import ServeError


def test_two_previews_run_side_by_side() -> None:
    with _listen_anywhere() as first:
        first.listen()
        with _listen_anywhere() as second:
            second.listen()
            assert first.getsockname() != second.getsockname()


def test_a_port_that_is_taken_is_refused_with_another_to_name() -> None:
    with _listen_at("127.0.0.1", 0) as listener:
        listener.listen()
        with pytest.raises(ServeError, match="--listen"):
            _listen_at("127.0.0.1", listener.getsockname()[1])


@pytest.mark.parametrize(
    ("text", "place"),
    [("127.0.0.1:8091", ("127.0.0.1", 8091)), ("localhost:1", ("127.0.0.1", 1)), ("[::1]:65535", ("::1", 65535))],
)
def test_this_machine_can_be_named_in_each_way(text: str, place: tuple[str, int]) -> None:
    assert _parse(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0:1",
        "[::]:1",
        "example.org:1",
        "127.0.0.1:65536",
        "127.0.0.1:",
        ":8090",
        "127.0.0.1:-1",
        "127.0.0.1:٨٠٩٩",
        f"127.0.0.1:{'9' * 5000}",
    ],
)
def test_every_other_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        _parse(text)
