"""The operator's command: `baobei serve | demo | migrate | import | template | verify | backup | accounts | keys`.

- It reads the environment, the clock and randomness, and gives them to whatever does the work.
- What goes wrong is one line in Chinese and English and an exit code, never a trace.
"""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial
from pathlib import Path  # noqa: TC003 (typer reads annotations when the command is made)
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from api import backups, journal, keys, operating, registers, rehearse
from api.settings import BadSetting, CannotRun, Settings
from authz.actor import Role  # noqa: TC001 (as above)
from claims.rulebook import BadRulebook, load_rulebook
from crypto.keyring import KeyRefused
from crypto.providers import ProviderUnavailable, WrongKey
from records import accounts
from records.connection import NoRoom, Unreachable
from records.importing import Report, import_register
from records.office import KEY_FILE
from records.refusals import Refused
from records.server import ServerError
from records.sheet import SheetFault
from records.verification import verify

if TYPE_CHECKING:
    from collections.abc import Coroutine

command = typer.Typer(
    help="报备 Baobei:客户报备系统 / customer registration.",
    no_args_is_help=True,
    # Typer would print the values of local variables beside a trace.
    pretty_exceptions_enable=False,
)
accounts_command = typer.Typer(help="账号 / accounts: personal, one a person (B14).", no_args_is_help=True)
command.add_typer(accounts_command, name="accounts")
command.add_typer(keys.command, name="keys")
command.add_typer(backups.command, name="backup")

_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def main() -> None:
    """Run the command; a failure that can be said in one line is."""
    try:
        command()
    except (
        BadSetting, CannotRun, ServerError, ProviderUnavailable, WrongKey, KeyRefused, BadRulebook
    ) as error:  # fmt: skip
        sys.exit(f"baobei: {error}")
    except SheetFault as fault:
        sys.exit(f"baobei: {fault.message('zh')} / {fault.message('en')}")
    except NoRoom:
        sys.exit(
            "baobei: 数据库磁盘已满,请腾出空间后再试(轮换用 baobei keys resume 续做)/ "
            "the database's disk is full: make room and try again (baobei keys resume goes on with a rotation)"
        )
    except Unreachable:
        sys.exit("baobei: 数据库无法连接(BAOBEI_DATABASE_URL)/ the database does not answer (BAOBEI_DATABASE_URL)")


def _run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@command.command("serve")
def serve_command() -> None:
    """提供服务 / serve GraphQL until Ctrl-C or SIGTERM (BAOBEI_HOST, BAOBEI_PORT)."""
    # What only a server needs takes longer to load than the other commands take to run.
    from api.app import build_app  # noqa: PLC0415
    from api.serving import serve  # noqa: PLC0415
    from schema import SCHEMA  # noqa: PLC0415

    settings = operating.settings()
    journal.install(sys.stderr)
    office = partial(operating.office, moves_rows=True)
    serve(build_app(settings, schema=SCHEMA, open_office=office, clock=operating.now), settings)


@command.command("demo")
def demo_command(
    port: Annotated[str | None, typer.Option(help="端口,0 为任意空闲端口 / the port, 0 for a free one")] = None,
    host: Annotated[str | None, typer.Option(help="监听地址 / the address to listen on")] = None,
    rulebook: Annotated[str | None, typer.Option(help="规则手册 / the rulebook")] = None,
) -> None:
    """运行演示 / run the demo: a sample register, an account of every role, GraphQL until Ctrl-C or SIGTERM."""
    from api import demo  # noqa: PLC0415 (as above)

    asked = {"BAOBEI_PORT": port, "BAOBEI_HOST": host, "BAOBEI_RULEBOOK": rulebook}
    environment = os.environ | {name: text for name, text in asked.items() if text is not None}
    settings, any_port = Settings.from_environment(environment), not environment.get("BAOBEI_PORT", "").strip()
    raise typer.Exit(demo.run(settings, any_port=any_port, clock=operating.now, entropy=os.urandom))


@command.command()
def migrate() -> None:
    """建立或更新数据表 / bring the database to the newest layout, and make keys where there are none."""

    async def work() -> None:
        async with operating.office(operating.settings()):
            pass

    _run(work())


@command.command("import")
def import_command(
    register: Annotated[Path, typer.Argument(help="登记表 / the register, CSV or XLSX", exists=True, dir_okay=False)],
    staff: Annotated[Path, typer.Option(help="员工名册 / the staff roll, CSV or XLSX", exists=True, dir_okay=False)],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查,不写入 / look only, write nothing")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象 / print one JSON object")] = False,
) -> None:
    """导入登记表 / bring a register into the book; rows that cannot be taken go to a file of their own."""
    settings, now = operating.settings(), operating.now()
    zone = load_rulebook(settings.rulebook).zone
    # Named after the register: an import that is begun again says the same in the same place.
    rejects = settings.home / f"rejects-{register.stem[:40]}.csv"

    async def work() -> Report:
        with registers.progress("导入 import") as tell:
            take = partial(import_register, path=register, staff=staff, rejects=rejects, now=now, zone=zone, tell=tell)
            if dry_run and settings.database_url is None and not (settings.home / KEY_FILE).exists():
                # Nothing can be repeated where there is no book, and a look makes none.
                return await take(None, dry_run=True)
            async with operating.office(settings) as office:
                return await take(office, dry_run=dry_run)

    report = asyncio.run(work())
    if as_json:
        typer.echo(orjson.dumps(report.written()))
    else:
        registers.print_report(report, dry_run=dry_run)


@command.command("template")
def template_command(
    file: Annotated[Path, typer.Argument(help="新文件 / the new file (XLSX)")],
) -> None:
    """客户登记表模板 / write a blank register to fill in and import; takes no file's place."""
    # As above.
    from records.blank_register import blank_register  # noqa: PLC0415

    try:
        with file.open("xb") as written:
            written.write(blank_register())
    except OSError:
        sys.exit(f"baobei: 无法新建文件(已存在或不可写)/ cannot make the file (there already, or not writable): {file}")


@command.command("verify")
def verify_command() -> None:
    """核对归属 / work out anew from the facts who holds what, and compare row by row."""

    async def work() -> bool:
        async with operating.office(operating.settings()) as office:
            with registers.progress("核对 verify") as tell:
                customers, differences = await verify(office.rulebook, tell=tell)
        registers.print_differences(customers, differences)
        return bool(differences)

    if asyncio.run(work()):
        raise typer.Exit(1)


@command.command("rehearse", context_settings=_PASSED_ON, help="演练案例文件 / run case files, without a database.")
@command.command("rulebook", context_settings=_PASSED_ON, help="检查、列出办法 / check and show rulebooks.")
def rehearse_command(context: typer.Context) -> None:
    """Hand the line on to where it is read; `baobei rehearse` itself goes there at once (`api.__main__`)."""
    raise typer.Exit(rehearse.run([str(context.info_name), *context.args]))


Login = Annotated[str, typer.Argument(help="登录名 / the login")]


@accounts_command.command("add")
def add_account(
    login: Login,
    number: Annotated[str, typer.Option(help="工号 / staff number")],
    name: Annotated[str, typer.Option(help="姓名 / the person's name")],
    role: Annotated[Role, typer.Option(help="角色 / role")],
    team: Annotated[str | None, typer.Option(help="团队 / team; as it was, unless it is named")] = None,
    *,
    region: Annotated[str | None, typer.Option(help="区域 / region served (J21); as it was otherwise")] = None,
) -> None:
    """开设账号 / open an account; the password is asked for, or read from standard input."""
    password = operating.secret("密码 / password", confirmed=True)

    async def work() -> None:
        async with operating.office(operating.settings()) as office:
            now = operating.now()
            person = await office.engage(number, name, role, team, now=now, region=region)
            opened = await accounts.open_account(person, login, password, now=now, entropy=os.urandom)
            if isinstance(opened, Refused):
                raise operating.refused(opened)

    _run(work())


@accounts_command.command("list")
def list_accounts() -> None:
    """列出账号 / list the accounts."""

    async def work() -> None:
        async with operating.office(operating.settings()):
            listed = await accounts.listed(now=operating.now())
        table = Table(
            "登录名 login", "工号 number", "姓名 name", "角色 role", "会话 sessions", "锁定/注销 locked/closed"
        )
        for one in listed:
            ended = one.closed_at or one.locked_at
            locked = ended.isoformat(timespec="seconds") if ended else ""
            table.add_row(one.login, one.number, one.name, one.role, str(one.sessions), locked)
        Console().print(table if listed else "还没有账号:baobei accounts add / no account yet: baobei accounts add")

    _run(work())


def _change(login: str, change: Coroutine[Any, Any, bool]) -> None:
    async def work() -> None:
        async with operating.office(operating.settings()):
            if not await change:
                typer.echo(f"baobei: 没有账号 {login} / no account {login}", err=True)
                raise typer.Exit(1)

    _run(work())


@accounts_command.command("lock")
def lock_account(login: Login) -> None:
    """锁定账号 / lock an account and end its sessions at once."""
    _change(login, accounts.lock(login, now=operating.now()))


@accounts_command.command("unlock")
def unlock_account(login: Login) -> None:
    """解锁账号 / unlock an account and forget its wrong passwords."""
    _change(login, accounts.unlock(login))


@accounts_command.command("sessions")
def end_sessions(login: Login) -> None:
    """结束会话 / end every session of an account."""
    _change(login, accounts.end_sessions(login, now=operating.now()))


@accounts_command.command("password")
def set_password(login: Login) -> None:
    """重设密码 / set a new password and end every session."""
    password = operating.secret("密码 / password", confirmed=True)

    async def work() -> None:
        async with operating.office(operating.settings()):
            refused = await accounts.reset_password(login, password, now=operating.now())
            if refused is not None:
                raise operating.refused(refused)

    _run(work())
