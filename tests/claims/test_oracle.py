"""The engine answers made-up cases as the rules, read a second time, do."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.casefile import Case, read_case
from tests.claims.made_up import RULEBOOKS, made_up_case
from tests.claims.oracle import answers

if TYPE_CHECKING:
    from tests.claims.made_up import Row


def _hold_against_the_rules(case: Row) -> None:
    read = read_case(json.dumps(case))
    assert isinstance(read, Case), read
    for question, given_, expected in zip(case["questions"], read.answers(), answers(case), strict=True):
        assert expected.pop("clauses") <= set(cast("list[str]", given_.pop("clauses"))), question
        assert given_ == expected, question


@pytest.mark.parametrize("rulebook", RULEBOOKS)
def test_the_engine_agrees_with_the_rules_read_a_second_time(rulebook: str) -> None:
    """Every question that a case can ask, on and around every boundary of the made-up history."""
    for seed in range(15):
        _hold_against_the_rules(made_up_case(Random(f"{rulebook} {seed}"), rulebook))  # noqa: S311 - a draw


@given(random=st.randoms(use_true_random=False), rulebook=st.sampled_from(RULEBOOKS))
@settings(max_examples=30, deadline=None)
def test_no_history_that_is_looked_for_divides_them(random: Random, rulebook: str) -> None:
    """Hypothesis draws, and makes smaller whatever it finds."""
    _hold_against_the_rules(made_up_case(random, rulebook))
