"""The keys as custodians see them: every version with its state and age, what needs it, and when the next one is due.

- An age policy says how long a key is written under before it is replaced; a key that is late is shown as late.
- No key's bytes and no customer's data stand on the page: numbers, names, states and counts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from authz.acts import Act
from authz.policy import Scope
from crypto.envelope import AES_256_GCM, AES_256_GCM_SIV
from crypto.keyring import KeyState
from crypto.providers import PURPOSES, wrapped_by
from records.audit import Entry
from records.connection import patient, read, transaction
from records.key_acts import Deed
from records.key_names import KEK
from records.key_needs import Need, needs_of
from records.key_rows import family_of
from records.keys import LOG_PSEUDONYM
from records.two_people import is_lapsed

if TYPE_CHECKING:
    from uuid import UUID

    from crypto.providers import KeyProvider
    from records.desk import Desk
    from records.keys import Keys

SUITES: Final = {AES_256_GCM: "AES-256-GCM", AES_256_GCM_SIV: "AES-256-GCM-SIV"}
REPLACED_AFTER: Final = {
    "data": timedelta(days=365),
    "index": timedelta(days=730),
    "log": timedelta(days=365),
    "wire": timedelta(days=90),
    KEK: timedelta(days=730),
}
"""How long a key is written under, by family. Pseudonyms have a key a year, and are kept as long as the log."""
_VERSIONS: Final = """
SELECT v.id, v.purpose, v.version, v.state, v.suite, v.created_at, v.state_at, v.compromised_at, m.wrapped
FROM key_version v LEFT JOIN key_material m ON m.id = v.id ORDER BY v.purpose, v.version
"""
_KEKS: Final = """
SELECT subject, max(ended_at) AS since FROM key_act WHERE kind = 'rotate' AND outcome = 'done' AND subject LIKE 'kek %'
GROUP BY 1
"""
_ACT_ROWS: Final = """
SELECT a.id, a.kind, a.subject, a.requested_at, r.number AS requested_by, a.approved_at, p.number AS approved_by,
    a.alone, a.ended_at, e.number AS ended_by, a.outcome
FROM key_act a LEFT JOIN staff r ON r.id = a.requested_by_id LEFT JOIN staff p ON p.id = a.approved_by_id
LEFT JOIN staff e ON e.id = a.ended_by_id
"""
_ACTS: Final = f"{_ACT_ROWS} ORDER BY a.requested_at DESC, a.id LIMIT $1"
_ONE_ACT: Final = f"{_ACT_ROWS} WHERE a.id = $1"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One version of a key; `provider` and `kek` say how it is wrapped, if its bytes are still there."""

    id: int
    purpose: str
    version: int
    state: KeyState
    suite: int
    created_at: datetime
    state_at: datetime
    compromised_at: datetime | None
    provider: str | None
    kek: int | None
    needs: tuple[Need, ...]

    @property
    def name(self) -> str:
        """Write its name."""
        return f"{self.purpose}/{self.version}"

    @property
    def rows(self) -> int:
        """Count the rows that need it."""
        return sum(need.rows for need in self.needs)

    def due_at(self) -> datetime | None:
        """Say when a primary key is to be replaced; None if it need not be."""
        if self.state is not KeyState.PRIMARY or self.purpose.startswith(LOG_PSEUDONYM):
            return None
        return self.created_at + REPLACED_AFTER[family_of(self.purpose)]


@dataclass(frozen=True, slots=True)
class ActRow:
    """An act on keys: who asked, who agreed, how it ended."""

    id: UUID
    kind: str
    subject: str
    requested_at: datetime
    requested_by: str | None
    approved_at: datetime | None
    approved_by: str | None
    alone: bool
    ended_at: datetime | None
    ended_by: str | None
    outcome: str | None

    def is_waiting(self, now: datetime) -> bool:
        """Tell whether it still waits for another person."""
        is_open = self.kind == Deed.DESTROY and self.approved_at is None and self.ended_at is None
        return is_open and not is_lapsed(self.requested_at, now)


@dataclass(frozen=True, slots=True)
class KekRow:
    """The key-encryption key of a family: its versions that still open, the newest last, and since when it is that."""

    family: str
    versions: tuple[int, ...]
    since: datetime

    def due_at(self) -> datetime:
        """Say when it is to be replaced."""
        return self.since + REPLACED_AFTER[KEK]


@dataclass(frozen=True, slots=True)
class KeyPage:
    """All keys and the latest acts, at one instant."""

    at: datetime
    provider: str
    keks: tuple[KekRow, ...]
    keys: tuple[KeyRow, ...]
    acts: tuple[ActRow, ...]

    def waiting(self) -> list[ActRow]:
        """List the acts that wait for another person."""
        return [act for act in self.acts if act.is_waiting(self.at)]

    def named(self, name: str) -> KeyRow | None:
        """Find a version of a key by its name."""
        return next((row for row in self.keys if row.name == name), None)


async def read_key_page(desk: Desk) -> KeyPage:
    """Show the page to a custodian; that it was read is durable before."""
    await desk.require(Act.VIEW_KEYS)
    await desk.note(Entry("key:list"))
    async with transaction() as tx:
        await desk.keys.follow(tx.execute_query_dict)
    return await key_page(desk.keys, now=desk.now)


async def key_act(desk: Desk, act: UUID | None) -> ActRow | None:
    """Give one act to whoever may see keys."""
    if act is None or not desk.guard.may(desk.signed_in(), Act.VIEW_KEYS, relation=Scope.ALL):
        return None
    rows = await read(_ONE_ACT, [act])
    return ActRow(**dict(rows[0])) if rows else None


async def key_page(keys: Keys, *, now: datetime, acts: int = 50) -> KeyPage:
    """Read the page."""
    async with transaction() as tx:
        fetch = patient(tx)
        rows = await fetch(_VERSIONS, [])
        needs: dict[int, list[Need]] = {}
        for need in await needs_of(fetch, [row["id"] for row in rows]):
            needs.setdefault(need.key, []).append(need)
        since = {row["subject"].removeprefix(KEK): row["since"] for row in await fetch(_KEKS, [])}
        done = [ActRow(**dict(row)) for row in await fetch(_ACTS, [acts])]
    found: list[KeyRow] = []
    for row in rows:
        provider, kek = (None, None) if row["wrapped"] is None else _wrapping(keys.provider, bytes(row["wrapped"]))
        state, held = KeyState(row["state"]), tuple(needs.get(row["id"], ()))
        stated = (row["created_at"], row["state_at"], row["compromised_at"])
        version = (row["id"], row["purpose"], row["version"], state, row["suite"])
        found.append(KeyRow(*version, *stated, provider, kek, held))
    for row in found:
        since.setdefault(family_of(row.purpose), min(one.created_at for one in found))
    keks = [
        KekRow(family, tuple(await asyncio.to_thread(keys.provider.versions, family)), since[family])
        for family in PURPOSES
        if family in since
    ]
    return KeyPage(now, keys.provider.name, tuple(keks), tuple(found), tuple(done))


def _wrapping(provider: KeyProvider, wrapped: bytes) -> tuple[str, int]:
    number, version = wrapped_by(wrapped) or (0, 0)
    return (provider.name if number == provider.number else f"provider {number}"), version
