"""Where the key-encryption keys live: a provider wraps and unwraps, and never lets one out.

- Whatever the provider, wrapped bytes begin alike: `0xC3 | provider u8 | version u16 | commitment[32]`, so that they
  say who wrapped them while keys move from one provider to another.
- The commitment is to the key inside, for its purpose and context (RFC 5869, Expand): a provider that gives back
  another key, or binds no context, is noticed. It tells nothing of the key, which is random.
- Several providers serve as one while keys move: the first wraps, and each opens what it wrapped.
"""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

PURPOSES = ("data", "index", "log", "wire")
"""What a provider holds a key for: more may come."""
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

    @property
    def number(self) -> int:
        """Its number in what it wraps; a number is never reused."""
        ...

    @property
    def name(self) -> str:
        """What a custodian calls it."""
        ...

    @property
    def answers_at_once(self) -> bool:
        """Whether it may be asked while somebody waits: it calls nobody."""
        ...

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

    def versions(self, purpose: str) -> list[int]:
        """List the versions of a purpose's key that still open, the newest last."""
        ...

    def rotate(self, purpose: str) -> int:
        """Make the next version of a purpose's key, which wraps from now on; give its number."""
        ...

    def retire(self, purpose: str, before: int) -> None:
        """Destroy every version of a purpose's key before this one; the newest is never destroyed."""
        ...


class Providers:
    """Several providers as one: the first wraps, and each opens what it wrapped."""

    def __init__(self, first: KeyProvider, *others: KeyProvider) -> None:
        self.first = first
        self._all = {provider.number: provider for provider in (*others, first)}

    def __repr__(self) -> str:
        return f"<key providers {', '.join(provider.name for provider in self._all.values())}>"

    @property
    def number(self) -> int:
        """The first one's number."""
        return self.first.number

    @property
    def name(self) -> str:
        """The first one's name."""
        return self.first.name

    @property
    def answers_at_once(self) -> bool:
        """Whether all of them do."""
        return all(provider.answers_at_once for provider in self._all.values())

    def name_of(self, wrapped: bytes) -> str:
        """Name the provider that wrapped these bytes."""
        found = wrapped_by(wrapped)
        provider = self._all.get(found[0]) if found else None
        return provider.name if provider else "?"

    def wrap(self, purpose: str, material: bytes, *, context: bytes) -> bytes:
        """Wrap key bytes with the first one."""
        return self.first.wrap(purpose, material, context=context)

    def unwrap(self, purpose: str, wrapped: bytes, *, context: bytes) -> bytes:
        """Open wrapped key bytes with the one that wrapped them."""
        return self._of(wrapped).unwrap(purpose, wrapped, context=context)

    def version_of(self, wrapped: bytes) -> int:
        """Read which version of its provider's key wraps these bytes."""
        return self._of(wrapped).version_of(wrapped)

    def probe(self) -> None:
        """Raise `ProviderUnavailable` unless the first can wrap and unwrap now."""
        self.first.probe()

    def versions(self, purpose: str) -> list[int]:
        """List the versions of the first one's key."""
        return self.first.versions(purpose)

    def rotate(self, purpose: str) -> int:
        """Make the next version of the first one's key."""
        return self.first.rotate(purpose)

    def retire(self, purpose: str, before: int) -> None:
        """Destroy every version of the first one's key before this one."""
        self.first.retire(purpose, before)

    def _of(self, wrapped: bytes) -> KeyProvider:
        found = wrapped_by(wrapped)
        if found is None:
            raise WrongKey("不是任何一处封装的,或已截断 / these bytes were wrapped by no provider, or are truncated")
        provider = self._all.get(found[0])
        if provider is None:
            raise ProviderUnavailable(
                f"由此处未设置的密钥库({found[0]} 号)封装:请在 BAOBEI_KEYS 中列出它 / "
                f"these bytes were wrapped by a provider (number {found[0]}) that is not set up here: "
                "name it in BAOBEI_KEYS"
            )
        return provider


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
