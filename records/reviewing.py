"""Reviewing a filing (审核) at the level at which it waits, until it is through its chain (B4 C7 D11 E8 F4 G4 J22).

- Four eyes: nobody reviews what they filed, and nobody who approved at one level of a round reviews at the next.
- Where somebody is named for a level, they alone review there; else whoever is of the role, within their reach.
- A return says what is missing, a rejection why; the reviewer stands on record (D16), and the filer is told the result
  with what is to be done next (F5).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from authz.policy import Condition
from claims.facts import FactKind
from records import replays
from records.audit import Entry, concerned
from records.columns import Column
from records.erasure import refuse_erased
from records.facts import Addition
from records.holders import refresh
from records.identity import hold_roots
from records.next_steps import Standing, named_reviewers, next_step, reviewing_roles, standing_of, tell_of_filing
from records.notices import Notice, NoticeKind, tell
from records.outcomes import Done
from records.proofreading import LONGEST_NAME, Proof
from records.queries import claim_to_change
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from authz.actor import Actor
    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

MOST_MISSING: Final = 50
_CUSTOMER_OF = "SELECT customer_id FROM filing WHERE id = $1"
_ROOT_OF = "SELECT c.root_id FROM filing f JOIN customer c ON c.id = f.customer_id WHERE f.id = $1"
BUMP: Final = "UPDATE filing SET version = version + 1 WHERE id = $1"


class ReviewOutcome(StrEnum):
    """What a reviewer finds (审核结果)."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A review as somebody enters it: the outcome, which fields are missing, and why."""

    outcome: ReviewOutcome
    missing: tuple[str, ...] = ()
    reason: Confidential | None = field(default=None, repr=False)


async def held_claim(fetch: Fetch, desk: Desk, act: Act, claim: str) -> Mapping[str, Any] | None:
    """Lock the customer of the filing that a reference names, then the filing, if it is in the actor's reach.

    In this order every other act locks them, so that none waits in a circle.
    """
    rows = await fetch(_CUSTOMER_OF, [row_of(Kind.CLAIM, claim)])
    await hold_roots(fetch, [row["customer_id"] for row in rows])
    filing = await claim_to_change(fetch, desk, act, claim)
    if filing is not None:
        await refuse_erased(fetch, filing["customer_id"])
    return filing


async def review_claim(desk: Desk, claim: str, review: Review, *, expected_version: int, key: UUID) -> Done:
    """Approve, return or reject a filing at the level at which it waits.

    Refused: a filing that waits for nobody, whoever approved it in this round already, whoever is not of the level,
    and under an old version. To whoever filed it themselves the guard says No.
    """
    await desk.require(Act.REVIEW_CLAIM, facts=[Condition.NOT_SELF])
    proof = Proof()
    reason = _proofread(proof, review)
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        actor = desk.signed_in()
        filing = await held_claim(fetch, desk, Act.REVIEW_CLAIM, claim)
        if filing is None:
            return Done(refusal=not_found("claim"))
        if filing["claimant_id"] == actor.staff:
            # NOT_SELF does not hold: to that the guard's own answer is No, and it is logged.
            await desk.require(Act.REVIEW_CLAIM)
        if filing["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=filing["version"]))
        row, customer = filing["id"], filing["customer_id"]
        before = await standing_of(fetch, row, now=desk.now)
        refused = await _not_theirs(fetch, desk, actor, before)
        if refused is not None:
            return Done(refusal=refused)
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        details: dict[str, object] = {"outcome": review.outcome.value, "level": before.level}
        if review.missing:
            details["missing"] = list(review.missing)
        fact = addition.add_fact(
            FactKind.REVIEW, customer, at=desk.now, by=actor.staff, entered_by=actor.staff, filing=row, details=details
        )
        if reason is not None:
            cipher = await desk.cipher_of(fetch, customer)
            addition.seal(fact, customer, cipher, [(Column.STATEMENT, reason.encode())], filing=row)
        await addition.write(tx)
        await fetch(BUMP, [row])
        root: UUID = (await fetch(_ROOT_OF, [row]))[0]["root_id"]
        await refresh(tx, [root], desk.rulebook, entropy=desk.entropy)
        await _tell_filer(tx, desk, filing, root, review)
        await tell_of_filing(tx, desk, row, before=before)
        await desk.record(
            tx, Entry(f"claim:{review.outcome}", customer=root, subject_teams=concerned(filing["team_id"]))
        )
        return Done(row, root)

    async def again(tx: TransactionalDBClient, row: UUID) -> Done:
        return Done(row, (await tx.execute_query_dict(_ROOT_OF, [row]))[0]["root_id"])

    whole = {
        "claim": claim, "outcome": review.outcome, "missing": review.missing, "reason": review.reason,
        "version": expected_version,
    }  # fmt: skip
    return await replays.once(desk, Act.REVIEW_CLAIM, key, whole, do=do, again=again)


def _proofread(proof: Proof, review: Review) -> str | None:
    """Read why; a return says what is missing or why, a rejection why, an approval names nothing missing."""
    reason = proof.text(review.reason, "reason")
    if len(review.missing) > MOST_MISSING:
        proof.blame(ProblemCode.TOO_MANY, "missing")
    for place, name in enumerate(review.missing[:MOST_MISSING]):
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            proof.blame(ProblemCode.INVALID_TEXT, "missing", str(place))
    match review.outcome:
        case ReviewOutcome.APPROVE if review.missing:
            proof.blame(ProblemCode.NOT_OFFERED, "missing")
        case ReviewOutcome.RETURN if not review.missing and reason is None:
            proof.blame(ProblemCode.REQUIRED, "missing")
        case ReviewOutcome.REJECT if reason is None:
            proof.blame(ProblemCode.REQUIRED, "reason")
        case _:
            pass
    return reason


async def _not_theirs(fetch: Fetch, desk: Desk, actor: Actor, standing: Standing) -> Refused | None:
    """Say why somebody may not review a filing where it stands."""
    chain = desk.rulebook.source("review.levels").clauses
    if standing.level is None:
        return Refused(RefusalCode.NOT_IN_STATE, chain)
    if standing.different_people and actor.staff in standing.approvers:
        return Refused(RefusalCode.FOUR_EYES, desk.rulebook.source("review.different_people").clauses or chain)
    named = await named_reviewers(fetch, standing)
    if actor.role not in reviewing_roles(desk, standing.reviewer) or (named and actor.staff not in named):
        return Refused(RefusalCode.NOT_YOUR_LEVEL, desk.rulebook.source("review.roles").clauses or chain)
    return None


_RESULTS: Final[Mapping[ReviewOutcome, NoticeKind]] = {
    ReviewOutcome.APPROVE: NoticeKind.FILING_APPROVED,
    ReviewOutcome.RETURN: NoticeKind.FILING_RETURNED,
    ReviewOutcome.REJECT: NoticeKind.FILING_REJECTED,
}


async def _tell_filer(
    tx: TransactionalDBClient, desk: Desk, filing: Mapping[str, Any], root: UUID, review: Review
) -> None:
    """Tell the claimant, and whoever entered the filing for them, the result and the next step (F5)."""
    after = await standing_of(tx.execute_query_dict, filing["id"], now=desk.now)
    details: dict[str, object] = {"state": after.state}
    if after.level is not None:
        details |= {"level": after.level, "levels": after.levels}
    if missing := sorted({*review.missing, *after.missing}):
        details["missing"] = missing
    told = {filing["claimant_id"], filing["entered_by_id"]} - {desk.signed_in().staff}
    await tell(
        tx,
        [
            Notice(
                kind=_RESULTS[review.outcome], staff=staff, customer=root, filing=filing["id"],
                next=next_step(desk, after), details=details,
            )
            for staff in sorted(told)
        ],
        desk,
    )  # fmt: skip
