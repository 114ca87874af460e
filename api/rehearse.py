"""The commands of the law: `baobei rehearse` runs case files, `baobei rulebook` checks and shows rulebooks.

- Neither needs a database or keys, and both start in an instant: nothing is loaded that they do not use.
- A rehearsal says one thing a file, in the order given; of a folder, its case files in the order of their names.
- It ends with 0 when every answer is as expected, with 1 when some is not, with 2 when some case is refused.
- What cannot be read is a refusal like any other; nobody sees a trace, nor does whoever closes the pipe.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from api.rehearsal import MET, REFUSED, line_of, rehearse_file, status_of
from claims.casefile import SAFE_YEARS, read_instant
from claims.rulebook import PRESETS, BadRulebook, editions, editions_in, load_rulebook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from io import BufferedReader

    from claims.rulebook import Rulebook

_BROKEN_PIPE, _INTERRUPTED = 141, 130
_WORTH_A_SECOND_CORE = 100
_MOST_CORES = 8
_REHEARSE = """\
用法 / usage: baobei rehearse PATH... [--json] [--at INSTANT] [--against RULEBOOK]
  演练案例文件或文件夹,不需要数据库和密钥。
  Run case files and folders of them; it needs no database and no keys.
  --json      每个文件一行 JSON / one line of JSON a file
  --at        以此时刻提问(RFC 3339),不核对预期 / ask everything as of this instant; expectations are not compared
  --against   另按此办法(名称、名称@日期或文件)裁决,列出变化
              decide under this rulebook too (a name, name@date or a file), and show what changes for whom
结束码 / ends with: 0 全部符合 all as expected · 1 有不符 some not · 2 有拒绝 some refused
"""
_RULEBOOK = """\
用法 / usage: baobei rulebook check FILE
              baobei rulebook show NAME [--at DATE] [--diff OTHER]
  check  检查办法文件,列出相互抵触的参数 / check a rulebook's file, and list the parameters that pull against each other
  show   列出每个参数及其条款 / show each parameter with its clause
  --at   该日有效的版本 / the edition in force on that day (YYYY-MM-DD)
  --diff 与另一办法(名称、名称@日期或文件)比较 / compare with another rulebook (a name, name@date or a file)
"""


class WrongUsageError(Exception):
    """An argument that means nothing here."""


class _Arguments(NamedTuple):
    given: tuple[str, ...]
    options: dict[str, str]


def _read_arguments(arguments: Sequence[str], *, flags: Sequence[str], values: Sequence[str]) -> _Arguments:
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
            raise WrongUsageError(f"不明的参数 / unknown argument: {one}")
    return _Arguments(tuple(given), options)


def run(arguments: Sequence[str]) -> int:
    """Run `rehearse ...` or `rulebook ...`, and give the code to end with."""
    try:
        return (_rehearse if arguments[0] == "rehearse" else _rulebook)(arguments[1:])
    except (WrongUsageError, BadRulebook) as error:
        sys.stderr.write(f"baobei: {error}\n")
        return REFUSED
    except BrokenPipeError:
        # What is left in the buffer must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except KeyboardInterrupt:
        return _INTERRUPTED


def _rehearse(arguments: Sequence[str]) -> int:
    read = _read_arguments(arguments, flags=["--json"], values=["--at", "--against"])
    if "--help" in read.options or not read.given:
        sys.stdout.write(_REHEARSE)
        return MET if "--help" in read.options else REFUSED
    at = _instant(read.options.get("--at"))
    against = rulebook_named(read.options["--against"]) if "--against" in read.options else None
    files = list(files_in(read.given))
    if not files:
        raise WrongUsageError("没有案例文件 / there is no case file (*.json) in " + ", ".join(read.given))
    if "--json" not in read.options:
        from api.rehearsal_report import report  # noqa: PLC0415 - it draws, which takes long to load

        return report((path, rehearse_file(path, at, against)) for path in files)
    worst = MET
    for status, line in _lines(files, lambda path: _line(path, at, against)):
        sys.stdout.buffer.write(line + b"\n")
        sys.stdout.buffer.flush()
        worst = max(worst, status)
    return worst


def _line(path: str, at: datetime | None, against: Rulebook | None) -> tuple[int, bytes]:
    rehearsed = rehearse_file(path, at, against)
    return status_of(rehearsed), line_of(rehearsed).encode()


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    at = read_instant(text)
    if at is None or at.year not in SAFE_YEARS:
        raise WrongUsageError(f"--at: 没有这个时刻 / no such instant (RFC 3339 with an offset): {text}")
    return at


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUsageError(f"没有这一天 / no such day (YYYY-MM-DD): {text}") from None


def rulebook_named(name: str, on: date | None = None) -> Rulebook:
    """Give a preset, a preset's edition (`onsite@2020-01-01`: in force on that day), or the rulebook in a file."""
    preset, at, day = name.partition("@")
    if at and not os.path.exists(name):
        return load_rulebook(preset, _day(day))
    return load_rulebook(name, on)


def _rulebook(arguments: Sequence[str]) -> int:
    read = _read_arguments(arguments, flags=[], values=["--at", "--diff"])
    match read.given:
        case ("check", file) if not read.options:
            from api.rulebook_report import check  # noqa: PLC0415 - as the rehearsal's report

            return check(editions(file) if file in PRESETS else editions_in(file))
        case ("show", name) if "--help" not in read.options:
            from api.rulebook_report import show  # noqa: PLC0415 - as above

            other = read.options.get("--diff")
            on = _day(read.options.get("--at"))
            return show(rulebook_named(name, on), None if other is None else rulebook_named(other, on))
        case _:
            sys.stdout.write(_RULEBOOK)
            return MET if "--help" in read.options else REFUSED


def files_in(paths: Sequence[str]) -> Iterator[str]:
    """Give the files named, and the case files of the folders named, those of each folder in order."""
    for path in paths:
        if os.path.isdir(path):
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


def _lines(files: Sequence[str], line: Callable[[str], tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Run files in their order; many of them on as many cores as there are."""
    cores = min(len(os.sched_getaffinity(0)), _MOST_CORES) if hasattr(os, "sched_getaffinity") else 1
    if cores == 1 or len(files) < _WORTH_A_SECOND_CORE:
        yield from map(line, files)
        return
    children = [_start(files[core::cores], line) for core in range(cores)]
    try:
        for index, path in enumerate(files):
            told = children[index % cores][1].readline()
            # A child that is gone leaves its files to be run here.
            yield (int(told[:1]), told[1:-1]) if told.endswith(b"\n") else line(path)
    finally:
        for pid, pipe in children:
            pipe.close()
            os.waitpid(pid, 0)


def _start(files: Sequence[str], line: Callable[[str], tuple[int, bytes]]) -> tuple[int, BufferedReader]:
    """Run some files in a process of their own, which waits while nobody reads what it has to say."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _run_child(files, line, writing)
    os.close(writing)
    return pid, os.fdopen(reading, "rb")


def _run_child(files: Sequence[str], line: Callable[[str], tuple[int, bytes]], writing: int) -> NoReturn:
    try:
        with os.fdopen(writing, "wb") as pipe:
            for path in files:
                pipe.write(b"%d%s\n" % line(path))
                pipe.flush()
    except (BrokenPipeError, KeyboardInterrupt):
        pass
    finally:
        os._exit(0)
