"""A reading leaves its trace first, a change leaves it with itself, and the log holds nobody's words."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from authz.actor import Actor, Role
from crypto.providers import WrongKey
from crypto.providers.file import FileProvider
from crypto.sealed import Place, Sealed
from records import audit
from records.audit import COLUMNS, AuditUnavailable, Entry, LogWriter, mac_input
from records.columns import Column, Table
from records.connection import connected, credentials_of, transaction
from records.keys import INSERT_SUBJECT_KEY, Index, Keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from records.database import Database

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
ACTOR = Actor(uuid4(), uuid4(), Role.SALESPERSON, uuid4(), uuid4())
CANARY = "13812345678"


async def _connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(**credentials_of(url))


async def _keys(connection: asyncpg.Connection, provider: FileProvider) -> Keys:
    keys = Keys(provider, lambda: NOW, os.urandom)
    async with connection.transaction():
        await keys.load(lambda sql, args: connection.fetch(sql, *args))
    return keys


async def _customer(connection: asyncpg.Connection, keys: Keys) -> UUID:
    customer = uuid4()
    await connection.execute("INSERT INTO customer (id, root_id, created_at) VALUES ($1, $1, $2)", customer, NOW)
    _, row = keys.make_subject_key(customer)
    await connection.execute(INSERT_SUBJECT_KEY, *row)
    return customer


@asynccontextmanager
async def _log(url: str, folder: Path) -> AsyncIterator[tuple[LogWriter, asyncpg.Connection, Keys]]:
    connection = await _connect(url)
    keys = await _keys(connection, FileProvider.create(folder / "keys"))
    try:
        async with LogWriter(url, keys, policy_edition="p1", entropy=os.urandom) as writer:
            yield writer, connection, keys
    finally:
        await connection.close()


async def _rows(connection: asyncpg.Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in await connection.fetch("SELECT * FROM access_log ORDER BY node_seq")]


def test_two_processes_that_start_at_once_make_one_set_of_keys(database: Database, tmp_path: Path) -> None:
    """And the same keys open again after a restart; another key file opens none of them."""

    async def run() -> None:
        provider = FileProvider.create(tmp_path / "keys")
        connections = [await _connect(database.application_url) for _ in range(4)]
        all_keys = await asyncio.gather(*(_keys(connection, provider) for connection in connections))
        tokens = {keys.index_keys(Index.PHONE)[0].token("x", normaliser=1) for keys in all_keys}
        assert len(tokens) == 1
        purposes = await connections[0].fetch("SELECT purpose, count(*) AS n FROM key_version GROUP BY purpose")
        assert {row["n"] for row in purposes} == {1}
        with pytest.raises(WrongKey):
            await _keys(connections[0], FileProvider.create(tmp_path / "other"))
        for connection in connections:
            await connection.close()

    asyncio.run(run())


def test_a_reading_is_durable_before_it_returns_and_holds_no_clear_text(database: Database, tmp_path: Path) -> None:
    """log.md: pseudonym, salted digest of the note, MAC over every column; the note itself is sealed."""

    async def run() -> None:
        async with _log(database.application_url, tmp_path) as (writer, connection, keys):
            customer = await _customer(connection, keys)
            entry = Entry("contact:reveal", customer=customer, fields=("phones",), purpose="follow_up", note=CANARY)
            written = await writer.note(entry, actor=ACTOR, address="127.0.0.1", trace=uuid4())
            (row,) = await _rows(connection)
            assert row["id"] == written
            assert CANARY not in repr(row)
            assert customer.hex not in repr(row).replace("-", "")
            assert row["note_digest"] == hashlib.sha256(row["salt"] + CANARY.encode()).digest()
            columns = {name: str(row[name]) if name == "address" else row[name] for name in COLUMNS}
            key = keys.log_mac_key()
            assert row["mac_key"] == key.id
            assert row["mac"] == hmac.digest(key.material, mac_input(columns), "sha256")
            for changed in ("tag", "allowed", "node_seq", "count"):
                forged = columns | {changed: "x"}
                assert row["mac"] != hmac.digest(key.material, mac_input(forged), "sha256")
            assert (
                await connection.fetchval("SELECT customer_id FROM log_pseudonym WHERE value = $1", row["object"])
                == customer
            )
            sealed = Sealed(await connection.fetchval("SELECT sealed FROM access_note WHERE entry_id = $1", written))
            cipher = (await keys.ciphers_of([customer], lambda sql, args: connection.fetch(sql, *args)))[customer]
            assert cipher.open(sealed, Place(Table.ACCESS_NOTE, Column.NOTE, written, customer)) == CANARY.encode()

    asyncio.run(run())


def test_many_readings_at_once_are_few_commits_and_no_number_is_used_twice(database: Database, tmp_path: Path) -> None:
    """Group commit: 300 readers, far fewer transactions, one node sequence."""

    async def run() -> None:
        async with _log(database.application_url, tmp_path) as (writer, connection, _):
            entry = Entry("customer:list", count=50)
            await asyncio.gather(*(writer.note(entry, actor=ACTOR, address=None, trace=None) for _ in range(300)))
            rows = await _rows(connection)
            assert [row["node_seq"] for row in rows] == list(range(1, 301))
            assert len({row["xid"] for row in rows}) < 30

    asyncio.run(run())


def test_an_act_undone_leaves_no_entry_and_an_act_done_leaves_one(database: Database, tmp_path: Path) -> None:
    """One transaction: no change without its record, no record of a change undone."""

    async def act(writer: LogWriter, *, fails: bool) -> None:
        async with transaction() as tx:
            await writer.append(tx, Entry("claim:file"), actor=ACTOR, address=None, trace=None)
            if fails:
                raise RuntimeError

    async def run() -> None:
        url = database.application_url
        async with _log(url, tmp_path) as (writer, connection, _), connected(url):
            with pytest.raises(RuntimeError):
                await act(writer, fails=True)
            assert await _rows(connection) == []
            await act(writer, fails=False)
            assert [row["tag"] for row in await _rows(connection)] == ["claim:file"]

    asyncio.run(run())


def test_without_a_log_there_is_no_reading_and_it_heals_by_itself(database: Database, tmp_path: Path) -> None:
    """Unreachable: refused within the second; reachable again: written."""

    async def run() -> None:
        async with _log(database.application_url, tmp_path) as (writer, connection, _):
            reachable, writer._url = writer._url, writer._url.replace("?host=", "?host=/nowhere")
            began = time.monotonic()
            with pytest.raises(AuditUnavailable):
                await writer.note(Entry("contact:reveal"), actor=ACTOR, address=None, trace=None)
            assert time.monotonic() - began < audit.ACKNOWLEDGED_WITHIN + 1
            writer._url = reachable
            await writer.note(Entry("contact:reveal"), actor=ACTOR, address=None, trace=None)
            assert len(await _rows(connection)) == 1

    asyncio.run(run())


def test_a_flood_of_denials_is_summed_after_the_first_twenty(database: Database, tmp_path: Path) -> None:
    """A person, rule and minute; another person is not summed with them."""

    async def run() -> None:
        async with _log(database.application_url, tmp_path) as (writer, connection, _):
            denial = Entry("act:deny", rule="reveal_contact")
            other = replace(ACTOR, id=uuid4(), staff=uuid4())
            for _ in range(50):
                await writer.note_denial(denial, actor=ACTOR, address=None, trace=None, now=NOW)
            await writer.note_denial(denial, actor=other, address=None, trace=None, now=NOW.replace(minute=1))
            rows = await _rows(connection)
            assert sorted(row["count"] for row in rows if row["actor_id"] == ACTOR.staff) == [1] * 20 + [30]
            assert [row["count"] for row in rows if row["actor_id"] == other.staff] == [1]
            assert not any(row["allowed"] for row in rows)

    asyncio.run(run())
