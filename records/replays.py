"""The same act twice: an idempotency key does an act once, whoever asks again hears what it made.

- A key is its actor's own, and is kept for 24 hours, in the transaction of the act: an act undone leaves its key free.
- Of the input a keyed hash is kept, no text; the same key with other input is `IdempotencyConflict`.
- Of two at the same instant the second waits for the first, and then hears of it.
- People stay in their teams and roles while an act lasts; an act that others keep from ending begins anew.
- Whoever has left does nothing more, and nothing is entered as theirs: an act that was on its way when they left finds
  that out.
- With a customer whose data are destroyed nothing is done any more (G16).
"""

from __future__ import annotations

import hmac
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from crypto.sealed import Confidential
from records.desk import Unauthenticated
from records.erasure import Erased
from records.keys import IDEMPOTENCY, with_keys
from records.outcomes import Done
from records.people import departed_of, keep_everybody_out, keep_people
from records.refusals import RefusalCode, Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from tortoise.backends.base.client import TransactionalDBClient

    from authz.acts import Act
    from records.connection import Fetch
    from records.desk import Desk

KEPT = timedelta(hours=24)
# Whoever is forgetting the same rows already is not waited for.
_FORGET = "DELETE FROM replay WHERE id IN (SELECT id FROM replay WHERE at < $1 LIMIT 100 FOR UPDATE SKIP LOCKED)"
_BEGIN = """
INSERT INTO replay (id, actor_id, key, act, input_hash, hash_key_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (actor_id, key) DO NOTHING RETURNING id
"""
_KNOWN = "SELECT act, input_hash, made FROM replay WHERE actor_id = $1 AND key = $2"
_RELEASE = "DELETE FROM replay WHERE id = $1"
_END = "UPDATE replay SET made = $2 WHERE id = $1"


class IdempotencyConflict(Exception):  # noqa: N818 (the wire's code)
    """The key was used before, with another act or other input."""


async def once(
    desk: Desk,
    act: Act,
    key: UUID,
    said: Mapping[str, Any],
    *,
    do: Callable[[TransactionalDBClient], Awaitable[Done]],
    again: Callable[[TransactionalDBClient, UUID], Awaitable[Done]],
    acting: Iterable[UUID] = (),
    alone: bool = False,
) -> Done:
    """Do an act in one transaction, once a key: `do` the first time, `again` with what it made every other time.

    `said` is the whole input, `acting` whoever's act it is besides the one who enters it. An act that made nothing,
    because it was refused, leaves its key free. `alone`: nobody else acts meanwhile.
    """
    actor, entered_for = desk.signed_in(), frozenset(acting)
    canonical = orjson.dumps([act, _plain(said)])

    async def attempt(tx: TransactionalDBClient) -> Done:
        fetch: Fetch = tx.execute_query_dict
        await (keep_everybody_out if alone else keep_people)(fetch)
        gone = await departed_of(fetch, {actor.staff, *entered_for})
        if actor.staff in gone:
            raise Unauthenticated
        await fetch(_FORGET, [desk.now - KEPT])
        row = UUID(bytes=desk.entropy(16), version=4)
        keys = desk.keys.wire_keys(IDEMPOTENCY)
        digests = [hmac.digest(key.material, canonical, "sha256") for key in keys]
        if await fetch(_BEGIN, [row, actor.id, key, act.value, digests[0], keys[0].id, desk.now]):
            done = await do(tx) if not gone else Done(refusal=_departed(desk))
            if done.node is None:
                await fetch(_RELEASE, [row])
            else:
                await fetch(_END, [row, done.node])
            return done
        known = (await fetch(_KNOWN, [actor.id, key]))[0]
        if known["act"] != act or not any(hmac.compare_digest(bytes(known["input_hash"]), one) for one in digests):
            raise IdempotencyConflict
        return replace(await again(tx, known["made"]), replayed=True)

    try:
        return await with_keys(desk.keys, attempt)
    except Erased:
        return Done(refusal=Refused(RefusalCode.DESTROYED, ("G16",)))


def _departed(desk: Desk) -> Refused:
    return Refused(RefusalCode.DEPARTED, desk.rulebook.source("handover.departed").clauses)


def _plain(value: Any) -> Any:  # noqa: ANN401 (an input of any shape)
    """Write an input as JSON knows it; clear texts are hashed, never kept."""
    match value:
        case Confidential():
            return ["confidential", _plain(value.reveal())]
        case str():
            # A lone surrogate is no JSON, and must not raise an error that holds the text.
            return value.encode(errors="surrogatepass").hex()
        case dict():
            return sorted((name, _plain(one)) for name, one in value.items())
        case datetime():
            return value.isoformat()
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value
