"""Answer a question under a rulebook: who holds, who gets the deal, what a filing is, who owes what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from claims.credit import credit_of, notices_of, rebate_of
from claims.facts import FactKind
from claims.filings import filings_of, is_late, missing_fields, state_at
from claims.holding import holder_of, open_disputes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from claims.facts import Fact, History
    from claims.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of whom or what, as of when."""

    ask: str
    at: datetime
    customer: str = ""
    deal: str = ""
    filing: str = ""
    staff: str = ""
    month: str = ""


def decide(history: History, rulebook: Rulebook, question: Question) -> dict[str, object]:
    """Give the answer with the clauses that it rests on."""
    facts, people = history.until(question.at), history.people
    match question.ask:
        case "holder":
            held = holder_of(facts, people, rulebook, question.customer, question.at)
            clauses = (
                rulebook.cites("holder")
                + (rulebook.cites("team") if held.team and not held.staff else ())
                + tuple(held.clauses)
            )
            until = held.protected_until.isoformat() if held.protected_until else None
            answer: dict[str, object] = {"staff": held.staff, "team": held.team, "protected_until": until}
        case "deal":
            answer, clauses = credit_of(facts, people, rulebook, question.deal, question.at)
        case "filing":
            clauses = rulebook.cites("filing") + rulebook.cites("late")
            filing = filings_of(facts, people, rulebook).get(question.filing)
            answer = {"state": None, "missing": [], "late": False}
            if filing is not None:
                answer = {
                    "state": state_at(filing, facts, rulebook, question.at),
                    "missing": missing_fields(filing, rulebook),
                    "late": is_late(filing, facts, rulebook),
                }
                clauses += rulebook.cites("overdue") + rulebook.cites("archive")
                clauses += rulebook.cites("holder") if filing.assigned else ()
        case "offences":
            answer = {"items": _offences(facts, history, rulebook, question.at)}
            clauses = rulebook.cites("offence")
        case "fines":
            answer = {"items": _fines(facts, rulebook)}
            clauses = rulebook.cites("fine")
        case "notices":
            answer = {"items": notices_of(facts, people, rulebook, question.at)}
            clauses = rulebook.cites("notice")
        case "rebate":
            answer = {"percent": rebate_of(facts, people, rulebook, question.deal, question.staff)}
            clauses = rulebook.cites("rebate")
        case _:
            answer, clauses = _points(facts, rulebook, question), rulebook.cites("points")
    return {**answer, "clauses": sorted(set(clauses))}


def _offences(facts: Sequence[Fact], history: History, rulebook: Rulebook, at: datetime) -> list[dict[str, object]]:
    found: list[tuple[str, str, datetime, str, str]] = []
    if rulebook.word("holding") == "standing":
        for customer in {f.customer for f in facts if f.kind is FactKind.FILE and f.customer}:
            held = holder_of(facts, history.people, rulebook, customer, at)
            found += [(by, "poaching", fact.at, fact.id, fact.at_text) for by, fact in held.refused]
    for filing in filings_of(facts, history.people, rulebook).values():
        if is_late(filing, facts, rulebook):
            fact = filing.filed
            found.append((str(fact.by), "late_report", fact.at, fact.id, fact.at_text))
    return [{"by": by, "offence": offence, "at": text} for by, offence, _, _, text in sorted(found)]


def _fines(facts: Sequence[Fact], rulebook: Rulebook) -> list[dict[str, object]]:
    rows: list[tuple[str, int]] = []
    for index, fact in enumerate(facts):
        if fact.kind is FactKind.LOSE and fact.cause == "dispute":
            yuan = rulebook.number(f"fine.{fact.severity}")
            disputes = open_disputes(facts[:index], str(fact.customer))
            parties = {str(p) for d in disputes for p in (d.by, d.against)}
            rows += [(party, yuan) for party in parties if yuan]
    return [{"staff": staff, "yuan": yuan} for staff, yuan in sorted(rows)]


def _points(facts: Sequence[Fact], rulebook: Rulebook, question: Question) -> dict[str, object]:
    due = rulebook.number("points.due")
    if not due:
        return {"points": 0, "shortfall": 0, "penalty": None}
    points = sum(
        f.kind is FactKind.RECORD_VISIT
        and f.verified
        and f.by == question.staff
        and rulebook.day(f.at).isoformat()[:7] == question.month
        for f in facts
    )
    short = max(0, due - points)
    return {
        "points": points,
        "shortfall": short,
        "penalty": "cleaning_duty" if short >= rulebook.number("points.short") else None,
    }
