"""Applications for ownerless deals (认领) as somebody sees them: their own team's, and those put to them to judge.

- A supervisor outside every applicant's team sees an application, for it is theirs to judge (A18); one whose team
  applied sees its own alone.
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
from records.histories import details_of
from records.pages import Listing, Order, Page, Paging, SortKey, page
from records.queries import NOBODY, Values, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.desk import Desk


class ConfirmationState(StrEnum):
    """Where an application stands (认领状态)."""

    PENDING = "pending"
    VALID = "valid"
    INVALID = "invalid"


class ConfirmationOrder(StrEnum):
    """How a list of applications is sorted."""

    APPLIED_AT_DESC = "applied_at_desc"
    APPLIED_AT_ASC = "applied_at_asc"


@dataclass(frozen=True, slots=True)
class ConfirmationRow:
    """An application in sight; each piece of its evidence by kind and document."""

    id: UUID
    deal: UUID
    customer: UUID
    fact: UUID
    applicant: UUID
    team: UUID | None
    applied_at: datetime
    state: ConfirmationState
    judged_by: UUID | None
    judged_at: datetime | None
    evidence: tuple[tuple[str, str | None], ...]
    version: int
    may_judge: bool


_KEYS = (SortKey("n.applied_at", "timestamptz"), SortKey("n.id", "uuid"))
_FROM = (
    "FROM confirmation n JOIN fact f ON f.id = n.fact_id JOIN deal d ON d.id = n.deal_id "
    "JOIN customer p ON p.id = d.customer_id"
)
_ALLOWED = {
    "applied_at": Comparable("n.applied_at", "timestamptz"),
    "state": Comparable("n.state", "text"),
    "deal": Comparable("n.deal_id", "uuid"),
}


def _outside(desk: Desk, bind: Values) -> str:
    """Say when an application is one for whoever asks to judge."""
    actor = desk.signed_in()
    if not desk.guard.may(actor, Act.JUDGE_CONFIRMATION, relation=Scope.ALL, facts=[Condition.NOT_SELF]):
        return NOBODY
    me, team = bind(actor.staff, "uuid"), bind(actor.team, "uuid")
    return (
        "NOT EXISTS (SELECT FROM confirmation o WHERE o.deal_id = n.deal_id "
        f"AND (o.applicant_id = {me} OR o.team_id = {team}))"
    )


def _seen(desk: Desk, bind: Values) -> str:
    actor, scope = desk.signed_in(), visible_to(desk, Act.CONFIRM_DEAL).scope
    match scope:
        case Scope.TEAM | Scope.ALL:
            own = f"n.team_id = {bind(actor.team, 'uuid')}"
        case Scope.OWN:
            own = f"n.applicant_id = {bind(actor.staff, 'uuid')}"
        case _:
            own = NOBODY
    everything = "true" if visible_to(desk, Act.VIEW_DEALS).scope is Scope.ALL else NOBODY
    return f"({everything} OR {own} OR {_outside(desk, bind)})"


def _columns(desk: Desk, bind: Values) -> str:
    return (
        "n.id, n.deal_id, p.root_id, n.fact_id, n.applicant_id, n.team_id, n.applied_at, n.state, n.judged_by_id, "
        f"n.judged_at, f.details, n.version, n.state = 'pending' AND {_outside(desk, bind)} AS may_judge"
    )


def confirmations(
    desk: Desk, narrowed: Filter = EVERYTHING, order: ConfirmationOrder = ConfirmationOrder.APPLIED_AT_DESC
) -> Listing[ConfirmationRow]:
    """List the applications in sight."""

    def source(bind: Values, _below: str) -> str:
        return f"{_FROM} WHERE {_seen(desk, bind)} AND {condition(narrowed, _ALLOWED, bind)}"

    return Listing(
        "confirmations",
        lambda bind: _columns(desk, bind),
        source,
        Order(_KEYS, descending=order is ConfirmationOrder.APPLIED_AT_DESC),
        _row,
        narrowed,
    )


def _row(row: Mapping[str, Any]) -> ConfirmationRow:
    details = details_of(row["details"])
    return ConfirmationRow(
        id=row["id"],
        deal=row["deal_id"],
        customer=row["root_id"],
        fact=row["fact_id"],
        applicant=row["applicant_id"],
        team=row["team_id"],
        applied_at=row["applied_at"],
        state=ConfirmationState(row["state"]),
        judged_by=row["judged_by_id"],
        judged_at=row["judged_at"],
        evidence=tuple(zip(details["evidence"], details["documents"], strict=True)),
        version=row["version"],
        may_judge=row["may_judge"],
    )


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, ConfirmationRow]:
    bind = Values()
    statement = f"SELECT {_columns(desk, bind)} {_FROM} WHERE n.id = ANY({bind(ids)}) AND {_seen(desk, bind)}"
    return {row["id"]: _row(row) for row in await read(statement, bind.given)}


async def confirmation(desk: Desk, id_: UUID | None) -> ConfirmationRow | None:
    """Give one application in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def read_confirmations(
    desk: Desk, paging: Paging, narrowed: Filter, order: ConfirmationOrder
) -> Page[ConfirmationRow]:
    """Read a page of the applications in sight; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_DEALS)
    found = await page(desk, confirmations(desk, narrowed, order), paging)
    if found.rows:
        await desk.note(Entry("confirmation:list", count=len(found.rows)))
    return found
