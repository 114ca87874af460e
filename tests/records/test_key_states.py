"""The database refuses: a key that goes backwards, a write under a retired one, destroying one that a row needs."""

from __future__ import annotations

import asyncio
import itertools
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from crypto.keyring import SUCCESSORS, Key, KeyState, wrap_subject_key
from crypto.sealed import Place, Sealed
from records.columns import Column, Table
from records.connection import KEY_REFUSED
from records.keys import DATA, INSERT_SUBJECT_KEY, Index
from tests.records.keys_at_hand import NOW, add_customer, add_filing, connections, fetched_by, loaded, move

if TYPE_CHECKING:
    from pathlib import Path

    from records.database import Database
    from records.keys import Keys

INSERT_VERSION = (
    "INSERT INTO key_version (id, purpose, version, state, suite, created_at, state_at) "
    "VALUES ($1, $2, $1, $3, 1, $4, $4)"
)
UPDATE_CARD = "UPDATE filing SET card = $2 WHERE id = $1"
INSERT_VALUE = "INSERT INTO sealed_value (id, customer_id, fact_id, field, sealed) VALUES ($1, $2, $3, $4, $5)"
INSERT_DIARY = "INSERT INTO diary_entry (id, staff_id, day, number, fact_id, body) VALUES ($1, $2, $3, $4, $5, $6)"
INSERT_REPORT = (
    "INSERT INTO weekly_report (id, staff_id, week, number, fact_id, visits, customers, signings, body) "
    "VALUES ($1, $2, $3, $4, $5, 0, 0, 0, $6)"
)
INSERT_NOTE = "INSERT INTO access_note (entry_id, customer_id, sealed) VALUES ($1, $2, $3)"
INSERT_TOKEN = (
    "INSERT INTO blind_index (index, key_id, normaliser, token, customer_id, filing_id) VALUES (1, $1, 1, $2, $3, $4)"
)
INSERT_ROW = "INSERT INTO register_row (fingerprint, key_id, register_import_id, filing_id) VALUES ($1, $2, $3, $4)"
INSERT_PSEUDONYM = "INSERT INTO log_pseudonym (value, key_id, customer_id) VALUES ($1, $2, $3)"
INSERT_ENTRY = (
    "INSERT INTO access_log (id, at, node, node_seq, tag, allowed, rule, policy_edition, encoding, salt, mac_key, mac) "
    "VALUES ($1, now(), $1, 1, 'a:b', true, 'r', 'p', 1, $2, $3, $4)"
)
ASK = (
    "INSERT INTO key_act (id, kind, subject, key_id, requested_by_id, requested_at, alone) "
    "VALUES ($1, 'destroy', 'data', $2, $3, $4, false)"
)


def test_a_key_moves_as_the_ring_says_and_no_other_way(database: Database) -> None:
    """Every pair of states; the end needs the bytes gone and two people's consent (below)."""

    async def attempt() -> None:
        async with connections(database) as (connection,):
            for number, (before, after) in enumerate(itertools.product(KeyState, KeyState), start=1):
                await connection.execute(INSERT_VERSION, number, f"test.{number}", before, NOW)
                if before is after:
                    continue
                if after in SUCCESSORS[before] - {KeyState.DESTROYED}:
                    await move(connection, number, after)
                else:
                    with pytest.raises(asyncpg.RestrictViolationError):
                        await move(connection, number, after)

    asyncio.run(attempt())


def test_a_compromised_key_stays_compromised_and_a_disabled_one_returns_within_seven_days(database: Database) -> None:
    """Disabling hides no compromise; after the seven days a key that nothing needs is on its way out."""

    async def attempt() -> None:
        async with connections(database) as (connection,):
            for number in (1, 2, 3):
                await connection.execute(INSERT_VERSION, number, f"test.{number}", "primary", NOW)
            await move(connection, 1, "compromised", "disabled")
            with pytest.raises(asyncpg.RestrictViolationError):
                await move(connection, 1, "decrypt_only")
            await move(connection, 1, "compromised")
            for number, later, returns in ((2, timedelta(days=7), True), (3, timedelta(days=7, seconds=1), False)):
                await move(connection, number, "decrypt_only", "disabled")
                if returns:
                    await move(connection, number, "decrypt_only", at=NOW + later)
                else:
                    with pytest.raises(asyncpg.RestrictViolationError, match="more than 7 days"):
                        await move(connection, number, "decrypt_only", at=NOW + later)

    asyncio.run(attempt())


def test_a_clock_that_jumped_back_moves_no_instant_back(database: Database) -> None:
    """The state changes all the same: a wrong clock must not keep a compromised key in use."""

    async def attempt() -> None:
        async with connections(database) as (connection,):
            await connection.execute(INSERT_VERSION, 1, "test", "primary", NOW)
            await move(connection, 1, "compromised", at=NOW - timedelta(days=400))
            row = await connection.fetchrow("SELECT state, state_at, compromised_at FROM key_version")
            assert tuple(row) == ("compromised", NOW, NOW)

    asyncio.run(attempt())


def test_a_keys_identity_never_changes_and_no_version_is_forgotten(database: Database) -> None:
    """Nor are there two primaries of a purpose."""

    async def attempt() -> None:
        async with connections(database) as (connection,):
            await connection.execute(INSERT_VERSION, 1, "test", "primary", NOW)
            for change in ("id = 7", "purpose = 'other'", "version = 9", "suite = 2", "created_at = now()"):
                with pytest.raises(asyncpg.RestrictViolationError):
                    await connection.execute(f"UPDATE key_version SET {change}")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("DELETE FROM key_version")
            with pytest.raises(asyncpg.UniqueViolationError):
                await connection.execute(INSERT_VERSION, 2, "test", "primary", NOW)

    asyncio.run(attempt())


def test_nothing_is_written_under_a_compromised_key(database: Database, tmp_path: Path) -> None:
    """Subject keys, seals of all tables, tokens, pseudonyms, log entries: each refused, and each taken before."""

    async def attempt() -> None:
        async with connections(database) as (connection,):
            keys = await loaded(connection, tmp_path / "keys")
            customer = await add_customer(connection, keys)
            filing = await add_filing(connection, keys, customer)
            cipher = (await keys.ciphers_of([customer], fetched_by(connection)))[customer]
            fact = uuid4()
            await connection.execute(
                "INSERT INTO fact (id, kind, happened_at, recorded_at, details) VALUES ($1, 'visit', $2, $2, '{}')",
                fact, NOW,
            )  # fmt: skip
            staff = await connection.fetchval("SELECT claimant_id FROM filing WHERE id = $1", filing)
            own = await keys.cipher_of_person(staff, fetched_by(connection))
            data_key = keys.data_key(keys.primary(DATA).id)
            phone = keys.index_keys(Index.PHONE)[0]
            row = keys.index_keys(Index.REGISTER_ROW)[0]
            await connection.execute(
                "INSERT INTO register_import (id, file_digest, started_at) VALUES ($1, $2, $3)", fact, bytes(32), NOW
            )

            def sealed(table: int, column: int, of: UUID) -> bytes:
                return bytes(cipher.seal(b"x", Place(table, column, of, customer)))

            async def said(table: Table, column: Column, number: int) -> tuple[Any, ...]:
                row, told = uuid4(), uuid4()
                await connection.execute(
                    "INSERT INTO fact (id, kind, happened_at, recorded_at, details) VALUES ($1, 'said', $2, $2, '{}')",
                    told, NOW,
                )  # fmt: skip
                return row, staff, NOW.date(), number, told, bytes(own.seal(b"{}", Place(table, column, row, staff)))

            async def writes(field: int) -> dict[str, tuple[str, tuple[Any, ...]]]:
                stranger, value, note = uuid4(), uuid4(), uuid4()
                await connection.execute(
                    "INSERT INTO customer (id, root_id, created_at) VALUES ($1, $1, $2)", stranger, NOW
                )
                wrapped = wrap_subject_key(data_key, 1, stranger, 1, os.urandom(32), nonce=os.urandom(12))
                seal, log = sealed(Table.SEALED_VALUE, Column.NAME, value), keys.log_mac_key().id
                return {
                    "subject key": (INSERT_SUBJECT_KEY, (uuid4(), stranger, 1, wrapped, NOW)),
                    "card": (UPDATE_CARD, (filing, sealed(Table.FILING, Column.CARD, filing))),
                    "value": (INSERT_VALUE, (value, customer, fact, field, seal)),
                    "note": (INSERT_NOTE, (note, customer, sealed(Table.ACCESS_NOTE, Column.NOTE, note))),
                    "diary": (INSERT_DIARY, await said(Table.DIARY_ENTRY, Column.DIARY, field)),
                    "report": (INSERT_REPORT, await said(Table.WEEKLY_REPORT, Column.REPORT, field)),
                    "token": (INSERT_TOKEN, (phone.id, os.urandom(32), customer, filing)),
                    "fingerprint": (INSERT_ROW, (os.urandom(32), row.id, fact, filing)),
                    "pseudonym": (INSERT_PSEUDONYM, (os.urandom(32), keys.pseudonym_key(NOW.year).id, customer)),
                    "entry": (INSERT_ENTRY, (uuid4(), bytes(16), log, bytes(32))),
                }

            for statement, values in (await writes(2)).values():
                await connection.execute(statement, *values)
            await connection.execute("UPDATE key_version SET state = 'compromised'")
            for name, (statement, values) in (await writes(3)).items():
                with pytest.raises(asyncpg.PostgresError) as refused:
                    await connection.execute(statement, *values)
                assert (name, refused.value.sqlstate) == (name, KEY_REFUSED)
            # What touches no ciphertext goes on.
            await connection.execute("UPDATE filing SET version = version + 1")

    asyncio.run(attempt())


def test_a_compromise_takes_effect_at_once_and_disabling_waits_for_writers(database: Database, tmp_path: Path) -> None:
    """A writer in flight neither holds up the compromise nor slips past the disabling."""

    async def attempt() -> None:
        async with connections(database, 3) as (writer, custodian, other):
            keys = await loaded(custodian, tmp_path / "keys")
            key = keys.primary(DATA).id
            transaction = writer.transaction()
            await transaction.start()
            await add_customer(writer, keys)
            await asyncio.wait_for(move(custodian, key, "compromised"), 5)
            with pytest.raises(asyncpg.PostgresError, match="nothing is written under it"):
                await add_customer(other, keys)
            disabling = asyncio.create_task(move(custodian, key, "disabled"))
            done, _ = await asyncio.wait([disabling], timeout=0.5)
            assert not done, "the writer's row is not committed yet: nobody may say that the key is out of use"
            await transaction.commit()
            await asyncio.wait_for(disabling, 5)
            assert await custodian.fetchval("SELECT key_is_needed($1)", key)

    asyncio.run(attempt())


def test_a_key_is_destroyed_when_it_is_disabled_needed_by_nothing_and_two_people_agree(
    database: Database, tmp_path: Path
) -> None:
    """Bytes of a key in use, of one that a row needs, a state without consent: each refused by the database."""

    async def attempt() -> None:
        async with connections(database) as (connection,):
            keys = await loaded(connection, tmp_path / "keys")
            key = keys.primary(DATA).id
            people = [uuid4(), uuid4()]
            for number, person in enumerate(people):
                await connection.execute(
                    "INSERT INTO staff (id, number, name, role) VALUES ($1, $2, '龙敏', 'key_custodian')",
                    person, str(number),
                )  # fmt: skip
            customer = await add_customer(connection, keys)
            delete, end = "DELETE FROM key_material WHERE id = $1", "UPDATE key_version SET state = 'destroyed'"
            with pytest.raises(asyncpg.RestrictViolationError, match="only a disabled key"):
                await connection.execute(delete, key)
            await move(connection, key, "decrypt_only", "disabled")
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                await connection.execute(delete, key)
            await connection.execute(
                "UPDATE subject_key SET wrapped = NULL, destroyed_at = $2 WHERE customer_id = $1", customer, NOW
            )
            with pytest.raises(asyncpg.RestrictViolationError, match="still there"):
                await connection.execute(f"{end} WHERE id = $1", key)

            async def destroy() -> None:
                async with connection.transaction():
                    await connection.execute(delete, key)
                    await connection.execute(f"{end} WHERE id = $1", key)

            with pytest.raises(asyncpg.RestrictViolationError, match="nobody agreed"):
                await destroy()
            request = uuid4()
            await connection.execute(ASK, request, key, people[0], NOW)
            agree = "UPDATE key_act SET approved_by_id = $2, approved_at = $3 WHERE id = $1"
            for person, late in ((people[0], 1), (people[1], 25), (people[1], -1)):
                with pytest.raises(asyncpg.CheckViolationError):
                    await connection.execute(agree, request, person, NOW + timedelta(hours=late))
            await connection.execute(agree, request, people[1], NOW + timedelta(hours=24))
            await destroy()
            assert await connection.fetchval("SELECT state FROM key_version WHERE id = $1", key) == "destroyed"

    asyncio.run(attempt())


def test_a_running_process_follows_what_another_one_did(database: Database, tmp_path: Path) -> None:
    """A new primary, a compromise and a disabled key are noticed by the next use, with one small query."""

    async def attempt() -> None:
        async with connections(database, 2) as (here, there):
            mine, theirs = await loaded(here, tmp_path / "keys"), await loaded(there, tmp_path / "keys")
            old = theirs.primary(DATA)
            customer = await add_customer(here, mine)
            filing = await add_filing(here, mine, customer)
            async with there.transaction():
                await move(there, old.id, "compromised")
                made = await theirs.make(DATA, KeyState.PRIMARY, fetched_by(there))
            assert mine.primary(DATA).id == old.id
            renewed = (await mine.ciphers_of([customer], fetched_by(here), to_seal=True))[customer]
            assert (mine.primary(DATA).id, renewed.generation) == (made.id, 2)
            card = await here.fetchval("SELECT card FROM filing")
            assert renewed.open(Sealed(bytes(card)), Place(Table.FILING, Column.CARD, filing, customer)) == b"{}"
            await add_filing(here, mine, customer)
            await here.execute("UPDATE subject_key SET wrapped = NULL, destroyed_at = $1 WHERE generation = 1", NOW)
            assert (await mine.ciphers_of([customer], fetched_by(here)))[customer].generation == 2

    asyncio.run(attempt())


def test_a_customers_key_is_renewed_once_however_many_ask(database: Database, tmp_path: Path) -> None:
    """Two acts at once on a customer whose key is compromised agree on the new generation."""

    async def attempt() -> None:
        async with connections(database, 3) as (first, second, custodian):
            keys = [await loaded(connection, tmp_path / "keys") for connection in (first, second)]
            customer = await add_customer(first, keys[0])
            async with custodian.transaction():
                await move(custodian, keys[0].primary(DATA).id, "compromised")
                await keys[0].make(DATA, KeyState.PRIMARY, fetched_by(custodian))

            async def act(connection: asyncpg.Connection, mine: Keys) -> None:
                async with connection.transaction():
                    await add_filing(connection, mine, customer)
                    await asyncio.sleep(0.05)

            await asyncio.gather(act(first, keys[0]), act(second, keys[1]))
            assert await first.fetchval("SELECT count(*) FROM subject_key WHERE customer_id = $1", customer) == 2
            assert await first.fetchval("SELECT count(*) FROM filing WHERE generation = 2") == 2

    asyncio.run(attempt())


def test_the_ring_takes_a_wrapped_key_for_what_its_bytes_say(tmp_path: Path) -> None:
    """The control of all the above: the database reads the key out of the bytes, not out of a column."""
    wrapped = wrap_subject_key(Key(77, bytes(32)), 1, uuid4(), 1, bytes(32), nonce=bytes(12))
    assert int.from_bytes(wrapped[3:7]) == 77
