"""The course of a dispute (争议) between its opening and its award: evidence of the parties, and who decides.

- A party brings evidence while the dispute is open, within the days of the rulebook (A31); documents by their hash.
- A dispute may be put to a supervisor of another team, who then sees and settles it; nobody who is recused.
- Losing the customer because of a dispute is a fact of its own, for which the law may fine both sides (H19).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from authz.acts import Act
from authz.policy import Condition
from claims.facts import FactKind
from records import replays
from records.audit import Entry, concerned
from records.awards import is_over, is_recused, teams_of
from records.columns import Column
from records.disputes import held_dispute, not_open
from records.events import record_event
from records.evidence import EvidenceForm, read_evidence
from records.facts import Addition
from records.kept_files import name_files
from records.outcomes import Done
from records.people import Person, person
from records.proofreading import Proof
from records.references import Kind, row_of
from records.refusals import RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

EVIDENCE: Final = "evidence"
"""The fact of evidence in a dispute: the book's own, of which the law hears nothing."""
REFERRAL: Final = "refer"
"""The fact of a referral: the book's own as well."""
_REFER: Final = "UPDATE dispute SET arbiter_id = $2, version = version + 1 WHERE id = $1"


class LossCause(StrEnum):
    """Why a customer is lost (丢失原因)."""

    DISPUTE = "dispute"
    PRICE = "price"
    COMPETITOR = "competitor"
    OTHER = "other"


class LossSeverity(StrEnum):
    """How grave a loss is (情节, H19)."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"


async def add_evidence(desk: Desk, dispute: str, *, evidence: Sequence[EvidenceForm], key: UUID) -> Done:
    """Bring evidence as a party of a dispute that is open, in time (举证)."""
    actor = await desk.require(Act.ADD_EVIDENCE)
    proof = Proof()
    brought = read_evidence(proof, evidence, "evidence")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        found = await held_dispute(fetch, desk, Act.ADD_EVIDENCE, dispute)
        is_party = found is not None and actor.staff in {found["opened_by_id"], found["against_id"]}
        if found is None or not is_party:
            return Done(refusal=not_found("dispute"))
        if found["state"] != "open":
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE))
        if is_over(desk, "dispute.evidence_days", found["opened_at"]):
            return Done(refusal=Refused(RefusalCode.TOO_LATE, desk.rulebook.source("dispute.evidence_days").clauses))
        root: UUID = found["root_id"]
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = addition.add_fact(
            EVIDENCE, root, at=desk.now, by=actor.staff, entered_by=actor.staff, dispute=found["id"],
            details=brought.details(),
        )  # fmt: skip
        cipher = await desk.cipher_of(fetch, root)
        addition.seal(fact, root, cipher, [(Column.EVIDENCE, brought.written())])
        await addition.write(tx)
        await name_files(fetch, desk, root, brought.documents)
        await desk.record(tx, Entry("dispute:evidence", customer=root, subject_teams=concerned(actor.team)))
        return Done(found["id"], root)

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        found = await held_dispute(tx.execute_query_dict, desk, Act.ADD_EVIDENCE, dispute)
        return Done(row, found["root_id"] if found else None)

    whole = {"dispute": dispute, "evidence": [[piece.kind, piece.text, piece.document] for piece in evidence]}
    return await replays.once(desk, Act.ADD_EVIDENCE, key, whole, do=do, again=again)


async def refer_dispute(desk: Desk, dispute: str, *, to: str, expected_version: int, key: UUID) -> Done:
    """Put a dispute to somebody who may settle disputes and is not recused from this one."""
    actor = await desk.require(Act.REFER_DISPUTE, facts=[Condition.NOT_SELF])
    arbiter = await _arbiter(desk, to)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        found = await held_dispute(fetch, desk, Act.REFER_DISPUTE, dispute)
        if found is None:
            return Done(refusal=not_found("dispute"))
        if actor.staff in {found["opened_by_id"], found["against_id"]}:
            # NOT_SELF does not hold: to that the guard's own answer is No, and it is logged.
            await desk.require(Act.REFER_DISPUTE)
        if arbiter is None or is_recused(desk, arbiter.staff, arbiter.team, [found]):
            return Done(refusal=not_found("to"))
        if (refusal := not_open(found, expected_version)) is not None:
            return Done(refusal=refusal)
        root: UUID = found["root_id"]
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        addition.add_fact(
            REFERRAL, root, at=desk.now, by=actor.staff, entered_by=actor.staff, dispute=found["id"],
            details={"arbiter": arbiter.id.hex},
        )  # fmt: skip
        await addition.write(tx)
        await fetch(_REFER, [found["id"], arbiter.id])
        await desk.record(tx, Entry("dispute:refer", customer=root, subject_teams=teams_of([found])))
        return Done(found["id"], root)

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        found = await held_dispute(tx.execute_query_dict, desk, Act.REFER_DISPUTE, dispute)
        return Done(row, found["root_id"] if found else None)

    whole = {"dispute": dispute, "to": to, "version": expected_version}
    return await replays.once(desk, Act.REFER_DISPUTE, key, whole, do=do, again=again)


async def _arbiter(desk: Desk, reference: str) -> Person | None:
    """Give whoever a reference names, if they may settle disputes at all."""
    staff = row_of(Kind.STAFF, reference)
    found = staff and await person(staff, now=desk.now)
    return found if found and desk.guard.widest(found.role, Act.SETTLE_DISPUTE) is not None else None


async def record_loss(
    desk: Desk, customer: str, *, cause: LossCause, severity: LossSeverity, note: Confidential | None,
    occurred_at: datetime | None, key: UUID,
) -> Done:  # fmt: skip
    """Record that a customer is lost, and why; through a dispute, the law fines its parties by severity (H19)."""
    actor = await desk.require(Act.RECORD_LOSS)
    return await record_event(
        desk, Act.RECORD_LOSS, FactKind.LOSE, "customer:lose", customer,
        by=actor, at=occurred_at, key=key, details={"cause": cause.value, "severity": severity.value}, note=note,
    )  # fmt: skip
