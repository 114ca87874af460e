"""What many ask for in one turn is read at once, and nothing is kept for the next."""

from __future__ import annotations

import asyncio

from records.gathering import Gathering


def test_what_is_asked_for_in_one_turn_is_read_once() -> None:
    """Each key once; a key that the reading does not know is None."""
    asked: list[list[int]] = []

    async def read(desk: str, keys: list[int]) -> dict[int, str]:
        assert desk == "desk"
        asked.append(keys)
        await asyncio.sleep(0)
        return {key: str(key) for key in keys if key > 1}

    async def run() -> None:
        gathering = Gathering()
        found = await asyncio.gather(*(gathering.ask("desk", read, key) for key in (1, 2, 3, 2)))
        assert found == [None, "2", "3", "2"]
        assert asked == [[1, 2, 3]]
        assert await gathering.ask("desk", read, 2) == "2"
        assert asked == [[1, 2, 3], [2]]

    asyncio.run(run())


def test_two_readings_are_two_and_each_gets_its_own_keys() -> None:
    """By the reading, not by the key."""

    async def once(_desk: None, keys: list[int]) -> dict[int, int]:
        return {key: key for key in keys}

    async def twice(_desk: None, keys: list[int]) -> dict[int, int]:
        return {key: 2 * key for key in keys}

    async def run() -> None:
        gathering = Gathering()
        both = await asyncio.gather(gathering.ask(None, once, 5), gathering.ask(None, twice, 5))
        assert both == [5, 10]

    asyncio.run(run())


def test_whoever_waits_hears_of_the_failure() -> None:
    """All of them, and the next turn reads again."""
    tries: list[int] = []

    async def read(_desk: None, keys: list[int]) -> dict[int, int]:
        tries.append(len(keys))
        if len(tries) == 1:
            raise LookupError
        return {key: key for key in keys}

    async def run() -> None:
        gathering = Gathering()
        outcomes = await asyncio.gather(
            gathering.ask(None, read, 1), gathering.ask(None, read, 2), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [LookupError, LookupError]
        assert await gathering.ask(None, read, 1) == 1

    asyncio.run(run())


def test_somebody_who_leaves_takes_nothing_from_the_others() -> None:
    """The same key, asked for twice."""

    async def read(_desk: None, keys: list[int]) -> dict[int, int]:
        await asyncio.sleep(0.01)
        return {key: key for key in keys}

    async def run() -> None:
        gathering = Gathering()
        leaves, stays = (asyncio.ensure_future(gathering.ask(None, read, 1)) for _ in range(2))
        await asyncio.sleep(0)
        leaves.cancel()
        assert await stays == 1
        assert leaves.cancelled()

    asyncio.run(run())
