"""A custodian's week: keys rotated while people work, killed twice, retired, destroyed by two, and the machine lost."""

# A test's loop has nothing else to do while it waits for processes.
# ruff: noqa: ASYNC110

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from authz.actor import Role
from crypto.sealed import Confidential
from records import accounts
from records.office import open_office
from tests.journeys.test_kills import PROJECT, Desks, Place, _ended, _environment, _listening, _signed_in

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio
PASSWORD = "correct horse battery"
PASSPHRASE = "another horse battery"
FILED_BEFORE = 120
BREATH = 0.1
"""Seconds between two filings of one person: two write all the time, and leave the processor to the custodian."""
DRAW = random.Random()  # noqa: S311 (instants, no secrets)


async def _custodians(place: Place) -> None:
    """Open accounts for two custodians."""
    now = datetime.now(UTC)
    async with open_office(place.home, place.url, clock=lambda: now, entropy=os.urandom) as office:
        for login, number in (("feng", "K001"), ("chen", "K002")):
            person = await office.engage(number, login, Role.KEY_CUSTODIAN, None, now=now)
            await accounts.open_account(person, login, Confidential(PASSWORD), now=now, entropy=os.urandom)


def _start(place: Place, *words: str, typed: tuple[str, ...]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "keys", *words],
        cwd=PROJECT,
        env=_environment(place.home, place.url) | {"COLUMNS": "200"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write("".join(f"{line}\n" for line in typed).encode())
    process.stdin.close()
    process.stdin = None
    return process


async def _run(place: Place, *words: str, typed: tuple[str, ...] = (PASSWORD,), code: int = 0) -> str:
    """Run a command of the desk to its end."""
    ended, out, err = await asyncio.to_thread(_ended, _start(place, *words, typed=typed))
    assert ended == code, (out + err).decode()
    return (out + err).decode()


async def _killed_amid(place: Place, *words: str, typed: tuple[str, ...], moved: str) -> None:
    """Kill a rotation when it has moved some rows and not all (`moved` counts those that it has)."""
    process = _start(place, *words, typed=typed)
    async with place.connected() as connection:
        enough = await connection.fetchval(moved) + DRAW.randrange(1, 100)
        while process.poll() is None and await connection.fetchval(moved) < enough:
            await asyncio.sleep(0.005)
    process.kill()
    assert (await asyncio.to_thread(_ended, process))[0] == -signal.SIGKILL


def _copied(folder: Path, into: Path) -> None:
    """Copy a server's folder with owners and modes, as `docs/operations.md` says."""
    subprocess.run(["cp", "-a", folder, into], check=True)


async def _value(place: Place, statement: str) -> int:
    async with place.connected() as connection:
        return await connection.fetchval(statement)


UNDER = (
    "SELECT count(*) FROM subject_key WHERE dek_id = "
    "(SELECT id FROM key_version WHERE purpose = 'data' AND version = {})"
)
"""Customers' keys that a version of the data key wraps."""
LAST = "SELECT id FROM subject_key ORDER BY id DESC LIMIT 1 FOR UPDATE"
RESEALED = "SELECT count(*) FROM sealed_value WHERE get_byte(sealed, 3) = 2"


async def test_keys_are_rotated_killed_retired_destroyed_and_restored_while_people_file(tmp_path: Path) -> None:
    """`docs/operations.md`, The custodian: each of its steps, on a machine that is lost at the end.

    Whatever was answered to the people who filed meanwhile is there at the end, once, and opens.
    """
    place = Place(tmp_path / "家 home", None)
    desks = Desks(await _signed_in(place))
    await _custodians(place)
    server = place.start("serve")
    url, _ = _listening(server)
    filing = [asyncio.create_task(desks.file_until_it_breaks(url, breath=BREATH)) for _ in range(2)]
    while len(desks.answered) < FILED_BEFORE:
        await asyncio.sleep(0.05)

    # Routine: rotated, killed amid it; too early to retire the old key; resumed, retired, destroyed by two.
    async with place.connected() as connection, connection.transaction():
        # Somebody is at work on the last customer: however quick the server is, that one's key is still to move.
        assert await connection.fetchval(LAST)
        await _killed_amid(place, "rotate", "data", "--login", "feng", typed=(PASSWORD,), moved=UNDER.format(2))
        early = await _run(place, "disable", "data/1", "--login", "feng", code=1)
    assert "subject_key" in early
    assert "still need this key" in early
    await _run(place, "resume", typed=())
    assert await _value(place, UNDER.format(1)) == 0
    await _run(place, "disable", "data/1", "--login", "feng")
    asked = await _run(place, "destroy", "data/1", "--login", "feng")
    act = next(word for word in asked.split() if word.startswith("kac_"))
    assert "Another person" in await _run(place, "approve", act, "--login", "feng", code=1)
    await _run(place, "approve", act, "--login", "chen")

    # Somebody may know the new key: out of use at once, killed amid it, resumed.
    await _killed_amid(place, "compromise", "data", "--login", "chen", typed=(PASSWORD,), moved=RESEALED)
    await _run(place, "resume", "--full-speed", typed=())
    assert await _value(place, UNDER.format(2)) == 0
    assert "销毁 destroyed (K001, K002 " in await _run(place, "report", typed=())

    # The last copy leaves the house, and then the machine is lost: its database and its copy are what is left.
    copy, saved = tmp_path / "recovery copy.json", tmp_path / "saved"
    await _run(place, "export-recovery", str(copy), "--login", "chen", typed=(PASSWORD, PASSPHRASE))
    server.terminate()
    assert (await asyncio.to_thread(_ended, server))[0] == 0
    await asyncio.gather(*filing)
    saved.mkdir()
    _copied(place.home / "postgres", saved)
    shutil.rmtree(place.home)

    found = Place(tmp_path / "新 home", None)
    found.home.mkdir(mode=0o700)
    _copied(saved / "postgres", found.home)
    assert "missing" in await _run(found, "verify", typed=(), code=1)
    assert "passphrase is wrong" in await _run(found, "restore-recovery", str(copy), typed=("wrong",), code=1)
    await _run(found, "restore-recovery", str(copy), typed=(PASSPHRASE,))
    assert "项可以打开" in await _run(found, "verify", typed=())
    async with found.connected() as connection:
        kept = await connection.fetch("SELECT id FROM filing")
        assert set(desks.answered.values()) <= {f"clm_{row['id'].hex}" for row in kept}
        assert len(kept) == await connection.fetchval("SELECT count(*) FROM customer")
    assert await found.differences() == []
