"""`baobei backup` makes a backup, tries it, and says whether one is overdue (G6 G15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from records.connection import credentials_of
from records.database import socket_url
from records.server import SUPERUSER
from tests.api.test_cli import baobei

if TYPE_CHECKING:
    from pathlib import Path

    from records.database import Database
    from records.server import Reached


def test_a_backup_is_put_back_into_an_empty_database(
    given_url: str, server: Reached, fresh_database: Database, tmp_path: Path
) -> None:
    """G6 G15: with its key file it is the book again, and what is derived fits the facts; into no other database."""
    empty = socket_url(server, SUPERUSER, credentials_of(fresh_database.application_url)["database"])
    home, folder = tmp_path / "home", tmp_path / "dumps"
    named = ["--number", "S001", "--name", "龙敏", "--role", "salesperson", "--team", "红队"]
    given = {"BAOBEI_DATABASE_URL": given_url}
    added = baobei(home, "accounts", "add", "longmin", *named, typed="correct horse battery\n", **given)
    assert added.returncode == 0
    assert baobei(home, "backup", "make", str(folder), "--without-trial", **given).returncode == 0
    (file,) = folder.glob("*.dump")
    refused = baobei(home, "backup", "restore", str(file), **given)
    assert (refused.returncode, "not empty" in refused.stderr) == (1, True)
    back = {"BAOBEI_DATABASE_URL": empty}
    restored = baobei(home, "backup", "restore", str(file), **back)
    assert (restored.returncode, restored.stderr) == (0, "")
    assert baobei(home, "verify", **back).returncode == 0
    assert "longmin" in baobei(home, "accounts", "list", **back).stdout


def test_an_operator_makes_tries_and_lists_backups(given_url: str, tmp_path: Path) -> None:
    """Made and tried at once, the ledger beside it; another file is recorded; what is unknown is not tried."""
    home, folder, given = tmp_path / "home", tmp_path / "备份", {"BAOBEI_DATABASE_URL": given_url}
    home.mkdir()
    (home / "erasures.jsonl").write_text("")
    copy = tmp_path / "keys.recovery"
    copy.write_bytes(b"sealed")
    made = baobei(home, "backup", "make", str(folder), "--recovery-copy", str(copy), **given)
    assert (made.returncode, made.stderr) == (0, ""), made.stderr
    assert "restored on trial" in made.stdout
    (file,) = folder.glob("*.dump")
    assert [one.stat().st_mode & 0o777 for one in folder.glob("*.jsonl")] == [0o600]
    (one,) = orjson.loads(baobei(home, "backup", "list", "--json", **given).stdout)["backups"]
    assert (one["outcome"], one["size"], len(one["sha256"])) == ("good", file.stat().st_size, 64)
    assert one["ledger"] is not None
    assert one["recovery"] is not None
    status = baobei(home, "backup", "status", "--json", BAOBEI_RULEBOOK="database", **given)
    assert (status.returncode, orjson.loads(status.stdout)["is_overdue"]) == (0, False)

    other = tmp_path / "other.dump"
    other.write_bytes(b"no backup at all")
    unknown = baobei(home, "backup", "try", str(other), **given)
    assert (unknown.returncode, "no backup of this file" in unknown.stdout) == (1, True)
    assert baobei(home, "backup", "record", str(other), **given).returncode == 0
    assert baobei(home, "backup", "record", str(other), **given).returncode == 1
    failed = baobei(home, "backup", "try", str(other), **given)
    assert (failed.returncode, "Traceback" in failed.stderr) == (1, False)
    outcomes = {
        one["outcome"] for one in orjson.loads(baobei(home, "backup", "list", "--json", **given).stdout)["backups"]
    }
    assert outcomes == {"good", "failed"}
