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
from claims.facts import Fact, FactKind, Person
from claims.holder import Holder, Offence, Told, Untold
from claims.lines import Line
from claims.own import StoreClaims
from claims.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from claims.filings import Filing
    from claims.rulebook import Rulebook
    from claims.ruling import Trail
    from claims.standing import Claim


_COMPARED = frozenset({"latest_visit", "first_visit", "first_filed", "first_standing"})


class Comparing:
    """Follow one customer."""

    def __init__(self, people: Mapping[str, Person], rulebook: Rulebook, trail: Trail) -> None:
        """Begin with nobody."""
        self.people, self.rulebook, self.terms, self.trail = people, rulebook, rulebook.terms, trail
        self.claims = rulebook.terms.way == "compared"
        self.order = tuple(name for name in rulebook.terms.precedence if name in _COMPARED)
        self.standing = Standing(people, rulebook)
        self.told: list[Told] = []
        self.untold: list[Untold] = []
        self.offences: list[Offence] = []
        self.gone: dict[str | None, Fact] = {}
        self.left: set[str] = set()
        self.lines: dict[str, list[Line]] = {}
        self.own_line: dict[str, Line] = {}
        self.line_of: dict[str, Line] = {}
        self.stood: dict[str, Claim] = {}
        self.first_visit: dict[str | None, Fact] = {}
        self.latest_visit: dict[str | None, Fact] = {}
        self.named: Fact | None = None
        self.recorded: Filing | None = None
        self.disputes: list[Fact] = []
        self.own = StoreClaims(people, rulebook)
        self.ahead: list[date] = []

    def adopt(self, rulebook: Rulebook) -> None:
        """Go on under another edition; what runs already runs on as it began."""
        self.rulebook, self.terms = rulebook, rulebook.terms
        self.order = tuple(name for name in rulebook.terms.precedence if name in _COMPARED)
        self.standing.adopt(rulebook)
        self.own.adopt(rulebook)
        for line in [line for lines in self.lines.values() for line in lines]:
            line.adopt(rulebook)

    # What happens.

    def follow(self, fact: Fact, filing: Filing | None, day: date) -> None:
        """Take one fact about the customer."""
        match fact.kind:
            case FactKind.DEPART:
                self.gone[fact.by] = fact
                self.left.add(self.people[str(fact.by)].team)
                return
            case FactKind.ASSIGN:
                self._assign(fact, day)
                return
            case FactKind.WALK_IN:
                self._walk_in(fact, day)
                return
            case FactKind.DISPUTE:
                self.disputes.append(fact)
                return
            case FactKind.SETTLE:
                if self.disputes and self.terms.tells_walk_in:
                    self.trail.note("notice.dispute_settled", fact, *self.disputes)
                self.disputes.clear()
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
            self.recorded = self.recorded or filing
        free = self.own.follow(filing)
        if free is not None:
            heappush(self.ahead, free)
        if self.claims and fact.kind is FactKind.FILE:
            by = str(fact.by)
            if by not in self.own_line:
                line = Line(by, self.rulebook, self.first_visit.get(by), self.latest_visit.get(by))
                self.own_line[by] = line
                self.lines.setdefault(by, []).append(line)
            self.line_of[str(fact.filing)] = self.own_line[by]

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
            ground = self._ground_of_assignment(day)
            self.trail.note("hold.assigned" if ground else "hold.not_assigned", fact, *ground, held=bool(ground))
            if ground:
                self.named = fact
            return
        may_pass = names == "member" and self.claims and self.people[to].team_at(fact.at) in self.left
        rivals = self.rivals(day) if may_pass else []
        won, claim, _ = self.prefer(rivals) if rivals else (None, None, "")
        if won is None or won.person not in self.gone or not self._is_one_team(fact, won.person, to):
            self.trail.note("hold.not_assigned", fact, held=False)
            return
        story = claim.filing.story if claim is not None else ()
        self.trail.note("hold.assigned", fact, self.gone[won.person], *story, won.visit_fact(latest=True))
        for line in self.lines.pop(won.person):
            line.pass_to(to, self.first_visit.get(to), self.latest_visit.get(to), day)
            self.lines.setdefault(to, []).append(line)
            self._look_ahead(line)
        self.own_line.pop(won.person, None)

    def _ground_of_assignment(self, day: date) -> tuple[Fact, ...]:
        """Give the facts for which an assignment has effect: a recorded filing, or what the holder holds by."""
        if self.terms.assign_needs == "recorded":
            return self.recorded.story if self.recorded is not None else ()
        if self.named is not None:
            return (self.named,) if self.holder(day).team is not None else ()
        rivals = self.rivals(day) if self.claims else []
        if not rivals:
            return ()
        line, claim, _ = self.prefer(rivals)
        visits = (claim.visit, line.visit_fact(latest=True))
        return (*claim.filing.story, *(visit for visit in visits if visit is not None))

    def _is_one_team(self, fact: Fact, *persons: str) -> bool:
        return len({self.people[person].team_at(fact.at) for person in (str(fact.by), *persons)}) == 1

    def _walk_in(self, fact: Fact, day: date) -> None:
        if not self.terms.tells_walk_in:
            return
        held = self.holder(day)
        if held.team is None or (held.staff is not None and held.staff == fact.by):
            return
        if self.trail.writes:
            self.close(day)
        if self.disputes and not self.terms.tells_in_dispute:
            self.untold.append(Untold(fact, tuple(self.disputes)))
        else:
            self.told.append(Told(held.staff or f"team:{held.team}", fact))

    # Who is first.

    def rivals(self, day: date) -> list[tuple[Line, Claim]]:
        """Give the lines that have a claim in force, each with its first."""
        own = self.own.earliest(day)
        limit = own.dated if own is not None else None
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
        rivals = self.rivals(day)
        return self.prefer(rivals)[0] if rivals else None

    def prefer(self, rivals: list[tuple[Line, Claim]]) -> tuple[Line, Claim, str]:
        """Give the one that the first tie-break to apply prefers, and that tie-break."""
        for tie_break in self.order:
            if tie_break.endswith("visit"):
                latest = tie_break == "latest_visit"
                came = [(v, pair) for pair in rivals if (v := pair[0].visit_key(latest=latest)) is not None]
                if came:
                    _, pair = (max if latest else min)(came, key=lambda row: row[0])
                    return (*pair, tie_break)
            elif tie_break == "first_standing":
                return (*min(rivals, key=lambda pair: (pair[1].stands.at, pair[1].stands.id)), tie_break)
            else:
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
        elif self.terms.by_team:
            trail.note("hold.team_unit")
        elif held.staff is None:
            won = self._winner(day) if self.named is None else None
            trail.note("hold.departed", self.gone.get(won.person if won is not None else self.named and self.named.to))
        return held

    def _lay_out_claims(self, day: date) -> None:
        rivals = self.rivals(day)
        for line, claim in rivals:
            line.lay_out(claim, day, self.trail)
        in_force = {id(line) for line, _ in rivals}
        for line in [line for lines in self.lines.values() for line in lines]:
            if id(line) not in in_force:
                self._lay_out_what_gives_nothing(line, day)
        if not rivals:
            return
        _, claim, tie_break = self.prefer(rivals)
        if len(rivals) == 1:
            tie_break = self._alone()
        for tried in self.order:
            applies = tried == tie_break
            if applies or (len(rivals) > 1 and tried.endswith("visit")):
                latest = tried == "latest_visit"
                visits = [line.visit_fact(latest=latest) for line, _ in rivals] if tried.endswith("visit") else []
                facts = visits if applies and visits else [claim.filing.filed]
                self.trail.note(f"hold.{tried}", *facts, held=applies)
            if applies:
                return

    def _lay_out_what_gives_nothing(self, line: Line, day: date) -> None:
        own = self.own.earliest(day)
        shut_out = line.best(day, None) if own is not None else None
        if shut_out is not None and own is not None:
            self.trail.note("claim.kept_out", *shut_out.filing.story, *own.filing.story, day=own.free)
        elif self.trail.writes:
            line.lay_out_end(self.trail)

    def _alone(self) -> str:
        """Name the tie-break that speaks for the only claim in force, whether or not anybody came to the door."""
        told = [tie_break for tie_break in self.order if not tie_break.endswith("visit")]
        return (told or [*self.order, ""])[0]

    def boundaries(self) -> Iterator[date]:
        """Give the days, so far unmentioned, after which a claim's time has ended, or the store's."""
        while self.ahead:
            yield heappop(self.ahead)
