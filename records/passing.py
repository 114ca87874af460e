"""Whom an assignment would make the holder (分派的效力): asked of the law before anything is written.

- The law hears of the assignment as the latest fact of its instant; what would change nobody's holding is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from claims.facts import Fact, FactKind, History
from claims.timeline import holdings
from records.histories import LATEST, law_id

if TYPE_CHECKING:
    from uuid import UUID

    from claims.timeline import HoldingSpan
    from records.desk import Desk
    from records.histories import Told


def held_now(desk: Desk, root: UUID, told: Told) -> HoldingSpan | None:
    """Ask the law who holds a customer now."""
    return _now(desk, root, told.history)


def held_if_assigned(desk: Desk, root: UUID, told: Told, to: UUID) -> HoldingSpan | None:
    """Ask the law who would hold a customer if the actor assigned them; both are among the people it is told of."""
    word = Fact(
        id=LATEST, at=desk.now, kind=FactKind.ASSIGN, by=law_id(desk.signed_in().staff), customer=law_id(root),
        to=law_id(to),
    )  # fmt: skip
    return _now(desk, root, History.of(told.history.people, [*told.history.facts, word]))


def passes(desk: Desk, before: HoldingSpan | None, after: HoldingSpan | None, to: UUID) -> bool:
    """Tell whether an assignment makes somebody the holder who was not, or renews one where the rulebook lets it."""
    if after is None or after.staff != law_id(to):
        return False
    return (before and before.staff) != law_id(to) or desk.rulebook.terms.assign_names == "anybody"


def _now(desk: Desk, root: UUID, history: History) -> HoldingSpan | None:
    spans = holdings(history, desk.rulebook, law_id(root))
    now = (span for span in spans if span.since <= desk.now and (span.until is None or span.until > desk.now))
    return next(now, None)
