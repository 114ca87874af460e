"""Corrections of contact data (更正记录) as somebody sees them: those of filings in sight, the latest first.

- What a correction says is shown masked, as a list shows it, after its log entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from authz.policy import Condition, Scope
from records.audit import Entry
from records.connection import read
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.pages import Count, Listing, Order, Page, Paging, SortKey, count, page
from records.queries import GIVEN, Values, acts_on, relation_of, visible_to
from records.references import Kind, row_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.connection import Fetch
    from records.desk import Desk


class CorrectionState(StrEnum):
    """Where a correction stands (更正状态)."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """A correction in sight; `fields` are the law's names of what it changes."""

    id: UUID
    filing: UUID
    fact: UUID
    fields: tuple[str, ...]
    state: CorrectionState
    proposed_by: UUID
    proposed_at: datetime
    judged_by: UUID | None
    judged_at: datetime | None
    version: int
    relation: Scope


_KEYS = (SortKey("k.proposed_at", "timestamptz"), SortKey("k.id", "uuid"))
_COLUMNS = (
    "k.id, k.filing_id, k.fact_id, k.changed, k.state, k.proposed_by_id, k.proposed_at, k.judged_by_id, k.judged_at, "
    "k.version, f.team_id"
)
_FROM = "FROM contact_correction k JOIN filing f ON f.id = k.filing_id"
_ALLOWED = {
    "state": Comparable("k.state", "text"),
    "proposed_at": Comparable("k.proposed_at", "timestamptz"),
    "claim": Comparable("k.filing_id", "uuid"),
}


def corrections(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[CorrectionRow]:
    """List the corrections in sight."""
    sight = visible_to(desk, Act.VIEW_CORRECTIONS)

    def source(bind: Values, _below: str) -> str:
        return f"{_FROM} WHERE {sight.filings('f', bind)} AND {condition(narrowed, _ALLOWED, bind)}"

    return Listing("corrections", lambda _bind: _COLUMNS, source, Order(_KEYS), lambda row: _row(desk, row), narrowed)


def _row(desk: Desk, row: Mapping[str, Any]) -> CorrectionRow:
    actor = desk.signed_in()
    relation = relation_of(actor, is_own=False, is_team=row["team_id"] == actor.team)
    return CorrectionRow(
        row["id"], row["filing_id"], row["fact_id"], tuple(row["changed"]), CorrectionState(row["state"]),
        row["proposed_by_id"], row["proposed_at"], row["judged_by_id"], row["judged_at"], row["version"], relation,
    )  # fmt: skip


def acts_on_correction(desk: Desk, row: CorrectionRow) -> list[Act]:
    """List the acts that the viewer may do on a correction; nobody judges their own."""
    if row.state is not CorrectionState.PENDING or row.proposed_by == desk.signed_in().staff:
        return []
    return acts_on(desk, [Act.JUDGE_CORRECTION], row.relation, facts=[*GIVEN, Condition.NOT_SELF])


async def correction_in_reach(fetch: Fetch, desk: Desk, act: Act, reference: str) -> UUID | None:
    """Give the correction that a reference names, if its filing is within the actor's reach."""
    sight, bind = visible_to(desk, act), Values()
    statement = (
        f"SELECT k.id {_FROM} WHERE k.id = {bind(row_of(Kind.CORRECTION, reference))} AND {sight.filings('f', bind)}"
    )
    rows = await fetch(statement, bind.given)
    return rows[0]["id"] if rows else None


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, CorrectionRow]:
    sight, bind = visible_to(desk, Act.VIEW_CORRECTIONS), Values()
    statement = f"SELECT {_COLUMNS} {_FROM} WHERE k.id = ANY({bind(ids)}) AND {sight.filings('f', bind)}"
    return {row["id"]: _row(desk, row) for row in await read(statement, bind.given)}


async def correction(desk: Desk, id_: UUID | None) -> CorrectionRow | None:
    """Give one correction in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def read_corrections(desk: Desk, paging: Paging, narrowed: Filter) -> Page[CorrectionRow]:
    """Read a page of the corrections in sight; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_CORRECTIONS)
    found = await page(desk, corrections(desk, narrowed), paging)
    if found.rows:
        await desk.note(Entry("correction:list", count=len(found.rows)))
    return found


async def count_corrections(desk: Desk, narrowed: Filter) -> Count:
    """Count the corrections in sight."""
    return await count(corrections(desk, narrowed))
