"""Handing over what a leaver had (交接), one thing or all at once, to whoever takes over (A16 G11 J9).

- A customer passes by an assignment: whether it may, and to whom, the law says, so that every clock runs on to the
  second; before somebody has left it passes only where the rulebook lets a supervisor name anybody at any time.
- What the leaver filed of a customer, and their deals with them, go with the customer. A filing or deal passes into
  somebody's keeping, within its team: whose claim it is, and who earns by it, nobody rewrites.
- A seat in a chain of review passes by a leader's word alone. An unread notice is told anew, and read for the leaver.
- All of it is one transaction and one entry of the log; each thing is a row of the book of custody.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from authz.acts import Act
from authz.policy import Condition, Scope
from claims.facts import FactKind
from records import replays
from records.approvers import pass_seat
from records.audit import Entry
from records.checklist_rows import items_now
from records.connection import copy_rows
from records.departure_rows import DepartureState, HandoverKind
from records.departures import held_departure
from records.facts import Addition
from records.histories import histories, law_id
from records.holders import BATCH, refresh
from records.identity import hold_roots
from records.next_steps import reviewer_today, reviewing_roles
from records.notices import NextStep, Notice, NoticeKind, tell
from records.outcomes import Done
from records.passing import held_if_assigned, held_now, passes
from records.people import departed_of, person
from records.proofreading import Proof
from records.references import Kind, parse_reference, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tortoise.backends.base.client import TransactionalDBClient

    from records.checklist_rows import Item
    from records.connection import Fetch
    from records.departure_rows import DepartureRow
    from records.desk import Desk
    from records.people import Person

MOST: Final = 5_000
"""Things that one act hands over; what is beyond stays on the list for the next."""
MOST_NAMED: Final = 500
"""Things that one act names one by one."""
_KINDS: Final = {
    Kind.CUSTOMER: HandoverKind.HOLDING,
    Kind.CLAIM: HandoverKind.FILING,
    Kind.DEAL: HandoverKind.DEAL,
    Kind.NOTICE: HandoverKind.NOTICE,
}
_COLUMN: Final = {
    HandoverKind.HOLDING: 0,
    HandoverKind.FILING: 1,
    HandoverKind.DEAL: 2,
    HandoverKind.REVIEW: 3,
    HandoverKind.NOTICE: 4,
}
_COLUMNS: Final = (
    "id", "departure_id", "kind", "customer_id", "filing_id", "deal_id", "approver_id", "notice_id", "to_staff_id",
    "by_id", "fact_id", "at",
)  # fmt: skip
_KEEP_FILINGS: Final = "UPDATE filing SET custodian_id = $2 WHERE id = ANY($1)"
_KEEP_DEALS: Final = "UPDATE deal SET custodian_id = $2 WHERE id = ANY($1)"
_TELL_ANEW: Final = """
INSERT INTO notice (id, to_staff_id, kind, customer_id, filing_id, next, details, at)
SELECT r.id, $3, n.kind, n.customer_id, n.filing_id, n.next, n.details, $4
FROM unnest($1::uuid[], $2::uuid[]) AS r(id, old) JOIN notice n ON n.id = r.old
"""
_READ: Final = "UPDATE notice SET read_at = $2, read_by_id = $3 WHERE id = ANY($1) AND read_at IS NULL"
_BUMP: Final = "UPDATE departure SET version = version + 1 WHERE id = $1"


@dataclass(slots=True)
class _Passing:
    """What passes to whom, and by which fact a customer does."""

    departure: DepartureRow
    to: Person
    items: list[Item] = field(default_factory=list["Item"])
    facts: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])

    def rows(self, kind: HandoverKind) -> list[UUID]:
        """List the rows of one kind."""
        return [one.row for one in self.items if one.kind is kind]


async def hand_over(
    desk: Desk, departure: str, *, to: str, items: Sequence[str] | None, levels: Sequence[int] | None,
    expected_version: int, key: UUID,
) -> Done:  # fmt: skip
    """Hand over the things that are named, or everything that can go to one person; the node is the departure.

    Refused: what does not stand on the list, somebody who has left, and what cannot go to them: a customer whom the law
    would not let them hold, a filing or a deal of another team's, a level at which their role does not review.
    """
    await desk.require(Act.HAND_OVER, facts=[Condition.NOT_SELF])
    proof = _proofread(items, levels)
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        row = await held_departure(fetch, desk, Act.HAND_OVER, departure, expected_version)
        if isinstance(row, Refused):
            return Done(refusal=row)
        if row.state not in {DepartureState.ANNOUNCED, DepartureState.DEPARTED}:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE))
        successor = await _successor(fetch, desk, row, to)
        if successor is None:
            return Done(refusal=not_found("to"))
        passing = _Passing(row, successor)
        refused = await _choose(fetch, desk, passing, items, levels)
        if refused is not None:
            return Done(refusal=refused)
        await _pass(tx, desk, passing)
        return Done(row.id)

    async def again(_tx: TransactionalDBClient, row: UUID) -> Done:
        return Done(row)

    whole: dict[str, Any] = {
        "departure": departure, "to": to, "items": items, "levels": levels, "version": expected_version
    }  # fmt: skip
    return await replays.once(desk, Act.HAND_OVER, key, whole, do=do, again=again)


def _proofread(items: Sequence[str] | None, levels: Sequence[int] | None) -> Proof:
    """Read what is named: something, and not too much at once."""
    proof = Proof()
    for path, given in (("items", items), ("levels", levels)):
        if given is not None and len(given) > MOST_NAMED:
            proof.blame(ProblemCode.TOO_MANY, path)
    if (items is not None or levels is not None) and not items and not levels:
        proof.blame(ProblemCode.REQUIRED, "items")
    return proof


async def _successor(fetch: Fetch, desk: Desk, row: DepartureRow, to: str) -> Person | None:
    """Find who takes over: anybody who is still here but the leaver."""
    named = row_of(Kind.STAFF, to)
    if named is None or named == row.staff or await departed_of(fetch, [named]):
        return None
    return await person(named, now=desk.now)


async def _choose(
    fetch: Fetch, desk: Desk, passing: _Passing, items: Sequence[str] | None, levels: Sequence[int] | None
) -> Refused | None:
    """Find on the list what is to pass, and say of what is named why it cannot."""
    listed = await items_now(fetch, desk, passing.departure, most=MOST)
    await hold_roots(fetch, {one.customer for one in listed if one.customer is not None})
    # Whatever changed a customer meanwhile was waited for: only now does the list say what holds.
    listed = await items_now(fetch, desk, passing.departure, most=MOST)
    named = await _named(desk, listed, items or (), levels or ())
    if isinstance(named, Refused):
        return named
    wanted = listed if items is None and levels is None else list(named.values())
    able = {one.row for one in await _able(fetch, desk, passing, wanted)}
    for path, one in named.items():
        if one.row not in able:
            return Refused(RefusalCode.NOT_ASSIGNABLE, _clauses(desk, one), path=path)
    if not able:
        return Refused(RefusalCode.NOT_ASSIGNABLE, _clauses(desk, listed[0]) if listed else ("G11",))
    customers = {one.row for one in wanted if one.kind is HandoverKind.HOLDING and one.row in able}
    goes_with = [one for one in listed if one.customer in customers and _may_keep(desk, passing, one.kind)]
    passing.items = list({one.row: one for one in [*(w for w in wanted if w.row in able), *goes_with]}.values())
    return None


async def _named(
    desk: Desk, listed: Sequence[Item], items: Sequence[str], levels: Sequence[int]
) -> dict[tuple[str, str], Item] | Refused:
    """Find what is named on the list; raises `Forbidden` to whom the word over who reviews is not given."""
    by_row = {(one.kind, one.row): one for one in listed}
    by_level = {one.level: one for one in listed if one.kind is HandoverKind.REVIEW}
    if levels:
        await desk.require(Act.NAME_APPROVERS, relation=Scope.ALL)
    found: dict[tuple[str, str], Item] = {}
    for place, name in enumerate(items):
        parsed = parse_reference(name)
        kind = _KINDS.get(parsed[0]) if parsed else None
        one = by_row.get((kind, parsed[1])) if parsed and kind else None
        if one is None:
            return not_found("items", str(place))
        found["items", str(place)] = one
    for place, level in enumerate(levels):
        if level not in by_level:
            return not_found("levels", str(place))
        found["levels", str(place)] = by_level[level]
    return found


def _clauses(desk: Desk, one: Item) -> tuple[str, ...]:
    """Give the clauses by which a thing cannot go to somebody."""
    if one.kind is not HandoverKind.HOLDING:
        return ("G11",)
    cited = (desk.rulebook.source(name).clauses for name in ("handover.departed", "assign.names"))
    return tuple(sorted({clause for clauses in cited for clause in clauses}))


async def _able(fetch: Fetch, desk: Desk, passing: _Passing, wanted: Sequence[Item]) -> list[Item]:
    """Pick what can go to the one who takes over."""
    found: list[Item] = []
    customers = [one for one in wanted if one.kind is HandoverKind.HOLDING]
    for start in range(0, len(customers), BATCH):
        some = customers[start : start + BATCH]
        people = [desk.signed_in().staff, passing.to.id]
        told = await histories(fetch, [one.row for one in some], also=people)
        for one in some:
            before = held_now(desk, one.row, told[one.row])
            after = held_if_assigned(desk, one.row, told[one.row], passing.to.id)
            if passes(desk, before, after, passing.to.id):
                found.append(one)
    for one in wanted:
        match one.kind:
            case HandoverKind.HOLDING:
                continue
            case HandoverKind.REVIEW:
                is_able = _may_sit(desk, passing, one)
            case HandoverKind.NOTICE:
                is_able = passing.to.team == passing.departure.team
            case _:
                is_able = _may_keep(desk, passing, one.kind)
        if is_able:
            found.append(one)
    return found


def _may_keep(desk: Desk, passing: _Passing, kind: HandoverKind) -> bool:
    """Tell whether somebody may keep a leaver's filings and deals: of the same team, with part in filings at all."""
    is_kept = kind in {HandoverKind.FILING, HandoverKind.DEAL}
    has_part = desk.guard.widest(passing.to.role, Act.FILE_CLAIM) is not None
    return is_kept and has_part and passing.to.team == passing.departure.team


def _may_sit(desk: Desk, passing: _Passing, one: Item) -> bool:
    """Tell whether a seat in the chain may go to somebody, by the word of whoever asks."""
    may_name = desk.guard.may(desk.signed_in(), Act.NAME_APPROVERS, relation=Scope.ALL)
    return may_name and passing.to.role in reviewing_roles(desk, reviewer_today(desk, one.level or 0))


async def _pass(tx: TransactionalDBClient, desk: Desk, passing: _Passing) -> None:
    """Write everything that passes, and decide anew of every customer that does."""
    fetch: Fetch = tx.execute_query_dict
    departure, to = passing.departure, passing.to
    await _assign(tx, desk, passing)
    await fetch(_KEEP_FILINGS, [passing.rows(HandoverKind.FILING), to.id])
    await fetch(_KEEP_DEALS, [passing.rows(HandoverKind.DEAL), to.id])
    for seat in passing.rows(HandoverKind.REVIEW):
        await pass_seat(fetch, desk, seat, to.id)
    if unread := passing.rows(HandoverKind.NOTICE):
        await fetch(_TELL_ANEW, [[_drawn(desk) for _ in unread], unread, to.id, desk.now])
        await fetch(_READ, [unread, desk.now, desk.signed_in().staff])
    await copy_rows(tx, "handover", _COLUMNS, _rows(desk, passing))
    await fetch(_BUMP, [departure.id])
    only = passing.items[0] if len(passing.items) == 1 else None
    filing = only.row if only is not None and only.kind is HandoverKind.FILING else None
    notice = Notice(
        kind=NoticeKind.HANDED_OVER, staff=to.id, customer=only and only.customer, filing=filing,
        next=NextStep.HANDLE, details={"departure": departure.id.hex},
    )  # fmt: skip
    await tell(tx, [notice] if to.id != desk.signed_in().staff else [], desk)
    teams = {team for team in (departure.team, to.team) if team is not None}
    await desk.record(tx, Entry("departure:hand_over", subject_teams=tuple(sorted(teams)), count=len(passing.items)))


async def _assign(tx: TransactionalDBClient, desk: Desk, passing: _Passing) -> None:
    """Assign the customers that pass; their clocks run on, as the law has it."""
    actor = desk.signed_in()
    customers = passing.rows(HandoverKind.HOLDING)
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    for customer in customers:
        passing.facts[customer] = addition.add_fact(
            FactKind.ASSIGN, customer, at=desk.now, by=actor.staff, entered_by=actor.staff,
            details={"to": law_id(passing.to.id), "departure": passing.departure.id.hex},
        )  # fmt: skip
    await addition.write(tx)
    for start in range(0, len(customers), BATCH):
        await refresh(tx, customers[start : start + BATCH], desk.rulebook, entropy=desk.entropy)


def _rows(desk: Desk, passing: _Passing) -> Iterable[tuple[Any, ...]]:
    for one in passing.items:
        of: list[UUID | None] = [None] * len(_COLUMN)
        of[_COLUMN[one.kind]] = one.row
        yield (
            _drawn(desk), passing.departure.id, one.kind.value, *of, passing.to.id, desk.signed_in().staff,
            passing.facts.get(one.row), desk.now,
        )  # fmt: skip


def _drawn(desk: Desk) -> UUID:
    return UUID(bytes=desk.entropy(16), version=4)
