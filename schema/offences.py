"""Offences on the wire: what somebody did, what it is answered with, and what an appeal came to."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import offence_rows, offences
from records.desk import Desk
from records.offence_rows import OffenceSeen, OffenceState
from records.offences import OffenceKind, Sanction
from records.outcomes import Done
from records.references import Kind, reference
from records.scores import Score
from schema.deal_inputs import EvidenceInput
from schema.directives import requires
from schema.nodes import Node
from schema.people import Staff, shown_person
from schema.refusals import Clause, Refusal, clauses_of, refusal_of
from schema.scalars import PlainText
from schema.types import Customer, shown_customer
from schema.wording import KEY, REFUSAL, REPLAYED

OFFENCE = requires(Act.VIEW_OFFENCES)
ANYBODY = requires(None)


@strawberry.type(description="An offence (违规), by law or recorded; a fine is a record, never a deduction from pay.")
class Offence(Node):
    """An offence."""

    kind: OffenceKind = strawberry.field(description="What it is.", directives=OFFENCE)
    at: datetime = strawberry.field(description="When it happened.", directives=OFFENCE)
    state: OffenceState = strawberry.field(description="Where it stands.", directives=OFFENCE)
    step: Sanction | None = strawberry.field(description="What it is answered with.", directives=OFFENCE)
    yuan: int | None = strawberry.field(description="The fine in yuan, if any (H19 J18).", directives=OFFENCE)
    is_by_law: bool = strawberry.field(description="It follows from the facts (A28 D15 H19).", directives=OFFENCE)
    edition: str = strawberry.field(description="The edition of the rulebook that it is by.", directives=OFFENCE)
    row: strawberry.Private[OffenceSeen]

    @classmethod
    def of(cls, row: OffenceSeen) -> Offence:
        """Show an offence."""
        return cls(
            id=strawberry.ID(reference(Kind.OFFENCE, row.id)), kind=OffenceKind(row.kind), at=row.at, state=row.state,
            step=Sanction(row.step) if row.step else None, yuan=row.yuan, is_by_law=row.recorded_by is None,
            edition=row.edition, row=row,
        )  # fmt: skip

    @strawberry.field(description="Whose it is.", directives=OFFENCE)
    async def staff(self, info: Info[Desk]) -> Staff | None:
        """Show the person."""
        return await shown_person(info.context, self.row.staff)

    @strawberry.field(description="Over which customer, where in sight.", directives=OFFENCE)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.customer)

    @strawberry.field(description="Who recorded it; null where it is by law.", directives=OFFENCE)
    async def recorded_by(self, info: Info[Desk]) -> Staff | None:
        """Show who recorded it."""
        return await shown_person(info.context, self.row.recorded_by)

    @strawberry.field(description="Who decided the appeal.", directives=OFFENCE)
    async def decided_by(self, info: Info[Desk]) -> Staff | None:
        """Show who decided."""
        return await shown_person(info.context, self.row.decided_by)

    @strawberry.field(description="The clauses that it is against.", directives=OFFENCE)
    def clauses(self) -> list[Clause]:
        """Show the clauses."""
        return clauses_of(self.row.clauses)

    @strawberry.field(description="What the viewer may do about it (可用操作).", directives=OFFENCE)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return offence_rows.acts_on_offence(info.context, self.row)


async def shown_offence(desk: Desk, offence: UUID | None) -> Offence | None:
    """Show an offence, if it is in sight."""
    row = await offence_rows.offence(desk, offence)
    return None if row is None else Offence.of(row)


@strawberry.type(description="Points for visits in a month (积分, I8 I9 I10), as the facts stand.")
class Points:
    """Points."""

    points: int = strawberry.field(description="How many there are: of verified visits alone (I9).", directives=OFFENCE)
    shortfall: int = strawberry.field(description="How many are short of what is due.", directives=OFFENCE)
    penalty: str | None = strawberry.field(description="What follows from it: cleaning_duty (I10).", directives=OFFENCE)
    score: strawberry.Private[Score]

    @classmethod
    def of(cls, score: Score | None) -> Points | None:
        """Show points."""
        if score is None:
            return None
        return cls(points=score.points, shortfall=score.shortfall, penalty=score.penalty, score=score)

    @strawberry.field(description="The clauses that they rest on.", directives=OFFENCE)
    def clauses(self) -> list[Clause]:
        """Show the clauses."""
        return clauses_of(self.score.clauses)


@strawberry.input(description="An offence of somebody of one's team (违规登记), with evidence.")
class RecordOffenceInput:
    """An offence."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    staff: strawberry.ID = strawberry.field(description="Whose.")
    kind: OffenceKind = strawberry.field(description="What; never what follows from the facts by the law.")
    occurred_at: datetime | None = strawberry.field(default=None, description="When; now unless said otherwise.")
    customer: strawberry.ID | None = strawberry.field(
        default=None, description="Over which customer; without one, evidence takes documents alone."
    )
    step: Sanction | None = strawberry.field(default=None, description="A step of the ladder; else the next one.")
    yuan: int | None = strawberry.field(default=None, description="A fine, within what the rulebook allows.")
    evidence: list[EvidenceInput] = strawberry.field(description="1 to 20 pieces of evidence.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        return offences.record_offence(
            desk, self.staff, kind=self.kind, occurred_at=self.occurred_at, customer=self.customer, step=self.step,
            yuan=self.yuan, evidence=[piece.form() for piece in self.evidence], key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="An appeal against an offence of one's own (申诉), once, with evidence.")
class AppealOffenceInput:
    """An appeal."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    offence: strawberry.ID = strawberry.field(description="Which one.")
    evidence: list[EvidenceInput] = strawberry.field(description="1 to 20 pieces of evidence.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Appeal."""
        evidence = [piece.form() for piece in self.evidence]
        return offences.appeal_offence(desk, self.offence, evidence=evidence, key=self.idempotency_key)


@strawberry.input(description="What an appeal against an offence comes to (申诉裁定).")
class DecideOffenceInput:
    """A verdict."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    offence: strawberry.ID = strawberry.field(description="Which one.")
    is_upheld: bool = strawberry.field(description="It stands; else it is lifted, and counts for nothing.")
    reasons: PlainText | None = strawberry.field(default=None, description="Why; sealed, where there is a customer.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Decide it."""
        key = self.idempotency_key
        return offences.decide_offence(desk, self.offence, is_upheld=self.is_upheld, reasons=self.reasons, key=key)


@strawberry.interface(description="An offence that was recorded or decided (违规处理结果), or why not.")
class OffenceChanged:
    """What an act on an offence gives."""

    offence: Offence | None = strawberry.field(description="The offence as it stands now.", directives=OFFENCE)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="An offence that was recorded (违规登记结果), or why not.")
class RecordOffencePayload(OffenceChanged):
    """What recording gives."""


@strawberry.type(description="An appeal that was made (申诉结果), or why not.")
class AppealOffencePayload(OffenceChanged):
    """What appealing gives."""


@strawberry.type(description="An appeal that was decided (申诉裁定结果), or why not.")
class DecideOffencePayload(OffenceChanged):
    """What deciding gives."""


P = TypeVar("P", bound=OffenceChanged)


async def changed_offence(payload: type[P], desk: Desk, done: Done) -> P:
    """Answer an act on an offence."""
    offence = await shown_offence(desk, done.node)
    return payload(offence=offence, refusal=refusal_of(done.refusal), replayed=done.replayed)
