"""Rows of a register that cannot be taken, each with its one reason, and the file in which somebody mends them.

- The file is the register again: the same cells under the same headings, behind the row's number and its reason;
  mended, it is imported like any register.
- It holds contact data in the clear: only its owner may read it, it appears whole or not at all, and it says
  nothing that a spreadsheet would run.
- It takes the place of no other: of two imports at once each has its own. What a killed import left half written
  goes with the next.
"""

from __future__ import annotations

import csv
import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from filecmp import cmp
from itertools import count
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self


class RowCode(StrEnum):
    """Why a row cannot be taken, in the order in which reasons are looked for (closed; each has words)."""

    UNREADABLE_ROW = "UNREADABLE_ROW"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    MISSING_NAME = "MISSING_NAME"
    MISSING_PHONE = "MISSING_PHONE"
    INVALID_PHONE = "INVALID_PHONE"
    INVALID_DATE = "INVALID_DATE"
    UNKNOWN_STAFF = "UNKNOWN_STAFF"


class WarningCode(StrEnum):
    """What somebody should know of a row that was taken (closed; each has words)."""

    SENSITIVE_NUMBER = "SENSITIVE_NUMBER"
    INVALID_PHONE = "INVALID_PHONE"


_WORDS: dict[RowCode, tuple[str, str]] = {
    RowCode.UNREADABLE_ROW: (
        "引号不成对,或单元格多于列标题,无法读取。",
        "Its quotation marks do not match, or it has more cells than there are headings.",
    ),
    RowCode.TEXT_TOO_LONG: ("有单元格超过 32767 个字符。", "A cell has more than 32,767 characters."),
    RowCode.MISSING_NAME: ("缺少客户姓名。", "The customer's name is missing."),
    RowCode.MISSING_PHONE: ("缺少联系电话,备用电话也为空。", "There is no phone, and no spare one either."),
    RowCode.INVALID_PHONE: (
        "没有有效的电话号码:应为11位手机号(后四位可隐藏)、带区号的固定电话、400/800号码,或带“+国家代码”的号码。",
        "No valid phone: 11 digits (the last four may be hidden), area code and number, 400, 800, or + and country.",
    ),
    RowCode.INVALID_DATE: (
        "登记日期或登记时间缺失、无效或晚于现在:日期如 2026-03-02、2026/3/2、2026年3月2日,时间如 09:15。",
        "Date or time missing, invalid or in the future: write 2026-03-02, 2026/3/2 or 2026年3月2日, and 09:15.",
    ),
    RowCode.UNKNOWN_STAFF: ("工号不在员工名册中。", "This staff number (工号) is not on the staff roll."),
}
_WARNING_WORDS: dict[WarningCode, tuple[str, str]] = {
    WarningCode.SENSITIVE_NUMBER: (
        "身份证号或银行卡号不予保存,已从文字中删除。",
        "An identity or bank-card number is not kept: it was taken out of the text.",
    ),
    WarningCode.INVALID_PHONE: (
        "电话栏中另有无法识别的号码,已作为文字保留。",
        "The phone columns hold digits besides that are no phone: they are kept as text.",
    ),
}
ROW, CODE, REASON_ZH, REASON_EN = "导入行号", "导入错误码", "导入错误说明", "导入错误说明(英文)"
REJECT_HEADINGS: Final = (ROW, CODE, REASON_ZH, REASON_EN)
"""The columns that the rejects file adds in front; a register that bears them is a rejects file come back."""
_PART = ".part"
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def row_message(code: RowCode | WarningCode, language: str) -> str:
    """Say a code in Chinese (`zh`) or English (`en`)."""
    words = _WORDS[code] if isinstance(code, RowCode) else _WARNING_WORDS[code]
    return words[language == "en"]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not taken: its number, its reason, and its cells in the order of the headings."""

    row: int
    code: RowCode
    cells: tuple[str, ...] = field(repr=False)


class RejectsFile:
    """The rejects of one import on their way into a file (mode 0600), which appears when all are written.

    Used as a context; a clean exit without rejections, or a failure, leaves no file behind. `path` is where the file
    is in the end: beside the one asked for, if one that says something else is there already.
    """

    __slots__ = ("_file", "_headings", "_part", "_writer", "count", "path")

    def __init__(self, path: Path, headings: tuple[str, ...]) -> None:
        self.count = 0
        self.path = path
        self._headings = headings
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def add(self, rejection: Rejection) -> None:
        """Write a rejection, with its reason in both languages."""
        if self._file is None:
            self._file = self._begun()
        self.count += 1
        reasons = (row_message(rejection.code, "zh"), row_message(rejection.code, "en"))
        self._writer.writerow([rejection.row, rejection.code, *reasons, *map(harmless, rejection.cells)])

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._file is None:
            return
        with self._file as file:
            file.flush()
            os.fsync(file.fileno())
            if kind is None:
                self.path = _appeared(self._part, self.path)
            self._part.unlink()

    def _begun(self) -> TextIO:
        _forget_killed(self.path.parent)
        number, self._part = _new_part(self.path)
        file = os.fdopen(number, "w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        self._writer.writerow([*REJECT_HEADINGS, *map(harmless, self._headings)])
        return file


def _new_part(path: Path) -> tuple[int, Path]:
    """Make a file of our own, locked, in which a rejects file begins: no name, and no link, is written through."""
    for at in count():
        part = path.with_name(f"{path.name}.{os.getpid()}-{at}{_PART}")
        with suppress(FileExistsError):
            number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            fcntl.flock(number, fcntl.LOCK_EX)
            if part.exists():
                return number, part
            os.close(number)  # not locked yet, it was taken for one that a killed import left
    raise AssertionError("numbers do not end")


def _appeared(part: Path, path: Path) -> Path:
    """Let a written file appear, under the name asked for or the next that is free.

    One that says the same is there already: an import killed at its very end left it, or one of the same file.
    """
    free = path
    for number in count(2):
        with suppress(FileExistsError):
            free.hardlink_to(part)
            break
        if free.is_file() and not free.is_symlink() and cmp(free, part, shallow=False):
            break
        free = path.with_stem(f"{path.stem}~{number}")
    return free


def _forget_killed(folder: Path) -> None:
    """Remove what killed imports left half written: a living one holds its own locked."""
    for left in folder.glob(f"*rejects*{_PART}"):
        try:
            file = os.open(left, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            continue
        with suppress(OSError), os.fdopen(file) as open_file:
            fcntl.flock(open_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def harmless(cell: str) -> str:
    """Keep a spreadsheet from running a cell: an apostrophe in front says that it is text."""
    return "'" + cell if cell.startswith(_RUNS) else cell
