"""Read a case file, or refuse it at the place that is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import cast

from claims.decide import Question, decide
from claims.facts import Fact, FactKind, FilingType, History, Person, Role
from claims.filings import is_present
from claims.rulebook import Rulebook, load_preset

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_NEEDS = {
    "file": "by filing customer fields", "complete": "by filing fields", "visit": "by customer",
    "walk_in": "by customer", "contact": "by customer", "consent": "by customer to",
    "review": "by filing outcome", "assign": "by customer to", "archive": "by filing",
    "order": "deal customer", "sign": "deal customer", "confirm": "by deal evidence",
    "pay": "deal percent", "finish": "deal", "dispute": "by customer against",
    "settle": "by customer to", "lose": "customer cause severity", "depart": "by",
    "duty": "team week", "record_visit": "by customer verified",
}  # fmt: skip
_ASKS = {
    "holder": "customer", "deal": "deal", "filing": "filing", "offences": "", "fines": "",
    "notices": "", "rebate": "deal staff", "points": "staff month",
}  # fmt: skip
_STAFF = frozenset({"by", "to", "against", "with", "staff"})


class RefusedCaseError(Exception):
    """A case that cannot be read, with the place."""

    def __init__(self, place: str, why: str) -> None:
        """Keep the place and the reason."""
        super().__init__(f"{place}: {why}")
        self.place, self.why = place, why


@dataclass(frozen=True, slots=True)
class Case:
    """One case: what happened, under which rulebook, and what is asked."""

    name: str
    rulebook: Rulebook
    history: History
    questions: tuple[Question, ...]

    def answers(self) -> list[dict[str, object]]:
        """Answer every question, in order."""
        rulings = (decide(self.history, self.rulebook, question) for question in self.questions)
        return [{**ruling.outcome, "clauses": list(ruling.clauses)} for ruling in rulings]


def _object(value: object, place: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise RefusedCaseError(place, "an object is needed")
    return cast("dict[str, object]", value)


def _list(value: object, place: str) -> list[object]:
    if not isinstance(value, list):
        raise RefusedCaseError(place, "a list is needed")
    return cast("list[object]", value)


def _text(row: dict[str, object], key: str, place: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RefusedCaseError(f"{place}{key}", "a text is needed")
    return value


def _instant(row: dict[str, object], place: str) -> datetime:
    text = _text(row, "at", place)
    if not _INSTANT.fullmatch(text):
        raise RefusedCaseError(f"{place}at", "an RFC 3339 instant with an offset is needed")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RefusedCaseError(f"{place}at", "there is no such instant") from None


def _date(value: object, place: str) -> date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise RefusedCaseError(place, "a date, YYYY-MM-DD, is needed")


def _person(row: dict[str, object], place: str) -> Person:
    role = _text(row, "role", place)
    if role not in set(Role):
        raise RefusedCaseError(f"{place}role", "no such role")
    region = row.get("region")
    if region is not None and not isinstance(region, str):
        raise RefusedCaseError(f"{place}region", "a text is needed")
    return Person(_text(row, "id", place), _text(row, "team", place), Role(role), region)


def _fact(row: dict[str, object], place: str, people: dict[str, Person], rulebook: Rulebook) -> Fact:
    id_, at, do = _text(row, "id", place), _instant(row, place), _text(row, "do", place)
    if do not in _NEEDS:
        raise RefusedCaseError(f"{place}do", "no such fact")
    found: dict[str, str] = {}
    needs = _NEEDS[do].split()
    optional = {"visit": ["with"], "sign": ["related_to"]}.get(do, [])
    for key in [*needs, *(key for key in optional if row.get(key) is not None)]:
        if key not in {"fields", "percent", "evidence", "week", "verified"}:
            found[key] = _text(row, key, place)
            if key in _STAFF and found[key] not in people:
                raise RefusedCaseError(f"{place}{key}", "no such person")
    for key, allowed in (("outcome", "approve return reject"), ("severity", "minor moderate severe")):
        if key in found and found[key] not in allowed.split():
            raise RefusedCaseError(f"{place}{key}", "no such choice")
    kind = "customer"
    if do == "file":
        kind = _text(row, "type", place) if row.get("type") is not None else "customer"
        if kind not in set(FilingType) or kind not in rulebook.required:
            raise RefusedCaseError(f"{place}type", "the rulebook has no fields for this type")
    percent, verified, evidence = row.get("percent"), row.get("verified"), ()
    if do == "pay" and (isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100):  # noqa: PLR2004 - percent
        raise RefusedCaseError(f"{place}percent", "a number from 0 to 100 is needed")
    if do == "record_visit" and not isinstance(verified, bool):
        raise RefusedCaseError(f"{place}verified", "true or false is needed")
    if do == "confirm":
        names = _list(row.get("evidence"), f"{place}evidence")
        if not all(isinstance(name, str) for name in names):
            raise RefusedCaseError(f"{place}evidence", "a list of names is needed")
        evidence = tuple(str(name) for name in names if str(name).strip())
    week = _date(row.get("week"), f"{place}week") if do == "duty" else None
    if week is not None and week.weekday():
        raise RefusedCaseError(f"{place}week", "a week begins on a Monday")
    fields = _object(row.get("fields"), f"{place}fields") if "fields" in needs else {}
    return Fact(
        id=id_, at=at, kind=FactKind(do), at_text=str(row["at"]), by=found.get("by"),
        customer=found.get("customer"), filing=found.get("filing"), deal=found.get("deal"),
        to=found.get("to"), against=found.get("against"), with_=found.get("with"),
        type=FilingType(kind), fields=fields, outcome=found.get("outcome"),
        percent=float(cast("float", percent)) if do == "pay" else 0, team=found.get("team"), week=week,
        related_to=found.get("related_to"), evidence=evidence, cause=found.get("cause"),
        severity=found.get("severity"), verified=verified is True,
    )  # fmt: skip


def read_case(text: str) -> Case:
    """Read a case; refuse what is unknown, missing or ill-formed, by place."""
    try:
        top = _object(json.loads(text), "")
    except (ValueError, RecursionError):
        raise RefusedCaseError("", "this is no JSON") from None
    name = _text(top, "case", "")
    try:
        rulebook = load_preset(_text(top, "rulebook", ""))
    except KeyError:
        raise RefusedCaseError("rulebook", "no such rulebook") from None
    for key, value in _object(top.get("override") or {}, "override").items():
        try:
            rulebook = rulebook.override({key: value})
        except KeyError:
            raise RefusedCaseError(f"override.{key}", "no such parameter, or not such a value") from None
    people: dict[str, Person] = {}
    for i, row in enumerate(_list(top.get("staff"), "staff")):
        person = _person(_object(row, f"staff[{i}]"), f"staff[{i}].")
        if person.id in people:
            raise RefusedCaseError(f"staff[{i}].id", "given twice")
        people[person.id] = person
    facts: dict[str, Fact] = {}
    filings: dict[str, Fact] = {}
    rows = _list(top.get("facts"), "facts")
    for i, row in enumerate(rows):
        fact = _fact(_object(row, f"facts[{i}]"), f"facts[{i}].", people, rulebook)
        if fact.id in facts:
            raise RefusedCaseError(f"facts[{i}].id", "given twice")
        facts[fact.id] = fact
        if fact.kind is FactKind.FILE:
            if fact.filing in filings:
                raise RefusedCaseError(f"facts[{i}].filing", "given twice")
            filings[str(fact.filing)] = fact
    for i, fact in enumerate(facts.values()):
        if fact.filing is not None and fact.filing not in filings:
            raise RefusedCaseError(f"facts[{i}].filing", "no such filing")
        stated = fact.fields.get("date")
        if fact.filing is not None and filings[fact.filing].type is FilingType.STORE and is_present(stated):
            _date(stated, f"facts[{i}].fields.date")
    questions = [
        _question(_object(row, f"questions[{i}]"), f"questions[{i}].", people, filings)
        for i, row in enumerate(_list(top.get("questions"), "questions"))
    ]
    return Case(name, rulebook, History.of(people, facts.values()), tuple(questions))


def _question(row: dict[str, object], place: str, people: dict[str, Person], filings: dict[str, Fact]) -> Question:
    ask = _text(row, "ask", place)
    if ask not in _ASKS:
        raise RefusedCaseError(f"{place}ask", "no such question")
    found = {key: _text(row, key, place) for key in _ASKS[ask].split()}
    if "staff" in found and found["staff"] not in people:
        raise RefusedCaseError(f"{place}staff", "no such person")
    if "filing" in found and found["filing"] not in filings:
        raise RefusedCaseError(f"{place}filing", "no such filing")
    if "month" in found and not _MONTH.fullmatch(found["month"]):
        raise RefusedCaseError(f"{place}month", "a month, YYYY-MM, is needed")
    return Question(ask, _instant(row, place), **found)
