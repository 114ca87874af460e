"""List offences, fines, notices and points: what follows from the facts besides who holds and who gets the deal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claims.facts import Fact, FactKind, History, Role, by_customer
from claims.filings import Filings
from claims.holder import Told
from claims.holding import Course
from claims.ruling import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from claims.question import Question
    from claims.rulebook import Rulebook
    from claims.ruling import Trail


def signed_deals(facts: Sequence[Fact], rulebook: Rulebook) -> dict[str, Fact]:
    """Find the first signature, or order, of each deal."""
    found: dict[str, Fact] = {}
    for fact in facts:
        if fact.deal is not None and fact.kind == rulebook.at(fact.at).terms.late_event:
            found.setdefault(fact.deal, fact)
    return found


def due_day(deal: object, deals: Mapping[str, Fact], rulebook: Rulebook) -> tuple[date, Fact] | None:
    """Give the last day on which a contract may be filed, and the signature from which it counts (D10)."""
    event = deals.get(deal) if isinstance(deal, str) else None
    window = None if event is None else rulebook.at(event.at).terms.late
    if window is None or event is None:
        return None
    return rulebook.last_day(rulebook.day(event.at), window), event


def offences_of(history: History, facts: Sequence[Fact], rulebook: Rulebook, trail: Trail) -> list[dict[str, object]]:
    """List the offences, sorted by person, offence and instant."""
    found: list[tuple[str, str, Fact]] = []
    all_terms = [book.terms for book in rulebook.editions()]
    if any(terms.way == "taken" and (terms.maintenance_poaches or terms.strict_poaches) for terms in all_terms):
        for rows in by_customer(facts).values():
            course = Course(history.people, rulebook, writes=True).follow(rows)
            offences = course.follower.offences
            if offences:
                trail.rest_on(course.trail)
                trail.note("offence.over_customer", of=course.trail.grounds)
            for offence in offences:
                trail.note(offence.rule, offence.fact)
                found.append((offence.by, "poaching", offence.fact))
    if any(terms.late is not None for terms in all_terms):
        filings, deals = Filings(history.people, rulebook), signed_deals(facts, rulebook)
        for fact in facts:
            filings.follow(fact)
        for filing in filings.by_id.values():
            due = due_day(filing.fields.get("deal"), deals, rulebook)
            if due is not None and rulebook.day(filing.filed.at) > due[0]:
                window = rulebook.at(due[1].at).terms.late
                trail.note("offence.late", *filing.story, due[1], window=window, day=due[0])
                found.append((str(filing.filed.by), "late_report", filing.filed))
    if not found:
        trail.note("offence.none", held=False)
    found.sort(key=lambda row: (row[0], row[1], row[2].at, row[2].id))
    return [{"by": by, "offence": offence, "at": fact.at_text or stamp(fact.at)} for by, offence, fact in found]


def fines_of(facts: Sequence[Fact], rulebook: Rulebook, trail: Trail) -> list[dict[str, object]]:
    """List the fines for customers lost through a dispute (H19), sorted by person and amount."""
    rows: list[tuple[str, int]] = []
    open_over: dict[str | None, list[Fact]] = {}
    for fact in facts:
        if fact.kind is FactKind.DISPUTE:
            open_over.setdefault(fact.customer, []).append(fact)
        elif fact.kind is FactKind.SETTLE:
            open_over.pop(fact.customer, None)
        elif fact.kind is FactKind.LOSE and fact.cause == "dispute":
            disputes = open_over.get(fact.customer, [])
            yuan = rulebook.at(fact.at).terms.fines.get(str(fact.severity), 0)
            if yuan and disputes:
                trail.note(f"fine.{fact.severity}", fact, *disputes, yuan=yuan)
                rows += [(party, yuan) for party in {str(p) for d in disputes for p in (d.by, d.against)}]
    if not rows:
        trail.note("fine.none", held=False)
    return [{"staff": staff, "yuan": yuan} for staff, yuan in sorted(rows)]


def notices_of(history: History, facts: Sequence[Fact], rulebook: Rulebook, trail: Trail) -> list[dict[str, object]]:
    """List who is told of a walk-in (A10), or of an order after a designer's visit (H7), the oldest first."""
    told = told_of(history, facts, rulebook, trail)
    return [{"to": row.to, "customer": row.fact.customer, "at": row.fact.at_text or stamp(row.fact.at)} for row in told]


def told_of(history: History, facts: Sequence[Fact], rulebook: Rulebook, trail: Trail) -> list[Told]:
    """List who is told, each with the fact because of which they are."""
    told: list[Told] = []
    all_terms, events = [book.terms for book in rulebook.editions()], dict[str, Fact]()
    if any(terms.tells_designer and terms.designer_is_store for terms in all_terms):
        for fact in facts:
            terms = rulebook.at(fact.at).terms
            tells = terms.tells_designer and terms.designer_is_store
            if tells and fact.deal is not None and fact.kind == terms.event:
                events.setdefault(fact.deal, fact)
    if events or any(terms.tells_walk_in for terms in all_terms):
        for rows in by_customer(facts).values():
            told += _told_over(history, rows, events, rulebook, trail)
    told.sort(key=lambda row: (row.fact.at, row.fact.id))
    if not told:
        trail.note("notice.none", held=False)
    return told


def _told_over(
    history: History, rows: Sequence[Fact], events: Mapping[str, Fact], rulebook: Rulebook, trail: Trail
) -> list[Told]:
    course = Course(history.people, rulebook, writes=True)
    told: list[Told] = []
    visit: Fact | None = None
    for fact in rows:
        day = course.take(fact)
        if fact.kind is FactKind.VISIT:
            visit = fact
        elif visit is not None and fact.deal is not None and events.get(fact.deal) is fact:
            held = course.follower.holder(day)
            if held.team is not None and history.people[str(visit.by)].role is Role.DESIGNER:
                course.follower.close(day)
                trail.note("notice.designer_visit", fact, visit)
                told.append(Told(held.staff or f"team:{held.team}", fact))
    if told or course.follower.told or course.follower.untold:
        trail.rest_on(course.trail)
        trail.note("notice.over_customer", of=course.trail.grounds)
    for row in course.follower.told:
        trail.note("notice.walk_in", row.fact)
    for row in course.follower.untold:
        trail.note("notice.in_dispute", row.fact, *row.disputes)
    return told + course.follower.told


def points_of(facts: Sequence[Fact], rulebook: Rulebook, question: Question, trail: Trail) -> dict[str, object]:
    """Count the points of a month, its shortfall and what follows from it (I8 I9 I10)."""
    terms = rulebook.terms
    if not terms.points_due:
        trail.note("points.none", held=False)
        return {"points": 0, "shortfall": 0, "penalty": None}
    scored = [
        fact
        for fact in facts
        if fact.kind is FactKind.RECORD_VISIT
        and fact.by == question.staff
        and (fact.verified or not terms.points_verified)
        and rulebook.day(fact.at).isoformat()[:7] == question.month
    ]
    points = len(scored) * terms.points_visit
    short = max(0, terms.points_due - points)
    penalised = short >= terms.points_short > 0
    trail.note("points.scored", *scored, count=len(scored), points=terms.points_visit)
    trail.note("points.due", due=terms.points_due, short=short)
    trail.note("points.short", held=penalised, decides=True, limit=terms.points_short)
    return {"points": points, "shortfall": short, "penalty": "cleaning_duty" if penalised else None}
