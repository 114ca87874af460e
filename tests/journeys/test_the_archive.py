"""A working day of an archivist: records filed, found and put right by new entries; the front desk closes its days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.filing_documents import REFUSAL, SAID, review
from tests.journeys.test_the_first_morning import nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.company import Company

ENTRY = """id number archivedAt retainUntil seal note viewerCan archivedBy { number } corrects { id number }
  scans { document media size } claim { id state version viewerCan customer { id } }"""
ARCHIVE = f"""mutation ($input: ArchiveClaimInput!) {{ archiveClaim(input: $input) {{
  entry {{ {ENTRY} }} claim {{ id state version }} replayed {REFUSAL} }} }}"""
CORRECT = f"""mutation ($input: CorrectArchiveInput!) {{ correctArchive(input: $input) {{
  entry {{ {ENTRY} }} claim {{ id state version }} replayed {REFUSAL} }} }}"""
FOUND = f"""query ($filter: ArchiveFilter) {{ archive(first: 20, filter: $filter) {{
  totalCount {{ value }} nodes {{ {ENTRY} }} }} }}"""
CLOSE = f"""mutation ($input: CloseRegisterDayInput!) {{ closeRegisterDay(input: $input) {{
  registerDay {{ day state filings covered closedBy {{ number }} scans {{ document }} }} replayed {REFUSAL} }} }}"""
DAYS = """query ($from: Date!, $to: Date!) { registerDays(fromDay: $from, toDay: $to) {
  day state filings covered closedAt } }"""
CLAIMS = """query ($filter: ClaimFilter) { claims(first: 50, filter: $filter) { nodes {
  id version state viewerCan } } }"""
COMPLETE = (
    f"""mutation ($input: CompleteFilingInput!) {{ completeFiling(input: $input) {{ claim {{ id }} {REFUSAL} }} }}"""
)
SCAN = {"document": "ab" * 32, "media": "PDF", "size": 184_320}
OTHER = {"document": "cd" * 32, "media": "JPEG", "size": 91_000}


def days(company: Company, who: str = "reception") -> list[tuple[str, str, int, int]]:
    """The registers of the week."""
    answer = company.ask(who, DAYS, **{"from": "2026-11-23", "to": "2026-11-29"}).data["registerDays"]
    return [(one["day"], one["state"], one["filings"], one["covered"]) for one in answer]


def test_a_record_is_filed_sealed_found_and_corrected_by_a_new_entry(company_under: Callable[[str], Company]) -> None:
    """B8 C10 D11 G16; Tuesday, 24 November 2026, under `process`."""
    company = company_under("process")
    filed = company.file("seller", "林静", "13810007000", visited=False, **SAID)["claim"]
    assert archive(company, filed)["refusal"]["code"] == "NOT_IN_STATE"
    company.advance(hours=1)
    assert review(company, "supervisor", filed)["claim"]["state"] == "RECORDED"

    # What is through its review is the archivist's to file, with scans that were compared with their paper.
    (ready,) = nodes(company, "archivist", CLAIMS, filter={"state": {"in": ["RECORDED", "ASSIGNED", "OVERDUE"]}})
    assert "ARCHIVE_CLAIM" in ready["viewerCan"]
    assert company.ask("supervisor", ARCHIVE, input=_input(ready)).codes == ["FORBIDDEN"]
    done = archive(company, ready, scans=[SCAN, SCAN, OTHER], note="原件存三号柜")
    assert (done["refusal"], done["replayed"]) == (None, False)
    entry = done["entry"]
    assert (entry["number"], entry["corrects"], entry["retainUntil"]) == (1, None, None)
    assert (entry["scans"], entry["note"]) == ([SCAN, OTHER], "原件存三号柜")
    assert entry["archivedBy"] == {"number": "S006"}
    assert (done["claim"]["state"], done["claim"]["version"]) == ("ARCHIVED", ready["version"] + 1)

    # It is sealed: nobody completes, reviews or archives it any more, and no act is offered but the correction.
    said = {"claim": ready["id"], "expectedVersion": done["claim"]["version"], "address": "西湖区"}
    for who in ("seller", "archivist"):
        assert company.do(who, COMPLETE, **said)["refusal"]["code"] == "NOT_IN_STATE"
    assert archive(company, done["claim"])["refusal"]["code"] == "NOT_IN_STATE"
    assert entry["claim"]["viewerCan"] == []
    assert entry["viewerCan"] == ["CORRECT_ARCHIVE"]

    # What is wrong is put right by an entry beside it; under an old version, or without a word, by none.
    company.advance(hours=1)
    wrong = {"entry": entry["id"], "expectedVersion": ready["version"], "note": "扫描件缺第二页", "scans": [OTHER]}
    assert company.do("archivist", CORRECT, **wrong)["refusal"]["version"] == done["claim"]["version"]
    wrong["expectedVersion"] = done["claim"]["version"]
    silent = company.do("archivist", CORRECT, **(wrong | {"note": " "}))["refusal"]
    assert silent["problems"] == [{"path": ["note"], "code": "REQUIRED"}]
    right = company.do("archivist", CORRECT, **wrong)
    assert (right["entry"]["number"], right["entry"]["corrects"]) == (2, {"id": entry["id"], "number": 1})
    assert right["entry"]["seal"] != entry["seal"]

    # It stays searchable (B8): for whoever sees the filing, and for nobody else.
    by_customer = {"customer": {"eq": entry["claim"]["customer"]["id"]}}
    for who in ("archivist", "leader", "supervisor", "seller"):
        found = company.ask(who, FOUND, filter=by_customer).data["archive"]
        assert [one["number"] for one in found["nodes"]] == [2, 1], who
        assert found["nodes"][1] == entry | {
            "claim": right["entry"]["claim"],
            "viewerCan": found["nodes"][1]["viewerCan"],
        }
    assert nodes(company, "rival", FOUND) == []
    assert company.ask("rival", "query ($id: ID!) { node(id: $id) { id } }", id=entry["id"]).data["node"] is None
    assert company.ask("reception", FOUND).codes == ["FORBIDDEN"]
    assert nodes(company, "archivist", FOUND, filter={"archivedAt": {"gt": company.clock[0].isoformat()}}) == []


def test_the_rulebook_says_how_long_a_record_is_kept(company_under: Callable[[str], Company]) -> None:
    """G16: a reading of ours, three years; its last day stands in the entry and can be searched by."""
    company = company_under("database")
    named = ("contact_person", "industry", "demand_type", "related_persons")
    filed = company.file(
        "seller", "西溪湿地公园", "13810007001", visited=False, email="park@example.com", address="天目山路518号",
        other=[{"name": name, "value": "有"} for name in named],
    )["claim"]  # fmt: skip
    assert review(company, "supervisor", filed)["claim"]["state"] == "RECORDED"
    (ready,) = nodes(company, "archivist", CLAIMS)
    assert archive(company, ready)["entry"]["retainUntil"] == "2029-11-23"
    for last, found in (("2029-11-23", 1), ("2029-11-22", 0)):
        assert len(nodes(company, "archivist", FOUND, filter={"retainUntil": {"lte": last}})) == found


def test_the_front_desk_closes_each_day_and_a_day_left_open_shows_as_a_breach(new_company: Company) -> None:
    """A8: every day; what is filed after the closing opens the day again."""
    company = new_company
    assert days(company) == []
    company.file("seller", "甲", "13810007010")
    company.file("rival", "乙", "13810007011")
    assert days(company) == [("2026-11-24", "OPEN", 2, 0)]
    company.advance(hours=9)
    assert company.ask("seller", CLOSE, input=_closing("2026-11-24")).codes == ["FORBIDDEN"]
    assert company.ask("supervisor", DAYS, **{"from": "2026-11-23", "to": "2026-11-29"}).codes == ["FORBIDDEN"]
    without = company.do("reception", CLOSE, day="2026-11-24", scans=[])["refusal"]
    assert (without["problems"], without["clauses"]) == ([{"path": ["scans"], "code": "REQUIRED"}], [{"id": "A8"}])
    ahead = company.do("reception", CLOSE, day="2026-11-25", scans=[SCAN])["refusal"]
    assert ahead["problems"] == [{"path": ["day"], "code": "IN_THE_FUTURE"}]
    closed = company.do("reception", CLOSE, day="2026-11-24", scans=[SCAN])["registerDay"]
    assert closed == {
        "day": "2026-11-24", "state": "CLOSED", "filings": 2, "covered": 2, "closedBy": {"number": "S007"},
        "scans": [{"document": SCAN["document"]}],
    }  # fmt: skip
    twice = company.do("reception", CLOSE, day="2026-11-24", scans=[SCAN])["refusal"]
    assert (twice["code"], twice["clauses"]) == ("NOT_IN_STATE", [{"id": "A8"}])

    # A late guest: the day is open again until it is closed again.
    company.file("seller", "丙", "13810007012")
    assert days(company) == [("2026-11-24", "OPEN", 3, 2)]
    assert company.do("reception", CLOSE, day="2026-11-24", scans=[OTHER])["registerDay"]["covered"] == 3

    # The next day nobody closes: from midnight in Shanghai it is a breach, and closed later it stays late.
    company.advance(days=1)
    company.file("seller", "丁", "13810007013")
    company.advance(hours=5, minutes=59)
    assert days(company)[1] == ("2026-11-25", "OPEN", 1, 0)
    company.advance(minutes=1)
    assert days(company, "leader")[1] == ("2026-11-25", "BREACH", 1, 0)
    assert company.do("archivist", CLOSE, day="2026-11-25", scans=[OTHER])["registerDay"]["state"] == "CLOSED_LATE"
    assert [state for _, state, _, _ in days(company)] == ["CLOSED", "CLOSED_LATE"]
    for first, last in (("2026-11-24", "2026-11-23"), ("2026-01-01", "2026-11-24"), ("yesterday", "2026-11-24")):
        assert company.ask("reception", DAYS, **{"from": first, "to": last}).codes == ["BAD_USER_INPUT"]


def _input(claim: dict[str, Any]) -> dict[str, Any]:
    return {"idempotencyKey": "7b0c3c1c-6f0f-4d5c-9d60-0f6f0f1c2a3b", "claim": claim["id"], "expectedVersion": 1}


def _closing(day: str) -> dict[str, Any]:
    return {"idempotencyKey": "7b0c3c1c-6f0f-4d5c-9d60-0f6f0f1c2a3c", "day": day, "scans": [SCAN]}


def archive(company: Company, claim: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Archive a claim as the archivist."""
    return company.do("archivist", ARCHIVE, claim=claim["id"], expectedVersion=claim["version"], **more)
