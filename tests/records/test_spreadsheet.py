"""A table is read as it was written, whatever kept it; what cannot be read is refused with its place."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from records import workbook as xlsx
from records.sheet import SheetFault, SheetFaultCode, Unreadable
from records.spreadsheet import open_table

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = {"工号": ("员工号",), "姓名": ()}
NEEDED = (("工号",), ("姓名",))
HEAD = "工号,姓名,备注\n"


def records(path: Path) -> list[list[str] | None]:
    """Read a table's records; none stands for one that cannot be read."""
    return [None if isinstance(record, Unreadable) else record for record in open_table(path, KNOWN, NEEDED).records]


def text(path: Path, written: str | bytes) -> Path:
    """Write a text file."""
    path = path / "t.csv"
    path.write_bytes(written if isinstance(written, bytes) else written.encode())
    return path


def fault(path: Path) -> SheetFault:
    """Read a table that must be refused."""
    with pytest.raises(SheetFault) as refused:
        records(path)
    return refused.value


def save(path: Path, *rows: list[object]) -> Path:
    """Save a workbook of one sheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path / "t.xlsx")
    return path / "t.xlsx"


def replace(path: Path, part: str, content: bytes) -> Path:
    """Put another part into a workbook, or add one."""
    other = path.with_name("other.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        new.writestr(part, content)
    return other


def sheet(body: str) -> bytes:
    """Write a sheet's XML."""
    return (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{body}</sheetData></worksheet>"
    ).encode()


HEAD_ROW = '<row r="1"><c r="A1" t="inlineStr"><is><t>工号</t></is></c><c r="B1" t="str"><v>姓名</v></c></row>'


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_delimiter_line_end_and_encoding_are_found_out(
    tmp_path: Path, delimiter: str, ending: str, encoding: str
) -> None:
    """As spreadsheets in China save text; commas within tabs are no delimiters."""
    lines = [["工号", "姓名", "备注"], ["S1", "𠮷波", "甲,乙" if delimiter != "," else "甲"], ["S2", "李", ""]]
    written = "".join(delimiter.join(line) + ending for line in lines)
    assert records(text(tmp_path, written.encode(encoding))) == lines[1:]


def test_a_record_is_a_record_and_not_a_line(tmp_path: Path) -> None:
    """Line breaks, quotation marks and 5,000 characters in a cell, NUL bytes, no line end at the end."""
    long = "长" * 5000
    body = f'S1,张,"一\n二,""三"""\nS2,李,{long}\n\nS3,王\x00五,他说"好"\nS4,"赵" ,x'
    assert records(text(tmp_path, HEAD + body)) == [
        ["S1", "张", '一\n二,"三"'],
        ["S2", "李", long],
        [],
        ["S3", "王\x00五", '他说"好"'],
        ["S4", "赵 ", "x"],
    ]


@pytest.mark.parametrize("spoilt", ['S2,"李,x', 'S2,李,"x', '"S2,李,x', 'S2,李,"' + "x" * 200_000])
@pytest.mark.parametrize("behind", ['S3,王,y\nS4,赵,"z\nz"', "S3,王,y", 'S3,"王","y"', "S3,王,y\n" * 9000, ""])
def test_a_quotation_mark_that_is_never_closed_spoils_its_own_line(tmp_path: Path, spoilt: str, behind: str) -> None:
    """The control: the csv module alone would swallow what stands behind it."""
    clean = records(text(tmp_path, HEAD + "S1,张,\n" + behind))
    assert records(text(tmp_path, HEAD + "S1,张,\n" + spoilt + "\n" + behind)) == [clean[0], None, *clean[1:]]


def test_a_line_without_end_spoils_itself_alone(tmp_path: Path) -> None:
    """Two megabytes in a line are held by nobody."""
    assert records(text(tmp_path, HEAD + "S1," + "x" * 2_500_000 + "\nS2,李,\n")) == [None, ["S2", "李", ""]]


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=20), min_size=3, max_size=3)))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    """Any text in any cell, quoted as RFC 4180 says."""
    quoted = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)
    path = text(tmp_path_factory.mktemp("rows"), HEAD + quoted)
    assert records(path) == rows


@pytest.mark.parametrize(
    ("written", "code", "line"),
    [
        (b"", SheetFaultCode.EMPTY_FILE, None),
        (b"\n \n,,\n", SheetFaultCode.EMPTY_FILE, None),
        ("工号,备注\nS1,x\n".encode(), SheetFaultCode.MISSING_HEADING, None),
        ("工号,姓名,工号\n".encode(), SheetFaultCode.DUPLICATE_HEADING, None),
        (("工号,姓名" + "," * 600).encode(), SheetFaultCode.TOO_MANY_COLUMNS, None),
        (HEAD.encode() + "S1,张三李四王五\n".encode() + b"S2,\xff\xfe\n", SheetFaultCode.WRONG_ENCODING, 3),
        ("\ufeff工号\n".encode() + b"\xb5\n", SheetFaultCode.WRONG_ENCODING, 2),
        (HEAD.encode("gb18030") + b"S1,\xff\n", SheetFaultCode.WRONG_ENCODING, 2),
        (b"%PDF-1.7\n" + bytes(range(256)) * 20, SheetFaultCode.NOT_A_SPREADSHEET, None),
        (b"PK\x03\x04 no zip", SheetFaultCode.DAMAGED_WORKBOOK, None),
        (bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600), SheetFaultCode.OLD_WORKBOOK, None),
        (
            bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            SheetFaultCode.ENCRYPTED_WORKBOOK,
            None,
        ),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_its_reason(
    tmp_path: Path, written: bytes, code: SheetFaultCode, line: int | None
) -> None:
    """And with its place, where there is one."""
    refused = fault(text(tmp_path, written))
    assert (refused.code, refused.line) == (code, line)


def test_damage_anywhere_in_a_text_is_found_before_the_first_record(tmp_path: Path) -> None:
    """Nobody keeps half a register: the whole file decodes, or none of it is read."""
    body = HEAD.encode() + "S1,张三,\n".encode() * 200_000
    refused = fault(text(tmp_path, body + b"S2,\xe5\xbc\n"))
    assert (refused.code, refused.line) == (SheetFaultCode.WRONG_ENCODING, 200_002)
    with pytest.raises(SheetFault):
        open_table(text(tmp_path, body + b"\xff"), KNOWN, NEEDED)


def test_a_workbook_says_what_its_cells_show(tmp_path: Path) -> None:
    """Numbers as digits, dates and times by their formats, formulas as text, gaps as empty rows."""
    path = save(
        tmp_path,
        ["姓名", "工号"],
        ["𠮷\n波", 13800138000],
        [13800138000.0, 1.5],
        [],
        [date(2026, 3, 2), time(9, 15)],
        [datetime(2026, 3, 2, 9, 15, 30), '=HYPERLINK("http://x.invalid","点")'],  # noqa: DTZ001 (a sheet has no zone)
        [True, None, None, "x"],
    )
    assert records(path) == [
        ["𠮷\n波", "13800138000"],
        ["13800138000", "1.5"],
        [],
        ["2026-03-02", "09:15:00"],
        ["2026-03-02 09:15:30", '=HYPERLINK("http://x.invalid","点")'],
        ["TRUE", "", "", "x"],
    ]
    assert open_table(path, KNOWN, NEEDED).expected == 7


def test_what_excel_writes_and_openpyxl_does_not_is_read_too(tmp_path: Path) -> None:
    """Shared and rich texts, phonetic hints, cells without references, shared formulas, Chinese date formats."""
    styles = (
        b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts>'
        b'<numFmt numFmtId="176" formatCode="yyyy&quot;-&quot;m"/></numFmts>'
        b'<cellXfs><xf numFmtId="0"/><xf numFmtId="31"/><xf numFmtId="33"/><xf numFmtId="176"/></cellXfs></styleSheet>'
    )
    shared = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>姓名</t></si>'
        "<si><r><t>张</t></r><r><t>三</t></r><rPh><t>zhang</t></rPh></si></sst>"
    ).encode()
    rows = (
        '<row><c t="inlineStr"><is><t>工号</t></is></c><c t="s"><v>0</v></c></row>'
        '<row r="3"><c r="B3" t="s"><v>1</v></c><c r="C3" s="1"><v>46083</v></c><c r="D3" s="2"><v>0.385416666</v></c>'
        '<c r="E3" s="3"><v>46083.5</v></c><c r="F3"><v>1.3800138E10</v></c></row>'
        '<row r="4"><c r="A4"><f t="shared" ref="A4:A5" si="0">B4+1</f><v>3</v></c>'
        '<c r="B4" t="e"><v>#N/A</v></c></row><row r="5"><c r="A5"><f t="shared" si="0"/><v>4</v></c>'
        '<c r="B5" t="inlineStr"><is><t>a_x000D_b</t></is></c></row>'
    )
    path = save(tmp_path, ["工号"])
    path = replace(path, "xl/styles.xml", styles)
    path = replace(path.rename(tmp_path / "a.xlsx"), "xl/sharedStrings.xml", shared)
    path = replace(path.rename(tmp_path / "b.xlsx"), "xl/worksheets/sheet1.xml", sheet(rows))
    assert records(path) == [
        [],
        ["", "张三", "2026-03-02", "09:15:00", "2026-03-02 12:00:00", "13800138000"],
        ["=B4+1", "#N/A"],
        ["=B4+1", "ab"],
    ]


def test_the_first_sheet_that_has_the_headings_is_the_table(tmp_path: Path) -> None:
    """A cover sheet stands in nobody's way."""
    book = Workbook()
    cover = book.active
    assert cover is not None
    cover.append(["客户登记表"])
    page = book.create_sheet("三月")
    page.append(["工号", "姓名"])
    page.append(["S1", "张三"])
    book.save(tmp_path / "t.xlsx")
    assert records(tmp_path / "t.xlsx") == [["S1", "张三"]]


def test_a_workbook_that_unpacks_to_too_much_is_refused_unpacked(tmp_path: Path) -> None:
    """A bomb of 200 MB in 200 kB; a large sheet that packs like a sheet is none."""
    path = save(tmp_path, ["工号", "姓名"])
    assert fault(replace(path, "xl/media/zeros", bytes(200 << 20))).code == SheetFaultCode.WORKBOOK_TOO_LARGE
    assert records(replace(path, "xl/media/zeros", bytes(1 << 20))) == []


@pytest.mark.parametrize(
    "body",
    [
        HEAD_ROW + '<row r="2"><c r="A2" t="s"><v>99999</v></c></row>',
        HEAD_ROW + '<row r="2"><c r="A2" t="s"><v>-1</v></c></row>',
        HEAD_ROW + '<row r="99999999999"><c r="A2"/></row>',
        HEAD_ROW + '<row r="1"/>',
        HEAD_ROW + '<row r="2"><c r="ZZZZ2"><v>1</v></c></row>',
        HEAD_ROW + '<row r="2"><c r="A2"><v>1</v></row>',
    ],
)
def test_a_damaged_sheet_is_refused_and_never_believed(tmp_path: Path, body: str) -> None:
    """Whatever its XML claims: no exception but the one that says so."""
    path = replace(save(tmp_path, ["工号", "姓名"]), "xl/worksheets/sheet1.xml", sheet(body))
    assert fault(path).code == SheetFaultCode.DAMAGED_WORKBOOK


def test_a_sheet_that_declares_entities_is_refused(tmp_path: Path) -> None:
    """A billion laughs, or a file fetched from elsewhere, needs a declaration."""
    declared = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    evil = sheet(HEAD_ROW).replace(b"<worksheet", declared + b"<worksheet", 1)
    path = replace(save(tmp_path, ["工号", "姓名"]), "xl/worksheets/sheet1.xml", evil)
    assert fault(path).code == SheetFaultCode.DAMAGED_WORKBOOK


def test_another_kind_of_archive_is_no_spreadsheet(tmp_path: Path) -> None:
    """A document of the same family, too."""
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert fault(tmp_path / "t.xlsx").code == SheetFaultCode.NOT_A_SPREADSHEET


def test_texts_that_cells_share_come_back_as_they_were(tmp_path: Path) -> None:
    """Packed into one piece, none runs into the next."""
    words = ["", "一", "a" * 300, "𠮷", " x "]
    items = "".join(f'<si><t xml:space="preserve">{word}</t></si>' for word in words)
    (tmp_path / "s.xml").write_text(f'<sst xmlns="urn:x">{items}</sst>', encoding="utf-8")
    with (tmp_path / "s.xml").open("rb") as source:
        texts = xlsx._Texts(source)
    assert [texts[number] for number in range(len(words))] == words
    with pytest.raises(IndexError):
        texts[len(words)]
