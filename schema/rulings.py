"""What the law says on the wire: holdings, rulings with their grounds, and the facts behind them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.types import Info

from authz.acts import Act
from authz.policy import FieldClass
from claims.facts import FactKind
from claims.ruling import Condition, GroundKind
from claims.ruling import Ground as LawGround
from records import deal_rows, fact_rows, rulings
from records.deal_rows import DealStatus
from records.desk import Desk
from records.fact_rows import FactRow
from records.filters import BadInput
from records.holdings import Held, Moment
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.rulings import Decided, Outcome
from schema.directives import requires
from schema.errors import Language
from schema.nodes import Node
from schema.people import Staff, Team, shown_person, shown_team
from schema.refusals import Clause, clauses_of, spoken
from schema.scalars import Malformed

if TYPE_CHECKING:
    from uuid import UUID

    from authz.policy import Scope
    from records.claim_rows import ClaimRow
    from records.deal_rows import DealRow
    from records.dispute_rows import AwardShown, DisputeRow

strawberry.enum(GroundKind, description="Where a rule comes from (依据类别); the last two say that the text is silent.")
RULING = requires(Act.VIEW_RULINGS, FieldClass.RULING)
HOLDER = requires(Act.VIEW_CUSTOMERS)
FACT = requires(Act.VIEW_CLAIMS)


AsOf = Annotated[datetime | None, strawberry.argument(description="What held then; now unless said otherwise.")]
KnownAt = Annotated[datetime | None, strawberry.argument(description="By what was recorded until then.")]


def moment(as_of: object, known_at: object) -> Moment:
    """Read as of when something is asked; what is no instant is `BadInput`."""
    if isinstance(as_of, Malformed) or isinstance(known_at, Malformed):
        raise BadInput
    return Moment(as_of if isinstance(as_of, datetime) else None, known_at if isinstance(known_at, datetime) else None)


def a_day(given: object) -> date:
    """Read a day that is asked about; what is none is `BadInput`."""
    if not isinstance(given, date):
        raise BadInput
    return given


@strawberry.type(description="What happened (事实), once and for all.")
class Fact(Node):
    """A fact."""

    kind: FactKind = strawberry.field(description="What kind of thing (事实类别).", directives=FACT)
    happened_at: datetime = strawberry.field(description="When it was said to have happened.", directives=FACT)
    recorded_at: datetime = strawberry.field(description="When it was recorded.", directives=FACT)
    row: strawberry.Private[FactRow]

    @classmethod
    def of(cls, row: FactRow) -> Fact:
        """Show a fact."""
        return cls(
            id=strawberry.ID(reference(Kind.FACT, row.id)), kind=FactKind(row.kind),
            happened_at=row.happened_at, recorded_at=row.recorded_at, row=row,
        )  # fmt: skip

    @strawberry.field(description="Whose act it was (行为人).", directives=FACT)
    async def by(self, info: Info[Desk]) -> Staff | None:
        """Show whose act it was."""
        return await shown_person(info.context, self.row.by)

    @strawberry.field(description="Who typed it (录入人).", directives=FACT)
    async def entered_by(self, info: Info[Desk]) -> Staff | None:
        """Show who entered it."""
        return await shown_person(info.context, self.row.entered_by)


async def shown_fact(desk: Desk, fact: UUID | None) -> Fact | None:
    """Show a fact, if it is in sight."""
    row = await fact_rows.fact(desk, fact)
    return None if row is None else Fact.of(row)


@strawberry.type(description="A dated edition of a rulebook (版本), immutable once in force.")
class RulebookEdition:
    """An edition."""

    rulebook: str = strawberry.field(description="The rulebook's name.", directives=RULING)
    edition: str = strawberry.field(description="Name and date of the edition.", directives=RULING)


@strawberry.type(description="One rule that was tried (依据): it held or not, and why.")
class Ground:
    """A ground."""

    decided: strawberry.Private[Decided]
    ground: strawberry.Private[LawGround]

    @strawberry.field(description="The rule's stable name.", directives=RULING)
    def rule(self) -> str:
        """Name the rule."""
        return self.ground.rule

    @strawberry.field(description="Whether it is a clause, a reading or borrowed.", directives=RULING)
    def kind(self) -> GroundKind:
        """Say where the rule comes from."""
        return self.ground.kind

    @strawberry.field(description="The clause that it rests on, if any.", directives=RULING)
    def clause(self) -> Clause | None:
        """Give the clause."""
        return clauses_of([self.ground.clause])[0] if self.ground.clause else None

    @strawberry.field(description="The parameter by which a rulebook of one's own would change it.", directives=RULING)
    def parameter(self) -> str | None:
        """Name the parameter."""
        return self.ground.parameter

    @strawberry.field(description="Whether it held.", directives=RULING)
    def held(self) -> bool:
        """Say whether it held."""
        return self.ground.held

    @strawberry.field(description="The facts behind it that the viewer may see.", directives=RULING)
    async def facts(self, info: Info[Desk]) -> list[Fact]:
        """Show the facts."""
        return [Fact.of(row) for row in await rulings.facts_of(info.context, self.decided, self.ground)]

    @strawberry.field(description="The rules that were tried within it.", directives=RULING)
    def grounds(self) -> list[Ground]:
        """Show the grounds below it."""
        return [Ground(decided=self.decided, ground=ground) for ground in self.ground.grounds]

    @strawberry.field(description="In whyNot: from which day it no longer stands in the way.", directives=RULING)
    def from_day(self) -> date | None:
        """Give the day."""
        return self.ground.from_day if isinstance(self.ground, Condition) else None

    @strawberry.field(description="Why it held or did not, in words that name nobody.", directives=RULING)
    def reason(self, info: Info[Desk], language: Language | None = None) -> str:
        """Put it into words."""
        return self.ground.reason("en" if spoken(info, language) == "en" else "zh")


@strawberry.type(description="What a ruling comes to (结论): of a holder, who; of a claim, whether it holds.")
class RulingOutcome:
    """An outcome."""

    outcome: strawberry.Private[Outcome]

    @strawberry.field(description="Who holds, where the viewer may know.", directives=RULING)
    async def staff(self, info: Info[Desk]) -> Staff | None:
        """Show who holds."""
        return await shown_person(info.context, self.outcome.staff)

    @strawberry.field(description="Whose team holds, where the viewer may know.", directives=RULING)
    async def team(self, info: Info[Desk]) -> Team | None:
        """Show whose team."""
        return await shown_team(info.context, self.outcome.team)

    @strawberry.field(description="The last day of the protection (A26 A30).", directives=RULING)
    def protected_until(self) -> date | None:
        """Give the day."""
        return self.outcome.protected_until

    @strawberry.field(description="Of a claim: whether its claimant holds by it.", directives=RULING)
    def holds(self) -> bool | None:
        """Say whether it holds."""
        return self.outcome.holds

    @strawberry.field(description="Of a claim: why it gives its claimant nothing.", directives=RULING)
    def refused(self) -> RefusalCode | None:
        """Say why not."""
        return RefusalCode(self.outcome.refused) if self.outcome.refused else None

    @strawberry.field(description="Of a deal: whether it is decided (A13 A18).", directives=RULING)
    def status(self) -> DealStatus | None:
        """Say where the deal stands."""
        return DealStatus(self.outcome.status) if self.outcome.status else None


@strawberry.type(description="What the law says to one question, with its proof (裁定).")
class Ruling:
    """A ruling."""

    decided: strawberry.Private[Decided]

    @strawberry.field(description="The edition that it was decided under.", directives=RULING)
    def edition(self) -> RulebookEdition:
        """Give the edition."""
        return RulebookEdition(rulebook=self.decided.ruling.rulebook, edition=self.decided.ruling.edition)

    @strawberry.field(description="What it comes to.", directives=RULING)
    def outcome(self, info: Info[Desk]) -> RulingOutcome:
        """Give the outcome."""
        return RulingOutcome(outcome=rulings.outcome_of(info.context, self.decided))

    @strawberry.field(description="Every rule that was tried, in order.", directives=RULING)
    def grounds(self) -> list[Ground]:
        """Show the grounds."""
        return [Ground(decided=self.decided, ground=ground) for ground in self.decided.ruling.grounds]

    @strawberry.field(description="The clauses that it rests on.", directives=RULING)
    def clauses(self) -> list[Clause]:
        """Show the clauses."""
        return clauses_of(self.decided.ruling.clauses)

    @strawberry.field(
        description="Why somebody does not hold: the viewer, or a member of their team; null for anybody else.",
        directives=RULING,
    )
    async def why_not(self, info: Info[Desk], staff: strawberry.ID | None = None) -> list[Ground] | None:
        """Show what stands in the way."""
        found = await rulings.conditions_of(info.context, self.decided, staff)
        return None if found is None else [Ground(decided=self.decided, ground=one) for one in found]

    @strawberry.field(
        description="SHA-256 of RFC 8785 canonical JSON over facts used, edition and outcome.", directives=RULING
    )
    def digest(self) -> str:
        """Give the digest."""
        return self.decided.ruling.digest


@strawberry.type(description="Who holds a customer (归属). To a team that does not hold, `protectedUntil` alone.")
class Holding:
    """A holding."""

    since: datetime | None = strawberry.field(description="Since when they hold.", directives=HOLDER)
    protected_until: date | None = strawberry.field(
        description="The last day on which rivals are kept out (A26 A30); it may lie in the past.",
        directives=HOLDER,
    )
    held: strawberry.Private[Held]
    shows_ruling: strawberry.Private[bool]

    @strawberry.field(description="The person who holds; null where their team alone does.", directives=HOLDER)
    async def staff(self, info: Info[Desk]) -> Staff | None:
        """Show the person."""
        return await shown_person(info.context, self.held.staff)

    @strawberry.field(description="The team that holds.", directives=HOLDER)
    async def team(self, info: Info[Desk]) -> Team | None:
        """Show the team."""
        return await shown_team(info.context, self.held.team)

    @strawberry.field(description="Why they hold (裁定).", directives=RULING)
    async def ruling(self, info: Info[Desk]) -> Ruling | None:
        """Show the ruling."""
        if not self.shows_ruling:
            return None
        return _ruling(await rulings.holder_ruling(info.context, self.held.customer, self.held.moment))


def shown_holding(desk: Desk, held: Held | None, relation: Scope) -> Holding | None:
    """Show a holding as the viewer may know it."""
    if held is None:
        return None
    shows_ruling = held.is_shown and rulings.may_see_rulings(desk, relation)
    return Holding(since=held.since, protected_until=held.protected_until, held=held, shows_ruling=shows_ruling)


def _ruling(decided: Decided | None) -> Ruling | None:
    return None if decided is None else Ruling(decided=decided)


async def shown_claim_ruling(desk: Desk, row: ClaimRow) -> Ruling | None:
    """Show what the law gives a claim, to whoever may see rulings about it."""
    if not rulings.may_see_rulings(desk, row.relation):
        return None
    return _ruling(await rulings.ruling_of_claim(desk, row))


async def shown_award_ruling(desk: Desk, shown: AwardShown) -> Ruling | None:
    """Show the ruling that was attached to an award, to whoever may see rulings about it."""
    if not rulings.may_see_rulings(desk, shown.dispute.relation):
        return None
    return _ruling(await rulings.kept_ruling(shown.dispute.customer, shown.ruling, shown.given_at))


async def shown_deal_ruling(desk: Desk, row: DealRow, moment: Moment) -> Ruling | None:
    """Show what the law says of a deal, to whoever may see rulings about it."""
    if not rulings.may_see_rulings(desk, row.relation):
        return None
    return _ruling((await deal_rows.decided_of(desk, row, moment)).decided)


async def shown_dispute_ruling(desk: Desk, row: DisputeRow) -> Ruling | None:
    """Show who holds the customer of a dispute by the law, to whoever may see rulings about it."""
    if not rulings.may_see_rulings(desk, row.relation):
        return None
    return _ruling(await rulings.holder_ruling(desk, row.customer, Moment()))
