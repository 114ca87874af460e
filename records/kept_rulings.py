"""A ruling kept as it stood: written down with its grounds, and read again years later, whatever the law says then.

- What is kept names people, customers and deals by id alone, as the law does; it holds no text.
- The digest is the one that the ruling had.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from claims.deadlines import Window
from claims.decide import Question
from claims.ruling import Ground, GroundKind, Ruling, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from claims.sentences import Word


@dataclass(frozen=True, slots=True)
class KeptRuling:
    """What the law said once, with its proof."""

    question: Question
    rulebook: str
    edition: str
    outcome: Mapping[str, object]
    grounds: tuple[Ground, ...]
    clauses: tuple[str, ...]
    facts: tuple[str, ...]
    digest: str


AnyRuling = Ruling | KeptRuling


def kept(ruling: AnyRuling) -> dict[str, Any]:
    """Write a ruling down."""
    question = ruling.question
    return {
        "ask": question.ask, "at": question.at.isoformat(), "customer": question.customer, "deal": question.deal,
        "rulebook": ruling.rulebook, "edition": ruling.edition, "outcome": ruling.outcome,
        "clauses": ruling.clauses, "facts": ruling.facts, "digest": ruling.digest,
        "grounds": [_written(ground) for ground in ruling.grounds],
    }  # fmt: skip


def read_again(written: Mapping[str, Any]) -> KeptRuling:
    """Read a ruling that was written down."""
    at = datetime.fromisoformat(written["at"])
    return KeptRuling(
        Question(written["ask"], at, customer=written["customer"], deal=written["deal"]),
        written["rulebook"],
        written["edition"],
        written["outcome"],
        tuple(_read(ground) for ground in written["grounds"]),
        tuple(written["clauses"]),
        tuple(written["facts"]),
        written["digest"],
    )


def _written(ground: Ground) -> dict[str, Any]:
    return {
        "rule": ground.rule, "kind": ground.kind.value, "clauses": ground.clauses, "parameter": ground.source.parameter,
        "held": ground.held, "facts": ground.facts, "grounds": [_written(one) for one in ground.grounds],
        "words": [[name, *_plain(word)] for name, word in ground.words],
    }  # fmt: skip


def _read(written: Mapping[str, Any]) -> Ground:
    source = Source(GroundKind(written["kind"]), tuple(written["clauses"]), written["parameter"])
    below = tuple(_read(one) for one in written["grounds"])
    return Ground(
        written["rule"], source, written["held"], tuple(written["facts"]), below, tuple(_words(written["words"]))
    )


def _plain(word: Word) -> tuple[Any, ...]:
    match word:
        case Window():
            return "window", word.length, word.working
        case date():
            return "date", word.isoformat()
        case _:
            return "plain", word


def _words(written: Iterable[list[Any]]) -> Iterable[tuple[str, Word]]:
    for name, form, *values in written:
        match form:
            case "window":
                yield name, Window(*values)
            case "date":
                yield name, date.fromisoformat(values[0])
            case _:
                yield name, values[0]
