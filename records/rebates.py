"""Paying out a designer's rebate (返点结算, H21): what is due by the law, to which company, and how it was booked.

- No more is settled than is due: all at full payment, or half at half and the rest at completion, as the rulebook says.
- The payee is a company, and the payment stands openly in the books (反不正当竞争法 7): both are part of the record.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from authz.acts import Act
from claims.decide import Question, decide
from records import replays
from records.audit import Entry
from records.columns import Column
from records.deal_holding import bump_deal, held_deal, once_more
from records.facts import Addition
from records.histories import histories, law_id
from records.outcomes import Done
from records.people import person_named
from records.proofreading import LONGEST_NAME, Proof
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

SETTLEMENT: Final = "settle_rebate"
"""The fact of a settlement: the book's own, of which the law hears nothing."""
_SETTLED: Final = """
SELECT coalesce(sum((details ->> 'percent')::numeric), 0) AS percent FROM fact
WHERE deal_id = $1 AND kind = 'settle_rebate' AND details ->> 'to' = $2
"""


class Booking(StrEnum):
    """How a rebate stands in the books (入账方式)."""

    COMMISSION = "commission"
    SERVICE_FEE = "service_fee"
    DISCOUNT = "discount"


async def rebate_due(fetch: Fetch, desk: Desk, deal: UUID, root: UUID, designer: UUID) -> Decimal:
    """Say what percent of a designer's rebate is due by the law as everything stands now."""
    told = (await histories(fetch, [root]))[root]
    question = Question("rebate", desk.now, deal=law_id(deal), staff=law_id(designer))
    return Decimal(str(decide(told.history, desk.rulebook, question).outcome["percent"]))


async def settle_rebate(
    desk: Desk, deal: str, *, designer: str, percent: Decimal, payee: Confidential, booked_as: Booking,
    receipt: str | None, expected_version: int, key: UUID,
) -> Done:  # fmt: skip
    """Record that so much of a designer's rebate was paid, to which company and booked how (H21)."""
    actor = await desk.require(Act.SETTLE_REBATE)
    proof = Proof()
    paid, paper = proof.percent(percent, "percent"), proof.digest(receipt, "receipt")
    company = proof.text(payee, "payee", longest=LONGEST_NAME)
    if company is None and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "payee")
    whom = await person_named(desk, designer)
    if paid is None or company is None or proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        held = await held_deal(fetch, desk, Act.SETTLE_REBATE, deal)
        if held is None:
            return Done(refusal=not_found("deal"))
        if whom is None:
            return Done(refusal=not_found("designer"))
        if held.version != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=held.version))
        so_far = Decimal((await fetch(_SETTLED, [held.id, whom.id.hex]))[0]["percent"])
        if so_far + paid > await rebate_due(fetch, desk, held.id, held.root, whom.id):
            return Done(refusal=Refused(RefusalCode.NOT_DUE, ("H21",)))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        details = {"to": whom.id.hex, "percent": str(paid), "booked_as": booked_as.value, "receipt": paper}
        fact = addition.add_fact(
            SETTLEMENT, held.root, at=desk.now, by=actor.staff, entered_by=actor.staff, deal=held.id, details=details
        )
        addition.seal(fact, held.root, await desk.cipher_of(fetch, held.root), [(Column.PAYEE, company.encode())])
        await addition.write(tx)
        await bump_deal(fetch, held.id)
        teams = tuple({team for team in (actor.team, whom.team) if team is not None})
        await desk.record(tx, Entry("rebate:settle", customer=held.root, subject_teams=teams))
        return Done(held.id, held.root)

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        return await once_more(desk, Act.SETTLE_REBATE, tx, row)

    whole = {
        "deal": deal, "designer": designer, "percent": str(percent), "payee": payee, "booked": booked_as.value,
        "receipt": receipt, "version": expected_version,
    }  # fmt: skip
    return await replays.once(desk, Act.SETTLE_REBATE, key, whole, do=do, again=again)
