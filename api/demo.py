"""The demo: a book with the sample register in it, somebody of every role signed in, and the server that answers them.

- One demo a home; the second one is told so, and the first goes on. Its database is always the home's own.
- `demo.json` (mode 0600: the address, a token for each account) stands in the home as long as the demo answers.
- Told to stop, at any moment, it ends with everything that it started.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import sys
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import orjson
import typer
import uvloop
from graphql import strip_ignored_characters

from api import journal, registers
from api.app import build_app
from api.serving import NoPort, Server, configured, listen, url_of
from api.settings import CannotRun
from records.accounts import SESSION_LIFE
from records.importing import import_register
from records.office import open_office
from records.refusals import Refused
from records.sample import cast, customer_to_show, is_taken_in, sign_in
from records.server import try_lock
from records.staff_roll import read_staff
from schema import SCHEMA

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    import uvicorn

    from api.settings import Settings
    from records.accounts import SignedIn
    from records.office import Office
    from records.staff_roll import Member

SAMPLE: Final = Path(__file__).resolve().parent.parent / "demo"
REGISTER, STAFF = SAMPLE / "register.csv", SAMPLE / "staff.csv"
QUERIES: Final = (("customers", "salesperson"), ("reveal", "salesperson"), ("access-log", "supervisor"))
"""What there is to paste: a document of `demo/queries`, and whose token goes with it."""
_STOPS = (signal.SIGINT, signal.SIGTERM)


class DemoRefused(CannotRun):
    """The demo cannot run here; says why in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is signed in, by login, and a customer whom the first salesperson may look up (none on an empty book)."""

    people: Mapping[str, Member]
    sessions: Mapping[str, SignedIn]
    customer: str | None


def run(settings: Settings, *, any_port: bool, clock: Callable[[], datetime], entropy: Callable[[int], bytes]) -> int:
    """Run the demo until SIGINT or SIGTERM; give the exit code. With `any_port` a taken port is no hindrance.

    Raises `DemoRefused`, `NoPort`, or what opening an office raises.
    """
    journal.install(sys.stderr)
    settings = replace(settings, demo=True, database_url=None)
    with (
        _sole(settings.home) as told,
        _listener(settings, any_port=any_port) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        demo = _Demo(settings, listener, told, clock=clock, entropy=entropy)
        with suppress(asyncio.CancelledError):
            runner.run(demo.run())
    return demo.code


async def prepare(
    office: Office, home: Path, *, now: datetime, say: Callable[[str], None] = lambda _words: None
) -> Signed:
    """Bring the sample into the book where it is not there yet, and sign everybody in.

    Raises `DemoRefused` where the book's accounts are in the way.
    """
    if not await is_taken_in(REGISTER):
        say("导入样例登记表 / importing the sample register")
        with registers.progress("导入 import") as tell:
            report = await import_register(
                office, REGISTER, STAFF, rejects=home / f"rejects-{now:%Y%m%d-%H%M%S}.csv",
                now=now, zone=office.rulebook.zone, tell=tell,
            )  # fmt: skip
        added, rejected = report.accepted, len(report.rejections)
        say(f"新增 {added} 行,退回 {rejected} 行 / {added} rows added, {rejected} rejected: {report.rejects}")
    say("登录每种角色的账号 / signing in an account of every role")
    people = cast(read_staff(STAFF))
    trace = UUID(bytes=office.entropy(16), version=4)
    desk = office.desk(None, now=now, request_id=trace, language="zh", address=None, client="demo")
    sessions = await sign_in(desk, people)
    if isinstance(sessions, Refused):
        raise DemoRefused(f"{sessions.message('zh')} / {sessions.message('en')}")
    return Signed(people, sessions, await customer_to_show(sessions["salesperson"].actor, now=now))


class _Demo:
    """One run of the demo. The first SIGINT or SIGTERM ends it, wherever it is; more of them change nothing."""

    def __init__(
        self, settings: Settings, listener: socket.socket, told: Path, *,
        clock: Callable[[], datetime], entropy: Callable[[int], bytes],
    ) -> None:  # fmt: skip
        self.code = 0
        self._settings = settings
        self._listener = listener
        self._told = told
        self._clock = clock
        self._entropy = entropy

    async def run(self) -> None:
        """Open the book, prepare it, and serve."""
        self._listen_for_signals()
        settings, clock = self._settings, self._clock
        _say(f"打开账本 {settings.home}(数据库、密钥)/ opening the book (database, keys)")
        async with open_office(
            settings.home, None, clock=clock, entropy=self._entropy, rulebook=settings.rulebook,
            two_people=settings.two_people, ledger=settings.ledger, key_places=settings.key_places,
            moves_rows=True,
        ) as office:  # fmt: skip
            signed = await prepare(office, settings.home, now=clock(), say=_say)
            app = build_app(settings, schema=SCHEMA, open_office=lambda _: nullcontext(office), clock=clock)
            server = _Announcing(configured(app, settings), lambda: self._announce(signed))
            await server.serve(sockets=[self._listener])
            self._ignore_signals()

    def _listen_for_signals(self) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop(number: int, _frame: object) -> None:
            self._ignore_signals()
            self.code = 128 + number
            if task is not None:
                loop.call_soon_threadsafe(task.cancel)

        for one in _STOPS:
            signal.signal(one, stop)

    def _ignore_signals(self) -> None:
        # Not SIG_IGN, which a program that is started meanwhile would inherit.
        for one in _STOPS:
            signal.signal(one, lambda *_: None)

    def _announce(self, signed: Signed) -> None:
        """Tell people and machines where the demo answers, now that it does."""
        url = url_of(self._listener)
        tokens = {login: session.token for login, session in signed.sessions.items()}
        _write_privately(self._told, orjson.dumps({"url": url, "tokens": tokens}, option=orjson.OPT_INDENT_2))
        typer.echo("\n".join(_words(url, self._told, signed)))


class _Announcing(Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._announce()


@contextmanager
def _sole(home: Path) -> Iterator[Path]:
    """Be the only demo of a home; what `demo.json` says of an earlier one is gone from here on, and ours at the end."""
    told = home / "demo.json"
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (home / "demo.lock").open("a")
    except OSError as error:
        why = f"{error.strerror}: {error.filename}"
        raise DemoRefused(f"BAOBEI_HOME: 目录无法使用 / the folder cannot be used: {why}") from None
    with lock:
        if not try_lock(lock, fcntl.LOCK_EX):
            raise DemoRefused(f"该目录已有演示在运行 / a demo runs in this home already: {home}")
        told.unlink(missing_ok=True)
        try:
            yield told
        finally:
            told.unlink(missing_ok=True)


@contextmanager
def _listener(settings: Settings, *, any_port: bool) -> Iterator[socket.socket]:
    """Hold the port, or another one if this is taken and any will do."""
    try:
        held = listen(settings)
    except NoPort:
        if not any_port:
            raise
        held = listen(replace(settings, port=0))
        port = held.getsockname()[1]
        _say(f"端口 {settings.port} 已被占用,改用 {port} / port {settings.port} is taken, using {port} instead")
    with held:
        yield held


def _say(words: str) -> None:
    typer.echo(f"baobei demo: {words}", err=True)


def _write_privately(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read; it appears whole."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content + b"\n")
    unfinished.replace(path)


def _words(url: str, told: Path, signed: Signed) -> Iterator[str]:
    """Write what a person needs: the address, the tokens, and queries to paste."""
    yield f"\n报备演示已就绪 / the demo answers at\n\n  {url}\n"
    hours = SESSION_LIFE // timedelta(hours=1)
    yield f"令牌,{hours} 小时有效 / tokens, good for {hours} hours ({told})\n"
    for login, member in signed.people.items():
        yield f"  {login:<22}{signed.sessions[login].token}  {member.name} {member.team or ''}".rstrip()
    for number, (name, login) in enumerate(QUERIES, start=1):
        title, document = read_query(name)
        yield f"\n{number}. {title} ({login})\n"
        yield curl(url, signed.sessions[login].token, document, variables(name, signed))
    yield "\nCtrl-C 结束 / ends it\n"


def read_query(name: str) -> tuple[str, str]:
    """Read a document of the sample: what its first line says of it, and the document in one line."""
    text = (SAMPLE / "queries" / f"{name}.graphql").read_text(encoding="utf-8")
    return text.split("\n", 1)[0].removeprefix("#").strip(), strip_ignored_characters(text)


def variables(name: str, signed: Signed) -> dict[str, object] | None:
    """Give the values that go with a document, if it takes any."""
    if name != "reveal" or signed.customer is None:
        return None
    return {"input": {"customer": signed.customer, "fields": ["NAME", "PHONES"], "purpose": "FOLLOW_UP"}}


def curl(url: str, token: str, document: str, given: dict[str, object] | None) -> str:
    """Write a request as a command for any shell; no document has a quotation mark of the shell's in it."""
    body = orjson.dumps({"query": document} | ({} if given is None else {"variables": given})).decode()
    return f"curl -sS {url} -H 'authorization: Bearer {token}' -H 'content-type: application/json' -d '{body}'"
