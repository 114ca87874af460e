"""What `/graphql` answers: who may ask, which errors there are, and under which status they come."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from graphql import get_introspection_query

from authz.actor import Role
from authz.acts import Act
from records.connection import Unreachable
from tests.api.conftest import CANARY, NOW

if TYPE_CHECKING:
    import io

    import httpx

    from api.settings import Settings
    from tests.api.conftest import Client, Office

SALES = "Bearer sales-token"
DEVELOPER = "Bearer developer-token"
DID_YOU_MEAN = "Did you mean"


def codes(answer: httpx.Response) -> list[str]:
    """The codes of an answer's errors, each of which says nothing else."""
    errors = answer.json()["errors"]
    for error in errors:
        assert set(error) <= {"message", "extensions", "locations", "path"}
        assert set(error["extensions"]) <= {"code", "requestId", "retryAfterMs"}
        assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    return [error["extensions"]["code"] for error in errors]


def test_who_asks_is_told_by_the_token(client: Client, office: Office) -> None:
    """The moment of asking is the door's, once a request."""
    answer = client.ask("{ me }", authorization=SALES)
    assert answer.json() == {"data": {"me": "salesperson"}}
    assert office.asked == [NOW]


def test_without_a_token_one_is_nobody_who_may_log_in(client: Client, office: Office) -> None:
    """Anonymous requests run; what they may not do is said per field, and 401 if nothing is left."""
    assert client.ask('mutation { logIn(login: "a", password: "b") }').json() == {"data": {"logIn": "token"}}
    answer = client.ask("{ me }")
    assert (answer.status_code, codes(answer), answer.json()["data"]) == (401, ["UNAUTHENTICATED"], None)
    assert not office.asked


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer expired-token",
        "Bearer",
        "Bearer ",
        "Basic c2FsZXM6dG9rZW4=",
        "sales-token",
        "Bearer sales token",
        "Bearer " + "x" * 600,
        "Bearer sales-token, Bearer developer-token",
        "bearer é",
    ],
)
def test_a_wrong_token_refuses_the_whole_request(client: Client, authorization: str) -> None:
    """Also a log-in: a client that believes itself signed in has to hear that it is not."""
    answer = client.request(
        "POST",
        content=b'{"query": "{ __typename }"}',
        headers=[(b"content-type", b"application/json"), (b"authorization", authorization.encode())],
    )
    assert (answer.status_code, codes(answer)) == (401, ["UNAUTHENTICATED"])
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "data" not in answer.json()


def test_two_tokens_are_one_too_many(client: Client) -> None:
    """A proxy and the application behind it might each believe another one."""
    answer = client.request(
        "POST",
        json={"query": "{ me }"},
        headers=[(b"authorization", SALES.encode()), (b"authorization", DEVELOPER.encode())],
    )
    assert answer.status_code == 401


def test_the_scheme_of_a_token_is_written_in_any_case(client: Client) -> None:
    """RFC 9110, section 11.1."""
    assert client.ask("{ me }", authorization="bEaReR sales-token").status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
def test_only_post_is_taken(client: Client, method: str) -> None:
    """wire.md: GET is 405 with `Allow: POST`."""
    answer = client.request(method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [("{ denied }", 403, "FORBIDDEN"), ("{ down }", 503, "UNAVAILABLE"), ("{ busy }", 429, "RATE_LIMITED")],
)
def test_a_request_that_comes_to_nothing_has_the_status_of_its_reason(
    client: Client, query: str, status: int, code: str
) -> None:
    """wire.md: 401, 403 (only for a whole request), 429, 503; all else 200."""
    for accept in ("application/json", "application/graphql-response+json"):
        answer = client.ask(query, accept=accept)
        assert (answer.status_code, codes(answer), answer.json()["data"]) == (status, [code], None)


def test_a_request_that_comes_to_something_is_200(client: Client) -> None:
    """One refused field fails no other, and does not change the status."""
    answer = client.ask("{ maybeDenied me }", authorization=SALES)
    assert (answer.status_code, codes(answer)) == (200, ["FORBIDDEN"])
    assert answer.json()["data"] == {"maybeDenied": None, "me": "salesperson"}
    assert answer.json()["errors"][0]["path"] == ["maybeDenied"]


def test_reasons_that_differ_have_no_status_in_common(client: Client) -> None:
    """A 403 would hide from a client that trying again may help."""
    answer = client.ask("{ customer { wrong } denied }")
    assert answer.status_code == 200
    assert answer.json()["data"] is None


def test_waiting_is_told_in_header_and_extensions(client: Client) -> None:
    """wire.md: `retryAfterMs`, and `Retry-After` in whole seconds, rounded up."""
    answer = client.ask("{ busy }")
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["errors"][0]["extensions"]["retryAfterMs"] == 1500


def test_an_exception_says_nothing_of_itself_and_is_traced_in_the_journal(client: Client, lines: io.StringIO) -> None:
    """leaks: no. 1, 6, 7; of a bug the log has type, place and field."""
    answer = client.ask("{ customer { phone name } }")
    assert (answer.status_code, codes(answer)) == (200, ["INTERNAL"])
    assert answer.json()["data"] == {"customer": {"phone": None, "name": "a"}}
    assert CANARY not in answer.text
    written = lines.getvalue()
    assert '"RuntimeError"' in written
    assert "tests/api/conftest.py:" in written
    assert '"field phone"' in written
    assert CANARY[:5] not in written


def test_a_value_that_does_not_fit_its_type_is_a_bug_of_ours(client: Client) -> None:
    """The scalar's own error holds the value, and looks like one of the client's."""
    answer = client.ask("{ customer { wrong } }")
    assert codes(answer) == ["INTERNAL"]
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query($i: FileClaimInput!) { filed(input: $i) }", {"i": {"phone": CANARY, "count": "x"}}),
        ("query($i: FileClaimInput!) { filed(input: $i) }", {"i": {"phone": CANARY, "cuont": 1}}),
        ("query($i: FileClaimInput!) { filed(input: $i) }", {"i": CANARY}),
        ("query($i: FileClaimInput!) { filed(input: $i) }", {"i": {"phone": CANARY, "channel": CANARY}}),
        ("query($i: FileClaimInput!) { filed(input: $i) }", {}),
        ("query($i: FileClaimInput!) { filed(input: $i) }", None),
        ("query($p: Fussy!) { found(phone: $p) { name } }", {"p": CANARY}),
    ],
)
def test_a_real_coercion_failure_is_a_request_error_that_repeats_nothing(
    client: Client, lines: io.StringIO, query: str, variables: object
) -> None:
    """leaks: no. 2; a plain ExecutionResult, with the whole input object in the library's message."""
    answer = client.ask(query, variables)
    assert (answer.status_code, set(codes(answer))) == (400, {"BAD_USER_INPUT"})
    assert "data" not in answer.json()
    assert CANARY[:5] not in answer.text
    assert CANARY[:5] not in lines.getvalue()


def test_a_variable_that_turns_out_null_is_the_clients_fault(client: Client) -> None:
    """Found only while executing, so it has a path, and looks like a bug of ours."""
    answer = client.ask('query($n: String = "a") { customer(name: $n) { name } }', {"n": None})
    assert codes(answer) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    "query",
    [
        f'{{ found(phone: "{CANARY}") {{ name }} }}',
        f'{{ filed(input: {{phone: {CANARY}, count: "{CANARY}"}}) }}',
        f'{{ filed(input: {{phone: "{CANARY}", channel: X{CANARY}}}) }}',
        f'{{ filed(input: {{phone: "{CANARY}", chanel: ON_SITE}}) }}',
        f"{{ customer_{CANARY} }}",
        "{ custmer { name } }",
        "{ customer(nmae: 1) { name } }",
        "{ customer { nmae } }",
        "{ filed(input: {phone: $x, channel: ON_SIT}) }",
        "{ ... on Custmer { name } }",
        "query($x: FileClaimInpt) { me }",
        "{ me @includ(if: true) }",
    ],
)
def test_a_document_that_does_not_fit_is_refused_without_echo_or_advice(
    client: Client, lines: io.StringIO, query: str
) -> None:
    """leaks: no. 3 and 5: no literal in the answer, no name near to the one asked for."""
    answer = client.ask(query)
    assert (answer.status_code, set(codes(answer))) == (400, {"GRAPHQL_VALIDATION_FAILED"})
    assert DID_YOU_MEAN not in answer.text
    assert CANARY[:5] not in answer.text
    assert CANARY[:5] not in lines.getvalue()
    assert answer.json()["errors"][0]["locations"]


def test_the_library_would_have_repeated_the_literal(client: Client, schema: object) -> None:
    """A control: what the test before looks for is there unless it is kept back."""
    from graphql import parse, validate  # noqa: PLC0415  (here alone)

    found = validate(schema.graphql, parse(f'{{ found(phone: "{CANARY}") {{ nmae }} }}'))  # pyright: ignore[reportAttributeAccessIssue]
    words = " ".join(error.message for error in found)
    assert CANARY in words
    assert DID_YOU_MEAN in words


@pytest.mark.parametrize(
    ("query", "operation"), [("query A { me } query B { me }", None), ("query A { me }", "B"), ("query A { me }", "")]
)
def test_an_operation_that_is_not_there_is_no_request(client: Client, query: str, operation: str | None) -> None:
    """Its name is the client's, and is not repeated either."""
    answer = client.request(
        "POST",
        json={"query": query, "operationName": operation},
        headers={"accept": "application/graphql-response+json"},
    )
    assert (answer.status_code, codes(answer)) == (400, ["BAD_USER_INPUT"])


def test_a_subscription_is_not_answered_here(client: Client) -> None:
    """graphql-core would run it like a query."""
    answer = client.ask("subscription { ticks }")
    assert (answer.status_code, codes(answer)) == (400, ["BAD_USER_INPUT"])


INTROSPECTION = [
    get_introspection_query(),
    "{ __schema { queryType { name } } }",
    '{ __type(name: "Query") { name } }',
    "{ ...F } fragment F on Query { ... { x: __schema { __typename } } }",
]


@pytest.mark.parametrize("query", INTROSPECTION)
def test_only_developers_ask_about_the_schema(client: Client, query: str) -> None:
    """wire.md: introspection by role; leaks: no. 8."""
    answer = client.ask(query)
    assert (answer.status_code, codes(answer)) == (401, ["UNAUTHENTICATED"])
    answer = client.ask(query, authorization=SALES)
    assert (answer.status_code, codes(answer)) == (403, ["FORBIDDEN"])
    assert "data" not in answer.json()
    answer = client.ask(query, authorization=DEVELOPER)
    assert answer.status_code == 200
    assert "errors" not in answer.json()


@pytest.mark.parametrize("role", Role)
def test_the_policy_says_who_asks_about_the_schema(client: Client, office: Office, role: Role) -> None:
    """The guard decides, in one place; no role stands in the door."""
    office.roles["token"] = role
    answer = client.ask(INTROSPECTION[1], authorization="Bearer token")
    assert (answer.status_code == 200) == (Act.INTROSPECT in office.guard.acts_of(role))
    assert answer.status_code in {200, 403}


def test_the_typename_is_everybodys(client: Client) -> None:
    """wire.md: `__typename` always."""
    assert client.ask("{ __typename customer { __typename } }").json() == {
        "data": {"__typename": "Query", "customer": {"__typename": "Customer"}}
    }


def test_the_sdl_is_for_developers(client: Client) -> None:
    """wire.md: `/schema.graphql` (signed-in developers)."""
    assert client.request("GET", "/schema.graphql").status_code == 401
    assert client.request("GET", "/schema.graphql", headers={"authorization": SALES}).status_code == 403
    answer = client.request("GET", "/schema.graphql", headers={"authorization": DEVELOPER})
    assert answer.status_code == 200
    assert "input FileClaimInput {" in answer.text


class TestInTheDemo:
    """The demo shows what is there to everybody."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Settings of a demo."""
        return replace(settings, demo=True)

    @pytest.mark.parametrize("query", INTROSPECTION)
    def test_everybody_asks_about_the_schema(self, client: Client, query: str) -> None:
        """wire.md: the demo apart."""
        assert "errors" not in client.ask(query).json()


@pytest.mark.parametrize("fault", [Unreachable(), OSError(CANARY), ConnectionResetError(CANARY)])
def test_a_database_that_is_down_is_said_so(client: Client, office: Office, fault: Exception) -> None:
    """Readiness says so; and all works again by itself when it returns."""
    office.fault = fault
    answer = client.ask("{ me }", authorization=SALES)
    assert (answer.status_code, codes(answer)) == (503, ["UNAVAILABLE"])
    assert CANARY not in answer.text
    office.fault = None
    assert client.ask("{ me }", authorization=SALES).status_code == 200


def test_a_database_that_hangs_is_given_up_within_two_seconds(client: Client, office: Office) -> None:
    """`UNAVAILABLE` within 2 s."""
    office.hangs = True
    begun = time.monotonic()
    answer = client.ask("{ me }", authorization=SALES)
    assert time.monotonic() - begun < 2
    assert (answer.status_code, codes(answer)) == (503, ["UNAVAILABLE"])


def test_an_operation_that_hangs_with_the_database_is_given_up_within_two_seconds(
    client: Client, office: Office
) -> None:
    """Also a log-in, where nobody had to be told apart first."""
    office.hangs = True
    begun = time.monotonic()
    answer = client.ask("{ slow }")
    assert time.monotonic() - begun < 2
    assert (answer.status_code, codes(answer)) == (503, ["UNAVAILABLE"])


def test_a_fault_in_telling_who_asks_is_500_and_says_nothing(
    client: Client, office: Office, lines: io.StringIO
) -> None:
    """A bug is a bug, and is not sold as an outage."""
    office.fault = LookupError(CANARY)
    answer = client.ask("{ me }", authorization=SALES)
    assert (answer.status_code, codes(answer)) == (500, ["INTERNAL"])
    assert CANARY[:5] not in answer.text + lines.getvalue()
    assert "LookupError" in lines.getvalue()


@pytest.mark.parametrize(
    ("accepted", "language", "word"),
    [
        (None, "zh-CN", "请先登录"),
        ("", "zh-CN", "请先登录"),
        ("*", "zh-CN", "请先登录"),
        ("fr", "zh-CN", "请先登录"),
        ("en", "en", "Log in"),
        ("en-GB,en;q=0.9", "en", "Log in"),
        ("en;q=0.8, zh-TW;q=0.9", "zh-CN", "请先登录"),
        ("zh, en", "zh-CN", "请先登录"),
        ("zh;q=0, en;q=0.001", "en", "Log in"),
        ("en;q=7", "zh-CN", "请先登录"),
        ("EN", "en", "Log in"),
    ],
)
def test_texts_are_chinese_unless_english_is_preferred(
    client: Client, accepted: str | None, language: str, word: str
) -> None:
    """RFC 9110, section 12.5.4; wire.md: zh-CN first."""
    answer = client.ask("{ me }", **({"accept_language": accepted} if accepted else {}))
    assert answer.headers["content-language"] == language
    assert answer.json()["errors"][0]["message"].startswith(word)
    assert "Accept-Language" in answer.headers["vary"]


def test_the_desk_knows_language_client_and_address(client: Client) -> None:
    """A client's name is kept only in the form agreed on."""
    asked = {"accept_language": "en"}
    answer = client.ask("{ language }", baobei_client="crm-web/2.1", **asked)
    assert answer.json()["data"]["language"] == "en crm-web/2.1 203.0.113.9"
    answer = client.ask("{ language }", baobei_client=f"tel {CANARY}", **asked)
    assert answer.json()["data"]["language"] == "en None 203.0.113.9"


def test_a_request_keeps_the_id_its_client_gave_it(client: Client, lines: io.StringIO) -> None:
    """wire.md: UUIDs only; the same in answer, errors and journal."""
    given = "0197F3A0-5B1C-7D42-9E60-3A51C2B4D6E8"
    answer = client.ask("{ me }", x_request_id=given)
    assert UUID(answer.headers["x-request-id"]) == UUID(given)
    assert codes(answer) == ["UNAUTHENTICATED"]
    assert str(UUID(given)) in lines.getvalue()


@pytest.mark.parametrize(
    "given", [CANARY, "{0197f3a0-5b1c-7d42-9e60-3a51c2b4d6e8}", "0197f3a05b1c7d429e603a51c2b4d6e8"]
)
def test_any_other_id_is_passed_over(client: Client, given: str) -> None:
    """It could hold anything, and would stand in every line of the journal."""
    answer = client.ask("{ me }", x_request_id=given)
    assert UUID(answer.headers["x-request-id"]).version == 4
    assert given not in answer.text
