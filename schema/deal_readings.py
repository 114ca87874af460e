"""What a client may read about deals."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import confirmation_rows, deal_rows, pages
from records.confirmation_rows import ConfirmationOrder
from records.deal_rows import DealOrder
from records.desk import Desk
from records.pages import Paging
from records.references import Kind, row_of
from schema.confirmations import Confirmation
from schema.directives import Audited, requires
from schema.filters import ConfirmationFilter, DealFilter, narrowed
from schema.nodes import After, Before, Connection, First, Last, connection
from schema.types import Deal, shown_deal

DEALS = requires(Act.VIEW_DEALS, audited=Audited.PAGE)


@strawberry.type(description="What a client may read about deals (成交查询).")
class DealReadings:
    """The readings of deals."""

    @strawberry.field(description="The deals (成交) in the viewer's scope, the latest first.", directives=DEALS)
    async def deals(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: DealFilter | None = None, order: DealOrder = DealOrder.OPENED_AT_DESC,
    ) -> Connection[Deal]:  # fmt: skip
        """List the deals."""
        desk, wanted = info.context, narrowed(filter)
        found = await deal_rows.read_deals(desk, Paging(first, after, last, before), wanted, order)
        return connection(found, Deal.of, lambda: pages.count(deal_rows.deals(desk, wanted)))

    @strawberry.field(description="One deal (成交).", directives=requires(Act.VIEW_DEALS))
    async def deal(self, info: Info[Desk], id: strawberry.ID) -> Deal | None:
        """Read one deal."""
        info.context.signed_in()
        return await shown_deal(info.context, row_of(Kind.DEAL, id))

    @strawberry.field(
        description="The applications for ownerless deals (认领): one's team's, and those to judge (A18).",
        directives=DEALS,
    )
    async def confirmations(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: ConfirmationFilter | None = None, order: ConfirmationOrder = ConfirmationOrder.APPLIED_AT_DESC,
    ) -> Connection[Confirmation]:  # fmt: skip
        """List the applications."""
        desk, wanted = info.context, narrowed(filter)
        found = await confirmation_rows.read_confirmations(desk, Paging(first, after, last, before), wanted, order)
        return connection(found, Confirmation.of, lambda: pages.count(confirmation_rows.confirmations(desk, wanted)))
