"""What custodians do to keys (密钥操作): each act with its person, instant and end; two people where it is for good.

- The log has an entry before an act begins and one when it has ended, under one trace: an act that was begun and has no
  end is a finding.
- Destroying is asked for by one person and agreed to by another within 24 hours. An installation that has one custodian
  may record instead of refusing that both are one: that shows in every report from then on.
- What is refused says why: the state that a key is in, or the rows that still need it, by table and column.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg
from tortoise.exceptions import IntegrityError

from authz.acts import Act
from authz.policy import Condition, TwoPeople
from crypto.keyring import KeyRefused, KeyState
from records import key_states
from records.audit import Entry
from records.connection import patient, transaction
from records.key_names import KEK, Subject, subject_of
from records.key_needs import Need, needs_of
from records.key_wrapping import needed_keks, retire_keks, rewrap_keys, rotate_kek
from records.keys import with_keys
from records.references import Kind, row_of
from records.refusals import RefusalCode, Refused, not_found

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk

AGREED_WITHIN: Final = timedelta(hours=24)
_BEGIN: Final = """
INSERT INTO key_act (id, kind, subject, key_id, requested_by_id, requested_at, alone)
VALUES ($1, $2, $3, $4, $5, $6, false)
"""
_END: Final = (
    "UPDATE key_act SET ended_at = greatest($2, requested_at), outcome = $3 WHERE id = $1 AND ended_at IS NULL"
)
_ASKED: Final = "SELECT * FROM key_act WHERE id = $1 FOR UPDATE"
_AGREE: Final = "UPDATE key_act SET approved_by_id = $2, approved_at = $3, alone = $4 WHERE id = $1"
_DESTROY: Final = "DELETE FROM key_material WHERE id = $1"


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


async def rotate_key(desk: Desk, subject: str, *, suite: int | None = None) -> KeyDone:
    """Replace a purpose's key (轮换), or a key-encryption key (`kek data`); a rotator moves the rows."""
    await desk.require(Act.ROTATE_KEYS)
    meant = await _meant(desk, subject)
    if meant is None or meant.key is not None:
        return KeyDone(refusal=not_found("subject"))

    async def rotate() -> str:
        if meant.is_kek:
            await rotate_kek(desk.keys.provider, meant.purpose)
            await rewrap_keys(desk.keys.provider)
        else:
            await key_states.rotate(desk.keys, meant.purpose, suite=suite)
        return "done"

    return await _do(desk, Deed.ROTATE, meant, rotate)


async def compromise_key(desk: Desk, subject: str) -> KeyDone:
    """Take a key out of use that somebody may know (泄露): a purpose's primary, or one version (`data/1`)."""
    await desk.require(Act.ROTATE_KEYS)
    meant = await _meant(desk, subject)
    if meant is None or meant.is_kek:
        return KeyDone(refusal=not_found("subject"))
    key = meant.key if meant.key is not None else desk.keys.primary(meant.purpose).id

    async def compromise() -> str:
        made = await key_states.compromise(desk.keys, key)
        return "done" if made is not None or meant.key is not None else "without_successor"

    return await _do(desk, Deed.COMPROMISE, meant, compromise)


async def rewrap_all(desk: Desk) -> KeyDone:
    """Wrap every key anew by the first provider, under its newest version: so keys move from one to another (迁移)."""
    await desk.require(Act.ROTATE_KEYS)

    async def rewrap() -> str:
        await rewrap_keys(desk.keys.provider)
        return "done"

    return await _do(desk, Deed.REWRAP, Subject("kek", is_kek=True), rewrap)


async def export_keys(desk: Desk, copy: Callable[[], Awaitable[None]]) -> KeyDone:
    """Carry away a sealed copy of the key-encryption keys (恢复副本): `copy` makes it, once the log knows."""
    await desk.require(Act.ROTATE_KEYS)

    async def export() -> str:
        await copy()
        return "done"

    return await _do(desk, Deed.EXPORT, Subject("kek", is_kek=True), export)


async def disable_key(desk: Desk, subject: str, *, although_needed: bool = False) -> KeyDone:
    """Let a key open nothing any more (停用): it can be taken back for seven days, and later while a row needs it.

    Refused while rows need it, unless that is meant: then they cannot be read.
    """
    await desk.require(Act.ROTATE_KEYS)
    return await _move(desk, Deed.DISABLE, subject, KeyState.DISABLED, although_needed=although_needed)


async def enable_key(desk: Desk, subject: str) -> KeyDone:
    """Take a disabled key back (恢复), to be read from as before."""
    await desk.require(Act.ROTATE_KEYS)
    return await _move(desk, Deed.ENABLE, subject, None, although_needed=True)


async def _move(desk: Desk, deed: Deed, subject: str, state: KeyState | None, *, although_needed: bool) -> KeyDone:
    meant = await _meant(desk, subject)
    if meant is None or meant.key is None:
        return KeyDone(refusal=not_found("subject"))
    key = meant.key
    if not although_needed and (needs := await _needs(key)):
        return KeyDone(refusal=Refused(RefusalCode.KEY_NEEDED), needs=needs)

    async def move() -> str:
        async with transaction() as tx:
            fetch = tx.execute_query_dict
            was = await fetch("SELECT compromised_at FROM key_version WHERE id = $1", [key])
            back = KeyState.COMPROMISED if was[0]["compromised_at"] else KeyState.DECRYPT_ONLY
            await key_states.move(fetch, desk.keys, key, state or back)
        return "done"

    return await _do(desk, deed, meant, move)


async def request_destruction(desk: Desk, subject: str) -> KeyDone:
    """Ask that a disabled key, or a key-encryption key's older versions, be destroyed (销毁); another person agrees."""
    actor = await desk.require(Act.REQUEST_KEY_ACT)
    meant = await _meant(desk, subject)
    if meant is None or (meant.key is None and not meant.is_kek):
        return KeyDone(refusal=not_found("subject"))
    if (refused := await _hindrance(desk, meant.key, meant.name)) is not None:
        return refused
    act = UUID(bytes=desk.entropy(16), version=4)

    async def ask(tx: TransactionalDBClient) -> KeyDone:
        values = [act, Deed.DESTROY.value, meant.name, meant.key, actor.staff, desk.now]
        await tx.execute_query_dict(_BEGIN, values)
        await desk.record(tx, Entry("key:destroy", rule="asked", fields=(meant.name,)))
        return KeyDone(act, is_waiting=True)

    return await with_keys(desk.keys, ask)


async def approve_key_act(desk: Desk, reference: str) -> KeyDone:
    """Agree to what somebody else asked for, within 24 hours, and have it done."""
    actor = await desk.require(Act.APPROVE_KEY_ACT, facts=[Condition.TWO_PEOPLE])
    act = row_of(Kind.KEY_ACT, reference)

    async def agree(tx: TransactionalDBClient) -> KeyDone | Mapping[str, Any]:
        asked = await _asked(tx.execute_query_dict, act)
        if asked is None:
            return KeyDone(refusal=not_found("act"))
        is_alone = asked["requested_by_id"] == actor.staff
        if (refusal := _disagreement(asked, desk, is_alone=is_alone)) is not None:
            return KeyDone(act, refusal=refusal)
        await tx.execute_query_dict(_AGREE, [act, actor.staff, desk.now, is_alone])
        rule = "one_person" if is_alone else "two_people"
        await desk.record(tx, Entry("key:destroy", rule=rule, fields=(asked["subject"],)))
        return asked

    agreed = await with_keys(desk.keys, agree)
    return agreed if isinstance(agreed, KeyDone) else await _destroy(desk, agreed)


async def cancel_key_act(desk: Desk, reference: str) -> KeyDone:
    """Take back what was asked for (撤回), by whoever asked or another custodian, until somebody has agreed to it."""
    await desk.require(Act.REQUEST_KEY_ACT)
    act = row_of(Kind.KEY_ACT, reference)

    async def cancel(tx: TransactionalDBClient) -> KeyDone:
        asked = await _asked(tx.execute_query_dict, act)
        if asked is None:
            return KeyDone(refusal=not_found("act"))
        if asked["ended_at"] is not None or asked["approved_at"] is not None:
            return KeyDone(asked["id"], refusal=Refused(RefusalCode.NOT_IN_STATE))
        await _end(desk, tx.execute_query_dict, asked["id"], "cancelled")
        await desk.record(tx, Entry("key:destroy", allowed=False, rule="cancelled", fields=(asked["subject"],)))
        return KeyDone(asked["id"])

    return await with_keys(desk.keys, cancel)


async def _asked(fetch: Fetch, act: UUID | None) -> Mapping[str, Any] | None:
    """Hold and give the act that somebody asked for; None if there is none."""
    rows = await fetch(_ASKED, [act])
    return rows[0] if rows and rows[0]["kind"] == Deed.DESTROY else None


def _disagreement(asked: Mapping[str, Any], desk: Desk, *, is_alone: bool) -> Refused | None:
    """Say why an act cannot be agreed to: it is over, too old, or one's own."""
    if asked["ended_at"] is not None or desk.now > asked["requested_at"] + AGREED_WITHIN:
        return Refused(RefusalCode.NOT_IN_STATE)
    if is_alone and desk.two_people is TwoPeople.REQUIRED:
        return Refused(RefusalCode.ANOTHER_PERSON)
    return None


async def _destroy(desk: Desk, asked: Mapping[str, Any]) -> KeyDone:
    """Destroy a key in one transaction with the end of its act; what needs it by now refuses it still."""
    act, key, name = asked["id"], asked["key_id"], asked["subject"]

    async def destroy(tx: TransactionalDBClient) -> KeyDone:
        fetch = tx.execute_query_dict
        if key is None:
            await retire_keks(fetch, desk.keys.provider, name.removeprefix(KEK))
        else:
            await fetch(_DESTROY, [key])
            await key_states.move(fetch, desk.keys, key, KeyState.DESTROYED)
        await _end(desk, fetch, act, "done")
        await desk.record(tx, Entry("key:destroy", rule="done", fields=(name,)))
        return KeyDone(act)

    refused = await _hindrance(desk, key, name)
    if refused is None:
        try:
            return await with_keys(desk.keys, destroy)
        except (IntegrityError, asyncpg.IntegrityConstraintViolationError, KeyRefused):
            refused = await _hindrance(desk, key, name) or KeyDone(refusal=Refused(RefusalCode.NOT_IN_STATE))

    async def end(tx: TransactionalDBClient) -> KeyDone:
        await _end(desk, tx.execute_query_dict, act, "refused")
        await desk.record(tx, Entry("key:destroy", allowed=False, rule="refused", fields=(name,)))
        return KeyDone(act, refusal=refused.refusal, needs=refused.needs)

    return await with_keys(desk.keys, end)


async def _hindrance(desk: Desk, key: int | None, name: str) -> KeyDone | None:
    """Say what forbids that a key be destroyed: rows that need it, or its state; None if nothing does."""
    if key is None:
        return await _kek_hindrance(desk, name.removeprefix(KEK))
    if needs := await _needs(key):
        return KeyDone(refusal=Refused(RefusalCode.KEY_NEEDED), needs=needs)
    async with transaction() as tx:
        known = await key_states.known_version(tx.execute_query_dict, key)
    return None if known.state is KeyState.DISABLED else KeyDone(refusal=Refused(RefusalCode.NOT_IN_STATE))


async def _kek_hindrance(desk: Desk, family: str) -> KeyDone | None:
    """Say what forbids that a key-encryption key's older versions go: keys under them, or that there are none."""
    async with transaction() as tx:
        needed = await needed_keks(tx.execute_query_dict, desk.keys.provider, family)
    if needed:
        needs = tuple(Need(one.key, "key_material", "wrapped", 1) for one in needed)
        return KeyDone(refusal=Refused(RefusalCode.KEY_NEEDED), needs=needs)
    versions = await asyncio.to_thread(desk.keys.provider.versions, family)
    return KeyDone(refusal=Refused(RefusalCode.NOT_IN_STATE)) if len(versions) == 1 else None


async def _needs(key: int) -> tuple[Need, ...]:
    async with transaction() as tx:
        return tuple(await needs_of(patient(tx), [key]))


async def _meant(desk: Desk, subject: str) -> Subject | None:
    async with transaction() as tx:
        await desk.keys.follow(tx.execute_query_dict)
    return subject_of(desk.keys, subject)


async def _do(desk: Desk, deed: Deed, meant: Subject, work: Callable[[], Awaitable[str]]) -> KeyDone:
    """Do something between two entries of the log: that it begins, and how it ended."""
    actor, tag = desk.signed_in(), f"key:{deed.value}"
    act = UUID(bytes=desk.entropy(16), version=4)
    outcome, refusal = "failed", None

    async def begin(tx: TransactionalDBClient) -> None:
        values = [act, deed.value, meant.name, meant.key, actor.staff, desk.now]
        await tx.execute_query_dict(_BEGIN, values)
        await desk.record(tx, Entry(tag, rule="begun", fields=(meant.name,)))

    async def end(tx: TransactionalDBClient) -> None:
        await _end(desk, tx.execute_query_dict, act, outcome)
        is_done = outcome not in {"failed", "refused"}
        await desk.record(tx, Entry(tag, allowed=is_done, rule=outcome, fields=(meant.name,)))

    await with_keys(desk.keys, begin)
    try:
        outcome = await work()
    except KeyRefused:
        outcome, refusal = "refused", Refused(RefusalCode.NOT_IN_STATE)
    finally:
        await with_keys(desk.keys, end)
    return KeyDone(act, refusal=refusal)


async def _end(desk: Desk, fetch: Fetch, act: UUID, outcome: str) -> None:
    await fetch(_END, [act, desk.keys.clock(), outcome])
