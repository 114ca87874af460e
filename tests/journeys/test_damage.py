"""What somebody who writes to the tables has altered (leaks.md, the database's administrator): found, named, and alone.

A value that does not open costs nobody else's page, and is never shown as if it were empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tests.company import REVEAL
from tests.journeys.test_the_first_morning import LOG, nodes

if TYPE_CHECKING:
    from tests.company import Company

CUSTOMERS = "{ customers(first: 10) { nodes { id name { display canReveal } phones { display } } } }"
DAMAGED = {
    "one byte": "set_byte(card, 60, 255 - get_byte(card, 60))",
    "an unknown suite": "set_byte(card, 1, 9)",
    "little is left": "substring(card FOR 4)",
    "another's": "(SELECT o.card FROM filing o WHERE o.id <> filing.id LIMIT 1)",
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_card_that_does_not_open_is_said_so_and_the_page_is_shown(new_company: Company, damage: str) -> None:
    """The log names the customer; the others stand where they stood."""
    company = new_company
    whole, broken = company.filed("seller", "甲", "13811112233"), company.filed("seller", "乙", "13811112244")
    company.sql(f"UPDATE filing SET card = {damage} WHERE customer_id = $1", UUID(broken.removeprefix("cus_")))
    shown = {node["id"]: node for node in nodes(company, "seller", CUSTOMERS)}
    assert (shown[whole]["name"]["display"], len(shown[whole]["phones"])) == ("甲", 1)
    assert shown[broken]["name"] == {"display": "(无法打开)", "canReveal": False}
    assert shown[broken]["phones"] == []
    refused = [entry for entry in nodes(company, "supervisor", LOG) if not entry["allowed"]]
    assert [(entry["tag"], entry["customer"]["id"]) for entry in refused] == [("customer:show", broken)]


def test_a_contact_that_does_not_open_is_an_error_of_ours_that_names_the_row_in_the_journal_alone(
    new_company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever asked hears a code; whoever mends it reads table, column and row."""
    company = new_company
    customer = company.filed("seller", "甲", "13811112233")
    company.sql("UPDATE sealed_value SET sealed = substring(sealed FOR 20)")
    answer = company.ask("seller", REVEAL, input={"customer": customer, "fields": ["PHONES"], "purpose": "FOLLOW_UP"})
    assert answer.codes == ["INTERNAL"]
    assert "table " not in answer.raw.decode()
    said = capsys.readouterr().out
    assert "SealBroken" in said
    assert "column" in said
    assert customer.removeprefix("cus_") in said.replace("-", "")
    assert "13811112233" not in said
