"""What a register says is in the book afterwards: every row once, as its truth has it, whoever else is writing."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from records.columns import Column
from records.filing import file_claim
from records.importing import BATCH
from records.register import RegisterRow, read_register
from records.staff_roll import read_staff
from tests.records.book import LI, LONG, WANG, claim_form, key, new_phone
from tests.records.registers import (
    CHINA,
    DATA,
    as_workbook,
    counted,
    read_back,
    row,
    staff_roll,
    taken,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.records.book import Book

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
SAMPLES = [("register", "register.csv"), ("register-xlsx", "register-xlsx.xlsx")]


@pytest.fixture
def book(new_book: Book) -> Book:
    """A book of the test's own: an import changes the company."""
    return new_book


@pytest.fixture
def roll(tmp_path: Path) -> Path:
    """The staff roll of the test's company."""
    return staff_roll(tmp_path / "staff.csv")


def _truth(name: str) -> list[dict[str, Any]]:
    return json.loads((DATA / f"{name}.truth.json").read_text(encoding="utf-8"))["rows"]


def _one_customer(rows: list[dict[str, Any]]) -> dict[int, int]:
    """Say of which customer each row is, by its first row: whole phones in common make one, however far apart."""
    first: dict[int, int] = {}
    with_phone: dict[str, int] = {}
    for one in rows:
        mine = one["row"]
        first[mine] = mine
        for phone in one["phones"]:
            known = with_phone.setdefault(phone, mine)
            old, new = sorted((first[known], first[mine]), reverse=True)
            first = {other: new if customer == old else customer for other, customer in first.items()}
    return first


def _possible(rows: list[dict[str, Any]]) -> list[int]:
    """List the rows that agree with an earlier one in all but the last four digits, where either hides them (A7)."""
    hidden: set[str] = set()
    begun: set[str] = set()
    found = []
    for one in rows:
        whole = [phone[:-4] for phone in one["phones"]]
        mine = one["phone_prefix"]
        if (mine is not None and mine in begun) or any(prefix in hidden for prefix in whole):
            found.append(one["row"])
        begun.update(whole)
        if mine is not None:
            begun.add(mine)
            hidden.add(mine)
    return found


async def _filings(book: Book) -> list[tuple[UUID, UUID]]:
    """List filings and their customers (roots) in the order in which they were recorded."""
    rows = await book.fetch(
        "SELECT f.filing_id, c.root_id FROM fact f JOIN customer c ON c.id = f.customer_id "
        "WHERE f.kind = 'file' ORDER BY f.seq"
    )
    return [(one["filing_id"], one["root_id"]) for one in rows]


def _files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize(("name", "file"), SAMPLES)
async def test_a_sample_is_in_the_book_as_its_truth_says_on_every_row(book: Book, name: str, file: str) -> None:
    """Who was rejected and why, who collides with whom, which phones are sealed, and who is one customer."""
    truth, roll = _truth(name), DATA / f"{name}.staff.csv"
    good = [one for one in truth if one["accepted"]]
    report = await taken(book, DATA / file, roll, now=NOW)
    said = report.written()
    assert {name: said[name] for name in ("rows", "accepted", "repeated", "rejected")} == {
        "rows": len(truth),
        "accepted": len(good),
        "repeated": 0,
        "rejected": len(truth) - len(good),
    }
    assert said["rejections"] == [{"row": one["row"], "code": one["error"]} for one in truth if not one["accepted"]]
    assert said["conflicts"] == [
        {"row": one["row"], "with_row": one["same_phone_as_row"]} for one in truth if "same_phone_as_row" in one
    ]
    assert said["possible"] == [{"row": number} for number in _possible(good)]
    assert said["warnings"] == [{"row": one["row"], "code": one["warning"]} for one in truth if one["warning"]]

    filings = await _filings(book)
    assert len(filings) == len(good)
    customers: dict[UUID, set[int]] = defaultdict(set)
    expected: dict[int, set[int]] = defaultdict(set)
    first = _one_customer(good)
    rows = [one for one in read_register(DATA / file, read_staff(roll), zone=CHINA) if isinstance(one, RegisterRow)]
    opened = await book.opened(*(filing for filing, _ in filings))
    for one, read, (filing, root) in zip(good, rows, filings, strict=True):
        phones = [number for number, _ in orjson.loads(opened[filing][Column.PHONES])]
        assert [phone for phone in phones if not phone.endswith("*")] == one["phones"]
        hidden = [phone for phone in phones if phone.endswith("*")]
        assert [phone[:-4] for phone in hidden] == ([one["phone_prefix"]] if one["phone_prefix"] else [])
        customers[root].add(one["row"])
        expected[first[one["row"]]].add(one["row"])
        assert read.row == one["row"]
    assert sorted(map(sorted, customers.values())) == sorted(map(sorted, expected.values()))
    visits = await book.fetch(
        "SELECT f.happened_at, s.number, f.kind FROM fact f JOIN staff s ON s.id = f.by_id "
        "WHERE f.kind IN ('visit', 'file') ORDER BY f.seq"
    )
    assert [(one["kind"], one["happened_at"], one["number"]) for one in visits] == [
        (kind, read.occurred_at, read.staff_number) for read in rows for kind in ("visit", "file")
    ]
    assert await book.differences() == []


async def test_importing_again_adds_nothing(book: Book) -> None:
    """Not a row in any table but the log's, and no second fingerprint."""
    first = await taken(book, DATA / SAMPLES[1][1], DATA / "register-xlsx.staff.csv", now=NOW)
    before = await counted(book)
    again = await taken(book, DATA / SAMPLES[1][1], DATA / "register-xlsx.staff.csv", now=NOW)
    assert (again.accepted, again.repeated) == (0, first.accepted)
    assert (again.rejections, again.conflicts, again.possible) == (first.rejections, first.conflicts, first.possible)
    after = await counted(book)
    assert before | {"register_import": 2, "access_log": before["access_log"] + 1} == after


async def test_of_an_overlapping_file_only_what_is_new_is_added(book: Book, tmp_path: Path, roll: Path) -> None:
    """A sheet that grew since yesterday, from the middle on."""
    rows = [row(new_phone(), 备注=f"第 {number} 位") for number in range(12)]
    first = await taken(book, written(tmp_path / "a.csv", rows[:8]), roll, now=NOW)
    second = await taken(book, written(tmp_path / "b.csv", rows[4:]), roll, now=NOW)
    assert (first.accepted, first.repeated) == (8, 0)
    assert (second.accepted, second.repeated) == (4, 4)
    assert len(await _filings(book)) == 12


async def test_equal_rows_of_one_file_are_rows_of_their_own(book: Book, tmp_path: Path, roll: Path) -> None:
    """A customer who came twice at the same minute was written down twice; once more is once more."""
    same = row(new_phone())
    three = await taken(book, written(tmp_path / "a.csv", [same, same, same]), roll, now=NOW)
    again = await taken(book, written(tmp_path / "b.csv", [same, row(new_phone()), same]), roll, now=NOW)
    four = await taken(book, written(tmp_path / "c.csv", [same] * 4), roll, now=NOW)
    assert [(one.accepted, one.repeated) for one in (three, again, four)] == [(3, 0), (1, 2), (1, 3)]
    assert three.conflicts == [(2, 1), (3, 1)]
    assert await book.value("SELECT count(*) FROM customer WHERE id = root_id") == 2
    assert await book.differences() == []


async def test_a_register_in_another_order_of_columns_or_as_a_workbook_is_the_same_rows(
    book: Book, tmp_path: Path
) -> None:
    """And in another encoding: a row is known by what it says."""
    rows = read_back(DATA / "register.csv")[:300]
    staff = DATA / "register.staff.csv"
    first = await taken(book, written(tmp_path / "a.csv", rows), staff, now=NOW)
    assert first.accepted > 250
    turned = written(tmp_path / "b.csv", rows, list(reversed(rows[0])))
    other = written(tmp_path / "c.csv", rows, encoding="gb18030")
    workbook = as_workbook(tmp_path / "d.xlsx", rows)
    for same in (turned, other, workbook):
        again = await taken(book, same, staff, now=NOW)
        assert (again.accepted, again.repeated) == (0, first.accepted), same.name
        assert again.rejections == first.rejections


async def test_mended_rejects_are_taken_in_like_any_register(book: Book, tmp_path: Path) -> None:
    """The file of rejects bears the same headings; what is mended in it is added, what is not comes back."""
    staff = DATA / "register.staff.csv"
    first = written(tmp_path / "first.csv", read_back(DATA / "register.csv")[:400])
    report = await taken(book, first, staff, now=NOW)
    assert report.rejects is not None
    rejected = read_back(report.rejects)
    assert [int(one["导入行号"]) for one in rejected] == [number for number, _ in report.rejections]
    mended = [one for one in rejected if one["导入错误码"] == "MISSING_NAME"]
    for one in mended:
        one["客户姓名"] = "补全"
    again = await taken(book, written(tmp_path / "mended.csv", rejected), staff, now=NOW)
    assert (again.accepted, again.repeated) == (len(mended), 0)
    assert len(again.rejections) == len(rejected) - len(mended)
    assert len(await _filings(book)) == report.accepted + len(mended)
    assert await book.differences() == []


async def test_a_look_writes_nothing_and_says_what_an_import_would(book: Book, tmp_path: Path) -> None:
    """No row, no file; beside a book it tells what is known already."""
    sample, staff = DATA / "register-xlsx.xlsx", DATA / "register-xlsx.staff.csv"
    before, files = await counted(book), _files(tmp_path)
    look = await taken(book, sample, staff, now=NOW, dry_run=True)
    assert await counted(book) == before
    assert _files(tmp_path) == files
    done = await taken(book, sample, staff, now=NOW)
    assert look.written() == done.written()
    assert look.rejects is None
    before = await counted(book)
    look = await taken(book, sample, staff, now=NOW, dry_run=True)
    assert (look.accepted, look.repeated) == (0, done.accepted)
    assert await counted(book) == before


async def test_customers_that_turn_out_to_be_one_are_one(book: Book, tmp_path: Path, roll: Path) -> None:
    """Row 1 has one phone, row 2 another, row 3 both: in one batch, over batches, and over imports."""
    between = [row(new_phone()) for _ in range(BATCH)]
    for case, padding in (("one batch", []), ("over batches", between), ("over imports", None)):
        phones = new_phone(), new_phone()
        rows = [row(phones[0]), row(phones[1], 工号="S011"), row(*phones, 工号="S012", 登记时间="17:00")]
        files = [[one] for one in rows] if padding is None else [[rows[0], *padding, *rows[1:]]]
        for number, lines in enumerate(files):
            await taken(book, written(tmp_path / f"{case} {number}.csv", lines), roll, now=NOW)
        *_, (_, root) = found = await _filings(book)
        assert [one for _, one in found].count(root) == 3, case
        assert await book.value("SELECT count(*) FROM customer WHERE root_id = $1", root) == 2, case
        holdings = await book.fetch(
            "SELECT h.* FROM holding h JOIN customer c ON c.id = h.customer_id WHERE c.root_id = $1", root
        )
        assert {one["customer_id"] for one in holdings} == {root}, case
        scopes = await book.fetch("SELECT team_id FROM customer_scope WHERE customer_id = $1", root)
        assert {one["team_id"] for one in scopes} == {None, book.team(LONG), book.team(LI)}, case
        assert await book.holder(root, NOW) == (book.staff(LONG), book.team(LONG)), case
    assert await book.value("SELECT count(*) FROM fact WHERE kind = 'link'") == 3
    assert await book.differences() == []


async def test_a_chain_of_shared_phones_makes_one_customer_of_many(book: Book, tmp_path: Path, roll: Path) -> None:
    """Each row brings a phone of the next one; the last two halves meet in the middle."""
    phones = [new_phone() for _ in range(40)]
    links = [row(phones[at], phones[at + 1]) for at in (*range(0, 38, 2), *range(1, 37, 2), 37, 38)]
    await taken(book, written(tmp_path / "a.csv", links), roll, now=NOW)
    assert await book.value("SELECT count(*) FROM customer WHERE id = root_id") == 1
    assert await book.value("SELECT count(DISTINCT root_id) FROM customer") == 1
    assert await book.differences() == []


async def test_whoever_changes_teams_takes_their_customers_along(book: Book, tmp_path: Path, roll: Path) -> None:
    """The roll of a later import names another team: holdings and scopes are the new team's, and no one else's."""
    rows = [row(new_phone()), row(new_phone(), 工号="S011")]
    await taken(book, written(tmp_path / "a.csv", rows), roll, now=NOW)
    (_, mine), (_, other) = await _filings(book)
    moved = staff_roll(tmp_path / "moved.csv", S001="蓝队")
    await taken(book, written(tmp_path / "b.csv", [row(new_phone(), 工号="S012")]), moved, now=NOW)
    assert await book.holder(mine, NOW) == (book.staff(LONG), book.team(LI))
    assert await book.holder(other, NOW) == (book.staff(LI), book.team(LI))
    assert await book.differences() == []
    scopes = await book.fetch("SELECT team_id FROM customer_scope WHERE customer_id = $1", mine)
    assert {one["team_id"] for one in scopes} == {None, book.team(LONG), book.team(LI)}


async def test_a_changed_role_changes_what_a_persons_acts_were_worth(book: Book, tmp_path: Path, roll: Path) -> None:
    """A role is not dated: whoever is no salesperson on the roll is none to the law, and the projections follow."""
    await taken(book, written(tmp_path / "a.csv", [row(new_phone())]), roll, now=NOW)
    other = read_back(roll)
    other[0]["角色"] = "designer"
    await taken(book, written(tmp_path / "b.csv", [row(new_phone())]), written(tmp_path / "s.csv", other), now=NOW)
    assert await book.value("SELECT role FROM staff WHERE number = 'S001'") == "designer"
    assert await book.differences() == []


async def test_one_file_imported_twice_at_once_is_in_the_book_once(book: Book, tmp_path: Path) -> None:
    """Neither waits for ever for the other, and each row has one fingerprint."""
    sample, staff = DATA / "register.csv", DATA / "register.staff.csv"
    rows = written(tmp_path / "a.csv", read_back(sample)[:800])
    first, second = await asyncio.gather(taken(book, rows, staff, now=NOW), taken(book, rows, staff, now=NOW))
    assert first.rejections == second.rejections
    filings = await _filings(book)
    assert len(filings) == 800 - len(first.rejections)
    assert await book.value("SELECT count(*) FROM register_row") == len(filings)
    assert first.accepted + first.repeated == second.accepted + second.repeated == len(filings)
    assert await book.value("SELECT count(*) FROM register_import WHERE finished_at IS NULL") == 0
    assert await book.differences() == []


async def test_two_registers_of_the_same_customers_at_once_make_each_customer_once(
    book: Book, tmp_path: Path, roll: Path
) -> None:
    """In opposite orders, so that each locks what the other will want."""
    phones = [new_phone() for _ in range(400)]
    forth = written(tmp_path / "a.csv", [row(phone) for phone in phones])
    back = written(tmp_path / "b.csv", [row(phone, 工号="S011", 登记时间="10:00") for phone in reversed(phones)])
    first, second = await asyncio.gather(taken(book, forth, roll, now=NOW), taken(book, back, roll, now=NOW))
    assert (first.accepted, second.accepted) == (400, 400)
    assert await book.value("SELECT count(*) FROM customer") == 400
    assert await book.differences() == []


async def test_an_import_beside_filings_of_the_same_phones_makes_each_customer_once(
    book: Book, tmp_path: Path, roll: Path
) -> None:
    """The front desk goes on while the register comes in; whoever is second finds the first."""
    book.now = NOW
    phones = [new_phone() for _ in range(600)]
    file = written(tmp_path / "a.csv", [row(phone) for phone in phones])

    async def desk(number: str, share: list[str]) -> None:
        for phone in share:
            done = await file_claim(book.desk(number), claim_form(phone, visited_at=book.now), key=key())
            assert done.node is not None

    report, *_ = await asyncio.gather(
        taken(book, file, roll, now=NOW), desk(LI, phones[::-20]), desk(WANG, phones[::20]), desk(LONG, phones[7::20])
    )
    assert report.accepted == 600
    assert await book.value("SELECT count(*) FROM customer WHERE id = root_id") == 600
    assert await book.differences() == []
