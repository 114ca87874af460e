"""Who may sign in, and as whom: personal accounts, opaque tokens, and what happens after wrong passwords.

- An account belongs to one person (B14); its token is shown once and stored as its SHA-256.
- A token ends when it expires, is revoked, or its account is locked or closed, and is asked of the database each time:
  nothing remembers a right that is gone.
- After five wrong passwords each further try waits twice as long; after ten the account is locked.
- Unknown login, wrong password, waiting, locked and closed are one answer, at one cost.
- The account of somebody who left is closed, and nobody opens it again.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.expressions import F

from authz.actor import Actor, Role
from authz.acts import Act
from records import audit, passwords
from records.connection import transaction
from records.people import CURRENT_TEAM
from records.refusals import RefusalCode, Refused
from records.tables import Account, Session
from records.undertaking_text import text_in_force

if TYPE_CHECKING:
    from collections.abc import Callable

    from tortoise.backends.base.client import TransactionalDBClient

    from crypto.sealed import Confidential
    from records.connection import Fetch
    from records.desk import Desk

SESSION_LIFE = timedelta(hours=12)
LONGEST_LOGIN = 100
FREE_FAILURES = 5
LOCKING_FAILURES = 10
_HASHING = asyncio.Semaphore(2)
"""Hashing takes a core and 64 MiB each: two at a time leave room for everybody else."""

_IDENTIFY = f"""
SELECT a.id, s.id AS staff, s.role, n.id AS session, ({CURRENT_TEAM}) AS team,
    EXISTS (SELECT FROM undertaking u WHERE u.staff_id = s.id AND u.version = $3 AND u.digest = $4) AS has_signed
FROM session n JOIN account a ON a.id = n.account_id JOIN staff s ON s.id = a.staff_id
WHERE n.token_hash = $1 AND n.revoked_at IS NULL AND n.expires_at > $2 AND a.locked_at IS NULL AND a.closed_at IS NULL
"""  # noqa: S608 (a constant of ours)
_CLOSE = "UPDATE account SET closed_at = $2 WHERE staff_id = $1 AND closed_at IS NULL RETURNING id"
_END = "UPDATE session SET revoked_at = $2 WHERE account_id = ANY($1) AND revoked_at IS NULL"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: its token, shown this once, and when it ends."""

    token: str = field(repr=False)
    expires_at: datetime
    actor: Actor


def _token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


async def identify(token: str, *, now: datetime) -> Actor | None:
    """Tell who a bearer token stands for, or nobody."""
    async with transaction() as tx:
        rows = await _identified(tx, token, now)
    if not rows:
        return None
    return _actor(rows[0])


async def _identified(tx: TransactionalDBClient, token: str, now: datetime) -> list[dict[str, Any]]:
    text = text_in_force()
    return await tx.execute_query_dict(_IDENTIFY, [_token_hash(token), now, text.version, text.digest])


def _actor(row: dict[str, Any]) -> Actor:
    return Actor(row["id"], row["staff"], Role(row["role"]), row["team"], row["session"], row["has_signed"])


async def open_account(
    staff: UUID, login: str, password: Confidential, *, now: datetime, entropy: Callable[[int], bytes]
) -> UUID | Refused:
    """Give a person an account of their own (B14); refuses a weak password, a taken login, a second account."""
    login = login.strip().lower()
    if not passwords.is_acceptable(password, login=login):
        return Refused(RefusalCode.PASSWORD_TOO_WEAK)
    account = UUID(bytes=entropy(16), version=4)
    stored = await asyncio.to_thread(passwords.hash_password, password)
    try:
        await Account.create(id=account, staff_id=staff, login=login, password_hash=stored, created_at=now)
    except IntegrityError:
        return Refused(RefusalCode.TAKEN)
    return account


def _is_waiting(account: Account, now: datetime) -> bool:
    if account.locked_at is not None or account.closed_at is not None:
        return True
    beyond = account.failures - FREE_FAILURES
    return beyond >= 0 and account.failed_at is not None and now < account.failed_at + timedelta(seconds=2**beyond)


async def _account_of(login: str) -> Account | None:
    """Find the account of a login; one that could not be kept is nobody's."""
    folded = login.strip().lower()
    return None if "\0" in folded or len(folded) > LONGEST_LOGIN else await Account.get_or_none(login=folded)


async def log_in(desk: Desk, login: str, password: Confidential) -> SignedIn | Refused:
    """Open a session for the right password; every other outcome is `WRONG_CREDENTIALS`, and logged."""
    now = desk.now
    account = await _account_of(login)
    async with _HASHING:
        right = await asyncio.to_thread(passwords.is_password, account and account.password_hash, password)
    if account is None or not right or _is_waiting(account, now):
        if account is not None and not _is_waiting(account, now):
            await _count_failure(account.id, now)
        await desk.note(audit.Entry("session:open", allowed=False, rule="wrong_credentials"))
        return Refused(RefusalCode.WRONG_CREDENTIALS)
    changes: dict[str, object] = {"failures": 0, "failed_at": None}
    if passwords.is_outdated(account.password_hash):
        changes["password_hash"] = await asyncio.to_thread(passwords.hash_password, password)
    async with transaction() as tx:
        await Account.filter(id=account.id).using_db(tx).update(**changes)
        return await _open_session(tx, desk, account, audit.Entry("session:open"))


async def open_session_for(desk: Desk, login: str) -> SignedIn | Refused:
    """Open a session for an account without its password, unlocked and its other sessions ended: the operator's act."""
    async with transaction() as tx:
        account = await Account.filter(login=login.strip().lower()).using_db(tx).first()
        if account is None or account.closed_at is not None:
            return Refused(RefusalCode.NOT_FOUND)
        await Account.filter(id=account.id).using_db(tx).update(locked_at=None, failures=0, failed_at=None)
        mine = Session.filter(account_id=account.id, revoked_at__isnull=True)
        await mine.using_db(tx).update(revoked_at=desk.now)
        return await _open_session(tx, desk, account, audit.Entry("session:open", rule="operator"))


async def _open_session(tx: TransactionalDBClient, desk: Desk, account: Account, entry: audit.Entry) -> SignedIn:
    token = "bb_" + base64.urlsafe_b64encode(desk.entropy(32)).decode().rstrip("=")
    expires_at = desk.now + SESSION_LIFE
    await Session.create(
        using_db=tx, id=UUID(bytes=desk.entropy(16), version=4), account_id=account.id, token_hash=_token_hash(token),
        created_at=desk.now, expires_at=expires_at, address=desk.address,
    )  # fmt: skip
    actor = _actor((await _identified(tx, token, desk.now))[0])
    await replace(desk, actor=actor).record(tx, entry)
    return SignedIn(token, expires_at, actor)


async def _count_failure(account: UUID, now: datetime) -> None:
    async with transaction() as tx:
        mine = Account.filter(id=account).using_db(tx)
        await mine.update(failures=F("failures") + 1, failed_at=now)
        await mine.filter(failures__gte=LOCKING_FAILURES, locked_at__isnull=True).update(locked_at=now)


async def log_out(desk: Desk) -> None:
    """End the session that is asking."""
    actor = await desk.require(Act.LOG_OUT)
    async with transaction() as tx:
        mine = Session.filter(id=actor.session, revoked_at__isnull=True)
        await mine.using_db(tx).update(revoked_at=desk.now)
        await desk.record(tx, audit.Entry("session:close"))


async def change_password(desk: Desk, old: Confidential, new: Confidential) -> Refused | None:
    """Replace one's own password and end every other session of the account."""
    actor = await desk.require(Act.CHANGE_PASSWORD)
    account = await Account.get(id=actor.id)
    async with _HASHING:
        right = await asyncio.to_thread(passwords.is_password, account.password_hash, old)
    if not right or _is_waiting(account, desk.now):
        if not _is_waiting(account, desk.now):
            await _count_failure(account.id, desk.now)
        await desk.note(audit.Entry("account:password", allowed=False, rule="wrong_credentials"))
        return Refused(RefusalCode.WRONG_CREDENTIALS)
    if old == new or not passwords.is_acceptable(new, login=account.login):
        return Refused(RefusalCode.PASSWORD_TOO_WEAK)
    stored = await asyncio.to_thread(passwords.hash_password, new)
    async with transaction() as tx:
        await Account.filter(id=account.id).using_db(tx).update(password_hash=stored, failures=0, failed_at=None)
        others = Session.filter(account_id=account.id, revoked_at__isnull=True).exclude(id=actor.session)
        await others.using_db(tx).update(revoked_at=desk.now)
        await desk.record(tx, audit.Entry("account:password"))
    return None


async def close_account_of(fetch: Fetch, staff: UUID, *, now: datetime) -> None:
    """Close the account of somebody who leaves, and end its sessions, in the transaction of their departure."""
    closed = [row["id"] for row in await fetch(_CLOSE, [staff, now])]
    await fetch(_END, [closed, now])


async def lock(login: str, *, now: datetime) -> bool:
    """Lock an account and end its sessions; False when there is none of this login."""
    async with transaction() as tx:
        account = await Account.filter(login=login.strip().lower()).using_db(tx).first()
        if account is None:
            return False
        await Account.filter(id=account.id, locked_at__isnull=True).using_db(tx).update(locked_at=now)
        await Session.filter(account_id=account.id, revoked_at__isnull=True).using_db(tx).update(revoked_at=now)
    return True


async def unlock(login: str) -> bool:
    """Unlock an account and forget its wrong passwords; False when there is none of this login."""
    changed = await Account.filter(login=login.strip().lower()).update(locked_at=None, failures=0, failed_at=None)
    return changed > 0


async def end_sessions(login: str, *, now: datetime) -> bool:
    """End every session of an account; False when there is none of this login."""
    account = await Account.get_or_none(login=login.strip().lower())
    if account is None:
        return False
    await Session.filter(account_id=account.id, revoked_at__isnull=True).update(revoked_at=now)
    return True


async def reset_password(login: str, password: Confidential, *, now: datetime) -> Refused | None:
    """Set an account's password for its person, unlock it, and end its sessions."""
    account = await Account.get_or_none(login=login.strip().lower())
    if account is None:
        return Refused(RefusalCode.NOT_FOUND)
    if not passwords.is_acceptable(password, login=account.login):
        return Refused(RefusalCode.PASSWORD_TOO_WEAK)
    stored = await asyncio.to_thread(passwords.hash_password, password)
    async with transaction() as tx:
        mine = Account.filter(id=account.id).using_db(tx)
        await mine.update(password_hash=stored, failures=0, failed_at=None, locked_at=None)
        await Session.filter(account_id=account.id, revoked_at__isnull=True).using_db(tx).update(revoked_at=now)
    return None


@dataclass(frozen=True, slots=True)
class Listed:
    """An account as an operator sees it."""

    login: str
    number: str
    name: str
    role: str
    sessions: int
    locked_at: datetime | None
    closed_at: datetime | None


async def listed(*, now: datetime) -> list[Listed]:
    """List the accounts by login, each with how many sessions are open."""
    async with transaction() as tx:
        rows = await tx.execute_query_dict(
            "SELECT a.login, s.number, s.name, s.role, a.locked_at, a.closed_at, (SELECT count(*) FROM session n "
            "WHERE n.account_id = a.id AND n.revoked_at IS NULL AND n.expires_at > $1) AS sessions "
            "FROM account a JOIN staff s ON s.id = a.staff_id ORDER BY a.login",
            [now],
        )
    return [Listed(**row) for row in rows]
