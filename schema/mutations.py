"""What a client may do: one act of the book each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry
from strawberry.types import Info  # noqa: TC002 (strawberry reads annotations when the schema is made)

from authz.acts import Act
from authz.policy import Condition, FieldClass
from records import accounts, checks, disclosure, disputes, filing, visits
from records.desk import Desk  # noqa: TC001 (as above)
from records.outcomes import Done
from records.refusals import RefusalCode, Refused
from schema.directives import Audited, requires
from schema.inputs import (
    ChangePasswordInput, CheckConflictInput, CompleteFilingInput, FileClaimInput, FindCustomersInput, LogInInput,
    OpenDisputeInput, RecordConsentInput, RecordContactInput, RecordVisitInput, RevealContactInput,
    SettleDisputeInput, malformed,
)  # fmt: skip
from schema.payloads import (
    ChangePasswordPayload, CheckConflictPayload, CompleteFilingPayload, FileClaimPayload, FindCustomersPayload,
    LogInPayload, LogOutPayload, OpenDisputePayload, RecordConsentPayload, RecordContactPayload, RecordVisitPayload,
    RevealContactPayload, SettleDisputePayload, recorded,
)  # fmt: skip
from schema.refusals import refusal_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def done(act: Act) -> tuple[object, ...]:
    """Give the directives of an act that leaves its entry in its own transaction."""
    return requires(act, audited=Audited.ACT)


async def heard(desk: Desk, act: Act, given: object, do: Callable[[], Awaitable[Done]]) -> Done:
    """Do an act, unless its input holds what cannot be read; that is told to whoever may do the act at all."""
    problems = tuple(malformed(given))
    if not problems:
        return await do()
    await desk.require(act, facts=tuple(Condition))
    return Done(refusal=Refused(RefusalCode.INVALID_INPUT, problems=problems))


@strawberry.type(description="What a client may do (操作).")
class Mutation:
    """The mutation root."""

    @strawberry.mutation(
        description="Sign in with one's own account (登录, B14); slowed, then locked, by wrong passwords.",
        directives=requires(None, audited=Audited.ACT),
    )
    async def log_in(self, info: Info[Desk], input: LogInInput) -> LogInPayload:  # noqa: A002 (the wire's name)
        """Open a session."""
        return LogInPayload.of(await accounts.log_in(info.context, input.login, input.password))

    @strawberry.mutation(description="End the session that asks (退出).", directives=done(Act.LOG_OUT))
    async def log_out(self, info: Info[Desk]) -> LogOutPayload:
        """End this session."""
        await accounts.log_out(info.context)
        return LogOutPayload(ended=True)

    @strawberry.mutation(
        description="Change one's own password (修改密码); every other session of the account ends.",
        directives=done(Act.CHANGE_PASSWORD),
    )
    async def change_password(self, info: Info[Desk], input: ChangePasswordInput) -> ChangePasswordPayload:  # noqa: A002 (as above)
        """Replace one's own password."""
        refused = await accounts.change_password(info.context, input.old_password, input.new_password)
        return ChangePasswordPayload(refusal=refusal_of(refused))

    @strawberry.mutation(
        description="Find customers in one's scope by an exact phone or name (查找); logged, and budgeted by day.",
        directives=requires(Act.FIND_CUSTOMERS, FieldClass.CONTACT, Audited.PROBE),
    )
    async def find_customers(self, info: Info[Desk], input: FindCustomersInput) -> FindCustomersPayload:  # noqa: A002 (as above)
        """Find customers."""
        return FindCustomersPayload.of(await checks.find_customers(info.context, input.phone, input.name))

    @strawberry.mutation(
        description="File a customer (报备), for oneself or for whom one may enter filings (A4 A6 E2).",
        directives=done(Act.FILE_CLAIM),
    )
    async def file_claim(self, info: Info[Desk], input: FileClaimInput) -> FileClaimPayload:  # noqa: A002 (as above)
        """File a customer."""
        desk = info.context
        return await FileClaimPayload.of(
            desk,
            await heard(
                desk, Act.FILE_CLAIM, input, lambda: filing.file_claim(desk, input.form(), key=input.idempotency_key)
            ),
        )

    @strawberry.mutation(
        description="Add to a filing what is missing (补充报备, G8 C10); it may show two customers to be one.",
        directives=done(Act.COMPLETE_FILING),
    )
    async def complete_filing(self, info: Info[Desk], input: CompleteFilingInput) -> CompleteFilingPayload:  # noqa: A002 (as above)
        """Complete a filing."""
        desk, key, version = info.context, input.idempotency_key, input.expected_version
        return await CompleteFilingPayload.of(
            desk,
            await heard(
                desk,
                Act.COMPLETE_FILING,
                input,
                lambda: filing.complete_filing(desk, input.claim, input.entered(), expected_version=version, key=key),
            ),
        )

    @strawberry.mutation(
        description="Record that somebody brought a customer in (带看登记, A4 A6).", directives=done(Act.RECORD_VISIT)
    )
    async def record_visit(self, info: Info[Desk], input: RecordVisitInput) -> RecordVisitPayload:  # noqa: A002 (as above)
        """Record a visit."""
        desk, key, at = info.context, input.idempotency_key, input.occurred_at
        return await recorded(
            RecordVisitPayload,
            desk,
            await heard(
                desk,
                Act.RECORD_VISIT,
                input,
                lambda: visits.record_visit(
                    desk, input.customer, by=input.by, companion=input.companion, occurred_at=at, key=key
                ),
            ),
        )

    @strawberry.mutation(
        description="Record a contact in the course of business (跟进登记, A26 B7).",
        directives=done(Act.RECORD_CONTACT),
    )
    async def record_contact(self, info: Info[Desk], input: RecordContactInput) -> RecordContactPayload:  # noqa: A002 (as above)
        """Record a contact."""
        desk, key, at = info.context, input.idempotency_key, input.occurred_at
        return await recorded(
            RecordContactPayload,
            desk,
            await heard(
                desk,
                Act.RECORD_CONTACT,
                input,
                lambda: visits.record_contact(
                    desk, input.customer, by=input.by, occurred_at=at, note=input.note, key=key
                ),
            ),
        )

    @strawberry.mutation(
        description="Record the holder's consent that somebody else deals with the customer (同意登记, A27).",
        directives=done(Act.RECORD_CONSENT),
    )
    async def record_consent(self, info: Info[Desk], input: RecordConsentInput) -> RecordConsentPayload:  # noqa: A002 (as above)
        """Record a consent."""
        desk, key, at = info.context, input.idempotency_key, input.occurred_at
        return await recorded(
            RecordConsentPayload,
            desk,
            await heard(
                desk,
                Act.RECORD_CONSENT,
                input,
                lambda: visits.record_consent(desk, input.customer, to=input.to, occurred_at=at, key=key),
            ),
        )

    @strawberry.mutation(
        description="Ask whether a filing with these phones would meet somebody (查重): three words, the same whoever "
        "holds; logged, and budgeted by day.",
        directives=requires(Act.CHECK_CONFLICT, audited=Audited.PROBE),
    )
    async def check_conflict(self, info: Info[Desk], input: CheckConflictInput) -> CheckConflictPayload:  # noqa: A002 (as above)
        """Check for a conflict."""
        return CheckConflictPayload.of(await checks.check_conflict(info.context, input.phones))

    @strawberry.mutation(
        description="Show contact data in the clear (查看明文) for a purpose (B11); never replayed, always logged first.",
        directives=requires(Act.REVEAL_CONTACT, FieldClass.CONTACT, Audited.REVEAL),
    )
    async def reveal_contact(self, info: Info[Desk], input: RevealContactInput) -> RevealContactPayload:  # noqa: A002 (as above)
        """Reveal contact data."""
        desk, wanted = info.context, input.fields
        return await RevealContactPayload.of(
            desk,
            await disclosure.reveal_contact(
                desk, input.customer, wanted, purpose=input.purpose, note=input.note
            ),
        )

    @strawberry.mutation(
        description="Open a dispute over a customer (争议); while it is open, strict protection rests (A30).",
        directives=done(Act.OPEN_DISPUTE),
    )
    async def open_dispute(self, info: Info[Desk], input: OpenDisputeInput) -> OpenDisputePayload:  # noqa: A002 (as above)
        """Open a dispute."""
        desk, key, against = info.context, input.idempotency_key, input.against
        return await OpenDisputePayload.of(
            desk,
            await heard(
                desk,
                Act.OPEN_DISPUTE,
                input,
                lambda: disputes.open_dispute(
                    desk, input.customer, against=against, statement=input.statement, key=key
                ),
            ),
        )

    @strawberry.mutation(
        description="Settle a dispute (裁决, A31 H20), and every other one open over the customer; no party does.",
        directives=done(Act.SETTLE_DISPUTE),
    )
    async def settle_dispute(self, info: Info[Desk], input: SettleDisputeInput) -> SettleDisputePayload:  # noqa: A002 (as above)
        """Settle a dispute."""
        desk, key, version = info.context, input.idempotency_key, input.expected_version
        return await SettleDisputePayload.of(
            desk,
            await heard(
                desk,
                Act.SETTLE_DISPUTE,
                input,
                lambda: disputes.settle_dispute(
                    desk, input.dispute, to=input.to, reasons=input.reasons, expected_version=version, key=key
                ),
            ),
        )
