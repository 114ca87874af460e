"""Who works here and in which team from when: staff, teams, and dated memberships.

- A person is known by their 工号; a team by its name.
- Membership is a row with its day: a change of team adds one and rewrites none.
- While an act lasts, people stay what they are: whoever changes that waits for the acts begun, and they for him.
- Whoever has left has left for good: it is a fact of the book.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from authz.actor import Role
from authz.acts import Act
from authz.policy import Scope
from records.connection import transaction
from records.references import Kind, row_of
from records.staff_roll import Member, StaffRoll, staff_number
from records.tables import Staff, Team, TeamMembership

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from authz.actor import Actor
    from records.connection import Fetch
    from records.desk import Desk

CURRENT_TEAM = (
    "SELECT m.team_id FROM team_membership m WHERE m.staff_id = s.id AND m.from_at <= $2 "
    "ORDER BY m.from_at DESC, m.recorded_at DESC LIMIT 1"
)
"""The team of the person `s.id` at the instant `$2`, for use inside a statement."""

SINCE_EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""From when a person new to the book belongs to the team that a roll names: before any fact."""
_TEAMS = """
INSERT INTO team (id, name) SELECT * FROM unnest($1::uuid[], $2::text[]) ON CONFLICT (name) DO NOTHING
"""
_STAFF = """
INSERT INTO staff (id, number, name, role, region)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
ON CONFLICT (number) DO UPDATE
    SET name = excluded.name, role = excluded.role, region = coalesce(excluded.region, staff.region)
    WHERE (staff.name, staff.role, staff.region)
        IS DISTINCT FROM (excluded.name, excluded.role, coalesce(excluded.region, staff.region))
"""
_OTHER_THAN_BEFORE = """
SELECT s.id FROM staff s JOIN unnest($1::text[], $2::text[], $3::text[]) AS r(number, role, region) USING (number)
WHERE s.role <> r.role OR s.region IS DISTINCT FROM coalesce(r.region, s.region)
"""
_TEAM_OF = """
SELECT t.name FROM staff s JOIN team_membership m ON m.staff_id = s.id LEFT JOIN team t ON t.id = m.team_id
WHERE s.number = $1 ORDER BY m.from_at DESC, m.recorded_at DESC LIMIT 1
"""
_DEPARTED = "SELECT by_id FROM fact WHERE kind = 'depart' AND by_id = ANY($1)"
_MOVE = """
INSERT INTO team_membership (id, staff_id, team_id, from_at, recorded_at) VALUES ($1, $2, $3, $4, $4)
"""
_KEEP = "SELECT pg_advisory_xact_lock_shared(hashtext('baobei people'))"
_CHANGE = "SELECT pg_advisory_xact_lock(hashtext('baobei people'))"
_MEMBERSHIPS = """
INSERT INTO team_membership (id, staff_id, team_id, from_at, recorded_at)
SELECT r.id, s.id, t.id, CASE WHEN m.staff_id IS NULL THEN $4::timestamptz ELSE $5::timestamptz END, $5
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS r(id, number, team)
JOIN staff s ON s.number = r.number LEFT JOIN team t ON t.name = r.team
LEFT JOIN LATERAL (
    SELECT staff_id, team_id FROM team_membership WHERE staff_id = s.id ORDER BY from_at DESC, recorded_at DESC LIMIT 1
) m ON true
WHERE m.staff_id IS NULL OR m.team_id IS DISTINCT FROM t.id
RETURNING staff_id, from_at
"""
_NUMBERED = """
SELECT DISTINCT ON (s.id) s.number, s.id, m.team_id FROM staff s LEFT JOIN team_membership m ON m.staff_id = s.id
WHERE s.number = ANY($1) ORDER BY s.id, m.from_at DESC, m.recorded_at DESC
"""


async def keep_people(fetch: Fetch) -> None:
    """Keep everybody's team and role as they are until this transaction ends: what is decided depends on them."""
    await fetch(_KEEP, [])


async def keep_everybody_out(fetch: Fetch) -> None:
    """Let no act begin until this transaction ends, and wait for those begun: what all of them rest on changes."""
    await fetch(_CHANGE, [])


async def departed_of(fetch: Fetch, people: Collection[UUID]) -> set[UUID]:
    """Tell which of some people have left."""
    return {row["by_id"] for row in await fetch(_DEPARTED, [list(people)])}


async def move(fetch: Fetch, staff: UUID, team: UUID, *, now: datetime, entropy: Callable[[int], bytes]) -> None:
    """Let somebody be of another team from now on; nobody else acts meanwhile, by the caller's care."""
    await fetch(_MOVE, [UUID(bytes=entropy(16), version=4), staff, team, now])


async def take_roll(
    fetch: Fetch, roll: StaffRoll, *, now: datetime, entropy: Callable[[int], bytes]
) -> tuple[dict[str, tuple[UUID, UUID | None]], list[UUID]]:
    """Bring a staff roll into the book: id and team of each person by their 工号, and who changed team, role or region.

    Name and role become the roll's, and so does a region that it names. A person new to the book has always been of
    their team; a team other than the one known is theirs from now. No act goes on until this transaction ends.
    """
    await keep_everybody_out(fetch)
    members = roll.members
    drawn = [UUID(bytes=entropy(16), version=4) for _ in range(3 * len(members))]
    numbers = [member.number for member in members]
    teams = sorted({member.team for member in members if member.team})
    await fetch(_TEAMS, [drawn[: len(teams)], teams])
    roles, regions = [member.role.value for member in members], [member.region for member in members]
    others = [row["id"] for row in await fetch(_OTHER_THAN_BEFORE, [numbers, roles, regions])]
    names = [member.name for member in members]
    await fetch(_STAFF, [drawn[len(members) : 2 * len(members)], numbers, names, roles, regions])
    memberships = [drawn[2 * len(members) :], numbers, [member.team for member in members], SINCE_EVER, now]
    movers = [row["staff_id"] for row in await fetch(_MEMBERSHIPS, memberships) if row["from_at"] != SINCE_EVER]
    known = {row["number"]: (row["id"], row["team_id"]) for row in await fetch(_NUMBERED, [numbers])}
    return known, list({*movers, *others})


async def engage(
    fetch: Fetch, number: str, name: str, role: Role, team: str | None, *,
    now: datetime, region: str | None = None, entropy: Callable[[int], bytes],
) -> tuple[UUID, list[UUID]]:  # fmt: skip
    """Bring one person into the book as a roll would: their id, and who changed team, role or region by it.

    Of somebody known already, a team or region that is not named stays what it is.
    """
    number = staff_number(number)
    if team is None:
        rows = await fetch(_TEAM_OF, [number])
        team = rows[0]["name"] if rows else None
    roll = StaffRoll((Member(number, name, team or None, role, region),))
    known, changed = await take_roll(fetch, roll, now=now, entropy=entropy)
    return known[number][0], changed


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

    @property
    def staff(self) -> UUID:
        """The person, as a party of something names them."""
        return self.id


async def person(staff: UUID, *, now: datetime) -> Person | None:
    """Give one person as of an instant; None if there is nobody of this id."""
    async with transaction() as tx:
        rows = await tx.execute_query_dict(_PERSON, [staff, now])
    if not rows:
        return None
    row = rows[0]
    return Person(row["id"], row["number"], row["name"], Role(row["role"]), row["team"], row["team_name"] or "")


async def person_entered(desk: Desk, act: Act, reference: str | None, *, part: Act | None = None) -> Person | None:
    """Give the person for whom an act is entered: whoever asks, unless they name somebody (A6 E2).

    `part` is an act that gives a part in this one: whoever files may have brought a customer in, though not all of them
    say so themselves (H7 H15). None: nobody of this reference, or somebody whose role has no part in the act. Raises
    `Forbidden` for somebody farther away than the actor may enter it for.
    """
    actor = desk.signed_in()
    named = actor.staff if reference is None else row_of(Kind.STAFF, reference)
    found = named and await person(named, now=desk.now)
    if found is None or desk.guard.widest(found.role, part or act) is None:
        return None
    await desk.require(act, relation=relation_to(actor, staff=found.id, team=found.team))
    return found


async def person_named(desk: Desk, reference: str) -> Person | None:
    """Give the person of a reference who takes part in filings; None for nobody, and for whoever takes no part."""
    return await person_of_act(desk, Act.FILE_CLAIM, reference)


async def person_of_act(desk: Desk, act: Act, reference: str) -> Person | None:
    """Give the person of a reference whose role has part in an act; None for anybody else."""
    named = row_of(Kind.STAFF, reference)
    found = named and await person(named, now=desk.now)
    return found if found and desk.guard.widest(found.role, act) is not None else None


def relation_to(actor: Actor, *, staff: UUID | None, team: UUID | None) -> Scope:
    """Say how near something stands to an actor: their own, their team's, or anybody's."""
    if staff == actor.staff:
        return Scope.OWN
    return Scope.TEAM if team is not None and team == actor.team else Scope.ALL


_PERSON = f"""
SELECT p.*, t.name AS team_name
FROM (SELECT s.id, s.number, s.name, s.role, ({CURRENT_TEAM}) AS team FROM staff s WHERE s.id = $1) p
LEFT JOIN team t ON t.id = p.team
"""  # noqa: S608 (a constant of ours)
