"""客户备案管理制度 (E) as a story: sales verify, customer service enters, what is sensitive goes to the superior.

Each step cites its clause; the regulation's own order. Tuesday, 24 November 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.company import RED
from tests.journeys.edition_documents import DRAFT, PUBLISH
from tests.journeys.filing_documents import form, notices, queue, review
from tests.journeys.grant_documents import given as granted
from tests.journeys.grant_documents import requested
from tests.journeys.inspection_documents import FIND as FINDING
from tests.journeys.inspection_documents import SAMPLED, on, opened
from tests.journeys.test_offences import EVIDENCE, RECORD
from tests.journeys.test_the_first_morning import CUSTOMERS, FIND, LOG, nodes
from tests.journeys.test_upkeep import correct

if TYPE_CHECKING:
    from tests.company import Company

RULEBOOK = "records"
ENTERED = "query ($id: ID!) { claim(id: $id) { version claimant { number } enteredBy { number } } }"


def said(*, sensitive: bool = False) -> dict[str, Any]:
    """What customer service enters of a customer."""
    fields = [{"name": "need", "value": "三室两厅整装"}]
    if sensitive:
        fields.append({"name": "sensitive", "value": "true"})
    return {"other": fields}


def test_customer_service_enters_what_sales_verified_and_the_superior_hears_of_what_is_sensitive(
    story: Company,
) -> None:
    """E2 to E14."""
    company = story
    for_seller = {"visited": False, "claimant": company.staff("seller"), "channel": "FORM"}

    # E3: sales verify before anything is entered; without their mark nothing is.
    unverified = company.file("service", "苏荷", "13810022000", **for_seller, **said())
    assert [one["path"] for one in unverified["refusal"]["problems"]] == [["isVerified"]]
    assert [one["id"] for one in unverified["refusal"]["clauses"]] == ["E3"]

    # E2: sales collect, customer service enters; the claim is the salesperson's, who is told.
    filed = company.file("service", "苏荷", "13810022000", **for_seller, isVerified=True, **said())
    assert (filed["refusal"], filed["claim"]["state"]) == (None, "RECORDED")
    entered = company.ask("service", ENTERED, id=filed["claim"]["id"]).data["claim"]
    assert (entered["claimant"], entered["enteredBy"]) == ({"number": "S001"}, {"number": "S008"})
    assert [one["kind"] for one in notices(company, "seller")] == ["FILED_FOR_YOU"]

    # E4: the file has name, contact and need.
    required = [one["name"] for one in form(company, "service")["fields"] if one["isRequired"]]
    assert set(required) >= {"name", "email", "phone", "wechat", "need"}

    # E5: nothing of it goes out: contacts are masked for everybody, and customer service opens none without a grant.
    customer = filed["claim"]["customer"]["id"]
    shown = nodes(company, "service", CUSTOMERS)[0]
    assert shown["phones"][0]["display"] == "1381002****"
    given = {"customer": customer, "fields": ["PHONES"], "purpose": "FOLLOW_UP"}
    reveal = """mutation ($input: RevealContactInput!) { revealContact(input: $input) {
      contact { phones } accessEntry { grant } refusal { code clauses { id } } } }"""
    refused = company.ask("service", reveal, input=given).data["revealContact"]["refusal"]
    assert (refused["code"], refused["clauses"]) == ("GRANT_NEEDED", [{"id": "E10"}])

    # E6: customer service keeps files fresh; a file has the day from which it is stale.
    stale = company.ask("service", "query ($id: ID!) { customer(id: $id) { staleFrom } }", id=customer).data
    assert stale["customer"]["staleFrom"] is not None
    right = correct(company, "service", filed["claim"] | {"version": entered["version"]}, wechat="suhe_2026")
    assert (right["refusal"], right["correction"]["changed"]) == (None, ["wechat"])

    # E7: sales and customer service ask as they need to, and each question leaves its entry.
    for who in ("seller", "service"):
        assert [one["id"] for one in company.do(who, FIND, phone="13810022000")["customers"]] == [customer]
    asked = nodes(company, "supervisor", LOG, filter={"tag": {"eq": "customer:find"}})
    assert {one["actor"]["number"] for one in asked} == {"S001", "S008"}

    # E8: what is sensitive is reported to the superior before it counts.
    company.advance(minutes=1)
    secret = company.file("service", "某局长", "13810022001", **for_seller, isVerified=True, **said(sensitive=True))
    assert secret["claim"]["state"] == "IN_REVIEW"
    (waiting,) = queue(company, "supervisor")
    assert waiting["claim"]["id"] == secret["claim"]["id"]

    # E10: it is used after the superior's word alone.
    company.advance(hours=1)
    assert review(company, "supervisor", waiting["claim"])["claim"]["state"] == "RECORDED"
    sensitive = {"customer": secret["claim"]["customer"]["id"], "fields": ["PHONES"], "purpose": "FOLLOW_UP"}
    assert company.ask("service", reveal, input=sensitive).data["revealContact"]["refusal"]["code"] == "GRANT_NEEDED"
    grant = requested(company, "service", sensitive["customer"], reason="客户来电,需回访")["grant"]
    grant = granted(company, "supervisor", grant, hours=2)["grant"]
    shown = company.ask("service", reveal, input=sensitive).data["revealContact"]
    assert (shown["contact"], shown["accessEntry"]) == ({"phones": ["+8613810022001"]}, {"grant": grant["id"]})
    assert company.ask("service", reveal, input=given).data["revealContact"]["refusal"]["code"] == "GRANT_NEEDED"
    company.advance(hours=2)
    assert company.ask("service", reveal, input=sensitive).data["revealContact"]["refusal"]["code"] == "GRANT_NEEDED"

    # E11: a leader looks the filings over, and names the day by which what is found is put right.
    today = company.clock[0].date().isoformat()
    assert opened(company, "leader", RED, size=1, toDay=today)["inspection"]["sampled"] == 1
    (item,) = nodes(company, "leader", SAMPLED)
    assert on(company, "leader", FINDING, item, finding="LATE", dueOn="2026-12-31")["item"]["state"] == "OPEN"

    # E12: sanctions go up to the end of the contract.
    leak = {"staff": company.staff("seller"), "kind": "LEAK", "evidence": EVIDENCE}
    assert [company.do("supervisor", RECORD, **leak)["offence"]["step"] for _ in range(3)] == [
        "WARNING", "DEMERIT", "DISMISSAL",
    ]  # fmt: skip

    # E14: an edition needs a leader's word and takes effect on its day, none of the past without a reason of its own.
    changes = [{"parameter": "follow.stale_days", "value": "20"}]
    draft = company.do("leader", DRAFT, title="备案制度修订", changes=changes)
    assert draft["refusal"] is None
    edition = {"edition": draft["edition"]["id"], "expectedVersion": draft["edition"]["version"]}
    back = company.do("leader", PUBLISH, **edition, effectiveOn="2026-11-01")
    assert back["refusal"]["code"] == "INVALID_INPUT"
    published = company.do("leader", PUBLISH, **edition, effectiveOn="2026-12-01")
    assert (published["refusal"], published["edition"]["approvedBy"]) == (None, {"name": "员工leader"})
