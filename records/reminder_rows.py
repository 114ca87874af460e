"""Reminders (到期提醒): what ends within the days that the rulebook names, the soonest first.

- Of a customer held: the last day of protection, and of the validity by which they are held; of an assignment: the
  last day for the first contact. To whoever holds, and to the team's supervisor.
- They follow from the clock and the projections: nothing is sent, so nothing can be sent too late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from authz.policy import Scope
from claims.deadlines import next_day, start_of
from records.audit import Entry
from records.filters import EVERYTHING
from records.pages import Count, Listing, Order, Page, Paging, SortKey, count, page
from records.queries import NOBODY, Values, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from records.desk import Desk
    from records.queries import Sight


class ReminderKind(StrEnum):
    """What ends (到期类别)."""

    PROTECTION = "protection"
    VALIDITY = "validity"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something that ends soon: of which customer, and on which day, the last.

    `mark` is the smallest of the rulebook's days within which it ends.
    """

    kind: ReminderKind
    customer: UUID
    staff: UUID | None
    last_day: date
    days_left: int
    mark: int


_KEYS = (SortKey("e.ends_at", "timestamptz"), SortKey("e.customer_id", "uuid"), SortKey("e.kind", "text"))
_COLUMNS = "e.kind, e.customer_id, e.staff_id, e.ends_at"
_ONE_MOMENT = timedelta(microseconds=1)


def _theirs(sight: Sight, staff: str, team: str, bind: Values) -> str:
    """Say when a holding is one of which the actor is reminded: their own, or their team's."""
    match sight.scope:
        case Scope.OWN:
            return f"{staff} = {bind(sight.staff, 'uuid')}"
        case Scope.TEAM:
            return f"({staff} = {bind(sight.staff, 'uuid')} OR {team} = {bind(sight.team, 'uuid')})"
        case Scope.ALL:
            return "true"
        case _:
            return NOBODY


def reminders(desk: Desk) -> Listing[Reminder]:
    """List what ends within the rulebook's days, for whoever asks."""
    sight = visible_to(desk, Act.VIEW_REMINDERS)
    days, zone = desk.rulebook.counts("reminder.days"), str(desk.rulebook.zone)

    def source(bind: Values, _below: str) -> str:
        now = bind(desk.now, "timestamptz")
        present = f"h.from_at <= {now} AND (h.until_at IS NULL OR h.until_at > {now})"
        theirs = _theirs(sight, "h.staff_id", "h.team_id", bind)
        until = bind(_horizon(desk, max(days, default=0)), "timestamptz")
        ends = f"((h.protected_until + 1)::timestamp AT TIME ZONE {bind(zone, 'text')})"
        # A span that goes on with the same holder is no end.
        goes_on = (
            "EXISTS (SELECT FROM holding x WHERE x.customer_id = h.customer_id AND x.from_at = h.until_at "
            "AND x.staff_id IS NOT DISTINCT FROM h.staff_id AND x.team_id IS NOT DISTINCT FROM h.team_id)"
        )
        return (
            "FROM ("
            f"SELECT 'protection' AS kind, h.customer_id, h.staff_id, {ends} AS ends_at FROM holding h "
            f"WHERE {present} AND {theirs} AND h.protected_until IS NOT NULL "
            f"UNION ALL SELECT 'validity', h.customer_id, h.staff_id, h.until_at FROM holding h "
            f"WHERE {present} AND {theirs} AND h.until_at IS NOT NULL AND NOT {goes_on} "
            "UNION ALL SELECT 'contact', h.customer_id, h.staff_id, s.until_at FROM holding h "
            "JOIN customer p ON p.root_id = h.customer_id JOIN filing f ON f.customer_id = p.id "
            "JOIN claim_state s ON s.filing_id = f.id AND s.state = 'assigned' "
            f"AND s.from_at <= {now} AND s.until_at > {now} WHERE {present} AND {theirs} "
            f"GROUP BY h.customer_id, h.staff_id, s.until_at) e WHERE e.ends_at > {now} AND e.ends_at <= {until}"
        )

    return Listing(
        "reminders", lambda _bind: _COLUMNS, source, Order(_KEYS, descending=False), lambda row: _row(desk, row),
        EVERYTHING,
    )  # fmt: skip


def _horizon(desk: Desk, days: int) -> datetime:
    """Give the end of the last day that is as many days away."""
    end = start_of(next_day(desk.rulebook.day(desk.now) + timedelta(days=days)), desk.rulebook.zone)
    return end or desk.now


def _row(desk: Desk, row: Mapping[str, Any]) -> Reminder:
    last = desk.rulebook.day(row["ends_at"] - _ONE_MOMENT)
    left = (last - desk.rulebook.day(desk.now)).days
    mark = min(day for day in desk.rulebook.counts("reminder.days") if day >= left)
    return Reminder(ReminderKind(row["kind"]), row["customer_id"], row["staff_id"], last, left, mark)


async def read_reminders(desk: Desk, paging: Paging) -> Page[Reminder]:
    """Read a page of reminders; one entry of the log says how many customers were shown."""
    await desk.require(Act.VIEW_REMINDERS)
    found = await page(desk, reminders(desk), paging)
    if found.rows:
        await desk.note(Entry("reminder:list", count=len(found.rows)))
    return found


async def count_reminders(desk: Desk) -> Count:
    """Count the reminders of whoever asks."""
    return await count(reminders(desk))
