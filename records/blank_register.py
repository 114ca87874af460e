"""A blank register (客户登记表模板) to fill in and import: headings, choices to pick from, an example, and hints.

- Its headings are those that an import knows; what must be filled in is marked, phones and numbers are kept as text.
- The example row bears a staff number that is nobody's: forgotten in the table, it is rejected and files nobody.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from records.register import (
    DATE,
    INTENT,
    INTENTS,
    KIND,
    KINDS,
    NAME,
    NUMBER,
    PHONE,
    SOURCE,
    SOURCES,
    SPARE_PHONE,
    STAFF_NAME,
    TEAM,
    TEXTS,
    TIME,
)

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SHEET: Final = "客户登记表"
HINTS: Final = "填写说明"
EXAMPLE_NUMBER: Final = "示例"
"""The staff number of the example row: nobody's."""
HEADINGS: Final = (
    DATE, TIME, NUMBER, STAFF_NAME, TEAM, NAME, KIND, PHONE, SPARE_PHONE, INTENT, SOURCE, *TEXTS,
)  # fmt: skip
ROWS: Final = 5_000
"""Rows that have choices and formats; an import reads as many as there are."""
_EXAMPLE: Final = {
    DATE: "2026-03-02", TIME: "09:15", NUMBER: EXAMPLE_NUMBER, STAFF_NAME: "张三", TEAM: "一队", NAME: "王芳",
    KIND: "个人", PHONE: "1381234****", INTENT: "高", SOURCE: "自然到访",
    "地址": "杭州市文三路90号", "楼牌号": "3幢", "需求": "三室两厅整装", "备注": "本行为示例,填写前请删除",
}  # fmt: skip
_MUST: Final = (DATE, NUMBER, NAME, PHONE)
_AS_TEXT: Final = (NUMBER, PHONE, SPARE_PHONE, "微信", "统一社会信用代码")
_WORDS: Final = (
    ("怎样填写", "How to fill it in"),
    (
        "一行为一次现场登记:销售人员在该日期和时间带客户到公司。",
        "A row is one registration on site: who brought whom in, when.",
    ),
    (
        "深色标题为必填:登记日期、工号、客户姓名、联系电话。",
        "Dark headings must be filled in: date, staff number, name, phone.",
    ),
    (
        "日期如 2026-03-02、2026/3/2 或 2026年3月2日;时间如 09:15。",
        "Dates like 2026-03-02, 2026/3/2 or 2026年3月2日; times like 09:15.",
    ),
    (
        "电话为11位手机号(后四位可用 * 隐藏)、带区号的固定电话或400/800号码。",
        "Phones: 11 digits (the last four may be *), area code and number, 400 or 800.",
    ),
    ("工号以员工名册为准;姓名、团队只供核对。", "The staff number decides; name and team are for the eye."),
    ("客户类型、购买意向、客户来源请从下拉列表中选择。", "Pick kind, intent and source from their lists."),
    (
        "请勿填写身份证号、银行卡号:导入时会从文字中删除。",
        "No identity or bank-card numbers: an import takes them out.",
    ),
    ("可以增加列,标题自定;导入时原样保留。", "Columns may be added under headings of your own; they are kept."),
    (
        "示例行的工号“示例”不在名册中:忘记删除时会被退回,不会登记。",
        "The example's number is nobody's: left in, that row is rejected.",
    ),
    ("导入:baobei import 文件 --staff 员工名册", "Import: baobei import FILE --staff ROLL"),
)


def blank_register() -> bytes:
    """Write the blank register as a workbook (XLSX)."""
    book = Workbook()
    table = book.active
    assert table is not None  # noqa: S101  (a new workbook has one sheet)
    table.title = SHEET
    table.append(HEADINGS)
    table.append([_EXAMPLE.get(heading, "") for heading in HEADINGS])
    table.freeze_panes = "A2"
    for column, heading in enumerate(HEADINGS, start=1):
        letter = get_column_letter(column)
        cell = table.cell(1, column)
        cell.font = Font(bold=True, color="FFFFFF" if heading in _MUST else "000000")
        cell.fill = PatternFill("solid", fgColor="1F4E78" if heading in _MUST else "DDEBF7")
        table.column_dimensions[letter].width = 14
        if heading in _AS_TEXT:
            table.column_dimensions[letter].number_format = "@"
    for heading, words in ((KIND, KINDS), (INTENT, INTENTS), (SOURCE, SOURCES)):
        _offer(table, heading, f'"{",".join(words)}"')
    dates = DataValidation(type="date", operator="between", formula1="DATE(2000,1,1)", formula2="DATE(2100,1,1)")
    dates.error, dates.errorTitle, dates.errorStyle = "请填写日期,如 2026-03-02", "登记日期", "warning"
    table.add_data_validation(dates)
    dates.add(_cells(DATE))
    hints = book.create_sheet(HINTS)
    for zh, en in _WORDS:
        hints.append((zh, en))
    hints["A1"].font = hints["B1"].font = Font(bold=True)
    for letter in "AB":
        hints.column_dimensions[letter].width = 70
    for row in hints.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _cells(heading: str) -> str:
    """Name a column's cells under its heading."""
    letter = get_column_letter(HEADINGS.index(heading) + 1)
    return f"{letter}2:{letter}{ROWS + 1}"


def _offer(table: Worksheet, heading: str, words: str) -> None:
    """Offer a column's words as a list to pick from."""
    choices = DataValidation(type="list", formula1=words, allow_blank=True)
    choices.error, choices.errorTitle = "请从下拉列表中选择", heading
    table.add_data_validation(choices)
    choices.add(_cells(heading))
