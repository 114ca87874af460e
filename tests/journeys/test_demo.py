"""A stranger's first command: a book that is full, a token for every role, and nothing left behind by its end."""

# A test's loop has nothing else to do while it looks at files and processes.
# ruff: noqa: ASYNC240

from __future__ import annotations

import asyncio
import json
import os
import random
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.demo import DemoRefused, prepare, run
from api.serving import NoPort, listen
from api.settings import Settings
from authz.actor import Role
from crypto.sealed import Confidential
from records import accounts, people
from records.connection import transaction
from records.office import open_office
from records.verification import verify

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from records.office import Office

PROJECT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 3, tzinfo=UTC)
LOGINS = {role.value for role in Role} | {"salesperson_2", "supervisor_2", "key_custodian_2"}
HELD = """
SELECT count(*) AS customers FROM holding
WHERE team_id = $1 AND from_at <= $2 AND (until_at IS NULL OR until_at > $2)
"""
COUNTS = """
SELECT (SELECT count(*) FROM fact) AS facts, (SELECT count(*) FROM filing) AS filings,
    (SELECT count(*) FROM register_row) AS rows, (SELECT count(*) FROM staff) AS staff,
    (SELECT count(*) FROM team_membership) AS memberships, (SELECT string_agg(password_hash, ' ' ORDER BY login)
    FROM account) AS passwords
"""


@asynccontextmanager
async def _office(home: Path, url: str, rulebook: str = "onsite") -> AsyncIterator[Office]:
    async with open_office(home, url, clock=lambda: NOW, entropy=os.urandom, rulebook=rulebook) as office:
        yield office


async def _asked(sql: str, *arguments: object) -> dict[str, Any]:
    async with transaction() as tx:
        return dict((await tx.execute_query_dict(sql, list(arguments)))[0])


def test_everybody_is_signed_in_and_a_second_start_keeps_what_is_there(given_url: str, tmp_path: Path) -> None:
    """The first two are of one team, the second two of another, and both teams hold customers."""

    async def journey() -> None:
        async with _office(tmp_path, given_url) as office:
            signed = await prepare(office, tmp_path, now=NOW)
            actors = {login: await accounts.identify(one.token, now=NOW) for login, one in signed.sessions.items()}
            assert actors.keys() == LOGINS
            for login, actor in actors.items():
                assert actor is not None
                assert actor.role == login.removesuffix("_2")
            here, there = (
                {actor.team for login, actor in actors.items() if actor and login in pair}
                for pair in (("salesperson", "supervisor"), ("salesperson_2", "supervisor_2"))
            )
            assert len(here) == len(there) == 1
            assert here.isdisjoint(there)
            for team in here | there:
                assert (await _asked(HELD, team, NOW))["customers"] > 50
            assert signed.customer is not None
            before = await _asked(COUNTS)
            assert before["rows"] > 500
            assert len(list(tmp_path.glob("rejects-*.csv"))) == 1
            await accounts.lock("auditor", now=NOW)
        async with _office(tmp_path, given_url, rulebook="process") as office:
            again = await prepare(office, tmp_path, now=LATER)
            assert await _asked(COUNTS) == before
            assert len(list(tmp_path.glob("rejects-*.csv"))) == 1
            for login, one in signed.sessions.items():
                assert await accounts.identify(one.token, now=LATER) is None
                assert await accounts.identify(again.sessions[login].token, now=LATER) is not None
            # Under another rulebook, what is projected is what that one says.
            customers, differences = await verify(office.rulebook)
            assert customers > 400
            assert differences == []

    asyncio.run(journey())


def test_an_account_of_another_login_is_not_taken_over(given_url: str, tmp_path: Path) -> None:
    """B14: one a person; whoever has one is not given a second."""

    async def journey() -> None:
        async with _office(tmp_path, given_url) as office:
            teams = await people.teams_named(["城东店"], entropy=os.urandom)
            person = await people.add_person(
                "B101", "孙浩然", Role.SALESPERSON, teams["城东店"], from_at=NOW, now=NOW, entropy=os.urandom
            )
            password = Confidential("correct horse battery")
            await accounts.open_account(person, "sunhaoran", password, now=NOW, entropy=os.urandom)
            with pytest.raises(DemoRefused):
                await prepare(office, tmp_path, now=NOW)

    asyncio.run(journey())


def _run(settings: Settings, *, any_port: bool = True) -> int:
    return run(settings, any_port=any_port, clock=lambda: NOW, entropy=os.urandom)


def test_what_hinders_the_start_is_said_in_one_line(tmp_path: Path) -> None:
    """A port that was asked for and is taken, a folder that is a file."""
    settings = Settings(home=tmp_path / "home", port=0)
    with listen(settings) as taken, pytest.raises(NoPort):
        _run(replace(settings, port=taken.getsockname()[1]), any_port=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(DemoRefused) as refused:
        _run(replace(settings, home=tmp_path / "file" / "home"))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "home" / "demo.json").exists()


class Demo:
    """A demo in a process of its own, and what it has to say."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.printed = ""
        environment = {name: text for name, text in os.environ.items() if not name.startswith("BAOBEI_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api", "demo", *options],
            cwd=PROJECT,
            env=environment | {"BAOBEI_HOME": str(home), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def told(self, *, within: float = 120) -> dict[str, Any]:
        """Wait for `demo.json`."""
        file = self.home / "demo.json"
        assert _until(lambda: file.exists() or self.process.poll() is not None, within=within)
        assert file.exists(), self.process.communicate()
        return json.loads(file.read_bytes())

    def printed_commands(self) -> list[list[str]]:
        """Read what the demo prints for a person, up to its last line; give the commands to paste, in words."""
        assert self.process.stdout is not None
        commands = []
        for line in self.process.stdout:
            self.printed += line
            if line.startswith("curl "):
                commands.append(shlex.split(line))
            if line.startswith("Ctrl-C"):
                break
        return commands

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal and wait for the end: exit code and both outputs."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, str, str]:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, self.printed + out, err


def _until(condition: Callable[[], bool], *, within: float) -> bool:
    deadline = time.monotonic() + within
    # What held once is not asked again: processes come and go between two looks.
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds


def _left_behind(*folders: Path) -> list[str]:
    """List the processes that work in a folder, name it, or hold a file below it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            paths = [link.readlink() for link in (entry / "cwd", *(entry / "fd").iterdir())]
        except OSError:
            continue
        below = any(path.is_relative_to(folder) for path in paths for folder in folders)
        if int(entry.name) != os.getpid() and (below or any(str(folder) in words for folder in folders)):
            found.append(words)
    return found


@pytest.fixture
def own_home(tmp_path: Path) -> Iterator[Path]:
    """A home under a folder that only its owner may enter, with a space and Chinese characters in its path."""
    private = tmp_path / "只有我 能进"
    private.mkdir(mode=0o700)
    yield private / "家 home"
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


ME = {"query": "{ me { staff { role } } }"}


def _roles(told: dict[str, Any]) -> dict[str, str]:
    roles = {}
    with httpx.Client() as http:
        for login, token in told["tokens"].items():
            answer = http.post(told["url"], json=ME, headers={"authorization": f"Bearer {token}"})
            roles[login] = answer.json()["data"]["me"]["staff"]["role"]
    return roles


def _sent(url: str, command: list[str]) -> dict[str, Any]:
    """Send what a printed command sends."""
    curl, quiet, address, *options = command
    assert (curl, quiet, address) == ("curl", "-sS", url)
    headers = dict(text.split(": ", 1) for flag, text in _paired(options) if flag == "-H")
    (body,) = (text for flag, text in _paired(options) if flag == "-d")
    answer = httpx.post(url, content=body, headers=headers).json()
    assert "errors" not in answer, answer
    return answer


def _paired(words: list[str]) -> list[tuple[str, str]]:
    """Give options with their values."""
    return list(zip(words[::2], words[1::2], strict=True))


def test_the_demo_answers_each_token_alone_in_its_home_and_ends_without_a_trace(own_home: Path) -> None:
    """`demo.json` (0600) stands there from the first answer to the end; a taken port is no hindrance."""
    own_home.mkdir()
    file = own_home / "demo.json"
    file.write_text("stale")
    file.chmod(0o644)
    with _taken(Settings().port):
        demo = Demo(own_home)
        assert _until(lambda: not file.exists(), within=20)
        told = demo.told()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert told.keys() == {"url", "tokens"}
        assert _roles(told) == {login: login.removesuffix("_2").upper() for login in LOGINS}
        second = Demo(own_home, "--port", "0")
        code, out, err = second.ended()
        assert code != 0
        assert out == ""
        assert len(err.splitlines()) == 1
        assert json.loads(file.read_bytes()) == told
        assert len(_roles(told)) == len(LOGINS)
        printed = demo.printed_commands()
        page, shown, log = (_sent(told["url"], command)["data"] for command in printed)
    code, out, err = demo.end()
    assert code == 0
    assert len(page["customers"]["nodes"]) == 3
    for node in page["customers"]["nodes"]:
        assert node["name"]["display"]
        assert node["phones"][0]["display"].endswith("****")
        assert node["holder"]["staff"]["name"]
        assert "A3" in [ground["clause"]["id"] for ground in node["holder"]["ruling"]["grounds"]]
    assert shown["revealContact"]["refusal"] is None
    assert shown["revealContact"]["contact"]["phones"]
    assert log["accessLog"]["nodes"][0]["at"] == shown["revealContact"]["accessEntry"]["at"]
    assert log["accessLog"]["nodes"][0]["customer"]["name"]["display"] == shown["revealContact"]["contact"]["name"]
    assert told["url"] in out
    assert all(token in out for token in told["tokens"].values())
    assert "password" not in (out + err).lower()
    assert f"port {Settings().port} is taken" in err
    assert "Traceback" not in err
    assert not file.exists()
    assert _left_behind(own_home) == []


@contextmanager
def _taken(port: int) -> Iterator[None]:
    """Take a port, unless somebody has it."""
    try:
        held = listen(Settings(port=port))
    except NoPort:
        yield
        return
    with held:
        yield


def test_the_demo_told_to_stop_at_any_moment_of_its_start_leaves_no_process(own_home: Path) -> None:
    """While Python, the keeper, initdb, the migrations, the import or the accounts are at work; then it starts."""
    draw = random.Random(7)  # noqa: S311 (moments, no secrets)
    for after in (0.3, 0.9, 1.4, *(draw.uniform(1.4, 5) for _ in range(3))):
        demo = Demo(own_home, "--port", "0")
        time.sleep(after)
        number = draw.choice((signal.SIGTERM, signal.SIGINT))
        code, _, err = demo.end(number)
        assert _left_behind(own_home) == [], (after, number)
        assert not (own_home / "demo.json").exists()
        assert code in {0, -number, 128 + number} or "Aborted" in err, (after, err)
    demo = Demo(own_home, "--port", "0")
    assert len(demo.told()["tokens"]) == len(LOGINS)
    # Whatever was interrupted, the register is in the book once.
    looked = subprocess.run(
        [
            sys.executable,
            "-m",
            "api",
            "import",
            "demo/register.csv",
            "--staff",
            "demo/staff.csv",
            "--json",
            "--dry-run",
        ],
        cwd=PROJECT,
        env=os.environ | {"BAOBEI_HOME": str(own_home)},
        capture_output=True,
        check=True,
    )
    report = json.loads(looked.stdout)
    assert report["accepted"] == 0
    assert report["repeated"] + report["rejected"] == report["rows"]
    demo.end(signal.SIGKILL)
    assert _until(lambda: not _left_behind(own_home), within=10), _left_behind(own_home)


def test_a_set_up_whose_script_is_ended_leaves_no_process(tmp_path: Path) -> None:
    """SIGTERM to `scripts/demo` alone, SIGINT too, while it makes the environment; a checkout may stand anywhere."""
    checkout = tmp_path / "签出 checkout"
    (checkout / "scripts").mkdir(parents=True)
    for name in ("scripts/demo", "scripts/setup", "pyproject.toml", "requirements.lock"):
        shutil.copy2(PROJECT / name, checkout / name)
    for number, after in ((signal.SIGTERM, 0.1), (signal.SIGINT, 0.6), (signal.SIGTERM, 1.5), (signal.SIGTERM, 3)):
        script = subprocess.Popen(
            [checkout / "scripts" / "demo"], cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert _until(lambda: len(_left_behind(checkout)) > 1, within=20)
        time.sleep(after)
        script.send_signal(number)
        assert script.wait(20) in {128 + number, -number}
        assert _left_behind(checkout) == []
