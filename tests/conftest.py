"""What every test stands on: one embedded server a run, one migrated database a test that asks for it."""

from __future__ import annotations

import asyncio
import fcntl
import signal
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import asyncpg
import hypothesis
import pytest

from records.connection import credentials_of, migrate
from records.database import APPLICATION, MIGRATOR, OWNER, Database, open_database, socket_url
from records.server import SUPERUSER, running_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from records.server import Reached
    from tests.company import Company


# A busy machine may take its time over one example.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")

# Whoever runs the tests in the background has them ignore an interruption, which every process under test inherits:
# those that are told to stop by one would never end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LONGEST = (
    "journeys/test_custodian.py", "journeys/test_demo.py", "journeys/test_kills.py", "architecture/test_paths.py",
    "api/test_keys_command.py", "api/test_every_input.py", "claims/test_properties.py", "authz/test_guard.py",
)  # fmt: skip
"""What takes longest, in this order: begun first, so that no worker is left with it at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; the rest stays as it is."""
    rank = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get("/".join(item.path.parts[-2:]), len(rank)))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests (`pytest.mark.anyio`) on the loop that the product uses."""
    return "asyncio"


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

    with asyncio.Runner() as runner:
        use = running_server(home, durable=False)
        reached = runner.run(use.__aenter__())
        try:
            with (home / "template.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                runner.run(make_template())
            yield reached
        finally:
            runner.run(use.__aexit__(None, None, None))


@pytest.fixture
def database(server: Reached) -> Iterator[Database]:
    """A migrated database of the test's own."""
    with _database(server, template="baobei") as made:
        yield made


@pytest.fixture
def fresh_database(server: Reached) -> Iterator[Database]:
    """An empty database of the test's own, for what migrations do."""
    with _database(server, template="template0") as made:
        yield made


@pytest.fixture(scope="module")
def company(server: Reached, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """A company at work on a database of the module's own."""
    with open_company(server, tmp_path_factory.mktemp("company")) as opened:
        yield opened


@pytest.fixture
def new_company(server: Reached, tmp_path: Path) -> Iterator[Company]:
    """A company at work on a database of the test's own."""
    with open_company(server, tmp_path) as opened:
        yield opened


@pytest.fixture
def company_under(server: Reached, tmp_path: Path) -> Iterator[Callable[[str], Company]]:
    """Opens a company under a rulebook, on a database of the test's own."""
    with ExitStack() as stack:
        yield lambda rulebook: stack.enter_context(open_company(server, tmp_path, rulebook=rulebook))


@contextmanager
def open_company(server: Reached, home: Path, **given: Any) -> Iterator[Company]:
    """Open a company on a migrated database of its own."""
    from tests.company import at_work  # noqa: PLC0415 (what needs no company need not import the whole product)

    with _database(server, template="baobei") as made:
        url = socket_url(server, SUPERUSER, credentials_of(made.application_url)["database"])
        with at_work(url, home, **given) as opened:
            yield opened


@contextmanager
def _database(server: Reached, *, template: str) -> Iterator[Database]:
    name = f"test_{uuid4().hex}"

    def administer(database: str, *statements: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(**credentials_of(socket_url(server, SUPERUSER, database)))
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())

    # What is copied as files takes half the processor's time of what goes through the log.
    administer("postgres", f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER} STRATEGY file_copy")
    administer(name, f"ALTER SCHEMA public OWNER TO {OWNER}")
    yield Database(socket_url(server, MIGRATOR, name), socket_url(server, APPLICATION, name))
    administer("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def given_url(server: Reached, database: Database) -> str:
    """A migrated database of the test's own as an operator would name it: by a login that may make roles."""
    return socket_url(server, SUPERUSER, credentials_of(database.application_url)["database"])
