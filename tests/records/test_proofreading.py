"""What somebody enters is read, or every problem of it is told at once with its place, and nothing of it repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.rulebook import PRESETS, load_rulebook
from records.forms import Form, law_texts
from records.proofreading import LONGEST_NAME, LONGEST_TEXT, MOST_OTHERS, MOST_PHONES, Entered, Proof
from records.refusals import ProblemCode, RefusalCode
from tests.records.book import secret


def proofread(entered: Entered) -> tuple[Form, list[tuple[str, str]]]:
    """Read an input; give the form, and each problem's place and code."""
    proof = Proof(load_rulebook("onsite").required)
    form = proof.form(entered)
    return form, [(".".join(problem.path), problem.code.value) for problem in proof.problems]


def further(heading: str, value: str) -> Entered:
    """Enter one further field."""
    return Entered(other=((heading, secret(value)),))


def test_every_problem_is_told_at_once_and_at_its_place() -> None:
    """Paths are those of the input; an item of a list stands under its number."""
    entered = Entered(
        name=secret("张" * (LONGEST_NAME + 1)),
        phones=(secret("13800138000"), secret("1380013"), secret("")),
        wechat=secret("a\x00b"),
        email=secret("nobody"),
        address=secret("身份证 11010519491231002X"),
        building=secret("长" * (LONGEST_TEXT + 1)),
        other=(
            ("", secret("x")),
            ("need", secret("\ud800")),
            ("villa", secret("maybe")),
            ("date", secret("2026-2-30")),
        ),
    )
    assert sorted(proofread(entered)[1]) == [
        ("address", "sensitive_number"),
        ("building", "too_long"),
        ("email", "invalid_email"),
        ("name", "too_long"),
        ("other.0.name", "invalid_text"),
        ("other.1.value", "invalid_text"),
        ("other.2.value", "invalid_text"),
        ("other.3.value", "invalid_text"),
        ("phones.1", "invalid_phone"),
        ("phones.2", "invalid_phone"),
        ("wechat", "invalid_text"),
    ]


def test_too_many_of_a_kind_are_refused() -> None:
    """Ten phones, fifty further fields."""
    many = Entered(
        phones=tuple(secret(f"1380013{number:04}") for number in range(MOST_PHONES + 1)),
        other=tuple((f"栏目 {number}", secret("x")) for number in range(MOST_OTHERS + 1)),
    )
    assert proofread(many)[1] == [("other", "too_many"), ("phones", "too_many")]


@pytest.mark.parametrize(
    ("written", "phones"),
    [
        ("13800138000", ["+8613800138000"]),
        (" +86 138-0013-8000 ", ["+8613800138000"]),
        ("1380013****", ["+861380013****"]),
        ("１３８００１３８０００", ["+8613800138000"]),
        ("13800138000 13900139000", ["+8613800138000", "+8613900139000"]),
        ("021-69937686转673", ["+862169937686"]),
    ],
)
def test_a_phone_is_read_as_a_register_would_read_it(written: str, phones: list[str]) -> None:
    """A7: the last four digits may be hidden."""
    form, problems = proofread(Entered(phones=(secret(written),)))
    assert (problems, [phone.number for phone in form.phones]) == ([], phones)


@pytest.mark.parametrize(
    "written", ["", " ", "无", "138001380", "13800138000 张三", "=13800138000", "x" * 300, "138****8000"]
)
def test_what_is_no_phone_or_more_than_a_phone_is_refused(written: str) -> None:
    """Nothing that was entered may be lost, so words beside a number are refused too."""
    assert proofread(Entered(phones=(secret(written),)))[1] == [("phones.0", "invalid_phone")]


def test_a_blank_text_is_no_text() -> None:
    """Blank is what nobody said, in any field; a filing of blanks says nothing."""
    blank = secret(" \u3000\n")
    entered = Entered(blank, (), blank, blank, blank, blank, (("need", blank), ("栏目", blank), ("villa", blank)))
    form, problems = proofread(entered)
    assert problems == []
    assert form.is_empty()


def test_a_further_field_is_the_laws_by_its_closed_names_alone() -> None:
    """Which fields there are stands in clear; a heading that somebody chose must not."""
    for name in ("need", "feedback", "uscc", "project", "related_persons"):
        form, _ = proofread(further(name, "x"))
        assert (form.texts, form.present()) == ({name: "x"}, [name])
    for heading in ("zhangsan", "name", "phone", "deal", "张三的电话", "Need"):
        form, _ = proofread(further(heading, "x"))
        assert (dict(form.unknown), form.present()) == ({heading: "x"}, [])


def test_the_laws_names_are_all_that_the_ten_regulations_ask_for() -> None:
    """And a rulebook of one's own may ask for more."""
    placed = {"name", "phone", "date"}
    for preset in PRESETS:
        for names in load_rulebook(preset).required.values():
            assert {part for name in names for part in name.split("|")} - placed <= law_texts({}), preset
    assert "horoscope" in law_texts({"customer": ("name", "horoscope|need")})
    assert "horoscope" not in law_texts({})


@pytest.mark.parametrize(
    ("heading", "written", "value"),
    [
        ("villa", "TRUE", True),
        ("sensitive", "false", False),
        ("date", "2026-03-02", "2026-03-02"),
        ("region", "华东一区", "华东一区"),
    ],
)
def test_what_the_law_compares_stands_in_clear(heading: str, written: str, value: object) -> None:
    """Truths, dates, regions: enumerations, and no text of anybody's."""
    form, problems = proofread(further(heading, written))
    assert (problems, form.values, form.present()) == ([], {heading: value}, [heading])


def test_a_region_is_a_short_word() -> None:
    """What is longer is no region; whether a region stands in clear, `regions` says."""
    assert proofread(further("region", "长" * 101))[1] == [("other.0.value", "invalid_text")]


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_input_raises_and_no_refusal_repeats_it(heading: str, text: str) -> None:
    """Any text in any field: a form or problems, with places and codes alone."""
    marked = f"卌{text}卌"
    entered = Entered(
        *(secret(marked), (secret(marked),), *(secret(marked) for _ in range(4))), other=((heading, secret(marked)),)
    )
    proof = Proof()
    form = proof.form(entered)
    refusal = proof.refusal()
    assert refusal.code is RefusalCode.INVALID_INPUT
    assert "卌" not in repr(refusal) + repr(form) + repr(entered) + "".join(one.message("zh") for one in proof.problems)
    assert any(problem.code is ProblemCode.INVALID_PHONE for problem in proof.problems)
