"""What tests of acts stand on: a company's book in a database of the test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.records.book import open_book

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.records.book import Book


@pytest.fixture
async def book(given_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Book]:
    """A company's book under the rulebook `onsite`."""
    async with open_book(given_url, tmp_path / "home") as opened:
        yield opened
