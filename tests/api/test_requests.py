"""What a client may send: bodies, media types and headers, and what is said to all others."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.datastructures import Headers

from api import requests
from api.limits import MAX_BODY
from api.requests import DRAINED, MAX_JSON_DEPTH, Asked, MediaType, media_type_of
from tests.api.conftest import CANARY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.api.conftest import Client

GOOD = b'{"query": "{ __typename }"}'


def padded(length: int) -> bytes:
    """A right request of so many bytes."""
    return GOOD + b" " * (length - len(GOOD))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"1",
        b'"text"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]',
        b"{}",
        b'{"query": null}',
        b'{"documentId": "sha256:00"}',
        b'{"query": "{ __typename }",}',
        b'{"query": "{ __typename }"} {}',
        b"{'query': '{ __typename }'}",
        b'\xef\xbb\xbf{"query": "{ __typename }"}',
        GOOD.decode().encode("utf-16"),
        b'{"query": "{ __typename }", "variables": {"phone": "\xff\xfe13812345678"}}',
        b'{"query": "{ __typename } # \xed\xa0\x80"}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": {"a": -Infinity}}',
        b'{"query": "{ __typename }", "variables": {"a": 1e999}}',
        b'{"query": "{ __typename }", "query": "{ me }"}',
        b'{"query": "{ __typename }", "variables": {"a": {"b": 1, "b": 2}}}',
        rb'{"query": "{ __typename }", "variables": {"a": "\ud83d"}}',
        rb'{"query": "{ __typename }", "variables": {"\udc00": 1}}',
        rb'{"query": "{ __typename } # \ud83d"}',
        b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 5000 + b"}}",
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 100 + b"]" * 100 + b"}}",
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 30_000 + b"]" * 30_000 + b"}}",
        b'{"a":' * 10_000 + b"1" + b"}" * 5_000,
        b"[" * 60_000,
    ],
    ids=lambda body: body[:40].decode("ascii", "replace"),
)
def test_what_is_no_request_is_400(client: Client, body: bytes) -> None:
    """RFC 8259, sections 4, 8 and 9; batches are off; an abyss is no crash."""
    answer = client.post(body)
    assert answer.status_code == 400
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["BAD_USER_INPUT"]
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_what_the_protocol_does_not_know_is_passed_over(client: Client) -> None:
    """GraphQL over HTTP, section 5.1: further parameters are ignored."""
    assert client.post(b'{"query": "{ __typename }", "more": [1]}').json() == {"data": {"__typename": "Query"}}


def test_json_as_deep_as_allowed_is_read(client: Client) -> None:
    """A control for the abyss."""
    deep = "[" * (MAX_JSON_DEPTH - 3) + "1" + "]" * (MAX_JSON_DEPTH - 3)
    body = f'{{"query": "{{ __typename }}", "variables": {{"a": {deep}}}}}'
    assert client.post(body).status_code == 200
    assert client.post(body.replace("[1]", "[[1]]")).status_code == 400


def test_a_rare_character_and_a_pair_of_surrogates_are_text(client: Client) -> None:
    """𠮷 lies beyond the first plane; escaped, JSON writes it as a pair."""
    for body in (
        '{"query": "{ customer(name: \\"𠮷\\") { name } }"}',
        json.dumps({"query": '{customer(name:"𠮷"){name}}'}),
    ):
        assert client.post(body).json() == {"data": {"customer": {"name": "𠮷"}}}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/plain; x=application/json",
        "application/jsonfoo",
        "application/graphql",
        "application/graphql-response+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json; charset=gb18030",
        "application/json; charset=utf-8; charset=utf-7",
        "application/json, text/plain",
        f"application/{CANARY}",
        ";",
    ],
)
def test_what_is_not_said_to_be_json_is_415(client: Client, content_type: str) -> None:
    """leaks: no. 77: what a browser sends to a foreign site unasked is never read."""
    answer = client.post(GOOD, content_type=content_type)
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON",
        'application/json;charset="UTF-8"',
        "application/json ; v=1; charset=utf8",
    ],
)
def test_json_is_taken_however_it_is_written(client: Client, content_type: str) -> None:
    """RFC 9110, section 8.3."""
    assert client.post(GOOD, content_type=content_type).status_code == 200


def test_a_packed_body_is_415(client: Client) -> None:
    """A kilobyte unpacks to a gigabyte; nobody needs it for 64 KiB."""
    assert client.post(GOOD, content_encoding="gzip").status_code == 415
    assert client.post(GOOD, content_encoding="identity").status_code == 200


def test_two_content_types_are_415(client: Client) -> None:
    """Which of them a proxy has checked cannot be known."""
    both = [(b"content-type", b"application/json"), (b"content-type", b"application/json")]
    assert client.request("POST", content=GOOD, headers=both).status_code == 415


@pytest.mark.parametrize(("length", "status"), [(MAX_BODY, 200), (MAX_BODY + 1, 413), (1 << 20, 413), (5 << 20, 413)])
def test_a_body_of_more_than_64_kib_is_413(client: Client, length: int, status: int) -> None:
    """wire.md: body ≤ 64 KiB."""
    answer = client.post(padded(length))
    assert answer.status_code == status
    if status == 413:
        assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_COSTLY"


@pytest.mark.parametrize("announced", [None, "10", "0", "x", "９"])
def test_what_comes_is_counted_not_what_was_announced(client: Client, announced: str | None) -> None:
    """A length may be missing, as with chunks, or be a lie."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, 100_000, 1000):
            yield padded(100_000)[start : start + 1000]

    headers = {"content-type": "application/json"}
    if announced is not None:
        headers["content-length"] = announced
    answer = client.request("POST", content=chunks(), headers={k: v.encode() for k, v in headers.items()})
    assert answer.status_code == 413


def test_an_endless_body_is_given_up(client: Client) -> None:
    """It is read on a little, so that its sender hears the refusal, but not for ever."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65536
            yield b" " * 65536

    answer = client.request("POST", content=endless(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert sent <= DRAINED + 2 * 65536


@pytest.mark.parametrize("announced", [str(DRAINED + 1), "9" * 30])
def test_a_body_announced_as_far_too_long_is_not_read_at_all(client: Client, announced: str) -> None:
    """Nor is its length a number that takes long to read."""

    async def unread() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b" "

    headers = {"content-type": "application/json", "content-length": announced}
    answer = client.request("POST", content=unread(), headers=headers)
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")


def test_a_body_that_does_not_come_is_given_up(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that waits costs little, but not nothing."""
    monkeypatch.setattr(requests, "BODY_TIMEOUT", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(3600)

    answer = client.request("POST", content=slow(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["connection"]) == (400, "close")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, MediaType.JSON),
        ("*/*", MediaType.JSON),
        ("application/*", MediaType.JSON),
        ("text/html", MediaType.JSON),
        ("application/json", MediaType.JSON),
        ("application/graphql-response+json", MediaType.GRAPHQL),
        ("Application/GraphQL-Response+JSON; charset=utf-8", MediaType.GRAPHQL),
        ("application/graphql-response+json, application/json", MediaType.GRAPHQL),
        ("application/json, application/graphql-response+json", MediaType.GRAPHQL),
        ("application/graphql-response+json, application/json;q=0.9", MediaType.GRAPHQL),
        ("application/graphql-response+json;q=0.5, application/json", MediaType.JSON),
        ("application/graphql-response+json;q=0, */*", MediaType.JSON),
        ("application/graphql-response+json;q=x", MediaType.JSON),
        (",;,q=", MediaType.JSON),
    ],
)
def test_the_media_type_of_graphql_is_for_those_who_name_it(accept: str | None, media_type: MediaType) -> None:
    """GraphQL over HTTP, section 4.1; RFC 9110, section 12.5.1."""
    headers = Headers({"accept": accept} if accept is not None else {})
    assert media_type_of(headers) is media_type


def test_what_was_asked_has_no_voice() -> None:
    """house.md, rule 9: a repr in a traceback would show document and variables."""
    assert CANARY not in repr(Asked(CANARY, CANARY, {"phone": CANARY}))


def test_a_client_that_leaves_is_no_fault(app: object, client: Client, lines: object) -> None:
    """Nobody is there to be answered; the journal says so with 499."""
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "client": None,
    }
    asyncio.run(app(scope, receive, send))  # pyright: ignore[reportCallIssue]
    assert not sent
    assert '"status":499' in lines.getvalue()  # pyright: ignore[reportAttributeAccessIssue]
    assert client.post(GOOD).status_code == httpx.codes.OK
