"""What the operator's commands have in common: the settings, the office, the clock, and how a password is asked for."""

from __future__ import annotations

import os
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import typer

from api.settings import Settings
from crypto.sealed import Confidential
from records import accounts
from records.office import open_office
from records.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from records.desk import Desk
    from records.office import Office

now = partial(datetime.now, UTC)


def at(seconds: float) -> datetime:
    """Give the instant so many seconds after the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def settings() -> Settings:
    """Read what the operator sets."""
    return Settings.from_environment(os.environ)


@asynccontextmanager
async def office(given: Settings, *, moves_rows: bool = False) -> AsyncIterator[Office]:
    """Open the office; a server's moves what rotations have left."""
    async with open_office(
        given.home, given.database_url, clock=now, entropy=os.urandom, rulebook=given.rulebook,
        two_people=given.two_people, ledger=given.ledger, key_places=given.key_places,
        moves_rows=moves_rows,
    ) as opened:  # fmt: skip
        yield opened


def secret(words: str, *, confirmed: bool) -> Confidential:
    """Ask for a secret on a terminal, or read one line of standard input: never an argument, which `ps` shows."""
    if sys.stdin.isatty():
        return Confidential(typer.prompt(words, hide_input=True, confirmation_prompt=confirmed, err=True))
    return Confidential(sys.stdin.readline().rstrip("\n"))


def refused(outcome: Refused, about: str = "", then: str = "") -> typer.Exit:
    """Say a refusal in one line, with what to do next where its own words do not, and give what ends the command."""
    colon, dash = f"{about}: " if about else "", f" — {then}" if then else ""
    typer.echo(f"baobei: {colon}{outcome.message('zh')} / {outcome.message('en')}{dash}", err=True)
    return typer.Exit(1)


@asynccontextmanager
async def signed_in(opened: Office, login: str, password: Confidential) -> AsyncIterator[Desk]:
    """Give somebody a desk for one command: signed in by their own password, signed out after it."""
    desk = opened.desk(
        None, now=now(), request_id=UUID(bytes=os.urandom(16), version=4), language="zh", address=None, client="baobei"
    )
    session = await accounts.log_in(desk, login, password)
    if isinstance(session, Refused):
        raise refused(session, login)
    desk = replace(desk, actor=session.actor)
    try:
        yield desk
    finally:
        await accounts.log_out(replace(desk, now=now()))
