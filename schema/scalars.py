"""Texts that must not be seen: how they come in.

- A scalar wraps what it is given and never refuses it: a refusal here would print the whole input.
- A sealed text comes in a variable; written into a document it is refused, because documents are logged and cached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NewType, NoReturn

import strawberry
from graphql import GraphQLError

from crypto.sealed import Confidential

if TYPE_CHECKING:
    from graphql import ValueNode
    from strawberry.types.scalar import ScalarDefinition

SealedText = NewType("SealedText", Confidential)


def _wrap(value: object) -> Confidential:
    """Wrap a text; anything else counts as an empty one, which the act refuses by field."""
    return Confidential(value if isinstance(value, str) else "")


def _refuse_literal(_node: ValueNode, _variables: dict[str, object] | None = None) -> NoReturn:
    raise GraphQLError("send it in a variable")


def _has_no_voice(_value: object) -> NoReturn:
    raise TypeError("a sealed text is never answered")


SCALARS: dict[object, ScalarDefinition] = {
    SealedText: strawberry.scalar(
        name="SealedText",
        description="A confidential text (密文输入): accepted in variables only, never answered, never logged.",
        serialize=_has_no_voice,
        parse_value=_wrap,
        parse_literal=_refuse_literal,
    )
}
