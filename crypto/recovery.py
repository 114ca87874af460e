"""A copy of the key file to be carried away (恢复副本): sealed under a passphrase, for the day the machine is gone.

- The passphrase is stretched by scrypt (RFC 7914) with 128 MiB, and the file sealed with AES-256-GCM; everything that
  says how is bound.
- A wrong passphrase and an altered copy are one answer.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

if TYPE_CHECKING:
    from collections.abc import Callable

    from crypto.sealed import Confidential

FORMAT = "baobei recovery copy 1"
COST = 1 << 17
"""Scrypt's n; with r = 8 it takes 128 MiB and about half a second."""
SHORTEST = 12
"""Characters that a passphrase has at least."""
_BLOCKS, _LANES, _KEY_BYTES, _SALT_BYTES, _NONCE_BYTES = 8, 1, 32, 16, 12


class RecoveryRefused(Exception):  # noqa: N818 (a refusal; the command says it on)
    """A copy cannot be made or opened; says why, never a byte of a key."""


def seal_copy(content: bytes, passphrase: Confidential, *, entropy: Callable[[int], bytes]) -> bytes:
    """Seal a key file under a passphrase."""
    if len(passphrase.reveal()) < SHORTEST:
        raise RecoveryRefused(f"a passphrase has {SHORTEST} characters or more / 口令至少 {SHORTEST} 个字符")
    salt, nonce = entropy(_SALT_BYTES), entropy(_NONCE_BYTES)
    said: dict[str, object] = {
        "format": FORMAT,
        "n": COST,
        "r": _BLOCKS,
        "p": _LANES,
        "salt": salt.hex(),
        "nonce": nonce.hex(),
    }
    body = AESGCM(_key(passphrase, salt, COST)).encrypt(nonce, content, _bound(said))
    return json.dumps(said | {"sealed": base64.b64encode(body).decode()}, indent=1).encode() + b"\n"


def open_copy(copy: bytes, passphrase: Confidential) -> bytes:
    """Open a sealed copy; whatever does not open is `RecoveryRefused`."""
    try:
        said = cast("dict[str, object]", json.loads(copy))
        body = base64.b64decode(cast("str", said.pop("sealed")), validate=True)
        cost, salt, nonce = (
            said["n"],
            bytes.fromhex(cast("str", said["salt"])),
            bytes.fromhex(cast("str", said["nonce"])),
        )
        how = (said["format"], cost, said["r"], said["p"], len(nonce))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RecoveryRefused("this is no recovery copy, or a damaged one / 不是恢复副本,或已损坏") from None
    if how != (FORMAT, COST, _BLOCKS, _LANES, _NONCE_BYTES):
        raise RecoveryRefused("this is a recovery copy of another form / 恢复副本的格式不同")
    try:
        return AESGCM(_key(passphrase, salt, COST)).decrypt(nonce, body, _bound(said))
    except InvalidTag:
        raise RecoveryRefused("the passphrase is wrong, or the copy was altered / 口令不正确,或副本已被改动") from None


def _key(passphrase: Confidential, salt: bytes, cost: int) -> bytes:
    text = passphrase.reveal().encode(errors="surrogatepass")
    return Scrypt(salt=salt, length=_KEY_BYTES, n=cost, r=_BLOCKS, p=_LANES).derive(text)


def _bound(said: dict[str, object]) -> bytes:
    return json.dumps(said, sort_keys=True).encode()
