"""What custodians do to keys (密钥操作): each act with its person, instant and end.

- The log has an entry before an act begins and one when it has ended, under one trace: an act that was begun and has no
  end is a finding.
- What is refused says why: the state that a key is in, or the rows that still need it, by table and column.
- An act that a client names by a key of its own is done once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from authz.acts import Act
from crypto.keyring import KeyRefused, KeyState
from records import key_states
from records.audit import Entry
from records.connection import patient, transaction
from records.key_names import Subject, subject_of
from records.key_needs import Need, needs_of
from records.key_wrapping import rewrap_keys, rotate_kek
from records.keys import with_keys
from records.refusals import RefusalCode, Refused, not_found
from records.replays import IdempotencyConflict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk

_BEGIN: Final = """
INSERT INTO key_act (id, kind, subject, key_id, requested_by_id, requested_at, alone)
VALUES ($1, $2, $3, $4, $5, $6, false) ON CONFLICT (id) DO NOTHING RETURNING id
"""
_KNOWN: Final = "SELECT * FROM key_act WHERE id = $1"
_END: Final = (
    "UPDATE key_act SET ended_at = greatest($2, requested_at), outcome = $3, ended_by_id = $4 "
    "WHERE id = $1 AND ended_at IS NULL"
)


class Deed(StrEnum):
    """What is done to keys (closed; in the SDL)."""

    ROTATE = "rotate"
    COMPROMISE = "compromise"
    DISABLE = "disable"
    ENABLE = "enable"
    DESTROY = "destroy"
    REWRAP = "rewrap"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class KeyDone:
    """What became of an act: its row, whether it waits for another person; why it was refused, what needs the key."""

    act: UUID | None = None
    is_waiting: bool = False
    refusal: Refused | None = None
    needs: tuple[Need, ...] = ()
    replayed: bool = False


async def rotate_keys(desk: Desk, subject: str, *, suite: int | None = None, key: UUID | None = None) -> KeyDone:
    """Replace a purpose's key (轮换), or a key-encryption key (`kek data`); a rotator moves the rows."""
    await desk.require(Act.ROTATE_KEYS)
    meant = await meant_by(desk, subject)
    if meant is None or meant.key is not None:
        return KeyDone(refusal=not_found("subject"))

    async def rotate() -> str:
        if meant.is_kek:
            await rotate_kek(desk.keys.provider, meant.purpose)
            await rewrap_keys(desk.keys.provider)
        else:
            await key_states.rotate(desk.keys, meant.purpose, suite=suite)
        return "done"

    return await _do(desk, Deed.ROTATE, meant, rotate, key=key)


async def compromise_key(desk: Desk, subject: str, *, key: UUID | None = None) -> KeyDone:
    """Take a key out of use that somebody may know (泄露): a purpose's primary, or one version (`data/1`)."""
    await desk.require(Act.ROTATE_KEYS)
    meant = await meant_by(desk, subject)
    if meant is None or meant.is_kek:
        return KeyDone(refusal=not_found("subject"))
    number = meant.key if meant.key is not None else desk.keys.primary(meant.purpose).id

    async def compromise() -> str:
        made = await key_states.compromise(desk.keys, number)
        return "done" if made is not None or meant.key is not None else "without_successor"

    return await _do(desk, Deed.COMPROMISE, meant, compromise, key=key)


async def rewrap_all(desk: Desk, *, key: UUID | None = None) -> KeyDone:
    """Wrap every key anew by the first provider, under its newest version: so keys move from one to another (迁移)."""
    await desk.require(Act.ROTATE_KEYS)

    async def rewrap() -> str:
        await rewrap_keys(desk.keys.provider)
        return "done"

    return await _do(desk, Deed.REWRAP, Subject("kek", is_kek=True), rewrap, key=key)


async def export_keys(desk: Desk, copy: Callable[[], Awaitable[None]]) -> KeyDone:
    """Carry away a sealed copy of the key-encryption keys (恢复副本): `copy` makes it, once the log knows."""
    await desk.require(Act.ROTATE_KEYS)

    async def export() -> str:
        await copy()
        return "done"

    return await _do(desk, Deed.EXPORT, Subject("kek", is_kek=True), export)


async def disable_key(desk: Desk, subject: str, *, although_needed: bool = False, key: UUID | None = None) -> KeyDone:
    """Let a key open nothing any more (停用): it can be taken back for seven days, and later while a row needs it.

    Refused while rows need it, unless that is meant: then they cannot be read.
    """
    await desk.require(Act.ROTATE_KEYS)
    return await _move(desk, Deed.DISABLE, subject, KeyState.DISABLED, although_needed=although_needed, act=key)


async def enable_key(desk: Desk, subject: str, *, key: UUID | None = None) -> KeyDone:
    """Take a disabled key back (恢复), to be read from as before."""
    await desk.require(Act.ROTATE_KEYS)
    return await _move(desk, Deed.ENABLE, subject, None, although_needed=True, act=key)


async def _move(
    desk: Desk, deed: Deed, subject: str, state: KeyState | None, *, although_needed: bool, act: UUID | None
) -> KeyDone:
    meant = await meant_by(desk, subject)
    if meant is None or meant.key is None:
        return KeyDone(refusal=not_found("subject"))
    key = meant.key
    if not although_needed and (needs := await needs_for(key)):
        return KeyDone(refusal=Refused(RefusalCode.KEY_NEEDED), needs=needs)

    async def move() -> str:
        async with transaction() as tx:
            fetch = tx.execute_query_dict
            if state is None:
                await key_states.take_back(fetch, desk.keys, key)
            else:
                await key_states.move(fetch, desk.keys, key, state)
        return "done"

    return await _do(desk, deed, meant, move, key=act)


async def needs_for(key: int) -> tuple[Need, ...]:
    """List what needs a key."""
    async with transaction() as tx:
        return tuple(await needs_of(patient(tx), [key]))


async def meant_by(desk: Desk, subject: str) -> Subject | None:
    """Find what a name means, among the keys as they are now; None if it means nothing."""
    async with transaction() as tx:
        await desk.keys.follow(tx.execute_query_dict)
    return subject_of(desk.keys, subject)


async def _do(
    desk: Desk, deed: Deed, meant: Subject, work: Callable[[], Awaitable[str]], *, key: UUID | None = None
) -> KeyDone:
    """Do something between two entries of the log: that it begins, and how it ended; once for a key of the client's."""
    tag, act = f"key:{deed.value}", key or UUID(bytes=desk.entropy(16), version=4)
    outcome, refusal = "failed", None

    async def begin(tx: TransactionalDBClient) -> bool:
        is_new = await begin_act(tx.execute_query_dict, desk, act, deed, meant)
        if is_new:
            await desk.record(tx, Entry(tag, rule="begun", fields=(meant.name,)))
        return is_new

    async def end(tx: TransactionalDBClient) -> None:
        await end_act(desk, tx.execute_query_dict, act, outcome)
        is_done = outcome not in {"failed", "refused"}
        await desk.record(tx, Entry(tag, allowed=is_done, rule=outcome, fields=(meant.name,)))

    if not await with_keys(desk.keys, begin):
        return KeyDone(act, replayed=True)
    try:
        outcome = await work()
    except KeyRefused:
        outcome, refusal = "refused", Refused(RefusalCode.NOT_IN_STATE)
    finally:
        await with_keys(desk.keys, end)
    if desk.mover is not None and refusal is None:
        desk.mover.wake()
    return KeyDone(act, refusal=refusal)


async def begin_act(fetch: Fetch, desk: Desk, act: UUID, deed: Deed, meant: Subject) -> bool:
    """Write an act's row; False if it stands already. One of somebody else's, or of another act, is refused."""
    actor = desk.signed_in()
    if await fetch(_BEGIN, [act, deed.value, meant.name, meant.key, actor.staff, desk.now]):
        return True
    (known,) = await fetch(_KNOWN, [act])
    if (known["requested_by_id"], known["kind"], known["subject"]) != (actor.staff, deed.value, meant.name):
        raise IdempotencyConflict
    return False


async def end_act(desk: Desk, fetch: Fetch, act: UUID, outcome: str) -> None:
    """Write how an act ended, and by whom: another than who asked may have taken it back."""
    await fetch(_END, [act, desk.keys.clock(), outcome, desk.signed_in().staff])
