"""Decide who gets a deal, and what rebate is due.

- Credit is decided after the deal event alone; no dispute delays it (A12 H18).
- A designer's visit that came last, a holder, then the rulebook's defaults for a deal that nobody holds: in that order.
- A settlement names who gets it in the end; rebates stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from claims.deadlines import monday_of
from claims.facts import Fact, FactKind, History, Role, about_customer
from claims.holding import Course
from claims.rebate import rebate_designer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from claims.holder import Holder
    from claims.rulebook import Rulebook
    from claims.ruling import Trail


class Credit(NamedTuple):
    """A status, and who gets what (业绩界定)."""

    status: str
    to: str | None = None
    kind: str = "performance"


def event_of(facts: Sequence[Fact], rulebook: Rulebook, deal: str) -> Fact | None:
    """Find the fact that decides a deal: the first of its kind."""
    if rulebook.terms.event is None and rulebook.before is None:
        return None
    about = (fact for fact in facts if fact.deal == deal)
    return next((fact for fact in about if fact.kind == rulebook.at(fact.at).terms.event), None)


def before(facts: Sequence[Fact], event: Fact) -> list[Fact]:
    """Give the facts before an event."""
    end = (event.at, event.id)
    return [fact for fact in facts if (fact.at, fact.id) < end]


def latest_visit(seen: Sequence[Fact], customer: str | None) -> Fact | None:
    """Give the latest visit with a customer."""
    return next((f for f in reversed(seen) if f.kind is FactKind.VISIT and f.customer == customer), None)


def credit_of(
    history: History, facts: Sequence[Fact], rulebook: Rulebook, deal: str, at: datetime, trail: Trail
) -> dict[str, object]:
    """Give the status and credit of a deal."""
    event = event_of(facts, rulebook, deal)
    if event is None:
        trail.note("deal.never" if rulebook.terms.event is None else "deal.no_event")
        return {"status": "no_deal", "credit": []}
    course = Course(history.people, rulebook, writes=trail.writes)
    course.follow_until(about_customer(facts, str(event.customer)), event)
    return credit_at(history, facts, event, course, rulebook, at, trail)


def credit_at(
    history: History,
    facts: Sequence[Fact],
    event: Fact,
    course: Course,
    rulebook: Rulebook,
    at: datetime,
    trail: Trail,
) -> dict[str, object]:
    """Give the status and credit of a deal whose buyer has been followed to its event and no farther."""
    trail.note("deal.event", event)
    people, day = history.people, rulebook.day(event.at)
    held = course.follower.close(day) if trail.writes else course.follower.holder(day)
    trail.rest_on(course.trail)
    seen = before(facts, event)
    found = _settled(facts, event, rulebook, trail)
    given = _first_given(history, facts, seen, event, held, course.trail, rulebook, at, trail)
    if found is not None:
        given = Credit("final", str(found.to))
        trail.note("deal.settled", found)
    rows = [(given.to, given.kind, 100)] if given.to is not None else []
    if rulebook.terms.designer is not None:
        designer = rebate_designer(facts, seen, people, rulebook, event, trail)
        if designer is not None:
            rows.append((designer, "rebate", 0))
    return {
        "status": given.status,
        "credit": [{"to": to, "as": kind, "share": share} for to, kind, share in sorted(rows)],
    }


def _first_given(
    history: History,
    facts: Sequence[Fact],
    seen: Sequence[Fact],
    event: Fact,
    held: Holder,
    proof: Trail,
    rulebook: Rulebook,
    at: datetime,
    trail: Trail,
) -> Credit:
    """Say who gets a deal before any settlement is looked at."""
    terms, people = rulebook.terms, history.people
    if terms.designer_is_store:
        visit = latest_visit(seen, event.customer)
        by_designer = visit is not None and people[str(visit.by)].role is Role.DESIGNER
        trail.note("deal.designer_visit", visit, held=by_designer)
        if by_designer:
            return Credit("final", "store")
    trail.note("deal.holder", event, held=held.team is not None, of=proof.grounds)
    related = _related_team(history, facts, event, rulebook, trail)
    if held.team is not None:
        return Credit("final", held.staff or f"team:{held.team}")
    if related is not None:
        return Credit("final", f"team:{related}")
    return _unheld(facts, event, rulebook, at, trail)


def _related_team(history: History, facts: Sequence[Fact], event: Fact, rulebook: Rulebook, trail: Trail) -> str | None:
    """Give the leaver's team that alone holds the customer around whom the buyer is, if that counts (A17)."""
    around = event.related_to
    if around is None or rulebook.terms.way == "none":
        return None
    course = Course(history.people, rulebook, writes=False)
    held = course.follow_until(about_customer(facts, around), event).follower.holder(rulebook.day(event.at))
    alone = held.team is not None and held.staff is None
    if rulebook.terms.related_team and alone:
        trail.note("deal.related_team", event)
        return held.team
    trail.note("deal.related", event, held=alone)
    return None


def _settled(facts: Sequence[Fact], event: Fact, rulebook: Rulebook, trail: Trail) -> Fact | None:
    """Give the last settlement that counts for a deal (H20 A31)."""
    window, place = rulebook.terms.settle, (event.at, event.id)
    if window is None:
        return None
    gone: dict[str | None, Fact] = {}
    found: Fact | None = None
    day = rulebook.day(event.at)
    for fact in facts:
        earlier = (fact.at, fact.id) < place
        if fact.kind is FactKind.DEPART and earlier:
            gone[fact.by] = fact
    for fact in facts:
        if fact.kind is not FactKind.SETTLE or fact.customer != event.customer:
            continue
        if (fact.at, fact.id) > place:
            found = fact
        elif day > rulebook.last_day(rulebook.day(fact.at), window):
            trail.note("deal.settle_too_old", fact, held=False, window=window)
        elif fact.to in gone:
            trail.note("deal.settle_departed", fact, gone[fact.to], held=False)
        else:
            found = fact
    return found


def _unheld(facts: Sequence[Fact], event: Fact, rulebook: Rulebook, at: datetime, trail: Trail) -> Credit:
    """Say who gets a deal that nobody holds, by the rulebook's defaults in their order."""
    for default in rulebook.terms.unheld:
        given = _DEFAULTS[default](facts, event, rulebook, at, trail)
        if given is not None:
            return given
    trail.note("deal.nobody", event)
    return Credit("unattributed")


def _by_evidence(facts: Sequence[Fact], event: Fact, rulebook: Rulebook, at: datetime, trail: Trail) -> Credit | None:
    window = rulebook.terms.confirm
    if window is None:
        return None
    last = rulebook.last_day(rulebook.day(event.at), window)
    place = (event.at, event.id)
    for fact in facts:
        if fact.kind is not FactKind.CONFIRM or fact.deal != event.deal or not fact.evidence:
            continue
        if (fact.at, fact.id) < place:
            continue
        if rulebook.day(fact.at) > last:
            trail.note("deal.confirm_late", fact)
            break
        trail.note("deal.confirmed", fact, window=window)
        return Credit("final", fact.by)
    if rulebook.day(at) <= last:
        trail.note("deal.awaiting", event, window=window, day=last)
        return Credit("awaiting_confirmation")
    trail.note("deal.confirmed", event, held=False, decides=True, window=window)
    return None


def _by_duty(facts: Sequence[Fact], event: Fact, rulebook: Rulebook, _at: datetime, trail: Trail) -> Credit | None:
    week = monday_of(rulebook.day(event.at))
    duty = next((f for f in reversed(facts) if f.kind is FactKind.DUTY and f.week == week), None)
    trail.note("deal.duty_team", duty, held=duty is not None)
    if duty is None:
        return None
    trail.note("deal.duty_credit", duty)
    return Credit("final", f"team:{duty.team}", rulebook.terms.duty_credit)


def _by_store(_facts: Sequence[Fact], event: Fact, _rulebook: Rulebook, _at: datetime, trail: Trail) -> Credit | None:
    trail.note("deal.store", event)
    return Credit("final", "store")


_DEFAULTS = {"evidence": _by_evidence, "duty_team": _by_duty, "store": _by_store}
