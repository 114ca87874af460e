"""Key-encryption keys in one file that its owner alone may read.

- The file is made once, on purpose (`create`); opening never makes it, so a lost file is noticed.
- A file that others may read, that somebody else owns, or that is a link is refused before it is read.
- Wrapped: `version u16 | commitment[32] | nonce[12] | ciphertext | tag`, purpose and context bound.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import stat
from typing import TYPE_CHECKING, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto.providers import ProviderUnavailable, WrongKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PURPOSES = ("data", "index", "log", "wire")
KEY_BYTES = 32
MAX_VERSION = 0xFFFF
_COMMITMENT_AT, _NONCE_AT, _BODY_AT = 2, 34, 46


class FileProvider:
    """Key-encryption keys read from a file at start; `entropy(n)` gives n random bytes."""

    def __init__(self, path: Path, *, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self._path = path
        self._entropy = entropy
        self._keys = _read(path)

    def __repr__(self) -> str:
        return f"<key file with {len(self._keys)} purposes>"

    @classmethod
    def create(cls, path: Path, *, entropy: Callable[[int], bytes] = os.urandom) -> FileProvider:
        """Make a new file with one key a purpose; an existing file is never overwritten."""
        lines = [
            json.dumps({"purpose": purpose, "version": 1, "key": entropy(KEY_BYTES).hex()}) for purpose in PURPOSES
        ]
        unfinished = path.with_name(path.name + ".new")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link fails where a file stands already; a rename would replace it.
            os.link(unfinished, path)
        finally:
            unfinished.unlink()
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return cls(path, entropy=entropy)

    def wrap(self, purpose: str, material: bytes, *, context: bytes) -> bytes:
        """Wrap key bytes under the newest key of the purpose."""
        versions = self._versions(purpose)
        version = max(versions)
        header = version.to_bytes(2) + _commitment(versions[version])
        nonce = self._entropy(12)
        body = AESGCM(versions[version]).encrypt(nonce, material, _bound(header, purpose, context))
        return header + nonce + body

    def unwrap(self, purpose: str, wrapped: bytes, *, context: bytes) -> bytes:
        """Open wrapped key bytes, or raise `WrongKey`."""
        version = self.version_of(wrapped)
        key = self._versions(purpose).get(version)
        if key is None:
            raise WrongKey(f"{self._path}: no version {version} of the {purpose} key")
        header = wrapped[:_NONCE_AT]
        wrong = WrongKey(f"{self._path}: version {version} of the {purpose} key does not open this")
        if not hmac.compare_digest(header[_COMMITMENT_AT:], _commitment(key)):
            raise wrong
        try:
            bound = _bound(header, purpose, context)
            return AESGCM(key).decrypt(wrapped[_NONCE_AT:_BODY_AT], wrapped[_BODY_AT:], bound)
        except (InvalidTag, ValueError):
            raise wrong from None

    def version_of(self, wrapped: bytes) -> int:
        """Read the version out of wrapped bytes."""
        return int.from_bytes(wrapped[:_COMMITMENT_AT])

    def probe(self) -> None:
        """Read the file again: gone, widened or changed keys are noticed."""
        if _read(self._path) != self._keys:
            raise ProviderUnavailable(f"{self._path}: the keys are others than at the start")

    def _versions(self, purpose: str) -> dict[int, bytes]:
        try:
            return self._keys[purpose]
        except KeyError:
            raise ProviderUnavailable(f"{self._path}: no key for the purpose {purpose}") from None


def _commitment(key: bytes) -> bytes:
    return hashlib.sha256(b"baobei key-encryption key" + key).digest()


def _bound(header: bytes, purpose: str, context: bytes) -> bytes:
    return header + len(purpose).to_bytes(1) + purpose.encode() + context


def _read(path: Path) -> dict[str, dict[int, bytes]]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise ProviderUnavailable(f"{path}: the key file is missing; restore it, nothing opens without it") from None
    except OSError as error:
        raise ProviderUnavailable(
            f"{path}: the key file cannot be read ({error.strerror}); a link is refused"
        ) from None
    with os.fdopen(descriptor, encoding="ascii") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid != os.geteuid():
            raise ProviderUnavailable(f"{path}: the key file must be a file of its owner's alone: chmod 600")
        lines = file.readlines()
    keys: dict[str, dict[int, bytes]] = {}
    damaged = ProviderUnavailable(f"{path}: the key file is damaged; restore it from its recovery copy")
    for line in lines:
        try:
            entry = cast("dict[str, str | int]", json.loads(line))
            purpose, version, key = str(entry["purpose"]), int(entry["version"]), bytes.fromhex(str(entry["key"]))
        except (ValueError, KeyError, TypeError):
            raise damaged from None
        if len(key) != KEY_BYTES or not 1 <= version <= MAX_VERSION or version in keys.get(purpose, {}):
            raise damaged
        keys.setdefault(purpose, {})[version] = key
    if not set(PURPOSES) <= set(keys):
        raise ProviderUnavailable(f"{path}: the key file lacks a purpose; restore it from its recovery copy")
    return keys
