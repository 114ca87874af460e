"""What a client may do about deals: one act of the book each."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records.desk import Desk
from schema.deal_inputs import (
    ConcedeCreditInput,
    ConfirmDealInput,
    FinishDealInput,
    JudgeConfirmationInput,
    PlaceOrderInput,
    RecordPaymentInput,
    SettleRebateInput,
    SignContractInput,
    SplitCreditInput,
)
from schema.deal_payloads import (
    ConcedeCreditPayload,
    ConfirmDealPayload,
    FinishDealPayload,
    JudgeConfirmationPayload,
    PlaceOrderPayload,
    RecordPaymentPayload,
    SettleRebatePayload,
    SignContractPayload,
    SplitCreditPayload,
    changed_confirmation,
    changed_deal,
)
from schema.hearing import done, heard


@strawberry.type(description="What a client may do about deals (成交操作).")
class DealActs:
    """The acts on deals."""

    @strawberry.mutation(
        description="Record an order (订单); no dispute blocks it (A12 H18).", directives=done(Act.PLACE_ORDER)
    )
    async def place_order(self, info: Info[Desk], input: PlaceOrderInput) -> PlaceOrderPayload:
        """Record an order."""
        desk = info.context
        return await changed_deal(PlaceOrderPayload, desk, await heard(desk, Act.PLACE_ORDER, input))

    @strawberry.mutation(
        description="Record a signed contract (签约, A13); no dispute blocks it (A12).",
        directives=done(Act.SIGN_CONTRACT),
    )
    async def sign_contract(self, info: Info[Desk], input: SignContractInput) -> SignContractPayload:
        """Record a signature."""
        desk = info.context
        return await changed_deal(SignContractPayload, desk, await heard(desk, Act.SIGN_CONTRACT, input))

    @strawberry.mutation(
        description="Record what share of the price is paid so far (付款, H21).", directives=done(Act.RECORD_PAYMENT)
    )
    async def record_payment(self, info: Info[Desk], input: RecordPaymentInput) -> RecordPaymentPayload:
        """Record a payment."""
        desk = info.context
        return await changed_deal(RecordPaymentPayload, desk, await heard(desk, Act.RECORD_PAYMENT, input))

    @strawberry.mutation(description="Record that the work is finished (竣工, H21).", directives=done(Act.FINISH_DEAL))
    async def finish_deal(self, info: Info[Desk], input: FinishDealInput) -> FinishDealPayload:
        """Record a completion."""
        desk = info.context
        return await changed_deal(FinishDealPayload, desk, await heard(desk, Act.FINISH_DEAL, input))

    @strawberry.mutation(
        description="Apply for a deal that nobody holds, with evidence (认领, A18 A19).",
        directives=done(Act.CONFIRM_DEAL),
    )
    async def confirm_deal(self, info: Info[Desk], input: ConfirmDealInput) -> ConfirmDealPayload:
        """Apply for a deal."""
        desk = info.context
        return await changed_confirmation(ConfirmDealPayload, desk, await heard(desk, Act.CONFIRM_DEAL, input))

    @strawberry.mutation(
        description="Find evidence valid or not, outside the applicants' teams (认定, A18).",
        directives=done(Act.JUDGE_CONFIRMATION),
    )
    async def judge_confirmation(self, info: Info[Desk], input: JudgeConfirmationInput) -> JudgeConfirmationPayload:
        """Judge an application."""
        desk = info.context
        judged = await heard(desk, Act.JUDGE_CONFIRMATION, input)
        return await changed_confirmation(JudgeConfirmationPayload, desk, judged)

    @strawberry.mutation(
        description="Split a deal of the team on duty (分配, A22); the latest split counts.",
        directives=done(Act.SPLIT_CREDIT),
    )
    async def split_credit(self, info: Info[Desk], input: SplitCreditInput) -> SplitCreditPayload:
        """Split a deal."""
        desk = info.context
        return await changed_deal(SplitCreditPayload, desk, await heard(desk, Act.SPLIT_CREDIT, input))

    @strawberry.mutation(
        description="Give up a share of one's own credit by a signed paper (让单, H5).",
        directives=done(Act.CONCEDE_CREDIT),
    )
    async def concede_credit(self, info: Info[Desk], input: ConcedeCreditInput) -> ConcedeCreditPayload:
        """Concede credit."""
        desk = info.context
        return await changed_deal(ConcedeCreditPayload, desk, await heard(desk, Act.CONCEDE_CREDIT, input))

    @strawberry.mutation(
        description="Record that a designer's rebate was paid to a company (返点结算, H21).",
        directives=done(Act.SETTLE_REBATE),
    )
    async def settle_rebate(self, info: Info[Desk], input: SettleRebateInput) -> SettleRebatePayload:
        """Settle a rebate."""
        desk = info.context
        return await changed_deal(SettleRebatePayload, desk, await heard(desk, Act.SETTLE_REBATE, input))
