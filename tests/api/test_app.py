"""What every answer carries, whom a browser is let in from, and what may be asked about the server itself."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.api.conftest import CANARY

if TYPE_CHECKING:
    import io

    from api.settings import Settings
    from tests.api.conftest import Client, Office

ALLOWED = "https://crm.example.com"
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/graphql"),
        ("GET", "/graphql"),
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/metrics"),
        ("GET", "/schema.graphql"),
        ("GET", f"/{CANARY}"),
    ],
)
def test_every_answer_is_not_to_be_stored_and_runs_nothing(client: Client, method: str, path: str) -> None:
    """wire.md: every response `Cache-Control: no-store`; leaks: no. 55 and 75."""
    headers = client.request(method, path).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert {"etag", "server", "set-cookie", "x-powered-by"}.isdisjoint(headers)
    assert headers["vary"] == "Accept, Accept-Language, Authorization, Origin"


@pytest.mark.parametrize(
    "path", ["/", "/graphql/", "/GraphQL", "/graphql/x", f"/{CANARY}", f"/graphql/?phone={CANARY}", "//x"]
)
def test_an_unknown_path_is_a_typed_404_that_repeats_nothing(client: Client, lines: io.StringIO, path: str) -> None:
    """Not even in a redirect to the path without its slash."""
    answer = client.request("POST", path, json={"query": "{ me }"})
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert CANARY[:5] not in answer.text + str(answer.headers) + lines.getvalue()


def test_the_other_doors_are_read_only(client: Client) -> None:
    """Each says by which methods."""
    for path in ("/health/live", "/health/ready", "/metrics", "/schema.graphql"):
        answer = client.request("POST", path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_the_server_says_that_it_lives_and_is_ready_in_fixed_words(client: Client) -> None:
    """wire.md: `/health/live`, `/health/ready`."""
    assert client.request("GET", "/health/live").text == "live"
    answer = client.request("GET", "/health/ready")
    assert (answer.status_code, answer.text) == (200, "ready")


def test_the_server_says_what_is_down(client: Client, office: Office) -> None:
    """wire.md: else 503 and the word of what is down."""
    office.words = ("database", "audit")
    answer = client.request("GET", "/health/ready")
    assert (answer.status_code, answer.text) == (503, "database audit")
    assert client.request("GET", "/health/live").status_code == 200


def test_a_database_that_hangs_is_down(client: Client, office: Office) -> None:
    """Whoever asks for readiness gives up after a second or two himself."""
    office.hangs = True
    begun = time.monotonic()
    answer = client.request("GET", "/health/ready")
    assert (answer.status_code, answer.text) == (503, "database")
    assert time.monotonic() - begun < 2


def test_an_origin_on_the_list_is_let_in(client: Client) -> None:
    """Fetch, section 3.2; no credentials: tokens travel in a header of their own."""
    answer = client.request("OPTIONS", headers={"origin": ALLOWED} | PREFLIGHT)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    paper = client.request("OPTIONS", path="/print/claims/x/receipt", headers={"origin": ALLOWED} | PREFLIGHT)
    assert (paper.status_code, paper.headers["access-control-allow-methods"]) == (204, "GET")
    for query in ("{ __typename }", "{"):
        answer = client.ask(query, origin=ALLOWED)
        assert answer.headers["access-control-allow-origin"] == ALLOWED
        assert "X-Request-Id" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "*",
        "https://crm.example.com.evil.example",
        "https://evil.example",
        "http://crm.example.com",
        "https://crm.example.com:8443",
        "https://sub.crm.example.com",
        "http://localhost:3000",
        "HTTPS://CRM.EXAMPLE.COM",
    ],
)
def test_every_other_origin_hears_the_same_no(client: Client, origin: str) -> None:
    """leaks: no. 76: the same refusal whichever it is, `null` too."""
    answer = client.request("OPTIONS", headers={"origin": origin} | PREFLIGHT)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    for headers in (answer.headers, client.ask("{ __typename }", origin=origin).headers):
        assert not [name for name in headers if name.startswith("access-control-")]
    assert origin not in answer.text


class TestInTheDemo:
    """A demo runs on one's own machine, beside the frontend that one is writing."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Settings of a demo."""
        return replace(settings, demo=True)

    @pytest.mark.parametrize(
        "origin", ["http://localhost:3000", "http://127.0.0.1:5173", "http://[::1]:1", "http://localhost"]
    )
    def test_any_port_of_this_machine_is_let_in(self, client: Client, origin: str) -> None:
        """wire.md: the demo allows localhost on any port."""
        assert client.ask("{ __typename }", origin=origin).headers["access-control-allow-origin"] == origin

    @pytest.mark.parametrize("origin", ["http://localhost.evil.example", "http://localhost:3000.evil.example", "null"])
    def test_no_other_machine_is(self, client: Client, origin: str) -> None:
        """A name that begins like this machine's is another machine."""
        assert "access-control-allow-origin" not in client.ask("{ __typename }", origin=origin).headers


def test_requests_are_counted_and_nobody_is_named(client: Client) -> None:
    """wire.md: `/metrics`, no identity in labels."""
    client.ask("{ me }", authorization="Bearer sales-token")
    client.ask("{ me }")
    client.ask(f"{{ x{CANARY} }}")
    client.ask('mutation M { logIn(login: "a", password: "b") }')
    client.request("GET", f"/{CANARY}")
    answer = client.request("GET", "/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    assert 'baobei_requests_total{door="graphql",kind="query",status="200"} 1' in lines
    assert 'baobei_requests_total{door="graphql",kind="query",status="401"} 1' in lines
    assert 'baobei_requests_total{door="graphql",kind="mutation",status="200"} 1' in lines
    assert 'baobei_requests_total{door="unknown",kind="none",status="404"} 1' in lines
    assert 'baobei_errors_total{code="UNAUTHENTICATED"} 1' in lines
    assert 'baobei_request_seconds_bucket{door="graphql",kind="query",le="+Inf"} 2' in lines
    assert 'baobei_request_seconds_count{door="graphql",kind="query"} 2' in lines
    assert CANARY[:5] not in answer.text


def test_a_request_is_a_line_of_the_journal_without_what_was_asked(client: Client, lines: io.StringIO) -> None:
    """The root fields stand in the schema; operation names and aliases are the client's."""
    client.ask(f"query Q{CANARY} {{ a{CANARY}: me }}", authorization="Bearer sales-token")
    line = lines.getvalue()
    assert '"fields":["me"]' in line
    assert '"actor":"abcdefab-cdef-4abc-8def-abcdefabcdef"' in line
    assert CANARY[:5] not in line


def test_quiet_doors_are_quiet_while_all_is_well(client: Client, office: Office, lines: io.StringIO) -> None:
    """Machines knock every few seconds."""
    for path in ("/health/live", "/health/ready", "/metrics"):
        client.request("GET", path)
    assert not lines.getvalue()
    office.words = ("keys",)
    client.request("GET", "/health/ready")
    assert '"door":"ready"' in lines.getvalue()
