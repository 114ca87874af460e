"""The staff roll names everybody once, or says where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from authz.actor import Role
from records.sheet import SheetFault, SheetFaultCode
from records.staff_roll import read_staff

DATA = Path(__file__).parent.parent / "data"
HEAD = "工号,姓名,团队,角色\n"


def roll(path: Path, text: str) -> Path:
    """Write a staff roll."""
    (path / "staff.csv").write_text(text, encoding="gb18030")
    return path / "staff.csv"


def test_the_sample_roll_is_read_whole() -> None:
    """24 people of four teams, found by number whatever its width and case."""
    staff = read_staff(DATA / "register.staff.csv")
    assert len(staff.members) == 24
    assert len({member.team for member in staff.members}) == 4
    found = staff.find(" ｓ００７")
    assert found is not None
    assert (found.number, found.name, found.role) == ("S007", "许桂荣", Role.SALESPERSON)
    assert staff.find("S999") is None
    assert staff.find("") is None


def test_roles_are_known_by_both_their_names(tmp_path: Path) -> None:
    """And those who belong to no team need none."""
    staff = read_staff(roll(tmp_path, HEAD + "1,甲,一队,主管\n\n2,乙,,archivist\n3,丙,一队,销售\n"))
    assert [(member.role, member.team) for member in staff.members] == [
        (Role.SUPERVISOR, "一队"),
        (Role.ARCHIVIST, None),
        (Role.SALESPERSON, "一队"),
    ]


@pytest.mark.parametrize(
    ("text", "code", "row", "heading"),
    [
        ("工号,姓名,角色\n", SheetFaultCode.MISSING_HEADING, None, "团队"),
        (HEAD + "1,甲,一队,主管\n1,乙,一队,主管\n", SheetFaultCode.DUPLICATE_STAFF, 2, "工号"),
        (HEAD + "s1,甲,一队,主管\nＳ1,乙,一队,主管\n", SheetFaultCode.DUPLICATE_STAFF, 2, "工号"),
        (HEAD + ",甲,一队,主管\n", SheetFaultCode.MISSING_CELL, 1, "工号"),
        (HEAD + "1,,一队,主管\n", SheetFaultCode.MISSING_CELL, 1, "姓名"),
        (HEAD + "1,甲,,销售\n", SheetFaultCode.MISSING_CELL, 1, "团队"),
        (HEAD + "1,甲,一队\n", SheetFaultCode.MISSING_CELL, 1, "角色"),
        (HEAD + "1,甲,一队,皇帝\n", SheetFaultCode.UNKNOWN_ROLE, 1, "角色"),
        (HEAD + f"1,{'甲' * 101},一队,主管\n", SheetFaultCode.TEXT_TOO_LONG, 1, "姓名"),
        (HEAD + '1,"甲,一队,主管\n', SheetFaultCode.UNREADABLE_ROW, 1, None),
    ],
)
def test_a_roll_that_does_not_say_who_is_who_is_refused(
    tmp_path: Path, text: str, code: SheetFaultCode, row: int | None, heading: str | None
) -> None:
    """With row and heading: one wrong line decides who holds what."""
    with pytest.raises(SheetFault) as refused:
        read_staff(roll(tmp_path, text))
    assert (refused.value.code, refused.value.row, refused.value.heading) == (code, row, heading)
