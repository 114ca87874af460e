"""How the book reaches its tables: one ORM context, one bounded pool, time-outs on every statement.

- A statement that takes longer than its time-out is given up: a request hears `UNAVAILABLE`, never nothing.
- Whatever the driver raises when the database cannot be reached becomes `Unreachable`, and names nothing.
- The models are checked against the migrations: a difference is a failed check, not a surprise.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from tortoise.connection import get_connections
from tortoise.context import TortoiseContext
from tortoise.exceptions import BaseORMException, DBConnectionError
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.transactions import in_transaction

from crypto.keyring import KeyRefused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence

    from tortoise.backends.base.client import TransactionalDBClient

    Fetch = Callable[[str, list[Any]], Awaitable[Sequence[Mapping[str, Any]]]]

APP = "records"
_Made = TypeVar("_Made")
STATEMENT_TIMEOUT = 10
"""Seconds that one statement may take on a busy machine; the doors notice sooner that a database is gone."""
PATIENCE = 600.0
"""Seconds that a statement may take for which no request waits."""
CONNECT_TIMEOUT = 1.0
"""Seconds that opening a connection may take."""
TRIES = 4
"""How often an act is begun that others keep from ending."""

_DRIVER_FAILURES = (
    OSError,
    asyncio.TimeoutError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
)
KEY_REFUSED = "BK001"
"""The code with which the database refuses what was written because of its key's state (see the migrations)."""


class Unreachable(Exception):  # noqa: N818 (the state's name; it is no programming error)
    """The database cannot be reached, or does not answer in time."""


class NoRoom(Unreachable):
    """The database's disk is full: nothing more can be written until somebody makes room."""


class KeyMoved(KeyRefused):
    """The key that an act wrote under is no longer written under: the act is done again, with the keys as they are."""


def _within(error: BaseException | None) -> Iterator[BaseException]:
    """Give an exception and what stands behind it: its cause, or what the ORM has wrapped."""
    while error is not None:
        yield error
        wrapped = error.args[0] if isinstance(error, BaseORMException) and error.args else None
        error = error.__cause__ or (wrapped if isinstance(wrapped, BaseException) else None)


def is_moved_key(error: BaseException | None) -> bool:
    """Tell whether the database refused what was written because of the state of its key (see the migrations)."""
    return any(
        isinstance(one, asyncpg.PostgresError) and getattr(one, "sqlstate", None) == KEY_REFUSED
        for one in _within(error)
    )


def is_unreachable(error: BaseException | None) -> bool:
    """Tell whether an exception says that the database is down rather than that a statement is wrong."""
    return any(isinstance(one, (Unreachable, DBConnectionError, *_DRIVER_FAILURES)) for one in _within(error))


def unreachable(error: BaseException | None) -> Unreachable:
    """Make of an exception that `is_unreachable` knows what callers are told; it names nothing."""
    is_full = any(isinstance(one, asyncpg.DiskFullError) for one in _within(error))
    return NoRoom() if is_full else Unreachable()


def credentials_of(url: str) -> dict[str, Any]:
    """Read a PostgreSQL URL into the driver's arguments; `?host=` names a socket folder."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    arguments: dict[str, Any] = {
        "host": query.pop("host", None) or (unquote(parts.hostname) if parts.hostname else "localhost"),
        "port": int(query.pop("port", None) or parts.port or 5432),
        "user": unquote(parts.username) if parts.username else query.pop("user", None),
        "password": unquote(parts.password) if parts.password else query.pop("password", None),
        "database": unquote(parts.path.lstrip("/")) or "baobei",
    }
    if "sslmode" in query:
        arguments["ssl"] = query.pop("sslmode")
    return arguments


def _config(url: str, *, pool_size: int, command_timeout: float, role: str | None) -> dict[str, Any]:
    settings = {"application_name": "baobei", "timezone": "UTC"}
    if role is not None:
        settings["role"] = role
    return {
        "connections": {
            "default": {
                "engine": "tortoise.backends.asyncpg",
                "credentials": credentials_of(url)
                | {
                    "minsize": 1,
                    "maxsize": pool_size,
                    "command_timeout": command_timeout,
                    "timeout": CONNECT_TIMEOUT,
                    "server_settings": settings,
                },
            },
        },
        "apps": {
            APP: {
                "models": ["records.tables"],
                "default_connection": "default",
                "migrations": "records.migrations",
            },
        },
        "use_tz": True,
        "timezone": "UTC",
    }


@asynccontextmanager
async def connected(
    url: str,
    *,
    pool_size: int = 10,
    command_timeout: float = STATEMENT_TIMEOUT,
    role: str | None = None,
    everywhere: bool = False,
) -> AsyncIterator[TortoiseContext]:
    """Open the ORM on a database; `everywhere` makes it the process's own (a server's tasks see it)."""
    # The ORM's loggers write statements with their values at DEBUG; a log holds no value (leaks: no. 62).
    for name in ("tortoise", "tortoise.db_client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    context = TortoiseContext()
    async with context:
        await context.init(
            config=_config(url, pool_size=pool_size, command_timeout=command_timeout, role=role),
            _enable_global_fallback=everywhere,
        )
        yield context


async def migrate(url: str, *, role: str | None = "baobei_owner") -> None:
    """Bring the database to the newest layout, acting as the role that owns the tables."""
    async with connected(url, pool_size=1, command_timeout=600, role=role) as context:
        config = context.connections.db_config
        executor = MigrationExecutor(context.connections.get("default"), _apps(config))
        with _swept_apart():
            await executor.migrate([MigrationTarget(app_label=APP, name="__latest__")])


@contextmanager
def _swept_apart() -> Iterator[None]:
    """Sweep what a migration leaves, and that alone: the ORM makes every model anew at each operation of it."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _apps(_config_in_use: object) -> dict[str, dict[str, Any]]:
    return _config("postgresql:///", pool_size=1, command_timeout=1, role=None)["apps"]


async def differences() -> list[str]:
    """List what the models say and the migrations do not; empty when they agree. Needs no database."""
    async with TortoiseContext() as context:
        config = _config("postgresql:///", pool_size=1, command_timeout=1, role=None)
        await context.init(config=config, init_connections=False)
        if context.apps is None:
            raise RuntimeError("the models were not loaded")
        writers = await MigrationAutodetector(context.apps, config["apps"]).changes()
    return [operation.describe() for writer in writers for operation in writer.operations]


async def read(statement: str, values: Iterable[Any] = ()) -> Sequence[Mapping[str, Any]]:
    """Run one statement that changes nothing, outside any transaction; a database that is down is `Unreachable`."""
    try:
        return await get_connections().get("default").execute_query_dict(statement, list(values))
    except (BaseORMException, *_DRIVER_FAILURES) as error:
        if is_unreachable(error):
            raise unreachable(error) from None
        raise


@asynccontextmanager
async def transaction() -> AsyncIterator[TransactionalDBClient]:
    """Run one transaction at READ COMMITTED; a database that is down is `Unreachable`, a key that moved `KeyMoved`."""
    try:
        async with in_transaction("default") as connection:
            yield connection
    except (BaseORMException, asyncpg.PostgresError, *_DRIVER_FAILURES) as error:
        if is_unreachable(error):
            raise unreachable(error) from None
        if is_moved_key(error):
            raise KeyMoved("a key moved under an act") from None
        raise


def patient(connection: TransactionalDBClient) -> Fetch:
    """Give a fetch that waits for a long statement, as no request does."""

    async def fetch(statement: str, values: list[Any]) -> Sequence[Mapping[str, Any]]:
        async with connection.acquire_connection() as driver:
            return await driver.fetch(statement, *values, timeout=PATIENCE)

    return fetch


async def begun_anew(work: Callable[[], Awaitable[_Made]]) -> _Made:
    """Do the work of a whole transaction, again if PostgreSQL ended it because two waited for each other."""
    for _ in range(TRIES - 1):
        with suppress(asyncpg.TransactionRollbackError):
            return await work()
    return await work()


async def copy_rows(
    connection: TransactionalDBClient, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Append rows to a table by PostgreSQL's COPY, in one round trip however many they are."""
    async with connection.acquire_connection() as driver:
        await driver.copy_records_to_table(table, records=rows, columns=columns)
