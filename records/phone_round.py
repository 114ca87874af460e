"""The weekly round by phone (每周电话落实, H11): each filer is asked how it goes with each of their customers.

- On the list stands what is through its review and not archived, and was not asked about since Monday.
- What the filer said is a status and a sealed note: a fact of the book's own, which changes nobody's right.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from authz.acts import Act
from records import replays
from records.audit import Entry, concerned
from records.claim_rows import THROUGH
from records.columns import Column
from records.facts import Addition
from records.next_steps import standing_of
from records.outcomes import Done
from records.proofreading import LONGEST_NOTE, Proof
from records.refusals import RefusalCode, Refused, not_found
from records.reviewing import held_claim
from records.round_rows import TRACKED

if TYPE_CHECKING:
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk


class TrackingStatus(StrEnum):
    """How it goes with a customer, as their filer says (跟踪情况)."""

    IN_CONTACT = "in_contact"
    NOT_REACHED = "not_reached"
    ORDER_EXPECTED = "order_expected"
    GIVEN_UP = "given_up"


_ROOT_OF: Final = "SELECT root_id FROM customer WHERE id = $1"


async def record_tracking(
    desk: Desk, claim: str, status: TrackingStatus, *, note: Confidential | None, key: UUID
) -> Done:
    """Record what a filer said of a customer on the phone (H11); the node is the filing.

    Refused: a filing that is not through its review, or is archived.
    """
    actor = await desk.require(Act.RECORD_TRACKING)
    proof = Proof()
    text = proof.text(note, "note", longest=LONGEST_NOTE)
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        filing = await held_claim(fetch, desk, Act.RECORD_TRACKING, claim)
        if filing is None:
            return Done(refusal=not_found("claim"))
        if (await standing_of(fetch, filing["id"], now=desk.now)).state not in THROUGH:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, ("H11",)))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        customer = filing["customer_id"]
        fact = addition.add_fact(
            TRACKED, customer, at=desk.now, by=actor.staff, entered_by=actor.staff, filing=filing["id"],
            details={"status": status.value},
        )  # fmt: skip
        if text is not None:
            addition.seal(fact, customer, await desk.cipher_of(fetch, customer), [(Column.NOTE, text.encode())])
        await addition.write(tx)
        root = (await fetch(_ROOT_OF, [customer]))[0]["root_id"]
        await desk.record(tx, Entry("claim:track", customer=root, subject_teams=concerned(filing["team_id"])))
        return Done(filing["id"], root)

    async def again(_tx: TransactionalDBClient, filing: UUID) -> Done:
        return Done(filing)

    whole = {"claim": claim, "status": status, "note": note}
    return await replays.once(desk, Act.RECORD_TRACKING, key, whole, do=do, again=again)
