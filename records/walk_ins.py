"""Customers who come unasked (自行上门): received by somebody, and told to whom they belong (A10 A11).

- Whoever receives one may know the customer, or only the phone that they give: a whole phone finds them, whoever
  holds them, and nothing of them comes back but what the receiver may see anyhow. A phone is asked within the budget.
- A phone that nobody filed is no customer yet: whoever it came to files them.
- The holder is told in the same transaction, unless the customer is in dispute (A11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authz.acts import Act
from claims.facts import FactKind
from records import replays
from records.audit import Entry, concerned
from records.budgets import spend
from records.canonical import PHONE_NORMALISER
from records.facts import Addition
from records.forms import IndexEntry
from records.holders import refresh
from records.identity import held_customer, hold_roots, match
from records.keys import Index
from records.law_notices import tell_of_fact
from records.outcomes import Done
from records.people import person_entered
from records.proofreading import Proof
from records.queries import customer_to_act_on
from records.references import Kind, reference
from records.refusals import ProblemCode, RefusalCode, Refused, not_found
from records.tokens import tokens_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk


async def record_walk_in(
    desk: Desk, customer: str | None, *, phone: Confidential | None, by: str | None, occurred_at: datetime | None,
    key: UUID,
) -> Done:  # fmt: skip
    """Record that a customer came unasked to somebody; the node is the fact.

    Refused: a customer or a receiver nobody knows, a phone that nobody filed or that hides digits, and a phone
    beyond the day's budget.
    """
    actor = await desk.require(Act.RECORD_WALK_IN)
    receiver = await person_entered(desk, Act.RECORD_WALK_IN, by)
    if receiver is None:
        return Done(refusal=not_found("by"))
    proof = Proof()
    at = proof.past(occurred_at, desk.now, "occurredAt")
    if (customer is None) == (phone is None):
        proof.blame(ProblemCode.NOT_ONE_OF_TWO, "customer")
    number = proof.one_phone(phone, "phone") if phone is not None else None
    if number is not None and number.e164 is None:
        proof.blame(ProblemCode.INVALID_PHONE, "phone")
    if proof.problems:
        return Done(refusal=proof.refusal())
    if number is not None and not await spend(desk, Act.RECORD_WALK_IN, 1):
        return Done(refusal=Refused(RefusalCode.BUDGET_SPENT))

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        root = (
            await held_customer(fetch, desk, Act.RECORD_WALK_IN, customer)
            if customer is not None
            else await _held_by_phone(fetch, desk, number.e164 if number else None)
        )
        if root is None:
            return Done(refusal=not_found("customer" if customer is not None else "phone"))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = addition.add_fact(FactKind.WALK_IN, root, at=at, by=receiver.id, entered_by=actor.staff)
        await addition.write(tx)
        await refresh(tx, [root], desk.rulebook, entropy=desk.entropy)
        await tell_of_fact(tx, desk, root, FactKind.WALK_IN, fact)
        teams = concerned(receiver.team)
        fields = () if phone is None else ("phone",)
        await desk.record(tx, Entry("walk_in:record", customer=root, fields=fields, subject_teams=teams))
        return Done(fact, await _in_sight(fetch, desk, root))

    async def again(tx: TransactionalDBClient, fact: UUID) -> Done:
        rows = await tx.execute_query_dict(_CUSTOMER_OF, [fact])
        return Done(fact, await _in_sight(tx.execute_query_dict, desk, rows[0]["root_id"]))

    whole = {"customer": customer, "phone": phone, "by": receiver.id.hex, "at": occurred_at}
    return await replays.once(desk, Act.RECORD_WALK_IN, key, whole, do=do, again=again, acting=[receiver.id])


_CUSTOMER_OF = "SELECT c.root_id FROM fact f JOIN customer c ON c.id = f.customer_id WHERE f.id = $1"


async def _held_by_phone(fetch: Fetch, desk: Desk, e164: str | None) -> UUID | None:
    """Lock the customer (root) that has a whole phone, in whoever's scope."""
    if e164 is None:
        return None
    found = await match(fetch, tokens_of(desk.keys, [IndexEntry(Index.PHONE, PHONE_NORMALISER, e164)]))
    roots = [root for roots in found.values() for root in roots]
    return (await hold_roots(fetch, roots[:1]))[roots[0]] if roots else None


async def _in_sight(fetch: Fetch, desk: Desk, root: UUID) -> UUID | None:
    """Give the customer back as far as whoever asks may see them."""
    return await customer_to_act_on(fetch, desk, Act.VIEW_CUSTOMERS, reference(Kind.CUSTOMER, root))
