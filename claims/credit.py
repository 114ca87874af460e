"""Decide who gets a deal, who is told, and what rebate is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claims.deadlines import days_after, monday_of
from claims.facts import Fact, FactKind, FilingType, Person, Role
from claims.filings import filings_of
from claims.holding import holder_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from claims.rulebook import Rulebook


def _event(facts: Sequence[Fact], rulebook: Rulebook, deal: str) -> int | None:
    kind = rulebook.word("deal.event")
    return next((i for i, f in enumerate(facts) if f.kind == kind and f.deal == deal), None)


def _designer_came_last(facts: Sequence[Fact], people: Mapping[str, Person], customer: str | None) -> bool:
    visits = [f for f in facts if f.kind is FactKind.VISIT and f.customer == customer]
    return bool(visits) and people[str(visits[-1].by)].role is Role.DESIGNER


def _settled(facts: Sequence[Fact], rulebook: Rulebook, index: int) -> str | None:
    event, to = facts[index], None
    gone = {f.by for f in facts[:index] if f.kind is FactKind.DEPART}
    for i, fact in enumerate(facts):
        if fact.kind is not FactKind.SETTLE or fact.customer != event.customer:
            continue
        last = days_after(rulebook.day(fact.at), rulebook.number("deal.settle_days"))
        if i > index or (rulebook.day(event.at) <= last and fact.to not in gone):
            to = fact.to
    return to


def _unheld(facts: Sequence[Fact], rulebook: Rulebook, index: int, at: datetime) -> tuple[str, str | None, str]:
    event, way = facts[index], rulebook.word("deal.unheld")
    if way == "store":
        return "final", "store", "performance"
    if way != "evidence":
        return "unattributed", None, ""
    last = days_after(rulebook.day(event.at), rulebook.number("deal.confirm_days"))
    for fact in facts[index + 1 :]:
        if (
            fact.kind is FactKind.CONFIRM
            and fact.deal == event.deal
            and fact.evidence
            and rulebook.day(fact.at) <= last
        ):
            return "final", fact.by, "performance"
    if rulebook.day(at) <= last:
        return "awaiting_confirmation", None, ""
    week = monday_of(rulebook.day(event.at))
    teams = [f.team for f in facts if f.kind is FactKind.DUTY and f.week == week]
    return ("final", f"team:{teams[-1]}", "manager_performance") if teams else ("unattributed", None, "")


def rebate_designer(facts: Sequence[Fact], people: Mapping[str, Person], rulebook: Rulebook, index: int) -> str | None:
    """Name the designer who brought the customer (H8 H10 H12 H15 H17), if any."""
    event, seen = facts[index], facts[:index]
    if not rulebook.number("claim.designer_days"):
        return None
    visits = [f for f in seen if f.kind is FactKind.VISIT and f.customer == event.customer]
    along = {f.with_ for f in visits if people[str(f.by)].role is Role.SALESPERSON}
    names: list[str] = []
    for filing in filings_of(seen, people, rulebook).values():
        by, filed = str(filing.filed.by), filing.filed
        if filed.customer != event.customer or people[by].role is not Role.DESIGNER:
            continue
        end = days_after(rulebook.day(filed.at), rulebook.number("claim.designer_days"))
        lifted = filed.type is FilingType.DESIGNER and by in along
        if rulebook.day(event.at) <= end and (filing.completed is not None or lifted):
            names.append(by)
    brought = [str(f.by) for f in visits if f.by in names]
    return brought[-1] if brought else (names[0] if names else None)


def credit_of(
    facts: Sequence[Fact], people: Mapping[str, Person], rulebook: Rulebook, deal: str, at: datetime
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Give the status and credit of a deal, and the clauses."""
    index = _event(facts, rulebook, deal)
    if index is None:
        return {"status": "no_deal", "credit": []}, rulebook.cites("deal")
    event, clauses = facts[index], rulebook.cites("deal")
    held = holder_of(facts[: index + 1], people, rulebook, str(event.customer), event.at)
    to = held.staff or (f"team:{held.team}" if held.team else None)
    status, kind = "final", "performance"
    if rulebook.word("holding") == "in_force" and _designer_came_last(facts[:index], people, event.customer):
        to, clauses = "store", clauses + rulebook.cites("walk_in")
    elif to is None:
        status, to, kind = _unheld(facts, rulebook, index, at)
        clauses += rulebook.cites("unheld") + rulebook.cites(
            {"awaiting_confirmation": "await", "unattributed": "unattributed"}.get(
                status, "duty" if kind == "manager_performance" else "confirm"
            )
        )
    else:
        clauses += rulebook.cites("holder")
    if held.team is not None and held.staff is None:
        clauses += rulebook.cites("team")
    if event.related_to is not None and rulebook.word("deal.unheld") == "evidence":
        clauses += ("A17",)
    clauses += tuple(held.clauses)
    settled = _settled(facts, rulebook, index)
    if settled is not None:
        status, to, kind = "final", settled, "performance"
        clauses += rulebook.cites("settle")
    rows = [(to, kind, 100)] if to is not None else []
    designer = rebate_designer(facts, people, rulebook, index)
    if designer is not None:
        rows.append((designer, "rebate", 0))
    clauses += rulebook.cites("rebate")
    return {"status": status, "credit": [{"to": t, "as": a, "share": s} for t, a, s in sorted(rows)]}, clauses


def notices_of(
    facts: Sequence[Fact], people: Mapping[str, Person], rulebook: Rulebook, at: datetime
) -> list[dict[str, object]]:
    """List who is told of a walk-in (A10), or of an order by a designer's visit (H7)."""
    told: list[tuple[str, Fact]] = []
    if rulebook.word("holding") == "standing":
        for customer in {f.customer for f in facts if f.kind is FactKind.WALK_IN and f.customer}:
            told += holder_of(facts, people, rulebook, customer, at).told
    elif rulebook.word("holding") == "in_force":
        for deal in {f.deal for f in facts if f.kind is FactKind.ORDER and f.deal}:
            index = _event(facts, rulebook, deal)
            if index is None or not _designer_came_last(facts[:index], people, facts[index].customer):
                continue
            event = facts[index]
            held = holder_of(facts[: index + 1], people, rulebook, str(event.customer), event.at)
            if held.team is not None:
                told.append((held.staff or f"team:{held.team}", event))
    told.sort(key=lambda row: (row[1].at, row[1].id))
    return [{"to": to, "customer": fact.customer, "at": fact.at_text} for to, fact in told]


def rebate_of(facts: Sequence[Fact], people: Mapping[str, Person], rulebook: Rulebook, deal: str, staff: str) -> int:
    """Give the percent of the rebate that is due (H21)."""
    index = _event(facts, rulebook, deal)
    if index is None or rebate_designer(facts, people, rulebook, index) != staff:
        return 0
    paid = max((f.percent for f in facts if f.kind is FactKind.PAY and f.deal == deal), default=0)
    if rulebook.word("settlement") != "half":
        return 100 if paid >= 100 else 0  # noqa: PLR2004 - the whole price, in percent
    if any(f.kind is FactKind.FINISH and f.deal == deal for f in facts):
        return 100
    return 50 if paid >= 50 else 0  # noqa: PLR2004 - half the price, in percent
