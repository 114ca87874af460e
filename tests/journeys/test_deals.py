"""A deal from its order to what it came to, under whichever rulebook, over GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.company import BLUE, RED, at_work
from tests.journeys.deal_documents import (
    CONCEDE,
    CONFIRM,
    DEAL,
    DISPUTE,
    FINISH,
    JUDGE,
    ORDER,
    PAY,
    SETTLE_REBATE,
    SIGN,
    SPLIT,
    VISIT,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.company import Company

PAPER = "ab" * 32


@pytest.fixture
def company(given_url: str, tmp_path: Path) -> Iterator[Company]:
    """The company under `onsite`."""
    with at_work(given_url, tmp_path) as found:
        yield found


@pytest.fixture
def under(given_url: str, tmp_path: Path) -> Callable[[str], AbstractContextManager[Company]]:
    """Open the company under a rulebook."""
    return lambda rulebook: at_work(given_url, tmp_path, rulebook=rulebook)


def ownerless(company: Company) -> tuple[str, dict[str, Any]]:
    """A customer whom nobody brought in, and the contract that they signed."""
    customer = company.filed("seller", "王芳", "13812345678", visited=False)
    deal = company.do("supervisor", SIGN, customer=customer, amount="1280.50")["deal"]
    return customer, deal


def on_duty(company: Company, team: str, monday: str) -> None:
    """Plan a team's duty in a week."""
    company.sql(
        "INSERT INTO fact (id, kind, happened_at, recorded_at, details) VALUES ($1, 'duty', $2, $2, $3)",
        uuid4(), company.clock[0], f'{{"team": "{company.teams[team].hex}", "week": "{monday}"}}',
    )  # fmt: skip


def earned(deal: dict[str, Any]) -> list[tuple[str | None, str, str]]:
    """Who earns what by a deal: a person, a team, or the store."""
    return [
        (
            (one["staff"] or one["team"] or {"name": "店面" if one["isStore"] else None})["name"],
            one["bookedAs"],
            one["share"],
        )
        for one in deal["credit"]
    ]


def code(payload: dict[str, Any]) -> str | None:
    """Why an act was refused."""
    return payload["refusal"] and payload["refusal"]["code"]


def problems(payload: dict[str, Any]) -> list[tuple[list[str], str]]:
    """What was wrong with an input."""
    return [(one["path"], one["code"]) for one in payload["refusal"]["problems"]]


def test_a_deal_is_its_holders_and_no_dispute_stands_in_its_way(company: Company) -> None:
    """A12 A13: each step goes through while a dispute is open, and the holder at the signature gets it."""
    customer = company.filed("seller", "王芳", "13812345678")
    company.file("rival", "王芳", "13812345678")
    assert company.do("rival", DISPUTE, customer=customer)["dispute"]
    ordered = company.do("seller", ORDER, customer=customer, amount="90000")
    deal = ordered["deal"]
    assert (deal["version"], deal["ruling"]["outcome"]["status"], deal["credit"]) == (1, "NO_DEAL", [])
    company.advance(hours=1)
    deal = company.do("colleague", SIGN, deal=deal["id"], expectedVersion=1, amount="88000.00")["deal"]
    assert (deal["version"], earned(deal)) == (2, [("员工seller", "PERFORMANCE", "100")])
    assert deal["amount"] == {"amount": "88000.00", "currency": "CNY"}
    deal = company.do("seller", PAY, deal=deal["id"], expectedVersion=2, percent="50")["deal"]
    deal = company.do("seller", FINISH, deal=deal["id"], expectedVersion=3)["deal"]
    assert (deal["paidPercent"], deal["finishedAt"] is not None) == ("50", True)
    assert {"FINISH_DEAL", "SIGN_CONTRACT"}.isdisjoint(deal["viewerCan"])
    facts = company.sql("SELECT kind FROM fact WHERE deal_id IS NOT NULL ORDER BY seq")
    assert [fact["kind"] for fact in facts] == ["order", "sign", "pay", "finish"]
    tags = {row["tag"] for row in company.sql("SELECT tag FROM access_log")}
    assert {"deal:order", "deal:sign", "deal:pay", "deal:finish"} <= tags


def test_a_rival_in_sight_of_the_customer_sees_the_deal_and_neither_its_worth_nor_whose_it_is(company: Company) -> None:
    """A18 G10: they must hear that there is a deal; what it came to is not their business."""
    customer = company.filed("seller", "王芳", "13812345678")
    company.file("rival", "王芳", "13812345678")
    deal = company.do("seller", SIGN, customer=customer, amount="88000")["deal"]
    seen = company.ask("rival", DEAL, id=deal["id"]).data["deal"]
    assert (seen["amount"], seen["paidPercent"], seen["signedAt"]) == (None, None, deal["signedAt"])
    assert seen["credit"] == [
        {"staff": None, "team": None, "isStore": False, "isNamed": False, "bookedAs": "PERFORMANCE", "share": "100"}
    ]
    assert company.ask("colleague", DEAL, id=deal["id"]).data["deal"]["amount"]["amount"] == "88000"
    assert company.ask("archivist", DEAL, id=deal["id"]).data["deal"]["amount"]["amount"] == "88000"
    for stranger in ("rival_supervisor", "designer", "reception"):
        known = company.ask(stranger, DEAL, id=deal["id"]).data["deal"]
        assert known is None or (stranger == "rival_supervisor" and known["amount"] is None)
    unknown = company.ask("store", DEAL, id="dea_" + "0" * 32).body
    assert company.ask("store", DEAL, id=deal["id"]).body == unknown
    listed = """query ($c: ID!) { deals(first: 5) { nodes { id } }
      customer(id: $c) { deals(first: 5) { totalCount { value } nodes { id } } } }"""
    found = company.ask("rival", listed, c=customer).data
    assert found["customer"]["deals"] == {"totalCount": {"value": 1}, "nodes": [{"id": deal["id"]}]}
    assert found["deals"]["nodes"] == [{"id": deal["id"]}]
    assert (
        company.ask("rival", "query ($id: ID!) { node(id: $id) { id } }", id=deal["id"]).data["node"]["id"]
        == deal["id"]
    )


def test_steps_that_cannot_be_are_refused_by_place(company: Company) -> None:
    """Bad input is normal input: unknown and foreign alike, old versions, a second signature, odd numbers."""
    customer = company.filed("seller", "王芳", "13812345678")
    other = company.filed("rival", "李强", "13900139000")
    for unknown in ("cus_" + "0" * 32, other, "cus_x", "王芳"):
        refused = company.do("seller", ORDER, customer=unknown)["refusal"]
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["customer"])
    for bad in ("0", "-5", "1.005", "1000000000000.01", "NaN", "1e3", 1.5, True, ""):
        assert problems(company.do("seller", ORDER, customer=customer, amount=bad))[0][0] == ["amount"]
    tomorrow = "2026-11-26T00:00:00Z"
    assert problems(company.do("seller", ORDER, customer=customer, occurredAt=tomorrow)) == [
        (["occurredAt"], "IN_THE_FUTURE")
    ]
    assert problems(company.do("seller", SIGN)) == [(["deal"], "NOT_ONE_OF_TWO")]
    deal = company.do("seller", ORDER, customer=customer)["deal"]["id"]
    assert problems(company.do("seller", SIGN, deal=deal, customer=customer, expectedVersion=1)) == [
        (["deal"], "NOT_ONE_OF_TWO")
    ]
    assert problems(company.do("seller", SIGN, deal=deal)) == [(["expectedVersion"], "REQUIRED")]
    assert problems(company.do("seller", SIGN, deal=deal, expectedVersion=1, relatedTo=customer)) == [
        (["relatedTo"], "NOT_OFFERED")
    ]
    refused = company.do("seller", SIGN, customer=customer, relatedTo=other)["refusal"]
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["relatedTo"])
    assert code(company.do("rival", SIGN, deal=deal, expectedVersion=1)) == "NOT_FOUND"
    assert code(company.do("seller", SIGN, deal=deal, expectedVersion=1)) is None
    assert code(company.do("seller", SIGN, deal=deal, expectedVersion=1)) == "STALE"
    assert code(company.do("seller", SIGN, deal=deal, expectedVersion=2)) == "NOT_IN_STATE"
    assert code(company.do("seller", PAY, deal=deal, expectedVersion=2, percent="60.5")) is None
    assert problems(company.do("seller", PAY, deal=deal, expectedVersion=3, percent="60")) == [
        (["percent"], "OUT_OF_RANGE")
    ]
    assert problems(company.do("seller", PAY, deal=deal, expectedVersion=3, percent="100.01")) == [
        (["percent"], "OUT_OF_RANGE")
    ]
    for role in ("reception", "designer", "auditor", "custodian", "developer"):
        assert company.ask(role, ORDER, input={"idempotencyKey": str(uuid4()), "customer": customer}).codes == [
            "FORBIDDEN"
        ]
    key = str(uuid4())
    first = company.do("seller", ORDER, idempotencyKey=key, customer=customer, amount="5")
    again = company.do("seller", ORDER, idempotencyKey=key, customer=customer, amount="5")
    assert (again["replayed"], again["deal"]["id"]) == (True, first["deal"]["id"])
    conflict = company.ask("seller", ORDER, input={"idempotencyKey": key, "customer": customer, "amount": "6"})
    assert conflict.codes == ["IDEMPOTENCY_CONFLICT"]


def test_evidence_found_valid_counts_from_the_application_however_late(company: Company) -> None:
    """A18 A19: judged on the tenth day, by nobody of the applicants' teams; after the third day none is taken."""
    _, deal = ownerless(company)
    company.file("rival", "王芳", "13812345678", visited=False)
    assert deal["ruling"]["outcome"]["status"] == "AWAITING_CONFIRMATION"
    assert problems(company.do("seller", CONFIRM, deal=deal["id"], evidence=[])) == [(["evidence"], "REQUIRED")]
    pieces = [{"kind": "MESSAGE"}, {"kind": "PHOTO", "document": "xyz"}]
    assert problems(company.do("seller", CONFIRM, deal=deal["id"], evidence=pieces)) == [
        (["evidence", "0", "text"], "REQUIRED"),
        (["evidence", "1", "document"], "NOT_A_DIGEST"),
    ]
    company.advance(days=1)
    piece = {"kind": "VISIT_RECORD", "text": "11月20日陪同看样", "document": PAPER.upper()}
    late = company.do("rival", CONFIRM, deal=deal["id"], evidence=[piece])["confirmation"]
    assert (late["state"], late["evidence"]) == ("PENDING", [{"kind": "VISIT_RECORD", "document": PAPER}])
    assert code(company.do("rival", CONFIRM, deal=deal["id"], evidence=[piece])) == "NOT_IN_STATE"
    company.advance(days=2)
    mine = company.do("seller", CONFIRM, deal=deal["id"], evidence=[piece])["confirmation"]
    company.advance(days=1)
    refused = company.do("colleague", CONFIRM, deal=deal["id"], evidence=[piece])["refusal"]
    assert refused["code"] == "CONFIRMATION_CLOSED"
    company.advance(days=6)
    assert company.ask("seller", DEAL, id=deal["id"]).data["deal"]["ruling"]["outcome"]["status"] == "UNATTRIBUTED"
    given = {"confirmation": mine["id"], "expectedVersion": 1, "isValid": True}
    for party in ("supervisor", "rival_supervisor", "project_leader"):
        sent = {"idempotencyKey": str(uuid4())} | given
        assert company.ask(party, JUDGE, input=sent).codes == ["FORBIDDEN"]
    assert problems(company.do("leader", JUDGE, **(given | {"isValid": False}))) == [(["reasons"], "REQUIRED")]
    assert company.do("leader", JUDGE, **given)["confirmation"]["state"] == "VALID"
    assert code(company.do("leader", JUDGE, **given)) == "STALE"
    assert code(company.do("leader", JUDGE, **(given | {"expectedVersion": 2}))) == "NOT_IN_STATE"
    after = company.ask("seller", DEAL, id=deal["id"]).data["deal"]
    assert earned(after) == [("员工seller", "PERFORMANCE", "100")]
    judged = company.do("leader", JUDGE, confirmation=late["id"], expectedVersion=1, isValid=True)
    assert judged["confirmation"]["state"] == "VALID"
    after = company.ask("leader", DEAL, id=deal["id"]).data["deal"]
    assert earned(after) == [("员工rival", "PERFORMANCE", "100")], "the earlier application is the first"
    facts = company.sql("SELECT happened_at, recorded_at FROM fact WHERE kind = 'confirm' ORDER BY seq")
    assert [(fact["recorded_at"] - fact["happened_at"]).days for fact in facts] == [7, 9]
    known = "query ($id: ID!, $k: DateTime) { deal(id: $id) { credit(knownAt: $k) { share } } }"
    before = company.ask("leader", known, id=deal["id"], k="2026-11-30T00:00:00Z").data["deal"]
    assert before["credit"] == [], "by what was known then, nobody had been found"


def test_a_supervisor_outside_sees_what_is_theirs_to_judge_and_a_party_its_own_alone(company: Company) -> None:
    """A18 G10: rivals for one deal do not see each other's evidence."""
    _, deal = ownerless(company)
    piece = {"kind": "WITNESS", "text": "前台可以作证"}
    mine = company.do("seller", CONFIRM, deal=deal["id"], evidence=[piece])["confirmation"]
    listed = "{ confirmations(first: 9) { nodes { id viewerCan deal { id } } totalCount { value } } }"

    def seen(who: str) -> list[dict[str, Any]]:
        return company.ask(who, listed).data["confirmations"]["nodes"]

    assert seen("rival_supervisor") == [{"id": mine["id"], "viewerCan": ["JUDGE_CONFIRMATION"], "deal": None}]
    assert seen("supervisor") == [{"id": mine["id"], "viewerCan": [], "deal": {"id": deal["id"]}}]
    assert seen("rival") == []
    company.file("rival", "王芳", "13812345678", visited=False)
    theirs = company.do("rival", CONFIRM, deal=deal["id"], evidence=[piece])["confirmation"]
    assert [one["id"] for one in seen("rival_supervisor")] == [theirs["id"]]
    assert [one["id"] for one in seen("seller")] == [mine["id"]]
    assert {one["id"] for one in seen("leader")} == {mine["id"], theirs["id"]}
    assert company.ask("auditor", listed).codes == ["FORBIDDEN"]


def test_where_the_rulebook_says_first_nobody_judges(under: Any, tmp_path: Path) -> None:
    """A18 as a parameter: `confirmation.judged = first` makes the first application the fact at once."""
    own = tmp_path / "own.toml"
    own.write_text(
        'title = "细则"\nextends = "onsite"\n[edition."2026-01-01".parameters]\n'
        '"confirmation.judged" = { value = "first", clause = "A18", reading = true }\n',
        encoding="utf-8",
    )
    with under(str(own)) as company:
        _, deal = ownerless(company)
        piece = {"kind": "MESSAGE", "text": "微信记录"}
        assert company.do("seller", CONFIRM, deal=deal["id"], evidence=[piece])["confirmation"]["state"] == "VALID"
        after = company.ask("seller", DEAL, id=deal["id"]).data["deal"]
        assert earned(after) == [("员工seller", "PERFORMANCE", "100")]
        assert code(company.do("colleague", CONFIRM, deal=deal["id"], evidence=[piece])) == "CONFIRMATION_CLOSED"


def test_the_team_on_duty_gets_an_ownerless_deal_and_the_project_leader_splits_it(company: Company) -> None:
    """A20 A21 A22: as the manager's performance; shares of its members, 100 % in all, the latest split counts."""
    on_duty(company, RED, "2026-11-23")
    _, deal = ownerless(company)
    share = {"deal": deal["id"], "expectedVersion": 1}
    whole = [{"staff": company.staff("seller"), "percent": "100"}]
    assert code(company.do("project_leader", SPLIT, shares=whole, **share)) == "NOT_IN_STATE"
    company.advance(days=4)
    after = company.ask("seller", DEAL, id=deal["id"]).data["deal"]
    assert earned(after) == [(RED, "MANAGER_PERFORMANCE", "100")]

    def parts(*given: tuple[str, str]) -> list[dict[str, str]]:
        return [{"staff": company.staff(who), "percent": percent} for who, percent in given]

    short = parts(("seller", "33.33"), ("colleague", "66.66"))
    assert problems(company.do("project_leader", SPLIT, shares=short, **share)) == [(["shares"], "SUM_IS_NOT_100")]
    twice = parts(("seller", "50"), ("seller", "50"))
    assert problems(company.do("project_leader", SPLIT, shares=twice, **share))[0][1] == "NOT_OFFERED"
    assert code(company.do("project_leader", SPLIT, shares=parts(("rival", "100")), **share)) == "NOT_FOUND"
    for other in ("supervisor", "seller", "leader", "archivist"):
        sent = {"idempotencyKey": str(uuid4()), "shares": whole} | share
        assert company.ask(other, SPLIT, input=sent).codes == ["FORBIDDEN"]
    company.do("project_leader", SPLIT, shares=parts(("seller", "33.33"), ("colleague", "66.67")), **share)
    assert code(company.do("project_leader", SPLIT, shares=whole, **share)) == "STALE"
    company.do(
        "project_leader",
        SPLIT,
        shares=parts(("seller", "40"), ("supervisor", "60")),
        **(share | {"expectedVersion": 2}),
    )
    after = company.ask("seller", DEAL, id=deal["id"]).data["deal"]
    assert earned(after) == [
        ("员工seller", "MANAGER_PERFORMANCE", "40"),
        ("员工supervisor", "MANAGER_PERFORMANCE", "60"),
    ]
    kept = company.sql("SELECT details FROM fact WHERE kind = 'split' ORDER BY seq")
    assert len(kept) == 2, "each split is kept as it was signed"
    assert earned(company.ask("rival", DEAL, id=deal["id"]).body["data"]["deal"] or {"credit": []}) == []


def test_credit_is_conceded_in_writing_and_no_further_than_it_goes(company: Company) -> None:
    """H5: by whoever has it, for a share of theirs, with the signed paper's hash."""
    customer = company.filed("seller", "王芳", "13812345678")
    deal = company.do("seller", SIGN, customer=customer)["deal"]
    given = {"deal": deal["id"], "expectedVersion": 1, "to": company.staff("rival"), "share": "30", "paper": PAPER}
    assert problems(company.do("seller", CONCEDE, **(given | {"paper": "signed"}))) == [(["paper"], "NOT_A_DIGEST")]
    assert problems(company.do("seller", CONCEDE, **(given | {"to": company.staff("seller")}))) == [
        (["to"], "NOT_OFFERED")
    ]
    refused = company.do("colleague", CONCEDE, **given)["refusal"]
    assert (refused["code"], refused["clauses"]) == ("NOT_CREDITED", [{"id": "H5"}])
    assert earned(company.do("seller", CONCEDE, statement="亲友单,让出三成", **given)["deal"]) == [
        ("员工seller", "PERFORMANCE", "70"), (None, "PERFORMANCE", "30"),
    ]  # fmt: skip
    assert code(company.do("seller", CONCEDE, **(given | {"expectedVersion": 2, "share": "70.01"}))) == "NOT_CREDITED"
    assert code(company.do("seller", CONCEDE, **(given | {"expectedVersion": 2, "share": "70"}))) is None
    assert earned(company.ask("leader", DEAL, id=deal["id"]).data["deal"]) == [("员工rival", "PERFORMANCE", "100")]


def test_a_designers_rebate_is_settled_as_it_falls_due_to_a_company_and_booked(under: Any) -> None:
    """H8 H12 H18 H21: all at full payment; the payee is sealed, how it was booked stands in the clear."""
    with under("store") as company:
        customer = company.filed("seller", "王芳", "13812345678", visited=False)
        full = {"name": "王芳", "address": "和平路1号", "building": "3幢2单元", "phones": ["13812345678"]}
        company.file("designer", full.pop("name"), *full.pop("phones"), visited=False, type="DESIGNER", **full)
        company.advance(hours=1)
        company.do("seller", VISIT, customer=customer)
        deal = company.do("seller", ORDER, customer=customer, amount="50000")["deal"]
        assert ("员工seller", "PERFORMANCE", "100") in earned(deal)
        given = {
            "deal": deal["id"], "designer": company.staff("designer"), "percent": "100", "payee": "杭州某设计有限公司",
            "bookedAs": "COMMISSION",
        }  # fmt: skip
        refused = company.do("supervisor", SETTLE_REBATE, expectedVersion=1, **given)["refusal"]
        assert (refused["code"], refused["clauses"]) == ("NOT_DUE", [{"id": "H21"}])
        company.do("seller", PAY, deal=deal["id"], expectedVersion=1, percent="100")
        assert problems(company.do("supervisor", SETTLE_REBATE, expectedVersion=2, **(given | {"payee": " "}))) == [
            (["payee"], "REQUIRED")
        ]
        assert code(company.do("supervisor", SETTLE_REBATE, expectedVersion=2, **(given | {"percent": "60"}))) is None
        assert code(company.do("supervisor", SETTLE_REBATE, expectedVersion=3, **given)) == "NOT_DUE"
        settled = company.ask("leader", DEAL, id=deal["id"]).data["deal"]["rebates"]
        assert settled == [
            {
                "designer": {"name": "员工designer"},
                "due": "100",
                "settled": [{"percent": "60", "bookedAs": "COMMISSION"}],
            }
        ]
        seen = company.ask("designer", DEAL, id=deal["id"]).data["deal"]
        assert (seen["amount"], seen["rebates"]) == (None, settled), "a designer sees their own, and no price"
        values = company.sql("SELECT sealed FROM sealed_value WHERE field = 31")
        assert len(values) == 1
        assert "杭州".encode() not in bytes(values[0]["sealed"])


def test_a_deal_that_nobody_holds_is_the_stores_own(under: Any) -> None:
    """H7 H18: the order decides, and the store has what nobody holds."""
    with under("store") as company:
        customer = company.filed("rival", "王芳", "13812345678", visited=False)
        company.advance(days=40)
        deal = company.do("rival", ORDER, customer=customer)["deal"]
        assert earned(deal) == [("店面", "PERFORMANCE", "100")]
        assert code(company.do("rival", CONFIRM, deal=deal["id"], evidence=[{"kind": "OTHER", "text": "x"}])) == (
            "CONFIRMATION_CLOSED"
        )
        assert BLUE not in str(deal["credit"])
