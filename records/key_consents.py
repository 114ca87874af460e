"""What two people do to keys (两人操作): destroying is asked for by one, and agreed to by another within 24 hours.

- An installation that has one custodian may record instead of refusing that both are one: that shows in every report
  from then on.
- What was agreed to is refused all the same if a row needs the key by then: two people must not lose anybody's data.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg
from tortoise.exceptions import IntegrityError

from authz.acts import Act
from authz.policy import Condition
from crypto.keyring import KeyRefused, KeyState
from records import key_states
from records.audit import Entry
from records.connection import transaction
from records.erasure import erase_person
from records.key_acts import (
    Deed,
    KeyDone,
    begin_act,
    compromise_key,
    disable_key,
    enable_key,
    end_act,
    meant_by,
    needs_for,
    rewrap_all,
    rotate_keys,
)  # fmt: skip
from records.key_names import KEK, Subject
from records.key_needs import Need
from records.key_wrapping import needed_keks, retire_keks
from records.keys import with_keys
from records.person_keys import PERSON, hindrance_of, holder_named
from records.proofreading import Proof
from records.references import Kind, row_of
from records.refusals import ProblemCode, RefusalCode, Refused, not_found
from records.two_people import AGREED_WITHIN, disagreement, is_alone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tortoise.backends.base.client import TransactionalDBClient

    from records.connection import Fetch
    from records.desk import Desk

_WAITING: Final = """
SELECT id FROM key_act WHERE kind = 'destroy' AND subject = $1 AND ended_at IS NULL AND approved_at IS NULL
AND requested_at >= $2 AND NOT EXISTS (SELECT FROM key_act WHERE id = $3) ORDER BY requested_at LIMIT 1
"""
_ASKED: Final = "SELECT * FROM key_act WHERE id = $1 FOR UPDATE"
_AGREE: Final = "UPDATE key_act SET approved_by_id = $2, approved_at = $3, alone = $4 WHERE id = $1"
_DESTROY: Final = "DELETE FROM key_material WHERE id = $1"


async def request_key_act(  # noqa: PLR0911 (one way for each kind of act)
    desk: Desk, deed: Deed, subject: str, *, key: UUID, although_needed: bool = False
) -> KeyDone:
    """Ask for any act by its name: what one person may do is done, and what takes two waits for another."""
    await desk.require(Act.REQUEST_KEY_ACT)
    match deed:
        case Deed.ROTATE:
            return await rotate_keys(desk, subject, key=key)
        case Deed.COMPROMISE:
            return await compromise_key(desk, subject, key=key)
        case Deed.REWRAP:
            return await rewrap_all(desk, key=key)
        case Deed.DISABLE:
            return await disable_key(desk, subject, although_needed=although_needed, key=key)
        case Deed.ENABLE:
            return await enable_key(desk, subject, key=key)
        case Deed.DESTROY:
            return await request_destruction(desk, subject, key=key)
        case Deed.EXPORT:
            # A copy of the keys leaves by the operator's command alone.
            proof = Proof()
            proof.blame(ProblemCode.NOT_OFFERED, "kind")
            return KeyDone(refusal=proof.refusal())


async def request_destruction(desk: Desk, subject: str, *, key: UUID | None = None) -> KeyDone:
    """Ask that a disabled key, a key-encryption key's older versions, or a leaver's key be destroyed (销毁).

    Another person agrees.
    """
    await desk.require(Act.REQUEST_KEY_ACT)
    meant = await _meant(desk, subject)
    if meant is None or (meant.key is None and not meant.is_kek and not meant.is_person):
        return KeyDone(refusal=not_found("subject"))
    if (refused := await _hindrance(desk, meant.key, meant.name)) is not None:
        return refused
    act = key or UUID(bytes=desk.entropy(16), version=4)

    async def ask(tx: TransactionalDBClient) -> KeyDone:
        waiting = await tx.execute_query_dict(_WAITING, [meant.name, desk.now - AGREED_WITHIN, act])
        if waiting:
            return KeyDone(waiting[0]["id"], is_waiting=True, replayed=True)
        if not await begin_act(tx.execute_query_dict, desk, act, Deed.DESTROY, meant):
            return KeyDone(act, is_waiting=True, replayed=True)
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
        if (refusal := disagreement(asked, desk)) is not None:
            return KeyDone(act, refusal=refusal)
        alone = is_alone(asked, desk)
        await tx.execute_query_dict(_AGREE, [act, actor.staff, desk.now, alone])
        rule = "one_person" if alone else "two_people"
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
        await end_act(desk, tx.execute_query_dict, asked["id"], "cancelled")
        await desk.record(tx, Entry("key:destroy", allowed=False, rule="cancelled", fields=(asked["subject"],)))
        return KeyDone(asked["id"])

    return await with_keys(desk.keys, cancel)


async def _meant(desk: Desk, subject: str) -> Subject | None:
    """Find what a name means: a key of the book's, or the key of a person."""
    if not subject.startswith(PERSON):
        return await meant_by(desk, subject)
    async with transaction() as tx:
        found = await holder_named(tx.execute_query_dict, subject)
    return None if found is None else Subject(subject, is_person=True)


async def _asked(fetch: Fetch, act: UUID | None) -> Mapping[str, Any] | None:
    """Hold and give the act that somebody asked for; None if there is none."""
    rows = await fetch(_ASKED, [act])
    return rows[0] if rows and rows[0]["kind"] == Deed.DESTROY else None


async def _destroy(desk: Desk, asked: Mapping[str, Any]) -> KeyDone:
    """Destroy a key in one transaction with the end of its act; what needs it by now refuses it still."""
    act, key, name = asked["id"], asked["key_id"], asked["subject"]

    async def destroy(tx: TransactionalDBClient) -> KeyDone:
        fetch = tx.execute_query_dict
        if (person := await holder_named(fetch, name)) is not None:
            await erase_person(fetch, desk.ledger, person.staff, now=desk.now)
        elif key is None:
            await retire_keks(fetch, desk.keys.provider, name.removeprefix(KEK))
        else:
            await fetch(_DESTROY, [key])
            await key_states.move(fetch, desk.keys, key, KeyState.DESTROYED)
        await end_act(desk, fetch, act, "done")
        await desk.record(tx, Entry("key:destroy", rule="done", fields=(name,)))
        return KeyDone(act)

    refused = await _hindrance(desk, key, name)
    if refused is None:
        try:
            return await with_keys(desk.keys, destroy)
        except (IntegrityError, asyncpg.IntegrityConstraintViolationError, KeyRefused):
            refused = await _hindrance(desk, key, name) or KeyDone(refusal=Refused(RefusalCode.NOT_IN_STATE))

    async def end(tx: TransactionalDBClient) -> KeyDone:
        await end_act(desk, tx.execute_query_dict, act, "refused")
        await desk.record(tx, Entry("key:destroy", allowed=False, rule="refused", fields=(name,)))
        return KeyDone(act, refusal=refused.refusal, needs=refused.needs)

    return await with_keys(desk.keys, end)


async def _hindrance(desk: Desk, key: int | None, name: str) -> KeyDone | None:
    """Say what forbids that a key be destroyed: rows that need it, or its state; None if nothing does."""
    if name.startswith(PERSON):
        async with transaction() as tx:
            person = await holder_named(tx.execute_query_dict, name)
        refusal = not_found("subject") if person is None else hindrance_of(desk, person)
        return refusal and KeyDone(refusal=refusal)
    if key is None:
        return await _kek_hindrance(desk, name.removeprefix(KEK))
    if needs := await needs_for(key):
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
