"""How a text is sealed under the key of whom it is about, a customer or a person, and opened again.

- A subject key gives one encryption key and one commitment a suite, subject and generation (RFC 5869, Expand).
- The commitment is compared in constant time before anything is decrypted: a ciphertext opens under one key only.
- Header, table, column, row and subject are bound: a value moved elsewhere does not open.
- A text is padded to a bucket first (ISO/IEC 7816-4), so that its length says little.
- Unknown format or suite: refused. There is no clear-text pass-through.
"""

from __future__ import annotations

import hmac
import os
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from crypto.sealed import FORMAT, Place, SealBroken, Sealed

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

AES_256_GCM = 1
AES_256_GCM_SIV = 2
SM4_GCM = 3
"""Reserved: SM4-GCM with HKDF-SM3 (RFC 8998)."""

KEY_BYTES = 32
COMMITMENT_BYTES = 32
NONCE_BYTES = 12
HEADER_BYTES = 4
BUCKET = 32
"""Padded lengths are multiples of this many bytes: a Chinese name of two to ten characters fits the first."""

_NONCE_AT = HEADER_BYTES + COMMITMENT_BYTES
_BODY_AT = _NONCE_AT + NONCE_BYTES

CIPHERS: dict[int, type[AESGCM | AESGCMSIV]] = {AES_256_GCM: AESGCM, AES_256_GCM_SIV: AESGCMSIV}


def pad(text: bytes) -> bytes:
    """Append 0x80 and zeros up to the next bucket (ISO/IEC 7816-4)."""
    return text + b"\x80" + bytes(-(len(text) + 1) % BUCKET)


def unpad(padded: bytes) -> bytes:
    """Take the padding off; a text without one raises `ValueError`."""
    marked = padded.rstrip(b"\x00")
    if not marked.endswith(b"\x80"):
        raise ValueError("no padding")
    return marked[:-1]


class SubjectCipher:
    """Seals and opens one subject's values under one generation of the subject's key.

    Derivation costs more than a seal, so one object serves a page. `entropy(n)` gives n random bytes.
    """

    __slots__ = ("_cipher", "_entropy", "_head", "_header", "_subject", "generation", "suite")

    def __init__(
        self,
        subject_key: bytes,
        subject: UUID,
        generation: int,
        *,
        suite: int = AES_256_GCM,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        if len(subject_key) != KEY_BYTES:
            raise ValueError("a subject key has 32 bytes")
        if suite not in CIPHERS:
            raise ValueError(f"unknown suite {suite}")
        self.suite = suite
        self.generation = generation
        self._subject = subject
        self._header = bytes((FORMAT, suite)) + generation.to_bytes(2)
        info = b"baobei subject key" + self._header + subject.bytes
        derived = HKDFExpand(algorithm=SHA256(), length=KEY_BYTES + COMMITMENT_BYTES, info=info).derive(subject_key)
        self._cipher = CIPHERS[suite](derived[:KEY_BYTES])
        self._head = self._header + derived[KEY_BYTES:]
        self._entropy = entropy

    def __repr__(self) -> str:
        return f"<subject cipher suite={self.suite} generation={self.generation}>"

    def seal(self, text: bytes, at: Place) -> Sealed:
        """Seal a text at its place."""
        if at.subject != self._subject:
            raise ValueError("the place belongs to another subject")
        nonce = self._entropy(NONCE_BYTES)
        body = self._cipher.encrypt(nonce, pad(text), at.bind(self._header))
        return Sealed(self._head + nonce + body)

    def open(self, stored: Sealed | bytes, at: Place) -> bytes:
        """Open what stands at a place, or raise `SealBroken`; too little of it is no other case."""
        data = bytes(stored)
        if not hmac.compare_digest(data[:_NONCE_AT], self._head):
            raise SealBroken(at)
        try:
            return unpad(self._cipher.decrypt(data[_NONCE_AT:_BODY_AT], data[_BODY_AT:], at.bind(self._header)))
        except (InvalidTag, ValueError):
            raise SealBroken(at) from None


class OwnCipher:
    """One subject's keys: seals under the newest generation, and opens what any generation that is kept has sealed.

    While a key is being renewed, values of two generations, or of two suites, stand side by side. `cipher_of` opens the
    key of a generation in a suite, or gives None; it is asked for what is used, and raises if that does not open.
    """

    __slots__ = ("_cipher_of", "_header", "_newest", "_suite", "generation")

    def __init__(self, generation: int, suite: int, cipher_of: Callable[[int, int], SubjectCipher | None]) -> None:
        self.generation = generation
        self._suite = suite
        self._header = bytes((FORMAT, suite)) + generation.to_bytes(2)
        self._cipher_of = cipher_of
        self._newest: SubjectCipher | None = None

    def __repr__(self) -> str:
        return f"<own cipher, newest suite={self._suite} generation={self.generation}>"

    def seal(self, text: bytes, at: Place) -> Sealed:
        """Seal a text at its place."""
        return self._writing(at).seal(text, at)

    def open(self, stored: Sealed | bytes, at: Place) -> bytes:
        """Open what stands at a place, or raise `SealBroken`: also where no more is left than a part of it."""
        data = bytes(stored)
        if data[:HEADER_BYTES] == self._header:
            return self._writing(at).open(data, at)
        if len(data) < HEADER_BYTES or data[0] != FORMAT or data[1] not in CIPHERS:
            raise SealBroken(at)
        cipher = self._cipher_of(int.from_bytes(data[2:HEADER_BYTES]), data[1])
        if cipher is None:
            raise SealBroken(at)
        return cipher.open(data, at)

    def _writing(self, at: Place) -> SubjectCipher:
        if self._newest is None:
            self._newest = self._cipher_of(self.generation, self._suite)
        if self._newest is None:
            raise SealBroken(at)
        return self._newest
