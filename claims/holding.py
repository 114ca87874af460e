"""Follow one customer through the facts in the way that the rulebook names, and say who holds.

- Each fact is judged by the edition in force on its day (E14); what began under one edition runs on as it began.
- Where a later edition has another way of holding, who holds from its day on is found by that way from all the facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from claims.compared import Comparing
from claims.facts import FactKind
from claims.filings import Filings
from claims.holder import Follower, Holder, Offence, Told, Untold
from claims.ruling import Trail
from claims.taken import Taking

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from claims.facts import Fact, History, Person
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

    def adopt(self, rulebook: Rulebook) -> None:
        """Go on under another edition."""

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

    __slots__ = ("_last", "_people", "_rulebook", "_taken", "filings", "follower", "trail")

    def __init__(self, people: Mapping[str, Person], rulebook: Rulebook, *, writes: bool) -> None:
        """Begin before the first fact, under the first edition; one that writes lays out a proof."""
        self._people, self._last, self._rulebook = people, rulebook, rulebook.editions()[-1]
        self._taken: list[Fact] = []
        self.trail = Trail(self._rulebook.sources, writes=writes)
        self.filings = Filings(people, rulebook)
        self.follower: Follower = _WAYS[self._rulebook.terms.way](people, self._rulebook, self.trail)

    def take(self, fact: Fact) -> date:
        """Take one fact about the customer, and give its day."""
        day = self._last.day(fact.at)
        if self._rulebook is not self._last:
            self.arrive(day)
            self._taken.append(fact)
        self.follower.follow(fact, self.filings.follow(fact), day)
        return day

    def arrive(self, day: date) -> Course:
        """Come to a day, and to the edition in force on it; days never go back."""
        now = self._last.on(day)
        while self._rulebook is not now:
            later = [book for book in now.editions() if book.since is not None]
            self._adopt(next(book for book in reversed(later) if book.before is self._rulebook))
        return self

    def _adopt(self, rulebook: Rulebook) -> None:
        way, self._rulebook = self._rulebook.terms.way, rulebook
        self.trail.sources = rulebook.sources
        if rulebook.since is not None:
            self.filings.arrive(rulebook.since)
        if rulebook.terms.way == way:
            self.follower.adopt(rulebook)
            return
        anew = Course(self._people, rulebook._replace(since=None, before=None), writes=self.trail.writes)
        anew.follow(self._taken)
        was, self.follower = self.follower, anew.follower
        self.follower.told, self.follower.untold, self.follower.offences = was.told, was.untold, was.offences
        self.trail.rest_on(anew.trail)
        self.trail.grounds += anew.trail.grounds
        self.follower.trail = self.trail

    def follow(self, facts: Iterable[Fact]) -> Course:
        """Take the facts about the customer, in their order."""
        for fact in facts:
            self.take(fact)
        return self

    def follow_until(self, facts: Iterable[Fact], event: Fact) -> Course:
        """Take the facts no later in the order than an event, itself among them."""
        end = (event.at, event.id)
        return self.follow(fact for fact in facts if (fact.at, fact.id) <= end)


def seen_facts(history: History, rulebook: Rulebook, at: datetime | None) -> list[Fact]:
    """Give the facts with effect that a question sees: who may complete another's filing is asked of each one's day."""
    if rulebook.before is None:
        return history.until(at, rulebook.terms.supplementers)
    roles = {role for book in rulebook.editions() for role in book.terms.supplementers}
    facts = history.until(at, roles)
    claimants = {fact.filing: fact.by for fact in facts if fact.kind is FactKind.FILE}

    def may_complete(fact: Fact) -> bool:
        is_theirs = fact.by is None or fact.by == claimants.get(fact.filing)
        return is_theirs or history.people[str(fact.by)].role in rulebook.at(fact.at).terms.supplementers

    return [fact for fact in facts if fact.kind is not FactKind.COMPLETE or may_complete(fact)]
