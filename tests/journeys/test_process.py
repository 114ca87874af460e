"""客户流程报备管理制度 (B) as a story: filed on reception, reviewed, assigned, contacted in time, every word kept.

Each step cites its clause; the regulation's own order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.test_layered import form, notices, queue, review
from tests.journeys.test_the_first_morning import CONTACT, nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.company import Company

REFUSAL = "refusal { code clauses { id } path ... on InvalidInput { problems { path code } } ... on Stale { version } }"
HELD = "customer { id version holder { staff { number } team { name } } }"
ASSIGN = f"""mutation ($input: AssignCustomerInput!) {{ assignCustomer(input: $input) {{
  fact {{ id kind by {{ number }} }} {HELD} {REFUSAL} replayed }} }}"""
TAKE_BACK = f"""mutation ($input: TakeBackCustomerInput!) {{ takeBackCustomer(input: $input) {{
  fact {{ id kind }} {HELD} {REFUSAL} replayed }} }}"""
CLAIMS = """query ($filter: ClaimFilter) { claims(first: 50, filter: $filter) { nodes {
  id state contactDueOn claimant { number } customer { id } } } }"""
WORDS = """query ($id: ID!) { customer(id: $id) { version lastContactAt staleFrom viewerCan
  communications(first: 10) { totalCount { value } nodes { kind at by { number } note need feedback } } } }"""
REMINDERS = """{ reminders(first: 20) { totalCount { value } nodes {
  kind lastDay daysLeft mark staff { number } customer { id } } } }"""
SAID = {"other": [{"name": "need", "value": "三室两厅整装"}, {"name": "feedback", "value": "周末看样"}]}


def version(company: Company, who: str, customer: str) -> int:
    """A customer's version as somebody reads it."""
    return company.ask(who, WORDS, id=customer).data["customer"]["version"]


def assign(company: Company, who: str, customer: str, to: str, **more: Any) -> dict[str, Any]:
    """Assign a customer, at the version that the assigner reads."""
    given = {"customer": customer, "to": company.staff(to), "expectedVersion": version(company, who, customer)}
    return company.do(who, ASSIGN, **given | more)


def reminded(company: Company, who: str) -> list[tuple[str, str, int]]:
    """Of what somebody is reminded."""
    found = company.ask(who, REMINDERS).data["reminders"]["nodes"]
    return [(one["kind"], one["lastDay"], one["daysLeft"]) for one in found]


def state(company: Company, who: str, claim: str) -> tuple[str, str | None]:
    """Where a claim stands, and by when its assignee is to make contact."""
    (one,) = [one for one in nodes(company, who, CLAIMS) if one["id"] == claim]
    return one["state"], one["contactDueOn"]


def test_a_customer_is_filed_reviewed_assigned_and_followed_up(company_under: Callable[[str], Company]) -> None:
    """B2–B7 in their order; Tuesday, 24 November 2026."""
    company = company_under("process")

    # B2: sales, customer service, marketing: whoever is in contact with customers files.
    by_service = company.file(
        "service", "郭靖", "13810005000", visited=False, claimant=company.staff("colleague"), channel="PHONE", **SAID
    )
    assert (by_service["refusal"], by_service["claim"]["state"]) == (None, "IN_REVIEW")
    assert [one["kind"] for one in notices(company, "colleague")] == ["FILED_FOR_YOU"]

    # B3: step one; name, contact, need and feedback are asked for, promptly.
    required = [one["name"] for one in form(company, "seller")["fields"] if one["isRequired"]]
    assert required[:6] == ["name", "email", "phone", "wechat", "need", "feedback"]
    company.advance(minutes=1)
    filed = company.file("seller", "黄蓉", "13810005001", visited=False, **SAID)
    claim, customer = filed["claim"], filed["claim"]["customer"]["id"]
    assert (filed["refusal"], claim["state"]) == (None, "IN_REVIEW")

    # B5 before B4: what is not approved is assigned to nobody.
    early = assign(company, "supervisor", customer, "colleague")
    assert (early["refusal"]["code"], [one["id"] for one in early["refusal"]["clauses"]]) == ("NOT_ASSIGNABLE", ["B5"])

    # B4: step two; the department supervisor reviews that information and need are real.
    assert [one["claim"]["id"] for one in queue(company, "supervisor")] == [by_service["claim"]["id"], claim["id"]]
    company.advance(minutes=30)
    assert review(company, "supervisor", claim)["claim"]["state"] == "RECORDED"
    (told,) = notices(company, "seller", kind={"eq": "FILING_APPROVED"})
    assert told["next"] == "WAIT_FOR_ASSIGNMENT"

    # B5: step three; the supervisor assigns a named employee, on record: who, to whom, when.
    company.advance(minutes=30)
    assert company.ask("colleague", ASSIGN, input={
        "idempotencyKey": "00000000-0000-4000-8000-000000000001", "customer": customer,
        "to": company.staff("colleague"), "expectedVersion": 1,
    }).codes == ["FORBIDDEN"]  # fmt: skip
    stale = assign(company, "supervisor", customer, "colleague", expectedVersion=99)
    assert stale["refusal"]["code"] == "STALE"
    assigned = assign(company, "supervisor", customer, "colleague", reason="熟悉该小区")
    assert (assigned["refusal"], assigned["fact"]["kind"], assigned["fact"]["by"]) == (
        None,
        "ASSIGN",
        {"number": "S004"},
    )
    assert assigned["customer"]["holder"] == {"staff": {"number": "S002"}, "team": {"name": "红队"}}
    (told,) = notices(company, "colleague", kind={"eq": "CUSTOMER_ASSIGNED"})
    assert (told["next"], told["customer"]["id"]) == ("CONTACT", customer)

    # B6: step four; contact within two working days: Thursday. Who is late is seen by the clock alone.
    assert state(company, "supervisor", claim["id"]) == ("ASSIGNED", "2026-11-26")
    assert reminded(company, "colleague") == [("CONTACT", "2026-11-26", 2)]
    company.advance(days=3)
    assert state(company, "supervisor", claim["id"]) == ("OVERDUE", None)
    overdue = nodes(company, "supervisor", CLAIMS, filter={"state": {"eq": "OVERDUE"}})
    assert [one["id"] for one in overdue] == [claim["id"]]
    assert reminded(company, "colleague") == []

    # The supervisor takes the customer back and assigns somebody else; both are told.
    back = company.do(
        "supervisor", TAKE_BACK, customer=customer, expectedVersion=version(company, "supervisor", customer)
    )
    assert (back["refusal"], back["customer"]["holder"]["staff"]) == (None, {"number": "S004"})
    assert notices(company, "colleague")[0]["kind"] == "CUSTOMER_TAKEN_BACK"
    again = company.do(
        "supervisor", TAKE_BACK, customer=customer, expectedVersion=version(company, "supervisor", customer)
    )
    assert again["refusal"]["code"] == "NOT_ASSIGNABLE"
    company.advance(minutes=1)
    assert assign(company, "supervisor", customer, "seller")["refusal"] is None
    assert state(company, "supervisor", claim["id"]) == ("ASSIGNED", "2026-12-01")

    # B7: step five; every communication is kept, with feedback and changes of need.
    company.advance(hours=1)
    talked = company.do("seller", CONTACT, customer=customer, note="电话沟通", need="改为四室", feedback="报价偏高")
    assert talked["refusal"] is None
    company.advance(hours=1)
    company.do("seller", CONTACT, customer=customer)
    assert state(company, "supervisor", claim["id"]) == ("ASSIGNED", None)
    words = company.ask("supervisor", WORDS, id=customer).data["customer"]
    assert words["communications"]["totalCount"] == {"value": 2}
    assert words["communications"]["nodes"][1] == {
        "kind": "CONTACT", "at": words["communications"]["nodes"][1]["at"], "by": {"number": "S001"},
        "note": "电话沟通", "need": "改为四室", "feedback": "报价偏高",
    }  # fmt: skip
    assert words["staleFrom"] == "2026-12-12"
    assert company.ask("rival", WORDS, id=customer).data == {"customer": None}
