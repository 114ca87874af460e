"""How an act is heard on the wire: done if its input can be read, else told every problem at once."""

from __future__ import annotations

from authz.acts import Act
from authz.policy import Condition
from records.desk import Desk
from records.outcomes import Done
from records.refusals import RefusalCode, Refused
from schema.directives import Audited, requires
from schema.inputs import Form, malformed


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
