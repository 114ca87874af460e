"""Points for visits (积分, I8 I9 I10): a month's, what is short of what is due, and what follows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from authz.acts import Act
from authz.policy import Scope
from claims.decide import Question, decide
from claims.facts import History, Person, Role
from records import staff_rows
from records.connection import read
from records.filters import BadInput
from records.histories import fact_of, law_id
from records.queries import visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from records.desk import Desk

_MONTH: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_VISITS: Final = """
SELECT f.seq, f.id, f.kind, f.happened_at, f.by_id, f.customer_id AS root_id, NULL AS filing_id, NULL AS deal_id,
    f.details, NULL AS type
FROM fact f WHERE f.kind = 'record_visit' AND f.by_id = $1 AND f.happened_at <= $2
    AND NOT EXISTS (SELECT FROM fact k WHERE k.corrects_id = f.id)
"""


@dataclass(frozen=True, slots=True)
class Score:
    """A person's points of a month."""

    points: int
    shortfall: int
    penalty: str | None
    clauses: tuple[str, ...]


async def score(desk: Desk, staff: UUID | None, month: str) -> Score | None:
    """Count somebody's points of a month (YYYY-MM) as the facts stand; None for whom the viewer may not see."""
    await desk.require(Act.VIEW_OFFENCES)
    if _MONTH.fullmatch(month) is None:
        raise BadInput
    found = await staff_rows.person(desk, staff)
    actor, scope = desk.signed_in(), visible_to(desk, Act.VIEW_OFFENCES).scope
    if found is None:
        return None
    is_near = found.id == actor.staff or (scope is Scope.TEAM and actor.team is not None and found.team == actor.team)
    if not is_near and scope is not Scope.ALL:
        return None
    rows = await read(_VISITS, [found.id, desk.now])
    person = Person(law_id(found.id), law_id(found.team) if found.team else "", Role.SALESPERSON)
    history = History.of({person.id: person}, [fact_of(row) for row in rows])
    ruling = decide(history, desk.rulebook, Question("points", desk.now, staff=person.id, month=month))
    return _read(ruling.outcome, ruling.clauses)


def _read(outcome: Mapping[str, object], clauses: tuple[str, ...]) -> Score:
    points, short, penalty = (outcome[name] for name in ("points", "shortfall", "penalty"))
    return Score(int(str(points)), int(str(short)), None if penalty is None else str(penalty), clauses)
