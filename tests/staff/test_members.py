"""Members: whose names are names, what each role may do, and what no `--as` can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.staff.members import (
    NAME_LENGTH,
    SYSTEM,
    THE_CLOCK,
    THE_PROGRAM,
    Member,
    Program,
    fold_name,
    judge_name,
    name_person,
    plain_name,
)
from digest.staff.roles import ROLES, Right, Role, rights_of

ADA = Member(1, "Ada", frozenset(Role), "active", 1, False, datetime(2022, 2, 21, tzinfo=UTC))


@pytest.mark.parametrize("name", ["Ada", "Ада Лавлейс", "منى", "Jean-Luc O’Brien", "A", "x" * NAME_LENGTH, "Ada 2"])
def test_names_of_people_are_names(name: str) -> None:
    assert judge_name(name) is None


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "x" * 61, "a\u202eb", "a\x00b", "ada@example.org", "Ada, standing"])
def test_what_cannot_be_shown_or_says_too_much_is_no_name(name: str) -> None:
    assert judge_name(name)


@pytest.mark.parametrize("name", [*sorted(SYSTEM), "Digest", " STAFF ", "The  Clock", "ｓｔａｆｆ"])
def test_nobody_is_called_what_the_journal_calls_nobody(name: str) -> None:
    assert judge_name(name)


def test_the_programs_own_names_are_taken() -> None:
    assert {THE_PROGRAM, THE_CLOCK} <= SYSTEM


@given(st.text(max_size=70))
def test_a_name_is_kept_on_one_line_and_stays_the_same_when_kept_again(name: str) -> None:
    if judge_name(name) is None:
        kept = plain_name(name)
        assert "\n" not in kept and kept == plain_name(kept) and 1 <= len(kept) <= NAME_LENGTH
        assert fold_name(name) == fold_name(kept) == fold_name(fold_name(kept))


@given(st.text(st.sampled_from("aAbB éÉж Ж"), max_size=10))
def test_capitals_and_blanks_tell_no_names_apart(name: str) -> None:
    assert fold_name(name) == fold_name(f" {name.swapcase()}  ")


@given(st.text())
def test_nothing_that_is_typed_is_the_program(text: str) -> None:
    assert not isinstance(text, Program) and name_person(text) == text
    assert name_person(Program(text)) is None
    assert not isinstance(f"{THE_PROGRAM}", Program)  # what is made of it is a person's word again: then rights are asked


def test_who_is_not_active_may_nothing_whatever_the_roles() -> None:
    for state in ("invited", "removed"):
        assert not any(replace(ADA, state=state).may(right) for right in Right)  # type: ignore[arg-type]


def test_every_right_belongs_to_a_role_and_all_may_look() -> None:
    assert rights_of(Role) == frozenset(Right)
    assert all(Right.LOOK in rights for rights in ROLES.values())
    assert rights_of(()) == frozenset()


def test_an_administrator_neither_approves_nor_sees_an_address_and_only_list_keepers_do() -> None:
    for right in (Right.READERS, Right.EXPORT):
        assert [role for role in Role if right in ROLES[role]] == [Role.LIST_KEEPER]
    assert [role for role in Role if Right.APPROVE in ROLES[role]] == [Role.APPROVER]
    assert [role for role in Role if Right.STAFF in ROLES[role]] == [Role.ADMINISTRATOR]
