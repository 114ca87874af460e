"""Which documents may be executed: parsed, measured and validated once, then known by their SHA-256.

- A refusal is known as well as a document, and says no more than code and places.
- What is kept is bounded by the documents' length together; the longest unused goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from graphql import DocumentNode, GraphQLSyntaxError, parse, specified_rules, validate
from graphql.validation.validate import ValidationAbortedError
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from api.limits import MAX_TOKENS, measure
from schema.errors import ErrorCode, TopLevelError, locations_of

if TYPE_CHECKING:
    from graphql import GraphQLSchema

MAX_ERRORS = 10
"""Places that one answer points at; validation stops there."""
KEPT = 1 << 17
"""Characters of all documents that are kept; their trees take some 300 bytes for each."""
_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
_TOO_MANY_TOKENS = f"contains more than {MAX_TOKENS} tokens"


@dataclass(frozen=True, slots=True)
class Checked:
    """A document with its verdict: what is wrong with it, or nothing; `tree` is there only if nothing is."""

    tree: DocumentNode | None = field(default=None, repr=False)
    refusals: tuple[TopLevelError, ...] = ()
    introspects: bool = False


def check(schema: GraphQLSchema, text: str) -> Checked:
    """Parse, measure and validate a document, cheapest first."""
    try:
        tree = parse(text, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        too_long = _TOO_MANY_TOKENS in error.message
        code = ErrorCode.TOO_COSTLY if too_long else ErrorCode.GRAPHQL_PARSE_FAILED
        return Checked(refusals=(TopLevelError(code, locations_of(error)),))
    measured = measure(tree)
    if measured.refusal is not None:
        return Checked(refusals=(TopLevelError(measured.refusal),))
    errors = validate(schema, tree, _RULES, max_errors=MAX_ERRORS, hide_suggestions=True)
    if not errors:
        return Checked(tree, introspects=measured.introspects)
    found = [error for error in errors if not isinstance(error, ValidationAbortedError)]
    if not found:
        # Nothing is wrong so far, but looking further would take too long.
        return Checked(refusals=(TopLevelError(ErrorCode.TOO_COSTLY),))
    return Checked(
        refusals=tuple(TopLevelError(ErrorCode.GRAPHQL_VALIDATION_FAILED, locations_of(error)) for error in found)
    )


class Documents:
    """The documents known so far."""

    def __init__(self, schema: GraphQLSchema, *, kept: int = KEPT) -> None:
        self._schema = schema
        self._kept = kept
        self._known: OrderedDict[bytes, tuple[Checked, int]] = OrderedDict()
        self._length = 0

    def checked(self, text: str) -> Checked:
        """Give a document's verdict, from memory if it was asked for before."""
        key = sha256(text.encode()).digest()
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key][0]
        checked = check(self._schema, text)
        self._known[key] = (checked, len(text))
        self._length += len(text)
        while self._length > self._kept:
            _, (_, length) = self._known.popitem(last=False)
            self._length -= length
        return checked

    @property
    def length(self) -> int:
        """Characters of all documents kept."""
        return self._length

    def __len__(self) -> int:
        return len(self._known)
