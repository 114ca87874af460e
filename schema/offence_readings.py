"""What a client may read about offences and points."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import offence_rows, pages, scores
from records.desk import Desk
from records.offence_rows import OffenceOrder
from records.pages import Paging
from records.references import Kind, row_of
from schema.directives import Audited, requires
from schema.filters import OffenceFilter, narrowed
from schema.nodes import After, Before, Connection, First, Last, connection
from schema.offences import Offence, Points, shown_offence


@strawberry.type(description="What a client may read about offences (违规查询).")
class OffenceReadings:
    """The readings of offences."""

    @strawberry.field(
        description="The offences (违规), by law and recorded: one's own, one's team's, or all.",
        directives=requires(Act.VIEW_OFFENCES, audited=Audited.PAGE),
    )
    async def offences(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: OffenceFilter | None = None, order: OffenceOrder = OffenceOrder.AT_DESC,
    ) -> Connection[Offence]:  # fmt: skip
        """List the offences."""
        desk, wanted = info.context, narrowed(filter)
        found = await offence_rows.read_offences(desk, Paging(first, after, last, before), wanted, order)
        return connection(found, Offence.of, lambda: pages.count(offence_rows.offences(desk, wanted)))

    @strawberry.field(description="One offence (违规).", directives=requires(Act.VIEW_OFFENCES))
    async def offence(self, info: Info[Desk], id: strawberry.ID) -> Offence | None:
        """Read one offence."""
        info.context.signed_in()
        return await shown_offence(info.context, row_of(Kind.OFFENCE, id))

    @strawberry.field(
        description="Somebody's points of a month, YYYY-MM (积分, I8): one's own, one's team's, or anybody's.",
        directives=requires(Act.VIEW_OFFENCES),
    )
    async def points(self, info: Info[Desk], staff: strawberry.ID, month: str) -> Points | None:
        """Count points."""
        return Points.of(await scores.score(info.context, row_of(Kind.STAFF, staff), month))
