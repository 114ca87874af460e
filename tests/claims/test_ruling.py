"""A ruling is a proof that anybody can replay, and that tells nobody's name."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import struct
from datetime import date
from pathlib import Path

import pytest

from claims import ruling as ruling_module
from claims.canonical_json import canonical, digest_of
from claims.deadlines import Window
from claims.decide import Question, claim_ruling, decide, why_not
from claims.facts import History
from claims.refusal import RefusalCode
from claims.rulebook import PRESETS, load_rulebook
from claims.ruling import GroundKind, Ruling, stamp
from claims.sentences import RULES, sentence
from tests.claims.histories import answer, moment, story

_SHOP = (
    "li red, wang blue, zhao red, mei green designer, desk hall store_staff, sun red supervisor, qian blue supervisor"
)
_TWO = "li red, wang blue, zhao red, sun red supervisor, qian blue supervisor"
_LI = """
    03-02 10:00 visit li
    03-02 10:10 file li k1 +name=王五 +phone=13800138000
"""


def test_the_digest_of_a_known_ruling_is_known() -> None:
    """Over the facts used, the edition and the outcome, in RFC 8785 form: written out by hand here."""
    ruling = decide(story(_TWO, _LI), load_rulebook("onsite"), Question("holder", moment("03-10 09:00"), customer="c1"))
    written = (
        '{"edition":"onsite@2020-01-01","facts":['
        '{"at":"2026-03-02T02:00:00.000000Z","by":"li","customer":"c1","do":"visit","id":"f01"},'
        '{"at":"2026-03-02T02:10:00.000000Z","by":"li","customer":"c1","do":"file","fields":["name","phone"],'
        '"filing":"k1","id":"f02","read":{},"type":"customer"}],'
        '"outcome":{"protected_until":"2026-04-01","staff":"li","team":"red"}}'
    )
    assert ruling.digest == hashlib.sha256(written.encode()).hexdigest()
    assert ruling.digest == "59f4e8d8c81ad96cce8b62f7062dbf56e561e435bef60e5e9ac02c0220fd8c3c"


def test_a_digest_lets_nobody_guess_a_phone() -> None:
    """Of a filing's fields it takes the names, and the values of those alone that the law reads."""
    asked = Question("holder", moment("03-10 09:00"), customer="c1")
    other = _LI.replace("13800138000", "13900139000")
    digests = {decide(story(_TWO, lines), load_rulebook("onsite"), asked).digest for lines in (_LI, other)}
    assert len(digests) == 1


@pytest.mark.parametrize("change", ["fact", "edition", "outcome"])
def test_a_digest_changes_with_what_it_is_over(change: str) -> None:
    """Another fact, another edition, or another outcome."""
    asked = Question("holder", moment("03-10 09:00"), customer="c1")
    book, lines = load_rulebook("onsite"), _LI
    if change == "fact":
        lines = lines.replace("10:00", "10:01")
    elif change == "edition":
        book = book.override({"deal.confirm_days": 4})
    else:
        book = book.override({"protection.strict_days": 31})
    before = decide(story(_TWO, _LI), load_rulebook("onsite"), asked)
    assert decide(story(_TWO, lines), book, asked).digest != before.digest


_RFC_8785_B = {
    "0000000000000000": "0", "8000000000000000": "0", "0000000000000001": "5e-324", "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308", "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992", "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000", "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23", "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000", "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21", "3eb0c6f7a0b5ed8c": "9.999999999999997e-7", "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332", "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333", "41b3de4355555556": "333333333.3333334",
    "41b3de4355555557": "333333333.33333343", "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}  # fmt: skip


@pytest.mark.parametrize("bits", _RFC_8785_B)
def test_a_number_is_written_as_rfc_8785_writes_it(bits: str) -> None:
    """The samples of its appendix B."""
    assert canonical(struct.unpack(">d", bytes.fromhex(bits))[0]) == _RFC_8785_B[bits]


def test_a_value_is_written_as_rfc_8785_writes_it() -> None:
    """Its samples of 3.2.2 and 3.2.3: escapes, and names in the order of their UTF-16 code units."""
    value = json.loads(
        r'{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],'
        r'"string":"\u20ac$\u000F\u000aA' + "'" + r'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}'
    )
    assert canonical(value) == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    names = ["€", "\r", "\ufb33", "1", "😀", "\x80", "ö"]
    assert list(json.loads(canonical(dict.fromkeys(names)))) == ["\r", "1", "\x80", "ö", "€", "😀", "\ufb33"]
    assert canonical({"a": (1, 2**60)}) == '{"a":[1,1152921504606846976]}'.replace(
        "1152921504606846976", "1152921504606847000"
    )
    assert len(digest_of("\ud800")) == 64
    assert canonical({"\ufb33": 1, "\ud800": 2}) == '{"\ud800":2,"\ufb33":1}'
    assert [canonical(n) for n in (0.5, -0.05, 0.0000001, 1.2e21, 1e21, -0.0, 100.0, 5, -(2**53), 2**53 + 1)] == [
        "0.5", "-0.05", "1e-7", "1.2e+21", "1e+21", "0", "100", "5", "-9007199254740992", "9007199254740992",
    ]  # fmt: skip
    for bad in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="no form"):
            canonical(bad)
    with pytest.raises(TypeError):
        canonical({1, 2})


def test_an_instant_is_stamped_in_utc_with_six_decimals() -> None:
    """Whatever its offset."""
    assert stamp(moment("03-02 10:00:00.5")) == "2026-03-02T02:00:00.500000Z"


def test_a_proof_tells_every_rule_that_was_tried_in_its_order() -> None:
    """A29 A27 A26 A30 and then A3: what did not hold stands before what decided."""
    lines = (
        _LI
        + """
        03-20 10:00 visit wang
        03-20 10:10 file wang k2 +name +phone
        04-05 10:00 visit wang
        04-05 10:10 file wang k3 +name +phone
    """
    )
    ruling = decide(
        story(_TWO, lines), load_rulebook("onsite"), Question("holder", moment("04-06 09:00"), customer="c1")
    )
    tried = [
        [(ground.rule, ground.held) for ground in claim.grounds]
        for claim in ruling.grounds
        if claim.rule == "claim.taken"
    ]
    start = [
        ("claim.stands", True),
        ("hold.first", False),
        ("hold.already", False),
        ("hold.member", False),
        ("hold.same_day_newcomer", False),
        ("hold.consent", False),
    ]
    assert tried == [
        [("claim.stands", True), ("hold.first", True)],
        [*start, ("hold.maintenance", False), ("hold.strict", True)],
        [*start, ("hold.maintenance", False), ("hold.strict", False), ("hold.taken_over", True)],
    ]
    assert {"A3", "A26", "A30"} <= set(ruling.clauses)
    assert set(ruling.facts) == {"f01", "f02", "f03", "f04", "f05", "f06"}


def test_a_ground_says_what_it_is_and_how_to_change_it() -> None:
    """A clause, a reading, or borrowed; the last two in words."""
    lines = """
        03-02 10:00 file li k1 +project
        03-03 10:00 depart li
    """
    ruling = decide(
        story(_TWO, lines), load_rulebook("field"), Question("holder", moment("03-04 09:00"), customer="c1")
    )
    grounds = {ground.rule: ground for ground in ruling.grounds}
    departed, first = grounds["hold.departed"], grounds["hold.first_standing"]
    assert (departed.kind, departed.clause, departed.parameter) == (GroundKind.BORROWED, "G11", "handover.departed")
    assert "本办法未规定,按参数“handover.departed”执行,可修改" in departed.reason("zh")
    assert "handover.departed" in departed.reason("en")
    assert (first.kind, first.clause) == (GroundKind.CLAUSE, "I12")
    assert "参数" not in first.reason("zh")
    assert grounds["claim.permanent"].kind is GroundKind.READING


@pytest.mark.parametrize("rule", RULES)
def test_every_sentence_of_the_catalogue_can_be_said(rule: str) -> None:
    """In both languages, held or not, with every word that it asks for; the Chinese in Chinese, the English not."""
    words = {
        "day": date(2026, 4, 17), "window": Window(1, working=True), "count": 3, "level": 1, "levels": 2,
        "yuan": 100, "points": 1, "due": 30, "short": 3, "limit": 3,
    }  # fmt: skip
    for held in (True, False):
        zh, en = (
            sentence(rule, held=held, words=words.items(), language=language, silent_parameter=None)
            for language in ("zh", "en")
        )
        assert re.search("[一-鿿]", zh)
        assert zh.endswith("。")
        assert not re.search("[一-鿿]", en)
        assert en.endswith(".")
        assert "{" not in zh + en


def test_days_and_windows_are_said_in_words() -> None:
    """17 April, 2 working days, 2个工作日."""
    words = [("window", Window(2, working=True)), ("day", date(2026, 4, 17))]
    said = [
        sentence("filing.contact_due", held=True, words=words, language=lang, silent_parameter=None)
        for lang in ("zh", "en")
    ]
    assert said == [
        "跟进人须在2个工作日内联系客户,至2026年4月17日止。",
        "The assignee must make contact within 2 working days, by the end of 17 April 2026.",
    ]
    one = [("window", Window(1)), ("day", date(2026, 4, 17))]
    assert "within 1 day," in sentence("filing.contact_due", held=True, words=one, language="en", silent_parameter=None)


def test_no_rule_of_the_catalogue_is_left_without_use() -> None:
    """Each stands in the engine; none is named there that the catalogue lacks."""
    named: set[str] = set()
    for path in (Path(__file__).parents[2] / "claims").glob("*.py"):
        if path.name != "sentences.py":
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    named.add(node.value)
    composed = {"hold.latest_visit", "hold.first_visit", "hold.first_filed", "hold.first_standing"}
    composed |= {"fine.minor", "fine.moderate", "fine.severe", "want.latest_visit_from", "want.first_from"}
    composed |= {rule for rule in RULES if rule.startswith(("filing.complete.", "filing.incomplete."))}
    assert {rule for rule in RULES if rule not in named} <= composed


_CODES = [
    ("onsite", _TWO, "03-02 10:00 file li k1 +name", "03-03 10:00 k1", False, RefusalCode.INCOMPLETE),
    ("onsite", _TWO, "03-02 10:00 file li k1 +name +phone", "03-03 10:00 k1", False, RefusalCode.NO_VISIT_THAT_DAY),
    ("onsite", _TWO, _LI, "03-03 10:00 k1", True, None),
    ("onsite", _TWO, _LI + "03-03 10:00 depart li", "03-04 10:00 k1", True, None),
    ("onsite", _TWO, _LI + "03-05 10:00 visit wang\n03-05 11:00 file wang k2 +name +phone", "03-06 10:00 k2", False, RefusalCode.HELD_IN_MAINTENANCE),
    ("onsite", _TWO, _LI + "03-20 10:00 visit wang\n03-20 11:00 file wang k2 +name +phone", "03-21 10:00 k2", False, RefusalCode.STRICTLY_PROTECTED),
    ("onsite", _TWO, _LI + "03-02 12:00 visit wang\n03-02 12:10 file wang k2 +name +phone", "03-03 10:00 k2", False, RefusalCode.EARLIER_VISIT_HOLDS),
    ("onsite", _TWO, _LI + "04-05 10:00 visit wang\n04-05 11:00 file wang k2 +name +phone", "04-06 10:00 k1", False, RefusalCode.TAKEN_OVER),
    ("onsite", _TWO, _LI + "03-09 10:00 visit li\n03-09 11:00 file li k2 +name +phone", "03-10 10:00 k2", True, None),
    ("store", _SHOP, "03-02 10:00 file li k1 +name +phone", "04-02 00:00 k1", False, RefusalCode.EXPIRED),
    ("store", _SHOP, "03-02 10:00 file li k1 +name +phone", "04-01 23:59 k1", True, None),
    ("store", _SHOP, "03-01 10:00 file desk k0 type=store +date=2026-03-01 +phone\n03-02 10:00 file li k1 +name +phone", "03-03 10:00 k1", False, RefusalCode.KEPT_OUT_BY_STORE),
    ("store", _SHOP, "03-01 10:00 file desk k0 type=store +date=2026-03-01 +phone", "03-03 10:00 k0", False, None),
    ("store", _SHOP, "03-02 10:00 file wang k1 +name +phone\n03-03 10:00 file li k2 +name +phone\n03-04 10:00 visit li", "03-05 10:00 k1", False, RefusalCode.LATER_VISIT_HOLDS),
    ("store", _SHOP, "03-02 10:00 file wang k1 +name +phone\n03-03 10:00 file li k2 +name +phone", "03-05 10:00 k2", False, RefusalCode.NOT_FIRST),
    ("store", _SHOP, "03-02 10:00 file sun k1 +name +phone", "03-03 10:00 k1", False, RefusalCode.NO_CLAIM),
    ("store", _SHOP, "03-02 10:00 file mei k1 +name +phone", "03-03 10:00 k1", False, None),
    ("database", _TWO, "03-02 10:00 file li k1 +name +address +contact_person +phone +email +industry +demand_type +related_persons", "03-03 10:00 k1", False, None),
    ("field", _TWO, "03-02 10:00 file li k1 +project\n03-03 10:00 assign qian wang", "03-04 10:00 k1", False, RefusalCode.ASSIGNED_TO_ANOTHER),
    ("field", _TWO, "03-02 10:00 file li k1 +project\n03-03 10:00 file wang k2 +project", "03-04 10:00 k2", False, RefusalCode.NOT_FIRST),
    ("handbook", _TWO, "03-02 10:00 file li k1 +project +commission_rate +stage", "03-03 10:00 k1", False, RefusalCode.IN_REVIEW),
    ("handbook", _TWO, "03-02 10:00 file li k1 +project +commission_rate +stage\n03-02 11:00 review sun k1 return", "03-03 10:00 k1", False, RefusalCode.RETURNED),
    ("handbook", _TWO, "03-02 10:00 file li k1 +project +commission_rate +stage\n03-02 11:00 review sun k1 reject", "03-03 10:00 k1", False, RefusalCode.REJECTED),
    ("handbook", _TWO, "03-02 10:00 file li k1 +project +commission_rate +stage +region=west", "03-03 10:00 k1", False, RefusalCode.FORWARDED),
    ("process", _TWO, "03-02 10:00 file li k1 +name +phone +need +feedback\n03-02 11:00 review sun k1 approve", "03-03 10:00 k1", False, RefusalCode.NOT_ASSIGNED),
    ("onsite", _TWO, "03-02 09:00 file li k1 +name +phone\n03-02 09:10 file li k2 +name +phone\n03-02 10:00 visit li", "03-03 10:00 k2", True, None),
    ("onsite", _TWO, _LI + "03-05 09:00 file wang k2 +name +phone\n03-05 09:10 file wang k3 +name +phone\n03-05 10:00 visit wang", "03-06 10:00 k3", False, RefusalCode.HELD_IN_MAINTENANCE),
    ("onsite", _TWO, "03-02 10:10 file sun k1 +name +phone", "03-03 10:00 k1", False, RefusalCode.NO_VISIT_THAT_DAY),
    ("store", _SHOP, "03-02 10:00 file desk k1 +name +phone", "03-03 10:00 k1", False, RefusalCode.NO_CLAIM),
    ("store", _SHOP, "03-02 10:00 file li k1 type=store +date=2026-03-01 +phone", "03-03 10:00 k1", True, None),
    ("store", _SHOP, "03-02 10:00 file li k1 +name +phone\n03-03 10:00 depart li", "03-04 10:00 k1", True, None),
    ("process", _TWO, "03-02 10:00 file li k1 +name +phone +need +feedback\n03-02 11:00 review sun k1 approve\n03-02 12:00 assign sun li", "03-03 10:00 k1", True, None),
    ("process", _TWO, "03-02 10:00 file li k1 +name +phone +need +feedback\n03-02 11:00 review sun k1 approve\n03-02 12:00 assign sun wang", "03-03 10:00 k1", False, RefusalCode.ASSIGNED_TO_ANOTHER),
]  # fmt: skip


@pytest.mark.parametrize("row", _CODES, ids=lambda row: f"{row[0]}-{row[5]}")
def test_a_filing_is_told_why_it_gives_its_claimant_nothing(row) -> None:
    """Holding, or the first reason in the order of a claim's life."""
    preset, people, lines, asked, holds, refused = row
    day, time, filing = asked.split()
    ruling = claim_ruling(story(people, lines), load_rulebook(preset), filing, moment(f"{day} {time}"))
    assert ruling.outcome == {"holds": holds, "refused": refused}
    assert ruling.grounds


_FATES = [
    ("onsite", {"holding.unit": "team"}, _LI + "03-20 10:00 visit zhao\n03-20 10:10 file zhao k3 +name +phone", "03-21 10:00 k3", True, None),
    ("onsite", {"precedence": ["first_registered"]}, _LI + "05-20 10:00 visit wang\n05-20 10:10 file wang k3 +name +phone", "05-21 10:00 k3", False, RefusalCode.FIRST_REGISTERED_HOLDS),
    ("onsite", {"claim.days": 10}, _LI, "03-13 10:00 k1", False, RefusalCode.EXPIRED),
    ("onsite", {"claim.days": 10}, _LI, "03-12 10:00 k1", True, None),
    ("onsite", {"handover.departed": "nobody"}, _LI + "03-03 10:00 depart li", "03-04 10:00 k1", False, RefusalCode.DEPARTED),
    ("onsite", {"handover.departed": "nobody"}, _LI + "03-03 10:00 depart wang\n04-05 10:00 visit zhao\n04-05 10:10 file zhao k2 +name +phone", "04-06 10:00 k1", False, RefusalCode.TAKEN_OVER),
    ("onsite", {"claim.needs_visit": "before"}, "03-02 10:10 file li k1 +name +phone", "03-03 10:00 k1", False, RefusalCode.NO_VISIT),
    ("onsite", {"claim.roles": ["supervisor"]}, _LI, "03-03 10:00 k1", False, RefusalCode.NO_CLAIM),
    ("store", {"handover.departed": "nobody"}, "03-02 10:00 file li k1 +name +phone\n03-03 10:00 depart li", "03-04 10:00 k1", False, RefusalCode.DEPARTED),
    ("store", {"claim.needs_visit": "same_day"}, "03-02 10:00 file li k1 +name +phone", "03-04 10:00 k1", False, RefusalCode.NO_VISIT_THAT_DAY),
    ("store", {"claim.store_effect": "none"}, "03-02 10:00 file desk k1 type=store +date=2026-03-01 +phone", "03-04 10:00 k1", False, RefusalCode.NO_CLAIM),
    ("store", {"designer.days": "none"}, "03-02 10:00 file mei k1 type=designer +name +address +building +phone", "03-04 10:00 k1", False, RefusalCode.NO_CLAIM),
    ("store", {}, "03-02 10:00 file li k1 +name +phone\n04-05 10:00 visit li", "04-06 10:00 k1", True, None),
    ("store", {}, "03-02 10:00 file li k1 +name +phone\n04-05 10:00 visit li", "05-05 23:59 k1", True, None),
    ("store", {}, "03-02 10:00 file li k1 +name +phone\n04-05 10:00 visit li", "05-06 00:00 k1", False, RefusalCode.EXPIRED),
    ("store", {}, "03-02 10:00 file li k1 +name +phone\n04-01 10:00 visit li", "04-10 00:00 k1", False, RefusalCode.EXPIRED),
    ("store", {"claim.renewed_by": "visit"}, "03-02 10:00 file li k1 +name +phone\n03-30 10:00 visit li", "04-10 00:00 k1", True, None),
    ("store", {"claim.renewed_by": "visit", "claim.days": 3}, "03-01 10:00 visit li\n03-02 10:00 file li k1 +name +phone", "03-08 00:00 k1", False, RefusalCode.EXPIRED),
    ("store", {}, "03-01 09:00 file desk k0 type=store +date=2026-03-01 +phone\n03-01 10:00 file li k1 +name +phone", "03-03 10:00 k1", True, None),
]  # fmt: skip


@pytest.mark.parametrize("row", _FATES, ids=lambda row: f"{row[0]}-{row[1]}-{row[5]}")
def test_under_a_rulebook_of_ones_own_a_filing_is_told_so_too(row) -> None:
    """What it changes, and nothing else."""
    preset, changes, lines, asked, holds, refused = row
    day, time, filing = asked.split()
    people = _SHOP if preset == "store" else _TWO
    ruling = claim_ruling(
        story(people, lines), load_rulebook(preset).override(changes), filing, moment(f"{day} {time}")
    )
    assert ruling.outcome == {"holds": holds, "refused": refused}


def test_a_filing_that_is_not_filed_yet_is_told_nothing() -> None:
    """No filing, no claim, no refusal, nothing missing and nothing late."""
    book, at = load_rulebook("onsite"), moment("03-01 10:00")
    ruling = claim_ruling(story(_TWO, _LI), book, "k1", at)
    assert ruling.outcome == {"holds": False, "refused": None}
    assert [(one.rule, one.held) for one in ruling.grounds] == [("filing.unknown", False)]
    assert (ruling.rulebook, ruling.edition, ruling.question) == (
        "onsite",
        book.edition,
        Question("claim", at, filing="k1"),
    )
    asked = decide(story(_TWO, _LI), book, Question("filing", at, filing="k1"))
    assert asked.outcome == {"state": None, "missing": [], "late": False}


def test_where_no_points_are_counted_none_are_due() -> None:
    """The answer has its form all the same."""
    asked = Question("points", moment("03-05 10:00"), staff="li", month="2026-03")
    points = decide(story(_TWO, "03-02 10:00 record_visit li"), load_rulebook("onsite"), asked)
    assert points.outcome == {"points": 0, "shortfall": 0, "penalty": None}


def test_a_fact_whose_text_is_not_known_is_told_by_its_stamp() -> None:
    """Offences and notices say the instant as the file says it; a book that keeps no text says it in UTC."""
    told = story(_TWO, _LI + "03-05 10:00 visit wang\n03-05 10:10 file wang k2 +name +phone\n03-06 10:00 walk_in wang")
    plain = History.of(told.people, [fact._replace(at_text="") for fact in told.facts])
    for ask, at in (("offences", "2026-03-05T02:10:00.000000Z"), ("notices", "2026-03-06T02:00:00.000000Z")):
        items = decide(plain, load_rulebook("onsite"), Question(ask, moment("03-07 10:00"))).outcome["items"]
        assert [item["at"] for item in items] == [at]


_APRIL = {day: date(2026, 4, day) for day in (1, 2)}
_MARCH = {day: date(2026, 3, day) for day in (3, 13, 18)}
_LACKS = [
    ("onsite", {"claim.needs_visit": "none"}, _LI, "03-05 10:00 wang",
     [("want.filing", "", None), ("want.no_maintenance", "f02", _MARCH[18]), ("want.no_strict", "f02", _APRIL[2])]),
    ("onsite", {"handover.member_claims": "competes"}, _LI + "03-03 10:00 depart li", "03-05 10:00 zhao",
     [("want.standing", "", None), ("want.no_maintenance", "f02", _MARCH[18]), ("want.no_strict", "f02", _APRIL[2])]),
    ("onsite", {}, _LI, "03-05 10:00 zhao",
     [("want.standing", "", None), ("want.no_maintenance", "f02", _MARCH[18]), ("want.no_strict", "f02", _APRIL[2])]),
    ("onsite", {}, _LI + "03-03 10:00 depart li", "03-05 10:00 wang",
     [("want.standing", "", None), ("want.no_maintenance", "f02", _MARCH[18]), ("want.no_strict", "f02", _APRIL[2])]),
    ("onsite", {"precedence": ["same_day_visit"]}, _LI, "03-02 11:00 wang",
     [("want.standing", "", None), ("want.first_from", "f01", _MARCH[3])]),
    ("onsite", {"precedence": ["consent", "maintenance"]}, "03-02 09:00 visit wang" + _LI, "03-02 11:00 wang",
     [("want.standing", "", None), ("want.no_maintenance", "f03", _MARCH[18])]),
    ("onsite", {"precedence": ["first_registered"]}, _LI, "03-05 10:00 wang",
     [("want.standing", "", None), ("want.first", "f02", None)]),
    ("onsite", {"precedence": ["first_registered"], "claim.days": 10}, _LI, "03-05 10:00 wang",
     [("want.standing", "", None), ("want.first_from", "f02", _MARCH[13])]),
    ("onsite", {"claim.days": 10}, _LI, "03-05 10:00 wang",
     [("want.standing", "", None), ("want.no_maintenance", "f02", _MARCH[13]), ("want.no_strict", "f02", _MARCH[13])]),
    ("onsite", {"claim.roles": ["supervisor"]}, "", "03-05 10:00 wang", [("want.role", "", None)]),
    ("onsite", {}, "03-02 10:00 depart wang", "03-05 10:00 wang", [("want.presence", "f01", None)]),
    ("process", {}, "", "03-05 10:00 wang", [("want.recorded", "", None), ("want.assignment", "", None)]),
    ("process", {}, "03-02 10:00 file li k1 +name +phone +need +feedback\n03-02 11:00 review sun k1 approve", "03-05 10:00 wang",
     [("want.assignment", "", None)]),
    ("process", {}, "03-02 10:00 depart wang", "03-05 10:00 wang", [("want.presence", "f01", None)]),
    ("field", {}, "03-02 10:00 file li k1 +project\n03-03 10:00 assign sun zhao", "03-05 10:00 wang", [("want.assignment", "", None)]),
    ("records", {}, "", "03-05 10:00 wang", [("want.holding", "", None)]),
    ("store", {}, "03-02 10:00 file li k1 +name +phone", "04-05 10:00 li", [("want.in_force", "", None)]),
    ("store", {}, "03-02 10:00 file li k1 +name +phone", "04-05 10:00 wang", [("want.filing", "", None)]),
    ("store", {"claim.days": 5}, "03-02 10:00 file desk k0 type=store +date=2026-03-01 +phone\n03-02 11:00 file li k1 +name +phone",
     "03-05 10:00 li", [("want.kept_out", "f01", None)]),
    ("store", {}, "03-02 10:00 file desk k0 type=store +date=2026-03-01 +phone\n03-02 11:00 file li k1 +name +phone",
     "03-05 10:00 li", [("want.not_kept_out", "f01", _APRIL[1])]),
    ("store", {}, "03-02 10:00 file desk k0 type=store +date=2026-03-02 +phone", "03-02 11:00 wang", [("want.filing", "", None)]),
    ("store", {}, "03-02 10:00 file desk k0 type=store +date=2026-03-02 +phone", "03-03 11:00 wang",
     [("want.filing", "", None), ("want.not_kept_out", "f01", _APRIL[2])]),
]  # fmt: skip


@pytest.mark.parametrize("row", _LACKS, ids=lambda row: f"{row[0]}-{row[1]}-{row[3]}-{row[4][-1][0]}")
def test_whoever_does_not_hold_is_told_what_they_lack(row) -> None:
    """Each condition with the facts that stand in the way, and the first day from which it will be met by itself."""
    preset, changes, lines, asked, expected = row
    day, time, person = asked.split()
    people = _SHOP if preset == "store" else _TWO
    book = load_rulebook(preset).override(changes)
    lacks = why_not(story(people, lines), book, "c1", person, moment(f"{day} {time}"))
    assert [(one.rule, " ".join(one.facts), one.from_day) for one in lacks] == expected


_DIGESTED = [
    ("visit li with=mei", {"by": "li", "customer": "c1", "with": "mei"}),
    ("walk_in li", {"by": "li", "customer": "c1"}),
    ("consent li wang", {"by": "li", "customer": "c1", "to": "wang"}),
    ("review sun k1 approve", {"by": "sun", "filing": "k1", "outcome": "approve"}),
    ("dispute li wang", {"by": "li", "customer": "c1", "against": "wang"}),
    ("lose minor cause=price", {"customer": "c1", "severity": "minor", "cause": "price"}),
    ("sign d2 related_to=c2", {"deal": "d2", "customer": "c1", "related_to": "c2"}),
    ("duty red 2026-03-02", {"team": "red", "week": "2026-03-02"}),
    ("pay 49.5", {"deal": "d1", "percent": 49.5}),
    ("confirm li evidence=chat+photo", {"by": "li", "deal": "d1", "evidence": 2}),
    ("record_visit li no", {"by": "li", "customer": "c1", "verified": False}),
    ("finish", {"deal": "d1"}),
    ("file li k1 type=store +phone +date=2026-03-01 +note=null +villa=yes",
     {"by": "li", "customer": "c1", "filing": "k1", "type": "store", "fields": ["date", "phone", "villa"],
      "read": {"date": "2026-03-01", "villa": True}}),
    ("complete li k1 +region=east +deal=d1 +sensitive=no",
     {"by": "li", "filing": "k1", "type": "customer", "fields": ["deal", "region", "sensitive"],
      "read": {"deal": "d1", "region": "east", "sensitive": False}}),
]  # fmt: skip


@pytest.mark.parametrize("row", _DIGESTED, ids=lambda row: row[0])
def test_a_digest_covers_what_a_fact_carries_but_no_value_of_a_field_that_the_law_does_not_read(row) -> None:
    """Its id, instant and kind, and everything else that it says; of fields their names, and what the law reads."""
    line, carried = row
    (fact,) = story(_TWO, f"03-05 10:00 {line}").facts
    expected = {"id": "f01", "at": "2026-03-05T02:00:00.000000Z", "do": line.split()[0]} | carried
    assert ruling_module._told(fact) == expected
    asked = Question("holder", moment("03-06 10:00"), customer="c1")
    told = Ruling(asked, "own", "own@1", {"staff": None}, (), (), (fact,))
    assert told.digest == digest_of({"edition": "own@1", "facts": [expected], "outcome": {"staff": None}})
    assert repr(told) == f"Ruling({asked}, own@1, {{'staff': None}})"


def test_a_quiet_trail_keeps_clauses_alone() -> None:
    """What held, or decided by not holding; one that writes keeps grounds and facts too."""
    (fact,) = story(_TWO, "03-05 10:00 visit li").facts
    sources = load_rulebook("onsite").sources
    for writes in (True, False):
        trail = ruling_module.Trail(sources, writes=writes)
        trail.note("hold.consent", fact, None, held=False)
        assert trail.clauses == set()
        trail.note("hold.maintained", held=False, decides=True, day=date(2026, 3, 1))
        assert trail.clauses == {"A26"}
        trail.cite("hold.strict", "hold.maintenance")
        assert trail.clauses == {"A26", "A30"}
        assert [(one.rule, one.held, one.facts) for one in trail.grounds] == (
            [("hold.consent", False, ("f01",)), ("hold.maintained", False, ())] if writes else []
        )
        assert list(trail.used) == (["f01"] if writes else [])
        other = ruling_module.Trail(sources, writes=True)
        other.rest_on(trail)
        assert (other.clauses, other.used) == (trail.clauses, trail.used)


def test_a_filing_is_filed_once() -> None:
    """A second fact that files it is without effect, and hides nothing that follows."""
    told = story(
        _TWO, "03-02 10:00 file li k1 +project\n03-03 10:00 file wang k1 +project\n03-04 10:00 assign sun zhao"
    )
    asked = [Question("holder", moment(f"03-0{day} 12:00"), customer="c1") for day in (3, 4)]
    assert [decide(told, load_rulebook("field"), one).outcome["staff"] for one in asked] == ["li", "zhao"]


def test_whom_the_store_keeps_out_is_told_until_when() -> None:
    """H3: the store's claim of 1 March is in force through 31 March; in both languages the first day is said that is free."""
    lines = "03-02 10:00 file desk k0 type=store +date=2026-03-01 +phone\n03-02 11:00 file li k1 +name +phone"
    asked = Question("holder", moment("03-06 10:00"), customer="c1")
    (kept, _) = decide(story(_SHOP, lines), load_rulebook("store"), asked).grounds
    assert kept.reason("zh") == "门店报备日期在先,之后的报备在2026年4月1日前不算。"
    assert kept.reason("en").endswith("later filings count for nothing before 1 April 2026.")
    free = Question("holder", moment("04-01 00:00"), customer="c1")
    assert decide(story(_SHOP, lines), load_rulebook("store"), free).outcome["staff"] == "li"


def test_an_open_dispute_stands_among_what_was_tried() -> None:
    """A30: it lifts the strict protection, and so the newcomer takes over."""
    lines = _LI + "03-19 10:00 dispute wang li\n03-20 10:00 visit wang\n03-20 10:10 file wang k2 +name +phone"
    asked = Question("holder", moment("03-21 10:00"), customer="c1")
    taken = [
        one for one in decide(story(_TWO, lines), load_rulebook("onsite"), asked).grounds if one.rule == "claim.taken"
    ]
    tried = [(one.rule, one.held, one.facts) for one in taken[1].grounds]
    assert tried[-3:] == [
        ("hold.maintenance", False, ("f02",)),
        ("hold.dispute_lifts", True, ("f03",)),
        ("hold.taken_over", True, ("f05",)),
    ]


def test_a_rival_is_told_from_which_day_nobody_is_protected() -> None:
    """A26 through 17 March, A30 through 1 April; with consent nothing but a claim is wanting (A27)."""
    history, book, at = story(_TWO, _LI), load_rulebook("onsite"), moment("03-05 10:00")
    lacks = why_not(history, book, "c1", "wang", at)
    assert [(one.rule, one.clause, one.from_day) for one in lacks] == [
        ("want.standing", "A4", None),
        ("want.no_maintenance", "A26", date(2026, 3, 18)),
        ("want.no_strict", "A30", date(2026, 4, 2)),
    ]
    assert lacks[1].reason("en") == "From 18 March 2026 nobody is in maintenance."
    assert why_not(history, book, "c1", "li", at) == ()
    consented = story(_TWO, _LI + "03-04 10:00 consent li wang")
    assert [one.rule for one in why_not(consented, book, "c1", "wang", at)] == ["want.standing"]
    alone = story(_TWO, _LI + "03-04 10:00 depart li")
    assert [one.rule for one in why_not(alone, book, "c1", "zhao", at)] == ["want.standing"]
    assert [one.rule for one in why_not(alone, book, "c1", "li", at)] == ["want.presence"]


def test_on_the_day_of_the_holders_claim_the_earlier_visit_is_what_is_wanting() -> None:
    """A29: who came first that day needs only to file; who did not waits for another day."""
    lines = "03-02 09:00 visit wang" + _LI
    book, at = load_rulebook("onsite"), moment("03-02 11:00")
    assert [one.rule for one in why_not(story(_TWO, lines), book, "c1", "wang", at)] == ["want.standing"]
    free = book.override({"precedence": ["same_day_visit"]})
    lacks = why_not(story(_TWO, _LI), free, "c1", "wang", at)
    assert [(one.rule, one.from_day) for one in lacks] == [
        ("want.standing", None),
        ("want.first_from", date(2026, 3, 3)),
    ]


def test_a_rival_in_the_shop_is_told_when_the_other_claims_end() -> None:
    """H3 H9 H13 H14 H16."""
    book, at = load_rulebook("store"), moment("03-06 10:00")

    def lacks(lines: str, person: str = "wang") -> list:
        return [(one.rule, one.from_day) for one in why_not(story(_SHOP, lines), book, "c1", person, at)]

    both = "03-02 10:00 file li k1 +name +phone\n03-04 10:00 file wang k2 +name +phone"
    assert lacks(both) == [("want.first_from", date(2026, 4, 2))]
    assert lacks(both + "\n03-05 10:00 visit li") == [("want.latest_visit_from", date(2026, 4, 2))]
    assert lacks("03-02 10:00 file li k1 +name +phone") == [
        ("want.filing", None),
        ("want.first_from", date(2026, 4, 2)),
    ]
    kept = "03-02 10:00 file desk k1 type=store +date=2026-02-20 +phone\n03-04 10:00 file wang k2 +name +phone"
    assert lacks(kept) == [("want.not_kept_out", date(2026, 3, 23))]
    late = kept.replace("2026-02-20", "2026-03-02").replace("03-04", "03-03")
    assert lacks(late) == [("want.not_kept_out", date(2026, 4, 2))]
    assert lacks(kept, "mei") == [("want.role", None)]
    earlier = "03-01 11:00 file li k1 +name +phone\n03-02 10:00 file desk k2 type=store +date=2026-03-02 +phone"
    assert lacks(earlier) == [
        ("want.filing", None),
        ("want.not_kept_out", date(2026, 4, 2)),
        ("want.first_from", date(2026, 4, 1)),
    ]
    both_kept = "03-01 11:00 file desk k2 type=store +date=2026-03-01 +phone\n03-05 10:00 file li k1 +name +phone"
    assert lacks(both_kept) == [
        ("want.filing", None),
        ("want.not_kept_out", date(2026, 4, 1)),
        ("want.first_from", date(2026, 4, 5)),
    ]
    assert lacks("03-02 10:00 visit wang") == [("want.filing", None)]


@pytest.mark.parametrize("name", PRESETS)
def test_an_empty_history_is_answered(name: str) -> None:
    """Nothing happened: nobody holds, nothing is due, and every question has its form."""
    book, nothing = load_rulebook(name), story(_TWO, "")
    answers = [
        answer(nothing, book, f"{ask} 03-02 10:00")
        for ask in ("holder", "deal", "filing", "offences", "fines", "notices")
    ]
    assert answers == ["nobody", "no_deal", "nobody", "nothing", "nothing", "nothing"]
