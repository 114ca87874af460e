"""What an inspection finds (检查发现), that it was put right (整改), and that this is so (确认): B16 C11 E11.

- Each sampled filing is found once, by somebody whose filing it is not; what is not in order has its day.
- Whoever keeps the filing puts it right, or a supervisor of the team; somebody else confirms it, or sends it back.
- What is said of it is sealed under the customer's key, and tells nobody's right otherwise: facts of the book's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from authz.acts import Act
from authz.policy import Condition, Scope
from records import replays
from records.audit import Entry
from records.columns import Column
from records.erasure import refuse_erased
from records.facts import Addition
from records.identity import hold_roots
from records.inspections import CLAUSES, reaches
from records.notices import NextStep, Notice, NoticeKind, tell
from records.outcomes import Done
from records.proofreading import LONGEST_NOTE, Proof
from records.queries import visible_to
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

FOUND: Final = "inspect"
RECTIFIED: Final = "rectify"
CONFIRMED: Final = "confirm_rectification"


class Found(StrEnum):
    """What is found of a filing (检查结论)."""

    IN_ORDER = "in_order"
    INCOMPLETE = "incomplete"
    UNTRUE = "untrue"
    LATE = "late"
    NOT_FOLLOWED_UP = "not_followed_up"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class _Item:
    """A sampled filing that this transaction has locked, with its inspection, filing and customer (root)."""

    row: Mapping[str, Any]
    root: UUID


def keeper_of(row: Mapping[str, Any]) -> UUID:
    """Give who looks after a filing: whoever it was handed to, or whose claim it is."""
    return row["custodian_id"] or row["claimant_id"]


_HOLD: Final = "SELECT id FROM inspection WHERE id = $1 FOR UPDATE"
_OF: Final = """
SELECT i.id, i.inspection_id, f.customer_id, f.claimant_id, f.custodian_id, n.team_id FROM inspected_claim i
JOIN inspection n ON n.id = i.inspection_id JOIN filing f ON f.id = i.filing_id WHERE i.id = $1
"""
_HELD: Final = """
SELECT i.*, n.team_id, n.closed_at, n.opened_by_id, f.customer_id, f.claimant_id, f.custodian_id, f.entered_by_id
FROM inspected_claim i JOIN inspection n ON n.id = i.inspection_id JOIN filing f ON f.id = i.filing_id
WHERE i.id = $1 FOR UPDATE OF i
"""
_FIND: Final = """
UPDATE inspected_claim SET finding = $2, found_by_id = $3, found_at = $4, found_fact_id = $5, due_on = $6,
    version = version + 1 WHERE id = $1
"""
_RECTIFY: Final = """
UPDATE inspected_claim SET rectified_by_id = $2, rectified_at = $3, rectified_fact_id = $4, version = version + 1
WHERE id = $1
"""
_CONFIRM: Final = """
UPDATE inspected_claim SET confirmed_by_id = $2, confirmed_at = $3, version = version + 1 WHERE id = $1
"""
_SEND_BACK: Final = """
UPDATE inspected_claim SET rectified_by_id = NULL, rectified_at = NULL, rectified_fact_id = NULL, due_on = $2,
    version = version + 1 WHERE id = $1
"""


async def record_finding(
    desk: Desk, item: str, found: Found, *, note: Confidential | None, due_on: date | None, expected_version: int,
    key: UUID,
) -> Done:  # fmt: skip
    """Say what is found of a sampled filing, and by which day it is to be put right; the node is the sampled filing.

    Refused: one that was found before or whose inspection is closed, one's own, and under an old version.
    """
    actor = await desk.require(Act.RECORD_FINDING)
    proof = Proof()
    text = proof.text(note, "note", longest=LONGEST_NOTE)
    if text is None and found is Found.OTHER and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "note")
    due = _due(desk, proof, due_on) if found is not Found.IN_ORDER else None
    if found is Found.IN_ORDER and due_on is not None:
        proof.blame(ProblemCode.NOT_OFFERED, "dueOn")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        held = await _held(tx.execute_query_dict, desk, Act.RECORD_FINDING, item, expected_version)
        if isinstance(held, Refused):
            return Done(refusal=held)
        if actor.staff in {held.row["claimant_id"], held.row["entered_by_id"]}:
            return Done(refusal=Refused(RefusalCode.FOUR_EYES, CLAUSES))
        if held.row["finding"] is not None:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, CLAUSES))
        details: dict[str, object] = {"finding": found.value, "due_on": due and due.isoformat()}
        fact = await _write(tx, desk, held, FOUND, details=details, text=text)
        await tx.execute_query_dict(_FIND, [held.row["id"], found.value, actor.staff, desk.now, fact, due])
        if due is not None:
            kind, step = NoticeKind.FINDING_RECORDED, NextStep.RECTIFY
            await _tell(tx, desk, held, kind, staff=keeper_of(held.row), step=step, due=due)
        await _log(tx, desk, held, "inspection:find")
        return Done(held.row["id"], held.root)

    whole = {
        "item": item, "found": found, "note": note, "due": due_on and due_on.isoformat(), "version": expected_version,
    }  # fmt: skip
    return await replays.once(desk, Act.RECORD_FINDING, key, whole, do=do, again=_again)


async def rectify_finding(
    desk: Desk, item: str, *, note: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Say what was done about a finding (整改情况); whoever found it is told.

    Refused: what is in order or put right already, and under an old version.
    """
    actor = await desk.require(Act.RECTIFY_FINDING)
    proof = Proof()
    text = proof.text(note, "note", longest=LONGEST_NOTE)
    if text is None and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "note")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        held = await _held(tx.execute_query_dict, desk, Act.RECTIFY_FINDING, item, expected_version)
        if isinstance(held, Refused):
            return Done(refusal=held)
        if held.row["due_on"] is None or held.row["rectified_at"] is not None:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, CLAUSES))
        fact = await _write(tx, desk, held, RECTIFIED, details={}, text=text)
        await tx.execute_query_dict(_RECTIFY, [held.row["id"], actor.staff, desk.now, fact])
        kind, finder = NoticeKind.FINDING_RECTIFIED, held.row["found_by_id"]
        await _tell(tx, desk, held, kind, staff=finder, step=NextStep.CONFIRM)
        await _log(tx, desk, held, "inspection:rectify")
        return Done(held.row["id"], held.root)

    whole = {"item": item, "note": note, "version": expected_version}
    return await replays.once(desk, Act.RECTIFY_FINDING, key, whole, do=do, again=_again)


async def confirm_rectification(
    desk: Desk, item: str, *, is_confirmed: bool, note: Confidential | None, due_on: date | None,
    expected_version: int, key: UUID,
) -> Done:  # fmt: skip
    """Confirm that what was found is put right, or send it back with another day.

    Refused: what is not put right or confirmed already, what one put right oneself, and under an old version.
    """
    actor = await desk.require(Act.CONFIRM_RECTIFICATION, facts=[Condition.NOT_SELF])
    proof = Proof()
    text = proof.text(note, "note", longest=LONGEST_NOTE)
    due = None if is_confirmed else _due(desk, proof, due_on)
    if is_confirmed and due_on is not None:
        proof.blame(ProblemCode.NOT_OFFERED, "dueOn")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        held = await _held(fetch, desk, Act.CONFIRM_RECTIFICATION, item, expected_version)
        if isinstance(held, Refused):
            return Done(refusal=held)
        if held.row["rectified_at"] is None or held.row["confirmed_at"] is not None:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, CLAUSES))
        if held.row["rectified_by_id"] == actor.staff:
            return Done(refusal=Refused(RefusalCode.FOUR_EYES, CLAUSES))
        details: dict[str, object] = {"confirmed": is_confirmed, "due_on": due and due.isoformat()}
        await _write(tx, desk, held, CONFIRMED, details=details, text=text)
        if is_confirmed:
            await fetch(_CONFIRM, [held.row["id"], actor.staff, desk.now])
        else:
            await fetch(_SEND_BACK, [held.row["id"], due])
        kind = NoticeKind.RECTIFICATION_CONFIRMED if is_confirmed else NoticeKind.RECTIFICATION_REJECTED
        step = NextStep.NONE if is_confirmed else NextStep.RECTIFY
        await _tell(tx, desk, held, kind, staff=held.row["rectified_by_id"], step=step, due=due)
        await _log(tx, desk, held, "inspection:confirm" if is_confirmed else "inspection:send_back")
        return Done(held.row["id"], held.root)

    whole = {
        "item": item, "confirmed": is_confirmed, "note": note, "due": due_on and due_on.isoformat(),
        "version": expected_version,
    }  # fmt: skip
    return await replays.once(desk, Act.CONFIRM_RECTIFICATION, key, whole, do=do, again=_again)


async def _again(_tx: TransactionalDBClient, item: UUID) -> Done:
    return Done(item)


def _due(desk: Desk, proof: Proof, named: date | None) -> date | None:
    """Give the day by which something is put right: the one that is named, else by the rulebook."""
    today, window = desk.rulebook.day(desk.now), desk.rulebook.window("inspection.rectify_days")
    if named is None and window is None:
        proof.blame(ProblemCode.REQUIRED, "dueOn", clauses=CLAUSES)
    elif named is not None and named < today:
        proof.blame(ProblemCode.OUT_OF_RANGE, "dueOn")
    elif named is None and window is not None:
        return desk.rulebook.last_day(today, window)
    return named


async def _held(fetch: Fetch, desk: Desk, act: Act, reference: str, version: int) -> _Item | Refused:
    """Lock the customer of a sampled filing, then inspection and filing, if it is in reach and as it was read."""
    id_ = row_of(Kind.INSPECTED_CLAIM, reference)
    rows = await fetch(_OF, [id_])
    if not rows or not _reaches(desk, act, rows[0]):
        return not_found("item")
    root = (await hold_roots(fetch, [rows[0]["customer_id"]]))[rows[0]["customer_id"]]
    await refuse_erased(fetch, root)
    await fetch(_HOLD, [rows[0]["inspection_id"]])
    (row,) = await fetch(_HELD, [id_])
    if row["version"] != version:
        return Refused(RefusalCode.STALE, version=row["version"])
    if row["closed_at"] is not None:
        return Refused(RefusalCode.NOT_IN_STATE, CLAUSES)
    return _Item(row, root)


def _reaches(desk: Desk, act: Act, row: Mapping[str, Any]) -> bool:
    """Tell whether a sampled filing is within reach by an act: with its team's, or as one that one keeps oneself."""
    is_mine = visible_to(desk, act).scope is Scope.OWN and desk.signed_in().staff == keeper_of(row)
    return is_mine or reaches(desk, act, row["team_id"])


async def _write(
    tx: TransactionalDBClient, desk: Desk, held: _Item, kind: str, *, details: Mapping[str, object], text: str | None
) -> UUID:
    addition, me = Addition(desk.keys, now=desk.now, entropy=desk.entropy), desk.signed_in().staff
    customer, filing = held.row["customer_id"], held.row["filing_id"]
    said = {**details, "inspected": held.row["id"].hex}
    fact = addition.add_fact(kind, customer, at=desk.now, by=me, entered_by=me, filing=filing, details=said)
    if text is not None:
        cipher = await desk.cipher_of(tx.execute_query_dict, customer)
        addition.seal(fact, customer, cipher, [(Column.NOTE, text.encode())])
    await addition.write(tx)
    return fact


async def _tell(
    tx: TransactionalDBClient, desk: Desk, held: _Item, kind: NoticeKind, *,
    staff: UUID, step: NextStep, due: date | None = None,
) -> None:  # fmt: skip
    details = {} if due is None else {"due_on": due.isoformat()}
    notice = Notice(
        kind=kind, staff=staff, customer=held.root, filing=held.row["filing_id"], next=step, details=details
    )
    await tell(tx, [notice] if staff != desk.signed_in().staff else [], desk)


async def _log(tx: TransactionalDBClient, desk: Desk, held: _Item, tag: str) -> None:
    await desk.record(tx, Entry(tag, customer=held.root, subject_teams=(held.row["team_id"],)))
