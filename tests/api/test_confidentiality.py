"""Whatever is wrong with a request, no phone in it comes out again: not in the answer, nor in any line of any log."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import CANARY

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    import strawberry

    from tests.api.conftest import Client, Office

IN_A_ROW = 5
PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
FILED = "query($i: FileClaimInput!) { filed(input: $i) }"
REQUESTS: list[dict[str, Any]] = [
    {"query": 'mutation { checkConflict(phone: "PHONE" }'},
    {"query": 'mutation { checkConflict(phone: "PHONE) }'},
    {"query": "mutation { checkConflict(phone: PHONE) }"},
    {"query": 'mutation { checkConflict(phnoe: "PHONE") }'},
    {"query": 'mutation { a: checkConflict(phone: "PHONE") b: checkConflict(phone: "PHONE") }'},
    {"query": '{ found(phone: "PHONE") { name } }'},
    {"query": "{ xPHONE }"},
    {"query": "{ aPHONE: customer { nPHONE } }"},
    {"query": "{ customer { ...FPHONE } }"},
    {"query": "query($xPHONE: Int!) { me }"},
    {"query": "{ me @aPHONE }"},
    {"query": "# PHONE"},
    {"query": "{ me } fragment PHONE on Query { me }"},
    {"query": "query A { me } query B { me }", "operationName": "PHONE"},
    {"query": FILED, "variables": {"i": {"phone": "PHONE", "count": "PHONE"}}},
    {"query": FILED, "variables": {"i": {"phone": "PHONE", "cuont": 1}}},
    {"query": FILED, "variables": {"i": {"PHONE": 1}}},
    {"query": FILED, "variables": {"i": "PHONE"}},
    {"query": FILED, "variables": {"i": [[{"phone": "PHONE"}]]}},
    {"query": FILED, "variables": {"i": {"phone": "x", "channel": "PHONE"}}},
    {"query": "query($p: Fussy!) { found(phone: $p) { name } }", "variables": {"p": "PHONE"}},
    {"query": "query($p: Nothing!) { found(phone: $p) { name } }", "variables": {"p": "PHONE"}},
    {"query": ["PHONE"]},
    {"query": "{ me }", "variables": "PHONE"},
    {"query": "{ me }", "extensions": "PHONE"},
    {"phone": "PHONE"},
    {"documentId": "sha256:PHONE"},
    {"query": "subscription { ticks(phone: PHONE) }"},
    {"query": "{ customer { phone(tail: PHONE) } }"},
]
HEADERS: list[dict[str, str]] = [
    {},
    {"authorization": "Bearer PHONE"},
    {"authorization": "Basic PHONE"},
    {"content-type": "text/PHONE"},
    {"content-type": "application/json; charset=PHONE"},
    {"accept": "application/graphql-response+json; q=0.PHONE, PHONE/PHONE"},
    {"accept-language": "PHONE, en;q=PHONE"},
    {"x-request-id": "PHONE"},
    {"baobei-client": "crm/PHONE"},
    {"origin": "https://PHONE.example"},
    {"traceparent": "00-PHONE"},
    {"cookie": "session=PHONE"},
    {"x-forwarded-for": "PHONE"},
]
ADDRESSES = ["/graphql", "/graphql?phone=PHONE", "/PHONE", "/graphql/PHONE", "/health/PHONE", "/graphql/%3FPHONE"]
DAMAGE = st.one_of(
    st.just(lambda body: body),
    st.integers(0, 200).map(lambda at: lambda body: body[:at]),
    st.integers(0, 200).map(lambda at: lambda body: body[at:]),
    st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=3)).map(
        lambda cut: lambda body: body[: cut[0]] + cut[1] + body[cut[0] :]
    ),
    st.just(lambda body: b"[" + body + b"," + body + b"]"),
    st.just(lambda body: body.replace(b'"query"', b'"variables": 1, "query"')),
    st.just(lambda body: body + b" " * 70_000),
)


class Everything(logging.Handler):
    """Keeps every record of every library, with its arguments and its exception's words."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep all that a formatter could write."""
        # The test's own client is not part of the server.
        if not record.name.startswith(("httpx", "httpcore")):
            self.texts.append(f"{record.getMessage()} {record.exc_info!r}")


@contextmanager
def all_loggers() -> Iterator[Everything]:
    """Listen to all loggers at every level."""
    everything, root = Everything(), logging.getLogger()
    level = root.level
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)
    yield everything
    root.setLevel(level)
    root.removeHandler(everything)


def leaks(phone: str, text: str) -> bool:
    """Tell whether five digits of the phone stand in a row in the text."""
    return any(phone[at : at + IN_A_ROW] in text for at in range(len(phone) - IN_A_ROW + 1))


def said(answer: httpx.Response) -> str:
    """Everything that an answer says but its random id and what was executed."""
    headers = [f"{name}: {value}" for name, value in answer.headers.items() if name != "x-request-id"]
    try:
        body: Any = answer.json()
    except ValueError:
        return "\n".join([*headers, answer.text])
    for error in body.get("errors", ()):
        error["extensions"].pop("requestId")
        # A path repeats an alias, as the data beside it does (GraphQL, section 7.1.2): the client's own words.
        error.pop("path", None)
    body.pop("data", None)
    return "\n".join([*headers, json.dumps(body)])


def logged(lines: io.StringIO) -> str:
    """Everything that the journal says but ids and instants, whose digits are chance."""
    kept = []
    for line in lines.getvalue().splitlines():
        event = json.loads(line)
        kept.append(json.dumps({name: event[name] for name in event.keys() - {"at", "ms", "request_id"}}))
    return "\n".join(kept)


@given(
    phone=PHONES,
    request=st.sampled_from(REQUESTS),
    headers=st.sampled_from(HEADERS),
    address=st.sampled_from(ADDRESSES),
    damage=DAMAGE,
    fault=st.sampled_from([None, LookupError, ConnectionError]),
)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_malformed_request_gives_five_digits_of_its_phone_away(
    client: Client, office: Office, lines: io.StringIO,
    phone: str, request: dict[str, Any], headers: dict[str, str], address: str, damage: Any, fault: Any,
) -> None:  # fmt: skip
    """house.md, Tests: for any phone and any malformed request, no response and no log record holds five in a row."""
    office.fault = fault and fault(phone)
    lines.seek(0)
    lines.truncate()
    body = damage(json.dumps(request, ensure_ascii=False).replace("PHONE", phone).encode())
    sent = {"content-type": "application/json", "authorization": "Bearer sales-token"} | {
        name: value.replace("PHONE", phone) for name, value in headers.items()
    }
    with all_loggers() as everything:
        answer = client.request("POST", address.replace("PHONE", phone), content=body, headers=sent)
    assert answer.status_code < 500 or fault is not None
    assert not leaks(phone, said(answer))
    assert not leaks(phone, logged(lines))
    assert not leaks(phone, "\n".join(everything.texts))


def test_the_detector_sees_five_digits_anywhere() -> None:
    """A control."""
    assert leaks(CANARY, "x34567y")
    assert not leaks(CANARY, "3456 7812")
    assert leaks(
        CANARY, said(httpx.Response(400, json={"errors": [{"message": CANARY, "extensions": {"requestId": 1}}]}))
    )


@pytest.mark.parametrize("request_", REQUESTS[5:7])
def test_a_plain_schema_would_have_given_them_away(request_: dict[str, Any], plain_schema: strawberry.Schema) -> None:
    """A control: the same documents, by strawberry as it comes."""
    with all_loggers() as everything:
        result = plain_schema.execute_sync(request_["query"].replace("PHONE", CANARY))
    assert leaks(CANARY, repr(result.errors))
    assert leaks(CANARY, "\n".join(everything.texts))
