"""`digest subscribers`, `backup`, `restore` and `keys` at the terminal, as staff type them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from digest.cli import build_app
from digest.errors import DigestError, SubscriberError, UsageError
from digest.items.init import build_site

ADA = "ada@example.org"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs `digest WORDS` at a new site with one reader."""
    for name, text in build_site(datetime(2022, 2, 28, tzinfo=UTC)).items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path / "site")

    def run(*words: str, typed: str = "", status: int = 0) -> str:
        result: Result = CliRunner().invoke(build_app(["readers", "keys", "backup", "fence"]), words, input=typed)
        if isinstance(result.exception, DigestError):
            raise result.exception
        assert result.exit_code == status, result.output
        return result.output

    Path("readers.csv").write_text(f"email\n{ADA}\n")
    run("subscribers", "import", "readers.csv", "--list", "supporters", "--confirmed", "--evidence", "paper forms")
    return run


def test_a_person_is_found_by_any_spelling_of_the_address(run) -> None:
    printed = run("subscribers", "find", " ADA@Example.org")
    assert "supporters (subscription 1):" in printed
    assert "by import: paper forms" in printed
    assert "all, now and later" in printed
    assert "Nothing is stored" in run("subscribers", "find", "eve@example.org", status=1)


def test_why_is_answered_in_a_sentence(run) -> None:
    assert run("subscribers", "explain", ADA, "some-item").startswith("supporters: no: some-item is not released.")
    with pytest.raises(SubscriberError, match="no subscription"):
        run("subscribers", "explain", "eve@example.org", "some-item")


def test_erasing_asks_first_and_says_what_it_cannot_reach(run) -> None:
    with pytest.raises(UsageError, match="nothing was erased"):
        run("subscribers", "erase", ADA, typed="n\n")
    assert "supporters" in run("subscribers", "find", ADA)
    printed = run("subscribers", "erase", ADA, "--never-again", typed="y\n")
    assert "the relay's own log" in printed
    assert "never again" not in run("subscribers", "find", ADA)
    assert "Nothing is stored" in run("subscribers", "erase", "eve@example.org", status=1)


def test_an_address_is_suppressed_and_let_be_mailed_again(run) -> None:
    assert "never mailed again" in run("subscribers", "suppress", ADA, "--reason", "asked by phone")
    assert "so already" in run("subscribers", "suppress", ADA, "--reason", "asked by phone")
    assert "asked by phone" in run("subscribers", "find", ADA)
    assert "may be mailed again" in run("subscribers", "unsuppress", ADA)


def test_a_backup_explains_its_key_the_first_time_and_a_restore_what_to_do(run, tmp_path) -> None:
    first = run("backup", str(tmp_path / "one"))
    assert "Its key was made now" in first and "backup.key" in first
    assert "Its key was made now" not in run("backup", str(tmp_path / "two"))
    printed = run("restore", str(tmp_path / "one"), "--into", str(tmp_path / "new"), "--key", "keys/backup.key")
    assert "digest fence lift" in printed
    assert "No record of erasures was found" in printed


def test_what_is_restored_is_fenced_and_knows_who_was_erased(run, tmp_path, monkeypatch) -> None:
    run("backup", str(tmp_path / "one"))
    run("subscribers", "erase", ADA, "--yes")
    words = ("--key", "keys/backup.key", "--erasures", "var/erasures")
    assert "1 subscription" in run("restore", str(tmp_path / "one"), "--into", str(tmp_path / "new"), *words)
    (tmp_path / "new" / "keys").mkdir(mode=0o700)
    (tmp_path / "new" / "keys" / "digest.keys").write_bytes(Path("keys/digest.keys").read_bytes())
    (tmp_path / "new" / "keys" / "digest.keys").chmod(0o600)
    monkeypatch.chdir(tmp_path / "new")
    assert "restored from a backup" in run("fence", "status", status=4)
    assert "Nothing is stored" in run("subscribers", "find", ADA, status=1)


def test_keys_are_explained_and_changed_and_never_printed(run) -> None:
    keys = [line.split()[-1] for line in Path("keys/digest.keys").read_text().splitlines() if not line.startswith("#")]
    shown = run("keys", "show")
    assert "1 value is sealed with it" in shown
    for lost in ("no address under it can be read", "no address is found again", "no link in a letter works", "no backup"):
        assert lost in shown
    rotated = run("keys", "rotate")
    assert "Sealed anew with sealing 2: 1 value" in rotated and "Renew the copy of digest.keys" in rotated
    assert "kept for what is older" in run("keys", "show")
    assert "Removed: sealing key" in run("keys", "rotate", "--drop-old")
    assert "Links to leave go on working" in run("keys", "rotate", "--tokens")
    with pytest.raises(UsageError, match="stay for ever"):
        run("keys", "rotate", "--tokens", "--drop-old")
    assert not any(key in shown + rotated for key in keys)
    assert ADA in run("subscribers", "list", "--list", "supporters")


def test_an_import_names_the_encoding_that_staff_can_name(run) -> None:
    Path("readers.csv").write_bytes("email\neve@москва.example\n".encode("cp1251"))
    words = ("subscribers", "import", "readers.csv", "--list", "supporters", "--confirmed", "--evidence", "paper")
    with pytest.raises(DigestError, match="--encoding windows-1251"):
        run(*words)
    assert "1  added" in run(*words, "--encoding", "windows-1251")
