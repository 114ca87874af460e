"""What a client may follow (订阅): how far something long is; what it wants to see of that, it reads by its own rights.

What is told are numbers, ids, and the names of keys and tables: nothing that a client's cache should not keep.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import date
from decimal import Decimal

import strawberry
from strawberry.types import Info

from authz.acts import Act
from authz.policy import FieldClass
from records import whatif
from records.desk import Desk
from records.key_progress import KeysLeft, watch_keys
from records.refusals import RefusalCode, Refused
from records.whatif import Tally
from schema.directives import Audited, requires
from schema.inputs import malformed
from schema.refusals import Refusal, refusal_of
from schema.wording import REFUSAL

KEYS = requires(Act.VIEW_KEYS, FieldClass.KEY_META)
WHATIF = requires(Act.REHEARSE_EDITION)


@strawberry.type(description="Rows that still need an old key (仍在旧密钥下的数据): which key, where, and how many.")
class KeyNeedLeft:
    """A need."""

    key: str = strawberry.field(description="The key's name, such as `data/1`.", directives=KEYS)
    table: str = strawberry.field(description="In which table.", directives=KEYS)
    column: str = strawberry.field(description="By which column, or index.", directives=KEYS)
    rows: int = strawberry.field(description="How many rows.", directives=KEYS)


@strawberry.type(description="How far rows are on their way to newer keys (轮换进度), whoever moves them.")
class KeyRotationProgress:
    """Progress."""

    done: int = strawberry.field(description="Rows moved since this was first asked.", directives=KEYS)
    left: int = strawberry.field(description="Rows left; with 0 the stream ends.", directives=KEYS)
    rows_per_second: float = strawberry.field(description="The rate.", directives=KEYS)
    seconds_left: float | None = strawberry.field(
        description="The time left at that rate; null: nobody can tell yet.", directives=KEYS
    )
    needs: list[KeyNeedLeft] = strawberry.field(description="What is left, by key, table and column.", directives=KEYS)

    @classmethod
    def of(cls, told: KeysLeft) -> KeyRotationProgress:
        """Show progress."""
        needs = [KeyNeedLeft(key=one.key, table=one.table, column=one.column, rows=one.rows) for one in told.needs]
        return cls(
            done=told.done, left=told.left, rows_per_second=told.rate, seconds_left=told.seconds_left, needs=needs
        )


@strawberry.input(description="A whole rehearsal of a draft over what happened (版本试算), followed step by step.")
class RehearsalInput:
    """A rehearsal."""

    draft: strawberry.ID = strawberry.field(description="Which draft, or edition.")
    from_: date = strawberry.field(name="from", description="From which day on it would have been in force.")
    to: date = strawberry.field(description="As of the end of which day; today at the latest.")
    first: int = strawberry.field(default=250, description="How many customers a step takes, 1 to 1,000.")

    async def told(self, desk: Desk) -> AsyncGenerator[Tally | Refused]:
        """Take its steps, unless the input holds what cannot be read; that is told to whoever may rehearse at all."""
        if problems := tuple(malformed(self)):
            await desk.require(Act.REHEARSE_EDITION)
            yield Refused(RefusalCode.INVALID_INPUT, problems=problems)
            return
        steps = whatif.rehearse_on(desk, self.draft, since=self.from_, until=self.to, first=self.first)
        async with aclosing(steps):
            async for step in steps:
                yield step


@strawberry.type(description="How far a rehearsal is (试算进度), and what would be otherwise so far.")
class RehearsalProgress:
    """Progress."""

    customers: int = strawberry.field(description="How many customers there are.", directives=WHATIF)
    done: int = strawberry.field(description="How many are done; all, when the stream ends.", directives=WHATIF)
    after: strawberry.ID | None = strawberry.field(
        description="Where the last step began: `rehearseEdition` takes it as `after` and shows its changes.",
        directives=WHATIF,
    )
    holders: int = strawberry.field(description="How many customers another would hold, so far.", directives=WHATIF)
    deals: int = strawberry.field(description="How many deals others would get, so far.", directives=WHATIF)
    yuan: Decimal = strawberry.field(description="What those deals come to, in yuan.", directives=WHATIF)

    @classmethod
    def of(cls, tally: Tally) -> RehearsalProgress:
        """Show progress."""
        after = None if tally.after is None else strawberry.ID(tally.after)
        return cls(
            customers=tally.customers, done=tally.done, after=after,
            holders=tally.holders, deals=tally.deals, yuan=tally.yuan,
        )  # fmt: skip


@strawberry.type(description="What a rehearsal tells after each step (试算订阅), or why it takes none.")
class RehearsalTold:
    """What is told."""

    progress: RehearsalProgress | None = strawberry.field(description="How far it is.", directives=WHATIF)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=requires(None))

    @classmethod
    def of(cls, told: Tally | Refused) -> RehearsalTold:
        """Tell of a step."""
        if isinstance(told, Refused):
            return cls(progress=None, refusal=refusal_of(told))
        return cls(progress=RehearsalProgress.of(told), refusal=None)


@strawberry.type(description="What a client may follow (订阅), as Server-Sent Events.")
class Subscription:
    """The subscription root."""

    @strawberry.subscription(
        description="How far a rotation is (轮换进度): told when it changes, until nothing is left under an old key.",
        directives=requires(Act.VIEW_KEYS, FieldClass.KEY_META, Audited.PAGE),
    )
    async def key_rotation_progressed(self, info: Info[Desk]) -> AsyncGenerator[KeyRotationProgress, None]:
        """Follow the keys."""
        async with aclosing(watch_keys(info.context)) as told:
            async for one in told:
                yield KeyRotationProgress.of(one)

    @strawberry.subscription(
        description="Decide what happened under a draft (版本试算, C14), told after each step; to close is to cancel.",
        directives=requires(Act.REHEARSE_EDITION, audited=Audited.PAGE),
    )
    async def rehearsal_progressed(
        self, info: Info[Desk], input: RehearsalInput
    ) -> AsyncGenerator[RehearsalTold, None]:
        """Follow a rehearsal."""
        async with aclosing(input.told(info.context)) as told:
            async for one in told:
                yield RehearsalTold.of(one)
