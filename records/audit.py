"""Who saw what, when and why: the access log, written before the answer.

- A change's entry is a row in its own transaction: no change without its record, no record of a change undone.
- A reading's entry is durable before anything is opened; without it the reader gets `AUDIT_UNAVAILABLE`.
- An entry holds no clear text: its object is a keyed pseudonym, its note a salted digest beside a sealed text.
- Denials are written one by one up to twenty a person, rule and minute, and summed after that.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import asyncpg
import orjson

from crypto.keyring import KeyRefused
from crypto.providers import ProviderUnavailable
from crypto.sealed import Place
from records.columns import Column, Table
from records.connection import credentials_of, is_moved_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tortoise.backends.base.client import TransactionalDBClient

    from authz.actor import Actor
    from records.connection import Fetch
    from records.keys import Keys

ENCODING = 1
"""Version of the form in which an entry's columns enter its MAC."""
ACKNOWLEDGED_WITHIN = 1
"""Seconds that a reader waits for the trace; after that there is no answer."""
QUEUE_SIZE = 1000
BATCH_SIZE = 200
SINGLE_DENIALS = 20
"""Denials a person, rule and minute that stand alone; the rest of the minute is one entry with a count."""

COLUMNS = (
    "id", "at", "node", "node_seq", "actor_id", "role", "session_id", "tag", "object", "actor_team",
    "subject_teams", "fields", "purpose", "note_digest", "allowed", "rule", "policy_edition", "count",
    "address", "trace_id", "encoding", "salt", "mac_key", "mac",
)  # fmt: skip

_INSERT = (
    f"INSERT INTO access_log ({', '.join(COLUMNS)}) "  # noqa: S608 (the column names above)
    f"VALUES ({', '.join(f'${i}' for i in range(1, len(COLUMNS) + 1))})"
)
_INSERT_PSEUDONYM = (
    "INSERT INTO log_pseudonym (value, key_id, customer_id) VALUES ($1, $2, $3) ON CONFLICT (value) DO NOTHING"
)
_INSERT_NOTE = "INSERT INTO access_note (entry_id, customer_id, sealed) VALUES ($1, $2, $3)"


class AuditUnavailable(Exception):  # noqa: N818 (the wire's code; the trace could not be written)
    """The access log does not take entries, so nothing may be read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as an act describes it; time, node, pseudonym and MAC are added when it is written."""

    tag: str
    allowed: bool = True
    rule: str = "policy"
    customer: UUID | None = None
    subject_teams: tuple[UUID, ...] = ()
    fields: tuple[str, ...] = ()
    purpose: str | None = None
    note: str | None = None
    count: int = 1


def concerned(*teams: UUID | None) -> tuple[UUID, ...]:
    """Give the teams that an event is about; whoever belongs to none brings none."""
    return tuple(team for team in teams if team is not None)


@dataclass(frozen=True, slots=True)
class _Signed:
    """An entry with whoever caused it, waiting to be written."""

    id: UUID
    entry: Entry
    actor: Actor | None
    address: str | None
    trace_id: UUID | None


@dataclass(frozen=True, slots=True)
class _Rows:
    log: tuple[Any, ...]
    pseudonym: tuple[bytes, int, UUID] | None
    note: tuple[UUID, UUID, bytes] | None


def mac_input(columns: dict[str, Any]) -> bytes:
    """Write an entry's columns as its MAC sees them: one JSON array in the order of `COLUMNS`, without the MAC.

    UUIDs as text, bytes as hex, the instant in UTC with six decimals; the first element names the form.
    """

    def plain(value: Any) -> Any:  # noqa: ANN401 (a column of any type)
        match value:
            case bytes():
                return value.hex()
            case UUID():
                return str(value)
            case datetime():
                return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            case list() | tuple():
                return [plain(one) for one in value]
            case _:
                return value

    return orjson.dumps(["baobei access log", ENCODING, *(plain(columns[name]) for name in COLUMNS if name != "mac")])


class LogWriter:
    """The one hand that writes the log on this node: it numbers, pseudonymises and signs each entry.

    Reads go through a bounded queue and one connection, many entries a commit; writes take a row in
    their own transaction. `entropy(n)` gives n random bytes.
    """

    def __init__(
        self, url: str, keys: Keys, *, policy_edition: str, entropy: Callable[[int], bytes], role: str | None = None
    ) -> None:
        self._role = {} if role is None else {"role": role}
        self._url = url
        self._keys = keys
        self._policy_edition = policy_edition
        self._entropy = entropy
        self._node = UUID(bytes=entropy(16), version=4)
        self._sequence = 0
        self._waiting: deque[tuple[_Signed, asyncio.Future[UUID]]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._denials: dict[tuple[UUID | None, str, datetime], tuple[int, Actor | None]] = {}
        self._months_ensured: str | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._write_batches(), name="access log writer")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            with suppress(AuditUnavailable):
                await self._write_sums()
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def append(
        self,
        connection: TransactionalDBClient,
        entry: Entry,
        *,
        actor: Actor | None,
        address: str | None,
        trace: UUID | None,
    ) -> UUID:
        """Write an act's entry in the act's own transaction; give its id."""
        signed = _Signed(self._draw_id(), entry, actor, address, trace)
        rows = await self._rows([signed], connection.execute_query_dict)
        for one in rows:
            if one.pseudonym:
                await connection.execute_query_dict(_INSERT_PSEUDONYM, list(one.pseudonym))
            await connection.execute_query_dict(_INSERT, list(one.log))
            if one.note:
                await connection.execute_query_dict(_INSERT_NOTE, list(one.note))
        return signed.id

    async def note(self, entry: Entry, *, actor: Actor | None, address: str | None, trace: UUID | None) -> UUID:
        """Write a reading's entry and return when it is durable.

        Raises `AuditUnavailable` when the queue is full or a second has passed: then nothing may be opened.
        """
        if len(self._waiting) >= QUEUE_SIZE or self._task is None or self._task.done():
            raise AuditUnavailable
        done: asyncio.Future[UUID] = asyncio.get_running_loop().create_future()
        self._waiting.append((_Signed(self._draw_id(), entry, actor, address, trace), done))
        self._wake.set()
        try:
            return await asyncio.wait_for(done, ACKNOWLEDGED_WITHIN)
        except TimeoutError:
            raise AuditUnavailable from None

    async def note_denial(
        self, entry: Entry, *, actor: Actor | None, address: str | None, trace: UUID | None, now: datetime
    ) -> None:
        """Write that somebody was refused; a flood of the same refusal becomes one entry a minute."""
        minute = now.replace(second=0, microsecond=0)
        await self._write_sums(before=minute)
        key = (actor.id if actor else None, entry.rule, minute)
        seen = self._denials[key] = (self._denials.get(key, (0, None))[0] + 1, actor)
        if seen[0] <= SINGLE_DENIALS:
            await self.note(replace(entry, allowed=False), actor=actor, address=address, trace=trace)

    async def _write_sums(self, *, before: datetime | None = None) -> None:
        """Write what a past minute has beyond its single denials: one entry a person and rule."""
        for key in [key for key in self._denials if before is None or key[2] < before]:
            count, actor = self._denials.pop(key)
            if count > SINGLE_DENIALS:
                entry = Entry("act:deny", allowed=False, rule=key[1], count=count - SINGLE_DENIALS)
                await self.note(entry, actor=actor, address=None, trace=None)

    def is_writing(self) -> bool:
        """Tell whether the writer lives and its queue has room."""
        return self._task is not None and not self._task.done() and len(self._waiting) < QUEUE_SIZE

    def _draw_id(self) -> UUID:
        return UUID(bytes=self._entropy(16), version=4)

    async def _write_batches(self) -> None:
        connection: asyncpg.Connection | None = None
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    taken = [self._waiting.popleft() for _ in range(min(BATCH_SIZE, len(self._waiting)))]
                    # Whoever has given up waiting got no answer, so owes no trace.
                    connection = await self._write_batch(connection, [one for one in taken if not one[1].done()])
        finally:
            if connection is not None:
                connection.terminate()

    async def _write_batch(
        self, connection: asyncpg.Connection | None, batch: list[tuple[_Signed, asyncio.Future[UUID]]]
    ) -> asyncpg.Connection | None:
        """Write one batch and tell everybody who waits for it; a broken connection is given back as None."""
        try:
            if connection is None or connection.is_closed():
                connection = await self._connect()
            try:
                await self._write(connection, [signed for signed, _ in batch])
            except asyncpg.PostgresError as error:
                if not is_moved_key(error):
                    raise
                await self._write(connection, [signed for signed, _ in batch])
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, KeyRefused, ProviderUnavailable):
            if connection is not None:
                connection.terminate()
            for _, done in batch:
                if not done.done():
                    done.set_exception(AuditUnavailable())
            return None
        for signed, done in batch:
            if not done.done():
                done.set_result(signed.id)
        return connection

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            **credentials_of(self._url),
            timeout=ACKNOWLEDGED_WITHIN,
            command_timeout=ACKNOWLEDGED_WITHIN,
            server_settings={"application_name": "baobei access log", "timezone": "UTC"} | self._role,
        )

    async def _write(self, connection: asyncpg.Connection, batch: Sequence[_Signed]) -> None:
        async with connection.transaction():
            rows = await self._rows(batch, lambda sql, args: connection.fetch(sql, *args))
            pseudonyms = list({row.pseudonym for row in rows if row.pseudonym})
            if pseudonyms:
                await connection.executemany(_INSERT_PSEUDONYM, pseudonyms)
            await connection.executemany(_INSERT, [row.log for row in rows])
            notes = [row.note for row in rows if row.note]
            if notes:
                await connection.executemany(_INSERT_NOTE, notes)

    async def _rows(self, batch: Sequence[_Signed], fetch: Fetch) -> list[_Rows]:
        """Give a batch's rows: numbered, pseudonymised and signed under the database's clock."""
        (clock,) = await fetch("SELECT clock_timestamp() AS at, (SELECT stamp FROM key_stamp) AS stamp", [])
        at: datetime = clock["at"]
        await self._keys.notice(clock["stamp"], fetch)
        month = at.strftime("%Y-%m")
        if self._months_ensured != month:
            # A new month needs its partition, and the next two stand ready before they begin.
            await fetch("SELECT ensure_access_log_months($1, 3)", [at.date()])
            self._months_ensured = month
        return [await self._row(signed, at, fetch) for signed in batch]

    async def _row(self, signed: _Signed, at: datetime, fetch: Fetch) -> _Rows:
        self._sequence += 1
        entry, actor = signed.entry, signed.actor
        salt = self._entropy(16)
        pseudonym = note = digest = None
        if entry.customer is not None:
            key = self._keys.pseudonym_key(at.year)
            value = hmac.digest(key.material, entry.customer.bytes, "sha256")
            pseudonym = (value, key.id, entry.customer)
        if entry.note is not None:
            digest = hashlib.sha256(salt + entry.note.encode()).digest()
            if entry.customer is not None:
                place = Place(Table.ACCESS_NOTE, Column.NOTE, signed.id, entry.customer)
                cipher = (await self._keys.ciphers_of([entry.customer], fetch, to_seal=True)).get(entry.customer)
                # An erased customer has no key: the digest stays, the text goes with the customer.
                note = cipher and (signed.id, entry.customer, bytes(cipher.seal(entry.note.encode(), place)))
        mac_key = self._keys.log_mac_key()
        columns: dict[str, Any] = {
            "id": signed.id,
            "at": at,
            "node": self._node,
            "node_seq": self._sequence,
            "actor_id": actor.staff if actor else None,
            "role": actor.role.value if actor else None,
            "session_id": actor.session if actor else None,
            "tag": entry.tag,
            "object": pseudonym[0] if pseudonym else None,
            "actor_team": actor.team if actor else None,
            "subject_teams": sorted(set(entry.subject_teams), key=str),
            "fields": list(entry.fields),
            "purpose": entry.purpose,
            "note_digest": digest,
            "allowed": entry.allowed,
            "rule": entry.rule,
            "policy_edition": self._policy_edition,
            "count": entry.count,
            "address": signed.address,
            "trace_id": signed.trace_id,
            "encoding": ENCODING,
            "salt": salt,
            "mac_key": mac_key.id,
        }
        columns["mac"] = hmac.digest(mac_key.material, mac_input(columns), "sha256")
        return _Rows(tuple(columns[name] for name in COLUMNS), pseudonym, note)
