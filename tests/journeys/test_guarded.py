"""What holds however it is asked: by two at once, in one document, with the log down, after the rights are gone."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.company import FILE, REVEAL
from tests.journeys.test_the_first_morning import (
    CHECK,
    COMPLETE,
    CUSTOMERS,
    FIND,
    LOG,
    OPEN,
    SETTLE,
    VISIT,
    nodes,
    seen,
)  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.company import Answer, Company

SHOWN = "query ($id: ID!) { customer(id: $id) { version name { display } phones { display } viewerCan } }"


def test_two_who_ask_at_the_same_time_never_share_a_reading(company: Company) -> None:
    """leaks.md 32: each request gathers for itself."""
    red = company.filed("seller", "红一", "13800000001")
    blue = company.filed("rival", "蓝一", "13800000002")

    async def both() -> list[Answer]:
        return await asyncio.gather(
            *(company.asking(who, CUSTOMERS) for _ in range(2) for who in ("seller", "rival", "archivist"))
        )

    answers = company.run(both)
    for at, answer in enumerate(answers):
        found = {node["id"] for node in answer.data["customers"]["nodes"]}
        assert (red in found, blue in found) == [(True, False), (False, True), (True, True)][at % 3]


@contextmanager
def log_down(company: Company) -> Iterator[None]:
    """The log's writer has died."""
    log = company.office.log
    task = log._task

    async def stop() -> None:
        await log.__aexit__(None, None, None)

    async def start() -> None:
        await log.__aenter__()

    company.run(stop)
    try:
        yield
    finally:
        company.run(start)
    assert task is not log._task


def test_without_the_log_nothing_is_opened_and_nothing_is_told(company: Company) -> None:
    """log.md: decrypt only after the acknowledgement; leaks.md 73: nor is it told whether a row exists."""
    customer = company.filed("seller", "无痕", "13811110000")
    known = seen(company, "seller", customer)
    assert known is not None
    with log_down(company):
        for id_ in (customer, "cus_" + "0" * 32, "x"):
            given = {"customer": id_, "fields": ["PHONES"], "purpose": "CONTRACT"}
            answer = company.ask("seller", REVEAL, input=given)
            assert (answer.status, answer.codes) == (503, ["AUDIT_UNAVAILABLE"]), id_
            assert b"1381111" not in answer.raw
        for document, given in ((CHECK, {"phones": ["13811110000"]}), (FIND, {"phone": "13811110000"})):
            assert company.ask("seller", document, input=given).codes == ["AUDIT_UNAVAILABLE"]
        assert company.ask("seller", CUSTOMERS).codes == ["AUDIT_UNAVAILABLE"]
        assert company.ask("seller", SHOWN, id=customer).codes[0] == "AUDIT_UNAVAILABLE"
        assert company.ask("supervisor", LOG).codes == ["AUDIT_UNAVAILABLE"]
    assert company.reveal("seller", customer)["contact"]["phones"] == ["+8613811110000"]


def test_a_reveal_is_logged_whatever_becomes_of_the_rest_of_its_document(company: Company) -> None:
    """leaks.md 72."""
    customer = company.filed("seller", "先看", "13822220000")
    document = """mutation ($reveal: RevealContactInput!, $settle: SettleDisputeInput!) {
      revealContact(input: $reveal) { contact { phones } } settleDispute(input: $settle) { replayed } }"""
    answer = company.ask(
        "seller", document,
        reveal={"customer": customer, "fields": ["PHONES"], "purpose": "CONTRACT"},
        settle={"idempotencyKey": str(uuid4()), "dispute": "x", "expectedVersion": 1, "to": "x"},
    )  # fmt: skip
    assert answer.codes == ["FORBIDDEN"]
    assert answer.body["data"] is None
    found = nodes(company, "supervisor", LOG, filter={"customer": {"eq": customer}, "tag": {"eq": "contact:reveal"}})
    assert len(found) == 1


def test_one_document_reveals_and_checks_once(company: Company) -> None:
    """leaks.md 33 and 70: whatever aliases and fragments it is written with."""
    one = "revealContact(input: $i) { contact { name } }"
    for text in (f"a: {one} b: {one}", f"...F {one}"):
        spread = f"fragment F on Mutation {{ c: {one} }}" if "..." in text else ""
        answer = company.ask("seller", f"mutation ($i: RevealContactInput!) {{ {text} }} {spread}", i={})
        assert answer.codes == ["TOO_COSTLY"]
    checks = "a: checkConflict(input: $i) { conflict } b: checkConflict(input: $i) { conflict }"
    assert company.ask("seller", f"mutation ($i: CheckConflictInput!) {{ {checks} }}", i={}).codes == ["TOO_COSTLY"]
    before = company.sql("SELECT coalesce(sum(used), 0) AS used FROM probe_budget WHERE act = 'find_customers'")[0]
    finds = " ".join(f"f{n}: findCustomers(input: $i) {{ customers {{ id }} }}" for n in range(10))
    company.ask("colleague", f"mutation ($i: FindCustomersInput!) {{ {finds} }}", i={"name": "某"})
    after = company.sql("SELECT sum(used) AS used FROM probe_budget WHERE act = 'find_customers'")[0]
    assert after["used"] - before["used"] == 10


def test_a_version_counts_what_the_viewer_may_see_and_no_reading(company: Company) -> None:
    """leaks.md 48."""
    customer = company.filed("seller", "计数", "13833330000")

    def version(who: str) -> int:
        return company.ask(who, SHOWN, id=customer).data["customer"]["version"]

    before = version("seller")
    company.reveal("seller", customer)
    assert version("seller") == before
    company.file("rival", "计数", "13833330000")
    assert version("seller") == before
    assert version("archivist") == version("rival") + before
    company.do("colleague", VISIT, customer=customer)
    assert version("seller") == before + 1


def test_what_is_offered_is_what_is_let_pass(company: Company) -> None:
    """wire.md: `viewerCan`, `canReveal`, so that a screen hides what would be refused."""
    customer = company.filed("seller", "可做", "13844440000")
    offered = {
        who: set(one["viewerCan"]) if (one := seen(company, who, customer)) else None
        for who in ("seller", "colleague", "supervisor", "archivist", "reception", "service", "store", "rival")
    }
    assert "REVEAL_CONTACT" in offered["seller"]
    assert "REVEAL_CONTACT" not in offered["colleague"]
    assert "REVEAL_CONTACT" in offered["supervisor"]
    assert offered["archivist"] == {"DESTROY_CUSTOMER", "REQUEST_GRANT"}
    assert offered["reception"] == {"FILE_CLAIM", "RECORD_VISIT"}
    assert "REVEAL_CONTACT" not in offered["service"]
    assert offered["store"] is None
    assert offered["rival"] is None
    for who in ("colleague", "archivist", "reception"):
        given = {"customer": customer, "fields": ["PHONES"], "purpose": "CONTRACT"}
        answer = company.ask(who, REVEAL, input=given)
        assert answer.codes == ["FORBIDDEN"] or answer.data["revealContact"]["contact"] is None


@pytest.mark.parametrize(
    ("document", "given", "where"),
    [
        (FILE, {"occurredAt": "2026-11-24T09:00:00"}, "occurredAt"),
        (FILE, {"idempotencyKey": "not a uuid", "visitedAt": "heute"}, "idempotencyKey"),
        (VISIT, {"customer": "x", "occurredAt": 5}, "occurredAt"),
        (COMPLETE, {"claim": "x", "expectedVersion": 1, "idempotencyKey": ""}, "idempotencyKey"),
        (OPEN, {"customer": "x", "idempotencyKey": "1" * 36}, "idempotencyKey"),
        (SETTLE, {"dispute": "x", "to": "x", "expectedVersion": 1, "idempotencyKey": "x"}, "idempotencyKey"),
    ],
)
def test_a_value_that_cannot_be_read_is_a_problem_with_its_place(
    company: Company, document: str, given: dict[str, Any], where: str
) -> None:
    """wire.md: input scalars never refuse in parsing."""
    who = "supervisor"
    answer = company.ask(who, document, input={"idempotencyKey": str(uuid4())} | given)
    assert answer.status == 200
    refusal = next(iter(answer.data.values()))["refusal"]
    assert refusal["code"] == "INVALID_INPUT"
    asked = "mutation ($input: FileClaimInput!) { fileClaim(input: $input) { refusal { ... on InvalidInput {"
    asked += " problems { path code } } } } }"
    if document == FILE:
        shown = company.ask(who, asked, input={"idempotencyKey": str(uuid4())} | given).data["fileClaim"]["refusal"]
        assert shown["problems"][0] == {"path": [where], "code": "MALFORMED"}
    assert company.ask("custodian", document, input={"idempotencyKey": str(uuid4())} | given).codes == ["FORBIDDEN"]
    assert company.ask(None, document, input={"idempotencyKey": str(uuid4())} | given).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    "document",
    [
        "{ me { viewerCan } }", "{ customers(first: 1) { nodes { id } } }", "{ node(id: 1) { id } }",
        "{ nodes(ids: [1]) { id } }", "{ customer(id: 1) { id } }", "{ claim(id: 1) { id } }",
        "{ dispute(id: 1) { id } }",
        "{ claims(first: 1) { nodes { id } } }", "{ disputes(first: 1) { nodes { id } } }", "{ teams { id } }",
        "{ staff(first: 1) { nodes { id } } }", "{ accessLog(first: 1) { nodes { id } } }",
        "mutation { logOut { ended } }",
    ],
)  # fmt: skip
def test_nobody_sees_nothing(company: Company, document: str) -> None:
    """Without a token there is the log-in alone."""
    assert company.ask(None, document).codes == ["UNAUTHENTICATED"]


def test_why_not_is_told_of_oneself_and_of_ones_own_team(company: Company) -> None:
    """claims: the conditions that keep somebody from holding, with the day from which they no longer will."""
    customer = company.filed("seller", "为何", "13866660000")
    document = """query ($id: ID!, $whom: ID) { customer(id: $id) { holder { ruling {
      whyNot(staff: $whom) { rule held reason fromDay } } } } }"""

    def why_not(who: str, whom: str | None) -> list[dict[str, Any]] | None:
        staff = whom and (company.staff(whom) if whom in company.ids else whom)
        return company.ask(who, document, id=customer, whom=staff).data["customer"]["holder"]["ruling"]["whyNot"]

    own = why_not("colleague", None)
    assert own
    assert not any(ground["held"] for ground in own)
    assert why_not("seller", "colleague") == own
    assert why_not("seller", "rival") is None
    assert why_not("seller", "stf_" + "0" * 32) is None
    assert why_not("archivist", "rival")


def test_an_answer_is_compressed_for_nobody(company: Company) -> None:
    """leaks.md 42: beside what somebody sends, the length of a compressed answer would tell what else is in it."""
    customer = company.filed("seller", "压缩", "13811112233")
    wish = {"customer": customer, "purpose": "FOLLOW_UP", "fields": ["PHONES"]}
    for document, given in ((REVEAL, {"input": wish | {"note": "13811112233"}}), (SHOWN, {"id": customer})):
        answer = company.ask("seller", document, headers={"accept-encoding": "gzip, deflate, br, zstd"}, **given)
        assert answer.data
        assert "content-encoding" not in answer.headers
