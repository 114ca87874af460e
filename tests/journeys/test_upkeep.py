"""A customer's file kept up: contact data put right, confirmed where it matters, and those concerned told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.filing_documents import REFUSAL, review
from tests.journeys.test_the_first_morning import FIND, nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.company import Company

CORRECTED = """correction { id state changed version viewerCan proposedBy { number } judgedBy { number }
  contact { name phones wechat email address building } } claim { id version state customer { id } }"""
CORRECT = f"""mutation ($input: CorrectContactInput!) {{ correctContact(input: $input) {{
  {CORRECTED} replayed {REFUSAL} }} }}"""
JUDGE = f"""mutation ($input: JudgeCorrectionInput!) {{ judgeCorrection(input: $input) {{
  {CORRECTED} replayed {REFUSAL} }} }}"""
CORRECTIONS = """query ($filter: CorrectionFilter) { corrections(first: 20, filter: $filter) {
  totalCount { value } nodes { id state changed version viewerCan contact { phones address } } } }"""
CHANGED = "{ notices(first: 5) { nodes { kind next changed claim { id } } } }"
KEY = "00000000-0000-4000-8000-000000000000"
OLD, NEW = "13810008000", "13810008001"


LINK = f"""mutation ($input: LinkCustomersInput!) {{ linkCustomers(input: $input) {{
  customer {{ id version }} replayed {REFUSAL} }} }}"""
SPLIT = f"""mutation ($input: SplitCustomerInput!) {{ splitCustomer(input: $input) {{
  customer {{ id version }} replayed {REFUSAL} }} }}"""
VERSION = "query ($id: ID!) { customer(id: $id) { version claims(first: 9) { nodes { id } } } }"


def correct(company: Company, who: str, claim: dict[str, Any], **right: Any) -> dict[str, Any]:
    """Put a claim's contact data right."""
    return company.do(who, CORRECT, claim=claim["id"], expectedVersion=claim["version"], **right)


def test_an_important_change_waits_for_the_supervisor_and_those_concerned_hear_of_it(
    company_under: Callable[[str], Company],
) -> None:
    """G12–G14 C10 E6; Tuesday, 24 November 2026, under `database`."""
    company = company_under("database")
    named = ("contact_person", "industry", "demand_type", "related_persons")
    filed = company.file(
        "seller", "西溪湿地公园", OLD, visited=False, email="park@example.com", address="天目山路518号",
        other=[{"name": name, "value": "有"} for name in named],
    )["claim"]  # fmt: skip
    claim = review(company, "supervisor", filed)["claim"]
    customer = filed["customer"]["id"]

    # G13: phone and address are important here; until the supervisor's word everything stands as it was.
    company.advance(hours=1)
    proposed = correct(company, "seller", claim, phones=[NEW], address="文二西路1号院8栋", reason="客户搬迁")
    correction = proposed["correction"]
    assert (proposed["refusal"], correction["state"]) == (None, "PENDING")
    assert correction["changed"] == ["address", "phone"]
    assert correction["contact"] == {
        "name": None, "phones": ["1381000****"], "wechat": None, "email": None, "address": "文二西****",
        "building": None,
    }  # fmt: skip
    assert correction["viewerCan"] == []
    assert company.reveal("seller", customer, "PHONES", "ADDRESS")["contact"]["phones"] == [f"+86{OLD}"]
    again = correct(company, "seller", proposed["claim"], phones=[NEW])
    assert (again["refusal"]["code"], again["refusal"]["clauses"]) == ("NOT_IN_STATE", [{"id": "G13"}])
    word = {"correction": correction["id"], "expectedVersion": 1, "isConfirmed": True}
    assert company.ask("seller", JUDGE, input={**word, "idempotencyKey": KEY}).codes
    assert company.do("rival_supervisor", JUDGE, **word)["refusal"]["code"] == "NOT_FOUND"
    assert nodes(company, "rival_supervisor", CORRECTIONS) == []

    # The supervisor is asked, sees it masked, and confirms; the seller hears which fields changed (G14).
    asked = nodes(company, "supervisor", CHANGED)[0]
    assert (asked["kind"], asked["next"], asked["changed"]) == ("CORRECTION_DUE", "CONFIRM", ["address", "phone"])
    (waiting,) = nodes(company, "supervisor", CORRECTIONS, filter={"state": {"eq": "PENDING"}})
    assert waiting["viewerCan"] == ["JUDGE_CORRECTION"]
    company.advance(hours=1)
    confirmed = company.do("supervisor", JUDGE, **word)
    assert (confirmed["refusal"], confirmed["correction"]["state"]) == (None, "CONFIRMED")
    assert confirmed["correction"]["judgedBy"] == {"number": "S004"}
    assert nodes(company, "seller", CHANGED)[0] == {
        "kind": "CONTACT_CORRECTED", "next": "NONE", "changed": ["address", "phone"], "claim": {"id": claim["id"]},
    }  # fmt: skip
    assert company.do("supervisor", JUDGE, **(word | {"expectedVersion": 2}))["refusal"]["code"] == "NOT_IN_STATE"

    # It is sealed, and found by what is right alone.
    contact = company.reveal("seller", customer, "PHONES", "ADDRESS")["contact"]
    assert (contact["phones"], contact["address"]) == ([f"+86{NEW}"], "文二西路1号院8栋")
    assert [one["id"] for one in company.do("seller", FIND, phone=NEW)["customers"]] == [customer]
    assert company.do("seller", FIND, phone=OLD)["customers"] == []

    # What is not important is put right at once; what a supervisor changes needs nobody else's word.
    company.advance(minutes=1)
    mailed = correct(company, "seller", confirmed["claim"], email="office@example.com")
    assert mailed["correction"]["state"] == "APPLIED"
    company.advance(minutes=1)
    moved = correct(company, "supervisor", mailed["claim"], address="文三路2号")
    assert moved["correction"]["state"] == "APPLIED"
    assert nodes(company, "seller", CHANGED)[0]["changed"] == ["address"]

    # A rejection needs its reason, changes nothing, and the proposer is told.
    renamed = correct(company, "archivist", moved["claim"], name="西溪国家湿地公园")
    assert renamed["correction"]["state"] == "PENDING"
    no = {"correction": renamed["correction"]["id"], "expectedVersion": 1, "isConfirmed": False}
    assert company.do("leader", JUDGE, **no)["refusal"]["problems"] == [{"path": ["reason"], "code": "REQUIRED"}]
    company.advance(minutes=1)
    assert company.do("leader", JUDGE, **no, reason="名称与营业执照不符")["correction"]["state"] == "REJECTED"
    assert nodes(company, "archivist", CHANGED)[0]["kind"] == "CORRECTION_REJECTED"
    assert company.reveal("seller", customer, "NAME")["contact"]["name"] == "西溪湿地公园"


def test_a_phone_put_right_links_who_is_one_and_tells_of_who_may_be(new_company: Company) -> None:
    """A7: as a filing tells it; customer service puts right what the seller filed (E6)."""
    company = new_company
    first = company.file("seller", "甲", "13810008010")["claim"]
    other = company.file("colleague", "乙", "13810008011")["claim"]
    maybe = correct(company, "service", first, phones=["1381000****"])
    assert (maybe["refusal"]["code"], maybe["correction"]["state"]) == ("POSSIBLE_MATCH", "APPLIED")
    linked = correct(company, "service", maybe["claim"], phones=["13810008011"])
    assert linked["claim"]["customer"]["id"] == first["customer"]["id"]
    claims = company.ask("seller", "query ($id: ID!) { customer(id: $id) { claims(first: 9) { nodes { id } } } }",
                         id=first["customer"]["id"]).data["customer"]["claims"]["nodes"]  # fmt: skip
    assert {one["id"] for one in claims} == {first["id"], other["id"]}
    for who in ("reception", "rival", "leader"):
        right = {"claim": first["id"], "expectedVersion": 9, "name": "丙"}
        answer = company.ask(who, CORRECT, input={**right, "idempotencyKey": KEY})
        refused = who == "rival" and answer.data["correctContact"]["refusal"]["code"] == "NOT_FOUND"
        assert refused or answer.codes == ["FORBIDDEN"], who
    silent = correct(company, "seller", linked["claim"], reason="无")["refusal"]
    assert silent["problems"] == [{"path": ["phones"], "code": "REQUIRED"}]
    assert correct(company, "seller", first, name="丁")["refusal"]["code"] == "STALE"


def test_the_archivist_makes_customers_one_and_parts_them_again(new_company: Company) -> None:
    """C10: with a reason, over what the law decides anew; those who hold hear of it."""
    company = new_company
    first = company.file("seller", "甲", "13810008020")["claim"]
    company.advance(days=1)
    second = company.file("rival", "甲", "13810008021")["claim"]

    def version(customer: str) -> int:
        return company.ask("archivist", VERSION, id=customer).data["customer"]["version"]

    one, other = first["customer"]["id"], second["customer"]["id"]
    both = {"customer": other, "into": one, "expectedVersion": version(other), "intoVersion": version(one)}
    assert company.do("supervisor", LINK, **both, reason="同一人")["refusal"]["path"] == ["customer"]
    silent = company.do("archivist", LINK, **both, reason=" ")["refusal"]
    assert silent["problems"] == [{"path": ["reason"], "code": "REQUIRED"}]
    done = company.do("archivist", LINK, **both, reason="同一人,两个号码")
    assert (done["refusal"], done["customer"]["id"]) == (None, one)
    whole = company.ask("archivist", VERSION, id=one).data["customer"]
    assert {claim["id"] for claim in whole["claims"]["nodes"]} == {first["id"], second["id"]}
    assert nodes(company, "rival", CHANGED)[0]["kind"] == "CUSTOMERS_LINKED"
    company.advance(hours=1)
    stale = company.do("archivist", SPLIT, claim=second["id"], expectedVersion=1, reason="兄弟二人")["refusal"]
    assert (stale["code"], stale["version"]) == ("STALE", whole["version"])
    parted = company.do("archivist", SPLIT, claim=second["id"], expectedVersion=whole["version"], reason="兄弟二人")
    assert (parted["refusal"], parted["customer"]["id"]) == (None, other)
    assert nodes(company, "rival", CHANGED)[0]["kind"] == "CUSTOMERS_SPLIT"
    alone = company.ask("archivist", VERSION, id=one).data["customer"]
    assert [claim["id"] for claim in alone["claims"]["nodes"]] == [first["id"]]
    assert company.ask("seller", LINK, input={**both, "reason": "x", "idempotencyKey": KEY}).codes == ["FORBIDDEN"]
