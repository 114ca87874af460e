"""The operator's command says what it did, or in one line why not; a password is never an argument."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PERSON = ["--number", "S001", "--name", "龙敏", "--role", "salesperson", "--team", "红队"]


def baobei(home: Path, *arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as an operator does."""
    return subprocess.run(
        [sys.executable, "-m", "api", *arguments],
        cwd=PROJECT,
        env=os.environ | {"BAOBEI_HOME": str(home), "COLUMNS": "200"} | environment,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_operator_opens_an_account_and_sees_it(tmp_path: Path) -> None:
    """On an empty home: the server starts, the layout and the keys are made, and nothing goes on running."""
    home = tmp_path / "新 家"
    added = baobei(home, "accounts", "add", "longmin", *PERSON, typed="correct horse battery\n")
    assert (added.returncode, added.stderr) == (0, "")
    again = baobei(home, "accounts", "add", "longmin", *PERSON, typed="correct horse battery\n")
    assert again.returncode == 1
    assert "taken" in again.stderr
    listed = baobei(home, "accounts", "list")
    assert "longmin" in listed.stdout
    assert "battery" not in added.stdout + again.stderr + listed.stdout
    assert (home / "keys.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_wrong_setting_is_one_line(tmp_path: Path) -> None:
    """The variable's name, what was expected, and no trace."""
    for environment in ({"BAOBEI_PORT": "many"}, {"BAOBEI_DATABASE_URL": "postgresql://127.0.0.1:1/nothing"}):
        refused = baobei(tmp_path, "migrate", **environment)
        assert refused.returncode == 1
        assert next(iter(environment)) in refused.stderr
        assert "Traceback" not in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        assert "many" not in refused.stderr


def test_a_book_without_its_key_file_is_refused(tmp_path: Path) -> None:
    """New keys would hide that nothing opens any more."""
    assert baobei(tmp_path, "migrate").returncode == 0
    (tmp_path / "keys.jsonl").unlink()
    refused = baobei(tmp_path, "migrate")
    assert refused.returncode == 1
    assert "missing" in refused.stderr
    assert not (tmp_path / "keys.jsonl").exists()
