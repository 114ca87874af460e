"""Editions of the rulebook on the wire: what each changes, what pulls against what, and when it holds."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import date, datetime
from typing import Literal, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from claims.description import Described, Difference, describe
from claims.linter import Finding
from claims.ruling import GroundKind
from records import edition_rows
from records import editions as book_of_editions
from records.desk import Desk
from records.edition_rows import EditionSeen, EditionState
from records.editions import Change
from records.outcomes import Done
from records.references import Kind, reference, row_of
from schema.directives import requires
from schema.errors import Language
from schema.nodes import Node
from schema.people import Staff, shown_person
from schema.refusals import Clause, Refusal, clauses_of, refusal_of, spoken
from schema.rulebooks import RulebookParameter
from schema.scalars import PlainText
from schema.wording import KEY, REFUSAL, REPLAYED, VERSION

ANYBODY = requires(None)


def _language(info: Info[Desk], language: Language | None) -> Literal["zh", "en"]:
    return "en" if spoken(info, language) == "en" else "zh"


def _parameter(row: Described) -> RulebookParameter:
    return RulebookParameter(name=row.name, kind=row.kind, row=row)


@strawberry.type(description="A parameter that an edition changes (参数变更), before and after.")
class ParameterChange:
    """A change."""

    name: str = strawberry.field(description="The parameter's name in a rulebook's file.", directives=ANYBODY)
    before: RulebookParameter = strawberry.field(description="As it was.", directives=ANYBODY)
    after: RulebookParameter = strawberry.field(description="As the edition has it.", directives=ANYBODY)

    @classmethod
    def of(cls, row: Difference) -> ParameterChange:
        """Show a change."""
        return cls(name=row.name, before=_parameter(row.before), after=_parameter(row.after))


@strawberry.type(
    description="What pulls against what in an edition (校验结果); no error: a regulation may contradict itself."
)
class LintFinding:
    """A finding."""

    code: str = strawberry.field(description="What is found.", directives=ANYBODY)
    parameters: list[str] = strawberry.field(description="The parameters that it is about.", directives=ANYBODY)
    finding: strawberry.Private[Finding]

    @classmethod
    def of(cls, finding: Finding) -> LintFinding:
        """Show a finding."""
        return cls(code=finding.code, parameters=list(finding.parameters), finding=finding)

    @strawberry.field(description="It in words.", directives=ANYBODY)
    def text(self, info: Info[Desk], language: Language | None = None) -> str:
        """Say it."""
        return self.finding.text(_language(info, language))

    @strawberry.field(description="The clauses of those parameters.", directives=ANYBODY)
    def clauses(self) -> list[Clause]:
        """Cite the clauses."""
        return clauses_of(self.finding.clauses)


@strawberry.type(description="An edition of the rulebook (办法版本), from its draft on.")
class Edition(Node):
    """An edition."""

    rulebook: str = strawberry.field(description="Which rulebook it is of.", directives=ANYBODY)
    title: str = strawberry.field(description="Its title.", directives=ANYBODY)
    name: str | None = strawberry.field(description="How rulings name it, once it is approved.", directives=ANYBODY)
    based_on: str = strawberry.field(description="What it was drafted from.", directives=ANYBODY)
    state: EditionState = strawberry.field(description="Where it stands (E14).", directives=ANYBODY)
    effective_on: date | None = strawberry.field(description="The day from which it holds.", directives=ANYBODY)
    until_on: date | None = strawberry.field(description="The day on which another takes over.", directives=ANYBODY)
    drafted_at: datetime = strawberry.field(description="When it was drafted.", directives=ANYBODY)
    approved_at: datetime | None = strawberry.field(description="When it was approved.", directives=ANYBODY)
    because: str | None = strawberry.field(description="Why it holds for the past, if it does.", directives=ANYBODY)
    withdrawn_at: datetime | None = strawberry.field(
        description="When it was withdrawn ahead of its day (撤回时间).", directives=ANYBODY
    )
    withdrawn_because: str | None = strawberry.field(description="Why it was withdrawn.", directives=ANYBODY)
    version: int = strawberry.field(description="Counts its changes.", directives=ANYBODY)
    row: strawberry.Private[EditionSeen]

    @classmethod
    def of(cls, row: EditionSeen) -> Edition:
        """Show an edition."""
        return cls(
            id=strawberry.ID(reference(Kind.EDITION, row.id)), rulebook=row.book.name, title=row.book.title,
            name=None if row.state in {EditionState.DRAFT, EditionState.WITHDRAWN} else row.book.edition,
            based_on=row.based_on, withdrawn_at=row.withdrawn_at, withdrawn_because=row.withdrawn_because,
            state=row.state, effective_on=row.effective_on, until_on=row.until_on, drafted_at=row.drafted_at,
            approved_at=row.approved_at, because=row.because, version=row.version, row=row,
        )  # fmt: skip

    @strawberry.field(description="Who drafted it.", directives=ANYBODY)
    async def drafted_by(self, info: Info[Desk]) -> Staff | None:
        """Show who drafted it."""
        return await shown_person(info.context, self.row.drafted_by)

    @strawberry.field(description="Who approved it (E14).", directives=ANYBODY)
    async def approved_by(self, info: Info[Desk]) -> Staff | None:
        """Show who approved it."""
        return await shown_person(info.context, self.row.approved_by)

    @strawberry.field(description="Who withdrew it.", directives=ANYBODY)
    async def withdrawn_by(self, info: Info[Desk]) -> Staff | None:
        """Show who withdrew it."""
        return await shown_person(info.context, self.row.withdrawn_by)

    @strawberry.field(description="Every parameter that it states, the most important first.", directives=ANYBODY)
    def parameters(self) -> list[RulebookParameter]:
        """List its parameters."""
        return [_parameter(row) for row in describe(self.row.book)]

    @strawberry.field(description="What it changes of what it was drafted from.", directives=ANYBODY)
    def changes(self, info: Info[Desk]) -> list[ParameterChange]:
        """List its changes."""
        return [ParameterChange.of(row) for row in edition_rows.changes_of(info.context, self.row)]

    @strawberry.field(description="What pulls against what in it.", directives=ANYBODY)
    def findings(self) -> list[LintFinding]:
        """List what is found."""
        return [LintFinding.of(finding) for finding in edition_rows.findings_of(self.row)]

    @strawberry.field(description="What the viewer may do about it (可用操作).", directives=ANYBODY)
    def viewer_can(self, info: Info[Desk]) -> list[Act]:
        """List the acts."""
        return edition_rows.acts_on_edition(info.context, self.row)


async def shown_edition(desk: Desk, edition: UUID | None) -> Edition | None:
    """Show an edition, if it is in sight."""
    row = await edition_rows.edition(desk, edition)
    return None if row is None else Edition.of(row)


@strawberry.type(description="What a client may read about editions (版本查询).")
class EditionReadings:
    """The readings of editions."""

    @strawberry.field(
        description="The editions (办法版本), the latest drafted first; drafts for leaders alone.", directives=ANYBODY
    )
    async def editions(self, info: Info[Desk]) -> list[Edition]:
        """List the editions."""
        return [Edition.of(row) for row in await edition_rows.editions(info.context)]

    @strawberry.field(description="One edition (办法版本).", directives=ANYBODY)
    async def edition(self, info: Info[Desk], id: strawberry.ID) -> Edition | None:
        """Read one edition."""
        info.context.signed_in()
        return await shown_edition(info.context, row_of(Kind.EDITION, id))


@strawberry.input(description="One parameter as a draft has it (参数变更).")
class ParameterInput:
    """A parameter."""

    parameter: str = strawberry.field(description="Its name, such as protection.strict_days.")
    value: str = strawberry.field(description='Its value in JSON: 30, true, "none", ["supervisor"].')
    unit: str | None = strawberry.field(default=None, description="Its unit; as before unless said otherwise.")
    clauses: list[str] = strawberry.field(default_factory=list, description="The clauses that it rests on.")
    kind: GroundKind | None = strawberry.field(
        default=None, description="Where it comes from: a clause if one is cited, else a reading."
    )

    def change(self) -> Change:
        """Give the change."""
        return Change(self.parameter, self.value, self.unit, tuple(self.clauses), self.kind)


@strawberry.input(description="A draft of an edition (起草版本).")
class DraftEditionInput:
    """A draft."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    based_on: str | None = strawberry.field(default=None, description="A preset; else the rulebook in force.")
    title: str | None = strawberry.field(default=None, description="Its title; as before unless said otherwise.")
    changes: list[ParameterInput] = strawberry.field(description="1 to 100 parameters.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Draft it."""
        return book_of_editions.draft_edition(
            desk, based_on=self.based_on, title=self.title, changes=[one.change() for one in self.changes],
            key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="The approval of an edition (批准颁布, E14).")
class PublishRulebookInput:
    """An approval."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    edition: strawberry.ID = strawberry.field(description="Which draft.")
    expected_version: int = strawberry.field(description=VERSION)
    effective_on: date = strawberry.field(description="The day from which it holds; a past one needs a reason.")
    because: PlainText | None = strawberry.field(default=None, description="Why it holds for the past (E14).")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Approve it."""
        return book_of_editions.publish_rulebook(
            desk, self.edition, effective_on=self.effective_on, because=self.because,
            expected_version=self.expected_version, key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="The withdrawal of an approved edition ahead of its day (撤回版本).")
class WithdrawEditionInput:
    """A withdrawal."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    edition: strawberry.ID = strawberry.field(description="Which one.")
    expected_version: int = strawberry.field(description=VERSION)
    because: PlainText = strawberry.field(description="Why it is withdrawn (撤回理由).")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Withdraw it."""
        return book_of_editions.withdraw_edition(
            desk, self.edition, because=self.because, expected_version=self.expected_version, key=self.idempotency_key
        )


@strawberry.interface(description="An edition that was drafted or approved (版本变更结果), or why not.")
class EditionChanged:
    """What an act on an edition gives."""

    edition: Edition | None = strawberry.field(description="The edition as it stands now.", directives=ANYBODY)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="An edition that was drafted (起草结果), or why not.")
class DraftEditionPayload(EditionChanged):
    """What drafting gives."""


@strawberry.type(description="An edition that was approved (颁布结果), or why not.")
class PublishRulebookPayload(EditionChanged):
    """What approving gives."""


@strawberry.type(description="An edition that was withdrawn (撤回结果), or why not.")
class WithdrawEditionPayload(EditionChanged):
    """What withdrawing gives."""


P = TypeVar("P", bound=EditionChanged)


async def changed_edition(payload: type[P], desk: Desk, done: Done) -> P:
    """Answer an act on an edition."""
    edition = await shown_edition(desk, done.node)
    return payload(edition=edition, refusal=refusal_of(done.refusal), replayed=done.replayed)
