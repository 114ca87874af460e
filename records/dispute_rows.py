"""Disputes (争议) as somebody sees them: to a party the other side is the other claimant, until the dispute is settled.

- Whoever sees all disputes sees both sides; a party sees its own, and the other by name once an award is signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from authz.policy import Condition, Scope
from records import awards
from records.audit import Entry
from records.awards import AwardLevel
from records.connection import read
from records.dispute_sides import Side
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.histories import details_of
from records.kept_rulings import read_again
from records.pages import Asked, Count, Listing, Order, Page, Paging, SortKey, counts_asked, page, pages_asked
from records.queries import GIVEN, Values, acts_on, relation_of, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from authz.actor import Actor
    from records.desk import Desk
    from records.kept_rulings import KeptRuling


class DisputeOrder(StrEnum):
    """How a list of disputes is sorted."""

    OPENED_AT_DESC = "opened_at_desc"
    OPENED_AT_ASC = "opened_at_asc"


class DisputeState(StrEnum):
    """Where a dispute stands (争议状态)."""

    OPEN = "open"
    SETTLED = "settled"
    APPEALED = "appealed"
    CLOSED = "closed"


class PartyLabel(StrEnum):
    """By what a party goes where it is not named."""

    OWN_SIDE = "own_side"
    OTHER_CLAIMANT = "other_claimant"
    CLAIMANT = "claimant"


_LABELS = {
    PartyLabel.OWN_SIDE: ("己方", "your side"),
    PartyLabel.OTHER_CLAIMANT: ("另一主张人", "the other claimant"),
    PartyLabel.CLAIMANT: ("主张人", "a claimant"),
}


@dataclass(frozen=True, slots=True)
class PartyShown:
    """A party as the viewer may know it: by name, or by a label alone."""

    side: Side
    label: PartyLabel
    staff: UUID | None
    team: UUID | None

    def words(self, language: str) -> str:
        """Say the label in Chinese (`zh`) or English (`en`)."""
        return _LABELS[self.label][language == "en"]


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A dispute in sight."""

    id: UUID
    customer: UUID
    opened_by: UUID
    opener_team: UUID | None
    against: UUID | None
    against_team: UUID | None
    opened_at: datetime
    state: DisputeState
    settled_at: datetime | None
    awarded_to: UUID | None
    awarded_by: UUID | None
    arbiter: UUID | None
    appealed_at: datetime | None
    closed_at: datetime | None
    version: int
    relation: Scope

    def is_party(self, actor: Actor) -> bool:
        """Tell whether somebody is one of the two, in person."""
        return actor.staff in {self.opened_by, self.against}

    def sides(self) -> dict[str, UUID | None]:
        """Give the parties and their teams under the names of their columns."""
        return {
            "opened_by_id": self.opened_by, "against_id": self.against,
            "opener_team_id": self.opener_team, "against_team_id": self.against_team,
        }  # fmt: skip


_KEYS = (SortKey("d.opened_at", "timestamptz"), SortKey("d.id", "uuid"))
_STATE = (
    "CASE WHEN d.closed_at IS NOT NULL THEN 'closed' WHEN d.appealed_at IS NOT NULL THEN 'appealed' ELSE d.state END"
)
_COLUMNS = (
    "d.id, p.root_id, d.opened_by_id, d.opener_team_id, d.against_id, d.against_team_id, d.opened_at, "
    f"{_STATE} AS state, d.settled_at, d.awarded_to_id, d.awarded_by_id, d.arbiter_id, d.appealed_at, d.closed_at, "
    "d.version"
)
_FROM = "FROM dispute d JOIN customer p ON p.id = d.customer_id"
_ALLOWED = {
    "opened_at": Comparable("d.opened_at", "timestamptz"),
    "state": Comparable(_STATE, "text"),
    "customer": Comparable("p.root_id", "uuid"),
}


def disputes(
    desk: Desk,
    narrowed: Filter = EVERYTHING,
    order: DisputeOrder = DisputeOrder.OPENED_AT_DESC,
    *,
    below_customers: bool = False,
) -> Listing[DisputeRow]:
    """List the disputes in sight: all of them, or those over the customer that the list stands below."""
    sight = visible_to(desk, Act.VIEW_DISPUTES)

    def source(bind: Values, below: str) -> str:
        where = f"{sight.disputes('d', 'p.root_id', bind)} AND {condition(narrowed, _ALLOWED, bind)}"
        if below_customers:
            where += f" AND p.root_id = {below}"
        return f"{_FROM} WHERE {where}"

    return Listing(
        "disputes of a customer" if below_customers else "disputes",
        lambda _bind: _COLUMNS,
        source,
        Order(_KEYS, descending=order is DisputeOrder.OPENED_AT_DESC),
        lambda row: _row(desk, row),
        narrowed,
    )


def _row(desk: Desk, row: Mapping[str, Any]) -> DisputeRow:
    actor = desk.signed_in()
    is_own = actor.staff in {row["opened_by_id"], row["against_id"]}
    is_team = actor.team is not None and actor.team in {row["opener_team_id"], row["against_team_id"]}
    is_team |= row["arbiter_id"] == actor.staff
    return DisputeRow(
        id=row["id"],
        customer=row["root_id"],
        opened_by=row["opened_by_id"],
        opener_team=row["opener_team_id"],
        against=row["against_id"],
        against_team=row["against_team_id"],
        opened_at=row["opened_at"],
        state=DisputeState(row["state"]),
        settled_at=row["settled_at"],
        awarded_to=row["awarded_to_id"],
        awarded_by=row["awarded_by_id"],
        arbiter=row["arbiter_id"],
        appealed_at=row["appealed_at"],
        closed_at=row["closed_at"],
        version=row["version"],
        relation=relation_of(actor, is_own=is_own, is_team=is_team),
    )


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, DisputeRow]:
    sight, bind = visible_to(desk, Act.VIEW_DISPUTES), Values()
    statement = f"SELECT {_COLUMNS} {_FROM} WHERE d.id = ANY({bind(ids)}) AND {sight.disputes('d', 'p.root_id', bind)}"
    return {row["id"]: _row(desk, row) for row in await read(statement, bind.given)}


async def dispute(desk: Desk, id_: UUID | None) -> DisputeRow | None:
    """Give one dispute in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


def parties_of(desk: Desk, row: DisputeRow) -> tuple[PartyShown, PartyShown]:
    """Show the two sides of a dispute as the viewer may know them."""
    return (
        _party(desk, row, Side.OPENER, row.opened_by, row.opener_team),
        _party(desk, row, Side.RESPONDENT, row.against, row.against_team),
    )


def _party(desk: Desk, row: DisputeRow, side: Side, staff: UUID | None, team: UUID | None) -> PartyShown:
    actor = desk.signed_in()
    if staff == actor.staff or (team is not None and team == actor.team):
        return PartyShown(side, PartyLabel.OWN_SIDE, staff, team)
    sees_all = visible_to(desk, Act.VIEW_DISPUTES).scope is Scope.ALL or row.arbiter == actor.staff
    label = PartyLabel.CLAIMANT if sees_all else PartyLabel.OTHER_CLAIMANT
    if sees_all or row.state is not DisputeState.OPEN:
        return PartyShown(side, label, staff, team)
    return PartyShown(side, label, None, None)


def acts_on_dispute(desk: Desk, row: DisputeRow) -> list[Act]:
    """List what whoever asks may do with a dispute: nobody settles their own, and an award stands or is appealed."""
    actor = desk.signed_in()
    is_party, is_recused = row.is_party(actor), awards.is_recused(desk, actor.staff, actor.team, [row.sides()])
    met = set(GIVEN) if is_recused else set(GIVEN) | {Condition.NOT_SELF}
    match row.state:
        case DisputeState.OPEN:
            in_time = not awards.is_over(desk, "dispute.evidence_days", row.opened_at)
            wanted = [Act.SETTLE_DISPUTE, Act.REFER_DISPUTE, *([Act.ADD_EVIDENCE] if is_party and in_time else [])]
        case DisputeState.SETTLED:
            may_appeal = is_party and row.awarded_to != actor.staff and row.settled_at is not None
            in_time = may_appeal and not awards.is_over(desk, "dispute.appeal_days", row.settled_at or desk.now)
            wanted = [Act.APPEAL_AWARD] if in_time else []
        case DisputeState.APPEALED:
            wanted = [] if row.awarded_by == actor.staff else [Act.DECIDE_APPEAL]
        case DisputeState.CLOSED:
            wanted = []
    return acts_on(desk, [*wanted, Act.READ_PAPERS], row.relation, facts=met)


async def read_disputes(desk: Desk, paging: Paging, narrowed: Filter, order: DisputeOrder) -> Page[DisputeRow]:
    """Read a page of the disputes in sight; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_DISPUTES)
    found = await page(desk, disputes(desk, narrowed, order), paging)
    if found.rows:
        await desk.note(Entry("dispute:list", count=len(found.rows)))
    return found


async def _below(desk: Desk, asked: list[Asked[DisputeOrder]]) -> dict[Asked[DisputeOrder], Page[DisputeRow]]:
    return await pages_asked(desk, asked, lambda narrowed, order: disputes(desk, narrowed, order, below_customers=True))


async def disputes_of(
    desk: Desk, root: UUID, paging: Paging, narrowed: Filter, order: DisputeOrder
) -> Page[DisputeRow]:
    """Read a page of the disputes in sight over a customer."""
    return await desk.gathering.ask(desk, _below, (root, paging, narrowed, order)) or Page()


async def _counted_below(desk: Desk, asked: list[tuple[UUID, Filter]]) -> dict[tuple[UUID, Filter], Count]:
    return await counts_asked(asked, lambda narrowed: disputes(desk, narrowed, below_customers=True))


async def count_disputes_of(desk: Desk, root: UUID, narrowed: Filter) -> Count:
    """Count the disputes in sight over a customer."""
    return await desk.gathering.ask(desk, _counted_below, (root, narrowed)) or Count(0, is_exact=True)


@dataclass(frozen=True, slots=True)
class AwardShown:
    """An award as it was signed; the ruling is the engine's, as it stood."""

    dispute: DisputeRow
    level: AwardLevel
    given_by: UUID
    given_at: datetime
    to: UUID
    departs: bool
    ruling: KeptRuling


_AWARDS = "SELECT * FROM award WHERE dispute_id = ANY($1) ORDER BY given_at, id"


async def _awards(desk: Desk, rows: list[DisputeRow]) -> dict[DisputeRow, list[AwardShown]]:  # noqa: ARG001 (as gathered)
    found: dict[DisputeRow, list[AwardShown]] = {row: [] for row in rows}
    by_id = {row.id: row for row in rows}
    for one in await read(_AWARDS, [list(by_id)]):
        row = by_id[one["dispute_id"]]
        ruling = read_again(details_of(one["ruling"]))
        found[row].append(
            AwardShown(
                row, AwardLevel(one["level"]), one["given_by_id"], one["given_at"], one["to_id"], one["departs"], ruling
            )
        )
    return found


async def awards_of(desk: Desk, row: DisputeRow) -> list[AwardShown]:
    """Give the awards on a dispute, the first before the last word."""
    return await desk.gathering.ask(desk, _awards, row) or []


@dataclass(frozen=True, slots=True)
class EvidenceShown:
    """Evidence that a party brought: by which side, when, and each piece by kind and document."""

    side: Side
    at: datetime
    pieces: tuple[tuple[str, str | None], ...]


_EVIDENCE = "SELECT by_id, happened_at, details FROM fact WHERE dispute_id = $1 AND kind = 'evidence' ORDER BY seq"


async def evidence_of(desk: Desk, row: DisputeRow) -> list[EvidenceShown]:
    """Show what evidence was brought: to a party its own side's, to whoever decides all."""
    shown: list[EvidenceShown] = []
    for fact in await read(_EVIDENCE, [row.id]):
        side = Side.OPENER if fact["by_id"] == row.opened_by else Side.RESPONDENT
        if sees_side(desk, row, side):
            details = details_of(fact["details"])
            pieces = tuple(zip(details["evidence"], details["documents"], strict=True))
            shown.append(EvidenceShown(side, fact["happened_at"], pieces))
    return shown


def sees_side(desk: Desk, row: DisputeRow, side: Side) -> bool:
    """Say whether whoever asks sees what a side brought: their own side's, or, deciding and no party, both."""
    actor = desk.signed_in()
    staff, team = (row.opened_by, row.opener_team) if side is Side.OPENER else (row.against, row.against_team)
    if staff == actor.staff or (team is not None and team == actor.team):
        return True
    if visible_to(desk, Act.VIEW_DISPUTES).scope is Scope.ALL:
        return True
    decides = desk.guard.may(actor, Act.SETTLE_DISPUTE, relation=row.relation, facts=[Condition.NOT_SELF])
    return decides and not row.is_party(actor)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Until when what is done in a dispute, by the rulebook in force; None where it sets no time."""

    evidence_until: date | None
    award_due_on: date | None
    appeal_until: date | None


def deadlines_of(desk: Desk, row: DisputeRow) -> Deadlines:
    """Give a dispute's deadlines (A31)."""
    return Deadlines(
        awards.last_day(desk, "dispute.evidence_days", row.opened_at),
        awards.last_day(desk, "dispute.award_days", row.opened_at),
        None if row.settled_at is None else awards.last_day(desk, "dispute.appeal_days", row.settled_at),
    )
