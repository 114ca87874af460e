"""What an act answers on the wire: what it made, under today's rights, or the law's No, or both."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar

import strawberry

from authz.acts import Act
from authz.policy import FieldClass
from records import log_rows
from records.checks import Checked, ConflictState
from records.disclosure import Contact, Revealed
from records.finding import Found
from records.refusals import Refused
from schema.directives import Audited, requires
from schema.log_entries import AccessEntry
from schema.refusals import Refusal, refusal_of
from schema.rulings import Fact, shown_fact
from schema.types import Claim, Customer, Dispute, shown_claim, shown_customer, shown_dispute
from schema.wording import NO_CREDIT, REPLAYED

if TYPE_CHECKING:
    from records.accounts import SignedIn
    from records.desk import Desk
    from records.outcomes import Done

ANYBODY = requires(None)
CLAIM = requires(Act.VIEW_CLAIMS)
CUSTOMER = requires(Act.VIEW_CUSTOMERS)
DISPUTE = requires(Act.VIEW_DISPUTES)
REVEALED = requires(Act.REVEAL_CONTACT, FieldClass.CONTACT, Audited.REVEAL)
REVEALED_NAME = requires(Act.REVEAL_CONTACT, FieldClass.IDENTITY, Audited.REVEAL)
REVEALED_PLACE = requires(Act.REVEAL_CONTACT, FieldClass.LOCATION, Audited.REVEAL)


@strawberry.type(description="A new session (登录结果), or why there is none.")
class LogInPayload:
    """What logging in gives."""

    token: str | None = strawberry.field(description="The bearer token; shown this once.", directives=ANYBODY)
    expires_at: datetime | None = strawberry.field(description="When the session ends by itself.", directives=ANYBODY)
    refusal: Refusal | None = strawberry.field(description="Why nobody was signed in.", directives=ANYBODY)

    @classmethod
    def of(cls, outcome: SignedIn | Refused) -> LogInPayload:
        """Answer a log-in."""
        if isinstance(outcome, Refused):
            return cls(token=None, expires_at=None, refusal=refusal_of(outcome))
        return cls(token=outcome.token, expires_at=outcome.expires_at, refusal=None)


@strawberry.type(description="The session that asked has ended (退出结果).")
class LogOutPayload:
    """What logging out gives."""

    ended: bool = strawberry.field(description="True: the token is worth nothing any more.", directives=ANYBODY)


@strawberry.type(description="A changed password (修改密码结果), or why it was not changed.")
class ChangePasswordPayload:
    """What changing one's password gives."""

    refusal: Refusal | None = strawberry.field(description="Why the password is still the old one.", directives=ANYBODY)


@strawberry.type(
    description="A filing that was recorded (报备结果); a refusal beside it: the law gives it nothing (A28)."
)
class FileClaimPayload:
    """What filing gives."""

    claim: Claim | None = strawberry.field(description="The claim as it stands now.", directives=CLAIM)
    refusal: Refusal | None = strawberry.field(description=NO_CREDIT, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)

    @classmethod
    async def of(cls, desk: Desk, done: Done) -> FileClaimPayload:
        """Answer a filing."""
        claim = await shown_claim(desk, done.node)
        return cls(claim=claim, refusal=refusal_of(done.refusal), replayed=done.replayed)


@strawberry.type(description="A filing that was completed (补充结果), or why it was not.")
class CompleteFilingPayload:
    """What completing gives."""

    claim: Claim | None = strawberry.field(description="The claim as it stands now.", directives=CLAIM)
    refusal: Refusal | None = strawberry.field(description=NO_CREDIT, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)

    @classmethod
    async def of(cls, desk: Desk, done: Done) -> CompleteFilingPayload:
        """Answer a completion."""
        claim = await shown_claim(desk, done.node)
        return cls(claim=claim, refusal=refusal_of(done.refusal), replayed=done.replayed)


@strawberry.interface(description="Something that happened with a customer was recorded (登记结果), or why not.")
class Recorded:
    """What recording a fact gives."""

    fact: Fact | None = strawberry.field(description="The fact.", directives=CLAIM)
    customer: Customer | None = strawberry.field(description="The customer as they stand now.", directives=CUSTOMER)
    refusal: Refusal | None = strawberry.field(description=NO_CREDIT, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="A visit that was recorded (带看登记结果), or why not.")
class RecordVisitPayload(Recorded):
    """What recording a visit gives."""


@strawberry.type(description="A contact that was recorded (跟进登记结果), or why not.")
class RecordContactPayload(Recorded):
    """What recording a contact gives."""


@strawberry.type(description="A consent that was recorded (同意登记结果), or why not.")
class RecordConsentPayload(Recorded):
    """What recording a consent gives."""


P = TypeVar("P", bound=Recorded)


async def recorded(payload: type[P], desk: Desk, done: Done) -> P:
    """Answer the recording of a fact."""
    fact, customer = await shown_fact(desk, done.node), await shown_customer(desk, done.customer)
    return payload(fact=fact, customer=customer, refusal=refusal_of(done.refusal), replayed=done.replayed)


@strawberry.type(description="What a check found (查重结果): one of three words, the same whoever holds.")
class CheckConflictPayload:
    """What a check gives."""

    conflict: ConflictState | None = strawberry.field(
        description="FREE, PROTECTED or POSSIBLE_MATCH; null if refused.",
        directives=requires(Act.CHECK_CONFLICT, audited=Audited.PROBE),
    )
    protected_until: date | None = strawberry.field(
        description="With PROTECTED: the last day of the protection (A26 A30).",
        directives=requires(Act.CHECK_CONFLICT, audited=Audited.PROBE),
    )
    refusal: Refusal | None = strawberry.field(description=NO_CREDIT, directives=ANYBODY)

    @classmethod
    def of(cls, answer: Checked | Refused) -> CheckConflictPayload:
        """Answer a check."""
        if isinstance(answer, Refused):
            return cls(conflict=None, protected_until=None, refusal=refusal_of(answer))
        return cls(conflict=answer.state, protected_until=answer.protected_until, refusal=None)


@strawberry.type(description="The customers that were found (查找结果): those in the viewer's sight, 50 at most.")
class FindCustomersPayload:
    """What a search gives."""

    customers: list[Customer] = strawberry.field(
        description="The customers, the latest filed first.",
        directives=requires(Act.FIND_CUSTOMERS, audited=Audited.PROBE),
    )
    is_complete: bool = strawberry.field(
        description="Whether all was looked through: a search by last digits or part of a name opens the 5,000 latest "
        "filings in sight.",
        directives=requires(Act.FIND_CUSTOMERS, audited=Audited.PROBE),
    )
    refusal: Refusal | None = strawberry.field(description=NO_CREDIT, directives=ANYBODY)

    @classmethod
    def of(cls, answer: Found | Refused) -> FindCustomersPayload:
        """Answer a search."""
        if isinstance(answer, Refused):
            return cls(customers=[], is_complete=False, refusal=refusal_of(answer))
        found = [Customer.of(row) for row in answer.customers]
        return cls(customers=found, is_complete=answer.is_complete, refusal=None)


@strawberry.type(
    description="Contact data in the clear (明文联系信息). It has no id and hangs under no object, so that no client's "
    "cache keeps it. A field that was not asked for, or is not there, is null."
)
class RevealedContact:
    """Contact data in the clear."""

    name: str | None = strawberry.field(description="The name (姓名).", directives=REVEALED_NAME)
    phones: list[str] | None = strawberry.field(
        description="The phones (电话) in E.164; digits that nobody knows are *.", directives=REVEALED
    )
    extensions: list[str | None] | None = strawberry.field(
        description="The extension (分机) of each phone, in their order.", directives=REVEALED
    )
    wechat: str | None = strawberry.field(description="The WeChat id (微信号).", directives=REVEALED)
    email: str | None = strawberry.field(description="The email address (邮箱).", directives=REVEALED)
    address: str | None = strawberry.field(description="The address (地址).", directives=REVEALED_PLACE)
    building: str | None = strawberry.field(description="The building (楼牌号).", directives=REVEALED_PLACE)
    expires_at: datetime = strawberry.field(
        description="Until when a client may keep it in memory; it may store it nowhere.", directives=REVEALED
    )

    @classmethod
    def of(cls, contact: Contact) -> RevealedContact:
        """Show contact data."""
        phones = None if contact.phones is None else [number for number, _ in contact.phones]
        extensions = None if contact.phones is None else [extension for _, extension in contact.phones]
        return cls(
            name=contact.name, phones=phones, extensions=extensions, wechat=contact.wechat, email=contact.email,
            address=contact.address, building=contact.building, expires_at=contact.expires_at,
        )  # fmt: skip


@strawberry.type(description="Contact data in the clear (查看明文结果), or why not; refused, the other two are null.")
class RevealContactPayload:
    """What a reveal gives."""

    contact: RevealedContact | None = strawberry.field(description="The contact data.", directives=REVEALED)
    access_entry: AccessEntry | None = strawberry.field(
        description="The entry of the access log that was durable before anything was opened.", directives=REVEALED
    )
    refusal: Refusal | None = strawberry.field(description=NO_CREDIT, directives=ANYBODY)

    @classmethod
    async def of(cls, desk: Desk, answer: Revealed | Refused) -> RevealContactPayload:
        """Answer a reveal."""
        if isinstance(answer, Refused):
            return cls(contact=None, access_entry=None, refusal=refusal_of(answer))
        entry = AccessEntry.of(await log_rows.own_entry(desk, answer.entry))
        return cls(contact=RevealedContact.of(answer.contact), access_entry=entry, refusal=None)


@strawberry.type(description="A dispute that was opened (争议登记结果), or why not.")
class OpenDisputePayload:
    """What opening a dispute gives."""

    dispute: Dispute | None = strawberry.field(description="The dispute.", directives=DISPUTE)
    refusal: Refusal | None = strawberry.field(description=NO_CREDIT, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)

    @classmethod
    async def of(cls, desk: Desk, done: Done) -> OpenDisputePayload:
        """Answer the opening of a dispute."""
        dispute = await shown_dispute(desk, done.node)
        return cls(dispute=dispute, refusal=refusal_of(done.refusal), replayed=done.replayed)
