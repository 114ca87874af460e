"""What the law says, and why (裁定): who holds a customer, what a filing gives, why somebody does not hold.

- The law is asked over the facts, at the moment that is asked for; the rulings of a page share three queries.
- The grounds are the law's own words, which name nobody; of the facts behind them the viewer gets those in sight.
- Why somebody does not hold is told of oneself and of one's own team, and to whoever sees everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from authz.acts import Act
from authz.policy import FieldClass, Scope
from claims.decide import Question, claim_ruling, decide, why_not
from records import fact_rows, staff_rows
from records.connection import read
from records.histories import histories, law_id
from records.holdings import Moment, by_knowledge, may_know_holder
from records.queries import visible_to
from records.references import Kind, row_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from claims.ruling import Condition, Ground
    from records.claim_rows import ClaimRow
    from records.desk import Desk
    from records.fact_rows import FactRow
    from records.histories import Told
    from records.kept_rulings import AnyRuling, KeptRuling


@dataclass(frozen=True, slots=True)
class Decided:
    """A ruling about a customer (root) as of an instant, with what the law was told."""

    ruling: AnyRuling
    customer: UUID
    at: datetime
    told: Told


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a ruling comes to: who holds, as far as the viewer may know; whether a claim holds; where a deal stands."""

    staff: UUID | None = None
    team: UUID | None = None
    protected_until: date | None = None
    holds: bool | None = None
    refused: str | None = None
    status: str | None = None


def may_see_rulings(desk: Desk, relation: Scope) -> bool:
    """Tell whether whoever asks may see rulings about what stands so to them."""
    return desk.guard.may(desk.actor, Act.VIEW_RULINGS, relation=relation, field=FieldClass.RULING)


async def _of_holders(desk: Desk, asked: list[tuple[UUID, Moment]]) -> dict[tuple[UUID, Moment], Decided]:
    found: dict[tuple[UUID, Moment], Decided] = {}
    for known_at, keys in by_knowledge(asked).items():
        told = await histories(read, {root for root, _ in keys}, known_at=known_at)
        for root, moment in keys:
            at = moment.at(desk.now)
            ruling = decide(told[root].history, desk.rulebook, Question("holder", at, customer=law_id(root)))
            found[root, moment] = Decided(ruling, root, at, told[root])
    return found


async def holder_ruling(desk: Desk, root: UUID, moment: Moment) -> Decided | None:
    """Say who holds a customer (root) at a moment, with the grounds."""
    return await desk.gathering.ask(desk, _of_holders, (root, moment))


async def _of_claims(desk: Desk, rows: list[ClaimRow]) -> dict[ClaimRow, Decided]:
    told = await histories(read, {row.customer for row in rows})
    return {
        row: Decided(
            claim_ruling(told[row.customer].history, desk.rulebook, law_id(row.id), desk.now),
            row.customer,
            desk.now,
            told[row.customer],
        )
        for row in rows
    }


async def ruling_of_claim(desk: Desk, row: ClaimRow) -> Decided | None:
    """Say what the law gives a claim now, with the grounds."""
    return await desk.gathering.ask(desk, _of_claims, row)


def outcome_of(desk: Desk, decided: Decided) -> Outcome:
    """Show what a ruling comes to, as far as the viewer may know."""
    said = decided.ruling.outcome
    if "holds" in said:
        refused = said["refused"]
        return Outcome(holds=said["holds"] is True, refused=None if refused is None else str(refused))
    if "status" in said:
        return Outcome(status=str(said["status"]))
    staff, team = (_row(said[name]) for name in ("staff", "team"))
    until = said["protected_until"]
    protected_until = date.fromisoformat(until) if isinstance(until, str) else None
    if may_know_holder(desk, staff, team):
        return Outcome(staff, team, protected_until)
    return Outcome(protected_until=protected_until)


def _row(name: object) -> UUID | None:
    return UUID(hex=name) if isinstance(name, str) and name else None


async def facts_of(desk: Desk, decided: Decided, ground: Ground) -> list[FactRow]:
    """Give the facts behind a ground that the viewer may see."""
    known = (decided.told.known.get(fact) for fact in ground.facts)
    return await fact_rows.facts(desk, [one.id for one in known if one is not None])


async def conditions_of(desk: Desk, decided: Decided, reference: str | None) -> Sequence[Condition] | None:
    """List why somebody does not hold; None for somebody of whom the viewer is not told."""
    actor = desk.signed_in()
    person = await staff_rows.person(desk, actor.staff if reference is None else row_of(Kind.STAFF, reference))
    if person is None:
        return None
    is_near = person.id == actor.staff or (person.team is not None and person.team == actor.team)
    if not is_near and visible_to(desk, Act.VIEW_RULINGS).scope is not Scope.ALL:
        return None
    history = decided.told.history
    if law_id(person.id) not in history.people:
        told = await histories(read, [decided.customer], also=[person.id])
        history = told[decided.customer].history
    return why_not(history, desk.rulebook, law_id(decided.customer), law_id(person.id), decided.at)


async def kept_ruling(customer: UUID, ruling: KeptRuling, given_at: datetime) -> Decided:
    """Give a ruling as it stood, with what the book had told the law by then."""
    told = await histories(read, [customer], known_at=given_at)
    return Decided(ruling, customer, ruling.question.at, told[customer])
