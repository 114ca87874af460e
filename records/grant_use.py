"""Using a grant (授权使用, E10): whoever may look by a superior's word alone looks while that word stands.

- A grant opens what it names of one customer, for its purpose, and of that what its giver's own team may open.
- It is held while it is used: a withdrawal at the same instant comes before the look, or behind it.
- Each use is a row, written with the entry of the log that names the grant, before anything is opened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from authz.policy import Condition, FieldClass, Scope
from records.connection import read
from records.facts import Addition
from records.keys import with_keys
from records.queries import Sight
from records.references import Kind, reference
from records.refusals import RefusalCode, Refused

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from authz.actor import Role
    from authz.acts import Act
    from records.audit import Entry
    from records.desk import Desk

CLAUSES: Final = ("E10",)
WITH_REASON: Final = (Condition.REASON,)
WITH_GRANT: Final = (Condition.REASON, Condition.GRANT)
NO_GRANT: Final = "grant"
"""By which rule the log says that somebody looked without a grant."""
_IN_FORCE: Final = (
    "g.staff_id = $1 AND g.outcome = 'given' AND g.withdrawn_at IS NULL AND g.decided_at <= $2 AND g.until_at > $2"
)
_GRANT: Final = f"""
SELECT g.id, g.decided_by_id, g.team_id FROM reveal_grant g JOIN customer c ON c.id = g.customer_id
WHERE {_IN_FORCE} AND c.root_id = $3 AND g.purpose = $4 AND g.shown @> $5::text[] AND (g.papers OR NOT $6)
ORDER BY g.until_at DESC, g.id LIMIT 1 FOR SHARE OF g
"""  # noqa: S608 (a constant of ours)
_GRANTED: Final = f"""
SELECT c.root_id, g.shown FROM reveal_grant g JOIN customer c ON c.id = g.customer_id
WHERE {_IN_FORCE} AND c.root_id = ANY($3)
"""  # noqa: S608 (a constant of ours)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be looked at: of which customer (root), which contact fields, or the papers, for which purpose."""

    customer: UUID
    purpose: str
    fields: Sequence[str] = ()
    papers: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant that is used: who gave it, for which team, and the entry of the log that its use has left."""

    id: UUID
    giver: UUID
    team: UUID
    entry: UUID

    def sight(self, desk: Desk) -> Sight:
        """Give what the giver's team may open: nobody gives more than they have."""
        return Sight(self.giver, self.team, Scope.TEAM, desk.now)


def by_grant_alone(desk: Desk, role: Role, act: Act) -> frozenset[FieldClass]:
    """Give the field classes that a role may touch by an act with a superior's grant, and not without."""
    with_grant, without = ({*facts, Condition.NDA} for facts in (WITH_GRANT, WITH_REASON))
    return desk.guard.fields(role, act, facts=with_grant) - desk.guard.fields(role, act, facts=without)


async def use_grant(desk: Desk, wanted: Wanted, entry: Entry) -> Grant | Refused:
    """Use a grant, leaving entry and use together; without one the entry says so, and the refusal what to do next.

    Both are durable when this returns.
    """

    async def do(tx: TransactionalDBClient) -> Grant | Refused:
        values = [
            desk.signed_in().staff, desk.now, wanted.customer, wanted.purpose, list(wanted.fields), wanted.papers,
        ]  # fmt: skip
        rows = await tx.execute_query_dict(_GRANT, values)
        if not rows:
            await desk.record(tx, replace(entry, allowed=False, rule=NO_GRANT))
            return Refused(RefusalCode.GRANT_NEEDED, CLAUSES)
        (found,) = rows
        rule = reference(Kind.GRANT, found["id"])
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        noted = await desk.record(tx, replace(entry, allowed=True, rule=rule))
        addition.add_grant_use(found["id"], noted)
        await addition.write(tx)
        return Grant(found["id"], found["decided_by_id"], found["team_id"], noted)

    return await with_keys(desk.keys, do)


async def granted_fields(desk: Desk, roots: list[UUID]) -> dict[UUID, Collection[str]]:
    """Give the contact fields of some customers that whoever asks has a grant for now."""
    fields: dict[UUID, set[str]] = {}
    for row in await read(_GRANTED, [desk.signed_in().staff, desk.now, roots]):
        fields.setdefault(row["root_id"], set()).update(row["shown"])
    return dict(fields)
