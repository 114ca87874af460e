"""The embedded PostgreSQL's data folder, and the programs that work on it: as whom, and one server at a time.

- A data folder is made whole or not at all; one of another major version is left alone.
- Root does not run PostgreSQL: an unprivileged user does, who is handed the open folder and needs no way to it
  (ADR 0001).
- The programs end with the keeper that started them, and inherit a lock that is free when the last has ended.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from records.binaries import find_binaries
from records.server import POLL, STOPS_WITHIN, SUPERUSER, ServerError, ServerFolder, is_held, rename_durably, try_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

REMNANTS_END_WITHIN = 30.0
"""Seconds that the processes of a killed server may take to notice that it is gone."""
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Account:
    """The system's user that PostgreSQL runs as."""

    uid: int
    gid: int

    @classmethod
    def choose(cls, cluster: Path) -> Account:
        """Take ourselves, or for root, whom PostgreSQL refuses, the one to whom the data belongs or may belong."""
        if (uid := os.geteuid()) != 0:
            return cls(uid, os.getegid())
        with suppress(FileNotFoundError, KeyError):
            if owner := cluster.stat().st_uid:
                return cls(owner, pwd.getpwuid(owner).pw_gid)
        for name in ("postgres", "nobody"):
            with suppress(KeyError):
                entry = pwd.getpwnam(name)
                return cls(entry.pw_uid, entry.pw_gid)
        raise ServerError(
            "NO_UNPRIVILEGED_USER",
            "PostgreSQL 不以 root 身份运行,而系统中没有 postgres 或 nobody 用户。",
            "PostgreSQL refuses to run as root, and there is no user postgres or nobody",
        )

    @property
    def is_another(self) -> bool:
        """Whether it is not ourselves, who are root then."""
        return self.uid != os.geteuid()

    def own(self, path: Path | int) -> None:
        """Give it a file or an open one of ours."""
        if self.is_another:
            os.chown(path, self.uid, self.gid)


class Cluster:
    """A home's data folder; `check_in` is called while waiting, and may raise to end the wait."""

    def __init__(self, folder: ServerFolder, check_in: Callable[[], None]) -> None:
        self.account = Account.choose(folder.cluster)
        self._folder = folder
        self._check_in = check_in
        self._bin = find_binaries(for_others=self.account.is_another)

    def ensure(self, *, durable: bool) -> None:
        """Make the data folder, or refuse one that is not of our PostgreSQL."""
        if not self._folder.data.exists():
            self._make(durable=durable)
            return
        shown = subprocess.run([self._bin / "postgres", "--version"], capture_output=True, check=True, text=True)  # noqa: S603 (the wheel's own program)
        ours = shown.stdout.split()[-1].split(".")[0]
        try:
            theirs = (self._folder.data / "PG_VERSION").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            theirs = "?"
        if ours != theirs:
            raise ServerError(
                "DATABASE_WRONG_VERSION",
                f"{self._folder.data} 属于 PostgreSQL {theirs},程序自带的是 {ours}:请用原版本导出后再导入。",
                f"{self._folder.data} is of PostgreSQL {theirs} and this program carries {ours}: dump and restore it",
            )

    def settle(self) -> None:
        """Wait until no process of an earlier server is left, and forget that it was."""
        with self._sole():
            self._forget_dead_server()

    def start(self, settings: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start the server, settled before."""
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._sole() as lock, self._folder.log.open("ab") as log:
            return self._spawn("postgres", "-D", "{cluster}/data", *options, lock=lock, output=log.fileno())

    def takes_connections(self, server: subprocess.Popen[bytes]) -> bool:
        """Tell whether the server's recovery, if any, is over: its postmaster.pid says so in the last line."""
        try:
            lines = (self._folder.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(server.pid) and lines[7:8] == ["ready   "]

    def stop(self, server: subprocess.Popen[bytes]) -> None:
        """End the server in good order, or else at once, and see all of its processes gone."""
        if server.poll() is None:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(STOPS_WITHIN / 2)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait()
        deadline = time.monotonic() + STOPS_WITHIN / 2
        while is_held(self._folder.server) and time.monotonic() < deadline:
            time.sleep(POLL / 5)

    def last_words(self) -> str:
        """Find why the server ended: in its log, or in what it said before that was open."""
        logs = sorted((self._folder.data / "log").glob("*.log"), key=lambda file: file.stat().st_mtime)
        said = [file.read_text(encoding="utf-8", errors="replace") for file in (*logs[-1:], self._folder.log)]
        return _complaint(reversed("\n".join(said).splitlines()))

    def _make(self, *, durable: bool) -> None:
        self._folder.cluster.mkdir(mode=0o700, exist_ok=True)
        self.account.own(self._folder.cluster)
        unfinished = self._folder.cluster / "data.new"
        with self._sole() as lock, tempfile.TemporaryFile() as output, self._handed_password() as password:
            if unfinished.exists():
                shutil.rmtree(unfinished)
            program = self._spawn(
                "initdb", "--pgdata={cluster}/data.new", f"--username={SUPERUSER}", "--pwfile=/dev/stdin",
                "--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale-provider=builtin",
                "--locale=C", "--builtin-locale=C.UTF-8", "--no-instructions",
                *(() if durable else ("--no-sync",)), lock=lock, stdin=password, output=output.fileno(),
            )  # fmt: skip
            self._attend(program)
            if program.returncode != 0:
                output.seek(0)
                reason = _complaint(output.read().decode(errors="replace").splitlines())
                raise ServerError(
                    "DATABASE_NOT_MADE",
                    f"内置数据库未能创建:{reason}",
                    f"the embedded database was not made: {reason}",
                )
        rename_durably(unfinished, self._folder.data)

    @contextmanager
    def _handed_password(self) -> Iterator[int]:
        """Hand the superuser's password over in a pipe: the server's user may not read its file."""
        reading, writing = os.pipe()
        try:
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(self._folder.password(SUPERUSER).read_bytes())
            # Opening /dev/stdin asks whose the pipe is.
            self.account.own(reading)
            yield reading
        finally:
            os.close(reading)

    def _attend(self, program: subprocess.Popen[bytes]) -> None:
        """Wait for a program to end by itself; end it with all its children when we must end first."""
        try:
            while program.poll() is None:
                self._check_in()
                time.sleep(POLL)
        finally:
            if program.poll() is None:
                os.killpg(program.pid, signal.SIGKILL)
                program.wait()

    @contextmanager
    def _sole(self) -> Iterator[IO[str]]:
        """Wait until no process of an earlier server is left; the lock goes to the next one's."""
        deadline = time.monotonic() + REMNANTS_END_WITHIN
        with self._folder.server.open("a") as lock:
            while not try_lock(lock, fcntl.LOCK_EX):
                self._check_in()
                if time.monotonic() > deadline:
                    raise ServerError(
                        "DATABASE_STILL_RUNS",
                        f"上一次的数据库进程仍在运行:{self._folder.data}/postmaster.pid",
                        f"processes of the last server still run: {self._folder.data}/postmaster.pid",
                    )
                time.sleep(POLL)
            yield lock

    def _forget_dead_server(self) -> None:
        """Remove what an unclean stop left: PostgreSQL takes any process with the same number for the old server."""
        pid_file = self._folder.data / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError):
            pid = int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0])
            try:
                # Somebody may have started a server here by hand: that one works in the data folder.
                alive = Path(f"/proc/{pid}/cwd").samefile(self._folder.data)
            except OSError:
                alive = not Path("/proc/self/cwd").exists()
            if not alive:
                pid_file.unlink()

    def _spawn(
        self, program: str, *arguments: str, lock: IO[str], output: int, stdin: int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start one of PostgreSQL's programs; `{cluster}` in an argument is the folder that it is handed open."""
        folder = os.open(self._folder.cluster, os.O_RDONLY | os.O_DIRECTORY)
        handed = Path(f"/proc/self/fd/{folder}")
        cluster = str(handed if handed.exists() else self._folder.cluster)
        libc = ctypes.CDLL(None)
        keeper = os.getpid()

        def die_with_the_keeper() -> None:
            # Elsewhere than on Linux a keeper that is killed leaves its server to the next keeper's lock.
            if hasattr(libc, "prctl"):
                libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
                if os.getppid() != keeper:
                    os._exit(1)

        another = self.account.is_another
        try:
            return subprocess.Popen(  # noqa: S603 (the wheel's own programs)
                [self._bin / program, *(argument.replace("{cluster}", cluster) for argument in arguments)],
                stdin=stdin,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                pass_fds=(folder, lock.fileno()),
                start_new_session=True,
                umask=0o077,
                preexec_fn=die_with_the_keeper,  # noqa: PLW1509 (no thread runs here)
                user=self.account.uid if another else None,
                group=self.account.gid if another else None,
                extra_groups=[] if another else None,
            )
        finally:
            os.close(folder)


def _complaint(lines: Iterable[str]) -> str:
    """Find the first line in which a program of PostgreSQL says why it ended."""
    for line in lines:
        for sign in ("PANIC:", "FATAL:", "error:"):
            if sign in line:
                return line[line.index(sign) :].removeprefix(sign).strip()
    return "?"
