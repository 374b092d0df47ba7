"""Codes of the second factor: RFC 6238's own numbers, drift, replays, and what an app is given."""

from __future__ import annotations

from base64 import b32decode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.staff.codes import check_code, new_key, provisioning, render_qr, show_key

KEY = b"12345678901234567890"
NOW = datetime(2022, 2, 21, 9, 0, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


def code_at(step: int, key: bytes = KEY) -> str:
    """The code of a time step, by RFC 4226 as it stands there."""
    import hashlib
    import hmac

    digest = hmac.digest(key, step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 15
    return f"{(int.from_bytes(digest[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_the_numbers_of_rfc_6238_appendix_b_count(seconds: int, code: str) -> None:
    assert check_code(KEY, code, datetime.fromtimestamp(seconds, UTC), None) == seconds // 30


@given(st.integers(-3, 3), st.integers(0, 29))
def test_a_code_counts_one_step_early_or_late_and_no_more(drift: int, second: int) -> None:
    now = NOW + timedelta(seconds=second)
    step = check_code(KEY, code_at(STEP + drift), now, None)
    assert (step == STEP + drift) if abs(drift) <= 1 else (step is None)


@given(st.integers(-1, 1), st.integers(-2, 2))
def test_no_code_counts_at_or_before_the_step_of_the_last_one(drift: int, last: int) -> None:
    step = check_code(KEY, code_at(STEP + drift), NOW, STEP + last)
    assert (step is not None) is (drift > last)


@given(st.integers(10, 2**32))
def test_a_code_that_counted_never_counts_again(step: int) -> None:
    now = datetime.fromtimestamp(step * 30, UTC)
    present = int(now.timestamp()) // 30
    counted = check_code(KEY, code_at(present), now, None)
    assert counted is not None
    assert all(check_code(KEY, code_at(present), now + timedelta(seconds=after), counted) is None for after in (0, 29, 30))


def test_blanks_are_no_fault_and_anything_but_six_digits_is() -> None:
    code = code_at(STEP)
    assert check_code(KEY, f" {code[:3]} {code[3:]} ", NOW, None) == STEP
    wide = code.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    for wrong in ("", code[:5], code + "0", wide, "-12345", "1e5   ", "٠١٢٣٤٥", code[:5] + "x"):
        assert check_code(KEY, wrong, NOW, None) is None


def test_another_key_has_other_codes() -> None:
    assert check_code(new_key(), code_at(STEP), NOW, None) is None  # one in 300,000 runs may be unlucky


def test_keys_are_long_and_never_the_same() -> None:
    assert len(new_key()) >= 20 and new_key() != new_key()


@pytest.mark.parametrize(("name", "newsroom"), [("Ada", "Test Newsroom"), ("Ада: б", "R & D: news/100%"), ("a@b?c#d", "ru")])
def test_an_app_reads_name_newsroom_and_key_from_the_address(name: str, newsroom: str) -> None:
    uri = provisioning(KEY, name, newsroom)
    parts = urlsplit(uri)
    query = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert b32decode(query["secret"][0]) == KEY
    assert query["issuer"][0] == " ".join(newsroom.replace(":", " ").split())
    issuer, colon, label = unquote(parts.path).removeprefix("/").partition(":")
    assert (issuer, colon) == (query["issuer"][0], ":") and label.strip() == " ".join(name.replace(":", " ").split())
    assert pyotp.parse_uri(uri).at(NOW) == code_at(STEP)


def test_a_person_types_the_key_in_groups_of_four() -> None:
    shown = show_key(KEY)
    assert all(len(group) == 4 for group in shown.split(" ")) and b32decode(shown.replace(" ", "")) == KEY


def test_the_picture_stands_in_a_page_that_allows_neither_styles_nor_scripts() -> None:
    picture = render_qr(provisioning(KEY, "Ada", "Test Newsroom"))
    root = ET.fromstring(picture)
    assert root.tag == "svg"
    for element in root.iter():
        assert element.tag in ("svg", "g", "path", "title")
        assert not {name for name in element.attrib if name == "style" or name.startswith("on") or "href" in name}
