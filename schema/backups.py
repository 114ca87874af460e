"""Evidence of backups on the wire (G6 G15): what was made, whether it could be restored, and whether one is overdue."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from authz.acts import Act
from records import backups as book_of_backups
from records.backups import KIBIBYTE, BackupRow, BackupStatus, TrialOutcome
from records.desk import Desk
from records.pages import Paging
from records.references import Kind, reference
from schema.directives import requires
from schema.hearing import done, heard
from schema.nodes import After, Before, Connection, First, Last, Node, connection
from schema.people import Staff, shown_person
from schema.refusals import Refusal, refusal_of
from schema.wording import KEY, REFUSAL, REPLAYED

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from records.outcomes import Done

ANYBODY = requires(None)
BACKUP = requires(Act.VIEW_BACKUPS)


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


@strawberry.type(description="A backup in evidence (备份记录, G6 G15): of the database, kept files among it.")
class Backup(Node):
    """A backup."""

    made_at: datetime = strawberry.field(description="When it was made (备份时间).", directives=BACKUP)
    kibibytes: int = strawberry.field(description="How large the file is (大小), in KiB.", directives=BACKUP)
    digest: str = strawberry.field(description="SHA-256 of the file, in hex (摘要).", directives=BACKUP)
    ledger: str | None = strawberry.field(
        description="SHA-256 of the copy of the erasure ledger that was made along.", directives=BACKUP
    )
    recovery: str | None = strawberry.field(
        description="SHA-256 of the recovery copy of the key file that goes with it, kept apart.", directives=BACKUP
    )
    operator: str | None = strawberry.field(
        description="Who ran the command (操作人), by their name on the machine; null if it was recorded here.",
        directives=BACKUP,
    )
    tried_at: datetime | None = strawberry.field(
        description="When it was last restored on trial (恢复测试时间).", directives=BACKUP
    )
    outcome: TrialOutcome | None = strawberry.field(
        description="How that ended (恢复测试结果); null if it was never tried.", directives=BACKUP
    )
    row: strawberry.Private[BackupRow]

    @classmethod
    def of(cls, row: BackupRow) -> Backup:
        """Show a backup."""
        made = row.made
        return cls(
            id=strawberry.ID(reference(Kind.BACKUP, row.id)), made_at=made.at, kibibytes=-(-made.size // KIBIBYTE),
            digest=made.digest.hex(), ledger=_hex(made.ledger), recovery=_hex(made.recovery), operator=row.operator,
            tried_at=row.tried_at, outcome=row.outcome, row=row,
        )  # fmt: skip

    @strawberry.field(description="Who recorded it (登记人); null if the command did.", directives=BACKUP)
    async def recorded_by(self, info: Info[Desk]) -> Staff | None:
        """Show who."""
        return await shown_person(info.context, self.row.staff)


async def shown_backup(desk: Desk, backup: UUID | None) -> Backup | None:
    """Show a backup, if it is in sight."""
    row = await book_of_backups.backup(desk, backup)
    return None if row is None else Backup.of(row)


@strawberry.type(description="How it stands with backups now (备份状态, G6 G15), by the clock alone.")
class BackupState:
    """How it stands."""

    due_on: date | None = strawberry.field(
        description="By which day a good one is due (应备份日); null where the rulebook asks for none.",
        directives=BACKUP,
    )
    is_overdue: bool = strawberry.field(description="That day is over (已逾期).", directives=BACKUP)
    status: strawberry.Private[BackupStatus]

    @classmethod
    def of(cls, status: BackupStatus) -> BackupState:
        """Show how it stands."""
        return cls(due_on=status.due_on, is_overdue=status.is_overdue, status=status)

    @strawberry.field(description="The last one that could be restored (最近可用备份).", directives=BACKUP)
    def last_good(self) -> Backup | None:
        """Show the backup."""
        return None if self.status.last_good is None else Backup.of(self.status.last_good)


@strawberry.input(description="A backup that was made elsewhere (登记备份).")
class RecordBackupInput:
    """A backup."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    made_at: datetime = strawberry.field(description="When it was made; never in the future.")
    kibibytes: int = strawberry.field(description="How large the file is, in KiB, rounded up.")
    digest: str = strawberry.field(description="SHA-256 of the file, in hex.")
    recovery: str | None = strawberry.field(
        default=None, description="SHA-256 of the recovery copy of the key file that goes with it."
    )

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        return book_of_backups.record_backup(
            desk, self.made_at, kibibytes=self.kibibytes, digest=self.digest, recovery=self.recovery,
            key=self.idempotency_key,
        )  # fmt: skip


@strawberry.input(description="A trial to restore a backup that was made elsewhere (登记恢复测试).")
class RecordRestoreInput:
    """A trial."""

    idempotency_key: UUID = strawberry.field(description=KEY)
    backup: strawberry.ID = strawberry.field(description="Which backup.")
    tried_at: datetime = strawberry.field(description="When it was tried; never in the future.")
    outcome: TrialOutcome = strawberry.field(description="How it ended.")

    def do(self, desk: Desk) -> Awaitable[Done]:
        """Record it."""
        at, key = self.tried_at, self.idempotency_key
        return book_of_backups.record_restore(desk, self.backup, self.outcome, tried_at=at, key=key)


@strawberry.interface(description="A backup that was recorded or tried (备份登记结果), or why not.")
class BackupChanged:
    """What an act on a backup gives."""

    backup: Backup | None = strawberry.field(description="As it stands now.", directives=BACKUP)
    refusal: Refusal | None = strawberry.field(description=REFUSAL, directives=ANYBODY)
    replayed: bool = strawberry.field(description=REPLAYED, directives=ANYBODY)


@strawberry.type(description="A backup that was recorded (登记备份结果), or why not.")
class RecordBackupPayload(BackupChanged):
    """What recording gives."""


@strawberry.type(description="A trial that was recorded (登记恢复测试结果), or why not.")
class RecordRestorePayload(BackupChanged):
    """What recording a trial gives."""


B = TypeVar("B", bound=BackupChanged)


async def _backup(payload: type[B], desk: Desk, outcome: Done) -> B:
    shown = await shown_backup(desk, outcome.node)
    return payload(backup=shown, refusal=refusal_of(outcome.refusal), replayed=outcome.replayed)


@strawberry.type
class BackupQueries:
    """What a client may read of backups."""

    @strawberry.field(description="The backups in evidence (备份记录, G6 G15), the last made first.", directives=BACKUP)
    async def backups(
        self, info: Info[Desk], *, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Backup]:
        """List the backups."""
        desk = info.context
        found = await book_of_backups.read_backups(desk, Paging(first, after, last, before))
        return connection(found, Backup.of, lambda: book_of_backups.count_backups(desk))

    @strawberry.field(
        description="The last good backup, and whether the next one is overdue (备份状态, G6 G15).", directives=BACKUP
    )
    async def backup_status(self, info: Info[Desk]) -> BackupState:
        """Tell how it stands."""
        return BackupState.of(await book_of_backups.read_backup_status(info.context))


@strawberry.type
class BackupMutations:
    """What a client may do with backups."""

    @strawberry.mutation(
        description="Record a backup that was made elsewhere (登记备份, G6 G15).", directives=done(Act.RECORD_BACKUP)
    )
    async def record_backup(self, info: Info[Desk], input: RecordBackupInput) -> RecordBackupPayload:
        """Record a backup."""
        return await _backup(RecordBackupPayload, info.context, await heard(info.context, Act.RECORD_BACKUP, input))

    @strawberry.mutation(
        description="Record that a backup was restored on trial elsewhere (登记恢复测试).",
        directives=done(Act.RECORD_BACKUP),
    )
    async def record_restore(self, info: Info[Desk], input: RecordRestoreInput) -> RecordRestorePayload:
        """Record a trial."""
        return await _backup(RecordRestorePayload, info.context, await heard(info.context, Act.RECORD_BACKUP, input))
