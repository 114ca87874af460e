"""By which tokens values are found: those under every key that is read, and the one that is written.

- While an index rotates, a value has two tokens: both are locked and looked for, the new one is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crypto.blind_index import IndexKey
    from records.forms import IndexEntry
    from records.keys import Keys


@dataclass(frozen=True, slots=True)
class Token:
    """A value's token under one key of its index; `place` says whose it is among those asked together."""

    place: int
    index: int
    key: int
    normaliser: int
    token: bytes


def tokens_of(keys: Keys, entries: Iterable[IndexEntry], *, place: int = 0) -> list[Token]:
    """Give the tokens by which values are looked for: under every key that is read."""
    return [_token(key, entry, place) for entry in entries for key in keys.index_keys(entry.index)]


def tokens_to_write(keys: Keys, entries: Iterable[IndexEntry]) -> tuple[Token, ...]:
    """Give the tokens by which a filing is found from now on: under the primary key alone."""
    return tuple(_token(keys.index_keys(entry.index)[0], entry, 0) for entry in entries)


def _token(key: IndexKey, entry: IndexEntry, place: int) -> Token:
    token = key.token(entry.canonical, normaliser=entry.normaliser)
    return Token(place, entry.index, key.id, entry.normaliser, token)
