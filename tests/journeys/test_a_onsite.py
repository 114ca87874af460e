"""客户报备细则及业务仲裁管理办法 (A) as a story: brought in and registered, held, lost and won, and who decides.

Each step cites its clause; the regulation's own order. Tuesday, 24 November 2026, and the weeks after.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.journeys.day_documents import DUTY, RELATE, RELATED, ROSTER, WALK_IN
from tests.journeys.deal_documents import CONFIRM, DEAL, FINISH, JUDGE, ORDER, PAY, SIGN, SPLIT
from tests.journeys.departure_documents import ANNOUNCE, COMPLETE, DEPART, HAND_OVER
from tests.journeys.filing_documents import notices
from tests.journeys.test_offences import LIST
from tests.journeys.test_proceedings import APPEAL, DECIDE, OPEN, PROVE, SETTLE, shown
from tests.journeys.test_rules_in_the_open import RULEBOOKS
from tests.journeys.test_the_archive import CLOSE, SCAN
from tests.journeys.test_the_first_morning import CONSENT, CONTACT, HOLDER, VISIT, nodes, seen
from tests.journeys.test_the_last_day import act as upon
from tests.journeys.test_the_last_day import holder

if TYPE_CHECKING:
    from tests.company import Company

RULEBOOK = "onsite"
CLAIM = """query ($id: ID!) { claim(id: $id) { state claimant { number } enteredBy { number }
  ruling { clauses { id } outcome { holds } } } }"""


def grounds(company: Company, who: str, customer: str) -> set[str]:
    """The clauses on which somebody holds a customer."""
    held = company.ask(who, HOLDER, id=customer).data["customer"]["holder"]["ruling"]
    return {one["id"] for one in held["clauses"]}


def earned(company: Company, who: str, deal: dict[str, Any]) -> list[tuple[str | None, str, str]]:
    """Who earns what by a deal."""
    credit = company.ask(who, DEAL, id=deal["id"]).data["deal"]["credit"]
    return [((one["staff"] or one["team"] or {"name": None})["name"], one["bookedAs"], one["share"]) for one in credit]


def cited(payload: dict[str, Any]) -> tuple[str, list[str]]:
    """Why an act was refused, and by which clauses."""
    return payload["refusal"]["code"], [one["id"] for one in payload["refusal"]["clauses"]]


def on(company: Company, month: int, day: int, *, hour: int = 9) -> None:
    """Let it be an hour of a day in Shanghai."""
    year = 2026 if month > 10 else 2027
    company.clock[0] = datetime(year, month, day, hour, tzinfo=UTC) - timedelta(hours=8)


def test_general_and_filing(story: Company) -> None:
    """一、二: A1 to A11."""
    company = story

    # A1: this regulation is what disputes between teams are decided by; it lies open, clause by clause.
    in_force = next(one for one in company.ask("rival", RULEBOOKS).data["rulebooks"] if one["isInForce"])
    assert in_force["name"] == "onsite"
    assert all(one["clauses"] for one in in_force["parameters"] if one["kind"] == "CLAUSE")

    # A2 A25: whose the customer is goes by the filing on site; from afar it is recorded and gives nothing.
    afar = company.file("seller", "王芳", "13810001000", visited=False)
    customer = afar["claim"]["customer"]["id"]
    assert (afar["claim"]["state"], afar["refusal"]["code"]) == ("RECORDED", "NO_VISIT_THAT_DAY")
    alone = company.ask("seller", CLAIM, id=afar["claim"]["id"]).data["claim"]["ruling"]
    assert alone["outcome"]["holds"] is False
    assert "A25" in {one["id"] for one in alone["clauses"]}

    # A4: a filing counts when the salesperson brings the customer in; A3: from then on it is the team's, first come.
    company.advance(minutes=30)
    assert company.do("seller", VISIT, customer=customer)["customer"]["holder"] == {"staff": {"number": "S001"}}
    held = holder(company, customer)
    assert (held["staff"], held["team"]) == ({"number": "S001"}, {"name": "红队"})
    assert {"A3", "A4"} <= grounds(company, "seller", customer)

    # A5: the registration form is the one way; a message or a call is none.
    for channel in ("MESSAGE", "PHONE"):
        assert cited(company.file("seller", "赵敏", "13810001001", channel=channel)) == ("INVALID_INPUT", ["A5"])

    # A6: on coming in, the front desk registers the customer together with the salesperson, whose claim it is.
    company.advance(minutes=30)
    at_desk = company.file("reception", "赵敏", "13810001001", claimant=company.staff("rival"))
    claim = company.ask("reception", CLAIM, id=at_desk["claim"]["id"]).data["claim"]
    assert (claim["claimant"], claim["enteredBy"]) == ({"number": "S003"}, {"number": "S007"})

    # A7: the last four digits may be hidden; it is a legal filing all the same.
    company.advance(minutes=30)
    hidden = company.file("colleague", "周颖", "1391234****")
    assert hidden["claim"]["state"] == "RECORDED"
    known = seen(company, "colleague", hidden["claim"]["customer"]["id"])
    assert known is not None
    assert known["phones"][0]["display"].endswith("****")
    assert known["holder"]["staff"] == {"number": "S002"}

    # A8: the front desk scans and files the day's sheets every day; a day without is a breach from midnight on.
    on(company, 11, 24, hour=18)
    assert company.do("reception", CLOSE, day="2026-11-24", scans=[SCAN])["registerDay"]["state"] == "CLOSED"

    # A9: whoever brings a customer in and does not register them waives that visit's claim; nothing passes.
    company.do("reception", VISIT, customer=customer, by=company.staff("rival"))
    assert holder(company, customer)["staff"] == {"number": "S001"}

    # A10: a customer who comes unasked and is found to be somebody's: that somebody is told, by whomever received.
    on(company, 11, 25)
    assert company.do("reception", WALK_IN, phone="13810001000")["refusal"] is None
    assert company.do("rival", WALK_IN, phone="13810001000")["customer"] is None, "no word to a rival of whose it is"
    assert [one["next"] for one in notices(company, "seller", kind={"eq": "WALKED_IN"})] == ["CONTACT"] * 2
    unknown = company.do("rival", WALK_IN, phone="13810009999")["refusal"]
    assert (unknown["code"], unknown["path"]) == ("NOT_FOUND", ["phone"])

    # A11: except while the customer is in conflict.
    company.do("rival", OPEN, customer=at_desk["claim"]["customer"]["id"])
    company.file("rival", "王芳", "13810001000", visited=False)
    dispute = company.do("rival", OPEN, customer=customer)["dispute"]
    company.advance(minutes=1)
    company.do("reception", WALK_IN, phone="13810001000")
    assert len(notices(company, "seller", kind={"eq": "WALKED_IN"})) == 2
    assert dispute["state"] == "OPEN"


def test_deals_and_leavers(story: Company) -> None:
    """二、3 to 6: A12 to A22."""
    company = story
    on(company, 11, 26)
    customer = company.filed("colleague", "韩冬", "13810002000")
    company.file("rival", "韩冬", "13810002000")
    assert company.do("rival", OPEN, customer=customer)["dispute"]["state"] == "OPEN"

    # A12: before the contract is signed no dispute stands in the way of any step of the deal.
    ordered = company.do("colleague", ORDER, customer=customer, amount="90000")
    assert (ordered["refusal"], ordered["deal"]["credit"]) == (None, [])
    company.advance(minutes=1)
    deal = company.do("colleague", SIGN, deal=ordered["deal"]["id"], expectedVersion=1, amount="88000")["deal"]
    deal = company.do("colleague", PAY, deal=deal["id"], expectedVersion=2, percent="100")["deal"]
    assert company.do("colleague", FINISH, deal=deal["id"], expectedVersion=3)["refusal"] is None

    # A13: whose performance it is, is decided with the signature and by it.
    assert earned(company, "leader", deal) == [("员工colleague", "PERFORMANCE", "100")]

    # A14: once registered, theirs for good, whatever the day; A15: until they leave.
    assert "A14" in grounds(company, "colleague", customer)
    told = company.do("supervisor", ANNOUNCE, staff=company.staff("colleague"), lastDay="2026-11-27", cause="OTHER")
    departure = told["departure"]
    assert told["refusal"] is None
    on(company, 11, 27)
    assert upon(company, "supervisor", DEPART, departure)["departure"]["state"] == "DEPARTED"

    # A16: a leaver's customers are their team's; it names who goes on with them.
    left = holder(company, customer)
    assert (left["staff"], left["team"]) == (None, {"name": "红队"})
    assert {"A15", "A16"} <= grounds(company, "supervisor", customer)

    # A17: what people around such a customer buy is not that team's performance.
    company.advance(minutes=1)
    sister = company.file("supervisor", "韩雪", "13810002001", visited=False)["claim"]["customer"]["id"]
    related = company.do("supervisor", RELATE, customer=customer, to=sister, kind="FAMILY")
    assert related["customer"]["related"] == [{"kind": "FAMILY", "customer": {"id": sister}}]
    back = company.ask("supervisor", RELATED, id=sister).data["customer"]["related"]
    assert back == [{"kind": "FAMILY", "customer": {"id": customer}}]
    theirs = company.do("supervisor", SIGN, customer=sister, relatedTo=customer)["deal"]
    assert "A17" in {one["id"] for one in theirs["ruling"]["clauses"]}
    assert theirs["ruling"]["outcome"]["status"] == "AWAITING_CONFIRMATION"
    assert upon(company, "supervisor", HAND_OVER, departure, to=company.staff("seller"))["refusal"] is None
    assert upon(company, "supervisor", COMPLETE, departure)["departure"]["state"] == "COMPLETED"
    assert holder(company, customer)["staff"] == {"number": "S001"}

    # A18: what nobody held is claimed within three days, by valid evidence that somebody outside finds so.
    on(company, 11, 30)
    piece = {"kind": "VISIT_RECORD", "text": "11月20日陪同看样", "document": "ab" * 32}
    applied = company.do("seller", CONFIRM, deal=theirs["id"], evidence=[piece])["confirmation"]
    assert applied["state"] == "PENDING"

    # A19: later it is waived, and no claim is taken any more; what was applied for in time may be judged after.
    on(company, 12, 1)
    late = company.do("supervisor", CONFIRM, deal=theirs["id"], evidence=[piece])
    assert late["refusal"]["code"] == "CONFIRMATION_CLOSED"
    assert "A18" in {one["id"] for one in late["refusal"]["clauses"]}
    word = {"confirmation": applied["id"], "expectedVersion": 1, "isValid": True}
    assert company.do("leader", JUDGE, **word)["confirmation"]["state"] == "VALID"
    assert earned(company, "leader", theirs) == [("员工seller", "PERFORMANCE", "100")]

    # A20: what nobody claims goes to the team on reception duty in the week of the deal.
    assert company.do("leader", DUTY, team=company.team("红队"), week="2026-12-01")["week"]["week"] == "2026-11-30"
    roster = company.ask("seller", ROSTER, since="2026-12-01", until="2026-12-06").data["dutyRoster"]
    assert roster == [{"week": "2026-11-30", "team": {"name": "红队"}}]
    stranger = company.file("rival", "路人", "13810002002", visited=False)["claim"]["customer"]["id"]
    nobodys = company.do("rival", SIGN, customer=stranger, amount="60000")["deal"]
    on(company, 12, 5)

    # A21: as the manager's performance; A22: the project leader sets the shares, 100 % in all.
    assert earned(company, "leader", nobodys) == [("红队", "MANAGER_PERFORMANCE", "100")]
    half = [{"staff": company.staff("seller"), "percent": "60"}]
    given = {"deal": nobodys["id"], "expectedVersion": 1}
    assert company.do("project_leader", SPLIT, shares=half, **given)["refusal"]["code"] == "INVALID_INPUT"
    whole = [*half, {"staff": company.staff("supervisor"), "percent": "40"}]
    assert company.do("project_leader", SPLIT, shares=whole, **given)["refusal"] is None


def test_arbitration(story: Company) -> None:
    """三: A23 to A31."""
    company = story
    on(company, 12, 8)

    # A24 A25: brought in once, the customer is theirs; before that, nobody's.
    customer = company.filed("seller", "陈静", "13810003000", visited=False)
    assert holder(company, customer) is None
    company.advance(minutes=1)
    company.do("seller", VISIT, customer=customer)
    held = holder(company, customer)
    assert (held["staff"], held["protectedUntil"]) == ({"number": "S001"}, "2027-01-07")

    # A26: in maintenance through the fifteenth day after the last contact; A23 A28: whoever comes then poaches.
    on(company, 12, 23)
    taken = company.file("rival", "陈静", "13810003000")
    assert taken["refusal"]["code"] == "HELD_IN_MAINTENANCE"
    assert {"A26", "A28"} & {one["id"] for one in taken["refusal"]["clauses"]}
    (offence,) = company.ask("rival", LIST).data["offences"]["nodes"]
    assert (offence["kind"], offence["isByLaw"]) == ("POACHING", True)

    # A30: on the sixteenth day maintenance is over, and strict protection keeps out without an offence, to day thirty.
    on(company, 12, 24)
    assert company.file("rival", "陈静", "13810003000")["refusal"]["code"] == "STRICTLY_PROTECTED"
    assert len(nodes(company, "rival", LIST)) == 1

    # A27: with the holder's recorded consent somebody else may come, while maintenance lasts.
    company.do("seller", CONTACT, customer=customer, note="回访")
    company.advance(minutes=1)
    assert company.do("seller", CONSENT, customer=customer, to=company.staff("rival"))["refusal"] is None
    company.advance(minutes=1)
    assert company.file("rival", "陈静", "13810003000")["refusal"] is None
    assert holder(company, customer)["staff"] == {"number": "S003"}
    assert "A27" in grounds(company, "rival", customer)

    # A29: of those in contact on one day, whoever got the customer to the site first has them.
    on(company, 12, 28, hour=10)
    first = company.clock[0].isoformat()
    company.advance(hours=1)
    company.filed("rival", "何平", "13810003001")
    company.advance(hours=1)
    earlier = company.file("seller", "何平", "13810003001", visitedAt=first)
    assert earlier["refusal"] is None
    assert "A29" in grounds(company, "seller", earlier["claim"]["customer"]["id"])
    assert len(nodes(company, "rival", LIST)) == 1, "no offence"

    # A31: disputes go their way: opened, evidence, an award by somebody who is no party, one appeal, the last word.
    given = {"customer": earlier["claim"]["customer"]["id"], "statement": "客户先找的我"}
    dispute = company.do("rival", OPEN, **given)["dispute"]
    lasting = shown(company, "rival", dispute["id"])
    assert lasting is not None
    assert lasting["deadlines"]["evidenceUntil"] is not None
    piece = [{"kind": "MESSAGE", "text": "12月27日微信", "document": "cd" * 32}]
    proved = company.do("rival", PROVE, dispute=dispute["id"], evidence=piece)
    assert proved["refusal"] is None
    version = proved["dispute"]["version"]
    award = {"dispute": dispute["id"], "expectedVersion": version, "side": "RESPONDENT"}
    settled = company.do("supervisor", SETTLE, **award)["dispute"]
    assert (settled["state"], settled["award"]["to"]) == ("SETTLED", {"name": "员工seller"})
    plea = {"dispute": dispute["id"], "expectedVersion": settled["version"], "reasons": "前台登记时间有误"}
    company.advance(hours=1)
    appealed = company.do("rival", APPEAL, **plea)["dispute"]
    assert appealed["state"] == "APPEALED"
    last = {"dispute": dispute["id"], "expectedVersion": appealed["version"], "side": "RESPONDENT", "reasons": "维持"}
    decided = company.do("leader", DECIDE, **last)
    assert decided["refusal"] is None
    assert [one["level"] for one in decided["dispute"]["awards"]] == ["FIRST", "APPEAL"]
    again = company.do("rival", APPEAL, **(plea | {"expectedVersion": decided["dispute"]["version"]}))
    assert again["refusal"]["code"] == "NOT_IN_STATE", "one appeal, and then it rests"
