"""The seal of an archived record (封存): a digest over all that the book has in clear of a filing, as it was archived.

- It covers the filing's row, every fact about it until then, which sealed values there are, and the entry itself with
  its scans; never a text: what is sealed is bound to its row by its own seal.
- What was changed behind the book's back since is found by making the digest again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from claims.canonical_json import digest_of
from records.histories import details_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from records.connection import Fetch

_FILING: Final = """
SELECT id, customer_id, claimant_id, team_id, entered_by_id, type, channel, source, basis, occurred_at, recorded_at,
    present
FROM filing WHERE id = ANY($1)
"""
_FACTS: Final = """
SELECT filing_id, seq, id, kind, happened_at, recorded_at, by_id, entered_by_id, customer_id, deal_id, corrects_id,
    details
FROM fact WHERE filing_id = ANY($1) ORDER BY seq
"""
_SEALED: Final = """
SELECT v.filing_id, f.seq, v.fact_id, v.field, v.id FROM sealed_value v JOIN fact f ON f.id = v.fact_id
WHERE v.filing_id = ANY($1) ORDER BY f.seq, v.field
"""
_ENTRIES: Final = """
SELECT e.id, e.filing_id, e.number, e.corrects_id, e.archived_by_id,
    e.archived_at, e.retain_until, e.seal, f.seq, f.details
FROM archive_entry e JOIN fact f ON f.id = e.fact_id WHERE e.id > $1 ORDER BY e.id LIMIT $2
"""
BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class _Record:
    """What the book has in clear of a filing: its row, its facts, and which sealed values there are."""

    filing: Mapping[str, Any]
    facts: Sequence[Mapping[str, Any]]
    sealed: Sequence[Mapping[str, Any]]

    def seal(self, entry: Mapping[str, Any], *, before: int | None = None) -> bytes:
        """Make the seal of an archive entry over the record: all of it, or what was recorded before a fact.

        `entry` has the columns of its row and the scans as they are kept.
        """
        facts, sealed = (
            [row for row in rows if before is None or row["seq"] < before] for rows in (self.facts, self.sealed)
        )
        record = {
            "filing": _plain(self.filing),
            "facts": [_fact(one) for one in facts],
            "sealed": [_plain({name: one[name] for name in _OF_SEALED}) for one in sealed],
            "entry": _plain({name: entry[name] for name in _OF_ENTRY}),
        }
        return bytes.fromhex(digest_of(record))


_OF_FACT: Final = (
    "seq", "id", "kind", "happened_at", "recorded_at", "by_id", "entered_by_id", "customer_id", "deal_id",
    "corrects_id", "details",
)  # fmt: skip
_OF_SEALED: Final = ("fact_id", "field", "id")
_OF_ENTRY: Final = ("id", "number", "corrects_id", "archived_by_id", "archived_at", "retain_until", "scans")


async def _records(fetch: Fetch, filings: Collection[UUID]) -> dict[UUID, _Record]:
    """Read the records of some filings, all of them in each query."""
    wanted = [list(filings)]
    rows = {row["id"]: row for row in await fetch(_FILING, wanted)}
    facts: dict[UUID, list[Mapping[str, Any]]] = {filing: [] for filing in rows}
    sealed: dict[UUID, list[Mapping[str, Any]]] = {filing: [] for filing in rows}
    for row in await fetch(_FACTS, wanted):
        facts[row["filing_id"]].append(row)
    for row in await fetch(_SEALED, wanted):
        sealed[row["filing_id"]].append(row)
    return {filing: _Record(row, facts[filing], sealed[filing]) for filing, row in rows.items()}


async def seal_of(fetch: Fetch, entry: Mapping[str, Any]) -> bytes:
    """Make the seal of an entry over its filing's whole record; the filing's row is locked by the caller."""
    filing: UUID = entry["filing_id"]
    return (await _records(fetch, [filing]))[filing].seal(entry)


async def broken_seals(fetch: Fetch) -> list[UUID]:
    """List the filings whose record is no longer the one that was archived."""
    broken: list[UUID] = []
    last = UUID(int=0)
    while entries := await fetch(_ENTRIES, [last, BATCH]):
        records = await _records(fetch, {entry["filing_id"] for entry in entries})
        for entry in entries:
            whole = dict(entry) | {"scans": details_of(entry["details"]).get("scans", [])}
            if records[entry["filing_id"]].seal(whole, before=entry["seq"]) != bytes(entry["seal"]):
                broken.append(entry["filing_id"])
        last = entries[-1]["id"]
    return broken


def _fact(row: Mapping[str, Any]) -> dict[str, object]:
    return _plain({name: row[name] for name in _OF_FACT} | {"details": details_of(row["details"])})


def _plain(row: Mapping[str, Any]) -> dict[str, object]:
    return {name: _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:  # noqa: ANN401 (a column of any type)
    match value:
        case UUID():
            return value.hex
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case _:
            return value
