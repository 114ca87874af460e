"""People and teams on the wire, and whoever is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import strawberry
from strawberry.types import Info

from authz.actor import Role
from authz.acts import Act
from records import staff_rows
from records.alerts import Alert, alerts
from records.desk import Desk
from records.references import Kind, reference
from records.staff_rows import StaffRow, TeamRow
from schema.directives import requires
from schema.nodes import Node

if TYPE_CHECKING:
    from uuid import UUID

STAFF = requires(Act.VIEW_STAFF)


@strawberry.type(description="A sales team (团队).")
class Team(Node):
    """A team."""

    name: str = strawberry.field(description="The team's name.", directives=STAFF)

    @classmethod
    def of(cls, row: TeamRow) -> Team:
        """Show a team."""
        return cls(id=strawberry.ID(reference(Kind.TEAM, row.id)), name=row.name)


@strawberry.type(description="A person of the company (员工).")
class Staff(Node):
    """A person."""

    number: str = strawberry.field(description="The staff number (工号).", directives=STAFF)
    name: str = strawberry.field(description="The person's name.", directives=STAFF)
    role: Role = strawberry.field(description="The person's role (角色).", directives=STAFF)
    left_at: datetime | None = strawberry.field(description="When they left (离司), if they have.", directives=STAFF)
    row: strawberry.Private[StaffRow]

    @strawberry.field(description="The team that the person belongs to now.", directives=STAFF)
    async def team(self, info: Info[Desk]) -> Team | None:
        """Show the team."""
        return await shown_team(info.context, self.row.team)

    @classmethod
    def of(cls, row: StaffRow) -> Staff:
        """Show a person."""
        id_ = strawberry.ID(reference(Kind.STAFF, row.id))
        return cls(id=id_, number=row.number, name=row.name, role=row.role, left_at=row.left_at, row=row)


async def shown_team(desk: Desk, team: UUID | None) -> Team | None:
    """Show a team, if it is in sight."""
    row = await staff_rows.team(desk, team)
    return None if row is None else Team.of(row)


async def shown_person(desk: Desk, staff: UUID | None) -> Staff | None:
    """Show a person, if they are in sight."""
    row = await staff_rows.person(desk, staff)
    return None if row is None else Staff.of(row)


@strawberry.type(description="Whoever is signed in (当前用户).")
class Viewer:
    """The viewer."""

    staff: Staff = strawberry.field(description="The person behind the account (B14).", directives=requires(None))
    viewer_can: list[Act] = strawberry.field(
        description="The acts that the viewer's role has at all.", directives=requires(None)
    )
    has_signed: bool = strawberry.field(
        description="The viewer has signed the undertaking of confidentiality in force (已签保密协议, B10).",
        directives=requires(None),
    )

    @strawberry.field(
        description="What the viewer is to know at once (提示): by the clock alone, until it is put right.",
        directives=requires(None),
    )
    async def alerts(self, info: Info[Desk]) -> list[Alert]:
        """List what is to be known."""
        return await alerts(info.context)
