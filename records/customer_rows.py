"""Customers as somebody sees them: in pages by their latest filing in sight, one by one, and how often they changed.

- A customer that was linked to another is that other one, under whichever reference.
- `version` counts the facts that the viewer may see, and no others: a rival's act does not move it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from authz.policy import Scope
from records.audit import Entry
from records.connection import read
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.follow_up import last_word, stale_before
from records.pages import Listing, Order, Page, Paging, SortKey, page
from records.queries import Sight, Values, acts_on, relation_of, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from claims.rulebook import Rulebook
    from records.connection import Fetch
    from records.desk import Desk

ACTS = (
    Act.FILE_CLAIM, Act.RECORD_VISIT, Act.RECORD_CONTACT, Act.RECORD_CONSENT, Act.REVEAL_CONTACT, Act.OPEN_DISPUTE,
    Act.ASSIGN_CUSTOMER, Act.TAKE_BACK_CUSTOMER, Act.DESTROY_CUSTOMER,
    Act.REQUEST_GRANT,
)  # fmt: skip
"""What may be done to a customer."""


class CustomerOrder(StrEnum):
    """How a list of customers is sorted."""

    FILED_AT_DESC = "filed_at_desc"
    FILED_AT_ASC = "filed_at_asc"
    PROTECTED_UNTIL_ASC = "protected_until_asc"
    PROTECTED_UNTIL_DESC = "protected_until_desc"


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer in sight: their latest filing in sight, how near they stand to the viewer, and if they were erased."""

    id: UUID
    filed_at: datetime
    relation: Scope
    destroyed_at: datetime | None


_DESCENDING = {CustomerOrder.FILED_AT_DESC, CustomerOrder.PROTECTED_UNTIL_DESC}
_KEYS = (SortKey("v.filed_at", "timestamptz"), SortKey("v.customer_id", "uuid"))
_BY_PROTECTION = (SortKey("u.until_at", "timestamptz"), SortKey("v.customer_id", "uuid"))
_NEVER = "timestamptz '9999-12-31 00:00:00+00'"
"""Where a customer who is not protected stands in the order of protection: as if it never ended."""


def _holder(sight: Sight, bind: Values) -> str:
    """Write who holds, where the viewer may know."""
    now = bind(sight.now, "timestamptz")
    shown = "true" if sight.scope is Scope.ALL else f"h.team_id = {bind(sight.team, 'uuid')}"
    return (
        "(SELECT h.staff_id FROM holding h WHERE h.customer_id = v.customer_id "
        f"AND h.from_at <= {now} AND (h.until_at IS NULL OR h.until_at > {now}) AND {shown})"
    )


def _protected_until(sight: Sight, rulebook: Rulebook, bind: Values) -> str:
    """Write until when a customer is protected, as the viewer may know it: of a rival's, only while it lasts."""
    now, today = bind(sight.now, "timestamptz"), bind(rulebook.day(sight.now), "date")
    shown = "true" if sight.scope is Scope.ALL else f"h.team_id = {bind(sight.team, 'uuid')}"
    return (
        "(SELECT h.protected_until FROM holding h WHERE h.customer_id = v.customer_id AND h.from_at <= "
        f"{now} AND (h.until_at IS NULL OR h.until_at > {now}) AND ({shown} OR h.protected_until >= {today}))"
    )


def _is_stale(desk: Desk, bind: Values) -> str:
    """Write whether nobody in sight has had word of a customer for too long (C16 E6)."""
    since = stale_before(desk.rulebook, desk.now)
    if since is None:
        return "false"
    word = last_word(visible_to(desk, Act.VIEW_CLAIMS), "v.customer_id", bind)
    return f"({word} < {bind(since, 'timestamptz')})"


def _columns(sight: Sight, bind: Values) -> str:
    own, team = sight.near_customer("v.customer_id", bind), sight.team_customer("v.customer_id", bind)
    erased = "(SELECT x.erased_at FROM erasure x WHERE x.customer_id = v.customer_id)"
    return f"v.customer_id AS id, v.filed_at, {own} AS is_own, {team} AS is_team, {erased} AS destroyed_at"


def customers(
    desk: Desk, narrowed: Filter = EVERYTHING, order: CustomerOrder = CustomerOrder.FILED_AT_DESC
) -> Listing[CustomerRow]:
    """List the customers in sight."""
    sight = visible_to(desk, Act.VIEW_CUSTOMERS)
    protection = partial(_protected_until, sight, desk.rulebook)
    allowed = {
        "filed_at": Comparable("v.filed_at", "timestamptz"),
        "holder": Comparable(partial(_holder, sight), "uuid"),
        "protected_until": Comparable(protection, "date"),
        "is_stale": Comparable(partial(_is_stale, desk), "boolean"),
    }
    by_protection = order in {CustomerOrder.PROTECTED_UNTIL_ASC, CustomerOrder.PROTECTED_UNTIL_DESC}

    def source(bind: Values, _below: str) -> str:
        rows = f"FROM ({sight.customers(bind)}) v"
        if by_protection:
            until = f"coalesce({protection(bind)}::timestamp AT TIME ZONE 'UTC', {_NEVER})"
            rows += f" CROSS JOIN LATERAL (SELECT {until} AS until_at) u"
        return f"{rows} WHERE {condition(narrowed, allowed, bind)}"

    return Listing(
        "customers",
        lambda bind: _columns(sight, bind),
        source,
        Order(_BY_PROTECTION if by_protection else _KEYS, descending=order in _DESCENDING),
        lambda row: _row(desk, row),
        narrowed,
    )


def _row(desk: Desk, row: Mapping[str, Any]) -> CustomerRow:
    relation = relation_of(desk.signed_in(), is_own=row["is_own"], is_team=row["is_team"])
    return CustomerRow(row["id"], row["filed_at"], relation, row["destroyed_at"])


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, CustomerRow]:
    sight, bind = visible_to(desk, Act.VIEW_CUSTOMERS), Values()
    statement = (
        f"SELECT c.id AS asked, {_columns(sight, bind)} FROM customer c "
        f"JOIN LATERAL ({sight.one_customer('c.root_id', bind)}) v ON true WHERE c.id = ANY({bind(ids)})"
    )
    return {row["asked"]: _row(desk, row) for row in await read(statement, bind.given)}


async def customer(desk: Desk, id_: UUID | None) -> CustomerRow | None:
    """Give one customer in sight; a reference that names none counts as one to nothing."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def _versions(desk: Desk, roots: list[UUID]) -> dict[UUID, int]:
    return await _counted(read, desk, roots)


async def version_at(fetch: Fetch, desk: Desk, root: UUID) -> int:
    """Count the facts about a customer that the actor may see, inside a transaction."""
    return (await _counted(fetch, desk, [root])).get(root, 0)


async def _counted(fetch: Fetch, desk: Desk, roots: list[UUID]) -> dict[UUID, int]:
    sight, bind = visible_to(desk, Act.VIEW_CLAIMS), Values()
    statement = (
        f"SELECT p.root_id, count(*) AS version FROM fact fa JOIN customer p ON p.id = fa.customer_id "
        f"WHERE p.root_id = ANY({bind(roots)}) AND {sight.facts('fa', 'p.root_id', bind)} GROUP BY p.root_id"
    )
    return {row["root_id"]: row["version"] for row in await fetch(statement, bind.given)}


async def version(desk: Desk, root: UUID) -> int:
    """Count the facts about a customer that the viewer may see."""
    return await desk.gathering.ask(desk, _versions, root) or 0


def acts_on_customer(desk: Desk, row: CustomerRow) -> list[Act]:
    """List the acts that the viewer may do with a customer: none with one whose data are destroyed."""
    return [] if row.destroyed_at is not None else acts_on(desk, ACTS, row.relation)


async def read_customers(desk: Desk, paging: Paging, narrowed: Filter, order: CustomerOrder) -> Page[CustomerRow]:
    """Read a page of the customers in sight; one entry of the log, durable before a card is opened, says how many."""
    await desk.require(Act.VIEW_CUSTOMERS)
    found = await page(desk, customers(desk, narrowed, order), paging)
    if found.rows:
        await desk.note(Entry("customer:list", count=len(found.rows)))
        desk.gathering.logged.update(row.id for row in found.rows)
    return found
