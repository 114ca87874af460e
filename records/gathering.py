"""One request's readings, gathered: what many fields ask for in one turn is read in one statement.

- Nothing is kept from one turn to the next, so a field behind a change reads what the change made.
- A gathering belongs to one desk: two people who ask at the same time never share one.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Mapping
    from uuid import UUID

D = TypeVar("D")
K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


class Gathering:
    """What one request waits for, by the reading that will bring it; `logged` are customers whose entry is durable."""

    __slots__ = ("_tasks", "_waiting", "logged")

    def __init__(self) -> None:
        self._waiting: dict[Callable[..., Any], dict[Any, asyncio.Future[Any]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.logged: set[UUID] = set()

    async def ask(self, desk: D, read: Callable[[D, list[K]], Awaitable[Mapping[K, V]]], key: K) -> V | None:
        """Wait for the value of a key; None if the reading does not know it. `desk` is this request's own."""
        loop = asyncio.get_running_loop()
        waiting = self._waiting.get(read)
        if waiting is None:
            waiting = self._waiting[read] = {}
            loop.call_soon(self._start, desk, read)
        if key not in waiting:
            waiting[key] = loop.create_future()
        # Whoever stops waiting must not take the value from the others that wait for it.
        return await asyncio.shield(waiting[key])

    def _start(self, desk: D, read: Callable[[D, list[Any]], Awaitable[Mapping[Any, Any]]]) -> None:
        task = asyncio.get_running_loop().create_task(self._read(desk, read, self._waiting.pop(read)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(
        self,
        desk: D,
        read: Callable[[D, list[Any]], Awaitable[Mapping[Any, Any]]],
        waiting: dict[Any, asyncio.Future[Any]],
    ) -> None:
        try:
            found = await read(desk, list(waiting))
        except Exception as error:  # noqa: BLE001  (whoever waits gets it)
            for future in waiting.values():
                if not future.done():
                    future.set_exception(error)
            return
        for key, future in waiting.items():
            if not future.done():
                future.set_result(found.get(key))
