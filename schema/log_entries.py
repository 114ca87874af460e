"""Entries of the access log on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import strawberry
from strawberry.types import Info

from authz.acts import Act
from authz.policy import FieldClass
from records import log_rows
from records.desk import Desk
from records.disclosure import PurposeCode
from records.log_rows import EntryRow
from records.references import Kind, reference, row_of
from schema.directives import Audited, requires
from schema.nodes import Node
from schema.people import Staff, shown_person
from schema.types import Customer, shown_customer

if TYPE_CHECKING:
    from uuid import UUID

LOG = requires(Act.VIEW_ACCESS_LOG, FieldClass.ACCESS_LOG, Audited.LOG)


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
