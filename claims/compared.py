"""Decide who holds where all claims in force are compared at every moment, or where an assignment names the holder.

- A claim is in force from where it stands through its time; a visit after that may bring it back (H16).
- The store's own claim keeps out whoever filed on a later day than its date, while it is in force (H3).
- Of several in force the rulebook's tie-breaks decide, in their order; a leaver's claims stay, as those of the team.
- An assignment to a member passes all claims of the leaver by whose claim the team alone holds (G11); one that may
  name anybody makes a holder by itself, whatever the claims (B5 C8 I13).
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from claims.deadlines import next_day
from claims.facts import Fact, FactKind, FilingType, Person, Role
from claims.filings import Filing, date_of, is_present
from claims.holder import Fate, Holder, Offence, Told
from claims.lines import Line
from claims.refusal import RefusalCode
from claims.ruling import Condition
from claims.standing import Claim, Standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from claims.rulebook import Rulebook
    from claims.ruling import Trail


class Comparing:
    """Follow one customer."""

    def __init__(self, people: Mapping[str, Person], rulebook: Rulebook, trail: Trail) -> None:
        """Begin with nobody."""
        self.people, self.rulebook, self.terms, self.trail = people, rulebook, rulebook.terms, trail
        self.claims = rulebook.terms.way == "compared"
        self.standing = Standing(people, rulebook)
        self.told: list[Told] = []
        self.untold: list[Fact] = []
        self.offences: list[Offence] = []
        self.gone: dict[str | None, Fact] = {}
        self.lines: dict[str, list[Line]] = {}
        self.own_line: dict[str, Line] = {}
        self.line_of: dict[str, Line] = {}
        self.stood: dict[str, Claim] = {}
        self.first_visit: dict[str | None, Fact] = {}
        self.latest_visit: dict[str | None, Fact] = {}
        self.named: Fact | None = None
        self.recorded = False
        self.disputes = 0
        self.own_dates: dict[str, date] = {}
        self.own_filings: dict[str, Filing] = {}
        self.own_heap: list[tuple[date, str]] = []
        self.ahead: list[date] = []

    # What happens.

    def follow(self, fact: Fact, filing: Filing | None, day: date) -> None:
        """Take one fact about the customer."""
        match fact.kind:
            case FactKind.DEPART:
                self.gone[fact.by] = fact
                return
            case FactKind.ASSIGN:
                self._assign(fact, day)
                return
            case FactKind.WALK_IN:
                self._walk_in(fact, day)
                return
            case FactKind.DISPUTE:
                self.disputes += 1
                return
            case FactKind.SETTLE:
                self.disputes = 0
                return
            case FactKind.VISIT:
                self._visit(fact, day)
            case _:
                if filing is None:
                    return
                self._file(fact, filing)
        if self.claims:
            for claim in self.standing.follow(fact, filing, day):
                self._stand(claim, day)

    def _file(self, fact: Fact, filing: Filing) -> None:
        if filing.recorded is not None:
            self.recorded = True
        if self.terms.store is not None and filing.filed.type is FilingType.STORE:
            self._update_own(filing)
        if self.claims and fact.kind is FactKind.FILE:
            by = str(fact.by)
            if by not in self.own_line:
                line = Line(by, self.rulebook, self.first_visit.get(by), self.latest_visit.get(by))
                self.own_line[by] = line
                self.lines.setdefault(by, []).append(line)
            self.line_of[str(fact.filing)] = self.own_line[by]

    def _update_own(self, filing: Filing) -> None:
        """Date the store's own claim anew; undated, or with neither phone nor address, it is none (H4)."""
        filed, name, stated = filing.filed, str(filing.filed.filing), date_of(filing)
        reached = is_present(filing.fields.get("phone")) or is_present(filing.fields.get("address"))
        store_staff = self.people[str(filed.by)].role is Role.STORE_STAFF
        if filing.counted is None or stated is None or not reached or not store_staff or self.terms.store is None:
            self.own_dates.pop(name, None)
            return
        dated = min(stated, self.rulebook.day(filed.at))
        if self.own_dates.get(name) != dated:
            self.own_dates[name] = dated
            self.own_filings[name] = filing
            heappush(self.own_heap, (dated, name))
            heappush(self.ahead, next_day(self.rulebook.last_day(dated, self.terms.store)))

    def _visit(self, fact: Fact, day: date) -> None:
        self.first_visit.setdefault(fact.by, fact)
        self.latest_visit[fact.by] = fact
        for line in self.lines.get(str(fact.by), ()):
            line.visit(fact, day)
            self._look_ahead(line)

    def _stand(self, claim: Claim, day: date) -> None:
        name = str(claim.filing.filed.filing)
        self.stood[name] = claim
        line = self.line_of[name]
        line.stand(claim, day)
        self._look_ahead(line)

    def _look_ahead(self, line: Line) -> None:
        for end in line.new_ends:
            heappush(self.ahead, next_day(end))
        line.new_ends.clear()

    def _assign(self, fact: Fact, day: date) -> None:
        names, to = self.terms.assign_names, str(fact.to)
        if names == "anybody":
            ready = self.recorded if self.terms.assign_needs == "recorded" else self.holder(day).team is not None
            self.trail.note("hold.assigned" if ready else "hold.not_assigned", fact, held=ready)
            if ready:
                self.named = fact
            return
        won = self._winner(day) if names == "member" and self.claims else None
        if (
            won is None
            or won.person not in self.gone
            or len({self.people[p].team for p in (won.person, str(fact.by), to)}) != 1
        ):
            self.trail.note("hold.not_assigned", fact, held=False)
            return
        self.trail.note("hold.assigned", fact, self.gone[won.person])
        for line in self.lines.pop(won.person):
            line.pass_to(to, self.first_visit.get(to), self.latest_visit.get(to), day)
            self.lines.setdefault(to, []).append(line)
            self._look_ahead(line)
        self.own_line.pop(won.person, None)

    def _walk_in(self, fact: Fact, day: date) -> None:
        if not self.terms.tells_walk_in:
            return
        held = self.holder(day)
        if held.team is None or (held.staff is not None and held.staff == fact.by):
            return
        if self.disputes and not self.terms.tells_in_dispute:
            self.untold.append(fact)
        else:
            self.told.append(Told(held.staff or f"team:{held.team}", fact))

    # Who is first.

    def _kept(self, day: date) -> tuple[date, str] | None:
        """Give the earliest date of the store's own claims that are in force (H3)."""
        store, heap = self.terms.store, self.own_heap
        if store is None:
            return None
        while heap and (
            self.own_dates.get(heap[0][1]) != heap[0][0] or day > self.rulebook.last_day(heap[0][0], store)
        ):
            heappop(heap)
        return heap[0] if heap else None

    def _rivals(self, day: date, kept: tuple[date, str] | None) -> list[tuple[Line, Claim]]:
        limit = kept[0] if kept is not None else None
        found: list[tuple[Line, Claim]] = []
        for lines in self.lines.values():
            for line in lines:
                if line.person in self.gone and not self.terms.leavers_team_holds:
                    continue
                claim = line.best(day, limit)
                if claim is not None:
                    found.append((line, claim))
        return found

    def _winner(self, day: date) -> Line | None:
        rivals = self._rivals(day, self._kept(day))
        return self._prefer(rivals)[0] if rivals else None

    def _prefer(self, rivals: list[tuple[Line, Claim]]) -> tuple[Line, Claim, str]:
        if len(rivals) > 1 or not self.terms.precedence:
            for tie_break in self.terms.precedence:
                if tie_break in {"latest_visit", "first_visit"}:
                    latest = tie_break == "latest_visit"
                    came = [(v, pair) for pair in rivals if (v := pair[0].visit_key(latest=latest)) is not None]
                    if came:
                        _, pair = (max if latest else min)(came, key=lambda row: row[0])
                        return (*pair, tie_break)
                elif tie_break == "first_standing":
                    return (*min(rivals, key=lambda pair: (pair[1].stands.at, pair[1].stands.id)), tie_break)
                elif tie_break == "first_filed":
                    return (*min(rivals, key=lambda pair: pair[1].filed), tie_break)
        return (*min(rivals, key=lambda pair: pair[1].filed), "")

    # What is asked.

    def _of(self, person: str) -> Holder:
        alone = self.terms.by_team or person in self.gone
        return Holder(None if alone else person, self.people[person].team)

    def holder(self, day: date) -> Holder:
        """Say who holds on that day."""
        if self.named is not None:
            if self.named.to in self.gone and not self.terms.leavers_team_holds:
                return Holder()
            return self._of(str(self.named.to))
        won = self._winner(day) if self.claims else None
        return Holder() if won is None else self._of(won.person)

    def close(self, day: date) -> Holder:
        """Say who holds, and lay out why."""
        trail = self.trail
        if self.named is None and self.claims:
            self._lay_out_claims(day)
        held = self.holder(day)
        if held.team is None:
            trail.note("hold.no_claim" if self.claims else "hold.no_assignment")
            return held
        if self.terms.by_team:
            trail.note("hold.team_unit")
        elif held.staff is None:
            person = str(self.named.to) if self.named is not None else str(self._winner_person(day))
            trail.note("hold.departed", self.gone.get(person))
        return held

    def _winner_person(self, day: date) -> str | None:
        won = self._winner(day)
        return None if won is None else won.person

    def _lay_out_claims(self, day: date) -> None:
        trail, kept = self.trail, self._kept(day)
        rivals = self._rivals(day, kept)
        standing = {id(line) for line, _ in rivals}
        for line, claim in rivals:
            line.lay_out(claim, day, trail)
        for lines in self.lines.values():
            for line in lines:
                if id(line) in standing or line.last is None:
                    continue
                shut_out = line.best(day, None) if kept is not None else None
                if shut_out is not None and kept is not None and self.terms.store is not None:
                    own = self.own_filings[kept[1]]
                    until = next_day(self.rulebook.last_day(kept[0], self.terms.store))
                    trail.note("claim.kept_out", shut_out.filing.filed, own.filed, own.counted, day=until)
                elif trail.writes:
                    line.lay_out_end(trail)
        if len(rivals) > 1:
            _, claim, tie_break = self._prefer(rivals)
            for tried in self.terms.precedence:
                rule = f"hold.{tried}"
                if tried == tie_break:
                    facts = [line.visit_fact(latest=tried == "latest_visit") for line, _ in rivals]
                    filed = [other.filing.filed for _, other in rivals]
                    trail.note(rule, *(facts if tried.endswith("visit") else filed))
                    break
                if tried.endswith("visit"):
                    trail.note(rule, held=False)
        elif rivals and self.terms.precedence:
            trail.note(f"hold.{self._alone()}", rivals[0][1].filing.filed)

    def _alone(self) -> str:
        """Name the tie-break that speaks for the only claim in force, though nobody came to the door."""
        told = [tie_break for tie_break in self.terms.precedence if not tie_break.endswith("visit")]
        return (told or list(self.terms.precedence))[0]

    def boundaries(self) -> Iterator[date]:
        """Give the days on which a claim's time ends, or the store's."""
        while self.ahead:
            yield heappop(self.ahead)

    def fate(self, filing: Filing, day: date) -> Fate:
        """Say what a filing that counts gives its claimant."""
        claimant, name = str(filing.filed.by), str(filing.filed.filing)
        if self.named is not None:
            holds = self.named.to == claimant
            return Fate(holds, None if holds else RefusalCode.ASSIGNED_TO_ANOTHER)
        if not self.claims:
            return Fate(holds=False, refused=RefusalCode.NOT_ASSIGNED)
        claim = self.stood.get(name)
        if claim is None:
            return self._gives_nothing(filing)
        line, kept = self.line_of[name], self._kept(day)
        if line.person in self.gone and not self.terms.leavers_team_holds:
            return Fate(holds=False, refused=RefusalCode.DEPARTED)
        if not line.is_in_force(claim, day):
            return Fate(holds=False, refused=RefusalCode.EXPIRED)
        if kept is not None and self.rulebook.day(filing.filed.at) > kept[0]:
            return Fate(holds=False, refused=RefusalCode.KEPT_OUT_BY_STORE)
        won, _, tie_break = self._prefer(self._rivals(day, kept))
        if won.person == line.person:
            return Fate(holds=True, refused=None)
        late = RefusalCode.LATER_VISIT_HOLDS if tie_break == "latest_visit" else RefusalCode.NOT_FIRST
        return Fate(holds=False, refused=late)

    def _gives_nothing(self, filing: Filing) -> Fate:
        role, terms = self.people[str(filing.filed.by)].role, self.terms
        if role in terms.claim_roles:
            same_day = terms.needs_visit == "same_day"
            return Fate(holds=False, refused=RefusalCode.NO_VISIT_THAT_DAY if same_day else RefusalCode.NO_VISIT)
        of_the_store = filing.filed.type is FilingType.STORE and role is Role.STORE_STAFF and terms.store is not None
        a_designers = role is Role.DESIGNER and terms.designer is not None
        return Fate(holds=False, refused=None if of_the_store or a_designers else RefusalCode.NO_CLAIM)

    def why_not(self, staff: str, day: date) -> list[Condition]:
        """List what keeps a person from holding on that day, and from when it no longer would."""
        source = self.trail.sources
        held = self.holder(day)
        if held.staff == staff or (self.terms.by_team and held.team == self.people[staff].team):
            return []
        if staff in self.gone:
            return [Condition("want.presence", source["want.presence"], held=False, facts=(self.gone[staff].id,))]
        if self.named is not None or not self.claims:
            found = [Condition("want.assignment", source["want.assignment"], held=False)]
            if self.terms.assign_needs == "recorded" and not self.recorded:
                found.insert(0, Condition("want.recorded", source["want.recorded"], held=False))
            return found
        if self.people[staff].role not in self.terms.claim_roles:
            return [Condition("want.role", source["want.role"], held=False)]
        return self._wanting(staff, day)

    def _wanting(self, staff: str, day: date) -> list[Condition]:
        source, kept = self.trail.sources, self._kept(day)
        lines = self.lines.get(staff, [])
        if not any(line.last is not None for line in lines):
            found = [Condition("want.filing", source["want.filing"], held=False)]
        elif not any(line.best(day, None) is not None for line in lines):
            found = [Condition("want.in_force", source["want.in_force"], held=False)]
        elif kept is not None and not any(line.best(day, kept[0]) is not None for line in lines):
            free = next_day(self.rulebook.last_day(kept[0], self.terms.store)) if self.terms.store else day
            found = [
                Condition(
                    "want.not_kept_out", source["want.not_kept_out"], held=False,
                    facts=(self.own_filings[kept[1]].filed.id,), words=(("day", free),), from_day=free,
                )
            ]  # fmt: skip
        else:
            found = []
        rivals = self._rivals(day, kept)
        if rivals:
            found.append(Condition("want.first", source["want.first"], held=False))
        return found
