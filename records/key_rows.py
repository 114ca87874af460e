"""The keys' own rows: which versions there are, in which state, and the wrapped bytes of those that are read from.

- Keys are made one at a time, under a lock; the numbers of keys and of versions go up and are never reused.
- One statement reads them all together with their stamp, so that what is known belongs together.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from crypto.keyring import READING, KeyState, KeyVersion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crypto.providers import KeyProvider
    from records.connection import Fetch

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('baobei keys'))"
_VERSIONS = """
SELECT t.stamp, v.id, v.purpose, v.version, v.state, v.suite, m.wrapped
FROM key_stamp t LEFT JOIN key_version v ON true LEFT JOIN key_material m ON m.id = v.id ORDER BY v.id
"""
_NUMBERS = """
SELECT coalesce(max(id), 0) + 1 AS id, coalesce(max(version) FILTER (WHERE purpose = $1), 0) + 1 AS version
FROM key_version
"""
_INSERT_VERSION = """
INSERT INTO key_version (id, purpose, version, state, suite, created_at, state_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
"""
_INSERT_MATERIAL = "INSERT INTO key_material (id, wrapped) VALUES ($1, $2)"


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The keys as one statement found them: versions by purpose, the oldest first; bytes of the readable by number."""

    stamp: int
    versions: Mapping[str, tuple[KeyVersion, ...]]
    wrapped: Mapping[int, tuple[str, bytes]] = field(repr=False)


NONE_KNOWN: Final = KnownKeys(0, MappingProxyType({}), MappingProxyType({}))


def family_of(purpose: str) -> str:
    """Name the key-encryption key under which a purpose's keys stand."""
    return purpose.partition(".")[0]


def context_of(key_id: int) -> bytes:
    """Write what a wrapped key is bound to: its number."""
    return b"baobei key %d" % key_id


async def one_at_a_time(fetch: Fetch) -> None:
    """Keep everybody else from making, moving and destroying keys until this transaction ends."""
    await fetch(_ONE_AT_A_TIME, [])


async def read_keys(fetch: Fetch) -> KnownKeys:
    """Read every version, and the bytes of those that are read from."""
    rows = await fetch(_VERSIONS, [])
    versions: dict[str, list[KeyVersion]] = {}
    wrapped: dict[int, tuple[str, bytes]] = {}
    for row in rows:
        if row["id"] is None:
            continue
        version = KeyVersion(row["id"], row["purpose"], row["version"], KeyState(row["state"]), row["suite"])
        versions.setdefault(version.purpose, []).append(version)
        if row["wrapped"] is not None and version.state in READING:
            wrapped[version.id] = (version.purpose, bytes(row["wrapped"]))
    return KnownKeys(rows[0]["stamp"], {purpose: tuple(found) for purpose, found in versions.items()}, wrapped)


async def make_key(
    purpose: str,
    state: KeyState,
    fetch: Fetch,
    *,
    suite: int,
    provider: KeyProvider,
    material: bytes,
    now: datetime,
) -> KeyVersion:
    """Make a purpose's next key, wrapped by its provider."""
    await one_at_a_time(fetch)
    (number,) = await fetch(_NUMBERS, [purpose])
    key_id, version = number["id"], number["version"]
    wrapped = await asyncio.to_thread(provider.wrap, family_of(purpose), material, context=context_of(key_id))
    await fetch(_INSERT_VERSION, [key_id, purpose, version, state.value, suite, now])
    await fetch(_INSERT_MATERIAL, [key_id, wrapped])
    return KeyVersion(key_id, purpose, version, state, suite)
