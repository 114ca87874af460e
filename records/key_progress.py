"""How far keys have moved, told as it happens: to custodians, wherever the rows are moved.

- What is left is counted from the rows, so it is the same whoever moves them: this server, another, or a command.
- Counting a large table takes time; between two looks at least four times as much passes.
- It ends when nothing is left.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from authz.acts import Act
from records.audit import Entry
from records.connection import patient, transaction
from records.rotation import work_left

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from records.desk import Desk
    from records.key_needs import Need

EVERY: Final = 1.0
"""Seconds between two looks, where looking is quick."""
PAUSE: Final = 4.0
"""How many times as long as a look the time after it is."""
AT_MOST: Final = 3.0
"""Seconds between two looks, however long they take: whoever watches wants to see it move."""


@dataclass(frozen=True, slots=True)
class NeedLeft:
    """Rows that still need an old key: the key's name, table and column, and how many."""

    key: str
    table: str
    column: str
    rows: int


@dataclass(frozen=True, slots=True)
class KeysLeft:
    """How far it is: rows moved since the first look and left, rows a second, seconds to go (None: nobody can tell)."""

    done: int
    left: int
    rate: float
    seconds_left: float | None
    needs: tuple[NeedLeft, ...]


async def watch_keys(desk: Desk) -> AsyncGenerator[KeysLeft]:
    """Tell how far the rows are, whenever that has changed, until nothing is left; that it is watched is logged."""
    await desk.require(Act.VIEW_KEYS)
    await desk.note(Entry("key:list"))
    loop = asyncio.get_running_loop()
    began, first, last, told = loop.time(), 0, 0, None
    while True:
        looked = loop.time()
        async with transaction() as tx:
            needs = _named(desk, await work_left(patient(tx), desk.keys))
        left = sum(need.rows for need in needs)
        if told is None:
            began = loop.time()
        # More to do than when it was looked at last: another rotation has begun, and what is done stays done.
        first, last = first + max(0, left - last), left
        if told != needs:
            yield _progress(first, left, loop.time() - began, needs)
        if not left:
            return
        told = needs
        await asyncio.sleep(max(EVERY, min(AT_MOST, PAUSE * (loop.time() - looked))))


def _progress(first: int, left: int, elapsed: float, needs: tuple[NeedLeft, ...]) -> KeysLeft:
    done = max(0, first - left)
    rate = done / elapsed if elapsed > 0 else 0.0
    seconds = left / rate if rate else None
    return KeysLeft(done, left, rate, 0.0 if not left else seconds, needs)


def _named(desk: Desk, needs: list[Need]) -> tuple[NeedLeft, ...]:
    """Write what is left by the names of its keys."""
    names = {
        version.id: f"{purpose}/{version.version}"
        for purpose in desk.keys.purposes()
        for version in desk.keys.versions(purpose)
    }
    return tuple(NeedLeft(names.get(need.key, str(need.key)), need.table, need.column, need.rows) for need in needs)
