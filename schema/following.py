"""Following up on the wire: who is assigned, what was said with a customer, and what ends soon."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import assignment, reminder_rows
from records.desk import Desk
from records.pages import Paging
from records.reminder_rows import Reminder as Ending
from records.reminder_rows import ReminderKind
from schema.directives import Audited, requires
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, connection
from schema.payloads import Recorded, recorded
from schema.people import Staff, shown_person
from schema.scalars import PlainText
from schema.types import Customer, certain, shown_customer
from schema.wording import KEY, VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from records.outcomes import Done

REMINDER = requires(Act.VIEW_REMINDERS)


@strawberry.type(description="Something that ends soon (到期提醒): a function of the clock, sent to nobody.")
class Reminder:
    """Something that ends soon."""

    kind: ReminderKind = strawberry.field(description="What ends (到期类别).", directives=REMINDER)
    last_day: date = strawberry.field(description="The last day (到期日).", directives=REMINDER)
    days_left: int = strawberry.field(description="How many days are left; 0 on the last.", directives=REMINDER)
    mark: int = strawberry.field(
        description="Within which of the rulebook's days it ends: 7, 3 or 1 unless it names others.",
        directives=REMINDER,
    )
    row: strawberry.Private[Ending]

    @classmethod
    def of(cls, row: Ending) -> Reminder:
        """Show a reminder."""
        return cls(kind=row.kind, last_day=row.last_day, days_left=row.days_left, mark=row.mark, row=row)

    @strawberry.field(description="Of which customer.", directives=requires(Act.VIEW_CUSTOMERS))
    async def customer(self, info: Info[Desk]) -> Customer:
        """Show the customer."""
        return certain(await shown_customer(info.context, self.row.customer))

    @strawberry.field(description="Who holds them; null where the team alone does.", directives=REMINDER)
    async def staff(self, info: Info[Desk]) -> Staff | None:
        """Show the holder."""
        return await shown_person(info.context, self.row.staff)


@strawberry.input(description="An assignment (分派): who follows the customer up from now on.")
class AssignCustomerInput:
    """An assignment."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="Which customer.")
    expected_version: int = strawberry.field(description=VERSION)
    to: strawberry.ID = strawberry.field(description="Who.")
    reason: PlainText | None = strawberry.field(default=None, description="Why (理由); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Assign them."""
        version, key = self.expected_version, self.idempotency_key
        return assignment.assign_customer(
            desk, self.customer, to=self.to, reason=self.reason, expected_version=version, key=key
        )


@strawberry.input(description="A customer taken back (收回) from whoever was to follow up.")
class TakeBackCustomerInput:
    """A customer taken back."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="Which customer.")
    expected_version: int = strawberry.field(description=VERSION)
    reason: PlainText | None = strawberry.field(default=None, description="Why (理由); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Take them back."""
        version, key = self.expected_version, self.idempotency_key
        return assignment.take_back_customer(desk, self.customer, reason=self.reason, expected_version=version, key=key)


@strawberry.type(description="An assignment that was recorded (分派结果), or why not.")
class AssignCustomerPayload(Recorded):
    """What assigning gives."""


@strawberry.type(description="A customer that was taken back (收回结果), or why not.")
class TakeBackCustomerPayload(Recorded):
    """What taking back gives."""


@strawberry.type
class FollowingQueries:
    """What a client may read of following up."""

    @strawberry.field(
        description="What ends soon (到期提醒) of what the viewer holds, or their team; the soonest first.",
        directives=requires(Act.VIEW_REMINDERS, audited=Audited.PAGE),
    )
    async def reminders(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Reminder]:
        """List what ends soon."""
        desk = info.context
        found = await reminder_rows.read_reminders(desk, Paging(first, after, last, before))
        return connection(found, Reminder.of, lambda: reminder_rows.count_reminders(desk))


@strawberry.type
class FollowingMutations:
    """What a client may do in following up."""

    @strawberry.mutation(
        description="Assign a customer to whoever follows up (分派, B5 C8 I13 A16 G11); they are told.",
        directives=done(Act.ASSIGN_CUSTOMER),
    )
    async def assign_customer(self, info: Info[Desk], input: AssignCustomerInput) -> AssignCustomerPayload:
        """Assign a customer."""
        outcome = await heard(info.context, Act.ASSIGN_CUSTOMER, input)
        return await recorded(AssignCustomerPayload, info.context, outcome)

    @strawberry.mutation(
        description="Take a customer back from whoever was to follow up (收回); they are told.",
        directives=done(Act.TAKE_BACK_CUSTOMER),
    )
    async def take_back_customer(self, info: Info[Desk], input: TakeBackCustomerInput) -> TakeBackCustomerPayload:
        """Take a customer back."""
        outcome = await heard(info.context, Act.TAKE_BACK_CUSTOMER, input)
        return await recorded(TakeBackCustomerPayload, info.context, outcome)
