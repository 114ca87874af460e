"""What a client sends with the acts on a deal."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry

from records import confirmations, deals, rebates, shares
from records.desk import Desk
from records.evidence import EvidenceForm, EvidenceKind
from records.outcomes import Done
from records.rebates import Booking
from schema.scalars import Percent, PlainText, SealedText
from schema.wording import KEY, VERSION

_WHEN = "When; now unless said otherwise, never in the future."


@strawberry.input(description="An order (订单): in `store` the event that decides the deal (H18).")
class PlaceOrderInput:
    """An order."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="Whose order.")
    amount: Decimal | None = strawberry.field(default=None, description="For how much, in yuan.")
    occurred_at: datetime | None = strawberry.field(default=None, description=_WHEN)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Place it."""
        key = self.idempotency_key
        return deals.place_order(desk, self.customer, amount=self.amount, occurred_at=self.occurred_at, key=key)


@strawberry.input(description="A formal contract (正式合同, A13): of a deal that was ordered, or of a customer.")
class SignContractInput:
    """A signature."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    deal: strawberry.ID | None = strawberry.field(default=None, description="The deal that was ordered; or else:")
    customer: strawberry.ID | None = strawberry.field(default=None, description="Whose contract, without an order.")
    expected_version: int | None = strawberry.field(default=None, description="With a deal: " + VERSION)
    amount: Decimal | None = strawberry.field(default=None, description="For how much, in yuan.")
    related_to: strawberry.ID | None = strawberry.field(
        default=None, description="The customer around whom the buyer is (周边人员, A17)."
    )
    occurred_at: datetime | None = strawberry.field(default=None, description=_WHEN)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Sign it."""
        return deals.sign_contract(
            desk, deal=self.deal, customer=self.customer, amount=self.amount, related_to=self.related_to,
            occurred_at=self.occurred_at, expected_version=self.expected_version, key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="A payment (付款): what share of the price is paid so far, in all (H21).")
class RecordPaymentInput:
    """A payment."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    deal: strawberry.ID = strawberry.field(description="Of which deal.")
    expected_version: int = strawberry.field(description=VERSION)
    percent: Percent = strawberry.field(description="The share paid in all.")
    occurred_at: datetime | None = strawberry.field(default=None, description=_WHEN)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        return deals.record_payment(
            desk, self.deal, percent=self.percent, occurred_at=self.occurred_at,
            expected_version=self.expected_version, key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="The completion of the work (竣工).")
class FinishDealInput:
    """A completion."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    deal: strawberry.ID = strawberry.field(description="Of which deal.")
    expected_version: int = strawberry.field(description=VERSION)
    occurred_at: datetime | None = strawberry.field(default=None, description=_WHEN)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        version, key = self.expected_version, self.idempotency_key
        return deals.finish_deal(desk, self.deal, occurred_at=self.occurred_at, expected_version=version, key=key)


@strawberry.input(description="A piece of evidence (证据), in words, by the hash of its document, or both.")
class EvidenceInput:
    """A piece of evidence."""

    kind: EvidenceKind = strawberry.field(description="What it is.")
    text: PlainText | None = strawberry.field(default=None, description="What it says; sealed.")
    document: str | None = strawberry.field(default=None, description="The document's SHA-256, 64 hex digits.")

    def form(self) -> EvidenceForm:
        """Give it as the book takes it."""
        return EvidenceForm(self.kind, self.text, self.document)


@strawberry.input(description="An application for a deal that nobody holds (认领), with evidence (A18).")
class ConfirmDealInput:
    """An application."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    deal: strawberry.ID = strawberry.field(description="For which deal.")
    evidence: list[EvidenceInput] = strawberry.field(description="1 to 20 pieces of evidence.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Apply."""
        evidence = [piece.form() for piece in self.evidence]
        return confirmations.confirm_deal(desk, self.deal, evidence=evidence, key=self.idempotency_key)


@strawberry.input(description="What a supervisor outside the applicants' teams finds of the evidence (认定, A18).")
class JudgeConfirmationInput:
    """A judgement."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    confirmation: strawberry.ID = strawberry.field(description="Which application.")
    expected_version: int = strawberry.field(description=VERSION)
    is_valid: bool = strawberry.field(description="The evidence is valid.")
    reasons: PlainText | None = strawberry.field(
        default=None, description="Why (理由); sealed. Required of evidence that is not valid."
    )

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Judge it."""
        return confirmations.judge_confirmation(
            desk, self.confirmation, is_valid=self.is_valid, reasons=self.reasons,
            expected_version=self.expected_version, key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="One person's share of a split (分配比例).")
class ShareInput:
    """A share."""

    staff: strawberry.ID = strawberry.field(description="Whose.")
    percent: Percent = strawberry.field(description="Which share.")


@strawberry.input(description="How a deal of the team on duty is split (分配, A22): its shares add up to 100 %.")
class SplitCreditInput:
    """A split."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    deal: strawberry.ID = strawberry.field(description="Which deal.")
    expected_version: int = strawberry.field(description=VERSION)
    shares: list[ShareInput] = strawberry.field(description="1 to 50 members of the team, each once.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Split it."""
        parts = [shares.ShareForm(one.staff, one.percent) for one in self.shares]
        version, key = self.expected_version, self.idempotency_key
        return shares.split_credit(desk, self.deal, shares=parts, expected_version=version, key=key)


@strawberry.input(description="A concession of one's own credit (让单), by a signed paper (H5).")
class ConcedeCreditInput:
    """A concession."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    deal: strawberry.ID = strawberry.field(description="Of which deal.")
    expected_version: int = strawberry.field(description=VERSION)
    to: strawberry.ID = strawberry.field(description="For whom.")
    share: Percent = strawberry.field(description="How much of the whole deal.")
    paper: str = strawberry.field(description="The signed paper's SHA-256, 64 hex digits.")
    statement: PlainText | None = strawberry.field(default=None, description="What it says; sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Concede it."""
        return shares.concede_credit(
            desk, self.deal, to=self.to, share=self.share, paper=self.paper, statement=self.statement,
            expected_version=self.expected_version, key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="The payment of a designer's rebate (返点结算, H21).")
class SettleRebateInput:
    """A settlement of a rebate."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    deal: strawberry.ID = strawberry.field(description="Of which deal.")
    expected_version: int = strawberry.field(description=VERSION)
    designer: strawberry.ID = strawberry.field(description="Whose rebate.")
    percent: Percent = strawberry.field(description="How much of it is paid with this.")
    payee: SealedText = strawberry.field(description="The company that was paid (收款公司); sealed.")
    booked_as: Booking = strawberry.field(description="How it stands in the books.")
    receipt: str | None = strawberry.field(default=None, description="The receipt's SHA-256, 64 hex digits.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Settle it."""
        return rebates.settle_rebate(
            desk, self.deal, designer=self.designer, percent=self.percent, payee=self.payee,
            booked_as=self.booked_as, receipt=self.receipt, expected_version=self.expected_version,
            key=self.idempotency_key,
        )  # fmt: skip
