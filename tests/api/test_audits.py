"""GraphQL over HTTP, as the server audits of npm's `graphql-http` check it: 58 of 61; the other three are about GET.

Each row is one audit by its id. The audits themselves run against a server that allows introspection (BAOBEI_DEMO=on):

    npm install graphql-http graphql
    node --input-type=module -e "import {serverAudits} from 'graphql-http/lib/audits/server.js';
    for (const a of serverAudits({url: process.argv[1]})) { const r = await a.fn(); console.log(r.status, r.id) }" URL
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from api.settings import Settings
    from tests.api.conftest import Client

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
TYPENAME = {"query": "{ __typename }"}
TYPE = "query Type($name: String!) { __type(name: $name) { name } }"
NO_FIELD = {"query": "{ 8f31403dfe404bccbb0e835f2629c6a7 }"}
UNKNOWN_FIELD = {"query": "{ f31403dfe404bccbb0e835f2629c6a7 }"}
COERCION = {"query": "query CoerceFailure($id: ID!){ __typename }", "variables": {"id": None}}
REAL_COERCION = {"query": 'query($n: Int!){ filed(input: {phone: "", count: $n}) }', "variables": {"n": "x"}}

ANSWERED = [
    *((id_, GRAPHQL, TYPENAME) for id_ in ("22EB", "34A2")),
    *((id_, JSON, TYPENAME) for id_ in ("4655", "13EE")),
    ("47DE", "*/*", TYPENAME),
    *((id_, "", TYPENAME) for id_ in ("80D8", "82A3", "78D5", "2C94", "03D4")),
    ("BF61", "", {"query": '{ __type(name: "Run🏃Swim🏊") { name } }'}),
    ("8161", GRAPHQL, {"query": "query Query { __typename }", "operationName": "Query"}),
    ("B8B3", JSON, {"query": "query Query { __typename }", "operationName": "Query"}),
    *((f"94B{i}", GRAPHQL, TYPENAME | {name: None}) for i, name in enumerate(("variables", "operationName"))),
    ("94B2", GRAPHQL, TYPENAME | {"extensions": None}),
    *((f"022{i}", JSON, TYPENAME | {name: None}) for i, name in enumerate(("variables", "operationName"))),
    ("0222", JSON, TYPENAME | {"extensions": None}),
    ("2EA1", GRAPHQL, {"query": TYPE, "variables": {"name": "sometype"}}),
    ("28B9", JSON, {"query": TYPE, "variables": {"name": "sometype"}}),
    ("428F", GRAPHQL, TYPENAME | {"extensions": {"some": "value"}}),
    ("1B7A", JSON, TYPENAME | {"extensions": {"some": "value"}}),
]
REFUSED = [
    ("423L", GRAPHQL, {"notquery": "{ __typename }"}),
    *((id_, "", {"qeury": "{ __typename }"}) for id_ in ("8764", "3E3A")),
    *((f"LKJ{i}", "", {"query": wrong}) for i, wrong in enumerate(({"obj": "ect"}, 0, False, ["array"]))),
    *(
        (f"{prefix}{i}", "", TYPENAME | {name: wrong})
        for prefix, name, first in (
            ("6C0", "operationName", {"obj": "ect"}),
            ("476", "variables", "string"),
            ("58B", "extensions", "string"),
        )
        for i, wrong in enumerate((first, 0, False, ["array"]))
    ),
    *((id_, GRAPHQL, {"query": "{"}) for id_ in ("865D", "556A", "D586")),
    *((id_, GRAPHQL, NO_FIELD) for id_ in ("51FE", "74FF", "5E5B")),
    ("86EE", GRAPHQL, COERCION),
    ("unknown field", GRAPHQL, UNKNOWN_FIELD),
    ("real coercion", GRAPHQL, REAL_COERCION),
]
SAID_WITHIN = [
    ("572B", JSON, {"query": "{"}),
    ("FDE2", JSON, NO_FIELD),
    ("7B9B", JSON, COERCION),
    ("real coercion", JSON, REAL_COERCION),
]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A demo: the audits ask about the schema without signing in."""
    return replace(settings, demo=True)


@pytest.mark.parametrize(("audit", "accept", "body"), ANSWERED, ids=lambda value: value if len(value) < 15 else "")
def test_a_right_request_is_answered_in_the_media_type_asked_for(
    client: Client, audit: str, accept: str, body: dict[str, object]
) -> None:
    """GraphQL over HTTP, sections 4, 5 and 6."""
    answer = client.post(json.dumps(body), accept=accept)
    assert answer.status_code == 200, audit
    assert answer.headers["content-type"] == f"{GRAPHQL if accept == GRAPHQL else JSON}; charset=utf-8"
    assert "errors" not in json.loads(answer.content.decode("utf-8"))


@pytest.mark.parametrize(("audit", "accept", "body"), REFUSED, ids=lambda value: value if len(value) < 15 else "")
def test_a_request_error_is_400_without_data(client: Client, audit: str, accept: str, body: dict[str, object]) -> None:
    """GraphQL over HTTP, section 6.4.2; wire.md: `A request error is 400 without data`."""
    answer = client.post(json.dumps(body), accept=accept)
    assert answer.status_code == 400, audit
    assert set(answer.json()) == {"errors"}


@pytest.mark.parametrize(("audit", "accept", "body"), SAID_WITHIN, ids=lambda value: value if len(value) < 15 else "")
def test_a_client_of_plain_json_reads_of_the_document_in_the_answer(
    client: Client, audit: str, accept: str, body: dict[str, object]
) -> None:
    """GraphQL over HTTP, section 6.4.1: a proxy may have written any other status."""
    answer = client.post(json.dumps(body), accept=accept)
    assert answer.status_code == 200, audit
    assert set(answer.json()) == {"errors"}


@pytest.mark.parametrize("audit", ["B6DC", "BCF8", "B7N8", "A5BF"])
def test_a_body_that_is_no_json_is_400_in_either_media_type(client: Client, audit: str) -> None:
    """GraphQL over HTTP, section 6.4."""
    body = "" if audit == "A5BF" else '{ "not a JSON'
    assert client.post(body, accept=GRAPHQL if audit == "B7N8" else JSON).status_code == 400


def test_a_post_without_a_content_type_is_refused(client: Client) -> None:
    """Audit 9ABE, and what `fetch` puts in its place."""
    for content_type in ("", "text/plain;charset=UTF-8"):
        assert client.post(json.dumps(TYPENAME), content_type=content_type).status_code == 415


@pytest.mark.parametrize("audit", ["5A70", "9C48", "D6D5", "6A70"])
def test_get_is_off_on_purpose(client: Client, audit: str) -> None:
    """Audits 5A70, D6D5 and 6A70 (each a MAY) say so; 9C48, that a GET executes no mutation, holds by it."""
    query = "mutation { __typename }" if audit == "9C48" else "{ __typename }"
    answer = client.request("GET", params={"query": query, "variables": "{}"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
