"""Signing the undertaking of confidentiality (签署保密协议, B10), and that it was signed on paper.

- Everybody signs for themself, the very text that they were shown: its version and digest are named.
- That it was signed on paper is recorded by a supervisor of the team or a system administrator, never of oneself, with
  its day; whoever it is of is told.
- What is signed stays signed; another text is signed anew. Whether anybody must is the rulebook's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from authz.acts import Act
from authz.policy import Condition
from records import replays
from records.audit import Entry, concerned
from records.connection import read, transaction
from records.notices import Notice, NoticeKind, tell
from records.outcomes import Done
from records.people import departed_of, person, relation_to
from records.proofreading import Proof
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found
from records.undertaking_text import text_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from typing import Any

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk

CLAUSES: Final = ("B10",)
_SIGNED: Final = "SELECT * FROM undertaking WHERE staff_id = $1 AND version = $2 AND digest = $3"
_SIGN: Final = """
INSERT INTO undertaking (id, staff_id, version, digest, way, signed_on, document, recorded_by_id, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (staff_id, version, digest) DO NOTHING RETURNING id
"""
_OF_LOGINS: Final = "SELECT staff_id FROM account WHERE login = ANY($1)"


class SigningWay(StrEnum):
    """How somebody signed (签署方式)."""

    HERE = "here"
    PAPER = "paper"


@dataclass(frozen=True, slots=True)
class Signature:
    """That somebody signed the text in force: on which day, how, and who recorded it when."""

    id: UUID
    staff: UUID
    way: SigningWay
    signed_on: date
    recorded_by: UUID
    recorded_at: datetime


async def sign_undertaking(desk: Desk, *, version: int, digest: str, key: UUID) -> Done:
    """Sign for oneself the text that one was shown; the node is the signature.

    Refused: a text that is not the one in force, and a second time.
    """
    actor = await desk.require(Act.SIGN_UNDERTAKING)
    proof = Proof()
    said = proof.digest(digest, "digest")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        text = text_in_force()
        if (version, said) != (text.version, text.digest.hex()):
            return Done(refusal=Refused(RefusalCode.STALE, CLAUSES, version=text.version))
        today = desk.rulebook.day(desk.now)
        return await _sign(tx, desk, actor.staff, SigningWay.HERE, today, document=None)

    whole = {"version": version, "digest": digest}
    return await replays.once(desk, Act.SIGN_UNDERTAKING, key, whole, do=do, again=_again)


async def record_undertaking(
    desk: Desk, staff: str, *, version: int, signed_on: date, document: str | None, key: UUID
) -> Done:
    """Record that somebody signed the text in force on paper; the node is the signature, and they are told.

    Refused: somebody out of reach or who has left, a day to come, another text, and a second time.
    """
    await desk.require(Act.RECORD_UNDERTAKING, facts=[Condition.NOT_SELF])
    proof = Proof()
    paper = proof.digest(document, "document")
    if signed_on > desk.rulebook.day(desk.now):
        proof.blame(ProblemCode.IN_THE_FUTURE, "signedOn")
    if proof.problems:
        return Done(refusal=proof.refusal())
    whom = await _within_reach(desk, staff)

    async def do(tx: TransactionalDBClient) -> Done:
        text = text_in_force()
        if whom is None:
            return Done(refusal=not_found("staff"))
        if version != text.version:
            return Done(refusal=Refused(RefusalCode.STALE, CLAUSES, version=text.version))
        if await departed_of(tx.execute_query_dict, [whom]):
            return Done(refusal=Refused(RefusalCode.DEPARTED, CLAUSES))
        done = await _sign(tx, desk, whom, SigningWay.PAPER, signed_on, document=paper)
        if done.refusal is None:
            await tell(tx, [Notice(kind=NoticeKind.UNDERTAKING_RECORDED, staff=whom)], desk)
        return done

    whole = {"staff": staff, "version": version, "signed_on": signed_on.isoformat(), "document": document}
    return await replays.once(desk, Act.RECORD_UNDERTAKING, key, whole, do=do, again=_again)


async def sign_all(desk: Desk, logins: Sequence[str]) -> None:
    """Let the people of some accounts have signed the text in force, for a book to try the product with."""
    text, today = text_in_force(), desk.rulebook.day(desk.now)
    async with transaction() as tx:
        for row in await tx.execute_query_dict(_OF_LOGINS, [list(logins)]):
            drawn, staff = UUID(bytes=desk.entropy(16), version=4), row["staff_id"]
            kept = [drawn, staff, text.version, text.digest, SigningWay.HERE.value, today, None, staff, desk.now]
            await tx.execute_query_dict(_SIGN, kept)


async def own_signature(desk: Desk) -> Signature | None:
    """Give whoever asks their signature under the text in force, if they have signed it."""
    text = text_in_force()
    rows = await read(_SIGNED, [desk.signed_in().staff, text.version, text.digest])
    return _signature(rows[0]) if rows else None


async def signature(desk: Desk, id_: UUID | None) -> Signature | None:
    """Give the signature that an act of whoever asks has just made, or found."""
    rows = await read("SELECT * FROM undertaking WHERE id = $1 AND $2 IN (staff_id, recorded_by_id)",
                      [id_, desk.signed_in().staff])  # fmt: skip
    return _signature(rows[0]) if rows else None


def _signature(row: Mapping[str, Any]) -> Signature:
    return Signature(
        row["id"], row["staff_id"], SigningWay(row["way"]), row["signed_on"], row["recorded_by_id"], row["recorded_at"]
    )


async def _again(_tx: TransactionalDBClient, made: UUID) -> Done:
    return Done(made)


async def _within_reach(desk: Desk, reference: str) -> UUID | None:
    """Give whom a reference names, if they are within reach; of oneself nobody records it."""
    named = row_of(Kind.STAFF, reference)
    found = named and await person(named, now=desk.now)
    if not found:
        return None
    actor = desk.signed_in()
    if found.id == actor.staff:
        # NOT_SELF does not hold: to that the guard's own answer is No, and it is logged.
        await desk.require(Act.RECORD_UNDERTAKING)
    relation = relation_to(actor, staff=found.id, team=found.team)
    may = desk.guard.may(actor, Act.RECORD_UNDERTAKING, relation=relation, facts=[Condition.NOT_SELF])
    return found.id if may else None


async def _sign(
    tx: TransactionalDBClient, desk: Desk, staff: UUID, way: SigningWay, on: date, *, document: str | None
) -> Done:
    """Keep a signature under the text in force, once."""
    fetch: Fetch = tx.execute_query_dict
    text, actor = text_in_force(), desk.signed_in()
    row = UUID(bytes=desk.entropy(16), version=4)
    kept = [row, staff, text.version, text.digest, way.value, on, document, actor.staff, desk.now]
    if not await fetch(_SIGN, kept):
        return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, CLAUSES))
    tag = "undertaking:sign" if way is SigningWay.HERE else "undertaking:record"
    await desk.record(tx, Entry(tag, subject_teams=concerned(actor.team)))
    return Done(row)
