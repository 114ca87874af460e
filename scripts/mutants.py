"""Try the tests of `claims` on each of mutmut's mutants, in processes forked from one that has collected the tests.

- mutmut makes the mutants and keeps the verdicts in `mutants/`: `mutmut show` and `mutmut browse` work on them.
- A mutant's code takes the place of its function's; nothing else is slower than it was.
- It meets only tests that run the line it changes: those that killed its neighbours, then the fastest, for a second in
  all.
- It is killed when one of them fails, or takes ten times its processor seconds and two more.
- Survivors are tried again when a test, a case or a rulebook has changed; others when their function has.
"""

from __future__ import annotations

import contextlib
import dis
import fcntl
import fnmatch
import functools
import gc
import hashlib
import io
import json
import os
import resource
import signal
import sys
import time
import warnings
from collections import defaultdict, deque
from functools import partial
from itertools import chain
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from mutmut import __main__ as mutmut
from mutmut.mutation import trampoline
from mutmut.mutation.data import SourceFileMutationData
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths, walk_mutatable_files
from mutmut.utils.format_utils import mangled_name_from_mutant_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType, FunctionType

ROOT = Path.cwd()
WORKERS = 2
TARGET = 0.9
TOGETHER = 25
PATIENCE = 1.0
"""Seconds of its function's tests that a mutant meets."""
SURVIVED, KILLED, UNTESTED, SPOILT, ENDLESS = 0, 1, 33, 35, 36
ALIVE = {SURVIVED, UNTESTED, SPOILT}
MEMORY = 3 << 30

_mutated: list[tuple[FunctionType, dict[str, Any]]] = []


def _keep(mutants: dict[str, Any], **_kind: bool) -> Callable[[FunctionType], FunctionType]:
    """Leave a function as it is, and remember where its mutants are; stands in for mutmut's trampoline."""

    def kept(function: FunctionType) -> FunctionType:
        _mutated.append((function, mutants))
        return function

    return kept


def _by_name() -> dict[str, tuple[FunctionType, dict[str, Any]]]:
    """Name each function as mutmut does: `claims.taken.xǁTakingǁfollow`."""
    found: dict[str, tuple[FunctionType, dict[str, Any]]] = {}
    for function, mutants in _mutated:
        name = next(mutant for mutant in mutants if "__mutmut_" in mutant)
        found[f"{function.__module__}.{mangled_name_from_mutant_name(name)}"] = (function, mutants)
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Give a function's code, and that of what is written inside it."""
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _first_difference(old: CodeType, new: CodeType) -> int | None:
    """Give the line of the first instruction that another code has not: where a jump goes is no difference."""
    jumps = {*dis.hasjrel, *dis.hasjabs}
    for one, other in zip(dis.get_instructions(old), dis.get_instructions(new), strict=False):
        given, instead = one.argval, other.argval
        if isinstance(given, CodeType) and isinstance(instead, CodeType):
            if (line := _first_difference(given, instead)) is not None:
                return line
        elif one.opcode != other.opcode or (
            one.opcode not in jumps and (type(given), given) != (type(instead), instead)
        ):
            return one.positions.lineno if one.positions else old.co_firstlineno
    return None


class Verdicts:
    """What mutmut keeps about each mutant, by file."""

    def __init__(self) -> None:
        self.files = [SourceFileMutationData(path=path) for path in sorted(walk_mutatable_files())]
        for file in self.files:
            file.meta_path = ROOT / file.meta_path
            file.load()
        self._file = {mutant: file for file in self.files for mutant in file.exit_code_by_key}

    def __iter__(self) -> Iterator[str]:
        return iter(self._file)

    def of(self, mutant: str) -> int | None:
        """Give the exit code with which a mutant ended, if it was tried."""
        return self._file[mutant].exit_code_by_key[mutant]

    def was_tried(self, mutant: str) -> bool:
        """Say whether a mutant has ended before, by however many tests."""
        return mutant in self._file[mutant].durations_by_key

    def write(self, mutant: str, verdict: int | None, seconds: float = 0.0) -> None:
        """Take down how a mutant ended."""
        file = self._file[mutant]
        file.exit_code_by_key[mutant] = verdict
        file.durations_by_key[mutant] = seconds

    def forget_survivors(self, wanted: list[str]) -> None:
        """Have what survived of some mutants tried again."""
        for mutant in self:
            if self.of(mutant) == SURVIVED and any(fnmatch.fnmatch(mutant, name) for name in wanted):
                self.write(mutant, None)

    def save(self) -> None:
        """Write it all to the disk."""
        for file in self.files:
            file.save()

    def summary(self) -> bool:
        """Print a line a module, and say whether enough were killed."""
        print(f"{'module':<28}{'mutants':>8}{'killed':>8}{'alive':>8}{'open':>8}")
        lines = [(f"claims.{file.path.stem}", list(file.exit_code_by_key.values())) for file in self.files]
        lines = [line for line in lines if line[1]]
        lines.append(("all", [code for _, codes in lines for code in codes]))
        for name, codes in lines:
            alive, unknown = sum(code in ALIVE for code in codes), codes.count(None)
            killed = len(codes) - alive - unknown
            print(f"{name:<28}{len(codes):>8}{killed:>8}{alive:>8}{unknown:>8}{killed / len(codes):>8.1%}")
        return killed >= TARGET * len(codes)


class Loop:
    """Stand in for pytest's loop: the tests are collected, and run again and again in forked processes."""

    def __init__(self, verdicts: Verdicts, wanted: list[str], sources: str, say: Callable[[str], None]) -> None:
        self.verdicts, self.wanted, self.sources, self.say = verdicts, wanted, sources, say
        self.patience = PATIENCE
        self.failed: str | None = None
        self.caches: list[Any] = []
        self.killers: dict[str, list[int]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what failed."""
        if report.failed:
            self.failed = report.nodeid

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Learn what each test calls, then try the mutants."""
        if session.testsfailed:
            raise session.Interrupted("tests that cannot be collected")
        self.items = session.items
        modules = [module for name, module in sys.modules.items() if name.startswith("claims.")]
        self.caches = [
            value
            for module in modules
            for value in vars(module).values()
            if isinstance(value, functools._lru_cache_wrapper)  # noqa: SLF001 - there is no other name for it
        ]
        self.functions = _by_name()
        self._learn()
        names, kept = [item.nodeid for item in self.items], ROOT / "mutants" / "known.json"
        met = set(json.loads(kept.read_text("utf-8"))) if kept.exists() else set[str]()
        self.known = {number for number, name in enumerate(names) if name in met}
        self._try_all()
        if self.wanted == ["*"]:
            kept.write_text(json.dumps(names), "utf-8")
        return True

    def _run(self, item: pytest.Item) -> None:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)

    def _learn(self) -> None:
        """Run every test once on what is not mutated, and see which functions it calls and how long it takes."""
        kept = ROOT / "mutants" / f"covering-{self.sources}.json"
        if not kept.exists():
            pipes = [self._learn_apart(range(start, len(self.items), WORKERS)) for start in range(WORKERS)]
            parts: list[Any] = []
            for pipe in pipes:
                with os.fdopen(pipe, encoding="utf-8") as told:
                    parts.append(json.loads(told.read() or "[]"))
            for _ in pipes:
                os.wait()
            rows: dict[int, tuple[float, dict[str, list[int]], bool]]
            rows = {number: row for part in parts for number, *row in part}
            if len(rows) < len(self.items) or any(failed for _, _, failed in rows.values()):
                failing = [self.items[number].nodeid for number, row in rows.items() if row[2]]
                raise pytest.Session.Interrupted(f"fails without any mutant: {failing}")
            covering: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
            for number in sorted(rows):
                for name, lines in rows[number][1].items():
                    for line in lines:
                        covering[name][line].append(number)
            seconds = [rows[number][0] for number in range(len(self.items))]
            for old in (ROOT / "mutants").glob("covering-*.json"):
                old.unlink()
            kept.write_text(json.dumps([covering, seconds, list(self._run_lines(self._read_the_presets))]), "utf-8")
            self.say(f"{len(self.items)} tests, {sum(seconds):.1f} s, call {len(covering)} functions")
        self.covering, self.seconds, self.reading = json.loads(kept.read_text("utf-8"))

    def _learn_apart(self, numbers: Iterable[int]) -> int:
        """Do so for some tests in a process of its own; give the pipe that tells of each number, seconds and calls."""
        reading, writing = os.pipe()
        if os.fork():
            os.close(writing)
            return reading
        rows: list[tuple[int, float, dict[str, list[int]], bool]] = []
        try:
            for number in numbers:
                self._forget()
                self.failed = None
                started = time.process_time()
                self._run(self.items[number])
                seconds, failed = time.process_time() - started, self.failed is not None
                self._forget()
                lines = self._run_lines(partial(self._run, self.items[number]))
                rows.append((number, seconds, lines, failed))
        finally:
            with os.fdopen(writing, "w", encoding="utf-8") as told:
                json.dump(rows, told)
            os._exit(0)

    def _run_lines(self, work: Callable[[], None]) -> dict[str, list[int]]:
        """Give the lines that some work runs, by the function with mutants in which they stand."""
        names = {code: name for name, (function, _) in self.functions.items() for code in _codes(function.__code__)}
        ran: dict[str, set[int]] = defaultdict(set)

        def follow(frame: FrameType, _event: str, _given: object) -> Callable[..., Any] | None:
            name = names.get(frame.f_code)
            if name is None:
                return None
            ran[name].add(frame.f_lineno)
            return follow

        sys.settrace(follow)
        try:
            work()
        finally:
            sys.settrace(None)
        return {name: sorted(lines) for name, lines in ran.items()}

    def _read_the_presets(self) -> None:
        self._forget()
        law = sys.modules["claims.rulebook"]
        for preset in law.PRESETS:
            law.editions(preset)

    def _order(self, mutant: str, killers: list[int]) -> list[int]:
        """Choose the tests that a mutant meets: what killed its neighbours, those of its module, then the fastest.

        One that has been tried before meets first the tests that are new since.
        """
        function = mangled_name_from_mutant_name(mutant)
        lines = self.covering.get(function, {})
        line = str(self._line_of(mutant))
        among = set(lines[line] if line in lines else chain.from_iterable(lines.values()))
        old = self.known if self.verdicts.was_tried(mutant) else set[int]()
        module = function.rpartition(".")[0]
        own = f"test_{module.rpartition('.')[2]}.py::"
        numbers = sorted(
            among, key=lambda number: (number in old, own not in self.items[number].nodeid, self.seconds[number])
        )
        last = [*self.killers[module][-10:], *self.killers[function], *killers[-20:]]
        found: list[int] = []
        spent = 0.0
        for number in dict.fromkeys([*(number for number in reversed(last) if number in among), *numbers]):
            spent += self.seconds[number]
            if found and spent > self.patience:
                break
            found.append(number)
        return found

    def _line_of(self, mutant: str) -> int | None:
        """Give the line on which a mutant differs from its function; None where that is only in its defaults."""
        function, mutants = self.functions[mangled_name_from_mutant_name(mutant)]
        changed = mutants[mutant.rpartition(".")[2]]
        return _first_difference(function.__code__, getattr(changed, "__func__", changed).__code__)

    def _try_all(self) -> None:
        undecided = [mutant for mutant in self.verdicts if self.verdicts.of(mutant) is None]
        waiting = [mutant for mutant in undecided if any(fnmatch.fnmatch(mutant, name) for name in self.wanted)]
        self.say(f"{len(waiting)} mutants to try")
        gc.freeze()
        started = time.monotonic()
        try:
            for done, mutant in enumerate(self._tried(waiting), 1):
                if done % 100 == 0:
                    self.verdicts.save()
                    self.say(f"{done} of {len(waiting)} tried in {time.monotonic() - started:.0f} s, now {mutant}")
        finally:
            self.verdicts.save()
        self.say(f"{len(waiting)} mutants tried in {time.monotonic() - started:.0f} s")

    def _tried(self, waiting: list[str]) -> Iterator[str]:
        """Try them, some in each of so many processes at a time; give each as it is decided."""
        running: dict[int, tuple[list[str], int]] = {}
        ahead = deque([waiting[i : i + TOGETHER] for i in range(0, len(waiting), TOGETHER)])
        while ahead or running:
            while ahead and len(running) < WORKERS:
                mutants = ahead.popleft()
                pid, pipe = self._fork(mutants)
                running[pid] = (mutants, pipe)
            pid, status = os.wait()
            mutants, pipe = running.pop(pid)
            with os.fdopen(pipe, encoding="utf-8") as told:
                ends = [json.loads(line) for line in told]
            code = os.waitstatus_to_exitcode(status)
            if code == SPOILT and len(mutants) > 1:
                ahead.extendleft([mutant] for mutant in mutants)
                continue
            if code:
                ends.append((code, None, 0.0))
            if left := mutants[len(ends) :]:
                ahead.appendleft(left)
            for mutant, (code, killer, seconds) in zip(mutants, ends, strict=False):
                if killer is not None:
                    function = mangled_name_from_mutant_name(mutant)
                    self.killers[function].append(killer)
                    self.killers[function.rpartition(".")[0]].append(killer)
                self.verdicts.write(mutant, code, seconds)
                yield mutant

    def _fork(self, mutants: list[str]) -> tuple[int, int]:
        """Try some mutants in a process of their own, one after the other; give it, and the pipe that tells their ends.

        Whatever one leaves behind may not end another: the tests that killed must pass again when all is done.
        """
        reading, writing = os.pipe()
        pid = os.fork()
        if pid:
            os.close(writing)
            return pid, reading
        code = SPOILT
        try:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            signal.signal(signal.SIGPROF, lambda *_: os._exit(ENDLESS))
            warnings.simplefilter("error")
            killers: list[int] = []
            for mutant in mutants:
                started = time.process_time()
                end, killer = self._end(mutant, killers)
                if killer is not None:
                    killers.append(killer)
                os.write(writing, json.dumps((end, killer, time.process_time() - started)).encode() + b"\n")
            if not any(self._fails(number, anew=True) for number in set(killers)):
                code = 0
        except BaseException:  # noqa: BLE001, S110 - the exit code tells it
            pass
        finally:
            os._exit(code)

    def _end(self, mutant: str, killers: list[int]) -> tuple[int, int | None]:
        """Put a mutant in its function's place, and say how it ends and by which test."""
        function, mutants = self.functions[mangled_name_from_mutant_name(mutant)]
        original = (function.__code__, function.__defaults__, function.__kwdefaults__)
        changed = mutants[mutant.rpartition(".")[2]]
        changed = getattr(changed, "__func__", changed)
        order = self._order(mutant, killers)
        if not order:
            return UNTESTED, None
        reads = mangled_name_from_mutant_name(mutant) in self.reading
        try:
            self._forget()
            function.__code__ = changed.__code__
            function.__defaults__, function.__kwdefaults__ = changed.__defaults__, changed.__kwdefaults__
            return next(((KILLED, number) for number in order if self._fails(number, anew=reads)), (SURVIVED, None))
        finally:
            function.__code__, function.__defaults__, function.__kwdefaults__ = original

    def _fails(self, number: int, *, anew: bool) -> bool:
        """Say whether a test fails; `anew` if what the law keeps of what it has read might be a mutant's."""
        if anew:
            self._forget()
        signal.setitimer(signal.ITIMER_PROF, 2 + 10 * self.seconds[number])
        item = self.items[number]
        given = item.callspec.params if hasattr(item, "callspec") else {}
        if set(item.fixturenames) - set(given):
            self.failed = None
            self._run(item)
            return self.failed is not None
        try:
            item.obj(**given)
        except pytest.skip.Exception:
            return False
        except BaseException:  # noqa: BLE001 - a test may fail by whatever a mutant raises
            return True
        return False

    def _forget(self) -> None:
        for cache in self.caches:
            cache.cache_clear()


def _digest(*folders: str) -> str:
    """Give a digest of all that stands in some folders, and of which tests are tried."""
    found = hashlib.sha256(repr(mutmut.config().pytest_add_cli_args_test_selection).encode())
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in {".py", ".json", ".toml"}:
                found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def _make() -> Verdicts:
    """Make the mutants of what has changed, and forget the verdicts that a changed test might turn."""
    with contextlib.redirect_stdout(io.StringIO()):
        copy_src_dir()
        copy_also_copy_files()
        setup_source_paths()
        mutmut.create_mutants(WORKERS)
    verdicts, met = Verdicts(), ROOT / "mutants" / "met"
    tests = _digest("tests/claims", "tests/casebook", "claims/rulebooks")
    if not met.exists() or met.read_text("utf-8") != tests:
        for mutant in verdicts:
            if verdicts.of(mutant) in ALIVE:
                verdicts.write(mutant, None)
        met.write_text(tests, "utf-8")
        verdicts.save()
    return verdicts


def _patience(arguments: list[str]) -> tuple[float | None, list[str]]:
    """Take the seconds that are asked for off the arguments."""
    if arguments[:1] == ["--patience"]:
        return float(arguments[1]), arguments[2:]
    return None, arguments


def main(arguments: list[str]) -> int:
    """Make the mutants, try those that are wanted, and print what came out.

    `--patience SECONDS` tries again those that survived their second, with so many.
    """
    patience, arguments = _patience(arguments)
    if arguments == ["--list"]:
        verdicts = Verdicts()
        for mutant in verdicts:
            if verdicts.of(mutant) in ALIVE:
                print(mutant)
        return 0
    (ROOT / "mutants").mkdir(exist_ok=True)
    lock = (ROOT / "mutants" / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("scripts/mutate: another run is at work here", file=sys.stderr)
        return 2
    verdicts, sources = _make(), _digest("claims", "tests/claims", "tests/casebook")
    trampoline.wrap_in_trampoline = _keep
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")

    def say(text: str) -> None:
        print(text, file=out, flush=True)

    hypothesis.settings.register_profile(
        "mutants",
        database=None,
        derandomize=True,
        deadline=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    hypothesis.settings.load_profile("mutants")
    loop = Loop(verdicts, arguments or ["*"], sources, say)
    if patience is not None:
        loop.patience = patience
        verdicts.forget_survivors(loop.wanted)
    config = mutmut.config()
    os.chdir(ROOT / "mutants")
    with Path("tests.log").open("w", encoding="utf-8") as log, contextlib.redirect_stdout(log):
        given = [*config.pytest_add_cli_args, *config.pytest_add_cli_args_test_selection]
        code = pytest.main(["--rootdir=.", *given], plugins=[loop])
    if code:
        print("scripts/mutate: the tests do not pass without a mutant (mutants/tests.log)", file=sys.stderr)
        return 2
    return 0 if verdicts.summary() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
