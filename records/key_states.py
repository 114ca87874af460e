"""How keys come and go: rotated because it is time, or because somebody may know one; disabled, and taken back.

- A new key is staged, its predecessor steps back, the new one becomes primary: in one transaction, so that at no
  instant there are two, or none.
- A key that may be known is out of use at once, also where the provider cannot make its successor: then nothing is
  written until it can.
- Nobody is waited for but writers in flight, where a key is said to be out of use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crypto.keyring import KeyRefused, KeyState, KeyVersion
from crypto.providers import ProviderUnavailable
from records.connection import patient, transaction
from records.key_rows import one_at_a_time, read_keys
from records.keys import DATA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from records.connection import Fetch
    from records.keys import Keys

_LIVING = frozenset({KeyState.STAGED, KeyState.PRIMARY, KeyState.DECRYPT_ONLY, KeyState.COMPROMISED})
_MOVE = "UPDATE key_version SET state = $2, state_at = $3 WHERE id = $1"
_COMPROMISED = "SELECT compromised_at FROM key_version WHERE id = $1"
_WAIT_FOR_WRITERS = "SELECT FROM key_version WHERE id = ANY($1) ORDER BY id FOR UPDATE"


async def rotate(keys: Keys, purpose: str, *, suite: int | None = None) -> KeyVersion:
    """Make a purpose's next key, which is written under from now on; the old one is read from until it is drained."""
    async with transaction() as tx:
        fetch = tx.execute_query_dict
        await one_at_a_time(fetch)
        old = _primary(await _versions(fetch, purpose))
        return await _succeed(keys, fetch, [old], KeyState.DECRYPT_ONLY, suite=suite or old.suite)


async def compromise(keys: Keys, key_id: int) -> KeyVersion | None:
    """Take a key out of use that somebody may know; give the primary key's successor, if one was made.

    Customers' keys that an old data key wrapped live on, wrapped by those after it: so these are given up with it.
    Where the provider cannot make a successor, nothing is written until it can: the office makes it then.
    """
    try:
        return await _compromise(keys, key_id, may_make=True)
    except ProviderUnavailable:
        return await _compromise(keys, key_id, may_make=False)


async def _compromise(keys: Keys, key_id: int, *, may_make: bool) -> KeyVersion | None:
    async with transaction() as tx:
        fetch = tx.execute_query_dict
        await one_at_a_time(fetch)
        known = await known_version(fetch, key_id)
        versions = await _versions(fetch, known.purpose)
        later = [one for one in versions if one.version > known.version and one.state in _LIVING]
        given_up = [known, *(later if known.purpose == DATA else ())]
        given_up = [one for one in given_up if one.state is not KeyState.COMPROMISED]
        if may_make and any(one.state is KeyState.PRIMARY for one in given_up):
            return await _succeed(keys, fetch, given_up, KeyState.COMPROMISED, suite=versions[-1].suite)
        for version in given_up:
            await _step(fetch, version, KeyState.COMPROMISED, keys.clock())
        if (
            may_make
            and known.state is not KeyState.STAGED
            and not any(one.state is KeyState.PRIMARY for one in versions)
        ):
            # The provider did not answer when the primary key was given up.
            return await keys.make(known.purpose, KeyState.PRIMARY, fetch, suite=versions[-1].suite)
        return None


async def _succeed(keys: Keys, fetch: Fetch, old: Sequence[KeyVersion], becomes: KeyState, *, suite: int) -> KeyVersion:
    made = await keys.make(old[0].purpose, KeyState.STAGED, fetch, suite=suite)
    for version in old:
        await _step(fetch, version, becomes, keys.clock())
    return await _step(fetch, made, KeyState.PRIMARY, keys.clock())


async def _step(fetch: Fetch, version: KeyVersion, state: KeyState, now: datetime) -> KeyVersion:
    moved = version.moved_to(state)
    await fetch(_MOVE, [version.id, state.value, now])
    return moved


async def _versions(fetch: Fetch, purpose: str) -> tuple[KeyVersion, ...]:
    return (await read_keys(fetch)).versions.get(purpose, ())


def _primary(versions: Sequence[KeyVersion]) -> KeyVersion:
    for version in versions:
        if version.state is KeyState.PRIMARY:
            return version
    raise KeyRefused("there is no primary key of this purpose")


async def move(fetch: Fetch, keys: Keys, key_id: int, state: KeyState) -> KeyVersion:
    """Move one key to a later state, or take a disabled one back; a step that is none is `KeyRefused`."""
    await one_at_a_time(fetch)
    return await _step(fetch, await known_version(fetch, key_id), state, keys.clock())


async def take_back(fetch: Fetch, keys: Keys, key_id: int) -> KeyVersion:
    """Let a disabled key be read from again, as what it was; one that is not disabled is `KeyRefused`."""
    await one_at_a_time(fetch)
    known = await known_version(fetch, key_id)
    if known.state is not KeyState.DISABLED:
        raise KeyRefused(f"key {key_id}: it is {known.state}, and only a disabled key is taken back")
    was_known = (await fetch(_COMPROMISED, [key_id]))[0]["compromised_at"]
    return await _step(fetch, known, KeyState.COMPROMISED if was_known else KeyState.DECRYPT_ONLY, keys.clock())


async def known_version(fetch: Fetch, key_id: int) -> KeyVersion:
    """Give a key's version as it stands in the database."""
    for versions in (await read_keys(fetch)).versions.values():
        for version in versions:
            if version.id == key_id:
                return version
    raise KeyRefused(f"there is no key {key_id}")


async def wait_for_writers(key_ids: list[int]) -> None:
    """Wait until nobody is left who found one of these keys fit to write under before it stepped back."""
    async with transaction() as tx:
        await patient(tx)(_WAIT_FOR_WRITERS, [key_ids])
