"""A table as a workbook (XLSX): its sheets in order, their records, and the text of every cell.

- Dates and times are what a cell's format shows them to be; a whole number has no decimal point, so that a phone
  typed as a number is its digits; a formula is its text, never its result.
- A workbook that would unpack to more than any register needs is refused before it is unpacked.
- Texts that cells share are held once and packed; everything else is read as it comes.
"""

from __future__ import annotations

import mmap
import re
import struct
import zipfile
import zlib
from array import array
from contextlib import contextmanager
from datetime import time, timedelta
from functools import lru_cache
from posixpath import join, normpath
from typing import IO, TYPE_CHECKING, Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from records.sheet import SheetFault, SheetFaultCode

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from datetime import datetime
    from pathlib import Path

    from records.sheet import Records

MOST_COLUMNS: Final = 16_384
"""Columns that a sheet can have (ECMA-376)."""
MOST_ROWS: Final = 1_048_576
"""Rows that a sheet can have (ECMA-376)."""
_MOST_BYTES = 1 << 30
_MOST_RATIO = 100  # Sheets pack to a tenth of their size, at most to a fiftieth; a bomb packs to a thousandth.
_SMALL = 10 << 20
_CHUNK = 1 << 16
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DIMENSION = re.compile(rb'<dimension ref="[A-Z]+[0-9]+:[A-Z]+([0-9]{1,7})"')
_SECONDS_A_DAY = 86_400
_CHINESE_DATES = {*range(27, 37), *range(50, 59)}
"""Format numbers that mean a Chinese date or time and are not written out in the file (ECMA-376, 18.8.30, zh-cn)."""


def is_workbook(path: Path) -> bool:
    """Tell a workbook by its content; refuses one of the old kind (.xls) and one under a password."""
    with path.open("rb") as file:
        head = file.read(8)
        if head == _OLE:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
                encrypted = whole.find(_ENCRYPTED) >= 0
            raise SheetFault(SheetFaultCode.ENCRYPTED_WORKBOOK if encrypted else SheetFaultCode.OLD_WORKBOOK)
    return head.startswith(_ZIP)


def workbook_sheets(path: Path) -> Generator[tuple[Records, int | None], None, None]:
    """Give the records of each sheet, and how many there are if it says so.

    The file stays open until this is exhausted or closed. Refuses with `SheetFault`, then or while reading.
    """
    with _faults(), zipfile.ZipFile(path) as archive:
        _weigh(archive)
        workbook = _Workbook(archive)
        for part in workbook.sheets:
            yield workbook.records(part), workbook.declared_rows(part)


@contextmanager
def _faults() -> Iterator[None]:
    """Say of everything that can be wrong inside an archive or its XML that the workbook is damaged."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        ET.ParseError,
        expat.ExpatError,
        LookupError,
        ValueError,
        EOFError,
        NotImplementedError,
    ) as error:
        raise SheetFault(SheetFaultCode.DAMAGED_WORKBOOK) from error


def _weigh(archive: zipfile.ZipFile) -> None:
    """Refuse what would not fit; an archive never unpacks to more than it declares."""
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise SheetFault(SheetFaultCode.ENCRYPTED_WORKBOOK)
    if sum(part.file_size for part in parts) > _MOST_BYTES or any(
        part.file_size > max(_SMALL, _MOST_RATIO * part.compress_size) for part in parts
    ):
        raise SheetFault(SheetFaultCode.WORKBOOK_TOO_LARGE)


class _Workbook:
    """An open workbook: `sheets` names the parts that are its worksheets, in the order of their tabs."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._parts = set(archive.namelist())
        if "xl/workbook.xml" not in self._parts:
            raise SheetFault(SheetFaultCode.NOT_A_SPREADSHEET)
        book = list(self._tree("xl/workbook.xml").iter())
        targets = {
            relation.get("Id"): normpath(join("xl", relation.get("Target", ""))).removeprefix("/")
            for relation in self._tree("xl/_rels/workbook.xml.rels")
            if relation.get("Type", "").endswith("/worksheet")
        }
        named = [targets.get(_attribute(node, "id")) for node in book if _is(node, "sheet")]
        self.sheets = tuple(part for part in named if part in self._parts)
        mac = any(node.get("date1904") in {"1", "true"} for node in book if _is(node, "workbookPr"))
        self._epoch = CALENDAR_MAC_1904 if mac else CALENDAR_WINDOWS_1900
        self._dated = self._styles_of_dates()
        self._shared: _Texts | None = None

    def declared_rows(self, part: str) -> int | None:
        """Say up to which row a sheet goes by its own word."""
        with self._archive.open(part) as source:
            declared = _DIMENSION.search(source.read(4096))
        return int(declared[1]) if declared else None

    def records(self, part: str) -> Records:
        """Read a sheet's records; rows that the file leaves out are empty ones."""
        rows = _Rows(self._text)
        with _faults(), self._archive.open(part) as source:
            while chunk := source.read(_CHUNK):
                yield from rows.feed(chunk)
            yield from rows.feed(b"")

    def _text(self, kind: str | None, style: str | None, value: str) -> str:
        if kind is None or kind == "n":
            return self._dated_text(float(value)) if style in self._dated else _number_text(value)
        if kind == "s":
            return self._shared_texts()[int(value)]
        if kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        return value

    def _dated_text(self, days: float) -> str:
        """Write a date, a time or both; a date at midnight is a date without a time."""
        if 0 <= days < 1:
            seconds = min(round(days * _SECONDS_A_DAY), _SECONDS_A_DAY - 1)
            return time(seconds // 3600, seconds // 60 % 60, seconds % 60).isoformat()
        try:
            moment: datetime = from_excel(days, self._epoch) + timedelta(milliseconds=500)
        except (OverflowError, ValueError):
            return _number_text(repr(days))
        moment = moment.replace(microsecond=0)
        return moment.date().isoformat() if moment.time() == time.min else moment.isoformat(sep=" ")

    def _styles_of_dates(self) -> frozenset[str]:
        if "xl/styles.xml" not in self._parts:
            return frozenset()
        styles = list(self._tree("xl/styles.xml"))
        written = {
            int(node.get("numFmtId", 0)): node.get("formatCode", "")
            for group in styles
            if _is(group, "numFmts")
            for node in group
        }
        cells = [node for group in styles if _is(group, "cellXfs") for node in group]
        return frozenset(
            str(number) for number, node in enumerate(cells) if _is_dated(int(node.get("numFmtId", 0)), written)
        )

    def _shared_texts(self) -> _Texts:
        if self._shared is None:
            with self._archive.open("xl/sharedStrings.xml") as source:
                self._shared = _Texts(source)
        return self._shared

    def _tree(self, part: str) -> ET.Element:
        with self._archive.open(part) as source:
            return ET.parse(source).getroot()  # noqa: S314 (expat bounds entities, and fetches nothing)


class _Rows:
    """The rows of a sheet as its XML comes in, a piece at a time; no more of it is held than one row."""

    def __init__(self, text: Callable[[str | None, str | None, str], str]) -> None:
        self._text = text
        self._rows: list[list[str]] = []
        self._at = 0
        self._cells: list[str] = []
        self._cell: dict[str, str] = {}
        self._pieces: list[str] = []
        self._value = ""
        self._written = ""
        self._formula: str | None = None
        self._shared: dict[str, str] = {}
        self._aloud = False
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = _refuse_entities

    def feed(self, chunk: bytes) -> list[list[str]]:
        """Take a piece of the sheet (the last is empty), and give the rows that end in it."""
        self._rows = []
        self._parser.Parse(chunk, not chunk)
        return self._rows

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._cell = attributes
            self._value = self._written = ""
            self._formula = None
        elif name in {"v", "t", "f"}:
            self._pieces = []
            self._parser.CharacterDataHandler = self._pieces.append
            if name == "f" and attributes.get("t") == "shared":
                self._cell["shared"] = attributes.get("si", "")
        elif name == "row":
            at = int(attributes.get("r", self._at + 1))
            if not self._at < at <= MOST_ROWS:
                raise ValueError(name)
            self._rows.extend([[]] * (at - self._at - 1))
            self._at = at
            self._cells = []
        elif name == "rPh":
            self._aloud = True

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._place()
        elif name in {"v", "t", "f"}:
            self._parser.CharacterDataHandler = None
            text = "".join(self._pieces)
            if name == "v":
                self._value = text
            elif name == "f":
                self._formula = self._shared.setdefault(self._cell["shared"], text) if "shared" in self._cell else text
            elif not self._aloud:
                self._written += text
        elif name == "row":
            self._rows.append(self._cells)
        elif name == "rPh":
            self._aloud = False

    def _place(self) -> None:
        """Put a cell's text into its column: what is typed, a formula before its result."""
        column = _column(self._cell.get("r", "").rstrip("0123456789")) or len(self._cells) + 1
        if column > MOST_COLUMNS:
            raise ValueError(column)
        if self._formula is not None:
            text = "=" + self._formula
        elif self._written:
            text = self._written.replace("_x000D_", "")
        else:
            text = self._value and self._text(self._cell.get("t"), self._cell.get("s"), self._value)
        self._cells.extend([""] * (column - len(self._cells)))
        self._cells[column - 1] = text


def _refuse_entities(*_: object) -> None:
    raise ValueError("a sheet declares no entities")


class _Texts:
    """The texts that cells share, in one piece: a fifth of what a list of them would take."""

    def __init__(self, source: IO[bytes]) -> None:
        self._bytes = bytearray()
        self._ends = array("I", [0])
        parts = ET.iterparse(source, events=("start", "end"))  # noqa: S314 (expat bounds entities, and fetches nothing)
        _, whole = next(parts)
        for event, node in parts:
            if event == "end" and _is(node, "si"):
                self._bytes += _written(node).encode()
                self._ends.append(len(self._bytes))
                whole.clear()

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        return self._bytes[self._ends[number] : self._ends[number + 1]].decode()


def _is(node: ET.Element, name: str) -> bool:
    return node.tag.endswith("}" + name)


def _attribute(node: ET.Element, name: str) -> str | None:
    return next((value for key, value in node.attrib.items() if key.endswith("}" + name)), None)


def _written(node: ET.Element) -> str:
    """Join a text's runs; how it is read aloud (rPh) is no part of it."""
    text = ""
    for child in node:
        if _is(child, "t"):
            text += child.text or ""
        elif _is(child, "r"):
            text += _written(child)
    return text.replace("_x000D_", "")


def _is_dated(number: int, written: dict[int, str]) -> bool:
    code = written.get(number) or BUILTIN_FORMATS.get(number, "")
    return number in _CHINESE_DATES or is_date_format(code) or is_timedelta_format(code)


@lru_cache(maxsize=MOST_COLUMNS)
def _column(letters: str) -> int:
    return column_index_from_string(letters) if letters else 0


def _number_text(value: str) -> str:
    if value.isdecimal():
        return value
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else value  # noqa: PLR2004 (exact below)
