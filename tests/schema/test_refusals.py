"""The law's No: every code has words in two languages, and every reason of the law's is a code of the wire."""

from __future__ import annotations

import pytest

from claims.refusal import RefusalCode as LawRefusal
from records.refusals import Problem, ProblemCode, RefusalCode, Refused
from schema.refusals import InvalidInput, PlainRefusal, PossibleMatch, Stale, refusal_of


def test_every_reason_of_the_laws_is_a_code_of_the_wire() -> None:
    """An unknown one would be a bug at the moment at which somebody is refused."""
    assert {code.value for code in LawRefusal} <= {code.value for code in RefusalCode}


@pytest.mark.parametrize("code", RefusalCode)
def test_every_code_has_words_in_both_languages(code: RefusalCode) -> None:
    """And they differ."""
    refused = Refused(code)
    assert refused.message("zh")
    assert refused.message("en")
    assert refused.message("zh") != refused.message("en")


@pytest.mark.parametrize("code", ProblemCode)
def test_every_problem_has_words_in_both_languages(code: ProblemCode) -> None:
    """And they differ."""
    problem = Problem(("phones", "0"), code)
    assert problem.message("zh") != problem.message("en")


def test_each_kind_of_refusal_has_its_type() -> None:
    """wire.md: one interface for all, so that a new kind breaks no client."""
    assert isinstance(refusal_of(Refused(RefusalCode.NOT_FOUND)), PlainRefusal)
    assert isinstance(refusal_of(Refused(RefusalCode.INVALID_INPUT)), InvalidInput)
    assert isinstance(refusal_of(Refused(RefusalCode.STALE, version=2)), Stale)
    assert isinstance(refusal_of(Refused(RefusalCode.POSSIBLE_MATCH)), PossibleMatch)
    assert refusal_of(None) is None
