"""Who asks, when, in which language, with what behind them: everything an act needs to know of its request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from authz.guard import Forbidden
from authz.policy import Condition, Scope, TwoPeople
from records.audit import Entry
from records.connection import transaction
from records.erasure import Erased
from records.gathering import Gathering
from records.undertaking_text import is_required

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from authz.actor import Actor
    from authz.acts import Act
    from authz.guard import Guard
    from claims.rulebook import Rulebook
    from crypto.envelope import OwnCipher
    from records.audit import LogWriter
    from records.connection import Fetch
    from records.erasure import Ledger
    from records.key_mover import Mover
    from records.keys import Keys
    from records.law import Law


class NotSigned(Exception):  # noqa: N818 (the guard's No to whoever may do it once they have signed)
    """The act waits for the undertaking of confidentiality to be signed (B10)."""


class Unauthenticated(Exception):  # noqa: N818 (the guard's No to nobody)
    """The act needs somebody to be signed in."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One request's desk; it is the GraphQL context. `entropy(n)` gives n random bytes."""

    keys: Keys
    log: LogWriter
    ledger: Ledger
    guard: Guard
    entropy: Callable[[int], bytes]
    law: Law
    actor: Actor | None
    now: datetime
    request_id: UUID
    language: str
    address: str | None
    client: str | None
    two_people: TwoPeople = TwoPeople.REQUIRED
    mover: Mover | None = None
    gathering: Gathering = field(init=False, default_factory=Gathering, repr=False, compare=False)

    @property
    def rulebook(self) -> Rulebook:
        """The edition of the rulebook that is in force now."""
        return self.law.latest.at(self.now)

    @property
    def standing(self) -> frozenset[Condition]:
        """What holds of whoever asks whatever they ask: that they have signed what the rulebook has them sign (B10)."""
        has_signed = self.actor is not None and self.actor.has_signed
        return frozenset({Condition.NDA}) if has_signed or not is_required(self.rulebook) else frozenset()

    async def hear_the_law(self) -> None:
        """Ask the book anew which editions are approved."""
        async with transaction() as tx:
            await self.law.hear(tx.execute_query_dict)

    def signed_in(self) -> Actor:
        """Give whoever is signed in, or raise `Unauthenticated`."""
        if self.actor is None:
            raise Unauthenticated
        return self.actor

    async def require(self, act: Act, *, relation: Scope = Scope.OWN, facts: Iterable[Condition] = ()) -> Actor:
        """Let whoever asks go on with an act on what stands so to them, or log the denial and raise.

        `NotSigned` to whoever only has to sign the undertaking of confidentiality first, `Forbidden` to anybody else.
        """
        actor, held = self.signed_in(), frozenset(facts)
        if not self.guard.may(actor, act, relation=relation, facts=held | self.standing):
            denial = Entry("act:deny", allowed=False, rule=act.value)
            await self.log.note_denial(denial, actor=actor, address=self.address, trace=self.request_id, now=self.now)
            if self.guard.may(actor, act, relation=relation, facts=held | {Condition.NDA}):
                raise NotSigned
            raise Forbidden(act)
        return actor

    async def record(self, connection: TransactionalDBClient, entry: Entry) -> UUID:
        """Write an act's log entry in the act's own transaction."""
        return await self.log.append(connection, entry, actor=self.actor, address=self.address, trace=self.request_id)

    async def note(self, entry: Entry) -> UUID:
        """Write a reading's log entry; it is durable when this returns."""
        return await self.log.note(entry, actor=self.actor, address=self.address, trace=self.request_id)

    async def cipher_of(self, fetch: Fetch, customer: UUID) -> OwnCipher:
        """Open the key of a customer, to seal under it; one who was erased is `Erased`."""
        cipher = (await self.keys.ciphers_of([customer], fetch, to_seal=True)).get(customer)
        if cipher is None:
            raise Erased
        return cipher
