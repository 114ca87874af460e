"""A case that cannot be read is refused with the place of everything that is wrong, never with a trace."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from datetime import UTC, date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.casefile import LARGEST, Case, RefusedCase, read_case
from claims.rulebook import load_preset

Json = dict[str, Any]

_GOOD: Json = {
    "case": "good",
    "rulebook": "store",
    "override": {"settlement": "half"},
    "staff": [
        {"id": "li", "team": "red", "role": "salesperson", "region": "浙江"},
        {"id": "mei", "team": "channel", "role": "designer"},
        {"id": "sun", "team": "red", "role": "supervisor", "region": None},
    ],
    "facts": [
        {"id": "f0", "at": "2026-03-02T10:00:00+08:00", "do": "file", "by": "li", "customer": "c1", "filing": "k1",
         "fields": {"name": "王五", "phone": "13800138000"}},
        {"id": "f1", "at": "2026-03-02T10:00:00.123456Z", "do": "visit", "by": "li", "customer": "c1", "with": "mei"},
        {"id": "f2", "at": "2026-03-03T10:00:00-14:00", "do": "pay", "deal": "d1", "percent": 50.5},
        {"id": "f3", "at": "2026-03-03T10:00:00+14:00", "do": "review", "by": "sun", "filing": "k1",
         "outcome": "return"},
        {"id": "f4", "at": "2026-03-04t10:00:00z", "do": "duty", "team": "blue", "week": "2026-03-02"},
        {"id": "f5", "at": "2026-03-04T10:00:00Z", "do": "lose", "customer": "c1", "cause": "", "severity": "minor"},
        {"id": "f6", "at": "2026-03-04T10:00:00Z", "do": "confirm", "by": "li", "deal": "d1", "evidence": ["照片"]},
        {"id": "f7", "at": "2026-03-04T10:00:00Z", "do": "record_visit", "by": "li", "customer": "c1",
         "verified": True},
        {"id": "f8", "at": "2026-03-04T10:00:00Z", "do": "file", "by": "li", "customer": "c1", "filing": "k2",
         "type": "store", "fields": {"date": "2026-03-02", "phone": "13800138000"}},
        {"id": "f9", "at": "2026-03-04T10:00:00Z", "do": "settle", "by": "sun", "customer": "c1", "to": "li"},
    ],
    "questions": [
        {"ask": "holder", "customer": "c9", "at": "2026-03-10T09:00:00+08:00", "expect": {"staff": None}},
        {"ask": "filing", "filing": "k1", "at": "2026-03-10T09:00:00+08:00"},
        {"ask": "rebate", "deal": "d9", "staff": "mei", "at": "2026-03-10T09:00:00+08:00"},
        {"ask": "points", "staff": "li", "month": "2026-03", "at": "2026-03-10T09:00:00+08:00"},
    ],
}  # fmt: skip
_GONE = object()
_WHY = re.compile(r"[一-鿿].* / [a-z].*[^X]")
_NAMES = {"JSON", "RFC", "YYYY", "MM", "DD"}


def _with(place: str, value: object) -> Json:
    """Put a value at a place of the good case, or take out what stands there."""
    case = deepcopy(_GOOD)
    at: Any = case
    *way, last = place.replace("[", ".[").split(".")
    for step in way:
        at = at[int(step[1:-1])] if step.startswith("[") else at[step]
    key = int(last[1:-1]) if last.startswith("[") else last
    if value is _GONE:
        del at[key]
    else:
        at[key] = value
    return case


def _refused(case: Json | str | bytes) -> RefusedCase:
    read = read_case(json.dumps(case) if isinstance(case, dict) else case)
    assert isinstance(read, RefusedCase), read
    for fault in read.faults:
        assert _WHY.fullmatch(fault.why), fault
        assert set(re.findall(r"\b[A-Z]{2,}\b", fault.why)) <= _NAMES, fault
        assert not {name.lower() for name in _NAMES} & set(re.findall(r"\w+", fault.why)), fault
    return read


def _places(case: Json | str | bytes) -> list[str]:
    return [fault.place for fault in _refused(case).faults]


def test_a_good_case_is_read() -> None:
    """Optional keys, other offsets, decimals and unknown keys are all in order."""
    case = deepcopy(_GOOD)
    case["story"] = case["staff"][0]["note"] = case["facts"][0]["note"] = case["questions"][0]["note"] = {"any": [1]}
    case["facts"][2]["by"] = "nobody whom a payment would ask for"
    case["facts"][0]["amount"] = "not looked at"
    read = read_case(json.dumps(case))
    assert isinstance(read, Case)
    assert [question.ask for question in read.questions] == ["holder", "filing", "rebate", "points"]
    assert read.expected == ({"staff": None}, None, None, None)
    assert len(read.history.facts) == 10
    assert {name: (one.id, one.team, one.role, one.region) for name, one in read.history.people.items()} == {
        "li": ("li", "red", "salesperson", "浙江"),
        "mei": ("mei", "channel", "designer", None),
        "sun": ("sun", "red", "supervisor", None),
    }
    facts = {fact.id: fact for fact in read.history.facts}
    assert (facts["f1"].with_, facts["f2"].percent, facts["f4"].week) == ("mei", 50.5, date(2026, 3, 2))
    assert (facts["f3"].outcome, facts["f5"].severity, facts["f6"].evidence) == ("return", "minor", ("照片",))
    assert (facts["f0"].type, facts["f8"].type, facts["f7"].verified) == ("customer", "store", True)
    assert all(fact.at.tzinfo is UTC for fact in read.history.facts)
    assert [fact.at_text for fact in read.history.facts if fact.id in {"f2", "f3"}] == [
        "2026-03-03T10:00:00+14:00",
        "2026-03-03T10:00:00-14:00",
    ]


@pytest.mark.parametrize(
    "place",
    [
        "case", "rulebook", "staff", "facts", "questions",
        "staff[0].id", "staff[1].team", "staff[2].role",
        "facts[0].id", "facts[0].at", "facts[0].do", "facts[0].by", "facts[0].customer", "facts[0].filing",
        "facts[0].fields", "facts[2].deal", "facts[2].percent", "facts[3].outcome", "facts[4].team", "facts[4].week",
        "facts[5].cause", "facts[5].severity", "facts[6].evidence", "facts[7].verified", "facts[9].to",
        "questions[0].ask", "questions[0].customer", "questions[0].at", "questions[1].filing", "questions[2].deal",
        "questions[2].staff", "questions[3].month",
    ],
)  # fmt: skip
def test_a_missing_key_is_wrong_where_it_would_stand(place: str) -> None:
    """And what is there but null is wrong in the same place."""
    expected = [place]
    if place == "facts[0].filing":
        expected += ["facts[3].filing", "questions[1].filing"]  # a filing that nobody files any more
    if place == "staff[0].id":
        expected += [f"facts[{index}].by" for index in (0, 1, 6, 7, 8)] + ["facts[9].to", "questions[3].staff"]
    if place == "facts[0].do":
        expected += ["facts[3].filing", "questions[1].filing"]
    assert _places(_with(place, _GONE)) == expected
    assert _places(_with(place, None)) == expected
    assert _places(_with(place, -1))[0] == place
    says_so = not place.endswith(("percent", "week", "evidence", "verified"))  # these say what is needed either way
    assert _refused(_with(place, _GONE)).faults[0].why.startswith("缺少") == says_so
    assert not _refused(_with(place, None)).faults[0].why.startswith("缺少")
    assert _refused(_with(place, _GONE)).name == (None if place == "case" else "good")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("case", ""), ("case", 5), ("rulebook", "unheard"), ("rulebook", "Store"), ("rulebook", "../store"),
        ("override", []), ("override", "half"), ("override.unheard", 1), ("override.settlement", 5),
        ("override.settlement", None), ("staff", {}), ("staff[0]", "li"), ("staff[0].role", "Salesperson"),
        ("staff[0].role", "manager"), ("staff[0].region", 5), ("staff[1].id", "li"), ("staff[0].team", " "),
        ("facts", {}), ("facts[0]", None), ("facts[1].id", "f0"), ("facts[1].id", 1), ("facts[8].filing", "k1"),
        ("facts[1].do", "fly"), ("facts[1].do", 5), ("facts[1].by", "chen"), ("facts[1].with", "chen"),
        ("facts[1].with", 5), ("facts[9].to", "chen"), ("facts[3].filing", "k9"), ("facts[3].outcome", "postpone"),
        ("facts[5].severity", "fatal"), ("facts[5].cause", 5), ("facts[0].fields", []), ("facts[0].fields", "name"),
        ("facts[0].type", "contract"), ("facts[0].type", "villa"), ("facts[0].type", ["customer"]),
        ("facts[0].type", ""), ("facts[2].percent", "50"), ("facts[2].percent", True), ("facts[2].percent", -0.01),
        ("facts[2].percent", 100.01), ("facts[2].percent", 10**400), ("facts[4].week", "2026-03-03"),
        ("facts[4].week", "2026-3-2"), ("facts[4].week", "2026-02-30"), ("facts[4].week", 20260302),
        ("facts[6].evidence", "照片"), ("facts[6].evidence", [5]), ("facts[6].evidence", {}),
        ("facts[7].verified", "true"), ("facts[7].verified", 1), ("facts[8].fields.date", "2026-3-5"),
        ("facts[8].fields.date", "20260305"), ("facts[8].fields.date", "2026-02-29"), ("facts[8].fields.date", 5),
        ("facts[8].fields.date", False), ("facts[8].fields.date", "2026-03-05T00:00:00Z"),
        ("facts[8].fields.date", "٢٠٢٦-03-05"),
        ("questions[0]", []), ("questions[0].ask", "owner"), ("questions[1].filing", "k9"),
        ("questions[2].staff", "gao"), ("questions[3].month", "2026-13"), ("questions[3].month", "2026-3"),
        ("questions[3].month", "0000-01"), ("questions[3].month", "2026-03-01"), ("questions[0].expect", "li"),
    ],
)  # fmt: skip
def test_an_ill_formed_value_is_named(place: str, value: object) -> None:
    """FORMAT.md, sentence by sentence."""
    assert _places(_with(place, value))[0] == place


@pytest.mark.parametrize(
    "text",
    [
        "", "2026-03-02", "2026-03-02T10:00:00", "2026-03-02 10:00:00+08:00", "2026-03-02T10:00+08:00",
        "2026-03-02T10:00:00+08", "2026-03-02T10:00:00+0800", "2026-03-02T10:00:00.1234567Z", "2026-03-02T10:00:00.Z",
        "2026-02-30T10:00:00Z", "2026-13-02T10:00:00Z", "2026-03-02T24:00:00Z", "2026-03-02T10:60:00Z",
        "2026-03-02T10:00:60Z", "2026-03-02T10:00:00+14:01", "2026-03-02T10:00:00-14:30", "2026-03-02T10:00:00+15:00",
        "2026-03-02T10:00:00+24:00", "2026-03-02T10:00:00+08:60", "0000-03-02T10:00:00Z", "0001-01-01T00:00:00+08:00",
        "10000-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "9999-12-31T16:00:00Z", "2026-W10-1T10:00:00Z",
        "2026-061T10:00:00Z", "20260302T100000Z", " 2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z\n",
        "２０２６-03-02T10:00:00Z", "2026-03-02T10:00:00,5Z", "2026-03-02T10:00:00Z+08:00", "now",
    ],
)  # fmt: skip
def test_an_instant_that_is_none_is_refused(text: str) -> None:
    """RFC 3339, an offset of at most ±14:00, at most six decimals, a day that there is."""
    assert _places(_with("facts[1].at", text)) == ["facts[1].at"]
    assert _places(_with("questions[0].at", text)) == ["questions[0].at"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T10:00:00Z", "2026-03-02t10:00:00z", "2026-03-02T10:00:00.5+08:00", "2026-03-02T10:00:00.123456Z",
        "2026-03-02T10:00:00+14:00", "2026-03-02T10:00:00-14:00", "2026-03-02T10:00:00-00:00", "2024-02-29T23:59:59Z",
        "0001-01-01T00:00:00Z", "0001-01-01T14:00:00+14:00", "9999-12-31T15:59:59Z", "9999-12-31T23:59:59+08:00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("rulebook", ["contract", "field", "key_account", "onsite", "store"])
def test_an_instant_at_the_end_of_the_calendar_is_answered(text: str, rulebook: str) -> None:
    """Windows and deadlines that would leave the calendar end with it."""
    case = _with("rulebook", rulebook)
    del case["override"]
    for fact in case["facts"]:
        fact["at"] = text
        if rulebook == "contract" and fact["do"] == "file":
            fact["type"] = "contract"
            fact["fields"]["deal"] = "d1"
        elif fact["do"] == "file":
            fact.pop("type", None)
    case["facts"] += [
        {"id": "g0", "at": text, "do": "sign", "deal": "d1", "customer": "c1"},
        {"id": "g1", "at": text, "do": "order", "deal": "d1", "customer": "c1"},
        {"id": "g2", "at": text, "do": "assign", "by": "sun", "customer": "c1", "to": "li"},
        {"id": "g3", "at": text, "do": "walk_in", "by": "li", "customer": "c1"},
    ]
    case["questions"] = [
        {"ask": "holder", "customer": "c1", "at": text},
        {"ask": "deal", "deal": "d1", "at": text},
        {"ask": "filing", "filing": "k1", "at": text},
        {"ask": "offences", "at": text},
        {"ask": "notices", "at": text},
        {"ask": "rebate", "deal": "d1", "staff": "mei", "at": text},
    ]
    read = read_case(json.dumps(case))
    assert isinstance(read, Case), read
    assert len(read.answers()) == 6


def test_the_default_type_counts_as_given() -> None:
    """A contract rulebook has no fields for customers, so a filing without a type is refused at its type."""
    case = _with("rulebook", "contract")
    del case["override"]
    assert _places(case) == ["facts[0].type", "facts[8].type"]


def test_a_date_that_a_completion_adds_is_looked_at() -> None:
    """Whatever a later `complete` says, and whoever says it; in a filing of another type it is a field like any."""
    case = deepcopy(_GOOD)
    complete = {"id": "g0", "at": "2026-03-01T10:00:00Z", "do": "complete", "by": "mei", "filing": "k2"}
    for stated, wrong in (("2026-3-5", True), (5, True), (None, False), ("  ", False), ("2026-03-05", False)):
        case["facts"] = [*_GOOD["facts"], {**complete, "fields": {"date": stated}}]
        read = read_case(json.dumps(case))
        assert isinstance(read, RefusedCase) == wrong, stated
        if isinstance(read, RefusedCase):
            assert read.faults[0].place == "facts[10].fields.date"
        case["facts"][10]["filing"] = "k1"
        assert isinstance(read_case(json.dumps(case)), Case)


def test_every_fault_is_named_in_the_order_of_the_file() -> None:
    """Case, rulebook, override, staff, facts, questions and their index; the first is *the* place."""
    case = _with("questions[1].at", "soon")
    case["questions"][0]["ask"] = "owner"
    case["facts"][9]["to"] = "chen"
    case["facts"][8]["fields"]["date"] = "2026-3-5"
    case["facts"][1]["id"] = "f0"
    case["facts"][3]["filing"] = "k9"
    case["staff"][2]["role"] = "boss"
    case["override"]["unheard"] = 1
    del case["case"]
    assert _places(case) == [
        "case", "override.unheard", "staff[2].role", "facts[1].id", "facts[3].filing", "facts[8].fields.date",
        "facts[9].to", "questions[0].ask", "questions[1].at",
    ]  # fmt: skip


def test_faults_of_the_text_stand_in_that_order_too() -> None:
    """What is given twice, and numbers that nothing can hold; in what nobody reads, last."""
    case = _with("facts[1].do", "fly")
    text = json.dumps({"note": [1e308], **case}).replace("1e+308", "1e999")
    text = text.replace('"ask": "holder"', '"ask": "deal", "ask": "holder"').replace("50.5", "NaN")
    assert _places(text.replace('"role": "designer"', '"role": "boss"')) == [
        "staff[1].role", "facts[1].do", "facts[2].percent", "questions[0].ask", "note[0]",
    ]  # fmt: skip
    twice = json.dumps(_GOOD).replace('"facts"', '"facts": [], "facts"').replace('"name": "', '"name": NaN, "x": "', 1)
    assert _places(twice) == ["facts", "facts[0].fields.name"]
    many = deepcopy(_GOOD)
    many["facts"] += [{"id": "g0", "do": "depart", "by": "li", "at": "soon"}]
    assert _places(json.dumps(many).replace("50.5", "NaN")) == ["facts[2].percent", "facts[10].at"]


def test_what_may_stand_there_is_listed() -> None:
    """Each by its name, in order."""
    (fault,) = _refused(_with("facts[5].severity", "fatal")).faults
    assert fault.why == "须为其中之一 / one of these is needed: minor, moderate, severe"
    (fault,) = _refused(_with("staff[0].role", "boss")).faults
    assert fault.why.endswith(": salesperson, store_staff, designer, supervisor, archivist")


def test_the_ends_of_a_range_are_in_it() -> None:
    """Nothing and all of the price; both ends of the calendar's months."""
    for percent in (0, 100, 0.0, 100.0):
        assert isinstance(read_case(json.dumps(_with("facts[2].percent", percent))), Case)
    for month in ("2026-01", "2026-12", "0001-01", "9999-12"):
        assert isinstance(read_case(json.dumps(_with("questions[3].month", month))), Case)


def test_a_rulebook_that_is_given_stands_in_for_the_one_that_is_named() -> None:
    """Overrides and all."""
    book = load_preset("store").override({"fine.minor": 7})
    read = read_case(json.dumps(_GOOD), book)
    assert isinstance(read, Case)
    assert read.rulebook is book
    assert read_case(json.dumps({**_GOOD, "rulebook": "unheard", "override": {"no": 1}}), book) == read


def test_a_related_customer_is_read() -> None:
    """Where a signature names one."""
    case = deepcopy(_GOOD)
    case["facts"] += [
        {"id": "s", "at": "2026-03-05T10:00:00Z", "do": "sign", "deal": "d1", "customer": "c1", "related_to": "c2"}
    ]
    read = read_case(json.dumps(case))
    assert isinstance(read, Case)
    assert read.history.facts[-1].related_to == "c2"


def test_one_fault_makes_no_others() -> None:
    """Under an unknown rulebook no type is wrong; without a staff list nobody is unknown; a bad fact still files."""
    assert _places(_with("rulebook", "unheard")) == ["rulebook"]
    assert _places(_with("staff", _GONE)) == ["staff"]
    assert _places(_with("staff[0].role", "boss")) == ["staff[0].role"]
    assert _places(_with("facts[0].at", "soon")) == ["facts[0].at"]


@pytest.mark.parametrize(
    "text", ["", "{", "[", "nul", "{'case': 1}", '{"case": "x",}', "\ufeff", b"\xff\xfe", b"\x80", b"\xef\xbb\xbf{"]
)
def test_what_is_no_json_is_no_case(text: str | bytes) -> None:
    """It has no name, and the place is the case itself."""
    refused = _refused(text)
    assert (refused.name, [fault.place for fault in refused.faults]) == (None, ["case"])


@pytest.mark.parametrize("text", ["[]", "5", '"case"', "null", "true", "[" * 100_000, '{"a":' * 100_000])
def test_what_is_no_object_is_no_case(text: str) -> None:
    """Nor is what is nested beyond reading."""
    assert _places(text) == ["case"]


def test_a_byte_order_mark_is_passed_over() -> None:
    """Some editors write one."""
    assert isinstance(read_case(b"\xef\xbb\xbf" + json.dumps(_GOOD).encode()), Case)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e400", "9" * 400, "9" * 5000])
def test_a_number_that_nothing_can_hold_is_named(number: str) -> None:
    """Wherever it stands, also where nobody would look."""
    text = json.dumps(_GOOD)
    assert _places(text.replace("50.5", number)) == ["facts[2].percent"]
    assert _places(text.replace('"name": "\\u738b\\u4e94"', f'"name": {number}')) == ["facts[0].fields.name"]
    assert _places(text[:-1] + f', "note": {{"a": [1, {number}]}}}}') == ["note.a[1]"]


def test_a_key_given_twice_is_named() -> None:
    """Nobody knows which of the two was meant."""
    text = json.dumps(_GOOD)
    assert _places(text.replace('"do": "visit"', '"do": "contact", "do": "visit"')) == ["facts[1].do"]
    assert _places(text.replace('"rulebook"', '"rulebook": "onsite", "rulebook"')) == ["rulebook"]
    assert _places(text.replace('"phone"', '"phone": "1", "phone"')) == [
        "facts[0].fields.phone",
        "facts[8].fields.phone",
    ]
    assert _places(text.replace('"case"', '"case": "x", "case": "y", "case"')) == ["case"]
    assert _places(text.replace('"settlement"', '"settlement": "full", "settlement"')) == ["override.settlement"]


def test_a_field_nested_too_deeply_is_named() -> None:
    """Twenty deep is deep enough for anything that is meant."""
    deep: object = "x"
    for _ in range(20):
        deep = [deep]
    assert isinstance(read_case(json.dumps(_with("facts[0].fields.need", deep))), Case)
    assert _places(_with("facts[0].fields.need", {"a": deep})) == ["facts[0].fields.need"]
    for depth in (200, 900):
        assert _places(json.dumps(_GOOD).replace('"13800138000"', "[" * depth + "]" * depth))[0] in {
            "facts[0].fields.phone",
            "case",
        }


def test_ten_megabytes_of_facts_are_refused() -> None:
    """The name is still said."""
    case = deepcopy(_GOOD)
    case["facts"] += [
        {"id": f"v{index}", "at": "2026-03-04T10:00:00Z", "do": "contact", "by": "li", "customer": "c1"}
        for index in range(100_000)
    ]
    text = json.dumps(case)
    assert len(text) > LARGEST
    refused = _refused(text)
    assert (refused.name, [fault.place for fault in refused.faults]) == ("good", ["facts"])


def test_a_file_may_say_that_it_must_be_refused() -> None:
    """What it says is kept for whoever compares; nonsense there is no fault."""
    for refused, expected in (({"place": "facts[1].at"}, "facts[1].at"), ("x", None), ({"place": 5}, None)):
        case = {**_GOOD, "refused": refused}
        read = read_case(json.dumps(case))
        assert isinstance(read, Case)
        assert read.expected_refusal == expected
        case["rulebook"] = "unheard"
        assert _refused(case).expected == expected


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_ALL_PLACES = [
    *_GOOD,
    *(f"{key}[{i}]" for key in ("staff", "facts", "questions") for i in range(len(_GOOD[key]))),
    *(
        f"{key}[{i}].{name}"
        for key in ("staff", "facts", "questions")
        for i, row in enumerate(_GOOD[key])
        for name in row
    ),
]


@given(changes=st.dictionaries(st.sampled_from(_ALL_PLACES), _JSON, min_size=1, max_size=3))
def test_whatever_stands_anywhere_is_answered_or_named(changes: dict[str, object]) -> None:
    """No trace, ever; the faults are in order, and no place is named twice."""
    case: Any = deepcopy(_GOOD)
    for place, value in sorted(changes.items(), key=lambda change: -len(change[0])):
        section, _, rest = place.partition("[")
        index, _, key = rest.partition("].")
        if key:
            case[section][int(index)][key] = value
        elif rest:
            case[section][int(rest[:-1])] = value
        else:
            case[section] = value
    read = read_case(json.dumps(case))
    if isinstance(read, Case):
        assert len(read.answers()) == len(case["questions"])
    else:
        places = [fault.place for fault in read.faults]
        assert places
        assert len(set(places)) == len(places)
