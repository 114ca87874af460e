"""Offences by law and recorded, their appeals, fines and points, over GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from records.verification import verify
from tests.company import at_work
from tests.journeys.test_proceedings import LOSE, OPEN, READ
from tests.journeys.test_rules_in_the_open import RULEBOOKS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.company import Company

_REFUSAL = "refusal { code clauses { id } path ... on InvalidInput { problems { path code } } }"
OFFENCE = """id kind at state step yuan isByLaw edition staff { name } customer { id } recordedBy { name }
  decidedBy { name } clauses { id } viewerCan"""
LIST = f"""query ($filter: OffenceFilter) {{ offences(first: 50, filter: $filter, order: AT_ASC) {{
  totalCount {{ value }} nodes {{ {OFFENCE} }} }} }}"""
ONE = f"query ($id: ID!) {{ offence(id: $id) {{ {OFFENCE} }} node(id: $id) {{ id }} }}"
POINTS = """query ($staff: ID!, $month: String!) { points(staff: $staff, month: $month) {
  points shortfall penalty clauses { id } } }"""
PAPER = "ef" * 32
EVIDENCE = [{"kind": "OTHER", "document": PAPER}]


def act(name: str) -> str:
    """Write the mutation of an act on an offence."""
    given = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation ($input: {given}!) {{ {name}(input: $input) {{ offence {{ {OFFENCE} }} replayed {_REFUSAL} }} }}"


RECORD, APPEAL, DECIDE = act("recordOffence"), act("appealOffence"), act("decideOffence")


@pytest.fixture
def company(given_url: str, tmp_path: Path) -> Iterator[Company]:
    """The company under `onsite`."""
    with at_work(given_url, tmp_path) as found:
        yield found


def listed(company: Company, who: str, **narrowed: Any) -> list[dict[str, Any]]:
    """The offences that somebody sees."""
    return company.ask(who, LIST, filter=narrowed or None).data["offences"]["nodes"]


def verified(company: Company) -> list[Any]:
    """What the projections have and the facts do not bear out."""

    async def run() -> list[Any]:
        _, differences = await verify(company.office.rulebook)
        return differences

    return company.run(run)


def code(payload: dict[str, Any]) -> str | None:
    """Why an act was refused."""
    return payload["refusal"] and payload["refusal"]["code"]


def test_poaching_follows_from_the_facts_and_is_lifted_on_appeal(company: Company) -> None:
    """A23 A28: whose it is sees it, their supervisor and the leader; not whoever was poached from."""
    customer = company.filed("seller", "王芳", "13812345678")
    company.advance(days=1)
    company.file("rival", "王芳", "13812345678")
    (found,) = listed(company, "rival")
    assert (found["kind"], found["state"], found["isByLaw"], found["customer"]) == (
        "POACHING", "STANDS", True, {"id": customer},
    )  # fmt: skip
    assert {"id": "A28"} in found["clauses"]
    assert (found["yuan"], found["step"], found["edition"]) == (None, None, "onsite@2020-01-01")
    assert found["viewerCan"] == ["APPEAL_OFFENCE"]
    for who, seen in (("rival_supervisor", 1), ("leader", 1), ("seller", 0), ("supervisor", 0), ("reception", 0)):
        assert len(listed(company, who)) == seen, who
    assert company.ask("auditor", LIST).codes == ["FORBIDDEN"]
    assert company.ask("seller", ONE, id=found["id"]).data == {"offence": None, "node": None}
    assert verified(company) == []
    given = {"offence": found["id"]}
    assert code(company.do("leader", DECIDE, **given, isUpheld=False)) == "NOT_IN_STATE"
    assert code(company.do("seller", APPEAL, **given, evidence=EVIDENCE)) == "NOT_FOUND"
    said = [{"kind": "MESSAGE", "text": "原业务员口头同意"}]
    assert company.do("rival", APPEAL, **given, evidence=said)["offence"]["state"] == "APPEALED"
    assert code(company.do("rival", APPEAL, **given, evidence=said)) == "NOT_IN_STATE"
    for who in ("rival_supervisor", "rival", "archivist"):
        sent = {"idempotencyKey": str(uuid4()), "isUpheld": False} | given
        assert company.ask(who, DECIDE, input=sent).codes == ["FORBIDDEN"], who
    lifted = company.do("leader", DECIDE, **given, isUpheld=False, reasons="有同意在先")["offence"]
    assert (lifted["state"], lifted["decidedBy"], lifted["viewerCan"]) == ("LIFTED", {"name": "员工leader"}, [])
    assert code(company.do("leader", DECIDE, **given, isUpheld=True)) == "NOT_IN_STATE"
    read = company.ask("rival", READ, input={"of": found["id"], "purpose": "COMPLAINT"}).data["readPapers"]["papers"]
    assert [(one["kind"], one["texts"]) for one in read] == [
        ("APPEAL", ["原业务员口头同意"]), ("REASONS", ["有同意在先"]),
    ]  # fmt: skip
    assert listed(company, "leader", state={"eq": "LIFTED"}) != []
    assert listed(company, "leader", staff={"eq": company.staff("seller")}) == []
    assert verified(company) == []


def test_a_loss_through_a_dispute_fines_both_sides(given_url: str, tmp_path: Path) -> None:
    """H19: 300 yuan for a moderate one, each side; a record, never a deduction."""
    with at_work(given_url, tmp_path / "home", rulebook="store") as company:
        customer = company.filed("seller", "王芳", "13812345678", visited=False)
        company.file("rival", "王芳", "13812345678", visited=False)
        company.do("rival", OPEN, customer=customer)
        company.do("supervisor", LOSE, customer=customer, cause="DISPUTE", severity="MODERATE")
        fined = listed(company, "leader", kind={"eq": "DISPUTE_LOSS"})
        assert {(one["staff"]["name"], one["yuan"]) for one in fined} == {("员工rival", 300), ("员工seller", 300)}
        assert {"id": "H19"} in fined[0]["clauses"]
        assert [one["yuan"] for one in listed(company, "seller")] == [300]
        company.do("leader", LOSE, customer=customer, cause="DISPUTE", severity="MODERATE")
        company.advance(minutes=1)
        company.do("leader", LOSE, customer=customer, cause="PRICE", severity="SEVERE")
        assert len(listed(company, "leader")) == 4, "each loss fines both; one for another cause fines nobody"
        assert verified(company) == []


def test_where_fines_are_off_a_loss_fines_nobody(given_url: str, tmp_path: Path) -> None:
    """`fines = off`: neither by law nor by hand."""
    own = tmp_path / "own.toml"
    own.write_text(
        'extends = "store"\n[edition."2026-01-01".parameters]\n"fines" = { value = "off", reading = true }\n', "utf-8"
    )
    with at_work(given_url, tmp_path / "home", rulebook=str(own)) as company:
        customer = company.filed("seller", "王芳", "13812345678", visited=False, channel="MESSAGE")
        company.file("rival", "王芳", "13812345678", visited=False, channel="MESSAGE")
        company.do("rival", OPEN, customer=customer)
        company.do("supervisor", LOSE, customer=customer, cause="DISPUTE", severity="SEVERE")
        assert listed(company, "leader") == []
        given = {"staff": company.staff("seller"), "kind": "CONDUCT", "evidence": EVIDENCE, "yuan": 100}
        refused = company.do("supervisor", RECORD, **given)["refusal"]
        assert refused["problems"] == [{"path": ["yuan"], "code": "NOT_OFFERED"}]


def test_an_offence_is_recorded_at_the_next_step_of_the_ladder(company: Company) -> None:
    """B17 D18: warning, fine, demotion, removal in order; what was lifted does not count."""
    seller = company.staff("seller")
    given = {"staff": seller, "kind": "LEAK", "evidence": EVIDENCE}
    first = company.do("supervisor", RECORD, **given)["offence"]
    assert (first["kind"], first["step"], first["isByLaw"], first["recordedBy"]) == (
        "LEAK", "WARNING", False, {"name": "员工supervisor"},
    )  # fmt: skip
    assert [clause["id"] for clause in first["clauses"]] == ["B9", "B17"]
    second = company.do("supervisor", RECORD, **given, yuan=200)["offence"]
    assert (second["step"], second["yuan"]) == ("FINE", 200)
    assert company.do("supervisor", RECORD, **(given | {"kind": "CONDUCT"}))["offence"]["step"] == "WARNING"
    assert company.do("supervisor", RECORD, **given, step="WARNING")["offence"]["step"] == "WARNING"
    company.do("seller", APPEAL, offence=second["id"], evidence=EVIDENCE)
    assert company.do("leader", DECIDE, offence=second["id"], isUpheld=False)["offence"]["state"] == "LIFTED"
    assert company.do("supervisor", RECORD, **given)["offence"]["step"] == "DEMOTION"
    steps = sorted(one["step"] for one in listed(company, "seller", kind={"eq": "LEAK"}))
    assert steps == ["DEMOTION", "FINE", "WARNING", "WARNING"]
    assert len(listed(company, "colleague")) == 0


@pytest.mark.parametrize(
    ("rulebook", "clause", "kind", "ladder"),
    [
        ("process", "B17", "FALSE_FILING", ["WARNING", "DEMERIT", "TRANSFER", "DISMISSAL"]),
        ("contract", "D18", "CONCEALMENT", ["WARNING", "FINE", "DEMOTION", "REMOVAL"]),
        ("records", "E12", "LEAK", ["WARNING", "DEMERIT", "DISMISSAL"]),
        ("layered", "F6", "CONDUCT", ["WARNING", "DEMERIT"]),
        ("handbook", "J18", "CONDUCT", ["FINE", "DEMERIT", "DISMISSAL", "LEGAL_REFERRAL"]),
    ],
)
def test_every_regulation_has_its_own_ladder(
    given_url: str, tmp_path: Path, rulebook: str, clause: str, kind: str, ladder: list[str]
) -> None:
    """B13 B17 D15 D18 E12 F6 J18: step by step, and the last one stays the last; J18 fines 10 to 100 yuan."""
    with at_work(given_url, tmp_path, rulebook=rulebook) as company:
        given = {"staff": company.staff("seller"), "kind": kind, "evidence": EVIDENCE}
        steps = []
        for _ in range(len(ladder) + 1):
            found = company.do("supervisor", RECORD, **given)["offence"]
            steps.append(found["step"])
            company.advance(days=1)
        assert steps == [*ladder, ladder[-1]]
        in_force = next(one for one in company.ask("seller", RULEBOOKS).data["rulebooks"] if one["isInForce"])
        (found,) = [one for one in in_force["parameters"] if one["name"] == "sanction.ladder"]
        assert [one["id"] for one in found["clauses"]] == [clause]
        if rulebook == "handbook":
            for yuan in (9, 101):
                refused = company.do("supervisor", RECORD, **given, yuan=yuan)["refusal"]
                assert refused["problems"] == [{"path": ["yuan"], "code": "OUT_OF_RANGE"}]
            assert company.do("supervisor", RECORD, **given, step="FINE", yuan=100)["offence"]["yuan"] == 100


def test_what_cannot_be_recorded_is_refused_by_place(company: Company) -> None:
    """By law, off the ladder, out of range, without evidence, words without a customer, of oneself, of another team."""
    seller = company.staff("seller")

    def problems(**given: Any) -> list[tuple[list[str], str]]:
        sent = {"staff": seller, "kind": "LEAK", "evidence": EVIDENCE} | given
        return [(one["path"], one["code"]) for one in company.do("supervisor", RECORD, **sent)["refusal"]["problems"]]

    assert problems(kind="POACHING") == [(["kind"], "NOT_OFFERED")]
    assert problems(step="TRANSFER") == [(["step"], "NOT_OFFERED")]
    assert problems(yuan=501) == [(["yuan"], "OUT_OF_RANGE")]
    assert problems(yuan=0) == [(["yuan"], "OUT_OF_RANGE")]
    assert problems(evidence=[]) == [(["evidence"], "REQUIRED")]
    assert problems(evidence=[{"kind": "WITNESS", "text": "同事看见"}]) == [(["evidence", "0", "text"], "NOT_OFFERED")]
    given = {"kind": "LEAK", "evidence": EVIDENCE}
    assert code(company.do("supervisor", RECORD, staff="stf_" + "0" * 32, **given)) == "NOT_FOUND"
    for who, whom in (
        ("supervisor", "supervisor"),
        ("supervisor", "rival"),
        ("seller", "colleague"),
        ("archivist", "seller"),
    ):
        sent = {"idempotencyKey": str(uuid4()), "staff": company.staff(whom)} | given
        assert company.ask(who, RECORD, input=sent).codes == ["FORBIDDEN"], (who, whom)
    customer = company.filed("seller", "王芳", "13812345678")
    said = company.do("supervisor", RECORD, staff=seller, kind="LEAK", customer=customer, evidence=[
        {"kind": "WITNESS", "text": "同事看见"},
    ])["offence"]  # fmt: skip
    assert said["customer"] == {"id": customer}
    foreign = company.filed("rival", "李强", "13900139000")
    assert code(company.do("supervisor", RECORD, staff=seller, customer=foreign, **given)) == "NOT_FOUND"


def test_the_recorder_does_not_decide_the_appeal(company: Company) -> None:
    """Two pairs of eyes."""
    found = company.do("leader", RECORD, staff=company.staff("seller"), kind="CONDUCT", evidence=EVIDENCE)["offence"]
    company.do("seller", APPEAL, offence=found["id"], evidence=EVIDENCE)
    sent = {"idempotencyKey": str(uuid4()), "offence": found["id"], "isUpheld": True}
    assert company.ask("leader", DECIDE, input=sent).codes == ["FORBIDDEN"]


def test_points_count_verified_visits_of_the_month(given_url: str, tmp_path: Path) -> None:
    """I8 I9 I10: 30 due, three short is one cleaning duty; one's own, one's team's, or anybody's for the leader."""
    with at_work(given_url, tmp_path, rulebook="field") as company:
        customer = company.filed("seller", "王芳", "13812345678", visited=False)
        root = UUID(hex=customer.partition("_")[2])
        for number in range(28):
            company.sql(
                "INSERT INTO fact (id, kind, happened_at, recorded_at, by_id, customer_id, details) "
                "VALUES ($1, 'record_visit', $2, $2, $3, $4, $5)",
                uuid4(), company.clock[0], company.ids["seller"], root,
                '{"verified": true}' if number else '{"verified": false}',
            )  # fmt: skip
        given = {"staff": company.staff("seller"), "month": "2026-11"}
        scored = {"points": 27, "shortfall": 3, "penalty": "cleaning_duty"}
        for who in ("seller", "supervisor", "leader"):
            found = company.ask(who, POINTS, **given).data["points"]
            assert {name: found[name] for name in scored} == scored
            assert {"id": "I8"} in found["clauses"]
        for who in ("rival", "colleague", "rival_supervisor"):
            assert company.ask(who, POINTS, **given).data["points"] is None, who
        assert company.ask("seller", POINTS, staff=given["staff"], month="2026-12").data["points"]["points"] == 0
        assert company.ask("seller", POINTS, staff=given["staff"], month="2026-13").codes == ["BAD_USER_INPUT"]


def test_a_later_consent_that_was_given_before_lifts_what_the_law_said(company: Company) -> None:
    """A27 A28: what follows from the facts is worked out anew when a fact of before becomes known."""
    customer = company.filed("seller", "王芳", "13812345678")
    company.advance(days=1)
    before = company.clock[0].isoformat()
    company.advance(hours=1)
    company.file("rival", "王芳", "13812345678")
    assert len(listed(company, "rival")) == 1
    consent = (
        "mutation ($input: RecordConsentInput!) { recordConsent(input: $input) { fact { kind } refusal { code } } }"
    )
    given = {"customer": customer, "to": company.staff("rival"), "occurredAt": before}
    assert company.do("seller", consent, **given)["refusal"] in (None, {"code": "NOT_HOLDER"})
    assert verified(company) == []
