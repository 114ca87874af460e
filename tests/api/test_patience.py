"""How long an answer is waited for, by a database that is there, slow, or gone."""

from __future__ import annotations

import asyncio
import time

import pytest

from api import patience
from api.patience import GivenUp, patiently


@pytest.fixture(autouse=True)
def _twenty_times_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UNASKED", "PROBE", "AT_MOST"):
        monkeypatch.setattr(patience, name, getattr(patience, name) / 20)


class Database:
    """A database that answers, says that it is gone, or is silent; counts how often it was asked."""

    def __init__(self, *words: str, silent: bool = False) -> None:
        self.words = words
        self.silent = silent
        self.asked = 0

    async def down(self) -> tuple[str, ...]:
        """Answer."""
        self.asked += 1
        if self.silent:
            await asyncio.sleep(60)
        return self.words


async def takes(seconds: float) -> str:
    """Do something that takes so long."""
    await asyncio.sleep(seconds)
    return "done"


def waited(database: Database, seconds: float) -> str:
    """What comes of waiting for it."""
    return asyncio.run(patiently(takes(seconds), down=database.down))


def test_the_bounds_add_up_to_less_than_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """`UNAVAILABLE` within 2 s."""
    monkeypatch.undo()
    assert patience.UNASKED + patience.PROBE < 2 < patience.AT_MOST


def test_quick_work_asks_nothing() -> None:
    """A probe a request would double what the database has to do."""
    database = Database()
    assert (waited(database, 0), database.asked) == ("done", 0)


def test_slow_work_goes_on_while_the_database_is_there() -> None:
    """A hash of a password under load is slow, and no outage; nor is a log that is behind."""
    for database in (Database(), Database("audit")):
        assert (waited(database, 0.2), database.asked) == ("done", 1)


@pytest.mark.parametrize("database", [Database("database"), Database(silent=True)])
def test_slow_work_is_given_up_when_the_database_is_gone(database: Database) -> None:
    """Whether it says so or says nothing."""
    begun = time.monotonic()
    with pytest.raises(GivenUp):
        waited(database, 60)
    assert time.monotonic() - begun < 0.4


def test_no_work_goes_on_for_ever() -> None:
    """An operation that takes ten seconds holds a connection that others wait for."""
    with pytest.raises(GivenUp):
        waited(Database(), 60)


def test_what_the_work_raises_is_raised() -> None:
    """A control: it is not taken for an outage."""

    async def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(patiently(fail(), down=Database().down))


def test_work_given_up_is_cancelled_and_may_clean_up_behind() -> None:
    """Its transaction is rolled back; nobody waits for that, and what it raises is nobody's."""
    ended = []

    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)
            ended.append("rolled back")
            raise ConnectionError

    async def run() -> float:
        begun = time.monotonic()
        with pytest.raises(GivenUp):
            await patiently(stubborn(), down=Database("database").down)
        given_up = time.monotonic() - begun
        await asyncio.sleep(0.4)
        return given_up

    assert asyncio.run(run()) < 0.15
    assert ended == ["rolled back"]
    assert not patience._left


def test_a_request_that_is_broken_off_breaks_off_its_work() -> None:
    """At shutdown nothing is left to run."""
    ended = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cancelled")

    async def run() -> None:
        request = asyncio.ensure_future(patiently(work(), down=Database().down))
        await asyncio.sleep(0.01)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        await asyncio.sleep(0)

    asyncio.run(run())
    assert ended == ["cancelled"]
