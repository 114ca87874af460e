"""What a list is narrowed by: comparisons of a few named fields, joined by and and or.

- Only fields of a list's own allow-list can be compared; none of them is sealed or masked.
- A value that nothing can equal (a reference to nothing) matches no row; it is no error.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from records.queries import Values

MOST_VALUES = 100
MOST_COMPARISONS = 50


class BadInput(Exception):  # noqa: N818 (the wire's code)
    """What was asked for is not what the interface defines; says nothing of what was sent."""


class Operator(StrEnum):
    """How a field is compared."""

    EQ = "="
    IN = "= ANY"
    GT = ">"
    GTE = ">="
    LT = "<"
    LTE = "<="


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field against one value, or against several of which one is enough."""

    field: str
    operator: Operator
    value: object


@dataclass(frozen=True, slots=True)
class Joined:
    """Several filters of which all hold, or one."""

    all_of: bool
    parts: tuple[Filter, ...]


Filter = Comparison | Joined
EVERYTHING = Joined(all_of=True, parts=())


@dataclass(frozen=True, slots=True)
class Comparable:
    """A field that may be compared: its expression in SQL, written when it is needed, and its type there."""

    expression: str | Callable[[Values], str]
    type: str

    def written(self, bind: Values) -> str:
        """Write the expression; what it compares with is bound to the statement that it stands in."""
        return self.expression if isinstance(self.expression, str) else self.expression(bind)


def condition(narrowed: Filter, allowed: Mapping[str, Comparable], bind: Values) -> str:
    """Write a filter as SQL; a field that is not allowed is `BadInput`, as are too many values or comparisons."""
    if _comparisons(narrowed) > MOST_COMPARISONS:
        raise BadInput
    return _written(narrowed, allowed, bind)


def _comparisons(narrowed: Filter) -> int:
    return 1 if isinstance(narrowed, Comparison) else sum(_comparisons(part) for part in narrowed.parts)


def _written(narrowed: Filter, allowed: Mapping[str, Comparable], bind: Values) -> str:
    if isinstance(narrowed, Joined):
        parts = [_written(part, allowed, bind) for part in narrowed.parts]
        empty, word = ("true", " AND ") if narrowed.all_of else ("false", " OR ")
        return f"({word.join(parts)})" if parts else empty
    compared = allowed.get(narrowed.field)
    if compared is None:
        raise BadInput
    if narrowed.operator is Operator.IN:
        if not isinstance(narrowed.value, tuple) or len(narrowed.value) > MOST_VALUES:
            raise BadInput
        return f"{compared.written(bind)} = ANY({bind(list(narrowed.value), f'{compared.type}[]')})"
    return f"{compared.written(bind)} {narrowed.operator} {bind(narrowed.value, compared.type)}"


def fingerprint(narrowed: Filter) -> bytes:
    """Give what tells one filter from another, for a cursor to be bound to."""
    return hashlib.sha256(repr(narrowed).encode(errors="surrogatepass")).digest()
