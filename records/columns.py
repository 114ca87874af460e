"""Columns that keep sealed values and digests, and the numbers under which a seal knows them.

- A sealed column takes and gives `Sealed`, nothing else: clear text cannot be written by mistake.
- A seal binds the numbers below, never names, so that a table may be renamed; a number is never reused.
- Migrations import this module: its path is frozen.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from tortoise.fields import OnDelete
from tortoise.fields.base import Field
from tortoise.fields.data import BinaryField

from crypto.sealed import Sealed

KEEP = OnDelete.RESTRICT
"""Nothing goes because something that it names went."""


def one_of(column: str, *words: str) -> str:
    """Write the check that a column holds one of some words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"


class Table(IntEnum):
    """Registry numbers of the tables that hold sealed values (bound by every seal), in lower case their names."""

    FILING = 1
    SEALED_VALUE = 2
    ACCESS_NOTE = 3
    DIARY_ENTRY = 4
    WEEKLY_REPORT = 5


class Column(IntEnum):
    """Registry numbers of what is sealed (bound by every seal, and kept beside each sealed value).

    One number a contact field, so that a reveal opens what it names and no more; `OTHER` keeps every
    further text of a filing, known headings and unknown, as one JSON object.
    """

    CARD = 1
    NAME = 2
    PHONES = 3
    WECHAT = 4
    EMAIL = 5
    ADDRESS = 6
    BUILDING = 7
    OTHER = 8
    NOTE = 9
    STATEMENT = 10
    EVIDENCE = 30
    PAYEE = 31
    FILE = 32
    DIARY = 40
    REPORT = 41


class SealedField(BinaryField):
    """A BYTEA column that holds `Sealed` values only."""

    field_type = Sealed

    def to_db_value(self, value: Any, instance: Any) -> bytes | None:  # noqa: ANN401, ARG002 (Tortoise's signature)
        """Refuse everything but a sealed value, so that clear text never reaches the table."""
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError("a sealed column takes sealed values only")
        return bytes(value)

    def to_python_value(self, value: Any) -> Sealed | None:  # noqa: ANN401 (Tortoise's signature)
        """Wrap what the database gives, and know its header."""
        return value if value is None or isinstance(value, Sealed) else Sealed(bytes(value))


class DigestField(Field[bytes]):
    """A BYTEA column for a keyed or plain digest: short and of even length, so it may be indexed."""

    SQL_TYPE = "BYTEA"
    field_type = bytes
