"""Rehearse: run case files and folders of them, with no database and no keys (`baobei rehearse`).

- One line a file with `--json`, in the order given; a folder's files in the order of their names, folders within too.
- It ends with 0 when every answer is as expected, with 1 when some is not, with 2 when some case is refused.
- What cannot be read is a refusal like any other; nobody sees a trace, nor does whoever closes the pipe.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from claims.casefile import LARGEST, SAFE_YEARS, Case, Fault, RefusedCase, read_case, read_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from io import BufferedReader

    from claims.rulebook import Rulebook

MET, UNMET, REFUSED = 0, 1, 2
_BROKEN_PIPE = 141
_READ_AT_MOST = 8 * LARGEST
_WORTH_A_SECOND_CORE = 100
_USAGE = """\
用法 / usage: baobei rehearse PATH... [--json] [--at INSTANT] [--against RULEBOOK]
  演练案例文件或文件夹,不需要数据库和密钥。
  Run case files and folders of them; it needs no database and no keys.
  --json      每个文件一行 JSON / one line of JSON a file
  --at        以此时刻提问(RFC 3339),不核对预期 / ask everything as of this instant; expectations are not compared
  --against   另按此办法(名称、名称@日期或文件)裁决,列出变化
              decide under this rulebook too (a name, name@date or a file), and show what changes for whom
结束码 / ends with: 0 全部符合 all as expected · 1 有不符 some not · 2 有拒绝 some refused
"""


class _WrongUsageError(Exception):
    """An argument that means nothing here."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the command line asks for."""

    given: tuple[str, ...]
    options: dict[str, str]


def read_arguments(arguments: Sequence[str], *, flags: frozenset[str], values: frozenset[str]) -> Arguments:
    """Tell options from what is given; after `--` nothing is an option."""
    given: list[str] = []
    options: dict[str, str] = {}
    waiting = list(reversed(arguments))
    while waiting:
        one = waiting.pop()
        name, has_value, value = one.partition("=")
        if one == "--":
            given += reversed(waiting)
            break
        if one in {"-h", "--help"}:
            options["--help"] = ""
        elif not one.startswith("--"):
            given.append(one)
        elif name in flags and not has_value:
            options[name] = ""
        elif name in values and (has_value or waiting):
            options[name] = value if has_value else waiting.pop()
        else:
            raise _WrongUsageError(f"不明的参数 / unknown argument: {one}")
    return Arguments(tuple(given), options)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of one file: how it is printed, and how it ended."""

    line: str
    status: int


def differences(answer: dict[str, object], expect: dict[str, object]) -> dict[str, tuple[object, object]]:
    """Give what an answer says otherwise than expected: by key, the expected and what came out.

    `clauses` in an expectation means *at least these*; what comes out is then those that are missing.
    """
    found: dict[str, tuple[object, object]] = {}
    for key, expected in expect.items():
        came = answer.get(key)
        if key == "clauses" and isinstance(expected, list) and isinstance(came, list):
            if not all(clause in came for clause in expected):
                found[key] = (expected, came)
        elif key not in answer or not _is_same(expected, came):
            found[key] = (expected, came)
    return found


def _is_same(expected: object, came: object) -> bool:
    """Compare as JSON does: true is not 1."""
    if isinstance(expected, dict) and isinstance(came, dict):
        return expected.keys() == came.keys() and all(_is_same(value, came[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(came, list):
        return len(expected) == len(came) and all(map(_is_same, expected, came))
    return isinstance(expected, bool) == isinstance(came, bool) and expected == came


def read_file(path: str) -> bytes | RefusedCase:
    """Read a case file; one that cannot be read is a refused case without a name."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib alone would take longer to load than this to run
            text = file.read(_READ_AT_MOST + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return RefusedCase(None, (Fault("case", f"无法读取 / cannot be read: {path}: {why}"),))
    if len(text) > _READ_AT_MOST:
        return RefusedCase(None, (Fault("case", f"太大 / too large: a case has at most {LARGEST:,} bytes"),))
    return text


def files_in(paths: Sequence[str]) -> Iterator[str]:
    """Give the files named, and the case files of the folders named, those of each folder in order."""
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - as in read_file
            yield from _cases_in(path)
        else:
            yield path


def _cases_in(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    except OSError:
        yield folder
        return
    for name, is_folder in found:
        path = f"{folder.rstrip('/')}/{name}"
        if is_folder:
            yield from _cases_in(path)
        elif name.endswith(".json"):
            yield path


def as_json(value: object) -> str:
    """Write one line that is valid UTF-8 whatever the case says."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return text if _is_encodable(text) else json.dumps(value)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def refusal(case: RefusedCase) -> dict[str, object]:
    """Give a refused case's line: the first place, and all of them."""
    listed = [{"place": fault.place, "why": fault.why} for fault in case.faults]
    return {"case": case.name, "refused": {**listed[0], "all": listed}}


def rehearse_file(path: str, at: datetime | None, against: Rulebook | None) -> Rehearsed:
    """Run one file, and give its line."""
    text = read_file(path)
    case = read_case(text) if isinstance(text, bytes) else text
    if isinstance(case, RefusedCase):
        return Rehearsed(as_json(refusal(case)), REFUSED)
    case = asked_at(case, at)
    answers = case.answers()
    line: dict[str, object] = {"case": case.name, "answers": answers}
    if against is not None and isinstance(text, bytes):
        line["against"] = _against(text, at, against, answers)
    met = at is not None or is_met(case, answers)
    return Rehearsed(as_json(line), MET if met else UNMET)


def asked_at(case: Case, at: datetime | None) -> Case:
    """Ask every question of a case as of one instant instead of its own."""
    if at is None:
        return case
    return replace(case, questions=tuple(replace(question, at=at) for question in case.questions))


def is_met(case: Case, answers: list[dict[str, object]]) -> bool:
    """Say whether every answer is as expected; a case that must be refused and is not is none."""
    return case.expected_refusal is None and not any(
        expect and differences(answer, expect) for answer, expect in zip(answers, case.expected, strict=True)
    )


def _against(
    text: bytes, at: datetime | None, against: Rulebook, answers: list[dict[str, object]]
) -> dict[str, object]:
    """Decide the same case under another rulebook, and list the questions that it answers otherwise."""
    case = read_case(text, against)
    told: dict[str, object] = {"rulebook": against.edition}
    if isinstance(case, RefusedCase):
        return told | {"refused": refusal(case)["refused"]}
    others = asked_at(case, at).answers()
    return told | {"answers": others, "changed": changed(answers, others)}


def changed(answers: list[dict[str, object]], others: list[dict[str, object]]) -> list[int]:
    """Give the places of the questions that two rulebooks answer otherwise, whatever clauses they cite."""
    return [
        index
        for index, (one, other) in enumerate(zip(answers, others, strict=True))
        if any(one[key] != other[key] for key in one if key != "clauses")
    ]


def _rehearsed(files: list[str], rehearse: Callable[[str], Rehearsed]) -> Iterator[Rehearsed]:
    """Run files in their order; many of them on as many cores as there are."""
    cores = min(len(os.sched_getaffinity(0)), 8) if hasattr(os, "sched_getaffinity") else 1
    if cores == 1 or len(files) < _WORTH_A_SECOND_CORE:
        yield from map(rehearse, files)
        return
    children = [_start(files[core::cores], rehearse) for core in range(cores)]
    try:
        for index, path in enumerate(files):
            told = children[index % cores][1].readline()
            yield Rehearsed(told[1:-1].decode(), int(told[:1])) if told.endswith(b"\n") else rehearse(path)
    finally:
        for pid, pipe in children:
            pipe.close()
            os.waitpid(pid, 0)


def _start(files: list[str], rehearse: Callable[[str], Rehearsed]) -> tuple[int, BufferedReader]:
    """Run some files in a process of their own, which waits while nobody reads what it has to say."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _run_child(files, rehearse, writing)
    os.close(writing)
    return pid, os.fdopen(reading, "rb")


def _run_child(files: list[str], rehearse: Callable[[str], Rehearsed], writing: int) -> NoReturn:
    try:
        with os.fdopen(writing, "wb", 0) as pipe:
            for path in files:
                rehearsed = rehearse(path)
                pipe.write(b"%d%s\n" % (rehearsed.status, rehearsed.line.encode()))
    except (BrokenPipeError, KeyboardInterrupt):
        pass
    finally:
        os._exit(0)


def run(arguments: Sequence[str]) -> int:
    """Run `rehearse ...` or `rulebook ...`, and give the code to end with."""
    try:
        return _rehearse(arguments[1:])
    except _WrongUsageError as error:
        sys.stderr.write(f"baobei: {error}\n")
        return REFUSED
    except BrokenPipeError:
        # What is left in the buffer must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except KeyboardInterrupt:
        return 130


def _rehearse(arguments: Sequence[str]) -> int:
    read = read_arguments(arguments, flags=frozenset({"--json"}), values=frozenset({"--at", "--against"}))
    if "--help" in read.options or not read.given:
        sys.stdout.write(_USAGE)
        return MET if "--help" in read.options else REFUSED
    at = _instant(read.options.get("--at"))
    files = list(files_in(read.given))
    if not files:
        raise _WrongUsageError("没有案例文件 / there is no case file (*.json) in " + ", ".join(read.given))
    worst = MET
    for rehearsed in _rehearsed(files, lambda path: rehearse_file(path, at, None)):
        sys.stdout.buffer.write(rehearsed.line.encode() + b"\n")
        sys.stdout.buffer.flush()
        worst = max(worst, rehearsed.status)
    return worst


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    at = read_instant(text)
    if at is None or at.year not in SAFE_YEARS:
        raise _WrongUsageError(f"--at: 没有这个时刻 / no such instant (RFC 3339 with an offset): {text}")
    return at
