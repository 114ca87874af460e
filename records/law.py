"""The law of the company: the rulebook that it began with, and each edition approved since, from its day on.

- An edition is approved whole: its parameters stand in its row, and no later change of a preset's file reaches it.
- Acts ask the book itself, within their transaction: nobody approves an edition while an act lasts.
- Whoever only reads asks what this process last heard; that is heard again at every request that follows a second.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import orjson

from claims.rulebook import Parameter, Rulebook
from claims.ruling import GroundKind
from claims.terms import build_rulebook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from records.connection import Fetch

HEARD_WITHIN: Final = 1.0
"""Seconds for which a process goes by what it last heard."""
_APPROVED: Final = "SELECT id, effective_on FROM rulebook_edition WHERE state = 'approved' ORDER BY effective_on"
_EDITIONS: Final = "SELECT id, rulebook, edition, title, parameters, cited FROM rulebook_edition WHERE id = ANY($1)"
_MOST_KEPT: Final = 200
_KEPT: dict[UUID, Rulebook] = {}
"""Editions that were read: an approved one never changes."""


def written(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Write parameters, or the clauses of single rules, as they stand in an edition's row."""
    return {
        name: {"value": given.value, "kind": given.kind.value, "clauses": given.clauses, "unit": given.unit}
        for name, given in parameters.items()
    }


def _read(kept: str | Mapping[str, Any]) -> dict[str, Parameter]:
    given: Mapping[str, Mapping[str, Any]] = orjson.loads(kept) if isinstance(kept, str) else kept
    return {
        name: Parameter(
            tuple(one["value"]) if isinstance(one["value"], list) else one["value"],
            GroundKind(one["kind"]), tuple(one["clauses"]), one["unit"],
        )
        for name, one in given.items()
    }  # fmt: skip


def edition_of(row: Mapping[str, Any]) -> Rulebook:
    """Read an edition, or a draft, from its row."""
    name = row["edition"] or f"{row['rulebook']}@draft"
    return build_rulebook(row["rulebook"], name, _read(row["parameters"]), _read(row["cited"]), row["title"])


async def law_of(fetch: Fetch, rulebook: Rulebook) -> Rulebook:
    """Give the last edition, with every one before it: the approved ones after what `rulebook` began with."""
    law = rulebook.editions()[-1]
    approved = await fetch(_APPROVED, [])
    unread = [row["id"] for row in approved if row["id"] not in _KEPT]
    if unread:
        if len(_KEPT) > _MOST_KEPT:
            _KEPT.clear()
            unread = [row["id"] for row in approved]
        _KEPT.update({row["id"]: edition_of(row) for row in await fetch(_EDITIONS, [unread])})
    for row in approved:
        law = _KEPT[row["id"]].takes_over(row["effective_on"], law)
    return law


class Law:
    """What one process knows of the law; `latest` is the last edition, whether or not its day has come."""

    def __init__(self, began_with: Rulebook, *, clock: Callable[[], float] = monotonic) -> None:
        """Know nothing but what the company began with."""
        self.latest = began_with
        self._clock = clock
        self._heard = -HEARD_WITHIN

    def is_stale(self) -> bool:
        """Say whether it is time to ask again."""
        return self._clock() - self._heard >= HEARD_WITHIN

    async def hear(self, fetch: Fetch) -> None:
        """Ask the book which editions are approved."""
        self._heard = self._clock()
        self.latest = await law_of(fetch, self.latest)
