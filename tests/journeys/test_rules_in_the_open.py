"""What a frontend team asks before it draws a screen: the form of each filing, and the rulebooks behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.company import Company

FORM = """query ($type: FilingType!) { filingForm(type: $type) { type title edition mayBeProvisional levels
  clauses { id } fields { name label(language: ZH) kind input isRequired group requiredIf
  options { value label } clauses { id } } } }"""
RULEBOOKS = """{ rulebooks { name isInForce editions
  parameters { name kind label value text(language: ZH) clauses { id } } } }"""


def test_a_screen_is_told_what_a_filing_asks_for(company: Company) -> None:
    """A4 A7: name and phone are compulsory under the regulation on site; what is sent where, and in whose words."""
    form = company.ask("seller", FORM, type="CUSTOMER").data["filingForm"]
    asked = {one["name"]: one for one in form["fields"]}
    assert [one["name"] for one in form["fields"] if one["isRequired"]] == ["name", "phone"]
    assert asked["phone"]["input"] == "PHONES"
    assert asked["phone"]["label"] == "联系电话"
    assert asked["visited_at"]["kind"] == "INSTANT"
    assert [one["value"] for one in asked["channel"]["options"]] == ["on_site", "form"]
    assert "claimant" not in asked, "a salesperson files for nobody else"
    assert form["edition"].startswith("onsite@")
    reception = company.ask("reception", FORM, type="CUSTOMER").data["filingForm"]["fields"]
    assert "claimant" in {one["name"] for one in reception}
    assert company.ask("seller", FORM, type="CONTRACT").data["filingForm"] is None
    assert company.ask(None, FORM, type="CUSTOMER").codes == ["UNAUTHENTICATED"]


def test_every_rulebook_lies_open_with_its_clauses(company: Company) -> None:
    """A1 D3: the rules are public inside the company; first of all that protection lapses."""
    shown = company.ask("designer", RULEBOOKS).data["rulebooks"]
    assert [one["name"] for one in shown if one["isInForce"]] == ["onsite"]
    assert len(shown) == 10
    assert shown[0]["isInForce"] is True
    first = shown[0]["parameters"][0]
    assert "届满" in first["text"] or "到期" in first["text"] or "可" in first["text"]
    assert {clause["id"] for clause in first["clauses"]} >= {"A26", "A30"}
    kinds = {one["kind"] for book in shown for one in book["parameters"]}
    assert kinds == {"CLAUSE", "READING", "BORROWED"}
