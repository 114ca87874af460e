"""A rulebook is data: ten come with the product, an eleventh is a file, and a bad one is refused where it is bad."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from claims.description import describe, difference
from claims.linter import lint
from claims.parameters import SPECS
from claims.rulebook import PRESETS, BadRulebook, editions, load_preset, load_rulebook
from claims.ruling import GroundKind
from claims.sentences import RULES
from tests.claims.histories import answer, story

_ELEVENTH = """
title = "三合一报备办法"

[edition."2026-01-01".parameters]
# From A: who brings the customer in and files on one day, protected for a time.
"required.customer" = { value = ["name", "phone"], clause = "A4" }
"holding.way" = { value = "taken", clause = "A3" }
"claim.needs_visit" = { value = "same_day", clause = ["A4", "A24"] }
"precedence" = { value = ["same_day_visit", "consent", "maintenance"], clause = ["A29", "A27", "A26"] }
"protection.maintenance_days" = { value = 10, unit = "working days", clause = "A26" }
"protection.maintenance_effect" = { value = "poaching", clause = "A28" }
# From J: another region is forwarded, and a supervisor reviews.
"filing.region" = { value = "forwarded", clause = "J21" }
"review.levels" = { value = 1, unit = "levels", clause = "J22" }
"review.roles" = { value = ["supervisor"], clause = "J22" }
"claim.counts_from" = { value = "recorded", clause = "J22" }
# From H: the order decides, and a designer gets a rebate.
"required.designer" = { value = ["name"], clause = "H8" }
"deal.event" = { value = "order", clause = "H18" }
"deal.unheld" = { value = ["store"], reading = true }
"designer.days" = { value = 90, unit = "days", clause = "H10" }
"designer.precedence" = { value = ["latest_visit", "first_filed"], clause = "H15" }
"settlement" = { value = "half", clause = "H21" }
"fine.severe" = { value = 500, unit = "yuan", clause = "H19" }

[edition."2026-01-01".clauses]
"hold.first" = "A3"
"offence.poaching" = ["A28", "A26"]
"""


def _own(tmp_path: Path, text: str) -> str:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    return str(path)


def test_an_eleventh_rulebook_mixes_three_without_a_line_of_python(tmp_path: Path) -> None:
    """It takes its visits from A, its review from J, and its deals from H."""
    book = load_rulebook(_own(tmp_path, _ELEVENTH))
    history = story(
        "li red salesperson east, wang blue salesperson west, mei green designer, sun red supervisor, qian blue supervisor",
        """
        03-02 09:00 visit wang
        03-02 09:10 file wang k1 +name +phone +region=east
        03-02 10:00 visit li
        03-02 10:10 file li k2 +name +phone +region=east
        03-02 11:00 review sun k2 approve
        03-03 09:00 file mei k3 type=designer +name
        03-03 09:30 review sun k3 approve
        03-10 10:00 visit wang
        03-10 10:10 complete wang k1 +region=west
        03-10 10:20 review qian k1 approve
        03-17 09:00 visit wang
        03-17 09:10 file wang k4 +name +phone
        03-17 09:20 review qian k4 approve
        03-20 10:00 order
        03-21 10:00 pay 50
        03-22 10:00 dispute li wang
        03-23 10:00 lose severe
        """,
    )
    assert answer(history, book, "filing 03-02 12:00 k1") == "forwarded"
    assert answer(history, book, "holder 03-02 10:30") == "nobody"
    assert answer(history, book, "holder 03-02 12:00") == "li red 2026-03-16"
    assert answer(history, book, "offences 03-11 10:00") == "wang poaching 03-10 10:20"
    assert answer(history, book, "holder 03-16 12:00") == "li red 2026-03-16"
    assert answer(history, book, "holder 03-17 12:00") == "wang blue 2026-03-31"
    assert answer(history, book, "deal 03-20 12:00") == "final mei:rebate:0 wang:performance:100"
    assert answer(history, book, "rebate 03-21 12:00 d1 mei") == "50"
    assert answer(history, book, "fines 03-23 12:00") == "li 500, wang 500"


def test_a_rulebook_of_ones_own_starts_from_a_preset(tmp_path: Path) -> None:
    """What it does not state it has from the preset that it extends, and it is named by its file."""
    text = 'extends = "onsite"\n[edition."2026-05-01".parameters]\n"protection.strict_days" = { value = 60, unit = "days", clause = "A30" }\n'
    book = load_rulebook(_own(tmp_path, text))
    assert book.edition == "own@2026-05-01"
    assert [row.name for row in difference(load_rulebook("onsite"), book)] == ["protection.strict_days"]


def test_a_later_edition_states_what_it_changes_and_has_no_effect_before_its_day(tmp_path: Path) -> None:
    """E14: an edition is in force from its day on."""
    text = """
extends = "onsite@2020-01-01"
[edition."2026-06-01".parameters]
"protection.strict_days" = { value = 45, unit = "days", clause = "A30" }
[edition."2026-01-01".parameters]
"protection.strict_days" = { value = 60, unit = "days", clause = "A30" }
"protection.maintenance_days" = { value = 20, unit = "days", clause = "A26" }
"""
    path = _own(tmp_path, text)
    values = {
        day: load_rulebook(path, date.fromisoformat(day)).parameters["protection.strict_days"].value
        for day in ("2026-01-01", "2026-05-31", "2026-06-01", "2030-01-01")
    }
    assert values == {"2026-01-01": 60, "2026-05-31": 60, "2026-06-01": 45, "2030-01-01": 45}
    assert load_rulebook(path).parameters["protection.maintenance_days"].value == 20
    with pytest.raises(BadRulebook, match="2025-12-31"):
        load_rulebook(path, date(2025, 12, 31))


_HEAD = 'extends = "onsite"\n[edition."2026-01-01".parameters]\n'
_BAD = {
    "a name that is no parameter": (
        _HEAD + '"protection.strict_day" = { value = 1, unit = "days", clause = "A30" }',
        3, "2026-01-01.parameters.protection.strict_day", "such as protection.strict_days",
    ),
    "a word for a number": (
        _HEAD + '\n"protection.strict_days" = { value = "thirty", unit = "days", clause = "A30" }',
        4, "2026-01-01.parameters.protection.strict_days.value", "a whole number of days from 0 to 36500, or none",
    ),
    "a number below nothing": (
        _HEAD + '"deal.confirm_days" = { value = -1, unit = "days", clause = "A18" }', 3, "value", "from 0 to 36500",
    ),
    "true for a number": (
        _HEAD + '"points.due" = { value = true, unit = "points", clause = "I8" }', 3, "value", "a whole number",
    ),
    "a number too large": (
        _HEAD + '"points.due" = { value = 1000001, unit = "points", clause = "I8" }', 3, "value", "a whole number",
    ),
    "no unit": (
        'extends = "records"\n[edition."2026-01-01".parameters]\n"late.days" = { value = 3, clause = "A30" }',
        3, "unit", "one of days, working days",
    ),
    "a unit that there is none of": (
        _HEAD + '"holding.way" = { value = "taken", unit = "days", clause = "A3" }', 3, "unit", "no unit",
    ),
    "no clause": (_HEAD + '"holding.way" = { value = "taken" }', 3, "clause", "reading = true where the text is silent"),
    "a clause that is none": (_HEAD + '"holding.way" = { value = "taken", clause = "so" }', 3, "clause", "such as"),
    "clauses that are none": (_HEAD + '"holding.way" = { value = "taken", clause = [3] }', 3, "clause", "such as"),
    "a clause that is a number": (_HEAD + '"holding.way" = { value = "taken", clause = 3 }', 3, "clause", "such as"),
    "borrowed from nowhere": (_HEAD + '"holding.way" = { value = "taken", borrowed = true }', 3, "clause", "borrowed"),
    "a reading and borrowed": (
        _HEAD + '"holding.way" = { value = "taken", clause = "A3", reading = true, borrowed = true }', 3, "borrowed", "not both",
    ),
    "a reading that is a word": (_HEAD + '"holding.way" = { value = "taken", reading = "yes" }', 3, "reading", "true or false"),
    "a choice that there is not": (_HEAD + '"holding.way" = { value = "given", reading = true }', 3, "value", "one of none"),
    "a tie-break twice": (
        _HEAD + '"precedence" = { value = ["strict", "strict"], reading = true }', 3, "value", "each once",
    ),
    "fields that are no texts": (_HEAD + '"required.customer" = { value = [1], reading = true }', 3, "value", "field names"),
    "a field without a name": (_HEAD + '"required.customer" = { value = ["a|"], reading = true }', 3, "value", "field names"),
    "a blank field": (_HEAD + '"review.only_if" = { value = " ", reading = true }', 3, "value", "name of a field"),
    "a role that there is not": (_HEAD + '"review.roles" = { value = ["boss"], reading = true }', 3, "value", "each level"),
    "a word for yes": (_HEAD + '"calendar.rolls_over" = { value = "yes", reading = true }', 3, "value", "true or false"),
    "no value": (_HEAD + '"holding.way" = { clause = "A3" }', 3, "holding.way", "value = one of"),
    "no table": (_HEAD + '"holding.way" = "taken"', 3, "holding.way", "a table"),
    "an unknown word beside": (_HEAD + '"holding.way" = { value = "taken", why = "so", clause = "A3" }', 3, "why", "one of value"),
    "a zone that there is not": (_HEAD + '"calendar.zone" = { value = "Asia/Nowhere", reading = true }', 3, "calendar.zone.value", "IANA"),
    "a zone that is a path": (_HEAD + '"calendar.zone" = { value = "../../etc/passwd", reading = true }', 3, "calendar.zone.value", "IANA"),
    "an edition on no day": ('[edition."2026-02-30".parameters]\n', 1, "edition.2026-02-30", "YYYY-MM-DD"),
    "an edition on a day of another spelling": ('[edition."20260201".parameters]\n', 1, "edition.20260201", "YYYY-MM-DD"),
    "an edition that is no table": ("edition = 3\n", 1, "edition", "a table"),
    "a day that is no table": ('[edition]\n"2026-01-01" = 3\n', 2, "edition.2026-01-01", "a table"),
    "parameters that are no table": (
        '[edition."2026-01-01"]\nparameters = 3\n', 2, "edition.2026-01-01.parameters", "a table",
    ),
    "clauses that are no table": ('[edition."2026-01-01"]\nclauses = 3\n', 2, "edition.2026-01-01.clauses", "a table"),
    "no edition": ('title = "x"\n', 1, "edition", "an edition"),
    "an unknown section": ('[edition."2026-01-01".rules]\n', 1, "edition.2026-01-01.rules", "parameters or clauses"),
    "an unknown word at the top": ('\nextend = "onsite"\n', 2, "extend", "one of title, extends, edition"),
    "a title that is none": ('title = " "\n', 1, "title", "a title"),
    "a preset that there is not": ('extends = "offsite"\n', 1, "extends", "one of contract"),
    "a preset that is no text": ("extends = 3\n", 1, "extends", "one of contract"),
    "an edition that the preset has not": ('extends = "onsite@1999-01-01"\n', 1, "extends", "one of onsite@2020-01-01"),
    "a rule that there is not": (
        'extends = "onsite"\n[edition."2026-01-01".clauses]\n"hold.frist" = "A3"\n', 3, "hold.frist", "such as hold.first",
    ),
    "a rule with a value": (
        'extends = "onsite"\n[edition."2026-01-01".clauses]\n"hold.first" = { clause = "A3", value = 1 }\n', 3, "value", "one of clause",
    ),
    "no TOML": ('title = "x"\n[edition\n', 2, "file", "TOML"),
    "a key twice": (_HEAD + '"holding.way" = { value = "taken", clause = "A3" }\n"holding.way" = { value = "none", reading = true }', 4, "file", "TOML"),
    "nesting without an end": (_HEAD + "x = " + "[" * 5000, 1, "file", ""),
}  # fmt: skip


_KEY = re.compile(
    r"2026-01-01\.(parameters\.[a-z]+(\.[a-z_]+)?|clauses\.hold\.[a-z]+)(\.(value|unit|clause|borrowed|reading|why))?"
    r"|2026-01-01\.calendar\.zone\.value|edition(\.2026-?0[12]-?[03][01](\.(rules|parameters|clauses))?)?|title|extends?|file"
)
_EXPECTED = re.compile(r"(an? |one of |the |value = |true or false|either |no unit|parameters or |TOML)")


@pytest.mark.parametrize("name", _BAD)
def test_a_bad_rulebook_is_refused_with_its_line_its_key_and_what_was_expected(name: str, tmp_path: Path) -> None:
    """Whoever wrote it finds the place."""
    text, line, key, expected = _BAD[name]
    path = _own(tmp_path, text)
    with pytest.raises(BadRulebook) as refused:
        load_rulebook(path)
    found = refused.value
    assert (found.file, found.line) == (path, line)
    assert found.key.endswith(key)
    assert _KEY.fullmatch(found.key), found.key
    assert _EXPECTED.match(found.expected), found.expected
    assert expected in found.expected
    assert set(re.findall("[A-Z]{2,}", found.expected)) <= {"TOML", "YYYY", "MM", "DD", "IANA"}
    assert str(found).startswith(f"{path}:{line}: ")


def test_a_parameter_is_read_with_its_kind_its_clauses_and_its_unit(tmp_path: Path) -> None:
    """A unit that is not given is that of what it changes; a value without a length has none."""
    text = (
        _HEAD
        + """
"protection.strict_days" = { value = 60, unit = "working days", clause = ["A30", "A26"] }
"deal.confirm_days" = { value = 4, reading = true }
"deal.settle_days" = { value = "none", reading = true, clause = "A31" }
"holding.unit" = { value = "team", borrowed = true, reading = false, clause = "G11" }
"precedence" = { value = ["consent"], clause = "A27", reading = true, borrowed = false }
"fine.minor" = { value = 5, unit = "yuan", clause = "民法典 203" }
[edition."2026-01-01".clauses]
"hold.first" = "A4"
"hold.already" = { clause = ["G11", "A3"], borrowed = true }
"hold.member" = { reading = true }
"""
    )
    book = load_rulebook(_own(tmp_path, text))
    kinds = GroundKind
    assert {name: tuple(book.parameters[name]) for name in (
        "protection.strict_days", "deal.confirm_days", "deal.settle_days", "holding.unit", "precedence", "fine.minor",
    )} == {
        "protection.strict_days": (60, kinds.CLAUSE, ("A30", "A26"), "working days"),
        "deal.confirm_days": (4, kinds.READING, (), "days"),
        "deal.settle_days": ("none", kinds.READING, ("A31",), None),
        "holding.unit": ("team", kinds.BORROWED, ("G11",), None),
        "precedence": (("consent",), kinds.READING, ("A27",), None),
        "fine.minor": (5, kinds.CLAUSE, ("民法典 203",), "yuan"),
    }  # fmt: skip
    assert {name: tuple(book.cited[name]) for name in ("hold.first", "hold.already", "hold.member")} == {
        "hold.first": (None, kinds.CLAUSE, ("A4",), None),
        "hold.already": (None, kinds.BORROWED, ("G11", "A3"), None),
        "hold.member": (None, kinds.READING, (), None),
    }
    assert (book.name, book.title, book.edition) == ("own", "own", "own@2026-01-01")
    assert load_rulebook(_own(tmp_path, 'title = "规章"\n' + text)).title == "规章"


def test_a_day_before_the_first_edition_is_refused_in_words(tmp_path: Path) -> None:
    """E14: an edition has no effect before its day, and has it on that day."""
    path = _own(tmp_path, _HEAD + '"settlement" = { value = "half", reading = true }\n')
    with pytest.raises(BadRulebook) as refused:
        load_rulebook(path, date(2025, 12, 31))
    assert str(refused.value) == f"{path}:1: edition: expected an edition in force on 2025-12-31"
    assert load_rulebook(path, date(2026, 1, 1)).terms.settlement == "half"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A folder, a name that nothing has, bytes that are no text, and more than anybody writes."""
    latin, large = tmp_path / "latin.toml", tmp_path / "large.toml"
    latin.write_bytes(b'title = "x"\ntitel = "\xe9"\n')
    large.write_bytes(b"#" * 300_000)
    for path in (tmp_path, tmp_path / "none.toml", large, Path("/dev/zero"), "nul\0.toml"):
        with pytest.raises(BadRulebook) as refused:
            load_rulebook(str(path))
        assert (refused.value.line, refused.value.key) == (1, "file")
    with pytest.raises(BadRulebook, match=":2: file: expected UTF-8"):
        load_rulebook(str(latin))


def test_a_case_may_name_a_preset_alone() -> None:
    """A file's path is no preset."""
    with pytest.raises(KeyError):
        load_preset("claims/rulebooks/onsite.toml")
    with pytest.raises(KeyError):
        editions("offsite")


@pytest.mark.parametrize(
    "changes", [{"no.such": 1}, {"settlement": "third"}, {"deal.confirm_days": None}, {"fine.minor": 1.5}]
)
def test_an_override_that_does_not_fit_is_refused(changes: dict) -> None:
    """By its name."""
    with pytest.raises(KeyError, match=next(iter(changes))):
        load_preset("store").override(changes)


def test_an_override_is_another_edition() -> None:
    """A ruling under it must not pass for one under the preset."""
    book = load_preset("store").override({"settlement": "half"})
    assert book.edition == "store@2020-01-01+settlement=half"
    assert book.terms.settlement == "half"


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_of_each_parameter_what_gives_it(name: str) -> None:
    """A clause of its own, a reading, or borrowed; in Chinese and English words."""
    rows = describe(load_rulebook(name))
    assert {row.name for row in rows} <= set(SPECS)
    for row in rows:
        zh, en = row.text("zh"), row.text("en")
        assert ("本办法未规定" in zh or "未定此项" in zh or row.lapses) == (row.kind is not GroundKind.CLAUSE)
        assert all(clause in zh and clause in en for clause in row.clauses)
        assert not re.search(r"[一-鿿]", en.replace("民法典 203", ""))
        assert row.kind is GroundKind.READING or row.clauses
    for row in rows[1:]:
        assert SPECS[row.name].zh == row.label("zh")


def test_of_the_onsite_rulebook_the_first_word_is_that_protection_lapses() -> None:
    """A14 A3 against A26 A30: standing lasts, and after protection a newcomer may take over."""
    first = describe(load_rulebook("onsite"))[0]
    assert first.text("en").startswith("Protection lapses")
    assert "客户可被他人取得" in first.text("zh")
    assert {"A14", "A26", "A30"} <= set(first.clauses)
    assert not any(row.lapses for name in PRESETS if name != "onsite" for row in describe(load_rulebook(name)))


@pytest.mark.parametrize("name", PRESETS)
def test_a_rulebook_states_its_own_clauses_and_borrows_the_others(name: str) -> None:
    """A clause of another regulation is never passed off as one of this."""
    book = load_rulebook(name)
    letters = {
        "onsite": "A", "process": "B", "key_account": "C", "contract": "D", "records": "E",
        "layered": "F", "database": "G", "store": "H", "field": "I", "handbook": "J",
    }  # fmt: skip
    for row in [*book.parameters.values(), *book.cited.values()]:
        if row.kind is GroundKind.CLAUSE:
            assert {clause[0] for clause in row.clauses} == {letters[name]}
    assert set(book.sources) == set(RULES)


_PULLS = {
    "permanent_beside_window": ('"claim.days" = { value = "permanent", clause = "A14" }', {"A14", "A26", "A30"}),
    "first_registered_beside_validity": (
        '"claim.days" = { value = 30, unit = "days", clause = "H9" }\n'
        '"precedence" = { value = ["first_registered"], clause = "A14" }', {"A14", "H9"},
    ),
    "level_without_role": (
        '"review.levels" = { value = 2, unit = "levels", clause = "F4" }\n'
        '"review.roles" = { value = ["supervisor"], clause = "B4" }', {"B4", "F4"},
    ),
    "tie_break_never_applies": ('"precedence" = { value = ["first_registered", "consent"], clause = ["A14", "A27"] }', {"A14", "A27"}),
    "window_shorter_than_renewal": (
        '"claim.days" = { value = 10, unit = "days", clause = "H9" }\n'
        '"claim.renewed_by" = { value = "visit", clause = "H16" }\n'
        '"claim.renewal_days" = { value = 30, unit = "days", clause = "H16" }', {"H16", "H9"},
    ),
    "needs_another": ('"contact.days" = { value = 2, unit = "days", clause = "B6" }', {"B6"}),
    "default_never_reached": ('"deal.unheld" = { value = ["store", "duty_team"], clause = ["H7", "A20"] }', {"A20", "H7"}),
}  # fmt: skip


@pytest.mark.parametrize("code", _PULLS)
def test_parameters_that_pull_against_each_other_are_named_with_their_clauses(code: str, tmp_path: Path) -> None:
    """The contradictions of the charter, found in a rulebook of one's own."""
    lines, clauses = _PULLS[code]
    found = [one for one in lint(load_rulebook(_own(tmp_path, _HEAD + lines))) if one.code == code]
    assert found
    assert clauses <= {clause for one in found for clause in one.clauses}
    assert all(one.text("zh") != one.text("en") for one in found)


@pytest.mark.parametrize(
    ("preset", "order", "never"),
    [
        ("store", ["latest_visit", "first_visit"], ["first_visit"]),
        ("store", ["first_filed", "latest_visit"], ["latest_visit"]),
        ("store", ["maintenance", "first_filed"], ["maintenance"]),
        ("onsite", ["latest_visit", "consent"], ["latest_visit"]),
        ("onsite", ["consent", "maintenance", "strict"], []),
        ("handbook", ["same_day_visit", "first_standing"], ["same_day_visit"]),
    ],
)
def test_a_tie_break_that_can_never_apply_is_named(preset: str, order: list, never: list) -> None:
    """X2: an ordered list in which an earlier one leaves nothing to a later one, or that is of another way to hold."""
    found = lint(load_preset(preset).override({"precedence": order}))
    assert [one.about for one in found if one.code == "tie_break_never_applies"] == never


def test_the_presets_pull_against_themselves_in_one_place() -> None:
    """X1: A14's permanent validity beside the windows of A26 and A30."""
    found = {(name, one.code) for name in PRESETS for one in lint(load_rulebook(name))}
    assert found == {("onsite", "permanent_beside_window")}


def test_two_rulebooks_differ_where_they_differ() -> None:
    """What one does not state has its neutral value."""
    rows = {row.name: row for row in difference(load_rulebook("process"), load_rulebook("store"))}
    assert rows["deal.event"].before.words("en") == "signature"
    assert rows["deal.event"].after.words("zh") == "订单"
    assert rows["contact.days"].before.words("en") == "2 working days"
    assert rows["contact.days"].after.words("en") == "none"
    assert "calendar.zone" not in rows
    assert difference(load_rulebook("store"), load_rulebook("store")) == ()
