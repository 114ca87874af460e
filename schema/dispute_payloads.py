"""What the acts on a dispute answer on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import strawberry

from authz.acts import Act
from records import log_rows
from records.papers import Paper as OpenPaper
from records.papers import PaperKind, Papers
from records.refusals import Refused
from schema.directives import Audited, requires
from schema.log_entries import AccessEntry
from schema.payloads import Recorded
from schema.refusals import Refusal, refusal_of
from schema.types import Dispute, shown_dispute
from schema.uploading import PaperDocument
from schema.wording import REFUSAL, REPLAYED

if TYPE_CHECKING:
    from records.desk import Desk
    from records.outcomes import Done

ANYBODY = requires(None)
DISPUTE = requires(Act.VIEW_DISPUTES)
PAPERS = requires(Act.READ_PAPERS, audited=Audited.REVEAL)


@strawberry.interface(description="A dispute that was changed (争议处理结果), or why not.")
class DisputeChanged:
    """What an act on a dispute gives."""

    dispute: Dispute | None = strawberry.field(description="The dispute as it stands now.", directives=DISPUTE)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="Evidence that was brought (举证结果), or why not.")
class AddEvidencePayload(DisputeChanged):
    """What bringing evidence gives."""


@strawberry.type(description="A dispute that was referred (移送结果), or why not.")
class ReferDisputePayload(DisputeChanged):
    """What referring gives."""


@strawberry.type(description="A dispute that was settled (裁决结果), or why not.")
class SettleDisputePayload(DisputeChanged):
    """What settling gives."""


@strawberry.type(description="An appeal that was made (申诉结果), or why not.")
class AppealAwardPayload(DisputeChanged):
    """What appealing gives."""


@strawberry.type(description="An appeal that was decided (终裁结果), or why not.")
class DecideAppealPayload(DisputeChanged):
    """What the last word gives."""


P = TypeVar("P", bound=DisputeChanged)


async def changed_dispute(payload: type[P], desk: Desk, done: Done) -> P:
    """Answer an act on a dispute."""
    dispute = await shown_dispute(desk, done.node)
    return payload(dispute=dispute, refusal=refusal_of(done.refusal), replayed=done.replayed)


@strawberry.type(description="A loss that was recorded (丢单登记结果), or why not.")
class RecordLossPayload(Recorded):
    """What recording a loss gives."""


@strawberry.type(description="A paper in the clear (文书明文). It has no id, so that no client's cache keeps it.")
class Paper:
    """A paper."""

    kind: PaperKind = strawberry.field(description="What it is.", directives=PAPERS)
    at: datetime = strawberry.field(description="When it was written.", directives=PAPERS)
    texts: list[str | None] = strawberry.field(description="What it says, piece by piece.", directives=PAPERS)
    documents: list[PaperDocument | None] = strawberry.field(
        description="What its pieces name, in the same order; none where it brings no evidence.", directives=PAPERS
    )

    @classmethod
    def of(cls, paper: OpenPaper) -> Paper:
        """Show a paper."""
        documents = [one and PaperDocument.of(one) for one in paper.documents]
        return cls(kind=paper.kind, at=paper.at, texts=list(paper.texts), documents=documents)


@strawberry.type(description="Papers in the clear (查阅案卷结果), or why not; refused, the other two are null.")
class ReadPapersPayload:
    """What reading papers gives."""

    papers: list[Paper] | None = strawberry.field(description="The papers that one may read.", directives=PAPERS)
    access_entry: AccessEntry | None = strawberry.field(
        description="The entry of the access log that was durable before anything was opened.", directives=PAPERS
    )
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)

    @classmethod
    async def of(cls, desk: Desk, answer: Papers | Refused) -> ReadPapersPayload:
        """Answer the reading of papers."""
        if isinstance(answer, Refused):
            return cls(papers=None, access_entry=None, refusal=refusal_of(answer))
        entry = AccessEntry.of(await log_rows.own_entry(desk, answer.entry))
        return cls(papers=[Paper.of(one) for one in answer.papers], access_entry=entry, refusal=None)
