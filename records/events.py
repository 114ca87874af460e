"""Something that happened with a customer: a fact, what was noted of it sealed, and who holds decided anew.

- Each is a fact at the instant at which it happened, which never lies in the future.
- Who enters it need not be who did it (A6); both are kept.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import orjson

from records import replays
from records.audit import Entry, concerned
from records.columns import Column
from records.facts import Addition
from records.holders import refresh
from records.identity import held_customer
from records.outcomes import Done
from records.proofreading import LONGEST_NOTE, Proof
from records.queries import customer_to_act_on
from records.refusals import not_found

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from authz.actor import Actor
    from authz.acts import Act
    from claims.facts import FactKind
    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk
    from records.people import Person
    from records.refusals import Refused

_NOTHING: Final[Mapping[str, Confidential | None]] = MappingProxyType({})


async def record_event(
    desk: Desk, act: Act, kind: FactKind, tag: str, customer: str, *,
    by: Actor | Person, at: datetime | None, key: UUID, details: Mapping[str, object],
    note: Confidential | None = None, said: Mapping[str, Confidential | None] = _NOTHING,
    reach: Act | None = None, refuse: Callable[[Fetch, UUID], Awaitable[Refused | None]] | None = None,
) -> Done:  # fmt: skip
    """Write what happened with a customer, and decide anew who holds; the node is the fact.

    The customer is one within the actor's scope of `reach`, of the act itself unless it is named; `refuse` may say
    why not, once the customer is held.
    """
    proof = Proof()
    text = proof.text(note, "note", longest=LONGEST_NOTE)
    more = {name: proof.text(one, name, longest=LONGEST_NOTE) for name, one in said.items()}
    texts = [(Column.NOTE, text.encode())] if text is not None else []
    if told := {name: one for name, one in more.items() if one is not None}:
        texts.append((Column.OTHER, orjson.dumps({"fields": told})))
    happened = proof.past(at, desk.now, "occurredAt")
    if proof.problems:
        return Done(refusal=proof.refusal())
    within = reach or act

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        root = await held_customer(fetch, desk, within, customer)
        if root is None:
            return Done(refusal=not_found("customer"))
        refusal = None if refuse is None else await refuse(fetch, root)
        if refusal is not None:
            return Done(refusal=refusal)
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        entered_by = desk.signed_in().staff
        fact = addition.add_fact(kind, root, at=happened, by=by.staff, entered_by=entered_by, details=details)
        if texts:
            addition.seal(fact, root, await desk.cipher_of(fetch, root), texts)
        await addition.write(tx)
        await refresh(tx, [root], desk.rulebook, entropy=desk.entropy)
        await desk.record(tx, Entry(tag, customer=root, subject_teams=concerned(by.team)))
        return Done(fact, root)

    async def again(tx: TransactionalDBClient, fact: UUID) -> Done:
        return Done(fact, await customer_to_act_on(tx.execute_query_dict, desk, within, customer))

    whole = {"customer": customer, "by": by.staff.hex, "at": at, "details": details, "note": note, "said": dict(said)}
    return await replays.once(desk, act, key, whole, do=do, again=again, acting=[by.staff])
