"""Acts at the same instant: of two on one customer the second sees the first; a control without row locks does not.

Each pair runs at a forced interleaving on two connections: the first is held when all it has to write is written, the
second comes as far as it can, then both go on.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from records import assignment, filing, reviewing
from records.connection import read
from records.customer_rows import version_at
from records.proofreading import Entered
from records.references import Kind, reference
from records.refusals import RefusalCode
from records.reviewing import Review, ReviewOutcome
from tests.records.book import CHEN, HU, LONG, ZHAO, claim_form, key, new_phone, open_book, secret
from tests.records.interleaved import side_by_side, take_out, until_written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio
RUNS = int(os.environ.get("RACES", "3"))
"""How often each pair runs; RACES=200 for a long proof."""
APPROVE, REJECT = Review(outcome=ReviewOutcome.APPROVE), Review(outcome=ReviewOutcome.REJECT, reason=secret("重复"))
NEED = (("need", secret("三室两厅")), ("feedback", secret("周末再来")))


@dataclass(frozen=True, slots=True)
class Filed:
    """A filing that a pair of acts is about, and what they read of it."""

    claim: str
    customer: str
    version: int
    customer_version: int


async def filed(book: Book, *, approved: bool) -> Filed:
    """File a customer, and let the filing through its review if that is asked for."""
    done = await filing.file_claim(book.desk(LONG), claim_form(new_phone(), other=NEED), key=key())
    assert done.node is not None
    assert done.customer is not None
    claim = reference(Kind.CLAIM, done.node)
    book.pass_time(seconds=1)
    if approved:
        await reviewing.review_claim(book.desk(ZHAO), claim, APPROVE, expected_version=1, key=key())
        book.pass_time(seconds=1)
    seen = await version_at(read, book.desk(ZHAO), done.customer)
    return Filed(claim, reference(Kind.CUSTOMER, done.customer), 2 if approved else 1, seen)


def review(book: Book, one: Filed, who: str, what: Review) -> Callable[[], Awaitable[Done]]:
    """Review it."""
    return lambda: reviewing.review_claim(book.desk(who), one.claim, what, expected_version=one.version, key=key())


def complete(book: Book, one: Filed, who: str) -> Callable[[], Awaitable[Done]]:
    """Complete it."""
    said = Entered(other=(("need", secret("四室两厅")),))
    return lambda: filing.complete_filing(book.desk(who), one.claim, said, expected_version=one.version, key=key())


def assign(book: Book, one: Filed, who: str, to: str) -> Callable[[], Awaitable[Done]]:
    """Assign its customer."""
    return lambda: assignment.assign_customer(
        book.desk(who), one.customer, to=book.staff_reference(to), reason=None,
        expected_version=one.customer_version, key=key(),
    )  # fmt: skip


def take_back(book: Book, one: Filed, who: str) -> Callable[[], Awaitable[Done]]:
    """Take its customer back."""
    return lambda: assignment.take_back_customer(
        book.desk(who), one.customer, reason=None, expected_version=one.customer_version, key=key()
    )


PAIRS: dict[str, tuple[bool, Callable[[Book, Filed], tuple[Any, Any]]]] = {
    "review and review": (False, lambda b, f: (review(b, f, ZHAO, APPROVE), review(b, f, CHEN, REJECT))),
    "review and completion": (False, lambda b, f: (review(b, f, ZHAO, APPROVE), complete(b, f, LONG))),
    "completion and review": (False, lambda b, f: (complete(b, f, LONG), review(b, f, ZHAO, REJECT))),
    "assign and assign": (True, lambda b, f: (assign(b, f, ZHAO, HU), assign(b, f, ZHAO, LONG))),
    "assign and take back": (True, lambda b, f: (assign(b, f, ZHAO, HU), take_back(b, f, ZHAO))),
}
"""Pairs of acts that read the same version: the second is stale, whatever it is."""


@pytest.fixture
async def book(given_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Book]:
    """A company's book under the rulebook `process`."""
    async with open_book(given_url, tmp_path / "home", rulebook="process") as opened:
        yield opened


async def race(book: Book, pair: str) -> list[RefusalCode | None]:
    """Run a pair once, and give what each was refused with."""
    approved, acts = PAIRS[pair]
    one = await filed(book, approved=approved)
    done = await side_by_side(book.url, until_written("access_log"), *acts(book, one))
    return [each.refusal and each.refusal.code for each in done]


@pytest.mark.parametrize("pair", PAIRS)
async def test_of_two_at_once_the_second_sees_the_first(book: Book, pair: str) -> None:
    """READ COMMITTED; the customer's root row is locked before anything is looked at."""
    for _ in range(RUNS):
        assert await race(book, pair) == [None, RefusalCode.STALE]
    assert await book.differences() == []


@pytest.mark.parametrize("pair", PAIRS)
async def test_without_row_locks_the_second_does_not_see_the_first(
    book: Book, pair: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the same acts, with every row lock taken out of their statements, fail the test above.

    Both go through; or the second writes what the database's own constraints refuse; or nothing keeps it waiting.
    """
    take_out(monkeypatch)
    try:
        outcome = await race(book, pair)
    except (AssertionError, asyncpg.UniqueViolationError):
        return
    assert outcome != [None, RefusalCode.STALE]
