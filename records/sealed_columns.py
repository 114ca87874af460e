"""The one list of what is sealed, and whose: every column of sealed values, with whose key opens it.

- Rotation, verification, the counting of needs and the dropping of old keys go by this list, and by nothing else.
- A value is a customer's or a person's; the column that says whose is in the seal, and in a foreign key to the subject
  key that opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from crypto.sealed import Place
from records.columns import Column, Table
from records.moving import Unopened

if TYPE_CHECKING:
    from collections.abc import Mapping

CUSTOMER: Final = "customer_id"
PERSON: Final = "staff_id"


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A column of sealed values: whose they are, their row's id, and their number in the seals.

    `of` is the column that names the subject; `number` is None where a column `field` beside each value has it.
    """

    table: Table
    of: str
    row: str
    column: str
    number: Column | None

    @property
    def name(self) -> str:
        """Name its table."""
        return self.table.name.lower()

    def at(self, row: Mapping[str, Any]) -> Place:
        """Say where a row's value stands."""
        return Place(self.table, row["field"] if self.number is None else self.number, row["id"], row["subject_id"])

    def unopened(self, row: Mapping[str, Any], key: int | None) -> Unopened:
        """Say of a row that its value does not open."""
        name = Column(row["field"]).name.lower() if self.number is None else self.column
        return Unopened(self.name, name, row["id"], row["subject_id"], key)

    def opened_by(self, key: str) -> str:
        """Say when a subject key is the one that opens a row `t`."""
        return f"t.{self.of} = {key}.{self.of} AND t.generation = {key}.generation"

    def selected(self, source: str, *, place: int = 2) -> str:
        """Write the statement that reads a batch of values behind a place, `$2` unless it is another number."""
        field = "t.field" if self.number is None else "NULL"
        return (
            f"SELECT t.{self.row} AS id, t.{self.of} AS subject_id, t.generation, {field} AS field, "
            f"t.{self.column} AS sealed, {source} AND t.{self.row} > ${place} ORDER BY t.{self.row} LIMIT ${place + 1}"
        )


SEALED: Final = (
    SealedColumn(Table.FILING, CUSTOMER, "id", "card", Column.CARD),
    SealedColumn(Table.SEALED_VALUE, CUSTOMER, "id", "sealed", None),
    SealedColumn(Table.ACCESS_NOTE, CUSTOMER, "entry_id", "sealed", Column.NOTE),
    SealedColumn(Table.DIARY_ENTRY, PERSON, "id", "body", Column.DIARY),
    SealedColumn(Table.WEEKLY_REPORT, PERSON, "id", "body", Column.REPORT),
)
