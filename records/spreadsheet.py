"""A file whose columns have headings: which column is which, and the records below.

- What a file is, its content says, never its name; a workbook's sheet is the first that has the headings.
- Columns stand in any order; titles may stand above the headings.
- A heading may be written wide, with gaps, with a star or a hint in brackets; of two names for one column the
  first counts. A heading that nobody knows keeps its column.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from records.delimited import DELIMITERS, delimited_records, encoding_of
from records.sheet import SheetFault, SheetFaultCode, Unreadable

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path
    from typing import TypeAlias

    from records.sheet import Records

    _Readings: TypeAlias = Generator[tuple[Records, int | None], None, None]

MOST_COLUMNS_OF_A_TABLE: Final = 500
_HEADINGS_WITHIN = 20
_HINT = re.compile(r"\([^()]*\)|\[[^][]*\]|【[^【】]*】|[*:\s]")
_UNSEEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, 0x200B, 0x200E, 0x200F, 0xFEFF))
_UNSEEN |= dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_PARAGRAPHS = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Table:
    """An open table: its headings as written, where the known columns stand, and the records below.

    `expected` is about how many records there are, for whoever shows progress; none if the file does not say.
    """

    headings: tuple[str, ...]
    columns: Mapping[str, int]
    expected: int | None
    records: Records = field(repr=False)


def open_table(path: Path, known: Mapping[str, tuple[str, ...]], needed: tuple[tuple[str, ...], ...]) -> Table:
    """Open the table in a file by its headings.

    `known` gives every column's heading and its other names; of each group in `needed` one must be there.
    Refuses with `SheetFault`.
    """
    names = {_bare(name): heading for heading, others in known.items() for name in (*others, heading)}
    nearest: set[str] | None = None
    readings = _readings(path)
    for records, expected in readings:
        start = list(islice(records, _HEADINGS_WITHIN))
        for above, record in enumerate(start):
            if isinstance(record, Unreadable) or not any(cell.strip().strip(DELIMITERS) for cell in record):
                continue
            columns = _columns(record, names)
            if all(not columns.keys().isdisjoint(group) for group in needed):
                _refuse_ambiguous(record, columns)
                below = _below(start[above + 1 :], records, readings)
                return Table(tuple(legible(cell) for cell in record), columns, expected, below)
            if nearest is None or len(columns) > len(nearest):
                nearest = set(columns)
        records.close()
    if nearest is None:
        raise SheetFault(SheetFaultCode.EMPTY_FILE)
    raise SheetFault(
        SheetFaultCode.MISSING_HEADING, heading=next(group[0] for group in needed if nearest.isdisjoint(group))
    )


def _below(start: list[list[str] | Unreadable], records: Records, readings: _Readings) -> Records:
    """Give the records below the headings, and close the file behind the last."""
    with closing(readings), closing(records):
        yield from start
        yield from records


def legible(cell: str) -> str:
    """Give a cell's text without what cannot be seen: control and direction signs, gaps around it."""
    if cell.isprintable():
        return cell.strip()
    return _PARAGRAPHS.sub("\n", cell).translate(_UNSEEN).strip()


def _readings(path: Path) -> _Readings:
    """Give the ways to read a file as a table: a workbook's sheets, a text by its delimiters."""
    # Every command would wait for the library of workbooks, and few read any.
    from records.workbook import is_workbook, workbook_sheets  # noqa: PLC0415

    if is_workbook(path):
        yield from workbook_sheets(path)
        return
    codec, lines = encoding_of(path)
    for delimiter in DELIMITERS:
        yield delimited_records(path, codec, delimiter), lines


def _bare(heading: str) -> str:
    return _HINT.sub("", unicodedata.normalize("NFKC", legible(heading))).casefold()


def _columns(record: list[str], names: Mapping[str, str]) -> dict[str, int]:
    """Tell which known column stands where; a column's own heading goes before its other names."""
    columns: dict[str, int] = {}
    for place, cell in enumerate(record):
        bare = _bare(cell)
        heading = names.get(bare)
        if heading is not None and (heading == bare or heading not in columns):
            columns[heading] = place
    return columns


def _refuse_ambiguous(record: list[str], columns: Mapping[str, int]) -> None:
    if len(record) > MOST_COLUMNS_OF_A_TABLE:
        raise SheetFault(SheetFaultCode.TOO_MANY_COLUMNS)
    bare = [_bare(cell) for cell in record]
    for heading in columns:
        if bare.count(heading) > 1:
            raise SheetFault(SheetFaultCode.DUPLICATE_HEADING, heading=heading)
