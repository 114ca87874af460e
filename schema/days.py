"""A working day on the wire: walk-ins, who is on duty, the daily record of visits, and who belongs to whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import communication_rows, duty, pages, relations, visit_record_rows, visit_records, walk_ins
from records.desk import Desk
from records.duty import DutyWeek as Week
from records.pages import Paging
from records.references import Kind, reference
from records.relations import RelationKind
from records.visit_record_rows import VisitRecordRow
from records.visit_records import Finding
from schema.directives import Audited, requires
from schema.filters import VisitRecordFilter, narrowed
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.payloads import Recorded, recorded
from schema.people import Staff, Team, shown_person, shown_team
from schema.refusals import Refusal, refusal_of
from schema.rulings import a_day
from schema.scalars import Phone, PlainText
from schema.types import Customer, shown_customer
from schema.wording import KEY, REFUSAL, REPLAYED

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from records.outcomes import Done

RECORD = requires(Act.VIEW_VISIT_RECORDS)
DUTY = requires(Act.VIEW_DUTY)
ANYBODY = requires(None)


@strawberry.type(description="A visit in the daily record (拜访记录, I6), and what was found of it (I9).")
class VisitRecord(Node):
    """A recorded visit."""

    visited_at: datetime = strawberry.field(description="When the visit was paid.", directives=RECORD)
    recorded_at: datetime = strawberry.field(description="When it was recorded.", directives=RECORD)
    is_late: bool = strawberry.field(
        description="It was recorded after the hour of its day that the rulebook names (I6: 21:00).", directives=RECORD
    )
    finding: Finding = strawberry.field(description="What was found of it (核实情况).", directives=RECORD)
    verified_at: datetime | None = strawberry.field(description="When that was found.", directives=RECORD)
    row: strawberry.Private[VisitRecordRow]

    @classmethod
    def of(cls, row: VisitRecordRow) -> VisitRecord:
        """Show a record."""
        return cls(
            id=strawberry.ID(reference(Kind.VISIT_RECORD, row.id)), visited_at=row.visited_at,
            recorded_at=row.recorded_at, is_late=row.is_late, finding=row.finding, verified_at=row.verified_at, row=row,
        )  # fmt: skip

    @strawberry.field(description="The customer; null where the reader does not see them.", directives=RECORD)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.customer)

    @strawberry.field(description="Who paid the visit.", directives=RECORD)
    async def by(self, info: Info[Desk]) -> Staff | None:
        """Show the visitor."""
        return await shown_person(info.context, self.row.by)

    @strawberry.field(description="Who found it true or not.", directives=RECORD)
    async def verified_by(self, info: Info[Desk]) -> Staff | None:
        """Show who found it."""
        return await shown_person(info.context, self.row.verified_by)

    @strawberry.field(
        description="What was noted of it (备注).",
        directives=requires(Act.VIEW_VISIT_RECORDS, audited=Audited.SHOWN),
    )
    async def note(self, info: Info[Desk]) -> str | None:
        """Show the note."""
        return (await communication_rows.noted(info.context, self.row.id)).note


async def shown_visit_record(desk: Desk, record: UUID | None) -> VisitRecord | None:
    """Show a recorded visit, if it is in sight."""
    row = await visit_record_rows.visit_record(desk, record)
    return None if row is None else VisitRecord.of(row)


@strawberry.type(description="A week of the duty roster (值班表, A20).")
class DutyWeek:
    """A week and who is on duty."""

    week: date = strawberry.field(description="Its Monday.", directives=DUTY)
    set_at: datetime | None = strawberry.field(
        description="When that was said last; null: nobody did.", directives=DUTY
    )
    row: strawberry.Private[Week]

    @classmethod
    def of(cls, row: Week) -> DutyWeek:
        """Show a week."""
        return cls(week=row.monday, set_at=row.set_at, row=row)

    @strawberry.field(description="The team on duty; null: nobody said.", directives=DUTY)
    async def team(self, info: Info[Desk]) -> Team | None:
        """Show the team."""
        return await shown_team(info.context, self.row.team)


@strawberry.input(description="A customer who came unasked (自行上门): one in sight, or the one of a phone.")
class RecordWalkInInput:
    """A walk-in."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID | None = strawberry.field(default=None, description="Who, if the receiver sees them.")
    phone: Phone | None = strawberry.field(
        default=None, description="Else the whole phone that they gave; asked within the day's budget."
    )
    by: strawberry.ID | None = strawberry.field(default=None, description="Who received them (A6); oneself otherwise.")
    occurred_at: datetime | None = strawberry.field(default=None, description="When; now unless said otherwise.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        return walk_ins.record_walk_in(
            desk, self.customer, phone=self.phone, by=self.by, occurred_at=self.occurred_at, key=self.idempotency_key
        )


@strawberry.input(description="Which team is on duty (值班) in which week.")
class SetDutyInput:
    """A week of duty."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    team: strawberry.ID = strawberry.field(description="Which team.")
    week: date = strawberry.field(description="Any day of the week.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Set it."""
        return duty.set_duty(desk, self.team, week=self.week, key=self.idempotency_key)


@strawberry.input(description="A visit for the daily record (拜访记录, I6).")
class FileVisitRecordInput:
    """A visit."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="Whom.")
    by: strawberry.ID | None = strawberry.field(default=None, description="Who paid it; oneself otherwise.")
    occurred_at: datetime | None = strawberry.field(default=None, description="When; now unless said otherwise.")
    note: PlainText | None = strawberry.field(default=None, description="What came of it (备注); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        at, key = self.occurred_at, self.idempotency_key
        return visit_records.file_visit_record(desk, self.customer, by=self.by, occurred_at=at, note=self.note, key=key)


@strawberry.input(description="What was found of a recorded visit (核实, I9).")
class VerifyVisitRecordInput:
    """A finding."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    record: strawberry.ID = strawberry.field(description="Which record.")
    is_true: bool = strawberry.field(description="True: the visit was paid; false: it scores nothing.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        return visit_records.verify_visit_record(desk, self.record, is_true=self.is_true, key=self.idempotency_key)


@strawberry.input(description="What two customers are to each other (关联人员, A17 G5).")
class RelateCustomersInput:
    """A relation."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="One of them.")
    to: strawberry.ID = strawberry.field(description="The other.")
    kind: RelationKind = strawberry.field(description="What they are; NONE ends it.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        return relations.relate_customers(desk, self.customer, to=self.to, kind=self.kind, key=self.idempotency_key)


@strawberry.type(description="A walk-in that was recorded (上门登记结果), or why not.")
class RecordWalkInPayload(Recorded):
    """What recording a walk-in gives."""


@strawberry.type(description="A relation that was recorded (关联登记结果), or why not.")
class RelateCustomersPayload(Recorded):
    """What relating customers gives."""


@strawberry.type(description="A week of duty that was set (值班安排结果), or why not.")
class SetDutyPayload:
    """What setting duty gives."""

    week: DutyWeek | None = strawberry.field(description="The week as it stands now.", directives=DUTY)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.interface(description="A recorded visit as it stands now (拜访记录结果), or why not.")
class VisitRecordPayload:
    """What an act on a recorded visit gives."""

    record: VisitRecord | None = strawberry.field(description="The record.", directives=RECORD)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="A visit that was recorded (拜访登记结果), or why not.")
class FileVisitRecordPayload(VisitRecordPayload):
    """What recording gives."""


@strawberry.type(description="A recorded visit of which it was found whether it is true (核实结果), or why not.")
class VerifyVisitRecordPayload(VisitRecordPayload):
    """What verifying gives."""


@strawberry.type
class DayQueries:
    """What a client may read of a day."""

    @strawberry.field(
        description="Who is on reception duty (值班表) in each week between two days; 60 weeks at most.",
        directives=requires(Act.VIEW_DUTY, audited=Audited.CARRIED),
    )
    async def duty_roster(self, info: Info[Desk], *, since: date, until: date) -> list[DutyWeek]:
        """List the weeks."""
        return [DutyWeek.of(week) for week in await duty.read_duty(info.context, a_day(since), a_day(until))]

    @strawberry.field(
        description="Recorded visits (拜访记录): one's own, one's team's, or all; the latest first.",
        directives=requires(Act.VIEW_VISIT_RECORDS, audited=Audited.CARRIED),
    )
    async def visit_records(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: VisitRecordFilter | None = None,
    ) -> Connection[VisitRecord]:  # fmt: skip
        """List the records."""
        desk, wanted = info.context, narrowed(filter)
        found = await visit_record_rows.read_visit_records(desk, Paging(first, after, last, before), wanted)
        return connection(found, VisitRecord.of, lambda: pages.count(visit_record_rows.visit_records(desk, wanted)))


@strawberry.type
class DayMutations:
    """What a client may do of a day."""

    @strawberry.mutation(
        description="Record that a customer came unasked (自行上门, A10); the holder is told, except in dispute (A11).",
        directives=done(Act.RECORD_WALK_IN),
    )
    async def record_walk_in(self, info: Info[Desk], input: RecordWalkInInput) -> RecordWalkInPayload:
        """Record a walk-in."""
        return await recorded(RecordWalkInPayload, info.context, await heard(info.context, Act.RECORD_WALK_IN, input))

    @strawberry.mutation(
        description="Say which team is on reception duty in a week (值班, A20); what was said last counts.",
        directives=done(Act.SET_DUTY),
    )
    async def set_duty(self, info: Info[Desk], input: SetDutyInput) -> SetDutyPayload:
        """Set duty."""
        outcome = await heard(info.context, Act.SET_DUTY, input)
        week = None if outcome.refusal else (await duty.read_duty(info.context, input.week, input.week))[0]
        shown = None if week is None else DutyWeek.of(week)
        return SetDutyPayload(week=shown, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)

    @strawberry.mutation(
        description="Record a visit in the daily record (拜访记录, I6).", directives=done(Act.FILE_VISIT_RECORD)
    )
    async def file_visit_record(self, info: Info[Desk], input: FileVisitRecordInput) -> FileVisitRecordPayload:
        """Record a visit."""
        return await _answered(
            FileVisitRecordPayload, info.context, await heard(info.context, Act.FILE_VISIT_RECORD, input)
        )

    @strawberry.mutation(
        description="Say of a recorded visit whether it was paid (核实, I9); never of one's own.",
        directives=done(Act.VERIFY_VISIT_RECORD),
    )
    async def verify_visit_record(self, info: Info[Desk], input: VerifyVisitRecordInput) -> VerifyVisitRecordPayload:
        """Verify a record."""
        outcome = await heard(info.context, Act.VERIFY_VISIT_RECORD, input)
        return await _answered(VerifyVisitRecordPayload, info.context, outcome)

    @strawberry.mutation(
        description="Say what two customers are to each other (关联人员, A17 G5).",
        directives=done(Act.RELATE_CUSTOMERS),
    )
    async def relate_customers(self, info: Info[Desk], input: RelateCustomersInput) -> RelateCustomersPayload:
        """Relate customers."""
        outcome = await heard(info.context, Act.RELATE_CUSTOMERS, input)
        return await recorded(RelateCustomersPayload, info.context, outcome)


V = TypeVar("V", bound=VisitRecordPayload)


async def _answered(payload: type[V], desk: Desk, outcome: Done) -> V:
    record = await shown_visit_record(desk, outcome.node)
    return payload(record=record, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)
