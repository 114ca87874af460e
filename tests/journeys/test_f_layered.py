"""客户报备制度范文 (F) as a story: who may file and how, two departments' approval, the result told with its next step.

Each step cites its clause; the regulation's own order.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.journeys.filing_documents import FORM, LEVELS, NAME, READ, form, notices, queue, review
from tests.journeys.test_offences import EVIDENCE, RECORD

if TYPE_CHECKING:
    from tests.company import Company

RULEBOOK = "layered"


def test_a_filing_passes_two_departments_and_everybody_concerned_hears_the_result(
    story: Company,
) -> None:
    """F1 to F6."""
    company = story

    # F1: who may file, and by which channel, is told by the form; no screen hard-codes it.
    asked = form(company, "seller")
    fields = {one["name"]: one for one in asked["fields"]}
    assert [one["name"] for one in asked["fields"] if one["isRequired"]] == [
        "name", "email", "phone", "wechat",
    ]  # fmt: skip
    assert fields["phone"]["group"] == "email|phone|wechat"
    assert fields["name"]["label"] == "客户姓名"
    assert {one["value"] for one in fields["channel"]["options"]} == {"on_site", "message", "phone", "form"}
    assert "claimant" not in fields
    assert "claimant" in {one["name"] for one in form(company, "reception")["fields"]}
    assert company.ask("custodian", "mutation ($input: FileClaimInput!) { fileClaim(input: $input) { replayed } }",
                       input={"idempotencyKey": "00000000-0000-4000-8000-000000000001", "name": "x"}).codes == [
        "FORBIDDEN",
    ]  # fmt: skip
    assert company.ask("seller", FORM, type="CONTRACT").data["filingForm"] is None

    # F2: a filing department, or a person, answers for it: the leader names who reviews at the second level.
    named = company.do("leader", NAME, level=2, staff=[company.staff("rival_supervisor")])
    assert named["refusal"] is None
    assert company.ask("seller", LEVELS).data["reviewLevels"] == [
        {"level": 1, "approvers": []},
        {"level": 2, "approvers": [{"number": "S005"}]},
    ]

    # F3: how long ahead; a filing for tomorrow's appointment is in time, one for today's needs its reason.
    assert asked["lead"] == {"days": 1, "workingDays": False}
    today = company.clock[0] + timedelta(hours=3)
    late = company.file("seller", "林森", "13810002000", visited=False, eventAt=today.isoformat())
    assert [one["code"] for one in late["refusal"]["problems"]] == ["LATE_REASON_REQUIRED"]
    assert [one["id"] for one in late["refusal"]["clauses"]] == ["F3"]
    tomorrow = company.clock[0] + timedelta(days=1)
    filed = company.file("seller", "林森", "13810002000", visited=False, eventAt=tomorrow.isoformat())
    assert filed["refusal"] is None
    assert filed["claim"]["state"] == "IN_REVIEW"
    company.advance(minutes=1)
    with_reason = company.file(
        "seller", "林海", "13810002001", visited=False, eventAt=today.isoformat(), lateReason="客户临时到访"
    )
    assert with_reason["refusal"] is None

    # F4: level one is the claimant's own supervisor's; level two is another department's, who is named for it.
    waiting = queue(company, "supervisor")
    assert [one["level"] for one in waiting] == [1, 1]
    assert waiting[0]["claim"]["id"] == filed["claim"]["id"]
    assert "REVIEW_CLAIM" in waiting[0]["claim"]["viewerCan"]
    assert queue(company, "rival_supervisor") == []
    company.advance(hours=1)
    first = review(company, "supervisor", waiting[0]["claim"])
    assert (first["refusal"], first["claim"]["state"]) == (None, "IN_REVIEW")
    twice = review(company, "supervisor", first["claim"])
    assert twice["refusal"]["code"] == "FOUR_EYES"
    assert [one["id"] for one in twice["refusal"]["clauses"]] == ["F4"]
    assert [one["id"] for one in review(company, "leader", first["claim"])["refusal"]["clauses"]] == ["F4"]
    (second,) = queue(company, "rival_supervisor")
    assert (second["level"], second["levels"]) == (2, 2)
    assert second["claim"]["customer"]["name"]["display"] == "林森"
    company.advance(hours=1)
    through = review(company, "rival_supervisor", second["claim"])
    assert (through["refusal"], through["replayed"]) == (None, False)

    # F5: the filer hears each result with the next step, and reads it.
    told = notices(company, "seller", kind={"eq": "FILING_APPROVED"})
    assert [(one["next"], one["claim"]["state"]) for one in told] == [
        ("NONE", "RECORDED"),
        ("WAIT_FOR_REVIEW", "RECORDED"),
    ]
    assert notices(company, "rival_supervisor")[0]["kind"] == "REVIEW_DUE"
    read = company.do("seller", READ, notices=[told[0]["id"], told[1]["id"], "ntc_" + "0" * 32])
    assert [one["id"] for one in read["notices"]] == [told[0]["id"], told[1]["id"]]
    assert notices(company, "seller", isRead={"eq": False}) == []
    assert company.do("supervisor", READ, notices=[told[0]["id"]])["notices"] == []

    # Put through, it is the other department's no longer.
    assert company.ask(
        "rival_supervisor", "query ($id: ID!) { claim(id: $id) { id } }", id=filed["claim"]["id"]
    ).data == {"claim": None}  # fmt: skip

    # F6: what goes against it has its penalties, in the rulebook and in their order.
    leak = {"staff": company.staff("seller"), "kind": "LEAK", "evidence": EVIDENCE}
    assert [company.do("supervisor", RECORD, **leak)["offence"]["step"] for _ in range(2)] == ["WARNING", "DEMERIT"]
