"""Offences (违规) as somebody sees them: their own, their team's, or all; by law and recorded in one list.

- An offence against which an appeal was upheld counts for nothing: it is shown as lifted.
- The customer is shown as far as the viewer sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from authz.policy import Condition, Scope
from records.audit import Entry
from records.connection import read
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.pages import Listing, Order, Page, Paging, SortKey, page
from records.queries import NOBODY, Values, visible_to
from records.references import Kind, row_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.connection import Fetch
    from records.desk import Desk

OFFENCES: Final = """
SELECT o.*, p.appealed_at, p.outcome, p.decided_by_id, p.decided_at, p.fact_id AS plea_id, c.root_id FROM (
    SELECT l.id, l.staff_id, l.customer_id, l.kind, l.at, l.nth, l.yuan, l.clauses, l.edition, NULL::text AS step,
        NULL::uuid AS recorded_by_id, NULL::uuid AS fact_id FROM law_offence l
    UNION ALL
    SELECT r.id, r.staff_id, r.customer_id, r.kind, r.at, (row_number() OVER (
        PARTITION BY r.staff_id, r.kind, r.at ORDER BY f.seq))::smallint AS nth, r.yuan, r.clauses, r.edition, r.step,
        r.recorded_by_id, r.fact_id FROM offence r JOIN fact f ON f.id = r.fact_id
) o LEFT JOIN offence_plea p USING (staff_id, kind, at, nth) LEFT JOIN customer c ON c.id = o.customer_id
"""
"""Every offence, with what became of an appeal, and its customer's root."""


class OffenceState(StrEnum):
    """Where an offence stands (违规状态)."""

    STANDS = "stands"
    APPEALED = "appealed"
    UPHELD = "upheld"
    LIFTED = "lifted"


class OffenceOrder(StrEnum):
    """How a list of offences is sorted."""

    AT_DESC = "at_desc"
    AT_ASC = "at_asc"


@dataclass(frozen=True, slots=True)
class OffenceSeen:
    """An offence in sight; `step` and `recorded_by` only of one that was recorded."""

    id: UUID
    staff: UUID
    customer: UUID | None
    kind: str
    at: datetime
    yuan: int | None
    step: str | None
    recorded_by: UUID | None
    clauses: tuple[str, ...]
    edition: str
    state: OffenceState
    fact: UUID | None
    plea: UUID | None
    decided_by: UUID | None
    decided_at: datetime | None


_STATE: Final = "coalesce(o.outcome, CASE WHEN o.appealed_at IS NULL THEN 'stands' ELSE 'appealed' END)"
_KEYS = (SortKey("o.at", "timestamptz"), SortKey("o.id", "uuid"))
_ALLOWED = {
    "at": Comparable("o.at", "timestamptz"),
    "staff": Comparable("o.staff_id", "uuid"),
    "kind": Comparable("o.kind", "text"),
    "state": Comparable(_STATE, "text"),
}


def _seen(desk: Desk, act: Act, bind: Values) -> str:
    sight = visible_to(desk, act)
    match sight.scope:
        case Scope.ALL:
            return "true"
        case Scope.TEAM:
            return sight.colleagues("o.staff_id", bind)
        case Scope.OWN:
            return f"o.staff_id = {bind(sight.staff, 'uuid')}"
        case _:
            return NOBODY


def offences(
    desk: Desk, narrowed: Filter = EVERYTHING, order: OffenceOrder = OffenceOrder.AT_DESC
) -> Listing[OffenceSeen]:
    """List the offences in sight."""

    def source(bind: Values, _below: str) -> str:
        where = f"{_seen(desk, Act.VIEW_OFFENCES, bind)} AND {condition(narrowed, _ALLOWED, bind)}"
        return f"FROM ({OFFENCES}) o WHERE {where}"

    return Listing(
        "offences",
        lambda _bind: f"o.*, {_STATE} AS state",
        source,
        Order(_KEYS, descending=order is OffenceOrder.AT_DESC),
        _row,
        narrowed,
    )


def _row(row: Mapping[str, Any]) -> OffenceSeen:
    return OffenceSeen(
        id=row["id"],
        staff=row["staff_id"],
        customer=row["root_id"],
        kind=row["kind"],
        at=row["at"],
        yuan=row["yuan"],
        step=row["step"],
        recorded_by=row["recorded_by_id"],
        clauses=tuple(row["clauses"]),
        edition=row["edition"],
        state=OffenceState(row["state"]),
        fact=row["fact_id"],
        plea=row["plea_id"],
        decided_by=row["decided_by_id"],
        decided_at=row["decided_at"],
    )


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, OffenceSeen]:
    bind = Values()
    statement = (
        f"SELECT o.*, {_STATE} AS state FROM ({OFFENCES}) o "
        f"WHERE o.id = ANY({bind(ids)}) AND {_seen(desk, Act.VIEW_OFFENCES, bind)}"
    )
    return {row["id"]: _row(row) for row in await read(statement, bind.given)}


async def offence(desk: Desk, id_: UUID | None) -> OffenceSeen | None:
    """Give one offence in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def seen_offence(fetch: Fetch, desk: Desk, act: Act, reference: str) -> Mapping[str, Any] | None:
    """Give the offence that a reference names, if it is within the actor's reach by an act."""
    bind = Values()
    id_ = bind(row_of(Kind.OFFENCE, reference), "uuid")
    rows = await fetch(f"SELECT o.* FROM ({OFFENCES}) o WHERE o.id = {id_} AND {_seen(desk, act, bind)}", bind.given)
    return rows[0] if rows else None


async def read_offences(desk: Desk, paging: Paging, narrowed: Filter, order: OffenceOrder) -> Page[OffenceSeen]:
    """Read a page of the offences in sight; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_OFFENCES)
    found = await page(desk, offences(desk, narrowed, order), paging)
    if found.rows:
        await desk.note(Entry("offence:list", count=len(found.rows)))
    return found


def acts_on_offence(desk: Desk, row: OffenceSeen) -> list[Act]:
    """List what whoever asks may do about an offence."""
    actor = desk.signed_in()
    if row.state is OffenceState.STANDS and row.staff == actor.staff:
        return [Act.APPEAL_OFFENCE] if desk.guard.may(actor, Act.APPEAL_OFFENCE) else []
    if row.state is OffenceState.APPEALED and actor.staff not in {row.staff, row.recorded_by}:
        may = desk.guard.may(actor, Act.DECIDE_OFFENCE, relation=Scope.ALL, facts=[Condition.NOT_SELF])
        return [Act.DECIDE_OFFENCE] if may else []
    return []
