"""Answer a question under a rulebook, with the proof: who holds, who gets the deal, what a filing is, who owes what.

- No clock, no database and no randomness: the same facts in any order give the same ruling.
- A question sees the facts with effect whose instant is no later than its own.
- A ruling names the edition of the day that it is about: a deal's of its event, any other's of the question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from claims.credit import before, credit_of, event_of
from claims.dues import due_day, fines_of, notices_of, offences_of, points_of, signed_deals
from claims.facts import about_customer
from claims.filings import Filings, explain
from claims.holding import Course, seen_facts
from claims.prospects import fate_of, wanting
from claims.question import Question
from claims.rebate import rebate_designer, rebate_due
from claims.ruling import Ruling, Trail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from claims.facts import Fact, History
    from claims.filings import Filing
    from claims.rulebook import Rulebook
    from claims.ruling import Condition

__all__ = ["Question", "claim_ruling", "decide", "why_not"]


def decide(history: History, rulebook: Rulebook, question: Question) -> Ruling:
    """Give the ruling on one question."""
    facts = seen_facts(history, rulebook, question.at)
    now = rulebook.at(question.at)
    if question.ask in {"deal", "rebate"} and (event := event_of(facts, rulebook, question.deal)) is not None:
        now = rulebook.at(event.at)
    trail = Trail(now.sources, writes=True)
    match question.ask:
        case "holder":
            return _holder(history, facts, rulebook, question)
        case "deal":
            outcome = credit_of(history, facts, now, question.deal, question.at, trail)
        case "filing":
            outcome = _filing(history, facts, rulebook, question, trail)
        case "offences":
            outcome = {"items": offences_of(history, facts, rulebook, trail)}
        case "fines":
            outcome = {"items": fines_of(facts, rulebook, trail)}
        case "notices":
            outcome = {"items": notices_of(history, facts, rulebook, trail)}
        case "rebate":
            outcome = {"percent": _rebate(history, facts, now, question, trail)}
        case _:
            outcome = points_of(facts, now, question, trail)
    return trail.ruling(question, now.name, now.edition, outcome)


def _holder(history: History, facts: Sequence[Fact], rulebook: Rulebook, question: Question) -> Ruling:
    course = Course(history.people, rulebook, writes=True).follow(about_customer(facts, question.customer))
    day, now = rulebook.day(question.at), rulebook.at(question.at)
    held = course.arrive(day).follower.close(day)
    until = held.protected_until.isoformat() if held.protected_until else None
    outcome = {"staff": held.staff, "team": held.team, "protected_until": until}
    return course.trail.ruling(question, now.name, now.edition, outcome)


def _filing(
    history: History, facts: Sequence[Fact], rulebook: Rulebook, question: Question, trail: Trail
) -> dict[str, object]:
    filings, filing = _followed(history, facts, rulebook, question.filing)
    if filing is None:
        trail.note("filing.unknown", held=False)
        return {"state": None, "missing": [], "late": False}
    found = explain(filings, filing, rulebook, question.at, trail)
    late = False
    due = due_day(filing.fields.get("deal"), signed_deals(facts, rulebook), rulebook)
    if due is not None:
        late = rulebook.day(filing.filed.at) > due[0]
        trail.note(
            "filing.late",
            *filing.story,
            due[1],
            held=late,
            decides=True,
            window=rulebook.at(due[1].at).terms.late,
            day=due[0],
        )
    return {"state": found.state, "missing": list(found.missing), "late": late}


def _followed(history: History, facts: Sequence[Fact], rulebook: Rulebook, name: str) -> tuple[Filings, Filing | None]:
    """Follow the filings of the customer that one filing is about."""
    filings = Filings(history.people, rulebook)
    filed = next((fact for fact in facts if fact.filing == name), None)
    if filed is None:
        return filings, None
    for fact in about_customer(facts, str(filed.customer)):
        filings.follow(fact)
    return filings, filings.by_id[name]


def _rebate(history: History, facts: Sequence[Fact], rulebook: Rulebook, question: Question, trail: Trail) -> int:
    event, due = event_of(facts, rulebook, question.deal), 0
    if event is None:
        trail.note("deal.no_event")
    elif rebate_designer(facts, before(facts, event), history.people, rulebook, event, trail) == question.staff:
        due = rebate_due(facts, rulebook, question.deal, trail)
    if not due:
        trail.note("rebate.nothing_due")
    return due


def claim_ruling(history: History, rulebook: Rulebook, filing: str, at: datetime) -> Ruling:
    """Say what the law gives one filing as of an instant: whether it holds, or why it gives its claimant nothing."""
    facts = seen_facts(history, rulebook, at)
    filed = next((fact for fact in facts if fact.filing == filing), None)
    question, now = Question("claim", at, filing=filing), rulebook.at(at)
    if filed is None:
        trail = Trail(now.sources, writes=True)
        trail.note("filing.unknown", held=False)
        return trail.ruling(question, now.name, now.edition, {"holds": False, "refused": None})
    course = Course(history.people, rulebook, writes=True).follow(about_customer(facts, str(filed.customer)))
    found, day = course.filings.by_id[filing], rulebook.day(at)
    course.arrive(day)
    explain(course.filings, found, rulebook, at, course.trail)
    refused, holds = course.filings.refusal(found), False
    if refused is None:
        holds, refused = fate_of(course.follower, found, day)
    course.follower.close(day)
    outcome = {"holds": holds, "refused": None if refused is None else refused.value}
    return course.trail.ruling(question, now.name, now.edition, outcome)


def why_not(history: History, rulebook: Rulebook, customer: str, staff: str, at: datetime) -> tuple[Condition, ...]:
    """List what keeps a person from holding a customer, each with the day from which it no longer will."""
    facts, day = seen_facts(history, rulebook, at), rulebook.day(at)
    course = Course(history.people, rulebook, writes=False).follow(about_customer(facts, customer)).arrive(day)
    return tuple(wanting(course.follower, staff, day, rulebook.on(day)))
