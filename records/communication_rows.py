"""What was said with a customer, and when (沟通记录, B7): every visit, walk-in and contact in sight is kept.

- With each is shown whose it was; what was noted of it is opened after its log entry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from authz.acts import Act
from claims.facts import FactKind
from crypto.sealed import Place
from records.audit import Entry
from records.columns import Column, Table
from records.connection import read
from records.filters import EVERYTHING, Filter
from records.pages import Asked, Count, Listing, Order, Page, Paging, SortKey, counts_asked, pages_asked
from records.queries import Values, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.desk import Desk

TALKS = (FactKind.VISIT, FactKind.WALK_IN, FactKind.CONTACT)
"""Facts that are a communication with the customer."""


@dataclass(frozen=True, slots=True)
class Communication:
    """A communication in sight (沟通记录): what kind, when, whose."""

    id: UUID
    customer: UUID
    kind: FactKind
    at: datetime
    by: UUID | None
    entered_by: UUID | None


@dataclass(frozen=True, slots=True)
class Noted:
    """What was noted of a communication: a note, what the customer needs now, what they said."""

    note: str | None = field(default=None, repr=False)
    need: str | None = field(default=None, repr=False)
    feedback: str | None = field(default=None, repr=False)


_KEYS = (SortKey("fa.happened_at", "timestamptz"), SortKey("fa.id", "uuid"))
_TALKS = ", ".join(f"'{kind}'" for kind in TALKS)
_COLUMNS = "fa.id, p.root_id, fa.kind, fa.happened_at, fa.by_id, fa.entered_by_id"


def communications(desk: Desk, _order: None = None) -> Listing[Communication]:
    """List the communications with the customer that the list stands below."""
    sight = visible_to(desk, Act.VIEW_CLAIMS)

    def source(bind: Values, below: str) -> str:
        return (
            "FROM fact fa JOIN customer p ON p.id = fa.customer_id "
            f"WHERE p.root_id = {below} AND fa.kind IN ({_TALKS}) AND {sight.facts('fa', 'p.root_id', bind)}"
        )

    return Listing("communications", lambda _bind: _COLUMNS, source, Order(_KEYS), _row, EVERYTHING)


def _row(row: Mapping[str, Any]) -> Communication:
    return Communication(
        row["id"], row["root_id"], FactKind(row["kind"]), row["happened_at"], row["by_id"], row["entered_by_id"]
    )


async def _below(desk: Desk, asked: list[Asked[None]]) -> dict[Asked[None], Page[Communication]]:
    return await pages_asked(desk, asked, lambda _narrowed, _order: communications(desk))


async def communications_of(desk: Desk, root: UUID, paging: Paging) -> Page[Communication]:
    """Read a page of what was said with a customer, the latest first."""
    return await desk.gathering.ask(desk, _below, (root, paging, EVERYTHING, None)) or Page()


async def _counted(desk: Desk, asked: list[tuple[UUID, Filter]]) -> dict[tuple[UUID, Filter], Count]:
    return await counts_asked(asked, lambda _narrowed: communications(desk))


async def count_communications(desk: Desk, root: UUID) -> Count:
    """Count what was said with a customer."""
    return await desk.gathering.ask(desk, _counted, (root, EVERYTHING)) or Count(0, is_exact=True)


_SAID = """
SELECT v.fact_id, v.id, v.field, v.customer_id, v.sealed, c.root_id FROM sealed_value v
JOIN customer c ON c.id = v.customer_id WHERE v.fact_id = ANY($1) AND v.field = ANY($2)
"""


async def _noted(desk: Desk, facts: list[UUID]) -> dict[UUID, Noted]:
    """Open what was noted of some facts, after the log says so; who was erased has nothing left to open."""
    rows = await read(_SAID, [facts, [int(Column.NOTE), int(Column.OTHER)]])
    if not rows:
        return {}
    roots = {row["root_id"] for row in rows}
    await desk.note(Entry("contact:read", customer=next(iter(roots)) if len(roots) == 1 else None, count=len(roots)))
    ciphers = await desk.keys.ciphers_of({row["customer_id"] for row in rows}, read)
    found: dict[UUID, dict[str, str]] = {}
    for row in rows:
        cipher = ciphers.get(row["customer_id"])
        if cipher is None:
            continue
        column = Column(row["field"])
        text = cipher.open(row["sealed"], Place(Table.SEALED_VALUE, column, row["id"], row["customer_id"]))
        said = {"note": text.decode()} if column is Column.NOTE else orjson.loads(text)["fields"]
        found.setdefault(row["fact_id"], {}).update(said)
    return {fact: Noted(said.get("note"), said.get("need"), said.get("feedback")) for fact, said in found.items()}


async def noted(desk: Desk, fact: UUID) -> Noted:
    """Give what was noted of a fact in sight."""
    return await desk.gathering.ask(desk, _noted, fact) or Noted()
