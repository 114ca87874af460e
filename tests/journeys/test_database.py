"""客户备案管理制度范文 (G) as a story: eight fields, the supervisor's review, what is wrong sent back and put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journeys.test_layered import form, notices, queue, review
from tests.journeys.test_the_first_morning import COMPLETE, FIND

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.company import Company

SAID = {
    "address": "杭州市文三路90号", "email": "buyer@example.com",
    "other": [
        {"name": "contact_person", "value": "钱经理"},
        {"name": "industry", "value": "酒店"},
        {"name": "demand_type", "value": "整木定制"},
    ],
}  # fmt: skip


def test_a_filing_is_reviewed_returned_supplemented_and_recorded(company_under: Callable[[str], Company]) -> None:
    """G2–G5 G8 G9 in their order."""
    company = company_under("database")

    # G2 G5: eight fields are asked for, related persons among them.
    asked = {one["name"]: one for one in form(company, "seller")["fields"] if one["isRequired"]}
    assert list(asked)[:8] == [
        "name", "address", "contact_person", "phone", "email", "industry", "demand_type", "related_persons",
    ]  # fmt: skip
    assert [one["id"] for one in asked["related_persons"]["clauses"]] == ["G5", "G2"]

    # G4: filed promptly, it goes to the sales supervisor; with a field missing it comes back at once.
    filed = company.file("seller", "开元酒店", "13810003000", visited=False, **SAID)
    assert (filed["claim"]["state"], filed["claim"]["missing"]) == ("RETURNED", ["related_persons"])
    assert filed["refusal"]["code"] == "INCOMPLETE"
    assert queue(company, "supervisor") == []
    added = company.do(
        "seller", COMPLETE, claim=filed["claim"]["id"], expectedVersion=1,
        other=[{"name": "related_persons", "value": "采购部李经理"}],
    )  # fmt: skip
    assert added["claim"]["state"] == "IN_REVIEW"
    (waiting,) = queue(company, "supervisor")

    # G8: the supervisor returns what does not meet the requirements, with what is wrong; the filer is told.
    company.advance(hours=1)
    back = review(company, "supervisor", waiting["claim"], "RETURN", missing=["address"], reason="地址不详")
    assert back["claim"]["state"] == "RETURNED"
    (told,) = notices(company, "seller", kind={"eq": "FILING_RETURNED"})
    assert (told["next"], told["missing"]) == ("COMPLETE", ["address"])

    # G8: or supplements and corrects it themselves; the change is recorded as theirs.
    mended = company.do(
        "supervisor", COMPLETE, claim=filed["claim"]["id"], expectedVersion=back["claim"]["version"],
        address="杭州市西湖区文三路90号东部软件园3号楼",
    )  # fmt: skip
    assert (mended["refusal"], mended["claim"]["state"]) == (None, "IN_REVIEW")
    (waiting,) = queue(company, "supervisor")
    company.advance(hours=1)
    through = review(company, "supervisor", waiting["claim"])
    assert (through["refusal"], through["claim"]["state"]) == (None, "RECORDED")

    # G9: salespeople query what their team filed.
    found = company.do("colleague", FIND, phone="13810003000")
    assert [one["id"] for one in found["customers"]] == [filed["claim"]["customer"]["id"]]
    assert company.do("rival", FIND, phone="13810003000")["customers"] == []
