"""渠道设计师 as a story (H2 H8 H10 H12): a salesperson files by message, finds out later that there is a designer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.journeys.test_layered import form, notices

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.company import Company

REFUSAL = "refusal { code clauses { id } path ... on InvalidInput { problems { path code } } }"
DESIGNER = f"""mutation ($input: NameDesignerInput!) {{ nameDesigner(input: $input) {{
  claim {{ id type state missing claimant {{ number name }} enteredBy {{ number }} customer {{ id }} }}
  {REFUSAL} replayed }} }}"""


def test_a_designer_is_named_on_a_filing_later_and_has_a_filing_of_their_own(
    company_under: Callable[[str], Company],
) -> None:
    """H2 H3 H8 H12: before the order; the store is told."""
    company = company_under("store")

    # H2: salespeople file by SMS or WeChat, at the instant at which they wrote it; a late entry says why.
    channels = {one["name"]: one for one in form(company, "seller")["fields"]}["channel"]["options"]
    assert [(one["value"], one["label"]) for one in channels] == [("message", "短信或微信")]
    by_phone = company.file("seller", "高远", "13810004000", visited=False, channel="PHONE")
    assert [one["path"] for one in by_phone["refusal"]["problems"]] == [["channel"]]
    assert [one["id"] for one in by_phone["refusal"]["clauses"]] == ["H2"]
    said = (company.clock[0] - timedelta(days=2)).isoformat()
    late = company.file("seller", "高远", "13810004000", visited=False, channel="MESSAGE", occurredAt=said)
    assert [one["code"] for one in late["refusal"]["problems"]] == ["LATE_REASON_REQUIRED"]
    filed = company.file(
        "seller", "高远", "13810004000", visited=False, channel="MESSAGE", occurredAt=said, lateReason="出差",
        address="杭州市之江路8号", building="2幢",
    )  # fmt: skip
    assert (filed["refusal"], filed["claim"]["state"]) == (None, "RECORDED")

    # H12: there is a designer after all, of an outside company whom the book does not know yet.
    nobody = company.do("seller", DESIGNER, claim=filed["claim"]["id"])
    assert [one["path"] for one in nobody["refusal"]["problems"]] == [["designer"]]
    both = {"claim": filed["claim"]["id"], "outside": {"name": "沈设计", "company": "云上装饰"}}
    named = company.do("seller", DESIGNER, **both)
    assert named["refusal"] is None
    assert named["claim"]["type"] == "DESIGNER"
    assert (named["claim"]["state"], named["claim"]["missing"]) == ("RECORDED", [])
    assert named["claim"]["claimant"]["name"] == "沈设计"
    assert named["claim"]["customer"]["id"] == filed["claim"]["customer"]["id"]
    (told,) = notices(company, "store", kind={"eq": "DESIGNER_NAMED"})
    assert told["next"] == "NONE"

    # The company's own designer is named by reference, once a customer; somebody who is none is not found.
    own = company.do("seller", DESIGNER, claim=filed["claim"]["id"], designer=company.staff("designer"))
    assert own["refusal"] is None
    again = company.do("seller", DESIGNER, claim=filed["claim"]["id"], designer=company.staff("designer"))
    assert again["refusal"]["code"] == "NOT_IN_STATE"
    seller = company.do("seller", DESIGNER, claim=filed["claim"]["id"], designer=company.staff("colleague"))
    assert (seller["refusal"]["code"], seller["refusal"]["path"]) == ("NOT_FOUND", ["designer"])

    # The designer sees their own filing, and its customer by name; a rival finds no such claim to name one on.
    seen = company.ask("designer", "{ claims(first: 9) { nodes { id customer { name { display } } } } }").data
    assert [one["id"] for one in seen["claims"]["nodes"]] == [own["claim"]["id"]]
    assert seen["claims"]["nodes"][0]["customer"]["name"]["display"] == "高远"
    foreign = company.do("rival", DESIGNER, claim=filed["claim"]["id"], designer=company.staff("designer"))
    assert (foreign["refusal"]["code"], foreign["refusal"]["path"]) == ("NOT_FOUND", ["claim"])
