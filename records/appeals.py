"""One appeal against an award (申诉), to a company leader, who has the last word (A31 H20).

- A party for whom it was not decided appeals once, with reasons, within the days of the rulebook.
- A company leader who is neither a party nor gave the first award decides; what was decided stands, or is changed, and
  the ruling is attached again as it stands then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from authz.acts import Act
from authz.policy import Condition
from records import replays
from records.audit import Entry
from records.awards import (
    Award,
    AwardLevel,
    is_over,
    is_recused,
    keep_award,
    ruling_on,
    sign_award,
    teams_of,
)
from records.columns import Column
from records.disputes import held_dispute, winner_of
from records.facts import Addition
from records.holders import refresh
from records.outcomes import Done
from records.proofreading import Proof
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk
    from records.dispute_sides import Side

APPEAL: Final = "appeal"
"""The fact of an appeal: the book's own, of which the law hears nothing."""
_APPEAL: Final = "UPDATE dispute SET appealed_at = $2, appealed_by_id = $3, version = version + 1 WHERE id = $1"
_CLOSE: Final = "UPDATE dispute SET closed_at = $2, awarded_to_id = $3, version = version + 1 WHERE id = $1"


async def appeal_award(
    desk: Desk, dispute: str, *, reasons: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Appeal against an award, as the party for whom it was not decided, once and in time."""
    actor = await desk.require(Act.APPEAL_AWARD)
    proof = Proof()
    text = proof.text(reasons, "reasons")
    if text is None and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "reasons")
    if text is None or proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        found = await held_dispute(fetch, desk, Act.APPEAL_AWARD, dispute)
        if found is None or actor.staff not in {found["opened_by_id"], found["against_id"]}:
            return Done(refusal=not_found("dispute"))
        refusal = _not_open_to_appeal(desk, found, expected_version)
        if refusal is not None:
            return Done(refusal=refusal)
        root: UUID = found["root_id"]
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = addition.add_fact(APPEAL, root, at=desk.now, by=actor.staff, entered_by=actor.staff, dispute=found["id"])
        addition.seal(fact, root, await desk.cipher_of(fetch, root), [(Column.STATEMENT, text.encode())])
        await addition.write(tx)
        await fetch(_APPEAL, [found["id"], desk.now, actor.staff])
        await desk.record(tx, Entry("dispute:appeal", customer=root, subject_teams=teams_of([found])))
        return Done(found["id"], root)

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        found = await held_dispute(tx.execute_query_dict, desk, Act.APPEAL_AWARD, dispute)
        return Done(row, found["root_id"] if found else None)

    whole = {"dispute": dispute, "reasons": reasons, "version": expected_version}
    return await replays.once(desk, Act.APPEAL_AWARD, key, whole, do=do, again=again)


def _not_open_to_appeal(desk: Desk, found: Mapping[str, Any], expected_version: int) -> Refused | None:
    if found["version"] != expected_version:
        return Refused(RefusalCode.STALE, version=found["version"])
    is_won = found["awarded_to_id"] == desk.signed_in().staff
    if found["state"] != "settled" or found["appealed_at"] is not None or is_won:
        return Refused(RefusalCode.NOT_IN_STATE)
    if is_over(desk, "dispute.appeal_days", found["settled_at"]):
        return Refused(RefusalCode.TOO_LATE, desk.rulebook.source("dispute.appeal_days").clauses)
    return None


def _not_appealed(found: Mapping[str, Any], expected_version: int) -> Refused | None:
    if found["version"] != expected_version:
        return Refused(RefusalCode.STALE, version=found["version"])
    is_waiting = found["appealed_at"] is not None and found["closed_at"] is None
    return None if is_waiting else Refused(RefusalCode.NOT_IN_STATE)


async def decide_appeal(
    desk: Desk, dispute: str, *, to: str | None, side: Side | None, reasons: Confidential | None,
    expected_version: int, key: UUID,
) -> Done:  # fmt: skip
    """Have the last word on a dispute: for whom it is decided in the end, and why."""
    await desk.require(Act.DECIDE_APPEAL, facts=[Condition.NOT_SELF])
    proof = Proof()
    text = proof.text(reasons, "reasons")
    if (to is None) == (side is None):
        proof.blame(ProblemCode.NOT_ONE_OF_TWO, "to")
    if text is None and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "reasons")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        found = await held_dispute(fetch, desk, Act.DECIDE_APPEAL, dispute)
        if found is None:
            return Done(refusal=not_found("dispute"))
        winner = await winner_of(desk, found, to, side)
        if winner is None:
            return Done(refusal=not_found("to"))
        if (refusal := _not_appealed(found, expected_version)) is not None:
            return Done(refusal=refusal)
        actor = desk.signed_in()
        if actor.staff == found["awarded_by_id"] or is_recused(desk, actor.staff, actor.team, [found]):
            # NOT_SELF does not hold: to that the guard's own answer is No, and it is logged.
            await desk.require(Act.DECIDE_APPEAL)
        root: UUID = found["root_id"]
        award = Award(found["id"], root, AwardLevel.APPEAL, winner, await ruling_on(fetch, desk, root), text)
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = await sign_award(fetch, desk, addition, award, changes=winner.id != found["awarded_to_id"])
        await addition.write(tx)
        await keep_award(fetch, desk, award, id_=addition.draw_id(), fact=fact)
        await fetch(_CLOSE, [found["id"], desk.now, winner.id])
        await refresh(tx, [root], desk.rulebook, entropy=desk.entropy)
        await desk.record(tx, Entry("dispute:close", customer=root, subject_teams=teams_of([found])))
        return Done(found["id"], root)

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        found = await held_dispute(tx.execute_query_dict, desk, Act.DECIDE_APPEAL, dispute)
        return Done(row, found["root_id"] if found else None)

    whole = {"dispute": dispute, "to": to, "side": side, "reasons": reasons, "version": expected_version}
    return await replays.once(desk, Act.DECIDE_APPEAL, key, whole, do=do, again=again)
