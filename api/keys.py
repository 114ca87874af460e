"""The custodian's desk (密钥管理): `baobei keys status | rotate | compromise | resume | disable | destroy | verify …`.

- Whoever does something to keys signs in with an account of the role `key_custodian` (`--login`); looking, moving what
  is left, and verifying change no key, and are the operator's.
- A key is named as it stands in the picture: `data` is a purpose, `data/2` a version, `kek data` what wraps them.
- Killed or interrupted at any instant, a rotation is taken up by `resume`; a running server takes it up as well.
- What is refused names the key and the rows, by table, column and ids; no line says what stands in a row.
"""

from __future__ import annotations

import asyncio
import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import orjson
import typer
from rich.console import Console

from api import key_pictures, key_words, operating, registers
from authz.guard import Forbidden
from crypto.envelope import AES_256_GCM, AES_256_GCM_SIV
from crypto.providers.file import FileProvider
from crypto.providers.opening import FILE
from crypto.recovery import RecoveryRefused, open_copy, seal_copy
from records import key_acts, key_consents
from records.key_names import KEK, subject_of
from records.key_page import key_page
from records.key_verification import verify_keys
from records.moving import FULL_SPEED, Pace
from records.office import KEY_FILE
from records.references import Kind, reference
from records.rotation import move_rows

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from records.desk import Desk
    from records.key_acts import KeyDone
    from records.key_page import KeyPage
    from records.office import Office
    from records.rotation import Progress

_Made = TypeVar("_Made")
command = typer.Typer(help="密钥 / keys: looked at, rotated, retired, destroyed by two.", no_args_is_help=True)

_DONE: Final = "完成 / done"
_IN_USE: Final = "新密钥已启用 / the new key is in use"
_GIVEN_UP: Final = "不再用于加密 / nothing is sealed under it any more"
LARGEST_COPY = 4 << 20
"""Bytes of a recovery copy that are read."""

Subject = Annotated[list[str], typer.Argument(help="密钥:data、data/2、kek data / the key")]
Login = Annotated[str, typer.Option(help="密钥管理员的登录名 / the custodian's login")]
Act = Annotated[str, typer.Argument(help="申请编号 / the request's id")]
FullSpeed = Annotated[bool, typer.Option("--full-speed", help="不让路 / do not leave most of the time to others")]
Later = Annotated[bool, typer.Option("--later", help="数据稍后再移 / leave the rows to `resume`, or to a server")]


class Suite(Enum):
    """What values are sealed with."""

    GCM = "aes-256-gcm"
    GCM_SIV = "aes-256-gcm-siv"

    @property
    def number(self) -> int:
        """Its number in what is sealed."""
        return AES_256_GCM if self is Suite.GCM else AES_256_GCM_SIV


@command.command()
def status(
    *, as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象 / print one JSON object")] = False
) -> None:
    """查看密钥 / show every key: its state, its age, how many rows need it, and when the next one is due."""
    page = _run(_page())
    if as_json:
        typer.echo(orjson.dumps(key_pictures.written(page)).decode())
    else:
        Console().print(key_pictures.picture(page))


@command.command()
def report() -> None:
    """密钥报告 / print the page (Markdown) that an assessor is handed: versions, acts, people, proof of retirement."""
    typer.echo(key_pictures.report(_run(_page())))


@command.command()
def requests() -> None:
    """待批准的申请 / list what waits for another person."""
    page = _run(_page())
    Console().print(key_pictures.waiting(page))


@command.command()
def rotate(
    subject: Subject, *, login: Login, full_speed: FullSpeed = False, later: Later = False,
    suite: Annotated[Suite | None, typer.Option(help="改用加密套件 / the suite from now on")] = None,
) -> None:  # fmt: skip
    """轮换 / replace a key; rows move to its successor while everybody works."""
    number = suite.number if suite else None
    if " ".join(subject).startswith(KEK):
        # What a key-encryption key wraps is wrapped anew at once: no row is to be moved.
        _act(subject, login, lambda desk, name: key_acts.rotate_keys(desk, name, suite=number))
        return
    _act(subject, login, lambda desk, name: key_acts.rotate_keys(desk, name, suite=number), said=_IN_USE)
    _move(full_speed=full_speed, later=later)


@command.command()
def compromise(subject: Subject, *, login: Login, full_speed: FullSpeed = False, later: Later = False) -> None:
    """泄露 / take a key out of use at once that somebody may know; all that it sealed is sealed anew."""
    _act(subject, login, key_acts.compromise_key, said=_GIVEN_UP)
    _move(full_speed=full_speed, later=later)


@command.command()
def resume(*, full_speed: FullSpeed = False) -> None:
    """续做 / go on with what a rotation has left; nothing, if nothing is left."""
    _move(full_speed=full_speed, later=False)


@command.command()
def rewrap(*, login: Login) -> None:
    """重新封装 / wrap every key anew by the first provider, under its newest version."""
    _act(["kek"], login, lambda desk, _name: key_acts.rewrap_all(desk))
    if operating.settings().key_places[0] == FILE:
        typer.echo(
            "密钥文件有变化时,旧的恢复副本打不开新数据:请重新 export-recovery / "
            "an older recovery copy opens nothing that a new key file wraps: make a new one (export-recovery)"
        )


@command.command()
def disable(
    subject: Subject, *, login: Login,
    although_needed: Annotated[
        bool,
        typer.Option("--although-needed", help="即使仍有数据需要它 / although rows need it: they then do not open")
    ] = False,
) -> None:  # fmt: skip
    """停用 / let a key open nothing any more; `enable` takes it back for seven days."""
    _act(
        subject, login, lambda desk, name: key_acts.disable_key(desk, name, although_needed=although_needed),
        in_another_state=key_words.ROTATE_FIRST,
    )  # fmt: skip


@command.command()
def enable(subject: Subject, *, login: Login) -> None:
    """恢复 / take a disabled key back."""
    _act(subject, login, key_acts.enable_key)


@command.command()
def destroy(subject: Subject, *, login: Login) -> None:
    """申请销毁 / ask that a disabled key, or a leaver's (`person S001`), be destroyed: another approves in 24 hours."""
    _act(subject, login, key_consents.request_destruction, in_another_state=key_words.DISABLE_FIRST)


@command.command()
def approve(act: Act, *, login: Login) -> None:
    """批准 / agree to what another custodian asked for, and have it done."""
    _act([act], login, key_consents.approve_key_act)


@command.command()
def cancel(act: Act, *, login: Login) -> None:
    """撤回 / take back what was asked for."""
    _act([act], login, key_consents.cancel_key_act)


@command.command()
def verify() -> None:
    """核验 / open every customer's key and every sealed value, and list what does not open; changes nothing."""

    async def work() -> bool:
        async with operating.office(operating.settings()) as office:
            with registers.progress("核验 verify") as tell:
                verified = await verify_keys(office.keys, lambda opened: tell(opened, None))
            console = Console()
            console.print(f"{verified.opened:,} 项可以打开 / open", highlight=False)
            if verified.unopened:
                console.print(key_pictures.unopened(office.keys, verified.unopened))
            return bool(verified.unopened)

    if _run(work()):
        raise typer.Exit(1)


NewCopy = Annotated[Path, typer.Argument(help="副本文件(不得已存在)/ the copy, a new file", dir_okay=False)]
OldCopy = Annotated[Path, typer.Argument(help="副本文件 / the copy", exists=True, dir_okay=False)]


@command.command("export-recovery")
def export_recovery(copy: NewCopy, *, login: Login) -> None:
    """导出恢复副本 / write the key-encryption keys to a file, sealed under a passphrase that is asked for."""
    if FILE not in operating.settings().key_places:
        raise _failed(
            "密钥不在密钥文件里,请用密钥库自己的备份 / the keys are in no key file: use the backup of where they are"
        )
    password = operating.secret(f"{login} 的密码 / password of {login}", confirmed=False)
    passphrase = operating.secret("恢复口令 / passphrase of the copy", confirmed=True)

    async def work() -> None:
        given = operating.settings()
        async with operating.office(given) as office, operating.signed_in(office, login, password) as desk:
            content = FileProvider(given.home / KEY_FILE).content()
            sealed = await asyncio.to_thread(seal_copy, content, passphrase, entropy=os.urandom)
            _say(
                office, str(copy), await key_acts.export_keys(desk, lambda: asyncio.to_thread(_write_new, copy, sealed))
            )

    try:
        _run(work())
    except RecoveryRefused as error:
        raise _failed(str(error)) from None


@command.command("restore-recovery")
def restore_recovery(copy: OldCopy) -> None:
    """恢复密钥 / make the key file again from a recovery copy, in a home that has none."""
    given = operating.settings()
    path = given.home / KEY_FILE
    if path.exists() or path.is_symlink():
        raise _failed(f"{path}: 已有密钥文件,不会覆盖 / a key file is there, and is not replaced")
    try:
        with copy.open("rb") as file:
            content = file.read(LARGEST_COPY)
        passphrase = operating.secret("恢复口令 / passphrase of the copy", confirmed=False)
        given.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        FileProvider.restore(path, open_copy(content, passphrase))
    except RecoveryRefused as error:
        raise _failed(f"{copy}: {error}") from None
    except FileExistsError:
        raise _failed(f"{path}: 已有密钥文件,不会覆盖 / a key file is there, and is not replaced") from None
    except OSError as error:
        raise _failed(f"{copy}: {error.strerror}") from None
    typer.echo(f"{path}: 已恢复,请运行 baobei keys verify / restored; now run baobei keys verify")


def _run(work: Coroutine[Any, Any, _Made]) -> _Made:
    return asyncio.run(work)


async def _page() -> KeyPage:
    async with operating.office(operating.settings()) as office:
        return await key_page(office.keys, now=operating.now())


def _act(
    words: list[str],
    login: str,
    doing: Callable[[Desk, str], Awaitable[KeyDone]],
    *,
    said: str = _DONE,
    in_another_state: str | None = None,
) -> None:
    """Have somebody do something to a key, and say what came of it."""
    name = " ".join(words)
    password = operating.secret(f"{login} 的密码 / password of {login}", confirmed=False)

    async def work() -> None:
        async with operating.office(operating.settings()) as office:
            async with operating.signed_in(office, login, password) as desk:
                done = await _allowed(doing(desk, name), login)
            _say(office, name, done, said, in_another_state)

    _run(work())


async def _allowed(doing: Awaitable[KeyDone], login: str) -> KeyDone:
    """Do what the policy lets this person do, or say whom it lets."""
    try:
        return await doing
    except Forbidden:
        raise _failed(
            f"{login}: 只有密钥管理员(key_custodian)可以操作密钥 / only a key_custodian does anything to keys"
        ) from None


def _say(office: Office, name: str, done: KeyDone, said: str = _DONE, in_another_state: str | None = None) -> None:
    if done.refusal is not None:
        subject = subject_of(office.keys, name)
        states = (
            [one.state for one in office.keys.versions(subject.purpose) if one.id == subject.key] if subject else []
        )
        about = f"{name} ({key_pictures.STATES[states[0]]})" if states else name
        if done.needs:
            Console(stderr=True).print(key_pictures.needs(office.keys, done.needs))
        raise operating.refused(done.refusal, about, key_words.next_step(done.refusal.code, subject, in_another_state))
    if done.is_waiting and done.act is not None:
        act = reference(Kind.KEY_ACT, done.act)
        typer.echo(
            f"{name}: 已申请,须另一位密钥管理员在24小时内批准 / asked for; another custodian agrees within 24 hours:\n"
            f"  baobei keys approve {act} --login …"
        )
    else:
        typer.echo(f"{name}: {said}")


def _move(*, full_speed: bool, later: bool) -> None:
    """Move rows until nothing is left, and show how far it is."""
    if later:
        typer.echo("数据待移:baobei keys resume / rows are still to be moved: baobei keys resume")
        return

    async def work() -> bool:
        async with operating.office(operating.settings()) as office:
            with registers.progress("移动 move rows") as bar:

                def tell(progress: Progress) -> None:
                    bar(progress.done, progress.done + progress.left)

                outcome = await move_rows(office.keys, office.log, pace=FULL_SPEED if full_speed else Pace(), tell=tell)
            console = Console()
            rate = f"({outcome.moved / outcome.seconds:,.0f} 行 rows/s)" if outcome.moved and outcome.seconds else ""
            console.print(f"移动 moved {outcome.moved:,} 行 rows {rate}", highlight=False)
            if outcome.unopened:
                console.print(key_pictures.unopened(office.keys, outcome.unopened))
            if outcome.left:
                console.print(key_pictures.needs(office.keys, outcome.left))
            return bool(outcome.left)

    try:
        is_left = _run(work())
    except KeyboardInterrupt:
        typer.echo("baobei: 已停下,用 baobei keys resume 续做 / stopped; baobei keys resume goes on", err=True)
        raise typer.Exit(130) from None
    if is_left:
        raise typer.Exit(1)


def _failed(words: str) -> typer.Exit:
    typer.echo(f"baobei: {words}", err=True)
    return typer.Exit(1)


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read, durably, where none stands."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise RecoveryRefused(f"{path}: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
