"""Applications for deals that nobody holds, on the wire (认领, A18)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import confirmation_rows
from records.confirmation_rows import ConfirmationRow, ConfirmationState
from records.desk import Desk
from records.evidence import EvidenceKind
from records.references import Kind, reference
from schema.commerce import DEAL
from schema.dispute_parts import EvidencePiece
from schema.nodes import Node
from schema.people import Staff, shown_person
from schema.types import Deal, shown_deal

if TYPE_CHECKING:
    from uuid import UUID


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
