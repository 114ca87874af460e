"""What a client may do about disputes after they are opened: one act of the book each."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import papers
from records.desk import Desk
from schema.directives import Audited, requires
from schema.dispute_inputs import (
    AddEvidenceInput,
    AppealAwardInput,
    DecideAppealInput,
    ReadPapersInput,
    RecordLossInput,
    ReferDisputeInput,
    SettleDisputeInput,
)
from schema.dispute_payloads import (
    AddEvidencePayload,
    AppealAwardPayload,
    DecideAppealPayload,
    ReadPapersPayload,
    RecordLossPayload,
    ReferDisputePayload,
    SettleDisputePayload,
    changed_dispute,
)
from schema.hearing import done, heard
from schema.payloads import recorded


@strawberry.type(description="What a client may do about disputes (争议操作).")
class DisputeActs:
    """The acts on disputes."""

    @strawberry.mutation(
        description="Bring evidence as a party, in time (举证, A31).", directives=done(Act.ADD_EVIDENCE)
    )
    async def add_evidence(self, info: Info[Desk], input: AddEvidenceInput) -> AddEvidencePayload:
        """Bring evidence."""
        desk = info.context
        return await changed_dispute(AddEvidencePayload, desk, await heard(desk, Act.ADD_EVIDENCE, input))

    @strawberry.mutation(
        description="Put a dispute to somebody who is not recused (移送, A31).", directives=done(Act.REFER_DISPUTE)
    )
    async def refer_dispute(self, info: Info[Desk], input: ReferDisputeInput) -> ReferDisputePayload:
        """Refer a dispute."""
        desk = info.context
        return await changed_dispute(ReferDisputePayload, desk, await heard(desk, Act.REFER_DISPUTE, input))

    @strawberry.mutation(
        description="Settle a dispute for somebody (裁决, A31 H20); it closes every one open over the customer.",
        directives=done(Act.SETTLE_DISPUTE),
    )
    async def settle_dispute(self, info: Info[Desk], input: SettleDisputeInput) -> SettleDisputePayload:
        """Settle a dispute."""
        desk = info.context
        return await changed_dispute(SettleDisputePayload, desk, await heard(desk, Act.SETTLE_DISPUTE, input))

    @strawberry.mutation(description="Appeal once against an award (申诉, A31 H20).", directives=done(Act.APPEAL_AWARD))
    async def appeal_award(self, info: Info[Desk], input: AppealAwardInput) -> AppealAwardPayload:
        """Appeal."""
        desk = info.context
        return await changed_dispute(AppealAwardPayload, desk, await heard(desk, Act.APPEAL_AWARD, input))

    @strawberry.mutation(description="Have the last word on an appeal (终裁, H20).", directives=done(Act.DECIDE_APPEAL))
    async def decide_appeal(self, info: Info[Desk], input: DecideAppealInput) -> DecideAppealPayload:
        """Decide an appeal."""
        desk = info.context
        return await changed_dispute(DecideAppealPayload, desk, await heard(desk, Act.DECIDE_APPEAL, input))

    @strawberry.mutation(description="Record that a customer is lost (丢单, H19).", directives=done(Act.RECORD_LOSS))
    async def record_loss(self, info: Info[Desk], input: RecordLossInput) -> RecordLossPayload:
        """Record a loss."""
        desk = info.context
        return await recorded(RecordLossPayload, desk, await heard(desk, Act.RECORD_LOSS, input))

    @strawberry.mutation(
        description="Read the papers of a deal, an application or a dispute for a purpose (查阅案卷, B11).",
        directives=requires(Act.READ_PAPERS, audited=Audited.REVEAL),
    )
    async def read_papers(self, info: Info[Desk], input: ReadPapersInput) -> ReadPapersPayload:
        """Read papers."""
        desk = info.context
        answer = await papers.read_papers(desk, input.of, purpose=input.purpose, note=input.note)
        return await ReadPapersPayload.of(desk, answer)
