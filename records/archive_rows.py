"""The archive (档案) as somebody sees it: the entries of filings in sight, the latest first, narrowed and in pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from authz.policy import Scope
from records.audit import Entry
from records.connection import read
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.histories import details_of
from records.pages import Count, Listing, Order, Page, Paging, SortKey, count, page
from records.queries import Values, acts_on, visible_to
from records.references import Kind, row_of
from records.scans import Scan, scans_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from records.connection import Fetch
    from records.desk import Desk


@dataclass(frozen=True, slots=True)
class ArchiveEntryRow:
    """An entry in sight; `number` counts the entries of one filing, `corrects` is the entry that it corrects."""

    id: UUID
    filing: UUID
    fact: UUID
    number: int
    corrects: UUID | None
    archived_by: UUID
    archived_at: datetime
    retain_until: date | None
    seal: str
    scans: tuple[Scan, ...]


_KEYS = (SortKey("e.archived_at", "timestamptz"), SortKey("e.id", "uuid"))
_COLUMNS = (
    "e.id, e.filing_id, e.fact_id, e.number, e.corrects_id, e.archived_by_id, e.archived_at, e.retain_until, "
    "e.seal, fa.details"
)
_FROM = (
    "FROM archive_entry e JOIN fact fa ON fa.id = e.fact_id JOIN filing f ON f.id = e.filing_id "
    "JOIN customer p ON p.id = f.customer_id"
)
_ALLOWED = {
    "archived_at": Comparable("e.archived_at", "timestamptz"),
    "retain_until": Comparable("e.retain_until", "date"),
    "type": Comparable("f.type", "text"),
    "claimant": Comparable("f.claimant_id", "uuid"),
    "claim": Comparable("e.filing_id", "uuid"),
    "customer": Comparable("p.root_id", "uuid"),
}


def archive(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[ArchiveEntryRow]:
    """List the entries in sight."""
    sight = visible_to(desk, Act.VIEW_ARCHIVE)

    def source(bind: Values, _below: str) -> str:
        return f"{_FROM} WHERE {sight.filings('f', bind)} AND {condition(narrowed, _ALLOWED, bind)}"

    return Listing("archive", lambda _bind: _COLUMNS, source, Order(_KEYS), _row, narrowed)


def _row(row: Mapping[str, Any]) -> ArchiveEntryRow:
    return ArchiveEntryRow(
        row["id"], row["filing_id"], row["fact_id"], row["number"], row["corrects_id"], row["archived_by_id"],
        row["archived_at"], row["retain_until"], bytes(row["seal"]).hex(), scans_in(details_of(row["details"])),
    )  # fmt: skip


async def entry_to_correct(fetch: Fetch, desk: Desk, reference: str) -> Mapping[str, Any] | None:
    """Give the entry that a reference names, with its filing, if it is within the actor's reach."""
    sight, bind = visible_to(desk, Act.CORRECT_ARCHIVE), Values()
    statement = (
        "SELECT e.id, e.filing_id FROM archive_entry e JOIN filing f ON f.id = e.filing_id "
        f"WHERE e.id = {bind(row_of(Kind.ARCHIVE_ENTRY, reference))} AND {sight.filings('f', bind)}"
    )
    rows = await fetch(statement, bind.given)
    return rows[0] if rows else None


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, ArchiveEntryRow]:
    sight, bind = visible_to(desk, Act.VIEW_ARCHIVE), Values()
    statement = f"SELECT {_COLUMNS} {_FROM} WHERE e.id = ANY({bind(ids)}) AND {sight.filings('f', bind)}"
    return {row["id"]: _row(row) for row in await read(statement, bind.given)}


async def entry(desk: Desk, id_: UUID | None) -> ArchiveEntryRow | None:
    """Give one entry in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


def acts_on_entry(desk: Desk) -> list[Act]:
    """List the acts that the viewer may do on an entry."""
    return acts_on(desk, [Act.CORRECT_ARCHIVE], Scope.ALL)


async def read_archive(desk: Desk, paging: Paging, narrowed: Filter) -> Page[ArchiveEntryRow]:
    """Read a page of the archive; one entry of the log says how many were shown."""
    await desk.require(Act.VIEW_ARCHIVE)
    found = await page(desk, archive(desk, narrowed), paging)
    if found.rows:
        await desk.note(Entry("archive:list", count=len(found.rows)))
    return found


async def count_archive(desk: Desk, narrowed: Filter) -> Count:
    """Count the entries in sight."""
    return await count(archive(desk, narrowed))
