"""业务员客户报备制度 (I) as a story: file at once, the leader decides who runs it, visits are recorded by the evening.

Each step cites its clause; the regulation's own order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journeys.day_documents import RECORDS, VERIFY, VISITED
from tests.journeys.test_offences import POINTS
from tests.journeys.test_the_first_morning import nodes

if TYPE_CHECKING:
    from tests.company import Company

RULEBOOK = "field"
ASSIGN = """mutation ($input: AssignCustomerInput!) { assignCustomer(input: $input) {
  customer { holder { staff { number } } } refusal { code clauses { id } } } }"""
HOLDER = "query ($id: ID!) { customer(id: $id) { version holder { staff { number } } } }"
PROJECT = {"other": [{"name": "project", "value": "滨江一期"}]}


def test_a_project_is_filed_run_and_visited(story: Company) -> None:
    """I6 I8 I9 I12 I13; Tuesday, 24 November 2026."""
    company = story

    # I12: information from any source is filed promptly; who files first has it.
    filed = company.file("seller", "华建集团", "13810008000", visited=False, **PROJECT)
    assert filed["refusal"] is None
    customer = filed["claim"]["customer"]["id"]
    company.advance(minutes=1)
    second = company.file("rival", "华建集团", "13810008000", visited=False, **PROJECT)
    assert (second["refusal"]["code"], [one["id"] for one in second["refusal"]["clauses"]]) == ("NOT_FIRST", ["I12"])

    # I13: the leader decides who runs it; the one who filed need not be the one.
    seen = company.ask("leader", HOLDER, id=customer).data["customer"]
    assert seen["holder"]["staff"] == {"number": "S001"}
    given = {"customer": customer, "to": company.staff("colleague"), "expectedVersion": seen["version"]}
    assigned = company.do("leader", ASSIGN, **given)
    assert (assigned["refusal"], assigned["customer"]["holder"]["staff"]) == (None, {"number": "S002"})

    # I6: visits are recorded on the day, before nine in the evening; later is kept, and shows as late.
    company.advance(hours=8)
    first = company.do("colleague", VISITED, customer=customer, note="谈了设备清单")
    assert (first["refusal"], first["record"]["isLate"], first["record"]["finding"]) == (None, False, "UNVERIFIED")
    assert first["record"]["note"] == "谈了设备清单"
    at = company.clock[0].isoformat()
    company.advance(hours=5)
    late = company.do("colleague", VISITED, customer=customer, occurredAt=at)
    assert late["record"]["isLate"] is True

    # I9: only true visits score; a supervisor finds which are, never her own, and each once.
    mine = [one["id"] for one in nodes(company, "supervisor", RECORDS, filter={"finding": {"eq": "UNVERIFIED"}})]
    assert set(mine) == {first["record"]["id"], late["record"]["id"]}
    found = company.do("supervisor", VERIFY, record=first["record"]["id"], isTrue=True)
    assert (found["refusal"], found["record"]["finding"]) == (None, "VERIFIED")
    assert found["record"]["verifiedBy"] == {"number": "S004"}
    assert company.do("supervisor", VERIFY, record=late["record"]["id"], isTrue=False)["record"]["finding"] == "REFUTED"
    twice = company.do("leader", VERIFY, record=first["record"]["id"], isTrue=False)
    assert (twice["refusal"]["code"], twice["refusal"]["clauses"]) == ("NOT_IN_STATE", [{"id": "I9"}])
    assert nodes(company, "rival", RECORDS) == []
    assert company.ask("rival", "query ($id: ID!) { node(id: $id) { id } }", id=first["record"]["id"]).data == {
        "node": None
    }

    # I8: one point a true visit, thirty due a month; I10: three short and more is a turn at cleaning.
    given = {"staff": company.staff("colleague"), "month": "2026-11"}
    scored = company.ask("colleague", POINTS, **given).data["points"]
    assert (scored["points"], scored["shortfall"], scored["penalty"]) == (1, 29, "cleaning_duty")
    assert "I8" in {one["id"] for one in scored["clauses"]}
    assert company.ask("rival", POINTS, **given).data["points"] is None
