"""The custodian's desk: what each command of `baobei keys` says and does, against a real database and real keys."""

from __future__ import annotations

import asyncio
import io
import json
import os
import stat
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from api.cli import main
from authz.actor import Role
from crypto.sealed import Confidential
from records import accounts
from records.connection import credentials_of
from records.filing import file_claim
from records.office import open_office
from tests.records.book import LONG, claim_form, key, open_book

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PASSWORD = "correct horse battery"
PHONE, NAME = "13812345678", "欧阳娜娜"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


class Desk:
    """A book with one filing and two custodians, `feng` and `chen`, and the command that they use."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url

    async def prepare(self) -> None:
        """Bring people, accounts and a filing into the book."""
        async with open_book(self.url, self.home) as book:
            await file_claim(book.desk(LONG), claim_form(PHONE, name=NAME), key=key())
        async with open_office(self.home, self.url, clock=lambda: datetime.now(UTC), entropy=os.urandom) as office:
            now = datetime.now(UTC)
            for login, number in (("feng", "K001"), ("chen", "K002")):
                person = await office.engage(number, login, Role.KEY_CUSTODIAN, None, now=now)
                await accounts.open_account(person, login, Confidential(PASSWORD), now=now, entropy=os.urandom)
            person = await office.engage("S099", "seller", Role.SALESPERSON, "红队", now=now)
            await accounts.open_account(person, "seller", Confidential(PASSWORD), now=now, entropy=os.urandom)

    def run(self, *words: str, typed: Sequence[str] = (PASSWORD,), **environment: str) -> Ran:
        """Run a command of the desk; nothing that it says shows a customer's phone or name, or a trace."""
        given = {"BAOBEI_HOME": str(self.home), "BAOBEI_DATABASE_URL": self.url, "COLUMNS": "200"} | environment
        out, err, code = io.StringIO(), io.StringIO(), 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in [name for name in os.environ if name.startswith("BAOBEI_")]:
                patch.delenv(name)
            for name, text in given.items():
                patch.setenv(name, text)
            patch.setattr(sys, "argv", ["baobei", "keys", *words])
            patch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in typed)))
            try:
                main()
            except SystemExit as ended:
                if isinstance(ended.code, str):
                    err.write(f"{ended.code}\n")
                code = int(bool(ended.code))
        done = Ran(code, out.getvalue(), err.getvalue())
        for forbidden in (PHONE, NAME, PASSWORD, "Traceback"):
            assert forbidden not in done.stdout + done.stderr
        return done

    def done(self, *words: str, typed: Sequence[str] = (PASSWORD,), **environment: str) -> str:
        """Run a command that succeeds; give what it says."""
        done = self.run(*words, typed=typed, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def refused(self, *words: str, typed: Sequence[str] = (PASSWORD,), **environment: str) -> str:
        """Run a command that is refused; give what it says of that."""
        done = self.run(*words, typed=typed, **environment)
        assert done.returncode == 1, done.stdout
        assert done.stderr.splitlines()[-1].startswith("baobei: ")
        return done.stderr

    def keys(self) -> dict[str, dict[str, Any]]:
        """Give every key by its name, as `status --json` tells."""
        return {one["name"]: one for one in json.loads(self.done("status", "--json", typed=()))["keys"]}

    def waiting(self) -> list[str]:
        """Give the requests that wait."""
        return json.loads(self.done("status", "--json", typed=()))["waiting"]

    def sql(self, statement: str) -> list[asyncpg.Record]:
        """Ask the database."""

        async def ask() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(**credentials_of(self.url))
            try:
                return await connection.fetch(statement)
            finally:
                await connection.close()

        return asyncio.run(ask())


@pytest.fixture
def desk(given_url: str, tmp_path: Path) -> Desk:
    """A desk in a database and a home of the test's own."""
    made = Desk(tmp_path / "家 home", given_url)
    asyncio.run(made.prepare())
    return made


def test_a_key_is_rotated_retired_and_destroyed_by_two_custodians(desk: Desk) -> None:
    """Each step shows in the picture and in the report; what comes too early is refused with the rows that need it."""
    assert "data/1" in desk.done("status", typed=())
    early = desk.refused("destroy", "data/1", "--login", "feng")
    assert "data/1 (主用 primary): " in early
    assert "still need this key" in early
    assert "subject_key" in early
    assert "moved 1 " in desk.done("rotate", "data", "--login", "feng", "--full-speed")
    assert (desk.keys()["data/1"]["state"], desk.keys()["data/1"]["rows"]) == ("decrypt_only", 0)
    desk.done("disable", "data/1", "--login", "feng")
    desk.done("enable", "data/1", "--login", "feng")
    desk.done("disable", "data/1", "--login", "feng")
    assert "approve kac_" in desk.done("destroy", "data/1", "--login", "feng")
    (act,) = desk.waiting()
    assert act in desk.done("requests", typed=())
    assert "Another person" in desk.refused("approve", act, "--login", "feng")
    desk.done("approve", act, "--login", "chen")
    assert desk.keys()["data/1"]["state"] == "destroyed"
    assert desk.waiting() == []
    report = desk.done("report", typed=())
    assert "data/1: " in report
    assert "销毁 destroyed (K001, K002 " in report
    assert "1 项可以打开" not in desk.done("verify", typed=())
    entries = [row["tag"] for row in desk.sql("SELECT tag FROM access_log WHERE tag LIKE 'key:%' ORDER BY at")]
    assert entries.count("key:rotate") == 2
    assert entries.count("key:move") == 2
    assert entries.count("key:destroy") == 3
    assert desk.sql("SELECT count(*) FROM session WHERE revoked_at IS NULL")[0][0] == 0


def test_a_request_is_taken_back_and_one_custodian_may_be_enough_where_that_is_recorded(desk: Desk) -> None:
    """`BAOBEI_TWO_PEOPLE=recorded`: done by one, and said so in every later report."""
    desk.done("rotate", "wire.cursor", "--login", "feng", "--later")
    desk.done("disable", "wire.cursor/1", "--login", "feng")
    desk.done("destroy", "wire.cursor/1", "--login", "feng")
    (act,) = desk.waiting()
    desk.done("cancel", act, "--login", "feng")
    assert desk.waiting() == []
    assert "present state" in desk.refused("approve", act, "--login", "chen")
    desk.done("destroy", "wire.cursor/1", "--login", "feng")
    (act,) = desk.waiting()
    desk.done("approve", act, "--login", "feng", BAOBEI_TWO_PEOPLE="recorded")
    assert "one person alone" in desk.done("report", typed=())


def test_a_compromised_key_is_out_of_use_at_once_and_drained_by_resume(desk: Desk) -> None:
    """In between it shows what is left; a suite is changed in the same way."""
    assert "baobei keys resume" in desk.done("compromise", "data", "--login", "feng", "--later")
    assert (desk.keys()["data/1"]["state"], desk.keys()["data/1"]["rows"] > 0) == ("compromised", True)
    assert "moved" in desk.done("resume", "--full-speed", typed=())
    assert desk.keys()["data/1"]["rows"] == 0
    desk.done("rotate", "data", "--login", "feng", "--full-speed", "--suite", "aes-256-gcm-siv")
    assert desk.keys()["data/3"]["suite"] == "AES-256-GCM-SIV"
    assert {row[0] for row in desk.sql("SELECT get_byte(sealed, 1) FROM sealed_value")} == {2}
    assert "moved 0 " in desk.done("resume", typed=())
    desk.done("verify", typed=())


DAMAGE = {
    "one byte": "set_byte(card, 60, 255 - get_byte(card, 60))",
    "an unknown suite": "set_byte(card, 1, 9)",
    "truncated": "substring(card FOR length(card) - 1)",
    "little is left": "substring(card FOR 4)",
    "another column's": "(SELECT v.sealed FROM sealed_value v LIMIT 1)",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_what_does_not_open_is_listed_by_key_and_row(desk: Desk, damage: str) -> None:
    """`verify` ends with 1, and a rotation moves the rest; the key stays needed."""
    desk.sql(f"UPDATE filing SET card = {damage}")
    (row,) = desk.sql("SELECT id, customer_id FROM filing")
    found = desk.run("verify", typed=())
    assert found.returncode == 1
    for said in ("data/1", "filing", "card", str(row["id"]), str(row["customer_id"])):
        assert said in found.stdout
    left = desk.run("compromise", "data", "--login", "feng", "--full-speed")
    assert left.returncode == 1
    assert str(row["id"]) in left.stdout
    assert "card" in desk.refused("disable", "data/1", "--login", "feng")


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file "base/16384/16385"' USING ERRCODE = 'disk_full'; END $$;
"""


@pytest.mark.parametrize("table", ["subject_key", "sealed_value", "blind_index"])
def test_a_disk_that_is_full_amid_a_rotation_is_one_line_and_loses_nothing(desk: Desk, table: str) -> None:
    """The database says so of each row that is moved; with room again, `resume` goes on."""
    desk.done("verify", typed=())
    desk.sql(FULL)
    desk.sql(f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()")
    said = desk.refused("compromise", "index.phone" if table == "blind_index" else "data", "--login", "feng")
    assert "disk is full" in said
    assert "baobei keys resume" in said
    assert len(said.splitlines()) == 1
    left = {name: one["rows"] for name, one in desk.keys().items()}
    assert max(left["data/1"], left["index.phone/1"]) > 0
    desk.sql(f"DROP TRIGGER full_disk ON {table}")
    desk.done("resume", "--full-speed", typed=())
    desk.done("verify", typed=())


def test_a_key_file_is_lost_and_restored_from_its_copy(desk: Desk) -> None:
    """Not without the passphrase, not over a file that is there, and what is restored opens everything."""
    copy = desk.home.parent / "copy.json"
    weak = desk.refused("export-recovery", str(copy), "--login", "feng", typed=(PASSWORD, "short"))
    assert "12" in weak
    assert not copy.exists()
    words = "another horse battery"
    desk.done("export-recovery", str(copy), "--login", "feng", typed=(PASSWORD, words))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert "File exists" in desk.refused("export-recovery", str(copy), "--login", "feng", typed=(PASSWORD, words))
    file = desk.home / "keys.jsonl"
    lost = file.read_bytes()
    assert "keys.jsonl" in desk.refused("restore-recovery", str(copy), typed=(words,))
    file.unlink()
    assert "missing" in desk.refused("verify", typed=())
    assert "passphrase is wrong" in desk.refused("restore-recovery", str(copy), typed=("wrong horse battery",))
    assert not file.exists()
    desk.done("restore-recovery", str(copy), typed=(words,))
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (lost, 0o600)
    desk.done("verify", typed=())
    assert [row[0] for row in desk.sql("SELECT outcome FROM key_act WHERE kind = 'export' ORDER BY requested_at")] == [
        "done", "failed",
    ]  # fmt: skip


def test_a_wrong_key_file_and_one_that_is_too_open_are_named(desk: Desk, tmp_path: Path) -> None:
    """One line: the file, the key, and what is wrong with it."""
    file = desk.home / "keys.jsonl"
    file.chmod(0o640)
    assert "chmod 600" in desk.refused("status", typed=())
    file.chmod(0o600)
    other = Desk(tmp_path / "other", desk.url)
    other.home.mkdir()
    (other.home / "keys.jsonl").write_text(
        "".join(
            json.dumps({"purpose": purpose, "version": 1, "key": os.urandom(32).hex()}) + "\n"
            for purpose in ("data", "index", "log", "wire")
        )
    )
    (other.home / "keys.jsonl").chmod(0o600)
    wrong = other.refused("status", typed=())
    assert len(wrong.splitlines()) == 1
    assert "data (" in wrong
    assert "does not open this" in wrong


@pytest.mark.parametrize("words", [("rotate", "data"), ("disable", "data/1"), ("destroy", "data/1")])
def test_nobody_but_a_custodian_does_anything_to_keys(desk: Desk, words: tuple[str, ...]) -> None:
    """A wrong password, nobody's login and a salesperson: refused, and nothing has changed."""
    before = desk.keys()
    assert "password is wrong" in desk.refused(*words, "--login", "feng", typed=("wrong horse battery",))
    assert "password is wrong" in desk.refused(*words, "--login", "nobody")
    assert "key_custodian" in desk.refused(*words, "--login", "seller")
    after = desk.keys()
    assert {name: one["state"] for name, one in after.items()} == {name: one["state"] for name, one in before.items()}


@pytest.mark.parametrize("name", ["data/9", "nothing", "kek nothing", ""])
def test_a_name_that_means_nothing_is_one_line(desk: Desk, name: str) -> None:
    """The same for every act, with where names stand."""
    assert "baobei keys status" in desk.refused("rotate", name, "--login", "feng")
    assert "Not found" in desk.refused("destroy", name, "--login", "feng")


def test_a_refusal_says_what_comes_first(desk: Desk) -> None:
    """A purpose where a version is meant, a version where a purpose is; what is done before it."""
    assert "takes a purpose" in desk.refused("rotate", "data/1", "--login", "feng")
    assert "takes a version" in desk.refused("disable", "data", "--login", "feng")
    assert "kek data" in desk.refused("compromise", "kek", "data", "--login", "feng")
    assert "rows are still to be moved" in desk.done("rotate", "wire.cursor", "--login", "feng", "--later")
    assert "disabled before it is destroyed" in desk.refused("destroy", "wire.cursor/1", "--login", "feng")
    desk.done("disable", "wire.cursor/1", "--login", "feng")
    first, second = (desk.done("destroy", "wire.cursor/1", "--login", who) for who in ("feng", "chen"))
    assert first == second
    (act,) = desk.waiting()
    assert act in desk.done("requests", typed=(), COLUMNS="80").replace("\n", "")
    assert "BAOBEI_HOME" in desk.refused("status", typed=(), BAOBEI_HOME="/proc/nowhere")


def test_a_new_key_file_asks_for_a_new_copy(desk: Desk) -> None:
    """Keys come back from an engine into a file that older copies know nothing of."""
    assert "export-recovery" in desk.done("rewrap", "--login", "feng")
