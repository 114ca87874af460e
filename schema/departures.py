"""Departure on the wire: who leaves, what they still have to hand over, who took over what."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import checklist_rows, departure_rows, departures, handovers, pages
from records.checklist_rows import Item
from records.departure_rows import (
    DepartureCause,
    DepartureKind,
    DepartureRow,
    DepartureState,
    HandedOver,
    HandoverKind,
)  # fmt: skip
from records.departures import Announcement
from records.desk import Desk
from records.pages import Paging
from records.references import Kind, reference, row_of
from schema.directives import Audited, requires
from schema.filters import DepartureFilter, narrowed
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.people import Staff, Team, shown_person, shown_team
from schema.refusals import Refusal, refusal_of
from schema.types import Claim, Customer, Deal, shown_claim, shown_customer, shown_deal
from schema.wording import KEY, REFUSAL, REPLAYED, VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from records.outcomes import Done

DEPARTURE = requires(Act.VIEW_DEPARTURES)
ANYBODY = requires(None)
WHICH = "Which departure."


@strawberry.type(description="One thing to hand over (交接事项); what the viewer does not see of it is null.")
class HandoverItem:
    """One thing to hand over."""

    kind: HandoverKind = strawberry.field(description="What it is (类别).", directives=DEPARTURE)
    since: datetime = strawberry.field(description="Since when it is theirs.", directives=DEPARTURE)
    level: int | None = strawberry.field(
        description="Of a seat in the chain of review: its level (审核级); `handOver` names it by that.",
        directives=DEPARTURE,
    )
    item: strawberry.Private[Item]

    @classmethod
    def of(cls, item: Item) -> HandoverItem:
        """Show a thing."""
        return cls(kind=item.kind, since=item.since, level=item.level, item=item)

    @strawberry.field(description="The customer held, or whose it is about.", directives=DEPARTURE)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.item.customer)

    @strawberry.field(description="The filing (报备).", directives=DEPARTURE)
    async def claim(self, info: Info[Desk]) -> Claim | None:
        """Show the claim."""
        return await shown_claim(info.context, self.item.row) if self.kind is HandoverKind.FILING else None

    @strawberry.field(description="The deal (成交).", directives=DEPARTURE)
    async def deal(self, info: Info[Desk]) -> Deal | None:
        """Show the deal."""
        return await shown_deal(info.context, self.item.row) if self.kind is HandoverKind.DEAL else None

    @strawberry.field(description="By which id `handOver` names it; null for a seat.", directives=DEPARTURE)
    def reference(self) -> strawberry.ID | None:
        """Name it."""
        kind = _NAMED.get(self.kind)
        return None if kind is None else strawberry.ID(reference(kind, self.item.row))


_NAMED = {
    HandoverKind.HOLDING: Kind.CUSTOMER,
    HandoverKind.FILING: Kind.CLAIM,
    HandoverKind.DEAL: Kind.DEAL,
    HandoverKind.NOTICE: Kind.NOTICE,
}


@strawberry.type(description="Something that passed into somebody's hands (交接记录, G11): never changed.")
class Handover:
    """Something that was handed over."""

    kind: HandoverKind = strawberry.field(description="What it was (类别).", directives=DEPARTURE)
    at: datetime = strawberry.field(description="When.", directives=DEPARTURE)
    level: int | None = strawberry.field(description="Of a seat: its level.", directives=DEPARTURE)
    row: strawberry.Private[HandedOver]

    @classmethod
    def of(cls, row: HandedOver) -> Handover:
        """Show a handover."""
        return cls(kind=row.kind, at=row.at, level=row.level, row=row)

    @strawberry.field(description="The customer, as far as the viewer sees them.", directives=DEPARTURE)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.customer)

    @strawberry.field(description="The filing, as far as the viewer sees it.", directives=DEPARTURE)
    async def claim(self, info: Info[Desk]) -> Claim | None:
        """Show the claim."""
        return await shown_claim(info.context, self.row.filing)

    @strawberry.field(description="The deal, as far as the viewer sees it.", directives=DEPARTURE)
    async def deal(self, info: Info[Desk]) -> Deal | None:
        """Show the deal."""
        return await shown_deal(info.context, self.row.deal)

    @strawberry.field(description="Who took it over (接收人).", directives=DEPARTURE)
    async def to(self, info: Info[Desk]) -> Staff | None:
        """Show who took over."""
        return await shown_person(info.context, self.row.to)

    @strawberry.field(description="By whose word.", directives=DEPARTURE)
    async def by(self, info: Info[Desk]) -> Staff | None:
        """Show whose word it was."""
        return await shown_person(info.context, self.row.by)


@strawberry.type(description="That somebody leaves the company (离职), or their team (调岗), from the notice on (J9).")
class Departure(Node):
    """A departure."""

    kind: DepartureKind = strawberry.field(description="What they leave.", directives=DEPARTURE)
    state: DepartureState = strawberry.field(description="Where it stands (进度).", directives=DEPARTURE)
    cause: DepartureCause | None = strawberry.field(description="Why they leave the company.", directives=DEPARTURE)
    noticed_on: date = strawberry.field(description="When notice was given (提出日).", directives=DEPARTURE)
    last_day: date = strawberry.field(description="The last day as announced (最后工作日).", directives=DEPARTURE)
    is_notice_waived: bool = strawberry.field(description="A supervisor waived the notice.", directives=DEPARTURE)
    announced_at: datetime = strawberry.field(description="When it was entered.", directives=DEPARTURE)
    departed_at: datetime | None = strawberry.field(
        description="The instant from which nothing is theirs any more, or from which they are of the new team.",
        directives=DEPARTURE,
    )
    completed_at: datetime | None = strawberry.field(
        description="When the list was empty, and somebody said so (办结).", directives=DEPARTURE
    )
    version: int = strawberry.field(description="Counts its changes (版本).", directives=DEPARTURE)
    row: strawberry.Private[DepartureRow]

    @classmethod
    def of(cls, row: DepartureRow) -> Departure:
        """Show a departure."""
        return cls(
            id=strawberry.ID(reference(Kind.DEPARTURE, row.id)), kind=row.kind, state=row.state, cause=row.cause,
            noticed_on=row.noticed_on, last_day=row.last_day, is_notice_waived=row.is_notice_waived,
            announced_at=row.announced_at, departed_at=row.departed_at, completed_at=row.completed_at,
            version=row.version, row=row,
        )  # fmt: skip

    @strawberry.field(description="Who leaves.", directives=DEPARTURE)
    async def staff(self, info: Info[Desk]) -> Staff | None:
        """Show who leaves."""
        return await shown_person(info.context, self.row.staff)

    @strawberry.field(description="The team that they leave.", directives=DEPARTURE)
    async def team(self, info: Info[Desk]) -> Team | None:
        """Show the team."""
        return await shown_team(info.context, self.row.team)

    @strawberry.field(description="The team that they go to, of a change of team.", directives=DEPARTURE)
    async def to_team(self, info: Info[Desk]) -> Team | None:
        """Show the new team."""
        return await shown_team(info.context, self.row.to_team)

    @strawberry.field(description="Who entered it.", directives=DEPARTURE)
    async def announced_by(self, info: Info[Desk]) -> Staff | None:
        """Show who announced it."""
        return await shown_person(info.context, self.row.announced_by)

    @strawberry.field(description="Who said that all was handed over.", directives=DEPARTURE)
    async def completed_by(self, info: Info[Desk]) -> Staff | None:
        """Show who completed it."""
        return await shown_person(info.context, self.row.completed_by)

    @strawberry.field(
        description="What is still to be handed over (交接清单), the oldest first; empty: it can be completed.",
        directives=requires(Act.VIEW_DEPARTURES, audited=Audited.PAGE),
    )
    async def to_hand_over(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[HandoverItem]:
        """List what is to be handed over."""
        desk = info.context
        found = await checklist_rows.read_checklist(desk, self.row, Paging(first, after, last, before))
        return connection(found, HandoverItem.of, lambda: pages.count(checklist_rows.to_hand_over(desk, self.row)))

    @strawberry.field(
        description="What was handed over, and to whom (交接记录), the latest first.",
        directives=requires(Act.VIEW_DEPARTURES, audited=Audited.PAGE),
    )
    async def handovers(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Handover]:
        """List what was handed over."""
        found = await departure_rows.read_handovers(info.context, self.row, Paging(first, after, last, before))
        return connection(found, Handover.of, lambda: pages.count(departure_rows.handed_over(self.row.id)))

    @strawberry.field(description="What the viewer may do with it now (可用操作).", directives=DEPARTURE)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the viewer's acts."""
        return departure_rows.acts_on_departure(info.context, self.row)


async def shown_departure(desk: Desk, departure: UUID | None) -> Departure | None:
    """Show a departure, if it is in sight."""
    row = await departure_rows.departure(desk, departure)
    return None if row is None else Departure.of(row)


@strawberry.input(description="A notice (离职或调岗申请) of leaving the company, or of a change of team.")
class AnnounceDepartureInput:
    """A notice."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    staff: strawberry.ID | None = strawberry.field(default=None, description="Who leaves; oneself if null.")
    kind: DepartureKind = strawberry.field(default=DepartureKind.LEAVE, description="What they leave.")
    to_team: strawberry.ID | None = strawberry.field(default=None, description="Of a change of team: to which.")
    cause: DepartureCause | None = strawberry.field(default=None, description="Why; a resignation if null.")
    noticed_on: date | None = strawberry.field(default=None, description="When notice was given; today if null.")
    last_day: date = strawberry.field(description="The last day (J9: a month after the notice).")
    waives_notice: bool = strawberry.field(
        default=False, description="A shorter notice is agreed to (免除提前通知); nobody agrees to their own."
    )

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Announce it."""
        said = Announcement(
            staff=self.staff, kind=self.kind, to_team=self.to_team, cause=self.cause, noticed_on=self.noticed_on,
            last_day=self.last_day, waives_notice=self.waives_notice,
        )  # fmt: skip
        return departures.announce_departure(desk, said, key=self.idempotency_key)


@strawberry.input(description="A notice taken back (撤回), before anybody has left by it.")
class WithdrawDepartureInput:
    """Which notice."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    departure: strawberry.ID = strawberry.field(description=WHICH)
    expected_version: int = strawberry.field(description=VERSION)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Take it back."""
        version, key = self.expected_version, self.idempotency_key
        return departures.withdraw_departure(desk, self.departure, expected_version=version, key=key)


@strawberry.input(description="That somebody has left (离司), or is of their new team (到岗), from now on.")
class DepartStaffInput:
    """Which departure."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    departure: strawberry.ID = strawberry.field(description=WHICH)
    expected_version: int = strawberry.field(description=VERSION)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        version, key = self.expected_version, self.idempotency_key
        return departures.depart_staff(desk, self.departure, expected_version=version, key=key)


@strawberry.input(description="A handover (交接): what goes to whom. Neither items nor levels: everything that can.")
class HandOverInput:
    """A handover."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    departure: strawberry.ID = strawberry.field(description="Of whose departure.")
    expected_version: int = strawberry.field(description=VERSION)
    to: strawberry.ID = strawberry.field(description="Who takes over (接收人).")
    items: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Customers, claims, deals and notices of the list, by their ids."
    )
    levels: list[int] | None = strawberry.field(
        default=None, description="Seats in the chain of review, by their levels; a company leader's word (F4)."
    )

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Hand over."""
        version, key = self.expected_version, self.idempotency_key
        return handovers.hand_over(
            desk, self.departure, to=self.to, items=self.items, levels=self.levels, expected_version=version, key=key
        )


@strawberry.input(description="That all is handed over (办结): refused as long as anything is on the list.")
class CompleteDepartureInput:
    """Which departure."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    departure: strawberry.ID = strawberry.field(description=WHICH)
    expected_version: int = strawberry.field(description=VERSION)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Complete it."""
        version, key = self.expected_version, self.idempotency_key
        return departures.complete_departure(desk, self.departure, expected_version=version, key=key)


@strawberry.interface(description="A departure that was announced or changed (离职登记结果), or why not.")
class DepartureChanged:
    """What an act on a departure gives."""

    departure: Departure | None = strawberry.field(description="The departure as it stands now.", directives=DEPARTURE)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="A departure that was announced (申请结果), or why not.")
class AnnounceDeparturePayload(DepartureChanged):
    """What announcing gives."""


@strawberry.type(description="A notice that was taken back (撤回结果), or why not.")
class WithdrawDeparturePayload(DepartureChanged):
    """What taking back gives."""


@strawberry.type(description="A departure that took place (离司结果), or why not.")
class DepartStaffPayload(DepartureChanged):
    """What departing gives."""


@strawberry.type(description="What was handed over (交接结果), or why nothing was.")
class HandOverPayload(DepartureChanged):
    """What handing over gives."""


@strawberry.type(description="A departure that is complete (办结结果), or why not.")
class CompleteDeparturePayload(DepartureChanged):
    """What completing gives."""


P = TypeVar("P", bound=DepartureChanged)


async def changed_departure(payload: type[P], desk: Desk, outcome: Done) -> P:
    """Answer an act on a departure, under today's rights."""
    departure = await shown_departure(desk, outcome.node)
    return payload(departure=departure, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)


@strawberry.type
class DepartureQueries:
    """What a client may read of departures."""

    @strawberry.field(
        description="The departures (离职、调岗) in the viewer's scope, the latest announced first.",
        directives=requires(Act.VIEW_DEPARTURES, audited=Audited.PAGE),
    )
    async def departures(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: DepartureFilter | None = None,
    ) -> Connection[Departure]:  # fmt: skip
        """List the departures."""
        desk, wanted = info.context, narrowed(filter)
        found = await departure_rows.read_departures(desk, Paging(first, after, last, before), wanted)
        return connection(found, Departure.of, lambda: pages.count(departure_rows.departures(desk, wanted)))

    @strawberry.field(description="One departure (离职或调岗).", directives=requires(Act.VIEW_DEPARTURES))
    async def departure(self, info: Info[Desk], id: strawberry.ID) -> Departure | None:
        """Read one departure."""
        info.context.signed_in()
        return await shown_departure(info.context, row_of(Kind.DEPARTURE, id))


@strawberry.type
class DepartureMutations:
    """What a client may do when somebody leaves."""

    @strawberry.mutation(
        description="Announce that somebody leaves the company or changes teams (离职或调岗申请, J9 G11).",
        directives=done(Act.ANNOUNCE_DEPARTURE),
    )
    async def announce_departure(self, info: Info[Desk], input: AnnounceDepartureInput) -> AnnounceDeparturePayload:
        """Announce a departure."""
        outcome = await heard(info.context, Act.ANNOUNCE_DEPARTURE, input)
        return await changed_departure(AnnounceDeparturePayload, info.context, outcome)

    @strawberry.mutation(
        description="Take a notice back before anybody has left by it (撤回).", directives=done(Act.WITHDRAW_DEPARTURE)
    )
    async def withdraw_departure(self, info: Info[Desk], input: WithdrawDepartureInput) -> WithdrawDeparturePayload:
        """Withdraw a departure."""
        outcome = await heard(info.context, Act.WITHDRAW_DEPARTURE, input)
        return await changed_departure(WithdrawDeparturePayload, info.context, outcome)

    @strawberry.mutation(
        description="Record that somebody has left (离司): their team holds alone (A15 A16), their account is closed.",
        directives=done(Act.DEPART_STAFF),
    )
    async def depart_staff(self, info: Info[Desk], input: DepartStaffInput) -> DepartStaffPayload:
        """Record a departure."""
        outcome = await heard(info.context, Act.DEPART_STAFF, input)
        return await changed_departure(DepartStaffPayload, info.context, outcome)

    @strawberry.mutation(
        description="Hand over what somebody had, one thing or all at once (交接, A16 G11 J9); every clock runs on.",
        directives=done(Act.HAND_OVER),
    )
    async def hand_over(self, info: Info[Desk], input: HandOverInput) -> HandOverPayload:
        """Hand over."""
        outcome = await heard(info.context, Act.HAND_OVER, input)
        return await changed_departure(HandOverPayload, info.context, outcome)

    @strawberry.mutation(
        description="Say that all is handed over (办结, G11 J9): refused as long as anything is on the list.",
        directives=done(Act.COMPLETE_DEPARTURE),
    )
    async def complete_departure(self, info: Info[Desk], input: CompleteDepartureInput) -> CompleteDeparturePayload:
        """Complete a departure."""
        outcome = await heard(info.context, Act.COMPLETE_DEPARTURE, input)
        return await changed_departure(CompleteDeparturePayload, info.context, outcome)
