"""Deals (成交) as somebody sees them: their steps, and what they come to as far as it is the viewer's business.

- A deal is in sight with its customer: whoever may claim it by evidence must hear of it (A18).
- What it is worth is shown to the team that recorded it, to whoever earns by it, and to whoever sees everything.
- Who earns is named to oneself, to one's own team, and to whoever sees everything; of others the share alone is shown.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from authz.acts import Act
from authz.policy import FieldClass, Scope
from claims.decide import Question, decide
from records import staff_rows
from records.attribution import Attributed, Earned, attributed
from records.audit import Entry
from records.connection import read
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.histories import histories, law_id
from records.holdings import Moment
from records.pages import Count, Listing, Order, Page, Paging, SortKey, counts_asked, page, pages_asked
from records.queries import Values, acts_on, relation_of, visible_to
from records.rebates import Booking
from records.rulings import Decided

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from records.desk import Desk


class DealOrder(StrEnum):
    """How a list of deals is sorted."""

    OPENED_AT_DESC = "opened_at_desc"
    OPENED_AT_ASC = "opened_at_asc"


class DealStatus(StrEnum):
    """What the law says of a deal (成交状态)."""

    NO_DEAL = "no_deal"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    FINAL = "final"
    UNATTRIBUTED = "unattributed"


class CreditKind(StrEnum):
    """How credit is booked (业绩性质)."""

    PERFORMANCE = "performance"
    MANAGER_PERFORMANCE = "manager_performance"
    REBATE = "rebate"


@dataclass(frozen=True, slots=True)
class DealRow:
    """A deal in sight; what it is worth is for `worth_of` to show."""

    id: UUID
    customer: UUID
    opened_by: UUID
    team: UUID | None
    opened_at: datetime
    ordered_at: datetime | None
    signed_at: datetime | None
    finished_at: datetime | None
    amount: Decimal | None
    percent: Decimal | None
    related_to: UUID | None
    version: int
    relation: Scope


@dataclass(frozen=True, slots=True)
class DealDecided:
    """What the law says of a deal, and what it comes to by what was agreed."""

    decided: Decided
    attributed: Attributed


@dataclass(frozen=True, slots=True)
class EarnedShown:
    """Who earns what, as the viewer may know it; `is_named` is false where both names are kept back."""

    staff: UUID | None
    team: UUID | None
    kind: CreditKind
    share: Decimal
    is_named: bool


@dataclass(frozen=True, slots=True)
class Worth:
    """What a deal is worth, and what share of it is paid."""

    amount: Decimal | None
    percent: Decimal | None


_KEYS = (SortKey("d.opened_at", "timestamptz"), SortKey("d.id", "uuid"))
_FROM = """FROM deal d JOIN customer p ON p.id = d.customer_id LEFT JOIN LATERAL (
    SELECT min(f.happened_at) FILTER (WHERE f.kind = 'order') AS ordered_at,
        min(f.happened_at) FILTER (WHERE f.kind = 'sign') AS signed_at,
        min(f.happened_at) FILTER (WHERE f.kind = 'finish') AS finished_at,
        max((f.details ->> 'percent')::numeric) FILTER (WHERE f.kind = 'pay') AS percent,
        (array_agg(f.details ->> 'amount' ORDER BY (f.kind = 'sign') DESC, f.happened_at, f.seq)
            FILTER (WHERE f.kind IN ('order', 'sign') AND f.details ? 'amount'))[1] AS amount,
        (array_agg(f.details ->> 'related_to' ORDER BY f.happened_at, f.seq) FILTER (WHERE f.kind = 'sign'))[1]
            AS related_to
    FROM fact f WHERE f.deal_id = d.id
) s ON true"""
_ALLOWED = {
    "opened_at": Comparable("d.opened_at", "timestamptz"),
    "customer": Comparable("p.root_id", "uuid"),
}
_AGREED = """
SELECT deal_id, kind, by_id, details FROM fact
WHERE deal_id = ANY($1) AND kind IN ('split', 'concede') AND ($2::timestamptz IS NULL OR recorded_at <= $2) ORDER BY seq
"""


def _columns(desk: Desk, bind: Values) -> str:
    sight = visible_to(desk, Act.VIEW_DEALS)
    own, team = sight.own_customer("p.root_id", bind), sight.team_customer("p.root_id", bind)
    return (
        "d.id, p.root_id, d.opened_by_id, d.team_id, d.opened_at, d.version, s.ordered_at, s.signed_at, "
        f"s.finished_at, s.amount, s.percent, s.related_to, {own} AS is_own, {team} AS is_team"
    )


def deals(
    desk: Desk,
    narrowed: Filter = EVERYTHING,
    order: DealOrder = DealOrder.OPENED_AT_DESC,
    *,
    below_customers: bool = False,
) -> Listing[DealRow]:
    """List the deals in sight: all of them, or those of the customer that the list stands below."""
    sight = visible_to(desk, Act.VIEW_DEALS)

    def source(bind: Values, below: str) -> str:
        where = f"{sight.customer('p.root_id', bind)} AND {condition(narrowed, _ALLOWED, bind)}"
        if below_customers:
            where += f" AND p.root_id = {below}"
        return f"{_FROM} WHERE {where}"

    return Listing(
        "deals of a customer" if below_customers else "deals",
        lambda bind: _columns(desk, bind),
        source,
        Order(_KEYS, descending=order is DealOrder.OPENED_AT_DESC),
        lambda row: _row(desk, row),
        narrowed,
    )


def _row(desk: Desk, row: Mapping[str, Any]) -> DealRow:
    actor = desk.signed_in()
    is_own = actor.staff == row["opened_by_id"] or row["is_own"]
    return DealRow(
        id=row["id"],
        customer=row["root_id"],
        opened_by=row["opened_by_id"],
        team=row["team_id"],
        opened_at=row["opened_at"],
        ordered_at=row["ordered_at"],
        signed_at=row["signed_at"],
        finished_at=row["finished_at"],
        amount=None if row["amount"] is None else Decimal(row["amount"]),
        percent=row["percent"],
        related_to=None if row["related_to"] is None else UUID(hex=row["related_to"]),
        version=row["version"],
        relation=relation_of(actor, is_own=is_own, is_team=row["is_team"]),
    )


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, DealRow]:
    sight, bind = visible_to(desk, Act.VIEW_DEALS), Values()
    statement = (
        f"SELECT {_columns(desk, bind)} {_FROM} WHERE d.id = ANY({bind(ids)}) AND {sight.customer('p.root_id', bind)}"
    )
    return {row["id"]: _row(desk, row) for row in await read(statement, bind.given)}


async def deal(desk: Desk, id_: UUID | None) -> DealRow | None:
    """Give one deal in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def read_deals(desk: Desk, paging: Paging, narrowed: Filter, order: DealOrder) -> Page[DealRow]:
    """Read a page of the deals in sight; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_DEALS)
    found = await page(desk, deals(desk, narrowed, order), paging)
    if found.rows:
        await desk.note(Entry("deal:list", count=len(found.rows)))
    return found


async def _below(
    desk: Desk, asked: list[tuple[UUID, Paging, Filter, DealOrder]]
) -> dict[tuple[UUID, Paging, Filter, DealOrder], Page[DealRow]]:
    return await pages_asked(desk, asked, lambda narrowed, order: deals(desk, narrowed, order, below_customers=True))


async def deals_of(desk: Desk, root: UUID, paging: Paging, narrowed: Filter, order: DealOrder) -> Page[DealRow]:
    """Read a page of the deals in sight of a customer."""
    return await desk.gathering.ask(desk, _below, (root, paging, narrowed, order)) or Page()


async def _counted_below(desk: Desk, asked: list[tuple[UUID, Filter]]) -> dict[tuple[UUID, Filter], Count]:
    return await counts_asked(asked, lambda narrowed: deals(desk, narrowed, below_customers=True))


async def count_deals_of(desk: Desk, root: UUID, narrowed: Filter) -> Count:
    """Count the deals in sight of a customer."""
    return await desk.gathering.ask(desk, _counted_below, (root, narrowed)) or Count(0, is_exact=True)


async def _decided(desk: Desk, asked: list[tuple[DealRow, Moment]]) -> dict[tuple[DealRow, Moment], DealDecided]:
    found: dict[tuple[DealRow, Moment], DealDecided] = {}
    for known_at in {moment.known_at for _, moment in asked}:
        keys = [(row, moment) for row, moment in asked if moment.known_at == known_at]
        told = await histories(read, {row.customer for row, _ in keys}, known_at=known_at)
        agreed: dict[UUID, list[Mapping[str, Any]]] = {}
        for fact in await read(_AGREED, [[row.id for row, _ in keys], known_at]):
            agreed.setdefault(fact["deal_id"], []).append(fact)
        for row, moment in keys:
            at, one = moment.at(desk.now), told[row.customer]
            ruling = decide(one.history, desk.rulebook, Question("deal", at, deal=law_id(row.id)))
            decided = Decided(ruling, row.customer, at, one)
            found[row, moment] = DealDecided(decided, attributed(ruling, agreed.get(row.id, ())))
    return found


async def decided_of(desk: Desk, row: DealRow, moment: Moment) -> DealDecided:
    """Say whose deal it is at a moment, with the grounds, and what it comes to."""
    found = await desk.gathering.ask(desk, _decided, (row, moment))
    if found is None:
        raise LookupError("a deal in sight is one that the law decides")
    return found


async def earned_of(desk: Desk, row: DealRow, moment: Moment) -> list[EarnedShown]:
    """Show who earns what by a deal."""
    earned = (await decided_of(desk, row, moment)).attributed.earned
    return list(await asyncio.gather(*(_shown(desk, one) for one in earned)))


async def _shown(desk: Desk, one: Earned) -> EarnedShown:
    actor, kind = desk.signed_in(), CreditKind(one.kind)
    is_store = one.staff is None and one.team is None
    is_named = is_store or visible_to(desk, Act.VIEW_DEALS).scope is Scope.ALL or one.staff == actor.staff
    if not is_named and actor.team is not None:
        person = await staff_rows.person(desk, one.staff) if one.staff else None
        is_named = actor.team in {one.team, person and person.team}
    if is_named:
        return EarnedShown(one.staff, one.team, kind, one.share, is_named=True)
    return EarnedShown(None, None, kind, one.share, is_named=False)


@dataclass(frozen=True, slots=True)
class RebateShown:
    """A designer's rebate of a deal: what percent of it is due by the law, and what was settled and booked how."""

    designer: UUID
    due: Decimal
    settled: tuple[tuple[datetime, Decimal, Booking], ...]


_SETTLED = """
SELECT happened_at, details ->> 'percent' AS percent, details ->> 'booked_as' AS booked_as FROM fact
WHERE deal_id = $1 AND kind = 'settle_rebate' AND details ->> 'to' = $2 ORDER BY seq
"""


async def rebates_of(desk: Desk, row: DealRow) -> list[RebateShown]:
    """Show the rebates of a deal to those designers, to their teams and to whoever sees everything (H21)."""
    found: list[RebateShown] = []
    decided = await decided_of(desk, row, Moment())
    for one in await earned_of(desk, row, Moment()):
        if one.kind is not CreditKind.REBATE or one.staff is None:
            continue
        question = Question("rebate", desk.now, deal=law_id(row.id), staff=law_id(one.staff))
        due = decide(decided.decided.told.history, desk.rulebook, question).outcome["percent"]
        settled = tuple(
            (fact["happened_at"], Decimal(fact["percent"]), Booking(fact["booked_as"]))
            for fact in await read(_SETTLED, [row.id, one.staff.hex])
        )
        found.append(RebateShown(one.staff, Decimal(str(due)), settled))
    return found


async def worth_of(desk: Desk, row: DealRow) -> Worth:
    """Show what a deal is worth to whom it concerns; nothing to anybody else."""
    actor = desk.signed_in()
    if not desk.guard.may(actor, Act.VIEW_DEALS, relation=row.relation, field=FieldClass.COMMERCE, facts=desk.standing):
        return Worth(None, None)
    is_theirs = visible_to(desk, Act.VIEW_DEALS).scope is Scope.ALL or row.opened_by == actor.staff
    if not is_theirs and actor.team is not None:
        is_theirs = row.team == actor.team or any(
            one.is_named and (one.staff or one.team) for one in await earned_of(desk, row, Moment())
        )
    return Worth(row.amount, row.percent) if is_theirs else Worth(None, None)


def acts_on_deal(desk: Desk, row: DealRow) -> list[Act]:
    """List the acts that whoever asks may do on a deal."""
    done = {
        Act.SIGN_CONTRACT: row.signed_at is not None,
        Act.RECORD_PAYMENT: False,
        Act.FINISH_DEAL: row.finished_at is not None,
        Act.CONFIRM_DEAL: False,
        Act.CONCEDE_CREDIT: False,
        Act.SPLIT_CREDIT: False,
        Act.SETTLE_REBATE: False,
    }
    return acts_on(desk, [act for act, is_done in done.items() if not is_done], row.relation)
