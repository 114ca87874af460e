"""Grants as somebody sees them; where each stands is a function of the clock, so that none needs a job to end.

- One sees one's own; a supervisor those that wait over a customer of their team, and those that their team decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from authz.policy import Condition, Scope
from records.audit import Entry
from records.connection import read
from records.disclosure import ContactField, PurposeCode
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.pages import Count, Listing, Order, Page, Paging, SortKey, count, page
from records.queries import GIVEN, NOBODY, Sight, Values, acts_on, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.desk import Desk


class GrantState(StrEnum):
    """Where a grant stands (授权状态)."""

    REQUESTED = "requested"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant in sight: for whom, of which customer, what and why; who decided it, until when, and its uses."""

    id: UUID
    customer: UUID
    staff: UUID
    fields: tuple[ContactField, ...]
    papers: bool
    purpose: PurposeCode
    state: GrantState
    requested_at: datetime
    request_fact: UUID | None
    decided_by: UUID | None
    decided_at: datetime | None
    decided_fact: UUID | None
    until: datetime | None
    withdrawn_by: UUID | None
    withdrawn_at: datetime | None
    uses: int
    version: int


_KEYS = (SortKey("g.requested_at", "timestamptz"), SortKey("g.id", "uuid"))
_FROM = "FROM reveal_grant g JOIN customer p ON p.id = g.customer_id"
_USES = "(SELECT count(*) FROM grant_use u WHERE u.grant_id = g.id) AS uses"


def _seen(sight: Sight, bind: Values) -> str:
    """Say when a grant is in sight."""
    mine = f"g.staff_id = {bind(sight.staff, 'uuid')}"
    match sight.scope:
        case Scope.OWN:
            return mine
        case Scope.TEAM:
            waits = f"(g.outcome IS NULL AND g.withdrawn_at IS NULL AND {sight.team_customer('p.root_id', bind)})"
            return f"({mine} OR g.team_id = {bind(sight.team, 'uuid')} OR {waits})"
        case _:
            return NOBODY


def _state(desk: Desk, bind: Values) -> str:
    now = bind(desk.now, "timestamptz")
    return (
        "(CASE WHEN g.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN g.outcome IS NULL THEN 'requested' "
        f"WHEN g.outcome = 'refused' THEN 'refused' WHEN g.until_at <= {now} THEN 'expired' ELSE 'given' END)"
    )


def _columns(desk: Desk, bind: Values) -> str:
    return f"g.*, p.root_id, {_USES}, {_state(desk, bind)} AS state"


def grants(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[GrantRow]:
    """List the grants in sight, the latest first."""
    sight = visible_to(desk, Act.VIEW_GRANTS)
    allowed = {
        "state": Comparable(lambda bind: _state(desk, bind), "text"),
        "staff": Comparable("g.staff_id", "uuid"),
        "customer": Comparable("p.root_id", "uuid"),
        "requested_at": Comparable("g.requested_at", "timestamptz"),
    }

    def source(bind: Values, _below: str) -> str:
        return f"{_FROM} WHERE {_seen(sight, bind)} AND {condition(narrowed, allowed, bind)}"

    return Listing("grants", lambda bind: _columns(desk, bind), source, Order(_KEYS), _row, narrowed)


def _row(row: Mapping[str, Any]) -> GrantRow:
    return GrantRow(
        row["id"], row["root_id"], row["staff_id"], tuple(ContactField(one) for one in row["shown"]), row["papers"],
        PurposeCode(row["purpose"]), GrantState(row["state"]), row["requested_at"], row["request_fact_id"],
        row["decided_by_id"], row["decided_at"], row["decided_fact_id"], row["until_at"], row["withdrawn_by_id"],
        row["withdrawn_at"], row["uses"], row["version"],
    )  # fmt: skip


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, GrantRow]:
    sight, bind = visible_to(desk, Act.VIEW_GRANTS), Values()
    statement = f"SELECT {_columns(desk, bind)} {_FROM} WHERE g.id = ANY({bind(ids)}) AND {_seen(sight, bind)}"
    return {row["id"]: _row(row) for row in await read(statement, bind.given)}


async def grant(desk: Desk, id_: UUID | None) -> GrantRow | None:
    """Give one grant in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


def acts_on_grant(desk: Desk, row: GrantRow) -> list[Act]:
    """List the acts that the viewer may do on a grant as it stands."""
    is_own = row.staff == desk.signed_in().staff
    relation = Scope.OWN if is_own else Scope.TEAM
    facts = GIVEN if is_own else [*GIVEN, Condition.NOT_SELF]
    match row.state:
        case GrantState.REQUESTED:
            acts = [Act.GIVE_GRANT, Act.REFUSE_GRANT, Act.WITHDRAW_GRANT]
        case GrantState.GIVEN:
            acts = [Act.WITHDRAW_GRANT]
        case _:
            acts = []
    return acts_on(desk, acts, relation, facts=facts)


async def read_grants(desk: Desk, paging: Paging, narrowed: Filter) -> Page[GrantRow]:
    """Read a page of the grants; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_GRANTS)
    found = await page(desk, grants(desk, narrowed), paging)
    if found.rows:
        await desk.note(Entry("grant:list", count=len(found.rows)))
    return found


async def count_grants(desk: Desk, narrowed: Filter) -> Count:
    """Count the grants in sight."""
    return await count(grants(desk, narrowed))
