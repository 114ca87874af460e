"""Diaries and weekly reports on the wire (J14 J25): written, corrected by new versions, received; and who handed in."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import diaries, diary_rolls, diary_rows, pages
from records.desk import Desk
from records.diaries import WeekSaid
from records.diary_rolls import RollRow
from records.diary_rows import Counted, DiaryRow, ReportRow, Version
from records.handing_in import HandedIn
from records.pages import Paging
from records.references import Kind, reference
from schema.directives import Audited, requires
from schema.filters import DiaryEntryFilter, WeeklyReportFilter, narrowed
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.people import Staff, shown_person
from schema.refusals import Refusal, refusal_of
from schema.rulings import a_day
from schema.scalars import PlainText
from schema.types import Customer, shown_customer
from schema.wording import KEY, REFUSAL, REPLAYED

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from records.outcomes import Done

ANYBODY = requires(None)
REPORT = requires(Act.VIEW_REPORTS)
_SAID = requires(Act.VIEW_REPORTS, audited=Audited.SHOWN)
_CORRECTS = "The version that this one puts right: the latest of the same person; null for the first."


@strawberry.interface(description="A version of what somebody reported of their own work (工作汇报).")
class Reported:
    """What a diary entry and a weekly report have in common."""

    number: int = strawberry.field(description="Which version it is, from 1 (版本).", directives=REPORT)
    written_at: datetime = strawberry.field(description="When it was written (填写时间).", directives=REPORT)
    is_latest: bool = strawberry.field(description="No later version corrects it.", directives=REPORT)
    due_on: date | None = strawberry.field(
        description="The day by which it is handed in (上交期限); null: the rulebook names none.", directives=REPORT
    )
    is_late: bool = strawberry.field(
        description="The first version came after that day (逾期); a correction changes nothing of it.",
        directives=REPORT,
    )
    received_at: datetime | None = strawberry.field(
        description="When this version was received (签收时间); null: it was not.", directives=REPORT
    )
    version: strawberry.Private[Version]

    @strawberry.field(description="Whose it is (填写人).", directives=REPORT)
    async def by(self, info: Info[Desk]) -> Staff | None:
        """Show the writer."""
        return await shown_person(info.context, self.version.staff)

    @strawberry.field(description="Who received it (签收人).", directives=REPORT)
    async def received_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.version.received_by)

    @strawberry.field(description="What the viewer may do with it (可用操作).", directives=REPORT)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return diary_rows.acts_on_report(info.context, self.version)


@strawberry.type(description="What somebody did on a day, in their own words (行销日志, J25).")
class DiaryEntry(Node, Reported):
    """A diary entry."""

    day: date = strawberry.field(description="Of which day.", directives=REPORT)
    row: strawberry.Private[DiaryRow]

    @classmethod
    def of(cls, row: DiaryRow) -> DiaryEntry:
        """Show an entry."""
        of = row.version
        return cls(
            id=strawberry.ID(reference(Kind.DIARY_ENTRY, of.id)), number=of.number, written_at=of.written_at,
            is_latest=of.is_latest, due_on=of.due, is_late=of.is_late, received_at=of.received_at, day=row.day,
            version=of, row=row,
        )  # fmt: skip

    @strawberry.field(description="What was done (工作内容); null: it is destroyed.", directives=_SAID)
    async def done(self, info: Info[Desk]) -> str | None:
        """Show what was done."""
        return (await diary_rows.words_of_diary(info.context, self.version.id)).get("done")

    @strawberry.field(description="What else is to be said of it (备注).", directives=_SAID)
    async def note(self, info: Info[Desk]) -> str | None:
        """Show the note."""
        return (await diary_rows.words_of_diary(info.context, self.version.id)).get("note")

    @strawberry.field(description="The customers that it names, as far as the reader sees them.", directives=REPORT)
    async def customers(self, info: Info[Desk]) -> list[Customer]:
        """Show the customers."""
        shown = await asyncio.gather(*(shown_customer(info.context, one) for one in self.row.customers))
        return [one for one in shown if one is not None]

    @strawberry.field(description="The version that it corrects; null: it is the first.", directives=REPORT)
    async def corrects(self, info: Info[Desk]) -> DiaryEntry | None:
        """Show the version before."""
        return await shown_diary_entry(info.context, self.version.corrects)


@strawberry.type(description="Numbers of a week (一周数字): as somebody says them, or as the book counts them.")
class WeekNumbers:
    """Three numbers."""

    visits: int = strawberry.field(description="Visits (拜访次数).", directives=REPORT)
    customers: int = strawberry.field(description="Customers visited (拜访客户数).", directives=REPORT)
    signings: int = strawberry.field(description="Deals signed (签约数).", directives=REPORT)

    @classmethod
    def of(cls, given: ReportRow | Counted) -> WeekNumbers:
        """Show numbers."""
        return cls(visits=given.visits, customers=given.customers, signings=given.signings)


@strawberry.type(description="What somebody reports of a week (周报, J14): what was done, what comes next.")
class WeeklyReport(Node, Reported):
    """A weekly report."""

    week: date = strawberry.field(description="The week's Monday.", directives=REPORT)
    said: WeekNumbers = strawberry.field(description="The numbers as they were said (自报).", directives=REPORT)
    row: strawberry.Private[ReportRow]

    @classmethod
    def of(cls, row: ReportRow) -> WeeklyReport:
        """Show a report."""
        of = row.version
        return cls(
            id=strawberry.ID(reference(Kind.WEEKLY_REPORT, of.id)), number=of.number, written_at=of.written_at,
            is_latest=of.is_latest, due_on=of.due, is_late=of.is_late, received_at=of.received_at, week=row.week,
            said=WeekNumbers.of(row), version=of, row=row,
        )  # fmt: skip

    @strawberry.field(
        description="The numbers as the book counts them now (系统统计): visits that were not found untrue, a customer "
        "and day once; customers visited; deals signed.",
        directives=REPORT,
    )
    async def counted(self, info: Info[Desk]) -> WeekNumbers:
        """Count."""
        return WeekNumbers.of(await diary_rows.counted(info.context, self.row))

    @strawberry.field(description="The areas covered (区域情况); null: it is destroyed.", directives=_SAID)
    async def areas(self, info: Info[Desk]) -> str | None:
        """Show the areas."""
        return (await diary_rows.words_of_report(info.context, self.version.id)).get("areas")

    @strawberry.field(description="Questions met, and suggestions (疑问、建议).", directives=_SAID)
    async def questions(self, info: Info[Desk]) -> str | None:
        """Show the questions."""
        return (await diary_rows.words_of_report(info.context, self.version.id)).get("questions")

    @strawberry.field(description="What the market says (市场动态反馈).", directives=_SAID)
    async def feedback(self, info: Info[Desk]) -> str | None:
        """Show the feedback."""
        return (await diary_rows.words_of_report(info.context, self.version.id)).get("feedback")

    @strawberry.field(description="The plan for the week after (下周工作安排).", directives=_SAID)
    async def plan(self, info: Info[Desk]) -> str | None:
        """Show the plan."""
        return (await diary_rows.words_of_report(info.context, self.version.id)).get("plan")

    @strawberry.field(description="The version that it corrects; null: it is the first.", directives=REPORT)
    async def corrects(self, info: Info[Desk]) -> WeeklyReport | None:
        """Show the version before."""
        return await shown_weekly_report(info.context, self.version.corrects)


async def shown_diary_entry(desk: Desk, entry: UUID | None) -> DiaryEntry | None:
    """Show a diary entry, if it is in sight."""
    row = await diary_rows.diary_entry(desk, entry)
    return None if row is None else DiaryEntry.of(row)


async def shown_weekly_report(desk: Desk, report: UUID | None) -> WeeklyReport | None:
    """Show a weekly report, if it is in sight."""
    row = await diary_rows.weekly_report(desk, report)
    return None if row is None else WeeklyReport.of(row)


@strawberry.interface(description="Where somebody stands with what they hand in (上交情况).")
class Roll:
    """A person of a roll."""

    state: HandedIn = strawberry.field(description="Where it stands.", directives=REPORT)
    due_on: date | None = strawberry.field(
        description="The day by which it is handed in; null: by none.", directives=REPORT
    )
    handed_in_at: datetime | None = strawberry.field(
        description="When the first version was; null: it was not.", directives=REPORT
    )
    row: strawberry.Private[RollRow]

    @strawberry.field(description="Who (填写人).", directives=REPORT)
    async def by(self, info: Info[Desk]) -> Staff | None:
        """Show the person."""
        return await shown_person(info.context, self.row.staff)


@strawberry.type(description="Where somebody stands with the diary of a day (日志上交情况, J25).")
class DiaryRoll(Roll):
    """A person with a day's diary."""

    @classmethod
    def of(cls, row: RollRow) -> DiaryRoll:
        """Show where somebody stands."""
        return cls(state=row.state, due_on=row.due, handed_in_at=row.handed_in_at, row=row)

    @strawberry.field(description="The latest version; null: there is none.", directives=REPORT)
    async def entry(self, info: Info[Desk]) -> DiaryEntry | None:
        """Show the entry."""
        return await shown_diary_entry(info.context, self.row.report)


@strawberry.type(description="Where somebody stands with the report of a week (周报上交情况, J14).")
class WeeklyReportRoll(Roll):
    """A person with a week's report."""

    @classmethod
    def of(cls, row: RollRow) -> WeeklyReportRoll:
        """Show where somebody stands."""
        return cls(state=row.state, due_on=row.due, handed_in_at=row.handed_in_at, row=row)

    @strawberry.field(description="The latest version; null: there is none.", directives=REPORT)
    async def report(self, info: Info[Desk]) -> WeeklyReport | None:
        """Show the report."""
        return await shown_weekly_report(info.context, self.row.report)


@strawberry.input(description="One's own diary of a day (行销日志, J25): exact and concrete.")
class WriteDiaryInput:
    """A diary entry."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    day: date = strawberry.field(description="Of which day; never one to come, 366 days ago at most.")
    done: PlainText = strawberry.field(description="What was done (工作内容); sealed.")
    note: PlainText | None = strawberry.field(default=None, description="What else is to be said (备注); sealed.")
    customers: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Customers that it is about, among those that one sees; 50 at most."
    )
    corrects: strawberry.ID | None = strawberry.field(default=None, description=_CORRECTS)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Write it."""
        return diaries.write_diary(
            desk, self.day, done=self.done, note=self.note, customers=self.customers or (), corrects=self.corrects,
            key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="One's own report of a week (周报, J14).")
class SubmitWeeklyReportInput:
    """A weekly report."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    week: date = strawberry.field(description="Any day of the week, which has begun.")
    areas: PlainText = strawberry.field(description="The areas covered (区域情况); sealed.")
    visits: int = strawberry.field(description="Visits made (拜访次数), from 0 to 10,000.")
    customers: int = strawberry.field(description="Customers visited (拜访客户数).")
    signings: int = strawberry.field(description="Deals signed (签约客户数).")
    questions: PlainText | None = strawberry.field(
        default=None, description="Questions met, and suggestions (疑问、建议); sealed."
    )
    feedback: PlainText | None = strawberry.field(
        default=None, description="What the market says (市场动态反馈); sealed."
    )
    plan: PlainText = strawberry.field(description="The plan for the week after (下周工作安排); sealed.")
    corrects: strawberry.ID | None = strawberry.field(default=None, description=_CORRECTS)

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Hand it in."""
        said = WeekSaid(
            self.visits, self.customers, self.signings, self.areas, self.questions, self.feedback, self.plan
        )
        return diaries.submit_weekly_report(desk, self.week, said, corrects=self.corrects, key=self.idempotency_key)


@strawberry.input(description="A diary entry or a weekly report that was received (签收).")
class ReceiveReportInput:
    """A receipt."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    report: strawberry.ID = strawberry.field(description="Which entry or report: the latest version.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        return diaries.receive_report(desk, self.report, key=self.idempotency_key)


@strawberry.type(description="A diary entry that was written (日志填写结果), or why not.")
class WriteDiaryPayload:
    """What writing gives."""

    entry: DiaryEntry | None = strawberry.field(description="The entry.", directives=REPORT)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="A weekly report that was handed in (周报上交结果), or why not.")
class SubmitWeeklyReportPayload:
    """What handing in gives."""

    report: WeeklyReport | None = strawberry.field(description="The report.", directives=REPORT)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="What was received (签收结果), or why not: one of the two is there.")
class ReceiveReportPayload:
    """What receiving gives."""

    entry: DiaryEntry | None = strawberry.field(description="The diary entry, if it is one.", directives=REPORT)
    report: WeeklyReport | None = strawberry.field(description="The weekly report, if it is one.", directives=REPORT)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type
class DiaryQueries:
    """What a client may read of what people report."""

    @strawberry.field(
        description="Diary entries (行销日志): one's own, one's team's, or all; the latest day first, of each day the "
        "latest version.",
        directives=requires(Act.VIEW_REPORTS, audited=Audited.CARRIED),
    )
    async def diary_entries(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: DiaryEntryFilter | None = None,
    ) -> Connection[DiaryEntry]:  # fmt: skip
        """List the entries."""
        desk, wanted = info.context, narrowed(filter)
        found = await diary_rows.read_diary_entries(desk, Paging(first, after, last, before), wanted)
        return connection(found, DiaryEntry.of, lambda: pages.count(diary_rows.diary_entries(desk, wanted)))

    @strawberry.field(
        description="Weekly reports (周报): one's own, one's team's, or all; the latest week first, of each week the "
        "latest version.",
        directives=requires(Act.VIEW_REPORTS, audited=Audited.CARRIED),
    )
    async def weekly_reports(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: WeeklyReportFilter | None = None,
    ) -> Connection[WeeklyReport]:  # fmt: skip
        """List the reports."""
        desk, wanted = info.context, narrowed(filter)
        found = await diary_rows.read_weekly_reports(desk, Paging(first, after, last, before), wanted)
        return connection(found, WeeklyReport.of, lambda: pages.count(diary_rows.weekly_reports(desk, wanted)))

    @strawberry.field(
        description="Who has handed in the diary of a day (日志上交情况), and who is late or missing.",
        directives=requires(Act.VIEW_REPORTS, audited=Audited.CARRIED),
    )
    async def diary_roll(self, info: Info[Desk], *, day: date) -> list[DiaryRoll]:
        """List the people."""
        return [DiaryRoll.of(row) for row in await diary_rolls.read_diary_roll(info.context, a_day(day))]

    @strawberry.field(
        description="Who has handed in the report of a day's week (周报上交情况), and who is late or missing.",
        directives=requires(Act.VIEW_REPORTS, audited=Audited.CARRIED),
    )
    async def weekly_report_roll(self, info: Info[Desk], *, week: date) -> list[WeeklyReportRoll]:
        """List the people."""
        return [
            WeeklyReportRoll.of(row) for row in await diary_rolls.read_weekly_report_roll(info.context, a_day(week))
        ]


@strawberry.type
class DiaryMutations:
    """What a client may report of their own work."""

    @strawberry.mutation(
        description="Write one's own diary of a day (行销日志, J25); a day is corrected by a new version.",
        directives=done(Act.WRITE_DIARY),
    )
    async def write_diary(self, info: Info[Desk], input: WriteDiaryInput) -> WriteDiaryPayload:
        """Write a diary."""
        outcome = await heard(info.context, Act.WRITE_DIARY, input)
        entry, refusal = await shown_diary_entry(info.context, outcome.node), refusal_of(outcome.refusal)
        return WriteDiaryPayload(entry=entry, refusal=refusal, replayed=outcome.replayed)

    @strawberry.mutation(
        description="Hand in one's own report of a week (周报, J14); it is corrected by a new version.",
        directives=done(Act.SUBMIT_WEEKLY_REPORT),
    )
    async def submit_weekly_report(self, info: Info[Desk], input: SubmitWeeklyReportInput) -> SubmitWeeklyReportPayload:
        """Hand in a report."""
        outcome = await heard(info.context, Act.SUBMIT_WEEKLY_REPORT, input)
        report, refusal = await shown_weekly_report(info.context, outcome.node), refusal_of(outcome.refusal)
        return SubmitWeeklyReportPayload(report=report, refusal=refusal, replayed=outcome.replayed)

    @strawberry.mutation(
        description="Mark a diary entry or a weekly report as received (签收, J25); never one's own.",
        directives=done(Act.RECEIVE_REPORT),
    )
    async def receive_report(self, info: Info[Desk], input: ReceiveReportInput) -> ReceiveReportPayload:
        """Receive a report."""
        desk, outcome = info.context, await heard(info.context, Act.RECEIVE_REPORT, input)
        entry, report = await shown_diary_entry(desk, outcome.node), await shown_weekly_report(desk, outcome.node)
        refusal = refusal_of(outcome.refusal)
        return ReceiveReportPayload(entry=entry, report=report, refusal=refusal, replayed=outcome.replayed)
