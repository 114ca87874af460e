"""The blank register: filled in and imported, its rows are taken; its example never is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from openpyxl import load_workbook
from typer.testing import CliRunner

from api.cli import command
from records.blank_register import EXAMPLE_NUMBER, HEADINGS, HINTS, SHEET, blank_register
from records.register import RegisterRow, read_register
from records.rejects import Rejection, RowCode
from records.staff_roll import read_staff

DATA = Path(__file__).parents[1] / "data"
CHINA = ZoneInfo("Asia/Shanghai")


def test_what_is_filled_into_it_is_what_an_import_reads(tmp_path: Path) -> None:
    """Every column, dates and times as cells and as text; the example left in place files nobody."""
    file = tmp_path / "登记表.xlsx"
    file.write_bytes(blank_register())
    book = load_workbook(file)
    table = book[SHEET]
    said = {
        "登记日期": date(2026, 3, 3), "登记时间": time(10, 30), "工号": "S001", "客户姓名": "周芷若",
        "客户类型": "个人",        "联系电话": "13812340001",
        "备用电话": "0571-65681234", "购买意向": "高", "客户来源": "转介绍", "微信": "zhouzr",
        "邮箱": "z@example.com", "地址": "杭州市文三路1号", "楼牌号": "3幢", "需求": "整装", "反馈": "满意",
    }  # fmt: skip
    table.append([said.get(heading, "") for heading in HEADINGS])
    texts = said | {"登记日期": "2026年3月4日", "登记时间": "09:15", "联系电话": "1381234****", "客户姓名": "赵敏"}
    table.append([texts.get(heading, "") for heading in HEADINGS])
    book.save(file)
    roll = read_staff(DATA / "register.staff.csv")
    example, first, second = read_register(file, roll, zone=CHINA)
    assert isinstance(example, Rejection)
    assert (example.code, EXAMPLE_NUMBER in example.cells) == (RowCode.UNKNOWN_STAFF, True)
    assert isinstance(first, RegisterRow)
    assert isinstance(second, RegisterRow)
    assert (first.name, first.staff_number, len(first.phones)) == ("周芷若", "S001", 2)
    assert first.occurred_at == datetime(2026, 3, 3, 2, 30, tzinfo=UTC)
    assert second.occurred_at == datetime(2026, 3, 4, 1, 15, tzinfo=UTC)
    assert {"wechat", "email", "address", "building", "need", "feedback"} <= set(first.fields)
    assert first.unknown == {}
    assert (first.kind, first.intent, first.source) != (None, None, None)


def test_it_offers_choices_keeps_numbers_as_text_and_says_how_it_is_filled_in(tmp_path: Path) -> None:
    """Lists for kind, intent and source; a date; phones and staff numbers that lose no zero."""
    file = tmp_path / "t.xlsx"
    file.write_bytes(blank_register())
    book = load_workbook(file)
    assert book.sheetnames == [SHEET, HINTS]
    table = book[SHEET]
    offered = {
        str(one.sqref).split(":")[0][0]: (one.type, one.formula1) for one in table.data_validations.dataValidation
    }
    assert offered["A"][0] == "date"
    by_heading = {heading: table.cell(1, column).column_letter for column, heading in enumerate(HEADINGS, start=1)}
    assert offered[by_heading["客户类型"]] == ("list", '"个人,企业,公司,单位"')
    assert offered[by_heading["购买意向"]] == ("list", '"高,中,低"')
    assert offered[by_heading["客户来源"]][0] == "list"
    for heading in ("工号", "联系电话", "备用电话"):
        assert table.column_dimensions[by_heading[heading]].number_format == "@"
    assert any("baobei import" in str(cell.value) for row in book[HINTS].iter_rows() for cell in row)


def test_the_command_writes_it_and_takes_no_files_place(tmp_path: Path) -> None:
    """`baobei template FILE`."""
    file = tmp_path / "空白.xlsx"
    assert CliRunner().invoke(command, ["template", str(file)]).exit_code == 0
    assert load_workbook(file).sheetnames == [SHEET, HINTS]
    before = file.read_bytes()
    again = CliRunner().invoke(command, ["template", str(file)])
    assert again.exit_code == 1
    assert file.read_bytes() == before
