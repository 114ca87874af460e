"""What tests of keys stand on: connections of the application, keys, a customer and a filing sealed under them."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import asyncpg

from claims.facts import FactKind
from crypto.providers.file import FileProvider
from crypto.sealed import Place, Sealed
from records.canonical import parse_phones
from records.cards import read_card
from records.columns import Column, Table
from records.connection import connected, credentials_of, transaction
from records.facts import Addition
from records.forms import Form
from records.identity import place, write_at
from records.keys import INSERT_SUBJECT_KEY, Keys, with_keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from tortoise.backends.base.client import TransactionalDBClient

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


@asynccontextmanager
async def opened(database: Database, path: Path) -> AsyncIterator[Keys]:
    """The book's connection and its keys, as an office opens them."""
    async with connected(database.application_url):
        keys = Keys(file_provider(path), lambda: NOW, os.urandom)
        async with transaction() as tx:
            await keys.load(tx.execute_query_dict)
        yield keys


def form(number: int) -> Form:
    """A filing with a phone of its own and something in every field that is found or sealed."""
    texts = {"wechat": f"wx_{number:06}", "email": f"c{number}@example.com", "address": "杭州市", "building": "1 栋"}
    (phone,) = parse_phones(f"138{number:08}").phones
    return Form(f"客户{number}", (phone,), texts | {"need": "全屋定制"}, {"备注": "朋友介绍"}, {"intent": "high"})


async def file_forms(keys: Keys, forms: Sequence[Form]) -> list[UUID]:
    """File forms, each by an act of its own, as the book's acts do; give the filings."""
    async with transaction() as tx:
        staff = uuid4()
        await tx.execute_query_dict(
            "INSERT INTO staff (id, number, name, role) VALUES ($1, $2, '龙敏', 'salesperson')", [staff, str(staff)]
        )

    async def file(said: Form, tx: TransactionalDBClient) -> UUID:
        addition = Addition(keys, now=NOW, entropy=os.urandom)
        places = await place(tx.execute_query_dict, keys, addition, [said])
        (placed,) = places.placed
        filing = addition.add_filing(
            said, placed.customer, placed.cipher, claimant=staff, team=None, entered_by=staff, type="customer",
            channel="form", source=None, basis=None, occurred_at=NOW, tokens=placed.tokens,
        )  # fmt: skip
        fact = addition.add_fact(FactKind.FILE, placed.customer, at=NOW, by=staff, filing=filing)
        addition.seal(fact, placed.customer, placed.cipher, said.sealed_texts(), filing=filing)
        await write_at(tx, addition, places, by=staff)
        return filing

    return [await with_keys(keys, lambda tx, said=said: file(said, tx)) for said in forms]


async def read_back(keys: Keys) -> dict[UUID, tuple[str | None, dict[Column, bytes]]]:
    """Open everything that is sealed: the name on each filing's card, and its texts."""
    async with transaction() as tx:
        cards = await tx.execute_query_dict("SELECT id, customer_id, card FROM filing", [])
        values = await tx.execute_query_dict("SELECT id, customer_id, filing_id, field, sealed FROM sealed_value", [])
        ciphers = await keys.ciphers_of({row["customer_id"] for row in cards}, tx.execute_query_dict)
    found: dict[UUID, tuple[str | None, dict[Column, bytes]]] = {}
    for row in cards:
        at = Place(Table.FILING, Column.CARD, row["id"], row["customer_id"])
        card = read_card(ciphers[row["customer_id"]].open(Sealed(bytes(row["card"])), at))
        found[row["id"]] = (card.name, {})
    for row in values:
        at = Place(Table.SEALED_VALUE, row["field"], row["id"], row["customer_id"])
        text = ciphers[row["customer_id"]].open(Sealed(bytes(row["sealed"])), at)
        found[row["filing_id"]][1][Column(row["field"])] = text
    return found
