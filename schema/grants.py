"""Grants on the wire (E10): a superior's word for a look in the clear is asked for, given, refused and withdrawn."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import communication_rows, grant_rows
from records import grants as book_of_grants
from records.desk import Desk
from records.disclosure import ContactField, PurposeCode
from records.grant_rows import GrantRow, GrantState
from records.grants import Look
from records.pages import Paging
from records.references import Kind, reference
from schema.directives import Audited, requires
from schema.filters import GrantFilter, narrowed
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.people import Staff, shown_person
from schema.refusals import Refusal, refusal_of
from schema.scalars import PlainText
from schema.types import Customer, shown_customer
from schema.wording import KEY, REFUSAL, REPLAYED, VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from records.outcomes import Done

ANYBODY = requires(None)
GRANT = requires(Act.VIEW_GRANTS)
_SAID = requires(Act.VIEW_GRANTS, audited=Audited.SHOWN)
_PAPERS = "The papers too: of the customer's deals and disputes, by whoever needs a grant to read them."
_UNTIL = "Until when it holds (有效期至): eight hours from now at most."


@strawberry.type(
    description="A grant (授权, E10): for one person, one customer and one purpose, until an instant; it opens what "
    "its giver's own team may open."
)
class RevealGrant(Node):
    """A grant."""

    fields: list[ContactField] = strawberry.field(description="Which contact fields (授权字段).", directives=GRANT)
    papers: bool = strawberry.field(description="The papers too (含案卷).", directives=GRANT)
    purpose: PurposeCode = strawberry.field(description="For which purpose (目的, B11).", directives=GRANT)
    state: GrantState = strawberry.field(description="Where it stands now (状态).", directives=GRANT)
    requested_at: datetime = strawberry.field(
        description="When it was asked for, or given unasked (申请时间).", directives=GRANT
    )
    decided_at: datetime | None = strawberry.field(description="When it was given or refused.", directives=GRANT)
    until: datetime | None = strawberry.field(description="Until when it holds (有效期至).", directives=GRANT)
    withdrawn_at: datetime | None = strawberry.field(description="When it was withdrawn.", directives=GRANT)
    uses: int = strawberry.field(description="How often it was used (使用次数).", directives=GRANT)
    version: int = strawberry.field(description="Counts its changes (版本); uses are none.", directives=GRANT)
    row: strawberry.Private[GrantRow]

    @classmethod
    def of(cls, row: GrantRow) -> RevealGrant:
        """Show a grant."""
        return cls(
            id=strawberry.ID(reference(Kind.GRANT, row.id)), fields=list(row.fields), papers=row.papers,
            purpose=row.purpose, state=row.state, requested_at=row.requested_at, decided_at=row.decided_at,
            until=row.until, withdrawn_at=row.withdrawn_at, uses=row.uses, version=row.version, row=row,
        )  # fmt: skip

    @strawberry.field(description="Who may look (被授权人).", directives=GRANT)
    async def staff(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.staff)

    @strawberry.field(description="At whom; null where the viewer does not see them.", directives=GRANT)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.customer)

    @strawberry.field(description="Who gave or refused it (批准人).", directives=GRANT)
    async def decided_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.decided_by)

    @strawberry.field(description="Who withdrew it (撤回人).", directives=GRANT)
    async def withdrawn_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.withdrawn_by)

    @strawberry.field(description="Why it was asked for (申请理由); null for one given unasked.", directives=_SAID)
    async def reason(self, info: Info[Desk]) -> str | None:
        """Show the reason."""
        fact = self.row.request_fact
        return None if fact is None else (await communication_rows.noted(info.context, fact)).note

    @strawberry.field(description="What whoever decided it said (批准或驳回意见).", directives=_SAID)
    async def answer(self, info: Info[Desk]) -> str | None:
        """Show the answer."""
        fact = self.row.decided_fact
        return None if fact is None else (await communication_rows.noted(info.context, fact)).note

    @strawberry.field(description="What the viewer may do with it (可用操作).", directives=GRANT)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return grant_rows.acts_on_grant(info.context, self.row)


async def shown_grant(desk: Desk, grant: UUID | None) -> RevealGrant | None:
    """Show a grant, if it is in sight."""
    row = await grant_rows.grant(desk, grant)
    return None if row is None else RevealGrant.of(row)


@strawberry.input(description="A grant to ask for (申请授权).")
class RequestGrantInput:
    """A request."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="Of whom.")
    fields: list[ContactField] = strawberry.field(description="Which contact fields; none for the papers alone.")
    papers: bool = strawberry.field(default=False, description=_PAPERS)
    purpose: PurposeCode = strawberry.field(description="For which purpose.")
    reason: PlainText = strawberry.field(description="Why (申请理由); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Ask for it."""
        look = Look(
            customer=self.customer, fields=self.fields, papers=self.papers, purpose=self.purpose, reason=self.reason
        )
        return book_of_grants.request_grant(desk, look, key=self.idempotency_key)


@strawberry.input(description="A grant to give (批准授权).")
class GiveGrantInput:
    """A yes."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    grant: strawberry.ID = strawberry.field(description="Which one.")
    expected_version: int = strawberry.field(description=VERSION)
    until: datetime = strawberry.field(description=_UNTIL)
    note: PlainText | None = strawberry.field(default=None, description="In words (批准意见); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Give it."""
        return book_of_grants.give_grant(
            desk, self.grant, until=self.until, note=self.note, expected_version=self.expected_version,
            key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="A grant to refuse (驳回授权).")
class RefuseGrantInput:
    """A no."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    grant: strawberry.ID = strawberry.field(description="Which one.")
    expected_version: int = strawberry.field(description=VERSION)
    reason: PlainText = strawberry.field(description="Why (驳回理由); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Refuse it."""
        version, key = self.expected_version, self.idempotency_key
        return book_of_grants.refuse_grant(desk, self.grant, reason=self.reason, expected_version=version, key=key)


@strawberry.input(description="A grant that nobody asked for (主动授权).")
class OfferGrantInput:
    """An offer."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    staff: strawberry.ID = strawberry.field(description="Who may look: one who needs a grant for it, never oneself.")
    customer: strawberry.ID = strawberry.field(description="At whom.")
    fields: list[ContactField] = strawberry.field(description="Which contact fields; none for the papers alone.")
    papers: bool = strawberry.field(default=False, description=_PAPERS)
    purpose: PurposeCode = strawberry.field(description="For which purpose.")
    reason: PlainText = strawberry.field(description="Why (授权理由); sealed.")
    until: datetime = strawberry.field(description=_UNTIL)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Give it."""
        look = Look(
            customer=self.customer, fields=self.fields, papers=self.papers, purpose=self.purpose, reason=self.reason
        )
        return book_of_grants.offer_grant(desk, self.staff, look, until=self.until, key=self.idempotency_key)


@strawberry.input(description="A grant to withdraw, or a request for one (撤回授权).")
class WithdrawGrantInput:
    """A withdrawal."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    grant: strawberry.ID = strawberry.field(description="Which one.")
    expected_version: int = strawberry.field(description=VERSION)
    reason: PlainText | None = strawberry.field(default=None, description="Why (撤回理由); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Withdraw it."""
        version, key = self.expected_version, self.idempotency_key
        return book_of_grants.withdraw_grant(desk, self.grant, reason=self.reason, expected_version=version, key=key)


@strawberry.interface(description="A grant that was asked for, decided or withdrawn (授权结果), or why not.")
class GrantChanged:
    """What an act on a grant gives."""

    grant: RevealGrant | None = strawberry.field(description="As it stands now.", directives=GRANT)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="A grant that was asked for (申请授权结果), or why not.")
class RequestGrantPayload(GrantChanged):
    """What asking gives."""


@strawberry.type(description="A grant that was given (批准授权结果), or why not.")
class GiveGrantPayload(GrantChanged):
    """What giving gives."""


@strawberry.type(description="A grant that was refused (驳回授权结果), or why not.")
class RefuseGrantPayload(GrantChanged):
    """What refusing gives."""


@strawberry.type(description="A grant that was given unasked (主动授权结果), or why not.")
class OfferGrantPayload(GrantChanged):
    """What giving unasked gives."""


@strawberry.type(description="A grant that was withdrawn (撤回授权结果), or why not.")
class WithdrawGrantPayload(GrantChanged):
    """What withdrawing gives."""


G = TypeVar("G", bound=GrantChanged)


async def _grant(payload: type[G], desk: Desk, outcome: Done) -> G:
    shown = await shown_grant(desk, outcome.node)
    return payload(grant=shown, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)


@strawberry.type
class GrantQueries:
    """What a client may read of grants."""

    @strawberry.field(
        description="One's own grants (授权, E10), the latest first; a supervisor's also those that wait over a "
        "customer of the team, and those that the team decided.",
        directives=requires(Act.VIEW_GRANTS, audited=Audited.PAGE),
    )
    async def grants(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: GrantFilter | None = None,
    ) -> Connection[RevealGrant]:  # fmt: skip
        """List the grants."""
        desk, wanted = info.context, narrowed(filter)
        found = await grant_rows.read_grants(desk, Paging(first, after, last, before), wanted)
        return connection(found, RevealGrant.of, lambda: grant_rows.count_grants(desk, wanted))


@strawberry.type
class GrantMutations:
    """What a client may do with grants."""

    @strawberry.mutation(
        description="Ask for a grant (申请授权, E10): a superior's word for a look in the clear, for a time.",
        directives=done(Act.REQUEST_GRANT),
    )
    async def request_grant(self, info: Info[Desk], input: RequestGrantInput) -> RequestGrantPayload:
        """Ask for a grant."""
        return await _grant(RequestGrantPayload, info.context, await heard(info.context, Act.REQUEST_GRANT, input))

    @strawberry.mutation(
        description="Give the grant that somebody asks for (批准授权, E10), for eight hours at most.",
        directives=done(Act.GIVE_GRANT),
    )
    async def give_grant(self, info: Info[Desk], input: GiveGrantInput) -> GiveGrantPayload:
        """Give a grant."""
        return await _grant(GiveGrantPayload, info.context, await heard(info.context, Act.GIVE_GRANT, input))

    @strawberry.mutation(
        description="Refuse the grant that somebody asks for (驳回授权), with the reason.",
        directives=done(Act.REFUSE_GRANT),
    )
    async def refuse_grant(self, info: Info[Desk], input: RefuseGrantInput) -> RefuseGrantPayload:
        """Refuse a grant."""
        return await _grant(RefuseGrantPayload, info.context, await heard(info.context, Act.REFUSE_GRANT, input))

    @strawberry.mutation(
        description="Give somebody a grant that they did not ask for (主动授权), for eight hours at most.",
        directives=done(Act.OFFER_GRANT),
    )
    async def offer_grant(self, info: Info[Desk], input: OfferGrantInput) -> OfferGrantPayload:
        """Offer a grant."""
        return await _grant(OfferGrantPayload, info.context, await heard(info.context, Act.OFFER_GRANT, input))

    @strawberry.mutation(
        description="Withdraw a grant, or the request for one (撤回授权); from then on it opens nothing.",
        directives=done(Act.WITHDRAW_GRANT),
    )
    async def withdraw_grant(self, info: Info[Desk], input: WithdrawGrantInput) -> WithdrawGrantPayload:
        """Withdraw a grant."""
        return await _grant(WithdrawGrantPayload, info.context, await heard(info.context, Act.WITHDRAW_GRANT, input))
