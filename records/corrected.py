"""What a correction says, as a list may show it: the name legible, every contact masked; opened after its log entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records.audit import Entry
from records.cards import Card
from records.connection import read
from records.corrections import form_of

if TYPE_CHECKING:
    from uuid import UUID

    from records.desk import Desk

_SAID = """
SELECT v.fact_id, v.id, v.field, v.customer_id, v.sealed, c.root_id FROM sealed_value v
JOIN customer c ON c.id = v.customer_id WHERE v.fact_id = ANY($1)
"""


async def _cards(desk: Desk, facts: list[UUID]) -> dict[UUID, Card]:
    rows = await read(_SAID, [facts])
    if not rows:
        return {}
    roots = {row["root_id"] for row in rows}
    await desk.note(Entry("contact:read", customer=next(iter(roots)) if len(roots) == 1 else None, count=len(roots)))
    ciphers = await desk.keys.ciphers_of({row["customer_id"] for row in rows}, read)
    found: dict[UUID, Card] = {}
    for fact in facts:
        mine = [row for row in rows if row["fact_id"] == fact and row["customer_id"] in ciphers]
        if mine:
            found[fact] = form_of(ciphers[mine[0]["customer_id"]], mine).card()
    return found


async def corrected_card(desk: Desk, fact: UUID) -> Card:
    """Give the card of what a correction in sight says; who was erased has nothing left to show."""
    return await desk.gathering.ask(desk, _cards, fact) or Card()
