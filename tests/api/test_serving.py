"""How the server listens, over real sockets: bounds on a connection, typed refusals, a port held, a quick end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn

from api import serving
from api.serving import MAX_HEADERS, SHUTDOWN_TIMEOUT, NoPort, configured, listen, url_of
from tests.api.conftest import CANARY

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from starlette.applications import Starlette

    from api.settings import Settings

PROJECT = Path(__file__).parents[2]
REQUEST = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a port that is free."""
    return replace(settings, port=0)


@contextmanager
def started(app: Starlette, settings: Settings) -> Iterator[tuple[str, int]]:
    """A server of the application in a thread."""
    with closing(listen(settings)) as listener:
        server = uvicorn.Server(configured(app, settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[:2]
        finally:
            server.should_exit = True
            thread.join(SHUTDOWN_TIMEOUT + 5)


@pytest.fixture
def address(lines: io.StringIO, app: Starlette, settings: Settings) -> Iterator[tuple[str, int]]:
    """Where a started server listens."""
    with started(app, settings) as address:
        yield address


def exchange(address: tuple[str, int], *parts: bytes, wait: float = 5) -> tuple[str, dict[str, str], bytes]:
    """Send bytes as they are, and read until the server closes or has nothing more to say."""
    with socket.create_connection(address, timeout=wait) as connection:
        for part in parts:
            connection.sendall(part)
        received = bytearray()
        while b"\r\n\r\n" not in received or not _complete(bytes(received)):
            chunk = connection.recv(65536)
            if not chunk:
                break
            received += chunk
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    return first, {name.lower(): value for name, value in (line.split(": ", 1) for line in rest)}, body


def _complete(received: bytes) -> bool:
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(lengths) and len(body) >= int(lengths[0])


def test_a_request_over_the_wire_is_answered_and_no_server_is_named(address: tuple[str, int]) -> None:
    """What an answer tells of the program is what an attacker would look up."""
    answer = httpx.post("http://{}:{}/graphql".format(*address), json={"query": "{ __typename }"})
    assert answer.json() == {"data": {"__typename": "Query"}}
    assert "server" not in answer.headers
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("length", [65_537, 1 << 20, 3 << 20])
def test_a_long_body_is_refused_so_that_its_sender_reads_it(address: tuple[str, int], length: int) -> None:
    """1 MB bodies get a clear typed error, no torn connection."""
    answer = httpx.post(
        "http://{}:{}/graphql".format(*address), content=b" " * length, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_COSTLY"


def test_chunks_are_counted_too(address: tuple[str, int]) -> None:
    """A chunked body announces no length."""
    chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    first, _, body = exchange(address, REQUEST + b"Transfer-Encoding: chunked\r\n\r\n", chunk * 3 + b"0\r\n\r\n")
    assert first == "HTTP/1.1 413 Request Entity Too Large" or first.startswith("HTTP/1.1 413")
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "TOO_COSTLY"


def test_a_length_that_lies_cuts_the_body(address: tuple[str, int]) -> None:
    """What is beyond the announced length is no part of the request, nor a second one that is believed."""
    first, _, body = exchange(address, REQUEST + b'Content-Length: 5\r\n\r\n{"query": "{ me }"}')
    assert first.startswith("HTTP/1.1 400")
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        f"{CANARY}\r\n\r\n".encode(),
        f"GET /{CANARY} HTTP/9.9\r\n\r\n".encode(),
        f"POST /graphql HTTP/1.1\r\nbad header {CANARY}\r\n\r\n".encode(),
        f"GET /\xff{CANARY} HTTP/1.1\r\nHost: x\r\n\r\n".encode("latin-1"),
        REQUEST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
        REQUEST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nX: " + b"x" * MAX_HEADERS + b"\r\n\r\n",
        b"GET /" + b"x" * MAX_HEADERS + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\n" + b"X: y\r\n" * MAX_HEADERS + b"\r\n",
    ],
    ids=lambda sent: sent[:30].decode("ascii", "replace"),
)
def test_what_is_no_http_is_refused_in_the_form_of_every_refusal(
    address: tuple[str, int], lines: io.StringIO, sent: bytes
) -> None:
    """Uvicorn would answer in plain text; its parser has no bound on headers."""
    first, headers, body = exchange(address, sent)
    assert first.startswith("HTTP/1.1 400")
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert (headers["cache-control"], headers["connection"]) == ("no-store", "close")
    assert CANARY[:5] not in body.decode() + lines.getvalue()


def test_headers_as_long_as_allowed_are_read(address: tuple[str, int]) -> None:
    """A control for the bound."""
    first, _, body = exchange(
        address, b"GET /health/live HTTP/1.1\r\nHost: x\r\nX: " + b"x" * (MAX_HEADERS - 100) + b"\r\n\r\n"
    )
    assert (first, body) == ("HTTP/1.1 200 OK", b"live")


def test_headers_that_do_not_come_end_the_connection(
    app: Starlette, settings: Settings, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand half requests would hold a thousand connections for ever; so does a silent one."""
    monkeypatch.setattr(serving, "HEADERS_TIMEOUT", 0.2)
    with started(app, settings) as address:
        for half in (b"", b"POST /graphql HTTP/1.1\r\nHost: "):
            with socket.create_connection(address, timeout=5) as connection:
                connection.sendall(half)
                assert connection.recv(100) == b""
        with socket.create_connection(address, timeout=5) as connection:
            for _ in range(2):
                connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
                assert connection.recv(65536).endswith(b"live")
            connection.sendall(b"GET /hea")
            assert connection.recv(100) == b""


def test_an_upgrade_to_a_socket_is_not_taken(address: tuple[str, int]) -> None:
    """wire.md: the legacy `graphql-ws` protocol is off."""
    first, _, _ = exchange(
        address,
        b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Protocol: graphql-ws\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n",
    )
    assert first.startswith("HTTP/1.1 405")


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [((), "127.0.0.1"), (("127.0.0.1",), "203.0.113.77"), (("192.0.2.0/24",), "127.0.0.1")],
)
def test_a_forwarded_address_is_believed_of_trusted_proxies_alone(
    app: Starlette, settings: Settings, lines: io.StringIO, proxies: tuple[str, ...], seen: str
) -> None:
    """Otherwise whoever guesses passwords would have a new address each time."""
    with started(app, replace(settings, trusted_proxies=proxies)) as address:
        answer = httpx.post(
            "http://{}:{}/graphql".format(*address),
            json={"query": "{ language }"},
            headers={"x-forwarded-for": "203.0.113.77"},
        )
    assert answer.json()["data"]["language"].endswith(f" {seen}")


def test_a_port_that_is_taken_is_said_in_one_line(settings: Settings) -> None:
    """Before anything else is started."""
    with closing(listen(settings)) as taken:
        with pytest.raises(
            NoPort, match=r"^BAOBEI_HOST, BAOBEI_PORT: .* / cannot listen on 127\.0\.0\.1:\d+"
        ) as refused:
            listen(replace(settings, port=taken.getsockname()[1]))
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_an_address_that_is_not_this_machines_is_said_too(settings: Settings, host: str) -> None:
    """192.0.2.0/24 is nobody's (RFC 5737)."""
    with pytest.raises(NoPort):
        listen(replace(settings, host=host))


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]")],  # noqa: S104
)
def test_the_address_told_is_one_that_answers(settings: Settings, host: str, shown: str) -> None:
    """A port of 0 takes a free one, and every interface is reached by this machine's own."""
    try:
        listener = listen(replace(settings, host=host))
    except NoPort:
        pytest.skip("no IPv6 on this machine")
    with closing(listener):
        assert url_of(listener) == f"http://{shown}:{listener.getsockname()[1]}/graphql"
        assert listener.getsockname()[1] > 0


SERVER = """
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import strawberry

from api import journal, serving
from api.app import build_app
from api.settings import Settings
from schema.errors import BaobeiSchema

@strawberry.type
class Query:
    @strawberry.field
    async def slow(self) -> int:
        import asyncio
        print("begun", flush=True)
        await asyncio.sleep(float(sys.argv[1]))
        return 1

class Office:
    async def identify(self, token, now): return None
    def desk(self, actor, **asked): return None
    async def down(self): return ()

@asynccontextmanager
async def open_office(settings):
    if sys.argv[1] == "never":
        raise LookupError("13812345678")
    yield Office()
    print("closed", flush=True)

journal.install(sys.stderr)
settings = Settings(home=Path("."), port=0)
listener = serving.listen(settings)
print(serving.url_of(listener), flush=True)
schema = BaobeiSchema(Query, codes={})
app = build_app(settings, schema=schema, open_office=open_office, clock=lambda: datetime.now(UTC))
serving.serve(app, settings, listener=listener)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A server of its own process."""
    program = tmp_path / "server.py"
    program.write_text(SERVER)
    return program


ENVIRONMENT = os.environ | {"PYTHONPATH": str(PROJECT)}


def test_an_office_that_does_not_open_ends_the_server_and_leaves_a_trace(program: Path) -> None:
    """Uvicorn would print the exception with its words."""
    ended = subprocess.run(
        [sys.executable, program, "never"], capture_output=True, text=True, env=ENVIRONMENT, timeout=20, check=False
    )
    assert ended.returncode == 3
    assert '"LookupError"' in ended.stderr
    assert CANARY[:5] not in ended.stderr


@pytest.mark.parametrize(("number", "takes"), [(signal.SIGTERM, 0.5), (signal.SIGINT, 0.5), (signal.SIGTERM, 60)])
def test_told_to_stop_it_answers_what_it_took_in_and_ends_within_five_seconds(
    program: Path, number: signal.Signals, takes: float
) -> None:
    """A restart costs nobody an answer, unless they would have waited for long."""
    with subprocess.Popen(
        [sys.executable, program, str(takes)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        got: list[httpx.Response | httpx.HTTPError] = []

        def ask() -> None:
            try:
                got.append(httpx.post(url, json={"query": "{ slow }"}, timeout=30))
            except httpx.HTTPError as error:
                got.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        assert process.stdout.readline() == "begun\n"
        begun = time.monotonic()
        process.send_signal(number)
        rest, journal_lines = process.communicate(timeout=20)
        assert time.monotonic() - begun < 5
        asking.join()
    assert rest == "closed\n"
    assert process.returncode == 0
    assert "uncaught" not in journal_lines
    assert "Traceback" not in journal_lines
    if takes < 5:
        assert isinstance(got[0], httpx.Response)
        assert got[0].json() == {"data": {"slow": 1}}
