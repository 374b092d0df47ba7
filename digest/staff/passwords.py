"""Passwords: hashed with argon2id, compared in the same time whoever is named, and judged by length, not by composition.

A hash is kept as a PHC string, which names its own parameters: the second choice of RFC 9106 section 4 (3 passes, 64 MiB,
4 lanes, a salt of 128 bits, 256 bits of output).
"""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

__all__ = ["LONGEST", "NO_HASH", "SHORTEST", "check_password", "hash_password", "judge_password", "needs_rehash"]

SHORTEST, LONGEST = 12, 200
"""How many characters a password has."""

NO_HASH = "$argon2id$v=19$m=65536,t=3,p=4$fAUXWvwWGwtKk4AE8omQ1A$yDfIfe7p1xtN7PX2+4+RpNXjvF5IV8kIlsLKwQWOx8I"
"""What a password is compared with when nobody has the name: random octets, which took as long as any to compare."""

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_FEWEST_DIFFERENT = 3
_COMMON_TEXT = """
    000000000000 111111111111 012345678910 123123123123 123456123456 123456789000 123456789012 123456789123 1234567890123
    12345678901234567890 0987654321098 987654321098 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc q1w2e3r4t5y6 qwerty123456
    qwertyqwerty qwertyuiop12 qwertyuiop123 qwertyuiopas qwertyuiopasdf qwertyuiopasdfghjklzxcvbnm asdfghjklzxc zxcvbnmasdfgh
    abcdefghijkl abcdefghijklmnopqrstuvwxyz abc123abc123 abcd1234abcd a1b2c3d4e5f6 password1234 password12345 password123456
    passwordpassword passw0rd1234 mypassword123 iloveyou1234 iloveyouiloveyou letmein12345 letmeinletmein welcome12345
    welcomewelcome changeme1234 changemechangeme adminadminadmin administrator administrator1 administrator123
    superadministrator correcthorsebatterystaple newsroom1234 newsroom12345 newsroomnewsroom newsletter123
    digestdigest digest123456 communications communications1 pressrelease pressrelease1 humanrights12 humanrights123
    freedom12345 footballfootball sunshine1234 princess1234 dragondragon monkeymonkey
"""
_COMMON = frozenset(_COMMON_TEXT.split())


def hash_password(text: str) -> str:
    """The PHC string that is kept; each time with another salt. It takes about 0.1 s of one processor and 64 MiB."""
    return _HASHER.hash(_octets(text))


def check_password(text: str, known: str) -> bool:
    """Whether it is the password of that hash; no for a hash that cannot be read. It takes as long either way."""
    try:
        return _HASHER.verify(known, _octets(text))
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(known: str) -> bool:
    """Whether a hash was made with other parameters than are used now."""
    try:
        return _HASHER.check_needs_rehash(known)
    except InvalidHashError:
        return True


def judge_password(text: str, name: str) -> str | None:
    """Why nobody should have this password, one sentence without a full stop; None for one that will do.

    Length is what protects: nothing is asked of digits, capitals or signs.

    Args:
        name: whose it is to be.
    """
    plain = unicodedata.normalize("NFKC", text)
    bare = _bare(plain)
    if len(plain) < SHORTEST:
        return f"the password has fewer than {SHORTEST} characters"
    if len(plain) > LONGEST:
        return f"the password has more than {LONGEST} characters"
    if len(set(bare)) < _FEWEST_DIFFERENT:
        return "the password is one character or two, again and again"
    if bare and not bare.replace(_bare(name) or " ", ""):
        return "the password is the name"
    if bare in _COMMON:
        return "the password is among those that are tried first"
    return None


def _bare(text: str) -> str:
    """What is left when case, blanks and the signs between words are taken away."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign not in " \u00a0-_.,")


def _octets(text: str) -> bytes:
    """The same octets for what looks the same (RFC 8265 section 4 likewise), whichever keyboard typed it."""
    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")
