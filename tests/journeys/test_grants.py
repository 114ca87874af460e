"""A superior's word, for a time, by which somebody sees a customer in the clear (E10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.company import REVEAL
from tests.journeys.deal_documents import SIGN
from tests.journeys.destruction_documents import agreed as destroyed_by
from tests.journeys.destruction_documents import asked as asked_to_destroy
from tests.journeys.filing_documents import notices
from tests.journeys.grant_documents import (
    GRANTS,
    OFFER_GRANT,
    REFUSE_GRANT,
    REQUEST_GRANT,
    WAITING,
    WITHDRAW_GRANT,
    given,
    on,
    requested,
    until,
)
from tests.journeys.test_the_first_morning import CUSTOMERS, LOG, OPEN, nodes

if TYPE_CHECKING:
    from tests.company import Company

READ = """mutation ($input: ReadPapersInput!) { readPapers(input: $input) { papers { kind texts }
  refusal { code clauses { id } } } }"""


def read(company: Company, of: str) -> dict[str, Any]:
    """What reading the papers of something gives the archivist."""
    look = {"of": of, "purpose": "DISPUTE_REVIEW"}
    return company.ask("archivist", READ, input=look).data["readPapers"]


def can_reveal(company: Company, who: str) -> dict[str, bool]:
    """Which contact fields of the latest customer somebody is told that they may reveal."""
    (one,) = nodes(company, who, CUSTOMERS)[:1]
    return {"name": one["name"]["canReveal"], "phones": one["phones"][0]["canReveal"]}


def test_a_grant_is_asked_for_given_used_and_over_by_the_clock(company: Company) -> None:
    """E10: one person, one customer, one purpose, eight hours at most; the entry of each look names the grant."""
    customer = company.filed("seller", "苏荷", "13810022000")
    refused = company.reveal("service", customer)["refusal"]
    assert refused["code"] == "GRANT_NEEDED"
    words = company.do("service", REVEAL.replace("code path", "code path message clauses { id }"),
                       customer=customer, fields=["NAME"], purpose="FOLLOW_UP")["refusal"]  # fmt: skip
    assert "requestGrant" in words["message"]
    assert words["clauses"] == [{"id": "E10"}]

    # Asked for by whoever needs it; nobody else, and nothing that one may see without it.
    for who in ("seller", "supervisor", "reception", "auditor", "administrator"):
        asked = {"idempotencyKey": "0b9f6c1e-6f0a-4f0e-9a53-0d6f6d6f6d71", "customer": customer, "fields": ["NAME"],
                 "purpose": "FOLLOW_UP", "reason": "想看"}  # fmt: skip
        assert company.ask(who, REQUEST_GRANT, input=asked).codes == ["FORBIDDEN"]
    for wrong, path in (({"fields": []}, "fields"), ({"reason": " "}, "reason"), ({"papers": True}, "papers")):
        assert requested(company, "service", customer, **wrong)["refusal"]["problems"][0]["path"] == [path]
    foreign = company.filed("rival", "别队", "13810022009")
    assert requested(company, "service", foreign)["refusal"]["code"] == "NOT_FOUND"
    assert requested(company, "service", "cus_" + "0" * 32)["refusal"]["code"] == "NOT_FOUND"
    grant = requested(company, "service", customer)["grant"]
    assert (grant["state"], grant["reason"], grant["uses"]) == ("REQUESTED", "客户来电,需回访", 0)
    assert requested(company, "service", customer)["refusal"]["code"] == "NOT_IN_STATE"
    assert grant["viewerCan"] == ["WITHDRAW_GRANT"]

    # The supervisor of the customer's team has it in the queue, another's has not.
    assert [(one["kind"], one["next"]) for one in notices(company, "supervisor")] == [("GRANT_REQUESTED", "DECIDE")]
    assert notices(company, "rival_supervisor") == []
    (waiting,) = nodes(company, "supervisor", GRANTS, filter=WAITING)
    assert (waiting["id"], waiting["viewerCan"]) == (grant["id"], ["GIVE_GRANT", "REFUSE_GRANT", "WITHDRAW_GRANT"])
    assert nodes(company, "rival_supervisor", GRANTS) == nodes(company, "archivist", GRANTS) == []
    assert given(company, "rival_supervisor", waiting)["refusal"]["code"] == "NOT_FOUND"
    for hours in (0, -1, 9):
        assert given(company, "supervisor", waiting, hours=hours)["refusal"]["problems"][0]["path"] == ["until"]
    company.advance(minutes=1)
    done = given(company, "supervisor", waiting, hours=8, note="仅限今日")["grant"]
    assert (done["state"], done["answer"], done["decidedBy"]) == ("GIVEN", "仅限今日", {"number": "S004"})
    assert [(one["kind"], one["next"]) for one in notices(company, "service")] == [("GRANT_GIVEN", "REVEAL")]
    assert given(company, "supervisor", waiting)["refusal"]["code"] == "STALE"
    assert given(company, "supervisor", done)["refusal"]["code"] == "NOT_IN_STATE"

    # It opens what it names, for its purpose, to whom it was given; each use is counted, and its entry names it.
    assert can_reveal(company, "service") == {"name": True, "phones": True}
    for _ in range(2):
        shown = company.reveal("service", customer)
        assert (shown["refusal"], shown["contact"]["phones"]) == (None, ["+8613810022000"])
    assert company.reveal("service", customer, "WECHAT")["refusal"]["code"] == "GRANT_NEEDED"
    assert company.reveal("service", customer, purpose="COMPLAINT")["refusal"]["code"] == "GRANT_NEEDED"
    assert company.reveal("archivist", customer)["refusal"]["code"] == "GRANT_NEEDED"
    (after,) = nodes(company, "supervisor", GRANTS)
    assert (after["uses"], after["version"]) == (2, done["version"])
    with_grant = LOG.replace("tag ", "tag grant ", 1)
    looks = nodes(company, "supervisor", with_grant, filter={"tag": {"eq": "contact:reveal"}})
    by_service = [(one["allowed"], one["grant"]) for one in looks if one["actor"] == {"number": "S008"}]
    assert by_service[:4] == [(False, None), (False, None), (True, grant["id"]), (True, grant["id"])]

    # It is over by the clock alone; then another one may be asked for.
    company.advance(hours=8)
    assert company.reveal("service", customer)["refusal"]["code"] == "GRANT_NEEDED"
    (over,) = nodes(company, "service", GRANTS)
    assert (over["state"], over["viewerCan"]) == ("EXPIRED", [])
    assert on(company, "supervisor", WITHDRAW_GRANT, over)["refusal"]["code"] == "NOT_IN_STATE"
    again = requested(company, "service", customer)["grant"]
    refusal = on(company, "supervisor", REFUSE_GRANT, again, reason="不必再看")["grant"]
    assert (refusal["state"], refusal["answer"]) == ("REFUSED", "不必再看")
    assert company.reveal("service", customer)["refusal"]["code"] == "GRANT_NEEDED"


def test_a_grant_opens_no_more_than_its_givers_team_has(company: Company) -> None:
    """E10 G10: of a customer whom two teams filed, the giver's filing alone; a grant is withdrawn, and given back."""
    customer = company.filed("seller", "甲", "13800009001", wechat="red_1")
    company.advance(days=1)
    company.file("rival", "乙", "13800009001", wechat="blue_1", visited=False)
    offered: dict[str, Any] = {
        "customer": customer, "fields": ["NAME", "WECHAT"], "purpose": "QUALITY_CHECK", "reason": "质检抽查",
    }  # fmt: skip
    to = {"staff": company.staff("archivist"), "until": until(company, hours=1)}
    late = company.do("rival_supervisor", OFFER_GRANT, **offered, **to | {"until": until(company, hours=9)})
    assert late["refusal"]["problems"][0]["path"] == ["until"]
    assert company.do("rival_supervisor", OFFER_GRANT, **offered, **to | {"staff": company.staff("seller")})[
        "refusal"
    ]["code"] == "NOT_FOUND"  # fmt: skip
    oneself = {"idempotencyKey": "0b9f6c1e-6f0a-4f0e-9a53-0d6f6d6f6d72"} | offered | to
    oneself["staff"] = company.staff("rival_supervisor")
    assert company.ask("rival_supervisor", OFFER_GRANT, input=oneself).codes == ["FORBIDDEN"]
    grant = company.do("rival_supervisor", OFFER_GRANT, **offered, **to)["grant"]
    assert (grant["state"], grant["reason"], grant["answer"]) == ("GIVEN", None, "质检抽查")
    assert [one["kind"] for one in notices(company, "archivist")] == ["GRANT_GIVEN"]

    shown = company.reveal("archivist", customer, "NAME", "WECHAT", purpose="QUALITY_CHECK")["contact"]
    assert (shown["name"], shown["wechat"]) == ("乙", "blue_1")
    of = {"customer": {"eq": customer}}
    assert nodes(company, "supervisor", GRANTS, filter=of) == []
    assert on(company, "supervisor", WITHDRAW_GRANT, grant)["refusal"]["code"] == "NOT_FOUND"
    company.advance(minutes=1)
    gone = on(company, "rival_supervisor", WITHDRAW_GRANT, grant, reason="质检已完成")["grant"]
    assert (gone["state"], gone["uses"], gone["withdrawnBy"]) == ("WITHDRAWN", 1, {"number": "S005"})
    assert [one["kind"] for one in notices(company, "archivist")] == ["GRANT_WITHDRAWN", "GRANT_GIVEN"]
    after = company.reveal("archivist", customer, "NAME", "WECHAT", purpose="QUALITY_CHECK")
    assert after["refusal"]["code"] == "GRANT_NEEDED"

    # Whoever asked for one, or holds one, gives it back; so may nobody else.
    company.advance(minutes=1)
    asked = requested(company, "leader", customer)["grant"]
    assert on(company, "service", WITHDRAW_GRANT, asked)["refusal"]["code"] == "NOT_FOUND"
    assert on(company, "leader", WITHDRAW_GRANT, asked)["grant"]["state"] == "WITHDRAWN"
    assert on(company, "leader", WITHDRAW_GRANT, asked)["refusal"]["code"] == "STALE"
    assert requested(company, "project_leader", customer)["refusal"] is None


def test_papers_are_read_by_a_grant_where_a_grant_is_needed(company: Company) -> None:
    """E10: the archivist reads what the giver's team brought, and what was decided; the others need no grant."""
    customer = company.filed("seller", "丙", "13800009002")
    company.advance(days=1)
    company.file("rival", "丙", "13800009002", visited=False)
    dispute = company.do("rival", OPEN, customer=customer, statement="我方先到")["dispute"]["id"]
    assert read(company, dispute)["refusal"] == {"code": "GRANT_NEEDED", "clauses": [{"id": "E10"}]}
    assert requested(company, "leader", customer, papers=True)["refusal"]["problems"][0]["path"] == ["papers"]

    for giver, texts in (("supervisor", []), ("rival_supervisor", [["我方先到"]])):
        company.advance(minutes=1)
        grant = requested(company, "archivist", customer, fields=[], papers=True, purpose="DISPUTE_REVIEW")["grant"]
        grant = given(company, giver, grant)["grant"]
        papers = read(company, dispute)
        assert (papers["refusal"], [one["texts"] for one in papers["papers"]]) == (None, texts)
        assert on(company, giver, WITHDRAW_GRANT, grant)["grant"]["uses"] == 1
    deal = company.do("seller", SIGN, customer=customer)["deal"]["id"]
    assert read(company, deal)["refusal"]["code"] == "GRANT_NEEDED"


def test_a_grant_says_nothing_once_its_customers_data_are_destroyed(company: Company) -> None:
    """G16: what was said of it opens no more, and what it gave opens nothing."""
    customer = company.filed("seller", "丁", "13800009003")
    asked = requested(company, "leader", customer)["grant"]
    assert given(company, "supervisor", asked)["refusal"] is None
    assert destroyed_by(company, "leader", asked_to_destroy(company, customer)["destruction"])["refusal"] is None
    assert company.reveal("leader", customer)["refusal"]["code"] == "DESTROYED"
    (one,) = nodes(company, "leader", GRANTS, filter={"customer": {"eq": customer}})
    assert (one["reason"], one["answer"]) == (None, None)
    assert on(company, "leader", WITHDRAW_GRANT, one)["refusal"]["code"] == "DESTROYED"
    assert on(company, "rival_supervisor", WITHDRAW_GRANT, one)["refusal"]["code"] == "NOT_FOUND"
    assert requested(company, "archivist", customer)["refusal"]["code"] == "DESTROYED"
