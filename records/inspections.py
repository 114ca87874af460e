"""Inspections (检查, B16 C11 E11): a sample of a team's filings of some days, drawn by a seed that is kept.

- Whoever inspects draws from all that the team filed then, their own filings and what is destroyed apart; the seed
  makes the same sample again.
- What is found has its day by which it is put right, and shows as overdue from the next day on, by the clock alone.
- An inspection is closed when everything is looked at, and whatever was found is confirmed as put right.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from authz.policy import Scope
from records import replays
from records.audit import Entry
from records.facts import Addition
from records.filters import BadInput
from records.notices import Notice, NoticeKind, tell
from records.outcomes import Done
from records.proofreading import Proof
from records.queries import visible_to
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk

CLAUSES: Final = ("B16", "C11", "E11")
LARGEST_SAMPLE: Final = 100
MOST_DAYS: Final = 366
_SEED_BYTES: Final = 16
_ONE_DAY: Final = timedelta(days=1)
_TEAM: Final = "SELECT id FROM team WHERE id = $1"
_POPULATION: Final = """
SELECT f.id FROM filing f JOIN customer c ON c.id = f.customer_id
WHERE f.team_id = $1 AND f.recorded_at >= $2 AND f.recorded_at < $3 AND f.recorded_at <= $4
AND $5 NOT IN (f.claimant_id, f.entered_by_id)
AND NOT EXISTS (SELECT FROM erasure e WHERE e.customer_id = c.root_id AND e.erased_at <= $4)
"""
_HELD: Final = "SELECT * FROM inspection WHERE id = $1 FOR UPDATE"
_UNFINISHED: Final = """
SELECT 1 FROM inspected_claim i JOIN filing f ON f.id = i.filing_id JOIN customer c ON c.id = f.customer_id
WHERE i.inspection_id = $1 AND (i.finding IS NULL OR (i.due_on IS NOT NULL AND i.confirmed_at IS NULL))
AND NOT EXISTS (SELECT FROM erasure e WHERE e.customer_id = c.root_id) LIMIT 1
"""
_CLOSE: Final = "UPDATE inspection SET closed_by_id = $2, closed_at = $3, version = version + 1 WHERE id = $1"


def sample_of(seed: str, filings: Collection[UUID], size: int) -> list[UUID]:
    """Draw so many filings: the same for the same seed and the same filings, in whatever order they are given."""
    drawn = bytes.fromhex(seed)
    return sorted(filings, key=lambda filing: hashlib.sha256(drawn + filing.bytes).digest())[:size]


async def population_of(
    fetch: Fetch, desk: Desk, team: UUID, first: date, last: date, *, inspector: UUID, at: datetime
) -> list[UUID]:
    """List the filings of some days from which an inspection at an instant draws."""
    try:
        since, until = (
            datetime.combine(day, time(), desk.rulebook.zone).astimezone(UTC) for day in (first, last + _ONE_DAY)
        )
    except OverflowError:
        raise BadInput from None
    return [row["id"] for row in await fetch(_POPULATION, [team, since, until, at, inspector])]


async def open_inspection(desk: Desk, team: str, first: date, last: date, *, size: int, key: UUID) -> Done:
    """Open an inspection over what a team filed on some days; the node is the inspection, with its sample.

    Refused: a team out of reach, days that are none or to come, and a team that filed nothing then.
    """
    actor = await desk.require(Act.OPEN_INSPECTION)
    proof = Proof()
    if not 0 < size <= LARGEST_SAMPLE:
        proof.blame(ProblemCode.OUT_OF_RANGE, "size")
    if last > desk.rulebook.day(desk.now):
        proof.blame(ProblemCode.IN_THE_FUTURE, "toDay")
    elif not 0 <= (last - first).days < MOST_DAYS:
        proof.blame(ProblemCode.OUT_OF_RANGE, "fromDay")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        found = await fetch(_TEAM, [row_of(Kind.TEAM, team)])
        if not found or not reaches(desk, Act.OPEN_INSPECTION, found[0]["id"]):
            return Done(refusal=not_found("team"))
        whose = found[0]["id"]
        filings = await population_of(fetch, desk, whose, first, last, inspector=actor.staff, at=desk.now)
        if not filings:
            return Done(refusal=Refused(RefusalCode.NOTHING_TO_INSPECT, CLAUSES))
        seed = desk.entropy(_SEED_BYTES).hex()
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        inspection = addition.add_inspection(
            whose, first, last, seed=seed, population=len(filings), opened_by=actor.staff,
            sample=sample_of(seed, filings, size),
        )  # fmt: skip
        await addition.write(tx)
        await desk.record(tx, Entry("inspection:open", subject_teams=(whose,), count=min(size, len(filings))))
        return Done(inspection)

    whole = {"team": team, "from": first.isoformat(), "to": last.isoformat(), "size": size}
    return await replays.once(desk, Act.OPEN_INSPECTION, key, whole, do=do, again=_again)


async def close_inspection(desk: Desk, inspection: str, *, expected_version: int, key: UUID) -> Done:
    """Close an inspection of which nothing is left to do.

    Refused: one that is closed, an old version, and one with something unexamined or not confirmed as put right.
    """
    actor = await desk.require(Act.CLOSE_INSPECTION)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        found = await _held(fetch, desk, inspection)
        if found is None:
            return Done(refusal=not_found("inspection"))
        if found["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=found["version"]))
        if found["closed_at"] is not None:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, CLAUSES))
        if await fetch(_UNFINISHED, [found["id"]]):
            return Done(refusal=Refused(RefusalCode.FINDINGS_OPEN, CLAUSES))
        await Addition(desk.keys, now=desk.now, entropy=desk.entropy).write(tx)
        await fetch(_CLOSE, [found["id"], actor.staff, desk.now])
        await tell(tx, [Notice(kind=NoticeKind.INSPECTION_CLOSED, team=found["team_id"])], desk)
        await desk.record(tx, Entry("inspection:close", subject_teams=(found["team_id"],)))
        return Done(found["id"])

    whole = {"inspection": inspection, "version": expected_version}
    return await replays.once(desk, Act.CLOSE_INSPECTION, key, whole, do=do, again=_again)


def reaches(desk: Desk, act: Act, team: UUID) -> bool:
    """Tell whether whoever asks may do an act over a team's filings."""
    scope, own = visible_to(desk, act).scope, desk.signed_in().team
    return scope is Scope.ALL or (scope is Scope.TEAM and team == own)


async def _held(fetch: Fetch, desk: Desk, reference: str) -> Mapping[str, Any] | None:
    """Lock the inspection that a reference names, if it is within reach."""
    rows = await fetch(_HELD, [row_of(Kind.INSPECTION, reference)])
    return rows[0] if rows and reaches(desk, Act.CLOSE_INSPECTION, rows[0]["team_id"]) else None


async def _again(_tx: TransactionalDBClient, inspection: UUID) -> Done:
    return Done(inspection)
