"""Leaving at the same instant as anything else: nothing is done for somebody who has left, nothing handed over twice.

Each pair runs at a forced interleaving on two connections: the first is held when all it has to write is written, the
second comes as far as it can, then both go on. The control is the same pair without the lock that it rests on: the
one that keeps people what they are while an act lasts, or that of the departure's row.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import asyncpg
import pytest

from records import assignment, departures, filing, handovers
from records.connection import read
from records.customer_rows import version_at
from records.desk import Unauthenticated
from records.references import Kind, reference
from records.refusals import RefusalCode
from tests.records.book import CHEN, HU, LONG, QIAN, WANG, ZHAO, claim_form, key, new_phone, open_book
from tests.records.interleaved import side_by_side, take_out, until_written
from tests.records.leavers import checklist, completed, departed, filed, handed, kinds, leaving, row_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from records.outcomes import Done
    from tests.records.book import Book

    Act = Callable[[], Awaitable[Done]]

pytestmark = pytest.mark.anyio
RUNS = int(os.environ.get("RACES", "3"))
"""How often each pair runs; RACES=200 for a long proof."""
_PEOPLE = re.compile(r"pg_advisory_xact_lock(?:_shared)?\(hashtext\('baobei people'\)\)")
_LEAVERS = (LONG, HU, WANG)


@pytest.fixture
async def book(given_url: str, tmp_path: Path, anyio_backend: str) -> AsyncIterator[Book]:
    """A company's book under the rulebook `onsite`."""
    async with open_book(given_url, tmp_path / "home") as opened:
        yield opened


def leave(book: Book, departure: str) -> Act:
    """Let somebody have left."""
    return lambda: departures.depart_staff(book.desk(CHEN), departure, expected_version=1, key=key())


def entered_for(book: Book, who: str) -> Act:
    """File a customer whom somebody brought in, at reception (A6)."""
    form = claim_form(new_phone(), claimant=book.staff_reference(who), visited_at=book.now)
    return lambda: filing.file_claim(book.desk(QIAN), form, key=key())


def filed_by(book: Book, who: str) -> Act:
    """File a customer oneself, having been let in before."""
    return lambda: filing.file_claim(book.desk(who), claim_form(new_phone(), visited_at=book.now), key=key())


def pass_all(book: Book, departure: str, to: str, version: int) -> Act:
    """Hand everything over to somebody."""
    return lambda: handovers.hand_over(
        book.desk(ZHAO), departure, to=book.staff_reference(to), items=None, levels=None, expected_version=version,
        key=key(),
    )  # fmt: skip


async def coded(act: Act) -> str | None:
    """Do an act and say what it was refused with, by the law or by the door."""
    try:
        done = await act()
    except Unauthenticated:
        return "unauthenticated"
    return done.refusal and done.refusal.code.value


async def met(book: Book, first: Act, second: Act) -> list[str | None]:
    """Do two acts at once: one is held where it writes its entry, the other comes as far as it can."""
    return list(await side_by_side(book.url, until_written("access_log"), lambda: coded(first), lambda: coded(second)))


FILINGS: dict[str, tuple[Callable[[Book, str], Act], list[str | None]]] = {
    "entered by reception": (entered_for, [None, "departed"]),
    "by the leaver": (filed_by, [None, "unauthenticated"]),
}
"""Filings of a leaver's, and what a departure and one behind it come to."""


@pytest.mark.parametrize("way", FILINGS)
async def test_a_filing_behind_a_departure_is_refused(book: Book, way: str) -> None:
    """A15 A16: it waits until the departure is done, and then there is nobody to file for, or to file."""
    act, after = FILINGS[way]
    for who in _LEAVERS[:RUNS]:
        departure = await leaving(book, CHEN, who)
        assert await met(book, leave(book, departure), act(book, who)) == after
        book.pass_time(seconds=1)
    assert await book.value("SELECT count(*) FROM filing") == 0
    assert await book.differences() == []


async def test_a_filing_that_was_begun_before_the_departure_is_on_the_list(book: Book) -> None:
    """The departure waits for it, and its customer goes to the team alone with the rest."""
    departure = await leaving(book, CHEN, LONG)
    assert await met(book, entered_for(book, LONG), leave(book, departure)) == [None, None]
    (customer,) = [row["root_id"] for row in await book.fetch("SELECT DISTINCT root_id FROM customer")]
    assert await book.holder(customer) == (None, book.team(LONG))
    assert kinds(await checklist(book, departure)) == ["filing", "holding", "notice"]
    assert await book.differences() == []


@pytest.mark.parametrize("way", FILINGS)
async def test_without_the_lock_on_people_a_filing_slips_in(
    book: Book, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the filing does not wait, or the projections are not what the facts say."""
    departure = await leaving(book, CHEN, LONG)
    act, after = FILINGS[way]
    take_out(monkeypatch, _PEOPLE, instead="1")
    try:
        outcome = await met(book, leave(book, departure), act(book, LONG))
    except AssertionError:
        return
    assert outcome != after


async def two_ways(book: Book) -> tuple[str, int]:
    """A leaver with two customers, both with the team alone."""
    for _ in range(2):
        await filed(book, LONG)
    departure = await leaving(book, ZHAO, LONG)
    await departed(book, ZHAO, departure)
    return departure, (await row_of(book, departure)).version


async def test_of_two_handovers_at_once_the_second_sees_the_first(book: Book) -> None:
    """To one and to another: the second is stale, and every customer passed once."""
    departure, version = await two_ways(book)
    book.pass_time(seconds=1)
    outcome = await met(book, pass_all(book, departure, HU, version), pass_all(book, departure, ZHAO, version))
    assert outcome == [None, RefusalCode.STALE.value]
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'assign'") == 2
    assert await book.value("SELECT count(*) FROM handover WHERE kind = 'holding'") == 2
    assert (await completed(book, ZHAO, departure)).refusal is None
    assert await book.differences() == []


async def test_without_row_locks_both_handovers_go_through(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    departure, version = await two_ways(book)
    book.pass_time(seconds=1)
    take_out(monkeypatch)
    try:
        outcome = await met(book, pass_all(book, departure, HU, version), pass_all(book, departure, ZHAO, version))
    except (AssertionError, asyncpg.UniqueViolationError):
        return
    assert outcome != [None, RefusalCode.STALE.value]


async def test_an_assignment_and_a_handover_of_one_customer_pass_it_once(book: Book) -> None:
    """A16: whichever is first; the other finds nobody to replace."""
    customer = await filed(book, LONG)
    departure = await leaving(book, ZHAO, LONG)
    await departed(book, ZHAO, departure)
    book.pass_time(seconds=1)
    desk, named = book.desk(ZHAO), reference(Kind.CUSTOMER, customer)
    seen = await version_at(read, desk, customer)

    def assign() -> Awaitable[Done]:
        return assignment.assign_customer(
            desk, named, to=book.staff_reference(HU), reason=None, expected_version=seen, key=key()
        )

    outcome = await met(book, assign, pass_all(book, departure, ZHAO, 2))
    assert outcome == [None, None]
    assert await book.holder(customer) == (book.staff(HU), book.team(HU))
    assert await book.value("SELECT string_agg(kind, ' ') FROM handover") == "filing"
    assert await book.differences() == []


async def test_two_notices_at_once_are_one_departure(book: Book) -> None:
    """The database lets nobody leave twice at a time."""
    outcome = await met(book, lambda: _notice(book, ZHAO), lambda: _notice(book, CHEN))
    assert outcome == [None, RefusalCode.NOT_IN_STATE.value]
    assert await book.value("SELECT count(*) FROM departure") == 1


async def _notice(book: Book, who: str) -> Done:
    said = departures.Announcement(staff=book.staff_reference(LONG), last_day=book.now.date())
    return await departures.announce_departure(book.desk(who), said, key=key())


async def test_completing_waits_for_what_is_being_handed_over(book: Book) -> None:
    """G11: under the version that was read the second is stale, whichever it is."""
    departure, version = await two_ways(book)
    book.pass_time(seconds=1)
    outcome = await met(
        book,
        pass_all(book, departure, HU, version),
        lambda: departures.complete_departure(book.desk(CHEN), departure, expected_version=version, key=key()),
    )
    assert outcome == [None, RefusalCode.STALE.value]
    assert (await handed(book, ZHAO, departure, HU)).refusal is not None
    assert (await completed(book, CHEN, departure)).refusal is None
