"""The engine answers made-up cases as the rules, read a second time, do."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.casefile import Case, read_case
from claims.timeline import filing_states, holdings
from tests.claims.made_up import RULEBOOKS, made_up_case
from tests.claims.oracle import SHANGHAI, Filing, World, answers, instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.claims.made_up import Row

_LONGEST = 91
"""Days after which nothing ends any more: a window of ninety days and the one after it."""


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


def _stretches(case: Row) -> Iterator[tuple[World, datetime]]:
    """Give the beginning of each stretch in which neither a fact nor a midnight comes, with the world as it then is.

    Whatever the rules say is the same at every instant of such a stretch: they know facts and days alone.
    """
    instants = sorted({instant(fact) for fact in case["facts"]})
    for since, until in zip(instants, [*instants[1:], instants[-1] + timedelta(days=_LONGEST)], strict=True):
        world, at = World.of(case, since), since
        while at < until:
            yield world, at
            at = datetime.combine(at.astimezone(SHANGHAI).date() + timedelta(days=1), time(0), SHANGHAI)


def _hold_the_timeline_against_the_rules(case: Row) -> None:
    read = read_case(json.dumps(case))
    assert isinstance(read, Case), read
    held = {customer: holdings(read.history, read.rulebook, customer) for customer in ("c1", "c2")}
    names = [fact["filing"] for fact in case["facts"] if fact["do"] == "file"]
    states = {filing: filing_states(read.history, read.rulebook, filing) for filing in names}
    starts: set[datetime | None] = {None}
    known: tuple[World | None, dict[str, tuple[object, ...]]] = (None, {})
    for world, at in _stretches(case):
        starts.add(at)
        if world is not known[0] or case["rulebook"] == "store":  # Elsewhere no day changes who holds.
            rules = {customer: (*world.holder(customer, at), world.protected_until(customer)) for customer in held}
            known = (world, rules)
        for customer, spans in held.items():
            inside = [span for span in spans if span.since <= at and (span.until is None or at < span.until)]
            said = [(span.staff, span.team, span.protected_until and f"{span.protected_until}") for span in inside]
            assert said == ([known[1][customer]] if known[1][customer][1] else []), (customer, at)
        for filing, life in states.items():
            within = [span for span in life if span.since <= at and (span.until is None or at < span.until)]
            told = [(span.state, list(span.missing)) for span in within]
            filed = [Filing(world, row) for row in world.all("file", filing=filing)]
            assert told == [(one.state(at), one.missing()) for one in filed], (filing, at)
    assert {at for spans in (*held.values(), *states.values()) for s in spans for at in (s.since, s.until)} <= starts


@pytest.mark.parametrize("rulebook", RULEBOOKS)
def test_the_timeline_agrees_with_the_rules_at_every_instant(rulebook: str) -> None:
    """Who holds, through which day they are protected, in which state a filing is and what it lacks."""
    for seed in range(4):
        _hold_the_timeline_against_the_rules(made_up_case(Random(f"line {rulebook} {seed}"), rulebook))  # noqa: S311 - a draw


@given(random=st.randoms(use_true_random=False), rulebook=st.sampled_from(RULEBOOKS))
@settings(max_examples=10, deadline=None)
def test_no_history_that_is_looked_for_divides_the_timeline_from_the_rules(random: Random, rulebook: str) -> None:
    """As above, with what Hypothesis draws."""
    _hold_the_timeline_against_the_rules(made_up_case(random, rulebook))
