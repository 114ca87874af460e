"""What the acts on a deal answer on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import strawberry

from schema.commerce import DEAL
from schema.confirmations import Confirmation, shown_confirmation
from schema.directives import requires
from schema.refusals import Refusal, refusal_of
from schema.types import Deal, shown_deal
from schema.wording import REFUSAL, REPLAYED

if TYPE_CHECKING:
    from records.desk import Desk
    from records.outcomes import Done

ANYBODY = requires(None)


@strawberry.interface(description="A deal that was changed (成交登记结果), or why not.")
class DealChanged:
    """What an act on a deal gives."""

    deal: Deal | None = strawberry.field(description="The deal as it stands now.", directives=DEAL)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="An order that was placed (订单登记结果), or why not.")
class PlaceOrderPayload(DealChanged):
    """What placing an order gives."""


@strawberry.type(description="A contract that was signed (签约登记结果), or why not.")
class SignContractPayload(DealChanged):
    """What signing gives."""


@strawberry.type(description="A payment that was recorded (付款登记结果), or why not.")
class RecordPaymentPayload(DealChanged):
    """What recording a payment gives."""


@strawberry.type(description="A deal that was finished (竣工登记结果), or why not.")
class FinishDealPayload(DealChanged):
    """What finishing gives."""


@strawberry.type(description="A split that was signed (分配结果), or why not.")
class SplitCreditPayload(DealChanged):
    """What splitting gives."""


@strawberry.type(description="A concession that was made (让单结果), or why not.")
class ConcedeCreditPayload(DealChanged):
    """What conceding gives."""


@strawberry.type(description="A rebate that was settled (返点结算结果), or why not.")
class SettleRebatePayload(DealChanged):
    """What settling a rebate gives."""


P = TypeVar("P", bound=DealChanged)


async def changed_deal(payload: type[P], desk: Desk, done: Done) -> P:
    """Answer an act on a deal."""
    deal = await shown_deal(desk, done.node)
    return payload(deal=deal, refusal=refusal_of(done.refusal), replayed=done.replayed)


@strawberry.interface(description="An application that was made or judged (认领结果), or why not.")
class ConfirmationChanged:
    """What an act on an application gives."""

    confirmation: Confirmation | None = strawberry.field(description="The application.", directives=DEAL)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="An application for an ownerless deal (认领结果), or why there is none.")
class ConfirmDealPayload(ConfirmationChanged):
    """What applying gives."""


@strawberry.type(description="Evidence that was judged (认定结果), or why not.")
class JudgeConfirmationPayload(ConfirmationChanged):
    """What judging gives."""


C = TypeVar("C", bound=ConfirmationChanged)


async def changed_confirmation(payload: type[C], desk: Desk, done: Done) -> C:
    """Answer an act on an application."""
    confirmation = await shown_confirmation(desk, done.node)
    return payload(confirmation=confirmation, refusal=refusal_of(done.refusal), replayed=done.replayed)
