"""What a manager looks at: figures by person, team and week, and the weekly round by phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records import figures
from tests.journeys.day_documents import VERIFY, VISITED
from tests.journeys.deal_documents import ORDER, SIGN
from tests.journeys.filing_documents import REFUSAL, SAID, review
from tests.journeys.test_the_first_morning import VISIT, nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.company import Company

FIGURES = """query ($from: Date!, $to: Date!, $by: FiguresBy!) { figures(fromDay: $from, toDay: $to, by: $by) {
  staff { number } team { name } week filings onTime rightAtOnce onTimeRate accuracyRate visits recordedVisits
  deals } }"""
ROUND = """{ phoneRound(first: 20) { totalCount { value } nodes {
  trackedAt status claim { id claimant { number } } } } }"""
TRACK = f"""mutation ($input: RecordTrackingInput!) {{ recordTracking(input: $input) {{
  claim {{ id }} replayed {REFUSAL} }} }}"""


def shown(company: Company, who: str, by: str, first: str = "2026-11-01", last: str = "2026-12-31") -> list[Any]:
    """The figures that somebody is shown."""
    return company.ask(who, FIGURES, **{"from": first, "to": last, "by": by}).data["figures"]


def test_timeliness_and_accuracy_are_measured_for_whoever_may_see_them(company_under: Callable[[str], Company]) -> None:
    """C4 C13 D12: by person, team and week; nobody is shown more than their own reach."""
    company = company_under("key_account")
    first = company.file("seller", "甲", "13810009000", visited=False, **SAID)["claim"]
    second = company.file("seller", "乙", "13810009001", visited=False, **SAID)["claim"]
    third = company.file("colleague", "丙", "13810009002", visited=False, **SAID)["claim"]
    company.file("rival", "丁", "13810009003", visited=False, **SAID)
    company.advance(days=7)
    company.do("supervisor", VISIT, customer=first["customer"]["id"], by=company.staff("seller"))
    review(company, "supervisor", first)
    review(company, "supervisor", second, outcome="RETURN", missing=["need"])
    review(company, "supervisor", third, outcome="REJECT", reason="重复")
    company.do("seller", SIGN, customer=first["customer"]["id"])

    mine = shown(company, "seller", "PERSON")
    assert mine == [
        {
            "staff": {"number": "S001"}, "team": None, "week": None, "filings": 2, "onTime": 2, "rightAtOnce": 1,
            "onTimeRate": "100.00", "accuracyRate": "50.00", "visits": 1, "recordedVisits": 0, "deals": 1,
        }
    ]  # fmt: skip
    team = {
        one["staff"]["number"]: (one["filings"], one["accuracyRate"]) for one in shown(company, "supervisor", "PERSON")
    }
    assert team == {"S001": (2, "50.00"), "S002": (1, "0.00")}
    everybody = {
        one["team"]["name"]: (one["filings"], one["visits"], one["deals"]) for one in shown(company, "leader", "TEAM")
    }
    assert everybody == {"红队": (3, 1, 1), "蓝队": (1, 0, 0)}
    weeks = [(one["week"], one["filings"], one["visits"]) for one in shown(company, "supervisor", "WEEK")]
    assert weeks == [("2026-11-23", 3, 0), ("2026-11-30", 0, 1)]
    assert shown(company, "supervisor", "WEEK", "2026-12-02") == []
    assert shown(company, "supervisor", "WEEK")[1]["onTimeRate"] is None
    assert company.ask("reception", FIGURES, **{"from": "2026-11-01", "to": "2026-11-02", "by": "TEAM"}).codes == [
        "FORBIDDEN"
    ]
    for first_day, last_day in (("2026-11-02", "2026-11-01"), ("2024-01-01", "2026-01-01"), ("now", "2026-01-01")):
        asked = {"from": first_day, "to": last_day, "by": "TEAM"}
        assert company.ask("leader", FIGURES, **asked).codes == ["BAD_USER_INPUT"]


def test_a_contract_filed_after_its_working_days_is_not_on_time(company_under: Callable[[str], Company]) -> None:
    """D10: five working days after the signature; one statement, however many rows."""
    company = company_under("contract")
    names = ("甲公司", "乙公司")
    deals: list[str] = []
    for number, name in enumerate(names):
        customer = company.filed("seller", name, f"1381000910{number}", visited=False, type="CONTRACT")
        deals.append(company.do("seller", SIGN, customer=customer)["deal"]["id"])
    company.advance(days=7)
    company.file("seller", names[0], "13810009100", visited=False, type="CONTRACT", deal=deals[0])
    company.advance(days=1)
    company.file("seller", names[1], "13810009101", visited=False, type="CONTRACT", deal=deals[1])
    (mine,) = shown(company, "seller", "PERSON", "2026-12-01")
    assert (mine["filings"], mine["onTime"], mine["onTimeRate"]) == (2, 1, "50.00")


def test_a_recorded_visit_counts_once_somebody_verified_it(company_under: Callable[[str], Company]) -> None:
    """I8 I9."""
    company = company_under("field")
    other = [{"name": "project", "value": "空压机房"}]
    customer = company.filed("seller", "甲厂", "13810009200", visited=False, other=other)
    records = [company.do("seller", VISITED, customer=customer)["record"]["id"] for _ in range(2)]
    assert shown(company, "seller", "PERSON")[0]["recordedVisits"] == 0
    company.do("supervisor", VERIFY, record=records[0], isTrue=True)
    assert shown(company, "seller", "PERSON")[0]["recordedVisits"] == 1


def test_figures_are_one_statement(new_company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many people, teams and weeks there are."""
    company, asked = new_company, list[str]()
    read = figures.read

    async def counted(statement: str, values: Any = ()) -> Any:
        asked.append(statement)
        return await read(statement, values)

    monkeypatch.setattr(figures, "read", counted)
    for number, who in enumerate(("seller", "colleague", "rival")):
        company.file(who, "甲", f"1381000930{number}")
        company.advance(days=7)
    for by in ("PERSON", "TEAM", "WEEK"):
        assert len(shown(company, "leader", by)) >= 2
    assert len(asked) == 3


def test_each_filer_is_asked_every_week_how_it_goes(company_under: Callable[[str], Company]) -> None:
    """H11: what was asked about since Monday is off the list, and on it again the week after."""
    company = company_under("store")
    claims: list[dict[str, Any]] = []
    for number, name in enumerate("甲乙"):
        claims.append(company.file("seller", name, f"1381000940{number}", visited=False)["claim"])
        company.advance(minutes=1)
    company.file("rival", "丙", "13810009409", visited=False)
    assert [one["claim"]["id"] for one in nodes(company, "supervisor", ROUND)] == [one["id"] for one in claims]
    said = {"claim": claims[0]["id"], "status": "ORDER_EXPECTED", "note": "周末下单"}
    assert company.do("supervisor", TRACK, **said)["refusal"] is None
    assert [one["claim"]["id"] for one in nodes(company, "supervisor", ROUND)] == [claims[1]["id"]]
    assert company.do("rival_supervisor", TRACK, **said)["refusal"]["code"] == "NOT_FOUND"
    for who in ("seller", "reception"):
        assert company.ask(who, ROUND).codes == ["FORBIDDEN"]
    company.advance(days=5, hours=14)
    assert len(nodes(company, "supervisor", ROUND)) == 1
    company.advance(hours=1)
    again = nodes(company, "supervisor", ROUND)
    assert [one["status"] for one in again] == ["ORDER_EXPECTED", None]
    company.do("seller", ORDER, customer=claims[0]["customer"]["id"])
