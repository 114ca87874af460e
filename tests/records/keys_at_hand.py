"""What tests of keys stand on: connections of the application, keys, a customer and a filing sealed under them."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import asyncpg

from crypto.providers.file import FileProvider
from crypto.sealed import Place
from records.columns import Column, Table
from records.connection import credentials_of
from records.keys import INSERT_SUBJECT_KEY, Keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from records.database import Database

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


@asynccontextmanager
async def connections(database: Database, count: int = 1) -> AsyncIterator[list[asyncpg.Connection]]:
    """Connections of the application's role."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(count):
            connection = await asyncpg.connect(**credentials_of(database.application_url))
            stack.push_async_callback(connection.close)
            made.append(connection)
        yield made


async def move(connection: asyncpg.Connection, key: int, *states: str, at: datetime = NOW) -> None:
    """Move a key through states."""
    for state in states:
        await connection.execute("UPDATE key_version SET state = $2, state_at = $3 WHERE id = $1", key, state, at)


def fetched_by(connection: asyncpg.Connection) -> Any:
    """Fetch by a driver's connection as the book does by the ORM's."""
    return lambda statement, values: connection.fetch(statement, *values)


def file_provider(path: Path) -> FileProvider:
    """Open a key file, making it if there is none."""
    return FileProvider(path) if path.exists() else FileProvider.create(path)


async def loaded(connection: asyncpg.Connection, path: Path) -> Keys:
    """Open an installation's keys, making them if there are none."""
    provider = file_provider(path)
    keys = Keys(provider, lambda: NOW, os.urandom)
    async with connection.transaction():
        await keys.load(fetched_by(connection))
    return keys


async def add_customer(connection: asyncpg.Connection, keys: Keys) -> UUID:
    """Add a customer with a key."""
    customer = uuid4()
    await connection.execute("INSERT INTO customer (id, root_id, created_at) VALUES ($1, $1, $2)", customer, NOW)
    _, row = keys.make_subject_key(customer)
    await connection.execute(INSERT_SUBJECT_KEY, *row)
    return customer


async def add_filing(connection: asyncpg.Connection, keys: Keys, customer: UUID, *, staff: UUID | None = None) -> UUID:
    """Add a filing with a card."""
    filing = uuid4()
    if staff is None:
        staff = uuid4()
        await connection.execute(
            "INSERT INTO staff (id, number, name, role) VALUES ($1, $2, '龙敏', 'salesperson')", staff, str(staff)
        )
    cipher = (await keys.ciphers_of([customer], fetched_by(connection), to_seal=True))[customer]
    card = cipher.seal(b"{}", Place(Table.FILING, Column.CARD, filing, customer))
    await connection.execute(
        "INSERT INTO filing (id, customer_id, claimant_id, entered_by_id, type, channel, occurred_at, recorded_at, "
        "present, version, card) VALUES ($1, $2, $3, $3, 'customer', 'on_site', $4, $4, '{}', 1, $5)",
        filing, customer, staff, NOW, bytes(card),
    )  # fmt: skip
    return filing
