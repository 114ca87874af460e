"""Every clause has its words, and whoever cites one cites one that exists."""

from __future__ import annotations

import re

import pytest

from claims.clauses import clause, clauses

_COUNTS = {"A": 31, "B": 18, "C": 16, "D": 18, "E": 14, "F": 7, "G": 16, "H": 21, "I": 15, "J": 31}


def test_every_regulation_has_all_its_clauses_in_order() -> None:
    """A1–A31, B1–B18 ... J1–J31: 187 in all."""
    expected = [f"{letter}{number}" for letter, count in _COUNTS.items() for number in range(1, count + 1)]
    assert list(clauses()) == expected
    assert len(expected) == 187


def test_a_clause_speaks_chinese_and_english() -> None:
    """A30 in the regulation's words, and as a rule."""
    found = clause("A30")
    assert found.zh == "凡在公司签留的无争议的客户资料,从登记之日起,受到严格的期限性保护,保护期限为30天。"
    assert "strict protection for 30 days" in found.en
    assert found.regulation.zh == "客户报备细则及业务仲裁管理办法"
    for one in clauses().values():
        assert re.search("[一-鿿]", one.zh), one
        assert re.search("[a-z]{3}", one.en), one
        assert "*" not in one.zh + one.en, one


@pytest.mark.parametrize("unknown", ["A32", "K1", "A", "", "a1", "A01"])
def test_an_unknown_clause_is_an_error_of_whoever_cites_it(unknown: str) -> None:
    """Nobody guesses at a clause."""
    with pytest.raises(KeyError):
        clause(unknown)
