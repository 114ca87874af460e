"""What a client sends with an act: forms whose every problem is told at once, by place."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import strawberry
from strawberry.utils.str_converters import to_camel_case

from claims.facts import FilingType
from records import disputes, filing, visits
from records.disclosure import ContactField, PurposeCode
from records.filing import ClaimForm, FilingChannel, LawfulBasis
from records.finding import Sought
from records.proofreading import Entered
from records.refusals import Problem, ProblemCode
from schema.scalars import Malformed, Phone, PlainText, SealedText
from schema.wording import KEY, VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from records.desk import Desk
    from records.outcomes import Done


class Form(Protocol):
    """An input that knows its act."""

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Do the act."""
        ...


@strawberry.input(description="Who signs in (登录).")
class LogInInput:
    """A login and its password."""

    login: str = strawberry.field(description="The account's login.")
    password: SealedText = strawberry.field(description="The account's password.")


@strawberry.input(description="A new password for oneself (修改密码).")
class ChangePasswordInput:
    """The old password and the new."""

    old_password: SealedText = strawberry.field(description="The password until now.")
    new_password: SealedText = strawberry.field(description="12 to 256 characters, other than login and old password.")


@strawberry.input(description="A further field of a filing (其他栏目), under its own heading; sealed.")
class FieldInput:
    """A heading and what stands under it."""

    name: str = strawberry.field(description="The heading.")
    value: SealedText = strawberry.field(description="What stands under it.")


@strawberry.input(
    description="A filing (报备单). A well-formed one is always recorded, whatever the law gives it (A28)."
)
class FileClaimInput:
    """A filing."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    claimant: strawberry.ID | None = strawberry.field(
        default=None, description="Whom it is for (A6 E2); oneself unless said otherwise."
    )
    type: FilingType = strawberry.field(default=FilingType.CUSTOMER, description="What it is about (报备类型).")
    channel: FilingChannel = strawberry.field(default=FilingChannel.ON_SITE, description="By which way it came.")
    occurred_at: datetime | None = strawberry.field(
        default=None, description="When it was said (H2), never in the future; now unless said otherwise."
    )
    visited_at: datetime | None = strawberry.field(
        default=None, description="When the claimant brought the customer in (A4), if this is recorded along with it."
    )
    event_at: datetime | None = strawberry.field(
        default=None, description="When the appointment is that it is to precede (F3)."
    )
    deal: strawberry.ID | None = strawberry.field(default=None, description="The deal that it is about (D10).")
    is_key: bool = strawberry.field(default=False, description="The customer is a key customer (关键客户, C1).")
    is_verified: bool = strawberry.field(default=False, description="Sales verified what is entered (已核实, E3).")
    name: SealedText | None = strawberry.field(default=None, description="The customer's name (姓名).")
    phones: list[Phone] | None = strawberry.field(default=None, description="Their phones (电话), the main one first.")
    wechat: SealedText | None = strawberry.field(default=None, description="Their WeChat id (微信号).")
    email: SealedText | None = strawberry.field(default=None, description="Their email address (邮箱).")
    address: SealedText | None = strawberry.field(default=None, description="Their address (地址).")
    building: SealedText | None = strawberry.field(default=None, description="Their building (楼牌号).")
    other: list[FieldInput] | None = strawberry.field(default=None, description="Whatever else the form has.")
    source: str | None = strawberry.field(
        default=None,
        description="How they came (来源): walk_in, phone_invitation, online, referral or designer.",
    )
    basis: LawfulBasis | None = strawberry.field(default=None, description="Why the data may be kept (合法性基础).")
    late_reason: PlainText | None = strawberry.field(default=None, description="Why it is entered late (补报原因).")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """File it."""
        form = ClaimForm(
            **_contact(self), claimant=self.claimant, type=self.type, channel=self.channel,
            occurred_at=self.occurred_at, visited_at=self.visited_at, event_at=self.event_at, deal=self.deal,
            is_key=self.is_key, is_verified=self.is_verified, source=self.source, basis=self.basis,
            late_reason=self.late_reason,
        )  # fmt: skip
        return filing.file_claim(desk, form, key=self.idempotency_key)


@strawberry.input(description="What completes a filing (补充报备): it replaces what stood under the same name.")
class CompleteFilingInput:
    """What is added to a filing."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    claim: strawberry.ID = strawberry.field(description="Which one.")
    expected_version: int = strawberry.field(description=VERSION)
    name: SealedText | None = strawberry.field(default=None, description="The customer's name (姓名).")
    phones: list[Phone] | None = strawberry.field(default=None, description="Their phones (电话), all of them.")
    wechat: SealedText | None = strawberry.field(default=None, description="Their WeChat id (微信号).")
    email: SealedText | None = strawberry.field(default=None, description="Their email address (邮箱).")
    address: SealedText | None = strawberry.field(default=None, description="Their address (地址).")
    building: SealedText | None = strawberry.field(default=None, description="Their building (楼牌号).")
    other: list[FieldInput] | None = strawberry.field(default=None, description="Whatever else the form has.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Complete it."""
        version, key = self.expected_version, self.idempotency_key
        return filing.complete_filing(desk, self.claim, Entered(**_contact(self)), expected_version=version, key=key)


def _contact(given: FileClaimInput | CompleteFilingInput) -> dict[str, Any]:
    names = ("name", "wechat", "email", "address", "building")
    other = tuple((field.name, field.value) for field in given.other or ())
    return {name: getattr(given, name) for name in names} | {"phones": tuple(given.phones or ()), "other": other}


@strawberry.input(description="A visit (带看): somebody brought the customer in (A4).")
class RecordVisitInput:
    """A visit."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="Whom.")
    by: strawberry.ID | None = strawberry.field(
        default=None, description="Who brought them in (A6); oneself otherwise."
    )
    companion: strawberry.ID | None = strawberry.field(default=None, description="A designer brought along (H7 H15).")
    occurred_at: datetime | None = strawberry.field(default=None, description="When; now unless said otherwise.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        at, key = self.occurred_at, self.idempotency_key
        return visits.record_visit(desk, self.customer, by=self.by, companion=self.companion, occurred_at=at, key=key)


@strawberry.input(description="A contact in the course of business (跟进, A26 B7).")
class RecordContactInput:
    """A contact."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="With whom.")
    by: strawberry.ID | None = strawberry.field(default=None, description="Who had it (E2); oneself otherwise.")
    occurred_at: datetime | None = strawberry.field(default=None, description="When; now unless said otherwise.")
    note: PlainText | None = strawberry.field(default=None, description="What it was about (备注); sealed.")
    need: PlainText | None = strawberry.field(default=None, description="What they need now (需求变化, B7); sealed.")
    feedback: PlainText | None = strawberry.field(default=None, description="What they said (反馈, B7); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        at, key = self.occurred_at, self.idempotency_key
        return visits.record_contact(
            desk, self.customer, by=self.by, occurred_at=at, note=self.note, key=key,
            need=self.need, feedback=self.feedback,
        )  # fmt: skip


@strawberry.input(description="The holder's consent (同意) that somebody else deals with the customer (A27).")
class RecordConsentInput:
    """A consent."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="With whom.")
    to: strawberry.ID = strawberry.field(description="Who may.")
    occurred_at: datetime | None = strawberry.field(default=None, description="When it was given; now otherwise.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        key = self.idempotency_key
        return visits.record_consent(desk, self.customer, to=self.to, occurred_at=self.occurred_at, key=key)


@strawberry.input(description="Would a filing with these phones meet somebody (查重)?")
class CheckConflictInput:
    """The phones of one customer."""

    phones: list[Phone] = strawberry.field(description="1 to 5 phones of one customer; each takes from the budget.")


@strawberry.input(description="Which of one's own customers is this (查找)? One thing at least; of several, all hold.")
class FindCustomersInput:
    """A phone, a name, or what one knows of them."""

    phone: Phone | None = strawberry.field(default=None, description="The whole phone.")
    name: SealedText | None = strawberry.field(default=None, description="The whole name.")
    phone_ending: Phone | None = strawberry.field(
        default=None,
        description="The last digits of a phone (尾号), 4 to 15; a search by them takes 5 from the day's budget.",
    )
    name_part: SealedText | None = strawberry.field(
        default=None,
        description="Part of a name (姓名片段), 32 signs at most: in its own signs, pinyin (拼音) or initials.",
    )

    def sought(self) -> Sought:
        """Say what is looked for."""
        return Sought(self.phone, self.name, self.phone_ending, self.name_part)


@strawberry.input(description="Contact data in the clear (查看明文), for a purpose (B11).")
class RevealContactInput:
    """What is to be shown, and why."""

    customer: strawberry.ID = strawberry.field(description="Whose.")
    fields: list[ContactField] = strawberry.field(description="Which fields, one at least.")
    purpose: PurposeCode = strawberry.field(description="For which purpose.")
    note: PlainText | None = strawberry.field(
        default=None, description="More about it, 200 characters at most; no number of anybody's."
    )


@strawberry.input(description="A dispute over a customer (争议).")
class OpenDisputeInput:
    """A dispute."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    customer: strawberry.ID = strawberry.field(description="Over whom.")
    against: strawberry.ID | None = strawberry.field(
        default=None, description="Against whom; against whoever holds unless said otherwise."
    )
    statement: PlainText | None = strawberry.field(default=None, description="What one has to say (陈述); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Open it."""
        key = self.idempotency_key
        return disputes.open_dispute(desk, self.customer, against=self.against, statement=self.statement, key=key)


def malformed(given: object, *path: str) -> Iterator[Problem]:
    """Find every value of an input that could not be read, with its place."""
    if isinstance(given, Malformed):
        yield Problem(path, ProblemCode.MALFORMED)
    elif isinstance(given, list):
        for place, one in enumerate(given):
            yield from malformed(one, *path, str(place))
    elif is_dataclass(given):
        for one in fields(given):
            yield from malformed(getattr(given, one.name), *path, to_camel_case(one.name.rstrip("_")))
