"""Who has handed in what they report (上交情况, J14 J25): of a day or a week, everybody in sight of whom it is asked.

- It is asked of everybody whose role writes a diary or a weekly report, from their first day in a team to the last
  before they left; whoever wrote without being asked stands there too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from authz.actor import Role
from authz.acts import Act
from records.connection import read
from records.diaries import DIARY, WEEKLY
from records.filters import BadInput
from records.handing_in import diary_asked, diary_due, report_due, state_of, week_of
from records.queries import Values, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from records.desk import Desk
    from records.diaries import Reported
    from records.handing_in import HandedIn

_WEEK: Final = timedelta(days=7)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RollRow:
    """Where somebody stands with a day or a week: by when it is due, if by any time, and what they handed in last."""

    staff: UUID
    state: HandedIn
    due: date | None
    handed_in_at: datetime | None
    report: UUID | None


async def read_diary_roll(desk: Desk, day: date) -> list[RollRow]:
    """Say of everybody in sight where they stand with a day's diary, by number; of a day to come, of nobody."""
    await desk.require(Act.VIEW_REPORTS)
    if day > desk.rulebook.day(desk.now):
        return []
    rows = await _roll(desk, DIARY, day, _DAY)
    asked, due = diary_asked(desk.rulebook, day), diary_due(desk.rulebook, day)
    return _stood(desk, rows, asked, due)


async def read_weekly_report_roll(desk: Desk, day: date) -> list[RollRow]:
    """Say of everybody in sight where they stand with the report of a day's week; of a week to come, of nobody."""
    await desk.require(Act.VIEW_REPORTS)
    week = week_of(day)
    if week > desk.rulebook.day(desk.now):
        return []
    due = report_due(desk.rulebook, week)
    return _stood(desk, await _roll(desk, WEEKLY, week, _WEEK), due, due)


def _stood(desk: Desk, rows: Sequence[Mapping[str, Any]], asked: date | None, due: date | None) -> list[RollRow]:
    found: list[RollRow] = []
    for row in rows:
        by = due if row["first_at"] is not None else asked
        state = state_of(desk.rulebook, by, row["first_at"], desk.now)
        if state is not None:
            found.append(RollRow(row["id"], state, by, row["first_at"], row["latest"]))
    return found


async def _roll(desk: Desk, of: Reported, period: date, length: timedelta) -> Sequence[Mapping[str, Any]]:
    """Read everybody in sight of whom it may be asked, with when they handed it in first and what last."""
    roles = [role.value for role in Role if desk.guard.widest(role, of.act) is not None]
    try:
        until = datetime.combine(period + length, time(), desk.rulebook.zone).astimezone(UTC)
    except OverflowError:
        raise BadInput from None
    sight, bind = visible_to(desk, Act.VIEW_REPORTS), Values()
    named, ended = bind(period, "date"), bind(until, "timestamptz")
    statement = (
        f"SELECT s.id, e.first_at, e.latest FROM staff s LEFT JOIN LATERAL (SELECT min(f.recorded_at) AS first_at, "  # noqa: S608 (names of ours)
        f"(array_agg(r.id ORDER BY r.number DESC))[1] AS latest FROM {of.name} r JOIN fact f ON f.id = r.fact_id "
        f"WHERE r.staff_id = s.id AND r.{of.period} = {named}) e ON true "
        f"WHERE {sight.records('s.id', bind)} AND (e.first_at IS NOT NULL OR (s.role = ANY({bind(roles, 'text[]')}) "
        "AND EXISTS (SELECT FROM team_membership m WHERE m.staff_id = s.id AND m.team_id IS NOT NULL "
        f"AND m.from_at < {ended}) "
        f"AND NOT EXISTS (SELECT FROM fact d WHERE d.kind = 'depart' AND d.by_id = s.id AND d.happened_at < {ended}))) "
        "ORDER BY s.number"
    )
    return await read(statement, bind.given)
