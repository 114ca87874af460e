"""What acts on filings have in common on the wire: what stands in their inputs, and how they are answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import strawberry

from authz.acts import Act
from records.outcomes import Done
from schema.directives import requires
from schema.refusals import Refusal, refusal_of
from schema.types import Claim, shown_claim
from schema.wording import NO_CREDIT, REPLAYED

if TYPE_CHECKING:
    from records.desk import Desk


@strawberry.interface(description="A filing that an act changed or made (报备变更结果), or why not.")
class ClaimPayload:
    """What an act on a filing gives."""

    claim: Claim | None = strawberry.field(
        description="The claim as it stands now.", directives=requires(Act.VIEW_CLAIMS)
    )
    refusal: Refusal | None = strawberry.field(description=NO_CREDIT, directives=requires(None))
    replayed: bool = strawberry.field(description=REPLAYED, directives=requires(None))


C = TypeVar("C", bound=ClaimPayload)


async def answered(payload: type[C], desk: Desk, outcome: Done) -> C:
    """Answer an act on a filing, under today's rights."""
    claim = await shown_claim(desk, outcome.node)
    return payload(claim=claim, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)
