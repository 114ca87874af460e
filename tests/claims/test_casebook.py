"""Every case of the casebook comes out as it says, in whatever order its facts stand."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from claims.casefile import Case, RefusedCase, read_case
from claims.clauses import clauses
from claims.parameters import OF_ACTS
from claims.rulebook import PRESETS, editions

if TYPE_CHECKING:
    from collections.abc import Iterator

_REGULATIONS = {
    "onsite": "A",
    "process": "B",
    "key_account": "C",
    "contract": "D",
    "records": "E",
    "layered": "F",
    "database": "G",
    "store": "H",
    "field": "I",
    "handbook": "J",
}
_CASES = sorted((Path(__file__).parents[1] / "casebook").rglob("*.json"))


@pytest.mark.parametrize("path", _CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", [None, 1])
def test_a_case_comes_out_as_it_says(path: Path, seed: int | None) -> None:
    """Hold each answer against what the case expects (FORMAT.md)."""
    case = json.loads(path.read_text("utf-8"))
    assert case["case"] == path.stem
    if seed is not None and "refused" not in case:
        random.Random(seed).shuffle(case["facts"])  # noqa: S311 - an order, not a secret
    read = read_case(json.dumps(case))
    if "refused" in case:
        assert isinstance(read, RefusedCase)
        assert read.faults[0].place == case["refused"]["place"]
        return
    assert isinstance(read, Case), read
    for answer, question in zip(read.answers(), case["questions"], strict=True):
        expected = dict(question.get("expect", {}))
        assert set(expected.pop("clauses", [])) <= set(answer["clauses"])  # type: ignore[call-overload]
        assert {key: answer[key] for key in expected} == expected


def _cases() -> Iterator[dict[str, Any]]:
    for path in _CASES:
        case = json.loads(path.read_text("utf-8"))
        if "refused" not in case:
            yield case


def _named_in(case: dict[str, Any]) -> set[str]:
    """Give the clauses that a case is about: those that it expects, and those of its story."""
    expected = {clause for q in case["questions"] for clause in q.get("expect", {}).get("clauses", [])}
    return expected | set(re.findall(r"\b[A-J]\d+\b", case["story"]))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_clause_that_a_preset_cites_has_a_case(preset: str) -> None:
    """Those of its own regulation have one under the preset itself; what acts ask of a rulebook has its own tests."""
    cited = {
        clause
        for book in editions(preset)
        for name, parameter in (*book.parameters.items(), *book.cited.items())
        if name not in OF_ACTS
        for clause in parameter.clauses
    }
    assert cited
    assert cited <= set(clauses())
    assert cited - {clause for case in _cases() for clause in _named_in(case)} == set()
    mine = {clause for case in _cases() if case["rulebook"] == preset for clause in _named_in(case)}
    assert {clause for clause in cited if clause.startswith(_REGULATIONS[preset])} - mine == set()


def test_every_case_names_clauses_that_exist() -> None:
    """In what it expects and in its story."""
    for case in _cases():
        assert _named_in(case) <= set(clauses()), case["case"]
