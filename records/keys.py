"""Which keys the book is sealed and indexed with, and how a customer's or a person's own key is made and opened.

- One key-encryption key a purpose stands with the provider; the database holds wrapped bytes alone.
- A key's number, purpose and state are rows; a wrapped key is bound to its number.
- A customer's key is made with the customer, a person's with the first text of theirs that is sealed; wrapped by the
  primary data key, it is the unit of erasure.
- Keys are made once, under a lock: two processes that start at once agree on them.
- What another process changes is noticed in the transaction that needs it: every change moves a stamp. What is written
  all the same under a key that may no longer be written under, the database refuses, and the act begins anew.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from crypto.blind_index import IndexKey
from crypto.envelope import AES_256_GCM, KEY_BYTES, OwnCipher
from crypto.keyring import (
    NONCE_BYTES,
    READING,
    WRITING,
    Key,
    KeyRefused,
    Keyring,
    KeyState,
    KeyVersion,
    data_key_of,
    unwrap_subject_key,
    wrap_subject_key,
)
from crypto.providers import ProviderUnavailable, WrongKey, wrapped_by
from records.connection import TRIES, KeyMoved, begun_anew, transaction
from records.key_rows import NONE_KNOWN, KnownKeys, context_of, family_of, make_key, one_at_a_time, read_keys

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from datetime import datetime

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.envelope import SubjectCipher
    from crypto.providers import KeyProvider
    from records.connection import Fetch

DATA = "data"
LOG_MAC = "log.mac"
LOG_PSEUDONYM = "log.pseudonym"
CURSOR = "wire.cursor"
IDEMPOTENCY = "wire.idempotency"
REFRESHED_AFTER = timedelta(minutes=2)
"""Age at which an open data key is asked for again, well before it no longer serves."""
LAST_GENERATION = 0xFFFF
_STAMP = "SELECT stamp FROM key_stamp"
_SUBJECT_KEYS = """
SELECT t.stamp, s.subject_id, s.generation, s.wrapped
FROM key_stamp t LEFT JOIN subject_key s ON s.subject_id = ANY($1) AND s.wrapped IS NOT NULL
ORDER BY s.subject_id, s.generation
"""
INSERT_SUBJECT_KEY = (
    "INSERT INTO subject_key (id, customer_id, generation, wrapped, created_at) VALUES ($1, $2, $3, $4, $5)"
)
_RENEW = """
INSERT INTO subject_key (id, customer_id, staff_id, generation, wrapped, created_at)
SELECT n.id, s.customer_id, s.staff_id, n.generation, n.wrapped, n.created_at
FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::bytea[], $5::timestamptz[])
    AS n(id, subject_id, generation, wrapped, created_at)
JOIN subject_key s ON s.subject_id = n.subject_id AND s.generation = n.generation - 1
ON CONFLICT DO NOTHING
"""
_FIRST_OF_PEOPLE = """
INSERT INTO subject_key (id, staff_id, generation, wrapped, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""

T = TypeVar("T")


class Index(IntEnum):
    """Registry numbers of the indexes (bound by every token); a number is never reused."""

    PHONE = 1
    PHONE_PREFIX = 2
    WECHAT = 3
    USCC = 4
    EMAIL = 5
    NAME = 6
    REGISTER_ROW = 7
    ORGANISATION = 8
    PROJECT = 9
    ADDRESS = 10

    @property
    def purpose(self) -> str:
        """Name the purpose of this index's keys."""
        return f"index.{self.name.lower()}"


IDENTITY = (Index.PHONE, Index.WECHAT, Index.USCC)
"""Indexes by which two filings are one customer."""


def _purposes(year: int) -> list[str]:
    return [
        DATA, LOG_MAC, f"{LOG_PSEUDONYM}.{year}", f"{LOG_PSEUDONYM}.{year + 1}", CURSOR, IDEMPOTENCY,
        *(index.purpose for index in Index),
    ]  # fmt: skip


@dataclass(slots=True)
class Keys:
    """The keys of one installation, opened. `clock()` gives the instant, `entropy(n)` n random bytes."""

    provider: KeyProvider
    clock: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    _known: KnownKeys = field(default=NONE_KNOWN, repr=False)
    _ring: Keyring = field(init=False, repr=False)
    _index_keys: dict[int, IndexKey] = field(default_factory=dict[int, IndexKey], repr=False)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    def __post_init__(self) -> None:
        self._ring = Keyring(self._unwrap)

    async def load(self, fetch: Fetch) -> None:
        """Read the keys, and make those that are missing; runs in a transaction of the caller's.

        A key that does not open under the provider's key is `WrongKey` here, not at the first customer.
        """
        await one_at_a_time(fetch)
        await self._read(fetch)
        now = self.clock()
        for purpose in self.missing(now.year):
            await self.make(purpose, KeyState.PRIMARY, fetch)
        await self._read(fetch)
        await self.open(older_than=REFRESHED_AFTER)

    def missing(self, year: int) -> list[str]:
        """Name the purposes that have no primary key: at the start all, in a new year the pseudonyms' next."""
        return [purpose for purpose in _purposes(year) if self._find_primary(purpose) is None]

    async def follow(self, fetch: Fetch) -> None:
        """Notice what another process changed: one small query, in the transaction that uses the keys."""
        await self.notice((await fetch(_STAMP, []))[0]["stamp"], fetch)

    @property
    def stamp(self) -> int:
        """Count the changes of the keys that are known here."""
        return self._known.stamp

    async def notice(self, stamp: int, fetch: Fetch) -> None:
        """Read the keys again if the stamp that a query brought along is another than ours."""
        if stamp != self._known.stamp:
            await self._read(fetch)

    async def _read(self, fetch: Fetch) -> None:
        async with self._reading:
            self._known = await read_keys(fetch)
            # A subject key that was erased, or a data key that was disabled, opens nothing from now on.
            readable = self._known.wrapped
            self._ring.forget(but=readable.keys())
            self._index_keys = {key: one for key, one in self._index_keys.items() if key in readable}
        if not self._ring.asks:
            await self.tend()

    async def make(self, purpose: str, state: KeyState, fetch: Fetch, *, suite: int = AES_256_GCM) -> KeyVersion:
        """Make a purpose's next key; the caller's transaction commits it, and `follow` learns of it."""
        return await make_key(
            purpose,
            state,
            fetch,
            suite=suite,
            provider=self.provider,
            material=self.entropy(KEY_BYTES),
            now=self.clock(),
        )

    async def open(self, *, older_than: timedelta) -> None:
        """Ask the provider for every readable key that is not open, or was opened so long ago; off the event loop."""
        for key_id in self._known.wrapped:
            now = self.clock()
            age = self._ring.age(key_id, now=now)
            if age is None or age >= older_than:
                self._ring.put(key_id, await asyncio.to_thread(self._unwrap, key_id), now=now)

    async def tend(self) -> str | None:
        """Open what is not open, or will soon not be; say what hinders it, if anything does.

        From the first time on, requests use what is open and ask nothing of a provider that may keep them waiting.
        """
        self._ring.asks = self.provider.answers_at_once
        try:
            await self.open(older_than=REFRESHED_AFTER)
        except (ProviderUnavailable, WrongKey, KeyRefused) as error:
            return str(error)
        return None

    def are_open(self) -> bool:
        """Tell whether every key that is read from serves now."""
        now = self.clock()
        return all(self._ring.age(key_id, now=now) is not None for key_id in self._known.wrapped)

    def _unwrap(self, key_id: int) -> bytes:
        try:
            purpose, wrapped = self._known.wrapped[key_id]
        except KeyError:
            raise KeyRefused(f"key {key_id} is unknown, disabled or destroyed") from None
        try:
            return self.provider.unwrap(family_of(purpose), wrapped, context=context_of(key_id))
        except WrongKey as error:
            raise WrongKey(f"{purpose} ({key_id}): {error}") from None

    def versions(self, purpose: str) -> tuple[KeyVersion, ...]:
        """Give every version of a purpose's key, the oldest first."""
        return self._known.versions.get(purpose, ())

    def purposes(self) -> list[str]:
        """Name every purpose that has a key."""
        return sorted(self._known.versions)

    def _find_primary(self, purpose: str) -> KeyVersion | None:
        return next((one for one in self.versions(purpose) if one.state is KeyState.PRIMARY), None)

    def primary(self, purpose: str) -> KeyVersion:
        """Give the version of a purpose's key that is written under."""
        if (version := self._find_primary(purpose)) is None:
            raise KeyRefused(f"there is no primary key for {purpose}")
        return version

    def _readable(self, purpose: str) -> list[KeyVersion]:
        versions = [one for one in self.versions(purpose) if one.state in READING]
        return sorted(versions, key=lambda one: one.state is not KeyState.PRIMARY)

    def data_key(self, key_id: int) -> Key:
        """Give a key by its number."""
        return self._ring.data_key(key_id, now=self.clock())

    def log_mac_key(self) -> Key:
        """Give the key that signs log entries."""
        return self.data_key(self.primary(LOG_MAC).id)

    def pseudonym_key(self, year: int) -> Key:
        """Give the key of a year's pseudonyms in the log."""
        return self.data_key(self.primary(f"{LOG_PSEUDONYM}.{year}").id)

    def wire_key(self, purpose: str) -> Key:
        """Give the key of cursors or of idempotency hashes."""
        return self.data_key(self.primary(purpose).id)

    def wire_keys(self, purpose: str) -> list[Key]:
        """Give every key by which a cursor or a hash may have been made, the primary first."""
        return [self.data_key(version.id) for version in self._readable(purpose)]

    def index_keys(self, index: Index) -> tuple[IndexKey, ...]:
        """Give an index's readable keys, the primary first: all are asked, so no rotation hides a match."""
        versions = self._readable(index.purpose)
        for version in versions:
            # Asked each time, so that a key that is not open any more finds nothing.
            key = self.data_key(version.id)
            if version.id not in self._index_keys:
                self._index_keys[version.id] = IndexKey(version.id, index, key.material)
        return tuple(self._index_keys[version.id] for version in versions)

    def make_subject_key(self, subject: UUID, *, generation: int = 1) -> tuple[OwnCipher, tuple[Any, ...]]:
        """Make a subject's key: its cipher, and the row that `INSERT_SUBJECT_KEY` takes for a customer."""
        version, now = self.primary(DATA), self.clock()
        material = self.entropy(KEY_BYTES)
        wrapped = self._wrap_subject_key(version.id, subject, generation, material)
        row = (UUID(bytes=self.entropy(16), version=4), subject, generation, wrapped, now)
        return self._own_cipher(subject, {generation: wrapped}, version.suite), row

    def _wrap_subject_key(self, data_key: int, subject: UUID, generation: int, material: bytes) -> bytes:
        found = wrapped_by(self._known.wrapped[data_key][1])
        kek = found[1] if found is not None else 0
        nonce = self.entropy(NONCE_BYTES)
        return wrap_subject_key(self.data_key(data_key), kek, subject, generation, material, nonce=nonce)

    def rewrapped(self, wrapped: bytes, subject: UUID, generation: int) -> bytes:
        """Wrap a subject's key anew under the primary data key; what it seals and opens stays the same."""
        material = unwrap_subject_key(self.data_key(data_key_of(wrapped)), subject, generation, wrapped)
        return self._wrap_subject_key(self.primary(DATA).id, subject, generation, material)

    def _cipher(self, wrapped: bytes, subject: UUID, generation: int, *, suite: int) -> SubjectCipher:
        return self._ring.subject_cipher(
            wrapped, subject, generation, suite=suite, now=self.clock(), entropy=self.entropy
        )

    async def ciphers_of(
        self, subjects: Iterable[UUID], fetch: Fetch, *, to_seal: bool = False
    ) -> dict[UUID, OwnCipher]:
        """Open the keys of each customer or person, one query a page; whoever was erased has none.

        Who means to seal says so: a subject whose newest key was wrapped by a compromised key then gets a new one.
        """
        held = await self._subject_keys(list(subjects), fetch)
        if to_seal and await self._renew(held, fetch):
            held = await self._subject_keys(list(held), fetch)
        # The newest key's suite: what was sealed can be read also while no key is primary.
        suite = self.versions(DATA)[-1].suite
        return {subject: self._own_cipher(subject, keys, suite) for subject, keys in held.items()}

    async def cipher_of_person(self, staff: UUID, fetch: Fetch) -> OwnCipher:
        """Open a person's keys to seal under; whoever has none yet gets one (a customer's is made with the customer).

        Of two who make one at once the second keeps the first's.
        """
        held = await self.ciphers_of([staff], fetch, to_seal=True)
        if staff not in held:
            await fetch(_FIRST_OF_PEOPLE, list(self.make_subject_key(staff)[1]))
            held = await self.ciphers_of([staff], fetch, to_seal=True)
        if staff not in held:
            raise KeyRefused(f"person {staff}: their key is destroyed")
        return held[staff]

    async def _subject_keys(self, subjects: list[UUID], fetch: Fetch) -> dict[UUID, dict[int, bytes]]:
        rows = await fetch(_SUBJECT_KEYS, [subjects])
        await self.notice(rows[0]["stamp"], fetch)
        held: dict[UUID, dict[int, bytes]] = {}
        for row in rows:
            if row["subject_id"] is not None:
                held.setdefault(row["subject_id"], {})[row["generation"]] = bytes(row["wrapped"])
        return held

    def _own_cipher(self, subject: UUID, keys: Mapping[int, bytes], suite: int) -> OwnCipher:
        def cipher_of(generation: int, suite: int) -> SubjectCipher | None:
            wrapped = keys.get(generation)
            return None if wrapped is None else self._cipher(wrapped, subject, generation, suite=suite)

        return OwnCipher(max(keys), suite, cipher_of)

    async def renew(self, subjects: Iterable[UUID], fetch: Fetch) -> None:
        """Give a new key to each of these subjects under whose newest one nothing may be written any more."""
        await self._renew(await self._subject_keys(list(subjects), fetch), fetch)

    async def _renew(self, held: Mapping[UUID, Mapping[int, bytes]], fetch: Fetch) -> bool:
        """Give a new generation to every subject under whose newest key nothing may be written any more."""
        writing = {one.id for one in self.versions(DATA) if one.state in WRITING}
        stale = sorted(one for one, keys in held.items() if data_key_of(keys[max(keys)]) not in writing)
        if not stale:
            return False
        rows: list[tuple[Any, ...]] = []
        for subject in stale:
            generation = max(held[subject]) + 1
            if generation > LAST_GENERATION:
                raise KeyRefused(f"subject {subject}: no generation is left")
            rows.append(self.make_subject_key(subject, generation=generation)[1])
        await fetch(_RENEW, [list(column) for column in zip(*rows, strict=True)])
        return True


async def with_keys(keys: Keys, do: Callable[[TransactionalDBClient], Awaitable[T]]) -> T:
    """Do something in one transaction with the keys as they are; a key that moves meanwhile makes it begin anew."""

    async def attempt() -> T:
        async with transaction() as tx:
            await keys.follow(tx.execute_query_dict)
            return await do(tx)

    for _ in range(TRIES - 1):
        with suppress(KeyMoved):
            return await begun_anew(attempt)
    return await begun_anew(attempt)
