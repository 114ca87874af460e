"""The book's database: who may log in and as whom, and which given servers are taken."""

from __future__ import annotations

import asyncio
import struct
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import asyncpg
import pytest

from records.connection import Unreachable, connected, credentials_of, migrate
from records.database import APPLICATION, MIGRATOR, NAME, OWNER, Database, open_database, socket_url
from records.server import SUPERUSER, ServerError, running_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from records.server import Reached


pytestmark = pytest.mark.anyio


@asynccontextmanager
async def _connection(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(**credentials_of(url), timeout=5)
    try:
        yield connection
    finally:
        await connection.close()


async def test_each_role_may_do_its_own_and_no_more(server: Reached, database: Database) -> None:
    """The owner cannot log in; the migrator is no superuser; the application makes nothing and goes nowhere else."""
    async with _connection(socket_url(server, SUPERUSER, "postgres")) as superuser:
        rows = await superuser.fetch(
            "SELECT rolname, rolcanlogin, rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls AS more "
            "FROM pg_roles WHERE rolname = ANY($1)",
            [OWNER, MIGRATOR, APPLICATION],
        )
    assert {row["rolname"]: (row["rolcanlogin"], row["more"]) for row in rows} == {
        OWNER: (False, False),
        MIGRATOR: (True, False),
        APPLICATION: (True, False),
    }
    async with _connection(database.application_url) as application:
        for statement in ("CREATE TABLE own (n int)", "CREATE SCHEMA own", f"SET ROLE {OWNER}", "DROP TABLE fact"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await application.execute(statement)
    async with _connection(database.migrator_url) as migrator:
        await migrator.execute(f"SET ROLE {OWNER}")
    for elsewhere in ("postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with _connection(socket_url(server, APPLICATION, elsewhere)):
                pass


async def test_nobody_logs_in_without_a_password(server: Reached) -> None:
    """Whoever reaches the socket still has to say it: scram-sha-256 for every role."""
    for role in (SUPERUSER, MIGRATOR, APPLICATION):
        with pytest.raises(asyncpg.PostgresError):
            await asyncpg.connect(host=server.socket_folder, user=role, database=NAME, password="", timeout=5)


async def test_the_cluster_is_made_as_decided(server: Reached) -> None:
    """Checksums, UTF-8, the builtin C.UTF-8, no network, SCRAM."""
    async with _connection(socket_url(server, SUPERUSER, NAME)) as superuser:
        shown = {
            name: await superuser.fetchval(f"SHOW {name}")
            for name in ("data_checksums", "server_encoding", "listen_addresses", "password_encryption")
        }
        locale = await superuser.fetchrow("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = $1", NAME)
        rules = await superuser.fetch("SELECT DISTINCT auth_method FROM pg_hba_file_rules")
    assert shown == {
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "listen_addresses": "",
        "password_encryption": "scram-sha-256",
    }
    assert locale is not None
    assert tuple(locale) == (b"b", "C.UTF-8")
    assert [row["auth_method"] for row in rules] == ["scram-sha-256"]


async def test_a_url_says_its_password_to_nobody(database: Database) -> None:
    """The repr of what holds it shows nothing."""
    password = credentials_of(database.application_url)["password"]
    assert password
    assert password not in repr(database)


async def test_a_given_server_is_made_ready_by_a_login_that_may(tmp_path: Path) -> None:
    """A login with CREATEROLE and a database of its own suffices; without them it is told what is missing."""
    async with running_server(tmp_path, durable=False) as reached:
        async with _connection(socket_url(reached, SUPERUSER, "postgres")) as superuser:
            for login, right in (("poor", "NOCREATEROLE"), ("rich", "CREATEROLE")):
                await superuser.execute(f"CREATE ROLE {login} LOGIN {right} PASSWORD 'word'")
                await superuser.execute(f'CREATE DATABASE "of {login}" OWNER {login}')
        place = quote(reached.socket_folder, safe="")
        urls = {login: f"postgresql://{login}:word@/of%20{login}?host={place}" for login in ("poor", "rich")}
        with pytest.raises(ServerError) as refused:
            async with open_database(tmp_path / "unused", urls["poor"]):
                pass
        assert refused.value.code == "DATABASE_ROLES_MISSING"
        for _ in range(2):
            async with open_database(tmp_path / "unused", urls["rich"]) as database:
                await migrate(database.migrator_url, role=database.migrator_role)
                context = connected(database.application_url, role=database.application_role)
                async with context as orm:
                    client = orm.connections.get("default")
                    assert (await client.execute_query_dict("SELECT current_user AS me"))[0]["me"] == APPLICATION
                    with pytest.raises(Exception, match="permission denied"):
                        await client.execute_query("CREATE TABLE own (n int)")
        # What ADR 0002 asks of an administrator is enough for the login that may make nothing itself.
        record = (Path(__file__).parents[2] / "docs" / "adr" / "0002-database-roles.md").read_text(encoding="utf-8")
        asked = (
            record.split("```sql\n")[1]
            .split("```")[0]
            .replace("LOGIN_ROLE", "poor")
            .replace("baobei TO", '"of poor" TO')
        )
        async with _connection(socket_url(reached, SUPERUSER, "of poor")) as superuser:
            for statement in asked.splitlines():
                if not statement.startswith("CREATE ROLE"):
                    await superuser.execute(statement)
        async with open_database(tmp_path / "unused", urls["poor"]) as database:
            await migrate(database.migrator_url)
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"user": "nobody_here"}, "DATABASE_REFUSED_LOGIN"),
        ({"password": "wrong"}, "DATABASE_REFUSED_LOGIN"),
        ({"database": "none"}, "DATABASE_REFUSED_LOGIN"),
        ({"port": "many"}, "DATABASE_URL_UNREADABLE"),
    ],
)
async def test_a_given_server_that_refuses_is_named_and_nothing_is_echoed(
    server: Reached, tmp_path: Path, change: dict[str, str], code: str
) -> None:
    """The words name the setting, never what stands in it."""
    said = {"user": SUPERUSER, "password": server.passwords[SUPERUSER], "database": NAME, "port": "5432"} | change
    url = "postgresql://{user}:{password}@/{database}?port={port}&host=".format(**said) + server.socket_folder
    with pytest.raises(ServerError) as refused:
        async with open_database(tmp_path, url):
            pass
    assert refused.value.code == code
    assert not [value for value in said.values() if value not in {NAME, "5432"} and value in str(refused.value)]


async def test_a_given_server_that_does_not_answer_is_unreachable(tmp_path: Path) -> None:
    """No socket there, and the error carries no address."""
    with pytest.raises(Unreachable) as refused:
        async with open_database(tmp_path, f"postgresql://a:b@/c?host={tmp_path}"):
            pass
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize(("version", "taken"), [("15.9", False), ("16.0", True), ("19.1", False)])
async def test_a_given_server_is_of_version_16_to_18(tmp_path: Path, version: str, *, taken: bool) -> None:
    """Said by a listener that greets as PostgreSQL does and then hangs up: what is taken is asked on."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(struct.unpack("!I", await reader.readexactly(4))[0] - 4)
        settings = {"server_version": version, "client_encoding": "UTF8", "server_encoding": "UTF8"}
        messages = [(b"R", struct.pack("!I", 0))]
        messages += [(b"S", f"{name}\0{value}\0".encode()) for name, value in settings.items()]
        messages += [(b"K", struct.pack("!II", 1, 1)), (b"Z", b"I")]
        writer.write(b"".join(kind + struct.pack("!I", len(body) + 4) + body for kind, body in messages))
        await writer.drain()
        await reader.read(1)
        writer.close()

    listener = await asyncio.start_unix_server(greet, tmp_path / ".s.PGSQL.5432")
    async with listener:
        with pytest.raises((ServerError, asyncpg.PostgresConnectionError)) as refused:
            async with open_database(tmp_path, f"postgresql://a:b@/c?host={quote(str(tmp_path))}"):
                pass
    assert isinstance(refused.value, ServerError) is not taken
    if not taken:
        assert version.partition(".")[0] in str(refused.value)
