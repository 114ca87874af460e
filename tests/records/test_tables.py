"""What the database itself refuses, whoever asks: changed facts, keys taken from under rows, two holders at once."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tortoise.models import Model

from crypto.envelope import SubjectCipher
from crypto.keyring import Key, wrap_subject_key
from crypto.sealed import Confidential, Place, Sealed
from records.columns import Column, SealedField, Table
from records.connection import connected, credentials_of, differences, migrate
from records.database import OWNER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from records.database import Database

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)


def run(url: str, work: Callable[[asyncpg.Connection], Awaitable[Any]]) -> Any:
    """Do something on one connection."""

    async def connect() -> Any:
        connection = await asyncpg.connect(**credentials_of(url))
        try:
            return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(connect())


@asynccontextmanager
async def rolled_back(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Leave nothing of what is done."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


async def _seed(connection: asyncpg.Connection) -> dict[str, UUID]:
    """One customer with keys, one filing with its card, one fact with a sealed value."""
    ids = {name: uuid4() for name in ("team", "staff", "customer", "filing", "fact", "value")}
    await connection.execute("INSERT INTO team (id, name) VALUES ($1, '红队')", ids["team"])
    await connection.execute(
        "INSERT INTO staff (id, number, name, role) VALUES ($1, 'S001', '龙敏', 'salesperson')", ids["staff"]
    )
    for key in (1, 2):
        await connection.execute(
            "INSERT INTO key_version (id, purpose, version, state, suite, created_at, state_at) "
            "VALUES ($1, 'data', $1, 'primary', 1, $2, $2)",
            key,
            NOW,
        )
        await connection.execute("INSERT INTO key_material (id, wrapped) VALUES ($1, $2)", key, bytes(60))
    customer = ids["customer"]
    await connection.execute("INSERT INTO customer (id, root_id, created_at) VALUES ($1, $1, $2)", customer, NOW)
    wrapped = wrap_subject_key(Key(1, bytes(32)), 1, customer, 1, bytes(32), nonce=bytes(12))
    await connection.execute(
        "INSERT INTO subject_key (id, customer_id, generation, wrapped, created_at) VALUES ($1, $2, 1, $3, $4)",
        uuid4(),
        customer,
        wrapped,
        NOW,
    )
    cipher = SubjectCipher(bytes(32), customer, 1)
    card = cipher.seal(b"{}", Place(Table.FILING, Column.CARD, ids["filing"], customer))
    await connection.execute(
        "INSERT INTO filing (id, customer_id, claimant_id, team_id, entered_by_id, type, channel, occurred_at, "
        "recorded_at, present, version, card) VALUES ($1, $2, $3, $4, $3, 'customer', 'on_site', $5, $5, '{}', 1, $6)",
        ids["filing"],
        customer,
        ids["staff"],
        ids["team"],
        NOW,
        bytes(card),
    )
    await connection.execute(
        "INSERT INTO fact (id, kind, happened_at, recorded_at, by_id, customer_id, filing_id, details) "
        "VALUES ($1, 'file', $2, $2, $3, $4, $5, '{}')",
        ids["fact"],
        NOW,
        ids["staff"],
        customer,
        ids["filing"],
    )
    value = cipher.seal(b"x", Place(Table.SEALED_VALUE, Column.NAME, ids["value"], customer))
    await connection.execute(
        "INSERT INTO sealed_value (id, customer_id, fact_id, filing_id, field, sealed) VALUES ($1, $2, $3, $4, 2, $5)",
        ids["value"],
        customer,
        ids["fact"],
        ids["filing"],
        bytes(value),
    )
    return ids


def test_the_models_say_nothing_that_the_migrations_do_not() -> None:
    """And a second migration of the same database changes nothing (see the fixture)."""
    assert asyncio.run(differences()) == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    """The newest layout is reached once."""
    asyncio.run(migrate(database.migrator_url))


@pytest.mark.parametrize("statement", ["UPDATE fact SET kind = 'visit'", "DELETE FROM fact", "TRUNCATE fact CASCADE"])
def test_a_fact_is_never_changed_by_anybody(database: Database, statement: str) -> None:
    """The application has no right to; the migrator, acting as the owner, meets the trigger."""

    async def attempt(connection: asyncpg.Connection) -> None:
        await _seed(connection)
        await connection.execute("SET ROLE baobei_owner")
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(statement)

    async def attempt_as_application(connection: asyncpg.Connection) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)

    run(database.migrator_url, attempt)
    run(database.application_url, attempt_as_application)


LOG_ROW = (
    "INSERT INTO access_log (id, at, node, node_seq, tag, allowed, rule, policy_edition, encoding, salt, mac_key, mac) "
    "VALUES (gen_random_uuid(), now(), gen_random_uuid(), 1, 'contact:reveal', true, 'r', 'p', 1, "
    "decode(repeat('00', 16), 'hex'), 1, decode(repeat('00', 32), 'hex'))"
)


def test_the_access_log_takes_entries_and_gives_none_back(database: Database) -> None:
    """INSERT and SELECT alone for the application, also on a month's own partition; triggers for the owner."""

    async def as_application(connection: asyncpg.Connection) -> None:
        await connection.execute(LOG_ROW)
        assert await connection.fetchval("SELECT count(*) FROM access_log") == 1
        month = await connection.fetchval("SELECT tableoid::regclass::text FROM access_log")
        for table in ("access_log", month):
            for statement in (f"UPDATE {table} SET rule = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        await connection.execute("SELECT ensure_access_log_months('2027-11-15', 3)")
        await connection.execute(LOG_ROW.replace("now()", "'2028-01-31 23:59:59+00'"))

    async def as_owner(connection: asyncpg.Connection) -> None:
        await connection.execute("SET ROLE baobei_owner")
        month = await connection.fetchval("SELECT tableoid::regclass::text FROM access_log LIMIT 1")
        for table in ("access_log", month):
            for statement in (f"UPDATE {table} SET rule = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
                with pytest.raises(asyncpg.RestrictViolationError):
                    await connection.execute(statement)

    run(database.application_url, as_application)
    run(database.migrator_url, as_owner)


def test_a_data_key_that_a_row_needs_cannot_be_destroyed(database: Database) -> None:
    """The key's number is read out of the wrapped bytes; a key that nothing needs goes (the control)."""

    async def attempt(connection: asyncpg.Connection) -> None:
        await _seed(connection)
        assert await connection.fetchval("SELECT dek_id FROM subject_key") == 1
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute("DELETE FROM key_material WHERE id = 1")
        await connection.execute("DELETE FROM key_material WHERE id = 2")

    run(database.application_url, attempt)


def test_a_sealed_value_needs_the_subject_key_that_opens_it(database: Database) -> None:
    """A generation that the customer has not, a subject key deleted under its values, clear bytes: each refused."""

    async def attempt(connection: asyncpg.Connection) -> None:
        ids = await _seed(connection)
        other = SubjectCipher(bytes(32), ids["customer"], 2)
        wrong = other.seal(b"x", Place(Table.SEALED_VALUE, Column.NAME, ids["value"], ids["customer"]))
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute("UPDATE sealed_value SET sealed = $1", bytes(wrong))
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute("DELETE FROM subject_key")
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute("UPDATE sealed_value SET sealed = $1", b"\x00\x01\x00\x01" + b"13812345678" * 8)

    run(database.application_url, attempt)


def test_at_an_instant_one_holds(database: Database) -> None:
    """Overlapping holdings are refused; adjoining ones are not (the control)."""
    insert = (
        "INSERT INTO holding (id, customer_id, from_at, until_at, clauses, edition) "
        "VALUES (gen_random_uuid(), $1, $2, $3, '{A3}', 'onsite')"
    )

    async def attempt(connection: asyncpg.Connection) -> None:
        customer = (await _seed(connection))["customer"]
        noon, evening = NOW.replace(hour=12), NOW.replace(hour=20)
        await connection.execute(insert, customer, NOW, noon)
        await connection.execute(insert, customer, noon, None)
        with pytest.raises(asyncpg.ExclusionViolationError):
            await connection.execute(insert, customer, evening, None)

    run(database.application_url, attempt)


def test_a_sealed_column_takes_no_clear_text() -> None:
    """The type refuses it before the database would."""
    field = SealedField()
    for clear in ("13812345678", b"13812345678", Confidential("13812345678")):
        with pytest.raises(TypeError):
            field.to_db_value(clear, None)
    sealed = SubjectCipher(bytes(32), UUID(int=0), 1).seal(b"x", Place(1, 1, UUID(int=0), UUID(int=0)))
    assert field.to_python_value(field.to_db_value(sealed, None)) == sealed
    assert isinstance(field.to_python_value(bytes(sealed)), Sealed)


def test_the_orm_reads_what_sql_wrote(database: Database) -> None:
    """A filing's card comes back as a sealed value that opens at its place."""

    async def read() -> None:
        from records.tables import Filing  # noqa: PLC0415 (models bind to a context)

        connection = await asyncpg.connect(**credentials_of(database.application_url))
        ids = await _seed(connection)
        await connection.close()
        async with connected(database.application_url):
            filing = await Filing.get(id=ids["filing"])
            place = Place(Table.FILING, Column.CARD, filing.id, ids["customer"])
            assert SubjectCipher(bytes(32), ids["customer"], 1).open(filing.card, place) == b"{}"

    asyncio.run(read())


def test_every_check_that_a_model_names_stands_in_the_database(database: Database) -> None:
    """Making a table does not bring its checks along: a migration adds each, and it says what the model says."""
    from records import tables  # noqa: PLC0415 (models bind to a context)

    models = [one for one in vars(tables).values() if isinstance(one, type) and issubclass(one, Model)]
    metas = [meta for meta in (getattr(model, "Meta", None) for model in models) if hasattr(meta, "table")]
    named = [(meta.table, check.name, check.check) for meta in metas for check in getattr(meta, "constraints", ())]
    told = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conname = $1"

    async def attempt(connection: asyncpg.Connection) -> None:
        await connection.execute(f"SET ROLE {OWNER}")
        for table, name, check in named:
            async with rolled_back(connection):
                await connection.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT as_the_model_says CHECK ({check})')
                said = await connection.fetchval(told, "as_the_model_says")
                assert await connection.fetchval(told, name) == said, f"{table}: {name}"

    assert len(named) > 20
    run(database.migrator_url, attempt)


def test_a_check_refuses_what_no_model_would_write(database: Database) -> None:
    """SQL that goes past the models meets them too."""

    async def attempt(connection: asyncpg.Connection) -> None:
        ids = await _seed(connection)
        for statement in (
            "UPDATE filing SET channel = 'carrier_pigeon' WHERE id = $1",
            "UPDATE filing SET version = 0 WHERE id = $1",
        ):
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.execute(statement, ids["filing"])
        assert await connection.execute("UPDATE filing SET version = 2 WHERE id = $1", ids["filing"]) == "UPDATE 1"

    run(database.application_url, attempt)
