"""Killed at any instant and started again, an import ends as if never killed; a server has lost nothing it answered.

`scripts/soak` kills oftener, in a home of its own with its own database, which it kills too.
"""

# A test's loop has nothing else to do while it waits for processes.
# ruff: noqa: ASYNC110

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import asyncpg
import httpx
import pytest

from authz.actor import Role
from records import people
from records.connection import credentials_of
from records.database import open_database, socket_url
from records.office import open_office
from records.server import SUPERUSER, ServerFolder
from records.tables import Account, Session
from records.verification import verify
from tests.company import FILE
from tests.records.canaries import Canaries
from tests.records.registers import DATA, TABLES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from records.database import Database
    from records.server import Reached

pytestmark = pytest.mark.anyio
PROJECT = Path(__file__).parents[2]
KILLS = int(os.environ.get("SOAK_KILLS", "0"))
"""How often to kill: by default as often as a test run has time for."""
SAMPLE = (str(DATA / "register.csv"), "--staff", str(DATA / "register.staff.csv"))
DRAW = random.Random()  # noqa: S311 (instants, no secrets)


def _environment(home: Path, url: str | None) -> dict[str, str]:
    ours = {name: text for name, text in os.environ.items() if not name.startswith("BAOBEI_")}
    return ours | {"BAOBEI_HOME": str(home), "BAOBEI_PORT": "0"} | ({} if url is None else {"BAOBEI_DATABASE_URL": url})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a book is kept: a home, and a given database or the home's own."""

    home: Path
    url: str | None

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start the operator's command."""
        return subprocess.Popen(
            [sys.executable, "-m", "api", *words],
            cwd=PROJECT,
            env=_environment(self.home, self.url),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncpg.Connection]:
        """Reach the database."""
        async with open_database(self.home, self.url) as database:
            connection = await asyncpg.connect(**credentials_of(database.application_url))
            try:
                yield connection
            finally:
                await connection.close()

    async def differences(self) -> list[object]:
        """Verify the book."""
        async with open_office(self.home, self.url, clock=lambda: datetime.now(UTC), entropy=os.urandom) as office:
            return list((await verify(office.rulebook))[1])


@pytest.fixture(params=["given", pytest.param("own", marks=pytest.mark.skipif(not KILLS, reason="scripts/soak"))])
def place(request: pytest.FixtureRequest, server: Reached, fresh_database: Database, tmp_path: Path) -> Place:
    """An empty database that is given, and in a soak also an empty home with its own."""
    url = socket_url(server, SUPERUSER, credentials_of(fresh_database.application_url)["database"])
    return Place(tmp_path / "家 home", url if request.param == "given" else None)


def _ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


async def _until_rows(place: Place, process: subprocess.Popen[bytes], number: int) -> None:
    """Wait until an import has so many rows in the book, or has ended."""
    async with place.connected() as connection:
        while process.poll() is None:
            with suppress(asyncpg.UndefinedTableError):
                if await connection.fetchval("SELECT count(*) FROM register_row") >= number:
                    return
            await asyncio.sleep(0.01)


async def _has_ended(place: Place) -> bool:
    """Tell whether an import has ended, and was killed only then."""
    async with place.connected() as connection:
        with suppress(asyncpg.UndefinedTableError):
            return await connection.fetchval("SELECT count(*) FROM register_import WHERE finished_at IS NOT NULL") > 0
    return False


async def _counted(place: Place) -> dict[str, int]:
    async with place.connected() as connection:
        return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


def _rejects(home: Path) -> list[bytes]:
    assert not list(home.glob("*.part"))
    return [file.read_bytes() for file in sorted(home.glob("*rejects*"))]


async def test_an_import_killed_at_random_instants_ends_as_if_it_had_not_been(
    place: Place, given_url: str, tmp_path: Path
) -> None:
    """From an empty database on. The same counts in every table, the same report, the same rejects."""
    never = Place(tmp_path / "never killed", given_url)
    started = time.monotonic()
    code, out, err = _ended(never.start("import", *SAMPLE, "--json"))
    lasted = time.monotonic() - started
    assert (code, err) == (0, b"")
    report = json.loads(out)
    assert (report["accepted"], report["rejected"]) == (1886, 114)

    killed = 0
    for number in range(KILLS or 3):
        process = place.start("import", *SAMPLE, "--json")
        if number % 3:
            # Amid the rows, however fast the machine is: when so many are in the book.
            await _until_rows(place, process, DRAW.randrange(report["accepted"]))
        else:
            with suppress(subprocess.TimeoutExpired):
                process.wait(DRAW.uniform(0, lasted))
        process.kill()
        killed += _ended(process)[0] == -signal.SIGKILL
    assert killed

    has_ended = await _has_ended(place)
    code, out, err = _ended(place.start("import", *SAMPLE, "--json"))
    assert (code, err) == (0, b"")
    again = json.loads(out)
    assert again["accepted"] + again["repeated"] == report["accepted"]
    after = await _counted(place)
    if not has_ended:
        assert again == report
        assert after == await _counted(never)
        assert _rejects(place.home) == _rejects(never.home)
    for table in ("filing", "fact", "register_row", "holding", "claim_state", "sealed_value"):
        assert after[table] == (await _counted(never))[table], table
    assert await place.differences() == []


@dataclass(slots=True)
class Desks:
    """People at their desks: what they sent under which key, and what of it they were answered."""

    token: str
    sent: dict[str, str] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(15_000_000_000, 15_001_000_000)))

    async def file_until_it_breaks(self, url: str, *, breath: float = 0) -> None:
        """File one customer after the other, with so many seconds between, until nobody answers any more."""
        async with httpx.AsyncClient(timeout=30) as http:
            with suppress(httpx.HTTPError):
                while True:
                    key, phone = str(uuid4()), str(next(self._numbers))
                    self.sent[key] = phone
                    await self.file(http, url, key)
                    await asyncio.sleep(breath)

    async def file(self, http: httpx.AsyncClient, url: str, key: str) -> None:
        """File, or file again, under a key."""
        given = {"idempotencyKey": key, "name": "张三", "phones": [self.sent[key]]}
        body = {"query": FILE, "variables": {"input": given}}
        answer = (await http.post(url, json=body, headers={"authorization": f"Bearer {self.token}"})).json()
        if "errors" not in answer:
            self.answered[key] = answer["data"]["fileClaim"]["claim"]["id"]


def _listening(process: subprocess.Popen[bytes]) -> tuple[str, bytes]:
    """Wait until a server says where it answers; give also what it said before."""
    assert process.stderr is not None
    # Nobody reads on while filings are posted: a full pipe would hold up the server that writes to it.
    fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 1 << 20)
    said = b""
    for line in process.stderr:
        said += line
        if b'"serving"' in line:
            return json.loads(line)["url"], said
    raise AssertionError(said.decode())


async def _signed_in(place: Place) -> str:
    """Hire somebody who may file, and sign them in."""
    now = datetime.now(UTC)
    async with open_office(place.home, place.url, clock=lambda: now, entropy=os.urandom) as office:
        teams = await people.teams_named(["红队"], entropy=office.entropy)
        person = await people.add_person(
            "S001", "龙敏", Role.SALESPERSON, teams["红队"], from_at=now, now=now, entropy=office.entropy
        )
        account = await Account.create(id=uuid4(), staff_id=person, login="long", password_hash="-", created_at=now)
        token = hashlib.sha256(b"bb_long").digest()
        until = now + timedelta(hours=12)
        await Session.create(id=uuid4(), account_id=account.id, token_hash=token, created_at=now, expires_at=until)
    return "bb_long"


async def test_a_server_killed_at_random_instants_has_kept_whatever_it_answered(place: Place) -> None:
    """And half of nothing: a filing is there with all that belongs to it, once a key, or it is not there at all."""
    desks = Desks(await _signed_in(place))
    said = b""
    for number in range(KILLS or 2):
        process = place.start("serve")
        url, begun = _listening(process)
        said += begun
        filing = [asyncio.create_task(desks.file_until_it_breaks(url)) for _ in range(4)]
        enough, deadline = len(desks.answered) + DRAW.randrange(1, 40), time.monotonic() + 60
        while len(desks.answered) < enough and time.monotonic() < deadline:
            await asyncio.sleep(DRAW.uniform(0, 0.02))
        if place.url is None and number % 2:
            # The database, not the server: it comes back by itself, and forgets nothing that was answered.
            postmaster = int((ServerFolder(place.home / "postgres").data / "postmaster.pid").read_text().split()[0])
            os.kill(postmaster, signal.SIGKILL)
            await asyncio.sleep(0.5)
        process.kill()
        await asyncio.gather(*filing)
        said += _ended(process)[2]
    assert desks.answered

    process = place.start("serve")
    url, begun = _listening(process)
    async with httpx.AsyncClient(timeout=30) as http:
        for key in desks.sent:
            known = desks.answered.get(key)
            await desks.file(http, url, key)
            assert known in {None, desks.answered[key]}
    process.terminate()
    code, _, rest = _ended(process)
    assert code == 0
    assert Canaries.of(desks.sent.values(), ["张三"], in_a_row=9).found_in_lines((said + begun + rest).decode()) == []

    async with place.connected() as connection:
        whole = await connection.fetch(WHOLE)
        assert {f"clm_{row['id'].hex}" for row in whole} == set(desks.answered.values())
        assert len(whole) == len(desks.sent)
        assert {tuple(row.values())[1:] for row in whole} == {(1, 2, 1, 1, 3)}
        entries = await connection.fetchval("SELECT count(*) FROM access_log WHERE tag = 'claim:file'")
        assert entries == len(whole)
        assert await connection.fetchval("SELECT count(*) FROM customer") == len(whole)
    assert await place.differences() == []


WHOLE = """
SELECT f.id,
    (SELECT count(*) FROM fact a WHERE a.filing_id = f.id) AS facts,
    (SELECT count(*) FROM sealed_value v WHERE v.filing_id = f.id) AS sealed,
    (SELECT count(*) FROM claim_state s WHERE s.filing_id = f.id) AS states,
    (SELECT count(*) FROM replay r WHERE r.made = f.id) AS keys,
    (SELECT count(*) FROM blind_index b WHERE b.filing_id = f.id) AS tokens
FROM filing f
"""
"""Every filing with what belongs to it."""
