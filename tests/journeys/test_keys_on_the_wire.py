"""Custodians look at keys, rotate them, and destroy an old one, each at a screen of their own; and see nothing else."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from authz.actor import Role
from tests.company import STAFF, hire
from tests.conftest import open_company

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from records.server import Reached
    from tests.company import Company

ACT = "act { id kind subject requestedBy approvedBy alone isWaiting outcome endedAt }"
PAYLOAD = f"{{ {ACT} needs {{ table column rows }} refusal {{ code message }} replayed }}"
ROTATE = f"mutation ($input: RotateKeysInput!) {{ rotateKeys(input: $input) {PAYLOAD} }}"
REQUEST = f"mutation ($input: RequestKeyActInput!) {{ requestKeyAct(input: $input) {PAYLOAD} }}"
APPROVE = f"mutation ($input: ApproveKeyActInput!) {{ approveKeyAct(input: $input) {PAYLOAD} }}"
CANCEL = f"mutation ($input: CancelKeyActInput!) {{ cancelKeyAct(input: $input) {PAYLOAD} }}"
KEYS = """{ keys { at provider wrappingKeys { name versions since dueAt }
  rotation { at done left rowsPerSecond secondsLeft }
  versions { name purpose version state suite rows dueAt wrappedBy wrappedUnder compromisedAt createdAt stateAt
    needs { table column rows } } acts { id kind subject outcome requestedBy endedBy } } }"""


@pytest.fixture
def company(server: Reached, tmp_path: Path) -> Iterator[Company]:
    """A company with two custodians, whose server moves rows."""
    with open_company(server, tmp_path, moves_rows=True) as opened:
        opened.run(lambda: hire(opened, "second", "S099", Role.KEY_CUSTODIAN, None, os.urandom))
        yield opened


def versions(company: Company) -> dict[str, dict[str, Any]]:
    """Give the versions by name."""
    return {one["name"]: one for one in company.ask("custodian", KEYS).data["keys"]["versions"]}


def until_drained(company: Company, name: str) -> dict[str, Any]:
    """Wait until the server has moved what needs a key."""
    for _ in range(200):
        key = versions(company)[name]
        if not key["rows"]:
            return key
        company.run(lambda: asyncio.sleep(0.3))
    raise AssertionError(key)


def test_a_key_is_rotated_by_one_and_destroyed_by_two(company: Company) -> None:
    """The server moves the rows; what comes too early is refused with what needs the key; people go on filing."""
    company.filed("seller", "甲", "13800000001", wechat="wechat_01")
    first = versions(company)["data/1"]
    assert (first["state"], first["suite"], first["wrappedBy"], first["wrappedUnder"]) == (
        "PRIMARY", "AES_256_GCM", "file", 1,
    )  # fmt: skip
    key = str(uuid4())
    rotated = company.do("custodian", ROTATE, subject="data", suite="AES_256_GCM_SIV", idempotencyKey=key)
    assert (rotated["refusal"], rotated["act"]["outcome"], rotated["replayed"]) == (None, "done", False)
    again = company.do("custodian", ROTATE, subject="data", suite="AES_256_GCM_SIV", idempotencyKey=key)
    assert (again["act"]["id"], again["replayed"]) == (rotated["act"]["id"], True)
    assert sorted(name for name in versions(company) if name.startswith("data/")) == ["data/1", "data/2"]
    assert company.ask("second", ROTATE, input={"subject": "data", "idempotencyKey": key}).codes == [
        "IDEMPOTENCY_CONFLICT"
    ]
    assert until_drained(company, "data/1")["state"] == "DECRYPT_ONLY"
    early = company.do("custodian", REQUEST, kind="DESTROY", subject="data/2")
    assert (early["refusal"]["code"], early["act"]) == ("KEY_NEEDED", None)
    assert {"subject_key", "filing", "sealed_value"} <= {need["table"] for need in early["needs"]}
    company.filed("seller", "乙", "13800000002")
    assert company.do("custodian", REQUEST, kind="DISABLE", subject="data/1")["act"]["outcome"] == "done"
    asked = company.do("custodian", REQUEST, kind="DESTROY", subject="data/1")["act"]
    assert (asked["isWaiting"], asked["requestedBy"]) == (True, "S014")
    own = company.do("custodian", APPROVE, act=asked["id"])
    assert own["refusal"]["code"] == "ANOTHER_PERSON"
    agreed = company.do("second", APPROVE, act=asked["id"])["act"]
    assert (agreed["outcome"], agreed["approvedBy"], agreed["alone"]) == ("done", "S099", False)
    gone = versions(company)["data/1"]
    assert (gone["state"], gone["rows"], gone["wrappedBy"]) == ("DESTROYED", 0, None)
    assert company.ask("second", "query ($id: ID!) { node(id: $id) { id __typename } }", id=asked["id"]).data["node"]
    tags = company.sql("SELECT tag, count(*) AS n FROM access_log WHERE tag LIKE 'key:%' GROUP BY 1")
    found = {row["tag"]: row["n"] for row in tags}
    assert (found["key:rotate"], found["key:destroy"], found["key:disable"]) == (2, 3, 2)
    assert found["key:list"] > 2
    assert found["key:move"] >= 2


def test_a_request_is_taken_back_and_lapses_after_a_day(company: Company) -> None:
    """Until somebody has agreed; then it is over."""
    company.do("custodian", ROTATE, subject="wire.idempotency")
    company.do("custodian", ROTATE, subject="wire.cursor")
    company.do("custodian", REQUEST, kind="DISABLE", subject="wire.cursor/1")
    asked = company.do("custodian", REQUEST, kind="DESTROY", subject="wire.cursor/1")["act"]["id"]
    assert company.do("second", CANCEL, act=asked)["act"]["outcome"] == "cancelled"
    assert company.do("second", APPROVE, act=asked)["refusal"]["code"] == "NOT_IN_STATE"
    (taken_back,) = [one for one in company.ask("custodian", KEYS).data["keys"]["acts"] if one["id"] == asked]
    assert taken_back["endedBy"] != taken_back["requestedBy"]
    assert taken_back["endedBy"] is not None
    asked = company.do("custodian", REQUEST, kind="DESTROY", subject="wire.cursor/1")["act"]["id"]
    company.advance(hours=25)
    assert company.do("second", APPROVE, act=asked)["refusal"]["code"] == "NOT_IN_STATE"
    assert company.do("second", CANCEL, act="kac_" + "0" * 32)["refusal"]["code"] == "NOT_FOUND"
    assert company.do("custodian", REQUEST, kind="EXPORT", subject="data")["refusal"]["code"] == "INVALID_INPUT"
    assert company.do("custodian", REQUEST, kind="ENABLE", subject="data/1")["refusal"]["code"] == "NOT_IN_STATE"


def test_a_compromise_is_asked_for_on_the_wire_and_drained_by_the_server(company: Company) -> None:
    """Every value of every customer is sealed anew; nobody at a desk notices."""
    customer = company.filed("seller", "甲", "13800000001")
    company.reveal("seller", customer)
    before = {row["id"]: row["sealed"] for row in company.sql("SELECT id, sealed FROM sealed_value")}
    done = company.do("custodian", REQUEST, kind="COMPROMISE", subject="data")
    assert done["act"]["outcome"] == "done"
    assert until_drained(company, "data/1")["state"] == "COMPROMISED"
    after = {row["id"]: row["sealed"] for row in company.sql("SELECT id, sealed FROM sealed_value")}
    assert all(after[row] != sealed for row, sealed in before.items())
    assert company.reveal("seller", customer)["contact"]["phones"] == ["+8613800000001"]


def test_nobody_else_sees_or_touches_keys_and_custodians_see_nothing_else(company: Company) -> None:
    """Every role; an act's id is nobody's either."""
    act = company.do("custodian", ROTATE, subject="wire.cursor")["act"]["id"]
    for who, (role, _) in STAFF.items():
        if role is Role.KEY_CUSTODIAN:
            continue
        assert company.ask(who, KEYS).codes == ["FORBIDDEN"], who
        for document, given in (
            (ROTATE, {"subject": "data", "idempotencyKey": str(uuid4())}),
            (REQUEST, {"subject": "data", "kind": "COMPROMISE", "idempotencyKey": str(uuid4())}),
            (APPROVE, {"act": act}),
            (CANCEL, {"act": act}),
        ):
            assert company.ask(who, document, input=given).codes == ["FORBIDDEN"], who
        assert company.ask(who, "query ($id: ID!) { node(id: $id) { id } }", id=act).data["node"] is None
    customer = company.filed("seller", "甲", "13800000001")
    assert (
        company.ask("custodian", "query ($id: ID!) { customer(id: $id) { id } }", id=customer).data["customer"] is None
    )
    assert company.ask("custodian", "{ customers(first: 1) { nodes { id } } }").codes == ["FORBIDDEN"]
    assert "1380000" not in company.ask("custodian", KEYS).raw.decode()
