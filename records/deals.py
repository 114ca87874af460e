"""The steps of a deal (成交): ordered, signed, paid, finished; each a fact at the instant at which it happened.

- No dispute blocks or slows a step, and nobody is asked who holds (A12 H18): whose deal it is, the law says after it.
- A deal begins with its order, or with its signature where nothing was ordered before; either happens once.
- A signature may name the customer around whom the buyer is (周边人员, A17), as far as the signer sees that customer.
- Of what was paid the highest share counts; a share lower than one recorded before is refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from authz.acts import Act
from claims.facts import FactKind
from records import replays
from records.audit import Entry, concerned
from records.deal_holding import bump_deal, held_deal, once_more
from records.facts import Addition
from records.holders import refresh
from records.identity import held_customer
from records.law_notices import tell_of_fact
from records.outcomes import Done
from records.proofreading import Proof
from records.queries import customer_to_act_on
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk

_HAPPENED: Final = "SELECT details FROM fact WHERE deal_id = $1 AND kind = $2 ORDER BY happened_at, seq"
_PAID: Final = """
SELECT max((details ->> 'percent')::numeric) AS percent FROM fact WHERE deal_id = $1 AND kind = 'pay'
"""


async def place_order(
    desk: Desk, customer: str, *, amount: Decimal | None, occurred_at: datetime | None, key: UUID
) -> Done:
    """Record that a customer orders (订单): in `store` the event that decides the deal (H18)."""
    await desk.require(Act.PLACE_ORDER)
    proof = Proof()
    money, at = proof.amount(amount, "amount"), proof.past(occurred_at, desk.now, "occurredAt")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        root = await held_customer(tx.execute_query_dict, desk, Act.PLACE_ORDER, customer)
        if root is None:
            return Done(refusal=not_found("customer"))
        return await _begin(desk, tx, FactKind.ORDER, root, at=at, details=_money(money))

    async def again(tx: TransactionalDBClient, deal: UUID) -> Done:
        return await once_more(desk, Act.PLACE_ORDER, tx, deal)

    whole = {"customer": customer, "amount": _plain(amount), "at": occurred_at}
    return await replays.once(desk, Act.PLACE_ORDER, key, whole, do=do, again=again)


async def sign_contract(
    desk: Desk, *, deal: str | None, customer: str | None, amount: Decimal | None, related_to: str | None,
    occurred_at: datetime | None, expected_version: int | None, key: UUID,
) -> Done:  # fmt: skip
    """Record that the formal contract is signed (正式合同, A13): of an ordered deal, or of a customer's new one."""
    await desk.require(Act.SIGN_CONTRACT)
    proof = Proof()
    money, at = proof.amount(amount, "amount"), proof.past(occurred_at, desk.now, "occurredAt")
    if (deal is None) == (customer is None):
        proof.blame(ProblemCode.NOT_ONE_OF_TWO, "deal")
    if deal is not None and expected_version is None:
        proof.blame(ProblemCode.REQUIRED, "expectedVersion")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        related = await _related(fetch, desk, related_to)
        if isinstance(related, Done):
            return related
        details = _money(money) | ({"related_to": related.hex} if related else {})
        if deal is not None:
            return await _step(
                desk, Act.SIGN_CONTRACT, tx, FactKind.SIGN, deal, at=at, details=details, version=expected_version
            )
        root = await held_customer(fetch, desk, Act.SIGN_CONTRACT, customer or "")
        if root is None:
            return Done(refusal=not_found("customer"))
        if root == related:
            return _not_offered("relatedTo")
        return await _begin(desk, tx, FactKind.SIGN, root, at=at, details=details)

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        return await once_more(desk, Act.SIGN_CONTRACT, tx, row)

    whole = {
        "deal": deal, "customer": customer, "amount": _plain(amount), "related": related_to, "at": occurred_at,
        "version": expected_version,
    }  # fmt: skip
    return await replays.once(desk, Act.SIGN_CONTRACT, key, whole, do=do, again=again)


async def record_payment(
    desk: Desk, deal: str, *, percent: Decimal, occurred_at: datetime | None, expected_version: int, key: UUID
) -> Done:
    """Record what share of the price is paid so far, in all (H21)."""
    await desk.require(Act.RECORD_PAYMENT)
    proof = Proof()
    paid, at = proof.percent(percent, "percent"), proof.past(occurred_at, desk.now, "occurredAt")
    if paid is None or proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        details = {"percent": str(paid)}
        return await _step(
            desk, Act.RECORD_PAYMENT, tx, FactKind.PAY, deal, at=at, details=details, version=expected_version
        )

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        return await once_more(desk, Act.RECORD_PAYMENT, tx, row)

    whole = {"deal": deal, "percent": str(percent), "at": occurred_at, "version": expected_version}
    return await replays.once(desk, Act.RECORD_PAYMENT, key, whole, do=do, again=again)


async def finish_deal(desk: Desk, deal: str, *, occurred_at: datetime | None, expected_version: int, key: UUID) -> Done:
    """Record that the work is finished (竣工), with which the rest of a rebate falls due (H21)."""
    await desk.require(Act.FINISH_DEAL)
    proof = Proof()
    at = proof.past(occurred_at, desk.now, "occurredAt")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        return await _step(
            desk, Act.FINISH_DEAL, tx, FactKind.FINISH, deal, at=at, details={}, version=expected_version
        )

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        return await once_more(desk, Act.FINISH_DEAL, tx, row)

    whole = {"deal": deal, "at": occurred_at, "version": expected_version}
    return await replays.once(desk, Act.FINISH_DEAL, key, whole, do=do, again=again)


def _money(amount: Decimal | None) -> dict[str, object]:
    return {} if amount is None else {"amount": str(amount)}


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _not_offered(*path: str) -> Done:
    proof = Proof()
    proof.blame(ProblemCode.NOT_OFFERED, *path)
    return Done(refusal=proof.refusal())


async def _related(fetch: Fetch, desk: Desk, reference: str | None) -> UUID | Done | None:
    """Give the customer (root) around whom a buyer is said to be, or the refusal of an unknown one."""
    if reference is None:
        return None
    root = await customer_to_act_on(fetch, desk, Act.SIGN_CONTRACT, reference)
    return root or Done(refusal=not_found("relatedTo"))


async def _begin(
    desk: Desk, tx: TransactionalDBClient, kind: FactKind, root: UUID, *, at: datetime, details: Mapping[str, object]
) -> Done:
    """Open a deal with its first fact; the root is held."""
    actor = desk.signed_in()
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    deal = addition.add_deal(root, opened_by=actor.staff, team=actor.team)
    fact = addition.add_fact(kind, root, at=at, by=None, entered_by=actor.staff, deal=deal, details=details)
    await addition.write(tx)
    await refresh(tx, [root], desk.rulebook, entropy=desk.entropy)
    await tell_of_fact(tx, desk, root, kind, fact)
    await desk.record(tx, _entry(desk, kind, root))
    return Done(deal, root)


async def _step(
    desk: Desk, act: Act, tx: TransactionalDBClient, kind: FactKind, reference: str, *,
    at: datetime, details: Mapping[str, object], version: int | None,
) -> Done:  # fmt: skip
    """Add a step to a deal that is open, once unless it is a payment."""
    fetch: Fetch = tx.execute_query_dict
    deal = await held_deal(fetch, desk, act, reference)
    if deal is None:
        return Done(refusal=not_found("deal"))
    if deal.version != version:
        return Done(refusal=Refused(RefusalCode.STALE, version=deal.version))
    if details.get("related_to") == deal.root.hex:
        return _not_offered("relatedTo")
    if kind is FactKind.PAY:
        so_far = (await fetch(_PAID, [deal.id]))[0]["percent"]
        if so_far is not None and Decimal(str(details["percent"])) < so_far:
            proof = Proof()
            proof.blame(ProblemCode.OUT_OF_RANGE, "percent")
            return Done(refusal=proof.refusal())
    elif await fetch(_HAPPENED, [deal.id, kind.value]):
        return Done(refusal=Refused(RefusalCode.NOT_IN_STATE))
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    actor = desk.signed_in()
    fact = addition.add_fact(kind, deal.root, at=at, by=None, entered_by=actor.staff, deal=deal.id, details=details)
    await addition.write(tx)
    await bump_deal(fetch, deal.id)
    await refresh(tx, [deal.root], desk.rulebook, entropy=desk.entropy)
    await tell_of_fact(tx, desk, deal.root, kind, fact)
    await desk.record(tx, _entry(desk, kind, deal.root))
    return Done(deal.id, deal.root)


def _entry(desk: Desk, kind: FactKind, root: UUID) -> Entry:
    team = desk.signed_in().team
    return Entry(f"deal:{kind.value}", customer=root, subject_teams=concerned(team))
