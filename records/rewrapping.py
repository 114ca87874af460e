"""Customers' keys wrapped anew, by the primary data key: a routine rotation touches nothing else.

- The work left is the rows that an older key wraps. A batch is read with no lock held, wrapped anew, and written where
  the bytes are still those that were read: whoever changed a row meanwhile, or erased it, wins.
- Killed between any two statements, it goes on where it was; several at once do no harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crypto.keyring import KeyRefused, KeyState
from records.connection import transaction
from records.keys import DATA
from records.moving import Batch, Unopened, given_way

if TYPE_CHECKING:
    from uuid import UUID

    from records.connection import Fetch
    from records.keys import Keys

_BATCH: Final = """
SELECT id, subject_id, generation, wrapped, dek_id FROM subject_key
WHERE dek_id = ANY($1) AND id > $2 ORDER BY id LIMIT $3
"""
_SET_IF_UNCHANGED: Final = """
UPDATE subject_key s SET wrapped = n.after FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS n(id, before, after)
WHERE s.id = n.id AND s.wrapped = n.before RETURNING s.id
"""


async def rewrap_batch(keys: Keys, size: int, after: UUID) -> Batch:
    """Wrap a batch of subject keys behind a place anew."""
    async with transaction() as tx:
        fetch: Fetch = tx.execute_query_dict
        await keys.follow(fetch)
        old = [one.id for one in keys.versions(DATA) if one.state is KeyState.DECRYPT_ONLY]
        rows = await fetch(_BATCH, [old, after, size]) if old else []
    ids: list[UUID] = []
    before: list[bytes] = []
    renewed: list[bytes] = []
    unopened: list[Unopened] = []
    for row in rows:
        wrapped = bytes(row["wrapped"])
        try:
            renewed.append(keys.rewrapped(wrapped, row["subject_id"], row["generation"]))
        except KeyRefused:
            unopened.append(Unopened("subject_key", "wrapped", row["id"], row["subject_id"], row["dek_id"]))
            continue
        ids.append(row["id"])
        before.append(wrapped)

    async def write(fetch: Fetch) -> int:
        return len(await fetch(_SET_IF_UNCHANGED, [ids, before, renewed]))

    moved = await given_way(write) if ids else 0
    return Batch(moved, rows[-1]["id"] if rows else None, tuple(unopened))
