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
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from digest.errors import SubscriberError
from digest.subscribers.secret_files import judge_place, make_folder, read_secret, replace_file, write_once

__all__ = [
    "KEY_FILE",
    "KEY_OCTETS",
    "Keys",
    "add_key",
    "build_keys",
    "change_keys",
    "drop_sealing",
    "fingerprint",
    "open_keys",
    "parse_keys",
    "read_keys",
    "render_keys",
]

KEY_FILE = "digest.keys"
"""The name of the file in the folder of keys."""

KEY_OCTETS = 32
"""Each key is that long: AES-256 and HMAC-SHA256."""

_LAST_NUMBER = 255
_PURPOSES = ("sealing", "index", "tokens")
_LINE = re.compile(r"(\S+)[ \t]+([1-9]\d{0,2})[ \t]+(\S+)")
_HEADER = """\
# The keys of this site. Without them no sealed address can be read, and no link in a letter works.
# Keep a copy in a safe place, apart from the database and its backups. Change and remove nothing here;
# to change the sealing or the tokens key: digest keys rotate
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


def add_key(keys: Keys, purpose: Literal["sealing", "tokens"], above: int = 0) -> Keys:
    """The same keys with a fresh one for that purpose, which is in use from now on.

    Args:
        above: the highest number that was ever in use, as far as is known: of a key that was lost, say.

    Raises:
        SubscriberError: there is no number left for it.
    """
    present = keys.sealing if purpose == "sealing" else keys.tokens
    highest = max(above, *present)
    if highest >= _LAST_NUMBER:
        raise SubscriberError(KEY_FILE, f"there is no number left for another {purpose} key", "Ask for help; keep all keys.")
    changed = {**present, highest + 1: secrets.token_bytes(KEY_OCTETS)}
    return replace(keys, sealing=changed) if purpose == "sealing" else replace(keys, tokens=changed)


def drop_sealing(keys: Keys, numbers: Collection[int]) -> Keys:
    """The same keys without those sealing keys; the one in use stays in any case."""
    kept = {number: key for number, key in keys.sealing.items() if number not in numbers or number == keys.sealing_number}
    return replace(keys, sealing=kept)


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
    judge_place(folder, outside)
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
            make_folder(folder)
            write_once(path, render_keys(build_keys()).encode("ascii"))
            text = _read_file(path)
    if text is None:
        raise SubscriberError(str(path), "there are no keys yet", "They are made when the first readers are imported.")
    return parse_keys(text, str(path))


def change_keys(folder: Path, change: Callable[[Keys], Keys]) -> Keys:
    """Change the keys in that folder, durable when this returns; the keys as they are then.

    Raises:
        SubscriberError: there are none, they cannot be read, or the file cannot be replaced.
    """
    path = folder / KEY_FILE
    with replace_file(path) as write:
        before = read_keys(folder)
        after = change(before)
        if after != before:
            write(render_keys(after).encode("ascii"))
    return after


def _read_file(path: Path) -> str | None:
    data = read_secret(path)
    try:
        return None if data is None else data.decode()
    except UnicodeDecodeError:
        raise _malformed(str(path), "it is not a text file") from None
