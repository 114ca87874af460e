"""Keep what happened: people, and the facts in their one order."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff."""

    id: str
    team: str
    role: Role
    region: str | None = None


def _no_fields() -> Mapping[str, object]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
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
    fields: Mapping[str, object] = field(default_factory=_no_fields)
    outcome: str | None = None
    percent: float = 0
    team: str | None = None
    week: date | None = None
    related_to: str | None = None
    evidence: tuple[str, ...] = ()
    cause: str | None = None
    severity: str | None = None
    verified: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """People and facts, ordered by instant and then by id."""

    people: Mapping[str, Person]
    facts: tuple[Fact, ...]

    @classmethod
    def of(cls, people: Mapping[str, Person], facts: Iterable[Fact]) -> History:
        """Put the facts into their order."""
        return cls(people, tuple(sorted(facts, key=lambda fact: (fact.at, fact.id))))

    def until(self, at: datetime) -> tuple[Fact, ...]:
        """Give the facts with effect that a question at that instant sees."""
        return with_effect(self.people, (fact for fact in self.facts if fact.at <= at))


def with_effect(people: Mapping[str, Person], facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Leave out what is without effect in every rulebook; the facts come in order."""
    gone: set[str] = set()
    claimants: dict[str, str | None] = {}
    kept: list[Fact] = []
    for fact in facts:
        if fact.by in gone:
            continue
        role = people[fact.by].role if fact.by is not None else None
        about = fact.filing
        match fact.kind:
            case FactKind.FILE if about is not None:
                claimants[about] = fact.by
            case FactKind.DEPART if fact.by is not None:
                gone.add(fact.by)
            case FactKind.ASSIGN if role is not Role.SUPERVISOR or fact.to in gone:
                continue
            case FactKind.SETTLE if role is not Role.SUPERVISOR:
                continue
            case FactKind.ARCHIVE if role is not Role.ARCHIVIST or about not in claimants:
                continue
            case FactKind.REVIEW if about not in claimants:
                continue
            case FactKind.COMPLETE if about not in claimants or (
                fact.by != claimants[about] and role not in {Role.SUPERVISOR, Role.ARCHIVIST}
            ):
                continue
            case _:
                pass
        kept.append(fact)
    return tuple(kept)
