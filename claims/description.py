"""Describe a rulebook in words: each parameter's value, its unit, and what gives it.

- Where protection lapses and the customer may then be taken over, that is said first of all.
- A parameter that no clause gives says that it is a reading, or borrowed, and may be changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

from claims.parameters import SPECS, Form
from claims.ruling import GroundKind
from claims.terms import Parameter

if TYPE_CHECKING:
    from claims.rulebook import Rulebook
    from claims.sentences import Language

_WORDS = {
    "none": ("无", "none"), "nothing": ("无", "nothing"), "nobody": ("无人", "nobody"), "never": ("不算", "never"),
    "always": ("一律", "always"), "permanent": ("永久", "permanent"), "customer": ("客户", "customer"),
    "designer": ("设计师", "designer"), "store": ("门店", "store"), "contract": ("合同", "contract"),
    "salesperson": ("业务员", "salesperson"), "store_staff": ("营业人员", "store staff"),
    "supervisor": ("主管", "supervisor"), "archivist": ("档案员", "archivist"), "ignored": ("不问", "not looked at"),
    "forwarded": ("转达主管", "forwarded to the supervisor"), "sign": ("签约", "signature"), "order": ("订单", "order"),
    "assigned": ("由分派", "by assignment"), "taken": ("先登记者得,后来者须过保护", "first come, until protection lapses"),
    "compared": ("有效的主张相比较", "claims in force compared"), "person": ("个人", "person"), "team": ("团队", "team"),
    "before": ("曾经到场", "any visit before"), "same_day": ("当日到场", "a visit the same day"),
    "complete": ("齐全", "complete"), "recorded": ("登记", "recorded"), "filed": ("报备", "the filing"),
    "standing": ("主张成立", "the claim's standing"), "visit_after_end": ("期满后带客到场", "a visit after the end"),
    "visit": ("带客到场", "a visit"), "keeps_later_filers_out": ("之后的报备不算", "keeps later filers out"),
    "same_day_visit": ("同日先到场", "first visit of the same day"), "consent": ("同意", "consent"),
    "maintenance": ("维护期", "maintenance"), "strict": ("严格保护", "strict protection"),
    "first_registered": ("先登记", "first registered"), "latest_visit": ("最近到场", "latest visit"),
    "first_visit": ("最先到场", "first visit"), "first_filed": ("先报备", "first filed"),
    "first_standing": ("先成立", "first to stand"), "last_contact": ("最后接触", "last contact"),
    "last_visit": ("最后到场", "last visit"), "refused": ("不成立", "refused"),
    "poaching": ("恶意抢单", "poaching"), "stays": ("照旧", "stays"), "lifted": ("解除", "lifted"),
    "competes": ("照常竞争", "competes"), "holds": ("即取得", "holds"), "member": ("原团队成员", "a member of the team"),
    "anybody": ("任何人", "anybody"), "holder": ("归属人", "the holder"), "evidence": ("有效证据", "evidence"),
    "duty_team": ("当周值班团队", "the week's duty team"), "performance": ("业绩", "performance"),
    "manager_performance": ("经理业绩", "manager's performance"), "brought_along": ("业务员带来即可", "if brought along"),
    "not_counted": ("不计", "not counted"), "counted": ("计入", "counted"), "full": ("全款付清", "full payment"),
    "half": ("付半结半", "half at half"), "party": ("当事人", "a party"), "warning": ("警告", "warning"),
    "demerit": ("记过", "demerit"), "fine": ("罚款", "fine"), "transfer": ("调岗", "transfer"),
    "demotion": ("降职", "demotion"), "removal": ("撤职", "removal"), "dismissal": ("辞退", "dismissal"),
    "legal_referral": ("移送司法", "legal referral"), "record": ("只作记录,不从工资扣除", "recorded, never deducted from pay"),
    "off": ("不罚款", "no fines"), "first": ("先申请者", "the first to apply"), "assign.needs holder": ("客户已有归属", "a customer who is held"),
    "assign.needs recorded": ("已有登记的报备", "a recorded filing"),
    "review.only_if always": ("一律审核", "always"), "holding.way none": ("不定归属", "nobody holds"),
    "deal.event none": ("不定业绩", "no deal is decided"), "monday": ("周一", "Monday"), "tuesday": ("周二", "Tuesday"),
    "wednesday": ("周三", "Wednesday"), "thursday": ("周四", "Thursday"), "friday": ("周五", "Friday"),
    "saturday": ("周六", "Saturday"), "sunday": ("周日", "Sunday"), "true": ("是", "yes"), "false": ("否", "no"), "": ("无", "none"),
}  # fmt: skip
_UNITS = {
    "days": ("天", "days", "day"), "working days": ("个工作日", "working days", "working day"),
    "levels": ("级", "levels", "level"), "yuan": ("元", "yuan", "yuan"), "points": ("分", "points", "point"),
}  # fmt: skip
_GIVEN, _SILENT, _UNCERTAIN, _BORROWED = (
    ("{label}:{value}(依据{clauses})", "{label}: {value} ({clauses})"),
    (
        "{label}:{value}(本办法未规定,按参数“{name}”执行,可修改)",
        "{label}: {value} (these regulations do not say so: a reading, which the parameter {name} may change)",
    ),
    (
        "{label}:{value}({clauses}未定此项,按参数“{name}”执行,可修改)",
        "{label}: {value} ({clauses} leaves it open: a reading, which the parameter {name} may change)",
    ),
    (
        "{label}:{value}(借自{clauses};本办法未规定,按参数“{name}”执行,可修改)",
        "{label}: {value} (borrowed from {clauses}, as these regulations do not say so; {name} may change it)",
    ),
)
_LAPSES = (
    "保护会届满:维护期和严格保护期都过后,客户可被他人取得({clauses};永久有效只到他人接手为止)",
    (
        "Protection lapses: once maintenance and strict protection are over, the customer may be taken over by somebody "
        "else ({clauses}; what is permanent lasts until then)"
    ),
)
_SEPARATORS = ("、", ", ")


@dataclass(frozen=True, slots=True)
class Described:
    """One parameter of a rulebook, ready to be shown; or, before all of them, that protection lapses."""

    name: str
    value: object
    unit: str | None
    kind: GroundKind
    clauses: tuple[str, ...]

    lapses: bool = False

    def label(self, language: Language) -> str:
        """Name the parameter."""
        spec = SPECS[self.name]
        return spec.en if language == "en" else spec.zh

    def words(self, language: Language) -> str:
        """Say the value with its unit."""
        return said(self.name, self.value, self.unit, language)

    def text(self, language: Language) -> str:
        """Say the whole row."""
        english = language == "en"
        clauses = _SEPARATORS[english].join(self.clauses)
        if self.lapses:
            return _LAPSES[english].format(clauses=clauses)
        frame = _GIVEN
        if self.kind is GroundKind.BORROWED:
            frame = _BORROWED
        elif self.kind is GroundKind.READING:
            frame = _UNCERTAIN if self.clauses else _SILENT
        words = self.words(language)
        return frame[english].format(label=self.label(language), value=words, clauses=clauses, name=self.name)


class Difference(NamedTuple):
    """One parameter that two rulebooks do not have alike."""

    name: str
    before: Described
    after: Described


def said(name: str, value: object, unit: str | None, language: Language) -> str:
    """Say a value of a parameter in words; fields keep the names by which they are filed."""
    english = language == "en"
    form = SPECS[name].form if name in SPECS else Form.FIELD
    if isinstance(value, tuple):
        parts = [str(part) for part in cast("tuple[object, ...]", value)]
        shown = parts if form is Form.FIELDS else [_word(name, part, english=english) for part in parts]
        return _SEPARATORS[english].join(shown) or _WORDS[""][english]
    if isinstance(value, bool):
        return _WORDS["true" if value else "false"][english]
    if isinstance(value, int):
        known = _UNITS.get(unit or "")
        if known is None:
            return str(value)
        return f"{value} {known[2 if value == 1 else 1]}" if english else f"{value}{known[0]}"
    named = form is Form.ZONE or (form is Form.FIELD and (name not in SPECS or value != SPECS[name].neutral))
    return str(value) if named else _word(name, str(value), english=english)


def _word(name: str, choice: str, *, english: bool) -> str:
    known = _WORDS.get(f"{name} {choice}") or _WORDS.get(choice)
    return choice if known is None else known[english]


def _row(rulebook: Rulebook, name: str) -> Described:
    given = rulebook.parameters.get(name, Parameter(SPECS[name].neutral, GroundKind.READING))
    value = given.value if given.value is not None else ()
    return Described(name, value, given.unit, given.kind, given.clauses)


def _lapse(rulebook: Rulebook) -> Described | None:
    """Say first of all that protection lapses, where it does."""
    terms, order = rulebook.terms, rulebook.terms.precedence
    names = [
        f"protection.{name}_days"
        for name, window in (("maintenance", terms.maintenance), ("strict", terms.strict))
        if window is not None and name in order
    ]
    if terms.way != "taken" or not names or "first_registered" in order:
        return None
    given = [rulebook.parameters[name] for name in ("holding.way", *names) if name in rulebook.parameters]
    clauses = tuple(sorted({clause for row in given for clause in row.clauses}))
    return Described("holding.way", terms.way, None, GroundKind.READING, clauses, lapses=True)


def describe(rulebook: Rulebook) -> tuple[Described, ...]:
    """Give a row for each parameter that the rulebook states, in the catalogue's order."""
    first = _lapse(rulebook)
    rows = [_row(rulebook, name) for name in SPECS if name in rulebook.parameters]
    return tuple(rows if first is None else [first, *rows])


def difference(before: Rulebook, after: Rulebook) -> tuple[Difference, ...]:
    """Give each parameter whose value, unit or source differs; what one does not state has its neutral value."""
    rows = ((name, _row(before, name), _row(after, name)) for name in SPECS)
    return tuple(Difference(name, old, new) for name, old, new in rows if old != new)
