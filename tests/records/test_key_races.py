"""Keys replaced under fire: two who write without pause, a rotator killed again and again, two who file one phone.

Each proof has its control, which must fail in the same harness. `scripts/soak` rotates, kills and files oftener.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from crypto.keyring import KeyState
from crypto.sealed import Place, Sealed
from records import identity, key_states
from records.columns import Column, Table
from records.connection import KeyMoved, transaction
from records.key_needs import needs_of
from records.keys import DATA, Index, with_keys
from records.moving import FULL_SPEED
from records.rotation import Rotator
from tests.records.keys_at_hand import file_forms, form, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from records.database import Database
    from records.forms import Form
    from records.keys import Keys

PROJECT = Path(__file__).parents[2]
ROTATIONS = int(os.environ.get("SOAK_ROTATIONS", "2"))
KILLS, AT_MOST = (13, 0.4) if "SOAK_ROTATIONS" in os.environ else (2, 0.1)
"""Kills a rotation at the least, and the seconds within which each comes."""
PAIRS = int(os.environ.get("SOAK_DUPLICATES", "40"))
"""Pairs of filings of one phone at one instant."""
BREATH = 0.5
"""Seconds between two rotations: keys that never stand still let nobody file at all."""
FILINGS = 300 if "SOAK_ROTATIONS" in os.environ else 24
"""Filings whose values are moved: so many that a rotation is not over before its kills are."""
DRAW = random.Random()  # noqa: S311 (instants, no secrets)


@dataclass(slots=True)
class Writers:
    """People who count up what stands on cards; `committed` is what they were told is kept."""

    keys: Keys
    filings: list[UUID]
    committed: dict[UUID, int] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self) -> None:
        """Count up one card after another until it is over."""
        while not self.over.is_set():
            filing = DRAW.choice(self.filings)

            async def count(tx: TransactionalDBClient, filing: UUID = filing) -> None:
                (row,) = await tx.execute_query_dict(
                    "SELECT customer_id, card FROM filing WHERE id = $1 FOR UPDATE", [filing]
                )
                customer = row["customer_id"]
                at = Place(Table.FILING, Column.CARD, filing, customer)
                found = await self.keys.ciphers_of([customer], tx.execute_query_dict, to_seal=True)
                number = int(found[customer].open(Sealed(bytes(row["card"])), at))
                sealed = bytes(found[customer].seal(str(number + 1).encode(), at))
                await tx.execute_query_dict("UPDATE filing SET card = $2 WHERE id = $1", [filing, sealed])

            await with_keys(self.keys, count)
            self.committed[filing] = self.committed.get(filing, 0) + 1
            await asyncio.sleep(0)

    async def begin(self) -> None:
        """Write zero on every card."""
        async with transaction() as tx:
            rows = await tx.execute_query_dict("SELECT id, customer_id FROM filing", [])
            ciphers = await self.keys.ciphers_of({row["customer_id"] for row in rows}, tx.execute_query_dict)
            for row in rows:
                at = Place(Table.FILING, Column.CARD, row["id"], row["customer_id"])
                sealed = bytes(ciphers[row["customer_id"]].seal(b"0", at))
                await tx.execute_query_dict("UPDATE filing SET card = $2 WHERE id = $1", [row["id"], sealed])

    async def lost(self) -> int:
        """Count what was said to be kept and is not there."""
        async with transaction() as tx:
            await self.keys.follow(tx.execute_query_dict)
            rows = await tx.execute_query_dict("SELECT id, customer_id, card FROM filing", [])
            ciphers = await self.keys.ciphers_of({row["customer_id"] for row in rows}, tx.execute_query_dict)
        lost = 0
        for row in rows:
            at = Place(Table.FILING, Column.CARD, row["id"], row["customer_id"])
            lost += self.committed.get(row["id"], 0) - int(
                ciphers[row["customer_id"]].open(Sealed(bytes(row["card"])), at)
            )
        return lost


@asynccontextmanager
async def writing(keys: Keys, filings: list[UUID]) -> AsyncIterator[Writers]:
    """Have two write for as long as the block lasts."""
    writers = Writers(keys, filings)
    await writers.begin()
    tasks = [asyncio.create_task(writers.write()) for _ in range(2)]
    try:
        yield writers
    finally:
        writers.over.set()
        await asyncio.gather(*tasks)


async def rotator(database: Database, path: Path, *words: str) -> asyncio.subprocess.Process:
    """Start a rotator in a process of its own."""
    command = [sys.executable, "-m", "tests.records.rotating", database.application_url, str(path), *words]
    return await asyncio.create_subprocess_exec(*command, cwd=PROJECT, stdout=asyncio.subprocess.PIPE)


async def killed_at_random(database: Database, path: Path) -> int:
    """Let rotators be killed at random instants, then one end; count the kills that came before the end."""
    killed = 0
    for _ in range(3 * KILLS):
        process = await rotator(database, path)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"rotating\n"
        try:
            await asyncio.wait_for(process.wait(), DRAW.uniform(0, AT_MOST))
        except TimeoutError:
            # It may have ended since.
            with suppress(ProcessLookupError):
                process.kill()
        killed += await process.wait() == -signal.SIGKILL
        if killed >= KILLS:
            break
    process = await rotator(database, path)
    assert await process.wait() == 0
    return killed


def test_no_update_is_lost_and_no_row_left_however_often_a_rotator_is_killed(
    database: Database, tmp_path: Path
) -> None:
    """Routine and compromise in turn, each with an index beside it; two write without pause."""

    async def rotate() -> None:
        path = tmp_path / "keys"
        async with opened(database, path) as keys:
            filings = await file_forms(keys, [form(number) for number in range(FILINGS)])
            for number in range(ROTATIONS):
                async with writing(keys, filings) as writers:
                    old, index = keys.primary(DATA), keys.primary(Index.PHONE.purpose)
                    await key_states.rotate(keys, Index.PHONE.purpose)
                    if number % 2:
                        await key_states.compromise(keys, old.id)
                    else:
                        await key_states.rotate(keys, DATA)
                    killed = await killed_at_random(database, path)
                    async with transaction() as tx:
                        assert await needs_of(tx.execute_query_dict, [old.id, index.id]) == []
                assert killed >= KILLS
                assert sum(writers.committed.values()) > FILINGS
                assert await writers.lost() == 0

    asyncio.run(rotate())


def test_a_rotator_that_does_not_compare_loses_updates(database: Database, tmp_path: Path) -> None:
    """The control: the same harness, the same writers, and a rotator that writes whatever it has read."""

    async def rotate() -> None:
        path = tmp_path / "keys"
        async with opened(database, path) as keys:
            filings = await file_forms(keys, [form(number) for number in range(FILINGS)])
            async with writing(keys, filings) as writers:
                process = await rotator(database, path, "naive")
                assert await process.wait() == 0
            assert await writers.lost() > 0

    asyncio.run(rotate())


async def _index_rotations(keys: Keys, over: asyncio.Event) -> int:
    """Replace the index's key again and again, the rows moved each time and the old key disabled."""
    rotations = 0
    while not over.is_set():
        old = keys.primary(Index.PHONE.purpose)
        await key_states.rotate(keys, Index.PHONE.purpose)
        await Rotator(keys, pace=FULL_SPEED, grace=0).run()
        async with transaction() as tx:
            await key_states.move(tx.execute_query_dict, keys, old.id, KeyState.DISABLED)
        rotations += 1
        await asyncio.sleep(BREATH)
    return rotations


async def _filed_at_last(keys: Keys, one: Form) -> list[UUID]:
    """File as a client does who is told to try again: here keys move faster than an act has tries."""
    while True:
        with suppress(KeyMoved):
            return await file_forms(keys, [one])


async def _missed(keys: Keys, pairs: int) -> int:
    """File one phone twice at one instant, again and again; count how often the two are two customers."""
    missed = 0
    for number in range(pairs):
        one = form(1_000 + number)
        filed = await asyncio.gather(_filed_at_last(keys, one), _filed_at_last(keys, one))
        async with transaction() as tx:
            rows = await tx.execute_query_dict(
                "SELECT DISTINCT c.root_id FROM filing f JOIN customer c ON c.id = f.customer_id WHERE f.id = ANY($1)",
                [[filing for two in filed for filing in two]],
            )
        missed += len(rows) > 1
    return missed


@pytest.mark.parametrize("is_rotating", [False, True])
def test_of_two_who_file_one_phone_at_one_instant_none_is_missed(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_rotating: bool
) -> None:
    """Whoever has looked waits a while before writing; the other waits for the lock meanwhile, also under two keys."""
    _let_looks_meet(monkeypatch)

    async def file() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            over = asyncio.Event()
            rotating = asyncio.create_task(_index_rotations(keys, over)) if is_rotating else None
            try:
                assert await _missed(keys, PAIRS) == 0
            finally:
                over.set()
            assert rotating is None or await rotating > 0

    asyncio.run(file())


def test_without_the_lock_most_are_missed(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: two look, neither sees the other, and one customer is two."""
    _let_looks_meet(monkeypatch)

    async def no_lock(*_: Any) -> None:
        """Lock nothing."""

    monkeypatch.setattr(identity, "lock_values", no_lock)

    async def file() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            assert await _missed(keys, 12) > 6

    asyncio.run(file())


def _let_looks_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold up whoever has looked for some milliseconds, so that two look before either writes, unless they wait."""
    look = identity.match

    async def match(*given: Any) -> Any:
        found = await look(*given)
        await asyncio.sleep(0.02)
        return found

    monkeypatch.setattr(identity, "match", match)
