"""What if (试算): the company's own history decided under a draft, some customers at a time, and nothing written.

- A step takes the customers after the last one told, so that a screen shows how far it is, and stops by asking no more.
- A whole rehearsal is told a step after another, and ends where nobody listens any more.
- It reads at one instant, in a transaction that the database lets write nothing; only the log says that it was asked.
- What would have been otherwise is counted, and shown with the ruling that is and the one that would have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from authz.acts import Act
from claims.deadlines import start_of
from claims.whatif import otherwise, with_draft
from records import edition_rows
from records.audit import Entry
from records.connection import transaction
from records.histories import histories, law_id
from records.law import law_of
from records.proofreading import Proof
from records.references import Kind, reference, row_of
from records.refusals import ProblemCode, Refused, not_found
from records.rulings import Decided

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import date

    from claims.rulebook import Rulebook
    from records.connection import Fetch
    from records.desk import Desk
    from records.histories import Told

MOST_AT_ONCE: Final = 1_000
MOST_SHOWN: Final = 100
"""Of a step; what differs beyond is counted."""
LOT: Final = 250
_ONE_INSTANT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_COUNT: Final = """
SELECT count(*) AS customers, count(*) FILTER (WHERE id <= $1) AS done FROM customer WHERE id = root_id
"""
_ROOTS: Final = "SELECT id FROM customer WHERE id = root_id AND id > $1 ORDER BY id LIMIT $2"
_AMOUNTS: Final = """
SELECT f.deal_id, (array_agg(f.details ->> 'amount' ORDER BY (f.kind = 'sign') DESC, f.happened_at, f.seq)
    FILTER (WHERE f.details ? 'amount'))[1] AS amount
FROM fact f WHERE f.deal_id = ANY($1) AND f.kind IN ('order', 'sign') GROUP BY f.deal_id
"""


@dataclass(frozen=True, slots=True)
class Differing:
    """What would be otherwise: of a customer who holds, or of a deal who gets it."""

    customer: UUID
    deal: UUID | None
    before: Decided
    after: Decided


@dataclass(frozen=True, slots=True)
class Step:
    """What one step found: how many customers are done, and what would be otherwise of this step's."""

    customers: int
    done: int
    next: str | None
    holders: int
    deals: int
    yuan: Decimal
    shown: tuple[Differing, ...]


async def rehearse_edition(
    desk: Desk, edition: str, *, since: date, until: date, first: int, after: str | None
) -> Step | Refused:
    """Decide some customers under a draft as if it had come into force on a day, and tell what would be otherwise.

    Refused: an edition out of sight, a span that ends before it begins or is not over, and too many at once.
    """
    await desk.require(Act.REHEARSE_EDITION)
    proof = Proof()
    if not since <= until <= desk.rulebook.day(desk.now):
        proof.blame(ProblemCode.OUT_OF_RANGE, "to")
    if not 0 < first <= MOST_AT_ONCE:
        proof.blame(ProblemCode.OUT_OF_RANGE, "first")
    last = UUID(int=0) if after is None else row_of(Kind.CUSTOMER, after)
    if last is None:
        proof.blame(ProblemCode.MALFORMED, "after")
    if proof.problems or last is None:
        return proof.refusal()
    draft = await edition_rows.edition(desk, row_of(Kind.EDITION, edition))
    if draft is None:
        return not_found("draft")
    step = await _step(desk, draft.book, last, since=since, until=until, first=first)
    await desk.note(Entry("edition:rehearse", count=max(1, first)))
    return step


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a whole rehearsal is: customers and done, what its steps came to, and where its last step began."""

    customers: int
    done: int
    after: str | None
    holders: int
    deals: int
    yuan: Decimal


async def rehearse_on(
    desk: Desk, edition: str, *, since: date, until: date, first: int
) -> AsyncGenerator[Tally | Refused]:
    """Take one step after another to the end, telling after each how far it is and what would be otherwise so far."""
    await desk.require(Act.REHEARSE_EDITION)
    after: str | None = None
    holders, deals, yuan = 0, 0, Decimal(0)
    while True:
        step = await rehearse_edition(desk, edition, since=since, until=until, first=first, after=after)
        if isinstance(step, Refused):
            yield step
            return
        holders, deals, yuan = holders + step.holders, deals + step.deals, yuan + step.yuan
        yield Tally(step.customers, step.done, after, holders, deals, yuan)
        if step.next is None:
            return
        after = step.next


async def _step(desk: Desk, draft: Rulebook, last: UUID, *, since: date, until: date, first: int) -> Step:
    """Take one step, at one instant of the book."""
    found: list[Differing] = []
    async with transaction() as tx:
        fetch: Fetch = tx.execute_query_dict
        await fetch(_ONE_INSTANT, [])
        law = await law_of(fetch, desk.law.latest)
        other, at = with_draft(law, draft, since), _end_of(until, law, desk.now)
        roots = [row["id"] for row in await fetch(_ROOTS, [last, first])]
        for start in range(0, len(roots), LOT):
            for root, told in (await histories(fetch, roots[start : start + LOT])).items():
                found += _differing(root, told, law, other, since=since, at=at)
        end = roots[-1] if roots else last
        count = (await fetch(_COUNT, [end]))[0]
        amounts = await fetch(_AMOUNTS, [[one.deal for one in found if one.deal is not None]])
    deals = sum(one.deal is not None for one in found)
    return Step(
        customers=count["customers"],
        done=count["done"],
        next=reference(Kind.CUSTOMER, end) if count["done"] < count["customers"] else None,
        holders=len(found) - deals,
        deals=deals,
        yuan=sum((Decimal(row["amount"]) for row in amounts if row["amount"] is not None), Decimal(0)),
        shown=tuple(found[:MOST_SHOWN]),
    )


def _differing(root: UUID, told: Told, law: Rulebook, other: Rulebook, *, since: date, at: datetime) -> list[Differing]:
    return [
        Differing(
            root, None if one.deal is None else UUID(hex=one.deal),
            Decided(one.before, root, at, told), Decided(one.after, root, at, told),
        )
        for one in otherwise(told.history, law_id(root), law, other, since=since, at=at)
    ]  # fmt: skip


def _end_of(day: date, law: Rulebook, now: datetime) -> datetime:
    """Give the last instant of a day, or now if that is earlier."""
    following: Any = start_of(day + timedelta(days=1), law.zone)
    return now if following is None else min(now, following - timedelta(microseconds=1))
