"""Recorded visits (拜访记录) as somebody sees them: one's own, one's team's, or all; the latest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from records.connection import read
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.pages import Listing, Order, Page, Paging, SortKey, page
from records.queries import Values, visible_to
from records.visit_records import REFUTED, Finding, is_late

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.desk import Desk


@dataclass(frozen=True, slots=True)
class VisitRecordRow:
    """A recorded visit in sight."""

    id: UUID
    customer: UUID
    by: UUID
    visited_at: datetime
    recorded_at: datetime
    is_late: bool
    finding: Finding
    verified_by: UUID | None
    verified_at: datetime | None


_KEYS = (SortKey("fa.happened_at", "timestamptz"), SortKey("fa.id", "uuid"))
_COLUMNS = (
    "fa.id, p.root_id, fa.by_id, fa.happened_at, fa.recorded_at, k.kind AS found, k.entered_by_id AS verified_by, "
    "k.recorded_at AS verified_at"
)
_FROM = (
    "FROM fact fa JOIN customer p ON p.id = fa.customer_id LEFT JOIN fact k ON k.corrects_id = fa.id "
    "WHERE fa.kind = 'record_visit' AND fa.corrects_id IS NULL"
)
_FINDING = (
    f"(CASE k.kind WHEN 'record_visit' THEN '{Finding.VERIFIED}' WHEN '{REFUTED}' THEN '{Finding.REFUTED}' "
    f"ELSE '{Finding.UNVERIFIED}' END)"
)
_ALLOWED = {
    "finding": Comparable(_FINDING, "text"),
    "by": Comparable("fa.by_id", "uuid"),
    "visited_at": Comparable("fa.happened_at", "timestamptz"),
}
_FOUND = {"record_visit": Finding.VERIFIED, REFUTED: Finding.REFUTED}


def visit_records(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[VisitRecordRow]:
    """List the recorded visits in sight, the latest first."""
    sight = visible_to(desk, Act.VIEW_VISIT_RECORDS)

    def source(bind: Values, _below: str) -> str:
        return f"{_FROM} AND {sight.records('fa.by_id', bind)} AND {condition(narrowed, _ALLOWED, bind)}"

    return Listing("visit_records", lambda _bind: _COLUMNS, source, Order(_KEYS), lambda row: _row(desk, row), narrowed)


def _row(desk: Desk, row: Mapping[str, Any]) -> VisitRecordRow:
    late = is_late(desk.rulebook, visited_at=row["happened_at"], recorded_at=row["recorded_at"])
    finding = _FOUND.get(row["found"], Finding.UNVERIFIED)
    return VisitRecordRow(
        row["id"], row["root_id"], row["by_id"], row["happened_at"], row["recorded_at"], late, finding,
        row["verified_by"], row["verified_at"],
    )  # fmt: skip


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, VisitRecordRow]:
    sight, bind = visible_to(desk, Act.VIEW_VISIT_RECORDS), Values()
    statement = f"SELECT {_COLUMNS} {_FROM} AND fa.id = ANY({bind(ids)}) AND {sight.records('fa.by_id', bind)}"
    return {row["id"]: _row(desk, row) for row in await read(statement, bind.given)}


async def visit_record(desk: Desk, id_: UUID | None) -> VisitRecordRow | None:
    """Give one recorded visit in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def read_visit_records(desk: Desk, paging: Paging, narrowed: Filter) -> Page[VisitRecordRow]:
    """Read a page of the recorded visits in sight."""
    await desk.require(Act.VIEW_VISIT_RECORDS)
    return await page(desk, visit_records(desk, narrowed), paging)
