"""Keys wrapped anew by their providers: under a newer key-encryption key, or by another provider.

- The work left is the keys that are wrapped by another provider than the first, or under an older version of its key.
- Each is written where the bytes are still those that were read; killed, it goes on where it was.
- A key-encryption key's older versions go when no key is wrapped under them any more, and never the newest.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crypto.keyring import KeyRefused
from crypto.providers import rewrap, wrapped_by
from records.connection import transaction
from records.key_rows import context_of, family_of, one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from crypto.providers import KeyProvider
    from records.connection import Fetch

_WRAPPED: Final = (
    "SELECT m.id, v.purpose, v.state, m.wrapped FROM key_material m JOIN key_version v ON v.id = m.id ORDER BY m.id"
)
_SET_IF_UNCHANGED: Final = "UPDATE key_material SET wrapped = $3 WHERE id = $1 AND wrapped = $2 RETURNING id"


@dataclass(frozen=True, slots=True)
class Wrapping:
    """How a key is wrapped: by which provider (its number), under which version of the key-encryption key."""

    key: int
    family: str
    provider: int
    version: int


async def wrappings(fetch: Fetch) -> list[Wrapping]:
    """Tell how every key is wrapped."""
    found: list[Wrapping] = []
    for row in await fetch(_WRAPPED, []):
        provider, version = wrapped_by(bytes(row["wrapped"])) or (0, 0)
        found.append(Wrapping(row["id"], family_of(row["purpose"]), provider, version))
    return found


async def rewrap_keys(provider: KeyProvider, tell: Callable[[int], None] = lambda _key: None) -> int:
    """Wrap every key anew that is not under the first provider's newest version; give how many were."""
    newest: dict[str, int] = {}
    done = 0
    async with transaction() as tx:
        rows = await tx.execute_query_dict(_WRAPPED, [])
    for row in rows:
        family, before = family_of(row["purpose"]), bytes(row["wrapped"])
        if family not in newest:
            newest[family] = (await asyncio.to_thread(provider.versions, family))[-1]
        if wrapped_by(before) == (provider.number, newest[family]):
            continue
        context = context_of(row["id"])
        after = await asyncio.to_thread(rewrap, provider, family, before, context=context)
        async with transaction() as tx:
            done += len(await tx.execute_query_dict(_SET_IF_UNCHANGED, [row["id"], before, after]))
        tell(row["id"])
    return done


async def rotate_kek(provider: KeyProvider, family: str) -> int:
    """Make the next version of a family's key-encryption key; `rewrap_keys` does the rest."""
    async with transaction() as tx:
        await one_at_a_time(tx.execute_query_dict)
        return await asyncio.to_thread(provider.rotate, family)


async def needed_keks(fetch: Fetch, provider: KeyProvider, family: str) -> list[Wrapping]:
    """List the keys that an older version of a family's key-encryption key still wraps."""
    newest = (await asyncio.to_thread(provider.versions, family))[-1]
    return [
        one
        for one in await wrappings(fetch)
        if one.family == family and one.provider == provider.number and one.version < newest
    ]


async def retire_keks(fetch: Fetch, provider: KeyProvider, family: str) -> list[int]:
    """Destroy the older versions of a family's key-encryption key; refused while a key is wrapped under one of them."""
    await one_at_a_time(fetch)
    if needed := await needed_keks(fetch, provider, family):
        names = ", ".join(str(one.key) for one in needed)
        raise KeyRefused(f"keys {names} are still wrapped under an older {family} key")
    versions = await asyncio.to_thread(provider.versions, family)
    await asyncio.to_thread(provider.retire, family, versions[-1])
    return versions[:-1]
