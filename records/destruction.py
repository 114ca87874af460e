"""Destruction (销毁, G16): what of a customer the company need not, or may not, keep goes; a certificate stays.

- One person asks for it, another agrees within 24 hours; what happened with the customer meanwhile makes it another
  question, that has to be asked anew.
- It waits until the records' time is over, unless the law asks for it sooner (个人信息保护法 47): that paper is named
  by its SHA-256. Nothing that is still open may need the customer.
- Keys and index rows go, and the ledger outside the database knows first; facts stay, about nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from authz.actor import Role
from authz.acts import Act
from authz.policy import Condition
from records import replays
from records.audit import Entry, concerned
from records.certificates import certified, counted
from records.erasure import Erased, erase, erased_among, hold_parts
from records.facts import Addition
from records.identity import held_customer, hold_roots
from records.next_steps import present
from records.notices import NextStep, Notice, NoticeKind, tell
from records.outcomes import Done
from records.proofreading import Proof
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found
from records.retention import DestructionGround, hindrance, retained_until
from records.two_people import AGREED_WITHIN, disagreement, is_alone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk

DESTROYED: Final = "destroy"
"""The fact that a customer's data were destroyed: the book's own, of which the law hears nothing."""
AGREEING: Final = (Role.ARCHIVIST, Role.COMPANY_LEADER)
"""Who is asked to agree."""
_WAITING: Final = """
SELECT 1 FROM destruction d JOIN customer c ON c.id = d.customer_id
WHERE c.root_id = $1 AND d.outcome IS NULL AND d.requested_at >= $2
"""
_FACTS: Final = """
SELECT count(*) AS facts FROM fact f JOIN customer c ON c.id = f.customer_id WHERE c.root_id = $1
"""
_OF: Final = "SELECT customer_id FROM destruction WHERE id = $1"
_HELD: Final = "SELECT * FROM destruction WHERE id = $1 FOR UPDATE"
_END: Final = """
UPDATE destruction SET ended_at = $2, outcome = $3, approved_by_id = $4, alone = $5, certificate = $6, digest = $7,
    version = version + 1 WHERE id = $1
"""
_CONCERNED: Final = """
SELECT coalesce(f.custodian_id, f.claimant_id) AS staff_id, f.team_id FROM filing f
JOIN customer c ON c.id = f.customer_id WHERE c.root_id = $1
"""


async def destroy_customer(
    desk: Desk, customer: str, ground: DestructionGround, *, document: str | None, expected_version: int, key: UUID
) -> Done:
    """Ask that a customer's data be destroyed; the node is the destruction, which waits for another person.

    Refused: data that must still be kept or that something open needs, what is asked for already, an old version.
    """
    actor = await desk.require(Act.DESTROY_CUSTOMER)
    proof = Proof()
    paper = proof.digest(document, "document")
    if document is None and ground is not DestructionGround.RETENTION_OVER:
        proof.blame(ProblemCode.REQUIRED, "document", clauses=("G16",))
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        root = await held_customer(fetch, desk, Act.DESTROY_CUSTOMER, customer)
        if root is None:
            return Done(refusal=not_found("customer"))
        facts = await _facts(fetch, root)
        if facts != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=facts))
        if await fetch(_WAITING, [root, desk.now - AGREED_WITHIN]):
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, ("G16",)))
        if (refused := await hindrance(fetch, desk, root, ground)) is not None:
            return Done(refusal=refused)
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        drawn = addition.add_destruction(
            root, ground=ground.value, document=paper, facts=facts, requested_by=actor.staff
        )
        await addition.write(tx)
        asked = [one["id"] for one in await present(fetch, AGREEING, now=desk.now) if one["id"] != actor.staff]
        await tell(
            tx,
            [Notice(kind=NoticeKind.DESTRUCTION_DUE, staff=one, customer=root, next=NextStep.CONFIRM) for one in asked],
            desk,
        )
        teams = concerned(*{row["team_id"] for row in await fetch(_CONCERNED, [root])})
        entry = Entry("customer:destroy", rule="asked", customer=root, subject_teams=teams, fields=(ground.value,))
        await desk.record(tx, entry)
        return Done(drawn, root)

    whole = {"customer": customer, "ground": ground, "document": document, "version": expected_version}
    return await replays.once(desk, Act.DESTROY_CUSTOMER, key, whole, do=do, again=_again)


async def approve_destruction(desk: Desk, destruction: str, *, expected_version: int, key: UUID) -> Done:
    """Agree to a destruction that somebody else asked for, within 24 hours, and have it done at once.

    Refused: one's own, one that is over or too old, what forbids it by now, and a customer with whom something
    happened since it was asked for.
    """
    await desk.require(Act.APPROVE_DESTRUCTION, facts=[Condition.TWO_PEOPLE])

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        asked = await _held(fetch, destruction)
        if asked is None:
            return Done(refusal=not_found("destruction"))
        if asked["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=asked["version"]))
        if (refused := disagreement(asked, desk)) is not None:
            return Done(refusal=refused)
        customer = asked["customer_id"]
        parts = await hold_parts(fetch, customer)
        if await erased_among(fetch, parts):
            raise Erased
        if (refused := await hindrance(fetch, desk, customer, DestructionGround(asked["ground"]))) is not None:
            return Done(refusal=refused)
        if await _facts(fetch, customer) != asked["facts"]:
            return Done(refusal=Refused(RefusalCode.STALE, ("G16",), version=asked["version"]))
        await _destroy(tx, desk, asked, parts)
        return Done(asked["id"], customer)

    whole = {"destruction": destruction, "version": expected_version}
    return await replays.once(desk, Act.APPROVE_DESTRUCTION, key, whole, do=do, again=_again)


async def cancel_destruction(desk: Desk, destruction: str, *, expected_version: int, key: UUID) -> Done:
    """Take back what was asked for (撤回), by whoever may ask, until somebody has agreed to it."""
    await desk.require(Act.DESTROY_CUSTOMER)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        asked = await _held(fetch, destruction)
        if asked is None:
            return Done(refusal=not_found("destruction"))
        if asked["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=asked["version"]))
        if asked["ended_at"] is not None:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, ("G16",)))
        await fetch(_END, [asked["id"], desk.now, "cancelled", None, False, None, None])
        entry = Entry("customer:destroy", allowed=False, rule="cancelled", customer=asked["customer_id"])
        await desk.record(tx, entry)
        return Done(asked["id"], asked["customer_id"])

    whole = {"destruction": destruction, "version": expected_version}
    return await replays.once(desk, Act.DESTROY_CUSTOMER, key, whole, do=do, again=_again)


async def _again(_tx: TransactionalDBClient, destruction: UUID) -> Done:
    return Done(destruction)


async def _facts(fetch: Fetch, root: UUID) -> int:
    return (await fetch(_FACTS, [root]))[0]["facts"]


async def _held(fetch: Fetch, reference: str) -> Mapping[str, Any] | None:
    """Lock a destruction's customer, then the destruction: in the order of every other act on them.

    A customer who has become part of another since is asked about by the other's name.
    """
    row = row_of(Kind.DESTRUCTION, reference)
    found = [one["customer_id"] for one in await fetch(_OF, [row])]
    roots = await hold_roots(fetch, found)
    rows = await fetch(_HELD, [row])
    return dict(rows[0]) | {"customer_id": roots[rows[0]["customer_id"]]} if rows else None


async def _destroy(tx: TransactionalDBClient, desk: Desk, asked: Mapping[str, Any], parts: Sequence[UUID]) -> None:
    """Destroy what there is of a customer, and certify it; the ledger hears of it last before the commit."""
    fetch: Fetch = tx.execute_query_dict
    me, alone, customer = desk.signed_in().staff, is_alone(asked, desk), asked["customer_id"]
    counts = await counted(fetch, parts)
    last = await retained_until(fetch, desk, customer)
    said, digest = await certified(
        fetch, asked, parts, counts, approved_by=me, alone=alone, now=desk.now, retained_until=last
    )
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    details = {"destruction": asked["id"].hex, "ground": asked["ground"], "digest": digest}
    addition.add_fact(DESTROYED, customer, at=desk.now, by=me, entered_by=me, details=details)
    await addition.write(tx)
    written = orjson.dumps(said).decode()
    await fetch(_END, [asked["id"], desk.now, "destroyed", me, alone, written, bytes.fromhex(digest)])
    rows = await fetch(_CONCERNED, [customer])
    told = {row["staff_id"] for row in rows} | {asked["requested_by_id"]}
    notices = [Notice(kind=NoticeKind.CUSTOMER_DESTROYED, staff=one, customer=customer) for one in sorted(told - {me})]
    await tell(tx, notices, desk)
    # The entry names nobody: the log's word for the customer goes with the customer.
    entry = Entry(
        "customer:destroy", rule="one_person" if alone else "two_people", count=counts.filings,
        subject_teams=concerned(*{row["team_id"] for row in rows}), fields=(asked["ground"], digest),
    )  # fmt: skip
    await desk.record(tx, entry)
    await erase(fetch, desk.ledger, customer, now=desk.now)
