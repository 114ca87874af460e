"""What is archived is sealed: by the acts, by the database itself, and by a digest that a change behind them breaks."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import asyncpg
import pytest

from records import archive, filing, register_days
from records.archive import Archiving
from records.connection import credentials_of
from records.proofreading import Entered
from records.references import Kind, reference
from records.refusals import ProblemCode, RefusalCode
from records.scans import LARGEST_SCAN, ScanForm, ScanMedia
from tests.records.book import HU, LONG, QIAN, ZHOU, claim_form, key, new_phone, secret
from tests.records.interleaved import barrier, side_by_side, take_out, until_written
from tests.records.test_races import RUNS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import date

    from records.outcomes import Done
    from tests.records.book import Book

pytestmark = pytest.mark.anyio
SCAN = ScanForm("ab" * 32, ScanMedia.PDF, 1_000)
_SEALED = "archived record is not changed|appended, never changed"


async def filed(book: Book) -> str:
    """File a customer who was brought in just now."""
    done = await filing.file_claim(book.desk(LONG), claim_form(new_phone(), visited_at=book.now), key=key())
    assert done.node is not None
    book.pass_time(seconds=1)
    return reference(Kind.CLAIM, done.node)


async def archived(book: Book, claim: str, *, version: int = 1, scans: tuple[ScanForm, ...] = (SCAN,)) -> Done:
    """Archive a filing."""
    return await archive.archive_claim(
        book.desk(ZHOU), claim, Archiving(scans=scans), expected_version=version, key=key()
    )


async def test_the_database_refuses_to_change_what_is_archived(book: Book) -> None:
    """Also where no act asked first: entries, the filing's row, completions and reviews."""
    claim = await filed(book)
    assert (await archived(book, claim)).refusal is None
    row = claim.partition("_")[2]
    inserted = "INSERT INTO fact (id, kind, happened_at, recorded_at, filing_id, details) VALUES (gen_random_uuid(), "
    for statement in (
        f"UPDATE filing SET present = '{{}}' WHERE id = '{row}'",
        f"UPDATE filing SET team_id = NULL WHERE id = '{row}'",
        "UPDATE archive_entry SET number = 2",
        "DELETE FROM archive_entry",
        "TRUNCATE archive_entry CASCADE",
        f"{inserted} 'complete', now(), now(), '{row}', '{{}}')",
        f"{inserted} 'review', now(), now(), '{row}', '{{}}')",
    ):
        with pytest.raises(asyncpg.RestrictViolationError, match=_SEALED):
            await book.administer(statement)
    await book.administer(f"UPDATE filing SET version = version WHERE id = '{row}'")
    assert await book.differences() == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE fact SET details = details || '{\"fields\": []}' WHERE kind = 'file'",
        "UPDATE fact SET details = jsonb_set(details, '{scans,0,size}', '7') WHERE kind = 'archive'",
        "DELETE FROM sealed_value",
        "UPDATE filing SET claimant_id = entered_by_id, occurred_at = occurred_at - interval '1 day'",
        "UPDATE archive_entry SET retain_until = '2026-03-03'",
    ],
)
async def test_a_change_behind_the_books_back_breaks_the_seal(book: Book, change: str) -> None:
    """`baobei verify` tells it by the filing."""
    claim = await filed(book)
    entry = (await archived(book, claim)).node
    assert entry is not None
    again = await archive.correct_archive(
        book.desk(ZHOU), reference(Kind.ARCHIVE_ENTRY, entry), Archiving(note=secret("页码有误")), expected_version=2,
        key=key(),
    )  # fmt: skip
    assert again.refusal is None
    assert await book.differences() == []
    connection = await asyncpg.connect(**credentials_of(book.url))
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(change)
    finally:
        await connection.close()
    broken = [one for one in await book.differences() if one.table == "archive_entry"]
    assert {reference(Kind.CLAIM, one.about) for one in broken} == {claim}


async def test_every_bad_scan_is_told_by_its_place(book: Book) -> None:
    """No digest, no size, too many."""
    claim = await filed(book)
    scans = (ScanForm("abc", ScanMedia.PDF, 1), SCAN, ScanForm("cd" * 32, ScanMedia.OFD, LARGEST_SCAN + 1))
    refused = (await archived(book, claim, scans=scans)).refusal
    assert refused is not None
    assert [(problem.path, problem.code) for problem in refused.problems] == [
        (("scans", "0", "document"), ProblemCode.NOT_A_DIGEST),
        (("scans", "2", "size"), ProblemCode.OUT_OF_RANGE),
    ]
    many = tuple(ScanForm(f"{number:064x}", ScanMedia.PNG, 1) for number in range(51))
    refused = (await archived(book, claim, scans=many)).refusal
    assert [problem.code for problem in refused.problems] == [ProblemCode.TOO_MANY]
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'archive'") == 0


async def test_the_same_key_archives_once(book: Book) -> None:
    """Sent again, it is the same entry; an entry that nobody knows is not found."""
    claim, once = await filed(book), key()
    desk = book.desk(ZHOU)
    first = await archive.archive_claim(desk, claim, Archiving(scans=[SCAN]), expected_version=1, key=once)
    again = await archive.archive_claim(desk, claim, Archiving(scans=[SCAN]), expected_version=1, key=once)
    assert (again.node, again.replayed) == (first.node, True)
    for unknown in ("arc_" + "0" * 32, claim, "x"):
        refused = await archive.correct_archive(
            desk, unknown, Archiving(note=secret("改")), expected_version=2, key=key()
        )
        assert (refused.refusal.code, refused.refusal.path) == (RefusalCode.NOT_FOUND, ("entry",))


Pair = tuple["Callable[[], Awaitable[Done]]", "Callable[[], Awaitable[Done]]"]


async def pair_of(book: Book, name: str) -> Pair:
    """Give two acts on one filing that read the same version."""
    claim = await filed(book)

    def put_away() -> Awaitable[Done]:
        return archived(book, claim)

    def complete() -> Awaitable[Done]:
        said = Entered(name=secret("李四"))
        return filing.complete_filing(book.desk(LONG), claim, said, expected_version=1, key=key())

    if name == "archive and completion":
        return put_away, complete
    if name == "completion and archive":
        return complete, put_away
    if name == "archive and archive":
        return put_away, put_away
    entry = (await archived(book, claim)).node
    assert entry is not None

    def correct() -> Awaitable[Done]:
        right = Archiving(note=secret("应为第二页"))
        return archive.correct_archive(
            book.desk(ZHOU), reference(Kind.ARCHIVE_ENTRY, entry), right, expected_version=2, key=key()
        )

    return correct, correct


PAIRS = ("archive and completion", "completion and archive", "archive and archive", "correction and correction")


async def race(book: Book, name: str) -> list[RefusalCode | None]:
    """Run a pair once, and give what each was refused with."""
    done = await side_by_side(book.url, until_written("access_log"), *await pair_of(book, name))
    return [each.refusal and each.refusal.code for each in done]


@pytest.mark.parametrize("name", PAIRS)
async def test_of_two_at_once_the_second_sees_the_first(book: Book, name: str) -> None:
    """READ COMMITTED; the filing's row is locked before anything is looked at."""
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
    except (AssertionError, asyncpg.UniqueViolationError, asyncpg.RestrictViolationError):
        return
    assert outcome != [None, RefusalCode.STALE]


async def closings(book: Book, day: date) -> list[RefusalCode | None]:
    """Close one day twice at the same time."""

    async def close() -> Done:
        return await register_days.close_register_day(book.desk(QIAN), day, scans=[SCAN], key=key())

    async with barrier(book.url, until_written("register_closing")) as held:
        acts = [asyncio.ensure_future(close()) for _ in range(2)]
        assert await held.waiting(2)
        await held.open()
        done = await asyncio.gather(*acts)
    return sorted((each.refusal and each.refusal.code for each in done), key=lambda code: code is None)


async def test_of_two_closings_at_once_one_closes_the_day(book: Book) -> None:
    """A8; whoever closes the same day waits."""
    for _ in range(RUNS):
        await filed(book)
        assert await closings(book, book.now.date()) == [RefusalCode.NOT_IN_STATE, None]
        book.pass_time(days=1)


async def test_without_its_lock_a_day_is_closed_twice_or_the_database_refuses(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    take_out(monkeypatch, re.compile(re.escape(register_days._LOCK_DAY)))
    await filed(book)
    with pytest.raises(asyncpg.UniqueViolationError):
        await closings(book, book.now.date())


async def test_a_filing_recorded_beside_a_closing_is_not_covered_by_it(book: Book) -> None:
    """The closing says how many it covers, so that it waits for nobody and nothing slips through."""
    await filed(book)

    async def close() -> Done:
        return await register_days.close_register_day(book.desk(QIAN), book.now.date(), scans=[SCAN], key=key())

    async def file() -> Done:
        return await filing.file_claim(book.desk(HU), claim_form(new_phone(), visited_at=book.now), key=key())

    async with barrier(book.url, until_written("register_closing")) as held:
        closing = asyncio.ensure_future(close())
        assert await held.waiting(1)
        assert (await file()).refusal is None
        await held.open()
        assert (await closing).refusal is None
    (day,) = await register_days.read_register_days(book.desk(QIAN), book.now.date(), book.now.date())
    assert (day.filings, day.covered, day.state) == (2, 1, register_days.RegisterState.OPEN)
