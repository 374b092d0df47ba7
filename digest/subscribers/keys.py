"""The site's three keys and the one file they live in.

`sealing` encrypts addresses and may be changed by adding a newer one; `index` finds an address again without unsealing and
can never change; `tokens` signs links, and old ones stay so that links in old letters keep working. They lie in one file,
`digest.keys`, in the site's folder `keys/` or in the folder that `DIGEST_KEYS` names (in a systemd unit with
`LoadCredential=digest.keys:...` that is `DIGEST_KEYS=%d`): one thing to keep safe, apart from the database and its backups.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from digest.errors import SubscriberError

__all__ = [
    "KEY_FILE",
    "KEY_OCTETS",
    "Keys",
    "build_keys",
    "fingerprint",
    "is_exposed",
    "open_keys",
    "parse_keys",
    "read_keys",
    "render_keys",
]

KEY_FILE = "digest.keys"
"""The name of the file in the folder of keys."""

KEY_OCTETS = 32
"""Each key is that long: AES-256 and HMAC-SHA256."""

_PURPOSES = ("sealing", "index", "tokens")
_LINE = re.compile(r"(\S+)[ \t]+([1-9]\d{0,2})[ \t]+(\S+)")
_SIZE_LIMIT = 64 * 1024
_HEADER = """\
# The keys of this site. Without them no sealed address can be read, and no link in a letter works.
# Keep a copy in a safe place, apart from the database and its backups. Change and remove nothing here;
# to change the sealing or the tokens key, add a line with the next number.
"""


@dataclass(frozen=True)
class Keys:
    """The keys of a site, each 32 octets; numbers run from 1 to 255 and the highest one of a purpose is in use."""

    sealing: Mapping[int, bytes] = field(repr=False)
    index: bytes = field(repr=False)
    tokens: Mapping[int, bytes] = field(repr=False)

    @property
    def sealing_number(self) -> int:
        """The number of the key that seals new addresses."""
        return max(self.sealing)

    @property
    def tokens_number(self) -> int:
        """The number of the key that signs new links."""
        return max(self.tokens)


def build_keys() -> Keys:
    """A fresh set of random keys."""
    sealing, index, tokens = (secrets.token_bytes(KEY_OCTETS) for _ in _PURPOSES)
    return Keys({1: sealing}, index, {1: tokens})


def fingerprint(keys: Keys) -> str:
    """Sixteen hexadecimal characters that tell one index key from another and nothing about it.

    Kept beside the data, it shows at once that the keys of another site were put in place.
    """
    return hmac.digest(keys.index, b"digest fingerprint", "sha256")[:8].hex()


def render_keys(keys: Keys) -> str:
    """The text of the key file: comments, then one line a key, `PURPOSE NUMBER BASE64`."""
    rows = [("sealing", number, key) for number, key in sorted(keys.sealing.items())]
    rows.append(("index", 1, keys.index))
    rows += [("tokens", number, key) for number, key in sorted(keys.tokens.items())]
    return _HEADER + "".join(f"{purpose} {number} {base64.b64encode(key).decode()}\n" for purpose, number, key in rows)


def parse_keys(text: str, name: str) -> Keys:
    """The keys in the text of a key file; `name` is how errors call the file.

    Raises:
        SubscriberError: a line cannot be read, comes twice, or a purpose has no key. The message never holds a key.
    """
    found: dict[str, dict[int, bytes]] = {purpose: {} for purpose in _PURPOSES}
    for position, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        purpose, number, key = _parse_line(line.strip(), f"{name}:{position}")
        if number in found[purpose]:
            raise _malformed(f"{name}:{position}", f"{purpose} {number} comes twice")
        found[purpose][number] = key
    for purpose in _PURPOSES:
        if not found[purpose]:
            raise _malformed(name, f"there is no {purpose} key in it")
    if set(found["index"]) != {1}:
        raise _malformed(name, "the index key can never change, but there are several or its number is not 1")
    return Keys(found["sealing"], found["index"][1], found["tokens"])


def _parse_line(line: str, subject: str) -> tuple[str, int, bytes]:
    parts = _LINE.fullmatch(line)
    if not parts or parts[1] not in _PURPOSES or int(parts[2]) > 255:
        raise _malformed(subject, "the line is not a purpose (sealing, index, tokens), a number from 1 to 255, and a key")
    try:
        key = base64.b64decode(parts[3], validate=True)
    except (binascii.Error, ValueError):
        raise _malformed(subject, "the key is not base64") from None
    if len(key) != KEY_OCTETS:
        raise _malformed(subject, f"the key has {len(key)} octets instead of {KEY_OCTETS}")
    return parts[1], int(parts[2]), key


def _malformed(subject: str, cause: str) -> SubscriberError:
    return SubscriberError(subject, cause, f"Restore {KEY_FILE} from the copy that is kept apart from the database.")


def is_exposed(mode: int, owner: int, reader: int) -> bool:
    """Whether others than the account that runs digest may read or change a key file.

    A file of root that a group may read counts as safe for an account other than root: so systemd hands over credentials,
    and so an administrator shares a secret with one service.

    Args:
        mode: the permission bits of the file.
        owner: the number of the user the file belongs to.
        reader: the number of the user that digest runs as.
    """
    handed_over = owner == 0 and reader != 0
    return bool(mode & (0o037 if handed_over else 0o077))


def read_keys(folder: Path) -> Keys:
    """The keys in that folder.

    Raises:
        SubscriberError: there are none, or the file is unreadable, malformed, or readable by others.
    """
    return open_keys(folder, make=False, existing_data=False)


def open_keys(folder: Path, *, make: bool, existing_data: bool, outside: Iterable[Path] = ()) -> Keys:
    """The keys in that folder, made on first use. However many processes come at once, they all get the same ones.

    Args:
        folder: the site's folder of keys.
        make: whether to make keys if there are none.
        existing_data: whether anything was ever sealed; then new keys would be useless, and missing ones are an error.
        outside: folders that are published or backed up, in which no key may lie.

    Raises:
        SubscriberError: as `read_keys`; or keys are missing though data exists; or none can be made there, or may lie there.
    """
    _judge_place(folder, outside)
    path = folder / KEY_FILE
    text = _read_file(path)
    if text is None:
        if existing_data:
            raise SubscriberError(
                str(path),
                "the keys are missing, and without them the sealed addresses in the database cannot be read",
                f"Restore {KEY_FILE} to this place from the copy that is kept apart from the database, "
                "or set DIGEST_KEYS to the folder that holds it.",
            )
        if make:
            _make_file(folder)
            text = _read_file(path)
    if text is None:
        raise SubscriberError(str(path), "there are no keys yet", "They are made when the first readers are imported.")
    return parse_keys(text, str(path))


def _judge_place(folder: Path, outside: Iterable[Path]) -> None:
    for forbidden in outside:
        if folder.resolve().is_relative_to(forbidden.resolve()):
            raise SubscriberError(
                str(folder),
                f"the keys must not lie in {forbidden}, which is published or backed up",
                "Move them to another folder, and set DIGEST_KEYS to it if it is not the site's keys/.",
            )


def _read_file(path: Path) -> str | None:
    try:
        # A pipe in that place must not make us wait.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from None
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise _unreadable(path, "it is not a file")
        if is_exposed(stat.S_IMODE(facts.st_mode), facts.st_uid, os.geteuid()):
            raise SubscriberError(str(path), "others on this machine may read the keys", f"Run: chmod 600 {path}")
        data = file.read(_SIZE_LIMIT + 1)
    if len(data) > _SIZE_LIMIT:
        raise _malformed(str(path), "it is too large for a file of keys")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _malformed(str(path), "it is not a text file") from None


def _unreadable(path: Path, why: str) -> SubscriberError:
    return SubscriberError(
        str(path), f"the keys cannot be read: {why}", "Let the account that runs digest read this file, and no other."
    )


def _make_file(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _write_once(folder, render_keys(build_keys()))
    except OSError as error:
        raise SubscriberError(
            str(folder),
            f"no keys can be made there: {error.strerror or error}",
            "Make the folder writable for the account that runs digest, or set DIGEST_KEYS to another one.",
        ) from None


def _write_once(folder: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=".new-keys-", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link never replaces: of two processes the second finds the keys of the first.
        with suppress(FileExistsError):
            os.link(name, folder / KEY_FILE)
    finally:
        Path(name).unlink(missing_ok=True)
    listing = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(listing)
    finally:
        os.close(listing)
