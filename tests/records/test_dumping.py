"""A backup is of one instant, restores to the very rows, and what is damaged does not pass (G6 G15)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import asyncpg
import pytest

from records.connection import credentials_of
from records.dumping import dump, restored
from records.server import ServerError
from tests.company import MORNING, at_work

if TYPE_CHECKING:
    from pathlib import Path


def test_a_backup_restores_to_the_very_rows(given_url: str, tmp_path: Path) -> None:
    """G6 G15: every row of every table is digested on both sides; a damaged file does not pass, and nothing is left."""
    folder = tmp_path / "备 份"
    with at_work(given_url, tmp_path / "home") as company:
        company.filed("seller", "王芳", "13800138000", wechat="wangfang")

        async def back_up_and_restore() -> None:
            made = await dump(company.office.ledger.path.parent, given_url, folder, now=MORNING)
            assert made.file.stat().st_mode & 0o777 == 0o600
            assert (made.size, made.contents.rows > 50) == (made.file.stat().st_size, True)
            found = await restored(tmp_path, given_url, made.file, name=f"trial_{os.urandom(4).hex()}")
            assert found == made.contents

            # A second of the same instant takes no file's place.
            with pytest.raises(ServerError, match="there already"):
                await dump(tmp_path, given_url, folder, now=MORNING)
            assert [one.name for one in folder.iterdir()] == [made.file.name]

            damaged = tmp_path / "damaged.dump"
            damaged.write_bytes(made.file.read_bytes()[: made.size // 2])
            with pytest.raises(ServerError, match="pg_restore"):
                await restored(tmp_path, given_url, damaged, name=f"trial_{os.urandom(4).hex()}")

        company.run(back_up_and_restore)
        assert company.sql("SELECT 1 FROM pg_database WHERE datname LIKE 'trial\\_%'") == []
        text = next(folder.iterdir()).read_bytes()
        assert b"13800138000" not in text


def test_what_came_later_is_not_in_a_backup(given_url: str, tmp_path: Path) -> None:
    """Two backups with an act between them hold different rows."""
    with at_work(given_url, tmp_path / "home") as company:

        async def twice() -> None:
            first = await dump(tmp_path, given_url, tmp_path / "one", now=MORNING)
            connection = await asyncpg.connect(**credentials_of(given_url))
            await connection.execute("INSERT INTO team (id, name) VALUES (gen_random_uuid(), '绿队')")
            await connection.close()
            second = await dump(tmp_path, given_url, tmp_path / "two", now=MORNING)
            assert second.contents.rows == first.contents.rows + 1
            assert second.contents.digest != first.contents.digest

        company.run(twice)
