"""How many protected questions one person may ask on one day, so that no number is found by trying (A7).

- Counted by account, act and day of Asia/Shanghai, whatever the answer; a question of several numbers counts them all.
- A question beyond the budget is refused before anything is looked at, and logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from authz.acts import Act
from records.audit import Entry
from records.connection import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from records.desk import Desk

ZONE = ZoneInfo("Asia/Shanghai")
A_DAY: Mapping[Act, int] = {
    Act.CHECK_CONFLICT: 100,
    Act.FIND_CUSTOMERS: 200,
    Act.FILE_CLAIM: 200,
    Act.RECORD_WALK_IN: 100,
}
"""How many a person has a day, by act."""
_SPEND = """
INSERT INTO probe_budget AS b (id, account_id, act, day, used) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id, act, day) DO UPDATE SET used = b.used + excluded.used WHERE b.used + excluded.used <= $6
RETURNING used
"""


async def spend(desk: Desk, act: Act, units: int) -> bool:
    """Take units from today's budget of whoever asks; False, and a log entry, if it does not hold so many."""
    actor, limit = desk.signed_in(), A_DAY[act]
    day = desk.now.astimezone(ZONE).date()
    if units <= limit:
        async with transaction() as tx:
            row = UUID(bytes=desk.entropy(16), version=4)
            if await tx.execute_query_dict(_SPEND, [row, actor.id, act.value, day, units, limit]):
                return True
    denial = Entry("act:deny", allowed=False, rule=f"budget:{act.value}")
    await desk.log.note_denial(denial, actor=actor, address=desk.address, trace=desk.request_id, now=desk.now)
    return False
