"""Keep every clause of the ten regulations: its own words in Chinese, and the rule that can be tested in English.

- A clause is named by its regulation's letter and its number there: A1 to J31.
- The Chinese is the regulation's text, word for word; …… stands where words between are left out.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE = Path(__file__).with_name("clauses.toml")


@dataclass(frozen=True, slots=True)
class Regulation:
    """One of the ten regulations (办法); `id` is its letter."""

    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ClauseText:
    """A clause (条款): the regulation's words in `zh`, the rule that can be tested in `en`."""

    id: str
    regulation: Regulation
    zh: str
    en: str


@cache
def clauses() -> Mapping[str, ClauseText]:
    """Give every clause by its id, in the order of the regulations."""
    read = cast("dict[str, dict[str, str | dict[str, str]]]", tomllib.loads(_FILE.read_text("utf-8")))
    found: dict[str, ClauseText] = {}
    for letter, table in read.items():
        titles = {key: title for key, title in table.items() if isinstance(title, str)}
        regulation = Regulation(letter, **titles)
        for number, texts in table.items():
            if not isinstance(texts, str):
                found[f"{letter}{number}"] = ClauseText(f"{letter}{number}", regulation, **texts)
    return MappingProxyType(found)


def clause(id_: str) -> ClauseText:
    """Give the clause of that id; an unknown id is a `KeyError`, for whoever cites it is wrong."""
    return clauses()[id_]
