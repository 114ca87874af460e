"""The demo's register shows every kind of mess, can be made again, and is nobody's data."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from authz.actor import Role
from records.conflicts import ConflictFinder
from records.register import RegisterRow, read_register
from records.rejects import Rejection, RowCode, WarningCode
from records.staff_roll import StaffRoll, read_staff

ROOT = Path(__file__).parent.parent.parent
DEMO = ROOT / "demo"
CHINA = ZoneInfo("Asia/Shanghai")
NOBODYS = ("+86142", "+86143", "+86154", "+865711", "+864000001234", "+141555501")


@pytest.fixture(scope="module")
def staff() -> StaffRoll:
    """Read the demo's staff roll."""
    return read_staff(DEMO / "staff.csv")


@pytest.fixture(scope="module")
def rows(staff: StaffRoll) -> list[RegisterRow | Rejection]:
    """Read the demo's register."""
    return list(read_register(DEMO / "register.csv", staff, zone=CHINA))


def test_the_generator_writes_the_same_bytes_every_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is checked in is what it writes."""
    monkeypatch.setattr(sys, "argv", ["make-demo-register", str(tmp_path)])
    runpy.run_path(str(ROOT / "scripts" / "make-demo-register"), run_name="__main__")
    for name in ("register.csv", "staff.csv"):
        assert (tmp_path / name).read_bytes() == (DEMO / name).read_bytes()


def test_it_shows_every_rejection_every_warning_and_every_collision(
    rows: list[RegisterRow | Rejection], staff: StaffRoll
) -> None:
    """Customers come back with other teams, so that holders change; two rows of the sheet are empty."""
    good = [row for row in rows if isinstance(row, RegisterRow)]
    assert len(rows) == 598
    assert {row.code for row in rows if isinstance(row, Rejection)} == set(RowCode)
    assert {warning for row in good for warning in row.warnings} == set(WarningCode)
    assert any(phone.hidden for row in good for phone in row.phones)
    finder = ConflictFinder()
    team = {}
    for row in good:
        finder.add(row.row, row.phones)
        member = staff.find(row.staff_number)
        team[row.row] = member.team if member else None
    assert len(good) > 550
    assert sum(team[row] != team[earlier] for row, earlier in finder.conflicts) > 50
    assert finder.possible
    assert len(set(team.values())) == 4


def test_no_number_in_it_can_be_anybodys(rows: list[RegisterRow | Rejection]) -> None:
    """No carrier gives these numbers out."""
    for row in rows:
        if isinstance(row, RegisterRow):
            assert all(phone.number.startswith(NOBODYS) for phone in row.phones), row.row


def test_the_house_has_somebody_for_every_part_of_the_demo(staff: StaffRoll) -> None:
    """Two teams with a supervisor and salespeople at the least, two custodians of keys, and each other role."""
    roles = [member.role for member in staff.members]
    assert roles.count(Role.SUPERVISOR) == 4
    assert roles.count(Role.SALESPERSON) == 16
    assert roles.count(Role.KEY_CUSTODIAN) == 2
    assert set(roles) == set(Role)
