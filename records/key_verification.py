"""Whether everything that is sealed opens: read from the first row to the last, and listed where it does not.

- Nothing is changed, and nothing is shown: a row is named by table, column and ids.
- Values of a customer or person that were erased are no findings: nothing of them is to open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from crypto.keyring import KeyRefused, data_key_of, unwrap_subject_key
from crypto.sealed import SealBroken
from records.connection import transaction
from records.moving import START, Unopened
from records.sealed_columns import SEALED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from records.keys import Keys
    from records.sealed_columns import SealedColumn

BATCH: Final = 500
_KEYS: Final = """
SELECT id, subject_id, generation, wrapped, dek_id FROM subject_key
WHERE wrapped IS NOT NULL AND id > $1 ORDER BY id LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Verified:
    """How many subject keys and values were opened, and the rows that do not open."""

    opened: int
    unopened: tuple[Unopened, ...]


async def verify_keys(keys: Keys, tell: Callable[[int], None] = lambda _opened: None) -> Verified:
    """Open every customer's and every person's key, then every sealed value."""
    opened, broken = 0, list[Unopened]()
    place = START
    while rows := await _read(_KEYS, [place, BATCH]):
        place = rows[-1]["id"]
        wrong = [
            Unopened("subject_key", "wrapped", row["id"], row["subject_id"], row["dek_id"])
            for row in rows
            if not _key_opens(keys, row)
        ]
        opened, broken = opened + len(rows) - len(wrong), broken + wrong
        tell(opened)
    for sealed in SEALED:
        place = START
        while rows := await _read(_values(sealed), [place, BATCH]):
            place = rows[-1]["id"]
            wrong = await _broken(keys, sealed, rows)
            opened, broken = opened + len(rows) - len(wrong), broken + wrong
            tell(opened)
    return Verified(opened, tuple(broken))


def _values(sealed: SealedColumn) -> str:
    source = f"s.dek_id FROM {sealed.name} t JOIN subject_key s ON {sealed.opened_by('s')} WHERE s.wrapped IS NOT NULL"
    return sealed.selected(source, place=1)


async def _read(statement: str, values: list[Any]) -> Sequence[Mapping[str, Any]]:
    async with transaction() as tx:
        return await tx.execute_query_dict(statement, values)


def _key_opens(keys: Keys, row: Mapping[str, Any]) -> bool:
    wrapped = bytes(row["wrapped"])
    try:
        unwrap_subject_key(keys.data_key(data_key_of(wrapped)), row["subject_id"], row["generation"], wrapped)
    except KeyRefused:
        return False
    return True


async def _broken(keys: Keys, sealed: SealedColumn, rows: Sequence[Mapping[str, Any]]) -> list[Unopened]:
    async with transaction() as tx:
        found = await keys.ciphers_of({row["subject_id"] for row in rows}, tx.execute_query_dict)
    broken: list[Unopened] = []
    for row in rows:
        try:
            found[row["subject_id"]].open(row["sealed"], sealed.at(row))
        except (SealBroken, KeyRefused, KeyError):
            broken.append(sealed.unopened(row, row["dek_id"]))
    return broken
