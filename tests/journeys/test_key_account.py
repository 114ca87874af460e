"""某公司客户报备制度 (C) as a story: key customers, filed in confidence until they are through, and not lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.test_layered import form, notices, queue, review
from tests.journeys.test_process import CLAIMS, WORDS, assign, state
from tests.journeys.test_the_first_morning import CONTACT, CUSTOMERS, nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.company import Company

SAID = {"other": [{"name": "need", "value": "酒店整体软装"}]}


def stale(company: Company, who: str) -> list[str]:
    """The customers of whom nobody has had word for too long."""
    return [one["id"] for one in nodes(company, who, CUSTOMERS, filter={"isStale": {"eq": True}})]


def test_a_key_customer_is_filed_in_confidence_dispatched_and_not_lost(
    company_under: Callable[[str], Company],
) -> None:
    """C1 C3 C5–C9 C16 in their order; Tuesday, 24 November 2026."""
    company = company_under("key_account")

    # C1 C5 C6: a new or key customer is filed, in one form for all.
    fields = {one["name"]: one for one in form(company, "seller")["fields"]}
    assert fields["is_key"]["kind"] == "TRUTH"
    assert [one["id"] for one in form(company, "seller")["clauses"]] == ["C5"]
    filed = company.file("seller", "西湖国宾馆", "13810006000", visited=False, isKey=True, **SAID)
    claim, customer = filed["claim"], filed["claim"]["customer"]["id"]
    assert (filed["refusal"], claim["state"]) == (None, "IN_REVIEW")

    # C3: until it is through, its filer, reviewers and the archivist see it; a colleague and reception do not.
    def seen(who: str) -> tuple[int, int, Any]:
        single = company.ask(who, "query ($id: ID!) { claim(id: $id) { id } customer(id: $id) { id } }", id=claim["id"])
        return len(nodes(company, who, CLAIMS)), len(nodes(company, who)), single.data["claim"]

    for who in ("seller", "supervisor", "archivist", "leader"):
        assert seen(who) == (1, 1, {"id": claim["id"]}), who
    for who in ("colleague", "service", "reception", "rival", "rival_supervisor"):
        assert seen(who) == (0, 0, None), who

    # C7: the sales supervisor, or the responsible person, checks that it is complete and accurate.
    (waiting,) = queue(company, "leader")
    assert waiting["claim"]["id"] == claim["id"]
    company.advance(hours=1)
    assert review(company, "supervisor", waiting["claim"])["claim"]["state"] == "RECORDED"
    assert seen("colleague") == (1, 1, {"id": claim["id"]})
    assert seen("rival") == (0, 0, None)

    # C8: dispatched by importance and need; another assignment replaces it, and the one replaced is told.
    company.advance(hours=1)
    assert assign(company, "supervisor", customer, "seller")["refusal"] is None
    company.advance(minutes=5)
    assert assign(company, "supervisor", customer, "colleague")["refusal"] is None
    assert notices(company, "seller")[0]["kind"] == "CUSTOMER_REASSIGNED"

    # C9: contact within the set time, one working day; overdue is visible, and a late contact mends it.
    assert state(company, "supervisor", claim["id"]) == ("ASSIGNED", "2026-11-25")
    company.advance(days=2)
    assert state(company, "seller", claim["id"]) == ("OVERDUE", None)
    assert company.do("colleague", CONTACT, customer=customer)["refusal"] is None
    assert state(company, "seller", claim["id"]) == ("ASSIGNED", None)

    # C16: a filed customer without timely follow-up shows: seven days after the last word.
    words = company.ask("supervisor", WORDS, id=customer).data["customer"]
    assert words["staleFrom"] == "2026-12-04"
    assert stale(company, "supervisor") == []
    company.advance(days=8)
    assert stale(company, "supervisor") == [customer]
    assert stale(company, "rival_supervisor") == []
    company.do("colleague", CONTACT, customer=customer)
    assert stale(company, "supervisor") == []
