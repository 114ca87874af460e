"""The doors under test: a small schema of every kind of fault, and an office in memory that can go down."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import threading
from collections.abc import AsyncIterator  # noqa: TC003 (strawberry reads annotations when the schema is built)
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any, NewType
from uuid import UUID

import httpx
import pytest
import strawberry
import structlog
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import scalar

from api import journal
from api.app import build_app
from api.settings import Settings
from authz.actor import Actor, Role
from authz.guard import Guard, guard_in_force
from records.connection import Unreachable
from schema.errors import BaobeiSchema, ErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.applications import Starlette

CANARY = "13812345678"
ACCOUNT = UUID("abcdefab-cdef-4abc-8def-abcdefabcdef")
"""An id whose digits are letters: none of them is mistaken for a phone's."""
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Denied(Exception):  # noqa: N818 (the guard's No)
    """The guard's No, of the test's own."""


class Unknown(Exception):  # noqa: N818 (nobody signed in)
    """Nobody is signed in."""


class Busy(Exception):  # noqa: N818 (a rate is passed)
    """Too many requests; knows how long to wait."""

    retry_after = timedelta(seconds=1.5)


def _refuse(value: object) -> str:
    raise ValueError(f"cannot read {value}")


Fussy = NewType("Fussy", str)


@strawberry.enum
class Channel(Enum):
    """A closed list, for near misses."""

    ON_SITE = "on_site"
    MESSAGE = "message"


@strawberry.input
class FileClaimInput:
    """An input with a text to protect beside fields that can be of the wrong type."""

    phone: str
    count: int = 1
    channel: Channel = Channel.ON_SITE


@strawberry.type
class Customer:
    """A type that leads to itself, for depth."""

    name: str

    @strawberry.field
    def customer(self) -> Customer:
        """Lead on."""
        return self

    @strawberry.field
    def phone(self, tail: int = 4) -> str | None:
        """Fail with a value in the exception's words."""
        raise RuntimeError(f"duplicate key: {CANARY}{tail}")

    @strawberry.field
    def wrong(self) -> int:
        """Give what the type is not."""
        return f"x{CANARY}"  # pyright: ignore[reportReturnType]


@strawberry.type
class Query:
    """What may be read."""

    @strawberry.field
    def customer(self, name: str = "a") -> Customer:
        """Give one."""
        return Customer(name=name)

    @strawberry.field
    def found(self, phone: Fussy) -> Customer | None:
        """Take a scalar whose parser raises with the value in its words."""
        return None

    @strawberry.field
    def filed(self, input: FileClaimInput) -> int:  # noqa: A002 (the wire's name)
        """Take an input."""
        return input.count

    @strawberry.field
    def me(self, info: strawberry.Info) -> str:
        """Say who asks."""
        if info.context.actor is None:
            raise Unknown
        return info.context.actor.role

    @strawberry.field
    def language(self, info: strawberry.Info) -> str:
        """Say what the desk was given."""
        desk = info.context
        return f"{desk.language} {desk.client} {desk.address}"

    @strawberry.field
    def denied(self) -> str:
        """Refuse."""
        raise Denied(CANARY)

    @strawberry.field
    def maybe_denied(self) -> str | None:
        """Refuse, where the rest may still be answered."""
        raise Denied(CANARY)

    @strawberry.field
    def down(self) -> str:
        """Find the database gone."""
        raise Unreachable(CANARY)

    @strawberry.field
    async def slow(self) -> str:
        """Never end."""
        await asyncio.sleep(3600)
        return ""

    @strawberry.field
    def busy(self) -> str:
        """Ask to wait."""
        raise Busy


@strawberry.type
class Mutation:
    """What may be done."""

    @strawberry.mutation
    def log_in(self, login: str, password: str) -> str:
        """Take two words."""
        return "token"

    @strawberry.mutation
    def reveal_contact(self, customer: strawberry.ID) -> str:
        """Stand for an act that stands alone."""
        return "revealed"

    @strawberry.mutation
    def check_conflict(self, phone: str) -> str:
        """Stand for an act that stands alone."""
        return "free"


@strawberry.type
class Subscription:
    """What may be followed."""

    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        """Give one event, then fail with a value in the exception's words."""
        yield 1
        raise RuntimeError(CANARY)


@dataclass(frozen=True, slots=True)
class Desk:
    """The context of a request."""

    actor: Actor | None
    now: datetime
    request_id: UUID
    language: str
    address: str | None
    client: str | None


@dataclass(slots=True)
class Office:
    """An office in memory: who holds which token, and what is down."""

    roles: dict[str, Role]
    guard: Guard
    words: tuple[str, ...] = ()
    fault: Exception | None = None
    hangs: bool = False
    asked: list[datetime] = field(default_factory=list)

    async def identify(self, token: str, now: datetime) -> Actor | None:
        """Tell whose token it is."""
        self.asked.append(now)
        if self.hangs:
            await asyncio.sleep(3600)
        if self.fault is not None:
            raise self.fault
        role = self.roles.get(token)
        return role and Actor(ACCOUNT, ACCOUNT, role, None, ACCOUNT)

    def desk(self, actor: Actor | None, **asked: object) -> Desk:
        """Give a desk."""
        return Desk(actor, **asked)  # pyright: ignore[reportArgumentType]

    async def down(self) -> tuple[str, ...]:
        """List what is down."""
        if self.hangs:
            await asyncio.sleep(3600)
        return self.words


@pytest.fixture(scope="session")
def schema() -> BaobeiSchema:
    """A schema with every kind of fault."""
    fussy = scalar(name="Fussy", parse_value=_refuse, serialize=str)
    return BaobeiSchema(
        Query,
        Mutation,
        Subscription,
        codes={
            Denied: ErrorCode.FORBIDDEN,
            Unknown: ErrorCode.UNAUTHENTICATED,
            Unreachable: ErrorCode.UNAVAILABLE,
            Busy: ErrorCode.RATE_LIMITED,
        },
        config=StrawberryConfig(scalar_map={Fussy: fussy}),
    )


@pytest.fixture(scope="session")
def plain_schema() -> strawberry.Schema:
    """The same words by strawberry as it comes, for controls."""
    fussy = scalar(name="Fussy", parse_value=_refuse, serialize=str)
    return strawberry.Schema(Query, Mutation, Subscription, config=StrawberryConfig(scalar_map={Fussy: fussy}))


@pytest.fixture(scope="session")
def guard() -> Guard:
    """The policy in force."""
    return guard_in_force()


@pytest.fixture
def office(guard: Guard) -> Office:
    """An office with a token for each of two roles."""
    return Office({"sales-token": Role.SALESPERSON, "developer-token": Role.DEVELOPER}, guard)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a server that is no demo."""
    return Settings(home=tmp_path, allowed_origins=frozenset({"https://crm.example.com"}))


@pytest.fixture
def app(schema: BaobeiSchema, office: Office, settings: Settings) -> Starlette:
    """The application."""

    @asynccontextmanager
    async def open_office(_settings: Settings) -> AsyncIterator[Office]:
        yield office

    return build_app(settings, schema=schema, open_office=open_office, clock=lambda: NOW)


class Client:
    """A client of a started application, in its process; every call waits for its answer."""

    def __init__(self, app: Starlette, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=("203.0.113.9", 4711)), base_url="http://baobei.test"
        )

    def request(self, method: str, path: str = "/graphql", **sent: Any) -> httpx.Response:
        """Send one request."""
        return self._runner.run(self._http.request(method, path, **sent))

    def post(self, body: bytes | str, **headers: str) -> httpx.Response:
        """Send a body to the endpoint; underscores in header names stand for dashes, an empty value for no header."""
        sent = {"content-type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
        return self.request("POST", content=body, headers={name: text for name, text in sent.items() if text})

    def ask(self, query: object, variables: object = None, **headers: str) -> httpx.Response:
        """Ask in GraphQL, for GraphQL's own media type unless another is accepted."""
        headers = {"accept": "application/graphql-response+json"} | headers
        return self.post(json.dumps({"query": query, "variables": variables}), **headers)


@pytest.fixture
def client(app: Starlette) -> Iterator[Client]:
    """A client of the application, which has started."""
    with asyncio.Runner() as runner:
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        yield Client(app, runner)
        runner.run(lifespan.__aexit__(None, None, None))


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Whatever the process logs, as the server writes it; what was before is put back."""
    root = logging.getLogger()
    before = (root.handlers, root.level, sys.excepthook, sys.unraisablehook, threading.excepthook)
    stream = io.StringIO()
    journal.install(stream)
    yield stream
    root.handlers, level, sys.excepthook, sys.unraisablehook, threading.excepthook = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
