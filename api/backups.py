"""The operator's backups (备份): `baobei backup make | try | restore | record | list | status`.

- `make` writes the database into a folder, with the erasure ledger; tries at once to restore it; and records both.
- The key file is no part of it: its recovery copy is kept apart (`baobei keys recovery`), and only its digest recorded.
- `status` ends with 1 when a good backup is overdue, so that whatever watches the machine can say so (G6 G15).
"""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
from datetime import datetime  # noqa: TC003 (typer reads annotations when the command is made)
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import orjson
import typer
from rich.console import Console
from rich.table import Table

from api import operating
from records.backups import KIBIBYTE, Made, TrialOutcome, backup_of_file, backup_status, keep_backup, keep_trial
from records.backups import last_backups as listed
from records.dumping import digest_of, dump, restore, restored
from records.erasure import LEDGER
from records.server import ServerError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from api.settings import Settings
    from records.backups import BackupRow, BackupStatus
    from records.desk import Desk
    from records.office import Office

command = typer.Typer(help="备份 / backups: made, tried, recorded (G6 G15).", no_args_is_help=True)
MOST_LISTED = 50
RecoveryCopy = Annotated[
    Path | None, typer.Option("--recovery-copy", help="密钥恢复副本,只记摘要 / the key file's copy: its digest is kept")
]
AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象 / print one JSON object")]
File = Annotated[Path, typer.Argument(help="备份文件 / the backup's file", exists=True, dir_okay=False)]


def _run(work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 (whatever the work gives)
    return asyncio.run(work)


def _desk(office: Office) -> Desk:
    drawn = UUID(bytes=os.urandom(16), version=4)
    return office.desk(None, now=operating.now(), request_id=drawn, language="zh", address=None, client="baobei")


def _tell(zh: str, en: str) -> None:
    typer.echo(f"baobei: {zh} / {en}")


@command.command()
def make(
    folder: Annotated[Path, typer.Argument(help="文件夹 / the folder", file_okay=False)],
    *,
    recovery_copy: RecoveryCopy = None,
    without_trial: Annotated[bool, typer.Option("--without-trial", help="不测试恢复 / do not try to restore")] = False,
) -> None:
    """备份并测试恢复 / back up database and erasure ledger, try to restore it, and record both."""
    settings = operating.settings()

    async def work() -> bool:
        recovery = None if recovery_copy is None else digest_of(recovery_copy)
        async with operating.office(settings) as office:
            at = operating.now()
            made = await dump(settings.home, settings.database_url, folder, now=at)
            ledger = _copied_ledger(settings, made.file)
            kept = await keep_backup(
                _desk(office),
                Made(at, made.size, made.digest, made.contents.digest, made.contents.rows, ledger, recovery),
                operator=getpass.getuser(),
            )
            _tell(f"备份 {made.file}({made.size} 字节)", f"backup {made.file} ({made.size} bytes)")
            if without_trial or kept is None:
                return True
            return await _tried(settings, office, made.file, kept, made.contents.digest)

    if not _run(work()):
        raise typer.Exit(1)


@command.command("try")
def try_command(file: File) -> None:
    """测试恢复 / restore a backup into a database of its own, compare every row, and record how that ended."""
    settings = operating.settings()

    async def work() -> bool:
        digest = digest_of(file)
        async with operating.office(settings) as office:
            known = await backup_of_file(digest)
            if known is None:
                _tell("没有此文件的备份记录", "no backup of this file is recorded")
                return False
            return await _tried(settings, office, file, known.id, known.made.contents)

    if not _run(work()):
        raise typer.Exit(1)


@command.command("restore")
def restore_command(file: File) -> None:
    """恢复到空库 / put a backup back into the empty database of these settings; then look with `baobei verify`."""
    settings = operating.settings()
    _run(restore(settings.home, settings.database_url, file))
    _tell("已恢复:请运行 baobei verify", "restored: run baobei verify")


@command.command()
def record(
    file: File,
    *,
    made_at: Annotated[datetime | None, typer.Option(help="备份时间 / when it was made; the file's own time")] = None,
    recovery_copy: RecoveryCopy = None,
) -> None:
    """登记别处所做的备份 / record a backup that was made by other means."""
    settings = operating.settings()

    async def work() -> bool:
        now = operating.now()
        at = operating.at(file.stat().st_mtime) if made_at is None else made_at.astimezone()
        digest, recovery = digest_of(file), None if recovery_copy is None else digest_of(recovery_copy)
        async with operating.office(settings) as office:
            made = Made(min(at, now), max(file.stat().st_size, 1), digest, recovery=recovery)
            kept = await keep_backup(_desk(office), made, operator=getpass.getuser())
        if kept is None:
            _tell("此备份已登记", "this backup is recorded already")
        return kept is not None

    if not _run(work()):
        raise typer.Exit(1)


@command.command("list")
def list_command(*, as_json: AsJson = False) -> None:
    """列出备份 / list the last backups, and whether they could be restored."""

    async def work() -> list[BackupRow]:
        async with operating.office(operating.settings()):
            return await listed(MOST_LISTED)

    rows = _run(work())
    if as_json:
        typer.echo(orjson.dumps({"backups": [_written(row) for row in rows]}).decode())
        return
    table = Table("时间 made", "KiB", "SHA-256", "恢复测试 restore", "操作人 operator")
    for row in rows:
        made = row.made
        tried = "" if row.tried_at is None else f"{row.outcome} {row.tried_at.isoformat(timespec='seconds')}"
        table.add_row(
            made.at.isoformat(timespec="seconds"), str(-(-made.size // KIBIBYTE)), made.digest.hex()[:16], tried,
            row.operator or "",
        )  # fmt: skip
    Console().print(table if rows else "还没有备份:baobei backup make / no backup yet: baobei backup make")


@command.command()
def status(*, as_json: AsJson = False) -> None:
    """备份状态 / tell how old the last good backup is; ends with 1 when the next one is overdue."""

    async def work() -> BackupStatus:
        async with operating.office(operating.settings()) as office:
            return await backup_status(office.rulebook, now=operating.now())

    found: BackupStatus = _run(work())
    if as_json:
        last = None if found.last_good is None else _written(found.last_good)
        due = None if found.due_on is None else found.due_on.isoformat()
        typer.echo(orjson.dumps({"last_good": last, "due_on": due, "is_overdue": found.is_overdue}).decode())
    else:
        at = "无 none" if found.last_good is None else found.last_good.made.at.isoformat(timespec="seconds")
        due = "未规定 not asked for" if found.due_on is None else found.due_on.isoformat()
        overdue = ",已逾期 overdue" if found.is_overdue else ""
        typer.echo(f"最近可用备份 last good: {at};应备份日 due: {due}{overdue}")
    if found.is_overdue:
        raise typer.Exit(1)


async def _tried(settings: Settings, office: Office, file: Path, backup: UUID, contents: bytes | None) -> bool:
    """Restore a backup on trial, record how that ended, and tell."""
    name = f"baobei_trial_{os.urandom(6).hex()}"
    found = None
    try:
        found = await restored(settings.home, settings.database_url, file, name=name)
    except ServerError as error:
        if error.code != "BACKUP_FAILED":
            raise
        typer.echo(f"baobei: {error}", err=True)
    is_good = found is not None and contents in {None, found.digest}
    outcome = TrialOutcome.GOOD if is_good else TrialOutcome.FAILED
    await keep_trial(_desk(office), backup, outcome, operator=getpass.getuser())
    if found is not None and is_good:
        _tell(f"恢复测试通过,{found.rows} 行", f"restored on trial, {found.rows} rows")
    else:
        _tell("恢复测试未通过", "it could not be restored as it was")
    return is_good


def _copied_ledger(settings: Settings, beside: Path) -> bytes | None:
    """Copy the erasure ledger beside a backup, if there is one, and give its digest."""
    ledger = settings.ledger or settings.home / LEDGER
    if not ledger.exists():
        return None
    copy = beside.with_suffix(".erasures.jsonl")
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    shutil.copyfile(ledger, copy)
    return digest_of(copy)


def _written(row: BackupRow) -> dict[str, object]:
    made = row.made
    return {
        "made_at": made.at.isoformat(), "size": made.size, "sha256": made.digest.hex(), "rows": made.rows,
        "ledger": made.ledger and made.ledger.hex(), "recovery": made.recovery and made.recovery.hex(),
        "operator": row.operator, "tried_at": row.tried_at and row.tried_at.isoformat(), "outcome": row.outcome,
    }  # fmt: skip
