"""Upkeep on the wire: contact data put right, and confirmed where it matters; customers made one, and parted."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from authz.policy import FieldClass
from records import correction_rows, corrections, linking
from records.corrected import corrected_card
from records.correction_rows import CorrectionRow, CorrectionState
from records.corrections import Correction
from records.desk import Desk
from records.outcomes import Done
from records.pages import Paging
from records.references import Kind, reference
from schema.directives import Audited, requires
from schema.filters import CorrectionFilter, narrowed
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.payloads import Recorded, recorded
from schema.people import Staff, shown_person
from schema.refusals import Refusal, refusal_of
from schema.scalars import Phone, PlainText, SealedText
from schema.types import Claim, certain, shown_claim
from schema.wording import KEY, REPLAYED, VERSION

ANYBODY = requires(None)
CORRECTION = requires(Act.VIEW_CORRECTIONS)
_NAME = requires(Act.VIEW_CORRECTIONS, FieldClass.IDENTITY, Audited.SHOWN)
_CONTACT = requires(Act.VIEW_CORRECTIONS, FieldClass.CONTACT, Audited.SHOWN)
_PLACE = requires(Act.VIEW_CORRECTIONS, FieldClass.LOCATION, Audited.SHOWN)


@strawberry.type(
    description="What a correction says (更正内容), as a list shows it: null for what it leaves as it was."
)
class CorrectedContact:
    """What a correction says."""

    name: str | None = strawberry.field(description="The name (姓名).", directives=_NAME)
    phones: list[str] = strawberry.field(description="The phones (电话), masked; none: left.", directives=_CONTACT)
    wechat: str | None = strawberry.field(description="The WeChat id (微信号), masked.", directives=_CONTACT)
    email: str | None = strawberry.field(description="The email address (邮箱), masked.", directives=_CONTACT)
    address: str | None = strawberry.field(description="The address (地址), masked.", directives=_PLACE)
    building: str | None = strawberry.field(description="The building (楼牌号), masked.", directives=_PLACE)


@strawberry.type(description="A correction of contact data (联系信息更正): made, or waiting for a supervisor (G13).")
class ContactCorrection(Node):
    """A correction."""

    state: CorrectionState = strawberry.field(description="Where it stands (状态).", directives=CORRECTION)
    changed: list[str] = strawberry.field(
        description="The fields that it changes, by the form's names (变更项).", directives=CORRECTION
    )
    proposed_at: datetime = strawberry.field(description="When it was made (提出时间).", directives=CORRECTION)
    judged_at: datetime | None = strawberry.field(description="When it was judged (确认时间).", directives=CORRECTION)
    version: int = strawberry.field(description="Counts its changes (版本).", directives=CORRECTION)
    row: strawberry.Private[CorrectionRow]

    @classmethod
    def of(cls, row: CorrectionRow) -> ContactCorrection:
        """Show a correction."""
        return cls(
            id=strawberry.ID(reference(Kind.CORRECTION, row.id)), state=row.state, changed=list(row.fields),
            proposed_at=row.proposed_at, judged_at=row.judged_at, version=row.version, row=row,
        )  # fmt: skip

    @strawberry.field(description="Of which claim.", directives=requires(Act.VIEW_CLAIMS))
    async def claim(self, info: Info[Desk]) -> Claim:
        """Show the claim."""
        return certain(await shown_claim(info.context, self.row.filing))

    @strawberry.field(description="Who made it (提出人).", directives=CORRECTION)
    async def proposed_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.proposed_by)

    @strawberry.field(description="Who judged it (确认人).", directives=CORRECTION)
    async def judged_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.judged_by)

    @strawberry.field(description="What it says (更正内容), masked.", directives=_CONTACT)
    async def contact(self, info: Info[Desk]) -> CorrectedContact:
        """Show what it says."""
        card = await corrected_card(info.context, self.row.fact)
        return CorrectedContact(
            name=card.name, phones=list(card.phones), wechat=card.wechat, email=card.email, address=card.address,
            building=card.building,
        )  # fmt: skip

    @strawberry.field(description="What the viewer may do with it: nobody judges their own.", directives=CORRECTION)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return correction_rows.acts_on_correction(info.context, self.row)


async def shown_correction(desk: Desk, correction: UUID | None) -> ContactCorrection | None:
    """Show a correction, if it is in sight."""
    row = await correction_rows.correction(desk, correction)
    return None if row is None else ContactCorrection.of(row)


@strawberry.input(description="Contact data as they ought to be (更正联系信息); what is not named stays as it is.")
class CorrectContactInput:
    """A correction."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    claim: strawberry.ID = strawberry.field(description="Of which filing.")
    expected_version: int = strawberry.field(description=VERSION)
    name: SealedText | None = strawberry.field(default=None, description="The right name.")
    phones: list[Phone] | None = strawberry.field(
        default=None, description="All the right phones, in place of the old."
    )
    wechat: SealedText | None = strawberry.field(default=None, description="The right WeChat id.")
    email: SealedText | None = strawberry.field(default=None, description="The right email address.")
    address: SealedText | None = strawberry.field(default=None, description="The right address.")
    building: SealedText | None = strawberry.field(default=None, description="The right building.")
    reason: PlainText | None = strawberry.field(default=None, description="Why (变更原因); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Put it right."""
        right = Correction(
            name=self.name, phones=tuple(self.phones or ()), wechat=self.wechat, email=self.email,
            address=self.address, building=self.building, reason=self.reason,
        )  # fmt: skip
        version, key = self.expected_version, self.idempotency_key
        return corrections.correct_contact(desk, self.claim, right, expected_version=version, key=key)


@strawberry.input(description="A supervisor's word on a correction that waits (变更确认, G13).")
class JudgeCorrectionInput:
    """A word on a correction."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    correction: strawberry.ID = strawberry.field(description="Which correction.")
    expected_version: int = strawberry.field(description=VERSION)
    is_confirmed: bool = strawberry.field(description="True: it is right.")
    reason: PlainText | None = strawberry.field(default=None, description="Why not; a rejection needs it. Sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Judge it."""
        return corrections.judge_correction(
            desk, self.correction, is_confirmed=self.is_confirmed, reason=self.reason,
            expected_version=self.expected_version, key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="Two customers who are one (合并客户).")
class LinkCustomersInput:
    """Two customers who are one."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="Which customer becomes part of the other.")
    expected_version: int = strawberry.field(description=VERSION)
    into: strawberry.ID = strawberry.field(description="Of which customer.")
    into_version: int = strawberry.field(description="That customer's version. " + VERSION)
    reason: PlainText = strawberry.field(description="Why (合并原因); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Make them one."""
        return linking.link_customers(
            desk, self.customer, into=self.into, reason=self.reason, expected_version=self.expected_version,
            into_version=self.into_version, key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="A customer who is not the one that they were made part of (拆分客户).")
class SplitCustomerInput:
    """A customer to part."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    claim: strawberry.ID = strawberry.field(description="A claim that was filed for the customer to part.")
    expected_version: int = strawberry.field(description="The whole customer's version. " + VERSION)
    reason: PlainText = strawberry.field(description="Why (拆分原因); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Part them."""
        version, key = self.expected_version, self.idempotency_key
        return linking.split_customer(desk, self.claim, reason=self.reason, expected_version=version, key=key)


@strawberry.type(description="Customers who are one now (合并结果), or why not.")
class LinkCustomersPayload(Recorded):
    """What making one gives."""


@strawberry.type(description="A customer who stands alone now (拆分结果), or why not.")
class SplitCustomerPayload(Recorded):
    """What parting gives."""


@strawberry.interface(description="A correction that was made or judged (更正结果), or why not.")
class Corrected:
    """What an act on contact data gives."""

    correction: ContactCorrection | None = strawberry.field(description="The correction.", directives=CORRECTION)
    claim: Claim | None = strawberry.field(
        description="The claim as it stands now.", directives=requires(Act.VIEW_CLAIMS)
    )
    refusal: Refusal | None = strawberry.field(
        description="Why it was not done; beside a correction: what it may meet (A7).", directives=ANYBODY
    )
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="A correction that was made (更正结果), or why not.")
class CorrectContactPayload(Corrected):
    """What correcting gives."""


@strawberry.type(description="A correction that was judged (变更确认结果), or why not.")
class JudgeCorrectionPayload(Corrected):
    """What judging gives."""


P = TypeVar("P", bound=Corrected)


async def _corrected(payload: type[P], desk: Desk, outcome: Done) -> P:
    correction = await shown_correction(desk, outcome.node)
    claim = None if correction is None else await shown_claim(desk, correction.row.filing)
    return payload(correction=correction, claim=claim, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)


@strawberry.type
class UpkeepQueries:
    """What a client may read of upkeep."""

    @strawberry.field(
        description="Corrections of contact data (更正记录) of filings in the viewer's sight, the latest first.",
        directives=requires(Act.VIEW_CORRECTIONS, audited=Audited.PAGE),
    )
    async def corrections(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: CorrectionFilter | None = None,
    ) -> Connection[ContactCorrection]:  # fmt: skip
        """List the corrections."""
        desk, wanted = info.context, narrowed(filter)
        found = await correction_rows.read_corrections(desk, Paging(first, after, last, before), wanted)
        return connection(found, ContactCorrection.of, lambda: correction_rows.count_corrections(desk, wanted))


@strawberry.type
class UpkeepMutations:
    """What a client may do in upkeep."""

    @strawberry.mutation(
        description="Put contact data right (更正联系信息, C10 E6 G12); what matters waits for a supervisor (G13).",
        directives=done(Act.CORRECT_CONTACT),
    )
    async def correct_contact(self, info: Info[Desk], input: CorrectContactInput) -> CorrectContactPayload:
        """Put contact data right."""
        outcome = await heard(info.context, Act.CORRECT_CONTACT, input)
        return await _corrected(CorrectContactPayload, info.context, outcome)

    @strawberry.mutation(
        description="Make a customer part of another (合并客户), with a reason; whoever holds them is told.",
        directives=done(Act.LINK_CUSTOMERS),
    )
    async def link_customers(self, info: Info[Desk], input: LinkCustomersInput) -> LinkCustomersPayload:
        """Make two customers one."""
        outcome = await heard(info.context, Act.LINK_CUSTOMERS, input)
        return await recorded(LinkCustomersPayload, info.context, outcome)

    @strawberry.mutation(
        description="Part a customer from those whom they were made one with (拆分客户); they stay apart.",
        directives=done(Act.SPLIT_CUSTOMER),
    )
    async def split_customer(self, info: Info[Desk], input: SplitCustomerInput) -> SplitCustomerPayload:
        """Part a customer."""
        outcome = await heard(info.context, Act.SPLIT_CUSTOMER, input)
        return await recorded(SplitCustomerPayload, info.context, outcome)

    @strawberry.mutation(
        description="Confirm a correction that waits, or reject it with a reason (变更确认, G13).",
        directives=done(Act.JUDGE_CORRECTION),
    )
    async def judge_correction(self, info: Info[Desk], input: JudgeCorrectionInput) -> JudgeCorrectionPayload:
        """Judge a correction."""
        outcome = await heard(info.context, Act.JUDGE_CORRECTION, input)
        return await _corrected(JudgeCorrectionPayload, info.context, outcome)
