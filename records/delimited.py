"""A table as text (CSV): which encoding it is in, and its records.

- UTF-8 (with or without BOM), GB18030, or UTF-16 with BOM, as spreadsheets in China save it; a file decodes to
  its last byte, or is refused.
- A quotation mark that is never closed spoils its own line, not the lines behind it.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from typing import IO, TYPE_CHECKING, Final

from records.sheet import SheetFault, SheetFaultCode, Unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from records.sheet import Records

DELIMITERS: Final = ",\t;"
_CHUNK = 1 << 20
_LONGEST_LINE = 1 << 20
_KEPT_OF_A_LONG_LINE = 1000
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PROVEN = 8  # So many characters that read as UTF-8 are no accident: Chinese text in GB18030 hardly ever gives two.
_CONTROLS = bytes(set(range(32)) - {0, 9, 10, 13, 26})
_SUBSTITUTE = "\x1a"  # What old programs write behind the last line.


def encoding_of(path: Path) -> tuple[str, int]:
    """Decide in which encoding a whole text decodes, and count its lines; holds one chunk at a time.

    Refuses `WRONG_ENCODING` with the line of the first damage, `NOT_A_SPREADSHEET` what is no text.
    """
    with path.open("rb") as file:
        head = file.read(4096)
        if head.startswith(_UTF16):
            codec, damage = "utf-16", _Damage.first(file, "utf-16")
        elif (
            not (damage := _Damage.first(file, "utf-8")).found
            or head.startswith(codecs.BOM_UTF8)
            or damage.characters >= _PROVEN
        ):
            codec = "utf-8-sig"
        else:
            codec, damage = "gb18030", _Damage.first(file, "gb18030")
    if damage.found:
        if sum(head.count(control) for control in _CONTROLS) * 50 > len(head):
            raise SheetFault(SheetFaultCode.NOT_A_SPREADSHEET)
        raise SheetFault(SheetFaultCode.WRONG_ENCODING, line=damage.lines + 1)
    return codec, damage.lines + 1


class _Damage:
    """How far a text decodes: the lines and the characters beyond ASCII before the first damage, if there is one."""

    __slots__ = ("characters", "found", "lines")

    def __init__(self) -> None:
        self.lines = 0
        self.characters = 0
        self.found = False

    @classmethod
    def first(cls, file: IO[bytes], codec: str) -> _Damage:
        damage = cls()
        decoder = codecs.getincrementaldecoder(codec)()
        file.seek(0)
        more = True
        while more:
            chunk = file.read(_CHUNK)
            more = bool(chunk)
            try:
                damage._count(decoder.decode(chunk, final=not more))
            except UnicodeDecodeError as error:
                damage._count(error.object[: error.start].decode(codec, "ignore"))
                damage.found = True
                return damage
        return damage

    def _count(self, text: str) -> None:
        self.lines += text.count("\n")
        if self.characters < _PROVEN and not text.isascii():
            self.characters += len(text) - len(text.encode("ascii", "ignore"))


class _Lines:
    """The lines of a text, of which some may be given back; knows those taken for the record being read."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.too_long = False
        self.ended = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else self._file.readline(_LONGEST_LINE)
        if not line or line == _SUBSTITUTE:
            self.ended = True
            raise StopIteration
        if len(line) == _LONGEST_LINE:
            self.too_long = True
            while len(self._file.readline(_LONGEST_LINE)) == _LONGEST_LINE:
                pass
            line = line[:_KEPT_OF_A_LONG_LINE].replace('"', "") + "\n"
        self.taken.append(line)
        return line

    def give_back_all_but_one(self) -> str:
        first, *others = self.taken
        self._returned.extendleft(reversed(others))
        self.taken.clear()
        return first


def delimited_records(path: Path, codec: str, delimiter: str) -> Records:
    """Read the records of a text one after another.

    A record of several lines must be written without fault, and be no wider than those before it: otherwise its
    first line is `Unreadable`, and reading goes on with the second.
    """
    with path.open(encoding=codec, newline="") as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=delimiter)
        widest = 0
        while True:
            lines.taken.clear()
            lines.too_long = lines.ended = False
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                cells = None
            # A reader asks for a line only within quotation marks: the end came before they were closed.
            unclosed = lines.ended
            if cells is None or unclosed or lines.too_long:
                cells = None
            elif len(lines.taken) == 1:
                widest = max(widest, len(cells))
            elif 1 < widest < len(cells) or not _is_faultless(lines.taken, delimiter):
                cells = None
            if cells is None:
                yield Unreadable(lines.give_back_all_but_one())
                reader = csv.reader(lines, delimiter=delimiter)
            else:
                yield cells


def _is_faultless(taken: list[str], delimiter: str) -> bool:
    try:
        return len(list(csv.reader(taken, delimiter=delimiter, strict=True))) == 1
    except csv.Error:
        return False
