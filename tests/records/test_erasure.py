"""An erased customer opens nowhere: not here, not in a running process, not in a database restored from before."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from crypto.providers import ProviderUnavailable
from records import key_states
from records.connection import transaction
from records.erasure import Ledger, erase, replay
from records.identity import match
from records.keys import Index
from records.moving import FULL_SPEED
from records.rotation import Rotator
from records.tokens import tokens_of
from tests.records.keys_at_hand import NOW, file_forms, form, opened

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from records.database import Database
    from records.keys import Keys


async def customer_of(filing: UUID) -> UUID:
    """Whose filing it is."""
    async with transaction() as tx:
        return (await tx.execute_query_dict("SELECT customer_id FROM filing WHERE id = $1", [filing]))[0]["customer_id"]


async def found(keys: Keys, number: int) -> int:
    """How many customers are found by a form's identities."""
    async with transaction() as tx:
        await keys.follow(tx.execute_query_dict)
        return len((await match(tx.execute_query_dict, tokens_of(keys, form(number).identities()))).get(0, []))


async def openable(keys: Keys, customer: UUID) -> bool:
    """Whether a customer has a key that opens."""
    async with transaction() as tx:
        return bool(await keys.ciphers_of([customer], tx.execute_query_dict))


def test_an_erased_customer_opens_nowhere_and_is_found_no_more(database: Database, tmp_path: Path) -> None:
    """Keys, index rows, pseudonyms and notes are gone; who had the key open forgets it; others are as before."""

    async def run() -> None:
        path, ledger = tmp_path / "keys", Ledger(tmp_path / "erasures.jsonl")
        async with opened(database, path) as keys:
            first, second = await file_forms(keys, [form(1), form(2)])
            customer, other = await customer_of(first), await customer_of(second)
            async with transaction() as tx:
                assert await erase(tx.execute_query_dict, ledger, customer, now=NOW) == [customer]
            assert (await found(keys, 1), await found(keys, 2)) == (0, 1)
            assert (await openable(keys, customer), await openable(keys, other)) == (False, True)
            assert list(ledger.read()) == [customer]
            assert ledger.path.stat().st_mode & 0o777 == 0o600
            assert b"138" not in ledger.path.read_bytes()
            async with transaction() as tx:
                rows = await tx.execute_query_dict("SELECT count(*) AS n FROM filing", [])
                assert rows[0]["n"] == 2
            # The same person filed again is another customer.
            (again,) = await file_forms(keys, [form(1)])
            assert await customer_of(again) != customer

    asyncio.run(run())


def test_a_database_restored_from_before_an_erasure_is_erased_again(database: Database, tmp_path: Path) -> None:
    """What stands in the ledger holds; what the database knows and the ledger does not is added to it."""

    async def run() -> None:
        ledger = Ledger(tmp_path / "erasures.jsonl")
        async with opened(database, tmp_path / "keys") as keys:
            filings = await file_forms(keys, [form(1), form(2), form(3)])
            customers = [await customer_of(filing) for filing in filings]
            # Killed after the ledger, before the commit; or the database is older than the ledger: the same.
            ledger.add(customers[:1], NOW)
            assert await openable(keys, customers[0])
            assert await replay(ledger) == 1
            assert not await openable(keys, customers[0])
            assert await replay(ledger) == 0
            async with transaction() as tx:
                await erase(tx.execute_query_dict, Ledger(tmp_path / "lost"), customers[1], now=NOW)
            assert await replay(ledger) == 0
            assert set(ledger.read()) == set(customers[:2])
            assert await openable(keys, customers[2])

    asyncio.run(run())


def test_a_ledger_cut_off_in_the_middle_of_a_line_is_mended_and_a_damaged_one_refused(tmp_path: Path) -> None:
    """A kill costs the last line, whose act was not done; a lost line would bring somebody back."""
    ledger = Ledger(tmp_path / "erasures.jsonl")
    first, second, third = uuid4(), uuid4(), uuid4()
    ledger.add([first, second], NOW)
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole[:-10])
    ledger.add([third], NOW)
    assert set(ledger.read()) == {first, third}
    ledger.path.write_bytes(whole.replace(b"customer", b"costumer", 1))
    with pytest.raises(ProviderUnavailable, match="line 1"):
        ledger.read()
    assert Ledger(tmp_path / "nowhere").read() == {}


def test_a_rotation_brings_nobody_back(database: Database, tmp_path: Path) -> None:
    """Erased while keys are being replaced: the compare-and-set finds nothing to write, and no index row comes back."""

    async def run() -> None:
        ledger = Ledger(tmp_path / "erasures.jsonl")
        async with opened(database, tmp_path / "keys") as keys:
            filings = await file_forms(keys, [form(number) for number in range(12)])
            customers = [await customer_of(filing) for filing in filings]
            await key_states.rotate(keys, "data")
            await key_states.rotate(keys, Index.PHONE.purpose)

            async def erase_half() -> None:
                for customer in customers[::2]:
                    async with transaction() as tx:
                        await erase(tx.execute_query_dict, ledger, customer, now=NOW)
                    await asyncio.sleep(0)

            await asyncio.gather(erase_half(), Rotator(keys, pace=FULL_SPEED, grace=0).run())
            assert [await openable(keys, customer) for customer in customers] == [False, True] * 6
            assert [await found(keys, number) for number in range(12)] == [0, 1] * 6

    asyncio.run(run())
