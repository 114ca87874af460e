"""Which rows need which key: the work that a rotation has left, and what forbids that a key be destroyed.

- A row needs the key that its own bytes, or the column beside them, name; so does whatever is sealed under a
  subject key that it wraps.
- What is left to do is asked of the rows each time: there is no list to trust, and none to lose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from records.columns import Column
from records.keys import DATA, Index
from records.sealed_columns import SEALED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from records.connection import Fetch
    from records.sealed_columns import SealedColumn


@dataclass(frozen=True, slots=True)
class Need:
    """How many rows of a table need a key, by the column (or index) that needs it."""

    key: int
    table: str
    column: str
    rows: int


_SEALED = """
SELECT s.dek_id AS key, {name} AS column, count(*) AS rows FROM subject_key s JOIN {table} t ON {opened}
WHERE s.dek_id = ANY($1) GROUP BY 1, 2
"""
_COUNT = "SELECT {key} AS key, {name} AS column, count(*) AS rows FROM {table} WHERE {key} = ANY($1) GROUP BY 1, 2"


def _name_of(sealed: SealedColumn) -> str:
    return "t.field::text" if sealed.number is None else f"'{sealed.column}'"


_NAMED: Final = tuple(
    (table, _COUNT.format(table=table, key=key, name=name))
    for table, key, name in (
        ("subject_key", "dek_id", "'wrapped'"),
        ("blind_index", "key_id", "index::text"),
        ("register_row", "key_id", "'fingerprint'"),
        ("replay", "hash_key_id", "'input_hash'"),
        ("log_pseudonym", "key_id", "'value'"),
        ("access_log", "mac_key", "'mac'"),
    )
)
_UNDER_DATA_KEYS: Final = tuple(
    (one.name, _SEALED.format(table=one.name, name=_name_of(one), opened=one.opened_by("s"))) for one in SEALED
)


async def needs_of(fetch: Fetch, keys: Sequence[int]) -> list[Need]:
    """Count the rows that need each of some keys, by table and column; a key that nothing needs is not there."""
    found: list[Need] = []
    for table, statement in (*_NAMED, *_UNDER_DATA_KEYS):
        rows = await fetch(statement, [list(keys)])
        found += [Need(row["key"], table, _column(table, row["column"]), row["rows"]) for row in rows]
    return sorted(found, key=lambda need: (need.key, need.table, need.column))


def _column(table: str, said: str) -> str:
    match table:
        case "sealed_value":
            return Column(int(said)).name.lower()
        case "blind_index":
            return Index(int(said)).name.lower()
        case _:
            return said


def moves(purpose: str) -> bool:
    """Tell whether rows are moved from one key of a purpose to the next; others stay as long as they live.

    Log entries and their pseudonyms are never rewritten, fingerprints of register rows cannot be, hashes of inputs
    are gone after a day, and cursors are kept by nobody.
    """
    return purpose == DATA or (purpose.startswith("index.") and purpose != Index.REGISTER_ROW.purpose)
