"""Editions of the rulebook (办法版本): drafted from another, approved for a day, and in force from it on (C14 E14).

- A draft states what it changes of the rulebook that it starts from; each change has its clause, or is a reading.
- It is approved by a company leader, from a day on: of the past only with a reason of its own (E14). Ahead of its day
  it may be withdrawn, with a reason; once it is in force another takes its place, and nothing else.
- With the approval everything is decided anew, that day ahead: nobody acts meanwhile, and no job runs at midnight.
- Rulings that were made stay as they were: an award keeps the one that it was given on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from authz.acts import Act
from claims.clauses import clauses
from claims.parameters import SPECS, Form
from claims.rulebook import PRESETS, Parameter, load_preset
from claims.ruling import GroundKind
from claims.terms import build_rulebook
from records import replays
from records.audit import Entry
from records.facts import Addition
from records.holders import BATCH, refresh
from records.law import written
from records.notices import Notice, NoticeKind, tell
from records.outcomes import Done
from records.proofreading import Proof
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from claims.rulebook import Rulebook
    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

PUBLISH: Final = "publish"
"""The fact of an approval: the book's own, of which the law hears as of an edition."""
WITHDRAW: Final = "withdraw_edition"
"""The fact of a withdrawal: the book's own, as an approval is."""
LONGEST_TITLE: Final = 200
LONGEST_REASON: Final = 200
MOST_CHANGES: Final = 100
_ADD: Final = """
INSERT INTO rulebook_edition
    (id, rulebook, title, based_on, parameters, cited, state, drafted_by_id, drafted_at, version)
VALUES ($1, $2, $3, $4, $5, $6, 'draft', $7, $8, 1)
"""
_HELD: Final = "SELECT * FROM rulebook_edition WHERE id = $1 FOR UPDATE"
_TAKEN: Final = "SELECT 1 FROM rulebook_edition WHERE state = 'approved' AND effective_on = $1"
_NEXT: Final = "SELECT min(effective_on) AS day FROM rulebook_edition WHERE state = 'approved' AND effective_on > $1"
_SUPERSEDE: Final = """
UPDATE rulebook_edition SET until_on = $1
WHERE state = 'approved' AND effective_on < $1 AND (until_on IS NULL OR until_on > $1)
"""
_APPROVE: Final = """
UPDATE rulebook_edition SET state = 'approved', edition = $2, effective_on = $3, until_on = $4, approved_by_id = $5,
    approved_at = $6, approved_on = $7, because = $8, version = version + 1 WHERE id = $1
"""
_WITHDRAW: Final = """
UPDATE rulebook_edition SET state = 'withdrawn', edition = NULL, until_on = NULL, withdrawn_by_id = $2,
    withdrawn_at = $3, withdrawn_on = $4, withdrawn_because = $5, version = version + 1 WHERE id = $1
"""
_PROLONG: Final = "UPDATE rulebook_edition SET until_on = $2 WHERE state = 'approved' AND until_on = $1"
_ROOTS: Final = "SELECT id FROM customer WHERE id = root_id AND id > $1 ORDER BY id LIMIT $2"
_FIRST: Final = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Change:
    """One parameter as a draft has it; `value` is JSON."""

    parameter: str
    value: str
    unit: str | None
    clauses: tuple[str, ...]
    kind: GroundKind | None


async def draft_edition(
    desk: Desk, *, based_on: str | None, title: str | None, changes: Sequence[Change], key: UUID
) -> Done:
    """Draft an edition: the rulebook in force, or a preset, with some parameters changed."""
    actor = await desk.require(Act.DRAFT_EDITION)
    proof = Proof()
    draft = _drafted(proof, desk, based_on, title, changes)
    if draft is None:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        drawn = Addition(desk.keys, now=desk.now, entropy=desk.entropy).draw_id()
        await tx.execute_query_dict(
            _ADD,
            [
                drawn, draft.name, draft.title, based_on or desk.rulebook.edition,
                orjson.dumps(written(draft.parameters)).decode(), orjson.dumps(written(draft.cited)).decode(),
                actor.staff, desk.now,
            ],
        )  # fmt: skip
        await desk.record(tx, Entry("edition:draft"))
        return Done(drawn)

    async def again(_tx: TransactionalDBClient, edition: UUID) -> Done:
        return Done(edition)

    said = [[one.parameter, one.value, one.unit, one.clauses, one.kind] for one in changes]
    whole = {"based_on": based_on, "title": title, "changes": said}
    return await replays.once(desk, Act.DRAFT_EDITION, key, whole, do=do, again=again)


def _drafted(
    proof: Proof, desk: Desk, based_on: str | None, title: str | None, changes: Sequence[Change]
) -> Rulebook | None:
    """Read a draft; None if anything of it cannot be."""
    base = desk.rulebook
    if based_on is not None and based_on != base.name:
        if based_on not in PRESETS:
            proof.blame(ProblemCode.NOT_OFFERED, "basedOn")
        else:
            base = load_preset(based_on)
    if title is not None and not 0 < len(title.strip()) <= LONGEST_TITLE:
        proof.blame(ProblemCode.TOO_LONG if title.strip() else ProblemCode.REQUIRED, "title")
    if not 0 < len(changes) <= MOST_CHANGES:
        proof.blame(ProblemCode.TOO_MANY if changes else ProblemCode.REQUIRED, "changes")
        return None
    parameters = dict(base.parameters)
    for place, change in enumerate(changes):
        known = len(proof.problems)
        found = _changed(proof, change, parameters.get(change.parameter), "changes", str(place))
        if found is not None and len(proof.problems) == known:
            parameters[change.parameter] = found
    if proof.problems:
        return None
    name = title.strip() if title is not None else base.title
    try:
        return build_rulebook(base.name, f"{base.name}@draft", parameters, base.cited, name)
    except KeyError:
        proof.blame(ProblemCode.OUT_OF_RANGE, "changes")
        return None


def _changed(proof: Proof, change: Change, inherited: Parameter | None, *place: str) -> Parameter | None:
    spec = SPECS.get(change.parameter)
    if spec is None:
        return proof.blame(ProblemCode.NOT_OFFERED, *place, "parameter")
    try:
        value = orjson.loads(change.value)
    except orjson.JSONDecodeError:
        return proof.blame(ProblemCode.MALFORMED, *place, "value")
    if not spec.takes(value):
        return proof.blame(ProblemCode.OUT_OF_RANGE, *place, "value")
    unit = change.unit or (inherited.unit if inherited else None)
    if not spec.units or (spec.form is Form.DAYS and not isinstance(value, int)):
        unit = None
    elif unit not in spec.units:
        proof.blame(ProblemCode.NOT_OFFERED if unit else ProblemCode.REQUIRED, *place, "unit")
    if not set(change.clauses) <= clauses().keys():
        proof.blame(ProblemCode.NOT_OFFERED, *place, "clauses")
    kind = change.kind or (GroundKind.CLAUSE if change.clauses else GroundKind.READING)
    if kind is not GroundKind.READING and not change.clauses:
        proof.blame(ProblemCode.REQUIRED, *place, "clauses")
    return Parameter(tuple(value) if isinstance(value, list) else value, kind, tuple(change.clauses), unit)


async def publish_rulebook(
    desk: Desk, edition: str, *, effective_on: date, because: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Approve a draft: it is in force from a day on, and everything is decided anew with that day ahead.

    Refused: a draft nobody knows or that is approved already, under an old version; a day of the past without a
    reason of its own (E14), and a day on which another edition comes into force.
    """
    await desk.require(Act.PUBLISH_RULEBOOK)
    today = desk.rulebook.day(desk.now)
    proof = Proof()
    reason = proof.text(because, "because", longest=LONGEST_REASON)
    if effective_on < today and reason is None and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "because", clauses=("E14",))
    if proof.problems:
        return Done(refusal=proof.refusal())
    row = row_of(Kind.EDITION, edition)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        found = await fetch(_HELD, [row]) if row is not None else []
        if not found:
            return Done(refusal=not_found("edition"))
        if found[0]["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=found[0]["version"]))
        if found[0]["state"] != "draft":
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, ("E14",)))
        if await fetch(_TAKEN, [effective_on]):
            return Done(refusal=Refused(RefusalCode.TAKEN, ("E14",)))
        await _approve(tx, desk, found[0], effective_on=effective_on, today=today, reason=reason)
        await _decide_anew(tx, desk)
        return Done(found[0]["id"])

    async def again(_tx: TransactionalDBClient, made: UUID) -> Done:
        return Done(made)

    whole = {"edition": edition, "on": effective_on.isoformat(), "because": because, "version": expected_version}
    done = await replays.once(desk, Act.PUBLISH_RULEBOOK, key, whole, do=do, again=again, alone=True)
    if done.refusal is None:
        await desk.hear_the_law()
    return done


async def _approve(
    tx: TransactionalDBClient, desk: Desk, draft: Mapping[str, Any], *,
    effective_on: date, today: date, reason: str | None,
) -> None:  # fmt: skip
    """Write the approval, and until when the edition before it is in force."""
    fetch: Fetch = tx.execute_query_dict
    staff = desk.signed_in().staff
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    details = {"edition": draft["id"].hex, "effective_on": effective_on.isoformat(), "backdated": effective_on < today}
    addition.add_fact(PUBLISH, None, at=desk.now, by=staff, entered_by=staff, details=details)
    await addition.write(tx)
    until = (await fetch(_NEXT, [effective_on]))[0]["day"]
    await fetch(_SUPERSEDE, [effective_on])
    name = f"{draft['rulebook']}@{effective_on.isoformat()}"
    await fetch(_APPROVE, [draft["id"], name, effective_on, until, staff, desk.now, today, reason])
    await desk.record(tx, Entry("edition:publish"))


async def withdraw_edition(
    desk: Desk, edition: str, *, because: Confidential | None, expected_version: int, key: UUID
) -> Done:
    """Withdraw an approved edition ahead of its day (撤回), with a reason: the edition before it runs on.

    Refused: one that nobody knows, under an old version, a draft, and one whose day has come: what is in force is
    superseded by another edition, and by nothing else (E14).
    """
    await desk.require(Act.WITHDRAW_EDITION)
    today = desk.rulebook.day(desk.now)
    proof = Proof()
    reason = proof.text(because, "because", longest=LONGEST_REASON)
    if reason is None and not proof.problems:
        proof.blame(ProblemCode.REQUIRED, "because", clauses=("E14",))
    if proof.problems:
        return Done(refusal=proof.refusal())
    row = row_of(Kind.EDITION, edition)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        found = await fetch(_HELD, [row]) if row is not None else []
        if not found:
            return Done(refusal=not_found("edition"))
        if found[0]["version"] != expected_version:
            return Done(refusal=Refused(RefusalCode.STALE, version=found[0]["version"]))
        if found[0]["state"] != "approved" or found[0]["effective_on"] <= today:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, ("E14",)))
        await _withdraw(tx, desk, found[0], today=today, reason=reason or "")
        await _decide_anew(tx, desk)
        return Done(found[0]["id"])

    async def again(_tx: TransactionalDBClient, made: UUID) -> Done:
        return Done(made)

    whole = {"edition": edition, "because": because, "version": expected_version}
    done = await replays.once(desk, Act.WITHDRAW_EDITION, key, whole, do=do, again=again, alone=True)
    if done.refusal is None:
        await desk.hear_the_law()
    return done


async def _withdraw(
    tx: TransactionalDBClient, desk: Desk, approved: Mapping[str, Any], *, today: date, reason: str
) -> None:
    """Write the withdrawal, let the edition before run on, and tell whoever drafted and approved it."""
    fetch: Fetch = tx.execute_query_dict
    staff = desk.signed_in().staff
    addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
    details = {"edition": approved["id"].hex, "effective_on": approved["effective_on"].isoformat()}
    addition.add_fact(WITHDRAW, None, at=desk.now, by=staff, entered_by=staff, details=details)
    await addition.write(tx)
    await fetch(_WITHDRAW, [approved["id"], staff, desk.now, today, reason])
    await fetch(_PROLONG, [approved["effective_on"], approved["until_on"]])
    told = {approved["drafted_by_id"], approved["approved_by_id"]} - {staff}
    await tell(tx, [Notice(kind=NoticeKind.EDITION_WITHDRAWN, staff=one) for one in sorted(told)], desk)
    await desk.record(tx, Entry("edition:withdraw"))


async def _decide_anew(tx: TransactionalDBClient, desk: Desk) -> None:
    """Bring every customer's projections under the law as it is now; nobody else acts meanwhile."""
    last: Any = _FIRST
    while rows := await tx.execute_query_dict(_ROOTS, [last, BATCH]):
        await refresh(tx, [row["id"] for row in rows], desk.rulebook, entropy=desk.entropy)
        last = rows[-1]["id"]
