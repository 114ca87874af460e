"""Whether something of a customer must still be kept (保存, G16): for its time, or because something is open.

- Retention is over when every filing that was not rejected is archived, and the last day of each record has passed.
- Nothing is destroyed that is still needed: by a dispute or its appeal, a review, a deal that is neither paid in full
  nor finished, or somebody's departure on whose list the customer stands.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from records.checklist_rows import is_listed
from records.refusals import RefusalCode, Refused

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from records.connection import Fetch
    from records.desk import Desk


class DestructionGround(StrEnum):
    """Why a customer's data are destroyed (销毁事由): their time is over, or the law asks (个人信息保护法 47)."""

    RETENTION_OVER = "retention_over"
    PERSON_ASKED = "person_asked"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    COLLECTED_UNLAWFULLY = "collected_unlawfully"


_KEPT: Final = """
SELECT count(e.id) AS archived, max(e.retain_until) AS last,
    coalesce(bool_or(e.id IS NULL AND s.state IS DISTINCT FROM 'rejected'), false) AS is_unarchived,
    coalesce(bool_or(e.id IS NOT NULL AND e.retain_until IS NULL), false) AS is_endless
FROM filing f JOIN customer c ON c.id = f.customer_id
LEFT JOIN claim_state s ON s.filing_id = f.id AND s.from_at <= $2 AND (s.until_at IS NULL OR s.until_at > $2)
LEFT JOIN LATERAL (SELECT a.id, a.retain_until FROM archive_entry a WHERE a.filing_id = f.id
    ORDER BY a.number DESC LIMIT 1) e ON true
WHERE c.root_id = $1
"""
_DISPUTES: Final = """
SELECT d.settled_at, d.state = 'open' OR (d.appealed_at IS NOT NULL AND d.closed_at IS NULL) AS is_open,
    d.closed_at IS NOT NULL AS is_closed
FROM dispute d JOIN customer c ON c.id = d.customer_id WHERE c.root_id = $1
"""
_REVIEWS: Final = """
SELECT 1 FROM filing f JOIN customer c ON c.id = f.customer_id WHERE c.root_id = $1
AND (EXISTS (SELECT FROM pending_review r WHERE r.filing_id = f.id)
    OR EXISTS (SELECT FROM contact_correction x WHERE x.filing_id = f.id AND x.state = 'pending')) LIMIT 1
"""
_DEALS: Final = """
SELECT 1 FROM deal d JOIN customer c ON c.id = d.customer_id WHERE c.root_id = $1
AND NOT EXISTS (SELECT FROM fact p WHERE p.deal_id = d.id
    AND (p.kind = 'finish' OR (p.kind = 'pay' AND (p.details ->> 'percent')::numeric >= 100))) LIMIT 1
"""


async def retained_until(fetch: Fetch, desk: Desk, root: UUID) -> date | None:
    """Give the last day on which the records of a customer must be kept; None if that cannot be said yet."""
    (kept,) = await fetch(_KEPT, [root, desk.now])
    return None if kept["is_unarchived"] or kept["is_endless"] else kept["last"]


async def hindrance(fetch: Fetch, desk: Desk, root: UUID, ground: DestructionGround) -> Refused | None:
    """Say what forbids that a customer's data be destroyed; None if nothing does."""
    if ground is DestructionGround.RETENTION_OVER:
        last = await retained_until(fetch, desk, root)
        if last is None or desk.rulebook.day(desk.now) <= last:
            return Refused(RefusalCode.STILL_RETAINED, desk.rulebook.source("archive.keep_days").clauses or ("G16",))
    if await _is_disputed(fetch, desk, root):
        return Refused(RefusalCode.IN_DISPUTE, ("G16",))
    if await fetch(_REVIEWS, [root]):
        return Refused(RefusalCode.IN_REVIEW, ("G16",))
    if await fetch(_DEALS, [root]):
        return Refused(RefusalCode.DEAL_NOT_OVER, ("G16",))
    if await is_listed(fetch, desk, root):
        return Refused(RefusalCode.BEING_HANDED_OVER, ("G11", "G16"))
    return None


async def _is_disputed(fetch: Fetch, desk: Desk, root: UUID) -> bool:
    """Tell whether a dispute is open, appealed, or may still be appealed."""
    window, today = desk.rulebook.window("dispute.appeal_days"), desk.rulebook.day(desk.now)

    def may_be_appealed(settled: date) -> bool:
        return window is not None and today <= desk.rulebook.last_day(settled, window)

    return any(
        row["is_open"] or (not row["is_closed"] and may_be_appealed(desk.rulebook.day(row["settled_at"])))
        for row in await fetch(_DISPUTES, [root])
    )
