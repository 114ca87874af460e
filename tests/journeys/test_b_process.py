"""客户流程报备管理制度 (B) as a story: filed on reception, reviewed, assigned, contacted in time, archived, kept safe.

Each step cites its clause; the regulation's own order.
"""

from __future__ import annotations

from os import urandom
from typing import TYPE_CHECKING

from authz.actor import Role
from tests.company import RED, REVEAL, hire
from tests.journeys.filing_documents import (
    ASSIGN,
    CLAIMS,
    SAID,
    TAKE_BACK,
    WORDS,
    assign,
    form,
    notices,
    queue,
    reminded,
    review,
    state,
    version,
)
from tests.journeys.inspection_documents import FIND, SAMPLED, on, opened
from tests.journeys.test_offences import EVIDENCE, LIST, RECORD
from tests.journeys.test_the_archive import CLAIMS as TO_FILE
from tests.journeys.test_the_archive import FOUND, SCAN, archive
from tests.journeys.test_the_first_morning import CONTACT, CUSTOMERS, LOG, nodes
from tests.journeys.test_undertakings import SIGN, UNDERTAKING

if TYPE_CHECKING:
    from tests.company import Company

RULEBOOK = "process"


def test_a_customer_is_filed_reviewed_assigned_and_followed_up(story: Company) -> None:
    """B2 to B8; Tuesday, 24 November 2026."""
    company = story

    # B2: sales, customer service, marketing: whoever is in contact with customers files.
    by_service = company.file(
        "service", "郭靖", "13810005000", visited=False, claimant=company.staff("colleague"), channel="PHONE", **SAID
    )
    assert (by_service["refusal"], by_service["claim"]["state"]) == (None, "IN_REVIEW")
    assert [one["kind"] for one in notices(company, "colleague")] == ["FILED_FOR_YOU"]

    # B3: step one; name, contact, need and feedback are asked for, promptly.
    required = [one["name"] for one in form(company, "seller")["fields"] if one["isRequired"]]
    assert required[:6] == ["name", "email", "phone", "wechat", "need", "feedback"]
    company.advance(minutes=1)
    filed = company.file("seller", "黄蓉", "13810005001", visited=False, **SAID)
    claim, customer = filed["claim"], filed["claim"]["customer"]["id"]
    assert (filed["refusal"], claim["state"]) == (None, "IN_REVIEW")

    # B5 before B4: what is not approved is assigned to nobody.
    early = assign(company, "supervisor", customer, "colleague")
    assert (early["refusal"]["code"], [one["id"] for one in early["refusal"]["clauses"]]) == ("NOT_ASSIGNABLE", ["B5"])

    # B4: step two; the department supervisor reviews that information and need are real.
    assert [one["claim"]["id"] for one in queue(company, "supervisor")] == [by_service["claim"]["id"], claim["id"]]
    company.advance(minutes=30)
    assert review(company, "supervisor", claim)["claim"]["state"] == "RECORDED"
    (told,) = notices(company, "seller", kind={"eq": "FILING_APPROVED"})
    assert told["next"] == "WAIT_FOR_ASSIGNMENT"

    # B5: step three; the supervisor assigns a named employee, on record: who, to whom, when.
    company.advance(minutes=30)
    assert company.ask("colleague", ASSIGN, input={
        "idempotencyKey": "00000000-0000-4000-8000-000000000001", "customer": customer,
        "to": company.staff("colleague"), "expectedVersion": 1,
    }).codes == ["FORBIDDEN"]  # fmt: skip
    stale = assign(company, "supervisor", customer, "colleague", expectedVersion=99)
    assert stale["refusal"]["code"] == "STALE"
    assigned = assign(company, "supervisor", customer, "colleague", reason="熟悉该小区")
    assert (assigned["refusal"], assigned["fact"]["kind"], assigned["fact"]["by"]) == (
        None,
        "ASSIGN",
        {"number": "S004"},
    )
    assert assigned["customer"]["holder"] == {"staff": {"number": "S002"}, "team": {"name": "红队"}}
    (told,) = notices(company, "colleague", kind={"eq": "CUSTOMER_ASSIGNED"})
    assert (told["next"], told["customer"]["id"]) == ("CONTACT", customer)

    # B6: step four; contact within two working days: Thursday. Who is late is seen by the clock alone.
    assert state(company, "supervisor", claim["id"]) == ("ASSIGNED", "2026-11-26")
    assert reminded(company, "colleague") == [("CONTACT", "2026-11-26", 2)]
    company.advance(days=3)
    assert state(company, "supervisor", claim["id"]) == ("OVERDUE", None)
    overdue = nodes(company, "supervisor", CLAIMS, filter={"state": {"eq": "OVERDUE"}})
    assert [one["id"] for one in overdue] == [claim["id"]]
    assert reminded(company, "colleague") == []

    # The supervisor takes the customer back and assigns somebody else; both are told.
    back = company.do(
        "supervisor", TAKE_BACK, customer=customer, expectedVersion=version(company, "supervisor", customer)
    )
    assert (back["refusal"], back["customer"]["holder"]["staff"]) == (None, {"number": "S004"})
    assert notices(company, "colleague")[0]["kind"] == "CUSTOMER_TAKEN_BACK"
    again = company.do(
        "supervisor", TAKE_BACK, customer=customer, expectedVersion=version(company, "supervisor", customer)
    )
    assert again["refusal"]["code"] == "NOT_ASSIGNABLE"
    company.advance(minutes=1)
    assert assign(company, "supervisor", customer, "seller")["refusal"] is None
    assert state(company, "supervisor", claim["id"]) == ("ASSIGNED", "2026-12-01")

    # B7: step five; every communication is kept, with feedback and changes of need.
    company.advance(hours=1)
    talked = company.do("seller", CONTACT, customer=customer, note="电话沟通", need="改为四室", feedback="报价偏高")
    assert talked["refusal"] is None
    company.advance(hours=1)
    company.do("seller", CONTACT, customer=customer)
    assert state(company, "supervisor", claim["id"]) == ("ASSIGNED", None)
    words = company.ask("supervisor", WORDS, id=customer).data["customer"]
    assert words["communications"]["totalCount"] == {"value": 2}
    assert words["communications"]["nodes"][1] == {
        "kind": "CONTACT", "at": words["communications"]["nodes"][1]["at"], "by": {"number": "S001"},
        "note": "电话沟通", "need": "改为四室", "feedback": "报价偏高",
    }  # fmt: skip
    assert words["staleFrom"] == "2026-12-12"
    assert company.ask("rival", WORDS, id=customer).data == {"customer": None}

    # B8: step six; the complete record is archived, and found again by whoever saw it.
    (ready,) = [one for one in nodes(company, "archivist", TO_FILE) if one["id"] == claim["id"]]
    done = archive(company, ready, scans=[SCAN])
    assert (done["refusal"], done["claim"]["state"]) == (None, "ARCHIVED")
    assert [one["claim"]["id"] for one in nodes(company, "seller", FOUND)] == [claim["id"]]
    assert nodes(company, "rival", FOUND) == []


def test_what_is_known_of_customers_is_kept_safe_and_false_filings_are_answered(story: Company) -> None:
    """B9 to B17."""
    company = story
    filed = company.file("seller", "欧阳锋", "13810005009", visited=False, **SAID)
    customer = filed["claim"]["customer"]["id"]

    # B9: it goes to nobody outside: what is not one's team's does not exist, and of what is, contacts are masked.
    assert company.ask("rival", WORDS, id=customer).data == {"customer": None}
    (mine,) = [one for one in nodes(company, "colleague", CUSTOMERS) if one["id"] == customer]
    assert mine["phones"] == [{"display": "1381000****", "isMasked": True, "canReveal": False}]

    # B10: whoever has not signed the undertaking of confidentiality sees no customer, and is told what to do next.
    company.run(lambda: hire(company, "newcomer", "S090", Role.SALESPERSON, RED, urandom, has_signed=False))
    given = {"customer": customer, "fields": ["PHONES"], "purpose": "FOLLOW_UP"}
    assert company.ask("newcomer", REVEAL, input=given).codes == ["UNDERTAKING_NEEDED"]
    assert company.ask("newcomer", WORDS, id=customer).data == {"customer": None}
    undertaking = company.ask("newcomer", UNDERTAKING).data["undertaking"]
    assert undertaking["isRequired"]
    assert "不私自处理客户信息" in undertaking["text"]
    assert undertaking["signature"] is None
    signed = company.do("newcomer", SIGN, version=undertaking["version"], digest=undertaking["digest"])
    assert (signed["refusal"], signed["signature"]["way"]) == (None, "HERE")
    assert customer in [one["id"] for one in nodes(company, "newcomer", CUSTOMERS)]

    # B10 B11: nobody handles it privately: one customer at a time, for a purpose of the company's, and it is on record.
    for_nothing = company.ask("seller", REVEAL, input={"customer": customer, "fields": ["PHONES"]})
    assert for_nothing.codes == ["BAD_USER_INPUT"]
    assert company.reveal("seller", customer)["contact"]["phones"] == ["+8613810005009"]
    (entry,) = nodes(company, "supervisor", LOG, filter={"tag": {"eq": "contact:reveal"}})
    assert (entry["actor"], entry["purpose"], entry["customer"]) == ({"number": "S001"}, "FOLLOW_UP", {"id": customer})

    # B12: it is encrypted: no table holds the number or the name.
    for table in ("sealed_value", "filing", "fact", "access_log", "blind_index"):
        rows = company.sql(f"SELECT t::text AS row FROM {table} t")
        assert not any("13810005009" in one["row"] or "欧阳锋" in one["row"] for one in rows), table

    # B13: a filing that proves false is an offence; B17: warning, demerit, transfer, dismissal.
    given = {"staff": company.staff("seller"), "kind": "FALSE_FILING", "customer": customer, "evidence": EVIDENCE}
    steps = [company.do("supervisor", RECORD, **given)["offence"]["step"] for _ in range(4)]
    assert steps == ["WARNING", "DEMERIT", "TRANSFER", "DISMISSAL"]
    (offence, *_) = nodes(company, "seller", LIST)
    assert [one["id"] for one in offence["clauses"]] == ["B13"]

    # B16: filings are looked over by a sample; what is found has a day by which it is put right.
    today = company.clock[0].date().isoformat()
    assert opened(company, "supervisor", RED, size=1, toDay=today)["inspection"]["sampled"] == 1
    (item,) = nodes(company, "supervisor", SAMPLED)
    found = on(company, "supervisor", FIND, item, finding="INCOMPLETE", note="面积未填")["item"]
    assert (found["state"], found["dueOn"] is not None) == ("OPEN", True)
