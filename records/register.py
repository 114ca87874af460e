"""The front desk's register (客户登记表): what each of its rows says, or why a row cannot be taken.

- A row is a visit and a filing by the salesperson whose 工号 it bears, at its date and time (A4 A6); the name
  beside the number decides nothing.
- A bad row never stops the good ones: it gets one rejection, the first that applies in the order of `RowCode`.
- An empty row counts in the numbering and is otherwise nothing. Row 1 is the first under the headings.
- No column is lost: what nobody knows, and what a known column says beyond its meaning, is kept under its heading.
- An identity or bank-card number outside the phone columns is taken out, with a warning.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import orjson

from records.canonical import canonical_email, canonical_uscc, canonical_wechat, parse_phones
from records.moments import occurred_at
from records.rejects import REJECT_HEADINGS, Rejection, RowCode, WarningCode
from records.sensitive import may_hold_sensitive, strip_sensitive
from records.sheet import Unreadable
from records.spreadsheet import legible, open_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime, tzinfo
    from pathlib import Path

    from records.canonical import Phone, PhonesFound
    from records.spreadsheet import Table
    from records.staff_roll import Member, StaffRoll

DATE, TIME, NUMBER, NAME = "登记日期", "登记时间", "工号", "客户姓名"
STAFF_NAME, TEAM = "销售人员", "销售团队"
PHONE, SPARE_PHONE = "联系电话", "备用电话"
KIND, INTENT, SOURCE = "客户类型", "购买意向", "客户来源"
TEXTS: Final[Mapping[str, str]] = {
    "微信": "wechat",
    "邮箱": "email",
    "地址": "address",
    "楼牌号": "building",
    "统一社会信用代码": "uscc",
    "需求": "need",
    "反馈": "feedback",
    "渠道设计师": "designer",
    "备注": "note",
}
"""Which heading brings which field of a filing, under the law's names for them."""
_HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    DATE: ("日期", "来访日期", "到访日期"),
    TIME: ("时间", "来访时间", "到访时间"),
    NUMBER: ("员工编号", "员工号", "销售工号", "销售人员工号"),
    STAFF_NAME: ("销售", "业务员", "销售姓名"),
    TEAM: ("团队", "部门"),
    NAME: ("姓名", "客户", "客户名称"),
    KIND: (),
    PHONE: ("手机", "手机号", "手机号码", "联系方式", "客户电话"),
    SPARE_PHONE: ("电话", "电话号码", "座机", "固定电话", "备用号码", "备用联系电话", "其他电话"),
    INTENT: ("意向",),
    SOURCE: ("来源",),
    "微信": ("微信号",),
    "邮箱": ("电子邮箱", "邮件", "电子邮件", "email", "e-mail"),
    "地址": ("联系地址", "客户地址"),
    "楼牌号": ("楼号", "门牌号", "楼栋号"),
    "统一社会信用代码": ("社会信用代码", "信用代码"),
    "需求": ("客户需求",),
    "反馈": ("客户反馈",),
    "渠道设计师": ("设计师",),
    "备注": ("说明",),
}
_READ = {DATE, TIME, NUMBER, PHONE, SPARE_PHONE}
_NEEDED = ((DATE,), (NUMBER,), (NAME,), (PHONE, SPARE_PHONE))
_CANONICAL: Final[Mapping[str, Callable[[str], str | None]]] = {
    "wechat": canonical_wechat,
    "email": canonical_email,
    "uscc": canonical_uscc,
}
LONGEST_CELL: Final = 32_767
"""Characters that a cell may have: as many as a spreadsheet can hold."""


class CustomerKind(StrEnum):
    """Whether a customer is a person or an organisation (客户类型)."""

    INDIVIDUAL = "individual"
    ORGANISATION = "organisation"


class Intent(StrEnum):
    """How much a customer wants to buy (购买意向)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Source(StrEnum):
    """How a customer came to the company (客户来源)."""

    WALK_IN = "walk_in"
    PHONE_INVITATION = "phone_invitation"
    ONLINE = "online"
    REFERRAL = "referral"
    DESIGNER = "designer"


KINDS = {
    "个人": CustomerKind.INDIVIDUAL,
    "企业": CustomerKind.ORGANISATION,
    "公司": CustomerKind.ORGANISATION,
    "单位": CustomerKind.ORGANISATION,
}
INTENTS = {"高": Intent.HIGH, "中": Intent.MEDIUM, "低": Intent.LOW}
SOURCES = {
    "自然到访": Source.WALK_IN,
    "自行上门": Source.WALK_IN,
    "电话邀约": Source.PHONE_INVITATION,
    "网络信息": Source.ONLINE,
    "网络": Source.ONLINE,
    "转介绍": Source.REFERRAL,
    "渠道设计师": Source.DESIGNER,
    "设计师": Source.DESIGNER,
}


def source_of(written: str) -> Source | None:
    """Read a source by its word or its Chinese name; None if it is none."""
    word = written.strip()
    return SOURCES.get(word) or next((one for one in Source if one.value == word.lower()), None)


_ENUMERATED: Final[Mapping[str, Mapping[str, StrEnum]]] = {KIND: KINDS, INTENT: INTENTS, SOURCE: SOURCES}


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """What an accepted row says.

    `fields` has the texts that the law knows, by its names; `unknown` every other text, by its heading.
    `fingerprint_source` is the same for the same row, however dates, phones and columns are written and ordered.
    """

    row: int
    occurred_at: datetime
    staff_number: str
    name: str = field(repr=False)
    phones: tuple[Phone, ...] = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)
    unknown: Mapping[str, str] = field(repr=False)
    kind: CustomerKind | None
    intent: Intent | None
    source: Source | None
    warnings: tuple[WarningCode, ...]
    fingerprint_source: bytes = field(repr=False)


class Register:
    """An open register: its headings, about how many rows it has, and its rows, to be read once and in order."""

    __slots__ = (
        "_dates",
        "_kept",
        "_now",
        "_number",
        "_phones",
        "_staff",
        "_table",
        "_texts",
        "_zone",
        "expected",
        "headings",
    )

    def __init__(self, table: Table, staff: StaffRoll, zone: tzinfo, now: datetime | None) -> None:
        self.headings = table.headings
        self.expected = table.expected
        self._table = table
        self._staff = staff
        self._zone = zone
        self._now = now
        places = table.columns
        self._dates = (places[DATE], places.get(TIME))
        self._number = places[NUMBER]
        self._phones = {heading: places[heading] for heading in (PHONE, SPARE_PHONE) if heading in places}
        self._kept = _kept(table)
        self._texts = [place for place in range(len(self.headings)) if place not in set(self._phones.values())]

    def __iter__(self) -> Iterator[RegisterRow | Rejection]:
        """Read the rows one after another; a file that turns out to be damaged raises `SheetFault` there."""
        for row, record in enumerate(self._table.records, start=1):
            if isinstance(record, Unreadable):
                yield Rejection(row, RowCode.UNREADABLE_ROW, (strip_sensitive(legible(record.text))[0],))
                continue
            cells = [legible(cell) for cell in record]
            if any(cells):
                yield self._read(row, cells)

    def _read(self, row: int, cells: list[str]) -> RegisterRow | Rejection:  # noqa: PLR0911 (one return a reason)
        cells.extend([""] * (len(self.headings) - len(cells)))
        warnings: set[WarningCode] = set()
        if may_hold_sensitive("\n".join(cells[place] for place in self._texts)) and self._strip(cells):
            warnings.add(WarningCode.SENSITIVE_NUMBER)
        if any(cells[len(self.headings) :]):
            # Nobody can tell which cell stands under which heading, so none is taken for a phone column.
            return Rejection(row, RowCode.UNREADABLE_ROW, tuple(strip_sensitive(cell)[0] for cell in cells))
        if max(map(len, cells)) > LONGEST_CELL:
            return Rejection(row, RowCode.TEXT_TOO_LONG, tuple(cells))
        said = {heading: cells[place] for place, heading in self._kept if cells[place]}
        if NAME not in said:
            return Rejection(row, RowCode.MISSING_NAME, tuple(cells))
        found = {heading: parse_phones(cells[place]) for heading, place in self._phones.items()}
        phones = tuple(dict.fromkeys(phone for cell in found.values() for phone in cell.phones))
        invalid = any(cell.invalid for cell in found.values())
        if not phones:
            return Rejection(row, RowCode.INVALID_PHONE if invalid else RowCode.MISSING_PHONE, tuple(cells))
        day, hour = self._dates
        at = occurred_at(cells[day], "" if hour is None else cells[hour], self._zone)
        if at is None or (self._now is not None and at > self._now):
            return Rejection(row, RowCode.INVALID_DATE, tuple(cells))
        member = self._staff.find(cells[self._number])
        if member is None:
            return Rejection(row, RowCode.UNKNOWN_STAFF, tuple(cells))

        fields, unknown, stripped = _sorted_out(said, member, found)
        if invalid:
            warnings.add(WarningCode.INVALID_PHONE)
        if stripped:
            warnings.add(WarningCode.SENSITIVE_NUMBER)
        numbers = [(phone.number, phone.extension) for phone in phones]
        return RegisterRow(
            row=row,
            occurred_at=at,
            staff_number=member.number,
            name=said[NAME],
            phones=phones,
            fields=fields,
            unknown=unknown,
            kind=KINDS.get(said.get(KIND, "")),
            intent=INTENTS.get(said.get(INTENT, "")),
            source=SOURCES.get(said.get(SOURCE, "")),
            warnings=tuple(sorted(warnings)),
            fingerprint_source=orjson.dumps(("row 1", at, member.number, numbers, said), option=orjson.OPT_SORT_KEYS),
        )

    def _strip(self, cells: list[str]) -> bool:
        """Take sensitive numbers out of every cell but the phone columns', and say whether there was one."""
        stripped = False
        for place in self._texts:
            cells[place], found = strip_sensitive(cells[place])
            stripped = stripped or found
        return stripped


def _kept(table: Table) -> tuple[tuple[int, str], ...]:
    """Name every column whose text is kept: known ones by our heading, others by their own, each name once."""
    known = {place: heading for heading, place in table.columns.items()}
    names: dict[str, int] = dict.fromkeys(table.columns, -1)
    for place, written in enumerate(table.headings):
        if place in known or written in REJECT_HEADINGS:
            continue
        name, count = written or f"第 {place + 1} 列", 1
        while name in names:
            count += 1
            name = f"{written} {count}".strip()
        names[name] = place
    names.update((heading, place) for place, heading in known.items())
    return tuple((place, name) for name, place in names.items() if name not in _READ)


def _sorted_out(
    said: Mapping[str, str], member: Member, phones: Mapping[str, PhonesFound]
) -> tuple[dict[str, str], dict[str, str], bool]:
    """Tell the fields that the law knows from texts kept as they stand; and whether one had to be taken out.

    What the staff roll says or an enumeration holds is kept nowhere else; a column that does not hold what its
    heading promises keeps its words.
    """
    fields: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for heading, text in said.items():
        name = TEXTS.get(heading)
        if name is None:
            if not _is_understood(heading, text, member):
                unknown[heading] = text
        elif (reads := _CANONICAL.get(name)) is None or reads(text) is not None:
            fields[name] = text
        else:
            unknown[heading] = text
    stripped = False
    for heading, cell in phones.items():
        if cell.wechat is not None:
            fields.setdefault("wechat", cell.wechat)
        if cell.remainder:
            unknown[heading], found = strip_sensitive(cell.remainder)
            stripped = stripped or found
    return fields, {heading: text for heading, text in unknown.items() if text}, stripped


def _is_understood(heading: str, text: str, member: Member) -> bool:
    """Tell whether what a column says stands elsewhere already."""
    if heading in {STAFF_NAME, TEAM}:
        return text == (member.name if heading == STAFF_NAME else member.team)
    return heading == NAME or text in _ENUMERATED.get(heading, ())


def read_register(path: Path, staff: StaffRoll, *, zone: tzinfo, now: datetime | None = None) -> Register:
    """Open a register, CSV or XLSX, whose dates and times are those of a zone.

    A row of later than `now`, if it is given, has an invalid date. Refuses a file as a whole with `SheetFault`.
    """
    return Register(open_table(path, _HEADINGS, _NEEDED), staff, zone, now)
