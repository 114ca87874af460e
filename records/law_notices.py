"""Whom the law has told because of a fact: the holder of who walks in (A10 A11), or orders after a designer came (H7).

- Asked in the transaction that wrote the fact, so that the notice comes with it or not at all; no number is given for
  "promptly" (及时), and none is needed.
- Under a rulebook that has nobody told, nothing is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from claims.dues import told_of
from claims.facts import FactKind
from claims.ruling import Trail
from records.histories import histories
from records.notices import NextStep, Notice, NoticeKind, tell

if TYPE_CHECKING:
    from tortoise.backends.base.client import TransactionalDBClient

    from claims.rulebook import Rulebook
    from records.desk import Desk

_TEAM: Final = "team:"


def _has_somebody_told(rulebook: Rulebook, kind: FactKind) -> bool:
    terms = rulebook.terms
    if kind is FactKind.WALK_IN:
        return terms.tells_walk_in
    return kind.value == terms.event and terms.tells_designer and terms.designer_is_store


async def tell_of_fact(tx: TransactionalDBClient, desk: Desk, root: UUID, kind: FactKind, fact: UUID) -> None:
    """Write the notices that the law has written because of one fact about a customer."""
    if not _has_somebody_told(desk.rulebook, kind):
        return
    told = (await histories(tx.execute_query_dict, [root]))[root]
    facts = told.history.until(None, desk.rulebook.terms.supplementers)
    rows = told_of(told.history, facts, desk.rulebook, Trail(desk.rulebook.sources, writes=False))
    because = (row for row in rows if told.known[row.fact.id].id == fact)
    await tell(tx, [_notice(kind, root, row.to) for row in because], desk)


def _notice(kind: FactKind, root: UUID, to: str) -> Notice:
    what = NoticeKind.WALKED_IN if kind is FactKind.WALK_IN else NoticeKind.ORDERED_AS_WALK_IN
    step = NextStep.CONTACT if kind is FactKind.WALK_IN else NextStep.NONE
    if to.startswith(_TEAM):
        return Notice(kind=what, team=UUID(hex=to.removeprefix(_TEAM)), customer=root, next=step)
    return Notice(kind=what, staff=UUID(hex=to), customer=root, next=step)
