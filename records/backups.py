"""Evidence of backups (备份凭证, G6 G15): that one was made, that its restore was tried, how old the last good one is.

- A backup is known by the SHA-256 of its file, once; that it was made, and what a trial came to, is never changed.
- Good is one whose last trial was. Whether the next one is overdue follows from the clock and `backup.days`, by no job.
- Whoever runs the command is known by the name they have on the machine; whoever records one on the wire, by themself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from authz.acts import Act
from records import replays
from records.audit import Entry
from records.connection import read, transaction
from records.filters import EVERYTHING
from records.outcomes import Done
from records.pages import Count, Listing, Order, Page, Paging, SortKey, count, page
from records.proofreading import Proof
from records.queries import NOBODY, Values, visible_to
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from tortoise.backends.base.client import TransactionalDBClient

    from claims.rulebook import Rulebook
    from records.desk import Desk

CLAUSES: Final = ("G6", "G15")
LONGEST_OPERATOR: Final = 64
KIBIBYTE: Final = 1024
_KEEP: Final = """
INSERT INTO backup (id, made_at, size, digest, contents, rows, ledger, recovery, staff_id, operator, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (digest) DO NOTHING RETURNING id
"""
_TRY: Final = """
INSERT INTO restore_trial (id, backup_id, tried_at, outcome, staff_id, operator, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_COLUMNS: Final = "b.*, t.tried_at, t.outcome"
_FROM: Final = (
    "FROM backup b LEFT JOIN LATERAL (SELECT r.tried_at, r.outcome FROM restore_trial r WHERE r.backup_id = b.id "
    "ORDER BY r.tried_at DESC, r.recorded_at DESC, r.id DESC LIMIT 1) t ON true"
)
_LAST_GOOD: Final = f"SELECT {_COLUMNS} {_FROM} WHERE t.outcome = 'good' ORDER BY b.made_at DESC, b.id DESC LIMIT 1"
_EVERY: Final = f"SELECT {_COLUMNS} {_FROM} ORDER BY b.made_at DESC, b.id DESC LIMIT $1"
_OF_FILE: Final = f"SELECT {_COLUMNS} {_FROM} WHERE b.digest = $1"
_BEGUN: Final = "SELECT created_at FROM installation"


class TrialOutcome(StrEnum):
    """How a trial to restore a backup ended (恢复测试结果)."""

    GOOD = "good"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made: when, how large, its SHA-256; and where they are known, those of all else.

    `contents` and `rows` are what it holds, `ledger` the erasure ledger's copy, `recovery` that of the key file's.
    """

    at: datetime
    size: int
    digest: bytes
    contents: bytes | None = None
    rows: int | None = None
    ledger: bytes | None = None
    recovery: bytes | None = None


@dataclass(frozen=True, slots=True)
class BackupRow:
    """A backup in evidence, with its last trial."""

    id: UUID
    made: Made
    staff: UUID | None
    operator: str | None
    tried_at: datetime | None
    outcome: TrialOutcome | None


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """How it stands with backups: the last good one, and by which day the next is due; None where none is asked for."""

    last_good: BackupRow | None
    due_on: date | None
    is_overdue: bool


async def record_backup(
    desk: Desk, made_at: datetime, *, kibibytes: int, digest: str, recovery: str | None, key: UUID
) -> Done:
    """Record that a backup was made elsewhere (登记备份); the node is the backup.

    Refused: one to come, of nothing, and a file that is recorded already.
    """
    actor = await desk.require(Act.RECORD_BACKUP)
    proof = Proof()
    if kibibytes <= 0:
        proof.blame(ProblemCode.OUT_OF_RANGE, "kibibytes")
    proof.past(made_at, desk.now, "madeAt")
    file, copy = proof.digest(digest, "digest"), proof.digest(recovery, "recovery")
    if proof.problems or file is None:
        return Done(refusal=proof.refusal())
    made = Made(
        made_at, kibibytes * KIBIBYTE, bytes.fromhex(file), recovery=None if copy is None else bytes.fromhex(copy)
    )

    async def do(tx: TransactionalDBClient) -> Done:
        kept = await _keep(tx, desk, made, staff=actor.staff, operator=None)
        return Done(refusal=Refused(RefusalCode.NOT_IN_STATE, CLAUSES)) if kept is None else Done(kept)

    whole = {"at": made_at, "size": kibibytes, "digest": digest, "recovery": recovery}
    return await replays.once(desk, Act.RECORD_BACKUP, key, whole, do=do, again=_again)


async def record_restore(desk: Desk, backup: str, outcome: TrialOutcome, *, tried_at: datetime, key: UUID) -> Done:
    """Record that a backup was restored on trial elsewhere (登记恢复测试); the node is the backup.

    Refused: a backup nobody knows, and a trial to come or from before the backup.
    """
    actor = await desk.require(Act.RECORD_BACKUP)
    proof = Proof()
    proof.past(tried_at, desk.now, "triedAt")
    if proof.problems:
        return Done(refusal=proof.refusal())

    async def do(tx: TransactionalDBClient) -> Done:
        rows = await tx.execute_query_dict(
            "SELECT id, made_at FROM backup WHERE id = $1", [row_of(Kind.BACKUP, backup)]
        )
        if not rows:
            return Done(refusal=not_found("backup"))
        if tried_at < rows[0]["made_at"]:
            proof.blame(ProblemCode.OUT_OF_RANGE, "triedAt")
            return Done(refusal=proof.refusal())
        await _try(tx, desk, rows[0]["id"], outcome, tried_at, staff=actor.staff, operator=None)
        return Done(rows[0]["id"])

    whole = {"backup": backup, "outcome": outcome, "at": tried_at}
    return await replays.once(desk, Act.RECORD_BACKUP, key, whole, do=do, again=_again)


async def _again(_tx: TransactionalDBClient, backup: UUID) -> Done:
    return Done(backup)


async def keep_backup(desk: Desk, made: Made, *, operator: str) -> UUID | None:
    """Record a backup that the command has made, or that its operator brings; None if it is recorded already."""
    async with transaction() as tx:
        return await _keep(tx, desk, made, staff=None, operator=operator[:LONGEST_OPERATOR])


async def keep_trial(desk: Desk, backup: UUID, outcome: TrialOutcome, *, operator: str) -> None:
    """Record a trial that the command has made."""
    async with transaction() as tx:
        await _try(tx, desk, backup, outcome, desk.now, staff=None, operator=operator[:LONGEST_OPERATOR])


async def _keep(
    tx: TransactionalDBClient, desk: Desk, made: Made, *, staff: UUID | None, operator: str | None
) -> UUID | None:
    drawn = UUID(bytes=desk.entropy(16), version=4)
    values = [
        drawn, made.at, made.size, made.digest, made.contents, made.rows, made.ledger, made.recovery, staff, operator,
        desk.now,
    ]  # fmt: skip
    if not await tx.execute_query_dict(_KEEP, values):
        return None
    await desk.record(tx, Entry("backup:record"))
    return drawn


async def _try(
    tx: TransactionalDBClient, desk: Desk, backup: UUID, outcome: TrialOutcome, at: datetime,
    *, staff: UUID | None, operator: str | None,
) -> None:  # fmt: skip
    drawn = UUID(bytes=desk.entropy(16), version=4)
    await tx.execute_query_dict(_TRY, [drawn, backup, at, outcome.value, staff, operator, desk.now])
    await desk.record(tx, Entry("backup:restore", fields=(outcome.value,)))


async def backup_status(rulebook: Rulebook, *, now: datetime) -> BackupStatus:
    """Tell how it stands with backups at an instant: before the first good one, counted from the book's beginning."""
    found = await read(_LAST_GOOD, [])
    last = _row(found[0]) if found else None
    window = rulebook.window("backup.days")
    if window is None:
        return BackupStatus(last, None, is_overdue=False)
    begun = last.made.at if last else (await read(_BEGUN, []))[0]["created_at"]
    due = rulebook.last_day(rulebook.day(begun), window)
    return BackupStatus(last, due, is_overdue=rulebook.day(now) > due)


async def last_backups(most: int) -> list[BackupRow]:
    """List the last backups, for whoever runs the command."""
    return [_row(row) for row in await read(_EVERY, [most])]


async def backup_of_file(digest: bytes) -> BackupRow | None:
    """Give the backup whose file has a digest."""
    rows = await read(_OF_FILE, [digest])
    return _row(rows[0]) if rows else None


def _row(row: Mapping[str, Any]) -> BackupRow:
    def digest(column: str) -> bytes | None:
        return None if row[column] is None else bytes(row[column])

    made = Made(
        row["made_at"], row["size"], bytes(row["digest"]), digest("contents"), row["rows"], digest("ledger"),
        digest("recovery"),
    )  # fmt: skip
    outcome = None if row["outcome"] is None else TrialOutcome(row["outcome"])
    return BackupRow(row["id"], made, row["staff_id"], row["operator"], row["tried_at"], outcome)


_KEYS = (SortKey("b.made_at", "timestamptz"), SortKey("b.id", "uuid"))


def backups(desk: Desk) -> Listing[BackupRow]:
    """List the backups in evidence, the last made first."""
    sight = visible_to(desk, Act.VIEW_BACKUPS)

    def source(_bind: Values, _below: str) -> str:
        return f"{_FROM} WHERE {'true' if sight.scope is not None else NOBODY}"

    return Listing("backups", lambda _bind: _COLUMNS, source, Order(_KEYS), _row, EVERYTHING)


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, BackupRow]:
    if visible_to(desk, Act.VIEW_BACKUPS).scope is None:
        return {}
    bind = Values()
    statement = f"SELECT {_COLUMNS} {_FROM} WHERE b.id = ANY({bind(ids)})"
    return {row["id"]: _row(row) for row in await read(statement, bind.given)}


async def backup(desk: Desk, id_: UUID | None) -> BackupRow | None:
    """Give one backup in evidence."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def read_backups(desk: Desk, paging: Paging) -> Page[BackupRow]:
    """Read a page of the backups."""
    await desk.require(Act.VIEW_BACKUPS)
    return await page(desk, backups(desk), paging)


async def read_backup_status(desk: Desk) -> BackupStatus:
    """Tell whoever may know how it stands with backups."""
    await desk.require(Act.VIEW_BACKUPS)
    return await backup_status(desk.rulebook, now=desk.now)


async def count_backups(desk: Desk) -> Count:
    """Count the backups in evidence."""
    return await count(backups(desk))
