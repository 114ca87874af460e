"""Which types of filings there are is the rulebook's: each is offered where it asks for fields."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from claims.facts import FilingType
from records.filing import FilingChannel, file_claim
from tests.records.book import LONG, QIAN, claim_form, key, new_phone, open_book, secret

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def test_a_type_is_offered_where_the_rulebook_asks_for_its_fields(given_url: str, tmp_path: Path) -> None:
    """H3: store staff's own filings, under the store's rulebook."""
    async with open_book(given_url, tmp_path / "home", rulebook="store") as book:
        form = claim_form(new_phone(), name="", type=FilingType.STORE, other=(("date", secret("2026-03-01")),))
        done = await file_claim(book.desk(QIAN), form, key=key())
        assert done.node is not None
        assert await book.value("SELECT present FROM filing") == ["date", "phone"]
        assert await book.value("SELECT details -> 'values' ->> 'date' FROM fact WHERE kind = 'file'") == "2026-03-01"
        done = await file_claim(
            book.desk(LONG), replace(form, type=FilingType.CONTRACT, channel=FilingChannel.MESSAGE), key=key()
        )
        assert done.refusal is not None
        assert [(problem.path, problem.code.value) for problem in done.refusal.problems] == [(("type",), "not_offered")]
        assert await book.differences() == []
