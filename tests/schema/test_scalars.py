"""Scalars never refuse in parsing: what cannot be read comes to the act as malformed, and holds nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from graphql import GraphQLError, parse_value
from hypothesis import given
from hypothesis import strategies as st

from crypto.sealed import Confidential
from schema import SCHEMA
from schema.scalars import Malformed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
TYPES = SCHEMA.graphql.type_map


@given(value=JSON)
def test_no_scalar_of_ours_raises_on_any_json(value: object) -> None:
    """A refusal would print the whole input object."""
    for name in ("SealedText", "Phone", "PlainText"):
        wrapped = TYPES[name].parse_value(value)
        assert isinstance(wrapped, Confidential)
        assert wrapped.reveal() == (value if isinstance(value, str) else "")
    for name, kind in (("DateTime", datetime), ("Date", date), ("UUID", UUID)):
        assert isinstance(TYPES[name].parse_value(value), kind | Malformed)


@pytest.mark.parametrize("name", ["SealedText", "Phone"])
@pytest.mark.parametrize("literal", ['"13812345678"', "13812345678", "[1]", '{a: "x"}', "X", "1.5", "true"])
def test_sealed_scalars_refuse_literals(name: str, literal: str) -> None:
    """A document is logged and cached; the message holds nothing of it."""
    with pytest.raises(GraphQLError) as refused:
        TYPES[name].parse_literal(parse_value(literal))
    assert "138" not in str(refused.value)


def test_a_plain_text_may_stand_in_a_document() -> None:
    """And has no voice."""
    wrapped = TYPES["PlainText"].parse_literal(parse_value('"看房"'))
    assert isinstance(wrapped, Confidential)
    assert repr(wrapped) == "<confidential>"


@pytest.mark.parametrize("name", ["SealedText", "Phone", "PlainText"])
def test_a_confidential_text_is_never_answered(name: str) -> None:
    """It has no way out."""
    with pytest.raises(TypeError):
        TYPES[name].serialize(Confidential("x"))


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-03-02T09:30:00+08:00", datetime(2026, 3, 2, 1, 30, tzinfo=UTC)),
        ("2026-03-02T01:30:00Z", datetime(2026, 3, 2, 1, 30, tzinfo=UTC)),
        ("2026-03-02t01:30:00.5z", datetime(2026, 3, 2, 1, 30, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_an_instant_is_rfc_3339_with_its_offset(written: str, at: datetime) -> None:
    """And comes in UTC."""
    assert TYPES["DateTime"].parse_value(written) == at


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02", "2026-03-02T09:30:00", "2026-03-02 09:30:00Z", "2026-13-02T09:30:00Z", "2026-02-30T09:30:00Z",
        "20260302T093000Z", "2026-03-02T09:30Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
        "2026-03-02T09:30:00+25:00", "２０２６-03-02T09:30:00Z", "2026-03-02T09:30:00Z\n", "",
    ],
)  # fmt: skip
def test_what_is_no_instant_is_malformed(written: str) -> None:
    """A naive instant is none: nobody knows which zone it means."""
    assert TYPES["DateTime"].parse_value(written) is Malformed.VALUE


def test_instants_are_answered_in_utc() -> None:
    """RFC 3339, with Z."""
    at = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    assert TYPES["DateTime"].serialize(at) == "2026-03-02T01:30:00Z"
    assert TYPES["Date"].serialize(date(2026, 3, 2)) == "2026-03-02"


@pytest.mark.parametrize("written", ["{0}", "urn:uuid:{0}", "{{{0}}}", "{0} ", "x"])
def test_a_uuid_is_written_in_one_way(written: str) -> None:
    """Of the forms that Python takes, one."""
    text = "0b5e3c1a-7d2f-4c6b-9a81-3f0e2d4c5b6a"
    found = TYPES["UUID"].parse_value(written.format(text))
    assert found == (UUID(text) if written == "{0}" else Malformed.VALUE)
