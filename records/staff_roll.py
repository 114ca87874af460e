"""Who works here by the company's own list: a number (工号), a name, a team and a role for each."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from authz.actor import Role
from records.sheet import SheetFault, SheetFaultCode, Unreadable
from records.spreadsheet import legible, open_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NUMBER, NAME, TEAM, ROLE, REGION = "工号", "姓名", "团队", "角色", "区域"
_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    NUMBER: ("员工编号", "员工号"),
    NAME: ("员工姓名", "销售人员"),
    TEAM: ("销售团队", "部门"),
    ROLE: ("岗位",),
    REGION: ("所属区域", "负责区域"),
}
_LONGEST: Final[Mapping[str, int]] = {NUMBER: 40, NAME: 100, TEAM: 100, ROLE: 30, REGION: 100}
_ROLES: Final[Mapping[str, Role]] = {
    "销售": Role.SALESPERSON,
    "销售人员": Role.SALESPERSON,
    "门店": Role.STORE_STAFF,
    "设计师": Role.DESIGNER,
    "渠道设计师": Role.DESIGNER,
    "前台": Role.RECEPTION,
    "客服": Role.CUSTOMER_SERVICE,
    "主管": Role.SUPERVISOR,
    "档案员": Role.ARCHIVIST,
    "项目负责人": Role.PROJECT_LEADER,
    "公司领导": Role.COMPANY_LEADER,
    "审计": Role.AUDITOR,
    "密钥管理员": Role.KEY_CUSTODIAN,
    "系统管理员": Role.SYSTEM_ADMINISTRATOR,
    "开发": Role.DEVELOPER,
} | {role.value: role for role in Role}
_MAY_BE_EMPTY = frozenset({TEAM, REGION})
_IN_A_TEAM = {Role.SALESPERSON, Role.SUPERVISOR}


@dataclass(frozen=True, slots=True)
class Member:
    """A person on the roll; `team` is none for those who belong to none, `region` where the roll names none (J21)."""

    number: str
    name: str = field(repr=False)
    team: str | None
    role: Role
    region: str | None = None


class StaffRoll:
    """The people of a company by their numbers, which differ (width and case of a number say nothing)."""

    __slots__ = ("_by_number", "members")

    def __init__(self, members: tuple[Member, ...]) -> None:
        self.members = members
        self._by_number = {staff_number(member.number): member for member in members}

    def find(self, written: str) -> Member | None:
        """Find who a number as written means."""
        return self._by_number.get(written) or self._by_number.get(staff_number(written))


def staff_number(written: str) -> str:
    """Fold a staff number (工号): width, case, gaps, a spreadsheet's apostrophe."""
    return "".join(unicodedata.normalize("NFKC", legible(written)).upper().split()).lstrip("'")


def read_staff(path: Path) -> StaffRoll:
    """Read a staff roll, CSV or XLSX; refuses with `SheetFault`, naming row and heading.

    A salesperson or supervisor without a team, a number that stands there twice and a role that nobody has are
    refused: who holds what depends on them.
    """
    table = open_table(path, _HEADINGS, ((NUMBER,), (NAME,), (TEAM,), (ROLE,)))
    members: dict[str, Member] = {}
    for row, record in enumerate(table.records, start=1):
        if isinstance(record, Unreadable):
            raise SheetFault(SheetFaultCode.UNREADABLE_ROW, row=row)
        cells = {
            heading: legible(record[place]) if place < len(record) else "" for heading, place in table.columns.items()
        }
        if not any(cells.values()):
            continue
        role = _ROLES.get(cells[ROLE].lower())
        for heading, text in cells.items():
            if not text and (heading not in _MAY_BE_EMPTY or (heading == TEAM and role in _IN_A_TEAM)):
                raise SheetFault(SheetFaultCode.MISSING_CELL, row=row, heading=heading)
            if len(text) > _LONGEST[heading]:
                raise SheetFault(SheetFaultCode.TEXT_TOO_LONG, row=row, heading=heading)
        if role is None:
            raise SheetFault(SheetFaultCode.UNKNOWN_ROLE, row=row, heading=ROLE)
        number = staff_number(cells[NUMBER])
        if number in members:
            raise SheetFault(SheetFaultCode.DUPLICATE_STAFF, row=row, heading=NUMBER)
        members[number] = Member(number, cells[NAME], cells[TEAM] or None, role, cells.get(REGION) or None)
    return StaffRoll(tuple(members.values()))
