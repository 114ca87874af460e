"""Values that have no voice: what is confidential shows nothing, and what is sealed says only how.

- `Confidential` wraps a clear text: its repr, str, format and pickle give nothing away.
- `Sealed` is a ciphertext with a readable header and an unreadable body.
- `Place` is where a sealed value stands; a seal broken out of its place does not open.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, NoReturn, SupportsIndex, final

if TYPE_CHECKING:
    from uuid import UUID

FORMAT = 0xC1
"""First byte of every sealed value."""
OVERHEAD = 64
"""Bytes that sealing adds: 4 of header, 32 of commitment, 12 of nonce, 16 of tag."""


class SealBroken(Exception):  # noqa: N818 (the state's name; callers read it aloud)
    """A sealed value does not open at its place: altered, moved, truncated, or under another key.

    Names the place by its registry numbers and ids; never a byte of the value.
    """

    def __init__(self, place: Place) -> None:
        super().__init__(f"table {place.table}, column {place.column}, row {place.row}, subject {place.subject}")
        self.place = place


@final
class Confidential:
    """A clear text in transit; `reveal()` is the one way out."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Give the clear text to whoever must index, seal or show it."""
        return self.__text

    def __repr__(self) -> str:
        return "<confidential>"

    __str__ = __repr__

    def __format__(self, format_spec: str, /) -> str:
        return "<confidential>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Confidential):
            return NotImplemented
        # A lone surrogate, which JSON may carry, must not raise an error that holds the text.
        return hmac.compare_digest(
            self.__text.encode(errors="surrogatepass"), other.__text.encode(errors="surrogatepass")
        )

    __hash__ = None  # pyright: ignore[reportAssignmentType]  (a hash would tell equal texts apart in a log)

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        raise TypeError("a confidential value is not serialised")


_BOUND_PLACE = Struct(">HIHIH16sH16s").pack


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value stands: registry numbers of table and column, the row, and whose it is.

    The subject is the customer or the person under whose own key it is sealed.
    """

    table: int
    column: int
    row: UUID
    subject: UUID

    def bind(self, header: bytes) -> bytes:
        """Write header and place as associated data, each part with its length before it (two bytes)."""
        place = _BOUND_PLACE(4, self.table, 4, self.column, 16, self.row.bytes, 16, self.subject.bytes)
        return len(header).to_bytes(2) + header + place


@final
class Sealed:
    """The bytes of a sealed value: `0xC1 | suite | generation | commitment | nonce | ciphertext | tag`."""

    __slots__ = ("__data",)

    def __init__(self, data: bytes) -> None:
        if len(data) < OVERHEAD or data[0] != FORMAT:
            raise ValueError("not a sealed value: unknown format, or truncated")
        self.__data = data

    def __bytes__(self) -> bytes:
        return self.__data

    def __len__(self) -> int:
        return len(self.__data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.__data == other.__data

    def __hash__(self) -> int:
        return hash(self.__data)

    def __repr__(self) -> str:
        return f"<sealed suite={self.suite} generation={self.generation} bytes={len(self)}>"

    @property
    def suite(self) -> int:
        """Number of the suite that sealed it."""
        return self.__data[1]

    @property
    def generation(self) -> int:
        """Generation of the subject key that opens it."""
        return int.from_bytes(self.__data[2:4])
