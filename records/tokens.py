"""Under which tokens a value stands in the blind indexes: one for every key of its index that is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from records.keys import Index

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def tokens_of(keys: Keys, entries: Iterable[IndexEntry]) -> list[Token]:
    """Give the tokens of values under every key that is read: while an index rotates, there are two."""
    return tokens_of_each(keys, [entries])[0]


def tokens_of_each(keys: Keys, forms: Iterable[Iterable[IndexEntry]]) -> list[list[Token]]:
    """Give the tokens of the values of each of several forms, whose place among them each token bears."""
    index_keys = {index: keys.index_keys(index) for index in Index}
    return [
        [
            Token(place, entry.index, key.id, entry.normaliser, key.token(entry.canonical, normaliser=entry.normaliser))
            for entry in entries
            for key in index_keys[entry.index]
        ]
        for place, entries in enumerate(forms)
    ]
