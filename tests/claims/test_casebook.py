"""Every case of the casebook comes out as it says, in whatever order its facts stand."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from claims.casefile import RefusedCaseError, read_case

_CASES = sorted((Path(__file__).parents[1] / "casebook").rglob("*.json"))


@pytest.mark.parametrize("path", _CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("seed", [None, 1])
def test_a_case_comes_out_as_it_says(path: Path, seed: int | None) -> None:
    """Hold each answer against what the case expects (FORMAT.md)."""
    case = json.loads(path.read_text("utf-8"))
    if "refused" in case:
        with pytest.raises(RefusedCaseError) as refused:
            read_case(json.dumps(case))
        assert refused.value.place == case["refused"]["place"]
        return
    if seed is not None:
        random.Random(seed).shuffle(case["facts"])  # noqa: S311 - an order, not a secret
    for answer, question in zip(read_case(json.dumps(case)).answers(), case["questions"], strict=True):
        expected = dict(question.get("expect", {}))
        assert set(expected.pop("clauses", [])) <= set(answer["clauses"])  # type: ignore[call-overload]
        assert {key: answer[key] for key in expected} == expected
