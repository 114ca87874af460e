"""What a client may read."""

from __future__ import annotations

import strawberry
from strawberry.types import Info  # noqa: TC002 (strawberry reads annotations when the schema is made)

from records import people
from records.desk import Desk, Unauthenticated
from schema.types import Staff, Team, Viewer


@strawberry.type(description="What a client may read.")
class Query:
    """The query root."""

    @strawberry.field(description="Whoever is signed in.")
    async def me(self, info: Info[Desk]) -> Viewer:
        """Answer with the person behind the token, and what their role may do."""
        desk = info.context
        person = await people.person(desk.signed_in().staff, now=desk.now)
        if person is None:
            raise Unauthenticated
        team = Team(id=strawberry.ID(f"tea_{person.team.hex}"), name=person.team_name) if person.team else None
        identity = strawberry.ID(f"stf_{person.id.hex}")
        staff = Staff(id=identity, number=person.number, name=person.name, role=person.role, team=team)
        return Viewer(staff=staff, viewer_can=desk.guard.acts_of(person.role))
