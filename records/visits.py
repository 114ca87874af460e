"""What happens with a customer between filings: brought in (带看), in contact (跟进), given consent to (A27).

- Each is an event (see `events`): a fact at its instant, with who did it and who entered it.
- Consent is the present holder's to give, or a supervisor's of the team where the team alone holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authz.actor import Role
from authz.acts import Act
from claims.facts import FactKind
from records.events import record_event
from records.holders import holder_now
from records.outcomes import Done
from records.people import person, person_entered, person_named
from records.refusals import RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk
    from records.people import Person


async def record_visit(
    desk: Desk, customer: str, *, by: str | None, companion: str | None, occurred_at: datetime | None, key: UUID
) -> Done:
    """Record that somebody brought a customer in (A4), a designer too (H7), perhaps along with a designer (H15)."""
    await desk.require(Act.RECORD_VISIT)
    who = await person_entered(desk, Act.RECORD_VISIT, by, part=Act.FILE_CLAIM)
    if who is None:
        return Done(refusal=not_found("by"))
    details: dict[str, object] = {}
    if companion is not None:
        along = await person_named(desk, companion)
        if along is None or along.role is not Role.DESIGNER:
            return Done(refusal=not_found("companion"))
        details["with"] = along.id.hex
    return await record_event(
        desk, Act.RECORD_VISIT, FactKind.VISIT, "visit:record", customer,
        by=who, at=occurred_at, key=key, details=details,
    )  # fmt: skip


async def record_contact(
    desk: Desk, customer: str, *, by: str | None, occurred_at: datetime | None, note: Confidential | None, key: UUID,
    need: Confidential | None = None, feedback: Confidential | None = None,
) -> Done:  # fmt: skip
    """Record a contact in the course of business (B7): maintenance counts from the holder's latest (A26).

    With it what the customer needs now, and what they said, are kept.
    """
    await desk.require(Act.RECORD_CONTACT)
    who = await person_entered(desk, Act.RECORD_CONTACT, by)
    if who is None:
        return Done(refusal=not_found("by"))
    return await record_event(
        desk, Act.RECORD_CONTACT, FactKind.CONTACT, "contact:record", customer,
        by=who, at=occurred_at, key=key, details={}, note=note, said={"need": need, "feedback": feedback},
    )  # fmt: skip


async def record_consent(desk: Desk, customer: str, *, to: str, occurred_at: datetime | None, key: UUID) -> Done:
    """Record the holder's consent that a colleague deals with the customer (A27)."""
    actor = await desk.require(Act.RECORD_CONSENT)
    myself = await person(actor.staff, now=desk.now)
    colleague = await person_named(desk, to)
    if myself is None or colleague is None or colleague.id == myself.id:
        return Done(refusal=not_found("to"))
    return await record_event(
        desk, Act.RECORD_CONSENT, FactKind.CONSENT, "consent:record", customer,
        by=myself, at=occurred_at, key=key, details={"to": colleague.id.hex},
        refuse=lambda fetch, root: _not_theirs(fetch, desk, root, myself),
    )  # fmt: skip


async def _not_theirs(fetch: Fetch, desk: Desk, root: UUID, by: Person) -> Refused | None:
    """Refuse a consent by whoever neither holds the customer nor is a supervisor of the team that alone does (A27)."""
    holder = await holder_now(fetch, root, now=desk.now)
    is_theirs = holder is not None and (
        holder.staff == by.id if holder.staff is not None else holder.team == by.team and by.role is Role.SUPERVISOR
    )
    return None if is_theirs else Refused(RefusalCode.NOT_HOLDER, ("A27",))
