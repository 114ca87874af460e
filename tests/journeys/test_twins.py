"""Two companies that differ in one hidden fact give whoever has no right to it the same answers, byte for byte.

leaks.md: the twin. Both are built with the same draws; then the one hears of the fact, and the draws begin anew, so
that whatever differs in an answer differs because of it. Rows 10 to 13, 15, 18 to 25, 35, 37, 41, 65, 66, 74, 79.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.company import FILE, MORNING, REVEAL
from tests.conftest import open_company
from tests.journeys.test_pages import CLAIMS, DISPUTES, PAGE
from tests.journeys.test_the_first_morning import CHECK, CUSTOMERS, FIND, LOG, OPEN, VISIT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from records.server import Reached
    from tests.company import Answer, Company

HIDDEN_PHONE = "13812345678"
SHARED_PHONE = "13800000001"
ROOTS = ("customer", "claim", "dispute", "node")


class Draws:
    """Bytes that are the same in every company, and can begin anew."""

    def __init__(self) -> None:
        self.begin(1)

    def begin(self, seed: int) -> None:
        """Begin anew."""
        self._random = random.Random(seed)  # noqa: S311 (the draws of a test are to be the same again)

    def __call__(self, number: int) -> bytes:
        """Draw."""
        return self._random.randbytes(number)


def stranger(company: Company) -> dict[str, str]:
    """A customer of the other team, with a claim and a dispute."""
    filed = company.file("rival", "王不见", HIDDEN_PHONE, wechat="hidden_wx", idempotencyKey=_key(900))["claim"]
    customer = filed["customer"]["id"]
    opened = company.do("rival_supervisor", OPEN, customer=customer, statement="无人知晓", idempotencyKey=_key(901))[
        "dispute"
    ]
    return {"customer": customer, "claim": filed["id"], "dispute": opened["id"], "node": customer}


def strangers_filing(company: Company) -> dict[str, str]:
    """The other team's filing of a customer whom one's own team holds."""
    filed = company.file("rival", "王又见", SHARED_PHONE, "13800009999", idempotencyKey=_key(902))["claim"]
    return {"claim": filed["id"], "node": filed["id"]}


HIDDEN: dict[str, Callable[[Company], dict[str, str]]] = {"stranger": stranger, "filing": strangers_filing}


def _key(number: int) -> str:
    return str(UUID(int=number))


def _requests(ids: Mapping[str, str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """What is asked of both companies; `ids` name what is hidden in one of them, and nothing in the other."""
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "customers": (CUSTOMERS.replace("ruling { digest }", ""), {}),
        "page": (PAGE, {"first": 2}),
        "last page": (PAGE, {"last": 1}),
        "ascending": (PAGE, {"first": 5, "order": "FILED_AT_ASC"}),
        "held by a stranger": (PAGE, {"first": 5, "filter": {"holder": {"in": ["$rival", "$rival_supervisor"]}}}),
        "claims": (CLAIMS, {"first": 5}),
        "claims of a stranger": (CLAIMS, {"first": 5, "filter": {"claimant": {"eq": "$rival"}}}),
        "claims of a hidden customer": (CLAIMS, {"first": 5, "filter": {"customer": {"eq": ids.get("customer", "x")}}}),
        "disputes": (DISPUTES, {}),
        "staff": ("{ staff(first: 100) { nodes { id number } totalCount { value } } teams { id } }", {}),
        "find by phone": (FIND, {"input": {"phone": HIDDEN_PHONE}}),
        "find by another phone": (FIND, {"input": {"phone": "13800009999"}}),
        "find by name": (FIND, {"input": {"name": "王不见"}}),
        "find by part": (FIND, {"input": {"namePart": "不见"}}),
        "find by pinyin": (FIND, {"input": {"namePart": "wang"}}),
        "find by ending": (FIND, {"input": {"phoneEnding": HIDDEN_PHONE[-4:]}}),
        "find by another ending": (FIND, {"input": {"phoneEnding": "9999"}}),
        "reveal": (
            REVEAL,
            {"input": {"customer": ids.get("customer", "x"), "fields": ["PHONES"], "purpose": "CONTRACT"}},
        ),
        "visit": (VISIT, {"input": {"customer": ids.get("customer", "x"), "idempotencyKey": _key(7)}}),
        "dispute": (OPEN, {"input": {"customer": ids.get("customer", "x"), "idempotencyKey": _key(8)}}),
        "cursor": (PAGE, {"first": 1, "after": "AQAAAAX4za3_L2zbzq1y7fx2LpMR3IdElJezH_NtSfj7ydKc"}),
    }
    for root in ROOTS:
        id_ = ids.get(root, "cus_" + "0" * 32)
        asked[root] = (f"query ($id: ID!) {{ {root}(id: $id) {{ __typename id }} }}", {"id": id_})
    asked["nodes"] = ("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [*ids.values(), "x"]})
    return asked


@dataclass(frozen=True, slots=True)
class Twins:
    """What one company answered, and what the other."""

    with_it: dict[tuple[str, str, str], str]
    without: dict[tuple[str, str, str], str]


def _said(answer: Answer) -> str:
    """Everything about an answer but its request id."""
    headers = sorted((name, value) for name, value in answer.headers.items() if name != "x-request-id")
    body = re.sub(r'"requestId":"[^"]*"', "", answer.raw.decode())
    return f"{answer.status} {headers} {body}"


ASKING = ("seller", "supervisor", "store", "designer", "service", "custodian")


def _told(company: Company, draws: Draws, hidden: Callable[[Company], dict[str, str]] | None) -> dict[str, str]:
    """Tell both the same, and one of them the fact."""
    company.filed("seller", "红一", SHARED_PHONE, idempotencyKey=_key(1))
    company.advance(minutes=5)
    company.filed("colleague", "红二", "13800000002", idempotencyKey=_key(2))
    company.advance(minutes=5)
    company.filed("rival", "蓝一", "13900000001", idempotencyKey=_key(3))
    company.advance(minutes=5)
    ids = hidden(company) if hidden else {}
    draws.begin(2)
    company.advance(minutes=5)
    company.filed("seller", "红三", "13800000003", idempotencyKey=_key(4))
    return ids


def _answers(company: Company, ids: Mapping[str, str]) -> dict[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], str] = {}
    for who in ASKING:
        for language in ("zh-CN", "en"):
            for name, (text, variables) in _requests(ids).items():
                given = json.loads(re.sub(r"\$(\w+)", lambda name: company.staff(name[1]), json.dumps(variables)))
                found[who, language, name] = _said(
                    company.ask(who, text, headers={"accept-language": language}, **given)
                )
    log = company.ask("supervisor", LOG).data["accessLog"]["nodes"]
    for entry in log:
        del entry["at"]
    found["supervisor", "en", "log"] = json.dumps(log)
    own = "SELECT b.act, b.used FROM probe_budget b JOIN account a ON a.id = b.account_id WHERE a.login = 'seller'"
    found["seller", "en", "budget"] = json.dumps(company.sql(f"{own} ORDER BY b.act, b.used"))
    return found


@pytest.fixture(scope="module", params=HIDDEN)
def twins(request: pytest.FixtureRequest, server: Reached, tmp_path_factory: pytest.TempPathFactory) -> Twins:
    """The answers of a company with a hidden fact, and of its twin without."""
    draws = Draws()
    with open_company(server, tmp_path_factory.mktemp("twin"), entropy=draws) as company:
        ids = _told(company, draws, HIDDEN[request.param])
        with_it = _answers(company, ids)
    draws.begin(1)
    with open_company(server, tmp_path_factory.mktemp("twin"), entropy=draws) as company:
        _told(company, draws, None)
        without = _answers(company, ids)
    return Twins(with_it, without)


def test_a_hidden_fact_changes_no_byte_of_any_answer(twins: Twins) -> None:
    """Body, status and headers."""
    assert len(twins.with_it) > 200
    differing = {key: (said, twins.without[key]) for key, said in twins.with_it.items() if said != twins.without[key]}
    assert differing == {}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_check_says_the_same_whoever_holds(
    server: Reached, tmp_path_factory: pytest.TempPathFactory, language: str
) -> None:
    """leaks.md 35: held by a stranger, a colleague or oneself; budget and log alike."""
    said: set[str] = set()
    left: set[str] = set()
    for holder in ("seller", "colleague", "rival"):
        draws = Draws()
        with open_company(server, tmp_path_factory.mktemp("holder"), entropy=draws) as company:
            company.filed(holder, "某某", HIDDEN_PHONE, idempotencyKey=_key(1))
            answer = company.ask(
                "seller", CHECK, headers={"accept-language": language}, input={"phones": [HIDDEN_PHONE]}
            )
            said.add(_said(answer))
            left.add(
                json.dumps(
                    [
                        company.sql("SELECT tag, fields, count, allowed, rule FROM access_log WHERE tag ~ 'check'"),
                        company.sql("SELECT act, used FROM probe_budget"),
                    ]
                )
            )
    assert len(said) == 1
    assert len(left) == 1
    assert "PROTECTED" in said.pop()


def test_a_second_filing_hears_the_same_whoever_holds(
    server: Reached, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """leaks.md 37: a refusal's content is the same for all holders."""
    said: set[str] = set()
    for holder in ("colleague", "rival"):
        draws = Draws()
        with open_company(server, tmp_path_factory.mktemp("holder"), entropy=draws) as company:
            company.filed(holder, "某某", HIDDEN_PHONE, idempotencyKey=_key(1))
            company.advance(days=2)
            refused = company.do(
                "seller", FILE, idempotencyKey=_key(2), name="某某", phones=[HIDDEN_PHONE],
                visitedAt=company.clock[0].isoformat(),
            )  # fmt: skip
            assert refused["claim"]
            said.add(json.dumps(refused["refusal"]))
    assert len(said) == 1
    assert "HELD_IN_MAINTENANCE" in said.pop()


def test_the_detector_sees_a_difference(server: Reached, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A control: to the team whose customer it is, the twins differ."""
    draws = Draws()
    said: list[str] = []
    for hidden in (stranger, None):
        draws.begin(1)
        with open_company(server, tmp_path_factory.mktemp("control"), entropy=draws) as company:
            _told(company, draws, hidden)
            said.append(_said(company.ask("rival", PAGE, first=5)))
    assert said[0] != said[1]
    assert MORNING.year == 2026
