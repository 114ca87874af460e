"""By what a list may be narrowed on the wire: comparators of a few named fields, `and` and `or` two deep.

- Nothing sealed or masked can be compared; a rival's holder cannot either.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

import strawberry

from authz.actor import Role
from claims.facts import FilingType
from records.claim_rows import FilingState
from records.confirmation_rows import ConfirmationState
from records.correction_rows import CorrectionState
from records.departure_rows import DepartureKind, DepartureState
from records.destruction_rows import DestructionState
from records.disclosure import PurposeCode
from records.dispute_rows import DisputeState
from records.filing import FilingChannel
from records.filters import EVERYTHING, BadInput, Comparison, Filter, Joined, Operator
from records.grant_rows import GrantState
from records.inspection_rows import InspectedState
from records.notices import NoticeKind
from records.offence_rows import OffenceState
from records.offences import OffenceKind
from records.references import Kind, row_of
from records.retention import DestructionGround
from records.visit_records import Finding
from schema.scalars import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

T = TypeVar("T")
DEEPEST = 2
"""How deep `and` and `or` may stand in each other."""
_REFERENCES = {
    "holder": Kind.STAFF,
    "claimant": Kind.STAFF,
    "actor": Kind.STAFF,
    "customer": Kind.CUSTOMER,
    "team": Kind.TEAM,
    "deal": Kind.DEAL,
    "claim": Kind.CLAIM,
    "by": Kind.STAFF,
    "staff": Kind.STAFF,
    "inspection": Kind.INSPECTION,
}
_JOINS = {"and_": True, "or_": False}


@strawberry.input(description="Compares an instant (时间比较).")
class InstantComparator:
    """Compares an instant."""

    eq: datetime | None = strawberry.field(default=None, description="Is this one.")
    in_: list[datetime] | None = strawberry.field(default=None, name="in", description="Is one of these.")
    gt: datetime | None = strawberry.field(default=None, description="Is later.")
    gte: datetime | None = strawberry.field(default=None, description="Is this one or later.")
    lt: datetime | None = strawberry.field(default=None, description="Is earlier.")
    lte: datetime | None = strawberry.field(default=None, description="Is this one or earlier.")


@strawberry.input(description="Compares a day (日期比较).")
class DayComparator:
    """Compares a day."""

    eq: date | None = strawberry.field(default=None, description="Is this one.")
    in_: list[date] | None = strawberry.field(default=None, name="in", description="Is one of these.")
    gt: date | None = strawberry.field(default=None, description="Is later.")
    gte: date | None = strawberry.field(default=None, description="Is this one or later.")
    lt: date | None = strawberry.field(default=None, description="Is earlier.")
    lte: date | None = strawberry.field(default=None, description="Is this one or earlier.")


@strawberry.input(description="Compares an id (编号比较).")
class IdComparator:
    """Compares an id."""

    eq: strawberry.ID | None = strawberry.field(default=None, description="Is this one.")
    in_: list[strawberry.ID] | None = strawberry.field(default=None, name="in", description="Is one of these.")


@strawberry.input(description="Compares a word (文字比较).")
class WordComparator:
    """Compares a word."""

    eq: str | None = strawberry.field(default=None, description="Is this one.")
    in_: list[str] | None = strawberry.field(default=None, name="in", description="Is one of these.")


@strawberry.input(description="Compares a truth (是否比较).")
class TruthComparator:
    """Compares a truth."""

    eq: bool | None = strawberry.field(default=None, description="Is this.")


@strawberry.input(description="Compares a word of a closed list (枚举比较).")
class Comparator(Generic[T]):
    """Compares a word of a closed list."""

    eq: T | None = strawberry.field(default=None, description="Is this one.")
    in_: list[T] | None = strawberry.field(default=None, name="in", description="Is one of these.")


@strawberry.input(description="Narrows a list of customers (客户筛选).")
class CustomerFilter:
    """Narrows a list of customers."""

    filed_at: InstantComparator | None = strawberry.field(
        default=None, description="When the viewer's scope filed them last."
    )
    holder: IdComparator | None = strawberry.field(default=None, description="Who holds, where the viewer may know.")
    protected_until: DayComparator | None = strawberry.field(
        default=None, description="The last day of protection (保护期), as far as the viewer may know it."
    )
    is_stale: TruthComparator | None = strawberry.field(
        default=None, description="Nobody in sight has had word of them for too long (久未跟进, C16 E6 G12)."
    )
    and_: list[CustomerFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[CustomerFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of claims (报备筛选).")
class ClaimFilter:
    """Narrows a list of claims."""

    filed_at: InstantComparator | None = strawberry.field(default=None, description="When it was recorded.")
    occurred_at: InstantComparator | None = strawberry.field(default=None, description="When it was said.")
    type: Comparator[FilingType] | None = strawberry.field(default=None, description="What it is about.")
    channel: Comparator[FilingChannel] | None = strawberry.field(default=None, description="By which way it came.")
    state: Comparator[FilingState] | None = strawberry.field(default=None, description="Where it stands now.")
    claimant: IdComparator | None = strawberry.field(default=None, description="Whose it is.")
    customer: IdComparator | None = strawberry.field(default=None, description="Whom it is a claim to.")
    and_: list[ClaimFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[ClaimFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of disputes (争议筛选).")
class DisputeFilter:
    """Narrows a list of disputes."""

    opened_at: InstantComparator | None = strawberry.field(default=None, description="When it was opened.")
    state: Comparator[DisputeState] | None = strawberry.field(default=None, description="Where it stands.")
    customer: IdComparator | None = strawberry.field(default=None, description="Over whom it is.")
    and_: list[DisputeFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[DisputeFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of notices (通知筛选).")
class NoticeFilter:
    """Narrows a list of notices."""

    kind: Comparator[NoticeKind] | None = strawberry.field(default=None, description="What it tells.")
    at: InstantComparator | None = strawberry.field(default=None, description="When it came.")
    is_read: TruthComparator | None = strawberry.field(default=None, description="Whether it was read.")
    and_: list[NoticeFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[NoticeFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of recorded visits (拜访记录筛选).")
class VisitRecordFilter:
    """Narrows a list of recorded visits."""

    finding: Comparator[Finding] | None = strawberry.field(default=None, description="What was found of it.")
    by: IdComparator | None = strawberry.field(default=None, description="Whose it is.")
    visited_at: InstantComparator | None = strawberry.field(default=None, description="When the visit was paid.")
    and_: list[VisitRecordFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[VisitRecordFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of diary entries (日志筛选条件).")
class DiaryEntryFilter:
    """Narrows a list of diary entries."""

    by: IdComparator | None = strawberry.field(default=None, description="Whose it is.")
    day: DayComparator | None = strawberry.field(default=None, description="Of which day.")
    is_received: TruthComparator | None = strawberry.field(default=None, description="Whether it was received.")
    and_: list[DiaryEntryFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[DiaryEntryFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of weekly reports (周报筛选).")
class WeeklyReportFilter:
    """Narrows a list of weekly reports."""

    by: IdComparator | None = strawberry.field(default=None, description="Whose it is.")
    week: DayComparator | None = strawberry.field(default=None, description="The Monday of its week.")
    is_received: TruthComparator | None = strawberry.field(default=None, description="Whether it was received.")
    and_: list[WeeklyReportFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[WeeklyReportFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of people (员工筛选).")
class StaffFilter:
    """Narrows a list of people."""

    role: Comparator[Role] | None = strawberry.field(default=None, description="The person's role.")
    team: IdComparator | None = strawberry.field(default=None, description="The person's team now.")
    and_: list[StaffFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[StaffFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows the access log (日志筛选).")
class AccessLogFilter:
    """Narrows the access log."""

    at: InstantComparator | None = strawberry.field(default=None, description="When it happened.")
    actor: IdComparator | None = strawberry.field(default=None, description="Who did it.")
    customer: IdComparator | None = strawberry.field(default=None, description="Whom it was about, where in sight.")
    tag: WordComparator | None = strawberry.field(default=None, description="What happened, as subject:action.")
    purpose: Comparator[PurposeCode] | None = strawberry.field(default=None, description="For which purpose.")
    allowed: TruthComparator | None = strawberry.field(default=None, description="Whether it was let pass.")
    and_: list[AccessLogFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[AccessLogFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of deals (成交筛选).")
class DealFilter:
    """Narrows a list of deals."""

    opened_at: InstantComparator | None = strawberry.field(default=None, description="When it was recorded first.")
    customer: IdComparator | None = strawberry.field(default=None, description="Whose it is.")
    and_: list[DealFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[DealFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of applications for ownerless deals (认领筛选).")
class ConfirmationFilter:
    """Narrows a list of applications."""

    applied_at: InstantComparator | None = strawberry.field(default=None, description="When it was made.")
    state: Comparator[ConfirmationState] | None = strawberry.field(default=None, description="Where it stands.")
    deal: IdComparator | None = strawberry.field(default=None, description="Which deal it is for.")
    and_: list[ConfirmationFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[ConfirmationFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of offences (违规筛选).")
class OffenceFilter:
    """Narrows a list of offences."""

    at: InstantComparator | None = strawberry.field(default=None, description="When it happened.")
    staff: IdComparator | None = strawberry.field(default=None, description="Whose it is.")
    kind: Comparator[OffenceKind] | None = strawberry.field(default=None, description="What it is.")
    state: Comparator[OffenceState] | None = strawberry.field(default=None, description="Where it stands.")
    and_: list[OffenceFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[OffenceFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of departures (离职筛选).")
class DepartureFilter:
    """Narrows a list of departures."""

    staff: IdComparator | None = strawberry.field(default=None, description="Whose it is.")
    team: IdComparator | None = strawberry.field(default=None, description="The team that they leave.")
    kind: Comparator[DepartureKind] | None = strawberry.field(default=None, description="What they leave.")
    state: Comparator[DepartureState] | None = strawberry.field(default=None, description="Where it stands.")
    last_day: DayComparator | None = strawberry.field(default=None, description="The last day as announced.")
    and_: list[DepartureFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[DepartureFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows the archive (档案筛选).")
class ArchiveFilter:
    """Narrows the archive."""

    archived_at: InstantComparator | None = strawberry.field(default=None, description="When it was filed.")
    retain_until: DayComparator | None = strawberry.field(
        default=None, description="The last day on which it must be kept (保存期限, G16)."
    )
    type: Comparator[FilingType] | None = strawberry.field(default=None, description="What the filing is about.")
    claimant: IdComparator | None = strawberry.field(default=None, description="Whose claim it is.")
    claim: IdComparator | None = strawberry.field(default=None, description="Of which claim.")
    customer: IdComparator | None = strawberry.field(default=None, description="Of which customer.")
    and_: list[ArchiveFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[ArchiveFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of corrections (更正筛选).")
class CorrectionFilter:
    """Narrows a list of corrections."""

    state: Comparator[CorrectionState] | None = strawberry.field(default=None, description="Where it stands.")
    proposed_at: InstantComparator | None = strawberry.field(default=None, description="When it was made.")
    claim: IdComparator | None = strawberry.field(default=None, description="Of which claim.")
    and_: list[CorrectionFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[CorrectionFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of destructions (销毁筛选).")
class DestructionFilter:
    """Narrows a list of destructions."""

    state: Comparator[DestructionState] | None = strawberry.field(default=None, description="Where it stands.")
    ground: Comparator[DestructionGround] | None = strawberry.field(default=None, description="Why it is asked for.")
    requested_at: InstantComparator | None = strawberry.field(default=None, description="When it was asked for.")
    customer: IdComparator | None = strawberry.field(default=None, description="Of which customer.")
    and_: list[DestructionFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[DestructionFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of inspections (检查筛选).")
class InspectionFilter:
    """Narrows a list of inspections."""

    team: IdComparator | None = strawberry.field(default=None, description="Over which team.")
    opened_at: InstantComparator | None = strawberry.field(default=None, description="When it was opened.")
    is_closed: TruthComparator | None = strawberry.field(default=None, description="It is closed.")
    and_: list[InspectionFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[InspectionFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


@strawberry.input(description="Narrows a list of inspected filings (抽查筛选).")
class InspectedClaimFilter:
    """Narrows a list of inspected filings."""

    inspection: IdComparator | None = strawberry.field(default=None, description="In which inspection.")
    state: Comparator[InspectedState] | None = strawberry.field(default=None, description="Where it stands.")
    due_on: DayComparator | None = strawberry.field(default=None, description="By which day it is put right.")
    claimant: IdComparator | None = strawberry.field(default=None, description="Whose claim it is.")
    and_: list[InspectedClaimFilter] | None = strawberry.field(
        default=None, name="and", description="All of these hold."
    )
    or_: list[InspectedClaimFilter] | None = strawberry.field(
        default=None, name="or", description="One of these holds."
    )


@strawberry.input(description="Narrows a list of grants (授权筛选).")
class GrantFilter:
    """Narrows a list of grants."""

    state: Comparator[GrantState] | None = strawberry.field(default=None, description="Where it stands now.")
    staff: IdComparator | None = strawberry.field(default=None, description="Who may look.")
    customer: IdComparator | None = strawberry.field(default=None, description="At whom.")
    requested_at: InstantComparator | None = strawberry.field(default=None, description="When it was asked for.")
    and_: list[GrantFilter] | None = strawberry.field(default=None, name="and", description="All of these hold.")
    or_: list[GrantFilter] | None = strawberry.field(default=None, name="or", description="One of these holds.")


AnyFilter = (
    CustomerFilter
    | ClaimFilter
    | DisputeFilter
    | StaffFilter
    | AccessLogFilter
    | DealFilter
    | ConfirmationFilter
    | OffenceFilter
    | NoticeFilter
    | DepartureFilter
    | ArchiveFilter
    | CorrectionFilter
    | DestructionFilter
    | InspectionFilter
    | InspectedClaimFilter
    | GrantFilter
    | VisitRecordFilter
    | DiaryEntryFilter
    | WeeklyReportFilter
)


def narrowed(given: AnyFilter | None, *, depth: int = 0) -> Filter:
    """Read a filter; `and` and `or` deeper than two, and values that cannot be read, are `BadInput`."""
    if given is None:
        return EVERYTHING
    if depth > DEEPEST:
        raise BadInput
    return Joined(all_of=True, parts=tuple(_parts(given, depth)))


def _parts(given: AnyFilter, depth: int) -> Iterator[Filter]:
    for one in fields(given):
        value = getattr(given, one.name)
        if value is None:
            continue
        if one.name in _JOINS:
            yield Joined(_JOINS[one.name], tuple(narrowed(part, depth=depth + 1) for part in value))
        else:
            yield from _comparisons(one.name, value)


def _comparisons(name: str, comparator: object) -> Iterator[Comparison]:
    for one in fields(comparator):  # pyright: ignore[reportArgumentType]  (every comparator is a dataclass)
        value = getattr(comparator, one.name)
        if isinstance(value, list):
            yield Comparison(name, Operator.IN, tuple(_value(name, each) for each in value))
        elif value is not None:
            yield Comparison(name, Operator[one.name.upper()], _value(name, value))


def _value(name: str, given: object) -> object:
    match given:
        case Malformed():
            raise BadInput
        case Enum():
            return given.value
        case str() if name in _REFERENCES:
            return _reference(_REFERENCES[name], given)
        case str() if "\0" in given:
            raise BadInput
        case _:
            return given


def _reference(kind: Kind, text: str) -> UUID | None:
    return row_of(kind, text)
