"""What every test stands on: one embedded server a run, one migrated database a test that asks for it."""

from __future__ import annotations

import asyncio
import fcntl
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import pytest

from records.connection import credentials_of, migrate
from records.database import Database, open_database, socket_url
from records.server import SUPERUSER, running_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from records.server import Reached


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A home under a path with a space and Chinese characters, shared by the workers of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "报备 home"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def server(home: Path) -> Iterator[Reached]:
    """The embedded server with a migrated database to copy; it forgets what a crash of the machine would lose."""

    async def make_template() -> None:
        async with open_database(home, None, durable=False) as template:
            await migrate(template.migrator_url)

    with running_server(home, durable=False) as reached:
        with (home / "template.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            asyncio.run(make_template())
        yield reached


@pytest.fixture
def database(server: Reached, home: Path) -> Iterator[Database]:
    """A migrated database of the test's own."""
    name = f"test_{uuid4().hex}"

    def administer(statement: str) -> None:
        async def run() -> None:
            url = socket_url(server, SUPERUSER, server.superuser_password, "postgres")
            connection = await asyncpg.connect(**credentials_of(url))
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())

    administer(f"CREATE DATABASE {name} TEMPLATE baobei OWNER baobei_owner")
    passwords = {role: (home / "postgres" / f"{role}.password").read_text().strip() for role in ("migrator", "app")}
    yield Database(*(socket_url(server, f"baobei_{role}", passwords[role], name) for role in ("migrator", "app")))
    administer(f"DROP DATABASE {name} WITH (FORCE)")
