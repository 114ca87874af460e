"""What if, on the wire: the company's history under a draft, a step at a time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import whatif
from records.desk import Desk
from records.refusals import RefusalCode, Refused
from records.whatif import Differing, Step
from schema.directives import Audited, requires
from schema.inputs import malformed
from schema.refusals import Refusal, refusal_of
from schema.rulings import Ruling
from schema.types import Customer, Deal, shown_customer, shown_deal

WHATIF = requires(Act.REHEARSE_EDITION)


@strawberry.type(description="What a draft would make otherwise (试算差异): who holds a customer, or who gets a deal.")
class RehearsedChange:
    """A difference."""

    before: Ruling = strawberry.field(description="The ruling that is.", directives=WHATIF)
    after: Ruling = strawberry.field(description="The ruling that would be.", directives=WHATIF)
    row: strawberry.Private[Differing]

    @classmethod
    def of(cls, row: Differing) -> RehearsedChange:
        """Show a difference."""
        return cls(before=Ruling(decided=row.before), after=Ruling(decided=row.after), row=row)

    @strawberry.field(description="Of which customer, where in sight.", directives=WHATIF)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.customer)

    @strawberry.field(description="Of which deal; null where it is who holds.", directives=WHATIF)
    async def deal(self, info: Info[Desk]) -> Deal | None:
        """Show the deal."""
        return await shown_deal(info.context, self.row.deal) if self.row.deal is not None else None


@strawberry.type(
    description="One step of a rehearsal (试算): how far it is, and what would be otherwise of this step's."
)
class Rehearsal:
    """A step."""

    customers: int = strawberry.field(description="How many customers there are.", directives=WHATIF)
    done: int = strawberry.field(description="How many are done, with this step's.", directives=WHATIF)
    next: strawberry.ID | None = strawberry.field(
        description="Where the next step goes on; null at the end. Not to ask it is to cancel.", directives=WHATIF
    )
    holders: int = strawberry.field(description="How many customers another would hold.", directives=WHATIF)
    deals: int = strawberry.field(description="How many deals others would get.", directives=WHATIF)
    yuan: Decimal = strawberry.field(description="What those deals come to, in yuan.", directives=WHATIF)
    changes: list[RehearsedChange] = strawberry.field(
        description="The first hundred of this step's, each with both rulings.", directives=WHATIF
    )

    @classmethod
    def of(cls, step: Step) -> Rehearsal:
        """Show a step."""
        return cls(
            customers=step.customers, done=step.done, next=None if step.next is None else strawberry.ID(step.next),
            holders=step.holders, deals=step.deals, yuan=step.yuan,
            changes=[RehearsedChange.of(row) for row in step.shown],
        )  # fmt: skip


@strawberry.input(description="A rehearsal of a draft over what happened (版本试算), one step of it.")
class RehearseEditionInput:
    """A rehearsal."""

    draft: strawberry.ID = strawberry.field(description="Which draft, or edition.")
    from_: date = strawberry.field(name="from", description="From which day on it would have been in force.")
    to: date = strawberry.field(description="As of the end of which day; today at the latest.")
    first: int = strawberry.field(default=500, description="How many customers this step takes, 1 to 1,000.")
    after: strawberry.ID | None = strawberry.field(default=None, description="`next` of the step before.")

    async def answer(self, desk: Desk) -> Step | Refused:
        """Take a step, unless the input holds what cannot be read; that is told to whoever may rehearse at all."""
        if problems := tuple(malformed(self)):
            await desk.require(Act.REHEARSE_EDITION)
            return Refused(RefusalCode.INVALID_INPUT, problems=problems)
        return await whatif.rehearse_edition(
            desk, self.draft, since=self.from_, until=self.to, first=self.first, after=self.after
        )


@strawberry.type(description="A step of a rehearsal (版本试算结果), or why not.")
class RehearseEditionPayload:
    """What a step gives."""

    rehearsal: Rehearsal | None = strawberry.field(description="The step.", directives=WHATIF)
    refusal: Refusal | None = strawberry.field(description="Why it was not taken.", directives=requires(None))


async def rehearse_edition(desk: Desk, given: RehearseEditionInput) -> RehearseEditionPayload:
    """Answer a step."""
    answer = await given.answer(desk)
    if isinstance(answer, Refused):
        return RehearseEditionPayload(rehearsal=None, refusal=refusal_of(answer))
    return RehearseEditionPayload(rehearsal=Rehearsal.of(answer), refusal=None)


@strawberry.type(description="What a client may ask of a draft (试算操作).")
class WhatIfActs:
    """The rehearsal."""

    @strawberry.mutation(
        description="Decide what happened under a draft, some customers at a time; nothing is written (版本试算, C14).",
        directives=requires(Act.REHEARSE_EDITION, audited=Audited.PAGE),
    )
    async def rehearse_edition(self, info: Info[Desk], input: RehearseEditionInput) -> RehearseEditionPayload:
        """Take a step."""
        return await rehearse_edition(info.context, input)
