"""What a client may do about the rulebook's editions: one act of the book each."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records.desk import Desk
from schema.editions import (
    DraftEditionInput,
    DraftEditionPayload,
    PublishRulebookInput,
    PublishRulebookPayload,
    WithdrawEditionInput,
    WithdrawEditionPayload,
    changed_edition,
)
from schema.hearing import done, heard


@strawberry.type(description="What a client may do about editions (版本操作).")
class EditionActs:
    """The acts on editions."""

    @strawberry.mutation(
        description="Draft an edition of the rulebook (起草版本, C14).", directives=done(Act.DRAFT_EDITION)
    )
    async def draft_edition(self, info: Info[Desk], input: DraftEditionInput) -> DraftEditionPayload:
        """Draft an edition."""
        desk = info.context
        return await changed_edition(DraftEditionPayload, desk, await heard(desk, Act.DRAFT_EDITION, input))

    @strawberry.mutation(
        description="Approve a draft from a day on (批准颁布, E14); everything is decided anew with it.",
        directives=done(Act.PUBLISH_RULEBOOK),
    )
    async def publish_rulebook(self, info: Info[Desk], input: PublishRulebookInput) -> PublishRulebookPayload:
        """Approve an edition."""
        desk = info.context
        return await changed_edition(PublishRulebookPayload, desk, await heard(desk, Act.PUBLISH_RULEBOOK, input))

    @strawberry.mutation(
        description="Withdraw an approved edition ahead of its day (撤回版本, E14); the one before it runs on.",
        directives=done(Act.WITHDRAW_EDITION),
    )
    async def withdraw_edition(self, info: Info[Desk], input: WithdrawEditionInput) -> WithdrawEditionPayload:
        """Withdraw an edition."""
        desk = info.context
        return await changed_edition(WithdrawEditionPayload, desk, await heard(desk, Act.WITHDRAW_EDITION, input))
