"""Keep the store's own claims, and the earliest date that keeps later filers out (H3 H4).

- A complete filing of type `store` by store staff is one, dated by its field as it stands, or by its `file` if earlier.
- It is in force from its completion through its time after that date; undated, or with neither phone nor address, it
  keeps nobody out until it is put right.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from claims.deadlines import next_day
from claims.facts import FilingType, Person, Role
from claims.filings import Filing, date_of, is_present

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from claims.rulebook import Rulebook


class Own(NamedTuple):
    """A claim of the store's: its date, the first day on which it is no longer in force, and its filing."""

    dated: date
    free: date
    filing: Filing


class StoreClaims:
    """Follow the store's own claims over one customer."""

    __slots__ = ("_dated", "_heap", "_people", "_rulebook", "_window")

    def __init__(self, people: Mapping[str, Person], rulebook: Rulebook) -> None:
        """Begin without any."""
        self._people, self._rulebook, self._window = people, rulebook, rulebook.terms.store
        self._dated: dict[str, Own] = {}
        self._heap: list[tuple[date, str]] = []

    def adopt(self, rulebook: Rulebook) -> None:
        """Go on under another edition."""
        self._rulebook, self._window = rulebook, rulebook.terms.store

    def follow(self, filing: Filing) -> date | None:
        """Date a claim anew, and give the day on which it will no longer be in force."""
        if self._window is None or filing.filed.type is not FilingType.STORE:
            return None
        filed, stated = filing.filed, date_of(filing)
        reached = is_present(filing.fields.get("phone")) or is_present(filing.fields.get("address"))
        of_the_store = self._people[str(filed.by)].role is Role.STORE_STAFF
        if filing.counted is None or stated is None or not reached or not of_the_store:
            self._dated.pop(filed.id, None)
            return None
        dated = min(stated, self._rulebook.day(filed.at))
        known = self._dated.get(filed.id)
        if known is not None and known.dated == dated:
            return None
        free = next_day(self._rulebook.last_day(dated, self._window))
        self._dated[filed.id] = Own(dated, free, filing)
        heappush(self._heap, (dated, filed.id))
        return free

    def earliest(self, day: date) -> Own | None:
        """Give the earliest dated of those in force; days are asked for in their order."""
        heap = self._heap
        while heap:
            dated, name = heap[0]
            own = self._dated.get(name)
            if own is not None and own.dated == dated and day < own.free:
                return own
            heappop(heap)
        return None
