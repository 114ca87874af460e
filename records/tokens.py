"""By which tokens values are found: those under every key that is read, and the one that is written.

- While an index rotates, a value has two tokens: both are locked and looked for, the new one is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from records.forms import newest_normaliser
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
    """Give the tokens by which values are looked for: under every key that is read."""
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


def to_be_written(keys: Keys, tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Pick those by which a filing is found from now on: under the primary keys, by the newest normalisers, alone."""
    primary = {index: keys.index_keys(index)[0].id for index in Index}
    return tuple(
        one
        for one in tokens
        if one.key == primary[Index(one.index)] and one.normaliser == newest_normaliser(Index(one.index))
    )
