"""Who belongs to whom (关联人员, G5): what a customer is to another, as whoever sees both said.

- It holds both ways, is a fact, and what was said last of two customers counts; saying that they are nothing to each
  other ends it.
- It gives nobody anything by itself: a signature says around whom its buyer is (A17).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from records import replays
from records.audit import Entry, concerned
from records.connection import read
from records.erasure import refuse_erased
from records.facts import Addition
from records.histories import details_of
from records.identity import hold_roots
from records.outcomes import Done
from records.proofreading import Proof
from records.queries import Values, customer_to_act_on, visible_to
from records.refusals import ProblemCode, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk

RELATE: Final = "relate"
"""The fact that two customers belong together, or no more: the book's own, of which the law hears nothing."""


class RelationKind(StrEnum):
    """What a customer is to another (关系)."""

    FAMILY = "family"
    NEIGHBOUR = "neighbour"
    FRIEND = "friend"
    COLLEAGUE = "colleague"
    REFERRER = "referrer"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Relation:
    """A customer to whom another belongs."""

    customer: UUID
    kind: RelationKind


async def relate_customers(desk: Desk, customer: str, *, to: str, kind: RelationKind, key: UUID) -> Done:
    """Say what two customers in sight are to each other; the node is the fact."""
    actor = await desk.require(Act.RELATE_CUSTOMERS)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        one = await customer_to_act_on(fetch, desk, Act.RELATE_CUSTOMERS, customer)
        other = await customer_to_act_on(fetch, desk, Act.RELATE_CUSTOMERS, to)
        if one is None or other is None:
            return Done(refusal=not_found("customer" if one is None else "to"))
        roots = await hold_roots(fetch, sorted((one, other)))
        await refuse_erased(fetch, *roots.values())
        if roots[one] == roots[other]:
            proof = Proof()
            proof.blame(ProblemCode.NOT_OFFERED, "to")
            return Done(refusal=proof.refusal())
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = addition.add_fact(
            RELATE, roots[one], at=desk.now, by=actor.staff, entered_by=actor.staff,
            details={"related": roots[other].hex, "kind": kind.value},
        )  # fmt: skip
        await addition.write(tx)
        await desk.record(tx, Entry("customer:relate", customer=roots[one], subject_teams=concerned(actor.team)))
        return Done(fact, roots[one])

    async def again(tx: TransactionalDBClient, fact: UUID) -> Done:
        return Done(fact, await customer_to_act_on(tx.execute_query_dict, desk, Act.RELATE_CUSTOMERS, customer))

    whole = {"customer": customer, "to": to, "kind": kind.value}
    return await replays.once(desk, Act.RELATE_CUSTOMERS, key, whole, do=do, again=again)


# Of each pair of roots what was said last; each row is there for both of the pair, wherever the other is in sight.
_SAID = """
SELECT DISTINCT ON (least(a.root_id, b.root_id), greatest(a.root_id, b.root_id))
    a.root_id AS one, b.root_id AS other, f.details
FROM fact f JOIN customer a ON a.id = f.customer_id JOIN customer b ON b.id = (f.details ->> 'related')::uuid
WHERE f.kind = 'relate' AND (a.root_id = ANY({roots}) OR b.root_id = ANY({roots}))
AND a.root_id <> b.root_id AND {one} AND {other}
ORDER BY least(a.root_id, b.root_id), greatest(a.root_id, b.root_id), f.seq DESC
"""


async def _related(desk: Desk, roots: list[UUID]) -> dict[UUID, tuple[Relation, ...]]:
    sight, bind = visible_to(desk, Act.VIEW_CUSTOMERS), Values()
    wanted = bind(roots, "uuid[]")
    one, other = sight.customer("a.root_id", bind), sight.customer("b.root_id", bind)
    rows = await read(_SAID.format(roots=wanted, one=one, other=other), bind.given)
    found: dict[UUID, list[Relation]] = {root: [] for root in roots}
    for row in rows:
        kind = RelationKind(_details(row)["kind"])
        if kind is not RelationKind.NONE:
            for mine, theirs in ((row["one"], row["other"]), (row["other"], row["one"])):
                if mine in found:
                    found[mine].append(Relation(theirs, kind))
    return {root: tuple(relations) for root, relations in found.items()}


def _details(row: Mapping[str, Any]) -> dict[str, Any]:
    return details_of(row["details"])


async def related_to(desk: Desk, root: UUID) -> tuple[Relation, ...]:
    """Give the customers in sight to whom one belongs."""
    return await desk.gathering.ask(desk, _related, root) or ()
