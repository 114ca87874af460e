"""Whether the keys of a running process are those of the database, and open: looked at twice a second.

- What another process made, rotated, disabled or erased is noticed within half a second, also where nobody writes.
- Open keys are asked for again ahead of time, off the event loop; a provider that is gone holds nobody up, and one
  that returns is found by itself.
- A new year's pseudonym key is made before the year begins.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from crypto.keyring import KeyRefused
from crypto.providers import ProviderUnavailable, WrongKey
from records.connection import Unreachable, transaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from records.keys import Keys

EVERY: Final = 0.5
"""Seconds between two looks."""
STOPS_WITHIN: Final = 2.0
"""Seconds that a look may take to its end when the office closes: a connection that is cut off is not closed."""


@asynccontextmanager
async def watched(keys: Keys) -> AsyncIterator[None]:
    """Follow the database's keys and keep them open, for as long as the block lasts."""
    stop = asyncio.Event()
    task = asyncio.create_task(_watch(keys, stop), name="key watch")
    try:
        yield
    finally:
        stop.set()
        with suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(task, STOPS_WITHIN)


async def _watch(keys: Keys, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            async with transaction() as tx:
                await keys.follow(tx.execute_query_dict)
                if keys.missing(keys.clock().year):
                    await keys.load(tx.execute_query_dict)
            await keys.tend()
        except (Unreachable, KeyRefused, ProviderUnavailable, WrongKey):
            pass  # readiness says what is down, and the next look may find it back
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), EVERY)
