"""What every act on the wire has in common: how its input is heard, how it is known to the log, how it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import strawberry

from authz.acts import Act
from authz.policy import Condition
from records.outcomes import Done
from records.refusals import RefusalCode, Refused
from schema.directives import Audited, requires
from schema.inputs import malformed
from schema.refusals import Refusal, refusal_of
from schema.types import Claim, shown_claim

if TYPE_CHECKING:
    from records.desk import Desk
    from schema.inputs import Form

KEY = "Drawn anew for each act: sent again, it does the act no second time (24 h)."
VERSION = "The version that was read; an older one is refused as `Stale`."


def done(act: Act) -> tuple[object, ...]:
    """Give the directives of an act that leaves its entry in its own transaction."""
    return requires(act, audited=Audited.ACT)


async def heard(desk: Desk, act: Act, given: Form) -> Done:
    """Do an act, unless its input holds what cannot be read; that is told to whoever may do the act at all."""
    problems = tuple(malformed(given))
    if not problems:
        return await given.do(desk)
    await desk.require(act, facts=tuple(Condition))
    return Done(refusal=Refused(RefusalCode.INVALID_INPUT, problems=problems))


@strawberry.interface(description="A filing that an act changed or made (报备变更结果), or why not.")
class ClaimPayload:
    """What an act on a filing gives."""

    claim: Claim | None = strawberry.field(
        description="The claim as it stands now.", directives=requires(Act.VIEW_CLAIMS)
    )
    refusal: Refusal | None = strawberry.field(
        description="Why it was not done, or gives nothing.", directives=requires(None)
    )
    replayed: bool = strawberry.field(
        description="True: it was done before under this idempotency key.", directives=requires(None)
    )


C = TypeVar("C", bound=ClaimPayload)


async def answered(payload: type[C], desk: Desk, outcome: Done) -> C:
    """Answer an act on a filing, under today's rights."""
    claim = await shown_claim(desk, outcome.node)
    return payload(claim=claim, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)
