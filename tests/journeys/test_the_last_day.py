"""A leaver's last day as a story: notice, list, the door closed, what A15 to A17 then decide, and the list empty.

Each step cites its clause. A colleague then changes teams, and takes along what they hold.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from records.verification import verify
from tests.journeys.deal_documents import SIGN
from tests.journeys.departure_documents import (
    ANNOUNCE,
    COMPLETE,
    DEPART,
    DEPARTURES,
    HAND_OVER,
    ONE,
    WITHDRAW,
)  # fmt: skip
from tests.journeys.filing_documents import notices
from tests.journeys.test_the_first_morning import HOLDER, LOG

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.company import Company

HELD = """query ($id: ID!, $asOf: DateTime) { customer(id: $id) {
  holder(asOf: $asOf) { staff { number } team { name } since protectedUntil } } }"""
DEAL = "query ($id: ID!) { deal(id: $id) { ruling { outcome { status } clauses { id } } } }"
TEAMS = "{ teams { id name } me { staff { number team { name } } } }"


def holder(company: Company, customer: str, *, who: str = "archivist", as_of: str | None = None) -> dict[str, Any]:
    """Who holds a customer."""
    return company.ask(who, HELD, id=customer, asOf=as_of).data["customer"]["holder"]


def one(company: Company, who: str, departure: str) -> dict[str, Any]:
    """A departure as somebody sees it."""
    return company.ask(who, ONE, id=departure).data["departure"]


def act(company: Company, who: str, document: str, departure: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Do an act on a departure at the version that stands."""
    version = one(company, "leader", departure["id"])["version"]
    return company.do(who, document, departure=departure["id"], expectedVersion=version, **more)


def listed(departure: dict[str, Any]) -> list[str]:
    """The kinds of what is to be handed over."""
    return sorted(item["kind"] for item in departure["toHandOver"]["nodes"])


def test_a_salesperson_leaves_and_everything_passes_on(company_under: Callable[[str], Company]) -> None:
    """J9 G11 A15 A16 A17 A26 A30; Tuesday, 24 November 2026, and the month after."""
    company = company_under("onsite")
    filed_at = company.clock[0].isoformat()
    early = company.filed("seller", "韩冬", "13810006000")
    company.advance(minutes=5)
    company.file("reception", "韩雪", "13810006001", visited=False, claimant=company.staff("seller"))

    # J9: the resignation is handed in a month ahead; the supervisor hears of it, a colleague does not.
    company.advance(hours=1)
    announced = company.do("seller", ANNOUNCE, lastDay="2026-12-24")
    departure = announced["departure"]
    assert (announced["refusal"], departure["state"], departure["cause"]) == (None, "ANNOUNCED", "RESIGNATION")
    assert (departure["staff"]["number"], departure["team"]) == ("S001", {"name": "红队"})
    (told,) = notices(company, "supervisor", kind={"eq": "DEPARTURE_ANNOUNCED"})
    assert told["next"] == "HAND_OVER"
    assert company.ask("colleague", ONE, id=departure["id"]).data == {"departure": None}
    assert company.ask("colleague", DEPARTURES).data["departures"]["totalCount"] == {"value": 0}
    assert company.do("seller", ANNOUNCE, lastDay="2026-12-24")["refusal"]["code"] == "NOT_IN_STATE"
    company.do("service", ANNOUNCE, lastDay="2026-12-31")
    (second,) = company.ask("service", DEPARTURES).data["departures"]["nodes"]
    assert (
        company.do("service", WITHDRAW, departure=second["id"], expectedVersion=1)["departure"]["state"] == "WITHDRAWN"
    )

    # Work goes on: a customer filed and a contract signed in the last days stand on the list like the rest.
    company.advance(days=26)
    late = company.filed("seller", "严寒", "13810006002")
    company.advance(hours=1)
    company.do("seller", SIGN, customer=late)
    seen = one(company, "supervisor", departure["id"])
    assert listed(seen) == ["DEAL", "FILING", "FILING", "FILING", "HOLDING", "HOLDING", "NOTICE"]
    assert seen["viewerCan"] == ["WITHDRAW_DEPARTURE", "HAND_OVER", "DEPART_STAFF"]

    # A14: until the last hour the customers are the salesperson's; nobody else is named, and nobody hurries them off.
    early_on = act(company, "supervisor", HAND_OVER, departure, to=company.staff("colleague"), items=[late])
    assert (early_on["refusal"]["code"], [c["id"] for c in early_on["refusal"]["clauses"]]) == (
        "NOT_ASSIGNABLE",
        ["A15", "A16"],
    )
    before = holder(company, late)
    assert before["staff"] == {"number": "S001"}

    # The last day: the supervisor says so, and the next request with the leaver's token is nobody's.
    company.advance(days=4)
    assert company.ask("seller", TEAMS).codes == []
    assert company.ask("seller", DEPART, input={
        "idempotencyKey": "00000000-0000-4000-8000-000000000001", "departure": departure["id"], "expectedVersion": 1,
    }).codes == ["FORBIDDEN"]  # fmt: skip
    gone = act(company, "supervisor", DEPART, departure)
    assert (gone["refusal"], gone["departure"]["state"]) == (None, "DEPARTED")
    assert company.ask("seller", TEAMS).codes == ["UNAUTHENTICATED"]
    assert gone["departure"]["staff"]["leftAt"] is not None

    # A15 A16: the customers are the team's resource, both clocks as they were.
    after = holder(company, late)
    assert (after["staff"], after["team"]) == (None, {"name": "红队"})
    assert after["protectedUntil"] == before["protectedUntil"] == "2027-01-19"
    ruling = company.ask("supervisor", HOLDER, id=late).data["customer"]["holder"]["ruling"]
    assert {"A15", "A16"} <= {clause["id"] for clause in ruling["clauses"]}

    # A17: what people around that customer buy is not the team's performance while it alone holds.
    neighbour = company.filed("supervisor", "严邻", "13810006003", visited=False)
    company.advance(minutes=1)
    deal = company.do("supervisor", SIGN, customer=neighbour, relatedTo=late)["deal"]
    decided = company.ask("supervisor", DEAL, id=deal["id"]).data["deal"]["ruling"]
    assert decided["outcome"]["status"] == "AWAITING_CONFIRMATION"
    assert "A17" in {clause["id"] for clause in decided["clauses"]}

    # G11: leaving is not complete as long as anything is with nobody; a rival team's salesperson takes over nothing.
    refused = act(company, "supervisor", COMPLETE, departure)
    assert (refused["refusal"]["code"], [c["id"] for c in refused["refusal"]["clauses"]]) == (
        "NOT_HANDED_OVER",
        ["G11"],
    )
    foreign = act(company, "supervisor", HAND_OVER, departure, to=company.staff("rival"), items=[late])
    assert foreign["refusal"]["code"] == "NOT_ASSIGNABLE"
    assert company.do("rival_supervisor", HAND_OVER, departure=departure["id"], expectedVersion=2,
                      to=company.staff("rival"))["refusal"]["code"] == "NOT_FOUND"  # fmt: skip

    # One by one, then everything that is left; what was filed of a customer goes with the customer.
    company.advance(minutes=1)
    first = act(company, "supervisor", HAND_OVER, departure, to=company.staff("colleague"), items=[late])
    assert (first["refusal"], listed(first["departure"])) == (None, ["FILING", "FILING", "HOLDING", "NOTICE"])
    assert holder(company, late) == {
        "staff": {"number": "S002"}, "team": {"name": "红队"}, "since": company.clock[0].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "protectedUntil": "2027-01-19",
    }  # fmt: skip
    assert company.reveal("colleague", late)["contact"]["phones"] == ["+8613810006002"]
    (handed,) = notices(company, "colleague", kind={"eq": "HANDED_OVER"})
    assert handed["next"] == "HANDLE"
    company.advance(minutes=1)
    rest = act(company, "supervisor", HAND_OVER, departure, to=company.staff("colleague"))
    assert (rest["refusal"], listed(rest["departure"])) == (None, [])
    assert [one["kind"] for one in notices(company, "colleague")].count("FILED_FOR_YOU") == 1
    done = act(company, "supervisor", COMPLETE, departure)
    assert (done["refusal"], done["departure"]["state"], done["departure"]["viewerCan"]) == (None, "COMPLETED", [])

    # Nobody's history is rewritten: who held is who held, and the book of custody says who took over by whose word.
    assert holder(company, early, as_of=filed_at)["staff"] == {"number": "S001"}
    custody = one(company, "archivist", departure["id"])["handovers"]
    assert custody["totalCount"] == {"value": 7}
    assert {(row["to"]["number"], row["by"]["number"]) for row in custody["nodes"]} == {("S002", "S004")}

    # A26 A30: the successor is protected to the second to which the leaver would have been.
    company.clock[0] = datetime(2027, 1, 19, 15, 59, 59, tzinfo=UTC)
    kept_out = company.file("rival", "严寒", "13810006002")
    assert kept_out["refusal"]["code"] == "STRICTLY_PROTECTED"
    company.advance(seconds=1)
    assert company.file("rival", "严寒", "13810006002")["refusal"] is None
    assert holder(company, late)["staff"] == {"number": "S003"}

    # The trail: every step by its tag, in the log of the team.
    tags = [row["tag"] for row in company.ask("supervisor", LOG).data["accessLog"]["nodes"]]
    assert {"departure:announce", "departure:depart", "departure:hand_over", "departure:complete"} <= set(tags)

    # G11, a change of team: what the colleague holds stays theirs (A14) and goes along; nobody signs them out.
    blue = next(team["id"] for team in company.ask("supervisor", TEAMS).data["teams"] if team["name"] == "蓝队")
    moving = company.do(
        "supervisor", ANNOUNCE, staff=company.staff("colleague"), kind="TRANSFER", toTeam=blue, lastDay="2027-02-01"
    )["departure"]
    assert (moving["toTeam"], listed(moving)) == ({"name": "蓝队"}, ["DEAL"])
    company.advance(minutes=1)

    # The deal whose customer the rival holds by now does not go along: it stays with the team, in somebody's hands.
    waits = act(company, "supervisor", DEPART, moving)
    assert waits["refusal"]["code"] == "NOT_HANDED_OVER"
    act(company, "supervisor", HAND_OVER, moving, to=company.staff("supervisor"))
    moved = act(company, "supervisor", DEPART, moving)
    assert (moved["refusal"], moved["departure"]["state"]) == (None, "COMPLETED")
    assert company.ask("colleague", TEAMS).data["me"]["staff"]["team"] == {"name": "蓝队"}
    assert holder(company, early) | {"since": None} == {
        "staff": {"number": "S002"}, "team": {"name": "蓝队"}, "since": None, "protectedUntil": "2026-12-24",
    }  # fmt: skip
    # What they do from now on is their new team's to know.
    company.filed("colleague", "新客", visited=False)
    assert one(company, "supervisor", moving["id"])["toHandOver"] == {"totalCount": {"value": 0}, "nodes": []}
    differences = company.run(lambda: _differences(company))
    assert differences == []


async def _differences(company: Company) -> list[Any]:
    return (await verify(company.office.rulebook))[1]
