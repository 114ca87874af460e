"""Who holds a customer (归属), as the viewer may know it: whole to the team that holds, else protection alone.

- Without an instant the projection answers; as of another instant, or as known at one, the law does, over the facts.
- A holding began when its holder began to hold, whatever was worked out anew since.
- To a team that does not hold: the last day of the protection, which may lie in the past, and nothing besides.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from authz.acts import Act
from authz.policy import Scope
from claims.timeline import holdings
from records.connection import read
from records.histories import histories, law_id
from records.queries import visible_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from claims.timeline import HoldingSpan
    from records.desk import Desk

_ROWS = """
SELECT customer_id, from_at, until_at, staff_id, team_id, protected_until FROM holding
WHERE customer_id = ANY($1) AND from_at <= $2 ORDER BY customer_id, from_at
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """As of when something is asked, and as known when; None is now."""

    as_of: datetime | None = None
    known_at: datetime | None = None

    @property
    def is_now(self) -> bool:
        """Tell whether the present is asked for, as it is known."""
        return self.as_of is None and self.known_at is None

    def at(self, now: datetime) -> datetime:
        """Give the instant that is asked for."""
        return self.as_of or now


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds a customer at a moment, as far as the viewer may know."""

    customer: UUID
    moment: Moment
    staff: UUID | None
    team: UUID | None
    since: datetime | None
    protected_until: date | None
    is_shown: bool


@dataclass(frozen=True, slots=True)
class _Span:
    since: datetime
    until: datetime | None
    staff: UUID | None
    team: UUID | None
    protected_until: date | None


def _held(desk: Desk, root: UUID, moment: Moment, spans: Iterable[_Span]) -> Held | None:
    """Find the span of the moment and the beginning of its holder's run, and show what the viewer may know."""
    at, run = moment.at(desk.now), list[_Span]()
    for span in spans:
        if span.since > at:
            break
        continues = run and run[-1].until == span.since and (run[-1].staff, run[-1].team) == (span.staff, span.team)
        run = [*run, span] if continues else [span]
    if not run or (run[-1].until is not None and run[-1].until <= at):
        return None
    held = run[-1]
    if may_know_holder(desk, held.staff, held.team):
        return Held(root, moment, held.staff, held.team, run[0].since, held.protected_until, is_shown=True)
    return Held(root, moment, None, None, None, held.protected_until, is_shown=False)


def may_know_holder(desk: Desk, staff: UUID | None, team: UUID | None) -> bool:
    """Tell whether whoever asks may know who holds: the holder, their team, and whoever sees every customer."""
    actor = desk.signed_in()
    is_theirs = staff == actor.staff or (team is not None and team == actor.team)
    return is_theirs or visible_to(desk, Act.VIEW_CUSTOMERS).scope is Scope.ALL


async def _projected(desk: Desk, roots: list[UUID]) -> dict[UUID, Held | None]:
    spans: dict[UUID, list[_Span]] = defaultdict(list)
    for row in await read(_ROWS, [roots, desk.now]):
        spans[row["customer_id"]].append(
            _Span(row["from_at"], row["until_at"], row["staff_id"], row["team_id"], row["protected_until"])
        )
    return {root: _held(desk, root, Moment(), spans[root]) for root in roots}


async def _by_law(desk: Desk, asked: list[tuple[UUID, Moment]]) -> dict[tuple[UUID, Moment], Held | None]:
    found: dict[tuple[UUID, Moment], Held | None] = {}
    for known_at, keys in by_knowledge(asked).items():
        told = await histories(read, {root for root, _ in keys}, known_at=known_at)
        for root, moment in keys:
            spans = [_span(one) for one in holdings(told[root].history, desk.rulebook, law_id(root))]
            found[root, moment] = _held(desk, root, moment, spans)
    return found


def by_knowledge(asked: Iterable[tuple[UUID, Moment]]) -> Mapping[datetime | None, Sequence[tuple[UUID, Moment]]]:
    """Group what is asked for by the knowledge that it is asked of: one history serves a group."""
    groups: dict[datetime | None, list[tuple[UUID, Moment]]] = defaultdict(list)
    for root, moment in asked:
        groups[moment.known_at].append((root, moment))
    return groups


def _span(one: HoldingSpan) -> _Span:
    staff, team = (UUID(hex=name) if name else None for name in (one.staff, one.team))
    return _Span(one.since, one.until, staff, team, one.protected_until)


async def holder(desk: Desk, root: UUID, moment: Moment) -> Held | None:
    """Tell who holds a customer (root) at a moment, as far as the viewer may know; None: nobody does."""
    if moment.is_now:
        return await desk.gathering.ask(desk, _projected, root)
    return await desk.gathering.ask(desk, _by_law, (root, moment))
