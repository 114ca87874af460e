"""Tokens that a client carries and cannot read: sealed under a key of the wire, bound to what they are good for.

- A token opens only where it is presented for what it was made for; elsewhere, or altered, it is nothing.
- Its length says nothing: what it holds is padded first.
- `version u8 | key u32 | nonce | ciphertext | tag`, in base64url without padding.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto.envelope import pad, unpad

if TYPE_CHECKING:
    from crypto.keyring import Key

VERSION = 1
NONCE_BYTES = 12
LONGEST = 2048
"""Characters of a token that are looked at."""
_HEADER_BYTES = 5
_BODY_AT = _HEADER_BYTES + NONCE_BYTES
_FORM = re.compile(r"[A-Za-z0-9_-]+")


def seal_token(key: Key, held: bytes, *, bound: bytes, nonce: bytes) -> str:
    """Make a token that holds some bytes and is good for what `bound` says."""
    header = bytes((VERSION,)) + key.id.to_bytes(4)
    body = AESGCM(key.material).encrypt(nonce, pad(held), header + bound)
    return base64.urlsafe_b64encode(header + nonce + body).decode().rstrip("=")


def open_token(key: Key, token: str, *, bound: bytes) -> bytes | None:
    """Give what a token holds; None if it is none, is altered, or was made for something else."""
    if len(token) > LONGEST or not _FORM.fullmatch(token):
        return None
    try:
        data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        header, nonce, body = data[:_HEADER_BYTES], data[_HEADER_BYTES:_BODY_AT], data[_BODY_AT:]
        return unpad(AESGCM(key.material).decrypt(nonce, body, header + bound))
    except (InvalidTag, ValueError, binascii.Error):
        return None
