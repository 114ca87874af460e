"""Review on the wire: what waits for whom, what was found, who is named, and the designer of a filing."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import approvers as naming
from records import designers, review_rows, reviewing
from records.designers import OutsideDesigner
from records.desk import Desk
from records.pages import Paging
from records.review_rows import Waiting
from records.reviewing import Review, ReviewOutcome
from schema.acting import ClaimPayload, answered
from schema.directives import Audited, requires
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, connection
from schema.people import Staff, shown_person
from schema.refusals import Refusal, refusal_of
from schema.scalars import PlainText
from schema.types import Claim, certain, shown_claim
from schema.wording import KEY, REPLAYED, VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from records.outcomes import Done

REVIEW = requires(Act.REVIEW_CLAIM)
ANYBODY = requires(None)


@strawberry.type(description="A filing that waits for the viewer's review (待审核报备).")
class WaitingReview:
    """A filing that waits."""

    level: int = strawberry.field(description="At which level of its chain (级).", directives=REVIEW)
    levels: int = strawberry.field(description="How many levels the chain has.", directives=REVIEW)
    since: datetime = strawberry.field(description="Since when it waits there.", directives=REVIEW)
    row: strawberry.Private[Waiting]

    @classmethod
    def of(cls, row: Waiting) -> WaitingReview:
        """Show what waits."""
        return cls(level=row.level, levels=row.levels, since=row.since, row=row)

    @strawberry.field(description="The claim.", directives=requires(Act.VIEW_CLAIMS))
    async def claim(self, info: Info[Desk]) -> Claim:
        """Show the claim."""
        return certain(await shown_claim(info.context, self.row.filing))


@strawberry.type(description="A level of the chain of review (审核级), and who is named for it (F4).")
class ReviewLevel:
    """A level."""

    level: int = strawberry.field(description="Its number, from 1.", directives=ANYBODY)
    named: strawberry.Private[list[UUID]]

    @strawberry.field(
        description="Who is named to review here; nobody: whoever is of the role that reviews.", directives=ANYBODY
    )
    async def approvers(self, info: Info[Desk]) -> list[Staff]:
        """Show who is named."""
        shown = await asyncio.gather(*(shown_person(info.context, one) for one in self.named))
        return [one for one in shown if one is not None]


@strawberry.input(description="A review (审核): approve, return with what is missing, or reject with a reason.")
class ReviewClaimInput:
    """A review."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    claim: strawberry.ID = strawberry.field(description="Which filing.")
    expected_version: int = strawberry.field(description=VERSION)
    outcome: ReviewOutcome = strawberry.field(description="What was found.")
    missing: list[str] | None = strawberry.field(
        default=None, description="With a return: the fields that are missing or wrong, by the form's names."
    )
    reason: PlainText | None = strawberry.field(default=None, description="Why; a rejection needs it. Sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Review it."""
        review = Review(outcome=self.outcome, missing=tuple(self.missing or ()), reason=self.reason)
        version, key = self.expected_version, self.idempotency_key
        return reviewing.review_claim(desk, self.claim, review, expected_version=version, key=key)


@strawberry.input(description="Who reviews at a level (指定审核人, F4).")
class NameApproversInput:
    """A level and its people."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    level: int = strawberry.field(description="Which level, from 1.")
    staff: list[strawberry.ID] = strawberry.field(description="Who; an empty list leaves the level to its role.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Name them."""
        return naming.name_approvers(desk, self.level, tuple(self.staff), key=self.idempotency_key)


@strawberry.input(description="A designer who is not in the book yet (外部设计师), with their company (装饰公司).")
class OutsideDesignerInput:
    """An outside designer."""

    name: str = strawberry.field(description="The designer's name.")
    company: str = strawberry.field(description="The company that they work for.")


@strawberry.input(description="The designer who came with a customer (设计师, H12): one of the two.")
class NameDesignerInput:
    """A designer named on a filing."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    claim: strawberry.ID = strawberry.field(description="On which filing.")
    designer: strawberry.ID | None = strawberry.field(default=None, description="One whom the book knows.")
    outside: OutsideDesignerInput | None = strawberry.field(default=None, description="One whom it does not know yet.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Name them."""
        outside = self.outside and OutsideDesigner(self.outside.name, self.outside.company)
        return designers.name_designer(
            desk, self.claim, designer=self.designer, outside=outside, key=self.idempotency_key
        )


@strawberry.type(description="A filing that was reviewed (审核结果), or why it was not.")
class ReviewClaimPayload(ClaimPayload):
    """What a review gives."""


@strawberry.type(description="The designer's own filing (设计师报备结果); a refusal beside it: it counts for nothing.")
class NameDesignerPayload(ClaimPayload):
    """What naming a designer gives."""


@strawberry.type(description="The chain of review as it stands (审核链), or why it was not changed.")
class NameApproversPayload:
    """What naming gives."""

    levels: list[ReviewLevel] = strawberry.field(description="The levels.", directives=ANYBODY)
    refusal: Refusal | None = strawberry.field(description="Why nobody was named.", directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


async def _levels(desk: Desk) -> list[ReviewLevel]:
    return [ReviewLevel(level=level, named=list(named)) for level, named in await naming.approvers(desk)]


@strawberry.type
class ReviewQueries:
    """What a client may read of review."""

    @strawberry.field(
        description="What waits for the viewer's review (待审核), the oldest first.",
        directives=requires(Act.REVIEW_CLAIM, audited=Audited.PAGE),
    )
    async def review_queue(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[WaitingReview]:
        """List what waits."""
        desk = info.context
        found = await review_rows.read_review_queue(desk, Paging(first, after, last, before))
        return connection(found, WaitingReview.of, lambda: review_rows.count_review_queue(desk))

    @strawberry.field(description="The chain of review (审核链) under the rulebook in force.", directives=ANYBODY)
    async def review_levels(self, info: Info[Desk]) -> list[ReviewLevel]:
        """List the levels."""
        info.context.signed_in()
        return await _levels(info.context)


@strawberry.type
class ReviewMutations:
    """What a client may do in review."""

    @strawberry.mutation(
        description="Review a filing at the level at which it waits (审核, B4 C7 D11 G4 F4); the filer is told (F5).",
        directives=done(Act.REVIEW_CLAIM),
    )
    async def review_claim(self, info: Info[Desk], input: ReviewClaimInput) -> ReviewClaimPayload:
        """Review a filing."""
        return await answered(ReviewClaimPayload, info.context, await heard(info.context, Act.REVIEW_CLAIM, input))

    @strawberry.mutation(
        description="Name who reviews at a level (指定审核人, F4).", directives=done(Act.NAME_APPROVERS)
    )
    async def name_approvers(self, info: Info[Desk], input: NameApproversInput) -> NameApproversPayload:
        """Name approvers."""
        outcome = await heard(info.context, Act.NAME_APPROVERS, input)
        levels, refusal = await _levels(info.context), refusal_of(outcome.refusal)
        return NameApproversPayload(levels=levels, refusal=refusal, replayed=outcome.replayed)

    @strawberry.mutation(
        description="Name the designer who came with a customer, before the order (补充设计师, H8 H12).",
        directives=done(Act.NAME_DESIGNER),
    )
    async def name_designer(self, info: Info[Desk], input: NameDesignerInput) -> NameDesignerPayload:
        """Name a designer."""
        return await answered(NameDesignerPayload, info.context, await heard(info.context, Act.NAME_DESIGNER, input))
