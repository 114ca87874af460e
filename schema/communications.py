"""What was said with a customer, on the wire (沟通记录, B7)."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.types import Info

from authz.acts import Act
from claims.facts import FactKind
from records import communication_rows
from records.communication_rows import Communication as CommunicationRow
from records.desk import Desk
from schema.directives import Audited, requires
from schema.people import Staff, shown_person

CLAIM = requires(Act.VIEW_CLAIMS)
NOTED = requires(Act.VIEW_CLAIMS, audited=Audited.SHOWN)


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
