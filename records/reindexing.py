"""Index rows written anew under an index's primary key: the values that they stand for are opened for it.

- Filings look for a value under every key that is read, and lock it under each; they write under the primary alone. So
  at every instant each filing is found, by its old token or by its new one, and the old key's rows are the work left.
- A filing's old rows go and its new ones come in one transaction; rows that are gone meanwhile, because another did
  the same or the customer was erased, bring none back.
- What a newer normaliser makes of a value is written in the same way; until then the older one is asked as well.
- A row whose value is not found again in what the filing says stays, and is listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from crypto.keyring import KeyRefused, KeyState
from crypto.sealed import Place, SealBroken
from records.columns import Column, Table
from records.connection import transaction
from records.forms import NORMALISERS, read_form
from records.key_needs import moves
from records.keys import Index
from records.moving import Batch, Unopened, given_way
from records.tokens import to_be_written, tokens_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from records.connection import Fetch
    from records.keys import Keys
    from records.tokens import Token

_STALE: Final = "(key_id = ANY($1) OR normaliser <> ($2::smallint[])[index])"
_FILINGS: Final = f"""
SELECT DISTINCT filing_id FROM blind_index WHERE {_STALE} AND filing_id > $3 ORDER BY filing_id LIMIT $4
"""  # noqa: S608 (a constant of ours)
_ROWS: Final = f"""
SELECT id, index, key_id, normaliser, token, customer_id, filing_id FROM blind_index
WHERE {_STALE} AND filing_id = ANY($3)
"""  # noqa: S608 (as above)
_TEXTS: Final = """
SELECT id, fact_id, filing_id, customer_id, field, sealed FROM sealed_value
WHERE filing_id = ANY($1) AND field = ANY($2)
"""
_HOLD: Final = "SELECT FROM customer WHERE id = ANY($1) ORDER BY id FOR KEY SHARE"
_REPLACE: Final = """
WITH gone AS (DELETE FROM blind_index WHERE id = ANY($1) RETURNING filing_id), added AS (
    INSERT INTO blind_index (index, key_id, normaliser, token, customer_id, filing_id)
    SELECT t.* FROM unnest($2::smallint[], $3::integer[], $4::smallint[], $5::bytea[], $6::uuid[], $7::uuid[])
        AS t(index, key_id, normaliser, token, customer_id, filing_id)
    WHERE t.filing_id IN (SELECT filing_id FROM gone) ON CONFLICT DO NOTHING
) SELECT count(*) AS gone FROM gone
"""
_INDEXED: Final = (Column.NAME, Column.PHONES, Column.WECHAT, Column.EMAIL, Column.OTHER)


def old_keys(keys: Keys) -> list[int]:
    """Give the keys whose index rows are to be moved."""
    return [
        version.id
        for index in Index
        if moves(index.purpose)
        for version in keys.versions(index.purpose)
        if version.state in {KeyState.DECRYPT_ONLY, KeyState.COMPROMISED}
    ]


def newest_normalisers() -> list[int]:
    """List the newest version of each index's normaliser, in the order of the indexes' numbers."""
    newest = {index: versions[0][0] for index, versions in NORMALISERS.items()}
    return [newest.get(Index(number), 1) for number in range(1, max(Index) + 1)]


async def reindex_batch(keys: Keys, size: int, after: UUID) -> Batch:
    """Write the index rows of a batch of filings anew."""
    async with transaction() as tx:
        fetch: Fetch = tx.execute_query_dict
        await keys.follow(fetch)
        stale = [old_keys(keys), newest_normalisers()]
        filings = [row["filing_id"] for row in await fetch(_FILINGS, [*stale, after, size])]
        if not filings:
            return Batch(0, None)
        rows = await fetch(_ROWS, [*stale, filings])
        texts = await fetch(_TEXTS, [filings, list(map(int, _INDEXED))])
        ciphers = await keys.ciphers_of({row["customer_id"] for row in rows}, fetch)
    opened, unopened = _opened(texts, ciphers)
    gone: list[int] = []
    new: list[tuple[int, int, int, bytes, UUID, UUID]] = []
    for filing, mine in _by_filing(rows).items():
        found, written = _tokens(keys, opened.get(filing, {}))
        moved = [row for row in mine if _token_of(row) in found]
        unopened += [_unopened(row) for row in mine if _token_of(row) not in found]
        gone += [row["id"] for row in moved]
        indexes = {row["index"] for row in moved}
        customer: UUID = mine[0]["customer_id"]
        new += [
            (one.index, one.key, one.normaliser, one.token, customer, filing) for one in written if one.index in indexes
        ]

    async def write(fetch: Fetch) -> int:
        await fetch(_HOLD, [list({row["customer_id"] for row in rows})])
        columns = [list(column) for column in zip(*new, strict=True)]
        return (await fetch(_REPLACE, [gone, *columns]))[0]["gone"]

    count = await given_way(write) if gone and new else 0
    return Batch(count, filings[-1], tuple(unopened))


def _by_filing(rows: Sequence[Mapping[str, Any]]) -> dict[UUID, list[Mapping[str, Any]]]:
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["filing_id"], []).append(row)
    return found


def _token_of(row: Mapping[str, Any]) -> tuple[int, int, int, bytes]:
    return row["index"], row["key_id"], row["normaliser"], bytes(row["token"])


def _unopened(row: Mapping[str, Any]) -> Unopened:
    return Unopened(
        "blind_index", Index(row["index"]).name.lower(), row["filing_id"], row["customer_id"], row["key_id"]
    )


def _opened(
    texts: Sequence[Mapping[str, Any]], ciphers: Mapping[UUID, Any]
) -> tuple[dict[UUID, dict[UUID, dict[Column, bytes]]], list[Unopened]]:
    """Open what filings say, by filing and fact, and list what does not open."""
    found: dict[UUID, dict[UUID, dict[Column, bytes]]] = {}
    unopened: list[Unopened] = []
    for row in texts:
        column = Column(row["field"])
        place = Place(Table.SEALED_VALUE, column, row["id"], row["customer_id"])
        try:
            text = ciphers[row["customer_id"]].open(row["sealed"], place)
        except (SealBroken, KeyRefused, KeyError):
            unopened.append(Unopened("sealed_value", column.name.lower(), row["id"], row["customer_id"], None))
            continue
        found.setdefault(row["filing_id"], {}).setdefault(row["fact_id"], {})[column] = text
    return found, unopened


def _tokens(
    keys: Keys, facts: Mapping[UUID, Mapping[Column, bytes]]
) -> tuple[set[tuple[int, int, int, bytes]], tuple[Token, ...]]:
    """Give the tokens of what a filing says under every key, and those to be written."""
    forms = [read_form(texts) for texts in facts.values()]
    found = tokens_of(keys, (entry for form in forms for entry in form.index_entries(all_versions=True)))
    return {(one.index, one.key, one.normaliser, one.token) for one in found}, to_be_written(keys, found)
