"""What a manager looks at on the wire: figures of work by person, team and week, and the weekly round by phone."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date, datetime
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import figures, phone_round, round_rows
from records.desk import Desk
from records.figures import FiguresBy, FiguresRow
from records.outcomes import Done
from records.pages import Paging
from records.phone_round import TrackingStatus
from records.round_rows import ToAsk
from schema.acting import ClaimPayload, answered
from schema.directives import Audited, requires
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, connection
from schema.people import Staff, Team, shown_person, shown_team
from schema.rulings import a_day
from schema.scalars import Percent, PlainText
from schema.types import Claim, certain, shown_claim
from schema.wording import KEY

FIGURES = requires(Act.VIEW_FIGURES)
ROUND = requires(Act.VIEW_PHONE_ROUND)


@strawberry.type(description="Figures of work (业绩统计) of a person, a team or a week, within the viewer's reach.")
class Figures:
    """Figures of work."""

    week: date | None = strawberry.field(description="By week: its Monday (周).", directives=FIGURES)
    filings: int = strawberry.field(description="How many filings (报备数).", directives=FIGURES)
    on_time: int = strawberry.field(description="How many of them on time (及时, C13 D10).", directives=FIGURES)
    right_at_once: int = strawberry.field(
        description="How many of them no reviewer returned or rejected (准确, C13).", directives=FIGURES
    )
    visits: int = strawberry.field(description="How often a customer was brought in (带看数).", directives=FIGURES)
    recorded_visits: int = strawberry.field(
        description="How many visits of the daily record were verified (拜访数, I8 I9).", directives=FIGURES
    )
    deals: int = strawberry.field(description="How many deals they recorded (成交数).", directives=FIGURES)
    findings: int = strawberry.field(
        description="How often an inspection found a filing not in order (检查发现数, B16).", directives=FIGURES
    )
    diaries: int = strawberry.field(description="Of how many days there is a diary (日志数, J25).", directives=FIGURES)
    weekly_reports: int = strawberry.field(
        description="How many weeks, whose Mondays lie in the time, were reported (周报数, J14).", directives=FIGURES
    )
    handed_in_late: int = strawberry.field(
        description="How many of these diaries and reports came late (逾期上交数).", directives=FIGURES
    )
    row: strawberry.Private[FiguresRow]

    @classmethod
    def of(cls, row: FiguresRow) -> Figures:
        """Show figures."""
        return cls(
            week=row.week, filings=row.filings, on_time=row.on_time, right_at_once=row.right_at_once,
            visits=row.visits, recorded_visits=row.recorded_visits, deals=row.deals,
            findings=row.findings, diaries=row.diaries, weekly_reports=row.weekly_reports,
            handed_in_late=row.handed_in_late, row=row,
        )  # fmt: skip

    @strawberry.field(description="The share on time (及时率); null without filings.", directives=FIGURES)
    def on_time_rate(self) -> Percent | None:
        """Give the share."""
        rate = self.row.rate(self.row.on_time)
        return None if rate is None else Percent(rate)

    @strawberry.field(description="The share right at once (准确率); null without filings.", directives=FIGURES)
    def accuracy_rate(self) -> Percent | None:
        """Give the share."""
        rate = self.row.rate(self.row.right_at_once)
        return None if rate is None else Percent(rate)

    @strawberry.field(description="By person: whose (员工).", directives=FIGURES)
    async def staff(self, info: Info[Desk]) -> Staff | None:
        """Show the person."""
        return await shown_person(info.context, self.row.staff)

    @strawberry.field(description="By team: which; null for who had none (团队).", directives=FIGURES)
    async def team(self, info: Info[Desk]) -> Team | None:
        """Show the team."""
        return await shown_team(info.context, self.row.team)


@strawberry.type(description="A filing about which its filer is to be asked this week (待落实, H11).")
class RoundCall:
    """A filing to ask about."""

    tracked_at: datetime | None = strawberry.field(description="When they were asked last.", directives=ROUND)
    status: TrackingStatus | None = strawberry.field(description="What they said then (跟踪情况).", directives=ROUND)
    row: strawberry.Private[ToAsk]

    @classmethod
    def of(cls, row: ToAsk) -> RoundCall:
        """Show a filing to ask about."""
        status = None if row.status is None else TrackingStatus(row.status)
        return cls(tracked_at=row.tracked_at, status=status, row=row)

    @strawberry.field(description="The claim.", directives=requires(Act.VIEW_CLAIMS))
    async def claim(self, info: Info[Desk]) -> Claim:
        """Show the claim."""
        return certain(await shown_claim(info.context, self.row.filing))


@strawberry.input(description="What a filer said of a customer on the phone (电话落实, H11).")
class RecordTrackingInput:
    """What a filer said."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    claim: strawberry.ID = strawberry.field(description="Of which filing.")
    status: TrackingStatus = strawberry.field(description="How it goes.")
    note: PlainText | None = strawberry.field(default=None, description="A note (备注); sealed.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        key = self.idempotency_key
        return phone_round.record_tracking(desk, self.claim, self.status, note=self.note, key=key)


@strawberry.type(description="What a filer said was recorded (电话落实结果), or why not.")
class RecordTrackingPayload(ClaimPayload):
    """What recording gives."""


@strawberry.type
class OverviewQueries:
    """What a manager may read."""

    @strawberry.field(
        description="Figures of work (业绩统计, C4 C13 D12 I8) of some days, 366 at most, by person, team or week.",
        directives=requires(Act.VIEW_FIGURES, audited=Audited.PAGE),
    )
    async def figures(
        self, info: Info[Desk], from_day: date, to_day: date, by: FiguresBy = FiguresBy.PERSON
    ) -> list[Figures]:
        """Put the figures together."""
        rows = await figures.read_figures(info.context, a_day(from_day), a_day(to_day), by)
        return [Figures.of(row) for row in rows]

    @strawberry.field(
        description="Whom the weekly round by phone has yet to reach (每周电话落实, H11), filer by filer.",
        directives=requires(Act.VIEW_PHONE_ROUND, audited=Audited.PAGE),
    )
    async def phone_round(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[RoundCall]:
        """List what is to be asked about."""
        desk = info.context
        found = await round_rows.read_phone_round(desk, Paging(first, after, last, before))
        return connection(found, RoundCall.of, lambda: round_rows.count_phone_round(desk))


@strawberry.type
class OverviewMutations:
    """What a manager may do on the round."""

    @strawberry.mutation(
        description="Record what a filer said of a customer on the phone (电话落实, H11).",
        directives=done(Act.RECORD_TRACKING),
    )
    async def record_tracking(self, info: Info[Desk], input: RecordTrackingInput) -> RecordTrackingPayload:
        """Record what a filer said."""
        return await answered(
            RecordTrackingPayload, info.context, await heard(info.context, Act.RECORD_TRACKING, input)
        )
