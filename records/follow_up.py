"""Who has had no word for too long (C16 E6 G12): a customer is stale by the clock, so that no job has to find it out.

- A word is a filing, a completion, a visit or a contact that the asker sees; the rulebook says how long one lasts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from authz.acts import Act
from claims.deadlines import next_day, start_of
from claims.facts import FactKind
from records.connection import read
from records.queries import Values, visible_to

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from claims.rulebook import Rulebook
    from records.desk import Desk
    from records.queries import Sight

WORDS = (FactKind.FILE, FactKind.COMPLETE, FactKind.VISIT, FactKind.CONTACT)
"""Facts by which somebody has had word of a customer."""
_WORDS = ", ".join(f"'{kind}'" for kind in WORDS)
_ONE_DAY = timedelta(days=1)


def last_word(sight: Sight, root: str, bind: Values) -> str:
    """Write when somebody in sight last had word of the customer (root) of a column."""
    return (
        "(SELECT max(fa.happened_at) FROM fact fa JOIN customer fp ON fp.id = fa.customer_id "
        f"WHERE fp.root_id = {root} AND fa.kind IN ({_WORDS}) AND {sight.facts('fa', 'fp.root_id', bind)})"
    )


async def _last_words(desk: Desk, roots: list[UUID]) -> dict[UUID, datetime]:
    sight, bind = visible_to(desk, Act.VIEW_CLAIMS), Values()
    statement = f"SELECT r.id, {last_word(sight, 'r.id', bind)} AS at FROM unnest({bind(roots, 'uuid[]')}) AS r(id)"
    return {row["id"]: row["at"] for row in await read(statement, bind.given) if row["at"] is not None}


async def last_word_of(desk: Desk, root: UUID) -> datetime | None:
    """Tell when somebody in sight last had word of a customer."""
    return await desk.gathering.ask(desk, _last_words, root)


def stale_from(rulebook: Rulebook, last: datetime | None) -> date | None:
    """Give the day from which a customer is stale if nobody has word of them; None where the rulebook sets no time."""
    window = rulebook.window("follow.stale_days")
    if window is None or last is None:
        return None
    return next_day(rulebook.last_day(rulebook.day(last), window))


def stale_before(rulebook: Rulebook, now: datetime) -> datetime | None:
    """Give the instant before which a last word makes a customer stale now; None where the rulebook sets no time."""
    window, today = rulebook.window("follow.stale_days"), rulebook.day(now)
    if window is None:
        return None
    day = today
    while rulebook.last_day(day, window) >= today:
        day -= _ONE_DAY
    return start_of(next_day(day), rulebook.zone)
