"""Making a backup of the database, and trying whether it can be restored (备份与恢复测试, G6 G15).

- What is dumped is one instant; every row of it is counted and digested at the same instant, by the same snapshot.
- A trial restores the file into a database of its own, which is dropped behind it, and digests every row there again.
- The programs are PostgreSQL's own, from the wheel; passwords come to them in their environment, never as arguments.
- A file is whole or has another name; it is nobody else's to read.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from records.binaries import find_binaries
from records.connection import credentials_of
from records.database import open_database, socket_url
from records.server import SUPERUSER, ServerError, running_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime
    from pathlib import Path

_TABLES: Final = """
SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname
"""
_ROWS: Final = "SELECT count(*) AS rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text AS sum FROM {} t"
_CONNECTS_WITHIN: Final = 10


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds: how many rows, and the SHA-256 of a digest of each table's."""

    rows: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Dump:
    """A backup that was made: the file, its size and SHA-256, and what it holds."""

    file: Path
    size: int
    digest: bytes
    contents: Contents


async def dump(home: Path, url: str | None, folder: Path, *, now: datetime) -> Dump:
    """Write a backup of the database at `url`, or of the embedded one of `home`, into a folder.

    Raises `ServerError` where it cannot be made; nothing is left of it then.
    """
    file = folder / f"baobei-{now:%Y%m%dT%H%M%SZ}.dump"
    unfinished = folder / f"unfinished-{file.name}"
    await asyncio.to_thread(_begin, unfinished, file)
    try:
        async with open_database(home, url) as database:
            connection = await _connect(database.migrator_url, role=database.migrator_role)
            try:
                async with connection.transaction(isolation="repeatable_read", readonly=True):
                    snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
                    as_owner = [] if database.migrator_role is None else [f"--role={database.migrator_role}"]
                    arguments = ["--format=custom", *as_owner, f"--snapshot={snapshot}", f"--file={unfinished}"]
                    await _run("pg_dump", arguments, database.migrator_url)
                    contents = await _contents(connection)
            finally:
                await connection.close()
        digest, size = await asyncio.to_thread(_digested, unfinished)
        os.rename(unfinished, file)  # noqa: PTH104  (in one step, as it is asked of the system)
    except BaseException:
        os.unlink(unfinished)  # noqa: PTH108  (nothing is waited for)
        raise
    return Dump(file, size, digest, contents)


async def restored(home: Path, url: str | None, file: Path, *, name: str) -> Contents:
    """Restore a backup into a database of its own, called `name` while it is there, and say what it holds.

    Raises `ServerError` where the file cannot be restored, or no database made.
    """
    async with _scratch(home, url, name) as scratch:
        arguments = ["--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={name}", str(file)]
        await _run("pg_restore", arguments, scratch)
        connection = await _connect(scratch, role=None)
        try:
            return await _contents(connection)
        finally:
            await connection.close()


async def restore(home: Path, url: str | None, file: Path) -> None:
    """Put a backup back into the database at `url`, or the embedded one of `home`, which must be empty.

    Raises `ServerError` where it is not, or the file cannot be restored; nothing of it is there then.
    """
    async with open_database(home, url) as database:
        connection = await _connect(database.migrator_url, role=database.migrator_role)
        try:
            tables = await connection.fetch(_TABLES)
        finally:
            await connection.close()
        if tables:
            raise ServerError(
                "DATABASE_NOT_EMPTY",
                "数据库不是空的:请恢复到新建的空库。",
                "the database is not empty: restore into a new one",
            )
        as_owner = [] if database.migrator_role is None else [f"--role={database.migrator_role}"]
        name = credentials_of(database.migrator_url)["database"]
        arguments = ["--no-owner", "--exit-on-error", "--single-transaction", *as_owner, f"--dbname={name}", str(file)]
        await _run("pg_restore", arguments, database.migrator_url)


def digest_of(file: Path) -> bytes:
    """Give the SHA-256 of a file; raises `ServerError` if it cannot be read."""
    try:
        with file.open("rb") as read:
            return hashlib.file_digest(read, "sha256").digest()
    except OSError:
        raise ServerError("BACKUP_UNREADABLE", f"无法读取 {file}。", f"cannot read {file}") from None


def _begin(unfinished: Path, file: Path) -> None:
    """Make the empty file of a backup, that nobody else may read."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if file.exists():
            raise FileExistsError
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError:
        raise ServerError(
            "BACKUP_NOT_WRITABLE",
            f"无法在 {file.parent} 新建备份文件(已存在或不可写)。",
            f"cannot make the backup in {file.parent}: it is there already, or the folder is not writable",
        ) from None


def _digested(file: Path) -> tuple[bytes, int]:
    """Digest a file that is on the disk for good."""
    with file.open("rb+") as written:
        os.fsync(written.fileno())
        return hashlib.file_digest(written, "sha256").digest(), written.seek(0, os.SEEK_END)


async def _contents(connection: asyncpg.Connection) -> Contents:
    rows, whole = 0, hashlib.sha256()
    for table in [row["relname"] for row in await connection.fetch(_TABLES)]:
        quoted = '"' + table.replace('"', '""') + '"'
        found = await connection.fetchrow(_ROWS.format(quoted))
        assert found is not None  # noqa: S101  (an aggregate has a row)
        rows += found["rows"]
        whole.update(f"{table}\0{found['rows']}\0{found['sum']}\n".encode())
    return Contents(rows, whole.digest())


@asynccontextmanager
async def _scratch(home: Path, url: str | None, name: str) -> AsyncIterator[str]:
    """Make a database beside the book's, and drop it behind; gives its URL."""
    if url is not None:
        async with _made(url, name):
            yield _of_database(url, name)
        return
    async with running_server(home) as reached, _made(socket_url(reached, SUPERUSER, "postgres"), name):
        yield socket_url(reached, SUPERUSER, name)


@asynccontextmanager
async def _made(url: str, name: str) -> AsyncIterator[None]:
    connection = await _connect(url, role=None)
    try:
        try:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        except asyncpg.InsufficientPrivilegeError:
            raise ServerError(
                "NO_SCRATCH_DATABASE",
                "BAOBEI_DATABASE_URL 的用户无权新建数据库,无法测试恢复。",
                "the user of BAOBEI_DATABASE_URL may make no database, so a restore cannot be tried",
            ) from None
        try:
            yield
        finally:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def _of_database(url: str, name: str) -> str:
    """Write the URL of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _connect(url: str, *, role: str | None) -> asyncpg.Connection:
    connection = await asyncpg.connect(
        **credentials_of(url), timeout=_CONNECTS_WITHIN, server_settings={"timezone": "UTC"}
    )
    if role is not None:
        await connection.execute(f'SET ROLE "{role}"')
    return connection


async def _run(program: str, arguments: list[str], url: str) -> None:
    """Run one of PostgreSQL's programs at a database; raises `ServerError` with its last words if it fails."""
    path = find_binaries(for_others=False) / program
    running = await asyncio.create_subprocess_exec(
        path, "--no-password", *arguments, env=_environment(credentials_of(url)),
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, said = await running.communicate()
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()
    if running.returncode != 0:
        last = said.decode(errors="replace").strip().splitlines()[-1:] or [str(running.returncode)]
        raise ServerError("BACKUP_FAILED", f"{program} 失败:{last[0]}", f"{program} failed: {last[0]}")


def _environment(given: Mapping[str, Any]) -> dict[str, str]:
    names = {
        "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "database": "PGDATABASE",
        "ssl": "PGSSLMODE",
    }  # fmt: skip
    return {names[name]: str(value) for name, value in given.items() if name in names and value is not None}
