"""Hold a proof against what each of its grounds speaks of: the facts it shows, its days, and what stands under it.

The shapes below are read off the sentences of the catalogue and the rules, ground by ground; the engine is not asked.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from string import Formatter
from typing import TYPE_CHECKING, Any

from claims.deadlines import last_day, next_day, start_of
from claims.decide import Question, decide, why_not
from claims.facts import FactKind, History
from claims.sentences import RULES
from claims.timeline import filing_states, holdings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from claims.facts import Fact
    from claims.rulebook import Rulebook
    from claims.ruling import Condition, Ground, Ruling

_MICROSECOND = timedelta(microseconds=1)
_PARTS = "file( complete)*"
_STORY = f"{_PARTS}( review)*"
_STANDS = "(visit|file|complete|review)"
_CONTACT = "(visit|file|contact)"
_SINCE = "(visit|file|complete|review|contact)"
_EVENT = "(sign|order)"

# What a ground that held shows, as the kinds of its facts in their order; after it, what one shows that did not hold.
_SHOWS: dict[str, tuple[str | None, str | None]] = {
    "filing.villa": ("file", None),
    "filing.provisional": (_PARTS, None),
    "filing.forwarded": ("file", "file"),
    "filing.in_review": ("file( review)*", None),
    "filing.approved": ("review( review)*", None),
    "filing.no_chain": ("(file|complete)", None),
    "filing.review_not_needed": ("file", None),
    "filing.review_needed": ("file", None),
    "filing.sent_back": ("review", None),
    "filing.rejected": ("review", None),
    "filing.own_review": ("review", None),
    "filing.same_reviewer": ("review", None),
    "filing.supplemented": ("complete", None),
    "filing.assigned": ("assign", None),
    "filing.contact_due": ("assign", None),
    "filing.contacted": ("(contact|visit)", None),
    "filing.overdue": ("assign", None),
    "filing.archived": ("archive", None),
    "filing.late": (f"{_STORY} {_EVENT}", f"{_STORY} {_EVENT}"),
    "filing.unknown": (None, ""),
    "claim.stands": (f"(visit )?{_PARTS}", None),
    "claim.visit_not_filed": ("visit", None),
    "claim.filed_without_visit": (_PARTS, None),
    "claim.in_force": (f"{_STORY}( visit)?", f"{_STORY}( visit)?"),
    "claim.permanent": (f"{_STORY}( visit)?", None),
    "claim.revived": ("visit", "visit"),
    "claim.kept_out": (f"{_STORY} {_STORY}", None),
    "claim.lapsed": ("", None),
    "claim.taken": (_STANDS, _STANDS),
    "hold.first": (_STANDS, _STANDS),
    "hold.already": (_STANDS, _STANDS),
    "hold.member": (f"{_STANDS} depart", f"{_STANDS}( depart)?"),
    "hold.same_day_newcomer": ("visit visit", f"{_STANDS} {_STANDS}"),
    "hold.same_day_holder": ("visit visit", None),
    "hold.consent": ("consent", ""),
    "hold.maintenance": (_CONTACT, _CONTACT),
    "hold.poaching": (_STANDS, None),
    "hold.strict": (_SINCE, _SINCE),
    "hold.strict_poaching": (_STANDS, None),
    "hold.dispute_lifts": ("dispute( dispute)*", None),
    "hold.dispute_settled": ("settle dispute( dispute)*", None),
    "hold.first_registered": (_STANDS, None),
    "hold.taken_over": (_STANDS, None),
    "hold.departed": ("depart", None),
    "hold.reopened": ("depart", None),
    "hold.assigned": (f"assign( assign| {_STORY}( visit)*| depart {_STORY}( visit)?)?", None),
    "hold.not_assigned": (None, "assign"),
    "hold.team_unit": (f"{_STANDS}?", None),
    "hold.maintained": (_CONTACT, _CONTACT),
    "hold.protected": (_SINCE, _SINCE),
    "hold.permanent": (_STANDS, None),
    "hold.latest_visit": ("(visit( visit)*|file)", "file"),
    "hold.first_visit": ("(visit( visit)*|file)", "file"),
    "hold.first_filed": ("file", None),
    "hold.first_standing": ("file", None),
    "hold.no_claim": ("", None),
    "hold.none": ("", None),
    "hold.no_assignment": ("", None),
    "deal.no_event": ("", None),
    "deal.never": ("", None),
    "deal.event": (_EVENT, None),
    "deal.holder": (_EVENT, _EVENT),
    "deal.related": (_EVENT, _EVENT),
    "deal.related_team": (_EVENT, None),
    "deal.designer_visit": ("visit", "(visit)?"),
    "deal.confirmed": ("confirm", _EVENT),
    "deal.awaiting": (_EVENT, None),
    "deal.confirm_late": ("confirm", None),
    "deal.duty_team": ("duty", ""),
    "deal.duty_credit": ("duty", None),
    "deal.store": (_EVENT, None),
    "deal.nobody": (_EVENT, None),
    "deal.settled": ("settle", None),
    "deal.settle_too_old": (None, "settle"),
    "deal.settle_departed": (None, "settle depart"),
    "rebate.in_force": (f"{_EVENT} {_STORY}( visit)?", f"{_EVENT} {_STORY}( visit)?"),
    "rebate.provisional": (_STORY, _STORY),
    "rebate.brought_along": (f"visit {_STORY}", None),
    "rebate.after_deal": ("file", None),
    "rebate.latest_visit": ("visit", ""),
    "rebate.first_filed": ("file", None),
    "rebate.none": ("", None),
    "rebate.nothing_due": ("", None),
    "rebate.full": ("pay", "(pay)?"),
    "rebate.half": ("pay", "(pay)?"),
    "rebate.finished": ("finish", ""),
    "offence.poaching": (_STANDS, None),
    "offence.strict_poaching": (_STANDS, None),
    "offence.late": (f"{_STORY} {_EVENT}", None),
    "offence.over_customer": ("", None),
    "notice.over_customer": ("", None),
    "offence.none": (None, ""),
    "fine.minor": ("lose dispute( dispute)*", None),
    "fine.moderate": ("lose dispute( dispute)*", None),
    "fine.severe": ("lose dispute( dispute)*", None),
    "fine.none": (None, ""),
    "notice.walk_in": ("walk_in", None),
    "notice.in_dispute": ("walk_in dispute( dispute)*", None),
    "notice.dispute_settled": ("settle dispute( dispute)*", None),
    "notice.designer_visit": (f"{_EVENT} visit", None),
    "notice.none": (None, ""),
    "points.scored": ("(record_visit( record_visit)*)?", None),
    "points.due": ("", None),
    "points.short": ("", ""),
    "points.none": (None, ""),
    "want.presence": ("depart", "depart"),
    "want.standing": (None, ""),
    "want.filing": (None, ""),
    "want.role": (None, ""),
    "want.in_force": (None, ""),
    "want.kept_out": (None, "file"),
    "want.not_kept_out": (None, "file"),
    "want.no_maintenance": (None, _CONTACT),
    "want.no_strict": (None, _SINCE),
    "want.first": (None, f"({_STANDS}|file( file)*)"),
    "want.first_from": (None, f"({_STANDS}|(file( file)*)?)"),
    "want.latest_visit": (None, "file( file)*"),
    "want.latest_visit_from": (None, "file( file)*"),
    "want.assignment": (None, ""),
    "want.recorded": (None, ""),
    "want.holding": (None, ""),
}  # fmt: skip
for _type in ("customer", "designer", "store", "contract"):
    _SHOWS[f"filing.complete.{_type}"] = (_PARTS, None)
    _SHOWS[f"filing.incomplete.{_type}"] = (_PARTS, None)

# How a claim was taken: each rule in its turn with + where it held, to the one that decided.
_TRIED = re.compile(
    r"\+claim\.stands ("
    r"\+hold\.first"
    r"|-hold\.first ("
    r"\+hold\.already"
    r"|-hold\.already ("
    r"\+hold\.member"
    r"|(-hold\.member )?((-hold\.(same_day_newcomer|consent|maintenance|strict)|\+hold\.dispute_lifts) )*"
    r"\+hold\.(same_day_newcomer|same_day_holder|consent|maintenance|strict|first_registered|taken_over)"
    r")))"
)
# What decides something also where it did not hold: time that has run out lets somebody else in.
_DECIDES = ("hold.maintained", "hold.protected", "filing.late", "deal.confirmed", "rebate.in_force", "points.short")
_TAKES = ("hold.first", "hold.member", "hold.same_day_newcomer", "hold.consent", "hold.taken_over")


def hold_the_proof(ruling: Ruling, history: History, book: Rulebook) -> None:
    """Check every ground of a ruling, and that the ruling gathers what its grounds show."""
    facts = {fact.id: fact for fact in history.facts}
    shown: set[str] = set()
    rested: set[str] = set()
    named: set[str] = set()
    for ground, above in _walk(ruling.grounds):
        _Ground(ground, above, ruling, facts, book).check()
        shown |= set(ground.facts)
        named |= set(ground.clauses)
        if ground.held or ground.rule in _DECIDES:
            rested |= set(ground.clauses)
    assert (ruling.rulebook, ruling.edition) == (book.name, book.edition)
    assert list(ruling.facts) == [fact.id for fact in history.facts if fact.id in set(ruling.facts)]
    assert shown <= set(ruling.facts)
    assert rested <= set(ruling.clauses)
    assert list(ruling.clauses) == sorted(set(ruling.clauses))


def hold_what_is_wanting(history: History, book: Rulebook, customer: str, at: datetime) -> None:
    """Check each condition that each person fails, and that whoever holds fails none."""
    facts = {fact.id: fact for fact in history.facts if fact.at <= at}
    held = decide(history, book, Question("holder", at, customer=customer)).outcome
    for staff, person in history.people.items():
        wanting = why_not(history, book, customer, staff, at)
        holds = held["staff"] == staff or (book.terms.by_team and held["team"] == person.team)
        assert (wanting == ()) == holds, staff
        for one in wanting:
            shape, kinds = _SHOWS[one.rule][1], " ".join(facts[name].kind.value for name in one.facts)
            assert shape is not None
            assert re.fullmatch(shape, kinds), (one.rule, kinds)
            assert one.held is False
            assert dict(one.words) == ({} if one.from_day is None else {"day": one.from_day})
            assert ("{day}" in RULES[one.rule].en) == (one.from_day is not None), one.rule
            if one.from_day is not None:
                _hold_the_day(one, staff, history, book, customer, at)


def _hold_the_day(one: Condition, staff: str, history: History, book: Rulebook, customer: str, at: datetime) -> None:
    """From the day that a condition names on, if nothing else happens, it is none; until then it is."""
    known = History(history.people, tuple(fact for fact in history.facts if fact.at <= at))
    start = start_of(one.from_day, book.zone) if one.from_day else None
    assert start is not None
    assert start > at
    then = [_wanted(other) for other in why_not(known, book, customer, staff, start)]
    assert _wanted(one) not in then
    assert _wanted(one) in [_wanted(other) for other in why_not(known, book, customer, staff, start - _MICROSECOND)]


def _wanted(condition: Condition) -> str:
    """Name what is wanting, whichever tie-break it is by which somebody else comes first."""
    return "want.first_from" if condition.rule == "want.latest_visit_from" else condition.rule


def hold_the_timeline(history: History, book: Rulebook) -> None:
    """Check that each span says what the ruling says, at every fact and on both sides of every boundary."""
    last = max((fact.at for fact in history.facts), default=datetime.min.replace(tzinfo=UTC))
    for customer in sorted({fact.customer for fact in history.facts if fact.customer}):
        spans = holdings(history, book, customer)
        for at, span in _instants(spans, history):
            ruling = decide(history, book, Question("holder", at, customer=customer))
            until = span.protected_until and span.protected_until.isoformat() if span else None
            assert ruling.outcome == {
                "staff": span and span.staff, "team": span and span.team, "protected_until": until
            }, at  # fmt: skip
            assert span is None or span.since != at or set() < set(span.clauses) <= set(ruling.clauses)
            assert span is None or (isinstance(span.clauses, tuple) and list(span.clauses) == sorted(span.clauses))
    for filing in sorted({fact.filing for fact in history.facts if fact.filing}):
        life = filing_states(history, book, filing)
        assert not life or life[-1].until is None
        assert not life or (life[0].since <= last and all(a.until == b.since for a, b in pairwise(life)))
        for at, span in _instants(life, history):
            ruling = decide(history, book, Question("filing", at, filing=filing))
            told = (ruling.outcome["state"], ruling.outcome["missing"])
            assert told == ((span.state, list(span.missing)) if span else (None, [])), at
            assert span is None or span.since != at or set(span.clauses) <= set(ruling.clauses)
            assert span is None or list(span.clauses) == sorted(span.clauses)


def _instants(spans, history: History) -> Iterator[tuple[datetime, Any]]:
    """Give every fact's instant, and both sides of every boundary, with the span that covers it."""
    assert all(span.until is None or span.since < span.until for span in spans)
    assert all(a.until is not None and a.until <= b.since for a, b in pairwise(spans))
    edges = {at for span in spans for at in (span.since, span.until) if at}
    for at in sorted({fact.at for fact in history.facts} | edges | {edge - _MICROSECOND for edge in edges}):
        yield at, next((s for s in spans if s.since <= at and (s.until is None or at < s.until)), None)


def _walk(grounds: tuple[Ground, ...], above: Ground | None = None) -> Iterator[tuple[Ground, Ground | None]]:
    for ground in grounds:
        yield ground, above
        yield from _walk(ground.grounds, ground)


class _Ground:
    """One ground in its place."""

    def __init__(
        self, ground: Ground, above: Ground | None, ruling: Ruling, facts: dict[str, Fact], book: Rulebook
    ) -> None:
        self.ground, self.above, self.ruling, self.book = ground, above, ruling, book
        self.rule, self.held = ground.rule, ground.held
        self.facts = [facts[name] for name in ground.facts]
        self.words = dict(ground.words)
        self.at = ruling.question.at

    def check(self) -> None:
        shape = _SHOWS[self.rule][0 if self.held else 1]
        kinds = " ".join(fact.kind.value for fact in self.facts)
        assert isinstance(self.held, bool)
        assert shape is not None, (self.rule, self.held)
        assert re.fullmatch(shape, kinds), (self.rule, self.held, kinds)
        self.check_words()
        self.check_days()
        self.check_what_stands_under_it()

    def check_words(self) -> None:
        """Every word that its sentence asks for is there, and no other."""
        known = RULES[self.rule]
        said = (known.zh, known.en) if self.held or not known.zh_not else (known.zh_not, known.en_not)
        asked = {name for form in said for _, name, _, _ in Formatter().parse(form) if name}
        forms = (known.zh, known.en, known.zh_not, known.en_not)
        may = {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}
        assert asked <= set(self.words) <= may, (self.rule, self.words)
        assert all(self.words[name] is not None for name in asked), (self.rule, self.words)

    def day(self, fact: Fact) -> date:
        return self.book.day(fact.at)

    def last(self, start: date, window) -> date:
        return last_day(start, window, rolls_over=self.book.terms.rolls_over)

    def asked_on(self) -> date:
        """Give the day for which who holds was asked: the question's, or that of the deal's event above it."""
        if self.above is not None and self.above.rule == "deal.holder":
            (event,) = (fact for fact in self.ruling.used if fact.id in self.above.facts)
            return self.day(event)
        return self.book.day(self.at)

    def check_days(self) -> None:
        """A window of N days from an instant on day D holds through D+N; whether it held is seen on the day asked."""
        terms, said = self.book.terms, self.words.get("day")
        over_a_customer = self.above is not None and self.above.rule.endswith("over_customer")
        match self.rule:
            case "hold.maintenance" | "hold.strict":
                window = terms.maintenance if self.rule == "hold.maintenance" else terms.strict
                (claim,) = (fact for fact in self.ruling.used if self.above and fact.id in self.above.facts)
                assert (said, self.words["window"]) == (self.last(self.day(self.facts[0]), window), window)
                assert self.held == (self.day(claim) <= said)
            case "hold.maintained" | "hold.protected":
                window = terms.maintenance if self.rule == "hold.maintained" else terms.strict
                assert said == self.last(self.day(self.facts[0]), window)
                if not over_a_customer:
                    assert self.held == (self.asked_on() <= said)
            case "claim.in_force" if terms.claim_from == "filed":
                assert said == self.last(self.day(self.facts[0]), terms.claim)
                assert self.words["window"] == terms.claim
                if not over_a_customer and (self.above is None or self.above.rule == "deal.holder"):
                    assert self.held == (self.asked_on() <= said)
            case "claim.revived":
                assert (said, self.words["window"]) == (
                    self.last(self.day(self.facts[0]), terms.renewal),
                    terms.renewal,
                )
            case "claim.lapsed":
                assert said < self.book.day(self.at)
            case "filing.contact_due" | "filing.overdue":
                due = self.last(self.day(self.facts[0]), terms.contact)
                assert (said, self.words["window"]) == (
                    due if self.rule.endswith("due") and self.rule != "filing.overdue" else next_day(due),
                    terms.contact,
                )
                assert (self.book.day(self.at) > due) == (self.rule == "filing.overdue")
            case "filing.late" | "offence.late":
                assert (said, self.words["window"]) == (self.last(self.day(self.facts[-1]), terms.late), terms.late)
                assert self.held == (self.day(self.facts[0]) > said)
            case "deal.awaiting":
                assert (said, self.words["window"]) == (
                    self.last(self.day(self.facts[0]), terms.confirm),
                    terms.confirm,
                )
                assert self.book.day(self.at) <= said
            case "deal.confirmed":
                assert self.words["window"] == terms.confirm
            case "deal.settle_too_old":
                assert self.words["window"] == terms.settle
            case "rebate.in_force" if not terms.designer_renewed:
                assert (said, self.words["window"]) == (
                    self.last(self.day(self.facts[1]), terms.designer),
                    terms.designer,
                )
                assert self.held == (self.day(self.facts[0]) <= said)
            case "filing.in_review":
                reviews = sum(fact.kind is FactKind.REVIEW for fact in self.facts)
                assert (self.words["level"], self.words["levels"]) == (reviews + 1, terms.levels)
            case "filing.approved":
                assert self.words["levels"] == len(self.facts) == terms.levels
            case "fine.minor" | "fine.moderate" | "fine.severe":
                severity = self.rule.removeprefix("fine.")
                assert self.facts[0].severity == severity
                assert self.words["yuan"] == terms.fines[severity]
            case "points.scored":
                assert (self.words["count"], self.words["points"]) == (len(self.facts), terms.points_visit)
            case "points.due":
                assert (self.words["due"], self.words["short"]) == (terms.points_due, self.ruling.outcome["shortfall"])
            case "points.short":
                assert self.words["limit"] == terms.points_short
                assert self.held == (self.ruling.outcome["shortfall"] >= terms.points_short > 0)
            case rule if rule.startswith("filing.incomplete.") and "missing" in self.ruling.outcome:
                assert self.words["count"] == len(self.ruling.outcome["missing"])
            case _:
                pass

    def check_what_stands_under_it(self) -> None:
        """A ground stands on those that led to it, and on no other."""
        terms, under = self.book.terms, [ground.rule for ground in self.ground.grounds]
        match self.rule:
            case "claim.taken":
                tried = " ".join(f"{'+' if one.held else '-'}{one.rule}" for one in self.ground.grounds)
                assert _TRIED.fullmatch(tried), tried
                if terms.leavers_team_holds:
                    assert self.held == (under[-1] in _TAKES), (self.held, under)
            case "hold.maintenance":
                assert under == ["hold.poaching"] * (self.held and terms.maintenance_poaches)
            case "hold.strict":
                assert under == ["hold.strict_poaching"] * (self.held and terms.strict_poaches)
            case "filing.assigned":
                assert len(under) == (terms.contact is not None)
                assert set(under) <= {"filing.contacted", "filing.overdue", "filing.contact_due"}
            case "claim.revived":
                assert under == ["claim.in_force"] * (self.held and terms.way == "compared")
                assert all(not one.held for one in self.ground.grounds)
            case "deal.holder" | "offence.over_customer" | "notice.over_customer":
                assert under
            case _:
                assert under == []
