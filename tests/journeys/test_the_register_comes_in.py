"""The operator's command brings the register in: one object of JSON, one line of refusal, people as they are now."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from api import cli
from tests.records.registers import DATA, row, staff_roll, written

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = (str(DATA / "register-xlsx.xlsx"), "--staff", str(DATA / "register-xlsx.staff.csv"))
KEYS = ["rows", "accepted", "repeated", "rejected", "rejections", "conflicts", "possible", "warnings"]


class Operator:
    """Somebody at the command line of one home."""

    def __init__(self, home: Path, url: str, patch: pytest.MonkeyPatch, said: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._patch = patch
        self._said = said
        for name, text in (("BAOBEI_HOME", str(home)), ("BAOBEI_DATABASE_URL", url), ("COLUMNS", "200")):
            patch.setenv(name, text)

    def run(self, *words: str, typed: str = "") -> tuple[int | str | None, str, str]:
        """Run the command: what it ended with (a text is one line on standard error), and what it said."""
        self._patch.setattr(sys, "argv", ["baobei", *words])
        self._patch.setattr(sys, "stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = self._said.readouterr()
        return ended.value.code, out, err


@pytest.fixture
def operator(
    tmp_path: Path, given_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Operator:
    """An operator with an empty book."""
    return Operator(tmp_path / "家 home", given_url, monkeypatch, capsys)


def test_as_json_it_prints_one_object_and_nothing_else(operator: Operator) -> None:
    """It ends with 0 though rows were rejected; the rejects are in the home, for their owner alone."""
    code, out, err = operator.run("import", *SAMPLE, "--json")
    assert (code, err) == (0, "")
    report = json.loads(out)
    truth = json.loads((DATA / "register-xlsx.truth.json").read_text(encoding="utf-8"))
    assert list(report) == KEYS
    assert out.count("\n") == 1
    assert (report["rows"], report["accepted"], report["rejected"]) == (
        len(truth["rows"]), truth["accepted"], truth["rejected"],
    )  # fmt: skip
    (rejects,) = operator.home.glob("*rejects*")
    assert rejects.stat().st_mode & 0o777 == 0o600
    code, out, err = operator.run("import", *SAMPLE, "--json", "--dry-run")
    assert (code, err) == (0, "")
    assert json.loads(out)["repeated"] == report["accepted"]
    assert len(list(operator.home.glob("*rejects*"))) == 1


def test_for_a_person_it_names_rows_by_number_and_the_rejects_file(operator: Operator) -> None:
    """No cell of the register is on the screen."""
    code, out, _ = operator.run("import", *SAMPLE)
    assert code == 0
    (rejects,) = operator.home.glob("*rejects*")
    assert str(rejects) in out.replace("\n", "")
    assert "MISSING_NAME" in out
    assert "1380" not in out


def test_a_file_that_is_no_register_is_one_line(operator: Operator, tmp_path: Path) -> None:
    """Damaged, empty, of another kind, without the headings; the same for the staff roll. No row is taken."""
    good, staff = written(tmp_path / "good.csv", [row("13800138000")]), staff_roll(tmp_path / "staff.csv")
    workbook = (DATA / "register-xlsx.xlsx").read_bytes()
    for name, content in {
        "empty.csv": b"",
        "picture.csv": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        "other.csv": "姓名,年龄\n张三,40\n".encode(),
        "cut.xlsx": workbook[: len(workbook) // 2],
        "bad.xlsx": workbook[:2000] + bytes(2000) + workbook[4000:],
        "text.xlsx": b"PK\x03\x04 but no more",
        "old.xls": bytes.fromhex("D0CF11E0A1B11AE1") + bytes(600),
        "broken.csv": b"\xff\xfe\x00",
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        for register, roll in ((path, staff), (good, path)):
            code, out, err = operator.run("import", str(register), "--staff", str(roll), "--json")
            assert isinstance(code, str), (name, code, out, err)
            assert code.startswith("baobei: ")
            assert "\n" not in code
            assert (out, err) == ("", "")
            assert "张三" not in code
    code, out, _ = operator.run("import", str(good), "--staff", str(staff), "--json")
    assert json.loads(out)["accepted"] == 1


@pytest.mark.parametrize("missing", ["register", "staff", "folder"])
def test_a_file_that_is_not_there_ends_with_an_error(operator: Operator, tmp_path: Path, missing: str) -> None:
    """Before anything is opened."""
    good, staff = written(tmp_path / "good.csv", [row("13800138000")]), staff_roll(tmp_path / "staff.csv")
    named = {
        "register": (tmp_path / "no.csv", staff),
        "staff": (good, tmp_path / "no.csv"),
        "folder": (tmp_path, staff),
    }
    register, roll = named[missing]
    code, out, err = operator.run("import", str(register), "--staff", str(roll))
    assert code not in {0, None}
    assert out == ""
    assert "Traceback" not in err
    assert not operator.home.exists()


def test_verify_says_that_all_is_as_the_facts_say_or_what_is_not(operator: Operator, tmp_path: Path) -> None:
    """And ends with 1 if something is not."""
    staff = staff_roll(tmp_path / "staff.csv")
    register = written(tmp_path / "good.csv", [row("13800138000"), row("13800138001")])
    operator.run("import", str(register), "--staff", str(staff))
    code, out, _ = operator.run("verify")
    assert (code, "2 customers" in out) == (0, True)


def test_an_account_for_somebody_known_leaves_them_in_their_team_unless_another_is_named(
    operator: Operator, tmp_path: Path
) -> None:
    """Whoever changes teams takes along what they hold: `verify` finds all in order either way."""
    staff = staff_roll(tmp_path / "staff.csv")
    operator.run("import", str(written(tmp_path / "r.csv", [row("13800138000")])), "--staff", str(staff))
    person = ["--number", "s001", "--name", "龙敏", "--role", "salesperson"]
    password = "correct horse battery\n"
    assert operator.run("accounts", "add", "longmin", *person, typed=password)[0] == 0
    assert operator.run("verify")[0] == 0
    code, out, _ = operator.run("import", str(written(tmp_path / "r.csv", [row("13800138000")])), "--staff", str(staff))
    assert code == 0
    moved = [*person, "--team", "蓝队"]
    code, _, err = operator.run("accounts", "add", "longmin2", *moved, typed=password)
    assert (code, "账号" in err) == (1, True)
    assert operator.run("verify")[0] == 0
    _, out, _ = operator.run("accounts", "list")
    assert "longmin" in out
