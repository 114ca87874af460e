"""Filings are looked over by a random sample; what is found is put right in time, and confirmed (B16 C11 E11)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from records.inspections import sample_of
from tests.company import BLUE, RED
from tests.journeys.filing_documents import SAID
from tests.journeys.inspection_documents import (
    CLOSE_INSPECTION,
    CONFIRM_RECTIFIED,
    FIND,
    INSPECTIONS,
    OPEN_INSPECTION,
    RECTIFY,
    SAMPLED,
    on,
    opened,
)
from tests.journeys.test_the_first_morning import nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.company import Company

NOTICES = "query { notices(first: 20) { nodes { kind next claim { id } } } }"
FIGURES = 'query { figures(fromDay: "2026-11-01", toDay: "2026-12-31") { staff { number } findings } }'
OF_INSPECTIONS = {
    "FINDING_RECORDED", "FINDING_RECTIFIED", "RECTIFICATION_CONFIRMED", "RECTIFICATION_REJECTED", "INSPECTION_CLOSED",
}  # fmt: skip


def told(company: Company, who: str) -> list[tuple[str, str]]:
    """What somebody was told of inspections, the newest first."""
    return [(one["kind"], one["next"]) for one in nodes(company, who, NOTICES) if one["kind"] in OF_INSPECTIONS]


def test_a_sample_is_drawn_looked_over_put_right_and_confirmed(company_under: Callable[[str], Company]) -> None:
    """B16 under `process`: five working days unless a day is named; overdue by the clock; closed when all is right."""
    company = company_under("process")
    for number in range(6):
        who = ("seller", "colleague")[number % 2]
        company.file(who, f"客户{number}", f"1381000720{number}", visited=False, **SAID)
    company.file("supervisor", "主管的客户", "13810007210", visited=False, **SAID)
    company.file("rival", "蓝队的客户", "13810007211", visited=False, **SAID)

    # Over one's own team, of days that were; what one filed oneself is left out.
    for who in ("seller", "archivist", "reception"):
        given = {"team": company.team(RED), "fromDay": "2026-11-01", "toDay": "2026-11-24", "size": 3}
        asked = {"idempotencyKey": "0b9f6c1e-6f0a-4f0e-9a53-0d6f6d6f6d70"} | given
        assert company.ask(who, OPEN_INSPECTION, input=asked).codes == ["FORBIDDEN"]
    assert opened(company, "supervisor", BLUE)["refusal"]["code"] == "NOT_FOUND"
    for wrong, path in (({"size": 0}, "size"), ({"size": 101}, "size"), ({"toDay": "2026-11-25"}, "toDay"),
                        ({"fromDay": "2026-11-25"}, "fromDay"), ({"fromDay": "2024-11-01"}, "fromDay")):  # fmt: skip
        assert opened(company, "supervisor", RED, **wrong)["refusal"]["problems"][0]["path"] == [path]
    nothing = opened(company, "supervisor", RED, fromDay="2026-10-01", toDay="2026-10-31")["refusal"]
    assert (nothing["code"], nothing["clauses"]) == (
        "NOTHING_TO_INSPECT", [{"id": "B16"}, {"id": "C11"}, {"id": "E11"}],
    )  # fmt: skip
    inspection = opened(company, "supervisor", RED)["inspection"]
    assert (inspection["population"], inspection["sampled"], inspection["examined"]) == (6, 3, 0)
    assert inspection["team"] == {"name": RED}

    # Whoever has the seed draws the same again.
    sample = nodes(company, "supervisor", SAMPLED, filter={"inspection": {"eq": inspection["id"]}})
    rows = company.sql(
        "SELECT f.id FROM filing f JOIN staff s ON s.id = f.claimant_id WHERE s.number IN ('S001', 'S002')"
    )
    again = sample_of(inspection["seed"], [row["id"] for row in rows], 3)
    assert [one["claim"]["id"] for one in sample] == [f"clm_{UUID(str(one)).hex}" for one in again]
    assert [(one["place"], one["state"]) for one in sample] == [(1, "UNEXAMINED"), (2, "UNEXAMINED"), (3, "UNEXAMINED")]
    assert nodes(company, "seller", SAMPLED) == nodes(company, "rival_supervisor", SAMPLED) == []
    assert company.ask("seller", INSPECTIONS).data["inspections"]["totalCount"] == {"value": 0}
    early = company.do("supervisor", CLOSE_INSPECTION, inspection=inspection["id"], expectedVersion=1)["refusal"]
    assert early["code"] == "FINDINGS_OPEN"

    # One is in order; of two something is found.
    first, second, third = sample
    assert on(company, "supervisor", FIND, first, finding="IN_ORDER")["item"]["state"] == "IN_ORDER"
    assert on(company, "supervisor", FIND, second, finding="OTHER")["refusal"]["problems"] == [
        {"path": ["note"], "code": "REQUIRED"}
    ]
    past = on(company, "supervisor", FIND, second, finding="LATE", dueOn="2026-11-23")["refusal"]
    assert past["problems"] == [{"path": ["dueOn"], "code": "OUT_OF_RANGE"}]
    found = on(company, "supervisor", FIND, second, finding="INCOMPLETE", note="联系方式缺失")["item"]
    assert (found["state"], found["dueOn"], found["note"]) == ("OPEN", "2026-12-01", "联系方式缺失")
    assert on(company, "supervisor", FIND, second, finding="LATE")["refusal"]["code"] == "STALE"
    assert on(company, "supervisor", FIND, found, finding="LATE")["refusal"]["code"] == "NOT_IN_STATE"
    late = on(company, "supervisor", FIND, third, finding="NOT_FOLLOWED_UP", dueOn="2026-11-26")["item"]

    keepers = {row["claim"]: row["who"] for row in _keepers(company)}
    who, other = keepers[found["claim"]["id"]], keepers[late["claim"]["id"]]
    assert ("FINDING_RECORDED", "RECTIFY") in told(company, who)
    (mine,) = [one for one in nodes(company, who, SAMPLED) if one["id"] == found["id"]]
    assert (mine["viewerCan"], mine["inspection"], mine["note"]) == (["RECTIFY_FINDING"], None, "联系方式缺失")
    assert company.ask("rival", "query ($id: ID!) { node(id: $id) { id } }", id=found["id"]).data["node"] is None
    for stranger in ("rival", "service"):
        assert on(company, stranger, RECTIFY, found, note="已补")["refusal"]["code"] == "NOT_FOUND"

    # Put right, sent back, put right again, confirmed: by another than whoever put it right.
    assert on(company, who, RECTIFY, found, note=" ")["refusal"]["problems"] == [{"path": ["note"], "code": "REQUIRED"}]
    company.advance(minutes=1)
    done = on(company, who, RECTIFY, found, note="已补微信号")["item"]
    assert (done["state"], done["rectification"]) == ("RECTIFIED", "已补微信号")
    assert told(company, "supervisor") == [("FINDING_RECTIFIED", "CONFIRM")]
    company.advance(minutes=1)
    back = on(company, "supervisor", CONFIRM_RECTIFIED, done, isConfirmed=False, note="仍缺地址", dueOn="2026-12-03")
    assert (back["item"]["state"], back["item"]["dueOn"]) == ("OPEN", "2026-12-03")
    assert told(company, who)[0] == ("RECTIFICATION_REJECTED", "RECTIFY")
    done = on(company, "supervisor", RECTIFY, back["item"], note="代为补齐")["item"]
    assert on(company, "supervisor", CONFIRM_RECTIFIED, done, isConfirmed=True)["refusal"]["code"] == "FOUR_EYES"
    assert (
        "CONFIRM_RECTIFICATION"
        in nodes(company, "leader", SAMPLED, filter={"state": {"eq": "RECTIFIED"}})[0]["viewerCan"]
    )
    right = on(company, "leader", CONFIRM_RECTIFIED, done, isConfirmed=True)["item"]
    assert (right["state"], right["confirmedBy"], right["viewerCan"]) == ("CONFIRMED", {"number": "S011"}, [])

    # The other's day passes: overdue from the midnight in Shanghai, without anybody's act.
    company.advance(days=2, hours=14, minutes=57)
    assert nodes(company, "supervisor", SAMPLED, filter={"state": {"eq": "OVERDUE"}}) == []
    company.advance(minutes=1)
    (overdue,) = nodes(company, other, SAMPLED, filter={"state": {"eq": "OVERDUE"}})
    assert overdue["id"] == late["id"]
    (seen,) = nodes(company, "leader", INSPECTIONS, filter={"isClosed": {"eq": False}})
    assert (seen["examined"], seen["found"], seen["overdue"], seen["confirmed"]) == (3, 2, 1, 1)
    done = on(company, other, RECTIFY, overdue, note="已电话联系")["item"]
    assert on(company, "supervisor", CONFIRM_RECTIFIED, done, isConfirmed=True)["item"]["state"] == "CONFIRMED"
    figures = company.ask("supervisor", FIGURES).data["figures"]
    assert sum(one["findings"] for one in figures) == 2
    closed = company.do("supervisor", CLOSE_INSPECTION, inspection=inspection["id"], expectedVersion=1)["inspection"]
    assert (closed["closedBy"], closed["viewerCan"], closed["overdue"]) == ({"number": "S004"}, [], 0)
    again = company.do("supervisor", CLOSE_INSPECTION, inspection=inspection["id"], expectedVersion=2)["refusal"]
    assert again["code"] == "NOT_IN_STATE"
    assert ("INSPECTION_CLOSED", "NONE") in told(company, "colleague")


def test_a_leader_inspects_any_team_and_names_the_day_where_the_rulebook_is_silent(new_company: Company) -> None:
    """E11 under `onsite`: a company leader draws from any team; no day follows from the rules, so one is named."""
    company = new_company
    company.file("rival", "甲", "13810007301")
    inspection = opened(company, "leader", BLUE, size=10)["inspection"]
    assert (inspection["population"], inspection["sampled"]) == (1, 1)
    (item,) = nodes(company, "rival_supervisor", SAMPLED)
    without = on(company, "leader", FIND, item, finding="LATE")["refusal"]
    assert without["problems"] == [{"path": ["dueOn"], "code": "REQUIRED"}]
    assert on(company, "supervisor", FIND, item, finding="LATE", dueOn="2026-12-01")["refusal"]["code"] == "NOT_FOUND"
    assert on(company, "leader", FIND, item, finding="LATE", dueOn="2026-12-01")["item"]["state"] == "OPEN"


def _keepers(company: Company) -> list[dict[str, str]]:
    by_id = {one: who for who, one in company.ids.items()}
    rows = company.sql("SELECT id, claimant_id FROM filing")
    return [{"claim": f"clm_{row['id'].hex}", "who": by_id[row["claimant_id"]]} for row in rows]
