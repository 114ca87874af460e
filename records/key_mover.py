"""Rows moved to their newer keys by a server, whoever asked for it and wherever: so a rotation needs nobody to wait.

- What was asked for here is begun at once; what others began is left to them for a minute, and then taken up.
- One server at a time does it, at the gentle pace; killed, the next look of any server finds what is left.
- A provider or a database that is gone holds nothing up but this, and is tried again.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from crypto.keyring import KeyRefused
from crypto.providers import ProviderUnavailable, WrongKey
from records.connection import Unreachable, transaction
from records.moving import Pace
from records.rotation import move_rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from records.audit import LogWriter
    from records.keys import Keys
    from records.rotation import Progress

LEFT_TO_OTHERS: Final = 60.0
"""Seconds for which a change that was not made here is left to whoever made it."""
EVERY: Final = 2.0
"""Seconds between two looks."""
_ONE_SERVER: Final = "SELECT pg_try_advisory_xact_lock(hashtext('baobei key mover')) AS mine"


@dataclass(slots=True)
class Mover:
    """Moves what is left; `progress` says how far it is, while it does."""

    keys: Keys
    log: LogWriter
    pace: Pace = field(default_factory=Pace)
    progress: Progress | None = None
    _asked: asyncio.Event = field(default_factory=asyncio.Event)
    _moved: int = 0
    """The stamp of the keys under which nothing was left that can be moved."""

    def wake(self) -> None:
        """Begin now: somebody here has asked for a rotation."""
        self._asked.set()

    async def run(self) -> None:
        """Look and move, until this is cancelled."""
        loop = asyncio.get_running_loop()
        seen, since = self.keys.stamp, loop.time() - LEFT_TO_OTHERS
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), EVERY)
            if self.keys.stamp != seen:
                seen, since = self.keys.stamp, loop.time()
            is_due = self._asked.is_set() or loop.time() - since >= LEFT_TO_OTHERS
            if is_due and (self._asked.is_set() or self.keys.stamp != self._moved):
                self._asked.clear()
                with suppress(Unreachable, KeyRefused, ProviderUnavailable, WrongKey):
                    await self._move()

    async def _move(self) -> None:
        stamp = self.keys.stamp
        try:
            async with transaction() as tx:
                if (await tx.execute_query_dict(_ONE_SERVER, []))[0]["mine"]:
                    await move_rows(self.keys, self.log, pace=self.pace, tell=self._tell)
                    self._moved = stamp
        finally:
            self.progress = None

    def _tell(self, progress: Progress) -> None:
        self.progress = progress


@asynccontextmanager
async def moving(mover: Mover) -> AsyncIterator[None]:
    """Keep a mover at it for as long as the block lasts."""
    task = asyncio.create_task(mover.run(), name="key mover")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
