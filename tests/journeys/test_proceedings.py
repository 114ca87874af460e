"""A dispute from its evidence to the last word, and what is lost by it, over GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.company import at_work
from tests.journeys.deal_documents import SIGN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.company import Company

_REFUSAL = (
    "refusal { code clauses { id } path ... on InvalidInput { problems { path code } } ... on Stale { version } }"
)
_RULING = """ruling { digest edition { edition } outcome { status staff { number } } clauses { id }
  grounds { rule held reason facts { kind } grounds { rule } } }"""
DISPUTE = f"""id version state viewerCan deadlines {{ evidenceUntil awardDueOn appealUntil }}
  customer {{ id }} parties {{ side label staff {{ name }} }} evidence {{ side pieces {{ kind document }} }}
  award {{ level departs to {{ name }} by {{ name }} }} awards {{ level departs to {{ name }} {_RULING} }} {_RULING}"""
SHOW = f"query ($id: ID!) {{ dispute(id: $id) {{ {DISPUTE} }} }}"
LOSE = f"""mutation ($input: RecordLossInput!) {{ recordLoss(input: $input) {{
  fact {{ kind }} customer {{ id }} replayed {_REFUSAL} }} }}"""
READ = f"""mutation ($input: ReadPapersInput!) {{ readPapers(input: $input) {{
  papers {{ kind texts }} accessEntry {{ id tag purpose }} {_REFUSAL} }} }}"""
EVIDENCE = [{"kind": "MESSAGE", "text": "10月3日的微信记录", "document": "cd" * 32}]


def act(name: str) -> str:
    """Write the mutation of an act on a dispute."""
    given = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation ($input: {given}!) {{ {name}(input: $input) {{ dispute {{ {DISPUTE} }} replayed {_REFUSAL} }} }}"


OPEN, PROVE, REFER, SETTLE = act("openDispute"), act("addEvidence"), act("referDispute"), act("settleDispute")
APPEAL, DECIDE = act("appealAward"), act("decideAppeal")


@pytest.fixture
def company(given_url: str, tmp_path: Path) -> Iterator[Company]:
    """The company under `onsite`."""
    with at_work(given_url, tmp_path) as found:
        yield found


def opened(company: Company) -> tuple[str, str]:
    """A customer whom the seller holds, and the dispute that the rival opens over them."""
    customer = company.filed("seller", "王芳", "13812345678")
    company.file("rival", "王芳", "13812345678")
    return customer, company.do("rival", OPEN, customer=customer, statement="客户先找的我")["dispute"]["id"]


def shown(company: Company, who: str, dispute: str) -> dict[str, Any] | None:
    """A dispute as somebody sees it."""
    return company.ask(who, SHOW, id=dispute).data["dispute"]


def code(payload: dict[str, Any]) -> str | None:
    """Why an act was refused."""
    return payload["refusal"] and payload["refusal"]["code"]


def read(company: Company, who: str, of: str) -> list[tuple[str, list[str | None]]]:
    """The papers that somebody reads."""
    answer = company.ask(who, READ, input={"of": of, "purpose": "DISPUTE_REVIEW"}).data["readPapers"]
    assert answer["refusal"] is None
    assert (answer["accessEntry"]["tag"], answer["accessEntry"]["purpose"]) == ("papers:read", "DISPUTE_REVIEW")
    return [(paper["kind"], paper["texts"]) for paper in answer["papers"]]


def test_an_award_has_the_ruling_attached_as_it_stood_and_departs_with_reasons_alone(company: Company) -> None:
    """A31 H20 D3: what the engine said then stays, whatever it says now."""
    customer, dispute = opened(company)
    before = shown(company, "supervisor", dispute)
    assert before is not None
    assert before["ruling"]["outcome"]["staff"] == {"number": "S001"}
    given = {"dispute": dispute, "expectedVersion": 1}
    for both in ({}, {"to": company.staff("seller"), "side": "OPENER"}):
        assert company.do("supervisor", SETTLE, **given, **both)["refusal"]["problems"] == [
            {"path": ["to"], "code": "NOT_ONE_OF_TWO"}
        ]
    refused = company.do("supervisor", SETTLE, **given, side="OPENER")["refusal"]
    assert refused["problems"] == [{"path": ["reasons"], "code": "REQUIRED"}]
    settled = company.do("supervisor", SETTLE, **given, side="OPENER", reasons="证据表明客户先由其接触")["dispute"]
    assert (settled["state"], settled["award"]["departs"], settled["award"]["to"]) == (
        "SETTLED", True, {"name": "员工rival"},
    )  # fmt: skip
    kept = settled["awards"][0]["ruling"]
    assert kept["digest"] == before["ruling"]["digest"]
    assert (kept["outcome"], kept["clauses"]) == (before["ruling"]["outcome"], before["ruling"]["clauses"])
    assert [ground["reason"] for ground in kept["grounds"]] == [one["reason"] for one in before["ruling"]["grounds"]]
    company.do("seller", SIGN, customer=customer)
    later = shown(company, "supervisor", dispute)
    assert later is not None
    assert later["ruling"]["digest"] != kept["digest"]
    assert later["awards"][0]["ruling"] == kept
    row = company.sql("SELECT ruling::text AS text FROM award")[0]["text"]
    assert "王芳" not in row
    assert "1381" not in row


def test_an_award_that_follows_the_ruling_needs_no_reasons(company: Company) -> None:
    """The other way round; and a deal that is decided is what the ruling is about."""
    customer, dispute = opened(company)
    company.do("seller", SIGN, customer=customer)
    settled = company.do("supervisor", SETTLE, dispute=dispute, expectedVersion=1, to=company.staff("seller"))[
        "dispute"
    ]
    assert settled["award"]["departs"] is False
    assert settled["awards"][0]["ruling"]["outcome"]["status"] == "FINAL"


def test_evidence_is_brought_by_the_parties_in_time_and_seen_by_their_own_side(company: Company) -> None:
    """A31: three days by the rulebook, a reading; leaks.md 29: neither side sees the other's."""
    _, dispute = opened(company)
    found = shown(company, "rival", dispute)
    assert found is not None
    assert found["deadlines"] == {"evidenceUntil": "2026-11-27", "awardDueOn": "2026-12-01", "appealUntil": None}
    assert "ADD_EVIDENCE" in found["viewerCan"]
    assert company.do("rival", PROVE, dispute=dispute, evidence=EVIDENCE)["refusal"] is None
    assert (
        company.do("seller", PROVE, dispute=dispute, evidence=[{"kind": "WITNESS", "text": "前台可证"}])["refusal"]
        is None
    )
    for stranger in ("colleague", "supervisor", "store"):
        assert code(company.do(stranger, PROVE, dispute=dispute, evidence=EVIDENCE)) == "NOT_FOUND"
    mine, theirs = shown(company, "rival", dispute), shown(company, "seller", dispute)
    assert mine is not None
    assert theirs is not None
    assert [one["side"] for one in mine["evidence"]] == ["OPENER"]
    assert [one["side"] for one in theirs["evidence"]] == ["RESPONDENT"]
    judge = shown(company, "supervisor", dispute)
    assert judge is not None
    assert [one["side"] for one in judge["evidence"]] == ["OPENER", "RESPONDENT"]
    assert read(company, "rival", dispute) == [("STATEMENT", ["客户先找的我"]), ("EVIDENCE", ["10月3日的微信记录"])]
    assert read(company, "seller", dispute) == [("EVIDENCE", ["前台可证"])]
    assert len(read(company, "supervisor", dispute)) == 3
    company.advance(days=4)
    late = company.do("rival", PROVE, dispute=dispute, evidence=EVIDENCE)["refusal"]
    assert (late["code"], late["clauses"]) == ("TOO_LATE", [{"id": "A31"}])
    company.do("supervisor", SETTLE, dispute=dispute, expectedVersion=1, side="OPENER", reasons="以证据为准")
    assert ("REASONS", ["以证据为准"]) in read(company, "seller", dispute), "the parties read the reasons"


def test_papers_are_read_for_a_purpose_and_the_log_is_first(company: Company) -> None:
    """B11 leaks.md 13 72: unknown and foreign are one answer, and each leaves its entry."""
    _, dispute = opened(company)
    for unknown in (dispute[:-1] + ("0" if dispute[-1] != "0" else "1"), "dis_x", "cus_" + "0" * 32):
        answer = company.ask("seller", READ, input={"of": unknown, "purpose": "COMPLAINT"}).data["readPapers"]
        assert (answer["papers"], answer["refusal"]["code"]) == (None, "NOT_FOUND")
    foreign = company.ask("store", READ, input={"of": dispute, "purpose": "COMPLAINT"}).data["readPapers"]
    assert foreign == answer
    note = {"of": dispute, "purpose": "COMPLAINT", "note": "电话13812345678"}
    refused = company.ask("seller", READ, input=note).data["readPapers"]["refusal"]
    assert refused["problems"] == [{"path": ["note"], "code": "SENSITIVE_NUMBER"}]
    for who in ("reception", "auditor", "designer", "custodian"):
        assert company.ask(who, READ, input={"of": dispute, "purpose": "COMPLAINT"}).codes == ["FORBIDDEN"]
    entries = company.sql("SELECT allowed FROM access_log WHERE tag = 'papers:read'")
    assert [entry["allowed"] for entry in entries] == [False] * 4


def test_whoever_is_a_party_is_recused_and_another_team_decides_what_is_put_to_it(company: Company) -> None:
    """A31: a supervisor who is a party decides nothing; whoever it is put to sees both sides, and the case alone."""
    customer = company.filed("supervisor", "王芳", "13812345678")
    company.file("seller", "王芳", "13812345678")
    dispute = company.do("seller", OPEN, customer=customer)["dispute"]["id"]
    given = {"dispute": dispute, "expectedVersion": 1}
    for name, document, more in (
        ("settle", SETTLE, {"side": "OPENER"}),
        ("refer", REFER, {"to": company.staff("leader")}),
    ):
        sent = {"idempotencyKey": str(uuid4())} | given | more
        assert company.ask("supervisor", document, input=sent).codes == ["FORBIDDEN"], name
    assert shown(company, "rival_supervisor", dispute) is None
    assert code(company.do("leader", REFER, **given, to=company.staff("supervisor"))) == "NOT_FOUND"
    assert code(company.do("leader", REFER, **given, to=company.staff("rival"))) == "NOT_FOUND"
    assert company.do("leader", REFER, **given, to=company.staff("rival_supervisor"))["dispute"]["version"] == 2
    put = shown(company, "rival_supervisor", dispute)
    assert put is not None
    assert (put["customer"], [party["staff"] for party in put["parties"]]) == (
        None, [{"name": "员工seller"}, {"name": "员工supervisor"}],
    )  # fmt: skip
    assert "SETTLE_DISPUTE" in put["viewerCan"]
    assert code(company.do("rival_supervisor", SETTLE, **given, side="OPENER", reasons="x")) == "STALE"
    settled = company.do(
        "rival_supervisor", SETTLE, dispute=dispute, expectedVersion=2, side="OPENER", reasons="以到场为准"
    )
    assert settled["dispute"]["award"]["by"] == {"name": "员工rival_supervisor"}


def test_where_the_rulebook_recuses_teams_no_supervisor_of_a_party_decides(given_url: str, tmp_path: Path) -> None:
    """`dispute.recused = team`: a reading that a company may choose."""
    own = tmp_path / "own.toml"
    own.write_text(
        'extends = "onsite"\n[edition."2026-01-01".parameters]\n'
        '"dispute.recused" = { value = "team", reading = true }\n'
        '"dispute.evidence_days" = { value = "none", reading = true }\n',
        encoding="utf-8",
    )
    with at_work(given_url, tmp_path / "home", rulebook=str(own)) as company:
        _, dispute = opened(company)
        found = shown(company, "supervisor", dispute)
        assert found is not None
        assert "SETTLE_DISPUTE" not in found["viewerCan"]
        assert found["deadlines"]["evidenceUntil"] is None
        sent = {"idempotencyKey": str(uuid4()), "dispute": dispute, "expectedVersion": 1, "side": "OPENER"}
        assert company.ask("supervisor", SETTLE, input=sent | {"reasons": "x"}).codes == ["FORBIDDEN"]
        assert company.do("leader", SETTLE, **sent, reasons="x")["refusal"] is None


def test_an_award_is_appealed_once_in_time_and_a_leader_has_the_last_word(company: Company) -> None:
    """A31 H20: by the party for whom it was not decided; not decided by who gave it; the deal follows the last word."""
    customer, dispute = opened(company)
    deal = company.do("seller", SIGN, customer=customer)["deal"]
    given = {"dispute": dispute, "reasons": "裁决未采信我的证据"}
    assert code(company.do("rival", APPEAL, **given, expectedVersion=1)) == "NOT_IN_STATE"
    company.do("supervisor", SETTLE, dispute=dispute, expectedVersion=1, side="RESPONDENT")
    assert code(company.do("seller", APPEAL, **given, expectedVersion=2)) == "NOT_IN_STATE", "it was decided for them"
    assert code(company.do("colleague", APPEAL, **given, expectedVersion=2)) == "NOT_FOUND"
    assert code(company.do("rival", APPEAL, **given, expectedVersion=1)) == "STALE"
    blank = company.do("rival", APPEAL, dispute=dispute, reasons=" ", expectedVersion=2)["refusal"]
    assert blank["problems"] == [{"path": ["reasons"], "code": "REQUIRED"}]
    assert code(company.do("leader", DECIDE, **given, side="OPENER", expectedVersion=2)) == "NOT_IN_STATE"
    company.advance(days=7)
    appealed = company.do("rival", APPEAL, **given, expectedVersion=2)["dispute"]
    assert (appealed["state"], appealed["version"]) == ("APPEALED", 3)
    assert code(company.do("rival", APPEAL, **given, expectedVersion=3)) == "NOT_IN_STATE"
    for who in ("supervisor", "rival", "project_leader", "archivist"):
        sent = {"idempotencyKey": str(uuid4()), "side": "OPENER", "expectedVersion": 3} | given
        assert company.ask(who, DECIDE, input=sent).codes == ["FORBIDDEN"], who
    closed = company.do("leader", DECIDE, **(given | {"reasons": "改判"}), side="OPENER", expectedVersion=3)["dispute"]
    assert (closed["state"], [one["level"] for one in closed["awards"]]) == ("CLOSED", ["FIRST", "APPEAL"])
    assert (closed["award"]["to"], closed["award"]["departs"]) == ({"name": "员工rival"}, True)
    credit = "query ($id: ID!) { deal(id: $id) { credit { staff { name } share } } }"
    assert company.ask("leader", credit, id=deal["id"]).data["deal"]["credit"] == [
        {"staff": {"name": "员工rival"}, "share": "100"}
    ]
    assert code(company.do("leader", DECIDE, **given, side="OPENER", expectedVersion=4)) == "NOT_IN_STATE"
    assert [kind for kind, _ in read(company, "seller", dispute)] == ["REASONS"]


def test_the_time_for_an_appeal_ends(company: Company) -> None:
    """A31: seven days by the rulebook; the leader who gave the award does not decide the appeal against it."""
    _, dispute = opened(company)
    company.do("leader", SETTLE, dispute=dispute, expectedVersion=1, side="RESPONDENT")
    company.advance(days=8)
    late = company.do("rival", APPEAL, dispute=dispute, reasons="x", expectedVersion=2)["refusal"]
    assert (late["code"], late["clauses"]) == ("TOO_LATE", [{"id": "A31"}])


def test_a_leader_who_gave_the_award_does_not_decide_the_appeal(company: Company) -> None:
    """A31: two pairs of eyes."""
    _, dispute = opened(company)
    company.do("leader", SETTLE, dispute=dispute, expectedVersion=1, side="RESPONDENT")
    company.do("rival", APPEAL, dispute=dispute, reasons="x", expectedVersion=2)
    sent = {"idempotencyKey": str(uuid4()), "dispute": dispute, "side": "OPENER", "expectedVersion": 3, "reasons": "x"}
    assert company.ask("leader", DECIDE, input=sent).codes == ["FORBIDDEN"]


def test_a_loss_through_a_dispute_is_recorded_by_a_supervisor(company: Company) -> None:
    """H19: the fact stands, whoever is fined by it."""
    customer, _ = opened(company)
    lost = company.do("supervisor", LOSE, customer=customer, cause="DISPUTE", severity="MODERATE", note="客户转投他人")
    assert (lost["fact"], lost["customer"]) == ({"kind": "LOSE"}, {"id": customer})
    details = company.sql("SELECT details::text AS text FROM fact WHERE kind = 'lose'")[0]["text"]
    assert '"severity": "moderate"' in details
    assert (
        code(company.do("rival_supervisor", LOSE, customer="cus_" + "0" * 32, cause="PRICE", severity="MINOR"))
        == "NOT_FOUND"
    )
    sent = {"idempotencyKey": str(uuid4()), "customer": customer, "cause": "DISPUTE", "severity": "MINOR"}
    for who in ("seller", "reception", "archivist", "auditor"):
        assert company.ask(who, LOSE, input=sent).codes == ["FORBIDDEN"], who
