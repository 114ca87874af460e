"""Keep what happened: people, and the facts in their one order.

- Facts are ordered by instant, then by id as code points.
- A question sees the facts whose instant is no later than its own, and of those the ones with effect.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime


class Role(StrEnum):
    """What a member of staff is employed as."""

    SALESPERSON = "salesperson"
    STORE_STAFF = "store_staff"
    DESIGNER = "designer"
    SUPERVISOR = "supervisor"
    ARCHIVIST = "archivist"


class FactKind(StrEnum):
    """What kind of thing happened."""

    FILE = "file"
    COMPLETE = "complete"
    VISIT = "visit"
    WALK_IN = "walk_in"
    CONTACT = "contact"
    CONSENT = "consent"
    REVIEW = "review"
    ASSIGN = "assign"
    ARCHIVE = "archive"
    ORDER = "order"
    SIGN = "sign"
    CONFIRM = "confirm"
    PAY = "pay"
    FINISH = "finish"
    DISPUTE = "dispute"
    SETTLE = "settle"
    LOSE = "lose"
    DEPART = "depart"
    DUTY = "duty"
    RECORD_VISIT = "record_visit"


class FilingType(StrEnum):
    """What a filing (报备) is about."""

    CUSTOMER = "customer"
    DESIGNER = "designer"
    STORE = "store"
    CONTRACT = "contract"


class Person(NamedTuple):
    """A member of staff: the team is the last one; `before` are those of before, each until when."""

    id: str
    team: str
    role: Role
    region: str | None = None
    before: tuple[tuple[datetime, str], ...] = ()

    def team_at(self, at: datetime) -> str:
        """Give the team that they were in when something happened; of a change at that instant, the one before."""
        return next((team for until, team in self.before if at <= until), self.team)


_NO_FIELDS: Mapping[str, object] = MappingProxyType({})


class Fact(NamedTuple):
    """One thing that happened; `at_text` is its instant as it was written."""

    id: str
    at: datetime
    kind: FactKind
    at_text: str = ""
    by: str | None = None
    customer: str | None = None
    filing: str | None = None
    deal: str | None = None
    to: str | None = None
    against: str | None = None
    with_: str | None = None
    type: FilingType = FilingType.CUSTOMER
    fields: Mapping[str, object] = _NO_FIELDS
    outcome: str | None = None
    percent: float = 0
    team: str | None = None
    week: date | None = None
    related_to: str | None = None
    evidence: tuple[str, ...] = ()
    cause: str | None = None
    severity: str | None = None
    verified: bool = False


class History(NamedTuple):
    """People and facts, ordered by instant and then by id."""

    people: Mapping[str, Person]
    facts: tuple[Fact, ...]

    @classmethod
    def of(cls, people: Mapping[str, Person], facts: Iterable[Fact]) -> History:
        """Put the facts into their order."""
        return cls(people, tuple(sorted(facts, key=lambda fact: (fact.at, fact.id))))

    def until(self, at: datetime | None, supplementers: Collection[str]) -> list[Fact]:
        """Give the facts with effect that a question at that instant sees; without one, all of them.

        `supplementers` are the roles that may complete another's filing.
        """
        people, gone, claimants = self.people, set[str](), dict[str, str | None]()
        kept: list[Fact] = []
        for fact in self.facts:
            if at is not None and fact.at > at:
                break
            if fact.by in gone:
                continue
            kind, about = fact.kind, fact.filing
            if kind is FactKind.FILE:
                if about is None or about in claimants:
                    continue
                claimants[about] = fact.by
            elif (about is not None and about not in claimants) or (
                kind in _BOUND and not _is_allowed(fact, people, gone, claimants, supplementers)
            ):
                continue
            elif kind is FactKind.DEPART and fact.by is not None:
                gone.add(fact.by)
            kept.append(fact)
        return kept


_BOUND = frozenset({FactKind.COMPLETE, FactKind.ASSIGN, FactKind.SETTLE})


def _is_allowed(
    fact: Fact,
    people: Mapping[str, Person],
    gone: set[str],
    claimants: Mapping[str, str | None],
    supplementers: Collection[str],
) -> bool:
    role = people[fact.by].role if fact.by is not None else None
    if fact.kind is FactKind.COMPLETE:
        return fact.by == claimants[str(fact.filing)] or role in supplementers
    return role is Role.SUPERVISOR and not (fact.kind is FactKind.ASSIGN and fact.to in gone)


def about_customer(facts: Iterable[Fact], customer: str) -> list[Fact]:
    """Pick the facts that concern one customer, its filings' among them, and every departure."""
    filings: set[str | None] = set()
    found: list[Fact] = []
    for fact in facts:
        if fact.customer == customer:
            if fact.kind is FactKind.FILE:
                filings.add(fact.filing)
            found.append(fact)
        elif fact.kind is FactKind.DEPART or (fact.customer is None and fact.filing in filings):
            found.append(fact)
    return found


def by_customer(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """Pick them for every customer at once; a departure stands with each customer that the leaver dealt with."""
    customers: dict[str | None, str] = {}
    found: dict[str, list[Fact]] = {}
    dealt: dict[str | None, dict[str, None]] = {}
    departures: list[Fact] = []
    for fact in facts:
        customer = fact.customer if fact.customer is not None else customers.get(fact.filing)
        if customer is None:
            if fact.kind is FactKind.DEPART:
                departures.append(fact)
            continue
        if fact.kind is FactKind.FILE:
            customers[fact.filing] = customer
        found.setdefault(customer, []).append(fact)
        for person in (fact.by, fact.to):
            dealt.setdefault(person, {})[customer] = None
    for fact in departures:
        for customer in dealt.get(fact.by, ()):
            found[customer].append(fact)
    for rows in found.values():
        rows.sort(key=lambda fact: (fact.at, fact.id))
    return found
