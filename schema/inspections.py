"""Inspection on the wire (B16 C11 E11): a sample is drawn, looked over, put right and confirmed."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import communication_rows, findings, inspection_rows
from records import inspections as book_of_inspections
from records.desk import Desk
from records.findings import Found
from records.inspection_rows import InspectedRow, InspectedState, InspectionRow
from records.pages import Paging
from records.references import Kind, reference
from schema.directives import Audited, requires
from schema.filters import InspectedClaimFilter, InspectionFilter, narrowed
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.people import Staff, Team, shown_person, shown_team
from schema.refusals import Refusal, refusal_of
from schema.rulings import a_day
from schema.scalars import PlainText
from schema.types import Claim, shown_claim
from schema.wording import KEY, REFUSAL, REPLAYED, VERSION

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from records.outcomes import Done

ANYBODY = requires(None)
INSPECTION = requires(Act.VIEW_INSPECTIONS)
_SAID = requires(Act.VIEW_INSPECTIONS, audited=Audited.SHOWN)


@strawberry.type(description="An inspection (检查, B16 C11 E11) over what a team filed on some days.")
class Inspection(Node):
    """An inspection."""

    from_day: date = strawberry.field(description="The first of the days (起始日).", directives=INSPECTION)
    to_day: date = strawberry.field(description="The last of the days (截止日).", directives=INSPECTION)
    seed: str = strawberry.field(
        description="By which the sample was drawn (随机种子): the filings in the order of SHA-256 of seed and id.",
        directives=INSPECTION,
    )
    population: int = strawberry.field(description="How many filings it was drawn from.", directives=INSPECTION)
    sampled: int = strawberry.field(description="How many were drawn (抽样数).", directives=INSPECTION)
    examined: int = strawberry.field(description="How many were looked at (已检查数).", directives=INSPECTION)
    found: int = strawberry.field(description="How many were not in order (发现数).", directives=INSPECTION)
    overdue: int = strawberry.field(description="How many are overdue now (逾期未整改数).", directives=INSPECTION)
    confirmed: int = strawberry.field(description="How many are put right for good (已确认数).", directives=INSPECTION)
    opened_at: datetime = strawberry.field(description="When it was opened.", directives=INSPECTION)
    closed_at: datetime | None = strawberry.field(description="When it was closed; else null.", directives=INSPECTION)
    version: int = strawberry.field(description="Counts its changes (版本).", directives=INSPECTION)
    row: strawberry.Private[InspectionRow]

    @classmethod
    def of(cls, row: InspectionRow) -> Inspection:
        """Show an inspection."""
        return cls(
            id=strawberry.ID(reference(Kind.INSPECTION, row.id)), from_day=row.from_day, to_day=row.to_day,
            seed=row.seed, population=row.population, sampled=row.sampled, examined=row.examined, found=row.found,
            overdue=row.overdue, confirmed=row.confirmed, opened_at=row.opened_at, closed_at=row.closed_at,
            version=row.version, row=row,
        )  # fmt: skip

    @strawberry.field(description="Whose filings.", directives=INSPECTION)
    async def team(self, info: Info[Desk]) -> Team | None:
        """Show the team."""
        return await shown_team(info.context, self.row.team)

    @strawberry.field(description="Who opened it (检查人).", directives=INSPECTION)
    async def opened_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.opened_by)

    @strawberry.field(description="Who closed it.", directives=INSPECTION)
    async def closed_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.closed_by)

    @strawberry.field(description="What the viewer may do with it (可用操作).", directives=INSPECTION)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return inspection_rows.acts_on_inspection(info.context, self.row)


@strawberry.type(description="A filing in an inspection's sample (抽查报备), and what was found of it.")
class InspectedClaim(Node):
    """A sampled filing."""

    place: int = strawberry.field(description="As which it was drawn, from 1 (序号).", directives=INSPECTION)
    state: InspectedState = strawberry.field(description="Where it stands (进度).", directives=INSPECTION)
    finding: Found | None = strawberry.field(description="What was found (检查结论).", directives=INSPECTION)
    found_at: datetime | None = strawberry.field(description="When it was looked at.", directives=INSPECTION)
    due_on: date | None = strawberry.field(
        description="By which day it is put right (整改期限).", directives=INSPECTION
    )
    rectified_at: datetime | None = strawberry.field(description="When it was put right.", directives=INSPECTION)
    confirmed_at: datetime | None = strawberry.field(description="When that was confirmed.", directives=INSPECTION)
    version: int = strawberry.field(description="Counts its changes (版本).", directives=INSPECTION)
    row: strawberry.Private[InspectedRow]

    @classmethod
    def of(cls, row: InspectedRow) -> InspectedClaim:
        """Show a sampled filing."""
        return cls(
            id=strawberry.ID(reference(Kind.INSPECTED_CLAIM, row.id)), place=row.place, state=row.state,
            finding=row.finding, found_at=row.found_at, due_on=row.due_on, rectified_at=row.rectified_at,
            confirmed_at=row.confirmed_at, version=row.version, row=row,
        )  # fmt: skip

    @strawberry.field(description="In which inspection; null to whom it is not shown.", directives=INSPECTION)
    async def inspection(self, info: Info[Desk]) -> Inspection | None:
        """Show the inspection."""
        return await shown_inspection(info.context, self.row.inspection)

    @strawberry.field(description="Which claim.", directives=INSPECTION)
    async def claim(self, info: Info[Desk]) -> Claim | None:
        """Show the claim."""
        return await shown_claim(info.context, self.row.filing)

    @strawberry.field(description="Who looked at it (检查人).", directives=INSPECTION)
    async def found_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.found_by)

    @strawberry.field(description="Who put it right (整改人).", directives=INSPECTION)
    async def rectified_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.rectified_by)

    @strawberry.field(description="Who confirmed that (确认人).", directives=INSPECTION)
    async def confirmed_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.confirmed_by)

    @strawberry.field(description="What was said of the finding (检查说明).", directives=_SAID)
    async def note(self, info: Info[Desk]) -> str | None:
        """Show the note."""
        fact = self.row.found_fact
        return None if fact is None else (await communication_rows.noted(info.context, fact)).note

    @strawberry.field(description="What was done about it (整改情况).", directives=_SAID)
    async def rectification(self, info: Info[Desk]) -> str | None:
        """Show what was done."""
        fact = self.row.rectified_fact
        return None if fact is None else (await communication_rows.noted(info.context, fact)).note

    @strawberry.field(description="What the viewer may do with it (可用操作).", directives=INSPECTION)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return inspection_rows.acts_on_inspected(info.context, self.row)


async def shown_inspection(desk: Desk, inspection: UUID | None) -> Inspection | None:
    """Show an inspection, if it is in sight."""
    row = await inspection_rows.inspection(desk, inspection)
    return None if row is None else Inspection.of(row)


async def shown_inspected_claim(desk: Desk, item: UUID | None) -> InspectedClaim | None:
    """Show a sampled filing, if it is in sight."""
    row = await inspection_rows.inspected_claim(desk, item)
    return None if row is None else InspectedClaim.of(row)


@strawberry.input(description="An inspection to open (发起检查): over whose filings of which days, and how many.")
class OpenInspectionInput:
    """An inspection."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    team: strawberry.ID = strawberry.field(description="Whose filings.")
    from_day: date = strawberry.field(description="The first of the days.")
    to_day: date = strawberry.field(description="The last of the days; never one to come, 366 at most.")
    size: int = strawberry.field(description="How many filings are drawn, from 1 to 100.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Open it."""
        return book_of_inspections.open_inspection(
            desk, self.team, a_day(self.from_day), a_day(self.to_day), size=self.size, key=self.idempotency_key
        )


@strawberry.input(description="The closing of an inspection (结束检查).")
class CloseInspectionInput:
    """A closing."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    inspection: strawberry.ID = strawberry.field(description="Which one.")
    expected_version: int = strawberry.field(description=VERSION)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Close it."""
        version, key = self.expected_version, self.idempotency_key
        return book_of_inspections.close_inspection(desk, self.inspection, expected_version=version, key=key)


@strawberry.input(description="What was found of a sampled filing (检查结论).")
class RecordFindingInput:
    """A finding."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    item: strawberry.ID = strawberry.field(description="Which sampled filing.")
    expected_version: int = strawberry.field(description=VERSION)
    finding: Found = strawberry.field(description="What was found.")
    note: PlainText | None = strawberry.field(default=None, description="In words (检查说明); sealed.")
    due_on: date | None = strawberry.field(
        default=None, description="By which day it is put right; the rulebook's time unless it is named."
    )

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        due = None if self.due_on is None else a_day(self.due_on)
        return findings.record_finding(
            desk, self.item, self.finding, note=self.note, due_on=due, expected_version=self.expected_version,
            key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="What was done about a finding (整改情况).")
class RectifyFindingInput:
    """A rectification."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    item: strawberry.ID = strawberry.field(description="Which sampled filing.")
    expected_version: int = strawberry.field(description=VERSION)
    note: PlainText = strawberry.field(description="What was done; sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        version, key = self.expected_version, self.idempotency_key
        return findings.rectify_finding(desk, self.item, note=self.note, expected_version=version, key=key)


@strawberry.input(description="Whether a finding is put right (整改确认).")
class ConfirmRectificationInput:
    """A confirmation."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    item: strawberry.ID = strawberry.field(description="Which sampled filing.")
    expected_version: int = strawberry.field(description=VERSION)
    is_confirmed: bool = strawberry.field(description="True: it is; false: it is sent back.")
    note: PlainText | None = strawberry.field(default=None, description="In words (确认意见); sealed.")
    due_on: date | None = strawberry.field(default=None, description="Sent back: by which day it is put right now.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        due = None if self.due_on is None else a_day(self.due_on)
        return findings.confirm_rectification(
            desk, self.item, is_confirmed=self.is_confirmed, note=self.note, due_on=due,
            expected_version=self.expected_version, key=self.idempotency_key,
        )  # fmt: skip


@strawberry.interface(description="An inspection that was opened or closed (检查结果), or why not.")
class InspectionChanged:
    """What an act on an inspection gives."""

    inspection: Inspection | None = strawberry.field(description="As it stands now.", directives=INSPECTION)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.interface(description="A sampled filing that was looked at, put right or confirmed (抽查结果), or why not.")
class InspectedChanged:
    """What an act on a sampled filing gives."""

    item: InspectedClaim | None = strawberry.field(description="As it stands now.", directives=INSPECTION)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="An inspection that was opened (发起检查结果), or why not.")
class OpenInspectionPayload(InspectionChanged):
    """What opening gives."""


@strawberry.type(description="An inspection that was closed (结束检查结果), or why not.")
class CloseInspectionPayload(InspectionChanged):
    """What closing gives."""


@strawberry.type(description="A finding that was recorded (检查结论结果), or why not.")
class RecordFindingPayload(InspectedChanged):
    """What recording gives."""


@strawberry.type(description="A finding that was put right (整改结果), or why not.")
class RectifyFindingPayload(InspectedChanged):
    """What putting right gives."""


@strawberry.type(description="A finding that was confirmed as put right, or sent back (整改确认结果), or why not.")
class ConfirmRectificationPayload(InspectedChanged):
    """What confirming gives."""


I = TypeVar("I", bound=InspectionChanged)  # noqa: E741 (an inspection)
C = TypeVar("C", bound=InspectedChanged)


async def _inspection(payload: type[I], desk: Desk, outcome: Done) -> I:
    shown = await shown_inspection(desk, outcome.node)
    return payload(inspection=shown, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)


async def _inspected(payload: type[C], desk: Desk, outcome: Done) -> C:
    shown = await shown_inspected_claim(desk, outcome.node)
    return payload(item=shown, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)


@strawberry.type
class InspectionQueries:
    """What a client may read of inspections."""

    @strawberry.field(
        description="The inspections (检查, B16 C11 E11) of the viewer's reach, the latest first.",
        directives=requires(Act.VIEW_INSPECTIONS, audited=Audited.PAGE),
    )
    async def inspections(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: InspectionFilter | None = None,
    ) -> Connection[Inspection]:  # fmt: skip
        """List the inspections."""
        desk, wanted = info.context, narrowed(filter)
        found = await inspection_rows.read_inspections(desk, Paging(first, after, last, before), wanted)
        return connection(found, Inspection.of, lambda: inspection_rows.count_inspections(desk, wanted))

    @strawberry.field(
        description="What inspections sampled (抽查报备), the oldest first: whoever inspects sees all of it, a keeper "
        "what was found of theirs.",
        directives=requires(Act.VIEW_INSPECTIONS, audited=Audited.PAGE),
    )
    async def inspected_claims(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: InspectedClaimFilter | None = None,
    ) -> Connection[InspectedClaim]:  # fmt: skip
        """List the sampled filings."""
        desk, wanted = info.context, narrowed(filter)
        found = await inspection_rows.read_inspected_claims(desk, Paging(first, after, last, before), wanted)
        return connection(found, InspectedClaim.of, lambda: inspection_rows.count_inspected_claims(desk, wanted))


@strawberry.type
class InspectionMutations:
    """What a client may do in an inspection."""

    @strawberry.mutation(
        description="Open an inspection (发起检查, B16 C11 E11): a sample is drawn, and its seed kept.",
        directives=done(Act.OPEN_INSPECTION),
    )
    async def open_inspection(self, info: Info[Desk], input: OpenInspectionInput) -> OpenInspectionPayload:
        """Open an inspection."""
        outcome = await heard(info.context, Act.OPEN_INSPECTION, input)
        return await _inspection(OpenInspectionPayload, info.context, outcome)

    @strawberry.mutation(
        description="Say what is found of a sampled filing (检查结论), and by when it is put right.",
        directives=done(Act.RECORD_FINDING),
    )
    async def record_finding(self, info: Info[Desk], input: RecordFindingInput) -> RecordFindingPayload:
        """Record a finding."""
        outcome = await heard(info.context, Act.RECORD_FINDING, input)
        return await _inspected(RecordFindingPayload, info.context, outcome)

    @strawberry.mutation(
        description="Say what was done about a finding (整改, B16); whoever found it is told.",
        directives=done(Act.RECTIFY_FINDING),
    )
    async def rectify_finding(self, info: Info[Desk], input: RectifyFindingInput) -> RectifyFindingPayload:
        """Put a finding right."""
        outcome = await heard(info.context, Act.RECTIFY_FINDING, input)
        return await _inspected(RectifyFindingPayload, info.context, outcome)

    @strawberry.mutation(
        description="Confirm that a finding is put right (整改确认), or send it back; never one's own.",
        directives=done(Act.CONFIRM_RECTIFICATION),
    )
    async def confirm_rectification(
        self, info: Info[Desk], input: ConfirmRectificationInput
    ) -> ConfirmRectificationPayload:
        """Confirm a rectification."""
        outcome = await heard(info.context, Act.CONFIRM_RECTIFICATION, input)
        return await _inspected(ConfirmRectificationPayload, info.context, outcome)

    @strawberry.mutation(
        description="Close an inspection of which nothing is left to do (结束检查).",
        directives=done(Act.CLOSE_INSPECTION),
    )
    async def close_inspection(self, info: Info[Desk], input: CloseInspectionInput) -> CloseInspectionPayload:
        """Close an inspection."""
        outcome = await heard(info.context, Act.CLOSE_INSPECTION, input)
        return await _inspection(CloseInspectionPayload, info.context, outcome)
