"""Over days and weeks: maintenance, consent, budgets and disputes, each in a company of its own under its own clock."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from records.connection import transaction
from records.holders import refresh
from records.references import Kind, row_of
from records.tables import TeamMembership
from tests.company import BLUE, FILE, MORNING
from tests.journeys.test_the_first_morning import (
    CHECK,
    CONSENT,
    CONTACT,
    DISPUTE,
    HOLDER,
    LOG,
    OPEN,
    SETTLE,
    nodes,
    seen,
)

if TYPE_CHECKING:
    from tests.company import Company


def test_a_contact_keeps_the_customer_in_maintenance_and_consent_lets_a_colleague_in(new_company: Company) -> None:
    """A26 A27."""
    company = new_company
    customer = company.filed("seller", "陈静", "13400001234")
    company.advance(days=25)
    contacted = company.do("seller", CONTACT, customer=customer, note="回访")
    assert contacted["refusal"] is None
    assert contacted["customer"]["holder"]["protectedUntil"] == "2027-01-03"
    company.advance(days=10)
    assert company.file("colleague", "陈静", "13400001234")["refusal"]["code"] == "HELD_IN_MAINTENANCE"
    refused = company.do("colleague", CONSENT, customer=customer, to=company.staff("rival"))
    assert refused["refusal"]["code"] in {"NOT_HOLDER", "NOT_FOUND"}
    assert company.do("seller", CONSENT, customer=customer, to=company.staff("colleague"))["refusal"] is None
    company.advance(days=1)
    assert company.file("colleague", "陈静", "13400001234")["refusal"] is None
    one = seen(company, "seller", customer)
    assert one is not None
    assert one["holder"]["staff"] == {"number": "S002"}


def test_a_check_says_three_words_and_is_budgeted(new_company: Company) -> None:
    """keys.md: free, protected until, possible match; leaks.md 35 36."""
    company = new_company
    company.file("seller", "何平", "13311112222")
    company.file("seller", "半号", "1334444****")
    for who in ("seller", "rival", "reception"):
        assert company.do(who, CHECK, phones=["+86 133-1111-2222"]) == {
            "conflict": "PROTECTED", "protectedUntil": "2026-12-24", "refusal": None,
        }  # fmt: skip
        assert company.do(who, CHECK, phones=["13311113333"])["conflict"] == "FREE"
        assert company.do(who, CHECK, phones=["13344445555"])["conflict"] == "POSSIBLE_MATCH"
        assert company.do(who, CHECK, phones=["1331111****"])["conflict"] == "POSSIBLE_MATCH"
        assert company.do(who, CHECK, phones=["13311113333", "13311112222"])["conflict"] == "PROTECTED"
    problems = company.do("rival", CHECK, phones=["12345", "13311112222"])["refusal"]["problems"]
    assert problems == [{"path": ["phones", "0"], "code": "INVALID_PHONE"}]
    company.advance(days=40)
    assert company.do("rival", CHECK, phones=["13311112222"]) == {
        "conflict": "FREE", "protectedUntil": None, "refusal": None,
    }  # fmt: skip
    answers = [company.do("rival", CHECK, phones=[f"1331111{tail:04}"]) for tail in range(105)]
    assert [one["conflict"] for one in answers[:99]] == ["FREE"] * 99
    assert {one["refusal"]["code"] for one in answers[99:]} == {"BUDGET_SPENT"}
    assert len(nodes(company, "auditor", LOG, filter={"tag": {"eq": "conflict:check"}})) == 50
    company.advance(hours=15)
    assert company.do("rival", CHECK, phones=["13311112222"])["conflict"] == "FREE"
    for who in ("archivist", "custodian", "designer", "auditor"):
        assert company.ask(who, CHECK, input={"phones": ["13311112222"]}).codes == ["FORBIDDEN"]


def test_a_dispute_is_opened_seen_by_its_parties_and_settled_by_a_leader(new_company: Company) -> None:
    """A30 A31; leaks.md 29: the other claimant, no id, until the award."""
    company = new_company
    customer = company.filed("seller", "韩梅", "13188887777")
    company.advance(days=1)
    company.file("rival", "韩梅", "13188887777")
    opened = company.do("rival", OPEN, customer=customer, statement="客户先找的我")
    assert opened["refusal"] is None
    dispute = opened["dispute"]
    assert dispute["parties"] == [
        {"side": "OPENER", "label": "your side", "staff": {"number": "S003"}, "team": {"name": "蓝队"}},
        {"side": "RESPONDENT", "label": "the other claimant", "staff": None, "team": None},
    ]
    assert dispute["ruling"]["outcome"] == {
        "staff": None,
        "protectedUntil": dispute["ruling"]["outcome"]["protectedUntil"],
    }
    show = f"query ($id: ID!) {{ dispute(id: $id) {{ {DISPUTE} }} }}"
    other = company.ask("seller", show, id=dispute["id"]).data["dispute"]
    assert [party["staff"] for party in other["parties"]] == [None, {"number": "S001"}]
    assert other["ruling"]["outcome"]["staff"] == {"number": "S001"}
    both = company.ask("archivist", show, id=dispute["id"]).data["dispute"]
    assert [party["staff"]["number"] for party in both["parties"]] == ["S003", "S001"]
    assert both["viewerCan"] == []
    for who in ("store", "designer", "reception", "custodian"):
        assert company.ask(who, show, id=dispute["id"]).data["dispute"] is None
    assert company.ask("rival", SETTLE, input=_award(company, dispute, 1)).codes == ["FORBIDDEN"]
    assert company.do("supervisor", SETTLE, **_award(company, dispute, 5))["refusal"] == {
        "code": "STALE", "path": None, "version": 1,
    }  # fmt: skip
    settled = company.do("supervisor", SETTLE, **_award(company, dispute, 1))
    assert settled["refusal"] is None
    assert settled["dispute"]["state"] == "SETTLED"
    assert settled["dispute"]["award"]["to"] == {"number": "S001"}
    assert settled["dispute"]["award"]["by"] == {"number": "S004"}
    known = company.ask("rival", show, id=dispute["id"]).data["dispute"]
    assert [party["staff"]["number"] for party in known["parties"]] == ["S003", "S001"]
    assert company.do("supervisor", SETTLE, **_award(company, dispute, 2))["refusal"]["code"] == "NOT_IN_STATE"


def _award(company: Company, dispute: dict[str, Any], version: int) -> dict[str, Any]:
    return {
        "idempotencyKey": str(uuid4()), "dispute": dispute["id"], "expectedVersion": version,
        "to": company.staff("seller"), "reasons": "先登记者得之",
    }  # fmt: skip


def test_as_of_says_what_held_then_and_known_at_what_was_known(new_company: Company) -> None:
    """house.md, Truth: both instants, said and recorded."""
    company = new_company
    company.advance(hours=2)
    said = MORNING + timedelta(minutes=5)
    customer = company.filed("seller", "补报", "13855550000", occurredAt=said.isoformat(), visitedAt=said.isoformat())

    def held(who: str, **at: Any) -> dict[str, Any] | None:
        given = {name: instant.isoformat() for name, instant in at.items()}
        return company.ask(who, HOLDER, id=customer, **given).data["customer"]["holder"]

    now = held("seller")
    assert now is not None
    assert now["since"] == "2026-11-24T01:05:00Z"
    assert now["staff"] == {"number": "S001"}
    assert held("seller", asOf=MORNING) is None
    assert held("seller", asOf=said) == held("seller", asOf=said)
    assert held("seller", asOf=said, knownAt=MORNING + timedelta(hours=1)) is None
    company.advance(days=40)
    taken = company.file("rival", "补报", "13855550000")
    assert taken["refusal"] is None
    assert held("rival")["staff"] == {"number": "S003"}  # pyright: ignore[reportOptionalSubscript]
    shown = held("seller")
    assert shown == {"staff": None, "team": None, "since": None, "protectedUntil": "2027-02-02", "ruling": None}
    before = held("seller", asOf=company.clock[0] - timedelta(days=1))
    assert before is not None
    assert before["staff"] == {"number": "S001"}
    assert held("rival", asOf=company.clock[0] - timedelta(days=1)) == {
        "staff": None, "team": None, "since": None, "protectedUntil": "2026-12-24", "ruling": None,
    }  # fmt: skip
    answer = company.ask("seller", HOLDER, id=customer, asOf="gestern")
    assert answer.codes == ["BAD_USER_INPUT"]


def test_whoever_changes_teams_takes_along_what_they_hold_and_nothing_else(new_company: Company) -> None:
    """house.md: a team sees the contact of its own filings, and of the claims by which it holds."""
    company = new_company
    key, second = str(uuid4()), str(uuid4())
    at = company.clock[0].isoformat()
    lost = {"name": "留下", "phones": ["13877770001"], "visitedAt": at}
    company.filed("seller", "留下", "13877770001")
    left = company.do("colleague", FILE, idempotencyKey=second, **lost)["claim"]["customer"]["id"]
    held = {"name": "带走", "phones": ["13877770000"], "visitedAt": at}
    taken = company.do("colleague", FILE, idempotencyKey=key, **held)["claim"]["customer"]["id"]
    assert company.reveal("colleague", left)["contact"] is not None

    async def move() -> None:
        await TeamMembership.create(
            id=uuid4(), staff_id=company.ids["colleague"], team_id=company.teams[BLUE],
            from_at=company.clock[0], recorded_at=company.clock[0],
        )  # fmt: skip
        roots = [row_of(Kind.CUSTOMER, customer) for customer in (left, taken)]
        async with transaction() as tx:
            await refresh(tx, [root for root in roots if root], company.office.rulebook, entropy=os.urandom)

    company.run(move)
    company.advance(minutes=1)
    assert seen(company, "colleague", left) is None
    again = company.do("colleague", FILE, idempotencyKey=second, **lost)
    assert (again["replayed"], again["claim"]) == (True, None)
    assert company.reveal("colleague", left)["contact"] is None
    one = seen(company, "colleague", taken)
    assert one is not None
    assert one["name"]["display"] == "带走"
    assert one["holder"]["team"] == {"name": BLUE}
    assert company.reveal("colleague", taken)["contact"]["phones"] == ["+8613877770000"]
    assert company.reveal("rival", taken)["contact"] is None
    assert company.reveal("rival_supervisor", taken)["contact"]["name"] == "带走"
    other = seen(company, "seller", taken)
    assert other is not None
    assert other["holder"]["staff"] is None
