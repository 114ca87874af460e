"""A token is a right that can be taken back at once; a password is guessed slowly, then not at all."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from authz.actor import Role
from crypto.sealed import Confidential
from records import accounts, passwords, people
from records.office import open_office
from records.refusals import RefusalCode, Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from records.desk import Desk

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
PASSWORD = Confidential("correct horse battery")
WRONG = Confidential("incorrect horse battery")


@asynccontextmanager
async def _open(url: str, folder: Path) -> AsyncIterator[Desk]:
    """An office with one salesperson of one team who has an account, and nobody's desk in it."""
    async with open_office(folder, url, clock=lambda: NOW, entropy=os.urandom) as office:
        team = (await people.teams_named(["红队"], entropy=os.urandom))["红队"]
        person = await people.add_person(
            "S001", "龙敏", Role.SALESPERSON, team, from_at=NOW, now=NOW, entropy=os.urandom
        )
        opened = await accounts.open_account(person, "LongMin ", PASSWORD, now=NOW, entropy=os.urandom)
        assert not isinstance(opened, Refused)
        yield office.desk(None, now=NOW, request_id=uuid4(), language="zh", address="127.0.0.1", client=None)


async def _log_in(
    desk: Desk, password: Confidential = PASSWORD, *, now: datetime = NOW, login: str = "longmin"
) -> accounts.SignedIn | Refused:
    return await accounts.log_in(replace(desk, now=now), login, password)


def test_a_session_ends_when_it_expires_is_revoked_or_its_account_is_locked(given_url: str, tmp_path: Path) -> None:
    """Asked of the database each time, so at once; the token itself is stored nowhere."""

    async def run() -> None:
        async with _open(given_url, tmp_path) as desk:
            first, second = await _log_in(desk), await _log_in(desk)
            assert isinstance(first, accounts.SignedIn)
            assert isinstance(second, accounts.SignedIn)
            assert first.token not in repr(first)
            actor = await accounts.identify(first.token, now=NOW)
            assert actor == first.actor
            assert actor.role is Role.SALESPERSON
            assert actor.team is not None
            assert await accounts.identify(first.token + "x", now=NOW) is None
            assert await accounts.identify("\ud800", now=NOW) is None
            assert await accounts.identify(first.token, now=NOW + accounts.SESSION_LIFE) is None
            await accounts.log_out(replace(desk, actor=actor))
            assert await accounts.identify(first.token, now=NOW) is None
            assert await accounts.identify(second.token, now=NOW) is not None, "the control"
            assert await accounts.lock("longmin", now=NOW)
            assert await accounts.identify(second.token, now=NOW) is None
            assert isinstance(await _log_in(desk), Refused)
            assert await accounts.unlock("longmin")
            assert await accounts.identify(second.token, now=NOW) is None, "a revoked session stays so"
            assert isinstance(await _log_in(desk), accounts.SignedIn)

    asyncio.run(run())


def test_wrong_passwords_slow_and_then_lock_an_account(given_url: str, tmp_path: Path) -> None:
    """Five tries are free; then waits double; the tenth locks, and time does not unlock."""

    async def run() -> None:
        async with _open(given_url, tmp_path) as desk:
            for _ in range(accounts.FREE_FAILURES):
                assert isinstance(await _log_in(desk, WRONG), Refused)
            assert isinstance(await _log_in(desk), Refused), "the right password waits too"
            now = NOW + timedelta(seconds=2)
            for failures in range(accounts.FREE_FAILURES, accounts.LOCKING_FAILURES):
                assert isinstance(await _log_in(desk, WRONG, now=now), Refused)
                now += timedelta(seconds=2 ** (failures - accounts.FREE_FAILURES + 1) + 1)
            assert isinstance(await _log_in(desk, now=now + timedelta(days=30)), Refused)

    asyncio.run(run())


def test_a_right_password_forgets_the_wrong_ones(given_url: str, tmp_path: Path) -> None:
    """Four wrong, one right, four wrong: still free (the control of the test above)."""

    async def run() -> None:
        async with _open(given_url, tmp_path) as desk:
            for _ in range(2):
                for _ in range(accounts.FREE_FAILURES - 1):
                    await _log_in(desk, WRONG)
                assert isinstance(await _log_in(desk), accounts.SignedIn)

    asyncio.run(run())


def test_unknown_and_wrong_are_one_answer(given_url: str, tmp_path: Path) -> None:
    """Leaks 74: the same refusal, and the same work done."""

    async def run() -> None:
        async with _open(given_url, tmp_path) as desk:
            unknown = await _log_in(desk, login="nobody")
            assert unknown == await _log_in(desk, WRONG) == Refused(RefusalCode.WRONG_CREDENTIALS)

    asyncio.run(run())


def test_an_account_is_one_persons_own(given_url: str, tmp_path: Path) -> None:
    """B14: the same login for another person, and another login for the same person, are refused."""

    async def run() -> None:
        async with _open(given_url, tmp_path):
            other = await people.add_person(
                "S002", "胡健", Role.SALESPERSON, None, from_at=NOW, now=NOW, entropy=os.urandom
            )
            same = await people.add_person(
                "S001", "龙敏", Role.SALESPERSON, None, from_at=NOW, now=NOW, entropy=os.urandom
            )
            for staff, login in ((other, "LONGMIN"), (same, "another")):
                opened = await accounts.open_account(staff, login, PASSWORD, now=NOW, entropy=os.urandom)
                assert opened == Refused(RefusalCode.TAKEN)

    asyncio.run(run())


def test_a_changed_password_ends_the_other_sessions(given_url: str, tmp_path: Path) -> None:
    """The session that changed it goes on; weak, equal and wrong ones are refused."""

    async def run() -> None:
        async with _open(given_url, tmp_path) as desk:
            mine, other = await _log_in(desk), await _log_in(desk)
            assert isinstance(mine, accounts.SignedIn)
            assert isinstance(other, accounts.SignedIn)
            new = Confidential("another horse entirely")
            mine_desk = replace(desk, actor=mine.actor)
            for old, wanted, code in (
                (WRONG, new, RefusalCode.WRONG_CREDENTIALS),
                (PASSWORD, PASSWORD, RefusalCode.PASSWORD_TOO_WEAK),
                (PASSWORD, Confidential("short"), RefusalCode.PASSWORD_TOO_WEAK),
            ):
                refused = await accounts.change_password(mine_desk, old, wanted)
                assert refused == Refused(code)
            assert await accounts.change_password(mine_desk, PASSWORD, new) is None
            assert await accounts.identify(mine.token, now=NOW) is not None
            assert await accounts.identify(other.token, now=NOW) is None
            assert isinstance(await _log_in(desk), Refused)
            assert isinstance(await _log_in(desk, new), accounts.SignedIn)

    asyncio.run(run())


def test_a_change_of_team_adds_a_membership_and_rewrites_none(given_url: str, tmp_path: Path) -> None:
    """The team of a person is rows with their days."""

    async def run() -> None:
        async with _open(given_url, tmp_path) as desk:
            signed_in = await _log_in(desk)
            assert isinstance(signed_in, accounts.SignedIn)
            teams = await people.teams_named(["红队", "蓝队"], entropy=os.urandom)
            assert signed_in.actor.team == teams["红队"]
            tomorrow = NOW + timedelta(days=1)
            for _ in range(2):
                again = await people.add_person(
                    "S001", "龙敏", Role.SALESPERSON, teams["蓝队"], from_at=tomorrow, now=NOW, entropy=os.urandom
                )
                assert again == signed_in.actor.staff
            for at, team in ((NOW, "红队"), (NOW + timedelta(hours=11), "红队")):
                actor = await accounts.identify(signed_in.token, now=at)
                assert actor is not None
                assert actor.team == teams[team]
            later = await _log_in(desk, now=tomorrow)
            assert isinstance(later, accounts.SignedIn)
            assert later.actor.team == teams["蓝队"]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("password", "accepted"),
    [
        ("short", False),
        ("a" * 20, False),
        ("longmin12345", False),
        ("x" * 257, False),
        ("报备系统的一个长密码12", True),
    ],
)
def test_a_password_is_long_and_not_the_login(password: str, *, accepted: bool) -> None:
    """NIST SP 800-63B: length, no composition rules."""
    assert passwords.is_acceptable(Confidential(password), login="LongMin12345") is accepted


def test_a_password_typed_in_full_width_is_the_same_password() -> None:
    """NFKC; another password is not (the control)."""
    stored = passwords.hash_password(Confidential("correct horse 12"))
    assert passwords.is_password(stored, Confidential("correct horse 12"))
    assert not passwords.is_password(stored, WRONG)
    assert not passwords.is_password(None, WRONG)
    assert not passwords.is_password(None, Confidential("nobody's password")), "nobody has a password"
