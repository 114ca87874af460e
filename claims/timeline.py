"""Lay out who holds from when until when, and in which state a filing is, over all the facts of a history.

- Spans are half-open, in order, and never overlap; one span says what `decide` says at each of its instants.
- The last span tells every boundary ahead that needs no further fact, so that expiry needs no job.
- The facts are followed once, not once a boundary; the day on which another edition takes over is a boundary.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from claims.deadlines import next_day, start_of
from claims.facts import about_customer
from claims.filings import Filings, FilingState, explain
from claims.holder import Holder
from claims.holding import Course, seen_facts
from claims.ruling import Trail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from claims.facts import Fact, History
    from claims.rulebook import Rulebook
    from claims.terms import Terms


class HoldingSpan(NamedTuple):
    """Who holds from an instant to another; the clauses are those on which it rests when it begins."""

    since: datetime
    until: datetime | None
    staff: str | None
    team: str
    protected_until: date | None
    clauses: tuple[str, ...]


class StateSpan(NamedTuple):
    """In which state a filing is, and what is missing; the clauses are those on which it rests when it begins."""

    since: datetime
    until: datetime | None
    state: str
    missing: tuple[str, ...]
    clauses: tuple[str, ...]


def holdings(history: History, rulebook: Rulebook, customer: str) -> tuple[HoldingSpan, ...]:
    """Lay out who holds a customer, and through which day they are protected."""
    course = Course(history.people, rulebook, writes=False)
    trail = course.trail
    spans: list[HoldingSpan] = []
    held, since, clauses = Holder(), datetime.min.replace(tzinfo=UTC), ()
    facts = about_customer(seen_facts(history, rulebook, None), customer)

    def boundaries() -> Iterator[date]:
        return course.follower.boundaries()

    for at, day in _moments(facts, course.take, boundaries, rulebook):
        follower = course.arrive(day).follower
        now = follower.holder(day)
        if now == held:
            continue
        if held.team is not None:
            spans.append(HoldingSpan(since, at, *_named(held), clauses))
        if now.team is not None:
            kept = set(trail.clauses)
            follower.close(day)
            clauses, trail.clauses = tuple(sorted(trail.clauses)), kept
        held, since = now, at
    if held.team is not None:
        spans.append(HoldingSpan(since, None, *_named(held), clauses))
    return tuple(spans)


def _named(held: Holder) -> tuple[str | None, str, date | None]:
    return (held.staff, str(held.team), held.protected_until)


def filing_states(history: History, rulebook: Rulebook, filing: str) -> tuple[StateSpan, ...]:
    """Lay out in which state a filing is, and what is missing."""
    facts = seen_facts(history, rulebook, None)
    filed = next((fact for fact in facts if fact.filing == filing), None)
    if filed is None:
        return ()
    filings = Filings(history.people, rulebook)

    def take(fact: Fact) -> date:
        filings.follow(fact)
        return rulebook.day(fact.at)

    def overdue() -> Iterator[date]:
        found = filings.by_id.get(filing)
        order = None if found is None else filings.order_of(found)
        due = None if order is None else filings.due(order)
        return iter(()) if due is None else iter((next_day(due),))

    spans: list[StateSpan] = []
    since: datetime | None = None
    state, clauses = FilingState("", ()), ()
    for at, day in _moments(about_customer(facts, str(filed.customer)), take, overdue, rulebook):
        found = filings.by_id.get(filing)
        filings.arrive(day)
        if found is None or (now := filings.state_on(found, day)) == state:
            continue
        if since is not None:
            spans.append(StateSpan(since, at, state.state, state.missing, clauses))
        trail = Trail(rulebook.on(day).sources, writes=False)
        explain(filings, found, rulebook, at, trail)
        since, state, clauses = at, now, tuple(sorted(trail.clauses))
    if since is not None:
        spans.append(StateSpan(since, None, state.state, state.missing, clauses))
    return tuple(spans)


def chain_of(history: History, rulebook: Rulebook, filing: str) -> Terms:
    """Give the terms of the chain that a filing entered last: those of that day's edition, whatever came after."""
    facts = seen_facts(history, rulebook, None)
    filed = next(fact for fact in facts if fact.filing == filing)
    filings = Filings(history.people, rulebook)
    for fact in about_customer(facts, str(filed.customer)):
        filings.follow(fact)
    return filings.by_id[filing].chain or rulebook.terms


def _moments(
    facts: Sequence[Fact],
    take: Callable[[Fact], date],
    boundaries: Callable[[], Iterator[date]],
    rulebook: Rulebook,
) -> Iterator[tuple[datetime, date]]:
    """Follow the facts; stop after the last of each instant, and where a day between that is a boundary begins."""
    ahead = [book.since for book in rulebook.editions() if book.since is not None]
    heapify(ahead)
    seen = date.min
    for i, fact in enumerate(facts):
        if ahead:
            for day, start in _days(ahead, fact.at, seen, rulebook):
                yield start, day
        seen = take(fact)
        for day in boundaries():
            heappush(ahead, day)
        if i + 1 == len(facts) or facts[i + 1].at != fact.at:
            yield fact.at, seen
    for day, start in _days(ahead, None, seen, rulebook):
        yield start, day


def _days(ahead: list[date], end: datetime | None, seen: date, rulebook: Rulebook) -> Iterator[tuple[date, datetime]]:
    while ahead:
        day = ahead[0]
        start = None if day <= seen or day == date.max else start_of(day, rulebook.zone)
        if start is not None and end is not None and start >= end:
            return
        heappop(ahead)
        if start is not None:
            seen = day
            yield day, start
