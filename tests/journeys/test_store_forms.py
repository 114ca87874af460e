"""The store's own forms over HTTP, and what a filing gives under its rulebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.company import at_work
from tests.journeys.test_rules_in_the_open import FORM

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("type_", ["CUSTOMER", "STORE", "DESIGNER"])
def test_the_store_asks_for_its_own_three_forms(given_url: str, tmp_path: Path, type_: str) -> None:
    """H3 H4 H6 H8: a date and one of two contacts for the store, an address for a villa, provisional for designers."""
    with at_work(given_url, tmp_path, rulebook="store") as company:
        form = company.ask("seller", FORM, type=type_).data["filingForm"]
        required = [one["name"] for one in form["fields"] if one["isRequired"]]
        if type_ == "CUSTOMER":
            assert required == ["name", "phone"]
            villa = {one["name"] for one in form["fields"] if one["requiredIf"] == "villa"}
            assert villa == {"address", "building"}
            taken = company.file("seller", "张一", "13700000001", visited=False)
            assert taken["refusal"] is None, "H13: whoever files first holds, without a visit"
            late = company.file("rival", "张一", "13700000001", visited=False)
            assert (late["refusal"]["code"], late["refusal"]["clauses"][0]["id"]) == ("NOT_FIRST", "H13")
        elif type_ == "STORE":
            assert required == ["date", "address", "phone"]
            assert {one["group"] for one in form["fields"] if one["name"] in {"address", "phone"}} == {"address|phone"}
        else:
            assert form["mayBeProvisional"] is True
