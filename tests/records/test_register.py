"""The register says what its truth says, on every row; and no row that is bad stops one that is good."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from authz.actor import Role
from records.canonical import prefix_of
from records.conflicts import ConflictFinder
from records.register import CustomerKind, Intent, RegisterRow, Source, read_register
from records.rejects import Rejection, RowCode, WarningCode, row_message
from records.sheet import SheetFault, SheetFaultCode
from records.staff_roll import Member, StaffRoll, read_staff

DATA = Path(__file__).parent.parent / "data"
CHINA = ZoneInfo("Asia/Shanghai")
STAFF = StaffRoll((Member("S001", "王芳", "红队", Role.SALESPERSON), Member("S002", "李雷", "蓝队", Role.SALESPERSON)))
GOOD = {
    "登记日期": "2026-03-02",
    "登记时间": "09:15",
    "工号": "S001",
    "客户姓名": "张三",
    "联系电话": "13800138000",
}


def write(path: Path, *rows: dict[str, str]) -> Path:
    """Write rows as a register under all the headings that they have."""
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, headings, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(path: Path, now: datetime | None = None) -> list[RegisterRow | Rejection]:
    """Read a whole register."""
    return list(read_register(path, STAFF, zone=CHINA, now=now))


def only(path: Path) -> RegisterRow:
    """Read the one row of a register, which must be good."""
    (row,) = read(path)
    assert isinstance(row, RegisterRow)
    return row


@pytest.mark.parametrize(("name", "file"), [("register", "register.csv"), ("register-xlsx", "register-xlsx.xlsx")])
def test_the_samples_are_read_as_their_truth_says_on_every_row(name: str, file: str) -> None:
    """Accepted or why not, by whom, with which phones, which warning, in conflict with which row."""
    truth = json.loads((DATA / f"{name}.truth.json").read_text(encoding="utf-8"))["rows"]
    staff = read_staff(DATA / f"{name}.staff.csv")
    finder = ConflictFinder()
    said = []
    for row in read_register(DATA / file, staff, zone=CHINA):
        if isinstance(row, Rejection):
            said.append((row.row, row.code, None, [], None, None))
            continue
        finder.add(row.row, row.phones)
        whole = [phone.e164 for phone in row.phones if phone.e164]
        hidden = next((prefix_of(phone) for phone in row.phones if phone.hidden), None)
        said.append((row.row, None, row.staff_number, whole, hidden, next(iter(row.warnings), None)))
    expected = []
    for row in truth:
        staff_number = row["staff"] if row["accepted"] else None
        expected.append((row["row"], row["error"], staff_number, row["phones"], row["phone_prefix"], row["warning"]))
    assert said == expected
    assert finder.conflicts == [(row["row"], row["same_phone_as_row"]) for row in truth if "same_phone_as_row" in row]
    assert len(said) in {2000, 400}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_encoding_of_a_register_changes_nothing_of_what_it_says(tmp_path: Path, encoding: str) -> None:
    """𠮷 included; the same rows are known again (their fingerprints are the same)."""
    text = (DATA / "register.csv").read_bytes().decode("utf-8-sig")
    other = tmp_path / "register.csv"
    other.write_bytes(text.encode(encoding))
    staff = read_staff(DATA / "register.staff.csv")
    ours = list(read_register(DATA / "register.csv", staff, zone=CHINA))
    theirs = list(read_register(other, staff, zone=CHINA))
    assert ours == theirs


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"客户姓名": " \u3000"}, RowCode.MISSING_NAME),
        ({"客户姓名": "330114196801246973"}, RowCode.MISSING_NAME),
        ({"联系电话": ""}, RowCode.MISSING_PHONE),
        ({"联系电话": "无"}, RowCode.MISSING_PHONE),
        ({"联系电话": "1380013"}, RowCode.INVALID_PHONE),
        ({"联系电话": "电话见名片", "备用电话": ""}, RowCode.INVALID_PHONE),
        ({"联系电话": "", "备用电话": "1380013"}, RowCode.INVALID_PHONE),
        ({"登记日期": "2026-13-45"}, RowCode.INVALID_DATE),
        ({"登记日期": "2026-02-29"}, RowCode.INVALID_DATE),
        ({"登记日期": "02/03/2026"}, RowCode.INVALID_DATE),
        ({"登记日期": ""}, RowCode.INVALID_DATE),
        ({"登记时间": "25:00"}, RowCode.INVALID_DATE),
        ({"登记时间": ""}, RowCode.INVALID_DATE),
        ({"工号": "S999"}, RowCode.UNKNOWN_STAFF),
        ({"工号": ""}, RowCode.UNKNOWN_STAFF),
        ({"备注": "长" * 32_768}, RowCode.TEXT_TOO_LONG),
        ({"客户姓名": "", "联系电话": "", "登记日期": "", "工号": ""}, RowCode.MISSING_NAME),
        ({"联系电话": "", "登记日期": "", "工号": ""}, RowCode.MISSING_PHONE),
        ({"联系电话": "1", "登记日期": "", "工号": ""}, RowCode.INVALID_PHONE),
        ({"登记日期": "", "工号": ""}, RowCode.INVALID_DATE),
    ],
)
def test_a_bad_row_is_rejected_once_and_stops_no_good_one(
    tmp_path: Path, changed: dict[str, str], code: RowCode
) -> None:
    """One rejection a row: the first reason in the order of the codes."""
    before, bad, behind = read(write(tmp_path / "r.csv", GOOD, GOOD | changed, GOOD))
    assert isinstance(before, RegisterRow)
    assert isinstance(bad, Rejection)
    assert (bad.row, bad.code) == (2, code)
    assert isinstance(behind, RegisterRow)
    assert behind.row == 3


def test_every_code_has_words_in_both_languages() -> None:
    """And none of them echoes anything."""
    for code in (*RowCode, *WarningCode):
        assert row_message(code, "zh") != row_message(code, "en")
    for fault in SheetFaultCode:
        error = SheetFault(fault, line=3, row=2, heading="工号")
        assert "工号" in error.message("zh")
        assert error.message("en") != error.message("zh")
        assert SheetFault(fault).message("en") in error.message("en")


def test_the_staff_number_decides_and_not_the_name_beside_it(tmp_path: Path) -> None:
    """A name or team that differs from the roll is kept as it was written."""
    row = only(write(tmp_path / "r.csv", GOOD | {"工号": " ｓ００２ ", "销售人员": "王芳", "销售团队": "蓝队"}))
    assert row.staff_number == "S002"
    assert row.unknown == {"销售人员": "王芳"}


def test_an_empty_row_counts_in_the_numbering_and_is_no_row(tmp_path: Path) -> None:
    """A record of blank cells is as empty as an empty line."""
    path = write(tmp_path / "r.csv", GOOD, GOOD)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], "", lines[1], " ,,　,,", "", lines[2], "", ""]), encoding="utf-8")
    assert [row.row for row in read(path)] == [2, 5]


def test_a_spare_phone_is_a_phone(tmp_path: Path) -> None:
    """`MISSING_PHONE` only if 备用电话 is empty too; each number once."""
    spare = only(write(tmp_path / "a.csv", GOOD | {"联系电话": "", "备用电话": "13900139000"}))
    assert [phone.number for phone in spare.phones] == ["+8613900139000"]
    both = only(write(tmp_path / "b.csv", GOOD | {"备用电话": "138-0013-8000/1390013****"}))
    assert [phone.number for phone in both.phones] == ["+8613800138000", "+861390013****"]


def test_digits_that_are_no_phone_beside_one_are_kept_with_a_warning(tmp_path: Path) -> None:
    """The customer can be called, so the row is taken; the rest is not thrown away."""
    row = only(write(tmp_path / "r.csv", GOOD | {"联系电话": "13800138000、1390013", "备用电话": "见名片"}))
    assert row.warnings == (WarningCode.INVALID_PHONE,)
    assert row.unknown == {"联系电话": "、1390013", "备用电话": "见名片"}


def test_what_a_row_says_is_told_apart(tmp_path: Path) -> None:
    """Fields by the law's names, enumerations as such, everything else under its heading."""
    path = write(
        tmp_path / "r.csv",
        GOOD
        | {"客户类型": "企业", "购买意向": "高", "客户来源": "转介绍", "邮箱": "wang@example.com", "地址": "文三路1号"}
        | {
            "楼牌号": "3栋502室",
            "需求": "橱柜",
            "备注": "第一行\r\n第二行",
            "渠道设计师": "李浩",
            "陪同人数": "3",
            "": "?",
        }
        | {"微信": "微信号:zhang_san1", "统一社会信用代码": "91350100M000100Y43"},
    )
    row = only(path)
    assert (row.kind, row.intent, row.source) == (CustomerKind.ORGANISATION, Intent.HIGH, Source.REFERRAL)
    assert row.occurred_at == datetime(2026, 3, 2, 1, 15, tzinfo=UTC)
    assert row.fields == {
        "email": "wang@example.com",
        "address": "文三路1号",
        "building": "3栋502室",
        "need": "橱柜",
        "note": "第一行\n第二行",
        "designer": "李浩",
        "wechat": "微信号:zhang_san1",
        "uscc": "91350100M000100Y43",
    }
    assert row.unknown == {"陪同人数": "3", "第 16 列": "?"}


def test_a_column_that_does_not_hold_what_it_promises_keeps_its_words(tmp_path: Path) -> None:
    """An unknown 客户来源 is no enumeration, and no e-mail address is none."""
    row = only(write(tmp_path / "r.csv", GOOD | {"客户来源": "展会", "邮箱": "没有", "购买意向": "?", "微信": "同上"}))
    assert (row.source, row.intent, row.fields) == (None, None, {})
    assert row.unknown == {"客户来源": "展会", "邮箱": "没有", "购买意向": "?", "微信": "同上"}


def test_the_same_wechat_id_as_the_phone_is_a_field(tmp_path: Path) -> None:
    """微信同号 behind a number; a WeChat column goes before it."""
    assert only(write(tmp_path / "a.csv", GOOD | {"联系电话": "13800138000(微信同号)"})).fields == {
        "wechat": "13800138000"
    }
    both = GOOD | {"联系电话": "13800138000(微信同号)", "微信": "zhang_san1"}
    assert only(write(tmp_path / "b.csv", both)).fields == {"wechat": "zhang_san1"}


def test_a_sensitive_number_is_taken_out_of_every_cell_but_the_phones(tmp_path: Path) -> None:
    """With one warning; of a rejected row too, before anybody writes it down."""
    number = "330114196801246973"
    row = only(
        write(tmp_path / "a.csv", GOOD | {"客户姓名": "张三" + number, "备注": "身份证" + number, "证件": number})
    )
    assert row.warnings == (WarningCode.SENSITIVE_NUMBER,)
    assert (row.name, row.fields, row.unknown) == ("张三", {"note": "身份证"}, {})
    assert number.encode() not in row.fingerprint_source
    beside = only(write(tmp_path / "b.csv", GOOD | {"联系电话": f"13800138000 {number}"}))
    assert number not in str(dict(beside.unknown))
    (bad,) = read(write(tmp_path / "c.csv", GOOD | {"工号": "", "备注": "身份证" + number}))
    assert isinstance(bad, Rejection)
    assert number not in "".join(bad.cells)


def test_the_same_row_is_known_again_however_it_is_written(tmp_path: Path) -> None:
    """Columns in another order, dates and phones in another spelling; and a changed row is another (the control)."""
    one = only(write(tmp_path / "a.csv", GOOD | {"备注": "回访", "备用电话": ""}))
    other = {"备注": " 回访 ", "联系电话": "+86 138 0013 8000", "工号": "s001", "登记时间": "9:15", "客户姓名": "张三"}
    again = only(write(tmp_path / "b.csv", other | {"登记日期": "2026年3月2日"}))
    assert one.fingerprint_source == again.fingerprint_source
    changed = only(write(tmp_path / "c.csv", GOOD | {"备注": "回访过"}))
    assert one.fingerprint_source != changed.fingerprint_source


def test_a_row_of_later_than_now_has_an_invalid_date(tmp_path: Path) -> None:
    """Only if the caller says what time it is."""
    path = write(tmp_path / "r.csv", GOOD)
    (late,) = read(path, now=datetime(2026, 3, 2, 1, 14, 59, tzinfo=UTC))
    (fine,) = read(path, now=datetime(2026, 3, 2, 1, 15, tzinfo=UTC))
    assert isinstance(late, Rejection)
    assert late.code == RowCode.INVALID_DATE
    assert isinstance(fine, RegisterRow)


def test_a_row_with_more_cells_than_headings_is_read_by_nobody(tmp_path: Path) -> None:
    """A comma too many moves every cell behind it; empty cells at the end move nothing, and missing ones are empty."""
    head = ",".join(GOOD) + ",备注,邮箱\n"
    good = ",".join(GOOD.values())
    (tmp_path / "r.csv").write_text(f"{head}{good},a,b,c\n{good},a,,,,\n{good}\n", encoding="utf-8")
    wide, padded, short = read(tmp_path / "r.csv")
    assert isinstance(wide, Rejection)
    assert wide.code == RowCode.UNREADABLE_ROW
    assert isinstance(padded, RegisterRow)
    assert isinstance(short, RegisterRow)


def test_headings_are_known_under_other_names_and_marks(tmp_path: Path) -> None:
    """Both a mobile's and a fixed line's column hold phones; a column nobody knows keeps its heading."""
    text = '\n客户登记表,,,,,,\n登记日期*,"登记时间\n（24小时制）",员 工 号,姓名,手机号,电话,手机\n'
    (tmp_path / "r.csv").write_text(text + "2026/3/2,9:15,S001,张三,13800138000,0571-65683350,x\n", encoding="utf-8")
    row = only(tmp_path / "r.csv")
    assert [phone.number for phone in row.phones] == ["+8613800138000", "+8657165683350"]
    assert row.unknown == {"手机": "x"}


@pytest.mark.parametrize("heading", ["登记日期", "工号", "客户姓名", "联系电话"])
def test_a_register_without_a_needed_heading_is_refused_by_its_name(tmp_path: Path, heading: str) -> None:
    """`MISSING_HEADING`, and which."""
    path = write(tmp_path / "r.csv", {key: text for key, text in GOOD.items() if key != heading})
    with pytest.raises(SheetFault) as refused:
        read(path)
    assert (refused.value.code, refused.value.heading) == (SheetFaultCode.MISSING_HEADING, heading)


def test_a_heading_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    """Nobody can tell which column counts; twins that nobody knows are both kept."""
    head, row = ",".join(GOOD), ",".join(GOOD.values())
    (tmp_path / "a.csv").write_text(f"{head},工号\n{row},S002\n", encoding="utf-8")
    with pytest.raises(SheetFault, match="DUPLICATE_HEADING"):
        read(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text(f"{head},车牌,车牌\n{row},a,b\n", encoding="utf-8")
    assert only(tmp_path / "b.csv").unknown == {"车牌": "a", "车牌 2": "b"}


def test_a_row_has_no_voice(tmp_path: Path) -> None:
    """What is confidential stands in no repr, so in no log and no traceback."""
    good = only(write(tmp_path / "a.csv", GOOD | {"备注": "秘密", "车牌": "浙A"}))
    (bad,) = read(write(tmp_path / "b.csv", GOOD | {"工号": "?"}))
    for word in ("张三", "13800", "秘密", "浙A"):
        assert word not in repr(good) + repr(bad)
