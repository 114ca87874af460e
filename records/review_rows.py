"""What waits for one's review (待审核): each filing, the level at which it waits, and since when; the oldest first.

- In the queue stands what the reader could review this instant: within their reach or put to them by name, not their
  own filing, not approved by them in this round, and at a level that is theirs by the chain that the filing entered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from authz.actor import Role, law_role
from authz.acts import Act
from authz.policy import Condition
from records.audit import Entry
from records.filters import EVERYTHING
from records.next_steps import reviewing_roles
from records.pages import Count, Listing, Order, Page, Paging, SortKey, count, page
from records.queries import Values, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.desk import Desk


@dataclass(frozen=True, slots=True)
class Waiting:
    """A filing that waits for the reader's review."""

    filing: UUID
    level: int
    levels: int
    since: datetime


_KEYS = (SortKey("r.since", "timestamptz"), SortKey("r.filing_id", "uuid"))
_COLUMNS = "r.filing_id, r.level, r.levels, r.since"


def review_queue(desk: Desk) -> Listing[Waiting]:
    """List what waits for whoever asks."""
    sight = visible_to(desk, Act.REVIEW_CLAIM)
    actor = desk.signed_in()
    mine = law_role(actor.role)
    alike = [role.value for role in Role if law_role(role) == mine]
    reviews = actor.role in reviewing_roles(desk, mine)

    def source(bind: Values, _below: str) -> str:
        me = bind(actor.staff, "uuid")
        named = (
            "SELECT FROM approver a JOIN staff n ON n.id = a.staff_id "
            f"WHERE a.level = r.level AND a.until_at IS NULL AND n.role = ANY({bind(alike, 'text[]')})"
        )
        others = (
            f"f.claimant_id <> {me} AND NOT (r.different_people AND {bind(actor.staff.hex, 'text')} = ANY(r.approvers))"
        )
        return (
            "FROM pending_review r JOIN filing f ON f.id = r.filing_id "
            f"WHERE r.reviewer = {bind(mine, 'text')} AND {bind(reviews, 'boolean')} AND {others} "
            f"AND {sight.filings('f', bind)} "
            f"AND (NOT EXISTS ({named}) OR EXISTS ({named} AND a.staff_id = {me}))"
        )

    return Listing("review queue", lambda _bind: _COLUMNS, source, Order(_KEYS, descending=False), _row, EVERYTHING)


def _row(row: Mapping[str, Any]) -> Waiting:
    return Waiting(row["filing_id"], row["level"], row["levels"], row["since"])


async def read_review_queue(desk: Desk, paging: Paging) -> Page[Waiting]:
    """Read a page of what waits for whoever asks; one entry of the log says how many were shown."""
    await desk.require(Act.REVIEW_CLAIM, facts=[Condition.NOT_SELF])
    found = await page(desk, review_queue(desk), paging)
    if found.rows:
        await desk.note(Entry("review:list", count=len(found.rows)))
    return found


async def count_review_queue(desk: Desk) -> Count:
    """Count what waits for whoever asks."""
    return await count(review_queue(desk))
