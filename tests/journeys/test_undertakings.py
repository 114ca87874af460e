"""The undertaking of confidentiality is signed before anybody sees a customer, where the rulebook asks for it (B10)."""

from __future__ import annotations

import hashlib
from os import urandom
from typing import TYPE_CHECKING, Any

import pytest

from authz.actor import Role
from records import undertaking_text
from records.undertaking_text import UndertakingText, undertaking_texts
from tests.company import FILE, RED, hire
from tests.journeys.filing_documents import CLAIMS, REFUSAL, SAID, notices, queue
from tests.journeys.test_the_first_morning import CHECK, CUSTOMERS, FIND, LOG, nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.company import Company

_SIGNATURE = "signature { way signedOn staff { number } recordedBy { number } }"
UNDERTAKING = f"query {{ undertaking {{ version digest isRequired text(language: ZH) {_SIGNATURE} }} }}"
SIGN = f"""mutation ($input: SignUndertakingInput!) {{ signUndertaking(input: $input) {{
  {_SIGNATURE} replayed {REFUSAL} }} }}"""
RECORD = (
    "mutation ($input: RecordUndertakingInput!) { recordUndertaking(input: $input) { "
    f"{_SIGNATURE} replayed {REFUSAL} }} }}"
)
ME = "query { me { hasSigned alerts staff { number } } }"
KEY = "0b9f6c1e-6f0a-4f0e-9a53-0d6f6d6f6d80"


def unsigned(company: Company, who: str, number: str, role: Role = Role.SALESPERSON, team: str | None = RED) -> None:
    """Hire somebody who has not signed."""
    company.run(lambda: hire(company, who, number, role, team, urandom, has_signed=False))


def text(company: Company, who: str) -> dict[str, Any]:
    """What somebody is shown before signing."""
    return company.ask(who, UNDERTAKING).data["undertaking"]


def test_who_has_not_signed_sees_no_customer_and_is_told_what_to_do(company_under: Callable[[str], Company]) -> None:
    """B10: what opens or shows customers waits for it, by the guard's word `nda`; whoever has signed goes on."""
    company = company_under("process")
    filed = company.file("seller", "黄蓉", "13810005101", visited=False, **SAID)
    unsigned(company, "newcomer", "S090")
    shown = {"me": {"hasSigned": False, "alerts": ["UNDERTAKING_NEEDED"], "staff": {"number": "S090"}}}
    assert company.ask("newcomer", ME).data == shown
    assert company.ask("seller", ME).data["me"]["hasSigned"]
    form = {"idempotencyKey": KEY, "name": "新", "phones": ["13810005102"]}
    for document, variables in (
        (CUSTOMERS, {}),
        (CLAIMS, {}),
        (FIND, {"input": {"phone": "13810005101"}}),
        (CHECK, {"input": {"phones": ["13810005101"]}}),
        (FILE, {"input": form}),
    ):
        refused = company.ask("newcomer", document, **variables)
        assert refused.codes == ["UNDERTAKING_NEEDED"], document
        assert "signUndertaking" in refused.body["errors"][0]["message"]
        assert refused.status == 403
    one = "query ($id: ID!) { customer(id: $id) { id } claim: node(id: $id) { id } }"
    customer = filed["claim"]["customer"]["id"]
    assert company.ask("newcomer", one, id=customer).data == {"customer": None, "claim": None}
    assert company.ask("seller", one, id=customer).data["customer"] == {"id": customer}
    # A reviewer's queue waits as well, and no other denial is told so.
    unsigned(company, "head", "S091", Role.SUPERVISOR)
    waiting = "query { reviewQueue(first: 5) { nodes { claim { id } } } }"
    assert company.ask("head", waiting).codes == ["UNDERTAKING_NEEDED"]
    log = "query { accessLog(first: 1) { nodes { id } } }"
    assert company.ask("newcomer", log).codes == ["FORBIDDEN"]

    # Signed is the text that was shown, once; what is signed stays signed.
    undertaking = text(company, "newcomer")
    named = {"version": undertaking["version"], "digest": undertaking["digest"]}
    for other in ({"version": 2}, {"digest": "0" * 64}):
        refused = company.do("newcomer", SIGN, **named | other)["refusal"]
        assert (refused["code"], refused["version"]) == ("STALE", 1)
    assert company.do("newcomer", SIGN, **named | {"digest": "x"})["refusal"]["problems"][0]["path"] == ["digest"]
    signed = company.do("newcomer", SIGN, **named, idempotencyKey=KEY)
    assert signed["signature"] == {
        "way": "HERE", "signedOn": "2026-11-24", "staff": {"number": "S090"}, "recordedBy": {"number": "S090"},
    }  # fmt: skip
    assert company.do("newcomer", SIGN, **named, idempotencyKey=KEY)["replayed"]
    assert company.do("newcomer", SIGN, **named)["refusal"]["code"] == "NOT_IN_STATE"
    assert text(company, "newcomer")["signature"] == signed["signature"]
    assert company.ask("newcomer", ME).data["me"]["hasSigned"]
    assert [one["id"] for one in nodes(company, "newcomer", CUSTOMERS)] == [customer]
    with pytest.raises(Exception, match="never changed"):
        company.sql("DELETE FROM undertaking")


def test_a_signature_on_paper_is_recorded_by_another(company_under: Callable[[str], Company]) -> None:
    """B10: by a supervisor of the team or a system administrator, never of oneself; whoever it is of is told."""
    company = company_under("process")
    unsigned(company, "newcomer", "S090")
    unsigned(company, "head", "S091", Role.SUPERVISOR)
    paper = {"staff": company.staff("newcomer"), "version": 1, "signedOn": "2026-11-20", "document": "ab" * 32}
    for who in ("seller", "archivist", "leader", "auditor"):
        assert company.ask(who, RECORD, input=paper | {"idempotencyKey": KEY}).codes == ["FORBIDDEN"]
    oneself = paper | {"staff": company.staff("head"), "idempotencyKey": KEY}
    assert company.ask("head", RECORD, input=oneself).codes == ["FORBIDDEN"]
    assert company.do("rival_supervisor", RECORD, **paper)["refusal"]["code"] == "NOT_FOUND"
    for wrong, path in (({"signedOn": "2026-11-25"}, "signedOn"), ({"document": "ab"}, "document")):
        assert company.do("supervisor", RECORD, **paper | wrong)["refusal"]["problems"][0]["path"] == [path]
    assert company.do("supervisor", RECORD, **paper | {"version": 2})["refusal"]["code"] == "STALE"
    recorded = company.do("supervisor", RECORD, **paper)
    assert recorded["signature"] == {
        "way": "PAPER", "signedOn": "2026-11-20", "staff": {"number": "S090"}, "recordedBy": {"number": "S004"},
    }  # fmt: skip
    assert [one["kind"] for one in notices(company, "newcomer")] == ["UNDERTAKING_RECORDED"]
    assert company.do("supervisor", RECORD, **paper)["refusal"]["code"] == "NOT_IN_STATE"
    assert nodes(company, "newcomer", CUSTOMERS) == []
    whole = company.do("administrator", RECORD, **paper | {"staff": company.staff("head")})
    assert (whole["refusal"], whole["signature"]["way"]) == (None, "PAPER")
    assert queue(company, "head") == []
    tags = [one["tag"] for one in nodes(company, "supervisor", LOG) if one["tag"].startswith("undertaking")]
    assert tags == ["undertaking:record"]


def test_another_text_is_signed_anew(company_under: Callable[[str], Company], monkeypatch: pytest.MonkeyPatch) -> None:
    """B10: a new version is signed before anything more is seen."""
    asked = company_under("process")
    assert nodes(asked, "seller", CUSTOMERS) == []
    later = (*undertaking_texts(), UndertakingText(2, "新的文本", "Another text"))
    with monkeypatch.context() as patched:
        patched.setattr(undertaking_text, "undertaking_texts", lambda: later)
        assert asked.ask("seller", CUSTOMERS).codes == ["UNDERTAKING_NEEDED"]
        shown = text(asked, "seller")
        assert (shown["version"], shown["signature"]) == (2, None)
        assert shown["digest"] == hashlib.sha256("新的文本\0Another text".encode()).hexdigest()
        assert asked.do("seller", SIGN, version=2, digest=shown["digest"])["refusal"] is None
        assert nodes(asked, "seller", CUSTOMERS) == []


def test_a_rulebook_may_ask_for_no_undertaking(company: Company) -> None:
    """B10: under `onsite` nobody has to sign, and anybody may."""
    assert not text(company, "seller")["isRequired"]
    assert not company.ask("seller", ME).data["me"]["hasSigned"]
    assert nodes(company, "seller", CUSTOMERS) == []
    named = text(company, "seller")
    assert company.do("seller", SIGN, version=named["version"], digest=named["digest"])["refusal"] is None
