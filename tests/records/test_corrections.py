"""Contact data put right: what waits is no filing's yet, and of two at once the second sees the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncpg
import pytest

from records import corrections, filing
from records.columns import Column
from records.corrections import Correction
from records.keys import Index
from records.proofreading import Entered
from records.references import Kind, reference
from records.refusals import RefusalCode
from tests.records.book import LONG, ZHAO, ZHOU, claim_form, key, new_phone, open_book, secret
from tests.records.interleaved import side_by_side, take_out, until_written
from tests.records.test_archive import archived
from tests.records.test_races import RUNS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable
    from pathlib import Path
    from uuid import UUID

    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio
NAMED = ("contact_person", "industry", "demand_type", "related_persons")


@pytest.fixture
async def book(given_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Book]:
    """A company's book under the rulebook `database`."""
    async with open_book(given_url, tmp_path / "home", rulebook="database") as opened:
        yield opened


async def filed(book: Book) -> UUID:
    """File a customer."""
    other = tuple((name, secret("有")) for name in NAMED)
    form = claim_form(new_phone(), email=secret("a@example.com"), address=secret("文一路1号三单元"), other=other)
    done = await filing.file_claim(book.desk(LONG), form, key=key())
    assert done.node is not None
    book.pass_time(seconds=1)
    return done.node


async def put_right(book: Book, claim: UUID, who: str = LONG, *, version: int = 1, **right: str) -> Done:
    """Put contact data right."""
    said = {name: secret(text) for name, text in right.items() if name != "phone"}
    phones = (secret(right["phone"]),) if "phone" in right else ()
    return await corrections.correct_contact(
        book.desk(who), reference(Kind.CLAIM, claim), Correction(phones=phones, **said), expected_version=version,
        key=key(),
    )  # fmt: skip


async def judged(book: Book, correction: UUID, *, version: int = 1, is_confirmed: bool = True) -> Done:
    """Judge a correction."""
    return await corrections.judge_correction(
        book.desk(ZHAO), reference(Kind.CORRECTION, correction), is_confirmed=is_confirmed, reason=secret("不符"),
        expected_version=version, key=key(),
    )  # fmt: skip


async def tokens(book: Book, claim: UUID) -> int:
    """Count the tokens of phones by which a filing is found."""
    found = [int(Index.PHONE), int(Index.PHONE_PREFIX)]
    return await book.value("SELECT count(*) FROM blind_index WHERE filing_id = $1 AND index = ANY($2)", claim, found)


async def test_what_waits_is_sealed_and_is_no_filings_yet(book: Book) -> None:
    """G13: neither its values nor its tokens are the filing's until somebody confirms."""
    claim = await filed(book)
    before, held = (await book.opened(claim))[claim], await tokens(book, claim)
    waiting = (await put_right(book, claim, phone=new_phone(), address="文二路2号")).node
    assert waiting is not None
    assert ((await book.opened(claim))[claim], await tokens(book, claim)) == (before, held)
    assert (await book.card(claim)).address == "文一路****"
    assert (await judged(book, waiting)).refusal is None
    after = (await book.opened(claim))[claim]
    assert after[Column.ADDRESS].decode() == "文二路2号"
    assert after[Column.PHONES] != before[Column.PHONES]
    assert after[Column.EMAIL] == before[Column.EMAIL]
    assert await tokens(book, claim) == held
    assert await book.differences() == []


async def test_what_is_archived_meanwhile_is_not_put_right_any_more(book: Book) -> None:
    """The record is sealed: neither a correction nor the confirmation of one changes it."""
    from records import reviewing  # noqa: PLC0415 (beside its one use)

    claim = await filed(book)
    approve = reviewing.Review(outcome=reviewing.ReviewOutcome.APPROVE)
    await reviewing.review_claim(book.desk(ZHAO), reference(Kind.CLAIM, claim), approve, expected_version=1, key=key())
    waiting = (await put_right(book, claim, version=2, name="李四")).node
    assert waiting is not None
    assert (await archived(book, reference(Kind.CLAIM, claim), version=3)).refusal is None
    for done in (await judged(book, waiting), await put_right(book, claim, ZHOU, version=4, email="b@example.com")):
        assert done.refusal.code is RefusalCode.NOT_IN_STATE
    assert await book.differences() == []


PAIRS = (
    "correction and correction",
    "proposal and completion",
    "confirmation and confirmation",
    "rejection and confirmation",
)


async def race(book: Book, name: str) -> list[RefusalCode | None]:
    """Run a pair once, and give what each was refused with."""
    claim = await filed(book)

    def at_once() -> Awaitable[Done]:
        return put_right(book, claim, email="c@example.com")

    def propose() -> Awaitable[Done]:
        return put_right(book, claim, name="李四")

    def complete() -> Awaitable[Done]:
        said = Entered(wechat=secret("wx_0001"))
        return filing.complete_filing(
            book.desk(LONG), reference(Kind.CLAIM, claim), said, expected_version=1, key=key()
        )

    if name == "correction and correction":
        acts = at_once, at_once
    elif name == "proposal and completion":
        acts = propose, complete
    else:
        waiting = (await propose()).node
        assert waiting is not None
        acts = (
            lambda: judged(book, waiting, is_confirmed=name.startswith("confirmation")),
            lambda: judged(book, waiting),
        )
    done = await side_by_side(book.url, until_written("access_log"), *acts)
    return [each.refusal and each.refusal.code for each in done]


@pytest.mark.parametrize("name", PAIRS)
async def test_of_two_at_once_the_second_sees_the_first(book: Book, name: str) -> None:
    """READ COMMITTED; customer, filing and correction are locked before anything is looked at."""
    for _ in range(RUNS):
        assert await race(book, name) == [None, RefusalCode.STALE]
    assert await book.differences() == []


@pytest.mark.parametrize("name", PAIRS)
async def test_without_row_locks_the_second_does_not_see_the_first(
    book: Book, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same acts without their locks fail the test above."""
    take_out(monkeypatch)
    try:
        outcome = await race(book, name)
    except (AssertionError, asyncpg.UniqueViolationError):
        return
    assert outcome != [None, RefusalCode.STALE]
