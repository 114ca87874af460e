"""The key of a person who has left (离职): destroyed once what they reported of their work need not be kept any more.

- What somebody wrote is the company's record and stays when they leave; from their last day it is kept for the
  rulebook's time, and for good where the rulebook names none.
- After that a custodian may ask that the key be destroyed, and another agrees: with it every word under it goes, in
  every backup that the erasure ledger follows. That something was handed in, when, and its numbers stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from records.refusals import RefusalCode, Refused

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from records.connection import Fetch
    from records.desk import Desk

PERSON: Final = "person "
"""What stands before a person's number where custodians name the person's key."""
KEPT: Final = "diary.keep_days"
_NAMED: Final = """
SELECT s.id, (SELECT min(f.happened_at) FROM fact f WHERE f.kind = 'depart' AND f.by_id = s.id) AS left_at,
    EXISTS (SELECT FROM subject_key k WHERE k.staff_id = s.id AND k.wrapped IS NOT NULL) AS has_key
FROM staff s WHERE s.number = $1
"""


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A person as a custodian names them: when they left, if they have, and whether there is a key of theirs."""

    staff: UUID
    left_at: datetime | None
    has_key: bool


async def holder_named(fetch: Fetch, name: str) -> KeyHolder | None:
    """Find whose key a name means; None if it means nobody's."""
    number = name.removeprefix(PERSON)
    rows = await fetch(_NAMED, [number]) if number != name and "\0" not in number else []
    return KeyHolder(rows[0]["id"], rows[0]["left_at"], rows[0]["has_key"]) if rows else None


def hindrance_of(desk: Desk, person: KeyHolder) -> Refused | None:
    """Say what forbids that a person's key be destroyed: they have not left, it is gone, or the time is not over."""
    if person.left_at is None or not person.has_key:
        return Refused(RefusalCode.NOT_IN_STATE)
    window = desk.rulebook.window(KEPT)
    left_on = desk.rulebook.day(person.left_at)
    if window is None or desk.rulebook.day(desk.now) <= desk.rulebook.last_day(left_on, window):
        return Refused(RefusalCode.STILL_RETAINED, desk.rulebook.source(KEPT).clauses)
    return None
