"""The nouns of the book on the wire: customers, claims, disputes and the access log."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeVar

import strawberry
from strawberry.types import Info

from authz.acts import Act
from authz.policy import FieldClass
from claims.facts import FactKind, FilingType
from records import (
    claim_rows,
    communication_rows,
    confirmation_rows,
    customer_rows,
    deal_rows,
    disclosure,
    dispute_rows,
    follow_up,
    holdings,
    log_rows,
    relations,
)  # fmt: skip
from records.awards import AwardLevel
from records.claim_rows import ClaimOrder, ClaimRow, FilingState
from records.communication_rows import Communication as CommunicationRow
from records.confirmation_rows import ConfirmationRow, ConfirmationState
from records.customer_rows import CustomerRow
from records.deal_rows import DealOrder, DealRow
from records.desk import Desk
from records.disclosure import Masked, PurposeCode, Shown
from records.dispute_rows import (
    AwardShown,
    Deadlines,
    DisputeOrder,
    DisputeRow,
    DisputeState,
    EvidenceShown,
    PartyShown,
)  # fmt: skip
from records.dispute_sides import Side
from records.evidence import EvidenceKind
from records.filing import FilingChannel
from records.log_rows import EntryRow
from records.pages import Paging
from records.references import Kind, reference, row_of
from records.relations import Relation as Related
from records.relations import RelationKind
from schema.commerce import COMMERCE, DEAL, Credit, Money, Rebate
from schema.directives import Audited, requires
from schema.errors import Language
from schema.filters import ClaimFilter, DealFilter, DisputeFilter, narrowed
from schema.nodes import Connection, Node, connection
from schema.people import Staff, Team, shown_person, shown_team
from schema.refusals import spoken
from schema.rulings import (
    Holding,
    Ruling,
    moment,
    shown_award_ruling,
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
CLAIM = requires(Act.VIEW_CLAIMS)
NOTED = requires(Act.VIEW_CLAIMS, audited=Audited.SHOWN)
DISPUTE = requires(Act.VIEW_DISPUTES)
RULING = requires(Act.VIEW_RULINGS, FieldClass.RULING)
LOG = requires(Act.VIEW_ACCESS_LOG, FieldClass.ACCESS_LOG, Audited.LOG)

First = Annotated[int | None, strawberry.argument(description="At most so many from the beginning, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="Only what stands behind this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="At most so many from the end, 1 to 100.")]
Before = Annotated[str | None, strawberry.argument(description="Only what stands before this cursor.")]
AsOf = Annotated[datetime | None, strawberry.argument(description="What held then; now unless said otherwise.")]
KnownAt = Annotated[datetime | None, strawberry.argument(description="By what was recorded until then.")]


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


@strawberry.type(description="A communication with a customer (沟通记录, B7): a visit, a walk-in or a contact.")
class Communication:
    """A communication."""

    kind: FactKind = strawberry.field(description="What kind (类别).", directives=CLAIM)
    at: datetime = strawberry.field(description="When it happened.", directives=CLAIM)
    row: strawberry.Private[CommunicationRow]

    @classmethod
    def of(cls, row: CommunicationRow) -> Communication:
        """Show a communication."""
        return cls(kind=row.kind, at=row.at, row=row)

    @strawberry.field(description="Whose it was.", directives=CLAIM)
    async def by(self, info: Info[Desk]) -> Staff | None:
        """Show whose."""
        return await shown_person(info.context, self.row.by)

    @strawberry.field(description="What was noted of it (备注).", directives=NOTED)
    async def note(self, info: Info[Desk]) -> str | None:
        """Show the note."""
        return (await communication_rows.noted(info.context, self.row.id)).note

    @strawberry.field(description="What the customer needed then (需求).", directives=NOTED)
    async def need(self, info: Info[Desk]) -> str | None:
        """Show the need."""
        return (await communication_rows.noted(info.context, self.row.id)).need

    @strawberry.field(description="What the customer said (反馈).", directives=NOTED)
    async def feedback(self, info: Info[Desk]) -> str | None:
        """Show the feedback."""
        return (await communication_rows.noted(info.context, self.row.id)).feedback


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


@strawberry.type(description="A piece of evidence (证据); its words are read by `readPapers`.")
class EvidencePiece:
    """A piece of evidence."""

    kind: EvidenceKind = strawberry.field(description="What it is.", directives=requires(None))
    document: str | None = strawberry.field(description="Its document's SHA-256.", directives=requires(None))


@strawberry.type(
    description="A side of a dispute (当事方). Until an award, the other side is a label and nothing else."
)
class Party:
    """A side of a dispute."""

    side: Side = strawberry.field(description="Which side it is on.", directives=DISPUTE)
    party: strawberry.Private[PartyShown]

    @strawberry.field(description="By what it goes: your side, or the other claimant.", directives=DISPUTE)
    def label(self, info: Info[Desk], language: Language | None = None) -> str:
        """Name the side."""
        return self.party.words(spoken(info, language))

    @strawberry.field(description="The person; null where the viewer does not know them yet.", directives=DISPUTE)
    async def staff(self, info: Info[Desk]) -> Staff | None:
        """Show the person."""
        return await shown_person(info.context, self.party.staff)

    @strawberry.field(description="The person's team; null where the viewer does not know it yet.", directives=DISPUTE)
    async def team(self, info: Info[Desk]) -> Team | None:
        """Show the team."""
        return await shown_team(info.context, self.party.team)


@strawberry.type(description="What a supervisor decided and signed (裁决, A31 H20).")
class Award:
    """An award."""

    at: datetime = strawberry.field(description="When it was signed.", directives=DISPUTE)
    level: AwardLevel = strawberry.field(description="Whose word it is: the first, or on appeal.", directives=DISPUTE)
    departs: bool = strawberry.field(
        description="It gives what is disputed to somebody else than the ruling does, for reasons.", directives=DISPUTE
    )
    shown: strawberry.Private[AwardShown]

    @classmethod
    def of(cls, shown: AwardShown) -> Award:
        """Show an award."""
        return cls(at=shown.given_at, level=shown.level, departs=shown.departs, shown=shown)

    @strawberry.field(description="For whom it was decided.", directives=DISPUTE)
    async def to(self, info: Info[Desk]) -> Staff | None:
        """Show for whom."""
        return await shown_person(info.context, self.shown.to)

    @strawberry.field(description="Who signed it.", directives=DISPUTE)
    async def by(self, info: Info[Desk]) -> Staff | None:
        """Show by whom."""
        return await shown_person(info.context, self.shown.given_by)

    @strawberry.field(description="The engine's ruling, as it stood when it was signed (裁定).", directives=RULING)
    async def ruling(self, info: Info[Desk]) -> Ruling | None:
        """Show the ruling."""
        return await shown_award_ruling(info.context, self.shown)


@strawberry.type(description="Evidence that a side of a dispute brought (举证); its words are read by `readPapers`.")
class EvidenceBrought:
    """Evidence of a side."""

    side: Side = strawberry.field(description="Which side brought it.", directives=DISPUTE)
    at: datetime = strawberry.field(description="When.", directives=DISPUTE)
    pieces: list[EvidencePiece] = strawberry.field(description="Each piece.", directives=DISPUTE)

    @classmethod
    def of(cls, shown: EvidenceShown) -> EvidenceBrought:
        """Show evidence."""
        pieces = [EvidencePiece(kind=EvidenceKind(kind), document=document) for kind, document in shown.pieces]
        return cls(side=shown.side, at=shown.at, pieces=pieces)


@strawberry.type(description="Until when what is done in a dispute (期限, A31); null where the rulebook sets no time.")
class DisputeDeadlines:
    """A dispute's deadlines."""

    evidence_until: date | None = strawberry.field(description="The last day for evidence.", directives=DISPUTE)
    award_due_on: date | None = strawberry.field(description="The last day for the award.", directives=DISPUTE)
    appeal_until: date | None = strawberry.field(description="The last day for an appeal.", directives=DISPUTE)

    @classmethod
    def of(cls, found: Deadlines) -> DisputeDeadlines:
        """Show the deadlines."""
        return cls(
            evidence_until=found.evidence_until, award_due_on=found.award_due_on, appeal_until=found.appeal_until
        )


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


@strawberry.type(description="An entry of the access log (访问日志): who saw or did what, when, and why.")
class AccessEntry(Node):
    """An entry of the access log."""

    at: datetime = strawberry.field(description="When, by the database's clock.", directives=LOG)
    tag: str = strawberry.field(description="What happened, as subject:action; never renamed.", directives=LOG)
    fields: list[str] = strawberry.field(description="Which fields it was about.", directives=LOG)
    purpose: PurposeCode | None = strawberry.field(description="For which purpose (目的, B11).", directives=LOG)
    allowed: bool = strawberry.field(description="Whether it was let pass.", directives=LOG)
    count: int = strawberry.field(description="How many objects a page showed, or how often.", directives=LOG)
    grant: strawberry.ID | None = strawberry.field(
        description="The grant by which it was let pass (所凭授权, E10); null where none was needed.", directives=LOG
    )
    row: strawberry.Private[EntryRow]

    @classmethod
    def of(cls, row: EntryRow) -> AccessEntry:
        """Show an entry."""
        return cls(
            id=strawberry.ID(reference(Kind.ACCESS_ENTRY, row.id)), at=row.at, tag=row.tag,
            fields=[field.upper() for field in row.fields], purpose=PurposeCode(row.purpose) if row.purpose else None,
            allowed=row.allowed, count=row.count, row=row,
            grant=strawberry.ID(row.rule) if row_of(Kind.GRANT, row.rule) else None,
        )  # fmt: skip

    @strawberry.field(description="Who did it; null for somebody who was not signed in.", directives=LOG)
    async def actor(self, info: Info[Desk]) -> Staff | None:
        """Show the actor."""
        return await shown_person(info.context, self.row.actor)

    @strawberry.field(description="Whom it was about; null where the viewer does not see them.", directives=LOG)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.customer)

    @strawberry.field(description="The note that was given with the purpose (备注).", directives=LOG)
    async def note(self, info: Info[Desk]) -> str | None:
        """Open the note."""
        return await log_rows.note_of(info.context, self.row)


async def shown_entry(desk: Desk, entry: UUID | None) -> AccessEntry | None:
    """Show an entry of the log, if it is in sight."""
    row = await log_rows.entry(desk, entry)
    return None if row is None else AccessEntry.of(row)


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


@strawberry.type(description="An application for a deal that nobody holds (认领, A18).")
class Confirmation(Node):
    """An application."""

    applied_at: datetime = strawberry.field(description="When: what it becomes counts from then.", directives=DEAL)
    state: ConfirmationState = strawberry.field(description="Where it stands.", directives=DEAL)
    evidence: list[EvidencePiece] = strawberry.field(description="What it rests on.", directives=DEAL)
    judged_at: datetime | None = strawberry.field(description="When it was judged.", directives=DEAL)
    version: int = strawberry.field(description="Counts its changes (版本).", directives=DEAL)
    row: strawberry.Private[ConfirmationRow]

    @classmethod
    def of(cls, row: ConfirmationRow) -> Confirmation:
        """Show an application."""
        evidence = [EvidencePiece(kind=EvidenceKind(kind), document=document) for kind, document in row.evidence]
        return cls(
            id=strawberry.ID(reference(Kind.CONFIRMATION, row.id)), applied_at=row.applied_at, state=row.state,
            evidence=evidence, judged_at=row.judged_at, version=row.version, row=row,
        )  # fmt: skip

    @strawberry.field(description="The deal, where the viewer sees it.", directives=DEAL)
    async def deal(self, info: Info[Desk]) -> Deal | None:
        """Show the deal."""
        return await shown_deal(info.context, self.row.deal)

    @strawberry.field(description="Who applied.", directives=DEAL)
    async def applicant(self, info: Info[Desk]) -> Staff | None:
        """Show the applicant."""
        return await shown_person(info.context, self.row.applicant)

    @strawberry.field(description="Who judged it; null where the rulebook asks nobody.", directives=DEAL)
    async def judged_by(self, info: Info[Desk]) -> Staff | None:
        """Show the judge."""
        return await shown_person(info.context, self.row.judged_by)

    @strawberry.field(description="What the viewer may do with it (可用操作).", directives=DEAL)
    def viewer_can(self) -> list[Act]:
        """List the acts."""
        return [Act.JUDGE_CONFIRMATION] if self.row.may_judge else []


async def shown_confirmation(desk: Desk, confirmation: UUID | None) -> Confirmation | None:
    """Show an application, if it is in sight."""
    row = await confirmation_rows.confirmation(desk, confirmation)
    return None if row is None else Confirmation.of(row)
