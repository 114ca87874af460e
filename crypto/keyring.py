"""Which keys there are, in which state, and which of them are open in memory for now.

- States never go backwards: staged, primary, decrypt-only or compromised, disabled, destroyed; only a
  disabled key may return to be read from, as decrypt-only or as compromised.
- One key of a purpose is primary: it writes. Staged, primary, decrypt-only and compromised keys read.
- A wrapped subject key names the key that wraps it and its generation, and opens for its subject alone: a customer, or
  a person.
- Opened data keys serve for five minutes, subject keys for one, and are then forgotten: a provider that is
  gone is noticed, and a destroyed key is not used for long.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto.envelope import SubjectCipher
from crypto.providers import ProviderUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from uuid import UUID

WRAPPED_FORMAT = 0xC2
"""First byte of every wrapped subject key."""
WRAPPED_HEADER_BYTES = 9
NONCE_BYTES = 12
KEY_BYTES = 32
_BODY_AT = WRAPPED_HEADER_BYTES + NONCE_BYTES
_WRAPPED_BYTES = _BODY_AT + KEY_BYTES + 16
DATA_KEY_LIFE = timedelta(minutes=5)
SUBJECT_KEY_LIFE = timedelta(seconds=60)
SUBJECT_KEYS_KEPT = 10_000


class KeyState(StrEnum):
    """The life of a key (键的状态)."""

    STAGED = "staged"
    PRIMARY = "primary"
    DECRYPT_ONLY = "decrypt_only"
    COMPROMISED = "compromised"
    DISABLED = "disabled"
    DESTROYED = "destroyed"


SUCCESSORS: dict[KeyState, frozenset[KeyState]] = {
    KeyState.STAGED: frozenset({KeyState.PRIMARY, KeyState.COMPROMISED, KeyState.DISABLED}),
    KeyState.PRIMARY: frozenset({KeyState.DECRYPT_ONLY, KeyState.COMPROMISED}),
    KeyState.DECRYPT_ONLY: frozenset({KeyState.COMPROMISED, KeyState.DISABLED}),
    KeyState.COMPROMISED: frozenset({KeyState.DISABLED}),
    KeyState.DISABLED: frozenset({KeyState.DECRYPT_ONLY, KeyState.COMPROMISED, KeyState.DESTROYED}),
    KeyState.DESTROYED: frozenset(),
}
WRITING = frozenset({KeyState.PRIMARY, KeyState.DECRYPT_ONLY})
"""States of a data key under whose subjects' keys values may be sealed: all that opens and is not known to others."""
READING = frozenset({KeyState.STAGED, KeyState.PRIMARY, KeyState.DECRYPT_ONLY, KeyState.COMPROMISED})


class KeyRefused(Exception):  # noqa: N818 (a refusal; the caller says it on)
    """A key may not do this: unknown, in the wrong state, or the bytes are not its own. Names the key."""


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """One version of a key: its number, its purpose (a text such as `data`), and its state."""

    id: int
    purpose: str
    version: int
    state: KeyState
    suite: int

    def moved_to(self, state: KeyState) -> KeyVersion:
        """Give the version in a later state; a step backwards is `KeyRefused`."""
        if state not in SUCCESSORS[self.state]:
            raise KeyRefused(f"key {self.id}: {self.state} cannot become {state}")
        return KeyVersion(self.id, self.purpose, self.version, state, self.suite)


@dataclass(frozen=True, slots=True)
class Key:
    """A key opened for use; its bytes have no voice."""

    id: int
    material: bytes = field(repr=False)


def wrap_subject_key(
    data_key: Key, kek: int, subject: UUID, generation: int, subject_key: bytes, *, nonce: bytes
) -> bytes:
    """Wrap a subject key: `0xC2 | kek u16 | data key u32 | generation u16 | nonce | ciphertext | tag`.

    Header and subject are bound, so the bytes open at their own row alone.
    """
    header = bytes((WRAPPED_FORMAT,)) + kek.to_bytes(2) + data_key.id.to_bytes(4) + generation.to_bytes(2)
    return header + nonce + AESGCM(data_key.material).encrypt(nonce, subject_key, header + subject.bytes)


def unwrap_subject_key(data_key: Key, subject: UUID, generation: int, wrapped: bytes) -> bytes:
    """Open a wrapped subject key; bytes of another subject, generation or data key, or altered, are `KeyRefused`."""
    if data_key_of(wrapped) != data_key.id or int.from_bytes(wrapped[7:WRAPPED_HEADER_BYTES]) != generation:
        raise KeyRefused(f"subject key of {subject}: not of generation {generation} under key {data_key.id}")
    header, nonce, body = wrapped[:WRAPPED_HEADER_BYTES], wrapped[WRAPPED_HEADER_BYTES:_BODY_AT], wrapped[_BODY_AT:]
    try:
        return AESGCM(data_key.material).decrypt(nonce, body, header + subject.bytes)
    except InvalidTag:
        raise KeyRefused(f"subject key of {subject} does not open under key {data_key.id}") from None


def data_key_of(wrapped: bytes) -> int:
    """Read which data key wraps these bytes."""
    if len(wrapped) != _WRAPPED_BYTES or wrapped[0] != WRAPPED_FORMAT:
        raise KeyRefused("not a wrapped subject key: unknown format, or truncated")
    return int.from_bytes(wrapped[3:7])


@dataclass(slots=True)
class Keyring:
    """The keys open in memory. `unwrap(key id)` asks the provider for a data key's bytes.

    With `asks` off, a data key that is not open is `ProviderUnavailable` at once: whoever tends the ring (`put`) asks
    ahead of time, so that a provider that is slow or gone holds nobody up.
    """

    unwrap: Callable[[int], bytes]
    asks: bool = True
    _data_keys: dict[int, tuple[datetime, Key]] = field(default_factory=dict, repr=False)
    _subject_keys: OrderedDict[tuple[UUID, int, int, bytes], tuple[datetime, SubjectCipher]] = field(
        default_factory=OrderedDict, repr=False
    )
    _swept: datetime | None = field(default=None, repr=False)

    def data_key(self, key_id: int, *, now: datetime) -> Key:
        """Give an opened data key, asking the provider at most once in five minutes."""
        known = self._data_keys.get(key_id)
        if known is not None and _serves(known[0], now, DATA_KEY_LIFE):
            return known[1]
        if not self.asks:
            raise ProviderUnavailable(f"key {key_id} is not open: its provider has not answered for five minutes")
        return self.put(key_id, self.unwrap(key_id), now=now)

    def put(self, key_id: int, material: bytes, *, now: datetime) -> Key:
        """Take in a data key that the provider opened now."""
        if len(material) != KEY_BYTES:
            raise KeyRefused(f"key {key_id}: the provider gave back no key of 32 bytes")
        self._data_keys[key_id] = (now, Key(key_id, material))
        return self._data_keys[key_id][1]

    def age(self, key_id: int, *, now: datetime) -> timedelta | None:
        """Tell how long ago a data key was opened; None if it does not serve."""
        known = self._data_keys.get(key_id)
        return now - known[0] if known is not None and _serves(known[0], now, DATA_KEY_LIFE) else None

    def subject_cipher(
        self,
        wrapped: bytes,
        subject: UUID,
        generation: int,
        *,
        suite: int,
        now: datetime,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> SubjectCipher:
        """Open a subject key and make its cipher, or take the one made less than a minute ago.

        Bytes of another subject or generation, or altered ones, are `KeyRefused`.
        """
        slot = (subject, generation, suite, wrapped)
        known = self._subject_keys.get(slot)
        if known is not None and _serves(known[0], now, SUBJECT_KEY_LIFE):
            self._subject_keys.move_to_end(slot)
            return known[1]
        self._sweep(now)
        data_key = self.data_key(data_key_of(wrapped), now=now)
        material = unwrap_subject_key(data_key, subject, generation, wrapped)
        cipher = SubjectCipher(material, subject, generation, suite=suite, entropy=entropy)
        self._subject_keys[slot] = (now, cipher)
        self._subject_keys.move_to_end(slot)
        if len(self._subject_keys) > SUBJECT_KEYS_KEPT:
            self._subject_keys.popitem(last=False)
        return cipher

    def _sweep(self, now: datetime) -> None:
        """Forget what no longer serves: at most once a minute, so that a full ring costs a page nothing."""
        if self._swept is not None and _serves(self._swept, now, SUBJECT_KEY_LIFE):
            return
        self._swept = now
        for key_id in [one for one, known in self._data_keys.items() if not _serves(known[0], now, DATA_KEY_LIFE)]:
            del self._data_keys[key_id]
        for slot in [one for one, known in self._subject_keys.items() if not _serves(known[0], now, SUBJECT_KEY_LIFE)]:
            del self._subject_keys[slot]

    def forget(self, *, but: Collection[int] = ()) -> None:
        """Forget every opened key, as after a rotation or an erasure, but for some data keys."""
        self._data_keys = {key_id: known for key_id, known in self._data_keys.items() if key_id in but}
        self._subject_keys.clear()


def _serves(opened_at: datetime, now: datetime, life: timedelta) -> bool:
    """Tell whether a key opened then still serves; a clock that jumped back trusts nothing opened before."""
    return timedelta(0) <= now - opened_at < life
