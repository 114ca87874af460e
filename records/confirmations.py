"""Claiming a deal that nobody holds, with evidence (认领), and finding whether the evidence is valid (A18).

- An application is no fact of the law's. Once its evidence is found valid it becomes the fact `confirm`, at the instant
  of the application, however late it is judged; the law then gives the deal to the first (A18).
- It is judged by a supervisor outside every applicant's team, or, where the rulebook says `first`, by nobody.
- After the days of the rulebook, or where somebody has the deal, none is taken any more (A19).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from authz.policy import Condition
from claims.decide import Question, decide
from claims.facts import FactKind
from records import replays
from records.audit import Entry, concerned
from records.columns import Column
from records.deal_holding import HeldDeal, bump_deal, held_deal, lock_deal
from records.evidence import EvidenceForm, read_evidence
from records.facts import Addition
from records.histories import details_of, histories, law_id
from records.holders import refresh
from records.kept_files import name_files
from records.outcomes import Done
from records.proofreading import Proof
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from claims.ruling import Ruling
    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

APPLICATION: Final = "apply"
"""The fact of an application: the book's own, of which the law hears nothing."""
JUDGEMENT: Final = "judge"
"""The fact of a judgement: the book's own as well."""
_PENDING: Final = "SELECT id FROM confirmation WHERE deal_id = $1 AND applicant_id = $2 AND state = 'pending'"
_DEAL_OF: Final = "SELECT deal_id FROM confirmation WHERE id = $1"
_CONFIRMATION: Final = """
SELECT n.*, f.details FROM confirmation n JOIN fact f ON f.id = n.fact_id WHERE n.id = $1 FOR UPDATE OF n
"""
_APPLICANTS: Final = "SELECT applicant_id, team_id FROM confirmation WHERE deal_id = $1"
_JUDGE: Final = """
UPDATE confirmation SET state = $2, judged_by_id = $3, judged_at = $4, version = version + 1 WHERE id = $1
"""


async def deal_ruling(fetch: Fetch, desk: Desk, deal: UUID, root: UUID) -> Ruling:
    """Say what the law gives whom of a deal as everything stands now."""
    told = (await histories(fetch, [root]))[root]
    return decide(told.history, desk.rulebook, Question("deal", desk.now, deal=law_id(deal)))


async def confirm_deal(desk: Desk, deal: str, *, evidence: Sequence[EvidenceForm], key: UUID) -> Done:
    """Apply for a deal that nobody holds, with evidence, as long as it awaits confirmation (A18 A19)."""
    actor = await desk.require(Act.CONFIRM_DEAL)
    proof = Proof()
    brought = read_evidence(proof, evidence, "evidence")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        held = await held_deal(fetch, desk, Act.CONFIRM_DEAL, deal)
        if held is None:
            return Done(refusal=not_found("deal"))
        ruling = await deal_ruling(fetch, desk, held.id, held.root)
        if ruling.outcome["status"] != "awaiting_confirmation":
            return Done(refusal=Refused(RefusalCode.CONFIRMATION_CLOSED, ruling.clauses))
        if await fetch(_PENDING, [held.id, actor.staff]):
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE))
        at_once = desk.rulebook.word("confirmation.judged") == "first"
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = addition.add_fact(
            APPLICATION, held.root, at=desk.now, by=actor.staff, entered_by=actor.staff, deal=held.id,
            details=brought.details(),
        )  # fmt: skip
        cipher = await desk.cipher_of(fetch, held.root)
        addition.seal(fact, held.root, cipher, [(Column.EVIDENCE, brought.written())])
        confirmation = addition.add_confirmation(
            held.id, fact, applicant=actor.staff, team=actor.team, is_judged=at_once
        )
        if at_once:
            _add_confirm(addition, held, at=desk.now, by=actor.staff, details=brought.details(), entered_by=actor.staff)
        await addition.write(tx)
        await name_files(fetch, desk, held.root, brought.documents)
        await bump_deal(fetch, held.id)
        await refresh(tx, [held.root], desk.rulebook, entropy=desk.entropy)
        await desk.record(tx, Entry("deal:apply", customer=held.root, subject_teams=concerned(actor.team)))
        return Done(confirmation, held.root)

    async def again(_tx: TransactionalDBClient, confirmation: UUID) -> Done:
        return Done(confirmation)

    whole = {"deal": deal, "evidence": [[piece.kind, piece.text, piece.document] for piece in evidence]}
    return await replays.once(desk, Act.CONFIRM_DEAL, key, whole, do=do, again=again)


async def judge_confirmation(
    desk: Desk, confirmation: str, *, is_valid: bool, reasons: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Find the evidence of an application valid or not, as a supervisor outside every applicant's team (A18).

    Whoever is of a team that applied hears the guard's No. Evidence that is not valid is found so with reasons.
    """
    actor = await desk.require(Act.JUDGE_CONFIRMATION, facts=[Condition.NOT_SELF])
    proof = Proof()
    text = proof.text(reasons, "reasons")
    if text is None and not is_valid and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "reasons")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        application = await _held_application(fetch, desk, confirmation)
        if application is None:
            return Done(refusal=not_found("confirmation"))
        held, found, teams = application
        if found["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=found["version"]))
        if found["state"] != "pending":
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        state = "valid" if is_valid else "invalid"
        fact = addition.add_fact(
            JUDGEMENT, held.root, at=desk.now, by=actor.staff, entered_by=actor.staff, deal=held.id,
            details={"application": found["fact_id"].hex, "outcome": state},
        )  # fmt: skip
        if text is not None:
            addition.seal(fact, held.root, await desk.cipher_of(fetch, held.root), [(Column.STATEMENT, text.encode())])
        if is_valid:
            _add_confirm(
                addition, held, at=found["applied_at"], by=found["applicant_id"],
                details=details_of(found["details"]), entered_by=actor.staff,
            )  # fmt: skip
        await addition.write(tx)
        await fetch(_JUDGE, [found["id"], state, actor.staff, desk.now])
        await bump_deal(fetch, held.id)
        await refresh(tx, [held.root], desk.rulebook, entropy=desk.entropy)
        await desk.record(tx, Entry("confirmation:judge", customer=held.root, subject_teams=teams))
        return Done(found["id"], held.root)

    async def again(_tx: TransactionalDBClient, row: UUID) -> Done:
        return Done(row)

    whole = {"confirmation": confirmation, "valid": is_valid, "reasons": reasons, "version": expected_version}
    return await replays.once(desk, Act.JUDGE_CONFIRMATION, key, whole, do=do, again=again)


async def _held_application(
    fetch: Fetch, desk: Desk, reference: str
) -> tuple[HeldDeal, Mapping[str, Any], tuple[UUID, ...]] | None:
    """Lock an application with its deal, for somebody who neither applied nor is of a team that did; give the teams."""
    actor, row = desk.signed_in(), row_of(Kind.CONFIRMATION, reference)
    deals = await fetch(_DEAL_OF, [row])
    held = await lock_deal(fetch, desk, Act.JUDGE_CONFIRMATION, deals[0]["deal_id"] if deals else None)
    if held is None:
        return None
    (found,) = await fetch(_CONFIRMATION, [row])
    applicants = await fetch(_APPLICANTS, [held.id])
    teams = {one["team_id"] for one in applicants if one["team_id"] is not None}
    if actor.team in teams or any(one["applicant_id"] == actor.staff for one in applicants):
        # NOT_SELF does not hold: to that the guard's own answer is No, and it is logged.
        await desk.require(Act.JUDGE_CONFIRMATION)
    return held, found, tuple(sorted(teams))


def _add_confirm(
    addition: Addition, held: HeldDeal, *, at: datetime, by: UUID, details: Mapping[str, Any], entered_by: UUID
) -> None:
    addition.add_fact(FactKind.CONFIRM, held.root, at=at, by=by, entered_by=entered_by, deal=held.id, details=details)
