"""The embedded PostgreSQL as its users see it: where it is reached, who shares it, and that it ends with the last.

- Every process that uses the server holds a shared lock. A keeper (`records.keeper`) runs the server for as long
  as the lock is held, so whatever becomes of the users (an error, Ctrl-C, SIGKILL), nothing is left behind.
- A keeper that is gone while there are users is replaced; the socket's path stays, so connections come back.
- Passwords stand in files of mode 0600 in a folder of mode 0700.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import secrets
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

SUPERUSER = "baobei_superuser"
LOGINS = (SUPERUSER, "baobei_migrator", "baobei_app")
"""The roles that have a password, each in a file of its own."""
STARTS_WITHIN = 180.0
"""Seconds that the server may take to answer, making it or recovering from a crash included."""
STOPS_WITHIN = 20.0
POLL = 0.05
"""Seconds between two looks at a lock: nobody is told when one is dropped."""
WATCH = 2.0
"""Seconds between two looks whether the keeper still lives."""
SOCKET = ".s.PGSQL.5432"


class ServerError(Exception):
    """The embedded server cannot be used; says why in Chinese and English, and what to do."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{en} / {zh}")
        self.code, self.zh, self.en = code, zh, en


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a running server is reached, and the passwords of its roles."""

    socket_folder: str
    passwords: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServerFolder:
    """What the server keeps below one home, and which lock says what."""

    path: Path

    @property
    def cluster(self) -> Path:
        """The folder of the data folder; it belongs to the user the server runs as."""
        return self.path / "cluster"

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder, made whole or not at all."""
        return self.cluster / "data"

    @property
    def users(self) -> Path:
        """Held in company by every user, alone by a keeper that ends."""
        return self.path / "users.lock"

    @property
    def starting(self) -> Path:
        """Held by the user who starts a keeper."""
        return self.path / "start.lock"

    @property
    def keeper(self) -> Path:
        """Held by the keeper."""
        return self.path / "keeper.lock"

    @property
    def server(self) -> Path:
        """Held by the server's own processes, which inherit it: free when the last of them is gone."""
        return self.path / "server.lock"

    @property
    def socket_folder(self) -> Path:
        """Remembers the socket's folder, so that the next start takes the same."""
        return self.path / "socket-folder"

    @property
    def ready(self) -> Path:
        """Names the socket's folder as long as the server takes connections."""
        return self.path / "ready"

    @property
    def trouble(self) -> Path:
        """Says why the last keeper gave up."""
        return self.path / "trouble"

    @property
    def log(self) -> Path:
        """What the keeper, and the server before its own log is open, have to say."""
        return self.path / "keeper.log"

    def password(self, role: str) -> Path:
        """Where a role's password stands (0600)."""
        return self.path / f"{role}.password"


@asynccontextmanager
async def running_server(home: Path, *, durable: bool = True) -> AsyncIterator[Reached]:
    """Use the server of a home, starting it if need be; the last one to leave sees it stopped.

    `durable=False` is for tests alone: a crash of the machine may then lose commits.
    Raises `ServerError` when it does not start. A cancellation during the start takes effect at once.
    """
    use = _Use(home, durable=durable)
    with _in_one_line(use.folder.path):
        use.folder.path.mkdir(parents=True, exist_ok=True)
        use.folder.path.chmod(0o700)
        users = use.folder.users.open("a")
    with users:
        watch: asyncio.Task[None] | None = None
        try:
            with _in_one_line(use.folder.path):
                # A keeper that ends holds this lock alone: wait for its end, then begin anew.
                await _take(users, fcntl.LOCK_SH)
                reached = await use.reach()
            watch = asyncio.create_task(use.watch())
            yield reached
        finally:
            if watch is not None:
                watch.cancel()
            fcntl.flock(users, fcntl.LOCK_UN)
            use.wait_until_stopped()


class _Use:
    """This process's use of the server: it starts a keeper where there is none."""

    def __init__(self, home: Path, *, durable: bool) -> None:
        # The keeper works in another folder than we do, and we may go elsewhere.
        self.folder = ServerFolder(home.absolute() / "postgres")
        self._durable = durable
        self._keeper: subprocess.Popen[bytes] | None = None

    async def reach(self) -> Reached:
        """Tell where the server is reached, as soon as it takes connections."""
        with self.folder.starting.open("a") as starting:
            await _take(starting, fcntl.LOCK_EX)
            # Under this lock nobody else makes passwords, nor a second keeper.
            passwords = {role: _password(self.folder.password(role)) for role in LOGINS}
            self._keeper = None if self._gave_up() else self._keeper
            deadline = time.monotonic() + STARTS_WITHIN
            while time.monotonic() < deadline:
                if (where := self._where()) is not None:
                    return Reached(where, passwords)
                if self._gave_up():
                    raise self._trouble()
                if not self._keeper_lives():
                    self._keeper = self._start_keeper()
                await asyncio.sleep(POLL)
        raise self._trouble()

    async def watch(self) -> None:
        """Replace a keeper that died, for as long as this process uses the server."""
        while True:
            await asyncio.sleep(WATCH)
            if not is_held(self.folder.keeper):
                # What hinders the start (a full disk, say) may pass: the next look tries again.
                with suppress(ServerError, OSError):
                    await self.reach()

    def wait_until_stopped(self) -> None:
        """Wait for the keeper to end, unless somebody else still uses the server."""
        deadline = time.monotonic() + STOPS_WITHIN
        shared = 0
        while self._keeper_lives() and time.monotonic() < deadline:
            # Refused alone and granted in company: others use it. Twice, as another leaver may have been looking.
            others = is_held(self.folder.users, fcntl.LOCK_EX) and not is_held(self.folder.users)
            shared = shared + 1 if others else 0
            if shared == 2:  # noqa: PLR2004 (as said)
                break
            time.sleep(POLL)
        if self._keeper is not None and self._keeper.poll() is None:
            # It outlives this process, which need not wait for it as for a child.
            self._keeper.returncode = 0

    def _gave_up(self) -> bool:
        return self._keeper is not None and self._keeper.poll() == 1

    def _keeper_lives(self) -> bool:
        # A keeper of ours that has only just been started does not hold its lock yet.
        return (self._keeper is not None and self._keeper.poll() is None) or is_held(self.folder.keeper)

    def _where(self) -> str | None:
        with suppress(OSError):
            where = self.folder.ready.read_text(encoding="utf-8").strip()
            if Path(where, SOCKET).is_socket() and is_held(self.folder.keeper):
                return where
        return None

    def _start_keeper(self) -> subprocess.Popen[bytes]:
        self.folder.log.write_bytes(b"")
        with self.folder.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 (a module of our own)
                [sys.executable, "-m", "records.keeper", self.folder.path, "durable" if self._durable else "fast"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # The terminal's Ctrl-C goes to the users; the keeper follows when they have ended.
                start_new_session=True,
                umask=0o077,
                cwd=Path(__file__).parent.parent,
            )

    def _trouble(self) -> ServerError:
        with suppress(OSError, ValueError):
            code, zh, en = self.folder.trouble.read_text(encoding="utf-8").strip().split("\n")
            return ServerError(code, zh, en)
        return ServerError(
            "DATABASE_DID_NOT_START",
            f"内置数据库未能启动,请查看 {self.folder.log}。",
            f"the embedded database did not start: see {self.folder.log}",
        )


def is_held(path: Path, kind: int = fcntl.LOCK_SH) -> bool:
    """Tell whether a lock of this kind would be refused now; looking in company refuses no other look."""
    with path.open("a") as file:
        return not try_lock(file, kind)


def try_lock(file: IO[str], kind: int) -> bool:
    """Take a lock if it is free."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _take(file: IO[str], kind: int) -> None:
    """Wait for a lock without holding up the loop."""
    deadline = time.monotonic() + STARTS_WITHIN
    while not try_lock(file, kind):
        if time.monotonic() > deadline:
            raise ServerError(
                "DATABASE_BUSY",
                f"另一个进程长时间占用内置数据库的锁:{file.name}",
                f"another process has held the embedded database's lock for too long: {file.name}",
            )
        await asyncio.sleep(POLL)


def _password(path: Path) -> str:
    """Read a role's password, making it on first use: whole or not at all."""
    with suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    password = secrets.token_urlsafe(24)
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(password + "\n")
        file.flush()
        os.fsync(file.fileno())
    rename_durably(unfinished, path)
    return password


def rename_durably(old: Path, new: Path) -> None:
    """Give a finished file or folder its name, so that the name survives a power cut."""
    old.rename(new)
    folder = os.open(new.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _in_one_line(path: Path) -> Iterator[None]:
    """Say what the system refuses as one line: a full disk, somebody else's folder."""
    try:
        yield
    except OSError as error:
        reason = f"{error.strerror}: {error.filename or path}"
        raise ServerError(
            "DATABASE_FOLDER_UNUSABLE",
            f"内置数据库的目录无法使用:{reason}",
            f"the embedded database's folder cannot be used: {reason}",
        ) from None
