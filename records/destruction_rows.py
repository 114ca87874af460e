"""Destructions (销毁) as somebody sees them: asked for, over, or done with a certificate that can be made again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from authz.policy import Condition, Scope
from records.audit import Entry
from records.certificates import Certificate, certificate_of, left_of
from records.connection import read
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.pages import Count, Listing, Order, Page, Paging, SortKey, count, page
from records.queries import NOBODY, Values, acts_on, visible_to
from records.retention import DestructionGround
from records.two_people import AGREED_WITHIN, is_lapsed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.desk import Desk


class DestructionState(StrEnum):
    """Where a destruction stands (销毁进度)."""

    WAITING = "waiting"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class DestructionRow:
    """A destruction in sight; `alone`: one person did what two should, where the installation records that."""

    id: UUID
    customer: UUID
    ground: DestructionGround
    document: str | None
    state: DestructionState
    requested_by: UUID
    requested_at: datetime
    approved_by: UUID | None
    alone: bool
    ended_at: datetime | None
    certificate: Certificate | None
    version: int


_KEYS = (SortKey("d.requested_at", "timestamptz"), SortKey("d.id", "uuid"))
_COLUMNS = "d.*, c.root_id"
_FROM = "FROM destruction d JOIN customer c ON c.id = d.customer_id"


def _seen(desk: Desk) -> str:
    """Say when a destruction is in sight: to whoever sees all of them, every one."""
    return "true" if visible_to(desk, Act.VIEW_DESTRUCTIONS).scope is Scope.ALL else NOBODY


def destructions(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[DestructionRow]:
    """List the destructions in sight."""

    def state(bind: Values) -> str:
        since = bind(desk.now - AGREED_WITHIN, "timestamptz")
        return f"coalesce(d.outcome, CASE WHEN d.requested_at < {since} THEN 'lapsed' ELSE 'waiting' END)"

    allowed = {
        "state": Comparable(state, "text"),
        "ground": Comparable("d.ground", "text"),
        "requested_at": Comparable("d.requested_at", "timestamptz"),
        "customer": Comparable("c.root_id", "uuid"),
    }

    def source(bind: Values, _below: str) -> str:
        return f"{_FROM} WHERE {_seen(desk)} AND {condition(narrowed, allowed, bind)}"

    return Listing(
        "destructions", lambda _bind: _COLUMNS, source, Order(_KEYS), lambda row: _row(row, desk.now), narrowed
    )


def _row(row: Mapping[str, Any], now: datetime) -> DestructionRow:
    open_state = DestructionState.LAPSED if is_lapsed(row["requested_at"], now) else DestructionState.WAITING
    return DestructionRow(
        row["id"], row["root_id"], DestructionGround(row["ground"]), row["document"],
        open_state if row["outcome"] is None else DestructionState(row["outcome"]), row["requested_by_id"],
        row["requested_at"], row["approved_by_id"], row["alone"], row["ended_at"], certificate_of(row), row["version"],
    )  # fmt: skip


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, DestructionRow]:
    bind = Values()
    statement = f"SELECT {_COLUMNS} {_FROM} WHERE d.id = ANY({bind(ids)}) AND {_seen(desk)}"
    return {row["id"]: _row(row, desk.now) for row in await read(statement, bind.given)}


async def destruction(desk: Desk, id_: UUID | None) -> DestructionRow | None:
    """Give one destruction in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def _left(_desk: Desk, parts: list[UUID]) -> dict[UUID, bool]:
    return dict.fromkeys(await left_of(read, parts), True)


async def holds(desk: Desk, certificate: Certificate) -> bool:
    """Tell whether a certificate holds: it says what it said, and nothing of the customer is left."""
    left = [await desk.gathering.ask(desk, _left, part) for part in certificate.parts]
    return certificate.says_what_it_said and not any(left)


def acts_on_destruction(desk: Desk, row: DestructionRow) -> list[Act]:
    """List the acts that the viewer may do on a destruction: nobody agrees to their own."""
    if row.state is not DestructionState.WAITING:
        return []
    is_own = row.requested_by == desk.signed_in().staff
    agreeing = [] if is_own else acts_on(desk, [Act.APPROVE_DESTRUCTION], Scope.ALL, facts=[Condition.TWO_PEOPLE])
    return [*acts_on(desk, [Act.DESTROY_CUSTOMER], Scope.ALL), *agreeing]


async def read_destructions(desk: Desk, paging: Paging, narrowed: Filter) -> Page[DestructionRow]:
    """Read a page of the destructions; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_DESTRUCTIONS)
    found = await page(desk, destructions(desk, narrowed), paging)
    if found.rows:
        await desk.note(Entry("destruction:list", count=len(found.rows)))
    return found


async def count_destructions(desk: Desk, narrowed: Filter) -> Count:
    """Count the destructions in sight."""
    return await count(destructions(desk, narrowed))
