"""Which types of filings there are is the rulebook's: each is offered where it asks for fields."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from authz.actor import Role
from claims.facts import FilingType
from records.columns import Column
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


async def test_a_region_stands_in_clear_only_if_somebody_serves_it(given_url: str, tmp_path: Path) -> None:
    """J21: any other word might be anybody's name or number; the law is told that it is elsewhere, and forwards it."""
    async with open_book(given_url, tmp_path / "home", rulebook="handbook") as book:
        await book.office.engage(LONG, "龙敏", Role.SALESPERSON, None, now=book.now, region="华东")
        seen: dict[str, tuple[object, object]] = {}
        for region in ("华东", "华南", "13800138000 王小明"):
            form = claim_form(new_phone(), other=(("region", secret(region)),))
            done = await file_claim(book.desk(LONG), form, key=key())
            assert done.node is not None
            query = "SELECT details -> 'values' ->> 'region' FROM fact WHERE filing_id = $1 AND kind = 'file'"
            state = "SELECT state FROM claim_state WHERE filing_id = $1 ORDER BY from_at DESC LIMIT 1"
            seen[region] = (await book.value(query, done.node), await book.value(state, done.node))
            opened = (await book.opened(done.node))[done.node].get(Column.OTHER, b"").decode()
            assert (region in opened) is (region != "华东")
        assert {region: word for region, (word, _) in seen.items()} == {
            "华东": "华东", "华南": "elsewhere", "13800138000 王小明": "elsewhere",
        }  # fmt: skip
        assert [state == "forwarded" for _, state in seen.values()] == [False, True, True]
        assert await book.differences() == []
