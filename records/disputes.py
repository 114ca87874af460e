"""Disputes over a customer (争议): opened by who lays claim to it, settled by a supervisor's word (H20 A31).

- A dispute never changes who holds and never delays a deal (A12 H18); while it is open, strict protection rests (A30).
- A settlement closes every dispute open over the customer; whoever is a party settles nothing, nor, where the
  rulebook says so, whoever is of a party's team.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from authz.policy import Condition
from claims.facts import FactKind
from records import replays
from records.audit import Entry
from records.awards import Award, AwardLevel, is_recused, keep_award, ruling_on, sign_award, teams_of
from records.columns import Column
from records.dispute_sides import Side
from records.erasure import refuse_erased
from records.facts import Addition
from records.holders import holder_now, refresh
from records.identity import held_customer, hold_roots
from records.outcomes import Done
from records.people import person_named
from records.proofreading import Proof
from records.queries import customer_to_act_on, dispute_to_change
from records.references import Kind, reference, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk
    from records.holders import Holder
    from records.people import Person

_CUSTOMER_OF = "SELECT customer_id FROM dispute WHERE id = $1"
_OPEN = """
SELECT d.* FROM dispute d JOIN customer c ON c.id = d.customer_id
WHERE c.root_id = $1 AND d.state = 'open' ORDER BY d.id FOR UPDATE OF d
"""
_SETTLE: Final = """
UPDATE dispute SET state = 'settled', settled_at = $2, awarded_to_id = $3, awarded_by_id = $4, version = version + 1
WHERE id = ANY($1)
"""


async def open_dispute(
    desk: Desk, customer: str, *, against: str | None, statement: Confidential | None, key: UUID
) -> Done:
    """Open a dispute over a customer, against somebody named or against whoever holds.

    Against whom it turns out to be is not told: a party sees the other as the other claimant until the award.
    """
    actor = await desk.require(Act.OPEN_DISPUTE)
    proof = Proof()
    text = proof.text(statement, "statement")
    named = await person_named(desk, against) if against is not None else None
    if against is not None and named is None:
        return Done(refusal=not_found("against"))
    if named is not None and named.id == actor.staff:
        proof.blame(ProblemCode.NOT_OFFERED, "against")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        root = await held_customer(fetch, desk, Act.OPEN_DISPUTE, customer)
        if root is None:
            return Done(refusal=not_found("customer"))
        other: Holder | Person | None = named or await holder_now(fetch, root, now=desk.now)
        against_whom = other and other.staff
        if against_whom == actor.staff:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, ("A30",)))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        dispute = addition.add_dispute(
            root, opened_by=actor.staff, opener_team=actor.team, against=against_whom, against_team=other and other.team
        )
        fact = addition.add_fact(
            FactKind.DISPUTE, root, at=desk.now, by=actor.staff, entered_by=actor.staff, dispute=dispute,
            details={"against": against_whom.hex} if against_whom else {},
        )  # fmt: skip
        if text is not None:
            addition.seal(fact, root, await desk.cipher_of(fetch, root), [(Column.STATEMENT, text.encode())])
        await addition.write(tx)
        await refresh(tx, [root], desk.rulebook, entropy=desk.entropy)
        teams = tuple(team for team in (actor.team, other and other.team) if team is not None)
        await desk.record(tx, Entry("dispute:open", customer=root, subject_teams=teams))
        return Done(dispute, root)

    async def again(tx: TransactionalDBClient, dispute: UUID) -> Done:
        return Done(dispute, await customer_to_act_on(tx.execute_query_dict, desk, Act.OPEN_DISPUTE, customer))

    whole = {"customer": customer, "against": against, "statement": statement}
    return await replays.once(desk, Act.OPEN_DISPUTE, key, whole, do=do, again=again)


async def settle_dispute(
    desk: Desk, dispute: str, *, to: str | None, side: Side | None = None, reasons: Confidential | None,
    expected_version: int, key: UUID,
) -> Done:  # fmt: skip
    """Settle a dispute, and with it every other one open over the customer, for who is named or for a side.

    Refused: to whoever is recused (the guard's No), for a dispute settled already, under an old version, and an
    award that departs from the ruling without reasons.
    """
    actor = await desk.require(Act.SETTLE_DISPUTE, facts=[Condition.NOT_SELF])
    proof = Proof()
    text = proof.text(reasons, "reasons")
    if (to is None) == (side is None):
        proof.blame(ProblemCode.NOT_ONE_OF_TWO, "to")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        found = await held_dispute(fetch, desk, Act.SETTLE_DISPUTE, dispute)
        if found is None:
            return Done(refusal=not_found("dispute"))
        winner = await winner_of(desk, found, to, side)
        if winner is None:
            return Done(refusal=not_found("to"))
        if (refusal := not_open(found, expected_version)) is not None:
            return Done(refusal=refusal)
        root: UUID = found["root_id"]
        disputes = await fetch(_OPEN, [root])
        if is_recused(desk, actor.staff, actor.team, disputes):
            # NOT_SELF does not hold: to that the guard's own answer is No, and it is logged.
            await desk.require(Act.SETTLE_DISPUTE)
        ruling = await ruling_on(fetch, desk, root)
        award = Award(found["id"], root, AwardLevel.FIRST, winner, ruling, text)
        if award.departs and text is None:
            proof.blame(ProblemCode.REQUIRED, "reasons")
            return Done(refusal=proof.refusal())
        await _settle(tx, desk, award, disputes)
        return Done(found["id"], root)

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        found = await held_dispute(tx.execute_query_dict, desk, Act.SETTLE_DISPUTE, dispute)
        return Done(row, found["root_id"] if found else None)

    whole = {"dispute": dispute, "to": to, "side": side, "reasons": reasons, "version": expected_version}
    return await replays.once(desk, Act.SETTLE_DISPUTE, key, whole, do=do, again=again)


def not_open(found: Mapping[str, Any], expected_version: int) -> Refused | None:
    """Refuse what is done to a dispute under an old version, or after it was settled."""
    if found["version"] != expected_version:
        return Refused(RefusalCode.STALE, version=found["version"])
    return None if found["state"] == "open" else Refused(RefusalCode.NOT_IN_STATE)


async def winner_of(desk: Desk, found: Mapping[str, Any], to: str | None, side: Side | None) -> Person | None:
    """Give whom an award is for: somebody named, or whoever is on a side."""
    if side is None:
        return await person_named(desk, to or "")
    staff = found["opened_by_id" if side is Side.OPENER else "against_id"]
    return None if staff is None else await person_named(desk, reference(Kind.STAFF, staff))


async def _settle(tx: TransactionalDBClient, desk: Desk, award: Award, disputes: Sequence[Mapping[str, Any]]) -> None:
    """Write a first award, and close every dispute open over the customer."""
    fetch: Fetch = tx.execute_query_dict
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    fact = await sign_award(fetch, desk, addition, award, changes=True)
    await addition.write(tx)
    closed = [one["id"] for one in disputes]
    for one in closed:
        await keep_award(fetch, desk, replace(award, dispute=one), id_=addition.draw_id(), fact=fact)
    await fetch(_SETTLE, [closed, desk.now, award.winner.id, desk.signed_in().staff])
    await refresh(tx, [award.root], desk.rulebook, entropy=desk.entropy)
    await desk.record(tx, Entry("dispute:settle", customer=award.root, subject_teams=teams_of(disputes)))


async def held_dispute(fetch: Fetch, desk: Desk, act: Act, dispute: str) -> Mapping[str, Any] | None:
    """Lock a dispute's customer, then the dispute: in the order of every other act on them."""
    rows = await fetch(_CUSTOMER_OF, [row_of(Kind.DISPUTE, dispute)])
    await hold_roots(fetch, [row["customer_id"] for row in rows])
    found = await dispute_to_change(fetch, desk, act, dispute)
    if found is not None:
        await refuse_erased(fetch, found["root_id"])
    return found
