"""Another edition of the rulebook: drafted, looked over, approved for a day, in force from it on (C14 E14)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from records.verification import verify
from tests.company import at_work
from tests.journeys.edition_documents import DRAFT, EDITION_OF, EDITIONS, PUBLISH, WITHDRAW
from tests.journeys.test_the_first_morning import OPEN, SETTLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.company import Company

HELD = """query ($id: ID!) { customer(id: $id) { holder {
  staff { name } protectedUntil ruling { edition { edition } } } } }"""
AWARD = "query ($id: ID!) { dispute(id: $id) { award { ruling { edition { edition } digest } } } }"
KEY = "7d1e4a52-1f0c-4f3b-9c60-51f0c2a4b6d8"
SHORT = [
    {"parameter": "protection.strict_days", "value": "5"},
    {"parameter": "protection.maintenance_days", "value": "3"},
]


@pytest.fixture
def company(given_url: str, tmp_path: Path) -> Iterator[Company]:
    """The company under `onsite`, on 24 November 2026."""
    with at_work(given_url, tmp_path) as found:
        yield found


def drafted(company: Company, changes: list[dict[str, Any]] = SHORT, **given: Any) -> dict[str, Any]:
    """A draft by the company leader."""
    return company.do("leader", DRAFT, changes=changes, **given)["edition"]


def published(company: Company, draft: dict[str, Any], day: str, **given: Any) -> dict[str, Any]:
    """What approving a draft gives."""
    return company.do(
        "leader", PUBLISH, edition=draft["id"], expectedVersion=draft["version"], effectiveOn=day, **given
    )


def held(company: Company, customer: str, who: str = "seller") -> tuple[str, str]:
    """Until when the holder is protected, and by which edition."""
    found = company.ask(who, HELD, id=customer).data["customer"]["holder"]
    return found["protectedUntil"], found["ruling"]["edition"]["edition"]


def differences(company: Company) -> list[Any]:
    """What the projections have and the facts do not bear out."""

    async def run() -> list[Any]:
        return (await verify(company.office.rulebook))[1]

    return company.run(run)


def test_an_edition_is_drafted_approved_in_force_and_superseded(company: Company) -> None:
    """C14 E14: what was filed before keeps its protection, what is filed under it has the new one."""
    before = company.filed("seller", "王芳", "13812345678")
    draft = drafted(company, title="客户报备细则(2026 修订)")
    assert (draft["state"], draft["name"], draft["viewerCan"]) == (
        "DRAFT",
        None,
        ["PUBLISH_RULEBOOK", "REHEARSE_EDITION"],
    )
    assert [change["name"] for change in draft["changes"]] == ["protection.maintenance_days", "protection.strict_days"]
    assert draft["draftedBy"] == {"name": "员工leader"}
    assert any(finding["code"] == "permanent_beside_window" for finding in draft["findings"])
    assert company.ask("seller", EDITION_OF, id=draft["id"]).data == {"edition": None, "node": None}
    found = published(company, draft, "2026-11-26")["edition"]
    assert (found["state"], found["name"], found["approvedBy"]) == (
        "SCHEDULED",
        "onsite@2026-11-26",
        {"name": "员工leader"},
    )
    assert differences(company) == []
    assert held(company, before) == ("2026-12-24", "onsite@2020-01-01")
    company.advance(days=2)
    assert company.ask("seller", EDITIONS).data["editions"][0]["state"] == "IN_FORCE"
    after = company.filed("seller", "李强", "13900139000")
    assert held(company, before) == ("2026-12-24", "onsite@2026-11-26")
    assert held(company, after) == ("2026-12-01", "onsite@2026-11-26")
    assert differences(company) == []
    later = drafted(company, [{"parameter": "protection.strict_days", "value": "60"}])
    assert published(company, later, "2026-12-01")["edition"]["untilOn"] is None
    company.advance(days=10)
    states = [(one["state"], one["untilOn"]) for one in company.ask("seller", EDITIONS).data["editions"]]
    assert states == [("IN_FORCE", None), ("SUPERSEDED", "2026-12-01")]
    assert differences(company) == []


def test_an_edition_between_two_holds_until_the_later(company: Company) -> None:
    """One edition is in force at an instant."""
    published(company, drafted(company), "2026-12-10")
    between = published(company, drafted(company), "2026-12-01")["edition"]
    assert (between["effectiveOn"], between["untilOn"]) == ("2026-12-01", "2026-12-10")
    assert published(company, drafted(company), "2026-12-10")["refusal"]["code"] == "TAKEN"


def test_the_past_needs_a_reason_of_its_own(company: Company) -> None:
    """E14: no edition reaches back by default; with a reason it does, and everything is decided anew at once."""
    customer = company.filed("seller", "王芳", "13812345678")
    company.advance(days=3)
    draft = drafted(company)
    refusal = published(company, draft, "2026-11-23")["refusal"]
    assert (refusal["problems"], refusal["clauses"]) == ([{"path": ["because"], "code": "REQUIRED"}], [{"id": "E14"}])
    found = published(company, draft, "2026-11-23", because="原条文笔误")["edition"]
    assert (found["state"], found["because"]) == ("IN_FORCE", "原条文笔误")
    assert held(company, customer) == ("2026-11-29", "onsite@2026-11-23")
    assert differences(company) == []


def test_rulings_that_were_made_stay_as_they_were(company: Company) -> None:
    """An award keeps the ruling that it was given on, whatever edition comes after, even for the past."""
    customer = company.filed("seller", "王芳", "13812345678")
    company.file("rival", "王芳", "13812345678")
    opened = company.do("rival", OPEN, customer=customer)["dispute"]
    company.do("supervisor", SETTLE, dispute=opened["id"], to=company.staff("seller"), expectedVersion=1)
    ruling = company.ask("seller", AWARD, id=opened["id"]).data["dispute"]["award"]["ruling"]
    assert ruling["edition"]["edition"] == "onsite@2020-01-01"
    published(company, drafted(company), "2026-11-01", because="原条文笔误")
    assert company.ask("seller", AWARD, id=opened["id"]).data["dispute"]["award"]["ruling"] == ruling


def test_what_cannot_be_an_edition_is_told_place_by_place(company: Company) -> None:
    """Every problem at once; others' rights; a version and a draft that are no more."""
    changes = [
        {"parameter": "protection.strict_dayz", "value": "5"},
        {"parameter": "protection.strict_days", "value": "五天"},
        {"parameter": "protection.strict_days", "value": "-1"},
        {"parameter": "claim.days", "value": "10"},
        {"parameter": "deal.confirm_days", "value": "5", "unit": "yuan"},
        {"parameter": "deal.confirm_days", "value": "5", "clauses": ["Z9"]},
        {"parameter": "deal.confirm_days", "value": "5", "kind": "BORROWED"},
    ]
    refusal = company.do("leader", DRAFT, changes=changes)["refusal"]
    assert [(problem["path"][2], problem["code"]) for problem in refusal["problems"]] == [
        ("parameter", "NOT_OFFERED"), ("value", "MALFORMED"), ("value", "OUT_OF_RANGE"), ("unit", "REQUIRED"),
        ("unit", "NOT_OFFERED"), ("clauses", "NOT_OFFERED"), ("clauses", "REQUIRED"),
    ]  # fmt: skip
    assert company.do("leader", DRAFT, changes=[])["refusal"]["problems"] == [{"path": ["changes"], "code": "REQUIRED"}]
    assert company.do("leader", DRAFT, basedOn="nobody", changes=SHORT)["refusal"]["code"] == "INVALID_INPUT"
    draft = drafted(company)
    for who in ("seller", "supervisor", "archivist", "project_leader"):
        sent = {
            "idempotencyKey": draft_key(),
            "edition": draft["id"],
            "expectedVersion": 1,
            "effectiveOn": "2026-12-01",
        }
        assert company.ask(who, PUBLISH, input=sent).codes == ["FORBIDDEN"], who
    assert published(company, draft | {"version": 2}, "2026-12-01")["refusal"] == {
        "code": "STALE", "clauses": [], "version": 1,
    }  # fmt: skip
    assert published(company, draft | {"id": "edn_" + "0" * 32}, "2026-12-01")["refusal"]["code"] == "NOT_FOUND"
    published(company, draft, "2026-12-01")
    assert published(company, draft | {"version": 2}, "2026-12-02")["refusal"]["code"] == "NOT_IN_STATE"
    other = drafted(company, [{"parameter": "claim.days", "value": "45"}], basedOn="store")
    assert (other["rulebook"], other["basedOn"]) == ("store", "store")


def draft_key() -> str:
    """Draw an idempotency key."""
    from uuid import uuid4  # noqa: PLC0415 (drawn here alone)

    return str(uuid4())


def test_the_database_holds_one_edition_at_an_instant_and_keeps_what_was_approved(company: Company) -> None:
    """E14, whoever asks."""
    found = published(company, drafted(company), "2026-12-01")["edition"]
    draft = drafted(company)
    approved = (
        "UPDATE rulebook_edition SET state = 'approved', edition = 'onsite@x', effective_on = $2, approved_on = $3, "
        "approved_by_id = drafted_by_id, approved_at = now() WHERE id = $1"
    )
    ids = {one["id"]: one["id"].partition("_")[2] for one in (found, draft)}
    today = date(2026, 11, 24)
    for statement, values, constraint in (
        (approved, (ids[draft["id"]], date(2026, 12, 5), today), "rulebook_edition_one_in_force"),
        (approved, (ids[draft["id"]], today - timedelta(days=1), today), "rulebook_edition_is_backdated_for_a_reason"),
        ("UPDATE rulebook_edition SET title = 'x' WHERE id = $1", (ids[found["id"]],), "never changed"),
        ("DELETE FROM rulebook_edition WHERE id = $1", (ids[found["id"]],), "never changed"),
    ):
        with pytest.raises(Exception, match=constraint):
            company.sql(statement, *values)


def withdrawn(company: Company, edition: dict[str, Any], who: str = "leader", **given: Any) -> dict[str, Any]:
    """What withdrawing an edition gives."""
    said = {"expectedVersion": edition["version"], "because": "市场部尚未培训"} | given
    return company.do(who, WITHDRAW, edition=edition["id"], **said)


def test_an_edition_ahead_of_its_day_is_withdrawn_with_a_reason_and_the_one_before_runs_on(company: Company) -> None:
    """E14: never once it is in force; what was between two gives its days back; its day is free again."""
    customer = company.filed("seller", "王芳", "13812345678")
    draft = company.do("project_leader", DRAFT, changes=SHORT)["edition"]
    assert withdrawn(company, draft)["refusal"]["code"] == "NOT_IN_STATE"
    between = published(company, draft, "2026-12-01")["edition"]
    later = published(company, drafted(company, [{"parameter": "protection.strict_days", "value": "60"}]), "2026-12-10")
    assert between["viewerCan"] == ["WITHDRAW_EDITION"]
    silent = withdrawn(company, between, because=" ")["refusal"]
    assert (silent["problems"], silent["clauses"]) == ([{"path": ["because"], "code": "REQUIRED"}], [{"id": "E14"}])
    assert withdrawn(company, between, expectedVersion=1)["refusal"]["version"] == between["version"]
    assert withdrawn(company, between | {"id": "edn_" + "0" * 32})["refusal"]["code"] == "NOT_FOUND"
    asked = {"edition": between["id"], "expectedVersion": 2, "because": "不", "idempotencyKey": KEY}
    assert company.ask("project_leader", WITHDRAW, input=asked).codes == ["FORBIDDEN"]

    gone = withdrawn(company, between, idempotencyKey=KEY)["edition"]
    assert (gone["state"], gone["name"], gone["untilOn"], gone["viewerCan"]) == ("WITHDRAWN", None, None, [])
    assert (gone["withdrawnBecause"], gone["withdrawnBy"]) == ("市场部尚未培训", {"name": "员工leader"})
    assert withdrawn(company, between, idempotencyKey=KEY)["replayed"]
    assert withdrawn(company, gone)["refusal"]["code"] == "NOT_IN_STATE"
    told = company.ask("project_leader", "query { notices(first: 5) { nodes { kind } } }").data["notices"]["nodes"]
    assert [one["kind"] for one in told] == ["EDITION_WITHDRAWN"]
    assert differences(company) == []
    company.advance(days=8)
    company.filed("seller", "李强", "13900139000")
    assert held(company, customer) == ("2026-12-24", "onsite@2020-01-01")
    seen = {one["state"] for one in company.ask("seller", EDITIONS).data["editions"]}
    assert seen == {"WITHDRAWN", "SCHEDULED"}

    # Its day is free for another; what is in force stays.
    again = published(company, drafted(company), "2026-12-03")["edition"]
    assert again["untilOn"] == "2026-12-10"
    company.advance(days=1)
    assert withdrawn(company, again)["refusal"]["clauses"] == [{"id": "E14"}]
    assert withdrawn(company, later["edition"])["edition"]["state"] == "WITHDRAWN"
    (running,) = [one for one in company.ask("seller", EDITIONS).data["editions"] if one["state"] == "IN_FORCE"]
    assert running["untilOn"] is None
    assert differences(company) == []
