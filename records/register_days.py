"""The register of a day (当天客户登记记录): scanned and filed at the day's end, day by day (A8).

- A day's register is what was recorded of filings on site or by form on that day, in the rulebook's zone.
- A closing says how many filings it covers; one that is recorded after it opens the day again, until the next closing.
- Where the rulebook asks for it, a day that ended with filings and without a closing is a breach; closed later, it
  stays late. Both are functions of the clock: no job marks anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from records import replays
from records.audit import Entry
from records.connection import read
from records.facts import Addition
from records.filters import BadInput
from records.histories import details_of
from records.outcomes import Done
from records.proofreading import Proof
from records.refusals import ProblemCode, RefusalCode, Refused
from records.scans import Scan, read_scans, said_of, scans_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk
    from records.scans import ScanForm

CLOSING: Final = "register_closing"
"""The fact that closes a day's register: the book's own."""
MOST_DAYS: Final = 92
_ONE_DAY: Final = timedelta(days=1)
_LOCK_DAY: Final = "SELECT pg_advisory_xact_lock(hashtext('register day'), $1)"
_FILED: Final = """
SELECT count(*) AS filings FROM filing
WHERE channel IN ('on_site', 'form') AND recorded_at >= $1 AND recorded_at < $2
"""
_CLOSED: Final = """
SELECT number, filings FROM register_closing WHERE day = $1 ORDER BY number DESC LIMIT 1
"""
_DAYS: Final = """
WITH filed AS (
    SELECT (recorded_at AT TIME ZONE $1)::date AS day, count(*) AS filings FROM filing
    WHERE channel IN ('on_site', 'form') AND recorded_at >= $2 AND recorded_at < $3 GROUP BY 1
), closed AS (
    SELECT DISTINCT ON (c.day) c.day, c.filings AS covered, c.closed_at, c.closed_by_id, f.details
    FROM register_closing c JOIN fact f ON f.id = c.fact_id WHERE c.day BETWEEN $4 AND $5 ORDER BY c.day, c.number DESC
)
SELECT coalesce(filed.day, closed.day) AS day, coalesce(filed.filings, 0) AS filings,
    closed.covered, closed.closed_at, closed.closed_by_id, closed.details
FROM filed FULL JOIN closed ON closed.day = filed.day ORDER BY 1
"""
_DAY_OF: Final = "SELECT day FROM register_closing WHERE id = $1"


class RegisterState(StrEnum):
    """Where a day's register stands (登记簿状态)."""

    OPEN = "open"
    CLOSED = "closed"
    CLOSED_LATE = "closed_late"
    BREACH = "breach"


@dataclass(frozen=True, slots=True)
class RegisterDay:
    """A day's register: how many filings, how many its latest closing covers, when and by whom it was closed."""

    day: date
    filings: int
    state: RegisterState
    covered: int = 0
    closed_at: datetime | None = None
    closed_by: UUID | None = None
    scans: tuple[Scan, ...] = ()


async def close_register_day(desk: Desk, day: date, *, scans: Sequence[ScanForm], key: UUID) -> Done:
    """Close a day's register with the scans of its sheets (当日归档, A8).

    Refused: a day that has not begun, one without scans, and one that has nothing to close, or nothing since its
    last closing.
    """
    actor = await desk.require(Act.CLOSE_REGISTER_DAY)
    proof = Proof()
    kept = read_scans(proof, scans, "scans")
    clauses = desk.rulebook.source("register.closed").clauses
    if day > desk.rulebook.day(desk.now):
        proof.blame(ProblemCode.IN_THE_FUTURE, "day")
    if not scans:
        proof.blame(ProblemCode.REQUIRED, "scans", clauses=clauses)
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        # Whoever closes the same day waits here; a filing need not wait: the closing says what it covers.
        await fetch(_LOCK_DAY, [day.toordinal()])
        filings: int = (await fetch(_FILED, [*_bounds(desk, day, day)]))[0]["filings"]
        closed = next(iter(await fetch(_CLOSED, [day])), None)
        if filings <= (closed["filings"] if closed else 0):
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, clauses))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        details = {"day": day.isoformat(), "filings": filings, "scans": [scan.written() for scan in kept]}
        fact = addition.add_fact(CLOSING, None, at=desk.now, by=actor.staff, entered_by=actor.staff, details=details)
        closing = addition.draw_id()
        number = closed["number"] + 1 if closed else 1
        addition.add_register_closing(closing, day, number, fact, filings=filings, closed_by=actor.staff)
        await addition.write(tx)
        await desk.record(tx, Entry("register:close", count=filings))
        return Done(closing)

    async def again(_tx: TransactionalDBClient, closing: UUID) -> Done:
        return Done(closing)

    whole = {"day": day.isoformat(), "scans": said_of(scans)}
    return await replays.once(desk, Act.CLOSE_REGISTER_DAY, key, whole, do=do, again=again)


def _bounds(desk: Desk, first: date, last: date) -> tuple[datetime, datetime]:
    """Give the instants between which some days lie in the rulebook's zone; what leaves the calendar is `BadInput`."""
    try:
        begin, end = (datetime.combine(day, time(), desk.rulebook.zone) for day in (first, last + _ONE_DAY))
        return begin.astimezone(UTC), end.astimezone(UTC)
    except OverflowError:
        raise BadInput from None


async def read_register_days(desk: Desk, first: date, last: date) -> list[RegisterDay]:
    """Read the registers of some days, 92 at most: those with filings or closings, the earliest first."""
    await desk.require(Act.VIEW_REGISTER_DAYS)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise BadInput
    return await _days(desk, first, last)


async def day_closed(desk: Desk, closing: UUID | None) -> RegisterDay | None:
    """Give the register of the day that a closing closed."""
    found = [] if closing is None else await read(_DAY_OF, [closing])
    return (await _days(desk, found[0]["day"], found[0]["day"]))[0] if found else None


async def _days(desk: Desk, first: date, last: date) -> list[RegisterDay]:
    values = [desk.rulebook.zone.key, *_bounds(desk, first, last), first, last]
    return [_day(desk, row) for row in await read(_DAYS, values)]


def _day(desk: Desk, row: Mapping[str, Any]) -> RegisterDay:
    closed_at = row["closed_at"]
    return RegisterDay(
        row["day"], row["filings"], _state(desk, row), row["covered"] or 0, closed_at, row["closed_by_id"],
        scans_in(details_of(row["details"])) if closed_at is not None else (),
    )  # fmt: skip


def _state(desk: Desk, row: Mapping[str, Any]) -> RegisterState:
    if row["filings"] <= (row["covered"] or 0):
        is_late = desk.rulebook.day(row["closed_at"]) > row["day"]
        return RegisterState.CLOSED_LATE if is_late else RegisterState.CLOSED
    is_over = desk.rulebook.day(desk.now) > row["day"]
    is_asked = desk.rulebook.word("register.closed") == "daily"
    return RegisterState.BREACH if is_over and is_asked else RegisterState.OPEN
