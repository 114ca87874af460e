"""Inspections and what they sampled, as somebody sees them; where each stands is a function of the clock.

- Inspectors see the inspections of their reach whole; whoever keeps a filing sees what was found of it, once it was.
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
from records.findings import Found, keeper_of
from records.pages import Count, Listing, Order, Page, Paging, SortKey, count, page
from records.queries import GIVEN, NOBODY, Sight, Values, acts_on, relation_of, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from records.desk import Desk


class InspectedState(StrEnum):
    """Where a sampled filing stands (检查进度)."""

    UNEXAMINED = "unexamined"
    IN_ORDER = "in_order"
    OPEN = "open"
    OVERDUE = "overdue"
    RECTIFIED = "rectified"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class InspectionRow:
    """An inspection in sight: whose filings of which days, how many there were, and how far it is."""

    id: UUID
    team: UUID
    from_day: date
    to_day: date
    seed: str
    population: int
    sampled: int
    examined: int
    found: int
    overdue: int
    confirmed: int
    opened_by: UUID
    opened_at: datetime
    closed_by: UUID | None
    closed_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class InspectedRow:
    """A sampled filing in sight: what was found of it, by when it is put right, and who did what."""

    id: UUID
    inspection: UUID
    filing: UUID
    place: int
    state: InspectedState
    finding: Found | None
    found_by: UUID | None
    found_at: datetime | None
    found_fact: UUID | None
    due_on: date | None
    rectified_by: UUID | None
    rectified_at: datetime | None
    rectified_fact: UUID | None
    confirmed_by: UUID | None
    confirmed_at: datetime | None
    version: int
    is_open: bool
    is_own: bool
    is_team: bool


_KEYS = (SortKey("n.opened_at", "timestamptz"), SortKey("n.id", "uuid"))
_ITEM_KEYS = (SortKey("n.opened_at", "timestamptz"), SortKey("i.place", "smallint"), SortKey("i.id", "uuid"))
_ITEMS = (
    "FROM inspected_claim i JOIN inspection n ON n.id = i.inspection_id JOIN filing f ON f.id = i.filing_id "
    "JOIN customer p ON p.id = f.customer_id"
)
_ITEM_COLUMNS = "i.*, n.team_id, n.closed_at, f.claimant_id, f.custodian_id"


def _columns(desk: Desk, bind: Values) -> str:
    today = bind(desk.rulebook.day(desk.now), "date")
    return (
        "n.*, s.sampled, s.examined, s.found, s.overdue, s.confirmed FROM inspection n CROSS JOIN LATERAL ("
        "SELECT count(*) AS sampled, count(i.finding) AS examined, count(i.due_on) AS found, "
        f"count(*) FILTER (WHERE i.due_on < {today} AND i.rectified_at IS NULL) AS overdue, "
        "count(i.confirmed_at) AS confirmed FROM inspected_claim i WHERE i.inspection_id = n.id) s"
    )


def _inspections_seen(sight: Sight, bind: Values) -> str:
    """Say when an inspection is in sight: to whoever inspects."""
    match sight.scope:
        case Scope.ALL:
            return "true"
        case Scope.TEAM:
            return f"n.team_id = {bind(sight.team, 'uuid')}"
        case _:
            return NOBODY


def _items_seen(sight: Sight, bind: Values) -> str:
    """Say when a sampled filing is in sight: with its inspection, or once something was found of what one keeps."""
    if sight.scope is not Scope.OWN:
        return _inspections_seen(sight, bind)
    me = bind(sight.staff, "uuid")
    return f"(coalesce(f.custodian_id, f.claimant_id) = {me} AND i.due_on IS NOT NULL)"


def _state(desk: Desk, bind: Values) -> str:
    today = bind(desk.rulebook.day(desk.now), "date")
    return (
        "(CASE WHEN i.finding IS NULL THEN 'unexamined' WHEN i.due_on IS NULL THEN 'in_order' "
        "WHEN i.confirmed_at IS NOT NULL THEN 'confirmed' WHEN i.rectified_at IS NOT NULL THEN 'rectified' "
        f"WHEN i.due_on < {today} THEN 'overdue' ELSE 'open' END)"
    )


def inspections(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[InspectionRow]:
    """List the inspections in sight, the latest first."""
    sight = visible_to(desk, Act.VIEW_INSPECTIONS)
    allowed = {
        "team": Comparable("n.team_id", "uuid"),
        "opened_at": Comparable("n.opened_at", "timestamptz"),
        "is_closed": Comparable("(n.closed_at IS NOT NULL)", "boolean"),
    }

    def source(bind: Values, _below: str) -> str:
        return f"FROM (SELECT {_columns(desk, bind)}) n WHERE {_inspections_seen(sight, bind)} AND " + condition(
            narrowed, allowed, bind
        )

    return Listing("inspections", lambda _bind: "n.*", source, Order(_KEYS), _inspection, narrowed)


def _inspection(row: Mapping[str, Any]) -> InspectionRow:
    return InspectionRow(
        row["id"], row["team_id"], row["from_day"], row["to_day"], row["seed"], row["population"], row["sampled"],
        row["examined"], row["found"], row["overdue"], row["confirmed"], row["opened_by_id"], row["opened_at"],
        row["closed_by_id"], row["closed_at"], row["version"],
    )  # fmt: skip


async def _inspection_by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, InspectionRow]:
    sight, bind = visible_to(desk, Act.VIEW_INSPECTIONS), Values()
    statement = (
        f"SELECT n.* FROM (SELECT {_columns(desk, bind)}) n "
        f"WHERE n.id = ANY({bind(ids)}) AND {_inspections_seen(sight, bind)}"
    )
    return {row["id"]: _inspection(row) for row in await read(statement, bind.given)}


async def inspection(desk: Desk, id_: UUID | None) -> InspectionRow | None:
    """Give one inspection in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _inspection_by_id, id_)


def inspected_claims(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[InspectedRow]:
    """List the sampled filings in sight, the oldest inspection first, as they were drawn."""
    sight = visible_to(desk, Act.VIEW_INSPECTIONS)
    allowed = {
        "inspection": Comparable("i.inspection_id", "uuid"),
        "state": Comparable(lambda bind: _state(desk, bind), "text"),
        "due_on": Comparable("i.due_on", "date"),
        "claimant": Comparable("f.claimant_id", "uuid"),
    }

    def source(bind: Values, _below: str) -> str:
        return f"{_ITEMS} WHERE {_items_seen(sight, bind)} AND {condition(narrowed, allowed, bind)}"

    return Listing(
        "inspected claims", lambda bind: f"{_ITEM_COLUMNS}, {_state(desk, bind)} AS state", source,
        Order(_ITEM_KEYS, descending=False),
        lambda row: _inspected(desk, row), narrowed,
    )  # fmt: skip


def _inspected(desk: Desk, row: Mapping[str, Any]) -> InspectedRow:
    actor = desk.signed_in()
    return InspectedRow(
        row["id"], row["inspection_id"], row["filing_id"], row["place"], InspectedState(row["state"]),
        None if row["finding"] is None else Found(row["finding"]), row["found_by_id"], row["found_at"],
        row["found_fact_id"], row["due_on"], row["rectified_by_id"], row["rectified_at"], row["rectified_fact_id"],
        row["confirmed_by_id"], row["confirmed_at"], row["version"], row["closed_at"] is None,
        actor.staff == keeper_of(row), row["team_id"] == actor.team,
    )  # fmt: skip


async def _inspected_by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, InspectedRow]:
    sight, bind = visible_to(desk, Act.VIEW_INSPECTIONS), Values()
    statement = (
        f"SELECT {_ITEM_COLUMNS}, {_state(desk, bind)} AS state {_ITEMS} "
        f"WHERE i.id = ANY({bind(ids)}) AND {_items_seen(sight, bind)}"
    )
    return {row["id"]: _inspected(desk, row) for row in await read(statement, bind.given)}


async def inspected_claim(desk: Desk, id_: UUID | None) -> InspectedRow | None:
    """Give one sampled filing in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _inspected_by_id, id_)


def acts_on_inspection(desk: Desk, row: InspectionRow) -> list[Act]:
    """List the acts that the viewer may do on an inspection."""
    if row.closed_at is not None:
        return []
    relation = relation_of(desk.signed_in(), is_own=False, is_team=row.team == desk.signed_in().team)
    return acts_on(desk, [Act.CLOSE_INSPECTION], relation)


def acts_on_inspected(desk: Desk, row: InspectedRow) -> list[Act]:
    """List the acts that the viewer may do on a sampled filing as it stands."""
    actor = desk.signed_in()
    relation = relation_of(actor, is_own=False, is_team=row.is_team)
    near = relation_of(actor, is_own=row.is_own, is_team=row.is_team)
    match row.state:
        case _ if not row.is_open:
            return []
        case InspectedState.UNEXAMINED if not row.is_own:
            return acts_on(desk, [Act.RECORD_FINDING], relation)
        case InspectedState.OPEN | InspectedState.OVERDUE:
            return acts_on(desk, [Act.RECTIFY_FINDING], near)
        case InspectedState.RECTIFIED if row.rectified_by != actor.staff:
            return acts_on(desk, [Act.CONFIRM_RECTIFICATION], relation, facts=[*GIVEN, Condition.NOT_SELF])
        case _:
            return []


async def read_inspections(desk: Desk, paging: Paging, narrowed: Filter) -> Page[InspectionRow]:
    """Read a page of the inspections; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_INSPECTIONS)
    found = await page(desk, inspections(desk, narrowed), paging)
    if found.rows:
        await desk.note(Entry("inspection:list", count=len(found.rows)))
    return found


async def read_inspected_claims(desk: Desk, paging: Paging, narrowed: Filter) -> Page[InspectedRow]:
    """Read a page of the sampled filings; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_INSPECTIONS)
    found = await page(desk, inspected_claims(desk, narrowed), paging)
    if found.rows:
        await desk.note(Entry("inspection:list", count=len(found.rows)))
    return found


async def count_inspections(desk: Desk, narrowed: Filter) -> Count:
    """Count the inspections in sight."""
    return await count(inspections(desk, narrowed))


async def count_inspected_claims(desk: Desk, narrowed: Filter) -> Count:
    """Count the sampled filings in sight."""
    return await count(inspected_claims(desk, narrowed))
