"""How the server listens: on a port it holds before it says so, with bounds on what a connection may cost.

- A request's line and headers come within 10 s and 16 KiB, or the connection ends.
- What is no HTTP at all gets a typed answer too, and none of it is repeated or logged.
- Told to stop, the server ends its streams, answers what it has taken in, and ends within 5 s.
"""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import orjson
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.app import HEADERS
from api.journal import journal
from api.settings import CannotRun
from schema.errors import ErrorCode, Language, TopLevelError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Generator

    from starlette.applications import Starlette

    from api.settings import Settings
    from api.streams import Streams

MAX_HEADERS = 16 * 1024
"""Bytes of a request's address and headers together."""
HEADERS_TIMEOUT = 10.0
"""Seconds that they may take to arrive, counted from the connection's or the request's beginning."""
SHUTDOWN_TIMEOUT = 4
"""Seconds that requests already taken in may still take; closing takes what is left of five."""
KEEP_ALIVE = 15
"""Seconds that a connection may idle."""


class Server(uvicorn.Server):
    """uvicorn, except that being told to stop is a normal end: whoever called it goes on and closes what it opened."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what goes on by itself, so that the rest is not waited for in vain."""
        streams_of(self.config).end()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take SIGINT and SIGTERM as the wish to stop; uvicorn would raise them again afterwards."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


class NoPort(CannotRun):
    """The address cannot be listened on: taken, not this machine's, or not allowed."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"BAOBEI_HOST, BAOBEI_PORT: 无法监听 {host}:{port},请换一个端口 / "
            f"cannot listen on {host}:{port}, choose another port"
        )


class BoundedHttp(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, with bounds on headers that its parser does not have."""

    _length = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]  (as uvicorn's own)
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin to count and to wait anew: a connection carries one request after another."""
        super().on_message_begin()
        self._length = 0
        self._expect_headers()

    def on_url(self, url: bytes) -> None:
        """Count the address."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._count(name, value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop waiting: the body has a time-out of its own."""
        self._stop_waiting()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP request, in the form of every other refusal."""
        del msg
        request_id = uuid4()
        error = TopLevelError(ErrorCode.BAD_USER_INPUT).formatted(Language.ZH, request_id)
        body = orjson.dumps({"errors": [error]})
        headers = {
            **HEADERS,
            "Content-Type": "application/json; charset=utf-8",
            "Content-Language": "zh-CN",
            "Content-Length": str(len(body)),
            "X-Request-Id": str(request_id),
            "Connection": "close",
        }
        lines = ["HTTP/1.1 400 Bad Request", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self.transport.write("\r\n".join(lines).encode() + body)
        self.transport.close()

    def _count(self, *parts: bytes) -> None:
        self._length += sum(map(len, parts))
        if self._length > MAX_HEADERS:
            # The parser turns whatever a callback raises into its own refusal of the request.
            raise ValueError("headers too long")

    def _expect_headers(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(HEADERS_TIMEOUT, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def listen(settings: Settings) -> socket.socket:
    """Take the port, so that nobody is told of an address that is not answered. Raises `NoPort`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError:
        raise NoPort(settings.host, settings.port) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(socket.SOMAXCONN)
    except OSError:
        listener.close()
        raise NoPort(settings.host, settings.port) from None
    return listener


def url_of(listener: socket.socket) -> str:
    """Write the address of the endpoint behind a port that is held."""
    host, port, *_ = listener.getsockname()
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104  (read, not bound)
    return f"http://{shown}:{port}/graphql"


def streams_of(config: uvicorn.Config) -> Streams:
    """Give the streams of the application that is served."""
    return cast("Starlette", config.app).state.streams


def configured(app: Starlette, settings: Settings) -> uvicorn.Config:
    """Say how uvicorn serves: its fast loop and parser, nothing of it in answers or logs, everything bounded."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=BoundedHttp,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT,
    )


def serve(app: Starlette, settings: Settings, *, listener: socket.socket | None = None) -> None:
    """Serve until SIGINT or SIGTERM; `listener` is a port already taken, for whoever must tell its address first."""
    held = listener or listen(settings)
    try:
        journal().info("serving", url=url_of(held))
        Server(configured(app, settings)).run(sockets=[held])
    finally:
        held.close()
