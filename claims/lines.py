"""Keep the claims that one person has over a customer, and which of them are in force.

- A claim is in force through its time; where a visit after it brings it back, through the renewed time.
- Only the earliest of the claims that a visit renewed need be kept: they all end on the same day.
- Claims that pass to another person keep the visits that counted for them.

Days are asked for in their order, so that each claim is moved at most three times.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from claims.facts import Fact
    from claims.rulebook import Rulebook
    from claims.ruling import Trail
    from claims.standing import Claim

Rank = tuple["datetime", str]


class Line:
    """One person's claims, or those that passed to that person together."""

    __slots__ = (
        "_by_end", "_by_rank", "_ended", "_first", "_latest", "_renewed", "_renewed_through", "_rulebook", "_terms",
        "ends", "last", "new_ends", "person",
    )  # fmt: skip

    def __init__(self, person: str, rulebook: Rulebook, first: Fact | None, latest: Fact | None) -> None:
        """Begin without a claim; visits that the person made before count."""
        self.person, self._rulebook, self._terms = person, rulebook, rulebook.terms
        self._first, self._latest = first, latest
        self._by_end: list[tuple[date, str, Claim]] = []
        self._by_rank: list[tuple[Rank, str, Claim]] = []
        self._ended: list[Claim] = []
        self._renewed: Claim | None = None
        self._renewed_through: date | None = None
        self.ends: dict[str, date | None] = {}
        self.last: Claim | None = None
        self.new_ends: list[date] = []
        if latest is not None:
            self._extend(rulebook.day(latest.at))

    def adopt(self, rulebook: Rulebook) -> None:
        """Go on under another edition; what has its end keeps it."""
        self._rulebook, self._terms = rulebook, rulebook.terms
        self._by_rank = [(self._rank(claim), name, claim) for _, name, claim in self._by_rank]
        heapify(self._by_rank)

    def _rank(self, claim: Claim) -> Rank:
        fact = claim.stands if "first_standing" in self._terms.precedence else claim.filing.filed
        return (fact.at, fact.id)

    def _extend(self, day: date) -> None:
        terms = self._terms
        if terms.renewed_by != "nothing" and terms.renewal is not None:
            self._renewed_through = self._rulebook.last_day(day, terms.renewal)

    def _renew(self, claim: Claim) -> None:
        if self._renewed is None or self._rank(claim) < self._rank(self._renewed):
            self._renewed = claim
        if self._renewed_through is not None:
            self.new_ends.append(self._renewed_through)

    def stand(self, claim: Claim, day: date) -> None:
        """Take a claim that stands from this day on."""
        terms, book = self._terms, self._rulebook
        filing, end = claim.filing, None
        if terms.claim is not None:
            begun = book.day(filing.filed.at) if terms.claim_from == "filed" else claim.day
            end = book.last_day(begun, terms.claim)
        self.last, self.ends[filing.filed.id] = claim, end
        if end is None or end >= day:
            heappush(self._by_rank, (self._rank(claim), filing.filed.id, claim))
            if end is not None:
                heappush(self._by_end, (end, filing.filed.id, claim))
                self.new_ends.append(end)
        elif self._latest is not None and self._renewed_through is not None and book.day(self._latest.at) > end:
            self._renew(claim)
        else:
            self._ended.append(claim)

    def visit(self, fact: Fact, day: date) -> None:
        """Count a visit of the person's with the customer."""
        self._first = self._first or fact
        self._latest = fact
        self._extend(day)
        if self._renewed_through is None:
            return
        self._advance(day)
        for claim in self._ended:
            self._renew(claim)
        self._ended.clear()
        if self._terms.renewed_by == "visit" and self._by_rank:
            self._renew(self._by_rank[0][2])
        if self._renewed is not None:
            self.new_ends.append(self._renewed_through)

    def pass_to(self, person: str, first: Fact | None, latest: Fact | None, day: date) -> None:
        """Make these another person's claims; visits by both count for them."""
        self.person = person
        if first is not None and (self._first is None or _key(first) < _key(self._first)):
            self._first = first
        if latest is None or (self._latest is not None and _key(latest) < _key(self._latest)):
            return
        self._latest = latest
        visited = self._rulebook.day(latest.at)
        self._extend(visited)
        if self._renewed_through is None:
            return
        self._advance(day)
        ended, self._ended = self._ended, []
        for claim in ended:
            end = self.ends[claim.filing.filed.id]
            if end is not None and end < visited:
                self._renew(claim)
            else:
                self._ended.append(claim)
        if self._renewed is not None:
            self.new_ends.append(self._renewed_through)

    def _advance(self, day: date) -> None:
        """Move what ended before that day."""
        heap, ranked, ends = self._by_end, self._by_rank, self.ends
        while heap and heap[0][0] < day:
            self._ended.append(heappop(heap)[2])
        while ranked and (end := ends[ranked[0][1]]) is not None and end < day:
            heappop(ranked)

    def best(self, day: date, filed_through: date | None) -> Claim | None:
        """Give the first of the claims in force on that day that was filed no later than the given day."""
        self._advance(day)
        heap = self._by_rank
        found: list[Claim] = []
        if self._renewed is not None and self._renewed_through is not None and day <= self._renewed_through:
            found.append(self._renewed)
        if heap:
            found.append(heap[0][2])
        if filed_through is not None:
            found = [claim for claim in found if self._rulebook.day(claim.filing.filed.at) <= filed_through]
            if not found and heap and "first_standing" in self._terms.precedence:
                found = [row[2] for row in heap if self._is_open(row[2], day, filed_through)]
        return min(found, key=self._rank, default=None)

    def _is_open(self, claim: Claim, day: date, filed_through: date) -> bool:
        return self.is_in_force(claim, day) and self._rulebook.day(claim.filing.filed.at) <= filed_through

    def is_in_force(self, claim: Claim, day: date) -> bool:
        """Say whether one claim of these is in force."""
        end = self.ends[claim.filing.filed.id]
        if end is None or day <= end:
            return True
        if self._latest is None or self._renewed_through is None or day > self._renewed_through:
            return False
        while_in_force = self._terms.renewed_by == "visit" and _key(self._latest) > _key(claim.stands)
        return while_in_force or self._rulebook.day(self._latest.at) > end

    def visit_key(self, *, latest: bool) -> Rank | None:
        """Give the place of the latest or first visit in the order of facts."""
        fact = self._latest if latest else self._first
        return None if fact is None else _key(fact)

    def visit_fact(self, *, latest: bool) -> Fact | None:
        """Give the latest or first visit."""
        return self._latest if latest else self._first

    def lay_out(self, claim: Claim, day: date, trail: Trail) -> None:
        """Say why a claim is in force."""
        end, terms = self.ends[claim.filing.filed.id], self._terms
        facts = (*claim.filing.story, claim.visit)
        if end is None:
            trail.note("claim.permanent", *facts)
        elif day <= end:
            trail.note("claim.in_force", *facts, window=terms.claim, day=end)
        else:
            past = trail.ground("claim.in_force", *facts, held=False, decides=True, window=terms.claim, day=end)
            trail.note("claim.revived", self._latest, of=[past], window=terms.renewal, day=self._renewed_through)

    def lay_out_end(self, trail: Trail) -> None:
        """Say since when none of the claims is in force."""
        claim = self.last
        if claim is None:
            return
        end = self.ends[claim.filing.filed.id]
        facts = claim.filing.story
        trail.note("claim.in_force", *facts, held=False, window=self._terms.claim, day=end)
        if self._renewed is claim:
            trail.note("claim.revived", self._latest, held=False, window=self._terms.renewal, day=self._renewed_through)


def _key(fact: Fact) -> Rank:
    return (fact.at, fact.id)
