"""Decide in which state a filing (报备) is.

- A filing is complete when it has every field that its rulebook requires for its type; once complete, it stays so.
- It is recorded when it is complete and through its chain, or when there is no chain.
- An assignment makes assigned what of the customer was recorded before it, until it is archived.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from claims.deadlines import next_day
from claims.facts import Fact, FactKind, FilingType
from claims.refusal import RefusalCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from claims.deadlines import Window
    from claims.facts import Person
    from claims.rulebook import Rulebook
    from claims.ruling import Ground, Trail
    from claims.terms import Terms

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Filing:
    """A filing as the facts so far leave it; `counted` is where it first was complete and not forwarded."""

    __slots__ = (
        "approvers", "chain", "completed", "counted", "ended", "fields", "filed", "log", "parts", "recorded",
        "recorded_at", "state",
    )  # fmt: skip

    def __init__(self, filed: Fact) -> None:
        """Begin with what was filed."""
        self.filed = filed
        self.fields: dict[str, object] = dict(filed.fields)
        self.state = ""
        self.completed: Fact | None = None
        self.counted: Fact | None = None
        self.recorded: Fact | None = None
        self.ended: Fact | None = None
        self.recorded_at = 0
        self.chain: Terms | None = None
        self.approvers: list[Fact] = []
        self.parts: list[Fact] = []
        self.log: list[tuple[str, Fact]] = []

    @property
    def story(self) -> tuple[Fact, ...]:
        """Give the facts that brought it to where it is."""
        return (self.filed, *self.parts, *self.approvers)


class Assignment:
    """The latest assignment over a customer, and the assignee's first contact after it."""

    __slots__ = ("contact", "fact", "place", "window")

    def __init__(self, fact: Fact, place: int, window: Window | None) -> None:
        """Begin without a contact; `window` is the time for one."""
        self.fact, self.place, self.window = fact, place, window
        self.contact: Fact | None = None


class FilingState(NamedTuple):
    """A state, and what is absent."""

    state: str
    missing: tuple[str, ...]


def is_present(value: object) -> bool:
    """Say whether a field is there; null, and text that is blank, is no field."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def date_of(filing: Filing) -> date | None:
    """Read the date that a store's filing states (H3); what is no date is none."""
    stated = filing.fields.get("date")
    if isinstance(stated, str) and _DATE.fullmatch(stated):
        try:
            return date.fromisoformat(stated)
        except ValueError:
            return None
    return None


class Filings:
    """Follow every filing through the facts, in their order."""

    __slots__ = ("_last", "_people", "_place", "_required", "_rulebook", "_terms", "assigned", "by_id")

    def __init__(self, people: Mapping[str, Person], rulebook: Rulebook) -> None:
        """Begin before the first fact, under the first edition."""
        self._people, self._last = people, rulebook
        self._adopt(rulebook.editions()[-1])
        self._place = 0
        self.by_id: dict[str, Filing] = {}
        self.assigned: dict[str | None, Assignment] = {}

    def _adopt(self, rulebook: Rulebook) -> None:
        self._rulebook, self._terms, self._required = rulebook, rulebook.terms, rulebook.alternatives

    def arrive(self, day: date) -> None:
        """Come to a day, and to the edition in force on it; days never go back."""
        if self._rulebook is not self._last and (now := self._last.on(day)) is not self._rulebook:
            self._adopt(now)

    def follow(self, fact: Fact) -> Filing | None:
        """Take one fact, and give the filing that it is about."""
        self._place += 1
        if self._rulebook is not self._last:
            self.arrive(self._last.day(fact.at))
        step = self._STEPS.get(fact.kind)
        return None if step is None else step(self, fact)

    def _file(self, fact: Fact) -> Filing:
        filing = self.by_id[str(fact.filing)] = Filing(fact)
        self._complete(filing, fact)
        self._enter(filing, fact)
        return filing

    def _supplement(self, fact: Fact) -> Filing:
        filing = self.by_id[str(fact.filing)]
        self._add_fields(filing, fact)
        return filing

    def _judge(self, fact: Fact) -> Filing:
        filing = self.by_id[str(fact.filing)]
        self._review(filing, fact)
        return filing

    def _archive(self, fact: Fact) -> Filing:
        filing = self.by_id[str(fact.filing)]
        if filing.state == "recorded" and self._people[str(fact.by)].role == self._terms.archiver:
            filing.state, filing.ended = "archived", fact
            filing.log.append(("filing.archived", fact))
        return filing

    def _assign(self, fact: Fact) -> None:
        if self._terms.marks_assigned:
            self.assigned[fact.customer] = Assignment(fact, self._place, self._terms.contact)

    def _reach(self, fact: Fact) -> None:
        order = self.assigned.get(fact.customer)
        if order is not None and order.contact is None and fact.by == order.fact.to:
            order.contact = fact

    def missing(self, filing: Filing) -> tuple[str, ...]:
        """List the required fields that are absent, sorted."""
        have, required = filing.fields, self._required.get(filing.filed.type, ())
        absent = [name for name, parts in required if not any(map(is_present, map(have.get, parts)))]
        if filing.filed.type is FilingType.CUSTOMER and have.get("villa") is True:
            villa = self._required.get("villa", ())
            absent += [name for name, parts in villa if not any(map(is_present, map(have.get, parts)))]
        elif filing.filed.type is FilingType.STORE and date_of(filing) is None and ("date", ("date",)) in required:
            absent.append("date")
        return tuple(sorted(set(absent))) if absent else ()

    def order_of(self, filing: Filing) -> Assignment | None:
        """Give the assignment that a filing stands under, if any."""
        order = self.assigned.get(filing.filed.customer)
        under_way = filing.state == "recorded" and order is not None and order.place > filing.recorded_at
        return order if under_way else None

    def due(self, order: Assignment) -> date | None:
        """Give the last day for the assignee's contact, if it is still due."""
        if order.window is None or order.contact is not None:
            return None
        return self._rulebook.last_day(self._rulebook.day(order.fact.at), order.window)

    def state_on(self, filing: Filing, day: date) -> FilingState:
        """Give the state on that day, with the contact that an assignment makes due."""
        state, order = filing.state, self.order_of(filing)
        if order is not None:
            due = self.due(order)
            state = "overdue" if due is not None and day > due else "assigned"
        return FilingState(state, self.missing(filing))

    def refusal(self, filing: Filing) -> RefusalCode | None:
        """Say why a filing does not count, if it does not."""
        if filing.state in _NOT_COUNTED:
            return RefusalCode(filing.state)
        if filing.completed is None:
            return RefusalCode.INCOMPLETE
        started = filing.recorded if self._terms.counts_from == "recorded" else filing.counted
        return RefusalCode(filing.state) if started is None else None

    def _complete(self, filing: Filing, fact: Fact) -> None:
        if filing.completed is None and not self.missing(filing):
            filing.completed = fact

    def _is_foreign(self, filing: Filing) -> bool:
        if not self._terms.forwards:
            return False
        region = filing.fields.get("region")
        return is_present(region) and region != self._people[str(filing.filed.by)].region

    def _enter(self, filing: Filing, fact: Fact) -> None:
        terms = filing.chain = self._terms
        filing.approvers.clear()
        if self._is_foreign(filing):
            filing.state = "forwarded"
            return
        if filing.completed is None:
            filing.state = "provisional" if filing.filed.type in terms.provisional else "returned"
            return
        filing.counted = filing.counted or fact
        only_if = terms.review_only_if
        if terms.levels and (only_if is None or filing.fields.get(only_if) is True):
            filing.state = "in_review"
        else:
            self._record(filing, fact)

    def _record(self, filing: Filing, fact: Fact) -> None:
        filing.state, filing.recorded, filing.recorded_at = "recorded", fact, self._place

    def _add_fields(self, filing: Filing, fact: Fact) -> None:
        filing.fields.update(fact.fields)
        filing.parts.append(fact)
        if fact.by != filing.filed.by:
            filing.log.append(("filing.supplemented", fact))
        self._complete(filing, fact)
        if filing.recorded is not None or filing.state == "rejected":
            return
        waits = filing.state in {"returned", "provisional"} and filing.completed is not None
        if waits or filing.state == "forwarded" or self._is_foreign(filing):
            self._enter(filing, fact)

    def _review(self, filing: Filing, fact: Fact) -> None:
        # A filing goes through the chain that it entered, whatever chain a later edition has.
        terms = filing.chain or self._terms
        level = len(filing.approvers)
        if filing.state != "in_review" or self._people[str(fact.by)].role not in terms.reviewers[level : level + 1]:
            return
        if fact.by == filing.filed.by:
            filing.log.append(("filing.own_review", fact))
        elif terms.different_people and any(fact.by == approval.by for approval in filing.approvers):
            filing.log.append(("filing.same_reviewer", fact))
        elif fact.outcome == "approve":
            filing.approvers.append(fact)
            if len(filing.approvers) == terms.levels:
                self._record(filing, fact)
        elif fact.outcome == "reject":
            filing.state, filing.ended = "rejected", fact
            filing.log.append(("filing.rejected", fact))
        else:
            filing.approvers.clear()
            filing.state = "returned"
            filing.log.append(("filing.sent_back", fact))

    _STEPS: ClassVar[Mapping[FactKind, Callable[..., Filing | None]]] = {
        FactKind.FILE: _file,
        FactKind.COMPLETE: _supplement,
        FactKind.REVIEW: _judge,
        FactKind.ARCHIVE: _archive,
        FactKind.ASSIGN: _assign,
        FactKind.CONTACT: _reach,
        FactKind.VISIT: _reach,
    }
    """What a kind of fact does to filings; looked up, for a rehearsal follows a company's whole history."""


_NOT_COUNTED = frozenset({"rejected", "forwarded"})


def explain(filings: Filings, filing: Filing, rulebook: Rulebook, at: datetime, trail: Trail) -> FilingState:
    """Lay out how a filing came to its state."""
    filed, day = filing.filed, rulebook.day(at)
    rulebook = rulebook.on(day)
    filings.arrive(day)
    terms, levels = rulebook.terms, (filing.chain or rulebook.terms).levels
    state = filings.state_on(filing, day)
    kind = filed.type.value
    if filed.type is FilingType.CUSTOMER and filing.fields.get("villa") is True and "villa" in rulebook.required:
        trail.note("filing.villa", filed)
    if state.missing:
        trail.note(f"filing.incomplete.{kind}", filed, *filing.parts, count=len(state.missing))
    if filing.completed is not None:
        trail.note(f"filing.complete.{kind}", filed, *filing.parts)
    elif filing.state == "provisional":
        trail.note("filing.provisional", filed, *filing.parts)
    if terms.forwards and is_present(filing.fields.get("region")):
        trail.note("filing.forwarded", filed, held=filing.state == "forwarded")
    if terms.review_only_if is not None and filing.completed is not None:
        needed = terms.levels > 0 and filing.fields.get(terms.review_only_if) is True
        if needed or filing.approvers or filing.state == "in_review":
            trail.note("filing.review_needed", filed)
        elif filing.recorded is not None:
            trail.note("filing.review_not_needed", filed)
    for rule, fact in filing.log:
        trail.note(rule, fact)
    if filing.state == "in_review":
        trail.note("filing.in_review", filed, *filing.approvers, level=len(filing.approvers) + 1, levels=levels)
    elif filing.recorded is not None and filing.approvers:
        trail.note("filing.approved", *filing.approvers, levels=levels)
    elif filing.recorded is not None and terms.review_only_if is None:
        trail.note("filing.no_chain", filing.recorded)
    order = filings.order_of(filing)
    if order is not None:
        _explain_assignment(filings, order, day, trail)
    return state


def _explain_assignment(filings: Filings, order: Assignment, day: date, trail: Trail) -> None:
    window, inner = order.window, list["Ground | None"]()
    if window is not None:
        due = filings.due(order)
        if order.contact is not None:
            inner.append(trail.ground("filing.contacted", order.contact))
        elif due is not None and day > due:
            inner.append(trail.ground("filing.overdue", order.fact, window=window, day=next_day(due)))
        elif due is not None:
            inner.append(trail.ground("filing.contact_due", order.fact, window=window, day=due))
    trail.note("filing.assigned", order.fact, of=inner)
