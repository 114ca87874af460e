"""A rulebook is told in words: values with their units, what gives them, and where two rulebooks differ."""

from __future__ import annotations

import pytest

from claims.description import describe, difference, said
from claims.parameters import SPECS
from claims.rulebook import PRESETS, load_preset

_SAID = [
    ("protection.strict_days", 30, "days", "30天", "30 days"),
    ("protection.strict_days", 1, "days", "1天", "1 day"),
    ("protection.strict_days", 0, "days", "0天", "0 days"),
    ("protection.strict_days", "none", None, "无", "none"),
    ("late.days", 5, "working days", "5个工作日", "5 working days"),
    ("late.days", 1, "working days", "1个工作日", "1 working day"),
    ("review.levels", 2, "levels", "2级", "2 levels"),
    ("review.levels", 2, None, "2", "2"),
    ("review.levels", 2, "miles", "2", "2"),
    ("fine.minor", 100, "yuan", "100元", "100 yuan"),
    ("claim.days", "permanent", None, "永久", "permanent"),
    ("required.customer", ("name", "phone|store"), None, "name、phone|store", "name, phone|store"),
    ("required.villa", (), None, "无", "none"),
    ("deal.unheld", ("evidence", "duty_team"), None, "有效证据、当周值班团队", "evidence, the week's duty team"),
    ("deal.unheld", ("store",), None, "门店", "store"),
    ("calendar.rolls_over", True, None, "是", "yes"),
    ("calendar.rolls_over", False, None, "否", "no"),
    ("calendar.zone", "Asia/Shanghai", None, "Asia/Shanghai", "Asia/Shanghai"),
    ("review.only_if", "store", None, "store", "store"),
    ("review.only_if", "always", None, "一律审核", "always"),
    ("assign.needs", "holder", None, "客户已有归属", "a customer who is held"),
    ("notice.walk_in", "holder", None, "归属人", "the holder"),
    ("holding.way", "none", None, "不定归属", "nobody holds"),
    ("no.such", "store", None, "store", "store"),
    ("settlement", "unheard", None, "unheard", "unheard"),
]


@pytest.mark.parametrize("row", _SAID, ids=lambda row: f"{row[0]} {row[1]} {row[2]}")
def test_a_value_is_said_with_its_unit(row) -> None:
    """In both languages; fields keep the names by which they are filed."""
    name, value, unit, zh, en = row
    assert (said(name, value, unit, "zh"), said(name, value, unit, "en")) == (zh, en)


_TEXTS = [
    ("onsite", "protection.strict_days",
     "严格保护期:30天(依据A30)", "how long a holder is strictly protected: 30 days (A30)"),
    ("onsite", "consent.for_team",
     "团队归属时由谁同意:主管(A27未定此项,按参数“consent.for_team”执行,可修改)",
     "who consents for a team alone: supervisor (A27 leaves it open: a reading, which the parameter consent.for_team may change)"),
    ("field", "handover.departed",
     "离司后的归属:团队(借自G11;本办法未规定,按参数“handover.departed”执行,可修改)",
     "who holds after a departure: team (borrowed from G11, as these regulations do not say so; handover.departed may change it)"),
    ("process", "calendar.zone",
     "计日所用时区:Asia/Shanghai(本办法未规定,按参数“calendar.zone”执行,可修改)",
     "time zone in which days are counted: Asia/Shanghai (these regulations do not say so: a reading, which the parameter calendar.zone may change)"),
]  # fmt: skip


@pytest.mark.parametrize("row", _TEXTS, ids=lambda row: row[1])
def test_a_parameter_is_told_with_what_gives_it(row) -> None:
    """A clause, a reading of a clause, a clause of another regulation, or nothing but the parameter."""
    preset, name, zh, en = row
    rows = {one.name: one for one in describe(load_preset(preset)) if not one.lapses}
    assert (rows[name].text("zh"), rows[name].text("en")) == (zh, en)


@pytest.mark.parametrize("name", PRESETS)
def test_what_a_rulebook_states_is_told_in_the_order_of_the_catalogue(name: str) -> None:
    """Each parameter once, with its value, unit, kind and clauses as the rulebook has them."""
    book = load_preset(name)
    rows = [row for row in describe(book) if not row.lapses]
    assert [row.name for row in rows] == [spec for spec in SPECS if spec in book.parameters]
    for row in rows:
        given = book.parameters[row.name]
        assert (row.value, row.unit, row.kind, row.clauses) == (given.value, given.unit, given.kind, given.clauses)


_LAPSES = [
    ({}, ("A14", "A26", "A3", "A30")),
    ({"protection.strict_days": "none"}, ("A14", "A26", "A3")),
    ({"precedence": ["strict"]}, ("A14", "A3", "A30")),
    ({"precedence": ["consent"]}, None),
    ({"precedence": ["maintenance", "strict", "first_registered"]}, None),
    ({"holding.way": "compared"}, None),
    ({"protection.strict_days": "none", "protection.maintenance_days": "none"}, None),
]


@pytest.mark.parametrize("row", _LAPSES, ids=lambda row: str(row[0]))
def test_that_protection_lapses_is_told_first_where_it_does(row) -> None:
    """With the clauses of what lapses; never where whoever registered first keeps the customer."""
    changes, clauses = row
    first, *rest = describe(load_preset("onsite").override(changes))
    assert first.lapses == (clauses is not None)
    assert not any(one.lapses for one in rest)
    if clauses is not None:
        assert first.clauses == clauses
        assert first.text("en").endswith(f"({', '.join(clauses)}; what is permanent lasts until then)")
        assert f"({'、'.join(clauses)};永久有效只到他人接手为止)" in first.text("zh")


def test_a_difference_is_told_from_the_one_to_the_other() -> None:
    """What a rulebook does not state has its neutral value, and is a reading."""
    store = load_preset("store")
    (one,) = difference(store, store.override({"settlement": "half"}))
    assert (one.name, one.before.words("en"), one.after.words("en")) == ("settlement", "full payment", "half at half")
    (other,) = (row for row in difference(store, load_preset("records")) if row.name == "review.only_if")
    assert (other.before.words("zh"), other.after.words("zh")) == ("一律审核", "sensitive")
    names = [row.name for row in difference(store, load_preset("records"))]
    assert names == [name for name in SPECS if name in names]
