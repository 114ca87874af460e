"""Where the key-encryption keys live: a provider wraps and unwraps, and never lets one out."""

from __future__ import annotations

from typing import Protocol


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


def rewrap(provider: KeyProvider, purpose: str, wrapped: bytes, *, context: bytes) -> bytes:
    """Wrap anew under the newest key-encryption key: unwrap and wrap, so that the context stays bound."""
    return provider.wrap(purpose, provider.unwrap(purpose, wrapped, context=context), context=context)
