"""Two acts at once, forced to meet: between what one decided and what it writes, the other begins or waits.

- Whoever is about to write waits until the other is about to write as well, or waits for a lock, or is done.
- The naive variant of an act is the same act without its row locks: it must fail the same test.
"""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import asyncpg

from authz.actor import Actor, Role
from records import keys
from records.connection import credentials_of, transaction
from records.facts import Addition

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import pytest

    from records.desk import Desk
    from records.outcomes import Done
    from tests.company import Company

ROUNDS = int(os.environ.get("RACE_ROUNDS", "20"))
"""Each round forces the meeting, so few would do; `RACE_ROUNDS=200` looks longer."""
NAIVE_ROUNDS = 6
"""A variant without locks is caught at its first meeting; a few rounds show that it is no accident."""
_LOCKS = re.compile(r"\s+FOR (?:(?:NO KEY )?UPDATE|SHARE)(?: OF \w+(?:, \w+)*)?(?! SKIP)")
_WAITING = """
SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE NOT l.granted AND a.datname = current_database()
"""
_PATIENCE = 400


@dataclass(slots=True)
class Meeting:
    """Where two acts meet."""

    watcher: asyncpg.Connection
    arrived: int = 0
    finished: int = 0

    async def arrive(self) -> None:
        """Wait for the other: about to write, waiting for a lock, or done."""
        self.arrived += 1
        for _ in range(_PATIENCE):
            if self.arrived > 1 or self.finished or await self.watcher.fetchval(_WAITING):
                return
            await asyncio.sleep(0.0005)

    async def run(self, act: Callable[[], Awaitable[Done]]) -> Done | Exception:
        """Do one of the two acts."""
        try:
            return await act()
        except Exception as error:  # noqa: BLE001 (an act may raise what the other caused)
            return error
        finally:
            self.finished += 1


class _Unlocked:
    """A transaction's connection on which no statement locks a row."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def execute_query_dict(self, statement: str, values: list[Any] | None = None) -> Any:
        """Ask without a lock."""
        return await self._connection.execute_query_dict(_LOCKS.sub("", statement), values)


@asynccontextmanager
async def unlocked() -> AsyncIterator[Any]:
    """Open a transaction on which no statement locks a row."""
    async with transaction() as connection:
        yield _Unlocked(connection)


BROKEN = -1
"""Instead of a count: an act that came upon what the other had done ended in an exception, not in a refusal."""


def told(done: list[Done | Exception], count: int) -> int:
    """Give how many of two acts took effect, or that one of them broke."""
    return BROKEN if any(isinstance(one, Exception) for one in done) else count


async def desk_of(company: Company, who: str) -> Desk:
    """Give somebody a desk of their own, as a request would."""
    staff = company.ids[who]
    rows = await transactional(
        "SELECT a.id, s.id AS session, p.role, (SELECT m.team_id FROM team_membership m WHERE m.staff_id = p.id "
        "ORDER BY m.from_at DESC, m.recorded_at DESC LIMIT 1) AS team "
        "FROM account a JOIN session s ON s.account_id = a.id JOIN staff p ON p.id = a.staff_id WHERE p.id = $1",
        staff,
    )
    row = rows[0]
    actor = Actor(row["id"], staff, Role(row["role"]), row["team"], row["session"], has_signed=True)
    return company.office.desk(
        actor, now=company.clock[0], request_id=uuid4(), language="en", address=None, client=None
    )


async def transactional(statement: str, *values: Any) -> list[dict[str, Any]]:
    """Ask the database within the application's pool."""
    async with transaction() as tx:
        return list(await tx.execute_query_dict(statement, list(values)))


async def meet(
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
    *acts: Callable[[], Awaitable[Done]],
    naive: bool,
    watcher: asyncpg.Connection,
) -> list[Done | Exception]:
    """Do two acts at once, so that they meet; give what each came to."""
    meeting, write = Meeting(watcher), Addition.write

    async def meeting_write(self: Addition, connection: Any) -> None:
        await meeting.arrive()
        await write(self, connection)

    with monkeypatch.context() as patched:
        patched.setattr(Addition, "write", meeting_write)
        if naive:
            patched.setattr(keys, "transaction", unlocked)
        return list(await asyncio.gather(*(meeting.run(act) for act in acts)))


@asynccontextmanager
async def watching(company: Company) -> AsyncIterator[asyncpg.Connection]:
    """Watch who waits for a lock."""
    connection = await asyncpg.connect(**credentials_of(company.url))
    try:
        yield connection
    finally:
        await connection.close()


def node_of(done: Done) -> UUID:
    """What an act made."""
    assert done.refusal is None, done
    assert done.node is not None
    return done.node
