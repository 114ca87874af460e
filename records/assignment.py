"""Assigning a customer to whoever follows up (分派), and taking one back (收回): a supervisor's word (B5 C8 I13 A16).

- Whether it may be done, and what it does, the law says: it is asked who would hold, and what would change nobody's
  holding is refused, not recorded.
- Each is a fact: who, to whom, when, and why if a reason is given. The one who gets the customer is told what to do,
  and so is the one who no longer has it.
- Of two at once the second sees the first: under the version that it was read at, it is stale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from authz.acts import Act
from claims.facts import Fact, FactKind, History
from claims.timeline import holdings
from records import replays
from records.audit import Entry
from records.columns import Column
from records.customer_rows import version_at
from records.facts import Addition
from records.histories import histories, law_id
from records.holders import refresh
from records.identity import held_customer
from records.notices import NextStep, Notice, NoticeKind, tell
from records.outcomes import Done
from records.people import person_named
from records.proofreading import LONGEST_NOTE, Proof
from records.queries import customer_to_act_on
from records.refusals import RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from tortoise.backends.base.client import TransactionalDBClient

    from claims.timeline import HoldingSpan
    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

_LATEST: Final = "9" * 19
"""The law's id of a fact that is not recorded yet: behind every fact of its instant that is."""


async def assign_customer(
    desk: Desk, customer: str, *, to: str, reason: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Name who follows a customer up; the node is the fact.

    Refused: somebody nobody knows or who has left, under an old version, and wherever the rulebook lets the
    assignment change nobody's holding.
    """
    await desk.require(Act.ASSIGN_CUSTOMER)
    found = await person_named(desk, to)
    if found is None:
        return Done(refusal=not_found("to"))
    return await _assign(
        desk, Act.ASSIGN_CUSTOMER, customer, found.id, reason=reason, expected_version=expected_version, key=key
    )


async def take_back_customer(
    desk: Desk, customer: str, *, reason: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Take a customer back from whoever was to follow up, into the supervisor's own hands, until assigned anew."""
    actor = await desk.require(Act.TAKE_BACK_CUSTOMER)
    return await _assign(
        desk, Act.TAKE_BACK_CUSTOMER, customer, actor.staff, reason=reason, expected_version=expected_version, key=key
    )


async def _assign(
    desk: Desk, act: Act, customer: str, to: UUID, *, reason: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Decide by the law whether somebody would hold by the assignment, and write it."""
    actor = desk.signed_in()
    proof = Proof()
    why = proof.text(reason, "reason", longest=LONGEST_NOTE)
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        root = await held_customer(fetch, desk, act, customer)
        if root is None:
            return Done(refusal=not_found("customer"))
        present = await version_at(fetch, desk, root)
        if present != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=present))
        before = await _would_hold(fetch, desk, root)
        after = await _would_hold(fetch, desk, root, to=to)
        if after is None or after.staff != law_id(to) or not _may_replace(desk, act, before, to):
            return Done(refusal=Refused(RefusalCode.NOT_ASSIGNABLE, _clauses(desk)))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        details: dict[str, object] = {"to": law_id(to)}
        if act is Act.TAKE_BACK_CUSTOMER:
            details["took_back"] = True
        fact = addition.add_fact(
            FactKind.ASSIGN, root, at=desk.now, by=actor.staff, entered_by=actor.staff, details=details
        )
        if why is not None:
            addition.seal(fact, root, await desk.cipher_of(fetch, root), [(Column.NOTE, why.encode())])
        await addition.write(tx)
        await refresh(tx, [root], desk.rulebook, entropy=desk.entropy)
        await _tell(tx, desk, act, root, to=to, before=before)
        teams = {UUID(hex=span.team) for span in (before, after) if span is not None and span.team}
        tag = "customer:take_back" if act is Act.TAKE_BACK_CUSTOMER else "customer:assign"
        await desk.record(tx, Entry(tag, customer=root, subject_teams=tuple(sorted(teams))))
        return Done(fact, root)

    async def again(tx: TransactionalDBClient, fact: UUID) -> Done:
        return Done(fact, await customer_to_act_on(tx.execute_query_dict, desk, act, customer))

    whole: Mapping[str, object] = {"customer": customer, "to": to.hex, "reason": reason, "version": expected_version}
    return await replays.once(desk, act, key, whole, do=do, again=again)


async def _would_hold(fetch: Fetch, desk: Desk, root: UUID, *, to: UUID | None = None) -> HoldingSpan | None:
    """Ask the law who holds a customer now, or would if the actor assigned them."""
    me = desk.signed_in().staff
    told = (await histories(fetch, [root], also=[me, *([to] if to else ())]))[root]
    facts = list(told.history.facts)
    if to is not None:
        facts.append(
            Fact(id=_LATEST, at=desk.now, kind=FactKind.ASSIGN, by=law_id(me), customer=law_id(root), to=law_id(to))
        )
    spans = holdings(History.of(told.history.people, facts), desk.rulebook, law_id(root))
    now = (span for span in spans if span.since <= desk.now and (span.until is None or span.until > desk.now))
    return next(now, None)


def _may_replace(desk: Desk, act: Act, before: HoldingSpan | None, to: UUID) -> bool:
    """Tell whether the one who holds may be replaced; what is to change nothing is no assignment."""
    holder = before and before.staff
    if act is Act.TAKE_BACK_CUSTOMER:
        return holder is not None and holder != law_id(to)
    return holder != law_id(to) or desk.rulebook.terms.assign_names == "anybody"


def _clauses(desk: Desk) -> tuple[str, ...]:
    cited = (desk.rulebook.source(name).clauses for name in ("assign.needs", "assign.names"))
    return tuple(sorted({clause for clauses in cited for clause in clauses}))


async def _tell(
    tx: TransactionalDBClient, desk: Desk, act: Act, root: UUID, *, to: UUID, before: HoldingSpan | None
) -> None:
    """Tell the new holder that the customer is theirs to contact, by when, and the old one that they are not."""
    me = desk.signed_in().staff
    told: list[Notice] = []
    if to != me:
        due = _due(desk)
        details = {"due_on": due.isoformat()} if due else {}
        told.append(
            Notice(kind=NoticeKind.CUSTOMER_ASSIGNED, staff=to, customer=root, next=NextStep.CONTACT, details=details)
        )
    holder = before and before.staff and UUID(hex=before.staff)
    if holder and holder not in {to, me}:
        kind = NoticeKind.CUSTOMER_TAKEN_BACK if act is Act.TAKE_BACK_CUSTOMER else NoticeKind.CUSTOMER_REASSIGNED
        told.append(Notice(kind=kind, staff=holder, customer=root))
    await tell(tx, told, desk)


def _due(desk: Desk) -> date | None:
    """Give the last day for the first contact after an assignment now (B6 C9)."""
    window = desk.rulebook.terms.contact
    return None if window is None else desk.rulebook.last_day(desk.rulebook.day(desk.now), window)
