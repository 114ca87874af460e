"""A rotation's work, from whatever it is until nothing is left: by anybody, at any time, as often as one likes.

- What is left is asked of the rows; so it goes on after a kill, and two at it at once do no harm.
- In this order: subject keys renewed or wrapped anew, sealed values, index rows; last the old subject keys, some
  seconds after their last value: whoever read one just before can still open it.
- Done is only when writers who found the old key fit to write under have ended, and nothing is left then.
- Rows that do not open do not hold up the rest; they stay under their key, and are listed.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from crypto.keyring import KeyState
from records.audit import Entry
from records.connection import patient, transaction
from records.key_needs import Need, moves, needs_of
from records.key_states import wait_for_writers
from records.keys import DATA, Index, with_keys
from records.moving import Pace, move_all
from records.reindexing import newest_normalisers, reindex_batch
from records.resealing import change_suite_batch, drop_batch, renew_batch, reseal_batch
from records.rewrapping import rewrap_batch
from records.sealed_columns import SEALED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tortoise.backends.base.client import TransactionalDBClient

    from records.audit import LogWriter
    from records.connection import Fetch
    from records.keys import Keys
    from records.moving import Batch, Unopened

GRACE: Final = 5.0
"""Seconds for which an old subject key outlives the last value under it: no request takes longer."""
ROUNDS_WITHOUT_PROGRESS: Final = 3
_OTHER_SUITE: Final = """
SELECT count(*) AS rows FROM {table} t JOIN subject_key s ON {opened} AND s.wrapped IS NOT NULL
WHERE get_byte(t.{column}, 1) <> $1
"""
_OTHER_NORMALISER: Final = """
SELECT key_id AS key, index, count(*) AS rows FROM blind_index WHERE normaliser <> ($1::smallint[])[index] GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rotation is: rows moved and left, rows a second, and seconds to go (None: nobody can tell yet)."""

    at: str
    done: int
    left: int
    rate: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rotation's work came to: rows moved, what is left under which key, and the rows that do not open."""

    moved: int
    left: tuple[Need, ...]
    unopened: tuple[Unopened, ...]
    seconds: float


def old_keys(keys: Keys) -> list[int]:
    """Give every key whose rows are to be moved to its successor."""
    return [
        version.id
        for purpose in keys.purposes()
        if moves(purpose)
        for version in keys.versions(purpose)
        if version.state in {KeyState.DECRYPT_ONLY, KeyState.COMPROMISED}
    ]


async def work_left(fetch: Fetch, keys: Keys) -> list[Need]:
    """Count the rows that are to be moved, by the key that they still need, table and column.

    A key that is only replaced asks for the subject keys alone; one that somebody may know for all that these seal.
    """
    await keys.follow(fetch)
    replaced = {one.id for one in keys.versions(DATA) if one.state is KeyState.DECRYPT_ONLY}
    left = [
        need
        for need in await needs_of(fetch, old_keys(keys))
        if need.key not in replaced or need.table == "subject_key"
    ]
    primary = keys.primary(DATA)
    for sealed in SEALED:
        statement = _OTHER_SUITE.format(table=sealed.name, column=sealed.column, opened=sealed.opened_by("s"))
        (row,) = await fetch(statement, [primary.suite])
        if row["rows"]:
            left.append(Need(primary.id, sealed.name, f"{sealed.column} (suite)", row["rows"]))
    rows = await fetch(_OTHER_NORMALISER, [newest_normalisers()])
    left += [
        Need(row["key"], "blind_index", f"{Index(row['index']).name.lower()} (normaliser)", row["rows"]) for row in rows
    ]
    return left


async def move_rows(
    keys: Keys, log: LogWriter, *, pace: Pace, tell: Callable[[Progress], None] = lambda _progress: None
) -> Outcome:
    """Do what is left of every rotation, between two entries of the log; where nothing is left, there is none."""
    async with transaction() as tx:
        if not await work_left(patient(tx), keys):
            return Outcome(0, (), (), 0.0)
    trace = UUID(bytes=keys.entropy(16), version=4)

    async def note(entry: Entry, tx: TransactionalDBClient) -> None:
        await log.append(tx, entry, actor=None, address=None, trace=trace)

    await with_keys(keys, partial(note, Entry("key:move", rule="begun")))
    outcome = await Rotator(keys, pace=pace, tell=tell).run()
    ended = Entry("key:move", rule="left" if outcome.left else "done", count=max(1, outcome.moved))
    await with_keys(keys, partial(note, ended))
    return outcome


class Rotator:
    """Does what is left of every rotation. `tell` hears of progress after each batch."""

    def __init__(
        self,
        keys: Keys,
        *,
        pace: Pace | None = None,
        tell: Callable[[Progress], None] = lambda _progress: None,
        grace: float = GRACE,
    ) -> None:
        self._keys = keys
        self._pace = pace or Pace()
        self._tell = tell
        self._grace = grace
        self._done = 0
        self._total = 0
        self._has_waited = False
        self._unopened: set[Unopened] = set()
        self._began = 0.0

    async def run(self) -> Outcome:
        """Work until nothing is left, or nothing that is left can be moved."""
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        idle = 0
        while idle < ROUNDS_WITHOUT_PROGRESS:
            left = await self._left()
            self._total = self._done + sum(need.rows for need in left)
            before = self._done
            if left:
                await self._round(left)
            else:
                await wait_for_writers(old_keys(self._keys))
                if not await self._left():
                    break
            idle = 0 if self._done > before else idle + 1
            await asyncio.sleep(0)
        left = await self._left()
        unopened = sorted(self._unopened, key=str) if left else []
        return Outcome(self._done, tuple(left), tuple(unopened), loop.time() - self._began)

    async def _left(self) -> list[Need]:
        async with transaction() as tx:
            # Counting a large table takes longer than a request may.
            return await work_left(patient(tx), self._keys)

    async def _round(self, left: list[Need]) -> None:
        self._unopened.clear()
        before = self._done
        for at, step in self._steps():
            moved = await move_all(step, self._pace, partial(self._heard, at))
            self._unopened |= moved.unopened
        known = {one.id for one in self._keys.versions(DATA) if one.state is KeyState.COMPROMISED}
        if any(need.key in known for need in left):
            if self._done > before or not self._has_waited:
                await asyncio.sleep(self._grace)
                self._has_waited = True
            # Old keys that go are no rows moved: they were drained.
            await move_all(partial(drop_batch, self._keys), self._pace)

    def _steps(self) -> Iterator[tuple[str, Callable[[int, UUID], Awaitable[Batch]]]]:
        keys = self._keys
        yield "rewrap subject_key", partial(rewrap_batch, keys)
        yield "renew subject_key", partial(renew_batch, keys)
        for sealed in SEALED:
            yield f"reseal {sealed.name}", partial(reseal_batch, keys, sealed)
        for sealed in SEALED:
            yield f"suite {sealed.name}", partial(change_suite_batch, keys, sealed)
        yield "reindex blind_index", partial(reindex_batch, keys)

    def _heard(self, at: str, moved: int) -> None:
        self._done += moved
        elapsed = asyncio.get_running_loop().time() - self._began
        rate = self._done / elapsed if elapsed > 0 else 0.0
        left = max(0, self._total - self._done)
        self._tell(Progress(at, self._done, left, rate, left / rate if rate else None))
