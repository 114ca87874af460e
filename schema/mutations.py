"""What a client may do: one act of the book each."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from authz.acts import Act
from authz.policy import FieldClass
from records import accounts, checks
from records.desk import Desk
from records.disclosure import reveal_contact
from records.finding import find_customers
from schema.archiving import ArchiveMutations
from schema.backups import BackupMutations
from schema.days import DayMutations
from schema.deal_acts import DealActs
from schema.departures import DepartureMutations
from schema.destructions import DestructionMutations
from schema.diaries import DiaryMutations
from schema.directives import Audited, requires
from schema.dispute_acts import DisputeActs
from schema.edition_acts import EditionActs
from schema.following import FollowingMutations
from schema.grants import GrantMutations
from schema.hearing import done, heard
from schema.inputs import (
    ChangePasswordInput,
    CheckConflictInput,
    CompleteFilingInput,
    FileClaimInput,
    FindCustomersInput,
    LogInInput,
    OpenDisputeInput,
    RecordConsentInput,
    RecordContactInput,
    RecordVisitInput,
    RevealContactInput,
)  # fmt: skip
from schema.inspections import InspectionMutations
from schema.keys import KeyMutations
from schema.notices import NoticeMutations
from schema.offence_acts import OffenceActs
from schema.overview import OverviewMutations
from schema.payloads import (
    ChangePasswordPayload,
    CheckConflictPayload,
    CompleteFilingPayload,
    FileClaimPayload,
    FindCustomersPayload,
    LogInPayload,
    LogOutPayload,
    OpenDisputePayload,
    RecordConsentPayload,
    RecordContactPayload,
    RecordVisitPayload,
    RevealContactPayload,
    recorded,
)  # fmt: skip
from schema.refusals import refusal_of
from schema.reviewing import ReviewMutations
from schema.undertakings import UndertakingMutations
from schema.upkeep import UpkeepMutations
from schema.uploading import UploadActs
from schema.whatif import WhatIfActs


@strawberry.type(description="What a client may do (操作).")
class Mutation(
    ReviewMutations, FollowingMutations, DayMutations, NoticeMutations, DepartureMutations, DealActs, DisputeActs,
    OffenceActs, ArchiveMutations, UpkeepMutations, KeyMutations, OverviewMutations,
    EditionActs, WhatIfActs, DestructionMutations, UploadActs, InspectionMutations, DiaryMutations, GrantMutations,
    UndertakingMutations, BackupMutations,
):  # fmt: skip
    """The mutation root."""

    @strawberry.mutation(
        description="Sign in with one's own account (登录, B14); slowed, then locked, by wrong passwords.",
        directives=requires(None, audited=Audited.ACT),
    )
    async def log_in(self, info: Info[Desk], input: LogInInput) -> LogInPayload:
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
    async def change_password(self, info: Info[Desk], input: ChangePasswordInput) -> ChangePasswordPayload:
        """Replace one's own password."""
        refused = await accounts.change_password(info.context, input.old_password, input.new_password)
        return ChangePasswordPayload(refusal=refusal_of(refused))

    @strawberry.mutation(
        description="Find customers in one's scope (查找) by a whole phone or name, by last digits, by part of a name "
        "or its pinyin; logged, and budgeted by day.",
        directives=requires(Act.FIND_CUSTOMERS, FieldClass.CONTACT, Audited.PROBE),
    )
    async def find_customers(self, info: Info[Desk], input: FindCustomersInput) -> FindCustomersPayload:
        """Find customers."""
        return FindCustomersPayload.of(await find_customers(info.context, input.sought()))

    @strawberry.mutation(
        description="File a customer (报备), for oneself or for whom one may enter filings (A4 A6 E2).",
        directives=done(Act.FILE_CLAIM),
    )
    async def file_claim(self, info: Info[Desk], input: FileClaimInput) -> FileClaimPayload:
        """File a customer."""
        return await FileClaimPayload.of(info.context, await heard(info.context, Act.FILE_CLAIM, input))

    @strawberry.mutation(
        description="Add to a filing what is missing (补充报备, G8 C10); it may show two customers to be one.",
        directives=done(Act.COMPLETE_FILING),
    )
    async def complete_filing(self, info: Info[Desk], input: CompleteFilingInput) -> CompleteFilingPayload:
        """Complete a filing."""
        return await CompleteFilingPayload.of(info.context, await heard(info.context, Act.COMPLETE_FILING, input))

    @strawberry.mutation(
        description="Record that somebody brought a customer in (带看登记, A4 A6).", directives=done(Act.RECORD_VISIT)
    )
    async def record_visit(self, info: Info[Desk], input: RecordVisitInput) -> RecordVisitPayload:
        """Record a visit."""
        outcome = await heard(info.context, Act.RECORD_VISIT, input)
        return await recorded(RecordVisitPayload, info.context, outcome)

    @strawberry.mutation(
        description="Record a contact in the course of business (跟进登记, A26 B7).",
        directives=done(Act.RECORD_CONTACT),
    )
    async def record_contact(self, info: Info[Desk], input: RecordContactInput) -> RecordContactPayload:
        """Record a contact."""
        outcome = await heard(info.context, Act.RECORD_CONTACT, input)
        return await recorded(RecordContactPayload, info.context, outcome)

    @strawberry.mutation(
        description="Record the holder's consent that somebody else deals with the customer (同意登记, A27).",
        directives=done(Act.RECORD_CONSENT),
    )
    async def record_consent(self, info: Info[Desk], input: RecordConsentInput) -> RecordConsentPayload:
        """Record a consent."""
        outcome = await heard(info.context, Act.RECORD_CONSENT, input)
        return await recorded(RecordConsentPayload, info.context, outcome)

    @strawberry.mutation(
        description="Ask whether a filing with these phones would meet somebody (查重): three words, the same whoever "
        "holds; logged, and budgeted by day.",
        directives=requires(Act.CHECK_CONFLICT, audited=Audited.PROBE),
    )
    async def check_conflict(self, info: Info[Desk], input: CheckConflictInput) -> CheckConflictPayload:
        """Check for a conflict."""
        return CheckConflictPayload.of(await checks.check_conflict(info.context, input.phones))

    @strawberry.mutation(
        description="Show contact data in the clear (查看明文) for a purpose (B11); logged first, never replayed.",
        directives=requires(Act.REVEAL_CONTACT, FieldClass.CONTACT, Audited.REVEAL),
    )
    async def reveal_contact(self, info: Info[Desk], input: RevealContactInput) -> RevealContactPayload:
        """Reveal contact data."""
        desk, wanted = info.context, input.fields
        answer = await reveal_contact(desk, input.customer, wanted, purpose=input.purpose, note=input.note)
        return await RevealContactPayload.of(desk, answer)

    @strawberry.mutation(
        description="Open a dispute over a customer (争议); while it is open, strict protection rests (A30).",
        directives=done(Act.OPEN_DISPUTE),
    )
    async def open_dispute(self, info: Info[Desk], input: OpenDisputeInput) -> OpenDisputePayload:
        """Open a dispute."""
        return await OpenDisputePayload.of(info.context, await heard(info.context, Act.OPEN_DISPUTE, input))
