"""What a deal is worth on the wire: money, shares, and who earns them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry
from strawberry.types import Info

from authz.acts import Act
from authz.policy import FieldClass
from records.deal_rows import CreditKind, EarnedShown, RebateShown
from records.desk import Desk
from records.rebates import Booking
from schema.directives import requires
from schema.people import Staff, Team, shown_person, shown_team
from schema.scalars import Percent

DEAL = requires(Act.VIEW_DEALS)
COMMERCE = requires(Act.VIEW_DEALS, FieldClass.COMMERCE)


@strawberry.type(description="A sum of money (金额).")
class Money:
    """A sum of money."""

    amount: Decimal = strawberry.field(description="How much.", directives=COMMERCE)
    currency: str = strawberry.field(description="Of which currency: CNY.", directives=COMMERCE)

    @classmethod
    def of(cls, amount: Decimal | None) -> Money | None:
        """Show a sum in yuan."""
        return None if amount is None else cls(amount=amount, currency="CNY")


@strawberry.type(description="Who earns what share of a deal (业绩): one's own side by name, of others the share.")
class Credit:
    """A share of a deal."""

    booked_as: CreditKind = strawberry.field(description="How it is booked (A21 H21).", directives=DEAL)
    share: Percent = strawberry.field(description="Which share; a rebate is none.", directives=DEAL)
    is_named: bool = strawberry.field(description="False: somebody of whom the viewer is not told.", directives=DEAL)
    shown: strawberry.Private[EarnedShown]

    @classmethod
    def of(cls, shown: EarnedShown) -> Credit:
        """Show a share."""
        return cls(booked_as=shown.kind, share=Percent(shown.share), is_named=shown.is_named, shown=shown)

    @strawberry.field(description="The person; null where there is none, or none named.", directives=DEAL)
    async def staff(self, info: Info[Desk]) -> Staff | None:
        """Show the person."""
        return await shown_person(info.context, self.shown.staff)

    @strawberry.field(description="The team; null for a person, the store, or a team not named.", directives=DEAL)
    async def team(self, info: Info[Desk]) -> Team | None:
        """Show the team."""
        return await shown_team(info.context, self.shown.team)

    @strawberry.field(description="It is the store's own (H7).", directives=DEAL)
    def is_store(self) -> bool:
        """Tell whether it is the store's."""
        return self.is_named and self.shown.staff is None and self.shown.team is None


@strawberry.type(description="A payment of a rebate (返点付款, H21).")
class RebateSettled:
    """A payment of a rebate."""

    at: datetime = strawberry.field(description="When it was recorded.", directives=DEAL)
    percent: Percent = strawberry.field(description="How much of the rebate.", directives=DEAL)
    booked_as: Booking = strawberry.field(description="How it stands in the books.", directives=DEAL)


@strawberry.type(description="A designer's rebate (返点, H21).")
class Rebate:
    """A rebate."""

    due: Percent = strawberry.field(description="What percent of it is due by the rulebook.", directives=DEAL)
    settled: list[RebateSettled] = strawberry.field(description="What was paid of it.", directives=DEAL)
    shown: strawberry.Private[RebateShown]

    @classmethod
    def of(cls, shown: RebateShown) -> Rebate:
        """Show a rebate."""
        settled = [
            RebateSettled(at=at, percent=Percent(percent), booked_as=booked) for at, percent, booked in shown.settled
        ]
        return cls(due=Percent(shown.due), settled=settled, shown=shown)

    @strawberry.field(description="Whose it is.", directives=DEAL)
    async def designer(self, info: Info[Desk]) -> Staff | None:
        """Show the designer."""
        return await shown_person(info.context, self.shown.designer)
