"""销售客户报备管理制度 (D) as a story: a contract signed, filed in five working days, reviewed, entered and archived.

Each step cites its clause; the regulation's own order. Tuesday, 24 November 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.deal_documents import SIGN
from tests.journeys.filing_documents import form, notices, queue, review
from tests.journeys.test_offences import EVIDENCE, LIST, RECORD
from tests.journeys.test_the_archive import CLAIMS, SCAN, archive
from tests.journeys.test_the_first_morning import COMPLETE, nodes

if TYPE_CHECKING:
    from tests.company import Company

RULEBOOK = "contract"
BASIC = ["customer_name", "legal_representative", "registered_address"]
PROJECT = ["project_name", "project_place", "project_scale", "project_progress"]
NEED = ["product", "quantity", "quality", "technical_requirements"]
CONTRACT = ["contract_name", "signed_on", "amount", "term"]
SAID = {
    "customer_name": "滨江置业有限公司", "legal_representative": "钱某", "registered_address": "杭州市江南大道1号",
    "project_name": "滨江一期", "project_place": "杭州滨江", "project_scale": "三栋", "project_progress": "基础完工",
    "product": "螺杆空压机", "quantity": "四台", "quality": "国标一级", "technical_requirements": "变频",
    "contract_name": "设备采购合同", "signed_on": "2026-11-24", "amount": "880000", "term": "十二个月",
}  # fmt: skip


def said(**but: str | None) -> dict[str, Any]:
    """What a contract's filing says, but for some of it."""
    fields = {name: value for name, value in (SAID | but).items() if value is not None}
    return {"type": "CONTRACT", "other": [{"name": name, "value": value} for name, value in fields.items()]}


def test_a_contract_is_filed_in_time_reviewed_and_archived(story: Company) -> None:
    """D4 to D11."""
    company = story
    asked = form(company, "seller", "CONTRACT")
    required = [one["name"] for one in asked["fields"] if one["isRequired"]]

    # D5: the customer's own four; D6: the project's four; D7: the need's four; D8: the contract's four.
    for names in (BASIC, PROJECT, NEED, CONTRACT):
        assert set(names) <= set(required)
    assert {"email", "phone", "wechat"} <= set(required), "one of the three is enough"
    cited = {clause["id"] for one in asked["fields"] for clause in one["clauses"]}
    assert {"D5", "D6", "D7", "D8"} <= cited

    # D10: within five working days after the signature, by the one who sold.
    first = company.file("seller", "滨江置业", "13810021000", visited=False, **said(term=None))
    assert (first["claim"]["state"], first["claim"]["missing"]) == ("RETURNED", ["term"])
    customer = first["claim"]["customer"]["id"]
    deal = company.do("seller", SIGN, customer=customer, amount="880000")["deal"]
    company.advance(days=7)
    filed = company.file("seller", "滨江置业", "13810021000", visited=False, deal=deal["id"], **said(term=None))
    assert nodes(company, "seller", LIST) == [], "Tuesday after is the fifth working day"

    # D4: one department answers for truth, accuracy and time: it alone reviews, and what lacks a field waits for it.
    assert queue(company, "archivist") == []
    added = company.do(
        "seller", COMPLETE, claim=filed["claim"]["id"], expectedVersion=1, other=[{"name": "term", "value": "一年"}]
    )
    assert added["claim"]["state"] == "IN_REVIEW"
    assert queue(company, "supervisor") == []
    (waiting,) = queue(company, "archivist")

    # D11: only what is through its review is entered and archived, with its scans.
    assert archive(company, waiting["claim"])["refusal"]["code"] == "NOT_IN_STATE"
    company.advance(hours=1)
    through = review(company, "archivist", waiting["claim"])
    assert (through["refusal"], through["claim"]["state"]) == (None, "RECORDED")
    (told,) = notices(company, "seller", kind={"eq": "FILING_APPROVED"})
    assert told["claim"]["id"] == filed["claim"]["id"]
    (ready,) = nodes(company, "archivist", CLAIMS, filter={"state": {"eq": "RECORDED"}})
    done = archive(company, ready, scans=[SCAN])
    assert (done["refusal"], done["claim"]["state"]) == (None, "ARCHIVED")

    # D16: who reviewed answers for it: the decision bears their name, in the book and in the log.
    reviewed = company.sql("SELECT s.number FROM fact f JOIN staff s ON s.id = f.by_id WHERE f.kind = 'review'")
    assert reviewed == [{"number": "S006"}]


def test_what_is_hidden_told_falsely_or_told_late_is_an_offence(story: Company) -> None:
    """D15 D18."""
    company = story

    # D15: late by a day is late: it follows from the facts, and nobody needs to say so.
    customer = company.filed("colleague", "城西仓储", "13810021001", visited=False, type="CONTRACT")
    deal = company.do("colleague", SIGN, customer=customer)["deal"]
    company.advance(days=8)
    company.file("colleague", "城西仓储", "13810021001", visited=False, deal=deal["id"], **said())
    (late,) = nodes(company, "colleague", LIST)
    assert (late["kind"], late["isByLaw"], late["staff"]) == ("LATE_REPORT", True, {"name": "员工colleague"})
    assert "D15" in {one["id"] for one in late["clauses"]}

    # D15: concealing and telling falsely are found by people, with evidence.
    for kind in ("CONCEALMENT", "FALSE_REPORT"):
        given = {"staff": company.staff("colleague"), "kind": kind, "evidence": EVIDENCE}
        found = company.do("supervisor", RECORD, **given)["offence"]
        assert [one["id"] for one in found["clauses"]] == ["D15"]

    # D18: warning, fine, demotion, removal, in this order.
    steps = [company.do("supervisor", RECORD, **given)["offence"]["step"] for _ in range(3)]
    assert steps == ["FINE", "DEMOTION", "REMOVAL"]
