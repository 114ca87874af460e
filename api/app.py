"""The doors: which paths there are, and what every answer carries, whatever it says.

- Every answer has a request id, is not to be stored, and runs nothing; every refusal is typed JSON.
- An origin is let in by exact name; the demo lets in any port of this machine.
- Whether the server lives, is ready and is busy may be asked by anybody: fixed words and counts, no more.
"""

from __future__ import annotations

import re
import time
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.endpoint import (
    IDENTIFY_TIMEOUT,
    LANGUAGE_TAGS,
    PASSAGE,
    Endpoint,
    Office,
    Passage,
    passage_of,
    written,
)
from api.files import TICKET, Files
from api.journal import journal
from api.metrics import MEDIA_TYPE, Metrics
from api.patience import within
from api.prints import Prints, doors
from api.requests import RequestRefused, codes_of, language_of, media_type_of, request_id_of
from records.traces import trace_of
from schema.errors import ErrorCode, TopLevelError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from api.settings import Settings
    from schema.errors import BaobeiSchema

GONE = 499
"""What the journal has for a client that left before its answer."""
QUIET_DOORS = frozenset({"live", "ready", "metrics"})
"""Doors that machines knock at all day: they get no line in the journal while all is well."""
_THIS_MACHINE = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?")
HEADERS = {
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Language, Authorization, Origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_READ_DOORS = ("/print/", "/lists/")
"""Where the doors to paper begin: read alone, from a page of the same origins as `/graphql`."""
_PREFLIGHT = {
    "Access-Control-Allow-Headers": (
        f"Accept-Language, Authorization, Baobei-Client, {TICKET.title()}, Content-Type, X-Request-Id, traceparent"
    ),
    "Access-Control-Max-Age": "600",
}
_CALLED_FROM_PAGES = {"/graphql": "POST", "/upload": "PUT", "/file": "POST"}
"""Doors that a page of another origin may knock at, each with its one method."""
_EXPOSED = "Content-Language, Retry-After, X-Request-Id"


def build_app(
    settings: Settings,
    *,
    schema: BaobeiSchema,
    open_office: Callable[[Settings], AbstractAsyncContextManager[Office]],
    clock: Callable[[], datetime],
) -> Starlette:
    """Build the server's application; the office opens when the server starts, and closes with it."""
    offices: list[Office] = []
    counted = Metrics()
    endpoint = Endpoint(schema, lambda: offices[0], demo=settings.demo, clock=clock)
    files = Files(endpoint)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        try:
            async with open_office(settings) as office:
                offices.append(office)
                yield
                offices.clear()
        except Exception as error:
            journal().error("office", trace=trace_of(error))
            raise

    async def live(_request: Request) -> Response:
        return PlainTextResponse("live")

    async def ready(_request: Request) -> Response:
        try:
            down = await within(IDENTIFY_TIMEOUT, offices[0].down())
        except TimeoutError:
            down = ("database",)
        return PlainTextResponse(" ".join(down) or "ready", HTTPStatus.SERVICE_UNAVAILABLE if down else HTTPStatus.OK)

    async def counts(_request: Request) -> Response:
        return Response(counted.text(), media_type=MEDIA_TYPE)

    app = Starlette(
        routes=[
            Route("/graphql", Door("graphql", endpoint.answer, methods=("POST",))),
            Route("/upload", Door("upload", files.take, methods=("PUT",))),
            Route("/file", Door("file", files.give, methods=("POST",))),
            *(Route(path, Door(name, answer)) for path, (name, answer) in doors(Prints(endpoint)).items()),
            Route("/schema.graphql", Door("schema", endpoint.sdl)),
            Route("/health/live", Door("live", live)),
            Route("/health/ready", Door("ready", ready)),
            Route("/metrics", Door("metrics", counts)),
        ],
        middleware=[Middleware(OutermostDoor, settings=settings, counted=counted)],
        exception_handlers={RequestRefused: _refused, HTTPException: _no_such_door},
        lifespan=lifespan,
    )
    # A redirect would repeat the address, and with it whatever was put there.
    app.router.redirect_slashes = False
    app.state.streams = endpoint.streams
    return app


class Door:
    """One path: its name in journal and counts, the methods it takes, and who answers."""

    def __init__(
        self,
        name: str,
        answer: Callable[[Request], Awaitable[Response]],
        *,
        methods: tuple[str, ...] = ("GET", "HEAD"),
    ) -> None:
        self._name = name
        self._answer = answer
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, if by a method that this path takes."""
        request = Request(scope, receive)
        passage_of(request).door = self._name
        if request.method not in self._methods:
            raise RequestRefused(
                HTTPStatus.METHOD_NOT_ALLOWED, ErrorCode.BAD_USER_INPUT, headers={"Allow": ", ".join(self._methods)}
            )
        response = await self._answer(request)
        await response(scope, receive, send)


class OutermostDoor:
    """What every request passes first and every answer last: id, language, headers, counts and the journal's line."""

    def __init__(self, app: ASGIApp, *, settings: Settings, counted: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See one request through; whatever escapes from behind becomes `INTERNAL`, and a line in the journal."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        passage = Passage(request_id_of(headers) or uuid4(), language_of(headers), media_type_of(headers))
        scope[PASSAGE] = passage
        let_in = self._lets_in(headers.get("origin"))
        started, status = time.perf_counter(), GONE

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                _mark(MutableHeaders(raw=message["headers"]), passage, let_in)
            await send(message)

        try:
            if (method := _method_asked_about(scope, headers)) is not None:
                response = _preflight(passage, let_in, method)
                await response(scope, receive, sending)
            else:
                await self._app(scope, receive, sending)
        except ClientDisconnect:
            pass  # nobody is left to be answered
        except Exception as error:
            if status != GONE:
                raise  # half an answer is out: only the end of the connection can say so
            bug = TopLevelError(ErrorCode.INTERNAL, trace=trace_of(error))
            response = written(passage, HTTPStatus.INTERNAL_SERVER_ERROR, (bug,))
            await response(scope, receive, sending)
        finally:
            self._note(passage, status, time.perf_counter() - started)

    def _lets_in(self, origin: str | None) -> str | None:
        """Give the origin back if a browser may show it the answer."""
        if origin is None:
            return None
        at_home = self._settings.demo and _THIS_MACHINE.fullmatch(origin) is not None
        return origin if at_home or origin in self._settings.allowed_origins else None

    def _note(self, passage: Passage, status: int, seconds: float) -> None:
        codes = codes_of(passage.errors)
        self._counted.observe(door=passage.door, kind=passage.kind, status=status, seconds=seconds, codes=codes)
        for error in passage.errors:
            if error.trace:
                event = "bug" if error.code is ErrorCode.INTERNAL else "outage"
                journal().error(event, request_id=passage.request_id, code=error.code, trace=error.trace)
        if passage.door not in QUIET_DOORS or status >= HTTPStatus.BAD_REQUEST:
            journal().info(
                "request",
                request_id=passage.request_id,
                actor=passage.actor,
                door=passage.door,
                kind=passage.kind,
                fields=passage.fields,
                status=status,
                codes=codes,
                ms=round(seconds * 1000),
            )


def _method_asked_about(scope: Scope, headers: Headers) -> str | None:
    """Give the method by which a page may call a path, where a browser asks before it does (Fetch, 4.8)."""
    asks = "origin" in headers and "access-control-request-method" in headers
    if not asks or scope["method"] != "OPTIONS":
        return None
    return "GET" if scope["path"].startswith(_READ_DOORS) else _CALLED_FROM_PAGES.get(scope["path"])


def _preflight(passage: Passage, let_in: str | None, method: str) -> Response:
    """Let an origin that is let in send its request; every other one hears the same No."""
    passage.door = "preflight"
    if let_in is None:
        return written(passage, HTTPStatus.FORBIDDEN, (TopLevelError(ErrorCode.FORBIDDEN),))
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Access-Control-Allow-Methods": method, **_PREFLIGHT})


def _mark(headers: MutableHeaders, passage: Passage, let_in: str | None) -> None:
    """Put on an answer what every answer carries."""
    policy = headers.get("content-security-policy")
    headers.update(HEADERS)
    if policy is not None:
        headers["Content-Security-Policy"] = policy  # a print page's own, which lets in its style and nothing else
    headers["X-Request-Id"] = str(passage.request_id)
    if "json" in headers.get("content-type", ""):
        headers["Content-Language"] = LANGUAGE_TAGS[passage.language]
    if let_in is not None:
        headers["Access-Control-Allow-Origin"] = let_in
        headers["Access-Control-Expose-Headers"] = _EXPOSED


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, RequestRefused)  # noqa: S101  (Starlette calls it for this exception alone)
    return written(passage_of(request), refusal.status, refusal.errors, headers=refusal.headers)


async def _no_such_door(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, HTTPException)  # noqa: S101  (as above)
    return written(passage_of(request), refusal.status_code, (TopLevelError(ErrorCode.NOT_FOUND),))
