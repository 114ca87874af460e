"""The keeper of the embedded PostgreSQL: runs it as long as anybody uses it, and ends it with the last user.

- Started with the server's folder, one at a time; it ends when nobody holds the users' lock, and ends the
  server first. A server that crashes, or whose socket folder is cleaned away, is started again.
- The server listens on a socket in a private folder with a short path, and nowhere else.
- Statements, their values, and error texts that may quote them never reach the server's log.
"""

from __future__ import annotations

import fcntl
import shutil
import signal
import stat
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from records.cluster import Cluster
from records.server import POLL, SOCKET, ServerError, ServerFolder, try_lock

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # A week of starts, stops and what else happens to the server itself. The first line of an error may quote a
    # value ("invalid input syntax for ..."); its text goes to the client, so the log need not hold it.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "server-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
    "log_lock_waits": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
FORGETFUL = {"fsync": "off", "full_page_writes": "off"}
"""For tests alone: a crash of the machine may lose commits."""


def keep(path: Path, *, durable: bool) -> int:
    """Keep the server of a folder until nobody uses it; return 1 when that did not work, and say why in a file."""
    folder = ServerFolder(path)
    for deaf_to in (signal.SIGINT, signal.SIGHUP):
        # Not SIG_IGN, which the server would inherit: told to stop at its very start, it would not hear it.
        signal.signal(deaf_to, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with folder.keeper.open("a") as lock, folder.users.open("a") as users:
        if not try_lock(lock, fcntl.LOCK_EX):
            return 0
        try:
            folder.trouble.unlink(missing_ok=True)
            _Keeper(folder, users, durable=durable).run()
        except _Unused:
            return 0
        except ServerError as error:
            _report(folder, error)
        except OSError as error:
            reason = f"{error.strerror}: {error.filename or path}"
            words = f"内置数据库未能启动:{reason}", f"the embedded database did not start: {reason}"
            _report(folder, ServerError("DATABASE_DID_NOT_START", *words))
        return 1


def _report(folder: ServerFolder, trouble: ServerError) -> None:
    """Leave the reason to the user who started us; under LC_ALL=C a path's characters may not be text."""
    words = f"{trouble.code}\n{trouble.zh}\n{trouble.en}"
    folder.trouble.write_text(words, encoding="utf-8", errors="backslashreplace")


class _Unused(Exception):  # noqa: N818 (no error: the keeper's task is over)
    """Nobody uses the server any more."""


class _Keeper:
    """One keeper at work; raises `_Unused` as soon as nobody holds the users' lock."""

    def __init__(self, folder: ServerFolder, users: IO[str], *, durable: bool) -> None:
        self._folder = folder
        self._users = users
        self._durable = durable

    def run(self) -> None:
        """Make what is missing, then run the server again and again."""
        self._end_if_unused()
        self._folder.ready.unlink(missing_ok=True)
        self._cluster = Cluster(self._folder, self._end_if_unused)
        self._cluster.ensure(durable=self._durable)
        while True:
            self._cluster.settle()
            sockets = self._socket_folder()
            try:
                self._serve(sockets)
            finally:
                shutil.rmtree(sockets, ignore_errors=True)
            time.sleep(POLL)

    def _end_if_unused(self) -> None:
        # Held from here to our end: a new user waits for it, and then begins anew.
        if try_lock(self._users, fcntl.LOCK_EX):
            raise _Unused

    def _socket_folder(self) -> Path:
        """Make the socket's folder: the same as the last time, unless somebody took its place."""
        with suppress(OSError):
            folder = Path(self._folder.socket_folder.read_text(encoding="utf-8").strip())
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
                self._cluster.account.own(folder)
            status = folder.lstat()
            ours = status.st_uid == self._cluster.account.uid and not status.st_mode & 0o077
            if ours and stat.S_ISDIR(status.st_mode):
                for left in folder.iterdir():
                    left.unlink()
                return folder
        folder = Path(tempfile.mkdtemp(prefix="baobei-", dir="/tmp"))  # a socket's path has 107 bytes at the most
        self._cluster.account.own(folder)
        self._say(self._folder.socket_folder, folder)
        return folder

    def _say(self, file: Path, folder: Path) -> None:
        unfinished = file.with_suffix(".new")
        unfinished.write_text(f"{folder}\n", encoding="utf-8")
        unfinished.rename(file)

    def _serve(self, sockets: Path) -> None:
        """Run the server until it ends, or cannot be reached any more."""
        settings = SETTINGS | ({} if self._durable else FORGETFUL) | {"unix_socket_directories": str(sockets)}
        server = self._cluster.start(settings)
        ready = False
        try:
            while server.poll() is None:
                self._end_if_unused()
                if ready and not (sockets / SOCKET).is_socket():
                    return
                if not ready and self._cluster.takes_connections(server):
                    ready = True
                    self._say(self._folder.ready, sockets)
                time.sleep(POLL)
        finally:
            self._folder.ready.unlink(missing_ok=True)
            self._cluster.stop(server)
        if not ready:
            reason = self._cluster.last_words()
            raise ServerError(
                "DATABASE_DID_NOT_START",
                f"内置数据库未能启动:{reason}",
                f"the embedded database did not start: {reason}",
            )


if __name__ == "__main__":
    sys.exit(keep(Path(sys.argv[1]), durable=sys.argv[2] != "fast"))
