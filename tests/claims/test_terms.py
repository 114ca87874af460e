"""A rulebook gives its parameters as words, lists, numbers and lengths of time, with what each rests on."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from claims.deadlines import Window
from claims.parameters import SPECS
from claims.rulebook import load_preset
from claims.ruling import GroundKind, Source
from claims.sentences import RULES
from claims.terms import Parameter, build_rulebook
from tests.claims.histories import moment


def test_a_parameter_that_the_book_asks_for_is_given_in_its_form() -> None:
    """What a rulebook states, or else what is neutral."""
    onsite, store, process = (load_preset(name) for name in ("onsite", "store", "process"))
    assert (onsite.word("holding.way"), onsite.word("settlement"), store.word("deal.event")) == (
        "taken",
        "full",
        "order",
    )
    assert onsite.names("required.customer") == ("name", "phone")
    assert (onsite.names("required.designer"), onsite.names("deal.unheld")) == ((), ("evidence", "duty_team"))
    assert (store.count("fine.severe"), onsite.count("fine.severe"), onsite.count("visit_record.hour")) == (500, 0, 24)
    assert onsite.override({"reminder.days": [5]}).counts("reminder.days") == (5,)
    assert build_rulebook("own", "own@1", {}, {}, "own").counts("reminder.days") == (7, 3, 1)
    assert process.window("contact.days") == Window(2, working=True)
    assert onsite.window("protection.strict_days") == Window(30)
    assert (onsite.window("contact.days"), onsite.window("claim.days")) == (None, None)


def test_a_parameter_says_what_it_rests_on() -> None:
    """A clause, a reading, or a clause of another regulation; one that is not stated is a reading."""
    assert load_preset("onsite").source("protection.strict_days") == Source(
        GroundKind.CLAUSE, ("A30",), "protection.strict_days"
    )
    assert load_preset("field").source("handover.departed") == Source(
        GroundKind.BORROWED, ("G11",), "handover.departed"
    )
    assert load_preset("field").source("settlement") == Source(GroundKind.READING, (), "settlement")
    for name, rule in RULES.items():
        assert load_preset("layered").sources[name].parameter == rule.parameter


def test_a_rule_has_the_clauses_that_are_cited_for_it_or_those_of_its_parameter() -> None:
    """What is cited for a rule alone goes before."""
    stated = {"holding.way": Parameter("taken", GroundKind.CLAUSE, ("A3",))}
    cited = {"hold.permanent": Parameter(None, GroundKind.CLAUSE, ("A14",))}
    sources = build_rulebook("own", "own@1", stated, cited, "own").sources
    assert sources["hold.permanent"] == Source(GroundKind.CLAUSE, ("A14",), "holding.way")
    assert sources["hold.first"] == Source(GroundKind.CLAUSE, ("A3",), "holding.way")
    assert sources["rebate.full"] == Source(GroundKind.READING, (), "settlement")


def test_what_is_stated_of_nothing_is_neutral() -> None:
    """A rulebook of no parameters decides filings without a chain, and nobody holds."""
    terms = build_rulebook("own", "own@1", {}, {}, "own").terms
    assert (terms.way, terms.levels, terms.event, terms.claim, terms.review_only_if) == ("none", 0, None, None, None)
    assert (terms.contact, terms.late, terms.store, terms.maintenance, terms.strict) == (None, None, None, None, None)
    assert (terms.by_team, terms.forwards, terms.marks_assigned, terms.rolls_over) == (False, False, False, False)
    assert (terms.different_people, terms.team_consents, terms.leavers_team_holds) == (True, True, True)
    assert (terms.maintenance_poaches, terms.strict_poaches) == (True, False)
    assert (terms.maintenance_lifts, terms.strict_lifts, terms.member_holds) == (False, True, False)
    assert (terms.tells_walk_in, terms.tells_in_dispute, terms.tells_designer) == (False, False, False)
    assert (terms.related_team, terms.designer_is_store, terms.designer_renewed) == (False, False, False)
    assert (terms.designer_provisional, terms.designer_late_counts, terms.settlement) == ("never", False, "full")
    assert terms.fines == {"minor": 0, "moderate": 0, "severe": 0}
    assert (terms.points_visit, terms.points_verified, terms.points_due, terms.points_short) == (1, True, 0, 0)
    assert (terms.archiver, terms.supplementers) == ("archivist", {"supervisor", "archivist"})
    assert (terms.precedence, terms.unheld, terms.reviewers, terms.provisional) == ((), (), (), frozenset())


def test_an_override_keeps_all_else() -> None:
    """The unit, the clauses and the kind of what it changes, and every other parameter."""
    book = load_preset("process")
    changed = book.override({"contact.days": 3, "settlement": "half"})
    assert changed.parameters["contact.days"] == book.parameters["contact.days"]._replace(value=3)
    assert changed.parameters["settlement"] == Parameter("half", GroundKind.READING)
    assert changed.edition == f"{book.edition}+contact.days=3+settlement=half"
    assert (changed.name, changed.title, changed.cited, changed.zone) == (book.name, book.title, book.cited, book.zone)
    untouched = set(SPECS) - {"contact.days", "settlement"}
    assert all(changed.parameters.get(name) == book.parameters.get(name) for name in untouched)
    assert changed.override({"precedence": ["strict"]}).parameters["precedence"].value == ("strict",)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("Asia/Shanghai", date(2026, 3, 3)), ("UTC", date(2026, 3, 2)), ("America/New_York", date(2026, 3, 2))],
)
def test_a_day_is_that_of_the_rulebooks_zone(zone: str, day: date) -> None:
    """Eight in the evening in London is the next day in Shanghai."""
    book = load_preset("onsite").override({"calendar.zone": zone})
    assert book.day(datetime(2026, 3, 2, 20, tzinfo=UTC)) == day


def test_where_the_calendar_ends_its_days_do() -> None:
    """The first and the last instant that there are."""
    east, west = (load_preset("onsite").override({"calendar.zone": z}) for z in ("Asia/Shanghai", "America/New_York"))
    assert east.day(datetime.max.replace(tzinfo=UTC)) == date.max
    assert west.day(datetime.min.replace(tzinfo=UTC)) == date.min


def test_a_last_day_that_is_a_holiday_rolls_over_where_the_rulebook_says_so() -> None:
    """民法典 203: thirty days from 1 September 2026 end on 1 October, and then on the first working day, 8 October."""
    book, day = load_preset("onsite"), load_preset("onsite").day(moment("09-01 10:00"))
    assert book.last_day(day, Window(30)) == date(2026, 10, 1)
    assert book.override({"calendar.rolls_over": True}).last_day(day, Window(30)) == date(2026, 10, 8)
