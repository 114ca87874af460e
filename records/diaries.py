"""What people report of their own work: the diary of a day (行销日志, J25), the report of a week (周报, J14).

- A day has one entry of a person, a week one report; what is to be put right is said in a new version, which names the
  one that it corrects. Nothing is overwritten.
- The words are sealed under the person's own key; the numbers of a report stand as they were said, beside those that
  the book counts whenever it is read.
- Whoever supervises marks the latest version as received, once (及时汇报并上交): never their own.
- Of two who write, correct or receive the same at once, the second finds what the first did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from authz.acts import Act
from authz.policy import Condition
from crypto.sealed import Place
from records import replays
from records.audit import Entry, concerned
from records.columns import Column, Table
from records.connection import copy_rows
from records.facts import Addition
from records.handing_in import week_of
from records.outcomes import Done
from records.proofreading import Proof
from records.queries import Values, customer_to_act_on, visible_to
from records.references import Kind, parse_reference, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from authz.actor import Actor
    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

MOST_CUSTOMERS: Final = 50
MOST_COUNTED: Final = 10_000
RECEIVED: Final = "receive_report"
"""The fact that something was received: the book's own, as are those that it was written; the law hears of none."""
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))"


@dataclass(frozen=True, slots=True)
class Reported:
    """One of the two kinds of what is reported: its table, what it is about, and how the book and the log name it."""

    kind: Kind
    table: Table
    column: Column
    period: str
    act: Act
    fact: str
    tag: str
    clause: str

    @property
    def name(self) -> str:
        """Name its table."""
        return self.table.name.lower()

    def at(self, row: UUID, staff: UUID) -> Place:
        """Say where the words of a person stand."""
        return Place(self.table, self.column, row, staff)


DIARY: Final = Reported(
    Kind.DIARY_ENTRY, Table.DIARY_ENTRY, Column.DIARY, "day", Act.WRITE_DIARY, "write_diary", "diary:write", "J25"
)
WEEKLY: Final = Reported(
    Kind.WEEKLY_REPORT, Table.WEEKLY_REPORT, Column.REPORT, "week", Act.SUBMIT_WEEKLY_REPORT, "submit_weekly_report",
    "weekly_report:submit", "J14",
)  # fmt: skip
REPORTED: Final = {one.kind: one for one in (DIARY, WEEKLY)}


@dataclass(frozen=True, slots=True)
class WeekSaid:
    """What somebody says of their week: three numbers, and four texts of which two may be left out."""

    visits: int
    customers: int
    signings: int
    areas: Confidential
    questions: Confidential | None
    feedback: Confidential | None
    plan: Confidential


@dataclass(frozen=True, slots=True)
class _Version:
    """What is to be written: about which day or week, correcting which version; words, and the columns beside them."""

    period: date
    corrects: str | None
    words: Mapping[str, str | None]
    columns: Mapping[str, object]
    customers: tuple[str, ...] = ()


async def write_diary(
    desk: Desk, day: date, *, done: Confidential, note: Confidential | None, customers: Iterable[str],
    corrects: str | None, key: UUID,
) -> Done:  # fmt: skip
    """Write one's own diary of a day that is not to come; the node is the entry.

    Refused: nothing said, a customer out of sight, a day that has its entry unless that is what is corrected.
    """
    actor = await desk.require(Act.WRITE_DIARY)
    proof, named = Proof(), tuple(dict.fromkeys(customers))
    words = {"done": _required(proof, DIARY, done, "done"), "note": proof.text(note, "note")}
    if day > desk.rulebook.day(desk.now):
        proof.blame(ProblemCode.IN_THE_FUTURE, "day")
    if len(named) > MOST_CUSTOMERS:
        proof.blame(ProblemCode.TOO_MANY, "customers")
    if proof.problems:
        return Done(refusal=proof.refusal())
    whole = {
        "day": day.isoformat(), "done": done, "note": note, "customers": list(named), "corrects": corrects,
    }  # fmt: skip
    return await _write(desk, actor, DIARY, _Version(day, corrects, words, {}, named), whole, key=key)


async def submit_weekly_report(desk: Desk, day: date, said: WeekSaid, *, corrects: str | None, key: UUID) -> Done:
    """Hand in one's own report of the week of a day, once the week has begun; the node is the report.

    Refused: areas or plan left out, a number out of range, a week that has its report unless that is what is corrected.
    """
    actor = await desk.require(Act.SUBMIT_WEEKLY_REPORT)
    proof, week = Proof(), week_of(day)
    words = {
        "areas": _required(proof, WEEKLY, said.areas, "areas"),
        "questions": proof.text(said.questions, "questions"),
        "feedback": proof.text(said.feedback, "feedback"),
        "plan": _required(proof, WEEKLY, said.plan, "plan"),
    }
    numbers = {"visits": said.visits, "customers": said.customers, "signings": said.signings}
    for name, number in numbers.items():
        if not 0 <= number <= MOST_COUNTED:
            proof.blame(ProblemCode.OUT_OF_RANGE, name)
    if week > desk.rulebook.day(desk.now):
        proof.blame(ProblemCode.IN_THE_FUTURE, "week")
    if proof.problems:
        return Done(refusal=proof.refusal())
    whole = numbers | {
        "week": week.isoformat(), "areas": said.areas, "questions": said.questions, "feedback": said.feedback,
        "plan": said.plan, "corrects": corrects,
    }  # fmt: skip
    return await _write(desk, actor, WEEKLY, _Version(week, corrects, words, numbers), whole, key=key)


async def receive_report(desk: Desk, report: str, *, key: UUID) -> Done:
    """Mark a diary entry or a weekly report as received (已收); the node is what was received.

    Refused: one nobody knows or out of reach, one's own, one of which there is a newer version, one received before.
    """
    actor = await desk.require(Act.RECEIVE_REPORT, facts=[Condition.NOT_SELF])
    parsed = parse_reference(report)
    of, row = (REPORTED.get(parsed[0]), parsed[1]) if parsed else (None, None)

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        if of is None or row is None or (found := await _in_reach(fetch, desk, of, row)) is None:
            return Done(refusal=not_found("report"))
        await _hold(fetch, of, found["staff_id"], found["period"])
        latest = await _latest(fetch, of, found["staff_id"], found["period"])
        if found["staff_id"] == actor.staff:
            return Done(refusal=Refused(RefusalCode.FOUR_EYES, (of.clause,)))
        if latest is None:
            return Done(refusal=not_found("report"))
        if latest["id"] != row:
            return Done(refusal=Refused(RefusalCode.STALE, version=latest["number"]))
        if latest["received_fact_id"] is not None:
            return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, (of.clause,)))
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        details = {of.period: found["period"].isoformat(), "number": latest["number"]}
        fact = addition.add_fact(
            RECEIVED, None, at=desk.now, by=actor.staff, entered_by=actor.staff, details=details | {"report": row.hex}
        )
        await addition.write(tx)
        await fetch(f"UPDATE {of.name} SET received_fact_id = $2 WHERE id = $1", [row, fact])  # noqa: S608 (a name of ours)
        await desk.record(tx, Entry("report:receive", subject_teams=concerned(found["team_id"])))
        return Done(row)

    return await replays.once(desk, Act.RECEIVE_REPORT, key, {"report": report}, do=do, again=_again)


def _required(proof: Proof, of: Reported, entered: Confidential, field: str) -> str | None:
    """Read a text that must say something (要求明确具体)."""
    problems = len(proof.problems)
    said = proof.text(entered, field)
    if said is None and len(proof.problems) == problems:
        proof.blame(ProblemCode.REQUIRED, field, clauses=(of.clause,))
    return said


async def _write(
    desk: Desk, actor: Actor, of: Reported, version: _Version, whole: Mapping[str, Any], *, key: UUID
) -> Done:
    """Write the first version, or the one after the version that it corrects."""

    async def do(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        roots: list[UUID] = []
        for place, reference in enumerate(version.customers):
            root = await customer_to_act_on(fetch, desk, Act.VIEW_CUSTOMERS, reference)
            if root is None:
                return Done(refusal=not_found("customers", str(place)))
            roots.append(root)
        await _hold(fetch, of, actor.staff, version.period)
        latest = await _latest(fetch, of, actor.staff, version.period)
        if (refused := await _unlike(fetch, of, actor.staff, version, latest)) is not None:
            return Done(refusal=refused)
        number = latest["number"] + 1 if latest else 1
        addition = Addition(desk.keys, now=desk.now, entropy=desk.entropy)
        details: dict[str, object] = {of.period: version.period.isoformat(), "number": number}
        if roots:
            details["customers"] = [root.hex for root in roots]
        fact = addition.add_fact(
            of.fact, None, at=desk.now, by=actor.staff, entered_by=actor.staff,
            corrects=latest["fact_id"] if latest else None, details=details,
        )  # fmt: skip
        await addition.write(tx)
        row, cipher = addition.draw_id(), await desk.keys.cipher_of_person(actor.staff, fetch)
        body = orjson.dumps({name: said for name, said in version.words.items() if said is not None})
        columns: dict[str, object] = {
            "id": row, "staff_id": actor.staff, of.period: version.period, "number": number, "fact_id": fact,
            **version.columns, "body": bytes(cipher.seal(body, of.at(row, actor.staff))),
        }  # fmt: skip
        await copy_rows(tx, of.name, list(columns), [list(columns.values())])
        await desk.record(tx, Entry(of.tag, subject_teams=concerned(actor.team)))
        return Done(row)

    return await replays.once(desk, of.act, key, whole, do=do, again=_again)


async def _unlike(
    fetch: Fetch, of: Reported, staff: UUID, version: _Version, latest: Mapping[str, Any] | None
) -> Refused | None:
    """Say why a version is not the next: there is one already, or what it corrects is none, or an old one."""
    if version.corrects is None:
        return None if latest is None else Refused(RefusalCode.NOT_IN_STATE, (of.clause,))
    row = row_of(of.kind, version.corrects)
    if latest is not None and latest["id"] == row:
        return None
    known = await fetch(
        f"SELECT 1 FROM {of.name} WHERE id = $1 AND staff_id = $2 AND {of.period} = $3",  # noqa: S608 (names of ours)
        [row, staff, version.period],
    )
    return Refused(RefusalCode.STALE, version=latest["number"]) if known and latest else not_found("corrects")


async def _hold(fetch: Fetch, of: Reported, staff: UUID, period: date) -> None:
    """Keep everybody else from the same day or week of the same person until this transaction ends."""
    await fetch(_LOCK, [of.name, f"{staff.hex} {period.isoformat()}"])


async def _latest(fetch: Fetch, of: Reported, staff: UUID, period: date) -> Mapping[str, Any] | None:
    rows = await fetch(
        f"SELECT id, number, fact_id, received_fact_id FROM {of.name} "  # noqa: S608 (names of ours)
        f"WHERE staff_id = $1 AND {of.period} = $2 ORDER BY number DESC LIMIT 1",
        [staff, period],
    )
    return rows[0] if rows else None


async def _in_reach(fetch: Fetch, desk: Desk, of: Reported, row: UUID) -> Mapping[str, Any] | None:
    """Find what is to be received, if it is by somebody whose reports the actor receives; their team now is with it."""
    sight, bind = visible_to(desk, Act.RECEIVE_REPORT), Values()
    now = bind(desk.now, "timestamptz")
    statement = (
        f"SELECT r.staff_id, r.{of.period} AS period, (SELECT m.team_id FROM team_membership m "  # noqa: S608 (names of ours)
        f"WHERE m.staff_id = r.staff_id AND m.from_at <= {now} ORDER BY m.from_at DESC, m.recorded_at DESC LIMIT 1) "
        f"AS team_id FROM {of.name} r WHERE r.id = {bind(row, 'uuid')} AND {sight.records('r.staff_id', bind)}"
    )
    rows = await fetch(statement, bind.given)
    return rows[0] if rows else None


async def _again(_tx: TransactionalDBClient, row: UUID) -> Done:
    return Done(row)
