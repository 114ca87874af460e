"""The one list of what is sealed: every sealed column is on it, and the database asks for the key of each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tortoise.models import Model

from records.columns import SealedField
from records.sealed_columns import SEALED, SealedColumn
from tests.records.keys_at_hand import connections

if TYPE_CHECKING:
    from records.database import Database


def test_every_sealed_column_of_a_table_is_on_the_list() -> None:
    """What a rotation does not know of, it would leave under the old key."""
    from records import tables  # noqa: PLC0415 (models bind to a context)

    models: list[Any] = [one for one in vars(tables).values() if isinstance(one, type) and issubclass(one, Model)]
    found = {
        (model.Meta.table, name)
        for model in models
        for name, field in model._meta.fields_map.items()
        if isinstance(field, SealedField)
    }
    assert found == {(one.name, one.column) for one in SEALED}


@pytest.mark.parametrize("sealed", SEALED, ids=lambda one: one.name)
def test_the_database_asks_for_the_key_of_each(database: Database, sealed: SealedColumn) -> None:
    """A foreign key to whose key it is, and a look at that key's state whenever something is written."""

    async def look() -> None:
        async with connections(database) as (connection,):
            key = await connection.fetchval(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = $1", f"{sealed.name}_subject_key"
            )
            assert key == (f"FOREIGN KEY ({sealed.of}, generation) REFERENCES subject_key({sealed.of}, generation)")
            triggers = await connection.fetch(
                "SELECT pg_get_triggerdef(oid) AS said FROM pg_trigger WHERE tgrelid = $1::regclass AND tgname ~ $2",
                sealed.name, "_names_its_key_(insert|update)$",
            )  # fmt: skip
            assert len(triggers) == 2
            assert all(f"'{sealed.column}', '{sealed.row}'" in one["said"] for one in triggers)

    asyncio.run(look())
