"""Which rulebooks there are (办法): the presets and the one in force, each with its parameters in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from claims.description import Described, describe
from claims.rulebook import PRESETS, editions

if TYPE_CHECKING:
    from claims.rulebook import Rulebook
    from records.desk import Desk


@dataclass(frozen=True, slots=True)
class Shelved:
    """A rulebook, its latest edition's parameters, and its editions, the earliest first."""

    name: str
    editions: tuple[str, ...]
    parameters: tuple[Described, ...]
    is_in_force: bool


def shelf(desk: Desk) -> list[Shelved]:
    """List the rulebooks for whoever is signed in (D3: the rules are open), the one in force first."""
    desk.signed_in()
    book = desk.rulebook
    others = [_preset(name) for name in sorted(PRESETS) if name != book.name]
    known = editions(book.name) if book.name in PRESETS else (book,)
    return [Shelved(book.name, _names(known), describe(book), is_in_force=True), *others]


@cache
def _preset(name: str) -> Shelved:
    known = editions(name)
    return Shelved(name, _names(known), describe(known[-1]), is_in_force=False)


def _names(known: tuple[Rulebook, ...]) -> tuple[str, ...]:
    return tuple(book.edition for book in known)
