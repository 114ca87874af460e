"""The access log as somebody may read it: newest first, one's own team's or all; reading it is logged as well.

- A team's events are those in which it acted, or was looked at; of anybody else's there is nothing to see.
- An entry names its customer only to whoever sees that customer now.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from authz.acts import Act
from crypto.sealed import Place
from records.audit import Entry
from records.columns import Column, Table
from records.connection import read
from records.filters import EVERYTHING, Comparable, Filter, condition
from records.pages import Listing, Order, Page, Paging, SortKey, page
from records.queries import Values, visible_to

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from records.desk import Desk


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry of the access log; `sealed_note` and its customer are there if a note was kept."""

    id: UUID
    at: datetime
    tag: str
    actor: UUID | None
    customer: UUID | None
    fields: tuple[str, ...]
    purpose: str | None
    allowed: bool
    rule: str
    count: int
    sealed_note: bytes | None = field(repr=False)
    note_customer: UUID | None = field(repr=False)


_KEYS = (SortKey("l.at", "timestamptz"), SortKey("l.id", "uuid"))
_COLUMNS = (
    "l.id, l.at, l.tag, l.actor_id, e.root_id, l.fields, l.purpose, l.allowed, l.rule, l.count, n.sealed, "
    "n.customer_id AS noted"
)
_FROM = (
    "FROM access_log l LEFT JOIN access_note n ON n.entry_id = l.id LEFT JOIN LATERAL (SELECT p.root_id "
    "FROM log_pseudonym y JOIN customer p ON p.id = y.customer_id WHERE y.value = l.object) e ON true"
)


def entries(desk: Desk, narrowed: Filter = EVERYTHING) -> Listing[EntryRow]:
    """List the entries in sight, newest first."""
    sight, customers = visible_to(desk, Act.VIEW_ACCESS_LOG), visible_to(desk, Act.VIEW_CUSTOMERS)

    def shown_customer(bind: Values) -> str:
        return f"(CASE WHEN {customers.customer('e.root_id', bind)} THEN e.root_id END)"

    allowed = {
        "at": Comparable("l.at", "timestamptz"),
        "actor": Comparable("l.actor_id", "uuid"),
        "customer": Comparable(shown_customer, "uuid"),
        "tag": Comparable("l.tag", "text"),
        "purpose": Comparable("l.purpose", "text"),
        "allowed": Comparable("l.allowed", "boolean"),
    }

    def source(bind: Values, _below: str) -> str:
        return f"{_FROM} WHERE {sight.entries('l', bind)} AND {condition(narrowed, allowed, bind)}"

    return Listing("accessLog", lambda _bind: _COLUMNS, source, Order(_KEYS), _row, narrowed)


def _row(row: Mapping[str, Any]) -> EntryRow:
    return EntryRow(
        id=row["id"],
        at=row["at"],
        tag=row["tag"],
        actor=row["actor_id"],
        customer=row["root_id"],
        fields=tuple(row["fields"]),
        purpose=row["purpose"],
        allowed=row["allowed"],
        rule=row["rule"],
        count=row["count"],
        sealed_note=row["sealed"],
        note_customer=row["noted"],
    )


async def read_log(desk: Desk, paging: Paging, narrowed: Filter = EVERYTHING) -> Page[EntryRow]:
    """Read a page of the log; that it was read is durable before it is shown."""
    await desk.require(Act.VIEW_ACCESS_LOG)
    found = await page(desk, entries(desk, narrowed), paging)
    await desk.note(Entry("log:read", count=max(1, len(found.rows))))
    return found


async def _by_id(desk: Desk, ids: list[UUID]) -> dict[UUID, EntryRow]:
    sight, bind = visible_to(desk, Act.VIEW_ACCESS_LOG), Values()
    statement = f"SELECT {_COLUMNS} {_FROM} WHERE l.id = ANY({bind(ids)}) AND {sight.entries('l', bind)}"
    found = {row["id"]: _row(row) for row in await read(statement, bind.given)}
    if found:
        await desk.note(Entry("log:read", count=len(found)))
    return found


async def entry(desk: Desk, id_: UUID | None) -> EntryRow | None:
    """Give one entry in sight."""
    return None if id_ is None else await desk.gathering.ask(desk, _by_id, id_)


async def own_entry(desk: Desk, id_: UUID) -> EntryRow:
    """Give an entry that whoever asks has just caused: they know what it says."""
    bind = Values()
    statement = f"SELECT {_COLUMNS} {_FROM} WHERE l.id = {bind(id_)} AND l.actor_id = {bind(desk.signed_in().staff)}"
    return _row((await read(statement, bind.given))[0])


async def _notes(desk: Desk, rows: list[EntryRow]) -> dict[EntryRow, str]:
    ciphers = await desk.keys.ciphers_of({row.note_customer for row in rows if row.note_customer}, read)
    notes: dict[EntryRow, str] = {}
    for row in rows:
        cipher = ciphers.get(row.note_customer) if row.note_customer else None
        if cipher is not None and row.sealed_note is not None and row.note_customer is not None:
            place = Place(Table.ACCESS_NOTE, Column.NOTE, row.id, row.note_customer)
            notes[row] = cipher.open(row.sealed_note, place).decode()
    return notes


async def note_of(desk: Desk, row: EntryRow) -> str | None:
    """Open the note of an entry; an erased customer's is gone."""
    return None if row.sealed_note is None else await desk.gathering.ask(desk, _notes, row)
