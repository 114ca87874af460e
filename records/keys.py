"""Which keys the book is sealed and indexed with, and how a customer's own key is made and opened.

- One key-encryption key a purpose stands with the provider; the database holds wrapped bytes alone.
- A key's number, purpose and state are rows; a wrapped key is bound to its number.
- A customer's key is made with the customer, wrapped by the primary data key, and is the unit of erasure.
- Keys are made once, under a lock: two processes that start at once agree on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crypto.blind_index import IndexKey
from crypto.envelope import AES_256_GCM, KEY_BYTES
from crypto.keyring import NONCE_BYTES, READING, Key, KeyRefused, Keyring, KeyState, KeyVersion, wrap_subject_key

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import datetime

    from crypto.envelope import SubjectCipher
    from crypto.providers import KeyProvider

    Fetch = Callable[[str, tuple[Any, ...]], Awaitable[Sequence[Any]]]

DATA = "data"
LOG_MAC = "log.mac"
LOG_PSEUDONYM = "log.pseudonym"
CURSOR = "wire.cursor"
IDEMPOTENCY = "wire.idempotency"


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


def _context(key_id: int) -> bytes:
    return b"baobei key %d" % key_id


@dataclass(slots=True)
class Keys:
    """The keys of one installation, opened. `clock()` gives the instant, `entropy(n)` n random bytes."""

    provider: KeyProvider
    clock: Callable[[], datetime]
    entropy: Callable[[int], bytes]
    _versions: dict[str, list[KeyVersion]] = field(default_factory=dict)
    _wrapped: dict[int, tuple[str, bytes]] = field(default_factory=dict, repr=False)
    _ring: Keyring = field(init=False, repr=False)
    _index_keys: dict[int, IndexKey] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._ring = Keyring(self._unwrap)

    async def load(self, fetch: Fetch) -> None:
        """Read the keys, and make those that are missing; runs in a transaction of the caller's.

        A key that does not open under the provider's key is `WrongKey` here, not at the first customer.
        """
        await fetch("SELECT pg_advisory_xact_lock(hashtext('baobei keys'))", ())
        await self._read(fetch)
        now = self.clock()
        for purpose in _purposes(now.year):
            if not any(version.state is KeyState.PRIMARY for version in self._versions.get(purpose, ())):
                await self._make(purpose, now, fetch)
        await self._read(fetch)
        for key_id in self._wrapped:
            self._ring.data_key(key_id, now=now)

    async def _read(self, fetch: Fetch) -> None:
        self._versions, self._wrapped = {}, {}
        rows = await fetch(
            "SELECT v.id, v.purpose, v.version, v.state, v.suite, m.wrapped FROM key_version v "
            "LEFT JOIN key_material m ON m.id = v.id ORDER BY v.id",
            (),
        )
        for row in rows:
            version = KeyVersion(row["id"], row["purpose"], row["version"], KeyState(row["state"]), row["suite"])
            self._versions.setdefault(version.purpose, []).append(version)
            if row["wrapped"] is not None and version.state in READING:
                self._wrapped[version.id] = (version.purpose, bytes(row["wrapped"]))

    async def _make(self, purpose: str, now: datetime, fetch: Fetch) -> None:
        known = [version for versions in self._versions.values() for version in versions]
        key_id = max((version.id for version in known), default=0) + 1
        number = max((version.version for version in self._versions.get(purpose, ())), default=0) + 1
        family = purpose.partition(".")[0]
        wrapped = self.provider.wrap(family, self.entropy(KEY_BYTES), context=_context(key_id))
        await fetch(
            "INSERT INTO key_version (id, purpose, version, state, suite, created_at, state_at) "
            "VALUES ($1, $2, $3, 'primary', $4, $5, $5)",
            (key_id, purpose, number, AES_256_GCM, now),
        )
        await fetch("INSERT INTO key_material (id, wrapped) VALUES ($1, $2)", (key_id, wrapped))
        version = KeyVersion(key_id, purpose, number, KeyState.PRIMARY, AES_256_GCM)
        self._versions.setdefault(purpose, []).append(version)

    def _unwrap(self, key_id: int) -> bytes:
        try:
            purpose, wrapped = self._wrapped[key_id]
        except KeyError:
            raise KeyRefused(f"key {key_id} is unknown, disabled or destroyed") from None
        return self.provider.unwrap(purpose.partition(".")[0], wrapped, context=_context(key_id))

    def _primary(self, purpose: str) -> KeyVersion:
        for version in self._versions.get(purpose, ()):
            if version.state is KeyState.PRIMARY:
                return version
        raise KeyRefused(f"there is no primary key for {purpose}")

    def _open(self, version: KeyVersion) -> Key:
        return self._ring.data_key(version.id, now=self.clock())

    def log_mac_key(self) -> Key:
        """Give the key that signs log entries."""
        return self._open(self._primary(LOG_MAC))

    def pseudonym_key(self, year: int) -> Key:
        """Give the key of a year's pseudonyms in the log."""
        return self._open(self._primary(f"{LOG_PSEUDONYM}.{year}"))

    def wire_key(self, purpose: str) -> Key:
        """Give the key of cursors or of idempotency hashes."""
        return self._open(self._primary(purpose))

    def index_keys(self, index: Index) -> tuple[IndexKey, ...]:
        """Give an index's readable keys, the primary first: all are asked, so no rotation hides a match."""
        versions = [one for one in self._versions.get(index.purpose, ()) if one.state in READING]
        versions.sort(key=lambda one: one.state is not KeyState.PRIMARY)
        for version in versions:
            if version.id not in self._index_keys:
                self._index_keys[version.id] = IndexKey(version.id, index, self._open(version).material)
        return tuple(self._index_keys[version.id] for version in versions)

    def make_subject_key(self, customer: UUID) -> tuple[SubjectCipher, tuple[Any, ...]]:
        """Make a customer's first key: its cipher, and the row that `INSERT_SUBJECT_KEY` takes."""
        version, now = self._primary(DATA), self.clock()
        kek = self.provider.version_of(self._wrapped[version.id][1])
        material, nonce = self.entropy(KEY_BYTES), self.entropy(NONCE_BYTES)
        wrapped = wrap_subject_key(self._open(version), kek, customer, 1, material, nonce=nonce)
        row = (UUID(bytes=self.entropy(16), version=4), customer, 1, wrapped, now)
        return self._cipher(wrapped, customer, 1), row

    def _cipher(self, wrapped: bytes, customer: UUID, generation: int) -> SubjectCipher:
        suite = self._primary(DATA).suite
        return self._ring.subject_cipher(
            wrapped, customer, generation, suite=suite, now=self.clock(), entropy=self.entropy
        )

    async def ciphers_of(self, customers: Iterable[UUID], fetch: Fetch) -> dict[UUID, SubjectCipher]:
        """Open the newest key of each customer, one query a page; an erased customer has none."""
        rows = await fetch(
            "SELECT DISTINCT ON (customer_id) customer_id, generation, wrapped FROM subject_key "
            "WHERE customer_id = ANY($1) AND wrapped IS NOT NULL ORDER BY customer_id, generation DESC",
            (list(customers),),
        )
        return {
            row["customer_id"]: self._cipher(bytes(row["wrapped"]), row["customer_id"], row["generation"])
            for row in rows
        }


INSERT_SUBJECT_KEY = (
    "INSERT INTO subject_key (id, customer_id, generation, wrapped, created_at) VALUES ($1, $2, $3, $4, $5)"
)
