"""Diaries and weekly reports as somebody sees them: their own, their team's, or all; of each the latest version.

- An older version is found by its id, or from the one that corrects it.
- Words are opened after the log says whose; whose key is destroyed has nothing left to open.
- Beside what a report says of its week stands what the book counts of it now: a customer visited on a day is one visit,
  whether it was recorded as a visit brought in, in the daily record, or both, unless it was found untrue (I9).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from authz.acts import Act
from authz.policy import Condition
from records.audit import Entry
from records.connection import read
from records.diaries import DIARY, WEEKLY
from records.filters import EVERYTHING, BadInput, Comparable, Filter, condition
from records.handing_in import diary_due, is_late, report_due
from records.histories import details_of
from records.pages import Listing, Order, Page, Paging, SortKey, page
from records.queries import GIVEN, Values, acts_on, relation_of, visible_to
from records.references import Kind, reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from records.desk import Desk
    from records.diaries import Reported

_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of what somebody reported, without its words: whose, when, of which number, received by whom."""

    id: UUID
    staff: UUID
    team: UUID | None
    number: int
    written_at: datetime
    is_latest: bool
    is_late: bool
    due: date | None
    received_by: UUID | None
    received_at: datetime | None
    corrects: UUID | None


@dataclass(frozen=True, slots=True)
class DiaryRow:
    """A diary entry in sight (行销日志), and the customers that it names."""

    version: Version
    day: date
    customers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A weekly report in sight (周报): its Monday, and the numbers as they were said."""

    version: Version
    week: date
    visits: int
    customers: int
    signings: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What the book counts of somebody's week: visits, customers visited, deals signed."""

    visits: int
    customers: int
    signings: int


def _columns(of: Reported, more: str) -> str:
    return (
        f"r.id, r.staff_id, r.{of.period}, r.number, f.recorded_at, f.details, t.team_id, n.id IS NULL AS is_latest, "
        f"o.first_at, v.entered_by_id AS received_by, v.recorded_at AS received_at, b.id AS corrects{more}"
    )


def _from(of: Reported, now: str) -> str:
    of_the_same = f"(staff_id, {of.period}) = (r.staff_id, r.{of.period}) AND"
    return (
        f"FROM {of.name} r JOIN fact f ON f.id = r.fact_id LEFT JOIN fact v ON v.id = r.received_fact_id "
        f"LEFT JOIN LATERAL (SELECT id FROM {of.name} WHERE {of_the_same} number = r.number + 1) n ON true "
        f"LEFT JOIN LATERAL (SELECT id FROM {of.name} WHERE {of_the_same} number = r.number - 1) b ON true "
        f"LEFT JOIN LATERAL (SELECT g.recorded_at AS first_at FROM {of.name} x JOIN fact g ON g.id = x.fact_id "
        f"WHERE (x.staff_id, x.{of.period}) = (r.staff_id, r.{of.period}) AND x.number = 1) o ON true "
        "LEFT JOIN LATERAL (SELECT m.team_id FROM team_membership m WHERE m.staff_id = r.staff_id "
        f"AND m.from_at <= {now} ORDER BY m.from_at DESC, m.recorded_at DESC LIMIT 1) t ON true"
    )


def _allowed(of: Reported) -> Mapping[str, Comparable]:
    return {
        "by": Comparable("r.staff_id", "uuid"),
        of.period: Comparable(f"r.{of.period}", "date"),
        "is_received": Comparable("(r.received_fact_id IS NOT NULL)", "boolean"),
    }


def _order(of: Reported) -> Order:
    days = SortKey(f"(r.{of.period} - date '2000-01-01')", "integer")
    return Order((days, SortKey("f.recorded_at", "timestamptz"), SortKey("r.id", "uuid")))


def _version(desk: Desk, row: Mapping[str, Any], due: date | None) -> Version:
    late = is_late(desk.rulebook, due, row["first_at"])
    return Version(
        row["id"], row["staff_id"], row["team_id"], row["number"], row["recorded_at"], row["is_latest"], late, due,
        row["received_by"], row["received_at"], row["corrects"],
    )  # fmt: skip


def _diary_row(desk: Desk, row: Mapping[str, Any]) -> DiaryRow:
    named = tuple(UUID(hex=one) for one in details_of(row["details"]).get("customers", ()))
    return DiaryRow(_version(desk, row, diary_due(desk.rulebook, row["day"])), row["day"], named)


def _report_row(desk: Desk, row: Mapping[str, Any]) -> ReportRow:
    numbers = (row["visits"], row["customers"], row["signings"])
    return ReportRow(_version(desk, row, report_due(desk.rulebook, row["week"])), row["week"], *numbers)


_NUMBERS: Final = ", r.visits, r.customers, r.signings"


def _source(desk: Desk, of: Reported, narrowed: Filter, bind: Values) -> str:
    sight = visible_to(desk, Act.VIEW_REPORTS)
    return (
        f"{_from(of, bind(desk.now, 'timestamptz'))} WHERE n.id IS NULL AND {sight.records('r.staff_id', bind)} "
        f"AND {condition(narrowed, _allowed(of), bind)}"
    )


def diary_entries(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[DiaryRow]:
    """List the diary entries in sight, the latest day first, of each day the latest version."""
    return Listing(
        "diary_entries", lambda _bind: _columns(DIARY, ""),
        lambda bind, _below: _source(desk, DIARY, narrowed, bind), _order(DIARY),
        lambda row: _diary_row(desk, row), narrowed,
    )  # fmt: skip


def weekly_reports(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[ReportRow]:
    """List the weekly reports in sight, the latest week first, of each week the latest version."""
    return Listing(
        "weekly_reports", lambda _bind: _columns(WEEKLY, _NUMBERS),
        lambda bind, _below: _source(desk, WEEKLY, narrowed, bind), _order(WEEKLY),
        lambda row: _report_row(desk, row), narrowed,
    )  # fmt: skip


async def read_diary_entries(desk: Desk, paging: Paging, narrowed: Filter) -> Page[DiaryRow]:
    """Read a page of the diary entries in sight."""
    await desk.require(Act.VIEW_REPORTS)
    return await page(desk, diary_entries(desk, narrowed), paging)


async def read_weekly_reports(desk: Desk, paging: Paging, narrowed: Filter) -> Page[ReportRow]:
    """Read a page of the weekly reports in sight."""
    await desk.require(Act.VIEW_REPORTS)
    return await page(desk, weekly_reports(desk, narrowed), paging)


async def _rows_by_id(desk: Desk, of: Reported, more: str, ids: list[UUID]) -> list[Mapping[str, Any]]:
    sight, bind = visible_to(desk, Act.VIEW_REPORTS), Values()
    statement = (
        f"SELECT {_columns(of, more)} {_from(of, bind(desk.now, 'timestamptz'))} "
        f"WHERE r.id = ANY({bind(ids)}) AND {sight.records('r.staff_id', bind)}"
    )
    return list(await read(statement, bind.given))


async def _diaries_by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, DiaryRow]:
    return {row["id"]: _diary_row(desk, row) for row in await _rows_by_id(desk, DIARY, "", ids)}


async def _reports_by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, ReportRow]:
    return {row["id"]: _report_row(desk, row) for row in await _rows_by_id(desk, WEEKLY, _NUMBERS, ids)}


async def diary_entry(desk: Desk, id_: UUID | None) -> DiaryRow | None:
    """Give one diary entry in sight, whichever version."""
    return None if id_ is None else await desk.gathering.ask(desk, _diaries_by_id, id_)


async def weekly_report(desk: Desk, id_: UUID | None) -> ReportRow | None:
    """Give one weekly report in sight, whichever version."""
    return None if id_ is None else await desk.gathering.ask(desk, _reports_by_id, id_)


async def _opened(desk: Desk, of: Reported, ids: list[UUID]) -> dict[UUID, dict[str, str]]:
    """Open the words of some versions in sight, after the log says whose they are."""
    sight, bind = visible_to(desk, Act.VIEW_REPORTS), Values()
    rows = await read(
        f"SELECT r.id, r.staff_id, r.body FROM {of.name} r "
        f"WHERE r.id = ANY({bind(ids)}) AND {sight.records('r.staff_id', bind)}",
        bind.given,
    )
    if not rows:
        return {}
    people = {row["staff_id"] for row in rows}
    whose = tuple(sorted(reference(Kind.STAFF, one) for one in people))
    await desk.note(Entry(f"{of.name}:read", fields=whose, count=len(rows)))
    ciphers = await desk.keys.ciphers_of(people, read)
    return {
        row["id"]: orjson.loads(ciphers[row["staff_id"]].open(row["body"], of.at(row["id"], row["staff_id"])))
        for row in rows
        if row["staff_id"] in ciphers
    }


async def _diaries_opened(desk: Desk, ids: list[UUID]) -> dict[UUID, dict[str, str]]:
    return await _opened(desk, DIARY, ids)


async def _reports_opened(desk: Desk, ids: list[UUID]) -> dict[UUID, dict[str, str]]:
    return await _opened(desk, WEEKLY, ids)


async def words_of_diary(desk: Desk, id_: UUID) -> Mapping[str, str]:
    """Give what a diary entry says."""
    return await desk.gathering.ask(desk, _diaries_opened, id_) or {}


async def words_of_report(desk: Desk, id_: UUID) -> Mapping[str, str]:
    """Give what a weekly report says."""
    return await desk.gathering.ask(desk, _reports_opened, id_) or {}


_COUNTED: Final = """
SELECT a.staff_id, a.week, count(DISTINCT (p.root_id, (e.happened_at AT TIME ZONE $5)::date))
    FILTER (WHERE e.kind <> 'sign')::int AS visits,
    count(DISTINCT p.root_id) FILTER (WHERE e.kind <> 'sign')::int AS customers,
    count(DISTINCT e.deal_id) FILTER (WHERE e.kind = 'sign')::int AS signings
FROM unnest($1::uuid[], $2::date[], $3::timestamptz[], $4::timestamptz[]) AS a(staff_id, week, since, until)
JOIN fact e ON coalesce(e.by_id, e.entered_by_id) = a.staff_id AND e.happened_at >= a.since AND e.happened_at < a.until
    AND e.kind IN ('visit', 'record_visit', 'sign') AND NOT EXISTS (SELECT FROM fact k WHERE k.corrects_id = e.id)
JOIN customer p ON p.id = e.customer_id
GROUP BY 1, 2
"""


async def _counts(desk: Desk, asked: list[tuple[UUID, date]]) -> dict[tuple[UUID, date], Counted]:
    weeks = [(staff, week, *_bounds(desk, week)) for staff, week in asked]
    columns = [list(one) for one in zip(*weeks, strict=True)]
    rows = await read(_COUNTED, [*columns, desk.rulebook.zone.key])
    return {(row["staff_id"], row["week"]): Counted(row["visits"], row["customers"], row["signings"]) for row in rows}


async def counted(desk: Desk, report: ReportRow) -> Counted:
    """Count what the book knows now of the week of a report in sight."""
    return await desk.gathering.ask(desk, _counts, (report.version.staff, report.week)) or Counted(0, 0, 0)


def _bounds(desk: Desk, week: date) -> tuple[datetime, datetime]:
    try:
        begin, end = (datetime.combine(day, time(), desk.rulebook.zone) for day in (week, week + _WEEK))
        return begin.astimezone(UTC), end.astimezone(UTC)
    except OverflowError:
        raise BadInput from None


def acts_on_report(desk: Desk, row: Version) -> list[Act]:
    """List what the viewer may do with a version: receive the latest, once, unless it is their own."""
    actor = desk.signed_in()
    if not row.is_latest or row.received_at is not None or row.staff == actor.staff:
        return []
    relation = relation_of(actor, is_own=False, is_team=row.team == actor.team)
    return acts_on(desk, [Act.RECEIVE_REPORT], relation, facts=[*GIVEN, Condition.NOT_SELF])
