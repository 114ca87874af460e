"""Decide who holds where claims are taken one after another, and a refused one never comes back (A).

- Nobody holds: the claim holds. Its claimant holds already: nothing changes.
- Else the tie-breaks are tried in their order, and the first that applies decides; after the last, the newcomer holds.
- A departure leaves the team alone, or nobody; both clocks run on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from claims.clocks import Clocks
from claims.deadlines import next_day
from claims.facts import Fact, FactKind, Person, Role
from claims.holder import Holder, Offence, Told, Untold
from claims.refusal import RefusalCode
from claims.standing import Claim, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from claims.clocks import Clock
    from claims.filings import Filing
    from claims.rulebook import Rulebook
    from claims.ruling import Ground, Trail

Tried = list["Ground | None"]


class Taking:
    """Follow one customer."""

    def __init__(self, people: Mapping[str, Person], rulebook: Rulebook, trail: Trail) -> None:
        """Begin with nobody."""
        self.people, self.rulebook, self.terms, self.trail = people, rulebook, rulebook.terms, trail
        self.standing, self.clocks = Standing(people, rulebook), Clocks(rulebook)
        self.told: list[Told] = []
        self.untold: list[Untold] = []
        self.offences: list[Offence] = []
        self.claim: Claim | None = None
        self.person: str = ""
        self.team: str = ""
        self.ends: date | None = None
        self.lapsed: Claim | None = None
        self.gone: dict[str | None, Fact] = {}
        self.consents: dict[tuple[str | None, str | None], Fact] = {}
        self.team_consents: dict[tuple[str, str | None], Fact] = {}
        self.latest: dict[str, Claim] = {}
        self.filed_visits: set[str] = set()
        self.refused: dict[str, RefusalCode] = {}
        self.given: dict[str, Claim] = {}

    def adopt(self, rulebook: Rulebook) -> None:
        """Go on under another edition; what runs already runs on as it began."""
        self.rulebook, self.terms = rulebook, rulebook.terms
        self.standing.adopt(rulebook)
        self.clocks.adopt(rulebook)

    def follow(self, fact: Fact, filing: Filing | None, day: date) -> None:
        """Take one fact about the customer."""
        if self.ends is not None:
            self._lapse(day)
        step = self._STEPS.get(fact.kind)
        if step is not None:
            step(self, fact)
            return
        for claim in self.standing.follow(fact, filing, day):
            self._take(claim)
        self.clocks.see(fact)
        if self.terms.renewal is not None and fact.kind is FactKind.VISIT:
            self._renew(fact, day)

    def _dispute(self, fact: Fact) -> None:
        self.clocks.dispute(fact)

    def _settle(self, fact: Fact) -> None:
        if self.clocks.disputes:
            self.trail.note("hold.dispute_settled", fact, *self.clocks.disputes)
        self.clocks.settle()

    def _depart(self, fact: Fact) -> None:
        self.gone[fact.by] = fact
        if self.claim is not None and fact.by == self.person:
            self.trail.note("hold.departed" if self.terms.leavers_team_holds else "hold.reopened", fact)
            if not self.terms.leavers_team_holds:
                self.claim = self.ends = None

    def _assign(self, fact: Fact) -> None:
        names, to = self.terms.assign_names, str(fact.to)
        if self.claim is None or names == "nobody":
            return
        teams = {self.people[str(one)].team_at(fact.at) for one in (fact.by, to)}
        if names == "member" and not (self.person in self.gone and teams == {self.team}):
            self.trail.note("hold.not_assigned", fact, held=False)
            return
        self.trail.note("hold.assigned", fact)
        self.person, self.team = to, self.people[to].team
        self.clocks.protect(*self.clocks.line, to)

    def _walk_in(self, fact: Fact) -> None:
        alone = self.person in self.gone
        if self.claim is None or not self.terms.tells_walk_in or (not alone and fact.by == self.person):
            return
        if self.clocks.disputes and not self.terms.tells_in_dispute:
            self.untold.append(Untold(fact, tuple(self.clocks.disputes)))
        else:
            self.told.append(Told(f"team:{self.team}" if alone or self.terms.by_team else self.person, fact))

    def _consent(self, fact: Fact) -> None:
        self.consents.setdefault((fact.by, fact.to), fact)
        person = self.people[str(fact.by)]
        if person.role is Role.SUPERVISOR:
            self.team_consents.setdefault((person.team_at(fact.at), fact.to), fact)

    def _take(self, claim: Claim) -> None:
        before = self.latest.get(claim.claimant)
        if before is not None and before.stands.at == claim.stands.at:
            self._share(before, claim)
            return
        self.latest[claim.claimant] = claim
        if claim.visit is not None:
            self.filed_visits.add(claim.visit.id)
        filing = claim.filing
        tried: Tried = [self.trail.ground("claim.stands", claim.visit, filing.filed, *filing.parts)]
        mine = self.claim
        if mine is None:
            tried.append(self.trail.ground("hold.first", claim.stands))
            self._give(claim)
        else:
            self._contest(claim, mine, tried)
        if self.trail.writes:
            self.trail.note("claim.taken", claim.stands, held=self.claim is claim, of=tried)

    def _share(self, before: Claim, claim: Claim) -> None:
        """Make one of two claims that one claimant has from the same instant."""
        first, second = str(before.filing.filed.filing), str(claim.filing.filed.filing)
        if first in self.refused:
            self.refused[second] = self.refused[first]
        if first in self.given:
            self.given[second] = self.given[first]

    def _contest(self, claim: Claim, mine: Claim, tried: Tried) -> None:
        alone, team = self.person in self.gone, self.people[claim.claimant].team
        tried.append(self.trail.ground("hold.first", mine.stands, held=False))
        already = not alone and (team == self.team if self.terms.by_team else self.person == claim.claimant)
        tried.append(self.trail.ground("hold.already", claim.stands, held=already))
        if already:
            self.given[str(claim.filing.filed.filing)] = mine
            return
        if self.terms.member_holds:
            member = alone and self.people[claim.claimant].team_at(claim.stands.at) == self.team
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
        self.claim, self.person, self.lapsed = claim, claim.claimant, None
        self.team = self.people[claim.claimant].team
        self.clocks.protect(claim.claimant)
        self.given[str(claim.filing.filed.filing)] = claim
        window = self.terms.claim
        if window is not None:
            filed = self.rulebook.day(claim.filing.filed.at)
            self.ends = self.rulebook.last_day(filed if self.terms.claim_from == "filed" else claim.day, window)
        if claim.claimant in self.gone:
            self._depart(self.gone[claim.claimant])

    def _refuse(self, claim: Claim, code: RefusalCode, rule: str | None = None) -> None:
        self.refused[str(claim.filing.filed.filing)] = code
        if rule is not None:
            self.offences.append(Offence(claim.claimant, claim.stands, rule))

    def _same_day_visit(self, claim: Claim, mine: Claim, tried: Tried) -> bool:
        if claim.day != mine.day or claim.visit is None or mine.visit is None:
            tried.append(self.trail.ground("hold.same_day_newcomer", claim.stands, mine.stands, held=False))
            return False
        if (claim.visit.at, claim.visit.id) < (mine.visit.at, mine.visit.id):
            tried.append(self.trail.ground("hold.same_day_newcomer", claim.visit, mine.visit))
            self._give(claim)
        else:
            tried.append(self.trail.ground("hold.same_day_holder", mine.visit, claim.visit))
            self._refuse(claim, RefusalCode.EARLIER_VISIT_HOLDS)
        return True

    def consent_to(self, claimant: str) -> Fact | None:
        """Find the consent of the one who holds, or for a team alone of a supervisor of that team (A27)."""
        if self.person not in self.gone:
            return self.consents.get((self.person, claimant))
        return self.team_consents.get((self.team, claimant)) if self.terms.team_consents else None

    def _consented(self, claim: Claim, _mine: Claim, tried: Tried) -> bool:
        given = self.consent_to(claim.claimant)
        tried.append(self.trail.ground("hold.consent", given, held=given is not None))
        if given is not None:
            self._give(claim)
        return given is not None

    def _maintained(self, claim: Claim, mine: Claim, tried: Tried) -> bool:
        terms, clock = self.terms, self.clocks.maintenance(mine)
        if clock is None:
            return False
        held, inner = claim.day <= clock.last, Tried()
        if held and terms.maintenance_poaches:
            inner.append(self.trail.ground("hold.poaching", claim.stands))
        tried.append(
            self.trail.ground("hold.maintenance", clock.since, held=held, of=inner, window=clock.window, day=clock.last)
        )
        if held:
            rule = "offence.poaching" if terms.maintenance_poaches else None
            self._refuse(claim, RefusalCode.HELD_IN_MAINTENANCE, rule)
        return held

    def _strictly_protected(self, claim: Claim, mine: Claim, tried: Tried) -> bool:
        terms, clock = self.terms, self.clocks.strict(mine)
        if clock is None:
            if terms.strict is not None:
                tried.append(self.trail.ground("hold.dispute_lifts", *self.clocks.disputes))
            return False
        held, inner = claim.day <= clock.last, Tried()
        if held and terms.strict_poaches:
            inner.append(self.trail.ground("hold.strict_poaching", claim.stands))
        tried.append(
            self.trail.ground("hold.strict", clock.since, held=held, of=inner, window=clock.window, day=clock.last)
        )
        if held:
            rule = "offence.strict_poaching" if terms.strict_poaches else None
            self._refuse(claim, RefusalCode.STRICTLY_PROTECTED, rule)
        return held

    def _first_registered(self, claim: Claim, mine: Claim, tried: Tried) -> bool:
        tried.append(self.trail.ground("hold.first_registered", mine.stands))
        self._refuse(claim, RefusalCode.FIRST_REGISTERED_HOLDS)
        return True

    def _lapse(self, day: date) -> None:
        if self.ends is not None and day > self.ends:
            self.trail.note("claim.lapsed", day=self.ends)
            self.lapsed, self.claim, self.ends = self.claim, None, None

    def _renew(self, fact: Fact, day: date) -> None:
        terms = self.terms
        if terms.renewal is None or terms.claim is None or fact.by not in self.clocks.line:
            return
        end = self.rulebook.last_day(day, terms.renewal)
        if self.claim is not None and self.ends is not None and terms.renewed_by == "visit":
            self.ends = max(self.ends, end)
        elif self.claim is None and self.lapsed is not None and terms.renewed_by != "nothing":
            self.trail.note("claim.revived", fact, window=terms.renewal, day=end)
            self.claim, self.lapsed, self.ends = self.lapsed, None, end

    def holder(self, day: date) -> Holder:
        """Say who holds on that day."""
        if self.ends is not None:
            self._lapse(day)
        if self.claim is None:
            return Holder()
        alone = self.terms.by_team or self.person in self.gone
        return Holder(None if alone else self.person, self.team, self.clocks.protected_until(self.claim))

    def close(self, day: date) -> Holder:
        """Say who holds, and lay out until when nobody else may."""
        held, trail = self.holder(day), self.trail
        if trail.writes:
            self._lay_out_what_gave_nothing()
        mine = self.claim
        if mine is None:
            trail.note("hold.no_claim")
            return held
        if self.terms.by_team:
            trail.note("hold.team_unit", mine.stands)
        self._lay_out_clock("hold.maintained", self.clocks.maintenance(mine), day)
        self._lay_out_clock("hold.protected", self.clocks.strict(mine), day)
        if self.terms.strict is not None and self.clocks.strict(mine) is None and self.clocks.disputes:
            trail.note("hold.dispute_lifts", *self.clocks.disputes)
        if held.protected_until is not None and day > held.protected_until:
            trail.note("hold.permanent", mine.stands)
        return held

    def _lay_out_clock(self, rule: str, clock: Clock | None, day: date) -> None:
        if clock is not None:
            self.trail.note(rule, clock.since, held=day <= clock.last, decides=True, day=clock.last)

    def _lay_out_what_gave_nothing(self) -> None:
        """Say of each visit that nobody filed, and of each filing without a visit, that it gives nothing (A9 A25)."""
        holds = self.clocks.line if self.claim is not None else ()
        for fact in self.standing.visits.values():
            if fact.id not in self.filed_visits and fact.by not in holds and self.terms.needs_visit != "none":
                self.trail.note("claim.visit_not_filed", fact)
        for waiting in self.standing.waiting.values():
            for filing in waiting:
                self.trail.note("claim.filed_without_visit", filing.filed, *filing.parts)

    def boundaries(self) -> Iterator[date]:
        """Give the day after the claim's last, where it has one."""
        return iter(()) if self.ends is None else iter((next_day(self.ends),))

    _STEPS: ClassVar[Mapping[FactKind, Callable[..., None]]] = {
        FactKind.DEPART: _depart,
        FactKind.ASSIGN: _assign,
        FactKind.WALK_IN: _walk_in,
        FactKind.DISPUTE: _dispute,
        FactKind.SETTLE: _settle,
        FactKind.CONSENT: _consent,
    }
    """What is neither claim nor contact; looked up, for a rehearsal follows a company's whole history."""


_LAPSED = {"maintenance": "hold.maintenance", "strict": "hold.strict"}
