"""Decide who holds a customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from claims.deadlines import days_after
from claims.facts import Fact, FactKind, FilingType, Person, Role
from claims.filings import Filing, filings_of, is_present

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from claims.rulebook import Rulebook

_CONTACTS = frozenset({FactKind.VISIT, FactKind.FILE, FactKind.CONTACT})


@dataclass(slots=True)
class Holding:
    """Who holds, until when, and what was refused or told on the way."""

    staff: str | None = None
    team: str | None = None
    protected_until: date | None = None
    clauses: set[str] = field(default_factory=set[str])
    refused: list[tuple[str, Fact]] = field(default_factory=list[tuple[str, Fact]])
    told: list[tuple[str, Fact]] = field(default_factory=list[tuple[str, Fact]])


def _key(fact: Fact) -> tuple[datetime, str]:
    return (fact.at, fact.id)


def open_disputes(facts: Sequence[Fact], customer: str) -> list[Fact]:
    """List the disputes over a customer that no settlement has closed."""
    disputes: list[Fact] = []
    for fact in facts:
        if fact.customer == customer and fact.kind is FactKind.DISPUTE:
            disputes.append(fact)
        elif fact.customer == customer and fact.kind is FactKind.SETTLE:
            disputes.clear()
    return disputes


@dataclass(frozen=True, slots=True)
class _Claim:
    claimant: str
    visit: Fact
    stands: Fact


def _claims(
    facts: Sequence[Fact], filings: Mapping[str, Filing], rulebook: Rulebook, customer: str
) -> dict[str, _Claim]:
    first: dict[tuple[str | None, date], Fact] = {}
    for fact in facts:
        if fact.kind is FactKind.VISIT and fact.customer == customer:
            first.setdefault((fact.by, rulebook.day(fact.at)), fact)
    found: list[_Claim] = []
    for filing in filings.values():
        done = filing.completed
        if done is None or filing.filed.customer != customer:
            continue
        visit = first.get((filing.filed.by, rulebook.day(done.at)))
        if visit is not None:
            found.append(_Claim(str(filing.filed.by), visit, max(visit, done, key=_key)))
    claims: dict[tuple[str, datetime], _Claim] = {}
    for claim in sorted(found, key=lambda claim: _key(claim.stands)):
        claims.setdefault((claim.claimant, claim.stands.at), claim)
    return {f"{claim.stands.id}\n{claim.claimant}": claim for claim in claims.values()}


class _Standing:
    """Follow one customer through the facts under §4.1."""

    def __init__(self, facts: Sequence[Fact], people: Mapping[str, Person], rulebook: Rulebook, customer: str) -> None:
        self.people, self.rulebook, self.customer = people, rulebook, customer
        self.facts = facts
        self.claim: _Claim | None = None
        self.contacts: set[str] = set()
        self.gone: set[str] = set()
        self.holding = Holding()

    def last_contact(self, seen: Sequence[Fact]) -> date | None:
        days = [
            self.rulebook.day(f.at)
            for f in seen
            if f.kind in _CONTACTS and f.customer == self.customer and f.by in self.contacts
        ]
        return max(days, default=None)

    def give(self, claim: _Claim) -> None:
        self.claim, self.contacts = claim, {claim.claimant}
        self.holding.team = self.people[claim.claimant].team
        self.holding.staff = None if claim.claimant in self.gone else claim.claimant

    def consented(self, claim: _Claim, seen: Sequence[Fact]) -> bool:
        held = self.holding
        return any(
            f.kind is FactKind.CONSENT
            and f.customer == self.customer
            and f.to == claim.claimant
            and (
                f.by == held.staff
                if held.staff is not None
                else self.people[str(f.by)].role is Role.SUPERVISOR and self.people[str(f.by)].team == held.team
            )
            for f in seen
        )

    def take(self, claim: _Claim, seen: Sequence[Fact]) -> None:
        held, mine, day = self.holding, self.claim, self.rulebook.day(claim.stands.at)
        if mine is None:
            self.give(claim)
            return
        if held.staff == claim.claimant:
            return
        if held.staff is None and self.people[claim.claimant].team == held.team:
            self.give(claim)
            held.clauses.add("A16")
            return
        standing = self.rulebook.day(mine.stands.at)
        if standing == day:
            held.clauses.add("A29")
            if _key(claim.visit) < _key(mine.visit):
                self.give(claim)
            return
        before = [f for f in seen if _key(f) < _key(claim.stands)]
        if self.consented(claim, before):
            held.clauses.add("A27")
            self.give(claim)
            return
        last = self.last_contact(before)
        if last is not None and day <= days_after(last, self.rulebook.number("protection.maintenance_days")):
            held.clauses |= {"A26", "A28"}
            held.refused.append((claim.claimant, claim.stands))
            return
        held.clauses.add("A30")
        if day > days_after(standing, self.rulebook.number("protection.strict_days")) or open_disputes(
            before, self.customer
        ):
            self.give(claim)

    def run(self) -> Holding:
        held = self.holding
        claims = _claims(self.facts, filings_of(self.facts, self.people, self.rulebook), self.rulebook, self.customer)
        at: dict[str, list[_Claim]] = {}
        for claim in claims.values():
            at.setdefault(claim.stands.id, []).append(claim)
        for index, fact in enumerate(self.facts):
            seen = self.facts[: index + 1]
            if fact.kind is FactKind.DEPART and fact.by is not None:
                self.gone.add(fact.by)
                if held.staff == fact.by:
                    held.staff = None
            if fact.kind is FactKind.ASSIGN and fact.customer == self.customer and passes_on(fact, held, self.people):
                held.staff = fact.to
                held.clauses.add("A16")
                self.contacts.add(str(fact.to))
            if fact.kind is FactKind.WALK_IN and fact.customer == self.customer and self.claim is not None:
                if fact.by != held.staff and not open_disputes(seen, self.customer):
                    held.told.append((held.staff or f"team:{held.team}", fact))
            for claim in at.get(fact.id, ()):
                self.take(claim, seen)
        if self.claim is not None:
            ends: list[date] = []
            last = self.last_contact(self.facts)
            if last is not None:
                ends.append(days_after(last, self.rulebook.number("protection.maintenance_days")))
            if not open_disputes(self.facts, self.customer):
                ends.append(
                    days_after(self.rulebook.day(self.claim.stands.at), self.rulebook.number("protection.strict_days"))
                )
            held.protected_until = max(ends, default=None)
        return held


def passes_on(fact: Fact, held: Holding, people: Mapping[str, Person]) -> bool:
    """Say whether an assignment names a member of the team that alone holds (G11 A16)."""
    return (
        held.staff is None
        and held.team is not None
        and people[str(fact.by)].team == held.team
        and people[str(fact.to)].team == held.team
    )


def gone_by(facts: Sequence[Fact]) -> set[str | None]:
    """List who has departed."""
    return {fact.by for fact in facts if fact.kind is FactKind.DEPART}


def _of(person: str, facts: Sequence[Fact], people: Mapping[str, Person]) -> Holding:
    return Holding(None if person in gone_by(facts) else person, people[person].team)


def own_claim_days(
    filings: Mapping[str, Filing],
    people: Mapping[str, Person],
    rulebook: Rulebook,
    customer: str,
    today: date,
) -> list[str]:
    """List the dates of the store's own claims that are in force (H3 H4)."""
    dates: list[str] = []
    for filing in filings.values():
        stated = filing.fields.get("date")
        if (
            filing.completed is None
            or filing.filed.customer != customer
            or filing.filed.type is not FilingType.STORE
            or people[str(filing.filed.by)].role is not Role.STORE_STAFF
            or not is_present(stated)
            or not (is_present(filing.fields.get("phone")) or is_present(filing.fields.get("address")))
        ):
            continue
        filed = rulebook.day(filing.filed.at)
        dated = min(filed, type(filed).fromisoformat(str(stated)))
        if today <= days_after(dated, rulebook.number("claim.store_days")):
            dates.append(dated.isoformat())
    return dates


def _in_force(
    facts: Sequence[Fact], people: Mapping[str, Person], rulebook: Rulebook, customer: str, at: datetime
) -> Holding:
    filings = filings_of(facts, people, rulebook)
    mine = [
        f for f in filings.values() if f.filed.customer == customer and people[str(f.filed.by)].role is Role.SALESPERSON
    ]
    chains = {f.filed.id: [str(f.filed.by)] for f in mine}
    for index, fact in enumerate(facts):
        if fact.kind is FactKind.ASSIGN and fact.customer == customer:
            seen = facts[:index]
            before = filings_of(seen, people, rulebook)
            won = _winner(seen, before, people, rulebook, customer, fact.at, chains)
            if won is None or not passes_on(fact, _of(won, seen, people), people):
                continue
            for chain in chains.values():
                if chain[-1] == won:
                    chain.append(str(fact.to))
    won = _winner(facts, filings, people, rulebook, customer, at, chains)
    held = Holding() if won is None else _of(won, facts, people)
    if own_claim_days(filings, people, rulebook, customer, rulebook.day(at)):
        held.clauses |= set(rulebook.cites("own"))
    return held


def _winner(
    facts: Sequence[Fact],
    filings: Mapping[str, Filing],
    people: Mapping[str, Person],
    rulebook: Rulebook,
    customer: str,
    at: datetime,
    chains: Mapping[str, list[str]],
) -> str | None:
    today = rulebook.day(at)
    own = own_claim_days(filings, people, rulebook, customer, today)
    visits = [f for f in facts if f.kind is FactKind.VISIT and f.customer == customer]
    brought: list[tuple[tuple[datetime, str], str]] = []
    filed: list[tuple[tuple[datetime, str], str]] = []
    for filing in filings.values():
        chain = chains.get(filing.filed.id)
        if chain is None or filing.completed is None:
            continue
        day = rulebook.day(filing.filed.at)
        if any(dated < day.isoformat() for dated in own):
            continue
        end = days_after(day, rulebook.number("claim.days"))
        theirs = [f for f in visits if f.by in chain]
        if theirs and rulebook.day(theirs[-1].at) > end:
            end = days_after(rulebook.day(theirs[-1].at), rulebook.number("claim.revival_days"))
        if today <= end:
            filed.append((_key(filing.filed), chain[-1]))
            if theirs:
                brought.append((_key(theirs[-1]), chain[-1]))
    if brought:
        return max(brought)[1]
    return min(filed)[1] if filed else None


def _by_order(facts: Sequence[Fact], people: Mapping[str, Person], rulebook: Rulebook, customer: str) -> Holding:
    way = rulebook.word("holding")
    filings = [f for f in filings_of(facts, people, rulebook).values() if f.filed.customer == customer]
    starts: dict[str, Filing] = {}
    for filing in sorted(filings, key=lambda f: _key(f.filed)):
        start = filing.completed if way == "first_complete" else filing.recorded
        if start is not None:
            starts.setdefault(start.id, filing)
    held, gone, recorded = Holding(), set[str | None](), False
    for fact in facts:
        if fact.kind is FactKind.DEPART:
            gone.add(fact.by)
            if held.staff == fact.by:
                held.staff = None
        elif fact.kind is FactKind.ASSIGN and fact.customer == customer:
            named = (way == "assignment" and recorded) or (way == "first_complete" and held.team is not None)
            if named or (way == "first_recorded" and passes_on(fact, held, people)):
                held.staff, held.team = fact.to, people[str(fact.to)].team
        if fact.id in starts:
            recorded = True
            if way != "assignment" and held.team is None:
                claimant = str(starts[fact.id].filed.by)
                held.staff = None if claimant in gone else claimant
                held.team = people[claimant].team
    return held


def holder_of(
    facts: Sequence[Fact], people: Mapping[str, Person], rulebook: Rulebook, customer: str, at: datetime
) -> Holding:
    """Say who holds the customer after those facts, at that instant."""
    way = rulebook.word("holding")
    if way == "standing":
        return _Standing(facts, people, rulebook, customer).run()
    if way == "in_force":
        return _in_force(facts, people, rulebook, customer, at)
    return Holding() if way == "none" else _by_order(facts, people, rulebook, customer)
