"""Leaving the company (离职) and changing teams (调岗): announced, done, and complete once all is handed over.

- A resignation is given in time, or a supervisor waives the time (J9); nobody sees themselves off.
- From the instant at which somebody has left they hold nothing more, what they held is their team's alone, with every
  clock running on (A15 A16), and their account is closed with all its sessions, in one transaction with the fact.
- Leaving is complete only when the list is empty, asked in the transaction that says so; a change of team takes
  effect only then, and what goes along with whom is the rulebook's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from authz.actor import Role
from authz.acts import Act
from authz.policy import Condition, Scope
from claims.facts import FactKind
from records import replays
from records.accounts import close_account_of
from records.audit import Entry, concerned
from records.checklist_rows import items_now
from records.departure_rows import DepartureCause, DepartureKind, DepartureState, departure_of
from records.facts import Addition
from records.holders import refresh_for
from records.next_steps import present
from records.notices import NextStep, Notice, NoticeKind, tell
from records.outcomes import Done
from records.people import departed_of, move, person, relation_to
from records.proofreading import Proof
from records.queries import departure_to_change
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.departure_rows import DepartureRow
    from records.desk import Desk

_ADD: Final = """
INSERT INTO departure (id, staff_id, team_id, kind, to_team_id, cause, noticed_on, last_day, is_notice_waived,
    announced_by_id, announced_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)
ON CONFLICT (staff_id) WHERE completed_at IS NULL AND withdrawn_at IS NULL DO NOTHING RETURNING id
"""
_TEAM: Final = "SELECT id FROM team WHERE id = $1"
_WITHDRAW: Final = "UPDATE departure SET withdrawn_at = $2, version = version + 1 WHERE id = $1"
_DEPART: Final = "UPDATE departure SET departed_at = $2, version = version + 1 WHERE id = $1"
_COMPLETE: Final = """
UPDATE departure SET departed_at = coalesce(departed_at, $2), completed_at = $2, completed_by_id = $3,
    version = version + 1
WHERE id = $1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A notice as somebody enters it: whose (None: one's own), what they leave and why, given when, until when."""

    staff: str | None = None
    kind: DepartureKind = DepartureKind.LEAVE
    to_team: str | None = None
    cause: DepartureCause | None = None
    noticed_on: date | None = None
    last_day: date
    waives_notice: bool = False


async def announce_departure(desk: Desk, said: Announcement, *, key: UUID) -> Done:
    """Announce that somebody leaves, or changes teams; the node is the departure.

    Refused: somebody nobody knows, who has left, or whose leaving is announced already; a notice shorter than the
    rulebook's that no supervisor waives (J9).
    """
    actor = await desk.require(Act.ANNOUNCE_DEPARTURE)
    named = actor.staff if said.staff is None else row_of(Kind.STAFF, said.staff)
    who = named and await person(named, now=desk.now)
    if not who:
        return Done(refusal=not_found("staff"))
    relation = relation_to(actor, staff=who.id, team=who.team)
    await desk.require(Act.ANNOUNCE_DEPARTURE, relation=relation)
    proof = Proof()
    _proofread(proof, desk, said, is_own=relation is Scope.OWN)
    if proof.problems:
        return Done(refusal=proof.refusal())
    to_team = row_of(Kind.TEAM, said.to_team)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        if said.to_team is not None and (to_team == who.team or not await fetch(_TEAM, [to_team])):
            return Done(refusal=not_found("toTeam"))
        if await departed_of(fetch, [who.id]):
            return Done(refusal=Refused(RefusalCode.DEPARTED))
        departure = UUID(bytes=desk.entropy(16), version=4)
        today = desk.rulebook.day(desk.now)
        added = await fetch(_ADD, [
            departure, who.id, who.team, said.kind.value, to_team, _cause(said), said.noticed_on or today,
            said.last_day, said.waives_notice, actor.staff, desk.now,
        ])  # fmt: skip
        if not added:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE))
        await _tell(tx, desk, NoticeKind.DEPARTURE_ANNOUNCED, departure, staff=who.id, team=who.team)
        await desk.record(tx, Entry("departure:announce", subject_teams=concerned(who.team, to_team)))
        return Done(departure)

    whole: dict[str, Any] = {
        "staff": said.staff, "kind": said.kind, "to_team": said.to_team, "cause": said.cause,
        "noticed_on": said.noticed_on and said.noticed_on.isoformat(), "last_day": said.last_day.isoformat(),
        "waives_notice": said.waives_notice,
    }  # fmt: skip
    return await replays.once(desk, Act.ANNOUNCE_DEPARTURE, key, whole, do=do, again=_again)


def _proofread(proof: Proof, desk: Desk, said: Announcement, *, is_own: bool) -> None:
    """Blame a cause or a team where there is none to name, and a notice that is too short or not theirs to waive."""
    is_transfer = said.kind is DepartureKind.TRANSFER
    if is_transfer and said.to_team is None:
        proof.blame(ProblemCode.REQUIRED, "toTeam")
    if not is_transfer and said.to_team is not None:
        proof.blame(ProblemCode.NOT_OFFERED, "toTeam")
    if is_transfer and said.cause is not None:
        proof.blame(ProblemCode.NOT_OFFERED, "cause")
    if said.waives_notice and is_own:
        proof.blame(ProblemCode.NOT_OFFERED, "waivesNotice")
    today = desk.rulebook.day(desk.now)
    noticed_on = said.noticed_on or today
    if noticed_on > today:
        proof.blame(ProblemCode.IN_THE_FUTURE, "noticedOn")
    if said.last_day < noticed_on:
        proof.blame(ProblemCode.BEFORE_THE_NOTICE, "lastDay")
    elif _cause(said) == DepartureCause.RESIGNATION and not said.waives_notice:
        window = desk.rulebook.window("handover.notice_days")
        if window is not None and said.last_day < desk.rulebook.last_day(noticed_on, window):
            clauses = desk.rulebook.source("handover.notice_days").clauses
            proof.blame(ProblemCode.NOTICE_TOO_SHORT, "lastDay", clauses=clauses)


def _cause(said: Announcement) -> DepartureCause | None:
    """Give why somebody leaves: who says nothing resigns."""
    return None if said.kind is DepartureKind.TRANSFER else said.cause or DepartureCause.RESIGNATION


async def withdraw_departure(desk: Desk, departure: str, *, expected_version: int, key: UUID) -> Done:
    """Take a notice back, as long as nobody has left by it."""
    await desk.require(Act.WITHDRAW_DEPARTURE)

    async def work(tx: TransactionalDBClient, row: DepartureRow) -> Refused | None:
        if row.state is not DepartureState.ANNOUNCED:
            return Refused(RefusalCode.NOT_IN_STATE)
        await tx.execute_query_dict(_WITHDRAW, [row.id, desk.now])
        await desk.record(tx, Entry("departure:withdraw", subject_teams=concerned(row.team)))
        return None

    return await _change(
        desk, Act.WITHDRAW_DEPARTURE, departure, work, expected_version=expected_version, key=key, alone=False
    )


async def depart_staff(desk: Desk, departure: str, *, expected_version: int, key: UUID) -> Done:
    """Record that somebody has left, now: nothing is theirs from here on, and their account is closed.

    A change of team takes effect: refused until what does not go along is handed over. No act of theirs that was on its
    way is done after this one.
    """
    await desk.require(Act.DEPART_STAFF, facts=[Condition.NOT_SELF])

    async def work(tx: TransactionalDBClient, row: DepartureRow) -> Refused | None:
        if row.state is not DepartureState.ANNOUNCED:
            return Refused(RefusalCode.NOT_IN_STATE)
        if row.kind is DepartureKind.TRANSFER:
            return await _transfer(tx, desk, row)
        await _leave(tx, desk, row)
        return None

    return await _change(desk, Act.DEPART_STAFF, departure, work, expected_version=expected_version, key=key)


async def _leave(tx: TransactionalDBClient, desk: Desk, row: DepartureRow) -> None:
    """Write the departure, close the account, and decide anew of every customer that the leaver had part in."""
    fetch: Fetch = tx.execute_query_dict
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    addition.add_fact(
        FactKind.DEPART, None, at=desk.now, by=row.staff, entered_by=desk.signed_in().staff,
        details={"departure": row.id.hex},
    )  # fmt: skip
    await addition.write(tx)
    await fetch(_DEPART, [row.id, desk.now])
    await close_account_of(fetch, row.staff, now=desk.now)
    await refresh_for(tx, [row.staff], desk.rulebook, entropy=desk.entropy)
    await _tell(tx, desk, NoticeKind.STAFF_DEPARTED, row.id, staff=row.staff, team=row.team)
    await desk.record(tx, Entry("departure:depart", subject_teams=concerned(row.team)))


async def _transfer(tx: TransactionalDBClient, desk: Desk, row: DepartureRow) -> Refused | None:
    """Let somebody be of their new team, once nothing is left with the old one; what they hold goes along."""
    fetch: Fetch = tx.execute_query_dict
    if row.to_team is None or await items_now(fetch, desk, row, most=1):
        return _not_empty(desk)
    await move(fetch, row.staff, row.to_team, now=desk.now, entropy=desk.entropy)
    await fetch(_COMPLETE, [row.id, desk.now, desk.signed_in().staff])
    await refresh_for(tx, [row.staff], desk.rulebook, entropy=desk.entropy)
    await desk.record(tx, Entry("departure:transfer", subject_teams=concerned(row.team, row.to_team)))
    return None


async def complete_departure(desk: Desk, departure: str, *, expected_version: int, key: UUID) -> Done:
    """Say that somebody's leaving is complete; refused as long as anything of theirs is with nobody (G11 J9)."""
    await desk.require(Act.COMPLETE_DEPARTURE, facts=[Condition.NOT_SELF])

    async def work(tx: TransactionalDBClient, row: DepartureRow) -> Refused | None:
        fetch: Fetch = tx.execute_query_dict
        if row.state is not DepartureState.DEPARTED:
            return Refused(RefusalCode.NOT_IN_STATE)
        if await items_now(fetch, desk, row, most=1):
            return _not_empty(desk)
        await fetch(_COMPLETE, [row.id, desk.now, desk.signed_in().staff])
        await desk.record(tx, Entry("departure:complete", subject_teams=concerned(row.team)))
        return None

    return await _change(desk, Act.COMPLETE_DEPARTURE, departure, work, expected_version=expected_version, key=key)


def _not_empty(desk: Desk) -> Refused:
    """Refuse by the clause that asks for a handover: the rulebook's own, or G11."""
    cited = (desk.rulebook.source(name).clauses for name in ("handover.notice_days", "handover.transfer"))
    own = {clause for clauses in cited for clause in clauses if clause in {"G11", "J9"}}
    return Refused(RefusalCode.NOT_HANDED_OVER, tuple(sorted(own or {"G11"})))


async def held_departure(
    fetch: Fetch, desk: Desk, act: Act, departure: str, expected_version: int
) -> DepartureRow | Refused:
    """Lock a departure in the actor's reach, at the version that they read; nobody's own but to take it back."""
    found = await departure_to_change(fetch, desk, act, departure)
    if found is None:
        return not_found("departure")
    row = departure_of(found)
    if act is not Act.WITHDRAW_DEPARTURE and row.staff == desk.signed_in().staff:
        # NOT_SELF does not hold: to that the guard's own answer is No, and it is logged.
        await desk.require(act)
    if row.version != expected_version:
        return Refused(RefusalCode.STALE, version=row.version)
    return row


async def _change(
    desk: Desk,
    act: Act,
    departure: str,
    work: Callable[[TransactionalDBClient, DepartureRow], Awaitable[Refused | None]],
    *,
    expected_version: int,
    key: UUID,
    alone: bool = True,
) -> Done:
    """Change a departure in the actor's reach, at the version that they read."""

    async def do(tx: TransactionalDBClient) -> Done:
        row = await held_departure(tx.execute_query_dict, desk, act, departure, expected_version)
        refused = row if isinstance(row, Refused) else await work(tx, row)
        return Done(refusal=refused) if isinstance(row, Refused) or refused is not None else Done(row.id)

    said = {"departure": departure, "version": expected_version}
    return await replays.once(desk, act, key, said, do=do, again=_again, alone=alone)


async def _again(_tx: TransactionalDBClient, row: UUID) -> Done:
    return Done(row)


async def _tell(
    tx: TransactionalDBClient, desk: Desk, kind: NoticeKind, departure: UUID, *, staff: UUID, team: UUID | None
) -> None:
    """Tell the supervisors of the team, or the leaders of whoever has none, that there is something to hand over."""
    fetch: Fetch = tx.execute_query_dict
    people = await present(fetch, [Role.SUPERVISOR, Role.PROJECT_LEADER, Role.COMPANY_LEADER], now=desk.now)
    others = [one for one in people if one["id"] not in {staff, desk.signed_in().staff}]
    near = [one["id"] for one in others if team is not None and one["team"] == team]
    told = near or [one["id"] for one in others if one["role"] == Role.COMPANY_LEADER]
    details = {"departure": departure.hex}
    await tell(tx, [Notice(kind=kind, staff=one, next=NextStep.HAND_OVER, details=details) for one in told], desk)
