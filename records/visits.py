"""What happens with a customer between filings: brought in (带看), in contact (跟进), given consent to (A27).

- Each is a fact at the instant at which it happened, which never lies in the future.
- Who enters it need not be who did it (A6); both are kept.
- Consent is the present holder's to give, or a supervisor's of the team where the team alone holds.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import orjson

from authz.actor import Role
from authz.acts import Act
from claims.facts import FactKind
from records import replays
from records.audit import Entry
from records.columns import Column
from records.facts import Addition
from records.holders import holder_now, refresh
from records.identity import held_customer
from records.outcomes import Done
from records.people import person, person_entered, person_named
from records.proofreading import LONGEST_NOTE, Proof
from records.queries import customer_to_act_on
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk
    from records.people import Person


_NOTHING: Final[Mapping[str, Confidential | None]] = MappingProxyType({})


async def record_visit(
    desk: Desk, customer: str, *, by: str | None, companion: str | None, occurred_at: datetime | None, key: UUID
) -> Done:
    """Record that somebody brought a customer in (A4), perhaps along with a designer (H7 H15)."""
    await desk.require(Act.RECORD_VISIT)
    who = await person_entered(desk, Act.RECORD_VISIT, by)
    if who is None:
        return Done(refusal=not_found("by"))
    details: dict[str, object] = {}
    if companion is not None:
        along = await person_named(desk, companion)
        if along is None or along.role is not Role.DESIGNER:
            return Done(refusal=not_found("companion"))
        details["with"] = along.id.hex
    return await _happened(
        desk, Act.RECORD_VISIT, FactKind.VISIT, "visit:record", customer,
        by=who, at=occurred_at, key=key, details=details,
    )  # fmt: skip


async def record_contact(
    desk: Desk, customer: str, *, by: str | None, occurred_at: datetime | None, note: Confidential | None, key: UUID,
    need: Confidential | None = None, feedback: Confidential | None = None,
) -> Done:  # fmt: skip
    """Record a contact in the course of business (B7): maintenance counts from the holder's latest (A26).

    With it what the customer needs now, and what they said, are kept.
    """
    await desk.require(Act.RECORD_CONTACT)
    who = await person_entered(desk, Act.RECORD_CONTACT, by)
    if who is None:
        return Done(refusal=not_found("by"))
    return await _happened(
        desk, Act.RECORD_CONTACT, FactKind.CONTACT, "contact:record", customer,
        by=who, at=occurred_at, key=key, details={}, note=note, said={"need": need, "feedback": feedback},
    )  # fmt: skip


async def record_consent(desk: Desk, customer: str, *, to: str, occurred_at: datetime | None, key: UUID) -> Done:
    """Record the holder's consent that a colleague deals with the customer (A27)."""
    actor = await desk.require(Act.RECORD_CONSENT)
    myself = await person(actor.staff, now=desk.now)
    colleague = await person_named(desk, to)
    if myself is None or colleague is None or colleague.id == myself.id:
        return Done(refusal=not_found("to"))
    return await _happened(
        desk, Act.RECORD_CONSENT, FactKind.CONSENT, "consent:record", customer,
        by=myself, at=occurred_at, key=key, details={"to": colleague.id.hex},
    )  # fmt: skip


async def _happened(
    desk: Desk, act: Act, kind: FactKind, tag: str, customer: str, *,
    by: Person, at: datetime | None, key: UUID, details: Mapping[str, object],
    note: Confidential | None = None, said: Mapping[str, Confidential | None] = _NOTHING,
) -> Done:  # fmt: skip
    """Write what happened with a customer in the actor's reach, and decide anew who holds."""
    proof = Proof()
    text = proof.text(note, "note", longest=LONGEST_NOTE)
    more = {name: proof.text(one, name, longest=LONGEST_NOTE) for name, one in said.items()}
    texts = [(Column.NOTE, text.encode())] if text is not None else []
    if told := {name: one for name, one in more.items() if one is not None}:
        texts.append((Column.OTHER, orjson.dumps({"fields": told})))
    if at is not None and at > desk.now:
        proof.blame(ProblemCode.IN_THE_FUTURE, "occurredAt")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        root = await held_customer(fetch, desk, act, customer)
        if root is None:
            return Done(refusal=not_found("customer"))
        if act is Act.RECORD_CONSENT and not await _may_consent(fetch, desk, root, by):
            return Done(refusal=Refused(RefusalCode.NOT_HOLDER, ("A27",)))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        entered_by = desk.signed_in().staff
        fact = addition.add_fact(kind, root, at=at or desk.now, by=by.id, entered_by=entered_by, details=details)
        if texts:
            addition.seal(fact, root, await desk.cipher_of(fetch, root), texts)
        await addition.write(tx)
        await refresh(tx, [root], desk.rulebook, entropy=desk.entropy)
        await desk.record(tx, Entry(tag, customer=root, subject_teams=() if by.team is None else (by.team,)))
        return Done(fact, root)

    async def again(tx: TransactionalDBClient, fact: UUID) -> Done:
        return Done(fact, await customer_to_act_on(tx.execute_query_dict, desk, act, customer))

    whole = {"customer": customer, "by": by.id.hex, "at": at, "details": details, "note": note, "said": dict(said)}
    return await replays.once(desk, act, key, whole, do=do, again=again)


async def _may_consent(fetch: Fetch, desk: Desk, root: UUID, by: Person) -> bool:
    """Say whether somebody holds the customer, or is a supervisor of the team that alone does (A27)."""
    holder = await holder_now(fetch, root, now=desk.now)
    if holder is None:
        return False
    if holder.staff is not None:
        return holder.staff == by.id
    return holder.team == by.team and by.role is Role.SUPERVISOR
