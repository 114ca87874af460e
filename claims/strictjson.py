"""Read a JSON text strictly: whatever a lenient reader would pass over in silence has its place.

- A key given twice in one object is named, at the second one.
- A number that no double-precision number holds, NaN and Infinity among them, is named where it stands.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 309
"""As many digits the largest double-precision number has."""


class _Doubled(dict[str, object]):
    """An object in which keys are given twice; the last value of each stands."""

    __slots__ = ("twice",)

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__()
        self.twice: list[str] = []
        for key, value in pairs:
            if key in self:
                self.twice.append(key)
            self[key] = value


class _Unusable(NamedTuple):
    """A number that nothing can hold."""

    text: str


class Document:
    """A parsed text: its value, and what is strange in it. A text that is no JSON is a `ValueError`.

    One that is nested too deeply for the parser is a `RecursionError`.
    """

    __slots__ = ("_is_strange", "value")

    def __init__(self, text: str) -> None:
        self._is_strange = False
        self.value: object = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._whole,
            parse_float=self._fraction,
            parse_constant=self._unusable,
        ).decode(text)

    def strange(self) -> Iterator[tuple[str, str]]:
        """Give the place of everything strange, such as `facts[3].at`, and why it is."""
        if self._is_strange:
            yield from _strange(self.value, "")

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        self._is_strange = True
        return _Doubled(pairs)

    def _whole(self, text: str) -> int | _Unusable:
        return int(text) if len(text) < _LONGEST else self._unusable(text)

    def _fraction(self, text: str) -> float | _Unusable:
        number = float(text)
        return number if isfinite(number) else self._unusable(text)

    def _unusable(self, text: str) -> _Unusable:
        self._is_strange = True
        return _Unusable(text)


def _strange(value: object, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, _Unusable):
        yield place, f"无法表示的数 / no number that can be held: {value.text[:20]}"
    elif isinstance(value, dict):
        inside = f"{place}." if place else ""
        if isinstance(value, _Doubled):
            for key in value.twice:
                yield inside + key, "同一个键给出两次 / the key is given twice"
        for key, inner in cast("dict[str, object]", value).items():
            yield from _strange(inner, inside + key)
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[object]", value)):
            yield from _strange(inner, f"{place}[{index}]")


def is_nested_deeper(value: object, depth: int) -> bool:
    """Say whether objects and lists are nested more than so deep in a value."""
    if isinstance(value, dict):
        value = list(cast("dict[str, object]", value).values())
    if not isinstance(value, list):
        return False
    return depth == 0 or any(is_nested_deeper(inner, depth - 1) for inner in cast("list[object]", value))
