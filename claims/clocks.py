"""Keep the two clocks that protect a holder: maintenance since the last contact (A26), and strict protection (A30).

- A person's last contact is their latest visit, `file` or contact with the customer.
- After an assignment, contacts count from the leaver and from the new holder alike, whenever they were.
- While a dispute over the customer is open, a protection that a dispute lifts protects nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from claims.facts import Fact, FactKind

if TYPE_CHECKING:
    from datetime import date

    from claims.deadlines import Window
    from claims.rulebook import Rulebook
    from claims.standing import Claim

_CONTACTS = frozenset({FactKind.VISIT, FactKind.FILE, FactKind.CONTACT})


class Clock(NamedTuple):
    """The last day of a protection, the fact from which it counts, and how long it is by the edition of that day."""

    last: date
    since: Fact
    window: Window


class Clocks:
    """Follow contacts and disputes, and tell how long a holder is protected."""

    __slots__ = ("_contacts", "_order", "_rulebook", "_told", "_visits", "disputes", "line")

    def __init__(self, rulebook: Rulebook) -> None:
        """Begin without contacts."""
        self._rulebook = rulebook
        self._order = rulebook.terms.precedence
        self._contacts: dict[str | None, Fact] = {}
        self._visits: dict[str | None, Fact] = {}
        self._told: dict[str, Clock | None] = {}
        self.disputes: list[Fact] = []
        self.line: tuple[str, ...] = ()

    def adopt(self, rulebook: Rulebook) -> None:
        """Go on under another edition."""
        self._rulebook, self._order = rulebook, rulebook.terms.precedence
        self._told.clear()

    def see(self, fact: Fact) -> None:
        """Take a fact that may be a contact."""
        if fact.kind in _CONTACTS:
            self._contacts[fact.by] = fact
            if fact.kind is FactKind.VISIT:
                self._visits[fact.by] = fact
            self._told.clear()

    def dispute(self, fact: Fact) -> None:
        """Open a dispute."""
        self.disputes.append(fact)
        self._told.clear()

    def settle(self) -> None:
        """Close every dispute."""
        self.disputes.clear()
        self._told.clear()

    def protect(self, *line: str) -> None:
        """Count for a holder, and for those whose claim it was before."""
        self.line = line
        self._told.clear()

    def maintenance(self, claim: Claim) -> Clock | None:
        """Tell through which day the holder by that claim is in maintenance."""
        if "maintenance" not in self._told:
            terms = self._rulebook.terms
            lifted = terms.maintenance_lifts
            self._told["maintenance"] = self._clock("maintenance", terms.maintenance_from, claim, lifted=lifted)
        return self._told["maintenance"]

    def strict(self, claim: Claim) -> Clock | None:
        """Tell through which day the holder by that claim is strictly protected."""
        if "strict" not in self._told:
            terms = self._rulebook.terms
            self._told["strict"] = self._clock("strict", terms.strict_from, claim, lifted=terms.strict_lifts)
        return self._told["strict"]

    def protected_until(self, claim: Claim) -> date | None:
        """Tell the last day of either."""
        maintenance, strict = self.maintenance(claim), self.strict(claim)
        if maintenance is None or strict is None:
            found = maintenance or strict
            return None if found is None else found.last
        return max(maintenance.last, strict.last)

    def _clock(self, name: str, start: str, claim: Claim, *, lifted: bool) -> Clock | None:
        if name not in self._order or (lifted and self.disputes):
            return None
        if start == "standing":
            since, day = claim.stands, claim.day
        else:
            seen = self._contacts if start == "last_contact" else self._visits
            found = [fact for person in self.line if (fact := seen.get(person)) is not None]
            if not found:
                return None
            since = max(found, key=lambda fact: (fact.at, fact.id))
            day = self._rulebook.day(since.at)
        terms = self._rulebook.on(day).terms
        window = terms.strict if name == "strict" else terms.maintenance
        return None if window is None else Clock(self._rulebook.last_day(day, window), since, window)
