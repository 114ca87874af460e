"""Sealed values sealed anew: under a new key of their customer or person after a compromise, or in another suite.

- After a compromise each of them gets a new key, a new generation; all that the old one sealed is opened, sealed under
  the new one, and written where the bytes are still those that were read.
- An old key that nothing needs any more goes; whoever read a value just before can open it meanwhile.
- Another suite needs no other key: key and suite are in what the cipher's own keys are derived from.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from crypto.keyring import KeyRefused, KeyState
from crypto.sealed import SealBroken
from records.connection import transaction
from records.keys import DATA, with_keys
from records.moving import Batch, given_way
from records.sealed_columns import SEALED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.keys import Keys
    from records.moving import Unopened
    from records.sealed_columns import SealedColumn


_STALE = """
SELECT s.id, s.subject_id FROM subject_key s WHERE s.dek_id = ANY($1) AND s.id > $2 AND NOT EXISTS (
    SELECT FROM subject_key n
    WHERE n.subject_id = s.subject_id AND n.generation > s.generation AND n.wrapped IS NOT NULL
) ORDER BY s.id LIMIT $3
"""
_UNUSED = " ".join(f"AND NOT EXISTS (SELECT FROM {one.name} t WHERE {one.opened_by('s')})" for one in SEALED)
_DRAINED = f"""
DELETE FROM subject_key WHERE id IN (
    SELECT s.id FROM subject_key s WHERE s.dek_id = ANY($1) AND s.id > $2 {_UNUSED}
    AND EXISTS (SELECT FROM subject_key n WHERE n.subject_id = s.subject_id AND n.generation > s.generation)
    ORDER BY s.id LIMIT $3
) RETURNING id
"""  # noqa: S608 (names of ours)


def _compromised(keys: Keys) -> list[int]:
    return [one.id for one in keys.versions(DATA) if one.state is KeyState.COMPROMISED]


async def renew_batch(keys: Keys, size: int, after: UUID) -> Batch:
    """Give a new key to a batch of customers and people whose newest one a compromised key wraps."""

    async def renew(tx: TransactionalDBClient) -> Batch:
        fetch: Fetch = tx.execute_query_dict
        rows = await fetch(_STALE, [_compromised(keys), after, size])
        await keys.renew([row["subject_id"] for row in rows], fetch)
        return Batch(len(rows), rows[-1]["id"] if rows else None)

    return await with_keys(keys, renew)


async def reseal_batch(keys: Keys, sealed: SealedColumn, size: int, after: UUID) -> Batch:
    """Seal a batch of values anew whose subject's key a compromised key wraps, under the subject's newest."""
    source = f"s.dek_id FROM subject_key s JOIN {sealed.name} t ON {sealed.opened_by('s')} WHERE s.dek_id = ANY($1)"
    async with transaction() as tx:
        await keys.follow(tx.execute_query_dict)
        rows = await tx.execute_query_dict(sealed.selected(source), [_compromised(keys), after, size])
    return await _reseal(keys, sealed, rows)


async def change_suite_batch(keys: Keys, sealed: SealedColumn, size: int, after: UUID) -> Batch:
    """Seal a batch of values anew that are sealed in another suite than the primary key's."""
    source = (
        f"s.dek_id FROM {sealed.name} t JOIN subject_key s ON {sealed.opened_by('s')} AND s.wrapped IS NOT NULL "
        f"WHERE get_byte(t.{sealed.column}, 1) <> $1"
    )
    async with transaction() as tx:
        await keys.follow(tx.execute_query_dict)
        suite = keys.primary(DATA).suite
        rows = await tx.execute_query_dict(sealed.selected(source), [suite, after, size])
    return await _reseal(keys, sealed, rows)


async def _reseal(keys: Keys, sealed: SealedColumn, rows: Sequence[Mapping[str, Any]]) -> Batch:
    """Open values outside any transaction, seal them anew, and write each where it is still what was read."""
    ciphers = await with_keys(keys, partial(_ciphers, keys, {row["subject_id"] for row in rows}))
    ids: list[UUID] = []
    before: list[bytes] = []
    renewed: list[bytes] = []
    unopened: list[Unopened] = []
    for row in rows:
        if (cipher := ciphers.get(row["subject_id"])) is None:
            continue  # erased: nothing opens any more, and nothing needs to
        place = sealed.at(row)
        try:
            text = cipher.open(row["sealed"], place)
        except (SealBroken, KeyRefused):
            unopened.append(sealed.unopened(row, row["dek_id"]))
            continue
        ids.append(row["id"])
        before.append(bytes(row["sealed"]))
        renewed.append(bytes(cipher.seal(text, place)))
    statement = (
        f"UPDATE {sealed.name} t SET {sealed.column} = n.after "  # noqa: S608 (names of ours)
        "FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS n(id, before, after) "
        f"WHERE t.{sealed.row} = n.id AND t.{sealed.column} = n.before RETURNING t.{sealed.row}"
    )

    async def write(fetch: Fetch) -> int:
        return len(await fetch(statement, [ids, before, renewed]))

    moved = await given_way(write) if ids else 0
    return Batch(moved, rows[-1]["id"] if rows else None, tuple(unopened))


async def _ciphers(keys: Keys, subjects: set[UUID], tx: TransactionalDBClient) -> Mapping[UUID, Any]:
    return await keys.ciphers_of(subjects, tx.execute_query_dict, to_seal=True)


async def drop_batch(keys: Keys, size: int, after: UUID) -> Batch:
    """Delete a batch of old subject keys under a compromised key that no value needs any more."""
    gone: list[UUID] = []

    async def write(fetch: Fetch) -> int:
        await keys.follow(fetch)
        gone.extend(row["id"] for row in await fetch(_DRAINED, [_compromised(keys), after, size]))
        return len(gone)

    moved = await given_way(write)
    return Batch(moved, max(gone) if gone else None)
