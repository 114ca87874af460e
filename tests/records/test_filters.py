"""Filters are written as SQL out of an allow-list; every value is bound, none is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.filters import (
    EVERYTHING,
    MOST_COMPARISONS,
    MOST_VALUES,
    BadInput,
    Comparable,
    Comparison,
    Filter,
    Joined,
    Operator,
    condition,
    fingerprint,
)  # fmt: skip
from records.queries import Values

ALLOWED = {"at": Comparable("f.at", "timestamptz"), "who": Comparable(lambda bind: f"f({bind(1)})", "uuid")}
COMPARISONS = st.builds(
    Comparison,
    st.sampled_from(sorted(ALLOWED)),
    st.sampled_from([one for one in Operator if one is not Operator.IN]),
    st.text(),
)
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    COMPARISONS, lambda inner: st.builds(Joined, st.booleans(), st.lists(inner, max_size=3).map(tuple)), max_leaves=10
)


@given(narrowed=FILTERS)
def test_no_value_is_written_into_a_statement(narrowed: Filter) -> None:
    """Whatever it is."""
    bind = Values()
    text = condition(narrowed, ALLOWED, bind)
    assert set(text) <= set("f.at()$0123456789:uuidmestmptz<>= ANDORrulefas")
    assert text.count("(") == text.count(")")


def test_a_filter_is_written_as_it_is_meant() -> None:
    """And joins without parts hold always, or never."""
    bind = Values()
    narrowed = Joined(
        all_of=True,
        parts=(
            Comparison("at", Operator.GTE, 1),
            Joined(all_of=False, parts=(Comparison("who", Operator.IN, (2, 3)), Comparison("who", Operator.EQ, 4))),
        ),
    )
    assert condition(narrowed, ALLOWED, bind) == (
        "(f.at >= $1::timestamptz AND (f($2) = ANY($3::uuid[]) OR f($4) = $5::uuid))"
    )
    assert bind.given == [1, 1, [2, 3], 1, 4]
    assert condition(EVERYTHING, ALLOWED, Values()) == "true"
    assert condition(Joined(all_of=False, parts=()), ALLOWED, Values()) == "false"


@pytest.mark.parametrize(
    "narrowed",
    [
        Comparison("name", Operator.EQ, "x"),
        Comparison("at", Operator.IN, "x"),
        Comparison("at", Operator.IN, tuple(range(MOST_VALUES + 1))),
        Joined(all_of=True, parts=(Comparison("at", Operator.EQ, 1),) * (MOST_COMPARISONS + 1)),
    ],
)
def test_what_is_not_allowed_is_refused(narrowed: Filter) -> None:
    """An unknown field, too many values, too many comparisons."""
    with pytest.raises(BadInput):
        condition(narrowed, ALLOWED, Values())


@given(one=FILTERS, other=FILTERS)
def test_filters_that_differ_have_fingerprints_that_differ(one: Filter, other: Filter) -> None:
    """A cursor is bound to one of them."""
    assert (fingerprint(one) == fingerprint(other)) == (repr(one) == repr(other))
