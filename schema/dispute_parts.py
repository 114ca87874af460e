"""What a dispute consists of, on the wire: its sides, their evidence, its awards and its deadlines."""

from __future__ import annotations

from datetime import date, datetime

import strawberry
from strawberry.types import Info

from authz.acts import Act
from authz.policy import FieldClass
from records.awards import AwardLevel
from records.desk import Desk
from records.dispute_rows import AwardShown, Deadlines, EvidenceShown, PartyShown
from records.dispute_sides import Side
from records.evidence import EvidenceKind
from schema.directives import requires
from schema.errors import Language
from schema.people import Staff, Team, shown_person, shown_team
from schema.refusals import spoken
from schema.rulings import Ruling, shown_award_ruling

DISPUTE = requires(Act.VIEW_DISPUTES)
RULING = requires(Act.VIEW_RULINGS, FieldClass.RULING)


@strawberry.type(description="A piece of evidence (证据); its words are read by `readPapers`.")
class EvidencePiece:
    """A piece of evidence."""

    kind: EvidenceKind = strawberry.field(description="What it is.", directives=requires(None))
    document: str | None = strawberry.field(description="Its document's SHA-256.", directives=requires(None))


@strawberry.type(
    description="A side of a dispute (当事方). Until an award, the other side is a label and nothing else."
)
class Party:
    """A side of a dispute."""

    side: Side = strawberry.field(description="Which side it is on.", directives=DISPUTE)
    party: strawberry.Private[PartyShown]

    @strawberry.field(description="By what it goes: your side, or the other claimant.", directives=DISPUTE)
    def label(self, info: Info[Desk], language: Language | None = None) -> str:
        """Name the side."""
        return self.party.words(spoken(info, language))

    @strawberry.field(description="The person; null where the viewer does not know them yet.", directives=DISPUTE)
    async def staff(self, info: Info[Desk]) -> Staff | None:
        """Show the person."""
        return await shown_person(info.context, self.party.staff)

    @strawberry.field(description="The person's team; null where the viewer does not know it yet.", directives=DISPUTE)
    async def team(self, info: Info[Desk]) -> Team | None:
        """Show the team."""
        return await shown_team(info.context, self.party.team)


@strawberry.type(description="What a supervisor decided and signed (裁决, A31 H20).")
class Award:
    """An award."""

    at: datetime = strawberry.field(description="When it was signed.", directives=DISPUTE)
    level: AwardLevel = strawberry.field(description="Whose word it is: the first, or on appeal.", directives=DISPUTE)
    departs: bool = strawberry.field(
        description="It gives what is disputed to somebody else than the ruling does, for reasons.", directives=DISPUTE
    )
    shown: strawberry.Private[AwardShown]

    @classmethod
    def of(cls, shown: AwardShown) -> Award:
        """Show an award."""
        return cls(at=shown.given_at, level=shown.level, departs=shown.departs, shown=shown)

    @strawberry.field(description="For whom it was decided.", directives=DISPUTE)
    async def to(self, info: Info[Desk]) -> Staff | None:
        """Show for whom."""
        return await shown_person(info.context, self.shown.to)

    @strawberry.field(description="Who signed it.", directives=DISPUTE)
    async def by(self, info: Info[Desk]) -> Staff | None:
        """Show by whom."""
        return await shown_person(info.context, self.shown.given_by)

    @strawberry.field(description="The engine's ruling, as it stood when it was signed (裁定).", directives=RULING)
    async def ruling(self, info: Info[Desk]) -> Ruling | None:
        """Show the ruling."""
        return await shown_award_ruling(info.context, self.shown)


@strawberry.type(description="Evidence that a side of a dispute brought (举证); its words are read by `readPapers`.")
class EvidenceBrought:
    """Evidence of a side."""

    side: Side = strawberry.field(description="Which side brought it.", directives=DISPUTE)
    at: datetime = strawberry.field(description="When.", directives=DISPUTE)
    pieces: list[EvidencePiece] = strawberry.field(description="Each piece.", directives=DISPUTE)

    @classmethod
    def of(cls, shown: EvidenceShown) -> EvidenceBrought:
        """Show evidence."""
        pieces = [EvidencePiece(kind=EvidenceKind(kind), document=document) for kind, document in shown.pieces]
        return cls(side=shown.side, at=shown.at, pieces=pieces)


@strawberry.type(description="Until when what is done in a dispute (期限, A31); null where the rulebook sets no time.")
class DisputeDeadlines:
    """A dispute's deadlines."""

    evidence_until: date | None = strawberry.field(description="The last day for evidence.", directives=DISPUTE)
    award_due_on: date | None = strawberry.field(description="The last day for the award.", directives=DISPUTE)
    appeal_until: date | None = strawberry.field(description="The last day for an appeal.", directives=DISPUTE)

    @classmethod
    def of(cls, found: Deadlines) -> DisputeDeadlines:
        """Show the deadlines."""
        return cls(
            evidence_until=found.evidence_until, award_due_on=found.award_due_on, appeal_until=found.appeal_until
        )
