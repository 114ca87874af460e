"""Rows moved from key to key while everybody works: batch by batch, at a pace, and giving way to whoever waits.

- A place in a table is no account of the work: a pass begins at the start, and passes follow each other until one finds
  nothing to do.
- A batch that would wait for somebody's lock is given up and tried again later.
- Rows that do not open stay where they are, and are listed: by table, column and ids, never by content.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

import asyncpg

from records.connection import KeyMoved, transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from records.connection import Fetch

T = TypeVar("T")
START: Final = UUID(int=0)
WAITS_FOR_LOCKS: Final = "100ms"
_GIVE_WAY: Final = f"SET LOCAL lock_timeout = '{WAITS_FOR_LOCKS}'"
_IN_THE_WAY: Final = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError, asyncpg.ForeignKeyViolationError)


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is done at once, and which share of the time is spent working; the rest is left to everybody else."""

    batch: int = 100
    share: float = 0.2


FULL_SPEED: Final = Pace(500, 1.0)


@dataclass(frozen=True, slots=True)
class Unopened:
    """A row that does not open: where it stands, whose it is, and the key that it names, if that can be told."""

    table: str
    column: str
    row: UUID
    subject: UUID | None
    key: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch: rows moved, the place behind the last one (None at the end), and what did not open."""

    moved: int
    last: UUID | None
    unopened: tuple[Unopened, ...] = ()


@dataclass(slots=True)
class Moved:
    """What all passes together came to."""

    rows: int = 0
    unopened: set[Unopened] = field(default_factory=set[Unopened])


async def given_way(write: Callable[[Fetch], Awaitable[int]]) -> int:
    """Write a batch in one transaction; 0 if somebody else was in the way, or a key moved meanwhile."""
    try:
        async with transaction() as tx:
            await tx.execute_query_dict(_GIVE_WAY, [])
            return await write(tx.execute_query_dict)
    except KeyMoved:
        return 0
    except Exception as error:
        if not _is_in_the_way(error):
            raise
        return 0


def _is_in_the_way(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, _IN_THE_WAY):
            return True
        wrapped = error.args[0] if error.args else None
        error = error.__cause__ or (wrapped if isinstance(wrapped, BaseException) else None)
    return False


async def move_all(
    step: Callable[[int, UUID], Awaitable[Batch]], pace: Pace, tell: Callable[[int], None] = lambda _moved: None
) -> Moved:
    """Repeat `step(size, place)` until a whole pass moves nothing; `tell` hears of the rows of each batch."""
    loop, done = asyncio.get_running_loop(), Moved()
    while True:
        place, moved = START, 0
        while True:
            began = loop.time()
            batch = await step(pace.batch, place)
            if batch.last is None:
                break
            place = batch.last
            moved += batch.moved
            done.unopened.update(batch.unopened)
            done.rows += batch.moved
            tell(batch.moved)
            await asyncio.sleep((loop.time() - began) * (1 / pace.share - 1))
        if not moved:
            return done
