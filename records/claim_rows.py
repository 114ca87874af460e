"""Claims as somebody sees them: filings with their state as of now, in pages, below a customer, and one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from authz.policy import Condition, Scope
from claims.facts import FilingType
from records.audit import Entry
from records.connection import read
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.pages import Asked, Count, Listing, Order, Page, Paging, SortKey, counts_asked, page, pages_asked
from records.queries import GIVEN, Values, acts_on, relation_of, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from records.desk import Desk
    from records.queries import Sight

_ONE_DAY = timedelta(days=1)
ACTS = (Act.COMPLETE_FILING,)
"""What may be done to a claim wherever it stands."""


class ClaimOrder(StrEnum):
    """How a list of claims is sorted."""

    FILED_AT_DESC = "filed_at_desc"
    FILED_AT_ASC = "filed_at_asc"


class FilingState(StrEnum):
    """Where a filing stands (报备状态)."""

    PROVISIONAL = "provisional"
    RETURNED = "returned"
    IN_REVIEW = "in_review"
    RECORDED = "recorded"
    REJECTED = "rejected"
    FORWARDED = "forwarded"
    ASSIGNED = "assigned"
    OVERDUE = "overdue"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A filing in sight, and how near it stands to the viewer; `filed_at` is when it was recorded."""

    id: UUID
    customer: UUID
    claimant: UUID
    team: UUID | None
    entered_by: UUID
    type: str
    channel: str
    state: FilingState
    missing: tuple[str, ...]
    filed_at: datetime
    occurred_at: datetime
    version: int
    relation: Scope
    is_put: bool
    contact_due_on: date | None


_KEYS = (SortKey("f.recorded_at", "timestamptz"), SortKey("f.id", "uuid"))


def _columns(sight: Sight, bind: Values) -> str:
    return (
        "f.id, p.root_id, f.claimant_id, f.team_id, f.entered_by_id, f.type, f.channel, s.state, s.missing, "
        "s.until_at, "
        f"f.recorded_at, f.occurred_at, f.version, {sight.put_to('f', bind)} AS is_put"
    )


_ALLOWED = {
    "filed_at": Comparable("f.recorded_at", "timestamptz"),
    "occurred_at": Comparable("f.occurred_at", "timestamptz"),
    "type": Comparable("f.type", "text"),
    "channel": Comparable("f.channel", "text"),
    "state": Comparable("s.state", "text"),
    "claimant": Comparable("f.claimant_id", "uuid"),
    "customer": Comparable("p.root_id", "uuid"),
}


def _from(now: str) -> str:
    return (
        "FROM filing f JOIN customer p ON p.id = f.customer_id JOIN claim_state s ON s.filing_id = f.id "
        f"AND s.from_at <= {now} AND (s.until_at IS NULL OR s.until_at > {now})"
    )


def claims(
    desk: Desk,
    narrowed: Filter = EVERYTHING,
    order: ClaimOrder = ClaimOrder.FILED_AT_DESC,
    *,
    below_customers: bool = False,
) -> Listing[ClaimRow]:
    """List the claims in sight: all of them, or those of the customer that the list stands below."""
    sight = visible_to(desk, Act.VIEW_CLAIMS)

    def source(bind: Values, below: str) -> str:
        where = f"{sight.filings('f', bind)} AND {condition(narrowed, _ALLOWED, bind)}"
        if below_customers:
            where += f" AND p.root_id = {below}"
        return f"{_from(bind(desk.now, 'timestamptz'))} WHERE {where}"

    return Listing(
        "claims of a customer" if below_customers else "claims",
        lambda bind: _columns(sight, bind),
        source,
        Order(_KEYS, descending=order is ClaimOrder.FILED_AT_DESC),
        lambda row: _row(desk, row),
        narrowed,
    )


def _row(desk: Desk, row: Mapping[str, Any]) -> ClaimRow:
    actor = desk.signed_in()
    is_team = row["team_id"] == actor.team
    is_own = row["claimant_id"] == actor.staff and (is_team or row["type"] == FilingType.DESIGNER)
    relation = relation_of(actor, is_own=is_own, is_team=is_team)
    return ClaimRow(
        id=row["id"],
        customer=row["root_id"],
        claimant=row["claimant_id"],
        team=row["team_id"],
        entered_by=row["entered_by_id"],
        type=row["type"],
        channel=row["channel"],
        state=FilingState(row["state"]),
        missing=tuple(row["missing"]),
        filed_at=row["recorded_at"],
        occurred_at=row["occurred_at"],
        version=row["version"],
        relation=relation,
        is_put=row["is_put"],
        contact_due_on=_contact_due(desk, row),
    )


def _contact_due(desk: Desk, row: Mapping[str, Any]) -> date | None:
    """Give the last day for the assignee's contact (B6 C9): the last one of the state of being assigned."""
    if row["state"] != FilingState.ASSIGNED or row["until_at"] is None:
        return None
    return desk.rulebook.day(row["until_at"]) - _ONE_DAY


def acts_on_claim(desk: Desk, row: ClaimRow) -> list[Act]:
    """List the acts that the viewer may do on a claim; nobody reviews their own, nor what waits for nobody."""
    acts = acts_on(desk, ACTS, row.relation)
    if FilingType.DESIGNER in desk.rulebook.required and row.type != FilingType.DESIGNER:
        acts += acts_on(desk, [Act.NAME_DESIGNER], row.relation)
    is_theirs = row.claimant == desk.signed_in().staff
    if row.state is FilingState.IN_REVIEW and not is_theirs:
        relation = Scope.OWN if row.is_put else row.relation
        acts += acts_on(desk, [Act.REVIEW_CLAIM], relation, facts=[*GIVEN, Condition.NOT_SELF])
    return acts


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, ClaimRow]:
    sight, bind = visible_to(desk, Act.VIEW_CLAIMS), Values()
    statement = (
        f"SELECT {_columns(sight, bind)} {_from(bind(desk.now, 'timestamptz'))} "
        f"WHERE f.id = ANY({bind(ids)}) AND {sight.filings('f', bind)}"
    )
    return {row["id"]: _row(desk, row) for row in await read(statement, bind.given)}


async def claim(desk: Desk, id_: UUID | None) -> ClaimRow | None:
    """Give one claim in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def read_claims(desk: Desk, paging: Paging, narrowed: Filter, order: ClaimOrder) -> Page[ClaimRow]:
    """Read a page of the claims in sight; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_CLAIMS)
    found = await page(desk, claims(desk, narrowed, order), paging)
    if found.rows:
        await desk.note(Entry("claim:list", count=len(found.rows)))
    return found


async def _below(desk: Desk, asked: list[Asked[ClaimOrder]]) -> dict[Asked[ClaimOrder], Page[ClaimRow]]:
    return await pages_asked(desk, asked, lambda narrowed, order: claims(desk, narrowed, order, below_customers=True))


async def claims_of(desk: Desk, root: UUID, paging: Paging, narrowed: Filter, order: ClaimOrder) -> Page[ClaimRow]:
    """Read a page of a customer's claims in sight."""
    return await desk.gathering.ask(desk, _below, (root, paging, narrowed, order)) or Page()


async def _counted_below(desk: Desk, asked: list[tuple[UUID, Filter]]) -> dict[tuple[UUID, Filter], Count]:
    return await counts_asked(asked, lambda narrowed: claims(desk, narrowed, below_customers=True))


async def count_claims_of(desk: Desk, root: UUID, narrowed: Filter) -> Count:
    """Count a customer's claims in sight."""
    return await desk.gathering.ask(desk, _counted_below, (root, narrowed)) or Count(0, is_exact=True)
