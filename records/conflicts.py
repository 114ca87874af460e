"""Which rows of a register collide (撞单): those that share a phone, and those that may.

- A row is in conflict with the earliest row before it that has one of its whole phones; an extension does not count.
- A row is a possible match if it agrees with an earlier one in all but the last four digits, where either of the
  two hides them (A7); one row can be both.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from records.canonical import prefix_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from records.canonical import Phone


class ConflictFinder:
    """Finds collisions among rows that are added in order; keeps digests, never numbers.

    Takes about 250 bytes a phone. `conflicts` are pairs of a row and the earliest one it shares a phone with,
    `possible` the rows that may be somebody known.
    """

    __slots__ = ("_hidden", "_prefixes", "_whole", "conflicts", "possible")

    def __init__(self) -> None:
        self.conflicts: list[tuple[int, int]] = []
        self.possible: list[int] = []
        self._whole: dict[bytes, int] = {}
        self._prefixes: set[bytes] = set()
        self._hidden: set[bytes] = set()

    def add(self, row: int, phones: Iterable[Phone]) -> None:
        """Compare an accepted row with those before it, then keep it for those behind."""
        numbers: list[bytes] = []
        prefixes: list[tuple[bytes, bool]] = []
        for phone in phones:
            if phone.e164 is not None:
                numbers.append(_digest(phone.e164))
            prefixes.append((_digest(prefix_of(phone)), phone.hidden))
        earlier = [self._whole[number] for number in numbers if number in self._whole]
        if earlier:
            self.conflicts.append((row, min(earlier)))
        if any(prefix in (self._prefixes if hidden else self._hidden) for prefix, hidden in prefixes):
            self.possible.append(row)
        for number in numbers:
            self._whole.setdefault(number, row)
        for prefix, hidden in prefixes:
            self._prefixes.add(prefix)
            if hidden:
                self._hidden.add(prefix)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()
