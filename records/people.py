"""Who works here and in which team from when: staff, teams, and dated memberships.

- A person is known by their 工号; a team by its name.
- Membership is a row with its day: a change of team adds one and rewrites none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from authz.actor import Role
from records.connection import transaction
from records.tables import Staff, Team, TeamMembership

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

CURRENT_TEAM = (
    "SELECT m.team_id FROM team_membership m WHERE m.staff_id = s.id AND m.from_at <= $2 "
    "ORDER BY m.from_at DESC, m.recorded_at DESC LIMIT 1"
)
"""The team of the person `s.id` at the instant `$2`, for use inside a statement."""


async def teams_named(names: Iterable[str], *, entropy: Callable[[int], bytes]) -> dict[str, UUID]:
    """Give each team's id, making those that are not known yet; runs in a transaction of the caller's."""
    wanted = {name for name in names if name}
    new = [Team(id=UUID(bytes=entropy(16), version=4), name=name) for name in sorted(wanted)]
    await Team.bulk_create(new, ignore_conflicts=True)
    return {team.name: team.id for team in await Team.filter(name__in=wanted)}


async def add_person(
    number: str, name: str, role: Role, team: UUID | None, *,
    from_at: datetime, now: datetime, entropy: Callable[[int], bytes],
) -> UUID:  # fmt: skip
    """Record a person, or find the one with this 工号; a team other than today's becomes a new membership."""
    person, _ = await Staff.get_or_create(
        number=number, defaults={"id": UUID(bytes=entropy(16), version=4), "name": name, "role": role.value}
    )
    latest = await TeamMembership.filter(staff_id=person.id).order_by("-from_at", "-recorded_at").first()
    # team_id is the foreign key's own column, which the ORM makes beside the relation.
    if latest is None or getattr(latest, "team_id") != team:  # noqa: B009 (as above)
        await TeamMembership.create(
            id=UUID(bytes=entropy(16), version=4), staff_id=person.id, team_id=team, from_at=from_at, recorded_at=now
        )
    return person.id


@dataclass(frozen=True, slots=True)
class Person:
    """A person as of an instant, with the team they belong to then."""

    id: UUID
    number: str
    name: str
    role: Role
    team: UUID | None
    team_name: str


async def person(staff: UUID, *, now: datetime) -> Person:
    """Give one person as of an instant."""
    async with transaction() as tx:
        rows = await tx.execute_query_dict(_PERSON, [staff, now])
    row = rows[0]
    role, team = Role(row["role"]), row["team"]
    return Person(row["id"], row["number"], row["name"], role, team, row["team_name"] or "")


_PERSON = f"""
SELECT p.*, t.name AS team_name
FROM (SELECT s.id, s.number, s.name, s.role, ({CURRENT_TEAM}) AS team FROM staff s WHERE s.id = $1) p
LEFT JOIN team t ON t.id = p.team
"""  # noqa: S608 (a constant of ours)
