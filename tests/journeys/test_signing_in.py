"""A salesperson signs in over HTTP, sees who they are, and signs out; nobody else gets in."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx

from api.app import build_app
from api.settings import Settings
from authz.actor import Role
from crypto.sealed import Confidential
from records import accounts, people
from records.office import open_office
from schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from records.office import Office

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
PASSWORD = "correct horse battery"
LOG_IN = "mutation ($input: LogInInput!) { logIn(input: $input) { token expiresAt refusal { code message } } }"
ME = "{ me { staff { number name role team { name } } viewerCan } }"


def test_a_salesperson_signs_in_sees_who_they_are_and_signs_out(given_url: str, tmp_path: Path) -> None:
    """B14; wire.md: 401 for a token that is nobody's, one refusal for every wrong log-in."""

    @asynccontextmanager
    async def open_for(settings: Settings) -> AsyncIterator[Office]:
        async with open_office(settings.home, settings.database_url, clock=lambda: NOW, entropy=os.urandom) as office:
            team = (await people.teams_named(["红队"], entropy=os.urandom))["红队"]
            person = await people.add_person(
                "S001", "龙敏", Role.SALESPERSON, team, from_at=NOW, now=NOW, entropy=os.urandom
            )
            await accounts.open_account(person, "longmin", Confidential(PASSWORD), now=NOW, entropy=os.urandom)
            yield office

    async def journey() -> None:
        settings = Settings(home=tmp_path, database_url=given_url)
        app = build_app(settings, schema=SCHEMA, open_office=open_for, clock=lambda: NOW)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://x") as http,
        ):

            async def ask(query: str, token: str | None = None, **given: Any) -> tuple[int, dict[str, Any]]:
                headers = {"authorization": f"Bearer {token}"} if token else {}
                body = {"query": query, "variables": {"input": given} if given else None}
                answer = await http.post("/graphql", json=body, headers=headers | {"accept-language": "en"})
                return answer.status_code, answer.json()

            _, answer = await ask(LOG_IN, login="longmin", password="wrong horse battery")
            assert answer["data"]["logIn"]["token"] is None
            assert answer["data"]["logIn"]["refusal"]["code"] == "WRONG_CREDENTIALS"
            _, answer = await ask(LOG_IN, login="longmin", password=PASSWORD)
            token = answer["data"]["logIn"]["token"]
            _, answer = await ask(ME, token)
            me = answer["data"]["me"]
            assert me["staff"] == {"number": "S001", "name": "龙敏", "role": "SALESPERSON", "team": {"name": "红队"}}
            assert "REVEAL_CONTACT" in me["viewerCan"]
            assert "VIEW_ACCESS_LOG" not in me["viewerCan"]
            _, answer = await ask(ME)
            assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            _, answer = await ask('mutation { logIn(input: {login: "longmin", password: "x"}) { token } }')
            assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
            assert (await http.get("/health/ready")).text == "ready"
            _, answer = await ask("mutation { logOut { ended } }", token)
            assert answer["data"]["logOut"]["ended"] is True
            status, answer = await ask(ME, token)
            assert (status, answer["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")

    asyncio.run(journey())
