"""Say what became of one filing's claim, and what keeps a person from holding.

- A condition that time alone will meet names the first day on which it is met, if nothing else happens.
- Days are asked for in their order: what is asked here is asked last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from claims.compared import Comparing
from claims.deadlines import next_day
from claims.facts import FilingType, Role
from claims.refusal import RefusalCode
from claims.ruling import Condition
from claims.taken import Taking

if TYPE_CHECKING:
    from datetime import date

    from claims.clocks import Clock
    from claims.facts import Fact
    from claims.filings import Filing
    from claims.holder import Follower
    from claims.lines import Line
    from claims.own import Own
    from claims.rulebook import Rulebook


class Fate(NamedTuple):
    """Whether a filing's claimant holds by it, or why it gives nothing."""

    holds: bool
    refused: RefusalCode | None


def fate_of(follower: Follower, filing: Filing, day: date) -> Fate:
    """Say what a filing that counts gives its claimant."""
    if isinstance(follower, Taking):
        return _taken(follower, filing, day)
    if isinstance(follower, Comparing):
        return _compared(follower, filing, day)
    return Fate(holds=False, refused=None)


def _no(code: RefusalCode | None) -> Fate:
    return Fate(holds=False, refused=code)


def _not_standing(follower: Taking | Comparing, filing: Filing) -> Fate:
    terms, role = follower.terms, follower.people[str(filing.filed.by)].role
    if role in terms.claim_roles:
        same_day = terms.needs_visit == "same_day"
        return _no(RefusalCode.NO_VISIT_THAT_DAY if same_day else RefusalCode.NO_VISIT)
    of_the_store = filing.filed.type is FilingType.STORE and role is Role.STORE_STAFF and terms.store is not None
    a_designers = role is Role.DESIGNER and terms.designer is not None
    return _no(None if of_the_store or a_designers else RefusalCode.NO_CLAIM)


def _taken(taking: Taking, filing: Filing, day: date) -> Fate:
    taking.holder(day)
    name = str(filing.filed.filing)
    claim = taking.given.get(name)
    if name in taking.refused:
        return _no(taking.refused[name])
    if claim is None:
        return _not_standing(taking, filing)
    if claim is taking.claim:
        return Fate(holds=True, refused=None)
    if claim is taking.lapsed:
        return _no(RefusalCode.EXPIRED)
    left = claim.claimant in taking.gone and not taking.terms.leavers_team_holds
    return _no(RefusalCode.DEPARTED if left else RefusalCode.TAKEN_OVER)


def _compared(comparing: Comparing, filing: Filing, day: date) -> Fate:
    claimant, name = str(filing.filed.by), str(filing.filed.filing)
    if comparing.named is not None:
        holds = comparing.named.to == claimant
        return Fate(holds, None if holds else RefusalCode.ASSIGNED_TO_ANOTHER)
    if not comparing.claims:
        return _no(RefusalCode.NOT_ASSIGNED)
    claim = comparing.stood.get(name)
    if claim is None:
        return _not_standing(comparing, filing)
    line, own = comparing.line_of[name], comparing.own.earliest(day)
    rivals = comparing.rivals(day)
    if line.person in comparing.gone and not comparing.terms.leavers_team_holds:
        return _no(RefusalCode.DEPARTED)
    if not line.is_in_force(claim, day):
        return _no(RefusalCode.EXPIRED)
    if own is not None and comparing.rulebook.day(filing.filed.at) > own.dated:
        return _no(RefusalCode.KEPT_OUT_BY_STORE)
    won, _, tie_break = comparing.prefer(rivals)
    if won.person == line.person:
        return Fate(holds=True, refused=None)
    return _no(RefusalCode.LATER_VISIT_HOLDS if tie_break == "latest_visit" else RefusalCode.NOT_FIRST)


def wanting(follower: Follower, staff: str, day: date, rulebook: Rulebook) -> list[Condition]:
    """List the conditions that a person fails on that day; none, if they hold."""
    wants = _Wants(rulebook)
    if isinstance(follower, Taking):
        return _wanting_taken(follower, staff, day, wants)
    if isinstance(follower, Comparing):
        return _wanting_compared(follower, staff, day, wants)
    return [wants.condition("want.holding")]


class _Wants:
    def __init__(self, rulebook: Rulebook) -> None:
        self.sources = rulebook.sources

    def condition(self, rule: str, *facts: Fact | None, from_day: date | None = None) -> Condition:
        ids = tuple(fact.id for fact in facts if fact is not None)
        words = () if from_day is None else (("day", from_day),)
        return Condition(rule, self.sources[rule], held=False, facts=ids, words=words, from_day=from_day)


def _barred(follower: Taking | Comparing, staff: str, wants: _Wants) -> list[Condition]:
    """Say whether a person may never hold, whatever the others do."""
    if staff in follower.gone:
        return [wants.condition("want.presence", follower.gone[staff])]
    if follower.people[staff].role not in follower.terms.claim_roles:
        return [wants.condition("want.role")]
    return []


def _holds(follower: Taking | Comparing, staff: str, day: date) -> bool:
    held = follower.holder(day)
    by_team = follower.terms.by_team and held.team == follower.people[staff].team
    return by_team or (held.staff is not None and held.staff == staff)


def _wanting_taken(taking: Taking, staff: str, day: date, wants: _Wants) -> list[Condition]:
    """List what a claim by that person, standing on that day, would fail."""
    if _holds(taking, staff, day):
        return []
    barred, terms, mine = _barred(taking, staff, wants), taking.terms, taking.claim
    found = barred or [wants.condition("want.standing" if terms.needs_visit != "none" else "want.filing")]
    if barred or mine is None:
        return found
    if taking.person in taking.gone and terms.member_holds and taking.people[staff].team == taking.team:
        return found
    same_day = "same_day_visit" in terms.precedence and mine.visit is not None and mine.day == day
    visit = taking.standing.visits.get((staff, day)) if same_day else None
    if visit is not None and mine.visit is not None and (visit.at, visit.id) < (mine.visit.at, mine.visit.id):
        return found
    rest = [] if "consent" in terms.precedence and taking.consent_to(staff) else _protections(taking, day, wants)
    if same_day and not rest:
        rest = [wants.condition("want.first_from", mine.visit, from_day=next_day(day))]
    return found + rest


def _protections(taking: Taking, day: date, wants: _Wants) -> list[Condition]:
    mine, clocks = taking.claim, taking.clocks
    if mine is None:
        return []
    clocked: tuple[tuple[str, Clock | None], ...] = (
        ("want.no_maintenance", clocks.maintenance(mine)),
        ("want.no_strict", clocks.strict(mine)),
    )
    found: list[Condition] = []
    for rule, clock in clocked:
        if clock is not None and day <= clock.last:
            last = clock.last if taking.ends is None else min(clock.last, taking.ends)
            found.append(wants.condition(rule, clock.since, from_day=next_day(last)))
    if "first_registered" in taking.terms.precedence:
        ends = None if taking.ends is None else next_day(taking.ends)
        rule = "want.first" if ends is None else "want.first_from"
        found.append(wants.condition(rule, mine.stands, from_day=ends))
    return found


def _wanting_compared(comparing: Comparing, staff: str, day: date, wants: _Wants) -> list[Condition]:
    """List what that person's claims fail on that day; without one in force, what a filing of that day would."""
    if _holds(comparing, staff, day):
        return []
    if comparing.named is not None or not comparing.claims:
        lacks = comparing.terms.assign_needs == "recorded" and comparing.recorded is None
        gone = [wants.condition("want.presence", comparing.gone[staff])] if staff in comparing.gone else []
        recorded = [wants.condition("want.recorded")] if lacks else []
        return gone or [*recorded, wants.condition("want.assignment")]
    barred = _barred(comparing, staff, wants)
    if barred:
        return barred
    lines = comparing.lines.get(staff, [])
    in_force = any(line.best(day, None) is not None for line in lines)
    found: list[Condition] = []
    if not in_force:
        filed = any(line.last is not None for line in lines)
        found.append(wants.condition("want.in_force" if filed else "want.filing"))
    own, preferred = comparing.own.earliest(day), comparing.rivals(day)
    kept_out = own is not None and _is_kept_out(lines, day, own, in_force=in_force)
    open_from, first_from = _days_ahead(comparing, staff, day, in_force=in_force)
    if own is not None and kept_out:
        rule = "want.kept_out" if open_from is None else "want.not_kept_out"
        found.append(wants.condition(rule, own.filing.filed, from_day=open_from))
    if preferred or (kept_out and open_from is not None and (first_from is None or first_from > open_from)):
        tie_break = comparing.prefer(preferred)[2] if preferred else ""
        rule = "want.latest_visit" if tie_break == "latest_visit" else "want.first"
        filed = [claim.filing.filed for _, claim in preferred]
        dated = rule if first_from is None else f"{rule}_from"
        found.append(wants.condition(dated, *filed, from_day=first_from))
    return found


def _is_kept_out(lines: list[Line], day: date, own: Own, *, in_force: bool) -> bool:
    """Say whether the store's own claim keeps a person's out: those in force, or one that is filed on that day."""
    if not in_force:
        return own.dated < day
    return all(line.best(day, own.dated) is None for line in lines)


def _days_ahead(comparing: Comparing, staff: str, day: date, *, in_force: bool) -> tuple[date | None, date | None]:
    """Find the first day on which the store keeps that person out no longer, and from which nobody comes first.

    Whom the store keeps out as well may come first again when it no longer does.
    """
    lines = comparing.lines.get(staff, [])
    open_from: date | None = None
    first_from: date | None = None
    for then in sorted(set(comparing.boundaries())):
        if then <= day:
            continue
        if in_force and all(line.best(then, None) is None for line in lines):
            break
        own = comparing.own.earliest(then)
        shut = own is not None and _is_kept_out(lines, then, own, in_force=in_force)
        if open_from is None and not shut:
            open_from = then
        ahead = not _holds(comparing, staff, then) if in_force else bool(comparing.rivals(then))
        first_from = None if ahead else first_from or then
        if not shut and not ahead:
            break
    return open_from, first_from
