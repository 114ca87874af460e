"""Every core clause (●) names what carries it and a test of it, and each of those is there.

- What carries a clause is an act of the wire (a query or a mutation), a field of a type or an input, or a parameter or
  a rule of a rulebook, which itself cites the clause.
- A test is one that pytest collects and that nothing skips, and cites the clause; a case cites it in its story or
  expects it of a ruling.
- What is not built stands under `[open]`, and only there may nothing carry a clause.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, build_schema

from claims.clauses import clauses
from claims.rulebook import PRESETS, editions

ROOT = Path(__file__).parents[2]
CORE = 131
_CLAUSE = re.compile(r"\b[A-J]\d{1,2}\b")


@dataclass(slots=True)
class Law:
    """What `docs/law.toml` says of the core clauses."""

    core: list[str]
    carried: dict[str, dict[str, list[str]]]
    still_open: dict[str, str]
    faults: list[str] = field(default_factory=list)


def read(text: str) -> Law:
    """Read the page's source; ranges are written out."""
    source: dict[str, Any] = tomllib.loads(text)
    core = [
        f"{letter}{number}"
        for letter, ranges in source["core"].items()
        for one in ranges.split()
        for number in range(int(one.split("-")[0]), int(one.split("-")[-1]) + 1)
    ]
    return Law(core, source["carried"], source["open"])


@cache
def wire() -> GraphQLSchema:
    """The schema as it is checked in."""
    return build_schema((ROOT / "schema/schema.graphql").read_text("utf-8"))


@cache
def rules() -> dict[str, set[str]]:
    """The clauses that each parameter and each rule cites in any preset."""
    found: dict[str, set[str]] = {}
    for preset in PRESETS:
        for edition in editions(preset):
            for table in (edition.parameters, edition.cited):
                for name, parameter in table.items():
                    found.setdefault(name, set()).update(parameter.clauses)
    return found


@cache
def cited_by(path: str) -> dict[str, set[str]]:
    """The clauses that each test of a module cites; those that are skipped are none."""
    file = ROOT / "tests" / path
    if not (file.is_file() and file.name.startswith("test_") and file.suffix == ".py"):
        return {}
    text = file.read_text("utf-8")
    lines = text.splitlines()
    return {
        one.name: set(_CLAUSE.findall("\n".join(lines[one.lineno - 1 : one.end_lineno])))
        for one in ast.parse(text).body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        and one.name.startswith("test_")
        and not any("skip" in ast.unparse(mark) or "xfail" in ast.unparse(mark) for mark in one.decorator_list)
    }


@cache
def clauses_of_case(name: str) -> set[str] | None:
    """The clauses that a case cites; None where there is no such case."""
    file = ROOT / "tests/casebook" / f"{name}.json"
    if not file.is_file():
        return None
    case = json.loads(file.read_text("utf-8"))
    expected = [clause for one in case["questions"] for clause in one.get("expect", {}).get("clauses", [])]
    return set(_CLAUSE.findall(case["story"])) | set(expected)


def why_not_carried(clause: str, name: str) -> str | None:
    """Say why something does not carry a clause."""
    kind, _, inner = name.partition(".")
    roots = (wire().query_type, wire().mutation_type)
    if any(root is not None and name in root.fields for root in roots):
        return None
    if name in rules():
        return None if clause in rules()[name] else f"{clause}: {name} does not cite it"
    found = wire().type_map.get(kind)
    has_fields = isinstance(found, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType)
    return None if has_fields and inner in found.fields else f"{clause}: there is no {name}"


def why_not_tested(clause: str, name: str) -> str | None:
    """Say why something is no test of a clause."""
    path, is_test, function = name.partition("::")
    cited = cited_by(path).get(function) if is_test else clauses_of_case(name)
    if cited is None:
        return f"{clause}: there is no test {name}"
    return None if clause in cited else f"{clause}: {name} does not cite it"


def faults(law: Law) -> list[str]:
    """Everything that is wrong with what is said of the core clauses."""
    found: list[str | None] = []
    for clause in law.core:
        entry = law.carried.get(clause)
        if entry is None:
            found += [] if clause in law.still_open else [f"{clause}: nothing carries it"]
            continue
        if not (entry.get("by") and entry.get("tests")):
            found.append(f"{clause}: lacks what carries it, or its test")
        found += [why_not_carried(clause, name) for name in entry.get("by", ())]
        found += [why_not_tested(clause, name) for name in entry.get("tests", ())]
    found += [f"{clause}: no core clause" for clause in (*law.carried, *law.still_open) if clause not in law.core]
    return [one for one in found if one is not None]


SOURCE = (ROOT / "docs/law.toml").read_text("utf-8")


def test_every_core_clause_names_what_carries_it_and_its_test() -> None:
    """docs/law.md names for every core clause the act, field or rule that carries it, with its test."""
    law = read(SOURCE)
    assert len(law.core) == len(set(law.core)) == CORE
    assert set(law.core) <= set(clauses())
    assert faults(law) == []


def test_every_core_clause_is_a_step_of_its_regulations_story() -> None:
    """One whole story a regulation, each step citing its clause; what is not built is no step yet."""
    law = read(SOURCE)
    told: dict[str, set[str]] = {}
    for letter in "ABCDEFGHIJ":
        (story,) = sorted((ROOT / "tests/journeys").glob(f"test_{letter.lower()}_*.py"))
        told[letter] = set(_CLAUSE.findall(story.read_text("utf-8")))
    assert [one for one in law.carried if one not in told[one[0]]] == []
    assert len(told) == 10


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        (r"A22 = \{.*\n", "", "A22: nothing carries it"),
        (r"A22 = \{.*\n", 'A22 = { by = [], tests = ["x"] }\n', "A22: lacks what carries it, or its test"),
        (r'by = \["splitCredit"\]', 'by = ["shareCredit"]', "A22: there is no shareCredit"),
        (r'"Offence.step"', '"Offence.stair"', "B17: there is no Offence.stair"),
        (r'"hold.consent"', '"hold.first"', "A27: hold.first does not cite it"),
        (r"onsite-consent-lets-the-named-colleague-in", "onsite-no-case", "A27: there is no test onsite-no-case"),
        (r"onsite-hidden-digits-are-a-phone", "onsite-days-are-shanghais-whatever-the-offset", "does not cite it"),
        (r"::test_evidence_found_valid_counts", "::test_evidence_is_found_valid_counts", "A18: there is no test"),
        (r'"records/test_visits.py::test_the_holders', '"records/book.py::test_the_holders', "A27: there is no test"),
        (r"J14 = \{.*\n", "", "J14: nothing carries it"),
        (r"\[carried\]\n", '[carried]\nB1 = { by = ["me"], tests = [] }\n', "B1: no core clause"),
    ],
)
def test_what_is_missing_is_found(line: str, instead: str, said: str) -> None:
    """The control: each thing taken away, or named wrongly, is told."""
    changed = re.sub(line, instead, SOURCE, count=1)
    assert changed != SOURCE
    assert any(said in fault for fault in faults(read(changed)))
