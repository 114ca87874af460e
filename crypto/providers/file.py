"""Key-encryption keys in one file that its owner alone may read.

- The file is made once, on purpose (`create`), whole or not at all; opening never makes it: a lost file is noticed.
- It is read each time a key is wrapped or opened, which is seldom: a file that is gone, widened or changed is noticed,
  and a version that another process added is there.
- A change replaces the file as a whole, after the new one is durable.
- A file that others may read, that somebody else owns, or that is a link or no plain file is refused unread.
- Wrapped: every provider's head, then `nonce[12] | ciphertext | tag` (AES-256-GCM); head, purpose and context bound.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto.providers import HEAD_BYTES, MAX_VERSION, PURPOSES, ProviderUnavailable, WrongKey, head, wrapped_by
from crypto.providers.private import read_private

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

NUMBER = 1
"""This provider's number in what it wraps; a number is never reused."""
KEY_BYTES = 32
LARGEST = 1 << 20
"""Bytes of a key file that are read: room for eight thousand keys, and none for a file named by mistake."""
_NONCE_BYTES = 12
_IF_LOST = (",请恢复,否则什么都打不开", "; restore it, nothing opens without it")
_BODY_AT = HEAD_BYTES + _NONCE_BYTES


class FileProvider:
    """Key-encryption keys in a file; `entropy(n)` gives n random bytes."""

    number = NUMBER
    name = "file"
    answers_at_once = True

    def __init__(self, path: Path, *, entropy: Callable[[int], bytes] = os.urandom) -> None:
        self._path = path
        self._entropy = entropy
        self._seen: dict[tuple[str, int], bytes] = {}
        self._read()

    def __repr__(self) -> str:
        return "<key file>"

    @classmethod
    def create(cls, path: Path, *, entropy: Callable[[int], bytes] = os.urandom) -> FileProvider:
        """Make a new file with one key a purpose; one that stands already is `FileExistsError`, and is left alone."""
        _make(path, "".join(_line(purpose, 1, entropy(KEY_BYTES)) for purpose in PURPOSES), entropy)
        return cls(path, entropy=entropy)

    @classmethod
    def open_or_make(cls, path: Path, *, entropy: Callable[[int], bytes] = os.urandom, is_new: bool) -> FileProvider:
        """Open the file, or make it for a book that has no keys yet."""
        if is_new and not path.exists():
            # Another process of this home may be quicker: then its file is the one.
            with suppress(FileExistsError):
                return cls.create(path, entropy=entropy)
        return cls(path, entropy=entropy)

    @classmethod
    def restore(cls, path: Path, content: bytes, *, entropy: Callable[[int], bytes] = os.urandom) -> FileProvider:
        """Make the file again out of what `content` gave; one that stands already is `FileExistsError`."""
        keys = _keys(path, content)
        lines = [_line(purpose, version, key) for purpose, held in keys.items() for version, key in held.items()]
        _make(path, "".join(lines), entropy)
        return cls(path, entropy=entropy)

    def wrap(self, purpose: str, material: bytes, *, context: bytes) -> bytes:
        """Wrap key bytes under the newest key of the purpose."""
        versions = self._versions(purpose)
        version = max(versions)
        begun = head(NUMBER, version, purpose, material, context=context)
        nonce = self._entropy(_NONCE_BYTES)
        return begun + nonce + AESGCM(versions[version]).encrypt(nonce, material, _bound(begun, purpose, context))

    def unwrap(self, purpose: str, wrapped: bytes, *, context: bytes) -> bytes:
        """Open wrapped key bytes, or raise `WrongKey`."""
        version = self.version_of(wrapped)
        key = self._versions(purpose).get(version)
        if key is None:
            raise WrongKey(
                f"{self._path}: 没有 {purpose} 密钥的第 {version} 版 / no version {version} of the {purpose} key"
            )
        wrong = WrongKey(
            f"{self._path}: {purpose} 密钥的第 {version} 版打不开它;如为另一时期的文件或副本,请换用最新的 / "
            f"version {version} of the {purpose} key does not open this: if it is a file or copy of another time, "
            "restore the newest"
        )
        begun, nonce = wrapped[:HEAD_BYTES], wrapped[HEAD_BYTES:_BODY_AT]
        try:
            material = AESGCM(key).decrypt(nonce, wrapped[_BODY_AT:], _bound(begun, purpose, context))
        except (InvalidTag, ValueError):
            raise wrong from None
        if not hmac.compare_digest(begun, head(NUMBER, version, purpose, material, context=context)):
            raise wrong
        return material

    def version_of(self, wrapped: bytes) -> int:
        """Read the version out of wrapped bytes; another provider's are `WrongKey`."""
        found = wrapped_by(wrapped)
        if found is None or found[0] != NUMBER:
            raise WrongKey(
                f"{self._path}: 不是密钥文件封装的,或已截断 / "
                "these bytes were not wrapped by a key file, or are truncated"
            )
        return found[1]

    def probe(self) -> None:
        """Read the file again: gone, widened or changed keys are noticed."""
        self._read()

    def versions(self, purpose: str) -> list[int]:
        """List the versions of a purpose's key, the newest last."""
        return sorted(self._versions(purpose))

    def rotate(self, purpose: str) -> int:
        """Add the next version of a purpose's key."""
        keys = self._read()
        version = max(self._of(keys, purpose)) + 1
        if version > MAX_VERSION:
            raise ProviderUnavailable(
                f"{self._path}: {purpose} 密钥的版本号已用完 / no version of the {purpose} key is left"
            )
        keys[purpose][version] = self._entropy(KEY_BYTES)
        self._replace(keys)
        return version

    def retire(self, purpose: str, before: int) -> None:
        """Take the versions before this one out of the file."""
        keys = self._read()
        newest = max(self._of(keys, purpose))
        keys[purpose] = {one: key for one, key in keys[purpose].items() if one >= min(before, newest)}
        self._replace(keys)

    def content(self) -> bytes:
        """Give the whole file, for a recovery copy that is encrypted at once."""
        self._read()
        return _content(self._path)

    def _replace(self, keys: dict[str, dict[int, bytes]]) -> None:
        lines = [_line(purpose, version, key) for purpose, held in keys.items() for version, key in held.items()]
        try:
            with _unfinished(self._path, "".join(lines), self._entropy) as unfinished:
                unfinished.rename(self._path)
            _sync(self._path.parent)
        except OSError as error:
            raise ProviderUnavailable(
                f"{self._path}: 无法改写密钥文件({error.strerror})/ the key file cannot be changed ({error.strerror})"
            ) from None
        self._read()

    def _read(self) -> dict[str, dict[int, bytes]]:
        """Read the keys; one that was read before under the same number must be the same."""
        keys = _read(self._path)
        found = {
            (purpose, version): hashlib.sha256(key).digest()
            for purpose, held in keys.items()
            for version, key in held.items()
        }
        if any(not hmac.compare_digest(self._seen.get(place, digest), digest) for place, digest in found.items()):
            raise ProviderUnavailable(f"{self._path}: 密钥与启动时不同 / the keys are others than at the start")
        self._seen |= found
        return keys

    def _of(self, keys: dict[str, dict[int, bytes]], purpose: str) -> dict[int, bytes]:
        try:
            return keys[purpose]
        except KeyError:
            raise ProviderUnavailable(
                f"{self._path}: 没有用途 {purpose} 的密钥 / no key for the purpose {purpose}"
            ) from None

    def _versions(self, purpose: str) -> dict[int, bytes]:
        return self._of(self._read(), purpose)


def _bound(begun: bytes, purpose: str, context: bytes) -> bytes:
    return begun + len(purpose).to_bytes(1) + purpose.encode() + context


def _line(purpose: str, version: int, key: bytes) -> str:
    return json.dumps({"purpose": purpose, "version": version, "key": key.hex()}) + "\n"


@contextmanager
def _unfinished(path: Path, content: str, entropy: Callable[[int], bytes]) -> Generator[Path]:
    """Write a file beside another, durably, and leave no trace of it; whoever wants to keep it gives it a name."""
    # The name is nobody else's: of several that start at once, one makes the file, whole, and the others see it.
    unfinished = path.with_name(f"{path.name}.{entropy(8).hex()}.new")
    try:
        _write(unfinished, content)
        yield unfinished
    finally:
        unfinished.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _make(path: Path, content: str, entropy: Callable[[int], bytes]) -> None:
    """Make a file where none stands, whole or not at all."""
    try:
        with _unfinished(path, content, entropy) as unfinished:
            # A link fails where a file stands already; a rename would replace it.
            os.link(unfinished, path, follow_symlinks=False)
        _sync(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise ProviderUnavailable(
            f"{path}: 无法建立密钥文件({error.strerror})/ the key file cannot be made ({error.strerror})"
        ) from None


def _read(path: Path) -> dict[str, dict[int, bytes]]:
    return _keys(path, _content(path))


def _keys(path: Path, content: bytes) -> dict[str, dict[int, bytes]]:
    """Read the keys out of a file's content."""
    keys: dict[str, dict[int, bytes]] = {}
    for line in content.splitlines():
        found = _key(line)
        if found is None or found[1] in keys.get(found[0], {}):
            raise ProviderUnavailable(
                f"{path}: 密钥文件已损坏,请用恢复副本恢复 / the key file is damaged; restore it from its recovery copy"
            )
        purpose, version, key = found
        keys.setdefault(purpose, {})[version] = key
    if not set(PURPOSES) <= set(keys):
        raise ProviderUnavailable(
            f"{path}: 密钥文件缺少一种用途,请用恢复副本恢复 / "
            "the key file lacks a purpose; restore it from its recovery copy"
        )
    return keys


def _content(path: Path) -> bytes:
    return read_private(path, "密钥文件", "the key file", largest=LARGEST, if_lost=_IF_LOST)


def _key(line: bytes) -> tuple[str, int, bytes] | None:
    """Read a key's purpose, version and bytes; None if the line holds none.

    The errors of reading end here: the JSON parser's would carry the line, and with it the key, into a log.
    """
    try:
        entry = cast("object", json.loads(line))
        match entry:
            case {"purpose": str(purpose), "version": int(version), "key": str(written)}:
                key = bytes.fromhex(written)
            case _:
                return None
    except (ValueError, RecursionError):
        return None
    return (purpose, version, key) if len(key) == KEY_BYTES and 1 <= version <= MAX_VERSION else None
