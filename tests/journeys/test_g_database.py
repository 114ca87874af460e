"""客户备案管理制度范文 (G) as a story: eight fields, the supervisor's review, what is wrong sent back and put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journeys.departure_documents import ANNOUNCE, DEPART, HAND_OVER
from tests.journeys.filing_documents import form, notices, queue, review
from tests.journeys.test_backups import BACKUP_STATUS, RECORD_BACKUP, RECORD_RESTORE
from tests.journeys.test_offences import verified
from tests.journeys.test_the_archive import CLAIMS, SCAN, archive
from tests.journeys.test_the_first_morning import COMPLETE, CUSTOMERS, FIND, nodes
from tests.journeys.test_the_last_day import act as upon
from tests.journeys.test_the_last_day import one as departure_of
from tests.journeys.test_upkeep import CHANGED, JUDGE, correct

if TYPE_CHECKING:
    from tests.company import Company

RULEBOOK = "database"
SAID = {
    "address": "杭州市文三路90号", "email": "buyer@example.com",
    "other": [
        {"name": "contact_person", "value": "钱经理"},
        {"name": "industry", "value": "酒店"},
        {"name": "demand_type", "value": "整木定制"},
    ],
}  # fmt: skip


def test_a_filing_is_reviewed_returned_supplemented_and_recorded(story: Company) -> None:
    """G2 to G16; Tuesday, 24 November 2026."""
    company = story

    # G2 G5: eight fields are asked for, related persons among them.
    asked = {one["name"]: one for one in form(company, "seller")["fields"] if one["isRequired"]}
    assert list(asked)[:8] == [
        "name", "address", "contact_person", "phone", "email", "industry", "demand_type", "related_persons",
    ]  # fmt: skip
    assert [one["id"] for one in asked["related_persons"]["clauses"]] == ["G5", "G2"]

    # G4: filed promptly, it goes to the sales supervisor; with a field missing it comes back at once.
    filed = company.file("seller", "开元酒店", "13810003000", visited=False, **SAID)
    assert (filed["claim"]["state"], filed["claim"]["missing"]) == ("RETURNED", ["related_persons"])
    assert filed["refusal"]["code"] == "INCOMPLETE"
    assert queue(company, "supervisor") == []
    added = company.do(
        "seller", COMPLETE, claim=filed["claim"]["id"], expectedVersion=1,
        other=[{"name": "related_persons", "value": "采购部李经理"}],
    )  # fmt: skip
    assert added["claim"]["state"] == "IN_REVIEW"
    (waiting,) = queue(company, "supervisor")

    # G8: the supervisor returns what does not meet the requirements, with what is wrong; the filer is told.
    company.advance(hours=1)
    back = review(company, "supervisor", waiting["claim"], "RETURN", missing=["address"], reason="地址不详")
    assert back["claim"]["state"] == "RETURNED"
    (told,) = notices(company, "seller", kind={"eq": "FILING_RETURNED"})
    assert (told["next"], told["missing"]) == ("COMPLETE", ["address"])

    # G8: or supplements and corrects it themselves; the change is recorded as theirs.
    mended = company.do(
        "supervisor", COMPLETE, claim=filed["claim"]["id"], expectedVersion=back["claim"]["version"],
        address="杭州市西湖区文三路90号东部软件园3号楼",
    )  # fmt: skip
    assert (mended["refusal"], mended["claim"]["state"]) == (None, "IN_REVIEW")
    (waiting,) = queue(company, "supervisor")
    company.advance(hours=1)
    through = review(company, "supervisor", waiting["claim"])
    assert (through["refusal"], through["claim"]["state"]) == (None, "RECORDED")

    # G9: salespeople query what their team filed.
    found = company.do("colleague", FIND, phone="13810003000")
    assert [one["id"] for one in found["customers"]] == [filed["claim"]["customer"]["id"]]
    assert company.do("rival", FIND, phone="13810003000")["customers"] == []

    # G6 G15: it stands in the company's database, and what is derived from it is borne out by the facts.
    assert verified(company) == []

    # G6 G15: it is backed up periodically: that one was made, and could be restored, is on record.
    made = {"madeAt": company.clock[0].isoformat(), "kibibytes": 2048, "digest": "ab" * 32, "recovery": "cd" * 32}
    backup = company.do("administrator", RECORD_BACKUP, **made)["backup"]
    assert company.ask("archivist", BACKUP_STATUS).data["backupStatus"]["lastGood"] is None
    tried = {"backup": backup["id"], "triedAt": company.clock[0].isoformat(), "outcome": "GOOD"}
    assert company.do("administrator", RECORD_RESTORE, **tried)["refusal"] is None
    status = company.ask("archivist", BACKUP_STATUS).data["backupStatus"]
    assert (status["lastGood"]["id"], status["dueOn"], status["isOverdue"]) == (backup["id"], "2026-12-01", False)

    # G10: a colleague of another team is a third party, and so is whoever keeps keys: nothing is there.
    customer = filed["claim"]["customer"]["id"]
    nothing = company.ask("rival", "query ($id: ID!) { customer(id: $id) { id } node(id: $id) { id } }", id=customer)
    assert nothing.data == {"customer": None, "node": None}
    assert company.ask("custodian", CUSTOMERS).codes == ["FORBIDDEN"]

    # G12 G13: contents are checked and brought up to date; an important change waits for the supervisor's word.
    company.advance(days=1)
    moved = correct(company, "seller", through["claim"], address="杭州市文二西路1号", reason="客户搬迁")
    assert (moved["refusal"], moved["correction"]["state"]) == (None, "PENDING")
    word = {"correction": moved["correction"]["id"], "expectedVersion": 1, "isConfirmed": True}
    assert company.do("supervisor", JUDGE, **word)["correction"]["state"] == "CONFIRMED"

    # G14: and those concerned hear which fields changed.
    (changed, *_) = nodes(company, "seller", CHANGED)
    assert (changed["kind"], changed["changed"]) == ("CONTACT_CORRECTED", ["address"])

    # G11: whoever leaves or changes teams hands over every filing; who took it over, by whose word, is on record.
    leaving = company.do("supervisor", ANNOUNCE, staff=company.staff("seller"), kind="TRANSFER",
                         toTeam=company.team("蓝队"), lastDay="2026-11-26")["departure"]  # fmt: skip
    early = upon(company, "supervisor", DEPART, leaving)
    assert (early["refusal"]["code"], [one["id"] for one in early["refusal"]["clauses"]]) == (
        "NOT_HANDED_OVER",
        ["G11"],
    )
    assert upon(company, "supervisor", HAND_OVER, leaving, to=company.staff("colleague"))["refusal"] is None
    company.advance(days=1)
    assert upon(company, "supervisor", DEPART, leaving)["departure"]["state"] == "COMPLETED"
    custody = departure_of(company, "archivist", leaving["id"])["handovers"]["nodes"]
    assert {(row["kind"], row["to"]["number"], row["by"]["number"]) for row in custody} >= {("FILING", "S002", "S004")}

    # G16: filed away, with the last day on which it is kept.
    (ready,) = nodes(company, "archivist", CLAIMS)
    assert archive(company, ready, scans=[SCAN])["entry"]["retainUntil"] == "2029-11-25"
