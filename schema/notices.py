"""Notices on the wire: what whoever asks, or their team, is told, and that it was read."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import notice_rows, pages
from records.desk import Desk
from records.notice_rows import NoticeShown
from records.notices import NextStep, NoticeKind
from records.pages import Paging
from records.references import Kind, reference
from records.refusals import Refused
from schema.directives import Audited, requires
from schema.filters import NoticeFilter, narrowed
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.refusals import Refusal, refusal_of
from schema.types import Claim, Customer, shown_claim, shown_customer

NOTICE = requires(Act.VIEW_NOTICES)


@strawberry.type(description="A notice (通知): of what, about which objects, and what is to be done next (F5).")
class Notice(Node):
    """A notice."""

    kind: NoticeKind = strawberry.field(description="What it tells (通知类别).", directives=NOTICE)
    next: NextStep = strawberry.field(description="What is to be done next (下一步).", directives=NOTICE)
    at: datetime = strawberry.field(description="When it came.", directives=NOTICE)
    read_at: datetime | None = strawberry.field(description="When it was first read; else null.", directives=NOTICE)
    to_team: bool = strawberry.field(description="It is to the team in common.", directives=NOTICE)
    row: strawberry.Private[NoticeShown]

    @classmethod
    def of(cls, row: NoticeShown) -> Notice:
        """Show a notice."""
        return cls(
            id=strawberry.ID(reference(Kind.NOTICE, row.id)), kind=row.kind, next=row.next, at=row.at,
            read_at=row.read_at, to_team=row.to_team is not None, row=row,
        )  # fmt: skip

    @strawberry.field(description="The customer; null where the reader does not see them.", directives=NOTICE)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.customer)

    @strawberry.field(description="The claim; null where the reader does not see it.", directives=NOTICE)
    async def claim(self, info: Info[Desk]) -> Claim | None:
        """Show the claim."""
        return await shown_claim(info.context, self.row.filing)

    @strawberry.field(description="Of what is to be completed, the fields that are missing (缺项).", directives=NOTICE)
    def missing(self) -> list[str]:
        """List what is missing."""
        return list(self.row.details.get("missing", ()))

    @strawberry.field(
        description="Of contact data put right, the fields that changed (变更项, G14).", directives=NOTICE
    )
    def changed(self) -> list[str]:
        """List what changed."""
        return list(self.row.details.get("fields", ()))


async def shown_notice(desk: Desk, notice: UUID | None) -> Notice | None:
    """Show a notice, if it is to whoever asks."""
    row = await notice_rows.notice(desk, notice)
    return None if row is None else Notice.of(row)


@strawberry.input(description="Notices that were read (已读).")
class ReadNoticesInput:
    """Which notices."""

    notices: list[strawberry.ID] = strawberry.field(description="Which ones, 100 at most.")


@strawberry.type(description="The notices that are read now (已读结果); what is not one's own is not among them.")
class ReadNoticesPayload:
    """What reading gives."""

    notices: list[Notice] = strawberry.field(description="The notices.", directives=NOTICE)
    refusal: Refusal | None = strawberry.field(description="Why none was marked.", directives=requires(None))


@strawberry.type
class NoticeQueries:
    """What a client may read of notices."""

    @strawberry.field(
        description="The notices (通知) to the viewer and to their team, newest first.",
        directives=requires(Act.VIEW_NOTICES, audited=Audited.CARRIED),
    )
    async def notices(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: NoticeFilter | None = None,
    ) -> Connection[Notice]:  # fmt: skip
        """List the notices."""
        desk, wanted = info.context, narrowed(filter)
        found = await notice_rows.read_notice_page(desk, Paging(first, after, last, before), wanted)
        return connection(found, Notice.of, lambda: pages.count(notice_rows.notices(desk, wanted)))


@strawberry.type
class NoticeMutations:
    """What a client may do with notices."""

    @strawberry.mutation(
        description="Note that notices were read (标为已读).",
        directives=requires(Act.READ_NOTICES, audited=Audited.ACT),
    )
    async def read_notices(self, info: Info[Desk], input: ReadNoticesInput) -> ReadNoticesPayload:
        """Mark them."""
        read = await notice_rows.mark_read(info.context, tuple(input.notices))
        if isinstance(read, Refused):
            return ReadNoticesPayload(notices=[], refusal=refusal_of(read))
        shown = await asyncio.gather(*(shown_notice(info.context, one) for one in read))
        return ReadNoticesPayload(notices=[one for one in shown if one is not None], refusal=None)
