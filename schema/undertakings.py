"""The undertaking of confidentiality on the wire (B10): its text is shown, signed, or recorded as signed on paper."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import undertakings as book_of_undertakings
from records.desk import Desk
from records.undertaking_text import UndertakingText, is_required, text_in_force
from records.undertakings import Signature, SigningWay
from schema.directives import requires
from schema.errors import Language
from schema.hearing import done, heard
from schema.people import Staff, shown_person
from schema.refusals import Refusal, refusal_of, spoken
from schema.rulings import a_day
from schema.wording import KEY, REFUSAL, REPLAYED

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from records.outcomes import Done

ANYBODY = requires(None)


@strawberry.type(description="That somebody signed the undertaking (签署记录, B10).")
class UndertakingSignature:
    """A signature."""

    way: SigningWay = strawberry.field(description="Here, or on paper (签署方式).", directives=ANYBODY)
    signed_on: date = strawberry.field(description="On which day (签署日).", directives=ANYBODY)
    recorded_at: datetime = strawberry.field(description="When it was recorded.", directives=ANYBODY)
    kept: strawberry.Private[Signature]

    @classmethod
    def of(cls, kept: Signature) -> UndertakingSignature:
        """Show a signature."""
        return cls(way=kept.way, signed_on=kept.signed_on, recorded_at=kept.recorded_at, kept=kept)

    @strawberry.field(description="Who signed (签署人).", directives=ANYBODY)
    async def staff(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.kept.staff)

    @strawberry.field(description="Who recorded it (登记人).", directives=ANYBODY)
    async def recorded_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.kept.recorded_by)


@strawberry.type(description="The undertaking of confidentiality (保密协议, B10) in force.")
class Undertaking:
    """The undertaking."""

    in_force: strawberry.Private[UndertakingText]

    @strawberry.field(description="Which text (文本版本); another one is signed anew.", directives=ANYBODY)
    def version(self) -> int:
        """Give the version."""
        return self.in_force.version

    @strawberry.field(
        description="SHA-256 of the Chinese words, a zero byte, and the English, in hex (摘要).", directives=ANYBODY
    )
    def digest(self) -> str:
        """Give the digest."""
        return self.in_force.digest.hex()

    @strawberry.field(description="Its words (正文), in a language or else the request's.", directives=ANYBODY)
    def text(self, info: Info[Desk], language: Language | None = None) -> str:
        """Give the words."""
        return self.in_force.en if spoken(info, language) == "en" else self.in_force.zh

    @strawberry.field(
        description="By the rulebook in force nobody sees a customer before having signed (是否必须签署).",
        directives=ANYBODY,
    )
    def is_required(self, info: Info[Desk]) -> bool:
        """Tell whether it is required."""
        return is_required(info.context.rulebook)

    @strawberry.field(description="The viewer's signature under this text; else null.", directives=ANYBODY)
    async def signature(self, info: Info[Desk]) -> UndertakingSignature | None:
        """Show the signature."""
        kept = await book_of_undertakings.own_signature(info.context)
        return None if kept is None else UndertakingSignature.of(kept)


@strawberry.input(description="The undertaking that one signs for oneself (签署保密协议): the text that was shown.")
class SignUndertakingInput:
    """A signature."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    version: int = strawberry.field(description="Which text; another than the one in force is refused as `Stale`.")
    digest: str = strawberry.field(description="Its digest, as it was shown.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Sign it."""
        version, key = self.version, self.idempotency_key
        return book_of_undertakings.sign_undertaking(desk, version=version, digest=self.digest, key=key)


@strawberry.input(description="That somebody signed the undertaking on paper (登记纸质签署).")
class RecordUndertakingInput:
    """A signature on paper."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    staff: strawberry.ID = strawberry.field(description="Who signed; never oneself.")
    version: int = strawberry.field(description="Which text; another than the one in force is refused as `Stale`.")
    signed_on: date = strawberry.field(description="On which day; never one to come.")
    document: str | None = strawberry.field(default=None, description="SHA-256 of a scan of the paper, in hex.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        return book_of_undertakings.record_undertaking(
            desk, self.staff, version=self.version, signed_on=a_day(self.signed_on), document=self.document,
            key=self.idempotency_key,
        )  # fmt: skip


@strawberry.type(description="The undertaking that was signed (签署结果), or why not.")
class SignUndertakingPayload:
    """What signing gives."""

    signature: UndertakingSignature | None = strawberry.field(description="The signature.", directives=ANYBODY)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="A signature on paper that was recorded (登记结果), or why not.")
class RecordUndertakingPayload:
    """What recording gives."""

    signature: UndertakingSignature | None = strawberry.field(description="The signature.", directives=ANYBODY)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


async def _signed(desk: Desk, outcome: Done) -> UndertakingSignature | None:
    kept = await book_of_undertakings.signature(desk, outcome.node)
    return None if kept is None else UndertakingSignature.of(kept)


@strawberry.type
class UndertakingQueries:
    """What a client may read of the undertaking."""

    @strawberry.field(
        description="The undertaking of confidentiality (保密协议, B10) in force, and whether one has signed it.",
        directives=ANYBODY,
    )
    async def undertaking(self, info: Info[Desk]) -> Undertaking:
        """Show the undertaking."""
        info.context.signed_in()
        return Undertaking(in_force=text_in_force())


@strawberry.type
class UndertakingMutations:
    """What a client may do with the undertaking."""

    @strawberry.mutation(
        description="Sign the undertaking of confidentiality for oneself (签署保密协议, B10): the text that was shown.",
        directives=done(Act.SIGN_UNDERTAKING),
    )
    async def sign_undertaking(self, info: Info[Desk], input: SignUndertakingInput) -> SignUndertakingPayload:
        """Sign it."""
        outcome = await heard(info.context, Act.SIGN_UNDERTAKING, input)
        kept, refusal = await _signed(info.context, outcome), refusal_of(outcome.refusal)
        return SignUndertakingPayload(signature=kept, refusal=refusal, replayed=outcome.replayed)

    @strawberry.mutation(
        description="Record that somebody signed the undertaking on paper (登记纸质签署, B10); they are told.",
        directives=done(Act.RECORD_UNDERTAKING),
    )
    async def record_undertaking(self, info: Info[Desk], input: RecordUndertakingInput) -> RecordUndertakingPayload:
        """Record it."""
        outcome = await heard(info.context, Act.RECORD_UNDERTAKING, input)
        kept, refusal = await _signed(info.context, outcome), refusal_of(outcome.refusal)
        return RecordUndertakingPayload(signature=kept, refusal=refusal, replayed=outcome.replayed)
