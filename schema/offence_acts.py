"""What a client may do about offences: one act of the book each."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records.desk import Desk
from schema.hearing import done, heard
from schema.offences import (
    AppealOffenceInput,
    AppealOffencePayload,
    DecideOffenceInput,
    DecideOffencePayload,
    RecordOffenceInput,
    RecordOffencePayload,
    changed_offence,
)


@strawberry.type(description="What a client may do about offences (违规操作).")
class OffenceActs:
    """The acts on offences."""

    @strawberry.mutation(
        description="Record an offence of somebody of one's team, with evidence (违规登记, B17 D18 E12 J18).",
        directives=done(Act.RECORD_OFFENCE),
    )
    async def record_offence(self, info: Info[Desk], input: RecordOffenceInput) -> RecordOffencePayload:
        """Record an offence."""
        desk = info.context
        return await changed_offence(RecordOffencePayload, desk, await heard(desk, Act.RECORD_OFFENCE, input))

    @strawberry.mutation(
        description="Appeal once against an offence of one's own (申诉).", directives=done(Act.APPEAL_OFFENCE)
    )
    async def appeal_offence(self, info: Info[Desk], input: AppealOffenceInput) -> AppealOffencePayload:
        """Appeal."""
        desk = info.context
        return await changed_offence(AppealOffencePayload, desk, await heard(desk, Act.APPEAL_OFFENCE, input))

    @strawberry.mutation(
        description="Uphold or lift an offence that was appealed against (申诉裁定).",
        directives=done(Act.DECIDE_OFFENCE),
    )
    async def decide_offence(self, info: Info[Desk], input: DecideOffenceInput) -> DecideOffencePayload:
        """Decide an appeal."""
        desk = info.context
        return await changed_offence(DecideOffencePayload, desk, await heard(desk, Act.DECIDE_OFFENCE, input))
