"""Facts as somebody sees them: what happened, when it was said to, when it was recorded, and by whom.

- Facts that are the book's own, of which the law hears nothing, are shown with what they are about alone.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from authz.acts import Act
from records.connection import read
from records.histories import LAW_KINDS
from records.queries import Values, visible_to

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from records.desk import Desk


@dataclass(frozen=True, slots=True)
class FactRow:
    """A fact in sight."""

    id: UUID
    kind: str
    happened_at: datetime
    recorded_at: datetime
    by: UUID | None
    entered_by: UUID | None


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, FactRow]:
    sight, bind = visible_to(desk, Act.VIEW_CLAIMS), Values()
    statement = (
        "SELECT fa.id, fa.kind, fa.happened_at, fa.recorded_at, fa.by_id, fa.entered_by_id FROM fact fa "
        f"LEFT JOIN customer p ON p.id = fa.customer_id WHERE fa.id = ANY({bind(ids)}) "
        f"AND fa.kind = ANY({bind(LAW_KINDS)}) AND {sight.facts('fa', 'p.root_id', bind)}"
    )
    return {
        row["id"]: FactRow(
            row["id"], row["kind"], row["happened_at"], row["recorded_at"], row["by_id"], row["entered_by_id"]
        )
        for row in await read(statement, bind.given)
    }


async def fact(desk: Desk, id_: UUID | None) -> FactRow | None:
    """Give one fact in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def facts(desk: Desk, ids: Iterable[UUID]) -> list[FactRow]:
    """Give those of some facts that are in sight, in their order."""
    found = await asyncio.gather(*(fact(desk, id_) for id_ in ids))
    return [row for row in found if row is not None]
