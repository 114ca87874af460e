"""Say what another law would have made of one customer: another holder, or another who gets a deal.

- The same facts are decided under both; what differs comes with both rulings, each a proof.
- Most customers differ in nothing: a proof is laid out for those alone that do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from claims.credit import credit_at, credit_of, event_of
from claims.decide import Question, decide
from claims.facts import about_customer
from claims.holding import Course, seen_facts
from claims.ruling import Trail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from claims.facts import History
    from claims.rulebook import Rulebook
    from claims.ruling import Ruling


class Otherwise(NamedTuple):
    """What another law decides otherwise: who holds (no `deal`), or who gets a deal."""

    deal: str | None
    before: Ruling
    after: Ruling


def with_draft(law: Rulebook, draft: Rulebook, since: date) -> Rulebook:
    """Give the law as it would have been, had a draft come into force on a day, and nothing after it."""
    return draft.takes_over(since, _the_day_before(law, since))


def _the_day_before(law: Rulebook, day: date) -> Rulebook:
    book = law
    while book.since is not None and book.before is not None and book.since >= day:
        book = book.before
    return book


def otherwise(
    history: History, customer: str, law: Rulebook, other: Rulebook, *, since: date, at: datetime
) -> Iterator[Otherwise]:
    """Give what another law decides otherwise of a customer as of an instant, and of deals from a day on."""
    before, after = (_decided(history, customer, book, since=since, at=at) for book in (law, other))
    for deal, outcome in before.items():
        if outcome != after.get(deal):
            question = Question("holder", at, customer=customer) if deal is None else Question("deal", at, deal=deal)
            yield Otherwise(deal, decide(history, law, question), decide(history, other, question))


def _decided(history: History, customer: str, law: Rulebook, *, since: date, at: datetime) -> dict[str | None, object]:
    """Give who holds (no deal), and of each deal who gets it, by following the customer once.

    A deal of before that day has no outcome here.
    """
    facts = seen_facts(history, law, at)
    about = about_customer(facts, customer)
    deals = dict.fromkeys(fact.deal for fact in about if fact.deal is not None and fact.customer == customer)
    outcomes: dict[str | None, object] = {None: None, **deals}
    events: set[str] = set()
    for deal in deals:
        event = event_of(facts, law, deal)
        if event is None or law.day(event.at) < since:
            continue
        if event.customer == customer:
            events.add(event.id)
        else:
            book = law.at(event.at)
            outcomes[deal] = credit_of(history, facts, book, deal, at, Trail(book.sources, writes=False))
    course = Course(history.people, law, writes=False)
    for fact in about:
        course.take(fact)
        if fact.id in events:
            book = law.at(fact.at)
            outcomes[fact.deal] = credit_at(history, facts, fact, course, book, at, Trail(book.sources, writes=False))
    day = law.day(at)
    held = course.arrive(day).follower.holder(day)
    outcomes[None] = (held.staff, held.team)
    return outcomes
