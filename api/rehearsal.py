"""Rehearse one case: decide it, hold it against what it expects, and against what another rulebook would say.

- An expectation may leave keys out; of clauses it names *at least* those.
- Asked as of another instant than its own, a question has no expectation.
- Whoever gains or loses by another rulebook is named for each question.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple, cast

from claims.casefile import LARGEST, Case, Fault, RefusedCase, answer_of, read_case

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from claims.facts import History
    from claims.question import Question
    from claims.rulebook import Rulebook
    from claims.ruling import Ruling

MET, UNMET, REFUSED = 0, 1, 2
_READ_AT_MOST = 8 * LARGEST
_PARTIES = {
    "deal": ("credit", "to"),
    "offences": ("items", "by"),
    "fines": ("items", "staff"),
    "notices": ("items", "to"),
}


class Change(NamedTuple):
    """A question that the other rulebook answers otherwise, and for whom."""

    question: int
    parties: tuple[str, ...]


class Otherwise(NamedTuple):
    """The same case under another rulebook: its rulings and what they change, or why it cannot be decided there."""

    edition: str
    rulings: tuple[Ruling, ...] = ()
    changes: tuple[Change, ...] = ()
    refused: RefusedCase | None = None


class Rehearsal(NamedTuple):
    """A case that was decided; `differences` stand question by question: by key, what was expected and what came."""

    case: Case
    rulings: tuple[Ruling, ...]
    differences: tuple[Mapping[str, tuple[object, object]], ...]
    otherwise: Otherwise | None

    @property
    def is_met(self) -> bool:
        """Say whether every answer is as expected; a case that must be refused and was not is none."""
        return self.case.expected_refusal is None and not any(self.differences)


def rehearse(text: bytes, at: datetime | None = None, against: Rulebook | None = None) -> Rehearsal | RefusedCase:
    """Decide a case, as of one instant instead of its own if one is given."""
    case = read_case(text)
    if isinstance(case, RefusedCase):
        return case
    rulings = _asked_at(case, at).rulings()
    expected = case.expected if at is None else (None,) * len(rulings)
    return Rehearsal(
        case,
        tuple(rulings),
        tuple(differences(answer_of(ruling), expect or {}) for ruling, expect in zip(rulings, expected, strict=True)),
        None if against is None else _otherwise(text, at, against, case, rulings),
    )


def _asked_at(case: Case, at: datetime | None) -> Case:
    if at is None:
        return case
    return case._replace(questions=tuple(question._replace(at=at) for question in case.questions))


def differences(answer: Mapping[str, object], expect: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """Give what an answer says otherwise than expected: by key, what was expected and what came."""
    found: dict[str, tuple[object, object]] = {}
    for key, expected in expect.items():
        came = answer.get(key)
        if key == "clauses" and isinstance(expected, list) and isinstance(came, list):
            is_met = all(clause in came for clause in cast("list[object]", expected))
        else:
            is_met = key in answer and _is_same(expected, cast("object", came))
        if not is_met:
            found[key] = (expected, cast("object", came))
    return found


def _is_same(expected: object, came: object) -> bool:
    """Compare as JSON does: true is not 1."""
    if isinstance(expected, dict) and isinstance(came, dict):
        one, other = cast("dict[str, object]", expected), cast("dict[str, object]", came)
        return one.keys() == other.keys() and all(_is_same(value, other[key]) for key, value in one.items())
    if isinstance(expected, list) and isinstance(came, list):
        these, those = cast("list[object]", expected), cast("list[object]", came)
        return len(these) == len(those) and all(map(_is_same, these, those))
    return isinstance(expected, bool) == isinstance(came, bool) and expected == came


def _otherwise(text: bytes, at: datetime | None, against: Rulebook, case: Case, rulings: Sequence[Ruling]) -> Otherwise:
    other = read_case(text, against)
    if isinstance(other, RefusedCase):
        return Otherwise(against.edition, refused=other)
    others = tuple(_asked_at(other, at).rulings())
    changes = (
        Change(index, parties)
        for index, (question, one, two) in enumerate(zip(case.questions, rulings, others, strict=True))
        if one.outcome != two.outcome and (parties := _gaining_or_losing(case.history, question, one, two)) is not None
    )
    return Otherwise(against.edition, others, tuple(changes))


def _gaining_or_losing(history: History, question: Question, one: Ruling, two: Ruling) -> tuple[str, ...]:
    """Name the people and teams of whom one ruling says something else than the other."""
    if question.ask == "filing":
        filed = next(fact for fact in history.facts if fact.filing == question.filing and fact.kind == "file")
        return (str(filed.by),)
    if question.staff:
        return (question.staff,)
    parties = [_parties(ruling.outcome, question.ask) for ruling in (one, two)]
    named = {party for outcome in parties for party in outcome}
    return tuple(sorted(party for party in named if parties[0].get(party) != parties[1].get(party)))


def _parties(outcome: Mapping[str, object], ask: str) -> dict[str, list[str]]:
    """Give what an outcome says of each person or team, as text that can be compared."""
    if ask == "holder":
        staff, team = outcome["staff"], outcome["team"]
        name = staff or (f"team:{team}" if team else None)
        return {} if name is None else {str(name): [str(outcome["protected_until"])]}
    rows, key = _PARTIES[ask]
    found: dict[str, list[str]] = {}
    for row in cast("Iterable[dict[str, object]]", outcome[rows]):
        found.setdefault(str(row[key]), []).append(json.dumps(row, sort_keys=True))
    return found


def read_file(path: str) -> bytes | RefusedCase:
    """Read a case file; one that cannot be read is a refused case without a name."""
    try:
        with open(path, "rb") as file:
            text = file.read(_READ_AT_MOST + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return RefusedCase(None, (Fault("case", f"无法读取 / cannot be read: {path}: {why}"),))
    if len(text) > _READ_AT_MOST:
        return RefusedCase(None, (Fault("case", f"太大 / too large: a case has at most {LARGEST:,} bytes"),))
    return text


def rehearse_file(path: str, at: datetime | None, against: Rulebook | None) -> Rehearsal | RefusedCase:
    """Rehearse the case of one file."""
    text = read_file(path)
    return rehearse(text, at, against) if isinstance(text, bytes) else text


def status_of(rehearsed: Rehearsal | RefusedCase) -> int:
    """Give the code that a run with this case alone would end with."""
    if isinstance(rehearsed, RefusedCase):
        return REFUSED
    return MET if rehearsed.is_met else UNMET


def line_of(rehearsed: Rehearsal | RefusedCase) -> str:
    """Write a rehearsed case as one line of JSON."""
    if isinstance(rehearsed, RefusedCase):
        return _as_json({"case": rehearsed.name, "refused": _refused(rehearsed)})
    line: dict[str, object] = {
        "case": rehearsed.case.name,
        "answers": [answer_of(ruling) for ruling in rehearsed.rulings],
    }
    other = rehearsed.otherwise
    if other is not None and other.refused is not None:
        line["against"] = {"rulebook": other.edition, "refused": _refused(other.refused)}
    elif other is not None:
        line["against"] = {
            "rulebook": other.edition,
            "answers": [answer_of(ruling) for ruling in other.rulings],
            "changes": [{"question": change.question, "for": list(change.parties)} for change in other.changes],
        }
    return _as_json(line)


def _refused(case: RefusedCase) -> dict[str, object]:
    listed = [{"place": fault.place, "why": fault.why} for fault in case.faults]
    return {**listed[0], "all": listed}


def _as_json(value: object) -> str:
    """Write one line that is UTF-8 whatever the case says: half a surrogate pair is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text
