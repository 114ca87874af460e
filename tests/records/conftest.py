"""What tests of acts stand on: a company's book, emptied for each test, or in a database of the test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from records.connection import credentials_of
from records.database import socket_url
from records.server import SUPERUSER
from tests.conftest import _database
from tests.records.book import open_book

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from records.server import Reached
    from tests.records.book import Book

_KEPT = ("installation", "key_version", "key_material", "key_stamp", "team", "staff", "team_membership", "account")
_EMPTIED = """
SELECT tablename FROM pg_tables
WHERE schemaname = 'public' AND tablename <> ALL($1) AND tablename NOT LIKE '%migration%'
"""


@pytest.fixture(scope="module")
def module_url(server: Reached) -> Iterator[str]:
    """A migrated database for all tests of a module."""
    with _database(server, template="baobei") as made:
        yield socket_url(server, SUPERUSER, credentials_of(made.application_url)["database"])


@pytest.fixture(scope="module")
async def opened_book(
    module_url: str, tmp_path_factory: pytest.TempPathFactory, anyio_backend: str
) -> AsyncIterator[Book]:
    """A company's book for all tests of a module."""
    async with open_book(module_url, tmp_path_factory.mktemp("book")) as opened:
        yield opened


@pytest.fixture
async def book(opened_book: Book) -> Book:
    """A company's book under the rulebook `onsite` in which nothing has happened yet."""
    connection = await asyncpg.connect(**credentials_of(opened_book.url))
    try:
        # Facts are for ever, but not for the next test: triggers rest for whoever replays a log of changes.
        await connection.execute("SET session_replication_role = replica")
        for row in await connection.fetch(_EMPTIED, list(_KEPT)):
            await connection.execute(f"DELETE FROM {row['tablename']}")
        await connection.execute("UPDATE account SET closed_at = NULL")
    finally:
        await connection.close()
    opened_book.begin_anew()
    return opened_book


@pytest.fixture
async def new_book(given_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Book]:
    """A company's book in a database of the test's own, for what changes the company or the tables themselves."""
    async with open_book(given_url, tmp_path / "home") as opened:
        yield opened
