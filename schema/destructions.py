"""Destruction on the wire (G16): asked for by one person, agreed to by another, and certified."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import destruction, destruction_rows
from records.certificates import Certificate
from records.desk import Desk
from records.destruction_rows import DestructionRow, DestructionState
from records.pages import Paging
from records.references import Kind, reference
from records.retention import DestructionGround
from schema.directives import Audited, requires
from schema.filters import DestructionFilter, narrowed
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.people import Staff, shown_person
from schema.refusals import Refusal, refusal_of
from schema.types import Customer, shown_customer
from schema.wording import KEY, REFUSAL, REPLAYED, VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from records.outcomes import Done

ANYBODY = requires(None)
DESTRUCTION = requires(Act.VIEW_DESTRUCTIONS)


@strawberry.type(
    description="The certificate of a destruction (销毁证书): ids, instants and counts, and nothing of who it was."
)
class DestructionCertificate:
    """A certificate."""

    digest: str = strawberry.field(description="SHA-256 of `text`, in hex (摘要).", directives=DESTRUCTION)
    text: str = strawberry.field(
        description="The certificate as canonical JSON (RFC 8785): whoever has it can make the digest again.",
        directives=DESTRUCTION,
    )
    filings: int = strawberry.field(description="Filings whose contents open no more (报备数).", directives=DESTRUCTION)
    keys: int = strawberry.field(description="Keys that were destroyed (密钥数).", directives=DESTRUCTION)
    sealed_values: int = strawberry.field(
        description="Sealed texts that open no more (密文数).", directives=DESTRUCTION
    )
    index_rows: int = strawberry.field(
        description="Index rows by which the customer was found (索引数).", directives=DESTRUCTION
    )
    notes: int = strawberry.field(description="Notes of the access log (日志附注数).", directives=DESTRUCTION)
    retained_until: date | None = strawberry.field(
        description="The last day on which the records had to be kept; null where that had not begun, or had no end.",
        directives=DESTRUCTION,
    )
    row: strawberry.Private[Certificate]

    @classmethod
    def of(cls, row: Certificate) -> DestructionCertificate:
        """Show a certificate."""
        counts, last = row.counts, row.retained_until
        return cls(
            digest=row.digest, text=row.text, filings=counts.filings, keys=counts.keys,
            sealed_values=counts.sealed_values, index_rows=counts.index_rows, notes=counts.notes,
            retained_until=None if last is None else date.fromisoformat(last), row=row,
        )  # fmt: skip

    @strawberry.field(
        description="True: the digest is the text's, and nothing is left that opens or is found (核验).",
        directives=DESTRUCTION,
    )
    async def holds(self, info: Info[Desk]) -> bool:
        """Verify it."""
        return await destruction_rows.holds(info.context, self.row)


@strawberry.type(description="The destruction of a customer's data (销毁, G16), from its request on.")
class Destruction(Node):
    """A destruction."""

    state: DestructionState = strawberry.field(description="Where it stands (进度).", directives=DESTRUCTION)
    ground: DestructionGround = strawberry.field(description="Why it is asked for (事由).", directives=DESTRUCTION)
    document: str | None = strawberry.field(
        description="SHA-256 of the paper that asks for it (依据文件), if there is one.", directives=DESTRUCTION
    )
    requested_at: datetime = strawberry.field(description="When it was asked for.", directives=DESTRUCTION)
    ended_at: datetime | None = strawberry.field(
        description="When it was done, or taken back; else null.", directives=DESTRUCTION
    )
    is_alone: bool = strawberry.field(
        description="True: one person did what two should, where the installation records that (两人操作).",
        directives=DESTRUCTION,
    )
    version: int = strawberry.field(description="Counts its changes (版本).", directives=DESTRUCTION)
    row: strawberry.Private[DestructionRow]

    @classmethod
    def of(cls, row: DestructionRow) -> Destruction:
        """Show a destruction."""
        return cls(
            id=strawberry.ID(reference(Kind.DESTRUCTION, row.id)), state=row.state, ground=row.ground,
            document=row.document, requested_at=row.requested_at, ended_at=row.ended_at, is_alone=row.alone,
            version=row.version, row=row,
        )  # fmt: skip

    @strawberry.field(description="Whose data.", directives=DESTRUCTION)
    async def customer(self, info: Info[Desk]) -> Customer | None:
        """Show the customer."""
        return await shown_customer(info.context, self.row.customer)

    @strawberry.field(description="Who asked for it (申请人).", directives=DESTRUCTION)
    async def requested_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.requested_by)

    @strawberry.field(description="Who agreed to it (批准人).", directives=DESTRUCTION)
    async def approved_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.approved_by)

    @strawberry.field(description="Its certificate (销毁证书), once it is done.", directives=DESTRUCTION)
    def certificate(self) -> DestructionCertificate | None:
        """Show the certificate."""
        return None if self.row.certificate is None else DestructionCertificate.of(self.row.certificate)

    @strawberry.field(description="What the viewer may do with it (可用操作).", directives=DESTRUCTION)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return destruction_rows.acts_on_destruction(info.context, self.row)


async def shown_destruction(desk: Desk, destruction_: UUID | None) -> Destruction | None:
    """Show a destruction, if it is in sight."""
    row = await destruction_rows.destruction(desk, destruction_)
    return None if row is None else Destruction.of(row)


@strawberry.input(description="A request that a customer's data be destroyed (申请销毁, G16); another person agrees.")
class DestroyCustomerInput:
    """A request."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="Whose data.")
    expected_version: int = strawberry.field(description="The customer's version. " + VERSION)
    ground: DestructionGround = strawberry.field(description="Why.")
    document: str | None = strawberry.field(
        default=None, description="SHA-256 of the paper that asks for it: 64 hex digits; only an ended time needs none."
    )

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Ask for it."""
        version, key = self.expected_version, self.idempotency_key
        return destruction.destroy_customer(
            desk, self.customer, self.ground, document=self.document, expected_version=version, key=key
        )


@strawberry.input(description="The agreement to a destruction (批准销毁): it is done at once, and cannot be undone.")
class ApproveDestructionInput:
    """An agreement."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    destruction: strawberry.ID = strawberry.field(description="Which one.")
    expected_version: int = strawberry.field(description=VERSION)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Agree."""
        version, key = self.expected_version, self.idempotency_key
        return destruction.approve_destruction(desk, self.destruction, expected_version=version, key=key)


@strawberry.input(description="The taking back of a request for a destruction (撤回销毁申请).")
class CancelDestructionInput:
    """A taking back."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    destruction: strawberry.ID = strawberry.field(description="Which one.")
    expected_version: int = strawberry.field(description=VERSION)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Take it back."""
        version, key = self.expected_version, self.idempotency_key
        return destruction.cancel_destruction(desk, self.destruction, expected_version=version, key=key)


@strawberry.interface(description="A destruction that was asked for, done or taken back (销毁结果), or why not.")
class DestructionChanged:
    """What an act on a destruction gives."""

    destruction: Destruction | None = strawberry.field(description="As it stands now.", directives=DESTRUCTION)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="A destruction that was asked for (申请销毁结果), or why not.")
class DestroyCustomerPayload(DestructionChanged):
    """What asking gives."""


@strawberry.type(description="A destruction that was done (批准销毁结果), or why not.")
class ApproveDestructionPayload(DestructionChanged):
    """What agreeing gives."""


@strawberry.type(description="A request that was taken back (撤回结果), or why not.")
class CancelDestructionPayload(DestructionChanged):
    """What taking back gives."""


D = TypeVar("D", bound=DestructionChanged)


async def _changed(payload: type[D], desk: Desk, outcome: Done) -> D:
    shown = await shown_destruction(desk, outcome.node)
    return payload(destruction=shown, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)


@strawberry.type
class DestructionQueries:
    """What a client may read of destructions."""

    @strawberry.field(
        description="The destructions (销毁, G16), the latest asked for first.",
        directives=requires(Act.VIEW_DESTRUCTIONS, audited=Audited.PAGE),
    )
    async def destructions(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: DestructionFilter | None = None,
    ) -> Connection[Destruction]:  # fmt: skip
        """List the destructions."""
        desk, wanted = info.context, narrowed(filter)
        found = await destruction_rows.read_destructions(desk, Paging(first, after, last, before), wanted)
        return connection(found, Destruction.of, lambda: destruction_rows.count_destructions(desk, wanted))


@strawberry.type
class DestructionMutations:
    """What a client may do about destructions."""

    @strawberry.mutation(
        description="Ask that a customer's data be destroyed (申请销毁, G16): their time is over, or the law asks.",
        directives=done(Act.DESTROY_CUSTOMER),
    )
    async def destroy_customer(self, info: Info[Desk], input: DestroyCustomerInput) -> DestroyCustomerPayload:
        """Ask for a destruction."""
        outcome = await heard(info.context, Act.DESTROY_CUSTOMER, input)
        return await _changed(DestroyCustomerPayload, info.context, outcome)

    @strawberry.mutation(
        description="Agree to a destruction that another person asked for (批准销毁), within 24 hours: it is done.",
        directives=done(Act.APPROVE_DESTRUCTION),
    )
    async def approve_destruction(self, info: Info[Desk], input: ApproveDestructionInput) -> ApproveDestructionPayload:
        """Agree to a destruction."""
        outcome = await heard(info.context, Act.APPROVE_DESTRUCTION, input)
        return await _changed(ApproveDestructionPayload, info.context, outcome)

    @strawberry.mutation(
        description="Take back what was asked for (撤回销毁申请), until another person has agreed.",
        directives=done(Act.DESTROY_CUSTOMER),
    )
    async def cancel_destruction(self, info: Info[Desk], input: CancelDestructionInput) -> CancelDestructionPayload:
        """Take a request back."""
        outcome = await heard(info.context, Act.DESTROY_CUSTOMER, input)
        return await _changed(CancelDestructionPayload, info.context, outcome)
