"""Tokens: each opens one door, and no other octets open any."""

from __future__ import annotations

import re
import string
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import SubscriberError
from digest.subscribers.keys import Keys
from digest.subscribers.tokens import (
    UNSUBSCRIBE_LENGTH,
    Purpose,
    TokenFacts,
    build_expiring,
    build_unsubscribe,
    read_token,
)

KEYS = Keys({1: b"s" * 32}, b"i" * 32, {1: b"t" * 32})
NOW = datetime(2022, 2, 28, 18, tzinfo=UTC)
EXPIRING = (Purpose.CONFIRM, Purpose.MANAGE, Purpose.MOVE, Purpose.UNDO)


def _build(keys: Keys, purpose: Purpose, subscription: int, epoch: int = 1) -> str:
    if purpose is Purpose.UNSUBSCRIBE:
        return build_unsubscribe(keys, subscription)
    return build_expiring(keys, purpose, subscription, epoch, NOW)


def test_an_unsubscribe_token_works_for_ever_and_has_no_epoch() -> None:
    token = build_unsubscribe(KEYS, 42)
    late = NOW + timedelta(days=365 * 50)
    assert read_token(KEYS, token, Purpose.UNSUBSCRIBE, late) == TokenFacts(Purpose.UNSUBSCRIBE, 42)


@pytest.mark.parametrize(
    ("purpose", "hours"), [(Purpose.CONFIRM, 72), (Purpose.MANAGE, 1), (Purpose.MOVE, 72), (Purpose.UNDO, 720)]
)
def test_the_others_carry_their_epoch_and_end(purpose: Purpose, hours: int) -> None:
    token = build_expiring(KEYS, purpose, 42, 3, NOW)
    end = NOW + timedelta(hours=hours)
    assert read_token(KEYS, token, purpose, end - timedelta(seconds=1)) == TokenFacts(purpose, 42, 3, end)
    with pytest.raises(SubscriberError):
        read_token(KEYS, token, purpose, end)


@pytest.mark.parametrize("made", Purpose)
@pytest.mark.parametrize("door", Purpose)
def test_a_token_opens_the_door_it_was_made_for_and_no_other(made: Purpose, door: Purpose) -> None:
    token = _build(KEYS, made, 42)
    if made is door:
        assert read_token(KEYS, token, door, NOW).subscription == 42
    else:
        with pytest.raises(SubscriberError):
            read_token(KEYS, token, door, NOW)


@settings(max_examples=100)
@given(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.sampled_from(Purpose))
def test_tokens_stand_in_a_path_and_have_one_length(subscription: int, epoch: int, purpose: Purpose) -> None:
    token = _build(KEYS, purpose, subscription, epoch)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", token)
    assert len(token) == (UNSUBSCRIBE_LENGTH if purpose is Purpose.UNSUBSCRIBE else 48)
    assert len(token) % 12 == 0
    facts = read_token(KEYS, token, purpose, NOW)
    assert facts.subscription == subscription
    assert facts.epoch == (None if purpose is Purpose.UNSUBSCRIBE else epoch)


@pytest.mark.parametrize("purpose", Purpose)
def test_every_changed_bit_is_noticed_with_one_and_the_same_message(purpose: Purpose) -> None:
    octets = urlsafe_b64decode(_build(KEYS, purpose, 42))
    messages = set()
    for position in range(len(octets) * 8):
        changed = bytearray(octets)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(SubscriberError) as refusal:
            read_token(KEYS, urlsafe_b64encode(changed).decode(), purpose, NOW)
        messages.add(str(refusal.value))
    for wrong in ("", "x", "=" * 36, "é" * 36, "A" * 36, "A" * 48, "A" * 10_000):
        with pytest.raises(SubscriberError) as refusal:
            read_token(KEYS, wrong, purpose, NOW)
        messages.add(str(refusal.value))
    with pytest.raises(SubscriberError) as refusal:
        read_token(KEYS, _build(KEYS, Purpose.MANAGE, 42), Purpose.MANAGE, NOW + timedelta(days=9))
    messages.add(str(refusal.value))
    assert len(messages) == 1


def test_there_is_one_spelling_of_a_token() -> None:
    token = build_unsubscribe(KEYS, 42)
    for spelling in (f"{token}\n", f" {token}", f"{token}==", token[:10] + "\n" + token[10:], token[:5] + "!" + token[5:]):
        with pytest.raises(SubscriberError):
            read_token(KEYS, spelling, Purpose.UNSUBSCRIBE, NOW)


@settings(max_examples=300)
@given(st.text(string.ascii_letters + string.digits + "-_", min_size=36, max_size=48), st.sampled_from(Purpose))
def test_no_guess_opens_a_door(guess: str, purpose: Purpose) -> None:
    with pytest.raises(SubscriberError):
        read_token(KEYS, guess, purpose, NOW)


@settings(max_examples=200)
@given(st.text(max_size=60), st.sampled_from(Purpose))
def test_any_text_is_answered_with_a_refusal(guess: str, purpose: Purpose) -> None:
    with pytest.raises(SubscriberError):
        read_token(KEYS, guess, purpose, NOW)


def test_old_links_work_after_the_key_was_changed_and_none_after_it_is_gone() -> None:
    old = build_unsubscribe(KEYS, 42)
    rotated = Keys(KEYS.sealing, KEYS.index, {1: KEYS.tokens[1], 2: b"n" * 32})
    new = build_unsubscribe(rotated, 42)
    assert old != new
    for token in (old, new):
        assert read_token(rotated, token, Purpose.UNSUBSCRIBE, NOW).subscription == 42
    with pytest.raises(SubscriberError):
        read_token(KEYS, new, Purpose.UNSUBSCRIBE, NOW)


def test_sent_links_stay_good_for_ever() -> None:
    """This token is in a letter; if this fails, nobody can leave by the links they hold."""
    assert build_unsubscribe(KEYS, 42) == "AQAAAAAAAAAqa60Bc4iTZVXlvpgLsX4IjPxu"


def test_the_moment_of_expiry_needs_a_zone() -> None:
    for purpose in EXPIRING:
        with pytest.raises(TypeError):
            read_token(KEYS, _build(KEYS, purpose, 42), purpose, datetime(2022, 2, 28))
