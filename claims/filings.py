"""Decide in which state a filing (报备) is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from claims.deadlines import working_days_after
from claims.facts import Fact, FactKind, FilingType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from claims.facts import Person
    from claims.rulebook import Rulebook

_UNDER_WAY = frozenset({"recorded", "assigned"})


@dataclass(slots=True)
class Filing:
    """A filing as the facts so far leave it."""

    filed: Fact
    fields: dict[str, object]
    state: str = ""
    completed: Fact | None = None
    recorded: Fact | None = None
    approvers: list[str | None] = field(default_factory=list[str | None])
    assigned: Fact | None = None


def is_present(value: object) -> bool:
    """Say whether a field is there; null, and text that is blank, is no field."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def missing_fields(filing: Filing, rulebook: Rulebook) -> list[str]:
    """List the required fields that are absent, sorted."""
    required = list(rulebook.required.get(filing.filed.type, ()))
    if filing.filed.type is FilingType.CUSTOMER and filing.fields.get("villa") is True:
        required += rulebook.required.get("villa", ())
    return sorted(
        {name for name in required if not any(is_present(filing.fields.get(part)) for part in name.split("|"))}
    )


def _is_foreign(filing: Filing, people: Mapping[str, Person], rulebook: Rulebook) -> bool:
    region = filing.fields.get("region")
    if rulebook.word("filing.region") != "forward" or not is_present(region):
        return False
    return region != people[str(filing.filed.by)].region


def _enter(filing: Filing, fact: Fact, people: Mapping[str, Person], rulebook: Rulebook) -> None:
    filing.approvers.clear()
    if _is_foreign(filing, people, rulebook):
        filing.state = "forwarded"
    elif filing.completed is None:
        lets = rulebook.word("filing.provisional") == filing.filed.type
        filing.state = "provisional" if lets else "returned"
    else:
        condition = rulebook.word("review.only_if")
        reviewed = condition == "none" or filing.fields.get(condition) is True
        if rulebook.number("review.levels") and reviewed:
            filing.state = "in_review"
        else:
            filing.state, filing.recorded = "recorded", fact


def _add_fields(filing: Filing, fact: Fact, people: Mapping[str, Person], rulebook: Rulebook) -> None:
    filing.fields.update(fact.fields)
    if filing.completed is None and not missing_fields(filing, rulebook):
        filing.completed = fact
    undecided = filing.recorded is None and filing.state != "rejected"
    waits = filing.state in {"returned", "provisional"} and filing.completed is not None
    foreign = undecided and _is_foreign(filing, people, rulebook)
    if undecided and (waits or foreign or filing.state == "forwarded"):
        _enter(filing, fact, people, rulebook)


def _review(filing: Filing, fact: Fact, people: Mapping[str, Person], rulebook: Rulebook) -> None:
    if (
        filing.state != "in_review"
        or fact.by in (filing.filed.by, *filing.approvers)
        or people[str(fact.by)].role != rulebook.word("review.role")
    ):
        return
    if fact.outcome == "approve":
        filing.approvers.append(fact.by)
        if len(filing.approvers) == rulebook.number("review.levels"):
            filing.state, filing.recorded = "recorded", fact
    else:
        filing.approvers.clear()
        filing.state = "rejected" if fact.outcome == "reject" else "returned"


def filings_of(facts: Sequence[Fact], people: Mapping[str, Person], rulebook: Rulebook) -> dict[str, Filing]:
    """Follow every filing through the facts; `overdue` waits for the question's instant."""
    filings: dict[str, Filing] = {}
    for fact in facts:
        if fact.kind is FactKind.FILE:
            filing = Filing(fact, dict(fact.fields))
            filings[str(fact.filing)] = filing
            if not missing_fields(filing, rulebook):
                filing.completed = fact
            _enter(filing, fact, people, rulebook)
        elif fact.kind is FactKind.COMPLETE:
            _add_fields(filings[str(fact.filing)], fact, people, rulebook)
        elif fact.kind is FactKind.REVIEW:
            _review(filings[str(fact.filing)], fact, people, rulebook)
        elif fact.kind is FactKind.ARCHIVE:
            filing = filings[str(fact.filing)]
            if filing.state in _UNDER_WAY:
                filing.state = "archived"
        elif fact.kind is FactKind.ASSIGN and rulebook.word("holding") == "assignment":
            for filing in filings.values():
                if filing.filed.customer == fact.customer and filing.state in _UNDER_WAY:
                    filing.state, filing.assigned = "assigned", fact
    return filings


def state_at(filing: Filing, facts: Sequence[Fact], rulebook: Rulebook, at: datetime) -> str:
    """Give the state at that instant, with the contact that an assignment makes due."""
    order = filing.assigned
    if filing.state != "assigned" or order is None:
        return filing.state
    due = working_days_after(rulebook.day(order.at), rulebook.number("contact.working_days"))
    contacted = any(
        fact.kind in {FactKind.CONTACT, FactKind.VISIT}
        and fact.by == order.to
        and fact.customer == order.customer
        and (fact.at, fact.id) > (order.at, order.id)
        for fact in facts
    )
    return "overdue" if rulebook.day(at) > due and not contacted else "assigned"


def is_late(filing: Filing, facts: Sequence[Fact], rulebook: Rulebook) -> bool:
    """Say whether a contract was filed after its deadline (D10)."""
    days, deal = rulebook.number("late.working_days"), filing.fields.get("deal")
    if not days or not isinstance(deal, str):
        return False
    sign = next((f for f in facts if f.kind is FactKind.SIGN and f.deal == deal), None)
    return sign is not None and rulebook.day(filing.filed.at) > working_days_after(rulebook.day(sign.at), days)
