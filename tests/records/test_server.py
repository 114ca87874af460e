"""The embedded server starts for its first user, is shared, and ends with its last, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from records.server import SETTINGS, ServerError, running_server

PROJECT = Path(__file__).parents[2]
USER = """
import sys, time
from pathlib import Path
from records.server import running_server
with running_server(Path(sys.argv[1]), durable=False):
    print("up", flush=True)
    time.sleep(60)
"""


def _processes(home: Path) -> list[int]:
    """The keeper of a home, and its server by the folder handed to it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                folders = [str(link.readlink()) for link in (entry / "fd").iterdir()] if b"-D" in words else []
            except OSError:
                continue
            keeper = b"records.server" in words and str(home).encode() in b" ".join(words)
            if keeper or str(home / "postgres" / "cluster") in folders:
                found.append(int(entry.name))
    return found


def _gone(home: Path, *, within: float = 15) -> bool:
    deadline = time.monotonic() + within
    while _processes(home) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _processes(home)


def _user(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", USER, str(home)], cwd=PROJECT, stdout=subprocess.PIPE, text=True)


def _wait_up(user: subprocess.Popen[str]) -> None:
    assert user.stdout is not None
    assert user.stdout.readline() == "up\n"


def _end(user: subprocess.Popen[str]) -> None:
    user.kill()
    user.wait()
    assert user.stdout is not None
    user.stdout.close()


@pytest.fixture
def own_home(tmp_path: Path) -> Path:
    """A home that only its owner may enter, under a path with a space and Chinese characters."""
    private = tmp_path / "只有我 能进"
    private.mkdir(mode=0o700)
    home = private / "家"
    home.mkdir()
    return home


def test_the_server_is_private_and_ends_with_its_user(own_home: Path) -> None:
    """Socket folder 0700, passwords 0600, no folder widened; nothing of it lives on."""
    with running_server(own_home, durable=False) as reached:
        folder = Path(reached.socket_folder)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert len(str(folder)) < 90
        assert len(_processes(own_home)) >= 2
    assert not folder.exists()
    assert _gone(own_home, within=0.1)
    assert stat.S_IMODE(own_home.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((own_home / "postgres" / "superuser.password").stat().st_mode) == 0o600
    assert not (own_home / "postgres" / "cluster" / "password").exists()


def test_two_users_share_one_server_and_the_last_out_stops_it(own_home: Path) -> None:
    """The first leaves, killed; the second goes on; then it is over."""
    first = _user(own_home)
    _wait_up(first)
    with running_server(own_home, durable=False) as reached:
        _end(first)
        time.sleep(0.5)
        assert Path(reached.socket_folder, ".s.PGSQL.5432").is_socket()
        assert len([one for one in _processes(own_home) if one]) >= 2
    assert _gone(own_home)


@pytest.mark.parametrize("after", [0.05, 0.2, 0.5, 1.0])
def test_a_user_killed_at_any_moment_of_the_start_leaves_nothing(own_home: Path, after: float) -> None:
    """SIGKILL while the cluster is made or the server starts; the next start works."""
    user = _user(own_home)
    time.sleep(after)
    _end(user)
    assert _gone(own_home)
    if after == 0.5:
        with running_server(own_home, durable=False):
            pass


def test_a_killed_server_or_keeper_is_followed_by_another(own_home: Path) -> None:
    """An unclean stop and a stale pid file are survived."""
    with running_server(own_home, durable=False):
        pass
    (own_home / "postgres" / "cluster" / "data" / "postmaster.pid").write_text("999999\n/nowhere\n")
    user = _user(own_home)
    _wait_up(user)
    for process in _processes(own_home):
        os.kill(process, signal.SIGKILL)
    with running_server(own_home, durable=False) as reached:
        assert Path(reached.socket_folder, ".s.PGSQL.5432").is_socket()
        _end(user)
    assert _gone(own_home)


def test_a_data_folder_of_another_version_is_refused_by_name(own_home: Path) -> None:
    """One line that says what to do; the folder is left alone."""
    data = own_home / "postgres" / "cluster" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(ServerError, match="PostgreSQL 15") as refused, running_server(own_home):
        pass
    assert refused.value.code == "DATABASE_WRONG_VERSION"
    assert (data / "PG_VERSION").read_text() == "15\n"


def test_statements_and_values_never_reach_the_servers_log() -> None:
    """Leaks 62 and 63: no statement, no bind value, no DETAIL with a key's value."""
    assert SETTINGS["log_statement"] == "none"
    assert SETTINGS["log_min_error_statement"] == "panic"
    assert SETTINGS["log_parameter_max_length"] == SETTINGS["log_parameter_max_length_on_error"] == "0"
    assert SETTINGS["log_error_verbosity"] == "terse"
    assert SETTINGS["listen_addresses"] == ""
