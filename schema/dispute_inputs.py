"""What a client sends with the acts on a dispute."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from uuid import UUID

import strawberry

from records import appeals, disputes, proceedings
from records.desk import Desk
from records.disclosure import PurposeCode
from records.dispute_sides import Side
from records.outcomes import Done
from records.proceedings import LossCause, LossSeverity
from schema.deal_inputs import EvidenceInput
from schema.scalars import PlainText
from schema.wording import KEY, VERSION

_REASONS = "Why (理由); sealed."


@strawberry.input(description="Evidence of a party (举证), while the dispute is open and the time lasts.")
class AddEvidenceInput:
    """Evidence."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    dispute: strawberry.ID = strawberry.field(description="In which dispute.")
    evidence: list[EvidenceInput] = strawberry.field(description="1 to 20 pieces of evidence.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Bring it."""
        evidence = [piece.form() for piece in self.evidence]
        return proceedings.add_evidence(desk, self.dispute, evidence=evidence, key=self.idempotency_key)


@strawberry.input(description="Put a dispute to somebody else to decide (移送): nobody who is recused (回避).")
class ReferDisputeInput:
    """A referral."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    dispute: strawberry.ID = strawberry.field(description="Which one.")
    expected_version: int = strawberry.field(description=VERSION)
    to: strawberry.ID = strawberry.field(description="Who is to decide it.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Refer it."""
        version, key = self.expected_version, self.idempotency_key
        return proceedings.refer_dispute(desk, self.dispute, to=self.to, expected_version=version, key=key)


@strawberry.input(description="What a dispute is decided to (裁决, A31 H20), for somebody or for a side.")
class SettleDisputeInput:
    """An award."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    dispute: strawberry.ID = strawberry.field(description="Which one.")
    expected_version: int = strawberry.field(description=VERSION)
    to: strawberry.ID | None = strawberry.field(default=None, description="For whom it is decided; or else:")
    side: Side | None = strawberry.field(default=None, description="For which side, whoever that is.")
    reasons: PlainText | None = strawberry.field(
        default=None, description=_REASONS + " Required where the award departs from the ruling."
    )

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Settle it."""
        return disputes.settle_dispute(
            desk, self.dispute, to=self.to, side=self.side, reasons=self.reasons,
            expected_version=self.expected_version, key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="An appeal against an award (申诉), once, with reasons.")
class AppealAwardInput:
    """An appeal."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    dispute: strawberry.ID = strawberry.field(description="In which dispute.")
    expected_version: int = strawberry.field(description=VERSION)
    reasons: PlainText = strawberry.field(description=_REASONS)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Appeal."""
        version, key = self.expected_version, self.idempotency_key
        return appeals.appeal_award(desk, self.dispute, reasons=self.reasons, expected_version=version, key=key)


@strawberry.input(description="The last word on an appeal (终裁), by a company leader.")
class DecideAppealInput:
    """A last word."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    dispute: strawberry.ID = strawberry.field(description="In which dispute.")
    expected_version: int = strawberry.field(description=VERSION)
    to: strawberry.ID | None = strawberry.field(default=None, description="For whom it is decided; or else:")
    side: Side | None = strawberry.field(default=None, description="For which side, whoever that is.")
    reasons: PlainText = strawberry.field(description=_REASONS)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Decide it."""
        return appeals.decide_appeal(
            desk, self.dispute, to=self.to, side=self.side, reasons=self.reasons,
            expected_version=self.expected_version, key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="A customer who is lost (丢单), and why (H19).")
class RecordLossInput:
    """A loss."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="Who is lost.")
    cause: LossCause = strawberry.field(description="Why.")
    severity: LossSeverity = strawberry.field(description="How grave it is.")
    note: PlainText | None = strawberry.field(default=None, description="More about it; sealed.")
    occurred_at: datetime | None = strawberry.field(default=None, description="When; now unless said otherwise.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        return proceedings.record_loss(
            desk, self.customer, cause=self.cause, severity=self.severity, note=self.note,
            occurred_at=self.occurred_at, key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="The papers (案卷) of a deal, an application for one or a dispute, for a purpose (B11).")
class ReadPapersInput:
    """Whose papers are read, and why."""

    of: strawberry.ID = strawberry.field(description="Of what.")
    purpose: PurposeCode = strawberry.field(description="For which purpose.")
    note: PlainText | None = strawberry.field(
        default=None, description="More about it, 200 characters at most; no number of anybody's."
    )
