"""What is kept too long, or asked to be forgotten, is destroyed by two people, and a certificate says so (G16)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from records.verification import verify
from tests.journeys.day_documents import RELATE
from tests.journeys.deal_documents import SIGN
from tests.journeys.departure_documents import ANNOUNCE
from tests.journeys.destruction_documents import (
    CANCEL_DESTRUCTION,
    DESTROY,
    DESTRUCTIONS,
    PAPER,
    agreed,
    asked,
    seen,
)
from tests.journeys.filing_documents import review
from tests.journeys.test_the_archive import ARCHIVE, CLAIMS
from tests.journeys.test_the_first_morning import OPEN, SETTLE, nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.company import Company

NOTICES = "query { notices(first: 20) { nodes { kind next customer { id } } } }"
VISIT = """mutation ($input: RecordVisitInput!) { recordVisit(input: $input) { refusal { code clauses { id } } } }"""
COMPLETE = """mutation ($input: CompleteFilingInput!) { completeFiling(input: $input) { refusal { code } } }"""
LOGGED = """query { accessLog(first: 20, filter: {tag: {eq: "customer:destroy"}}) {
  nodes { tag fields allowed customer { id } } } }"""


def told(company: Company, who: str) -> list[tuple[str, str]]:
    """What somebody was told about destructions."""
    kinds = {"DESTRUCTION_DUE", "CUSTOMER_DESTROYED"}
    return [(one["kind"], one["next"]) for one in nodes(company, who, NOTICES) if one["kind"] in kinds]


def test_a_record_whose_time_is_over_is_destroyed_by_two_people_and_certified(
    company_under: Callable[[str], Company],
) -> None:
    """G16 under `database`: three years after the record was archived, and not a day sooner."""
    company = company_under("database")
    named = ("contact_person", "industry", "demand_type", "related_persons")
    filed = company.file(
        "seller", "西溪湿地公园", "13810007101", visited=False, email="park@example.com", address="天目山路518号",
        other=[{"name": name, "value": "有"} for name in named],
    )["claim"]  # fmt: skip
    customer = filed["customer"]["id"]
    over = {"ground": "RETENTION_OVER", "document": None}
    assert asked(company, customer, **over)["refusal"]["code"] == "STILL_RETAINED"
    assert review(company, "supervisor", filed)["claim"]["state"] == "RECORDED"
    (ready,) = nodes(company, "archivist", CLAIMS)
    entry = company.do("archivist", ARCHIVE, claim=ready["id"], expectedVersion=ready["version"])["entry"]
    assert entry["retainUntil"] == "2029-11-23"
    refused = asked(company, customer, **over)["refusal"]
    assert (refused["code"], refused["clauses"]) == ("STILL_RETAINED", [{"id": "G16"}])
    company.advance(days=1095)
    assert asked(company, customer, **over)["refusal"]["code"] == "STILL_RETAINED"
    company.advance(days=1)

    # The archivist asks, and cannot agree to it alone; nobody else may ask.
    assert company.ask("supervisor", DESTROY, input=_request(company, customer)).codes == ["FORBIDDEN"]
    stale = asked(company, customer, **over, expectedVersion=1)["refusal"]
    assert (stale["code"], stale["version"]) == ("STALE", seen(company, "archivist", customer)["version"])
    waiting = asked(company, customer, **over)["destruction"]
    assert (waiting["state"], waiting["certificate"], waiting["viewerCan"]) == ("WAITING", None, ["DESTROY_CUSTOMER"])
    assert asked(company, customer, **over)["refusal"]["code"] == "NOT_IN_STATE"
    assert agreed(company, "archivist", waiting)["refusal"]["code"] == "ANOTHER_PERSON"
    assert told(company, "leader") == [("DESTRUCTION_DUE", "CONFIRM")]
    (due,) = nodes(company, "leader", DESTRUCTIONS, filter={"state": {"eq": "WAITING"}})
    assert due["viewerCan"] == ["APPROVE_DESTRUCTION"]
    before = seen(company, "seller", customer)
    assert (before["name"]["display"], before["destroyedAt"]) == ("西溪湿地公园", None)

    done = agreed(company, "leader", due)["destruction"]
    assert (done["state"], done["isAlone"], done["approvedBy"]["number"]) == ("DESTROYED", False, "S011")
    certificate = done["certificate"]
    assert (certificate["filings"], certificate["keys"], certificate["holds"]) == (1, 1, True)
    assert certificate["sealedValues"] > 1
    assert certificate["indexRows"] > 1
    assert certificate["retainedUntil"] == "2029-11-23"
    assert hashlib.sha256(certificate["text"].encode()).hexdigest() == certificate["digest"]
    assert customer.partition("_")[2] in certificate["text"]
    for secret in ("西溪", "13810007101", "park@"):
        assert secret not in certificate["text"]
    assert told(company, "seller") == [("CUSTOMER_DESTROYED", "NONE")]
    assert told(company, "archivist") == [("CUSTOMER_DESTROYED", "NONE")]
    logged = nodes(company, "auditor", LOGGED)
    assert [(one["fields"], one["customer"]) for one in logged] == [
        (["RETENTION_OVER", certificate["digest"].upper()], None), (["RETENTION_OVER"], None),
    ]  # fmt: skip
    assert company.run(lambda: verify(company.office.rulebook))[1] == []

    # Every reading still works: facts stay, about nobody.
    for who in ("seller", "supervisor", "archivist", "leader"):
        after = seen(company, who, customer)
        assert after["name"] == {"display": "(已销毁)", "isMasked": True, "canReveal": False}
        assert (after["phones"], after["wechat"], after["address"], after["viewerCan"]) == ([], None, None, [])
        assert after["destroyedAt"] is not None
        assert [one["state"] for one in after["claims"]["nodes"]] == ["ARCHIVED"]
    assert company.reveal("seller", customer)["refusal"]["code"] == "DESTROYED"

    # The same person filed again is another customer; and a year later the certificate still holds.
    again = company.filed("rival", "西溪湿地公园", "13810007101", visited=False)
    assert again != customer
    company.advance(days=365)
    assert nodes(company, "archivist", DESTRUCTIONS)[0]["certificate"]["holds"]
    company.sql("DELETE FROM erasure")
    assert not nodes(company, "archivist", DESTRUCTIONS)[0]["certificate"]["holds"]
    broken = company.run(lambda: verify(company.office.rulebook))[1]
    assert {one.table for one in broken} == {"destruction"}


def test_what_a_person_asks_for_waits_for_nothing_but_what_is_open(new_company: Company) -> None:
    """G16, 个人信息保护法 47: a paper is named; a dispute, a deal and a departure are over first."""
    company = new_company
    customer = company.filed("seller", "林静", "13810007110", wechat="lin_jing")
    without = asked(company, customer, document=None)["refusal"]
    assert (without["problems"], without["clauses"]) == ([{"path": ["document"], "code": "REQUIRED"}], [{"id": "G16"}])
    wrong = asked(company, customer, document="abc")["refusal"]
    assert wrong["problems"] == [{"path": ["document"], "code": "NOT_A_DIGEST"}]
    unknown = company.do("archivist", DESTROY, **(_request(company, customer) | {"customer": "cus_" + "0" * 32}))[
        "refusal"
    ]
    assert (unknown["code"], unknown["path"]) == ("NOT_FOUND", ["customer"])

    company.advance(days=1)
    company.file("rival", "林静", "13810007110")
    opened = company.do("rival", OPEN, customer=customer)["dispute"]
    assert asked(company, customer)["refusal"]["code"] == "IN_DISPUTE"
    settled = {"dispute": opened["id"], "to": company.staff("seller"), "expectedVersion": opened["version"]}
    assert company.do("supervisor", SETTLE, **settled)["refusal"] is None
    assert asked(company, customer)["refusal"]["code"] == "IN_DISPUTE"
    company.advance(days=60)
    deal = company.do("seller", SIGN, customer=customer)["deal"]
    assert asked(company, customer)["refusal"]["code"] == "DEAL_NOT_OVER"
    paid = """mutation ($input: RecordPaymentInput!) { recordPayment(input: $input) { refusal { code } } }"""
    company.do("seller", paid, deal=deal["id"], percent="100", expectedVersion=deal["version"])
    leaving = company.do("seller", ANNOUNCE, lastDay="2027-02-28")
    assert leaving["refusal"] is None
    held = asked(company, customer)["refusal"]
    assert (held["code"], held["clauses"]) == ("BEING_HANDED_OVER", [{"id": "G11"}, {"id": "G16"}])
    withdraw = (
        """mutation ($input: WithdrawDepartureInput!) { withdrawDeparture(input: $input) { refusal { code } } }"""
    )
    gone = leaving["departure"]
    company.do("seller", withdraw, departure=gone["id"], expectedVersion=gone["version"])

    # Asked for, taken back; asked for, and nobody agrees for a day; something happens meanwhile: it is asked anew.
    first = asked(company, customer)["destruction"]
    back = {"destruction": first["id"], "expectedVersion": first["version"]}
    assert company.ask("leader", CANCEL_DESTRUCTION, input=_keyed(back)).codes == ["FORBIDDEN"]
    assert company.do("archivist", CANCEL_DESTRUCTION, **back)["destruction"]["state"] == "CANCELLED"
    assert agreed(company, "leader", first)["refusal"]["code"] == "STALE"
    assert agreed(company, "leader", first | {"version": 2})["refusal"]["code"] == "NOT_IN_STATE"
    second = asked(company, customer)["destruction"]
    company.advance(hours=24, seconds=1)
    assert nodes(company, "leader", DESTRUCTIONS, filter={"state": {"eq": "LAPSED"}})[0]["id"] == second["id"]
    assert agreed(company, "leader", second)["refusal"]["code"] == "NOT_IN_STATE"
    third = asked(company, customer)["destruction"]
    company.advance(hours=1)
    assert company.do("seller", VISIT, customer=customer)["refusal"] is None
    changed = agreed(company, "leader", third)["refusal"]
    assert (changed["code"], changed["clauses"]) == ("STALE", [{"id": "G16"}])
    company.do("archivist", CANCEL_DESTRUCTION, destruction=third["id"], expectedVersion=third["version"])

    fourth = asked(company, customer)["destruction"]
    once = _keyed({"destruction": fourth["id"], "expectedVersion": 1})
    agree = agreed(company, "leader", fourth)
    assert (agree["destruction"]["state"], agree["destruction"]["document"]) == ("DESTROYED", PAPER)
    assert agreed(company, "leader", fourth)["refusal"]["code"] == "STALE"
    assert company.do("leader", _agree(), **once)["refusal"]["code"] == "STALE"

    # Nothing is done with them any more; what was is still told, and nothing of theirs is read.
    refused = company.do("seller", VISIT, customer=customer)["refusal"]
    assert (refused["code"], refused["clauses"]) == ("DESTROYED", [{"id": "G16"}])
    claim = seen(company, "seller", customer)["claims"]["nodes"][0]
    said = {"claim": claim["id"], "expectedVersion": 1, "address": "西湖区"}
    assert company.do("seller", COMPLETE, **said)["refusal"]["code"] == "DESTROYED"
    assert company.do("rival", OPEN, customer=customer)["refusal"]["code"] == "DESTROYED"
    other = company.filed("seller", "周敏", "13810007111")
    assert company.do("seller", RELATE, customer=other, to=customer, kind="FRIEND")["refusal"]["code"] == "DESTROYED"
    assert asked(company, customer)["refusal"]["code"] == "DESTROYED"
    assert company.do("seller", ANNOUNCE, lastDay="2027-03-31")["refusal"] is None
    listed = nodes(
        company,
        "supervisor",
        """query { departures(first: 1) { nodes { toHandOver(first: 20) {
      nodes { kind customer { id } } } } } }""",
    )[0]["toHandOver"]["nodes"]
    assert customer not in [one["customer"] and one["customer"]["id"] for one in listed]
    deals = company.ask("seller", "query { deals(first: 5) { nodes { id signedAt customer { id destroyedAt } } } }")
    assert [one["customer"]["id"] for one in deals.data["deals"]["nodes"]] == [customer]
    assert company.run(lambda: verify(company.office.rulebook))[1] == []


def _request(company: Company, customer: str) -> dict[str, Any]:
    given = {
        "customer": customer, "ground": "PERSON_ASKED", "document": PAPER,
        "expectedVersion": seen(company, "archivist", customer)["version"],
    }  # fmt: skip
    return _keyed(given)


def _keyed(given: dict[str, Any]) -> dict[str, Any]:
    return {"idempotencyKey": "0b9f6c1e-6f0a-4f0e-9a53-0d6f6d6f6d6f"} | given


def _agree() -> str:
    return """mutation ($input: ApproveDestructionInput!) { approveDestruction(input: $input) {
      destruction { id } refusal { code } } }"""
