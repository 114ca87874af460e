"""Customers are found by what one remembers of them: last digits, part of a name, pinyin; within one's scope alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records import finding
from records.connection import transaction
from records.erasure import Ledger, erase
from records.references import Kind, row_of
from tests.company import REVEAL
from tests.journeys.test_the_first_morning import COMPLETE, LOG, nodes

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.company import Company

FIND = """mutation ($input: FindCustomersInput!) { findCustomers(input: $input) {
  customers { id name { display } phones { display } } isComplete
  refusal { code ... on InvalidInput { problems { path code } } } } }"""


def found(company: Company, who: str, **given: Any) -> list[str]:
    """The customers that somebody finds."""
    payload = company.do(who, FIND, **given)
    assert payload["refusal"] is None
    assert payload["isComplete"] is True
    return [one["id"] for one in payload["customers"]]


def test_a_customer_is_found_by_what_one_remembers(company: Company) -> None:
    """keys.md, search: last digits, part of a name, initials, full pinyin; of several, all hold."""
    zeng = company.filed("seller", "曾国华", "13755550101")
    company.advance(seconds=1)
    shan = company.filed("seller", "单国华", "13755550102", "0571-65681234")
    asked = {
        "0101": [zeng], "3755550101": [zeng], "13755550101": [zeng], "+86 137-5555-0101": [zeng],
        "1234": [shan], "0571-65681234": [shan], "５５５０１０２": [shan], "5550": [], "9101": [],
    }  # fmt: skip
    for digits, expected in asked.items():
        assert found(company, "seller", phoneEnding=digits) == expected, digits
    for part, expected in {"zeng": [zeng], "ceng": [zeng], "sgh": [shan], "guohua": [shan, zeng], "单": [shan]}.items():
        assert found(company, "colleague", namePart=part) == expected, part
    assert found(company, "seller", namePart="国华", phoneEnding="0102") == [shan]
    assert found(company, "seller", namePart="曾", phoneEnding="0102") == []
    assert found(company, "seller", namePart="gh", phone="13755550101") == [zeng]
    assert found(company, "seller", namePart="gh", name="单国华") == [shan]
    assert found(company, "archivist", namePart="zenggh") == [zeng]
    answer = company.do("seller", FIND, phoneEnding="0101")
    assert answer["customers"][0]["phones"] == [{"display": "1375555****"}]


def test_a_number_with_its_last_four_hidden_is_found(company: Company) -> None:
    """A7: by the end of what is known of it, and by more digits, whose last four may be the hidden ones."""
    hidden = company.filed("seller", "隐号", "1375556****")
    for digits in ("5556", "1375556", "13755560303", "55560303"):
        assert found(company, "seller", phoneEnding=digits) == [hidden], digits
    for digits in ("0303", "5560303", "13755570303", "0000"):
        assert found(company, "seller", phoneEnding=digits) == [], digits


def test_what_was_added_is_found_and_what_was_erased_is_not(company: Company, tmp_path: Path) -> None:
    """The latest phones of a filing count; without its key nothing of a customer is opened."""
    claim = company.file("seller", "后补")["claim"]
    assert found(company, "seller", namePart="houbu") == [claim["customer"]["id"]]
    assert found(company, "seller", phoneEnding="0404") == []
    company.do("seller", COMPLETE, claim=claim["id"], expectedVersion=claim["version"], phones=["13755570404"])
    assert found(company, "seller", phoneEnding="0404") == [claim["customer"]["id"]]

    async def forget() -> None:
        async with transaction() as tx:
            root = row_of(Kind.CUSTOMER, claim["customer"]["id"])
            assert root is not None
            assert await erase(tx.execute_query_dict, Ledger(tmp_path / "ledger"), root, now=company.clock[0]) == [root]

    company.run(forget)
    for given in ({"namePart": "houbu"}, {"namePart": "后"}, {"phoneEnding": "0404"}):
        assert found(company, "seller", **given) == []


def test_somebody_elses_customer_is_never_found(company: Company) -> None:
    """leaks.md 69: cards of one's own scope alone are opened."""
    theirs = company.filed("rival", "上官不见", "13755580505")
    for given in ({"namePart": "shangguan"}, {"namePart": "sgbj"}, {"phoneEnding": "0505"}, {"namePart": "上官"}):
        assert found(company, "rival", **given) == [theirs]
        assert found(company, "seller", **given) == []
        assert found(company, "supervisor", **given) == []
    for who in ("reception", "store", "designer", "custodian", "auditor"):
        assert company.ask(who, FIND, input={"namePart": "上官"}).codes == ["FORBIDDEN"]
    # A phone that a rival alone has filed is no way to a customer whom one has filed by another.
    both = company.filed("seller", "公孙", "13755580606")
    company.file("rival", "夫差", "13755580606", "13755580707")
    assert found(company, "seller", phoneEnding="0707") == []
    assert found(company, "seller", namePart="fuchai") == []
    assert found(company, "rival", phoneEnding="0707") == [both]


def test_ill_formed_questions_are_refused_by_field(company: Company) -> None:
    """Bad input is normal input; nothing of it is repeated, and none takes from the budget."""
    used = "SELECT coalesce(sum(used), 0) AS used FROM probe_budget WHERE act = 'find_customers'"
    before = company.sql(used)
    bad: list[tuple[dict[str, Any], str, str]] = [
        ({}, "phone", "REQUIRED"),
        ({"namePart": ""}, "phone", "REQUIRED"),
        ({"namePart": "   "}, "phone", "REQUIRED"),
        ({"namePart": "z"}, "namePart", "INVALID_TEXT"),
        ({"namePart": "·"}, "namePart", "INVALID_TEXT"),
        ({"namePart": "张" * 33}, "namePart", "TOO_LONG"),
        ({"namePart": "x" * 5_000}, "namePart", "TOO_LONG"),
        ({"namePart": "张\u0000"}, "namePart", "INVALID_TEXT"),
        ({"namePart": "110101199003077571"}, "namePart", "SENSITIVE_NUMBER"),
        ({"namePart": 7}, "phone", "REQUIRED"),
        ({"phoneEnding": ""}, "phoneEnding", "INVALID_PHONE"),
        ({"phoneEnding": "1"}, "phoneEnding", "INVALID_PHONE"),
        ({"phoneEnding": "123"}, "phoneEnding", "INVALID_PHONE"),
        ({"phoneEnding": "12a4"}, "phoneEnding", "INVALID_PHONE"),
        ({"phoneEnding": "%%%%"}, "phoneEnding", "INVALID_PHONE"),
        ({"phoneEnding": "____"}, "phoneEnding", "INVALID_PHONE"),
        ({"phoneEnding": "☎️1234"}, "phoneEnding", "INVALID_PHONE"),
        ({"phoneEnding": "١٢٣٤"}, "phoneEnding", "INVALID_PHONE"),
        ({"phoneEnding": "1" * 16}, "phoneEnding", "INVALID_PHONE"),
        ({"phoneEnding": "1" * 5_000}, "phoneEnding", "INVALID_PHONE"),
        ({"phoneEnding": "1234", "namePart": "z"}, "namePart", "INVALID_TEXT"),
    ]
    for given, path, code in bad:
        payload = company.do("seller", FIND, **given)
        assert (payload["customers"], payload["isComplete"]) == ([], False)
        assert payload["refusal"]["problems"] == [{"path": [path], "code": code}], given
    for given in (
        {"namePart": "%%"},
        {"namePart": "张_"},
        {"namePart": "👩‍👩‍👧"},
        {"namePart": "'; --"},
        {"namePart": "\\"},
    ):
        assert found(company, "seller", **given) == [], given
    assert company.sql(used)[0]["used"] == before[0]["used"] + 5
    for given in ('{namePart: "张"}', '{phoneEnding: "0101"}'):
        literal = f"mutation {{ findCustomers(input: {given}) {{ isComplete }} }}"
        assert company.ask("seller", literal).codes == ["GRAPHQL_VALIDATION_FAILED"]


def test_each_search_is_one_entry_of_the_log_before_anything_is_opened(company: Company) -> None:
    """log.md: what was asked for by name alone, never a digit of it."""
    company.filed("colleague", "司徒一", "13755590808")
    company.filed("colleague", "司徒二", "13755590909")
    entries = {"tag": {"in": ["customer:find", "customer:show"]}}
    before = nodes(company, "supervisor", LOG, filter=entries)
    company.advance(seconds=1)
    assert len(found(company, "colleague", namePart="st", phoneEnding="0808")) == 1
    after = nodes(company, "supervisor", LOG, filter=entries)
    assert len(after) == len(before) + 1
    assert after[0]["fields"] == ["PHONE_ENDING", "NAME_PART"]


def test_last_digits_take_five_of_the_days_budget(company: Company) -> None:
    """They tell what a mask hides: at 40 searches a day ten thousand endings take most of a year."""
    company.advance(days=1)
    for _ in range(40):
        found(company, "service", phoneEnding="9999")
    for given in ({"phoneEnding": "9999"}, {"namePart": "张"}):
        assert company.do("service", FIND, **given)["refusal"]["code"] == "BUDGET_SPENT"
    denied = company.sql("SELECT rule FROM access_log WHERE tag = 'act:deny' ORDER BY at DESC LIMIT 1")
    assert denied[0]["rule"] == "budget:find_customers"


def test_whoever_has_more_than_is_opened_is_told_so(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest recorded are opened; what lies behind them may be there all the same."""
    company.advance(days=1)
    old = company.filed("rival", "轩辕旧", "13755600101")
    assert found(company, "rival", namePart="xuanyuan") == [old]
    ids: list[str] = []
    for number in range(3):
        company.advance(seconds=1)
        ids.append(company.filed("rival", f"轩辕{number}", f"1375560020{number}"))
    monkeypatch.setattr(finding, "MOST_OPENED", 3)
    payload = company.do("rival", FIND, namePart="xy")
    assert payload["isComplete"] is False
    assert [one["id"] for one in payload["customers"]] == ids[::-1]
    # What indexes find alone is looked through whole, and narrows what is opened.
    assert found(company, "rival", name="轩辕旧") == [old]
    assert found(company, "rival", name="轩辕旧", namePart="xy") == [old]


def test_a_reveal_is_still_needed_to_read_a_number(company: Company) -> None:
    """What is found is shown as everywhere: masked."""
    customer = company.filed("seller", "尉迟", "13755611111")
    answer = company.ask("seller", FIND, input={"phoneEnding": "1111"})
    assert b"1375561****" in answer.raw
    assert b"1111" not in answer.raw.replace(customer.encode(), b"")
    given = {"customer": customer, "fields": ["PHONES"], "purpose": "FOLLOW_UP"}
    assert company.do("seller", REVEAL, **given)["contact"]["phones"] == ["+8613755611111"]
