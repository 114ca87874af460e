"""Offences (违规) that a supervisor records, and appeals against any offence, by law or recorded.

- An offence is recorded with evidence, at a step of the rulebook's ladder: the next one for this person unless another
  is named; a fine only within what the rulebook allows, and never where it says that fines are off.
- What follows from the facts by the law (A28 D15 H19) nobody records by hand.
- Whoever is charged appeals once; a company leader who neither recorded nor committed it upholds or lifts it.
- Words of evidence are sealed under a customer's key: without a customer, documents by their hash alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from authz.policy import Condition
from records import replays
from records.audit import Entry, concerned
from records.columns import Column
from records.evidence import Evidence, EvidenceForm, read_evidence
from records.facts import Addition
from records.identity import held_customer
from records.kept_files import name_files
from records.offence_rows import OFFENCES, seen_offence
from records.outcomes import Done
from records.people import Person, person, relation_to
from records.proofreading import Proof
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

CHARGE: Final = "offence"
PLEA: Final = "plead"
VERDICT: Final = "verdict"
"""Facts of the book's own, of which the law hears nothing."""


class OffenceKind(StrEnum):
    """What somebody did (违规类别)."""

    POACHING = "poaching"
    LATE_REPORT = "late_report"
    DISPUTE_LOSS = "dispute_loss"
    CONCEALMENT = "concealment"
    FALSE_REPORT = "false_report"
    FALSE_FILING = "false_filing"
    LEAK = "leak"
    PRYING = "prying"
    SELF_DEALING = "self_dealing"
    CONDUCT = "conduct"


class Sanction(StrEnum):
    """What an offence is answered with (处分)."""

    WARNING = "warning"
    DEMERIT = "demerit"
    FINE = "fine"
    TRANSFER = "transfer"
    DEMOTION = "demotion"
    REMOVAL = "removal"
    DISMISSAL = "dismissal"
    LEGAL_REFERRAL = "legal_referral"


BY_LAW: Final = frozenset({OffenceKind.POACHING, OffenceKind.LATE_REPORT, OffenceKind.DISPUTE_LOSS})
CLAUSES: Final[Mapping[OffenceKind, tuple[str, ...]]] = {
    OffenceKind.CONCEALMENT: ("D15",),
    OffenceKind.FALSE_REPORT: ("D15",),
    OffenceKind.FALSE_FILING: ("B13",),
    OffenceKind.LEAK: ("B9", "B17"),
    OffenceKind.PRYING: ("J15",),
    OffenceKind.SELF_DEALING: ("J8",),
    OffenceKind.CONDUCT: ("J18",),
}
_ADD: Final = """
INSERT INTO offence (id, staff_id, customer_id, kind, at, fact_id, recorded_by_id, step, yuan, clauses, edition)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
_HELD: Final = "SELECT id FROM staff WHERE id = $1 FOR NO KEY UPDATE"
_EARLIER: Final = f"""
SELECT count(*) AS n FROM ({OFFENCES}) o
WHERE o.staff_id = $1 AND o.kind = $2 AND o.outcome IS DISTINCT FROM 'lifted'
"""  # noqa: S608 (a constant of ours)
_ADD_PLEA: Final = """
INSERT INTO offence_plea (id, staff_id, kind, at, nth, fact_id, appealed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_DECIDE: Final = """
UPDATE offence_plea SET outcome = $5, decided_by_id = $6, decided_at = $7
WHERE staff_id = $1 AND kind = $2 AND at = $3 AND nth = $4
"""


async def record_offence(
    desk: Desk, staff: str, *, kind: OffenceKind, occurred_at: datetime | None, customer: str | None,
    step: Sanction | None, yuan: int | None, evidence: Sequence[EvidenceForm], key: UUID,
) -> Done:  # fmt: skip
    """Record what somebody of one's team did, with evidence, at a step of the ladder."""
    actor = await desk.require(Act.RECORD_OFFENCE, facts=[Condition.NOT_SELF])
    whom = await _charged(desk, staff)
    proof = Proof()
    brought = read_evidence(proof, evidence, "evidence")
    at = proof.past(occurred_at, desk.now, "occurredAt")
    _proofread(proof, desk, kind, step=step, yuan=yuan, brought=brought, has_customer=customer is not None)
    if whom is None:
        return Done(refusal=not_found("staff"))
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        root = await held_customer(fetch, desk, Act.VIEW_CUSTOMERS, customer) if customer is not None else None
        if customer is not None and root is None:
            return Done(refusal=not_found("customer"))
        await fetch(_HELD, [whom.id])
        chosen = step or await next_sanction(fetch, desk, whom.id, kind)
        if chosen is None:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, desk.rulebook.source("sanction.ladder").clauses))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        details = {"staff": whom.id.hex, "kind": kind.value, "step": chosen.value, "yuan": yuan} | brought.details()
        fact = addition.add_fact(CHARGE, root, at=at, by=actor.staff, entered_by=actor.staff, details=details)
        if root is not None:
            cipher = await desk.cipher_of(fetch, root)
            addition.seal(fact, root, cipher, [(Column.EVIDENCE, brought.written())])
            await name_files(fetch, desk, root, brought.documents)
        await addition.write(tx)
        offence = addition.draw_id()
        await fetch(
            _ADD,
            [
                offence, whom.id, root, kind.value, at, fact, actor.staff, chosen.value, yuan, list(CLAUSES[kind]),
                desk.rulebook.edition,
            ],
        )  # fmt: skip
        await desk.record(tx, Entry("offence:record", customer=root, subject_teams=concerned(whom.team)))
        return Done(offence, root)

    async def again(_tx: TransactionalDBClient, offence: UUID) -> Done:
        return Done(offence)

    whole = {
        "staff": staff, "kind": kind.value, "at": occurred_at, "customer": customer, "step": step and step.value,
        "yuan": yuan, "evidence": [[piece.kind, piece.text, piece.document] for piece in evidence],
    }  # fmt: skip
    return await replays.once(desk, Act.RECORD_OFFENCE, key, whole, do=do, again=again)


async def _charged(desk: Desk, reference: str) -> Person | None:
    """Give whom a reference names; the guard's No for oneself, and for whoever is farther away than one's reach."""
    actor, staff = desk.signed_in(), row_of(Kind.STAFF, reference)
    found = staff and await person(staff, now=desk.now)
    if not found:
        return None
    relation = relation_to(actor, staff=found.id, team=found.team)
    not_self = () if found.id == actor.staff else (Condition.NOT_SELF,)
    await desk.require(Act.RECORD_OFFENCE, relation=relation, facts=not_self)
    return found


def _proofread(
    proof: Proof, desk: Desk, kind: OffenceKind, *,
    step: Sanction | None, yuan: int | None, brought: Evidence, has_customer: bool,
) -> None:  # fmt: skip
    ladder = desk.rulebook.names("sanction.ladder")
    if kind in BY_LAW:
        proof.blame(ProblemCode.NOT_OFFERED, "kind")
    if step is not None and step.value not in ladder:
        proof.blame(ProblemCode.NOT_OFFERED, "step")
    if yuan is not None:
        least, most = desk.rulebook.count("sanction.fine_least"), desk.rulebook.count("sanction.fine_most")
        if desk.rulebook.word("fines") == "off" or not most:
            proof.blame(ProblemCode.NOT_OFFERED, "yuan")
        elif not max(1, least) <= yuan <= most:
            proof.blame(ProblemCode.OUT_OF_RANGE, "yuan")
    if not has_customer:
        for place, text in enumerate(brought.texts):
            if text is not None:
                proof.blame(ProblemCode.NOT_OFFERED, "evidence", str(place), "text")


async def next_sanction(fetch: Fetch, desk: Desk, staff: UUID, kind: OffenceKind) -> Sanction | None:
    """Give the step of the ladder that comes next for a person and a kind of offence; None without a ladder."""
    ladder = desk.rulebook.names("sanction.ladder")
    earlier: int = (await fetch(_EARLIER, [staff, kind.value]))[0]["n"]
    return Sanction(ladder[min(earlier, len(ladder) - 1)]) if ladder else None


async def appeal_offence(desk: Desk, offence: str, *, evidence: Sequence[EvidenceForm], key: UUID) -> Done:
    """Appeal once against an offence of one's own, with evidence."""
    actor = await desk.require(Act.APPEAL_OFFENCE)
    proof = Proof()
    brought = read_evidence(proof, evidence, "evidence")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        await fetch(_HELD, [actor.staff])
        found = await seen_offence(fetch, desk, Act.APPEAL_OFFENCE, offence)
        if found is None:
            return Done(refusal=not_found("offence"))
        if found["appealed_at"] is not None:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE))
        root: UUID | None = found["root_id"]
        if root is None and any(text is not None for text in brought.texts):
            proof.blame(ProblemCode.NOT_OFFERED, "evidence", "0", "text")
            return Done(refusal=proof.refusal())
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        details = brought.details() | {"kind": found["kind"]}
        fact = addition.add_fact(PLEA, root, at=desk.now, by=actor.staff, entered_by=actor.staff, details=details)
        if root is not None:
            cipher = await desk.cipher_of(fetch, root)
            addition.seal(fact, root, cipher, [(Column.EVIDENCE, brought.written())])
            await name_files(fetch, desk, root, brought.documents)
        await addition.write(tx)
        await fetch(_ADD_PLEA, [addition.draw_id(), *_named(found), fact, desk.now])
        await desk.record(tx, Entry("offence:appeal", customer=root, subject_teams=concerned(actor.team)))
        return Done(found["id"], root)

    async def again(_tx: TransactionalDBClient, row: UUID) -> Done:
        return Done(row)

    whole = {"offence": offence, "evidence": [[piece.kind, piece.text, piece.document] for piece in evidence]}
    return await replays.once(desk, Act.APPEAL_OFFENCE, key, whole, do=do, again=again)


async def decide_offence(desk: Desk, offence: str, *, is_upheld: bool, reasons: Confidential | None, key: UUID) -> Done:
    """Uphold or lift an offence that was appealed against, as neither who recorded nor who committed it."""
    actor = await desk.require(Act.DECIDE_OFFENCE, facts=[Condition.NOT_SELF])
    proof = Proof()
    text = proof.text(reasons, "reasons")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        found = await seen_offence(fetch, desk, Act.DECIDE_OFFENCE, offence)
        if found is None:
            return Done(refusal=not_found("offence"))
        await fetch(_HELD, [found["staff_id"]])
        # What another leader decided meanwhile is seen behind the lock alone.
        found = await seen_offence(fetch, desk, Act.DECIDE_OFFENCE, offence) or found
        if actor.staff in {found["staff_id"], found["recorded_by_id"]}:
            # NOT_SELF does not hold: to that the guard's own answer is No, and it is logged.
            await desk.require(Act.DECIDE_OFFENCE)
        if found["appealed_at"] is None or found["outcome"] is not None:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE))
        root: UUID | None = found["root_id"]
        if root is None and text is not None:
            proof.blame(ProblemCode.NOT_OFFERED, "reasons")
            return Done(refusal=proof.refusal())
        await _decide(tx, desk, found, outcome="upheld" if is_upheld else "lifted", text=text)
        return Done(found["id"], root)

    async def again(_tx: TransactionalDBClient, row: UUID) -> Done:
        return Done(row)

    whole = {"offence": offence, "upheld": is_upheld, "reasons": reasons}
    return await replays.once(desk, Act.DECIDE_OFFENCE, key, whole, do=do, again=again)


async def _decide(
    tx: TransactionalDBClient, desk: Desk, found: Mapping[str, Any], *, outcome: str, text: str | None
) -> None:
    """Write what an appeal came to."""
    fetch: Fetch = tx.execute_query_dict
    root, staff = found["root_id"], desk.signed_in().staff
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    details = {"staff": found["staff_id"].hex, "plea": found["plea_id"].hex, "outcome": outcome}
    fact = addition.add_fact(VERDICT, root, at=desk.now, by=staff, entered_by=staff, details=details)
    if root is not None and text is not None:
        addition.seal(fact, root, await desk.cipher_of(fetch, root), [(Column.STATEMENT, text.encode())])
    await addition.write(tx)
    await fetch(_DECIDE, [*_named(found), outcome, staff, desk.now])
    await desk.record(tx, Entry("offence:decide", customer=root))


def _named(found: Mapping[str, Any]) -> tuple[Any, ...]:
    """Name an offence by what it is."""
    return found["staff_id"], found["kind"], found["at"], found["nth"]
