"""Contact data put right (更正联系信息): by whoever keeps the file up (E6 G12 C10), confirmed where it matters (G13).

- What is right is sealed in the place of what was wrong, and the filing is found by it alone.
- A change of a field that the rulebook calls important waits for a supervisor of the team, unless a supervisor makes
  it; until they confirm it, everything stands as it was. One waits at a time.
- Those concerned are told which fields changed, never to what (G14): the claimant, the holder, the proposer.
- A phone that may be another customer's is told as a filing tells it (A7); one that is links the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from authz.actor import Role, law_role
from authz.acts import Act
from authz.policy import Condition
from claims.facts import Role as LawRole
from crypto.sealed import Place
from records import replays
from records.audit import Entry, concerned
from records.budgets import spend
from records.canonical import Phone
from records.claim_rows import FilingState
from records.columns import Column, Table
from records.completion import add_to_filing
from records.correction_rows import CorrectionState, correction_in_reach
from records.facts import Addition
from records.filing import is_possible_match, outcome_of
from records.forms import CONTACT_TEXTS, Form
from records.holders import holder_now
from records.next_steps import present, standing_of
from records.notices import NextStep, Notice, NoticeKind, tell
from records.outcomes import Done
from records.proofreading import LONGEST_NOTE, Entered, Proof
from records.references import Kind, reference
from records.refusals import ProblemCode, RefusalCode, Refused, not_found
from records.reviewing import BUMP, held_claim

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.envelope import OwnCipher
    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

PROPOSAL: Final = "contact_correction"
"""The fact that proposes a change: the book's own, of which the law hears nothing."""
JUDGEMENT: Final = "contact_correction_judged"
_PENDING: Final = "SELECT 1 FROM contact_correction WHERE filing_id = $1 AND state = 'pending'"
_HOLD: Final = "SELECT * FROM contact_correction WHERE id = $1 FOR NO KEY UPDATE"
_JUDGE: Final = """
UPDATE contact_correction SET state = $2, judged_by_id = $3, judged_at = $4, version = version + 1 WHERE id = $1
"""
_VALUES: Final = "SELECT id, customer_id, field, sealed FROM sealed_value WHERE fact_id = $1"
_FILING_OF: Final = "SELECT filing_id FROM contact_correction WHERE id = $1"
_ROOT_OF: Final = "SELECT root_id FROM customer WHERE id = $1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(Entered):
    """Contact fields as they ought to be, and why; what is not named stays as it is."""

    reason: Confidential | None = field(default=None, repr=False)


async def correct_contact(desk: Desk, claim: str, correction: Correction, *, expected_version: int, key: UUID) -> Done:
    """Put contact fields of a filing right, or propose it where a supervisor is to confirm; the node is the correction.

    Refused: nothing said, an archived filing, one whose correction waits already, and under an old version.
    """
    actor = await desk.require(Act.CORRECT_CONTACT)
    proof = Proof()
    said = proof.form(correction)
    reason = proof.text(correction.reason, "reason", longest=LONGEST_NOTE)
    if said.is_empty() and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "phones")
    if proof.problems:
        return Done(refusal=proof.refusal())
    important = set(desk.rulebook.names("upkeep.confirmed")).intersection(said.present())
    waits = bool(important) and law_role(actor.role) != LawRole.SUPERVISOR
    may_hint = bool(said.phones) and await spend(desk, Act.CORRECT_CONTACT, 1)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        filing = await held_claim(fetch, desk, Act.CORRECT_CONTACT, claim)
        if filing is None:
            return Done(refusal=not_found("claim"))
        if filing["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=filing["version"]))
        if await _is_archived(fetch, desk, filing) or await fetch(_PENDING, [filing["id"]]):
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, _clauses(desk)))
        if waits:
            done = await _propose(tx, desk, filing, said, reason)
        else:
            by = filing["claimant_id"] if actor.role is Role.CUSTOMER_SERVICE else actor.staff
            done = await _apply(tx, desk, filing, said, by=by)
        if done.refusal is None and may_hint and await is_possible_match(fetch, desk, said, done.customer):
            return replace(done, refusal=Refused(RefusalCode.POSSIBLE_MATCH, ("A7",)))
        return done

    whole = {one.name: getattr(correction, one.name) for one in fields(correction)}
    whole |= {"claim": claim, "version": expected_version}
    return await replays.once(desk, Act.CORRECT_CONTACT, key, whole, do=do, again=_again)


async def judge_correction(
    desk: Desk, correction: str, *, is_confirmed: bool, reason: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Confirm a change that waits, or reject it with a reason (G13); whoever proposed it hears the guard's No."""
    actor = await desk.require(Act.JUDGE_CORRECTION, facts=[Condition.NOT_SELF])
    proof = Proof()
    why = proof.text(reason, "reason", longest=LONGEST_NOTE)
    if why is None and not is_confirmed and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "reason")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        row = await correction_in_reach(fetch, desk, Act.JUDGE_CORRECTION, correction)
        filing = row and await held_claim(
            fetch, desk, Act.JUDGE_CORRECTION, reference(Kind.CLAIM, (await fetch(_FILING_OF, [row]))[0]["filing_id"])
        )
        if row is None or filing is None:
            return Done(refusal=not_found("correction"))
        (found,) = await fetch(_HOLD, [row])
        if found["proposed_by_id"] == actor.staff:
            # NOT_SELF does not hold: to that the guard's own answer is No, and it is logged.
            await desk.require(Act.JUDGE_CORRECTION)
        if found["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=found["version"]))
        if found["state"] != CorrectionState.PENDING or await _is_archived(fetch, desk, filing):
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, _clauses(desk)))
        return await _judged(tx, desk, filing, found, is_confirmed=is_confirmed, why=why)

    whole = {"correction": correction, "confirmed": is_confirmed, "reason": reason, "version": expected_version}
    return await replays.once(desk, Act.JUDGE_CORRECTION, key, whole, do=do, again=_again)


async def _again(_tx: TransactionalDBClient, correction: UUID) -> Done:
    return Done(correction)


def _clauses(desk: Desk) -> tuple[str, ...]:
    return desk.rulebook.source("upkeep.confirmed").clauses


async def _is_archived(fetch: Fetch, desk: Desk, filing: Mapping[str, Any]) -> bool:
    return (await standing_of(fetch, filing["id"], now=desk.now)).state == FilingState.ARCHIVED


async def _propose(
    tx: TransactionalDBClient, desk: Desk, filing: Mapping[str, Any], said: Form, reason: str | None
) -> Done:
    """Keep what is proposed, sealed and of no filing's yet, and ask the team's supervisors."""
    fetch: Fetch = tx.execute_query_dict
    customer, me = filing["customer_id"], desk.signed_in().staff
    cipher = await desk.cipher_of(fetch, customer)
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    fact = addition.add_fact(
        PROPOSAL, customer, at=desk.now, by=me, entered_by=me, filing=filing["id"], details={"fields": said.present()}
    )
    addition.seal(fact, customer, cipher, said.sealed_texts())
    if reason is not None:
        addition.seal(fact, customer, cipher, [(Column.STATEMENT, reason.encode())])
    correction = addition.draw_id()
    addition.add_correction(
        correction, filing["id"], fact, fields=said.present(), proposed_by=me, state=CorrectionState.PENDING
    )
    await addition.write(tx)
    await fetch(BUMP, [filing["id"]])
    people = await present(fetch, [Role.SUPERVISOR, Role.COMPANY_LEADER], now=desk.now)
    near = [one["id"] for one in people if one["role"] == Role.SUPERVISOR and one["team"] == filing["team_id"]]
    far = [one["id"] for one in people if one["role"] == Role.COMPANY_LEADER]
    root = (await fetch(_ROOT_OF, [customer]))[0]["root_id"]
    asked = _notices(NoticeKind.CORRECTION_DUE, near or far, filing, root, said.present(), step=NextStep.CONFIRM)
    await tell(tx, asked, desk)
    teams = concerned(filing["team_id"])
    await desk.record(tx, Entry("contact:propose", customer=root, subject_teams=teams, fields=tuple(said.present())))
    return Done(correction, root)


async def _apply(tx: TransactionalDBClient, desk: Desk, filing: Mapping[str, Any], said: Form, *, by: UUID) -> Done:
    """Put it right at once, and keep that it was."""
    me = desk.signed_in().staff
    fact = await add_to_filing(tx, desk, filing, said, by=by, entered_by=me, tag="contact:correct", is_correction=True)
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    correction = addition.draw_id()
    addition.add_correction(
        correction, filing["id"], fact, fields=said.present(), proposed_by=me, state=CorrectionState.APPLIED
    )
    await addition.write(tx)
    done = await outcome_of(desk, tx, filing["id"])
    await _tell_concerned(tx, desk, filing, done.customer, said.present())
    return Done(correction, done.customer)


async def _judged(
    tx: TransactionalDBClient, desk: Desk, filing: Mapping[str, Any], found: Mapping[str, Any],
    *, is_confirmed: bool, why: str | None,
) -> Done:  # fmt: skip
    fetch: Fetch = tx.execute_query_dict
    me, customer = desk.signed_in().staff, filing["customer_id"]
    cipher = await desk.cipher_of(fetch, customer)
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    outcome = CorrectionState.CONFIRMED if is_confirmed else CorrectionState.REJECTED
    fact = addition.add_fact(
        JUDGEMENT, customer, at=desk.now, by=me, entered_by=me, filing=filing["id"],
        details={"correction": found["id"].hex, "outcome": outcome.value},
    )  # fmt: skip
    if why is not None:
        addition.seal(fact, customer, cipher, [(Column.STATEMENT, why.encode())])
    await addition.write(tx)
    await fetch(_JUDGE, [found["id"], outcome.value, me, desk.now])
    root = (await fetch(_ROOT_OF, [customer]))[0]["root_id"]
    if is_confirmed:
        said = form_of(cipher, await fetch(_VALUES, [found["fact_id"]]))
        await add_to_filing(
            tx, desk, filing, said, by=me, entered_by=found["proposed_by_id"], tag="contact:correct", is_correction=True
        )
        root = (await fetch(_ROOT_OF, [customer]))[0]["root_id"]
        await _tell_concerned(tx, desk, filing, root, said.present(), also=[found["proposed_by_id"]])
    else:
        named: Sequence[str] = found["changed"]
        told = _notices(NoticeKind.CORRECTION_REJECTED, [found["proposed_by_id"]], filing, root, named)
        await tell(tx, told, desk)
        teams = concerned(filing["team_id"])
        await desk.record(tx, Entry("contact:reject", customer=root, subject_teams=teams, fields=tuple(named)))
    return Done(found["id"], root)


def form_of(cipher: OwnCipher, rows: Sequence[Mapping[str, Any]]) -> Form:
    """Open the contact fields that a fact brought; texts that are no contact are passed over."""
    name: str | None = None
    phones: tuple[Phone, ...] = ()
    texts: dict[str, str] = {}
    by_column = {column: text for text, column in CONTACT_TEXTS.items()}
    for row in rows:
        column = Column(row["field"])
        if column not in {Column.NAME, Column.PHONES, *by_column}:
            continue
        opened = cipher.open(row["sealed"], Place(Table.SEALED_VALUE, column, row["id"], row["customer_id"]))
        match column:
            case Column.NAME:
                name = opened.decode()
            case Column.PHONES:
                phones = tuple(Phone(number, extension) for number, extension in orjson.loads(opened))
            case _:
                texts[by_column[column]] = opened.decode()
    return Form(name, phones, texts)


def _notices(
    kind: NoticeKind, staff: Sequence[UUID], filing: Mapping[str, Any], root: UUID, named: Sequence[str],
    *, step: NextStep = NextStep.NONE,
) -> list[Notice]:  # fmt: skip
    return [
        Notice(kind=kind, staff=one, customer=root, filing=filing["id"], next=step, details={"fields": list(named)})
        for one in staff
    ]


async def _tell_concerned(
    tx: TransactionalDBClient, desk: Desk, filing: Mapping[str, Any], root: UUID | None, named: Sequence[str],
    *, also: Sequence[UUID] = (),
) -> None:  # fmt: skip
    """Tell the claimant, the holder if they are of the filing's team, and the proposer (G14)."""
    if root is None:
        return
    holder = await holder_now(tx.execute_query_dict, root, now=desk.now)
    of_team = holder.staff if holder and holder.staff and holder.team == filing["team_id"] else filing["claimant_id"]
    told = sorted({filing["claimant_id"], of_team, *also} - {desk.signed_in().staff})
    await tell(tx, _notices(NoticeKind.CONTACT_CORRECTED, told, filing, root, named), desk)
