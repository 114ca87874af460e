"""Who is named to review at a level of the chain (审核人, F4): a company leader's word, until the next.

- Naming replaces everybody named for the level before; naming nobody leaves the level to its role again.
- Only somebody whose role reviews under the rulebook can be named: another's review would be without effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from authz.acts import Act
from records import replays
from records.audit import Entry
from records.connection import read
from records.next_steps import reviewer_today, reviewing_roles
from records.outcomes import Done
from records.people import person_of_act
from records.proofreading import Proof
from records.refusals import ProblemCode, not_found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk

MOST_NAMED: Final = 50
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('baobei approvers'))"
_END = "UPDATE approver SET until_at = $2 WHERE level = $1 AND until_at IS NULL AND NOT staff_id = ANY($3)"
_LEAVE = "UPDATE approver SET until_at = $2 WHERE id = $1 RETURNING level"
_STANDING = "SELECT staff_id FROM approver WHERE level = $1 AND until_at IS NULL"
_ADD = """
INSERT INTO approver (id, level, staff_id, named_by_id, from_at)
SELECT r.id, $3, r.staff, $4, $5 FROM unnest($1::uuid[], $2::uuid[]) AS r(id, staff)
"""
_ALL = "SELECT level, staff_id FROM approver WHERE until_at IS NULL AND level <= $1 ORDER BY level, from_at, id"


async def name_approvers(desk: Desk, level: int, staff: tuple[str, ...], *, key: UUID) -> Done:
    """Name who reviews at a level; refused: a level that the chain does not have, and whoever cannot review."""
    actor = await desk.require(Act.NAME_APPROVERS)
    proof = Proof()
    if not 1 <= level <= desk.rulebook.terms.levels:
        proof.blame(ProblemCode.NOT_OFFERED, "level", clauses=desk.rulebook.source("review.levels").clauses)
    if len(staff) > MOST_NAMED:
        proof.blame(ProblemCode.TOO_MANY, "staff")
    people: list[UUID] = []
    for place, named in enumerate(staff[:MOST_NAMED]):
        found = await person_of_act(desk, Act.REVIEW_CLAIM, named)
        if found is None:
            return Done(refusal=not_found("staff", str(place)))
        if found.role not in reviewing_roles(desk, reviewer_today(desk, level)):
            proof.blame(ProblemCode.NOT_OFFERED, "staff", str(place))
        people.append(found.id)
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        await fetch(_LOCK, [])
        await fetch(_END, [level, desk.now, people])
        standing = {row["staff_id"] for row in await fetch(_STANDING, [level])}
        new = [one for one in dict.fromkeys(people) if one not in standing]
        if new:
            drawn = [UUID(bytes=desk.entropy(16), version=4) for _ in new]
            await fetch(_ADD, [drawn, new, level, actor.staff, desk.now])
        await desk.record(tx, Entry("approvers:name", count=max(1, len(people))))
        return Done(actor.staff)

    async def again(_tx: TransactionalDBClient, node: UUID) -> Done:
        return Done(node)

    whole = {"level": level, "staff": staff}
    return await replays.once(desk, Act.NAME_APPROVERS, key, whole, do=do, again=again, acting=people)


async def pass_seat(fetch: Fetch, desk: Desk, seat: UUID, to: UUID) -> None:
    """Let somebody review at a level in another's place, who is named for it no longer."""
    await fetch(_LOCK, [])
    (row,) = await fetch(_LEAVE, [seat, desk.now])
    if to not in {one["staff_id"] for one in await fetch(_STANDING, [row["level"]])}:
        drawn = UUID(bytes=desk.entropy(16), version=4)
        await fetch(_ADD, [[drawn], [to], row["level"], desk.signed_in().staff, desk.now])


async def approvers(desk: Desk) -> list[tuple[int, Sequence[UUID]]]:
    """List the levels of the chain, each with whoever is named for it."""
    levels = desk.rulebook.terms.levels
    rows = await read(_ALL, [levels])
    return [(level, [row["staff_id"] for row in rows if row["level"] == level]) for level in range(1, levels + 1)]
