"""What lasts a while only, swept by a server while it is open: files that no evidence named within a day.

- Nobody's right hangs on it: what is overdue is named by no evidence, and so is read by nobody.
- Several servers may sweep at once; a database that is gone is swept later.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from records.connection import Unreachable
from records.kept_files import destroy_unnamed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

EVERY: Final = 600.0
"""Seconds between two sweeps."""


@asynccontextmanager
async def swept(clock: Callable[[], datetime], *, every: float = EVERY) -> AsyncIterator[None]:
    """Sweep for as long as the block lasts."""
    task = asyncio.create_task(_sweep(clock, every), name="sweeper")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _sweep(clock: Callable[[], datetime], every: float) -> None:
    while True:
        with suppress(Unreachable):
            while await destroy_unnamed(clock()):
                pass
        await asyncio.sleep(every)
