"""Decide which designer gets the rebate of a deal (返点), and how much of it is due (H8 H10 H12 H15 H17 H21).

- A designer's claim is in force at the event, and complete before it; a designer whom a salesperson brought along
  may be provisional still.
- Of several, the one who brought the customer in last; if none did, the first to file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from claims.facts import Fact, FactKind, FilingType, Role, about_customer
from claims.filings import Filing, Filings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from claims.deadlines import Window
    from claims.facts import Person
    from claims.rulebook import Rulebook
    from claims.ruling import Trail

_WHOLE, _HALF = 100, 50


class _Visits(NamedTuple):
    own: dict[str, Fact]
    along: dict[str, Fact]


def rebate_designer(
    facts: Sequence[Fact],
    seen: Sequence[Fact],
    people: Mapping[str, Person],
    rulebook: Rulebook,
    event: Fact,
    trail: Trail,
) -> str | None:
    """Name the designer who gets the rebate, if any; `seen` is what came before the event."""
    terms, customer, window = rulebook.terms, str(event.customer), rulebook.terms.designer
    if window is None:
        return None
    visits = _visits(seen, people, customer)
    filings = Filings(people, rulebook)
    for fact in about_customer(facts if terms.designer_late_counts else seen, customer):
        filings.follow(fact)
    for fact in facts:
        late = fact.kind is FactKind.FILE and fact.customer == customer and str(fact.filing) not in filings.by_id
        if late and people[str(fact.by)].role is Role.DESIGNER:
            trail.note("rebate.after_deal", fact)
    entitled: list[str] = []
    for filing in filings.by_id.values():
        by = str(filing.filed.by)
        if people[by].role is Role.DESIGNER and _counts(filing, visits, rulebook, window, event, trail):
            entitled.append(by)
    if not entitled:
        trail.note("rebate.none")
        return None
    return _prefer(entitled, visits, filings, rulebook, trail)


def _visits(seen: Sequence[Fact], people: Mapping[str, Person], customer: str) -> _Visits:
    own, along = dict[str, Fact](), dict[str, Fact]()
    for fact in seen:
        if fact.kind is FactKind.VISIT and fact.customer == customer:
            own[str(fact.by)] = fact
            if fact.with_ is not None and people[str(fact.by)].role is Role.SALESPERSON:
                along[fact.with_] = fact
    return _Visits(own, along)


def _counts(filing: Filing, visits: _Visits, rulebook: Rulebook, window: Window, event: Fact, trail: Trail) -> bool:
    terms, filed, by = rulebook.terms, filing.filed, str(filing.filed.by)
    end = rulebook.last_day(rulebook.day(filed.at), window)
    visit = visits.own.get(by)
    if terms.designer_renewed and terms.renewal is not None and visit is not None and rulebook.day(visit.at) > end:
        end = rulebook.last_day(rulebook.day(visit.at), terms.renewal)
    in_force = rulebook.day(event.at) <= end
    trail.note("rebate.in_force", event, *filing.story, visit, held=in_force, decides=True, window=window, day=end)
    if not in_force or filing.counted is not None:
        return in_force
    brought = visits.along.get(by) if filed.type is FilingType.DESIGNER else None
    if terms.designer_provisional == "brought_along" and brought is not None:
        trail.note("rebate.brought_along", brought, *filing.story)
        return True
    lifted = terms.designer_provisional == "always" and filed.type is FilingType.DESIGNER
    trail.note("rebate.provisional", *filing.story, held=not lifted)
    return lifted


def _prefer(entitled: Sequence[str], visits: _Visits, filings: Filings, rulebook: Rulebook, trail: Trail) -> str:
    for tie_break in rulebook.terms.designer_precedence:
        if tie_break == "latest_visit":
            brought = [visits.own[by] for by in entitled if by in visits.own]
            if brought:
                last = max(brought, key=lambda fact: (fact.at, fact.id))
                trail.note("rebate.latest_visit", last)
                return str(last.by)
            trail.note("rebate.latest_visit", held=False)
        else:
            break
    first = next(filing for filing in filings.by_id.values() if filing.filed.by == entitled[0])
    trail.note("rebate.first_filed", first.filed)
    return entitled[0]


def rebate_due(facts: Sequence[Fact], rulebook: Rulebook, deal: str, trail: Trail) -> int:
    """Give the percent of the rebate that is due (H21); the highest payment so far counts."""
    paid = max((f for f in facts if f.kind is FactKind.PAY and f.deal == deal), key=lambda f: f.percent, default=None)
    percent = 0 if paid is None else paid.percent
    if rulebook.terms.settlement != "half":
        trail.note("rebate.full", paid, held=percent >= _WHOLE)
        return _WHOLE if percent >= _WHOLE else 0
    finished = next((f for f in facts if f.kind is FactKind.FINISH and f.deal == deal), None)
    trail.note("rebate.finished", finished, held=finished is not None)
    if finished is not None:
        return _WHOLE
    trail.note("rebate.half", paid, held=percent >= _HALF)
    return _HALF if percent >= _HALF else 0
