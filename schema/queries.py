"""What a client may read; nothing here takes a phone or a name, for an argument would stay in a client's cache."""

from __future__ import annotations

import asyncio

import strawberry
from strawberry.types import Info

from authz.acts import Act
from authz.policy import FieldClass
from records import claim_rows, customer_rows, dispute_rows, log_rows, pages, staff_rows
from records.claim_rows import ClaimOrder
from records.customer_rows import CustomerOrder
from records.desk import Desk
from records.dispute_rows import DisputeOrder
from records.filters import BadInput
from records.pages import Paging
from records.references import Kind, parse_reference, row_of
from schema.archiving import ArchiveQueries, shown_archive_entry
from schema.backups import BackupQueries, shown_backup
from schema.confirmations import shown_confirmation
from schema.days import DayQueries, shown_visit_record
from schema.deal_readings import DealReadings
from schema.departures import DepartureQueries, shown_departure
from schema.destructions import DestructionQueries, shown_destruction
from schema.diaries import DiaryQueries, shown_diary_entry, shown_weekly_report
from schema.directives import Audited, requires
from schema.editions import EditionReadings, shown_edition
from schema.filters import (
    AccessLogFilter,
    ClaimFilter,
    CustomerFilter,
    DisputeFilter,
    StaffFilter,
    narrowed,
)
from schema.following import FollowingQueries
from schema.forms import FormQueries
from schema.grants import GrantQueries, shown_grant
from schema.inspections import InspectionQueries, shown_inspected_claim, shown_inspection
from schema.keys import KeyQueries, shown_key_act
from schema.log_entries import AccessEntry, shown_entry
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.notices import NoticeQueries, shown_notice
from schema.offence_readings import OffenceReadings
from schema.offences import shown_offence
from schema.overview import OverviewQueries
from schema.people import Staff, Team, Viewer, shown_person, shown_team
from schema.reviewing import ReviewQueries
from schema.rulebooks import RulebookQueries
from schema.rulings import shown_fact
from schema.types import Claim, Customer, Dispute, shown_claim, shown_customer, shown_deal, shown_dispute
from schema.undertakings import UndertakingQueries
from schema.upkeep import UpkeepQueries, shown_correction

MOST_NODES = 100
"""Ids that `nodes` takes in one document."""
_SHOWN = {
    Kind.STAFF: shown_person,
    Kind.TEAM: shown_team,
    Kind.CUSTOMER: shown_customer,
    Kind.CLAIM: shown_claim,
    Kind.DISPUTE: shown_dispute,
    Kind.FACT: shown_fact,
    Kind.ACCESS_ENTRY: shown_entry,
    Kind.NOTICE: shown_notice,
    Kind.DEPARTURE: shown_departure,
    Kind.DEAL: shown_deal,
    Kind.CONFIRMATION: shown_confirmation,
    Kind.KEY_ACT: shown_key_act,
    Kind.OFFENCE: shown_offence,
    Kind.ARCHIVE_ENTRY: shown_archive_entry,
    Kind.CORRECTION: shown_correction,
    Kind.EDITION: shown_edition,
    Kind.VISIT_RECORD: shown_visit_record,
    Kind.DESTRUCTION: shown_destruction,
    Kind.INSPECTION: shown_inspection,
    Kind.INSPECTED_CLAIM: shown_inspected_claim,
    Kind.DIARY_ENTRY: shown_diary_entry,
    Kind.WEEKLY_REPORT: shown_weekly_report,
    Kind.GRANT: shown_grant,
    Kind.BACKUP: shown_backup,
}
"""How an object of each kind is shown, to whoever has it in sight."""


async def shown_node(desk: Desk, reference: str) -> Node | None:
    """Show whatever a reference names, if it is in sight; unknown, foreign and malformed ones are one."""
    desk.signed_in()
    parsed = parse_reference(reference)
    return None if parsed is None else await _SHOWN[parsed[0]](desk, parsed[1])


@strawberry.type(description="What a client may read (查询).")
class Query(
    FormQueries, ReviewQueries, FollowingQueries, DayQueries, NoticeQueries, DepartureQueries, DealReadings,
    OffenceReadings, RulebookQueries, ArchiveQueries, UpkeepQueries, KeyQueries,
    OverviewQueries, EditionReadings, DestructionQueries, InspectionQueries, DiaryQueries, GrantQueries,
    UndertakingQueries, BackupQueries,
):  # fmt: skip
    """The query root."""

    @strawberry.field(description="Whoever is signed in (当前用户).", directives=requires(None))
    async def me(self, info: Info[Desk]) -> Viewer:
        """Answer with the person behind the token, and what their role may do."""
        desk = info.context
        actor = desk.signed_in()
        person = await staff_rows.oneself(desk)
        viewer_can = desk.guard.acts_of(actor.role)
        return Viewer(staff=Staff.of(person), viewer_can=viewer_can, has_signed=actor.has_signed)

    @strawberry.field(description="Whatever an id names, if the viewer may see it (节点).", directives=requires(None))
    async def node(self, info: Info[Desk], id: strawberry.ID) -> Node | None:
        """Read one object."""
        return await shown_node(info.context, id)

    @strawberry.field(
        description="Whatever up to 100 ids name, in their order; null for what the viewer may not see.",
        directives=requires(None),
    )
    async def nodes(self, info: Info[Desk], ids: list[strawberry.ID]) -> list[Node | None]:
        """Read several objects."""
        if len(ids) > MOST_NODES:
            raise BadInput
        return list(await asyncio.gather(*(shown_node(info.context, id_) for id_ in ids)))

    @strawberry.field(
        description="The customers (客户) in the viewer's scope, the latest filed first.",
        directives=requires(Act.VIEW_CUSTOMERS, audited=Audited.PAGE),
    )
    async def customers(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: CustomerFilter | None = None, order: CustomerOrder = CustomerOrder.FILED_AT_DESC,
    ) -> Connection[Customer]:  # fmt: skip
        """List the customers."""
        desk, wanted = info.context, narrowed(filter)
        found = await customer_rows.read_customers(desk, Paging(first, after, last, before), wanted, order)
        return connection(found, Customer.of, lambda: pages.count(customer_rows.customers(desk, wanted)))

    @strawberry.field(description="One customer (客户).", directives=requires(Act.VIEW_CUSTOMERS))
    async def customer(self, info: Info[Desk], id: strawberry.ID) -> Customer | None:
        """Read one customer."""
        info.context.signed_in()
        return await shown_customer(info.context, row_of(Kind.CUSTOMER, id))

    @strawberry.field(
        description="The claims (报备) in the viewer's scope, the latest recorded first.",
        directives=requires(Act.VIEW_CLAIMS, audited=Audited.PAGE),
    )
    async def claims(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: ClaimFilter | None = None, order: ClaimOrder = ClaimOrder.FILED_AT_DESC,
    ) -> Connection[Claim]:  # fmt: skip
        """List the claims."""
        desk, wanted = info.context, narrowed(filter)
        found = await claim_rows.read_claims(desk, Paging(first, after, last, before), wanted, order)
        return connection(found, Claim.of, lambda: pages.count(claim_rows.claims(desk, wanted)))

    @strawberry.field(description="One claim (报备).", directives=requires(Act.VIEW_CLAIMS))
    async def claim(self, info: Info[Desk], id: strawberry.ID) -> Claim | None:
        """Read one claim."""
        info.context.signed_in()
        return await shown_claim(info.context, row_of(Kind.CLAIM, id))

    @strawberry.field(
        description="The disputes (争议) in the viewer's scope, the latest first.",
        directives=requires(Act.VIEW_DISPUTES, audited=Audited.PAGE),
    )
    async def disputes(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: DisputeFilter | None = None, order: DisputeOrder = DisputeOrder.OPENED_AT_DESC,
    ) -> Connection[Dispute]:  # fmt: skip
        """List the disputes."""
        desk, wanted = info.context, narrowed(filter)
        found = await dispute_rows.read_disputes(desk, Paging(first, after, last, before), wanted, order)
        return connection(found, Dispute.of, lambda: pages.count(dispute_rows.disputes(desk, wanted)))

    @strawberry.field(description="One dispute (争议).", directives=requires(Act.VIEW_DISPUTES))
    async def dispute(self, info: Info[Desk], id: strawberry.ID) -> Dispute | None:
        """Read one dispute."""
        info.context.signed_in()
        return await shown_dispute(info.context, row_of(Kind.DISPUTE, id))

    @strawberry.field(
        description="The people of the company (员工) by their number.", directives=requires(Act.VIEW_STAFF)
    )
    async def staff(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: StaffFilter | None = None,
    ) -> Connection[Staff]:  # fmt: skip
        """List the people."""
        desk, wanted = info.context, narrowed(filter)
        found = await staff_rows.read_staff(desk, Paging(first, after, last, before), wanted)
        return connection(found, Staff.of, lambda: pages.count(staff_rows.staff(desk, wanted)))

    @strawberry.field(description="The teams (团队) by name.", directives=requires(Act.VIEW_STAFF))
    async def teams(self, info: Info[Desk]) -> list[Team]:
        """List the teams."""
        return [Team.of(row) for row in await staff_rows.teams(info.context)]

    @strawberry.field(
        description="The access log (访问日志), newest first: where the viewer's team acted, or was looked at.",
        directives=requires(Act.VIEW_ACCESS_LOG, FieldClass.ACCESS_LOG, Audited.LOG),
    )
    async def access_log(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None,
        filter: AccessLogFilter | None = None,
    ) -> Connection[AccessEntry]:  # fmt: skip
        """Read the log."""
        desk, wanted = info.context, narrowed(filter)
        found = await log_rows.read_log(desk, Paging(first, after, last, before), wanted)
        return connection(found, AccessEntry.of, lambda: pages.count(log_rows.entries(desk, wanted)))
