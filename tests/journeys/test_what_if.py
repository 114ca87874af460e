"""What a draft would have made of what happened: step by step, with a ruling for each, and nothing written (C14)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.company import at_work
from tests.journeys.deal_documents import SIGN
from tests.journeys.test_editions import drafted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.company import Company

RULED = "edition { edition } outcome { staff { name } status } clauses { id } digest"
REHEARSE = f"""mutation ($input: RehearseEditionInput!) {{ rehearseEdition(input: $input) {{
  rehearsal {{ customers done next holders deals yuan
    changes {{ customer {{ id }} deal {{ id }} before {{ {RULED} }} after {{ {RULED} }} }} }}
  refusal {{ code ... on InvalidInput {{ problems {{ path code }} }} }} }} }}"""
LAPSES = [
    {"parameter": "protection.strict_days", "value": "2"},
    {"parameter": "protection.maintenance_days", "value": "2"},
]
"""So short that whoever comes five days later takes over."""


def rehearsed(company: Company, draft: dict[str, Any], **given: Any) -> dict[str, Any]:
    """What a step over the whole of November gives."""
    sent = {"draft": draft["id"], "from": "2026-11-01", "to": company.clock[0].date().isoformat()} | given
    answer = company.ask("leader", REHEARSE, input=sent).data["rehearseEdition"]
    return answer["rehearsal"] or answer["refusal"]


def counted(company: Company) -> dict[str, int]:
    """How many rows each table has, but for the log."""
    tables = company.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    names = [row["table_name"] for row in tables if not row["table_name"].startswith(("access_log", "log_"))]
    return {name: company.sql(f"SELECT count(*) AS n FROM {name}")[0]["n"] for name in names}


def test_a_draft_is_rehearsed_over_what_happened(given_url: str, tmp_path: Path) -> None:
    """Who would hold, which deals others would get, and what they come to; to the last step, and nothing written."""
    with at_work(given_url, tmp_path) as company:
        contested = company.filed("seller", "王芳", "13812345678")
        quiet = company.filed("colleague", "李强", "13900139000")
        company.advance(days=5)
        company.file("rival", "王芳", "13812345678")
        deal = company.do("seller", SIGN, customer=contested, amount="880000.50")["deal"]["id"]
        draft = drafted(company, LAPSES)
        before = counted(company)
        found = rehearsed(company, draft)
        assert (found["customers"], found["done"], found["next"]) == (2, 2, None)
        assert (found["holders"], found["deals"], found["yuan"]) == (1, 1, "880000.50")
        held, signed = found["changes"]
        assert (held["customer"], held["deal"]) == ({"id": contested}, None)
        assert held["before"]["outcome"]["staff"] == {"name": "员工seller"}
        assert held["after"]["outcome"]["staff"] == {"name": "员工rival"}
        assert held["after"]["edition"] == {"edition": "onsite@draft"}
        assert {"id": "A28"} in held["before"]["clauses"]
        assert signed["deal"] == {"id": deal}
        assert held["before"]["digest"] != held["after"]["digest"]
        first = rehearsed(company, draft, first=1)
        assert (first["done"], first["customers"]) == (1, 2)
        second = rehearsed(company, draft, first=1, after=first["next"])
        assert (second["done"], second["next"]) == (2, None)
        assert first["holders"] + second["holders"] == 1
        later = rehearsed(company, draft, **{"from": "2026-11-28"})
        assert later["holders"] == later["deals"] == 0, "what began before the draft's day runs on as it began"
        assert counted(company) == before
        assert quiet not in str(found["changes"])


def test_a_rehearsal_is_the_company_leaders(given_url: str, tmp_path: Path) -> None:
    """It shows customers of every team; wrong input is told by place."""
    with at_work(given_url, tmp_path) as company:
        draft = drafted(company, LAPSES)
        for who in ("seller", "supervisor", "project_leader", "auditor"):
            sent = {"draft": draft["id"], "from": "2026-11-01", "to": "2026-11-02"}
            assert company.ask(who, REHEARSE, input=sent).codes == ["FORBIDDEN"], who
        wrong = rehearsed(company, draft, to="2026-11-25", first=0, after=str(uuid4()))
        assert [(problem["path"], problem["code"]) for problem in wrong["problems"]] == [
            (["to"], "OUT_OF_RANGE"), (["first"], "OUT_OF_RANGE"), (["after"], "MALFORMED"),
        ]  # fmt: skip
        assert rehearsed(company, draft, **{"from": "2026-13-01"})["problems"] == [
            {"path": ["from"], "code": "MALFORMED"}
        ]
        assert rehearsed(company, draft | {"id": "edn_" + "0" * 32})["code"] == "NOT_FOUND"
