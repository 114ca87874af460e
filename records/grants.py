"""Grants (授权, E10): a superior's word, for a time, by which somebody sees one customer in the clear.

- Whoever may reveal by a grant alone asks for one: of which customer, what, why. One waits at a time.
- A supervisor of a team that filed or holds the customer gives it, for eight hours at most, or refuses it; they may
  give one unasked. Nobody gives one to themself.
- It is withdrawn by a supervisor of the team that gave it, or given back by whom it was given to; it ends by the clock.
- What is said of it is sealed under the customer's key: facts of the book's own, of which the law hears nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from authz.actor import Role
from authz.acts import Act
from authz.policy import Condition, Scope
from records import replays
from records.audit import Entry, concerned
from records.columns import Column
from records.facts import Addition
from records.grant_use import CLAUSES, by_grant_alone
from records.identity import held_customer, hold_living
from records.next_steps import present
from records.notices import NextStep, Notice, NoticeKind, tell
from records.outcomes import Done
from records.people import departed_of, person_of_act
from records.proofreading import LONGEST_NOTE, Proof
from records.queries import Values, visible_to
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
    from records.disclosure import ContactField, PurposeCode

LONGEST_GRANT: Final = timedelta(hours=8)
REQUESTED: Final = "request_grant"
GIVEN: Final = "give_grant"
REFUSED: Final = "refuse_grant"
WITHDRAWN: Final = "withdraw_grant"
_TEAMS: Final = "SELECT team_id FROM customer_scope WHERE customer_id = $1 AND team_id IS NOT NULL"
_WAITING: Final = """
SELECT 1 FROM reveal_grant g JOIN customer c ON c.id = g.customer_id
WHERE g.staff_id = $1 AND c.root_id = $2 AND g.outcome IS NULL AND g.withdrawn_at IS NULL
"""
_OF: Final = """
SELECT g.customer_id, g.staff_id, g.team_id, c.root_id FROM reveal_grant g JOIN customer c ON c.id = g.customer_id
WHERE g.id = $1
"""
_HELD: Final = "SELECT * FROM reveal_grant WHERE id = $1 FOR UPDATE"
_DECIDE: Final = """
UPDATE reveal_grant SET outcome = $2, decided_by_id = $3, decided_at = $4, decided_fact_id = $5, team_id = $6,
    until_at = $7, version = version + 1 WHERE id = $1
"""
_WITHDRAW: Final = """
UPDATE reveal_grant SET withdrawn_by_id = $2, withdrawn_at = $3, version = version + 1 WHERE id = $1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What somebody wants to look at, or is let look at: of whom, which contact fields, papers too, and why."""

    customer: str
    fields: Sequence[ContactField]
    papers: bool
    purpose: PurposeCode
    reason: Confidential | None

    def shown(self) -> list[str]:
        """List the contact fields, each once."""
        return [one.value for one in dict.fromkeys(self.fields)]

    def said(self) -> dict[str, object]:
        """Give the whole of it, as a repeated act is compared."""
        return {
            "customer": self.customer, "fields": list(self.fields), "papers": self.papers, "purpose": self.purpose,
            "reason": self.reason,
        }  # fmt: skip

    def row(self) -> dict[str, object]:
        """Write it as a grant's columns."""
        return {"shown": self.shown(), "papers": self.papers, "purpose": self.purpose.value}


async def request_grant(desk: Desk, look: Look, *, key: UUID) -> Done:
    """Ask for a grant (申请授权); the node is the grant, which waits for a supervisor of the customer's team.

    Refused: a customer out of reach, what one may see without a grant or never, and a second one while one waits.
    """
    actor = await desk.require(Act.REQUEST_GRANT)
    proof = Proof()
    reason = _proofread(proof, desk, look, actor.role)
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        root = await held_customer(fetch, desk, Act.REQUEST_GRANT, look.customer)
        if root is None:
            return Done(refusal=not_found("customer"))
        if await fetch(_WAITING, [actor.staff, root]):
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, CLAUSES))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = await _add_fact(tx, desk, addition, REQUESTED, customer=root, text=reason)
        grant = addition.add_grant({"customer_id": root, "staff_id": actor.staff, "request_fact_id": fact} | look.row())
        await addition.write(tx)
        teams = await _teams(fetch, root)
        people = await present(fetch, [Role.SUPERVISOR], now=desk.now)
        asked = [one["id"] for one in people if one["team"] in teams]
        await _tell(tx, desk, NoticeKind.GRANT_REQUESTED, asked, root=root, step=NextStep.DECIDE)
        await _log(tx, desk, "grant:request", root=root, teams=teams, of=look.row())
        return Done(grant, root)

    return await replays.once(desk, Act.REQUEST_GRANT, key, look.said(), do=do, again=_again)


async def give_grant(
    desk: Desk, grant: str, *, until: datetime, note: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Give the grant that somebody asks for (批准授权), until an instant within eight hours; they are told.

    Refused: what is decided or withdrawn already, an old version, and whoever has left.
    """
    await desk.require(Act.GIVE_GRANT, facts=[Condition.NOT_SELF])
    proof = Proof()
    said = proof.text(note, "note", longest=LONGEST_NOTE)
    _check_end(proof, desk, until)
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        return await _decide(tx, desk, Act.GIVE_GRANT, grant, version=expected_version, said=said, until=until)

    whole = {"grant": grant, "until": until, "note": note, "version": expected_version}
    return await replays.once(desk, Act.GIVE_GRANT, key, whole, do=do, again=_again)


async def refuse_grant(
    desk: Desk, grant: str, *, reason: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Refuse the grant that somebody asks for (驳回授权), with the reason; they are told.

    Refused: what is decided or withdrawn already, an old version, and no reason.
    """
    await desk.require(Act.REFUSE_GRANT, facts=[Condition.NOT_SELF])
    proof = Proof()
    said = proof.text(reason, "reason", longest=LONGEST_NOTE)
    if said is None and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "reason")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        return await _decide(tx, desk, Act.REFUSE_GRANT, grant, version=expected_version, said=said, until=None)

    whole = {"grant": grant, "reason": reason, "version": expected_version}
    return await replays.once(desk, Act.REFUSE_GRANT, key, whole, do=do, again=_again)


async def offer_grant(desk: Desk, staff: str, look: Look, *, until: datetime, key: UUID) -> Done:
    """Give somebody a grant that they did not ask for (主动授权); they are told.

    Refused: a customer out of reach, oneself, whoever has left or may see it without a grant or never.
    """
    actor = await desk.require(Act.OFFER_GRANT, facts=[Condition.NOT_SELF])
    proof = Proof()
    whom = await person_of_act(desk, Act.REQUEST_GRANT, staff)
    if row_of(Kind.STAFF, staff) == actor.staff:
        # NOT_SELF does not hold: to that the guard's own answer is No, and it is logged.
        await desk.require(Act.OFFER_GRANT)
    reason = _proofread(proof, desk, look, None if whom is None else whom.role)
    _check_end(proof, desk, until)
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        root = await held_customer(fetch, desk, Act.OFFER_GRANT, look.customer)
        if root is None:
            return Done(refusal=not_found("customer"))
        if whom is None:
            return Done(refusal=not_found("staff"))
        if await departed_of(fetch, [whom.id]):
            return Done(refusal=Refused(RefusalCode.DEPARTED, CLAUSES))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        fact = await _add_fact(tx, desk, addition, GIVEN, customer=root, text=reason)
        drawn = addition.add_grant(
            {
                "customer_id": root, "staff_id": whom.id, "outcome": "given", "decided_by_id": actor.staff,
                "decided_at": desk.now, "decided_fact_id": fact, "team_id": actor.team, "until_at": until,
            } | look.row()
        )  # fmt: skip
        await addition.write(tx)
        await _tell(tx, desk, NoticeKind.GRANT_GIVEN, [whom.id], root=root, step=NextStep.REVEAL)
        await _log(tx, desk, "grant:give", root=root, teams=concerned(actor.team), of=look.row())
        return Done(drawn, root)

    whole = {"staff": staff, "until": until} | look.said()
    return await replays.once(desk, Act.OFFER_GRANT, key, whole, do=do, again=_again)


async def withdraw_grant(
    desk: Desk, grant: str, *, reason: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Withdraw a grant, or the request for one (撤回授权); whoever it is for, or gave it, is told.

    Refused: what is over already, and an old version.
    """
    actor = await desk.require(Act.WITHDRAW_GRANT)
    proof = Proof()
    said = proof.text(reason, "reason", longest=LONGEST_NOTE)
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        held = await _held(fetch, desk, Act.WITHDRAW_GRANT, grant, expected_version)
        if isinstance(held, Refused):
            return Done(refusal=held)
        is_over = held["outcome"] == "refused" or (held["until_at"] is not None and held["until_at"] <= desk.now)
        if held["withdrawn_at"] is not None or is_over:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, CLAUSES))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        await _add_fact(tx, desk, addition, WITHDRAWN, customer=held["root_id"], text=said)
        await addition.write(tx)
        await fetch(_WITHDRAW, [held["id"], actor.staff, desk.now])
        others = {held["staff_id"], held["decided_by_id"]} - {actor.staff, None}
        await _tell(tx, desk, NoticeKind.GRANT_WITHDRAWN, sorted(others), root=held["root_id"], step=NextStep.NONE)
        await _log(tx, desk, "grant:withdraw", root=held["root_id"], teams=concerned(held["team_id"]), of=held)
        return Done(held["id"], held["root_id"])

    whole = {"grant": grant, "reason": reason, "version": expected_version}
    return await replays.once(desk, Act.WITHDRAW_GRANT, key, whole, do=do, again=_again)


async def _again(_tx: TransactionalDBClient, grant: UUID) -> Done:
    return Done(grant)


def _proofread(proof: Proof, desk: Desk, look: Look, role: Role | None) -> str | None:
    """Read why a look is wanted; what a role may see without a grant, or never, is not offered to it."""
    reason = proof.text(look.reason, "reason", longest=LONGEST_NOTE)
    if reason is None and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "reason")
    if not look.fields and not look.papers:
        proof.blame(ProblemCode.REQUIRED, "fields")
    if role is None:
        return reason
    contacts = by_grant_alone(desk, role, Act.REVEAL_CONTACT)
    if any(one.field_class not in contacts for one in look.fields):
        proof.blame(ProblemCode.NOT_OFFERED, "fields", clauses=CLAUSES)
    if look.papers and not by_grant_alone(desk, role, Act.READ_PAPERS):
        proof.blame(ProblemCode.NOT_OFFERED, "papers", clauses=CLAUSES)
    return reason


def _check_end(proof: Proof, desk: Desk, until: datetime) -> None:
    if not desk.now < until <= desk.now + LONGEST_GRANT:
        proof.blame(ProblemCode.OUT_OF_RANGE, "until", clauses=CLAUSES)


async def _decide(
    tx: TransactionalDBClient, desk: Desk, act: Act, reference: str, *,
    version: int, said: str | None, until: datetime | None,
) -> Done:  # fmt: skip
    """Give what is asked for until an instant, or refuse it."""
    fetch: Fetch = tx.execute_query_dict
    actor = desk.signed_in()
    held = await _held(fetch, desk, act, reference, version)
    if isinstance(held, Refused):
        return Done(refusal=held)
    if held["staff_id"] == actor.staff:
        await desk.require(act)
    if held["outcome"] is not None or held["withdrawn_at"] is not None:
        return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, CLAUSES))
    if await departed_of(fetch, [held["staff_id"]]):
        return Done(refusal=Refused(RefusalCode.DEPARTED, CLAUSES))
    is_given, root = until is not None, held["root_id"]
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    fact = await _add_fact(tx, desk, addition, GIVEN if is_given else REFUSED, customer=root, text=said)
    await addition.write(tx)
    outcome = "given" if is_given else "refused"
    await fetch(_DECIDE, [held["id"], outcome, actor.staff, desk.now, fact, actor.team, until])
    kind, step = (NoticeKind.GRANT_GIVEN, NextStep.REVEAL) if is_given else (NoticeKind.GRANT_REFUSED, NextStep.NONE)
    await _tell(tx, desk, kind, [held["staff_id"]], root=root, step=step)
    tag = "grant:give" if is_given else "grant:refuse"
    await _log(tx, desk, tag, root=root, teams=concerned(actor.team), of=held)
    return Done(held["id"], root)


async def _held(fetch: Fetch, desk: Desk, act: Act, reference: str, version: int) -> Mapping[str, Any] | Refused:
    """Lock the customer of a grant, then the grant, if it is in reach and as it was read; `root_id` is with it.

    In reach: one's own to give back; to decide, with the customer; what is decided, to the team that decided it.
    """
    id_ = row_of(Kind.GRANT, reference)
    found = await fetch(_OF, [id_])
    if not found or not await _reaches(fetch, desk, act, found[0]):
        return not_found("grant")
    root = await hold_living(fetch, found[0]["customer_id"])
    (row,) = await fetch(_HELD, [id_])
    if row["version"] != version:
        return Refused(RefusalCode.STALE, version=row["version"])
    return dict(row) | {"root_id": root}


async def _reaches(fetch: Fetch, desk: Desk, act: Act, row: Mapping[str, Any]) -> bool:
    """Tell whether whoever asks may do an act on a grant."""
    actor, sight, bind = desk.signed_in(), visible_to(desk, act), Values()
    if act is Act.WITHDRAW_GRANT and row["staff_id"] == actor.staff:
        return True
    if sight.scope is not Scope.TEAM or row["team_id"] is not None:
        return sight.scope is Scope.TEAM and row["team_id"] == actor.team
    seen = sight.team_customer(bind(row["root_id"], "uuid"), bind)
    return (await fetch(f"SELECT {seen} AS is_seen", bind.given))[0]["is_seen"]


async def _add_fact(
    tx: TransactionalDBClient, desk: Desk, addition: Addition, kind: str, *, customer: UUID, text: str | None
) -> UUID:
    me = desk.signed_in().staff
    fact = addition.add_fact(kind, customer, at=desk.now, by=me, entered_by=me)
    if text is not None:
        cipher = await desk.cipher_of(tx.execute_query_dict, customer)
        addition.seal(fact, customer, cipher, [(Column.NOTE, text.encode())])
    return fact


async def _teams(fetch: Fetch, root: UUID) -> tuple[UUID, ...]:
    return tuple(row["team_id"] for row in await fetch(_TEAMS, [root]))


async def _tell(
    tx: TransactionalDBClient, desk: Desk, kind: NoticeKind, people: Sequence[UUID], *, root: UUID, step: NextStep
) -> None:
    await tell(tx, [Notice(kind=kind, staff=one, customer=root, next=step) for one in people], desk)


async def _log(
    tx: TransactionalDBClient, desk: Desk, tag: str, *, root: UUID, teams: tuple[UUID, ...], of: Mapping[str, Any]
) -> None:
    fields, purpose = tuple(of["shown"]), of["purpose"]
    await desk.record(tx, Entry(tag, customer=root, subject_teams=teams, fields=fields, purpose=purpose))
