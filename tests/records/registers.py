"""Registers made up for a test: rows written as CSV or XLSX, and what their import came to."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook

from records.importing import import_register
from tests.records.book import PEOPLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from records.importing import Report
    from tests.records.book import Book

DATA = Path(__file__).parent.parent / "data"
CHINA = ZoneInfo("Asia/Shanghai")
HEADINGS = ("登记日期", "登记时间", "工号", "客户姓名", "联系电话")
ROW = {"登记日期": "2026-03-02", "登记时间": "09:15", "工号": "S001", "客户姓名": "张三"}
TABLES = (
    "customer", "subject_key", "filing", "fact", "sealed_value", "blind_index", "holding", "claim_state",
    "customer_scope", "register_import", "register_row", "team", "staff", "team_membership", "access_log",
)  # fmt: skip


def row(*phones: str, **said: str) -> dict[str, str]:
    """Write a row of the first salesperson's, with one phone or with a spare one beside it."""
    named = dict(zip(("联系电话", "备用电话"), phones, strict=False))
    return ROW | named | said


def written(path: Path, rows: Iterable[Mapping[str, str]], headings: Sequence[str] = (), **how: Any) -> Path:
    """Write rows as CSV under these headings, or under all that they have."""
    rows = list(rows)
    headings = headings or list(dict.fromkeys(heading for one in rows for heading in one))
    with path.open("w", encoding=how.get("encoding", "utf-8"), newline="") as file:
        writer = csv.DictWriter(file, headings, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_back(path: Path) -> list[dict[str, str]]:
    """Read a CSV as what its cells say."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def as_workbook(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """Write rows as XLSX, every cell as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("客户登记表")
    headings = list(rows[0])
    sheet.append(headings)
    for one in rows:
        sheet.append([one[heading] for heading in headings])
    book.save(path)
    return path


def staff_roll(path: Path, **teams: str) -> Path:
    """Write the company's staff roll; whoever is named by number is of another team than usual."""
    rows = [
        {"工号": one.number, "姓名": one.name, "团队": teams.get(one.number, one.team or ""), "角色": one.role.value}
        for one in PEOPLE
    ]
    return written(path, rows)


async def taken(book: Book, path: Path, staff: Path, *, now: datetime, dry_run: bool = False) -> Report:
    """Bring a register into the book."""
    rejects = book.home / f"rejects-{path.stem}.csv"
    return await import_register(book.office, path, staff, rejects=rejects, now=now, zone=CHINA, dry_run=dry_run)


async def counted(book: Book) -> dict[str, int]:
    """Count the rows of every table that an import writes."""
    columns = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in TABLES)
    return dict((await book.fetch(f"SELECT {columns}"))[0])
