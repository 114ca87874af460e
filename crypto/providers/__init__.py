"""Where the key-encryption keys live: a provider wraps and unwraps, and never lets one out.

- Whatever the provider, wrapped bytes begin alike: `0xC3 | provider u8 | version u16 | commitment[32]`, so that they
  say who wrapped them while keys move from one provider to another.
- The commitment is to the key inside, for its purpose and context (RFC 5869, Expand): a provider that gives back
  another key, or binds no context, is noticed. It tells nothing of the key, which is random.
"""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

WRAPPED_FORMAT = 0xC3
"""First byte of every key that a provider wrapped."""
HEAD_BYTES = 36
MAX_VERSION = 0xFFFF


class ProviderUnavailable(Exception):  # noqa: N818 (a state of the world, said on by readiness)
    """The provider does not answer, or what it needs is missing; names the place, never content."""


class WrongKey(Exception):  # noqa: N818 (as above)
    """The wrapped bytes are not this provider's, not for this purpose and context, or were altered."""


class KeyProvider(Protocol):
    """A holder of key-encryption keys, one a purpose (`data`, `index`, `log`, `wire`), each with versions."""

    def wrap(self, purpose: str, material: bytes, *, context: bytes) -> bytes:
        """Wrap key bytes under the newest key-encryption key of a purpose, bound to a context."""
        ...

    def unwrap(self, purpose: str, wrapped: bytes, *, context: bytes) -> bytes:
        """Open wrapped key bytes, or raise `WrongKey`; raises `ProviderUnavailable` when it cannot tell."""
        ...

    def version_of(self, wrapped: bytes) -> int:
        """Read which version of the key-encryption key wraps these bytes (1 to 65535)."""
        ...

    def probe(self) -> None:
        """Raise `ProviderUnavailable` unless every purpose can wrap and unwrap now."""
        ...


def head(provider: int, version: int, purpose: str, material: bytes, *, context: bytes) -> bytes:
    """Write what wrapped bytes begin with; a provider compares it again with the key that it unwrapped."""
    header = bytes((WRAPPED_FORMAT, provider)) + version.to_bytes(2)
    bound = b"".join(len(part).to_bytes(2) + part for part in (header, purpose.encode(), context))
    return header + HKDFExpand(SHA256(), HEAD_BYTES - len(header), b"baobei wrapped key" + bound).derive(material)


def wrapped_by(wrapped: bytes) -> tuple[int, int] | None:
    """Read the number of the provider and its key's version out of wrapped bytes; None if they are none."""
    if len(wrapped) < HEAD_BYTES or wrapped[0] != WRAPPED_FORMAT:
        return None
    return wrapped[1], int.from_bytes(wrapped[2:4])


def rewrap(provider: KeyProvider, purpose: str, wrapped: bytes, *, context: bytes) -> bytes:
    """Wrap anew under the newest key-encryption key: unwrap and wrap, so that the context stays bound."""
    return provider.wrap(purpose, provider.unwrap(purpose, wrapped, context=context), context=context)
