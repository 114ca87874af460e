"""What a leaver still has to hand over (交接清单): every claim held, filing, deal, review and unread notice of theirs.

- It follows from what stands in the book this instant; no row says it, so none can be forgotten.
- Before they have left: what they hold. After: what their team alone holds in their place, until somebody is named
  (A16), unless the rulebook names nobody.
- Filings and deals are those they made, or were keeping for somebody, that are not over; a seat in a chain of review
  is one item; what is through for good, and what somebody else keeps by now, is none.
- Of a customer whose data are destroyed nothing is handed over (G16).
- Whoever changes teams takes along what they hold, and hands over what waits with the team that they leave; or
  everything, where the rulebook says so (G11).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from records.audit import Entry
from records.departure_rows import DepartureKind, DepartureState, HandoverKind, departure_of
from records.pages import Listing, Order, Page, Paging, SortKey, page
from records.queries import NOBODY, PENDING_STATES, Values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.connection import Fetch
    from records.departure_rows import DepartureRow
    from records.desk import Desk

FINAL_STATES = ("rejected", "archived")
"""States of a filing with which nothing is to be done any more."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to hand over: `row` is the customer (root), filing, deal, seat or notice; `level` a seat's."""

    kind: HandoverKind
    row: UUID
    customer: UUID | None
    level: int | None
    since: datetime


_KEYS = (SortKey("i.since", "timestamptz"), SortKey("i.kind", "text"), SortKey("i.row_id", "uuid"))
_OPEN = "SELECT * FROM departure WHERE completed_at IS NULL AND withdrawn_at IS NULL ORDER BY id"
_COLUMNS = "i.kind, i.row_id, i.customer_id, i.level, i.since"


def item_of(row: Mapping[str, Any]) -> Item:
    """Read an item's row."""
    return Item(HandoverKind(row["kind"]), row["row_id"], row["customer_id"], row["level"], row["since"])


def to_hand_over(desk: Desk, departure: DepartureRow) -> Listing[Item]:
    """List what is still to be handed over, the oldest first; its departure is in sight.

    Of one that is over, or was withdrawn, nothing: what its person does since is nobody's here to see.
    """
    is_open = departure.state in {DepartureState.ANNOUNCED, DepartureState.DEPARTED}

    def source(bind: Values, _below: str) -> str:
        return f"FROM ({items(desk, departure, bind)}) i WHERE {'true' if is_open else NOBODY}"

    order = Order(_KEYS, descending=False)
    return Listing(f"to hand over {departure.id}", lambda _bind: _COLUMNS, source, order, item_of)


async def read_checklist(desk: Desk, departure: DepartureRow, paging: Paging) -> Page[Item]:
    """Read a page of what is still to be handed over; one entry of the log says how many things were shown."""
    found = await page(desk, to_hand_over(desk, departure), paging)
    if found.rows:
        await desk.note(Entry("departure:checklist", count=len(found.rows)))
    return found


async def items_now(fetch: Fetch, desk: Desk, departure: DepartureRow, *, most: int) -> list[Item]:
    """Read what is still to be handed over, inside a transaction: the oldest so many."""
    bind = Values()
    statement = (
        f"SELECT {_COLUMNS} FROM ({items(desk, departure, bind)}) i "
        f"ORDER BY i.since, i.kind, i.row_id LIMIT {bind(most, 'integer')}"
    )
    return [item_of(row) for row in await fetch(statement, bind.given)]


async def is_listed(fetch: Fetch, desk: Desk, root: UUID) -> bool:
    """Tell whether a customer (root) stands on the list of anybody who leaves."""
    for row in await fetch(_OPEN, []):
        bind = Values()
        listed = items(desk, departure_of(row), bind)
        if await fetch(f"SELECT 1 FROM ({listed}) i WHERE i.customer_id = {bind(root, 'uuid')} LIMIT 1", bind.given):
            return True
    return False


def items(desk: Desk, departure: DepartureRow, bind: Values) -> str:
    """Select what is still to be handed over, whoever asks: kind, row, customer, level, since when."""
    parts = [_filings(desk, departure, bind), _deals(desk, departure, bind)]
    if departure.kind is DepartureKind.LEAVE:
        parts += [_holdings(desk, departure, bind), _seats(desk, departure, bind), _notices(departure, bind)]
    elif not _goes_along(desk):
        parts.append(_held(desk, departure, bind))
    return (
        f"SELECT t.* FROM ({' UNION ALL '.join(parts)}) t "
        "WHERE NOT EXISTS (SELECT FROM erasure x WHERE x.customer_id = t.customer_id)"
    )


def _goes_along(desk: Desk) -> bool:
    return desk.rulebook.word("handover.transfer") == "go_along"


def _present(row: str, now: str) -> str:
    return f"{row}.from_at <= {now} AND ({row}.until_at IS NULL OR {row}.until_at > {now})"


def _held(desk: Desk, departure: DepartureRow, bind: Values) -> str:
    """Select what somebody holds."""
    me, now = bind(departure.staff, "uuid"), bind(desk.now, "timestamptz")
    return (
        "SELECT 'holding' AS kind, h.customer_id AS row_id, h.customer_id, NULL::smallint AS level, h.from_at AS since "
        f"FROM holding h WHERE h.staff_id = {me} AND {_present('h', now)}"
    )


def _holdings(desk: Desk, departure: DepartureRow, bind: Values) -> str:
    """Select what somebody holds, or what a team alone holds since they left: their customers, or by their filing."""
    if departure.departed_at is None:
        return _held(desk, departure, bind)
    me, now = bind(departure.staff, "uuid"), bind(desk.now, "timestamptz")
    team, since = bind(departure.team, "uuid"), bind(departure.departed_at, "timestamptz")
    terms = desk.rulebook.terms
    names_nobody = bind(terms.by_team or terms.assign_names == "nobody", "boolean")
    return (
        "SELECT 'holding' AS kind, h.customer_id AS row_id, h.customer_id, NULL::smallint AS level, h.from_at AS since "
        f"FROM holding h WHERE h.staff_id IS NULL AND h.team_id IS NOT DISTINCT FROM {team} AND {_present('h', now)} "
        f"AND NOT {names_nobody} AND (EXISTS (SELECT FROM holding o WHERE o.customer_id = h.customer_id "
        f"AND o.staff_id = {me} AND o.until_at = {since}) OR EXISTS (SELECT FROM filing g JOIN customer q "
        f"ON q.id = g.customer_id WHERE q.root_id = h.customer_id AND g.claimant_id = {me}))"
    )


def _filings(desk: Desk, departure: DepartureRow, bind: Values) -> str:
    """Select the filings that somebody made or keeps, and that are not over."""
    me, now = bind(departure.staff, "uuid"), bind(desk.now, "timestamptz")
    is_narrow = departure.kind is DepartureKind.TRANSFER and _goes_along(desk)
    states = bind(list(PENDING_STATES if is_narrow else FINAL_STATES), "text[]")
    concerned = f"{'' if is_narrow else 'NOT '}s.state = ANY({states})"
    return (
        "SELECT 'filing' AS kind, f.id AS row_id, c.root_id AS customer_id, NULL::smallint AS level, "
        "f.occurred_at AS since FROM filing f JOIN customer c ON c.id = f.customer_id "
        f"JOIN claim_state s ON s.filing_id = f.id AND {_present('s', now)} "
        f"WHERE (f.custodian_id = {me} OR (f.claimant_id = {me} AND f.custodian_id IS NULL)) AND {concerned}"
    )


def _deals(desk: Desk, departure: DepartureRow, bind: Values) -> str:
    """Select the deals that somebody opened or keeps, and that are neither finished nor paid in full."""
    me, taken_along = bind(departure.staff, "uuid"), ""
    if departure.kind is DepartureKind.TRANSFER and _goes_along(desk):
        taken_along = (
            f" AND NOT EXISTS (SELECT FROM holding h WHERE h.customer_id = c.root_id AND h.staff_id = {me} "
            f"AND {_present('h', bind(desk.now, 'timestamptz'))})"
        )
    over = "p.deal_id = e.id AND (p.kind = 'finish' OR (p.kind = 'pay' AND (p.details ->> 'percent')::numeric >= 100))"
    return (
        "SELECT 'deal' AS kind, e.id AS row_id, c.root_id AS customer_id, NULL::smallint AS level, "
        "e.opened_at AS since FROM deal e JOIN customer c ON c.id = e.customer_id "
        f"WHERE (e.custodian_id = {me} OR (e.opened_by_id = {me} AND e.custodian_id IS NULL)) "
        f"AND NOT EXISTS (SELECT FROM fact p WHERE {over}){taken_along}"
    )


def _seats(desk: Desk, departure: DepartureRow, bind: Values) -> str:
    """Select the levels of the chain at which somebody is named to review."""
    levels = bind(desk.rulebook.terms.levels, "integer")
    return (
        "SELECT 'review' AS kind, a.id AS row_id, NULL::uuid AS customer_id, a.level, a.from_at AS since "
        f"FROM approver a WHERE a.staff_id = {bind(departure.staff, 'uuid')} AND a.until_at IS NULL "
        f"AND a.level <= {levels}"
    )


def _notices(departure: DepartureRow, bind: Values) -> str:
    """Select the notices that somebody has not read."""
    return (
        "SELECT 'notice' AS kind, n.id AS row_id, n.customer_id, NULL::smallint AS level, n.at AS since "
        f"FROM notice n WHERE n.to_staff_id = {bind(departure.staff, 'uuid')} AND n.read_at IS NULL"
    )
