"""The daily record of visits (拜访记录, I6), and whether each is true (I9).

- Each visit paid is recorded on its day, by the hour that the rulebook names; later is recorded as well, and shows so.
- A record scores as the rulebook says (I8): verified by somebody else it stands, refuted it is out of the law's sight.
- Either finding is a fact that corrects the record, and the database lets a fact be corrected once.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from authz.policy import Condition
from claims.facts import FactKind
from records import replays
from records.audit import Entry, concerned
from records.events import record_event
from records.facts import Addition
from records.holders import refresh
from records.identity import hold_living
from records.outcomes import Done
from records.people import person_entered
from records.queries import Values, visible_to
from records.references import Kind, row_of
from records.refusals import RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from claims.rulebook import Rulebook
    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

REFUTED = "refute_visit"
"""The fact that a recorded visit was not paid: the book's own, of which the law hears nothing."""


class Finding(StrEnum):
    """What became of a recorded visit (核实情况)."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    REFUTED = "refuted"


def is_late(rulebook: Rulebook, *, visited_at: datetime, recorded_at: datetime) -> bool:
    """Say whether a visit was recorded after the hour of its day that the rulebook names (I6: 21:00)."""
    hour = recorded_at.astimezone(rulebook.zone).hour
    return rulebook.day(recorded_at) > rulebook.day(visited_at) or hour >= rulebook.count("visit_record.hour")


async def file_visit_record(
    desk: Desk, customer: str, *, by: str | None, occurred_at: datetime | None, note: Confidential | None, key: UUID
) -> Done:
    """Record that a customer was visited today, or on an earlier day; the node is the record."""
    await desk.require(Act.FILE_VISIT_RECORD)
    visitor = await person_entered(desk, Act.FILE_VISIT_RECORD, by)
    if visitor is None:
        return Done(refusal=not_found("by"))
    return await record_event(
        desk, Act.FILE_VISIT_RECORD, FactKind.RECORD_VISIT, "visit_record:file", customer,
        by=visitor, at=occurred_at, key=key, details={"verified": False}, note=note, reach=Act.VIEW_CUSTOMERS,
    )  # fmt: skip


async def verify_visit_record(desk: Desk, record: str, *, is_true: bool, key: UUID) -> Done:
    """Say of a recorded visit that it was paid, or that it was not; the node is the record.

    Refused: a record nobody knows or out of reach, one's own, and one of which it was said before.
    """
    actor = await desk.require(Act.VERIFY_VISIT_RECORD, facts=[Condition.NOT_SELF])
    row = row_of(Kind.VISIT_RECORD, record)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        found = await _record_to_verify(fetch, desk, row)
        if found is None:
            return Done(refusal=not_found("record"))
        root = await hold_living(fetch, found["customer_id"])
        if actor.staff in {found["by_id"], found["entered_by_id"]}:
            return Done(refusal=Refused(RefusalCode.FOUR_EYES, ("I9",)))
        # Under the root's lock nobody else says anything of a record of this customer.
        if await fetch(_CORRECTED, [found["id"]]):
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, ("I9",)))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        addition.add_fact(
            FactKind.RECORD_VISIT if is_true else REFUTED, found["customer_id"], at=found["happened_at"],
            by=found["by_id"], entered_by=actor.staff, corrects=found["id"],
            details={"verified": True} if is_true else {},
        )  # fmt: skip
        await addition.write(tx)
        await refresh(tx, [root], desk.rulebook, entropy=desk.entropy)
        await desk.record(tx, Entry("visit_record:verify", customer=root, subject_teams=concerned(actor.team)))
        return Done(found["id"], root)

    async def again(tx: TransactionalDBClient, fact: UUID) -> Done:
        found = await _record_to_verify(tx.execute_query_dict, desk, fact)
        return Done(None if found is None else fact)

    whole = {"record": record, "is_true": is_true}
    return await replays.once(desk, Act.VERIFY_VISIT_RECORD, key, whole, do=do, again=again)


_CORRECTED = "SELECT 1 FROM fact WHERE corrects_id = $1"


async def _record_to_verify(fetch: Fetch, desk: Desk, row: UUID | None) -> Mapping[str, Any] | None:
    """Give a record of somebody over whom whoever asks may say whether it is true."""
    sight, bind = visible_to(desk, Act.VERIFY_VISIT_RECORD), Values()
    statement = (
        "SELECT fa.id, fa.customer_id, fa.by_id, fa.entered_by_id, fa.happened_at FROM fact fa "
        f"WHERE fa.id = {bind(row, 'uuid')} AND fa.kind = 'record_visit' AND fa.corrects_id IS NULL "
        f"AND {sight.records('fa.by_id', bind)}"
    )
    rows = await fetch(statement, bind.given)
    return rows[0] if rows else None
