"""The values that the wire knows besides GraphQL's own: texts that must not be seen, instants, days and UUIDs.

- A scalar wraps what it is given and never refuses it: a refusal here would print the whole input. What is ill-formed
  comes to the act as `Malformed`, and is refused there by field.
- A sealed text and a phone come in a variable; written into a document they are refused, because documents are logged
  and cached. A plain text may stand in a document; it has no voice either.
- An instant is RFC 3339 with its offset; it is answered in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, NewType, NoReturn
from uuid import UUID

import strawberry
from graphql import GraphQLError

from crypto.sealed import Confidential

if TYPE_CHECKING:
    from graphql import ValueNode
    from strawberry.types.scalar import ScalarDefinition

SealedText = NewType("SealedText", Confidential)
Phone = NewType("Phone", Confidential)
PlainText = NewType("PlainText", Confidential)
Percent = NewType("Percent", Decimal)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class Malformed(Enum):
    """What stands in the place of a value that cannot be read; it holds nothing of what was sent."""

    VALUE = "malformed"


def _wrap(value: object) -> Confidential:
    """Wrap a text; anything else counts as an empty one, which the act refuses by field."""
    return Confidential(value if isinstance(value, str) else "")


def _refuse_literal(_node: ValueNode, _variables: dict[str, object] | None = None) -> NoReturn:
    raise GraphQLError("send it in a variable")


def _has_no_voice(_value: object) -> NoReturn:
    raise TypeError("a confidential text is never answered")


def _instant(value: object) -> datetime | Malformed:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return Malformed.VALUE
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return Malformed.VALUE


def _day(value: object) -> date | Malformed:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return Malformed.VALUE
    try:
        return date.fromisoformat(value)
    except ValueError:
        return Malformed.VALUE


def _uuid(value: object) -> UUID | Malformed:
    return UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else Malformed.VALUE


def _number(value: object) -> Decimal | Malformed:
    """Read a decimal number out of a text, or a whole one as it is; a float is no decimal number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return Decimal(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else Malformed.VALUE


def _written_number(value: Decimal) -> str:
    return f"{value:f}"


def _written_instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _confidential(name: str, description: str, *, in_variables_only: bool) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        serialize=_has_no_voice,
        parse_value=_wrap,
        parse_literal=_refuse_literal if in_variables_only else None,
    )


SCALARS: dict[object, ScalarDefinition] = {
    SealedText: _confidential(
        "SealedText",
        "A confidential text (密文输入): accepted in variables only, never answered, never logged.",
        in_variables_only=True,
    ),
    Phone: _confidential(
        "Phone",
        "One phone number (电话), its last four digits perhaps hidden (A7): accepted in variables only.",
        in_variables_only=True,
    ),
    PlainText: _confidential(
        "PlainText",
        "A text of one's own (说明): kept sealed, never answered as it came; holds no customer's number.",
        in_variables_only=False,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant (时刻), RFC 3339 with its offset; answered in UTC.",
        serialize=_written_instant,
        parse_value=_instant,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar day (日期) in the rulebook's time zone, YYYY-MM-DD.",
        serialize=date.isoformat,
        parse_value=_day,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='A decimal number (小数) as text, such as "1280.50": no float ever stands between.',
        serialize=_written_number,
        parse_value=_number,
    ),
    Percent: strawberry.scalar(
        name="Percent",
        description='A share in percent (百分比) as text, to the hundredth: "33.34".',
        serialize=_written_number,
        parse_value=_number,
    ),
    UUID: strawberry.scalar(
        name="UUID",
        description="A UUID drawn at random by the client (通用唯一标识).",
        serialize=str,
        parse_value=_uuid,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc9562",
    ),
}
