"""The nouns of the book on the wire that lead to each other: customers, claims, disputes and deals."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import strawberry
from strawberry.types import Info

from authz.acts import Act
from authz.policy import FieldClass
from claims.facts import FilingType
from records import (
    claim_rows,
    communication_rows,
    customer_rows,
    deal_rows,
    disclosure,
    dispute_rows,
    follow_up,
    holdings,
    relations,
)  # fmt: skip
from records.claim_rows import ClaimOrder, ClaimRow, FilingState
from records.customer_rows import CustomerRow
from records.deal_rows import DealOrder, DealRow
from records.desk import Desk
from records.disclosure import Masked, Shown
from records.dispute_rows import (
    DisputeOrder,
    DisputeRow,
    DisputeState,
)  # fmt: skip
from records.filing import FilingChannel
from records.pages import Paging
from records.references import Kind, reference
from records.relations import Relation as Related
from records.relations import RelationKind
from schema.commerce import COMMERCE, DEAL, Credit, Money, Rebate
from schema.communications import CLAIM, Communication
from schema.directives import Audited, requires
from schema.dispute_parts import DISPUTE, RULING, Award, DisputeDeadlines, EvidenceBrought, Party
from schema.filters import ClaimFilter, DealFilter, DisputeFilter, narrowed
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.people import Staff, Team, shown_person, shown_team
from schema.rulings import (
    AsOf,
    Holding,
    KnownAt,
    Ruling,
    moment,
    shown_claim_ruling,
    shown_deal_ruling,
    shown_dispute_ruling,
    shown_holding,
)
from schema.scalars import Percent

if TYPE_CHECKING:
    from uuid import UUID

S = TypeVar("S")
CUSTOMER = requires(Act.VIEW_CUSTOMERS)
IDENTITY = requires(Act.VIEW_CUSTOMERS, FieldClass.IDENTITY, Audited.SHOWN)
CONTACT = requires(Act.VIEW_CUSTOMERS, FieldClass.CONTACT, Audited.SHOWN)
LOCATION = requires(Act.VIEW_CUSTOMERS, FieldClass.LOCATION, Audited.SHOWN)


@strawberry.type(description="A text as a list shows it (脱敏文本): one mask for all roles, a phone as A7 writes it.")
class MaskedText:
    """A masked text."""

    display: str = strawberry.field(description="What is shown.", directives=CUSTOMER)
    is_masked: bool = strawberry.field(description="It hides something.", directives=CUSTOMER)
    can_reveal: bool = strawberry.field(
        description="The viewer may reveal it for a purpose (B11).", directives=CUSTOMER
    )

    @classmethod
    def of(cls, shown: Shown) -> MaskedText:
        """Show a text."""
        return cls(display=shown.display, is_masked=shown.is_masked, can_reveal=shown.can_reveal)


def certain(shown: S | None) -> S:
    """Give what whoever sees an object sees with it, by the rules of `records.queries`."""
    if shown is None:
        raise LookupError("an object in sight leads to one that is not")
    return shown


def _text(shown: Shown | None) -> MaskedText | None:
    return None if shown is None else MaskedText.of(shown)


@strawberry.type(description="A customer (客户) by exact identity, as the viewer's own team filed them last.")
class Customer(Node):
    """A customer."""

    row: strawberry.Private[CustomerRow]

    @classmethod
    def of(cls, row: CustomerRow) -> Customer:
        """Show a customer."""
        return cls(id=strawberry.ID(reference(Kind.CUSTOMER, row.id)), row=row)

    async def masked(self, info: Info[Desk]) -> Masked:
        """Give the card as the viewer may see it."""
        return await disclosure.masked(info.context, self.row)

    @strawberry.field(description="The name (姓名), legible within one's scope.", directives=IDENTITY)
    async def name(self, info: Info[Desk]) -> MaskedText:
        """Show the name."""
        return MaskedText.of((await self.masked(info)).name)

    @strawberry.field(description="The phones (电话), their last four digits hidden (A7).", directives=CONTACT)
    async def phones(self, info: Info[Desk]) -> list[MaskedText]:
        """Show the phones."""
        return [MaskedText.of(phone) for phone in (await self.masked(info)).phones]

    @strawberry.field(description="The WeChat id (微信号), masked.", directives=CONTACT)
    async def wechat(self, info: Info[Desk]) -> MaskedText | None:
        """Show the WeChat id."""
        return _text((await self.masked(info)).wechat)

    @strawberry.field(description="The email address (邮箱), masked.", directives=CONTACT)
    async def email(self, info: Info[Desk]) -> MaskedText | None:
        """Show the email address."""
        return _text((await self.masked(info)).email)

    @strawberry.field(description="The address (地址), masked.", directives=LOCATION)
    async def address(self, info: Info[Desk]) -> MaskedText | None:
        """Show the address."""
        return _text((await self.masked(info)).address)

    @strawberry.field(description="The building (楼牌号), masked.", directives=LOCATION)
    async def building(self, info: Info[Desk]) -> MaskedText | None:
        """Show the building."""
        return _text((await self.masked(info)).building)

    @strawberry.field(
        description="Who holds the customer (归属): null if nobody does. To a team that does not hold, "
        "`protectedUntil` alone. Decided by the rulebook in force (onsite: A3 A14 A15 A26 A29 A30).",
        directives=CUSTOMER,
    )
    async def holder(self, info: Info[Desk], as_of: AsOf = None, known_at: KnownAt = None) -> Holding | None:
        """Show the holding."""
        held = await holdings.holder(info.context, self.row.id, moment(as_of, known_at))
        return shown_holding(info.context, held, self.row.relation)

    @strawberry.field(description="The claims (报备) over the customer that the viewer may see.", directives=CLAIM)
    async def claims(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: ClaimFilter | None = None, order: ClaimOrder = ClaimOrder.FILED_AT_DESC,
    ) -> Connection[Claim]:  # fmt: skip
        """List the claims."""
        wanted, root = narrowed(filter), self.row.id
        found = await claim_rows.claims_of(info.context, root, Paging(first, after, last, before), wanted, order)
        return connection(found, Claim.of, partial(claim_rows.count_claims_of, info.context, root, wanted))

    @strawberry.field(description="The disputes (争议) over the customer that the viewer may see.", directives=DISPUTE)
    async def disputes(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: DisputeFilter | None = None, order: DisputeOrder = DisputeOrder.OPENED_AT_DESC,
    ) -> Connection[Dispute]:  # fmt: skip
        """List the disputes."""
        wanted, root = narrowed(filter), self.row.id
        found = await dispute_rows.disputes_of(info.context, root, Paging(first, after, last, before), wanted, order)
        return connection(found, Dispute.of, partial(dispute_rows.count_disputes_of, info.context, root, wanted))

    @strawberry.field(description="The deals (成交) with the customer that the viewer may see.", directives=DEAL)
    async def deals(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: DealFilter | None = None, order: DealOrder = DealOrder.OPENED_AT_DESC,
    ) -> Connection[Deal]:  # fmt: skip
        """List the deals."""
        wanted, root = narrowed(filter), self.row.id
        found = await deal_rows.deals_of(info.context, root, Paging(first, after, last, before), wanted, order)
        return connection(found, Deal.of, partial(deal_rows.count_deals_of, info.context, root, wanted))

    @strawberry.field(
        description="When somebody in sight last had word of them (最后一次接触): filed, brought in, in contact.",
        directives=CUSTOMER,
    )
    async def last_contact_at(self, info: Info[Desk]) -> datetime | None:
        """Tell when."""
        return await follow_up.last_word_of(info.context, self.row.id)

    @strawberry.field(
        description="From which day they are stale unless somebody has word of them (C16 E6 G12).", directives=CUSTOMER
    )
    async def stale_from(self, info: Info[Desk]) -> date | None:
        """Give the day."""
        last = await follow_up.last_word_of(info.context, self.row.id)
        return follow_up.stale_from(info.context.rulebook, last)

    @strawberry.field(description="What was said with them (沟通记录, B7), the latest first.", directives=CLAIM)
    async def communications(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Communication]:
        """List what was said."""
        desk, root = info.context, self.row.id
        found = await communication_rows.communications_of(desk, root, Paging(first, after, last, before))
        return connection(found, Communication.of, partial(communication_rows.count_communications, desk, root))

    @strawberry.field(description="To whom they belong (关联人员, A17 G5), as far as in sight.", directives=CUSTOMER)
    async def related(self, info: Info[Desk]) -> list[Relation]:
        """List the relations."""
        return [Relation.of(row) for row in await relations.related_to(info.context, self.row.id)]

    @strawberry.field(
        description="When their data were destroyed (销毁时间, G16): names and contacts open no more; facts stay.",
        directives=CUSTOMER,
    )
    def destroyed_at(self) -> datetime | None:
        """Tell when."""
        return self.row.destroyed_at

    @strawberry.field(description="Counts the facts that the viewer may see (版本).", directives=CUSTOMER)
    async def version(self, info: Info[Desk]) -> int:
        """Count."""
        return await customer_rows.version(info.context, self.row.id)

    @strawberry.field(description="What the viewer may do with the customer (可用操作).", directives=CUSTOMER)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return customer_rows.acts_on_customer(info.context, self.row)


@strawberry.type(description="A customer to whom another belongs (关联人员), and how.")
class Relation:
    """A relation."""

    kind: RelationKind = strawberry.field(description="What they are (关系).", directives=CUSTOMER)
    row: strawberry.Private[Related]

    @classmethod
    def of(cls, row: Related) -> Relation:
        """Show a relation."""
        return cls(kind=row.kind, row=row)

    @strawberry.field(description="The customer.", directives=CUSTOMER)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.customer)


async def shown_customer(desk: Desk, customer: UUID | None) -> Customer | None:
    """Show a customer, if they are in sight."""
    row = await customer_rows.customer(desk, customer)
    return None if row is None else Customer.of(row)


@strawberry.type(description="A claim (报备): the dated form of one claimant, and what became of it.")
class Claim(Node):
    """A claim."""

    type: FilingType = strawberry.field(description="What the filing is about (报备类型).", directives=CLAIM)
    state: FilingState = strawberry.field(description="Where it stands now (状态).", directives=CLAIM)
    missing: list[str] = strawberry.field(
        description="The fields that the rulebook asks for and that are not there (缺项).", directives=CLAIM
    )
    filed_at: datetime = strawberry.field(description="When it was recorded (录入时间).", directives=CLAIM)
    occurred_at: datetime = strawberry.field(description="When it was said, which counts (H2).", directives=CLAIM)
    channel: FilingChannel = strawberry.field(description="By which way it came (渠道).", directives=CLAIM)
    version: int = strawberry.field(description="Counts its changes (版本).", directives=CLAIM)
    contact_due_on: date | None = strawberry.field(
        description="Assigned: the last day for the first contact (B6 C9); after it the claim is overdue.",
        directives=CLAIM,
    )
    row: strawberry.Private[ClaimRow]

    @classmethod
    def of(cls, row: ClaimRow) -> Claim:
        """Show a claim."""
        return cls(
            id=strawberry.ID(reference(Kind.CLAIM, row.id)), type=FilingType(row.type), state=row.state,
            missing=list(row.missing), filed_at=row.filed_at, occurred_at=row.occurred_at,
            channel=FilingChannel(row.channel), version=row.version, contact_due_on=row.contact_due_on, row=row,
        )  # fmt: skip

    @strawberry.field(description="Whom it is a claim to (客户).", directives=CUSTOMER)
    async def customer(self, info: Info[Desk]) -> Customer:
        """Show the customer."""
        return certain(await shown_customer(info.context, self.row.customer))

    @strawberry.field(description="Whose claim it is (报备人).", directives=CLAIM)
    async def claimant(self, info: Info[Desk]) -> Staff:
        """Show the claimant."""
        return certain(await shown_person(info.context, self.row.claimant))

    @strawberry.field(description="The claimant's team when it was filed; null for who had none.", directives=CLAIM)
    async def team(self, info: Info[Desk]) -> Team | None:
        """Show the team."""
        return await shown_team(info.context, self.row.team)

    @strawberry.field(description="Who typed it (录入人, A6 E2).", directives=CLAIM)
    async def entered_by(self, info: Info[Desk]) -> Staff:
        """Show who entered it."""
        return certain(await shown_person(info.context, self.row.entered_by))

    @strawberry.field(description="What the law gives it now, and why (裁定).", directives=RULING)
    async def ruling(self, info: Info[Desk]) -> Ruling | None:
        """Show the ruling."""
        return await shown_claim_ruling(info.context, self.row)

    @strawberry.field(description="What the viewer may do with it (可用操作).", directives=CLAIM)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return claim_rows.acts_on_claim(info.context, self.row)


async def shown_claim(desk: Desk, claim: UUID | None) -> Claim | None:
    """Show a claim, if it is in sight."""
    row = await claim_rows.claim(desk, claim)
    return None if row is None else Claim.of(row)


@strawberry.type(description="A dispute over a customer (争议).")
class Dispute(Node):
    """A dispute."""

    state: DisputeState = strawberry.field(description="Where it stands (状态).", directives=DISPUTE)
    opened_at: datetime = strawberry.field(description="When it was opened.", directives=DISPUTE)
    version: int = strawberry.field(description="Counts its changes (版本).", directives=DISPUTE)
    row: strawberry.Private[DisputeRow]

    @classmethod
    def of(cls, row: DisputeRow) -> Dispute:
        """Show a dispute."""
        id_ = strawberry.ID(reference(Kind.DISPUTE, row.id))
        return cls(id=id_, state=row.state, opened_at=row.opened_at, version=row.version, row=row)

    @strawberry.field(description="Over whom it is; null to who decides it beyond their scope.", directives=CUSTOMER)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.customer)

    @strawberry.field(description="Its two sides, the opener's first.", directives=DISPUTE)
    def parties(self, info: Info[Desk]) -> list[Party]:
        """Show the sides."""
        return [Party(side=party.side, party=party) for party in dispute_rows.parties_of(info.context, self.row)]

    @strawberry.field(description="Who holds the customer by the law now, and why (裁定).", directives=RULING)
    async def ruling(self, info: Info[Desk]) -> Ruling | None:
        """Show the ruling."""
        return await shown_dispute_ruling(info.context, self.row)

    @strawberry.field(description="What was decided last; null while it is open.", directives=DISPUTE)
    async def award(self, info: Info[Desk]) -> Award | None:
        """Show the award."""
        found = await dispute_rows.awards_of(info.context, self.row)
        return Award.of(found[-1]) if found else None

    @strawberry.field(description="What was decided: first, and on appeal.", directives=DISPUTE)
    async def awards(self, info: Info[Desk]) -> list[Award]:
        """Show the awards."""
        return [Award.of(one) for one in await dispute_rows.awards_of(info.context, self.row)]

    @strawberry.field(
        description="The evidence (证据): one's own side's, or all to whoever decides.", directives=DISPUTE
    )
    async def evidence(self, info: Info[Desk]) -> list[EvidenceBrought]:
        """Show the evidence."""
        return [EvidenceBrought.of(one) for one in await dispute_rows.evidence_of(info.context, self.row)]

    @strawberry.field(description="Until when what is done (期限, A31).", directives=DISPUTE)
    def deadlines(self, info: Info[Desk]) -> DisputeDeadlines:
        """Show the deadlines."""
        return DisputeDeadlines.of(dispute_rows.deadlines_of(info.context, self.row))

    @strawberry.field(description="What the viewer may do with it: nobody settles their own.", directives=DISPUTE)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return dispute_rows.acts_on_dispute(info.context, self.row)


async def shown_dispute(desk: Desk, dispute: UUID | None) -> Dispute | None:
    """Show a dispute, if it is in sight."""
    row = await dispute_rows.dispute(desk, dispute)
    return None if row is None else Dispute.of(row)


@strawberry.type(description="A deal (成交) with a customer: its steps, and what they come to.")
class Deal(Node):
    """A deal."""

    opened_at: datetime = strawberry.field(description="When it was recorded first.", directives=DEAL)
    ordered_at: datetime | None = strawberry.field(description="When it was ordered (订单).", directives=DEAL)
    signed_at: datetime | None = strawberry.field(description="When the contract was signed (签约).", directives=DEAL)
    finished_at: datetime | None = strawberry.field(description="When the work was finished (竣工).", directives=DEAL)
    version: int = strawberry.field(description="Counts its changes (版本).", directives=DEAL)
    row: strawberry.Private[DealRow]

    @classmethod
    def of(cls, row: DealRow) -> Deal:
        """Show a deal."""
        return cls(
            id=strawberry.ID(reference(Kind.DEAL, row.id)), opened_at=row.opened_at, ordered_at=row.ordered_at,
            signed_at=row.signed_at, finished_at=row.finished_at, version=row.version, row=row,
        )  # fmt: skip

    @strawberry.field(description="Whose deal it is (客户).", directives=CUSTOMER)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.customer)

    @strawberry.field(description="Around whom the buyer is (周边人员, A17), if in sight.", directives=DEAL)
    async def related_to(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.related_to)

    @strawberry.field(description="For how much, shown to those whom it concerns.", directives=COMMERCE)
    async def amount(self, info: Info[Desk]) -> Money | None:
        """Show the sum."""
        return Money.of((await deal_rows.worth_of(info.context, self.row)).amount)

    @strawberry.field(description="What share of the price is paid, shown likewise.", directives=COMMERCE)
    async def paid_percent(self, info: Info[Desk]) -> Percent | None:
        """Show the share."""
        percent = (await deal_rows.worth_of(info.context, self.row)).percent
        return None if percent is None else Percent(percent)

    @strawberry.field(
        description="Who earns what (业绩界定): the law's credit, split (A22) and conceded (H5).", directives=DEAL
    )
    async def credit(self, info: Info[Desk], as_of: AsOf = None, known_at: KnownAt = None) -> list[Credit]:
        """Show who earns what."""
        earned = await deal_rows.earned_of(info.context, self.row, moment(as_of, known_at))
        return [Credit.of(one) for one in earned]

    @strawberry.field(description="The designers' rebates (返点, H21), for those concerned.", directives=DEAL)
    async def rebates(self, info: Info[Desk]) -> list[Rebate]:
        """Show the rebates."""
        return [Rebate.of(one) for one in await deal_rows.rebates_of(info.context, self.row)]

    @strawberry.field(description="What the law says of it, and why (裁定).", directives=RULING)
    async def ruling(self, info: Info[Desk], as_of: AsOf = None, known_at: KnownAt = None) -> Ruling | None:
        """Show the ruling."""
        return await shown_deal_ruling(info.context, self.row, moment(as_of, known_at))

    @strawberry.field(description="What the viewer may do with it (可用操作).", directives=DEAL)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return deal_rows.acts_on_deal(info.context, self.row)


async def shown_deal(desk: Desk, deal: UUID | None) -> Deal | None:
    """Show a deal, if it is in sight."""
    row = await deal_rows.deal(desk, deal)
    return None if row is None else Deal.of(row)
