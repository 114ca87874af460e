"""Two acts in a forced order: one is held where it is about to write, the other let go until it waits too."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg
from tortoise.backends.asyncpg.client import TransactionWrapper

from records.connection import credentials_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import pytest

_Made = TypeVar("_Made")
ROW_LOCKS = re.compile(r"\s+FOR (?:NO KEY )?UPDATE(?: OF \w+)?(?: SKIP LOCKED)?")
"""What locks the rows that a statement reads."""
_WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class Barrier:
    """A lock that others run into: `waiting(n)` returns when so many wait, `open()` lets them go."""

    def __init__(self, connection: asyncpg.Connection, watch: asyncpg.Connection) -> None:
        self._connection = connection
        self._watch = watch
        self._lock = connection.transaction()

    async def close(self, statement: str) -> None:
        """Take the lock."""
        await self._lock.start()
        await self._connection.execute(statement)

    async def also(self, statement: str) -> None:
        """Ask for another lock."""
        await self._connection.execute(statement)

    async def waiting(self, number: int, *, within: float = 8.0) -> bool:
        """Wait until so many wait for a lock, or nobody more is coming."""
        deadline = asyncio.get_running_loop().time() + within
        while asyncio.get_running_loop().time() < deadline:
            if await self._watch.fetchval(_WAITING) >= number:
                return True
            await asyncio.sleep(0.002)
        return False

    async def open(self) -> None:
        """Let go."""
        await self._lock.rollback()


@asynccontextmanager
async def barrier(url: str, statement: str) -> AsyncIterator[Barrier]:
    """Hold a lock until it is opened, or the block ends."""
    connection, watch = [await asyncpg.connect(**credentials_of(url)) for _ in range(2)]
    try:
        held = Barrier(connection, watch)
        await held.close(statement)
        yield held
    finally:
        await connection.close()
        await watch.close()


def until_written(table: str) -> str:
    """Write the lock that holds whoever is about to write to a table, and nobody who reads it or locks its rows."""
    return f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"


async def side_by_side(
    url: str, statement: str, first: Callable[[], Awaitable[_Made]], second: Callable[[], Awaitable[_Made]]
) -> tuple[_Made, _Made]:
    """Begin one act and hold it at a lock; begin the other and let it come as far as it can; then let both go."""
    async with barrier(url, statement) as held:
        one = asyncio.ensure_future(first())
        assert await held.waiting(1), f"nobody came to {statement}"
        other = asyncio.ensure_future(second())
        assert await held.waiting(2), "the other act went through"
        await held.open()
        return await asyncio.gather(one, other)


def take_out(monkeypatch: pytest.MonkeyPatch, locks: re.Pattern[str] = ROW_LOCKS, *, instead: str = "") -> None:
    """Make acts naive: take locks out of every statement; a statement that is nothing besides is not run."""
    ask = TransactionWrapper.execute_query_dict

    async def naive(self: TransactionWrapper, query: str, values: list[Any] | None = None) -> Any:
        left = locks.sub(instead, query)
        return await ask(self, left, values) if left.strip() else []

    monkeypatch.setattr(TransactionWrapper, "execute_query_dict", naive)
