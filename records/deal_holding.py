"""A deal under the hand of one act: found within the actor's reach, and locked with its customer.

- The customer's root is locked before the deal, as every other act on the customer locks it.
- Whatever changes a deal, or what it comes to, raises its version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from records.erasure import refuse_erased
from records.identity import hold_roots
from records.outcomes import Done
from records.queries import Values, visible_to
from records.references import Kind, row_of

if TYPE_CHECKING:
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from authz.acts import Act
    from records.connection import Fetch
    from records.desk import Desk

_CUSTOMER_OF: Final = "SELECT customer_id FROM deal WHERE id = $1"
_BUMP: Final = "UPDATE deal SET version = version + 1 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class HeldDeal:
    """A deal that this transaction has locked, and its customer (root)."""

    id: UUID
    root: UUID
    team: UUID | None
    version: int


async def held_deal(fetch: Fetch, desk: Desk, act: Act, reference: str | None) -> HeldDeal | None:
    """Lock the deal that a reference names, and its customer, if it is within the actor's reach by an act."""
    return await lock_deal(fetch, desk, act, row_of(Kind.DEAL, reference))


async def lock_deal(fetch: Fetch, desk: Desk, act: Act, deal: UUID | None) -> HeldDeal | None:
    """Lock a deal and its customer, if it is within the actor's reach by an act."""
    await hold_roots(fetch, [row["customer_id"] for row in await fetch(_CUSTOMER_OF, [deal])])
    found = await _within_reach(fetch, desk, act, deal, lock="FOR UPDATE OF d")
    if found is not None:
        await refuse_erased(fetch, found.root)
    return found


async def _within_reach(fetch: Fetch, desk: Desk, act: Act, deal: UUID | None, *, lock: str = "") -> HeldDeal | None:
    sight, bind = visible_to(desk, act), Values()
    statement = (
        "SELECT d.id, c.root_id, d.team_id, d.version FROM deal d JOIN customer c ON c.id = d.customer_id "
        f"WHERE d.id = {bind(deal, 'uuid')} AND {sight.customer('c.root_id', bind)} {lock}"
    )
    rows = await fetch(statement, bind.given)
    return HeldDeal(rows[0]["id"], rows[0]["root_id"], rows[0]["team_id"], rows[0]["version"]) if rows else None


async def bump_deal(fetch: Fetch, deal: UUID) -> None:
    """Raise a deal's version."""
    await fetch(_BUMP, [deal])


async def once_more(desk: Desk, act: Act, tx: TransactionalDBClient, deal: UUID) -> Done:
    """Answer with a deal again, under today's rights."""
    found = await _within_reach(tx.execute_query_dict, desk, act, deal)
    return Done(deal, found.root if found else None)
