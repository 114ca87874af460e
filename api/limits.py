"""How much one document may ask for, measured before any resolver runs, in time linear in its length.

- Every count is taken as if each fragment were written out wherever it is spread; each fragment is measured once.
- Depth counts fields from the root, which is 1; below `__schema` and `__type` a depth of their own holds.
- Written out, a document has no more fields than it could have had without fragments.
- A field that opens, probes or takes out contact data stands at most once at the root.
- Fragments that spread each other in a circle are refused; that is a fault of form, not of size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
)
from graphql.validation.rules import overlapping_fields_can_be_merged

from schema.errors import ErrorCode

if TYPE_CHECKING:
    from graphql import DocumentNode, SelectionSetNode

MAX_BODY = 64 * 1024
"""Bytes of a request's body."""
MAX_TOKENS = 2_000
MAX_DEPTH = 10
MAX_INTROSPECTION_DEPTH = 16
"""One more than the introspection query of the usual clients is deep."""
MAX_ALIASES = 30
MAX_ROOT_FIELDS = 10
MAX_DIRECTIVES = 50
MAX_FIELDS = 2_000
"""Fields written out: as many as a document of so many tokens could spell."""
MAX_COMPARISONS = 50_000
"""Comparisons of fields with one name that validation may make: 0.1 s; the library's own limit is 1 s and more."""
ALONE = frozenset({"revealContact", "checkConflict", "requestExport", "decideExport"})
"""Root fields of which a document holds one at most, under whatever alias (leaks: no. 33 and 70)."""
_INTROSPECTION = frozenset({"__schema", "__type"})

# The library reads its own module attribute whenever a validation begins.
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = MAX_COMPARISONS


@dataclass(slots=True)
class Size:
    """How large a selection is with its fragments written out; `roots` and `alone` are those on its own level."""

    depth: int = 0
    introspection: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    roots: int = 0
    alone: int = 0

    def add(self, other: Size, *, below: int, introspective: bool) -> None:
        """Count a fragment in where it is spread, `below` fields under this selection."""
        depth, introspection = other.depth, other.introspection
        if introspective:
            depth, introspection = 0, max(depth, introspection)
        self.depth = max(self.depth, below + depth) if depth else self.depth
        self.introspection = max(self.introspection, below + introspection) if introspection else self.introspection
        self.aliases += other.aliases
        self.directives += other.directives
        self.fields += other.fields
        if not below:
            self.roots += other.roots
            self.alone += other.alone

    @property
    def exceeds(self) -> bool:
        """Tell whether any limit but the root's is passed."""
        return (
            self.depth > MAX_DEPTH
            or self.introspection > MAX_INTROSPECTION_DEPTH
            or self.aliases > MAX_ALIASES
            or self.directives > MAX_DIRECTIVES
            or self.fields > MAX_FIELDS
        )

    @property
    def exceeds_at_root(self) -> bool:
        """Tell whether there are too many root fields, or one too many of those that stand alone."""
        return self.roots > MAX_ROOT_FIELDS or self.alone > 1


@dataclass(frozen=True, slots=True)
class _Spread:
    name: str
    below: int
    introspective: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """What the limits found: a refusal, or none; and whether the document asks about the schema itself."""

    refusal: ErrorCode | None
    introspects: bool = False


def measure(document: DocumentNode) -> Measured:
    """Hold a document against every limit; each of its operations has to fit, also those not executed."""
    own: dict[str, tuple[Size, list[_Spread]]] = {}
    operations: list[OperationDefinitionNode] = []
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            # Of two fragments with one name validation refuses the document.
            own[definition.name.value] = _own_size(definition.selection_set)
            own[definition.name.value][0].directives += len(definition.directives or ())
        elif isinstance(definition, OperationDefinitionNode):
            operations.append(definition)
    written_out = _written_out(own)
    if written_out is None:
        return Measured(ErrorCode.GRAPHQL_VALIDATION_FAILED)
    introspects = any(size.introspection for size in written_out.values())
    for operation in operations:
        size, spreads = _own_size(operation.selection_set)
        size.directives += len(operation.directives or ())
        size.directives += sum(len(variable.directives or ()) for variable in operation.variable_definitions or ())
        for spread in spreads:
            if spread.name in written_out:
                size.add(written_out[spread.name], below=spread.below, introspective=spread.introspective)
        if size.exceeds or size.exceeds_at_root:
            return Measured(ErrorCode.TOO_COSTLY)
        introspects = introspects or size.introspection > 0
    return Measured(None, introspects)


def _own_size(root: SelectionSetNode) -> tuple[Size, list[_Spread]]:
    """Measure one definition by itself, and list what it spreads and how deep."""
    size, spreads = Size(), list[_Spread]()
    pending = [(root, 0, False)]
    while pending:
        selection_set, below, introspective = pending.pop()
        for selection in selection_set.selections:
            size.directives += len(selection.directives or ())
            if isinstance(selection, FragmentSpreadNode):
                spreads.append(_Spread(selection.name.value, below, introspective))
            elif isinstance(selection, InlineFragmentNode):
                pending.append((selection.selection_set, below, introspective))
            elif isinstance(selection, FieldNode):
                name, depth = selection.name.value, below + 1
                asks = introspective or name in _INTROSPECTION
                size.fields += 1
                size.aliases += selection.alias is not None
                size.depth, size.introspection = (
                    (size.depth, max(size.introspection, depth))
                    if asks
                    else (max(size.depth, depth), size.introspection)
                )
                if not below:
                    size.roots += 1
                    size.alone += name in ALONE
                if selection.selection_set:
                    pending.append((selection.selection_set, depth, asks))
    return size, spreads


def _written_out(own: dict[str, tuple[Size, list[_Spread]]]) -> dict[str, Size] | None:
    """Write the fragments out into each other, those without spreads first; None if they go in a circle."""
    waiting = {name: {spread.name for spread in spreads} & own.keys() for name, (_, spreads) in own.items()}
    users: dict[str, list[str]] = {name: [] for name in own}
    for name, needed in waiting.items():
        for other in needed:
            users[other].append(name)
    ready = [name for name, needed in waiting.items() if not needed]
    done: dict[str, Size] = {}
    while ready:
        name = ready.pop()
        size, spreads = own[name]
        for spread in spreads:
            if spread.name in done:
                size.add(done[spread.name], below=spread.below, introspective=spread.introspective)
        done[name] = size
        for user in users[name]:
            waiting[user].discard(name)
            if not waiting[user]:
                ready.append(user)
    return done if len(done) == len(own) else None
