"""A table somebody kept: its records in order, as text, and why a file is no such table.

- A record is a record, not a line: line breaks and quotation marks in a cell are kept.
- Nothing is run, followed or guessed: a formula is the text that somebody typed.
- What refuses a file says why and where, and repeats nothing of what its cells say.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


class SheetFaultCode(StrEnum):
    """Why a file as a whole cannot be read (closed; each has words)."""

    EMPTY_FILE = "EMPTY_FILE"
    NOT_A_SPREADSHEET = "NOT_A_SPREADSHEET"
    OLD_WORKBOOK = "OLD_WORKBOOK"
    ENCRYPTED_WORKBOOK = "ENCRYPTED_WORKBOOK"
    DAMAGED_WORKBOOK = "DAMAGED_WORKBOOK"
    WORKBOOK_TOO_LARGE = "WORKBOOK_TOO_LARGE"
    WRONG_ENCODING = "WRONG_ENCODING"
    MISSING_HEADING = "MISSING_HEADING"
    DUPLICATE_HEADING = "DUPLICATE_HEADING"
    TOO_MANY_COLUMNS = "TOO_MANY_COLUMNS"
    MISSING_CELL = "MISSING_CELL"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    UNREADABLE_ROW = "UNREADABLE_ROW"
    DUPLICATE_STAFF = "DUPLICATE_STAFF"
    UNKNOWN_ROLE = "UNKNOWN_ROLE"


_WORDS: dict[SheetFaultCode, tuple[str, str]] = {
    SheetFaultCode.EMPTY_FILE: ("文件是空的。", "The file is empty."),
    SheetFaultCode.NOT_A_SPREADSHEET: (
        "这不是表格文件,请提供 CSV 或 XLSX。",
        "This is no spreadsheet: give a CSV or XLSX file.",
    ),
    SheetFaultCode.OLD_WORKBOOK: (
        "这是旧版 Excel 文件(.xls),请另存为 XLSX 后再导入。",
        "This is a workbook of the old kind (.xls): save it as XLSX and import that.",
    ),
    SheetFaultCode.ENCRYPTED_WORKBOOK: (
        "文件设有密码,请取消密码后再导入。",
        "The file is protected by a password: save it without one and import that.",
    ),
    SheetFaultCode.DAMAGED_WORKBOOK: (
        "工作簿已损坏,请在 Excel 或 WPS 中打开并重新保存。",
        "The workbook is damaged: open it in Excel or WPS and save it anew.",
    ),
    SheetFaultCode.WORKBOOK_TOO_LARGE: (
        "工作簿解压后过大,请拆分后再导入。",
        "The workbook is too large once unpacked: split it and import the parts.",
    ),
    SheetFaultCode.WRONG_ENCODING: (
        "文字编码既不是 UTF-8 也不是 GB18030,请另存为“CSV UTF-8”后再导入。",
        "The text is neither UTF-8 nor GB18030: save it as “CSV UTF-8” and import that.",
    ),
    SheetFaultCode.MISSING_HEADING: ("缺少必需的列标题。", "A heading that is needed is missing."),
    SheetFaultCode.DUPLICATE_HEADING: (
        "同一列标题出现了两次,无法判断以哪一列为准。",
        "This heading stands there twice, so nobody can tell which column counts.",
    ),
    SheetFaultCode.TOO_MANY_COLUMNS: ("列数过多。", "There are too many columns."),
    SheetFaultCode.MISSING_CELL: ("此项必填。", "This is required."),
    SheetFaultCode.TEXT_TOO_LONG: ("内容过长。", "This is too long."),
    SheetFaultCode.UNREADABLE_ROW: (
        "引号不成对或列数不符,无法读取。",
        "Its quotation marks or cells do not match: it cannot be read.",
    ),
    SheetFaultCode.DUPLICATE_STAFF: ("该工号出现了两次。", "This staff number (工号) stands there twice."),
    SheetFaultCode.UNKNOWN_ROLE: ("没有这样的角色。", "There is no such role."),
}


class SheetFault(Exception):  # noqa: N818 (the refusal's name; it is no programming error)
    """A file that cannot be read as a whole: why, and where; never what its cells say.

    `line` is a line of the text, `row` a record (1 is the first under the heading), `heading` one of ours.
    """

    def __init__(
        self, code: SheetFaultCode, *, line: int | None = None, row: int | None = None, heading: str | None = None
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.line = line
        self.row = row
        self.heading = heading

    def message(self, language: str) -> str:
        """Say it in Chinese (`zh`) or English (`en`), the place first."""
        english = language == "en"
        places = [
            None if self.line is None else f"line {self.line}" if english else f"文本第 {self.line} 行",
            None if self.row is None else f"row {self.row}" if english else f"第 {self.row} 行",
            None if self.heading is None else f"“{self.heading}”",
        ]
        said = [place for place in places if place]
        words = _WORDS[self.code][english]
        if not said:
            return words
        return f"{', '.join(said)}: {words}" if english else f"{','.join(said)}:{words}"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record whose quotation marks or length leave nobody able to say what its cells are."""

    text: str = field(repr=False)


Records: TypeAlias = Generator[list[str] | Unreadable, None, None]
"""The records of a table in order; closing it closes the file."""
