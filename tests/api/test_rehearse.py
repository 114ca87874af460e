"""Case files are run without a book: one answer a file, in order, and nobody sees a trace."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from api import cli
from api.rehearsal import differences
from api.rehearse import files_in, run

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).parents[2]
CASEBOOK = PROJECT / "tests" / "casebook"
MET = CASEBOOK / "onsite-midnight-ends-the-thirty-days.json"
REFUSED = CASEBOOK / "refused" / "refused-payment-in-words.json"

Lines = tuple[int, list[dict[str, Any]]]


@pytest.fixture
def lines(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Lines]:
    """Run `rehearse --json` here, and give its code and its lines."""

    def rehearse(*arguments: str | Path) -> Lines:
        code = run(["rehearse", "--json", *map(str, arguments)])
        out, err = capfdbinary.readouterr()
        assert err == b""
        return code, [json.loads(line) for line in out.splitlines()]

    return rehearse


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a command here, and give its code and what it said."""

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        return code, *capfd.readouterr()

    return command


def _changed(path: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object], name: str = "changed") -> Path:
    case = json.loads(path.read_text("utf-8"))
    change(case)
    changed = tmp_path / f"{name}.json"
    changed.write_text(json.dumps(case), "utf-8")
    return changed


def test_the_casebook_is_met_but_for_what_must_be_refused(lines: Callable[..., Lines]) -> None:
    """One line a file, folders within too, each in the order of its name; 2 because some are refused."""
    code, told = lines(CASEBOOK)
    expected = sorted(CASEBOOK.rglob("*.json"))
    assert code == 2
    assert [line["case"] for line in told] == [path.stem for path in expected]
    for path, line in zip(expected, told, strict=True):
        case = json.loads(path.read_text("utf-8"))
        if "refused" in case:
            assert line["refused"]["place"] == line["refused"]["all"][0]["place"] == case["refused"]["place"]
            assert set(line) == {"case", "refused"}
        else:
            assert set(line) == {"case", "answers"}
            assert len(line["answers"]) == len(case["questions"])


def test_the_code_says_how_it_went(lines: Callable[..., Lines], tmp_path: Path) -> None:
    """0 all met, 1 some not, 2 some refused."""
    unmet = _changed(MET, tmp_path, lambda case: case["questions"][0]["expect"].update(staff="qian"))
    assert lines(MET)[0] == 0
    assert lines(MET, unmet)[0] == 1
    assert lines(MET, unmet, REFUSED)[0] == 2
    never = _changed(MET, tmp_path, lambda case: case.update(refused={"place": "case"}), "never")
    assert lines(never)[0] == 1


def test_files_come_in_the_order_given(lines: Callable[..., Lines]) -> None:
    """Twice if given twice; on one core or more."""
    given = [MET, REFUSED, MET, *sorted(CASEBOOK.glob("store-*.json"))] * 6
    _, told = lines(*given)
    assert [line["case"] for line in told] == [path.stem for path in given]
    assert len(given) > 100


def test_what_cannot_be_read_is_a_refusal(lines: Callable[..., Lines], tmp_path: Path) -> None:
    """Not there, no JSON, not UTF-8: each has its line, and no name."""
    (tmp_path / "no.json").write_bytes(b"{")
    (tmp_path / "odd.json").write_bytes(b"\xff\xfe{")
    code, told = lines(tmp_path / "gone.json", tmp_path / "no.json", tmp_path / "odd.json", MET)
    assert code == 2
    assert [(line["case"], line.get("refused", {}).get("place")) for line in told] == [
        (None, "case"),
        (None, "case"),
        (None, "case"),
        (MET.stem, None),
    ]
    assert "gone.json" in told[0]["refused"]["why"]


def test_a_case_may_say_what_no_terminal_could(lines: Callable[..., Lines], tmp_path: Path) -> None:
    """Half a surrogate pair, a line break and a terminal's command are answered, and come out as JSON."""
    strange = "li\ud800\n\x1b[31m\u2028"
    odd = tmp_path / "odd.json"
    odd.write_text(
        MET.read_text("utf-8").replace('"li"', json.dumps(strange)).replace('"red"', json.dumps("\u2028red")), "utf-8"
    )
    code, (line,) = lines(odd)
    assert code == 0
    assert line["answers"][0]["staff"] == strange


def test_questions_may_be_asked_as_of_another_instant(lines: Callable[..., Lines], tmp_path: Path) -> None:
    """Then nothing is expected of them."""
    unmet = _changed(MET, tmp_path, lambda case: case["questions"][0]["expect"].update(staff="qian"))
    code, (line,) = lines(unmet, "--at", "2026-03-02T10:04:59+08:00")
    assert code == 0
    assert line["answers"][0]["staff"] is None


def test_another_rulebook_says_what_changes_for_whom(lines: Callable[..., Lines], tmp_path: Path) -> None:
    """By name, by edition, or from a file; a case that cannot be decided there says why."""
    own = tmp_path / "own.toml"
    own.write_text(
        'extends = "onsite"\n[edition."2026-01-01".parameters]\n'
        '"protection.strict_days" = { value = 40, unit = "days", reading = true }\n'
    )
    _, (line,) = lines(MET, "--against", own)
    assert line["against"]["rulebook"] == "own@2026-01-01"
    holds = [answer.get("staff") for answer in line["answers"]]
    other = [answer.get("staff") for answer in line["against"]["answers"]]
    assert holds != other
    changed = [change for change in line["against"]["changes"] if "staff" in line["answers"][change["question"]]]
    assert {"question": holds.index("wang"), "for": ["li", "wang"]} in changed
    _, (line,) = lines(MET, f"--against={line['against']['rulebook'].replace('own', 'onsite')}")
    assert line["against"]["changes"] == []
    _, (line,) = lines(MET, "--against", "contract")
    assert line["against"]["refused"]["place"] == "facts[1].type"


@pytest.mark.parametrize("name", ["deal", "filing", "fines", "notices", "offences", "points", "rebate"])
def test_every_question_can_be_set_against_another_rulebook(name: str, lines: Callable[..., Lines]) -> None:
    """Each names its parties in its own way."""
    found: list[str] = []
    for path in sorted(CASEBOOK.glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        asked = [question["ask"] for question in case["questions"]]
        if name in asked and not found:
            for rulebook in ("handbook", "onsite", "store"):
                _, (line,) = lines(path, "--against", rulebook)
                for change in line["against"].get("changes", []):
                    found += change["for"] if asked[change["question"]] == name else []
    assert found


@pytest.mark.parametrize(
    ("expect", "answer", "differing"),
    [
        ({}, {"staff": "li", "clauses": ["A3"]}, set()),
        ({"staff": "li"}, {"staff": "li", "team": "red"}, set()),
        ({"staff": None}, {"staff": "li"}, {"staff"}),
        ({"owner": None}, {"staff": "li"}, {"owner"}),
        ({"clauses": ["A3"]}, {"clauses": ["A14", "A3"]}, set()),
        ({"clauses": ["A3", "A4"]}, {"clauses": ["A14", "A3"]}, {"clauses"}),
        ({"clauses": "A3"}, {"clauses": ["A3"]}, {"clauses"}),
        ({"percent": 100.0}, {"percent": 100}, set()),
        ({"percent": True}, {"percent": 1}, {"percent"}),
        ({"late": 0}, {"late": False}, {"late"}),
        ({"items": [{"yuan": 1}]}, {"items": [{"yuan": 1}]}, set()),
        ({"items": [{"yuan": True}]}, {"items": [{"yuan": 1}]}, {"items"}),
        ({"items": [{"yuan": 1}]}, {"items": [{"yuan": 1, "staff": "li"}]}, {"items"}),
        ({"items": []}, {"items": [{"yuan": 1}]}, {"items"}),
    ],
)
def test_an_expectation_is_compared_key_by_key(
    expect: dict[str, object], answer: dict[str, object], differing: set[str]
) -> None:
    """What is left out is not asked; clauses are *at least these*; true is not 1."""
    assert set(differences(answer, expect)) == differing


def test_a_person_sees_the_timeline_the_tree_and_the_differences(
    said: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """In Chinese and English; values of fields are not shown, and nothing that a case says is obeyed."""

    def change(case: dict[str, Any]) -> None:
        case["questions"][0]["expect"]["staff"] = "qian"
        case["case"] = "odd \x1b[31m [bold]name"

    code, out, _ = said("rehearse", _changed(MET, tmp_path, change), REFUSED, "--against", "store")
    assert code == 2
    assert "带客到场 visit" in out
    assert "name, phone" in out
    assert "13800138000" not in out
    assert '预期 expected "qian" · 结果 came "li"' in out
    assert "└── ✓" in out
    assert "严格保护" in out
    assert "strictly protected" in out
    assert "[bold]name" in out
    assert "\x1b" not in out
    assert "影响 changes for: " in out
    assert "按预期拒绝 refused where expected: facts[2].percent" in out
    assert "符合 as expected: 0 · 不符 not: 1 · 拒绝 refused: 1" in out


def test_every_case_of_the_book_can_be_shown(said: Callable[..., tuple[int, str, str]]) -> None:
    """Every kind of fact, question and ground."""
    code, out, err = said("rehearse", CASEBOOK, "--against", "onsite")
    assert (code, err) == (2, "")
    assert "不符 not: 0" in out
    assert not re.search(r"\bNone\b(?! of)", out)


@pytest.mark.parametrize(
    "arguments",
    [
        ["rehearse"],
        ["rehearse", "--fast", "x"],
        ["rehearse", "x", "--at"],
        ["rehearse", "x", "--json=yes"],
        ["rehearse", "x", "--at", "tomorrow"],
        ["rehearse", "x", "--at", "2026-03-02T10:00:00"],
        ["rehearse", "x", "--at", "9999-12-31T23:00:00Z"],
        ["rehearse", "x", "--against", "unheard"],
        ["rehearse", "x", "--against", "onsite@2019-01-01"],
        ["rehearse", "x", "--against", "onsite@today"],
        ["rulebook"],
        ["rulebook", "check"],
        ["rulebook", "check", "gone.toml"],
        ["rulebook", "check", "x", "--at", "2026-01-01"],
        ["rulebook", "show"],
        ["rulebook", "show", "unheard"],
        ["rulebook", "show", "onsite", "--at", "2019-12-31"],
        ["rulebook", "show", "onsite", "--at", "someday"],
        ["rulebook", "burn", "onsite"],
    ],
)
def test_a_wrong_line_is_refused_in_a_line(arguments: list[str], said: Callable[..., tuple[int, str, str]]) -> None:
    """Or by how it is used."""
    code, out, err = said(*arguments)
    assert code == 2
    assert len((out + err).splitlines()) == 1 or "usage" in out


def test_an_empty_folder_is_no_success(said: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """Nothing was run, so nothing is as expected."""
    code, out, err = said("rehearse", "--json", tmp_path)
    assert (code, out) == (2, "")
    assert str(tmp_path) in err


def test_files_are_found_in_order(tmp_path: Path) -> None:
    """By name within each folder; only case files of a folder, but whatever file is named; no link is followed."""
    for name in ("b.json", "a/z.json", "a/b/c.json", "a.json", "a-b.json", "notes.md", "10.json", "9.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    given = [str(tmp_path / "notes.md"), str(tmp_path) + "/"]
    found = [path.removeprefix(f"{tmp_path}/") for path in files_in(given)]
    assert found == [
        "notes.md", "10.json", "9.json", "a/b/c.json", "a/z.json", "a-b.json", "a.json", "b.json",
    ]  # fmt: skip


def test_help_is_no_failure(said: Callable[..., tuple[int, str, str]]) -> None:
    """And names every option."""
    code, out, _ = said("rehearse", "--help")
    assert code == 0
    assert {"--json", "--at", "--against"} <= set(out.split())
    code, out, _ = said("rulebook", "show", "-h")
    assert code == 0
    assert {"--at", "--diff"} <= set(out.split())


def test_a_rulebook_is_shown_with_what_gives_each_parameter(said: Callable[..., tuple[int, str, str]]) -> None:
    """Clause, reading or borrowed; of the on-site rulebook first of all that protection lapses."""
    code, out, _ = said("rulebook", "show", "onsite", "--at", "2026-01-01")
    assert code == 0
    assert "保护会届满" in out.splitlines()[1]
    assert "may be taken over" in out.splitlines()[2]
    assert "(A26)" in out
    assert "borrowed from" in out
    code, out, _ = said("rulebook", "show", "onsite", "--diff", "store")
    assert code == 0
    assert "deal.event" in out
    assert "A13" in out
    assert "H18" in out
    assert "no difference" in said("rulebook", "show", "onsite@2026-01-01", "--diff", "onsite")[1]


def test_a_rulebook_of_ones_own_is_checked(said: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """What pulls against what is said with its clauses; what is wrong, with its line."""
    own = tmp_path / "own.toml"
    own.write_text(
        'extends = "store"\n[edition."2026-01-01".parameters]\n'
        '"claim.days" = { value = 10, unit = "days", clause = "H9" }\n'
    )
    code, out, _ = said("rulebook", "check", own)
    assert code == 0
    assert "claim.renewal_days" in out
    assert "H9" in out
    own.write_text(own.read_text() + '"claim.dais" = { value = 10, clause = "H9" }\n')
    code, _, err = said("rulebook", "check", own)
    assert code == 2
    assert f"{own}:4" in err
    assert "claim.dais" in err
    assert said("rulebook", "check", "onsite")[0] == 0


def test_the_whole_command_lists_them_and_hands_on() -> None:
    """`baobei --help` knows both; called through it they do the same."""
    listed = CliRunner().invoke(cli.command, ["--help"])
    assert {"rehearse", "rulebook"} <= set(listed.output.split())
    handed = CliRunner().invoke(cli.command, ["rulebook", "show", "onsite", "--diff", "onsite"])
    assert handed.exit_code == 0
    assert "no difference" in handed.output


def _baobei(*arguments: str | Path, **options: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "api", *map(str, arguments)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_whoever_closes_the_pipe_hears_nothing(extra: tuple[str, ...], tmp_path: Path) -> None:
    """As `head` does, in the middle of many files on many cores."""
    for index in range(300):
        (tmp_path / f"{index}.json").symlink_to(MET)
    with _baobei("rehearse", tmp_path, *extra) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 141


def test_each_line_is_there_as_soon_as_it_is_known(tmp_path: Path) -> None:
    """Even while the next file has not been written yet."""
    os.mkfifo(tmp_path / "later.json")
    with _baobei("rehearse", "--json", MET, tmp_path / "later.json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["case"] == MET.stem
        (tmp_path / "later.json").write_text("{")
        assert json.loads(process.stdout.readline())["case"] is None
        assert process.wait(20) == 2


def test_an_interruption_is_quiet(tmp_path: Path) -> None:
    """Ctrl-C while a file is waited for."""
    os.mkfifo(tmp_path / "never.json")
    with _baobei("rehearse", "--json", MET, tmp_path / "never.json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == b""


def test_it_starts_without_what_keeps_a_book() -> None:
    """Neither the database, the wire, the keys, the drawing of tables, nor what is slow to load of Python itself."""
    probe = (
        "import sys; from api.rehearse import run; "
        f"code = run(['rehearse', '--json', {str(MET)!r}]); "
        "heavy = {'tortoise', 'strawberry', 'starlette', 'cryptography', 'typer', 'rich', 'casbin', 'asyncio', "
        "'chinese_calendar', 'argparse', 'logging', 'dataclasses', 'inspect', 'pathlib', "
        "'hashlib', 'decimal'} & set(sys.modules); "
        "sys.exit(f'{code} {heavy}' if code or heavy else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=PROJECT, capture_output=True, text=True, check=False, env={"LC_ALL": "C"}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "时" not in done.stdout
