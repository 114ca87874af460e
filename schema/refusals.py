"""The law's No on the wire, and the clauses that it rests on: data of the answer, never an error."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import strawberry
from strawberry.types import Info

from claims.clauses import ClauseText, clause
from records.desk import Desk
from records.refusals import Problem, ProblemCode, RefusalCode, Refused
from schema.directives import requires
from schema.errors import Language

if TYPE_CHECKING:
    from collections.abc import Iterable

ANYBODY = requires(None)


def spoken(info: Info[Desk], language: Language | None) -> str:
    """Give the language that is asked for, or else the request's."""
    return info.context.language if language is None else language.value


@strawberry.type(description="A clause of a regulation (条款), with its own words.")
class Clause:
    """A clause."""

    clause: strawberry.Private[ClauseText]

    @strawberry.field(description="Its letter and number, such as A28.", directives=ANYBODY)
    def id(self) -> str:
        """Name the clause."""
        return self.clause.id

    @strawberry.field(description="The regulation's title (办法), in the request's language.", directives=ANYBODY)
    def regulation(self, info: Info[Desk]) -> str:
        """Name the regulation."""
        regulation = self.clause.regulation
        return regulation.en if info.context.language == "en" else regulation.zh

    @strawberry.field(
        description="The regulation's words in Chinese, or the rule that can be tested in English.", directives=ANYBODY
    )
    def text(self, info: Info[Desk], language: Language | None = None) -> str:
        """Give the words."""
        return self.clause.en if spoken(info, language) == "en" else self.clause.zh


def clauses_of(ids: Iterable[str]) -> list[Clause]:
    """Give clauses by their ids."""
    return [Clause(clause=clause(id_)) for id_ in ids]


@strawberry.interface(description="The law's No, as data (拒绝): a code, the clauses it rests on, and words.")
class Refusal:
    """A refusal."""

    refused: strawberry.Private[Refused]

    @strawberry.field(description="Why.", directives=ANYBODY)
    def code(self) -> RefusalCode:
        """Give the code."""
        return self.refused.code

    @strawberry.field(description="The clauses that it rests on; they name no person.", directives=ANYBODY)
    def clauses(self) -> list[Clause]:
        """Give the clauses."""
        return clauses_of(self.refused.clauses)

    @strawberry.field(description="Words for a person, in a language or else the request's.", directives=ANYBODY)
    def message(self, info: Info[Desk], language: Language | None = None) -> str:
        """Put it into words."""
        return self.refused.message(spoken(info, language))

    @strawberry.field(description="Which part of the input it is about, if one is to blame.", directives=ANYBODY)
    def path(self) -> list[str] | None:
        """Say where."""
        return None if self.refused.path is None else list(self.refused.path)


@strawberry.type(name="Refused", description="A refusal with nothing to add to its code (拒绝).")
class PlainRefusal(Refusal):
    """A plain refusal."""


@strawberry.type(description="What is wrong with one field of an input (填写问题).")
class InputProblem:
    """One problem."""

    problem: strawberry.Private[Problem]

    @strawberry.field(description="Where it stands in the input.", directives=ANYBODY)
    def path(self) -> list[str]:
        """Say where."""
        return list(self.problem.path)

    @strawberry.field(description="What is wrong.", directives=ANYBODY)
    def code(self) -> ProblemCode:
        """Say what."""
        return self.problem.code

    @strawberry.field(description="Words for a person; nothing of the input is repeated.", directives=ANYBODY)
    def message(self, info: Info[Desk], language: Language | None = None) -> str:
        """Put it into words."""
        return self.problem.message(spoken(info, language))


@strawberry.type(description="The input is ill-formed (填写有误): every problem at once.")
class InvalidInput(Refusal):
    """An ill-formed input."""

    @strawberry.field(description="Every problem, in the order of the input.", directives=ANYBODY)
    def problems(self) -> list[InputProblem]:
        """List the problems."""
        return [InputProblem(problem=problem) for problem in self.refused.problems]


@strawberry.type(description="Somebody changed it since it was read (版本已过期).")
class Stale(Refusal):
    """An old version."""

    @strawberry.field(description="The version that stands now.", directives=ANYBODY)
    def version(self) -> int | None:
        """Give the version."""
        return self.refused.version


@strawberry.type(description="This may be somebody known already (可能重复, A7): complete the number to be sure.")
class PossibleMatch(Refusal):
    """A possible match."""

    @strawberry.field(description="Until when that customer is protected, if the law grants it.", directives=ANYBODY)
    def protected_until(self) -> date | None:
        """Give the last day of the protection."""
        return self.refused.protected_until


REFUSALS = (PlainRefusal, InvalidInput, Stale, PossibleMatch)
_TYPES = {
    RefusalCode.INVALID_INPUT: InvalidInput,
    RefusalCode.STALE: Stale,
    RefusalCode.POSSIBLE_MATCH: PossibleMatch,
}


def refusal_of(refused: Refused | None) -> Refusal | None:
    """Put an act's refusal on the wire."""
    return None if refused is None else _TYPES.get(refused.code, PlainRefusal)(refused=refused)
