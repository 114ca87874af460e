"""Whether the projections say what the facts say: worked out anew for every customer, and compared row by row.

- A difference is a row that must not stand there, or one that is missing; told by table and ids, never by content.
- An archived record that is no longer what was sealed is a difference too, told by its filing.
- So is a certificate of destruction that does not hold, told by the customer (G16).
- Customers are taken some hundred at a time, each lot at one instant: the book may be in use meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from records.certificates import broken_certificates
from records.connection import transaction
from records.holders import BATCH, PROJECTIONS, projected
from records.seals import broken_seals

if TYPE_CHECKING:
    from collections.abc import Callable

    from claims.rulebook import Rulebook

_ROOTS = "SELECT id FROM customer WHERE id = root_id AND id > $1 ORDER BY id LIMIT $2"
_COUNT = "SELECT count(*) AS customers FROM customer WHERE id = root_id"
_STRAY = "SELECT id, customer_id FROM {} WHERE customer_id IN (SELECT id FROM customer WHERE id <> root_id)"
_ONE_INSTANT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of a projection that the facts do not bear out (`is_stray`), or that they ask for and is not there."""

    table: str
    about: UUID
    is_stray: bool


async def verify(
    rulebook: Rulebook, *, tell: Callable[[int, int], None] = lambda _done, _all: None
) -> tuple[int, list[Difference]]:
    """Compare every projection with the facts; give how many customers were looked at, and every difference."""
    differences: list[Difference] = []
    done, last = 0, UUID(int=0)
    async with transaction() as tx:
        customers = (await tx.execute_query_dict(_COUNT, []))[0]["customers"]
        for projection in PROJECTIONS:
            if projection.columns[0] == "customer_id":
                strays = await tx.execute_query_dict(_STRAY.format(projection.table), [])
                differences += [Difference(projection.table, row["customer_id"], is_stray=True) for row in strays]
        broken = await broken_seals(tx.execute_query_dict)
        differences += [Difference("archive_entry", filing, is_stray=True) for filing in broken]
        uncertain = await broken_certificates(tx.execute_query_dict)
        differences += [Difference("destruction", customer, is_stray=True) for customer in uncertain]
    while True:
        async with transaction() as tx:
            await tx.execute_query_dict(_ONE_INSTANT, [])
            roots = [row["id"] for row in await tx.execute_query_dict(_ROOTS, [last, BATCH])]
            if not roots:
                return done, differences
            due = await projected(tx.execute_query_dict, roots, rulebook)
            for projection in PROJECTIONS:
                standing = (await projection.standing(tx.execute_query_dict, roots)).keys()
                for rows, is_stray in ((standing - due[projection], True), (due[projection] - standing, False)):
                    differences += [Difference(projection.table, row[0], is_stray=is_stray) for row in rows]
        done, last = done + len(roots), roots[-1]
        tell(done, max(customers, done))
