"""Lists in pages: by key, never by offset; the place in a list is a cursor that its bearer cannot read.

- `first` or `last` is compulsory, from 1 to 100; a page is full whenever more is visible.
- A cursor is bound to its actor, list, filter, order and, below another row, to that row; elsewhere it is `BadCursor`.
- What lies before and behind a page, and how many rows there are, is said of visible rows alone.
- Rows of one page below many others are read in one statement.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

import orjson

from crypto.tokens import NONCE_BYTES, open_token, seal_token
from records.connection import read
from records.filters import EVERYTHING, BadInput, Filter, fingerprint
from records.keys import CURSOR
from records.queries import Values

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from records.desk import Desk

LARGEST = 100
COUNTED = 1_000
"""Up to here a list is counted to the row."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
R = TypeVar("R")
Sorting = TypeVar("Sorting", bound="Hashable")


class BadCursor(Exception):  # noqa: N818 (the wire's code)
    """A cursor is none, or was made for another actor, list, filter or order."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is asked for, as it was asked."""

    first: int | None = None
    after: str | None = field(default=None, repr=False)
    last: int | None = None
    before: str | None = field(default=None, repr=False)

    @property
    def size(self) -> int:
        """How many rows; raises `BadInput` unless exactly one of `first` and `last` is 1 to 100."""
        size = self.first if self.last is None else self.last
        if size is None or (self.first is not None and self.last is not None) or not 1 <= size <= LARGEST:
            raise BadInput
        return size

    @property
    def is_forward(self) -> bool:
        """Tell whether the page is taken from the list's beginning."""
        return self.last is None


@dataclass(frozen=True, slots=True)
class SortKey:
    """One value by which a list is sorted: its expression in SQL, and its type there."""

    expression: str
    type: str


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted; the last key is unique, so that no two rows share a place."""

    keys: tuple[SortKey, ...]
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """A list: its name, the columns and the source of its rows, its order and filter, and how a row is read.

    `source` writes everything from FROM to WHERE, given the column of the row that it stands below.
    """

    name: str
    columns: Callable[[Values], str]
    source: Callable[[Values, str], str]
    order: Order
    row: Callable[[Mapping[str, Any]], R]
    narrowed: Filter = EVERYTHING


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some rows of a list in its order, each with its cursor."""

    rows: tuple[R, ...] = ()
    cursors: tuple[str, ...] = ()
    has_next: bool = False
    has_previous: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a list has: exactly, or at least so many."""

    value: int
    is_exact: bool


ROOT = UUID(int=0)
"""What a list stands below that stands below nothing."""


def _bound(desk: Desk, listing: Listing[Any], below: UUID) -> bytes:
    """Say what a cursor is good for."""
    order = f"{listing.name} {listing.order.descending} {[key.expression for key in listing.order.keys]}"
    parts = (desk.signed_in().id.bytes, below.bytes, fingerprint(listing.narrowed), order.encode())
    return hashlib.sha256(b"".join(len(part).to_bytes(4) + part for part in parts)).digest()


def _plain(value: Any) -> Any:  # noqa: ANN401 (a sort key of any type)
    match value:
        case datetime():
            return (value - _EPOCH) // _MICROSECOND
        case UUID():
            return value.hex
        case _:
            return value


def _typed(value: Any, key: SortKey) -> Any:  # noqa: ANN401 (as above)
    match key.type:
        case "timestamptz":
            return _EPOCH + value * _MICROSECOND
        case "uuid":
            return UUID(hex=value)
        case _:
            return value


def _cursor(desk: Desk, listing: Listing[Any], below: UUID, keys: Iterable[Any]) -> str:
    held = orjson.dumps([_plain(key) for key in keys])
    key = desk.keys.wire_key(CURSOR)
    return seal_token(key, held, bound=_bound(desk, listing, below), nonce=desk.entropy(NONCE_BYTES))


def _place(desk: Desk, listing: Listing[Any], below: UUID, cursor: str) -> tuple[Any, ...]:
    held = open_token(desk.keys.wire_key(CURSOR), cursor, bound=_bound(desk, listing, below))
    if held is None:
        raise BadCursor
    return tuple(_typed(value, key) for value, key in zip(orjson.loads(held), listing.order.keys, strict=True))


def _beyond(listing: Listing[Any], place: Sequence[Any], bind: Values, *, behind: bool, itself: bool = False) -> str:
    """Say when a row stands behind a place in the list, or before it."""
    sign = "<" if listing.order.descending is behind else ">"
    keys = listing.order.keys
    expressions = ", ".join(key.expression for key in keys)
    values = ", ".join(bind(value, key.type) for value, key in zip(place, keys, strict=True))
    return f"({expressions}) {sign}{'=' if itself else ''} ({values})"


async def pages(desk: Desk, listing: Listing[R], below: Sequence[UUID], paging: Paging) -> dict[UUID, Page[R]]:
    """Read the same page of a list below each of several rows, in one statement.

    A cursor is good below one of them alone, so with one the page is read there only.
    """
    size = paging.size
    after = {row: _place(desk, listing, row, paging.after) for row in below} if paging.after is not None else {}
    before = {row: _place(desk, listing, row, paging.before) for row in below} if paging.before is not None else {}
    found: dict[UUID, list[Mapping[str, Any]]] = {row: [] for row in below}
    for row in await _rows(listing, below, after, before, size=size, forward=paging.is_forward):
        found[row["below"]].append(row)
    return {
        row: await _page(desk, listing, row, rows, paging, after=after.get(row), before=before.get(row))
        for row, rows in found.items()
    }


async def page(desk: Desk, listing: Listing[R], paging: Paging) -> Page[R]:
    """Read one page of a list that stands below nothing."""
    return (await pages(desk, listing, [ROOT], paging))[ROOT]


async def _rows(
    listing: Listing[Any], below: Sequence[UUID], after: Mapping[UUID, Any], before: Mapping[UUID, Any],
    *, size: int, forward: bool,
) -> Sequence[Mapping[str, Any]]:  # fmt: skip
    bind = Values()
    parents = bind(list(below), "uuid[]")
    source = listing.source(bind, "b.below")
    for places, behind in ((after, True), (before, False)):
        source += "".join(f" AND {_beyond(listing, place, bind, behind=behind)}" for place in places.values())
    keys = listing.order.keys
    order = _sorted(listing, forward=forward)
    numbered = ", ".join(f"{key.expression} AS k{number}" for number, key in enumerate(keys))
    outer = ", ".join(f"x.k{number} {_direction(listing, forward=True)}" for number in range(len(keys)))
    return await read(
        f"SELECT b.below, x.* FROM unnest({parents}) AS b(below) CROSS JOIN LATERAL ("
        f"SELECT {listing.columns(bind)}, {numbered} {source} ORDER BY {order} LIMIT {size + 1}) x ORDER BY {outer}",
        bind.given,
    )


def _direction(listing: Listing[Any], *, forward: bool) -> str:
    return "DESC" if listing.order.descending is forward else "ASC"


def _sorted(listing: Listing[Any], *, forward: bool) -> str:
    direction = _direction(listing, forward=forward)
    return ", ".join(f"{key.expression} {direction}" for key in listing.order.keys)


async def _page(
    desk: Desk, listing: Listing[R], below: UUID, rows: list[Mapping[str, Any]], paging: Paging,
    *, after: Sequence[Any] | None, before: Sequence[Any] | None,
) -> Page[R]:  # fmt: skip
    more = len(rows) > paging.size
    kept = (rows[:-1] if paging.is_forward else rows[1:]) if more else rows
    cursors = tuple(
        _cursor(desk, listing, below, [row[f"k{number}"] for number in range(len(listing.order.keys))]) for row in kept
    )
    return Page(
        tuple(listing.row(row) for row in kept),
        cursors,
        has_next=(more and paging.is_forward) or await _is_more(listing, below, before, behind=True),
        has_previous=(more and not paging.is_forward) or await _is_more(listing, below, after, behind=False),
    )


async def _is_more(listing: Listing[Any], below: UUID, place: Sequence[Any] | None, *, behind: bool) -> bool:
    """Tell whether a visible row stands at the place from which a page was taken, or beyond it."""
    if place is None:
        return False
    bind = Values()
    parent = bind(below, "uuid")
    source = listing.source(bind, "b.below")
    beyond = _beyond(listing, place, bind, behind=behind, itself=True)
    rows = await read(
        f"SELECT EXISTS (SELECT FROM (SELECT {parent} AS below) b CROSS JOIN LATERAL "
        f"(SELECT 1 {source} AND {beyond} LIMIT 1) x) AS more",
        bind.given,
    )
    return rows[0]["more"]


async def counts(listing: Listing[Any], below: Sequence[UUID]) -> dict[UUID, Count]:
    """Count a list below each of several rows, exactly up to a thousand, in one statement."""
    bind = Values()
    parents = bind(list(below), "uuid[]")
    rows = await read(
        f"SELECT b.below, count(*) AS counted FROM unnest({parents}) AS b(below) CROSS JOIN LATERAL "
        f"(SELECT 1 {listing.source(bind, 'b.below')} LIMIT {COUNTED + 1}) x GROUP BY b.below",
        bind.given,
    )
    counted = {row["below"]: row["counted"] for row in rows}
    return {row: Count(min(counted.get(row, 0), COUNTED), counted.get(row, 0) <= COUNTED) for row in below}


Asked = tuple[UUID, Paging, Filter, Sorting]
"""A page of a list below a row: below which, which part, narrowed and sorted how."""


async def pages_asked(
    desk: Desk, asked: Sequence[Asked[Sorting]], listing_of: Callable[[Filter, Sorting], Listing[R]]
) -> dict[Asked[Sorting], Page[R]]:
    """Read many pages below many rows: one statement for all that ask alike."""
    groups: dict[tuple[Paging, Filter, Sorting], list[UUID]] = defaultdict(list)
    for below, paging, narrowed, order in asked:
        groups[paging, narrowed, order].append(below)
    found: dict[Asked[Sorting], Page[R]] = {}
    for (paging, narrowed, order), rows in groups.items():
        for row, one in (await pages(desk, listing_of(narrowed, order), rows, paging)).items():
            found[row, paging, narrowed, order] = one
    return found


async def counts_asked(
    asked: Sequence[tuple[UUID, Filter]], listing_of: Callable[[Filter], Listing[Any]]
) -> dict[tuple[UUID, Filter], Count]:
    """Count many lists below many rows: one statement for all that ask alike."""
    groups: dict[Filter, list[UUID]] = defaultdict(list)
    for below, narrowed in asked:
        groups[narrowed].append(below)
    found: dict[tuple[UUID, Filter], Count] = {}
    for narrowed, rows in groups.items():
        found |= {(row, narrowed): one for row, one in (await counts(listing_of(narrowed), rows)).items()}
    return found


async def count(listing: Listing[Any]) -> Count:
    """Count a list that stands below nothing."""
    return (await counts(listing, [ROOT]))[ROOT]
