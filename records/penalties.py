"""What follows from the facts against somebody: offences and fines by the law, in the rows of their projection.

- Poaching (A28) and late reports (D15) are offences; a customer lost through a dispute fines both sides (H19), unless
  the rulebook says that fines are off. Nothing is ever deducted from anybody's pay.
- What the law says twice of one person at one instant is two rows.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from claims.decide import Question, decide
from claims.facts import FactKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from claims.facts import History
    from claims.rulebook import Rulebook

COLUMNS: Final = ("customer_id", "staff_id", "kind", "at", "nth", "yuan", "clauses", "edition")
DISPUTE_LOSS: Final = "dispute_loss"
_Row = tuple[Any, ...]


def penalties(root: UUID, history: History, rulebook: Rulebook) -> Iterator[_Row]:
    """Work out the rows of one customer; most customers have none, and are not asked of."""
    if _may_offend(history, rulebook):
        yield from _offences(root, history, rulebook)
    if any(book.word("fines") == "record" for book in rulebook.editions()):
        yield from _fines(root, history, rulebook)


def _may_offend(history: History, rulebook: Rulebook) -> bool:
    """Say whether anybody can have offended: two who filed, or a contract that was due."""
    filed = [fact for fact in history.facts if fact.kind is FactKind.FILE]
    is_due = any(book.terms.late for book in rulebook.editions()) and any("deal" in fact.fields for fact in filed)
    return is_due or len({fact.by for fact in filed}) > 1


def _offences(root: UUID, history: History, rulebook: Rulebook) -> Iterator[_Row]:
    ruling = decide(history, rulebook, Question("offences", history.facts[-1].at))
    seen = Counter[tuple[str, str, str]]()
    for item in _items(ruling.outcome):
        key = (item["by"], item["offence"], item["at"])
        seen[key] += 1
        at = datetime.fromisoformat(item["at"])
        yield (
            root, UUID(hex=item["by"]), item["offence"], at, seen[key], None, ruling.clauses, rulebook.at(at).edition,
        )  # fmt: skip


def _fines(root: UUID, history: History, rulebook: Rulebook) -> Iterator[_Row]:
    before = Counter[tuple[str, int]]()
    for at in sorted({fact.at for fact in history.facts if fact.kind is FactKind.LOSE}):
        ruling = decide(history, rulebook, Question("fines", at))
        now = Counter((item["staff"], item["yuan"]) for item in _items(ruling.outcome))
        nth = Counter[str]()
        for staff, yuan in sorted((now - before).elements()):
            nth[staff] += 1
            book = rulebook.at(at)
            if book.word("fines") == "record":
                yield root, UUID(hex=staff), DISPUTE_LOSS, at, nth[staff], yuan, ruling.clauses, book.edition
        before = now


def _items(outcome: Mapping[str, object]) -> Sequence[Mapping[str, Any]]:
    items = outcome["items"]
    return items if isinstance(items, list) else []
