"""Whom the weekly round by phone has yet to reach (H11): each filer's filings together, in the order of filing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from claims.deadlines import start_of
from records.audit import Entry
from records.claim_rows import THROUGH
from records.filters import EVERYTHING
from records.histories import details_of
from records.pages import Count, Listing, Order, Page, Paging, SortKey, count, page
from records.queries import Values, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.desk import Desk

TRACKED: Final = "phone_round"
"""The fact that a filer was asked: the book's own, of which the law hears nothing."""


@dataclass(frozen=True, slots=True)
class ToAsk:
    """A filing whose filer is to be asked this week; when they were asked last, and what they said."""

    filing: UUID
    claimant: UUID
    tracked_at: datetime | None
    status: str | None


_KEYS = (SortKey("f.claimant_id", "uuid"), SortKey("f.recorded_at", "timestamptz"), SortKey("f.id", "uuid"))
_COLUMNS = "f.id, f.claimant_id, t.happened_at AS tracked_at, t.details"
_STATES = ", ".join(f"'{state}'" for state in sorted(THROUGH))


def phone_round(desk: Desk) -> Listing[ToAsk]:
    """List what is yet to be asked about this week."""
    sight = visible_to(desk, Act.VIEW_PHONE_ROUND)
    today = desk.rulebook.day(desk.now)
    monday = start_of(today - timedelta(days=today.weekday()), desk.rulebook.zone) or desk.now

    def source(bind: Values, _below: str) -> str:
        now, since = bind(desk.now, "timestamptz"), bind(monday, "timestamptz")
        return (
            "FROM filing f JOIN claim_state s ON s.filing_id = f.id "
            f"AND s.from_at <= {now} AND (s.until_at IS NULL OR s.until_at > {now}) AND s.state IN ({_STATES}) "
            "LEFT JOIN LATERAL (SELECT a.happened_at, a.details FROM fact a WHERE a.filing_id = f.id "
            f"AND a.kind = '{TRACKED}' ORDER BY a.happened_at DESC, a.seq DESC LIMIT 1) t ON true "
            f"WHERE {sight.filings('f', bind)} AND (t.happened_at IS NULL OR t.happened_at < {since})"
        )

    return Listing("phone round", lambda _bind: _COLUMNS, source, Order(_KEYS, descending=False), _row, EVERYTHING)


def _row(row: Mapping[str, Any]) -> ToAsk:
    said = None if row["tracked_at"] is None else details_of(row["details"])["status"]
    return ToAsk(row["id"], row["claimant_id"], row["tracked_at"], said)


async def read_phone_round(desk: Desk, paging: Paging) -> Page[ToAsk]:
    """Read a page of what is yet to be asked about; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_PHONE_ROUND)
    found = await page(desk, phone_round(desk), paging)
    if found.rows:
        await desk.note(Entry("round:list", count=len(found.rows)))
    return found


async def count_phone_round(desk: Desk) -> Count:
    """Count what is yet to be asked about this week."""
    return await count(phone_round(desk))
