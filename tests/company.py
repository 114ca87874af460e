"""A company to tell stories about: two teams and every role, under a settable clock.

Asked over HTTP within the process, or `served`: by the server that people use, on a port of this machine.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import uvloop

from api.app import build_app
from api.serving import Server, configured, listen
from api.settings import Settings
from authz.actor import Role
from records import people
from records.connection import credentials_of
from records.entry_rules import FilingChannel, channels_open
from records.office import open_office
from records.references import Kind, reference
from records.tables import Account, Session, Undertaking
from records.undertaking_text import is_required, text_in_force
from schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path

    from starlette.applications import Starlette

    from records.office import Office

MORNING = datetime(2026, 11, 24, 1, tzinfo=UTC)
"""09:00 in Shanghai."""
RED, BLUE = "红队", "蓝队"
STAFF = {
    "seller": (Role.SALESPERSON, RED),
    "colleague": (Role.SALESPERSON, RED),
    "rival": (Role.SALESPERSON, BLUE),
    "supervisor": (Role.SUPERVISOR, RED),
    "rival_supervisor": (Role.SUPERVISOR, BLUE),
    "archivist": (Role.ARCHIVIST, None),
    "reception": (Role.RECEPTION, None),
    "service": (Role.CUSTOMER_SERVICE, RED),
    "store": (Role.STORE_STAFF, RED),
    "designer": (Role.DESIGNER, None),
    "leader": (Role.COMPANY_LEADER, None),
    "project_leader": (Role.PROJECT_LEADER, RED),
    "auditor": (Role.AUDITOR, None),
    "custodian": (Role.KEY_CUSTODIAN, None),
    "administrator": (Role.SYSTEM_ADMINISTRATOR, None),
    "developer": (Role.DEVELOPER, None),
}
FILE = """mutation ($input: FileClaimInput!) { fileClaim(input: $input) {
  claim { id version state missing customer { id version } } replayed
  refusal { __typename code message clauses { id } path ... on InvalidInput { problems { path code message } } } } }"""
REVEAL = """mutation ($input: RevealContactInput!) { revealContact(input: $input) {
  contact { name phones extensions wechat email address building expiresAt }
  accessEntry { id tag allowed fields purpose note actor { number } customer { id } }
  refusal { code path ... on InvalidInput { problems { path code } } } } }"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    raw: bytes

    @property
    def data(self) -> dict[str, Any]:
        """What was answered, without an error."""
        assert "errors" not in self.body, self.body
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        """The codes of the errors."""
        return [error["extensions"]["code"] for error in self.body.get("errors", ())]


@dataclass(slots=True)
class Company:
    """The company at work; `people` gives each person's reference, `tokens` their sessions."""

    office: Office
    url: str
    http: httpx.AsyncClient
    runner: asyncio.Runner
    app: Starlette
    clock: list[datetime]
    ids: dict[str, UUID] = field(default_factory=dict)
    teams: dict[str, UUID] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def staff(self, who: str) -> str:
        """The reference of a person."""
        return reference(Kind.STAFF, self.ids[who])

    def team(self, name: str) -> str:
        """The reference of a team."""
        return reference(Kind.TEAM, self.teams[name])

    def advance(self, **by: int) -> None:
        """Let time pass."""
        self.clock[0] += timedelta(**by)

    def ask(self, who: str | None, document: str, *, headers: dict[str, str] | None = None, **variables: Any) -> Answer:
        """Ask as somebody."""
        return self.runner.run(self.asking(who, document, headers=headers, **variables))

    async def asking(
        self, who: str | None, document: str, *, headers: dict[str, str] | None = None, **variables: Any
    ) -> Answer:
        """Ask as somebody, from within the loop."""
        sent = {"accept-language": "en"} | ({"authorization": f"Bearer {self.tokens[who]}"} if who else {})
        body = {"query": document, "variables": variables}
        answer = await self.http.post("/graphql", json=body, headers=sent | (headers or {}))
        return Answer(answer.status_code, dict(answer.headers), answer.json(), answer.content)

    def do(self, who: str, document: str, /, **given: Any) -> dict[str, Any]:
        """Do an act as somebody and give its payload; the idempotency key is drawn unless it is given."""
        keyed = "idempotencyKey" not in given and not any(word in document for word in _KEYLESS)
        given = ({"idempotencyKey": str(uuid4())} if keyed else {}) | given
        (payload,) = self.ask(who, document, input=given).data.values()
        return payload

    def file(self, who: str, name: str, *phones: str, visited: bool = True, **more: Any) -> dict[str, Any]:
        """File a customer who was brought in just now; to a store by message, as H2 has it."""
        at = self.clock[0].isoformat()
        on_site = FilingChannel.ON_SITE in channels_open(self.office.rulebook, Role.SALESPERSON)
        by_message = {} if on_site else {"channel": "MESSAGE"}
        more = by_message | ({"visitedAt": at} if visited else {}) | more
        return self.do(who, FILE, name=name, phones=list(phones), **more)

    def filed(self, who: str, name: str, *phones: str, **more: Any) -> str:
        """File a customer and give their reference."""
        return self.file(who, name, *phones, **more)["claim"]["customer"]["id"]

    def reveal(self, who: str, customer: str, *fields: str, **more: Any) -> dict[str, Any]:
        """Reveal contact fields."""
        given = {"customer": customer, "fields": list(fields or ("NAME", "PHONES")), "purpose": "FOLLOW_UP"} | more
        return self.do(who, REVEAL, **given)

    def sql(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Ask the database itself."""

        async def run() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(**credentials_of(self.url))
            try:
                return [dict(row) for row in await connection.fetch(statement, *values)]
            finally:
                await connection.close()

        return self.runner.run(run())

    def run(self, work: Callable[[], Awaitable[Any]]) -> Any:
        """Run something in the company's loop."""

        async def wrapped() -> Any:
            return await work()

        return self.runner.run(wrapped())


_KEYLESS = (
    "approveKeyAct",
    "cancelKeyAct",
    "readNotices",
    "revealContact",
    "checkConflict",
    "findCustomers",
    "changePassword",
    "logIn",
    "logOut",
)


async def hire(
    company: Company, who: str, number: str, role: Role, team: str | None, entropy: Any, *, has_signed: bool = True
) -> None:
    """Add a person with an account and a session of their own; one who has signed what the rulebook has them sign."""
    person = await people.add_person(
        number, f"员工{who}", role, company.teams.get(team or ""),
        from_at=MORNING - timedelta(days=400), now=MORNING - timedelta(days=400), entropy=entropy,
    )  # fmt: skip
    company.ids[who], token = person, f"bb_{who}"
    account = await Account.create(
        id=UUID(bytes=entropy(16), version=4), staff_id=person, login=who, password_hash="none", created_at=MORNING
    )
    await Session.create(
        id=UUID(bytes=entropy(16), version=4), account_id=account.id,
        token_hash=hashlib.sha256(token.encode()).digest(),
        created_at=MORNING, expires_at=MORNING + timedelta(days=4000),
    )  # fmt: skip
    company.tokens[who] = token
    if has_signed and is_required(company.office.rulebook):
        await signed(person, entropy)


async def signed(person: UUID, entropy: Callable[[int], bytes]) -> None:
    """Let a person have signed the undertaking of confidentiality on the day they began."""
    text = text_in_force()
    await Undertaking.create(
        id=UUID(bytes=entropy(16), version=4), staff_id=person, version=text.version, digest=text.digest, way="here",
        signed_on=(MORNING - timedelta(days=400)).date(), recorded_by_id=person, recorded_at=MORNING,
    )  # fmt: skip


async def _hire(company: Company, entropy: Callable[[int], bytes]) -> None:
    company.teams = await people.teams_named([RED, BLUE], entropy=entropy)
    for number, (who, (role, team)) in enumerate(STAFF.items(), start=1):
        await hire(company, who, f"S{number:03}", role, team, entropy)


@asynccontextmanager
async def _within(app: Starlette, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Ask the application itself."""
    del settings
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://baobei.test") as http,
    ):
        yield http


@asynccontextmanager
async def _served(app: Starlette, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Ask the server on its port, as `baobei serve` has it."""
    listener = listen(settings)
    server = Server(configured(app, settings))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    await server.startup([listener])
    try:
        host, port = listener.getsockname()
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False) as http:
            yield http
    finally:
        await server.shutdown([listener])


@contextmanager
def at_work(
    url: str, home: Path, *, entropy: Callable[[int], bytes] = os.urandom, rulebook: str = "onsite",
    moves_rows: bool = False, served: bool = False, key_places: tuple[str, ...] = ("file",),
) -> Iterator[Company]:  # fmt: skip
    """Open a company on a migrated database, named by a login that may make roles."""
    clock = [MORNING]

    @asynccontextmanager
    async def open_for(settings: Settings) -> AsyncIterator[Office]:
        async with open_office(
            settings.home, settings.database_url, clock=lambda: clock[0], entropy=entropy, rulebook=rulebook,
            moves_rows=moves_rows, key_places=key_places,
        ) as office:  # fmt: skip
            opened.append(office)
            yield office

    opened: list[Office] = []
    settings = Settings(home=home, database_url=url, port=0)
    app = build_app(settings, schema=SCHEMA, open_office=open_for, clock=lambda: clock[0])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if served else None) as runner:
        opening = _served(app, settings) if served else _within(app, settings)
        http = runner.run(opening.__aenter__())
        try:
            company = Company(opened[0], url, http, runner, app, clock)
            runner.run(_hire(company, entropy))
            yield company
        finally:
            runner.run(opening.__aexit__(None, None, None))
