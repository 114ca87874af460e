"""Customers made one, or parted again, by somebody's word (合并与拆分): each is a fact, with its reason.

- Whoever does it has both within reach. From then on the law decides over one history, or over two.
- What was filed, said and sealed stays with the part that it was filed for; a visit, a contact or a deal with the whole
  stays with the part that was its root.
- Parted customers stay apart: a value that both have links them no more, until somebody makes them one again.
- Of two at once the second sees the first: under the version that it was read at, it is stale; a filing that meets a
  customer who is being linked waits, and is the whole's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from authz.acts import Act
from records import replays
from records.audit import Entry
from records.columns import Column
from records.customer_rows import version_at
from records.erasure import refuse_erased
from records.facts import Addition
from records.histories import LINK
from records.holders import holder_now, refresh
from records.identity import hold_roots, make_one
from records.notices import Notice, NoticeKind, tell
from records.outcomes import Done
from records.proofreading import LONGEST_NOTE, Proof
from records.queries import customer_to_act_on
from records.refusals import ProblemCode, RefusalCode, Refused, not_found
from records.reviewing import held_claim

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

SPLIT: Final = "split"
"""The fact that parts a customer from others: the book's own, of which the law hears nothing."""
_PARTS: Final = "SELECT id FROM customer WHERE root_id = $1 ORDER BY created_at, id"
_PART: Final = "UPDATE customer SET root_id = $2 WHERE id = ANY($1)"
_ROOT_OF: Final = "SELECT root_id FROM customer WHERE id = $1"
_CUSTOMER_OF: Final = "SELECT customer_id FROM fact WHERE id = $1"


async def link_customers(
    desk: Desk, customer: str, *, into: str, reason: Confidential | None, expected_version: int, into_version: int,
    key: UUID,
) -> Done:  # fmt: skip
    """Make a customer part of another (合并); the node is the fact, the customer the one that is whole now.

    Refused: two that are one already, without a reason, and where either was changed since it was read.
    """
    actor = await desk.require(Act.LINK_CUSTOMERS)
    why = _reason(reason)
    if isinstance(why, Refused):
        return Done(refusal=why)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        named = [await customer_to_act_on(fetch, desk, Act.LINK_CUSTOMERS, one) for one in (customer, into)]
        for path, one in zip(("customer", "into"), named, strict=True):
            if one is None:
                return Done(refusal=not_found(path))
        found = [one for one in named if one is not None]
        held = await hold_roots(fetch, found)
        absorbed, root = held[found[0]], held[found[1]]
        await refuse_erased(fetch, absorbed, root)
        if absorbed == root:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE))
        for one, version in ((absorbed, expected_version), (root, into_version)):
            present = await version_at(fetch, desk, one)
            if present != version:
                return Done(refusal=Refused(RefusalCode.STALE, version=present))
        holders = await _holders(fetch, desk, [absorbed, root])
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = addition.add_fact(
            LINK, absorbed, at=desk.now, by=actor.staff, entered_by=actor.staff, details={"into": root.hex}
        )
        addition.seal(fact, absorbed, await desk.cipher_of(fetch, absorbed), [(Column.NOTE, why.encode())])
        await addition.write(tx)
        await make_one(fetch, absorbed, root)
        await refresh(tx, [absorbed, root], desk.rulebook, entropy=desk.entropy)
        await _tell(tx, desk, NoticeKind.CUSTOMERS_LINKED, [root], holders)
        await desk.record(tx, Entry("customer:link", customer=root))
        return Done(fact, root)

    whole = {"customer": customer, "into": into, "reason": reason, "version": expected_version, "other": into_version}
    return await replays.once(desk, Act.LINK_CUSTOMERS, key, whole, do=do, again=_again)


async def split_customer(
    desk: Desk, claim: str, *, reason: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Part the customer for whom a claim was filed from those whom they were made one with (拆分).

    The node is the fact, the customer the one of the claim; `expected_version` is the whole customer's. Refused: one
    who is one alone, without a reason, and under an old version.
    """
    actor = await desk.require(Act.SPLIT_CUSTOMER)
    why = _reason(reason)
    if isinstance(why, Refused):
        return Done(refusal=why)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        filing = await held_claim(fetch, desk, Act.SPLIT_CUSTOMER, claim)
        if filing is None:
            return Done(refusal=not_found("claim"))
        part: UUID = filing["customer_id"]
        root: UUID = (await fetch(_ROOT_OF, [part]))[0]["root_id"]
        present = await version_at(fetch, desk, root)
        if present != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=present))
        others = [row["id"] for row in await fetch(_PARTS, [root]) if row["id"] != part]
        if not others:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE))
        rest = others[0] if part == root else root
        holders = await _holders(fetch, desk, [root])
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = addition.add_fact(
            SPLIT, part, at=desk.now, by=actor.staff, entered_by=actor.staff, details={"from": rest.hex}
        )
        addition.seal(fact, part, await desk.cipher_of(fetch, part), [(Column.NOTE, why.encode())])
        for other in others:
            addition.set_apart(part, other, fact)
        await addition.write(tx)
        await fetch(_PART, [[part], part])
        await fetch(_PART, [others, rest])
        await refresh(tx, [part, rest], desk.rulebook, entropy=desk.entropy)
        await _tell(tx, desk, NoticeKind.CUSTOMERS_SPLIT, [part, rest], holders)
        await desk.record(tx, Entry("customer:split", customer=part))
        return Done(fact, part)

    whole = {"claim": claim, "reason": reason, "version": expected_version}
    return await replays.once(desk, Act.SPLIT_CUSTOMER, key, whole, do=do, again=_again)


async def _again(tx: TransactionalDBClient, fact: UUID) -> Done:
    fetch: Fetch = tx.execute_query_dict
    customer = (await fetch(_CUSTOMER_OF, [fact]))[0]["customer_id"]
    return Done(fact, (await fetch(_ROOT_OF, [customer]))[0]["root_id"])


def _reason(reason: Confidential | None) -> str | Refused:
    """Read why; nobody makes customers one, or parts them, without saying so."""
    proof = Proof()
    why = proof.text(reason, "reason", longest=LONGEST_NOTE)
    if why is None and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "reason")
    return why if why is not None and not proof.problems else proof.refusal()


async def _holders(fetch: Fetch, desk: Desk, roots: Collection[UUID]) -> set[UUID]:
    found = [await holder_now(fetch, root, now=desk.now) for root in roots]
    return {one.staff for one in found if one is not None and one.staff is not None}


async def _tell(
    tx: TransactionalDBClient, desk: Desk, kind: NoticeKind, roots: Collection[UUID], before: Collection[UUID]
) -> None:
    """Tell whoever held before, or holds now."""
    for root in roots:
        now = await _holders(tx.execute_query_dict, desk, [root])
        told = sorted({*before, *now} - {desk.signed_in().staff})
        await tell(tx, [Notice(kind=kind, staff=one, customer=root) for one in told], desk)
