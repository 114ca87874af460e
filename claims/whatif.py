"""Say what another law would have made of one customer: another holder, or another who gets a deal.

- The same facts are decided under both; what differs comes with both rulings, each a proof.
- Most customers differ in nothing: a proof is laid out for those alone that do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from claims.credit import credit_of, event_of
from claims.decide import Question, decide
from claims.facts import about_customer
from claims.holding import Course, seen_facts
from claims.ruling import Trail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from claims.facts import Fact, History
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
    told = [seen_facts(history, book, at) for book in (law, other)]
    held = [_holder(history, facts, customer, book, at) for facts, book in zip(told, (law, other), strict=True)]
    if held[0] != held[1]:
        question = Question("holder", at, customer=customer)
        yield Otherwise(None, decide(history, law, question), decide(history, other, question))
    for deal in dict.fromkeys(fact.deal for fact in told[0] if fact.deal is not None and fact.customer == customer):
        got = [
            _credit(history, facts, deal, book, since=since, at=at)
            for facts, book in zip(told, (law, other), strict=True)
        ]
        if got[0] != got[1]:
            question = Question("deal", at, deal=deal)
            yield Otherwise(deal, decide(history, law, question), decide(history, other, question))


def _holder(
    history: History, facts: list[Fact], customer: str, law: Rulebook, at: datetime
) -> tuple[str | None, str | None]:
    day = law.day(at)
    course = Course(history.people, law, writes=False).follow(about_customer(facts, customer)).arrive(day)
    held = course.follower.holder(day)
    return held.staff, held.team


def _credit(
    history: History, facts: list[Fact], deal: str, law: Rulebook, *, since: date, at: datetime
) -> dict[str, object] | None:
    event = event_of(facts, law, deal)
    if event is None or law.day(event.at) < since:
        return None
    book = law.at(event.at)
    return credit_of(history, facts, book, deal, at, Trail(book.sources, writes=False))
