"""Somebody leaves: the acts as tests of departures do them, each at the version that stands."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from records import departures, filing, handovers
from records.checklist_rows import items_now
from records.connection import transaction
from records.departure_rows import DepartureKind, HandoverKind, departure_of
from records.departures import Announcement
from records.references import Kind, reference
from tests.records.book import claim_form, key, new_phone

if TYPE_CHECKING:
    from records.departure_rows import DepartureRow
    from records.outcomes import Done
    from tests.records.book import Book

FAR = date(2026, 12, 31)


async def filed(book: Book, who: str, **said: Any) -> UUID:
    """File a customer who was brought in just now."""
    done = await filing.file_claim(
        book.desk(who), claim_form(new_phone(), **{"visited_at": book.now, **said}), key=key()
    )
    assert done.customer is not None, done
    return done.customer


async def announced(book: Book, who: str, staff: str | None = None, **said: Any) -> Done:
    """Announce that somebody leaves."""
    named = None if staff is None else book.staff_reference(staff)
    announcement = Announcement(staff=named, **{"last_day": FAR, **said})
    return await departures.announce_departure(book.desk(who), announcement, key=key())


async def leaving(book: Book, who: str, staff: str, **said: Any) -> str:
    """Announce that somebody leaves, and give the departure's reference."""
    done = await announced(book, who, staff, **said)
    assert done.node is not None, done
    return reference(Kind.DEPARTURE, done.node)


async def row_of(book: Book, departure: str) -> DepartureRow:
    """Read a departure's row."""
    (row,) = await book.fetch("SELECT * FROM departure WHERE id = $1", UUID(hex=departure.partition("_")[2]))
    return departure_of(row)


async def departed(book: Book, who: str, departure: str) -> Done:
    """Let somebody have left."""
    version = (await row_of(book, departure)).version
    return await departures.depart_staff(book.desk(who), departure, expected_version=version, key=key())


async def completed(book: Book, who: str, departure: str) -> Done:
    """Say that all is handed over."""
    version = (await row_of(book, departure)).version
    return await departures.complete_departure(book.desk(who), departure, expected_version=version, key=key())


async def handed(
    book: Book, who: str, departure: str, to: str, *, items: list[str] | None = None, levels: list[int] | None = None
) -> Done:
    """Hand over what is named, or everything that can go."""
    version = (await row_of(book, departure)).version
    return await handovers.hand_over(
        book.desk(who), departure, to=book.staff_reference(to), items=items, levels=levels, expected_version=version,
        key=key(),
    )  # fmt: skip


async def checklist(book: Book, departure: str) -> list[tuple[HandoverKind, UUID]]:
    """What is still to be handed over."""
    row = await row_of(book, departure)
    async with transaction() as tx:
        items = await items_now(tx.execute_query_dict, book.desk("S003"), row, most=100)
    return [(one.kind, one.row) for one in items]


def kinds(items: list[tuple[HandoverKind, UUID]]) -> list[str]:
    """The kinds of what is to be handed over, sorted."""
    return sorted(kind.value for kind, _ in items)


TRANSFER = DepartureKind.TRANSFER
