"""Keep a decision as a proof: its outcome, every rule that was tried, and the facts that it used.

- A ground says of itself whether it is a clause of this regulation, borrowed from another, or a reading (rules.md).
- A clause stands in the ruling when a ground that rests on it held, or decided by not holding.
- The digest covers the facts used, the edition and the outcome. Of a filing's fields it takes the names, and the
  values of those alone that the law reads: a digest must not let anybody guess a phone.
"""

from __future__ import annotations

from datetime import UTC, date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from claims.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from claims.facts import Fact
    from claims.question import Question
    from claims.sentences import Language, Word

_READ_BY_THE_LAW = ("date", "deal", "region", "sensitive", "villa")


class GroundKind(StrEnum):
    """Where a rule comes from."""

    CLAUSE = "clause"
    READING = "reading"
    BORROWED = "borrowed"


class Source(NamedTuple):
    """What a rule rests on under one rulebook: its kind, its clauses and its parameter."""

    kind: GroundKind
    clauses: tuple[str, ...]
    parameter: str


class Ground(NamedTuple):
    """One rule that was tried, in its place in the tree (依据)."""

    rule: str
    source: Source
    held: bool
    facts: tuple[str, ...] = ()
    grounds: tuple[Ground, ...] = ()
    words: tuple[tuple[str, Word], ...] = ()
    from_day: date | None = None

    @property
    def kind(self) -> GroundKind:
        """Say whether this is a clause, a reading or borrowed."""
        return self.source.kind

    @property
    def clauses(self) -> tuple[str, ...]:
        """Give every clause that the rule rests on."""
        return self.source.clauses

    @property
    def clause(self) -> str | None:
        """Give the first clause that the rule rests on."""
        return self.source.clauses[0] if self.source.clauses else None

    @property
    def parameter(self) -> str | None:
        """Name the parameter by which a rulebook of one's own would change the rule."""
        return self.source.parameter

    def reason(self, language: Language) -> str:
        """Say in words why it held or did not."""
        silent = None if self.source.kind is GroundKind.CLAUSE else self.source.parameter
        return sentence(self.rule, held=self.held, words=self.words, language=language, silent_parameter=silent)


Condition = Ground
"""A rule that keeps a person from holding; `from_day` is when it no longer will if nothing else happens."""


class Ruling(NamedTuple):
    """What the law says to one question, with its proof."""

    question: Question
    rulebook: str
    edition: str
    outcome: Mapping[str, object]
    grounds: tuple[Ground, ...]
    clauses: tuple[str, ...]
    used: tuple[Fact, ...]

    def __repr__(self) -> str:
        """Show no fact: a filing's fields may be somebody's telephone number."""
        return f"Ruling({self.question}, {self.edition}, {self.outcome})"

    @property
    def facts(self) -> tuple[str, ...]:
        """Name the facts that were used, in their order."""
        return tuple(fact.id for fact in self.used)

    @property
    def digest(self) -> str:
        """Give the SHA-256 over facts used, edition and outcome, as canonical JSON (RFC 8785)."""
        from claims.canonical_json import digest_of  # noqa: PLC0415 - hashing is slow to load, and seldom asked for

        return digest_of(
            {"edition": self.edition, "facts": [_told(fact) for fact in self.used], "outcome": self.outcome}
        )


def stamp(at: datetime) -> str:
    """Write an instant in UTC with six decimals."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")


def _told(fact: Fact) -> dict[str, object]:
    told: dict[str, object] = {"id": fact.id, "at": stamp(fact.at), "do": fact.kind.value}
    named = (
        ("by", fact.by), ("customer", fact.customer), ("filing", fact.filing), ("deal", fact.deal), ("to", fact.to),
        ("against", fact.against), ("with", fact.with_), ("outcome", fact.outcome), ("team", fact.team),
        ("related_to", fact.related_to), ("cause", fact.cause), ("severity", fact.severity),
    )  # fmt: skip
    told |= {name: value for name, value in named if value is not None}
    if fact.week is not None:
        told["week"] = fact.week.isoformat()
    match fact.kind.value:
        case "file" | "complete":
            told["type"] = fact.type.value
            told["fields"] = sorted(name for name, value in fact.fields.items() if value is not None)
            told["read"] = {
                name: value for name in _READ_BY_THE_LAW if isinstance(value := fact.fields.get(name), str | bool)
            }
        case "pay":
            told["percent"] = fact.percent
        case "confirm":
            told["evidence"] = len(fact.evidence)
        case "record_visit":
            told["verified"] = fact.verified
        case _:
            pass
    return told


class Trail:
    """Gather grounds, clauses and facts while a question is decided.

    A quiet trail keeps the clauses alone: a timeline is read for its boundaries, not for its proof.
    """

    __slots__ = ("clauses", "grounds", "sources", "used", "writes")

    def __init__(self, sources: Mapping[str, Source], *, writes: bool) -> None:
        """Begin with nothing; `sources` says what each rule rests on."""
        self.sources = sources
        self.writes = writes
        self.grounds: list[Ground] = []
        self.clauses: set[str] = set()
        self.used: dict[str, Fact] = {}

    def ground(
        self,
        rule: str,
        *facts: Fact | None,
        held: bool = True,
        decides: bool = False,
        of: Sequence[Ground | None] = (),
        **words: Word,
    ) -> Ground | None:
        """Make a ground for the tree; a quiet trail only takes its clauses.

        A rule that did not hold may decide all the same: a protection that has lapsed lets a newcomer in.
        """
        source = self.sources[rule]
        if held or decides:
            self.clauses.update(source.clauses)
        if not self.writes:
            return None
        given = [fact for fact in facts if fact is not None]
        for fact in given:
            self.used[fact.id] = fact
        inner = tuple(ground for ground in of if ground is not None)
        return Ground(rule, source, held, tuple(fact.id for fact in given), inner, tuple(words.items()))

    def note(
        self,
        rule: str,
        *facts: Fact | None,
        held: bool = True,
        decides: bool = False,
        of: Sequence[Ground | None] = (),
        **words: Word,
    ) -> None:
        """Put a ground at the end of the tree's first level."""
        made = self.ground(rule, *facts, held=held, decides=decides, of=of, **words)
        if made is not None:
            self.grounds.append(made)

    def cite(self, *rules: str) -> None:
        """Take the clauses of rules that decided together."""
        for rule in rules:
            self.clauses.update(self.sources[rule].clauses)

    def rest_on(self, other: Trail) -> None:
        """Take the clauses and the facts of another proof that this one rests on."""
        self.clauses |= other.clauses
        self.used |= other.used

    def ruling(self, question: Question, rulebook: str, edition: str, outcome: Mapping[str, object]) -> Ruling:
        """Close the tree."""
        return Ruling(
            question, rulebook, edition, outcome, tuple(self.grounds), tuple(sorted(self.clauses)), in_order(self.used)
        )


def in_order(used: Mapping[str, Fact]) -> tuple[Fact, ...]:
    """Put facts into their one order."""
    return tuple(sorted(used.values(), key=lambda fact: (fact.at, fact.id)))
