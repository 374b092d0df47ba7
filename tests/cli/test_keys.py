"""`digest keys dkim` at the terminal."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digest.cli import build_app
from digest.cli.deliveries import print_signature
from digest.errors import DigestError
from digest.items.init import build_site
from digest.settings import open_site
from digest.work.sending import Signature


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs `digest keys WORDS` at a new site in November 2026."""
    for name, text in build_site(datetime(2026, 11, 22, tzinfo=UTC)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGEST_NOW", "2026-11-22T09:00:00+00:00")

    def run(*words: str) -> str:
        result = CliRunner().invoke(build_app(["keys"]), ["keys", *words], catch_exceptions=True)
        if isinstance(result.exception, DigestError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_the_records_can_be_pasted(keys) -> None:
    printed = keys("dkim")

    assert "Made keys/dkim/example.org/r202611.pem\nMade keys/dkim/example.org/e202611.pem\n" in printed
    zone = re.findall(r"^(\S+)\. IN TXT \( (.+) \)$", printed, re.MULTILINE)
    assert [name for name, _ in zone] == ["r202611._domainkey.example.org", "e202611._domainkey.example.org"]
    strings = [re.findall(r'"([^"]*)"', value) for _, value in zone]
    assert [len(one) for one in strings] == [2, 1] and max(map(len, strings[0])) == 255
    assert f"In a form that takes one line:\n{''.join(strings[0])}\n" in printed
    assert all(f"dig +short TXT {name}\n" in printed for name, _ in zone)
    assert "The next letter is signed." in printed
    assert "PRIVATE" not in printed


def test_showing_makes_nothing(keys, tmp_path: Path) -> None:
    assert "There are no keys for example.org. Make them: digest keys dkim --domain example.org\n" in keys("dkim", "--show")
    assert not (tmp_path / "keys").exists()

    made = keys("dkim")
    assert made.partition("Records")[2] == keys("dkim", "--show").partition("Records")[2]
    assert made.partition("Records")[2] == keys("dkim", "--domain", "example.org").partition("Records")[2]
    assert "Made" not in keys("dkim")


def test_new_keys_wait_until_they_are_put_to_use(keys) -> None:
    keys("dkim")

    waiting = keys("dkim", "--new")
    assert "Made keys/dkim/example.org/r202611b.next.pem" in waiting
    assert "r202611._domainkey.example.org  (signs)" in waiting
    assert "r202611b._domainkey.example.org  (waits to be used)" in waiting
    assert "The present keys go on signing." in waiting and "digest keys dkim --activate" in waiting

    used = keys("dkim", "--activate")
    assert "Used from now on: keys/dkim/example.org/e202611b.pem" in used
    assert "r202611._domainkey.example.org  (signs no more)" in used
    assert "r202611b._domainkey.example.org  (signs)" in used


def test_one_thing_at_a_time(keys) -> None:
    with pytest.raises(DigestError, match="one thing at a time"):
        keys("dkim", "--new", "--show")


def test_a_site_that_leaves_signing_to_its_relay_is_told(keys, tmp_path: Path) -> None:
    file = tmp_path / "newsroom.toml"
    file.write_text(file.read_text("utf-8") + "\n[delivery]\nsign = false\n", "utf-8")

    assert "Nothing is signed with them: [delivery] sign is false" in keys("dkim")


def test_keys_go_where_the_others_are(keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_KEYS", str(tmp_path / "elsewhere"))

    assert "Made elsewhere/dkim/example.org/r202611.pem" in keys("dkim")
    assert (tmp_path / "elsewhere/dkim/example.org/e202611.pem").exists()
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(
    ("selectors", "relay", "folder", "wanted"),
    [
        (("r1", "e1"), "", False, "Signed for example.org by r1 and e1.\n"),
        ((), "smtps://mail.example.net", False, "Not signed here: example.org has no keys"),
        ((), "smtp://127.0.0.1", False, ""),
        ((), "smtp://127.0.0.1", True, "Not signed here: example.org has no keys"),
    ],
)
def test_nobody_believes_that_letters_are_signed_when_they_are_not(
    keys, selectors, relay, folder, wanted, tmp_path, capsys
) -> None:
    """A relay on this machine may sign by itself; but whoever has a folder of keys expects ours to."""
    if folder:
        (tmp_path / "keys" / "dkim" / "elsewhere.example").mkdir(parents=True)
    print_signature(Signature("example.org", selectors), open_site(tmp_path, {"DIGEST_SMTP_URL": relay} if relay else {}))

    printed = capsys.readouterr().out
    assert printed.startswith(wanted) and bool(printed) == bool(wanted)
