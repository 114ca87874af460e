"""How equal values meet without being read: keyed tokens of canonical values.

- A token is HMAC-SHA-256 (RFC 2104) over index, normaliser version and canonical value, each with its length.
- An index key is random and never derived from a data key: rotating one says nothing of the other.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

KEY_BYTES = 32


class IndexKey:
    """One version of one index's key, its HMAC prepared once for every value of a page or file."""

    __slots__ = ("_prepared", "id", "index")

    def __init__(self, key_id: int, index: int, material: bytes) -> None:
        if len(material) != KEY_BYTES:
            raise ValueError("an index key has 32 bytes")
        self.id = key_id
        self.index = index
        self._prepared = HMAC(material, SHA256())

    def __repr__(self) -> str:
        return f"<index key {self.id} of index {self.index}>"

    def token(self, canonical: str, *, normaliser: int) -> bytes:
        """Give the 32-byte token of a canonical value under a normaliser version."""
        # A lone surrogate must not raise an error that holds the value.
        value = canonical.encode(errors="surrogatepass")
        mac = self._prepared.copy()
        mac.update(self.index.to_bytes(2) + normaliser.to_bytes(2) + len(value).to_bytes(4) + value)
        return mac.finalize()
