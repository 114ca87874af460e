"""How a name is read aloud (拼音): whether a name has a part, written in its own signs, in full pinyin or in initials.

- A sign is met by itself, by any of its readings, or by how one begins: its first letter, or zh, ch, sh. The last sign
  of a part may be met by any beginning of a reading, as somebody who is still typing writes it.
- A sign with several readings is met by each (单 dan, shan, chan; 曾 zeng, ceng): a surname is often the rarer one.
- A reading with ü is met by ü, v, u and yu (吕 lü, lv, lu, lyu).
- Width, case, tones, spaces, dots and apostrophes make no difference. A sign without a known reading is met by itself.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from records.canonical import canonical_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_BETWEEN: Final = dict.fromkeys(map(ord, " '’‘`·.-"))
_UMLAUT, _WRITTEN_FOR_UMLAUT = "u\u0308", "v"
_TWO_LETTERS: Final = ("zh", "ch", "sh")
_OWN_READINGS: Final[Mapping[str, tuple[str, ...]]] = {"𠮷": ("ji",), "仉": ("zhang",), "繁": ("po",), "洗": ("xian",)}
"""What names read and the dictionary leaves out."""
KNOWN_SIGNS: Final = 8_192
"""Signs whose readings are kept at hand: more than names are written with."""


@dataclass(frozen=True, slots=True)
class _Readings:
    """What meets one sign: in the middle of a part, and at its end, where a beginning is enough."""

    whole: frozenset[str]
    full: frozenset[str]


@dataclass(frozen=True, slots=True)
class NamePart:
    """A part of a name that is looked for; `signs` as it is compared."""

    signs: str = field(repr=False)

    @classmethod
    def of(cls, written: str) -> NamePart | None:
        """Read what somebody wrote; None if it holds nothing to look for, or one Latin letter alone."""
        signs = _compared(written)
        return None if not signs or (len(signs) == 1 and signs.isascii() and signs.isalpha()) else cls(signs)

    def is_in(self, name: str) -> bool:
        """Tell whether a name has this part."""
        compared = _compared(name)
        if self.signs in compared:
            return True
        if not any("a" <= sign <= "z" for sign in self.signs):
            return False
        return self._is_read_in(compared)

    def _is_read_in(self, name: str) -> bool:
        """Walk the name once, holding how much of the part each walk so far has met."""
        part, met = self.signs, {0}
        for sign in name:
            readings = _readings(sign)
            after = {0}
            for place in met:
                if any(reading.startswith(part[place:]) for reading in readings.full):
                    return True
                after.update(place + len(one) for one in readings.whole if part.startswith(one, place))
            if len(part) in after:
                return True
            met = after
        return False


def _compared(text: str) -> str:
    folded = canonical_name(text).translate(_BETWEEN)
    return folded if folded.isascii() else _toneless(folded)


def _toneless(text: str) -> str:
    """Take tones off Latin letters (wáng), and write ü as one types it."""
    apart = unicodedata.normalize("NFD", text).replace(_UMLAUT, _WRITTEN_FOR_UMLAUT)
    bare: list[str] = []
    for sign in apart:
        if not (unicodedata.category(sign) == "Mn" and bare and "a" <= bare[-1] <= "z"):
            bare.append(sign)
    return unicodedata.normalize("NFC", "".join(bare))


@lru_cache(maxsize=KNOWN_SIGNS)
def _readings(sign: str) -> _Readings:
    """Give what meets a sign."""
    full = {sign} | {spelling for reading in _read_aloud(sign) for spelling in _spellings(reading)}
    begun = {reading[0] for reading in full} | {reading[:2] for reading in full if reading.startswith(_TWO_LETTERS)}
    return _Readings(frozenset(full | begun), frozenset(full))


def _spellings(reading: str) -> tuple[str, ...]:
    return (reading, reading.replace("v", "u"), reading.replace("v", "yu")) if "v" in reading else (reading,)


def _read_aloud(sign: str) -> tuple[str, ...]:
    if sign.isascii():
        return ()
    from pypinyin import Style, pinyin  # noqa: PLC0415 - its dictionary is slow to load, and few searches spell

    found = pinyin(sign, style=Style.NORMAL, heteronym=True, errors="ignore")
    return (*(found[0] if found else ()), *_OWN_READINGS.get(sign, ()))
