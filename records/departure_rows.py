"""Departures (离职) and changes of team (调岗) as somebody sees them: where each stands, and who took over what.

- Announced, until the person has left; then departed, until the list is empty; then completed. Or withdrawn.
- Who took over is the book of custody (G11): appended, newest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from authz.policy import Condition
from records.audit import Entry
from records.connection import read
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.pages import Listing, Order, Page, Paging, SortKey, page
from records.queries import GIVEN, Values, acts_on, relation_of, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from records.desk import Desk


class DepartureKind(StrEnum):
    """What somebody leaves (离任类别)."""

    LEAVE = "leave"
    TRANSFER = "transfer"


class DepartureCause(StrEnum):
    """Why somebody leaves the company (离职原因)."""

    RESIGNATION = "resignation"
    DISMISSAL = "dismissal"
    PROBATION = "probation"
    OTHER = "other"


class DepartureState(StrEnum):
    """Where a departure stands (离职进度)."""

    ANNOUNCED = "announced"
    DEPARTED = "departed"
    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"


class HandoverKind(StrEnum):
    """What is handed over (交接事项)."""

    HOLDING = "holding"
    FILING = "filing"
    DEAL = "deal"
    REVIEW = "review"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class DepartureRow:
    """A departure: whose, from which team, to which, and where it stands."""

    id: UUID
    staff: UUID
    team: UUID | None
    kind: DepartureKind
    to_team: UUID | None
    cause: DepartureCause | None
    noticed_on: date
    last_day: date
    is_notice_waived: bool
    announced_by: UUID
    announced_at: datetime
    departed_at: datetime | None
    completed_at: datetime | None
    completed_by: UUID | None
    withdrawn_at: datetime | None
    version: int

    @property
    def state(self) -> DepartureState:
        """Say where it stands."""
        if self.withdrawn_at is not None:
            return DepartureState.WITHDRAWN
        if self.completed_at is not None:
            return DepartureState.COMPLETED
        return DepartureState.ANNOUNCED if self.departed_at is None else DepartureState.DEPARTED


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Something that passed from a leaver into somebody's hands."""

    id: UUID
    kind: HandoverKind
    customer: UUID | None
    filing: UUID | None
    deal: UUID | None
    level: int | None
    to: UUID
    by: UUID
    at: datetime


STATE = (
    "CASE WHEN d.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN d.completed_at IS NOT NULL THEN 'completed' "
    "WHEN d.departed_at IS NOT NULL THEN 'departed' ELSE 'announced' END"
)
_KEYS = (SortKey("d.announced_at", "timestamptz"), SortKey("d.id", "uuid"))
_ALLOWED = {
    "staff": Comparable("d.staff_id", "uuid"),
    "team": Comparable("d.team_id", "uuid"),
    "kind": Comparable("d.kind", "text"),
    "state": Comparable(f"({STATE})", "text"),
    "last_day": Comparable("d.last_day", "date"),
}
_HANDED_OVER_KEYS = (SortKey("h.at", "timestamptz"), SortKey("h.id", "uuid"))
_HANDED_OVER = "h.id, h.kind, c.root_id AS customer_id, h.filing_id, h.deal_id, a.level, h.to_staff_id, h.by_id, h.at"


def departure_of(row: Mapping[str, Any]) -> DepartureRow:
    """Read a departure's row."""
    return DepartureRow(
        row["id"], row["staff_id"], row["team_id"], DepartureKind(row["kind"]), row["to_team_id"],
        None if row["cause"] is None else DepartureCause(row["cause"]), row["noticed_on"], row["last_day"],
        row["is_notice_waived"], row["announced_by_id"], row["announced_at"], row["departed_at"], row["completed_at"],
        row["completed_by_id"], row["withdrawn_at"], row["version"],
    )  # fmt: skip


def departures(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[DepartureRow]:
    """List the departures in sight."""
    sight = visible_to(desk, Act.VIEW_DEPARTURES)

    def source(bind: Values, _below: str) -> str:
        return f"FROM departure d WHERE {sight.departures('d', bind)} AND {condition(narrowed, _ALLOWED, bind)}"

    return Listing("departures", lambda _bind: "d.*", source, Order(_KEYS), departure_of, narrowed)


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, DepartureRow]:
    sight, bind = visible_to(desk, Act.VIEW_DEPARTURES), Values()
    statement = f"SELECT d.* FROM departure d WHERE d.id = ANY({bind(ids)}) AND {sight.departures('d', bind)}"
    return {row["id"]: departure_of(row) for row in await read(statement, bind.given)}


async def departure(desk: Desk, id_: UUID | None) -> DepartureRow | None:
    """Give one departure in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def read_departures(desk: Desk, paging: Paging, narrowed: Filter) -> Page[DepartureRow]:
    """Read a page of the departures in sight; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_DEPARTURES)
    found = await page(desk, departures(desk, narrowed), paging)
    if found.rows:
        await desk.note(Entry("departure:list", count=len(found.rows)))
    return found


def handed_over(departure: UUID) -> Listing[HandedOver]:
    """List what passed from a leaver, and to whom, the latest first; its departure is in sight."""

    def source(bind: Values, _below: str) -> str:
        return (
            "FROM handover h LEFT JOIN filing f ON f.id = h.filing_id LEFT JOIN deal e ON e.id = h.deal_id "
            "LEFT JOIN customer c ON c.id = coalesce(h.customer_id, f.customer_id, e.customer_id) "
            f"LEFT JOIN approver a ON a.id = h.approver_id WHERE h.departure_id = {bind(departure, 'uuid')}"
        )

    def row(found: Mapping[str, Any]) -> HandedOver:
        return HandedOver(
            found["id"], HandoverKind(found["kind"]), found["customer_id"], found["filing_id"], found["deal_id"],
            found["level"], found["to_staff_id"], found["by_id"], found["at"],
        )  # fmt: skip

    return Listing(f"handed over {departure}", lambda _bind: _HANDED_OVER, source, Order(_HANDED_OVER_KEYS), row)


async def read_handovers(desk: Desk, departure: DepartureRow, paging: Paging) -> Page[HandedOver]:
    """Read a page of what was handed over; one entry of the log says how many things were shown."""
    found = await page(desk, handed_over(departure.id), paging)
    if found.rows:
        await desk.note(Entry("departure:handovers", count=len(found.rows)))
    return found


def acts_on_departure(desk: Desk, row: DepartureRow) -> list[Act]:
    """List the acts that whoever asks may do on a departure as it stands."""
    actor, state = desk.signed_in(), row.state
    open_acts = {
        DepartureState.ANNOUNCED: [Act.WITHDRAW_DEPARTURE, Act.HAND_OVER, Act.DEPART_STAFF],
        DepartureState.DEPARTED: [Act.HAND_OVER, Act.COMPLETE_DEPARTURE],
    }.get(state, [])
    is_own = row.staff == actor.staff
    relation = relation_of(actor, is_own=is_own, is_team=row.team == actor.team)
    return acts_on(desk, open_acts, relation, facts=GIVEN if is_own else [*GIVEN, Condition.NOT_SELF])
