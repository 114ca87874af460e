"""Notices as whoever they are to sees them, newest first; and that they were read.

- One's own, and those to the team that one is in now; a customer or filing in one is shown only as far as one sees it.
- What was read stays read from the first time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from authz.acts import Act
from records.audit import Entry
from records.connection import read, transaction
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.notices import NextStep, NoticeKind
from records.pages import Listing, Order, Page, Paging, SortKey, page
from records.proofreading import Proof
from records.queries import Values, visible_to
from records.references import Kind, row_of
from records.refusals import ProblemCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.desk import Desk
    from records.refusals import Refused

MOST_READ = 100
"""Notices that one act marks as read."""


@dataclass(frozen=True, slots=True)
class NoticeShown:
    """A notice in sight."""

    id: UUID
    kind: NoticeKind
    customer: UUID | None
    filing: UUID | None
    next: NextStep
    details: Mapping[str, Any]
    to_team: UUID | None
    at: datetime
    read_at: datetime | None


_KEYS = (SortKey("n.at", "timestamptz"), SortKey("n.id", "uuid"))
_COLUMNS = "n.id, n.kind, n.customer_id, n.filing_id, n.next, n.details, n.to_team_id, n.at, n.read_at"
_ALLOWED = {
    "kind": Comparable("n.kind", "text"),
    "at": Comparable("n.at", "timestamptz"),
    "is_read": Comparable("(n.read_at IS NOT NULL)", "boolean"),
}


def notices(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[NoticeShown]:
    """List the notices to whoever asks."""
    sight = visible_to(desk, Act.VIEW_NOTICES)

    def source(bind: Values, _below: str) -> str:
        return f"FROM notice n WHERE {sight.notices('n', bind)} AND {condition(narrowed, _ALLOWED, bind)}"

    return Listing("notices", lambda _bind: _COLUMNS, source, Order(_KEYS), _row, narrowed)


def _row(row: Mapping[str, Any]) -> NoticeShown:
    details = row["details"]
    return NoticeShown(
        row["id"], NoticeKind(row["kind"]), row["customer_id"], row["filing_id"], NextStep(row["next"]),
        orjson.loads(details) if isinstance(details, str | bytes) else details, row["to_team_id"], row["at"],
        row["read_at"],
    )  # fmt: skip


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, NoticeShown]:
    sight, bind = visible_to(desk, Act.VIEW_NOTICES), Values()
    statement = f"SELECT {_COLUMNS} FROM notice n WHERE n.id = ANY({bind(ids)}) AND {sight.notices('n', bind)}"
    return {row["id"]: _row(row) for row in await read(statement, bind.given)}


async def notice(desk: Desk, id_: UUID | None) -> NoticeShown | None:
    """Give one notice in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def read_notice_page(desk: Desk, paging: Paging, narrowed: Filter) -> Page[NoticeShown]:
    """Read a page of the notices to whoever asks."""
    await desk.require(Act.VIEW_NOTICES)
    return await page(desk, notices(desk, narrowed), paging)


async def mark_read(desk: Desk, references: tuple[str, ...]) -> list[UUID] | Refused:
    """Note that notices were read, and give those that are in sight; any other is passed over, like an unknown one."""
    actor = await desk.require(Act.READ_NOTICES)
    proof = Proof()
    if len(references) > MOST_READ:
        proof.blame(ProblemCode.TOO_MANY, "notices")
        return proof.refusal()
    ids = [row for row in (row_of(Kind.NOTICE, one) for one in references) if row is not None]
    sight, bind = visible_to(desk, Act.READ_NOTICES), Values()
    where = f"n.id = ANY({bind(ids, 'uuid[]')}) AND {sight.notices('n', bind)}"
    async with transaction() as tx:
        rows = await tx.execute_query_dict(
            f"SELECT n.id FROM notice n WHERE {where} ORDER BY n.id FOR UPDATE", bind.given
        )
        found = [row["id"] for row in rows]
        mark = "UPDATE notice SET read_at = $2, read_by_id = $3 WHERE id = ANY($1) AND read_at IS NULL"
        await tx.execute_query_dict(mark, [found, desk.now, actor.staff])
        if found:
            await desk.record(tx, Entry("notice:read", count=len(found)))
    return [one for one in ids if one in found]
