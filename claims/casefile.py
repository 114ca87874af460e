"""Read a case file (tests/casebook/FORMAT.md), or refuse it with the place of everything that is wrong in it.

- Nothing of a case is decided unless all of it can be read.
- Faults stand in the order case, rulebook, override, staff, facts, questions, each list by its index.
- A missing key's place is where it would stand; of two that should be one, the second is wrong.
- One fault hides none that follow: a person whose role is unknown is still a person whom facts may name.
- Unknown keys are ignored; a number that no computer holds, and a key given twice, are wrong wherever they stand.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from claims.decide import Question, decide
from claims.facts import Fact, FactKind, FilingType, History, Person, Role
from claims.filings import is_present
from claims.rulebook import PRESETS, Rulebook, load_preset
from claims.strictjson import Document, is_nested_deeper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from claims.ruling import Ruling

LARGEST = 8_000_000
"""How many bytes a case may have."""

_DEEPEST = 20
"""How deep a field's value may be nested."""

SAFE_YEARS = range(2, 9999)
"""An instant of these years has a day in every zone."""

_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00)", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PLACE = re.compile(r"(\w*)(?:\[(\d+)\])?")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SECTIONS = {"case": 0, "rulebook": 1, "override": 2, "staff": 3, "facts": 4, "questions": 5}
_NEEDS = {
    "file": ("by", "filing", "customer", "fields"),
    "complete": ("by", "filing", "fields"),
    "visit": ("by", "customer"),
    "walk_in": ("by", "customer"),
    "contact": ("by", "customer"),
    "consent": ("by", "customer", "to"),
    "review": ("by", "filing", "outcome"),
    "assign": ("by", "customer", "to"),
    "archive": ("by", "filing"),
    "order": ("deal", "customer"),
    "sign": ("deal", "customer"),
    "confirm": ("by", "deal", "evidence"),
    "pay": ("deal", "percent"),
    "finish": ("deal",),
    "dispute": ("by", "customer", "against"),
    "settle": ("by", "customer", "to"),
    "lose": ("customer", "cause", "severity"),
    "depart": ("by",),
    "duty": ("team", "week"),
    "record_visit": ("by", "customer", "verified"),
}
_MAY_HAVE = {"visit": "with", "sign": "related_to"}
_ASKS = {
    "holder": ("customer",),
    "deal": ("deal",),
    "filing": ("filing",),
    "offences": (),
    "fines": (),
    "notices": (),
    "rebate": ("deal", "staff"),
    "points": ("staff", "month"),
}
_PEOPLE = frozenset({"by", "to", "against", "with", "staff"})
_CHOICES = {
    "outcome": frozenset({"approve", "return", "reject"}),
    "severity": frozenset({"minor", "moderate", "severe"}),
}
_TEXT, _MISSING_TEXT = "须为文本 / a text is needed", "缺少,须为文本 / missing: a text is needed"
_LIST, _MISSING_LIST = "须为列表 / a list is needed", "缺少,须为列表 / missing: a list is needed"
_OBJECT, _MISSING_OBJECT = "须为对象 / an object is needed", "缺少,须为对象 / missing: an object is needed"
_TWICE = "重复 / given twice"
_NO_INSTANT = (
    "没有这个时刻 / no such instant: RFC 3339 is needed, with Z or an offset up to ±14:00 and at most six decimals"
)
_ROLES = {str(role): role for role in Role}
_KINDS = {str(kind): kind for kind in FactKind}
_TYPES = {str(type_): type_ for type_ in FilingType}


class Fault(NamedTuple):
    """One thing that is wrong in a case: where, and why."""

    place: str
    why: str


class RefusedCase(NamedTuple):
    """A case that cannot be read; `expected` is the place at which the file itself says that it must be refused."""

    name: str | None
    faults: tuple[Fault, ...]
    expected: str | None = None


class Case(NamedTuple):
    """What happened, under which rulebook, what is asked, and what each answer is expected to say.

    `expected_refusal` is the place at which the file says that it must be refused, though nothing is wrong there.
    """

    name: str
    rulebook: Rulebook
    history: History
    questions: tuple[Question, ...]
    expected: tuple[dict[str, object] | None, ...]
    expected_refusal: str | None = None

    def rulings(self) -> list[Ruling]:
        """Decide every question, in order."""
        return [decide(self.history, self.rulebook, question) for question in self.questions]

    def answers(self) -> list[dict[str, object]]:
        """Answer every question, in order, with the clauses that the answer rests on."""
        return [answer_of(ruling) for ruling in self.rulings()]


def answer_of(ruling: Ruling) -> dict[str, object]:
    """Give a ruling as the answer that FORMAT.md asks for."""
    return {**ruling.outcome, "clauses": list(ruling.clauses)}


def _order(fault: Fault) -> tuple[int, int]:
    found = _PLACE.match(fault.place)
    section, index = found.groups() if found else ("", None)
    return _SECTIONS.get(section, len(_SECTIONS)), int(index or -1)


def read_instant(text: str) -> datetime | None:
    """Read an RFC 3339 instant: an offset up to ±14:00 or Z, at most six decimals; None if there is no such instant."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _one_of(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"须为其中之一 / one of these is needed: {listed}"


def _read_date(text: object) -> date | None:
    if isinstance(text, str) and _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    return None


class _Reading:
    """One case being read: what is known so far, and every fault found."""

    def __init__(self, rulebook: Rulebook | None) -> None:
        self.rulebook = rulebook
        self.faults: list[Fault] = []
        self.people: dict[str, Person] = {}
        self.named: set[str] | None = None
        self.filings: dict[str, object] | None = None

    def wrong(self, place: str, why: str) -> None:
        self.faults.append(Fault(place, why))

    def text(self, row: dict[str, object], key: str, place: str) -> str | None:
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            return value
        self.wrong(f"{place}{key}", _MISSING_TEXT if key not in row else _TEXT)
        return None

    def object(self, value: object, place: str) -> dict[str, object] | None:
        if isinstance(value, dict):
            return cast("dict[str, object]", value)
        self.wrong(place, _OBJECT)
        return None

    def rows(self, top: dict[str, object], key: str) -> Iterator[tuple[str, dict[str, object]]]:
        rows = top.get(key)
        if not isinstance(rows, list):
            self.wrong(key, _MISSING_LIST if key not in top else _LIST)
            return
        for index, row in enumerate(cast("list[object]", rows)):
            found = self.object(row, f"{key}[{index}]")
            if found is not None:
                yield f"{key}[{index}].", found

    def once(self, seen: set[str], id_: str | None, place: str) -> None:
        if id_ in seen:
            self.wrong(place, _TWICE)
        elif id_ is not None:
            seen.add(id_)

    def instant(self, row: dict[str, object], place: str) -> datetime | None:
        text = self.text(row, "at", place)
        if text is None:
            return None
        at = read_instant(text)
        if at is None:
            self.wrong(f"{place}at", _NO_INSTANT)
        elif at.year not in SAFE_YEARS and self.rulebook is not None:
            try:
                at.astimezone(self.rulebook.zone)
            except OverflowError:
                self.wrong(f"{place}at", "超出公元 1 至 9999 年 / its day is beyond the years 1 to 9999")
                return None
        return at

    def known(self, key: str, value: str, place: str) -> None:
        if key in _PEOPLE and self.named is not None and value not in self.named:
            self.wrong(f"{place}{key}", "没有这个人 / no such person on the staff")
        elif key == "filing" and self.filings is not None and value not in self.filings:
            self.wrong(f"{place}filing", "没有这份报备 / no fact files this filing")
        elif key in _CHOICES and value not in _CHOICES[key]:
            self.wrong(f"{place}{key}", _one_of(sorted(_CHOICES[key])))

    def staff(self, top: dict[str, object]) -> None:
        seen: set[str] = set()
        for place, row in self.rows(top, "staff"):
            id_, team, role = (self.text(row, key, place) for key in ("id", "team", "role"))
            self.once(seen, id_, f"{place}id")
            if role is not None and role not in _ROLES:
                self.wrong(f"{place}role", _one_of(_ROLES))
            region = row.get("region")
            if region is not None and not isinstance(region, str):
                self.wrong(f"{place}region", _TEXT)
            elif id_ is not None and team is not None and role in _ROLES:
                self.people[id_] = Person(id_, team, _ROLES[role], region)
        if isinstance(top.get("staff"), list):
            self.named = seen

    def facts(self, top: dict[str, object]) -> list[Fact]:
        found: list[Fact] = []
        seen: set[str] = set()
        filed: set[str] = set()
        rows = list(self.rows(top, "facts"))
        types: dict[str, object] = {}
        for _, row in rows:
            if row.get("do") == "file" and isinstance(row.get("filing"), str):
                types.setdefault(str(row["filing"]), row.get("type"))
        if isinstance(top.get("facts"), list):
            self.filings = types
        for place, row in rows:
            id_, at, do = self.text(row, "id", place), self.instant(row, place), self.text(row, "do", place)
            self.once(seen, id_, f"{place}id")
            if do not in _NEEDS:
                if do is not None:
                    self.wrong(f"{place}do", "没有这种事实 / no such fact")
                continue
            carried = self.carried(row, do, place)
            if do == "file":
                self.once(filed, cast("str | None", carried.get("filing")), f"{place}filing")
            if id_ is not None and at is not None and not self.faults:
                found.append(
                    Fact(id=id_, at=at, kind=_KINDS[do], at_text=str(row["at"]), **cast("Mapping[str, Any]", carried))
                )
        return found

    def carried(self, row: dict[str, object], do: str, place: str) -> dict[str, object]:
        """Read what a fact of that kind carries."""
        found: dict[str, object] = {}
        for key in _NEEDS[do]:
            read = _CARRIED.get(key)
            if read is not None:
                found[key] = read(self, row, place)
            elif (value := self.text(row, key, place)) is not None:
                self.known(key, value, place)
                found[key] = value
        optional = _MAY_HAVE.get(do)
        if optional is not None and row.get(optional) is not None:
            value = self.text(row, optional, place)
            if value is not None:
                self.known(optional, value, place)
                found["with_" if optional == "with" else optional] = value
        if do == "file":
            found["type"] = self.type(row, place)
        if "fields" in found and self.filings is not None and self.filings.get(str(found.get("filing"))) == "store":
            stated = cast("dict[str, object]", found["fields"]).get("date")
            if is_present(stated) and _read_date(stated) is None:
                self.wrong(f"{place}fields.date", "须为日期 / a date, YYYY-MM-DD, is needed")
        return found

    def type(self, row: dict[str, object], place: str) -> FilingType:
        given = row.get("type")
        type_ = FilingType.CUSTOMER if given is None else _TYPES.get(given) if isinstance(given, str) else None
        if type_ is None or (self.rulebook is not None and type_ not in self.rulebook.required):
            self.wrong(f"{place}type", "本办法没有这类报备 / the rulebook has no fields for filings of this type")
        return type_ or FilingType.CUSTOMER

    def fields(self, row: dict[str, object], place: str) -> dict[str, object]:
        if "fields" not in row:
            self.wrong(f"{place}fields", _MISSING_OBJECT)
            return {}
        fields = self.object(row["fields"], f"{place}fields") or {}
        for key, value in fields.items():
            if is_nested_deeper(value, _DEEPEST):
                self.wrong(f"{place}fields.{key}", "嵌套太深 / nested too deeply")
        return fields

    def percent(self, row: dict[str, object], place: str) -> float:
        value = row.get("percent")
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100:  # noqa: PLR2004 - per cent
            return value
        self.wrong(f"{place}percent", "须为 0 至 100 的数 / a number from 0 to 100 is needed")
        return 0

    def verified(self, row: dict[str, object], place: str) -> bool:
        if not isinstance(row.get("verified"), bool):
            self.wrong(f"{place}verified", "须为 true 或 false / true or false is needed")
        return row.get("verified") is True

    def evidence(self, row: dict[str, object], place: str) -> tuple[str, ...]:
        names = row.get("evidence")
        if isinstance(names, list) and all(isinstance(name, str) for name in cast("list[object]", names)):
            return tuple(name for name in cast("list[str]", names) if name.strip())
        self.wrong(f"{place}evidence", "须为名称列表 / a list of names is needed")
        return ()

    def week(self, row: dict[str, object], place: str) -> date | None:
        week = _read_date(row.get("week"))
        if week is None or week.weekday():
            self.wrong(f"{place}week", "须为星期一 / a Monday, YYYY-MM-DD, is needed")
        return week

    def cause(self, row: dict[str, object], place: str) -> str:
        if not isinstance(row.get("cause"), str):
            self.wrong(f"{place}cause", _TEXT if "cause" in row else _MISSING_TEXT)
        return str(row.get("cause"))

    def questions(self, top: dict[str, object]) -> Iterator[tuple[Question, dict[str, object] | None]]:
        for place, row in self.rows(top, "questions"):
            ask, at = self.text(row, "ask", place), self.instant(row, place)
            if ask is not None and ask not in _ASKS:
                self.wrong(f"{place}ask", "没有这种问题 / no such question")
            found: dict[str, str] = {}
            for key in _ASKS.get(ask or "", ()):
                value = self.text(row, key, place)
                if value is not None:
                    self.known(key, value, place)
                    found[key] = value
            if "month" in found and _read_date(f"{found['month']}-01") is None:
                self.wrong(f"{place}month", "须为月份 / a month, YYYY-MM, is needed")
            expect = row.get("expect")
            if expect is not None and self.object(expect, f"{place}expect") is None:
                continue
            if ask is not None and at is not None and not self.faults:
                yield Question(ask, at, **found), cast("dict[str, object] | None", expect)

    def choose(self, top: dict[str, object]) -> None:
        """Take the rulebook that was given, or else the one that the case names, with what the case overrides."""
        if self.rulebook is not None:
            return
        name = self.text(top, "rulebook", "")
        if name is not None and name not in PRESETS:
            self.wrong("rulebook", _one_of(PRESETS))
        elif name is not None:
            self.rulebook = load_preset(name)
        changes = top.get("override")
        if changes is None or self.object(changes, "override") is None:
            return
        for key, value in cast("dict[str, object]", changes).items():
            if self.rulebook is not None:
                try:
                    self.rulebook = self.rulebook.override({key: value})
                except KeyError:
                    self.wrong(f"override.{key}", "没有这个参数,或没有这个值 / no such parameter, or not such a value")


_CARRIED: dict[str, Callable[[_Reading, dict[str, object], str], object]] = {
    "fields": _Reading.fields,
    "percent": _Reading.percent,
    "verified": _Reading.verified,
    "evidence": _Reading.evidence,
    "week": _Reading.week,
    "cause": _Reading.cause,
}


def _unread(why: str) -> RefusedCase:
    return RefusedCase(None, (Fault("case", why),))


def read_case(text: str | bytes, rulebook: Rulebook | None = None) -> Case | RefusedCase:
    """Read a case; a rulebook that is given stands in for the one that the case names, overrides and all."""
    try:
        document = Document(text.removeprefix(_BYTE_ORDER_MARK).decode() if isinstance(text, bytes) else text)
        strange = [Fault(place, why) for place, why in document.strange()]
    except RecursionError:
        return _unread("嵌套太深 / nested too deeply")
    except ValueError:
        return _unread("不是 JSON / this is no JSON")
    top = document.value
    if not isinstance(top, dict):
        return _unread(_OBJECT)
    reading = _Reading(rulebook)
    reading.faults += strange
    return _read(reading, cast("dict[str, object]", top), len(text))


def _read(reading: _Reading, top: dict[str, object], size: int) -> Case | RefusedCase:
    name = reading.text(top, "case", "")
    refusal = top.get("refused")
    expected = cast("dict[str, object]", refusal).get("place") if isinstance(refusal, dict) else None
    expected = expected if isinstance(expected, str) else None
    if size > LARGEST:
        reading.wrong("facts", f"太大 / too large: a case has at most {LARGEST:,} bytes")
        return RefusedCase(name, tuple(sorted(reading.faults, key=_order)), expected)
    reading.choose(top)
    reading.staff(top)
    facts = reading.facts(top)
    questions = list(reading.questions(top))
    if reading.faults or name is None or reading.rulebook is None:
        faults: dict[str, Fault] = {}
        for fault in sorted(reading.faults, key=_order):
            faults.setdefault(fault.place, fault)
        return RefusedCase(name, tuple(faults.values()), expected)
    return Case(
        name,
        reading.rulebook,
        History.of(reading.people, facts),
        tuple(question for question, _ in questions),
        tuple(expect for _, expect in questions),
        expected,
    )
