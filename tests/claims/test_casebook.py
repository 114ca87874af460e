"""Every case of the casebook comes out as it says, in whatever order its facts stand."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from claims.casefile import Case, RefusedCase, read_case

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
