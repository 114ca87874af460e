"""Follow one customer through the facts in the way that the rulebook names, and say who holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claims.compared import Comparing
from claims.filings import Filings
from claims.holder import Follower, Holder, Offence, Told, Untold
from claims.ruling import Trail
from claims.taken import Taking

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from claims.facts import Fact, Person
    from claims.filings import Filing
    from claims.rulebook import Rulebook


class Nobody:
    """Follow a customer where the regulations decide filings only."""

    def __init__(self, _people: Mapping[str, Person], _rulebook: Rulebook, trail: Trail) -> None:
        """Begin and end with nobody."""
        self.trail = trail
        self.told: list[Told] = []
        self.untold: list[Untold] = []
        self.offences: list[Offence] = []

    def follow(self, fact: Fact, filing: Filing | None, day: date) -> None:
        """Let a fact pass."""

    def holder(self, day: date) -> Holder:  # noqa: ARG002 - every way is asked of a day
        """Say that nobody holds."""
        return Holder()

    def close(self, day: date) -> Holder:
        """Say that nobody holds, and why."""
        self.trail.note("hold.none")
        return self.holder(day)

    def boundaries(self) -> Iterator[date]:
        """Give none."""
        return iter(())


_WAYS: dict[str, type[Nobody | Taking | Comparing]] = {
    "none": Nobody, "taken": Taking, "compared": Comparing, "assigned": Comparing,
}  # fmt: skip


class Course:
    """One customer's filings and holder, as far as they have been followed."""

    __slots__ = ("_rulebook", "filings", "follower", "trail")

    def __init__(self, people: Mapping[str, Person], rulebook: Rulebook, *, writes: bool) -> None:
        """Begin before the first fact; one that writes lays out a proof."""
        self._rulebook = rulebook
        self.trail = Trail(rulebook.sources, writes=writes)
        self.filings = Filings(people, rulebook)
        self.follower: Follower = _WAYS[rulebook.terms.way](people, rulebook, self.trail)

    def take(self, fact: Fact) -> date:
        """Take one fact about the customer, and give its day."""
        day = self._rulebook.day(fact.at)
        self.follower.follow(fact, self.filings.follow(fact), day)
        return day

    def follow(self, facts: Iterable[Fact]) -> Course:
        """Take the facts about the customer, in their order."""
        for fact in facts:
            self.take(fact)
        return self

    def follow_until(self, facts: Iterable[Fact], event: Fact) -> Course:
        """Take the facts no later in the order than an event, itself among them."""
        end = (event.at, event.id)
        return self.follow(fact for fact in facts if (fact.at, fact.id) <= end)
