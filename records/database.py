"""Which database the book is kept in: the one that is named, or the embedded one of this home.

- PostgreSQL 16 to 18, and nothing else.
- Three roles (ADR 0002): the owner holds the tables and cannot log in, the migrator may act as the owner, the
  application may do what the migrations grant it. On a given server its one login acts as the two in turn.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

import asyncpg

from records.connection import Unreachable, credentials_of
from records.server import STARTS_WITHIN, SUPERUSER, ServerError, running_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from records.server import Reached

NAME = "baobei"
OWNER, MIGRATOR, APPLICATION = "baobei_owner", "baobei_migrator", "baobei_app"
OLDEST, NEWEST = 16, 18
CONNECTS_WITHIN = 5
"""Seconds that one connection may take while a server starts."""


@dataclass(frozen=True, slots=True)
class Database:
    """How the migrator and the application reach the database, and as which role each then acts.

    The URLs hold passwords and have no voice. A role of None is the login's own.
    """

    migrator_url: str = field(repr=False)
    application_url: str = field(repr=False)
    migrator_role: str | None = OWNER
    application_role: str | None = None


@asynccontextmanager
async def open_database(home: Path, url: str | None, *, durable: bool = True) -> AsyncIterator[Database]:
    """Give the database at `url`, or the embedded one of `home`, made and started as needed.

    Raises `ServerError` when it cannot be used as it is, `Unreachable` when nothing answers at `url`.
    """
    if url is not None:
        await _prepare_given(url)
        yield Database(url, url, application_role=APPLICATION)
        return
    async with running_server(home, durable=durable) as reached:
        await _prepare_embedded(reached)
        yield Database(socket_url(reached, MIGRATOR), socket_url(reached, APPLICATION))


def socket_url(reached: Reached, role: str, database: str = NAME) -> str:
    """Write the URL by which a role reaches a database of the embedded server."""
    password, folder = quote(reached.passwords[role], safe=""), quote(reached.socket_folder, safe="")
    return f"postgresql://{role}:{password}@/{database}?host={folder}"


async def _prepare_given(url: str) -> None:
    """Check a given server, and make what is missing there as far as its login may."""
    try:
        connection = await asyncpg.connect(**credentials_of(url), timeout=CONNECTS_WITHIN, command_timeout=30)
    except (ValueError, TypeError):
        raise ServerError(
            "DATABASE_URL_UNREADABLE",
            "BAOBEI_DATABASE_URL 不是有效的 PostgreSQL 地址(postgresql://用户:密码@主机:端口/库)。",
            "BAOBEI_DATABASE_URL is no PostgreSQL URL (postgresql://user:password@host:port/database)",
        ) from None
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError):
        raise ServerError(
            "DATABASE_REFUSED_LOGIN",
            "BAOBEI_DATABASE_URL 的用户、密码或数据库不被该服务器接受。",
            "the server of BAOBEI_DATABASE_URL refuses its user or password, or has no such database",
        ) from None
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        raise Unreachable from None
    try:
        major = connection.get_server_version().major
        if not OLDEST <= major <= NEWEST:
            raise ServerError(
                "DATABASE_WRONG_VERSION",
                f"BAOBEI_DATABASE_URL 指向 PostgreSQL {major},需要 {OLDEST}–{NEWEST}。",
                f"BAOBEI_DATABASE_URL is PostgreSQL {major}; {OLDEST} to {NEWEST} is needed",
            )
        async with _one_at_a_time(connection):
            await _make_given_roles(connection)
    except asyncpg.InsufficientPrivilegeError:
        raise ServerError(
            "DATABASE_ROLES_MISSING",
            f"BAOBEI_DATABASE_URL 的用户无权建立角色 {OWNER} 与 {APPLICATION}:请由管理员建立(docs/adr/0002)。",
            f"the user of BAOBEI_DATABASE_URL may not make the roles {OWNER} and {APPLICATION}: "
            "have an administrator make them (docs/adr/0002)",
        ) from None
    finally:
        await connection.close()


async def _make_given_roles(connection: asyncpg.Connection) -> None:
    for role in (OWNER, APPLICATION):
        if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
            await connection.execute(f"CREATE ROLE {role} NOLOGIN")
        if not await connection.fetchval("SELECT pg_has_role(session_user, $1, 'SET')", role):
            await connection.execute(f"GRANT {role} TO SESSION_USER")
    owned = await connection.fetchval("SELECT nspowner = $1::regrole FROM pg_namespace WHERE nspname = 'public'", OWNER)
    if not owned:
        name = await connection.fetchval("SELECT quote_ident(current_database())")
        await connection.execute(f"GRANT CREATE ON DATABASE {name} TO {OWNER}")
        await connection.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")


async def _prepare_embedded(reached: Reached) -> None:
    """Make roles and database, each once; the superuser is needed the first time only."""
    try:
        for role in (MIGRATOR, APPLICATION):
            await (await _connect(reached, role, NAME)).close()
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError):
        await _make_embedded(reached)


async def _make_embedded(reached: Reached) -> None:
    try:
        connection = await _connect(reached, SUPERUSER, "postgres")
    except asyncpg.InvalidAuthorizationSpecificationError:
        raise ServerError(
            "DATABASE_PASSWORD_LOST",
            "内置数据库的密码文件(BAOBEI_HOME/postgres/*.password)与其数据不符:请从备份恢复。",
            "the embedded database's password files (BAOBEI_HOME/postgres/*.password) are not those of its data: "
            "restore them from a backup",
        ) from None
    try:
        async with _one_at_a_time(connection):
            known = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
            for role in {OWNER, MIGRATOR, APPLICATION} - known:
                await connection.execute(f"CREATE ROLE {role} NOLOGIN")
            await connection.execute(f"GRANT {OWNER} TO {MIGRATOR}")
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", NAME):
                await connection.execute(f"CREATE DATABASE {NAME} OWNER {OWNER}")
            await connection.execute(f"REVOKE ALL ON DATABASE {NAME}, postgres, template1 FROM PUBLIC")
            await connection.execute(f"GRANT CONNECT ON DATABASE {NAME} TO {MIGRATOR}, {APPLICATION}")
            inside = await _connect(reached, SUPERUSER, NAME)
            try:
                await inside.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")
                await inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            finally:
                await inside.close()
            # That they can log in says that all the rest is done.
            for role in (MIGRATOR, APPLICATION):
                # A made password has no quote in it; the statement takes no parameters.
                await connection.execute(f"ALTER ROLE {role} LOGIN PASSWORD '{reached.passwords[role]}'")
    finally:
        await connection.close()


async def _connect(reached: Reached, role: str, database: str) -> asyncpg.Connection:
    """Connect to the embedded server; it may be starting again after a crash."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + STARTS_WITHIN
    while True:
        try:
            return await asyncpg.connect(
                **credentials_of(socket_url(reached, role, database)), timeout=CONNECTS_WITHIN, command_timeout=60
            )
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError):
            if loop.time() > deadline:
                raise Unreachable from None
            await asyncio.sleep(0.05)  # recovery announces its end to nobody


@asynccontextmanager
async def _one_at_a_time(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Keep two starts from making the same role: CREATE ROLE knows no IF NOT EXISTS."""
    await connection.execute("SELECT pg_advisory_lock(hashtext('baobei roles'))")
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtext('baobei roles'))")
