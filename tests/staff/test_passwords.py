"""Passwords: what is kept of one, how it is compared, and which ones nobody should have."""

from __future__ import annotations

import unicodedata

import pytest
from argon2 import extract_parameters
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type, verify_secret
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.staff.passwords import (
    LONGEST,
    NO_HASH,
    SHORTEST,
    check_password,
    hash_password,
    judge_password,
    needs_rehash,
)

GOOD = "four words nobody guesses"


@pytest.fixture(scope="module")
def known() -> str:
    return hash_password(GOOD)


def test_the_hash_is_of_argon2id_with_what_rfc_9106_asks_for_at_least(known: str) -> None:
    found = extract_parameters(known)
    assert found.type is Type.ID
    assert found.memory_cost >= 64 * 1024 and found.time_cost >= 3 and found.salt_len >= 16 and found.hash_len >= 32
    assert GOOD not in known


def test_only_the_very_password_is_taken(known: str) -> None:
    assert check_password(GOOD, known)
    assert not check_password(GOOD + " ", known)
    assert not check_password("", known)


def test_the_same_password_has_another_hash_each_time(known: str) -> None:
    assert hash_password(GOOD) != known


def test_what_looks_the_same_is_the_same_password_whatever_keyboard_typed_it() -> None:
    composed, apart = "crème brûlée für Åsa", unicodedata.normalize("NFD", "crème brûlée für Åsa")
    assert composed != apart
    assert check_password(apart, hash_password(composed))


def test_a_name_that_nobody_has_takes_as_much_work_and_never_fits(known: str) -> None:
    assert extract_parameters(NO_HASH) == extract_parameters(known)
    with pytest.raises(VerifyMismatchError):  # it was computed to its end; a hash that cannot be read would end at once
        verify_secret(NO_HASH.encode(), b"anything", Type.ID)
    assert not check_password("", NO_HASH)


def test_a_hash_that_cannot_be_read_fits_nothing_and_is_to_be_made_anew() -> None:
    assert not check_password(GOOD, "md5:1234")
    assert needs_rehash("md5:1234")


def test_a_hash_of_weaker_parameters_is_made_anew_and_one_of_ours_is_not(known: str) -> None:
    assert not needs_rehash(known)
    assert needs_rehash("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + "A" * 43)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("elevenchars", "fewer than 12"),
        ("a" * 201, "more than 200"),
        ("aaaaaaaaaaaaaaaa", "again and again"),
        ("abababababababab", "again and again"),
        ("- - - - - - - - -", "again and again"),
        ("Password1234", "tried first"),
        ("correct horse battery staple", "tried first"),
        ("Ada Lovelace Byron", "the name"),
        ("adalovelacebyron", "the name"),
        ("ada.lovelace-byron ada lovelace byron", "the name"),
    ],
)
def test_what_is_guessed_first_is_refused_in_words(text: str, why: str) -> None:
    said = judge_password(text, "Ada Lovelace Byron")
    assert said is not None and why in said and not said.endswith(".")


@pytest.mark.parametrize(
    "text", [GOOD, "всё будет хорошо", "كلمة مرور طويلة جدا", "🐈🐕🐁🐈🐕🐁🐈🐕🐁🐈🐕🐁", "x1" * 6 + "y"]
)
def test_nothing_is_asked_of_a_password_but_length(text: str) -> None:
    assert judge_password(text, "Ada") is None


@given(st.text(min_size=SHORTEST, max_size=LONGEST), st.text(max_size=60))
def test_no_password_of_many_different_letters_is_refused(text: str, name: str) -> None:
    plain = unicodedata.normalize("NFKC", text)
    assume(SHORTEST <= len(plain) <= LONGEST)
    assume(len(set(plain.casefold()) - set(unicodedata.normalize("NFKC", name).casefold()) - set(" \u00a0-_.,")) >= 8)
    said = judge_password(text, name)
    assert said is None or "tried first" in said  # the search knows words of the code, and tries them


def test_a_judgement_never_repeats_the_password() -> None:
    for text in ("short secret", "zzzzzzzzzzzz", "Password1234"):
        assert text not in (judge_password(text, "Ada") or "")
