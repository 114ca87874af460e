"""What is to be done next with a filing (下一步, F5), and who is told of it.

- Whoever may review a filing at the level at which it waits is told: those who are named for the level, or of the
  role that reviews whoever is nearest, the team's own before the leaders. Nobody is asked to review their own (B4).
- A filing goes through the chain of the edition under which it entered it, whatever edition is in force today (E14).
- An inquiry from another region is put to the supervisor (J21), of the claimant's team and of that region.
- For whom somebody else filed hears of it (A6 E2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from authz.actor import Role, law_role
from authz.acts import Act
from authz.policy import Scope
from records.notices import NextStep, Notice, NoticeKind, tell
from records.people import CURRENT_TEAM

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk

_STANDING = """
SELECT s.state, s.missing, r.level, r.levels, r.reviewer, r.different_people, r.approvers FROM filing f
LEFT JOIN claim_state s ON s.filing_id = f.id AND s.from_at <= $2 AND (s.until_at IS NULL OR s.until_at > $2)
LEFT JOIN pending_review r ON r.filing_id = f.id WHERE f.id = $1
"""
_FILING = """
SELECT f.id, c.root_id, f.claimant_id, f.team_id, f.entered_by_id,
    (SELECT a.details -> 'values' ->> 'region' FROM fact a WHERE a.filing_id = f.id
     AND a.details -> 'values' ? 'region' ORDER BY a.happened_at DESC, a.seq DESC LIMIT 1) AS region
FROM filing f JOIN customer c ON c.id = f.customer_id WHERE f.id = $1
"""
_NAMED = """
SELECT a.staff_id, s.role FROM approver a JOIN staff s ON s.id = a.staff_id WHERE a.level = $1 AND a.until_at IS NULL
"""
_PRESENT = f"""
SELECT s.id, s.role, s.region, ({CURRENT_TEAM}) AS team FROM staff s WHERE s.role = ANY($1)
AND NOT EXISTS (SELECT FROM fact d WHERE d.kind = 'depart' AND d.by_id = s.id AND d.happened_at <= $2) ORDER BY s.number
"""  # noqa: S608 (a constant of ours)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a filing stands at an instant: its state, what is missing, and at which level of its chain it waits.

    `reviewer` is the role, in the law's words, that reviews at that level; `different_people`: whoever approved in
    this round does not review again.
    """

    state: str
    missing: tuple[str, ...]
    level: int | None
    levels: int | None
    reviewer: str | None
    different_people: bool
    approvers: tuple[UUID, ...]


async def standing_of(fetch: Fetch, filing: UUID, *, now: datetime) -> Standing:
    """Tell where a filing stands, by the projections."""
    (row,) = await fetch(_STANDING, [filing, now])
    approvers = tuple(UUID(hex=name) for name in row["approvers"] or ())
    return Standing(
        row["state"] or "", tuple(row["missing"] or ()), row["level"], row["levels"], row["reviewer"],
        bool(row["different_people"]), approvers,
    )  # fmt: skip


async def tell_of_filing(
    connection: TransactionalDBClient, desk: Desk, filing: UUID, *, before: Standing | None
) -> None:
    """Tell whom it concerns that a filing came, or came to stand elsewhere than before."""
    fetch: Fetch = connection.execute_query_dict
    after = await standing_of(fetch, filing, now=desk.now)
    (row,) = await fetch(_FILING, [filing])
    notices: list[Notice] = []
    if before is None and row["claimant_id"] != row["entered_by_id"]:
        notices.append(
            _about(row, NoticeKind.FILED_FOR_YOU, row["claimant_id"], next_step(desk, after), missing=after.missing)
        )
    if before is None or (before.state, before.level) != (after.state, after.level):
        if after.level is not None:
            asked = await reviewers(fetch, desk, row, after)
            notices += [_about(row, NoticeKind.REVIEW_DUE, one, NextStep.REVIEW, level=after.level) for one in asked]
        elif after.state == "forwarded":
            asked = await _supervisors(fetch, desk, row)
            notices += [_about(row, NoticeKind.FILING_FORWARDED, one, NextStep.HANDLE) for one in asked]
    await tell(connection, notices, desk)


def _about(row: Mapping[str, Any], kind: NoticeKind, staff: UUID, step: NextStep, **details: object) -> Notice:
    return Notice(kind=kind, staff=staff, customer=row["root_id"], filing=row["id"], next=step, details=details)


def next_step(desk: Desk, standing: Standing) -> NextStep:
    """Say what a filing's claimant is to do next, or to wait for."""
    terms = desk.rulebook.terms
    match standing.state:
        case "returned" | "provisional":
            return NextStep.COMPLETE
        case "in_review":
            return NextStep.WAIT_FOR_REVIEW
        case "recorded":
            if terms.way == "assigned":
                return NextStep.WAIT_FOR_ASSIGNMENT
            return NextStep.BRING_IN if terms.needs_visit != "none" else NextStep.NONE
        case "rejected":
            return NextStep.FILE_ANEW
        case _:
            return NextStep.NONE


async def reviewers(fetch: Fetch, desk: Desk, row: Mapping[str, Any], standing: Standing) -> list[UUID]:
    """List who is asked to review a filing at the level at which it waits, by the chain that it entered."""
    kept_out: set[UUID] = {row["claimant_id"]}
    if standing.different_people:
        kept_out.update(standing.approvers)
    named = await named_reviewers(fetch, standing)
    if named:
        return [staff for staff in named if staff not in kept_out]
    scopes = reviewing_roles(desk, standing.reviewer)
    people = [one for one in await present(fetch, scopes, now=desk.now) if one["id"] not in kept_out]
    of_team = [one["id"] for one in people if scopes[Role(one["role"])] < Scope.ALL and one["team"] == row["team_id"]]
    return of_team or [one["id"] for one in people if scopes[Role(one["role"])] is Scope.ALL]


async def named_reviewers(fetch: Fetch, standing: Standing) -> list[UUID]:
    """List who is named to review where a filing waits: of the role that its chain asks for, nobody else."""
    named = await fetch(_NAMED, [standing.level])
    return [one["staff_id"] for one in named if law_role(Role(one["role"])) == standing.reviewer]


def reviewing_roles(desk: Desk, reviewer: str | None) -> dict[Role, Scope]:
    """Give the roles that review as a role of the law, with how far each reaches."""
    reached = ((role, desk.guard.widest(role, Act.REVIEW_CLAIM)) for role in Role)
    return {role: scope for role, scope in reached if scope is not None and law_role(role) == reviewer}


def reviewer_today(desk: Desk, level: int) -> str | None:
    """Give the role that reviews at a level of the chain that a filing would enter today."""
    asked = desk.rulebook.terms.reviewers[level - 1 : level] if level > 0 else ()
    return asked[0] if asked else None


async def present(fetch: Fetch, roles: Collection[Role], *, now: datetime) -> Sequence[Mapping[str, Any]]:
    """Give the people in some roles who have not left, each with role, region and present team."""
    return await fetch(_PRESENT, [[role.value for role in roles], now])


async def _supervisors(fetch: Fetch, desk: Desk, row: Mapping[str, Any]) -> list[UUID]:
    people = await present(fetch, [Role.SUPERVISOR], now=desk.now)
    found = [
        one["id"]
        for one in people
        if one["team"] == row["team_id"] or (row["region"] is not None and one["region"] == row["region"])
    ]
    return [one for one in found if one != row["claimant_id"]]
