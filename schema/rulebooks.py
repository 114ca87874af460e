"""The rulebooks on the wire: what each asks for and decides by, parameter by parameter, with its clauses."""

from __future__ import annotations

from typing import Literal

import strawberry
from strawberry.types import Info

from claims.description import Described
from claims.ruling import GroundKind
from records.desk import Desk
from records.rulebook_shelf import Shelved, shelf
from schema.directives import requires
from schema.errors import Language
from schema.refusals import Clause, clauses_of, spoken

ANYBODY = requires(None)


def _language(info: Info[Desk], language: Language | None) -> Literal["zh", "en"]:
    return "en" if spoken(info, language) == "en" else "zh"


@strawberry.type(description="One parameter of a rulebook (参数), with where it comes from.")
class RulebookParameter:
    """A parameter."""

    name: str = strawberry.field(description="Its name in a rulebook's file.", directives=ANYBODY)
    kind: GroundKind = strawberry.field(
        description="A clause of this regulation, or a reading or a loan where it is silent.", directives=ANYBODY
    )
    row: strawberry.Private[Described]

    @strawberry.field(description="What it sets (参数名称).", directives=ANYBODY)
    def label(self, info: Info[Desk], language: Language | None = None) -> str:
        """Name it."""
        return self.row.label(_language(info, language))

    @strawberry.field(description="Its value in words, with its unit.", directives=ANYBODY)
    def value(self, info: Info[Desk], language: Language | None = None) -> str:
        """Say its value."""
        return self.row.words(_language(info, language))

    @strawberry.field(description="The whole in one sentence.", directives=ANYBODY)
    def text(self, info: Info[Desk], language: Language | None = None) -> str:
        """Say it whole."""
        return self.row.text(_language(info, language))

    @strawberry.field(description="The clauses that it rests on.", directives=ANYBODY)
    def clauses(self) -> list[Clause]:
        """Cite its clauses."""
        return clauses_of(self.row.clauses)


@strawberry.type(description="A rulebook (办法): a preset, or the company's own.")
class Rulebook:
    """A rulebook."""

    name: str = strawberry.field(description="Its name.", directives=ANYBODY)
    is_in_force: bool = strawberry.field(description="This installation decides by it.", directives=ANYBODY)
    editions: list[str] = strawberry.field(description="Its editions (版本), the earliest first.", directives=ANYBODY)
    shelved: strawberry.Private[Shelved]

    @strawberry.field(description="What its latest edition sets, the most important first.", directives=ANYBODY)
    def parameters(self) -> list[RulebookParameter]:
        """List its parameters."""
        return [RulebookParameter(name=row.name, kind=row.kind, row=row) for row in self.shelved.parameters]


@strawberry.type
class RulebookQueries:
    """What a client may read about rulebooks."""

    @strawberry.field(description="The rulebooks, the one in force first (办法).", directives=ANYBODY)
    def rulebooks(self, info: Info[Desk]) -> list[Rulebook]:
        """List the rulebooks."""
        return [
            Rulebook(name=one.name, is_in_force=one.is_in_force, editions=list(one.editions), shelved=one)
            for one in shelf(info.context)
        ]
