"""The rejects file is the register again, for its owner alone, and nothing in it runs."""

from __future__ import annotations

import csv
import os
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from authz.actor import Role
from records.register import RegisterRow, read_register
from records.rejects import REJECT_HEADINGS, Rejection, RejectsFile, RowCode
from records.staff_roll import Member, StaffRoll

if TYPE_CHECKING:
    from pathlib import Path

HEADINGS = ("登记日期", "登记时间", "工号", "客户姓名", "联系电话", "备注")
CELLS = ("2026-03-02", "09:15", "S999", "张三", "+86 138 0013 8000", '=HYPERLINK("http://x.invalid")')
REJECTION = Rejection(7, RowCode.UNKNOWN_STAFF, CELLS)


def written(path: Path) -> list[list[str]]:
    """Read the file as a spreadsheet would."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_each_reject_stands_there_with_its_number_and_its_reason(tmp_path: Path) -> None:
    """For the owner alone: mode 0600."""
    path = tmp_path / "rejects.csv"
    with RejectsFile(path, HEADINGS) as rejects:
        rejects.add(REJECTION)
        assert not path.exists()
    assert rejects.count == 1
    head, row = written(path)
    assert head == [*REJECT_HEADINGS, *HEADINGS]
    assert row[:2] == ["7", "UNKNOWN_STAFF"]
    assert "工号" in row[2]
    assert row[4:8] == list(CELLS[:4])
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["rejects.csv"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_of_it_runs(tmp_path: Path, start: str) -> None:
    """CSV injection: what a spreadsheet would take for a formula begins with an apostrophe."""
    with RejectsFile(tmp_path / "rejects.csv", (start + "x",)) as rejects:
        rejects.add(Rejection(1, RowCode.MISSING_NAME, (start + "cmd|' /C calc'!A0",)))
    for row in written(tmp_path / "rejects.csv"):
        assert row[4].startswith("'" + start)


def test_nothing_is_left_of_a_failure_or_of_an_import_without_rejects(tmp_path: Path) -> None:
    """It appears whole or not at all; what a killed import left is removed, a link is not written through."""
    path = tmp_path / "rejects.csv"
    with RejectsFile(path, HEADINGS):
        pass

    def break_off() -> None:
        with RejectsFile(path, HEADINGS) as rejects:
            rejects.add(REJECTION)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert list(tmp_path.iterdir()) == []
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine", encoding="utf-8")
    (tmp_path / f"rejects.csv.{os.getpid()}-0.part").symlink_to(elsewhere)
    (tmp_path / "rejects-yesterday.csv.1-0.part").write_text("张三", encoding="utf-8")
    with RejectsFile(path, HEADINGS) as rejects:
        rejects.add(REJECTION)
    assert elsewhere.read_text(encoding="utf-8") == "mine"
    assert len(written(path)) == 2
    assert not (tmp_path / "rejects-yesterday.csv.1-0.part").exists()


def test_two_imports_at_once_have_a_file_each(tmp_path: Path) -> None:
    """Whoever is second writes over nothing, finished or not, and says where its own file is; equal files are one."""
    path = tmp_path / "rejects.csv"
    files = [RejectsFile(path, HEADINGS) for _ in range(3)]
    with files[0] as first, files[1] as second:
        first.add(REJECTION)
        second.add(REJECTION)
        second.add(REJECTION)
    with files[2] as third:
        third.add(REJECTION)
    assert [len(written(rejects.path)) for rejects in files] == [2, 3, 2]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["rejects.csv", "rejects~2.csv"]
    assert files[2].path in {files[0].path, files[1].path}
    assert all(entry.stat().st_mode & 0o777 == 0o600 for entry in tmp_path.iterdir())


def test_a_mended_rejects_file_is_a_register(tmp_path: Path) -> None:
    """Its own columns are no part of what a row says; a phone behind an apostrophe is a phone."""
    path = tmp_path / "rejects.csv"
    with RejectsFile(path, HEADINGS) as rejects:
        rejects.add(REJECTION)
    path.write_text(path.read_text(encoding="utf-8").replace("S999", "S001"), encoding="utf-8")
    staff = StaffRoll((Member("S001", "王芳", "红队", Role.SALESPERSON),))
    (row,) = read_register(path, staff, zone=ZoneInfo("Asia/Shanghai"))
    assert isinstance(row, RegisterRow)
    assert [phone.number for phone in row.phones] == ["+8613800138000"]
    assert row.unknown == {}
