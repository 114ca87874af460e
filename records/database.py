"""Which database the book is kept in: the one that is named, or the embedded one of this home.

- PostgreSQL 16 to 18, and nothing else.
- Three roles: the owner holds the tables and cannot log in, the migrator may act as the owner, the
  application may do what the migrations grant it.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

import asyncpg

from records.connection import Unreachable, credentials_of
from records.server import STARTS_WITHIN, SUPERUSER, ServerError, private_text, running_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from records.server import Reached

NAME = "baobei"
OLDEST, NEWEST = 16, 18
START_TIMEOUT = 5
"""Seconds that one connection may take while a server starts."""


@dataclass(frozen=True, slots=True)
class Database:
    """How the migrator and the application reach the database; the URLs hold passwords and have no voice."""

    migrator_url: str = field(repr=False)
    application_url: str = field(repr=False)


@asynccontextmanager
async def open_database(home: Path, url: str | None, *, durable: bool = True) -> AsyncIterator[Database]:
    """Give the database at `url`, or the embedded one of `home`, made and started as needed.

    Raises `ServerError` when it does not start, `Unreachable` when nothing answers at `url`.
    """
    if url is not None:
        await _check_version(url)
        yield Database(url, url)
        return
    with running_server(home, durable=durable) as reached:
        passwords = {
            role: private_text(home / "postgres" / f"{role}.password", lambda: secrets.token_urlsafe(24))
            for role in ("migrator", "app")
        }
        await _prepare(reached, passwords)
        yield Database(*(socket_url(reached, f"baobei_{role}", passwords[role]) for role in ("migrator", "app")))


def socket_url(reached: Reached, user: str, password: str, database: str = NAME) -> str:
    """Write the URL of a database on the embedded server."""
    return f"postgresql://{user}:{quote(password, safe='')}@/{database}?host={quote(reached.socket_folder, safe='')}"


async def _check_version(url: str) -> None:
    try:
        connection = await asyncpg.connect(**credentials_of(url), timeout=START_TIMEOUT, command_timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError):
        raise Unreachable from None
    try:
        major = connection.get_server_version().major
    finally:
        await connection.close()
    if not OLDEST <= major <= NEWEST:
        raise ServerError(
            "DATABASE_WRONG_VERSION",
            f"BAOBEI_DATABASE_URL 指向 PostgreSQL {major},需要 {OLDEST}–{NEWEST}。",
            f"BAOBEI_DATABASE_URL is PostgreSQL {major}; {OLDEST} to {NEWEST} is needed",
        )


async def _superuser(reached: Reached, database: str) -> asyncpg.Connection:
    """Connect as the superuser as soon as the server takes connections (it may still be recovering)."""
    url = socket_url(reached, SUPERUSER, reached.superuser_password, database)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + STARTS_WITHIN
    while True:
        try:
            return await asyncpg.connect(**credentials_of(url), timeout=START_TIMEOUT, command_timeout=60)
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
            if loop.time() > deadline:
                raise Unreachable from None
            await asyncio.sleep(0.05)  # recovery announces its end to nobody


async def _prepare(reached: Reached, passwords: dict[str, str]) -> None:
    """Make roles and database, each once; two processes may do so at the same time."""
    connection = await _superuser(reached, "postgres")
    try:
        # One at a time: CREATE ROLE and CREATE DATABASE have no IF NOT EXISTS that is safe at once.
        await connection.execute("SELECT pg_advisory_lock(hashtext('baobei roles'))")
        known = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
        if "baobei_owner" not in known:
            await connection.execute("CREATE ROLE baobei_owner NOLOGIN")
        for role in ("migrator", "app"):
            verb = "ALTER" if f"baobei_{role}" in known else "CREATE"
            # token_urlsafe has no quote in it; the statement takes no parameters.
            await connection.execute(f"{verb} ROLE baobei_{role} LOGIN PASSWORD '{passwords[role]}'")
        await connection.execute("GRANT baobei_owner TO baobei_migrator")
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", NAME):
            await connection.execute(f"CREATE DATABASE {NAME} OWNER baobei_owner")
            await connection.execute(f"REVOKE ALL ON DATABASE {NAME} FROM PUBLIC")
            await connection.execute(f"GRANT CONNECT ON DATABASE {NAME} TO baobei_app, baobei_migrator")
    finally:
        await connection.close()
    connection = await _superuser(reached, NAME)
    try:
        await connection.execute("ALTER SCHEMA public OWNER TO baobei_owner")
    finally:
        await connection.close()
