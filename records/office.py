"""The office behind the doors: the book opened, its keys loaded, its log being written, the guard at its place.

- Whoever the erasure ledger names and a restored database still knows is erased again before anybody is let in.
- What was decided under another rulebook, or another edition, is decided anew before anybody is let in.
- A home that is empty is made ready: database, layout, key file, keys. A home whose keys a key file
  wrapped, and which has none, is refused: nothing of it would open, and new keys would hide that.
- What is down is told in fixed words; an office whose database returns goes on by itself.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from authz.guard import Guard, guard_in_force
from authz.policy import TwoPeople
from claims.rulebook import load_rulebook
from crypto.providers.opening import FILE, open_providers
from records import accounts
from records.audit import LogWriter
from records.connection import connected, is_unreachable, migrate, read, transaction
from records.database import open_database
from records.desk import Desk
from records.erasure import LEDGER, Ledger, replay
from records.holders import follow_rulebook, refresh_for
from records.key_mover import Mover, moving
from records.key_watch import watched
from records.key_wrapping import wrappings
from records.keys import Keys
from records.law import Law
from records.people import engage
from records.server import ServerError
from records.sweeping import swept
from records.tables import Installation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from authz.actor import Actor, Role
    from claims.rulebook import Rulebook

KEY_FILE = "keys.jsonl"
"""The key file's name in a home."""
PROBED_WITHIN = 1.5
"""Seconds that a readiness probe waits for the database."""


@dataclass(frozen=True, slots=True)
class Office:
    """Everything that outlives a request. `entropy(n)` gives n random bytes."""

    keys: Keys
    log: LogWriter
    ledger: Ledger
    guard: Guard
    entropy: Callable[[int], bytes]
    law: Law
    two_people: TwoPeople = TwoPeople.REQUIRED
    mover: Mover | None = None

    @property
    def rulebook(self) -> Rulebook:
        """The last edition of the rulebook, with every one before it; its day may be ahead."""
        return self.law.latest

    async def engage(
        self, number: str, name: str, role: Role, team: str | None, *, now: datetime, region: str | None = None
    ) -> UUID:
        """Bring a person into the book as they are now; whoever changes teams takes along the customers they hold.

        Of somebody known already, a team or region that is not named stays what it is.
        """
        async with transaction() as tx:
            person, changed = await engage(
                tx.execute_query_dict, number, name, role, team, now=now, region=region, entropy=self.entropy
            )
            await refresh_for(tx, changed, self.rulebook, entropy=self.entropy)
        return person

    async def identify(self, token: str, now: datetime) -> Actor | None:
        """Tell whose token it is; None if it is nobody's, expired or revoked."""
        if self.law.is_stale():
            await self.law.hear(read)
        return await accounts.identify(token, now=now)

    def desk(
        self,
        actor: Actor | None,
        *,
        now: datetime,
        request_id: UUID,
        language: str,
        address: str | None,
        client: str | None,
    ) -> Desk:
        """Give one request its desk."""
        return Desk(
            self.keys, self.log, self.ledger, self.guard, self.entropy, self.law,
            actor, now, request_id, language, address, client, self.two_people, self.mover,
        )  # fmt: skip

    async def down(self) -> tuple[str, ...]:
        """List what is down, in the words `database`, `keys` and `audit`."""
        down: list[str] = []
        try:
            async with asyncio.timeout(PROBED_WITHIN), transaction() as probe:
                await probe.execute_query_dict("SELECT 1")
        except Exception as error:
            if not is_unreachable(error):
                raise
            down.append("database")
        if await self._keys_are_shut():
            down.append("keys")
        if not self.log.is_writing():
            down.append("audit")
        return tuple(down)

    async def _keys_are_shut(self) -> bool:
        """Tell whether keys do not serve: the provider may be gone for some minutes before anybody is hurt."""
        if self.keys.are_open():
            return False
        try:
            async with asyncio.timeout(PROBED_WITHIN):
                return await self.keys.tend() is not None
        except TimeoutError:
            return True


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ServerError(
            "HOME_NOT_MADE",
            f"{home}: 无法创建({error.strerror}),请用 BAOBEI_HOME 指定另一个文件夹",
            f"{home}: cannot be made ({error.strerror}): name another folder in BAOBEI_HOME",
        ) from None


@asynccontextmanager
async def open_office(
    home: Path,
    database_url: str | None,
    *,
    clock: Callable[[], datetime],
    entropy: Callable[[int], bytes],
    durable: bool = True,
    rulebook: str = "onsite",
    two_people: TwoPeople = TwoPeople.REQUIRED,
    ledger: Path | None = None,
    key_places: Sequence[str] = (FILE,),
    moves_rows: bool = False,
) -> AsyncIterator[Office]:
    """Open the office of a home, made ready if it is empty; what was started for it stops with it.

    `key_places` name the providers of its key-encryption keys, the one that wraps first.
    One that `moves_rows` does what rotations have left, and sweeps, while it is open: a server's.

    Raises `ServerError`, `Unreachable`, `ProviderUnavailable`, `WrongKey` or `BadRulebook`, whose words say what to do.
    """
    law = Law(load_rulebook(rulebook))
    await asyncio.to_thread(_make_home, home)
    async with open_database(home, database_url, durable=durable) as database:
        await migrate(database.migrator_url)
        async with connected(database.application_url, role=database.application_role, everywhere=True):
            in_use = {one.provider for one in await wrappings(read)}
            provider = await asyncio.to_thread(
                open_providers, key_places, home / KEY_FILE, entropy=entropy, in_use=in_use
            )
            keys = Keys(provider, clock, entropy)
            async with transaction() as tx:
                await keys.load(tx.execute_query_dict)
                await Installation.get_or_create(
                    using_db=tx, only=1, defaults={"id": UUID(bytes=entropy(16), version=4), "created_at": clock()}
                )
            # Whoever was erased after a backup was made is erased again before anybody is let in.
            erased = Ledger(ledger or home / LEDGER)
            await replay(erased)
            await law.hear(read)
            await follow_rulebook(law.latest, entropy=entropy)
            guard = guard_in_force()
            log = LogWriter(
                database.application_url,
                keys,
                role=database.application_role,
                policy_edition=guard.edition,
                entropy=entropy,
            )
            mover = Mover(keys, log) if moves_rows else None
            async with (
                log,
                watched(keys),
                moving(mover) if mover else nullcontext(),
                swept(clock) if mover else nullcontext(),
            ):
                yield Office(keys, log, erased, guard, entropy, law, two_people, mover)
