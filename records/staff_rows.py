"""People and teams as somebody sees them: by number, one by one, and each person with the team that they are in now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from authz.actor import Role
from authz.acts import Act
from records.connection import read
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.pages import Listing, Order, Page, Paging, SortKey, page
from records.queries import Values, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.desk import Desk


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team in sight."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A person in sight, also one who has left; `team` is the one that they belong to now, wherever it is in sight."""

    id: UUID
    number: str
    name: str
    role: Role
    team: UUID | None
    left_at: datetime | None


_KEYS = (SortKey("s.number", "text"), SortKey("s.id", "uuid"))
_COLUMNS = (
    "s.id, s.number, s.name, s.role, t.team_id, "
    "(SELECT min(d.happened_at) FROM fact d WHERE d.kind = 'depart' AND d.by_id = s.id) AS left_at"
)
_ALLOWED = {"role": Comparable("s.role", "text"), "team": Comparable("t.team_id", "uuid")}


def _from(now: str) -> str:
    return (
        "FROM staff s LEFT JOIN LATERAL (SELECT m.team_id FROM team_membership m WHERE m.staff_id = s.id "
        f"AND m.from_at <= {now} ORDER BY m.from_at DESC, m.recorded_at DESC LIMIT 1) t ON true"
    )


def _row(row: Mapping[str, Any]) -> StaffRow:
    return StaffRow(row["id"], row["number"], row["name"], Role(row["role"]), row["team_id"], row["left_at"])


def staff(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[StaffRow]:
    """List the people in sight by their number."""
    sight = visible_to(desk, Act.VIEW_STAFF)

    def source(bind: Values, _below: str) -> str:
        where = f"{sight.people('s.id', bind)} AND {condition(narrowed, _ALLOWED, bind)}"
        return f"{_from(bind(desk.now, 'timestamptz'))} WHERE {where}"

    return Listing("staff", lambda _bind: _COLUMNS, source, Order(_KEYS, descending=False), _row, narrowed)


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, StaffRow]:
    sight, bind = visible_to(desk, Act.VIEW_STAFF), Values()
    statement = (
        f"SELECT {_COLUMNS} {_from(bind(desk.now, 'timestamptz'))} "
        f"WHERE s.id = ANY({bind(ids)}) AND ({sight.people('s.id', bind)} OR s.id = {bind(sight.staff)})"
    )
    return {row["id"]: _row(row) for row in await read(statement, bind.given)}


async def person(desk: Desk, id_: UUID | None) -> StaffRow | None:
    """Give one person in sight; oneself always is."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def oneself(desk: Desk) -> StaffRow:
    """Give whoever asks."""
    found = await person(desk, desk.signed_in().staff)
    if found is None:
        raise LookupError("an account has its person")
    return found


async def _teams_by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, TeamRow]:
    sight, bind = visible_to(desk, Act.VIEW_STAFF), Values()
    own = f"t.id = {bind(sight.team, 'uuid')}"
    statement = (
        f"SELECT t.id, t.name FROM team t WHERE t.id = ANY({bind(ids)}) AND ({sight.teams('t.id', bind)} OR {own})"
    )
    return {row["id"]: TeamRow(row["id"], row["name"]) for row in await read(statement, bind.given)}


async def team(desk: Desk, id_: UUID | None) -> TeamRow | None:
    """Give one team in sight; one's own always is."""
    return None if id_ is None else await desk.gathering.ask(desk, _teams_by_id, id_)


async def teams(desk: Desk) -> list[TeamRow]:
    """List the teams in sight by name."""
    await desk.require(Act.VIEW_STAFF)
    sight, bind = visible_to(desk, Act.VIEW_STAFF), Values()
    rows = await read(f"SELECT t.id, t.name FROM team t WHERE {sight.teams('t.id', bind)} ORDER BY t.name", bind.given)
    return [TeamRow(row["id"], row["name"]) for row in rows]


async def read_staff(desk: Desk, paging: Paging, narrowed: Filter) -> Page[StaffRow]:
    """Read a page of the people in sight."""
    await desk.require(Act.VIEW_STAFF)
    return await page(desk, staff(desk, narrowed), paging)
