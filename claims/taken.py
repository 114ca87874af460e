"""Decide who holds where claims are taken one after another, and a refused one never comes back (A).

- Nobody holds: the claim holds. Its claimant holds already: nothing changes.
- Else the tie-breaks are tried in their order, and the first that applies decides; after the last, the newcomer holds.
- A departure leaves the team alone, or nobody; both clocks run on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from claims.deadlines import next_day
from claims.facts import Fact, FactKind, Person, Role
from claims.holder import Fate, Holder, Offence, Told
from claims.refusal import RefusalCode
from claims.ruling import Condition
from claims.standing import Claim, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from claims.filings import Filing
    from claims.rulebook import Rulebook
    from claims.ruling import Ground, Trail

_CONTACTS = frozenset({FactKind.VISIT, FactKind.FILE, FactKind.CONTACT})


class Taking:
    """Follow one customer."""

    def __init__(self, people: Mapping[str, Person], rulebook: Rulebook, trail: Trail) -> None:
        """Begin with nobody."""
        self.people, self.rulebook, self.terms, self.trail = people, rulebook, rulebook.terms, trail
        self.standing = Standing(people, rulebook)
        self.told: list[Told] = []
        self.untold: list[Fact] = []
        self.offences: list[Offence] = []
        self.claim: Claim | None = None
        self.person: str = ""
        self.team: str = ""
        self.line: tuple[str, ...] = ()
        self.ends: date | None = None
        self.lapsed: Claim | None = None
        self.gone: dict[str | None, Fact] = {}
        self.contacts: dict[str | None, Fact] = {}
        self.visited: dict[str | None, Fact] = {}
        self.disputes: list[Fact] = []
        self.consents: dict[tuple[str | None, str | None], Fact] = {}
        self.team_consents: dict[tuple[str, str | None], Fact] = {}
        self.last: dict[str, Claim] = {}
        self.filed_visits: set[str] = set()
        self.refused: dict[str, RefusalCode] = {}
        self.given: dict[str, Claim] = {}

    # What happens.

    def follow(self, fact: Fact, filing: Filing | None, day: date) -> None:
        """Take one fact about the customer."""
        if self.ends is not None:
            self._lapse(day)
        match fact.kind:
            case FactKind.DEPART:
                self._depart(fact)
            case FactKind.ASSIGN:
                self._assign(fact)
            case FactKind.WALK_IN:
                self._walk_in(fact)
            case FactKind.DISPUTE:
                self.disputes.append(fact)
            case FactKind.SETTLE:
                self.disputes.clear()
            case FactKind.CONSENT:
                self._consent(fact)
            case _:
                for claim in self.standing.follow(fact, filing, day):
                    self._take(claim)
                if fact.kind in _CONTACTS:
                    self.contacts[fact.by] = fact
                    if fact.kind is FactKind.VISIT:
                        self.visited[fact.by] = fact
                        self._renew(fact, day)

    def _depart(self, fact: Fact) -> None:
        self.gone[fact.by] = fact
        if self.claim is not None and fact.by == self.person:
            self.trail.note("hold.departed" if self.terms.leavers_team_holds else "hold.reopened", fact)
            if not self.terms.leavers_team_holds:
                self.claim, self.ends = None, None

    def _assign(self, fact: Fact) -> None:
        names, to = self.terms.assign_names, str(fact.to)
        if self.claim is None or names == "nobody":
            return
        team = self.people[to].team
        if names == "member" and not (
            self.person in self.gone and self.people[str(fact.by)].team == self.team and team == self.team
        ):
            self.trail.note("hold.not_assigned", fact, held=False)
            return
        self.trail.note("hold.assigned", fact)
        self.person, self.team, self.line = to, team, (*self.line, to)

    def _walk_in(self, fact: Fact) -> None:
        if self.claim is None or not self.terms.tells_walk_in:
            return
        alone = self.person in self.gone
        if not alone and fact.by == self.person:
            return
        if self.disputes and not self.terms.tells_in_dispute:
            self.untold.append(fact)
            return
        self.told.append(Told(f"team:{self.team}" if alone or self.terms.by_team else self.person, fact))

    def _consent(self, fact: Fact) -> None:
        self.consents.setdefault((fact.by, fact.to), fact)
        person = self.people[str(fact.by)]
        if person.role is Role.SUPERVISOR:
            self.team_consents.setdefault((person.team, fact.to), fact)

    # Taking a claim.

    def _take(self, claim: Claim) -> None:
        before = self.last.get(claim.claimant)
        if before is not None and before.stands.at == claim.stands.at:
            self._share(before, claim)
            return
        self.last[claim.claimant] = claim
        if claim.visit is not None:
            self.filed_visits.add(claim.visit.id)
        tried: list[Ground | None] = [
            self.trail.ground("claim.stands", claim.visit, claim.filing.filed, claim.filing.counted)
        ]
        mine = self.claim
        if mine is None:
            tried.append(self.trail.ground("hold.first", claim.stands))
            self._give(claim)
        else:
            self._contest(claim, mine, tried)
        if self.trail.writes:
            holds = self.claim is claim
            self.trail.note("claim.taken", claim.stands, held=holds, of=tried)

    def _share(self, before: Claim, claim: Claim) -> None:
        """Make one of two claims that one claimant has from the same instant."""
        first, second = str(before.filing.filed.filing), str(claim.filing.filed.filing)
        if first in self.refused:
            self.refused[second] = self.refused[first]
        if first in self.given:
            self.given[second] = self.given[first]

    def _contest(self, claim: Claim, mine: Claim, tried: list[Ground | None]) -> None:
        alone = self.person in self.gone
        tried.append(self.trail.ground("hold.first", mine.stands, held=False))
        already = not alone and (
            self.people[claim.claimant].team == self.team if self.terms.by_team else self.person == claim.claimant
        )
        tried.append(self.trail.ground("hold.already", claim.stands, held=already))
        if already:
            self.given[str(claim.filing.filed.filing)] = mine
            return
        if self.terms.member_holds:
            member = alone and self.people[claim.claimant].team == self.team
            tried.append(self.trail.ground("hold.member", claim.stands, self.gone.get(self.person), held=member))
            if member:
                self._give(claim)
                return
        steps = {
            "same_day_visit": self._same_day_visit,
            "consent": self._consented,
            "maintenance": self._maintained,
            "strict": self._strictly_protected,
            "first_registered": self._first_registered,
        }
        for tie_break in self.terms.precedence:
            if tie_break in steps and steps[tie_break](claim, mine, tried):
                return
        self.trail.cite(*(_LAPSED[name] for name in self.terms.precedence if name in _LAPSED))
        tried.append(self.trail.ground("hold.taken_over", claim.stands))
        self._give(claim)

    def _give(self, claim: Claim) -> None:
        self.claim, self.person, self.line = claim, claim.claimant, (claim.claimant,)
        self.team = self.people[claim.claimant].team
        self.lapsed = None
        self.given[str(claim.filing.filed.filing)] = claim
        window = self.terms.claim
        if window is not None:
            filed = self.rulebook.day(claim.filing.filed.at)
            self.ends = self.rulebook.last_day(filed if self.terms.claim_from == "filed" else claim.day, window)
        if claim.claimant in self.gone:
            self._depart(self.gone[claim.claimant])

    def _refuse(self, claim: Claim, code: RefusalCode, rule: str | None) -> None:
        self.refused[str(claim.filing.filed.filing)] = code
        if rule is not None:
            self.offences.append(Offence(claim.claimant, claim.stands, rule))

    def _same_day_visit(self, claim: Claim, mine: Claim, tried: list[Ground | None]) -> bool:
        if claim.day != mine.day or claim.visit is None or mine.visit is None:
            tried.append(self.trail.ground("hold.same_day_newcomer", claim.stands, mine.stands, held=False))
            return False
        if (claim.visit.at, claim.visit.id) < (mine.visit.at, mine.visit.id):
            tried.append(self.trail.ground("hold.same_day_newcomer", claim.visit, mine.visit))
            self._give(claim)
        else:
            tried.append(self.trail.ground("hold.same_day_holder", mine.visit, claim.visit))
            self._refuse(claim, RefusalCode.EARLIER_VISIT_HOLDS, None)
        return True

    def _consented(self, claim: Claim, _mine: Claim, tried: list[Ground | None]) -> bool:
        if self.person in self.gone:
            given = self.team_consents.get((self.team, claim.claimant)) if self.terms.team_consents else None
        else:
            given = self.consents.get((self.person, claim.claimant))
        tried.append(self.trail.ground("hold.consent", given, held=given is not None))
        if given is None:
            return False
        self._give(claim)
        return True

    def _maintained(self, claim: Claim, mine: Claim, tried: list[Ground | None]) -> bool:
        last, since = self._maintenance(mine)
        if last is None:
            return False
        held = claim.day <= last
        poaches = self.terms.maintenance_poaches
        inner = [self.trail.ground("hold.poaching", claim.stands)] if held and poaches else []
        window = self.terms.maintenance
        tried.append(self.trail.ground("hold.maintenance", since, held=held, of=inner, window=window, day=last))
        if held:
            self._refuse(claim, RefusalCode.HELD_IN_MAINTENANCE, "offence.poaching" if poaches else None)
        return held

    def _strictly_protected(self, claim: Claim, mine: Claim, tried: list[Ground | None]) -> bool:
        if self.terms.strict is None:
            return False
        last, since = self._strict(mine)
        if last is None:
            tried.append(self.trail.ground("hold.dispute_lifts", *self.disputes))
            return False
        held, poaches = claim.day <= last, self.terms.strict_poaches
        inner = [self.trail.ground("hold.strict_poaching", claim.stands)] if held and poaches else []
        window = self.terms.strict
        tried.append(self.trail.ground("hold.strict", since, held=held, of=inner, window=window, day=last))
        if held:
            self._refuse(claim, RefusalCode.STRICTLY_PROTECTED, "offence.strict_poaching" if poaches else None)
        return held

    def _first_registered(self, claim: Claim, mine: Claim, tried: list[Ground | None]) -> bool:
        tried.append(self.trail.ground("hold.first_registered", mine.stands))
        self._refuse(claim, RefusalCode.FIRST_REGISTERED_HOLDS, None)
        return True

    # The clocks.

    def _since(self, start: str, mine: Claim) -> Fact | None:
        if start == "standing":
            return mine.stands
        seen = self.contacts if start == "last_contact" else self.visited
        found = [fact for person in self.line if (fact := seen.get(person)) is not None]
        return max(found, key=lambda fact: (fact.at, fact.id), default=None)

    def _maintenance(self, mine: Claim) -> tuple[date | None, Fact | None]:
        window = self.terms.maintenance
        if window is None or (self.disputes and self.terms.maintenance_lifts):
            return None, None
        since = self._since(self.terms.maintenance_from, mine)
        return (None if since is None else self.rulebook.last_day(self.rulebook.day(since.at), window)), since

    def _strict(self, mine: Claim) -> tuple[date | None, Fact | None]:
        window = self.terms.strict
        if window is None or (self.disputes and self.terms.strict_lifts):
            return None, None
        since = self._since(self.terms.strict_from, mine)
        return (None if since is None else self.rulebook.last_day(self.rulebook.day(since.at), window)), since

    def _lapse(self, day: date) -> None:
        if self.ends is not None and day > self.ends:
            self.trail.note("claim.lapsed", day=self.ends)
            self.lapsed, self.claim, self.ends = self.claim, None, None

    def _renew(self, fact: Fact, day: date) -> None:
        terms = self.terms
        if terms.renewal is None or terms.claim is None or fact.by not in self.line:
            return
        end = self.rulebook.last_day(day, terms.renewal)
        if self.claim is not None and self.ends is not None and terms.renewed_by == "visit":
            self.ends = max(self.ends, end)
        elif self.claim is None and self.lapsed is not None and terms.renewed_by != "nothing":
            self.trail.note("claim.revived", fact, window=terms.renewal, day=end)
            self.claim, self.lapsed, self.ends = self.lapsed, None, end

    # What is asked.

    def holder(self, day: date) -> Holder:
        """Say who holds on that day."""
        if self.ends is not None:
            self._lapse(day)
        mine = self.claim
        if mine is None:
            return Holder()
        order = self.terms.precedence
        maintained = self._maintenance(mine)[0] if "maintenance" in order else None
        strict = self._strict(mine)[0] if "strict" in order else None
        until = maintained if strict is None or (maintained is not None and maintained > strict) else strict
        alone = self.terms.by_team or self.person in self.gone
        return Holder(None if alone else self.person, self.team, until)

    def close(self, day: date) -> Holder:
        """Say who holds, and lay out until when nobody else may."""
        held = self.holder(day)
        mine, trail = self.claim, self.trail
        self._lay_out_what_gave_nothing()
        if mine is None:
            trail.note("hold.no_claim")
            return held
        if self.terms.by_team:
            trail.note("hold.team_unit", mine.stands)
        if "maintenance" in self.terms.precedence and self.terms.maintenance is not None:
            last, since = self._maintenance(mine)
            if last is not None:
                trail.note("hold.maintained", since, held=day <= last, day=last)
        if "strict" in self.terms.precedence and self.terms.strict is not None:
            last, since = self._strict(mine)
            if last is not None:
                trail.note("hold.protected", since, held=day <= last, day=last)
            else:
                trail.note("hold.dispute_lifts", *self.disputes)
        if held.protected_until is not None and day > held.protected_until:
            trail.note("hold.permanent", mine.stands)
        return held

    def _lay_out_what_gave_nothing(self) -> None:
        """Say of each visit that nobody filed, and of each filing without a visit, that it gives nothing (A9 A25)."""
        if not self.trail.writes or self.terms.needs_visit == "none":
            return
        for fact in self.standing.visits.values():
            if fact.id not in self.filed_visits and (self.claim is None or fact.by not in self.line):
                self.trail.note("claim.visit_not_filed", fact)
        for waiting in self.standing.waiting.values():
            for filing in waiting:
                self.trail.note("claim.filed_without_visit", filing.filed, filing.counted)

    def boundaries(self) -> Iterator[date]:
        """Give the day after the claim's last, where it has one."""
        if self.ends is not None:
            yield next_day(self.ends)

    def fate(self, filing: Filing, day: date) -> Fate:
        """Say what a filing that counts gives its claimant."""
        self.holder(day)
        name = str(filing.filed.filing)
        if name in self.refused:
            return Fate(holds=False, refused=self.refused[name])
        claim = self.given.get(name)
        if claim is None:
            if self.people[str(filing.filed.by)].role not in self.terms.claim_roles:
                return Fate(holds=False, refused=RefusalCode.NO_CLAIM)
            same_day = self.terms.needs_visit == "same_day"
            return Fate(holds=False, refused=RefusalCode.NO_VISIT_THAT_DAY if same_day else RefusalCode.NO_VISIT)
        if claim is self.claim:
            return Fate(holds=True, refused=None)
        if claim is self.lapsed:
            return Fate(holds=False, refused=RefusalCode.EXPIRED)
        if claim.claimant in self.gone and not self.terms.leavers_team_holds:
            return Fate(holds=False, refused=RefusalCode.DEPARTED)
        return Fate(holds=False, refused=RefusalCode.TAKEN_OVER)

    def why_not(self, staff: str, day: date) -> list[Condition]:
        """List what a claim of that person, standing on that day, would fail; and from when it no longer would."""
        held, source = self.holder(day), self.trail.sources
        mine = self.claim
        if held.staff == staff or (self.terms.by_team and held.team == self.people[staff].team):
            return []
        if staff in self.gone:
            return [Condition("want.presence", source["want.presence"], held=False, facts=(self.gone[staff].id,))]
        if self.people[staff].role not in self.terms.claim_roles:
            return [Condition("want.role", source["want.role"], held=False)]
        found = [Condition("want.standing", source["want.standing"], held=False)]
        if mine is None or self._would_hold(staff):
            return found
        if "maintenance" in self.terms.precedence:
            found += self._condition("want.no_maintenance", day, *self._maintenance(mine))
        if "strict" in self.terms.precedence:
            found += self._condition("want.no_strict", day, *self._strict(mine))
        if "first_registered" in self.terms.precedence:
            found.append(Condition("want.first", source["want.first"], held=False, facts=(mine.stands.id,)))
        return found

    def _would_hold(self, staff: str) -> bool:
        if self.person not in self.gone:
            return "consent" in self.terms.precedence and (self.person, staff) in self.consents
        if self.terms.member_holds and self.people[staff].team == self.team:
            return True
        consents = self.terms.team_consents and "consent" in self.terms.precedence
        return consents and (self.team, staff) in self.team_consents

    def _condition(self, rule: str, day: date, last: date | None, since: Fact | None) -> list[Condition]:
        if last is None or since is None or day > last:
            return []
        free = next_day(last)
        return [
            Condition(
                rule, self.trail.sources[rule], held=False, facts=(since.id,), words=(("day", free),), from_day=free
            )
        ]


_LAPSED = {"maintenance": "hold.maintenance", "strict": "hold.strict"}
