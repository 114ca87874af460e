"""业务部报备制度及业绩界定 (H) as a story: messages to the store, designers, who ordered with whom, rebates, disputes.

Each step cites its clause; the regulation's own order, as far as the days allow. From Tuesday, 24 November 2026.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.journeys.deal_documents import CONCEDE, DEAL, FINISH, ORDER, PAY, SETTLE_REBATE, VISIT
from tests.journeys.filing_documents import form, notices
from tests.journeys.test_offences import LIST
from tests.journeys.test_overview import ROUND, TRACK
from tests.journeys.test_proceedings import APPEAL, DECIDE, LOSE, OPEN, SETTLE
from tests.journeys.test_the_first_morning import COMPLETE, nodes
from tests.journeys.test_the_last_day import holder

if TYPE_CHECKING:
    from tests.company import Company

RULEBOOK = "store"
REFUSAL = "refusal { code clauses { id } path ... on InvalidInput { problems { path code } } }"
DESIGNER = f"""mutation ($input: NameDesignerInput!) {{ nameDesigner(input: $input) {{
  claim {{ id type state missing claimant {{ number name }} enteredBy {{ number }} customer {{ id }} }}
  {REFUSAL} replayed }} }}"""


def test_a_designer_is_named_on_a_filing_later_and_has_a_filing_of_their_own(
    story: Company,
) -> None:
    """H2 H3 H8 H12: before the order; the store is told."""
    company = story

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


def by_message(company: Company, who: str, name: str, *phones: str, **more: Any) -> dict[str, Any]:
    """File a customer whom nobody has brought in yet."""
    return company.file(who, name, *phones, visited=False, **more)


def earned(company: Company, deal: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Who earns what by a deal; the store where it is nobody's."""
    credit = company.ask("leader", DEAL, id=deal["id"]).data["deal"]["credit"]
    return sorted(
        ((one["staff"] or one["team"] or {"name": "店面"})["name"], one["bookedAs"], one["share"]) for one in credit
    )


def test_the_store_files_too_and_what_a_filing_has_to_say(story: Company) -> None:
    """H3 H4 H6 H8 H13."""
    company = story
    store = {"visited": False, "type": "STORE", "channel": "ON_SITE"}

    # H3: store staff file walk-ins with their date, which governs; undated it is nothing.
    undated = company.file("store", "散客", "13810011000", **store)
    assert (undated["claim"]["state"], undated["claim"]["missing"]) == ("RETURNED", ["date"])
    dated = company.do("store", COMPLETE, claim=undated["claim"]["id"], expectedVersion=1,
                       other=[{"name": "date", "value": "2026-11-24"}])  # fmt: skip
    assert dated["claim"]["state"] == "RECORDED"
    company.advance(days=1)
    kept_out = by_message(company, "seller", "散客", "13810011000")
    assert "H3" in {one["id"] for one in kept_out["refusal"]["clauses"]}
    assert holder(company, undated["claim"]["customer"]["id"]) is None

    # H4: by feel nothing is claimed: without phone and address it keeps nobody out, and who gets them later has it.
    felt = company.file("store", "面熟", **store, other=[{"name": "date", "value": "2026-11-25"}])
    assert (felt["claim"]["state"], felt["claim"]["missing"]) == ("RETURNED", ["address|phone"])
    assert by_message(company, "seller", "面熟", "13810011001")["refusal"] is None

    # H6: of a villa's owner name, address with the exact building, and phone; H8: a designer's may wait, provisionally.
    asked = form(company, "seller")
    assert {one["name"] for one in asked["fields"] if one["requiredIf"] == "villa"} == {"address", "building"}
    villa = by_message(company, "seller", "别墅", "13810011002", other=[{"name": "villa", "value": "true"}])
    assert villa["claim"]["missing"] == ["address", "building"]
    assert form(company, "designer", "DESIGNER")["mayBeProvisional"] is True
    waiting = by_message(company, "designer", "先报", "13810011003", type="DESIGNER")
    assert waiting["claim"]["state"] == "PROVISIONAL"

    # H13: what was filed is what counts: the first to file has it, without a visit.
    assert by_message(company, "seller", "张一", "13810011004")["refusal"] is None
    company.advance(minutes=1)
    second = by_message(company, "rival", "张一", "13810011004")
    assert (second["refusal"]["code"], second["refusal"]["clauses"][0]["id"]) == ("NOT_FIRST", "H13")

    # H14: filed by two at once, whoever brings the customer in has them.
    customer = second["claim"]["customer"]["id"]
    company.advance(hours=1)
    company.do("rival", VISIT, customer=customer)
    assert holder(company, customer)["staff"] == {"number": "S003"}


def test_thirty_days_ninety_days_and_back(story: Company) -> None:
    """H9 H10 H16 H11."""
    company = story
    filed = by_message(company, "seller", "李二", "13810012000")
    customer = filed["claim"]["customer"]["id"]
    full = {"address": "和平路1号", "building": "3幢", "type": "DESIGNER"}
    theirs = by_message(company, "designer", "李二", "13810012000", **full)
    assert theirs["claim"]["state"] == "RECORDED"

    # H11: every week the manager phones each filer and writes down how it goes.
    assert filed["claim"]["id"] in {one["claim"]["id"] for one in nodes(company, "supervisor", ROUND)}
    said = {"claim": filed["claim"]["id"], "status": "ORDER_EXPECTED", "note": "周末下单"}
    assert company.do("supervisor", TRACK, **said)["refusal"] is None
    assert filed["claim"]["id"] not in {one["claim"]["id"] for one in nodes(company, "supervisor", ROUND)}

    # H9: a salesperson's filing is good for thirty days, and H10: a designer's for ninety.
    company.advance(days=30)
    assert holder(company, customer)["staff"] == {"number": "S001"}
    company.advance(days=1)
    assert holder(company, customer) is None

    # H16: after that it is good again only if the salesperson gets the customer to the store.
    company.do("seller", VISIT, customer=customer)
    assert holder(company, customer)["staff"] == {"number": "S001"}
    deal = company.do("seller", ORDER, customer=customer, amount="50000")["deal"]
    assert earned(company, deal) == [("员工designer", "REBATE", "0"), ("员工seller", "PERFORMANCE", "100")]


def test_orders_designers_and_rebates(story: Company) -> None:
    """H5 H7 H12 H15 H17 H18 H21."""
    company = story
    full = {"address": "和平路2号", "building": "5幢", "type": "DESIGNER"}

    # H7: a channel designer brings the customer in and signs: the store's own walk-in, and the salesperson is told.
    customer = by_message(company, "seller", "王三", "13810013000")["claim"]["customer"]["id"]
    by_message(company, "designer", "王三", "13810013000", **full)
    company.advance(hours=1)
    assert company.do("reception", VISIT, customer=customer, by=company.staff("designer"))["refusal"] is None
    company.advance(minutes=1)
    natural = company.do("seller", ORDER, customer=customer, amount="50000")["deal"]
    assert ("店面", "PERFORMANCE", "100") in earned(company, natural)
    assert "ORDERED_AS_WALK_IN" in {one["kind"] for one in notices(company, "seller")}

    # H12 H17: whoever names a designer after the order gets nothing by it.
    plain = by_message(company, "seller", "赵四", "13810013001")["claim"]
    company.advance(hours=1)
    company.do("seller", VISIT, customer=plain["customer"]["id"])
    own = company.do("seller", ORDER, customer=plain["customer"]["id"], amount="30000")["deal"]
    company.advance(minutes=1)
    by_message(company, "designer", "赵四", "13810013001", **full)
    assert earned(company, own) == [("员工seller", "PERFORMANCE", "100")]

    # H5: an order of friends and family: credit is given up by a signed paper, never by polite words.
    given = {"deal": own["id"], "expectedVersion": own["version"], "to": company.staff("rival"), "share": "30"}
    polite = company.do("seller", CONCEDE, **given, paper="客气话")["refusal"]
    assert [one["path"] for one in polite["problems"]] == [["paper"]]
    assert company.do("seller", CONCEDE, **given, paper="ab" * 32)["refusal"] is None
    assert earned(company, own) == [("员工rival", "PERFORMANCE", "30"), ("员工seller", "PERFORMANCE", "70")]

    # H15: of two designers whoever brought the customer in gets the rebate.
    two = by_message(company, "seller", "孙五", "13810013002")["claim"]
    company.do("seller", DESIGNER, claim=two["id"], outside={"name": "前设计", "company": "旧装饰"})
    by_message(company, "designer", "孙五", "13810013002", **full)
    company.advance(hours=1)
    brought = {"customer": two["customer"]["id"], "by": company.staff("designer")}
    assert company.do("reception", VISIT, **brought)["refusal"] is None
    company.advance(hours=1)
    company.do("seller", VISIT, customer=two["customer"]["id"])
    deal = company.do("seller", ORDER, customer=two["customer"]["id"], amount="80000")["deal"]
    assert earned(company, deal) == [("员工designer", "REBATE", "0"), ("员工seller", "PERFORMANCE", "100")]

    # H21: the rebate falls due with full payment, to the designer's company, and how it is booked is on record.
    payout = {"deal": deal["id"], "designer": company.staff("designer"), "percent": "100", "payee": "云上装饰公司",
              "bookedAs": "COMMISSION"}  # fmt: skip
    early = company.do("supervisor", SETTLE_REBATE, **payout, expectedVersion=1)["refusal"]
    assert (early["code"], early["clauses"]) == ("NOT_DUE", [{"id": "H21"}])
    paid = company.do("seller", PAY, deal=deal["id"], expectedVersion=1, percent="100")["deal"]
    settled = company.do("supervisor", SETTLE_REBATE, **payout, expectedVersion=paid["version"])
    assert settled["refusal"] is None
    done = company.do("seller", FINISH, deal=deal["id"], expectedVersion=settled["deal"]["version"])
    assert done["refusal"] is None
    (rebate,) = company.ask("leader", DEAL, id=deal["id"]).data["deal"]["rebates"]
    assert (rebate["due"], rebate["settled"]) == ("100", [{"percent": "100", "bookedAs": "COMMISSION"}])


def test_first_the_order_then_the_dispute(story: Company) -> None:
    """H18 H19 H20."""
    company = story
    customer = by_message(company, "seller", "周六", "13810014000")["claim"]["customer"]["id"]
    company.advance(minutes=1)
    by_message(company, "rival", "周六", "13810014000")
    dispute = company.do("rival", OPEN, customer=customer, statement="客户先找的我")["dispute"]

    # H18: until the order both let the dispute rest and bring it about together; it is handled after.
    ordered = company.do("seller", ORDER, customer=customer, amount="66000")
    assert (ordered["refusal"], earned(company, ordered["deal"])) == (None, [("员工seller", "PERFORMANCE", "100")])

    # H20: whoever objects goes to a leader, who settles it; and once more, to the last word.
    company.advance(hours=1)
    award = {"dispute": dispute["id"], "expectedVersion": 1, "side": "OPENER", "reasons": "以带店为准"}
    settled = company.do("supervisor", SETTLE, **award)["dispute"]
    assert earned(company, ordered["deal"]) == [("员工rival", "PERFORMANCE", "100")]
    plea = {"dispute": dispute["id"], "expectedVersion": settled["version"], "reasons": "并未带店"}
    appealed = company.do("seller", APPEAL, **plea)["dispute"]
    last = {"dispute": dispute["id"], "expectedVersion": appealed["version"], "side": "RESPONDENT", "reasons": "改判"}
    company.advance(hours=1)
    assert company.do("leader", DECIDE, **last)["refusal"] is None
    assert earned(company, ordered["deal"]) == [("员工seller", "PERFORMANCE", "100")]

    # H19: a customer lost through a dispute costs both sides a hundred to five hundred yuan, by how bad it was.
    lost = by_message(company, "seller", "吴七", "13810014001")["claim"]["customer"]["id"]
    company.advance(minutes=1)
    by_message(company, "rival", "吴七", "13810014001")
    company.do("rival", OPEN, customer=lost)
    assert company.do("supervisor", LOSE, customer=lost, cause="DISPUTE", severity="SEVERE")["refusal"] is None
    fined = nodes(company, "leader", LIST, filter={"kind": {"eq": "DISPUTE_LOSS"}})
    assert {(one["staff"]["name"], one["yuan"]) for one in fined} == {("员工rival", 500), ("员工seller", 500)}
