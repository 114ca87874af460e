"""Figures of work (业绩统计): filings, how many on time and how many right at once, visits and deals (C4 C13 D12 I8).

- By person, team or week, of what lies within the asker's reach and nothing else; one statement, whatever the number.
- On time: not entered late, and a contract's filing within its working days (D10). Right at once: no reviewer returned
  or rejected it. A recorded visit counts once somebody else verified it (I9).
- What an inspection found not in order counts for whoever filed it, and their team then, on that day (B16).
- Diaries and weekly reports count on their day, or on their week's Monday, and how many of them came late (J14 J25).
- What counts for a team is who was in it then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from authz.policy import Scope
from records.audit import Entry
from records.connection import read
from records.filters import BadInput
from records.handing_in import diary_due, report_due
from records.queries import Values, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from records.desk import Desk
    from records.queries import Sight

MOST_DAYS: Final = 366
LONGEST_DELAY: Final = timedelta(days=400)
"""How long before a period its contracts may have been signed; what was signed earlier is filed late."""
_ONE_DAY: Final = timedelta(days=1)
_HUNDREDTH: Final = Decimal("0.01")


class FiguresBy(StrEnum):
    """By what figures are put together (统计口径)."""

    PERSON = "person"
    TEAM = "team"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class FiguresRow:
    """The figures of a person, a team (None: nobody's) or a week, which its Monday names."""

    staff: UUID | None
    team: UUID | None
    week: date | None
    filings: int
    on_time: int
    right_at_once: int
    visits: int
    recorded_visits: int
    deals: int
    findings: int
    diaries: int
    weekly_reports: int
    handed_in_late: int

    def rate(self, number: int) -> Decimal | None:
        """Give the share of filings in percent; None without filings."""
        return (Decimal(100 * number) / self.filings).quantize(_HUNDREDTH) if self.filings else None


_KEYS: Final[Mapping[FiguresBy, str]] = {
    FiguresBy.PERSON: "e.staff_id",
    FiguresBy.TEAM: "e.team_id",
    FiguresBy.WEEK: "date_trunc('week', e.at AT TIME ZONE {zone})::date",
}
_FIGURES: Final = """
WITH last_day (signed_on, last) AS (SELECT * FROM unnest({days}::date[], {lasts}::date[])),
due (day, diary, report) AS (SELECT * FROM unnest({asked}::date[], {diaries}::date[], {reports}::date[])), event AS (
    SELECT f.claimant_id AS staff_id, f.team_id, f.occurred_at AS at, 1 AS filings,
        (NOT a.details ? 'late' AND NOT coalesce(l.late, false))::int AS on_time,
        (NOT EXISTS (SELECT FROM fact r WHERE r.filing_id = f.id AND r.kind = 'review'
            AND r.details ->> 'outcome' IN ('return', 'reject')))::int AS right_at_once,
        0 AS visits, 0 AS recorded_visits, 0 AS deals, 0 AS findings, 0 AS diaries, 0 AS weekly_reports,
        0 AS handed_in_late
    FROM filing f JOIN fact a ON a.filing_id = f.id AND a.kind = 'file'
    LEFT JOIN LATERAL (
        SELECT min(s.happened_at) AS signed_at FROM fact s
        WHERE f.type = 'contract' AND s.kind = {late_event} AND s.deal_id = (a.details -> 'values' ->> 'deal')::uuid
    ) s ON true
    LEFT JOIN last_day d ON d.signed_on = (s.signed_at AT TIME ZONE {zone})::date
    LEFT JOIN LATERAL (
        SELECT {has_limit} AND s.signed_at IS NOT NULL
            AND (s.signed_at < {earliest} OR (f.occurred_at AT TIME ZONE {zone})::date > d.last) AS late
    ) l ON true
    WHERE f.occurred_at >= {since} AND f.occurred_at < {until}
    UNION ALL
    SELECT v.staff_id, m.team_id, v.happened_at, 0, 0, 0, (v.kind = 'visit')::int,
        (v.kind = 'record_visit' AND v.details ->> 'verified' = 'true')::int, (v.kind = {deal_event})::int, 0, 0, 0, 0
    FROM (SELECT x.*, coalesce(x.by_id, x.entered_by_id) AS staff_id FROM fact x) v LEFT JOIN LATERAL (
        SELECT t.team_id FROM team_membership t WHERE t.staff_id = v.staff_id AND t.from_at <= v.happened_at
        ORDER BY t.from_at DESC, t.recorded_at DESC LIMIT 1
    ) m ON true
    WHERE v.kind = ANY(ARRAY['visit', 'record_visit', {deal_event}])
    AND v.happened_at >= {since} AND v.happened_at < {until} AND v.staff_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM fact k WHERE k.corrects_id = v.id)
    UNION ALL
    SELECT f.claimant_id, f.team_id, i.found_at, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0
    FROM inspected_claim i JOIN filing f ON f.id = i.filing_id
    WHERE i.due_on IS NOT NULL AND i.found_at >= {since} AND i.found_at < {until}
    UNION ALL
    SELECT h.staff_id, m.team_id, h.at, 0, 0, 0, 0, 0, 0, 0, h.diary, h.report,
        coalesce(h.handed_in > h.due, false)::int
    FROM (
        SELECT r.staff_id, r.day::timestamp AT TIME ZONE {zone} AS at, 1 AS diary, 0 AS report, d.diary AS due,
            (f.recorded_at AT TIME ZONE {zone})::date AS handed_in
        FROM due d JOIN diary_entry r ON r.day = d.day AND r.number = 1 JOIN fact f ON f.id = r.fact_id
        UNION ALL
        SELECT r.staff_id, r.week::timestamp AT TIME ZONE {zone}, 0, 1, d.report,
            (f.recorded_at AT TIME ZONE {zone})::date
        FROM due d JOIN weekly_report r ON r.week = d.day AND r.number = 1 JOIN fact f ON f.id = r.fact_id
    ) h LEFT JOIN LATERAL (
        SELECT t.team_id FROM team_membership t WHERE t.staff_id = h.staff_id AND t.from_at <= h.at
        ORDER BY t.from_at DESC, t.recorded_at DESC LIMIT 1
    ) m ON true
)
SELECT {key} AS key, sum(e.filings)::int AS filings, sum(e.on_time)::int AS on_time,
    sum(e.right_at_once)::int AS right_at_once, sum(e.visits)::int AS visits,
    sum(e.recorded_visits)::int AS recorded_visits, sum(e.deals)::int AS deals, sum(e.findings)::int AS findings,
    sum(e.diaries)::int AS diaries, sum(e.weekly_reports)::int AS weekly_reports,
    sum(e.handed_in_late)::int AS handed_in_late
FROM event e WHERE {scope} GROUP BY 1
HAVING sum(e.filings + e.visits + e.recorded_visits + e.deals + e.findings + e.diaries + e.weekly_reports) > 0
ORDER BY 1 NULLS LAST
"""


async def read_figures(desk: Desk, first: date, last: date, by: FiguresBy) -> list[FiguresRow]:
    """Put together the figures of some days, 366 at most; one entry of the log says how many rows were shown."""
    await desk.require(Act.VIEW_FIGURES)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BadInput
    bind = Values()
    found = await read(_statement(desk, first, last, by, bind), bind.given)
    if found:
        await desk.note(Entry("figures:read", count=len(found)))
    return [_row(row, by) for row in found]


def _statement(desk: Desk, first: date, last: date, by: FiguresBy, bind: Values) -> str:
    rulebook = desk.rulebook
    try:
        since, until = (datetime.combine(day, time(), rulebook.zone) for day in (first, last + _ONE_DAY))
        earliest = since - LONGEST_DELAY
        before = first - LONGEST_DELAY
        days = [before + number * _ONE_DAY for number in range((last - before).days + 1)]
        asked = days[LONGEST_DELAY.days :]
        diaries, reports = zip(*((diary_due(rulebook, day), report_due(rulebook, day)) for day in asked), strict=True)
    except OverflowError:
        raise BadInput from None
    window = rulebook.window("late.days")
    lasts = [] if window is None else [rulebook.last_day(day, window) for day in days]
    zone = bind(rulebook.zone.key, "text")
    event = rulebook.word("deal.event")
    values = {
        "zone": zone,
        "days": bind(days if lasts else [], "date[]"),
        "lasts": bind(lasts, "date[]"),
        "asked": bind(asked, "date[]"),
        "diaries": bind(list(diaries), "date[]"),
        "reports": bind(list(reports), "date[]"),
        "has_limit": bind(window is not None, "boolean"),
        "late_event": bind(rulebook.word("late.event"), "text"),
        "deal_event": bind("sign" if event == "none" else event, "text"),
        "earliest": bind(earliest.astimezone(UTC), "timestamptz"),
        "since": bind(since.astimezone(UTC), "timestamptz"),
        "until": bind(until.astimezone(UTC), "timestamptz"),
        "key": _KEYS[by].format(zone=zone),
        "scope": _scope(visible_to(desk, Act.VIEW_FIGURES), bind),
    }
    return _FIGURES.format(**values)


def _scope(sight: Sight, bind: Values) -> str:
    """Say whose events count: one's own, those of one's team then, everybody's."""
    match sight.scope:
        case Scope.ALL:
            return "true"
        case Scope.TEAM:
            return f"e.team_id = {bind(sight.team, 'uuid')}"
        case Scope.OWN:
            return f"e.staff_id = {bind(sight.staff, 'uuid')}"
        case _:
            return "false"


def _row(row: Mapping[str, Any], by: FiguresBy) -> FiguresRow:
    key = row["key"]
    return FiguresRow(
        staff=key if by is FiguresBy.PERSON else None, team=key if by is FiguresBy.TEAM else None,
        week=key if by is FiguresBy.WEEK else None, filings=row["filings"], on_time=row["on_time"],
        right_at_once=row["right_at_once"], visits=row["visits"], recorded_visits=row["recorded_visits"],
        deals=row["deals"], findings=row["findings"], diaries=row["diaries"], weekly_reports=row["weekly_reports"],
        handed_in_late=row["handed_in_late"],
    )  # fmt: skip
