"""How long an answer is waited for: two seconds if the database is gone, ten if it is only slow.

- Whether it is gone is asked only when an operation takes long; one that is merely slow goes on.
- What is given up is cancelled, and left to clean up behind: with a database that is gone that takes as long again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

UNASKED = 0.7
"""Seconds that an operation may take before anything is asked."""
PROBE = 1.0
"""Seconds that the database has to say that it is there."""
AT_MOST = 10.0
"""Seconds that an operation may take at all."""
_left: set[asyncio.Task[Any]] = set()


class GivenUp(Exception):  # noqa: N818 (the outcome's name; no programming error)
    """The answer did not come in time, or cannot come."""


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Wait for work so long at most, or raise `TimeoutError`; what it still cleans up then is waited for by nobody.

    A time-out around the work itself would wait: cancelled, a transaction first tries to undo what it did, on a
    connection that may be dead.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            raise TimeoutError
        return task.result()
    finally:
        _leave(task)


async def patiently(work: Coroutine[Any, Any, T], *, down: Callable[[], Coroutine[Any, Any, tuple[str, ...]]]) -> T:
    """Wait for work to be done; raises `GivenUp`, and whatever the work raises."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=UNASKED)
        if not done and "database" in await _words(down):
            raise GivenUp
        done, _ = await asyncio.wait({task}, timeout=AT_MOST - UNASKED)
        if not done:
            raise GivenUp
        return task.result()
    finally:
        _leave(task)


async def _words(down: Callable[[], Coroutine[Any, Any, tuple[str, ...]]]) -> tuple[str, ...]:
    try:
        return await within(PROBE, down())
    except TimeoutError:
        return ("database",)


def _leave(task: asyncio.Task[Any]) -> None:
    """Let work that is not done clean up behind."""
    if not task.done():
        task.cancel()
        _left.add(task)
        task.add_done_callback(_forget)


def _forget(task: asyncio.Task[Any]) -> None:
    """Let go of work that was given up; what it raises while it cleans up tells nobody anything."""
    _left.discard(task)
    with suppress(asyncio.CancelledError):
        task.exception()
