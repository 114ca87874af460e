"""Which team is on reception duty (值班) in which week: set by a leader, and what an ownerless deal falls to (A20).

- A week is named by its Monday; any of its days names it.
- What was set last for a week counts, also when it becomes known after the deal; what was said before stays a fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from authz.acts import Act
from claims.deadlines import monday_of
from claims.facts import FactKind
from records import replays
from records.audit import Entry
from records.connection import read
from records.facts import Addition
from records.filters import BadInput
from records.histories import details_of
from records.outcomes import Done
from records.references import Kind, row_of
from records.refusals import not_found

if TYPE_CHECKING:
    from datetime import datetime

    from tortoise.backends.base.client import TransactionalDBClient

    from records.desk import Desk

MOST_WEEKS: Final = 60
_TEAM: Final = "SELECT id FROM team WHERE id = $1"
_ROSTER: Final = """
SELECT DISTINCT ON (f.details ->> 'week') f.details, f.entered_by_id, f.recorded_at
FROM fact f WHERE f.kind = 'duty' AND f.details ->> 'week' = ANY($1)
ORDER BY f.details ->> 'week', f.happened_at DESC, f.seq DESC
"""


@dataclass(frozen=True, slots=True)
class DutyWeek:
    """Who is on duty in a week; `team` is None where nobody said so."""

    monday: date
    team: UUID | None = None
    set_by: UUID | None = None
    set_at: datetime | None = None


async def set_duty(desk: Desk, team: str, *, week: date, key: UUID) -> Done:
    """Say which team is on duty in the week of a day; the node is the fact."""
    actor = await desk.require(Act.SET_DUTY)
    row, monday = row_of(Kind.TEAM, team), monday_of(week)

    async def do(tx: TransactionalDBClient) -> Done:
        if row is None or not await tx.execute_query_dict(_TEAM, [row]):
            return Done(refusal=not_found("team"))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = addition.add_fact(
            FactKind.DUTY, None, at=desk.now, by=None, entered_by=actor.staff,
            details={"team": row.hex, "week": monday.isoformat()},
        )  # fmt: skip
        await addition.write(tx)
        await desk.record(tx, Entry("duty:set", subject_teams=(row,)))
        return Done(fact)

    async def again(_tx: TransactionalDBClient, fact: UUID) -> Done:
        return Done(fact)

    return await replays.once(desk, Act.SET_DUTY, key, {"team": team, "week": monday.isoformat()}, do=do, again=again)


async def read_duty(desk: Desk, since: date, until: date) -> list[DutyWeek]:
    """Give every week between two days, also those that nobody set; at most 60 of them."""
    await desk.require(Act.VIEW_DUTY)
    first, last = monday_of(since), monday_of(until)
    weeks = (last - first).days // 7 + 1
    if not 1 <= weeks <= MOST_WEEKS:
        raise BadInput
    mondays = [first + timedelta(weeks=number) for number in range(weeks)]
    rows = await read(_ROSTER, [[monday.isoformat() for monday in mondays]])
    found: dict[str, DutyWeek] = {}
    for row in rows:
        details = details_of(row["details"])
        team = UUID(hex=details["team"])
        found[details["week"]] = DutyWeek(
            date.fromisoformat(details["week"]), team, row["entered_by_id"], row["recorded_at"]
        )
    return [found.get(monday.isoformat(), DutyWeek(monday)) for monday in mondays]
