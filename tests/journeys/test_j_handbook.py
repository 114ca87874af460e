"""业务员客户报备制度 (J) as a story: leaving in good order, one's own district, filed before it counts, and conduct.

Each step cites its clause; the regulation's own order. Tuesday, 24 November 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.day_documents import VISITED
from tests.journeys.deal_documents import DEAL, SIGN
from tests.journeys.departure_documents import ANNOUNCE, COMPLETE, DEPART, HAND_OVER
from tests.journeys.diary_documents import DIARY_ROLL, ENTRIES, RECEIVE, REPORT_ROLL, REPORTS, SUBMIT, WRITE
from tests.journeys.filing_documents import form, notices, queue, review
from tests.journeys.test_offences import EVIDENCE, RECORD
from tests.journeys.test_the_first_morning import LOG, nodes
from tests.journeys.test_the_last_day import act as upon
from tests.journeys.test_the_last_day import holder

if TYPE_CHECKING:
    from tests.company import Company

RULEBOOK = "handbook"


def said(**more: str) -> dict[str, Any]:
    """What a filing with the supervisor says: project, commission, stage."""
    fields = {"project": "滨江一期", "commission_rate": "3%", "stage": "询价"} | more
    return {"other": [{"name": name, "value": value} for name, value in fields.items()]}


def test_filed_before_it_counts_in_ones_own_district(story: Company) -> None:
    """J15 J16 J18 J21 J22."""
    company = story

    # J22: an inquiry is filed with the supervisor ahead: project, commission rate, stage; unfiled it earns nothing.
    required = [one["name"] for one in form(company, "seller")["fields"] if one["isRequired"]]
    assert {"project", "commission_rate", "stage"} <= set(required)
    unfiled = company.file("colleague", "城东厂", "13810023009", visited=False)
    assert set(unfiled["claim"]["missing"]) == {"project", "commission_rate", "stage"}
    deal = company.do("colleague", SIGN, customer=unfiled["claim"]["customer"]["id"], amount="5000")["deal"]
    lost = company.ask("leader", DEAL, id=deal["id"]).data["deal"]
    assert (lost["credit"], lost["ruling"]["outcome"]["status"]) == ([], "UNATTRIBUTED")
    assert "J22" in {one["id"] for one in lost["ruling"]["clauses"]}
    filed = company.file("seller", "城西厂", "13810023000", visited=False, **said())
    assert filed["claim"]["state"] == "IN_REVIEW"
    (waiting,) = queue(company, "supervisor")
    company.advance(hours=1)
    assert review(company, "supervisor", waiting["claim"])["claim"]["state"] == "RECORDED"
    customer = filed["claim"]["customer"]["id"]
    assert holder(company, customer)["staff"] == {"number": "S001"}
    signed = company.do("seller", SIGN, customer=customer, amount="90000")["deal"]
    assert [one["share"] for one in company.ask("leader", DEAL, id=signed["id"]).data["deal"]["credit"]] == ["100"]

    # J21: an inquiry from another district is forwarded to the supervisor, and is nobody's until it is put right.
    company.advance(minutes=1)
    abroad = company.file("seller", "宁波厂", "13810023001", visited=False, **said(region="宁波"))
    assert abroad["claim"]["state"] == "FORWARDED"
    assert [one["id"] for one in abroad["refusal"]["clauses"]][:1] == ["J21"]
    assert queue(company, "supervisor") == []

    # J15: nobody pries: what is another team's is not there, and who looked is on record for the team's supervisor.
    assert company.ask("rival", "query ($id: ID!) { customer(id: $id) { id } }", id=customer).data == {"customer": None}
    assert company.reveal("seller", customer)["refusal"] is None
    assert len(nodes(company, "supervisor", LOG, filter={"tag": {"eq": "contact:reveal"}})) == 1

    # J16: nothing is taken out: one customer at a time is opened, for a purpose; whoever has none opens nothing.
    given = {"customer": customer, "fields": ["PHONES"]}
    reveal = "mutation ($input: RevealContactInput!) { revealContact(input: $input) { contact { phones } } }"
    assert company.ask("seller", reveal, input=given).codes == ["BAD_USER_INPUT"]

    # J18: conduct is fined from ten to a hundred yuan, then demerit, dismissal, the law.
    conduct = {"staff": company.staff("colleague"), "kind": "CONDUCT", "evidence": EVIDENCE}
    refused = company.do("supervisor", RECORD, **conduct, yuan=101)["refusal"]
    assert refused["problems"] == [{"path": ["yuan"], "code": "OUT_OF_RANGE"}]
    fined = company.do("supervisor", RECORD, **conduct, yuan=100)["offence"]
    assert (fined["step"], fined["yuan"], [one["id"] for one in fined["clauses"]]) == ("FINE", 100, ["J18"])
    steps = [company.do("supervisor", RECORD, **conduct)["offence"]["step"] for _ in range(3)]
    assert steps == ["DEMERIT", "DISMISSAL", "LEGAL_REFERRAL"]


def test_the_day_is_written_down_and_the_week_reported(story: Company) -> None:
    """J14 J25."""
    company = story
    today = company.clock[0].date().isoformat()
    customer = company.filed("seller", "萧山厂", "13810023003", visited=False, **said())
    assert company.do("seller", VISITED, customer=customer)["refusal"] is None

    # J25: the day is written down, exact and concrete, and nothing said is no diary; the numbers of people stay out.
    empty = company.do("seller", WRITE, day=today, done=" ")["refusal"]
    assert (empty["code"], [one["id"] for one in empty["clauses"]]) == ("INVALID_INPUT", ["J25"])
    written = company.do("seller", WRITE, day=today, done="上午到萧山厂,带去报价。", customers=[customer])["entry"]
    assert (written["number"], written["isLate"], written["dueOn"]) == (1, False, "2026-11-25")
    assert [one["id"] for one in written["customers"]] == [customer]
    assert company.do("seller", WRITE, day=today, done="再写")["refusal"]["code"] == "NOT_IN_STATE"
    company.advance(hours=8)
    put_right = company.do("seller", WRITE, day=today, done="下午又去。", corrects=written["id"])["entry"]
    assert (put_right["number"], put_right["corrects"]["done"]) == (2, "上午到萧山厂,带去报价。")

    # J25: handed in: the supervisor sees whose is there and whose is missing, reads it and receives it.
    company.advance(days=1, hours=16)
    roll = company.ask("supervisor", DIARY_ROLL, day=today).data["diaryRoll"]
    assert [one["state"] for one in roll] == ["ON_TIME", "MISSING", "MISSING"]
    assert [one["by"]["number"] for one in roll] == ["S001", "S002", "S009"]
    (entry,) = nodes(company, "supervisor", ENTRIES, filter={"isReceived": {"eq": False}, "day": {"eq": today}})
    assert (entry["done"], entry["viewerCan"]) == ("下午又去。", ["RECEIVE_REPORT"])
    assert company.do("supervisor", RECEIVE, report=written["id"])["refusal"]["code"] == "STALE"
    assert company.do("supervisor", RECEIVE, report=entry["id"])["entry"]["receivedBy"] == {"number": "S004"}
    assert nodes(company, "rival_supervisor", ENTRIES) == nodes(company, "colleague", ENTRIES) == []
    assert len(nodes(company, "supervisor", LOG, filter={"tag": {"eq": "diary_entry:read"}})) > 1

    # J14: the week's report: areas, visits, signings, questions, what the market says, the plan for the next.
    week = {"week": today, "areas": "萧山、滨江", "visits": 2, "customers": 2, "signings": 1, "plan": "签萧山厂"}
    report = company.do("seller", SUBMIT, **week, questions="交期能否提前?", feedback="同行降价")["report"]
    assert (report["week"], report["dueOn"], report["isLate"]) == ("2026-11-23", "2026-11-28", False)
    assert report["said"] == {"visits": 2, "customers": 2, "signings": 1}
    assert report["counted"] == {"visits": 1, "customers": 1, "signings": 1}
    told = company.do("seller", SUBMIT, **week | {"visits": 1, "customers": 1}, corrects=report["id"])
    assert (told["report"]["number"], told["report"]["said"]) == (2, told["report"]["counted"])
    company.advance(days=4)
    roll = company.ask("supervisor", REPORT_ROLL, week=today).data["weeklyReportRoll"]
    assert [one["state"] for one in roll] == ["ON_TIME", "MISSING", "MISSING"]
    (kept,) = nodes(company, "supervisor", REPORTS, filter={"by": {"eq": company.staff("seller")}})
    assert kept["plan"] == "签萧山厂"
    assert company.do("supervisor", RECEIVE, report=kept["id"])["report"]["receivedAt"] is not None


def test_leaving_takes_a_month_and_an_empty_list(story: Company) -> None:
    """J9."""
    company = story
    filed = company.file("seller", "绍兴厂", "13810023002", visited=False, **said())
    company.advance(hours=1)
    assert review(company, "supervisor", filed["claim"])["claim"]["state"] == "RECORDED"

    # J9: in writing, a month ahead; sooner only if the supervisor waives it.
    soon = company.clock[0].date().isoformat()
    early = company.do("seller", ANNOUNCE, lastDay=soon)["refusal"]
    assert "J9" in {one["id"] for one in early["clauses"]}
    announced = company.do("seller", ANNOUNCE, lastDay="2026-12-31")
    assert announced["refusal"] is None
    assert [one["next"] for one in notices(company, "supervisor", kind={"eq": "DEPARTURE_ANNOUNCED"})] == ["HAND_OVER"]

    # J9: and nobody is gone before everything is handed over.
    company.advance(days=37)
    departure = announced["departure"]
    assert upon(company, "supervisor", DEPART, departure)["departure"]["state"] == "DEPARTED"
    refused = upon(company, "supervisor", COMPLETE, departure)["refusal"]
    assert refused["code"] == "NOT_HANDED_OVER"
    assert upon(company, "supervisor", HAND_OVER, departure, to=company.staff("colleague"))["refusal"] is None
    assert upon(company, "supervisor", COMPLETE, departure)["departure"]["state"] == "COMPLETED"
    assert holder(company, filed["claim"]["customer"]["id"])["staff"] == {"number": "S002"}
