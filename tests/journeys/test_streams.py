"""What goes on for a while is followed over a real socket: keys that move, a rehearsal; it ends when it should."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type

from api import streams
from api.serving import Server, configured, listen
from api.settings import Settings
from schema import SCHEMA
from tests.conftest import open_company
from tests.journeys.test_editions import drafted
from tests.journeys.test_keys_on_the_wire import ROTATE
from tests.journeys.test_what_if import LAPSES, counted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from records.server import Reached
    from tests.company import Company

KEYS = """subscription { keyRotationProgressed { done left rowsPerSecond secondsLeft
  needs { key table column rows } } }"""
REHEARSAL = """subscription ($input: RehearsalInput!) { rehearsalProgressed(input: $input) {
  progress { customers done after holders deals yuan }
  refusal { code ... on InvalidInput { problems { path code } } } } }"""
STEP = """mutation ($input: RehearseEditionInput!) { rehearseEdition(input: $input) {
  rehearsal { done changes { customer { id } } } } }"""


@pytest.fixture
def company(server: Reached, tmp_path: Path) -> Iterator[Company]:
    """A company whose server moves rows."""
    with open_company(server, tmp_path, moves_rows=True) as opened:
        yield opened


@asynccontextmanager
async def serving(company: Company) -> AsyncIterator[tuple[httpx.AsyncClient, Server]]:
    """The company's application behind a real socket."""
    settings = Settings(port=0)
    with closing(listen(settings)) as listener:
        config = configured(company.app, settings)
        config.lifespan = "off"  # the company's office is open
        server = Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        host, port = listener.getsockname()[:2]
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=20) as http:
            yield http, server
        server.should_exit = True
        await task


def asking(company: Company, http: httpx.AsyncClient, who: str | None, document: str, **variables: Any) -> Any:
    """Ask for a stream."""
    sent = {"accept": streams.EVENT_STREAM, "accept-language": "en"}
    sent |= {"authorization": f"Bearer {company.tokens[who]}"} if who else {}
    return http.stream("POST", "/graphql", json={"query": document, "variables": variables}, headers=sent)


async def events(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """Each event with its data."""
    name = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data:"):
            data = line.removeprefix("data:").strip()
            yield name, json.loads(data) if data else None


async def all_of(company: Company, http: httpx.AsyncClient, who: str | None, document: str, **variables: Any) -> Any:
    """All events of a stream that ends by itself."""
    async with asking(company, http, who, document, **variables) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        return [event async for event in events(answer)]


def test_a_custodian_follows_a_rotation_to_its_end(company: Company) -> None:
    """Rows done, rate, time left, and what is still under the old key, by table and column."""
    for number in range(30):
        company.filed("seller", f"客户{number}", f"138000010{number:02}")

    async def follow() -> None:
        async with serving(company) as (http, _):
            (first, last) = await all_of(company, http, "custodian", KEYS)
            assert first[1]["data"]["keyRotationProgressed"]["left"] == 0
            assert last == ("complete", None)
            given = {"idempotencyKey": "7c1f0a5c-8f0e-4b52-9d3c-0d6f4f9b7f10", "subject": "data"}
            rotated = await company.asking("custodian", ROTATE, input=given)
            assert rotated.data["rotateKeys"]["refusal"] is None
            told = await all_of(company, http, "custodian", KEYS)
            assert told[-1] == ("complete", None)
            progress = [data["data"]["keyRotationProgressed"] for _, data in told[:-1]]
            assert progress[-1]["left"] == 0
            assert progress[-1]["secondsLeft"] == 0
            assert progress[-1]["needs"] == []
            for one in progress[:-1]:
                assert sum(need["rows"] for need in one["needs"]) == one["left"]
                assert {(need["key"], need["table"]) for need in one["needs"]} == {("data/1", "subject_key")}

    company.run(follow)
    read = company.sql("SELECT count(*) AS n FROM access_log WHERE tag = 'key:list'")
    assert read[0]["n"] == 2


def test_who_may_not_is_told_so_in_the_stream_or_before_it(company: Company) -> None:
    """The same guard, the same errors, none of what was sent."""

    async def follow() -> None:
        async with serving(company) as (http, _):
            for who in ("seller", "supervisor", "leader", "auditor", "administrator"):
                (told, end) = await all_of(company, http, who, KEYS)
                assert (told[1]["data"], end) == (None, ("complete", None))
                (error,) = told[1]["errors"]
                assert error["extensions"]["code"] == "FORBIDDEN"
                assert error["extensions"].keys() == {"code", "requestId"}
            given = {"draft": "x", "from": "2026-11-01", "to": "2026-11-02"}
            told = await all_of(company, http, "custodian", REHEARSAL, input=given)
            assert told[0][1]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
            told = await all_of(company, http, "leader", REHEARSAL, input={"draft": "13812345678", "to": 13812345678})
            assert told[0][1]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
            assert "1381234" not in json.dumps(told)
            told = await all_of(company, http, "leader", REHEARSAL, input=given)
            assert told[0][1]["data"]["rehearsalProgressed"]["refusal"]["code"] == "NOT_FOUND"
            told = await all_of(company, http, "leader", REHEARSAL, input=given | {"first": 0, "to": "tomorrow"})
            assert told[0][1]["data"]["rehearsalProgressed"]["refusal"]["problems"] == [
                {"path": ["to"], "code": "MALFORMED"}
            ]
            async with asking(company, http, None, KEYS) as answer:
                assert answer.status_code == 401
            headers = {"authorization": f"Bearer {company.tokens['custodian']}"}
            for accept in ("application/json", "*/*", "text/html"):
                answer = await http.post("/graphql", json={"query": KEYS}, headers=headers | {"accept": accept})
                assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT", accept
            both = headers | {"accept": "application/json, text/event-stream"}
            answer = await http.post("/graphql", json={"query": "{ __typename }"}, headers=both)
            assert answer.headers["content-type"].startswith("application/json")
            assert "errors" not in answer.json()

    company.run(follow)


def test_a_rehearsal_is_followed_and_closing_it_cancels_it(company: Company) -> None:
    """Step by step, nothing written; `after` shows a step's changes by one's own rights."""
    for number in range(6):
        company.filed("seller", f"客户{number}", f"1380000200{number}")
    company.advance(days=5)
    for number in range(6):
        company.file("rival", f"客户{number}", f"1380000200{number}")
    draft = drafted(company, LAPSES)
    given = {"draft": draft["id"], "from": "2026-11-01", "to": company.clock[0].date().isoformat()}
    before = counted(company)

    async def follow() -> None:
        async with serving(company) as (http, _):
            told = await all_of(company, http, "leader", REHEARSAL, input=given | {"first": 2})
            steps = [data["data"]["rehearsalProgressed"]["progress"] for _, data in told[:-1]]
            assert [(step["customers"], step["done"], step["holders"]) for step in steps] == [
                (6, 2, 2), (6, 4, 4), (6, 6, 6)
            ]  # fmt: skip
            assert steps[0]["after"] is None
            again = await company.asking("leader", STEP, input=given | {"first": 2, "after": steps[1]["after"]})
            assert again.data["rehearseEdition"]["rehearsal"]["done"] == 4
            assert len(again.data["rehearseEdition"]["rehearsal"]["changes"]) == 2
            async with asking(company, http, "leader", REHEARSAL, input=given | {"first": 1}) as answer:
                async for _event in events(answer):
                    break
            await until_none_is_open(company)

    company.run(follow)
    assert counted(company) == before


async def until_none_is_open(company: Company, seconds: float = 5) -> None:
    """Wait until the server has let go of every stream."""
    for _ in range(round(seconds / 0.02)):
        if not company.app.state.streams._open:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(company.app.state.streams._open)


@asynccontextmanager
async def endless(company: Company, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """A rotation of which something is always left."""
    monkeypatch.setattr("records.key_progress.work_left", _always_something)
    yield


async def _always_something(_fetch: Any, _keys: Any) -> list[Any]:
    from records.key_needs import Need  # noqa: PLC0415 (beside its one use)

    return [Need(1, "subject_key", "wrapped", 7)]


@pytest.mark.parametrize(
    "revoked",
    [
        "DELETE FROM session WHERE account_id = (SELECT id FROM account WHERE login = 'custodian')",
        "UPDATE account SET locked_at = now() WHERE login = 'custodian'",
        "UPDATE staff SET role = 'salesperson' WHERE id = (SELECT staff_id FROM account WHERE login = 'custodian')",
    ],
)
def test_a_stream_ends_within_a_second_of_a_revocation(
    company: Company, monkeypatch: pytest.MonkeyPatch, revoked: str
) -> None:
    """leaks.md 50: session over, account locked, role lost."""

    async def follow() -> None:
        async with serving(company) as (http, _), endless(company, monkeypatch):
            async with asking(company, http, "custodian", KEYS) as answer:
                heard = events(answer)
                name, data = await anext(heard)
                assert (name, data["data"]["keyRotationProgressed"]["left"]) == ("next", 7)
                await asyncio.to_thread(sql, company, revoked)
                began = time.monotonic()
                rest = [event async for event in heard]
                assert time.monotonic() - began < 1.5
                assert rest[0][1]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
                assert rest[-1] == ("complete", None)
            await until_none_is_open(company)

    company.run(follow)


def sql(company: Company, statement: str) -> None:
    """Change the database from elsewhere."""
    import asyncpg  # noqa: PLC0415 (beside its one use)

    from records.connection import credentials_of  # noqa: PLC0415 (as above)

    async def run() -> None:
        connection = await asyncpg.connect(**credentials_of(company.url))
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def test_a_person_has_five_streams_and_a_server_that_stops_ends_them(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """wire.md: 5 streams a person; another person's are their own; a stop waits for none of them."""

    async def follow() -> None:
        async with serving(company) as (http, server), endless(company, monkeypatch):
            opened = [asking(company, http, "custodian", KEYS) for _ in range(streams.MOST_STREAMS)]
            answers = [await one.__aenter__() for one in opened]
            heard = [events(answer) for answer in answers]
            for one in heard:
                await anext(one)
            async with asking(company, http, "custodian", KEYS) as answer:
                assert answer.status_code == 429
                assert json.loads(await answer.aread())["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
            (told, _) = await all_of(company, http, "seller", KEYS)
            assert told[1]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
            # One that its listener closes makes room for another.
            await opened[0].__aexit__(None, None, None)
            for _ in range(250):
                if company.app.state.streams._open.total() < streams.MOST_STREAMS:
                    break
                await asyncio.sleep(0.02)
            async with asking(company, http, "custodian", KEYS) as answer:
                assert answer.status_code == 200
                await anext(events(answer))
                began = time.monotonic()
                server.should_exit = True
                for one in heard[1:]:
                    assert [event async for event in one] == [("complete", None)]
                assert time.monotonic() - began < 2
            for one in opened[1:]:
                await one.__aexit__(None, None, None)

    company.run(follow)


def test_one_in_which_nothing_happens_is_kept_open_for_a_while_and_ends(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comment now and then; then its end."""
    monkeypatch.setattr(streams, "HEARTBEAT", 0.6)
    monkeypatch.setattr(streams, "IDLE", 2.5)

    async def follow() -> None:
        async with serving(company) as (http, _), endless(company, monkeypatch):
            async with asking(company, http, "custodian", KEYS) as answer:
                lines = [line async for line in answer.aiter_lines()]
            assert lines.count(":") >= 2
            assert lines[-3:] == ["event: complete", "data:", ""]
            assert sum(line == "event: next" for line in lines) == 1

    company.run(follow)


def test_a_stream_whose_database_goes_says_so(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is raised between two events is the last one, by its code alone."""

    async def gone(_fetch: Any, _keys: Any) -> list[Any]:
        raise ConnectionRefusedError("13812345678")

    monkeypatch.setattr("records.key_progress.work_left", gone)

    async def follow() -> None:
        async with serving(company) as (http, _):
            told = await all_of(company, http, "custodian", KEYS)
            assert [error["extensions"]["code"] for error in told[0][1]["errors"]] == ["UNAVAILABLE"]
            assert "1381234" not in json.dumps(told)

    company.run(follow)


def test_what_is_told_in_a_stream_are_numbers_names_and_ids() -> None:
    """leaks.md 51: no object of the book, whose fields a cache would keep, hangs under a subscription."""
    waiting, found = [SCHEMA.graphql.subscription_type], set()
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, GraphQLObjectType) and kind.name not in found:
            found.add(kind.name)
            waiting += [get_named_type(field.type) for field in kind.fields.values()]
    assert found == {
        "Subscription", "KeyRotationProgress", "KeyNeedLeft", "RehearsalTold", "RehearsalProgress",
    }  # fmt: skip
