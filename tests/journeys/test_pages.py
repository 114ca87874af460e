"""Leafing through lists: by key, sealed cursors, visible rows alone, and a bounded number of statements."""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.test_the_first_morning import OPEN, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.company import Answer, Company

PAGE = """query (
  $first: Int, $after: String, $last: Int, $before: String, $filter: CustomerFilter, $order: CustomerOrder
) { customers(first: $first, after: $after, last: $last, before: $before, filter: $filter, order: $order) {
    edges { cursor node { id } } nodes { id } totalCount { value isExact }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
CLAIMS = """query ($first: Int, $after: String, $filter: ClaimFilter, $order: ClaimOrder) {
  claims(first: $first, after: $after, filter: $filter, order: $order) {
  totalCount { value } pageInfo { endCursor hasNextPage } nodes { id type state channel filedAt occurredAt
  claimant { number } team { name } customer { id name { display } } } } }"""
DISPUTES = """query ($filter: DisputeFilter) { disputes(first: 5, filter: $filter) {
  totalCount { value } nodes { id state } } }"""
WHOLE = """{ customers(first: 50) { nodes { id version viewerCan name { display } phones { display } email { display }
  holder { staff { number team { name } } team { name } since protectedUntil ruling { digest edition { edition }
    clauses { id } grounds { rule reason facts { id kind by { number } } grounds { rule } } } }
  claims(first: 5) { totalCount { value } nodes { id state claimant { number } enteredBy { number } team { name }
    ruling { outcome { holds } } customer { id } } }
  disputes(first: 2) { nodes { id parties { label } } } } } }"""


@pytest.fixture(scope="module")
def register(company: Company) -> Company:
    """Twelve customers of the red team, and one of the blue team between each two of them."""
    for number in range(12):
        company.advance(minutes=1)
        company.file("seller" if number % 2 else "colleague", f"红{number}", f"138000000{number:02}")
        company.advance(minutes=1)
        company.file("rival", f"蓝{number}", f"139000000{number:02}")
    return company


def ids(answer: Answer) -> list[str]:
    """The ids on a page."""
    return [node["id"] for node in answer.data["customers"]["nodes"]]


def blue_of(company: Company) -> str:
    """A customer of the blue team alone: the first that it filed."""
    return ids(company.ask("rival", PAGE, first=1, order="FILED_AT_ASC"))[0]


def walk(company: Company, who: str, size: int, **given: Any) -> Iterator[list[str]]:
    """Leaf through a list from its beginning."""
    after = None
    while True:
        page = company.ask(who, PAGE, first=size, after=after, **given).data["customers"]
        yield [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("size", [1, 5, 6, 12, 13])
@pytest.mark.parametrize("order", ["FILED_AT_DESC", "FILED_AT_ASC"])
def test_pages_follow_each_other_without_gap_or_repetition(register: Company, size: int, order: str) -> None:
    """leaks.md 25 and 27: a page is full whenever more is visible, whatever is hidden between."""
    whole = ids(register.ask("seller", PAGE, first=100, order=order))
    assert len(whole) == 12
    pages = list(walk(register, "seller", size, order=order))
    assert [one for page in pages for one in page] == whole
    assert {len(page) for page in pages[:-1]} <= {size}
    assert pages[-1]


def test_a_list_is_leafed_backwards_as_well(register: Company) -> None:
    """The Relay specification: `last` and `before`."""
    whole = ids(register.ask("seller", PAGE, first=100))
    page = register.ask("seller", PAGE, last=5).data["customers"]
    assert [node["id"] for node in page["nodes"]] == whole[7:]
    assert page["pageInfo"]["hasPreviousPage"] is True
    assert page["pageInfo"]["hasNextPage"] is False
    page = register.ask("seller", PAGE, last=5, before=page["pageInfo"]["startCursor"]).data["customers"]
    assert [node["id"] for node in page["nodes"]] == whole[2:7]
    assert page["pageInfo"]["hasPreviousPage"] is True
    assert page["pageInfo"]["hasNextPage"] is True
    cursors = [edge["cursor"] for edge in page["edges"]]
    between = register.ask("seller", PAGE, first=100, after=cursors[0], before=cursors[4]).data["customers"]
    assert [node["id"] for node in between["nodes"]] == whole[3:6]


def test_what_is_counted_is_what_is_visible(register: Company) -> None:
    """leaks.md 24: the other team's rows count for nobody."""
    for who, many in (("seller", 12), ("rival", 12), ("archivist", 24), ("designer", 0), ("store", 0)):
        counted = register.ask(who, PAGE, first=1).data["customers"]["totalCount"]
        assert counted == {"value": many, "isExact": True}, who


@pytest.mark.parametrize(
    "given",
    [
        {}, {"first": 0}, {"first": -1}, {"first": 101}, {"first": 5, "last": 5}, {"last": 101}, {"first": 2**31 - 1},
        {"first": 5, "filter": {"filedAt": {"gt": "yesterday"}}},
        {"first": 5, "filter": {"filedAt": {"gt": 5}}},
        {"first": 5, "filter": {"and": [{"or": [{"and": [{"filedAt": {"gt": "2026-01-01T00:00:00Z"}}]}]}]}},
        {"first": 5, "filter": {"or": [{"holder": {"eq": "stf_0"}}] * 51}},
        {"first": 5, "filter": {"holder": {"in": ["stf_0"] * 101}}},
    ],
)  # fmt: skip
def test_a_page_that_is_none_is_refused(register: Company, given: dict[str, Any]) -> None:
    """wire.md: `first` or `last` compulsory, 1 to 100; filters two deep."""
    answer = register.ask("seller", PAGE, **given)
    assert answer.codes == ["BAD_USER_INPUT"]


def test_a_cursor_is_good_for_its_viewer_list_filter_and_order_only(register: Company) -> None:
    """leaks.md 22 and 23: one error for every wrong cursor."""
    page = register.ask("seller", PAGE, first=3).data["customers"]
    cursor = page["pageInfo"]["endCursor"]
    forged = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    narrowed = {"filedAt": {"gt": "2026-01-01T00:00:00Z"}}
    cases: list[tuple[str, dict[str, Any]]] = [
        ("colleague", {"after": cursor}),
        ("rival", {"after": cursor}),
        ("seller", {"after": cursor, "order": "FILED_AT_ASC"}),
        ("seller", {"after": cursor, "filter": narrowed}),
        ("seller", {"after": forged}),
        ("seller", {"after": cursor[:-1]}),
        ("seller", {"after": ""}),
        ("seller", {"after": "x" * 5_000}),
        ("seller", {"after": "é"}),
        ("seller", {"before": cursor[1:]}),
    ]
    said = set()
    for who, given in cases:
        answer = register.ask(who, PAGE, first=3, **given)
        assert answer.codes == ["BAD_CURSOR"], given
        said.add(answer.body["errors"][0]["message"])
    assert len(said) == 1
    answer = register.ask("seller", CLAIMS, first=3, after=cursor)
    assert answer.codes == ["BAD_CURSOR"]


def test_no_cursor_says_what_it_sorts_by(register: Company) -> None:
    """leaks.md 21: sealed bytes of one length, never the same twice."""
    first, again = (register.ask("seller", PAGE, first=12).data["customers"]["edges"] for _ in range(2))
    assert not {edge["cursor"] for edge in first} & {edge["cursor"] for edge in again}
    assert len({len(edge["cursor"]) for edge in first}) == 1
    for edge in first:
        held = base64.urlsafe_b64decode(edge["cursor"] + "==")
        assert edge["node"]["id"].removeprefix("cus_") not in held.hex()
        assert b"2026" not in held


def test_a_list_is_narrowed_by_what_is_visible(register: Company) -> None:
    """leaks.md 18 and 19: a rival's holder is no way to find a customer."""
    seller, rival = register.staff("seller"), register.staff("rival")
    held = ids(register.ask("seller", PAGE, first=100, filter={"holder": {"eq": seller}}))
    assert len(held) == 6
    either = {"or": [{"holder": {"eq": seller}}, {"holder": {"in": [register.staff("colleague"), "nonsense"]}}]}
    assert len(ids(register.ask("seller", PAGE, first=100, filter=either))) == 12
    register.file("rival", "红1", "13800000001")
    assert ids(register.ask("rival", PAGE, first=100, filter={"holder": {"eq": seller}})) == []
    assert len(ids(register.ask("rival", PAGE, first=100, filter={"holder": {"eq": rival}}))) == 12
    since = {"filedAt": {"gte": register.clock[0].isoformat()}}
    assert len(ids(register.ask("rival", PAGE, first=100, filter=since))) == 2


def test_claims_and_disputes_have_their_lists(register: Company) -> None:
    """wire.md: filters by comparators, orders by an enum."""
    page = register.ask("seller", CLAIMS, first=5).data["claims"]
    assert page["totalCount"] == {"value": 12}
    rest = register.ask("seller", CLAIMS, first=100, after=page["pageInfo"]["endCursor"]).data["claims"]
    assert len(rest["nodes"]) == 7
    own = {"claimant": {"eq": register.staff("seller")}, "state": {"in": ["RECORDED"]}, "channel": {"eq": "ON_SITE"}}
    assert len(nodes(register, "seller", CLAIMS, first=50, filter=own)) == 6
    assert nodes(register, "seller", CLAIMS, first=50, filter={"type": {"eq": "DESIGNER"}}) == []
    customer = page["nodes"][0]["customer"]["id"]
    of_one = nodes(register, "seller", CLAIMS, first=50, filter={"customer": {"eq": customer}})
    assert [one["customer"]["id"] for one in of_one] == [customer]
    earliest = nodes(register, "seller", CLAIMS, first=1, order="FILED_AT_ASC")[0]
    assert earliest["customer"]["name"]["display"] == "红0"
    blue = blue_of(register)
    opened = register.do("rival", OPEN, customer=blue, against=register.staff("seller"))["dispute"]
    assert [one["id"] for one in nodes(register, "rival", DISPUTES)] == [opened["id"]]
    assert nodes(register, "rival", DISPUTES, filter={"state": {"eq": "SETTLED"}}) == []
    # Against whom it is sees it only if the customer is in their sight.
    assert nodes(register, "seller", DISPUTES) == []


def test_a_page_costs_the_same_statements_however_long_it_is(register: Company) -> None:
    """No query in a loop: customers with holder, ruling, grounds, facts and claims."""
    counted = []
    for size in (2, 12):
        with statements() as seen:
            register.ask("seller", WHOLE.replace("first: 50", f"first: {size}"))
        counted.append(len(seen))
    # On a busy machine two answers of one page may come too far apart to be asked for together.
    assert counted[1] <= counted[0] + 4
    assert counted[1] <= 30


class statements(logging.Handler):  # noqa: N801 (used as a context)
    """Everything that the request's own connection pool is asked, as it is asked."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._logger = logging.getLogger("tortoise.db_client")
        self._seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a statement."""
        self._seen.append(str(record.msg))

    def __enter__(self) -> list[str]:
        self._logger.addHandler(self)
        self._level, self._propagates = self._logger.level, self._logger.propagate
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False
        return self._seen

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)
        self._logger.propagate = self._propagates


def test_nodes_gives_what_is_in_sight_in_the_order_that_was_asked(register: Company) -> None:
    """leaks.md 11 to 13: foreign, missing, of another type, malformed: the same null."""
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    red = ids(register.ask("seller", PAGE, first=2))
    blue = blue_of(register)
    claim = nodes(register, "seller", CLAIMS, first=1)[0]["id"]
    wrong = [
        blue,
        "cus_" + "0" * 32,
        "clm_" + red[0][4:],
        "cus_x",
        "",
        red[0].upper(),
        "x" * 9_999,
        "\x00",
        red[0] + "\n",
    ]
    asked = [red[0], *wrong, claim, register.staff("rival"), red[1]]
    answer = register.ask("seller", document, ids=asked)
    shown = answer.data["nodes"]
    assert [one and one["__typename"] for one in shown] == [
        "Customer",
        *[None] * len(wrong),
        "Claim",
        "Staff",
        "Customer",
    ]
    assert [one["id"] for one in shown if one] == [red[0], claim, register.staff("rival"), red[1]]
    assert register.ask("seller", document, ids=red * 51).codes == ["BAD_USER_INPUT"]


def asked(register: Company, document: str, id_: str) -> int:
    """Count the statements of a request: the fewest of three times, for the office has work of its own between them."""
    counted = []
    for _ in range(3):
        with statements() as seen:
            register.ask("seller", document, id=id_)
        counted.append(len(seen))
    return min(counted)


@pytest.mark.parametrize("root", ["customer", "claim", "dispute", "node"])
def test_every_id_that_names_nothing_gets_the_same_answer(register: Company, root: str) -> None:
    """leaks.md 13: byte for byte."""
    document = f"query ($id: ID!) {{ {root}(id: $id) {{ __typename id }} }}"
    foreign = {
        "customer": blue_of(register),
        "claim": nodes(register, "rival", CLAIMS, first=1)[0]["id"],
        "dispute": nodes(register, "rival", DISPUTES)[0]["id"],
        "node": blue_of(register),
    }[root]
    wrong = [foreign, foreign[:4] + "0" * 32, "stx_" + foreign[4:], foreign[:-1], "13812345678"]
    answers = [register.ask("seller", document, id=one) for one in wrong]
    assert {answer.raw for answer in answers} == {b'{"data":{"' + root.encode() + b'":null}}'}
    assert {answer.status for answer in answers} == {200}
    assert asked(register, document, wrong[0]) == asked(register, document, wrong[1])


def test_no_id_says_when_or_in_which_order_it_was_drawn(register: Company) -> None:
    """leaks.md 14: random, not by time."""
    found = list(reversed(ids(register.ask("seller", PAGE, first=12))))
    assert len({id_[:8] for id_ in found}) == 12
    assert found != sorted(found)
    assert {id_[16] for id_ in found} == {"4"}
