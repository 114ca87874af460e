"""Decide which claims come to stand at a fact.

- A filing counts from where it first is complete, or recorded, as the rulebook says.
- Where a visit is needed, the claim stands from the later of the two; of a day's visits the first is the one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from claims.facts import Fact, FactKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from claims.facts import Person
    from claims.filings import Filing
    from claims.rulebook import Rulebook


class Claim(NamedTuple):
    """A right that a filing starts (主张): whose it is, from where it stands, and the visit that it rests on."""

    claimant: str
    filing: Filing
    stands: Fact
    day: date
    visit: Fact | None = None

    @property
    def filed(self) -> tuple[object, str]:
        """Give the place of its `file` in the order of facts."""
        return (self.filing.filed.at, self.filing.filed.id)


class Standing:
    """Watch filings and visits until they make a claim."""

    __slots__ = ("_counts_recorded", "_needs", "_people", "_roles", "_rulebook", "visits", "waiting")

    def __init__(self, people: Mapping[str, Person], rulebook: Rulebook) -> None:
        """Begin before the first fact."""
        terms = rulebook.terms
        self._people, self._rulebook = people, rulebook
        self._roles, self._needs = terms.claim_roles, terms.needs_visit
        self._counts_recorded = terms.counts_from == "recorded"
        self.visits: dict[tuple[str, date | None], Fact] = {}
        self.waiting: dict[tuple[str, date | None], list[Filing]] = {}

    def adopt(self, rulebook: Rulebook) -> None:
        """Go on under another edition.

        An edition begins with a day: what waits for a visit of a day before waits no longer.
        """
        terms = rulebook.terms
        if terms.needs_visit != self._needs:
            visits, waiting = self.visits, self.waiting
            self.visits, self.waiting = {}, {}
            if terms.needs_visit == "before":
                for (person, _), visit in visits.items():
                    self.visits.setdefault((person, None), visit)
                for (person, _), filings in waiting.items():
                    self.waiting.setdefault((person, None), []).extend(filings)
        self._rulebook, self._roles, self._needs = rulebook, terms.claim_roles, terms.needs_visit
        self._counts_recorded = terms.counts_from == "recorded"

    def follow(self, fact: Fact, filing: Filing | None, day: date) -> list[Claim]:
        """Give the claims that stand from this fact."""
        if fact.kind is FactKind.VISIT:
            return self._visited(fact, day) if self._needs != "none" else []
        if filing is None or fact is not (filing.recorded if self._counts_recorded else filing.counted):
            return []
        claimant = str(filing.filed.by)
        if self._people[claimant].role not in self._roles:
            return []
        if self._needs == "none":
            return [Claim(claimant, filing, fact, day)]
        key = self._key(claimant, day)
        visit = self.visits.get(key)
        if visit is None:
            self.waiting.setdefault(key, []).append(filing)
            return []
        return [Claim(claimant, filing, fact, day, visit)]

    def _visited(self, fact: Fact, day: date) -> list[Claim]:
        key = self._key(str(fact.by), day)
        if key in self.visits:
            return []
        self.visits[key] = fact
        return [Claim(str(fact.by), filing, fact, day, fact) for filing in self.waiting.pop(key, ())]

    def _key(self, claimant: str, day: date) -> tuple[str, date | None]:
        return (claimant, day if self._needs == "same_day" else None)
