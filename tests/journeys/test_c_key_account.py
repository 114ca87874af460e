"""某公司客户报备制度 (C) as a story: key customers, filed in confidence until they are through, and not lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.company import RED
from tests.journeys.edition_documents import DRAFT, PUBLISH
from tests.journeys.filing_documents import CLAIMS, WORDS, assign, form, notices, queue, review, state
from tests.journeys.inspection_documents import CLOSE_INSPECTION, FIND, SAMPLED, on, opened
from tests.journeys.test_overview import shown as figures_of
from tests.journeys.test_the_archive import CLAIMS as TO_FILE
from tests.journeys.test_the_archive import SCAN, archive
from tests.journeys.test_the_first_morning import CONTACT, CUSTOMERS, nodes
from tests.journeys.test_upkeep import correct

if TYPE_CHECKING:
    from tests.company import Company

RULEBOOK = "key_account"
SAID = {"other": [{"name": "need", "value": "酒店整体软装"}]}


def stale(company: Company, who: str) -> list[str]:
    """The customers of whom nobody has had word for too long."""
    return [one["id"] for one in nodes(company, who, CUSTOMERS, filter={"isStale": {"eq": True}})]


def test_a_key_customer_is_filed_in_confidence_dispatched_and_not_lost(
    story: Company,
) -> None:
    """C1 to C16; Tuesday, 24 November 2026."""
    company = story

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

    # C10: who is responsible archives it, keeps the customer's file, and keeps it up.
    (ready,) = nodes(company, "archivist", TO_FILE)
    done = archive(company, ready, scans=[SCAN])
    assert (done["refusal"], done["claim"]["state"]) == (None, "ARCHIVED")
    company.advance(minutes=1)
    more = company.file("seller", "柳莺宾馆", "13810006001", visited=False, **SAID)["claim"]
    kept = review(company, "supervisor", more)["claim"]
    assert correct(company, "archivist", kept, email="desk@example.com")["refusal"] is None

    # C4 C13: on time and right at once are measured, by person.
    (mine,) = [one for one in figures_of(company, "leader", "PERSON") if one["staff"]["number"] == "S001"]
    assert (mine["filings"], mine["onTimeRate"], mine["accuracyRate"]) == (2, "100.00", "100.00")

    # C11: a sample of what was filed is looked over, and the inspection is closed when all is in order.
    company.advance(hours=1)
    today = company.clock[0].date().isoformat()
    inspection = opened(company, "supervisor", RED, size=1, toDay=today)["inspection"]
    (item,) = nodes(company, "supervisor", SAMPLED)
    assert on(company, "supervisor", FIND, item, finding="IN_ORDER")["item"]["state"] == "IN_ORDER"
    closing = {"inspection": inspection["id"], "expectedVersion": inspection["version"]}
    assert company.do("supervisor", CLOSE_INSPECTION, **closing)["inspection"]["closedAt"] is not None

    # C14: the regulation is revised by what was learnt: an edition with its day.
    drafted = company.do("leader", DRAFT, changes=[{"parameter": "contact.days", "value": "2"}])["edition"]
    given = {"edition": drafted["id"], "expectedVersion": drafted["version"], "effectiveOn": "2027-01-01"}
    assert company.do("leader", PUBLISH, **given)["edition"]["effectiveOn"] == "2027-01-01"

    # C15: what leaked would harm: whoever has no part in it sees no clear contact, and no customer.
    assert company.ask("rival", WORDS, id=customer).data == {"customer": None}
    assert company.reveal("colleague", more["customer"]["id"])["refusal"]["code"] == "NOT_FOUND"

    # C16: a filed customer without timely follow-up shows: seven days after the last word.
    words = company.ask("supervisor", WORDS, id=customer).data["customer"]
    assert words["staleFrom"] == "2026-12-04"
    assert stale(company, "supervisor") == []
    company.advance(days=8)
    assert customer in stale(company, "supervisor")
    assert stale(company, "rival_supervisor") == []
    company.do("colleague", CONTACT, customer=customer)
    assert customer not in stale(company, "supervisor")
